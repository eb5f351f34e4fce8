"""What an order line says, as plain values: the contract between whoever reads one and whoever needs it.

`reading.read(text, about="")` gives a Line or raises NotUnderstood; it raises nothing else, whatever the text.
Nothing is guessed: what a line leaves open stays empty here, and what has no place here is refused by its word.
Units are the UCUM codes, routes and timings the codes of `medmgmt.record.vocabulary`.
"""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

PER_DAY = "per_day"
"""The timing of "900 mg a day": a total, of which the line does not say in how many doses it is taken."""


class NotUnderstood(ValueError):
    """A line that cannot be read; the message says so in a sentence and names the word."""


@dataclass(frozen=True, slots=True)
class Part:
    """An amount at its times: "600 mg at bedtime"; `most` is the larger end of a range.

    `unit` is empty where only a number was written. `timing` is empty where none was said ("2 tablets as needed").
    Monday is 0 in `weekdays`.
    """

    amount: Decimal
    unit: str = ""
    most: Decimal | None = None
    timing: str = ""
    every_days: int | None = None
    weekdays: tuple[int, ...] = ()
    at: tuple[time, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """How a medicine is taken, as one line said it.

    `drug` is what stood before the dose, as it was typed: blank where the line began with the dose.
    `strength` and `form` are of the product ("300 mg", "tablet", "2 mg/mL"), `route` is empty where none was said.
    `max_unit` is empty for a bare number ("max 8/day"). `reason` is what follows "for".
    `with_food`: with_food, without_food or empty. `notes` are words of the line that no column holds ("before meals").
    `expanded` are abbreviations that are easily misread, each with what it was taken for.
    """

    parts: tuple[Part, ...]
    drug: str = ""
    strength: str = ""
    form: str = ""
    route: str = ""
    as_needed: bool = False
    max_per_day: Decimal | None = None
    max_unit: str = ""
    min_interval_hours: int | None = None
    reason: str = ""
    hours_worn: int | None = None
    notes: tuple[str, ...] = ()
    expanded: tuple[str, ...] = ()
