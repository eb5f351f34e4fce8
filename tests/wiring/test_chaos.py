"""The fault test in its short form: real servers, real workers, killed; `make chaos` is the long one."""

import pytest

from tests import servers
from tests.chaos.__main__ import SHORT, run

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(SHORT[0], marks=pytest.mark.postgres),
        pytest.param(SHORT[2], marks=pytest.mark.sqlite),
    ],
    ids=lambda plan: plan.name,
)
def test_while_everything_is_killed_nothing_is_lost_and_nothing_arrives_twice(plan: object) -> None:
    """How late it was is printed by `make chaos`: a test does not depend on how busy its machine is."""
    try:
        lines, _seconds = run(plan)  # type: ignore[arg-type]
    except servers.Unavailable as absent:
        pytest.skip(str(absent))
    assert [line for line in lines if not line.holds and "lateness" not in line.what] == []
