"""The bridge to limited dispensing: how much may be handed out at once, and what in the record suggests less."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.db.models import Q

from interactions.engine.care_tables import CareTables, OverdoseSign
from medmgmt.record import dosing, part2
from medmgmt.record.models import Condition, Observation, Patient, Prescription, User
from refills import site
from refills.models import SupplyLimit
from refills.supply.controlled import Reason, Refusal

OVERDOSE = "overdose_risk"
"""The scope of refill_rules.csv that says how many days a limited supply lasts."""


@dataclass(frozen=True)
class Suggestion:
    """Why less should be handed out at once: the sign on record, the danger of the drug, and how many days."""

    signs: tuple[str, ...]
    danger: str
    most_days: int
    source: str


def in_force(limits: Iterable[SupplyLimit], prescription_id: int, day: date) -> SupplyLimit | None:
    """The strictest limit that holds for this prescription on a day: its own, or one of the whole patient.

    The rows come with their `lifted`, which ends a limit on the day it is written.
    """
    holding = [
        one
        for one in limits
        if one.prescription_id in (None, prescription_id)
        and one.since <= day <= one.until
        and not hasattr(one, "lifted")
    ]
    return min(holding, key=lambda one: (one.most_days, -one.pk), default=None)


def of_patient(patient_ids: Collection[int]) -> list[SupplyLimit]:
    """Every limit of these patients, with what lifted it; one query."""
    found = SupplyLimit.objects.filter(patient_id__in=patient_ids)
    return list(found.select_related("set_by", "lifted"))


def limit_of(prescription: Prescription, day: date) -> SupplyLimit | None:
    """The limit that holds for one prescription; one query."""
    mine = Q(prescription=None) | Q(prescription=prescription)
    found = SupplyLimit.objects.filter(mine, patient_id=prescription.patient_id, until__gte=day)
    return in_force(found.select_related("set_by", "lifted"), prescription.pk, day)


def refusal(limit: SupplyLimit) -> Refusal:
    """The rule that a supply for longer breaks."""
    return Refusal(Reason.LIMITED, day=limit.until, limit=Fraction(limit.most_days), source=limit.why)


def suggested(
    care: CareTables,
    scopes: Collection[str],
    conditions: Iterable[Condition],
    observations: Iterable[Observation],
    zone: str,
    day: date,
) -> Suggestion | None:
    """Whether the record asks for less at once: a sign of risk, and a drug that is dangerous in overdose."""
    danger = next((one for one in care.overdose if one.kind == "toxic" and one.value in scopes), None)
    if danger is None:
        return None
    found = [
        *by_condition(care.overdose, conditions, day),
        *by_scale(care.overdose, observations, ZoneInfo(zone), day),
    ]
    if not found:
        return None
    days = site.supply_rules().whole("portion_days_max", {OVERDOSE, *scopes})
    return Suggestion(tuple(dict.fromkeys(found)), danger.words, days, danger.source)


def by_condition(signs: Sequence[OverdoseSign], conditions: Iterable[Condition], day: date) -> list[str]:
    """Signs among the diagnoses that hold on the day."""
    found = []
    for row in conditions:
        if row.abated_on is not None and row.abated_on <= day:
            continue
        for sign in signs:
            coded = sign.kind == "sign_icd10" and row.icd10cm.startswith(sign.value)
            told = sign.kind == "sign_text" and sign.value in row.text.lower() and not row.icd10cm
            if coded or told:
                found.append(sign.words)
    return found


def by_scale(
    signs: Sequence[OverdoseSign], observations: Iterable[Observation], zone: ZoneInfo, day: date
) -> list[str]:
    """Signs among the newest scores of each scale, not older than their row says."""
    newest: dict[str, Observation] = {}
    for one in sorted(observations, key=lambda one: (one.observed_at, one.pk)):
        newest[one.code] = one
    found = []
    for sign in signs:
        last = newest.get(sign.value) if sign.kind == "sign_scale" else None
        if last is None or last.value is None or sign.at_least is None or last.value < sign.at_least:
            continue
        seen = last.observed_at.astimezone(zone).date()
        if day - timedelta(days=sign.within_days or 0) <= seen <= day:
            found.append(sign.words.format(value=dosing.plain(last.value), day=seen))
    return found


def suggested_for(
    by: User, care: CareTables, patient: Patient, scopes: Collection[str], day: date
) -> Suggestion | None:
    """The same for one medicine of one patient, looked up as far as this person may see it; two queries."""
    codes = {sign.value for sign in care.overdose if sign.kind == "sign_scale"}
    seen = part2.seen(by, Observation.current(patient.pk).filter(code__in=codes))
    conditions: Sequence[Condition] = part2.seen(by, patient.conditions.filter(abated_on=None))
    return suggested(care, scopes, conditions, seen, patient.time_zone, day)
