import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0007_personal_lists'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='日')),
                ('subject', models.CharField(max_length=200, verbose_name='件名')),
                ('body', models.TextField(verbose_name='本文')),
                ('mailed_to', models.EmailField(blank=True, default='', max_length=254, verbose_name='送信先')),
                ('created_at', models.DateTimeField(verbose_name='作成日時')),
                ('seen_at', models.DateTimeField(blank=True, null=True, verbose_name='確認した日時')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reminders', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'お知らせ',
                'verbose_name_plural': 'お知らせ',
                'ordering': ['-day', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('user', 'day'), name='reminder_once_a_day')],
            },
        ),
    ]
