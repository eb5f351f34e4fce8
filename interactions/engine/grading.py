"""Whether the answer to a case is what was expected of it, and why not; the rules are those of data/selftest/."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

RANK = {"none": 0, "ungraded": 0, "minor": 1, "moderate": 2, "major": 3, "contraindicated": 4}
TOGETHER = {
    "interaction": {"interaction", "cumulative", "duplicate_therapy"},
    "cumulative": {"cumulative", "interaction"},
}
"""Kinds that may stand for each other, because one card shows them together."""
LOUD = RANK["minor"]
Case = Mapping[str, Any]


class Failure(NamedTuple):
    """A case that did not come out as expected, and why."""

    case: str
    title: str
    is_nuisance: bool
    why: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(f"{self.case} {self.title}: {one}" for one in self.why)


@dataclass
class Score:
    """How one category went; pending cases wait for a mechanism and count neither way."""

    category: str
    to_find: int = 0
    found: int = 0
    to_stay_silent: int = 0
    nuisances: int = 0
    pending: int = 0
    failures: list[Failure] = field(default_factory=list)


def score(category: str, cases: Sequence[Case], answers: Sequence[Case]) -> Score:
    """The cases of a category against their answers, in the same order."""
    told = Score(category)
    for case, answer in zip(cases, answers, strict=True):
        if case.get("pending"):
            told.pending += 1
            continue
        why = faults(case, answer)
        is_silent = bool(case["expected"].get("silent"))
        if why:
            told.failures.append(Failure(case["id"], case.get("title", ""), is_silent, tuple(why)))
        if is_silent:
            told.to_stay_silent += 1
            told.nuisances += bool(why)
        else:
            told.to_find += 1
            told.found += not why
    return told


def together(scores: Sequence[Score]) -> Score:
    """All categories as one; the failures stay with their own."""
    return Score(
        "together",
        to_find=sum(one.to_find for one in scores),
        found=sum(one.found for one in scores),
        to_stay_silent=sum(one.to_stay_silent for one in scores),
        nuisances=sum(one.nuisances for one in scores),
        pending=sum(one.pending for one in scores),
    )


def faults(case: Case, answer: Case) -> list[str]:
    """Nothing when everything expected was said, nothing forbidden was, and silence was kept where it was due."""
    cards = {card["card"]: card for card in answer["cards"]}
    expected = case["expected"]
    found = [_unmet(one, answer["findings"], cards) for one in expected.get("findings") or []]
    if expected.get("silent"):
        allowed = RANK[expected.get("max_severity_allowed") or "minor"]
        loud = [card for card in answer["cards"] if RANK[card["severity"]] > allowed]
        found += [f"not silent: {card['severity']} {card['summary']}" for card in loud]
    found += [f"forbidden: {rule}" for rule in expected.get("must_not") or [] if _is_said(rule, answer["findings"])]
    return [fault for fault in found if fault]


def _unmet(expected: Case, findings: Sequence[Case], cards: Mapping[str, Case]) -> str:
    kinds = TOGETHER.get(expected["type"], {expected["type"]})
    wanted = {drug.lower() for drug in expected["drugs"]}
    near = [one for one in findings if one["type"] in kinds and wanted <= {drug.lower() for drug in one["drugs"]}]
    if not near:
        return f"no {expected['type']} naming {', '.join(sorted(wanted))}"
    severe = [one for one in near if RANK[one["severity"]] >= RANK[expected["severity_at_least"]]]
    if not severe:
        loudest = max(near, key=lambda one: RANK[one["severity"]])["severity"]
        return f"{expected['type']} {', '.join(sorted(wanted))} is only {loudest}"
    lacking = [_lacking(expected.get("key_terms") or [], one, cards) for one in severe]
    return "" if not all(lacking) else f"{expected['type']} {', '.join(sorted(wanted))} lacks {lacking[0]}"


def _lacking(terms: Sequence[str], finding: Case, cards: Mapping[str, Case]) -> list[str]:
    text = json.dumps([finding, cards.get(finding.get("card") or "", {})], ensure_ascii=False).lower()
    return [term for term in terms if not any(one.lower() in text for one in term.split("|"))]


def _is_said(rule: Case, findings: Sequence[Case]) -> bool:
    if rule["type"] == "action":
        advised = re.compile(r"(?<!not )(?<!never )" + re.escape(rule["text"].lower()))
        return any(advised.search(str(one.get("management", "")).lower()) for one in findings)
    wanted = {drug.lower() for drug in rule["drugs"]}
    return any(
        one["type"] == rule["type"]
        and wanted <= {drug.lower() for drug in one["drugs"]}
        and RANK[one["severity"]] > LOUD
        for one in findings
    )
