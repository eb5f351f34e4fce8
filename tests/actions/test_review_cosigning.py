"""The second signature: who may give it, what it speaks for, and what it never covers."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from interactions import review
from interactions.errors import CoSignatureNeeded, UnansweredFindings
from medmgmt.actions import prescribing
from medmgmt.actions import review as actions_review
from medmgmt.record.errors import Conflict, NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, CoSignature, DosageChange, Kind, Patient, User
from medmgmt.review import cosignatures
from refills.models import Task
from tests import factories, shipped_knowledge
from tests.actions import orders

pytestmark = pytest.mark.django_db
NOTE = "Washed out elsewhere; we watch together."


def risky(patient: Patient | None = None, *, by: User | None = None) -> DosageChange:
    """Sertraline for somebody who takes phenelzine, answered, and not signed yet: contraindicated."""
    of = patient or factories.carla()
    factories.taking("phenelzine", 8123, "45", of=of)
    change: DosageChange = orders.start(by or factories.adler(), "sertraline", patient=of).change
    orders.answer_all(by or factories.adler(), change)
    return change


def shown(change: DosageChange) -> int:
    """The number of the review that the co-signer reads."""
    found = review.latest(change.pk)
    assert found is not None
    return found.pk


def agree(by: User, change: DosageChange) -> CoSignature:
    return actions_review.cosign(by, change.pk, review_id=shown(change), note=NOTE)


def test_a_contraindicated_order_is_not_signed_by_one_person_alone(knowledge: None) -> None:
    change = risky()
    with pytest.raises(CoSignatureNeeded) as refused:
        prescribing.sign(factories.adler(), change.pk)
    assert [one.severity for one in refused.value.findings] == ["contraindicated"]
    change.refresh_from_db()
    assert change.status == "proposed"
    assert AuditEntry.objects.filter(act="sign_refused").exists()


def test_with_the_pharmacists_co_signature_it_is_signed_and_nothing_waits_any_more(knowledge: None) -> None:
    change = risky()
    task = actions_review.ask(factories.adler(), change.pk)
    assert (task.kind, task.role, task.assignee_id) == ("cosign", "pharmacist", None)
    word = agree(factories.pia(), change)
    task.refresh_from_db()
    assert (task.state, task.evidence_type, task.evidence_id) == ("done", "cosignature", str(word.pk))
    assert prescribing.sign(factories.adler(), change.pk).status == "signed"
    assert not Task.objects.filter(kind="cosign", closed_at=None).exists()
    assert {"ask_cosignature", "cosign", "sign"} <= set(AuditEntry.objects.values_list("act", flat=True))


def test_the_prescribers_own_answer_comes_first(knowledge: None) -> None:
    factories.taking("phenelzine", 8123, "45")
    change = orders.start(factories.adler(), "sertraline").change
    for act in (
        lambda: actions_review.ask(factories.adler(), change.pk),
        lambda: agree(factories.pia(), change),
        lambda: prescribing.sign(factories.adler(), change.pk),
    ):
        with pytest.raises(UnansweredFindings):
            act()


def test_asking_twice_is_one_task_and_one_colleague_may_be_named(knowledge: None) -> None:
    change = risky()
    first = actions_review.ask(factories.adler(), change.pk, colleague_id=factories.brandt().pk)
    assert actions_review.ask(factories.adler(), change.pk) == first
    assert (first.assignee, first.role) == (factories.brandt(), "psychiatrist")
    assert agree(factories.brandt(), change).by == factories.brandt()
    assert prescribing.sign(factories.adler(), change.pk).status == "signed"


@pytest.mark.parametrize("who", [factories.adler, factories.bo, factories.dorn])
def test_nobody_is_asked_who_could_not_co_sign(knowledge: None, who: Any) -> None:
    change = risky()
    with pytest.raises(Refused):
        actions_review.ask(factories.adler(), change.pk, colleague_id=who().pk)


def test_nothing_is_asked_where_nothing_is_contraindicated(knowledge: None) -> None:
    change = orders.start(factories.adler(), "sertraline").change
    with pytest.raises(Refused):
        actions_review.ask(factories.adler(), change.pk)
    with pytest.raises(Refused):
        agree(factories.pia(), change)
    assert prescribing.sign(factories.adler(), change.pk).status == "signed"


def test_who_proposed_or_answered_is_no_second_person(knowledge: None) -> None:
    factories.taking("phenelzine", 8123, "45")
    change = orders.start(factories.adler(), "sertraline").change
    orders.answer_all(factories.brandt(), change)
    for by in (factories.adler(), factories.brandt()):
        with pytest.raises(NotAllowed):
            agree(by, change)
    assert agree(factories.pia(), change).by == factories.pia()


def test_who_co_signed_cannot_sign_as_well(knowledge: None) -> None:
    change = risky()
    agree(factories.brandt(), change)
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.brandt(), change.pk)
    assert prescribing.sign(factories.adler(), change.pk).status == "signed"


def test_a_nurse_a_stranger_and_somebody_deactivated_do_not_co_sign(knowledge: None) -> None:
    change = risky()
    with pytest.raises(NotAllowed):
        agree(factories.bo(), change)
    with pytest.raises(NoSuchPatient):
        agree(factories.dorn(), change)
    gone = factories.pia()
    gone.is_active = False
    gone.save()
    with pytest.raises(NotAllowed):
        agree(gone, change)
    assert not CoSignature.objects.exists()


def test_the_word_of_somebody_deactivated_since_does_not_count_at_the_signature(knowledge: None) -> None:
    change = risky()
    agree(factories.pia(), change)
    User.objects.filter(username="pia").update(is_active=False)
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.adler(), change.pk)


def test_what_came_up_since_is_not_covered(knowledge: None) -> None:
    change = risky()
    agree(factories.pia(), change)
    factories.taking("linezolid", 190376, "1200")
    factories.taking("tranylcypromine", 10734, "30")
    with pytest.raises(UnansweredFindings):
        prescribing.sign(factories.adler(), change.pk)
    orders.answer_all(factories.adler(), change)
    with pytest.raises(CoSignatureNeeded) as refused:
        prescribing.sign(factories.adler(), change.pk)
    assert all("tranylcypromine" in one.drugs or "linezolid" in one.drugs for one in refused.value.findings)
    assert actions_review.ask(factories.adler(), change.pk).state == "open"


def test_what_was_read_before_the_newest_review_is_read_again(knowledge: None) -> None:
    change = risky()
    old = shown(change)
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.adler(), change.pk)
    with pytest.raises(Conflict):
        actions_review.cosign(factories.pia(), change.pk, review_id=old, note=NOTE)


def test_a_co_signature_of_a_withdrawn_proposal_covers_nothing(knowledge: None) -> None:
    change = risky()
    actions_review.ask(factories.adler(), change.pk)
    agree(factories.pia(), change)
    prescribing.withdraw(factories.adler(), change.pk, note="")
    again = orders.start(factories.adler(), "sertraline").change
    orders.answer_all(factories.adler(), again)
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.adler(), again.pk)


def test_withdrawing_takes_the_request_off_the_worklist(knowledge: None) -> None:
    change = risky()
    task = actions_review.ask(factories.adler(), change.pk)
    prescribing.withdraw(factories.adler(), change.pk, note="")
    task.refresh_from_db()
    assert task.state == "cancelled"


def test_declining_needs_a_reason_and_becomes_the_authors_task(knowledge: None) -> None:
    change = risky()
    asked = actions_review.ask(factories.adler(), change.pk)
    with pytest.raises(Refused):
        actions_review.decline(factories.pia(), change.pk, review_id=shown(change), note="  ")
    actions_review.decline(factories.pia(), change.pk, review_id=shown(change), note="Two weeks have not passed.")
    asked.refresh_from_db()
    mine = Task.objects.get(kind="cosign", closed_at=None)
    assert asked.state == "done"
    assert (mine.assignee, mine.detail) == (factories.adler(), "Two weeks have not passed.")
    assert "weeks" not in mine.title
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.adler(), change.pk)


def test_after_a_no_another_colleague_may_be_asked_and_the_newest_word_holds(knowledge: None) -> None:
    change = risky()
    actions_review.decline(factories.pia(), change.pk, review_id=shown(change), note="Not yet.")
    task = actions_review.ask(factories.adler(), change.pk, colleague_id=factories.brandt().pk)
    agree(factories.brandt(), change)
    task.refresh_from_db()
    assert task.state == "done"
    assert not Task.objects.filter(kind="cosign", closed_at=None).exists()
    actions_review.decline(factories.brandt(), change.pk, review_id=shown(change), note="I take it back.")
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.adler(), change.pk)


def new_dose(by: User, change: DosageChange, amount: str) -> DosageChange:
    """Another dose of what was signed, answered."""
    proposal = prescribing.propose_change(
        by, change.prescription_id, kind=Kind.NEW_DOSE, sig=factories.sig(amount), effective_on=orders.today(),
        reason_code="titration",
    )  # fmt: skip
    orders.answer_all(by, proposal.change)
    return proposal.change


def standing_order() -> DosageChange:
    """A contraindicated combination that two people have signed and that goes on."""
    change = risky()
    agree(factories.pia(), change)
    return prescribing.sign(factories.adler(), change.pk)


def test_a_standing_combination_is_not_asked_again_while_nothing_relevant_changes(knowledge: None) -> None:
    change = standing_order()
    raised = new_dose(factories.adler(), change, "75")
    (finding,) = cosignatures.contraindicated(actions_review.latest(raised).findings.all())
    assert not finding.is_new
    assert prescribing.sign(factories.adler(), raised.pk).status == "signed"


def test_another_dose_band_is_asked_again(knowledge: None) -> None:
    change = standing_order()
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.adler(), new_dose(factories.adler(), change, "150").pk)


def test_what_stopped_and_begins_again_is_asked_again(knowledge: None) -> None:
    adler, today = factories.adler(), orders.today()
    factories.taking("phenelzine", 8123, "45", on=today - timedelta(days=300))
    first = orders.start(adler, "sertraline", on=today - timedelta(days=200)).change
    orders.answer_all(adler, first)
    agree(factories.pia(), first)
    prescribing.sign(adler, first.pk)
    stop = prescribing.propose_change(
        adler, first.prescription_id, kind=Kind.STOP, sig=None, effective_on=today - timedelta(days=150),
        reason_code="other", note="Done.",
    )  # fmt: skip
    prescribing.sign(adler, stop.change.pk)
    again = orders.start(adler, "sertraline").change
    orders.answer_all(adler, again)
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(adler, again.pk)


def test_the_standing_co_signer_is_no_second_person_for_an_order_of_their_own(knowledge: None) -> None:
    change = risky()
    agree(factories.brandt(), change)
    signed = prescribing.sign(factories.adler(), change.pk)
    with pytest.raises(CoSignatureNeeded):
        prescribing.sign(factories.brandt(), new_dose(factories.brandt(), signed, "75").pk)


def test_the_database_keeps_every_word_and_takes_none_from_the_author_or_after_the_signature(knowledge: None) -> None:
    change = standing_order()
    word = CoSignature.objects.get()
    other = risky(factories.patient("X-1"))
    for act in (
        lambda: CoSignature.objects.filter(pk=word.pk).update(note="other"),
        lambda: CoSignature.objects.filter(pk=word.pk).delete(),
        lambda: CoSignature.objects.create(
            patient=change.patient, change=change, verdict="agreed", note="x", findings=[], by=factories.brandt()
        ),
        lambda: CoSignature.objects.create(
            patient=other.patient, change=other, verdict="agreed", note="x", findings=[], by=factories.adler()
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


# -- at once -----------------------------------------------------------------------------------------------------------


def together(*acts: Any) -> list[str]:
    """Does every act in a thread of its own, all released at once; what became of each."""
    barrier, outcomes = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Any) -> None:
        try:
            barrier.wait(10)
            act()
            outcomes[place] = "done"
        except (CoSignatureNeeded, UnansweredFindings, Conflict) as refused:
            outcomes[place] = type(refused).__name__
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_co_signing_and_signing_at_once_never_signs_without_the_second_word() -> None:
    shipped_knowledge.put_into_use()
    adler, pia = factories.adler(), factories.pia()
    for turn in range(4):
        change = risky(factories.patient(f"CS-{turn}"))
        seen = shown(change)
        outcomes = together(
            lambda change=change: prescribing.sign(adler, change.pk),
            lambda change=change, seen=seen: actions_review.cosign(pia, change.pk, review_id=seen, note=NOTE),
        )
        change.refresh_from_db()
        signed, agreed = change.status == "signed", CoSignature.objects.filter(change=change).exists()
        assert outcomes in (["done", "done"], ["CoSignatureNeeded", "Conflict"])
        assert (signed, agreed) == ((True, True) if outcomes[0] == "done" else (False, False))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_co_signature_covers_one_of_two_orders_signed_at_once_and_not_the_other() -> None:
    shipped_knowledge.put_into_use()
    adler, brandt, pia = factories.adler(), factories.brandt(), factories.pia()
    patient = factories.patient("CS-two")
    mine = risky(patient)
    other = orders.start(brandt, "fluoxetine", patient=patient, amount="20").change
    orders.answer_all(brandt, other)
    agree(pia, mine)
    outcomes = together(lambda: prescribing.sign(adler, mine.pk), lambda: prescribing.sign(brandt, other.pk))
    assert outcomes[1] != "done"
    assert not DosageChange.objects.filter(pk=other.pk, status="signed").exists()
    assert outcomes[0] in ("done", "UnansweredFindings", "CoSignatureNeeded")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_asked_by_two_people_at_once_it_is_one_task() -> None:
    shipped_knowledge.put_into_use()
    change = risky(factories.patient("CS-ask"))
    adler, brandt = factories.adler(), factories.brandt()
    assert together(
        lambda: actions_review.ask(adler, change.pk), lambda: actions_review.ask(brandt, change.pk, colleague_id=None)
    ) == ["done", "done"]
    assert Task.objects.filter(kind="cosign").count() == 1
