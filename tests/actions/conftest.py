"""The shipped knowledge, loaded once a test: what a psychiatrist's review really uses."""

import pytest
from django.core.management import call_command


@pytest.fixture
def knowledge(db: None) -> None:
    """The shipped release, active."""
    call_command("load_knowledge", verbosity=0)
