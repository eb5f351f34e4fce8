"""What was dispensed is never changed or deleted: the database itself refuses."""

from django.db import migrations

SENTENCE = "a dispense is never changed or deleted: record another"

POSTGRESQL = [
    f"""
    CREATE FUNCTION refills_dispense_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER refills_dispense_is_append_only BEFORE UPDATE OR DELETE ON refills_dispense
    FOR EACH ROW EXECUTE FUNCTION refills_dispense_is_append_only()
    """,
    """
    CREATE TRIGGER refills_dispense_is_not_emptied BEFORE TRUNCATE ON refills_dispense
    FOR EACH STATEMENT EXECUTE FUNCTION refills_dispense_is_append_only()
    """,
]
SQLITE = [
    f"""
    CREATE TRIGGER refills_dispense_is_never_{done} BEFORE {act} ON refills_dispense
    BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END
    """
    for act, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
]
BACK = {
    "postgresql": [
        "DROP TRIGGER refills_dispense_is_append_only ON refills_dispense",
        "DROP TRIGGER refills_dispense_is_not_emptied ON refills_dispense",
        "DROP FUNCTION refills_dispense_is_append_only()",
    ],
    "sqlite": ["DROP TRIGGER refills_dispense_is_never_changed", "DROP TRIGGER refills_dispense_is_never_deleted"],
}


def protect(apps, schema_editor):
    """Put the triggers on."""
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def lay_open(apps, schema_editor):
    """Take the triggers off."""
    for statement in BACK[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """Triggers on both databases."""

    dependencies = [("refills", "0001_what_is_due")]
    operations = [migrations.RunPython(protect, lay_open)]
