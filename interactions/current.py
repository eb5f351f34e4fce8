"""Who takes what now, as rows that can be searched by medicine; the record's bridge tells it and may tell it again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from interactions import library
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.knowledge import Knowledge
from interactions.models import CurrentDrug, Substance


@dataclass(frozen=True)
class Course:
    """One signed prescription: its medicine as it was written, and the last day on which it may still matter."""

    patient_id: int
    prescription_id: int
    name: str
    rxcui: int | None
    until: date | None


def keep(courses: Sequence[Course]) -> int:
    """The rows of these prescriptions, made or brought up to date; how many.

    Four queries at most, in the caller's transaction. A second time it changes nothing.
    """
    if not courses:
        return 0
    numbers = _numbers({(named(one.name), one.rxcui or 0) for one in courses})
    rows = [
        CurrentDrug(
            patient_id=one.patient_id,
            prescription_id=one.prescription_id,
            substance_id=numbers[named(one.name), one.rxcui or 0],
            until=one.until,
        )
        for one in courses
    ]
    CurrentDrug.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["prescription"], update_fields=["substance", "until"]
    )
    return len(rows)


def named(name: str) -> str:
    """A prescription's name as it is compared: small letters, single spaces."""
    return " ".join(name.casefold().split())[:300]


def _numbers(wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
    names = {name for name, _rxcui in wanted}
    known = _known(names)
    missing = [Substance(name=name, rxcui=rxcui) for name, rxcui in sorted(wanted) if (name, rxcui) not in known]
    if missing:
        made = Substance.objects.bulk_create(
            missing, update_conflicts=True, unique_fields=["name", "rxcui"], update_fields=["name"]
        )
        known |= {(one.name, one.rxcui): one.pk for one in made}
    return known


def _known(names: Iterable[str]) -> dict[tuple[str, int], int]:
    rows = Substance.objects.filter(name__in=names).values_list("name", "rxcui", "pk")
    return {(name, rxcui): number for name, rxcui, number in rows}


class Substances:
    """Every substance on record as one set of releases reads it."""

    def __init__(self, rows: Iterable[tuple[int, str, int]], knowledge: Knowledge) -> None:
        self.key_of: dict[int, str | None] = {}
        self._taken_as: dict[str, set[int]] = {}
        for number, name, rxcui in rows:
            found = library.resolve(name=name, rxcui=rxcui or None, among=knowledge)
            entry = knowledge.catalogue.drugs[found.key] if found else None
            self.key_of[number] = entry.key if entry else None
            for key in _speaks_as(entry, knowledge) if entry else ():
                self._taken_as.setdefault(key, set()).add(number)

    def taken_as(self, key: str) -> set[int]:
        """The substances that are this drug, are judged as it, or contain it; none where nobody is prescribed any."""
        return self._taken_as.get(key, set())


def _speaks_as(entry: CatalogueDrug, knowledge: Knowledge) -> set[str]:
    parts = (knowledge.catalogue.coded(rxcui) for rxcui in entry.ingredients)
    return {entry.key, entry.screened_as or entry.key, *(part.key for part in parts if part is not None)}


def rows() -> list[tuple[int, str, int]]:
    """Every substance: number, name, code. One query over a table of medicines, not of patients."""
    return list(Substance.objects.values_list("pk", "name", "rxcui"))


def takers(numbers: Collection[int]) -> dict[int, int]:
    """How many prescriptions name each of these substances; one that nobody takes is left out. One query."""
    found = CurrentDrug.objects.filter(substance_id__in=numbers).values_list("substance_id")
    return dict(found.annotate(count=Count("pk")).order_by())


def orders(today: date) -> int:
    """How many prescriptions may still matter. One query."""
    return CurrentDrug.objects.filter(Q(until=None) | Q(until__gte=today)).count()
