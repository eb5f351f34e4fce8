"""Short forms in shipped texts written out for people: "5-7 d" is "5-7 days"."""

import re
from functools import lru_cache

SHORT = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<gap> )(?P<unit>d|wk|wks|mo|h|yr)(?![a-zA-Z/])")
LONG = {"d": "day", "wk": "week", "wks": "week", "mo": "month", "h": "hour", "yr": "year"}


@lru_cache(maxsize=8192)
def spelled_out(text: str) -> str:
    """The same text with units of time written out; everything else stays as it was written."""
    return SHORT.sub(_long, text)


def _long(found: re.Match[str]) -> str:
    before = found.string[: found.start()]
    is_one = found["number"] == "1" and not before.endswith(("-", "."))
    return f"{found['number']} {LONG[found['unit']]}{'' if is_one else 's'}"
