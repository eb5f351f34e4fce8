"""The tables of the record, with every constraint and index that a clause can say."""

import datetime
import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mrn', models.CharField(max_length=40, unique=True, verbose_name='medical record number')),
                ('given_name', models.CharField(blank=True, max_length=120, verbose_name='given name')),
                ('family_name', models.CharField(blank=True, max_length=120, verbose_name='family name')),
                ('birth_date', models.DateField(verbose_name='birth date')),
                ('sex', models.CharField(choices=[('female', 'female'), ('male', 'male'), ('other', 'other'), ('unknown', 'unknown')], default='unknown', max_length=10, verbose_name='sex')),
                ('language', models.CharField(choices=[('en', 'English'), ('es', 'Español')], default='en', max_length=5, verbose_name='language')),
                ('time_zone', models.CharField(max_length=60, verbose_name='time zone')),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('source_id', models.CharField(blank=True, max_length=200, null=True, unique=True)),
                ('names_key', models.TextField(blank=True, editable=False)),
                ('mrn_key', models.TextField(blank=True, editable=False)),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='record.patient')),
            ],
            options={
                'ordering': ['family_name', 'given_name', 'id'],
                'indexes': [
                    models.Index(fields=['family_name', 'given_name', 'id'], name='patient_by_name'),
                    models.Index(fields=['birth_date'], name='patient_by_birth_date'),
                    models.Index(fields=['mrn_key'], name='patient_by_mrn'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('mrn', ''), _negated=True), name='a_patient_has_a_medical_record_number'),
                    models.CheckConstraint(condition=models.Q(models.Q(('given_name', ''), _negated=True), models.Q(('family_name', ''), _negated=True), _connector='OR'), name='a_patient_has_a_name'),
                    models.CheckConstraint(condition=models.Q(('sex__in', ['female', 'male', 'other', 'unknown'])), name='a_patients_sex_is_one_we_know'),
                    models.CheckConstraint(condition=models.Q(('language__in', ['en', 'es'])), name='a_patients_language_is_one_we_speak'),
                    models.CheckConstraint(condition=models.Q(('time_zone', ''), _negated=True), name='a_patient_lives_in_a_time_zone'),
                    models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='a_patients_version_begins_at_one'),
                    models.CheckConstraint(condition=models.Q(('birth_date__gte', datetime.date(1880, 1, 1)), ('birth_date__lt', datetime.date(2200, 1, 1))), name='a_patients_birth_date_is_sane'),
                    models.CheckConstraint(condition=models.Q(('source_id', ''), _negated=True), name='a_patients_source_id_is_absent_or_real'),
                    models.CheckConstraint(condition=models.Q(('merged_into', None), models.Q(('merged_into', models.F('id')), _negated=True), _connector='OR'), name='a_chart_is_merged_into_another_one'),
                ],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('role', models.CharField(choices=[('psychiatrist', 'psychiatrist'), ('nurse', 'nurse'), ('pharmacist', 'pharmacist'), ('patient', 'patient'), ('administrator', 'administrator'), ('privacy_officer', 'privacy officer')], max_length=20, verbose_name='role')),
                ('patient', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='user', to='record.patient', verbose_name='patient')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('role__in', ['psychiatrist', 'nurse', 'pharmacist', 'patient', 'administrator', 'privacy_officer'])), name='a_user_has_a_role_we_know'),
                    models.CheckConstraint(condition=models.Q(models.Q(('patient__isnull', False), ('role', 'patient')), models.Q(models.Q(('role', 'patient'), _negated=True), ('patient__isnull', True)), _connector='OR'), name='a_patients_login_belongs_to_a_patient_and_no_other_does'),
                    models.CheckConstraint(condition=models.Q(('is_staff', False), ('is_superuser', False)), name='a_login_has_no_powers_beside_its_role'),
                ],
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='CareTeam',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_care_team_has_a_name'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CareTeamMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='record.careteam', verbose_name='team')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('since', models.DateTimeField(default=django.utils.timezone.now, verbose_name='since')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
            ],
            options={
                'indexes': [
                    models.Index(fields=['user', 'team'], name='member_by_user'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='a_membership_ends_after_it_begins'),
                    models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('team', 'user'), name='a_user_is_in_a_team_once_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CareAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='record.patient')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='record.careteam')),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('until', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [
                    models.Index(fields=['team', 'patient'], name='assignment_by_team'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gte', models.F('since')), _connector='OR'), name='an_assignment_ends_after_it_begins'),
                    models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('patient', 'team'), name='a_patient_is_with_a_team_once_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ContactPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contact_points', to='record.patient')),
                ('channel', models.CharField(choices=[('email', 'e-mail'), ('sms', 'text message')], max_length=10)),
                ('address', models.CharField(max_length=254)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('consented_at', models.DateTimeField(blank=True, null=True)),
                ('consent_withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms'])), name='a_contact_point_has_a_channel_we_know'),
                    models.CheckConstraint(condition=models.Q(models.Q(('address__contains', '\n'), _negated=True), models.Q(('address__contains', '\r'), _negated=True)), name='an_address_is_one_line'),
                    models.CheckConstraint(condition=models.Q(models.Q(('address__contains', '@'), ('channel', 'email')), models.Q(('address__startswith', '+'), ('channel', 'sms')), _connector='OR'), name='an_address_looks_like_its_channel'),
                    models.CheckConstraint(condition=models.Q(('consent_withdrawn_at__isnull', True), models.Q(('consent_withdrawn_at__gte', models.F('consented_at')), ('consented_at__isnull', False)), _connector='OR'), name='consent_is_withdrawn_only_after_it_was_given'),
                    models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('ended_at__gte', models.F('created_at')), _connector='OR'), name='a_contact_point_ends_after_it_begins'),
                    models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('patient', 'channel'), name='a_patient_has_one_current_address_per_channel'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Enrolment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='record.patient')),
                ('level', models.CharField(choices=[('partial_hospitalisation', 'partial hospitalisation'), ('intensive_outpatient', 'intensive outpatient'), ('outpatient', 'outpatient')], max_length=30)),
                ('starts_on', models.DateField()),
                ('ends_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'ordering': ['starts_on', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('level__in', ['partial_hospitalisation', 'intensive_outpatient', 'outpatient'])), name='an_enrolment_has_a_level_we_know'),
                    models.CheckConstraint(condition=models.Q(('ends_on__isnull', True), ('ends_on__gte', models.F('starts_on')), _connector='OR'), name='an_enrolment_ends_after_it_begins'),
                    models.CheckConstraint(condition=models.Q(('starts_on__gte', datetime.date(1880, 1, 1)), ('starts_on__lt', datetime.date(2200, 1, 1))), name='an_enrolments_dates_are_sane'),
                    models.UniqueConstraint(condition=models.Q(('ends_on__isnull', True)), fields=('patient',), name='a_patient_has_one_open_enrolment'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chain', models.CharField(max_length=40)),
                ('seq', models.PositiveBigIntegerField()),
                ('at', models.DateTimeField()),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('actor_name', models.CharField(max_length=150)),
                ('role', models.CharField(blank=True, max_length=20)),
                ('act', models.CharField(max_length=60)),
                ('patient', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('object_type', models.CharField(blank=True, max_length=60)),
                ('object_id', models.CharField(blank=True, max_length=60)),
                ('why', models.TextField(blank=True)),
                ('detail', models.JSONField(default=dict)),
                ('request_id', models.CharField(blank=True, max_length=64)),
                ('previous_hash', models.CharField(blank=True, max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('key', models.CharField(max_length=12)),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'ordering': ['chain', 'seq'],
                'indexes': [
                    models.Index(fields=['at'], name='audit_by_time'),
                    models.Index(fields=['actor', 'at'], name='audit_by_actor'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('chain', 'seq'), name='an_audit_number_is_used_once_a_chain'),
                    models.CheckConstraint(condition=models.Q(('seq__gte', 1)), name='an_audit_chain_begins_at_one'),
                    models.CheckConstraint(condition=models.Q(('act', ''), _negated=True), name='an_audit_entry_says_what_was_done'),
                    models.CheckConstraint(condition=models.Q(('actor_name', ''), _negated=True), name='an_audit_entry_says_who'),
                    models.CheckConstraint(condition=models.Q(models.Q(('seq', 1), ('previous_hash', '')), models.Q(('seq__gt', 1), models.Q(('previous_hash', ''), _negated=True)), _connector='OR'), name='an_audit_entry_names_the_one_before_it'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AuditPatient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='record.auditentry')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('entry', 'patient'), name='an_audit_entry_names_a_patient_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('chain', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('seq', models.PositiveBigIntegerField()),
                ('hash', models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Prescription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='prescriptions', to='record.patient')),
                ('drug_name', models.CharField(max_length=300, verbose_name='drug')),
                ('rxcui', models.PositiveIntegerField(blank=True, null=True)),
                ('product_rxcui', models.PositiveIntegerField(blank=True, null=True)),
                ('strength', models.CharField(blank=True, max_length=120)),
                ('form', models.CharField(blank=True, max_length=120)),
                ('free_text', models.BooleanField(default=False)),
                ('indication', models.CharField(blank=True, max_length=300, verbose_name='indication')),
                ('first_supply_days', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='days of first supply')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('source_id', models.CharField(blank=True, max_length=200, null=True, unique=True)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('drug_name', ''), _negated=True), name='a_prescription_names_a_drug'),
                    models.CheckConstraint(condition=models.Q(models.Q(('rxcui__isnull', True), ('rxcui__gt', 0), _connector='OR'), models.Q(('product_rxcui__isnull', True), ('product_rxcui__gt', 0), _connector='OR')), name='an_rxcui_is_a_positive_number'),
                    models.CheckConstraint(condition=models.Q(('free_text', False), models.Q(('product_rxcui__isnull', True), ('rxcui__isnull', True)), _connector='OR'), name='a_free_text_drug_has_no_rxcui'),
                    models.CheckConstraint(condition=models.Q(('first_supply_days__isnull', True), models.Q(('first_supply_days__gte', 1), ('first_supply_days__lte', 366)), _connector='OR'), name='a_first_supply_lasts_between_a_day_and_a_year'),
                    models.CheckConstraint(condition=models.Q(('source_id', ''), _negated=True), name='a_prescriptions_source_id_is_absent_or_real'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Encounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='encounters', to='record.patient')),
                ('kind', models.CharField(choices=[('office', 'in the clinic'), ('video', 'by video'), ('phone', 'by phone'), ('home', 'at home')], max_length=10)),
                ('on', models.DateField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('note', models.TextField(blank=True)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-on', '-id'],
                'indexes': [
                    models.Index(fields=['patient', '-on'], name='encounters_of_a_patient'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['office', 'video', 'phone', 'home'])), name='an_encounter_is_of_a_known_kind'),
                    models.CheckConstraint(condition=models.Q(('on__gte', datetime.date(1880, 1, 1)), ('on__lt', datetime.date(2200, 1, 1))), name='an_encounters_day_is_sane'),
                ],
            },
        ),
        migrations.CreateModel(
            name='MonitoringOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='monitoring_orders', to='record.patient')),
                ('code', models.CharField(max_length=40)),
                ('loinc', models.CharField(blank=True, max_length=10)),
                ('what', models.CharField(max_length=120)),
                ('due_on', models.DateField()),
                ('problem', models.CharField(blank=True, max_length=60)),
                ('finding_key', models.CharField(blank=True, max_length=500)),
                ('ordered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ordered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='record.monitoringorder')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['patient', 'code', '-id'], name='monitoring_orders_of_a_patient'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('code', ''), _negated=True), models.Q(('what', ''), _negated=True)), name='a_monitoring_order_says_what'),
                    models.CheckConstraint(condition=models.Q(('due_on__gte', datetime.date(1880, 1, 1)), ('due_on__lt', datetime.date(2200, 1, 1))), name='a_monitoring_orders_day_is_sane'),
                    models.CheckConstraint(condition=models.Q(('replaces__isnull', True), models.Q(('replaces', models.F('id')), _negated=True), _connector='OR'), name='a_monitoring_order_replaces_another'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='observations', to='record.patient')),
                ('code', models.CharField(max_length=40)),
                ('loinc', models.CharField(blank=True, max_length=10)),
                ('value', models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True)),
                ('comparator', models.CharField(blank=True, choices=[('<', 'less than'), ('<=', 'at most'), ('>=', 'at least'), ('>', 'more than')], max_length=2)),
                ('value_code', models.CharField(blank=True, max_length=40)),
                ('unit', models.CharField(blank=True, max_length=20)),
                ('observed_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('note', models.TextField(blank=True)),
                ('corrects', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='record.observation')),
                ('entered_in_error', models.BooleanField(default=False)),
                ('source_id', models.CharField(blank=True, max_length=200, null=True, unique=True)),
            ],
            options={
                'ordering': ['-observed_at', '-id'],
                'indexes': [
                    models.Index(fields=['patient', 'code', '-observed_at'], name='observation_by_patient'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('code', ''), _negated=True), name='an_observation_says_of_what'),
                    models.CheckConstraint(condition=models.Q(models.Q(('value__isnull', False), ('value_code', ''), models.Q(('unit', ''), _negated=True)), models.Q(('comparator', ''), ('unit', ''), ('value__isnull', True), models.Q(('value_code', ''), _negated=True)), _connector='OR'), name='an_observation_is_a_number_with_its_unit_or_a_state'),
                    models.CheckConstraint(condition=models.Q(('comparator', ''), ('comparator__in', ['<', '<=', '>=', '>']), _connector='OR'), name='a_comparator_is_one_we_know'),
                    models.CheckConstraint(condition=models.Q(('source_id', ''), _negated=True), name='an_observations_source_id_is_absent_or_real'),
                    models.CheckConstraint(condition=models.Q(('entered_in_error', False), ('corrects__isnull', False), _connector='OR'), name='what_was_entered_in_error_is_named'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Allergy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allergies', to='record.patient')),
                ('kind', models.CharField(choices=[('allergy', 'allergy'), ('intolerance', 'intolerance'), ('none_known', 'none known, as stated')], default='allergy', max_length=20)),
                ('substance', models.CharField(max_length=300)),
                ('rxcui', models.PositiveIntegerField(blank=True, null=True)),
                ('meant', models.CharField(blank=True, max_length=300)),
                ('recorded_on', models.DateField()),
                ('refuted_on', models.DateField(blank=True, null=True)),
                ('source_id', models.CharField(blank=True, max_length=200, null=True, unique=True)),
            ],
            options={
                'verbose_name_plural': 'allergies',
                'ordering': ['substance', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['allergy', 'intolerance', 'none_known'])), name='an_allergy_is_of_a_kind_we_know'),
                    models.CheckConstraint(condition=models.Q(('substance', ''), _negated=True), name='an_allergy_names_a_substance'),
                    models.CheckConstraint(condition=models.Q(('rxcui__isnull', True), ('rxcui__gt', 0), _connector='OR'), name='an_allergys_rxcui_is_a_positive_number'),
                    models.CheckConstraint(condition=models.Q(('refuted_on__isnull', True), ('refuted_on__gte', models.F('recorded_on')), _connector='OR'), name='an_allergy_is_refuted_after_it_was_recorded'),
                    models.CheckConstraint(condition=models.Q(('recorded_on__gte', datetime.date(1880, 1, 1)), ('recorded_on__lt', datetime.date(2200, 1, 1))), name='an_allergys_day_is_sane'),
                    models.CheckConstraint(condition=models.Q(('source_id', ''), _negated=True), name='an_allergys_source_id_is_absent_or_real'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AllergyReaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('allergy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reactions', to='record.allergy')),
                ('text', models.CharField(blank=True, max_length=300)),
                ('severity', models.CharField(choices=[('mild', 'mild'), ('moderate', 'moderate'), ('severe', 'severe'), ('unknown', 'not known')], default='unknown', max_length=10)),
                ('recorded_on', models.DateField()),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('severity__in', ['mild', 'moderate', 'severe', 'unknown'])), name='a_reaction_has_a_severity_we_know'),
                    models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), models.Q(('severity', 'unknown'), _negated=True), _connector='OR'), name='a_reaction_says_something'),
                    models.CheckConstraint(condition=models.Q(('recorded_on__gte', datetime.date(1880, 1, 1)), ('recorded_on__lt', datetime.date(2200, 1, 1))), name='a_reactions_day_is_sane'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Condition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conditions', to='record.patient')),
                ('icd10cm', models.CharField(blank=True, max_length=8, validators=[django.core.validators.RegexValidator('^[A-Z][0-9][0-9A-Z](\\.[0-9A-Z]{1,4})?$', 'This is not an ICD-10-CM code, such as F33.1.')])),
                ('text', models.CharField(max_length=500)),
                ('onset_on', models.DateField(blank=True, null=True)),
                ('abated_on', models.DateField(blank=True, null=True)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('source_code', models.CharField(blank=True, max_length=40)),
                ('source_system', models.CharField(blank=True, max_length=200)),
                ('source_id', models.CharField(blank=True, max_length=200, null=True, unique=True)),
            ],
            options={
                'ordering': ['onset_on', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='a_condition_says_what_it_is'),
                    models.CheckConstraint(condition=models.Q(('abated_on__isnull', True), ('onset_on__isnull', True), ('abated_on__gte', models.F('onset_on')), _connector='OR'), name='a_condition_abates_after_its_onset'),
                    models.CheckConstraint(condition=models.Q(('onset_on__isnull', True), models.Q(('onset_on__gte', datetime.date(1880, 1, 1)), ('onset_on__lt', datetime.date(2200, 1, 1))), _connector='OR'), name='a_conditions_onset_is_sane'),
                    models.CheckConstraint(condition=models.Q(('source_id', ''), _negated=True), name='a_conditions_source_id_is_absent_or_real'),
                ],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.CharField(max_length=255)),
                ('method', models.CharField(max_length=10)),
                ('path', models.CharField(max_length=500)),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('asked', models.JSONField(blank=True, default=dict)),
                ('answer', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'key'), name='an_idempotency_key_is_used_once_a_user'),
                    models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='an_idempotency_key_is_not_empty'),
                    models.CheckConstraint(condition=models.Q(('status__isnull', True), models.Q(('status__gte', 100), ('status__lte', 599)), _connector='OR'), name='an_idempotent_answer_has_an_http_status'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Token',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_key', models.CharField(db_index=True, max_length=25)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('digest', models.CharField(editable=False, max_length=128, unique=True)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('scope', models.CharField(choices=[('read', 'read'), ('record', 'read and record'), ('prescribe', 'read, record and prescribe')], max_length=10, verbose_name='scope')),
                ('expiry', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created', '-id'),
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='a_token_has_a_name'),
                    models.CheckConstraint(condition=models.Q(('scope__in', ['read', 'record', 'prescribe'])), name='a_token_has_a_scope_we_know'),
                    models.CheckConstraint(condition=models.Q(('expiry__gt', models.F('created'))), name='a_token_ends_after_it_begins'),
                    models.UniqueConstraint(condition=models.Q(('revoked_at__isnull', True)), fields=('user', 'name'), name='a_persons_tokens_have_names_of_their_own'),
                ],
            },
        ),
        migrations.CreateModel(
            name='SideEffectReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='side_effects', to='record.patient')),
                ('term', models.CharField(max_length=200)),
                ('term_code', models.CharField(blank=True, max_length=40)),
                ('severity', models.CharField(choices=[('mild', 'mild'), ('moderate', 'moderate'), ('severe', 'severe'), ('life_threatening', 'life-threatening')], max_length=20)),
                ('began_on', models.DateField()),
                ('ended_on', models.DateField(blank=True, null=True)),
                ('outcome', models.CharField(choices=[('recovered', 'gone'), ('recovering', 'getting better'), ('not_recovered', 'still there'), ('recovered_with_sequelae', 'gone, with lasting effects'), ('fatal', 'fatal'), ('unknown', 'not known')], default='unknown', max_length=30)),
                ('action_taken', models.CharField(choices=[('none_yet', 'nothing yet'), ('dose_not_changed', 'dose not changed'), ('dose_reduced', 'dose reduced'), ('dose_increased', 'dose increased'), ('held', 'put on hold'), ('drug_withdrawn', 'stopped'), ('treated', 'side effect treated'), ('not_applicable', 'does not apply'), ('unknown', 'not known')], default='none_yet', max_length=20)),
                ('note', models.TextField(blank=True)),
                ('red_flags', models.JSONField(default=list, help_text='What in it could not wait, by the names of red_flags.csv.')),
                ('reporter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reporter_role', models.CharField(choices=[('psychiatrist', 'psychiatrist'), ('nurse', 'nurse'), ('pharmacist', 'pharmacist'), ('patient', 'patient'), ('administrator', 'administrator'), ('privacy_officer', 'privacy officer')], max_length=20)),
                ('reported_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('corrects', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='record.sideeffectreport')),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['-began_on', '-id'],
                'indexes': [
                    models.Index(fields=['patient', '-began_on'], name='side_effect_by_patient'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('term', ''), _negated=True), name='a_side_effect_has_a_term'),
                    models.CheckConstraint(condition=models.Q(('severity__in', ['mild', 'moderate', 'severe', 'life_threatening'])), name='a_side_effect_has_a_severity_we_know'),
                    models.CheckConstraint(condition=models.Q(('outcome__in', ['recovered', 'recovering', 'not_recovered', 'recovered_with_sequelae', 'fatal', 'unknown'])), name='a_side_effect_has_an_outcome_we_know'),
                    models.CheckConstraint(condition=models.Q(('action_taken__in', ['none_yet', 'dose_not_changed', 'dose_reduced', 'dose_increased', 'held', 'drug_withdrawn', 'treated', 'not_applicable', 'unknown'])), name='a_side_effect_has_an_action_we_know'),
                    models.CheckConstraint(condition=models.Q(('reporter_role__in', ['psychiatrist', 'nurse', 'pharmacist', 'patient', 'administrator', 'privacy_officer'])), name='a_side_effects_reporter_has_a_role_we_know'),
                    models.CheckConstraint(condition=models.Q(('ended_on__isnull', True), ('ended_on__gte', models.F('began_on')), _connector='OR'), name='a_side_effect_ends_after_it_begins'),
                    models.CheckConstraint(condition=models.Q(('began_on__gte', datetime.date(1880, 1, 1)), ('began_on__lt', datetime.date(2200, 1, 1))), name='a_side_effects_onset_is_sane'),
                    models.CheckConstraint(condition=models.Q(models.Q(('corrects__isnull', True), ('version', 1)), models.Q(('corrects__isnull', False), ('version__gte', 2)), _connector='OR'), name='a_first_report_is_version_one_and_a_correction_a_later_one'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DosageChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dosage_changes', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='record.prescription')),
                ('kind', models.CharField(choices=[('start', 'start'), ('new_dose', 'new dose'), ('hold', 'hold'), ('resume', 'resume'), ('stop', 'stop')], max_length=10)),
                ('status', models.CharField(choices=[('proposed', 'proposed'), ('signed', 'signed'), ('withdrawn', 'withdrawn')], default='proposed', max_length=10)),
                ('effective_on', models.DateField()),
                ('sig', models.JSONField(blank=True, null=True)),
                ('old_sig', models.JSONField(blank=True, null=True)),
                ('reason_code', models.CharField(choices=[('initial_treatment', 'start of treatment'), ('continued_treatment', 'continued from elsewhere'), ('titration', 'planned titration'), ('inadequate_response', 'not enough response'), ('augmentation', 'added to another medicine'), ('side_effect', 'side effect'), ('interaction', 'interaction with another medicine'), ('lab_result', 'laboratory result or measurement'), ('allergy', 'allergy or intolerance'), ('pregnancy', 'pregnancy or breast-feeding'), ('taper', 'planned taper'), ('cross_taper', 'switch to another medicine'), ('remission', 'no longer needed'), ('relapse', 'symptoms came back'), ('procedure', 'procedure or intercurrent illness'), ('patient_wish', "the patient's wish"), ('not_taken', 'not taken as prescribed'), ('supply', 'supply or cost'), ('duplicate', 'duplicate'), ('entered_in_error', 'entered in error'), ('imported', 'taken over from another record'), ('other', 'other (see note)')], max_length=30)),
                ('note', models.TextField(blank=True)),
                ('alongside', models.BooleanField(blank=True, null=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('signed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_note', models.TextField(blank=True)),
                ('prompted_by_side_effect', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='prompted_changes', to='record.sideeffectreport')),
                ('prompted_by_observation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='prompted_changes', to='record.observation')),
                ('prompted_by_plan', models.CharField(blank=True, max_length=300)),
                ('seal', models.CharField(blank=True, max_length=64)),
                ('seal_key', models.CharField(blank=True, max_length=12)),
            ],
            options={
                'ordering': ['effective_on', 'signed_at', 'id'],
                'indexes': [
                    models.Index(fields=['patient', 'status', 'effective_on'], name='change_by_patient'),
                    models.Index(fields=['prescription', 'effective_on'], name='change_by_prescription'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['start', 'new_dose', 'hold', 'resume', 'stop'])), name='a_change_is_of_a_kind_we_know'),
                    models.CheckConstraint(condition=models.Q(('reason_code__in', ['initial_treatment', 'continued_treatment', 'titration', 'inadequate_response', 'augmentation', 'side_effect', 'interaction', 'lab_result', 'allergy', 'pregnancy', 'taper', 'cross_taper', 'remission', 'relapse', 'procedure', 'patient_wish', 'not_taken', 'supply', 'duplicate', 'entered_in_error', 'imported', 'other'])), name='a_change_has_a_reason_we_know'),
                    models.CheckConstraint(condition=models.Q(models.Q(('reason_code', 'other'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='another_reason_needs_a_note'),
                    models.CheckConstraint(condition=models.Q(('effective_on__gte', datetime.date(1880, 1, 1)), ('effective_on__lt', datetime.date(2200, 1, 1))), name='a_changes_effective_day_is_sane'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ('start', 'new_dose', 'resume')), ('sig__isnull', False)), models.Q(models.Q(('kind__in', ('start', 'new_dose', 'resume')), _negated=True), ('sig__isnull', True)), _connector='OR'), name='a_hold_or_stop_has_no_sig_and_all_else_has_one'),
                    models.CheckConstraint(condition=models.Q(('alongside__isnull', True), ('kind__in', ('start', 'resume')), _connector='OR'), name='only_what_begins_is_meant_beside_another'),
                    models.CheckConstraint(condition=models.Q(('sig__isnull', True), models.Q(models.Q(('sig__route', 'UNK'), _negated=True), models.Q(('sig__parts__0__timing', 'UNK'), _negated=True)), ('reason_code', 'imported'), _connector='OR'), name='only_history_leaves_route_or_timing_unrecorded'),
                    models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('signed_by__isnull', True), ('status', 'proposed'), ('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('signed_at__isnull', False), ('signed_by__isnull', False), ('status', 'signed'), ('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('signed_at__isnull', True), ('signed_by__isnull', True), ('status', 'withdrawn'), ('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='a_change_is_proposed_or_signed_or_withdrawn_by_somebody'),
                    models.CheckConstraint(condition=models.Q(('status', 'signed'), models.Q(('seal', ''), ('seal_key', '')), _connector='OR'), name='only_a_signed_change_is_sealed'),
                    models.CheckConstraint(condition=models.Q(('status', 'withdrawn'), ('withdrawn_note', ''), _connector='OR'), name='only_a_withdrawn_change_says_why_withdrawn'),
                    models.CheckConstraint(condition=models.Q(models.Q(('signed_at__isnull', True), ('signed_at__gte', models.F('proposed_at')), _connector='OR'), models.Q(('withdrawn_at__isnull', True), ('withdrawn_at__gte', models.F('proposed_at')), _connector='OR')), name='a_change_is_settled_after_it_was_proposed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BreakGlass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to='record.patient')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(choices=[('psychiatrist', 'psychiatrist'), ('nurse', 'nurse'), ('pharmacist', 'pharmacist'), ('patient', 'patient'), ('administrator', 'administrator'), ('privacy_officer', 'privacy officer')], max_length=20)),
                ('reason', models.TextField()),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('until', models.DateTimeField()),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'indexes': [models.Index(fields=['by', 'until'], name='opening_by_person')],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='an_opening_says_why'),
                    models.CheckConstraint(condition=models.Q(('until__gt', models.F('opened_at'))), name='an_opening_ends_after_it_begins'),
                    models.CheckConstraint(condition=models.Q(('role__in', ['psychiatrist', 'nurse', 'pharmacist'])), name='only_who_works_here_opens_a_chart'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BreakGlassEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('opening', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='ended', to='record.breakglass')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='BreakGlassJudgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='record.patient')),
                ('opening', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='judged', to='record.breakglass')),
                ('verdict', models.CharField(choices=[('appropriate', 'appropriate'), ('not_appropriate', 'not appropriate')], max_length=20)),
                ('note', models.TextField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('verdict__in', ['appropriate', 'not_appropriate'])), name='an_opening_is_judged_in_a_word_we_know'),
                    models.CheckConstraint(condition=models.Q(('note', ''), _negated=True), name='a_judgement_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CoSignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='record.patient')),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='record.dosagechange')),
                ('verdict', models.CharField(choices=[('agreed', 'co-signed'), ('declined', 'declined')], max_length=10)),
                ('note', models.TextField()),
                ('findings', models.JSONField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('verdict__in', ['agreed', 'declined'])), name='a_second_word_is_yes_or_no'),
                    models.CheckConstraint(condition=models.Q(('note', ''), _negated=True), name='a_second_word_has_its_sentence'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Suspect',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspects', to='record.sideeffectreport')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suspected_of', to='record.prescription')),
                ('rank', models.PositiveSmallIntegerField()),
                ('score', models.DecimalField(decimal_places=3, default=0, max_digits=8)),
                ('reasons', models.JSONField(default=list)),
                ('change', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='suspected_of', to='record.dosagechange')),
                ('dose_text', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['report', 'rank', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('rank__gte', 1)), name='a_suspects_rank_begins_at_one'),
                    models.UniqueConstraint(fields=('report', 'prescription'), name='a_prescription_is_suspected_once_a_report'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ImportRemark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('left_out', 'not taken over'), ('unclear', 'taken over, and to be read again')], max_length=10)),
                ('source_id', models.CharField(max_length=200)),
                ('what', models.TextField()),
                ('why', models.CharField(max_length=300)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dismissed_at', models.DateTimeField(blank=True, null=True)),
                ('dismissed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='import_remarks', to='record.patient')),
            ],
            options={
                'ordering': ['kind', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['left_out', 'unclear'])), name='a_remark_is_of_a_kind_we_know'),
                    models.CheckConstraint(condition=models.Q(models.Q(('what', ''), _negated=True), models.Q(('why', ''), _negated=True), models.Q(('source_id', ''), _negated=True)), name='a_remark_says_what_and_why'),
                    models.CheckConstraint(condition=models.Q(models.Q(('dismissed_at__isnull', True), ('dismissed_by__isnull', True)), models.Q(('dismissed_at__gte', models.F('recorded_at')), ('dismissed_by__isnull', False)), _connector='OR'), name='a_remark_is_dismissed_by_somebody_and_later'),
                    models.UniqueConstraint(fields=('patient', 'source_id', 'why'), name='a_remark_is_made_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StaffChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('login', 'a new login'), ('role', 'another role'), ('password', 'a new password'), ('inactive', 'out of use'), ('active', 'in use again')], max_length=10)),
                ('role_before', models.CharField(blank=True, choices=[('psychiatrist', 'psychiatrist'), ('nurse', 'nurse'), ('pharmacist', 'pharmacist'), ('patient', 'patient'), ('administrator', 'administrator'), ('privacy_officer', 'privacy officer')], max_length=20)),
                ('role', models.CharField(choices=[('psychiatrist', 'psychiatrist'), ('nurse', 'nurse'), ('pharmacist', 'pharmacist'), ('patient', 'patient'), ('administrator', 'administrator'), ('privacy_officer', 'privacy officer')], max_length=20)),
                ('why', models.TextField()),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('waiting', 'waits for a second person'), ('confirmed', 'done'), ('declined', 'declined')], default='waiting', max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_why', models.TextField(blank=True)),
                ('alone', models.BooleanField(default=False)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='staff_changes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['login', 'role', 'password', 'inactive', 'active'])), name='a_staff_change_is_of_a_kind_we_know'),
                    models.CheckConstraint(condition=models.Q(('role__in', ['psychiatrist', 'nurse', 'pharmacist', 'patient', 'administrator', 'privacy_officer']), ('role_before__in', ['', 'psychiatrist', 'nurse', 'pharmacist', 'patient', 'administrator', 'privacy_officer'])), name='a_staff_change_leads_to_a_role_we_know'),
                    models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='a_staff_change_has_a_reason'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'confirmed', 'declined'])), name='a_staff_change_is_in_a_state_we_know'),
                    models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='a_staff_change_waits_or_was_decided'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), ('alone', True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='a_staff_change_is_confirmed_by_a_second_person'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'confirmed'), _negated=True), ('kind', 'inactive'), ('decided_by', None), models.Q(('decided_by', models.F('user')), _negated=True), _connector='OR'), name='nobody_confirms_a_change_of_their_own_login'),
                    models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('user',), name='a_login_has_one_change_waiting'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Attempts',
            fields=[
                ('key', models.CharField(max_length=80, primary_key=True, serialize=False)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('last_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('until', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='attempts_are_counted_under_a_key')],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('words', models.CharField(max_length=60)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('trusted_until', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-seen_at', '-id'],
                'indexes': [models.Index(fields=['user', 'ended_at'], name='device_by_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('created_at')), _connector='OR'), name='a_device_ends_after_it_begins'), models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user', 'digest'), name='a_device_is_known_once_a_user')],
            },
        ),
        migrations.CreateModel(
            name='OpenSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session_key', models.CharField(max_length=40)),
                ('words', models.CharField(max_length=60)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('began_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='open_sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-seen_at', '-id'],
                'indexes': [models.Index(fields=['user', 'ended_at'], name='session_by_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('began_at')), _connector='OR'), name='a_session_ends_after_it_begins'), models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('session_key',), name='a_session_is_listed_once')],
            },
        ),
        migrations.CreateModel(
            name='QuickPin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=200)),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='quick_pin', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('digest', ''), _negated=True), name='a_pin_is_kept_as_a_digest')],
            },
        ),
        migrations.CreateModel(
            name='SecondFactor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('totp', 'code from an app'), ('passkey', 'passkey'), ('recovery', 'recovery code')], max_length=10)),
                ('label', models.CharField(blank=True, max_length=60)),
                ('secret', models.TextField()),
                ('credential', models.CharField(blank=True, max_length=1400)),
                ('counter', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='second_factors', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at', 'id'],
                'indexes': [models.Index(fields=['user', 'kind'], name='factor_by_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['totp', 'passkey', 'recovery'])), name='a_second_factor_is_of_a_kind_we_know'), models.CheckConstraint(condition=models.Q(('secret', ''), _negated=True), name='a_second_factor_has_its_secret'), models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('created_at')), _connector='OR'), name='a_second_factor_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'passkey'), models.Q(('credential', ''), _negated=True)), models.Q(models.Q(('kind', 'passkey'), _negated=True), ('credential', '')), _connector='OR'), name='a_passkey_and_nothing_else_has_a_credential'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('kind', 'passkey')), fields=('credential',), name='a_passkey_is_kept_once'), models.UniqueConstraint(condition=models.Q(('ended_at', None), ('kind', 'totp')), fields=('user',), name='somebody_has_one_app_for_codes')],
            },
        ),
    ]
