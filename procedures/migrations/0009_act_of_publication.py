
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0008_changed_departments'),
    ]

    operations = [
        migrations.AlterField(
            model_name='act',
            name='kind',
            field=models.CharField(choices=[('edit', 'まとめて変更'), ('confirmation', '変更なし確認'), ('issues', '課題の登録'), ('solution', '課題の解決'), ('measure', '共通の対応策の完了'), ('handover', '担当の引継ぎ'), ('publication', '公表')], max_length=12, verbose_name='種類'),
        ),
    ]
