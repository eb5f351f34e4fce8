"""What one unit of a product holds: the strength as it is written, and doses in milligrams by it.

Pure: standard library and our own pure vocabulary. Nothing is guessed: what the strength does not say stays unknown,
with the reason in words.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from interactions.lines import words
from medmgmt.record.sigs import ImpossibleSig, Part, Sig, as_decimal
from medmgmt.record.vocabulary import UNITS

MG_IN = {unit: Fraction(mg) for unit, mg in words.MG_IN.items()}
"""Milligrams in one UCUM unit of mass, as a share that never rounds."""
AMOUNT = r"(?P<{0}>\d[\d,]*(?:\.\d+)?|\.\d+)"
TERM = re.compile(
    AMOUNT.format("of") + r"\s*(?P<unit>mg|mcg|ug|[\u00b5\u03bc]g|g|mmol|m?eq)\b"
    r"(?:\s*(?:/|\bper\b)\s*(?:" + AMOUNT.format("in") + r")?\s*(?P<per>[a-z]+))?",
    re.IGNORECASE,
)  # fmt: skip
WRITTEN = {"mcg": "ug", "\u03bcg": "ug", "eq": "meq"}
HOURS = ("h", "hr", "hrs", "hour", "hours")
DAYS = ("d", "day", "days")
PIECES = {
    "tablet": "{tablet}", "tab": "{tablet}", "capsule": "{capsule}", "cap": "{capsule}", "film": "{film}",
    "lozenge": "{lozenge}", "suppository": "{suppository}", "patch": "{patch}", "actuation": "{puff}", "act": "{puff}",
    "actuat": "{puff}", "inhalation": "{puff}", "puff": "{puff}", "spray": "{spray}", "drop": "[drp]", "ml": "mL",
    "milliliter": "mL", "injection": "{injection}", "syringe": "{injection}", "vial": "{injection}",
    "piece": "{piece}", "gum": "{piece}", "application": "{application}",
}  # fmt: skip
SEVERAL = re.compile(
    r"\d\s*(?:mg|mcg|g)?\s*[/+-]\s*\d[\d.,]*+(?!\s*(?:" + "|".join((*PIECES, *HOURS, *DAYS)) + r")s?\b)", re.IGNORECASE
)
"""160/800, 37.5 mg/325 mg, 5-325: a combination, of which no unit has one mass."""
COUNTED = ("{tablet}", "{capsule}", "{film}", "{patch}", "{lozenge}", "{suppository}", "{injection}", "{piece}")
SPRAYED = ("{puff}", "{spray}")


@dataclass(frozen=True, slots=True)
class Strength:
    """What is written says: milligrams in one of each unit it names, in one piece, and in an hour of wearing."""

    of_unit: tuple[tuple[str, Fraction], ...] = ()
    of_piece: Fraction | None = None
    an_hour: Fraction | None = None
    is_combination: bool = False

    def mg_in(self, unit: str, *, hours: Fraction | None = None) -> Fraction | None:
        """Milligrams in one unit; a patch that gives off so much an hour holds what it gives in the hours worn."""
        if unit in MG_IN:
            return MG_IN[unit]
        said = dict(self.of_unit).get(unit) or (dict(self.of_unit).get("{puff}") if unit in SPRAYED else None)
        if said is None and unit == "{patch}" and self.an_hour is not None and hours is not None:
            said = self.an_hour * hours
        return said or (self.of_piece if unit in (*COUNTED, *SPRAYED) else None)


@dataclass(frozen=True, slots=True)
class InMilligrams:
    """A sig in milligrams: a day on average, on its fullest day, and a single dose; else why it cannot be said."""

    per_day: Decimal | None = None
    in_a_day: Decimal | None = None
    per_dose: Decimal | None = None
    why: str = ""


@lru_cache(maxsize=10_000)
def read(written: str) -> Strength:
    """The strength as written on a product: "25 mg", "2 mg/mL", "100 mg/5 mL", "50 mcg/h", "300 mg (8 mmol)"."""
    terms = list(TERM.finditer(written))
    masses = [term for term in terms if _unit(term) in MG_IN]
    salts = [term for term in terms if _unit(term) not in MG_IN]
    if SEVERAL.search(written) or len(masses) > 1:
        return Strength(is_combination=True)
    if not masses:
        return Strength()
    [mass] = masses
    mg = _of(mass) * MG_IN[_unit(mass)]
    per = (mass["per"] or "").casefold()
    per = per if per in PIECES else per.removesuffix("s")
    share = mg / (Fraction(mass["in"].replace(",", "")) if mass["in"] else 1)
    units = {
        _unit(salt): share * _per(salt) / _of(salt) for salt in salts if (salt["per"] or "") == (mass["per"] or "")
    }
    if not per:
        return Strength(tuple(units.items()), of_piece=mg)
    if per in HOURS or per in DAYS:
        return Strength(tuple(units.items()), an_hour=share / (24 if per in DAYS else 1))
    if per in PIECES:
        return Strength((*units.items(), (PIECES[per], share)))
    return Strength()


def _unit(term: "re.Match[str]") -> str:
    unit = term["unit"].casefold()
    return WRITTEN.get(unit, unit)


def _of(term: "re.Match[str]") -> Fraction:
    return Fraction(term["of"].replace(",", ""))


def _per(term: "re.Match[str]") -> Fraction:
    return Fraction(term["in"].replace(",", "")) if term["in"] else Fraction(1)


def piece_of(strength: str, form: str) -> str:
    """What is counted of a product: the unit of the piece or measure its strength or form names; blank for none."""
    said = f"{strength} {form}".casefold()
    return next(
        (unit for word, unit in PIECES.items() if unit not in SPRAYED and re.search(rf"\b{word}s?\b", said)), ""
    )


def times(part: Part, each: Fraction, unit: str) -> Part | None:
    """The amount of a part in another unit; None where that is no amount one could take."""
    try:
        amounts = [None if one is None else as_decimal(Fraction(one) * each) for one in (part.amount, part.most)]
        return Part(amounts[0] or Decimal(0), unit, "daily", most=amounts[1])
    except ImpossibleSig:
        return None


def in_milligrams(sig: Sig, strength: str) -> InMilligrams:
    """The sig in milligrams by the product's strength."""
    if not sig.is_complete and sig.unit == "{dose}":
        return InMilligrams(why="Its dose is not known.")
    said = read(strength)
    until_the_next = 24 / sum(part.doses / part.days for part in sig.parts)
    each = said.mg_in(sig.unit, hours=Fraction(sig.hours_worn or until_the_next))
    if not each:
        return InMilligrams(why=_why(sig.unit, strength, said))
    dose = as_decimal(Fraction(sig.dose) * each)
    if not sig.is_timed:
        return InMilligrams(per_dose=dose, why="It is not on record how often it is taken.")
    per_day = as_decimal(Fraction(sig.amount_per_day) * each)
    fullest = per_day if sig.unit == "{patch}" else as_decimal(Fraction(sig.most_in_a_day) * each)
    return InMilligrams(per_day, fullest, dose)


def _why(unit: str, strength: str, said: Strength) -> str:
    many = UNITS[unit].many
    if said.is_combination:
        return f"It is ordered in {many}, and the strength “{strength}” is of more than one substance."
    if strength:
        return f"It is ordered in {many}, and the strength “{strength}” does not say how many milligrams that is."
    return f"It is ordered in {many}, and no strength is on record."


def per_day_alike(first: Sig, second: Sig, strength: str) -> tuple[Decimal, Decimal] | None:
    """What two sigs of one product come to a day, in one unit; None where they cannot be compared."""
    if first.unit == second.unit:
        return first.amount_per_day, second.amount_per_day
    one, other = in_milligrams(first, strength).per_day, in_milligrams(second, strength).per_day
    return None if one is None or other is None else (one, other)
