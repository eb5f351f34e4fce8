"""What was measured or found out about a patient, each with its day: observations, allergies, conditions."""

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import rule
from medmgmt.record.models.people import EARLIEST_DAY, LATEST_DAY, Patient


class Measure(NamedTuple):
    """A number with its LOINC code, its only UCUM unit, and bounds outside which it is a slip of the pen."""

    loinc: str
    unit: str
    at_least: Decimal
    at_most: Decimal


class Answer(NamedTuple):
    """A state with its LOINC code (blank where LOINC has none) and the values it may take."""

    loinc: str
    values: tuple[str, ...]


class ObservationCode(models.TextChoices):
    """What can be observed; MEASURES and ANSWERS say how each is coded."""

    WEIGHT = "weight", _("weight")
    HEIGHT = "height", _("height")
    BMI = "bmi", _("body mass index")
    WAIST = "waist", _("waist circumference")
    SYSTOLIC = "sbp", _("systolic blood pressure")
    DIASTOLIC = "dbp", _("diastolic blood pressure")
    HEART_RATE = "heart_rate", _("heart rate")
    TEMPERATURE = "temperature", _("body temperature")
    QTC = "qtc", _("QTc interval")
    EGFR = "egfr", _("estimated glomerular filtration rate")
    CREATININE = "creatinine", _("creatinine")
    SODIUM = "sodium", _("sodium")
    POTASSIUM = "potassium", _("potassium")
    MAGNESIUM = "magnesium", _("magnesium")
    CALCIUM = "calcium", _("calcium")
    ALT = "alt", _("ALT")
    AST = "ast", _("AST")
    BILIRUBIN = "bilirubin", _("bilirubin")
    AMMONIA = "ammonia", _("ammonia")
    ANC = "anc", _("absolute neutrophil count")
    PLATELETS = "platelets", _("platelets")
    TSH = "tsh", _("TSH")
    PROLACTIN = "prolactin", _("prolactin")
    GLUCOSE_FASTING = "glucose_fasting", _("fasting glucose")
    HBA1C = "hba1c", _("HbA1c")
    LDL = "ldl", _("LDL cholesterol")
    TRIGLYCERIDES = "triglycerides", _("triglycerides")
    CREATINE_KINASE = "ck", _("creatine kinase")
    TROPONIN_I = "troponin_i", _("troponin I")
    CRP = "crp", _("C-reactive protein")
    LITHIUM = "lithium", _("lithium level")
    VALPROATE = "valproate", _("valproate level")
    CARBAMAZEPINE = "carbamazepine", _("carbamazepine level")
    CLOZAPINE = "clozapine", _("clozapine level")
    LAMOTRIGINE = "lamotrigine", _("lamotrigine level")
    PHQ9 = "phq9", _("PHQ-9")
    GAD7 = "gad7", _("GAD-7")
    MADRS = "madrs", _("MADRS")
    YMRS = "ymrs", _("YMRS")
    CSSRS = "cssrs", _("C-SSRS screener, highest question answered yes")
    BARS = "bars", _("BARS, global assessment of akathisia")
    AIMS = "aims", _("AIMS, sum of items 1 to 7")
    SAS = "sas", _("SAS, mean of the ten items")
    GASS = "gass", _("GASS")
    COWS = "cows", _("COWS")
    CIWA_AR = "ciwa_ar", _("CIWA-Ar")
    AUDIT_C = "audit_c", _("AUDIT-C")
    HUNTER = "hunter", _("Hunter criteria of serotonin toxicity")
    PREGNANCY = "pregnancy", _("pregnancy")
    LACTATION = "lactation", _("breast-feeding")
    SMOKING = "smoking", _("smoking")
    HEPATIC_CLASS = "hepatic_class", _("Child-Pugh class")
    ALCOHOL_USE = "alcohol_use", _("alcohol use")
    GRAPEFRUIT = "grapefruit", _("grapefruit or its juice")
    MEALS = "food_with_dose", _("medicines with meals")
    CYP2D6 = "cyp2d6_phenotype", _("CYP2D6 metaboliser")
    CYP2C19 = "cyp2c19_phenotype", _("CYP2C19 metaboliser")
    CYP2C9 = "cyp2c9_phenotype", _("CYP2C9 metaboliser")
    HLA_B_1502 = "hla_b_1502", _("HLA-B*15:02")
    HLA_A_3101 = "hla_a_3101", _("HLA-A*31:01")


def _measure(loinc: str, unit: str, at_least: str, at_most: str) -> Measure:
    return Measure(loinc, unit, Decimal(at_least), Decimal(at_most))


MEASURES: dict[str, Measure] = {
    "weight": _measure("29463-7", "kg", "0.2", "700"),
    "height": _measure("8302-2", "cm", "20", "280"),
    "bmi": _measure("39156-5", "kg/m2", "5", "200"),
    "waist": _measure("8280-0", "cm", "20", "400"),
    "sbp": _measure("8480-6", "mm[Hg]", "20", "350"),
    "dbp": _measure("8462-4", "mm[Hg]", "10", "250"),
    "heart_rate": _measure("8867-4", "/min", "10", "400"),
    "temperature": _measure("8310-5", "Cel", "20", "46"),
    "qtc": _measure("8636-3", "ms", "200", "900"),
    "egfr": _measure("98979-8", "mL/min/{1.73_m2}", "0", "300"),
    "creatinine": _measure("2160-0", "mg/dL", "0.05", "40"),
    "sodium": _measure("2951-2", "mmol/L", "80", "220"),
    "potassium": _measure("2823-3", "mmol/L", "0.5", "15"),
    "magnesium": _measure("19123-9", "mg/dL", "0.1", "20"),
    "calcium": _measure("17861-6", "mg/dL", "1", "30"),
    "alt": _measure("1742-6", "U/L", "0", "50000"),
    "ast": _measure("1920-8", "U/L", "0", "50000"),
    "bilirubin": _measure("1975-2", "mg/dL", "0", "100"),
    "ammonia": _measure("16362-6", "umol/L", "0", "2000"),
    "anc": _measure("751-8", "10*3/uL", "0", "300"),
    "platelets": _measure("777-3", "10*3/uL", "0", "5000"),
    "tsh": _measure("3016-3", "m[IU]/L", "0", "1000"),
    "prolactin": _measure("2842-3", "ng/mL", "0", "50000"),
    "glucose_fasting": _measure("1558-6", "mg/dL", "5", "2500"),
    "hba1c": _measure("4548-4", "%", "2", "25"),
    "ldl": _measure("13457-7", "mg/dL", "0", "1500"),
    "triglycerides": _measure("2571-8", "mg/dL", "0", "20000"),
    "ck": _measure("2157-6", "U/L", "0", "1000000"),
    "troponin_i": _measure("10839-9", "ng/mL", "0", "1000"),
    "crp": _measure("1988-5", "mg/L", "0", "1000"),
    "lithium": _measure("14334-7", "mmol/L", "0", "20"),
    "valproate": _measure("4086-5", "ug/mL", "0", "2000"),
    "carbamazepine": _measure("3432-2", "ug/mL", "0", "200"),
    "clozapine": _measure("6896-5", "ng/mL", "0", "20000"),
    "lamotrigine": _measure("6948-4", "ug/mL", "0", "200"),
    "phq9": _measure("44261-6", "{score}", "0", "27"),
    "gad7": _measure("70274-6", "{score}", "0", "21"),
    "madrs": _measure("", "{score}", "0", "60"),
    "ymrs": _measure("", "{score}", "0", "60"),
    "cssrs": _measure("93373-9", "{score}", "0", "6"),
    "bars": _measure("", "{score}", "0", "5"),
    "aims": _measure("", "{score}", "0", "28"),
    "sas": _measure("", "{score}", "0", "4"),
    "gass": _measure("", "{score}", "0", "63"),
    "cows": _measure("", "{score}", "0", "48"),
    "ciwa_ar": _measure("", "{score}", "0", "67"),
    "audit_c": _measure("75626-2", "{score}", "0", "12"),
}
"""LOINC codes (http://loinc.org, (c) Regenstrief Institute, Inc.) and UCUM units (https://ucum.org).

eGFR is CKD-EPI 2021. The bounds are our own and only refuse slips of the pen; those of a scale are its own lowest and
highest score. Of a scale only its name and its score are kept, never its wording. 93373-9 is the panel of the screener.
"""

ANSWERS: dict[str, Answer] = {
    "pregnancy": Answer("82810-3", ("pregnant", "not_pregnant", "unknown")),
    "lactation": Answer("63895-7", ("breastfeeding", "not_breastfeeding", "unknown")),
    "smoking": Answer("72166-2", ("current", "former", "never", "unknown")),
    "hepatic_class": Answer("", ("none", "A", "B", "C", "unknown")),
    "alcohol_use": Answer("", ("none", "current", "heavy", "unknown")),
    "grapefruit": Answer("", ("regular", "none", "unknown")),
    "food_with_dose": Answer("", ("with_food", "without_food", "unknown")),
    "cyp2d6_phenotype": Answer("79715-9", ("poor", "intermediate", "normal", "ultrarapid", "unknown")),
    "cyp2c19_phenotype": Answer("79714-2", ("poor", "intermediate", "normal", "rapid", "ultrarapid", "unknown")),
    "cyp2c9_phenotype": Answer("79716-7", ("poor", "intermediate", "normal", "unknown")),
    "hla_b_1502": Answer("", ("positive", "negative", "unknown")),
    "hla_a_3101": Answer("", ("positive", "negative", "unknown")),
    "hunter": Answer("", ("positive", "negative")),
}
"""LOINC 82810-3 pregnancy status, 63895-7 breastfeeding status, 72166-2 tobacco smoking status; 79715-9, 79714-2 and
79716-7 the metabolic activity of CYP2D6, CYP2C19 and CYP2C9 in the terms of CPIC.

`hepatic_class` is the Child-Pugh class; `none` says that the liver was looked at and is sound. `alcohol_use` is heavy
from an AUDIT-C of 8 or with an active alcohol use disorder, none and current as the person says. `food_with_dose` says
how the medicines are taken.
"""

SCALES = frozenset(
    {"phq9", "gad7", "madrs", "ymrs", "cssrs", "bars", "aims", "sas", "gass", "cows", "ciwa_ar", "audit_c", "hunter"}
)
"""Codes that are the score of a rating scale, by whoever filled it in."""
MEAN_SCORES = frozenset({"sas"})
"""Scales whose score is a mean; every other score is a whole number."""


def evidence_of(code: str) -> str:
    """What an observation of this code is evidence of, as a task names it: "scale:phq9", "observation:sodium"."""
    return f"{'scale' if code in SCALES else 'observation'}:{code}"


def _is_number(code: str, measure: Measure) -> models.CheckConstraint:
    within = Q(value__isnull=False, value__gte=measure.at_least, value__lte=measure.at_most)
    bounds = Q(unit=measure.unit, value_code="") & within
    return rule(f"{code}_is_a_number_a_person_can_have", ~Q(code=code) | bounds)


def _is_answer(code: str, answer: Answer) -> models.CheckConstraint:
    allowed = Q(unit="", value__isnull=True, value_code__in=answer.values)
    return rule(f"{code}_is_one_of_the_answers_we_know", ~Q(code=code) | allowed)


class Observation(models.Model):
    """One dated measurement or state, append-only; a correction is a new row that points at the one it replaces.

    A correction that is `entered_in_error` takes the old value back and puts none in its place.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="observations")
    code = models.CharField(max_length=20, choices=ObservationCode)
    loinc = models.CharField(max_length=10, blank=True)
    value = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    value_code = models.CharField(max_length=20, blank=True)
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

    class Meta:
        ordering = ["-observed_at", "-id"]
        indexes = [models.Index(fields=["patient", "code", "-observed_at"], name="observation_by_patient")]
        constraints = [
            rule("an_observation_is_of_a_code_we_know", Q(code__in=ObservationCode.values)),
            rule("an_observations_source_id_is_absent_or_real", ~Q(source_id="")),
            rule("what_was_entered_in_error_is_named", Q(entered_in_error=False) | Q(corrects__isnull=False)),
            *[_is_number(code, measure) for code, measure in MEASURES.items()],
            *[_is_answer(code, answer) for code, answer in ANSWERS.items()],
        ]

    @staticmethod
    def current(patient_id: int) -> "models.QuerySet[Observation]":
        """The patient's observations that no later row corrects or takes back, newest first."""
        return Observation.current_of([patient_id])

    @staticmethod
    def current_of(patient_ids: Collection[int]) -> "models.QuerySet[Observation]":
        """The same of many patients at once."""
        return Observation.objects.filter(patient_id__in=patient_ids, corrected_by__isnull=True, entered_in_error=False)

    @staticmethod
    def code_columns(code: str) -> dict[str, str]:
        """The columns that follow from the code, for creating an observation: its LOINC code and its unit."""
        if code in MEASURES:
            return {"loinc": MEASURES[code].loinc, "unit": MEASURES[code].unit}
        return {"loinc": ANSWERS[code].loinc, "unit": ""}


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
