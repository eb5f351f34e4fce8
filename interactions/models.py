"""Releases of interaction knowledge, which are never edited, and the reviews that were made with them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from interactions.screening_tables import (
    CurrentDrug,
    LocalChange,
    LocalState,
    RescreenPatient,
    RescreenRun,
    RunState,
    Substance,
)
from interactions.selftest_tables import SelftestRun, SelftestScope

__all__ = [
    "CurrentDrug",
    "LocalChange",
    "LocalState",
    "RescreenPatient",
    "RescreenRun",
    "RunState",
    "SelftestRun",
    "SelftestScope",
    "Substance",
]
"""Tables with a module of their own; Django looks for them here."""


class ReleaseStatus(models.TextChoices):
    """How far a release has come."""

    IMPORTED = "imported", _("imported, not in use")
    ACTIVE = "active", _("in use")
    RETIRED = "retired", _("no longer in use")


class ReleaseKind(models.TextChoices):
    """What a release consists of."""

    RULES = "rules", _("curated rules")
    PAIRS = "pairs", _("graded pairs")


class Severity(models.TextChoices):
    """How serious a finding is, least first."""

    UNGRADED = "ungraded", _("listed, not graded")
    MINOR = "minor", _("minor")
    MODERATE = "moderate", _("moderate")
    MAJOR = "major", _("major")
    CONTRAINDICATED = "contraindicated", _("contraindicated")


class Moment(models.TextChoices):
    """When a review was made."""

    PROPOSE = "propose", _("when it was proposed")
    SIGN = "sign", _("when it was to be signed")
    SCREEN = "screen", _("by a screening")


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


class Release(models.Model):
    """One version of one source. Imported whole or not at all; only its status ever changes."""

    source = models.CharField(max_length=80)
    version = models.CharField(max_length=80)
    released_on = models.DateField()
    kind = models.CharField(max_length=8, choices=ReleaseKind.choices)
    licence = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=300, blank=True)
    sha256 = models.CharField(max_length=64, unique=True)
    """Of the contents: the same files are one release."""
    files = models.JSONField(default=dict)
    """Name -> SHA-256 of each file."""
    counts = models.JSONField(default=dict)
    warnings = models.JSONField(default=list)
    """Sentences for whoever reads this release's answers."""
    status = models.CharField(max_length=8, choices=ReleaseStatus.choices, default=ReleaseStatus.IMPORTED)
    imported_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    activated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="activated_releases"
    )

    class Meta:
        ordering = ["-imported_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=Q(status="active"), name="one_release_of_a_source_is_in_use"
            ),
            models.CheckConstraint(
                condition=~Q(status="active") | Q(activated_at__isnull=False), name="a_release_in_use_says_since_when"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.version} of {self.released_on.isoformat()}"

    @property
    def label(self) -> str:
        """The source's name as it is shown."""
        return self.source


class ReleaseDrug(models.Model):
    """A drug as a release names it; `number` is its place in the release's pairs."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="drugs")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    rxcui = models.PositiveIntegerField(null=True)
    base = models.CharField(max_length=200, blank=True)
    variant = models.CharField(max_length=200, blank=True)
    is_complete = models.BooleanField(default=True)
    details = models.JSONField(default=dict)
    """For a release of rules: aliases, ATC, ingredients, class, washout and every further column."""

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["release", "number"], name="a_release_numbers_each_drug_once")]


class PairRow(models.Model):
    """The grades of one drug with every drug of a lower number, one byte a pair."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="pair_rows")
    number = models.PositiveIntegerField()
    grades = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["release", "number"], name="a_release_has_one_row_a_drug")]


class PairNote(models.Model):
    """A source's own words on one pair, where it has any; number a is above number b."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="pair_notes")
    a = models.PositiveIntegerField()
    b = models.PositiveIntegerField()
    mechanism = models.TextField(blank=True)
    effect = models.TextField(blank=True)
    management = models.TextField(blank=True)
    citation = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "a", "b"], name="a_release_has_one_note_a_pair"),
            models.CheckConstraint(condition=Q(a__gt=models.F("b")), name="a_note_names_the_higher_number_first"),
        ]


class Rule(models.Model):
    """One pair or class rule of a release; `a` and `b` are a drug's key or "set:name"."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="rules")
    rule_id = models.CharField(max_length=40)
    a = models.CharField(max_length=200)
    b = models.CharField(max_length=200)
    severity = models.CharField(max_length=16, choices=Severity.choices)
    mechanism_type = models.CharField(max_length=16, blank=True)
    problem = models.CharField(max_length=60)
    mechanism = models.TextField(blank=True)
    effect = models.TextField(blank=True)
    management = models.TextField(blank=True)
    onset = models.CharField(max_length=120, blank=True)
    evidence = models.CharField(max_length=120, blank=True)
    after_stop_a = models.PositiveSmallIntegerField(null=True)
    after_stop_b = models.PositiveSmallIntegerField(null=True)
    condition = models.TextField(blank=True)
    condition_code = models.CharField(max_length=300, blank=True)
    source = models.TextField(blank=True)
    confidence = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["rule_id"]
        constraints = [models.UniqueConstraint(fields=["release", "rule_id"], name="a_release_has_each_rule_once")]


class TableRow(models.Model):
    """One row of a further table of a release (doses, conditions, labs, allergies ...), as the engine reads it."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="table_rows")
    table = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    cells = models.JSONField()

    class Meta:
        ordering = ["table", "number"]
        constraints = [
            models.UniqueConstraint(fields=["release", "table", "number"], name="a_release_numbers_each_row_of_a_table")
        ]


class DrugSet(models.Model):
    """A class of drugs that rules speak of."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="sets")
    name = models.CharField(max_length=80)
    members = models.JSONField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["release", "name"], name="a_release_has_each_class_once")]


class Synonym(models.Model):
    """A salt or ester, and the ingredient it is taken as."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="synonyms")
    rxcui = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    ingredient_rxcui = models.PositiveIntegerField()
    ingredient_name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "rxcui"], name="a_salt_has_one_ingredient")]


class DoseModifier(models.Model):
    """Above or below a dose, or by a route, one attribute of a drug has another value."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="modifiers")
    drug = models.CharField(max_length=200)
    condition = models.CharField(max_length=120)
    attribute = models.CharField(max_length=60)
    value = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]


class SideEffectTerm(models.Model):
    """What a release knows of one side effect."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="terms")
    term_id = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    plain = models.CharField(max_length=200)
    associations = models.JSONField()
    onset_days_min = models.PositiveIntegerField(null=True)
    onset_days_max = models.PositiveIntegerField(null=True)
    red_flag = models.CharField(max_length=20, blank=True)
    red_flag_condition = models.TextField(blank=True)
    action = models.TextField(blank=True)
    source = models.TextField(blank=True)

    class Meta:
        ordering = ["term_id"]
        constraints = [models.UniqueConstraint(fields=["release", "term_id"], name="a_release_has_each_term_once")]


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

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["review", "key"], name="a_review_has_each_finding_once")]


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
            models.CheckConstraint(
                condition=~Q(reason_code="other") | ~Q(note=""), name="the_reason_other_is_told_in_a_note"
            ),
            models.CheckConstraint(
                condition=Q(follow_up="") | Q(reason_code="will_monitor"), name="only_a_promise_to_monitor_names_what"
            ),
            models.CheckConstraint(
                condition=Q(overlap_verdict="", overlap_days=None, overlap_from=None, overlap_to=None)
                | Q(overlap_days__isnull=False, overlap_verdict="never")
                & Q(overlap_days=0, overlap_from=None, overlap_to=None)
                | Q(overlap_days__isnull=False, overlap_from__isnull=False, overlap_to__isnull=False)
                & Q(overlap_verdict__in=("lower", "unmeasured", "as_high"))
                & Q(overlap_days__gte=1, overlap_to__gte=models.F("overlap_from")),
                name="what_was_taken_together_is_told_whole",
            ),
        ]

    @property
    def shown_earlier(self) -> "Answer | None":
        """Itself where it says what the record shows of an earlier time; None for every other reason."""
        return self if self.overlap_verdict else None
