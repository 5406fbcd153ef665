import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0005_acts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='historicalapplicationservice',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicaldepartment',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicaldivision',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicalexemption',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicallegalbasis',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicalnationallistedition',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicalnationalpriorityprocedure',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicalprocedure',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicalteammembership',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicaluser',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AlterField(
            model_name='historicalyearlyvolume',
            name='change_source',
            field=models.CharField(choices=[('form', '画面'), ('inline', '一覧での編集'), ('bulk', 'まとめ操作'), ('import', '取込'), ('undo', '取消し'), ('revision', '方針の改定'), ('command', 'コマンド'), ('admin', '管理画面')], default='', max_length=12, verbose_name='経路'),
        ),
        migrations.AddField(
            model_name='historicalapplicationservice',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicaldepartment',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicaldivision',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicalexemption',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicallegalbasis',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicalnationallistedition',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicalnationalpriorityprocedure',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicalprocedure',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicalteammembership',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicaluser',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
        migrations.AddField(
            model_name='historicalyearlyvolume',
            name='act',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.act', verbose_name='まとめ操作'),
        ),
    ]
