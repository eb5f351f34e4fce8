"""Risks that add up over the whole regimen (C04 to C17), each with the share of every drug in words."""

from collections.abc import Iterable, Iterator

from interactions.engine.rules import burdens
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.shares import STABLE, are_calm, keys, shares_of, slight, told
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

MINOR, MODERATE, MAJOR = Severity.MINOR, Severity.MODERATE, Severity.MAJOR


def drafts(situation: Situation) -> Iterator[Draft]:
    """Every cumulative risk of what is taken on the day."""
    for rule in (_serotonin, _qt, _sedation, _anticholinergic, _bleeding, _kidney, _metabolic, _older, _pathways):
        yield from rule(situation)
    yield from burdens.drafts(situation)


def _serotonin(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "serotonergic")
    total = sum(share[2] for share in shares)
    if len(shares) < 3 or total < 6:
        return
    is_major = total >= 7 or sum(share[2] >= 2 for share in shares) >= 3
    yield Draft(
        "cumulative",
        "serotonin_toxicity",
        MAJOR if is_major else MODERATE,
        keys(shares),
        f"Serotonergic load of {len(shares)} drugs: {told(shares)}",
        "Avoid a further serotonergic drug; stop the least needed one; tell the person about tremor, sweating, fever, "
        "agitation and diarrhoea and to come at once",
        "C04",
        "Serotonergic effects add up",
        "rapid (<24 h)",
        slight=slight(shares),
    )


def _qt(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "qt")
    if len(shares) < 3 or sum(share[2] for share in shares) < 7:
        return
    risk = [*situation.qt_risks.values(), *situation.older.values()]
    if situation.facts.sex[:1].upper() == "F":
        risk.append("female sex")
    yield Draft(
        "cumulative",
        "qt_prolongation",
        MAJOR,
        keys(shares),
        f"QT load of {len(shares)} drugs: {told(shares)}" + (f"; also {', '.join(risk)}" if risk else ""),
        "ECG before and within 7-14 days, potassium >=4 and magnesium normal; replace one QT-prolonging drug",
        "C05",
        "QT effects add up",
        "rapid (<24 h)",
        context=tuple(situation.qt_risks),
        slight=() if situation.qt_risks else slight(shares),
    )


def _sedation(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "cns", at_least=2)
    if len(shares) < 3:
        return
    total = sum(share[2] for share in shares)
    is_deep = any(share[1].respiratory >= 2 for share in shares) and total >= 7
    severity = MAJOR if total >= 9 or is_deep else MODERATE
    factors: tuple[str, ...] = ()
    if severity == MODERATE and are_calm(situation, shares, "cns_resp_depression"):
        severity, factors = MINOR, STABLE
    opioid = any("opioid" in share[1].sets for share in shares)
    kept = [share[1].key for share in shares if "maintenance_opioid" in share[1].sets]
    yield Draft(
        "cumulative",
        "cns_resp_depression",
        severity,
        keys(shares),
        f"Sedative load of {len(shares)} drugs: {told(shares)}",
        "Lowest doses, taper the least needed sedative, no alcohol or driving"
        + ("; offer naloxone" if opioid else "")
        + (f"; do not stop {' or '.join(kept)}: mitigate instead" if kept else ""),
        "C06",
        "Sedation and respiratory depression add up",
        "rapid (<24 h)",
        factors=factors,
        context=("stable",) if factors else (),
    )


def _anticholinergic(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "anticholinergic")
    ones = sum(share[2] for share in shares if share[2] == 1)
    total = sum(share[2] for share in shares if share[2] >= 2) + min(ones, 2)
    if len(shares) < 2 or not any(share[2] >= 2 for share in shares):
        return
    low, high = (3, 6) if situation.is_older else (6, 9)
    if total < low:
        return
    severity = MAJOR if total >= high else MODERATE
    factors: tuple[str, ...] = ()
    if severity == MODERATE and are_calm(situation, shares, "anticholinergic_load"):
        severity, factors = MINOR, STABLE
    gut = any(share[1].sets & {"ileus_prone", "opioid"} for share in shares)
    yield Draft(
        "cumulative",
        "anticholinergic_load",
        severity,
        keys(shares),
        f"Anticholinergic burden {total} of {len(shares)} drugs: {told(shares)}",
        "Remove one anticholinergic; ask about confusion, constipation, retention and blurred vision"
        + ("; constipation and ileus: bowel plan and laxative" if gut else ""),
        "C07",
        "Anticholinergic effects add up" + (" (age 65 or more)" if situation.is_older else ""),
        "delayed (days-weeks)",
        factors=factors,
        context=(("stable",) if factors else ()) + tuple(situation.older),
        slight=slight(shares),
    )


def _bleeding(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "bleeding")
    if len(shares) < 3 or sum(share[2] for share in shares) < 6:
        return
    yield Draft(
        "cumulative",
        "bleeding",
        MAJOR,
        keys(shares),
        f"Bleeding load of {len(shares)} drugs: {told(shares)}",
        "Stop the NSAID (acetaminophen instead); PPI if it cannot be avoided; ask about bruises and dark stools",
        "C09",
        "Bleeding risks add up",
        "delayed (days-weeks)",
    )


def _kidney(situation: Situation) -> Iterator[Draft]:
    def playing(role: str) -> list[str]:
        return [profile.key for _, profile in situation.active if role in profile.sets]

    nsaids, raas, diuretics = playing("nsaid"), playing("raas"), playing("diuretic")
    lithium = playing("lithium")
    if not (nsaids and raas and diuretics):
        return
    yield Draft(
        "cumulative",
        "lithium_level" if lithium else "nephrotoxicity",
        MAJOR,
        (*lithium, *nsaids, *raas, *diuretics),
        "NSAID with a renin-angiotensin drug and a diuretic: acute kidney injury"
        + (", and lithium rises with it" if lithium else ""),
        "Stop the NSAID (acetaminophen instead); creatinine and potassium within a week"
        + ("; lithium level in 5-7 days" if lithium else ""),
        "C13",
        "Kidney perfusion falls on three sides",
        "delayed (days-weeks)",
    )


def _metabolic(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "metabolic")
    if len(shares) < 2 or sum(share[2] for share in shares) < 5:
        return
    yield Draft(
        "cumulative",
        "metabolic_load",
        MINOR,
        keys(shares),
        f"Metabolic load of {len(shares)} drugs: {told(shares)}",
        "Weight, waist, blood pressure, glucose and lipids on schedule",
        "C16",
        onset="delayed (days-weeks)",
    )


def _older(situation: Situation) -> Iterator[Draft]:
    found = [profile for _, profile in situation.active if profile.beers]
    if not situation.is_older or len(found) < 3:
        return
    listed = ", ".join(f"{profile.key} ({profile.beers.replace('_', ' ')})" for profile in found)
    yield Draft(
        "cumulative",
        "beers_3_cns",
        MAJOR,
        tuple(profile.key for profile in found),
        f"Three or more CNS-active drugs at 65 or more ({len(found)}): falls and fractures. {listed}",
        "Avoid three or more (3+) CNS-active drugs: taper the least needed one; assess falls",
        "C17",
        "CNS-active drugs add up to falls",
        "delayed (days-weeks)",
        "AGS Beers 2023 (10.1111/jgs.18372)",
        factors=tuple(situation.older.values()),
        context=tuple(situation.older),
    )


def _pathways(situation: Situation) -> Iterator[Draft]:
    """Two pathways of one drug strongly blocked by two others: one tier above what each does alone."""
    for _, victim in situation.active:
        ways = victim.ways
        if not ways:
            continue
        blocking = {
            enzyme: [one.key for _, one in situation.active if one is not victim and one.inhibits.get(enzyme) == 3]
            for enzyme in ways
        }
        blocked = {enzyme: by for enzyme, by in blocking.items() if by}
        perpetrators = set(_flat(blocked.values()))
        if len(blocked) < 2 or len(perpetrators) < 2:
            continue
        yield Draft(
            "cumulative",
            "exposure_increase",
            MAJOR,
            (victim.key, *sorted(perpetrators)),
            f"{victim.key}: both pathways blocked ("
            + "; ".join(f"{enzyme} by {' and '.join(by)}" for enzyme, by in sorted(blocked.items()))
            + ")",
            f"Much higher {victim.key}: about a quarter of the usual dose or another drug; review in a week",
            "D01",
            "Two elimination pathways are strongly inhibited at once",
            "rapid (<24 h)",
        )


def _flat(lists: Iterable[list[str]]) -> Iterator[str]:
    for one in lists:
        yield from one
