"""What was ordered to be measured because of a finding."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from medmgmt.record.models.constraints import rule
from medmgmt.record.models.people import EARLIEST_DAY, LATEST_DAY, Patient


class MonitoringOrder(models.Model):
    """A lab, a trace, a vital sign or a scale that is to be done by a day; append-only, like a FHIR ServiceRequest.

    It is fulfilled by an observation of its code made after it; an order for an earlier day points at the one whose
    place it takes. Whether somebody gave it up stands on its task.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="monitoring_orders")
    code = models.CharField(max_length=40)
    loinc = models.CharField(max_length=10, blank=True)
    what = models.CharField(max_length=120)
    due_on = models.DateField()
    problem = models.CharField(max_length=60, blank=True)
    finding_key = models.CharField(max_length=500, blank=True)
    """The finding on whose card it was ordered."""
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField(default=timezone.now)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    programme = models.ForeignKey("record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The Part 2 programme that ordered it; for ever."""

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["patient", "code", "-id"], name="monitoring_orders_of_a_patient")]
        constraints = [
            rule("a_monitoring_order_says_what", ~Q(code="") & ~Q(what="")),
            rule("a_monitoring_orders_day_is_sane", Q(due_on__gte=EARLIEST_DAY, due_on__lt=LATEST_DAY)),
            rule("a_monitoring_order_replaces_another", Q(replaces__isnull=True) | ~Q(replaces=F("id"))),
        ]
