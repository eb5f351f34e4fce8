"""The knowledge is loaded once a process and swapped whole, while other threads go on reading."""

import threading
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from interactions import library, releases
from interactions.engine import cases
from interactions.engine.knowledge import Knowledge
from interactions.importers import table
from interactions.models import Release

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
CASE = {"id": "1", "as_of": "2026-11-21", "current_meds": [{"drug": "lamotrigine"}, {"drug": "metformin"}]}


def licensed(folder: Path, version: str, severity: str) -> Release:
    """A table with one pair, not in use."""
    path = folder / f"{version}.csv"
    path.write_text(f"rxcui_a,rxcui_b,severity\n28439,6809,{severity}\n", encoding="utf-8")
    about = releases.About(source="Licensed", version=version, released_on=date(2026, 1, 1))
    return releases.keep_pairs(about, table.parse(path, {}), releases.digests([path]))


def said(knowledge: Knowledge) -> tuple[str, str]:
    """Version of the table in use, and how it grades the pair."""
    version = next((source.version for source in knowledge.sources if source.label == "Licensed"), "")
    found = cases.review(CASE, knowledge)["findings"]
    return version, str(found[0]["severity"]) if found else ""


def test_readers_see_one_release_or_the_other_and_never_a_part(tmp_path: Path) -> None:
    call_command("load_knowledge", verbosity=0)
    one, two = licensed(tmp_path, "1", "Major"), licensed(tmp_path, "2", "Contraindicated")
    releases.activate(one.pk, by_id=None)
    over, seen, faults = threading.Event(), Counter[tuple[str, str]](), list[BaseException]()

    def read() -> None:
        try:
            while not over.is_set():
                seen[said(library.current())] += 1
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for release in (two, one, two):
        releases.activate(release.pk, by_id=None)
        while library.loaded().marks[-1][0] != release.pk:
            pass
    over.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert set(seen) <= {("1", "major"), ("2", "contraindicated")}
    assert said(library.current()) == ("2", "contraindicated")


def test_threads_that_ask_at_once_get_one_and_the_same_knowledge(tmp_path: Path) -> None:
    call_command("load_knowledge", verbosity=0)
    releases.activate(licensed(tmp_path, "3", "Major").pk, by_id=None)
    start, got = threading.Barrier(4), list[Knowledge]()

    def ask() -> None:
        start.wait()
        got.append(library.current())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in got}) == 1, "loaded once, whoever asked first"
