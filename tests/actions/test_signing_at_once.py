"""Two people sign two interacting orders at the same moment: exactly one goes through."""

import threading

import pytest
from django.db import connection

from interactions.errors import UnansweredFindings
from medmgmt.actions import prescribing
from medmgmt.record.models import DosageChange
from tests import factories, shipped_knowledge
from tests.actions import orders

TIMES = 5


def sign_together(signers: list[tuple[object, int]]) -> list[str]:
    """Signs every change in a thread of its own, all released at once; what became of each."""
    barrier, outcomes = threading.Barrier(len(signers)), [""] * len(signers)

    def run(place: int, by: object, change_id: int) -> None:
        try:
            barrier.wait(10)
            prescribing.sign(by, change_id)  # type: ignore[arg-type]
            outcomes[place] = "signed"
        except UnansweredFindings:
            outcomes[place] = "refused"
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, *signer)) for place, signer in enumerate(signers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_interacting_orders_signed_at_once_exactly_one_goes_through() -> None:
    shipped_knowledge.put_into_use()
    adler, brandt = factories.adler(), factories.brandt()
    for turn in range(TIMES):
        patient = factories.patient(f"R-{turn}")
        mine = orders.start(adler, "sertraline", patient=patient, amount="100").change
        hers = orders.start(brandt, "tramadol", patient=patient).change
        assert sorted(sign_together([(adler, mine.pk), (brandt, hers.pk)])) == ["refused", "signed"]
        assert DosageChange.objects.filter(patient=patient, status="signed").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_patient_both_would_go_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows that the test above can fail: both checks are held until both have been made."""
    shipped_knowledge.put_into_use()
    adler, brandt = factories.adler(), factories.brandt()
    patient = factories.patient("R-free")
    mine = orders.start(adler, "sertraline", patient=patient, amount="100").change
    hers = orders.start(brandt, "tramadol", patient=patient).change
    both_checked = threading.Barrier(2)
    real_door, real_look = prescribing.access.patient_for, prescribing.review_now

    def open_door(by: object, act: str, patient_id: int, **_: object) -> object:
        real_door(by, act, patient_id, lock=True) if act != "sign" else None  # type: ignore[arg-type]
        return prescribing.Patient.objects.get(pk=patient_id)

    def look_then_wait(*args: object, **kwargs: object) -> object:
        found = real_look(*args, **kwargs)  # type: ignore[arg-type]
        both_checked.wait(10)
        return found

    monkeypatch.setattr(prescribing.access, "patient_for", open_door)
    monkeypatch.setattr(prescribing, "review_now", look_then_wait)
    assert sign_together([(adler, mine.pk), (brandt, hers.pk)]) == ["signed", "signed"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_change_signed_twice_at_once_is_signed_once() -> None:
    shipped_knowledge.put_into_use()
    adler, brandt = factories.adler(), factories.brandt()
    change = orders.start(adler, "sertraline").change
    barrier, signed = threading.Barrier(2), []

    def run(by: object) -> None:
        try:
            barrier.wait(10)
            signed.append(prescribing.sign(by, change.pk).pk)  # type: ignore[arg-type]
        except prescribing.Conflict:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(by,)) for by in (adler, brandt)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert signed == [change.pk]
