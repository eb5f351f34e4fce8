"""How many queries a page makes, and that the number does not grow with what it shows."""

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from medmgmt.actions import side_effects, staff
from medmgmt.record.models import Role, User
from refills.models import DemoMessage
from refills.worklist import tasks
from tests import factories as cast
from tests.faces.web.world import World, fill, propose, today

DRUGS = (
    ("bupropion", 42347),
    ("mirtazapine", 15996),
    ("lamotrigine", 28439),
    ("metformin", 6809),
    ("lisinopril", 29046),
)


def queries(client: Client, address: str) -> int:
    """How many queries the page makes, once everything that is loaded once a process is loaded."""
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200, address
    return len(seen)


def more_of_everything(world: World) -> None:
    """Five more medicines, fills, side effects, tasks, proposals, messages, and twenty more patients."""
    adler, bo = cast.adler(), cast.bo()
    for number, (drug, rxcui) in enumerate(DRUGS):
        taken = cast.taking(drug, rxcui, on=today() - timedelta(days=30 + number))
        fill(bo, taken, today() - timedelta(days=3), "30", 30)
        side_effects.log_side_effect(bo, world.carla.pk, term=f"Nausea {number}", severity="mild", began_on=today())
        propose(adler, world.carla, f"herb {number}", None)
        DemoMessage.objects.create(sender="a@b.example", recipient="c@d.example", subject="s", body="b")
    for number in range(20):
        nurse = cast.member(f"nurse-{number}", Role.NURSE, cast.team(f"Team {number}"))
        staff.ask_password(cast.admin(), nurse.pk, why="Lost.")
        staff.make_team(cast.admin(), name=f"Empty {number}", why="Planned.")
    for number in range(20):
        patient = cast.patient(f"Q-{number}")
        tasks.open_task(
            kind="other",
            key=f"q{number}",
            patient_id=patient.pk,
            role="psychiatrist",
            due_at=timezone.now(),
            title="Call",
        )


def test_no_page_asks_more_often_because_there_is_more_to_show(world: World, browser: Callable[[User], Client]) -> None:
    adler, admin, carla = browser(cast.adler()), browser(cast.admin()), browser(cast.carla_user())
    chart = f"/patients/{world.carla.pk}/"
    addresses = [
        (adler, "/", 18),
        (adler, "/patients/", 13),
        (adler, chart, 35),
        (adler, f"{chart}prescribe/", 13),
        (adler, f"{chart}side-effects/new/", 13),
        (adler, f"/prescriptions/{world.sertraline.pk}/", 19),
        (adler, f"/prescriptions/{world.sertraline.pk}/new_dose/", 23),
        (adler, f"/changes/{world.proposal.pk}/", 26),
        (adler, f"/side-effects/{world.report.pk}/", 22),
        (adler, "/tasks/", 13),
        (adler, "/tasks/late/", 11),
        (adler, "/cover/", 10),
        (adler, "/knowledge/", 10),
        (adler, "/knowledge/selftest/", 8),
        (adler, "/knowledge/rules/", 10),
        (adler, "/knowledge/alerts/", 11),
        (admin, "/outbox/", 6),
        (admin, "/audit/", 6),
        (admin, "/", 12),
        (admin, "/staff/", 7),
        (admin, f"/staff/{cast.bo().pk}/", 8),
        (admin, "/staff/teams/", 6),
        (admin, "/staff/changes/", 6),
        (carla, "/my/", 21),
        (carla, "/my/messages/", 30),
        (carla, "/my/who-looked/", 9),
        (adler, f"{chart}messages/", 34),
    ]
    DemoMessage.objects.create(sender="a@b.example", recipient="c@d.example", subject="s", body="b")
    staff.ask_password(cast.admin(), cast.bo().pk, why="Lost.")
    before = [queries(client, address) for client, address, _most in addresses]
    more_of_everything(world)
    faults = []
    for (client, address, most), then in zip(addresses, before, strict=True):
        now = queries(client, address)
        if now > then or now > most:
            faults.append(f"{address}: {then}, with more to show {now}, at most {most}")
    assert not faults, faults
