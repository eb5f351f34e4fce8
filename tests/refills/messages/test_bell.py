"""The bell: rung after the commit and only then, carries nothing, and nobody minds when it is broken."""

from typing import Any

import pytest
import redis
from django.db import transaction
from pytest_django import Settings

from refills.messages import bell
from tests import servers


@pytest.fixture
def broker(redis_url: str, settings: Settings) -> "redis.Redis":
    settings.REDIS_URL = redis_url.rpartition("/")[0] + "/7"  # where no worker of another test listens
    found = redis.Redis.from_url(settings.REDIS_URL)
    found.delete("celery")
    return found


@pytest.mark.redis
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_after_the_commit_and_not_before(broker: "redis.Redis") -> None:
    with transaction.atomic():
        bell.ring()
        assert broker.llen("celery") == 0
    assert broker.llen("celery") == 1
    broker.delete("celery")
    with transaction.atomic():
        bell.ring()
        transaction.set_rollback(True)
    assert broker.llen("celery") == 0


@pytest.mark.django_db
def test_a_broken_bell_breaks_nothing(settings: Settings, django_capture_on_commit_callbacks: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"
    with django_capture_on_commit_callbacks(execute=True) as rung:
        bell.ring()
    assert len(rung) == 1


@pytest.mark.django_db
def test_without_a_broker_nobody_is_rung_for(settings: Settings, django_capture_on_commit_callbacks: Any) -> None:
    settings.REDIS_URL = ""
    with django_capture_on_commit_callbacks(execute=True) as rung:
        bell.ring()
    assert rung == []
