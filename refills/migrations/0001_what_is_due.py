"""The tables of supply, messages and tasks, with their constraints and indexes."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('record', '0001_the_record'),
        ('record', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='AdherenceReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adherence_reports', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adherence_reports', to='record.prescription')),
                ('answer', models.CharField(choices=[('as_agreed', 'taken as agreed'), ('missed_some', 'missed some doses'), ('not_taken', 'not taken at all')], max_length=20)),
                ('on', models.DateField(help_text="The patient's local date.")),
                ('said_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('said_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('prescription', '-said_at', '-id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('answer__in', ['as_agreed', 'missed_some', 'not_taken'])), name='an_adherence_report_is_one_we_know'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PillCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pill_counts', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pill_counts', to='record.prescription')),
                ('counted_on', models.DateField(help_text="The patient's local date.")),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=10)),
                ('unit', models.CharField(help_text='UCUM, for instance {tablet}.', max_length=20)),
                ('counted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('prescription', 'counted_on', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('quantity__gte', 0), ('quantity__lte', 10000)), name='a_count_is_not_below_zero_and_at_most_ten_thousand'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SupplyLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supply_limits', to='record.patient')),
                ('prescription', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supply_limits', to='record.prescription')),
                ('most_days', models.PositiveSmallIntegerField(help_text="Days' supply handed out at once.")),
                ('since', models.DateField()),
                ('until', models.DateField()),
                ('why', models.TextField()),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('patient', 'since', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('most_days__gte', 1), ('most_days__lte', 90)), name='a_supply_limit_is_1_to_90_days'),
                    models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='a_supply_limit_ends_after_it_begins'),
                    models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='a_supply_limit_has_a_reason'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LimitLifted',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('limit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='lifted', to='refills.supplylimit')),
                ('why', models.TextField()),
                ('lifted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lifted_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='a_limit_is_lifted_for_a_reason'),
                ],
            },
        ),
        migrations.CreateModel(
            name='GateRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gate_releases', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gate_releases', to='record.prescription')),
                ('code', models.CharField(help_text='The observation that the supply waits for.', max_length=20)),
                ('missing', models.CharField(help_text='What stood in the way: never_taken, overdue or too_low.', max_length=20)),
                ('since', models.DateField(blank=True, help_text='The day the lab was due, or was low.', null=True)),
                ('until', models.DateField()),
                ('why', models.TextField()),
                ('released_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('released_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('prescription', '-released_at', '-id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='a_release_has_a_reason'),
                    models.CheckConstraint(condition=models.Q(('missing__in', ('never_taken', 'overdue', 'too_low'))), name='a_release_says_what_was_missing'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ClockTick',
            fields=[
                ('name', models.CharField(max_length=50, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='HandOvers',
            fields=[
                ('lineage', models.UUIDField(help_text='The same for a database and all its backups.', primary_key=True, serialize=False)),
                ('restored_at', models.DateTimeField(blank=True, help_text='When a restore was last noticed.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Crossing',
            fields=[
                ('slot', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('count', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='DemoMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender', models.CharField(max_length=254)),
                ('recipient', models.CharField(max_length=254)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('message_id', models.CharField(blank=True, max_length=254)),
                ('sent_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('-sent_at', '-id'),
                'indexes': [
                    models.Index(models.OrderBy(models.F('sent_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='demo_messages_latest_first'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReminderPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reminder_plan', to='record.patient')),
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
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('quiet_from__isnull', True), ('quiet_until__isnull', True)), models.Q(('quiet_from__gt', models.F('quiet_until')), ('quiet_from__lte', 24)), _connector='OR'), name='quiet_hours_begin_in_the_evening_and_end_in_the_morning'),
                    models.CheckConstraint(condition=models.Q(('hour__isnull', True), ('hour__lte', 23), _connector='OR'), name='a_plans_hour_is_of_the_day'),
                    models.CheckConstraint(condition=models.Q(('language__in', ['', 'en', 'es'])), name='a_plans_language_is_one_we_speak'),
                    models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='a_plans_version_begins_at_one'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ChannelChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='channel_choices', to='record.patient')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('opted_in', models.BooleanField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('how', models.CharField(choices=[('staff', 'told to the clinic'), ('portal', 'signed in'), ('link', 'by the link in a message'), ('reply', 'by answering a message')], max_length=10)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('at', 'id'),
                'indexes': [
                    models.Index(fields=['patient', 'channel', '-at', '-id'], name='choices_of_a_patient'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms', 'push'])), name='a_choice_is_of_a_known_channel'),
                    models.CheckConstraint(condition=models.Q(('how__in', ['staff', 'portal', 'link', 'reply'])), name='a_choice_says_how_it_was_made'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CaregiverConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='caregiver_consents', to='record.patient')),
                ('name', models.CharField(max_length=120)),
                ('relation', models.CharField(blank=True, max_length=60)),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('address', models.CharField(max_length=254)),
                ('language', models.CharField(choices=[('en', 'English'), ('es', 'Español')], default='en', max_length=5)),
                ('covers', models.CharField(help_text='What for: refills, injections, tests, plan.', max_length=60)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, help_text='The last day.', null=True)),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('-recorded_at', '-id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_caregiver_has_a_name'),
                    models.CheckConstraint(condition=models.Q(('covers', ''), _negated=True), name='a_caregivers_consent_says_what_for'),
                    models.CheckConstraint(condition=models.Q(models.Q(('address__contains', '\n'), _negated=True), models.Q(('address__contains', '\r'), _negated=True)), name='a_caregivers_address_is_one_line'),
                    models.CheckConstraint(condition=models.Q(models.Q(('address__contains', '@'), ('channel', 'email')), models.Q(('address__startswith', '+'), ('channel', 'sms')), _connector='OR'), name='a_caregivers_address_looks_like_its_channel'),
                    models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='a_caregivers_consent_ends_after_it_begins'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('patient', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='record.patient')),
                ('prescription', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='record.prescription')),
                ('recipient', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('caregiver', models.ForeignKey(blank=True, help_text='The consent by which somebody who cares for the patient is told.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='refills.caregiverconsent')),
                ('kind', models.CharField(choices=[('refill_7', 'seven days before'), ('refill_3', 'three days before'), ('refill_1', 'one day before'), ('refill_0', 'on the day'), ('overdue_1', 'one day after'), ('overdue_3', 'three days after'), ('overdue_7', 'seven days after'), ('snooze', 'put off by the patient'), ('injection', 'an injection is due'), ('lab', 'a test is due'), ('taper_step', 'the dose changes tomorrow'), ('end_of_taper', 'the last day of a course'), ('digest', 'tasks wait for somebody on the staff'), ('in_danger', 'an answer with the numbers for an emergency'), ('help', 'an answer that says what these messages are')], max_length=20)),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('run_out_on', models.DateField(blank=True, help_text='The first day that any of its items is about.', null=True)),
                ('local_date', models.DateField(help_text="The patient's date that it is meant for; daylight saving never moves it.")),
                ('time_zone', models.CharField(max_length=64)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('due_at', models.DateTimeField()),
                ('next_attempt_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('planned', 'planned'), ('sent', 'sent'), ('delivered', 'delivered'), ('bounced', 'came back, a person was told'), ('held', 'due before a restore, a person decides'), ('dead', 'given up, a person was told'), ('unknown', 'delivery unknown, a person was told'), ('withheld', 'not sent, the patient may not be written to'), ('cancelled', 'cancelled, no longer due')], default='planned', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('lease_token', models.UUIDField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('handed_over_at', models.DateTimeField(blank=True, null=True)),
                ('takes_key', models.BooleanField(default=False, help_text='Its channel knows a second copy by its key.')),
                ('provider_id', models.CharField(blank=True, help_text="What the channel's server calls it.", max_length=200)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('fallback_of', models.ForeignKey(blank=True, db_index=False, help_text='The message on another channel that did not arrive.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='fallbacks', to='refills.reminder')),
                ('outcome', models.CharField(blank=True, help_text='A code or a kind of error, never health data.', max_length=200)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('answer', models.CharField(choices=[('none', 'no answer yet'), ('snoozed', 'put off'), ('confirmed', 'confirmed'), ('refill_requested', 'refill asked for'), ('picked_up', 'already picked up'), ('stopped', 'wants no more of these')], default='none', max_length=20)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('due_at', 'id'),
                'indexes': [
                    models.Index(condition=models.Q(('state', 'planned')), fields=['next_attempt_at', 'id'], name='reminders_that_are_due'),
                    models.Index(fields=['prescription', 'local_date'], name='reminders_of_a_prescription'),
                    models.Index(fields=['patient', 'due_at'], name='reminders_of_a_patient'),
                    models.Index(condition=models.Q(('kind', 'refill_0')), fields=['run_out_on'], name='reminders_by_run_out'),
                    models.Index(condition=models.Q(('provider_id', ''), _negated=True), fields=['provider_id'], name='reminders_by_provider_id'),
                    models.Index(condition=models.Q(('state__in', ('dead', 'bounced'))), fields=['settled_at'], name='reminders_that_did_not_arrive'),
                    models.Index(condition=models.Q(('recipient__isnull', False)), fields=['recipient'], name='reminders_of_the_staff'),
                    models.Index(condition=models.Q(('fallback_of__isnull', False)), fields=['fallback_of'], name='reminders_fallen_back'),
                    models.Index(condition=models.Q(('state', 'held')), fields=['due_at'], name='reminders_that_are_held'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('patient__isnull', False), ('recipient__isnull', False), _connector='OR'), name='a_reminder_is_for_somebody'),
                    models.CheckConstraint(condition=models.Q(('delivered_at__isnull', True), ('state', 'delivered'), _connector='OR'), name='only_a_delivered_reminder_says_when'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'sent', 'delivered', 'bounced', 'held', 'dead', 'unknown', 'withheld', 'cancelled'])), name='a_reminder_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms', 'push'])), name='a_reminder_channel_can_be_delivered'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['refill_7', 'refill_3', 'refill_1', 'refill_0', 'overdue_1', 'overdue_3', 'overdue_7', 'snooze', 'injection', 'lab', 'taper_step', 'end_of_taper', 'digest', 'in_danger', 'help'])), name='a_reminder_kind_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('lease_token__isnull', True), ('lease_until__isnull', True)), models.Q(('lease_token__isnull', False), ('lease_until__isnull', False)), _connector='OR'), name='a_lease_has_a_holder_and_an_end'),
                    models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 'planned')), models.Q(models.Q(('state', 'planned'), _negated=True), ('lease_token__isnull', True), ('settled_at__isnull', False)), _connector='OR'), name='a_settled_reminder_has_a_time_and_no_lease'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answer', 'none'), ('answered_at__isnull', True)), models.Q(models.Q(('answer', 'none'), _negated=True), ('answer__in', ['none', 'snoozed', 'confirmed', 'refill_requested', 'picked_up', 'stopped']), ('answered_at__isnull', False)), _connector='OR'), name='an_answered_reminder_has_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReminderItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reminder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='refills.reminder')),
                ('prescription', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.prescription')),
                ('kind', models.CharField(choices=[('refill_7', 'seven days before'), ('refill_3', 'three days before'), ('refill_1', 'one day before'), ('refill_0', 'on the day'), ('overdue_1', 'one day after'), ('overdue_3', 'three days after'), ('overdue_7', 'seven days after'), ('snooze', 'put off by the patient'), ('injection', 'an injection is due'), ('lab', 'a test is due'), ('taper_step', 'the dose changes tomorrow'), ('end_of_taper', 'the last day of a course'), ('digest', 'tasks wait for somebody on the staff'), ('in_danger', 'an answer with the numbers for an emergency'), ('help', 'an answer that says what these messages are')], max_length=20)),
                ('about_type', models.CharField(max_length=30)),
                ('about_id', models.CharField(max_length=60)),
                ('day', models.DateField(help_text="The patient's local date on which it falls due.")),
            ],
            options={
                'ordering': ('day', 'id'),
                'indexes': [
                    models.Index(fields=['prescription', 'day'], name='items_of_a_prescription'),
                    models.Index(condition=models.Q(('kind', 'refill_0')), fields=['day'], name='items_by_run_out'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('reminder', 'kind', 'about_type', 'about_id', 'day'), name='a_message_says_a_thing_once'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['refill_7', 'refill_3', 'refill_1', 'refill_0', 'overdue_1', 'overdue_3', 'overdue_7', 'snooze', 'injection', 'lab', 'taper_step', 'end_of_taper', 'digest', 'in_danger', 'help'])), name='an_items_kind_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ConsentWithdrawn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consent', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawn', to='refills.caregiverconsent')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('how', models.CharField(choices=[('staff', 'told to the clinic'), ('portal', 'signed in'), ('link', 'by the link in a message'), ('reply', 'by answering a message')], max_length=10)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('how__in', ['staff', 'portal', 'link', 'reply'])), name='a_withdrawal_says_how_it_was_made'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Unreachable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unreachable', to='record.patient')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('address', models.CharField(max_length=254)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('mended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('mended_at__isnull', True)), fields=('patient', 'channel', 'address'), name='an_address_is_unreachable_once_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calendar_feeds', to='record.patient')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('patient',), name='a_patient_has_one_calendar_link'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ProviderReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message'), ('push', 'app notification')], max_length=10)),
                ('event_id', models.CharField(max_length=200)),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('channel', 'event_id'), name='a_providers_report_counts_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Dispense',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispenses', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispenses', to='record.prescription')),
                ('dispensed_on', models.DateField(help_text="The patient's local date.")),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=10)),
                ('unit', models.CharField(help_text='UCUM, for instance {tablet}.', max_length=20)),
                ('days_supply', models.PositiveIntegerField()),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('note', models.TextField(blank=True)),
                ('source_id', models.CharField(blank=True, max_length=200, null=True, unique=True)),
            ],
            options={
                'ordering': ('prescription', 'dispensed_on', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_dispense_hands_out_something'),
                    models.CheckConstraint(condition=models.Q(models.Q(('quantity__gte', 0), ('quantity__lte', 10000)), ('unit__in', ('mg', 'ug', 'mcg')), _connector='OR'), name='a_dispense_is_at_most_ten_thousand_units'),
                    models.CheckConstraint(condition=models.Q(('days_supply__lte', 366)), name='a_dispense_lasts_at_most_a_year'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Authorisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='authorisations', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='authorisations', to='record.prescription')),
                ('issued_on', models.DateField(help_text="The patient's local date.")),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=10)),
                ('unit', models.CharField(help_text='UCUM, for instance {tablet}.', max_length=20)),
                ('days_supply', models.PositiveSmallIntegerField()),
                ('refills', models.PositiveSmallIntegerField(default=0)),
                ('may_fill_from', models.DateField(blank=True, null=True)),
                ('authorised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('authorised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seal', models.CharField(blank=True, max_length=64)),
                ('seal_key', models.CharField(blank=True, max_length=12)),
            ],
            options={
                'ordering': ('prescription', 'issued_on', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='an_authorisation_allows_something'),
                    models.CheckConstraint(condition=models.Q(('quantity__gte', 0), ('quantity__lte', 10000)), name='an_authorised_fill_is_at_most_ten_thousand_units'),
                    models.CheckConstraint(condition=models.Q(('days_supply__gte', 1), ('days_supply__lte', 366)), name='an_authorised_fill_lasts_at_most_a_year'),
                    models.CheckConstraint(condition=models.Q(('refills__gte', 0), ('refills__lte', 99)), name='authorised_refills_are_at_most_99'),
                    models.CheckConstraint(condition=models.Q(('may_fill_from__isnull', True), ('may_fill_from__gte', models.F('issued_on')), _connector='OR'), name='nothing_may_be_filled_before_it_is_issued'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Revocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('authorisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='revoked', to='refills.authorisation')),
                ('on', models.DateField(help_text="The patient's local date; fills before it stand.")),
                ('why', models.TextField()),
                ('revoked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revoked_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='an_authorisation_is_revoked_for_a_reason'),
                ],
            },
        ),
        migrations.CreateModel(
            name='EarlyFill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='early_fills', to='record.patient')),
                ('dispense', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='early', to='refills.dispense')),
                ('reason', models.CharField(choices=[('lost', 'lost'), ('stolen', 'stolen'), ('damaged', 'damaged'), ('travel', 'travel'), ('dose_change', 'change of dose'), ('other', 'other (see note)')], max_length=20)),
                ('days_early', models.PositiveSmallIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('reason__in', ['lost', 'stolen', 'damaged', 'travel', 'dose_change', 'other'])), name='an_early_fill_has_a_known_reason'),
                    models.CheckConstraint(condition=models.Q(('days_early__gte', 1)), name='an_early_fill_is_early'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PartialFill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partial_fills', to='record.patient')),
                ('dispense', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='partial', to='refills.dispense')),
                ('reason', models.CharField(choices=[('requested', 'patient or prescriber asked for less'), ('short_stock', 'the pharmacy was short of stock'), ('limited', 'limited dispensing')], max_length=20)),
                ('handed_at', models.DateTimeField(help_text='When the pharmacy handed it out; a balance is counted from here.')),
                ('remaining', models.DecimalField(blank=True, decimal_places=3, max_digits=10, null=True)),
                ('until', models.DateTimeField(blank=True, help_text='The rest may be had until then; empty: no limit.', null=True)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('reason__in', ['requested', 'short_stock', 'limited'])), name='a_partial_fill_says_why'),
                    models.CheckConstraint(condition=models.Q(('remaining__isnull', True), ('remaining__gt', 0), _connector='OR'), name='a_partial_fill_leaves_something'),
                ],
            },
        ),
        migrations.CreateModel(
            name='FillVoided',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.prescription')),
                ('dispense', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='voided', to='refills.dispense')),
                ('why', models.TextField()),
                ('voided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('voided_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='a_fill_is_voided_for_a_reason'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RenewalDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='renewal_decisions', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='renewal_decisions', to='record.prescription')),
                ('answer', models.CharField(choices=[('renewed', 'renewed'), ('changed', 'not renewed as it is: the treatment changes'), ('denied', 'not renewed')], max_length=20)),
                ('reason', models.CharField(blank=True, choices=[('', 'none'), ('visit_needed', 'We need to see you first.'), ('test_needed', 'A test is needed first.'), ('too_early', 'You should still have enough.'), ('already_renewed', 'There is already a prescription at your pharmacy.'), ('treatment_changes', 'Your treatment is going to change.'), ('no_longer_taken', 'It is no longer part of your treatment.'), ('call_us', 'Please call us.')], max_length=20)),
                ('note', models.TextField(blank=True, help_text='For the patient, in the portal only.')),
                ('authorisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewals', to='refills.authorisation')),
                ('in_batch', models.BooleanField(default=False, help_text='Signed together with others.')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('prescription', '-decided_at', '-id'),
                'indexes': [
                    models.Index(fields=['patient', '-decided_at'], name='renewals_of_a_patient'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('answer__in', ['renewed', 'changed', 'denied'])), name='a_renewal_answer_is_known'),
                    models.CheckConstraint(condition=models.Q(('reason__in', ['', 'visit_needed', 'test_needed', 'too_early', 'already_renewed', 'treatment_changes', 'no_longer_taken', 'call_us'])), name='a_renewal_reason_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answer', 'renewed'), ('authorisation__isnull', False), ('reason', '')), models.Q(models.Q(('answer', 'renewed'), _negated=True), models.Q(('reason', ''), _negated=True), ('authorisation__isnull', True)), _connector='OR'), name='a_renewal_has_an_authorisation_and_all_else_a_reason'),
                    models.CheckConstraint(condition=models.Q(('in_batch', False), ('answer', 'renewed'), _connector='OR'), name='only_renewals_are_signed_together'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='absences', to=settings.AUTH_USER_MODEL)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('cover', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='covers', to=settings.AUTH_USER_MODEL)),
                ('told_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('told_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('since', 'id'),
                'indexes': [
                    models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['until'], name='absences_that_hold'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('until__gt', models.F('since'))), name='an_absence_ends_after_it_begins'),
                    models.CheckConstraint(condition=models.Q(('cover__isnull', True), models.Q(('cover', models.F('user')), _negated=True), _connector='OR'), name='nobody_stands_in_for_themselves'),
                    models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='a_withdrawn_absence_says_when_and_by_whom'),
                ],
            },
        ),
        migrations.CreateModel(
            name='NoDigest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='no_digest', to=settings.AUTH_USER_MODEL)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='SupplyState',
            fields=[
                ('prescription', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='supply_state', serialize=False, to='record.prescription')),
                ('lasts', models.CharField(choices=[('nothing', 'nothing was dispensed'), ('runs_out', 'runs out'), ('as_planned', 'lasts to the planned end'), ('never', 'does not run out while it is on hold')], max_length=10)),
                ('run_out_on', models.DateField(blank=True, help_text='The first day without medicine.', null=True)),
                ('in_sql', models.BooleanField(help_text='Computed wholly in the database: one constant dose.')),
                ('computed_at', models.DateTimeField()),
                ('to_plan', models.BooleanField(default=True, help_text='It changed, and its reminders were not looked at since.')),
                ('looked_at', models.DateTimeField(blank=True, help_text='When a gap was last looked for.', null=True)),
            ],
            options={
                'indexes': [
                    models.Index(condition=models.Q(('to_plan', True)), fields=['prescription'], name='supplies_to_plan'),
                    models.Index(fields=['run_out_on'], name='supplies_by_run_out'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('lasts__in', ['nothing', 'runs_out', 'as_planned', 'never'])), name='a_supply_ends_in_a_known_way'),
                    models.CheckConstraint(condition=models.Q(models.Q(('lasts__in', ('nothing', 'never')), ('run_out_on__isnull', True)), models.Q(('lasts__in', ('runs_out', 'as_planned')), ('run_out_on__isnull', False)), _connector='OR'), name='a_supply_that_ends_says_when'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SupplyTouch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prescription', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='record.prescription')),
            ],
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('contact_patient', 'Contact the patient'), ('refill_request', 'Refill asked for'), ('result', 'A result needs somebody'), ('side_effect_review', 'Review a side effect'), ('finding_follow_up', 'Follow up an accepted risk'), ('not_checked', 'Drug that could not be checked'), ('review_proposal', 'Proposal waits for a signature'), ('monitoring_due', 'Monitoring is due'), ('monitoring_order', 'Monitoring to arrange'), ('cosign', 'A second signature is asked for'), ('knowledge_change', 'What is known has changed'), ('renewal', 'Renew a prescription'), ('fill_look', 'Look at a fill'), ('supply_gap', 'Supply has run out'), ('lab_gate', 'Supply waits for a lab'), ('injection_due', 'Injection is due'), ('fix_contact', 'Mend how the patient is reached'), ('message_held', 'Decide on a message that was held back'), ('break_glass', 'Look at a chart opened in an emergency'), ('part2_emergency', 'Restricted records opened in an emergency'), ('staff_change', 'Decide on a change of a login'), ('amendment', 'Answer a request to amend the record'), ('other', 'Other')], max_length=30)),
                ('key', models.CharField(help_text='The same event never opens two tasks.', max_length=200, unique=True)),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='record.patient')),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(blank=True, max_length=20)),
                ('priority', models.PositiveSmallIntegerField(default=3, help_text='1 is the most urgent, 4 the least.')),
                ('stop_tier', models.PositiveSmallIntegerField(default=0, help_text='How soon harm comes when its drug stops: 1 first, 3 last; 0 without a drug.')),
                ('service_case', models.CharField(blank=True, help_text='Which row of the service levels of its kind speaks for it.', max_length=20)),
                ('rank', models.PositiveSmallIntegerField(default=30, help_text='Clinical risk: the smallest comes first.')),
                ('due_at', models.DateTimeField()),
                ('source_type', models.CharField(blank=True, max_length=50)),
                ('source_id', models.CharField(blank=True, max_length=50)),
                ('title', models.CharField(help_text='No health data: it may be shown in a list.', max_length=200)),
                ('detail', models.TextField(blank=True, help_text='Shown only to somebody signed in who may see the patient.')),
                ('state', models.CharField(choices=[('open', 'open'), ('claimed', 'claimed'), ('done', 'done'), ('cancelled', 'cancelled')], default='open', max_length=10)),
                ('claimed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('claimed_until', models.DateTimeField(blank=True, null=True)),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('outcome_code', models.CharField(blank=True, choices=[('resolved', 'resolved'), ('reached', 'spoke with the patient'), ('message_left', 'left a message'), ('not_reached', 'did not reach the patient'), ('treatment_changed', 'treatment changed'), ('no_change', 'looked at it, nothing to change'), ('arranged', 'ordered or arranged'), ('referred', 'handed on to somebody else'), ('not_needed', 'not needed any more'), ('duplicate', 'the same as another task'), ('not_kept', 'was not kept'), ('other', 'other, see the text')], max_length=20)),
                ('outcome', models.TextField(blank=True)),
                ('closes_on', models.CharField(blank=True, help_text='What alone closes it, for instance observation:lithium_level.', max_length=60)),
                ('evidence_type', models.CharField(blank=True, max_length=50)),
                ('evidence_id', models.CharField(blank=True, max_length=50)),
                ('escalation_level', models.PositiveSmallIntegerField(default=0)),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('escalate_at', models.DateTimeField(blank=True, help_text='When it is raised next, if it still waits.', null=True)),
                ('raised_to', models.CharField(blank=True, help_text='The role that sees it too since it was raised.', max_length=20)),
                ('stand_in', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stand_in_role', models.CharField(blank=True, max_length=20)),
                ('waits', models.CharField(blank=True, choices=[('assignee_away', 'the person it was given to is away'), ('assignee_left', 'the person it was given to no longer works here or with this patient'), ('role_absent', 'nobody of this role is on duty'), ('nobody', 'nobody at all is on duty who may see it')], max_length=20)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ('rank', 'due_at', 'id'),
                'indexes': [
                    models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['rank', 'due_at', 'id'], name='tasks_that_are_live'),
                    models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['due_at'], name='tasks_by_due_time'),
                    models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['escalate_at'], name='tasks_by_escalation'),
                    models.Index(condition=models.Q(('closed_at__isnull', True), models.Q(('closes_on', ''), _negated=True)), fields=['patient', 'closes_on'], name='tasks_that_wait_for_evidence'),
                    models.Index(fields=['patient', 'state'], name='tasks_of_a_patient'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('assignee__isnull', False), models.Q(('role', ''), _negated=True), _connector='OR'), name='a_task_has_an_assignee_or_a_role'),
                    models.CheckConstraint(condition=models.Q(('priority__gte', 1), ('priority__lte', 4)), name='a_task_priority_is_1_to_4'),
                    models.CheckConstraint(condition=models.Q(('escalation_level__lte', 3)), name='a_task_escalates_at_most_three_times'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['contact_patient', 'refill_request', 'result', 'side_effect_review', 'finding_follow_up', 'not_checked', 'review_proposal', 'monitoring_due', 'monitoring_order', 'cosign', 'knowledge_change', 'renewal', 'fill_look', 'supply_gap', 'lab_gate', 'injection_due', 'fix_contact', 'message_held', 'break_glass', 'part2_emergency', 'staff_change', 'amendment', 'other'])), name='a_task_kind_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('claimed_by__isnull', False), ('claimed_until__isnull', False), ('state', 'claimed')), models.Q(models.Q(('state', 'claimed'), _negated=True), ('claimed_by__isnull', True), ('claimed_until__isnull', True)), _connector='OR'), name='only_a_claimed_task_has_a_claimer_and_a_lease'),
                    models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True), ('state__in', ('open', 'claimed'))), models.Q(('closed_at__isnull', False), ('state__in', ('done', 'cancelled'))), _connector='OR'), name='a_closed_task_and_only_it_has_a_closing_time'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('closed_by__isnull', False), _connector='OR'), name='a_done_task_says_who_did_it'),
                    models.CheckConstraint(condition=models.Q(models.Q(('escalated_at__isnull', True), ('escalation_level', 0)), models.Q(('escalated_at__isnull', False), ('escalation_level__gte', 1)), _connector='OR'), name='an_escalated_task_says_when'),
                    models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='a_task_version_counts_from_one'),
                    models.CheckConstraint(condition=models.Q(('stop_tier__lte', 3)), name='a_stop_tier_is_1_to_3_or_none'),
                    models.CheckConstraint(condition=models.Q(('outcome_code', ''), ('outcome_code__in', ['resolved', 'reached', 'message_left', 'not_reached', 'treatment_changed', 'no_change', 'arranged', 'referred', 'not_needed', 'duplicate', 'not_kept', 'other']), _connector='OR'), name='a_task_outcome_is_known'),
                    models.CheckConstraint(condition=models.Q(('waits', ''), ('waits__in', ['assignee_away', 'assignee_left', 'role_absent', 'nobody']), _connector='OR'), name='a_reason_for_waiting_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('evidence_id', ''), ('evidence_type', '')), models.Q(models.Q(('evidence_type', ''), _negated=True), models.Q(('evidence_id', ''), _negated=True)), _connector='OR'), name='evidence_is_named_whole'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('closes_on', ''), models.Q(('evidence_type', ''), _negated=True), _connector='OR'), name='a_task_that_waits_for_evidence_is_done_only_with_it'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TaskComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='refills.task')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('text', models.TextField()),
            ],
            options={
                'ordering': ('at', 'id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='a_comment_says_something'),
                ],
            },
        ),
    ]
