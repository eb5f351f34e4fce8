"""Every table, every column: what the database refuses to edit, delete, replace or empty, on both databases.

A new table or a new column has to be told in `protected` before this is green again.
"""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from tests.record import protected
from tests.record.protected import EDITED_FREELY, GUARDED, Guard

pytestmark = pytest.mark.django_db
ROOMS = ("record", "interactions", "refills")
MODELS = {model._meta.label: model for room in ROOMS for model in apps.get_app_config(room).get_models(True)}
by_table = pytest.mark.parametrize(
    ("label", "guard"), [pytest.param(label, guard, id=f"{label}-{guard.edited}") for label, guard in GUARDED]
)


def refusal(statement: str, values: list[object]) -> str:
    """What the database says to a statement, blank where it does it; nothing of it stays."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            transaction.set_rollback(True)
    except IntegrityError as refused:
        return str(refused)
    return ""


def edit(row: models.Model, column: str) -> str:
    """What the database says to another value in one column of the row."""
    field = next(field for field in row._meta.local_concrete_fields if field.column == column)
    value = field.get_db_prep_save(protected.another(field, getattr(row, field.attname)), connection)
    table, key = row._meta.db_table, row._meta.pk.column
    return refusal(f'UPDATE {table} SET "{column}" = %s WHERE "{key}" = %s', [value, row.pk])


def test_every_table_is_told_to_be_guarded_or_not() -> None:
    guarded = {label for label, _ in GUARDED}
    assert guarded | set(EDITED_FREELY) == set(MODELS)
    assert guarded & set(EDITED_FREELY) == set()


@by_table
def test_every_column_is_told_to_be_kept_or_not(label: str, guard: Guard) -> None:
    kept, free = guard.kept(MODELS[label]), guard.may_change.split()
    assert sorted([*kept, *free]) == sorted(protected.columns(MODELS[label]))


@by_table
def test_every_column_that_is_kept_refuses_another_value_and_no_other_does(label: str, guard: Guard) -> None:
    row, kept = guard.row(), guard.kept(MODELS[label])
    row.refresh_from_db()
    for column in protected.columns(MODELS[label]):
        said = edit(row, column)
        assert bool(guard.edited and guard.edited in said) is (column in kept), f"{label}.{column}: {said}"


@by_table
def test_a_row_that_never_goes_is_neither_deleted_nor_replaced(label: str, guard: Guard) -> None:
    row = guard.row()
    table, key = row._meta.db_table, row._meta.pk.column
    said = refusal(f'DELETE FROM {table} WHERE "{key}" = %s', [row.pk])
    assert guard.deleted in said if guard.deleted else said == ""
    if guard.deleted:
        listed = ", ".join(f'"{column}"' for column in protected.columns(MODELS[label]))
        verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
        assert refusal(f'{verb} INTO {table} ({listed}) SELECT {listed} FROM {table} WHERE "{key}" = %s', [row.pk])


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("label", "sentence"), sorted({(label, guard.emptied) for label, guard in GUARDED if guard.emptied})
)
def test_on_postgresql_what_never_goes_is_not_emptied(label: str, sentence: str) -> None:
    assert sentence in refusal(f"TRUNCATE {MODELS[label]._meta.db_table} CASCADE", [])
