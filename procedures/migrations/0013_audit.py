"""The audit log, and in each history the entry of the log that was written with a row."""

import django.db.models.deletion
import procedures.models.audit
from django.conf import settings
from django.db import migrations, models

_HISTORIES = (
    'historicalapplicationservice',
    'historicaldepartment',
    'historicaldivision',
    'historicalexemption',
    'historicalexemptionprovision',
    'historicallegalbasis',
    'historicalnationallistedition',
    'historicalnationalpriorityprocedure',
    'historicalpolicyedition',
    'historicalprocedure',
    'historicalrefusedlink',
    'historicalteammembership',
    'historicaluser',
    'historicalyearlyvolume',
)


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0012_search_key'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditChain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField(default=0)),
                ('hash', models.CharField(blank=True, default='', max_length=64)),
                ('base_number', models.BigIntegerField(default=0)),
                ('base_hash', models.CharField(blank=True, default='', max_length=64)),
                ('starts', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'verbose_name': '監査ログの鎖',
                'verbose_name_plural': '監査ログの鎖',
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.UUIDField(default=procedures.models.audit.new_event_key, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='日時')),
                ('kind', models.CharField(choices=[('change', '変更'), ('permission', '利用者・権限'), ('sign_in', 'ログイン'), ('sign_in_failed', 'ログインの失敗'), ('lockout', 'ログインの一時停止'), ('sign_out', 'ログアウト'), ('export', '出力'), ('import', '取込'), ('edition', '版の凍結'), ('backup', 'バックアップ'), ('restore', '復元'), ('retention', '保存期間の整理'), ('verification', '検証'), ('start', '記録の開始')], max_length=16, verbose_name='種類')),
                ('what', models.CharField(max_length=300, verbose_name='内容')),
                ('by', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='利用者')),
                ('by_name', models.CharField(blank=True, default='', max_length=150, verbose_name='氏名')),
                ('address', models.CharField(blank=True, default='', max_length=45, verbose_name='アドレス')),
                ('request_id', models.CharField(blank=True, default='', max_length=64, verbose_name='お問い合わせ番号')),
                ('source', models.CharField(blank=True, choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路')),
                ('count', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='件数')),
                ('row_model', models.CharField(blank=True, default='', max_length=60, verbose_name='対象の種類')),
                ('row_key', models.BigIntegerField(blank=True, null=True, verbose_name='対象の番号')),
                ('digest', models.CharField(blank=True, default='', max_length=64, verbose_name='履歴の要約値')),
                ('number', models.BigIntegerField(blank=True, null=True, unique=True, verbose_name='通し番号')),
                ('previous', models.CharField(blank=True, default='', max_length=64, verbose_name='前の要約値')),
                ('hash', models.CharField(blank=True, default='', max_length=64, verbose_name='要約値')),
            ],
            options={
                'verbose_name': '監査ログ',
                'verbose_name_plural': '監査ログ',
                'ordering': ['-at', '-pk'],
                'indexes': [
                    models.Index(fields=['at', 'id'], name='audit_at'),
                    models.Index(fields=['kind', 'at', 'id'], name='audit_kind'),
                    models.Index(fields=['by', 'at', 'id'], name='audit_by'),
                    models.Index(fields=['address', 'at', 'id'], name='audit_address'),
                    models.Index(fields=['request_id'], name='audit_request'),
                    models.Index(condition=models.Q(('number__isnull', True)), fields=['id'], name='audit_not_sealed'),
                ],
            },
        ),
        *(
            migrations.AddField(
                model_name=name,
                name='event_id',
                field=models.UUIDField(blank=True, editable=False, null=True, verbose_name='監査ログの項目'),
            )
            for name in _HISTORIES
        ),
    ]
