"""What is written down of a person: who they are, what was measured, what they cannot take, what they feel."""

import re
from typing import Any

from medmgmt.record.models import Patient, Role, User
from tests.stories.people import World
from tests.stories.telling import cannot

ICD10 = re.compile(r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?")
FACTS = {
    "weight_kg": "weight",
    "height_cm": "height",
    "egfr": "egfr",
    "pregnant": "pregnancy",
    "lactating": "lactation",
    "smoking": "smoking",
    "hepatic": "hepatic_class",
}
YES_NO = {
    "pregnancy": ("pregnant", "not_pregnant"),
    "lactation": ("breastfeeding", "not_breastfeeding"),
    "smoking": ("current", "never"),
    "hepatic_class": ("unknown", "none"),
}


def patient(world: World, by: str, said: dict[str, Any]) -> None:
    """A person is registered, with what is known of them, and has a login of their own."""
    number = len(world.patients) + 1
    family, _, given = str(said.get("name", f"Story{number}, Sam")).partition(",")
    body = {
        "mrn": f"ST-{number:04d}",
        "family_name": family.strip(),
        "given_name": given.strip(),
        "birth_date": said.get("born", "1980-01-01"),
        "sex": said.get("sex", "unknown"),
        "language": said.get("language", "en"),
        "time_zone": said.get("time_zone", str(world.clock.zone)),
        "team": world.get(by, "me")["teams"][0]["id"],
        "confirm": bool(said.get("confirm")),
    }
    made = world.post(by, "patients", body)
    world.patients.append(made["id"])
    world.proposal = None
    log_in(world, made["id"])
    for key, code in FACTS.items():
        if key in said:
            observe(world, by, fact(code, said[key]))
    for text in said.get("conditions", []):
        condition(world, by, {"text": text})
    for one in said.get("allergies", []):
        allergy(world, by, one if isinstance(one, dict) else {"substance": one})
    for channel, key in (("sms", "phone"), ("email", "email")):
        if key in said:
            contact = {"channel": channel, "address": str(said[key]), "consented": True}
            world.post(by, f"patients/{world.patient}/contact-points", contact)
    if "programme" in said:
        enrol(world, by, {"programme": said["programme"], "on": "today"})


def log_in(world: World, patient_id: int) -> None:
    """The login that an administrator gives; the actor `patient` stays the first one."""
    user = User.objects.create(
        username=f"patient{patient_id}", role=Role.PATIENT, patient=Patient.objects.get(pk=patient_id), password="!"
    )
    world.users.setdefault("patient", user)


def fact(code: str, value: object) -> dict[str, object]:
    """A number, a state, or yes and no."""
    if isinstance(value, bool) and code in YES_NO:
        return {"code": code, "value_code": YES_NO[code][0 if value else 1]}
    return {"code": code, "value": str(value)}


def observe(world: World, by: str, body: dict[str, object]) -> Any:
    """One observation, of now unless it says when."""
    at = body.pop("observed_at", None) or world.clock.moment("today")
    return world.post(by, f"patients/{world.patient}/observations", {**body, "observed_at": at.isoformat()})


def observation(world: World, by: str, said: dict[str, Any]) -> None:
    """As a person types it, who is shown at once what it asks for."""
    body: dict[str, object] = {"code": str(said.get("code") or said["name"]), "value": str(said["value"])}
    if "unit" in said:
        body["unit"] = str(said["unit"])
    if said.get("confirm"):
        body["confirm"] = True
    if "at" in said:
        body["observed_at"] = world.clock.moment(said["at"])
    made = observe(world, by, body)
    world.page = world.look(by, f"/patients/{world.patient}/observations/{made['id']}/")


def allergy(world: World, by: str, said: dict[str, Any]) -> None:
    """In the words that were typed."""
    body = {key: said[key] for key in ("reaction", "severity", "kind", "confirm") if key in said}
    substance = said.get("substance") or said.get("text")
    world.post(by, f"patients/{world.patient}/allergies", {**body, "substance": str(substance)})


def condition(world: World, by: str, said: dict[str, Any]) -> None:
    """A diagnosis in words or by its code."""
    text = str(said.get("text") or said.get("substance"))
    more = {"icd10cm": text} if ICD10.fullmatch(text) else {}
    more |= {"confirm": True} if said.get("confirm") else {}
    world.post(by, f"patients/{world.patient}/conditions", {"text": text, **more})


def side_effect(world: World, by: str, said: dict[str, Any]) -> None:
    """A patient says it on their own page, the staff over the API."""
    note = " ".join(str(said[key]) for key in ("words", "note") if key in said)
    body: dict[str, object] = {
        "term": said.get("term") or said["words"],
        "severity": said.get("severity", "moderate"),
        "began_on": world.clock.day(said.get("began", "today")).isoformat(),
        "note": note,
    }
    if by == "patient":
        world.send(by, "/my/side-effects/new/", body)
    else:
        body |= {"confirm": True} if said.get("confirm") else {}
        world.post(by, "side-effects", {**body, "patient": world.patient})
    world.report = max(one["id"] for one in world.rows("psychiatrist", f"side-effects?patient={world.patient}"))


def enrol(world: World, by: str, said: dict[str, Any]) -> None:
    """Into a programme from a day on."""
    body = {"level": said["programme"], "starts_on": world.clock.day(said.get("on", "today"))}
    world.post(by, f"patients/{world.patient}/enrolments", body)


def discharge(world: World, by: str, said: dict[str, Any]) -> None:
    """Out of a programme, into none."""
    raise cannot("discharge a patient from a programme")


def consent(world: World, by: str, said: dict[str, Any]) -> None:
    """The patient's word that somebody is told as well, each at a number of their own; revoked, it is taken back."""
    page = f"patients/{world.patient}"
    if said.get("revoke"):
        last = world.get(by, f"{page}/messages")["caregivers"][-1]
        world.post(by, f"caregivers/{last['id']}/withdraw", {})
        return
    scope, who = said.get("scope", ["refills"]), str(said.get("who", "caregiver"))
    body = {
        "name": who,
        "channel": "sms",
        "address": f"+120255501{60 + sum(who.casefold().encode()) % 40}",
        "language": "en",
        "covers": scope if isinstance(scope, list) else [scope],
        "starts_on": world.clock.today(),
    }
    world.post(by, f"{page}/caregivers", body)
