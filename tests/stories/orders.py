"""What is prescribed: proposed, answered, signed, withdrawn."""

from datetime import timedelta
from typing import Any

from interactions.models import Release
from tests.stories.people import World, course_of
from tests.stories.telling import CameOutDifferently, cannot, plain

CODES = {"benefit_outweighs_risk": "benefit_outweighs"}
LOOK_AGAIN = timedelta(days=14)
LIVING = ("taking", "held")
AT_LEAST_ONE = "there is no proposal in hand"


def order(world: World, by: str, said: dict[str, Any]) -> None:
    """A start of a drug."""
    body = {
        "kind": "start",
        "patient": world.patient,
        "drug": {"name": said["drug"], "product": str(said.get("product", ""))},
        "indication": str(said.get("indication", "")),
        "sig": str(said["sig"]),
        "effective_on": world.clock.day(said.get("from", "today")),
        "reason_code": said.get("reason", "initial_treatment"),
        "note": "",
    }
    propose(world, by, {**body, **meant(said)})


def change(world: World, by: str, said: dict[str, Any]) -> None:
    """A new dose, a hold, a resumption or a stop of what is taken."""
    drug = str(said["drug"])
    try:
        course = course_of(world, drug, LIVING.__contains__)
    except CameOutDifferently:
        course = course_of(world, drug)
    kind = next((kind for kind in ("hold", "resume", "stop") if said.get(kind)), "new_dose")
    body = {
        "kind": kind,
        "prescription": course["medication"]["prescription"]["id"],
        "effective_on": world.clock.day(said.get("from", "today")),
        "reason_code": said.get("reason", "patient_wish"),
        "note": "",
    }
    if "sig" in said:
        body["sig"] = str(said["sig"])
    elif kind == "resume":
        body["sig"] = dose_before(course)
    propose(world, by, {**body, **meant(said)})


def meant(said: dict[str, Any]) -> dict[str, bool]:
    """That it is a second line on purpose, and that what was asked is meant."""
    return {name: True for name in ("alongside", "confirm") if said.get(name)}


def dose_before(course: dict[str, Any]) -> dict[str, Any]:
    """What was taken before the hold that stands."""
    signed = [one for one in course["changes"] if one["status"] == "signed" and one["sig"]]
    if not signed:
        raise CameOutDifferently("nothing was taken before")
    last = max(signed, key=lambda one: (one["effective_on"], one["id"]))
    short = ("amount", "unit", "timing", "every_days", "amount_per_day", "text")
    return {name: value for name, value in last["sig"].items() if name not in short}


def propose(world: World, by: str, body: dict[str, Any]) -> None:
    """The proposal is in hand from then on."""
    world.proposal = world.post(by, "proposals", body)["id"]


def plan(world: World, by: str, said: dict[str, Any]) -> None:
    """Several steps signed as one."""
    raise cannot("propose a plan of several steps")


def basket(world: World, by: str, said: dict[str, Any]) -> None:
    """Several changes signed as one."""
    raise cannot("propose several changes at once")


def in_hand(world: World) -> int:
    """The proposal in hand."""
    if world.proposal is None:
        raise CameOutDifferently(AT_LEAST_ONE)
    return world.proposal


def answer(world: World, by: str, said: dict[str, Any]) -> None:
    """Each card that waits; with nothing to answer nothing is done."""
    shown = world.get(by, f"proposals/{in_hand(world)}")
    for card in shown["cards"]:
        if not card["needs_answer"]:
            continue
        if "problem" in said and plain(said["problem"]) not in plain(f"{card['problem']} {card['summary']}"):
            continue
        code = str(said.get("code", "benefit_outweighs_risk"))
        body = {
            "card": card["card"],
            "reason_code": CODES.get(code, code),
            "note": str(said.get("note", "")),
            "follow_up_on": world.clock.today() + LOOK_AGAIN,
        }
        if "look_again" in said:
            body["follow_up_on"] = world.clock.day(said["look_again"])
        if code == "will_monitor":
            body["follow_up"] = evidence(world, by, str(said.get("evidence", "")), card)
        world.post(by, f"reviews/{card['review']}/answer", body)


def evidence(world: World, by: str, said: str, card: dict[str, Any]) -> str:
    """What is to be recorded, as the service names it; the first that it offers where the story does not say."""
    offered = [choice["what"] for choice in card["choices"]]
    everything = [choice["what"] for choice in world.get(by, "follow-ups")["results"]]
    fitting = [what for what in [*offered, *everything] if what.rpartition(":")[2] == said or what == said]
    found = fitting if said else offered
    if not found:
        raise CameOutDifferently(f"nothing is offered to be recorded by the name {said!r}")
    return str(found[0])


def cosign(world: World, by: str, said: dict[str, Any]) -> None:
    """A second person agrees with the review as it stands."""
    change = in_hand(world)
    review = world.get(by, f"proposals/{change}/cosignature")["review"]
    note = str(said.get("note", "I have read the review and agree."))
    world.post(by, f"proposals/{change}/cosignature/agree", {"review": review, "note": note})


def sign(world: World, by: str, said: dict[str, Any]) -> None:
    """Signed, it is in nobody's hand any more."""
    word = {"unchecked": True} if said.get("unchecked") else {}
    world.post(by, f"proposals/{in_hand(world)}/sign", word)
    world.proposal = None


def nothing_in_use(world: World, by: str, said: dict[str, Any]) -> None:
    """Every release of knowledge is out of use, however that came about."""
    Release.objects.filter(status="active").update(status="retired")


def withdraw(world: World, by: str, said: dict[str, Any]) -> None:
    """Taken back by whoever proposed it."""
    note = str(said.get("note", "Not what was meant."))
    world.post(by, f"proposals/{in_hand(world)}/withdraw", {"note": note})
    world.proposal = None
