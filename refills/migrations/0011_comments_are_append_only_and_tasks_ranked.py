"""What was written under a task is never changed or deleted; open tasks of before are ranked by their urgency."""

from django.db import migrations
from django.db.models import F

TABLES = {"refills_taskcomment": "a comment is never changed or deleted: write another"}


def postgresql(table, sentence):
    """A function that refuses, and the triggers that call it."""
    name = f"{table}_is_append_only"
    return [
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """,
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        f"CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]


def sqlite(table, sentence):
    """A trigger for each act."""
    return [
        f"CREATE TRIGGER {table}_is_never_{done} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        for act, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
    ]


def back(table, vendor):
    """The statements that take them off."""
    if vendor == "sqlite":
        return [f"DROP TRIGGER {table}_is_never_{done}" for done in ("changed", "deleted")]
    name = f"{table}_is_append_only"
    return [
        f"DROP TRIGGER {name} ON {table}",
        f"DROP TRIGGER {table}_is_not_emptied ON {table}",
        f"DROP FUNCTION {name}",
    ]


def protect(apps, schema_editor):
    """Put the triggers on."""
    make = {"postgresql": postgresql, "sqlite": sqlite}[schema_editor.connection.vendor]
    for table, sentence in TABLES.items():
        for statement in make(table, sentence):
            schema_editor.execute(statement)


def lay_open(apps, schema_editor):
    """Take the triggers off."""
    for table in TABLES:
        for statement in back(table, schema_editor.connection.vendor):
            schema_editor.execute(statement)


def rank(apps, schema_editor):
    """The urgency gives the rank, and what waits is raised when it is due."""
    tasks = apps.get_model("refills", "Task").objects.using(schema_editor.connection.alias)
    tasks.filter(closed_at__isnull=True).update(rank=F("priority") * 10, escalate_at=F("due_at"))


class Migration(migrations.Migration):
    """Triggers on both databases; a first rank."""

    dependencies = [("refills", "0010_tasks_are_ranked_routed_commented_and_closed_by_evidence")]
    operations = [migrations.RunPython(protect, lay_open), migrations.RunPython(rank, migrations.RunPython.noop)]
