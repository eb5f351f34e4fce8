"""What somebody types for an observation, understood before it is written: its rows, and what they would ask for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.observables import Observable, Observables
from medmgmt.monitoring import alarms
from medmgmt.monitoring.alarms import Told
from medmgmt.record import access, part2
from medmgmt.record.errors import Refused
from medmgmt.record.models import Observation, User
from medmgmt.regimen import courses, lexicon, readings


def rows(
    known: courses.Known, *, code: str, value: Decimal | str | None, value_code: str, unit: str, confirm: bool
) -> list[dict[str, Any]]:
    """The columns of each row that is meant, two for a blood pressure; Refused or Unconfirmed in a sentence."""
    observed = library.observed(known.person.knowledge)
    of = called(code, observed)
    text = "" if value is None else str(value)
    if of.answers:
        return [state(of, value_code or text)]
    if value_code and not text:
        raise Refused(_("%(what)s needs a number.") % {"what": lexicon.label(of.code)})
    parts = [observed.by_code[part] for part in of.parts]
    if of.code in lexicon.PRESSURES and "/" in text:
        parts = [observed.by_code[part] for part in lexicon.PRESSURES]
    figures = readings.pair(text) if parts else [text]
    found: list[dict[str, Any]] = []
    for one, figure in zip(parts or [of], figures, strict=True):
        last = known.last_value(one.code)
        reading = readings.read(figure, one, unit=unit, comma=writes_comma(), last=last, confirm=confirm)
        row = {"code": one.code, "loinc": one.loinc, "unit": one.unit, "value_code": ""}
        found.append({**row, "comparator": reading.comparator, "value": reading.value})
    if len(found) == 2 and found[0]["value"] <= found[1]["value"]:
        raise Refused(_("The upper pressure comes first and is the higher one: 120/80."))
    return found


def called(code: str, among: Observables) -> Observable:
    """What goes by this name; Refused for none, with what a misspelt one is likely meant as."""
    if (of := among.called(code)) is not None:
        return of
    words = {"code": code[:60]}
    if (meant := among.like(code)) is not None:
        words["meant"] = lexicon.label(meant.code)
        raise Refused(_("“%(code)s” is nothing that can be recorded here. Is %(meant)s meant?") % words)
    raise Refused(_("“%(code)s” is nothing that can be recorded here.") % words)


YES, NO = ("positive", "yes", "true"), ("negative", "no", "false")
"""Other words for a state and for its opposite: a test that is positive."""
NOT_YET = 2**62
"""Later than everything on record, for a row that is not written."""


@dataclass(frozen=True)
class Understood:
    """What would be recorded, in words, and what it would ask for."""

    words: str
    told: Told | None


def understood(
    by: User,
    patient_id: int,
    *,
    code: str,
    observed_at: datetime,
    value: str = "",
    value_code: str = "",
    unit: str = "",
    confirm: bool = False,
) -> Understood:
    """How what was typed would be taken; nothing is written. Refused and Unconfirmed as when it is recorded."""
    access.require(by, "record_observation")
    known = courses.Known.whole(access.patient_for(by, "view_chart", patient_id, why="reading a value"))
    said = rows(known, code=code, value=value or None, value_code=value_code, unit=unit, confirm=confirm)
    meant = [
        Observation(pk=NOT_YET + number, patient_id=patient_id, observed_at=observed_at, **columns)
        for number, columns in enumerate(said)
    ]
    told = alarms.told_to(known.with_more(observations=meant), meant, part2.mask(by, patient_id))
    return Understood(lexicon.in_words(meant[0], meant[1:]), told)


def writes_comma() -> bool:
    """Whether the reader's language writes decimals with a comma."""
    return str(formats.get_format("DECIMAL_SEPARATOR")) == ","


def state(of: Observable, answer: str) -> dict[str, Any]:
    """The columns of a state; Refused for an answer that it does not have."""
    plain = answer.strip().replace(" ", "_").casefold()
    denied = next((one for one in of.answers if one.startswith("not_")), "")
    said = dict.fromkeys(NO, denied) | {word: denied.removeprefix("not_") for word in YES} if denied else {}
    meant = next((one for one in of.answers if one.casefold() == said.get(plain, plain).casefold()), None)
    if meant is None:
        raise Refused(
            _("Choose one of the states of “%(what)s”: %(answers)s.")
            % {"what": lexicon.label(of.code), "answers": ", ".join(one.replace("_", " ") for one in of.answers)}
        )
    return {"code": of.code, "loinc": of.loinc, "unit": "", "comparator": "", "value": None, "value_code": meant}
