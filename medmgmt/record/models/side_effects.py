"""What patients and nurses report as unwanted, and which medicines are suspected of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import once, rule
from medmgmt.record.models.people import EARLIEST_DAY, LATEST_DAY, Patient, Role
from medmgmt.record.models.prescriptions import DosageChange, Prescription


class SideEffectSeverity(models.TextChoices):
    """How bad it is; grades 1 to 4 of CTCAE v5 (National Cancer Institute) in words."""

    MILD = "mild", _("mild")
    MODERATE = "moderate", _("moderate")
    SEVERE = "severe", _("severe")
    LIFE_THREATENING = "life_threatening", _("life-threatening")


class Outcome(models.TextChoices):
    """How it ended; the terms of ICH E2B(R3) E.i.7, in plain words."""

    RECOVERED = "recovered", _("gone")
    RECOVERING = "recovering", _("getting better")
    NOT_RECOVERED = "not_recovered", _("still there")
    RECOVERED_WITH_SEQUELAE = "recovered_with_sequelae", _("gone, with lasting effects")
    FATAL = "fatal", _("fatal")
    UNKNOWN = "unknown", _("not known")


class ActionTaken(models.TextChoices):
    """What was done with the medicine; the terms of ICH E2B(R3) G.k.8, and none yet."""

    NONE_YET = "none_yet", _("nothing yet")
    DOSE_NOT_CHANGED = "dose_not_changed", _("dose not changed")
    DOSE_REDUCED = "dose_reduced", _("dose reduced")
    DOSE_INCREASED = "dose_increased", _("dose increased")
    HELD = "held", _("put on hold")
    DRUG_WITHDRAWN = "drug_withdrawn", _("stopped")
    TREATED = "treated", _("side effect treated")
    NOT_APPLICABLE = "not_applicable", _("does not apply")
    UNKNOWN = "unknown", _("not known")


class SideEffectReport(models.Model):
    """One report, never overwritten: a correction is a new version that points at the one it replaces.

    `term_code` is the code of the term in the knowledge of the day, blank where none is known: a report is never
    refused for missing knowledge.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="side_effects")
    term = models.CharField(max_length=200)
    term_code = models.CharField(max_length=40, blank=True)
    severity = models.CharField(max_length=20, choices=SideEffectSeverity)
    began_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=30, choices=Outcome, default=Outcome.UNKNOWN)
    action_taken = models.CharField(max_length=20, choices=ActionTaken, default=ActionTaken.NONE_YET)
    note = models.TextField(blank=True)
    red_flags = models.JSONField(default=list, help_text=_("What in it could not wait, by the names of red_flags.csv."))
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reporter_role = models.CharField(max_length=20, choices=Role)
    reported_at = models.DateTimeField(default=timezone.now)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    version = models.PositiveIntegerField(default=1)
    programme = models.ForeignKey("record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The Part 2 programme that took it down; for ever."""

    class Meta:
        ordering = ["-began_on", "-id"]
        indexes = [models.Index(fields=["patient", "-began_on"], name="side_effect_by_patient")]
        constraints = [
            rule("a_side_effect_has_a_term", ~Q(term="")),
            rule("a_side_effect_has_a_severity_we_know", Q(severity__in=SideEffectSeverity.values)),
            rule("a_side_effect_has_an_outcome_we_know", Q(outcome__in=Outcome.values)),
            rule("a_side_effect_has_an_action_we_know", Q(action_taken__in=ActionTaken.values)),
            rule("a_side_effects_reporter_has_a_role_we_know", Q(reporter_role__in=Role.values)),
            rule("a_side_effect_ends_after_it_begins", Q(ended_on__isnull=True) | Q(ended_on__gte=F("began_on"))),
            rule("a_side_effects_onset_is_sane", Q(began_on__gte=EARLIEST_DAY, began_on__lt=LATEST_DAY)),
            rule(
                "a_first_report_is_version_one_and_a_correction_a_later_one",
                Q(corrects__isnull=True, version=1) | Q(corrects__isnull=False, version__gte=2),
            ),
        ]

    @staticmethod
    def current(patient: Patient | int) -> "models.QuerySet[SideEffectReport]":
        """The newest version of each of the patient's reports, latest onset first."""
        patient_id = patient if isinstance(patient, int) else patient.pk
        return SideEffectReport.objects.filter(patient_id=patient_id, corrected_by__isnull=True)


class Suspect(models.Model):
    """A prescription suspected of a side effect, with the reasons in sentences; rank 1 is the likeliest."""

    report = models.ForeignKey(SideEffectReport, on_delete=models.PROTECT, related_name="suspects")
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="suspected_of")
    rank = models.PositiveSmallIntegerField()
    score = models.DecimalField(max_digits=8, decimal_places=3, default=0)
    reasons = models.JSONField(default=list)
    change = models.ForeignKey(
        DosageChange, on_delete=models.PROTECT, null=True, blank=True, related_name="suspected_of"
    )
    dose_text = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["report", "rank", "id"]
        constraints = [
            rule("a_suspects_rank_begins_at_one", Q(rank__gte=1)),
            once("a_prescription_is_suspected_once_a_report", "report", "prescription"),
        ]
