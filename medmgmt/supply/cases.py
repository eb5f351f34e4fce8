"""The answer to a refill that is in no record."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings

from interactions import library
from interactions.engine import cases
from interactions.engine.rules.coverage import UNKNOWN_NAME
from interactions.engine.severity import NAMED
from medmgmt.regimen import scopes
from refills import site
from refills.supply import case_findings


@cache
def shipped_with() -> dict[str, str]:
    """Which release the shipped table of supply rules belongs to: its name, version and date."""
    told = json.loads((settings.BASE_DIR / "data" / "release.json").read_text(encoding="utf-8"))
    return {"release": "supply rules", "version": str(told["version"]), "date": str(told["released_on"])}


def refill_answer(case: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What the supply rules add to the answer to a case told as JSON: findings, each with a card of its own."""
    proposed, told = case.get("proposed") or {}, case.get("refill") or {}
    name = str(proposed.get("drug") or "")
    drug = scopes.drug_named(name)
    schedule = str(told.get("schedule") or (drug.attributes.get("dea_schedule", "") if drug else ""))
    found = case_findings.of_case(case, schedule, site.supply_rules(), scopes.scopes_for(drug, schedule))
    drugs = [drug.name if drug else name]
    findings, cards, shipped = [], [], shipped_with()
    for place, one in enumerate(found, start=1):
        shared = {"severity": one.severity, "problem": one.problem, "drugs": drugs, "summary": one.summary}
        source = shipped | {"severity": one.severity, "rule": one.problem, "citation": one.source}
        findings.append(
            shared
            | {"type": "refill", "mechanism": "", "management": one.management, "onset": ""}
            | {"sources": [source], "release": f"{shipped['release']} {shipped['version']}", "card": f"refill-{place}"}
        )
        cards.append(shared | {"card": f"refill-{place}", "interruptive": one.severity == case_findings.MAJOR})
    return {"findings": findings, "cards": cards}


def review(case: Mapping[str, Any]) -> dict[str, Any]:
    """The whole answer to one case in the shape of the case format; cards most severe first. Nothing is kept.

    Raises ValueError, KeyError or TypeError where the case has another shape, NamesDisagree where the name and the
    code of a medicine are of different drugs.
    """
    for one in [*(case.get("current_meds") or []), case.get("proposed") or {}]:
        library.require_agreement(str(one.get("drug") or ""), one.get("rxcui"))
    answer = cases.review(case, library.current())
    for one in answer["not_checked"]:
        if one["why"] == UNKNOWN_NAME and (asked := library.asks_back(one["what"])):
            one["why"] = f"{UNKNOWN_NAME}. {asked}"
    supply = refill_answer(case)
    cards = sorted([*answer["cards"], *supply["cards"]], key=lambda card: -NAMED[card["severity"]])
    return {**answer, "findings": [*answer["findings"], *supply["findings"]], "cards": cards}


def reviewed(document: Any) -> dict[str, Any]:
    """The answers to one case, a list of cases, or {"vignettes": [...]}; in their order."""
    return {"cases": [review(case) for case in cases.each(document)]}
