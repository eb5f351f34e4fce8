"""The tables of data/ make sense, and a table that does not is refused by file and line."""

import csv
import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from medmgmt.management.tables import cells, sheets
from medmgmt.management.tables.check import check
from medmgmt.management.tables.sheets import Column

DATA = Path(settings.BASE_DIR) / "data"
CHANGED_BY = ("pharmacist", "administrator", "whoever tends")


class Spoilt(NamedTuple):
    """A cell that must be refused, with the words of the refusal; of rows with these cells the first that is free."""

    file: str
    column: str
    value: str
    reason: str
    where: dict[str, str] = {}


class Added(NamedTuple):
    """A row that must be refused: a copy of the first with these cells, changed so and put at the end."""

    file: str
    where: dict[str, str]
    changes: dict[str, str]
    reason: str


NAMELESS = "names no drug that the rules know"
SPOILT_CELLS = [
    Spoilt("pair_rules.csv", "a", "sertralin", NAMELESS),
    Spoilt("pair_rules.csv", "b", "set:ssris", NAMELESS),
    Spoilt("pair_rules.csv", "severity", "awful", "'awful' is none of"),
    Spoilt("pair_rules.csv", "source", "", "source is blank"),
    Spoilt("pair_rules.csv", "confidence", "sure", "'sure' is none of"),
    Spoilt("pair_rules.csv", "mechanism_type", "magic", "'magic' is none of"),
    Spoilt("pair_rules.csv", "problem_tag", "bad_luck", "no problem that card_information.csv can describe"),
    Spoilt("pair_rules.csv", "applies_days_after_stop_a", "soon", "no whole number"),
    Spoilt("pair_rules.csv", "applies_days_after_stop_b", "-3", "-3 is negative"),
    Spoilt("pair_rules.csv", "condition_code", "full_moon", "is not understood"),
    Spoilt("pair_rules.csv", "condition_code", "lithium.tdd>900=>minor", "'lithium' is on neither side"),
    Spoilt("pair_rules.csv", "condition_code", "skip_if_member:lithium", "'lithium' is on neither side"),
    Spoilt("pair_rules.csv", "condition_code", "skip_if_active_set:nobodies", "a class that is not there"),
    Spoilt("pair_rules.csv", "condition_code", "else:minor", "without a condition before it"),
    Spoilt("drug_sets.csv", "member", "nobody", "no drug that the rules know"),
    Spoilt("roles.csv", "member", "set:nobodies", NAMELESS),
    Spoilt("alternatives.csv", "never", "lithium;set:nobodies", "'set:nobodies' names no drug that the rules know"),
    Spoilt("drugs.csv", "aliases", "Exxua;exxua", "is named twice"),
    Spoilt("drugs.csv", "aliases", "Exxua;;Zulresso", "has an empty part"),
    Spoilt("drugs.csv", "rxcui", "12a", "no RxCUI"),
    Spoilt("drugs.csv", "ingredients", "1827;0", "no RxCUI"),
    Spoilt("drugs.csv", "atc", "N05", "no ATC code"),
    Spoilt("drugs.csv", "half_life_h", "long", "no number"),
    Spoilt("drugs.csv", "max_daily_dose_mg", "-10", "no figure that can be"),
    Spoilt("drugs.csv", "serotonergic", "4", "not between 0 and 3"),
    Spoilt("drugs.csv", "cyp_substrate", "CYP3A4:huge", "no enzyme with a grade"),
    Spoilt("drugs.csv", "pgp", "passenger", "'passenger' is none of"),
    Spoilt("drugs.csv", "narrow_ti", "maybe", "'maybe' is none of"),
    Spoilt("drugs.csv", "screened_as", "nobody", "no drug that the rules know"),
    Spoilt("ingredient_synonyms.csv", "ingredient_rxcui", "99999999", "no RxCUI of drugs.csv"),
    Spoilt("attribute_dose_modifiers.csv", "condition", "single_dose_mg<=150 once", "is not understood"),
    Spoilt("attribute_dose_modifiers.csv", "condition", "route=NOSE", "'NOSE' is no route"),
    Spoilt("attribute_dose_modifiers.csv", "attribute", "charm", "no column of drugs.csv"),
    Spoilt("side_effects.csv", "associations", "sertraline=sometimes", "the likelihood 'sometimes'"),
    Spoilt("side_effects.csv", "associations", "sertralin=common", NAMELESS),
    Spoilt("side_effects.csv", "hpo_code", "HP:1", "no HPO code"),
    Spoilt("dose_checks.csv", "rule_id", "DR999", "not in dosing_rules.csv"),
    Spoilt("dose_checks.csv", "types", "max_dose;whim", "'whim' is none of"),
    Spoilt("dose_limits.csv", "drug", "class:Nothing", NAMELESS),
    Spoilt("dose_limits.csv", "when", "age>=65&age<18", "holds for nobody"),
    Spoilt("dose_limits.csv", "when", "egfr>30&egfr<=30", "holds for nobody"),
    Spoilt("dose_limits.csv", "when", "sex:M&pregnant", "holds for nobody"),
    Spoilt("dose_limits.csv", "when", "hepatic:A&hepatic:B", "holds for nobody"),
    Spoilt("dose_limits.csv", "when", "weather>3", "is not understood"),
    Spoilt("condition_rules.csv", "when", "condition:boredom", "names what is not there"),
    Spoilt("condition_rules.csv", "when", "with:nobody", "names what is not there"),
    Spoilt("condition_rules.csv", "when", "with:cyp:CYP9Z9:strong", "names what is not there"),
    Spoilt("condition_rules.csv", "when", "hepatic:D", "names what is not there"),
    Spoilt("condition_rules.csv", "when", "pgx:EYES=blue", "names what is not there"),
    Spoilt("condition_terms.csv", "icd10", "G40;seizures", "no beginning of an ICD-10-CM code"),
    Spoilt("risk_factors.csv", "fact", "shoe_size", "no fact about a person"),
    Spoilt("engine_numbers.csv", "value", "many", "steady_days cannot be 'many'"),
    Spoilt("engine_numbers.csv", "unit", "severity", "settled_days is not told in severity", {"name": "settled_days"}),
    Spoilt("risk_factors.csv", "conditions", "boredom", "'boredom' is no condition"),
    Spoilt("monitoring_rules.csv", "target", "nobody", NAMELESS),
    Spoilt("monitoring_rules.csv", "loinc", "751-9", "no LOINC code"),
    Spoilt("monitoring_rules.csv", "loinc_alt", "753-4;753", "no LOINC code"),
    Spoilt("monitoring_rules.csv", "schedule_segments", "9..3:7", "counts backwards"),
    Spoilt("monitoring_rules.csv", "schedule_segments", "weekly", "no interval"),
    Spoilt("monitoring_rules.csv", "thresholds", "<0.5 => panic: call", "'panic' is not in lab_actions.csv"),
    Spoilt("monitoring_rules.csv", "thresholds", "<0.5", "has no action"),
    Spoilt("observables.csv", "other_units", "mEq/L=many", "no unit with its factor"),
    Spoilt("lab_rules.csv", "lab", "phlogiston", "not in observables.csv"),
    Spoilt("lab_rules.csv", "attribute", "charm", "no effect of a drug"),
    Spoilt("symptom_rules.csv", "signs", "Nausee", "no term of side_effects.csv"),
    Spoilt("symptom_rules.csv", "signs", "condition:boredom", "is no condition"),
    Spoilt("red_flags.csv", "needs", "rash & boredom", "is no sign of red_flag_words.csv"),
    Spoilt("red_flag_words.csv", "words", "rash;.. rash", "is no phrase"),
    Spoilt("duplicate_classes.csv", "drug_class", "Best drugs", "no class of a drug in the rules"),
    Spoilt("card_monitoring.csv", "code", "moonlight", "not in observables.csv"),
    Spoilt("card_monitoring.csv", "drug", "always", NAMELESS),
    Spoilt("card_monitoring.csv", "monitoring_rule", "MR999", "not in monitoring_rules.csv"),
    Spoilt("derived_pairs.csv", "when", "low.charm>=2", "is not understood"),
    Spoilt("derived_pairs.csv", "when", "low.qt>=much", "is not understood"),
    Spoilt("derived_pairs.csv", "when", "one.set=nobodies", "'nobodies' is no class"),
    Spoilt("derived_pairs.csv", "mechanism", "{three} act alike", "{three} is nothing that can be filled in here"),
    Spoilt("derived_pairs.csv", "management", "{one", "expected '}'"),
    Spoilt("derived_advice.csv", "roles", "opioid;cook", "'cook' is no class"),
    Spoilt("cumulative_loads.csv", "when", "drugs>=3&mood>=2", "the figure 'mood>=2' is not understood"),
    Spoilt("cumulative_words.csv", "code", "C99", "not in cumulative_loads.csv"),
    Spoilt("cumulative_words.csv", "summary", "{count} drugs of {whom}", "{whom} is nothing that can be filled in"),
    Spoilt("passive_pairs.csv", "a", "set:ssri;nobody", "neither in drugs.csv nor a class"),
    Spoilt("lai_rules.csv", "window_late_days", "later", "no whole number"),
    Spoilt("lai_missed_doses.csv", "product", "sertraline", "not in lai_rules.csv"),
    Spoilt("lai_missed_doses.csv", "until", "27 moons", "no length of time"),
    Spoilt("refill_rules.csv", "scope", "drug:nobody", NAMELESS),
    Spoilt("refill_rules.csv", "value", "many", "no number"),
    Spoilt("adherence_classes.csv", "scope", "class:nothing", NAMELESS),
    Spoilt("overdose_risk.csv", "value", "set:nobodies", NAMELESS, {"kind": "toxic"}),
    Spoilt("overdose_risk.csv", "value", "sadness", "no beginning of an ICD-10-CM code", {"kind": "sign_icd10"}),
    Spoilt("overdose_risk.csv", "value", "weight", "'weight' is none of", {"kind": "sign_scale"}),
    Spoilt("service_levels.csv", "kind", "coffee", "'coffee' is none of"),
    Spoilt("service_levels.csv", "chain", "role>cook", "'cook' is none of"),
    Spoilt("site_hours.csv", "opens", "eight", "no time of day"),
    Spoilt("demo/levels.csv", "level", "spa", "'spa' is none of"),
    Spoilt("demo/levels.csv", "day", "yesterday", "no whole number"),
    Spoilt("demo/conditions.csv", "icd10cm", "sadness", "no ICD-10-CM code"),
    Spoilt("demo/regimens.csv", "patient", "nobody", "not in demo/patients.csv"),
    Spoilt("demo/regimens.csv", "amount", "fifty", "no number"),
    Spoilt("demo/regimens.csv", "route", "NOSE", "'NOSE' is none of"),
    Spoilt("demo/regimens.csv", "drug", "sertralin", "not in drugs.csv"),
    Spoilt("demo/regimens.csv", "timing", "whenever", "'whenever' is none of"),
    Spoilt("demo/observations.csv", "patient", "everybody", "not in demo/patients.csv"),
    Spoilt("demo/observations.csv", "code", "lithum", "'lithum' is not in observables.csv"),
    Spoilt("demo/observations.csv", "value_code", "perhaps", "no answer to", {"code": "smoking"}),
    Spoilt("demo/orders.csv", "follow_up", "observation:phq9", "nothing that can be done"),
    Spoilt("demo/side_effects.csv", "term", "tremmor", "no term of side_effects.csv"),
    Spoilt("demo/tasks.csv", "assignee", "nobody", "not in demo/staff.csv"),
    Spoilt("demo/patients.csv", "time_zones", "Europe/Madrid;Mars/Olympus", "no time zone"),
    Spoilt("fhir/products.csv", "listed_as", "nobody", "not in drugs.csv"),
    Spoilt("fhir/conditions.csv", "icd10cm", "depression", "no ICD-10-CM code"),
    Spoilt("columns.csv", "blank", "perhaps", "'perhaps' is none of", {"table": "columns.csv", "column": "meaning"}),
]
SENSELESS_ROWS = [
    Spoilt("drugs.csv", "washout_days", "", "in_rules is 1 and washout_days is blank", {"name": "atorvastatin"}),
    Spoilt("drugs.csv", "aliases", "Zoloft", "zoloft is sertraline already", {"name": "zaleplon"}),
    Spoilt("drugs.csv", "rxcui", "36437", "RxCUI 36437 is sertraline already", {"name": "zolpidem"}),
    Spoilt("drugs.csv", "screened_as", "trazodone", "it is screened as itself", {"name": "trazodone"}),
    Spoilt(
        "drug_sets.csv",
        "member",
        "lithium",
        "follows from drugs.csv, and lithium does not",
        {"set_name": "opioid_partial_agonists"},
    ),
    Spoilt(
        "drug_sets.csv",
        "member",
        "sertraline",
        "cyp2d6_strong_inhibitors follows from drugs.csv, and",
        {"set_name": "cyp2d6_strong_inhibitors"},
    ),
    Spoilt("attribute_dose_modifiers.csv", "value", "9", "not between 0 and 3", {"drug": "trazodone"}),
    Spoilt("attribute_dose_modifiers.csv", "condition", "route=IM", "by every route", {"drug": "methadone"}),
    Spoilt("dose_limits.csv", "limit", "", "compares with a limit", {"check": "day_max"}),
    Spoilt("dose_checks.csv", "limit", "", "compares with a limit", {"check": "start_max"}),
    Spoilt("condition_rules.csv", "when", "with:citalopram", "not taken with itself", {"drug": "citalopram"}),
    Spoilt("lab_rules.csv", "from", "200", "no value is 200 or more and below 125", {"rule_id": "LR001"}),
    Spoilt("lab_rules.csv", "below", "", "speaks of no figure", {"rule_id": "LR011"}),
    Spoilt("lab_rules.csv", "selector", "lithium", "either for an effect or for drugs", {"rule_id": "LR002"}),
    Spoilt("lab_rules.csv", "at_least", "3", "no drug has bradycardic 3", {"attribute": "bradycardic"}),
    Spoilt(
        "cumulative_loads.csv",
        "when",
        "drugs>=4&sum>=8",
        "line 2 holds before it",
        {"calm": "", "severity": "moderate"},
    ),
    Spoilt(
        "derived_pairs.csv",
        "when",
        "low.bleeding>=3&high.bleeding>=3",
        "holds before it",
        {"code": "D09", "severity": "moderate"},
    ),
    Spoilt("risk_factors.csv", "limit", "", "both its sign and its limit", {"code": "potassium<3.5"}),
    Spoilt("card_monitoring.csv", "source", "", "source and monitoring_rule are both blank", {"rule_id": "CM001"}),
    Spoilt("side_effects.csv", "onset_days_min", "900", "is above onset_days_max", {"term_id": "SE001"}),
    Spoilt("site_hours.csv", "opens", "23:00", "is above closes", {"key": "monday"}),
    Spoilt("demo/observations.csv", "value", "", "either a figure or a state", {"code": "weight"}),
]


SAID_TWICE = [
    Added("pair_rules.csv", {"rule_id": "PR002"}, {"rule_id": "PR999", "a": "set:snri", "b": "set:maoi_irreversible"},
          "line 3 says so already"),
    Added("passive_pairs.csv", {"a": "set:snri"}, {"a": "set:triptans", "b": "set:snri"}, "line 3 says so already"),
    Added("high_priority_pairs.csv", {"b": "set:ssri"}, {"a": "set:ssri", "b": "set:maoi_irreversible"},
          "line 2 says so already"),
    Added("condition_rules.csv", {"rule_id": "CR002"}, {"rule_id": "CR999"}, "line 3 says so already"),
    Added("dose_limits.csv", {"rule_id": "DL001"}, {"rule_id": "DL999"}, "line 2 says so already"),
    Added("food_rules.csv", {"rule_id": "FD001"}, {"rule_id": "FD999"}, "line 2 says so already"),
    Added("lab_rules.csv", {"rule_id": "LR001"}, {"rule_id": "LR999"}, "line 2 says so already"),
    Added("symptom_rules.csv", {"rule_id": "SR001"}, {"rule_id": "SR999"}, "line 2 says so already"),
    Added("card_monitoring.csv", {"rule_id": "CM001"}, {"rule_id": "CM999"}, "line 2 says so already"),
    Added("side_effects.csv", {"term_id": "SE001"}, {"term_id": "SE999"}, "line 2 says so already"),
]  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write(path: Path, written: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(written[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(written)


def copied(folder: Path) -> Path:
    shutil.copytree(DATA, folder)
    return folder


def spoil(folder: Path, spoilt: list[Spoilt]) -> list[str]:
    """Writes each wrong value into a row of its own; answers file and line of each."""
    used: set[tuple[str, str, int]] = set()
    places = []
    for one in spoilt:
        table = rows(folder / one.file)
        fitting = [place for place, row in enumerate(table) if one.where.items() <= row.items()]
        place = next(place for place in fitting if (one.file, one.column, place) not in used)
        used.add((one.file, one.column, place))
        table[place][one.column] = one.value
        write(folder / one.file, table)
        places.append(f"{one.file}, line {place + 2}: ")
    return places


def add(folder: Path, added: list[Added]) -> list[str]:
    """Puts each row at the end of its table; answers file and line of each."""
    places = []
    for one in added:
        table = rows(folder / one.file)
        table.append(next(row for row in table if one.where.items() <= row.items()) | one.changes)
        write(folder / one.file, table)
        places.append(f"{one.file}, line {len(table) + 1}: ")
    return places


def told(folder: Path) -> list[str]:
    return [str(fault) for fault in check(folder).faults]


def named(one: Spoilt | Added) -> str:
    said = f"{one.column} {one.value}" if isinstance(one, Spoilt) else "said twice"
    return f"{one.file} {said}"


Refused = tuple[list[str], list[str]]


@pytest.fixture(scope="module")
def of_cells(tmp_path_factory: pytest.TempPathFactory) -> Refused:
    """A copy with every wrong cell at once: where each stands, and what is told."""
    folder = copied(tmp_path_factory.mktemp("cells") / "data")
    return spoil(folder, SPOILT_CELLS), told(folder)


@pytest.fixture(scope="module")
def of_sense(tmp_path_factory: pytest.TempPathFactory) -> Refused:
    """A copy whose cells are sound and whose rows make no sense."""
    folder = copied(tmp_path_factory.mktemp("sense") / "data")
    return [*spoil(folder, SENSELESS_ROWS), *add(folder, SAID_TWICE)], told(folder)


def is_refused(refused: Refused, number: int, reason: str) -> bool:
    places, faults = refused
    return any(fault.startswith(places[number]) and reason in fault for fault in faults)


def test_the_shipped_tables_make_sense_and_the_command_counts_them() -> None:
    out = StringIO()
    call_command("check_data", stdout=out)
    assert out.getvalue().endswith("tables make sense.\n")
    checked = check(DATA)
    assert checked.faults == ()
    assert checked.tables == len(list(DATA.rglob("*.csv")))
    assert checked.rows == sum(len(rows(path)) for path in DATA.rglob("*.csv")) > 5000


@pytest.mark.parametrize(("number", "one"), list(enumerate(SPOILT_CELLS)), ids=map(named, SPOILT_CELLS))
def test_a_cell_that_cannot_be_is_refused_by_file_and_line(of_cells: Refused, number: int, one: Spoilt) -> None:
    assert is_refused(of_cells, number, one.reason), of_cells[0][number]


def test_nothing_else_is_refused_with_them(of_cells: Refused) -> None:
    places, faults = of_cells
    assert [fault for fault in faults if not fault.startswith(tuple(places))] == []


def test_every_kind_of_cell_has_an_example_that_is_refused() -> None:
    kinds = {(column.table, column.name): column.kind for of in sheets.columns(DATA).values() for column in of}
    shown = {kinds[one.file, one.column] for one in SPOILT_CELLS if one.value}
    assert set(cells.KINDS) - shown == {"text"}
    assert set(kinds.values()) == set(cells.KINDS), "and no kind is there for nothing"


@pytest.mark.parametrize(
    ("number", "one"), list(enumerate([*SENSELESS_ROWS, *SAID_TWICE])), ids=map(named, [*SENSELESS_ROWS, *SAID_TWICE])
)
def test_a_row_that_makes_no_sense_is_refused_by_file_and_line(
    of_sense: Refused, number: int, one: Spoilt | Added
) -> None:
    assert is_refused(of_sense, number, one.reason), of_sense[0][number]


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def cell_too_many(folder: Path) -> None:
    lines = lines_of(folder / "roles.csv")
    (folder / "roles.csv").write_text("".join([*lines[:2], lines[2].strip() + ",more\n", *lines[3:]]), encoding="utf-8")


def cell_too_few(folder: Path) -> None:
    with (folder / "roles.csv").open("a", encoding="utf-8") as table:
        table.write("opioid,codeine\n")


def space_behind(folder: Path) -> None:
    spoil(folder, [Spoilt("roles.csv", "why", "a reason ", "")])


def column_unknown(folder: Path) -> None:
    write(folder / "roles.csv", [row | {"mood": ""} for row in rows(folder / "roles.csv")])


def column_missing(folder: Path) -> None:
    write(folder / "roles.csv", [{"role": row["role"], "member": row["member"]} for row in rows(folder / "roles.csv")])


def column_twice(folder: Path) -> None:
    lines = lines_of(folder / "reactions.csv")
    (folder / "reactions.csv").write_text("kind,words,words\n" + "".join(lines[1:]), encoding="utf-8")


def table_missing(folder: Path) -> None:
    (folder / "demo" / "levels.csv").unlink()


def table_unknown(folder: Path) -> None:
    (folder / "demo" / "pets.csv").write_text("name\nRex\n", encoding="utf-8")


def key_twice(folder: Path) -> None:
    add(folder, [Added("lab_actions.csv", {"action_code": "ok"}, {}, "")])


@pytest.mark.parametrize(
    ("spoiling", "reason"),
    [
        (cell_too_many, "roles.csv, line 3: 4 cells where the heading has 3"),
        (cell_too_few, "2 cells where the heading has 3"),
        (space_behind, "roles.csv, line 2: 'a reason ' begins or ends with a space"),
        (column_unknown, "roles.csv, line 1: the column 'mood' is unknown"),
        (column_missing, "roles.csv, line 1: the column 'why' is missing"),
        (column_twice, "reactions.csv, line 1: the column 'words' stands there twice"),
        (table_missing, "demo/levels.csv, line 1: the file is missing"),
        (table_unknown, "demo/pets.csv, line 1: columns.csv does not describe it"),
        (key_twice, "already"),
    ],
)
def test_a_table_of_the_wrong_shape_is_refused(tmp_path: Path, spoiling: Callable[[Path], None], reason: str) -> None:
    folder = copied(tmp_path / "data")
    spoiling(folder)
    faults = told(folder)
    assert len(faults) == 1
    assert reason in faults[0]
    with pytest.raises(CommandError, match="1 faults"):
        call_command("check_data", "--from", folder, stdout=StringIO())


def test_a_rule_that_no_two_drugs_can_meet_is_refused_and_so_is_a_change_without_a_new_version(tmp_path: Path) -> None:
    folder = copied(tmp_path / "data")
    alone = {"rule_id": "PR999", "a": "sertraline", "b": "sertraline", "condition_code": ""}
    place = add(folder, [Added("pair_rules.csv", {"rule_id": "PR001"}, alone, "")])[0]
    faults = told(folder)
    assert [fault.startswith((place, "release.json, line 1: ")) for fault in faults] == [True, True]
    assert "PR999 can never fire" in faults[0]
    assert "give them a new version" in faults[1]
    about = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    about["sha256"] = faults[1].rsplit(" ", 1)[1]
    (folder / "release.json").write_text(json.dumps(about), encoding="utf-8")
    assert len(told(folder)) == 1


def test_a_comparison_that_no_two_drugs_meet_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path / "data")
    never = Added("derived_pairs.csv", {"code": "D05"}, {"when": "low.respiratory>=3"}, "")
    place = add(folder, [never])[0]
    assert told(folder)[0] == f"{place}low.respiratory>=3 can never hold: no two drugs are so"


@pytest.mark.parametrize(
    ("said", "reason"),
    [({"version": ""}, "does not say version"), ({"released_on": "yesterday"}, "'yesterday' is no day")],
)
def test_a_release_says_its_version_and_day(tmp_path: Path, said: dict[str, str], reason: str) -> None:
    folder = copied(tmp_path / "data")
    about = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    (folder / "release.json").write_text(json.dumps(about | said), encoding="utf-8")
    assert [reason in fault for fault in told(folder)] == [True]


def held(column: Column) -> str:
    """What the column holds, as the README says it."""
    words = column.argument.replace("|", ", ")
    said = {
        "word": f"one of: {words}",
        "words": f"some of: {words}",
        "enzymes": f"enzymes, each {words}",
        "known": column.argument,
        "sentence": f"sentence with {', '.join(f'`{{{name}}}`' for name in column.argument.split('|'))}",
        "whole": f"whole number {column.argument.replace('..', ' to ')}".strip(),
    }.get(column.kind, column.kind)
    return said + (", or blank" if column.may_be_blank else "")


def test_the_readme_says_of_each_table_its_columns_units_source_licence_and_who_may_change_it() -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    tables = sheets.columns(DATA)
    sections = {part.split("`")[1]: part for part in text.split("\n### ")[1:]}
    assert list(sections) == list(tables)
    for name, of in tables.items():
        told_lines = [line for line in sections[name].splitlines() if line.startswith(("| `", "| **"))]
        wanted = []
        for column in of:
            heading = f"**`{column.name}`**" if column.is_key else f"`{column.name}`"
            wanted.append(f"| {heading} | {held(column)} | {column.unit} | {column.meaning} |")
        assert told_lines == wanted, name
        source, licence, changed_by = (
            sections[name].split(f"*{word}*: ")[1] for word in ("Source", "Licence", "Changed by")
        )
        assert source[:1].isalnum(), name
        assert licence[:1].isalnum(), name
        assert any(who in changed_by.splitlines()[0] for who in CHANGED_BY), name
