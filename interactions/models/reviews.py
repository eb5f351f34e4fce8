"""Reviews, what they found and what was answered; none is ever edited."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from interactions.models.constraints import once, rule
from interactions.models.releases import Release, Severity


class Moment(models.TextChoices):
    PROPOSE = "propose", _("when it was proposed")
    SIGN = "sign", _("when it was to be signed")
    SCREEN = "screen", _("by a screening")
    RECORD = "record", _("when something was put on record")


class AnswerReason(models.TextChoices):
    """Why a finding is acceptable for this patient; `other` needs a note."""

    WILL_MONITOR = "will_monitor", _("will monitor")
    BENEFIT_OUTWEIGHS = "benefit_outweighs", _("benefit outweighs the risk")
    TOLERATED_BEFORE = "tolerated_before", _("tolerated before")
    DOSE_ADJUSTED = "dose_adjusted", _("dose adjusted")
    PATIENT_INFORMED = "patient_informed", _("patient informed and agrees")
    NO_ALTERNATIVE = "no_alternative", _("no suitable alternative")
    SHORT_OVERLAP = "short_overlap", _("short planned overlap")
    NOT_RELEVANT = "not_relevant", _("not relevant for this patient")
    OTHER = "other", _("other")


class Together(models.TextChoices):
    """What the signed courses say of an earlier time on all the drugs of a finding."""

    NEVER = "never", _("no day on record")
    LOWER = "lower", _("only at lower doses")
    UNMEASURED = "unmeasured", _("at doses that cannot be compared")
    AS_HIGH = "as_high", _("at these doses or higher")


class Review(models.Model):
    """One look at a patient's regimens, with the releases it used and everything it could and could not say."""

    patient = models.ForeignKey("record.Patient", models.PROTECT, related_name="reviews")
    change = models.ForeignKey("record.DosageChange", models.PROTECT, null=True, related_name="reviews")
    moment = models.CharField(max_length=8, choices=Moment.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    releases = models.ManyToManyField(Release, related_name="reviews")
    regimen = models.JSONField()
    """The days checked and, for each, what was taken: refs, keys, days; no names."""
    coverage = models.JSONField()
    """One entry a pair: a, b (refs), state, scope, why, and the first day with that state."""
    not_checked = models.JSONField()
    """One entry a thing nobody has looked at: refs, what, why."""
    scope = models.TextField()
    """Against what this was checked, in one sentence."""
    is_unchecked = models.BooleanField(default=False)
    """Nothing was in use to check against: no release, or none that holds a rule or a pair."""

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["change", "-id"], name="newest_review_of_a_change"),
            models.Index(fields=["patient", "-id"], name="newest_review_of_a_patient"),
        ]


class Finding(models.Model):
    """One problem in one review; its key is the same in every review that finds the same."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="findings")
    key = models.CharField(max_length=500)
    kind = models.CharField(max_length=40)
    problem = models.CharField(max_length=60)
    severity = models.CharField(max_length=16, choices=Severity.choices)
    drugs = models.JSONField()
    prescriptions = models.JSONField()
    """Refs of what is involved, as the regimen gave them."""
    is_new = models.BooleanField()
    """Not there without the change."""
    first_day = models.DateField()
    summary = models.TextField()
    mechanism = models.TextField(blank=True)
    effect = models.TextField(blank=True)
    management = models.TextField(blank=True)
    onset = models.CharField(max_length=120, blank=True)
    evidence = models.CharField(max_length=120, blank=True)
    sources = models.JSONField()
    card = models.CharField(max_length=300, blank=True)
    """The clinical problem that gathers it; empty for what is listed without a grade."""
    is_interruptive = models.BooleanField(default=True)
    """Major or above and brought up by this very change: waits for an answer before anybody signs."""
    context = models.TextField(blank=True)
    """Dose bands and facts about the person that graded it, as the engine tells them."""
    is_restricted = models.BooleanField(default=False)
    """Not found, or not as it stands, without what is on record from a Part 2 programme."""

    class Meta:
        ordering = ["id"]
        constraints = [once("a_review_has_each_finding_once", "review", "key")]


class Answer(models.Model):
    """Why a finding is acceptable, for ever; it speaks for later findings of the same key and context of the patient.

    Answering a card answers each of its findings at once; all but one then name that one as their `lead`.
    """

    finding = models.OneToOneField(Finding, models.PROTECT, related_name="answer")
    patient = models.ForeignKey("record.Patient", models.PROTECT, related_name="answers")
    key = models.CharField(max_length=500)
    context = models.TextField(blank=True)
    card = models.CharField(max_length=300, blank=True)
    lead = models.ForeignKey("self", models.PROTECT, null=True, related_name="others")
    reason_code = models.CharField(max_length=24, choices=AnswerReason.choices)
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    follow_up_on = models.DateField()
    follow_up = models.CharField(max_length=60, blank=True)
    """What alone keeps the promise to monitor: "observation:sodium", "scale:phq9" or "visit"."""
    overlap_verdict = models.CharField(max_length=12, choices=Together.choices, blank=True)
    """Of "tolerated before": what the record shows of it."""
    overlap_days = models.PositiveIntegerField(null=True)
    overlap_from = models.DateField(null=True)
    overlap_to = models.DateField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["patient", "key"], name="answers_of_a_patient_by_key")]
        constraints = [
            rule("the_reason_other_is_told_in_a_note", ~Q(reason_code="other") | ~Q(note="")),
            rule("only_a_promise_to_monitor_names_what", Q(follow_up="") | Q(reason_code="will_monitor")),
            rule(
                "what_was_taken_together_is_told_whole",
                Q(overlap_verdict="", overlap_days=None, overlap_from=None, overlap_to=None)
                | Q(overlap_days__isnull=False, overlap_verdict="never")
                & Q(overlap_days=0, overlap_from=None, overlap_to=None)
                | Q(overlap_days__isnull=False, overlap_from__isnull=False, overlap_to__isnull=False)
                & Q(overlap_verdict__in=("lower", "unmeasured", "as_high"))
                & Q(overlap_days__gte=1, overlap_to__gte=models.F("overlap_from")),
            ),
        ]

    @property
    def shown_earlier(self) -> "Answer | None":
        """Itself where it says what the record shows of an earlier time; None for every other reason."""
        return self if self.overlap_verdict else None
