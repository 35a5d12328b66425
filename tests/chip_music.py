"""Music and plans that the arranger's and the renderer's tests make for themselves."""

from __future__ import annotations

from dataclasses import replace

from chipassets.chips.registers import RegisterLog, Write
from chipassets.music.keys import parse_key
from chipassets.music.score import Note, Score, Section, ordered
from chipassets.plan.trackplan import Character, Range, TrackPlan

_ANY = Range(0.0, 1.0)
CHARACTER = Character(_ANY, _ANY, _ANY, "rock", "reed", "square", "triangle")
CPU_HZ = 236_250_000 / 132

_MELODY = (69, 72, 71, 69, 76, 74, 72, 71, 69, 69, 67, 69, 72, 74, 76, 79)
_CHORDS = ((45, 60), (41, 57), (48, 64), (43, 59))


def plan(groove: str = "rock", lead: str = "reed", **changes: object) -> TrackPlan:
    """A battle track in A minor at 150 bpm, with the changes."""
    track = TrackPlan(
        name="battle",
        scene="battle",
        moods=("tense",),
        seed=7,
        bars=4,
        beats_per_bar=4,
        tempo_millibpm=150_000,
        key=parse_key("Am"),
        loops=True,
        primer=None,
        condition_on_primer=False,
        inject_primer=False,
        temperature=1.0,
        takes=1,
        character=replace(CHARACTER, groove=groove, lead=lead),
    )
    return replace(track, **changes)  # type: ignore[arg-type]


def song(bars: int = 4, tempo_millibpm: int = 150_000, loop_start_bar: int | None = 0) -> Score:
    """A melody in eighths and quarters over long inner notes and a bass in quarters."""
    notes: list[Note] = []
    for bar in range(bars):
        bass, inner = _CHORDS[bar % 4]
        start = bar * 16
        notes += [Note(start + 4 * beat, 4, bass) for beat in range(4)]
        notes.append(Note(start, 12, inner))
        for beat in range(4):
            pitch = _MELODY[(4 * bar + beat) % 16]
            if beat == 1:
                notes += [Note(start + 4, 2, pitch), Note(start + 6, 2, pitch + 2)]
            else:
                notes.append(Note(start + 4 * beat, 4, pitch))
    sections = (Section("A", 0, bars // 2), Section("B", bars // 2, bars - bars // 2))
    return Score(
        notes=ordered(notes),
        bars=bars,
        tempo_millibpm=tempo_millibpm,
        key=parse_key("Am"),
        sections=sections if bars > 1 else (),
        loop_start_bar=loop_start_bar,
    )


def tone_log(voice: str, timer: int, control: int, frames: int = 120) -> RegisterLog:
    """One voice with a timer (noise: mode and period) and a control byte, and nothing else."""
    base = {"pulse1": 0x4000, "pulse2": 0x4004, "triangle": 0x4008, "noise": 0x400C}[voice]
    writes = [Write(0x4015, 0x0F), Write(0x4017, 0x40)]
    if voice.startswith("pulse"):
        writes.append(Write(base + 1, 0x08))
    writes.append(Write(base + 2, timer & 0xFF))
    writes.append(Write(base + 3, 0x08 | (timer >> 8 if voice != "noise" else 0)))
    writes.append(Write(base, control))
    return RegisterLog("nes", (tuple(writes),) + ((),) * (frames - 1), None)


_SILENCE = {0x4000: 0x30, 0x4004: 0x30, 0x4008: 0x80, 0x400C: 0x30}
_BASES = {"pulse1": 0x4000, "pulse2": 0x4004, "triangle": 0x4008, "noise": 0x400C}


def solo(log: RegisterLog, voice: str) -> RegisterLog:
    """The log with every voice but one kept silent; "samples" is the NES's sample channel."""
    others = {address for address in _SILENCE if address != _BASES.get(voice)}

    def kept(write: Write) -> Write:
        silent = write.address in others
        return Write(write.address, _SILENCE[write.address]) if silent else write

    frames = tuple(tuple(kept(write) for write in writes) for writes in log.frames)
    return replace(log, frames=frames)
