"""An order line as somebody types it, understood: the sig, its milligrams, its tablets; or the sentence that asks.

The words are read by `interactions.lines`; here they meet the product: its unit, its strength, its usual route.
"""

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from interactions import library
from interactions.library import FoundDrug
from interactions.lines import reading
from interactions.lines.line import PER_DAY, Line, NotUnderstood, Part
from medmgmt.record import dosing, sigs, strengths

ROUTE_OF_UNIT = {
    "{tablet}": "PO", "{capsule}": "PO", "{patch}": "TD", "{puff}": "INH", "{suppository}": "PR",
    "{application}": "TOP", "mg": "PO", "ug": "PO", "g": "PO", "mL": "PO", "meq": "PO", "mmol": "PO",
    "{lozenge}": "PO", "{piece}": "PO",
}  # fmt: skip
"""How a medicine is given that is counted so, where neither the line nor the product says it."""
ROUTE_OF_FORM = {
    "patch": "TD", "cream": "TOP", "gel": "TOP", "ointment": "TOP", "lotion": "TOP", "shampoo": "TOP", "inhaler": "INH",
    "nasal": "IN", "sublingual": "SL", "suppository": "PR", "implant": "IMPLANT",
}  # fmt: skip
LASTING = re.compile(r"\b(?:lai|decanoate|palmitate|pamoate injection)\b")
BEGINS_A_DOSE = "0123456789.½¼¾"
IN_WORDS = "Write it as in “300 mg every morning and 600 mg at bedtime”."


@dataclass(frozen=True)
class Product:
    """What is ordered, as far as it is chosen."""

    name: str = ""
    strength: str = ""
    form: str = ""

    @property
    def words(self) -> str:
        """Everything that a line may repeat."""
        return f"{self.name} {self.strength} {self.form}".strip()


@dataclass(frozen=True)
class OrderLine:
    """What was understood; `product` has what the line told of strength and form."""

    sig: dosing.Sig
    product: Product
    doses: strengths.InMilligrams
    pieces: str = ""
    """Each dose counted in tablets or the like, where the strength says it: "1 tablet and 2 tablets"."""
    indication: str = ""
    expanded: tuple[tuple[str, str], ...] = ()
    is_total: bool = False
    """Only what is taken a day was written, and it was understood as one dose."""
    drug: FoundDrug | None = None
    """Where the line itself named it."""

    def told(self) -> str:
        """As in "Lithium 300 mg by mouth every morning and 600 mg at bedtime: 900 mg a day; 1 tablet and 2 tablets"."""
        name = self.product.name[:1].upper() + self.product.name[1:]
        words = f"{name} {self.sig.text()}".strip()
        return f"{words}: {amount}" if (amount := comes_to(self.sig, self.product)) else words


def understood(text: str, product: Product) -> OrderLine:
    """How this product is taken by this line; ImpossibleSig in a sentence where that cannot be said."""
    try:
        line = reading.read(text, product.words)
    except NotUnderstood as wrong:
        raise dosing.ImpossibleSig(str(wrong)) from wrong
    product = with_said(product, line)
    line = with_units(line, product)
    sig = dosing.Sig(
        route=usual_route(line, product),
        parts=tuple(part_of(part, as_needed=line.as_needed) for part in line.parts),
        as_needed=line.as_needed,
        max_per_day=most_per_day(line, product),
        min_interval_hours=line.min_interval_hours,
        reason=line.reason if line.as_needed else "",
        hours_worn=line.hours_worn,
        words=" ".join(text.split()) if line.food or line.or_fewer else "",
    )
    if not sig.is_complete:
        raise dosing.ImpossibleSig(f"Say by which route and when it is taken. {IN_WORDS}")
    doses = strengths.in_milligrams(sig, product.strength)
    indication = "" if line.as_needed else line.reason
    totals = [part for part in line.parts if part.timing == PER_DAY and part.unit not in strengths.COUNTED]
    a_day = [(f"{dosing.plain(part.amount)} {dosing.UNITS[part.unit].many} a day", "once daily") for part in totals]
    expanded = (*line.expanded, *a_day)
    return OrderLine(sig, product, doses, pieces(sig, product), indication, expanded, bool(totals))


def whole(text: str) -> OrderLine:
    """An order line that names its drug, if only by its first letters; several that it may be are named."""
    try:
        line = reading.read(text)
    except NotUnderstood as wrong:
        raise dosing.ImpossibleSig(str(wrong)) from wrong
    if not line.drug:
        raise dosing.ImpossibleSig(f"“{text.strip()}” does not name a drug.")
    drug = one_drug(line.drug)
    return replace(understood(line.rest, Product(drug.name)), drug=drug)


def typed(text: str) -> tuple[str, str]:
    """The drug that is typed and the rest, which may be no line yet: "sertr", "sertr 100", "sertr 100 qam"."""
    try:
        line = reading.read(text)
        return (line.drug, line.rest) if line.drug else (text.strip(), "")
    except NotUnderstood:
        words = text.split()
    begins = next((place for place, word in enumerate(words) if place and word[0] in BEGINS_A_DOSE), len(words))
    return " ".join(words[:begins]), " ".join(words[begins:])


def one_drug(name: str) -> FoundDrug:
    """The one drug of this name or beginning; none or several are an error that names what it may be."""
    meant = library.meant(name)
    if len(meant) == 1:
        return meant[0]
    alike = [drug.name for drug in meant or library.search(name, limit=3)]
    if meant:
        raise dosing.ImpossibleSig(f"“{name}” can be {' or '.join(alike[:6])}; write more of the name.")
    offer = f" Did you mean {' or '.join(alike)}?" if alike else ""
    raise dosing.ImpossibleSig(f"“{name}” is no drug that the knowledge in use knows.{offer}")


def product_of(text: str) -> Product:
    """A product by the words on its label: "lithium carbonate ER 300 mg tablet"."""
    try:
        return Product(*reading.label(text))
    except NotUnderstood as wrong:
        raise dosing.ImpossibleSig(str(wrong)) from wrong


def new_sig(text: str, name: str, strength: str, form: str) -> dosing.Sig:
    """How a medicine is taken that is prescribed already: its strength and purpose stay what they are."""
    line = understood(text, Product(name, strength, form))
    if line.indication:
        raise dosing.ImpossibleSig(f"“for {line.indication}”: what a medicine is for was said when it was ordered.")
    return line.sig if line.product.strength == strength else by_mass(line)


def by_mass(line: OrderLine) -> dosing.Sig:
    """The sig in milligrams, where the strength stands only in the line and has no other place."""
    each = strengths.read(line.product.strength).mg_in(line.sig.unit)
    if each is None:
        raise dosing.ImpossibleSig("No strength is on record for this medicine; write the dose in milligrams.")

    def mg(number: Decimal) -> Decimal:
        return sigs.as_decimal(Fraction(number) * each)

    parts = tuple(
        replace(part, amount=mg(part.amount), most=part.most and mg(part.most), unit="mg") for part in line.sig.parts
    )
    return replace(line.sig, parts=parts, max_per_day=line.sig.max_per_day and mg(line.sig.max_per_day))


def with_said(product: Product, line: Line) -> Product:
    """The product with the strength and form of the line; a strength that contradicts it is refused."""
    if line.strength and product.strength and alike(line.strength) != alike(product.strength):
        raise dosing.ImpossibleSig(f"The line says {line.strength}, and the product ordered is {product.strength}.")
    return replace(product, strength=product.strength or line.strength, form=product.form or line.form)


def alike(strength: str) -> str:
    """A strength as it is compared."""
    return "".join(strength.casefold().split())


def with_units(line: Line, product: Product) -> Line:
    """Bare numbers are milligrams where the drug's daily maximum and the product allow it; else the unit is asked."""
    bare = [part for part in line.parts if not part.unit]
    if not bare:
        return line
    if line.by_count:
        unit = strengths.piece_of(product.strength, product.form)
        if unit not in strengths.COUNTED:
            raise dosing.ImpossibleSig("Write what is counted, as in “1-0-2 tablets”, or each dose with its time.")
        return replace(line, parts=tuple(replace(part, unit=part.unit or unit) for part in line.parts))
    drug = library.resolve(name=product.name)
    most = library.most_mg_a_day(drug.key) if drug else None
    piece = strengths.read(product.strength).of_piece
    for part in bare:
        number = dosing.plain(part.most or part.amount)
        is_mass = most is not None and (part.most or part.amount) <= most
        if not is_mass or (piece is not None and part.amount * 4 < piece):
            raise dosing.ImpossibleSig(f"“{number}”: write the unit, as in “{number} mg” or “{number} tablets”.")
    return replace(line, parts=tuple(replace(part, unit=part.unit or "mg") for part in line.parts))


def part_of(part: Part, *, as_needed: bool) -> dosing.Part:
    """The part with a timing that can be followed."""
    number = f"{dosing.plain(part.amount)} {dosing.UNITS[part.unit].many}"
    if part.timing == PER_DAY and is_once(part) and not as_needed:
        part = replace(part, timing="daily")
    if part.timing == PER_DAY:
        raise dosing.ImpossibleSig(f"“{number} a day” does not say in how many doses; write each, or “once daily”.")
    if not part.timing and not as_needed:
        raise dosing.ImpossibleSig(f"“{number}” does not say when it is taken. {IN_WORDS}")
    return dosing.Part(part.amount, part.unit, part.timing or "PRN", part.most, part.every_days, part.weekdays, part.at)


def is_once(part: Part) -> bool:
    """Whether a total a day is one dose: "300 mg/day", one tablet a day; two tablets may be one twice."""
    return part.unit not in strengths.COUNTED or (part.amount <= 1 and part.most is None)


def usual_route(line: Line, product: Product) -> str:
    """The route of the line, else how a product of this form or unit is given; asked where there are several ways."""
    if line.route and (line.route, line.parts[0].unit) != ("TOP", "{patch}"):
        return line.route
    said = f"{product.name} {product.form} {line.form}".casefold()
    for form, route in ROUTE_OF_FORM.items():
        if form in said.split():
            return route
    drug = library.resolve(name=product.name)
    if LASTING.search(said) or (drug and library.is_long_acting(drug.key)):
        return "IM"
    unit = line.parts[0].unit
    if unit not in ROUTE_OF_UNIT:
        raise dosing.ImpossibleSig("Say how it is given, as in “by mouth”, “under the tongue” or “under the skin”.")
    return ROUTE_OF_UNIT[unit]


def most_per_day(line: Line, product: Product) -> Decimal | None:
    """The most in a day, in the unit of the doses."""
    most, unit = line.max_per_day, line.parts[0].unit
    if most is None or line.max_unit in ("", unit):
        return most
    if line.max_unit == "{dose}":
        return most * max(part.most or part.amount for part in line.parts)
    known = strengths.read(product.strength)
    said, own = known.mg_in(line.max_unit), known.mg_in(unit)
    if not said or not own:
        raise dosing.ImpossibleSig(f"Write the most in a day in {dosing.UNITS[unit].many}, like the dose.")
    return sigs.as_decimal(Fraction(most) * said / own)


def comes_to(sig: dosing.Sig, product: Product) -> str:
    """As in "900 mg a day; 1 tablet and 2 tablets": what can be said of the two."""
    return "; ".join(filter(None, (a_day(sig, product), pieces(sig, product))))


def a_day(sig: dosing.Sig, product: Product) -> str:
    """Milligrams a day, on average where it is not taken every day; blank where they cannot be said, or the order says
    how many at most."""
    if sig.as_needed and sig.max_per_day is not None and sig.unit in strengths.MG_IN:
        return ""
    per_day = strengths.in_milligrams(sig, product.strength).per_day
    if per_day is None:
        return ""
    mg = f"{dosing.plain(round(per_day, 2))}{dosing.NBSP}mg a day"
    return f"at most {mg}" if sig.as_needed else f"{mg} on average" if sig.days > 1 else mg


def pieces(sig: dosing.Sig, product: Product) -> str:
    """Each dose in pieces of the product, where it is ordered by mass and they come out in quarters at least."""
    each, own = strengths.read(product.strength).of_piece, strengths.MG_IN.get(sig.unit)
    unit = strengths.piece_of("", product.form)
    if not each or not own or unit not in strengths.COUNTED:
        return ""
    counts = [Fraction(number) * own / each for part in sig.parts for number in (part.amount, part.larger)]
    counted = [strengths.times(part, own / each, unit) for part in sig.parts]
    if any(count.denominator not in (1, 2, 4) for count in counts):
        return ""
    return sigs.listed(part.quantity() for part in counted if part)


def food_of(sig: dosing.Sig) -> str:
    """with_food or without_food where the line says it that was written; else blank."""
    try:
        return reading.read(sig.words, sig.words).food
    except NotUnderstood:
        return ""
