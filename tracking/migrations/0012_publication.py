import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0009_act_of_publication'),
        ('tracking', '0011_dismissals'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalPublication',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('change_source', models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路')),
                ('by_name', models.CharField(default='', max_length=150, verbose_name='変更者')),
                ('row_name', models.CharField(default='', max_length=300, verbose_name='対象')),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='承認の日時')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('act', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作')),
                ('approved_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='承認した人')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('import_run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.importrun', verbose_name='取込')),
                ('procedure', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.procedure', verbose_name='手続')),
            ],
            options={
                'verbose_name': '履歴',
                'verbose_name_plural': 'historical 公表',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('approved_at', models.DateTimeField(blank=True, null=True, verbose_name='承認の日時')),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='承認した人')),
                ('procedure', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='publication', to='procedures.procedure', verbose_name='手続')),
            ],
            options={
                'verbose_name': '公表',
                'verbose_name_plural': '公表',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approved_by__isnull', True)), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False)), _connector='OR'), name='publication_approved_by_whom_and_when', violation_error_message='公表の承認には、承認した人と日時の両方が要ります。')],
            },
        ),
    ]
