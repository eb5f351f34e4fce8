"""The page of one drug: what the rules in use say of it, who here reviewed each row, and what is new in them."""

from dataclasses import dataclass

from interactions import evidence, library
from interactions.evidence import Change, Row
from interactions.models import LocalChange, LocalState, Release, RowVerdict
from medmgmt.record import access
from medmgmt.record.models import User

MOST_FOUND = 20
FIRST = (evidence.DRUGS, evidence.CLASSES, evidence.MODIFIERS, evidence.RULES)
"""What is read first; the other tables follow by name."""


@dataclass(frozen=True)
class Line:
    """One row, and the verdict that holds on it."""

    row: Row
    verdict: RowVerdict | None

    @property
    def table(self) -> str:
        """Of the row."""
        return self.row.table

    @property
    def said(self) -> list["Cell"]:
        """What the row says, field by field; what is nothing is left out."""
        verified, meanings = self.row.cells.get("verified_fields", "").split(";"), evidence.meanings()
        return [
            Cell(name, cell.replace(";", "; "), meanings.get((self.row.table, name), ""), name in verified)
            for name, cell in self.row.said().items()
        ]


@dataclass(frozen=True)
class Cell:
    """One field of a row; `is_verified` where the row says that this one field was held against its source."""

    name: str
    text: str
    meaning: str
    is_verified: bool


@dataclass(frozen=True)
class Differences:
    """What one release says otherwise than the one of the same source before it; `before` is None for the first."""

    release: Release
    before: Release | None
    changes: list[Change]


@dataclass(frozen=True)
class DrugPage:
    """Everything about one drug; it names no patient."""

    drug_id: int
    name: str
    lines: list[Line]
    differences: list[Differences]
    own: list[LocalChange]
    """Changes of the clinic's own that hold, on the drug or a class of it."""

    @property
    def tables(self) -> list[tuple[str, list[Line]]]:
        """The rows by table, what the drug is and does first."""
        names = dict.fromkeys([*FIRST, *sorted({line.table for line in self.lines})])
        found = [(name, [line for line in self.lines if line.table == name]) for name in names]
        return [(name, lines) for name, lines in found if lines]

    @property
    def unreviewed(self) -> int:
        """Rows on which nobody here has said anything."""
        return sum(line.verdict is None for line in self.lines)


def drug(by: User, drug_id: int) -> DrugPage:
    """The page of the drug that has this number in any release; NoSuchDrug for none."""
    access.require(by, "view_knowledge")
    name = evidence.name_of(drug_id)
    rows, differences = [], []
    for release in evidence.in_use():
        now, older = evidence.about(release, name), evidence.before(release)
        rows += now
        changed = evidence.changes(evidence.about(older, name), now) if older else []
        differences.append(Differences(release, older, changed))
    held = evidence.verdicts([row.sha256 for row in rows])
    lines = [Line(row, held.get(row.sha256)) for row in rows]
    return DrugPage(drug_id, name, lines, differences, _own(name))


def _own(name: str) -> list[LocalChange]:
    sides = library.sides_of(name)
    holds = LocalChange.objects.filter(state=LocalState.APPROVED).select_related("author", "decided_by")
    return [change for change in holds if not sides.isdisjoint(f"{change.a};{change.b}".split(";"))]


def search(by: User, text: str) -> list[tuple[int, library.FoundDrug]]:
    """Drugs of the rules in use that somebody may have meant, best first, each with the number of its page."""
    access.require(by, "view_knowledge")
    found = library.search(text, limit=MOST_FOUND)
    numbers = evidence.numbers([one.key for one in found])
    return [(numbers[one.key], one) for one in found if one.key in numbers]
