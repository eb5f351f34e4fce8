"""A pytest plugin that fails a test whose only assertions stand in a loop that ran over nothing: it could not fail."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[object]:
    """Watches the lines of such a test, and of no other code, while it runs."""
    drawn = getattr(pyfuncitem.obj, "hypothesis", None)
    function = inspect.unwrap(drawn.inner_test if drawn else pyfuncitem.obj)
    lines, first = inspect.getsourcelines(function)
    wanted = {first + line - 1 for line in assertions_in_loops("".join(lines))}
    if not wanted:
        return (yield)
    seen: set[int] = set()
    before = sys.gettrace()
    sys.settrace(_watching(inspect.getsourcefile(function) or "", wanted, seen))
    try:
        told = yield
    finally:
        sys.settrace(before)
    if not seen:
        pytest.fail("Every assertion of this test stands in a loop, and the loop ran over nothing.", pytrace=False)
    return told


def _watching(file: str, wanted: set[int], seen: set[int]) -> Callable[[FrameType, str, Any], Any]:
    def lines(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and frame.f_lineno in wanted:
            seen.add(frame.f_lineno)
        return lines

    def calls(frame: FrameType, event: str, _: Any) -> Any:
        return lines if event == "call" and frame.f_code.co_filename == file else None

    return calls


def assertions_in_loops(source: str) -> list[int]:
    """Lines of the assertions, where each stands in a loop and the test has no other way to fail; else none."""
    function = ast.parse(textwrap.dedent(source)).body[0]
    asserts = [node for node in ast.walk(function) if isinstance(node, ast.Assert)]
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.While)]
    inside = {id(node) for loop in loops for node in ast.walk(loop)}
    raises = any(isinstance(node, ast.Attribute) and node.attr == "raises" for node in ast.walk(function))
    if raises or not all(id(node) in inside for node in asserts):
        return []
    return [node.lineno for node in asserts]
