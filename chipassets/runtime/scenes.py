"""The stack of scenes that a game is in, each with its requested moods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class SceneStack:
    """Scenes of a higher level lie over lower ones; those of the same level replace each other."""

    def __init__(self, levels: Mapping[str, int]) -> None:
        self._levels = levels
        self._entries: list[tuple[str, tuple[str, ...]]] = []

    @property
    def top(self) -> str:
        """The scene that the game is in, "" before the first."""
        return self._entries[-1][0] if self._entries else ""

    @property
    def moods(self) -> tuple[str, ...]:
        """The moods that the top scene was entered with."""
        return self._entries[-1][1] if self._entries else ()

    def __contains__(self, scene: str) -> bool:
        return any(scene == name for name, _ in self._entries)

    def enter(self, scene: str, moods: tuple[str, ...]) -> bool:
        """Put a scene on top, or return to it if it is in the stack.

        Return whether the top scene or its moods changed.
        """
        before = self._entries[-1:]
        level = self._levels.get(scene, 0)
        is_kept = scene in self
        while self._entries and self.top != scene:
            if not is_kept and self._levels.get(self.top, 0) < level:
                break
            self._entries.pop()
        if self._entries and self.top == scene:
            self._entries.pop()
        self._entries.append((scene, moods))
        return before != self._entries[-1:]

    @property
    def entries(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The scenes from the lowest to the top, each with its moods."""
        return tuple(self._entries)

    def restore(self, entries: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Replace the scenes by these, as `entries` returned them."""
        self._entries = list(entries)

    def leave(self) -> bool:
        """Remove the top scene, but not the last one; return whether one was removed."""
        if len(self._entries) < 2:
            return False
        self._entries.pop()
        return True

    def clear(self) -> None:
        """Remove all scenes."""
        self._entries.clear()
