"""One message may be about several things, for several kinds of people, on several channels, to the end of its way."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0001_the_record'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('refills', '0007_what_was_decided_about_supply_is_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReminderItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('refill_7', 'seven days before'), ('refill_3', 'three days before'), ('refill_1', 'one day before'), ('refill_0', 'on the day'), ('overdue_1', 'one day after'), ('overdue_3', 'three days after'), ('overdue_7', 'seven days after'), ('snooze', 'put off by the patient'), ('injection', 'an injection is due'), ('lab', 'a test is due'), ('taper_step', 'the dose changes tomorrow'), ('end_of_taper', 'the last day of a course'), ('digest', 'tasks wait for somebody on the staff')], max_length=20)),
                ('about_type', models.CharField(max_length=30)),
                ('about_id', models.CharField(max_length=60)),
                ('day', models.DateField(help_text="The patient's local date on which it falls due.")),
            ],
            options={
                'ordering': ('day', 'id'),
            },
        ),
        migrations.RemoveConstraint(
            model_name='reminder',
            name='a_reminder_state_is_known',
        ),
        migrations.RemoveConstraint(
            model_name='reminder',
            name='a_reminder_channel_can_be_delivered',
        ),
        migrations.RemoveConstraint(
            model_name='reminder',
            name='a_reminder_kind_is_known',
        ),
        migrations.RemoveConstraint(
            model_name='reminder',
            name='an_answered_reminder_has_a_time',
        ),
        migrations.AddField(
            model_name='reminder',
            name='delivered_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='fallback_of',
            field=models.ForeignKey(blank=True, help_text='The message on another channel that did not arrive.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='fallbacks', to='refills.reminder'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='provider_id',
            field=models.CharField(blank=True, help_text="What the channel's server calls it.", max_length=200),
        ),
        migrations.AddField(
            model_name='reminder',
            name='recipient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reminder',
            name='takes_key',
            field=models.BooleanField(default=False, help_text='Its channel knows a second copy by its key.'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='answer',
            field=models.CharField(choices=[('none', 'no answer yet'), ('snoozed', 'put off'), ('confirmed', 'confirmed'), ('refill_requested', 'refill asked for'), ('picked_up', 'already picked up'), ('stopped', 'wants no more of these')], default='none', max_length=20),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='channel',
            field=models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='kind',
            field=models.CharField(choices=[('refill_7', 'seven days before'), ('refill_3', 'three days before'), ('refill_1', 'one day before'), ('refill_0', 'on the day'), ('overdue_1', 'one day after'), ('overdue_3', 'three days after'), ('overdue_7', 'seven days after'), ('snooze', 'put off by the patient'), ('injection', 'an injection is due'), ('lab', 'a test is due'), ('taper_step', 'the dose changes tomorrow'), ('end_of_taper', 'the last day of a course'), ('digest', 'tasks wait for somebody on the staff')], max_length=20),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='patient',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='record.patient'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='prescription',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='record.prescription'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='run_out_on',
            field=models.DateField(blank=True, help_text='The first day that any of its items is about.', null=True),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='state',
            field=models.CharField(choices=[('planned', 'planned'), ('sent', 'sent'), ('delivered', 'delivered'), ('bounced', 'came back, a person was told'), ('held', 'due before a restore, a person decides'), ('dead', 'given up, a person was told'), ('unknown', 'delivery unknown, a person was told'), ('withheld', 'not sent, the patient may not be written to'), ('cancelled', 'cancelled, no longer due')], default='planned', max_length=10),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('provider_id', ''), _negated=True), fields=['provider_id'], name='reminders_by_provider_id'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(('patient__isnull', False), ('recipient__isnull', False), _connector='OR'), name='a_reminder_is_for_somebody'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(('delivered_at__isnull', True), ('state', 'delivered'), _connector='OR'), name='only_a_delivered_reminder_says_when'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'sent', 'delivered', 'bounced', 'held', 'dead', 'unknown', 'withheld', 'cancelled'])), name='a_reminder_state_is_known'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms', 'push'])), name='a_reminder_channel_can_be_delivered'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['refill_7', 'refill_3', 'refill_1', 'refill_0', 'overdue_1', 'overdue_3', 'overdue_7', 'snooze', 'injection', 'lab', 'taper_step', 'end_of_taper', 'digest'])), name='a_reminder_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', 'none'), ('answered_at__isnull', True)), models.Q(models.Q(('answer', 'none'), _negated=True), ('answer__in', ['none', 'snoozed', 'confirmed', 'refill_requested', 'picked_up', 'stopped']), ('answered_at__isnull', False)), _connector='OR'), name='an_answered_reminder_has_a_time'),
        ),
        migrations.AddField(
            model_name='reminderitem',
            name='prescription',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.prescription'),
        ),
        migrations.AddField(
            model_name='reminderitem',
            name='reminder',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='refills.reminder'),
        ),
        migrations.AddIndex(
            model_name='reminderitem',
            index=models.Index(fields=['prescription', 'day'], name='items_of_a_prescription'),
        ),
        migrations.AddIndex(
            model_name='reminderitem',
            index=models.Index(condition=models.Q(('kind', 'refill_0')), fields=['day'], name='items_by_run_out'),
        ),
        migrations.AddConstraint(
            model_name='reminderitem',
            constraint=models.UniqueConstraint(fields=('reminder', 'kind', 'about_type', 'about_id', 'day'), name='a_message_says_a_thing_once'),
        ),
        migrations.AddConstraint(
            model_name='reminderitem',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['refill_7', 'refill_3', 'refill_1', 'refill_0', 'overdue_1', 'overdue_3', 'overdue_7', 'snooze', 'injection', 'lab', 'taper_step', 'end_of_taper', 'digest'])), name='an_items_kind_is_known'),
        ),
    ]
