"""Frozen values like dataclasses, without the time that importing dataclasses takes."""

from __future__ import annotations

from typing import ClassVar, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Value:
    """A frozen record: a subclass lists its fields in order, the last ones with defaults.

    Two values of one class are equal if their fields are. Type checkers treat it as a dataclass;
    the module `dataclasses` imports `inspect`, and compiles every class again in every process.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, object]] = {}

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(cls.__annotations__)
        cls._defaults = {name: vars(cls)[name] for name in cls._fields if name in vars(cls)}

    def __init__(self, *values: object, **named: object) -> None:
        placed = dict(zip(self._fields, values, strict=False))
        fields = {**self._defaults, **placed, **named}
        is_twice = len(placed) < len(values) or not placed.keys().isdisjoint(named)
        if is_twice or fields.keys() != set(self._fields):
            given = ", ".join([*placed, *named])
            takes = ", ".join(self._fields)
            raise TypeError(f"{type(self).__name__} takes {takes}; given were {given}")
        self.__dict__.update(fields)
        self._check()

    def _check(self) -> None:
        """Raise ValueError for fields that do not fit together."""

    def replace(self, **changes: object) -> Self:
        """Return a copy with these fields replaced; raises TypeError for an unknown field."""
        return type(self)(**{**self.__dict__, **changes})

    def __setattr__(self, name: str, _value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen; {name!r} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__[name] for name in self._fields))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._fields)
        return f"{type(self).__name__}({fields})"
