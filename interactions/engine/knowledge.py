"""Everything that is active now, as one value the engine is called with."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from interactions.engine.allergens import Allergens
from interactions.engine.attributes import Profile
from interactions.engine.catalogue import Catalogue, CatalogueDrug
from interactions.engine.data_set import DataSet, Selection
from interactions.engine.formulary import Formulary, empty
from interactions.engine.memory import DrugKind, Memory
from interactions.engine.regimen import Drug
from interactions.engine.regrading import NO_REGRADES, Regrades
from interactions.engine.rulebook import RuleBook

Source = RuleBook | DataSet


class Seated(Protocol):
    """What of a seat matters here."""

    @property
    def drug(self) -> Drug: ...
    @property
    def entry(self) -> CatalogueDrug: ...
    @property
    def profile(self) -> Profile | None: ...
    @property
    def is_state(self) -> bool: ...
    @property
    def is_local(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SideEffectTerm:
    """What is known of one side effect: which drugs or classes cause it, how often, and when it begins."""

    term_id: str
    name: str
    plain: str
    associations: tuple[tuple[str, str], ...]
    """(drug key or "set:name", very_common/common/uncommon/rare)."""
    onset_days_min: int | None
    onset_days_max: int | None
    red_flag: str = "none"
    red_flag_condition: str = ""
    action: str = ""
    source: str = ""


@dataclass(frozen=True)
class Knowledge:
    """The active releases over one catalogue. It is never changed: another active set is another Knowledge."""

    sources: tuple[Source, ...]
    catalogue: Catalogue
    terms: tuple[SideEffectTerm, ...] = ()
    sets: dict[str, frozenset[str]] = field(default_factory=dict)
    formulary: Formulary = field(default_factory=empty, repr=False, compare=False)
    """What the first active release of rules says beyond pairs."""
    regrades: Regrades = field(default=NO_REGRADES, repr=False, compare=False)
    """The clinic's own grades for what is worked out."""
    memory: Memory = field(default_factory=Memory, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        *,
        books: tuple[RuleBook, ...],
        data_sets: tuple[DataSet, ...],
        catalogue: Catalogue,
        terms: tuple[SideEffectTerm, ...] = (),
        regrades: Regrades = NO_REGRADES,
    ) -> "Knowledge":
        """Rule books and data sets together; drugs that only a data set names join the catalogue."""
        for data_set in data_sets:
            data_set.enter(catalogue)
        sets = {name: members for book in books for name, members in book.sets.items()}
        return cls(
            sources=(*books, *data_sets),
            catalogue=catalogue,
            terms=terms,
            sets=sets,
            formulary=next((book.formulary for book in books), None) or empty(),
            regrades=regrades,
        )

    def kind_of(self, seat: Seated) -> DrugKind:
        """The place of a drug in every source at its route, form and profile; remembered under a number of its own."""
        dose = seat.drug.mg_per_day if seat.entry.key in self.varying else None
        mark = (seat.entry.key, seat.drug.route, seat.drug.form, seat.profile, seat.is_state, seat.is_local, dose)
        known = self.memory.kinds.get(mark)
        if known is not None:
            return known
        chosen = tuple(self._selected(source, seat) for source in self.sources)
        kind = (seat.entry.key, seat.profile, seat.is_state, seat.is_local, chosen)
        number = self.memory.numbers.setdefault(kind, len(self.memory.numbers))
        return self.memory.kinds.keep(mark, DrugKind(number, chosen))

    def _selected(self, source: Source, seat: Seated) -> Selection:
        if isinstance(source, RuleBook):
            found = source.selection(seat.drug, seat.entry)
            return found._replace(numbers=()) if seat.is_local else found
        entry = self.catalogue.drugs[seat.entry.key]
        return source.select(entry, seat.drug.route, seat.drug.form, self.catalogue, only_by_route=seat.is_local)

    @cached_property
    def allergens(self) -> Allergens:
        """What people write on allergy lists, read by these names."""
        return Allergens(self.catalogue, self.formulary.allergens, self.formulary.reactions)

    @cached_property
    def varying(self) -> frozenset[str]:
        """Keys of drugs that stand elsewhere in the rules at another dose."""
        return frozenset(
            key for book in self.sources if isinstance(book, RuleBook) for key in book.varying(self.catalogue)
        )
