"""A table of pairs by RxCUI, as a hospital may export it from what it has licensed.

Columns (UTF-8 CSV with a heading; the order is free):
  rxcui_a, rxcui_b            RxNorm codes; salts, esters, brands and products are taken as their ingredient
  severity (or level)         contraindicated, major, moderate, minor or ungraded (unknown)
  name_a, name_b              optional, as the source calls them; ddinter_names_a, ddinter_names_b are taken as well;
                              a name that is another drug's than the code refuses the row
  mechanism, effect, management, source   optional texts for the pair
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from interactions.engine.catalogue import Catalogue
from interactions.engine.data_set import Note, SourceDrug
from interactions.engine.pair_table import LARGEST, NUMBER_BITS
from interactions.engine.severity import NAMED, Severity
from interactions.importers.faults import BadFile, Fault
from interactions.importers.naming import split_bracket
from interactions.importers.pair_import import Conflict, PairImport, arranged

LEVELS = {**NAMED, "unknown": Severity.UNGRADED}
TEXTS = ("mechanism", "effect", "management", "source")
MOST_FAULTS = 1000
NO_TEXTS = Note()
NO_RXNORM = "none of its codes is an RxCUI that is known here ({} ...): it seems to be written in other codes"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each column stands; None for one that the file does not have."""

    a: int
    b: int
    level: int
    name_a: int | None
    name_b: int | None
    texts: tuple[int | None, ...]
    width: int

    @classmethod
    def of(cls, heading: list[str], file: str) -> "_Columns":
        places = {name.strip().casefold(): place for place, name in enumerate(heading)}
        level = places.get("severity", places.get("level"))
        missing = [name for name in ("rxcui_a", "rxcui_b") if name not in places]
        if missing or level is None:
            needed = ", ".join([*missing, *([] if level is not None else ["severity"])])
            raise BadFile([Fault(file, 1, f"the heading lacks {needed}")])
        return cls(
            a=places["rxcui_a"],
            b=places["rxcui_b"],
            level=level,
            name_a=places.get("name_a", places.get("ddinter_names_a")),
            name_b=places.get("name_b", places.get("ddinter_names_b")),
            texts=tuple(places.get(name) for name in TEXTS),
            width=len(heading),
        )


@dataclass
class _Reading:
    synonyms: Mapping[int, int]
    columns: _Columns
    catalogue: Catalogue
    by_text: dict[str, int] = field(default_factory=dict)
    """The code as it is written -> the drug's number."""
    numbers: dict[int, int] = field(default_factory=dict)
    """The ingredient's RxCUI -> the drug's number."""
    names: list[list[str]] = field(default_factory=list)
    grades: dict[int, int] = field(default_factory=dict)
    others: dict[int, set[int]] = field(default_factory=dict)
    notes: dict[int, Note] = field(default_factory=dict)
    texts: dict[Note, Note] = field(default_factory=dict)
    levels: dict[str, Severity] = field(default_factory=dict)
    same_ingredient: int = 0


def parse(
    path: Path,
    synonyms: Mapping[int, int],
    catalogue: Catalogue | None = None,
    *,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> PairImport:
    """Every row of the file. A bad row refuses it all (BadFile), or is left out and reported with `skip_bad`.

    The catalogue tells which codes are products and what the names say. BadFile where it knows of no code at all.
    """
    known = catalogue or Catalogue([])
    faults: list[Fault] = []
    rows = 0
    with path.open(encoding="utf-8-sig", newline="") as lines:
        cells = csv.reader(lines)
        reading = _Reading(synonyms, _Columns.of(next(cells, []), path.name), known)
        for row in cells:
            fault = _take(row, reading)
            if fault:
                faults.append(Fault(path.name, cells.line_num, fault))
                if len(faults) >= MOST_FAULTS:
                    raise BadFile(faults)
                continue
            rows += 1
            if progress is not None and rows % 20_000 == 0:
                progress(rows)
    if faults and not skip_bad:
        raise BadFile(faults)
    if not reading.grades:
        raise BadFile([*faults, Fault(path.name, 1, "there is not one pair in it")])
    strangers = [rxcui for rxcui, number in reading.numbers.items() if not _is_findable(rxcui, number, reading)]
    if known.drugs and len(strangers) == len(reading.numbers):
        raise BadFile([Fault(path.name, 1, NO_RXNORM.format(", ".join(map(str, strangers[:5]))))])
    drugs = [_drug(rxcui, reading.names[number]) for rxcui, number in reading.numbers.items()]
    ordered, table, notes = arranged(drugs, reading.grades, reading.notes)
    conflicts = tuple(_conflicts(reading, drugs))
    of = tuple(strangers) if known.drugs else ()
    return PairImport(ordered, table, rows, conflicts=conflicts, faults=tuple(faults), notes=notes, strangers=of)


def _is_findable(rxcui: int, number: int, reading: _Reading) -> bool:
    """Whether anybody's medicine can be this one: by its name, or by a code that is known."""
    known = reading.catalogue
    return bool(reading.names[number]) or known.coded(rxcui) is not None or rxcui in known.made_of


def _take(row: list[str], reading: _Reading) -> str:
    """Keep one row; the reason in words when it cannot be kept."""
    columns = reading.columns
    if len(row) != columns.width:
        return f"{len(row)} cells instead of {columns.width}"
    a, b = reading.by_text.get(row[columns.a]), reading.by_text.get(row[columns.b])
    if a is None or b is None:
        fault = _new_code(row, columns.a, columns.name_a, reading) or _new_code(row, columns.b, columns.name_b, reading)
        if fault:
            return fault
        a, b = reading.by_text[row[columns.a]], reading.by_text[row[columns.b]]
    grade = reading.levels.get(row[columns.level]) or _level(row[columns.level], reading)
    if grade is None:
        return f"the severity {row[columns.level]!r} is none of {', '.join(LEVELS)}"
    if a == b:
        if row[columns.a] == row[columns.b]:
            return "a drug stands against itself"
        reading.same_ingredient += 1
        return ""
    code = a << NUMBER_BITS | b if a > b else b << NUMBER_BITS | a
    known = reading.grades.setdefault(code, grade)
    if known != grade:
        reading.others.setdefault(code, {known}).add(grade)
        reading.grades[code] = max(known, grade)
    if reading.columns.texts != (None, None, None, None):
        _keep_texts(row, code, reading, leads=grade >= known)
    return ""


def _level(text: str, reading: _Reading) -> Severity | None:
    grade = LEVELS.get(text.strip().casefold())
    if grade is not None:
        reading.levels[text] = grade
    return grade


def _new_code(row: list[str], place: int, name_place: int | None, reading: _Reading) -> str:
    text = row[place]
    if text in reading.by_text:
        return ""
    if not text.strip().isdecimal() or not 0 < int(text) < 2**31:
        return f"{text!r} is not an RxCUI"
    named = [name for name in row[name_place].split("|") if name.strip()] if name_place is not None else []
    rxcui, fault = _ingredient(int(text), named, reading)
    if fault:
        return fault
    number = reading.numbers.setdefault(rxcui, len(reading.numbers))
    if number == len(reading.names):
        reading.names.append([])
    reading.by_text[text] = number
    reading.names[number] += named
    return ""


def _ingredient(code: int, named: list[str], reading: _Reading) -> tuple[int, str]:
    """The ingredient that a code stands for; and in words why it stands for none, or not for what it is called."""
    catalogue = reading.catalogue
    for name in named:
        both = catalogue.contradicted(split_bracket(name)[0] or name, code)
        if both is not None and both[1]:
            return 0, f"{name!r} is {both[0]}, and RxCUI {code} is {both[1]}"
    if code in reading.synonyms or not catalogue.is_product(code):
        return reading.synonyms.get(code, code), ""
    of, whole = catalogue.made_of[code], catalogue.coded(code)
    if whole is not None and whole.rxcui is not None:
        return catalogue.ingredient(whole.rxcui), ""
    if len(of.rxcuis) > 1:
        return 0, f"RxCUI {code} is a product of several ingredients ({of.name}): give their pairs one by one"
    return reading.synonyms.get(of.rxcuis[0], of.rxcuis[0]), ""


def _keep_texts(row: list[str], code: int, reading: _Reading, *, leads: bool) -> None:
    note = Note(*("" if place is None else row[place].strip() for place in reading.columns.texts))
    if note != NO_TEXTS and (leads or code not in reading.notes):
        reading.notes[code] = reading.texts.setdefault(note, note)


def _drug(rxcui: int, names: list[str]) -> SourceDrug:
    """A drug of which the source knows only bracketed names is meant on those routes alone."""
    split = [split_bracket(name) for name in names]
    if names and all(base for base, _ in split):
        variants = "|".join(sorted({variant for _, variant in split}))
        return SourceDrug(name=names[0], base=split[0][0], variant=variants, rxcui=rxcui)
    plain = next((name for name, (base, _) in zip(names, split, strict=True) if not base), f"RxCUI {rxcui}")
    return SourceDrug(name=plain, rxcui=rxcui)


def _conflicts(reading: _Reading, drugs: list[SourceDrug]) -> Iterator[Conflict]:
    for code, grades in sorted(reading.others.items()):
        a, b = sorted((drugs[code >> NUMBER_BITS].name, drugs[code & LARGEST].name))
        yield Conflict(a, b, tuple(Severity(grade).word for grade in sorted(grades)))
