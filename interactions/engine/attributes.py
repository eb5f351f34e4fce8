"""What a drug does at a dose, read once from the shipped columns into numbers that rules can add up."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from interactions.engine import conditions
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.regimen import Drug

QT_POINTS = {"known": 3, "possible": 2, "conditional": 1}
NONSELECTIVE = {"irreversible_nonselective", "reversible_maoa", "reversible_nonselective"}
SELECTIVE = {"mao_b_selective"}
STRENGTH = {"weak": 1, "moderate": 2, "strong": 3}
DAILY_DOSE = "total_daily_mg"
SCALES = {
    "serotonergic": "serotonergic",
    "cns": "cns_depressant",
    "respiratory": "respiratory_depressant",
    "anticholinergic": "anticholinergic_burden",
    "seizure": "seizure_threshold_lowering",
    "bleeding": "bleeding_risk",
    "hyponatraemia": "hyponatraemia",
    "orthostasis": "orthostasis",
    "metabolic": "metabolic_risk",
    "sympathomimetic": "sympathomimetic",
    "bradycardic": "bradycardic",
    "dopamine_antagonist": "dopamine_antagonist",
    "dopamine_agonist": "dopamine_agonist",
}
"""Field of a profile -> column of the table."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One drug at one dose band; `number` tells profiles apart, so that pairs of them can be remembered."""

    number: int
    entry: CatalogueDrug
    serotonergic: int = 0
    mao: str = ""
    """nonselective, selective (MAO-B) or empty."""
    qt: int = 0
    """known 3, possible 2, conditional 1."""
    cns: int = 0
    respiratory: int = 0
    anticholinergic: int = 0
    seizure: int = 0
    bleeding: int = 0
    hyponatraemia: int = 0
    orthostasis: int = 0
    metabolic: int = 0
    sympathomimetic: int = 0
    bradycardic: int = 0
    dopamine_antagonist: int = 0
    dopamine_agonist: int = 0
    lithium_effect: str = "none"
    beers: str = ""
    substrate: Mapping[str, str] = field(default_factory=dict)
    inhibits: Mapping[str, int] = field(default_factory=dict)
    induces: Mapping[str, int] = field(default_factory=dict)
    pgp: frozenset[str] = frozenset()
    narrow: bool = False
    wide: bool = False
    half_life_hours: Decimal | None = None
    max_mg_per_day: Decimal | None = None
    sets: frozenset[str] = frozenset()
    """Names of the classes and roles it belongs to."""
    shares: tuple[tuple[str, int], ...] = ()
    """Every scale above zero that adds up over a regimen, with its points."""
    ways: tuple[str, ...] = ()
    """Enzymes of which it is a sensitive or moderate substrate, where there are several and its index is not wide."""

    @property
    def key(self) -> str:
        return self.entry.key

    @property
    def washout_days(self) -> int:
        """Days after the last dose in which ordinary screening still counts it."""
        return self.entry.washout_days or 0

    @property
    def is_dose_critical(self) -> bool:
        """Too much of it is dangerous at once: narrow index, known QT effect, or a label warning of seizures."""
        return self.narrow or self.qt >= 3 or self.seizure >= 3


@dataclass(frozen=True, slots=True)
class DoseModifier:
    """Above or below a daily dose, or by a route, one attribute of a drug has another value."""

    drug: str
    condition: str
    """ "total_daily_mg>40" or "route=IM"."""
    attribute: str
    value: str

    @property
    def compared(self) -> conditions.Comparison | None:
        """The daily dose that it asks for; None where it asks for a route."""
        found = conditions.comparison(self.condition)
        return found if found is not None and found.name == DAILY_DOSE else None

    def holds(self, mg_per_day: Decimal | None, route: str) -> bool:
        """False as well when the dose is not on record: then the usual dose is assumed."""
        if self.condition.startswith("route="):
            return route == self.condition.removeprefix("route=")
        return mg_per_day is not None and self.compared is not None and self.compared.holds(mg_per_day)


class Profiles:
    """The profile of every drug that the rules know, by key and dose; made on first use, then remembered."""

    def __init__(
        self,
        drugs: Iterable[CatalogueDrug],
        sets: Mapping[str, frozenset[str]],
        modifiers: Iterable[DoseModifier] = (),
    ) -> None:
        self._entries = {drug.key: drug for drug in drugs if drug.in_rules}
        self._sets: dict[str, set[str]] = {}
        for name, members in sets.items():
            for member in members:
                self._sets.setdefault(member, set()).add(name)
        self._modifiers: dict[str, list[DoseModifier]] = {}
        for modifier in modifiers:
            self._modifiers.setdefault(modifier.drug, []).append(modifier)
        self._made: dict[tuple[str, tuple[DoseModifier, ...]], Profile] = {}
        self._usual = {key: self._profile(key, ()) for key in self._entries}

    def of(self, key: str, drug: Drug, mg_per_day: Decimal | None) -> Profile | None:
        """The profile at this dose and route; None when the rules do not know the drug."""
        modifiers = self._modifiers.get(key)
        if not modifiers:
            return self._usual.get(key)
        holding = tuple(one for one in modifiers if one.holds(mg_per_day, drug.route))
        return self._profile(key, holding) if key in self._entries else None

    def usual(self, key: str) -> Profile | None:
        return self._usual.get(key)

    def all(self) -> Iterable[Profile]:
        """Every profile at the usual dose."""
        return self._usual.values()

    def _profile(self, key: str, holding: tuple[DoseModifier, ...]) -> Profile:
        known = self._made.get((key, holding))
        if known is None:
            columns = dict(self._entries[key].attributes)
            columns["maoi_type"] = self._entries[key].maoi_type
            columns.update({one.attribute: one.value for one in holding})
            known = _read(len(self._made), self._entries[key], columns, frozenset(self._sets.get(key, ())))
            self._made[key, holding] = known
        return known


def _read(number: int, entry: CatalogueDrug, columns: Mapping[str, str], sets: frozenset[str]) -> Profile:
    mao = columns.get("maoi_type", "")
    scales = {name: int(columns.get(column) or 0) for name, column in SCALES.items()}
    qt = QT_POINTS.get(columns.get("qt_risk", ""), 0)
    substrate = _graded(columns.get("cyp_substrate", ""))
    ways = tuple(enzyme for enzyme, grade in substrate.items() if grade in ("sensitive", "moderate"))
    return replace(
        Profile(number, entry),
        **scales,  # type: ignore[arg-type]  # every field of SCALES is a whole number
        mao="nonselective" if mao in NONSELECTIVE else "selective" if mao in SELECTIVE else "",
        qt=qt,
        lithium_effect=columns.get("lithium_effect") or "none",
        beers=columns.get("beers_cns_class", ""),
        substrate=substrate,
        inhibits={enzyme: STRENGTH[grade] for enzyme, grade in _graded(columns.get("cyp_inhibitor", "")).items()},
        induces={enzyme: STRENGTH[grade] for enzyme, grade in _graded(columns.get("cyp_inducer", "")).items()},
        pgp=frozenset(filter(None, columns.get("pgp", "").split(";"))),
        narrow=columns.get("narrow_ti") == "1",
        wide=columns.get("wide_ti") == "1",
        half_life_hours=_decimal(columns.get("half_life_h", "")),
        max_mg_per_day=_decimal(columns.get("max_daily_dose_mg", "")),
        sets=sets,
        shares=tuple((name, points) for name, points in [*scales.items(), ("qt", qt)] if points),
        ways=ways if len(ways) > 1 and columns.get("wide_ti") != "1" else (),
    )


def _graded(text: str) -> dict[str, str]:
    """ "CYP2D6:strong;CYP3A4:weak" as a mapping."""
    parts = (part.strip().partition(":") for part in text.split(";") if ":" in part)
    return {enzyme: grade for enzyme, _, grade in parts}


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"\d+(\.\d+)?", text.strip()) else None
