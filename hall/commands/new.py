"""`hall new DIR`: a county's own root, ready for check, build and its own git repository."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pypinyin import Style, lazy_pinyin
from stdnum.cn import uscc

from catalog.json_schema import SCHEMA_NAME, write_into
from catalog.root import Root
from rules.time import SHANGHAI

TEMPLATE = Path(__file__).parents[1] / "new_root"
PLACES = {"gitignore": ".gitignore", "github": ".github"}
DIVISION = re.compile(r"[0-9]{6}")


def placeholder_credit_code(division: str) -> str:
    """A well-formed credit code with organisation number 00000000: no real body can hold it."""
    first = f"11{division}00000000" + "0"
    return first + str(uscc.calc_check_digit(first))


def initials(name: str) -> str:
    """青禾县 → QH: the case prefix offered for a county's short name."""
    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore")).upper()
    return (letters + "XT")[:2] if len(letters) < 2 else letters[:6]


def slug(name: str) -> str:
    """A folder name for a department, by pinyin."""
    return "-".join(lazy_pinyin(name, errors="ignore")).lower()[:60].strip("-") or "department"


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="县的全称，如 青禾县")
@click.option("--division-code", help="六位行政区划代码")
@click.option("--department", "department_name", help="第一个部门的全称")
@click.option("--enquiry", default="请填写-咨询电话", show_default=True, help="咨询电话，带区号")
@click.option("--supervision", default="请填写-监督电话", show_default=True, help="监督电话，带区号")
@click.option("--yes", is_flag=True, help="不提问，没给的用默认值")
@click.option("--json", "as_json", is_flag=True, help="用 JSON 输出结果")
def command(
    folder: Path,
    name: str | None,
    division_code: str | None,
    department_name: str | None,
    enquiry: str,
    supervision: str,
    yes: bool,
    as_json: bool,
) -> None:
    """新建一个县的目录：一个部门、一个事项、设置和说明，已用 git 管起来。"""
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} 是一个文件，请换一个目录名。")
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} 已存在而且不是空的，请换一个目录名。")
    name = name or ("示范县" if yes else click.prompt("县的全称", default="示范县"))
    division_code = division_code or ("990000" if yes else click.prompt("六位行政区划代码", default="990000"))
    if not DIVISION.fullmatch(division_code):
        raise click.UsageError(f"行政区划代码应是六位数字，现在是“{division_code}”。")
    department_name = department_name or (
        f"{name}政务服务管理局" if yes else click.prompt("第一个部门", default=f"{name}政务服务管理局")
    )
    short = re.sub(r"(自治县|县|市|区|旗)$", "", name) or name
    written = lay_out(
        folder,
        {
            "name": name,
            "short_name": short,
            "division_code": division_code,
            "case_prefix": initials(short),
            "department": slug(department_name.removeprefix(name)),
            "department_name": department_name,
            "number_word": department_name.removeprefix(name)[:2],
            "credit_code": placeholder_credit_code(division_code),
            "enquiry": enquiry,
            "supervision": supervision,
            "today": datetime.now(SHANGHAI).date().isoformat(),
        },
    )
    in_git = put_under_git(folder)
    if as_json:
        click.echo(json.dumps({"root": str(folder), "files": written, "git": in_git}, ensure_ascii=False))
        return
    click.echo(f"已在 {folder} 建好 {name} 的目录，共 {len(written)} 个文件。")
    if not in_git:
        click.echo("没有找到 git 或没有设置提交人，目录还没有用 git 管起来；变更记录页需要它。")
    click.echo(f"下一步：cd {folder} && hall check && hall serve")


def lay_out(folder: Path, values: dict[str, str]) -> list[str]:
    """Writes the template tree; returns the files written, relative to `folder`."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATE),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (YAML and Markdown, not HTML)
    )
    written = []
    for source in sorted(p for p in TEMPLATE.rglob("*") if p.is_file()):
        relative = source.relative_to(TEMPLATE)
        parts = [PLACES.get(part.removesuffix(".jinja"), part) for part in relative.parts]
        if parts[0] == "items":
            parts[1] = values["department"]
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".jinja":
            target = target.with_name(target.name.removesuffix(".jinja"))
            target.write_text(jinja.get_template(relative.as_posix()).render(values), encoding="utf-8")
        else:
            shutil.copyfile(source, target)
        written.append(target.relative_to(folder).as_posix())
    write_into(Root(folder))
    written.append(f"items/{SCHEMA_NAME}")
    return written


def put_under_git(folder: Path) -> bool:
    """One first commit, so that the public change log has a beginning; False when git cannot."""
    git = shutil.which("git")
    if git is None:
        return False
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "建立网上政务服务大厅"]):
        if subprocess.run([git, *arguments], cwd=folder, capture_output=True, check=False).returncode:
            return False
    return True
