import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0003_remembered_mapping'),
    ]

    operations = [
        migrations.CreateModel(
            name='DistributedSheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_count', models.PositiveIntegerField(verbose_name='手続の数')),
            ],
            options={
                'verbose_name': '配付した表',
                'verbose_name_plural': '配付した表',
                'ordering': ['department__order', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Distribution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='名称')),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='提出の期限')),
                ('created_at', models.DateTimeField(verbose_name='配付日時')),
            ],
            options={
                'verbose_name': '配付',
                'verbose_name_plural': '配付',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddField(
            model_name='distributedsheet',
            name='department',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='procedures.department', verbose_name='部局室'),
        ),
        migrations.AddField(
            model_name='distributedsheet',
            name='returned_as',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='returned_sheets', to='procedures.importrun', verbose_name='取込'),
        ),
        migrations.AddField(
            model_name='distribution',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='配付者'),
        ),
        migrations.AddField(
            model_name='distributedsheet',
            name='distribution',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sheets', to='procedures.distribution'),
        ),
        migrations.AddConstraint(
            model_name='distributedsheet',
            constraint=models.UniqueConstraint(fields=('distribution', 'department'), name='distributed_once_to_a_department'),
        ),
    ]
