"""Who takes what now, and the rescreenings that a change of knowledge asks for: tables for looking up in bulk."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from interactions.models.constraints import once, rule


class RunState(models.TextChoices):
    PLANNED = "planned", _("waits for the clock")
    SCREENING = "screening", _("under way")
    DONE = "done", _("done")


class LocalState(models.TextChoices):
    PROPOSED = "proposed", _("waits for a second person")
    APPROVED = "approved", _("approved")
    SUSPENDED = "suspended", _("suspended: its cases fail")
    REJECTED = "rejected", _("rejected")
    ENDED = "ended", _("ended")


class LocalChange(models.Model):
    """A rule of the clinic's own, or another grade for what a release says; written by one, approved by another."""

    a = models.CharField(max_length=200, blank=True)
    b = models.CharField(max_length=200, blank=True)
    """A drug's key or "set:name"; empty where a rule is regraded."""
    of_source = models.CharField(max_length=80, blank=True)
    of_rule = models.CharField(max_length=40, blank=True)
    """The rule that gets another grade; empty for a new rule, and for pairs of imported tables."""
    of_code = models.CharField(max_length=40, blank=True)
    """What is worked out and gets another grade, by its code: D01, C04; on `a` and `b` where they are given."""
    adds_rule = models.BooleanField()
    of_release = models.ForeignKey("interactions.Release", models.PROTECT, null=True, related_name="switches")
    """The release that is to be switched; then it changes no rule and needs no case."""
    becomes = models.CharField(max_length=8, blank=True)
    """What that release becomes: active or retired."""
    severity = models.CharField(max_length=16, blank=True)
    """Empty: as graded by the source, so that a line of the passive list no longer holds."""
    problem = models.CharField(max_length=60, blank=True)
    mechanism = models.TextField(blank=True)
    effect = models.TextField(blank=True)
    management = models.TextField(blank=True)
    reason = models.TextField()
    citation = models.TextField(blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    """The last day on which it holds."""
    cases = models.JSONField()
    """Each a case as `review_case` reads it, with `expect`: drugs and severity, "none" for silence."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=LocalState.choices, default=LocalState.PROPOSED)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_why = models.TextField(blank=True)
    end_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    """Who wants it out of use while it holds; a second person ends it then, or it stays."""
    end_asked_why = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            rule("a_local_change_state_is_known", Q(state__in=LocalState.values)),
            rule("a_local_change_has_a_reason", ~Q(reason="")),
            rule(
                "a_local_change_is_approved_by_another_person",
                ~Q(state="approved") | (Q(decided_by__isnull=False) & ~Q(decided_by=models.F("author"))),
            ),
            rule(
                "a_local_change_switches_a_release_or_changes_a_rule",
                Q(of_release=None, becomes="")
                | Q(
                    of_release__isnull=False,
                    becomes__in=["active", "retired"],
                    adds_rule=False,
                    a="",
                    b="",
                    of_source="",
                    of_rule="",
                    of_code="",
                    severity="",
                ),
            ),
            rule(
                "a_local_change_ends_after_it_begins",
                Q(valid_until__isnull=True) | Q(valid_until__gte=models.F("valid_from")),
            ),
        ]

    @property
    def kind(self) -> str:
        """What it changes: a rule of its own, a rule of a release, what is worked out, pairs of imported tables, or
        whether a whole release is in use."""
        if self.becomes:
            return "switch"
        if self.adds_rule:
            return "rule"
        return "regrade" if self.of_rule else "derivation" if self.of_code else "pair"


class Substance(models.Model):
    """A medicine as prescriptions name it: few rows, each resolved once for all the patients who take it."""

    name = models.CharField(max_length=300)
    rxcui = models.PositiveIntegerField(default=0)
    """0 where the prescription has no code."""

    class Meta:
        constraints = [once("a_substance_is_named_once", "name", "rxcui")]


class CurrentDrug(models.Model):
    """One signed prescription, laid out to be searched; `rebuild_current_drugs` makes the rows anew."""

    patient = models.ForeignKey("record.Patient", models.PROTECT, related_name="+")
    prescription = models.OneToOneField("record.Prescription", models.PROTECT, related_name="laid_out")
    substance = models.ForeignKey(Substance, models.PROTECT, related_name="+", db_index=False)
    until = models.DateField(null=True)
    """The last day on which it may still matter, washout included; empty while no end is planned."""

    class Meta:
        indexes = [models.Index(fields=["substance", "patient"], name="who_takes_a_substance")]


class RescreenRun(models.Model):
    """One change of the knowledge in use, and how far the patients it concerns have been looked at again."""

    before = models.JSONField()
    """Numbers of the releases that were in use."""
    after = models.JSONField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.PLANNED)
    changes = models.JSONField(default=dict)
    """What the change consists of, in numbers."""
    touched = models.PositiveIntegerField(default=0)
    screened = models.PositiveIntegerField(default=0)
    new_findings = models.PositiveIntegerField(default=0)
    """Of major severity or above, and not there with the knowledge before."""
    tasks = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], condition=~Q(state="done"), name="rescreenings_that_are_not_done")]
        constraints = [
            rule("a_rescreening_state_is_known", Q(state__in=RunState.values)),
            rule("a_rescreening_looks_at_whom_it_found", Q(screened__lte=models.F("touched"))),
        ]


class RescreenPatient(models.Model):
    """A patient whom a run concerns; done when the day is there. Survives a crash, so a run goes on where it was."""

    run = models.ForeignKey(RescreenRun, models.CASCADE, related_name="patients", db_index=False)
    patient = models.ForeignKey("record.Patient", models.PROTECT, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "patient"], condition=Q(done_at__isnull=True), name="whom_a_run_still_looks_at")
        ]
        constraints = [once("a_run_looks_at_each_patient_once", "run", "patient")]
