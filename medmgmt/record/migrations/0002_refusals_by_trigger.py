"""The database itself refuses what no clause of a table can say: edits and deletions of what is for ever, mixed-up rows.

Written once for both databases: each refusal is an event on a table, a condition, and a sentence. Refusals arrive as an
IntegrityError with that sentence. SQLite drops a table's triggers with the table, and Django changes a table there by
making it anew: a later migration that alters one of these tables must drop the triggers that name it and put them back
(a test counts them).
"""

from django.db import migrations

APPEND_ONLY = {
    "record_sideeffectreport": "a side-effect report is corrected by a new version and never edited or deleted",
    "record_suspect": "a suspect is never edited or deleted",
    "record_observation": "an observation is corrected by a new one and never edited or deleted",
    "record_allergyreaction": "a reaction is never edited or deleted; add another",
    "record_encounter": "an encounter is never edited or deleted",
    "record_cosignature": "a second word on a finding is never edited or deleted; say another",
    "record_monitoringorder": "a monitoring order is never edited or deleted; order again",
    "record_breakglass": "an opening in an emergency is never edited or deleted; end it",
    "record_breakglassend": "the end of an opening is never edited or deleted",
    "record_breakglassjudgement": "a judgement is never edited or deleted",
    "record_part2consent": "a Part 2 consent is never edited or deleted; revoke it",
    "record_part2revoked": "the revocation of a Part 2 consent is never edited or deleted",
    "record_disclosure": "the accounting of disclosures is never edited or deleted",
    "record_amendmentrequest": "a request to amend the record is never edited or deleted",
    "record_amendmentextension": "an extension of a request is never edited or deleted",
    "record_amendmentanswer": "an answer to a request is never edited or deleted",
    "record_amendmentstatement": "a statement after a denial is never edited or deleted",
    "record_auditentry": "the audit trail is never edited or deleted",
    "record_auditpatient": "whom the audit trail names is never edited or deleted",
}
KEPT = {
    "record_dosagechange": "a dosage change is never deleted",
    "record_prescription": "a prescription is never deleted; stop it",
    "record_patient": "a patient is never deleted",
    "record_allergy": "an allergy is never deleted; refute it",
    "record_condition": "a condition is never deleted; let it abate",
    "record_importremark": "a remark on what was taken over is never deleted; dismiss it",
    "record_enrolment": "an enrolment is never deleted; end it",
    "record_contactpoint": "a contact point is never deleted; end it",
    "record_careassignment": "an assignment is never deleted; end it",
    "record_programme": "a Part 2 programme is never deleted",
    "record_audithead": "the head of an audit chain is never deleted",
    "record_user": "a login is never deleted; make it inactive",
    "record_careteam": "a team is never deleted",
    "record_careteammember": "a membership is never deleted; end it",
    "record_staffchange": "a change of a login is never deleted",
}
WITH_A_PATIENT = [
    "record_prescription",
    "record_allergy",
    "record_condition",
    "record_importremark",
    "record_enrolment",
    "record_contactpoint",
    "record_careassignment",
]
PROPOSED_COLUMNS = [
    "id", "patient_id", "prescription_id", "kind", "effective_on", "sig", "old_sig", "reason_code", "note", "alongside",
    "author_id", "proposed_at", "prompted_by_side_effect_id", "prompted_by_observation_id", "prompted_by_plan",
]  # fmt: skip
ASKED_COLUMNS = ["id", "user_id", "kind", "role_before", "role", "why", "asked_by_id", "asked_at"]
DIALECT = {
    "sqlite": {
        "differs": "{a} IS NOT {b}",
        "day_after": "date({a}, '+1 day')",
        "later": "julianday({a}) > julianday({b}) + 1",
    },
    "postgresql": {
        "differs": "{a} IS DISTINCT FROM {b}",
        "day_after": "({a}::date + 1)",
        "later": "{a} > {b} + interval '1 day'",
    },
}


def merging(vendor, columns):
    """By table: that a row goes as it is, all but its number of a patient, into the chart that its own was merged into."""
    differs = DIALECT[vendor]["differs"]
    into = "EXISTS (SELECT 1 FROM record_patient AS p WHERE p.id = OLD.patient_id AND p.merged_into_id = NEW.patient_id)"
    found = {}
    for table, names in columns.items():
        quoted = [f'"{one}"' for one in names if one != "patient_id"]
        same = [f"NOT ({differs.format(a=f'OLD.{one}', b=f'NEW.{one}')})" for one in quoted]
        found[table] = " AND ".join([into, *same]) if "patient_id" in names else "1 = 0"
    return found


def refusals(vendor, columns):
    """Every refusal: its name, BEFORE which event, on which table, when, and the sentence."""
    merged = merging(vendor, columns)
    differs = DIALECT[vendor]["differs"]
    changed = lambda *columns: " OR ".join(differs.format(a=f"OLD.{c}", b=f"NEW.{c}") for c in columns)
    day_after = DIALECT[vendor]["day_after"]
    later = DIALECT[vendor]["later"]

    for table, sentence in APPEND_ONLY.items():
        edited = "1 = 1" if table in ("record_auditentry", "record_auditpatient") else f"NOT ({merged[table]})"
        yield f"{table}_is_never_edited", "UPDATE", table, edited, sentence
        yield f"{table}_is_never_deleted", "DELETE", table, "1 = 1", sentence
    for table in [*APPEND_ONLY, "record_dosagechange"]:
        taken = f"EXISTS (SELECT 1 FROM {table} AS other WHERE other.id = NEW.id)"
        yield f"{table}_is_never_replaced", "INSERT", table, taken, "this number is already used"
    for table, sentence in KEPT.items():
        yield f"{table}_is_never_deleted", "DELETE", table, "1 = 1", sentence
    for table in WITH_A_PATIENT:
        moved = f"({changed('patient_id')}) AND NOT ({merged[table]})"
        yield f"{table}_keeps_its_patient", "UPDATE", table, moved, "a row never moves to another patient"

    yield (
        "a_settled_change_is_never_edited", "UPDATE", "record_dosagechange",
        f"OLD.status <> 'proposed' AND NOT ({merged['record_dosagechange']})",
        "a signed or withdrawn dosage change is never edited",
    )  # fmt: skip
    yield (
        "what_was_proposed_is_what_is_signed", "UPDATE", "record_dosagechange",
        f"({changed(*PROPOSED_COLUMNS)}) AND NOT ({merged['record_dosagechange']})",
        "a proposed dosage change is signed or withdrawn, never edited",
    )  # fmt: skip
    yield (
        "a_change_is_of_its_patients_prescription", "INSERT", "record_dosagechange",
        "NOT EXISTS (SELECT 1 FROM record_prescription AS p"
        " WHERE p.id = NEW.prescription_id AND p.patient_id = NEW.patient_id)",
        "a dosage change belongs to the patient of its prescription",
    )  # fmt: skip
    yield (
        "a_change_is_prompted_by_its_own_patient", "INSERT", "record_dosagechange",
        "EXISTS (SELECT 1 FROM record_sideeffectreport AS s"
        " WHERE s.id = NEW.prompted_by_side_effect_id AND s.patient_id <> NEW.patient_id)"
        " OR EXISTS (SELECT 1 FROM record_observation AS o"
        " WHERE o.id = NEW.prompted_by_observation_id AND o.patient_id <> NEW.patient_id)",
        "a dosage change is prompted by something of the same patient",
    )  # fmt: skip
    yield (
        "a_signed_prescription_keeps_its_drug", "UPDATE", "record_prescription",
        f"({changed('drug_name')} OR (OLD.rxcui IS NOT NULL AND ({changed('rxcui')})))"
        " AND EXISTS (SELECT 1 FROM record_dosagechange AS c"
        " WHERE c.prescription_id = OLD.id AND c.status = 'signed')",
        "a prescription with a signature keeps its drug; stop it and write another",
    )  # fmt: skip
    yield (
        "what_a_programme_prescribed_stays_its_own", "UPDATE", "record_prescription", changed("programme_id"),
        "a prescription stays with the programme that wrote it, or with none",
    )  # fmt: skip
    yield (
        "what_a_programme_diagnosed_stays_its_own", "UPDATE", "record_condition", changed("programme_id"),
        "a condition stays with the programme that diagnosed it, or with none",
    )  # fmt: skip
    yield (
        "a_programme_stays_what_it_is", "UPDATE", "record_programme",
        changed("id", "team_id", "marked_by_id", "marked_at"), "of a programme only its phone changes",
    )  # fmt: skip
    yield (
        "a_consent_is_revoked_for_its_own_patient", "INSERT", "record_part2revoked",
        "NOT EXISTS (SELECT 1 FROM record_part2consent AS c"
        " WHERE c.id = NEW.consent_id AND c.patient_id = NEW.patient_id)",
        "a consent is revoked for the patient who gave it",
    )  # fmt: skip
    yield (
        "a_correction_follows_the_report_it_corrects", "INSERT", "record_sideeffectreport",
        "NEW.corrects_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM record_sideeffectreport AS s"
        " WHERE s.id = NEW.corrects_id AND s.patient_id = NEW.patient_id AND s.version = NEW.version - 1)",
        "a correction is the next version of a report on the same patient",
    )  # fmt: skip
    yield (
        "a_side_effect_is_not_in_the_future", "INSERT", "record_sideeffectreport",
        f"NEW.began_on > {day_after.format(a='NEW.reported_at')}", "a side effect cannot begin in the future",
    )  # fmt: skip
    yield (
        "a_suspect_is_of_the_reports_patient", "INSERT", "record_suspect",
        "NOT EXISTS (SELECT 1 FROM record_sideeffectreport AS s JOIN record_prescription AS p"
        " ON p.patient_id = s.patient_id WHERE s.id = NEW.report_id AND p.id = NEW.prescription_id)",
        "a suspect is a prescription of the patient whom the report is about",
    )  # fmt: skip
    yield (
        "a_suspected_change_is_of_the_prescription", "INSERT", "record_suspect",
        "NEW.change_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM record_dosagechange AS c"
        " WHERE c.id = NEW.change_id AND c.prescription_id = NEW.prescription_id)",
        "a suspected dosage change is one of the suspected prescription",
    )  # fmt: skip
    yield (
        "a_corrected_observation_is_of_the_same_kind", "INSERT", "record_observation",
        "NEW.corrects_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM record_observation AS o"
        " WHERE o.id = NEW.corrects_id AND o.patient_id = NEW.patient_id AND o.code = NEW.code)",
        "an observation corrects one of the same kind and patient",
    )  # fmt: skip
    yield (
        "an_observation_is_not_in_the_future", "INSERT", "record_observation",
        later.format(a="NEW.observed_at", b="NEW.recorded_at"), "an observation cannot be from the future",
    )  # fmt: skip
    yield (
        "a_second_word_is_on_a_waiting_proposal", "INSERT", "record_cosignature",
        "NOT EXISTS (SELECT 1 FROM record_dosagechange AS c WHERE c.id = NEW.change_id"
        " AND c.patient_id = NEW.patient_id AND c.status = 'proposed' AND c.author_id <> NEW.by_id)",
        "a second word is said by somebody else than the author, while the proposal waits",
    )  # fmt: skip
    yield (
        "a_monitoring_order_replaces_its_patients_own", "INSERT", "record_monitoringorder",
        "NEW.replaces_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM record_monitoringorder AS m"
        " WHERE m.id = NEW.replaces_id AND m.patient_id = NEW.patient_id AND m.code = NEW.code)",
        "a monitoring order takes the place of one for the same patient and measure",
    )  # fmt: skip
    for event in ("INSERT", "UPDATE"):
        yield (
            f"nobody_is_born_in_the_future_{event.lower()}", event, "record_patient",
            f"NEW.birth_date > {day_after.format(a='NEW.created_at')}", "a birth date cannot be in the future",
        )  # fmt: skip
        yield (
            f"enrolments_do_not_overlap_{event.lower()}", event, "record_enrolment",
            "EXISTS (SELECT 1 FROM record_enrolment AS e WHERE e.patient_id = NEW.patient_id AND e.id <> NEW.id"
            " AND e.starts_on < COALESCE(NEW.ends_on, '9999-12-31')"
            " AND NEW.starts_on < COALESCE(e.ends_on, '9999-12-31'))",
            "a patient is in one programme at a time",
        )  # fmt: skip
    for table in ("record_breakglassend", "record_breakglassjudgement"):
        yield (
            f"{table}_is_of_its_openings_patient", "INSERT", table,
            "NOT EXISTS (SELECT 1 FROM record_breakglass AS b"
            " WHERE b.id = NEW.opening_id AND b.patient_id = NEW.patient_id)",
            "an opening is ended and judged for its own patient",
        )  # fmt: skip
    for table in ("record_amendmentextension", "record_amendmentanswer", "record_amendmentstatement"):
        yield (
            f"{table}_is_of_its_requests_patient", "INSERT", table,
            "NOT EXISTS (SELECT 1 FROM record_amendmentrequest AS r"
            " WHERE r.id = NEW.request_id AND r.patient_id = NEW.patient_id)",
            "what is said to a request is about the patient of the request",
        )  # fmt: skip
    yield (
        "a_statement_follows_a_denial", "INSERT", "record_amendmentstatement",
        "NOT EXISTS (SELECT 1 FROM record_amendmentanswer AS a"
        " WHERE a.request_id = NEW.request_id AND a.decision <> 'accepted')",
        "a statement follows a denial",
    )  # fmt: skip
    yield (
        "nobody_judges_their_own_opening", "INSERT", "record_breakglassjudgement",
        "EXISTS (SELECT 1 FROM record_breakglass AS b WHERE b.id = NEW.opening_id AND b.by_id = NEW.by_id)",
        "somebody else judges an opening",
    )  # fmt: skip
    yield (
        "a_login_keeps_its_name", "UPDATE", "record_user", changed("id", "username"),
        "a login keeps its name; make another",
    )  # fmt: skip
    yield (
        "a_membership_keeps_its_person_and_team", "UPDATE", "record_careteammember",
        f"({changed('id', 'team_id', 'user_id', 'since')}) OR (OLD.until IS NOT NULL AND NEW.until IS NULL)",
        "a membership gets its end and nothing else; begin another",
    )  # fmt: skip
    yield (
        "a_decided_staff_change_is_never_edited", "UPDATE", "record_staffchange",
        "OLD.state <> 'waiting'", "a decided change of a login is never edited; ask again",
    )  # fmt: skip
    yield (
        "what_was_asked_of_a_login_is_what_is_decided", "UPDATE", "record_staffchange",
        changed(*ASKED_COLUMNS), "a change of a login is confirmed or declined, never edited",
    )  # fmt: skip
    yield (
        "an_audit_entry_follows_the_head", "INSERT", "record_auditentry",
        "NOT EXISTS (SELECT 1 FROM record_audithead AS h WHERE h.chain = NEW.chain"
        " AND h.seq = NEW.seq - 1 AND h.hash = NEW.previous_hash)",
        "an audit entry follows the newest of its chain",
    )  # fmt: skip
    yield (
        "an_audit_chain_begins_at_nothing", "INSERT", "record_audithead",
        "NEW.seq <> 0 OR NEW.hash <> ''", "an audit chain begins empty",
    )  # fmt: skip
    yield (
        "an_audit_head_moves_to_its_newest_entry", "UPDATE", "record_audithead",
        f"({changed('chain')}) OR NEW.seq < OLD.seq OR (({changed('seq', 'hash')})"
        " AND NOT EXISTS (SELECT 1 FROM record_auditentry AS a"
        " WHERE a.chain = NEW.chain AND a.seq = NEW.seq AND a.hash = NEW.hash))",
        "the head of an audit chain only moves forward to a written entry",
    )  # fmt: skip


MOVE_HEAD = "UPDATE record_audithead SET seq = NEW.seq, hash = NEW.hash WHERE chain = NEW.chain;"


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
        run(f"CREATE TRIGGER the_audit_head_moves AFTER INSERT ON record_auditentry BEGIN {MOVE_HEAD} END")
        return
    run(
        f"CREATE FUNCTION the_audit_head_moves() RETURNS trigger LANGUAGE plpgsql {here} AS "
        f"$$ BEGIN {MOVE_HEAD} RETURN NULL; END $$"
    )
    run(
        "CREATE TRIGGER the_audit_head_moves AFTER INSERT ON record_auditentry "
        "FOR EACH ROW EXECUTE FUNCTION the_audit_head_moves()"
    )
    run(
        "CREATE FUNCTION record_is_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is never emptied', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in [*APPEND_ONLY, *KEPT]:
        run(
            f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION record_is_never_emptied()"
        )


class Migration(migrations.Migration):
    dependencies = [("record", "0001_the_record")]
    operations = [migrations.RunPython(put_up)]
