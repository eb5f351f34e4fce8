"""What tests of pages share: Carla's world, and browsers that somebody has signed in on."""

from collections.abc import Callable

import pytest
from django.test import Client

from medmgmt.record.models import User
from tests import factories as cast
from tests.faces.web import world as worlds


@pytest.fixture
def world(db: None) -> worlds.World:
    """Carla's chart with something of everything."""
    return worlds.make()


@pytest.fixture
def browser(db: None) -> Callable[[User], Client]:
    """A browser without JavaScript in which somebody is signed in."""

    def opened(by: User) -> Client:
        client = Client()
        client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return opened


@pytest.fixture
def as_adler(browser: Callable[[User], Client]) -> Client:
    """Dr Adler's browser."""
    return browser(cast.adler())


@pytest.fixture
def as_bo(browser: Callable[[User], Client]) -> Client:
    """Nurse Bo's browser."""
    return browser(cast.bo())


@pytest.fixture
def as_carla(browser: Callable[[User], Client]) -> Client:
    """Carla's own browser."""
    return browser(cast.carla_user())
