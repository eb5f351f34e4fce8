"""What every test stands on: fast password hashes, and a way to empty tables that the database itself protects."""

import os
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

FAST_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_reset_sequences"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what speaks of the other database, and on PostgreSQL what asks no database; servers start first."""
    left_out = [item for item in items if not belongs(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
    first = {item.path for item in items if item.get_closest_marker("servers")}
    items.sort(key=lambda item: item.path not in first)


def belongs(item: pytest.Item) -> bool:
    """Whether a test is of this pass."""
    if settings.SQLITE:
        return not item.get_closest_marker("postgres")
    return not item.get_closest_marker("sqlite") and asks_a_database(item)


def asks_a_database(item: pytest.Item) -> bool:
    """Whether it can answer differently on another database: pytest-django lets no other test near one.

    A process that a test starts is out of its sight, so such a test says so itself (`servers`). What one page shows
    (`page`) is asked once: every page as every role, every list and every act are asked on both.
    """
    if item.get_closest_marker("page"):
        return False
    if any(item.get_closest_marker(name) for name in ("django_db", "servers", "postgres", "redis")):
        return True
    return bool(DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())))


@pytest.fixture(autouse=True)
def _fast_passwords(settings: object) -> None:
    """Argon2 takes a tenth of a second a password on purpose; tests have thousands."""
    settings.PASSWORD_HASHERS = FAST_HASHERS  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _marks_of_its_own(settings: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A test's database is rolled back, which a mark outside it would take for a restore."""
    settings.MARKS_DIR = tmp_path_factory.getbasetemp() / "marks" / uuid4().hex  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _flush_despite_triggers() -> Iterator[None]:
    """Django empties tables between threaded tests; our append-only triggers rightly refuse. Lift them."""
    operations = type(connection.ops)
    plain: Callable[..., None] = operations.execute_sql_flush

    def lifted(self: BaseDatabaseOperations, sql_list: list[str]) -> None:
        if connection.vendor == "postgresql":
            plain(
                self, ["SET session_replication_role = replica;", *sql_list, "SET session_replication_role = origin;"]
            )
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        drop = [f'DROP TRIGGER "{name}";' for name, _ in triggers]
        plain(self, [*drop, *sql_list, *[f"{sql};" for _, sql in triggers]])

    operations.execute_sql_flush = lifted  # type: ignore[method-assign]
    yield
    operations.execute_sql_flush = plain  # type: ignore[method-assign]


@pytest.fixture
def redis_url() -> str:
    """The Redis that the test run started for itself."""
    url = os.environ.get("TEST_REDIS_URL", "")
    if not url:
        pytest.skip("needs the Redis that `python -m tests.run` starts")
    return url


@pytest.fixture(scope="session")
def shared() -> object:
    """The folder of third-party data sets; tests on real data skip where it is absent, and CI has it."""
    if not settings.SHARED_DIR.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail("the shared data sets are missing, and CI must have them")
        pytest.skip("the shared data sets are not on this machine")
    return settings.SHARED_DIR
