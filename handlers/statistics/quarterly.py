"""The quarterly report (季度通报): sentences and tables from the figures, preface and conclusions from a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from catalog.statistics import Measure
from handlers.casework.ground import Ground
from handlers.statistics.asking import Asked
from handlers.statistics.measuring import Measuring
from handlers.statistics.overdue import OverdueCase, OverdueCases, overdue_cases
from handlers.statistics.tables import Figure, Line, Table
from handlers.store import reports
from handlers.store.database import Database
from handlers.store.reports import QuarterlyText
from presentation.charts import number_text
from presentation.dates import date_cn
from presentation.reports import Head, ReportDocument, ReportSection, ReportTable
from rules.errors import Invalid
from rules.quick_dataclass import dataclass
from rules.score_periods import Period
from rules.statistics import SMALL, Window, window
from rules.time import local_date

WORK = ("filed", "closed", "decided", "on_time_rate", "agency_p50", "agency_p90", "total_p50", "total_p90")
WATCH = (
    "warnings",
    "yellow_cards",
    "red_cards",
    "revoked_cards",
    "orders",
    "late_explanations",
    "appeals",
    "appeals_revoked",
)
PAUSES = ("specials", "extensions", "supplement_notices", "paused_days")
VOICE = ("consultations", "complaints", "letters_answered", "late_answer_rate", "ratings", "satisfaction")
LEVELS = (
    "depth_1",
    "depth_2",
    "depth_3",
    "social_online",
    "online_closure_rate",
    "item_few_visits",
    "compression",
)
LONGEST = {"number": 40, "addressee": 200, "preface": 4000, "conclusions": 4000}
MOST_OVERDUE = 200


@dataclass(frozen=True, slots=True)
class Quarterly:
    """The report, what a person wrote of it, and the table of departments behind it."""

    period: Period
    window: Window
    text: QuarterlyText
    document: ReportDocument
    work: Table
    watch: Table
    overdue: OverdueCases


def made(measuring: Measuring, database: Database, ground: Ground, period: str, now: datetime) -> Quarterly:
    """The report of `2026Q4` as the data stand. Raises Invalid for anything but a quarter that has begun."""
    quarter = Period.parse(period)
    if quarter.span != "quarter":
        raise Invalid("季度通报按季写，例如 2026Q4。")
    found = window(period, local_date(now))

    def table(names: Sequence[str], group: str = "department") -> Table:
        own = tuple(each for each in names if each in measuring.definitions.measures)
        return measuring.table(Asked(own, group, period), now)

    work, watch, pauses = table(WORK), table(WATCH), table(PAUSES)
    voice, levels = table(VOICE), table(LEVELS, "")
    overdue = overdue_cases(database, ground, found, now, MOST_OVERDUE)
    text = reports.quarterly(database, quarter.text) or _blank(ground, quarter)
    sections = (
        ReportSection("总体情况", tuple(_overall(work))),
        ReportSection("各部门办件情况", tuple(_better_and_worse(work)), (_table(work, "各部门办件情况"),)),
        ReportSection(
            "监察情况", tuple(_watched(watch)), (_table(watch, "预警、发牌和督办", only_busy=True),)
        ),
        ReportSection(
            "暂停和补正", tuple(_paused(pauses)), (_table(pauses, "暂停、延期和补正", only_busy=True),)
        ),
        ReportSection("群众来信和评价", tuple(_heard(voice)), (_table(voice, "来信和评价", only_busy=True),)),
        ReportSection("服务水平指标", tuple(_met(levels)), (_targets(levels),)),
        ReportSection("超期办件", tuple(_late(overdue, found)), _late_table(overdue.rows)),
    )
    document = ReportDocument(
        title=f"关于{quarter.label}政务服务效能监察情况的通报",
        issuer=_issuer(ground),
        number=text.number,
        date=local_date(now),
        addressee=text.addressee,
        sections=sections,
        preface=_lines(text.preface),
        closing=_lines(text.conclusions),
        draft=f"草稿：本季还没有结束，数据到{date_cn(found.last, weekday=False)}" if found.running else "",
    )
    return Quarterly(quarter, found, text, document, work, watch, overdue)


def check_text(text: QuarterlyText) -> None:
    """Raises Invalid for what is empty or too long."""
    if Period.parse(text.period).span != "quarter":
        raise Invalid("季度通报按季写，例如 2026Q4。")
    errors = {}
    for name, most in LONGEST.items():
        value = getattr(text, name)
        if len(value) > most:
            errors[name] = f"最多{most}个字，现在{len(value)}个"
        elif name in ("number", "addressee") and not value.strip():
            errors[name] = "这一项要写"
    if errors:
        raise Invalid("请改正下面几处", errors)


def _blank(ground: Ground, quarter: Period) -> QuarterlyText:
    place = quarter.first.month // 3 + 1
    preface = (
        f"现将{quarter.label}全县政务服务办件和电子监察情况通报如下。"
        "数据来自县网上政务服务大厅的办件记录，演练办件不计入；各项数字的算法见脚注。"
    )
    conclusions = "请各单位对照本通报查找原因，对超期办件逐件说明并整改；对数据有异议的，可以向本室提出核对。"
    return QuarterlyText(
        quarter.text,
        f"{ground.county.document_word}效监〔{quarter.first.year}〕{place}号",
        "各乡镇人民政府、县政府各部门",
        preface, conclusions, None, "", 0,
    )  # fmt: skip


def _issuer(ground: Ground) -> str:
    name, county = ground.county.supervisor_name, ground.county.name
    return name if name.startswith(county) else county + name


def _overall(work: Table) -> Iterator[str]:
    of = {each.id: figure for each, figure in zip(work.measures, work.total.figures, strict=True)}
    if not of["filed"].number and not of["closed"].number:
        yield f"{work.window.label}没有收件和办结记录。"
        return
    yield (
        f"{work.window.label}，全县收件{_said(of['filed'], '件')}{_against(of['filed'], work)}；"
        f"办结{_said(of['closed'], '件')}{_against(of['closed'], work)}，其中作出决定{_said(of['decided'], '件')}。"
    )
    if of["on_time_rate"].value is None:
        yield "没有作出决定的办件，按时办结率和用时不计算。"
        return
    yield (
        f"按时办结率{_said(of['on_time_rate'], '%', 1)}{_against(of['on_time_rate'], work)}。"
        f"部门用时（扣除暂停）中位数{_said(of['agency_p50'], '个工作日')}，九成办件不超过{_said(of['agency_p90'], '个工作日')}；"
        f"群众从提交到拿到决定的等待（不扣暂停）中位数{_said(of['total_p50'], '个工作日')}，"
        f"九成不超过{_said(of['total_p90'], '个工作日')}。"
    )
    if of["decided"].number < SMALL:
        yield f"本季作出决定的办件不到{SMALL}件，占比和用时容易受个别办件影响，仅供参考。"


def _better_and_worse(work: Table) -> Iterator[str]:
    """Who improved and who fell, by the rate in time; only where thirty cases stand on either side."""
    place = work.asked.measures.index("on_time_rate")
    compared: list[tuple[float, Line, Figure]] = []
    few = []
    for line in work.lines:
        figure = line.figures[place]
        if figure.value is None:
            continue
        if figure.last is None or figure.last.small:
            few.append(line.label)
        else:
            compared.append((figure.last.absolute, line, figure))
    earlier = "" if work.earlier is None else work.earlier.label
    better = sorted((each for each in compared if each[0] > 0), key=lambda each: -each[0])
    worse = sorted((each for each in compared if each[0] < 0), key=lambda each: each[0])
    if better:
        yield (
            f"与{earlier}相比，按时办结率提高的有{len(better)}个部门："
            + "；".join(_moved(*each) for each in better)
            + "。"
        )
    if worse:
        yield f"按时办结率下降的有{len(worse)}个部门：" + "；".join(_moved(*each) for each in worse) + "。"
    same = [line.label for change, line, _ in compared if not change]
    if same:
        yield f"与{earlier}持平的：{'、'.join(same)}。"
    if few:
        yield f"{'、'.join(few)}本季或上季作出决定的办件不到{SMALL}件，只列数字，不作升降评价。"
    if not compared and not few:
        yield "本季没有部门作出决定的办件。"


def _moved(points: float, line: Line, figure: Figure) -> str:
    assert figure.last is not None
    word = "提高" if points > 0 else "下降"
    return (
        f"{line.label}由{figure.last.earlier:.1f}%到{figure.last.later:.1f}%（{word}{abs(points):.1f}个百分点，"
        f"本季{figure.number}件）"
    )


def _watched(watch: Table) -> Iterator[str]:
    of = {each.id: figure for each, figure in zip(watch.measures, watch.total.figures, strict=True)}
    yield (
        f"发出预警{_said(of['warnings'], '张')}、黄牌{_said(of['yellow_cards'], '张')}、红牌{_said(of['red_cards'], '张')}；"
        f"申诉或复核后撤销{_said(of['revoked_cards'], '张')}，另行统计，不计入前面的数。"
        f"发出督办通知书{_said(of['orders'], '件')}，逾期说明{_said(of['late_explanations'], '件')}；"
        f"收到申诉{_said(of['appeals'], '件')}，审结后撤销{_said(of['appeals_revoked'], '件')}。"
    )
    place = watch.asked.measures.index("red_cards")
    red = [(line.figures[place].value or 0, line.label) for line in watch.lines if line.figures[place].value]
    if red:
        named = "、".join(f"{label}{count:.0f}张" for count, label in sorted(red, reverse=True))
        yield f"红牌涉及：{named}。"


def _paused(pauses: Table) -> Iterator[str]:
    of = {each.id: figure for each, figure in zip(pauses.measures, pauses.total.figures, strict=True)}
    yield (
        f"开始特别程序{_said(of['specials'], '次')}，批准延期{_said(of['extensions'], '次')}，"
        f"发出补正告知{_said(of['supplement_notices'], '次')}。办结的件因特别程序停止计时合计{_said(of['paused_days'], '个工作日')}，"
        "这些时间群众仍在等待，已计入上面的群众等待时间。"
    )


def _heard(voice: Table) -> Iterator[str]:
    of = {each.id: figure for each, figure in zip(voice.measures, voice.total.figures, strict=True)}
    yield (
        f"收到咨询{_said(of['consultations'], '封')}、投诉{_said(of['complaints'], '封')}，答复{_said(of['letters_answered'], '封')}"
        + (f"，逾期答复率{_said(of['late_answer_rate'], '%', 1)}" if of["late_answer_rate"].value is not None else "")
        + f"。群众评价{_said(of['ratings'], '次')}"
        + (f"，满意率{_said(of['satisfaction'], '%', 1)}。" if of["satisfaction"].value is not None else "，没有可以计算的满意率。")
    )  # fmt: skip
    if 0 < of["ratings"].number < SMALL:
        yield f"评价不到{SMALL}次，满意率仅供参考。"


def _met(levels: Table) -> Iterator[str]:
    met, missed, unknown = [], [], []
    for measure, figure in zip(levels.measures, levels.total.figures, strict=True):
        target = levels.targets.get(measure.id)
        if target is None:
            continue
        if figure.value is None:
            unknown.append(measure.label)
        elif target.met(figure.value):
            met.append(measure.label)
        else:
            short = abs(target.value - figure.value)
            missed.append(f"{measure.label}（差{short:.1f}个百分点）")
    parts = [
        f"达到目标的：{'、'.join(met)}" if met else "",
        f"没有达到目标的：{'、'.join(missed)}" if missed else "",
    ]
    parts.append(f"没有数据、不作评价的：{'、'.join(unknown)}" if unknown else "")
    yield "；".join(each for each in parts if each) + "。"


def _late(overdue: OverdueCases, found: Window) -> Iterator[str]:
    if not overdue.total:
        yield f"{found.label}没有超期作出决定的办件，现在也没有超过承诺期限还在办的件。"
        return
    shown = len(overdue.rows)
    more = f"清单较长，只列最先到期的{shown}件。" if shown < overdue.total else ""
    yield (
        f"本季超期作出决定和现在已过承诺期限还在办的共{overdue.total}件，其中还在办的{overdue.running}件。"
        f"{more}清单不列申请人和办件编号。"
    )


def _late_table(overdue: Sequence[OverdueCase]) -> tuple[ReportTable, ...]:
    if not overdue:
        return ()
    heads = ("序号", "部门", "事项", "受理日", "承诺到期日", "办结日", "超期工作日")
    rows = tuple(
        (
            str(place), each.department, each.item, f"{each.accepted:%Y-%m-%d}" if each.accepted else "—",
            f"{each.due:%Y-%m-%d}", f"{each.closed:%Y-%m-%d}" if each.closed else "还在办", str(each.over),
        )
        for place, each in enumerate(overdue, 1)
    )  # fmt: skip
    numeric = (True, False, False, True, True, True, True)
    return (
        ReportTable(
            "超期办件清单", tuple(Head(h, numeric=n) for h, n in zip(heads, numeric, strict=True)), rows
        ),
    )


def _table(table: Table, title: str, only_busy: bool = False) -> ReportTable:
    heads = [Head(table.group_label, numeric=False)]
    heads += [Head(f"{each.label}（{each.unit}）", f"{each.label}：{each.how}") for each in table.measures]
    lines = [line for line in table.lines if any(figure.number or figure.value for figure in line.figures)]
    quiet = [line.label for line in table.lines if line not in lines]
    note = f"没有记录的：{'、'.join(quiet)}。" if quiet and not only_busy else ""
    return ReportTable(
        title,
        tuple(heads),
        tuple(_row(table.measures, line) for line in lines),
        _row(table.measures, table.total),
        note,
    )


def _row(measures: Sequence[Measure], line: Line) -> tuple[str, ...]:
    cells = (
        number_text(figure.value, measure.digits) + ("*" if figure.small else "")
        for measure, figure in zip(measures, line.figures, strict=True)
    )
    return (line.label, *cells)


def _targets(levels: Table) -> ReportTable:
    rows = []
    for measure, figure in zip(levels.measures, levels.total.figures, strict=True):
        target = levels.targets.get(measure.id)
        reached = (
            "" if target is None or figure.value is None else "达到" if target.met(figure.value) else "未达到"
        )
        rows.append(
            (
                measure.label, number_text(figure.value, measure.digits), f"{target.value:g}" if target else "—",
                reached or "—", target.source if target else measure.source,
            )
        )  # fmt: skip
    heads = (
        Head("指标", numeric=False),
        Head("本县（%）"),
        Head("目标（%）"),
        Head("结果", numeric=False),
        Head("目标出处", numeric=False),
    )
    return ReportTable("服务水平指标", heads, tuple(rows))


def _said(figure: Figure, unit: str, digits: int = 0) -> str:
    return "—" if figure.value is None else f"{number_text(figure.value, digits)}{unit}"


def _against(figure: Figure, table: Table) -> str:
    """（比上季增加12件，比去年同期减少3.2%）; what cannot be compared is left out."""
    told = []
    for change, earlier in ((figure.last, table.earlier), (figure.year, table.year)):
        if change is None or earlier is None:
            continue
        if change.relative is None and not change.earlier:
            continue
        much = (
            f"{abs(change.relative):.1f}%"
            if change.relative is not None
            else f"{abs(change.absolute):.1f}个百分点"
        )
        word = "持平" if not change.absolute else ("增加" if change.absolute > 0 else "减少") + much
        told.append(f"比{earlier.label}{word}")
    return f"（{'，'.join(told)}）" if told else ""


def _lines(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.splitlines() if each.strip())
