"""The day as every rule sees it: who is seated, what each drug does at its dose, and what about the person matters."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from interactions.engine.attributes import Profile
from interactions.engine.conditions import Held
from interactions.engine.formulary import Formulary, raised
from interactions.engine.memory import Memory
from interactions.engine.numbers import Numbers
from interactions.engine.regimen import Action, Drug, Facts, Lab, Regimen
from interactions.engine.rules.seats import Seat

ZERO, ONCE = Decimal(0), Decimal(1)


@dataclass
class Situation:
    """One regimen on its day; everything derived from it is worked out once, when first asked."""

    regimen: Regimen
    seats: list[Seat]
    formulary: Formulary
    release: tuple[str, str, date]
    """Label, version and date of the release whose tables these are."""
    memory: Memory = field(default_factory=Memory)
    """What was found before, on this day or another."""

    @property
    def day(self) -> date:
        return self.regimen.day

    @property
    def facts(self) -> Facts:
        return self.regimen.facts

    @property
    def action(self) -> Action:
        return self.regimen.action

    @property
    def numbers(self) -> Numbers:
        return self.formulary.numbers

    @cached_property
    def taken(self) -> frozenset[str]:
        """Keys of everything that is taken, and of what it is screened as."""
        return frozenset(key for seat in self.seats if seat.is_active for key in (seat.entry.key, seat.rules_entry.key))

    @cached_property
    def known(self) -> list[Seat]:
        """Seats whose drug the tables know."""
        return [seat for seat in self.seats if seat.profile is not None]

    @cached_property
    def bands(self) -> dict[str, str]:
        """Key of a drug -> the band of its daily dose."""
        return {seat.rules_entry.key: seat.band for seat in reversed(self.seats) if seat.band}

    @cached_property
    def active(self) -> list[tuple[Seat, Profile]]:
        """What is taken on the day, one seat a drug, in the order of names."""
        first: dict[str, tuple[Seat, Profile]] = {}
        for seat in self.known:
            if seat.is_active and seat.profile is not None:
                first.setdefault(seat.rules_entry.key, (seat, seat.profile))
        return [first[key] for key in sorted(first)]

    @cached_property
    def shares(self) -> dict[str, list[tuple[Seat, Profile, int]]]:
        """Scale -> every drug of the day that is on it, with its points, in the order of names."""
        found: dict[str, list[tuple[Seat, Profile, int]]] = {}
        for seat, profile in self.active:
            for scale, points in profile.shares:
                found.setdefault(scale, []).append((seat, profile, points))
        return found

    @cached_property
    def present(self) -> tuple[Profile, ...]:
        """Everything that is taken or still acts, without what the present action stops."""
        stopped = self.action.refs if self.action.kind == "stop" else frozenset()
        return tuple(
            seat.profile
            for seat in self.known
            if seat.profile is not None and seat.is_present and seat.drug.ref not in stopped
        )

    @cached_property
    def asked(self) -> dict[str, Held]:
        """What conditions have asked about the person today."""
        return {}

    @cached_property
    def codes(self) -> frozenset[str]:
        """What the person's diagnoses mean."""
        return self.formulary.terms.codes(self.facts.conditions) if self.facts.conditions else frozenset()

    def risks_of(self, risk: str) -> dict[str, str]:
        """What about this person raises a risk: stable text -> words."""
        return raised(self.formulary.risks, risk, self.facts, self.codes)

    @cached_property
    def older(self) -> dict[str, str]:
        """Empty below the age from which much weighs more."""
        return self.risks_of("older")

    @property
    def is_older(self) -> bool:
        return bool(self.older)

    @cached_property
    def low_sodium(self) -> dict[str, str]:
        """Empty while sodium is in range or not on record."""
        return self.risks_of("sodium")

    @cached_property
    def slow_heart(self) -> dict[str, str]:
        """Empty while the pulse is in range or not on record."""
        return self.risks_of("rate")

    @cached_property
    def qt_risks(self) -> dict[str, str]:
        """What raises the risk of torsades in this person; age and sex alone do not."""
        return self.risks_of("qt")

    @cached_property
    def told_facts(self) -> Facts:
        """The facts with what the diagnoses say of them, as the rules on pairs read them."""
        facts, by_diagnosis = self.facts, {"structural_heart_disease", "long_qt"} & self.qt_risks.keys()
        if not by_diagnosis:
            return facts
        return replace(
            facts,
            structural_heart_disease=facts.structural_heart_disease or "structural_heart_disease" in by_diagnosis,
            congenital_long_qt=facts.congenital_long_qt or "long_qt" in by_diagnosis,
        )

    @cached_property
    def labs(self) -> dict[str, Lab]:
        """The newest value of each lab."""
        return {lab.name: lab for lab in self.facts.labs}

    @cached_property
    def complaints(self) -> frozenset[str]:
        """Symptoms of the day, in small letters."""
        return frozenset(symptom.term.casefold() for symptom in self.facts.symptoms)

    def total(self, key: str) -> Decimal | None:
        """Milligrams a day over all prescriptions of a drug; None when the dose of one is not on record."""
        return self.totals.get(key)

    @cached_property
    def totals(self) -> dict[str, Decimal | None]:
        """The same by drug."""
        found: dict[str, Decimal | None] = {}
        for seat in self.seats:
            if seat.is_active:
                key, dose = seat.rules_entry.key, seat.drug.mg_per_day
                known = found.get(key, ZERO)
                found[key] = None if known is None or dose is None else known + dose
        return found

    def lines(self, key: str) -> list[Drug]:
        """Every prescription of a drug that is taken."""
        return [seat.drug for seat in self.seats if seat.is_active and seat.rules_entry.key == key]

    def fullest(self, key: str) -> Decimal | None:
        """Milligrams on the fullest day over all prescriptions of a drug: what is taken on some days of a week counts
        as on those days, what is taken once a week or less often as its mean. None as for the total."""
        total = self.total(key)
        if total is None:
            return None
        for line in self.lines(key):
            if line.mg_in_a_day is not None and line.mg_per_day is not None and (line.days_a_week or ONCE) > ONCE:
                total += line.mg_in_a_day - line.mg_per_day
        return total

    def refs(self, *keys: str) -> tuple[str, ...]:
        """The prescriptions of these drugs; what is no prescription (smoking, alcohol) has no ref."""
        return tuple(sorted({ref for key in keys for ref in self.refs_of.get(key, ())}))

    @cached_property
    def refs_of(self) -> dict[str, list[str]]:
        """Key of a drug -> its prescriptions."""
        found: dict[str, list[str]] = {}
        for seat in self.seats:
            if not seat.is_state:
                found.setdefault(seat.rules_entry.key, []).append(seat.drug.ref)
        return found

    def name(self, key: str) -> str:
        """The name by which the regimen knows a drug: its own, though another's rules may speak for it."""
        return self.names.get(key, key)

    @cached_property
    def names(self) -> dict[str, str]:
        """Key of the rules that speak for a drug -> its own name."""
        return {seat.rules_entry.key: seat.entry.key for seat in reversed(self.seats)}

    @cached_property
    def acted(self) -> frozenset[str]:
        """Keys of the drugs that the present action is on."""
        refs = self.action.refs
        return frozenset(s.rules_entry.key for s in self.seats if s.drug.ref in refs) if refs else frozenset()

    def is_acted_on(self, *keys: str) -> bool:
        """Whether the present action is on one of these drugs."""
        return not self.acted.isdisjoint(keys)

    def is_steady(self, drug: Drug, days: int) -> bool:
        """Unchanged for so long; an unknown start is not steady."""
        since = max(filter(None, (drug.started_on, drug.changed_on)), default=None)
        return since is not None and self.day - since >= timedelta(days=days)

    def is_switch(self, a: Drug, b: Drug) -> bool:
        """A documented switch between the two, not yet longer under way than one counts."""
        refs, longest = {a.ref, b.ref}, timedelta(days=self.numbers.switch_days)
        return any(refs <= one.refs and one.since <= self.day < one.since + longest for one in self.facts.cross_tapers)

    def has_symptom_of(self, problem: str) -> bool:
        """Whether the person complains of something that belongs to the problem."""
        family = self.formulary.families.get(problem)
        return family is not None and bool(family.symptoms & self.complaints)

    def lab_in_range(self, name: str, low: int | None, high: int | None) -> bool:
        """Measured within half a year and between the two ends."""
        lab = self.labs.get(name)
        if lab is None or self.day - lab.on > timedelta(days=self.numbers.recent_lab_days):
            return False
        return (low is None or lab.value >= low) and (high is None or lab.value < high)
