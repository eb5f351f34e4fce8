"""The allergy list of a patient as it is read: each line, what it was understood as, and what nobody can compare."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet

from interactions import library
from interactions.engine import allergens
from interactions.engine.allergens import Allergen
from medmgmt.record.models import Allergy, AllergyKind, Patient


@dataclass(frozen=True)
class Line:
    """One line of the list; it is read by the knowledge in use when somebody asks."""

    row: Allergy

    @cached_property
    def read(self) -> tuple[Allergen, ...]:
        """Every substance of it."""
        return library.current().allergens.read(self.row.meant or self.row.substance, self.row.rxcui)

    @property
    def understood(self) -> str:
        """What it is compared as; blank where that says no more than the line itself."""
        names = [one.name for one in self.read if one.name and one.kind != allergens.NONE]
        says_more = [name.casefold() for name in names] != [self.row.substance.casefold()]
        return ", ".join(dict.fromkeys(names)) if says_more else ""

    @property
    def unread(self) -> tuple[str, ...]:
        """Words that no knowledge in use can compare with a medicine."""
        return tuple(one.said for one in self.read if one.kind == allergens.UNKNOWN)

    @property
    def meaning(self) -> frozenset[object]:
        """The same for two lines that speak of the same substances, whatever words they use."""
        return frozenset(one.meaning if one.name else one.said.casefold() for one in self.read)


@dataclass(frozen=True)
class AllergyList:
    """What is to be avoided, and the newest statement that none is known; each has its date, and both are shown."""

    lines: tuple[Line, ...]
    stated: Allergy | None

    @property
    def is_contradicted(self) -> bool:
        """Whether somebody said that there are none, and there are."""
        return self.stated is not None and bool(self.lines)


def holding(patient: Patient) -> QuerySet[Allergy]:
    """What nobody has refuted, with the reactions to it."""
    return patient.allergies.filter(refuted_on=None).prefetch_related("reactions")


def listed(rows: Iterable[Allergy]) -> AllergyList:
    """The rows in their order."""
    kept = list(rows)
    stated = [row for row in kept if not row.is_allergen]
    newest = max(stated, key=lambda row: (row.recorded_on, row.pk), default=None)
    return AllergyList(tuple(Line(row) for row in kept if row.is_allergen), newest)


def kind_of(substance: str, kind: str) -> str:
    """The kind that was said, or the statement that none is known where that is all that the words say."""
    found = library.current().allergens.read(substance)
    return AllergyKind.NONE_KNOWN if all(one.kind == allergens.NONE for one in found) else kind
