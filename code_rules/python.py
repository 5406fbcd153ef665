# What each rule of python.yml finds (ruleid) and what it does not (ok). Nothing runs this file.
import subprocess

# ruleid: no-request-to-elsewhere
import urllib.request

# ok: no-request-to-elsewhere
import urllib.parse

# ruleid: no-objects-from-bytes
import pickle

# ok: no-objects-from-bytes
import json

# ruleid: no-marked-safe
mark_safe(name)
# ok: no-marked-safe
mark_safe("<br>")

# ruleid: no-text-within-format-html
format_html(f"<b>{name}</b>")
# ruleid: no-text-within-format-html
format_html("<b>" + name + "</b>")
# ruleid: no-text-within-format-html
format_html("<b>%s</b>" % name)
# ruleid: no-text-within-format-html
format_html("<b>{}</b>".format(name))
# ok: no-text-within-format-html
format_html("<b>{}</b>", name)

# ruleid: no-template-from-text
engines["django"].from_string(name)
# ok: no-template-from-text
render(request, "tracking/team.html", {"name": name})


# ruleid: no-form-without-its-token
@csrf_exempt
def page(request):
    # ruleid: no-way-to-another-site
    return redirect(request.GET["next"])


# ok: no-form-without-its-token
@require_POST
def other_page(request):
    place = request.POST.get("next")
    if place:
        # ruleid: no-way-to-another-site
        return HttpResponseRedirect(place)
    # ok: no-way-to-another-site
    return redirect(own_address(request, request.POST.get("next")) or reverse("home"))


def with_a_cursor(cursor, name):
    # ruleid: no-statement-made-of-text
    cursor.execute(f"SELECT 1 FROM t WHERE name = '{name}'")
    # ruleid: no-statement-made-of-text
    cursor.execute("SELECT 1 FROM t WHERE name = '%s'" % name)
    # ruleid: no-statement-made-of-text
    Procedure.objects.extra(where=[name])
    # ok: no-statement-made-of-text
    cursor.execute("SELECT 1 FROM t WHERE name = %s", [name])


# ruleid: no-shell
subprocess.run(name, shell=True)
# ok: no-shell
subprocess.run([name], check=True)

# ruleid: no-objects-from-bytes
eval(name)
# ok: no-objects-from-bytes
json.loads(name)


def in_a_view(procedure):
    # ruleid: no-writes-outside-the-writers
    procedure.save()
    # ruleid: no-writes-outside-the-writers
    Procedure.objects.create(name=procedure.name)
    # ruleid: no-writes-outside-the-writers
    Procedure.objects.filter(pk=1).update(name="")
    # ok: no-writes-outside-the-writers
    update_procedure(procedure_id=procedure.pk, values={"name": ""}, by=None)
    # ok: no-writes-outside-the-writers
    context.update({"name": procedure.name})
