"""What in a free text could name a person or find them: found, told by kind, and masked before anything is public."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from rules.quick_dataclass import dataclass

KINDS = ("身份证号", "账号", "电话", "邮箱", "车牌号", "网络账号", "地址", "姓名", "指定词")


@dataclass(frozen=True, slots=True)
class Masked:
    """One stretch that was masked: what kind, and the words that stood there (shown to the reviewer only)."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class MaskedText:
    """The text as it may be public, and what is gone from it."""

    text: str
    found: tuple[Masked, ...]


_GAP = r"[\s\-—–_.·()*/\u200b]{0,4}"
_DIGITS = r"[0-9〇零一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖]"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼港澳"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢"
    "姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施"
    "牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗"
    "谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫"
    "费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝欧阳"
)
_TITLES = "先生|女士|同志|小姐|老师|主任|科长|局长|股长|所长|站长|书记|镇长|乡长|村长|队长|经理|医生|师傅|警官|法官|院长|校长|某"

# Words the tagger takes for names; places are told by what follows.
_NO_NAMES = re.compile(
    r"谢|许可|许愿|严|安全|安置|安装|高[中新速考龄]|成[功立本果]|明[天年确显]|沙|白天|黄[金色牌]|马上|常|平[方台时]|包[括装]|"
    r"文件|方[便式法案]|时[间候]|和|单[位元]|农[民村业]|党|路[面灯口段]|查|司|国|万|车|连|管|古|景|房|金|水"
)
_PLACES = tuple("村镇乡县市区路街河山湾桥屯坪塘寨庄")

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("邮箱", re.compile(r"[A-Za-z0-9._%+\-]+\s?@\s?[A-Za-z0-9.\-]+")),
    ("网络账号", re.compile(r"https?://\S+|www\.[A-Za-z0-9./?=&_%\-]+")),
    ("车牌号", re.compile(rf"[{_PROVINCES}]\s?[A-Za-z]\s?[·.\-]?\s?(?:[A-Za-z0-9]\s?){{4,5}}[A-Za-z0-9挂学警]")),
    (
        "网络账号",
        re.compile(
            r"(?:微信号?|(?i:qq号?|vx|wx|抖音号?)|网名|账号|帐号|卡号)\s*(?:[:：是为]|叫)?\s*([A-Za-z0-9][A-Za-z0-9_\-]{3,})"
        ),
    ),
    ("账号", re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{15,}(?![A-Za-z0-9])")),
    ("电话", re.compile(rf"(?:[一幺壹]{_GAP})(?:{_DIGITS}{_GAP}){{9}}{_DIGITS}")),
    ("电话", re.compile(rf"(?:{_DIGITS}){{7,}}")),
    (
        "地址",
        re.compile(
            r"(?:[\u4e00-\u9fffA-Za-z0-9]{0,12}?(?:小区|花园|家园|公寓|新村|大厦|广场|苑|里弄))?"
            r"[0-9A-Za-z一二三四五六七八九十百]{1,5}\s?(?:号楼|栋|幢|座|单元|弄)"
            r"(?:\s?[0-9A-Za-z一二三四五六七八九十]{1,5}\s?(?:单元|楼|层|室|号房?|户|门))*(?:\s?[0-9]{2,5}(?:室|房|户)?)?"
        ),
    ),
    (
        "地址",
        re.compile(
            r"[0-9A-Za-z一二三四五六七八九十百]{1,6}\s?(?:号院|号门|门牌|室|号(?![文令线次码召称楼]))"
            r"(?:\s?[0-9A-Za-z\-]{1,6}\s?(?:室|房|户|栋|单元))*"
        ),
    ),
    ("地址", re.compile(r"[0-9一二三四五六七八九十]{1,3}\s?(?:村民小)?组(?=[0-9村民的,，。;；、\s]|$)")),
)  # fmt: skip
# Digits that follow each other, however they are set apart: an ID, a phone, an account; seven make one.
_NUMBER = re.compile(rf"\+?[0-9](?:{_GAP}[0-9])*(?:\s?[Xx](?![A-Za-z]))?")
_DATE = re.compile(r"(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}(?:\s[0-9]{1,2})?")
LEAST_DIGITS = 7
_LEADS = (
    r"(?:我(?:的名字)?(?:叫做?|名叫)|姓名(?:是|为|[:：])?\s*|名字(?:是|叫|为|[:：])\s*|名叫|联系人(?:是|为|[:：])?\s*|本人"
    r"|署名(?:[:：])?\s*|(?:儿子|女儿|孩子|父亲|母亲|爸爸|妈妈|丈夫|妻子|老公|老婆|爷爷|奶奶|法人|户主|业主|房东|老板)(?:叫|名叫|姓名)?)"
    r"\s*"
)
_NAME_ENDS = r"(?=[^\u4e00-\u9fff]|$|[,，。;；、是的在说于因有和与电身家住到被去给向])"
_NAMED = re.compile(rf"{_LEADS}([{_SURNAMES}][\u4e00-\u9fff·]{{1,2}}){_NAME_ENDS}")
# What names carried over from other languages are written with.
_CARRIED = (
    "[阿艾安奥巴拜贝比毕博布卜察措达旦丹德迪顿多朵额恩尔嘎噶戈格贡古哈罕汗合赫呼吉加嘉江卡凯柯克库拉兰勒雷里力利丽莉琳鲁伦"
    "罗洛玛买麦曼米莫木穆娜纳乃尼妮努诺欧帕培普齐恰琼曲热仁茹萨赛桑色森沙苏索塔泰坦特腾提铁图吐托瓦旺维沃乌吾西希夏逊雅亚"
    "央耶叶依伊尤扎泽哲珠卓孜兹宗甫帖肯杜迭妥热则姆巧尕]"
)
_DOT = "[·•・‧]"
_NAMED_FROM_ELSEWHERE = re.compile(
    rf"{_LEADS}([\u4e00-\u9fff]{{2,8}}(?:\s?{_DOT}\s?"
    rf"(?:[\u4e00-\u9fff]{{1,5}}?{_NAME_ENDS}|{_CARRIED}{{1,8}}|[\u4e00-\u9fff]{{1,8}})){{1,3}}"
    # A full stop of half width is often just that.
    rf"|{_CARRIED}{{2,8}}\s?\.\s?{_CARRIED}{{1,8}}|{_CARRIED}{{3,8}}{_NAME_ENDS})"
)
_DOTTED = re.compile(rf"({_CARRIED}{{2,8}}(?:\s?{_DOT}\s?{_CARRIED}{{1,8}}){{1,3}})")
# What may stand between the characters of a known name: another dot than its own, a blank, nothing.
_BETWEEN = r"[^\S\n]{0,3}(?:[·•・‧.][^\S\n]{0,3})?"
_NOT_OF_A_NAME = re.compile(r"[\s·•・‧.]")
_TITLED = re.compile(rf"([{_SURNAMES}][\u4e00-\u9fff]{{0,2}}?)(?={_TITLES})")


def mask_text(text: str, names: Iterable[str] = (), words: Iterable[str] = ()) -> MaskedText:
    """The text with `○` words in place of what could name or find a person.

    `names`: names known to belong to the letter (its writer, who is complained about); `words`: what a person
    adds by hand. Numbers of seven digits and more go whole, also written apart, full-width or in Chinese.
    """
    folded = _folded(text)
    taken: list[tuple[int, int, str]] = []
    for kind, start, end in _stretches(folded, names, words):
        if not any(start < other_end and other_start < end for other_start, other_end, _ in taken):
            taken.append((start, end, kind))
    taken.sort()
    pieces: list[str] = []
    at = 0
    for start, end, kind in taken:
        pieces += (text[at:start], _stand_in(kind))
        at = end
    pieces.append(text[at:])
    return MaskedText("".join(pieces), tuple(Masked(kind, text[start:end]) for start, end, kind in taken))


def _stretches(folded: str, names: Iterable[str], words: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    for each in _longest_first(_folded(word).strip() for word in words):
        for match in re.finditer(re.escape(each), folded):
            yield "指定词", *match.span()
    for each in _longest_first(_NOT_OF_A_NAME.sub("", _folded(name)) for name in names):
        if len(each) >= 2:
            for match in re.finditer(_BETWEEN.join(map(re.escape, each)), folded):
                yield "姓名", *match.span()
    for match in _NUMBER.finditer(folded):
        digits = sum(char.isdigit() for char in match[0])
        if digits >= LEAST_DIGITS and not _DATE.fullmatch(match[0]):
            yield "身份证号" if digits in (15, 17, 18) else "电话" if digits < 14 else "账号", *match.span()
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(folded):
            yield kind, *match.span(match.re.groups if match.re.groups and match[match.re.groups] else 0)
    for pattern in (_NAMED_FROM_ELSEWHERE, _DOTTED, _NAMED, _TITLED):
        for match in pattern.finditer(folded):
            yield "姓名", *match.span(1)
    import rjieba

    at = 0
    for word, kind in rjieba.tag(folded):
        start = folded.find(word, at)
        if start < 0:
            continue
        at = start + len(word)
        # What the tagger takes for a person's name: a word lost by mistake costs less than a name kept.
        person = kind.startswith("nr") and 2 <= len(word) <= 4 and word[0] in _SURNAMES
        if person and not _NO_NAMES.match(word) and not folded.startswith(_PLACES, at):
            yield "姓名", start, at


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted({word for word in words if word}, key=lambda word: (-len(word), word))


def _stand_in(kind: str) -> str:
    return {"姓名": "某某", "地址": "（地址略）", "指定词": "（略）"}.get(kind, f"（{kind}略）")


def _folded(text: str) -> str:
    """Full-width letters and digits levelled, one character for one, so that places stay what they were."""
    return "".join(_level(char) for char in text)


def _level(char: str) -> str:
    level = unicodedata.normalize("NFKC", char)
    return level if len(level) == 1 else char
