"""What another record said of a patient and could not be taken over as it stood."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import once, rule
from medmgmt.record.models.people import Patient


class RemarkKind(models.TextChoices):
    LEFT_OUT = "left_out", _("not taken over")
    UNCLEAR = "unclear", _("taken over, and to be read again")


class ImportRemark(models.Model):
    """One thing for a person to read; it stands on the chart until somebody has, and is never deleted.

    `what` is what the other record said, in its own words; `why` is a sentence of ours. `source_id` names the resource.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="import_remarks")
    kind = models.CharField(max_length=10, choices=RemarkKind)
    source_id = models.CharField(max_length=200)
    what = models.TextField()
    why = models.CharField(max_length=300)
    recorded_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    programme = models.ForeignKey("record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The Part 2 programme that took the record over; for ever."""

    class Meta:
        ordering = ["kind", "id"]
        constraints = [
            rule("a_remark_is_of_a_kind_we_know", Q(kind__in=RemarkKind.values)),
            rule("a_remark_says_what_and_why", ~Q(what="") & ~Q(why="") & ~Q(source_id="")),
            rule(
                "a_remark_is_dismissed_by_somebody_and_later",
                Q(dismissed_at__isnull=True, dismissed_by__isnull=True)
                | Q(dismissed_by__isnull=False, dismissed_at__gte=F("recorded_at")),
            ),
            once("a_remark_is_made_once", "patient", "source_id", "why"),
        ]
