"""Everything the clock starts: no arguments, may run twice, may be missed once; the truth is in the tables."""

from contextlib import suppress
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from kombu.exceptions import OperationalError

from medmgmt.actions import knowledge, reports, rescreening
from medmgmt.messages import digests, planning
from medmgmt.record import tokens
from medmgmt.record.models import IdempotencyRecord
from medmgmt.record.models.requests import ANSWER_LASTS
from medmgmt.signing_in import slowing
from medmgmt.supply import gaps, renewal_tasks, run_outs
from medmgmt.worklist import duty
from refills import clock
from refills.messages import reminders
from refills.worklist import escalation

IDEMPOTENCY_DAYS = 7
RING_LASTS_SECONDS = 2


@shared_task(ignore_result=True)
def deliver_reminders() -> None:
    """Sends what is due and says that the clock is alive."""
    clock.beat("deliver")
    reminders.tick(reach=planning.reach)
    reports.fall_back()


@shared_task(ignore_result=True)
def escalate_tasks() -> None:
    """Raises what is overdue, and sends what waits for somebody who is not on duty to whoever is."""
    escalation.escalate()
    duty.keep_worklist()


@shared_task(ignore_result=True)
def plan_digests() -> None:
    """Plans this morning's notices to the staff."""
    digests.plan()


@shared_task(ignore_result=True)
def plan_supply() -> None:
    """Computes the run-outs that moved and plans what that changed; follows courses that began, paused or ended as
    planned; tells a nurse of supplies that ran out."""
    keep_supplies()
    renewal_tasks.open_renewals()
    reports.plan_soon()


@shared_task(ignore_result=True)
def rescreen() -> None:
    """Looks again at the patients whom a change of the knowledge concerns, some batches at a time.

    While there is more it rings again, so that every free worker takes part; a ring that had to wait in the queue is
    dropped, so that reminders never wait long behind it. A ring that is lost costs nothing: the next tick goes on.
    """
    if rescreening.work() and settings.REDIS_URL:
        with suppress(OperationalError):
            rescreen.apply_async(expires=RING_LASTS_SECONDS)


@shared_task(ignore_result=True)
def lay_out_medicines() -> None:
    """Finds prescriptions that were signed without telling the knowledge; local rules begin and end on their days."""
    rescreening.catch_up()
    knowledge.keep_dates()


@shared_task(ignore_result=True)
def clear_out() -> None:
    """Forgets ended sessions and old slips at signing in, and ends tokens that are over.

    Forgets answers kept for repeated requests after a day, and that they were sent after a week.
    """
    call_command("clearsessions")
    slowing.forget_old()
    now = timezone.now()
    tokens.end_what_is_over(now)
    IdempotencyRecord.objects.filter(created_at__lt=now - timedelta(days=IDEMPOTENCY_DAYS)).delete()
    IdempotencyRecord.objects.filter(created_at__lte=now - ANSWER_LASTS).exclude(answer="").update(answer="")


def keep_supplies() -> None:
    """Compute what moved, plan what that changed, look at what the day has changed. Safe to repeat, and at once."""
    run_outs.refresh()
    planning.plan_changed()
    planning.follow_the_calendar()
    gaps.find_gaps()
