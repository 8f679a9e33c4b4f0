"""The example configurations of deploy/ with the places of a test put in, run by the real servers."""

from __future__ import annotations

import re
import select
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ROOT, free_port

DEPLOY = ROOT / "deploy"
HOST = "hall.example.gov.cn"


def program(name: str) -> str:
    """Where a server is; the test skips where it is not."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed (scripts/servers.sh installs it when it may)")
    return found


@dataclass(frozen=True)
class Front:
    """A proxy before a hall: `http` and `https` are ports, `log` its own log."""

    name: str
    http: int
    https: int
    log: Path

    def client(self, address: str = "127.0.0.1", **headers: str) -> httpx.Client:
        """A visitor from a loopback address of their own."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        transport = _Named(verify=context, local_address=address)
        return httpx.Client(
            transport=transport,
            base_url=f"https://127.0.0.1:{self.https}",
            headers={"Host": HOST, "accept": "text/html", "sec-fetch-site": "same-origin", **headers},
            follow_redirects=True,
            timeout=30,
        )

    def raw(self, head: str, most: int) -> bytes:
        """What is answered to a request whose body goes on and on, `most` bytes at the most."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # Later versions send tickets of their own: readable, and yet no answer.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        answer, piece, sent = b"", b"x" * 16384, 0
        with (
            socket.create_connection(("127.0.0.1", self.https), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname=HOST) as connection,
        ):
            connection.sendall(head.replace("\n", "\r\n").encode())
            while not answer and sent < most:
                if select.select([connection], [], [], 0.02)[0]:
                    answer = connection.recv(65536)
                    break
                connection.sendall(piece)
                sent += len(piece)
        return answer


class _Named(httpx.HTTPTransport):
    """Says the site's name in the handshake, whatever the address."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions = {**request.extensions, "sni_hostname": HOST}
        request.headers["Host"] = HOST
        return super().handle_request(request)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed one."""
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", str(key), "-out", str(chain)],
        check=True, capture_output=True,
    )  # fmt: skip
    return chain, key


def _placed(text: str, folder: Path, hall: int, site: Path) -> str:
    chain, key = folder / "fullchain.pem", folder / "privkey.pem"
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{hall}"),
        ("/etc/county-hall/tls/fullchain.pem", str(chain)),
        ("/etc/county-hall/tls/privkey.pem", str(key)),
        ("/etc/county-hall/nginx-", f"{DEPLOY}/nginx-"),
        ("/var/lib/county-hall-portal", str(site)),
        ("/opt/county-hall/current/deploy", str(DEPLOY)),
        ("/var/log/nginx/", f"{folder}/"),
        ("/var/log/caddy/", f"{folder}/"),
    ):
        text = text.replace(old, new)
    return text


def nginx_command(folder: Path, hall: int, site: Path, http: int, https: int) -> list[str]:
    """nginx with deploy/nginx.conf inside the smallest frame."""
    text = _placed((DEPLOY / "nginx.conf").read_text("utf-8"), folder, hall, site)
    text = text.replace("listen 80;", f"listen {http};").replace("listen 443 ", f"listen {https} ")
    text = re.sub(r" *listen \[::\].*\n", "", text)
    (folder / "site.conf").write_text(text, "utf-8")
    kinds = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"user root root;\ndaemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nworker_processes 1;\n"
        "events { worker_connections 512; }\n"
        f"http {{ include /etc/nginx/mime.types; default_type application/octet-stream; {kinds}\n"
        f"include {folder}/site.conf; }}\n",
        "utf-8",
    )
    return [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy_command(folder: Path, hall: int, site: Path, http: int, https: int) -> list[str]:
    """Caddy with deploy/Caddyfile; only ports and places are the test's."""
    text = _placed((DEPLOY / "Caddyfile").read_text("utf-8"), folder, hall, site)
    text = text.replace(
        "admin off", f"admin off\n\thttp_port {http}\n\thttps_port {https}\n\tskip_install_trust", 1
    )
    (folder / "Caddyfile").write_text(text, "utf-8")
    return [program("caddy"), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@contextmanager
def fronted(name: str, folder: Path, hall: int, site: Path) -> Iterator[Front]:
    """The proxy, until the block ends; ended by its own process id."""
    binary = program(name)
    assert binary
    folder.mkdir()
    certificate(folder)
    http, https = free_port(), free_port()
    make: Any = {"nginx": nginx_command, "caddy": caddy_command}[name]
    environment = {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PATH": "/usr/sbin:/usr/bin:/bin",
    }
    with (folder / "output.log").open("w") as output:
        process = subprocess.Popen(
            make(folder, hall, site, http, https), stdout=output, stderr=output, env=environment
        )
    front = Front(name, http, https, folder / "county-hall.log")
    try:
        _until_open(process, https, folder / "output.log")
        yield front
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the proxy did not come up:\n{log.read_text()[-3000:]}")
