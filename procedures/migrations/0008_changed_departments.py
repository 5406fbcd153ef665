
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0007_procedure_confirmed'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangedDepartment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('department_id', models.PositiveBigIntegerField(null=True)),
                ('is_everything', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': '集計後の変更',
                'verbose_name_plural': '集計後の変更',
            },
        ),
    ]
