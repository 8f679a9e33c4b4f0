"""`dataclass(frozen=True, slots=True)` whose methods are written when one of them is first called.

The standard library writes and compiles six methods for a class when its module is loaded: half a millisecond, and a
handler loads two hundred classes of which it uses some dozens before its first answer. They are the library's own here
too, only later. Other options: `dataclasses.dataclass`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any, Literal, NoReturn

_LATER = ("__init__", "__repr__", "__eq__", "__hash__", "__getstate__", "__setstate__")

if TYPE_CHECKING:
    # To the type checker it is the library's.
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: Literal[True], slots: Literal[True]) -> Callable[[type], type]:
        """As the library's."""
        if not (frozen and slots):
            raise TypeError("frozen and slotted classes only")
        return _declared


def _declared(cls: type[Any]) -> type[Any]:
    """The class with its fields and slots, its methods still to be written."""
    # A class with an __eq__ of its own has None for its __hash__, and is given one by the library.
    later = [name for name in _LATER if cls.__dict__.get(name) is None]
    made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    methods = {name: _first_call(made, name, later) for name in later}
    for name, method in {**methods, "__setattr__": _no_setting, "__delattr__": _no_deleting}.items():
        setattr(made, name, method)
    return made


def _first_call(cls: type[Any], name: str, later: list[str]) -> Callable[..., Any]:
    """A method that has all of them written and goes on as the one it stands for."""

    def method(self: Any, *values: Any, **named: Any) -> Any:
        written = _written(cls)
        for each in later:
            setattr(cls, each, getattr(written, each))
        return getattr(cls, name)(self, *values, **named)

    return method


def _written(cls: type[Any]) -> type[Any]:
    """A class of the same fields with all its methods, by the library."""
    known = cls.__dataclass_fields__
    body = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__annotations__": {name: each.type for name, each in known.items()},
        **known,
    }
    if hasattr(cls, "__post_init__"):
        body["__post_init__"] = cls.__post_init__
    return dataclasses.dataclass(frozen=True, slots=True)(type(cls.__name__, (), body))


def _no_setting(self: object, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_deleting(self: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
