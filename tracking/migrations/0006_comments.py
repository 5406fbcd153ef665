import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0005_work_review'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalComment',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('change_source', models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路')),
                ('by_name', models.CharField(default='', max_length=150, verbose_name='変更者')),
                ('row_name', models.CharField(default='', max_length=300, verbose_name='対象')),
                ('text', models.TextField(verbose_name='内容')),
                ('addressee', models.CharField(blank=True, choices=[('team', '部局室のDX推進チーム'), ('division', '情報政策課')], default='', max_length=10, verbose_name='あて先')),
                ('is_return', models.BooleanField(default=False, verbose_name='差戻し')),
                ('written_at', models.DateTimeField(verbose_name='書いた日時')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='済にした日時')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('act', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作')),
                ('done_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='済にした人')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('import_run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.importrun', verbose_name='取込')),
                ('mentioned', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='名指しする人')),
                ('procedure', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.procedure', verbose_name='手続')),
                ('written_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='書いた人')),
            ],
            options={
                'verbose_name': '履歴',
                'verbose_name_plural': 'historical やりとり',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='内容')),
                ('addressee', models.CharField(blank=True, choices=[('team', '部局室のDX推進チーム'), ('division', '情報政策課')], default='', max_length=10, verbose_name='あて先')),
                ('is_return', models.BooleanField(default=False, verbose_name='差戻し')),
                ('written_at', models.DateTimeField(verbose_name='書いた日時')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='済にした日時')),
                ('done_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='済にした人')),
                ('mentioned', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mentions', to=settings.AUTH_USER_MODEL, verbose_name='名指しする人')),
                ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='procedures.procedure', verbose_name='手続')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='書いた人')),
            ],
            options={
                'verbose_name': 'やりとり',
                'verbose_name_plural': 'やりとり',
                'ordering': ['written_at', 'pk'],
                'indexes': [models.Index(condition=models.Q(('done_at__isnull', True)), fields=['addressee', 'procedure'], name='comment_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='comment_has_words', violation_error_message='内容を入力してください。'), models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', True), ('done_by__isnull', True)), models.Q(('done_at__isnull', False), ('done_by__isnull', False)), _connector='OR'), name='comment_done_by_whom_and_when', violation_error_message='済にした人と日時は、両方が要ります。')],
            },
        ),
    ]
