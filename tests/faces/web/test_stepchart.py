"""The drawing of a dose over time: one scale, or none."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from medmgmt.record.dosing import NBSP, Sig, Step
from medmgmt.web.kit import stepchart

pytestmark = pytest.mark.page
DAY = date(2026, 3, 2)
STEPS = [
    Step("start", DAY, Sig.of(Decimal(50), "mg", "PO", "daily"), 1, 1),
    Step("new_dose", DAY + timedelta(days=7), Sig.of(Decimal(4), "{tablet}", "PO", "daily"), 2, 2),
]


def test_milligrams_and_tablets_are_drawn_on_one_scale_where_the_strength_says_it() -> None:
    drawn = stepchart.draw(STEPS, DAY, "25 mg")
    assert drawn is not None
    assert [mark.text for mark in drawn.doses] == [f"100{NBSP}mg", f"50{NBSP}mg"]
    low, high, _rest = drawn.stretches if len(drawn.stretches) == 3 else (*drawn.stretches, None)
    assert (low.height, high.height) == (drawn.tall / 2, drawn.tall)


def test_without_a_strength_their_heights_would_lie() -> None:
    assert stepchart.draw(STEPS, DAY) is None
    assert stepchart.draw(STEPS[1:], DAY) is not None
    assert stepchart.draw([], DAY) is None
