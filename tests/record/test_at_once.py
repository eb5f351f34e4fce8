"""Two people at once, on PostgreSQL: the lock on a patient holds, chains never fork, a change is signed once."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from medmgmt.record import access, audit
from medmgmt.record.errors import Conflict
from medmgmt.record.models import AuditEntry, DosageChange
from tests import factories
from tests.record.rows import SEAL

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PATIENCE = 20


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Every act in a thread of its own, begun at the same moment; what each returned, or the error it raised."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            gate.wait(PATIENCE)
            results[number] = act()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return results


def test_many_who_begin_a_new_chain_at_once_make_one_chain():
    carla, bo = factories.carla(), factories.bo()

    def read() -> None:
        for _ in range(10):
            access.patient_for(bo, "view_chart", carla.pk)

    assert at_once(*[read] * 6) == [None] * 6
    assert list(AuditEntry.objects.values_list("seq", flat=True)) == list(range(1, 61))
    assert audit.verify() == []


def test_verify_finds_no_fault_while_others_write():
    carla, bo = factories.carla(), factories.bo()

    def write() -> list[audit.Fault]:
        for number in range(40):
            audit.record(bo, "view_chart", patient_id=carla.pk if number % 2 else None)
        return []

    def check() -> list[audit.Fault]:
        return [fault for _ in range(10) for fault in audit.verify()]

    assert at_once(write, write, check) == [[], [], []]


def test_whoever_locks_a_patient_second_waits_for_the_first():
    carla, adler, brandt = factories.carla(), factories.adler(), factories.brandt()
    order: list[str] = []
    locked = threading.Event()

    def first() -> None:
        with transaction.atomic():
            access.patient_for(adler, "sign", carla.pk, lock=True)
            locked.set()
            threading.Event().wait(0.3)
            order.append("first")

    def second() -> None:
        locked.wait(PATIENCE)
        with transaction.atomic():
            access.patient_for(brandt, "sign", carla.pk, lock=True)
            order.append("second")

    assert at_once(first, second) == [None, None]
    assert order == ["first", "second"]


def test_a_thing_is_read_after_the_lock_on_its_patient():
    adler, brandt, change = factories.adler(), factories.brandt(), factories.change(factories.prescription())
    held = threading.Event()

    def first() -> None:
        with transaction.atomic():
            _patient, mine = access.locked(adler, "sign", DosageChange, change.pk, through="prescription")
            held.set()
            threading.Event().wait(0.3)
            mine.sign(by_id=adler.pk, at=NOW, seal=SEAL)

    def second() -> str:
        held.wait(PATIENCE)
        with transaction.atomic():
            return access.locked(brandt, "sign", DosageChange, change.pk, through="prescription")[1].status

    assert at_once(first, second) == [None, "signed"]


def test_a_chart_is_read_while_somebody_else_holds_the_patient_and_neither_waits_for_the_other():
    carla, adler, bo = factories.carla(), factories.adler(), factories.bo()
    locked, read = threading.Event(), threading.Event()

    def write() -> bool:
        with transaction.atomic():
            access.patient_for(adler, "sign", carla.pk, lock=True)
            locked.set()
            was_read = read.wait(5)
            audit.record(adler, "sign", patient_id=carla.pk)
        return was_read

    def look() -> None:
        locked.wait(PATIENCE)
        access.patient_for(bo, "view_chart", carla.pk)
        read.set()

    assert at_once(write, look) == [True, None]
    assert [entry.act for entry in AuditEntry.objects.all()] == ["view_chart", "sign"]


def test_a_change_signed_by_two_people_at_once_is_signed_by_one():
    to = factories.prescription()
    change = factories.change(to)

    def signing(by_id: int) -> Callable[[], object]:
        def sign() -> None:
            with transaction.atomic():
                DosageChange.objects.get(pk=change.pk).sign(by_id=by_id, at=NOW, seal=SEAL)

        return sign

    results = at_once(signing(factories.adler().pk), signing(factories.brandt().pk))
    assert sorted(type(result) for result in results if result is not None) == [Conflict]
