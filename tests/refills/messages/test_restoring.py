"""After a restore nothing is sent twice: what was due is held until a person decides, each of it exactly once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from pytest_django import Settings

from medmgmt.actions import messages as actions
from medmgmt.record.errors import NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry
from refills.clock import database_now
from refills.messages import queue, reminders, restoring
from refills.models import Crossing, HandOvers, Reminder, Task, TaskKind
from tests import factories
from tests.refills.people import due, reachable

pytestmark = pytest.mark.django_db


def back_up() -> Callable[[], None]:
    """Takes a backup of what a tick changes; call what it gives to restore it. The marks outside stay as they are."""
    rows = list(Reminder.objects.values())
    lineage = HandOvers.objects.values_list("lineage", flat=True).first()
    counts = list(Crossing.objects.values())

    def restore() -> None:
        Reminder.objects.all().delete()
        Reminder.objects.bulk_create(Reminder(**row) for row in rows)
        HandOvers.objects.all().delete()
        HandOvers.objects.create(lineage=lineage)
        Crossing.objects.all().delete()
        Crossing.objects.bulk_create(Crossing(**row) for row in counts)

    return restore


def begun() -> None:
    """The clinic has sent something before, so that it is known by its lineage."""
    [row] = due(1, at=database_now())
    reminders.tick(database_now(), reach=lambda one: awake(one))
    assert Reminder.objects.get(pk=row.pk).state == "sent"
    mail.outbox.clear()


def awake(reminder: Reminder) -> reminders.Reach:
    """Somebody for whom it is noon, whatever time it is here."""
    found = reachable(reminder)
    ahead = 12 - database_now().hour
    zone = f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"
    return reminders.Reach(found.address, "en", zone, allowed=True)


def tick() -> reminders.Counts:
    return reminders.tick(reach=awake)


def test_what_was_sent_after_the_backup_is_not_sent_again_after_the_restore() -> None:
    begun()
    rows = due(5, at=database_now())
    restore = back_up()
    assert tick().sent == 5
    restore()
    counts = tick()
    assert (counts.held, counts.sent, len(mail.outbox)) == (5, 0, 5)
    assert set(Reminder.objects.filter(pk__in=[row.pk for row in rows]).values_list("state", flat=True)) == {"held"}
    assert tick() == reminders.Counts()


def test_one_task_a_patient_asks_for_the_decision_and_says_nothing_of_health() -> None:
    begun()
    due(5, at=database_now())
    restore = back_up()
    tick()
    restore()
    tick()
    [task] = Task.objects.filter(kind=TaskKind.MESSAGE_HELD)
    assert (task.patient_id, task.role) == (factories.carla().pk, "nurse")
    assert "sertraline" not in f"{task.title}{task.detail}"


def test_what_becomes_due_after_the_restore_goes_out_as_ever() -> None:
    begun()
    due(2, at=database_now())
    restore = back_up()
    tick()
    restore()
    assert tick().held == 2
    later = due(1, at=database_now() + timedelta(hours=2))
    Reminder.objects.filter(pk=later[0].pk).update(
        local_date=database_now().date() + timedelta(days=1), next_attempt_at=database_now()
    )
    assert tick().sent == 1


def test_what_is_planned_anew_for_a_day_before_the_restore_is_held_too() -> None:
    """Its first copy may have been planned, sent and lost between backup and restore."""
    begun()
    due(1, at=database_now())
    restore = back_up()
    tick()
    restore()
    tick()
    due(1, at=database_now())
    assert tick().held == 1


def test_without_a_restore_nothing_is_held_however_often_the_clock_starts() -> None:
    begun()
    for _ in range(3):
        due(2, at=database_now())
        counts = tick()
        assert (counts.sent, counts.held) == (2, 0)


def test_a_new_database_beside_old_marks_is_not_taken_for_a_restored_one() -> None:
    begun()
    HandOvers.objects.all().delete()
    Crossing.objects.all().delete()
    due(1, at=database_now())
    assert tick().sent == 1


def test_a_crossing_is_known_outside_before_the_message_leaves(settings: Settings) -> None:
    due(1, at=database_now())
    seen: list[int] = []
    batch = queue.claim(database_now(), 1)
    queue.cross(batch.token, [batch.rows[0].pk])
    lineage = HandOvers.objects.get().lineage
    seen = [len(whole) for whole in [(Path(settings.MARKS_DIR) / lineage.hex).read_bytes()]]
    assert seen[0] % restoring.WIDTH == 0
    assert Crossing.objects.get().count == 1


def held(count: int = 3) -> list[int]:
    """So many messages of Carla's, held."""
    begun()
    due(count, at=database_now())
    restore = back_up()
    tick()
    restore()
    tick()
    mail.outbox.clear()
    return list(Reminder.objects.filter(state="held").values_list("pk", flat=True))


def test_a_nurse_sends_one_and_drops_the_others_and_each_is_accounted_for() -> None:
    ids, bo, carla = held(), factories.bo(), factories.carla()
    assert actions.send_held(bo, ids[:1], why="She says none came.", patient_id=carla.pk) == 1
    assert Task.objects.get(kind=TaskKind.MESSAGE_HELD).is_live
    assert actions.drop_held(bo, ids[1:], why="They came at nine.", patient_id=carla.pk) == 2
    assert Task.objects.get(kind=TaskKind.MESSAGE_HELD).state == "done"
    assert tick().sent == 1
    ended = dict(Reminder.objects.filter(pk__in=ids).values_list("pk", "state"))
    assert ended == {ids[0]: "sent", ids[1]: "cancelled", ids[2]: "cancelled"}
    told = AuditEntry.objects.filter(act__in=("send_held_message", "drop_held_message"))
    assert sorted(told.values_list("why", flat=True)) == ["She says none came.", "They came at nine."]


def test_an_administrator_decides_for_the_whole_clinic_and_a_second_time_nothing_happens() -> None:
    ids, admin = held(), factories.admin()
    assert actions.drop_held(admin, ids, why="All were sent.") == 3
    assert actions.send_held(admin, ids, why="Or were they?") == 0
    assert set(Reminder.objects.filter(pk__in=ids).values_list("state", flat=True)) == {"cancelled"}


def test_a_decision_needs_a_reason_a_message_and_the_right() -> None:
    ids, carla = held(), factories.carla()
    for why, chosen in ((" ", ids), ("Because.", [])):
        with pytest.raises(Refused):
            actions.drop_held(factories.bo(), chosen, why=why, patient_id=carla.pk)
    with pytest.raises(NotAllowed):
        actions.drop_held(factories.bo(), ids, why="For everybody.")
    with pytest.raises(NoSuchPatient):
        actions.drop_held(factories.dorn(), ids, why="Not mine.", patient_id=carla.pk)
    assert Reminder.objects.filter(state="held").count() == 3


def test_nobody_decides_on_another_patients_messages_under_cover_of_their_own() -> None:
    ids = held()
    sam = factories.stranger()
    assert actions.drop_held(factories.dorn(), ids, why="Under cover.", patient_id=sam.pk) == 0
    assert Reminder.objects.filter(state="held").count() == 3


def test_where_no_mark_can_be_kept_nothing_is_claimed(settings: Settings, tmp_path: Path) -> None:
    due(1, at=database_now())
    (tmp_path / "file").write_text("not a folder")
    settings.MARKS_DIR = tmp_path / "file"
    with pytest.raises(OSError):
        tick()
    assert Reminder.objects.get().attempts == 0
    assert mail.outbox == []
