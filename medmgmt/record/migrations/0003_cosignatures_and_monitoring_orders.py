"""Second people's words on contraindicated findings, and what is to be measured; the database refuses to edit either."""

import datetime
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


APPEND_ONLY = {
    "record_cosignature": "a second word on a finding is never edited or deleted; say another",
    "record_monitoringorder": "a monitoring order is never edited or deleted; order again",
}


def refusals():
    """Every refusal: its name, BEFORE which event, on which table, when, and the sentence."""
    for table, sentence in APPEND_ONLY.items():
        yield f"{table}_is_never_edited", "UPDATE", table, "1 = 1", sentence
        yield f"{table}_is_never_deleted", "DELETE", table, "1 = 1", sentence
        taken = f"EXISTS (SELECT 1 FROM {table} AS other WHERE other.id = NEW.id)"
        yield f"{table}_is_never_replaced", "INSERT", table, taken, "this number is already used"
    yield (
        "a_second_word_is_on_a_waiting_proposal", "INSERT", "record_cosignature",
        "NOT EXISTS (SELECT 1 FROM record_dosagechange AS c WHERE c.id = NEW.change_id"
        " AND c.patient_id = NEW.patient_id AND c.status = 'proposed' AND c.author_id <> NEW.by_id)",
        "a second word is said by somebody else than the author, while the proposal waits",
    )  # fmt: skip
    yield (
        "a_monitoring_order_replaces_its_patients_own", "INSERT", "record_monitoringorder",
        "NEW.replaces_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM record_monitoringorder AS m"
        " WHERE m.id = NEW.replaces_id AND m.patient_id = NEW.patient_id AND m.code = NEW.code)",
        "a monitoring order takes the place of one for the same patient and measure",
    )  # fmt: skip


def put_up(apps, schema_editor):
    """The triggers, on either database."""
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
        for table in APPEND_ONLY:
            run(
                f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION record_is_never_emptied()"
            )


def take_down(apps, schema_editor):
    """Off again, before the tables go."""
    for name, *_ in refusals():
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {name}")
        else:
            schema_editor.execute(f"DROP FUNCTION {name}() CASCADE")


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0002_refusals_by_trigger'),
    ]

    operations = [
        migrations.CreateModel(
            name='CoSignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('verdict', models.CharField(choices=[('agreed', 'co-signed'), ('declined', 'declined')], max_length=10)),
                ('note', models.TextField()),
                ('findings', models.JSONField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='record.dosagechange')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='record.patient')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('verdict__in', ['agreed', 'declined'])), name='a_second_word_is_yes_or_no'), models.CheckConstraint(condition=models.Q(('note', ''), _negated=True), name='a_second_word_has_its_sentence')],
            },
        ),
        migrations.CreateModel(
            name='MonitoringOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20)),
                ('loinc', models.CharField(blank=True, max_length=10)),
                ('what', models.CharField(max_length=120)),
                ('due_on', models.DateField()),
                ('problem', models.CharField(blank=True, max_length=60)),
                ('finding_key', models.CharField(blank=True, max_length=500)),
                ('ordered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ordered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='monitoring_orders', to='record.patient')),
                ('replaces', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaced_by', to='record.monitoringorder')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['patient', 'code', '-id'], name='monitoring_orders_of_a_patient')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('code', ''), _negated=True), models.Q(('what', ''), _negated=True)), name='a_monitoring_order_says_what'), models.CheckConstraint(condition=models.Q(('due_on__gte', datetime.date(1880, 1, 1)), ('due_on__lt', datetime.date(2200, 1, 1))), name='a_monitoring_orders_day_is_sane'), models.CheckConstraint(condition=models.Q(('replaces__isnull', True), models.Q(('replaces', models.F('id')), _negated=True), _connector='OR'), name='a_monitoring_order_replaces_another')],
            },
        ),
        migrations.RunPython(put_up, take_down),
    ]
