"""How much at each time of the day, as "1-0-2": in the morning, at noon and at night; four say the evening as well."""

import re
from decimal import Decimal

from interactions.lines import words
from interactions.lines.line import NotUnderstood
from interactions.lines.numbers import FIGURE, quantity

TIMES = {3: ("morning", "noon", "bedtime"), 4: ("morning", "noon", "evening", "bedtime")}
IN_WORDS = {3: "morning, noon and bedtime", 4: "morning, noon, evening and bedtime"}
EACH = rf"(?:(?:\d+ )?[1-7]/[2-8]|{FIGURE})"
PATTERN = rf"(?P<slots>{EACH}(?: ?- ?{EACH}){{2,3}}|\d(?: and \d){{2,3}})(?!-)(?: ?(?P<unit>{words.UNIT}))?"
DATE = r"\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d"
LARGEST_COUNT = 10
FEW = 4
"""Up to so many milligrams may as well be tablets."""


def slots(found: re.Match[str]) -> tuple[tuple[tuple[str, Decimal], ...], str]:
    """Times of the day with the amount of each, and the unit, blank where none is written."""
    numbers = several(found["slots"])
    amounts = [quantity(number) for number in numbers]
    unit = words.code_of(words.UNITS, found["unit"] or "")
    if not any(amounts):
        raise NotUnderstood(f"“{found[0]}” is no dose at any time of the day.")
    if len(numbers) == 3 and "/" in numbers[1] and numbers[0].isdecimal() and 1 <= amounts[0] < amounts[2] - amounts[1]:
        raise NotUnderstood(f"“{found[0]}” can be a range or three times of the day; write each with its time.")
    if unit in words.MASS and max(amounts) <= FEW:
        raise NotUnderstood(f"“{found[0]}” can count tablets or {found['unit']}; write each with its time and unit.")
    if unit not in words.MASS and max(amounts) > LARGEST_COUNT:
        raise NotUnderstood(f"“{found[0]}” counts more pieces than anybody takes; write each with its time and unit.")
    return tuple((time, amount) for time, amount in zip(TIMES[len(amounts)], amounts, strict=True) if amount), unit


def several(text: str) -> list[str]:
    """The amounts as they are written."""
    return re.split(r" ?- ?| and ", text)


def in_words(text: str) -> str:
    """The times that the amounts of such a phrase stand for."""
    found = re.match(PATTERN, text)
    return IN_WORDS[len(several(found["slots"]))] if found else ""


def no_date(found: re.Match[str]) -> None:
    """An order has no days of its own, and nobody knows which of the figures is the month."""
    raise NotUnderstood(f"“{found[0]}” is a date; an order begins on the day that is chosen beside it.")
