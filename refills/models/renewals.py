"""What a prescriber answered to a renewal; append-only."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from refills.models.constraints import rule
from refills.models.supply import Authorisation


class RenewalAnswer(models.TextChoices):
    RENEWED = "renewed", _("renewed")
    CHANGED = "changed", _("not renewed as it is: the treatment changes")
    DENIED = "denied", _("not renewed")


class RenewalReason(models.TextChoices):
    """Why it was not renewed as it is, for the patient; none of them says anything about health."""

    NONE = "", _("none")
    VISIT_NEEDED = "visit_needed", _("We need to see you first.")
    TEST_NEEDED = "test_needed", _("A test is needed first.")
    TOO_EARLY = "too_early", _("You should still have enough.")
    ALREADY_RENEWED = "already_renewed", _("There is already a prescription at your pharmacy.")
    TREATMENT_CHANGES = "treatment_changes", _("Your treatment is going to change.")
    NO_LONGER_TAKEN = "no_longer_taken", _("It is no longer part of your treatment.")
    CALL_US = "call_us", _("Please call us.")


class RenewalDecision(models.Model):
    """One answer of one prescriber: renewed with an authorisation, or not, with a reason."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="renewal_decisions")
    prescription = models.ForeignKey("record.Prescription", on_delete=models.PROTECT, related_name="renewal_decisions")
    answer = models.CharField(max_length=20, choices=RenewalAnswer)
    reason = models.CharField(max_length=20, choices=RenewalReason, blank=True)
    note = models.TextField(blank=True, help_text=_("For the patient, in the portal only."))
    authorisation = models.ForeignKey(
        Authorisation, null=True, blank=True, on_delete=models.PROTECT, related_name="renewals"
    )
    in_batch = models.BooleanField(default=False, help_text=_("Signed together with others."))
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("prescription", "-decided_at", "-id")
        indexes = (models.Index(fields=["patient", "-decided_at"], name="renewals_of_a_patient"),)
        constraints = (
            rule("a_renewal_answer_is_known", Q(answer__in=RenewalAnswer.values)),
            rule("a_renewal_reason_is_known", Q(reason__in=RenewalReason.values)),
            rule(
                "a_renewal_has_an_authorisation_and_all_else_a_reason",
                Q(answer="renewed", authorisation__isnull=False, reason="")
                | (~Q(answer="renewed") & ~Q(reason="") & Q(authorisation__isnull=True)),
            ),
            rule("only_renewals_are_signed_together", Q(in_batch=False) | Q(answer="renewed")),
        )
