"""On PostgreSQL the service runs as a role that owns nothing: it does its work, and cannot get round the triggers."""

from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from medmgmt import celery, tasks
from medmgmt.management import grants
from medmgmt.record import audit
from tests import factories
from tests.faces import test_matrix

ROLE = "medmgmt_service_under_test"
pytestmark = [pytest.mark.postgres]
FORBIDDEN = """
ALTER TABLE record_auditentry DISABLE TRIGGER ALL
ALTER TABLE record_dosagechange DISABLE TRIGGER USER
DROP TRIGGER record_auditentry_is_never_deleted ON record_auditentry
DROP FUNCTION record_auditentry_is_never_deleted() CASCADE
CREATE OR REPLACE FUNCTION record_is_never_emptied() RETURNS trigger LANGUAGE sql AS 'SELECT NULL'
CREATE FUNCTION another() RETURNS integer LANGUAGE sql AS 'SELECT 1'
CREATE TABLE another (id integer)
ALTER TABLE record_auditentry ADD COLUMN another integer
ALTER TABLE record_auditentry OWNER TO CURRENT_USER
DROP TABLE record_auditentry CASCADE
TRUNCATE record_auditentry CASCADE
TRUNCATE record_dosagechange CASCADE
DELETE FROM record_auditentry
DELETE FROM record_auditpatient
DELETE FROM record_audithead
DELETE FROM record_dosagechange
DELETE FROM record_prescription
DELETE FROM record_patient
DELETE FROM record_user
DELETE FROM record_careteammember
DELETE FROM refills_task
DELETE FROM refills_dispense
DELETE FROM interactions_rule
DELETE FROM interactions_review
UPDATE record_auditentry SET why = 'edited'
UPDATE record_auditentry SET patient_id = NULL
UPDATE record_observation SET value = 1
UPDATE interactions_rule SET severity = 'minor'
UPDATE refills_handovers SET lineage = gen_random_uuid()
INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())
SET session_replication_role = replica
SET ROLE medmgmt
SET SESSION AUTHORIZATION medmgmt
ALTER ROLE CURRENT_USER SUPERUSER
COPY record_auditentry TO PROGRAM 'cat'
"""
"""What somebody would try who has the service's password."""


def made(role: str = ROLE) -> None:
    call_command("grant_service", role, verbosity=0)


@pytest.fixture
def as_the_service(db: None) -> Iterator[None]:
    """From here on this connection has the rights of the service and no others."""
    made()
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {ROLE}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


@pytest.fixture
def signed_in(transactional_db: None) -> Iterator[psycopg.Connection]:
    """A connection of the service's own, beside that of the owner."""
    factories.taking()
    audit.record(factories.bo(), "view_chart", patient_id=factories.carla().pk)
    made()
    told = connection.settings_dict
    with psycopg.connect(host=told["HOST"], port=told["PORT"], dbname=told["NAME"], user=ROLE, autocommit=True) as its:
        yield its
    with connection.cursor() as cursor:
        cursor.execute(f"DROP OWNED BY {ROLE}")
        cursor.execute(f"DROP ROLE {ROLE}")


def test_whoever_has_the_services_password_gets_round_no_trigger(signed_in: psycopg.Connection) -> None:
    let_through = []
    for statement in FORBIDDEN.strip().splitlines():
        try:
            signed_in.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            continue
        let_through.append(statement)
    assert not let_through
    assert audit.verify()[1:] == []  # the one fault is the medicine of the test, which nobody signed


def test_a_temporary_table_does_not_make_a_trigger_believe_in_another_head(signed_in: psycopg.Connection) -> None:
    signed_in.execute("CREATE TEMP TABLE record_audithead (chain text, seq bigint, hash text)")
    signed_in.execute("INSERT INTO pg_temp.record_audithead VALUES ('site', 41, 'forged')")
    with pytest.raises(psycopg.errors.IntegrityError, match="follows the newest of its chain"):
        signed_in.execute(
            "INSERT INTO record_auditentry (chain, seq, at, actor_name, role, act, object_type, object_id, why, detail,"
            " request_id, previous_hash, hash, key)"
            " VALUES ('site', 42, now(), 'x', '', 'x', '', '', '', '{}', '', 'forged', 'x', '')"
        )


def test_the_service_reads_and_writes_what_it_needs(signed_in: psycopg.Connection) -> None:
    its = signed_in.execute("SELECT count(*) FROM record_auditentry").fetchone()
    assert its == (1,)
    signed_in.execute("UPDATE record_patient SET given_name = 'Carola'")
    signed_in.execute("CREATE TEMP TABLE here (id integer)")


def test_every_address_answers_the_service_as_it_answers_the_owner(as_the_service: None) -> None:
    test_matrix.test_every_address_answers_every_role_as_the_table_says()


def test_the_clock_does_its_work_as_the_service(as_the_service: None) -> None:
    factories.taking()
    for entry in celery.app.conf.beat_schedule.values():
        getattr(tasks, entry["task"].rpartition(".")[2])()


def test_the_rights_name_every_table_and_no_other(db: None) -> None:
    tables = {model._meta.db_table for model in grants.models()}
    assert tables | {"django_migrations"} == set(connection.introspection.table_names())
    assert tables >= grants.DELETED | grants.for_ever()


def test_the_owner_is_not_the_service_and_a_superuser_neither(db: None) -> None:
    owner = connection.settings_dict["USER"]
    with pytest.raises(CommandError, match="another one than the owner"):
        made(owner)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {ROLE} SUPERUSER")
    with pytest.raises(CommandError, match="more than a service should"):
        made()


def test_every_trigger_that_asks_or_writes_a_table_knows_where_the_tables_are(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, p.proconfig FROM pg_proc AS p WHERE p.pronamespace = current_schema()::regnamespace"
            " AND p.prorettype = 'trigger'::regtype AND p.prosrc ~ '(FROM|UPDATE|INTO) [a-z_]+'"
        )
        found = dict(cursor.fetchall())
    assert len(found) > 10
    assert [name for name, told in found.items() if not any("search_path" in one for one in told or [])] == []
