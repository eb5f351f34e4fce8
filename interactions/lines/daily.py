"""What a line comes to in milligrams where it says so itself: by mass, or in pieces of a strength that it names."""

import re
from decimal import Decimal

from interactions.lines.line import PER_DAY, Line, Part
from interactions.lines.rhythms import DOSES, LENGTHS
from interactions.lines.words import MG_IN

STRENGTH = re.compile(r"(\d+(?:\.\d+)?) (mg|mcg|g)(?:/(mL))?")
OF_STRENGTH = {"mg": "mg", "mcg": "ug", "g": "g"}
PIECES = (
    "{tablet}", "{capsule}", "{film}", "{lozenge}", "{suppository}", "{injection}", "{piece}", "{puff}", "{spray}",
)  # fmt: skip
ONCE = ("morning", "noon", "evening", "bedtime")


def mg_per_dose(line: Line) -> Decimal | None:
    """The largest single dose, of a range the larger; None for a total a day of which nobody knows the doses."""
    doses = [mass(part, line) for part in line.parts if part.timing != PER_DAY]
    known = [dose for dose in doses if dose is not None]
    return max(known) if known and len(known) == len(doses) else None


def mg_per_day(line: Line) -> Decimal | None:
    """On average; as needed the most. None where a dose or a rhythm is not known."""
    means = [mean(part, line) for part in line.parts]
    known = [one for one in means if one is not None]
    rhythm = sum(known, Decimal(0)) if len(known) == len(means) else None
    if line.max_per_day is None:
        return rhythm
    most = most_in_a_day(line)
    return most if rhythm is None or most is None else min(most, rhythm)


def days_a_week(line: Line) -> Decimal | None:
    """On how many days of a week it is taken on average; None as needed, and where no rhythm is known."""
    if line.as_needed or any(not part.timing for part in line.parts):
        return None
    named = {day for part in line.parts for day in part.weekdays}
    rest = [days_of(part) for part in line.parts if not part.weekdays]
    return min(Decimal(7), sum(rest, Decimal(len(named))))


def days_of(part: Part) -> Decimal:
    """Days a week of a part that names none."""
    if part.timing == "twice_weekly":
        return Decimal(2)
    return Decimal(7) / (part.every_days or LENGTHS.get(part.timing, 1))


def most_in_a_day(line: Line) -> Decimal | None:
    """The maximum that the line sets."""
    first, most = line.parts[0], line.max_per_day
    if most is None:
        return None
    if line.max_unit == "{dose}":
        each = mg_per_dose(line)
        return None if each is None else most * each
    return mass(Part(most, line.max_unit or first.unit), line)


def mean(part: Part, line: Line) -> Decimal | None:
    """What one part comes to a day."""
    each = mass(part, line)
    days = part.every_days or LENGTHS.get(part.timing) or (1 if part.timing in (*ONCE, *DOSES) else 0)
    if each is None or not days:
        return None
    doses = 2 if part.timing == "twice_weekly" else DOSES.get(part.timing, 1)
    if part.weekdays and days == 1:
        doses, days = doses * len(part.weekdays), 7
    return each * doses / days


def mass(part: Part, line: Line) -> Decimal | None:
    """Milligrams of one dose."""
    larger = part.most or part.amount
    if part.unit in MG_IN:
        return larger * MG_IN[part.unit]
    said = STRENGTH.fullmatch(line.strength)
    if said is None or not part.unit or (part.unit == "mL") != bool(said[3]) or part.unit not in (*PIECES, "mL"):
        return None
    return larger * Decimal(said[1]) * MG_IN[OF_STRENGTH[said[2]]]
