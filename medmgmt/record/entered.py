"""What a request was let through to, noted while it is done: which acts it asked for, and whose charts it touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass
class Noted:
    """Acts and patients, each once. `touched` were written about, whether or not their charts were opened."""

    acts: set[str] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)


_present: ContextVar[Noted | None] = ContextVar("entered", default=None)


@contextmanager
def noting() -> Iterator[Noted]:
    """What is asked for and touched inside, filled in as it happens."""
    noted = Noted()
    mark = _present.set(noted)
    try:
        yield noted
    finally:
        _present.reset(mark)


def act(name: str) -> None:
    """Somebody was let through to this act."""
    if (noted := _present.get()) is not None:
        noted.acts.add(name)


def chart(patient_id: int) -> None:
    """Somebody opened this chart."""
    if (noted := _present.get()) is not None:
        noted.opened.add(patient_id)


def row_about(patient_id: int | None) -> None:
    """Something was written about this patient."""
    if (noted := _present.get()) is not None and patient_id is not None:
        noted.touched.add(patient_id)
