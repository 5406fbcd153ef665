"""The newest edition of the national list is the current one."""

from django.db import migrations


def mark(apps, schema_editor):
    """Until now there was one edition that counted, without saying so."""
    editions = apps.get_model("procedures", "NationalListEdition").objects
    newest = editions.order_by("-published_on", "-pk").first()
    editions.update(state="former")
    if newest is not None:
        editions.filter(pk=newest.pk).update(state="current")


class Migration(migrations.Migration):
    dependencies = [("procedures", "0010_registers")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
