"""Text as it is compared, on whatever keyboard it was typed: no accents or case, one quote, one dash, one space."""

import re
import unicodedata

QUOTES = "'’‘ʼ`´ʻʹ′＇‛"
DASHES = "-‐‑‒–—―−﹣－"
LETTERS = {
    **dict.fromkeys(map(ord, QUOTES), "'"),
    **dict.fromkeys(map(ord, DASHES), "-"),
    **{ord(one): plain for one, plain in (("ı", "i"), ("ø", "o"), ("đ", "d"), ("ł", "l"), ("æ", "ae"), ("œ", "oe"))},
    **{ord(one): plain for one, plain in (("þ", "th"), ("ð", "d"), ("ħ", "h"))},
}
UNSEEN = ("Cc", "Cf", "Cs")
SPACES = re.compile(r"\s+")


def folded(text: str) -> str:
    """“Núñez–O’Neill” and "nunez-o'neill" are the same; full-width letters, ligatures, ß and the dotless i are too."""
    plain = unicodedata.normalize("NFKD", SPACES.sub(" ", text).translate(LETTERS))
    seen = "".join(one for one in plain if not unicodedata.combining(one) and unicodedata.category(one) not in UNSEEN)
    lowered = unicodedata.normalize("NFKD", seen.casefold()).translate(LETTERS)
    return " ".join("".join(one for one in lowered if not unicodedata.combining(one)).split())
