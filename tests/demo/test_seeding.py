"""The demo clinic as a newcomer finds it: everybody's login, a rich chart, real findings, and tasks that wait."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from interactions.models import Answer, Finding, Review
from medmgmt import chart
from medmgmt.actions import prescribing
from medmgmt.actions.prescribing import DrugChoice
from medmgmt.record import access, audit, dosing
from medmgmt.record.models import DosageChange, Patient, User
from medmgmt.review import reads
from refills.models import Reminder, Task, TaskState
from tests import shipped_knowledge
from tests.conftest import FAST_HASHERS

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
PASSWORD = "demo-harbor-iop"


@pytest.fixture(scope="module", autouse=True)
def _clinic(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Made once, in a transaction around those of the tests."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        shipped_knowledge.put_into_use()
        with override_settings(PASSWORD_HASHERS=FAST_HASHERS):
            call_command("seed_demo", verbosity=0)
        yield
        transaction.set_rollback(True)


def user(name: str) -> User:
    return User.objects.get(username=name)


def carla() -> Patient:
    return Patient.objects.get(given_name="Carla", family_name="Reyes")


def test_everybody_signs_in_with_the_printed_password_and_sees_their_own_patients() -> None:
    for name in ("adler", "bo", "pia", "dorn", "ada", "olga", "otis", "carla"):
        assert user(name).check_password(PASSWORD)
        assert user(name).email.endswith(".example")
    assert Patient.objects.count() == 63
    assert access.patients_of(user("adler")).count() + access.patients_of(user("dorn")).count() == 63
    assert not access.patients_of(user("adler")).filter(pk__in=access.patients_of(user("dorn"))).exists()
    assert list(access.patients_of(user("carla"))) == [carla()]
    assert not access.patients_of(user("ada")).exists()


def test_carlas_chart_is_rich_and_nothing_in_it_waits_for_an_answer() -> None:
    shown = chart.chart(user("adler"), carla().pk)
    doses = {one.prescription.drug_name: one.line.replace(dosing.NBSP, " ") for one in shown.medications}
    assert doses["sertraline"] == "150 mg by mouth every morning"
    assert doses["lithium"] == "900 mg by mouth at bedtime"
    assert {one.prescription.drug_name for one in shown.past} == {"escitalopram", "trazodone"}
    assert len(shown.enrolments) == 2
    assert {"lithium", "egfr", "weight", "phq9"} <= set(shown.facts)
    assert {one.row.substance for one in shown.allergies.lines} == {"penicillin", "bupropion"}
    assert {one.term for one in shown.side_effects} == {"nausea", "tremor"}
    assert not any(card.needs_answer for card in shown.standing)
    assert [len(report.suspects.all()) > 1 for report in shown.side_effects] == [True, True]


def test_an_order_of_the_tour_meets_a_finding_that_stops_the_signature() -> None:
    for drug, severity in (("tramadol", "major"), ("linezolid", "contraindicated"), ("ibuprofen", "major")):
        proposal = prescribing.propose_start(
            user("adler"),
            carla().pk,
            drug=DrugChoice(drug),
            sig=dosing.Sig.of(Decimal(50), "mg", "PO", "BID"),
            effective_on=carla().today(timezone.now()),
            reason_code="procedure",
        )
        found = Finding.objects.filter(review=proposal.review, is_new=True).values_list("severity", flat=True)
        assert severity in found


def test_her_reminder_of_today_is_due_at_once_and_several_others_in_the_next_days() -> None:
    mine = Reminder.objects.filter(patient=carla(), due_at__lte=NOW)
    assert [(one.kind, one.prescription.drug_name) for one in mine] == [("refill_3", "sertraline")]
    soon = Reminder.objects.filter(due_at__lte=NOW + timedelta(days=3))
    assert soon.values("patient").distinct().count() >= 8


def test_tasks_of_many_kinds_wait_some_overdue_and_one_taken_up() -> None:
    waiting = Task.objects.filter(state__in=[TaskState.OPEN, TaskState.CLAIMED])
    assert len(set(waiting.values_list("kind", flat=True))) >= 8
    assert waiting.filter(due_at__lt=NOW).exists()
    assert waiting.filter(state=TaskState.CLAIMED, claimed_by=user("bo")).count() == 1
    assert Task.objects.filter(state=TaskState.DONE).count() == 1


def test_risks_that_stand_were_answered_and_one_proposal_still_asks() -> None:
    stops = Finding.objects.filter(severity__in=["major", "contraindicated"]).select_related("review")
    standing = {(one.review.patient_id, one.key, *one.drugs) for one in stops if one.review.moment == "screen"}
    answered = set(Answer.objects.values_list("patient_id", "key"))
    accepted = {tuple(drugs) for patient_id, key, *drugs in standing if (patient_id, key) in answered}
    assert {("ibuprofen", "lithium"), ("gabapentin", "methadone")} <= accepted
    waiting = {patient_id for patient_id, key, *_ in standing if (patient_id, key) not in answered}
    assert len(waiting) <= 15
    open_proposals = DosageChange.objects.filter(status="proposed")
    assert set(open_proposals.values_list("prescription__drug_name", flat=True)) == {
        "tramadol",
        "propranolol",
        "tizanidine",
    }


def test_every_medicine_is_known_but_the_one_bought_over_the_counter() -> None:
    unknown = {entry["what"] for review in Review.objects.filter(moment="screen") for entry in review.not_checked}
    assert "ashwagandha root extract" in unknown
    free = DosageChange.objects.filter(prescription__free_text=True).values_list("prescription__drug_name", flat=True)
    assert set(free) == {"ashwagandha root extract"}


def test_every_side_effect_of_the_tables_is_a_term_the_knowledge_has() -> None:
    reasons = [
        reason
        for patient in Patient.objects.filter(side_effects__isnull=False)
        for report in patient.side_effects.all()
        for suspect in report.suspects.all()
        for reason in suspect.reasons
    ]
    assert reasons
    assert not any("timing alone" in reason for reason in reasons)


def test_the_audit_trail_of_the_demo_is_whole() -> None:
    assert audit.verify() == []


def test_a_second_time_it_is_refused_and_nothing_is_made() -> None:
    with pytest.raises(CommandError, match="already"):
        call_command("seed_demo", force=True)
    assert Patient.objects.count() == 63


def chloe() -> Patient:
    return Patient.objects.get(given_name="Chloe", family_name="Weber")


def test_what_the_programme_prescribes_its_own_psychiatrist_sees_and_nobody_else() -> None:
    assert list(access.patients_of(user("otis"))) == [chloe()]
    mine = {one.prescription.drug_name for one in chart.chart(user("otis"), chloe().pk).medications}
    theirs = chart.chart(user("adler"), chloe().pk)
    assert mine - {one.prescription.drug_name for one in theirs.medications} == {"buprenorphine"}
    assert "Lighthouse" not in theirs.team_names
    asked = prescribing.propose_start(
        user("adler"), chloe().pk, drug=DrugChoice("alprazolam"), sig=dosing.Sig.of(Decimal(1), "mg", "PO", "bedtime"),
        effective_on=chloe().today(timezone.now()), reason_code="initial_treatment",
    )  # fmt: skip
    [card] = [one for one in reads.proposal(user("adler"), asked.change.pk).problems if one.needs_answer]
    assert card.name == "restricted"
    assert "call the programme, +1 555 0142" in card.lead.finding.summary
