"""What a pickle says, without doing it.

A pickle is a program: it names functions and has them called. ``pickle.Unpickler`` with a
``find_class`` that admits few names (https://docs.python.org/3/library/pickle.html) still leaves to
the file how often they are called, on what, and how much memory that takes. Here nothing is
imported and nothing is called: the few instructions that arrays need are followed, a name stays a
name, and a call becomes a record of it, for someone else to judge.
"""

import pickletools
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from mmnotes.errors import InputError

MAX_INSTRUCTIONS = 10_000  # a sparse matrix takes about 150

_PUSHED = {
    *("BININT", "BININT1", "BININT2", "LONG1"),
    *("BINUNICODE", "SHORT_BINUNICODE"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_SKIPPED = {"PROTO", "FRAME"}


class Name(NamedTuple):
    """A function or class that a pickle names. Nothing of it is imported."""

    module: str
    name: str


@dataclass(eq=False)
class Call:
    """What a pickle would have made: ``name(*args)``, then given this state."""

    name: Name
    args: tuple
    state: Any = None


@dataclass(frozen=True, eq=False)
class Stored:
    """What a pickle says lies elsewhere, as the tensors of a torch file do."""

    key: Any


def records(content: bytes, names: Collection[Name], file: Path) -> Any:
    """What does this pickle describe?

    Parameters
    ----------
    content : bytes
        A pickle of protocol 2 to 5.
    names : collection of Name
        The names that it may hold.
    file : Path
        For messages.

    Returns
    -------
    None, bool, int, str, bytes, bytearray, tuple, dict, Name, Call or Stored
        The containers hold the same. They can be nested deeply and share parts, so don't compare,
        hash or print them whole.

    Raises
    ------
    InputError
        If it holds a name or an instruction that is not admitted, is too long, or makes no sense.

    Examples
    --------
    >>> import pickle
    >>> records(pickle.dumps({"n": (1, b"two")}), names=(), file=Path("a.pkl"))
    {'n': (1, b'two')}
    >>> records(pickle.dumps(print), names=(), file=Path("a.pkl"))
    Traceback (most recent call last):
    mmnotes.errors.InputError: a.pkl: is a pickle that names 'builtins.print', which ...
    """
    machine = _Machine(names)
    try:
        # pickletools warns of odd texts in instructions that are refused here anyway.
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            for count, (instruction, argument, place) in enumerate(pickletools.genops(content)):
                if count == 0 and instruction.name != "PROTO":
                    raise _Refused("is older than protocol 2: save it again with protocol=4")
                if count == MAX_INSTRUCTIONS:
                    raise _Refused(f"has more than {MAX_INSTRUCTIONS} instructions")
                machine.step(instruction.name, argument)
                if instruction.name == "STOP" and place != len(content) - 1:
                    raise _Refused("goes on after its end")
    except _Refused as refused:
        raise InputError(f"{file}: is a pickle that {refused}; {_ADVICE}") from None
    # What pickletools, a stack that is empty or an odd operand stumble over.
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise InputError(f"{file}: not a whole pickle ({error}); fetch it again") from None
    return machine.stack[0]


_ADVICE = "pickles can run code, so only plain matrices are read from them"


class _Refused(Exception):
    """Why a pickle is not read; follows "is a pickle that"."""


class _Machine:
    """The stack, the marks in it, and the memo (see ``pickletools``)."""

    def __init__(self, names: Collection[Name]) -> None:
        self._names = names
        self.stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._rest: dict[str, Callable[[Any], None]] = {
            "MARK": lambda _: self._marks.append(len(self.stack)),
            "TUPLE": lambda _: self.stack.append(tuple(self._since_mark())),
            "EMPTY_DICT": lambda _: self.stack.append({}),
            "SETITEM": lambda _: self._set(self._pop(2)),
            "SETITEMS": lambda _: self._set(self._since_mark()),
            "BINPUT": self._remember,
            "LONG_BINPUT": self._remember,
            "MEMOIZE": lambda _: self._remember(len(self._memo)),
            "BINGET": self._recall,
            "LONG_BINGET": self._recall,
            "GLOBAL": lambda both: self._name(*both.split(" ", 1)),
            "STACK_GLOBAL": lambda _: self._name(*self._pop(2)),
            "NEWOBJ": lambda _: self._call(*self._pop(2)),
            "REDUCE": lambda _: self._call(*self._pop(2)),
            "BUILD": lambda _: self._build(*self._pop(2)),
            "BINPERSID": lambda _: self.stack.append(Stored(*self._pop(1))),
            "STOP": lambda _: self._stop(),
        }

    def step(self, instruction: str, argument: Any) -> None:
        if instruction in _PUSHED:
            self.stack.append(argument)
        elif instruction in _CONSTANTS:
            self.stack.append(_CONSTANTS[instruction])
        elif instruction in _TUPLES:
            self.stack.append(tuple(self._pop(_TUPLES[instruction])))
        elif instruction in self._rest:
            self._rest[instruction](argument)
        elif instruction not in _SKIPPED:
            raise _Refused(f"holds the instruction {instruction}, which no matrix needs")

    def _pop(self, n: int) -> list[Any]:
        floor = self._marks[-1] if self._marks else 0
        if len(self.stack) - n < floor:
            raise _Refused("takes more from the stack than it put there")
        popped = self.stack[len(self.stack) - n :]
        del self.stack[len(self.stack) - n :]
        return popped

    def _since_mark(self) -> list[Any]:
        start = self._marks.pop()
        popped = self.stack[start:]
        del self.stack[start:]
        return popped

    def _set(self, pairs: list[Any]) -> None:
        keys, values = pairs[::2], pairs[1::2]
        target = self.stack[-1]
        if type(target) is not dict or len(keys) != len(values):
            raise _Refused("sets items of what is no dictionary")
        # Hashing nested tuples that share their parts would take for ever.
        if any(type(key) is not str for key in keys):
            raise _Refused("has a dictionary with keys that are no text")
        target.update(zip(keys, values, strict=True))

    def _remember(self, index: int) -> None:
        self._memo[index] = self.stack[-1]

    def _recall(self, index: int) -> None:
        self.stack.append(self._memo[index])

    def _name(self, module: Any, name: Any) -> None:
        if type(module) is not str or type(name) is not str:
            raise _Refused("names something by what is no text")
        found = Name(module, name)
        if found not in self._names:
            raise _Refused(f"names {f'{module}.{name}'[:100]!r}, which no matrix needs")
        self.stack.append(found)

    def _call(self, name: Any, args: Any) -> None:
        if type(name) is not Name or type(args) is not tuple:
            raise _Refused("calls what is no name")
        self.stack.append(Call(name, args))

    def _build(self, target: Any, state: Any) -> None:
        if type(target) is not Call or target.state is not None:
            raise _Refused("sets the state of what has none, or has one")
        target.state = state
        self.stack.append(target)

    def _stop(self) -> None:
        if len(self.stack) != 1:
            raise _Refused("ends with other than one object")
