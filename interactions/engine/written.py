"""A number as people write it: plain digits, and nothing that only a programming language reads as one."""

import re
from decimal import Decimal

PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


def number(text: str) -> Decimal | None:
    """The number; None for 1_000, 1e3, NaN, digits of another script, or no number at all."""
    return Decimal(text.strip()) if PLAIN.fullmatch(text.strip()) else None
