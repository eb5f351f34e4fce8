"""One imported table of drug pairs, with its own drugs and the honest limits of what it compares."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from interactions.engine.catalogue import Catalogue, CatalogueDrug
from interactions.engine.findings import SourceGrade
from interactions.engine.pair_table import PairTable
from interactions.engine.severity import Severity

ROUTES = {
    "topical": {"TOP"},
    "topiclal": {"TOP"},
    "ophthalmic": {"OPH"},
    "topical ophthalmic": {"OPH"},
    "nasal": {"IN"},
    "otic": {"OTIC"},
    "inhalation": {"INH"},
    "inhalation, rapid acting": {"INH"},
    "intravenous": {"IV"},
    "intramuscular": {"IM"},
    "subcutaneous": {"SC"},
    "intravenous and subcutaneous": {"IV", "SC"},
}
"""What stands in the brackets of a route variant -> the routes on which it is meant."""


@dataclass(frozen=True, slots=True)
class SourceDrug:
    """A drug as the source names it; its number is its place in the list."""

    name: str
    base: str = ""
    """The name without its bracket; empty when there is none."""
    variant: str = ""
    """What stands in the bracket, in small letters; several joined by "|" where the source has put them together."""
    rxcui: int | None = None
    is_complete: bool = True
    """Whether every pair of this drug that the source has was in the imported files."""


class Note(NamedTuple):
    mechanism: str = ""
    effect: str = ""
    management: str = ""
    citation: str = ""


class Selection(NamedTuple):
    """The source's drugs that speak for one drug of a regimen."""

    numbers: tuple[int, ...]
    is_listed: bool
    """Every ingredient is listed by the source."""
    is_complete: bool


UNLISTED = Selection((), False, False)
NO_NOTES: Mapping[int, Note] = {}


class DataSet:
    def __init__(
        self,
        label: str,
        version: str,
        released_on: date,
        *,
        drugs: Iterable[SourceDrug],
        table: PairTable,
        notes: Mapping[int, Note] = NO_NOTES,
        limits: str = "",
    ) -> None:
        self.label, self.version, self.released_on = label, version, released_on
        self.drugs, self.table, self.notes = tuple(drugs), table, notes
        self.is_empty = not any(table.rows)
        self.limits = limits
        """What the release does not hold, in words ("the files C, N are missing"); empty when whole."""
        self.grades = [
            SourceGrade(label, version, released_on, severity) for severity in (Severity.UNGRADED, *Severity)
        ]
        """By the byte in the table; the first stands for no byte."""
        self._by_key: dict[str, list[int]] = {}

    def enter(self, catalogue: Catalogue) -> None:
        """Tie every source drug to a catalogue drug; those that nobody else knows join under their own name."""
        self._by_key.clear()
        for number, drug in enumerate(self.drugs):
            entry = entry_of(drug, catalogue)
            if entry is None:
                entry = CatalogueDrug(key=drug.name.casefold(), name=drug.name, rxcui=drug.rxcui)
                catalogue.add(entry)
            if not drug.variant:
                catalogue.alias(drug.name, entry.key)
            self._by_key.setdefault(entry.key, []).append(number)

    def select(
        self, entry: CatalogueDrug, route: str, form: str, catalogue: Catalogue, *, only_by_route: bool = False
    ) -> Selection:
        """What stands for this drug here: its own entry, or the entries of all its ingredients.

        `only_by_route` leaves of them what the source says of this very route.
        """
        found = self._select(entry, route, form, catalogue)
        if not only_by_route:
            return found
        return found._replace(numbers=tuple(one for one in found.numbers if self.drugs[one].variant))

    def _select(self, entry: CatalogueDrug, route: str, form: str, catalogue: Catalogue) -> Selection:
        own = self._chosen(entry.key, route, form)
        if own:
            return self._selection(own, is_listed=True)
        parts = [
            self._chosen(part.key, route, form) for part in map(catalogue.coded, entry.ingredients) if part is not None
        ]
        found = [number for chosen in parts for number in chosen]
        return (
            self._selection(found, is_listed=all(parts) and len(parts) == len(entry.ingredients)) if found else UNLISTED
        )

    def _selection(self, numbers: list[int], *, is_listed: bool) -> Selection:
        return Selection(tuple(numbers), is_listed, all(self.drugs[number].is_complete for number in numbers))

    def _chosen(self, key: str, route: str, form: str) -> list[int]:
        """The variants whose route or form is this one, else the entries without a bracket, else none."""
        plain: list[int] = []
        meant: list[int] = []
        for number in self._by_key.get(key, ()):
            drug = self.drugs[number]
            if not drug.variant:
                plain.append(number)
            elif _is_meant(drug, key, route, form):
                meant.append(number)
        return meant or plain


def _is_meant(drug: SourceDrug, key: str, route: str, form: str) -> bool:
    """A route variant when it is given by that route; a salt or a liposome when the name or the form says so."""
    if drug.name.casefold() == key:
        return True
    variants = drug.variant.split("|")
    return any(route in ROUTES[one] if one in ROUTES else one in form.casefold() for one in variants)


def entry_of(drug: SourceDrug, catalogue: Catalogue) -> CatalogueDrug | None:
    """The catalogue's drug for a source's drug: by whole name, by RxCUI, then by the name without its bracket."""
    whole = catalogue.named(drug.name)
    if whole is not None:
        return whole
    coded = catalogue.coded(drug.rxcui) if drug.rxcui is not None else None
    if coded is not None:
        return coded
    return catalogue.named(drug.base) if drug.base else None
