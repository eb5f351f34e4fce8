"""Numbers as people write them: digits, halves, words, commas for thousands or decimals; what can mean two is asked."""

import re
from decimal import Decimal

from interactions.lines.line import NotUnderstood

WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
PARTS = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "three quarters": Decimal("0.75")}

FIGURE = r"(?:\d[\d.,]*(?<![.,])|\.\d+)"
COUNT = rf"(?:{FIGURE}|{'|'.join(WORDS)})"
PIECE = r"(?:half|quarter|three quarters|[1-7]/[2-8](?![\d/]))"
MIXED = rf"(?:(?:{COUNT} and |{FIGURE}[ -])?(?:an? |one )?{PIECE}(?: of)?(?: an?(?= ))?)"
QUANTITY = rf"(?:{MIXED}|{COUNT})"
"""What may stand where an amount does: "2", ".5", "1 1/2", "one and a half", "half a"."""
WITH_PIECE = re.compile(
    rf"(?:(?P<count>{COUNT}) and |(?P<figure>{FIGURE})[ -])?(?:an? |one )?(?P<piece>{PIECE})(?: of)?(?: an?)?"
)
THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
DECIMAL_COMMA = re.compile(r"0,\d+|\d+,\d{1,2}|[1-9]\d{0,2}(\.\d{3})+,\d+")
PLAIN = re.compile(r"\d*\.?\d+")
TWO_MEANINGS = re.compile(r"[1-9]\d{0,2}\.\d\d0")
LONGEST = 14


def quantity(text: str) -> Decimal:
    """The value of what QUANTITY found."""
    mixed = WITH_PIECE.fullmatch(text)
    if mixed is None:
        return count(text)
    whole = mixed["count"] or mixed["figure"]
    if mixed["figure"] and mixed["piece"] in PARTS:
        raise NotUnderstood(f"“{text}” can mean a part of one, or {whole} and a part; write it in figures.")
    return (count(whole) if whole else 0) + piece(mixed["piece"])


def count(text: str) -> Decimal:
    """The value of a word or of digits."""
    return Decimal(WORDS[text]) if text in WORDS else figure(text)


def figure(text: str) -> Decimal:
    """Digits read as one number; a comma before three digits parts thousands, any other is a decimal point."""
    if len(text) > LONGEST:
        raise NotUnderstood(f"“{text}” is longer than any dose; look for a slip of the pen.")
    if TWO_MEANINGS.fullmatch(text):
        whole, one = text.replace(".", ","), text.rstrip("0").rstrip(".")
        raise NotUnderstood(f"“{text}” can mean {one} or {whole}; write the one that is meant.")
    if re.match(r"0\d", text):
        raise NotUnderstood(f"“{text}” begins with a zero: write it without, or with a decimal point.")
    if PLAIN.fullmatch(text):
        return Decimal(text)
    if THOUSANDS.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if DECIMAL_COMMA.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    raise NotUnderstood(f"“{text}” is not a number that can be read.")


def piece(text: str) -> Decimal:
    """Halves, quarters and eighths; thirds cannot be kept exactly."""
    if text in PARTS:
        return PARTS[text]
    above, below = (int(number) for number in text.split("/"))
    if above >= below or below not in (2, 4, 8):
        raise NotUnderstood(f"“{text}” cannot be measured out exactly; write the amount another way.")
    return Decimal(above) / below
