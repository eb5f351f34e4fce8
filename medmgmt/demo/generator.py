"""Makes the patients of the demo clinic by lot: the same seed and moment always give the same clinic.

Pure: no database and no clock. Every patient is one recorded history, with the supply in hand chosen so that refills
fall due over the next days.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_UP, Decimal
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from medmgmt.actions.history import (
    History,
    PastAllergy,
    PastCondition,
    PastCourse,
    PastEnrolment,
    PastFill,
    PastObservation,
    PastPatient,
    PastStep,
)
from medmgmt.demo.tables import Name, Step, Tables, Template
from medmgmt.record.dosing import Sig
from refills.messages.waking import Waking

CARLA = "carla"
HARBOR, HILLSIDE = "Harbor", "Hillside"
MOST_SHIFT = 6
"""A template's past is moved back by up to so many days, so that no two patients run in step."""
FILLS_BACK = 3
CLINIC_OPENS = time(15)
"""UTC: the middle of the morning where most patients live."""
DISPENSED = (("tablet", "{tablet}"), ("capsule", "{capsule}"), ("film", "{film}"), ("spray", "{spray}"))


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """One patient: whose kind, in whose care, what happened so far, and how they may be reached."""

    template: str
    team: str
    history: History
    email: str
    consents: bool


def clinic(tables: Tables, *, seed: int, now: datetime) -> tuple[DemoPatient, ...]:
    """Every patient of the demo clinic as of `now`, Carla first."""
    lot = random.Random(seed)  # noqa: S311 - a lot for a demo, nothing secret
    people = _People(tables, lot)
    made = [_carla(tables, lot, now)]
    for template in tables.templates:
        for number in range(template.patients):
            team = HILLSIDE if number >= template.patients - template.at_hillside else HARBOR
            made.append(_Maker(tables, template, lot, now).patient(len(made), team, people.draw(template.sex)))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    sex: str
    given: Name
    family: Name


class _People:
    """People drawn by lot, nobody twice, and names spread evenly."""

    def __init__(self, tables: Tables, lot: random.Random) -> None:
        families = [name for name in tables.names if name.part == "family"]
        given = [name for name in tables.names if name.part == "given"]
        self.left = [Person(one.sex, one, family) for one in given for family in families]
        lot.shuffle(self.left)
        self.used: Counter[str] = Counter()

    def draw(self, sex: str) -> Person:
        """Somebody of this sex ("any" for either) whose names have been used least."""
        fitting = (one for one in self.left if sex in ("any", one.sex))
        person = min(fitting, key=lambda one: self.used[one.given.name] + self.used[one.family.name])
        self.left.remove(person)
        self.used.update((person.given.name, person.family.name))
        return person


def _carla(tables: Tables, lot: random.Random, now: datetime) -> DemoPatient:
    """Carla lives where it is day when the demo is made, so that her reminder of today goes out at once."""
    template = next(one for one in tables.templates if one.name == CARLA)
    awake = (zone for zone, _ in tables.places if Waking().holds(now, zone))
    person = Person("female", Name("given", "Carla", "female", "en"), Name("family", "Reyes", "any", "es"))
    maker = _Maker(tables, template, lot, now, zone=next(awake, tables.places[0][0]), shift=0)
    return maker.patient(0, HARBOR, person)


class _Maker:
    """Makes one patient of a template."""

    def __init__(
        self, tables: Tables, template: Template, lot: random.Random, now: datetime, *, zone: str = "", shift: int = -1
    ) -> None:
        self.tables, self.template, self.lot, self.now = tables, template, lot, now
        zones, shares = zip(*tables.places, strict=True)
        self.zone = zone or str(lot.choices(zones, shares)[0])
        self.shift = lot.randint(0, MOST_SHIFT) if shift < 0 else shift
        self.today = now.astimezone(ZoneInfo(self.zone)).date()
        self.is_carla = template.name == CARLA

    def patient(self, number: int, team: str, person: Person) -> DemoPatient:
        """The patient with everything that happened so far."""
        given, family = person.given, person.family
        self.key = f"demo/{number}"
        speaks_spanish = given.language == family.language == "es" and self.lot.random() < 0.6
        steps = [step for step in self.tables.steps if step.template == self.template.name]
        courses = tuple(self._courses(steps))
        history = History(
            patient=PastPatient(
                source_id=self.key,
                mrn=f"{team[:2].upper()}-{10_000 + 37 * number}",
                given_name=given.name,
                family_name=family.name,
                birth_date=birth_date(self.today, self.lot.randint(*self.template.ages), self.lot.randint(0, 360)),
                sex=person.sex,
                language="es" if speaks_spanish else "en",
                time_zone=self.zone,
            ),
            conditions=tuple(self._conditions()),
            allergies=tuple(self._allergies({step.drug for step in steps})),
            observations=tuple(self._observations(person.sex)),
            enrolments=tuple(self._enrolments()),
            courses=courses,
        )
        name = f"{given.name}.{family.name}".lower().replace("'", "")
        return DemoPatient(self.template.name, team, history, f"{name}@mail.example", self._consents())

    def _consents(self) -> bool:
        return self.is_carla or self.lot.random() < 0.85

    def _day(self, day: int) -> date:
        """A template's day on the calendar: the past is moved back, what is planned stays where it is."""
        return self.today + timedelta(days=day if day > 0 else day - self.shift)

    def _at(self, day: date, minutes: int) -> datetime:
        at = datetime.combine(day, CLINIC_OPENS, tzinfo=UTC) + timedelta(minutes=minutes)
        return min(at, self.now - timedelta(minutes=1))

    def _conditions(self) -> Iterator[PastCondition]:
        first = self._day(self.template.levels[0][1])
        for number, (code, words) in enumerate(self.template.conditions):
            onset = first - timedelta(days=self.lot.randint(200, 3000))
            yield PastCondition(f"{self.key}/condition/{number}", words, code, "ICD-10-CM", code, onset)

    def _enrolments(self) -> Iterator[PastEnrolment]:
        begun = [(level, self._day(day)) for level, day in self.template.levels]
        for (level, starts_on), (_, ends_on) in pairwise([*begun, ("", None)]):
            if starts_on is not None:
                yield PastEnrolment(level, starts_on, ends_on)

    def _allergies(self, drugs: set[str]) -> Iterator[PastAllergy]:
        """None for most; never to something the patient takes."""
        possible = [one for one in self.tables.reactions if one.substance not in drugs]
        if self.is_carla:
            chosen = [one for one in possible if one.substance in ("penicillin", "bupropion")]
        else:
            chosen = self.lot.sample(possible, self.lot.choices((0, 1, 2), (62, 30, 8))[0])
        for one in chosen:
            recorded = self.today - timedelta(days=self.lot.randint(120, 2500))
            source_id = f"{self.key}/allergy/{one.substance}"
            yield PastAllergy(source_id, one.kind, one.substance, recorded, None, one.reaction, one.severity)

    def _observations(self, sex: str) -> Iterator[PastObservation]:
        """The template's own measurements, and of everybody's those that it does not have."""
        own = [one for one in self.tables.measurements if one.template == self.template.name]
        codes = {one.code for one in own}
        shared = [one for one in self.tables.measurements if one.template in ("*", f"*{sex}") and one.code not in codes]
        for number, one in enumerate([*own, *shared]):
            value = self._between(one.low, one.high) if one.low is not None and one.high is not None else None
            at = self._at(self._day(one.day), self.lot.randint(-60, 180))
            yield PastObservation(f"{self.key}/observation/{number}", one.code, at, value, one.value_code)

    def _between(self, low: Decimal, high: Decimal) -> Decimal:
        """A number between the two, with as many digits after the point as they have."""
        digits = max(-int(number.as_tuple().exponent) for number in (low, high))
        return Decimal(self.lot.randint(int(low.scaleb(digits)), int(high.scaleb(digits)))).scaleb(-digits)

    def _courses(self, steps: Iterable[Step]) -> Iterator[PastCourse]:
        """One course a drug, its steps in the order of the table."""
        by_drug = groupby(sorted(steps, key=lambda step: step.drug), key=lambda step: step.drug)
        for number, (drug, group) in enumerate(by_drug):
            told = list(group)
            source_id = f"{self.key}/prescription/{number}"
            yield PastCourse(
                source_id=source_id,
                drug_name=drug,
                steps=tuple(self._steps(told)),
                strength=told[0].strength,
                form=told[0].form,
                indication=told[0].indication,
                fills=tuple(self._fills(source_id, told)),
            )

    def _steps(self, told: list[Step]) -> Iterator[PastStep]:
        """What is planned was signed with the last step before it."""
        signed = self.now
        for number, step in enumerate(told):
            on = self._day(step.day)
            if step.day <= 0:
                signed = self._at(on, self.lot.randint(0, 120))
            plan = "planned with the step before" if step.day > 0 else ""
            at = signed + timedelta(seconds=number) if step.day > 0 else signed
            yield PastStep(step.kind, on, at, step.sig, step.reason, step.note, plan)

    def _fills(self, source_id: str, told: list[Step]) -> Iterator[PastFill]:
        """The last few fills: of a running course up to the one that lasts into the next days."""
        days, sig = told[0].supply_days, next((step.sig for step in reversed(told) if step.sig and step.day <= 0), None)
        if days is None or sig is None:
            return
        start = self._day(told[0].day)
        stopped = next((self._day(step.day) for step in told if step.kind == "stop" and step.day <= 0), None)
        last = self._last_fill(days, told[0].runs_out_in) if stopped is None else stopped - timedelta(days=days)
        when = [on for back in range(FILLS_BACK) if (on := last - timedelta(days=days * back)) >= start] or [start]
        quantity, unit = dispensed(sig, told[0].strength, told[0].form, days)
        for on in reversed(when):
            yield PastFill(f"{source_id}/fill/{on.isoformat()}", on, quantity, unit, days)

    def _last_fill(self, days: int, runs_out_in: int | None) -> date:
        """The day of the last fill; without a wish most supplies last some weeks, and several end in the next days."""
        left = self.lot.choices((0, 1, 3, 5, 7), (2, 3, 5, 3, 4))[0]
        if runs_out_in is not None:
            left = runs_out_in
        elif self.lot.random() < 0.75:
            left = self.lot.randint(8, max(8, days - 1))
        return self.today - timedelta(days=max(0, days - min(left, days)))


def dispensed(sig: Sig, strength: str, form: str, days: int) -> tuple[Decimal, str]:
    """What the pharmacy hands out for so many days: whole pieces of the product where its strength tells how many."""
    unit = next((unit for word, unit in DISPENSED if word in form.lower()), "{dose}")
    size, _, of = strength.partition(" ")
    pieces = sig.amount / Decimal(size) if of == sig.unit else Decimal(1)
    return (pieces * sig.doses_per_day * days).quantize(Decimal(1), ROUND_UP), unit


def birth_date(today: date, age: int, days_ago: int) -> date:
    """A birth date that makes somebody `age` years old today, their birthday `days_ago` (0 to 360) days past."""
    day = today - timedelta(days=days_ago)
    return date(day.year - age, day.month, min(day.day, 28))
