"""Names, record numbers and birth dates as people type them, made comparable; PURE."""

import re
import unicodedata
from datetime import date

from interactions.engine.folding import folded

ISO = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b|\b(\d{4})(\d{2})(\d{2})\b")
FIGURES = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\b")
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "january jan enero ene", "february feb febrero", "march mar marzo", "april apr abril abr", "may mayo",
            "june jun junio", "july jul julio", "august aug agosto ago", "september sep sept septiembre",
            "october oct octubre", "november nov noviembre", "december dec diciembre dic",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
WORDS = re.compile(
    rf"\b(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\.?[ -]+(?:de +)?(?P<m1>{MONTH})\.?,?[ -]+(?:de +)?(?P<y1>\d{{4}})\b"
    rf"|\b(?P<m2>{MONTH})\.? +(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<y2>\d{{4}})\b"
)


AS_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})


def compact(text: str) -> str:
    """Letters and figures only, folded: "O’Neill" and "o neill" are "oneill"; signs alone stay as they are."""
    plain = folded(text)
    return "".join(one for one in plain if one.isalnum()) or plain.replace(" ", "")


def words(text: str) -> list[str]:
    """The words of a name; a comma, hyphen or apostrophe parts none of them more than a space does."""
    return [one for one in re.sub(r"[^\w]|_", " ", folded(text)).split() if one] or folded(text).split()


def spelt_out(name: str) -> str:
    """Letters that a passport without them writes as two: "Müller" is "Mueller"."""
    return unicodedata.normalize("NFC", name).casefold().translate(AS_TWO)


def key(*names: str) -> str:
    """All names in one line, each whole, word by word and without what parts its words; with its umlauts as two
    letters as well."""
    every = dict.fromkeys(one for name in names for one in (name, spelt_out(name)))
    found = [one for name in every for one in (*words(name), compact(name), *map(compact, name.split()))]
    return f" {' '.join(dict.fromkeys(filter(None, found)))} "


def whole(given: str, family: str) -> frozenset[str]:
    """Two people have the same name if these have something in common, whichever name is the family's."""
    return frozenset({compact(given + family), compact(family + given)})


def asked(text: str) -> tuple[list[str], list[frozenset[date]]]:
    """The words of a search, and the days that it names, each in every order in which it may be meant."""
    plain, days = folded(text), []
    for pattern, read in ((ISO, _iso), (WORDS, _worded), (FIGURES, _figures)):
        for hit in list(pattern.finditer(plain)):
            meant = read(hit)
            if meant:
                days.append(meant)
                plain = plain.replace(hit[0], " ", 1)
    return [found for one in plain.replace(",", " ").split() if (found := compact(one))], days


def _iso(hit: re.Match[str]) -> frozenset[date]:
    return _days([tuple(int(one) for one in hit.groups() if one is not None)])


def _figures(hit: re.Match[str]) -> frozenset[date]:
    first, second, year = map(int, hit.groups())
    return _days([(year, first, second), (year, second, first)])


def _worded(hit: re.Match[str]) -> frozenset[date]:
    place = "1" if hit["m1"] else "2"
    return _days([(int(hit[f"y{place}"]), MONTHS[hit[f"m{place}"]], int(hit[f"d{place}"]))])


def _days(told: list[tuple[int, ...]]) -> frozenset[date]:
    found = set()
    for year, month, day in told:
        try:
            found.add(date(year, month, day))
        except ValueError:
            continue
    return frozenset(found)
