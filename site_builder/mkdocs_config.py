"""A county's mkdocs.yml: read for MkDocs, and what is wrong with it told like any other fault of content."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from catalog.mkdocs_sources import FILE, Inert, nothing
from catalog.problems import Problem
from catalog.root import Root
from catalog.yaml_text import syntax_fault
from rules.errors import Invalid

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

DEFAULTS = Path(__file__).parent / "defaults"
# What MkDocs says of a value, and the same for who wrote it.
_SAID: Sequence[tuple[str, str]] = (
    (r'The "(.+?)" plugin is not installed', "没有安装插件 {0}，请安装它，或从 plugins 里删掉"),
    (r"Unrecognised theme name: '(.*?)'\. The available installed themes are: (.*)", "没有安装主题 {0}，请安装它，或改回 material（装了的有：{1}）"),
    (r"Failed to load extension '(.+?)'", "没有 Markdown 扩展 {0}，请安装它，或从 markdown_extensions 里删掉"),
    (r"The path set in custom_dir \('(.+?)'\) does not exist", "文件夹 {0} 不存在，请建好，或删掉 custom_dir"),
    (r"(?:The path|File) '?(.+?)'? (?:isn't an existing|does not exist)", "{0} 不存在，请改成存在的路径"),
    (r"Inherited config file '(.*?)' does not exist",
     "INHERIT 写的文件 {0} 不存在（从写它的文件所在的文件夹算起），请改成存在的文件，或删掉这一行"),
    (r"Expected a key-value mapping", "要写成“键: 值”，一行一个"),
)  # fmt: skip


def config_path(root: Root) -> Path:
    """The county's own file, else the one that comes with the program."""
    own = root.path / FILE
    return own if own.is_file() else DEFAULTS / FILE


def check_config(root: Root) -> list[Problem]:
    """What keeps MkDocs from working by the county's own file, as far as that can be told without running anything the
    file names: hooks and Python objects are left to the build. Nothing where there is no such file; writes nothing.
    """
    path = root.path / FILE
    if not path.is_file():
        return []
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.utils.yaml import yaml_load

    # What a build sets itself is set here too: of these the file may say what it likes.
    out = root.state / "cache" / "mkdocs" / "out"
    own = {"docs_dir": str(DEFAULTS / "content"), "site_dir": str(out), "site_name": "-", "site_url": ""}
    try:
        with path.open("rb") as file:
            # An inert loader is a SafeLoader, which MkDocs's types do not name.
            said = yaml_load(file, Inert)  # type: ignore[arg-type]
        config = MkDocsConfig(config_file_path=str(path))
        config.load_dict(said)
        config.load_dict({**own, "hooks": []})
        faults, _ = config.validate()
    except Exception as error:
        wrong = _wrong(error)
        return [Problem(FILE, wrong.line, "", wrong.said, rule="mkdocs")]
    told = [
        " ".join(_in_chinese(f"Config value '{key}': {fault}").split())
        for key, fault in faults
        if not _unread(said.get(key))
    ]
    return [Problem(FILE, 0, "", each, rule="mkdocs") for each in told]


def _unread(value: object) -> bool:
    """Whether something in it was left alone, so that what MkDocs says of it may be wrong."""
    if isinstance(value, dict):
        return any(map(_unread, value.values()))
    return any(map(_unread, value)) if isinstance(value, list) else value is nothing


class WrongConfig(Invalid):
    """MkDocs cannot work by the file: `line` (0: unknown) and what to do; `detail` names the file too."""

    def __init__(self, line: int, said: str) -> None:
        told = Problem(FILE, line, "", " ".join(said.split()), rule="mkdocs")
        super().__init__(str(told))
        self.line, self.said = line, told.message


def load(config: Path, **values: Any) -> MkDocsConfig:
    """The configuration with some values set by us. Raises WrongConfig."""
    from mkdocs.config import load_config

    try:
        with reasons_told():
            return load_config(config_file=str(config), **values)
    except WrongConfig:
        raise
    # The file may name plugins, themes and Python objects, which raise whatever they like when they are loaded.
    except Exception as error:
        raise _wrong(error) from error


@contextmanager
def reasons_told(others_code: bool = False) -> Iterator[None]:
    """Raises WrongConfig where MkDocs gives up, with the reasons that it only logs.

    `others_code`: plugins and hooks of the county run, whose failures are the county's to mend.
    """
    from mkdocs.exceptions import Abort, BuildError, ConfigurationError

    heard = _Heard(logging.WARNING)
    log = logging.getLogger("mkdocs")
    log.addHandler(heard)
    try:
        yield
    # Abort is a SystemExit too: it would end a running hall's build unheard.
    except (Abort, BuildError) as error:
        said = "；".join(dict.fromkeys(map(_in_chinese, heard.worst())))
        raise WrongConfig(0, said or _in_chinese(str(error))) from error
    except ConfigurationError as error:
        raise _wrong(error) from error
    except Exception as error:
        if not others_code or isinstance(error, OSError):
            raise
        said = f"插件或钩子出错（{type(error).__name__}：{error}），请改正，或从 plugins、hooks 里删掉"
        raise WrongConfig(0, said) from error
    finally:
        log.removeHandler(heard)


class _Heard(logging.Handler):
    """What MkDocs logs before it gives up."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self._lines: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append((record.levelno, record.getMessage()))

    def worst(self) -> list[str]:
        """The errors; the warnings where there were none, for `strict: true` gives up over these."""
        level = max((each for each, _ in self._lines), default=0)
        return [said for each, said in self._lines if each == level]


def _wrong(error: Exception) -> WrongConfig:
    under = error.__context__
    if isinstance(under, yaml.MarkedYAMLError):
        return _wrong_yaml(under)
    if isinstance(error, RecursionError):
        return WrongConfig(0, "INHERIT 绕回了自己，请改成别的文件，或删掉这一行")
    if isinstance(error, UnicodeDecodeError) or isinstance(under, yaml.reader.ReaderError):
        return WrongConfig(0, "文件不是 UTF-8 编码，或含有看不见的控制字符，请用编辑器另存为 UTF-8")
    if isinstance(error, OSError) and error.filename:
        return WrongConfig(
            0, f"{Path(str(error.filename)).name} 读不出来（{error.strerror}），请核对文件和权限"
        )
    return WrongConfig(0, _in_chinese(str(error) or type(error).__name__))


def _wrong_yaml(error: yaml.MarkedYAMLError) -> WrongConfig:
    name = Path(str(error.problem_mark.name)) if error.problem_mark else Path(FILE)
    fault = syntax_fault(error, name.read_text("utf-8", "replace") if name.is_file() else "")
    said = fault.message
    if isinstance(error, yaml.constructor.ConstructorError):
        said = f"标签（!…）后面的内容用不了，请改正或删掉（{error.problem}）"
    if name.name == FILE and name.parent != DEFAULTS:
        return WrongConfig(fault.line, said)
    return WrongConfig(0, f"继承的文件 {name.name} 第 {fault.line} 行：{said}")


def _in_chinese(said: str) -> str:
    key = re.match(r"Config value '(.+?)': ", said)
    place = f"键 {key[1]}：" if key else ""
    rest = said[key.end() :] if key else said
    for pattern, chinese in _SAID:
        if found := re.search(pattern, rest):
            return place + chinese.format(*found.groups())
    return f"{place}MkDocs 不能按这个文件工作，请改正。它说：{rest}"
