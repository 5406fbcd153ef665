import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0004_distribution'),
    ]

    operations = [
        migrations.CreateModel(
            name='Act',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('edit', 'まとめて変更'), ('confirmation', '変更なし確認'), ('issues', '課題の登録'), ('solution', '課題の解決'), ('measure', '共通の対応策の完了'), ('handover', '担当の引継ぎ')], max_length=12, verbose_name='種類')),
                ('label', models.CharField(max_length=300, verbose_name='内容')),
                ('count', models.PositiveIntegerField(default=0, verbose_name='手続の数')),
                ('left_out', models.JSONField(blank=True, default=list, verbose_name='変えなかった手続')),
                ('at', models.DateTimeField(db_index=True, verbose_name='操作した日時')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='元に戻した日時')),
                ('undo_left', models.JSONField(blank=True, default=list, verbose_name='元に戻さなかった内容')),
            ],
            options={
                'verbose_name': 'まとめ操作',
                'verbose_name_plural': 'まとめ操作',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='act',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='操作した人'),
        ),
        migrations.AddField(
            model_name='act',
            name='undone_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='元に戻した人'),
        ),
        migrations.AddConstraint(
            model_name='act',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at__isnull', True), ('undone_by__isnull', True)), models.Q(('undone_at__isnull', False), ('undone_by__isnull', False)), _connector='OR'), name='act_undone_by_whom_and_when', violation_error_message='元に戻した人と日時は、両方が要ります。'),
        ),
    ]
