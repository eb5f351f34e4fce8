"""The services that Apprise knows (Twilio, Vonage, Signal, ntfy and a hundred more), by its address for one of them."""

from dataclasses import dataclass
from urllib.parse import quote

import apprise

from refills.messages.channels.letters import DeliveryUnknown, Letter, NotDelivered

TO = "{to}"


@dataclass(frozen=True)
class Service:
    """Apprise says yes or no, and nothing else: no id to ask for later and no key to send twice with.

    So its "no" may be a refusal or a silence, and a person finds out; nothing is sent again by itself.
    """

    url: str
    takes_key: bool = False

    def hand_over(self, letter: Letter) -> str:
        """Blank, once the service has taken the message."""
        service = apprise.Apprise.instantiate(self.url.replace(TO, quote(letter.recipient, safe="")))
        if service is None:
            raise NotDelivered("no such service")
        if not service.notify(body=letter.body.strip(), title=""):
            raise DeliveryUnknown("the service did not say yes")
        return ""


def fault(url: str, *, production: bool) -> str:
    """Why this address cannot be used, in a sentence; blank if it can."""
    service = apprise.Apprise.instantiate(url.replace(TO, quote("+14155550100", safe="")))
    if service is None:
        return "Apprise does not know a service of this address."
    if TO not in url:
        return f"the address must say {TO} where the patient's number or name goes."
    open_text = service.protocol if isinstance(service.protocol, tuple) else (service.protocol,)
    if production and url.partition("://")[0].lower() in open_text:
        return "production needs a service that is reached by https."
    return ""
