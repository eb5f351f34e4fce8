"""What is expected to be taken and when it runs out, what is due, and what is suspected."""

from datetime import date
from decimal import Decimal
from typing import Any

from medmgmt.record.dosing import Sig
from medmgmt.record.strengths import in_milligrams
from tests.stories import findings
from tests.stories.people import World, course_of, prescriptions, same_drug
from tests.stories.telling import CameOutDifferently, holds, listed, plain

BY = "psychiatrist"
NEARLY = Decimal("0.01")
LIVING = ("taking", "held")


def sigs_on(world: World, drug: str, day: date) -> list[dict[str, Any]]:
    """What each line of a drug says on a day; nothing for a line that is not taken then."""
    doses = [(world.get(BY, f"prescriptions/{one['id']}/dose_on?day={day}"), one) for one in prescriptions(world, drug)]
    return [{**dose["sig"], "strength": one["strength"]} for dose, one in doses if dose["sig"]]


def mg_per_day(sig: dict[str, Any]) -> Decimal:
    """The mean of the days of its rhythm."""
    told = in_milligrams(Sig.from_json(sig), sig["strength"])
    if told.per_day is None:
        raise CameOutDifferently(f"“{sig['text']}” is not told in milligrams: {told.why}")
    return told.per_day


def expect_dose(world: World, said: dict[str, Any]) -> None:
    """All lines of a drug together."""
    seen = sigs_on(world, str(said["drug"]), world.clock.day(said.get("on", "today")))
    told = "; ".join(sig["text"] for sig in seen) or "nothing is taken"
    if said.get("none"):
        wrong = bool(seen)
    elif "mg_per_day" in said:
        wrong = abs(sum(map(mg_per_day, seen), Decimal()) - Decimal(str(said["mg_per_day"]))) > NEARLY
    else:
        wrong = not any(holds(sig["text"], words) for sig in seen for words in listed(said["sig"]))
    if wrong:
        raise CameOutDifferently(f"seen: {told}")


def expect_runs_out(world: World, said: dict[str, Any]) -> None:
    """The first day without."""
    world.catch_up()
    course = course_of(world, str(said["drug"]), lambda state: state in LIVING)
    seen = course["medication"]["runs_out_on"]
    if seen != world.clock.day(said["on"]).isoformat():
        raise CameOutDifferently(f"it runs out on {seen}")


def expect_suspect(world: World, said: dict[str, Any]) -> None:
    """Who leads the suspects of the last side effect."""
    if world.report is None:
        raise CameOutDifferently("no side effect was reported")
    suspects = world.get(BY, f"side-effects/{world.report}")["suspects"]
    ranked = [one["drug_name"] for one in sorted(suspects, key=lambda one: one["rank"])]
    first = ranked[0] if ranked else ""
    is_right = not said.get("first") or (first and same_drug(str(said["first"]), first))
    if not is_right or any(first and same_drug(one, first) for one in listed(said.get("not_first"))):
        raise CameOutDifferently(f"the suspects are {ranked}")


def expect_due(world: World, said: dict[str, Any]) -> None:
    """What the renewal of a medicine calls overdue, the review calls missing, or the plan of messages foresees."""
    world.catch_up()
    name, drug = str(said.get("name") or said.get("code")), str(said.get("drug", ""))
    state, seen = state_of(world, name, drug)
    if state != said["state"]:
        raise CameOutDifferently(f"{name} is {state}; seen: {seen}")


def state_of(world: World, name: str, drug: str) -> tuple[str, list[str]]:
    """Where a test or an injection stands, and everything that was said of what is due."""
    course = course_of(world, drug, lambda state: state in LIVING)
    renewal = world.get(BY, f"prescriptions/{course['medication']['prescription']['id']}/renewal")
    overdue = [*renewal["overdue_labs"], renewal["supply_waits_for"]]
    missing = [one.text for one in findings.found(world) if one.type == "monitoring_baseline_missing"]
    coming = world.get("nurse", f"patients/{world.patient}/messages")["coming"]
    today = [f"{one['kind']} {one['what']}" for one in coming if one["day"] == world.clock.today().isoformat()]
    for state, said in (("overdue", overdue), ("missing_baseline", missing), ("due", today)):
        if any(plain(name) in plain(one) for one in said):
            return state, said
    return "not_due", [*overdue, *missing, *today]
