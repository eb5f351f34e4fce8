"""The shipped knowledge, loaded once a test: what a psychiatrist's review really uses."""

import pytest

from tests import shipped_knowledge


@pytest.fixture
def knowledge(db: None) -> None:
    """The shipped release, active."""
    shipped_knowledge.put_into_use()
