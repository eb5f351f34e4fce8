"""Lists of people and of what is on record about them: what stands in them, and what does not any more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from medmgmt import chart, people, tasks
from medmgmt import side_effects as medmgmt_side_effects
from medmgmt.actions import side_effects
from medmgmt.record import part2
from medmgmt.record.models import (
    Allergy,
    CareAssignment,
    CareTeamMember,
    Condition,
    Enrolment,
    IdempotencyRecord,
    Level,
    Role,
)
from refills.models import TaskKind
from refills.worklist.tasks import cancel_by_key, open_task
from tests import factories
from tests.clinic import saying

pytestmark = pytest.mark.django_db


def test_a_patient_is_listed_with_what_waits_and_the_programme_of_now() -> None:
    carla = factories.carla()
    for key in ("a", "b", "c"):
        open_task(kind=TaskKind.OTHER, key=key, role="nurse", title="Look", patient_id=carla.pk)
    cancel_by_key("b", "Done elsewhere.")
    Enrolment.objects.filter(patient=carla).update(ends_on=saying.ago(1))
    now = Enrolment.objects.create(patient=carla, level=Level.PARTIAL_HOSPITALISATION, starts_on=saying.ago(0))
    [one] = people.patients(factories.bo())
    assert (one.open_tasks, one.open_enrolments) == (2, [now])


def test_a_patient_reads_signed_doses_and_staff_read_all() -> None:
    made = saying.taken()
    saying.proposed(made, "new_dose", sig=factories.sig("300"))
    assert [one.status for one in chart.changes(factories.carla_user())] == ["signed"]
    assert {one.status for one in chart.changes(factories.bo())} == {"signed", "proposed"}


def test_of_a_side_effect_the_newest_version_is_listed() -> None:
    saying.taken()
    first = side_effects.log_side_effect(
        factories.bo(), factories.carla().pk, term="rash", severity="severe", began_on=saying.ago(3)
    )
    second = side_effects.correct_side_effect(factories.bo(), first.pk, severity="mild")
    assert list(medmgmt_side_effects.side_effects(factories.bo())) == [second]
    assert list(medmgmt_side_effects.side_effects_of(factories.carla(), part2.Mask())) == [second]


def test_a_new_patient_is_registered_with_a_team_one_works_in_now() -> None:
    bo = factories.bo()
    factories.member("bo", Role.NURSE, factories.team("Hillside"))
    CareTeamMember.objects.filter(user=bo, team=factories.team()).update(until=timezone.now() - timedelta(days=1))
    assert [name for _number, name in people.teams(bo)] == ["Hillside"]


def test_the_chart_shows_what_holds_now() -> None:
    carla, bo = factories.carla(), factories.bo()
    for substance, refuted in (("penicillin", saying.ago(1)), ("lamotrigine", None)):
        Allergy.objects.create(
            patient=carla, substance=substance, recorded_on=saying.ago(9), refuted_on=refuted, kind="allergy"
        )
    for text, abated in (("Epilepsy", saying.ago(1)), ("Depression", None)):
        Condition.objects.create(patient=carla, text=text, abated_on=abated)
    CareAssignment.objects.create(
        patient=carla, team=factories.team("Hillside"), since=factories.LONG_AGO, until=timezone.now()
    )
    found = chart.chart(bo, carla.pk)
    assert [one.row.substance for one in found.allergies.lines] == ["lamotrigine"]
    assert [one.text for one in found.conditions] == ["Depression"]
    assert found.team_names == ["Harbor"]


def test_a_dose_of_today_is_no_change_to_come() -> None:
    made = saying.taken()
    saying.changed(made, "new_dose", 0, factories.sig("75"))
    saying.changed(made, "new_dose", -3, factories.sig("100"))
    [shown] = chart.chart(factories.bo(), made.patient_id).medications
    assert [change.effective_on for change in shown.next_changes] == [saying.ago(-3)]
    assert shown.dose.sig.dose == 75


def test_an_answer_kept_for_a_repeated_request_is_forgotten_after_a_week() -> None:
    for key, days in (("old", 8), ("new", 6)):
        IdempotencyRecord.objects.create(
            user=factories.bo(), key=key, method="POST", path="/", fingerprint="0" * 64,
            created_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip
    tasks.clear_out()
    assert [one.key for one in IdempotencyRecord.objects.all()] == ["new"]
