"""The database itself refuses to edit what a release holds, and to edit or delete reviews, answers,
selftests and verdicts on rows.

SQLite drops a table's triggers with the table, and Django changes a table there by making it anew: a later migration
that alters one of these tables must put its triggers back (a test counts them).
"""

from django.db import migrations

APPEND_ONLY = {
    "interactions_review": "a review is never edited or deleted",
    "interactions_finding": "a finding is never edited or deleted",
    "interactions_answer": "an answer is never edited or deleted",
    "interactions_selftestrun": "a selftest is never edited or deleted; run another",
    "interactions_rowverdict": "a verdict on a row is never edited or deleted; say another",
}
NEVER_EDITED = [
    "releasedrug", "pairrow", "pairnote", "rule", "drugset", "synonym", "dosemodifier", "sideeffectterm", "tablerow",
]  # fmt: skip
IDENTITY = ["id", "source", "version", "released_on", "kind", "licence", "url", "sha256", "files", "counts", "warnings", "imported_at"]
DIFFERS = {"sqlite": "OLD.{0} IS NOT NEW.{0}", "postgresql": "OLD.{0} IS DISTINCT FROM NEW.{0}"}


WITH_A_PATIENT = ("interactions_review", "interactions_answer")


def merging(vendor, names):
    """That a row goes as it is, all but its number of a patient, into the chart that its own was merged into."""
    quoted = [f'"{one}"' for one in names if one != "patient_id"]
    same = " AND ".join(f"NOT ({DIFFERS[vendor].format(one)})" for one in quoted)
    into = "SELECT 1 FROM record_patient AS p WHERE p.id = OLD.patient_id AND p.merged_into_id = NEW.patient_id"
    return f"EXISTS ({into}) AND {same}"


def refusals(vendor, columns):
    """Every refusal: its name, BEFORE which event, on which table, when, and the sentence."""
    for table, sentence in APPEND_ONLY.items():
        edited = f"NOT ({merging(vendor, columns[table])})" if table in WITH_A_PATIENT else "1 = 1"
        yield f"{table}_is_never_edited", "UPDATE", table, edited, sentence
        yield f"{table}_is_never_deleted", "DELETE", table, "1 = 1", sentence
        taken = f"EXISTS (SELECT 1 FROM {table} AS other WHERE other.id = NEW.id)"
        yield f"{table}_is_never_replaced", "INSERT", table, taken, "this number is already used"
    for event in ("UPDATE", "DELETE"):
        name, sentence = f"a_review_keeps_its_releases_{event.lower()}", "which releases a review used is never changed"
        yield name, event, "interactions_review_releases", "1 = 1", sentence
    for name in NEVER_EDITED:
        sentence = "what a release holds is never edited; import another release"
        yield f"interactions_{name}_is_never_edited", "UPDATE", f"interactions_{name}", "1 = 1", sentence
        held = "EXISTS (SELECT 1 FROM interactions_release AS r WHERE r.id = OLD.release_id AND r.status = 'active')"
        held += " OR EXISTS (SELECT 1 FROM interactions_review_releases AS u WHERE u.release_id = OLD.release_id)"
        sentence = "what a release in use holds is never deleted; retire the release"
        yield f"interactions_{name}_in_use_is_never_deleted", "DELETE", f"interactions_{name}", held, sentence
    changed = " OR ".join(DIFFERS[vendor].format(column) for column in IDENTITY)
    sentence = "of a release only its status changes"
    yield "interactions_release_keeps_its_identity", "UPDATE", "interactions_release", changed, sentence
    used = "EXISTS (SELECT 1 FROM interactions_review_releases AS r WHERE r.release_id = OLD.id)"
    sentence = "a release that a review has used is never deleted"
    yield "a_used_release_is_never_deleted", "DELETE", "interactions_release", used, sentence
    other = "NOT EXISTS (SELECT 1 FROM interactions_finding AS f JOIN interactions_review AS r ON r.id = f.review_id"
    other += " WHERE f.id = NEW.finding_id AND f.key = NEW.key AND r.patient_id = NEW.patient_id)"
    sentence = "an answer belongs to the patient and the key of its finding"
    yield "an_answer_is_of_its_finding", "INSERT", "interactions_answer", other, sentence


def looking_here(connection):
    """That a function asks our tables, and no temporary ones of the same name that whoever calls it has made."""
    if connection.vendor == "sqlite":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        return f"SET search_path = {cursor.fetchone()[0]}, pg_temp"


def put_up(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    run = lambda sql: schema_editor.execute(sql, params=None)  # the texts hold no parameters
    columns = {
        model._meta.db_table: [field.column for field in model._meta.local_concrete_fields]
        for model in apps.get_models()
    }
    here = looking_here(schema_editor.connection)
    for name, event, table, when, sentence in refusals(vendor, columns):
        if vendor == "sqlite":
            run(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )
            continue
        row = "OLD" if event == "DELETE" else "NEW"
        run(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {here} AS $$ BEGIN IF {when} THEN "
            f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"RETURN {row}; END $$"
        )
        run(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    if vendor == "sqlite":
        return
    run(
        "CREATE FUNCTION interactions_is_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is never emptied', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    held = [f"interactions_{name}" for name in NEVER_EDITED]
    for table in [*APPEND_ONLY, "interactions_review_releases", "interactions_release", *held]:
        run(
            f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION interactions_is_never_emptied()"
        )


class Migration(migrations.Migration):
    dependencies = [("interactions", "0001_the_knowledge")]
    operations = [migrations.RunPython(put_up)]
