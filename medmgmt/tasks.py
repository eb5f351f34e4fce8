"""Everything the clock starts: no arguments, may run twice, may be missed once; the truth is in the tables."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from medmgmt import duty, supplies
from medmgmt.actions import curation, rescreening
from medmgmt.record.models import IdempotencyRecord
from refills import clock, escalation, reminders

IDEMPOTENCY_DAYS = 7


@shared_task(ignore_result=True)
def deliver_reminders() -> None:
    """Sends what is due and says that the clock is alive."""
    clock.beat("deliver")
    reminders.tick(reach=supplies.reach)


@shared_task(ignore_result=True)
def escalate_tasks() -> None:
    """Raises what is overdue, and sends what waits for somebody who is not on duty to whoever is."""
    escalation.escalate()
    duty.keep_worklist()


@shared_task(ignore_result=True)
def plan_supply() -> None:
    """Plans reminders for courses that began, paused or ended as planned, where no signature said so today; tells a
    nurse of supplies that ran out."""
    supplies.replan_all()
    supplies.find_gaps()


@shared_task(ignore_result=True)
def rescreen() -> None:
    """Looks again at the patients whom a change of the knowledge concerns, some batches at a time."""
    rescreening.work()


@shared_task(ignore_result=True)
def lay_out_medicines() -> None:
    """Finds prescriptions that were signed without telling the knowledge; local rules begin and end on their days."""
    rescreening.catch_up()
    curation.keep_dates()


@shared_task(ignore_result=True)
def clear_out() -> None:
    """Forgets ended sessions, and answers kept for repeated requests after a week."""
    call_command("clearsessions")
    IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - timedelta(days=IDEMPOTENCY_DAYS)).delete()
