"""The words for what can be observed, as the release in use says them."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.observables import Observables
from medmgmt.record import dosing
from medmgmt.record.models import Observation

UNITS = {
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "[degF]": "°F",
    "[lb_av]": "lb",
    "[in_i]": "in",
    "10*3/uL": "×10³/µL",
    "10*9/L": "×10⁹/L",
    "/uL": "cells/µL",
    "/mm3": "cells/mm³",
    "umol/L": "µmol/L",
    "ug/mL": "µg/mL",
    "m[IU]/L": "mIU/L",
    "kg/m2": "kg/m²",
    "{score}": "",
    "{INR}": "",
}
"""UCUM units as people write them; the others are written as they stand."""
PRESSURES = ("sbp", "dbp")


def label(code: str) -> str:
    """Its name; a code that no release knows any more is shown as it was kept."""
    found = library.observed_at_hand().by_code.get(code)
    return _(found.name) if found else code


def unit_words(unit: str) -> str:
    """A unit as people write it."""
    return UNITS.get(unit, unit)


def figure(observation: Observation) -> str:
    """A measured number as the laboratory gave it: "0.3", "<0.1"; empty for a state."""
    return "" if observation.value is None else f"{observation.comparator}{dosing.plain(observation.value)}"


def evidence_of(code: str) -> str:
    """What an observation of this code is evidence of, as a task names it: "scale:phq9", "observation:sodium"."""
    return f"{'scale' if code in library.observed_at_hand().scales else 'observation'}:{code}"


def coded(code: str, among: Observables | None = None) -> dict[str, str]:
    """The columns that follow from the code, for creating an observation: its LOINC code and its unit."""
    found = (among or library.observed()).by_code[code]
    return {"loinc": found.loinc, "unit": found.unit}


def in_words(observation: Observation, beside: Sequence[Observation] = ()) -> str:
    """With its name and unit; the two figures of a pressure as one: "blood pressure 200/120 mmHg"."""
    unit = unit_words(observation.unit)
    figures = {one.code: figure(one) for one in (observation, *beside)}
    if set(figures) == set(PRESSURES):
        return " ".join((label("bp"), "/".join(figures[code] for code in PRESSURES), unit))
    told = figure(observation) or observation.value_code.replace("_", " ")
    return " ".join(part for part in (label(observation.code), told, unit) if part)
