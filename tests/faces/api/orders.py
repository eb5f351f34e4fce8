"""Short ways to say over the API what the cast orders."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from tests import factories
from tests.faces.api.client import Api, done

SIG = {"amount": "50", "unit": "mg", "route": "PO", "timing": "daily"}
PART = {name: value for name, value in SIG.items() if name != "route"}


def today() -> date:
    """Carla's own today."""
    return factories.carla().today(timezone.now())


def start(name: str, **values: Any) -> dict[str, Any]:
    """The body that proposes a daily medicine for Carla from today on."""
    return {
        "kind": "start",
        "patient": factories.carla().pk,
        "drug": {"name": name},
        "sig": SIG,
        "effective_on": today().isoformat(),
        "reason_code": "initial_treatment",
        **values,
    }


def change(prescription: int, kind: str, **values: Any) -> dict[str, Any]:
    """The body that proposes a change of a prescription from today on."""
    sig = {} if kind in ("hold", "stop") else {"sig": SIG}
    when = today().isoformat()
    return {
        "kind": kind,
        "prescription": prescription,
        "effective_on": when,
        "reason_code": "titration",
        **sig,
        **values,
    }


def answer(**values: Any) -> dict[str, Any]:
    """The body that answers a finding."""
    when = (today() + timedelta(days=7)).isoformat()
    return {"reason_code": "benefit_outweighs", "note": "Discussed with her.", "follow_up_on": when, **values}


def signed(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    """Proposes, answers what needs an answer, and signs."""
    proposal = done(api.post("proposals/", body), 201)
    for card in proposal["cards"]:
        if card["needs_answer"]:
            done(api.post(f"findings/{card['lead']}/override/", answer()), 201)
    change: dict[str, Any] = done(api.post(f"proposals/{proposal['id']}/sign/"))
    return change
