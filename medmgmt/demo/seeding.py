"""Puts the demo clinic into an empty database: people and their past are recorded, today's orders go the real way."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from interactions import library, review
from interactions.engine.knowledge import Knowledge
from medmgmt.actions import authorising, importing, people, prescribing, supply, worklist
from medmgmt.actions import review as actions_review
from medmgmt.actions import side_effects as actions_side_effects
from medmgmt.actions.history import History, PastAllergy, PastCourse
from medmgmt.actions.prescribing import DrugChoice
from medmgmt.demo import generator, tables
from medmgmt.demo.generator import CARLA, HARBOR, HILLSIDE, DemoPatient
from medmgmt.demo.tables import Order, Refill, Tables
from medmgmt.record.models import CareTeam, CareTeamMember, Patient, Prescription, Role, User
from medmgmt.regimen import courses
from refills.models import Task
from refills.worklist import kinds
from refills.worklist import tasks as worklist_tasks

SEED = 2026
IN_CHARGE = {HARBOR: "adler", HILLSIDE: "dorn"}
"""Who takes over the past of a team's patients, and screens them."""
LONG_AGO = timedelta(days=800)


@dataclass(frozen=True)
class Seeded:
    """How many of everything were made."""

    patients: int
    staff: int
    orders: int
    side_effects: int
    tasks: int


@transaction.atomic
def seed(*, password: str, number: int = SEED, now: datetime | None = None) -> Seeded:
    """Makes the whole clinic or nothing. The knowledge to review against must be in use already."""
    now = now or timezone.now()
    told = tables.read()
    made = generator.clinic(told, seed=number, now=now)
    clinic = _Clinic(told, now, make_password(password))
    clinic.hire()
    for patient in made:
        clinic.admit(patient)
    clinic.give_carla_a_login()
    for order in told.orders:
        clinic.order(order)
    for refill in told.refills:
        clinic.write_for_the_pharmacy(refill)
    side_effects = clinic.hear_of_side_effects()
    clinic.screen()
    clinic.open_tasks()
    return Seeded(len(made), len(told.staff), len(told.orders), side_effects, Task.objects.count())


class _Clinic:
    """What has been made so far, by the names the tables use."""

    def __init__(self, told: Tables, now: datetime, password: str) -> None:
        self.told, self.now, self.password = told, now, password
        self.teams: dict[str, CareTeam] = {}
        self.users: dict[str, User] = {}
        self.patients: dict[str, list[Patient]] = {}
        """Patients by template, those with Harbor first."""
        self.knowledge = library.current()

    def hire(self) -> None:
        """Everybody of the staff, in their teams, with the demo password."""
        for one in self.told.staff:
            is_admin = one.role == Role.ADMINISTRATOR
            user = User.objects.create(
                username=one.username,
                first_name=one.given_name,
                last_name=one.family_name,
                email=f"{one.username}@clinic.example",
                role=one.role,
                password=self.password,
                is_staff=is_admin,
                is_superuser=is_admin,
            )
            self.users[one.username] = user
            if one.team:
                team = self.teams.setdefault(one.team, CareTeam.objects.get_or_create(name=one.team)[0])
                CareTeamMember.objects.create(team=team, user=user, since=self.now - LONG_AGO)

    def admit(self, one: DemoPatient) -> None:
        """A patient with their past and their address."""
        by = self.users[IN_CHARGE[one.team]]
        coded = with_codes(one.history, self.knowledge)
        patient_id = importing.take_in(by, coded, team_id=self.teams[one.team].pk).patient_id
        people.set_contact(by, patient_id, channel="email", address=one.email, consented=one.consents)
        self.patients.setdefault(one.template, []).append(Patient.objects.get(pk=patient_id))

    def give_carla_a_login(self) -> None:
        """Carla's own access to the portal."""
        carla = self.patients[CARLA][0]
        self.users[CARLA] = User.objects.create(
            username=CARLA,
            first_name=carla.given_name,
            last_name=carla.family_name,
            email="carla.reyes@mail.example",
            role=Role.PATIENT,
            patient=carla,
            password=self.password,
        )

    def order(self, order: Order) -> None:
        """An order of today, through the review that everybody's orders go through; unsigned it waits with a task."""
        by, patient = self.users["adler"], self.patients[order.template][0]
        today = patient.today(self.now)
        known = library.resolve(name=order.drug, among=self.knowledge)
        proposal = prescribing.propose_start(
            by,
            patient.pk,
            drug=DrugChoice(order.drug, known.rxcui if known else None, strength=order.strength, form=order.form),
            sig=order.sig,
            effective_on=today,
            reason_code=order.reason,
            note=order.note,
            indication=order.indication,
        )
        if order.answer:
            while waiting := review.unanswered(proposal.review.pk):
                actions_review.override(
                    by,
                    waiting[0].pk,
                    reason_code=order.answer,
                    note=order.answer_note,
                    follow_up_on=today + timedelta(days=order.follow_up_days),
                    follow_up=order.follow_up,
                )
        if order.sign:
            prescribing.sign(by, proposal.change.pk)
        if order.ask:
            actions_review.ask(by, proposal.change.pk)

    def write_for_the_pharmacy(self, one: Refill) -> None:
        """What the last fill was handed out by; somebody who asked for more waits in the renewals."""
        patient = self.patients[one.template][0]
        prescription = Prescription.objects.get(patient=patient, drug_name=one.drug)
        fill = prescription.dispenses.order_by("-dispensed_on", "-id")[0]
        authorising.authorise(
            self.users["adler"],
            prescription.pk,
            quantity=fill.quantity,
            unit=fill.unit,
            days_supply=fill.days_supply,
            refills=one.refills,
            issued_on=min(patient.today(self.now) + timedelta(days=one.issued_day), fill.dispensed_on),
            quantity_meant=True,
        )
        if one.asked:
            key = kinds.REFILL_ASKED.key_of(prescription.pk, patient.today(self.now), 0)
            supply.open_refill_task(patient, prescription, key=key)

    def hear_of_side_effects(self) -> int:
        """Reports by nurse and patient; what is over has been looked at already."""
        for one in self.told.side_effects:
            patient = self.patients[one.template][0]
            report = actions_side_effects.log_side_effect(
                self.users[one.reporter],
                patient.pk,
                term=one.term,
                severity=one.severity,
                began_on=patient.today(self.now) + timedelta(days=one.began_day),
                outcome=one.outcome,
                action_taken=one.action_taken,
                note=one.note,
            )
            if one.outcome == "recovered":
                task = Task.objects.get(key=kinds.SIDE_EFFECT.key_of(report.pk))
                worklist.done(self.users["adler"], task.pk, outcome="Dose reduced; gone.", version=task.version)
        return len(self.told.side_effects)

    def screen(self) -> None:
        """What each patient takes today, checked once, so that every chart says what stands."""
        for patient in self.everybody():
            regimen = courses.on_day(patient, patient.today(self.now))
            review.run(
                patient_id=patient.pk, change_id=None, by_id=None, moment="screen", before=[regimen], after=[regimen]
            )

    def everybody(self) -> Iterable[Patient]:
        """Every patient of the clinic."""
        return (patient for group in self.patients.values() for patient in group)

    def open_tasks(self) -> None:
        """Tasks of several kinds, some overdue; Bo has taken one up."""
        for number, one in enumerate(self.told.todos):
            patient = self.patients[one.template][0]
            task = worklist_tasks.open_task(
                kind=one.kind,
                key=f"demo:{number}",
                patient_id=patient.pk,
                role=one.role,
                assignee_id=self.users[one.assignee].pk if one.assignee else None,
                priority=one.priority,
                due_at=self.now + timedelta(hours=one.due_hours),
                title=one.title,
                detail=one.detail,
            )
            if number == 0:
                worklist.claim(self.users["bo"], task.pk, version=task.version)


def with_codes(history: History, knowledge: Knowledge) -> History:
    """The history with the RxNorm codes that the knowledge has for its drugs and allergens."""
    return replace(
        history,
        courses=tuple(_coded_course(one, knowledge) for one in history.courses),
        allergies=tuple(_coded_allergy(one, knowledge) for one in history.allergies),
    )


def _coded_course(one: PastCourse, knowledge: Knowledge) -> PastCourse:
    known = library.resolve(name=one.drug_name, among=knowledge)
    return replace(one, rxcui=known.rxcui if known else None, free_text=known is None)


def _coded_allergy(one: PastAllergy, knowledge: Knowledge) -> PastAllergy:
    known = library.resolve(name=one.substance, among=knowledge)
    return replace(one, rxcui=known.rxcui if known else None)
