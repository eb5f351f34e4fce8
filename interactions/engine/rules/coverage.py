"""Which pairs anybody has compared at all, so that silence is never taken for safety."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from interactions.engine.data_set import DataSet
from interactions.engine.findings import NotChecked, PairState
from interactions.engine.knowledge import Knowledge, Source
from interactions.engine.memory import DrugKind
from interactions.engine.regimen import Drug
from interactions.engine.rules.seats import Seat

NO_RELEASE = "no knowledge release is active"
UNKNOWN_NAME = "the active knowledge does not know this name"
NOBODY_LISTS = "known by name, but no active release says anything about it"


def described(source: Source) -> str:
    """A release as it is named to people: label, version and date."""
    return f"{source.label} {source.version} of {source.released_on.isoformat()}"


@dataclass(frozen=True)
class Coverage:
    """The seats and strangers of one day, what each source lists of them, and the pairs with something found."""

    knowledge: Knowledge
    seats: list[Seat]
    strangers: list[Drug]
    kinds: Sequence[DrugKind]
    """By seat."""
    found: set[tuple[int, int]]

    def states(self) -> tuple[PairState, ...]:
        """One state a pair of different drugs that are taken together, or nearly so."""
        involved = {place for pair in self.found for place in pair}
        present = [seat for seat in self.seats if seat.is_present or seat.place in involved]
        masks = [self._masks(seat.place) for seat in present]
        scopes: dict[int, str] = {}
        states = []
        for later, b in enumerate(present):
            b_listed, b_complete = masks[later]
            for a, (a_listed, a_complete) in zip(present[:later], masks[:later], strict=True):
                if _are_a_pair(a, b):
                    comparing = a_listed & b_listed & (a_complete | b_complete)
                    if comparing not in scopes:
                        scopes[comparing] = self._scope(comparing)
                    states.append(self._state(a, b, scopes[comparing]))
        for place, stranger in enumerate(self.strangers):
            states += [_unknown_state(stranger, seat.drug, stranger.name, self._why_unknown) for seat in present]
            for other in self.strangers[:place]:
                names = " and ".join(sorted({stranger.name, other.name}))
                states.append(_unknown_state(stranger, other, names, self._why_unknown))
        return tuple(sorted(states))

    def not_checked(self) -> list[NotChecked]:
        """Drugs that nobody knows or lists, and pairs of known drugs that no active release compares."""
        unknown = [NotChecked((drug.ref,), drug.name, self._why_unknown) for drug in self.strangers]
        unlisted = [seat for seat in self.seats if seat.is_present and not self._is_listed(seat.place)]
        alone = [NotChecked((seat.drug.ref,), seat.drug.name, NOBODY_LISTS) for seat in unlisted]
        return unknown + alone + self._pairs_not_compared({seat.place for seat in unlisted})

    @property
    def _why_unknown(self) -> str:
        return UNKNOWN_NAME if self.knowledge.sources else NO_RELEASE

    def _is_listed(self, place: int) -> bool:
        return any(of.numbers or of.is_listed for of in self.kinds[place].selections)

    def _pairs_not_compared(self, unlisted: set[int]) -> list[NotChecked]:
        present = [seat for seat in self.seats if seat.is_present and seat.place not in unlisted]
        masks = [self._masks(seat.place) for seat in present]
        if reduce(and_, (listed & complete for listed, complete in masks), -1):
            return []
        missed = []
        for later, b in enumerate(present):
            b_listed, b_complete = masks[later]
            for a, (a_listed, a_complete) in zip(present[:later], masks[:later], strict=True):
                if a_listed & b_listed & (a_complete | b_complete) or (a.place, b.place) in self.found:
                    continue
                if _are_a_pair(a, b):
                    names = " with ".join(sorted((a.entry.name, b.entry.name)))
                    missed.append(NotChecked(_refs(a, b), names, self._why_not(a, b)))
        return missed

    def _masks(self, place: int) -> tuple[int, int]:
        """One bit a source: lists every ingredient of the drug; holds every pair of it."""
        listed = complete = 0
        for bit, of in enumerate(self.kinds[place].selections):
            listed |= of.is_listed << bit
            complete |= of.is_complete << bit
        return listed, complete

    def _scope(self, comparing: int) -> str:
        """The releases at these bits, by name and date."""
        return " and ".join(
            described(source) for bit, source in enumerate(self.knowledge.sources) if comparing >> bit & 1
        )

    def _state(self, a: Seat, b: Seat, scope: str) -> PairState:
        first, second = _refs(a, b)
        if (a.place, b.place) in self.found:
            return PairState(first, second, "finding", scope, "")
        if scope:
            local = [f"; {seat.entry.name}: {seat.exposure.reason}" for seat in (a, b) if seat.is_local]
            return PairState(first, second, "nothing_on_record", f"nothing on record in {scope}{''.join(local)}", "")
        return PairState(first, second, "not_checked", "", self._why_not(a, b))

    def _why_not(self, a: Seat, b: Seat) -> str:
        """Why no active release compares two drugs of the catalogue, source by source."""
        reasons = []
        for bit, source in enumerate(self.knowledge.sources):
            unlisted = [seat.entry.name for seat in (a, b) if not self.kinds[seat.place].selections[bit].is_listed]
            if unlisted:
                reasons.append(f"{source.label} {source.version} does not list {' or '.join(sorted(unlisted))}")
            elif isinstance(source, DataSet):
                reasons.append(
                    f"{source.label} {source.version} was loaded without the files that compare them{_limits(source)}"
                )
        return "; ".join(reasons) or NO_RELEASE


def _limits(source: DataSet) -> str:
    return f" ({source.limits})" if source.limits else ""


def _refs(a: Seat, b: Seat) -> tuple[str, str]:
    first, second = a.drug.ref, b.drug.ref
    return (first, second) if first < second else (second, first)


def _are_a_pair(a: Seat, b: Seat) -> bool:
    """Two prescriptions of one drug are no pair, nor are two drugs of which neither is taken any more."""
    return a.entry.key != b.entry.key and (a.is_active or b.is_active)


def _unknown_state(a: Drug, b: Drug, unknown: str, why: str) -> PairState:
    first, second = sorted((a.ref, b.ref))
    return PairState(first, second, "not_checked", "", f"{unknown}: {why}")
