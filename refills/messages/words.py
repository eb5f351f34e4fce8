"""What somebody means who answers a message with a word."""

import unicodedata
from enum import StrEnum


class Meant(StrEnum):
    """No more, again, or something that a person has to read."""

    STOP = "stop"
    START = "start"
    ELSE = "else"


STOPS = frozenset(
    ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "alto", "parar", "pare", "basta", "cancelar", "baja")
)
STARTS = frozenset(("start", "unstop", "yes", "si", "iniciar", "empezar", "comenzar"))


def meant(text: str) -> Meant:
    """By the first word, whatever its case, accents and punctuation: STOP, Stop!, ALTO, alto por favor."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalpha() else " " for letter in plain).split()
    if not words:
        return Meant.ELSE
    if words[0] in STOPS:
        return Meant.STOP
    return Meant.START if words[0] in STARTS and len(words) <= 2 else Meant.ELSE
