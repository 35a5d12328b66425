"""One track through the stages: notes first, then files. Runs in a worker; keeps in the cache."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.drum_voice import covered_of, drum_word
from chipassets.bundle import (
    CartridgeEntry,
    CoveredEntry,
    DroppedEntry,
    LayerEntry,
    LinkEntry,
    LoopEntry,
    PhraseEntry,
    SeamEntry,
    SectionEntry,
    TakeEntry,
    TrackEntry,
    file_entry,
)
from chipassets.chips.chipsong import ChipSong, Dropped
from chipassets.chips.profiles import CHIPS
from chipassets.compose.harmony_model import forget_phrases
from chipassets.compose.weights import Model
from chipassets.errors import ChipassetsError
from chipassets.lock import Choices, LockedTake
from chipassets.music.score import Score
from chipassets.originality import GramIndex
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.production.casting import cast
from chipassets.production.findings import Findings, find_evidence
from chipassets.production.outputs import (
    ALBUMS,
    AlbumTrack,
    Encoded,
    Finished,
    TrackFiles,
    encode_mix,
    encode_rest,
)
from chipassets.render import render_log
from chipassets.render.loudness import at_loudness
from chipassets.render.seam import Seam, check_seam
from chipassets.stored.cache import Cache
from chipassets.stored.cache_keys import keys_of, notes_id, track_id
from chipassets.units import SAMPLE_RATE_HZ, frame_sample

STAGES = ("compose", "shape", "arrange", "render")

_LONG_STEPS = 1_600
"""From here on, some three minutes, samples take about as much memory as all the rest."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Produced:
    """A finished track: its take for the lock and its index entry; its files are in the cache.

    is_composed: whether its notes were composed now.
    """

    take: LockedTake
    entry: TrackEntry
    is_composed: bool


@dataclass(frozen=True, slots=True)
class BuildInputs:
    """What every track of a build is made with: settings, model, corpus index and cache."""

    plan: BuildPlan
    model: Model
    grams: GramIndex | None
    cache: Cache

    @property
    def hashes(self) -> tuple[str, str]:
        """The hashes of the model and of the index, "" without one."""
        return self.model.sha256, self.grams.sha256 if self.grams else ""

    def notes_id(self, track: TrackPlan, choices: Choices) -> str:
        """Return the cache key of a track's composed take."""
        return notes_id(track, choices, *self.hashes)

    def track_id(self, track: TrackPlan, take: LockedTake) -> str:
        """Return the cache key of a track's files with the take's notes."""
        return track_id(self.plan, track, take, *self.hashes)


def produce_track(
    inputs: BuildInputs,
    track: TrackPlan,
    locked: LockedTake | Choices,
    report: Report,
) -> Produced:
    """Make one track. `locked` is its take in the lock, or the choices to compose it with.

    Notes and files are taken from the cache if it has them, else made and stored there.
    `report` is called with the name of each stage as it starts. Errors name track and stage.
    """
    stage = STAGES[0]

    def enter(name: str) -> None:
        nonlocal stage
        stage = name
        report(name)

    try:
        take, is_composed = locked, False
        if isinstance(take, Choices):
            take, is_composed = _notes(inputs, track, take, enter)
        key = inputs.track_id(track, take)
        entry = inputs.cache.find_track(key)
        if entry is None:
            if track.total_steps >= _LONG_STEPS:
                forget_phrases()
            entry, files = render_track(inputs.plan, track, take, inputs.grams, enter)
            inputs.cache.keep_track(key, entry, files)
    except ChipassetsError as error:
        raise error.within(stage).within(f"track {track.name!r}") from error
    return Produced(take, entry, is_composed)


def find_produced(
    inputs: BuildInputs,
    track: TrackPlan,
    locked: LockedTake | Choices,
) -> tuple[LockedTake | None, TrackEntry | None]:
    """Return a track's take and index entry from lock and cache; None for what is missing."""
    take = (
        inputs.cache.find_notes(inputs.notes_id(track, locked))
        if isinstance(locked, Choices)
        else locked
    )
    if take is None:
        return None, None
    return take, inputs.cache.find_track(inputs.track_id(track, take))


def keep_produced(
    inputs: BuildInputs,
    track: TrackPlan,
    locked: LockedTake | Choices,
    produced: Produced,
    files: dict[str, bytes],
) -> None:
    """Store in the cache a track that another machine made; files: contents by path."""
    if isinstance(locked, Choices):
        inputs.cache.keep_notes(inputs.notes_id(track, locked), produced.take)
    key = inputs.track_id(track, produced.take)
    inputs.cache.keep_track(key, produced.entry, files)


def _notes(
    inputs: BuildInputs, track: TrackPlan, choices: Choices, report: Report
) -> tuple[LockedTake, bool]:
    """Return the take for a track, and whether it was composed now."""
    key = inputs.notes_id(track, choices)
    take = inputs.cache.find_notes(key)
    if take is not None:
        return take, False
    take = cast(track, inputs.model, inputs.grams, choices, report)
    inputs.cache.keep_notes(key, take)
    return take, True


def render_track(
    plan: BuildPlan,
    track: TrackPlan,
    take: LockedTake,
    grams: GramIndex | None,
    report: Report,
) -> tuple[TrackEntry, dict[str, bytes]]:
    """Return the index entry of a track with the take's notes, and its files by path.

    RenderError if the end of the loop does not join its start.
    """
    report("arrange")
    score = _at_tempo(take, track)
    song = arrange(score, track, plan.chip)
    log = write_registers(song)
    report("render")
    filter_name = track.filter_name or plan.filter_name
    pcm, gain, loudness = at_loudness(
        render_log(log, filter_name, frames_per_bar=song.frames_per_bar),
        plan.loudness_lufs + track.level_db,
    )
    seam = check_seam(pcm)
    length, start = len(pcm.samples), pcm.loop_start_sample
    finished = Finished(plan, track, score, song, log, gain, loudness, length, start)
    mix = encode_mix(finished, pcm)
    del pcm  # stems and layers are rendered after it: sound is in memory once
    files = encode_rest(finished, mix)
    found = find_evidence(score, track, take, grams)
    return _entry(finished, take, found, files, seam), files.contents


def _entry(
    finished: Finished,
    take: LockedTake,
    found: Findings,
    files: TrackFiles,
    seam: Seam | None,
) -> TrackEntry:
    """Return the index entry of a finished track."""
    plan, track, score = finished.plan, finished.track, finished.score
    song, loudness = finished.song, finished.loudness
    loop = _loop_entry(finished)
    return TrackEntry(
        name=track.name,
        scene=track.scene,
        moods=list(track.moods),
        key=str(score.key),
        tempo_bpm=finished.tempo_millibpm / 1000,
        beats_per_bar=track.beats_per_bar,
        pulse_steps=track.pulse_steps,
        match=track.match,
        link=_link_entry(track),
        bars=score.bars,
        file_bars=loop.start_bar + loop.bars if loop else score.bars,
        seconds=_seconds(finished.samples),
        sample_rate_hz=SAMPLE_RATE_HZ,
        samples=finished.samples,
        loop=loop,
        sections=_section_entries(finished),
        chords=list(score.chords),
        statements=found.statements,
        voices=list(finished.voices),
        files={file.kind: file_entry(file.path, file.data) for file in files.formats},
        layers=_layer_entries(track, files.layers),
        loudness_lufs=loudness.lufs,
        level_db=track.level_db,
        true_peak_dbtp=loudness.true_peak_dbtp,
        seam=_seam_entry(seam),
        take=_take_entry(take),
        seed=track.seed,
        metrics=found.metrics,
        dropped=_counted(song.dropped),
        adapted=_counted(song.adapted)
        + [
            DroppedEntry(reason=_of_file(file.kind, item.reason), count=item.count)
            for file in files.formats
            for item in file.dropped
        ],
        covered_strokes=_covered_strokes(score, track, song),
        cartridge=_cartridge_entry(files.formats),
        keys=keys_of(plan, track, take),
        evidence=found.moods,
        scene_evidence=found.scene,
        warnings=[*found.warnings, *files.warnings],
    )


def _section_entries(finished: Finished) -> list[SectionEntry]:
    """Return the sections with their phrases, and what each part does in them."""
    if not finished.score.sections:
        return []
    return [
        SectionEntry(
            name=use.section.name,
            start_bar=use.section.start_bar,
            bars=use.section.bars,
            phrases=[
                PhraseEntry(start_bar=phrase.start_bar, bars=phrase.bars, cadence=phrase.cadence)
                for phrase in use.phrases
            ],
            parts=dict(use.parts),
        )
        for use in finished.uses
    ]


def _link_entry(track: TrackPlan) -> LinkEntry | None:
    link = track.link
    if link is None:
        return None
    return LinkEntry(kind=link.kind, of=link.of, to=link.to or None, name=link.name or None)


def _take_entry(take: LockedTake) -> TakeEntry:
    version = take.as_version
    return TakeEntry(
        number=take.number + 1,
        of=take.of,
        why=take.why,
        version=version.version if version else 0,
        origin=take.origin,
    )


def _cartridge_entry(files: tuple[Encoded, ...]) -> CartridgeEntry | None:
    """Return the size and the cost of a track on a cartridge; None if it is on none."""
    return next(
        (
            CartridgeEntry(
                bytes=found.size,
                samples=found.samples > 0,
                sample_bytes=found.samples,
                clocks_mean=found.clocks.mean if found.clocks else None,
                clocks_most=found.clocks.most if found.clocks else None,
            )
            for file in files
            if (found := file.on_cartridge)
        ),
        None,
    )


def _of_file(kind: str, reason: str) -> str:
    """Return the reason, prefixed once with the kind of file."""
    return reason if reason.lower().startswith(f"{kind}:") else f"{kind}: {reason}"


def _counted(items: tuple[Dropped, ...]) -> list[DroppedEntry]:
    """Return reasons and counts as the index has them."""
    return [DroppedEntry(reason=item.reason, count=item.count) for item in items]


def _covered_strokes(score: Score, track: TrackPlan, song: ChipSong) -> list[CoveredEntry]:
    """Return the drum strokes that the chip does not play; none where its drums are left free."""
    drums = CHIPS[song.chip].voice("drums").name
    if drums in track.sound.leave:
        return []
    return [
        CoveredEntry(drum=drum_word(kind), strokes=hidden, of=count)
        for kind, (hidden, count) in covered_of(score.drums or ()).items()
    ]


def _seam_entry(seam: Seam | None) -> SeamEntry | None:
    if seam is None:
        return None
    return SeamEntry(step_ratio=seam.step_ratio, flux_ratio=seam.flux_ratio)


def _layer_entries(track: TrackPlan, layers: tuple[Encoded, ...]) -> list[LayerEntry]:
    return [
        LayerEntry(
            name=layer.name,
            voices=list(layer.voices),
            **file_entry(file.path, file.data).model_dump(),
        )
        for layer, file in zip(track.sound.layers, layers, strict=True)
    ]


def album_files(plan: BuildPlan, takes: Mapping[str, LockedTake]) -> dict[str, tuple[str, bytes]]:
    """Return path and content, by format, of the files that hold all tracks of `takes`."""
    wanted = [album for album in ALBUMS if album.format in plan.formats]
    if not wanted:
        return {}
    arranged = [
        (track.name, arrange(_at_tempo(takes[track.name], track), track, plan.chip))
        for track in plan.tracks
    ]
    songs = [AlbumTrack(name, song, write_registers(song)) for name, song in arranged]
    return {kind: file for album in wanted for kind, file in album.encode(plan, songs).items()}


def _at_tempo(take: LockedTake, track: TrackPlan) -> Score:
    """Return a take's score at the tempo that the plan states now."""
    return replace(take.score, tempo_millibpm=track.tempo_millibpm)


def _loop_entry(finished: Finished) -> LoopEntry | None:
    """Return where the loop lies in samples, seconds and bars; None without one."""
    song, start = finished.song, finished.loop_start_sample
    if start is None or song.loop_start_frame is None:
        return None
    bar_samples = frame_sample(song.frames_per_bar, CHIPS[song.chip].frame_rate_hz)
    length_samples = finished.samples - start
    return LoopEntry(
        start_sample=start,
        length_samples=length_samples,
        start_seconds=_seconds(start),
        length_seconds=_seconds(length_samples),
        start_bar=round(start / bar_samples),
        bars=(song.frames - song.loop_start_frame) // song.frames_per_bar,
    )


def _seconds(samples: int) -> float:
    """Return seconds rounded to the nanosecond, which identifies a sample at any usual rate."""
    return round(samples / SAMPLE_RATE_HZ, 9)
