"""One running clinic for all journeys of a run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import site


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[site.Site]:
    """The demo clinic on the embedded default; on PostgreSQL, Redis and Celery in the pass that has them."""
    settings = {}
    if os.environ.get("TEST_REDIS_URL"):
        settings = {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": os.environ["TEST_REDIS_URL"]}
    with site.running(Path(tmp_path_factory.mktemp("site")), **settings) as running:
        yield running
