"""Servers of our own for tests of sending: an HTTP sink that answers as told, an SMTP server, a certificate, a desk."""

from __future__ import annotations

import json
import shutil
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from catalog.root import Root
from handlers.delivering.service import Delivering
from handlers.store import outbox, people
from handlers.store.database import Database
from handlers.store.deliveries import delivery
from handlers.store.delivery_records import Delivery
from handlers.store.writer import Transaction
from rules.access import Role
from rules.time import SHANGHAI
from tests.casework_fixtures import ground
from tests.conftest import free_port

PHONE, OTHER_PHONE = "10000000001", "10000000002"
SMS_SECRET, SMTP_SECRET, SIGN_SECRET = "sms-secret-4711", "smtp-secret-4711", "SECsign4711abc"
ENVIRONMENT = {
    "HALL_SECRET_SMS": SMS_SECRET, "HALL_SECRET_SMTP": SMTP_SECRET, "HALL_SECRET_SIGN": SIGN_SECRET,
    "HALL_SECRET_ROBOT": "robot-key-4711", "HALL_SECRET_RECEIPT": "receipt-4711",
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One request that the sink took."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.raw.decode()).items()}


Answer = tuple[int, Mapping[str, str], bytes]


def ok(body: object = None, status: int = 200, **headers: str) -> Answer:
    return status, headers, json.dumps({"code": 0} if body is None else body).encode()


@dataclass
class Sink:
    """A local HTTP server: remembers what it was asked, answers what it is told (a function of the request)."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[Asked], Answer] = field(default=lambda asked: ok())


@contextmanager
def http_sink() -> Iterator[Sink]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Nagle and delayed acknowledgement together cost 40 ms an answer.
        disable_nagle_algorithm = True

        def _take(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            parts = urlsplit(self.path)
            asked = Asked(
                self.command, parts.path, parse_qs(parts.query), {k.lower(): v for k, v in self.headers.items()},
                self.rfile.read(length),
            )  # fmt: skip
            sink.asked.append(asked)
            status, headers, body = sink.answer(asked)
            if status == 0:  # hangs up without an answer
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = _take
        do_GET = _take

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that has gone away is what the tests want."""

    server = Server(("127.0.0.1", 0), Handler)
    sink = Sink(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate for 127.0.0.1 and its key, as files."""

    path: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context


def make_certificate(folder: Path, host: str = "127.0.0.1") -> Certificate:
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(SHANGHAI)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    found = Certificate(folder / "server.pem", folder / "server.key")
    found.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return found


@dataclass
class Postbox:
    """What a local SMTP server took; `refuse` answers RCPT, `refuse_data` the message itself."""

    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    logins: list[bool] = field(default_factory=list)
    refuse: Callable[[str], str] = field(default=lambda address: "")
    refuse_data: str = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        told = self.refuse(address)
        if not told:
            envelope.rcpt_tos.append(address)
        return told or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse_data:
            return self.refuse_data
        self.taken.append(envelope)
        self.sessions.append(session)
        return "250 OK"

    def letters(self) -> list[Message]:
        return [message_from_bytes(bytes(each.content or b"")) for each in self.taken]


def words_of(letter: Message) -> str:
    payload = letter.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def subject_of(letter: Message) -> str:
    return str(make_header(decode_header(letter["Subject"])))


@contextmanager
def smtp_server(certificate: Certificate | None = None, *, login: bool = False) -> Iterator[Postbox]:
    """With a certificate STARTTLS is required; with `login` the user `hall` must sign in with SMTP_SECRET."""
    box = Postbox()

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = data.login == b"hall" and data.password == SMTP_SECRET.encode()
        box.logins.append(right)
        return AuthResult(success=right, handled=not right and False)

    options: dict[str, Any] = {}
    if certificate is not None:
        options |= {"tls_context": certificate.server_context(), "require_starttls": True}
    if login:
        options |= {
            "authenticator": check,
            "auth_required": certificate is not None,
            "auth_require_tls": certificate is not None,
        }
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


class Clock:
    """A clock to set; chance is always the middle."""

    def __init__(self, text: str) -> None:
        self.set(text)

    def set(self, text: str) -> None:
        self.moment = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)

    def __call__(self) -> datetime:
        return self.moment


STAFF: Mapping[str, tuple[Role, str, str, str]] = {
    "clerk": (Role.WINDOW_CLERK, "window-market", PHONE, "clerk@qinghe.example"),
    "coordinator": (Role.COORDINATOR, "market", OTHER_PHONE, "coordinator@qinghe.example"),
    "decider": (Role.DECIDER, "market", "10000000003", "decider@qinghe.example"),
    "reviewer": (Role.REVIEWER, "market", "10000000004", ""),
    "county": (Role.COUNTY_SUPERVISOR, "county", "10000000005", "county@qinghe.example"),
    "admin": (Role.ADMINISTRATOR, "county", "10000000006", "admin@qinghe.example"),
    "silent": (Role.DECIDER, "health", "0000-5550100", ""),
}


@dataclass
class Desk:
    """A database with people, a county.yml to write, a clock, and the service over them."""

    folder: Path
    database: Database
    people: dict[str, str]
    clock: Clock
    delivery: Delivering
    _told: int = 0

    def settings(self, **values: Any) -> None:
        """Writes county.yml; `mode: live` unless said otherwise."""
        county = {
            "name": "青禾县", "short_name": "青禾", "division_code": "990121", "hall_name": "青禾县网上政务服务大厅",
            "case_prefix": "QH", "document_word": "青", "footer": {"organiser": "青禾县人民政府办公室"},
            "delivery": {"mode": "live", **values},
        }  # fmt: skip
        path = self.folder / "county.yml"
        path.write_text(yaml.safe_dump(county, allow_unicode=True), encoding="utf-8")

    def tell(self, whom: str, *channels: str, **changes: Any) -> None:
        """Queues a message to a person of STAFF (or, with `recipient_kind`, to whoever is named)."""
        self._told += 1
        values: dict[str, Any] = {
            "at": self.clock(), "template": "card.2", "recipient_kind": "person", "recipient": whom if "recipient_kind" in changes else self.people.get(whom, whom),
            "subject": "case", "subject_id": 0, "subject_number": "QH202603020001",
            "body": f"食品经营许可已超过承诺时限（{self._told}）。", "channels": ("in_app", *channels),
        }  # fmt: skip
        message = outbox.NewMessage(**(values | changes))
        self.database.write(lambda tx: outbox.add(tx, [message]))

    def rows(self) -> list[Delivery]:
        return [delivery(row) for row in self.database.rows("SELECT * FROM delivery ORDER BY id")]

    def states(self) -> list[str]:
        return [each.state.value for each in self.rows()]

    def another(self) -> Delivering:
        """A second service over the same file, as another process would have."""
        database = Database.open(self.database.path)
        return Delivering(database, ground, Root(self.folder), self.clock, ENVIRONMENT)


def sms(url: str, **changes: Any) -> dict[str, Any]:
    """Settings of a gateway that takes JSON."""
    return {
        "url": url + "/send",
        "headers": {"Authorization": "Bearer {secret:SMS}"},
        "body": {"mobile": "{phone}", "content": "{text}", "uid": "{key}"},
        "success": {"path": "code", "again": ["busy"]},
        "message_id": "id",
        **changes,
    }


@lru_cache(maxsize=1)
def _template() -> tuple[tempfile.TemporaryDirectory[str], dict[str, str]]:
    """A migrated database with the people in it, made once a run and copied for every test."""
    folder = tempfile.TemporaryDirectory()
    database = Database.open(Path(folder.name) / "hall.db", migrate=True)
    now = Clock("2026-03-02T09:00:00")()

    def add(tx: Transaction) -> dict[str, str]:
        found = {}
        for login, (role, unit, phone, email) in STAFF.items():
            found[login] = people.add(tx, login, f"{login}示例", "x", now, phone=phone, email=email)
            people.assign(tx, found[login], role, unit)
        return found

    found = database.write(add)
    database.close()
    return folder, found


@contextmanager
def open_desk(folder: Path, at: str = "2026-03-02T10:00:00") -> Iterator[Desk]:
    template, found = _template()
    shutil.copytree(template.name, folder / ".hall")
    clock = Clock(at)
    database = Database.open(folder / ".hall" / "hall.db")
    (folder / "county.yml").write_text("name: x\n", encoding="utf-8")
    delivery_ = Delivering(database, ground, Root(folder), clock, ENVIRONMENT)
    desk = Desk(folder, database, found, clock, delivery_)
    desk.settings()
    try:
        yield desk
    finally:
        delivery_.close()
        database.close()
