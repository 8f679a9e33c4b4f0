"""The hall's own key: hashes of codes and tokens, sealed secrets; one interface, so that SM3 and SM4 fit in."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rules.errors import Unavailable

# No 0 and O, 1 and I and L: what people read to each other on the telephone.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
_NONCE = 12
_LETTERS = len(CODE_ALPHABET)
_FAIR = 256 // _LETTERS * _LETTERS


class Vault:
    """Keyed digests (HMAC-SHA-256) and sealing (AES-256-GCM) with one key that never enters the database."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise Unavailable("密钥文件不完整（应为 32 字节）。请从备份恢复。")
        self.key = key
        self._cipher = AESGCM(hashlib.sha256(b"seal" + key).digest())
        self._digests = hmac.new(hashlib.sha256(b"digest" + key).digest(), digestmod=hashlib.sha256)

    @classmethod
    def at(cls, path: Path) -> Vault:
        """The key in a file; made, readable by its owner only, where there is none yet."""
        try:
            return cls(bytes.fromhex(path.read_text("ascii").strip()))
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
        except ValueError as error:
            raise Unavailable("密钥文件不是十六进制文本。请从备份恢复。") from error
        key = secrets.token_bytes(32)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls.at(path)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        return cls(key)

    def digest(self, *parts: str) -> bytes:
        """A keyed hash; without the key file, codes of 40 bits cannot be tried against a stolen database."""
        state = self._digests.copy()
        state.update("\x1f".join(parts).encode())
        return state.digest()

    def matches(self, stored: bytes, *parts: str) -> bool:
        """Whether the parts give this digest, in constant time."""
        return hmac.compare_digest(stored, self.digest(*parts))

    def seal(self, text: str, context: str) -> bytes:
        """Encrypted and bound to its context: a sealed value copied to another row does not open."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), context.encode())

    def unseal(self, sealed: bytes, context: str) -> str:
        """The text again. Raises Unavailable when the key or the context is another."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode()).decode()
        except InvalidTag as error:
            raise Unavailable("密钥与数据库不匹配，无法解开密封内容。请核对备份中的密钥文件。") from error


def new_code(length: int = CODE_LENGTH) -> str:
    """A random code of unambiguous characters; 8 of them hold 39.6 bits."""
    found = ""
    while len(found) < length:
        # All drawn at once; bytes beyond the last whole round of the alphabet would favour its first letters.
        drawn = secrets.token_bytes(2 * length)
        found += "".join(CODE_ALPHABET[each % _LETTERS] for each in drawn if each < _FAIR)
    return found[:length]


def normal_code(text: str) -> str:
    """A code as typed: any case, full-width or spaced, with O and I and L read as what they were meant to be."""
    narrow = "".join(chr(ord(char) - 0xFEE0) if 0xFF01 <= ord(char) <= 0xFF5E else char for char in text)
    return "".join(char for char in narrow.upper() if char.isalnum() and char.isascii())
