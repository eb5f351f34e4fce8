"""How to take a medicine, in words for the person who takes it and in their language."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.record import dosing

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


def how_to_take(sig: dosing.Sig) -> str:
    """As in “50 mg by mouth, once a day”; as needed, with the most that may be taken in a day."""
    first, *others = sig.parts
    words = [f"{quantity(first)} {ROUTES[sig.route]}".strip(), when(first)]
    words += [f"{quantity(part)} {when(part)}" for part in others]
    if sig.as_needed:
        words.append(_("only when you need it"))
    if sig.max_per_day is not None:
        most = quantity(dosing.Part(sig.max_per_day, sig.unit, "daily"))
        words.append(_("no more than %(most)s in a day") % {"most": most})
    return ", ".join(word for word in words if word)


def when(part: dosing.Part) -> str:
    """As in “every morning”; blank for no fixed times."""
    return str(TIMINGS[part.timing]) % {"days": part.every_days}


def quantity(part: dosing.Part) -> str:
    """A number that never wraps from its unit."""
    one, many = UNITS[part.unit]
    return f"{dosing.plain(part.larger)}{dosing.NBSP}{one if part.larger <= 1 else many}"


def state_words(code: str, value: str) -> str:
    """The word for a value of this observation; a value that a later release does not know is shown as it was kept."""
    return str(OTHER_WORDS.get((code, value)) or STATE_WORDS.get(value, value))


COVER_WORDS = {
    "refills": gettext_lazy("Refills"),
    "injections": gettext_lazy("Injections"),
    "tests": gettext_lazy("Tests"),
    "plan": gettext_lazy("Changes of the plan"),
}
