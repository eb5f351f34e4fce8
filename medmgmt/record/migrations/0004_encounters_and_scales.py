"""Encounters, the scores of further scales, and observations that were entered in error.

SQLite drops a table's triggers with the table, and Django changes a table there by making it anew: the triggers that
name observations are set aside and put back as they were.
"""

import datetime
import django.db.models.deletion
import django.utils.timezone
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


ASIDE = []
"""The triggers of SQLite that name observations, while their table is made anew."""


def set_aside(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%record_observation%'")
        ASIDE[:] = cursor.fetchall()
        for name, _sql in ASIDE:
            cursor.execute(f"DROP TRIGGER {name}")


def put_back(apps, schema_editor):
    for _name, sql in ASIDE:
        schema_editor.execute(sql, params=None)
    ASIDE.clear()


def refusals():
    """Every refusal: its name, BEFORE which event, on which table, when, and the sentence."""
    table = "record_encounter"
    for event, done in (("UPDATE", "edited"), ("DELETE", "deleted")):
        yield f"{table}_is_never_{done}", event, table, "1 = 1", "an encounter is never edited or deleted"
    taken = f"EXISTS (SELECT 1 FROM {table} AS other WHERE other.id = NEW.id)"
    yield f"{table}_is_never_replaced", "INSERT", table, taken, "this number is already used"


def put_up(apps, schema_editor):
    run = lambda sql: schema_editor.execute(sql, params=None)  # the texts hold no parameters
    for name, event, table, when, sentence in refusals():
        if schema_editor.connection.vendor == "sqlite":
            run(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
            )
            continue
        row = "OLD" if event == "DELETE" else "NEW"
        run(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} THEN "
            f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
            f"RETURN {row}; END $$"
        )
        run(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    if schema_editor.connection.vendor == "postgresql":
        run(
            "CREATE TRIGGER record_encounter_is_never_emptied BEFORE TRUNCATE ON record_encounter "
            "FOR EACH STATEMENT EXECUTE FUNCTION record_is_never_emptied()"
        )


def take_down(apps, schema_editor):
    for name, *_ in refusals():
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {name}")
        else:
            schema_editor.execute(f"DROP FUNCTION {name}() CASCADE")


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0003_cosignatures_and_monitoring_orders'),
    ]

    operations = [
        migrations.RunPython(set_aside, put_back),
        migrations.CreateModel(
            name='Encounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('office', 'in the clinic'), ('video', 'by video'), ('phone', 'by phone'), ('home', 'at home')], max_length=10)),
                ('on', models.DateField()),
                ('note', models.TextField(blank=True)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-on', '-id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='observation',
            name='an_observation_is_of_a_code_we_know',
        ),
        migrations.AddField(
            model_name='observation',
            name='entered_in_error',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='observation',
            name='code',
            field=models.CharField(choices=[('weight', 'weight'), ('height', 'height'), ('bmi', 'body mass index'), ('waist', 'waist circumference'), ('sbp', 'systolic blood pressure'), ('dbp', 'diastolic blood pressure'), ('heart_rate', 'heart rate'), ('temperature', 'body temperature'), ('qtc', 'QTc interval'), ('egfr', 'estimated glomerular filtration rate'), ('creatinine', 'creatinine'), ('sodium', 'sodium'), ('potassium', 'potassium'), ('magnesium', 'magnesium'), ('calcium', 'calcium'), ('alt', 'ALT'), ('ast', 'AST'), ('bilirubin', 'bilirubin'), ('ammonia', 'ammonia'), ('anc', 'absolute neutrophil count'), ('platelets', 'platelets'), ('tsh', 'TSH'), ('prolactin', 'prolactin'), ('glucose_fasting', 'fasting glucose'), ('hba1c', 'HbA1c'), ('ldl', 'LDL cholesterol'), ('triglycerides', 'triglycerides'), ('ck', 'creatine kinase'), ('troponin_i', 'troponin I'), ('crp', 'C-reactive protein'), ('lithium', 'lithium level'), ('valproate', 'valproate level'), ('carbamazepine', 'carbamazepine level'), ('clozapine', 'clozapine level'), ('lamotrigine', 'lamotrigine level'), ('phq9', 'PHQ-9'), ('gad7', 'GAD-7'), ('madrs', 'MADRS'), ('ymrs', 'YMRS'), ('cssrs', 'C-SSRS screener, highest question answered yes'), ('bars', 'BARS, global assessment of akathisia'), ('aims', 'AIMS, sum of items 1 to 7'), ('sas', 'SAS, mean of the ten items'), ('gass', 'GASS'), ('cows', 'COWS'), ('ciwa_ar', 'CIWA-Ar'), ('audit_c', 'AUDIT-C'), ('hunter', 'Hunter criteria of serotonin toxicity'), ('pregnancy', 'pregnancy'), ('lactation', 'breast-feeding'), ('smoking', 'smoking'), ('hepatic_class', 'Child-Pugh class')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(('code__in', ['weight', 'height', 'bmi', 'waist', 'sbp', 'dbp', 'heart_rate', 'temperature', 'qtc', 'egfr', 'creatinine', 'sodium', 'potassium', 'magnesium', 'calcium', 'alt', 'ast', 'bilirubin', 'ammonia', 'anc', 'platelets', 'tsh', 'prolactin', 'glucose_fasting', 'hba1c', 'ldl', 'triglycerides', 'ck', 'troponin_i', 'crp', 'lithium', 'valproate', 'carbamazepine', 'clozapine', 'lamotrigine', 'phq9', 'gad7', 'madrs', 'ymrs', 'cssrs', 'bars', 'aims', 'sas', 'gass', 'cows', 'ciwa_ar', 'audit_c', 'hunter', 'pregnancy', 'lactation', 'smoking', 'hepatic_class'])), name='an_observation_is_of_a_code_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(('entered_in_error', False), ('corrects__isnull', False), _connector='OR'), name='what_was_entered_in_error_is_named'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'madrs'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('60'))), _connector='OR'), name='madrs_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'ymrs'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('60'))), _connector='OR'), name='ymrs_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'cssrs'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('6'))), _connector='OR'), name='cssrs_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'bars'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('5'))), _connector='OR'), name='bars_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'aims'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('28'))), _connector='OR'), name='aims_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'sas'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('4'))), _connector='OR'), name='sas_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'gass'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('63'))), _connector='OR'), name='gass_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'cows'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('48'))), _connector='OR'), name='cows_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'ciwa_ar'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('67'))), _connector='OR'), name='ciwa_ar_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'audit_c'), _negated=True), models.Q(('unit', '{score}'), ('value_code', ''), ('value__gte', Decimal('0')), ('value__isnull', False), ('value__lte', Decimal('12'))), _connector='OR'), name='audit_c_is_a_number_a_person_can_have'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'hunter'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('positive', 'negative'))), _connector='OR'), name='hunter_is_one_of_the_answers_we_know'),
        ),
        migrations.AddField(
            model_name='encounter',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='encounter',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='encounters', to='record.patient'),
        ),
        migrations.AddIndex(
            model_name='encounter',
            index=models.Index(fields=['patient', '-on'], name='encounters_of_a_patient'),
        ),
        migrations.AddConstraint(
            model_name='encounter',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['office', 'video', 'phone', 'home'])), name='an_encounter_is_of_a_known_kind'),
        ),
        migrations.AddConstraint(
            model_name='encounter',
            constraint=models.CheckConstraint(condition=models.Q(('on__gte', datetime.date(1880, 1, 1)), ('on__lt', datetime.date(2200, 1, 1))), name='an_encounters_day_is_sane'),
        ),
        migrations.RunPython(put_back, set_aside),
        migrations.RunPython(put_up, take_down),
    ]
