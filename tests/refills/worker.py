"""A clock in a process of its own, to be killed: python -m tests.refills.worker seed N | show | run WHERE FILE.

`run` ticks until nothing is planned any more. WHERE says at what point it dawdles, so that a kill meets it there:
`before` the hand-over, `during` it, `after` it (the message is out, the row not yet settled), or `nowhere`. Each
delivery is one line with its Message-ID in FILE, on the disk before the gateway says yes.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

import django

LEASE_SECONDS = 2.0
THREADS = 4
DAWDLE = 30.0


def seed(count: int) -> None:
    """So many due reminders."""
    from tests.refills.people import due

    due(count)


def show() -> None:
    """How the rows stand, as JSON: reminders by state, and tasks for a person."""
    from refills.models import Reminder, Task

    states = Counter(Reminder.objects.values_list("state", flat=True))
    print(json.dumps({**states, "tasks": Task.objects.count()}))


def note(path: str, text: str) -> None:
    """One line, whole, even if this process dies right after."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(file, f"{text}\n".encode())
    os.close(file)


def run(where: str, path: str) -> None:
    """Tick until nothing is planned any more."""
    from django.conf import settings
    from django.core.mail import EmailMessage
    from django.core.mail.backends import locmem

    from refills.messages import reminders
    from refills.messages.reminders import Reach
    from refills.models import Reminder
    from tests.refills.people import NOON, reachable

    def dawdle(here: str) -> None:
        if here == where:
            note(f"{path}.dawdling", here)
            time.sleep(DAWDLE)

    class Gateway(locmem.EmailBackend):
        def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
            dawdle("during")
            time.sleep(0.005)
            for email in email_messages:
                note(path, email.extra_headers["Message-ID"])
            dawdle("after")
            return len(email_messages)

    def reach(reminder: Reminder) -> Reach:
        dawdle("before")
        return reachable(reminder)

    locmem.EmailBackend = Gateway  # type: ignore[misc]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.REMINDER_LEASE_SECONDS, settings.REMINDER_THREADS = LEASE_SECONDS, THREADS
    reminders.BATCH = 20
    note(f"{path}.started", str(os.getpid()))
    while Reminder.objects.filter(state="planned").exists():
        reminders.tick(NOON, reach=reach)
        time.sleep(0.05)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
    django.setup()
    if sys.argv[1] == "seed":
        seed(int(sys.argv[2]))
    elif sys.argv[1] == "show":
        show()
    else:
        run(sys.argv[2], sys.argv[3])
