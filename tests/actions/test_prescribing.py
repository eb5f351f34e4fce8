"""An order from proposal to signature: what it finds, what it asks, what follows from it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from interactions import releases, review
from interactions.errors import NamesDisagree, UnansweredFindings
from interactions.models import Review
from medmgmt.actions import observing, prescribing
from medmgmt.record import dosing
from medmgmt.record.errors import Conflict, NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, DosageChange, Kind, Prescription, User
from refills.models import Reminder, Task, TaskKind
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")


def words(reviewed: Review) -> set[tuple[str, str, bool]]:
    return {("+".join(found.drugs), found.severity, found.is_new) for found in reviewed.findings.all()}


def test_a_first_order_is_signed_without_a_finding_and_its_reminders_exist() -> None:
    proposal = orders.start(factories.adler(), "sertraline", first_supply_days=30)
    assert not proposal.review.findings.exists()
    change = prescribing.sign(factories.adler(), proposal.change.pk)
    assert change.status == "signed"
    kinds = Reminder.objects.filter(prescription=change.prescription).values_list("kind", flat=True)
    before, after = {"refill_7", "refill_3", "refill_1", "refill_0"}, {"overdue_1", "overdue_3", "overdue_7"}
    assert set(kinds) == before | after


def test_a_new_finding_of_major_severity_refuses_the_signature_until_it_is_answered() -> None:
    adler = factories.adler()
    orders.signed(adler, "sertraline", amount="100")
    proposal = orders.start(adler, "tramadol")
    assert any(new and severity == "major" for _, severity, new in words(proposal.review))
    with pytest.raises(UnansweredFindings):
        prescribing.sign(adler, proposal.change.pk)
    assert DosageChange.objects.get(pk=proposal.change.pk).status == "proposed"
    assert orders.answer_all(adler, proposal.change) >= 1
    assert prescribing.sign(adler, proposal.change.pk).status == "signed"


def test_an_answer_opens_the_follow_up_that_it_promises_and_a_withdrawal_closes_it() -> None:
    adler = factories.adler()
    orders.signed(adler, "sertraline", amount="100")
    proposal = orders.start(adler, "tramadol")
    answered = orders.answer_all(adler, proposal.change)
    follow_ups = Task.objects.filter(kind=TaskKind.FINDING_FOLLOW_UP)
    assert follow_ups.filter(state="open").count() == answered
    assert all(task.due_at.date() >= orders.today() + timedelta(days=7) for task in follow_ups)
    prescribing.withdraw(adler, proposal.change.pk, note="chose another medicine")
    assert not follow_ups.filter(state="open").exists()


def test_a_standing_finding_is_shown_apart_and_its_answer_still_counts() -> None:
    adler = factories.adler()
    orders.signed(adler, "sertraline", amount="100")
    orders.signed(adler, "tramadol")
    proposal = orders.start(adler, "folic acid", amount="1")
    assert {new for pair, _, new in words(proposal.review) if pair == "sertraline+tramadol"} == {False}
    assert prescribing.sign(adler, proposal.change.pk).status == "signed"


def test_a_taper_that_ends_before_the_new_drug_begins_is_checked_on_its_own_days() -> None:
    """Phenelzine is stopped in three days; sertraline in ten meets its washout, sertraline in thirty does not."""
    adler = factories.adler()
    phenelzine = orders.signed(adler, "phenelzine", amount="45", on=orders.today() - timedelta(days=90)).prescription
    stop = prescribing.propose_change(
        adler, phenelzine.pk, kind="stop", sig=None, effective_on=orders.today() + timedelta(days=3),
        reason_code="cross_taper",
    )  # fmt: skip
    prescribing.sign(adler, stop.change.pk)
    early = orders.start(adler, "sertraline", on=orders.today() + timedelta(days=10))
    assert ("phenelzine+sertraline", "contraindicated", True) in words(early.review)
    prescribing.withdraw(adler, early.change.pk, note="too early")
    late = orders.start(adler, "sertraline", on=orders.today() + timedelta(days=30))
    assert not any(pair == "phenelzine+sertraline" for pair, _, _ in words(late.review))


def test_a_drug_planned_for_week_three_is_met_by_the_one_started_today() -> None:
    adler = factories.adler()
    orders.signed(adler, "tramadol", on=orders.today() + timedelta(days=21))
    found = orders.start(adler, "sertraline", amount="100").review
    first = found.findings.get(drugs=["sertraline", "tramadol"])
    assert first.is_new
    assert first.first_day == orders.today() + timedelta(days=21)


def test_what_was_found_at_the_last_look_is_kept_so_that_it_can_be_answered() -> None:
    adler, brandt = factories.adler(), factories.brandt()
    mine = orders.start(adler, "sertraline", amount="100")
    orders.signed(brandt, "tramadol")
    with pytest.raises(UnansweredFindings):
        prescribing.sign(adler, mine.change.pk)
    last = review.latest(mine.change.pk)
    assert last is not None
    assert last.moment == "sign"
    assert ("sertraline+tramadol", "major", True) in words(last)
    orders.answer_all(adler, mine.change)
    assert prescribing.sign(adler, mine.change.pk).status == "signed"


def test_free_text_is_kept_shown_as_not_checked_and_opens_a_task() -> None:
    adler = factories.adler()
    orders.signed(adler, "sertraline")
    proposal = orders.start(adler, "grandmother's   nerve drops", sig=factories.sig("5", unit="[drp]"))
    prescription = Prescription.objects.get(pk=proposal.change.prescription_id)
    assert (prescription.free_text, prescription.drug_name) == (True, "grandmother's nerve drops")
    assert {pair["state"] for pair in proposal.review.coverage} == {"not_checked"}
    prescribing.sign(adler, proposal.change.pk, unchecked=True)
    assert Task.objects.filter(kind=TaskKind.NOT_CHECKED, state="open").count() == 1


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("citalopram", "escitalopram 20 mg tablet"),
        ("methylphenidate", "dexmethylphenidate 10 mg tablet"),
        ("sertraline", "fluoxetine 20 mg capsule"),
    ],
)
def test_a_label_of_another_drug_is_refused_though_one_name_holds_the_other(name: str, label: str) -> None:
    with pytest.raises(NamesDisagree, match=f"{name}.*{label.split()[0]}"):
        orders.start(factories.adler(), name, choice=prescribing.DrugChoice(name, product=label))


@pytest.mark.parametrize(
    ("name", "label"),
    [("lithium", "lithium carbonate ER 300 mg tablet"), ("hydroxyzine", "hydroxyzine pamoate 25 mg capsule")],
)
def test_a_label_with_the_salt_is_of_the_same_drug(name: str, label: str) -> None:
    made = orders.start(factories.adler(), name, choice=prescribing.DrugChoice(name, product=label)).change
    assert (made.prescription.drug_name, made.prescription.strength) == (name, " ".join(label.split()[-3:-1]))


def test_a_dose_changed_since_the_proposal_refuses_the_signature() -> None:
    adler, brandt = factories.adler(), factories.brandt()
    prescription = orders.signed(adler, "sertraline", on=orders.today() - timedelta(days=30)).prescription
    raise_to = {"kind": "new_dose", "effective_on": orders.today(), "reason_code": "titration"}
    mine = prescribing.propose_change(adler, prescription.pk, sig=factories.sig("100"), **raise_to)
    hers = prescribing.propose_change(brandt, prescription.pk, sig=factories.sig("75"), **raise_to)
    prescribing.sign(brandt, hers.change.pk)
    with pytest.raises(Conflict):
        prescribing.sign(adler, mine.change.pk)


def test_a_resumption_proposed_before_somebodys_stop_is_not_signed_after_it() -> None:
    adler, brandt = factories.adler(), factories.brandt()
    taken, today = factories.taking(), orders.today()
    factories.change(taken, Kind.HOLD, today - timedelta(days=1), signed_at=factories.LONG_AGO + timedelta(days=1))

    def proposed(by: User, kind: str, sig: dosing.Sig | None) -> DosageChange:
        return prescribing.propose_change(
            by, taken.pk, kind=kind, sig=sig, effective_on=today, reason_code="titration"
        ).change

    resumption = proposed(adler, "resume", factories.sig("50"))
    prescribing.sign(brandt, proposed(brandt, "stop", None).pk)
    with pytest.raises(dosing.ImpossibleStep):
        prescribing.sign(adler, resumption.pk)
    assert DosageChange.objects.get(pk=resumption.pk).status == "proposed"


def test_a_signed_change_is_neither_signed_again_nor_withdrawn() -> None:
    adler = factories.adler()
    change = orders.signed(adler, "sertraline")
    with pytest.raises(Conflict):
        prescribing.sign(adler, change.pk)
    with pytest.raises(Conflict):
        prescribing.withdraw(adler, change.pk, note="")


def test_stopping_a_medicine_cancels_its_reminders() -> None:
    adler = factories.adler()
    prescription = orders.signed(adler, "sertraline", first_supply_days=30).prescription
    stop = prescribing.propose_change(
        adler, prescription.pk, kind="stop", sig=None, effective_on=orders.today(), reason_code="side_effect"
    )
    prescribing.sign(adler, stop.change.pk)
    assert set(Reminder.objects.values_list("state", flat=True)) == {"cancelled"}


def test_what_was_never_started_cannot_be_stopped_and_far_days_are_slips_of_the_pen() -> None:
    adler = factories.adler()
    prescription = factories.prescription()
    with pytest.raises(dosing.ImpossibleStep):
        prescribing.propose_change(
            adler, prescription.pk, kind="stop", sig=None, effective_on=orders.today(), reason_code="remission"
        )
    with pytest.raises(Refused):
        orders.start(adler, "sertraline", on=orders.today() + timedelta(days=800))


def test_only_the_patients_own_psychiatrist_proposes_answers_and_signs() -> None:
    with pytest.raises(NoSuchPatient):
        orders.start(factories.dorn(), "sertraline")
    for other in (factories.bo(), factories.pia(), factories.carla_user(), factories.admin()):
        with pytest.raises(NotAllowed):
            orders.start(other, "sertraline")
    proposal = orders.start(factories.adler(), "sertraline")
    with pytest.raises(NoSuchPatient):
        prescribing.sign(factories.dorn(), proposal.change.pk)
    with pytest.raises(NotAllowed):
        prescribing.sign(factories.bo(), proposal.change.pk)


def test_every_act_leaves_its_line_in_the_audit_trail_without_health_details() -> None:
    adler = factories.adler()
    orders.signed(adler, "sertraline", amount="100")
    change = orders.signed(adler, "tramadol")
    acts = list(AuditEntry.objects.filter(patient=change.patient_id).values_list("act", flat=True))
    assert {"propose", "answer_finding", "sign"} <= set(acts)
    told = " ".join(map(str, AuditEntry.objects.values_list("detail", "why", "object_type")))
    assert "tramadol" not in told
    assert "Discussed" not in told


def test_with_no_release_in_use_nothing_is_called_safe_and_a_pharmacist_is_told() -> None:
    for release in releases.active():
        releases.retire(release.pk, by_id=factories.pia().pk)
    adler = factories.adler()
    prescribing.sign(adler, orders.start(adler, "sertraline").change.pk, unchecked=True)
    proposal = orders.start(adler, "tramadol")
    assert proposal.review.scope.startswith("Not checked")
    assert {pair["state"] for pair in proposal.review.coverage} == {"not_checked"}
    prescribing.sign(adler, proposal.change.pk, unchecked=True)
    assert Task.objects.filter(kind=TaskKind.NOT_CHECKED, role="pharmacist", state="open").exists()


def test_a_measured_number_is_told_as_it_was_measured() -> None:
    bo, adler = factories.bo(), factories.adler()
    observing.record_observation(
        bo, factories.carla().pk, code="sodium", value=Decimal(126), observed_at=timezone.now()
    )
    told = " ".join(found.summary for found in orders.start(adler, "sertraline").review.findings.all())
    assert "126" in told
    assert "126.0" not in told
