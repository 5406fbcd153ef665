import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0003_plan_coverage'),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalSharedMeasure',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('change_source', models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路')),
                ('by_name', models.CharField(default='', max_length=150, verbose_name='変更者')),
                ('row_name', models.CharField(default='', max_length=300, verbose_name='対象')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(db_index=True, editable=False, verbose_name='最終変更')),
                ('name', models.CharField(max_length=100, verbose_name='名称')),
                ('aspect', models.CharField(choices=[('identity_check', '本人確認'), ('attachments', '添付書類'), ('in_person', '対面'), ('physical_item', '現物確認'), ('deliverable', '通知・交付物'), ('payment', '金銭納付'), ('other', 'その他の支障')], max_length=20, verbose_name='支障')),
                ('kind', models.CharField(choices=[('content_review', '条件・手順・書類がそもそも必要かの見直し'), ('public_identification', 'マイナンバーカードによる公的個人認証'), ('remote_interview', 'リモート面談'), ('dated_image', '日時入りの写真・画像での確認'), ('work_flow_review', '業務の流れの見直し'), ('data_linkage', '行政機関どうしの情報連携'), ('end_of_physical_submission', '現物提出の取りやめ'), ('digital_equipment', '電子データ用のディスプレイ・保存機器の導入'), ('e_payment', '電子決済によるオンライン納付'), ('designated_manager_review', '指定管理者のシステムの安全性と費用対効果の検討')], max_length=32, verbose_name='対応策の種類')),
                ('owner', models.CharField(blank=True, default='', max_length=100, verbose_name='担当者')),
                ('budget_year', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1989), django.core.validators.MaxValueValidator(2100)], verbose_name='予算の年度')),
                ('goes_live_on', models.DateField(blank=True, null=True, verbose_name='利用開始の予定日')),
                ('state', models.CharField(choices=[('planned', '準備中'), ('done', '導入済'), ('dropped', '取りやめ')], db_index=True, default='planned', max_length=8, verbose_name='状態')),
                ('note', models.TextField(blank=True, default='', verbose_name='備考')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('act', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作')),
                ('department', models.ForeignKey(blank=True, db_constraint=False, help_text='空欄は情報政策課です。', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.department', verbose_name='進める部局室')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('import_run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.importrun', verbose_name='取込')),
            ],
            options={
                'verbose_name': '履歴',
                'verbose_name_plural': 'historical 共通の対応策',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='SharedMeasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(db_index=True, editable=False, verbose_name='最終変更')),
                ('name', models.CharField(max_length=100, verbose_name='名称')),
                ('aspect', models.CharField(choices=[('identity_check', '本人確認'), ('attachments', '添付書類'), ('in_person', '対面'), ('physical_item', '現物確認'), ('deliverable', '通知・交付物'), ('payment', '金銭納付'), ('other', 'その他の支障')], max_length=20, verbose_name='支障')),
                ('kind', models.CharField(choices=[('content_review', '条件・手順・書類がそもそも必要かの見直し'), ('public_identification', 'マイナンバーカードによる公的個人認証'), ('remote_interview', 'リモート面談'), ('dated_image', '日時入りの写真・画像での確認'), ('work_flow_review', '業務の流れの見直し'), ('data_linkage', '行政機関どうしの情報連携'), ('end_of_physical_submission', '現物提出の取りやめ'), ('digital_equipment', '電子データ用のディスプレイ・保存機器の導入'), ('e_payment', '電子決済によるオンライン納付'), ('designated_manager_review', '指定管理者のシステムの安全性と費用対効果の検討')], max_length=32, verbose_name='対応策の種類')),
                ('owner', models.CharField(blank=True, default='', max_length=100, verbose_name='担当者')),
                ('budget_year', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1989), django.core.validators.MaxValueValidator(2100)], verbose_name='予算の年度')),
                ('goes_live_on', models.DateField(blank=True, null=True, verbose_name='利用開始の予定日')),
                ('state', models.CharField(choices=[('planned', '準備中'), ('done', '導入済'), ('dropped', '取りやめ')], db_index=True, default='planned', max_length=8, verbose_name='状態')),
                ('note', models.TextField(blank=True, default='', verbose_name='備考')),
                ('department', models.ForeignKey(blank=True, help_text='空欄は情報政策課です。', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shared_measures', to='procedures.department', verbose_name='進める部局室')),
            ],
            options={
                'verbose_name': '共通の対応策',
                'verbose_name_plural': '共通の対応策',
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Issue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(db_index=True, editable=False, verbose_name='最終変更')),
                ('aspect', models.CharField(blank=True, choices=[('identity_check', '本人確認'), ('attachments', '添付書類'), ('in_person', '対面'), ('physical_item', '現物確認'), ('deliverable', '通知・交付物'), ('payment', '金銭納付'), ('other', 'その他の支障')], default='', max_length=20, verbose_name='支障')),
                ('kind', models.CharField(choices=[('content_review', '条件・手順・書類がそもそも必要かの見直し'), ('public_identification', 'マイナンバーカードによる公的個人認証'), ('remote_interview', 'リモート面談'), ('dated_image', '日時入りの写真・画像での確認'), ('work_flow_review', '業務の流れの見直し'), ('data_linkage', '行政機関どうしの情報連携'), ('end_of_physical_submission', '現物提出の取りやめ'), ('digital_equipment', '電子データ用のディスプレイ・保存機器の導入'), ('e_payment', '電子決済によるオンライン納付'), ('designated_manager_review', '指定管理者のシステムの安全性と費用対効果の検討')], max_length=32, verbose_name='対応策の種類')),
                ('measure', models.TextField(blank=True, default='', verbose_name='対応策の内容')),
                ('owner', models.CharField(blank=True, default='', max_length=100, verbose_name='担当者')),
                ('due', models.DateField(blank=True, null=True, verbose_name='期限')),
                ('state', models.CharField(choices=[('open', '未着手'), ('working', '対応中'), ('solved', '解決'), ('dropped', '取りやめ')], db_index=True, default='open', max_length=8, verbose_name='状態')),
                ('outcome', models.CharField(blank=True, choices=[('not_needed', '不要'), ('online', '必要（オンライン可）'), ('offline', '必要（オンライン不可）'), ('unknown', '未調査')], default='', max_length=12, verbose_name='解決後の回答')),
                ('outcome_note', models.TextField(blank=True, default='', verbose_name='結果')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='終了日')),
                ('procedure', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='issues', to='procedures.procedure', verbose_name='手続')),
                ('shared_measure', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='issues', to='tracking.sharedmeasure', verbose_name='共通の対応策')),
            ],
            options={
                'verbose_name': '課題',
                'verbose_name_plural': '課題',
                'ordering': ['procedure', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalIssue',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('change_source', models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路')),
                ('by_name', models.CharField(default='', max_length=150, verbose_name='変更者')),
                ('row_name', models.CharField(default='', max_length=300, verbose_name='対象')),
                ('version', models.PositiveIntegerField(default=1, editable=False, verbose_name='版')),
                ('changed_at', models.DateTimeField(db_index=True, editable=False, verbose_name='最終変更')),
                ('aspect', models.CharField(blank=True, choices=[('identity_check', '本人確認'), ('attachments', '添付書類'), ('in_person', '対面'), ('physical_item', '現物確認'), ('deliverable', '通知・交付物'), ('payment', '金銭納付'), ('other', 'その他の支障')], default='', max_length=20, verbose_name='支障')),
                ('kind', models.CharField(choices=[('content_review', '条件・手順・書類がそもそも必要かの見直し'), ('public_identification', 'マイナンバーカードによる公的個人認証'), ('remote_interview', 'リモート面談'), ('dated_image', '日時入りの写真・画像での確認'), ('work_flow_review', '業務の流れの見直し'), ('data_linkage', '行政機関どうしの情報連携'), ('end_of_physical_submission', '現物提出の取りやめ'), ('digital_equipment', '電子データ用のディスプレイ・保存機器の導入'), ('e_payment', '電子決済によるオンライン納付'), ('designated_manager_review', '指定管理者のシステムの安全性と費用対効果の検討')], max_length=32, verbose_name='対応策の種類')),
                ('measure', models.TextField(blank=True, default='', verbose_name='対応策の内容')),
                ('owner', models.CharField(blank=True, default='', max_length=100, verbose_name='担当者')),
                ('due', models.DateField(blank=True, null=True, verbose_name='期限')),
                ('state', models.CharField(choices=[('open', '未着手'), ('working', '対応中'), ('solved', '解決'), ('dropped', '取りやめ')], db_index=True, default='open', max_length=8, verbose_name='状態')),
                ('outcome', models.CharField(blank=True, choices=[('not_needed', '不要'), ('online', '必要（オンライン可）'), ('offline', '必要（オンライン不可）'), ('unknown', '未調査')], default='', max_length=12, verbose_name='解決後の回答')),
                ('outcome_note', models.TextField(blank=True, default='', verbose_name='結果')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='終了日')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('act', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('import_run', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.importrun', verbose_name='取込')),
                ('procedure', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.procedure', verbose_name='手続')),
                ('shared_measure', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tracking.sharedmeasure', verbose_name='共通の対応策')),
            ],
            options={
                'verbose_name': '履歴',
                'verbose_name_plural': 'historical 課題',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddConstraint(
            model_name='sharedmeasure',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'planned')), fields=('name',), name='shared_measure_name_once_while_planned', violation_error_message='同じ名称の共通の対応策がすでにあります。'),
        ),
        migrations.AddConstraint(
            model_name='sharedmeasure',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='shared_measure_named', violation_error_message='共通の対応策の名称を入力してください。'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['open', 'working'])), fields=('procedure', 'aspect'), name='issue_one_open_per_obstacle', violation_error_message='この支障の課題は、すでに登録されています。'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_on__isnull', False), ('state__in', ['solved', 'dropped'])), models.Q(('closed_on__isnull', True), ('state__in', ['open', 'working'])), _connector='OR'), name='issue_closed_with_its_day', violation_error_message='終わった課題には、終了日が要ります。'),
        ),
        migrations.AddConstraint(
            model_name='issue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome__in', ['online', 'not_needed']), ('state', 'solved')), models.Q(('aspect', ''), ('outcome', ''), ('state', 'solved')), models.Q(models.Q(('state', 'solved'), _negated=True), ('outcome', '')), _connector='OR'), name='issue_solved_with_its_outcome', violation_error_message='課題を解決にするときは、支障が「不要」か「必要（オンライン可）」のどちらになったかを選んでください。'),
        ),
    ]
