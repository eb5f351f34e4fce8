"""What an order comes to on each single day, counted out: the means and the supply are held against it."""

from datetime import date
from decimal import Decimal
from math import floor

from medmgmt.record.dosing import TIMINGS, WEEKDAYS, Part, Sig


def doses_on(part: Part, day: date, since: date) -> int:
    """How many doses fall on a day where it has been taken since another; without a named day of the week the
    rhythm begins with the first day, and doses of a period are spread over it as evenly as whole days allow."""
    if day < since or (part.weekdays and WEEKDAYS[day.weekday()] not in part.weekdays):
        return 0
    timing = TIMINGS[part.timing]
    if timing.days == 1 and not part.every_days:
        return int(timing.doses)
    first = since.toordinal()
    if part.weekdays:
        weeks = (part.days // 7) if part.every_days else 1
        first += (WEEKDAYS.index(part.weekdays[0]) - since.weekday()) % 7
        return int((day.toordinal() - first) // 7 % weeks == 0)
    place = (day.toordinal() - first) % part.days
    return sum(1 for dose in range(int(timing.doses)) if floor(dose * part.days / int(timing.doses)) == place)


def amount_on(sig: Sig, day: date, since: date) -> Decimal:
    """What is taken on a day, in `unit`, where it has been taken since another; as needed, at most."""
    if sig.as_needed:
        return sig.amount_per_day if day >= since else Decimal(0)
    whole = sum((part.larger * doses_on(part, day, since) for part in sig.parts), Decimal(0))
    return whole if sig.max_per_day is None else min(whole, sig.max_per_day)
