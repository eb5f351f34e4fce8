"""A plan a patient, agreement by channel, helpers with consent, addresses that do not work, calendar links, reports."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0004_encounters_and_scales'),
        ('refills', '0013_what_moves_a_run_out_is_noted'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChannelChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('opted_in', models.BooleanField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('how', models.CharField(choices=[('staff', 'told to the clinic'), ('portal', 'signed in'), ('link', 'by the link in a message'), ('reply', 'by answering a message')], max_length=10)),
            ],
            options={
                'ordering': ('at', 'id'),
            },
        ),
        migrations.CreateModel(
            name='ConsentWithdrawn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('how', models.CharField(choices=[('staff', 'told to the clinic'), ('portal', 'signed in'), ('link', 'by the link in a message'), ('reply', 'by answering a message')], max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name='ProviderReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('event_id', models.CharField(max_length=200)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='ReminderPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cadence', models.CharField(blank=True, help_text='Days before, as 7,3,1,0.', max_length=60)),
                ('overdue', models.CharField(blank=True, help_text='Days after, as 1,3,7.', max_length=60)),
                ('channels', models.CharField(blank=True, help_text='In order: the next is tried when one fails.', max_length=60)),
                ('hour', models.PositiveSmallIntegerField(blank=True, help_text='Local hour at which messages go.', null=True)),
                ('quiet_from', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('quiet_until', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('language', models.CharField(blank=True, choices=[('en', 'English'), ('es', 'Español')], max_length=5)),
                ('version', models.PositiveIntegerField(default=1)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='Unreachable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('address', models.CharField(max_length=254)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('mended_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calendar_feeds', to='record.patient')),
            ],
        ),
        migrations.CreateModel(
            name='CaregiverConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('relation', models.CharField(blank=True, max_length=60)),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('address', models.CharField(max_length=254)),
                ('language', models.CharField(choices=[('en', 'English'), ('es', 'Español')], default='en', max_length=5)),
                ('covers', models.CharField(help_text='What for: refills, injections, tests, plan.', max_length=60)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, help_text='The last day.', null=True)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='caregiver_consents', to='record.patient')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-recorded_at', '-id'),
            },
        ),
        migrations.AddField(
            model_name='reminder',
            name='caregiver',
            field=models.ForeignKey(blank=True, help_text='The consent by which somebody who cares for the patient is told.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='refills.caregiverconsent'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('state__in', ('dead', 'bounced'))), fields=['settled_at'], name='reminders_that_did_not_arrive'),
        ),
        migrations.AddField(
            model_name='channelchoice',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='channelchoice',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='channel_choices', to='record.patient'),
        ),
        migrations.AddField(
            model_name='consentwithdrawn',
            name='by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='consentwithdrawn',
            name='consent',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawn', to='refills.caregiverconsent'),
        ),
        migrations.AddConstraint(
            model_name='providerreport',
            constraint=models.UniqueConstraint(fields=('channel', 'event_id'), name='a_providers_report_counts_once'),
        ),
        migrations.AddField(
            model_name='reminderplan',
            name='patient',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reminder_plan', to='record.patient'),
        ),
        migrations.AddField(
            model_name='unreachable',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unreachable', to='record.patient'),
        ),
        migrations.AddConstraint(
            model_name='calendarfeed',
            constraint=models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('patient',), name='a_patient_has_one_calendar_link'),
        ),
        migrations.AddConstraint(
            model_name='caregiverconsent',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_caregiver_has_a_name'),
        ),
        migrations.AddConstraint(
            model_name='caregiverconsent',
            constraint=models.CheckConstraint(condition=models.Q(('covers', ''), _negated=True), name='a_caregivers_consent_says_what_for'),
        ),
        migrations.AddConstraint(
            model_name='caregiverconsent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address__contains', '@'), ('channel', 'email')), models.Q(('address__startswith', '+'), ('channel', 'sms')), _connector='OR'), name='a_caregivers_address_looks_like_its_channel'),
        ),
        migrations.AddConstraint(
            model_name='caregiverconsent',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='a_caregivers_consent_ends_after_it_begins'),
        ),
        migrations.AddIndex(
            model_name='channelchoice',
            index=models.Index(fields=['patient', 'channel', '-at', '-id'], name='choices_of_a_patient'),
        ),
        migrations.AddConstraint(
            model_name='channelchoice',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms', 'push'])), name='a_choice_is_of_a_known_channel'),
        ),
        migrations.AddConstraint(
            model_name='channelchoice',
            constraint=models.CheckConstraint(condition=models.Q(('how__in', ['staff', 'portal', 'link', 'reply'])), name='a_choice_says_how_it_was_made'),
        ),
        migrations.AddConstraint(
            model_name='consentwithdrawn',
            constraint=models.CheckConstraint(condition=models.Q(('how__in', ['staff', 'portal', 'link', 'reply'])), name='a_withdrawal_says_how_it_was_made'),
        ),
        migrations.AddConstraint(
            model_name='reminderplan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__gt', models.F('quiet_until')), ('quiet_from__lte', 24)), _connector='OR'), name='quiet_hours_begin_in_the_evening_and_end_in_the_morning'),
        ),
        migrations.AddConstraint(
            model_name='reminderplan',
            constraint=models.CheckConstraint(condition=models.Q(('hour__isnull', True), ('hour__lte', 23), _connector='OR'), name='a_plans_hour_is_of_the_day'),
        ),
        migrations.AddConstraint(
            model_name='reminderplan',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['', 'en', 'es'])), name='a_plans_language_is_one_we_speak'),
        ),
        migrations.AddConstraint(
            model_name='reminderplan',
            constraint=models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='a_plans_version_begins_at_one'),
        ),
        migrations.AddConstraint(
            model_name='unreachable',
            constraint=models.UniqueConstraint(condition=models.Q(('mended_at__isnull', True)), fields=('patient', 'channel', 'address'), name='an_address_is_unreachable_once_at_a_time'),
        ),
    ]
