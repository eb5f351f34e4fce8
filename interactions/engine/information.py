"""Everything a card must tell: the HL7 minimum information model and the ONC source attributes, nothing left empty.

The items are those of the minimum information model for potential drug-drug interactions (HL7/W3C, PDDI-CDS) and of
45 CFR 170.315(b)(11)(iv)(A). What is not known is said so, with the reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from interactions.engine.card_tables import CardTables, Text
from interactions.engine.findings import Finding
from interactions.engine.severity import Severity

FROM_TABLES = ("mechanism", "effect", "management", "onset", "evidence")
"""Fields of a finding that a table completes where the finding leaves them empty."""
BAND = re.compile(r"([^<>=|]+)(>=|<=|>|<)(\d+(?:\.\d+)?)")
SIGNS = {">=": "at or above", "<=": "at or below", ">": "above", "<": "below"}
TERSE = 24
"""Advice of fewer letters names no step."""
UNKNOWN = "Not known: the knowledge in use does not say"
NOT_KNOWN = ("Not known", "Not given")
"""How a text begins that says that something is not known, and why."""
PDDI = (
    "drugs", "effect", "seriousness", "classification", "management", "mechanism", "onset", "evidence",
    "modifying_factors", "exposure_frequency", "harm_frequency",
)  # fmt: skip
"""The minimum information model: drugs involved, clinical consequences, seriousness, operational classification,
recommended action, mechanism, (onset), evidence, contextual information, frequency of exposure and of harm."""
ATTRIBUTES = (
    "citation", "developer", "funding", "release", "race", "ethnicity", "language", "sexual_orientation",
    "gender_identity", "sex", "birth_date", "social_determinants", "health_status_assessments",
)  # fmt: skip
"""The source attributes of an evidence-based decision support intervention, in the order of the rule."""
CLASSES = {
    "contraindicated": (
        "Contraindicated: no signature before the prescriber has answered and a second, different person has co-signed",
        "Contraindicated and standing: shown, and asked again when its dose band or context changes",
    ),
    "major": (
        "Major: no signature before the prescriber has answered with a reason",
        "Major and standing: shown, and asked again when its severity, dose band or context changes",
    ),
    "moderate": ("Moderate: shown, stops nobody", "Moderate: shown, stops nobody"),
    "minor": ("Minor: folded away, stops nobody", "Minor: folded away, stops nobody"),
    "ungraded": ("Listed without a grade: folded away, stops nobody", "Listed without a grade: folded away"),
}
"""What each severity asks for here: where it interrupts, and where it does not."""


class Item(NamedTuple):
    """One thing a card tells; `is_known` is false where the text says that nobody knows, and why."""

    name: str
    text: str
    source: str
    is_known: bool


class SourceAttributes(NamedTuple):
    """What is to be known about one source of a finding."""

    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Graded:
    """One source's word on the finding, as plain values."""

    label: str
    version: str
    released_on: str
    citation: str = ""
    factors: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlainFinding:
    """A finding as plain values, of a check or kept in a database."""

    kind: str
    problem: str
    severity: str
    drugs: tuple[str, ...]
    is_interruptive: bool
    sources: tuple[Graded, ...]
    summary: str = ""
    mechanism: str = ""
    effect: str = ""
    management: str = ""
    onset: str = ""
    evidence: str = ""
    context: str = ""


class Information(NamedTuple):
    """The minimum information model of one finding, and the attributes of each source behind it."""

    items: tuple[Item, ...]
    sources: tuple[SourceAttributes, ...]

    def text(self, name: str) -> str:
        """The text of one item."""
        return next((item.text for item in self.items if item.name == name), "")


def information_on(told: PlainFinding, tables: CardTables) -> Information:
    """Every item of both lists, in their order; none is empty."""
    return Information(
        tuple(_item(name, told, tables) for name in PDDI),
        tuple(_attributes(graded, told.sources, tables) for graded in _labels(told.sources)),
    )


def completed(told: PlainFinding, name: str, tables: CardTables) -> Text:
    """One of FROM_TABLES: the finding's own words, else those of the table, else that it is not known.

    Advice of a word or two ("Avoid", "Monitor") is followed by what to do instead, or what to look for.
    """
    own = str(getattr(told, name)).strip()
    if own:
        more = _advice(told, tables) if name == "management" and len(own) < TERSE else None
        return Text(f"{own.rstrip('.')}. {more.text}", more.source) if more else Text(own, _cited(told))
    return tables.said(told.kind, told.problem, name) or Text(UNKNOWN, "")


def _item(name: str, told: PlainFinding, tables: CardTables) -> Item:
    if name in FROM_TABLES:
        text, source = _both(completed(told, name, tables))
    elif name == "drugs":
        text, source = " + ".join(told.drugs), _cited(told)
    elif name == "classification":
        stops, stands = CLASSES.get(told.severity, CLASSES["ungraded"])
        text, source = stops if told.is_interruptive else stands, "policy of this service"
    elif name == "modifying_factors" and _factors(told):
        text, source = "; ".join(_factors(told)), _cited(told)
    else:
        text, source = _both(tables.said(told.kind, told.problem, name) or Text(UNKNOWN, ""))
    return Item(name, text, source, not text.startswith(NOT_KNOWN))


def _advice(told: PlainFinding, tables: CardTables) -> Text | None:
    """What to do by problem: instead where it is major or above, and what to look for where it is moderate."""
    if told.severity in ("minor", "ungraded"):
        return None
    return tables.said("", told.problem, "advice_watch" if told.severity == "moderate" else "advice_avoid")


def _both(text: Text) -> tuple[str, str]:
    return text.text, text.source


def _factors(told: PlainFinding) -> list[str]:
    """What raised or lowered the grade, in words, then the dose bands and facts it stands for."""
    worded = [factor for graded in told.sources for factor in graded.factors]
    bands = [_worded(part, told.drugs) for part in told.context.split("|") if part]
    return list(dict.fromkeys([*worded, *bands]))


def _worded(part: str, drugs: Sequence[str]) -> str:
    """ "citalopram>40" as "citalopram above 40 mg a day", "egfr<30" as "egfr below 30"; anything else as it stands."""
    found = BAND.fullmatch(part)
    if found is None:
        return part.replace("_", " ")
    unit = " mg a day" if found[1] in drugs else ""
    return f"{found[1].replace('_', ' ')} {SIGNS[found[2]]} {found[3]}{unit}"


def _cited(told: PlainFinding) -> str:
    return "; ".join(dict.fromkeys(graded.citation or graded.label for graded in told.sources))


def _labels(sources: Sequence[Graded]) -> list[Graded]:
    """One of each source, in their order."""
    return list({graded.label: graded for graded in reversed(sources)}.values())[::-1]


def _attributes(graded: Graded, every: Sequence[Graded], tables: CardTables) -> SourceAttributes:
    known = tables.about(graded.label)
    own = [one.citation for one in every if one.label == graded.label and one.citation]
    texts = {name: known.get(name, UNKNOWN) for name in ATTRIBUTES}
    texts["citation"] = "; ".join(dict.fromkeys(own)) or texts["citation"]
    texts["release"] = f"{graded.version} of {graded.released_on}; a revision is another release"
    items = (Item(name, text, "", not text.startswith(NOT_KNOWN)) for name, text in texts.items())
    return SourceAttributes(graded.label, tuple(items))


def of_finding(finding: Finding) -> PlainFinding:
    """The finding of a check as plain values."""
    return PlainFinding(
        kind=finding.kind,
        problem=finding.problem,
        severity=finding.severity.word,
        drugs=finding.drugs,
        is_interruptive=finding.is_triggered and finding.severity >= Severity.MAJOR,
        sources=tuple(
            Graded(one.label, one.version, one.released_on.isoformat(), one.citation, one.factors)
            for one in finding.sources
        ),
        summary=finding.summary,
        mechanism=finding.mechanism,
        effect=finding.effect,
        management=finding.management,
        onset=finding.onset,
        evidence=finding.evidence,
        context=finding.context,
    )
