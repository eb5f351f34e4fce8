"""What an import did: counts by kind, what was left out, what could not be mapped, where lines were malformed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from medmgmt.fhir.importing.reading import Fault

KINDS = ("Patient", "Condition", "AllergyIntolerance", "MedicationRequest", "MedicationStatement")
SHOWN_FAULTS = 50


@dataclass
class Report:
    """Counters that an import adds to; every resource of a kind ends in exactly one of the columns after `read`."""

    read: Counter[str] = field(default_factory=Counter)
    imported: Counter[str] = field(default_factory=Counter)
    already: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(kind, why)"""
    malformed: Counter[str] = field(default_factory=Counter)
    unmapped: dict[str, Counter[str]] = field(default_factory=dict)
    """What could not be mapped -> by name, how many resources."""
    mapped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    """Everything worth a number that is no resource: courses, ends assumed, sigs."""
    other: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    """Courses that read differently now and were left alone, by source id."""

    patient_ids: list[int] = field(default_factory=list)
    """The patients taken in, new or already there."""

    @property
    def is_whole(self) -> bool:
        """Whether everything could be read and written; what was never to be taken over counts as read."""
        return not self.faults

    def fault(self, kind: str, fault: Fault) -> None:
        """One line or entry that could not be taken over."""
        self.faults.append(fault)
        if kind in KINDS:
            self.malformed[kind] += 1

    def leave_out(self, kind: str, why: str) -> None:
        """One resource that was understood and is not history of a medicine taken."""
        self.left_out[kind, why] += 1

    def map(self, what: str, name: str, *, known: bool) -> None:
        """One resource's code, mapped or not."""
        self.unmapped.setdefault(what, Counter())
        if known:
            self.mapped[what] += 1
        else:
            self.unmapped[what][name] += 1

    def lines(self, *, show_unmapped: bool) -> Iterator[str]:
        yield f"{'':<20}{'read':>7}{'imported':>10}{'already there':>15}{'left out':>10}{'malformed':>11}"
        for kind in KINDS:
            left = sum(count for (of, _), count in self.left_out.items() if of == kind)
            counts = (self.read[kind], self.imported[kind], self.already[kind], left, self.malformed[kind])
            yield f"{kind:<20}{counts[0]:>7,}{counts[1]:>10,}{counts[2]:>15,}{counts[3]:>10,}{counts[4]:>11,}"
        yield from (f"  left out: {count:,} {kind}: {why}" for (kind, why), count in sorted(self.left_out.items()))
        yield from (f"  {count:,} {what}" for what, count in self.notes.items())
        yield from self._unmapped_lines(show_unmapped)
        if self.differing:
            yield f"  {len(self.differing):,} courses read differently now and were left as they are:"
            yield from (f"    {source_id}" for source_id in self.differing[:SHOWN_FAULTS])
        if self.other:
            others = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.other.items()))
            yield f"  Not looked at: {others}"
        yield from self._fault_lines()

    def _unmapped_lines(self, show: bool) -> Iterator[str]:
        for what, names in self.unmapped.items():
            known, unknown = self.mapped[what], sum(names.values())
            hint = "" if show or not names else " (name them with --show-unmapped)"
            yield f"  {what}: {known:,} mapped, {unknown:,} unmapped under {len(names):,} names{hint}"
            if show:
                yield from (f"    {count:>6,}  {name}" for name, count in sorted(names.items(), key=_most_first))

    def _fault_lines(self) -> Iterator[str]:
        if self.faults:
            yield f"  {len(self.faults):,} could not be read:"
        for fault in self.faults[:SHOWN_FAULTS]:
            yield f"    {fault.file}:{fault.line}: {fault.reason}"
        if len(self.faults) > SHOWN_FAULTS:
            yield f"    and {len(self.faults) - SHOWN_FAULTS:,} more"


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
