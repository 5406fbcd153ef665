"""One line for each request and each error, with its number, and nothing about people in it."""

import io
import json
import logging
import re
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.urls import URLResolver, get_resolver, path, reverse

import manage
from operation.log_files import DailyFileHandler
from operation.logs import REQUEST, SENTENCES, JsonFormatter, TextFormatter
from operation.request_ids import HEADER
from procedures.models import Department
from shimonoseki_dx import urls as all_urls
from tests import factories
from tests.test_access import MATRIX, furnish

SECRET = "himitsu-4711"
"""Stands in whatever can be typed, and in no line."""
LEFT_OUT = {"logout", "edition_pdf"}
"""One ends the session, the other takes seconds."""


@pytest.fixture
def log():
    """What is written from now on, in both formats and at every level: ``log.entries()``."""
    handlers = [logging.StreamHandler(io.StringIO()) for _ in range(2)]
    handlers[0].setFormatter(JsonFormatter())
    handlers[1].setFormatter(TextFormatter())
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    for handler in handlers:
        root.addHandler(handler)
    yield Log(*(handler.stream for handler in handlers))
    for handler in handlers:
        root.removeHandler(handler)
    root.setLevel(level)


class Log:
    """Both streams."""

    def __init__(self, as_json: io.StringIO, as_text: io.StringIO) -> None:
        self._json, self._text = as_json, as_text

    def __str__(self) -> str:
        return self._json.getvalue() + self._text.getvalue()

    @property
    def text(self) -> str:
        """The one to be read."""
        return self._text.getvalue()

    def entries(self, logger: str = "") -> list[dict]:
        """Every line, as read by a program."""
        found = [json.loads(line) for line in self._json.getvalue().splitlines()]
        return [entry for entry in found if entry["logger"].startswith(logger)]

    def requests(self) -> list[dict]:
        """The lines of requests."""
        return [entry for entry in self.entries("operation.logs") if entry["message"] == REQUEST]


def breaks(request):
    """Fails as programs do: the message quotes what was typed, and so does its cause's."""
    try:
        raise IntegrityError(f"Key (username)=({request.GET['q']}) already exists.")
    except IntegrityError as error:
        raise ValueError(request.GET["q"]) from error


def finds_no_disk(request):
    """Fails for a reason of the machine's."""
    raise OperationalError("unable to open database file")


def breaks_at_a_file(request):
    """A file whose name was given by somebody."""
    raise FileNotFoundError(2, "No such file or directory", request.GET["q"])


breaks.login_required = finds_no_disk.login_required = breaks_at_a_file.login_required = False


class Addresses:
    """The program's addresses, and some that end badly; stands where a module would."""

    urlpatterns = [
        path("breaks/", breaks),
        path("no-disk/", finds_no_disk),
        path("no-file/", breaks_at_a_file),
        *all_urls.urlpatterns,
    ]
    handler400, handler403 = all_urls.handler400, all_urls.handler403
    handler404, handler500 = all_urls.handler404, all_urls.handler500


@pytest.fixture
def web(client, settings):
    """A client that is shown the page of an error."""
    settings.ROOT_URLCONF = Addresses
    client.raise_request_exception = False
    return client


class _Fields(HTMLParser):
    """The names of all fields of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("input", "select", "textarea") and (name := dict(attrs).get("name")):
            self.names.add(name)


@pytest.mark.django_db
def test_a_request_is_one_line(web, member, log):
    web.force_login(member)
    procedure = factories.ProcedureFactory(department=Department.objects.get())
    response = web.get(reverse("procedure_detail", args=[procedure.pk]), {"q": SECRET})
    (line,) = log.requests()
    assert line["request_id"] == response[HEADER]
    assert line["route"] == "/procedures/<int:pk>/"
    assert (line["method"], line["status"], line["user"]) == ("GET", 200, member.pk)
    assert line["level"] == "INFO"
    assert line["milliseconds"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+09:00", line["time"])
    assert re.search(
        rf"INFO operation\.logs \[{response[HEADER]}\] 要求 method=GET "
        rf"route=/procedures/<int:pk>/ status=200 user={member.pk} milliseconds=[\d.]+\n",
        log.text,
    )


@pytest.mark.django_db
def test_nobody_is_looked_up_for_the_log(web, log, django_assert_num_queries):
    with django_assert_num_queries(0):
        web.get("/healthz")
        web.get("/nowhere.css")
    assert [line["user"] for line in log.requests()] == [None, None]


@pytest.mark.parametrize(
    ("address", "level"), [("/healthz", "DEBUG"), ("/static/css/base.css", "DEBUG")]
)
def test_what_is_asked_all_the_time_is_quiet(web, log, address, level):
    web.get(address)
    assert {line["level"] for line in log.requests() if line["status"] < 400} <= {level}


@pytest.mark.django_db
def test_an_error_can_be_found_by_the_number_on_its_page(web, log):
    response = web.get("/breaks/", {"q": SECRET})
    number = re.search(r"data-request-id>([^<]+)<", response.content.decode())[1]
    error, line = [entry for entry in log.entries() if entry["request_id"] == number]
    assert (line["message"], line["status"]) == (REQUEST, 500)
    assert error["message"] == SENTENCES["django.request"]
    assert [each["type"] for each in error["errors"]] == [
        "django.db.utils.IntegrityError",
        "builtins.ValueError",
    ]
    assert any("test_logs.py" in place and " breaks:" in place
               for place in error["errors"][1]["places"])  # fmt: skip
    assert "raise ValueError(request.GET" in log.text
    assert SECRET not in str(log)


@pytest.mark.django_db
def test_of_an_error_only_what_is_about_the_machine_is_said(web, log):
    web.get("/no-disk/")
    web.get("/no-file/", {"q": SECRET})
    said = [each["message"] for entry in log.entries() for each in entry.get("errors", [])]
    assert said == ["unable to open database file", "No such file or directory"]
    assert SECRET not in str(log)


def test_a_command_that_fails_where_nobody_watches_goes_into_the_log(log, monkeypatch):
    def breaks_off(arguments):
        raise IntegrityError(SECRET)

    monkeypatch.setattr("django.core.management.execute_from_command_line", breaks_off)
    with pytest.raises(SystemExit):
        manage.main()
    (entry,) = log.entries("operation.commands")
    assert entry["errors"][0]["type"] == "django.db.utils.IntegrityError"
    assert SECRET not in str(log)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with pytest.raises(IntegrityError):
        manage.main()


@pytest.mark.django_db
def test_whoever_fails_to_sign_in_is_not_named(web, log, settings):
    settings.AXES_ENABLED = True
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        web.post(reverse("login"), {"username": SECRET, "password": SECRET + "!"},
                     REMOTE_ADDR="10.1.2.3")  # fmt: skip
    said = {entry["message"] for entry in log.entries("axes")}
    assert said == {SENTENCES["axes"]}
    assert SECRET not in str(log)
    assert "10.1.2.3" not in str(log)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("django.security.DisallowedHost", {"Host": f"{SECRET}.example"}),
        ("django.security.csrf", {"Origin": f"https://{SECRET}.example"}),
    ],
)
def test_what_is_refused_is_told_in_our_words(web, log, name, headers):
    web.handler.enforce_csrf_checks = True
    web.post(reverse("login"), headers=headers)
    (entry,) = log.entries("django.security")
    assert (entry["logger"], entry["message"]) == (name, SENTENCES[name])
    assert SECRET not in str(log)


@pytest.mark.parametrize(
    ("message", "arguments", "said"),
    [
        ("took %d of %s", (3, SECRET), "took 3 of …"),
        ("%(who)s came", ({"who": SECRET},), "… came"),
        ("%r", ([SECRET],), "…"),
        ("a sentence with a " + SECRET, (), ""),
        (ValueError(SECRET), (), ""),
    ],
)
def test_of_a_library_only_its_sentence_is_kept(log, message, arguments, said):
    logging.getLogger("waitress").warning(message, *arguments)
    (entry,) = log.entries("waitress")
    assert entry["message"] == said
    assert entry["source"].startswith("test_logs:")
    assert SECRET not in str(log)


def test_nor_does_a_sentence_that_does_not_fit_stop_anything():
    record = logging.LogRecord("waitress", logging.WARNING, __file__, 1, "%d", (SECRET,), None)
    assert json.loads(JsonFormatter().format(record))["message"] == ""


def test_ours_say_what_they_say(log):
    logging.getLogger("operation.backup").info("%s行", 3, extra={"fields": {"rows": 3}})
    (entry,) = log.entries("operation.backup")
    assert (entry["message"], entry["rows"]) == ("3行", 3)
    assert "source" not in entry


@pytest.mark.once
@pytest.mark.django_db
def test_nothing_typed_anywhere_is_in_any_line(web, department, member, administrator, log):
    """One address of each module of views and method, with a secret in every field and query."""
    world = furnish(department, member, administrator)
    web.force_login(administrator)
    fields = _Fields()
    for access in _one_of_each("get"):
        query = dict.fromkeys([*access.data, "q", "name", "next", "page"], SECRET)
        page = web.get(_address(access, world), query)
        content = page.getvalue()  # a file is closed once it is read to its end
        if page["Content-Type"].startswith("text/html"):
            fields.feed(content.decode())
    assert len(fields.names) > 100
    typed = dict.fromkeys([*fields.names, SECRET], SECRET)
    for access in _one_of_each("post"):
        web.post(_address(access, world), typed)
    web.get(f"/{SECRET}/", {"q": SECRET})
    routes = {entry["route"] for entry in log.requests()}
    assert len(routes) > 60
    assert None in routes
    assert SECRET not in str(log)


def _one_of_each(method):
    """An address of the matrix for each module of views."""
    functions = dict(named_views(get_resolver().url_patterns))
    found = {}
    for access in MATRIX:
        if access.method == method and access.name not in LEFT_OUT:
            found.setdefault(functions[access.name].__module__, access)
    return found.values()


def named_views(patterns):
    """The name and the function of each address."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from named_views(pattern.url_patterns)
        else:
            yield pattern.name, pattern.callback


def _address(access, world):
    return reverse(access.name, args=[world[access.target]] if access.target else [])


def test_the_secret_would_be_seen(web, log, settings):
    """The control of the tests above: what Django says by itself holds it."""
    logger = logging.getLogger("django.request")
    handler = logging.StreamHandler(io.StringIO())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        web.get(f"/static/{SECRET}", headers={"Host": "testserver"})
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.ERROR)
    assert SECRET in handler.stream.getvalue()
    assert SECRET not in str(log)


def test_everything_goes_through_our_formatters():
    """No logger has a handler of its own beside those of the root."""
    # pyasn1 prepares one for the case that it is told to log, which nobody does.
    named = [
        logging.getLogger(name) for name in logging.root.manager.loggerDict if name != "pyasn1"
    ]
    own = [handler for logger in named for handler in getattr(logger, "handlers", [])]
    assert [handler for handler in own if not isinstance(handler, logging.NullHandler)] == []
    assert {config["formatter"] for config in settings.LOGGING["handlers"].values()} == {"line"}


def test_a_file_of_each_day_and_no_more_than_was_said(tmp_path, time_machine):
    handler = DailyFileHandler(tmp_path / "dx.log", days=2)
    handler.setFormatter(JsonFormatter())
    (tmp_path / "dx-2026-03-20.txt").touch()
    (tmp_path / "dy-2026-03-20.log").touch()
    for day in ("2026-03-30", "2026-03-31", "2026-04-01"):
        time_machine.move_to(f"{day}T12:00:00+09:00")
        for _ in range(2):
            handler.emit(logging.makeLogRecord({"name": "operation", "msg": day}))
    handler.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "dx-2026-03-20.txt", "dx-2026-03-31.log", "dx-2026-04-01.log", "dy-2026-03-20.log",
    ]  # fmt: skip
    lines = (tmp_path / "dx-2026-04-01.log").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["2026-04-01", "2026-04-01"]


def test_two_processes_write_to_one_file(tmp_path):
    handlers = [DailyFileHandler(tmp_path / "dx.log", days=0) for _ in range(2)]
    for number in range(4):
        handlers[number % 2].emit(logging.makeLogRecord({"msg": str(number)}))
    for handler in handlers:
        handler.close()
    (file,) = tmp_path.iterdir()
    assert file.read_text().split() == ["0", "1", "2", "3"]


def test_a_file_that_cannot_be_written_stops_nothing(closed_folder, capsys):
    handler = DailyFileHandler(closed_folder / "dx.log", days=5)
    handler.emit(logging.makeLogRecord({"msg": SECRET}))
    handler.close()
    assert capsys.readouterr() == ("", "")
