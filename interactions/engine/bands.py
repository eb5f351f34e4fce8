"""Dose bands: where a daily dose lies between the figures that the tables name for a drug, as stable text."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from decimal import Decimal

from interactions.engine.conditions import Comparison

HALF = Decimal("0.5")
Edge = tuple[Decimal, int]
"""A figure, and 0 where a dose of just so much already lies above it, 1 where it still lies below."""
MOST_REMEMBERED = 50_000


def edge(asked: Comparison) -> Edge:
    """Of a comparison: ">=150" and "<150" part 149 from 150, ">40" and "<=40" part 40 from 41."""
    return asked.figure, 0 if asked.sign in (">=", "<") else 1


class Bands:
    """The bands of every drug; a drug without figures has one band and no text."""

    def __init__(self, edges: Iterable[tuple[str, Edge]], most: Mapping[str, Decimal]) -> None:
        """`most` is the usual maximum of a day: half of it and all of it part bands too."""
        found: dict[str, set[Edge]] = {}
        for key, one in edges:
            found.setdefault(key, set()).add(one)
        for key, figure in most.items():
            found.setdefault(key, set()).update({(figure * HALF, 1), (figure, 1)})
        self._edges = {key: sorted(of) for key, of in found.items()}
        self._told: dict[tuple[str, Decimal | None], str] = {}

    def of(self, key: str, mg_per_day: Decimal | None) -> str:
        """ "citalopram>40": the highest figure that the dose is above; "" where dose or figures are not on record."""
        asked = (key, mg_per_day)
        known = self._told.get(asked)
        if known is None:
            known = self._text(key, mg_per_day)
            if len(self._told) < MOST_REMEMBERED:
                self._told[asked] = known
        return known

    def _text(self, key: str, mg_per_day: Decimal | None) -> str:
        edges = self._edges.get(key)
        if mg_per_day is None or not edges:
            return ""
        place = bisect_left(edges, (mg_per_day, 1))
        if not place:
            return f"{key}{'<' if edges[0][1] == 0 else '<='}{edges[0][0].normalize():f}"
        figure, is_above = edges[place - 1]
        return f"{key}{'>' if is_above else '>='}{figure.normalize():f}"


def joined(parts: Iterable[str]) -> str:
    """Each part once, in one order."""
    return "|".join(sorted({part for part in parts if part}))
