"""A task has a clinical rank, a way to somebody on duty, comments, and may wait for evidence; absences are known."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0002_refusals_by_trigger'),
        ('refills', '0009_every_reminder_has_its_item'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('told_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('since', 'id'),
            },
        ),
        migrations.CreateModel(
            name='NoDigest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='TaskComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('text', models.TextField()),
            ],
            options={
                'ordering': ('at', 'id'),
            },
        ),
        migrations.AlterModelOptions(
            name='task',
            options={'ordering': ('rank', 'due_at', 'id')},
        ),
        migrations.RemoveConstraint(
            model_name='task',
            name='a_task_kind_is_known',
        ),
        migrations.RemoveIndex(
            model_name='task',
            name='tasks_that_are_live',
        ),
        migrations.AddField(
            model_name='task',
            name='closes_on',
            field=models.CharField(blank=True, help_text='What alone closes it, for instance observation:lithium_level.', max_length=60),
        ),
        migrations.AddField(
            model_name='task',
            name='escalate_at',
            field=models.DateTimeField(blank=True, help_text='When it is raised next, if it still waits.', null=True),
        ),
        migrations.AddField(
            model_name='task',
            name='evidence_id',
            field=models.CharField(blank=True, max_length=50),
        ),
        migrations.AddField(
            model_name='task',
            name='evidence_type',
            field=models.CharField(blank=True, max_length=50),
        ),
        migrations.AddField(
            model_name='task',
            name='outcome_code',
            field=models.CharField(blank=True, choices=[('resolved', 'resolved'), ('reached', 'spoke with the patient'), ('message_left', 'left a message'), ('not_reached', 'did not reach the patient'), ('treatment_changed', 'treatment changed'), ('no_change', 'looked at it, nothing to change'), ('arranged', 'ordered or arranged'), ('referred', 'handed on to somebody else'), ('not_needed', 'not needed any more'), ('duplicate', 'the same as another task'), ('not_kept', 'was not kept'), ('other', 'other, see the text')], max_length=20),
        ),
        migrations.AddField(
            model_name='task',
            name='raised_to',
            field=models.CharField(blank=True, help_text='The role that sees it too since it was raised.', max_length=20),
        ),
        migrations.AddField(
            model_name='task',
            name='rank',
            field=models.PositiveSmallIntegerField(default=30, help_text='Clinical risk: the smallest comes first.'),
        ),
        migrations.AddField(
            model_name='task',
            name='stand_in',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='task',
            name='stand_in_role',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='task',
            name='stop_tier',
            field=models.PositiveSmallIntegerField(default=0, help_text='How soon harm comes when its drug stops: 1 first, 3 last; 0 without a drug.'),
        ),
        migrations.AddField(
            model_name='task',
            name='waits',
            field=models.CharField(blank=True, choices=[('assignee_away', 'the person it was given to is away'), ('assignee_left', 'the person it was given to no longer works here or with this patient'), ('role_absent', 'nobody of this role is on duty'), ('nobody', 'nobody at all is on duty who may see it')], max_length=20),
        ),
        migrations.AlterField(
            model_name='task',
            name='kind',
            field=models.CharField(choices=[('contact_patient', 'Contact the patient'), ('refill_request', 'Refill asked for'), ('side_effect_review', 'Review a side effect'), ('finding_follow_up', 'Follow up an accepted risk'), ('not_checked', 'Drug that could not be checked'), ('review_proposal', 'Proposal waits for a signature'), ('monitoring_due', 'Monitoring is due'), ('monitoring_order', 'Monitoring to arrange'), ('cosign', 'A second signature is asked for'), ('knowledge_change', 'What is known has changed'), ('renewal', 'Renew a prescription'), ('fill_look', 'Look at a fill'), ('supply_gap', 'Supply has run out'), ('lab_gate', 'Supply waits for a lab'), ('injection_due', 'Injection is due'), ('fix_contact', 'Mend how the patient is reached'), ('message_held', 'Decide on a message that was held back'), ('other', 'Other')], max_length=30),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['rank', 'due_at', 'id'], name='tasks_that_are_live'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['escalate_at'], name='tasks_by_escalation'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('closed_at__isnull', True), models.Q(('closes_on', ''), _negated=True)), fields=['patient', 'closes_on'], name='tasks_that_wait_for_evidence'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['contact_patient', 'refill_request', 'side_effect_review', 'finding_follow_up', 'not_checked', 'review_proposal', 'monitoring_due', 'monitoring_order', 'cosign', 'knowledge_change', 'renewal', 'fill_look', 'supply_gap', 'lab_gate', 'injection_due', 'fix_contact', 'message_held', 'other'])), name='a_task_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('stop_tier__lte', 3)), name='a_stop_tier_is_1_to_3_or_none'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('outcome_code', ''), ('outcome_code__in', ['resolved', 'reached', 'message_left', 'not_reached', 'treatment_changed', 'no_change', 'arranged', 'referred', 'not_needed', 'duplicate', 'not_kept', 'other']), _connector='OR'), name='a_task_outcome_is_known'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('waits', ''), ('waits__in', ['assignee_away', 'assignee_left', 'role_absent', 'nobody']), _connector='OR'), name='a_reason_for_waiting_is_known'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('evidence_id', ''), ('evidence_type', '')), models.Q(models.Q(('evidence_type', ''), _negated=True), models.Q(('evidence_id', ''), _negated=True)), _connector='OR'), name='evidence_is_named_whole'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('closes_on', ''), models.Q(('evidence_type', ''), _negated=True), _connector='OR'), name='a_task_that_waits_for_evidence_is_done_only_with_it'),
        ),
        migrations.AddField(
            model_name='absence',
            name='cover',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='covers', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='absence',
            name='told_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='absence',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='absences', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='absence',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='nodigest',
            name='user',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='no_digest', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='taskcomment',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='taskcomment',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='refills.task'),
        ),
        migrations.AddIndex(
            model_name='absence',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['until'], name='absences_that_hold'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(('until__gt', models.F('since'))), name='an_absence_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(('cover__isnull', True), models.Q(('cover', models.F('user')), _negated=True), _connector='OR'), name='nobody_stands_in_for_themselves'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='a_withdrawn_absence_says_when_and_by_whom'),
        ),
        migrations.AddConstraint(
            model_name='taskcomment',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='a_comment_says_something'),
        ),
    ]
