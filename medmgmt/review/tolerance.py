"""Whether a patient took the drugs of a finding together before, and at which doses: asked of the signed courses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interactions.answers import Earlier
from interactions.engine.knowledge import Knowledge
from interactions.models import Finding, Together
from medmgmt.record import dosing
from medmgmt.regimen import courses as regimen_courses
from medmgmt.regimen.courses import Course

Dose = Decimal | None
"""Milligrams a day; None where the record does not say, or not in a mass."""


@dataclass(frozen=True)
class DrugOnRecord:
    """A drug of a finding: what is asked about now, and every signed course of it."""

    name: str
    now: Dose
    courses: tuple[Course, ...]


@dataclass(frozen=True)
class History:
    """What the record shows of the drugs of one finding before a day. Each figure is counted in days."""

    drugs: tuple[DrugOnRecord, ...]
    earlier: Earlier
    highest: tuple[Dose, ...] = ()
    """The highest dose of each drug on those days, in the order of `drugs`."""

    @property
    def verdict(self) -> str:
        """never, lower, unmeasured or as_high."""
        return self.earlier.overlap_verdict

    @property
    def sentence(self) -> str:
        """What the card says before anybody answers."""
        told = sentence(self.earlier, len(self.drugs))
        if self.verdict != Together.LOWER:
            return told
        doses = ", ".join(
            _("%(drug)s up to %(then)s mg a day, now %(now)s mg")
            % {"drug": drug.name, "then": dosing.plain(round(then, 4)), "now": dosing.plain(round(drug.now, 4))}
            for drug, then in zip(self.drugs, self.highest, strict=True)
            if then is not None and drug.now is not None and then < drug.now
        )
        return f"{told} ({doses})" if doses else told


def histories_of(
    findings: Iterable[Finding], known: Sequence[Course], before: date, knowledge: Knowledge
) -> dict[str, History]:
    """By key, what the courses show of each finding before that day. No query: the courses are all of the patient's."""
    by_key = _by_key(known, knowledge)
    return {finding.key: _history(_drugs(finding, by_key), before) for finding in findings}


def sentence(earlier: Earlier, drugs: int) -> str:
    """In words, for a card, an answer and the API."""
    if earlier.overlap_verdict == Together.NEVER:
        if drugs == 1:
            return _("The record shows no earlier day on which it was taken.")
        if drugs == 2:
            return _("The record shows no day on which both were taken.")
        return _("The record shows no day on which all were taken.")
    assert earlier.overlap_from is not None
    assert earlier.overlap_to is not None
    days = ngettext("%(days)d day", "%(days)d days", earlier.overlap_days) % {"days": earlier.overlap_days}
    first, last = earlier.overlap_from.isoformat(), earlier.overlap_to.isoformat()
    when = _("%(first)s to %(last)s (%(days)s)") % {"first": first, "last": last, "days": days}
    return f"{_opening(earlier.overlap_verdict, drugs > 1)}: {when}"


def _opening(verdict: str, together: bool) -> str:
    if verdict == Together.AS_HIGH:
        return _("Taken together at these doses or higher") if together else _("Taken at this dose or higher")
    if verdict == Together.LOWER:
        return _("Taken together only at lower doses") if together else _("Taken only at lower doses")
    return _("Taken together, at doses that cannot be compared") if together else _("Taken, at a dose not on record")


def _by_key(known: Sequence[Course], knowledge: Knowledge) -> dict[str, tuple[Course, ...]]:
    """The courses of each drug, by its key in the knowledge; a drug it does not know goes by its name."""
    found: dict[str, list[Course]] = {}
    for course in known:
        found.setdefault(_identity(course, knowledge), []).append(course)
    return {key: tuple(of) for key, of in found.items()}


def _identity(course: Course, knowledge: Knowledge) -> str:
    entry = regimen_courses.catalogue_entry(course.prescription, knowledge)
    return entry.key if entry else course.prescription.drug_name.lower()


def _drugs(finding: Finding, by_key: Mapping[str, tuple[Course, ...]]) -> tuple[DrugOnRecord, ...]:
    """The drugs of the finding as its review saw them on its first day; what no prescription gives is left out."""
    seen: dict[str, list[dict[str, Any]]] = {}
    for day in finding.review.regimen:
        if day["day"] != finding.first_day.isoformat():
            continue
        for drug in day["drugs"]:
            if drug["ref"] in finding.prescriptions:
                seen.setdefault(drug["key"] or "", []).append(drug)
    return tuple(
        DrugOnRecord(key, _sum([_number(drug["mg_per_day"]) for drug in drugs]), by_key.get(key, ()))
        for key, drugs in sorted(seen.items())
        if key
    )


def _number(text: str | None) -> Dose:
    return None if text is None else Decimal(text)


def _sum(doses: Sequence[Dose]) -> Dose:
    known = [dose for dose in doses if dose is not None]
    return sum(known, Decimal(0)) if len(known) == len(doses) else None


@dataclass
class _Stretch:
    """Days on end with one dose of each drug."""

    first: date
    last: date
    doses: tuple[Dose, ...]

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def _history(drugs: tuple[DrugOnRecord, ...], before: date) -> History:
    """The days on which all were taken; those at or above today's doses where there are any."""
    together = _stretches(drugs, before) if drugs else []
    now = tuple(drug.now for drug in drugs)
    as_high = [
        one
        for one in together
        if all(a is not None and b is not None and a >= b for a, b in zip(one.doses, now, strict=True))
    ]
    if as_high:
        return History(drugs, _told(Together.AS_HIGH, as_high), _highest(as_high))
    if not together:
        return History(drugs, Earlier(Together.NEVER, 0, None, None))
    lower = [one for one in together if None not in one.doses and None not in now]
    verdict = Together.LOWER if len(lower) == len(together) else Together.UNMEASURED
    return History(drugs, _told(verdict, together), _highest(together))


def _told(verdict: Together, stretches: Sequence[_Stretch]) -> Earlier:
    return Earlier(verdict, sum(one.days for one in stretches), stretches[0].first, stretches[-1].last)


def _highest(stretches: Sequence[_Stretch]) -> tuple[Dose, ...]:
    return tuple(
        max((dose for dose in of if dose is not None), default=None)
        for of in zip(*(one.doses for one in stretches), strict=True)
    )


def _stretches(drugs: Sequence[DrugOnRecord], before: date) -> list[_Stretch]:
    """In order of days: between two changes the doses stay, so that only the days of change are looked at."""
    changes = {step.effective_on for drug in drugs for course in drug.courses for step in course.steps}
    days = sorted({day for day in changes if day < before} | {before})
    found = []
    for first, after in pairwise(days):
        doses = [_dose(drug.courses, first) for drug in drugs]
        if all(is_taken for is_taken, _dose_ in doses):
            found.append(_Stretch(first, after - timedelta(days=1), tuple(dose for _is_taken, dose in doses)))
    return found


def _dose(courses: Sequence[Course], day: date) -> tuple[bool, Dose]:
    """Whether any course of the drug was taken on the day, and how much of all of them."""
    taken = [(course, dose.sig) for course in courses if (dose := dosing.dose_on(day, course.steps)).is_taken]
    doses = [regimen_courses.milligrams(course, sig).per_day for course, sig in taken]
    return bool(taken), _sum(doses) if taken else None
