"""Releases of interaction knowledge, which are never edited, and the rows that they hold."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from interactions.models.constraints import once, rule


class ReleaseStatus(models.TextChoices):
    IMPORTED = "imported", _("imported, not in use")
    ACTIVE = "active", _("in use")
    RETIRED = "retired", _("no longer in use")


class ReleaseKind(models.TextChoices):
    RULES = "rules", _("curated rules")
    PAIRS = "pairs", _("graded pairs")


class Severity(models.TextChoices):
    """How serious a finding is, least first."""

    UNGRADED = "ungraded", _("listed, not graded")
    MINOR = "minor", _("minor")
    MODERATE = "moderate", _("moderate")
    MAJOR = "major", _("major")
    CONTRAINDICATED = "contraindicated", _("contraindicated")


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
            once("one_release_of_a_source_is_in_use", "source", among=Q(status="active")),
            rule("a_release_in_use_says_since_when", ~Q(status="active") | Q(activated_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.version} of {self.released_on.isoformat()}"

    @property
    def label(self) -> str:
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
        constraints = [once("a_release_numbers_each_drug_once", "release", "number")]


class PairRow(models.Model):
    """The grades of one drug with every drug of a lower number, one byte a pair."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="pair_rows")
    number = models.PositiveIntegerField()
    grades = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [once("a_release_has_one_row_a_drug", "release", "number")]


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
            once("a_release_has_one_note_a_pair", "release", "a", "b"),
            rule("a_note_names_the_higher_number_first", Q(a__gt=models.F("b"))),
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
        constraints = [once("a_release_has_each_rule_once", "release", "rule_id")]


class TableRow(models.Model):
    """One row of a further table of a release (doses, conditions, labs, allergies ...), as the engine reads it."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="table_rows")
    table = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    cells = models.JSONField()

    class Meta:
        ordering = ["table", "number"]
        constraints = [once("a_release_numbers_each_row_of_a_table", "release", "table", "number")]


class DrugSet(models.Model):
    release = models.ForeignKey(Release, models.CASCADE, related_name="sets")
    name = models.CharField(max_length=80)
    members = models.JSONField()

    class Meta:
        ordering = ["name"]
        constraints = [once("a_release_has_each_class_once", "release", "name")]


class Synonym(models.Model):
    """A salt or ester, and the ingredient it is taken as."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="synonyms")
    rxcui = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    ingredient_rxcui = models.PositiveIntegerField()
    ingredient_name = models.CharField(max_length=200)

    class Meta:
        constraints = [once("a_salt_has_one_ingredient", "release", "rxcui")]


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
        constraints = [once("a_release_has_each_term_once", "release", "term_id")]
