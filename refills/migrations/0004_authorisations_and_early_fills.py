"""What a prescriber authorised, and fills before they were due with their reason."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('record', '0002_refusals_by_trigger'),
        ('refills', '0003_run_outs_are_found_by_their_day'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Authorisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('issued_on', models.DateField(help_text="The patient's local date.")),
                ('quantity', models.DecimalField(decimal_places=3, max_digits=10)),
                ('unit', models.CharField(help_text='UCUM, for instance {tablet}.', max_length=20)),
                ('days_supply', models.PositiveSmallIntegerField()),
                ('refills', models.PositiveSmallIntegerField(default=0)),
                ('may_fill_from', models.DateField(blank=True, null=True)),
                ('authorised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('authorised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='authorisations', to='record.patient')),
                ('prescription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='authorisations', to='record.prescription')),
            ],
            options={
                'ordering': ('prescription', 'issued_on', 'id'),
                'constraints': [models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='an_authorisation_allows_something'), models.CheckConstraint(condition=models.Q(('days_supply__gte', 1), ('days_supply__lte', 366)), name='an_authorised_fill_lasts_at_most_a_year'), models.CheckConstraint(condition=models.Q(('refills__lte', 99)), name='authorised_refills_are_at_most_99'), models.CheckConstraint(condition=models.Q(('may_fill_from__isnull', True), ('may_fill_from__gte', models.F('issued_on')), _connector='OR'), name='nothing_may_be_filled_before_it_is_issued')],
            },
        ),
        migrations.CreateModel(
            name='EarlyFill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('lost', 'lost'), ('stolen', 'stolen'), ('damaged', 'damaged'), ('travel', 'travel'), ('dose_change', 'change of dose'), ('other', 'other (see note)')], max_length=20)),
                ('days_early', models.PositiveSmallIntegerField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dispense', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='early', to='refills.dispense')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='early_fills', to='record.patient')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['lost', 'stolen', 'damaged', 'travel', 'dose_change', 'other'])), name='an_early_fill_has_a_known_reason'), models.CheckConstraint(condition=models.Q(('days_early__gte', 1)), name='an_early_fill_is_early')],
            },
        ),
    ]
