"""What was written for the pharmacy and what was dispensed; append-only, in the database too."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from refills.models.constraints import rule, within


class Dispense(models.Model):
    """Medicine handed to a patient on a day; append-only, in the database too."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="dispenses")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="dispenses")
    dispensed_on = models.DateField(help_text=_("The patient's local date."))
    quantity = models.DecimalField(max_digits=10, decimal_places=3)
    unit = models.CharField(max_length=20, help_text=_("UCUM, for instance {tablet}."))
    days_supply = models.PositiveIntegerField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    source_id = models.CharField(max_length=200, null=True, blank=True, unique=True)

    class Meta:
        ordering = ("prescription", "dispensed_on", "id")
        constraints = (
            rule("a_dispense_hands_out_something", Q(quantity__gt=0)),
            rule("a_dispense_is_at_most_ten_thousand_units", within("quantity") | Q(unit__in=("mg", "ug", "mcg"))),
            rule("a_dispense_lasts_at_most_a_year", Q(days_supply__lte=366)),
        )


class Authorisation(models.Model):
    """What a prescriber wrote for the pharmacy: quantity of one fill, refills and first day; append-only."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="authorisations")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="authorisations")
    issued_on = models.DateField(help_text=_("The patient's local date."))
    quantity = models.DecimalField(max_digits=10, decimal_places=3)
    unit = models.CharField(max_length=20, help_text=_("UCUM, for instance {tablet}."))
    days_supply = models.PositiveSmallIntegerField()
    refills = models.PositiveSmallIntegerField(default=0)
    may_fill_from = models.DateField(null=True, blank=True)
    authorised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    authorised_at = models.DateTimeField(default=timezone.now)
    seal = models.CharField(max_length=64, blank=True)
    """A keyed sum over everything above, but whose chart it stands in: charts are merged."""
    seal_key = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ("prescription", "issued_on", "id")
        constraints = (
            rule("an_authorisation_allows_something", Q(quantity__gt=0)),
            rule("an_authorised_fill_is_at_most_ten_thousand_units", within("quantity")),
            rule("an_authorised_fill_lasts_at_most_a_year", within("days_supply")),
            rule("authorised_refills_are_at_most_99", within("refills")),
            rule(
                "nothing_may_be_filled_before_it_is_issued",
                Q(may_fill_from__isnull=True) | Q(may_fill_from__gte=F("issued_on")),
            ),
        )


class Revocation(models.Model):
    """An authorisation taken back by a prescriber: nothing more may be filled on it."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="+")
    authorisation = models.OneToOneField(Authorisation, on_delete=models.PROTECT, related_name="revoked")
    on = models.DateField(help_text=_("The patient's local date; fills before it stand."))
    why = models.TextField()
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (rule("an_authorisation_is_revoked_for_a_reason", ~Q(why="")),)


class EarlyReason(models.TextChoices):
    """Why a fill came before it was due; the values are those of refills.dispensing."""

    LOST = "lost", _("lost")
    STOLEN = "stolen", _("stolen")
    DAMAGED = "damaged", _("damaged")
    TRAVEL = "travel", _("travel")
    DOSE_CHANGE = "dose_change", _("change of dose")
    OTHER = "other", _("other (see note)")


class EarlyFill(models.Model):
    """A fill before it was due, with its reason; append-only, so that it can be counted."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="early_fills")
    dispense = models.OneToOneField(Dispense, on_delete=models.PROTECT, related_name="early")
    reason = models.CharField(max_length=20, choices=EarlyReason)
    days_early = models.PositiveSmallIntegerField()
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            rule("an_early_fill_has_a_known_reason", Q(reason__in=EarlyReason.values)),
            rule("an_early_fill_is_early", Q(days_early__gte=1)),
        )


class PartialReason(models.TextChoices):
    REQUESTED = "requested", _("patient or prescriber asked for less")
    SHORT_STOCK = "short_stock", _("the pharmacy was short of stock")
    LIMITED = "limited", _("limited dispensing")


class PartialFill(models.Model):
    """A fill that was less than the prescription allows, with what is left of it and until when."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="partial_fills")
    dispense = models.OneToOneField(Dispense, on_delete=models.PROTECT, related_name="partial")
    reason = models.CharField(max_length=20, choices=PartialReason)
    handed_at = models.DateTimeField(help_text=_("When the pharmacy handed it out; a balance is counted from here."))
    remaining = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True, help_text=_("The rest may be had until then; empty: no limit."))

    class Meta:
        constraints = (
            rule("a_partial_fill_says_why", Q(reason__in=PartialReason.values)),
            rule("a_partial_fill_leaves_something", Q(remaining__isnull=True) | Q(remaining__gt=0)),
        )


class FillVoided(models.Model):
    """A fill that was written down wrongly, taken back with its reason; the fill stays and counts no more."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="+")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="+")
    dispense = models.OneToOneField(Dispense, on_delete=models.PROTECT, related_name="voided")
    why = models.TextField()
    voided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    voided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (rule("a_fill_is_voided_for_a_reason", ~Q(why="")),)
