"""How much of a drug reaches the blood by the route and in the form in which it is given."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

Row = Mapping[str, str]
TABLES = ("routes", "dose_forms")
SYSTEMIC, PARTIAL, LOCAL = "yes", "partial", "no"
MOST_KEPT = 100_000
ORDER = (SYSTEMIC, PARTIAL, LOCAL)
CLASSES = {
    "PO": "oral", "SL": "sublingual-buccal", "BUCC": "sublingual-buccal", "IM": "injection", "SC": "injection",
    "IV": "injection", "TD": "transdermal", "TOP": "topical", "IN": "nasal", "INH": "inhaled", "OPH": "ophthalmic",
    "OTIC": "otic", "PR": "rectal", "PV": "vaginal", "IMPLANT": "implant",
}  # fmt: skip
"""The class of a route as orders write it."""
WITHIN = {
    "topical": {"transdermal"},
    "nasal": {"nasal-local"},
    "oral": {"lozenge", "gum", "oral-local", "sublingual-buccal"},
    "vaginal": {"intrauterine"},
    "injection": {"injection-local", "implant"},
}
"""Which class a form may name where the route names a wider one; any other form says nothing against the route."""


class Exposure(NamedTuple):
    """Whether the blood is reached (yes, partial or no), by which class of route, and why."""

    systemic: str
    route_class: str
    reason: str


SWALLOWED = Exposure(SYSTEMIC, "", "")
"""What nobody said counts as if it were swallowed."""


@dataclass(frozen=True)
class Routes:
    """The tables, laid out for looking up; without them every route counts as if the drug were swallowed."""

    exposures: Mapping[tuple[str, int], Exposure] = field(default_factory=dict)
    """By class of route and RxCUI of an ingredient; 0 for any other."""
    forms: Sequence[tuple[re.Pattern[str], str]] = ()
    """Words of dose forms, the longest first, and the class that each names."""
    _known: dict[tuple[str, str, tuple[int, ...]], Exposure] = field(default_factory=dict, repr=False, compare=False)

    def of(self, route: str, form: str, ingredients: tuple[int, ...]) -> Exposure:
        """The most that any ingredient reaches the blood; remembered."""
        asked = (route, form, ingredients)
        known = self._known.get(asked)
        if known is None:
            known = self._of(*asked)
            if len(self._known) < MOST_KEPT:
                self._known[asked] = known
        return known

    def _of(self, route: str, form: str, ingredients: tuple[int, ...]) -> Exposure:
        named = self._class_of(route, form)
        found = [one for code in ingredients if (one := self._exposure(named, code)) is not None]
        usual = self._exposure(named, 0)
        found = found or ([usual] if usual is not None else [SWALLOWED])
        return min(found, key=lambda one: ORDER.index(one.systemic))

    def _exposure(self, named: str, code: int) -> Exposure | None:
        return self.exposures.get((named, code)) or self.exposures.get((named, 0))

    def _class_of(self, route: str, form: str) -> str:
        by_form = next((named for words, named in self.forms if words.search(form.casefold())), "") if form else ""
        by_route = CLASSES.get(route, "")
        return by_form if by_form and (not by_route or by_form in WITHIN.get(by_route, ())) else by_route


def read(tables: Mapping[str, Sequence[Row]]) -> Routes:
    """The rows as text turned into tables; what is not understood raises ValueError or KeyError."""
    exposures = {}
    for row in tables.get("routes", ()):
        if row["systemic"] not in ORDER:
            raise ValueError(f"routes: {row['systemic']!r} is not understood")
        exposures[row["route_class"], int(row["rxcui"] or 0)] = Exposure(
            row["systemic"], row["route_class"], row["reason"]
        )
    forms = sorted(tables.get("dose_forms", ()), key=lambda row: (-len(row["dose_form"]), row["dose_form"]))
    return Routes(
        exposures,
        [(re.compile(rf"(?<![a-z]){re.escape(row['dose_form'])}(?![a-z])"), row["route_class"]) for row in forms],
    )
