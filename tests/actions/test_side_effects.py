"""What a nurse or a patient reports is kept whatever is known about it, and reaches the psychiatrist."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from medmgmt import side_effects as medmgmt_side_effects
from medmgmt.actions import observing, side_effects
from medmgmt.record.errors import NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import SideEffectReport
from refills.models import Task, TaskKind
from tests import factories
from tests.actions import orders
from tests.clinic import saying


@pytest.mark.usefixtures("knowledge")
def test_the_medicine_raised_last_week_is_the_chief_suspect_and_says_why() -> None:
    adler = factories.adler()
    orders.signed(adler, "lithium", amount="600", on=orders.today() - timedelta(days=300))
    orders.signed(adler, "folic acid", amount="1", on=orders.today() - timedelta(days=300))
    report = log(term="Tremor", began_on=orders.today() - timedelta(days=1))
    first = report.suspects.order_by("rank").first()
    assert first is not None
    assert first.prescription.drug_name == "lithium"
    assert first.reasons
    assert all(isinstance(reason, str) and reason for reason in first.reasons)
    assert "600" in first.dose_text


@pytest.mark.django_db
def test_a_report_is_never_refused_for_missing_knowledge() -> None:
    report = log(term="Hears colours since Tuesday")
    assert report.pk
    assert Task.objects.get(kind=TaskKind.SIDE_EFFECT_REVIEW).source_id == str(report.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("severity", "due"),
    [
        ("life_threatening", "2026-11-20T15:15"),
        ("severe", "2026-11-20T19:00"),
        ("moderate", "2026-11-24T15:00"),
        ("mild", "2026-11-30T15:00"),
    ],
)
def test_the_task_is_due_by_severity_by_the_clock_where_urgent_else_in_working_hours(severity: str, due: str) -> None:
    with time_machine.travel(datetime.fromisoformat("2026-11-20T15:00-05:00"), tick=False):
        log(severity=severity)
    assert Task.objects.get(kind=TaskKind.SIDE_EFFECT_REVIEW).due_at == datetime.fromisoformat(f"{due}-05:00")


@pytest.mark.usefixtures("knowledge")
def test_the_task_goes_to_whoever_signed_the_dose_while_they_care_for_the_patient() -> None:
    orders.signed(factories.adler(), "lithium", amount="600", on=orders.today() - timedelta(days=10))
    log(term="Tremor")
    assert Task.objects.get(kind=TaskKind.SIDE_EFFECT_REVIEW).assignee == factories.adler()
    factories.adler().memberships.update(until=timezone.now())
    log(term="Nausea")
    assert Task.objects.get(kind=TaskKind.SIDE_EFFECT_REVIEW, assignee=None).role == "psychiatrist"


@pytest.mark.django_db
def test_a_correction_is_a_new_version_with_a_new_task_and_the_old_one_stays() -> None:
    first = log(severity="mild")
    second = side_effects.correct_side_effect(factories.bo(), first.pk, severity="severe")
    assert (second.version, second.corrects_id, second.term) == (2, first.pk, first.term)
    assert SideEffectReport.objects.get(pk=first.pk).severity == "mild"
    assert [task.state for task in Task.objects.order_by("id")] == ["cancelled", "open"]
    assert medmgmt_side_effects.versions_of(first) == medmgmt_side_effects.versions_of(second) == [first, second]
    with pytest.raises(Refused):
        side_effects.correct_side_effect(factories.bo(), first.pk, severity="moderate")


@pytest.mark.usefixtures("knowledge")
def test_what_cannot_wait_is_a_nurses_task_too_and_no_correction_takes_that_one_away() -> None:
    first = log(term="Rash", severity="mild", note="with blisters in my mouth")
    assert first.red_flags == ["RF005"]
    [call] = Task.objects.filter(kind=TaskKind.CONTACT_PATIENT)
    assert (call.role, call.priority, "blisters in my mouth" in call.detail) == ("nurse", 1, True)
    assert "rash" not in call.title.lower()
    second = side_effects.correct_side_effect(factories.bo(), first.pk, note="a red spot")
    assert second.red_flags == []
    call.refresh_from_db()
    assert call.state == "open"


@pytest.mark.usefixtures("knowledge")
@pytest.mark.parametrize(("ended", "alarms"), [(2, 0), (1, 1), (None, 1)])
def test_what_ended_before_yesterday_is_history_however_bad_it_was(ended: int | None, alarms: int) -> None:
    over = None if ended is None else orders.today() - timedelta(days=ended)
    log(term="Seizure", severity="life_threatening", began_on=orders.today() - timedelta(days=9), ended_on=over)
    assert Task.objects.filter(kind=TaskKind.CONTACT_PATIENT).count() == alarms


@pytest.mark.usefixtures("knowledge")
@pytest.mark.parametrize(("stopped", "flags"), [(7, ["RF006"]), (30, [])])
def test_a_medicine_stopped_last_week_is_held_against_the_words_and_one_of_last_month_is_not(
    stopped: int, flags: list[str]
) -> None:
    saying.changed(saying.taken("lamotrigine"), "stop", stopped)
    assert log(term="Rash", note="on my arm").red_flags == flags


@pytest.mark.django_db
def test_a_patient_reports_for_themselves_and_for_nobody_else() -> None:
    report = log(by=factories.carla_user())
    assert report.reporter_role == "patient"
    with pytest.raises(NoSuchPatient):
        side_effects.log_side_effect(
            factories.carla_user(), factories.stranger().pk, term="Nausea", severity="mild", began_on=orders.today()
        )


@pytest.mark.django_db
def test_impossible_days_are_refused_in_a_sentence() -> None:
    for wrong in (
        {"began_on": orders.today() + timedelta(days=1)},
        {"began_on": factories.carla().birth_date - timedelta(days=1)},
        {"ended_on": orders.today() - timedelta(days=20)},
    ):
        with pytest.raises(Refused, match="side effect"):
            log(**wrong)
    assert not SideEffectReport.objects.exists()


@pytest.mark.django_db
def test_an_observation_has_the_unit_of_its_code_and_a_value_that_a_person_can_have() -> None:
    bo, carla = factories.bo(), factories.carla()
    made = observing.record_observation(bo, carla.pk, code="lithium", value=Decimal("0.8"), observed_at=timezone.now())
    assert (made.unit, made.loinc) == ("mmol/L", "14334-7")
    for value in ("80", "-1"):
        with pytest.raises(Refused):
            observing.record_observation(bo, carla.pk, code="lithium", value=Decimal(value), observed_at=timezone.now())
    late = timezone.now() + timedelta(days=1)
    with pytest.raises(Refused):
        observing.record_observation(bo, carla.pk, code="lithium", value=Decimal(1), observed_at=late)
    with pytest.raises(Refused):
        observing.record_observation(bo, carla.pk, code="no-such-code", value=Decimal(1), observed_at=timezone.now())
    with pytest.raises(NotAllowed):
        observing.record_observation(
            factories.pia(), carla.pk, code="lithium", value=Decimal(1), observed_at=timezone.now()
        )


@pytest.mark.usefixtures("knowledge")
def test_an_allergy_is_kept_as_said_or_as_the_vocabulary_names_it() -> None:
    bo, carla = factories.bo(), factories.carla()
    known = observing.record_allergy(bo, carla.pk, kind="allergy", substance="Lamictal", reaction="rash")
    unknown = observing.record_allergy(bo, carla.pk, kind="intolerance", substance="blue dye")
    assert (known.substance, known.rxcui) == ("lamotrigine", 28439)
    assert (unknown.substance, unknown.rxcui) == ("blue dye", None)


def log(**values: object) -> SideEffectReport:
    by = values.pop("by", None) or factories.bo()
    usual: dict[str, object] = {"term": "Nausea", "severity": "moderate", "began_on": orders.today()}
    return side_effects.log_side_effect(by, factories.carla().pk, **{**usual, **values})  # type: ignore[arg-type]
