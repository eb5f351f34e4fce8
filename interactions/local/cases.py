"""The cases of a clinic's own change: read from short lines or the case format, and tried against the knowledge."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from interactions.engine import cases
from interactions.engine.knowledge import Knowledge
from interactions.errors import NotARule
from interactions.models import Severity

SIMPLE = re.compile(r"\s*(.+?)\s*=>\s*(\w+)\s*")
"""The short form of a case: "lithium 900 mg + ibuprofen => major"; "none" for silence."""
DOSED = re.compile(r"(.+?)\s+([0-9]+(?:\.[0-9]+)?)\s*mg", re.IGNORECASE)
SEVERITIES = {*Severity.values, "none"}
MOST_CASES = 50
MOST_DRUGS = 20
LONGEST_LINE = 500


@dataclass(frozen=True)
class Tried:
    told: str
    expected: str
    found: str
    by: str
    """Which rules or derivations said so; empty where nothing was found."""

    @property
    def passes(self) -> bool:
        return self.expected == self.found

    @property
    def fault(self) -> str:
        """What is wrong with the outcome, in a sentence; empty when it is as expected."""
        if self.passes:
            return ""
        said = _("Case %(case)s: expected %(expected)s, found %(found)s.")
        if self.by:
            said = _("Case %(case)s: expected %(expected)s, found %(found)s by %(by)s.")
        return said % {"case": self.told, "expected": self.expected, "found": self.found, "by": self.by}


def as_cases(lines: Sequence[object], day: date) -> list[dict[str, Any]]:
    """Cases in the case format, from that format or from short lines; NotARule where one cannot be read."""
    return [_case(number, line, day) for number, line in enumerate(lines, start=1)]


def _case(number: int, line: object, day: date) -> dict[str, Any]:
    if isinstance(line, dict):
        expect = line.get("expect")
        if not isinstance(expect, dict) or str(expect.get("severity")) not in SEVERITIES:
            raise NotARule(_("Case %(number)d does not say which severity it expects.") % {"number": number})
        return {"id": str(number), "as_of": day.isoformat(), **line}
    match = SIMPLE.fullmatch(line) if isinstance(line, str) and len(line) <= LONGEST_LINE else None
    drugs = [_dosed(part.strip()) for part in match[1].split(" + ")] if match else []
    if match is None or match[2] not in SEVERITIES or not 1 < len(drugs) <= MOST_DRUGS:
        raise NotARule(_("Case %(number)d is not of the form: a + b => severity.") % {"number": number})
    assert isinstance(line, str)
    expect = {"drugs": [drug["drug"] for drug in drugs], "severity": match[2]}
    return {"id": str(number), "as_of": day.isoformat(), "current_meds": drugs, "told": line.strip(), "expect": expect}


def _dosed(text: str) -> dict[str, Any]:
    match = DOSED.fullmatch(text)
    return {"drug": match[1], "total_daily_mg": match[2]} if match else {"drug": text}


def tried(case: dict[str, Any], knowledge: Knowledge) -> Tried:
    """The most severe finding that names all the drugs of the case, beside what was expected."""
    found = findings(case, knowledge)
    worst = max((one["severity"] for one in found), key=Severity.values.index, default="none")
    by = {
        f"{source.get('release', '')} {source.get('rule') or ''}".strip()
        for one in found
        if one["severity"] == worst
        for source in one["sources"]
    }
    return Tried(str(case.get("told") or case["id"]), str(case["expect"]["severity"]), worst, ", ".join(sorted(by)))


def findings(case: dict[str, Any], knowledge: Knowledge) -> list[dict[str, Any]]:
    """What the knowledge says of the drugs that the case names together."""
    answer = cases.review({key: value for key, value in case.items() if key not in ("expect", "told")}, knowledge)
    wanted = {_key(str(name), knowledge) for name in case["expect"].get("drugs") or ()}
    return [one for one in answer["findings"] if wanted <= set(one["drugs"])]


def _key(name: str, knowledge: Knowledge) -> str:
    entry = knowledge.catalogue.resolve(name)
    return entry.name if entry else name
