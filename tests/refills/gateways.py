"""Mail backends that misbehave: the outside world, faked at its one door."""

import threading
import time
from collections import Counter
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class ReachesNobody(BaseEmailBackend):
    """Answers 0 and raises nothing, like Django's own for an empty address."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        return 0


class Refuses(BaseEmailBackend):
    """Says no every time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise ValueError("carla@mail.example takes no sertraline")


class Silent(BaseEmailBackend):
    """Stops answering once we have begun."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise TimeoutError


class Counts(BaseEmailBackend):
    """Takes every message and counts it by its Message-ID; `seconds` is how long it thinks."""

    taken: Counter[str] = Counter()
    seconds = 0.0
    at_once = 0
    most_at_once = 0
    lock = threading.Lock()
    line = threading.Event()
    """While it is not set, the gateway does not answer (ten seconds at most)."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with self.lock:
            type(self).at_once += 1
            type(self).most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.seconds)
        self.line.wait(10)
        with self.lock:
            type(self).at_once -= 1
            self.taken.update(email.extra_headers["Message-ID"] for email in email_messages)
        return len(email_messages)

    @classmethod
    def reset(cls, seconds: float = 0.0) -> None:
        """Forget everything; every test begins with it."""
        cls.taken.clear()
        cls.line.set()
        cls.seconds, cls.at_once, cls.most_at_once = seconds, 0, 0
