"""Everything that is active now, as one value the engine is called with."""

from dataclasses import dataclass, field
from datetime import date

from interactions.engine.catalogue import Catalogue
from interactions.engine.data_set import DataSet, Selection
from interactions.engine.derivation import Derived
from interactions.engine.findings import Finding, Match
from interactions.engine.formulary import Formulary, empty
from interactions.engine.regrading import NO_REGRADES, Regrades
from interactions.engine.rulebook import RuleBook

Source = RuleBook | DataSet


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
    derived: dict[int, tuple[Derived, ...]] = field(default_factory=dict, repr=False, compare=False)
    """What follows for two profiles, by their numbers; remembered."""
    told: dict[object, tuple[Finding, ...]] = field(default_factory=dict, repr=False, compare=False)
    """The words on two drugs that are both taken; remembered."""
    words: dict[object, Match] = field(default_factory=dict, repr=False, compare=False)
    """The words on each derivation at each weight; remembered."""
    pairs: dict[int, int] = field(default_factory=dict, repr=False, compare=False)
    """What the words on two kinds of drugs depend on, by their numbers; remembered."""
    words_of_pairs: dict[object, tuple[Finding, ...]] = field(default_factory=dict, repr=False, compare=False)
    """The words on two kinds of drugs at their dose bands; remembered."""
    _kinds: dict[object, int] = field(default_factory=dict, repr=False, compare=False)
    _selections: dict[tuple[int, str, str, str], Selection] = field(default_factory=dict, repr=False, compare=False)

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

    def selection(self, source: int, key: str, route: str, form: str) -> Selection:
        """What stands for a catalogue drug in the data set at this place of `sources`; remembered."""
        asked = (source, key, route, form)
        known = self._selections.get(asked)
        if known is None:
            data_set = self.sources[source]
            assert isinstance(data_set, DataSet)
            known = data_set.select(self.catalogue.drugs[key], route, form, self.catalogue)
            if len(self._selections) < 100_000:
                self._selections[asked] = known
        return known

    def kind(self, mark: object) -> int:
        """A number for each drug at a profile in all sources, by which pairs are remembered as long as this lives."""
        number = self._kinds.get(mark)
        if number is None:
            number = self._kinds[mark] = len(self._kinds)
        return number

    @property
    def newest_on(self) -> date | None:
        """The date of the newest active release; None when nothing is active."""
        return max((source.released_on for source in self.sources), default=None)
