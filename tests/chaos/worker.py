"""A process of ours for the fault test, with a clock that is wrong by so many seconds if asked to.

python -m tests.chaos.worker clock|celery|seed|show|token SHIFT [arguments]. Everything runs as for a clinic;
only the mail server is another one, because mail has no key: it is the same counting gateway behind e-mail's door.
"""

import datetime
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import django
import requests
import time_machine
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

if TYPE_CHECKING:
    from refills.models import Reminder
    from refills.reminders import Reach


class Mailbox(BaseEmailBackend):
    """E-mail to the counting gateway: a refusal is certain, silence is not."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        from django.conf import settings

        for email in email_messages:
            key = {"Idempotency-Key": str(email.extra_headers["Message-ID"])}
            try:
                answer = requests.post(settings.SMS_URL, json={}, headers=key, timeout=settings.GATEWAY_TIMEOUT)
            except requests.RequestException as silence:
                raise TimeoutError from silence
            if answer.status_code != 200:
                raise ValueError("refused")
        return len(email_messages)


def noon_zone(now: datetime.datetime) -> str:
    """A zone in which it is about noon, so that nobody is asleep while this runs."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def everybody(reminder: "Reminder") -> "Reach":
    """Who may be written to is not the question here: everybody, and it is about noon where they live."""
    from refills.messages.reminders import Reach

    return Reach(f"+1{reminder.pk:010d}", "en", reminder.time_zone, allowed=True)


def seed(rows: int, without_key: int, spread: float) -> None:
    """So many messages, due one after the other over so many seconds from now; prints when each is due, by key."""
    from medmgmt.record.models import Patient
    from refills.clock import database_now
    from refills.messages import delivery
    from refills.models import Reminder
    from tests import factories

    now, carla = database_now(), factories.carla()
    factories.bo()
    patients = Patient.objects.bulk_create(
        Patient(mrn=f"chaos-{number}", family_name="Chaos", birth_date=carla.birth_date, time_zone=noon_zone(now))
        for number in range(rows + without_key)
    )
    made = []
    for number in range(rows + without_key):
        keyed = number < rows
        place = number if keyed else (number - rows) * rows / max(without_key, 1)
        due_at = now + datetime.timedelta(seconds=spread * place / rows)
        made.append(
            Reminder(
                patient=patients[number],
                kind="refill_0",
                channel="sms" if keyed else "email",
                takes_key=keyed,
                run_out_on=now.date(),
                local_date=now.date(),
                time_zone=noon_zone(now),
                key=f"chaos|{number}",
                due_at=due_at,
                next_attempt_at=due_at,
            )
        )
    Reminder.objects.bulk_create(made, batch_size=1000)
    print(
        json.dumps({key_of(row, delivery.message_id(row.key)): [row.due_at.timestamp(), row.takes_key] for row in made})
    )


def key_of(row: "Reminder", message_id: str) -> str:
    """What the gateway will know the message by."""
    return message_id.strip("<>").partition("@")[0] if row.takes_key else message_id


def show() -> None:
    """How the rows stand, as JSON: messages by channel and state, tasks for a person."""
    from refills.models import Reminder, Task

    states = Counter(f"{channel} {state}" for channel, state in Reminder.objects.values_list("channel", "state"))
    print(json.dumps({**states, "tasks": Task.objects.filter(kind="contact_patient").count()}))


def token() -> None:
    """A bearer token for nurse Bo, and a patient of hers."""
    from tests import factories

    carla = factories.carla()
    print(factories.token(factories.bo()), carla.pk)


def main(what: str, arguments: list[str]) -> None:
    from django.conf import settings

    from refills.messages import reminders

    settings.EMAIL_BACKEND = "tests.chaos.worker.Mailbox"
    tick = reminders.tick

    def tick_for_everybody(now: "datetime.datetime | None" = None, **_reach: object) -> "reminders.Counts":
        Path(os.environ["CHAOS_READY"]).touch()
        return tick(now, reach=everybody)

    reminders.tick = tick_for_everybody  # type: ignore[assignment]
    if what == "seed":
        seed(int(arguments[0]), int(arguments[1]), float(arguments[2]))
    elif what == "show":
        show()
    elif what == "token":
        token()
    elif what == "clock":
        from django.core.management import call_command

        call_command("clock")
    else:
        from celery.signals import worker_ready

        from medmgmt.celery import app

        worker_ready.connect(lambda **_sent: Path(os.environ["CHAOS_READY"]).touch(), weak=False)
        app.start(arguments)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
    shift = float(sys.argv[2])
    if shift:
        time_machine.travel(datetime.datetime.fromtimestamp(time.time() + shift, datetime.UTC), tick=True).start()
    django.setup()
    main(sys.argv[1], sys.argv[3:])
