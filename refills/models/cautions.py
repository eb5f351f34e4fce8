"""What a clinician decided about handing a medicine out: less at once, or on although a lab is missing; append-only."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from refills.models.constraints import rule, within


class SupplyLimit(models.Model):
    """Limited dispensing: at most so many days at once, of one medicine or (prescription empty) of all of a patient's.

    It holds from `since` to `until`, both included, unless it is lifted before.
    """

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="supply_limits")
    prescription = models.ForeignKey(
        "record.Prescription", null=True, blank=True, on_delete=models.PROTECT, related_name="supply_limits"
    )
    most_days = models.PositiveSmallIntegerField(help_text=_("Days' supply handed out at once."))
    since = models.DateField()
    until = models.DateField()
    why = models.TextField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("patient", "since", "id")
        constraints = (
            rule("a_supply_limit_is_1_to_90_days", within("most_days")),
            rule("a_supply_limit_ends_after_it_begins", Q(until__gte=F("since"))),
            rule("a_supply_limit_has_a_reason", ~Q(why="")),
        )


class LimitLifted(models.Model):
    """A limit that ended before its day, with the reason."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="+")
    limit = models.OneToOneField(SupplyLimit, on_delete=models.PROTECT, related_name="lifted")
    why = models.TextField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (rule("a_limit_is_lifted_for_a_reason", ~Q(why="")),)


class GateRelease(models.Model):
    """A clinician's reasoned decision to go on supplying although a lab is missing, overdue or low; until a day."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="gate_releases")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="gate_releases")
    code = models.CharField(max_length=20, help_text=_("The observation that the supply waits for."))
    missing = models.CharField(max_length=20, help_text=_("What stood in the way: never_taken, overdue or too_low."))
    since = models.DateField(null=True, blank=True, help_text=_("The day the lab was due, or was low."))
    until = models.DateField()
    why = models.TextField()
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("prescription", "-released_at", "-id")
        constraints = (
            rule("a_release_has_a_reason", ~Q(why="")),
            rule("a_release_says_what_was_missing", Q(missing__in=("never_taken", "overdue", "too_low"))),
        )
