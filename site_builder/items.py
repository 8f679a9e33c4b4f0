"""The page of an item in its five parts, its printable forms, and its history page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from catalog.artifact import fee_text, limit_text
from catalog.labels import WORDS
from catalog.schema import Item, Material, Place
from presentation.form_sheets import FormSheet, form_sheet
from presentation.view import Fact
from site_builder import letters
from site_builder.flow import flow_picture, flow_steps
from site_builder.outputs import Output, fingerprint
from site_builder.portal import Portal
from site_builder.summaries import Shown

DEPTH_WORDS = ("暂未上网", "网上看、网上约", "网上受理和答复", "全程网上办")
# Everyday words for the facts bar; the table's own names are in the item's details.
WAY_WORDS = {"1": "窗口", "2": "网上", "3": "网上", "4": "邮寄"}
DELIVERY_WORDS = {"window": "到窗口领取", "courier": "邮寄到家", "electronic": "网上下载"}
RESULT_WORDS = {
    "certificate": "证照",
    "approval": "批文",
    "document": "文书",
    "payment": "资金",
    "record": "备案、登记",
    "service": "服务",
}
_COUNTING = {
    "workday": "从受理的下一个工作日起算；周末和法定节假日不算，调休上班的周末算",
    "day": "从受理的第二天起算；周末和节假日也算，最后一天遇休息日顺延到下一个工作日",
}


def of_item(portal: Portal, shown: Shown, forms: bool) -> Iterator[Output]:
    """All pages of an item that is shown."""
    files = own_files(shown)
    yield _page(portal, shown, files)
    if shown.has_form:
        yield from _paper(portal, shown, forms)
    for name, file in files.items():
        yield Output(
            f"items/{shown.summary.code}/files/{name}",
            fingerprint(shown.key, name, file.read_bytes()),
            file.read_bytes,
        )
    if len(portal.changes.by_item.get(shown.summary.code, ())) > 1:
        yield _history(portal, shown)


def own_files(shown: Shown) -> dict[str, Path]:
    """The department's own forms and samples, which lie beside the item's file; nothing outside its folder."""
    if not shown.files:
        return {}
    folder = shown.loaded.path.parent.resolve()
    paths = ((folder / name).resolve() for name in shown.files)
    return {path.name: path for path in paths if path.is_relative_to(folder) and path.is_file()}


def facts(item: Item) -> tuple[Fact, ...]:
    """The facts bar: limit with the law's beside it, fee, visits, ways, for whom."""
    promised = "当场办结" if item.immediate else limit_text(item.promised) or "见说明"
    statutory = f"法律规定 {limit_text(item.statutory)}" if item.statutory else "法律没有规定时限"
    if item.immediate and not item.statutory:
        statutory = "即办件"
    fee = "不收费" if not item.fees else "收费"
    visits = "一次都不用跑" if item.visits.count == 0 else f"跑 {item.visits.count} 次"
    return (
        Fact("办理时限", promised, statutory),
        Fact("费用", fee, "" if not item.fees else fee_text(item)[:40]),
        Fact("跑动次数", visits, item.visits.reason or ""),
    )


def _page(portal: Portal, shown: Shown, own: Mapping[str, Path]) -> Output:
    code = shown.summary.code
    asked = letters.about_item(portal, code)

    def make() -> str:
        item = shown.item
        steps = flow_steps(item, portal.county.settings)
        files = {name: f"/items/{code}/files/{name}" for name in own}
        body = portal.body(
            "item.html",
            shown=shown,
            item=item,
            department=shown.department,
            facts=_all_facts(portal, item),
            steps=steps,
            picture=flow_picture(item, steps),
            files=files,
            has_form=shown.has_form,
            history=portal.changes.by_item.get(code, ()),
            places=_places(portal, shown),
            joint=[portal.unit_names.get(each, each) for each in item.joint_departments],
            words=WORDS,
            delivery="、".join(DELIVERY_WORDS[way] for way in item.result.delivery) if item.result else "",
            fee_rows=_fee_rows(item),
            result_words=RESULT_WORDS,
            depth_word=DEPTH_WORDS[item.depth],
            url=portal.county.url.rstrip("/") + shown.address,
            fee=fee_text(item),
            limit_words=limit_text,
            counting=counting_words(item),
            material_note=_material_note,
            asked=asked,
        )
        return portal.shell.render(
            item.name,
            body,
            description=item.purpose or f"{shown.department.name}：{item.name}的条件、材料、流程、时限和收费",
            section="do",
            breadcrumbs=(
                ("我要办", "/items/"),
                (shown.department.short_name, f"/departments/{item.department}/"),
                (item.name, ""),
            ),
        )

    others = " ".join(each.key for each in asked)
    key = f"{portal.stamp} {shown.key} {portal.changes.key_of(code)} {' '.join(own)} {others}"
    return Output(f"items/{code}/index.html", key, make)


def counting_words(item: Item) -> str:
    """How the days of its limits are counted; empty where there is nothing to count."""
    if item.immediate:
        return ""
    promised = item.promised.unit if item.promised else ""
    statutory = item.statutory.unit if item.statutory else ""
    if promised and statutory and promised != statutory:
        return f"我们承诺的时限，{_COUNTING[promised]}。法律规定的时限，{_COUNTING[statutory]}"
    return _COUNTING[promised or statutory or "workday"]


def _all_facts(portal: Portal, item: Item) -> tuple[Fact, ...]:
    ways = list(
        dict.fromkeys(
            WAY_WORDS.get(code, "") or portal.codes.label("handling", code) for code in item.handling
        )
    )
    return (*facts(item), Fact("办理形式", "、".join(ways) or "窗口"), Fact("适用对象", _who(item)))


def _who(item: Item) -> str:
    """For whom, in everyday words; the full list of kinds stands below."""
    kinds = set(item.applicants)
    others = kinds - {"1"}
    organisations = "企业" if others == {"2"} else "企业和单位" if "2" in others else "单位"
    if not kinds:
        return "不限"
    if not others:
        return "个人"
    return f"个人、{organisations}" if "1" in kinds else organisations


def _places(portal: Portal, shown: Shown) -> tuple[Place, ...]:
    """The places written down; where there are none, the accepting units and the service centre."""
    if shown.item.places:
        return shown.item.places
    found: list[Place] = []
    for unit_id in (*shown.item.accepting_units, portal.county.centre):
        unit = portal.reading.units.get(unit_id)
        if unit and unit.address and unit.name not in {place.name for place in found}:
            found.append(
                Place(
                    name=unit.name,
                    address=unit.address,
                    hours=unit.hours or "请先电话询问",
                    phone=unit.phone,
                    unit=unit.id,
                )
            )
    return tuple(found)


def _material_note(material: Material) -> str:
    """How many, in which form, from where: one line under a material."""
    forms = "、".join(WORDS[form] for form in material.forms)
    counts = [
        f"{n}{word}" for n, word in ((material.originals, "份原件"), (material.copies, "份复印件")) if n
    ]
    source = f"由{material.issuer}出具" if material.issuer else WORDS.get(material.source, "")
    return " · ".join(part for part in (forms, "、".join(counts), source) if part)


def _fee_rows(item: Item) -> list[tuple[str, str, str, str]]:
    reductions = [fee.reduction or ("可以减免" if fee.reducible else "不能减免") for fee in item.fees]
    return [
        (fee.name, fee.standard, fee.basis, reduction)
        for fee, reduction in zip(item.fees, reductions, strict=True)
    ]


def _paper(portal: Portal, shown: Shown, forms: bool) -> Iterator[Output]:
    item = shown.summary
    for name, title, filled in (("form", "空白表", False), ("sample", "填写样例", True)):
        yield portal.page(
            f"/items/{item.code}/{name}/",
            "paper_form.html",
            f"{title}：{item.name}",
            (shown.key,),
            section="do",
            crumbs=(("我要办", "/items/"), (item.name, shown.address), (title, "")),
            values=lambda filled=filled: {"sheet": _sheet(portal, shown, filled), "shown": shown},  # type: ignore[misc]
        )
    if forms:
        yield from _word_files(portal, shown)


def _word_files(portal: Portal, shown: Shown) -> Iterator[Output]:
    """The forms as Word files at the address where the handler makes them on demand."""
    from presentation.form_documents import blank_form_docx, filled_sample_docx

    context = (portal.county, portal.codes, shown.department.name)
    base = f"hall/forms/{shown.summary.code}"
    key = fingerprint(portal.stamp, shown.key)
    yield Output(f"{base}/blank.docx", key, lambda: blank_form_docx(shown.item, *context))
    yield Output(f"{base}/sample.docx", key, lambda: filled_sample_docx(shown.item, *context))


def _sheet(portal: Portal, shown: Shown, filled: bool) -> FormSheet:
    return form_sheet(shown.item, portal.county, portal.codes, shown.department.name, filled=filled)


def _history(portal: Portal, shown: Shown) -> Output:
    item = shown.summary
    return portal.page(
        f"/items/{item.code}/history/",
        "item_history.html",
        f"更新记录：{item.name}",
        (shown.key, portal.changes.key_of(item.code)),
        section="do",
        crumbs=(("我要办", "/items/"), (item.name, shown.address), ("更新记录", "")),
        values={"shown": shown, "changes": portal.changes.by_item.get(item.code, ())},
    )
