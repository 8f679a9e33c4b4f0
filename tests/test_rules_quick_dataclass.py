"""Dataclasses whose methods are written at their first call behave as the standard library's do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
from dataclasses import FrozenInstanceError, field, replace
from typing import Any, ClassVar

import pytest

from rules.quick_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Quick:
    """One of each kind of field."""

    name: str
    count: int = 0
    parts: tuple[str, ...] = field(default_factory=tuple)
    note: str = field(default="", compare=False, repr=False)
    kind: ClassVar[str] = "quick"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.strip())


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    """The same by the library."""

    name: str
    count: int = 0
    parts: tuple[str, ...] = field(default_factory=tuple)
    note: str = field(default="", compare=False, repr=False)
    kind: ClassVar[str] = "quick"

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.strip())


@dataclass(frozen=True, slots=True)
class More(Quick):
    """With a field more, and an order of its own."""

    last: str = "z"

    def __lt__(self, other: More) -> bool:
        return self.last < other.last


@dataclass(frozen=True, slots=True)
class Named:
    """Equal by its name alone, and shown its own way."""

    name: str
    shown: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True, slots=True)
class Unpickled:
    """Never made by its own __init__ before it is read back."""

    name: str


def test_values_defaults_and_what_follows_their_setting() -> None:
    quick, plain = Quick(" a ", parts=("b",)), Plain(" a ", parts=("b",))
    assert dataclasses.asdict(quick) == dataclasses.asdict(plain)  # type: ignore[call-overload]
    assert repr(quick) == repr(plain).replace("Plain", "Quick")
    assert [each.name for each in dataclasses.fields(Quick)] == [
        each.name for each in dataclasses.fields(Plain)
    ]
    assert Quick.__match_args__ == Plain.__match_args__
    assert Quick.kind == "quick"
    assert not hasattr(quick, "__dict__")


def test_equal_by_the_fields_that_count() -> None:
    assert Quick("a", 1, note="x") == Quick("a", 1, note="y")
    assert hash(Quick("a", 1, note="x")) == hash(Quick("a", 1, note="y"))
    assert Quick("a") != Quick("b")
    assert Quick("a") != Plain("a")
    assert len({Quick("a"), Quick(" a"), Quick("b")}) == 2


def test_own_methods_stay() -> None:
    assert Named("a", "x") == Named("a", "y")
    assert len({Named("a", "x"), Named("a", "y")}) == 1
    assert repr(Named("a")) == "<a>"


def test_nothing_can_be_set_or_deleted() -> None:
    quick: Any = Quick("a")
    with pytest.raises(FrozenInstanceError, match="name"):
        quick.name = "b"
    with pytest.raises(FrozenInstanceError):
        quick.other = "b"
    with pytest.raises(FrozenInstanceError, match="count"):
        del quick.count


def test_wrong_arguments_are_named_as_the_library_names_them() -> None:
    made: Any = Quick
    with pytest.raises(
        TypeError, match=r"Quick\.__init__\(\) missing 1 required positional argument: 'name'"
    ):
        made()
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        made("a", colour="red")


def test_copies_replacements_and_matching() -> None:
    quick = Quick("a", 2, ("b",), "n")
    assert copy.deepcopy(quick) == quick
    assert copy.copy(quick).note == "n"
    assert replace(quick, count=3) == Quick("a", 3, ("b",))
    match quick:
        case Quick("a", count):
            assert count == 2
        case _:
            raise AssertionError


def test_what_was_pickled_is_read_where_none_was_made() -> None:
    made = object.__new__(Unpickled)
    object.__setattr__(made, "name", "a")
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert hash(again) == hash(made)
    assert again.name == "a"


def test_a_class_that_inherits_adds_its_fields() -> None:
    assert More("a", last="b") < More("a")
    assert More("a") != Quick("a")
    assert repr(More(" a ")) == "More(name='a', count=0, parts=(), last='z')"


def test_threads_that_come_first_together_all_get_theirs() -> None:
    @dataclass(frozen=True, slots=True)
    class Raced:
        number: int

    found: list[Raced] = []
    ready = threading.Barrier(8)

    def make(number: int) -> None:
        ready.wait()
        found.append(Raced(number))

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {each.number for each in found} == set(range(8))


def test_other_options_are_the_librarys() -> None:
    with pytest.raises(TypeError):

        @dataclass(frozen=False, slots=True)
        class Loose:
            name: str
