"""Every condition of a look-up counts: whose it is, whether it still stands, and whether the person is still here."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from interactions import review as interactions_review
from interactions.errors import CoSignatureNeeded
from interactions.models import Review
from medmgmt.actions import (
    authorising,
    knowledge,
    messages,
    monitoring,
    observing,
    people,
    prescribing,
    reports,
    review,
    side_effects,
    supply,
    worklist,
)
from medmgmt.actions import rescreening as actions
from medmgmt.record.errors import Conflict, NoSuchThing, NotAllowed, Refused
from medmgmt.record.models import Kind, MonitoringOrder, Prescription, Role
from refills.messages.reports import Report, Said
from refills.models import ChannelChoice, EarlyFill, Reminder, Task, TaskKind
from refills.worklist.tasks import open_task
from tests import factories
from tests.actions import orders
from tests.actions import test_rescreening as screen
from tests.actions import test_review_cosigning as cosign

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
TEN: dict[str, Any] = {"quantity": Decimal(10), "unit": "{tablet}", "days_supply": 10}


def ahead(days: int) -> Any:
    return orders.today() + timedelta(days=days)


def gone() -> None:
    """Dr Adler works in Carla's team no more."""
    factories.adler().memberships.update(until=timezone.now())


# -- orders -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["side effect", "observation"])
def test_a_change_is_prompted_by_the_patients_own_report_and_value_alone(what: str) -> None:
    dorn, sam = factories.dorn(), factories.stranger()

    def prompt(by: Any, of: Any) -> prescribing.Prompt:
        if what == "observation":
            made = observing.record_observation(by, of.pk, code="weight", value=Decimal(70), observed_at=timezone.now())
            return prescribing.Prompt(observation_id=made.pk)
        report = side_effects.log_side_effect(by, of.pk, term="nausea", severity="mild", began_on=orders.today())
        return prescribing.Prompt(side_effect_id=report.pk)

    with pytest.raises(NoSuchThing):
        orders.start(factories.adler(), "metformin", prompt=prompt(dorn, sam))
    kept = orders.start(factories.adler(), "metformin", prompt=prompt(factories.bo(), factories.carla())).change
    assert bool(kept.prompted_by_observation_id) == (what == "observation")
    assert bool(kept.prompted_by_side_effect_id) == (what == "side effect")


def test_what_was_withdrawn_is_not_signed() -> None:
    change = orders.start(factories.adler(), "metformin").change
    prescribing.withdraw(factories.adler(), change.pk, note="no")
    with pytest.raises(Conflict):
        prescribing.sign(factories.adler(), change.pk)


def test_for_what_was_withdrawn_nobody_is_asked_and_nobody_says_yes() -> None:
    change = cosign.risky()
    prescribing.withdraw(factories.adler(), change.pk, note="no")
    with pytest.raises(Conflict):
        review.ask(factories.adler(), change.pk)
    with pytest.raises(Conflict):
        cosign.agree(factories.pia(), change)
    assert not Task.objects.filter(kind=TaskKind.COSIGN).exists()


def test_a_proposal_that_nobody_has_signed_is_no_dose_to_start_from() -> None:
    taken = factories.taking()
    for amount in ("75", "100"):
        change = prescribing.propose_change(
            factories.adler(), taken.pk, kind=Kind.NEW_DOSE, sig=factories.sig(amount), effective_on=orders.today(),
            reason_code="titration",
        ).change  # fmt: skip
        assert change.old_sig is not None
        assert change.old_sig.parts[0].amount == 50


def test_a_proposal_waits_as_its_authors_task_until_it_is_signed_or_withdrawn() -> None:
    first, second = (orders.start(factories.adler(), drug).change for drug in ("metformin", "lamotrigine"))
    tasks = Task.objects.filter(kind=TaskKind.REVIEW_PROPOSAL).order_by("id")
    assert [(task.assignee, task.state) for task in tasks] == [(factories.adler(), "open")] * 2
    prescribing.sign(factories.adler(), first.pk)
    prescribing.withdraw(factories.adler(), second.pk, note="no")
    assert [task.state for task in tasks.all()] == ["cancelled"] * 2


def test_an_earlier_no_is_no_second_signature_for_who_had_said_yes() -> None:
    change = cosign.risky()
    review.decline(factories.pia(), change.pk, review_id=cosign.shown(change), note="Not yet.")
    cosign.agree(factories.brandt(), change)
    signed = prescribing.sign(factories.adler(), change.pk)
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.brandt(), cosign.new_dose(factories.brandt(), signed, "75").pk)


def test_a_word_on_what_was_withdrawn_speaks_for_no_order_that_stands() -> None:
    change = cosign.risky()
    cosign.agree(factories.brandt(), change)
    signed = prescribing.sign(factories.adler(), change.pk)
    withdrawn = cosign.new_dose(factories.adler(), signed, "75")
    cosign.agree(factories.pia(), withdrawn)
    prescribing.withdraw(factories.adler(), withdrawn.pk, note="no")
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.brandt(), cosign.new_dose(factories.brandt(), signed, "75").pk)


def test_a_yes_that_is_taken_back_counts_no_more() -> None:
    change = cosign.risky()
    cosign.agree(factories.pia(), change)
    review.decline(factories.pia(), change.pk, review_id=cosign.shown(change), note="I was wrong.")
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.adler(), change.pk)


def test_after_a_no_asking_again_is_a_task_of_its_own() -> None:
    change = cosign.risky()
    first = review.ask(factories.adler(), change.pk)
    review.decline(factories.pia(), change.pk, review_id=cosign.shown(change), note="Not yet.")
    second = review.ask(factories.adler(), change.pk, colleague_id=factories.brandt().pk)
    assert (second.pk != first.pk, second.is_live, second.assignee) == (True, True, factories.brandt())


# -- answers ----------------------------------------------------------------------------------------------------------
def test_what_is_said_with_an_answer_stands_in_its_task_and_the_one_who_said_it_has_it() -> None:
    orders.signed(factories.adler(), "sertraline", amount="100")
    reviewed = orders.start(factories.adler(), "tramadol").review
    answer = orders.answer(
        factories.adler(), interactions_review.unanswered(reviewed.pk)[0].pk, note="She knows the signs."
    )
    task = Task.objects.get(key=f"follow-up:{answer.pk}")
    assert "She knows the signs." in task.detail
    assert (task.assignee, task.role) == (factories.adler(), Role.PSYCHIATRIST)


def test_the_task_of_a_screening_is_done_with_the_last_answer_and_not_with_the_first(tmp_path: Path) -> None:
    actions.work()
    carla = screen.both(factories.carla())
    screen.taking(carla, ("sertraline", screen.SERTRALINE), ("lisinopril", 29046))
    rows = (f"{screen.LAMOTRIGINE},{screen.METFORMIN},Major", f"{screen.SERTRALINE},29046,Major")
    screen.put_into_use(screen.licensed(tmp_path, "1", *rows))
    task = Task.objects.filter(source_type="rescreening")
    assert task.get().state == "open"
    by_card = {finding.card: finding for finding in interactions_review.of_screenings(carla.pk)}
    assert len(by_card) == 2
    for finding in by_card.values():
        assert task.get().state == "open"
        orders.answer(factories.adler(), finding.pk)
    assert task.get().state == "done"


def test_an_answer_to_a_proposal_that_may_yet_be_withdrawn_closes_no_task_of_a_screening(tmp_path: Path) -> None:
    actions.work()
    carla = screen.both(factories.carla())
    screen.put_into_use(screen.licensed(tmp_path, "1", f"{screen.LAMOTRIGINE},{screen.METFORMIN},Major"))
    found = interactions_review.of_screenings(carla.pk)
    change = orders.start(factories.adler(), "lamotrigine").change
    assert orders.answer_all(factories.adler(), change)
    assert set(interactions_review.answers_for(carla.pk, found)) == {finding.key for finding in found}
    assert Task.objects.get(source_type="rescreening").state == "open"
    prescribing.withdraw(factories.adler(), change.pk, note="no")
    assert interactions_review.answers_for(carla.pk, found) == {}


def test_what_the_run_before_has_told_already_the_next_one_tells_nobody_again(tmp_path: Path) -> None:
    """Both were asked for before anybody was looked at: the first look finds what both releases say."""
    actions.work()
    carla = screen.both(factories.carla())
    screen.taking(carla, ("sertraline", screen.SERTRALINE), ("lisinopril", 29046))
    first = screen.licensed(tmp_path, "1", f"{screen.LAMOTRIGINE},{screen.METFORMIN},Major")
    second = screen.licensed(tmp_path, "1", f"{screen.SERTRALINE},29046,Major", source="Another")
    for release in (first, second):
        knowledge.activate(factories.pia(), release.pk)
    while actions.work():
        pass
    assert Review.objects.filter(moment="screen", patient=carla).count() == 2
    [task] = Task.objects.filter(source_type="rescreening")
    assert "lisinopril" in task.detail
    assert "metformin" in task.detail


# -- monitoring -------------------------------------------------------------------------------------------------------
def test_the_task_of_an_order_that_an_earlier_one_replaces_is_called_off() -> None:
    factories.taking("citalopram", None, "20")
    found = orders.start(factories.adler(), "haloperidol", amount="5").review.findings.filter(problem="qt_prolongation")
    later = MonitoringOrder.objects.create(
        patient=factories.carla(), code="qtc", what="ECG", due_on=ahead(60), ordered_by=factories.adler()
    )
    open_task(
        kind=TaskKind.MONITORING_ORDER, key=f"monitoring-order:{later.pk}", patient_id=factories.carla().pk,
        role=Role.NURSE, title="ECG", closes_on="observation:qtc",
    )  # fmt: skip
    monitoring.order_monitoring(factories.adler(), found[0].pk, code="qtc")
    assert sorted(Task.objects.filter(kind="monitoring_order").values_list("state", flat=True)) == ["cancelled", "open"]


# -- supply -----------------------------------------------------------------------------------------------------------
def two() -> tuple[Prescription, Prescription]:
    return (factories.taking("bupropion", 42347, "150"), factories.taking("sertraline"))


def requests() -> list[Task]:
    return list(Task.objects.filter(kind=TaskKind.REFILL_REQUEST).order_by("id"))


def test_a_request_for_one_medicine_is_not_swallowed_by_that_for_another_nor_by_an_answered_one() -> None:
    carla, (one, other) = factories.carla_user(), two()
    first = supply.request_refill(carla, one.pk)
    assert supply.request_refill(carla, other.pk).pk != first.pk
    worklist.done(factories.adler(), first.pk, outcome="Sent.", version=first.version)
    with_next_answer = supply.open_refill_task(factories.carla(), one, key="tomorrow")
    assert with_next_answer.pk != first.pk
    assert [task.assignee for task in requests()] == [factories.adler()] * 3


def test_what_is_asked_of_somebody_who_has_left_goes_to_the_role() -> None:
    one, _other = two()
    clozapine = factories.taking("clozapine", 2626, "100")
    gone()
    assert supply.request_refill(factories.carla_user(), one.pk).assignee is None
    supply.request_refill(factories.carla_user(), clozapine.pk)
    assert [(task.role, task.assignee) for task in Task.objects.filter(kind="lab_gate")] == [("psychiatrist", None)]


def test_what_is_asked_for_is_the_task_of_who_signed_last_and_not_of_who_proposed_last() -> None:
    clozapine = factories.taking("clozapine", 2626, "100")
    later = factories.LONG_AGO + timedelta(days=1)
    factories.change(clozapine, Kind.NEW_DOSE, ahead(-5), signed_at=later, signed_by=factories.brandt())
    factories.change(clozapine, Kind.NEW_DOSE, ahead(0))
    asked = supply.request_refill(factories.carla_user(), clozapine.pk)
    assert Task.objects.get(kind="lab_gate").assignee == asked.assignee == factories.brandt()


def test_no_task_waits_for_a_lab_whose_supply_was_released() -> None:
    clozapine = factories.taking("clozapine", 2626, "100")
    monitoring.release_lab_gate(factories.adler(), clozapine.pk, why="Drawn.", until=ahead(3))
    supply.request_refill(factories.carla_user(), clozapine.pk)
    assert not Task.objects.filter(kind="lab_gate").exists()


def test_the_same_answer_on_another_day_is_another_answer() -> None:
    one, _other = two()
    first = supply.report_adherence(factories.carla_user(), one.pk, answer="missed_some")
    assert supply.report_adherence(factories.carla_user(), one.pk, answer="missed_some") == first
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        assert supply.report_adherence(factories.carla_user(), one.pk, answer="missed_some") != first


def test_less_at_once_is_of_the_patients_own_medicine_and_of_that_one_alone() -> None:
    one, other = two()
    foreign = factories.taking("sertraline", of=factories.stranger())
    wanted = {"most_days": 7, "until": ahead(5), "why": "Risk."}
    with pytest.raises(NoSuchThing):
        authorising.limit_supply(factories.adler(), factories.carla().pk, prescription_id=foreign.pk, **wanted)
    made = authorising.limit_supply(factories.adler(), factories.carla().pk, prescription_id=one.pk, **wanted)
    assert (made.prescription, made.why) == (one, "Risk.")
    assert authorising.authorise(factories.adler(), other.pk, **TEN).days_supply == 10


def test_a_reason_for_an_early_fill_is_kept_with_how_early_it_was_and_the_note_as_well() -> None:
    one, _other = two()
    supply.record_dispense(factories.bo(), one.pk, dispensed_on=ahead(-5), **{**TEN, "days_supply": 30})
    made = supply.record_dispense(
        factories.bo(), one.pk, dispensed_on=ahead(0), **TEN, early_reason="travel", note="By post."
    )
    kept = EarlyFill.objects.get(dispense=made)
    assert (kept.reason, kept.days_early > 0, made.note) == ("travel", True, "By post.")


# -- side effects and observations ------------------------------------------------------------------------------------
def test_a_patient_corrects_her_own_report_and_not_the_nurses() -> None:
    carla = factories.carla_user()
    values = {"term": "nausea", "severity": "mild", "began_on": orders.today()}
    theirs = side_effects.log_side_effect(factories.bo(), factories.carla().pk, **values)
    mine = side_effects.log_side_effect(carla, factories.carla().pk, **values, confirm=True)
    with pytest.raises(NotAllowed):
        side_effects.correct_side_effect(carla, theirs.pk, severity="severe")
    assert side_effects.correct_side_effect(carla, mine.pk, severity="severe", note="Worse.").note == "Worse."
    with pytest.raises(Refused, match="no such detail"):
        side_effects.correct_side_effect(factories.bo(), theirs.pk, colour="blue")


def test_what_was_entered_in_error_keeps_no_promise_and_is_not_corrected_again() -> None:
    bo, carla = factories.bo(), factories.carla()
    made = observing.record_observation(bo, carla.pk, code="weight", value=Decimal(70), observed_at=timezone.now())
    open_task(
        kind=TaskKind.OTHER,
        key="w",
        patient_id=carla.pk,
        role=Role.NURSE,
        title="Weigh",
        closes_on="observation:weight",
    )
    Task.objects.filter(key="w").update(created_at=timezone.now() - timedelta(days=1))
    wrong = observing.correct_observation(bo, made.pk, entered_in_error=True)
    assert Task.objects.get(key="w").state == "open"
    for number in (made.pk, wrong.pk):
        with pytest.raises(Refused, match="corrected already"):
            observing.correct_observation(bo, number, value=Decimal(71))


def test_what_is_said_of_a_visit_and_of_a_condition_is_kept() -> None:
    bo, carla = factories.bo(), factories.carla()
    assert observing.record_encounter(bo, carla.pk, kind="home", on=orders.today(), note=" Calm. ").note == "Calm."
    made = observing.record_condition(bo, carla.pk, text="Depression", icd10cm="f33.1", onset_on=ahead(-100))
    assert (made.icd10cm, made.onset_on) == ("F33.1", ahead(-100))


# -- messages ---------------------------------------------------------------------------------------------------------
def test_a_yes_needs_an_address_that_is_still_in_use() -> None:
    bo, carla = factories.bo(), factories.carla()
    carla.contact_points.update(ended_at=timezone.now())
    with pytest.raises(Refused, match="no address"):
        messages.opt(bo, carla.pk, channel="email", wanted=True)
    messages.opt(bo, carla.pk, channel="email", wanted=False)
    assert ChannelChoice.objects.get().opted_in is False


def test_a_word_from_a_number_that_was_hers_before_stops_nothing() -> None:
    bo, carla = factories.bo(), factories.carla()
    for address in ("+14155550100", "+14155550111"):
        people.set_contact(bo, carla.pk, channel="sms", address=address, consented=True)
    said = ChannelChoice.objects.count()
    reports.take_report("sms", Report("e1", Said.REPLY, sender="+14155550100", text="STOP"))
    assert ChannelChoice.objects.count() == said
    reports.take_report("sms", Report("e2", Said.REPLY, sender="+14155550111", text="STOP"))
    assert ChannelChoice.objects.count() == said + 1


def test_confirming_after_asking_asks_nothing_again() -> None:
    one, _other = two()
    supply.record_dispense(factories.bo(), one.pk, dispensed_on=ahead(-5), **TEN)
    token = factories.link(Reminder.objects.filter(state="planned").earliest("due_at"))
    messages.answer_link(token, "request_refill")
    [task] = requests()
    worklist.done(factories.adler(), task.pk, outcome="Sent.", version=task.version)
    messages.answer_link(token, "confirm")
    assert len(requests()) == 1


# -- tasks and cover --------------------------------------------------------------------------------------------------
def test_a_task_of_no_patient_is_for_the_staff_alone() -> None:
    task = open_task(kind=TaskKind.OTHER, key="n", role=Role.NURSE, title="Look")
    for by in (factories.carla_user(), factories.admin()):
        with pytest.raises(NotAllowed):
            worklist.claim(by, task.pk, version=task.version)
    assert worklist.claim(factories.bo(), task.pk, version=task.version).claimed_by == factories.bo()


def test_nobody_stands_in_who_does_not_work_here_any_more() -> None:
    bo, now = factories.bo(), timezone.now()
    left = factories.member("nils", Role.NURSE, factories.team(), is_active=False)
    with pytest.raises(Refused, match="same role"):
        worklist.tell_absence(bo, user_id=bo.pk, since=now, until=now + timedelta(days=1), cover_id=left.pk)


# -- knowledge --------------------------------------------------------------------------------------------------------
def proposed_rule() -> int:
    sides: dict[str, Any] = {"a": "lamotrigine", "b": "metformin", "adds_rule": True}
    cases = ["lamotrigine + metformin => major"]
    return knowledge.propose(factories.pia(), knowledge.Wanted("major", "Seen here.", cases, **sides)).pk


def test_the_only_pharmacists_own_change_waits_for_a_psychiatrist_and_of_two_for_the_other() -> None:
    first = proposed_rule()
    factories.member("paul", Role.PHARMACIST, factories.team())
    second = proposed_rule()
    roles = {key: Task.objects.get(key=f"local-change:{key}").role for key in (first, second)}
    assert roles == {first: "psychiatrist", second: "pharmacist"}


@pytest.mark.parametrize(
    "act",
    [
        lambda by: knowledge.activate(by, 1),
        lambda by: knowledge.propose_switch(by, 1, becomes="retired", reason="x"),
        lambda by: knowledge.run(by, scope="shipped"),
        lambda by: knowledge.approve(by, proposed_rule()),
        lambda by: knowledge.reject(by, proposed_rule(), why="x"),
        lambda by: knowledge.end(by, proposed_rule(), why="x"),
        lambda by: knowledge.propose(by, knowledge.Wanted("major", "r", ["a + b => major"])),
    ],
)
def test_a_nurse_changes_nothing_of_what_is_known(act: Callable[[Any], Any]) -> None:
    with pytest.raises(NotAllowed):
        act(factories.bo())
