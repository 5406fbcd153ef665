"""Initial passwords that have to be changed, ends of all sign-ins of a person, the yearly transfer."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0014_directory'),
    ]

    operations = [
        migrations.AddField(
            model_name='historicaluser',
            name='must_change_password',
            field=models.BooleanField(default=False, help_text='次にログインしたときに、本人がパスワードを決めます。', verbose_name='初期パスワード'),
        ),
        migrations.AddField(
            model_name='historicaluser',
            name='sessions_round',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='ログインの世代'),
        ),
        migrations.AddField(
            model_name='user',
            name='must_change_password',
            field=models.BooleanField(default=False, help_text='次にログインしたときに、本人がパスワードを決めます。', verbose_name='初期パスワード'),
        ),
        migrations.AddField(
            model_name='user',
            name='sessions_round',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='ログインの世代'),
        ),
        migrations.AlterField(
            model_name='act',
            name='kind',
            field=models.CharField(choices=[('edit', 'まとめて変更'), ('confirmation', '変更なし確認'), ('issues', '課題の登録'), ('solution', '課題の解決'), ('measure', '共通の対応策の完了'), ('handover', '担当の引継ぎ'), ('publication', '公表'), ('links', '国の優先手続との紐付け'), ('list', '国の優先手続一覧の改定'), ('dues', '国の期限の設定'), ('policy', '方針の改定'), ('reorg', '組織改正'), ('consultation', '協議の結論'), ('transfer', '人事異動')], max_length=12, verbose_name='種類'),
        ),
    ]
