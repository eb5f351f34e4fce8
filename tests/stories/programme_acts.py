"""A Part 2 programme in a story: marked, with somebody in its care, with consent, or opened in an emergency."""

from typing import Any

from django.utils import timezone

from medmgmt.record.models import CareAssignment, CareTeam
from tests.stories.people import World

TEAM = "Lighthouse"
"""The team of `programme_psychiatrist`."""
KINDS = ("medicines", "diagnoses", "results", "notes")


def mark_programme(world: World, by: str, said: dict[str, Any]) -> None:
    """The team is a programme from now on."""
    team = CareTeam.objects.get(name=TEAM)
    world.post(by, "programmes", {"team": team.pk, "phone": str(said.get("phone", "+1 555 0142"))})


def takes_in_care(world: World, by: str, said: dict[str, Any]) -> None:
    """The person in hand comes into the care of the programme as well; a referral has no address of its own."""
    CareAssignment.objects.create(patient_id=world.patient, team=CareTeam.objects.get(name=TEAM), since=timezone.now())


def part2_consent(world: World, by: str, said: dict[str, Any]) -> None:
    """The patient's word that whoever treats them may see these kinds of what the programme makes, all where none is
    named; revoked, the last one ends."""
    page = f"patients/{world.patient}/part2-consents"
    if said.get("revoke"):
        world.post(by, f"part2-consents/{world.rows(by, page)[0]['id']}/revoke", {})
        return
    named = said.get("kinds") or KINDS
    until = world.clock.day(said.get("until", "+90d"))
    body = {"recipient": "treating", "purpose": "treatment", "given_on": world.clock.today(), "until": until}
    world.post(by, page, {**body, **{kind: kind in named for kind in KINDS}})


def break_glass(world: World, by: str, said: dict[str, Any]) -> None:
    """The chart of the person in hand is opened in an emergency."""
    mrn = f"ST-{len(world.patients):04d}"
    world.post(by, "break-glass", {"mrn": mrn, "reason": str(said.get("reason", "Found unconscious."))})
