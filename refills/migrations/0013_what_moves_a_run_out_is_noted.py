"""Whatever moves a run-out leaves a note in its own transaction; the database is given the number of its lineage."""

from django.db import migrations

MOVES = {
    "refills_dispense": "",
    "refills_authorisation": "",
    "refills_pillcount": "",
    "record_dosagechange": "WHEN (NEW.status = 'signed')",
}

POSTGRESQL = [
    """
    CREATE FUNCTION refills_run_out_may_have_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO refills_supplytouch (prescription_id) VALUES (NEW.prescription_id);
        RETURN NULL;
    END $$
    """,
    *[
        f"""
        CREATE TRIGGER refills_run_out_may_have_moved AFTER INSERT OR UPDATE ON {table}
        FOR EACH ROW {when} EXECUTE FUNCTION refills_run_out_may_have_moved()
        """
        for table, when in MOVES.items()
    ],
    "INSERT INTO refills_supplytouch (prescription_id) SELECT id FROM record_prescription",
    "INSERT INTO refills_handovers (lineage, crossings) VALUES (gen_random_uuid(), 0)",
    # A claim changes columns that no index has: with room on its page the row stays where every index looks for it.
    "ALTER TABLE refills_reminder SET (fillfactor = 70)",
    "CREATE INDEX reminders_by_settling ON refills_reminder USING brin (settled_at) WITH (autosummarize = on)",
]
SQLITE = [
    *[
        f"""
        CREATE TRIGGER refills_run_out_may_have_moved_{event.lower()}_{table} AFTER {event} ON {table} {when}
        BEGIN INSERT INTO refills_supplytouch (prescription_id) VALUES (NEW.prescription_id); END
        """
        for table, when in MOVES.items()
        for event in ("INSERT", "UPDATE")
    ],
    "INSERT INTO refills_supplytouch (prescription_id) SELECT id FROM record_prescription",
    "INSERT INTO refills_handovers (lineage, crossings) VALUES (lower(hex(randomblob(16))), 0)",
    "CREATE INDEX reminders_by_settling ON refills_reminder (settled_at) WHERE settled_at IS NOT NULL",
]


def note_what_moves(apps, schema_editor):
    """The triggers, a note for every prescription that stands already, and the lineage."""
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement)


def forget(apps, schema_editor):
    """Without them nothing is noted."""
    if schema_editor.connection.vendor == "postgresql":
        for table in MOVES:
            schema_editor.execute(f"DROP TRIGGER refills_run_out_may_have_moved ON {table}")
        schema_editor.execute("DROP FUNCTION refills_run_out_may_have_moved()")
    else:
        for table in MOVES:
            for event in ("insert", "update"):
                schema_editor.execute(f"DROP TRIGGER refills_run_out_may_have_moved_{event}_{table}")
    schema_editor.execute("DROP INDEX reminders_by_settling")


class Migration(migrations.Migration):
    dependencies = [("refills", "0012_run_outs_are_kept_and_hand_overs_counted")]
    operations = [migrations.RunPython(note_what_moves, forget, elidable=False)]
