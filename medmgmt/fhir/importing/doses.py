"""How much at once a FHIR R4 Dosage says, and at most how much in a day, in units that the record knows.

Pure. Nothing is converted but a maximum into the unit of the dose, through the product's strength.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from medmgmt.fhir.importing.timings import NoWord, TwoThings, number
from medmgmt.record import strengths
from medmgmt.record.sigs import DECIMALS, as_decimal

UCUM = {
    "mg": "mg", "milligram": "mg", "ug": "ug", "mcg": "ug", "microgram": "ug", "µg": "ug", "μg": "ug", "g": "g",
    "gram": "g", "ml": "mL", "milliliter": "mL", "millilitre": "mL", "meq": "meq", "mmol": "mmol", "[iu]": "[iU]",
    "iu": "[iU]", "unt": "[iU]", "unit": "[iU]", "[u]": "[iU]", "u": "[iU]", "tab": "{tablet}", "tablet": "{tablet}",
    "tbl": "{tablet}", "cap": "{capsule}", "caps": "{capsule}", "capsule": "{capsule}", "puff": "{puff}",
    "actuation": "{puff}", "actuat": "{puff}", "inhalation": "{puff}", "patch": "{patch}", "drop": "[drp]",
    "[drp]": "[drp]", "gtt": "[drp]", "spray": "{spray}", "lozenge": "{lozenge}", "film": "{film}",
    "suppository": "{suppository}", "supp": "{suppository}", "injection": "{injection}",
    "application": "{application}", "piece": "{piece}", "dose": "{dose}", "1": "",
}  # fmt: skip
"""What servers write for a unit, in small letters and the singular, as UCUM; a bare 1 counts pieces of the form."""
FORM_UNITS = (("tablet", "{tablet}"), ("capsule", "{capsule}"), ("patch", "{patch}"), ("transdermal system", "{patch}"),
              ("inhaler", "{puff}"), ("spray", "{spray}"), ("lozenge", "{lozenge}"), ("film", "{film}"),
              ("suppository", "{suppository}"))  # fmt: skip
"""What a bare number counts: FHIR leaves the unit out where pieces of the ordered dose form are counted."""
UNSTRUCTURED_UNIT = "{dose}"
HOURS_IN = {"h": 1, "d": 24}
PER_BODY = ("/kg", "/m2")


@dataclass(frozen=True, slots=True)
class Dose:
    """A single dose; `most` where it is a range."""

    amount: Decimal
    unit: str
    most: Decimal | None = None
    words: tuple[str, ...] = ()


def read(dosage: Mapping[str, Any], *, form: str, is_combination: bool) -> Dose:
    """The dose that was ordered, else the calculated one; NoWord where there is none that the record can hold."""
    told = [one for one in dosage.get("doseAndRate") or [] if isinstance(one, Mapping)]
    told += [dosage] if "doseQuantity" in dosage or "doseRange" in dosage else []
    with_dose = [one for one in told if "doseQuantity" in one or "doseRange" in one]
    if not with_dose:
        raise NoWord("; ".join(filter(None, map(rate, told))) or "no dose")
    doses = [_one(one, form) for one in _chosen(with_dose)]
    if len({(dose.amount, dose.unit, dose.most) for dose in doses}) > 1:
        raise TwoThings("two doses: " + " and ".join(_told(one) for one in _chosen(with_dose)))
    dose = doses[0]
    if is_combination and dose.unit not in strengths_of_pieces():
        raise NoWord(f"{_told(_chosen(with_dose)[0])} of a combination, which belong to no single part")
    return Dose(dose.amount, dose.unit, dose.most, tuple(filter(None, map(rate, told))))


def strengths_of_pieces() -> frozenset[str]:
    """Units that count pieces or volumes, of which each part of a combination has its own strength."""
    return frozenset(unit for unit in UCUM.values() if unit.startswith("{") or unit in ("mL", "[drp]"))


def _chosen(told: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What was ordered before what was calculated; but milligrams by weight are no dose where a calculated one is."""
    ordered = [one for one in told if _kind(one) != "calculated"]
    absolute = [one for one in ordered if not any(per in _told(one) for per in PER_BODY)]
    return absolute or [one for one in told if _kind(one) == "calculated"] or ordered


def _kind(one: Mapping[str, Any]) -> str:
    kind = one.get("type")
    codings = kind.get("coding") or [] if isinstance(kind, Mapping) else []
    return next((str(coding.get("code") or "") for coding in codings if isinstance(coding, Mapping)), "")


def _one(one: Mapping[str, Any], form: str) -> Dose:
    if "doseQuantity" in one and "doseRange" in one:
        raise TwoThings(f"{words(one['doseQuantity'])}, and {words(one['doseRange'])}")
    if "doseQuantity" in one:
        amount, unit = quantity(one["doseQuantity"], form)
        return Dose(amount, unit)
    span = one["doseRange"]
    if not isinstance(span, Mapping) or "low" not in span or "high" not in span:
        raise NoWord(_told(one))
    (least, unit), (most, other) = quantity(span["low"], form), quantity(span["high"], form)
    if unit != other:
        raise TwoThings(_told(one))
    return Dose(least, unit, most if most != least else None)


def quantity(said: Any, form: str) -> tuple[Decimal, str]:
    """Number and unit of a Quantity; a comparator, an unknown unit, or a unit that its code contradicts is NoWord."""
    if not isinstance(said, Mapping) or "value" not in said:
        raise NoWord("no amount")
    if said.get("comparator"):
        raise NoWord(words(said))
    called = [str(said[key]) for key in ("code", "unit") if said.get(key)]
    units = {_unit(name) for name in called if not (name == "1" and len(called) > 1)}
    if None in units and len(units) > 1:
        units.discard(None)
    if None in units:
        raise NoWord(words(said))
    if len(units) > 1:
        raise TwoThings(words(said))
    unit = next(iter(units), "") or next((unit for word, unit in FORM_UNITS if word in form.lower()), UNSTRUCTURED_UNIT)
    return number(said["value"]), unit


def _unit(name: str) -> str | None:
    """The unit as UCUM; None for one that is not known."""
    plain = name.strip().lower().removesuffix("(s)").strip("{}. ")
    if name.strip() in ("[iU]", "[IU]"):
        return "[iU]"
    for word in (plain, plain.removesuffix("s"), plain.removesuffix("es")):
        if word in UCUM:
            return UCUM[word]
    return None


def words(said: Any) -> str:
    """A Quantity, Ratio or Range as it was sent, for a person to read."""
    if not isinstance(said, Mapping):
        return str(said)
    if "numerator" in said or "denominator" in said:
        return f"{words(said.get('numerator') or {})} per {words(said.get('denominator') or {})}"
    if "low" in said or "high" in said:
        return f"from {words(said.get('low') or {}) or '?'} to {words(said.get('high') or {}) or '?'}"
    pieces = (said.get("comparator"), said.get("value"), said.get("unit") or said.get("code"))
    return " ".join(str(piece) for piece in pieces if piece not in (None, ""))


def _told(one: Mapping[str, Any]) -> str:
    return words(one.get("doseQuantity") or one.get("doseRange") or {})


def is_a_day(limit: Any, unit: str) -> bool:
    """Whether a maximum is one a day in this unit."""
    above, below = limit["numerator"], limit["denominator"]
    own = quantity(above, "")[1] if _has_unit(above) else unit
    return own == unit and (str(below.get("code") or below.get("unit")), below.get("value")) in (("d", 1), ("h", 24))


def rate(one: Mapping[str, Any]) -> str:
    """How fast it runs, in words; blank where nothing is said of it."""
    said = next((one[key] for key in ("rateQuantity", "rateRatio", "rateRange") if key in one), None)
    return f"at a rate of {words(said)}" if said else ""


def most_per_day(said: Iterable[Any], *, unit: str, strength: str, form: str) -> Decimal | None:
    """The smallest maximum a day in the unit of the dose; None where none can be told in it."""
    found = [_per_day(one, unit, strength, form) for one in said]
    return min((one for one in found if one is not None), default=None)


def _has_unit(said: Any) -> bool:
    """Whether a Quantity says what it counts; a maximum that does not counts what the dose counts."""
    return bool(said.get("unit") or said.get("code") not in (None, "", "1"))


def _per_day(said: Any, unit: str, strength: str, form: str) -> Decimal | None:
    """One maximum: of eight hours it is three times as much a day, of a week it says nothing of a single day."""
    try:
        amount, own = quantity(said["numerator"], form)
        own = own if _has_unit(said["numerator"]) else unit
        below = said["denominator"]
        hours = number(below["value"]) * HOURS_IN[str(below.get("code") or below.get("unit"))]
    except (NoWord, KeyError, TypeError):
        return None
    if hours <= 0 or 24 % hours:
        return None
    most = Fraction(amount) * Fraction(24) / Fraction(hours)
    if own != unit:
        product = strengths.read(strength)
        one, other = product.mg_in(own), product.mg_in(unit)
        if not one or not other:
            return None
        most = most * one / other
    return as_decimal(most).quantize(Decimal(1).scaleb(-DECIMALS), ROUND_FLOOR)
