"""The tables of releases, reviews, screenings and selftests, with their constraints and indexes."""

import django.db.models.deletion
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
            name='LocalChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('a', models.CharField(blank=True, max_length=200)),
                ('b', models.CharField(blank=True, max_length=200)),
                ('of_source', models.CharField(blank=True, max_length=80)),
                ('of_rule', models.CharField(blank=True, max_length=40)),
                ('of_code', models.CharField(blank=True, max_length=40)),
                ('adds_rule', models.BooleanField()),
                ('severity', models.CharField(blank=True, max_length=16)),
                ('problem', models.CharField(blank=True, max_length=60)),
                ('mechanism', models.TextField(blank=True)),
                ('effect', models.TextField(blank=True)),
                ('management', models.TextField(blank=True)),
                ('reason', models.TextField()),
                ('citation', models.TextField(blank=True)),
                ('valid_from', models.DateField()),
                ('valid_until', models.DateField(null=True)),
                ('cases', models.JSONField()),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('proposed', 'waits for a second person'), ('approved', 'approved'), ('suspended', 'suspended: its cases fail'), ('rejected', 'rejected'), ('ended', 'ended')], default='proposed', max_length=10)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_why', models.TextField(blank=True)),
                ('end_asked_why', models.TextField(blank=True)),
                ('end_asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'suspended', 'rejected', 'ended'])), name='a_local_change_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_local_change_has_a_reason'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('author')), _negated=True)), _connector='OR'), name='a_local_change_is_approved_by_another_person'),
                    models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='a_local_change_ends_after_it_begins'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Substance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=300)),
                ('rxcui', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('name', 'rxcui'), name='a_substance_is_named_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CurrentDrug',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('prescription', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='laid_out', to='record.prescription')),
                ('substance', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='interactions.substance')),
                ('until', models.DateField(null=True)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['substance', 'patient'], name='who_takes_a_substance'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RescreenRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('state', models.CharField(choices=[('planned', 'waits for the clock'), ('screening', 'under way'), ('done', 'done')], default='planned', max_length=10)),
                ('changes', models.JSONField(default=dict)),
                ('touched', models.PositiveIntegerField(default=0)),
                ('screened', models.PositiveIntegerField(default=0)),
                ('new_findings', models.PositiveIntegerField(default=0)),
                ('tasks', models.PositiveIntegerField(default=0)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(condition=models.Q(('state', 'done'), _negated=True), fields=['id'], name='rescreenings_that_are_not_done'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['planned', 'screening', 'done'])), name='a_rescreening_state_is_known'),
                    models.CheckConstraint(condition=models.Q(('screened__lte', models.F('touched'))), name='a_rescreening_looks_at_whom_it_found'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RescreenPatient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('run', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='patients', to='interactions.rescreenrun')),
                ('patient', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('done_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [
                    models.Index(condition=models.Q(('done_at__isnull', True)), fields=['run', 'patient'], name='whom_a_run_still_looks_at'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('run', 'patient'), name='a_run_looks_at_each_patient_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RowVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=80)),
                ('table', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=300)),
                ('sha256', models.CharField(max_length=64)),
                ('verdict', models.CharField(choices=[('reviewed', 'reviewed'), ('objection', 'objection'), ('taken_back', 'taken back')], max_length=12)),
                ('remark', models.TextField(blank=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['sha256', '-id'], name='verdicts_of_a_row'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('verdict__in', ['reviewed', 'objection', 'taken_back'])), name='a_verdict_on_a_row_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('verdict', 'objection'), _negated=True), models.Q(('remark', ''), _negated=True), _connector='OR'), name='an_objection_says_what_is_wrong'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SelftestRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('in_use', 'everything in use here'), ('shipped', 'the shipped rules alone')], max_length=8)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('releases', models.JSONField()),
                ('mark', models.CharField(max_length=64)),
                ('cases_sha256', models.CharField(max_length=64)),
                ('to_find', models.PositiveIntegerField()),
                ('found', models.PositiveIntegerField()),
                ('to_stay_silent', models.PositiveIntegerField()),
                ('nuisances', models.PositiveIntegerField()),
                ('pending', models.PositiveIntegerField()),
                ('categories', models.JSONField()),
                ('failures', models.JSONField()),
                ('milliseconds', models.PositiveIntegerField()),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['mark', '-id'], name='selftests_of_a_set_of_releases'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('scope__in', ['in_use', 'shipped'])), name='a_selftest_scope_is_known'),
                    models.CheckConstraint(condition=models.Q(('found__lte', models.F('to_find')), ('nuisances__lte', models.F('to_stay_silent'))), name='a_selftest_finds_at_most_what_there_is'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=80)),
                ('version', models.CharField(max_length=80)),
                ('released_on', models.DateField()),
                ('kind', models.CharField(choices=[('rules', 'curated rules'), ('pairs', 'graded pairs')], max_length=8)),
                ('licence', models.CharField(blank=True, max_length=200)),
                ('url', models.CharField(blank=True, max_length=300)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('files', models.JSONField(default=dict)),
                ('counts', models.JSONField(default=dict)),
                ('warnings', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('imported', 'imported, not in use'), ('active', 'in use'), ('retired', 'no longer in use')], default='imported', max_length=8)),
                ('imported_at', models.DateTimeField()),
                ('activated_at', models.DateTimeField(null=True)),
                ('activated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='activated_releases', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-imported_at', '-id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('status', 'active')), fields=('source',), name='one_release_of_a_source_is_in_use'),
                    models.CheckConstraint(condition=models.Q(models.Q(('status', 'active'), _negated=True), ('activated_at__isnull', False), _connector='OR'), name='a_release_in_use_says_since_when'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ReleaseDrug',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drugs', to='interactions.release')),
                ('number', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=200)),
                ('rxcui', models.PositiveIntegerField(null=True)),
                ('base', models.CharField(blank=True, max_length=200)),
                ('variant', models.CharField(blank=True, max_length=200)),
                ('is_complete', models.BooleanField(default=True)),
                ('details', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'number'), name='a_release_numbers_each_drug_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PairRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pair_rows', to='interactions.release')),
                ('number', models.PositiveIntegerField()),
                ('grades', models.BinaryField()),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'number'), name='a_release_has_one_row_a_drug'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PairNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pair_notes', to='interactions.release')),
                ('a', models.PositiveIntegerField()),
                ('b', models.PositiveIntegerField()),
                ('mechanism', models.TextField(blank=True)),
                ('effect', models.TextField(blank=True)),
                ('management', models.TextField(blank=True)),
                ('citation', models.TextField(blank=True)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'a', 'b'), name='a_release_has_one_note_a_pair'),
                    models.CheckConstraint(condition=models.Q(('a__gt', models.F('b'))), name='a_note_names_the_higher_number_first'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='interactions.release')),
                ('rule_id', models.CharField(max_length=40)),
                ('a', models.CharField(max_length=200)),
                ('b', models.CharField(max_length=200)),
                ('severity', models.CharField(choices=[('ungraded', 'listed, not graded'), ('minor', 'minor'), ('moderate', 'moderate'), ('major', 'major'), ('contraindicated', 'contraindicated')], max_length=16)),
                ('mechanism_type', models.CharField(blank=True, max_length=16)),
                ('problem', models.CharField(max_length=60)),
                ('mechanism', models.TextField(blank=True)),
                ('effect', models.TextField(blank=True)),
                ('management', models.TextField(blank=True)),
                ('onset', models.CharField(blank=True, max_length=120)),
                ('evidence', models.CharField(blank=True, max_length=120)),
                ('after_stop_a', models.PositiveSmallIntegerField(null=True)),
                ('after_stop_b', models.PositiveSmallIntegerField(null=True)),
                ('condition', models.TextField(blank=True)),
                ('condition_code', models.CharField(blank=True, max_length=300)),
                ('source', models.TextField(blank=True)),
                ('confidence', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'ordering': ['rule_id'],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'rule_id'), name='a_release_has_each_rule_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TableRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='table_rows', to='interactions.release')),
                ('table', models.CharField(max_length=60)),
                ('number', models.PositiveIntegerField()),
                ('cells', models.JSONField()),
            ],
            options={
                'ordering': ['table', 'number'],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'table', 'number'), name='a_release_numbers_each_row_of_a_table'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DrugSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sets', to='interactions.release')),
                ('name', models.CharField(max_length=80)),
                ('members', models.JSONField()),
            ],
            options={
                'ordering': ['name'],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'name'), name='a_release_has_each_class_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Synonym',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='synonyms', to='interactions.release')),
                ('rxcui', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=200)),
                ('ingredient_rxcui', models.PositiveIntegerField()),
                ('ingredient_name', models.CharField(max_length=200)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'rxcui'), name='a_salt_has_one_ingredient'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DoseModifier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='modifiers', to='interactions.release')),
                ('drug', models.CharField(max_length=200)),
                ('condition', models.CharField(max_length=120)),
                ('attribute', models.CharField(max_length=60)),
                ('value', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SideEffectTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to='interactions.release')),
                ('term_id', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=200)),
                ('plain', models.CharField(max_length=200)),
                ('associations', models.JSONField()),
                ('onset_days_min', models.PositiveIntegerField(null=True)),
                ('onset_days_max', models.PositiveIntegerField(null=True)),
                ('red_flag', models.CharField(blank=True, max_length=20)),
                ('red_flag_condition', models.TextField(blank=True)),
                ('action', models.TextField(blank=True)),
                ('source', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['term_id'],
                'constraints': [
                    models.UniqueConstraint(fields=('release', 'term_id'), name='a_release_has_each_term_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='record.patient')),
                ('change', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='record.dosagechange')),
                ('moment', models.CharField(choices=[('propose', 'when it was proposed'), ('sign', 'when it was to be signed'), ('screen', 'by a screening'), ('record', 'when something was put on record')], max_length=8)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
                ('regimen', models.JSONField()),
                ('coverage', models.JSONField()),
                ('not_checked', models.JSONField()),
                ('scope', models.TextField()),
                ('is_unchecked', models.BooleanField(default=False)),
                ('releases', models.ManyToManyField(related_name='reviews', to='interactions.release')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [
                    models.Index(fields=['change', '-id'], name='newest_review_of_a_change'),
                    models.Index(fields=['patient', '-id'], name='newest_review_of_a_patient'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='interactions.review')),
                ('key', models.CharField(max_length=500)),
                ('kind', models.CharField(max_length=40)),
                ('problem', models.CharField(max_length=60)),
                ('severity', models.CharField(choices=[('ungraded', 'listed, not graded'), ('minor', 'minor'), ('moderate', 'moderate'), ('major', 'major'), ('contraindicated', 'contraindicated')], max_length=16)),
                ('drugs', models.JSONField()),
                ('prescriptions', models.JSONField()),
                ('is_new', models.BooleanField()),
                ('first_day', models.DateField()),
                ('summary', models.TextField()),
                ('mechanism', models.TextField(blank=True)),
                ('effect', models.TextField(blank=True)),
                ('management', models.TextField(blank=True)),
                ('onset', models.CharField(blank=True, max_length=120)),
                ('evidence', models.CharField(blank=True, max_length=120)),
                ('sources', models.JSONField()),
                ('card', models.CharField(blank=True, max_length=300)),
                ('is_interruptive', models.BooleanField(default=True)),
                ('context', models.TextField(blank=True)),
                ('is_restricted', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('review', 'key'), name='a_review_has_each_finding_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='answer', to='interactions.finding')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='record.patient')),
                ('key', models.CharField(max_length=500)),
                ('context', models.TextField(blank=True)),
                ('card', models.CharField(blank=True, max_length=300)),
                ('lead', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='others', to='interactions.answer')),
                ('reason_code', models.CharField(choices=[('will_monitor', 'will monitor'), ('benefit_outweighs', 'benefit outweighs the risk'), ('tolerated_before', 'tolerated before'), ('dose_adjusted', 'dose adjusted'), ('patient_informed', 'patient informed and agrees'), ('no_alternative', 'no suitable alternative'), ('short_overlap', 'short planned overlap'), ('not_relevant', 'not relevant for this patient'), ('other', 'other')], max_length=24)),
                ('note', models.TextField(blank=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
                ('follow_up_on', models.DateField()),
                ('follow_up', models.CharField(blank=True, max_length=60)),
                ('overlap_verdict', models.CharField(blank=True, choices=[('never', 'no day on record'), ('lower', 'only at lower doses'), ('unmeasured', 'at doses that cannot be compared'), ('as_high', 'at these doses or higher')], max_length=12)),
                ('overlap_days', models.PositiveIntegerField(null=True)),
                ('overlap_from', models.DateField(null=True)),
                ('overlap_to', models.DateField(null=True)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['patient', 'key'], name='answers_of_a_patient_by_key'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('reason_code', 'other'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='the_reason_other_is_told_in_a_note'),
                    models.CheckConstraint(condition=models.Q(('follow_up', ''), ('reason_code', 'will_monitor'), _connector='OR'), name='only_a_promise_to_monitor_names_what'),
                    models.CheckConstraint(condition=models.Q(models.Q(('overlap_days', None), ('overlap_from', None), ('overlap_to', None), ('overlap_verdict', '')), models.Q(('overlap_days__isnull', False), ('overlap_verdict', 'never'), ('overlap_days', 0), ('overlap_from', None), ('overlap_to', None)), models.Q(('overlap_days__isnull', False), ('overlap_from__isnull', False), ('overlap_to__isnull', False), ('overlap_verdict__in', ('lower', 'unmeasured', 'as_high')), ('overlap_days__gte', 1), ('overlap_to__gte', models.F('overlap_from'))), _connector='OR'), name='what_was_taken_together_is_told_whole'),
                ],
            },
        ),
        migrations.AddField(
            model_name='localchange',
            name='becomes',
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name='localchange',
            name='of_release',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='switches', to='interactions.release'),
        ),
        migrations.AddConstraint(
            model_name='localchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('becomes', ''), ('of_release', None)), models.Q(('a', ''), ('adds_rule', False), ('b', ''), ('becomes__in', ['active', 'retired']), ('of_code', ''), ('of_release__isnull', False), ('of_rule', ''), ('of_source', ''), ('severity', '')), _connector='OR'), name='a_local_change_switches_a_release_or_changes_a_rule'),
        ),
    ]
