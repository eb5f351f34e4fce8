"""A task says which row of the service levels speaks for it; open tasks of before have the general one of their kind."""

from django.db import migrations, models


def general(apps, schema_editor):
    """The row for every case of the kind."""
    tasks = apps.get_model("refills", "Task").objects.using(schema_editor.connection.alias)
    tasks.filter(closed_at__isnull=True).update(service_case="*")


class Migration(migrations.Migration):

    dependencies = [('refills', '0015_what_a_patient_agreed_to_is_append_only')]

    operations = [
        migrations.AddField(
            model_name='task',
            name='service_case',
            field=models.CharField(blank=True, help_text='Which row of the service levels of its kind speaks for it.', max_length=20),
        ),
        migrations.RunPython(general, migrations.RunPython.noop),
    ]
