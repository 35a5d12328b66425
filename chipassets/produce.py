"""One track through the stages: notes first, then files. Runs in a worker; touches no disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from chipassets.arrange import arrange, write_registers
from chipassets.bundle import (
    DroppedEntry,
    LoopEntry,
    SectionEntry,
    TakeEntry,
    TrackEntry,
    file_entry,
)
from chipassets.chips import CHIPS
from chipassets.chipsong import ChipSong
from chipassets.compose import Model, compose_takes
from chipassets.errors import ChipassetsError
from chipassets.freshness import keys_of, notes_key
from chipassets.lock import LockedTake
from chipassets.metrics import measure
from chipassets.render import Pcm, encode_midi, encode_ogg, encode_wav, render_log
from chipassets.shape import shape
from chipassets.takes import choose
from chipassets.trackplan import BuildPlan, TrackPlan
from chipassets.units import bar_tempo_millibpm, frame_sample

STAGES = ("compose", "shape", "arrange", "render")

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Produced:
    """A finished track: its notes for the lock, its entry for the index, its files by path."""

    take: LockedTake
    entry: TrackEntry
    files: dict[str, bytes]


def produce_track(
    plan: BuildPlan,
    track: TrackPlan,
    model: Model,
    locked: LockedTake | None,
    report: Report,
) -> Produced:
    """Return the finished track; notes come from `locked`, or are composed where it is None.

    `report` is told the name of each stage as it starts. Errors say which track and stage.
    """
    stage = STAGES[0]

    def enter(name: str) -> None:
        nonlocal stage
        stage = name
        report(name)

    try:
        take = locked or compose_track(track, model, enter)
        entry, files = render_track(plan, track, take, enter)
    except ChipassetsError as error:
        raise error.within(stage).within(f"track {track.name!r}") from error
    return Produced(take, entry, files)


def compose_track(track: TrackPlan, model: Model, report: Report) -> LockedTake:
    """Return the best of the track's takes, shaped."""
    report("compose")
    raw = compose_takes(track, model)
    report("shape")
    shaped = tuple(shape(score, track) for score in raw)
    choice = choose(shaped, track)
    key = notes_key(track, model.sha256)
    return LockedTake(key, choice.index, len(raw), choice.why, shaped[choice.index])


def render_track(
    plan: BuildPlan, track: TrackPlan, take: LockedTake, report: Report
) -> tuple[TrackEntry, dict[str, bytes]]:
    """Return the index entry and the files, by path, of a track with those notes."""
    report("arrange")
    score = replace(take.score, tempo_millibpm=track.tempo_millibpm)
    song = arrange(score, track, plan.chip)
    log = write_registers(song)
    report("render")
    pcm = render_log(log, frames_per_bar=song.frames_per_bar)
    loop = _loop_entry(song, pcm)
    contents = _encode(plan, track, song, pcm, loop)
    frame_rate = CHIPS[plan.chip].frame_rate_hz
    tempo = bar_tempo_millibpm(song.frames_per_bar, track.beats_per_bar, frame_rate)
    entry = TrackEntry(
        name=track.name,
        scene=track.scene,
        moods=list(track.moods),
        key=str(score.key),
        tempo_bpm=tempo / 1000,
        beats_per_bar=track.beats_per_bar,
        bars=score.bars,
        seconds=round(len(pcm.samples) / pcm.rate_hz, 3),
        sample_rate_hz=pcm.rate_hz,
        samples=len(pcm.samples),
        loop=loop,
        sections=[
            SectionEntry(name=part.name, start_bar=part.start_bar, bars=part.bars)
            for part in score.sections
        ],
        voices=[voice.name for voice in song.voices],
        files={kind: file_entry(path, data) for kind, (path, data) in contents.items()},
        take=TakeEntry(number=take.number, of=take.of, why=take.why),
        seed=track.seed,
        metrics=measure(score).to_dict(),
        dropped=[DroppedEntry(reason=item.reason, count=item.count) for item in song.dropped],
        keys=keys_of(plan, track, take),
    )
    return entry, dict(contents.values())


def _loop_entry(song: ChipSong, pcm: Pcm) -> LoopEntry | None:
    if pcm.loop_start_sample is None or song.loop_start_frame is None:
        return None
    bar_samples = frame_sample(song.frames_per_bar, CHIPS[song.chip].frame_rate_hz)
    return LoopEntry(
        start_sample=pcm.loop_start_sample,
        length_samples=len(pcm.samples) - pcm.loop_start_sample,
        start_bar=round(pcm.loop_start_sample / bar_samples),
        bars=(song.frames - song.loop_start_frame) // song.frames_per_bar,
    )


def _encode(
    plan: BuildPlan, track: TrackPlan, song: ChipSong, pcm: Pcm, loop: LoopEntry | None
) -> dict[str, tuple[str, bytes]]:
    """Return path and content of each format that the plan asks for."""
    tags = {"TITLE": track.name, "ALBUM": plan.game}
    if loop:
        # RPG Maker reads only these two, in samples and upper case; SDL_mixer reads them too.
        tags = {
            "LOOPSTART": str(loop.start_sample),
            "LOOPLENGTH": str(loop.length_samples),
            **tags,
        }
    encoders: dict[str, tuple[str, Callable[[], bytes]]] = {
        "ogg": (f"audio/{track.name}.ogg", lambda: encode_ogg(pcm, tags)),
        "wav": (f"audio/{track.name}.wav", lambda: encode_wav(pcm)),
        "midi": (f"midi/{track.name}.mid", lambda: encode_midi(song, track)),
    }
    return {name: (encoders[name][0], encoders[name][1]()) for name in plan.formats}
