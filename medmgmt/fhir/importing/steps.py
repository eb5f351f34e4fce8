"""Turns a course of orders into the steps that the record keeps: what happened on which day, and in which words.

Pure.
"""

from collections.abc import Mapping
from datetime import date, datetime

from medmgmt.actions.history import PastStep
from medmgmt.fhir.importing import courses, dates, sigs
from medmgmt.fhir.importing.courses import SENTENCES, Course, Order
from medmgmt.fhir.importing.medicines import Medicine
from medmgmt.fhir.importing.orders import RequestReading

ByRef = Mapping[str, tuple[Medicine, sigs.Line]]
"""An order's line by the name that its course knows it under."""


def of_course(course: Course, by_ref: ByRef, now: datetime, *, is_beside: bool) -> tuple[PastStep, ...]:
    """Start, a new dose where an order or a stretch of its days says another, hold or stop; `is_beside` says that it is
    meant beside another line of the same drug."""
    made: list[PastStep] = []
    for order, after in zip(course.orders, (*course.orders[1:], None), strict=True):
        one, line = by_ref[order.ref]
        for phase in line.phases:
            if (after is None or phase.on < after.on) and not _is_over(course, phase.on):
                made += _begun(made, one, line, phase, is_beside=is_beside)
            if phase.until is not None and not _is_over(course, phase.until) and _has_gap(line, phase, after):
                made.append(PastStep("stop", phase.until, _at(one, now), note=SENTENCES[courses.Basis.SAID]))
    last, _line = by_ref[course.orders[-1].ref]
    if course.is_held:
        held = " ".join(["On hold in the source since an unknown day.", *_status_notes(last)])
        made.append(PastStep("hold", course.orders[-1].on, _at(last, now), note=held, is_dated=last.is_dated))
    if course.end is not None:
        made.append(PastStep("stop", course.end.on, min(dates.noon(course.end.on), now), note=_why_ended(course, last)))
    return tuple(made)


def _is_over(course: Course, day: date) -> bool:
    return course.end is not None and day >= course.end.on and day > course.orders[0].on


def _has_gap(line: sigs.Line, phase: sigs.Phase, after: Order | None) -> bool:
    """Whether nothing is taken from the end of a stretch of days on, until the next one."""
    later = [one.on for one in line.phases if one.on >= (phase.until or one.on) and one is not phase]
    later += [after.on] if after is not None else []
    return bool(later) and min(later) > (phase.until or min(later))


def _begun(
    made: list[PastStep], one: Medicine, line: sigs.Line, phase: sigs.Phase, *, is_beside: bool
) -> list[PastStep]:
    """The step that begins a stretch of days; none where it goes on in the same way."""
    goes_on = bool(made) and made[-1].kind != "stop"
    if goes_on and phase.sig == made[-1].sig:
        return []
    at = one.request.authored.at if one.request.authored else dates.noon(phase.on)
    kind = "new_dose" if goes_on else "start"
    beside = True if kind == "start" and is_beside else None
    note = _note(one, line, phase.sig)
    return [PastStep(kind, phase.on, at, phase.sig, note=note, is_dated=one.is_dated, alongside=beside)]


def _at(one: Medicine, now: datetime) -> datetime:
    """When it was signed in the source; of what has no date, now."""
    return one.request.authored.at if one.request.authored else min(dates.noon(one.on), now)


def _why_ended(course: Course, last: Medicine) -> str:
    assert course.end is not None, "only a course that has ended is asked"
    return " ".join([SENTENCES[course.end.basis], *_status_notes(last)])


def _status_notes(one: Medicine) -> list[str]:
    """Why it is no longer taken, as the source says."""
    return [note for note in one.request.notes if note.startswith("Status:")]


def _note(one: Medicine, line: sigs.Line, sig: sigs.Sig) -> str:
    request: RequestReading = one.request
    said = [f"Ordered elsewhere as: {one.found.called}."]
    when = request.begins or request.authored
    if when is not None and when.is_partial:
        said.append(f"The source gives only {when.said}; its first day stands for it.")
    if not line.structured:
        said.append("Sig not structured in the source.")
    return " ".join(filter(None, [*said, sig.words, *request.notes]))
