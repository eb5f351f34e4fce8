"""What is on record about a person on a day, as the engine reads it: the newest observation of each code by then."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from interactions.engine.regimen import CrossTaper, Facts
from medmgmt.record.models import Observation, ObservationCode, Patient

MG_DL_PER_MMOL_L = Decimal("2.43")
"""Magnesium: 1 mmol/L is 2.43 mg/dL (atomic mass 24.305 g/mol)."""
SEX = {"female": "F", "male": "M"}


def on(
    patient: Patient, observations: Sequence[Observation], day: date, *, cross_tapers: tuple[CrossTaper, ...] = ()
) -> Facts:
    """Facts as of `day`; what was never observed stays None or "", which the engine reads as not on record."""
    zone = ZoneInfo(patient.time_zone)
    by_then = [one for one in observations if one.observed_at.astimezone(zone).date() <= day]
    newest: dict[str, Observation] = {}
    for observation in sorted(by_then, key=lambda one: (one.observed_at, one.pk)):
        newest[observation.code] = observation
    numbers = {code: found.value for code, found in newest.items()}
    states = {code: found.value_code for code, found in newest.items()}
    magnesium = numbers.get(ObservationCode.MAGNESIUM)
    return Facts(
        age_years=patient.age_on(day),
        sex=SEX.get(patient.sex, ""),
        weight_kg=numbers.get(ObservationCode.WEIGHT),
        pregnant=yes_no(states.get(ObservationCode.PREGNANCY, ""), "pregnant", "not_pregnant"),
        breastfeeding=yes_no(states.get(ObservationCode.LACTATION, ""), "breastfeeding", "not_breastfeeding"),
        egfr=numbers.get(ObservationCode.EGFR),
        hepatic_class=letter(states.get(ObservationCode.HEPATIC_CLASS, "")),
        smoking=known(states.get(ObservationCode.SMOKING, "")),
        smoking_changed_on=smoking_changed_on(by_then, zone),
        sodium=numbers.get(ObservationCode.SODIUM),
        potassium=numbers.get(ObservationCode.POTASSIUM),
        magnesium=magnesium / MG_DL_PER_MMOL_L if magnesium is not None else None,
        qtc_ms=whole(numbers.get(ObservationCode.QTC)),
        heart_rate=whole(numbers.get(ObservationCode.HEART_RATE)),
        cross_tapers=cross_tapers,
    )


def yes_no(state: str, yes: str, no: str) -> bool | None:
    """True, False, or None where it is not on record."""
    return {yes: True, no: False}.get(state)


def known(state: str) -> str:
    """A state; "unknown" is the same as nothing on record."""
    return "" if state == "unknown" else state


def letter(state: str) -> str:
    """The Child-Pugh class A, B or C; "" for a sound liver as for one nobody looked at."""
    return state if state in ("A", "B", "C") else ""


def whole(number: Decimal | None) -> int | None:
    """A measured number without its fraction."""
    return None if number is None else int(number)


def smoking_changed_on(observations: Sequence[Observation], zone: ZoneInfo) -> date | None:
    """The day on which smoking was last seen begun or given up; None where two observations never differed.

    Only the step between smoking and not smoking counts: never and former act alike on CYP1A2.
    """
    seen = [one for one in observations if one.code == ObservationCode.SMOKING and known(one.value_code)]
    seen.sort(key=lambda one: (one.observed_at, one.pk))
    changed = None
    for before, after in pairwise(seen):
        if (before.value_code == "current") != (after.value_code == "current"):
            changed = after.observed_at.astimezone(zone).date()
    return changed
