"""A hospital's own table: what it may leave out, what it may not, and the salts in it."""

from pathlib import Path

import pytest

from interactions.engine.catalogue import Catalogue
from interactions.engine.check import check
from interactions.engine.data_set import DataSet
from interactions.importers import product_codes, table
from interactions.importers.faults import BadFile
from interactions.importers.pair_import import PairImport
from tests.interactions import shipped

SALTS = {42351: 6448, 11118: 40254}
HEADING = "rxcui_a,rxcui_b,severity"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "licensed.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(folder: Path, *lines: str, skip_bad: bool = False) -> PairImport:
    return table.parse(write(folder, *lines), SALTS, skip_bad=skip_bad)


def listed(found: PairImport) -> DataSet:
    return DataSet("Licensed", "1", shipped.RELEASED, drugs=found.drugs, table=found.table, notes=found.notes)


def test_three_columns_are_enough_and_their_order_is_free(tmp_path: Path) -> None:
    found = read(tmp_path, "severity,rxcui_b,rxcui_a", "Major,36437,10689")
    assert (found.rows, found.pairs) == (1, 1)
    assert {drug.rxcui for drug in found.drugs} == {36437, 10689}


@pytest.mark.parametrize("word", ["contraindicated", "MAJOR", "Moderate", " minor ", "ungraded", "Unknown"])
def test_severities_are_read_in_any_letter_case(tmp_path: Path, word: str) -> None:
    assert read(tmp_path, HEADING, f"1,2,{word}").pairs == 1


def test_salts_on_either_side_meet_their_ingredient(tmp_path: Path) -> None:
    found = read(tmp_path, HEADING, "42351,5640,major", "11118,6448,moderate")
    known = shipped.knowledge(listed(found), rules=False)
    for names in (("lithium", "ibuprofen"), ("lithium carbonate", "ibuprofen")):
        (finding,) = check(shipped.regimen(known, *names), known).findings
        assert finding.severity.word == "major"
    (finding,) = check(shipped.regimen(known, "divalproex sodium", "lithium citrate"), known).findings
    assert finding.drugs == ("lithium", "valproate")


def test_a_salt_and_its_ingredient_are_one_drug_with_all_the_pairs_of_both(tmp_path: Path) -> None:
    found = read(tmp_path, HEADING, "42351,5640,major", "6448,36437,minor", "42351,6448,minor")
    assert len(found.drugs) == 3
    assert found.pairs == 2


def whole(folder: Path, *lines: str) -> PairImport:
    """Read with everything that codes and names are known to mean."""
    known = Catalogue(shipped.tables().drugs, SALTS, product_codes.made_of())
    return table.parse(write(folder, *lines), SALTS, known)


def test_products_brands_and_salts_are_taken_as_what_they_are_made_of(tmp_path: Path) -> None:
    found = whole(tmp_path, HEADING, "312938,310385,major", "208161,42351,minor")
    assert {drug.rxcui for drug in found.drugs} == {36437, 4493, 6448}
    assert found.strangers == ()


def test_a_product_of_several_ingredients_that_is_no_drug_of_its_own_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"857005 is a product of several ingredients \(acetaminophen / hydrocodone\)"):
        whole(tmp_path, HEADING, "857005,36437,major")


def test_a_name_that_is_another_drugs_than_the_code_refuses_the_row(tmp_path: Path) -> None:
    heading = f"{HEADING},name_a,name_b"
    with pytest.raises(BadFile, match="'sertraline' is sertraline, and RxCUI 4493 is fluoxetine"):
        whole(tmp_path, heading, "4493,10689,major,sertraline,tramadol")
    assert whole(tmp_path, heading, "36437,10689,major,Zoloft,tramadol").pairs == 1


def test_a_table_in_codes_that_nobody_knows_is_refused_and_a_few_of_them_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="none of its codes is an RxCUI that is known here"):
        whole(tmp_path, HEADING, "2147000001,2147000002,major")
    assert whole(tmp_path, HEADING, "36437,2147000002,major").strangers == (2147000002,)


def test_the_texts_of_a_pair_are_shown_with_its_finding(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "rxcui_a,rxcui_b,severity,name_a,name_b,mechanism,effect,management,source",
        '36437,10689,major,Sertraline,Tramadol,"Two serotonergics","Serotonin toxicity","Choose another","Book 7"',
    )
    known = shipped.knowledge(listed(found), rules=False)
    (finding,) = check(shipped.regimen(known, "sertraline", "tramadol"), known).findings
    assert (finding.mechanism, finding.effect, finding.management) == (
        "Two serotonergics",
        "Serotonin toxicity",
        "Choose another",
    )
    assert finding.sources[0].citation == "Book 7"


def test_the_columns_of_the_fourteen_file_table_are_understood(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "rxcui_a,ddinter_names_a,rxcui_b,ddinter_names_b,level",
        "3638,Doxepin|Doxepin (topical),2653,Cocaine (nasal)|Cocaine (topical),Moderate",
    )
    drugs = {drug.rxcui: drug for drug in found.drugs}
    assert (drugs[3638].name, drugs[3638].variant) == ("Doxepin", "")
    assert drugs[2653].variant == "nasal|topical"


def test_a_drug_known_only_by_its_code_is_found_by_it(tmp_path: Path) -> None:
    found = read(tmp_path, HEADING, "999999,36437,major")
    known = shipped.knowledge(listed(found))
    entry = known.catalogue.resolve(rxcui=999999)
    assert entry is not None
    assert entry.name == "RxCUI 999999"


def test_one_pair_graded_twice_is_reported_and_the_most_severe_wins(tmp_path: Path) -> None:
    found = read(tmp_path, HEADING, "1,2,minor", "2,1,major", "1,2,moderate")
    assert found.grades()["major"] == 1
    assert [conflict.grades for conflict in found.conflicts] == [("minor", "moderate", "major")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,2", "2 cells instead of 3"),
        ("1,2,awful", "the severity 'awful'"),
        ("x,2,major", "'x' is not an RxCUI"),
        ("1,,major", "'' is not an RxCUI"),
        ("1,-2,major", "'-2' is not an RxCUI"),
        ("1,99999999999,major", "'99999999999' is not an RxCUI"),
        ("7,7,major", "a drug stands against itself"),
    ],
)
def test_a_malformed_row_refuses_everything_and_is_named(tmp_path: Path, row: str, reason: str) -> None:
    with pytest.raises(BadFile) as refused:
        read(tmp_path, HEADING, "1,2,major", row)
    (fault,) = refused.value.faults
    assert (fault.file, fault.line) == ("licensed.csv", 3)
    assert reason in fault.reason
    assert str(fault).startswith("licensed.csv, line 3: ")
    assert read(tmp_path, HEADING, "1,2,major", row, skip_bad=True).pairs == 1


@pytest.mark.parametrize("heading", ["rxcui_a,severity", "rxcui_a,rxcui_b", "a;b;c", ""])
def test_a_heading_that_lacks_a_column_is_refused(tmp_path: Path, heading: str) -> None:
    with pytest.raises(BadFile, match="the heading lacks"):
        read(tmp_path, heading, "1,2,major")


def test_a_table_without_a_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="not one pair"):
        read(tmp_path, HEADING)


def test_nothing_but_faults_stops_early(tmp_path: Path) -> None:
    with pytest.raises(BadFile) as refused:
        read(tmp_path, HEADING, *["x,y,z"] * 3000, skip_bad=True)
    assert len(refused.value.faults) == table.MOST_FAULTS


def test_the_fourteen_file_table_loads_whole(shared: Path) -> None:
    path = shared / "datasets" / "ddinter" / "ddinter_14files_by_rxcui.csv"
    told: list[int] = []
    salts = {one.rxcui: one.ingredient_rxcui for one in shipped.tables().synonyms}
    found = table.parse(path, salts, progress=told.append)
    assert found.rows == 178_920
    assert len(told) == 8
    known = shipped.knowledge(listed(found), rules=False)
    for names, severity in [
        (("lithium", "ibuprofen"), "major"),
        (("valproate", "lamotrigine"), "major"),
        (("sertraline", "tramadol"), "major"),
    ]:
        (finding,) = check(shipped.regimen(known, *names), known).findings
        assert finding.severity.word == severity
