"""What was measured or found out about a patient, each with its day: observations, allergies, conditions."""

from collections.abc import Collection

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import rule
from medmgmt.record.models.people import EARLIEST_DAY, LATEST_DAY, Patient


class Comparator(models.TextChoices):
    """Codes of FHIR Quantity.comparator: the laboratory gives a bound in place of the value."""

    LESS = "<", _("less than")
    AT_MOST = "<=", _("at most")
    AT_LEAST = ">=", _("at least")
    MORE = ">", _("more than")


class Observation(models.Model):
    """One dated measurement or state, append-only; a correction is a new row that points at the one it replaces.

    Which codes there are, with their LOINC codes, units and bounds, the release in use says (data/observables.csv). Of
    a scale only its name and its score are kept, never its wording. A correction that is `entered_in_error` takes the
    old value back and puts none in its place.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="observations")
    code = models.CharField(max_length=40)
    loinc = models.CharField(max_length=10, blank=True)
    value = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    comparator = models.CharField(max_length=2, choices=Comparator, blank=True)
    value_code = models.CharField(max_length=40, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    observed_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    entered_in_error = models.BooleanField(default=False)
    source_id = models.CharField(max_length=200, unique=True, null=True, blank=True)
    programme = models.ForeignKey("record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The Part 2 programme that recorded it; for ever."""

    class Meta:
        ordering = ["-observed_at", "-id"]
        indexes = [models.Index(fields=["patient", "code", "-observed_at"], name="observation_by_patient")]
        constraints = [
            rule("an_observation_says_of_what", ~Q(code="")),
            rule(
                "an_observation_is_a_number_with_its_unit_or_a_state",
                Q(value__isnull=False, value_code="") & ~Q(unit="")
                | Q(value__isnull=True, unit="", comparator="") & ~Q(value_code=""),
            ),
            rule("a_comparator_is_one_we_know", Q(comparator="") | Q(comparator__in=Comparator.values)),
            rule("an_observations_source_id_is_absent_or_real", ~Q(source_id="")),
            rule("what_was_entered_in_error_is_named", Q(entered_in_error=False) | Q(corrects__isnull=False)),
        ]

    @staticmethod
    def current(patient_id: int) -> "models.QuerySet[Observation]":
        """The patient's observations that no later row corrects or takes back, newest first."""
        return Observation.current_of([patient_id])

    @staticmethod
    def current_of(patient_ids: Collection[int]) -> "models.QuerySet[Observation]":
        """The same of many patients at once."""
        return Observation.objects.filter(patient_id__in=patient_ids, corrected_by__isnull=True, entered_in_error=False)


class AllergyKind(models.TextChoices):
    """Codes of FHIR AllergyIntolerance.type, and the statement that none is known."""

    ALLERGY = "allergy", _("allergy")
    INTOLERANCE = "intolerance", _("intolerance")
    NONE_KNOWN = "none_known", _("none known, as stated")


class ReactionSeverity(models.TextChoices):
    """Codes of FHIR AllergyIntolerance.reaction.severity, and unknown."""

    MILD = "mild", _("mild")
    MODERATE = "moderate", _("moderate")
    SEVERE = "severe", _("severe")
    UNKNOWN = "unknown", _("not known")


class Allergy(models.Model):
    """An allergy or intolerance, or the statement that none is known; it holds until somebody refutes it.

    `substance` is what was said and stays; `meant` is what somebody chose it to mean, where nobody could read it.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    kind = models.CharField(max_length=20, choices=AllergyKind, default=AllergyKind.ALLERGY)
    substance = models.CharField(max_length=300)
    rxcui = models.PositiveIntegerField(null=True, blank=True)
    meant = models.CharField(max_length=300, blank=True)
    recorded_on = models.DateField()
    refuted_on = models.DateField(null=True, blank=True)
    source_id = models.CharField(max_length=200, unique=True, null=True, blank=True)
    programme = models.ForeignKey("record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The Part 2 programme that wrote it down; for ever."""

    class Meta:
        ordering = ["substance", "id"]
        verbose_name_plural = "allergies"
        constraints = [
            rule("an_allergy_is_of_a_kind_we_know", Q(kind__in=AllergyKind.values)),
            rule("an_allergy_names_a_substance", ~Q(substance="")),
            rule("an_allergys_rxcui_is_a_positive_number", Q(rxcui__isnull=True) | Q(rxcui__gt=0)),
            rule(
                "an_allergy_is_refuted_after_it_was_recorded",
                Q(refuted_on__isnull=True) | Q(refuted_on__gte=F("recorded_on")),
            ),
            rule("an_allergys_day_is_sane", Q(recorded_on__gte=EARLIEST_DAY, recorded_on__lt=LATEST_DAY)),
            rule("an_allergys_source_id_is_absent_or_real", ~Q(source_id="")),
        ]

    @property
    def is_allergen(self) -> bool:
        """Whether there is something to avoid; the statement that nothing is known is no allergen."""
        return self.kind != AllergyKind.NONE_KNOWN

    @property
    def reaction(self) -> str:
        """Every reaction that is on record, in the order in which they were told; a query unless prefetched."""
        return "; ".join(one.text for one in self.reactions.all() if one.text)

    @property
    def severity(self) -> str:
        """The severest reaction's; not known where nobody said."""
        return max((one.severity for one in self.reactions.all()), key=BY_GRAVITY.index, default=BY_GRAVITY[0])


BY_GRAVITY = (ReactionSeverity.UNKNOWN, ReactionSeverity.MILD, ReactionSeverity.MODERATE, ReactionSeverity.SEVERE)


class AllergyReaction(models.Model):
    """What a substance did once, and how badly; a further one is a further row."""

    allergy = models.ForeignKey(Allergy, on_delete=models.PROTECT, related_name="reactions")
    text = models.CharField(max_length=300, blank=True)
    severity = models.CharField(max_length=10, choices=ReactionSeverity, default=ReactionSeverity.UNKNOWN)
    recorded_on = models.DateField()

    class Meta:
        ordering = ["id"]
        constraints = [
            rule("a_reaction_has_a_severity_we_know", Q(severity__in=ReactionSeverity.values)),
            rule("a_reaction_says_something", ~Q(text="") | ~Q(severity=ReactionSeverity.UNKNOWN)),
            rule("a_reactions_day_is_sane", Q(recorded_on__gte=EARLIEST_DAY, recorded_on__lt=LATEST_DAY)),
        ]


validate_icd10cm = RegexValidator(
    r"^[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$", _("This is not an ICD-10-CM code, such as F33.1.")
)


class Condition(models.Model):
    """A diagnosis in words, with its ICD-10-CM code (CDC/NCHS and CMS) where it could be mapped, else blank."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="conditions")
    icd10cm = models.CharField(max_length=8, blank=True, validators=[validate_icd10cm])
    text = models.CharField(max_length=500)
    onset_on = models.DateField(null=True, blank=True)
    abated_on = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    source_code = models.CharField(max_length=40, blank=True)
    source_system = models.CharField(max_length=200, blank=True)
    source_id = models.CharField(max_length=200, unique=True, null=True, blank=True)
    programme = models.ForeignKey("record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The Part 2 programme that diagnosed it; for ever."""

    class Meta:
        ordering = ["onset_on", "id"]
        constraints = [
            rule("a_condition_says_what_it_is", ~Q(text="")),
            rule(
                "a_condition_abates_after_its_onset",
                Q(abated_on__isnull=True) | Q(onset_on__isnull=True) | Q(abated_on__gte=F("onset_on")),
            ),
            rule(
                "a_conditions_onset_is_sane",
                Q(onset_on__isnull=True) | Q(onset_on__gte=EARLIEST_DAY, onset_on__lt=LATEST_DAY),
            ),
            rule("a_conditions_source_id_is_absent_or_real", ~Q(source_id="")),
        ]
