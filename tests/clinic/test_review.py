"""What a review shows and asks: the leading card, the second signature, the last results, what became of alerts."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from interactions import library, review
from interactions.models import Finding
from medmgmt.actions import monitoring, prescribing
from medmgmt.actions import review as actions_review
from medmgmt.knowledge import alerts
from medmgmt.monitoring import evidence, measures
from medmgmt.record import part2
from medmgmt.record.models import CoSignature, DosageChange, Kind, MonitoringOrder, Patient, User
from medmgmt.regimen import courses
from medmgmt.review import cards, cosignatures, reads, tolerance
from refills.models import Task, TaskKind
from refills.worklist import tasks
from tests import factories
from tests.actions import orders
from tests.clinic import saying

pytestmark = pytest.mark.usefixtures("knowledge")


def waiting(change: DosageChange) -> list[Finding]:
    found = review.latest(change.pk)
    assert found is not None
    return review.unanswered(found.pk)


def crowded() -> DosageChange:
    """Linezolid on sertraline and tramadol: one card with several majors."""
    factories.taking("sertraline", 36437, "100"), factories.taking("tramadol", 10689)
    change: DosageChange = orders.start(factories.adler(), "linezolid", amount="600").change
    return change


# -- cards ------------------------------------------------------------------------------------------------------------
def test_the_finding_that_waits_leads_its_card_and_the_gravest_colours_it() -> None:
    change = crowded()
    page = reads.proposal(factories.adler(), change.pk)
    card = max(page.problems, key=lambda one: len(one.findings))
    assert len(card.findings) > 1
    ranks = [cards.SEVERITIES.index(one.finding.severity) for one in card.findings]
    assert cards.SEVERITIES.index(card.severity) == max(ranks)
    quiet = [one for one in card.findings if not one.needs_answer]
    loud = next(one for one in card.findings if one.needs_answer)
    mixed = [cards.FindingCard(loud.finding, object()), *quiet, loud]  # type: ignore[arg-type]
    [again] = cards.gathered(mixed, factories.carla(), part2.Mask())
    assert (again.lead, again.needs_answer) == (loud, True)


# -- what to measure --------------------------------------------------------------------------------------------------
def qt() -> Finding:
    factories.taking("citalopram", None, "20")
    found: Finding = (
        orders.start(factories.adler(), "haloperidol", amount="5")
        .review.findings.filter(problem="qt_prolongation")
        .first()
    )
    return found


def on_card(of: Finding) -> dict[str, measures.Measure]:
    found = measures.of_findings(factories.carla(), [of], library.current().formulary.cards, part2.Mask())
    return {one.wanted.code: one for one in found[of.pk]}


def test_the_newest_result_serves_through_the_last_day_of_its_time() -> None:
    of = qt()
    days = on_card(of)["qtc"].wanted.recent_days
    saying.seen("qtc", "440", days + 1, hour=12)
    assert not on_card(of)["qtc"].is_recent
    saying.seen("qtc", "442", days, hour=12)
    found = on_card(of)["qtc"]
    assert (found.last.value, found.is_recent) == (442, True)


def test_a_result_is_as_old_as_the_patients_own_days(far: Patient) -> None:
    of = qt()
    days = on_card(of)["qtc"].wanted.recent_days
    for hour in (1, 22):
        saying.seen("qtc", "442", days, hour=hour)
        assert on_card(of)["qtc"].is_recent


def test_an_order_is_one_until_it_is_done_or_given_up_and_says_when_it_comes_too_late() -> None:
    of = qt()
    monitoring.order_monitoring(factories.adler(), of.pk, code="qtc")
    order = MonitoringOrder.objects.get()
    shown = on_card(of)["qtc"]
    assert (shown.order, shown.comes_too_late) == (order, False)
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        assert on_card(of)["qtc"].comes_too_late
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert not on_card(of)["qtc"].comes_too_late
    tasks.cancel_by_key(measures.key_of(order.pk), "Not needed.")
    assert on_card(of)["qtc"].order is None
    other = MonitoringOrder.objects.create(
        patient=factories.patient("C-1002"), code="anc", what="ANC", due_on=saying.today(), ordered_by=factories.adler()
    )
    assert [one.pk for one in measures.of_patient(factories.bo(), factories.carla().pk)] == [order.pk]
    assert [one.pk for one in measures.of_patient(factories.bo(), other.patient_id)] == [other.pk]


def test_what_fits_the_problem_is_suggested_before_what_fits_the_drugs() -> None:
    factories.taking("sertraline", 36437, "100")
    change = orders.start(factories.adler(), "tramadol").change
    [finding, *_more] = waiting(change)
    knowledge = library.current()
    wanted = [f"{row.code}" for row in knowledge.formulary.cards.wanted(finding.problem, finding.drugs)]
    suggested = [choice.what.partition(":")[2] or choice.what for choice in evidence.suggested([finding], knowledge)]
    first = [code for code in wanted if code != "visit" and code in suggested]
    assert first
    assert suggested[: len(first)] == first
    assert len(suggested) > len(first) + 1, "the drugs ask for more"
    assert suggested[-1] == "visit"


def test_what_an_interaction_asks_for_is_suggested_before_routine_labs() -> None:
    knowledge = library.current()
    lists = {
        drug: evidence._of_drugs([drug], knowledge) for drug in ("lithium", "clozapine", "lamotrigine", "valproate")
    }
    rules = {
        drug: {what for what, meant in evidence.rules_of(knowledge.formulary.care).get(drug, []) if meant}
        for drug in lists
    }
    for drug, meant in rules.items():
        places = [place for place, what in enumerate(dict.fromkeys(lists[drug])) if what in meant]
        assert places == list(range(len(places))), drug
    assert any(0 < len(meant) < len(set(lists[drug])) for drug, meant in rules.items())


# -- tolerated before -------------------------------------------------------------------------------------------------
def test_tolerated_before_is_held_against_the_doses_of_the_findings_own_first_day() -> None:
    old = saying.taken("sertraline", since=300, amount="100")
    other = saying.taken("tramadol", since=290)
    saying.changed(other, "stop", 200)
    saying.changed(old, "new_dose", -10, factories.sig("150"))
    change = orders.start(factories.adler(), "tramadol").change
    finding = next(one for one in waiting(change) if set(one.drugs) == {"sertraline", "tramadol"})
    assert len({day["day"] for day in finding.review.regimen}) > 1
    [history] = tolerance.histories_of(
        [finding], courses.of_patient(factories.carla().pk), saying.today(), library.current()
    ).values()
    assert (history.verdict, history.earlier.overlap_days) == ("as_high", 90)
    assert [drug.now for drug in history.drugs] == [100, 50]


# -- the second signature ---------------------------------------------------------------------------------------------
def contraindicated(by: User | None = None) -> DosageChange:
    factories.taking("phenelzine", 8123, "45")
    change: DosageChange = orders.start(by or factories.adler(), "sertraline").change
    orders.answer_all(by or factories.adler(), change)
    return change


def second(change: DosageChange, signer: User | None = None) -> cosignatures.CosignatureStanding:
    found = review.latest(change.pk)
    return cosignatures.shown_to(signer or factories.adler(), change, found.findings.all())


def say(by: User, change: DosageChange, *, agree: bool = True) -> None:
    act = actions_review.cosign if agree else actions_review.decline
    act(by, change.pk, review_id=review.latest(change.pk).pk, note="Looked at afresh.")


def test_the_newest_word_of_another_who_works_here_decides() -> None:
    change = contraindicated()
    say(factories.pia(), change)
    assert second(change).missing == []
    assert second(change, factories.pia()).missing, "nobody is their own second person"
    User.objects.filter(pk=factories.pia().pk).update(is_active=False)
    assert second(change).missing, "gone since"
    User.objects.filter(pk=factories.pia().pk).update(is_active=True)
    say(factories.pia(), change, agree=False)
    assert second(change).missing


def test_a_no_on_an_order_that_was_signed_all_the_same_is_no_second_signature_later() -> None:
    change = contraindicated()
    say(factories.brandt(), change, agree=False)
    say(factories.pia(), change)
    prescribing.sign(factories.adler(), change.pk)
    later = prescribing.propose_change(
        factories.adler(), change.prescription_id, kind=Kind.NEW_DOSE, sig=factories.sig("75"),
        effective_on=saying.today(), reason_code="titration",
    ).change  # fmt: skip
    orders.answer_all(factories.adler(), later)
    assert {need.word.by for need in second(later).needs} == {factories.pia()}
    assert second(later, factories.pia()).missing, "the no of another does not stand in for hers"
    assert {word.verdict for word in CoSignature.objects.all()} == {"agreed", "declined"}


def test_who_is_asked_is_another_and_a_request_that_was_called_off_may_be_made_again() -> None:
    change = contraindicated(factories.brandt())
    factories.pia(), factories.adler()
    assert second(change).colleagues == [factories.pia()]
    task = actions_review.ask(factories.adler(), change.pk)
    assert (second(change).asked, second(change).colleagues) == (task, [])
    tasks.cancel_by_key(task.key, "Called off.")
    assert second(change).asked is None
    assert second(change).colleagues == [factories.pia()]


# -- what a change of the knowledge brought up ------------------------------------------------------------------------
def test_of_a_change_of_knowledge_only_what_still_waits_is_shown() -> None:
    for key in ("a", "b"):
        tasks.open_task(
            kind=TaskKind.KNOWLEDGE_CHANGE, key=key, role="pharmacist", title="Look", patient_id=factories.carla().pk
        )
    tasks.cancel_by_key("a", "Seen.")
    assert [task.key for task in reads.of_patient(factories.adler(), factories.carla().pk).tasks] == ["b"]


# -- what became of alerts --------------------------------------------------------------------------------------------
def test_what_stood_already_is_no_alert_and_a_promise_kept_late_is_not_kept() -> None:
    adler = factories.adler()
    factories.taking("sertraline", 36437, "100"), factories.taking("tramadol", 10689)
    orders.signed(adler, "melatonin", amount="3")
    assert Finding.objects.filter(severity="major", is_interruptive=False).exists()
    assert alerts.alerts_between(adler).total.shown == 0
    change = orders.start(adler, "linezolid", amount="600").change
    orders.answer_all(adler, change)
    found = alerts.alerts_between(adler)
    assert found.total.shown == found.total.overridden > 0
    follow_ups = Task.objects.filter(kind="finding_follow_up")
    for task in follow_ups:
        tasks.done(task.pk, adler.pk, "Seen.")
    late = timezone.now() - timedelta(minutes=1)
    follow_ups.update(due_at=late)
    assert (alerts.alerts_between(adler).follow_ups, alerts.alerts_between(adler).kept) == (follow_ups.count(), 0)
    follow_ups.update(due_at=timezone.now() + timedelta(minutes=1))
    assert alerts.alerts_between(adler).kept == follow_ups.count()


def test_what_went_with_a_withdrawn_proposal_is_no_broken_promise() -> None:
    change = crowded()
    orders.answer_all(factories.adler(), change)
    prescribing.withdraw(factories.adler(), change.pk, note="No.")
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        assert alerts.alerts_between(factories.adler()).follow_ups == 0
