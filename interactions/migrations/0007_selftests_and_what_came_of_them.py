"""Selftests are kept as they came out; the database refuses to edit or delete one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


TABLE = "interactions_selftestrun"
SENTENCE = "a selftest is never edited or deleted; run another"


def put_up(apps, schema_editor):
    """The triggers, on either database."""
    run = lambda sql: schema_editor.execute(sql, params=None)  # the texts hold no parameters
    if schema_editor.connection.vendor == "sqlite":
        for event, done in (("UPDATE", "edited"), ("DELETE", "deleted")):
            run(
                f"CREATE TRIGGER {TABLE}_is_never_{done} BEFORE {event} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
            )
        return
    run(
        f"CREATE FUNCTION {TABLE}_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for event, done in (("UPDATE", "edited"), ("DELETE", "deleted")):
        run(
            f"CREATE TRIGGER {TABLE}_is_never_{done} BEFORE {event} ON {TABLE} "
            f"FOR EACH ROW EXECUTE FUNCTION {TABLE}_is_kept()"
        )
    run(
        f"CREATE TRIGGER {TABLE}_is_never_emptied BEFORE TRUNCATE ON {TABLE} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TABLE}_is_kept()"
    )


def take_down(apps, schema_editor):
    """Off again, before the table goes."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP FUNCTION {TABLE}_is_kept() CASCADE")
        return
    for done in ("edited", "deleted"):
        schema_editor.execute(f"DROP TRIGGER {TABLE}_is_never_{done}")


class Migration(migrations.Migration):

    dependencies = [
        ('interactions', '0006_suspended_changes_and_grades_of_what_is_worked_out'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SelftestRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('in_use', 'everything in use here'), ('shipped', 'the shipped rules alone')], max_length=8)),
                ('at', models.DateTimeField()),
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
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['mark', '-id'], name='selftests_of_a_set_of_releases')],
                'constraints': [models.CheckConstraint(condition=models.Q(('scope__in', ['in_use', 'shipped'])), name='a_selftest_scope_is_known'), models.CheckConstraint(condition=models.Q(('found__lte', models.F('to_find')), ('nuisances__lte', models.F('to_stay_silent'))), name='a_selftest_finds_at_most_what_there_is')],
            },
        ),
        migrations.RunPython(put_up, take_down),
    ]
