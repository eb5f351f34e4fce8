"""Writes the past courses of an imported history: what of them is new, and what was handed out of each.

A course that is here goes on where the source goes on; one whose past reads differently now is left alone and named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.db import DataError, IntegrityError, transaction

from medmgmt.actions.history import PastCourse, PastRemark, PastStep
from medmgmt.messages import planning
from medmgmt.record import dosing, part2, signatures
from medmgmt.record.models import DosageChange, Patient, Prescription, RemarkKind, Status, User
from medmgmt.record.models.prescriptions import EPOCH, MICROSECOND
from refills.models import Dispense

LATEST = dosing.LAST_ORDER
IMPOSSIBLE = (IntegrityError, DataError, UnicodeError)
CLASH = "This clashes with what is here, or has a value that nobody can have."


class Courses:
    """A patient's courses, sorted into new, going on, and told differently; written in two bulk statements."""

    def __init__(
        self, by: User, charts: Sequence[Patient], told: Sequence[PastCourse], refused: list[PastRemark]
    ) -> None:
        self.by, self.charts, self.patient, self.told, self.refused = by, charts, charts[0], told, refused
        own = Prescription.objects.filter(patient__in=charts, source_id__isnull=False) if told else []
        self.here = {str(row.source_id): row for row in own}
        self.new = [past for past in told if past.source_id not in self.here]
        self.extended: list[str] = []
        self.differing: list[str] = []
        self.seals: dict[int, str] = {}
        self.programme = part2.programme_of(by, self.patient) if self.new else None

    def write(self) -> int:
        """Makes the missing prescriptions and changes; how many changes."""
        known = self._known_steps() if self.here else {}
        new = {past.source_id for past in self.new}
        made = self._together(self.new, known)
        if made is None:
            alone = [(past, self._together([past], known)) for past in self.new]
            self.new = [past for past, count in alone if count is not None]
            self.refused += [_impossible(past) for past, count in alone if count is None]
            made = sum(count or 0 for _past, count in alone)
        for past in self.told:
            if past.source_id not in new and self._goes_on(past, known):
                count = self._together([past], known)
                self.refused += [_impossible(past)] if count is None else []
                self.extended += [] if count is None else [past.source_id]
                made += count or 0
        return made

    def _together(self, told: Sequence[PastCourse], known: Mapping[int, list[dosing.Step]]) -> int | None:
        """Writes these courses, and how many changes; None, and nothing, if one of them cannot be written."""
        before = dict(self.here)
        try:
            with transaction.atomic():
                rows = [self._prescription(past) for past in told if past.source_id not in before]
                self.here |= {str(row.source_id): row for row in Prescription.objects.bulk_create(rows)}
                changes: list[DosageChange] = []
                for past in told:
                    here = known.get(self.here[past.source_id].pk, [])
                    changes += self._changes(past, here, past.steps[len(here) :])
                made = DosageChange.objects.bulk_create(changes)
            self.seals |= {change.pk: change.seal for change in made}
            return len(made)
        except (*IMPOSSIBLE, dosing.ImpossibleStep, dosing.ImpossibleSig):
            self.here = before
            return None

    def _prescription(self, past: PastCourse) -> Prescription:
        return Prescription(
            patient=self.patient,
            source_id=past.source_id,
            drug_name=past.drug_name,
            rxcui=past.rxcui,
            product_rxcui=past.product_rxcui,
            strength=past.strength,
            form=past.form,
            indication=past.indication,
            free_text=past.free_text,
            created_by=self.by,
            programme=self.programme,
        )

    def _known_steps(self) -> dict[int, list[dosing.Step]]:
        """The signed steps of every prescription of the patient, in the order in which they were signed."""
        steps: dict[int, list[dosing.Step]] = {}
        signed = DosageChange.objects.filter(patient__in=self.charts, status=Status.SIGNED)
        for change in signed.order_by("signed_at", "id"):
            steps.setdefault(change.prescription_id, []).append(change.step)
        return steps

    def _goes_on(self, past: PastCourse, known: Mapping[int, list[dosing.Step]]) -> bool:
        """Whether a course already here lacks changes, and what is here is how the source's course begins."""
        here = known.get(self.here[past.source_id].pk, [])
        told = [
            (step.kind, step.effective_on if step.is_dated else one.effective_on, step.sig)
            for step, one in zip(past.steps, here, strict=False)
        ]
        if told != [(one.kind, one.effective_on, one.sig) for one in here]:
            self.differing.append(past.source_id)
            return False
        return len(past.steps) > len(here)

    def _changes(self, past: PastCourse, known: Sequence[dosing.Step], steps: Sequence[PastStep]) -> list[DosageChange]:
        """Signed rows for the steps, each with what was taken before it; ImpossibleStep if one makes no sense.

        Steps that the source dates at one instant stay in their order: each later one moves by a microsecond.
        """
        course = list(known)
        made: list[DosageChange] = []
        earliest = max((step.order for step in course), default=-LATEST) + 1
        for number, step in enumerate(steps, start=1):
            order = max((step.at - EPOCH) // MICROSECOND, earliest)
            value = dosing.Step(step.kind, step.effective_on, step.sig, ref=-number, order=order)
            dosing.require_possible(course, value)
            before = dosing.dose_on(step.effective_on, course).sig
            at = EPOCH + order * MICROSECOND
            made.append(self._change(self.here[past.source_id], replace(step, at=at), before))
            course.append(value)
            earliest = order + 1
        return made

    def _change(self, to: Prescription, step: PastStep, before: dosing.Sig | None) -> DosageChange:
        change = DosageChange(
            patient_id=to.patient_id,
            prescription=to,
            kind=step.kind,
            status=Status.SIGNED,
            effective_on=step.effective_on,
            sig=step.sig,
            old_sig=before,
            reason_code=step.reason_code,
            note=step.note,
            author=self.by,
            proposed_at=step.at,
            signed_by=self.by,
            signed_at=step.at,
            prompted_by_plan=step.plan,
            alongside=step.alongside,
        )
        seal = signatures.seal_of(change, by_id=self.by.pk, at=step.at)
        change.seal, change.seal_key = seal.hash, seal.key
        return change


def _impossible(past: PastCourse) -> PastRemark:
    """A course that nobody could follow, or that clashes with what is here, in words."""
    lines = [step.sig.words or step.sig.text() for step in past.steps if step.sig]
    what = f"{past.drug_name} {past.strength}".strip() + "".join(f"; {line}" for line in dict.fromkeys(lines))
    return PastRemark(past.source_id, RemarkKind.LEFT_OUT, what, CLASH)


def add_fills(courses: Courses) -> int:
    """Writes what was handed out, and plans the reminders of every course that got a new fill."""
    told = [
        (courses.here[past.source_id], fill)
        for past in courses.told
        if past.source_id in courses.here
        for fill in past.fills
    ]
    here = set()
    if told:
        here = set(Dispense.objects.filter(patient=courses.patient).values_list("source_id", flat=True))
    rows = [
        Dispense(
            patient=courses.patient,
            prescription=prescription,
            source_id=fill.source_id,
            dispensed_on=fill.dispensed_on,
            quantity=fill.quantity,
            unit=fill.unit,
            days_supply=fill.days_supply,
            recorded_by=courses.by,
        )
        for prescription, fill in told
        if fill.source_id not in here
    ]
    made = Dispense.objects.bulk_create(rows)
    for prescription in {row.prescription_id: row.prescription for row in made}.values():
        planning.replan(courses.patient, prescription)
    return len(made)
