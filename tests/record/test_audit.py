"""The audit trail: what an entry holds, that it cannot be bent, and that verify finds whatever was done to it."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from medmgmt.record import anchor, audit, seals
from medmgmt.record.audit import Fault
from medmgmt.record.models import AuditEntry, AuditHead, AuditPatient
from tests import factories

pytestmark = pytest.mark.django_db


@contextlib.contextmanager
def by_the_owner_of_the_database() -> Iterator[None]:
    """What somebody can do who may lift triggers, but does not hold the key of the seals."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, sql in triggers:
            cursor.execute(sql)


@pytest.fixture
def chain() -> str:
    """Six entries of Carla's and two of the site."""
    carla, bo = factories.carla(), factories.bo()
    for number in range(6):
        audit.record(bo, "view_chart", patient_id=carla.pk, detail={"n": number})
    audit.record(bo, "search_drugs")
    audit.record(None, "tick")
    assert audit.verify() == []
    return f"patient:{carla.pk}"


def entries(chain: str):
    return AuditEntry.objects.filter(chain=chain)


# -- what an entry holds ----------------------------------------------------------------------------------------------


def test_each_chain_counts_from_one_and_each_entry_names_the_one_before_it(chain):
    rows = list(entries(chain))
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.previous_hash for row in rows] == ["", *[row.hash for row in rows[:-1]]]
    assert audit.heads() == {chain: (6, rows[-1].hash), "site": (2, entries("site").last().hash)}


def test_the_clock_and_a_link_act_under_their_own_names():
    assert audit.record(None, "tick").actor_name == "the clock"
    by_link = audit.record(None, "confirm", patient_id=factories.carla().pk, actor_name="a reminder link")
    assert (by_link.actor, by_link.actor_name, by_link.role) == (None, "a reminder link", "")


def test_what_comes_back_is_what_was_written():
    carla, adler = factories.carla(), factories.adler()
    token = audit.request_id.set("r" * 100)
    detail = {"ids": [3, 1], "ok": True, "none": None, "nested": {"b": 1, "a": "ß"}, "big": 10**15, "code": "a\x00b"}
    made = audit.record(adler, "sign", patient_id=carla.pk, obj=("change", 7), why="„gut“ \x00 ñ", detail=detail)
    audit.request_id.reset(token)
    read = AuditEntry.objects.get(pk=made.pk)
    assert read.detail == {**detail, "code": "ab"}
    assert (read.object_type, read.object_id, read.why, read.request_id) == ("change", "7", "„gut“  ñ", "r" * 64)
    assert (read.at, read.hash) == (made.at, made.hash)
    assert audit.verify() == []


@pytest.mark.parametrize("value", [Decimal(1), 0.5, date(2026, 1, 1), object(), {"deep": [1.5]}])
def test_a_detail_holds_ids_counts_and_codes_only(value):
    with pytest.raises(TypeError, match="ids, counts and codes"):
        audit.record(None, "x", detail={"value": value})


def test_an_entry_costs_two_queries(django_assert_num_queries):
    carla, bo = factories.carla(), factories.bo()
    for _ in range(2):
        with django_assert_num_queries(2):
            audit.record(bo, "view_chart", patient_id=carla.pk, obj=carla)


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_undone_with_what_it_speaks_of():
    carla = factories.carla()
    audit.record(None, "first", patient_id=carla.pk)
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        audit.record(None, "undone", patient_id=carla.pk)
        raise ZeroDivisionError
    audit.record(None, "second", patient_id=carla.pk)
    assert [row.act for row in AuditEntry.objects.all()] == ["first", "second"]
    assert audit.verify() == []


# -- what the database refuses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seq", [1, 6, 8, 100])
def test_an_entry_is_let_in_only_behind_the_newest(chain, seq):
    last = entries(chain).last()
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.create(
            chain=chain, seq=seq, at=last.at, actor_name="x", act="x", previous_hash=last.hash, hash="x"
        )


@pytest.mark.parametrize("values", [{"seq": 5}, {"seq": 7}, {"hash": "x"}, {"chain": "other"}])
def test_a_head_moves_only_to_a_written_entry(chain, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditHead.objects.filter(chain=chain).update(**values)


def test_a_head_is_not_deleted_and_does_not_begin_in_the_middle(chain):
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        AuditHead.objects.filter(chain=chain).delete()
    with pytest.raises(IntegrityError, match="begins empty"), transaction.atomic():
        AuditHead.objects.create(chain="new", seq=3, hash="x")


# -- what verify finds ------------------------------------------------------------------------------------------------

SEALED = "it was changed, moved, or not written by this service"


@pytest.mark.parametrize(
    "edit",
    [
        {"why": "edited"},
        {"actor_id": None},
        {"actor_name": "adler"},
        {"role": "psychiatrist"},
        {"act": "sign"},
        {"patient_id": None},
        {"object_type": "x"},
        {"object_id": "9"},
        {"detail": {"n": 30}},
        {"request_id": "x"},
        {"at": factories.LONG_AGO},
    ],
)
def test_verify_finds_a_changed_entry(chain, edit):
    with by_the_owner_of_the_database():
        entries(chain).filter(seq=3).update(**edit)
    assert audit.verify() == [Fault(chain, 3, SEALED)]


def test_verify_finds_an_entry_sealed_with_another_key_that_calls_itself_ours(chain, settings):
    forged = entries(chain).get(seq=6)
    forged.why, key = "edited", settings.AUDIT_KEY
    settings.AUDIT_KEY = "guessed"
    forged.hash = seals.seal(audit.said(forged)).hash
    settings.AUDIT_KEY = key
    with by_the_owner_of_the_database():
        entries(chain).filter(seq=6).update(why=forged.why, hash=forged.hash)
        AuditHead.objects.filter(chain=chain).update(hash=forged.hash)
    assert audit.verify() == [Fault(chain, 6, SEALED)]


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ([3], Fault("", 3, "it is missing")),
        ([1], Fault("", 1, "it is missing")),
        ([2, 3, 4], Fault("", 2, "it and all others up to 4 are missing")),
        ([6], Fault("", 6, "it is missing")),
        ([5, 6], Fault("", 5, "it and all others up to 6 are missing")),
        ([1, 2, 3, 4, 5, 6], Fault("", 1, "it and all others up to 6 are missing")),
    ],
)
def test_verify_finds_missing_and_cut_off_entries(chain, gone, said):
    with by_the_owner_of_the_database():
        entries(chain).filter(seq__in=gone).delete()
    assert audit.verify() == [Fault(chain, said.seq, said.what)]


def test_a_key_that_was_changed_still_verifies_what_it_sealed_and_one_that_is_missing_is_said_to_be(chain, settings):
    old, settings.AUDIT_KEY = settings.AUDIT_KEY, "another key " * 5
    settings.AUDIT_KEYS_OLD = [old]
    made = audit.record(factories.bo(), "view_chart", patient_id=factories.carla().pk)
    assert made.key == seals.key_id(settings.AUDIT_KEY) != entries(chain).get(seq=6).key
    assert audit.verify() == []
    settings.AUDIT_KEYS_OLD = []
    missing = f"the key {seals.key_id(old)} that sealed it is not here: put it into AUDIT_KEYS_OLD"
    assert {fault.what for fault in audit.verify()} == {missing}
    assert len(audit.verify()) == 8


def test_verify_finds_an_entry_said_to_be_sealed_by_a_key_that_was_retired(chain, settings):
    settings.AUDIT_KEYS_OLD = [settings.AUDIT_KEY, "an older key " * 5]
    with by_the_owner_of_the_database():
        entries(chain).filter(seq=3).update(key=seals.key_id("an older key " * 5))
    assert audit.verify() == [Fault(chain, 3, SEALED)]


# -- entries about several patients ------------------------------------------------------------------------------------


def test_an_entry_about_fifty_patients_costs_three_queries_and_each_finds_it(django_assert_num_queries):
    seen, bo = [factories.patient(f"M-{number}").pk for number in range(50)], factories.bo()
    with django_assert_num_queries(3):
        made = audit.record(bo, "see", patients=seen, obj=("page", "web:worklist"))
    assert (made.chain, made.detail) == (f"person:{bo.pk}", {"named": sorted(seen)})
    assert set(AuditPatient.objects.filter(entry=made).values_list("patient", flat=True)) == set(seen)
    assert audit.verify() == []


def test_verify_finds_a_patient_taken_out_of_the_index_or_laid_into_it(chain):
    first, second, other = factories.carla().pk, factories.stranger().pk, factories.patient("M-9").pk
    made = audit.record(factories.bo(), "see", patients=[first, second])
    named = AuditPatient.objects.filter(entry=made)
    wrong = [Fault(made.chain, made.seq, "the index of patients does not name whom it names")]
    with by_the_owner_of_the_database():
        named.filter(patient=second).delete()
    assert audit.verify() == wrong
    AuditPatient.objects.create(entry=made, patient_id=other)
    assert audit.verify() == wrong
    with by_the_owner_of_the_database():
        named.filter(patient=other).update(patient=second)
    assert audit.verify() == []


def test_verify_finds_a_gap_that_was_closed_by_renumbering(chain):
    with by_the_owner_of_the_database():
        entries(chain).filter(seq=3).delete()
        for seq in (4, 5, 6):
            entries(chain).filter(seq=seq).update(seq=seq - 1)
    assert {(fault.chain, fault.seq) for fault in audit.verify()} >= {(chain, 3), (chain, 4), (chain, 5), (chain, 6)}


def test_verify_finds_two_entries_that_changed_places(chain):
    with by_the_owner_of_the_database():
        for old, new in ((2, 99), (5, 2), (99, 5)):
            entries(chain).filter(seq=old).update(seq=new)
    assert {fault.seq for fault in audit.verify() if fault.what == SEALED} == {2, 5}


def test_verify_finds_an_inserted_entry(chain):
    last = entries(chain).last()
    with by_the_owner_of_the_database():
        AuditEntry.objects.create(
            chain=chain,
            seq=7,
            at=last.at,
            actor_name="x",
            act="x",
            previous_hash=last.hash,
            hash="0" * 64,
            key=last.key,
        )
    assert audit.verify() == [
        Fault(chain, 7, SEALED),
        Fault(chain, 7, "the head of the chain does not reach its last entry"),
    ]


def test_verify_finds_an_entry_moved_to_another_chain(chain):
    with by_the_owner_of_the_database():
        entries(chain).filter(seq=6).update(chain="site", seq=3)
    assert {(fault.chain, fault.seq) for fault in audit.verify()} == {(chain, 6), ("site", 3)}


def test_verify_finds_the_first_entry_of_a_chain_laid_into_another(chain):
    first = entries(chain).get(seq=1)
    with by_the_owner_of_the_database():
        AuditHead.objects.create(chain="patient:0", seq=1, hash=first.hash)
        first.pk, first.chain = None, "patient:0"
        first.save()
    assert audit.verify() == [Fault("patient:0", 1, SEALED)]


def test_verify_finds_an_entry_of_a_forked_copy_although_this_service_sealed_it(chain):
    other = entries(chain).get(seq=3)
    other.why = "as the copy has it"
    with by_the_owner_of_the_database():
        entries(chain).filter(seq=3).update(why=other.why, hash=seals.seal(audit.said(other)).hash)
    assert audit.verify() == [Fault(chain, 4, "it does not follow the entry before it")]


def test_verify_finds_an_entry_moved_by_less_than_a_second(chain):
    third = entries(chain).get(seq=3)
    with by_the_owner_of_the_database():
        entries(chain).filter(seq=3).update(at=third.at + timedelta(microseconds=1))
    assert audit.verify() == [Fault(chain, 3, SEALED)]


def test_verify_finds_a_head_that_names_another_entry(chain):
    with by_the_owner_of_the_database():
        AuditHead.objects.filter(chain=chain).update(hash="x")
    assert audit.verify() == [Fault(chain, 6, "it is not the entry that a head of its chain names")]


def test_verify_finds_a_removed_head(chain):
    with by_the_owner_of_the_database():
        AuditHead.objects.filter(chain=chain).delete()
    assert audit.verify() == [Fault(chain, 6, "the head of the chain does not reach its last entry")]


def test_a_chain_cut_off_together_with_its_head_is_found_by_the_heads_kept_elsewhere(chain):
    kept = audit.heads()
    with by_the_owner_of_the_database():
        entries(chain).filter(seq__gte=5).delete()
        AuditHead.objects.filter(chain=chain).update(seq=4, hash=entries(chain).last().hash)
        entries("site").delete()
        AuditHead.objects.filter(chain="site").delete()
    assert audit.verify() == []
    assert audit.verify(kept) == [
        Fault(chain, 5, "it and all others up to 6 are missing"),
        Fault("site", 1, "it and all others up to 2 are missing"),
    ]
    audit.record(None, "tick", patient_id=int(chain.removeprefix("patient:")))
    audit.record(None, "tick", patient_id=int(chain.removeprefix("patient:")))
    assert Fault(chain, 6, "it is not the entry that a head of its chain names") in audit.verify(kept)


@contextlib.contextmanager
def another_client_of_sqlite() -> Iterator[None]:
    """One that does not ask the triggers about rows that it replaces, which is how SQLite comes."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers = OFF")
        yield
        cursor.execute("PRAGMA recursive_triggers = ON")


@pytest.mark.sqlite
def test_a_head_that_another_client_of_sqlite_replaced_past_the_triggers_is_found(chain):
    with another_client_of_sqlite(), connection.cursor() as cursor:
        cursor.execute("INSERT OR REPLACE INTO record_audithead (chain, seq, hash) VALUES (%s, 0, '')", [chain])
    assert audit.verify() == [Fault(chain, 6, "the head of the chain does not reach its last entry")]


@pytest.mark.sqlite
def test_a_signed_medicine_that_another_client_of_sqlite_replaced_past_the_triggers_is_found():
    change = factories.taking().changes.get()
    audit.record(change.signed_by, "sign", patient_id=change.patient_id, detail={"seals": {change.pk: change.seal}})
    other = factories.prescription(drug_name="lithium", rxcui=6448)
    with another_client_of_sqlite(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE OR REPLACE record_prescription SET id = %s WHERE id = %s", [change.prescription_id, other.pk]
        )
    assert audit.verify() == [Fault("dosage change", change.pk, "it is not what was signed")]


@pytest.mark.django_db(transaction=True)
def test_a_chain_cut_off_together_with_its_head_is_found_by_the_numbers_outside_the_database(capsys):
    carla, bo = factories.carla(), factories.bo()
    for _ in range(6):
        audit.record(bo, "view_chart", patient_id=carla.pk)
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        audit.record(bo, "undone", patient_id=carla.pk)
        raise ZeroDivisionError
    assert audit.verify() == []
    anchor.shorten()
    assert anchor.heads() == audit.heads()
    chain = f"patient:{carla.pk}"
    with transaction.atomic(), by_the_owner_of_the_database():
        entries(chain).filter(seq__gte=5).delete()
        AuditHead.objects.filter(chain=chain).update(seq=4, hash=entries(chain).last().hash)
    assert audit.verify() == [Fault(chain, 5, "it and all others up to 6 are missing")]
    call_command("verify_audit", set_back="restored from last night")
    assert audit.verify() == []
    told = AuditEntry.objects.get(act="set_back")
    assert (told.why, told.detail) == ("restored from last night", {"lost": 2})


def test_an_empty_trail_has_no_fault():
    assert audit.verify() == []


# -- the command ------------------------------------------------------------------------------------------------------


def test_verify_audit_says_how_much_it_read(chain, capsys):
    call_command("verify_audit")
    assert capsys.readouterr().out == "8 audit entries in 2 chains, no fault.\n"


def test_verify_audit_names_chain_and_number_of_each_fault_and_fails(chain, capsys):
    with by_the_owner_of_the_database():
        entries(chain).filter(seq=2).update(why="edited")
        entries(chain).filter(seq=4).delete()
    with pytest.raises(CommandError, match="2 faults among 7 audit entries in 2 chains") as failed:
        call_command("verify_audit")
    assert failed.value.returncode == 1
    assert capsys.readouterr().out == f"{chain} number 2: {SEALED}\n{chain} number 4: it is missing\n"


def test_verify_audit_keeps_the_heads_in_a_file_and_reads_them_next_time(chain, capsys, tmp_path):
    file = tmp_path / "heads.json"
    call_command("verify_audit", heads=file)
    assert json.loads(file.read_text())[chain][0] == 6
    with by_the_owner_of_the_database():
        entries(chain).delete()
        AuditHead.objects.filter(chain=chain).delete()
    before = file.read_text()
    with pytest.raises(CommandError):
        call_command("verify_audit", heads=file)
    assert f"{chain} number 1: it and all others up to 6 are missing" in capsys.readouterr().out
    assert file.read_text() == before


@pytest.mark.parametrize("broken", ["", "[]", "{", '{"site": 3}', '{"site": ["a", "b"]}'])
def test_verify_audit_refuses_a_file_that_it_did_not_write(broken, tmp_path):
    file = tmp_path / "heads.json"
    file.write_text(broken)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("verify_audit", heads=file)


def test_what_the_anchor_says_is_on_the_disk_before_it_counts_and_its_name_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    kinds = {True: "folder", False: "file"}

    def flushed(number: int) -> None:
        done.append(kinds[stat.S_ISDIR(os.fstat(number).st_mode)])

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "fdatasync", flushed)
    replace = Path.replace

    def renamed(self: Path, to: Path) -> Path:
        done.append("rename")
        return replace(self, to)

    monkeypatch.setattr(Path, "replace", renamed)
    anchor.advance("site", 1, "a" * 64)()
    assert done == ["folder", "file"]
    done.clear()
    anchor.advance("site", 2, "b" * 64)()
    assert done == ["file"]
    done.clear()
    anchor.shorten()
    assert done == ["file", "rename", "folder"]
    assert anchor.heads() == {"site": (2, "b" * 64)}
