"""`manage.py seed_demo` where there is no demo yet: what it says, whom it leaves alone, and nothing by halves."""

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from medmgmt.demo import seeding, tables
from medmgmt.record.models import Patient, User
from tests import factories

pytestmark = pytest.mark.django_db


def test_patients_of_somebody_else_are_left_alone_unless_it_is_forced() -> None:
    factories.carla()
    with pytest.raises(CommandError, match="--force"):
        call_command("seed_demo")
    assert Patient.objects.count() == 1


def test_it_is_never_made_in_production() -> None:
    with override_settings(PRODUCTION=True), pytest.raises(CommandError, match="production"):
        call_command("seed_demo", force=True)


def test_a_failure_leaves_nothing_half_made(monkeypatch: pytest.MonkeyPatch) -> None:
    told = tables.read()
    broken = (replace(told.orders[0], template="nobody"),)
    monkeypatch.setattr(tables, "read", lambda: replace(told, orders=broken))
    with pytest.raises(KeyError):
        seeding.seed(password="demo-harbor-iop")
    assert (Patient.objects.count(), User.objects.count()) == (0, 0)


def test_it_says_what_it_made() -> None:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert "63 patients, 7 staff, 6 orders today, 7 side effects" in out.getvalue()
