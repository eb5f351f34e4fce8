"""Which lines somebody takes of the substance that is ordered, under whatever name, form or route."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from interactions import library
from interactions.engine.catalogue import normal
from interactions.engine.knowledge import Knowledge
from medmgmt.record import dosing
from medmgmt.record.models import Patient, Prescription
from medmgmt.regimen import courses
from medmgmt.regimen.courses import Course

STILL = ("taking", "held")


@dataclass(frozen=True)
class Line:
    """One line of the same substance on a day: taken, on hold, or signed to begin later."""

    prescription: Prescription
    state: str
    text: str

    @property
    def is_held(self) -> bool:
        """Whether it is resumed rather than given a new dose."""
        return self.state == "held"


def of_patient(patient: Patient, day: date, *, name: str, rxcui: int | None, but: int | None = None) -> list[Line]:
    """The lines of a drug, named as somebody named it, but for one prescription; two queries."""
    return beside(courses.of_patient(patient.pk), day, library.current(), name=name, rxcui=rxcui, but=but)


def beside(
    known: Iterable[Course], day: date, knowledge: Knowledge, *, name: str, rxcui: int | None, but: int | None = None
) -> list[Line]:
    """The same among courses at hand."""
    others = [course for course in known if course.prescription.pk != but]
    return [
        line
        for course in others
        if is_same(course.prescription, name, rxcui, knowledge) and (line := line_on(course, day)) is not None
    ]


def is_same(one: Prescription, name: str, rxcui: int | None, knowledge: Knowledge) -> bool:
    """One drug, or an ingredient in both; of names that the knowledge does not know, the same name."""
    a = knowledge.catalogue.resolve(one.drug_name, one.rxcui)
    b = knowledge.catalogue.resolve(name, rxcui)
    if a is None or b is None:
        return normal(one.drug_name) == normal(name)
    return a.shares_with(b)


def line_on(course: Course, day: date) -> Line | None:
    """What the course is on the day; None where it is over or nothing of it was signed."""
    steps = course.steps
    dose = dosing.dose_on(day, steps)
    if dose.state in STILL:
        last = courses.in_force(course, day)[1]
        return Line(course.prescription, dose.state, last.text() if last else "")
    later = next((step.sig for step in steps if step.sig and step.effective_on > day), None)
    return Line(course.prescription, "planned", later.text()) if later else None
