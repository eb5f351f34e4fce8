"""How to take a medicine, in words for the person who takes it and in their language."""

from collections.abc import Sequence
from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.record import dosing, strengths
from medmgmt.record.models import Prescription
from medmgmt.regimen import order_lines

if TYPE_CHECKING:
    from medmgmt.web.kit.forms import Words


UNITS = {
    "mg": (gettext_lazy("mg"), gettext_lazy("mg")),
    "ug": (gettext_lazy("mcg"), gettext_lazy("mcg")),
    "g": (gettext_lazy("g"), gettext_lazy("g")),
    "mL": (gettext_lazy("mL"), gettext_lazy("mL")),
    "meq": (gettext_lazy("mEq"), gettext_lazy("mEq")),
    "mmol": (gettext_lazy("mmol"), gettext_lazy("mmol")),
    "[iU]": (gettext_lazy("unit"), gettext_lazy("units")),
    "[drp]": (gettext_lazy("drop"), gettext_lazy("drops")),
    "{tablet}": (gettext_lazy("tablet"), gettext_lazy("tablets")),
    "{capsule}": (gettext_lazy("capsule"), gettext_lazy("capsules")),
    "{film}": (gettext_lazy("film"), gettext_lazy("films")),
    "{patch}": (gettext_lazy("patch"), gettext_lazy("patches")),
    "{puff}": (gettext_lazy("puff"), gettext_lazy("puffs")),
    "{spray}": (gettext_lazy("spray"), gettext_lazy("sprays")),
    "{lozenge}": (gettext_lazy("lozenge"), gettext_lazy("lozenges")),
    "{piece}": (gettext_lazy("piece"), gettext_lazy("pieces")),
    "{suppository}": (gettext_lazy("suppository"), gettext_lazy("suppositories")),
    "{injection}": (gettext_lazy("injection"), gettext_lazy("injections")),
    "{application}": (gettext_lazy("application"), gettext_lazy("applications")),
    "{dose}": (gettext_lazy("dose"), gettext_lazy("doses")),
}
ROUTES = {
    "PO": gettext_lazy("by mouth"),
    "SL": gettext_lazy("under the tongue"),
    "BUCC": gettext_lazy("inside the cheek"),
    "IM": gettext_lazy("into the muscle"),
    "SC": gettext_lazy("under the skin"),
    "IV": gettext_lazy("into the vein"),
    "TD": gettext_lazy("through the skin"),
    "TOP": gettext_lazy("on the skin"),
    "IN": gettext_lazy("into the nose"),
    "INH": gettext_lazy("breathed in"),
    "OPH": gettext_lazy("into the eye"),
    "OTIC": gettext_lazy("into the ear"),
    "PR": gettext_lazy("into the bottom"),
    "PV": gettext_lazy("into the vagina"),
    "IMPLANT": gettext_lazy("as an implant"),
    dosing.NOT_RECORDED: "",
}
TIMINGS = {
    "daily": gettext_lazy("once a day"),
    "morning": gettext_lazy("every morning"),
    "noon": gettext_lazy("at noon"),
    "evening": gettext_lazy("every evening"),
    "bedtime": gettext_lazy("at bedtime"),
    "BID": gettext_lazy("twice a day"),
    "TID": gettext_lazy("three times a day"),
    "QID": gettext_lazy("four times a day"),
    "Q4H": gettext_lazy("every 4 hours"),
    "Q6H": gettext_lazy("every 6 hours"),
    "Q8H": gettext_lazy("every 8 hours"),
    "Q12H": gettext_lazy("every 12 hours"),
    "every_other_day": gettext_lazy("every other day"),
    "weekly": gettext_lazy("once a week"),
    "twice_weekly": gettext_lazy("twice a week"),
    "every_n_days": gettext_lazy("every %(days)s days"),
    "PRN": "",
    dosing.NOT_RECORDED: gettext_lazy("as we told you"),
}


STATE_WORDS: "dict[str, Words]" = {
    "pregnant": gettext_lazy("pregnant"),
    "not_pregnant": gettext_lazy("not pregnant"),
    "breastfeeding": gettext_lazy("breast-feeding"),
    "not_breastfeeding": gettext_lazy("not breast-feeding"),
    "current": gettext_lazy("smokes"),
    "former": gettext_lazy("used to smoke"),
    "never": gettext_lazy("never smoked"),
    "none": gettext_lazy("none (sound liver)"),
    "A": gettext_lazy("Child-Pugh A"),
    "B": gettext_lazy("Child-Pugh B"),
    "C": gettext_lazy("Child-Pugh C"),
    "unknown": gettext_lazy("not known"),
    "positive": gettext_lazy("positive"),
    "negative": gettext_lazy("negative"),
    "heavy": gettext_lazy("heavy drinking"),
    "regular": gettext_lazy("regularly"),
    "with_food": gettext_lazy("with food"),
    "without_food": gettext_lazy("without food"),
    "poor": gettext_lazy("poor metaboliser"),
    "intermediate": gettext_lazy("intermediate metaboliser"),
    "normal": gettext_lazy("normal metaboliser"),
    "rapid": gettext_lazy("rapid metaboliser"),
    "ultrarapid": gettext_lazy("ultrarapid metaboliser"),
}
OTHER_WORDS: "dict[tuple[str, str], Words]" = {
    ("alcohol_use", "none"): gettext_lazy("does not drink"),
    ("alcohol_use", "current"): gettext_lazy("drinks"),
    ("grapefruit", "none"): gettext_lazy("never"),
}
"""Where a value means another thing than elsewhere."""


WEEKDAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
HALVES = {Decimal("0.25"): "¼", Decimal("0.5"): "½", Decimal("0.75"): "¾"}


def how_to_take(sig: dosing.Sig, prescription: Prescription | None = None) -> str:
    """As in “2 tablets (1,000 mg) by mouth every morning and 1 tablet (500 mg) at bedtime”, in pieces wherever the
    product says what a piece is; as needed, with what for and how much at most."""
    first, *others = sig.parts
    said = [f"{quantity(first, prescription)} {ROUTES[sig.route]}".strip()]
    if others:
        rest = [f"{quantity(part, prescription)} {when(part)}" for part in others]
        words = [together([f"{said[0]} {when(first)}", *rest])]
    else:
        words = [*said, when(first)]
    if sig.as_needed:
        words.append(_("only when you need it (%(reason)s)") % {"reason": sig.reason} if sig.reason else str(NEEDED))
    if sig.min_interval_hours is not None:
        hours = dosing.plain(sig.min_interval_hours)
        words.append(_("at least %(hours)s hours apart") % {"hours": hours})
    if sig.max_per_day is not None:
        most = quantity(dosing.Part(sig.max_per_day, sig.unit, "daily"), prescription)
        words.append(_("no more than %(most)s in a day") % {"most": most})
    if food := order_lines.food_of(sig):
        words.append(str(STATE_WORDS[food]))
    if sig.hours_worn is not None:
        words.append(_("take it off after %(hours)s hours") % {"hours": sig.hours_worn})
    return ", ".join(str(word) for word in words if word)


NEEDED = gettext_lazy("only when you need it")


def when(part: dosing.Part) -> str:
    """As in “every morning”, “once a week on Monday”, “at 8 a.m. and 1 p.m.”; blank for no fixed times."""
    often = str(TIMINGS[part.timing]) % {"days": part.every_days}
    if part.every_days and part.timing != "every_n_days":
        often += " " + str(TIMINGS["every_n_days"]) % {"days": part.every_days}
    clock, days = "", ""
    if part.at:
        clock = _("at %(times)s") % {"times": together([_time(one) for one in part.at])}
    if part.weekdays:
        days = _("on %(days)s") % {"days": together([str(WEEKDAYS[day]) for day in part.weekdays])}
    if part.timing == "daily" and (clock or days):
        often = ""
    return " ".join(word for word in (often, clock, days) if word)


def _time(clock: str) -> str:
    return time_format(time.fromisoformat(clock))


def together(words: Sequence[str]) -> str:
    """As in “8 a.m., noon and 6 p.m.”."""
    if len(words) == 1:
        return words[0]
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def quantity(part: dosing.Part, prescription: Prescription | None = None) -> str:
    """How much, in pieces with what they hold, or in a measure; a number never wraps from its unit."""
    of, in_brackets = counted(part, prescription)
    unit = UNITS[of.unit][0 if of.larger <= 1 else 1]
    said = f"{numbers(of)}{dosing.NBSP}{unit}"
    return f"{said} ({numbers(in_brackets)}{dosing.NBSP}{UNITS[in_brackets.unit][0]})" if in_brackets else said


def counted(part: dosing.Part, prescription: Prescription | None) -> tuple[dosing.Part, dosing.Part | None]:
    """The amount in pieces or in millilitres where the product says how, and the same in mass beside it."""
    if prescription is None:
        return part, None
    strength = strengths.read(prescription.strength)
    if part.unit in strengths.MG_IN:
        piece = strengths.piece_of(prescription.strength, prescription.form)
        each = strength.mg_in(piece) if piece else None
        pieces = strengths.times(part, strengths.MG_IN[part.unit] / each, piece) if each else None
        return (pieces, part) if pieces and is_whole(pieces) else (part, None)
    each = None if part.unit == "{patch}" else strength.mg_in(part.unit)
    return part, strengths.times(part, each, "mg") if each else None


def is_whole(part: dosing.Part) -> bool:
    """Whether it can be counted out: pieces are halved and quartered, and not cut smaller; a measure is poured."""
    return not part.unit.startswith("{") or all(not 4 * one % 1 for one in (part.amount, part.larger))


def numbers(part: dosing.Part) -> str:
    """As in “1½” or “25 to 50”; halves and quarters of pieces as people read them."""
    is_piece = part.unit.startswith("{")
    told = [_number(one, is_piece) for one in (part.amount, part.most) if one is not None]
    return _("%(least)s to %(most)s") % {"least": told[0], "most": told[1]} if part.most is not None else told[0]


def _number(number: Decimal, is_piece: bool) -> str:
    whole, rest = divmod(number, 1)
    if not is_piece or rest not in HALVES:
        return dosing.plain(number)
    return f"{dosing.plain(whole) if whole else ''}{HALVES[rest]}"


def state_words(code: str, value: str) -> str:
    """The word for a value of this observation; a value that a later release does not know is shown as it was kept."""
    return str(OTHER_WORDS.get((code, value)) or STATE_WORDS.get(value, value))


COVER_WORDS = {
    "refills": gettext_lazy("Refills"),
    "injections": gettext_lazy("Injections"),
    "tests": gettext_lazy("Tests"),
    "plan": gettext_lazy("Changes of the plan"),
}
