"""Queries that found nothing, made fit to be kept: whatever could name a person is taken out."""

from __future__ import annotations

import re

from search_index.text import clip_query, fold, is_word_char

MAX_KEPT_CHARS = 40
_MASK = "□"

_PATTERNS = (
    re.compile(r"https?://\S*|www\.\S*"),
    re.compile(r"[^\s@]+@[^\s@]+"),
    # Resident IDs (also with spaces between), credit codes, case numbers, phones with separators.
    re.compile(r"(?<![0-9a-z])(?=[0-9a-z]*\d[0-9a-z]*\d)[0-9a-z]{12,}(?![0-9a-z])"),
    re.compile(r"\+?\d(?:[\s\-.()]{0,2}\d){4,}x?"),
    re.compile(r"[〇零一二三四五六七八九幺两]{5,}"),
    # 微信号 / qq 之后的号。
    re.compile(
        r"(?:微信号?|qq号?|vx|账号|帐号|卡号|车牌号?|案号|单号)\s*[:\uff1a是为]?\s*[0-9a-z][0-9a-z_\-]{3,}"
    ),
    re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-z][·\s]?[0-9a-z]{5,6}"),
)

# Names follow these words; two to four characters, not counting what surely is no name.
_NAME_LEADS = re.compile(
    r"(?:我(?:的名字)?(?:叫做?|名叫)|本人(?:姓名)?(?:叫|是|为)?(?=[\u4e00-\u9fff]{2,3}(?:$|[\s,\uff0c。;\uff1b]))|姓名(?:是|为|[:\uff1a])?\s*"
    r"|名字(?:是|叫|为|[:\uff1a])\s*|名叫|(?:儿子|女儿|孩子|父亲|母亲|爸爸|妈妈|丈夫|妻子|老公|老婆|爷爷|奶奶|法人|申请人)(?:叫|名叫|姓名|是叫))"
    r"\s*([\u3400-\u9fff·]{2,4})"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢"
    "姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_TITLED = re.compile(rf"[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?:先生|女士|同志|小姐)")
_ADDRESS = re.compile(r"\d+(?:号楼|栋|幢|单元|室|号院|弄|号)[\d\-]*(?:室|房|户)?")


def _is_person(word: str, kind: str) -> bool:
    """What the tagger takes for a person's name. A word lost by mistake costs less than a name kept."""
    return kind.startswith("nr") and 2 <= len(word) <= 4 and word[0] in _SURNAMES


def scrub(query: str) -> str | None:
    """The query without personal data, at most 40 characters; None if nothing worth keeping is left.

    Taken out: numbers of five digits or more (also written apart or in Chinese), IDs and credit codes,
    phones, mail and web addresses, plates, house numbers, and names after 我叫, 姓名 and the like.
    """
    import rjieba

    text = fold(clip_query(query))
    for pattern in _PATTERNS:
        text = pattern.sub(_MASK, text)
    text = _NAME_LEADS.sub(lambda match: match.group(0)[: match.start(1) - match.start(0)] + _MASK, text)
    text = _TITLED.sub(_MASK, text)
    text = "".join(_MASK if _is_person(word, kind) else word for word, kind in rjieba.tag(text))
    text = _ADDRESS.sub(_MASK, text)
    text = re.sub(rf"(?:{_MASK}\s*)+", _MASK, text)
    kept = " ".join(text.split())[:MAX_KEPT_CHARS].strip()
    return kept if sum(map(is_word_char, kept)) >= 2 else None
