"""What the service may do in a PostgreSQL database whose tables belong to somebody else: exactly what it needs."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

OURS = ("record", "refills", "interactions")
DELETED = {
    "record_attempts",
    "record_idempotencyrecord",
    "record_quickpin",
    "refills_supplytouch",
    "refills_reminderitem",
    "refills_nodigest",
}
"""Of our own tables those that rows are taken out of again; third-party ones (sessions, tokens) are theirs to tidy."""
NEVER_CHANGED = {"interactions_review_releases", "refills_handovers"}
"""Beside those that the triggers name."""
CHANGED_IN_PART = {"refills_handovers": ("restored_at",)}


def statements(role: str, schema: str) -> Iterator[sql.Composed]:
    """What gives the role these rights and no others; it owns nothing and may make nothing but temporary tables."""
    to, here = sql.Identifier(role), sql.Identifier(schema)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}, PUBLIC").format(here, to)
    yield sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA {} FROM {}, PUBLIC").format(here, to)
    yield sql.SQL("REVOKE CREATE ON SCHEMA {} FROM {}, PUBLIC").format(here, to)
    yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(here, to)
    yield sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA {} TO {}").format(here, to)
    yield sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(MigrationRecorder.Migration._meta.db_table), to)
    append_only = for_ever()
    for model in models():
        table, label = model._meta.db_table, model._meta.app_label
        named = sql.Identifier(table)
        yield sql.SQL("GRANT SELECT, INSERT ON {} TO {}").format(named, to)
        if table not in append_only:
            yield sql.SQL("GRANT UPDATE ON {} TO {}").format(named, to)
        elif columns := changed_in_part(model):
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            yield sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(listed, named, to)
        if label not in OURS or table in DELETED:
            yield sql.SQL("GRANT DELETE ON {} TO {}").format(named, to)


def models() -> list[Any]:
    """Every table of the installed applications that is kept in the database."""
    known = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    return [model for model in known.values() if model._meta.managed and not model._meta.proxy]


def for_ever() -> set[str]:
    """Tables whose rows the triggers refuse to change, as the migrations that put them up name them."""
    found = set(NEVER_CHANGED)
    for label in OURS:
        found |= set(refusals_of(label).APPEND_ONLY)
    return found | {f"interactions_{name}" for name in refusals_of("interactions").NEVER_EDITED}


def refusals_of(label: str) -> Any:
    """The migration of an application that puts its triggers up."""
    config = apps.get_app_config(label)
    folder = import_module(f"{config.name}.migrations")
    name = next(path.stem for path in Path(folder.__path__[0]).glob("0002_*.py"))
    return import_module(f"{config.name}.migrations.{name}")


def changed_in_part(model: Any) -> tuple[str, ...]:
    """The columns of a row for ever that still change: its patient, when two charts of one person are merged."""
    table = model._meta.db_table
    has_patient = any(field.column == "patient_id" for field in model._meta.local_concrete_fields)
    is_trail = table in ("record_auditentry", "record_auditpatient")
    return CHANGED_IN_PART.get(table, ("patient_id",) if has_patient and not is_trail else ())
