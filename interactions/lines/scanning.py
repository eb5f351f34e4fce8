"""The text of a line in one spelling: small letters, plain spaces and dashes, figures parted from their units.

Each piece keeps the words that it was written in, so that whoever refuses one can name it.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from interactions.lines.line import NotUnderstood
from interactions.lines.words import SHORT_TIMES, WEEKDAY

LONGEST = 500
CHARACTERS = str.maketrans(
    {
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "×": " x ", "⁄": "/", "∕": "/", "’": "'", "‘": "'",
        "“": '"', "”": '"', "µ": "u", "μ": "u", "½": " 1/2", "¼": " 1/4", "¾": " 3/4", "⅛": " 1/8", "⅜": " 3/8",
        "⅝": " 5/8", "⅞": " 7/8", "⅓": " 1/3", "⅔": " 2/3", "&": " and ", "+": " and ",
    }
)  # fmt: skip
NOT_A_NUMBER = re.compile(r"\S*\d\S*_\S*|\S*_\S*\d\S*|-\.?\d\S*|\d+\.?\d*e[+-]?\d+\S*|0x[0-9a-f]+")
INITIALS = re.compile(r"(?<![a-z0-9.])[a-z](?:\.[a-z])+\.?(?![a-z0-9])")
JOINED = re.compile(rf"{WEEKDAY}-{WEEKDAY}|m-f|(?:{'|'.join(SHORT_TIMES)})-(?:{'|'.join(SHORT_TIMES)})")
GLUED = (
    (re.compile(r"(?<![a-z0-9])(q)\.?(?=\d)"), r"\1 "),
    (re.compile(r"(?<![a-z])(\d[\d.,/:]*)(?=[a-z%])(?!(?:nd|rd|th)(?![a-z]))"), r"\1 "),
    (re.compile(r"^w/o$"), "without"),
    (re.compile(r"^w/(?=\w|$)"), "with "),
    (re.compile(r"(?<![a-z])(x)(?=[\d.])"), r"\1 "),
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A line in one spelling; `starts` are the places at which the pieces of the typed text begin."""

    text: str
    starts: tuple[int, ...]
    pieces: tuple[str, ...]

    def piece_at(self, place: int) -> int:
        """The number of the piece that stands at a place."""
        return bisect_right(self.starts, place) - 1

    def written_at(self, place: int) -> str:
        """The typed piece that stands at a place."""
        return self.pieces[self.piece_at(place)]

    def begins_piece(self, place: int) -> bool:
        """Whether a typed piece begins there."""
        return place in self.starts

    def after_piece(self, place: int) -> int:
        """Where the piece after that of a place begins, or the end."""
        following = bisect_right(self.starts, place)
        return self.starts[following] if following < len(self.starts) else len(self.text)


def scanned(text: str) -> Scanned:
    """The line in one spelling; what cannot be read at all is refused here."""
    require_readable(text)
    starts: list[int] = []
    pieces: list[str] = []
    spelled = ""
    for piece in text.split():
        starts.append(len(spelled))
        pieces.append(piece)
        spelled += one_spelling(piece) + " "
    return Scanned(spelled.rstrip(), tuple(starts), tuple(pieces))


def require_readable(text: str) -> None:
    """No line at all, one that is far too long, characters that nobody sees, and digits of other scripts."""
    if not text.strip():
        raise NotUnderstood("Write how it is taken, for instance “300 mg every morning and 600 mg at bedtime”.")
    if len(text) > LONGEST:
        raise NotUnderstood(f"An order line has at most {LONGEST} characters.")
    for sign in text:
        if unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Cn") and not sign.isspace():
            raise NotUnderstood("The line holds a character that cannot be seen; type it again.")
        if sign.isnumeric() and not sign.isascii() and ord(sign) not in CHARACTERS:
            raise NotUnderstood(f"“{sign}” is not a digit that can be read here; write 0 to 9.")


def one_spelling(piece: str) -> str:
    """One piece between spaces; "25mg-50mg" comes apart, "B12" and "5-HTP" do not."""
    said = unicodedata.normalize("NFC", piece).translate(CHARACTERS).casefold()
    if NOT_A_NUMBER.fullmatch(said.strip("(),;:")):
        raise NotUnderstood(f"“{piece}” is not a number that can be read.")
    said = INITIALS.sub(lambda found: found[0].replace(".", ""), said)
    if not JOINED.search(said):
        said = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", said)
    said = re.sub(r"(?<=[a-z])([,;])(?=[\d.])", r"\1 ", said)
    for pattern, apart in GLUED:
        said = pattern.sub(apart, said)
    return "and" if said in ("plus", "et") else re.sub(r" +", " ", said).strip()
