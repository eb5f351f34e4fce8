"""Puts the demo clinic into an empty database: people and their past are recorded, today's orders go the real way."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from interactions import library, review
from interactions.engine.knowledge import Knowledge
from medmgmt.actions import authorising, importing, part2, people, prescribing, supply, worklist
from medmgmt.actions import review as actions_review
from medmgmt.actions import side_effects as actions_side_effects
from medmgmt.actions.history import History
from medmgmt.actions.prescribing import DrugChoice
from medmgmt.demo import histories
from medmgmt.demo.histories import DemoPatient, Row
from medmgmt.record.models import CareAssignment, CareTeam, CareTeamMember, Patient, Prescription, Programme, Role, User
from medmgmt.regimen import courses
from refills.models import Task
from refills.worklist import kinds
from refills.worklist import tasks as worklist_tasks

CARLA = "carla"
IN_CHARGE = {"Harbor": "adler", "Hillside": "dorn"}
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
def seed(*, password: str, now: datetime | None = None) -> Seeded:
    """Makes the whole clinic or nothing. The knowledge to review against must be in use already."""
    now = now or timezone.now()
    clinic = _Clinic(now, make_password(password))
    staff, orders, side_effects = histories.rows("staff"), histories.rows("orders"), histories.rows("side_effects")
    for one in staff:
        clinic.hire(one)
    for patient in histories.clinic(now):
        clinic.admit(patient)
    clinic.give_carla_a_login()
    for one in histories.rows("programmes"):
        clinic.refer(one)
    for order in orders:
        clinic.order(order)
    for refill in histories.rows("refills"):
        clinic.write_for_the_pharmacy(refill)
    for report in side_effects:
        clinic.hear_of_side_effect(report)
    clinic.screen()
    clinic.open_tasks()
    return Seeded(len(clinic.patients), len(staff), len(orders), len(side_effects), Task.objects.count())


class _Clinic:
    """What has been made so far, by the names the tables use."""

    def __init__(self, now: datetime, password: str) -> None:
        self.now, self.password = now, password
        self.teams: dict[str, CareTeam] = {}
        self.users: dict[str, User] = {}
        self.patients: dict[str, Patient] = {}
        self.knowledge = library.current()

    def hire(self, one: Row) -> None:
        """Somebody of the staff, in their team, with the demo password."""
        user = User.objects.create(
            username=one["username"],
            first_name=one["given_name"],
            last_name=one["family_name"],
            email=f"{one['username']}@clinic.example",
            role=one["role"],
            password=self.password,
        )
        self.users[user.username] = user
        if one["team"]:
            team = self.teams.setdefault(one["team"], CareTeam.objects.get_or_create(name=one["team"])[0])
            CareTeamMember.objects.create(team=team, user=user, since=self.now - LONG_AGO)

    def admit(self, one: DemoPatient) -> None:
        """A patient with their past and their address."""
        by = self.users[IN_CHARGE[one.team]]
        coded = with_codes(one.history, self.knowledge)
        patient_id = importing.take_in(by, coded, team_id=self.teams[one.team].pk).patient_id
        people.set_contact(by, patient_id, channel="email", address=one.email, consented=one.consents)
        self.patients[one.name] = Patient.objects.get(pk=patient_id)

    def give_carla_a_login(self) -> None:
        """Carla's own access to the portal."""
        carla = self.patients[CARLA]
        self.users[CARLA] = User.objects.create(
            username=CARLA,
            first_name=carla.given_name,
            last_name=carla.family_name,
            email="carla.reyes@mail.example",
            role=Role.PATIENT,
            patient=carla,
            password=self.password,
        )

    def refer(self, one: Row) -> None:
        """A patient comes into the care of a Part 2 programme too."""
        team, admin = self.teams[one["team"]], self.users["ada"]
        if not Programme.objects.filter(team=team).exists():
            part2.mark_programme(admin, team_id=team.pk, phone=one["phone"])
        CareAssignment.objects.create(patient=self.patients[one["patient"]], team=team, since=self.now)

    def order(self, order: Row) -> None:
        """An order of today, through the review that everybody's orders go through; unsigned it waits with a task."""
        by, patient = self.users[order["by"]], self.patients[order["patient"]]
        today = patient.today(self.now)
        known = library.resolve(name=order["drug"], among=self.knowledge)
        rxcui = known.rxcui if known else None
        proposal = prescribing.propose_start(
            by,
            patient.pk,
            drug=DrugChoice(order["drug"], rxcui, strength=order["strength"], form=order["form"]),
            sig=histories.sig(order),
            effective_on=today,
            reason_code=order["reason"],
            note=order["note"],
            indication=order["indication"],
        )
        while order["answer"] and (waiting := review.unanswered(proposal.review.pk)):
            actions_review.override(
                by,
                waiting[0].pk,
                reason_code=order["answer"],
                note=order["answer_note"],
                follow_up_on=today + timedelta(days=int(order["follow_up_days"])),
                follow_up=order["follow_up"],
            )
        if order["sign"] == "yes":
            prescribing.sign(by, proposal.change.pk)
        if order["sign"] == "ask":
            actions_review.ask(by, proposal.change.pk)

    def write_for_the_pharmacy(self, one: Row) -> None:
        """What the last fill was handed out by; somebody who asked for more waits in the renewals."""
        patient = self.patients[one["patient"]]
        prescription = Prescription.objects.get(patient=patient, drug_name=one["drug"])
        fill = prescription.dispenses.filter(voided=None).order_by("-dispensed_on", "-id")[0]
        today = patient.today(self.now)
        authorising.authorise(
            self.users["adler"],
            prescription.pk,
            quantity=fill.quantity,
            unit=fill.unit,
            days_supply=fill.days_supply,
            refills=int(one["refills"]),
            issued_on=min(today + timedelta(days=int(one["issued_day"])), fill.dispensed_on),
            quantity_meant=True,
        )
        if one["asked"] == "yes":
            key = kinds.REFILL_ASKED.key_of(prescription.pk, today, 0)
            supply.open_refill_task(patient, prescription, key=key)

    def hear_of_side_effect(self, one: Row) -> None:
        """A report by nurse or patient; what is over has been looked at already."""
        patient = self.patients[one["patient"]]
        report = actions_side_effects.log_side_effect(
            self.users[one["reporter"]],
            patient.pk,
            term=one["term"],
            severity=one["severity"],
            began_on=patient.today(self.now) + timedelta(days=int(one["began_day"])),
            outcome=one["outcome"],
            action_taken=one["action_taken"],
            note=one["note"],
        )
        if one["outcome"] == "recovered":
            task = Task.objects.get(key=kinds.SIDE_EFFECT.key_of(report.pk))
            worklist.done(self.users["adler"], task.pk, outcome="Dose reduced; gone.", version=task.version)

    def screen(self) -> None:
        """What each patient takes today, checked once, so that every chart says what stands."""
        for patient in self.patients.values():
            regimen = courses.on_day(patient, patient.today(self.now))
            review.run(
                patient_id=patient.pk, change_id=None, by_id=None, moment="screen", before=[regimen], after=[regimen]
            )

    def open_tasks(self) -> None:
        """Tasks of several kinds, some overdue; Bo has taken one up."""
        for number, one in enumerate(histories.rows("tasks")):
            task = worklist_tasks.open_task(
                kind=one["kind"],
                key=f"demo:{number}",
                patient_id=self.patients[one["patient"]].pk,
                role=one["role"],
                assignee_id=self.users[one["assignee"]].pk if one["assignee"] else None,
                priority=int(one["priority"]),
                due_at=self.now + timedelta(hours=int(one["due_hours"])),
                title=one["title"],
                detail=one["detail"],
            )
            if number == 0:
                worklist.claim(self.users["bo"], task.pk, version=task.version)


def with_codes(history: History, knowledge: Knowledge) -> History:
    """The history with the RxNorm codes that the knowledge has for its drugs and allergens."""

    def codes(name: str) -> tuple[int | None, bool]:
        known = library.resolve(name=name, among=knowledge)
        return (known.rxcui if known else None), known is None

    coded = [(one, *codes(one.drug_name)) for one in history.courses]
    return replace(
        history,
        courses=tuple(replace(one, rxcui=rxcui, free_text=is_unknown) for one, rxcui, is_unknown in coded),
        allergies=tuple(replace(one, rxcui=codes(one.substance)[0]) for one in history.allergies),
    )
