"""A FamiTracker that only tells when notes begin and end: the module played frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

from chipassets.chipfiles.ft_module import FtModule


@dataclass(frozen=True)
class Played:
    start_frame: int
    end_frame: int | None
    name: str
    volume: int
    instrument: str


def play_module(module: FtModule, frames: int) -> tuple[list[list[Played]], int | None]:
    """Notes of each channel within `frames`, and the frame at which the song was stopped."""
    names = {instrument.index: instrument.name for instrument in module.instruments}
    events: list[list[tuple[int, str, int, str]]] = [[] for _ in module.columns]
    place, row, speed, now = 0, 0, module.speed, 0
    while now < frames:
        jump, stop = None, False
        for channel, number in enumerate(module.order[place]):
            cell = module.patterns[number][row][channel]
            delay, cut = 0, None
            for effect in cell.effects:
                value = int(effect[1:], 16)
                if effect[0] == "F":
                    speed = value
                elif effect[0] == "B":
                    jump = value
                elif effect[0] == "D":
                    jump = (place + 1) % len(module.order) if jump is None else jump
                elif effect[0] == "C":
                    stop = True
                elif effect[0] == "G":
                    delay = value
                elif effect[0] == "S":
                    cut = value
            if cell.note != "...":
                name = names[cell.instrument] if cell.instrument is not None else ""
                events[channel].append((now + delay, cell.note, cell.volume or 0, name))
            if cut is not None:
                events[channel].append((now + delay + cut, "---", 0, ""))
        now += speed
        if stop:
            return [_notes(channel) for channel in events], now
        row += 1
        if jump is not None:
            place, row = jump, 0
        elif row == module.rows:
            place, row = (place + 1) % len(module.order), 0
    return [_notes(channel) for channel in events], None


def _notes(events: list[tuple[int, str, int, str]]) -> list[Played]:
    notes = []
    for number, (frame, name, volume, instrument) in enumerate(events):
        if name not in ("---", "==="):
            after = events[number + 1][0] if number + 1 < len(events) else None
            notes.append(Played(frame, after, name, volume, instrument))
    return notes
