"""Text as people send it: what nobody can see left out, what nobody can read refused, directions apart; PURE."""

import re
import unicodedata

UNSEEN = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Soft hyphens, spaces without width, marks and overrides of direction, tags. Joiners of letters stay."""
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
RIGHT_TO_LEFT = ("R", "AL", "AN", "RLE", "RLO", "RLI")


def plain(text: str) -> str:
    """The text without what nobody can see."""
    return UNSEEN.sub("", text)


def has_controls(text: str) -> bool:
    """Whether it holds a character that no keyboard types and no page can show."""
    return CONTROLS.search(text) is not None


def isolated(text: str) -> str:
    """For plain text such as titles and e-mails: letters that run from right to left turn nothing beside them."""
    turns = any(unicodedata.bidirectional(one) in RIGHT_TO_LEFT for one in text)
    return f"\u2068{plain(text)}\u2069" if turns else text


def readable(text: str) -> str:
    """What of another record's text can be kept: a control character is a space."""
    return " ".join(CONTROLS.sub(" ", plain(text)).split())
