"""Each test of this room runs on the database it speaks of."""

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _only_on_its_database(request: pytest.FixtureRequest) -> None:
    """A test marked for one database is skipped on the other, however pytest was started."""
    other = {"postgresql": "sqlite", "sqlite": "postgres"}[connection.vendor]
    if request.node.get_closest_marker(other):
        pytest.skip(f"speaks of {other}, and this is {connection.vendor}")
