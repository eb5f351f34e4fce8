"""One card a clinical problem: every finding behind it, the most severe first, and whether it may interrupt."""

from collections.abc import Iterable, Sequence

from interactions.engine.findings import Card, Finding
from interactions.engine.formulary import Family, Formulary
from interactions.engine.severity import Severity

OWN = "shared"
DOSE_KINDS = ("max_dose", "dose_adjustment")


def named(finding: Finding, suffers: str, formulary: Formulary) -> Finding:
    """The finding with the name of its card; one that is only listed has none."""
    if finding.severity == Severity.UNGRADED:
        return finding
    family = family_of(finding, formulary)
    if family.gather == "all":
        return finding._replace(card=family.name)
    if family.gather == "victim":
        return finding._replace(card=f"{family.name}:{suffers or finding.drugs[0]}")
    return finding._replace(card=f"{family.name}:{'+'.join(finding.drugs)}")


def family_of(finding: Finding, formulary: Formulary) -> Family:
    """Which family a finding belongs to: doses go by drug, beside what changes its level; all else by its problem."""
    known = formulary.families.get(finding.problem)
    if finding.kind in DOSE_KINDS and (known is None or known.gather != "victim"):
        return Family("dose", "victim", "Dose")
    return known or Family(finding.problem, OWN, finding.problem.replace("_", " ").capitalize())


def gathered(findings: Sequence[Finding], formulary: Formulary) -> tuple[Card, ...]:
    """The cards of a day, most severe first; problems without a family hang together where they share a drug."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.card:
            groups.setdefault(finding.card, []).append(finding)
    merged = _merged(groups)
    cards = [_card(name, of, formulary) for name, of in merged.items()]
    return tuple(sorted(cards, key=lambda card: (-card.severity, not card.is_interruptive, card.name)))


def _merged(groups: dict[str, list[Finding]]) -> dict[str, list[Finding]]:
    """Groups of one problem that share a drug become one, under the first name."""
    merged: dict[str, list[Finding]] = {}
    for name in sorted(groups):
        family = name.partition(":")[0]
        found = groups[name]
        related = [one for one in merged if "+" in name and _is_related(one, family, merged[one], found)]
        for other in related[1:]:
            merged[related[0]] += merged.pop(other)
        if related:
            merged[related[0]] += found
        else:
            merged[name] = list(found)
    return merged


def _is_related(name: str, family: str, group: Iterable[Finding], found: Iterable[Finding]) -> bool:
    if name.partition(":")[0] != family or "+" not in name:
        return False
    drugs = {drug for finding in group for drug in finding.drugs}
    return any(not drugs.isdisjoint(finding.drugs) for finding in found)


def _card(name: str, findings: list[Finding], formulary: Formulary) -> Card:
    ordered = sorted(findings, key=lambda one: (-one.severity, one.kind != "cumulative", one.kind, one.drugs))
    lead = ordered[0]
    loud = [finding for finding in ordered if is_interruptive(finding)]
    return Card(
        name,
        family_of(lead, formulary).title,
        lead.problem,
        lead.severity,
        bool(loud),
        lead.summary,
        tuple(sorted({drug for finding in ordered for drug in finding.drugs})),
        tuple(ordered),
    )


def is_interruptive(finding: Finding) -> bool:
    """Major or above, and caused by the present action or by something new; all else waits on the list."""
    return finding.severity >= Severity.MAJOR and finding.is_triggered
