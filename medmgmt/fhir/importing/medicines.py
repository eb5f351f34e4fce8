"""Orders with their product found and their dosage read: what one request says, before anything is put together.

Pure but for the catalogue, which is passed in.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, tzinfo

from medmgmt.fhir.importing import sigs, tables
from medmgmt.fhir.importing.orders import RequestReading
from medmgmt.fhir.importing.products import Ingredient, Product
from medmgmt.fhir.importing.resources import NDC, RXNORM, Concept

FORMS = frozenset({
    "patch", "patches", "tablet", "tablets", "tab", "tabs", "capsule", "capsules", "cap", "caps", "injection", "cream",
    "gel", "ointment", "lotion", "inhaler", "spray", "drops", "syrup", "solution", "suspension", "odt", "er", "xr",
    "sr", "cr", "dr", "xl", "ec", "im", "po", "oral", "nasal", "transdermal", "topical",
})  # fmt: skip
"""Words at the end of a name that say how it is made and not what it is."""
DIGITS = re.compile(r"[\d.]+")


@dataclass(frozen=True, slots=True)
class Known:
    """A drug as the active knowledge knows it."""

    name: str
    rxcui: int | None


Resolve = Callable[[str, int | None], Known | None]
"""Asks the active knowledge for a drug by name and RxNorm ingredient."""


@dataclass(frozen=True, slots=True)
class Drug:
    """One ingredient: the name it goes by, its RxNorm code, its strength, and whether the knowledge knows it."""

    name: str
    rxcui: int | None
    strength: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What an order is of; `doubts` are sentences for the chart where its code and its name differ."""

    called: str
    product_rxcui: int | None
    product: Product
    drugs: tuple[Drug, ...]
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What makes two orders the same medicine."""
        return str(self.product_rxcui or self.called.lower())


@dataclass(frozen=True, slots=True)
class Medicine:
    """A request with its product taken apart and its sigs read; `on` is the day on which it was ordered or begun."""

    request: RequestReading
    found: Found
    lines: tuple[sigs.Line, ...]
    on: date
    is_dated: bool = True

    def ref(self, number: int) -> str:
        """The name of one of its lines."""
        return self.request.ref + (f"/{number + 1}" if number else "")

    @property
    def words(self) -> str:
        """The order as it was sent, for a person to read."""
        lines = [phase.sig.words or phase.sig.text() for line in self.lines for phase in line.phases]
        return "; ".join(dict.fromkeys([self.found.called, *lines]))


@dataclass(frozen=True)
class Asked:
    """Whom to ask: the knowledge for a drug, and the reader of order lines for what its words say of a product."""

    resolve: Resolve
    understand: Callable[[str, str, str, str], sigs.Sig | None] = lambda text, name, strength, form: None


def read(request: RequestReading, on: date, zone: tzinfo, asked: Asked, *, is_dated: bool = True) -> Medicine:
    """The request of a day, read."""
    found = find(request.product, asked.resolve)
    one = found.drugs[0] if len(found.drugs) == 1 else None
    ordered = sigs.Ordered(
        form=found.product.form,
        route=found.product.route,
        strength=one.strength if one else "",
        is_combination=one is None,
        understand=lambda text: asked.understand(text, one.name, one.strength, found.product.form) if one else None,
    )
    begins = request.begins.first if request.begins else on
    lines = sigs.read(request.dosage, ordered, on=begins, zone=zone)
    if request.ends is not None:
        lines = tuple(_ended(line, max(request.ends.after, begins)) for line in lines)
    return Medicine(request, found, lines, begins, is_dated)


def _ended(line: sigs.Line, on: date) -> sigs.Line:
    """The line, over at the latest on a day."""
    phases = [phase for phase in line.phases if phase.on < on] or [line.phases[0]]
    last = phases[-1]
    phases[-1] = replace(last, until=on if last.until is None else min(last.until, on))
    return replace(line, phases=tuple(phases))


def rxcui_of(code: str) -> int | None:
    """The RxNorm code as a number; None for anything that is none."""
    return int(code) if code.isascii() and code.isdecimal() and len(code) < 10 and int(code) else None


def find(concept: Concept, resolve: Resolve) -> Found:
    """The product by its name and its code; where the two are of different drugs the name counts, and it is told."""
    code, name = tables.name_of(rxcui_of(concept.code(RXNORM)), concept.code(NDC))
    by_code = resolve("", code) if code is not None and not tables.is_product(code) else None
    kept = None if by_code is not None and by_code.rxcui == code else code
    if not concept.text and by_code is not None:
        drug = Drug(by_code.name, by_code.rxcui, "", is_known=True)
        return Found(by_code.name, kept, Product((Ingredient(by_code.name),)), (drug,))
    called = concept.text or name or concept.called
    product, parts = tables.product(code, called)
    drugs = tuple(_drug(part, resolve) for part in parts or (tables.substance(called),))
    if not any(drug.is_known for drug in drugs):
        strength = drugs[0].strength if len(drugs) == 1 else ""
        drugs = tuple(replace(one, strength=strength) for one in _by_its_first_words(called, resolve)) or drugs
    drugs = tuple(
        replace(drug, name=called) if not drug.is_known and drug.name == called.lower() else drug for drug in drugs
    )
    told = Found(called, kept, product, drugs, _other_names(concept, drugs, resolve))
    if not name and (by_code is None or len(drugs) > 1):
        return told
    coded = tables.product(code, name)
    meant = (
        (Drug(by_code.name, by_code.rxcui, "", is_known=True),)
        if by_code is not None
        else tuple(_drug(part, resolve) for part in coded[1])
    )
    return _compared(told, meant, coded[0], name)


def _by_its_first_words(called: str, resolve: Resolve) -> tuple[Drug, ...]:
    """The drug that the words before the first number name, without the word for its form; with no strength.

    As in "Suboxone 8-2 mg SL film" and "fentanyl patch 25 mcg/hr".
    """
    words = re.split(r"\s+\d", called, maxsplit=1)[0].lower().split()
    while len(words) > 1 and words[-1] in FORMS:
        words.pop()
    name = " ".join(words)
    known = resolve(name, None) if name and name != called.strip().lower() else None
    return (Drug(known.name, known.rxcui, "", is_known=True),) if known else ()


def _other_names(concept: Concept, drugs: tuple[Drug, ...], resolve: Resolve) -> tuple[str, ...]:
    """A sentence for every other name that came with it and is one of another drug."""
    meant = {drug.rxcui or drug.name for drug in drugs if drug.is_known}
    found = []
    for name in concept.also:
        others = [_drug(part, resolve) for part in tables.product(None, name)[1]]
        known = {drug.rxcui or drug.name for drug in others if drug.is_known}
        if meant and known and meant.isdisjoint(known):
            found.append(f"It is also called “{name}”, which is another drug; the first name counts.")
    return tuple(found)


def _compared(found: Found, by_code: tuple[Drug, ...], coded: Product, name: str) -> Found:
    """What the name says, with what only the code says: strength, form, route, and the drug of a name nobody knows."""
    named = {drug.rxcui or drug.name for drug in found.drugs if drug.is_known}
    meant = {drug.rxcui or drug.name for drug in by_code if drug.is_known}
    if not named and meant:
        return Found(found.called, found.product_rxcui, coded, by_code)
    first_words = [{drug.name.lower().split()[0] for drug in drugs if drug.name} for drugs in (found.drugs, by_code)]
    if named and meant and named.isdisjoint(meant) and first_words[0].isdisjoint(first_words[1]):
        other = name or by_code[0].name
        doubt = f"The code that came with it is of {other}; the name counts."
        return Found(found.called, None, found.product, found.drugs, (*found.doubts, doubt))
    if len(found.drugs) != len(by_code):
        return found
    doubts = list(found.doubts)
    drugs = []
    for drug, code in zip(found.drugs, by_code, strict=True):
        if drug.strength and code.strength and _digits(drug.strength) != _digits(code.strength):
            doubts.append(f"The name says {drug.strength}, its code {code.strength}; no strength was taken over.")
            drugs.append(replace(drug, strength=""))
        else:
            drugs.append(replace(drug, strength=drug.strength or code.strength))
    shape = replace(found.product, form=found.product.form or coded.form, route=found.product.route or coded.route)
    return replace(found, product=shape, drugs=tuple(drugs), doubts=tuple(doubts))


def _digits(strength: str) -> list[str]:
    """The numbers in a strength, so that 50 mg, 50.0 MG and 50 mg/1 are not told apart by how they are written."""
    return [number.rstrip("0").rstrip(".") if "." in number else number for number in DIGITS.findall(strength)][:1]


def _drug(part: tables.Part, resolve: Resolve) -> Drug:
    known = first_known(part, part.rxcui, resolve)
    plain = part.ingredient.names[-1]
    if known is None:
        return Drug(plain, part.rxcui, part.ingredient.strength, is_known=False)
    return Drug(known.name, known.rxcui, part.ingredient.strength, is_known=True)


def first_known(part: tables.Part, rxcui: int | None, resolve: Resolve) -> Known | None:
    """The first of its names that the active knowledge knows, with the code; None if it knows none.

    A drug that is known by its code alone, or without its salt as the same, goes by its plain name; a brand goes by
    what is in it.
    """
    plain = part.ingredient.names[-1]
    for name in part.names:
        known = resolve(name, None)
        if known is not None:
            called = plain if resolve(plain, None) == known else name
            return Known(called if known.name.lower() in called.lower() else known.name, rxcui or known.rxcui)
    return Known(plain, rxcui) if rxcui is not None and resolve("", rxcui) is not None else None
