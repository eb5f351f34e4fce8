"""How one drug changes another's level: enzymes inhibited (D01) or induced (D02), and P-glycoprotein (D03)."""

from collections.abc import Iterator

from interactions.engine.attributes import Profile
from interactions.engine.derived_tables import ACTIVATION, SILENT, Derived, DerivedTables, LevelWords
from interactions.engine.numbers import Numbers
from interactions.engine.severity import Severity

ANY = (0, "any")
"""Strength and grade where neither counts."""
STRENGTHS = {1: "weak", 2: "moderate", 3: "strong"}


def derive(perpetrator: Profile, victim: Profile, tables: DerivedTables) -> Iterator[Derived]:
    """What the first does to the level of the second."""
    if "smoked" in perpetrator.sets:
        return
    worst = _worst_inhibition(perpetrator, victim, tables)
    if worst:
        yield worst
    induced = _induction(perpetrator, victim, tables)
    if induced:
        yield induced
    is_transported = "inhibitor" in perpetrator.pgp and "substrate" in victim.pgp
    usual, narrow = tables.levels.get(("D03", *ANY), SILENT)
    severity = narrow if victim.narrow else usual
    if worst is None and is_transported and severity is not None and (victim.narrow or "pgp_victim" in victim.sets):
        yield _said("D03", severity, perpetrator, victim, tables.words["D03", ""])


def capped(severity: Severity | None, victim: Profile) -> Severity | None:
    """A wide therapeutic index keeps it minor."""
    return min(severity, Severity.MINOR) if severity is not None and victim.wide else severity


def _worst_inhibition(perpetrator: Profile, victim: Profile, tables: DerivedTables) -> Derived | None:
    found: list[tuple[Severity, str, int, str]] = []
    for enzyme, strength in perpetrator.inhibits.items():
        grade = victim.substrate.get(enzyme)
        usual, narrow = tables.levels.get(("D01", strength, grade), SILENT) if grade else SILENT
        severity = capped(narrow if victim.narrow else usual, victim)
        if severity is not None and grade is not None:
            found.append((severity, enzyme, strength, grade))
    if not found:
        return None
    found.sort(key=lambda one: (-one[0], one[1]))
    severity, enzyme, strength, grade = found[0]
    strong = tuple(sorted(one[1] for one in found if one[2] == 3 and one[3] in ("sensitive", "moderate")))
    if len(strong) > 1 and severity < Severity.MAJOR:
        severity = severity.raised()
    words = tables.words["D01", grade if grade == ACTIVATION else ""]
    enzymes = " and ".join(strong) if len(strong) > 1 else enzyme
    told = _said(
        "D01", severity, perpetrator, victim, words,
        strength=STRENGTHS[strength], enzymes=enzymes, grade=grade, days=_steady_days(victim, tables.numbers),
    )  # fmt: skip
    return told._replace(enzymes=strong)


def _said(
    code: str, severity: Severity, perpetrator: Profile, victim: Profile, words: LevelWords, **more: object
) -> Derived:
    said = {"acts": perpetrator.key, "suffers": victim.key, **more}
    return Derived(
        code,
        words.problem,
        severity,
        severity,
        words.mechanism.format(**said),
        words.management.format(**said),
        words.onset,
        acts=perpetrator.key,
        suffers=victim.key,
        effect=words.effect.format(**said),
    )


def _steady_days(victim: Profile, numbers: Numbers) -> int:
    """Days until the level is steady, at least one."""
    if victim.half_life_hours is None:
        return numbers.days_to_steady_state
    return max(1, round(victim.half_life_hours * numbers.half_lives_to_steady_state / 24))


def _induction(perpetrator: Profile, victim: Profile, tables: DerivedTables) -> Derived | None:
    is_precious = victim.narrow or "antipsychotic" in victim.sets or "opioid" in victim.sets
    worst: tuple[Severity, str, int, str] | None = None
    for enzyme, strength in sorted(perpetrator.induces.items()):
        grade = victim.substrate.get(enzyme, "")
        usual, narrow = tables.levels.get(("D02", strength, grade), SILENT)
        weighty = victim.narrow or (is_precious and (strength, grade) == (3, "sensitive"))
        severity = capped(narrow if weighty else usual, victim)
        if severity is not None and (worst is None or severity > worst[0]):
            worst = (severity, enzyme, strength, grade)
    if worst is None:
        return None
    severity, enzyme, strength, grade = worst
    fades = max(tables.numbers.induction_fades_days, perpetrator.washout_days)
    told = _said(
        "D02", severity, perpetrator, victim, tables.words["D02", ""],
        strength=STRENGTHS[strength], enzymes=enzyme, grade=grade, days=fades,
    )  # fmt: skip
    return told._replace(is_induction=True)
