"""A part of an object that is made when it is first asked for: a handler alone starts without what it never uses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class MadeOnce(Generic[T]):
    """Like `functools.cached_property`, and threads that ask at once get one and the same thing."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> MadeOnce[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> MadeOnce[T] | T:
        # What is made lies in the instance under the same name, and is found there from then on.
        if instance is None:
            return self
        with self._lock:
            kept: dict[str, T] = instance.__dict__
            if self._name not in kept:
                kept[self._name] = self._make(instance)
            return kept[self._name]


def made_once(make: Callable[[Any], T]) -> MadeOnce[T]:
    """Marks the method that makes it; its type is that of the method's answer."""
    return MadeOnce(make)
