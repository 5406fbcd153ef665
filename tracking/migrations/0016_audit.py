"""In each history the entry of the audit log that was written with a row."""

from django.db import migrations, models

_HISTORIES = (
    'historicalcomment',
    'historicalconsultation',
    'historicalconsultationnote',
    'historicaldismissal',
    'historicalgoal',
    'historicalissue',
    'historicalmigrationplan',
    'historicalpublication',
    'historicalreorganisation',
    'historicalsharedmeasure',
    'historicalworkreview',
)


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0015_consultation_day_off_the_plan'),
        ('procedures', '0013_audit'),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name=name,
                name='event_id',
                field=models.UUIDField(blank=True, editable=False, null=True, verbose_name='監査ログの項目'),
            )
            for name in _HISTORIES
        ),
    ]
