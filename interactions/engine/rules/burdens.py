"""Further risks of the whole regimen: seizures, low sodium, low blood pressure, dopamine, lithium (C08 to C18)."""

from collections.abc import Iterator

from interactions.engine.rules.draft import Draft
from interactions.engine.rules.shares import STABLE, Shares, are_calm, keys, shares_of, slight, told, total
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

MINOR, MODERATE, MAJOR = Severity.MINOR, Severity.MODERATE, Severity.MAJOR
SLOW, RAPID = "delayed (days-weeks)", "rapid (<24 h)"
NORMAL_SODIUM = ("sodium", 135, None)


def drafts(situation: Situation) -> Iterator[Draft]:
    """Each names every contributor with its share; a pair alone is left to the rules on pairs."""
    for rule in (_seizures, _sodium, _pressure, _dopamine, _lithium):
        yield from rule(situation)


def _seizures(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "seizure")
    if len(shares) < 3 or total(shares) < 5:
        return
    severity = MAJOR if total(shares) >= 7 else MODERATE
    is_calm = severity == MODERATE and are_calm(situation, shares, "seizure_risk")
    yield Draft(
        "cumulative",
        "seizure_risk",
        MINOR if is_calm else severity,
        keys(shares),
        f"Seizure load of {len(shares)} drugs: {told(shares)}",
        "Replace one that lowers the seizure threshold; lowest doses, slow titration; ask about seizures, alcohol, "
        "head injury and eating disorder",
        "C08",
        "Effects on the seizure threshold add up",
        SLOW,
        factors=STABLE if is_calm else (),
        context=("stable",) if is_calm else (),
        slight=slight(shares),
    )


def _sodium(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "hyponatraemia")
    if len(shares) < 3 or total(shares) < 6:
        return
    risks = situation.older | situation.low_sodium
    is_calm = not situation.low_sodium and are_calm(situation, shares, "hyponatraemia", NORMAL_SODIUM)
    yield Draft(
        "cumulative",
        "hyponatraemia",
        MINOR if is_calm else MAJOR if risks else MODERATE,
        keys(shares),
        f"Sodium load of {len(shares)} drugs: {told(shares)}",
        "Sodium now, at 2 and at 4 weeks; replace the least needed one (bupropion or mirtazapine for an SSRI, a "
        "calcium channel blocker for a thiazide); tell the person about confusion, headache and falls",
        "C10",
        "Effects on sodium add up",
        SLOW,
        factors=STABLE if is_calm else tuple(risks.values()),
        context=("stable",) if is_calm else tuple(risks),
        slight=slight(shares),
    )


def _pressure(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "orthostasis")
    if len(shares) < 3 or total(shares) < 6:
        return
    severity = MAJOR if situation.is_older and total(shares) >= 8 else MODERATE
    is_calm = severity == MODERATE and _is_settled(situation, shares)
    yield Draft(
        "cumulative",
        "hypotension",
        MINOR if is_calm else severity,
        keys(shares),
        f"Blood pressure load of {len(shares)} drugs: {told(shares)}",
        "Sit-stand blood pressure before and after each change, slow titration, largest dose at night; get up slowly; "
        "ask about falls",
        "C11",
        "Effects on standing blood pressure add up" + (" (age 65 or more)" if situation.is_older else ""),
        RAPID,
        factors=STABLE if is_calm else (),
        context=("stable",) if is_calm else tuple(situation.older),
        slight=slight(shares),
    )


def _is_settled(situation: Situation, shares: Shares) -> bool:
    return are_calm(situation, shares, "hypotension")


def _dopamine(situation: Situation) -> Iterator[Draft]:
    agonists = shares_of(situation, "dopamine_agonist", at_least=3)
    blockers = shares_of(situation, "dopamine_antagonist")
    if not agonists or len(blockers) < 2:
        return
    yield Draft(
        "cumulative",
        "dopamine_antagonism",
        MAJOR if total(blockers) >= 3 else MODERATE,
        (*keys(agonists), *keys(blockers)),
        f"Dopamine blocked by {len(blockers)} drugs ({told(blockers)}) against {' and '.join(keys(agonists))}",
        "Stop the dopamine blocker that is least needed; ondansetron for nausea, pimavanserin or low-dose quetiapine "
        "alone for psychosis; look at movement within a week",
        "C12",
        "Dopamine antagonism adds up against the agonist",
        RAPID,
    )


def _lithium(situation: Situation) -> Iterator[Draft]:
    salts = [profile.key for _, profile in situation.active if "lithium" in profile.sets]
    raising = [profile.key for _, profile in situation.active if profile.lithium_effect == "raises"]
    if not salts or len(raising) < 2:
        return
    yield Draft(
        "cumulative",
        "lithium_level",
        MAJOR,
        (*salts, *raising),
        f"{len(raising)} drugs raise {salts[0]} together: {', '.join(raising)}",
        "Replace what can be replaced (acetaminophen for an NSAID, a calcium channel blocker for blood pressure); "
        "lower the dose, lithium level, creatinine and sodium in 5-7 days, then weekly until steady",
        "C18",
        "Effects on the clearance of lithium add up",
        SLOW,
    )
