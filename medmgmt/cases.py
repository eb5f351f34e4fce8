"""A case that is in no record, answered by every specialist of the house: interactions, then supply."""

from collections.abc import Mapping
from typing import Any

from interactions import library
from interactions.engine import cases
from interactions.engine.severity import NAMED
from medmgmt import supplies


def review(case: Mapping[str, Any]) -> dict[str, Any]:
    """The whole answer to one case in the shape of the case format; cards most severe first. Nothing is kept.

    Raises ValueError, KeyError or TypeError where the case has another shape.
    """
    answer = cases.review(case, library.current())
    supply = supplies.refill_answer(case)
    cards = sorted([*answer["cards"], *supply["cards"]], key=lambda card: -NAMED[card["severity"]])
    return {**answer, "findings": [*answer["findings"], *supply["findings"]], "cards": cards}


def reviewed(document: Any) -> dict[str, Any]:
    """The answers to one case, a list of cases, or {"vignettes": [...]}; in their order."""
    return {"cases": [review(case) for case in cases.each(document)]}
