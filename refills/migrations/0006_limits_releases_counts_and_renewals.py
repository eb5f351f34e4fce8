"""Revocations, partial fills, limits, lab releases, what patients say and what is counted, renewals."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0002_refusals_by_trigger'),
        ('refills', '0005_authorisations_and_early_fills_are_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SupplyLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('most_days', models.PositiveSmallIntegerField(help_text="Days' supply handed out at once.")),
                ('since', models.DateField()),
                ('until', models.DateField()),
                ('why', models.TextField()),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supply_limits', to='record.patient')),
                ('prescription', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supply_limits', to='record.prescription')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('patient', 'since', 'id'),
            },
        ),
        migrations.CreateModel(
            name='LimitLifted',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.TextField()),
                ('lifted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lifted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('limit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='lifted', to='refills.supplylimit')),
            ],
        ),
        migrations.CreateModel(
            name='AdherenceReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('as_agreed', 'taken as agreed'), ('missed_some', 'missed some doses'), ('not_taken', 'not taken at all')], max_length=20)),
                ('on', models.DateField(help_text="The patient's local date.")),
                ('said_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adherence_reports', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adherence_reports', to='record.prescription')),
                ('said_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('prescription', '-said_at', '-id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('answer__in', ['as_agreed', 'missed_some', 'not_taken'])), name='an_adherence_report_is_one_we_know')],
            },
        ),
        migrations.CreateModel(
            name='GateRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='The observation that the supply waits for.', max_length=20)),
                ('missing', models.CharField(help_text='What stood in the way: never_taken, overdue or too_low.', max_length=20)),
                ('since', models.DateField(blank=True, help_text='The day the lab was due, or was low.', null=True)),
                ('until', models.DateField()),
                ('why', models.TextField()),
                ('released_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gate_releases', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gate_releases', to='record.prescription')),
                ('released_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('prescription', '-released_at', '-id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='a_release_has_a_reason'), models.CheckConstraint(condition=models.Q(('missing__in', ('never_taken', 'overdue', 'too_low'))), name='a_release_says_what_was_missing')],
            },
        ),
        migrations.CreateModel(
            name='PartialFill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('requested', 'patient or prescriber asked for less'), ('short_stock', 'the pharmacy was short of stock'), ('limited', 'limited dispensing')], max_length=20)),
                ('handed_at', models.DateTimeField(help_text='When the pharmacy handed it out; a balance is counted from here.')),
                ('remaining', models.DecimalField(blank=True, decimal_places=3, max_digits=10, null=True)),
                ('until', models.DateTimeField(blank=True, help_text='The rest may be had until then; empty: no limit.', null=True)),
                ('dispense', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='partial', to='refills.dispense')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partial_fills', to='record.patient')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['requested', 'short_stock', 'limited'])), name='a_partial_fill_says_why'), models.CheckConstraint(condition=models.Q(('remaining__isnull', True), ('remaining__gt', 0), _connector='OR'), name='a_partial_fill_leaves_something')],
            },
        ),
        migrations.CreateModel(
            name='PillCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counted_on', models.DateField(help_text="The patient's local date.")),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=10)),
                ('unit', models.CharField(help_text='UCUM, for instance {tablet}.', max_length=20)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('counted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pill_counts', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pill_counts', to='record.prescription')),
            ],
            options={
                'ordering': ('prescription', 'counted_on', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gte', 0)), name='a_count_is_not_below_zero')],
            },
        ),
        migrations.CreateModel(
            name='RenewalDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('renewed', 'renewed'), ('changed', 'not renewed as it is: the treatment changes'), ('denied', 'not renewed')], max_length=20)),
                ('reason', models.CharField(blank=True, choices=[('', 'none'), ('visit_needed', 'We need to see you first.'), ('test_needed', 'A test is needed first.'), ('too_early', 'You should still have enough.'), ('already_renewed', 'There is already a prescription at your pharmacy.'), ('treatment_changes', 'Your treatment is going to change.'), ('no_longer_taken', 'It is no longer part of your treatment.'), ('call_us', 'Please call us.')], max_length=20)),
                ('note', models.TextField(blank=True, help_text='For the patient, in the portal only.')),
                ('in_batch', models.BooleanField(default=False, help_text='Signed together with others.')),
                ('decided_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('authorisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewals', to='refills.authorisation')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='renewal_decisions', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='renewal_decisions', to='record.prescription')),
            ],
            options={
                'ordering': ('prescription', '-decided_at', '-id'),
                'indexes': [models.Index(fields=['patient', '-decided_at'], name='renewals_of_a_patient')],
                'constraints': [models.CheckConstraint(condition=models.Q(('answer__in', ['renewed', 'changed', 'denied'])), name='a_renewal_answer_is_known'), models.CheckConstraint(condition=models.Q(('reason__in', ['', 'visit_needed', 'test_needed', 'too_early', 'already_renewed', 'treatment_changes', 'no_longer_taken', 'call_us'])), name='a_renewal_reason_is_known'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'renewed'), ('authorisation__isnull', False), ('reason', '')), models.Q(models.Q(('answer', 'renewed'), _negated=True), models.Q(('reason', ''), _negated=True), ('authorisation__isnull', True)), _connector='OR'), name='a_renewal_has_an_authorisation_and_all_else_a_reason'), models.CheckConstraint(condition=models.Q(('in_batch', False), ('answer', 'renewed'), _connector='OR'), name='only_renewals_are_signed_together')],
            },
        ),
        migrations.CreateModel(
            name='Revocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(help_text="The patient's local date; fills before it stand.")),
                ('why', models.TextField()),
                ('revoked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('authorisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='revoked', to='refills.authorisation')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('revoked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='an_authorisation_is_revoked_for_a_reason')],
            },
        ),
        migrations.AddConstraint(
            model_name='supplylimit',
            constraint=models.CheckConstraint(condition=models.Q(('most_days__gte', 1), ('most_days__lte', 90)), name='a_supply_limit_is_1_to_90_days'),
        ),
        migrations.AddConstraint(
            model_name='supplylimit',
            constraint=models.CheckConstraint(condition=models.Q(('until__gte', models.F('since'))), name='a_supply_limit_ends_after_it_begins'),
        ),
        migrations.AddConstraint(
            model_name='supplylimit',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='a_supply_limit_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='limitlifted',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='a_limit_is_lifted_for_a_reason'),
        ),
    ]
