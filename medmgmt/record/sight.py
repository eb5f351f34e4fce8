"""Whom the answer being given shows: heard from each name and row as it is shown, told to the trail at the end."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Sight:
    """The numbers of the patients whom one answer has shown, and of those about whom an entry is written already."""

    shown: set[int] = field(default_factory=set)
    written: set[int] = field(default_factory=set)

    @property
    def untold(self) -> list[int]:
        """Whom the trail must still hear of, in order."""
        return sorted(self.shown - self.written)


_sight: ContextVar[Sight | None] = ContextVar("sight", default=None)


@contextmanager
def watched() -> Iterator[Sight]:
    """While an answer is given; outside of one nothing is shown to anybody."""
    mark = _sight.set(Sight())
    try:
        yield _sight.get() or Sight()
    finally:
        _sight.reset(mark)


def show(patient_ids: Iterable[int]) -> None:
    """These patients stand in the answer: by name, by number or by what they take."""
    here = _sight.get()
    if here is not None:
        here.shown.update(patient_ids)


def written(patient_ids: Iterable[int]) -> None:
    """An entry of this answer names these patients."""
    here = _sight.get()
    if here is not None:
        here.written.update(patient_ids)
