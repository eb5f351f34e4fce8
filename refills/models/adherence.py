"""What patients say of taking their medicines, and what was counted at home; append-only."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from refills.models.constraints import rule, within


class Taken(models.TextChoices):
    """How a patient says they have taken a medicine since they were last asked."""

    AS_AGREED = "as_agreed", _("taken as agreed")
    MISSED_SOME = "missed_some", _("missed some doses")
    NOT_TAKEN = "not_taken", _("not taken at all")


class AdherenceReport(models.Model):
    """The patient's own word about one medicine; it never replaces what was dispensed, it stands beside it."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="adherence_reports")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="adherence_reports")
    answer = models.CharField(max_length=20, choices=Taken)
    on = models.DateField(help_text=_("The patient's local date."))
    said_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("prescription", "-said_at", "-id")
        constraints = (rule("an_adherence_report_is_one_we_know", Q(answer__in=Taken.values)),)


class PillCount(models.Model):
    """Units found at home, before that day's dose; from then on the supply is counted from it."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="pill_counts")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="pill_counts")
    counted_on = models.DateField(help_text=_("The patient's local date."))
    quantity = models.DecimalField(max_digits=10, decimal_places=3)
    unit = models.CharField(max_length=20, help_text=_("UCUM, for instance {tablet}."))
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("prescription", "counted_on", "id")
        constraints = (rule("a_count_is_not_below_zero_and_at_most_ten_thousand", within("quantity")),)
