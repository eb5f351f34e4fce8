"""What a patient agreed to, and took back, is never changed or deleted: the database itself refuses."""

from django.db import migrations

TABLES = {
    "refills_channelchoice": "a choice is never changed or deleted: record another",
    "refills_caregiverconsent": "a consent is never changed or deleted: withdraw it",
    "refills_consentwithdrawn": "a withdrawal is never changed or deleted",
}


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


class Migration(migrations.Migration):
    """Triggers on both databases."""

    dependencies = [("refills", "0014_how_a_patient_wants_to_be_told")]
    operations = [migrations.RunPython(protect, lay_open)]
