"""What one would write first: a Celery task for each message, which claims and settles its own row."""

import os

import django
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
django.setup()
app = Celery("one-task-each", broker=os.environ.get("REDIS_URL") or "memory://")
app.conf.task_ignore_result = True
began = taken = 0.0


@app.task
def settle_one(number: int) -> None:
    """As many checks as a task of its own would need: still planned, then sent."""
    from django.db import transaction
    from django.db.models.functions import Now

    from refills.models import Reminder

    with transaction.atomic():
        row = Reminder.objects.select_for_update().get(pk=number)
        if row.state == "planned":
            Reminder.objects.filter(pk=number).update(state="sent", settled_at=Now())
