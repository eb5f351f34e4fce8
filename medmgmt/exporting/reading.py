"""The rows of a chart, section by section, as plain values: one query a section, read in pieces, never held whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet

from medmgmt import people
from medmgmt.exporting.sections import SECTIONS, Section
from medmgmt.record.models import AuditEntry, Patient, Role, User
from medmgmt.record.sigs import Sig

AT_ONCE = 200
PARTS = ("number", "first_name", "last_name", "username")
EMERGENCY = "break_glass"
"""How the acts of an emergency end in the trail; other reasons there are the patient's to read."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Export:
    """Whose chart leaves for whom, when and why; `notices` are sentences that go with every form of it."""

    patient: Patient
    by: User
    at: datetime
    why: str = ""
    notices: tuple[str, ...] = field(default=())

    @property
    def is_own(self) -> bool:
        """Whether the patient asked for it."""
        return self.by.role == Role.PATIENT


@cache
def plan(section: Section) -> tuple[list[str], list[tuple[str, str, bool]]]:
    """The paths of the query, and for each column its name, its path and whether it is a person."""
    paths: list[str] = []
    told = []
    for column in section.columns.split():
        name, _equals, path = column.partition("=")
        path = path or name
        relation = None if "__" in path else section.model._meta.get_field(path)
        is_person = relation is not None and relation.related_model is User
        paths += [f"{path}_id", *(f"{path}__{part}" for part in PARTS[1:])] if is_person else [path]
        told.append((name, path, is_person))
    return paths, told


def rows_of(section: Section, patient: Patient) -> QuerySet[Model]:
    """The rows of a section about one patient."""
    if section.model is AuditEntry:
        return AuditEntry.objects.filter(people.about(patient.pk))
    return section.model._default_manager.filter(**{section.to_patient: patient.pk})


def rows(section: Section, export: Export, *, newest: int | None = None) -> Iterator[Row]:
    """Every row as it was written first; or only so many, the newest first. One query, read in pieces."""
    paths, told = plan(section)
    found = rows_of(section, export.patient).order_by("pk" if newest is None else "-pk").values_list(*paths)
    hidden = section.reasons if export.is_own and not settings.BREAK_GLASS_REASON_SHOWN else ()
    for values in (found if newest is None else found[:newest]).iterator(chunk_size=AT_ONCE):
        yield as_row(values, told, hidden)


def as_row(values: Sequence[Any], told: Sequence[tuple[str, str, bool]], hidden: Sequence[str]) -> Row:
    """The values under their names, blank where hidden; a person is one value of number and name."""
    left = iter(values)
    row: Row = {}
    for name, _path, is_person in told:
        value = person(*(next(left) for _part in PARTS)) if is_person else next(left)
        row[name] = value
    if str(row.get("act", EMERGENCY)).endswith(EMERGENCY):
        row.update(dict.fromkeys(hidden, ""))
    return row


def person(number: int | None, first: str | None, last: str | None, username: str | None) -> dict[str, object] | None:
    """Number and name; None where nobody is meant."""
    return None if number is None else {"id": number, "name": f"{first} {last}".strip() or username}


def plain(value: Any) -> Any:
    """What JSON can say: days and instants as ISO 8601, amounts as exact text, a regimen as its parts."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Sig):
        return value.as_json()
    return value


def sections() -> Sequence[Section]:
    """Every section, in the order in which it is told."""
    return SECTIONS
