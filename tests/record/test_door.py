"""How a request came in, and what is refused to whom for it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from medmgmt.record import door
from medmgmt.record.door import NOBODY, SESSION, TOKEN, Door
from medmgmt.record.errors import NotInPerson, Unproven


def test_outside_of_a_request_nothing_is_asked() -> None:
    assert door.present() is None
    door.require_fresh()
    door.require_in_person()


def test_a_proof_counts_for_its_minutes_and_not_a_minute_longer(settings: object) -> None:
    settings.CONFIRM_MINUTES = 15  # type: ignore[attr-defined]
    with door.opened(Door(SESSION, proven_at=timezone.now() - timedelta(minutes=14))):
        door.require_fresh()
        with pytest.raises(Unproven):
            door.require_fresh(minutes=5)
    with door.opened(Door(SESSION, proven_at=timezone.now() - timedelta(minutes=16))), pytest.raises(Unproven):
        door.require_fresh()


@pytest.mark.parametrize("way", [Door(SESSION), Door(NOBODY), Door(TOKEN), Door(TOKEN, proven_at=timezone.now())])
def test_without_a_proof_and_by_token_nothing_is_fresh(way: Door) -> None:
    with door.opened(way), pytest.raises(Unproven):
        door.require_fresh()


def test_a_proof_from_the_future_is_none() -> None:
    with door.opened(Door(SESSION, proven_at=timezone.now() + timedelta(hours=1))), pytest.raises(Unproven):
        door.require_fresh()


def test_four_eyes_are_two_people_and_a_token_has_none() -> None:
    with door.opened(Door(SESSION)):
        door.require_in_person()
    for way in (Door(TOKEN), Door(NOBODY)):
        with door.opened(way), pytest.raises(NotInPerson):
            door.require_in_person()


def test_what_stood_before_stands_again_after_a_crash_and_after_a_better_word() -> None:
    def crash() -> None:
        with door.opened(Door(SESSION)):
            door.is_now(Door(TOKEN))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()
    assert door.present() is None
