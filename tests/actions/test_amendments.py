"""A patient asks to have the record amended: the rule's clock, the answer, the last word (45 CFR 164.526)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from medmgmt import amendments as reads
from medmgmt.actions import amendments, observing, part2, worklist
from medmgmt.chart import chart
from medmgmt.record.errors import Conflict, NoSuchPatient, NoSuchThing, NotAllowed, Refused
from medmgmt.record.models import AmendmentAnswer, AmendmentRequest, AmendmentStatement, Condition, User
from refills.models import Task
from tests import factories, shipped_knowledge

pytestmark = pytest.mark.django_db
ASKED = {"what": "I never had asthma.", "why": "It was my sister."}
ACCURATE = {"decision": "denied", "ground": "accurate", "words": "Your lung test of May says so."}


def asked(by: User | None = None, **said: Any) -> AmendmentRequest:
    return amendments.request_amendment(by or factories.carla_user(), factories.carla().pk, **{**ASKED, **said})


def denied() -> AmendmentRequest:
    made = asked()
    amendments.answer_amendment(factories.bo(), made.pk, **ACCURATE)
    return AmendmentRequest.objects.get(pk=made.pk)


def today() -> date:
    return factories.carla().today(timezone.now())


def task_of(made: AmendmentRequest, key: str = "amendment:{}") -> Task:
    return Task.objects.get(key=key.format(made.pk))


# -- asked -------------------------------------------------------------------------------------------


def test_a_request_is_a_task_of_sixty_days_that_only_the_answer_closes() -> None:
    made = asked()
    task = task_of(made)
    assert (made.received_on, made.due_on) == (today(), today() + timedelta(days=60))
    assert (task.role, task.detail, task.closes_on) == ("nurse", "I never had asthma.", f"amendment:{made.pk}")
    assert task.due_at == datetime.combine(made.due_on + timedelta(days=1), datetime.min.time(), zone())
    assert task.escalate_at == task.due_at - timedelta(days=14)
    amendments.answer_amendment(factories.bo(), made.pk, **ACCURATE)
    task.refresh_from_db()
    assert (task.state, task.closed_by) == ("done", factories.bo())


def zone() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(factories.carla().time_zone)


def test_nobody_puts_a_request_aside_but_what_only_reminds_of_it_may_go() -> None:
    made = asked()
    task, bo = task_of(made), factories.bo()
    with pytest.raises(Refused, match="owed an answer"):
        worklist.cancel(bo, task.pk, why="Too much to do.", version=task.version)
    amendments.answer_amendment(bo, made.pk, **ACCURATE)
    amendments.disagree(factories.carla_user(), made.pk, text="No.")
    disputed = task_of(made, "amendment-disputed:{}")
    assert worklist.cancel(bo, disputed.pk, why="None needed.", version=disputed.version).state == "cancelled"


def test_the_clock_of_a_paper_runs_from_the_day_it_was_received() -> None:
    received = today() - timedelta(days=10)
    made = asked(factories.bo(), way="paper", received_on=received)
    assert made.due_on == received + timedelta(days=60)
    assert asked(factories.bo(), what="Another.", way="representative").received_on == today()


@pytest.mark.parametrize("said", [
    {"what": " "}, {"why": " "}, {"way": "paper"}, {"entry_kind": "condition", "entry_number": 1},
    {"entry_kind": "nothing", "entry_number": 1}, {"programme_id": 1},
], ids=str)  # fmt: skip
def test_a_patient_is_refused_in_a_sentence(said: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        asked(**said)
    assert not AmendmentRequest.objects.exists()


@pytest.mark.parametrize("said", [
    {}, {"way": "paper", "received_on": date(1980, 1, 1)}, {"way": "paper", "received_on": date(2190, 1, 1)},
], ids=str)  # fmt: skip
def test_staff_say_how_it_came_and_when(said: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        asked(factories.bo(), **said)


def test_the_same_said_twice_is_said_once_and_after_an_answer_it_is_another() -> None:
    first = asked()
    assert asked() == first
    assert asked(why="Ask her.") != first
    amendments.answer_amendment(factories.bo(), first.pk, **ACCURATE)
    assert asked() != first


def test_nobody_asks_about_somebody_elses_entry_or_chart() -> None:
    theirs = Condition.objects.create(patient=factories.stranger(), text="x")
    with pytest.raises(Refused, match="no such entry"):
        asked(entry_kind="condition", entry_number=theirs.pk)
    with pytest.raises(NoSuchPatient):
        amendments.request_amendment(factories.dorn(), factories.carla().pk, **ASKED, way="paper")
    with pytest.raises(NoSuchPatient):
        amendments.request_amendment(factories.carla_user(), factories.stranger().pk, **ASKED)


def test_words_that_cannot_wait_reach_a_nurse_and_a_prescriber_at_once() -> None:
    shipped_knowledge.put_into_use()
    made = asked(why="I want to kill myself.")
    urgent = Task.objects.filter(source_type="amendment", source_id=str(made.pk), service_case="red_flag")
    assert sorted(urgent.values_list("role", flat=True)) == ["nurse", "psychiatrist"]
    calm = asked(what="It was my sister's diagnosis.")
    assert not Task.objects.filter(source_id=str(calm.pk), service_case="red_flag").exists()


# -- put off -------------------------------------------------------------------------------------------


def test_it_is_put_off_once_by_thirty_days_with_a_reason() -> None:
    made, bo = asked(), factories.bo()
    latest = made.received_on + timedelta(days=90)
    for until, why in ((latest + timedelta(days=1), "x"), (made.due_on, "x"), (latest, " ")):
        with pytest.raises(Refused):
            amendments.extend_amendment(bo, made.pk, until=until, why=why)
    amendments.extend_amendment(bo, made.pk, until=latest, why="The old paper chart is in the archive.")
    made = AmendmentRequest.objects.get(pk=made.pk)
    assert made.due_on == latest
    assert task_of(made).due_at.astimezone(zone()).date() == latest + timedelta(days=1)
    with pytest.raises(Conflict):
        amendments.extend_amendment(bo, made.pk, until=latest, why="Again.")


def test_after_sixty_days_nothing_is_put_off_any_more_and_it_may_still_be_answered() -> None:
    made = asked()
    late = timezone.now() + timedelta(days=61)
    with time_machine.travel(late, tick=False):
        with pytest.raises(Refused, match="60 days"):
            amendments.extend_amendment(
                factories.bo(), made.pk, until=made.received_on + timedelta(days=80), why="Sorry."
            )
        assert amendments.answer_amendment(factories.bo(), made.pk, **ACCURATE).decision == "denied"


# -- answered -------------------------------------------------------------------------------------------


def test_what_was_accepted_names_the_entry_that_amends_it_and_stands_beside_both() -> None:
    bo, carla = factories.bo(), factories.carla()
    wrong = observing.record_observation(bo, carla.pk, code="weight", value=170, observed_at=timezone.now())
    made = asked(entry_kind="observation", entry_number=wrong.pk, tell="Dr Hill")
    right = observing.correct_observation(bo, wrong.pk, value=70)
    amendments.answer_amendment(
        bo, made.pk, decision="accepted", words="You are right.", entry_kind="observation", entry_number=right.pk,
        told_whom="Dr Hill",
    )  # fmt: skip
    shown = chart(bo, carla.pk)
    assert [one.pk for one in shown.amendments.of(right)] == [made.pk]
    page = reads.page(factories.carla_user(), made.pk)
    assert (page.request.state, page.is_denied) == ("accepted", False)
    assert "170" in page.about
    assert "70" in page.amended_by


def test_a_request_stands_beside_the_correction_of_what_it_is_about() -> None:
    bo, carla = factories.bo(), factories.carla()
    first = observing.record_observation(bo, carla.pk, code="weight", value=170, observed_at=timezone.now())
    made = asked(entry_kind="observation", entry_number=first.pk)
    third = observing.correct_observation(bo, observing.correct_observation(bo, first.pk, value=71).pk, value=72)
    other = observing.record_condition(bo, carla.pk, text="asthma")
    shown = chart(bo, carla.pk)
    assert [one.pk for one in shown.amendments.of(third)] == [made.pk]
    assert shown.amendments.of(other) == []


@pytest.mark.parametrize("said", [
    {"decision": "denied", "words": "No."},
    {"decision": "denied", "ground": "accurate", "words": " "},
    {"decision": "denied", "ground": "accurate", "words": "No.", "told_whom": "Dr Hill"},
    {"decision": "accepted", "ground": "accurate", "words": "Yes."},
    {"decision": "perhaps", "words": "Hm."},
    {"decision": "accepted", "words": "Yes.", "entry_kind": "condition", "entry_number": 4711},
], ids=str)  # fmt: skip
def test_an_answer_that_the_rule_does_not_know_is_refused(said: dict[str, Any]) -> None:
    made = asked()
    with pytest.raises(Refused):
        amendments.answer_amendment(factories.bo(), made.pk, **said)
    assert task_of(made).state == "open"


def test_it_is_answered_once_by_the_team_or_the_privacy_officer_and_by_nobody_else() -> None:
    made = asked()
    for who in (factories.carla_user(), factories.admin()):
        with pytest.raises(NotAllowed):
            amendments.answer_amendment(who, made.pk, **ACCURATE)
    with pytest.raises(NoSuchPatient):
        amendments.answer_amendment(factories.dorn(), made.pk, **ACCURATE)
    amendments.answer_amendment(factories.olga(), made.pk, **ACCURATE)
    with pytest.raises(Conflict):
        amendments.answer_amendment(factories.bo(), made.pk, **ACCURATE)


# -- the last word -------------------------------------------------------------------------------------------


def test_a_patient_disagrees_once_and_we_may_answer_once() -> None:
    made, carla, bo = denied(), factories.carla_user(), factories.bo()
    with pytest.raises(Refused, match="there is none"):
        amendments.rebut(bo, made.pk, text="We stay with it.")
    amendments.disagree(carla, made.pk, text="The test was my sister's too.")
    with pytest.raises(Conflict):
        amendments.disagree(carla, made.pk, text="Once more.")
    disputed = task_of(made, "amendment-disputed:{}")
    amendments.rebut(bo, made.pk, text="The test carries your number.")
    disputed.refresh_from_db()
    assert disputed.state == "done"
    kept = AmendmentRequest.objects.get(pk=made.pk)
    assert kept.disagreement is not None
    assert kept.rebuttal is not None
    with pytest.raises(Conflict):
        amendments.rebut(bo, made.pk, text="Once more.")


def test_nobody_disagrees_with_what_was_accepted_or_not_answered() -> None:
    made = asked()
    with pytest.raises(Refused, match="no denial"):
        amendments.disagree(factories.carla_user(), made.pk, text="x")
    amendments.answer_amendment(factories.bo(), made.pk, decision="accepted", words="Yes.")
    with pytest.raises(Refused, match="no denial"):
        amendments.disagree(factories.carla_user(), made.pk, text="x")


def test_the_database_keeps_a_statement_for_what_was_denied_and_for_its_own_patient() -> None:
    open_one, made = asked(what="Something else."), denied()
    said = {"kind": "disagreement", "text": "x", "by": factories.bo()}
    for request, patient in ((open_one, factories.carla()), (made, factories.stranger())):
        with pytest.raises(IntegrityError), transaction.atomic():
            AmendmentStatement.objects.create(request=request, patient=patient, **said)
    AmendmentStatement.objects.create(request=made, patient=factories.carla(), **said)


def test_who_has_no_login_gets_every_answer_on_paper() -> None:
    made = asked(factories.bo(), way="paper")
    amendments.answer_amendment(factories.bo(), made.pk, **ACCURATE)
    assert task_of(made, "amendment-letter:{}:answer").role == "nurse"
    mine = denied()
    assert not Task.objects.filter(key=f"amendment-letter:{mine.pk}:answer").exists()


# -- what a programme made -------------------------------------------------------------------------------------------


def lighthouse() -> tuple[User, Condition]:
    """A nurse of a Part 2 programme in whose care Carla is, and a diagnosis that it made."""
    from medmgmt.record.models import CareAssignment, Role

    team = factories.team("Lighthouse")
    part2.mark_programme(factories.admin(), team_id=team.pk, phone="+1 555 0142")
    lena = factories.member("lena", Role.NURSE, team)
    CareAssignment.objects.get_or_create(patient=factories.carla(), team=team, defaults={"since": factories.LONG_AGO})
    return lena, observing.record_condition(lena, factories.carla().pk, text="opioid use disorder")


def test_a_request_about_what_a_programme_made_is_its_own() -> None:
    lena, diagnosis = lighthouse()
    made = asked(entry_kind="condition", entry_number=diagnosis.pk)
    for outside in (factories.bo(), factories.olga()):
        assert made not in reads.requests(outside)
        with pytest.raises(NoSuchThing):
            reads.page(outside, made.pk)
        with pytest.raises(NoSuchThing):
            amendments.answer_amendment(outside, made.pk, **ACCURATE)
    assert chart(factories.bo(), factories.carla().pk).amendments.requests == ()
    assert not chart(factories.bo(), factories.carla().pk).tasks
    assert reads.to_answer(factories.olga()).restricted == 1
    assert made in reads.requests(lena)
    assert amendments.answer_amendment(lena, made.pk, **ACCURATE).decision == "denied"


def test_free_words_of_a_programmes_patient_are_its_own_and_those_about_another_entry_are_not() -> None:
    lena, _diagnosis = lighthouse()
    plain = observing.record_condition(factories.bo(), factories.carla().pk, text="asthma")
    unsure, sure = asked(), asked(entry_kind="condition", entry_number=plain.pk)
    assert set(reads.requests(lena)) == {unsure, sure}
    assert list(reads.requests(factories.bo())) == [sure]
    assert set(reads.requests(factories.carla_user())) == {unsure, sure}


def test_a_patient_of_two_programmes_says_which_wrote_it() -> None:
    _lena, diagnosis = lighthouse()
    second = part2.mark_programme(factories.admin(), team_id=factories.team().pk, phone="+1 555 0143")
    observing.record_condition(factories.bo(), factories.carla().pk, text="alcohol use disorder")
    with pytest.raises(Refused, match="which programme"):
        asked()
    assert asked(programme_id=second.pk).programme == second
    assert asked(what="That.", programme_id=diagnosis.programme_id).programme_id == diagnosis.programme_id


def test_a_programmes_entry_amends_nothing_that_others_read() -> None:
    lena, diagnosis = lighthouse()
    plain = observing.record_condition(factories.bo(), factories.carla().pk, text="asthma")
    made = asked(entry_kind="condition", entry_number=plain.pk)
    with pytest.raises(Refused, match="restricted"):
        amendments.answer_amendment(
            lena, made.pk, decision="accepted", words="Yes.", entry_kind="condition", entry_number=diagnosis.pk
        )
    assert not AmendmentAnswer.objects.exists()


def test_somebody_outside_names_no_entry_of_a_programme() -> None:
    _lena, diagnosis = lighthouse()
    with pytest.raises(Refused, match="no such entry"):
        asked(factories.bo(), way="paper", entry_kind="condition", entry_number=diagnosis.pk)
    assert not AmendmentRequest.objects.exists()
