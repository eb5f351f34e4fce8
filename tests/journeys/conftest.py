"""One running clinic for all journeys of a run; when they are over, its log is looked through."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import log_scan, site


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[site.Site]:
    """The demo clinic on the embedded default; on PostgreSQL, Redis and Celery in the pass that has them."""
    folder, settings = Path(tmp_path_factory.mktemp("site")), {"LOG_LEVEL": "INFO"}
    if os.environ.get("TEST_REDIS_URL"):
        settings |= {"DATABASE_URL": os.environ["DATABASE_URL"], "REDIS_URL": os.environ["TEST_REDIS_URL"]}
    with site.running(folder, **settings) as running:
        yield running
    log = (folder / "serve.log").read_text()
    assert log_scan.OF_A_PROCESS.search(log), "nothing was logged, so nothing was looked through"
    assert list(log_scan.leaks(log)) == []
