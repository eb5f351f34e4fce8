"""The tables in data/demo as values; a row that makes no sense is refused with its file and line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from interactions.importers import rows
from medmgmt.record.dosing import KINDS_WITH_SIG, Sig

FOLDER = Path(__file__).resolve().parents[2] / "data" / "demo"
LEVELS = {"php": "partial_hospitalisation", "iop": "intensive_outpatient", "op": "outpatient"}
Row = dict[str, str]
T = TypeVar("T")


class BadTable(ValueError):
    """A row of the demo tables that makes no sense; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of patient; days count from today."""

    name: str
    patients: int
    at_hillside: int
    sex: str
    ages: tuple[int, int]
    levels: tuple[tuple[str, int], ...]
    conditions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one medicine of a template."""

    template: str
    drug: str
    strength: str
    form: str
    indication: str
    kind: str
    day: int
    sig: Sig | None
    supply_days: int | None
    runs_out_in: int | None
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number drawn between two, or a state."""

    template: str
    code: str
    day: int
    low: Decimal | None
    high: Decimal | None
    value_code: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order written today; `answer` is the reason with which its findings are accepted, blank for none."""

    template: str
    drug: str
    strength: str
    form: str
    indication: str
    sig: Sig
    reason: str
    note: str
    answer: str
    answer_note: str
    follow_up: str
    follow_up_days: int
    sign: bool
    ask: bool
    """For the second signature, instead of signing: what is contraindicated waits for the pharmacist."""


@dataclass(frozen=True, slots=True)
class SideEffect:
    """A report made today of something that began some days ago."""

    template: str
    term: str
    severity: str
    began_day: int
    outcome: str
    action_taken: str
    reporter: str
    note: str


@dataclass(frozen=True, slots=True)
class Refill:
    """What was written for the pharmacy, and whether the patient has asked for more."""

    template: str
    drug: str
    issued_day: int
    refills: int
    asked: bool


@dataclass(frozen=True, slots=True)
class Todo:
    """A task that waits for somebody."""

    template: str
    kind: str
    role: str
    assignee: str
    priority: int
    due_hours: int
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """An allergy or intolerance that some patients have."""

    substance: str
    kind: str
    reaction: str
    severity: str


@dataclass(frozen=True, slots=True)
class Name:
    """A given or family name; `sex` is "any" for family names."""

    part: str
    name: str
    sex: str
    language: str


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works here; no team for the administrator."""

    username: str
    given_name: str
    family_name: str
    role: str
    team: str


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything that the demo clinic is made from."""

    templates: tuple[Template, ...]
    steps: tuple[Step, ...]
    measurements: tuple[Measurement, ...]
    orders: tuple[Order, ...]
    refills: tuple[Refill, ...]
    side_effects: tuple[SideEffect, ...]
    todos: tuple[Todo, ...]
    reactions: tuple[Reaction, ...]
    names: tuple[Name, ...]
    places: tuple[tuple[str, int], ...]
    staff: tuple[Staff, ...]


def read(folder: Path = FOLDER) -> Tables:
    """All tables of the folder; BadTable for the first row that makes no sense."""
    return Tables(
        templates=_read(folder / "templates.csv", _template),
        steps=_read(folder / "regimens.csv", _step),
        measurements=_read(folder / "observations.csv", _measurement),
        orders=_read(folder / "orders.csv", _order),
        refills=_read(folder / "refills.csv", _refill),
        side_effects=_read(folder / "side_effects.csv", _side_effect),
        todos=_read(folder / "tasks.csv", _todo),
        reactions=_read(folder / "allergies.csv", lambda row: Reaction(**row)),
        names=_read(folder / "names.csv", lambda row: Name(**row)),
        places=_read(folder / "places.csv", lambda row: (row["time_zone"], int(row["share"]))),
        staff=_read(folder / "staff.csv", lambda row: Staff(**row)),
    )


def _read(path: Path, make: Callable[[Row], T]) -> tuple[T, ...]:
    return tuple(_made(path, make))


def _made(path: Path, make: Callable[[Row], T]) -> Iterator[T]:
    for line, row in rows.read(path):
        try:
            yield make(row)
        except (ValueError, KeyError, TypeError, InvalidOperation) as wrong:
            raise BadTable(f"{path.name}, line {line}: {wrong}") from wrong


def _template(row: Row) -> Template:
    return Template(
        name=row["template"],
        patients=int(row["patients"]),
        at_hillside=int(row["hillside"]),
        sex=row["sex"],
        ages=(int(row["age_from"]), int(row["age_to"])),
        levels=tuple(_level(text) for text in row["levels"].split(";")),
        conditions=tuple(_condition(text) for text in row["conditions"].split(";")),
    )


def _level(text: str) -> tuple[str, int]:
    level, day = text.strip().split(":")
    return LEVELS[level], int(day)


def _condition(text: str) -> tuple[str, str]:
    code, words = text.strip().split(" ", 1)
    return code, words


def _step(row: Row) -> Step:
    return Step(
        template=row["template"],
        drug=row["drug"],
        strength=row["strength"],
        form=row["form"],
        indication=row["indication"],
        kind=row["kind"],
        day=int(row["day"]),
        sig=_sig(row) if row["kind"] in KINDS_WITH_SIG else None,
        supply_days=_number(row["supply_days"]),
        runs_out_in=_number(row["runs_out_in"]),
        reason=row["reason"],
        note=row["note"],
    )


def _sig(row: Row) -> Sig:
    most = row["max_per_day"]
    return Sig(
        amount=Decimal(row["amount"]),
        unit=row["unit"],
        route=row["route"],
        timing=row["timing"],
        every_days=_number(row.get("every_days", "")),
        as_needed=bool(most),
        max_per_day=Decimal(most) if most else None,
    )


def _number(text: str) -> int | None:
    return int(text) if text else None


def _measurement(row: Row) -> Measurement:
    low, high = (Decimal(row[name]) if row[name] else None for name in ("low", "high"))
    if (low is None) == (row["value_code"] == ""):
        raise ValueError("a measurement is either a number or a state")
    return Measurement(row["template"], row["code"], int(row["day"]), low, high, row["value_code"])


def _order(row: Row) -> Order:
    return Order(
        template=row["template"],
        drug=row["drug"],
        strength=row["strength"],
        form=row["form"],
        indication=row["indication"],
        sig=_sig(row),
        reason=row["reason"],
        note=row["note"],
        answer=row["answer"],
        answer_note=row["answer_note"],
        follow_up=row["follow_up"],
        follow_up_days=_number(row["follow_up_days"]) or 0,
        sign=row["sign"] == "yes",
        ask=row["sign"] == "ask",
    )


def _refill(row: Row) -> Refill:
    return Refill(row["template"], row["drug"], int(row["issued_day"]), int(row["refills"]), row["asked"] == "yes")


def _side_effect(row: Row) -> SideEffect:
    return SideEffect(**{**row, "began_day": int(row["began_day"])})  # type: ignore[arg-type] # the columns are the fields


def _todo(row: Row) -> Todo:
    numbers = {"priority": int(row["priority"]), "due_hours": int(row["due_hours"])}
    return Todo(**{**row, **numbers})  # type: ignore[arg-type] # the columns are the fields
