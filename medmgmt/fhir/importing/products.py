"""What an RxNorm product name says: ingredients with strengths, dose form, route, brand.

Pure. RxNorm builds its names to a pattern ("24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet [Brand]",
"A 5 MG / B 10 MG Oral Tablet", "{28 (A 5 MG Oral Tablet) } Pack [Brand]"; RxNorm Technical Documentation, section 5).
Nothing is guessed: a name that does not fit comes back as it is, to be reported as unmapped.
"""

import re
from dataclasses import dataclass, replace

SALTS = frozenset({
    "acetate", "anhydrous", "benzoate", "besylate", "bitartrate", "bromide", "calcium", "carbonate", "chloride",
    "citrate", "decanoate", "dihydrate", "dihydrochloride", "disodium", "fumarate", "hbr", "hcl", "hemihydrate",
    "hydrate", "hydrobromide", "hydrochloride", "hydrocholoride", "magnesium", "maleate", "mesylate", "monohydrate",
    "nitrate", "oxalate", "palmitate", "pamoate", "phosphate", "potassium", "propionate", "sodium", "succinate",
    "sulfate", "tartrate", "tosylate", "trihydrate", "valerate",
})  # fmt: skip
"""Words at the end of a name that say in which salt, ester or water it comes; one as Synthea misspells it."""
INORGANIC = frozenset({
    "aluminum", "ammonium", "barium", "calcium", "ferric", "ferrous", "lithium", "magnesium", "potassium", "sodium",
    "zinc",
})  # fmt: skip
"""What is left of a name without its salt word may be the active part, or (these) nothing anybody would look for."""

PREFIX = re.compile(
    r"^(?:(?:NDA\d+|ANDA\d+|abuse-deterrent)\s+|[\d.]+\s*(?:HR|ML|ACTUAT|MG|UNT)\s+(?!/))+", re.IGNORECASE
)
BRAND = re.compile(r"\s*\[([^\]]+)\]\s*$")
PACK = re.compile(r"^\{(?P<inside>.*)\}\s*Pack\b", re.IGNORECASE)
PACKED = re.compile(r"\d+\s*\((?P<product>[^()]*(?:\([^()]*\)[^()]*)*)\)")
STRENGTH = re.compile(
    r"^(?P<name>.*?[^\d\s.].*?)\s+(?P<amount>\d[\d.,]*)\s*"
    r"(?P<unit>(?:MG|MCG|G|ML|UNT|UNITS?|MEQ|MMOL|%)(?:/(?:[\d.]+\s*)?(?:ML|HR|H|HOUR|DAY|ACTUAT|MG|G|L))?)(?=\s|$)"
    r"\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
SEVERAL = re.compile(
    r"^(?P<names>[a-z][a-z' ]*(?:[-/][a-z][a-z' ]*)+)\s+(?P<amounts>[\d.]+(?:[-/][\d.]+)*)\s*"
    r"(?P<unit>MG|MCG)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
"""As people write a combination: "acetaminophen-codeine 300-30 mg tablet"."""
IN_BRACKETS = re.compile(r"\s*\([A-Za-z][A-Za-z' -]*\)")
SNOMED_WORDS = (
    (re.compile(r"^product containing (?:precisely |only )?", re.IGNORECASE), ""), (re.compile(r"/1 each\b"), ""),
    (re.compile(r"\bmilligrams?\b", re.IGNORECASE), "MG"), (re.compile(r"\bmicrograms?\b", re.IGNORECASE), "MCG"),
)  # fmt: skip
"""How SNOMED CT names the same: "Product containing precisely sertraline 50 milligram/1 each oral tablet"."""
UNIT_WORDS = {
    "unit": "units", "units": "units", "unt": "units", "mg": "mg", "mcg": "mcg", "g": "g", "ml": "mL", "l": "L",
    "meq": "mEq", "mmol": "mmol", "%": "%", "hr": "h", "h": "h", "hour": "h", "day": "day", "actuat": "actuation",
}  # fmt: skip

FORMS = (
    "extended release oral tablet", "delayed release oral tablet", "disintegrating oral tablet", "chewable tablet",
    "extended release oral capsule", "delayed release oral capsule", "sublingual tablet", "sublingual film",
    "oral tablet", "oral capsule", "oral solution", "oral suspension", "oral film", "injectable solution",
    "injectable suspension", "prefilled syringe", "auto-injector", "cartridge", "injection", "transdermal system",
    "transdermal patch", "topical cream", "topical gel", "topical ointment", "topical solution",
    "metered dose inhaler", "dry powder inhaler", "inhalation solution", "inhalant solution", "inhalation powder",
    "mucosal spray", "nasal spray", "nasal inhaler", "ophthalmic solution", "otic solution", "rectal suppository",
    "vaginal ring", "vaginal system", "vaginal cream", "drug implant", "intrauterine system", "chewing gum",
    "oral lozenge", "tablet", "capsule",
)  # fmt: skip
"""Dose forms of RxNorm that are met without a strength before them; the longer names first."""

ROUTE_WORDS = (
    ("sublingual", "SL"), ("buccal", "BUCC"), ("oral", "PO"), ("chewable tablet", "PO"), ("chewing gum", "BUCC"),
    ("transdermal", "TD"), ("topical", "TOP"), ("inhal", "INH"), ("nasal", "IN"), ("ophthalmic", "OPH"),
    ("otic", "OTIC"), ("rectal", "PR"), ("vaginal", "PV"), ("implant", "IMPLANT"), ("suppositor", "PR"),
    ("patch", "TD"), ("cream", "TOP"), ("ointment", "TOP"), ("tab", "PO"), ("cap", "PO"), ("syrup", "PO"),
)  # fmt: skip
"""What a dose form says of the route, the more telling words first. An injection says nothing: vein, muscle or skin is
for the prescriber to say."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One active part of a product, its name in lower case as the product spells it."""

    name: str
    strength: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The name, and the name without its salt, in the order in which a catalogue should be asked."""
        base = without_salt(self.name)
        return (self.name,) if base == self.name else (self.name, base)


@dataclass(frozen=True, slots=True)
class Product:
    """What a product is made of; no ingredients where the name says nothing."""

    ingredients: tuple[Ingredient, ...]
    form: str = ""
    brand: str = ""
    route: str = ""


def parse(display: str) -> Product:
    """The product that an RxNorm name describes; an empty name has no ingredients."""
    text = " ".join(display.split())
    for pattern, word in SNOMED_WORDS:
        text = pattern.sub(word, text)
    brand = BRAND.search(text)
    if brand:
        text = text[: brand.start()].strip()
    pack = PACK.match(text)
    product = _pack(pack["inside"]) if pack else _single(PREFIX.sub("", IN_BRACKETS.sub("", text) or text))
    return replace(product, brand=brand[1] if brand else "", route=route_of(product.form))


def without_salt(name: str) -> str:
    """The name without the salt and water words at its end, unless an inorganic word would be all that is left."""
    words = name.split()
    while len(words) > 1 and words[-1].strip(",") in SALTS and words[0] not in INORGANIC:
        words.pop()
    return " ".join(words).rstrip(",")


def route_of(form: str) -> str:
    """The route a dose form implies, as a code of dosing.ROUTES; blank where it implies none."""
    lowered = form.lower()
    return next((route for word, route in ROUTE_WORDS if word in lowered), "")


def _pack(inside: str) -> Product:
    """Everything in the pack, each ingredient once and without a strength where the tablets differ in it."""
    strengths: dict[str, set[str]] = {}
    form = ""
    for match in PACKED.finditer(inside):
        product = _single(PREFIX.sub("", match["product"]))
        form = form or product.form
        for part in product.ingredients:
            if not part.name.startswith("inert"):
                strengths.setdefault(part.name, set()).add(part.strength)
    parts = [Ingredient(name, found.pop() if len(found) == 1 else "") for name, found in strengths.items()]
    return Product(ingredients=tuple(parts), form=form)


def _single(text: str) -> Product:
    several = SEVERAL.match(text)
    if several:
        return _several(several)
    pieces = text.split(" / ")
    if len(pieces) == 1 and re.fullmatch(r"[A-Za-z ]+(?:/[A-Za-z ]+)+", text):
        pieces = text.split("/")
    parts: list[Ingredient] = []
    form = ""
    for piece in pieces:
        part, form = _part(piece.strip())
        if part.name:
            parts.append(part)
    return Product(ingredients=tuple(parts), form=form)


def _several(said: "re.Match[str]") -> Product:
    """A combination with the strengths of its parts in their order; of fewer strengths than parts none is anybody's."""
    names, amounts = re.split("[-/]", said["names"]), re.split("[-/]", said["amounts"])
    amounts = amounts if len(amounts) == len(names) else []
    words = names[-1].split()
    while len(words) > 1 and words[-1].lower() in RELEASES:
        words.pop()
    names[-1] = " ".join(words)
    strengths = [_strength(amount, said["unit"]) for amount in amounts] or [""] * len(names)
    parts = [Ingredient(name.strip().lower(), strength) for name, strength in zip(names, strengths, strict=True)]
    return Product(ingredients=tuple(parts), form=said["rest"].strip())


RELEASES = frozenset({"er", "xr", "sr", "cr", "dr", "la", "xl", "ir", "ec", "odt", "hcl"})


def _part(text: str) -> tuple[Ingredient, str]:
    """One ingredient, and what is written after its strength: the dose form if it is the last."""
    match = STRENGTH.match(text)
    if match:
        return Ingredient(match["name"].lower(), _strength(match["amount"], match["unit"])), match["rest"].strip()
    lowered = text.lower()
    form = next((form for form in FORMS if lowered.endswith(" " + form)), "")
    return Ingredient(lowered.removesuffix(form).strip()), form.title()


def _strength(amount: str, unit: str) -> str:
    units = "/".join(_unit(word) for word in unit.split("/"))
    return f"{amount}{'' if units == '%' else ' '}{units}"


def _unit(word: str) -> str:
    """As in "mg", or "5 mL" below a stroke."""
    number, name = re.fullmatch(r"([\d.]*)\s*(\D+)", word).groups()  # type: ignore[union-attr]  # STRENGTH found it
    return f"{number} {UNIT_WORDS[name.lower()]}".strip()
