"""What somebody says in words of their own: which signs are told, which are denied, past or only asked about."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple

Row = Mapping[str, str]
BREAK, COMMA, GAP = ".", ",", ".."
LONGEST_GAP, LIST_PART = 3, 2
"""Words that a gap may hold, and that a part of a denied list may have."""
LEAST_LIKE = 7
"""Shorter words are never taken for a misspelling of another."""
FIGURES = {
    "#hot": ((Decimal("100.4"), Decimal(110)), (Decimal(38), Decimal(43))),
    "#many": ((Decimal(8), Decimal(1000)),),
    "#year": ((Decimal(1930), Decimal(2024)),),
}
"""What a phrase calls a figure: a temperature that is a fever, in Fahrenheit or Celsius; more pieces than a dose; a
year that is over."""
SPELT = {
    word: Decimal(number)
    for number, words in {
        8: "eight ocho", 9: "nine nueve", 10: "ten diez", 11: "eleven", 12: "twelve doce dozen docena",
        13: "thirteen trece", 14: "fourteen catorce", 15: "fifteen quince", 16: "sixteen dieciseis",
        18: "eighteen dieciocho", 20: "twenty veinte", 30: "thirty treinta", 40: "forty cuarenta",
        50: "fifty cincuenta", 60: "sixty sesenta", 90: "ninety noventa", 100: "hundred cien",
    }.items()
    for word in words.split()
}  # fmt: skip
"""Figures in letters; not "once", which is Spanish for eleven."""
MEASURES = frozenset(
    word
    for words in (
        "mg mgs mcg g gr grams ml cc kg lbs pounds miligramos gramos percent am pm oclock",
        "min mins minute minutes h hr hrs hour hours day days week weeks month months year years",
        "minutos hora horas dia dias semana semanas mes meses ano anos",
    )
    for word in words.split()
)
"""What follows a figure that counts no pieces: "took 30 minutes" are no thirty pills."""
MEASURED = "#measured"
"""The word in the place of such a figure."""
APOSTROPHES = re.compile(r"['’ʼ‘`´]")
TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+|[.!?;\n(),]")
DENIAL, LISTED, ASIDE, DENIED_AFTER = "~not", "~denies a list", "~not a denial", "~denied after"
RESTART, SAME, TURN, LINK, OR = "~new clause", "~same clause", "~but", "~link", "~or"
PAST, NOW, ASKED, HARMLESS = "~past", "~now", "~asked", "~harmless"
SIGNS_OF_SPEECH = (
    DENIAL, LISTED, ASIDE, DENIED_AFTER, RESTART, SAME, TURN, LINK, OR, PAST, NOW, ASKED, HARMLESS
)  # fmt: skip
"""Words about words: what denies a sign, ends a denial, puts it into the past or into a question."""


class Heard(NamedTuple):
    """The signs that a text tells of, and those it only asks about."""

    told: frozenset[str]
    asked: frozenset[str]


class Found(NamedTuple):
    """A phrase in a text, from one word up to another."""

    sign: str
    begins: int
    ends: int


@dataclass(frozen=True)
class Vocabulary:
    """Phrases by sign, by their first word; `*` ends a word that may go on, `..` stands for up to three words."""

    phrases: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = field(default_factory=dict)
    words: frozenset[str] = frozenset()
    """Every whole word of a phrase: what is like one of them is a misspelling."""
    beginnings: tuple[str, ...] = ()

    def hear(self, text: str) -> Heard:
        """What a text in English or Spanish tells of."""
        tokens = [self._spelled(token) for token in counted(tokens_of(text))]
        found = list(self._found(tokens))
        masked = {place for one in found if one.sign == HARMLESS for place in range(one.begins, one.ends)}
        speech = _Speech(tokens, found)
        told: set[str] = set()
        asked: set[str] = set()
        for one in found:
            if one.sign in SIGNS_OF_SPEECH or one.begins in masked or speech.denies(one) or speech.is_past(one):
                continue
            (asked if speech.is_asked(one) else told).add(one.sign)
        return Heard(frozenset(told), frozenset(asked - told))

    def _spelled(self, token: str) -> str:
        """The word of the vocabulary that was meant; the word as it was typed where it is like none."""
        if len(token) < LEAST_LIKE - 1 or token in self.words or token.startswith(self.beginnings):
            return token
        near = (word for word in self.words if len(word) >= LEAST_LIKE and word[0] == token[0])
        begun = (stem for stem in self.beginnings if len(stem) >= LEAST_LIKE and begins_with_a_slip(token, stem))
        return min((word for word in near if is_one_slip(token, word)), default=min(begun, default=token))

    def _found(self, tokens: Sequence[str]) -> Iterator[Found]:
        for begins, token in enumerate(tokens):
            beginnings = (token[:length] + "*" for length in range(2, len(token) + 1))
            for first in {token, *beginnings, *(name for name in FIGURES if _is_figure(token, name))}:
                for sign, phrase in self.phrases.get(first, ()):
                    ends = _match(tokens, begins + 1, phrase[1:])
                    if ends is not None:
                        yield Found(sign, begins, ends)


@dataclass(frozen=True)
class _Speech:
    """How the words of a text hang together."""

    tokens: Sequence[str]
    marks: Sequence[Found]

    def _at(self, place: int, *signs: str) -> bool:
        return any(one.sign in signs and one.begins == place for one in self.marks)

    def _sentence(self, one: Found) -> tuple[int, int]:
        """From the break before it to the break after it."""
        begins, ends = one.begins, one.ends
        while begins and self.tokens[begins - 1] != BREAK and not self._at(begins - 1, TURN):
            begins -= 1
        while ends < len(self.tokens) and self.tokens[ends] != BREAK and not self._at(ends, TURN):
            ends += 1
        return begins, ends

    def denies(self, one: Found) -> bool:
        """Is it said that it is not so: "no rash", "sin fiebre", "rash: none"?"""
        begins, ends = self._sentence(one)
        after = {mark.begins: mark.ends for mark in self.marks if mark.sign == DENIED_AFTER}
        closes = after.get(one.ends)
        if closes is not None and (closes == ends or self.tokens[closes] == COMMA):
            return True
        denials = [mark for mark in self.marks if mark.sign in (DENIAL, LISTED) and begins <= mark.begins]
        return any(self._reaches(mark, one) for mark in denials if mark.ends <= one.begins)

    def _reaches(self, denial: Found, one: Found) -> bool:
        """Does a denial still hold where the sign is named? Only where nothing of another kind stands between."""
        if any(mark.sign == ASIDE and mark.begins <= denial.begins < mark.ends for mark in self.marks):
            return False
        between = range(denial.ends, one.begins)
        if denial.sign == LISTED:
            return not any(self._at(place, RESTART) for place in between)
        return self._is_list(denial, one) or all(self._links(place) for place in between)

    def _links(self, place: int) -> bool:
        """A word that only leads on, or belongs to another sign: "no signs of fever or rash"; "no sleep, rash" has
        one that does not."""
        if self._at(place, LINK, SAME, OR) or (self._at(place, RESTART) and self._at(place - 1, SAME)):
            return True
        return any(mark.begins <= place < mark.ends for mark in self.marks if mark.sign not in SIGNS_OF_SPEECH)

    def _is_list(self, denial: Found, one: Found) -> bool:
        """Short parts, the last one with an "or": "no rash, blisters or fever"."""
        part, has_or = 0, False
        for place in range(denial.ends, self._sentence(one)[1]):
            is_joint = self._at(place, OR)
            has_or = has_or or is_joint
            part = 0 if is_joint or self.tokens[place] == COMMA else part + 1
            if part > LIST_PART:
                return False
        return has_or

    def _of(self, sign: str, begins: int, ends: int) -> Iterator[Found]:
        return (mark for mark in self.marks if mark.sign == sign and begins <= mark.begins < ends)

    def is_past(self, one: Found) -> bool:
        """Years ago, as a child: nothing of today, unless the sentence comes to today before it comes to the sign."""
        begins, ends = self._sentence(one)
        return any(self._is_of(mark, one) for mark in self._of(PAST, begins, ends))

    def is_asked(self, one: Found) -> bool:
        """What may come, not what is: "can it cause a rash", but not "I read about it and now I have a rash"."""
        return any(self._is_of(mark, one) for mark in self._of(ASKED, self._sentence(one)[0], one.begins))

    def _is_of(self, mark: Found, one: Found) -> bool:
        """Whether a word about words speaks of the sign: nothing between them brings it to today."""
        begins, ends = sorted((mark, one), key=lambda found: found.begins)
        return not any(self._of(NOW, begins.begins, ends.begins))


def vocabulary(rows: Iterable[Row]) -> Vocabulary:
    """The rows of a table of words: a sign and the phrases that tell of it."""
    phrases: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for row in rows:
        for written in row["words"].split(";"):
            phrase = tuple(phrase_of(written))
            if not phrase or phrase[0] == GAP or phrase[-1] == GAP:
                raise ValueError(f"{row['sign']}: {written!r} is no phrase")
            phrases.setdefault(phrase[0], []).append((row["sign"], phrase))
    every = {word for of in phrases.values() for _sign, phrase in of for word in phrase} - {GAP}
    beginnings = tuple(sorted(word[:-1] for word in every if word.endswith("*")))
    whole = frozenset(word for word in every if not word.endswith("*"))
    return Vocabulary({first: tuple(of) for first, of in phrases.items()}, whole, beginnings)


def phrase_of(written: str) -> Iterator[str]:
    """The words of a phrase as a table writes it."""
    for word in written.split():
        if word == GAP or word in FIGURES:
            yield word
        else:
            plain = "".join(tokens_of(word.rstrip("*")))
            yield plain + "*" if word.endswith("*") else plain


def tokens_of(text: str) -> list[str]:
    """Words in small letters without accents and apostrophes, figures, and the marks that part sentences."""
    plain = unicodedata.normalize("NFKD", APOSTROPHES.sub("", text).casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [BREAK if found in "!?;\n()" else found for found in TOKEN.findall(bare)]


def counted(tokens: Sequence[str]) -> list[str]:
    """The same words; a figure of milligrams, minutes or days counts no pieces."""
    pairs = zip_longest(tokens, tokens[1:], fillvalue=BREAK)
    return [MEASURED if _figure(token) and unit in MEASURES else token for token, unit in pairs]


def _is_figure(token: str, name: str) -> bool:
    """Whether a word is a figure of this name."""
    figure = _figure(token)
    return figure is not None and any(low <= figure <= high for low, high in FIGURES[name])


def _figure(token: str) -> Decimal | None:
    """The number that a word says, in figures or in letters."""
    return Decimal(token.replace(",", ".")) if token[0].isdecimal() else SPELT.get(token)


def _match(tokens: Sequence[str], place: int, rest: Sequence[str]) -> int | None:
    """Where the rest of a phrase ends, read from a place on; None where it does not stand there."""
    if not rest:
        return place
    if rest[0] == GAP:
        for skipped in range(LONGEST_GAP + 1):
            if BREAK in tokens[place : place + skipped]:
                return None
            ends = _match(tokens, place + skipped, rest[1:])
            if ends is not None:
                return ends
        return None
    if place >= len(tokens) or not _is(tokens[place], rest[0]):
        return None
    return _match(tokens, place + 1, rest[1:])


def _is(token: str, wanted: str) -> bool:
    if wanted in FIGURES:
        return _is_figure(token, wanted)
    return token.startswith(wanted[:-1]) if wanted.endswith("*") else token == wanted


def begins_with_a_slip(typed: str, stem: str) -> bool:
    """Is the beginning of a word a beginning that is known, but for one slip: "convulciones"?"""
    ends = range(len(stem) - 1, min(len(stem) + 1, len(typed)) + 1)
    return typed[0] == stem[0] and any(is_one_slip(typed[:end], stem) for end in ends)


def is_one_slip(typed: str, meant: str) -> bool:
    """Is one letter wrong, missing, too many, or are two neighbours exchanged?"""
    if abs(len(typed) - len(meant)) > 1:
        return False
    same = 0
    while same < min(len(typed), len(meant)) and typed[same] == meant[same]:
        same += 1
    left, right = typed[same:], meant[same:]
    exchanged = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return exchanged or left[1:] == right[1:] or left[1:] == right or left == right[1:]
