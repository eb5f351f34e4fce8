"""The tables of the interaction release together: what its reader refuses, rules that never fire, and its version."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from interactions.engine import derived_tables
from interactions.engine.attributes import Profile
from interactions.engine.rulebook import RuleBook
from interactions.importers import clinical
from interactions.importers.faults import BadFile, Fault
from interactions.releases import content_sha256, digests
from medmgmt.management.tables.sheets import Sheet

FILE = "release.json"
SAID = ("source", "version", "released_on", "licence")


def faults(folder: Path, pair_rules: Sheet, derived_pairs: Sheet) -> Iterator[Fault]:
    """For tables whose cells are sound."""
    try:
        found = clinical.parse(folder)
    except BadFile as wrong:
        yield from wrong.faults
        return
    book = RuleBook(
        "check", "", date.min,
        drugs=found.drugs, rules=found.rules, sets=found.sets, modifiers=found.modifiers, tables=found.tables,
    )  # fmt: skip
    yield from _never(book, pair_rules)
    yield from _never_together(book, derived_pairs)
    yield from _version(folder)


def _never_together(book: RuleBook, derived_pairs: Sheet) -> Iterator[Fault]:
    """Comparisons that no two drugs meet."""
    profiles = list(book.formulary.profiles.all())
    for line in derived_pairs.lines:
        terms = derived_tables.parse(line.cells["when"])
        unlike = {tuple(_asked(term, profile) for term in terms): profile for profile in profiles}.values()
        if not any(all(term.holds(one, other) for term in terms) for one in unlike for other in unlike):
            yield derived_pairs.fault(line, f"{line.cells['when']} can never hold: no two drugs are so")


def _asked(term: derived_tables.Term, profile: Profile) -> object:
    """What a comparison sees of a drug."""
    return term.word in profile.sets if term.name == derived_tables.MEMBER else getattr(profile, term.name)


def _never(book: RuleBook, pair_rules: Sheet) -> Iterator[Fault]:
    """Rules whose sides have no two different drugs that the rules know."""
    firing = {rule.rule_id for rules in book.rules_of.values() for rule, _ in rules}
    for line in pair_rules.lines:
        row = line.cells
        if row["rule_id"] not in firing:
            yield pair_rules.fault(line, f"{row['rule_id']} can never fire: {row['a']} and {row['b']} are one drug")


def _version(folder: Path) -> Iterator[Fault]:
    """A release in use is never edited: other contents are another version."""
    about = json.loads((folder / FILE).read_text(encoding="utf-8"))
    missing = [name for name in SAID if not about.get(name)]
    if missing:
        yield Fault(FILE, 1, f"it does not say {', '.join(missing)}")
        return
    try:
        date.fromisoformat(about["released_on"])
    except ValueError:
        yield Fault(FILE, 1, f"released_on {about['released_on']!r} is no day")
    sha256 = contents(folder)
    if about.get("sha256") != sha256:
        yield Fault(
            FILE, 1, f"the tables are not those of version {about['version']}: give them a new version, "
            f"its day, and sha256 {sha256}",
        )  # fmt: skip


def contents(folder: Path) -> str:
    """One digest of the tables of the release."""
    return content_sha256(digests([folder / name for name in clinical.FILES]))
