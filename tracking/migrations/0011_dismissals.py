import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0009_act_of_publication'),
        ('tracking', '0010_editions'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalDismissal',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('change_source', models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路')),
                ('by_name', models.CharField(default='', max_length=150, verbose_name='変更者')),
                ('row_name', models.CharField(default='', max_length=300, verbose_name='対象')),
                ('check_key', models.CharField(max_length=40, verbose_name='点検項目')),
                ('subject', models.CharField(blank=True, default='', max_length=300, verbose_name='確認した内容')),
                ('reason', models.TextField(verbose_name='理由')),
                ('until', models.DateField(verbose_name='期限')),
                ('dismissed_at', models.DateTimeField(verbose_name='確認した日時')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('act', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作')),
                ('dismissed_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='確認した人')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('import_run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.importrun', verbose_name='取込')),
                ('procedure', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.procedure', verbose_name='手続')),
            ],
            options={
                'verbose_name': '履歴',
                'verbose_name_plural': 'historical 点検の確認済',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Dismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('check_key', models.CharField(max_length=40, verbose_name='点検項目')),
                ('subject', models.CharField(blank=True, default='', max_length=300, verbose_name='確認した内容')),
                ('reason', models.TextField(verbose_name='理由')),
                ('until', models.DateField(verbose_name='期限')),
                ('dismissed_at', models.DateTimeField(verbose_name='確認した日時')),
                ('dismissed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='確認した人')),
                ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dismissals', to='procedures.procedure', verbose_name='手続')),
            ],
            options={
                'verbose_name': '点検の確認済',
                'verbose_name_plural': '点検の確認済',
                'constraints': [models.UniqueConstraint(fields=('procedure', 'check_key'), name='dismissal_once')],
            },
        ),
    ]
