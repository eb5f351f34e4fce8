"""DDInter's files as they really are: every trap in them, on small files and on the real ones."""

from pathlib import Path

import pytest

from interactions.engine.check import check
from interactions.engine.data_set import DataSet
from interactions.engine.pair_table import pair_code
from interactions.engine.severity import Severity
from interactions.importers import ddinter
from interactions.importers.faults import BadFile
from interactions.importers.naming import Names
from interactions.importers.pair_import import PairImport
from tests.interactions import shipped

HEADING = "DDInterID_A,Drug_A,DDInterID_B,Drug_B,Level"
CODES = Names({"Sertraline": 36437, "Naltrexone": 7243, "Timolol": 10600, "Insulin human": 253182})


def write(folder: Path, name: str, *rows: str, newline: str = "\r\n", bom: bool = False) -> Path:
    path = folder / name
    text = newline.join([HEADING, *rows, ""])
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode())
    return path


def read(*paths: Path, skip_bad: bool = False) -> PairImport:
    return ddinter.parse(paths, CODES, skip_bad=skip_bad)


def grade(found: PairImport, a: str, b: str) -> int:
    numbers = {drug.name: number for number, drug in enumerate(found.drugs)}
    return found.table.grade(numbers[a], numbers[b])


def test_carriage_returns_and_a_byte_order_mark_are_no_part_of_a_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "DDInter1,Abacavir,DDInter2,Naltrexone,Major", bom=True)
    found = read(path)
    assert found.rows == 1
    assert grade(found, "Abacavir", "Naltrexone") == Severity.MAJOR


def test_a_name_with_a_comma_is_one_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'DDInter1,"Insulin human (inhalation, rapid acting)",DDInter2,Naltrexone,Minor')
    found = read(path)
    assert {drug.name for drug in found.drugs} == {"Insulin human (inhalation, rapid acting)", "Naltrexone"}


def test_the_same_pair_in_six_files_and_both_orders_is_one_pair(tmp_path: Path) -> None:
    rows = ["DDInter1,Abacavir,DDInter2,Naltrexone,Major", "DDInter2,Naltrexone,DDInter1,Abacavir,Major"]
    paths = [write(tmp_path, f"x_code_{letter}.csv", rows[place % 2]) for place, letter in enumerate("ABDHLP")]
    found = read(*paths)
    assert (found.rows, found.pairs, len(found.drugs)) == (6, 1, 2)
    assert found.conflicts == ()


def test_different_grades_in_different_files_are_reported_and_the_most_severe_wins(tmp_path: Path) -> None:
    one = write(tmp_path, "a.csv", "DDInter1,Abacavir,DDInter2,Naltrexone,Unknown")
    two = write(tmp_path, "b.csv", "DDInter2,Naltrexone,DDInter1,Abacavir,Major")
    three = write(tmp_path, "c.csv", "DDInter1,Abacavir,DDInter2,Naltrexone,Minor")
    for order in ([one, two, three], [three, two, one]):
        found = read(*order)
        assert grade(found, "Abacavir", "Naltrexone") == Severity.MAJOR
        assert [(c.a, c.b, c.grades) for c in found.conflicts] == [
            ("Abacavir", "Naltrexone", ("ungraded", "minor", "major"))
        ]


def test_unknown_is_kept_as_listed_and_not_graded_and_never_an_alert(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", "DDInter1,Sertraline,DDInter2,Naltrexone,Unknown"))
    data = DataSet("DDInter", "2.0", shipped.RELEASED, drugs=found.drugs, table=found.table)
    known = shipped.knowledge(data, rules=False)
    (finding,) = check(shipped.regimen(known, "sertraline", "naltrexone"), known).findings
    assert finding.severity is Severity.UNGRADED
    assert finding.severity < Severity.MINOR
    assert "not graded" in finding.summary


def test_route_variants_in_brackets_stay_drugs_of_their_own(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.csv",
        "DDInter1,Timolol,DDInter2,Naltrexone,Major",
        "DDInter3,Timolol (ophthalmic),DDInter2,Naltrexone,Minor",
    )
    found = read(path)
    assert (len(found.drugs), found.pairs, found.conflicts) == (3, 2, ())
    variant = next(drug for drug in found.drugs if drug.variant)
    assert (variant.base, variant.variant, variant.rxcui) == ("Timolol", "ophthalmic", 10600)


def test_a_bracket_that_is_part_of_the_name_is_kept(tmp_path: Path) -> None:
    rows = ("DDInter1,Human Rho(D) immune globulin,DDInter2,Naltrexone,Minor",)
    found = read(write(tmp_path, "a.csv", *rows))
    assert {drug.name: drug.variant for drug in found.drugs} == {"Human Rho(D) immune globulin": "", "Naltrexone": ""}


def test_names_that_map_to_nothing_are_reported_and_kept(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", "DDInter1,Brentuximab vedotin,DDInter2,Naltrexone,Major"))
    assert found.unmapped == ("Brentuximab vedotin",)
    data = DataSet("DDInter", "2.0", shipped.RELEASED, drugs=found.drugs, table=found.table)
    known = shipped.knowledge(data)
    (finding,) = check(shipped.regimen(known, "Brentuximab Vedotin", "naltrexone"), known).findings
    assert finding.drugs == ("brentuximab vedotin", "naltrexone")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("DDInter1,Abacavir,DDInter2,Naltrexone", "4 cells instead of 5"),
        ("DDInter1,Abacavir,DDInter2,Naltrexone,Terrible", "the level 'Terrible'"),
        ("X1,Abacavir,DDInter2,Naltrexone,Major", "'X1' is not a DDInter number"),
        ("DDInter1,,DDInter2,Naltrexone,Major", "DDInter1 has no name"),
        ("DDInter9,Abacavir,DDInter8,Naltrexone,Major", "DDInter9 is called 'Abacavir' here and 'Warfarin' before"),
        ("DDInter9,Warfarin,DDInter9,Warfarin,Major", "a drug stands against itself"),
    ],
)
def test_a_malformed_row_refuses_everything_and_is_named(tmp_path: Path, row: str, reason: str) -> None:
    path = write(tmp_path, "bad.csv", "DDInter9,Warfarin,DDInter8,Ibuprofen,Major", row)
    with pytest.raises(BadFile) as refused:
        read(path)
    (fault,) = refused.value.faults
    assert (fault.file, fault.line) == ("bad.csv", 3)
    assert reason in fault.reason
    found = read(path, skip_bad=True)
    assert (found.rows, found.pairs) == (1, 1)
    assert found.faults == refused.value.faults


def test_a_line_number_counts_lines_of_the_file_and_not_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'DDInter1,"Aba\r\ncavir",DDInter2,Naltrexone,Major', "oops")
    with pytest.raises(BadFile) as refused:
        read(path)
    assert refused.value.faults[0].line == 4


@pytest.mark.parametrize("text", ["", "a,b,c\n", HEADING + "\n", "<html>not found</html>"])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(BadFile):
        read(path)


def test_a_file_of_nothing_but_faults_stops_early(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", *["nonsense"] * 5000)
    with pytest.raises(BadFile) as refused:
        read(path, skip_bad=True)
    assert len(refused.value.faults) == ddinter.MOST_FAULTS


def test_missing_letters_are_named_from_the_file_names(tmp_path: Path) -> None:
    path = write(tmp_path, "ddinter_downloads_code_A.csv", "DDInter1,Abacavir,DDInter2,Naltrexone,Major")
    found = read(path)
    assert found.letters == ("A",)
    assert found.missing_letters == tuple("BCDGHJLMNPRSV")


def test_progress_is_told_every_so_often(tmp_path: Path) -> None:
    rows = [f"DDInter{n},Drug {n},DDInter0,Naltrexone,Minor" for n in range(1, 45_001)]
    told: list[int] = []
    ddinter.parse([write(tmp_path, "a.csv", *rows)], CODES, progress=told.append)
    assert told == [20_000, 40_000]


def test_a_drug_is_complete_only_when_its_own_letter_is_there() -> None:
    a_drug, both, n_one, n_two = 0, 1, 2, 3
    file_a = {pair_code(a_drug, n_one), pair_code(a_drug, n_two), pair_code(a_drug, both), pair_code(both, n_one)}
    file_d = {pair_code(n_one, 4), pair_code(n_two, 4)}
    grades = dict.fromkeys(file_a | file_d, 4)
    complete = ddinter.complete_drugs([file_a, file_d], grades)
    assert a_drug in complete
    assert 4 in complete
    assert n_one not in complete
    assert n_two not in complete


@pytest.fixture(scope="module")
def official(shared: Path) -> PairImport:
    """The eight official files, with the names the shipped knowledge gives."""
    names = Names()
    for entry in shipped.tables().drugs:
        if entry.rxcui is not None:
            for name in (entry.name, *entry.aliases):
                names.claim(name, entry.rxcui)
    return ddinter.parse(sorted((shared / "datasets" / "ddinter" / "raw").glob("*.csv")), names)


def test_the_official_files_have_exactly_what_they_have(official: PairImport) -> None:
    assert (official.rows, official.pairs, len(official.drugs)) == (222_383, 160_235, 1_939)
    assert official.conflicts == ()
    assert official.grades()["ungraded"] == 29_813
    assert official.missing_letters == tuple("CGJMNS")


def test_collapsing_the_brackets_of_the_official_files_would_make_887_contradictions(official: PairImport) -> None:
    collapsed: dict[frozenset[str], set[int]] = {}
    for a, b, found in official.table:
        names = frozenset(drug.base or drug.name for drug in (official.drugs[a], official.drugs[b]))
        collapsed.setdefault(names, set()).add(found)
    assert sum(len(grades) > 1 for grades in collapsed.values()) == 887


def test_without_n_two_psychotropics_of_the_official_files_are_never_called_safe(official: PairImport) -> None:
    data = DataSet(
        "DDInter", "2.0", shipped.RELEASED, drugs=official.drugs, table=official.table, limits="N is missing"
    )
    known = shipped.knowledge(data, rules=False)
    judgement = check(shipped.regimen(known, "sertraline", "tramadol"), known)
    assert judgement.findings == ()
    assert [pair.state for pair in judgement.pairs] == ["not_checked"]
    assert "N is missing" in judgement.pairs[0].why
    assert judgement.not_checked[0].what == "sertraline with tramadol"


def test_a_drug_with_two_letters_is_compared_through_the_one_that_is_there(official: PairImport) -> None:
    """Bupropion is an A drug as well (with naltrexone against obesity), so file A holds all its pairs."""
    complete = {drug.name: drug.is_complete for drug in official.drugs}
    assert complete["Bupropion"]
    assert complete["Warfarin"]
    assert not complete["Sertraline"]
    assert not complete["Aripiprazole"]


def test_the_official_files_speak_of_products_and_salts_through_their_ingredient(official: PairImport) -> None:
    data = DataSet("DDInter", "2.0", shipped.RELEASED, drugs=official.drugs, table=official.table)
    known = shipped.knowledge(data, rules=False)
    tablets = check(shipped.regimen(known, "aripiprazole", "ethanol", "metformin"), known)
    injection = check(shipped.regimen(known, "aripiprazole lai monthly", "ethanol", "metformin"), known)
    assert tablets.findings
    assert [one.severity for one in injection.findings] == [one.severity for one in tablets.findings]


def test_common_psychotropics_of_the_official_files_are_all_mapped(official: PairImport) -> None:
    codes = {drug.name: drug.rxcui for drug in official.drugs}
    assert codes["Sertraline"] == 36437
    assert codes["Acetylsalicylic acid"] == 1191
    assert codes["Metamfetamine"] == 6816
    assert codes["Timolol (ophthalmic)"] == codes["Timolol"] == 10600
