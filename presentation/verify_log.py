#!/usr/bin/env python3
"""核验政务服务办理日志：不联网，不装任何东西，Python 3.8 以上就能运行。

用法：
    python3 verify_log.py 凭证.json 证明.json          我的申请在不在公布的日志里
    python3 verify_log.py 凭证.json 证明.json log/      同上，并与下载的日志文件对照
    python3 verify_log.py log/                          从第一天到最后一天，整条日志是否完好
    python3 verify_log.py log/ --from 2026-11-01 --to 2026-11-30
    python3 verify_log.py --key 指纹 …                  只认这把公钥（抄在别处的指纹）开始的密钥记录

log/ 里是网站“办理日志公开”页下载的 keys.json 和每天一个的 年-月-日.json。
退出码：0 全部通过；1 有不对的地方；2 用法不对或文件读不懂。

This one file checks receipts, inclusion proofs, days and keys of a county hall's public log: SHA-256 hash
chain, RFC 9162 Merkle trees, RFC 8032 Ed25519 (verification only, from the standard's own formulas).
"""

# It has to run on Python 3.8 and speaks by printing.
# ruff: noqa: B905, RUF007, T201, UP006, UP031, UP035, UP045

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

Doc = Dict[str, Any]

# ---- Ed25519 (RFC 8032, section 5.1): verification only ----

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
Point = Tuple[int, int, int, int]


def _decoded(data: bytes) -> Optional[Point]:
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else (0, y, 1, 0)
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P:
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _added(one: Point, two: Point) -> Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            found = _added(found, point)
        point = _added(point, point)
        factor >>= 1
    return found


def _encoded(point: Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE = _decoded(_BASE_Y.to_bytes(32, "little"))


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the key's signature under the message."""
    if len(public) != 32 or len(signature) != 64 or _BASE is None:
        return False
    key, scalar = _decoded(public), int.from_bytes(signature[32:], "little")
    if key is None or scalar >= _L:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % _L
    negated: Point = (_P - key[0], key[1], key[2], _P - key[3])
    return _encoded(_added(_times(scalar, _BASE), _times(challenge, negated))) == signature[:32]


# ---- hashes, canonical JSON, Merkle trees ----


class Wrong(Exception):
    """Something does not fit; the text says what."""


class Unreadable(Exception):
    """A file is not one of ours."""


def canonical(value: Any) -> bytes:
    """JSON in one form: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def hasher(name: str) -> Callable[[bytes], bytes]:
    """The hash function a document names. Raises Wrong when this Python has none of that name."""
    if name not in ("sha256", "sm3"):
        raise Wrong("不认识的哈希算法：%s" % name)
    try:
        hashlib.new(name)
    except ValueError:
        raise Wrong("这台电脑的 Python 没有 %s，换一台再核验" % name) from None
    return lambda data: hashlib.new(name, data).digest()


def framed(part: bytes) -> bytes:
    """Length before content."""
    return len(part).to_bytes(8, "big") + part


def merkle_root(leaves: Sequence[str], digest: Callable[[bytes], bytes]) -> str:
    """The root over some hashes."""
    if not leaves:
        return digest(b"").hex()
    level = [digest(b"\0" + bytes.fromhex(each)) for each in leaves]
    while len(level) > 1:
        paired = [digest(b"\1" + level[at] + level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0].hex()


def proof_leads_to(
    leaf: str, index: int, size: int, path: Sequence[str], digest: Callable[[bytes], bytes]
) -> Optional[str]:
    """The root that a proof leads to from a leaf; None when its length does not fit."""
    if not 0 <= index < size:
        return None
    current, siblings = digest(b"\0" + bytes.fromhex(leaf)), [bytes.fromhex(each) for each in path]
    place, width = index, size
    while width > 1:
        if place ^ 1 < width:
            if not siblings:
                return None
            sibling = siblings.pop(0)
            current = digest(b"\1" + (sibling + current if place & 1 else current + sibling))
        place, width = place // 2, (width + 1) // 2
    return None if siblings else current.hex()


# ---- what is checked ----


class Keys:
    """The history of keys, checked: each entry signed by itself and by the one before."""

    def __init__(self, document: Doc, pinned: Optional[str]) -> None:
        self.public: Dict[str, str] = {}
        self.notes: List[str] = []
        before: Optional[Doc] = None
        for entry in document["keys"]:
            said = entry["statement"]
            message = b"county-hall log key\0" + canonical(said)
            name = hashlib.sha256(b"county-hall key\0" + bytes.fromhex(said["public"])).digest()[:16].hex()
            if said["id"] != name:
                raise Wrong("密钥记录第%d把的指纹与公钥不符" % said["position"])
            if not _signed(said["algorithm"], said["public"], message, entry["own"]):
                raise Wrong("密钥记录第%d把的签名不对" % said["position"])
            if before is not None:
                if said["previous"] != before["id"] or said["position"] != before["position"] + 1:
                    raise Wrong("密钥记录第%d把接不上前一把" % said["position"])
                if said["reason"] == "lost" and not entry["before"]:
                    self.notes.append(
                        "注意：%s 换的密钥没有旧密钥作保（县里说旧密钥丢失）。请另外向县里核实指纹 %s。"
                        % (said["since"][:10], said["id"])
                    )
                elif not _signed(before["algorithm"], before["public"], message, entry["before"]):
                    raise Wrong("密钥记录第%d把没有前一把的签名" % said["position"])
            before = said
            self.public[said["id"]] = said["public"]
        if pinned is not None and pinned not in self.public:
            raise Wrong("公布的密钥里没有您给的指纹 %s" % pinned)

    def check(self, said: Doc, signature: str) -> None:
        """Raises Wrong unless a day's statement is signed by a key of the history."""
        public = self.public.get(said["key"])
        if public is None:
            raise Wrong("%s 的日志用了密钥记录里没有的密钥" % said["day"])
        if not _signed("ed25519", public, b"county-hall log day\0" + canonical(said), signature):
            raise Wrong("%s 的日志签名不对，内容被改过" % said["day"])


def _signed(algorithm: str, public: str, message: bytes, signature: str) -> bool:
    if algorithm != "ed25519":
        raise Wrong("这个核验程序只认 ed25519 签名，文件用的是 %s" % algorithm)
    return ed25519_verify(bytes.fromhex(public), message, bytes.fromhex(signature))


def day_hash(said: Doc) -> str:
    """What the next day is chained to."""
    return hasher(said["hasher"])(b"county-hall log day\0" + canonical(said)).hex()


def check_day(document: Doc, keys: Keys) -> Doc:
    """A day's file in itself: signature, number of leaves, root, head. Returns its statement."""
    said: Doc = document["statement"]
    leaves: List[str] = document["leaves"]
    keys.check(said, document["signature"])
    if len(leaves) != said["last"] - said["first"] + 1:
        raise Wrong(
            "%s 应有%d条，文件里是%d条" % (said["day"], said["last"] - said["first"] + 1, len(leaves))
        )
    if merkle_root(leaves, hasher(said["hasher"])) != said["root"]:
        raise Wrong("%s 的记录与签过名的根不符：有记录被改、被删、被插或被换了位置" % said["day"])
    if leaves and leaves[-1] != said["head"]:
        raise Wrong("%s 的最后一条不是签名里说的那一条" % said["day"])
    return said


def check_chain(days: Sequence[Doc]) -> None:
    """That each day follows the one before. Raises Wrong."""
    for earlier, later in zip(days, days[1:]):
        if later["position"] != earlier["position"] + 1:
            raise Wrong("%s 和 %s 之间缺了日志文件" % (earlier["day"], later["day"]))
        if later["previous"] != day_hash(earlier):
            raise Wrong("%s 的日志接不上 %s 的：其中一天被换过" % (later["day"], earlier["day"]))
        if later["first"] != earlier["last"] + 1:
            raise Wrong("%s 从第%d条开始，前一天到第%d条" % (later["day"], later["first"], earlier["last"]))
        if later["hall"] != earlier["hall"]:
            raise Wrong("%s 换成了另一个大厅的日志" % later["day"])


def check_receipt(receipt: Doc) -> None:
    """That the receipt's leaf is the hash of what the receipt says. Raises Wrong."""
    digest, event = hasher(receipt.get("hasher", "sha256")), receipt["event"]
    salt = bytes.fromhex(receipt["salt"])
    payload = canonical(event["payload"])
    if digest(b"county-hall payload\0" + framed(salt) + payload).hex() != event["commitment"]:
        raise Wrong("凭证的内容与它的承诺值不符")
    parts = (event["previous"].encode(), canonical(event["metadata"]), event["commitment"].encode())
    if digest(b"county-hall event\0" + b"".join(framed(part) for part in parts)).hex() != receipt["leaf"]:
        raise Wrong("凭证的内容与它的哈希不符")
    if event["metadata"]["sequence"] != receipt["event_sequence"]:
        raise Wrong("凭证的序号前后不一")
    if event["metadata"]["subject_number"] != receipt["number"]:
        raise Wrong("凭证的编号前后不一")


def check_proof(proof: Doc, keys: Keys) -> Doc:
    """That a proof leads from its leaf to a signed root. Returns the day's statement. Raises Wrong."""
    said: Doc = proof["day"]["statement"]
    keys.check(said, proof["day"]["signature"])
    found = proof["proof"]
    if (
        found["size"] != said["last"] - said["first"] + 1
        or said["first"] + found["index"] != proof["sequence"]
    ):
        raise Wrong("证明里的位置与 %s 的日志不符" % said["day"])
    root = proof_leads_to(proof["leaf"], found["index"], found["size"], found["path"], hasher(said["hasher"]))
    if root != said["root"]:
        raise Wrong("证明算不到 %s 公布的根：这条记录不在那天的日志里" % said["day"])
    return said


# ---- files, words, exit codes ----


class Given:
    """The documents found in the files and folders named."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.receipts: List[Doc] = []
        self.proofs: List[Doc] = []
        self.days: Dict[str, Doc] = {}
        self.keys: List[Doc] = []
        for path in paths:
            if os.path.isdir(path):
                names = [name for name in sorted(os.listdir(path)) if _is_ours(name)]
                if not names:
                    raise Unreadable("文件夹 %s 里没有日志文件" % path)
                for name in names:
                    self._take(os.path.join(path, name))
            else:
                self._take(path)

    def _take(self, path: str) -> None:
        try:
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
            kind = document["format"]
        except OSError as error:
            raise Unreadable("打不开 %s：%s" % (path, error.strerror)) from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Unreadable("%s 不是办理日志的文件" % path) from None
        if kind == "county-hall-receipt/1":
            self.receipts.append(document)
        elif kind == "county-hall-proof/1":
            self.proofs.append(document)
            if document.get("keys"):
                self.keys.append(document["keys"])
        elif kind == "county-hall-log-file/1":
            self.days[document["statement"]["day"]] = document
        elif kind == "county-hall-log-keys/1":
            self.keys.append(document)
        elif kind != "county-hall-log-index/1":
            raise Unreadable("不认识 %s 的格式：%s" % (path, kind))


def _is_ours(name: str) -> bool:
    return name in ("keys.json", "index.json") or re.match(r"\d{4}-\d\d-\d\d\.json$", name) is not None


def check(given: Given, pinned: Optional[str], first: str, last: str) -> List[str]:
    """Everything that was given, checked against each other. Returns what to tell. Raises Wrong."""
    told: List[str] = []
    # Histories only grow: what was fetched before a rotation is the beginning of what was fetched after it.
    document = max(given.keys, key=lambda each: len(each["keys"]), default=None)
    if document is None and (given.days or given.proofs):
        raise Unreadable("没有密钥记录 keys.json，签名没法核验")
    keys = Keys(document, pinned) if document is not None else None
    for each in given.keys:
        if document is not None and each["keys"] != document["keys"][: len(each["keys"])]:
            raise Wrong("给出的几份密钥记录（keys.json 和证明里的）不是同一份：有一份被换过")
    if keys is not None:
        told += ["密钥记录完好，共%d把，最新的指纹是 %s" % (len(keys.public), list(keys.public)[-1])]
        told += keys.notes
    statements: Dict[str, Doc] = {}
    if keys is not None:
        chosen = [
            day for day in sorted(given.days) if (not first or day >= first) and (not last or day <= last)
        ]
        for day in chosen:
            statements[day] = check_day(given.days[day], keys)
        check_chain([statements[day] for day in chosen])
        if chosen:
            events = statements[chosen[-1]]["last"] - statements[chosen[0]]["first"] + 1
            told.append(
                "%s 至 %s 共%d天、%d条，签名、根和前后相接都对" % (chosen[0], chosen[-1], len(chosen), events)
            )
        elif given.days:
            raise Unreadable("给出的日期范围里没有日志文件")
    for receipt in given.receipts:
        told += _receipt(receipt, given, keys, statements)
    if not given.receipts and keys is not None:
        for proof in given.proofs:
            said = _proof(proof, keys, statements)
            told.append("第%d条在 %s 公布的日志里" % (proof["sequence"], said["day"]))
    return told


def _receipt(receipt: Doc, given: Given, keys: Optional[Keys], statements: Dict[str, Doc]) -> List[str]:
    check_receipt(receipt)
    told = ["凭证 %s：内容与它的哈希相符" % receipt["number"]]
    if keys is not None:
        if receipt.get("key") and receipt["key"]["id"] not in keys.public:
            raise _strange_key(receipt, given)
        checkpoint = receipt.get("checkpoint")
        if checkpoint:
            said = checkpoint["statement"]
            keys.check(said, checkpoint["signature"])
            if said["day"] in statements and statements[said["day"]] != said:
                raise Wrong("%s 的日志与收件时公布的不是同一份：公布后被换过" % said["day"])
    proof = next((each for each in given.proofs if each["leaf"] == receipt["leaf"]), None)
    if proof is not None and keys is not None:
        if proof["sequence"] != receipt["event_sequence"]:
            raise Wrong("证明的序号与凭证不同")
        said = _proof(proof, keys, statements)
        told.append(
            "凭证 %s：就是 %s 公布的日志里的第%d条" % (receipt["number"], said["day"], proof["sequence"])
        )
    elif given.proofs:
        raise Wrong("给出的证明不是这张凭证的")
    else:
        told += _looked_up(receipt, given, statements)
    return told


def _strange_key(receipt: Doc, given: Given) -> Exception:
    """A receipt's key that the history lacks: the history is older than the receipt, or it was replaced.

    A day later than the newest one the receipt names was published after it, in its key or a later one: a history
    that this day goes by would have to know the key.
    """
    name = receipt["key"]["id"]
    checkpoint = receipt.get("checkpoint")
    newest = checkpoint["statement"]["position"] if checkpoint else 0
    days = list(given.days.values()) + [each["day"] for each in given.proofs]
    if any(each["statement"]["position"] > newest for each in days):
        return Wrong("收件时县里用的密钥（%s）不在公布的密钥记录里：记录被换过" % name)
    return Unreadable(
        "给出的密钥记录里没有凭证上的密钥（%s），可能是换钥以前下载的。请下载最新的 keys.json 再核验；"
        "最新的里面也没有，就是记录被换过" % name
    )


def _looked_up(receipt: Doc, given: Given, statements: Dict[str, Doc]) -> List[str]:
    for day, said in statements.items():
        if said["first"] <= receipt["event_sequence"] <= said["last"]:
            leaves = given.days[day]["leaves"]
            if leaves[receipt["event_sequence"] - said["first"]] != receipt["leaf"]:
                raise Wrong("%s 的日志里第%d条不是这张凭证" % (day, receipt["event_sequence"]))
            return [
                "凭证 %s：就是 %s 公布的日志里的第%d条" % (receipt["number"], day, receipt["event_sequence"])
            ]
    if statements:
        raise Wrong("给出的日志里没有第%d条" % receipt["event_sequence"])
    return ["没有给出证明或日志文件，还不知道它在不在公布的日志里"]


def _proof(proof: Doc, keys: Keys, statements: Dict[str, Doc]) -> Doc:
    said = check_proof(proof, keys)
    if said["day"] in statements and statements[said["day"]] != said:
        raise Wrong("证明里 %s 的日志与给出的日志文件不是同一份" % said["day"])
    return said


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    parser = argparse.ArgumentParser(
        prog="verify_log.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="+", metavar="文件或文件夹")
    parser.add_argument("--key", help="您抄在别处的公钥指纹，32 位十六进制")
    parser.add_argument("--from", dest="first", default="", help="从哪一天起，例如 2026-11-01")
    parser.add_argument("--to", dest="last", default="", help="到哪一天止")
    options = parser.parse_args(arguments)
    try:
        for line in check(Given(options.paths), options.key, options.first, options.last):
            print(line)
    except Wrong as error:
        print("不对：%s。" % error)
        return 1
    except Unreadable as error:
        print("没法核验：%s。" % error)
        return 2
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        print("没法核验：文件缺少内容或写得不对（%s）。" % error)
        return 2
    print("全部通过。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
