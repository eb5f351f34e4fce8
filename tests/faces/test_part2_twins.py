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

from medmgmt.actions import observing, part2, prescribing, review, side_effects, supply
from medmgmt.record.models import CareAssignment, DosageChange, Patient, SideEffectReport, User
from medmgmt.review import reads
from refills.models import Task
from tests import factories
from tests.faces import world as worlds
from tests.faces.test_part2 import addresses_of, otto, words_in

pytestmark = [pytest.mark.django_db, pytest.mark.page]
"""Asked once: PostgreSQL gives no number back, and a number more would be a difference."""
NOW = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
MOVING = (
    (re.compile(r'(name="csrfmiddlewaretoken" value=|nonce=|"X-CSRFToken": )"[^"]*"'), r'\1""'),
    (re.compile(r'name="once" value="[^"]*"'), ""),
    (re.compile(r"(/tasks/|task-|tick-)\d+"), r"\1"),
    (re.compile(r'name="task" value="\d+:'), ""),
    (re.compile(r'"id":\d+'), '"id":'),
    (re.compile(r"&quot;X-CSRFToken&quot;: &quot;[^&]*&quot;"), ""),
)
"""What differs between two looks of the same person at the same page, and numbers of rows."""


OF_AN_ORDER = {"api:proposal", "api:findings", "api:cosignature", "web:review"}
"""Where an order shows what its review found."""
NOT_THEIRS = {
    "metrics": "counts the whole site, and names nobody",
    "web:calendar": "the link is the patient's own",
    "api:preview-release": "counts the orders of the whole site",
    "web:second_factor": "a secret, another each time",
}
"""Addresses that show nobody a chart of others."""


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
    signed(factories.adler(), DosageChange.objects.get(pk=world.ids["change_id"]))
    for closes_on in ("observation:weight", "visit"):
        Task.objects.create(
            kind="other", key=closes_on, patient=world.patient, role="nurse", due_at=NOW, title="Look",
            closes_on=closes_on, created_at=NOW - timedelta(days=1),
        )  # fmt: skip
    zoe = factories.patient("Z-1", of=lighthouse, given_name="Zoe", family_name="Zander")
    return Twins(world, world.patient, zoe)


def signed(by: User, change: DosageChange) -> DosageChange:
    """Every card of it answered, and then signed."""
    said = {"reason_code": "benefit_outweighs", "note": "", "follow_up_on": NOW.date() + timedelta(5)}
    while waiting := [card for card in reads.proposal(by, change.pk).problems if card.needs_answer]:
        review.override(by, waiting[0].lead.finding.pk, **said)
    prescribing.sign(by, change.pk)
    return change


def ordered(by: User, patient: Patient, drug: str, amount: str) -> DosageChange:
    """A new medicine, proposed."""
    return prescribing.propose_start(
        by, patient.pk, drug=prescribing.DrugChoice(name=drug), sig=factories.sig(amount),
        effective_on=patient.today(timezone.now()), reason_code="initial_treatment", note="secretword",
    ).change  # fmt: skip


def seen_by(who: User, ids: list[dict[str, Any]]) -> dict[str, str]:
    """Every address that is read, with what it says to this person."""
    client, found = Client(), {}
    client.force_login(who)
    for name, address in sorted({one for some in ids for one in addresses_of(some)}):
        if name in NOT_THEIRS:
            continue
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


def differences(make: Callable[[Patient], None], then: Callable[[], None] = lambda: None) -> list[str]:
    """What somebody outside is told otherwise where the programme made something of Carla, in lines."""
    with time_machine.travel(NOW, tick=False):
        here = twins()
        everybody = [who() for who in OUTSIDE]
        looks = []
        for subject in (here.zoe, here.carla):
            with undone():
                CareAssignment.objects.get_or_create(
                    patient=subject, team=factories.team("Lighthouse"), defaults={"since": factories.LONG_AGO}
                )
                make(subject)
                then()
                numbers = [here.world.ids, newest(here.world)]
                looks.append({who.username: seen_by(who, numbers) for who in everybody})
    without, beside = looks
    said = []
    for who, pages in beside.items():
        for address, body in pages.items():
            before = without[who].get(address, "")
            for line in difflib.unified_diff(lines(before), lines(body), n=0) if before != body else ():
                if not line.startswith(("---", "+++", "@@")) and line[1:].strip():
                    said.append(f"{who} {address}: {line[:200]}")
    return said


def newest(world: worlds.World) -> dict[str, Any]:
    """The numbers of what Dr Adler ordered last and Bo wrote down last, which everybody outside may see."""
    change = DosageChange.objects.filter(patient=world.patient, author=factories.adler()).latest("pk")
    report = SideEffectReport.objects.filter(patient=world.patient, programme=None).latest("pk")
    return {
        **world.ids, "change_id": change.pk, "prescription_id": change.prescription_id, "report_id": report.pk,
    }  # fmt: skip


def test_nobody_outside_can_tell_that_a_programme_made_anything_of_a_patient() -> None:
    assert differences(hidden, outside_acts) == []


def outside_acts() -> None:
    """What the clinic goes on to do, knowing nothing."""
    carla, today = factories.carla(), factories.carla().today(NOW)
    for term in ("diarrhea", "nausea"):
        side_effects.log_side_effect(factories.bo(), carla.pk, term=term, severity="moderate", began_on=today)
    observing.record_allergy(factories.bo(), carla.pk, kind="allergy", substance="secretword", reaction="rash")
    observing.record_condition(factories.bo(), carla.pk, text="secretword", icd10cm="Z71.41")
    observing.record_observation(
        factories.bo(), carla.pk, code="height", value=worlds.Decimal(160), observed_at=NOW
    )  # fmt: skip
    ordered(factories.adler(), carla, "loratadine", "10")


def buprenorphine(patient: Patient) -> None:
    """What the programme prescribes, and answers itself."""
    signed(otto(), ordered(otto(), patient, "buprenorphine / naloxone", "8"))


def alprazolam() -> None:
    ordered(factories.adler(), factories.carla(), "alprazolam", "1")


def test_an_interaction_with_it_is_told_by_one_sentence_and_by_nothing_else() -> None:
    said = differences(buprenorphine, alprazolam)
    assert {line.split()[1] for line in said} == OF_AN_ORDER
    assert [line for line in said if words_in(line.encode())] == []
    in_list = [line for line in said if line.split()[1] == "api:cosignature"]
    assert {line.split(": ", 1)[1] for line in in_list} == {'-"unanswered":0}', '+"unanswered":1}'}
    summaries = {line.split(": ", 1)[1] for line in said if "summary" in line}
    assert summaries == {'+"summary":"An interaction with a restricted record: call the programme,'}


def lines(body: str) -> list[str]:
    """Small enough pieces to read a difference."""
    return re.sub(r"(?<=[>,{}\n])", "\n", body).splitlines()


def hidden(patient: Patient) -> None:
    """One of everything that a programme's member can make."""
    by, today = otto(), patient.today(timezone.now())
    of = signed(by, ordered(by, patient, "acamprosate", "666")).prescription
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
