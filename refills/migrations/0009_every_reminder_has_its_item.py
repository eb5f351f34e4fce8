"""What was one message a prescription is a message with that one item."""

from django.db import migrations

AT_ONCE = 2000


def give_items(apps, schema_editor):
    """An item for each message that has none."""
    reminders = apps.get_model("refills", "Reminder")
    items = apps.get_model("refills", "ReminderItem")
    bare = reminders.objects.filter(items__isnull=True, prescription__isnull=False, run_out_on__isnull=False)
    rows = bare.values_list("pk", "prescription_id", "kind", "run_out_on").order_by("pk")
    made = (
        items(
            reminder_id=pk,
            prescription_id=prescription_id,
            kind=kind,
            about_type="prescription",
            about_id=str(prescription_id),
            day=day,
        )
        for pk, prescription_id, kind, day in rows.iterator(AT_ONCE)
    )
    items.objects.bulk_create(made, AT_ONCE)


class Migration(migrations.Migration):
    """Rows only; going back leaves them to the table that goes."""

    dependencies = [("refills", "0008_a_reminder_is_one_message_with_items")]
    operations = [migrations.RunPython(give_items, migrations.RunPython.noop)]
