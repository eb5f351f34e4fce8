"""The only timetable: what the clock starts and how often, for Celery beat and for the embedded clock alike."""

import os
from datetime import timedelta

import redis
from celery import Celery
from celery.signals import beat_init, celeryd_init
from django.conf import settings

app = Celery("medmgmt")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.imports = ["medmgmt.tasks"]
app.conf.beat_schedule = {
    "deliver reminders": {
        "task": "medmgmt.tasks.deliver_reminders",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 10},
    },
    "escalate tasks": {
        "task": "medmgmt.tasks.escalate_tasks",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 60},
    },
    "plan digests": {
        "task": "medmgmt.tasks.plan_digests",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "plan supply": {
        "task": "medmgmt.tasks.plan_supply",
        "schedule": timedelta(minutes=15),
        "options": {"expires": 600},
    },
    "rescreen": {
        "task": "medmgmt.tasks.rescreen",
        "schedule": timedelta(seconds=3),
        "options": {"expires": 6},
    },
    "lay out medicines": {
        "task": "medmgmt.tasks.lay_out_medicines",
        "schedule": timedelta(hours=1),
        "options": {"expires": 1800},
    },
    "clear out": {
        "task": "medmgmt.tasks.clear_out",
        "schedule": timedelta(hours=6),
        "options": {"expires": 3600},
    },
}


@celeryd_init.connect
@beat_init.connect
def refuse_unfit_redis(**_sent: object) -> None:
    """A worker or a beat does not start on a Redis that may evict keys; one that is away for now it waits for."""
    try:
        require_fit()
    except Unfit as unfit:
        raise SystemExit(str(unfit)) from unfit
    except Silent:
        return


class Unfit(Exception):
    """This Redis must not be used; the message says why in a sentence."""


class Silent(Exception):
    """No Redis answers at the address."""


def require_fit() -> None:
    """Raises Unfit for a Redis with an eviction policy, Silent where none answers; nothing is asked without REDIS_URL.

    A Redis that hides its configuration (some that are rented) is believed.
    """
    if not settings.REDIS_URL:
        return
    try:
        policy = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5).config_get("maxmemory-policy")
    except (redis.ConnectionError, redis.TimeoutError) as unreachable:
        raise Silent("REDIS_URL is set, but no Redis answers there.") from unreachable
    except redis.ResponseError:
        return
    if isinstance(policy, dict) and policy.get("maxmemory-policy", "noeviction") != "noeviction":
        raise Unfit("This Redis may evict keys. Set its maxmemory-policy to noeviction, or use another instance.")
