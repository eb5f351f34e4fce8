"""Alcohol, grapefruit, meals and what is known of metabolism and of two risk alleles, as observations.

SQLite drops a table's triggers with the table, and Django changes a table there by making it anew: the triggers that
name observations are set aside and put back as they were.
"""

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


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0004_encounters_and_scales'),
    ]

    operations = [
        migrations.RunPython(set_aside, put_back),
        migrations.RemoveConstraint(
            model_name='observation',
            name='an_observation_is_of_a_code_we_know',
        ),
        migrations.AlterField(
            model_name='observation',
            name='code',
            field=models.CharField(choices=[('weight', 'weight'), ('height', 'height'), ('bmi', 'body mass index'), ('waist', 'waist circumference'), ('sbp', 'systolic blood pressure'), ('dbp', 'diastolic blood pressure'), ('heart_rate', 'heart rate'), ('temperature', 'body temperature'), ('qtc', 'QTc interval'), ('egfr', 'estimated glomerular filtration rate'), ('creatinine', 'creatinine'), ('sodium', 'sodium'), ('potassium', 'potassium'), ('magnesium', 'magnesium'), ('calcium', 'calcium'), ('alt', 'ALT'), ('ast', 'AST'), ('bilirubin', 'bilirubin'), ('ammonia', 'ammonia'), ('anc', 'absolute neutrophil count'), ('platelets', 'platelets'), ('tsh', 'TSH'), ('prolactin', 'prolactin'), ('glucose_fasting', 'fasting glucose'), ('hba1c', 'HbA1c'), ('ldl', 'LDL cholesterol'), ('triglycerides', 'triglycerides'), ('ck', 'creatine kinase'), ('troponin_i', 'troponin I'), ('crp', 'C-reactive protein'), ('lithium', 'lithium level'), ('valproate', 'valproate level'), ('carbamazepine', 'carbamazepine level'), ('clozapine', 'clozapine level'), ('lamotrigine', 'lamotrigine level'), ('phq9', 'PHQ-9'), ('gad7', 'GAD-7'), ('madrs', 'MADRS'), ('ymrs', 'YMRS'), ('cssrs', 'C-SSRS screener, highest question answered yes'), ('bars', 'BARS, global assessment of akathisia'), ('aims', 'AIMS, sum of items 1 to 7'), ('sas', 'SAS, mean of the ten items'), ('gass', 'GASS'), ('cows', 'COWS'), ('ciwa_ar', 'CIWA-Ar'), ('audit_c', 'AUDIT-C'), ('hunter', 'Hunter criteria of serotonin toxicity'), ('pregnancy', 'pregnancy'), ('lactation', 'breast-feeding'), ('smoking', 'smoking'), ('hepatic_class', 'Child-Pugh class'), ('alcohol_use', 'alcohol use'), ('grapefruit', 'grapefruit or its juice'), ('food_with_dose', 'medicines with meals'), ('cyp2d6_phenotype', 'CYP2D6 metaboliser'), ('cyp2c19_phenotype', 'CYP2C19 metaboliser'), ('cyp2c9_phenotype', 'CYP2C9 metaboliser'), ('hla_b_1502', 'HLA-B*15:02'), ('hla_a_3101', 'HLA-A*31:01')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(('code__in', ['weight', 'height', 'bmi', 'waist', 'sbp', 'dbp', 'heart_rate', 'temperature', 'qtc', 'egfr', 'creatinine', 'sodium', 'potassium', 'magnesium', 'calcium', 'alt', 'ast', 'bilirubin', 'ammonia', 'anc', 'platelets', 'tsh', 'prolactin', 'glucose_fasting', 'hba1c', 'ldl', 'triglycerides', 'ck', 'troponin_i', 'crp', 'lithium', 'valproate', 'carbamazepine', 'clozapine', 'lamotrigine', 'phq9', 'gad7', 'madrs', 'ymrs', 'cssrs', 'bars', 'aims', 'sas', 'gass', 'cows', 'ciwa_ar', 'audit_c', 'hunter', 'pregnancy', 'lactation', 'smoking', 'hepatic_class', 'alcohol_use', 'grapefruit', 'food_with_dose', 'cyp2d6_phenotype', 'cyp2c19_phenotype', 'cyp2c9_phenotype', 'hla_b_1502', 'hla_a_3101'])), name='an_observation_is_of_a_code_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'alcohol_use'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('none', 'current', 'heavy', 'unknown'))), _connector='OR'), name='alcohol_use_is_one_of_the_answers_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'grapefruit'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('regular', 'none', 'unknown'))), _connector='OR'), name='grapefruit_is_one_of_the_answers_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'food_with_dose'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('with_food', 'without_food', 'unknown'))), _connector='OR'), name='food_with_dose_is_one_of_the_answers_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'cyp2d6_phenotype'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('poor', 'intermediate', 'normal', 'ultrarapid', 'unknown'))), _connector='OR'), name='cyp2d6_phenotype_is_one_of_the_answers_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'cyp2c19_phenotype'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('poor', 'intermediate', 'normal', 'rapid', 'ultrarapid', 'unknown'))), _connector='OR'), name='cyp2c19_phenotype_is_one_of_the_answers_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'cyp2c9_phenotype'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('poor', 'intermediate', 'normal', 'unknown'))), _connector='OR'), name='cyp2c9_phenotype_is_one_of_the_answers_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'hla_b_1502'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('positive', 'negative', 'unknown'))), _connector='OR'), name='hla_b_1502_is_one_of_the_answers_we_know'),
        ),
        migrations.AddConstraint(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('code', 'hla_a_3101'), _negated=True), models.Q(('unit', ''), ('value__isnull', True), ('value_code__in', ('positive', 'negative', 'unknown'))), _connector='OR'), name='hla_a_3101_is_one_of_the_answers_we_know'),
        ),
        migrations.RunPython(put_back, set_aside),
    ]
