"""A check of a case that is in no record: what would be found, without anything being kept."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from medmgmt.api.kit.endpoint import at, writes
from medmgmt.api.kit.fields import Amount, Day, Rxcui, Strict
from medmgmt.api.kit.shapes import Shown
from medmgmt.api.proposals import NotCheckedLine
from medmgmt.api.review import SEVERITIES
from medmgmt.record import access
from medmgmt.record.models import User
from medmgmt.supply import cases

MOST_DRUGS = 100
SEXES = ["F", "M"]
ACTIONS = ["none", "start", "change_dose", "stop", "resume", "refill", "administer"]


def words(length: int = 300) -> serializers.CharField:
    """Text that may be missing, empty or null."""
    return serializers.CharField(max_length=length, required=False, allow_null=True, allow_blank=True)


def begins_with_a_day(text: str) -> None:
    """Refuses what names no day that is on a calendar."""
    try:
        date.fromisoformat(text.strip()[:10])
    except ValueError as wrong:
        raise serializers.ValidationError(_("Begin with a day, as YYYY-MM-DD.")) from wrong


def number(**options: Any) -> Amount:
    """A number that may be missing or null."""
    return Amount(max_digits=14, required=False, allow_null=True, **options)


def day() -> Day:
    """A day that may be missing or null."""
    return Day(required=False, allow_null=True)


def yes_or_no() -> serializers.BooleanField:
    """Yes, no, or not known."""
    return serializers.BooleanField(required=False, allow_null=True)


class CaseAllergy(Strict):
    """An allergy of the person in the case."""

    drug = serializers.CharField(max_length=300)
    reaction = words()


class CaseSmoking(Strict):
    """Smoking, and since when it changed."""

    status = serializers.ChoiceField(["never", "current", "former"], required=False, allow_null=True)
    changed_days = serializers.IntegerField(min_value=0, max_value=40_000, required=False, allow_null=True)
    change = serializers.ChoiceField(["stopped", "started"], required=False, allow_null=True)


class CasePatient(Strict):
    """What is known about the person; nothing that names them."""

    age = serializers.IntegerField(min_value=0, max_value=150, required=False, allow_null=True)
    sex = serializers.ChoiceField(SEXES, required=False, allow_null=True, allow_blank=True)
    weight_kg = number(min_value=0)
    egfr = number(min_value=0)
    hepatic = serializers.ChoiceField(["A", "B", "C"], required=False, allow_null=True, allow_blank=True)
    ancestry = words()
    pregnant = yes_or_no()
    breastfeeding = yes_or_no()
    pregnancy_potential = yes_or_no()
    conditions = serializers.ListField(child=serializers.CharField(max_length=300), required=False, max_length=200)
    allergies = CaseAllergy(many=True, required=False)
    alcohol = serializers.ChoiceField(["none", "current", "heavy"], required=False, allow_null=True)
    smoking = CaseSmoking(required=False, allow_null=True)
    genotype = serializers.DictField(child=serializers.CharField(max_length=20), required=False)


class CaseDrug(Strict):
    """A medicine; `stop` is the day of the last dose."""

    drug = serializers.CharField(max_length=300, help_text="Name, brand or RxCUI.")
    rxcui = Rxcui(required=False, allow_null=True)
    total_daily_mg = number(min_value=0)
    frequency = words()
    route = words(40)
    form = words(120)
    start = day()
    stop = day()
    dose_mg = number(min_value=0)
    last_admin = words(40)
    last_dose = words(40)


class CaseLab(Strict):
    """A result with its UCUM unit."""

    name = words(60)
    value = number()
    unit = words(40)
    loinc = words(20)
    date = day()


class CaseSymptom(Strict):
    """A symptom and how bad it is."""

    term = words(200)
    grade = serializers.IntegerField(min_value=1, max_value=5, required=False, allow_null=True)
    onset = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True, validators=[begins_with_a_day],
        help_text="A day, or a day and a time.",
    )  # fmt: skip
    note = words(2000)


class CaseProposal(Strict):
    """What is about to be done."""

    action = serializers.ChoiceField(ACTIONS, default="none")
    drug = words()
    rxcui = Rxcui(required=False, allow_null=True)
    total_daily_mg = number(min_value=0)
    dose_mg = number(min_value=0)
    frequency = words()
    route = words(40)
    form = words(120)
    at = words(40)


class CaseRefill(Strict):
    """A prescription about to be filled again; not judged yet."""

    schedule = words(20)
    issued = day()
    fill_date = day()
    days_supply = serializers.IntegerField(min_value=0, max_value=400, required=False, allow_null=True)
    refills_authorised = serializers.IntegerField(min_value=0, max_value=400, required=False, allow_null=True)
    refills_remaining = serializers.IntegerField(min_value=0, max_value=400, required=False, allow_null=True)
    fills_used = serializers.IntegerField(min_value=0, max_value=400, required=False, allow_null=True)


class Case(Strict):
    """One case with its own day, so that the answer never depends on the clock."""

    id = serializers.CharField(max_length=200)
    as_of = Day()
    patient = CasePatient(required=False)
    current_meds = serializers.ListField(child=CaseDrug(), default=list, max_length=MOST_DRUGS)
    labs = serializers.ListField(child=CaseLab(), required=False, max_length=500)
    symptoms = serializers.ListField(child=CaseSymptom(), required=False, max_length=200)
    proposed = CaseProposal(required=False, allow_null=True)
    refill = CaseRefill(required=False, allow_null=True)
    title = words(400)
    category = words(100)
    rationale = words(4000)
    source = words(1000)  # type: ignore[assignment]  # a declared field, taken off the class
    expected = serializers.DictField(
        required=False, help_text="Read by nobody, like title, category, rationale, source."
    )


class CaseGrade(Shown):
    """How one release grades it."""

    shows = dict[str, str], "release version date severity rule citation"
    date = Day()
    severity = serializers.ChoiceField(SEVERITIES)


class CaseFinding(Shown):
    """One problem between drugs."""

    shows = dict[str, str], "type severity problem drugs summary mechanism management onset sources release card"
    severity = serializers.ChoiceField(SEVERITIES)
    drugs = serializers.ListField(child=serializers.CharField())
    sources = CaseGrade(many=True)
    card = serializers.CharField(allow_null=True, help_text="Null where it is listed without a grade: no alert.")


class CaseCard(Shown):
    """One clinical problem."""

    shows = dict[str, str], "card problem severity interruptive summary drugs"
    severity = serializers.ChoiceField(SEVERITIES)
    interruptive = serializers.BooleanField()
    drugs = serializers.ListField(child=serializers.CharField())


class CaseKnowledge(Shown):
    """A release that was active."""

    shows = dict[str, str], "release version"
    date = Day()


class CaseAnswer(serializers.Serializer[Any]):
    """What the active knowledge says about a case; what is not named in `not_checked` was looked at."""

    id = serializers.CharField()
    findings = CaseFinding(many=True)
    cards = CaseCard(many=True)
    not_checked = NotCheckedLine(many=True)
    knowledge = CaseKnowledge(many=True)


def check(by: User, **case: Any) -> dict[str, Any]:
    """Check one case against the active knowledge. Nothing is kept."""
    access.require(by, "check_interactions")
    return cases.review(case)


# fmt: off
ADDRESSES = [
    at("interactions/check", "check", called="CheckCase",
       post=writes(CaseAnswer, check, takes=Case, refuses=("refused",), only_reads=True)),
]
# fmt: on
