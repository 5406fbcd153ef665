import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0008_changed_departments'),
        ('tracking', '0009_kept_figures'),
    ]

    operations = [
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=100, verbose_name='名称')),
                ('reference_date', models.DateField(db_index=True, verbose_name='基準日')),
                ('content', models.JSONField(verbose_name='内容')),
                ('rows', models.JSONField(verbose_name='手続の状態')),
                ('digest', models.CharField(max_length=64, verbose_name='照合値')),
                ('frozen_at', models.DateTimeField(verbose_name='確定した日時')),
                ('frozen_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='確定した人')),
            ],
            options={
                'verbose_name': '版',
                'verbose_name_plural': '版',
                'ordering': ['-reference_date', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('title', 'reference_date'), name='edition_title_unique_on_reference_date', violation_error_message='同じ名称と基準日の版がすでにあります。')],
            },
        ),
    ]
