"""A sig as people write it, turned into the API's: amount, unit, timing. Whatever is more than that is not understood.

Until the product reads such lines itself, this reads the words of its own timings, and no others.
"""

import re
from typing import Any

from medmgmt.record.vocabulary import ORDERED_ROUTES, ORDERED_TIMINGS, UNITS
from tests.stories.telling import CameOutDifferently

NUMBER = r"\d+(?:\.\d+)?"
LINE = re.compile(rf"({NUMBER}) (\S+) (.+)")
AS_NEEDED = re.compile(rf"(.*?),? ?as needed, max ({NUMBER}) (\S+)/day")
EVERY_DAYS = re.compile(r"every (\d+) days")
BY_FORM = {
    "TOP": ("shampoo", "cream", "gel", "ointment", "lotion"),
    "TD": ("patch",),
    "IM": (" lai", "palmitate", "decanoate", "injection"),
}


def read(text: str, about: str) -> dict[str, Any]:
    """The API's sig; `about` is drug and product, whose form says the route where the line does not."""
    said, most = " ".join(text.split()), None
    if as_needed := AS_NEEDED.fullmatch(said):
        said, most = as_needed[1], as_needed[2]
    line = LINE.fullmatch(said)
    unit = unit_of(line[2]) if line else ""
    if line is None or not unit:
        raise not_understood(text)
    route, timing = route_of(line[3], about)
    sig = {"amount": line[1], "unit": unit, "route": route, **timing_of(timing, text)}
    return sig if most is None else {**sig, "as_needed": True, "max_per_day": most}


def unit_of(word: str) -> str:
    """The code of a unit; blank for none."""
    return next((code for code, unit in UNITS.items() if word in (code, unit.one, unit.many)), "")


def route_of(rest: str, about: str) -> tuple[str, str]:
    """The route and what is left of the line."""
    for code, route in ORDERED_ROUTES.items():
        if rest.startswith(f"{route.words} "):
            return code, rest.removeprefix(f"{route.words} ")
    words = f" {about.casefold()}"
    return next((code for code, forms in BY_FORM.items() if any(form in words for form in forms)), "PO"), rest


def timing_of(words: str, text: str) -> dict[str, Any]:
    """The code of a timing, by its own words."""
    if every := EVERY_DAYS.fullmatch(words):
        return {"timing": "every_n_days", "every_days": int(every[1])}
    code = next((code for code, timing in ORDERED_TIMINGS.items() if timing.words == words), "")
    if not code:
        raise not_understood(text)
    return {"timing": code}


def not_understood(text: str) -> CameOutDifferently:
    """The failure that every such line ends in."""
    return CameOutDifferently(f"the order line does not understand “{text}”")
