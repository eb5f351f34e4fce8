"""How one drug changes another's level: enzymes inhibited (D01) or induced (D02), and P-glycoprotein (D03)."""

from collections.abc import Iterator

from interactions.engine.attributes import Profile
from interactions.engine.derivation import Derived
from interactions.engine.severity import Severity

MINOR, MODERATE, MAJOR = Severity.MINOR, Severity.MODERATE, Severity.MAJOR
INHIBITION: dict[tuple[int, str], tuple[Severity | None, Severity | None]] = {
    (3, "sensitive"): (MAJOR, MAJOR),
    (3, "moderate"): (MODERATE, MAJOR),
    (3, "minor"): (None, MINOR),
    (3, "activation"): (MODERATE, MODERATE),
    (2, "sensitive"): (MODERATE, MAJOR),
    (2, "moderate"): (MINOR, MODERATE),
    (2, "activation"): (MINOR, MINOR),
    (1, "sensitive"): (MINOR, MINOR),
    (1, "moderate"): (None, MINOR),
}
"""(strength, substrate grade) -> severity for a usual and for a narrow index."""
INDUCTION: dict[tuple[int, str], tuple[Severity | None, Severity | None]] = {
    (3, "sensitive"): (MODERATE, MAJOR),
    (3, "moderate"): (MODERATE, MAJOR),
    (3, "minor"): (MINOR, MINOR),
    (2, "sensitive"): (MODERATE, MODERATE),
    (2, "moderate"): (MINOR, MODERATE),
    (1, "sensitive"): (MINOR, MINOR),
}
STRENGTHS = {1: "weak", 2: "moderate", 3: "strong"}
HALF_LIVES = 5
SLOW, RAPID = "delayed (days-weeks)", "rapid (<24 h)"


def derive(perpetrator: Profile, victim: Profile) -> Iterator[Derived]:
    """What the first does to the level of the second."""
    if "smoked" in perpetrator.sets:
        return
    worst = _worst_inhibition(perpetrator, victim)
    if worst:
        yield worst
    induced = _induction(perpetrator, victim)
    if induced:
        yield induced
    is_transported = "inhibitor" in perpetrator.pgp and "substrate" in victim.pgp
    if worst is None and is_transported and (victim.narrow or "pgp_victim" in victim.sets):
        yield _transport(perpetrator, victim)


def capped(severity: Severity | None, victim: Profile) -> Severity | None:
    """A wide therapeutic index keeps it minor."""
    return min(severity, MINOR) if severity is not None and victim.wide else severity


def _worst_inhibition(perpetrator: Profile, victim: Profile) -> Derived | None:
    found: list[tuple[Severity, str, int, str]] = []
    for enzyme, strength in perpetrator.inhibits.items():
        grade = victim.substrate.get(enzyme)
        usual, narrow = INHIBITION.get((strength, grade), (None, None)) if grade else (None, None)
        severity = capped(narrow if victim.narrow else usual, victim)
        if severity is not None and grade is not None:
            found.append((severity, enzyme, strength, grade))
    if not found:
        return None
    found.sort(key=lambda one: (-one[0], one[1]))
    severity, enzyme, strength, grade = found[0]
    strong = tuple(sorted(one[1] for one in found if one[2] == 3 and one[3] in ("sensitive", "moderate")))
    if len(strong) > 1 and severity < MAJOR:
        severity = severity.raised()
    is_prodrug = grade == "activation"
    pathway = " and ".join(strong) if len(strong) > 1 else enzyme
    return Derived(
        "D01",
        "exposure_decrease" if is_prodrug else "exposure_increase",
        severity,
        severity,
        f"{perpetrator.key} is a {STRENGTHS[strength]} {pathway} inhibitor; "
        + (f"{victim.key} is activated by it" if is_prodrug else f"{victim.key} is a {grade} substrate"),
        _inhibition_text(perpetrator, victim, is_prodrug=is_prodrug),
        RAPID,
        acts=perpetrator.key,
        suffers=victim.key,
        enzymes=strong,
    )


def _inhibition_text(perpetrator: Profile, victim: Profile, *, is_prodrug: bool) -> str:
    if is_prodrug:
        return f"Expect less effect of {victim.key}: choose an alternative to {perpetrator.key} or to {victim.key}"
    return (
        f"Consider reducing {victim.key} by 25-50 % or an alternative to {perpetrator.key}; "
        f"review in {_steady_days(victim)} days"
    )


def _steady_days(victim: Profile) -> int:
    """Five half-lives in days, at least one; seven where the half-life is not on record."""
    if victim.half_life_hours is None:
        return 7
    return max(1, round(victim.half_life_hours * HALF_LIVES / 24))


def _induction(perpetrator: Profile, victim: Profile) -> Derived | None:
    is_precious = victim.narrow or "antipsychotic" in victim.sets or "opioid" in victim.sets
    worst: tuple[Severity, str, int, str] | None = None
    for enzyme, strength in sorted(perpetrator.induces.items()):
        grade = victim.substrate.get(enzyme, "")
        usual, narrow = INDUCTION.get((strength, grade), (None, None))
        weighty = victim.narrow or (is_precious and (strength, grade) == (3, "sensitive"))
        severity = capped(narrow if weighty else usual, victim)
        if severity is not None and (worst is None or severity > worst[0]):
            worst = (severity, enzyme, strength, grade)
    if worst is None:
        return None
    severity, enzyme, strength, grade = worst
    lag = max(14, perpetrator.washout_days)
    return Derived(
        "D02",
        "exposure_decrease",
        severity,
        severity,
        f"{perpetrator.key} is a {STRENGTHS[strength]} {enzyme} inducer; {victim.key} is a {grade} substrate",
        f"Expect lower {victim.key} from day 7-14, full effect in 2-3 weeks; level or effect then. "
        f"When {perpetrator.key} stops, the level rises again over {lag} days: re-check",
        SLOW,
        acts=perpetrator.key,
        suffers=victim.key,
        is_induction=True,
    )


def _transport(perpetrator: Profile, victim: Profile) -> Derived:
    return Derived(
        "D03",
        "exposure_increase",
        MODERATE,
        MODERATE,
        f"{perpetrator.key} inhibits P-glycoprotein; {victim.key} is a substrate",
        f"Watch {victim.key} for toxicity (level or bleeding); lower dose or an alternative to {perpetrator.key}",
        RAPID,
        acts=perpetrator.key,
        suffers=victim.key,
    )
