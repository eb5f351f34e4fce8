"""Nobody outside a Part 2 programme can tell that it made anything: two worlds that differ in nothing else look alike.

Carla is Dr Adler's patient; Zoe is nobody's but the programme's. In one world the programme looks after Carla and makes
its records of her, in the other it makes the very same of Zoe. Whoever looks from outside gets the same bytes.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from medmgmt.actions import messages, observing, part2, prescribing, side_effects, supply, worklist
from medmgmt.record.models import CareAssignment, Patient, Role, User
from tests import factories, shipped_knowledge
from tests.faces import world as worlds
from tests.faces.test_part2 import PHONE, addresses_of, answered, otto

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
MOVING = (
    (re.compile(r'(name="csrfmiddlewaretoken" value=|nonce=|"X-CSRFToken": )"[^"]*"'), r'\1""'),
    (re.compile(r"&quot;X-CSRFToken&quot;: &quot;[^&]*&quot;"), ""),
)
"""What differs between two looks of the same person at the same page."""


@dataclass
class Twins:
    """The world that both share, and whose records are hidden."""

    world: worlds.World
    carla: Patient
    zoe: Patient


def twins() -> Twins:
    otto()
    world = worlds.build()
    part2.revoke_consent(factories.carla_user(), world.ids["part2_consent_id"])
    lighthouse = factories.team("Lighthouse")
    zoe = factories.patient("Z-1", of=lighthouse, given_name="Zoe", family_name="Zander")
    return Twins(world, world.patient, zoe)


def seen_by(who: User, ids: list[dict[str, Any]]) -> dict[str, str]:
    """Every address that is read, with what it says to this person."""
    client, found = Client(), {}
    client.force_login(who)
    for name, address in sorted({one for some in ids for one in addresses_of(some)}):
        answer = client.get(address)
        body = (b"".join(answer) if answer.streaming else answer.content).decode(errors="replace")
        for pattern, instead in MOVING:
            body = pattern.sub(instead, body)
        found[f"{name} {address}"] = f"{answer.status_code}\n{body}"
    return found


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


OUTSIDE = (factories.adler, factories.bo, factories.pia)


def test_probe() -> None:
    with time_machine.travel(NOW, tick=False):
        here = twins()
        for who in OUTSIDE:
            who()
        looks = []
        for subject in (here.carla, here.zoe):
            with undone():
                CareAssignment.objects.get_or_create(
                    patient=subject, team=factories.team("Lighthouse"), defaults={"since": factories.LONG_AGO}
                )
                hidden(subject)
                looks.append({who.__name__: seen_by(who(), [here.world.ids]) for who in OUTSIDE})
    first, second = looks
    said = []
    for who, pages in first.items():
        for address, body in pages.items():
            if body != second[who][address]:
                diff = difflib.unified_diff(second[who][address].splitlines(), body.splitlines(), "without", "with", n=0)
                said.append(f"== {who} {address}\n" + "\n".join(line[:400] for line in diff))
    assert not said, "\n".join(said)


def hidden(patient: Patient) -> None:
    """One of everything that a programme's member can make."""
    by, today = otto(), patient.today(timezone.now())
    made = prescribing.propose_start(
        by, patient.pk, drug=prescribing.DrugChoice(name="acamprosate"), sig=factories.sig("666"),
        effective_on=today, reason_code="initial_treatment", note="secretword",
    )  # fmt: skip
    prescribing.sign(by, made.change.pk)
    of = made.change.prescription
    supply.record_dispense(
        by, of.pk, dispensed_on=today, quantity=worlds.Decimal(7), unit="{tablet}", days_supply=7, note="secretword"
    )
    side_effects.log_side_effect(
        by, patient.pk, term="secretword", severity="severe", began_on=today, note="secretword"
    )
    observing.record_condition(by, patient.pk, text="secretword", icd10cm="Z71.41")
    observing.record_allergy(by, patient.pk, kind="allergy", substance="secretword", reaction="rash")
    observing.record_encounter(by, patient.pk, kind="office", on=today, note="secretword")
    observing.record_observation(by, patient.pk, code="weight", value=worlds.Decimal(71), observed_at=timezone.now())
