import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0004_issues_and_shared_measures'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalWorkReview',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('change_source', models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路')),
                ('by_name', models.CharField(default='', max_length=150, verbose_name='変更者')),
                ('row_name', models.CharField(default='', max_length=300, verbose_name='対象')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(db_index=True, editable=False, verbose_name='最終変更')),
                ('documents_finding', models.TextField(blank=True, default='', verbose_name='必要書類の現状')),
                ('documents_decision', models.TextField(blank=True, default='', verbose_name='必要書類の決めたこと')),
                ('documents_done', models.BooleanField(default=False, verbose_name='必要書類の見直しが済んだ')),
                ('examination_finding', models.TextField(blank=True, default='', verbose_name='審査の現状')),
                ('examination_decision', models.TextField(blank=True, default='', verbose_name='審査の決めたこと')),
                ('examination_done', models.BooleanField(default=False, verbose_name='審査の見直しが済んだ')),
                ('approval_finding', models.TextField(blank=True, default='', verbose_name='決裁の現状')),
                ('approval_decision', models.TextField(blank=True, default='', verbose_name='決裁の決めたこと')),
                ('approval_done', models.BooleanField(default=False, verbose_name='決裁の見直しが済んだ')),
                ('records_finding', models.TextField(blank=True, default='', verbose_name='保存の現状')),
                ('records_decision', models.TextField(blank=True, default='', verbose_name='保存の決めたこと')),
                ('records_done', models.BooleanField(default=False, verbose_name='保存の見直しが済んだ')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('act', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('import_run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.importrun', verbose_name='取込')),
                ('procedure', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.procedure', verbose_name='手続')),
            ],
            options={
                'verbose_name': '履歴',
                'verbose_name_plural': 'historical 業務の見直し',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='WorkReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(db_index=True, editable=False, verbose_name='最終変更')),
                ('documents_finding', models.TextField(blank=True, default='', verbose_name='必要書類の現状')),
                ('documents_decision', models.TextField(blank=True, default='', verbose_name='必要書類の決めたこと')),
                ('documents_done', models.BooleanField(default=False, verbose_name='必要書類の見直しが済んだ')),
                ('examination_finding', models.TextField(blank=True, default='', verbose_name='審査の現状')),
                ('examination_decision', models.TextField(blank=True, default='', verbose_name='審査の決めたこと')),
                ('examination_done', models.BooleanField(default=False, verbose_name='審査の見直しが済んだ')),
                ('approval_finding', models.TextField(blank=True, default='', verbose_name='決裁の現状')),
                ('approval_decision', models.TextField(blank=True, default='', verbose_name='決裁の決めたこと')),
                ('approval_done', models.BooleanField(default=False, verbose_name='決裁の見直しが済んだ')),
                ('records_finding', models.TextField(blank=True, default='', verbose_name='保存の現状')),
                ('records_decision', models.TextField(blank=True, default='', verbose_name='保存の決めたこと')),
                ('records_done', models.BooleanField(default=False, verbose_name='保存の見直しが済んだ')),
                ('procedure', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='work_review', to='procedures.procedure', verbose_name='手続')),
            ],
            options={
                'verbose_name': '業務の見直し',
                'verbose_name_plural': '業務の見直し',
            },
        ),
    ]
