"""The strip on every page about a patient that says who this is and what must never be forgotten about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from medmgmt import allergies
from medmgmt.allergies import AllergyList
from medmgmt.chart import Chart
from medmgmt.record import dosing, part2
from medmgmt.record.models import Enrolment, Observation, Patient, User
from medmgmt.regimen import lexicon
from medmgmt.web.kit.plain_words import state_words

FACTS: dict[str, Promise] = {
    "weight": _("Weight"),
    "egfr": _("eGFR"),
    "hepatic_class": _("Liver (Child-Pugh)"),
    "smoking": _("Smoking"),
    "pregnancy": _("Pregnancy"),
    "lactation": _("Breast-feeding"),
}
"""What decides doses and interactions, shown with its day, or as not recorded."""


@dataclass(frozen=True)
class Fact:
    """One fact in words, with the day it was found; `value` is empty where nobody has recorded it."""

    label: str | Promise
    value: str = ""
    on: date | None = None


@dataclass(frozen=True)
class Banner:
    """Who the page is about."""

    patient: Patient
    age: int
    allergies: AllergyList
    enrolment: Enrolment | None
    facts: list[Fact]


def banner_of(patient: Patient, by: User) -> Banner:
    """The banner of a patient whom the door has already opened, for this person; three queries."""
    found = part2.seen(by, Observation.current(patient.pk).filter(code__in=FACTS))
    newest: dict[str, Observation] = {}
    for observation in found:
        newest.setdefault(observation.code, observation)
    return Banner(
        patient=patient,
        age=patient.age_on(patient.today(timezone.now())),
        allergies=allergies.listed(part2.seen(by, allergies.holding(patient))),
        enrolment=patient.enrolments.filter(ends_on=None).first(),
        facts=facts(patient, newest),
    )


def of_chart(shown: Chart) -> Banner:
    """The same from a chart that is read already; no query."""
    now_in = next((each for each in shown.enrolments if each.ends_on is None), None)
    return Banner(shown.patient, shown.age, shown.allergies, now_in, facts(shown.patient, shown.facts))


def facts(patient: Patient, newest: Mapping[str, Observation]) -> list[Fact]:
    """The facts in their order; pregnancy and breast-feeding only where they are recorded or can be."""
    wanted = [
        code for code in FACTS if code in newest or code not in ("pregnancy", "lactation") or patient.sex != "male"
    ]
    return [fact(patient, code, newest.get(code)) for code in wanted]


def fact(patient: Patient, code: str, observation: Observation | None) -> Fact:
    """One observation in words, with the patient's own day of it."""
    if observation is None:
        return Fact(FACTS[code])
    return Fact(FACTS[code], in_words(observation), patient.today(observation.observed_at))


def in_words(observation: Observation) -> str:
    """A measurement with its unit, or the state in words."""
    if observation.value is None:
        return state_words(observation.code, observation.value_code)
    return f"{lexicon.figure(observation)}{dosing.NBSP}{lexicon.unit_words(observation.unit)}".strip()
