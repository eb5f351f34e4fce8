"""What is handed out, asked for, answered and taken over: fills, refills, replies, other records, tasks."""

import hmac
import json
import re
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from medmgmt.record.models import ContactPoint, Patient
from refills.models import DemoMessage
from tests.stories import record_acts, taking
from tests.stories.people import World, course_of, not_broken, somebody
from tests.stories.telling import CameOutDifferently, ToldNo, cannot, holds, listed

LINK = re.compile(r"/r/[^\s/]+/?")
CHOICES = {"refill": "request_refill", "later": "snooze"}
PARTIAL = ("partial",)


def fill(world: World, by: str, said: dict[str, Any]) -> None:
    """In the unit of the sig, or in tablets where the product has a strength."""
    course = course_of(world, str(said["drug"]), lambda state: state in ("taking", "held"))
    line = course["medication"]["prescription"]
    reason = str(said.get("reason", ""))
    body: dict[str, Any] = {
        "prescription": line["id"],
        "dispensed_on": world.clock.day(said.get("on", "today")),
        "quantity": taking.quantity(said["quantity"]),
        "unit": unit_of(line, course),
        "days_supply": said["days"],
        "note": "",
        "early_reason": "" if reason in PARTIAL else reason,
        "partial_reason": "requested" if reason in PARTIAL else "",
    }
    if said.get("confirm"):
        body["confirm"] = True
    world.post(by, "dispenses", body)


def unit_of(line: dict[str, Any], course: dict[str, Any]) -> str:
    """What is counted at the pharmacy: capsules, patches, else tablets."""
    sig = course["medication"]["sig"]
    if sig and sig["unit"].startswith("{"):
        return str(sig["unit"])
    form = line["form"].casefold()
    return next((f"{{{one}}}" for one in ("capsule", "patch", "film") if one in form), "{tablet}")


def void_fill(world: World, by: str, said: dict[str, Any]) -> None:
    """The last fill taken back."""
    number = course_of(world, str(said["drug"]), lambda _state: True)["medication"]["prescription"]["id"]
    fills = [one for one in world.rows(by, f"dispenses?prescription={number}") if one["voided_why"] is None]
    if not fills:
        raise CameOutDifferently("there is no fill to take back")
    why = str(said.get("reason", "It was written down twice."))
    world.post(by, f"dispenses/{fills[0]['id']}/void", {"why": why})


def give(world: World, by: str, said: dict[str, Any]) -> None:
    """An injection or a dose given by somebody of the clinic."""
    raise cannot("write down a dose that was given")


def renew(world: World, by: str, said: dict[str, Any]) -> None:
    """A prescription for the pharmacy."""
    course = course_of(world, str(said["drug"]), lambda state: state in ("taking", "held"))
    line = course["medication"]["prescription"]
    body = {
        "quantity": taking.quantity(said["quantity"]),
        "unit": unit_of(line, course),
        "days_supply": said["days"],
        "refills": said.get("refills", 0),
    }
    world.post(by, f"prescriptions/{line['id']}/renewal", body)


def ask_refill(world: World, by: str, said: dict[str, Any]) -> None:
    """The patient asks on their own page."""
    course = course_of(world, str(said["drug"]), lambda state: state == "taking")
    number = course["medication"]["prescription"]["id"]
    world.send(by, f"/my/refills/{number}/", {})


def addresses(world: World) -> set[str]:
    """Every address that the person in hand has or had."""
    return set(ContactPoint.objects.filter(patient_id=world.patient).values_list("address", flat=True))


def answer_message(world: World, by: str, said: dict[str, Any]) -> None:
    """One tap on the page behind the link of the last message."""
    for one in DemoMessage.objects.filter(recipient__in=addresses(world)).order_by("-sent_at", "-id"):
        if link := LINK.search(one.body):
            break
    else:
        raise CameOutDifferently("no message with a link has come")
    choice = str(said.get("choice", "confirm"))
    world.is_stale = True
    answer = somebody().post(link[0], {"choice": CHOICES.get(choice, choice)}, follow=True)
    if not_broken(answer, "the page behind the link").status_code >= 400:
        raise ToldNo(answer.status_code, answer.content.decode())


def reply(world: World, by: str, said: dict[str, Any]) -> None:
    """A text message comes in from the patient or the last caregiver, as the gateway reports it."""
    channel = str(said.get("channel", "sms"))
    if by == "caregiver":
        address = world.get("nurse", f"patients/{world.patient}/messages")["caregivers"][0]["address"]
    else:
        point = ContactPoint.objects.filter(patient_id=world.patient, channel=channel).last()
        if point is None:
            raise CameOutDifferently(f"the patient has no {channel}")
        address = point.address
    told = {"id": f"story-{timezone.now().timestamp()}", "event": "reply", "from": address, "text": said["text"]}
    body, stamp = json.dumps(told).encode(), str(int(timezone.now().timestamp()))
    key = settings.WEBHOOK_KEYS[channel].encode()
    signature = hmac.new(key, stamp.encode() + b"." + body, sha256).hexdigest()
    headers = {"X-Timestamp": stamp, "X-Signature": signature}
    world.is_stale = True
    answer = somebody().post(f"/hooks/{channel}/", body, content_type="application/json", headers=headers)
    if not_broken(answer, "the hook").status_code >= 400:
        raise ToldNo(answer.status_code, answer.content.decode())


def import_fhir(world: World, by: str, said: dict[str, Any]) -> None:
    """As an administrator takes a file over; without a patient in hand its first one is."""
    known = set(Patient.objects.values_list("pk", flat=True))
    with tempfile.TemporaryDirectory(prefix="medmgmt-story-") as folder:
        lines = "\n".join(json.dumps(one, default=str) for one in said["resources"])
        path = Path(folder) / "story.ndjson"
        path.write_text(f"{lines}\n", encoding="utf-8")
        with (Path(folder) / "told").open("w+") as told:
            call_command("import_fhir", path, team="Harbor", stdout=told)
    world.is_stale = True
    new = Patient.objects.exclude(pk__in=known).order_by("pk").first()
    if not world.patients:
        if new is None:
            raise CameOutDifferently("the import made no patient")
        world.patients.append(new.pk)
        record_acts.log_in(world, new.pk)


def tasks_of(world: World, by: str, said: dict[str, Any]) -> list[dict[str, Any]]:
    """What waits for somebody about the person in hand, of a kind and with the words."""
    found = world.rows(by, f"tasks?patient={world.patient}")
    return [
        one
        for one in found
        if said.get("kind") in (None, one["kind"])
        and all(holds(f"{one['title']} {one['detail']}", words) for words in listed(said.get("title")))
    ]


def act_on_task(world: World, by: str, said: dict[str, Any]) -> None:
    """Claims, closes or cancels the first task that fits."""
    world.catch_up()
    found = tasks_of(world, by, said)
    if not found:
        raise CameOutDifferently(f"no such task waits for the {by}")
    task, do = found[0], str(said.get("do", "done"))
    body: dict[str, Any] = {"version": task["version"]}
    outcome = str(said.get("outcome", "resolved"))
    if do == "done":
        body |= {"code": outcome, "outcome": outcome}
    if do == "cancel":
        body |= {"why": outcome}
    world.post(by, f"tasks/{task['id']}/{do}", body)
