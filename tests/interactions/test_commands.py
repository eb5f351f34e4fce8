"""The commands as a person types them."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError

from interactions import releases
from interactions.models import Release
from tests.interactions import shipped
from tests.interactions.conftest import licensed, run_command


def official(shared: Path) -> list[Path]:
    return sorted((shared / "datasets" / "ddinter" / "raw").glob("*.csv"))


@pytest.mark.django_db
def test_the_official_files_import_with_their_exact_counts(shared: Path, shipped_release: Release) -> None:
    told = run_command("import_interactions", "ddinter", *official(shared))
    assert "222,383 rows, 160,235 unordered pairs, 1,939 drugs" in told
    assert "WARNING: Files are missing: C, G, J, M, N, S." in told
    assert "WARNING: Without the file N two psychotropic drugs are never compared." in told
    again = run_command("import_interactions", "ddinter", *reversed(official(shared)))
    assert "222,383 rows, 160,235 unordered pairs, 1,939 drugs" in again
    release = Release.objects.get(source="DDInter")
    assert f"These contents are release {release.pk} already" in again
    assert release.status == "imported"
    assert release.licence.startswith("CC BY-NC-SA 4.0")
    assert len(release.files) == 8
    assert release.drugs.count() == 1939
    activated = run_command("activate_release", release.pk)
    assert "is in use." in activated
    assert "WARNING: Without the file N" in activated


@pytest.mark.django_db
def test_a_vocabulary_maps_more_names_and_the_rest_can_be_listed(shared: Path, shipped_release: Release) -> None:
    vocabulary = shared / "datasets" / "vocabulary" / "rxnorm_prescribable_ingredients_2025-10-06_B-Z.csv"
    plain = run_command("import_interactions", "ddinter", *official(shared), "--show-unmapped")
    mapped = run_command("import_interactions", "ddinter", *official(shared), "--vocabulary", vocabulary)
    assert "Names without an RxCUI:\n" in plain
    assert "\n  Abaloparatide\n" not in plain
    counts = [release.counts["unmapped"] for release in Release.objects.filter(source="DDInter").order_by("pk")]
    assert 200 < counts[0] < 300
    assert counts[1] < counts[0]
    assert "Names without an RxCUI" not in mapped


@pytest.mark.django_db
def test_the_fourteen_file_table_imports_through_the_table_command(shared: Path, shipped_release: Release) -> None:
    path = shared / "datasets" / "ddinter" / "ddinter_14files_by_rxcui.csv"
    told = run_command(
        "import_interactions", "table", path, "--source", "DDInter by RxCUI", "--release-version", "2026-04",
        "--released-on", "2026-04-21", "--licence", "CC BY-NC-SA 4.0",
    )  # fmt: skip
    assert "178,920 rows" in told
    release = Release.objects.get(source="DDInter by RxCUI")
    assert str(release) == "DDInter by RxCUI 2026-04 of 2026-04-21"
    assert release.warnings == []


@pytest.mark.django_db
def test_grades_that_differ_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("rxcui_a,rxcui_b,severity,name_a,name_b\n1,2,major,One,Two\n2,1,minor,Two,One\n")
    told = run_command("import_interactions", "table", path)
    assert "Graded differently: One with Two: minor and major" in told
    assert "WARNING: 1 pairs are graded differently" in told


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["ddinter"], "Name the files"),
        (["ddinter", "nowhere.csv"], "cannot be read"),
        (["table", "nowhere.csv"], "cannot be read"),
    ],
)
def test_what_cannot_be_imported_is_said_in_a_sentence(arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        run_command("import_interactions", *arguments)


@pytest.mark.django_db
def test_a_release_that_is_not_there_cannot_be_activated() -> None:
    with pytest.raises(CommandError, match="no such release"):
        run_command("activate_release", 4711)


@pytest.mark.django_db
def test_knowledge_that_is_not_whole_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be loaded"):
        run_command("load_knowledge", "--from", tmp_path)
    assert not Release.objects.exists()


@pytest.mark.django_db
def test_a_new_version_of_the_shipped_knowledge_takes_the_place_of_the_old(
    tmp_path: Path, shipped_release: Release
) -> None:
    for path in shipped.DATA.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    about = json.loads((tmp_path / "release.json").read_text(encoding="utf-8"))
    (tmp_path / "release.json").write_text(json.dumps(about | {"version": "next"}), encoding="utf-8")
    run_command("load_knowledge", "--from", tmp_path)
    assert [release.version for release in releases.active()] == ["next"]
    shipped_release.refresh_from_db()
    assert shipped_release.status == "retired"


@pytest.mark.django_db
def test_a_small_table_of_the_test_room_is_a_release(tmp_path: Path) -> None:
    assert licensed(tmp_path, "1,2,major").counts["pairs"] == 1
