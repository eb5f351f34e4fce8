"""Any gateway that takes JSON over HTTP with an Idempotency-Key: text messages, mostly."""

from dataclasses import dataclass

import requests

from refills.messages.channels.letters import DeliveryUnknown, Letter, NotDelivered

CONNECT_SECONDS = 5.0
LONGEST_ANSWER = 10_000


@dataclass(frozen=True)
class Gateway:
    """Posts {"to", "text", "reference"}; the answer may name the message in "id".

    The same key twice is one message there, so whatever is not a clear yes may be sent again.
    """

    url: str
    token: str
    seconds: float
    takes_key: bool = True

    def hand_over(self, letter: Letter) -> str:
        """What the gateway calls the message, once it has taken it."""
        headers = {"Idempotency-Key": letter.key, "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        told = {"to": letter.recipient, "text": letter.body.strip(), "reference": letter.key}
        try:
            answer = requests.post(
                self.url,
                json=told,
                headers=headers,
                timeout=(min(CONNECT_SECONDS, self.seconds), self.seconds),
                allow_redirects=False,
            )
        except (requests.ConnectTimeout, requests.exceptions.InvalidURL) as error:
            raise NotDelivered(type(error).__name__) from error
        except requests.RequestException as error:
            raise DeliveryUnknown(type(error).__name__) from error
        if not 200 <= answer.status_code < 300:
            raise NotDelivered(f"answer {answer.status_code}")
        return named(answer)


def named(answer: requests.Response) -> str:
    """The id in the answer; blank where there is none to read. The message was taken either way."""
    try:
        told = answer.json() if len(answer.content) <= LONGEST_ANSWER else {}
    except ValueError:
        return ""
    found = told.get("id") if isinstance(told, dict) else None
    return str(found)[:200] if isinstance(found, str | int) else ""
