from django.db import migrations, models

from procedures.spreadsheet.keys import search_key

_CHUNK = 5_000


def fill(apps, schema_editor):
    """Sets the key of every name that is stored, now and in the history."""
    for name in ("Procedure", "HistoricalProcedure"):
        model = apps.get_model("procedures", name)
        table, key = map(
            schema_editor.quote_name, (model._meta.db_table, model._meta.pk.column)
        )
        rows = model.objects.order_by("pk").values_list("pk", "name")
        last = 0
        with schema_editor.connection.cursor() as cursor:
            while chunk := list(rows.filter(pk__gt=last)[:_CHUNK]):
                last = chunk[-1][0]
                cursor.executemany(
                    f"UPDATE {table} SET search_key = %s WHERE {key} = %s",
                    [(search_key(name), pk) for pk, name in chunk],
                )


class Migration(migrations.Migration):
    dependencies = [("procedures", "0011_current_national_list")]
    operations = [
        *(
            migrations.AddField(
                model_name=name,
                name="search_key",
                field=models.CharField(default="", editable=False, max_length=400),
                preserve_default=False,
            )
            for name in ("procedure", "historicalprocedure")
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
