"""What a line comes to in milligrams where it says so itself: by mass, or in pieces of a strength that it names."""

import re
from decimal import Decimal

from interactions.lines.line import PER_DAY, Line, Part

MG_IN = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}
STRENGTH = re.compile(r"(\d+(?:\.\d+)?) (mg|mcg|g)(?:/(mL))?")
OF_STRENGTH = {"mg": "mg", "mcg": "ug", "g": "g"}
DOSES = {"BID": 2, "TID": 3, "QID": 4, "Q12H": 2, "Q8H": 3, "Q6H": 4, "Q4H": 6, "twice_weekly": 2}
DAYS = {"every_other_day": 2, "weekly": 7, "twice_weekly": 7}
EVERY_DAY = ("daily", "morning", "noon", "evening", "bedtime", PER_DAY, *list(DOSES)[:-1])


def mg_per_dose(line: Line) -> Decimal | None:
    """The largest single dose, of a range the larger; None for a total a day of which nobody knows the doses."""
    doses = [mass(part, line) for part in line.parts if part.timing != PER_DAY]
    return max(doses) if doses and None not in doses else None  # type: ignore[type-var]  # none of them is None


def mg_per_day(line: Line) -> Decimal | None:
    """On average; as needed the most. None where a dose or a rhythm is not known."""
    per_day = [mean(part, line) for part in line.parts]
    rhythm = None if None in per_day else sum((one for one in per_day if one), Decimal(0))
    if line.max_per_day is None:
        return rhythm
    most = most_in_a_day(line)
    return most if rhythm is None or most is None else min(most, rhythm)


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
    days = part.every_days or DAYS.get(part.timing) or (1 if part.timing in EVERY_DAY else 0)
    if each is None or not days:
        return None
    doses = DOSES.get(part.timing, 1)
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


PIECES = ("{tablet}", "{capsule}", "{film}", "{lozenge}", "{suppository}", "{injection}", "{piece}", "{puff}", "{spray}")
