"""Prescriptions for the pharmacy: series, revocation, limited dispensing, states that are stricter, labs that gate."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from medmgmt import problems
from medmgmt.actions import authorising, monitoring, observing, prescribing, supply
from medmgmt.actions.authorising import Written
from medmgmt.record.errors import NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, Prescription
from medmgmt.supply import reads
from refills import site
from refills.errors import RefillRefused
from refills.models import Authorisation, GateRelease, SupplyLimit, Task
from refills.supply.controlled import Reason
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")


def ago(days: int) -> date:
    return orders.today() - timedelta(days=days)


def taking(drug: str, **values: object) -> Prescription:
    return orders.signed(factories.adler(), drug, on=ago(90), **values).prescription


def write(of: Prescription, days: int = 30, **values: Any) -> Authorisation:
    return authorising.authorise(
        values.pop("by", None) or factories.adler(),
        of.pk,
        quantity=Decimal(values.pop("quantity", days)),
        unit="{tablet}",
        days_supply=days,
        **values,
    )


def fill(of: Prescription, *, days_ago: int = 0, days: int = 30) -> None:
    supply.record_dispense(
        factories.bo(), of.pk, dispensed_on=ago(days_ago), quantity=Decimal(days), unit="{tablet}", days_supply=days
    )


def reasons(said: RefillRefused) -> list[Reason]:
    return [one.reason for one in said.refusals]


# -- series -----------------------------------------------------------------------------------------------------------
def test_a_schedule_two_series_is_written_in_one_go_with_its_first_days() -> None:
    stimulant = taking("methylphenidate")
    parts = authorising.series(Written(Decimal(30), "{tablet}", 30), 3, orders.today())
    made = authorising.authorise_series(factories.adler(), stimulant.pk, parts=parts)
    assert [one.may_fill_from for one in made] == [None, ago(-30), ago(-60)]
    assert AuditEntry.objects.filter(act="authorise_refill").count() == 3


def test_a_series_beyond_ninety_days_writes_nothing_and_says_why() -> None:
    stimulant = taking("methylphenidate")
    parts = authorising.series(Written(Decimal(31), "{tablet}", 31), 3, orders.today())
    with pytest.raises(RefillRefused) as said:
        authorising.authorise_series(factories.adler(), stimulant.pk, parts=parts)
    assert reasons(said.value) == [Reason.SERIES_TOO_LONG]
    assert not Authorisation.objects.exists()


def test_a_refusal_is_a_problem_document_with_the_rule_its_source_and_the_day() -> None:
    stimulant = taking("methylphenidate")
    write(stimulant, issued_on=ago(40))
    fill(stimulant, days_ago=40)
    with pytest.raises(RefillRefused) as said:
        fill(stimulant, days_ago=8)
    told = problems.describe(said.value)
    assert (told.status, told.type) == (422, "/problems/refill-refused")
    [rule] = told.extra["rules"]
    assert (rule["rule"], rule["citation"]) == ("no_refills", "21 CFR 1306.12(a)")
    parts = authorising.series(Written(Decimal(30), "{tablet}", 30), 2, orders.today())
    authorising.authorise_series(factories.adler(), stimulant.pk, parts=parts)
    fill(stimulant)
    with pytest.raises(RefillRefused) as said:
        fill(stimulant)
    early = [one for one in problems.describe(said.value).extra["rules"] if one["rule"] == "too_early"]
    assert [one["until"] for one in early] == [ago(-30).isoformat()]


# -- taking back ------------------------------------------------------------------------------------------------------
def test_what_is_revoked_is_filled_no_more_and_stays_on_record() -> None:
    hypnotic = taking("zolpidem")
    row = write(hypnotic, refills=3, issued_on=ago(5))
    fill(hypnotic, days_ago=4, days=3)
    authorising.revoke(factories.adler(), row.pk, why="Falls at night.")
    with pytest.raises(RefillRefused) as said:
        fill(hypnotic)
    assert Reason.REVOKED in reasons(said.value)
    with pytest.raises(Refused):
        authorising.revoke(factories.adler(), row.pk, why="Again.")
    [line] = reads.supply(factories.bo(), hypnotic.pk).renewal.lines
    assert (line.is_revoked, line.fills_left) == (True, 0)
    with pytest.raises(NotAllowed):
        authorising.revoke(factories.bo(), row.pk, why="No.")
    with pytest.raises(NoSuchPatient):
        authorising.revoke(factories.dorn(), row.pk, why="No.")


def test_a_revocation_without_a_reason_is_refused() -> None:
    row = write(taking("zolpidem"))
    with pytest.raises(Refused):
        authorising.revoke(factories.adler(), row.pk, why=" ")


# -- the quantity against the plan ------------------------------------------------------------------------------------
def test_a_quantity_that_does_not_fit_the_plan_is_said_in_a_sentence_and_must_be_meant() -> None:
    taken = taking("sertraline", choice=prescribing.DrugChoice(name="sertraline", strength="50 mg"))
    with pytest.raises(Refused, match="60 tablets last 60 days as directed, not 30; 30 days need 30 tablets"):
        write(taken, quantity=60)
    assert write(taken, quantity=60, quantity_meant=True).quantity == 60
    assert write(taken).quantity == 30


def test_what_is_stopped_is_not_written_for() -> None:
    taken = taking("sertraline")
    factories.change(taken, kind="stop", on=orders.today(), signed_at=timezone.now(), reason_code="remission")
    with pytest.raises(Refused, match="not taken"):
        write(taken)


def test_the_pharmacy_would_be_told_all_of_a_prescription_and_nothing_it_may_not_do() -> None:
    stimulant = taking("methylphenidate")
    write(stimulant, may_fill_from=ago(-10))
    [(_row, items)] = reads.supply(factories.pia(), stimulant.pk).told
    told = dict(items)
    assert told["Quantity"] == "30 (thirty) tablets"
    assert (told["Refills"], told["Schedule"], told["Do not fill before"]) == ("none", "CII", ago(-10).isoformat())
    assert told["Prescriber"] == "Anna Adler"


# -- states -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def _in_new_york(settings: Any) -> Iterator[None]:
    settings.SUPPLY_STATES = ("NY",)
    return


@pytest.mark.usefixtures("_in_new_york")
def test_in_a_state_that_is_stricter_its_rule_wins_and_is_named() -> None:
    benzodiazepine = taking("lorazepam")
    with pytest.raises(RefillRefused) as said:
        write(benzodiazepine, refills=5)
    assert "10 NYCRR 80.67(a)" in str(said.value)
    with pytest.raises(RefillRefused, match="At most 30 days"):
        write(benzodiazepine, 31)
    assert write(benzodiazepine).refills == 0


def test_where_no_state_is_set_the_federal_rule_holds() -> None:
    assert write(taking("lorazepam"), refills=5).refills == 5


def test_a_sites_own_table_can_tighten_and_never_loosen(settings: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    head = "jurisdiction,scope,rule,value,unit,stricter,source,confidence,note"
    rows = (
        "site,CIV,refills_max,2,refills,lower,our policy 7,config,",
        "site,CII,refills_max,9,refills,lower,x,config,",
    )
    own.write_text("\n".join([head, *rows]))
    settings.SUPPLY_RULES = str(own)
    with pytest.raises(RefillRefused, match=r"At most 2 refills .*our policy 7"):
        write(taking("zolpidem"), refills=3)
    with pytest.raises(RefillRefused, match="At most 0 refills"):
        write(taking("methylphenidate"), refills=1)


# -- limited dispensing -----------------------------------------------------------------------------------------------
def limit(of: Prescription | None = None, days: int = 7, **values: Any) -> SupplyLimit:
    return authorising.limit_supply(
        values.pop("by", None) or factories.adler(),
        factories.carla().pk,
        prescription_id=of.pk if of else None,
        most_days=days,
        until=ago(-30),
        why="Overdose last week.",
        **values,
    )


def test_limited_dispensing_caps_what_is_written_and_what_is_filled_until_it_ends() -> None:
    tricyclic, other = taking("amitriptyline"), taking("sertraline")
    limit(tricyclic)
    with pytest.raises(RefillRefused) as said:
        write(tricyclic)
    assert reasons(said.value) == [Reason.LIMITED]
    assert f"7 days at a time until {ago(-30)}" in str(said.value)
    with pytest.raises(RefillRefused):
        fill(tricyclic)
    write(tricyclic, 7, refills=3)
    fill(tricyclic, days=7)
    write(other)
    fill(other)


def test_a_limit_of_the_patient_holds_for_every_medicine_and_the_strictest_wins() -> None:
    tricyclic = taking("amitriptyline")
    limit(days=14)
    limit(tricyclic, days=3)
    assert reads.supply(factories.bo(), tricyclic.pk).renewal.limit.most_days == 3
    with pytest.raises(RefillRefused):
        write(taking("sertraline"))


def test_a_limit_is_lifted_with_a_reason_once() -> None:
    tricyclic = taking("amitriptyline")
    row = limit(tricyclic)
    with pytest.raises(NotAllowed):
        authorising.lift_limit(factories.bo(), row.pk, why="Better.")
    authorising.lift_limit(factories.adler(), row.pk, why="Better.")
    write(tricyclic)
    with pytest.raises(Refused):
        authorising.lift_limit(factories.adler(), row.pk, why="Better.")


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 91}])
def test_a_limit_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Refused):
        limit(taking("amitriptyline"), **wrong)


def test_a_recent_risk_and_a_drug_dangerous_in_overdose_suggest_a_limit() -> None:
    tricyclic, harmless = taking("amitriptyline"), taking("sertraline")
    assert reads.supply(factories.adler(), tricyclic.pk).suggestion is None
    observing.record_observation(
        factories.bo(),
        factories.carla().pk,
        code="cssrs",
        observed_at=timezone.now() - timedelta(days=3),
        value=Decimal(5),
    )
    hint = reads.supply(factories.adler(), tricyclic.pk).suggestion
    assert hint.most_days == 7
    assert "C-SSRS of 5" in hint.signs[0]
    assert reads.supply(factories.adler(), harmless.pk).suggestion is None
    limit(tricyclic)
    assert reads.supply(factories.adler(), tricyclic.pk).suggestion is None


def test_a_diagnosis_suggests_a_limit_as_well_and_an_old_score_does_not() -> None:
    lithium = taking("lithium")
    observing.record_observation(
        factories.bo(),
        factories.carla().pk,
        code="cssrs",
        observed_at=timezone.now() - timedelta(days=200),
        value=Decimal(5),
    )
    assert reads.supply(factories.adler(), lithium.pk).suggestion is None
    observing.record_condition(factories.adler(), factories.carla().pk, text="Suicidal ideations", icd10cm="R45.851")
    assert reads.supply(factories.adler(), lithium.pk).suggestion is not None


# -- labs -------------------------------------------------------------------------------------------------------------
def seen(code: str, value: str, days_ago: int) -> None:
    observing.record_observation(
        factories.bo(),
        factories.carla().pk,
        code=code,
        observed_at=timezone.now() - timedelta(days=days_ago),
        value=Decimal(value),
    )


def test_clozapine_pends_without_its_count_and_goes_on_with_a_reasoned_release() -> None:
    clozapine = taking("clozapine")
    with pytest.raises(RefillRefused) as said:
        write(clozapine, 7)
    assert reasons(said.value) == [Reason.LAB_PENDS]
    assert "neutrophil count: none is on record" in str(said.value)
    supply.request_refill(factories.carla_user(), clozapine.pk)
    task = Task.objects.get(kind="lab_gate")
    made = monitoring.release_lab_gate(factories.adler(), clozapine.pk, why="Count drawn this morning.", until=ago(-3))
    assert write(clozapine, 7).days_supply == 7
    task.refresh_from_db()
    assert (task.state, task.evidence_type, task.evidence_id) == ("done", "gate_release", str(made.pk))
    assert AuditEntry.objects.filter(act="release_lab_gate").exists()


def test_a_release_needs_a_reason_a_near_end_and_something_to_release() -> None:
    clozapine = taking("clozapine")
    for wrong in ({"why": " ", "until": ago(-3)}, {"why": "x", "until": ago(-60)}, {"why": "x", "until": ago(1)}):
        with pytest.raises(Refused):
            monitoring.release_lab_gate(factories.adler(), clozapine.pk, **wrong)
    with pytest.raises(NotAllowed):
        monitoring.release_lab_gate(factories.bo(), clozapine.pk, why="x", until=ago(-3))
    seen("anc", "2.4", 2)
    with pytest.raises(Refused):
        monitoring.release_lab_gate(factories.adler(), clozapine.pk, why="x", until=ago(-3))
    assert not GateRelease.objects.exists()


def test_a_count_that_is_too_low_pends_though_it_is_recent_and_a_new_one_outdates_a_release() -> None:
    clozapine = taking("clozapine")
    seen("anc", "0.8", 2)
    with pytest.raises(RefillRefused, match="too low"):
        write(clozapine, 7)
    monitoring.release_lab_gate(factories.adler(), clozapine.pk, why="Haematology agrees.", until=ago(-5))
    write(clozapine, 7)


def test_lithium_pends_when_its_level_is_long_overdue_and_says_since_when() -> None:
    lithium = taking("lithium")
    seen("lithium", "0.7", 20)
    write(lithium)
    other = reads.supply(factories.adler(), lithium.pk).renewal.gate
    assert (other.pends, other.reach.next_due_on) == (False, ago(20) + timedelta(days=60))


def test_a_level_that_was_never_taken_holds_lithium_until_somebody_looks() -> None:
    lithium = taking("lithium")
    with pytest.raises(RefillRefused, match="lithium level: none is on record"):
        write(lithium)
    seen("lithium", "0.7", 0)
    write(lithium)


TABLES = {
    "refills_revocation": "never changed or deleted",
    "refills_supplylimit": "never changed or deleted",
    "refills_limitlifted": "never changed or deleted",
    "refills_gaterelease": "never changed or deleted",
}


@pytest.mark.parametrize("table", sorted(TABLES))
def test_what_was_decided_is_never_changed_or_deleted(table: str) -> None:
    clozapine = taking("clozapine")
    monitoring.release_lab_gate(factories.adler(), clozapine.pk, why="x", until=ago(-3))
    authorising.revoke(factories.adler(), write(clozapine, 7).pk, why="x")
    authorising.lift_limit(factories.adler(), limit(clozapine).pk, why="x")
    for statement in (f"UPDATE {table} SET id = 99", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match=TABLES[table]), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_shipped_rules_hold_federal_and_clinic_rows_alone_unless_a_state_is_set() -> None:
    assert {row.jurisdiction for row in site.supply_rules().rows} == {"US", "site"}
