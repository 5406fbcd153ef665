"""From a bare Debian without internet to a signed-in page, by the README's own commands.

    sudo python3 -m tests.operation.offline_root FOLDER

Makes a Debian with ``python3`` and nothing else in FOLDER (debootstrap; kept for the next time), a
wheelhouse, and in a namespace without a network runs the README's commands for the server as they
stand there. Then serves, signs in, stops, and prints seconds and megabytes. Run by hand: it takes
minutes, root and a Debian mirror.
"""

import json
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", "__pycache__", "var", "staticfiles")
PLACE = "opt/shimonoseki-dx/1.0"
ADMINISTRATOR = {"username": "kanri", "password": "hashi to nami to fugu"}

INSIDE = textwrap.dedent(
    """
    import http.client, json, os, re, signal, socket, subprocess, sys, time
    from urllib.parse import urlencode

    given = json.load(sys.stdin)
    times, began = {}, time.monotonic()

    def passed(what):
        global began
        times[what] = round(time.monotonic() - began, 1)
        began = time.monotonic()

    try:
        socket.create_connection(("deb.debian.org", 80), timeout=5)
        sys.exit("there is a network")
    except OSError:
        pass
    os.environ |= {"DJANGO_SUPERUSER_USERNAME": given["username"],
                   "DJANGO_SUPERUSER_PASSWORD": given["password"],
                   "DJANGO_SUPERUSER_EMAIL": "kanri@example.lg.jp"}
    script = given["commands"].replace("manage createsuperuser", "manage createsuperuser --noinput")
    subprocess.run(["sh", "-eux", "-c", script], check=True, stdout=sys.stderr)
    passed("README's commands")

    # As the service does it: as its own user, from its own settings.
    serve = ["setpriv", "--reuid=shimonoseki-dx", "--regid=shimonoseki-dx", "--clear-groups",
             "python3", "/opt/shimonoseki-dx/current/run.py", "serve"]
    server = subprocess.Popen(serve, stderr=subprocess.PIPE, text=True, cwd="/")
    said = server.stderr.readline()
    assert "で受け付けています" in said, said + server.stderr.read()
    passed("start")
    cookies = {}

    def ask(method, path, form=None):
        connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=30)
        connection.request(method, path, urlencode(form or {}), {
            "Host": "dx.city.lg.jp", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7",
            "Referer": "https://dx.city.lg.jp/login/",
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": "; ".join("=".join(each) for each in cookies.items())})
        response = connection.getresponse()
        for line in response.headers.get_all("Set-Cookie", []):
            name, _, value = line.split(";")[0].partition("=")
            cookies[name] = value
        return response.status, response.read().decode()

    seen = {"/healthz": ask("GET", "/healthz")[0], "/login/": ask("GET", "/login/")[0]}
    token = next(value for name, value in cookies.items() if "csrf" in name)
    form = {"username": given["username"], "password": given["password"]}
    seen["sign-in"] = ask("POST", "/login/", form | {"csrfmiddlewaretoken": token})[0]
    status, page = ask("GET", "/dashboard/")
    seen["/dashboard/ signed in"] = status if "ログアウト" in page else "not signed in"
    seen["/readyz"] = ask("GET", "/readyz")[0]
    style = re.search(r'href="(/static/[^"]+[.]css)"', page)[1]
    seen["a style sheet"] = ask("GET", style)[0]
    passed("requests")
    server.send_signal(signal.SIGTERM)
    seen["exit status of the server"] = server.wait(timeout=40)
    passed("stop")
    print(json.dumps({"seconds": times, "seen": seen}, ensure_ascii=False, indent=2))
    """
)
ANSWERS = {
    "/healthz": 200,
    "/login/": 200,
    "sign-in": 302,
    "/dashboard/ signed in": 200,
    "/readyz": 200,
    "a style sheet": 200,
    "exit status of the server": 0,
}


def main(folder: Path) -> int:
    """Does it all in ``folder``; 0 if every answer is as it should be."""
    bare, root = folder / "bare", folder / "root"
    if not bare.exists():
        run("debootstrap", "--variant=minbase", "--include=python3", "bookworm", str(bare))
    shutil.rmtree(root, ignore_errors=True)
    run("cp", "-a", str(bare), str(root))
    shutil.copytree(PROJECT, root / PLACE, ignore=LEFT_OUT)
    began = time.monotonic()
    wheels = root / PLACE / "wheels"
    target = ["--platform", "linux", "--python-version", "3.11"]
    run(sys.executable, str(PROJECT / "run.py"), "wheelhouse", str(wheels), *target)
    downloaded = round(time.monotonic() - began, 1)
    given = ADMINISTRATOR | {"commands": commands_for_the_server()}
    inside = ["chroot", str(root), "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
    alone = 'ip link set lo up && mount -t proc proc $0/proc && exec "$@"'
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "sh", "-c", alone, str(root), *inside,
         "python3", "-X", "utf8", "-c", INSIDE],
        input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    found["seconds"]["wheelhouse, with internet"] = downloaded
    found["megabytes"] = {
        "wheelhouse": megabytes(wheels),
        "virtual environment": megabytes(root / PLACE / ".venv"),
        "collected static files": megabytes(root / PLACE / "staticfiles"),
        "Debian with python3": megabytes(bare),
    }
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 0 if found["seen"] == ANSWERS else 1


def commands_for_the_server() -> str:
    """The README's block for the server: the one that makes the account of the service."""
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if block.startswith("useradd"))


def megabytes(folder: Path) -> float:
    """What the files in it take, without what links point to."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / 2**20, 1)


def run(*command: str) -> None:
    """Runs one command, and ends with its failure."""
    print("==", *command, file=sys.stderr, flush=True)
    subprocess.run(command, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
