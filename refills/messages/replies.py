"""What a short answer by text message means: no more, again, help, an answer to a reminder; else a person reads it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from django.conf import settings

from refills import tables

MOST_WORDS = 12
"""Whoever writes more than this says more than one thing."""
APOSTROPHES = re.compile(r"['’ʼ‘`´]")
QUOTED = re.compile(
    r"\s*(?:>|(?:On|El|Am)\b.{4,120}\b(?:wrote|escribi[oó]):?\s*$|-{2,}\s*(?:Original Message|Mensaje original)"
    r"|(?:From|De|Sent|Enviado):\s|(?:Sent from|Get Outlook for|Enviado desde) )",
    re.IGNORECASE,
)
"""Where the writer's own words end."""
SPELLED_OUT = re.compile(r"(?:[a-z] ){3,}[a-z]")


class Meant(StrEnum):
    """What is done without asking; the answers are those of the link in a message."""

    STOP = "stop"
    START = "start"
    YES = "yes"
    HELP = "help"
    REQUEST_REFILL = "request_refill"
    PICKED_UP = "picked_up"
    SNOOZE = "snooze"
    CONFIRM = "confirm"
    THANKS = "thanks"
    ELSE = "else"


@dataclass(frozen=True)
class Words:
    """The table laid out: whole answers, and the words of which "stop sending me texts" is made."""

    whole: dict[str, Meant]
    verbs: frozenset[tuple[str, ...]]
    objects: frozenset[str]
    fillers: frozenset[str]
    polite: frozenset[str]


def meant(text: str) -> Meant:
    """What a text means. A question, and everything that is not clearly one of these, is for a person."""
    text = written(text)
    if "?" in text or "¿" in text:
        return Meant.ELSE
    said = plain(text)
    if not said or len(said) > MOST_WORDS:
        return Meant.ELSE
    known = words()
    bare = [word for word in said if word not in known.polite]
    for spoken in (said, bare, once_each(bare), after_a_yes(bare, known)):
        found = known.whole.get(" ".join(spoken))
        if found is not None:
            return found
    return Meant.STOP if is_no_more(bare, known) else Meant.ELSE


def written(text: str) -> str:
    """What the writer of an e-mail wrote, without the message that it answers and without a telephone's signature."""
    own = []
    for line in text[:2000].splitlines():
        if QUOTED.match(line):
            break
        own.append(line)
    return "\n".join(own) if any(line.strip() for line in own) else text


def after_a_yes(said: Sequence[str], known: Words) -> Sequence[str]:
    """ "Yes, I need more" is an answer of its own."""
    return said[1:] if len(said) > 1 and known.whole.get(said[0]) == Meant.YES else said


def plain(text: str) -> list[str]:
    """Words in small letters, without accents, apostrophes and marks; letters that were spelled out are one word."""
    bare = unicodedata.normalize("NFKD", APOSTROPHES.sub("", text[:2000])).casefold()
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    said = " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())
    return SPELLED_OUT.sub(lambda found: found[0].replace(" ", ""), said).split()


def once_each(said: Sequence[str]) -> list[str]:
    """ "stop stop stop" is said once."""
    return list(dict.fromkeys(said))


def is_no_more(said: Sequence[str], known: Words) -> bool:
    """Made of nothing but a verb of ending, messages, and small words: "please stop sending me these texts"."""
    verb = next((verb for verb in known.verbs if has(said, verb)), None)
    if verb is None or known.objects.isdisjoint(said):
        return False
    ours = {word for one in known.verbs for word in one} | known.objects | known.fillers
    return ours.issuperset(said)


def has(said: Sequence[str], phrase: tuple[str, ...]) -> bool:
    """Whether the words of the phrase stand there one after the other."""
    return any(tuple(said[place : place + len(phrase)]) == phrase for place in range(len(said)))


@lru_cache(maxsize=1)
def words() -> Words:
    """The words of data/reply_words.csv, read once."""
    return laid_out(row for _line, row in tables.read(settings.BASE_DIR / "data" / "reply_words.csv"))


def laid_out(rows: Iterable[dict[str, str]]) -> Words:
    """The table laid out; ValueError for a meaning that nobody knows."""
    whole: dict[str, Meant] = {}
    parts: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        said = {" ".join(plain(part)) for part in row["words"].split(";")}
        if row["part"] == "whole":
            whole |= dict.fromkeys(said, Meant(row["meaning"]))
        parts.setdefault((row["meaning"], row["part"]), set()).update(said)
    return Words(
        whole,
        frozenset(tuple(verb.split()) for verb in parts["stop", "verb"]),
        frozenset(parts["stop", "object"]),
        frozenset(parts["stop", "filler"]),
        frozenset(parts["polite", "filler"]),
    )
