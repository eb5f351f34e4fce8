"""The demo tables make sense row by row, and say where they do not."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from medmgmt.demo import tables
from medmgmt.demo.tables import BadTable, Tables
from medmgmt.record.models import MEASURES, AllergyKind, ReactionSeverity, ReasonCode, Role
from medmgmt.record.models.observations import ANSWERS


@pytest.fixture(scope="module")
def told() -> Tables:
    return tables.read()


def test_about_sixty_patients_are_planned(told: Tables) -> None:
    assert 55 <= sum(template.patients for template in told.templates) + 1 <= 65


def test_every_row_belongs_to_a_template(told: Tables) -> None:
    names = {template.name for template in told.templates}
    assert {step.template for step in told.steps} == names
    rows = (*told.orders, *told.side_effects, *told.todos)
    assert {row.template for row in rows} <= names
    assert {row.template for row in told.measurements} <= names | {"*", "*female", "*male"}


def test_every_code_is_one_the_record_knows(told: Tables) -> None:
    assert {step.reason for step in told.steps} <= set(ReasonCode.values)
    assert {one.code for one in told.measurements} <= {*MEASURES, *ANSWERS}
    assert {one.kind for one in told.reactions} <= set(AllergyKind.values)
    assert {one.severity for one in told.reactions} <= set(ReactionSeverity.values)
    assert {one.role for one in told.staff} <= set(Role.values)
    assert {zone for zone, _ in told.places} <= available_timezones()


def test_every_measurement_is_one_a_person_can_have(told: Tables) -> None:
    for one in told.measurements:
        if one.low is None:
            assert one.value_code in ANSWERS[one.code].values
        else:
            assert one.high is not None
            assert MEASURES[one.code].at_least <= one.low <= one.high <= MEASURES[one.code].at_most


def test_every_diagnosis_has_an_icd_10_cm_code(told: Tables) -> None:
    codes = [code for template in told.templates for code, _ in template.conditions]
    assert all(re.fullmatch(r"[A-TV-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", code) for code in codes)


def test_levels_of_care_step_down_in_the_order_of_their_days(told: Tables) -> None:
    ranks = {"partial_hospitalisation": 0, "intensive_outpatient": 1, "outpatient": 2}
    for template in told.templates:
        days = [day for _, day in template.levels]
        assert days == sorted(days)
        assert [ranks[level] for level, _ in template.levels] == sorted(ranks[level] for level, _ in template.levels)
        assert days[-1] <= 0


@pytest.mark.parametrize(
    ("file", "spoil", "says"),
    [
        ("regimens.csv", lambda text: text.replace(",50,mg,", ",fifty,mg,", 1), "regimens.csv, line 2"),
        ("regimens.csv", lambda text: text.replace(",50,mg,PO,", ",50,mg,NOSE,", 1), "regimens.csv, line 2"),
        (
            "observations.csv",
            lambda text: text.replace("*,egfr,-30,72,112,", "*,egfr,-30,,,"),
            "observations.csv, line",
        ),
        ("templates.csv", lambda text: text.replace("php:-63", "spa:-63", 1), "templates.csv, line 2"),
    ],
)
def test_a_row_without_sense_is_refused_with_file_and_line(
    tmp_path: Path, file: str, spoil: Callable[[str], str], says: str
) -> None:
    folder = shutil.copytree(tables.FOLDER, tmp_path / "demo")
    (folder / file).write_text(spoil((folder / file).read_text()))
    with pytest.raises(BadTable, match=re.escape(says)):
        tables.read(folder)
