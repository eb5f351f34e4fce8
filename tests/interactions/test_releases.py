"""Releases: imported whole or not at all, put into use by a person, never edited."""

import os
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from interactions import importing, library, releases
from interactions.engine.data_set import Note, SourceDrug
from interactions.engine.pair_table import PairTable, pair_code
from interactions.errors import ImportRefused, NoSuchRelease
from interactions.importers.pair_import import PairImport
from interactions.models import PairNote, PairRow, Release, ReleaseDrug, ReleaseStatus, RescreenRun, Rule
from tests import factories
from tests.interactions.conftest import licensed, run_command

ABOUT = releases.About(source="Made", version="1", released_on=date(2026, 1, 1))
FILES = {"made.csv": "0" * 64}
NINTH = datetime(2026, 2, 9, 12, tzinfo=UTC).timestamp()


class CutOff(Exception):
    """The plug is pulled."""


class NotesCutShort(dict[int, Note]):
    """Notes that end with an error after a few, as if the process had been stopped there."""

    def items(self) -> Iterator[tuple[int, Note]]:  # type: ignore[override]
        yield pair_code(1, 0), Note(effect="one")
        raise CutOff


def pairs(notes: dict[int, Note] | None = None) -> PairImport:
    drugs = tuple(SourceDrug(f"Drug {number}", rxcui=900_000 + number) for number in range(3))
    table = PairTable.of(3, {pair_code(1, 0): 4, pair_code(2, 0): 2})
    return PairImport(drugs=drugs, table=table, rows=2, notes={} if notes is None else notes)


@pytest.mark.django_db
def test_loading_the_shipped_knowledge_again_and_again_changes_nothing() -> None:
    first = run_command("load_knowledge")
    assert "loaded and is in use" in first
    before = Release.objects.values().get()
    assert "was loaded before" in run_command("load_knowledge")
    assert Release.objects.values().get() == before
    assert Rule.objects.count() == 742


@pytest.mark.django_db
def test_a_release_is_imported_out_of_use_and_comes_back_as_it_was() -> None:
    note = Note("why", "what", "do", "book")
    release = releases.keep_pairs(ABOUT, pairs({pair_code(1, 0): note}), FILES)
    assert release.status == ReleaseStatus.IMPORTED
    assert library.current().sources == ()
    releases.activate(release.pk, by_id=None)
    (source,) = library.current().sources
    assert sorted(source.table) == [(1, 0, 4), (2, 0, 2)]  # type: ignore[union-attr]
    assert source.notes == {pair_code(1, 0): note}  # type: ignore[union-attr]
    assert [drug.name for drug in source.drugs] == ["Drug 0", "Drug 1", "Drug 2"]


@pytest.mark.django_db
def test_an_interrupted_import_leaves_nothing_visible() -> None:
    with pytest.raises(CutOff):
        releases.keep_pairs(ABOUT, pairs(NotesCutShort()), FILES)
    for model in (Release, ReleaseDrug, PairRow, PairNote):
        assert not model.objects.exists()
    assert releases.known(FILES) is None
    releases.keep_pairs(ABOUT, pairs(), FILES)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_while_an_import_runs_nobody_else_sees_any_of_it() -> None:
    seen: list[int] = []

    def look() -> None:
        seen.extend(model.objects.count() for model in (Release, ReleaseDrug, PairRow))
        connection.close()

    class Watched(dict[int, Note]):
        def items(self) -> Iterator[tuple[int, Note]]:  # type: ignore[override]
            other = threading.Thread(target=look)
            other.start()
            other.join()
            yield pair_code(1, 0), Note(effect="one")

    releases.keep_pairs(ABOUT, pairs(Watched()), FILES)
    assert seen == [0, 0, 0]
    assert Release.objects.count() == 1


@pytest.mark.django_db
def test_the_same_contents_are_one_release_whatever_the_files_are_called(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("rxcui_a,rxcui_b,severity\n1,2,major\n")
    first = importing.import_table(tmp_path / "one.csv", importing.Choices())
    again = importing.import_table(tmp_path / "two.csv", importing.Choices())
    assert first.found is not None
    assert again.found is None
    assert first.release == again.release


@pytest.mark.django_db
def test_a_set_of_files_has_one_digest_in_any_order() -> None:
    assert releases.content_sha256({"a": "1", "b": "2"}) == releases.content_sha256({"y": "2", "x": "1"})
    assert releases.content_sha256({"a": "1"}) != releases.content_sha256({"a": "1", "b": "1"})


@pytest.mark.django_db
def test_a_bad_row_leaves_no_release(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("rxcui_a,rxcui_b,severity\n1,2,major\n1,x,major\n")
    with pytest.raises(ImportRefused, match=r"bad.csv, line 3: 'x' is not an RxCUI"):
        importing.import_table(path, importing.Choices())
    assert not Release.objects.exists()
    kept = importing.import_table(path, importing.Choices(skip_bad=True)).release
    assert kept.counts["skipped"] == 1
    assert kept.warnings == ["1 rows could not be read and were left out."]


@pytest.mark.django_db
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="cannot be read"):
        importing.import_table(tmp_path / "nowhere.csv", importing.Choices())
    (tmp_path / "latin.csv").write_bytes(b"rxcui_a,rxcui_b,severity,source\n1,2,major,\xe9\n")
    with pytest.raises(ImportRefused, match="cannot be read"):
        importing.import_table(tmp_path / "latin.csv", importing.Choices())


@pytest.mark.django_db
def test_several_sources_are_in_use_at_once_but_one_release_of_each(tmp_path: Path) -> None:
    old = licensed(tmp_path, "1,2,major", name="old.csv")
    new = licensed(tmp_path, "1,2,minor", name="new.csv")
    other = licensed(tmp_path, "3,4,minor", name="other.csv", source="Another")
    for release in (old, other, new):
        releases.activate(release.pk, by_id=factories.pia().pk)
    assert [release.pk for release in releases.active()] == [other.pk, new.pk]
    old.refresh_from_db()
    assert old.status == ReleaseStatus.RETIRED
    assert releases.active()[0].activated_by == factories.pia()


@pytest.mark.django_db
def test_a_release_would_take_the_place_of_another_of_its_source_and_of_no_other(tmp_path: Path) -> None:
    old = licensed(tmp_path, "1,2,major", name="old.csv")
    new = licensed(tmp_path, "1,2,minor", name="new.csv")
    other = licensed(tmp_path, "3,4,minor", name="other.csv", source="Another")
    for release in (old, other):
        releases.activate(release.pk, by_id=None)
    assert releases.would_be(new.pk, active=True) == [new.pk, other.pk]
    assert releases.would_be(old.pk, active=False) == [other.pk]


@pytest.mark.django_db
def test_a_release_in_the_place_of_another_asks_for_a_rescreening_and_the_same_again_does_not(tmp_path: Path) -> None:
    old = licensed(tmp_path, "1,2,major", name="old.csv")
    new = licensed(tmp_path, "1,2,minor", name="new.csv")
    for release in (old, new, new):
        releases.activate(release.pk, by_id=None)
    runs = RescreenRun.objects.order_by("id").values_list("before", "after")
    assert list(runs) == [([], [old.pk]), ([old.pk], [new.pk])]


@pytest.mark.django_db
def test_a_release_is_of_the_day_that_was_said_and_else_of_its_newest_file(tmp_path: Path) -> None:
    for name, row in (("one.csv", "1,2,major"), ("two.csv", "1,3,major")):
        (tmp_path / name).write_text(f"rxcui_a,rxcui_b,severity\n{row}\n")
        os.utime(tmp_path / name, (NINTH, NINTH))
    said = importing.Choices(released_on=date(2026, 3, 1))
    assert importing.import_table(tmp_path / "one.csv", said).release.released_on == date(2026, 3, 1)
    unsaid = importing.import_table(tmp_path / "two.csv", importing.Choices())
    assert unsaid.release.released_on == date(2026, 2, 9)


@pytest.mark.django_db
def test_activating_and_retiring_twice_is_once(tmp_path: Path) -> None:
    release = licensed(tmp_path, "1,2,major")
    first = releases.activate(release.pk, by_id=factories.pia().pk)
    second = releases.activate(release.pk, by_id=factories.adler().pk)
    assert (first.activated_at, first.activated_by) == (second.activated_at, second.activated_by)
    assert releases.retire(release.pk, by_id=None).status == ReleaseStatus.RETIRED
    assert releases.retire(release.pk, by_id=None).status == ReleaseStatus.RETIRED
    assert releases.active() == []
    assert releases.activate(release.pk, by_id=None).status == ReleaseStatus.ACTIVE


@pytest.mark.django_db
def test_there_is_no_activating_of_what_is_not_there() -> None:
    for act in (releases.activate, releases.retire):
        with pytest.raises(NoSuchRelease):
            act(4711, by_id=None)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_releases_of_one_source_activated_at_once_one_is_in_use(tmp_path: Path) -> None:
    two = [licensed(tmp_path, f"1,2,{word}", name=f"{word}.csv") for word in ("major", "minor")]
    gate = threading.Barrier(2)
    failed: list[BaseException] = []

    def activate(release_id: int) -> None:
        try:
            gate.wait()
            releases.activate(release_id, by_id=None)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=activate, args=(release.pk,)) for release in two]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(releases.active()) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        (Rule, "severity", "minor"),
        (ReleaseDrug, "rxcui", 1),
        (PairRow, "grades", b"\x01"),
        (PairNote, "effect", "other"),
        (Release, "version", "2"),
        (Release, "sha256", "f" * 64),
    ],
)
def test_what_a_release_holds_is_never_edited(
    shipped_release: Release, model: type[Release], column: str, value: object
) -> None:
    releases.keep_pairs(ABOUT, pairs({pair_code(1, 0): Note("a", "b", "c", "d")}), FILES)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.update(**{column: value})


@pytest.mark.django_db
def test_the_database_itself_keeps_one_release_of_a_source_in_use(tmp_path: Path) -> None:
    old, new = licensed(tmp_path, "1,2,major", name="a.csv"), licensed(tmp_path, "1,2,minor", name="b.csv")
    releases.activate(old.pk, by_id=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(pk=new.pk).update(status="active", activated_at="2026-01-01T00:00:00Z")


@pytest.mark.django_db
def test_every_refusal_stands_in_the_database() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND (tbl_name LIKE 'interactions_%')"
            )
        else:
            cursor.execute(
                "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE NOT t.tgisinternal AND c.relname LIKE 'interactions%%' AND t.tgname NOT LIKE '%%emptied'"
            )
        (count,) = cursor.fetchone()
    assert count == 38
