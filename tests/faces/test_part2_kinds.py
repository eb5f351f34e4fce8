"""Diagnoses, results, side effects and visits of a Part 2 programme are hidden like its medicines, and checked against.

Dr Otto of the programme diagnoses seizures after withdrawal; Dr Adler, outside it, orders bupropion, which a seizure
disorder contraindicates.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from medmgmt.actions import break_glass, monitoring, observing, part2, prescribing, side_effects
from medmgmt.knowledge import alerts
from medmgmt.record import part2 as record_part2
from medmgmt.record.errors import NoSuchThing, Refused, Unconfirmed
from medmgmt.record.models import (
    Allergy,
    Condition,
    Disclosure,
    DosageChange,
    Encounter,
    ImportRemark,
    MonitoringOrder,
    Observation,
    SideEffectReport,
    User,
)
from refills.models import Task
from tests import factories, shipped_knowledge
from tests.faces.test_part2 import (
    PHONE,
    WHY,
    answered,
    client_of,
    consent,
    otto,
    page_of,
    prescribed,
    programme,
    started,
    words_in,
)

pytestmark = pytest.mark.django_db
MASKED = "An interaction with a restricted record: call the programme"
TERM, NOTE, DIAGNOSIS = "secretword tremor", "secretword in the note", "Seizures after secretword"


def diagnosed(by: User | None = None) -> Condition:
    shipped_knowledge.put_into_use()
    programme()
    return observing.record_condition(by or otto(), factories.carla().pk, text=DIAGNOSIS, icd10cm="R56.9")


def measured(by: User | None = None, **said: Any) -> Observation:
    programme()
    usual = {"code": "audit_c", "value": Decimal(11), "observed_at": timezone.now()}
    return observing.record_observation(by or otto(), factories.carla().pk, **{**usual, **said})


def reported(by: User | None = None) -> SideEffectReport:
    programme()
    carla = factories.carla()
    return side_effects.log_side_effect(
        by or otto(), carla.pk, term=TERM, severity="severe", began_on=carla.today(timezone.now()), note=NOTE
    )


def met(by: User | None = None) -> Encounter:
    programme()
    carla = factories.carla()
    return observing.record_encounter(by or otto(), carla.pk, kind="office", on=carla.today(timezone.now()), note=NOTE)


def allergic(by: User | None = None, substance: str = "lamotrigine") -> Allergy:
    shipped_knowledge.put_into_use()
    programme()
    return observing.record_allergy(
        by or otto(), factories.carla().pk, kind="allergy", substance=substance, reaction=NOTE, severity="severe"
    )


def to_measure(by: User | None = None) -> MonitoringOrder:
    """An ECG, ordered on the card of what Dr Adler orders."""
    shipped_knowledge.put_into_use()
    programme()
    factories.taking("citalopram", 2556, "40")
    change = started(factories.adler(), "haloperidol", "5").change
    finding = change.reviews.get().findings.exclude(card="").get(problem__contains="qt")
    return monitoring.order_monitoring(by or otto(), finding.pk, code="qtc").order


def took_over(by: User | None = None) -> ImportRemark:
    """A remark on a record that was taken over by somebody of the programme."""
    programme()
    carla = factories.carla()
    return ImportRemark.objects.create(
        patient=carla, kind="left_out", source_id="x/1", what=NOTE, why="Nobody can read it.",
        programme=record_part2.programme_of(by or otto(), carla),
    )  # fmt: skip


def bupropion() -> DosageChange:
    return started(factories.adler(), "bupropion", "150").change


def chart_of(by: User) -> str:
    return client_of(by).get(f"/patients/{factories.carla().pk}/").content.decode()


def listed(by: User, what: str) -> Any:
    return client_of(by).get(f"/api/patients/{factories.carla().pk}/{what}/").json()["results"]


@pytest.mark.parametrize("make", [diagnosed, measured, reported, met])
def test_what_a_member_writes_down_is_the_programmes_and_what_others_do_is_nobodys(make: Any) -> None:
    shipped_knowledge.put_into_use()
    assert make().programme == programme()
    assert make(factories.adler()).programme is None


@pytest.mark.parametrize("who", [factories.adler, factories.bo, factories.pia])
def test_the_chart_and_the_lists_show_nobody_outside_any_of_it(who: Any) -> None:
    diagnosed(), measured(), reported(), met()
    assert "secretword" not in chart_of(who())
    assert "AUDIT-C" not in chart_of(who())
    for what in ("conditions", "observations", "encounters"):
        assert listed(who(), what) == [], what
    assert client_of(who()).get("/api/side-effects/").json()["count"] == 0


@pytest.mark.parametrize("who", [factories.adler, factories.bo, factories.pia])
def test_allergies_and_remarks_of_the_programme_are_nobody_elses(who: Any) -> None:
    allergic(), took_over()
    for body in (
        chart_of(who()),
        client_of(who()).get(f"/patients/{factories.carla().pk}/prescribe/").content.decode(),
    ):
        assert "lamotrigine" not in body.casefold()
        assert "secretword" not in body
    for what in ("allergies", "import-remarks"):
        assert listed(who(), what) == [], what
    assert "lamotrigine" in chart_of(otto())
    assert [len(listed(otto(), what)) for what in ("allergies", "import-remarks")] == [1, 1]


def test_an_allergy_that_an_ordinary_team_writes_down_everybody_sees() -> None:
    assert allergic(factories.adler()).programme is None
    assert "lamotrigine" in chart_of(factories.bo())


def test_an_order_of_what_the_programme_knows_an_allergy_to_is_stopped_without_a_word_of_it() -> None:
    allergic()
    change = started(factories.adler(), "lamotrigine", "25").change
    body = page_of(factories.adler(), change)
    assert MASKED in body
    assert "secretword" not in body
    assert "llergy on record" not in body
    refused = client_of(factories.adler()).post(
        f"/api/proposals/{change.pk}/sign/", {}, content_type="application/json"
    )
    assert refused.status_code == 409


def test_the_same_allergy_written_down_outside_is_a_line_of_its_own_and_asks_nothing() -> None:
    allergic()
    mine = allergic(factories.adler())
    assert mine.programme is None
    assert len(listed(factories.bo(), "allergies")) == 1
    with pytest.raises(Unconfirmed):
        allergic(factories.adler())


def test_what_the_programme_orders_to_be_measured_is_seen_by_nobody_else_and_stands_in_nobodys_way() -> None:
    order = to_measure()
    assert order.programme == programme()
    carla = factories.carla()
    assert [len(listed(who, "monitoring-orders")) for who in (otto(), factories.bo(), factories.adler())] == [1, 0, 0]
    for who in (factories.bo(), factories.adler()):
        shown = client_of(who).get(f"/api/tasks/?patient={carla.pk}").json()["results"]
        assert not [one for one in shown if one["kind"] == "monitoring_order"]


def test_a_member_of_the_programme_and_the_patient_see_all_of_it() -> None:
    diagnosed(), measured(), reported(), met()
    body = chart_of(otto())
    for words in (DIAGNOSIS, TERM, NOTE, "AUDIT-C"):
        assert words in body
    assert [len(listed(otto(), what)) for what in ("conditions", "observations", "encounters")] == [1, 1, 1]
    assert TERM in client_of(factories.carla_user()).get("/my/").content.decode()


def test_what_an_ordinary_team_writes_down_everybody_in_the_team_sees() -> None:
    adler = factories.adler()
    diagnosed(adler), measured(adler), reported(adler), met(adler)
    body = chart_of(factories.bo())
    for words in (DIAGNOSIS, TERM, NOTE, "AUDIT-C"):
        assert words in body
    assert not Disclosure.objects.exists()


def test_an_order_against_a_hidden_diagnosis_is_stopped_by_a_card_that_says_no_more_than_whom_to_call() -> None:
    diagnosed()
    change = bupropion()
    finding = change.reviews.get().findings.get(kind="contraindication_condition")
    assert finding.is_restricted
    body = page_of(factories.adler(), change)
    assert MASKED in body
    assert PHONE in body
    assert "/emergency/" in body
    assert "eizure" not in body
    shown = client_of(factories.adler()).get(f"/api/proposals/{change.pk}/").content.decode()
    assert "eizure" not in shown
    assert MASKED in shown
    refused = client_of(factories.adler()).post(
        f"/api/proposals/{change.pk}/sign/", {}, content_type="application/json"
    )
    assert refused.status_code == 409
    assert "eizure" not in refused.content.decode()


def test_the_card_is_answered_without_a_word_of_the_diagnosis_in_any_task() -> None:
    diagnosed()
    adler, change = factories.adler(), bupropion()
    answered(adler, change.pk)
    assert all("eizure" not in task.detail for task in Task.objects.exclude(assignee=otto()))
    assert "eizure" not in chart_of(adler)


def test_the_same_diagnosis_of_an_ordinary_team_is_told_whole() -> None:
    diagnosed(factories.adler())
    change = bupropion()
    body = page_of(factories.adler(), change)
    assert MASKED not in body
    assert "eizure" in body
    assert not change.reviews.get().findings.filter(is_restricted=True).exists()


def test_a_finding_that_does_not_rest_on_the_diagnosis_is_told_whole() -> None:
    diagnosed()
    started_lithium = started(factories.adler(), "lithium carbonate", "300").change
    body = page_of(factories.adler(), started_lithium)
    assert MASKED not in body
    assert not started_lithium.reviews.get().findings.filter(is_restricted=True).exists()


def test_what_is_newly_diagnosed_tells_the_prescriber_outside_in_masked_words() -> None:
    shipped_knowledge.put_into_use()
    adler, change = factories.adler(), bupropion()
    answered(adler, change.pk)
    prescribing.sign(adler, change.pk)
    diagnosed()
    said = [task.detail for task in Task.objects.filter(source_type="review")]
    assert any(MASKED in detail for detail in said), said
    assert all("eizure" not in detail for detail in said)
    assert MASKED in chart_of(adler)
    assert "eizure" not in chart_of(adler)
    assert "eizure" in chart_of(otto())


def test_a_consent_opens_the_kinds_that_it_names_and_no_other() -> None:
    diagnosed(), reported()
    change, adler = bupropion(), factories.adler()
    medicines = consent(diagnoses=False, results=False, notes=False)
    assert "secretword" not in chart_of(adler)
    assert MASKED in page_of(adler, change)
    assert not Disclosure.objects.exists()
    part2.revoke_consent(otto(), medicines.pk)
    diagnoses = consent(medicines=False, results=False, notes=False)
    assert "eizure" in page_of(adler, change)
    assert DIAGNOSIS in chart_of(adler)
    assert TERM not in chart_of(adler)
    assert Disclosure.objects.get().consent == diagnoses
    part2.revoke_consent(otto(), diagnoses.pk)
    assert MASKED in page_of(adler, change)
    with pytest.raises(Refused):
        consent(medicines=False, diagnoses=False, results=False, notes=False)


def test_a_consent_ends_on_its_day_for_every_kind() -> None:
    diagnosed(), measured(), reported(), met()
    consent(until=factories.carla().today(timezone.now()) + timedelta(days=2))
    assert "secretword" in chart_of(factories.bo())
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        assert "secretword" not in chart_of(factories.bo())


def test_in_an_emergency_all_of_it_opens_and_the_programme_is_told() -> None:
    diagnosed()
    adler = factories.adler()
    break_glass.open_chart(adler, mrn=factories.carla().mrn, reason=WHY)
    assert DIAGNOSIS in chart_of(adler)
    assert Task.objects.get(kind="part2_emergency").assignee == otto()
    assert Disclosure.objects.get(to=adler).opening is not None


def test_acts_on_it_from_outside_find_no_such_thing() -> None:
    value, report = measured(), reported()
    adler, carla = factories.adler(), factories.carla()
    with pytest.raises(NoSuchThing):
        observing.correct_observation(adler, value.pk, value=Decimal(1))
    with pytest.raises(NoSuchThing):
        side_effects.correct_side_effect(adler, report.pk, note="x")
    for address in (
        f"/side-effects/{report.pk}/",
        f"/api/side-effects/{report.pk}/",
        f"/patients/{carla.pk}/observations/{value.pk}/",
        f"/patients/{carla.pk}/observations/{value.pk}/correct/",
    ):
        assert client_of(adler).get(address).status_code == 404, address
        assert client_of(otto()).get(address).status_code == 200, address
    with pytest.raises(NoSuchThing):
        started(adler, "sertraline", "50", prompt=prescribing.Prompt(observation_id=value.pk))


def test_what_the_programme_heard_is_named_as_the_reason_of_no_change_that_others_read() -> None:
    report, taken = reported(), factories.taking()
    said = {"kind": "stop", "sig": None, "effective_on": factories.carla().today(timezone.now()), "confirm": True}
    prompt = prescribing.Prompt(side_effect_id=report.pk)
    with pytest.raises(Refused, match="Others read this"):
        prescribing.propose_change(otto(), taken.pk, reason_code="side_effect", prompt=prompt, **said)
    own = started(otto(), "naltrexone", "50", prompt=prompt).change
    assert own.prompted_by_side_effect == report


def test_what_the_clinic_hears_of_goes_to_nobody_of_the_programme_and_is_ranked_without_a_gap() -> None:
    factories.taking()
    of, carla = prescribed(), factories.carla()
    report = side_effects.log_side_effect(
        factories.bo(), carla.pk, term="constipation", severity="moderate", began_on=carla.today(timezone.now())
    )
    assert report.suspects.get(rank=1).prescription == of
    assert Task.objects.get(source_type="side_effect", source_id=str(report.pk)).assignee == factories.adler()
    told = client_of(factories.bo()).get(f"/api/side-effects/{report.pk}/").json()["suspects"]
    assert [(one["rank"], one["drug_name"]) for one in told] == [(1, "sertraline")]
    assert len(client_of(otto()).get(f"/api/side-effects/{report.pk}/").json()["suspects"]) == 2


def test_a_correction_stays_with_the_programme() -> None:
    value, report = measured(), reported()
    assert observing.correct_observation(otto(), value.pk, value=Decimal(9)).programme == programme()
    assert side_effects.correct_side_effect(otto(), report.pk, note="secretword again").programme == programme()


def test_writing_the_same_down_outside_asks_nothing_that_would_tell_of_it() -> None:
    diagnosed(), reported()
    assert diagnosed(factories.adler()).programme is None
    assert reported(factories.adler()).programme is None


def test_tasks_about_it_are_for_the_programme_alone() -> None:
    factories.taking()
    report = reported()
    about = Task.objects.filter(source_type="side_effect", source_id=str(report.pk))
    assert about.exists()
    for task in about:
        assert task.assignee in (None, otto())
        assert client_of(otto()).get(f"/tasks/{task.pk}/").status_code == 200
        for who in (factories.adler(), factories.bo()):
            assert client_of(who).get(f"/tasks/{task.pk}/").status_code == 404
            assert "secretword" not in client_of(who).get("/tasks/").content.decode()


def test_a_value_that_alarms_is_told_outside_without_a_word_of_the_programmes_medicine() -> None:
    prescribed()
    made = measured(factories.adler(), code="qtc", value=Decimal(530), unit="ms")
    details = [task.detail for task in Task.objects.filter(source_type="observation", source_id=str(made.pk))]
    assert details
    assert all(words_in(detail.encode()) == [] for detail in details), details
    page = client_of(factories.adler()).get(f"/patients/{made.patient_id}/observations/{made.pk}/")
    assert page.status_code == 200
    assert words_in(page.content) == []


def test_a_value_that_alarms_the_programme_alarms_whoever_measures_it_outside_too() -> None:
    shipped_knowledge.put_into_use()
    for by in (otto(), factories.adler()):
        programme()
        made = measured(by, code="potassium", value=Decimal("6.9"), unit="mmol/L")
        assert Task.objects.filter(source_type="observation", source_id=str(made.pk)).exists(), by


def test_how_much_is_hidden_nobody_outside_can_count() -> None:
    diagnosed()
    change, adler = bupropion(), factories.adler()
    once = client_of(adler).get(f"/api/proposals/{change.pk}/").json()
    prescribing.withdraw(adler, change.pk, note="")
    measured(), reported(), met()
    observing.record_condition(otto(), factories.carla().pk, text="Epilepsy", icd10cm="G40.909")
    observing.record_condition(otto(), factories.carla().pk, text="Bulimia nervosa", icd10cm="F50.2")
    change = bupropion()
    again = client_of(adler).get(f"/api/proposals/{change.pk}/").json()
    told = [(card["card"], card["severity"], card["drugs"]) for card in once["cards"]]
    assert [(card["card"], card["severity"], card["drugs"]) for card in again["cards"]] == told
    assert again["unanswered"] == once["unanswered"]


def test_a_consent_for_one_kind_lists_no_other_kind() -> None:
    reported()
    consent(notes=False)
    assert client_of(factories.adler()).get("/api/side-effects/").json()["count"] == 0
    consent(notes=True, medicines=False)
    assert client_of(factories.adler()).get("/api/side-effects/").json()["count"] == 1


def test_the_feedback_on_alerts_tells_of_a_programmes_records_no_more_than_that_they_spoke() -> None:
    prescribed()
    diagnosed()
    bupropion()
    started(factories.adler(), "alprazolam", "1")
    rows = client_of(factories.pia()).get("/api/alerts/").content + client_of(factories.pia()).get("/alerts/").content
    assert b"eizure" not in rows
    assert words_in(rows) == []
    told = alerts.feedback(factories.pia())
    assert {one.problem for one in told if one.user == "adler"} == {"restricted"}


def test_the_feedback_on_what_no_programme_has_part_in_is_whole() -> None:
    diagnosed(factories.adler())
    bupropion()
    assert all(one.problem != "restricted" for one in alerts.feedback(factories.pia()))
