"""One dose out of the amounts that stand together: "2 tablets of 2 mg", "300 mg tablet, 2 tabs", "2 x 50 mg"."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from interactions.lines import words
from interactions.lines.line import NotUnderstood
from interactions.lines.phrases import Amount, Phrase


def dose_of(run: Sequence[Phrase]) -> tuple[Amount, str]:
    """The dose, and the strength of the product where it is said; anything that can mean two doses is asked."""
    dose, strength = dose_and_strength(run)
    if dose.high is not None and dose.high <= dose.low:
        raise NotUnderstood(f"“{dose.text}”: write the smaller dose of a range first.")
    return dose, strength


def dose_and_strength(run: Sequence[Phrase]) -> tuple[Amount, str]:
    """The amounts told apart."""
    amounts = [one.value for one in run if one.kind == "amount"]
    strengths = [one.value for one in run if one.kind == "strength"]
    form = next((unit_of_form(one.value) for one in run if one.kind == "form"), "")
    if len(strengths) == 1 and len(amounts) == 1:
        return amounts[0], strengths[0]
    if strengths or not 1 <= len(amounts) <= 3:
        raise unclear(run)
    if len(amounts) == 1:
        return alone(amounts[0], form)
    dose, strength = of_two(amounts[0], amounts[1], form, run)
    if len(amounts) == 3 and not is_total(amounts[2], dose, strength):
        raise unclear(run)
    return dose, written(strength) if strength else ""


def alone(one: Amount, form: str) -> tuple[Amount, str]:
    """ "50 mg tablet" is one of that strength; "2 ER tablets" counts them."""
    if not one.unit and form:
        return replace(one, unit=form), ""
    is_strength = form and is_mass(one) and one.high is None
    return one, written(one) if is_strength else ""


def of_two(one: Amount, other: Amount, form: str, run: Sequence[Phrase]) -> tuple[Amount, Amount | None]:
    """Which is the dose and which the strength."""
    is_of = any(phrase.kind == "of" for phrase in run)
    in_brackets = any(first.text == "(" and second.value is other for first, second in pairwise(run))
    if is_mass(one) and is_mass(other):
        raise unclear(run)
    if is_mass(one):
        count = other if other.unit else replace(other, unit=form)
        if is_of and not count.unit:
            return times(one, other, run), None
        if not count.unit or count.unit == "mL":
            raise unclear(run)
        if in_brackets and count.low != 1:
            return count, shared(one, count, run)
        return count, one
    if not is_mass(other) or one.unit == "mL":
        raise unclear(run)
    if not one.unit and not form:
        return times(other, one, run), None
    if one.unit and not is_of and (one.low != 1 or one.high):
        raise NotUnderstood(
            f"“{one.text} {other.text}” can be {other.text} each or together;"
            f" write “{one.text} of …”, or the sum alone."
        )
    return one if one.unit else replace(one, unit=form), other


def is_mass(one: Amount) -> bool:
    """Whether it says how much, not how many."""
    return one.unit in words.MASS


def times(each: Amount, number: Amount, run: Sequence[Phrase]) -> Amount:
    """ "2 x 50 mg" is 100 mg."""
    if each.high or number.high:
        raise unclear(run)
    return replace(each, low=each.low * number.low)


def shared(total: Amount, number: Amount, run: Sequence[Phrase]) -> Amount:
    """ "100 mg (2 tablets)" are tablets of 50 mg."""
    if total.high or number.high:
        raise unclear(run)
    return replace(total, low=total.low / number.low)


def is_total(one: Amount, dose: Amount, strength: Amount | None) -> bool:
    """Whether a third amount repeats what the first two come to."""
    return strength is not None and one.unit == strength.unit and one.low == dose.low * strength.low


def written(one: Amount) -> str:
    """An amount as a label writes it."""
    numbers = plain(one.low) if one.high is None else f"{plain(one.low)}-{plain(one.high)}"
    return f"{numbers} {UNITS_OF_LABELS.get(one.unit, one.unit)}"


UNITS_OF_LABELS = {"ug": "mcg", "meq": "mEq", "[iU]": "units"}


def plain(number: Decimal) -> str:
    """Without zeros at the end."""
    return f"{number.normalize():f}"


def unit_of_form(form: str) -> str:
    """The unit in which pieces of this form are counted; blank where there is none."""
    return words.code_of(words.UNITS, form.split(" ")[-1])


def unclear(run: Sequence[Phrase]) -> NotUnderstood:
    """Several amounts that do not make one dose."""
    said = " ".join(one.text for one in run if one.kind not in ("bracket", "and"))
    return NotUnderstood(f"“{said}” is not one dose; write as in “2 tablets of 50 mg” or “5 mL of 2 mg/mL”.")
