"""A message ready to leave, with what a channel may say of it."""

import re
from dataclasses import dataclass
from typing import Protocol

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class NotDelivered(Exception):
    """Nobody was reached, for certain: it is safe to try again."""


class DeliveryUnknown(Exception):
    """The other side fell silent after we began to hand over: the message may or may not have arrived."""


@dataclass(frozen=True)
class Letter:
    """A message ready to leave; the same reminder always has the same Message-ID and the same key."""

    recipient: str
    subject: str
    body: str
    message_id: str
    channel: str = "email"
    stop_link: str = ""

    def __post_init__(self) -> None:
        """What becomes a header is one line: whoever could break it could write to anybody in our name."""
        if any(CONTROL.search(one) for one in (self.recipient, self.subject, self.message_id, self.stop_link)):
            raise NotDelivered("an address or a subject of more than one line")

    @property
    def key(self) -> str:
        """What a gateway knows a second copy by: it tells nothing and cannot be computed by others."""
        return self.message_id.strip("<>").partition("@")[0]


class Channel(Protocol):
    """One way out; `takes_key` says whether a second copy with the same key is known and dropped there."""

    @property
    def takes_key(self) -> bool: ...

    def hand_over(self, letter: Letter) -> str:
        """Return what the other side calls the message, blank if it calls it nothing; only when it was taken.

        NotDelivered or DeliveryUnknown otherwise.
        """
        ...
