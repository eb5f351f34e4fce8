"""A database with the shipped knowledge in use, for any number of stories: made once, then thrown away."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.test.utils import get_runner, setup_test_environment, teardown_test_environment

from medmgmt.actions import rescreening
from tests import shipped_knowledge

HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@contextmanager
def known() -> Iterator[None]:
    """The shipped knowledge in use, and nobody to be looked at again for it, until the block ends; then rolled back."""
    with transaction.atomic():
        shipped_knowledge.put_into_use()
        rescreening.work()
        yield
        transaction.set_rollback(True)


@contextmanager
def throw_away_database() -> Iterator[None]:
    """A test database at DATABASE_URL's server, or in memory; migrated once a state of the migrations."""
    kept = Path(tempfile.gettempdir()) / f"medmgmt-migrated-{os.getuid()}"
    kept.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("MIGRATED_IN", str(kept))
    import tests.migrated_once  # noqa: F401  # it makes migrating a copy

    setup_test_environment()
    settings.PASSWORD_HASHERS = HASHERS
    runner = get_runner(settings)(verbosity=0, interactive=False)
    made = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(made)
        teardown_test_environment()
