"""`manage.py seed_demo` where there is no demo yet: what it says, whom it leaves alone, and nothing by halves."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from medmgmt.demo import histories, seeding
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


def test_a_failure_leaves_nothing_half_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = shutil.copytree(histories.FOLDER, tmp_path / "demo")
    orders = (folder / "orders.csv").read_text(encoding="utf-8")
    (folder / "orders.csv").write_text(orders.replace("bipolar_lithium_quetiapine,", "nobody,"), encoding="utf-8")
    monkeypatch.setattr(histories, "FOLDER", folder)
    with pytest.raises(KeyError):
        seeding.seed(password="demo-harbor-iop")
    assert (Patient.objects.count(), User.objects.count()) == (0, 0)


def test_it_says_what_it_made() -> None:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert "63 patients, 9 staff, 7 orders today, 7 side effects" in out.getvalue()
