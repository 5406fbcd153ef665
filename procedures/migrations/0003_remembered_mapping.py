import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0002_import_lifecycle'),
    ]

    operations = [
        migrations.CreateModel(
            name='RememberedMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shape', models.CharField(max_length=64, unique=True, verbose_name='見出しの並び')),
                ('headings', models.JSONField(default=list, verbose_name='見出し')),
                ('columns', models.JSONField(default=list, verbose_name='列')),
                ('values', models.JSONField(default=dict, verbose_name='値')),
                ('decided_at', models.DateTimeField(verbose_name='決めた日時')),
            ],
            options={
                'verbose_name': '列の対応',
                'verbose_name_plural': '列の対応',
                'ordering': ['-decided_at', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='rememberedmapping',
            name='decided_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='決めた人'),
        ),
    ]
