"""Answering a card: one act, one task that only what it names closes, and what the record shows of earlier days."""

import threading
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from interactions import review
from interactions.errors import AlreadyAnswered, NotAnAnswer, UnansweredFindings
from interactions.models import Answer, Finding
from medmgmt.actions import observing, prescribing, worklist
from medmgmt.knowledge import alerts
from medmgmt.record.errors import NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, DosageChange, Observation
from refills.errors import ClosesOnEvidence
from refills.models import Task, TaskState
from tests import factories, shipped_knowledge
from tests.actions import orders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
SODIUM = {"reason_code": "will_monitor", "note": "", "follow_up": "observation:sodium"}


def waiting(change: DosageChange) -> list[Finding]:
    reviewed = review.latest(change.pk)
    assert reviewed is not None
    return review.unanswered(reviewed.pk)


def crowded() -> DosageChange:
    """Linezolid on sertraline and tramadol: one card with several majors."""
    adler = factories.adler()
    orders.signed(adler, "sertraline", amount="100")
    orders.signed(adler, "tramadol")
    change: DosageChange = orders.start(adler, "linezolid", amount="600").change
    return change


def risky() -> DosageChange:
    """Tramadol on sertraline."""
    adler = factories.adler()
    orders.signed(adler, "sertraline", amount="100")
    change: DosageChange = orders.start(adler, "tramadol").change
    return change


def promised(change: DosageChange, **values: Any) -> Task:
    """The task of an answer that promises a sodium."""
    answer = orders.answer(factories.adler(), waiting(change)[0].pk, **{**SODIUM, **values})
    return Task.objects.get(key=f"follow-up:{answer.pk}")


def sodium(at: datetime | None = None, **values: Any) -> Observation:
    return observing.record_observation(
        factories.bo(),
        factories.carla().pk,
        code="sodium",
        value=Decimal(138),
        observed_at=at or timezone.now(),
        **values,
    )


# -- one answer a card ------------------------------------------------------------------------------------------------


def test_one_answer_answers_every_finding_of_its_card_and_nothing_else() -> None:
    change = crowded()
    before = waiting(change)
    card = next(one.card for one in before if sum(other.card == one.card for other in before) > 1)
    mine = [one for one in before if one.card == card]
    lead = orders.answer(factories.adler(), mine[0].pk)
    given = Answer.objects.filter(card=card, finding__review__change=change).order_by("id")
    assert {one.finding_id for one in given} >= {one.pk for one in mine}
    assert {one.lead_id for one in given if one != lead} == {lead.pk}
    assert lead.lead_id is None
    assert {one.card for one in waiting(change)} == {one.card for one in before} - {card}
    assert AuditEntry.objects.filter(act="answer_finding", detail__answer=lead.pk).count() == 1
    assert Task.objects.filter(key__startswith="follow-up:", source_id=str(change.pk)).count() == 1


def test_any_finding_of_a_card_is_its_address_and_a_second_answer_comes_too_late() -> None:
    change = crowded()
    before = waiting(change)
    card = next(one.card for one in before if sum(other.card == one.card for other in before) > 1)
    first, *others = [one for one in before if one.card == card]
    orders.answer(factories.adler(), others[-1].pk)
    for finding in (first, *others):
        with pytest.raises(AlreadyAnswered):
            orders.answer(factories.brandt(), finding.pk)


def test_a_card_counts_once_in_the_analytics() -> None:
    change = crowded()
    cards = {one.card for one in waiting(change)}
    earlier = alerts.alerts_between(factories.pia()).total.shown - len(cards)
    assert orders.answer_all(factories.adler(), change) == len(cards)
    total = alerts.alerts_between(factories.pia()).total
    assert (total.shown, total.overridden) == (earlier + len(cards), earlier + len(cards))


def test_answers_are_still_carried_over_by_key() -> None:
    change = crowded()
    orders.answer_all(factories.adler(), change)
    again = prescribing.review_now(factories.adler(), factories.carla(), change, moment="propose")
    assert review.unanswered(again.review.pk) == []
    assert review.without_answer(again.findings) == []


def test_only_their_own_psychiatrist_answers() -> None:
    finding = waiting(risky())[0]
    with pytest.raises(NoSuchPatient):
        orders.answer(factories.dorn(), finding.pk)
    for other in (factories.bo(), factories.pia(), factories.carla_user()):
        with pytest.raises(NotAllowed):
            orders.answer(other, finding.pk)


# -- will monitor -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what", ["", "sodium", "scale:sodium", "observation:phq9", "observation:mood", "visit:1", "tea"]
)
def test_a_promise_to_monitor_names_a_lab_a_scale_or_a_visit(what: str) -> None:
    finding = waiting(risky())[0]
    with pytest.raises(NotAnAnswer):
        orders.answer(factories.adler(), finding.pk, reason_code="will_monitor", follow_up=what)
    assert not Answer.objects.filter(finding=finding).exists()


def test_another_reason_names_nothing_to_be_recorded() -> None:
    finding = waiting(risky())[0]
    with pytest.raises(NotAnAnswer, match="Only"):
        orders.answer(factories.adler(), finding.pk, follow_up="visit")


def test_a_promise_closes_on_what_it_names_and_on_nothing_else() -> None:
    task = promised(risky())
    with pytest.raises(ClosesOnEvidence):
        worklist.done(factories.adler(), task.pk, outcome="looked at it", version=task.version)
    observing.record_observation(
        factories.bo(), factories.carla().pk, code="potassium", value=Decimal(4), observed_at=timezone.now()
    )
    sodium(task.created_at - timedelta(seconds=1))
    task.refresh_from_db()
    assert task.is_live, "another lab, or one drawn before the promise, does not keep it"
    kept = sodium()
    task.refresh_from_db()
    assert (task.state, task.evidence_type, task.evidence_id) == (TaskState.DONE, "observation", str(kept.pk))
    assert task.closed_by_id == factories.bo().pk


def test_a_time_told_to_the_minute_stands_for_the_whole_of_it() -> None:
    task = promised(risky())
    sodium(timezone.now().replace(second=0, microsecond=0))
    task.refresh_from_db()
    assert task.state == TaskState.DONE


def test_a_scale_closes_what_waits_for_a_scale() -> None:
    task = promised(risky(), follow_up="scale:hunter")
    observing.record_observation(
        factories.bo(), factories.carla().pk, code="hunter", value_code="negative", observed_at=timezone.now()
    )
    task.refresh_from_db()
    assert task.state == TaskState.DONE


def test_a_visit_of_a_later_day_closes_what_waits_for_a_visit() -> None:
    task = promised(risky(), follow_up="visit")
    patient = factories.carla()
    observing.record_encounter(factories.bo(), patient.pk, kind="office", on=orders.today())
    task.refresh_from_db()
    assert task.is_live, "the visit of the same day may be the one in which it was promised"
    yesterday = timezone.now() - timedelta(days=1, hours=6)
    Task.objects.filter(pk=task.pk).update(created_at=yesterday)
    made = observing.record_encounter(factories.bo(), patient.pk, kind="video", on=orders.today(), note="sleeps well")
    task.refresh_from_db()
    assert (task.state, task.evidence_type, task.evidence_id) == (TaskState.DONE, "encounter", str(made.pk))


def test_a_promise_that_is_cancelled_with_a_reason_counts_as_not_kept() -> None:
    task = promised(risky())
    worklist.cancel(factories.adler(), task.pk, why="moved away", version=task.version)
    found = alerts.alerts_between(factories.pia())
    assert (found.follow_ups, found.kept) == (1, 0)


def test_a_promise_kept_in_time_is_counted_and_one_of_a_withdrawn_proposal_is_not() -> None:
    change = risky()
    task = promised(change)
    prescribing.withdraw(factories.adler(), change.pk, note="another medicine")
    assert alerts.alerts_between(factories.pia()).follow_ups == 0
    task.refresh_from_db()
    assert task.state == TaskState.CANCELLED
    again = orders.start(factories.adler(), "tramadol").change
    promised(again)
    sodium()
    found = alerts.alerts_between(factories.pia())
    assert (found.follow_ups, found.kept) == (1, 1)


def test_an_observation_entered_in_error_opens_the_promise_again_until_a_right_one_keeps_it() -> None:
    task = promised(risky())
    wrong = sodium()
    observing.correct_observation(factories.bo(), wrong.pk, entered_in_error=True)
    again = Task.objects.get(key__startswith=f"{task.key}|")
    assert (again.state, again.closes_on, again.assignee_id) == ("open", "observation:sodium", factories.adler().pk)
    assert not Observation.current(factories.carla().pk).filter(code="sodium").exists()
    assert (alerts.alerts_between(factories.pia()).follow_ups, alerts.alerts_between(factories.pia()).kept) == (0, 0)
    sodium(task.created_at + timedelta(seconds=1))
    again.refresh_from_db()
    assert again.state == TaskState.DONE


def test_a_corrected_number_keeps_the_promise_and_one_dated_before_it_does_not() -> None:
    task = promised(risky())
    made = sodium()
    better = observing.correct_observation(factories.bo(), made.pk, value=Decimal(131))
    assert not Task.objects.filter(key__startswith=f"{task.key}|").exists()
    with pytest.raises(Refused):
        observing.correct_observation(factories.bo(), made.pk, value=Decimal(130))
    task.refresh_from_db()
    assert task.state == TaskState.DONE
    observing.correct_observation(factories.bo(), better.pk, observed_at=task.created_at - timedelta(days=1))
    assert Observation.current(factories.carla().pk).get(code="sodium").value == 131


def test_an_encounter_is_neither_of_tomorrow_nor_of_an_unknown_kind_nor_somebody_elses() -> None:
    patient = factories.carla()
    for wrong in ({"on": orders.today() + timedelta(days=1)}, {"kind": "telepathy"}):
        with pytest.raises(Refused):
            observing.record_encounter(
                factories.bo(),
                patient.pk,
                **{"kind": "office", "on": orders.today(), **wrong},  # type: ignore[arg-type]
            )
    for stranger in (factories.pia(), factories.carla_user()):
        with pytest.raises(NotAllowed):
            observing.record_encounter(stranger, patient.pk, kind="office", on=orders.today())


@pytest.mark.parametrize(("code", "value"), [("aims", "29"), ("bars", "6"), ("ymrs", "-1"), ("gass", "12.5")])
def test_a_score_lies_within_its_scale_and_is_whole(code: str, value: str) -> None:
    with pytest.raises(Refused):
        observing.record_observation(
            factories.bo(), factories.carla().pk, code=code, value=Decimal(value), observed_at=timezone.now()
        )


# -- tolerated before -------------------------------------------------------------------------------------------------


def history(*taken: tuple[str, int, str, int, int]) -> None:
    """Signed courses in the past: drug, RxCUI, mg, began and ended so many days ago (0: is not ended)."""
    for drug, rxcui, amount, began, ended in taken:
        signed_at = datetime.combine(orders.today() - timedelta(days=began), time(12), tzinfo=UTC)
        course = factories.prescription(drug_name=drug, rxcui=rxcui)
        factories.change(
            course, on=orders.today() - timedelta(days=began), sig=factories.sig(amount), signed_at=signed_at
        )
        if ended:
            over = orders.today() - timedelta(days=ended)
            factories.change(course, kind="stop", on=over, signed_at=signed_at + timedelta(hours=1))  # type: ignore[arg-type]


def tolerated() -> Answer:
    """Tramadol 50 mg proposed for who takes sertraline, and answered with "tolerated before"."""
    change = orders.start(factories.adler(), "tramadol").change
    finding = next(one for one in waiting(change) if set(one.drugs) == {"sertraline", "tramadol"})
    return orders.answer(factories.adler(), finding.pk, reason_code="tolerated_before", note="")


def test_days_on_which_both_were_taken_are_counted() -> None:
    history(("sertraline", 36437, "100", 200, 0), ("tramadol", 10689, "50", 110, 12))
    given = tolerated()
    assert (given.overlap_verdict, given.overlap_days) == ("as_high", 98)
    assert given.overlap_from == orders.today() - timedelta(days=110)
    assert given.overlap_to == orders.today() - timedelta(days=13)


def test_where_the_record_shows_no_such_day_the_answer_stands_and_says_so() -> None:
    history(("sertraline", 36437, "100", 30, 0), ("tramadol", 10689, "50", 110, 31))
    given = tolerated()
    assert (given.overlap_verdict, given.overlap_days, given.overlap_from) == ("never", 0, None)


def test_days_at_lower_doses_are_told_as_such() -> None:
    history(("sertraline", 36437, "100", 200, 0), ("tramadol", 10689, "25", 110, 12))
    assert tolerated().overlap_verdict == "lower"


def test_days_are_added_over_stretches_and_doses_over_prescriptions_of_one_drug() -> None:
    history(
        ("sertraline", 36437, "100", 200, 0),
        ("tramadol", 10689, "25", 100, 90),
        ("tramadol", 10689, "25", 95, 85),
        ("tramadol", 10689, "75", 40, 38),
    )
    given = tolerated()
    assert (given.overlap_verdict, given.overlap_days) == ("as_high", 5 + 2)


def test_an_answer_with_another_reason_says_nothing_of_earlier_days() -> None:
    given = orders.answer(factories.adler(), waiting(risky())[0].pk)
    assert (given.overlap_verdict, given.overlap_days) == ("", None)


# -- a documented combination stands until something changes ----------------------------------------------------------


def test_a_combination_once_answered_is_asked_again_only_when_a_dose_band_changes() -> None:
    adler = factories.adler()
    sertraline = orders.signed(adler, "sertraline", on=orders.today() - timedelta(days=60)).prescription
    orders.signed(adler, "tramadol", on=orders.today() - timedelta(days=30))
    unrelated = orders.start(adler, "metformin", amount="500")
    assert waiting(unrelated.change) == [], "an unrelated order asks nothing again"

    def raised(to: str) -> DosageChange:
        sig = factories.sig(to)
        return prescribing.propose_change(
            adler, sertraline.pk, kind="new_dose", sig=sig, effective_on=orders.today(), reason_code="titration"
        ).change

    within, beyond = raised("75"), raised("200")
    asked = [finding for finding in waiting(beyond) if set(finding.drugs) == {"sertraline", "tramadol"}]
    assert not [finding for finding in waiting(within) if set(finding.drugs) == {"sertraline", "tramadol"}]
    assert asked, "another dose band asks again"
    with pytest.raises(UnansweredFindings):
        prescribing.sign(adler, beyond.pk)
    orders.answer_all(adler, beyond)
    assert prescribing.sign(adler, beyond.pk).status == "signed"


# -- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_clinicians_answering_one_card_at_once_exactly_one_wins() -> None:
    shipped_knowledge.put_into_use()
    change = crowded()
    before = waiting(change)
    card = next(one.card for one in before if sum(other.card == one.card for other in before) > 1)
    mine = [one.pk for one in before if one.card == card]
    barrier, outcomes = threading.Barrier(2), ["", ""]

    def run(place: int, by: Any, finding_id: int) -> None:
        try:
            barrier.wait(10)
            orders.answer(by, finding_id)
            outcomes[place] = "won"
        except AlreadyAnswered:
            outcomes[place] = "too late"
        finally:
            connection.close()

    people = (factories.adler(), factories.brandt())
    threads = [threading.Thread(target=run, args=(n, people[n], mine[n])) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["too late", "won"]
    given = Answer.objects.filter(card=card, finding__review__change=change)
    assert len(set(given.values_list("by_id", flat=True))) == 1
    assert Task.objects.filter(key__startswith="follow-up:", source_id=str(change.pk)).count() == 1


def test_the_database_refuses_a_promise_without_its_reason_and_half_a_history() -> None:
    finding = waiting(risky())[0]
    values = {
        "finding": finding,
        "patient": factories.carla(),
        "key": finding.key,
        "by": factories.adler(),
        "at": timezone.now(),
        "follow_up_on": orders.today(),
    }
    for wrong in (
        {"reason_code": "no_alternative", "follow_up": "visit"},
        {"reason_code": "tolerated_before", "overlap_verdict": "never"},
        {"reason_code": "tolerated_before", "overlap_verdict": "lower", "overlap_days": 3},
        {"reason_code": "tolerated_before", "overlap_days": 3},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Answer.objects.create(**values, **wrong)
