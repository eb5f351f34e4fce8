"""What the record's tests stand on: property tests without a deadline, and marks that speak of one database."""

import os

import pytest
from django.db import connection
from hypothesis import settings

settings.register_profile("record", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("record")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that speaks of one database is skipped on the other, also when pytest is called by itself."""
    other = {"sqlite": "postgres", "postgresql": "sqlite"}[connection.vendor]
    if item.get_closest_marker(other):
        pytest.skip(f"speaks of {other} alone")
