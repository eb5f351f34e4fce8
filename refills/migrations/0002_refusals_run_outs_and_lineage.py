"""What is never changed is refused by the database itself; what moves a run-out is noted; the lineage has its number.

SQLite drops a table's triggers with the table, and Django changes a table there by making it anew: a later migration
that alters one of these tables must put its triggers back.
"""

from django.db import migrations

APPEND_ONLY = {
    "refills_dispense": "a dispense is never changed or deleted: record another",
    "refills_fillvoided": "what voided a fill is never changed or deleted: record the fill again",
    "refills_authorisation": "an authorisation is never changed or deleted: record another",
    "refills_earlyfill": "an early fill is never changed or deleted",
    "refills_revocation": "a revocation is never changed or deleted",
    "refills_partialfill": "a partial fill is never changed or deleted",
    "refills_supplylimit": "a supply limit is never changed or deleted: lift it",
    "refills_limitlifted": "what lifted a limit is never changed or deleted",
    "refills_gaterelease": "a lab release is never changed or deleted",
    "refills_adherencereport": "what a patient said is never changed or deleted",
    "refills_pillcount": "a pill count is never changed or deleted: count again",
    "refills_renewaldecision": "a renewal decision is never changed or deleted",
    "refills_taskcomment": "a comment is never changed or deleted: write another",
    "refills_channelchoice": "a choice is never changed or deleted: record another",
    "refills_caregiverconsent": "a consent is never changed or deleted: withdraw it",
    "refills_consentwithdrawn": "a withdrawal is never changed or deleted",
}
"""The refusals: on each of these tables, whatever is changed, deleted or emptied, in this sentence."""

KEPT = {
    "refills_task": "a task is never deleted: cancel it",
}
"""What may change and never goes."""

MOVES_A_RUN_OUT = {
    "refills_dispense": "",
    "refills_fillvoided": "",
    "refills_authorisation": "",
    "refills_pillcount": "",
    "record_dosagechange": "WHEN (NEW.status = 'signed')",
}
"""A note is left in the same transaction for whatever is inserted or changed here."""
NOTE = "INSERT INTO refills_supplytouch (prescription_id) VALUES (NEW.prescription_id);"


DIFFERS = {"sqlite": "OLD.{0} IS NOT NEW.{0}", "postgresql": "OLD.{0} IS DISTINCT FROM NEW.{0}"}


def merging(vendor, names):
    """That a row goes as it is, all but its number of a patient, into the chart that its own was merged into."""
    if "patient_id" not in names:
        return "1 = 0"
    quoted = [f'"{one}"' for one in names if one != "patient_id"]
    same = " AND ".join(f"NOT ({DIFFERS[vendor].format(one)})" for one in quoted)
    into = "SELECT 1 FROM record_patient AS p WHERE p.id = OLD.patient_id AND p.merged_into_id = NEW.patient_id"
    return f"EXISTS ({into}) AND {same}"


def on_postgresql(columns, here):
    """Triggers and the functions they call; room on the pages of the queue; its index by settling; the lineage."""
    function = f"CREATE FUNCTION {{}}() RETURNS trigger LANGUAGE plpgsql {here} AS $$ BEGIN {{}} END $$"
    refusal = "RAISE EXCEPTION '{}' USING ERRCODE = 'integrity_constraint_violation';"
    for table, sentence in APPEND_ONLY.items():
        name = f"{table}_is_append_only"
        merged = merging("postgresql", columns[table])
        lets = f"IF TG_OP = 'UPDATE' THEN IF {merged} THEN RETURN NEW; END IF; END IF; "
        yield function.format(name, lets + refusal.format(sentence))
        yield f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        emptied = f"{table}_is_not_emptied BEFORE TRUNCATE ON {table}"
        yield f"CREATE TRIGGER {emptied} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    for table, sentence in KEPT.items():
        name = f"{table}_is_kept"
        yield function.format(name, refusal.format(sentence))
        yield f"CREATE TRIGGER {name} BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        emptied = f"{table}_is_not_emptied BEFORE TRUNCATE ON {table}"
        yield f"CREATE TRIGGER {emptied} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    noted = "refills_run_out_may_have_moved"
    yield function.format(noted, f"{NOTE} RETURN NULL;")
    for table, when in MOVES_A_RUN_OUT.items():
        event = f"AFTER INSERT OR UPDATE ON {table}"
        yield f"CREATE TRIGGER {noted} {event} FOR EACH ROW {when} EXECUTE FUNCTION {noted}()"
    # A claim changes columns that no index has: with room on its page the row stays where every index looks for it.
    yield "ALTER TABLE refills_reminder SET (fillfactor = 70)"
    yield "CREATE INDEX reminders_by_settling ON refills_reminder USING brin (settled_at) WITH (autosummarize = on)"
    yield "INSERT INTO refills_handovers (lineage) VALUES (gen_random_uuid())"


def on_sqlite(columns, _here):
    """The same, a trigger for each event."""
    for table, sentence in APPEND_ONLY.items():
        for event, done in (("UPDATE", "changed"), ("DELETE", "deleted")):
            refusal = f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            when = f"WHEN NOT ({merging('sqlite', columns[table])}) " if event == "UPDATE" else ""
            yield f"CREATE TRIGGER {table}_is_never_{done} BEFORE {event} ON {table} {when}{refusal}"
    for table, sentence in KEPT.items():
        refusal = f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        yield f"CREATE TRIGGER {table}_is_never_deleted BEFORE DELETE ON {table} {refusal}"
    for table, when in MOVES_A_RUN_OUT.items():
        for event in ("INSERT", "UPDATE"):
            name = f"refills_run_out_may_have_moved_{event.lower()}_{table}"
            yield f"CREATE TRIGGER {name} AFTER {event} ON {table} {when} BEGIN {NOTE} END"
    yield "CREATE INDEX reminders_by_settling ON refills_reminder (settled_at) WHERE settled_at IS NOT NULL"
    yield "INSERT INTO refills_handovers (lineage) VALUES (lower(hex(randomblob(16))))"


def looking_here(connection):
    """That a function asks our tables, and no temporary ones of the same name that whoever calls it has made."""
    if connection.vendor == "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return f"SET search_path = {cursor.fetchone()[0]}, pg_temp"


def put_up(apps, schema_editor):
    statements = {"postgresql": on_postgresql, "sqlite": on_sqlite}[schema_editor.connection.vendor]
    columns = {
        model._meta.db_table: [field.column for field in model._meta.local_concrete_fields]
        for model in apps.get_models()
    }
    for statement in statements(columns, looking_here(schema_editor.connection)):
        schema_editor.execute(statement, params=None)  # the texts hold no parameters


class Migration(migrations.Migration):
    dependencies = [("refills", "0001_what_is_due")]
    operations = [migrations.RunPython(put_up)]
