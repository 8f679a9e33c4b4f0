"""The statutory holidays of a year, for years whose working calendar is not published yet.

Source of the rules: 全国年节及纪念日放假办法, art. 2, as amended 2007, 2013 and 2024. The lunar dates were
generated once and agree in three independent implementations (borax 4.1, cnlunar 0.2, lunardate 0.2) and with
the State Council's notices of 2018–2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

# Month and day of 正月初一 (春节), 清明, 端午 and 中秋, as MMDD.
LUNAR_FESTIVALS: Mapping[int, tuple[int, int, int, int]] = MappingProxyType(
    {
        2008: (207, 404, 608, 914),
        2009: (126, 404, 528, 1003),
        2010: (214, 405, 616, 922),
        2011: (203, 405, 606, 912),
        2012: (123, 404, 623, 930),
        2013: (210, 404, 612, 919),
        2014: (131, 405, 602, 908),
        2015: (219, 405, 620, 927),
        2016: (208, 404, 609, 915),
        2017: (128, 404, 530, 1004),
        2018: (216, 405, 618, 924),
        2019: (205, 405, 607, 913),
        2020: (125, 404, 625, 1001),
        2021: (212, 404, 614, 921),
        2022: (201, 405, 603, 910),
        2023: (122, 405, 622, 929),
        2024: (210, 404, 610, 917),
        2025: (129, 404, 531, 1006),
        2026: (217, 405, 619, 925),
        2027: (206, 405, 609, 915),
        2028: (126, 404, 528, 1003),
        2029: (213, 404, 616, 922),
        2030: (203, 405, 605, 912),
        2031: (123, 405, 624, 1001),
        2032: (211, 404, 612, 919),
        2033: (131, 404, 601, 908),
        2034: (219, 405, 620, 927),
        2035: (208, 405, 610, 916),
        2036: (128, 404, 530, 1004),
        2037: (215, 404, 618, 924),
        2038: (204, 405, 607, 913),
        2039: (124, 405, 527, 1002),
        2040: (212, 404, 614, 920),
        2041: (201, 404, 603, 910),
        2042: (122, 404, 622, 928),
        2043: (210, 405, 611, 917),
        2044: (130, 404, 531, 1005),
        2045: (217, 404, 619, 925),
        2046: (206, 404, 608, 915),
        2047: (126, 405, 529, 1004),
        2048: (214, 404, 615, 922),
        2049: (202, 404, 604, 911),
        2050: (123, 404, 623, 930),
        2051: (211, 405, 613, 919),
        2052: (201, 404, 601, 907),
        2053: (219, 404, 620, 926),
        2054: (208, 404, 610, 916),
        2055: (128, 405, 530, 1005),
        2056: (215, 404, 617, 924),
        2057: (204, 404, 606, 913),
        2058: (124, 404, 625, 1002),
        2059: (212, 405, 614, 921),
        2060: (202, 404, 603, 909),
    }
)


@cache
def statutory_holidays(year: int) -> Mapping[date, str]:
    """The holidays of all citizens in a year by name, without any exchange of rest days.

    A holiday that falls on a weekend is given back on a working day (art. 6), but which one is for the
    State Council's notice to say; until then it is not counted, so a provisional due date is never too late.
    Outside 2008–2060 the lunar festivals are left out.
    """
    found = {date(year, 1, 1): "元旦", date(year, 5, 1): "劳动节"}
    if year >= 2025:
        found[date(year, 5, 2)] = "劳动节"
    found |= {date(year, 10, day): "国庆节" for day in (1, 2, 3)}
    lunar = LUNAR_FESTIVALS.get(year)
    if lunar is not None:
        spring, qingming, dragon_boat, mid_autumn = (date(year, *divmod(each, 100)) for each in lunar)
        found |= dict.fromkeys(_spring_festival(year, spring), "春节")
        found |= {qingming: "清明节", dragon_boat: "端午节"}
        # 中秋 can fall on a day of 国庆节; both names are told then.
        found[mid_autumn] = "国庆节、中秋节" if mid_autumn in found else "中秋节"
    return MappingProxyType(found)


def _spring_festival(year: int, first: date) -> list[date]:
    """除夕 counts 2008–2013 and again from 2025; 2014–2024 it was 初一 to 初三."""
    if year >= 2025:
        offsets = range(-1, 3)
    elif year >= 2014:
        offsets = range(3)
    else:
        offsets = range(-1, 2)
    return [first + timedelta(days=offset) for offset in offsets]
