"""Everything the card of a kept finding must tell, from the finding as it was kept and the knowledge in use."""

from interactions.engine import information
from interactions.engine.card_tables import CardTables
from interactions.engine.information import Graded, Information, PlainFinding
from interactions.models import Finding


def information_of(finding: Finding, tables: CardTables) -> Information:
    """The minimum information model of the finding and the attributes of its sources; no query."""
    return information.information_on(plain_finding(finding), tables)


def plain_finding(finding: Finding) -> PlainFinding:
    """The finding as plain values."""
    return PlainFinding(
        kind=finding.kind,
        problem=finding.problem,
        severity=finding.severity,
        drugs=tuple(finding.drugs),
        is_interruptive=finding.is_interruptive,
        sources=tuple(
            Graded(
                label=str(grade.get("label", "")),
                version=str(grade.get("version", "")),
                released_on=str(grade.get("released_on", "")),
                citation=str(grade.get("citation", "")),
                factors=tuple(map(str, grade.get("factors") or ())),
            )
            for grade in finding.sources
        ),
        summary=finding.summary,
        mechanism=finding.mechanism,
        effect=finding.effect,
        management=finding.management,
        onset=finding.onset,
        evidence=finding.evidence,
        context=finding.context,
    )
