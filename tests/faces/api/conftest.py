"""Callers of the API, and the shipped knowledge."""

import pytest
from django.core.cache import cache

from tests import factories, shipped_knowledge
from tests.faces.api.client import Api


@pytest.fixture(autouse=True)
def _no_throttle_from_before() -> None:
    """Request counts of earlier tests live in the process's cache."""
    cache.clear()


@pytest.fixture
def knowledge(db: None) -> None:
    """The shipped release, active."""
    shipped_knowledge.put_into_use()


@pytest.fixture
def adler(db: None) -> Api:
    """Carla's psychiatrist, signed in: a controlled drug is signed in person."""
    return Api.in_person(factories.adler())


@pytest.fixture
def bo(db: None) -> Api:
    """Carla's nurse."""
    return Api(factories.bo())


@pytest.fixture
def pia(db: None) -> Api:
    """Carla's pharmacist, signed in: the second signature, and what is put into use, are given in person."""
    return Api.in_person(factories.pia())


@pytest.fixture
def dorn(db: None) -> Api:
    """A psychiatrist of another team."""
    return Api(factories.dorn())


@pytest.fixture
def carla(db: None) -> Api:
    """The patient herself."""
    return Api(factories.carla_user())


@pytest.fixture
def admin(db: None) -> Api:
    """The administrator, signed in."""
    return Api.in_person(factories.admin())


@pytest.fixture
def nobody(db: None) -> Api:
    """Somebody who is not signed in."""
    return Api()
