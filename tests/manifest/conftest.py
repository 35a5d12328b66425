"""A folder to write manifests and MIDI files in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import mido
import pytest

from chipassets.errors import ManifestError, Problem
from chipassets.manifest import Manifest, load_manifest

Load = Callable[[str], Manifest]
Refuse = Callable[[str | bytes], tuple[Problem, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a manifest from its text."""

    def write_and_load(text: str) -> Manifest:
        path = tmp_path / "game.yaml"
        path.write_text(text, encoding="utf-8")
        return load_manifest(path)

    return write_and_load


@pytest.fixture
def refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Return the problems of a manifest; `where` starts with game.yaml."""
    monkeypatch.chdir(tmp_path)

    def write_and_refuse(text: str | bytes) -> tuple[Problem, ...]:
        path = Path("game.yaml")
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(ManifestError) as caught:
            load_manifest(path)
        return caught.value.problems

    return write_and_refuse


def write_midi(
    path: Path,
    notes: list[tuple[int, int, int]],
    *,
    channel: int = 0,
    ticks_per_beat: int = 480,
    kind: int = 1,
    metres: Sequence[tuple[int, int, int]] = (),
) -> None:
    """Write notes (start tick, end tick, pitch) as a MIDI file of format `kind`.

    metres: (tick, numerator, denominator), in a track of their own.
    """
    events = sorted(
        event
        for start, end, pitch in notes
        for event in ((start, 1, pitch), (end, 0, pitch))
    )  # fmt: skip
    track, now = mido.MidiTrack(), 0
    for tick, is_on, pitch in events:
        kind_name = "note_on" if is_on else "note_off"
        track.append(mido.Message(kind_name, note=pitch, channel=channel, time=tick - now))
        now = tick
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat)
    if metres:
        file.tracks.append(mido.MidiTrack())
        for at, (tick, above, below) in enumerate(metres):
            since = tick - metres[at - 1][0] if at else tick
            signature = mido.MetaMessage("time_signature", numerator=above, denominator=below)
            file.tracks[0].append(signature.copy(time=since))
    file.tracks.append(track)
    file.save(path)
