"""What a second, different clinician says of a contraindicated finding before an order is signed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import rule
from medmgmt.record.models.people import Patient
from medmgmt.record.models.prescriptions import DosageChange


class Verdict(models.TextChoices):
    AGREED = "agreed", _("co-signed")
    DECLINED = "declined", _("declined")


class CoSignature(models.Model):
    """A second person's word on the contraindicated findings of a proposal, append-only.

    `findings` lists the key and the context of each finding that it speaks of. Of several words on one finding the
    newest holds, so that a co-signature can be taken back while nobody has signed.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="cosignatures")
    change = models.ForeignKey(DosageChange, on_delete=models.PROTECT, related_name="cosignatures")
    verdict = models.CharField(max_length=10, choices=Verdict)
    note = models.TextField()
    findings = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            rule("a_second_word_is_yes_or_no", Q(verdict__in=Verdict.values)),
            rule("a_second_word_has_its_sentence", ~Q(note="")),
        ]
