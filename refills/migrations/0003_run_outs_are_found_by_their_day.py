"""A partial index over the day a supply runs out."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('refills', '0002_dispenses_are_append_only'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('kind', 'refill_0')), fields=['run_out_on'], name='reminders_by_run_out'),
        ),
    ]
