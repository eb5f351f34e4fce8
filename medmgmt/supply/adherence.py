"""The bridge to adherence: how regularly one patient has had each medicine, by fills, by injections, by their own word.

Every figure speaks of the year up to a day: PQA's measurement year, rolled forward, so that it says something today.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from interactions.engine.care_tables import AdherenceClass, CareTables, Injection
from interactions.engine.knowledge import Knowledge
from medmgmt.record import dosing
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.courses import Course
from medmgmt.supply import stock
from refills import site
from refills.models import AdherenceReport, Dispense, PillCount
from refills.supply import adherence, injections, lasting
from refills.supply.adherence import NotScored, Share
from refills.supply.fills import Fill
from refills.supply.injections import Window

YEAR = timedelta(days=364)
EARLIEST, LATEST = date(1900, 1, 1), date(9000, 1, 1)
"""A chart may be opened as of any day; nobody was ever adherent outside of these."""
WHY_NOT = {
    NotScored.AS_NEEDED: gettext_lazy("Taken as needed: no share of days is worked out."),
    NotScored.TAPER: gettext_lazy("Being tapered off: no share of days is worked out."),
    NotScored.FEW_FILLS: gettext_lazy("Fewer than two fills in the last year: no share of days yet."),
    NotScored.LATE_INDEX: gettext_lazy("The first fill was less than 91 days ago: no share of days yet."),
}
"""PQA: at least two fills, and a first fill at least 91 days before the end; nothing taken as needed or tapered off."""


class Scored:
    """What has a PDC, or a reason why it has none."""

    pdc: Share | NotScored

    @property
    def share(self) -> Share | None:
        """PDC, or None where it is not scored."""
        return self.pdc if isinstance(self.pdc, Share) else None

    @property
    def percent(self) -> str:
        """PDC for people, "86.3"; empty where it is not scored."""
        return str(self.pdc.percent) if isinstance(self.pdc, Share) else ""


@dataclass(frozen=True)
class Adherence(Scored):
    """One medicine: PDC and MPR (or why there is none), days without, injections on time, the patient's own word."""

    prescription_id: int
    drug_name: str
    first: date
    last: date
    pdc: Share | NotScored
    mpr: Share | None
    gap_days: int
    fills: int
    injections: tuple[int, int] | None
    reports: tuple[AdherenceReport, ...]
    missed_doses: int | None
    counted: PillCount | None

    @property
    def is_low(self) -> bool:
        """Below the threshold, or an injection rate below it."""
        if self.injections is not None:
            return self.injections[0] * 100 < adherence.ADHERENT_PERCENT * self.injections[1]
        return isinstance(self.pdc, Share) and not self.pdc.adherent

    @property
    def why_not(self) -> str:
        """Why there is no PDC; empty where there is one."""
        return "" if isinstance(self.pdc, Share) else str(WHY_NOT[self.pdc])

    @property
    def says_something(self) -> bool:
        """Is there more to say than that nothing is known yet?"""
        return bool(self.percent or self.injections or self.reports or self.missed_doses)

    @property
    def word(self) -> AdherenceReport | None:
        """The newest of what the patient said."""
        return self.reports[0] if self.reports else None

    @property
    def sentence(self) -> str:
        """All of it in a few short sentences."""
        told = [self._by_fills(), self._by_injections(), self._by_count(), self._by_word()]
        return " ".join(one for one in told if one)

    def _by_fills(self) -> str:
        if not isinstance(self.pdc, Share):
            gap = ngettext("%(days)s day without supply.", "%(days)s days without supply.", self.gap_days)
            return " ".join([self.why_not, gap % {"days": self.gap_days}] if self.gap_days else [self.why_not])
        words = _("Covered on %(days)s of %(of)s days (%(percent)s %%), %(judged)s.")
        judged = _("adherent") if self.pdc.adherent else _("below %(least)s %%") % {"least": int(self.pdc.threshold)}
        return words % {"days": self.pdc.days, "of": self.pdc.of, "percent": self.pdc.percent, "judged": judged}

    def _by_injections(self) -> str:
        if self.injections is None:
            return ""
        on_time, of = self.injections
        return _("%(on_time)s of %(of)s injections on time.") % {"on_time": on_time, "of": of}

    def _by_count(self) -> str:
        if self.counted is None or not self.missed_doses:
            return ""
        words = ngettext("A count on %(day)s suggests %(doses)s missed dose.",
                         "A count on %(day)s suggests %(doses)s missed doses.", self.missed_doses)  # fmt: skip
        return words % {"day": self.counted.counted_on, "doses": self.missed_doses}

    def _by_word(self) -> str:
        if self.word is None:
            return ""
        return _("The patient said on %(day)s: %(what)s.") % {
            "day": self.word.on,
            "what": self.word.get_answer_display(),
        }


@dataclass(frozen=True)
class ClassAdherence(Scored):
    """A class of medicines: a day counts when any of them covers it."""

    name: str
    label: str
    drugs: tuple[str, ...]
    pdc: Share | NotScored

    @property
    def is_low(self) -> bool:
        """Below the threshold."""
        return isinstance(self.pdc, Share) and not self.pdc.adherent

    @property
    def why_not(self) -> str:
        """Why there is no PDC; empty where there is one."""
        return "" if isinstance(self.pdc, Share) else str(WHY_NOT[self.pdc])


def of_course(care: CareTables, course: Course, today: date, scopes: Collection[str]) -> Adherence:
    """One medicine in the year up to `today`; no query."""
    prescription, steps = course.prescription, course.steps
    today = min(max(today, EARLIEST), LATEST)
    recorded = [row for row in course.fills if row.dispensed_on <= today]
    fills = [Fill(row.dispensed_on, row.days_supply) for row in recorded]
    first, last = today - YEAR, last_day(steps, today)
    within = [fill for fill in fills if first <= fill.on <= last]
    numbers = site.supply_rules()
    scored = adherence.measured(
        {"": fills},
        first,
        last,
        threshold=numbers.number("pdc_adherent_percent", scopes),
        index_days=numbers.whole("pdc_index_days_min", scopes),
        fewest_fills=numbers.whole("pdc_fills_min", scopes),
        not_scored=not_scored(steps, today),
    )
    begun = min((fill.on for fill in within), default=None)
    counted = next(iter(reversed(course.counts)), None)
    timing = timing_of(care, scopes)
    return Adherence(
        prescription_id=prescription.pk,
        drug_name=prescription.drug_name,
        first=begun or first,
        last=last,
        pdc=scored,
        mpr=adherence.mpr(within, begun, last) if begun and isinstance(scored, Share) else None,
        gap_days=adherence.gap_days(fills, first, last) if not_scored(steps, today) is None else 0,
        fills=len(within),
        injections=on_time(fills, timing) if timing else None,
        reports=course.reports[:5],
        missed_doses=missed(counted, recorded, course) if counted else None,
        counted=counted,
    )


def last_day(steps: Sequence[dosing.Step], today: date) -> date:
    """Today, or the last day on which it was taken where it is stopped or on hold."""
    return min(today, dosing.last_dose_on(steps, today) or today)


def not_scored(steps: Sequence[dosing.Step], today: date) -> NotScored | None:
    """What is taken as needed, and what ends as planned, has no score."""
    sig = dosing.dose_on(last_day(steps, today), steps).sig
    if sig is not None and sig.as_needed:
        return NotScored.AS_NEEDED
    end = stock.end_of(steps)
    return NotScored.TAPER if end is not None and end > today else None


def on_time(fills: Sequence[Fill], timing: Injection) -> tuple[int, int] | None:
    """Injections on time, and those that could be."""
    return adherence.on_time([fill.on for fill in fills], timing.interval_days, timing.early, timing.late)


def missed(count: PillCount, recorded: Sequence[Dispense], course: Course) -> int | None:
    """Doses that a count suggests were missed since the first fill; None where the units say nothing of the dose."""
    before = [row for row in recorded if row.dispensed_on < count.counted_on and row.unit == count.unit]
    if not before:
        return None
    plan = stock.in_units(course, count.unit, before[0].dispensed_on)
    use = plan.on(count.counted_on) if plan else None
    if plan is None or use is None:
        return None
    handed = sum((Fraction(row.quantity) for row in before), Fraction(0))
    expected = lasting.left_on(handed, before[0].dispensed_on, plan, count.counted_on)
    return lasting.missed_doses(expected, Fraction(count.quantity), use)


def injection_due(course: Course, today: date, timing: Injection) -> Window | None:
    """The window of the next injection, counted from the last; None before the first, and where none is to come."""
    if not course.fills or not stock.is_wanted(course.steps, today):
        return None
    return injections.window(course.fills[-1].dispensed_on, timing.interval_days, timing.early, timing.late)


def timing_of(care: CareTables, scopes: Collection[str]) -> Injection | None:
    """When this product's injections are on time; None for what is no long-acting injection."""
    return next((one for one in care.injections if f"drug:{one.product}" in scopes), None)


def of_classes(
    classes: Iterable[AdherenceClass],
    courses: Sequence[Course],
    today: date,
    scopes_by: Mapping[int, Collection[str]],
) -> list[ClassAdherence]:
    """Every class of which the patient has had something; drugs of a class never shift each other."""
    found = []
    for name, label, scope in classes:
        mine = [one for one in courses if scope in scopes_by[one.prescription.pk] and not not_scored(one.steps, today)]
        if not mine:
            continue
        by_drug: dict[str, list[Fill]] = {}
        for one in mine:
            told = [Fill(row.dispensed_on, row.days_supply) for row in one.fills if row.dispensed_on <= today]
            by_drug.setdefault(one.prescription.drug_name, []).extend(told)
        until = max(last_day(one.steps, today) for one in mine)
        drugs = tuple(sorted(drug for drug, fills in by_drug.items() if fills))
        if drugs:
            found.append(ClassAdherence(name, str(_(label)), drugs, adherence.measured(by_drug, until - YEAR, until)))
    return found


@dataclass(frozen=True)
class Regularity:
    """Everything about one patient's regularity."""

    medicines: tuple[Adherence, ...]
    classes: tuple[ClassAdherence, ...]

    def of(self, prescription_id: int) -> Adherence | None:
        """One medicine's."""
        return next((one for one in self.medicines if one.prescription_id == prescription_id), None)


def of_patient(courses: Sequence[Course], today: date, knowledge: Knowledge) -> Regularity:
    """Every course that has begun, and the classes; no query."""
    begun = [one for one in courses if dosing.last_dose_on(one.steps, today) is not None]
    scopes = {one.prescription.pk: regimen_scopes.scopes_of(one.prescription, knowledge) for one in begun}
    care = knowledge.formulary.care
    medicines = [of_course(care, one, today, scopes[one.prescription.pk]) for one in begun]
    return Regularity(tuple(medicines), tuple(of_classes(care.classes, begun, today, scopes)))
