"""The key that signs the log: Ed25519, kept in a file beside the database that only its owner may read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from rules.errors import Unavailable

KEY_FILE = "log-signing.key"


class Ed25519Signer:
    """Signs with Ed25519 (RFC 8032); another algorithm takes its place by the same three names."""

    algorithm = "ed25519"

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def sign(self, message: bytes) -> str:
        """The signature as hex."""
        return self._key.sign(message).hex()


def new_key() -> bytes:
    """A fresh private key, 32 bytes."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def read_signer(path: Path) -> Ed25519Signer | None:
    """The key in a file, None where there is no file. Raises Unavailable for a file that is not one of ours."""
    try:
        return signer_of(bytes.fromhex(path.read_text("ascii").strip()))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise Unavailable(f"日志签名密钥 {path.name} 读不懂。请从备份恢复，或者另换新钥。") from error


def signer_of(secret: bytes) -> Ed25519Signer:
    """The signer with this private key. Raises ValueError when it is not 32 bytes."""
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(secret))


def write_key(path: Path, secret: bytes) -> None:
    """Puts a key in place as a whole file, readable by its owner only."""
    with _written_beside(path, secret) as unfinished:
        unfinished.replace(path)


def create_key(path: Path, secret: bytes) -> None:
    """The same where there is none yet: of several processes at once the first one's stays, whole."""
    with _written_beside(path, secret) as unfinished, suppress(FileExistsError):
        try:
            path.hardlink_to(unfinished)
        except FileExistsError:
            raise
        except OSError:
            # Some volumes (FAT, many network shares) know no hard links.
            _write_new(path, secret)


@contextmanager
def _written_beside(path: Path, secret: bytes) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{token_hex(4)}")
    _write_new(unfinished, secret)
    try:
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


def _write_new(path: Path, secret: bytes) -> None:
    """Raises FileExistsError where there is a file; of one that could not be written whole nothing stays."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secret.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
