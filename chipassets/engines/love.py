"""LÖVE 11: a module that queues intro and loop with sample accuracy."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.engines.kit import Exporter, Item, Music, template
from chipassets.engines.lua import lua_items


def love_items(music: Music) -> Iterator[Item]:
    """Yield the module `chipassets` with the music."""
    yield Item("chipassets/README.md", template("love", "README.md"))
    yield Item("chipassets/init.lua", template("love", "init.lua"))
    yield from lua_items(music, "chipassets")


def love_example(music: Music) -> Iterator[Item]:
    """Yield a game that plays it."""
    del music
    yield Item("main.lua", template("love", "example_main.lua"))


LOVE = Exporter("love", "LÖVE 11", ("ogg",), love_items, love_example)
