"""Promises of the acts to the letter: what was said is kept, and the small print of messages and screenings holds."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone

from interactions.errors import AlreadyAnswered
from interactions.models import CurrentDrug, LocalChange
from medmgmt.actions import (
    authorising,
    importing,
    knowledge,
    messages,
    monitoring,
    people,
    prescribing,
    renewals,
    reports,
    review,
    side_effects,
    supply,
)
from medmgmt.actions import rescreening as actions
from medmgmt.record.errors import Refused
from medmgmt.record.models import AuditEntry, Kind, Prescription
from refills.errors import RefillRefused
from refills.messages.reports import Report, Said
from refills.models import ChannelChoice, Reminder, Task, Unreachable
from refills.supply.controlled import Reason
from tests import factories
from tests.actions import orders
from tests.actions import test_importing as past
from tests.actions import test_rescreening as screen
from tests.actions import test_review as answers
from tests.actions import test_supply_authorised as fills
from tests.actions.test_knowledge import new_rule

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
TEN: dict[str, Any] = {"quantity": Decimal(10), "unit": "{tablet}", "days_supply": 10}


def ahead(days: int) -> Any:
    return orders.today() + timedelta(days=days)


def two() -> tuple[Prescription, Prescription]:
    return (factories.taking("bupropion", 42347, "150"), factories.taking("sertraline"))


# -- what was said is kept --------------------------------------------------------------------------------------------
def test_why_an_order_was_made_and_withdrawn_is_kept() -> None:
    change = orders.start(factories.adler(), "metformin", note="For the weight.").change
    assert change.note == "For the weight."
    assert prescribing.withdraw(factories.adler(), change.pk, note="Chose another.").withdrawn_note == "Chose another."


def test_reasons_are_kept_word_for_word() -> None:
    adler, (one, _other) = factories.adler(), two()
    clozapine = factories.taking("clozapine", 2626, "100")
    limit = authorising.limit_supply(adler, factories.carla().pk, most_days=30, until=ahead(5), why="Risk.")
    kept = [
        monitoring.release_lab_gate(adler, clozapine.pk, why="Drawn today.", until=ahead(3)).why,
        authorising.revoke(adler, authorising.authorise(adler, one.pk, **TEN).pk, why="Falls.").why,
        limit.why,
        authorising.lift_limit(adler, limit.pk, why="Better.").why,
        renewals.renew(adler, one.pk, **TEN, why="Seen.", note="See you soon.").note,
    ]
    assert kept == ["Drawn today.", "Falls.", "Risk.", "Better.", "See you soon."]


def test_who_chose_is_kept_with_the_choice() -> None:
    for by, how in ((factories.carla_user(), "portal"), (factories.bo(), "staff")):
        messages.opt(by, factories.carla().pk, channel="email", wanted=how == "staff")
        newest = ChannelChoice.objects.latest("pk")
        assert (newest.how, newest.opted_in) == (how, how == "staff")
        assert AuditEntry.objects.filter(act="opt").latest("pk").detail == {
            "channel": "email", "in": how == "staff", "how": how,
        }  # fmt: skip


# -- more of the same -------------------------------------------------------------------------------------------------
def test_a_card_is_answered_through_the_finding_that_still_waits() -> None:
    change = answers.crowded()
    waiting = answers.waiting(change)
    card = next(one.card for one in waiting if sum(other.card == one.card for other in waiting) > 1)
    mine = [one for one in waiting if one.card == card]
    said = {"reason_code": "benefit_outweighs", "note": "ok", "follow_up_on": ahead(7)}
    lead = review.override_card(factories.adler(), mine[0].review_id, card=card, **said)
    assert {one.pk for one in answers.waiting(change)}.isdisjoint({one.pk for one in mine})
    assert lead.finding_id == mine[0].pk
    with pytest.raises(AlreadyAnswered):
        review.override_card(factories.adler(), mine[0].review_id, card=card, **said)


def test_a_balance_is_in_time_to_the_last_second_of_its_hours() -> None:
    stimulant = fills.taking("methylphenidate")
    fills.written(stimulant, days_ago=10)
    first = fills.partly(stimulant, days_ago=10, quantity=10, reason="short_stock", hours=10)
    assert first.until is not None
    rest = {"dispensed_on": fills.ago(7), "quantity": Decimal(20), "unit": "{tablet}", "days_supply": 20}
    with pytest.raises(RefillRefused), transaction.atomic():
        supply.record_dispense(factories.bo(), stimulant.pk, **rest, handed_at=first.until + timedelta(seconds=1))
    assert supply.record_dispense(factories.bo(), stimulant.pk, **rest, handed_at=first.until).quantity == 20


def test_what_only_a_clinic_hands_out_is_not_written_for_the_pharmacy() -> None:
    with pytest.raises(RefillRefused) as said:
        authorising.authorise(factories.adler(), factories.taking("esketamine", 2119365, "56").pk, **TEN)
    assert Reason.CLINIC_ONLY in [one.reason for one in said.value.refusals]


def test_a_report_told_again_later_undoes_no_later_choice() -> None:
    people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address="+14155550100", consented=True)
    for event, word in (("e1", "STOP"), ("e2", "START"), ("e1", "STOP")):
        reports.take_report("sms", Report(event, Said.REPLY, sender="+14155550100", text=word))
    assert ChannelChoice.objects.filter(channel="sms").latest("pk").opted_in


def left(to: str, **of: Any) -> Reminder:
    """A message that has left, named m1 by its channel."""
    row = Reminder.objects.filter(state="planned", channel=to, **of).earliest("due_at")
    now = timezone.now()
    Reminder.objects.filter(pk=row.pk).update(state="sent", settled_at=now, handed_over_at=now, provider_id="<m1@x>")
    return row


def test_a_helpers_bounce_sends_the_patient_nothing() -> None:
    bo, carla = factories.bo(), factories.carla()
    people.set_contact(bo, carla.pk, channel="sms", address="+14155550100", consented=True)
    messages.add_caregiver(
        bo, carla.pk, name="Mara", channel="email", address="m@x.example", language="en", covers=["refills"],
        starts_on=orders.today(),
    )  # fmt: skip
    supply.record_dispense(bo, two()[0].pk, dispensed_on=ahead(0), **TEN)
    theirs = left("email", caregiver__isnull=False)
    reports.take_report("email", Report("e1", Said.BOUNCED, "<m1@x>"))
    assert not Reminder.objects.filter(fallback_of=theirs).exists()


def test_a_bounce_of_the_old_address_leaves_the_new_one_alone() -> None:
    bo, carla = factories.bo(), factories.carla()
    supply.record_dispense(bo, two()[0].pk, dispensed_on=ahead(0), **TEN)
    left("email")
    people.set_contact(bo, carla.pk, channel="email", address="new@mail.example", consented=True)
    reports.take_report("email", Report("e1", Said.BOUNCED, "<m1@x>"))
    assert not Unreachable.objects.filter(address="new@mail.example").exists()
    assert Reminder.objects.filter(state="planned", channel="email").exists()


def test_a_new_address_with_consent_brings_messages_back_after_a_stop() -> None:
    bo, carla = factories.bo(), factories.carla()
    supply.record_dispense(bo, two()[0].pk, dispensed_on=ahead(0), **TEN)
    messages.opt(factories.carla_user(), carla.pk, channel="email", wanted=False)
    assert not Reminder.objects.filter(state="planned").exists()
    people.set_contact(bo, carla.pk, channel="email", address="new@mail.example", consented=True)
    assert Reminder.objects.filter(state="planned", channel="email").exists()


def test_the_hour_of_messages_is_outside_the_quiet_to_the_hour() -> None:
    plan = {"before": [2], "after": [1], "channels": ["email"], "language": "en", "version": 1}
    for hour in (7, 20):
        with pytest.raises(Refused), transaction.atomic():
            messages.save_plan(factories.bo(), factories.carla().pk, **plan, hour=hour, quiet_from=20, quiet_until=8)
    assert messages.save_plan(
        factories.bo(), factories.carla().pk, **plan, hour=19, quiet_from=20, quiet_until=8
    ).hour == 19  # fmt: skip


def test_who_moves_is_told_in_the_morning_of_the_new_place() -> None:
    supply.record_dispense(factories.bo(), two()[0].pk, dispensed_on=ahead(0), **TEN)

    def hours(zone: str) -> set[int]:
        return {row.due_at.astimezone(ZoneInfo(zone)).hour for row in Reminder.objects.filter(state="planned")}

    before = hours("America/New_York")
    people.update_patient(factories.bo(), factories.carla().pk, version=1, time_zone="America/Los_Angeles")
    assert hours("America/Los_Angeles") == before


def test_a_rule_that_the_clock_suspends_is_in_the_trail_as_the_clocks_act() -> None:
    begins = ahead(5)
    change = new_rule().pk
    LocalChange.objects.filter(pk=change).update(valid_from=begins)
    knowledge.approve(factories.adler(), change)
    LocalChange.objects.filter(pk=change).update(
        valid_from=ahead(-1), cases=[{**one, "expect": {"severity": "contraindicated"}} for one in rule_cases(change)]
    )
    knowledge.keep_dates()
    told = AuditEntry.objects.get(act="suspend_rule")
    assert (told.object_id, told.actor, told.actor_name) == (str(change), None, "the clock")


def rule_cases(change: int) -> list[dict[str, Any]]:
    return list(LocalChange.objects.get(pk=change).cases)


def test_what_was_stopped_since_is_still_a_suspect() -> None:
    taken = factories.taking("lithium", 6448, "600", on=ahead(-90))
    factories.change(taken, Kind.STOP, ahead(-1), signed_at=timezone.now(), reason_code="remission")
    report = side_effects.log_side_effect(
        factories.bo(), factories.carla().pk, term="Tremor", severity="mild", began_on=ahead(-10)
    )
    first = report.suspects.get(rank=1)
    assert (first.prescription, "600" in first.dose_text) == (taken, True)
    assert not any("stopped" in reason for reason in first.reasons)


# -- what a release changes -------------------------------------------------------------------------------------------
def screened(folder: Path, *rows: str) -> list[Task]:
    """The tasks after a table was put into use that says this of Carla's four medicines."""
    actions.work()
    carla = screen.both(factories.carla())
    screen.taking(carla, ("sertraline", screen.SERTRALINE), ("lisinopril", 29046))
    screen.put_into_use(screen.licensed(folder, "1", *rows))
    return list(Task.objects.filter(source_type="rescreening"))


def test_what_stops_no_signature_is_no_task_of_a_screening(tmp_path: Path) -> None:
    assert screened(tmp_path, f"{screen.LAMOTRIGINE},{screen.METFORMIN},Moderate") == []


def test_the_worst_finding_says_how_soon_the_task_of_a_screening_is_due(tmp_path: Path) -> None:
    [task] = screened(
        tmp_path, f"{screen.LAMOTRIGINE},{screen.METFORMIN},Contraindicated", f"{screen.SERTRALINE},29046,Major"
    )
    assert (task.priority, task.service_case) == (1, "contraindicated")


def test_what_stood_before_a_release_is_no_task_after_it(tmp_path: Path) -> None:
    actions.work()
    carla = factories.carla()
    screen.taking(carla, ("sertraline", screen.SERTRALINE), ("tramadol", 10689), ("lisinopril", 29046))
    screen.put_into_use(screen.licensed(tmp_path, "1", f"{screen.SERTRALINE},29046,Major"))
    [task] = Task.objects.filter(source_type="rescreening")
    assert "lisinopril" in task.detail
    assert "tramadol" not in task.detail


def test_who_is_taken_over_is_laid_out_and_concerns_the_next_release() -> None:
    importing.take_in(factories.adler(), past.history(past.course()), team_id=factories.team().pk)
    assert CurrentDrug.objects.get().substance.name == "sertraline"
