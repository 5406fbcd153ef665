import django.db.models.deletion
import procedures.models.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0006_comments'),
    ]

    operations = [
        migrations.CreateModel(
            name='ColumnChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shown_on', models.CharField(choices=[('team', 'チームの手続'), ('list', '手続一覧')], max_length=4, verbose_name='一覧')),
                ('columns', procedures.models.fields.CodesField(blank=True, default='', max_length=1000, verbose_name='列')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='column_choices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '列の表示',
                'verbose_name_plural': '列の表示',
                'constraints': [models.UniqueConstraint(fields=('user', 'shown_on'), name='columns_once_per_list')],
            },
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='名前')),
                ('shown_on', models.CharField(choices=[('team', 'チームの手続'), ('list', '手続一覧')], max_length=4, verbose_name='一覧')),
                ('query', models.CharField(max_length=1000, verbose_name='条件')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='saved_filters', to='procedures.department', verbose_name='共有する部局室')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_filters', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '保存した条件',
                'verbose_name_plural': '保存した条件',
                'ordering': ['name', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('user', 'shown_on', 'name'), name='saved_filter_name_once', violation_error_message='同じ名前の条件がすでにあります。別の名前にしてください。'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='saved_filter_named', violation_error_message='条件の名前を入力してください。')],
            },
        ),
    ]
