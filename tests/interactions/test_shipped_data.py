"""The shipped tables: that they are whole, and that codes meet."""

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from interactions.engine.check import check
from interactions.engine.findings import Judgement
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Allergy, CrossTaper, Lab, Regimen
from interactions.engine.rulebook import RuleBook
from interactions.importers import clinical
from interactions.importers.faults import BadFile
from tests.interactions import shipped


def test_the_shipped_tables_are_whole() -> None:
    found = shipped.tables()
    assert (len(found.rules), len(found.terms), sum(drug.in_rules for drug in found.drugs)) == (742, 130, 704)
    coded = [drug for drug in found.drugs if drug.rxcui is not None]
    assert len(coded) > 560
    assert len({drug.rxcui for drug in coded}) == len(coded), "no code names two drugs"
    assert {drug.key for drug in found.drugs if drug.group == "psychotropic" and not drug.ingredients} == set()


@pytest.mark.parametrize(
    ("name", "rxcui"),
    [("Lithium Carbonate", 6448), ("valproic acid", 40254), ("divalproex sodium", 40254), ("Depakote", 40254)],
)
def test_salts_are_their_ingredient(name: str, rxcui: int) -> None:
    entry = shipped.alone().catalogue.named(name)
    assert entry is not None
    assert entry.rxcui == rxcui


@pytest.mark.parametrize(
    ("salt", "key"), [(42351, "lithium"), (11118, "valproate"), (9899, "sodium oxybate"), (203204, "bupropion")]
)
def test_codes_of_salts_are_their_ingredient(salt: int, key: str) -> None:
    entry = shipped.alone().catalogue.coded(salt)
    assert entry is not None
    assert entry.key == key


@pytest.mark.parametrize(
    ("product", "ingredients"),
    [
        ("aripiprazole lai monthly", {89013}),
        ("Vivitrol", {7243}),
        ("olanzapine-fluoxetine", {61381, 4493}),
        ("Adderall", {725, 3288}),
    ],
)
def test_products_know_what_is_in_them(product: str, ingredients: set[int]) -> None:
    entry = shipped.alone().catalogue.named(product)
    assert entry is not None
    assert set(entry.ingredients) == ingredients


def test_a_name_may_say_the_product_but_not_another_drug_than_the_code() -> None:
    catalogue = shipped.alone().catalogue
    resolved = [
        catalogue.resolve("aripiprazole lai monthly", 89013),
        catalogue.resolve("sertraline", 89013),
        catalogue.resolve("unheard of", 89013),
        catalogue.resolve("sertraline", 123456789),
        catalogue.resolve("Lithium carbonate", 42351),
    ]
    keys = [entry.key if entry else None for entry in resolved]
    assert keys == ["aripiprazole lai monthly", "aripiprazole", "aripiprazole", "sertraline", "lithium"]
    assert catalogue.resolve("unheard of", 123456789) is None


def test_no_two_drugs_claim_one_name() -> None:
    claimed: dict[str, str] = {}
    for drug in shipped.tables().drugs:
        for name in {drug.name.casefold(), *map(str.casefold, drug.aliases)}:
            assert claimed.setdefault(name, drug.key) == drug.key, name


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the shipped tables to break."""
    for name in clinical.FILES:
        (tmp_path / name).write_bytes((shipped.DATA / name).read_bytes())
    return tmp_path


def spoil(path: Path, column: str, value: str, line: int = 2) -> None:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    rows[line - 2][column] = value
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("file", "column", "value", "reason"),
    [
        ("pair_rules.csv", "severity", "awful", "awful"),
        ("pair_rules.csv", "condition_code", "full_moon", "is not understood"),
        ("pair_rules.csv", "a", "sertralin", "names 'sertralin', which is not there"),
        ("pair_rules.csv", "b", "set:ssris", "names 'set:ssris', which is not there"),
        ("drug_sets.csv", "member", "nobody", "names 'nobody'"),
        ("side_effects.csv", "associations", "sertraline=sometimes", "the likelihood 'sometimes'"),
        ("side_effects.csv", "associations", "sertralin=common", "names 'sertralin'"),
        ("drugs.csv", "rxcui", "abc", "ValueError"),
        ("drugs.csv", "screened_as", "nobody", "names 'nobody'"),
    ],
)
def test_a_row_that_would_silently_never_match_refuses_the_release(
    broken: Path, file: str, column: str, value: str, reason: str
) -> None:
    spoil(broken / file, column, value)
    with pytest.raises(BadFile) as refused:
        clinical.parse(broken)
    assert any(reason in fault.reason and fault.file == file for fault in refused.value.faults)


def test_a_missing_file_is_named(broken: Path) -> None:
    (broken / "side_effects.csv").unlink()
    with pytest.raises(BadFile, match=r"side_effects.csv, line 1: the file is missing"):
        clinical.parse(broken)


@pytest.mark.parametrize(
    ("file", "column", "value", "reason"),
    [
        ("derived_pairs.csv", "when", "low.charm>=2", "the comparison 'low.charm>=2' is not understood"),
        ("derived_pairs.csv", "severity", "awful", "awful"),
        ("derived_words.csv", "code", "D99", "derived_words says nothing of D01"),
        ("cumulative_loads.csv", "when", "mood>=3", "the figure 'mood>=3' is not understood"),
        ("cumulative_words.csv", "code", "C99", "cumulative_words says nothing of C04"),
        ("engine_numbers.csv", "name", "patience", "patience, steady_days is missing or not known"),
        ("engine_numbers.csv", "value", "awful", "steady_days cannot be 'awful'"),
    ],
)
def test_a_derivation_that_is_not_understood_refuses_the_release(
    broken: Path, file: str, column: str, value: str, reason: str
) -> None:
    spoil(broken / file, column, value)
    with pytest.raises(BadFile, match=reason):
        clinical.parse(broken)


def test_without_the_tables_of_derivations_nothing_is_derived() -> None:
    found = shipped.tables()
    bare = {name: rows for name, rows in found.tables.items() if not name.startswith("derived")}
    book = RuleBook("medmgmt", "1", shipped.RELEASED, drugs=found.drugs, rules=(), sets=found.sets, tables=bare)
    whole = RuleBook(
        "medmgmt", "1", shipped.RELEASED, drugs=found.drugs, rules=(), sets=found.sets, tables=found.tables
    )
    said = []
    for one in (book, whole):
        known = Knowledge.of(books=(one,), data_sets=(), catalogue=shipped.catalogue())
        said.append(
            {finding.problem for finding in check(shipped.regimen(known, "haloperidol", "methadone"), known).findings}
        )
    assert "qt_prolongation" in said[1] - said[0]


@pytest.mark.parametrize(
    ("table", "code", "drugs"),
    [
        ("derived_pairs", "D05", ("haloperidol", "methadone")),
        ("derived_levels", "D01", ("fluvoxamine", "ropinirole")),
        ("cumulative_loads", "C05", ("haloperidol", "methadone", "citalopram")),
    ],
)
def test_a_grade_changed_in_its_table_is_the_grade_of_the_finding(
    table: str, code: str, drugs: tuple[str, ...]
) -> None:
    grades = ("severity", "raised", "severity_narrow")
    graded = []
    for word in (None, "minor", "contraindicated"):
        tables = dict(shipped.tables().tables)
        if word is not None:
            changed = [row | {name: word for name in grades if name in row} for row in tables[table]]
            tables[table] = tuple(changed)
        found = shipped.tables()
        book = RuleBook("medmgmt", "1", shipped.RELEASED, drugs=found.drugs, rules=(), sets=found.sets, tables=tables)
        known = Knowledge.of(books=(book,), data_sets=(), catalogue=shipped.catalogue())
        findings = check(shipped.regimen(known, *drugs), known).findings
        graded += [
            grade.severity.word for one in findings if one.refs == tuple(sorted(drugs)) for grade in one.sources
            if grade.rule_id == code
        ]  # fmt: skip
    assert graded[1:] == ["minor", "contraindicated"]
    assert graded[0] in ("moderate", "major")


def judged_by(changes: dict[str, str], regimen: Callable[[Knowledge], Regimen]) -> Judgement:
    """What is said of a regimen by the shipped tables with other engine numbers."""
    found = shipped.tables()
    rows = [row | {"value": changes.get(row["name"], row["value"])} for row in found.tables["engine_numbers"]]
    tables = found.tables | {"engine_numbers": tuple(rows)}
    book = RuleBook("medmgmt", "1", shipped.RELEASED, drugs=found.drugs, rules=(), sets=found.sets, tables=tables)
    known = Knowledge.of(books=(book,), data_sets=(), catalogue=shipped.catalogue())
    return check(regimen(known), known)


def since(days: int, *names: str, **facts: Any) -> Callable[[Knowledge], Regimen]:
    """These drugs, unchanged for so long."""
    return lambda known: shipped.regimen(known, *(shipped.drug(known, one, started_on=-days) for one in names), **facts)


QTC = Lab("qtc", Decimal(440), shipped.DAY, earlier=Decimal(370))
RASH = Allergy("lamotrigine")
SWITCH = CrossTaper(frozenset({"sertraline", "venlafaxine"}), shipped.DAY - timedelta(days=10))


@pytest.mark.parametrize(
    ("name", "value", "regimen"),
    [
        ("settled_days", "60", since(40, "clonidine", "prazosin")),
        ("switch_days", "5", since(40, "sertraline", "venlafaxine", cross_tapers=(SWITCH,))),
        ("qtc_rise_ms", "80", since(40, "citalopram", labs=(QTC,))),
        ("qtc_rise", "major", since(40, "citalopram", labs=(QTC,))),
        ("new_lab_days", "-1", since(40, "citalopram", labs=(QTC,))),
        ("lab_valid_days", "-1", since(40, "citalopram", labs=(QTC,))),
        ("allergy", "contraindicated", since(40, "lamotrigine", allergies=(RASH,))),
        ("half_lives_to_steady_state", "50", since(1, "fluvoxamine", "tizanidine", "clozapine", "olanzapine")),
        ("induction_fades_days", "99", since(1, "carbamazepine", "quetiapine")),
    ],
)
def test_a_number_changed_in_its_table_changes_what_is_said(
    name: str, value: str, regimen: Callable[[Knowledge], Regimen]
) -> None:
    usual, changed = judged_by({}, regimen), judged_by({name: value}, regimen)
    assert (usual.findings, usual.not_checked) != (changed.findings, changed.not_checked)
