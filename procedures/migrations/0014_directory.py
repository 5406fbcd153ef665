"""Accounts of the office's own login, and the roles that its groups give."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('procedures', '0013_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='DirectoryGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='庁内アカウントのグループの名前を、送られてくるとおりに書きます（例：DX-市民部、または CN=DX-市民部,OU=Groups,DC=example,DC=lg,DC=jp）。', max_length=400, verbose_name='グループ')),
                ('role', models.CharField(choices=[('member', 'DX推進チーム員'), ('leader', 'DX推進チームリーダー'), ('division', '情報政策課'), ('division_leader', '情報政策課長'), ('administrator', '管理者')], max_length=20, verbose_name='役割')),
            ],
            options={
                'verbose_name': '庁内のグループ',
                'verbose_name_plural': '庁内のグループ',
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalDirectoryGroup',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('change_source', models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路')),
                ('by_name', models.CharField(default='', max_length=150, verbose_name='変更者')),
                ('row_name', models.CharField(default='', max_length=300, verbose_name='対象')),
                ('event_id', models.UUIDField(blank=True, editable=False, null=True, verbose_name='監査ログの項目')),
                ('name', models.CharField(help_text='庁内アカウントのグループの名前を、送られてくるとおりに書きます（例：DX-市民部、または CN=DX-市民部,OU=Groups,DC=example,DC=lg,DC=jp）。', max_length=400, verbose_name='グループ')),
                ('role', models.CharField(choices=[('member', 'DX推進チーム員'), ('leader', 'DX推進チームリーダー'), ('division', '情報政策課'), ('division_leader', '情報政策課長'), ('administrator', '管理者')], max_length=20, verbose_name='役割')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.TextField(null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': '履歴',
                'verbose_name_plural': 'historical 庁内のグループ',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name='historicaluser',
            name='directory',
            field=models.CharField(blank=True, choices=[('', 'この台帳のパスワード'), ('ldap', '庁内アカウント（LDAP・Active Directory）'), ('oidc', '庁内アカウント（OpenID Connect）'), ('remote', '庁内アカウント（プロキシの認証）')], default='', max_length=10, verbose_name='ログインの方法'),
        ),
        migrations.AddField(
            model_name='historicaluser',
            name='directory_id',
            field=models.CharField(blank=True, default='', help_text='初めてログインしたときに入ります。空欄の間は、このユーザー名でログインした庁内アカウントと結び付きます。', max_length=500, verbose_name='庁内アカウントの識別子'),
        ),
        migrations.AddField(
            model_name='user',
            name='directory',
            field=models.CharField(blank=True, choices=[('', 'この台帳のパスワード'), ('ldap', '庁内アカウント（LDAP・Active Directory）'), ('oidc', '庁内アカウント（OpenID Connect）'), ('remote', '庁内アカウント（プロキシの認証）')], default='', max_length=10, verbose_name='ログインの方法'),
        ),
        migrations.AddField(
            model_name='user',
            name='directory_id',
            field=models.CharField(blank=True, default='', help_text='初めてログインしたときに入ります。空欄の間は、このユーザー名でログインした庁内アカウントと結び付きます。', max_length=500, verbose_name='庁内アカウントの識別子'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('directory_id', ''), models.Q(('directory', ''), _negated=True), _connector='OR'), name='user_directory_id_with_directory', violation_error_message='庁内アカウントの識別子は、ログインの方法が庁内アカウントのときだけ入れられます。識別子を消すか、ログインの方法を選び直してください。'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(condition=models.Q(('directory_id', ''), _negated=True), fields=('directory', 'directory_id'), name='user_once_per_directory_id', violation_error_message='この庁内アカウントは、別の利用者と結び付いています。'),
        ),
        migrations.AddField(
            model_name='directorygroup',
            name='department',
            field=models.ForeignKey(blank=True, help_text='DX推進チームの場合に選びます。情報政策課と管理者は空欄にします。', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='directory_groups', to='procedures.department', verbose_name='部局室'),
        ),
        migrations.AddField(
            model_name='historicaldirectorygroup',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicaldirectorygroup',
            name='department',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='DX推進チームの場合に選びます。情報政策課と管理者は空欄にします。', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.department', verbose_name='部局室'),
        ),
        migrations.AddField(
            model_name='historicaldirectorygroup',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicaldirectorygroup',
            name='import_run',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.importrun', verbose_name='取込'),
        ),
        migrations.AddConstraint(
            model_name='directorygroup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('department__isnull', False), ('role__in', ('member', 'leader'))), models.Q(models.Q(('role__in', ('member', 'leader')), _negated=True), ('department__isnull', True)), _connector='OR'), name='directory_group_department_with_team_role', violation_error_message='DX推進チームの役割には部局室を選び、それ以外の役割では空欄にしてください。'),
        ),
        migrations.AddConstraint(
            model_name='directorygroup',
            constraint=models.UniqueConstraint(fields=('name', 'department'), name='directory_group_once_per_department', violation_error_message='このグループには、この部局室の役割がすでにあります。'),
        ),
        migrations.AddConstraint(
            model_name='directorygroup',
            constraint=models.UniqueConstraint(condition=models.Q(('department__isnull', True)), fields=('name', 'role'), name='directory_group_office_role_once', violation_error_message='このグループには、この役割がすでにあります。'),
        ),
    ]
