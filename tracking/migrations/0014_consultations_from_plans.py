"""What a plan said about a consultation becomes an agreed one of its own (clause 4)."""

from datetime import datetime, time

from django.db import migrations
from django.utils import timezone

PURPOSE = "計画に「協議が調った日」の記録があったため、この協議に引き継ぎました。"
OUTCOME = "計画の「協議が調った日」から引き継ぎました。"
WITHOUT_SERVICE = (
    "計画に、利用サービスが決まらないまま「協議が調った日」（{day}）が記録されていました。"
    "協議は手続とサービスごとに記録するようになったため、ここに書き残します。"
)
SOURCE = "command"


def take_over(apps, schema_editor):
    """One agreed consultation for each plan with a day; without a service, a word in the talk."""
    plans = apps.get_model("tracking", "MigrationPlan").objects
    agreed = plans.filter(consultation_agreed_on__isnull=False)
    writers = _writers(apps, agreed)
    at = timezone.now()
    for plan in agreed.select_related("procedure", "service").order_by("pk"):
        take = _consultation if plan.service_id else _comment
        take(apps, plan, writers[plan.pk], at)


def _writers(apps, plans):
    """For each plan the account that wrote the day: as its history says, else that of commands."""
    entries = apps.get_model("tracking", "HistoricalMigrationPlan").objects
    people = apps.get_model("procedures", "User").objects
    known = set(people.values_list("pk", flat=True))
    else_by = (
        people.filter(username="command").first()
        or people.filter(is_superuser=True).order_by("pk").first()
        or people.order_by("pk").first()
    )
    found = {}
    for pk, day in plans.values_list("pk", "consultation_agreed_on"):
        rows = entries.filter(id=pk).order_by("-history_id")
        writer = None
        for written, user in rows.values_list("consultation_agreed_on", "history_user_id"):
            if written != day:
                break
            writer = user
        found[pk] = writer if writer in known else else_by.pk
    return found


def _consultation(apps, plan, writer, at):
    day = plan.consultation_agreed_on
    values = {
        "procedure_id": plan.procedure_id,
        "service_id": plan.service_id,
        "state": "agreed",
        "purpose": PURPOSE,
        "outcome": OUTCOME,
        "asked_by_id": writer,
        "asked_at": timezone.make_aware(datetime.combine(day, time.min)),
        "decided_by_id": writer,
        "decided_on": day,
        "version": 1,
        "changed_at": at,
    }
    name = f"{_name(plan.procedure)}：{plan.service.name}"
    _insert(apps, "Consultation", values, writer, at, name)


def _comment(apps, plan, writer, at):
    day = plan.consultation_agreed_on
    values = {
        "procedure_id": plan.procedure_id,
        "text": WITHOUT_SERVICE.format(day=f"{day.year}年{day.month}月{day.day}日"),
        "written_by_id": writer,
        "written_at": at,
    }
    _insert(apps, "Comment", values, writer, at, f"{_name(plan.procedure)} のやりとり")


def _insert(apps, model, values, writer, at, name):
    row = apps.get_model("tracking", model).objects.create(**values)
    person = apps.get_model("procedures", "User").objects.get(pk=writer)
    apps.get_model("tracking", f"Historical{model}").objects.create(
        id=row.pk,
        **values,
        history_date=at,
        history_user_id=writer,
        history_type="+",
        history_change_reason="",
        change_source=SOURCE,
        by_name=person.display_name or person.username,
        row_name=name[:300],
    )


def _name(procedure):
    return f"{procedure.number} {procedure.name}"


class Migration(migrations.Migration):
    dependencies = [("tracking", "0013_registers")]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop, elidable=True)]
