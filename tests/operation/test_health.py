"""What watches the program learns whether it lives and is ready, and nothing else."""

import threading

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from operation import health
from operation.health import DATA_DIR, DATABASE, DISK, MIGRATIONS


@pytest.fixture(autouse=True)
def looked_at_anew():
    """What an earlier test found is not kept."""
    health._readiness.forget()
    yield
    health._readiness.forget()


@pytest.fixture
def offices_settings(settings):
    """HTTPS only and one host name, as in an office."""
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["dx.example.lg.jp"]


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_living_process_says_so_without_the_database(client, method):
    """No mark for the database: pytest-django refuses every query here."""
    response = getattr(client, method)("/healthz")
    assert response.status_code == 200
    assert response.content == (b"ok\n" if method == "get" else b"")
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies


@pytest.mark.django_db
def test_a_ready_program_says_so(client, django_assert_num_queries):
    with django_assert_num_queries(2):  # whether the table is there, and what it holds
        response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "reasons": []}
    assert not response.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_a_watcher_needs_neither_https_nor_the_name_of_the_host(client, offices_settings, address):
    assert client.get(address, headers={"Host": "10.0.0.5:8000"}).status_code == 200
    # Everything else does.
    assert client.get("/guide/", headers={"Host": "10.0.0.5:8000"}).status_code == 400


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_nothing_can_be_sent_there(client, address):
    assert client.post(address).status_code == 405


@pytest.mark.django_db
def test_the_database_is_asked_once_a_second_at_most(client, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(0):
        client.get("/readyz")
    health._readiness._until -= health._KEPT_SECONDS
    with django_assert_num_queries(2):
        client.get("/readyz")


@pytest.mark.django_db
def test_fifty_watchers_at_once_look_once(monkeypatch):
    looks = []
    monkeypatch.setattr(health, "reasons_not_ready", lambda: looks.append(1) or [])
    threads = [threading.Thread(target=health._readiness) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looks) == 1


@pytest.mark.django_db
def test_not_ready_with_a_migration_to_come(client):
    newest = max(name for app, name in health._newest_migrations() if app == "tracking")
    MigrationRecorder.Migration.objects.filter(app="tracking", name=newest).delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "reasons": [MIGRATIONS]}
    assert health.pending_migrations() == ["tracking"]


@pytest.mark.django_db
def test_not_ready_without_the_database(client, monkeypatch):
    def refuse(*args):
        raise DatabaseError("password authentication failed for user dx")

    with connection.execute_wrapper(refuse):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"ready": False, "reasons": [DATABASE]}
    assert "dx" not in response.content.decode()


@pytest.mark.django_db
def test_not_ready_where_no_file_can_be_made(client, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "gone"
    assert client.get("/readyz").json()["reasons"] == [DATA_DIR]


@pytest.mark.django_db
def test_not_ready_with_too_little_room(client, settings):
    settings.DISK_RESERVE_MB = 10**9
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == [DISK]


def test_a_folder_of_somebody_else_is_not_writable(closed_folder):
    assert not health.is_writable(closed_folder)


def test_nor_is_a_file_or_what_is_not_there(tmp_path):
    (tmp_path / "file").touch(mode=0o777)
    assert health.is_writable(tmp_path)
    assert not health.is_writable(tmp_path / "file")
    assert not health.is_writable(tmp_path / "gone")
