"""What can be observed of a person, as a release says it: codes, units with their factors, bounds, scales, states."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from difflib import SequenceMatcher
from fractions import Fraction
from functools import cached_property

from interactions.engine.catalogue import normal

Row = Mapping[str, str]
TABLE = "observables"
SCALES, STATES = "scales", "states"
GROUPS = ("vitals", "labs", SCALES, STATES)
DOSE_PROBLEM = "dose_related_toxicity"
NAME_PART = re.compile(r"[^\W_]+|[+#%]")
BESIDE = frozenset(
    word
    for words in (
        "serum plasma blood whole s p b level levels lvl lvls trough predose dose post pre random spot morning",
        "today current result value test lab measured measurement concentration conc total quantitative poc poct",
        "moles mass substance volume per in of the or h hr hrs hour hours 12 12h 12hr",
        "sitting seated standing supine lying resting left right arm",
    )
    for word in words.split()
)
"""What laboratories and wards write beside a name: where, when and how it was measured. What changes the thing itself
(urine, free, ionised, percent, a ratio, corrected or not) is none of these."""
LEAST_LIKE = 6
"""Shorter words are never taken for a misspelling of another."""
MUCH_ALIKE = 0.87
"""Above what "norclozapine" is to "clozapine"."""
SMALLEST = Decimal("0.0001")
LARGEST = Decimal(10) ** 15
"""A value is kept to so many places; one beyond all bounds is nobody's, however many it has."""
PART = r"\d+(?:\.\d+)?(?:/\d+(?:\.\d+)?)?"
FACTOR = re.compile(rf"({PART})([+-]{PART})?")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
SPELLED = (
    (re.compile(r"^[x×*](?=10)"), ""),
    (re.compile(r"^10(?:\^|e|\*\*|\*)?([369])(?=/)"), r"10*\1"),
    (re.compile(r"^(?:k|thou|thousand|th)(?=/)"), "10*3"),
    (re.compile(r"(?:mm\^?3|cumm|mcl)$"), "ul"),
    (re.compile(r"^cells?(?=/)"), ""),
    (re.compile(r"^mcg"), "ug"),
    (re.compile(r"^(?:deg(?:rees)?)?(?:fahrenheit|f)$"), "degf"),
    (re.compile(r"^(?:deg(?:rees)?)?(?:celsius|cel|c)$"), "cel"),
    (re.compile(r"^(?:lbs|lb_av|pounds?)$"), "lb"),
    (re.compile(r"^(?:in_i|inch|inches)$"), "in"),
    (re.compile(r"^(?:percent|pct)$"), "%"),
)
"""Ways in which people and machines write the units of UCUM."""


def unit_key(unit: str) -> str:
    """A unit as it is compared: "x10^9/L", "10⁹/L" and "10*9/L" are one, and so are "µmol/L" and "umol/L"."""
    text = re.sub("10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", lambda found: f"10*{found[1].translate(RAISED)}", unit)
    text = unicodedata.normalize("NFKC", text).casefold().replace("μ", "u")
    text = re.sub(r"[\s\[\]{}°]", "", text)
    for pattern, written in SPELLED:
        text = pattern.sub(written, text)
    return text


@dataclass(frozen=True, slots=True)
class OtherUnit:
    """A unit as it is written, and how its figures become those of the observable's own: times, then plus."""

    written: str
    times: Fraction
    plus: Fraction = Fraction(0)

    def converted(self, value: Decimal) -> Decimal:
        return rounded(Fraction(value) * self.times + self.plus)


@dataclass(frozen=True, slots=True)
class Observable:
    """One thing that can be observed."""

    code: str
    name: str
    group: str
    loincs: tuple[str, ...] = ()
    """The first is the one that is written; the others are read."""
    unit: str = ""
    """Its own UCUM unit; empty for a state."""
    units: Mapping[str, OtherUnit] = field(default_factory=dict)
    """By `unit_key`, its own among them."""
    possible: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    """Outside of it nobody is; of a scale its lowest and highest score."""
    usual: tuple[Decimal, Decimal] = (Decimal(0), Decimal(0))
    """Outside of it a slip of the pen or another unit is likelier than the value."""
    step: Decimal | None = None
    answers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    """Of a pair the codes of what is measured."""
    upper_limit: Decimal | None = None
    """Upper limit of normal in its unit, where a threshold is told as a multiple of it."""
    problem: str = DOSE_PROBLEM
    """The clinical problem that a value out of range speaks of."""
    level_of: str = ""
    """The drug whose level it is."""
    other_names: tuple[str, ...] = ()

    @property
    def loinc(self) -> str:
        return self.loincs[0] if self.loincs else ""

    @property
    def is_number(self) -> bool:
        return bool(self.unit) and not self.parts

    @property
    def is_scale(self) -> bool:
        return self.group == SCALES

    def in_unit(self, value: Decimal, unit: str) -> Decimal | None:
        """The value in its own unit; None for a unit that nobody knows. No unit is taken as its own."""
        if not unit or unit == self.unit:
            return value
        other = self.units.get(unit_key(unit))
        return None if other is None else other.converted(value)

    def is_possible(self, value: Decimal) -> bool:
        return self.possible[0] <= value <= self.possible[1]

    def is_usual(self, value: Decimal) -> bool:
        return self.usual[0] <= value <= self.usual[1]

    def likely_units(self, value: Decimal) -> list[tuple[OtherUnit, Decimal]]:
        """The other units in which the figure would be a usual value, each different value once."""
        once: dict[Decimal, OtherUnit] = {}
        for key, other in self.units.items():
            found = other.converted(value)
            if key != unit_key(self.unit) and found != value and self.is_usual(found):
                once.setdefault(found, other)
        return [(other, found) for found, other in once.items()]


@dataclass(frozen=True)
class Observables:
    """All of a release, in the order of its table."""

    by_code: Mapping[str, Observable] = field(default_factory=dict)
    by_name: Mapping[str, Observable] = field(default_factory=dict)
    """By code, name, other name and LOINC, as `normal` compares them."""

    def called(self, *names: str) -> Observable | None:
        """The first that goes by one of these names or codes, or by its words: "Potassium, serum", "Lithium trough"."""
        tried = [spelled for name in names if name for spelled in (normal(name), normal(name.replace("_", " ")))]
        exact = next((self.by_name[name] for name in tried if name in self.by_name), None)
        return exact or next((found for name in names if name and (found := self._by_words_of(name))), None)

    def like(self, name: str) -> Observable | None:
        """The one that a misspelt name is meant as, to ask; None where none or several are."""
        near = {one.code: one for words, one in self._by_words.items() if _is_like(words_of(name), words)}
        return next(iter(near.values())) if len(near) == 1 else None

    def _by_words_of(self, name: str) -> Observable | None:
        """By all the words, or by those before and in the brackets where both mean the same."""
        found = self._by_words.get(words_of(name))
        outside, bracket, inside = re.sub(r"[)\]]", "", name).replace("[", "(").partition("(")
        if found is not None or not bracket:
            return found
        one, other = (self._by_words.get(words_of(part)) for part in (outside, inside))
        return one if one == other or not words_of(inside) else None

    @cached_property
    def _by_words(self) -> Mapping[frozenset[str], Observable]:
        """By the words of a name in any order, without what stands beside it; a name that says several is nobody's."""
        found: dict[frozenset[str], dict[str, Observable]] = {}
        for name, one in self.by_name.items():
            found.setdefault(words_of(name), {})[one.code] = one
        return {words: next(iter(of.values())) for words, of in found.items() if words and len(of) == 1}

    def __bool__(self) -> bool:
        return bool(self.by_code)

    @property
    def loincs(self) -> dict[str, str]:
        """LOINC -> code of every number."""
        return {loinc: one.code for one in self.by_code.values() if one.is_number for loinc in one.loincs}

    @cached_property
    def pairs(self) -> tuple[Observable, ...]:
        """What is measured as two figures."""
        return tuple(one for one in self.by_code.values() if one.parts)

    @property
    def scales(self) -> frozenset[str]:
        return frozenset(code for code, one in self.by_code.items() if one.is_scale)


def words_of(name: str) -> frozenset[str]:
    """The words by which a thing is known, without what is only written beside them."""
    return frozenset(NAME_PART.findall(normal(name))) - BESIDE


def _is_like(typed: frozenset[str], name: frozenset[str]) -> bool:
    """As many words, the short ones the same, the long ones much alike from their first letter on: "pottasium", but
    not "troponin T" nor "QT uncorrected"."""
    short, long = (sorted(word for word in typed if (len(word) < LEAST_LIKE) is is_short) for is_short in (True, False))
    others = sorted(word for word in name if len(word) >= LEAST_LIKE)
    if len(typed) != len(name) or not long or len(long) != len(others) or set(short) != name.difference(others):
        return False
    pairs = zip(long, others, strict=True)
    return all(one[0] == other[0] and SequenceMatcher(None, one, other).ratio() >= MUCH_ALIKE for one, other in pairs)


def read(rows: Sequence[Row]) -> Observables:
    """The rows of the table; ValueError for one that is not understood."""
    found = {row["code"]: _observable(row) for row in rows}
    names: dict[str, Observable] = {}
    for one in found.values():
        names[normal(one.code)] = one
    for one, row in zip(found.values(), rows, strict=True):
        for spelled in (one.name, one.code.replace("_", " "), *_parts(row["other_names"]), *one.loincs):
            names.setdefault(normal(spelled), one)
    return Observables(found, names)


def _observable(row: Row) -> Observable:
    if row["group"] not in GROUPS:
        raise ValueError(f"{row['code']}: the group {row['group']!r} is not known")
    low, high = (Decimal(row[name] or 0) for name in ("at_least", "at_most"))
    own = OtherUnit(row["unit"], Fraction(1))
    others = [other_unit(part) for part in _parts(row["other_units"])]
    return Observable(
        code=row["code"],
        name=row["name"],
        group=row["group"],
        loincs=_parts(row["loinc"]),
        unit=row["unit"],
        units={unit_key(one.written): one for one in [*reversed(others), own]} if row["unit"] else {},
        possible=(low, high),
        usual=(Decimal(row["usual_from"] or low), Decimal(row["usual_to"] or high)),
        step=Decimal(row["step"]) if row["step"] else None,
        answers=_parts(row["answers"]),
        parts=_parts(row["parts"]),
        upper_limit=Decimal(row["upper_limit"]) if row["upper_limit"] else None,
        problem=row["problem"] or DOSE_PROBLEM,
        level_of=row["level_of"],
        other_names=_parts(row["other_names"]),
    )


def other_unit(written: str) -> OtherUnit:
    """Reads "umol/L=0.0113", "[degF]=5/9-160/9" and the like; ValueError for anything else."""
    unit, _, factor = written.rpartition("=")
    match = FACTOR.fullmatch(factor)
    if not unit or match is None or not Fraction(*_terms(match[1])):
        raise ValueError(f"{written!r} is no unit with its factor")
    plus = match[2] or "+0"
    offset = Fraction(*_terms(plus[1:]))
    return OtherUnit(unit, Fraction(*_terms(match[1])), -offset if plus[0] == "-" else offset)


def _terms(text: str) -> Iterator[Fraction]:
    """The one or two figures of a fraction."""
    return (Fraction(part) for part in text.split("/"))


def rounded(value: Fraction) -> Decimal:
    """To as many places as are kept, without zeros at the end."""
    found = Decimal(value.numerator) / Decimal(value.denominator)
    if abs(found) < LARGEST:
        found = found.quantize(SMALLEST, ROUND_HALF_UP)
    return Decimal(f"{found.normalize():f}")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())
