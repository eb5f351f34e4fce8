"""An answer speaks for a card in its context, names what keeps its promise, and what the record shows of earlier days.

Plain ALTER TABLE: Django would remake the tables on SQLite, under the triggers that guard them.
"""

import django.db.models.deletion
from django.db import migrations, models

PROMISE = "\"follow_up\" = '' OR \"reason_code\" = 'will_monitor'"
TOGETHER = (
    "(\"overlap_verdict\" = '' AND \"overlap_days\" IS NULL AND \"overlap_from\" IS NULL AND \"overlap_to\" IS NULL)"
    " OR (\"overlap_verdict\" = 'never' AND \"overlap_days\" IS NOT NULL AND \"overlap_days\" = 0"
    ' AND "overlap_from" IS NULL AND "overlap_to" IS NULL)'
    " OR (\"overlap_verdict\" IN ('lower', 'unmeasured', 'as_high') AND \"overlap_days\" IS NOT NULL"
    ' AND "overlap_days" >= 1 AND "overlap_from" IS NOT NULL AND "overlap_to" IS NOT NULL'
    ' AND "overlap_to" >= "overlap_from")'
)
COLUMNS = [
    ("interactions_finding", "context", "text NOT NULL DEFAULT ''"),
    ("interactions_answer", "context", "text NOT NULL DEFAULT ''"),
    ("interactions_answer", "card", "varchar(300) NOT NULL DEFAULT ''"),
    (
        "interactions_answer", "lead_id",
        'bigint NULL CONSTRAINT "an_answer_is_led_by_an_answer" REFERENCES "interactions_answer" ("id")'
        " DEFERRABLE INITIALLY DEFERRED",
    ),
    (
        "interactions_answer", "follow_up",
        f"varchar(60) NOT NULL DEFAULT '' CONSTRAINT \"only_a_promise_to_monitor_names_what\" CHECK ({PROMISE})",
    ),
    ("interactions_answer", "overlap_days", "integer NULL"),
    ("interactions_answer", "overlap_from", "date NULL"),
    ("interactions_answer", "overlap_to", "date NULL"),
    (
        "interactions_answer", "overlap_verdict",
        f"varchar(12) NOT NULL DEFAULT '' CONSTRAINT \"what_was_taken_together_is_told_whole\" CHECK ({TOGETHER})",
    ),
]  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [
        ('interactions', '0007_selftests_and_what_came_of_them'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *[
                    migrations.RunSQL(
                        f'ALTER TABLE "{table}" ADD COLUMN "{name}" {kind}', f'ALTER TABLE "{table}" DROP COLUMN "{name}"'
                    )
                    for table, name, kind in COLUMNS
                ],
                migrations.RunSQL(
                    'CREATE INDEX "interactions_answer_lead_id" ON "interactions_answer" ("lead_id")',
                    'DROP INDEX "interactions_answer_lead_id"',
                ),
            ],
            state_operations=[
                migrations.AddField(
                    model_name='finding',
                    name='context',
                    field=models.TextField(blank=True),
                ),
                migrations.AddField(
                    model_name='answer',
                    name='context',
                    field=models.TextField(blank=True),
                ),
                migrations.AddField(
                    model_name='answer',
                    name='card',
                    field=models.CharField(blank=True, max_length=300),
                ),
                migrations.AddField(
                    model_name='answer',
                    name='lead',
                    field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='others', to='interactions.answer'),
                ),
                migrations.AddField(
                    model_name='answer',
                    name='follow_up',
                    field=models.CharField(blank=True, max_length=60),
                ),
                migrations.AddField(
                    model_name='answer',
                    name='overlap_days',
                    field=models.PositiveIntegerField(null=True),
                ),
                migrations.AddField(
                    model_name='answer',
                    name='overlap_from',
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name='answer',
                    name='overlap_to',
                    field=models.DateField(null=True),
                ),
                migrations.AddField(
                    model_name='answer',
                    name='overlap_verdict',
                    field=models.CharField(blank=True, choices=[('never', 'no day on record'), ('lower', 'only at lower doses'), ('unmeasured', 'at doses that cannot be compared'), ('as_high', 'at these doses or higher')], max_length=12),
                ),
                migrations.AddConstraint(
                    model_name='answer',
                    constraint=models.CheckConstraint(condition=models.Q(('follow_up', ''), ('reason_code', 'will_monitor'), _connector='OR'), name='only_a_promise_to_monitor_names_what'),
                ),
                migrations.AddConstraint(
                    model_name='answer',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('overlap_days', None), ('overlap_from', None), ('overlap_to', None), ('overlap_verdict', '')), models.Q(('overlap_days', 0), ('overlap_from', None), ('overlap_to', None), ('overlap_verdict', 'never')), models.Q(('overlap_days__gte', 1), ('overlap_from__isnull', False), ('overlap_to__gte', models.F('overlap_from')), ('overlap_verdict__in', ('lower', 'unmeasured', 'as_high'))), _connector='OR'), name='what_was_taken_together_is_told_whole'),
                ),
            ],
        ),
    ]
