"""An order line read word by word and put together; see `line` for what is promised."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from interactions.lines import day_patterns, words
from interactions.lines.doses import dose_of, plain, written
from interactions.lines.line import PER_DAY, Line, NotUnderstood, Part
from interactions.lines.phrases import Amount, Phrase, Reader
from interactions.lines.rhythms import BY_NUMBER, DOSES, OF_DAYS, parts_at, times_of
from interactions.lines.scanning import scanned

DOSE = ("amount", "strength", "of", "form", "bracket")
WHEN = ("timing", "time", "meal", "days", "other_week", "other_time", "clock")
FAR_APART = 40
EACH_DAY = ("daily", "every day", "each day")
EVERY_DAY = {"weekly": "daily", "twice_weekly": "daily"}
TIMES_IN_WORDS = {"BID": "twice daily", "TID": "three times daily", "QID": "four times daily"}
MISREAD = re.compile(rf"\b(?:{'|'.join(words.MISREAD)})\b")
FIGURES = re.compile(r"(?<![\d.])\.\d+|\d+\.\d*0(?![\d.])")


def read(text: str, about: str = "") -> Line:
    """What the line says; `about` is the drug and product that are already chosen, whose words the line may repeat."""
    reader = Reader(scanned(text), about)
    phrases = [one for one in reader.phrases() if one.kind != "filler"]
    as_needed = any(one.kind == "needed" for one in phrases)
    parts: list[Part] = []
    strengths: list[str] = []
    apart: Decimal | None = only(phrases, "apart", "hours between doses")
    require_one_kind(phrases, text)
    said_first = phrases
    if any(one.kind == "divided" for one in phrases):
        phrases = without_total(phrases)
    for doses, whens in runs_of(phrases, text):
        dose, strength = dose_of(doses)
        said = times_of(whens, as_needed=as_needed)
        parts += parts_at(dose, said)
        strengths += [strength] if strength else []
        apart = Decimal(said.apart[0]) if said.apart else apart
    parts = shared(but_on(parts, phrases), said_first)
    require_instead(parts, phrases)
    worn = only(phrases, "worn", "hours it is worn")
    most, max_unit = only(phrases, "most", "the most in a day") or (None, "")
    parts = in_one_unit(with_days_of(parts, phrases))
    if len(set(strengths)) > 1:
        raise NotUnderstood(f"“{strengths[0]}” and “{strengths[1]}” are two products; write an order for each.")
    return Line(
        parts=tuple(parts),
        drug=" ".join(reader.name),
        rest=reader.rest(),
        strength=strengths[0] if strengths else "",
        form=" ".join(dict.fromkeys(one.value for one in phrases if one.kind == "form")),
        route=only(phrases, "route", "how it is given") or "",
        as_needed=as_needed,
        max_per_day=most,
        max_unit=max_unit,
        min_interval_hours=apart,
        reason=only(phrases, "reason", "what it is for") or "",
        hours_worn=worn,
        by_count=any(one.kind == "slots" and not one.value[1] for one in phrases),
        or_fewer=any(is_from_to(one) for one in phrases),
        food=food_of(phrases),
        expanded=tuple(dict.fromkeys(expanded(phrases))),
    )


def label(text: str) -> tuple[str, str, str]:
    """Name, strength and form of a product as its label says them; a form may be any words."""
    line = scanned(text)
    reader, name, form, strength = Reader(line, ""), list[str](), list[str](), ""
    place = 0
    while place < len(line.text):
        best = reader.longest_at(place)
        if best and best[0] in ("amount", "strength") and not strength:
            value = best[2](best[1])
            strength = value if isinstance(value, str) else written(value)
            place = best[1].end() + 1
            continue
        is_form = best is not None and best[0] == "form" and bool(name)
        word = best[2](best[1]) if best is not None and is_form else line.written_at(place)
        (form if is_form or strength else name).append(word)
        place = best[1].end() + 1 if best is not None and is_form else line.after_piece(place)
    return " ".join(name), strength, " ".join(form)


def runs(phrases: Iterable[Phrase]) -> list[tuple[str, list[Phrase]]]:
    """What belongs together: amounts beside amounts, times beside times. A comma parts no amounts, "and" does."""
    found: list[tuple[str, list[Phrase]]] = []
    joined: Phrase | None = None
    for one in phrases:
        if one.kind == "and":
            joined = one if joined is None or one.text == "and" else joined
            continue
        kind = "dose" if one.kind in DOSE else "when" if one.kind in WHEN else ""
        if not kind:
            continue
        if not found or found[-1][0] != kind or (kind == "dose" and joined is not None and joined.text == "and"):
            found.append((kind, []))
        elif joined is not None:
            found[-1][1].append(joined)
        found[-1][1].append(one)
        joined = None
    return [one for one in found if one[0] == "when" or any(phrase.kind in DOSE[:2] for phrase in one[1])]


def pairs(found: list[tuple[str, list[Phrase]]], text: str) -> list[tuple[list[Phrase], list[Phrase]]]:
    """Each dose with its times, whichever of the two was written first."""
    doses = [run for kind, run in found if kind == "dose"]
    whens = [run for kind, run in found if kind == "when"]
    if not doses:
        raise NotUnderstood(f"“{text.strip()}” does not say how much.")
    if len(doses) == 1:
        return [(doses[0], [one for run in whens for one in run])]
    turns = [kind for kind, _run in found]
    if len(whens) != len(doses) or turns != turns[:2] * len(doses):
        raise NotUnderstood(f"“{text.strip()}” does not say when each of its doses is taken.")
    return list(zip(doses, whens, strict=True))


def runs_of(phrases: list[Phrase], text: str) -> list[tuple[list[Phrase], list[Phrase]]]:
    """Each dose with its times; "1-0-2" is a dose at each of its own times."""
    slots = [one for one in phrases if one.kind == "slots"]
    if not slots:
        return pairs(runs(phrases), text)
    if len(slots) > 1:
        raise NotUnderstood(f"“{slots[0].text}” and “{slots[1].text}” are two answers to how much is taken when.")
    [spread] = slots
    each, unit = spread.value
    days = days_beside(spread, phrases)
    found = []
    for time, number in each:
        count = [Phrase("amount", Amount(number, None, unit, spread.text), spread.text), Phrase("of", "of", "of")]
        doses = [again for one in phrases for again in (count if one is spread else [one] if one.kind in DOSE else [])]
        if not any(one.kind in ("amount", "strength", "form") for one in phrases):
            doses = count[:1]
        found.append((doses, [Phrase("time", time, time), *days]))
    return found


def days_beside(spread: Phrase, phrases: Iterable[Phrase]) -> list[Phrase]:
    """On which days "1-0-2" is taken; "daily" and the number of its doses say nothing new, another time contradicts."""
    number = words.A_DAY[len(spread.value[0])]
    days = []
    for one in phrases:
        if one.kind in ("days", "other_week") or (one.kind == "timing" and one.value[0] in OF_DAYS):
            days.append(one)
        elif one.kind in WHEN and (one.kind != "timing" or (one.text not in EACH_DAY and one.value[0] != number)):
            raise NotUnderstood(f"“{spread.text}” and “{one.text}” are two answers to when it is taken.")
    return days


def require_one_kind(phrases: Sequence[Phrase], text: str) -> None:
    """A dose by the clock and one as needed are two orders: each has its own supply, and its own most in a day."""
    needed = next((place for place, one in enumerate(phrases) if one.kind == "needed"), None)
    if needed is None:
        return
    amounts = [place for place, one in enumerate(phrases) if one.kind == "amount"]
    last = max((place for place in amounts if place < needed), default=0)
    before = phrases[:last]
    is_timed = any(one.kind in WHEN for one in before) and any(one.kind == "amount" for one in before)
    if is_timed or any(one.kind in ("amount", "slots") for one in phrases[needed:] if one.kind != "most"):
        raise NotUnderstood(
            f"“{text.strip()}” holds a dose by the clock and one as needed; order them as two lines, each with its own"
            " most in a day."
        )


def but_on(parts: list[Part], phrases: Sequence[Phrase]) -> list[Part]:
    """ "10 mg daily except 5 mg on Sunday": the first on all the other days."""
    said = next((one.text for one in phrases if one.kind == "except"), "")
    if not said:
        return parts
    first, *others = parts
    named = [day for one in others for day in one.weekdays]
    is_daily = first.timing not in OF_DAYS and not first.every_days and not first.weekdays
    if not is_daily or not others or not all(one.weekdays for one in others):
        raise NotUnderstood(f"“{said}” goes with days of the week, as in “10 mg daily except 5 mg on Sunday”.")
    left = tuple(day for day in words.WEEKDAYS if day not in named)
    if not left or len(set(named)) < len(named):
        raise NotUnderstood(f"“{said}” leaves no day, or names one twice.")
    return [replace(first, weekdays=left), *others]


def require_instead(parts: Sequence[Part], phrases: Iterable[Phrase]) -> None:
    """ "5 mg daily, 2.5 mg on Sunday" can be instead or on top, which is three times as much on that day."""
    if any(one.kind == "extra" for one in phrases):
        return
    whole = {(one.timing, one.at) for one in parts if not one.weekdays and not one.every_days}
    twice = [one for one in parts if one.weekdays and (EVERY_DAY.get(one.timing, one.timing), one.at) in whole]
    if twice:
        dose = f"{plain(twice[0].amount)} {twice[0].unit}".strip()
        raise NotUnderstood(
            f"“{dose}” on some days can be instead or on top; write “except {dose} on …”, or “and another {dose} on …”."
        )


def without_total(phrases: list[Phrase]) -> list[Phrase]:
    """ "600 mg a day in 3 divided doses" without its sum: three times daily; a sum alone is no rhythm."""
    numbers = {one.value for one in phrases if one.kind == "divided"} - {0}
    total = [one for one in phrases if one.kind == "timing" and one.value[0] in (PER_DAY, "daily")]
    left = [one for one in phrases if one.kind != "divided" and one not in total]
    if any(one.kind in WHEN and one.kind not in ("days", "other_week") for one in left):
        return left
    said = " ".join(one.text for one in phrases if one.kind == "divided")
    if not total or len(numbers) != 1:
        raise NotUnderstood(
            f"“{said}”: write the sum of a day and into how many doses, as in “600 mg a day divided tid”."
        )
    [number] = numbers
    if number == 1 or number not in BY_NUMBER:
        raise NotUnderstood(f"“{said}” has no word here; write each dose with its time.")
    return [*left, Phrase("timing", (BY_NUMBER[number], None), said)]


def shared(parts: list[Part], phrases: Sequence[Phrase]) -> list[Part]:
    """Each dose of a day whose sum was said; what cannot be measured so is asked."""
    said = [one for one in phrases if one.kind == "divided"]
    if not said:
        return parts
    words_of = " ".join(one.text for one in said)
    doses = sum(DOSES.get(one.timing, 1) for one in parts)
    is_daily = all(one.timing not in (*OF_DAYS, "") and not one.every_days and not one.weekdays for one in parts)
    if not is_daily or doses == 1 or {one.value for one in said} - {0, doses} or len({one.amount for one in parts}) > 1:
        raise NotUnderstood(f"“{words_of}” does not say how the amount is divided; write each dose with its time.")
    amount, most = parts[0].amount / doses, parts[0].most and parts[0].most / doses
    if amount != round(amount, 4) or (most and most != round(most, 4)):
        raise NotUnderstood(f"“{words_of}” comes to no even dose; write each dose with its time.")
    return [replace(one, amount=amount, most=most) for one in parts]


def only(phrases: Iterable[Phrase], kind: str, what: str) -> Any:
    """The one value of a kind, or None; two different ones contradict each other."""
    values = list(dict.fromkeys(one.value for one in phrases if one.kind == kind))
    if len(values) > 1:
        said = "” and “".join(one.text for one in phrases if one.kind == kind)
        raise NotUnderstood(f"“{said}” are two answers to {what}.")
    return values[0] if values else None


def with_days_of(parts: list[Part], phrases: Sequence[Phrase]) -> list[Part]:
    """A patch that is on and off within one day is changed daily."""
    is_cycle = any(one.kind == "worn" and " off" in one.text for one in phrases)
    return [replace(one, timing="daily") if is_cycle and not one.timing else one for one in parts]


def in_one_unit(parts: list[Part]) -> list[Part]:
    """A bare number is in the unit of the others, "300 mg am 600 hs", unless that makes it another kind of number."""
    units = list(dict.fromkeys(one.unit for one in parts if one.unit))
    said = [one.amount for one in parts if one.unit]
    for one in parts:
        if said and not one.unit and not min(said) / FAR_APART < one.amount < max(said) * FAR_APART:
            raise NotUnderstood(f"“{plain(one.amount)}”: write the unit of this dose as well.")
    return [one if one.unit or len(units) != 1 else replace(one, unit=units[0]) for one in parts]


def food_of(phrases: Sequence[Phrase]) -> str:
    """with_food, without_food or empty."""
    said = [one.value for one in phrases if one.kind == "food"]
    said += [one.value[1] for one in phrases if one.kind == "meal" and not one.text.startswith("at ")]
    if len(set(said)) > 1:
        raise NotUnderstood("The line says both with and without food.")
    return said[0] if said else ""


def is_from_to(one: Phrase) -> bool:
    """Whether it says a range of times a day."""
    return one.kind == "timing" and re.fullmatch(words.FROM_TO_TIMES, one.text) is not None


def expanded(phrases: Iterable[Phrase]) -> Iterable[tuple[str, str]]:
    """What is easily misread, with what it was taken for."""
    for one in phrases:
        if one.kind == "reason":
            continue
        if one.kind == "slots":
            yield one.text, day_patterns.in_words(one.text)
        if is_from_to(one):
            yield one.text, TIMES_IN_WORDS[one.value[0]]
        yield from ((word, words.MISREAD[word]) for word in MISREAD.findall(one.text))
        if one.kind in ("amount", "most"):
            yield from ((figure, plain(Decimal(figure))) for figure in FIGURES.findall(one.text))
