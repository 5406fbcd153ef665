from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0008_reminders'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptFigures',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('department_id', models.PositiveBigIntegerField(unique=True)),
                ('on', models.DateField(verbose_name='基準日')),
                ('definition', models.CharField(max_length=64)),
                ('whole', models.TextField()),
                ('hindered', models.TextField()),
                ('divisions', models.TextField()),
            ],
            options={
                'verbose_name': '集計の控え',
                'verbose_name_plural': '集計の控え',
            },
        ),
    ]
