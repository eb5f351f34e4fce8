"""The knowledge in memory: loaded once, swapped whole; and the search over its drugs."""

import csv
import threading
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from interactions import library, releases
from interactions.models import Release
from tests.interactions.conftest import licensed, run_command

MISSPELT = Path(__file__).resolve().parents[1] / "cases" / "misspelt_drugs.csv"


def misspelt() -> list[tuple[str, str]]:
    with MISSPELT.open(encoding="utf-8", newline="") as lines:
        return [(row["typed"], row["meant"]) for row in csv.DictReader(lines)]


@pytest.mark.django_db
def test_it_is_loaded_once_and_asked_for_with_one_query(shipped_release: Release) -> None:
    first = library.current()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert library.current() is first
    assert len(queries) == 1


@pytest.mark.django_db
def test_it_is_swapped_when_the_active_set_changes_and_the_old_one_stays_whole(
    shipped_release: Release, tmp_path: Path
) -> None:
    before = library.current()
    release = licensed(tmp_path, "36437,6809,major")
    assert library.current() is before
    releases.activate(release.pk, by_id=None)
    after = library.current()
    assert [source.label for source in after.sources] == ["medmgmt", "Licensed"]
    assert [source.label for source in before.sources] == ["medmgmt"]
    releases.retire(release.pk, by_id=None)
    assert [source.label for source in library.current().sources] == ["medmgmt"]


@pytest.mark.django_db
def test_without_a_release_there_is_nothing_to_find() -> None:
    assert library.current().sources == ()
    assert library.search("sertraline") == []
    assert library.resolve("sertraline") is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_threads_get_one_and_the_same_knowledge() -> None:
    run_command("load_knowledge")
    gate = threading.Barrier(8)
    got: list[object] = []

    def ask() -> None:
        gate.wait()
        got.append(library.current())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len({id(one) for one in got}) == 1


@pytest.mark.django_db
def test_every_common_misspelling_finds_its_drug_first(shipped_release: Release) -> None:
    assert len(misspelt()) >= 20
    assert [(typed, library.search(typed)[0].name) for typed, _ in misspelt()] == misspelt()


LOOK_ALIKE = [
    ("hydroxyzine", "hydralazine"),
    ("lamotrigine", "lamivudine"),
    ("bupropion", "buspirone"),
    ("clonazepam", "clonidine"),
    ("duloxetine", "fluoxetine"),
    ("quetiapine", "olanzapine"),
    ("risperidone", "ropinirole"),
    ("tramadol", "trazodone"),
    ("prednisone", "prednisolone"),
]


@pytest.mark.django_db
def test_names_that_look_alike_are_never_taken_for_each_other(shipped_release: Release) -> None:
    for typed, other in LOOK_ALIKE + [(other, one) for one, other in LOOK_ALIKE]:
        found = library.resolve(typed)
        assert found is not None
        assert found.name == typed
        results = library.search(typed)
        assert results[0].name == typed
        assert all(result.score < 100 for result in results if result.name == other)


FOUND_BY = [
    ("Zoloft", "sertraline", "Zoloft"),
    ("zol", "sertraline", "Zoloft"),
    ("36437", "sertraline", "36437"),
    ("42351", "lithium", "42351"),
    ("N06AB06", "sertraline", "N06AB06"),
    ("  SERTRALINE ", "sertraline", "sertraline"),
    ("st johns wort", "st john's wort", "St Johns wort"),
    ("paracetamol", "acetaminophen", "paracetamol"),
    ("ethanol", "alcohol", "ethanol"),
]


@pytest.mark.django_db
def test_a_drug_is_found_by_brand_code_class_or_other_name(shipped_release: Release) -> None:
    for typed, name, matched in FOUND_BY:
        first = library.search(typed)[0]
        assert (first.name, first.matched_on) == (name, matched)


@pytest.mark.django_db
def test_a_class_code_finds_the_whole_class(shipped_release: Release) -> None:
    names = {found.name for found in library.search("N06AB", limit=20)}
    assert {"sertraline", "fluoxetine", "paroxetine", "citalopram", "escitalopram", "fluvoxamine"} <= names


NONSENSE = ["", "   ", "qqqqqqqq", "0", "999999999999", "%", "'; DROP TABLE x; --", "\x00", "x" * 5000]


@pytest.mark.django_db
def test_nonsense_finds_nothing_and_harms_nothing(shipped_release: Release) -> None:
    assert [library.search(typed) for typed in NONSENSE] == [[]] * len(NONSENSE)


@pytest.mark.django_db
def test_no_more_than_asked_for(shipped_release: Release) -> None:
    assert len(library.search("a" * 3 + "zole", limit=3)) <= 3
    assert len(library.search("flu", limit=2)) == 2
    assert library.search("flu", limit=0) == []


@pytest.mark.django_db
def test_many_names_are_resolved_without_a_query_each(shipped_release: Release) -> None:
    known = library.current()
    with CaptureQueriesContext(connection) as queries:
        found = [library.resolve(name, among=known) for name in ("sertraline", "Zoloft", "nobody")]
    assert len(queries) == 0
    assert [one.key if one else None for one in found] == ["sertraline", "sertraline", None]


def test_what_a_release_does_not_hold_is_said_by_letter_and_of_a_whole_one_nothing() -> None:
    assert library.limits(Release(counts={"missing_letters": ["N", "V"]})) == "its files N, V are missing"
    assert library.limits(Release(counts={"missing_letters": []})) == library.limits(Release(counts={})) == ""
