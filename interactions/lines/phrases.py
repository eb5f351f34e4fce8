"""The phrases of a line in their order, each as a value; a word that is none of them is refused."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from interactions.lines import day_patterns, words
from interactions.lines.line import NotUnderstood
from interactions.lines.numbers import COUNT, FIGURE, QUANTITY, count, quantity
from interactions.lines.scanning import Scanned

END = r"(?![a-z0-9_]|[.,:]\d|-\w)"
Match = re.Match[str]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, or a range; `unit` is empty for a bare number."""

    low: Decimal
    high: Decimal | None
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase; what `value` is depends on the kind."""

    kind: str
    value: Any
    text: str


def amount(found: Match) -> Amount:
    """ "25-50 mg", "1 to 2 tablets", "half a tablet"."""
    unit, first = unit_of(found["unit"] or ""), unit_of(found["first"] or "")
    low = quantity(found["low"])
    high = quantity(found["high"]) if found["high"] else None
    if first and unit and first != unit:
        raise NotUnderstood(f"“{found[0]}” is a range in two units; write both in one.")
    return Amount(low, high, unit or first, found[0])


def one_of(found: Match) -> Amount:
    """ "A tablet"."""
    return Amount(Decimal(1), None, unit_of(found["unit"]), found[0])


def unit_of(word: str) -> str:
    """The code of a unit; blank for none."""
    return words.code_of(words.UNITS, word)


def strength(found: Match) -> str:
    """As a label writes it: "2 mg/mL"."""
    said = re.sub(r" ?/ ?| per ", "/", found[0])
    return re.sub(r"\bml\b", "mL", re.sub(r"\bug\b", "mcg", said))


def times_a_day(found: Match) -> tuple[str, int | None]:
    """ "3 times a day", "x2 daily"."""
    number = times(found)
    if number not in words.A_DAY:
        raise NotUnderstood(f"“{found[0]}” has no word here; name the times of the day.")
    return words.A_DAY[number], None


def times_a_week(found: Match) -> tuple[str, int | None]:
    """ "twice a week"; three times and more need the days."""
    number = times(found)
    if number not in (1, 2):
        raise NotUnderstood(f"“{found[0]}” does not say on which days; name the days of the week.")
    return ("weekly", None) if number == 1 else ("twice_weekly", None)


def from_to_times(found: Match) -> tuple[str, int | None]:
    """ "1-2 times daily", "bid to tid": the larger counts, as in every range."""
    if found["short"]:
        least, most = words.SHORT_TIMES[found["short"]], words.SHORT_TIMES[found["shorter"]]
    else:
        least, most = (words.COUNTED.get(found[end]) or int(count(found[end])) for end in ("least", "most"))
    if least >= most:
        raise NotUnderstood(f"“{found[0]}”: write the smaller number of a range first.")
    return words.A_DAY[most], None


def times(found: Match) -> int:
    """How many times; 0 for what is no whole number."""
    number = words.COUNTED.get(found["once"] or "") or count(found["x"] or found["n"])
    return int(number) if number == int(number) else 0


def every(found: Match) -> tuple[str, Any]:
    """Every so many hours, days or weeks; hours may be a range."""
    number, most = whole(found["n"]), found["most"]
    if found["h"] and (most or number % 24):
        return "hours", (number, whole(most) if most else None)
    if most:
        raise NotUnderstood(f"“{found[0]}” leaves the rhythm open; write one.")
    days = number // 24 if found["h"] else number * (7 if found["w"] else 1)
    return ("daily", None) if days == 1 else ("every_n_days", days)


def whole(text: str) -> int:
    """A whole number above zero."""
    number = count(text)
    if number != int(number) or number < 1 or number > 10_000:
        raise NotUnderstood(f"“{text}” is not a whole number of hours, days or weeks.")
    return int(number)


def weekdays(found: Match) -> tuple[str, ...]:
    """The days that are named, Monday first."""
    return several_days(found[0])


def days_except(found: Match) -> tuple[str, ...]:
    """ "except Sat and Sun": every other day of the week."""
    left = several_days(found[0])
    if len(left) == len(words.WEEKDAYS):
        raise NotUnderstood(f"“{found[0]}” leaves no day.")
    return tuple(day for day in words.WEEKDAYS if day not in left)


def several_days(text: str) -> tuple[str, ...]:
    """The days that stand at the end of a phrase, by a word for several or each by its name."""
    for pattern, days in words.SEVERAL_DAYS.items():
        if re.search(rf"(?<![a-z/])(?:{pattern})$", text):
            return days
    named = [words.code_of(words.WEEKDAYS, word) for word in re.findall(words.WEEKDAY + r"(?![a-z])", text)]
    if len(set(named)) != len(named):
        raise NotUnderstood(f"“{text}” names a day twice.")
    return in_order(named)


def days_by_number(found: Match) -> tuple[str, ...]:
    """ "3 times a week on Mon, Wed and Fri"; as many days as times."""
    days = weekdays(found)
    if len(days) != count(found["n"]):
        raise NotUnderstood(f"“{found[0]}” says two things about how often.")
    return days


def days_from_to(found: Match) -> tuple[str, ...]:
    """ "Mon-Fri"."""
    order = list(words.WEEKDAYS)
    first, last = (order.index(words.code_of(words.WEEKDAYS, found[name])) for name in ("first", "last"))
    return in_order(order[first : last + 1] if first < last else [*order[first:], *order[: last + 1]])


def in_order(days: list[str]) -> tuple[str, ...]:
    """Monday first."""
    return tuple(day for day in words.WEEKDAYS if day in days)


def clock(found: Match) -> str:
    """As "08:00"."""
    hour, minute = int(found["hour"]), int(found.groupdict().get("minute") or 0)
    half = found.groupdict().get("half")
    if (half and not 1 <= hour <= 12) or hour > 23 or minute > 59:
        raise NotUnderstood(f"“{found[0]}” is no time of the day.")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return f"{hour:02}:{minute:02}"


def full_hour(found: Match) -> str:
    """ "at 8 am"; without its half of the day nobody knows which eight."""
    if not found["half"]:
        raise NotUnderstood(f"“{found[0]}” can be morning or evening; write “8 am” or “8:00”.")
    return clock(found)


def military(found: Match) -> tuple[str, ...]:
    """ "at 0800 and 1400"."""
    return tuple(f"{time[:2]}:{time[2:]}" for time in re.findall(words.FOUR_FIGURES, found[0]))


def most_times(found: Match) -> tuple[Decimal, str]:
    """ "up to twice daily", "max tid": so many doses."""
    short = found.groupdict().get("short")
    return Decimal(words.SHORT_TIMES[short] if short else times(found)), "{dose}"


def divided(found: Match) -> int:
    """Into how many doses; 0 where the times say it."""
    return whole(found["n"]) if found["n"] else 0


def at_most(found: Match) -> tuple[Decimal, str]:
    """Number and unit; a number of times counts doses."""
    unit = found["unit"] or ""
    return quantity(found["q"]), "{dose}" if unit == "times" else unit_of(unit)


def worn(found: Match) -> int:
    """The hours that a patch stays on; together with those off they make one day."""
    off = found["off"] or found["off2"]
    hours = whole(found["worn"] or found["on"] or found["on2"] or found["for"])
    if off and hours + whole(off) != 24:
        raise NotUnderstood(f"“{found[0]}” does not come to one day.")
    return hours


def refused(sentence: str) -> Callable[[Match], Any]:
    """A word that nobody may guess at."""

    def ask(found: Match) -> Any:
        raise NotUnderstood(sentence.format(word=found[0].strip()))

    return ask


def fixed(value: Any) -> Callable[[Match], Any]:
    """The same value whatever the words."""
    return lambda found: value


def form(found: Match) -> str:
    """As a label writes it: "ER tablet"."""
    said = found[0].split(" ")
    release = [word.upper() for word in said if re.fullmatch(words.RELEASE, word)]
    return " ".join([*release, *(words.SHORT_FORMS.get(word, word) for word in said if word.upper() not in release)])


def text_of(found: Match) -> str:
    """The words themselves."""
    return found[0]


RANGE = (
    rf"(?P<low>{QUANTITY})(?:(?: ?(?P<first>{words.UNIT}))? ?(?:-|(?<=[ a-z])to|(?<=[ a-z])or) ?(?P<high>{QUANTITY}))?"
    rf"(?:[ -]?(?P<unit>{words.UNIT}))?"
)
MASSES = "|".join(words.UNITS[unit] for unit in words.MASS)
LIMIT = rf"(?P<q>{QUANTITY})(?: ?(?P<unit>{words.UNIT}|times))?"
TABLE: list[tuple[str, str, Callable[[Match], Any]]] = [
    *(("timing", pattern, fixed(value)) for value, pattern in words.RHYTHMS.items()),
    *(("time", pattern, fixed(code)) for code, pattern in words.TIMES_OF_DAY.items()),
    *(("meal", rf"(?:with|at|after) (?:{meal})", fixed((code, "with_food"))) for code, meal in words.MEALS.items()),
    *(("meal", rf"before (?:{meal})", fixed((code, "without_food"))) for code, meal in words.MEALS.items()),
    ("timing", words.TIMES_A_DAY, times_a_day),
    ("timing", words.TIMES_A_WEEK, times_a_week),
    ("timing", words.FROM_TO_TIMES, from_to_times),
    ("timing", words.EVERY_SO_MANY, every),
    ("date", day_patterns.DATE, day_patterns.no_date),
    ("slots", day_patterns.PATTERN, day_patterns.slots),
    *(("days", rf"(?:on )?(?:{pattern})", fixed(days)) for pattern, days in words.SEVERAL_DAYS.items()),
    ("days", words.DAYS, weekdays),
    ("days", words.DAYS_EXCEPT, days_except),
    ("except", words.EXCEPT, text_of),
    ("extra", "another|extra|an extra|an additional|additional|on top", text_of),
    ("days", words.DAYS_FROM_TO, days_from_to),
    ("days", words.TIMES_ON_DAYS, days_by_number),
    ("other_time", words.EVERY_OTHER_TIME, lambda found: words.code_of(words.TIMES_OF_DAY, found["time"])),
    ("other_week", words.EVERY_OTHER_WEEKDAY, lambda found: (words.code_of(words.WEEKDAYS, found["day"]),)),
    ("clock", words.CLOCK, clock),
    ("clocks", words.MILITARY, military),
    ("clock", "(?:at )?midnight", fixed("00:00")),
    ("hour", words.HOUR_AT, full_hour),
    ("hour", words.HOUR_ALONE, full_hour),
    ("amount", RANGE, amount),
    ("amount", rf"an? (?P<unit>{words.UNIT})", one_of),
    ("strength", rf"{FIGURE} ?(?:{MASSES}) ?(?:/|per) ?(?:{FIGURE} ?)?(?:ml|h|hr|hour|spray|puff|actuation)", strength),
    ("strength", rf"{FIGURE} ?(?:%|percent)", strength),
    ("strength", rf"{FIGURE}(?: ?/ ?{FIGURE})+(?: ?mg)?", strength),
    ("most", rf"{words.AT_MOST}(?: (?:dose|amount))?(?: of|:)? ?{LIMIT} ?{words.IN_A_DAY}", at_most),
    ("most", rf"{words.AT_MOST} daily (?:dose|amount)(?: of|:)? ?{LIMIT}", at_most),
    ("most", rf"{LIMIT} ?{words.IN_A_DAY} max(?:imum)?(?! ?[\d.])", at_most),
    ("most", rf"{words.AT_MOST} {words.TIMES_A_DAY}", most_times),
    ("most", rf"{words.AT_MOST} {words.SHORT_LIMIT}", most_times),
    ("divided", words.DIVIDED, divided),
    ("apart", words.APART, lambda found: count(found["n"])),
    ("apart", rf"(?P<n>{COUNT}) ?{words.HOUR} (?:apart|between(?: (?:the )?doses)?)", lambda found: count(found["n"])),
    ("worn", words.WORN, worn),
    *(("route", pattern, fixed(code)) for code, pattern in words.ROUTES.items()),
    ("form", words.FORM, form),
    ("needed", words.AS_NEEDED, fixed(True)),
    ("reason", words.KNOWN_REASONS, text_of),
    ("food", words.WITH_FOOD, fixed("with_food")),
    ("food", words.WITHOUT_FOOD, fixed("without_food")),
    ("for", "for", fixed("")),
    ("of", "of|x|each", text_of),
    *(("asked", pattern, refused(sentence)) for pattern, sentence in words.ASKED.items()),
    ("and", r"and|[,;/:.]", text_of),
    ("bracket", r"[()]", text_of),
    ("filler", words.FILLER, text_of),
]
PATTERNS = [
    (kind, re.compile(rf"(?:{pattern})" + ("" if kind in ("and", "bracket") else END)), make)
    for kind, pattern, make in TABLE
]
BEFORE_THE_DOSE = ("filler", "form", "route", "and", "bracket")
PASSED_OVER = ("filler", "route", "and", "bracket", "of", "food")
LARGEST_COUNT = 4
"""In "300 mg 2 am" the two may be tablets; nobody takes so many as the later hours count."""
NO_REASON = ("and", "bracket", "filler", "form", "route", "reason", "food", "of")
"""Kinds of words that may stand inside a reason: "for pain and fever"."""


def joined(kind: str, values: Iterable[Any], text: str) -> list[Phrase]:
    """Several of a kind, said together."""
    both = [(Phrase("and", "and", "and"), Phrase(kind, value, text)) for value in values]
    return [one for pair in both for one in pair][1:]


class Reader:
    """One pass over a line; `name` is what stood before the dose."""

    def __init__(self, line: Scanned, about: str) -> None:
        self.line, self.place = line, 0
        self.about = [word.strip(",;:()") for word in about.casefold().split()]
        self.name: list[str] = []
        self.named: set[int] = set()
        self.found: list[Phrase] = []

    def rest(self) -> str:
        """What was typed beside the name."""
        return " ".join(piece for place, piece in enumerate(self.line.pieces) if place not in self.named)

    def phrases(self) -> list[Phrase]:
        """Every phrase; raises NotUnderstood at the first word that is none."""
        while self.place < len(self.line.text):
            if self.line.text[self.place] == " ":
                self.place += 1
            else:
                self.read_one()
        return self.found

    def read_one(self) -> None:
        """The longest phrase here, else a word of the drug's name."""
        best = self.longest_at(self.place)
        if best is None:
            self.take_name()
            return
        kind, match, make = best
        self.place = match.end()
        if kind == "hour":
            self.require_no_dose(match)
            kind = "clock"
        value = self.reason() if kind == "for" else make(match)
        if kind == "clocks":
            self.found += joined("clock", value, match[0])
            return
        self.found.append(Phrase("reason" if kind == "for" else kind, value, match[0]))

    def longest_at(self, place: int) -> tuple[str, Match, Callable[[Match], Any]] | None:
        """Of all phrases that fit, the longest; of equals the first of the table."""
        fitting = [
            (kind, match, make) for kind, pattern, make in PATTERNS if (match := pattern.match(self.line.text, place))
        ]
        return max(fitting, key=lambda one: len(one[1][0]), default=None)

    def take_name(self) -> None:
        """A word that no phrase knows: of the drug where none is chosen yet, or of the one that is."""
        word = self.line.written_at(self.place).strip(",;:()")
        is_first = self.line.begins_piece(self.place) and all(one.kind in BEFORE_THE_DOSE for one in self.found)
        if self.about:
            said = word.casefold()
            known = any(one == said or (len(said) > 3 and one.startswith(said)) for one in self.about)
        else:
            known = is_first
        if not known or not re.search(r"[^\W\d_]", word):
            following = self.line.after_piece(self.place)
            if word.casefold() in words.OPENERS and following < len(self.line.text):
                word += f" {self.line.written_at(following).strip(',;:()')}"
            raise NotUnderstood(f"“{word or self.line.text[self.place]}” was not understood.")
        self.name.append(word)
        self.named.add(self.line.piece_at(self.place))
        self.place = self.line.after_piece(self.place)

    def require_no_dose(self, match: Match) -> None:
        """ "8 am" behind a dose is a time, and so are all behind it; "5 am" where the dose is still to come may be the
        dose, and behind a strength the number of tablets."""
        if match[0].startswith(("at", "@")):
            return
        before = next((one.kind for one in reversed(self.found) if one.kind not in PASSED_OVER), "")
        is_late = int(match["hour"]) > LARGEST_COUNT or any(one.kind == "clock" for one in self.found)
        if before not in ("amount", "clock") or not is_late:
            hour, half = match["hour"], match["half"]
            raise NotUnderstood(
                f"“{match[0]}” can be a time or a dose; write “at {hour} {half}”, or the dose with its unit."
            )

    def reason(self) -> str:
        """The words behind "for", up to a comma or a phrase that says how it is taken."""
        begun = self.place
        while self.place < len(self.line.text) and self.line.text[self.place] not in ",;.()":
            word = re.compile(r" *[^\W\d_][^\s,;.()]*").match(self.line.text, self.place)
            start = self.place + 1 if self.line.text[self.place] == " " else self.place
            best = self.longest_at(start)
            if word is None or (best and best[0] not in NO_REASON):
                break
            self.place = word.end()
        said = re.sub(r"( and| the| an?)+$", "", self.line.text[begun : self.place].strip())
        if not said:
            raise NotUnderstood("“for” does not say what for.")
        return said
