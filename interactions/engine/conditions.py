"""The one language in which rules say when they hold: `&` joins, `|` offers alternatives, `!` denies one token,
brackets group, figures are compared.

What a token means is for each room to say: of a person, of two drugs, of a dose.
"""

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
COMPARED = re.compile(r"([\w' .-]+?)(<=|>=|<|>)(\d+(?:\.\d+)?)")
PARTS = re.compile(r"([&|()])")
DENIED = "!"
When = tuple[tuple[str, ...], ...]


class Comparison(NamedTuple):
    """ "egfr<29.5": what is measured, the sign and the figure."""

    name: str
    sign: str
    figure: Decimal

    def holds(self, value: Decimal | int) -> bool:
        """Exactly, on both sides of the figure."""
        return COMPARISONS[self.sign](Decimal(value), self.figure)


class Held(NamedTuple):
    """Whether a condition holds (None = a fact is missing), who else is involved, in words why, and what is missing."""

    holds: bool | None
    others: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    """The tokens that held, as stable text without anybody's values."""


ALWAYS, NEVER = Held(True), Held(False)


@lru_cache(maxsize=4096)
def comparison(text: str) -> Comparison | None:
    """None for a text that compares nothing with a figure."""
    found = COMPARED.fullmatch(text)
    return Comparison(found[1], found[2], Decimal(found[3])) if found else None


def parse(text: str, is_known: Callable[[str], bool]) -> When:
    """Alternatives of joined tokens, a denied one with its `!`; what is not understood raises ValueError.

    Empty always holds.
    """
    parts = [part.strip() for part in PARTS.split(text) if part.strip()]
    parsed, rest = _alternatives(parts)
    if rest:
        raise ValueError(f"the condition {text!r} has a bracket that nothing opens")
    for token in (token.removeprefix(DENIED) for tokens in parsed for token in tokens):
        if not is_known(token):
            raise ValueError(f"the condition {token!r} is not understood")
    return parsed


def _alternatives(parts: list[str]) -> tuple[When, list[str]]:
    """Up to a closing bracket or the end, and what is left from there."""
    found: list[tuple[str, ...]] = []
    joined: When = ((),)
    while parts and parts[0] != ")":
        part, *parts = parts
        if part == "|":
            found += [tokens for tokens in joined if tokens]
            joined = ((),)
        elif part == "(":
            inner, parts = _alternatives(parts)
            if not parts:
                raise ValueError("a bracket is not closed")
            parts = parts[1:]
            joined = tuple((*tokens, *more) for tokens in joined for more in inner)
        elif part != "&":
            joined = tuple((*tokens, part) for tokens in joined)
    return (*found, *(tokens for tokens in joined if tokens)), parts


def holds(when: When, ask: Callable[[str], Held]) -> Held:
    """True when one alternative holds whole; None when none does and a fact is missing for one."""
    if not when:
        return ALWAYS
    if len(when) == 1 and len(when[0]) == 1:
        return _alone(_asked(when[0][0], ask))
    missing: list[str] = []
    for alternative in when:
        parts = []
        for token in alternative:
            part = _asked(token, ask)
            parts.append(part)
            if part.holds is False:
                break
        else:
            if not any(part.missing for part in parts):
                return _joined(parts)
            missing += [fact for part in parts for fact in part.missing]
    return Held(None, missing=tuple(dict.fromkeys(missing))) if missing else NEVER


def _asked(token: str, ask: Callable[[str], Held]) -> Held:
    """What is denied holds where the token does not, an unknown fact included."""
    return ask(token) if not token.startswith(DENIED) else Held(not ask(token.removeprefix(DENIED)).holds)


def _alone(part: Held) -> Held:
    """The same for a condition of one token, as most are."""
    if part.missing:
        return Held(None, missing=part.missing)
    return part if part.holds else NEVER


def _joined(parts: list[Held]) -> Held:
    if len(parts) == 1:
        return parts[0]
    return Held(
        True,
        tuple(o for part in parts for o in part.others),
        tuple(w for part in parts for w in part.why),
        context=tuple(c for part in parts for c in part.context),
    )
