"""Rings the bell once a commit is safe, so that what is due at once need not wait for the next tick.

It carries nothing. A ring that is lost does no harm: the row is there, and the clock looks every two seconds.
"""

from functools import cache

from celery import Celery
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

DELIVER = "medmgmt.tasks.deliver_reminders"
LASTS_SECONDS = 10


def ring() -> None:
    """After this transaction, if it commits; without a broker there is nobody to hear it."""
    if settings.REDIS_URL:
        transaction.on_commit(_ring, robust=True)


def _ring() -> None:
    try:
        _broker(settings.REDIS_URL).send_task(DELIVER, expires=LASTS_SECONDS, ignore_result=True, retry=False)
    except (OperationalError, OSError):  # the row is safe, and the next tick finds it
        return


@cache
def _broker(url: str) -> Celery:
    """A hand on the bell of this process that gives up soon."""
    app = Celery("bell", broker=url, set_as_current=False)
    app.conf.broker_transport_options = {"socket_timeout": 1, "socket_connect_timeout": 1, "max_retries": 0}
    return app
