"""What two drugs do together at the same target (D04 to D15), from the scores of each."""

from collections.abc import Iterator

from interactions.engine.attributes import Profile
from interactions.engine.derivation import Derived, keys
from interactions.engine.severity import Severity

MINOR, MODERATE, MAJOR = Severity.MINOR, Severity.MODERATE, Severity.MAJOR
RAPID, SLOW = "rapid (<24 h)", "delayed (days-weeks)"
LITHIUM = {"raises": MAJOR, "lowers": MODERATE, "variable": MODERATE, "neurotox": MODERATE}
QT = {
    (3, 3): (MAJOR, MAJOR),
    (2, 3): (MODERATE, MAJOR),
    (2, 2): (MINOR, MODERATE),
    (1, 3): (None, MODERATE),
    (1, 2): (None, MINOR),
}
"""Points of the two, lower first -> severity without and with a risk factor."""


def derive(a: Profile, b: Profile) -> Iterator[Derived]:
    """Everything the two do together; the order does not matter."""
    for rule in (
        _serotonin,
        _qt,
        _sedation,
        _seizure,
        _bleeding,
        _sodium,
        _pressure,
        _lithium,
        _rate,
        _stimulation,
        _dopamine,
    ):
        found = rule(a, b)
        if found is not None:
            yield found


def _serotonin(a: Profile, b: Profile) -> Derived | None:
    severity = _with_inhibitor(a, b) or _with_inhibitor(b, a)
    if severity is None and not (a.mao or b.mao):
        low, high = sorted((a.serotonergic, b.serotonergic))
        severity = MAJOR if (low, high) == (3, 3) else MODERATE if low >= 2 else None
    if severity is None:
        return None
    who = a.key if a.mao else b.key if b.mao else ""
    return Derived(
        "D04",
        "serotonin_toxicity",
        severity,
        severity,
        f"{who} inhibits monoamine oxidase" if who else f"{keys(a, b)} both raise serotonin",
        "Do not combine; observe the wait after the last dose"
        if severity == Severity.CONTRAINDICATED
        else "Lowest doses; tell the person about tremor, sweating, fever and agitation, and to come at once; "
        "review in 1-2 days",
        RAPID,
    )


def _with_inhibitor(inhibitor: Profile, other: Profile) -> Severity | None:
    if not inhibitor.mao or not other.serotonergic:
        return None
    if inhibitor.mao == "nonselective":
        return Severity.CONTRAINDICATED if other.serotonergic >= 2 else MODERATE
    return MAJOR if other.serotonergic >= 2 else MINOR


def _qt(a: Profile, b: Profile) -> Derived | None:
    low, high = (a.qt, b.qt) if a.qt < b.qt else (b.qt, a.qt)
    if not low or (low, high) not in QT:
        return None
    usual, raised = QT[low, high]
    return Derived(
        "D05",
        "qt_prolongation",
        usual,
        raised,
        f"{keys(a, b)} both prolong the QT interval",
        "ECG within 7-14 days, potassium >=4 and magnesium normal; choose a drug with a lower risk",
        RAPID,
    )


def _sedation(a: Profile, b: Profile) -> Derived | None:
    if a.respiratory and b.respiratory and a.cns >= 2 and b.cns >= 2:
        severity = MAJOR if 2 in (a.respiratory, b.respiratory) else MODERATE
    elif a.cns == b.cns == 3:
        severity = MODERATE
    else:
        return None
    has_opioid = "opioid" in a.sets or "opioid" in b.sets
    kept = next((one.key for one in (a, b) if "maintenance_opioid" in one.sets), "")
    return Derived(
        "D06",
        "cns_resp_depression",
        severity,
        severity,
        f"{keys(a, b)} both depress the central nervous system",
        "Lowest dose, no alcohol or driving"
        + ("; offer naloxone" if has_opioid else "")
        + (f"; do not stop {kept}" if kept else ""),
        RAPID,
    )


def _seizure(a: Profile, b: Profile) -> Derived | None:
    total = a.seizure + b.seizure
    if not (a.seizure and b.seizure) or total < 4:
        return None
    severity = MAJOR if total >= 6 else MODERATE if total == 5 else MINOR
    return Derived(
        "D08",
        "seizure_risk",
        severity,
        severity,
        f"{keys(a, b)} both lower the seizure threshold",
        "Lowest doses, slow titration; ask about seizures, alcohol and head injury; prefer one that does not",
        SLOW,
    )


def _bleeding(a: Profile, b: Profile) -> Derived | None:
    low, high = sorted((a.bleeding, b.bleeding))
    if not low or high < 2:
        return None
    severity = MAJOR if low >= 2 and high == 3 else MODERATE
    return Derived(
        "D09",
        "bleeding",
        severity,
        severity,
        f"{keys(a, b)} both favour bleeding",
        "Avoid an NSAID (acetaminophen instead); add a PPI if both are needed; ask about bruises and dark stools",
        SLOW,
    )


def _sodium(a: Profile, b: Profile) -> Derived | None:
    low, high = sorted((a.hyponatraemia, b.hyponatraemia))
    if not low or low + high < 3:
        return None
    usual, raised = (MODERATE, MAJOR) if low >= 2 else (None, MINOR)
    return Derived(
        "D10",
        "hyponatraemia",
        usual,
        raised,
        f"{keys(a, b)} both lower sodium",
        "Sodium at 2 and 4 weeks; tell the person about confusion, headache and falls",
        SLOW,
    )


def _pressure(a: Profile, b: Profile) -> Derived | None:
    total = a.orthostasis + b.orthostasis
    if not (a.orthostasis and b.orthostasis) or total < 4:
        return None
    usual = MODERATE if total >= 5 else None
    raised = MAJOR if total >= 6 else MODERATE
    return Derived(
        "D11",
        "hypotension",
        usual,
        raised,
        f"{keys(a, b)} both lower blood pressure on standing",
        "Sit-stand blood pressure, slow titration; get up slowly",
        RAPID,
    )


def _lithium(a: Profile, b: Profile) -> Derived | None:
    for salt, other in ((a, b), (b, a)):
        if "lithium" in salt.sets and other.lithium_effect in LITHIUM:
            severity = LITHIUM[other.lithium_effect]
            return Derived(
                "D13",
                "lithium_level",
                severity,
                severity,
                f"{other.key}: effect on {salt.key} is {other.lithium_effect}",
                f"{salt.key} level in 5-7 days and after each change; ask about tremor, vomiting and unsteadiness",
                SLOW,
                acts=other.key,
                suffers=salt.key,
            )
    return None


def _rate(a: Profile, b: Profile) -> Derived | None:
    if not (a.bradycardic and b.bradycardic):
        return None
    usual = MODERATE if a.bradycardic + b.bradycardic >= 4 else None
    return Derived(
        "D14",
        "bradycardia",
        usual,
        MAJOR,
        f"{keys(a, b)} both slow the heart",
        "Pulse and ECG before and after 1-2 weeks; hold below 50/min",
        RAPID,
    )


def _stimulation(a: Profile, b: Profile) -> Derived | None:
    if min(a.sympathomimetic, b.sympathomimetic) < 2 or a.sympathomimetic + b.sympathomimetic < 5:
        return None
    return Derived(
        "D15",
        "hypertensive_crisis",
        MODERATE,
        MODERATE,
        f"{keys(a, b)} both stimulate the sympathetic system",
        "Blood pressure and pulse before and 1 week after; avoid if above 140/90",
        RAPID,
    )


def _dopamine(a: Profile, b: Profile) -> Derived | None:
    for blocker, agonist in ((a, b), (b, a)):
        if blocker.dopamine_antagonist >= 2 and agonist.dopamine_agonist >= 3:
            return Derived(
                "D12",
                "dopamine_antagonism",
                MAJOR,
                MAJOR,
                f"{blocker.key} blocks the dopamine receptors that {agonist.key} is to act on",
                f"Avoid {blocker.key}: it undoes {agonist.key} and worsens movement; choose a drug without dopamine "
                "blockade (ondansetron for nausea, pimavanserin, quetiapine or clozapine for psychosis)",
                RAPID,
            )
    return None
