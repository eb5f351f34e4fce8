"""What a body says is what its act asks for: a name that only one of the two knows would fail in somebody's hands."""

import inspect
from collections.abc import Iterator

import pytest

from medmgmt.actions import shapes as act_shapes
from medmgmt.actions.side_effects import log_side_effect
from medmgmt.api import urls
from medmgmt.api.kit import shapes
from medmgmt.api.kit.endpoint import Operation
from medmgmt.record.models import Suspect


def operations() -> Iterator[tuple[str, Operation]]:
    """Every operation of every address, by the name of its address."""
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        for method in ("get", "post", "patch"):
            found = getattr(getattr(view, method, None), "operation", None)
            if found is not None:
                yield f"{method} {pattern.name}", found


def said(operation: Operation) -> set[str]:
    """The names under which the act gets what was sent."""
    asked = operation.takes or operation.query
    fields = asked().fields.items() if asked else ()
    named = {str(field.source or name) for name, field in fields}
    return named | {"version"} if operation.is_versioned else named


def test_every_act_gets_exactly_what_it_asks_for() -> None:
    seen = 0
    for name, operation in operations():
        keywords = [one for one in inspect.signature(operation.act).parameters.values() if one.kind is one.KEYWORD_ONLY]
        if not keywords:
            continue
        seen += 1
        needed = {one.name for one in keywords if one.default is one.empty}
        assert needed <= said(operation), name
        if "**" not in str(inspect.signature(operation.act)):
            known = set(inspect.signature(operation.act).parameters)
            asked_here = {"confirm"} if operation.asks_again else set()
            assert said(operation) - asked_here <= known, name
    assert seen > 30


def test_a_body_has_the_bounds_of_the_columns_that_it_is_written_to() -> None:
    class Body(shapes.BodyOfAct):
        asks = log_side_effect

    fields = Body().fields
    assert list(fields) == list(act_shapes.details(log_side_effect))
    assert [name for name, field in fields.items() if field.required] == ["term", "severity", "began_on"]
    assert fields["term"].max_length == 200
    assert "severe" in fields["severity"].choices
    assert fields["outcome"].default == "unknown"


def test_what_no_rule_can_show_has_to_be_declared() -> None:
    class Line(shapes.Shown):
        shows = Suspect, "rank report_id nonsense"

    with pytest.raises((TypeError, KeyError)):
        _ = Line().fields
