import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0001_initial'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='importrun',
            name='import_applied_by_whom_and_when',
        ),
        migrations.AddField(
            model_name='importrow',
            name='conflicts',
            field=models.JSONField(default=dict, verbose_name='食い違い'),
        ),
        migrations.AddField(
            model_name='importrow',
            name='is_stale',
            field=models.BooleanField(default=False, verbose_name='プレビューの後に変更'),
        ),
        migrations.AddField(
            model_name='importrow',
            name='left_out_from',
            field=models.CharField(blank=True, default='', max_length=12),
        ),
        migrations.AddField(
            model_name='importrow',
            name='moves_category',
            field=models.BooleanField(default=False, verbose_name='区分が変わる'),
        ),
        migrations.AddField(
            model_name='importrow',
            name='similar',
            field=models.JSONField(default=list, verbose_name='似た手続'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='asked_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='依頼者'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='asks_mapping',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='importrun',
            name='cautions',
            field=models.JSONField(default=list, verbose_name='確認してほしいこと'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='deputy',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='代わりに取り込める人'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='fiscal_year',
            field=models.PositiveIntegerField(blank=True, help_text='年度の列がない件数は、この年度のものです。', null=True, verbose_name='件数の年度'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='heard_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='importrun',
            name='mapping',
            field=models.JSONField(default=dict, editable=False, verbose_name='列の対応'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='outline',
            field=models.JSONField(default=dict, editable=False, verbose_name='列の候補'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='progress_done',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='importrun',
            name='progress_step',
            field=models.CharField(blank=True, default='', editable=False, max_length=60),
        ),
        migrations.AddField(
            model_name='importrun',
            name='progress_total',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='importrun',
            name='undo_left',
            field=models.JSONField(default=list, verbose_name='取り消さなかったもの'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='undone_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='取消し日時'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='undone_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='取り消した人'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='unknown_values',
            field=models.JSONField(default=dict, editable=False, verbose_name='読み取れない値'),
        ),
        migrations.AddField(
            model_name='importrun',
            name='worker',
            field=models.CharField(blank=True, default='', editable=False, max_length=100),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='state',
            field=models.CharField(choices=[('reading', '読取り中'), ('mapping', '列の確認待ち'), ('refused', '読み取れず'), ('previewed', '確認待ち'), ('applying', '取込中'), ('applied', '取込済'), ('undoing', '取消し中'), ('undone', '取消し済'), ('discarded', '取りやめ'), ('broken_off', '中断')], max_length=12, verbose_name='状態'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('applied_at__isnull', False), ('applied_by__isnull', False), ('state__in', ['applied', 'undoing', 'undone'])), models.Q(models.Q(('state__in', ['applied', 'undoing', 'undone']), _negated=True), ('applied_at__isnull', True), ('applied_by__isnull', True)), _connector='OR'), name='import_applied_by_whom_and_when', violation_error_message='取込済には、取込者と取込日時が要ります。'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'undone'), ('undone_at__isnull', False), ('undone_by__isnull', False)), models.Q(models.Q(('state', 'undone'), _negated=True), ('undone_at__isnull', True), ('undone_by__isnull', True)), _connector='OR'), name='import_undone_by_whom_and_when', violation_error_message='取消し済には、取り消した人と日時が要ります。'),
        ),
    ]
