from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0002_history_of_acts'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicalmigrationplan',
            name='coverage',
            field=models.CharField(blank=True, choices=[('wholly', '全部'), ('partly', '一部')], default='', max_length=8, verbose_name='オンラインの範囲'),
        ),
        migrations.AddField(
            model_name='migrationplan',
            name='coverage',
            field=models.CharField(blank=True, choices=[('wholly', '全部'), ('partly', '一部')], default='', max_length=8, verbose_name='オンラインの範囲'),
        ),
    ]
