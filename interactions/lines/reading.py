"""An order line read word by word and put together; see `line` for what is promised."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from interactions.lines import words
from interactions.lines.doses import dose_of, plain, written
from interactions.lines.line import Line, NotUnderstood, Part
from interactions.lines.phrases import Phrase, Reader
from interactions.lines.rhythms import parts_at, times_of
from interactions.lines.scanning import scanned

DOSE = ("amount", "strength", "of", "form", "bracket")
WHEN = ("timing", "time", "meal", "days", "other_week", "other_time", "clock")
FAR_APART = 40
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
    for doses, whens in pairs(runs(phrases), text):
        dose, strength = dose_of(doses)
        said = times_of(whens, as_needed=as_needed)
        parts += parts_at(dose, said)
        strengths += [strength] if strength else []
        apart = Decimal(said.apart[0]) if said.apart else apart
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


def expanded(phrases: Iterable[Phrase]) -> Iterable[tuple[str, str]]:
    """What is easily misread, with what it was taken for."""
    for one in phrases:
        if one.kind == "reason":
            continue
        yield from ((word, words.MISREAD[word]) for word in MISREAD.findall(one.text))
        if one.kind in ("amount", "most"):
            yield from ((figure, plain(Decimal(figure))) for figure in FIGURES.findall(one.text))
