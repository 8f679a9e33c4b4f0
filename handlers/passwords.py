"""Which new passwords are refused: too short, holding the login or name, or among those everybody tries first."""

from __future__ import annotations

import re

from handlers.store.people import check_password_rules
from rules.errors import Invalid

# Of ten characters and more, since shorter ones are refused anyway. What only adds digits or signs at the end
# of one of these, or writes letters as look-alikes, counts as the same.
_COMMON = frozenset(
    """
    1234567890 0123456789 0987654321 9876543210 12345678910 123123123 1234554321 1122334455 1234512345 112233445566
    11223344 123321123321 147258369 1472583690 159357159357 741852963 789456123 7894561230 123qweasd 123qweasdzxc
    1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc q1w2e3r4 q1w2e3r4t5 qazwsxedc qazwsxedcrfv zaq12wsx zaq1xsw2
    qwerty qwertyuiop qwertyui asdfghjkl asdfghjkl; zxcvbnm zxcvbnm,./ qwe123 qwe123qwe abc123 abc123456 abcd1234 a123456
    aa123456 abcdefghij abcdefg password passw0rd password1 passwordpassword letmein welcome welcomeback changeme
    changeit default secret administrator admin adminadmin admin123 root rootroot test testtest test1234 guest user
    iloveyou iloveyouforever woaini woaini1314 woaini520 woaiwojia 5201314 52013145201314 5211314 1314520 wodemima mima
    nihao nihaoma zhongguo chinachina beijing woshishui wangyi taobao sunshine princess football baseball superman
    dragon monkey master trustno1 starwars whatever michael computer internet samsung
    xiaoming xianting qinghe zhengwu zhengwufuwu dating gongzuo guest123
    """.split()  # noqa: SIM905
)
_LOOK_ALIKES = str.maketrans(
    {"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)
_ENDING = re.compile(r"[\d\W_]+$")


def check_new_password(password: str, again: str, login: str, name: str) -> None:
    """Raises Invalid with the fault at its field (`password` or `again`)."""
    check_password_rules(password, login, name)
    if is_common(password):
        message = "这个密码太常见，很容易被猜到。可以用几个不相干的词连起来，再加上数字"
        raise Invalid(message, {"password": message})
    if password != again:
        message = "两次填写的新密码不一样，请再填一遍"
        raise Invalid(message, {"again": message})


def is_common(password: str) -> bool:
    """Whether it is one of those everybody tries first, or one of them in disguise."""
    low = password.lower()
    forms = {low, _ENDING.sub("", low)}
    forms |= {each.translate(_LOOK_ALIKES) for each in forms}
    plain = {each.translate(_LOOK_ALIKES) for each in _COMMON if not each.isdigit()} | _COMMON
    return any(each in plain for each in forms if len(each) > 3)
