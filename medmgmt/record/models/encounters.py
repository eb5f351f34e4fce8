"""When somebody of the clinic saw or spoke with a patient."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import rule
from medmgmt.record.models.people import EARLIEST_DAY, LATEST_DAY, Patient


class EncounterKind(models.TextChoices):
    """How they met; in FHIR's words ambulatory, virtual and home health."""

    OFFICE = "office", _("in the clinic")
    VIDEO = "video", _("by video")
    PHONE = "phone", _("by phone")
    HOME = "home", _("at home")


class Encounter(models.Model):
    """A visit, in FHIR's word an encounter; append-only. `on` is the patient's local day, never in the future."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="encounters")
    kind = models.CharField(max_length=10, choices=EncounterKind)
    on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    programme = models.ForeignKey("record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The Part 2 programme that met the patient; for ever."""

    class Meta:
        ordering = ["-on", "-id"]
        indexes = [models.Index(fields=["patient", "-on"], name="encounters_of_a_patient")]
        constraints = [
            rule("an_encounter_is_of_a_known_kind", Q(kind__in=EncounterKind.values)),
            rule("an_encounters_day_is_sane", Q(on__gte=EARLIEST_DAY, on__lt=LATEST_DAY)),
        ]
