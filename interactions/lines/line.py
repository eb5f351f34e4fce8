"""What an order line says, as plain values: the contract between whoever reads one and whoever needs it.

`reading.read(text, about="")` gives a Line or raises NotUnderstood; it raises nothing else, whatever the text.
Nothing is guessed: what a line leaves open stays empty here, and what has no place here is refused by its word.
Units are UCUM codes; routes, timings and weekdays are the codes of `medmgmt.record.vocabulary`.
"""

from dataclasses import dataclass
from decimal import Decimal

PER_DAY = "per_day"
"""The timing of "900 mg a day": a total, of which the line does not say in how many doses it is taken."""


class NotUnderstood(ValueError):
    """A line that cannot be read; the message says so in a sentence and names the word."""


@dataclass(frozen=True, slots=True)
class Part:
    """An amount at its times: "600 mg at bedtime"; `most` is the larger end of a range.

    `unit` is empty where only a number was written. `timing` is empty where none was said ("2 tablets as needed").
    `weekdays` are "mon" to "sun", `at` are clock times as "08:00", each in order.
    """

    amount: Decimal
    unit: str = ""
    timing: str = ""
    most: Decimal | None = None
    every_days: int | None = None
    weekdays: tuple[str, ...] = ()
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """How a medicine is taken, as one line said it.

    `drug` is what stood before the dose, as it was typed: blank where the line began with the dose. `rest` is the line
    without it.
    `strength` and `form` are of the product ("300 mg", "ER tablet", "2 mg/mL"). `route` is empty where none was said.
    `max_unit` is empty for a bare number ("max 8/day") and "{dose}" for "max 3 times a day". `reason` is what follows
    "for": of a medicine taken as needed when, of any other what for. `food` is with_food, without_food or empty.
    `by_count` says that bare numbers count pieces of the product ("1-0-2"), `or_fewer` that a range of times a day was
    written, of which the larger counts ("1-2 times daily").
    `expanded` are abbreviations that are easily misread, each with what it was taken for.
    """

    parts: tuple[Part, ...]
    drug: str = ""
    rest: str = ""
    strength: str = ""
    form: str = ""
    route: str = ""
    as_needed: bool = False
    max_per_day: Decimal | None = None
    max_unit: str = ""
    min_interval_hours: Decimal | None = None
    reason: str = ""
    hours_worn: int | None = None
    by_count: bool = False
    or_fewer: bool = False
    food: str = ""
    expanded: tuple[tuple[str, str], ...] = ()
