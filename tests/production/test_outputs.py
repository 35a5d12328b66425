"""What each format gives, and what a finished track says of itself in the index."""

from __future__ import annotations

import hashlib
import io
import weakref
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from mutagen.oggvorbis import OggVorbis

from chipassets.arrange import arrange, write_registers
from chipassets.bundle import TrackEntry, index_schema
from chipassets.chipfiles import ChipFile, decode_nsf
from chipassets.chips.chipsong import Instrument, Macro
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog
from chipassets.compose import harmony_model
from chipassets.compose.harmony_model import sample_phrase
from chipassets.compose.weights import shipped_model
from chipassets.errors import FullError, RenderError
from chipassets.lock import LockedTake
from chipassets.manifest.words import format_fault
from chipassets.music.score import DrumStroke
from chipassets.plan.formats import DEFAULT_FORMATS, FORMATS
from chipassets.plan.trackplan import BuildPlan, Layer, Sound, TrackPlan
from chipassets.production import produce
from chipassets.production.outputs import ALBUMS, ENCODERS, MIX_ENCODERS
from chipassets.production.produce import BuildInputs, album_files, render_track
from chipassets.render import Pcm, render_log
from chipassets.render.filters import FILTERS
from chipassets.render.seam import Seam, check_seam
from chipassets.stored.cache import Cache
from chipassets.stored.cache_keys import audio_key, notes_key
from tests.chip_music import plan, song

VOICES = ("pulse1", "pulse2", "triangle", "noise")


def build_plan(track: TrackPlan, **changes: object) -> BuildPlan:
    whole = BuildPlan("Test Quest", 1, "nes", "default", ("ogg",), (track,))
    return replace(whole, **changes)  # type: ignore[arg-type]


def take(loop_start_bar: int | None = 0) -> LockedTake:
    return LockedTake("0" * 64, 0, 1, "the only one", song(2, loop_start_bar=loop_start_bar))


Finished = tuple[TrackEntry, dict[str, bytes]]


def finish(
    *formats: str, loop_start_bar: int | None = 0, sound: Sound | None = None, **changes: object
) -> Finished:
    """The track and its files, rendered once for all tests that ask for the same."""
    return _finished(formats, loop_start_bar, sound, tuple(sorted(changes.items())))


@cache
def _finished(
    formats: tuple[str, ...],
    loop_start_bar: int | None,
    sound: Sound | None,
    changes: tuple[tuple[str, object], ...],
) -> Finished:
    return finish_anew(*formats, loop_start_bar=loop_start_bar, sound=sound, **dict(changes))


@cache
def _rendered(log: RegisterLog, filter_name: str, frames_per_bar: int) -> Pcm:
    return render_log(log, filter_name, frames_per_bar=frames_per_bar)


@pytest.fixture(autouse=True)
def _render_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of many formats are made of the same sound: it is rendered once."""

    def rendered(log: RegisterLog, filter_name: str, *, frames_per_bar: int) -> Pcm:
        pcm = _rendered(log, filter_name, frames_per_bar)
        return replace(pcm, samples=pcm.samples.copy())

    monkeypatch.setattr("chipassets.production.produce.render_log", rendered)


def finish_anew(
    *formats: str, loop_start_bar: int | None = 0, sound: Sound | None = None, **changes: object
) -> Finished:
    track = plan(sound=sound or Sound())
    changes = {"filter_name": CHIPS[str(changes.get("chip", "nes"))].filters[0]} | changes
    whole = build_plan(track, formats=formats or ("ogg",), **changes)
    return render_track(whole, track, take(loop_start_bar), None, lambda _: None)


def decoded(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.asarray(soundfile.read(io.BytesIO(data), dtype="int16")[0])


def test_every_format_of_the_table_has_an_encoder_and_known_chips() -> None:
    assert sorted([*MIX_ENCODERS, *ENCODERS]) == sorted(FORMATS)
    assert set(DEFAULT_FORMATS) <= set(FORMATS)
    assert {album.format for album in ALBUMS} == {
        name for name, form in FORMATS.items() if form.has_album
    }
    for form in FORMATS.values():
        assert set(form.chips) <= set(CHIPS)
    for chip in CHIPS.values():
        assert set(chip.filters) <= set(FILTERS)


ON_NES = [name for name in FORMATS if format_fault(name, "nes") is None]


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize(
    "name",
    ["nsf", "gbs", "vgm", "spc", "famitracker", "famistudio", "famitone", "uge", "mod", "it"],
)
@pytest.mark.default_cases(14)
def test_a_format_holds_the_chips_that_the_table_says(name: str, chip: str) -> None:
    if format_fault(name, chip) is None:
        assert len(finish(name, chip=chip)[1]) == 1
    else:
        with pytest.raises(RenderError):
            finish(name, chip=chip)


@pytest.mark.parametrize("name", ON_NES)
@pytest.mark.parametrize("loop_start_bar", [0, 1, None])
@pytest.mark.default_cases(14)
def test_every_format_gives_files_that_the_index_lists(
    name: str, loop_start_bar: int | None
) -> None:
    entry, files = finish(name, loop_start_bar=loop_start_bar)
    assert files
    listed = {item.path: item for item in entry.all_files()}
    assert listed.keys() == files.keys()
    for path, data in files.items():
        assert listed[path].sha256 == hashlib.sha256(data).hexdigest()
    assert {kind.split("-")[0] for kind in entry.files} == {name}
    if loop_start_bar == 0:
        assert finish_anew(name, loop_start_bar=0) == (entry, files)


def test_a_file_that_cannot_hold_the_track_is_left_out_with_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(_: object) -> Mapping[str, ChipFile]:
        raise FullError("the sound memory is too small")

    monkeypatch.setitem(ENCODERS, "spc", full)
    entry, files = finish("midi", "spc", "vgm", chip="nes", loop_start_bar=1)
    assert list(entry.files) == ["midi", "vgm"]
    assert len(files) == 2
    assert entry.warnings[-1] == "it has no spc file: the sound memory is too small"


def test_a_file_that_cannot_be_used_as_meant_is_there_with_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def large(_: object) -> Mapping[str, ChipFile]:
        return {"": ChipFile(b"song", warning="its vgm file is too large for a game")}

    monkeypatch.setitem(ENCODERS, "vgm", large)
    entry, files = finish("midi", "vgm", chip="nes", loop_start_bar=1)
    assert list(entry.files) == ["midi", "vgm"]
    assert b"song" in files.values()
    assert entry.warnings[-1] == "its vgm file is too large for a game"


def test_the_sound_of_all_voices_is_let_go_before_a_voice_is_rendered_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mixes: list[weakref.ref[np.ndarray[Any, Any]]] = []
    kept: list[bool] = []

    def heard(pcm: Pcm) -> Seam | None:
        mixes.append(weakref.ref(pcm.samples))
        return check_seam(pcm)

    def alone(*words: Any, **options: Any) -> Pcm:
        kept.append(mixes[0]() is not None)
        return render_log(*words, **options)

    monkeypatch.setattr("chipassets.production.produce.check_seam", heard)
    monkeypatch.setattr("chipassets.production.outputs.render_log", alone)
    sound = Sound(layers=(Layer("lead", ("pulse1",)),))
    entry, _ = finish_anew("stems", "wav", "ogg", sound=sound)
    assert list(entry.files) == [*(f"stems-{name}" for name in VOICES), "wav", "ogg"]
    assert kept == [False] * (len(VOICES) + 1)


def test_all_formats_at_once_have_paths_of_their_own() -> None:
    entry, files = finish(*ON_NES)
    assert len(files) == len(entry.files) == len(ON_NES) + len(VOICES) - 1


def test_wav_and_flac_hold_the_same_samples() -> None:
    _, files = finish("wav", "flac", "ogg", loop_start_bar=1)
    wav, flac = decoded(files["audio/battle.wav"]), decoded(files["audio/battle.flac"])
    assert (wav == flac).all()
    assert len(decoded(files["audio/battle.ogg"])) == len(wav)


def test_intro_and_loop_apart_are_the_whole() -> None:
    entry, files = finish("ogg", "split", loop_start_bar=1)
    assert entry.loop is not None
    intro, loop = (decoded(files[f"split/battle-{part}.ogg"]) for part in ("intro", "loop"))
    assert (len(intro), len(loop)) == (entry.loop.start_sample, entry.loop.length_samples)
    tags = OggVorbis(io.BytesIO(files["split/battle-loop.ogg"]))
    assert (tags["LOOPSTART"], tags["LOOPLENGTH"]) == (["0"], [str(len(loop))])
    assert "LOOPSTART" not in OggVorbis(io.BytesIO(files["split/battle-intro.ogg"]))
    assert list(finish("split")[0].files) == ["split-loop"]
    assert list(finish("split", loop_start_bar=None)[0].files) == ["split-once"]


@pytest.mark.parametrize("loop_start_bar", [0, 1, None])
@pytest.mark.default_cases(1)
def test_stems_run_in_step_and_add_up(loop_start_bar: int | None) -> None:
    entry, files = finish("wav", "stems", loop_start_bar=loop_start_bar)
    mix = decoded(files["audio/battle.wav"]).astype(np.float64)
    stems = [decoded(files[f"stems/battle/{name}.ogg"]).astype(np.float64) for name in VOICES]
    assert {len(stem) for stem in stems} == {entry.samples}
    # The chip's mixer is not linear: voices by themselves are a little louder than together.
    together = np.sum(stems, axis=0)
    assert np.corrcoef(mix, together)[0, 1] > 0.97
    assert 1.0 < np.sqrt((together**2).mean() / (mix**2).mean()) < 1.5


def test_a_voice_left_free_has_no_stem() -> None:
    entry, _ = finish("stems", sound=Sound(leave=("pulse2",)))
    assert list(entry.files) == ["stems-pulse1", "stems-triangle", "stems-noise"]
    assert entry.voices == ["pulse1", "triangle", "noise"]


def test_layers_are_as_long_as_the_track_and_add_up() -> None:
    layers = (
        Layer("bass+drums", ("triangle", "noise")),
        Layer("lead", ("pulse1",)),
        Layer("arpeggio", ("pulse2",)),
    )
    entry, files = finish("wav", loop_start_bar=1, sound=Sound(layers=layers))
    assert [layer.path for layer in entry.layers] == [
        "layers/battle/1-bass-drums.ogg",
        "layers/battle/2-lead.ogg",
        "layers/battle/3-arpeggio.ogg",
    ]
    assert [layer.voices for layer in entry.layers] == [list(item.voices) for item in layers]
    assert entry.loop is not None
    together = np.zeros(entry.samples)
    for layer in entry.layers:
        tags = OggVorbis(io.BytesIO(files[layer.path]))
        assert tags["LOOPSTART"] == [str(entry.loop.start_sample)]
        together += decoded(files[layer.path])
    assert np.corrcoef(decoded(files["audio/battle.wav"]), together)[0, 1] > 0.97


def test_the_index_tells_loudness_and_seam() -> None:
    entry, _ = finish(loudness_lufs=-20.0)
    assert entry.loudness_lufs == pytest.approx(-20, abs=0.05)
    assert entry.true_peak_dbtp is not None
    assert entry.true_peak_dbtp <= -1
    assert entry.seam is not None
    assert entry.seam.step_ratio < 1
    assert finish(loop_start_bar=None)[0].seam is None
    loud, _ = finish(loudness_lufs=-9.0)
    assert loud.true_peak_dbtp == pytest.approx(-1, abs=0.01)


def test_a_track_is_as_far_from_the_games_loudness_as_its_level_says() -> None:
    plain, _ = finish(loudness_lufs=-20.0)
    whole = build_plan(plan(level_db=-4.0), formats=("ogg",), loudness_lufs=-20.0)
    whole = replace(whole, filter_name="famicom")
    soft, _ = render_track(whole, whole.tracks[0], take(0), None, lambda _: None)
    assert plain.loudness_lufs is not None
    assert soft.loudness_lufs == pytest.approx(plain.loudness_lufs - 4, abs=0.05)
    assert (plain.level_db, soft.level_db) == (0.0, -4.0)


def test_the_filter_is_heard() -> None:
    plain, small = (
        decoded(finish("wav", filter_name=name)[1]["audio/battle.wav"]) for name in ("none", "nes")
    )
    assert len(plain) == len(small)
    assert (plain != small).any()


def test_author_and_copyright_are_in_the_files() -> None:
    _, files = finish("ogg", "nsf", author="A. Name", copyright_line="2026 A. Name")
    tags = OggVorbis(io.BytesIO(files["audio/battle.ogg"]))
    assert (tags["ARTIST"], tags["COPYRIGHT"]) == (["A. Name"], ["2026 A. Name"])
    assert b"2026 A. Name" in files["nsf/battle.nsf"][:128]


def test_the_preview_is_a_picture() -> None:
    _, files = finish("preview")
    assert ElementTree.fromstring(files["preview/battle.svg"]).tag.endswith("svg")


def test_an_album_holds_every_track() -> None:
    tracks = tuple(replace(plan(), name=name) for name in ("one", "two"))
    whole = build_plan(tracks[0], tracks=tracks, formats=("ogg", "nsf"))
    files = dict(album_files(whole, {"one": take(), "two": take(1)}).values())
    assert list(files) == ["nsf/album.nsf", "nsf/album.nsfe"]
    assert files["nsf/album.nsf"][6] == 2
    assert decode_nsf(files["nsf/album.nsf"]).titles == ("one", "two")
    assert album_files(replace(whole, formats=("ogg",)), {}) == {}


SOUNDS = {
    "leave": Sound(leave=("pulse2",)),
    "arpeggio": Sound(arpeggio=False),
    "layers": Sound(layers=(Layer("all", VOICES),)),
    "instruments": Sound(instruments=(Instrument("kick", volume=Macro((3,))),)),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_settings_change_the_audio_key_but_not_the_notes_key(name: str) -> None:
    track = plan()
    other = replace(track, sound=SOUNDS[name])
    assert notes_key(track, "0") == notes_key(other, "0")
    whole = build_plan(track)
    assert audio_key(whole, track, take()) != audio_key(whole, other, take())


@pytest.mark.parametrize(
    "change",
    [
        {"filter_name": "none"},
        {"loudness_lufs": -20.0},
        {"author": "A"},
        {"copyright_line": "A"},
        {"formats": ("wav",)},
    ],
)
def test_what_changes_every_file_changes_the_audios_key(change: dict[str, object]) -> None:
    track = plan()
    keys = {audio_key(build_plan(track, **more), track, take()) for more in ({}, change)}
    assert len(keys) == 2


def test_a_new_encoder_makes_stale_what_it_encodes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    track = plan()
    layered = replace(track, sound=SOUNDS["layers"])

    def keys() -> list[str]:
        asked = [build_plan(track, formats=(name,)) for name in FORMATS]
        found = [audio_key(whole, track, take()) for whole in asked]
        return [*found, audio_key(build_plan(track, formats=("midi",)), layered, take())]

    before = keys()
    monkeypatch.setattr(soundfile, "__libsndfile_version__", "9.9.9")
    changed = [old != new for old, new in zip(before, keys(), strict=True)]
    assert changed == [*(bool(FORMATS[name].codec) for name in FORMATS), True]


@pytest.mark.parametrize("name", ["ogg", "wav", "flac", "split", "stems", "midi", "preview", "nsf"])
def test_the_formats_of_a_foreign_encoder_are_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    encode = soundfile.SoundFile.__init__

    def note(self: object, *words: object, **more: object) -> None:
        asked.append((*words, *more.values()))
        encode(self, *words, **more)

    monkeypatch.setattr(soundfile.SoundFile, "__init__", note)
    finish_anew(name)
    assert any("w" in said for said in asked) == bool(FORMATS[name].codec)


@pytest.mark.parametrize("loops", [True, False])
def test_one_bar_at_the_fastest_tempo_is_a_track(loops: bool) -> None:
    track = replace(plan(loops=loops), tempo_millibpm=300_000, bars=1)
    short = LockedTake("0" * 64, 0, 1, "the only one", song(1, loop_start_bar=0 if loops else None))
    formats = ("ogg", "flac", "stems", "midi", "preview", "nsf")
    entry, files = render_track(
        build_plan(track, formats=formats), track, short, None, lambda _: None
    )
    assert 0.7 < entry.seconds < 2
    assert len(files) == 9
    assert entry.loudness_lufs == pytest.approx(-18, abs=0.05)


def test_a_bar_of_silence_is_a_track_without_loudness() -> None:
    track = plan(groove="none")
    nothing = LockedTake("0" * 64, 0, 1, "the only one", song(1).with_notes([]))
    entry, _ = render_track(build_plan(track), track, nothing, None, lambda _: None)
    assert (entry.loudness_lufs, entry.true_peak_dbtp) == (None, None)
    assert entry.seam is not None
    assert entry.seam.step_ratio == 0


@pytest.mark.parametrize("loop_start_bar", [0, 1, None])
def test_engines_can_cut_by_the_bars_and_seconds_of_the_index(loop_start_bar: int | None) -> None:
    entry, files = finish("wav", loop_start_bar=loop_start_bar)
    samples = len(decoded(files["audio/battle.wav"]))
    assert entry.bars == 2
    assert round(entry.seconds * entry.sample_rate_hz, 3) == samples
    assert entry.file_bars is not None
    # A piece that ends rings on behind its bars; the bars of a file that loops fill it.
    bar = 60 * entry.beats_per_bar * entry.sample_rate_hz / entry.tempo_bpm
    assert entry.file_bars == (2 if entry.loop is None else round(samples / bar))
    if entry.loop is not None:
        assert entry.loop.start_seconds is not None
        assert entry.loop.length_seconds is not None
        start = int((entry.loop.start_seconds + 0.5 / entry.sample_rate_hz) * entry.sample_rate_hz)
        assert start == entry.loop.start_sample
        assert round(entry.loop.length_seconds * entry.sample_rate_hz) == entry.loop.length_samples
        assert entry.file_bars == entry.loop.start_bar + entry.loop.bars
    # The words that a plan has, too: bars and seconds of the music, and the file's if they differ.
    music, longer = (f"{bars * bar / entry.sample_rate_hz:.1f} s" for bars in (2, 3))
    assert entry.length == {
        0: f"2 bars, {music}, all of them a loop",
        1: f"2 bars, {music}: 1 bar of intro, then a loop of 1 from bar 2 on; "
        f"its file has 3 bars, {longer}",
        None: f"2 bars, {music}, played once",
    }.get(loop_start_bar)


@pytest.mark.parametrize("leave", [(), ("noise",)])
def test_strokes_that_another_drum_covers_are_counted(leave: tuple[str, ...]) -> None:
    strokes = (
        DrumStroke(0, "kick", 100), DrumStroke(0, "closed_hat", 100), DrumStroke(0, "snare", 100),
        DrumStroke(2, "closed_hat", 100), DrumStroke(4, "kick", 100),
    )  # fmt: skip
    track = plan(sound=Sound(leave=leave))
    taken = LockedTake("0" * 64, 0, 1, "the only one", replace(song(1), drums=strokes))
    entry, _ = render_track(build_plan(track), track, taken, None, lambda _: None)
    found = [(item.drum, item.strokes, item.of) for item in entry.covered_strokes]
    # Without a voice for drums none sounds, so none covers another.
    assert found == ([] if leave else [("kick", 1, 2), ("hat", 1, 2)])


def test_the_schema_says_what_each_number_counts() -> None:
    track = index_schema()["$defs"]["TrackEntry"]["properties"]
    assert "music" in track["bars"]["description"]
    assert "file" in track["file_bars"]["description"].lower()


@pytest.mark.parametrize(("bars", "is_kept"), [(4, True), (100, False)])
def test_what_composing_keeps_is_given_up_before_minutes_of_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bars: int, is_kept: bool
) -> None:
    """The chords of ten minutes keep 30 MB for the next phrases, beside 100 MB of samples."""
    track = replace(plan(), bars=bars)
    inputs = BuildInputs(build_plan(track), shipped_model(), None, Cache(tmp_path))
    sample_phrase(np.random.default_rng(1), "major", 4, None, "closed", 0.5, 0.5)
    seen = []

    def render(*_: object) -> Finished:
        seen.append(harmony_model._first_two.cache_info().currsize > 0)
        return finish("midi")

    monkeypatch.setattr(produce, "render_track", render)
    produce.produce_track(inputs, track, take(), lambda _: None)
    assert seen == [is_kept]


def test_equal_writes_of_a_log_are_one_object() -> None:
    """Ten minutes of the SNES have 117,000 writes, and 1,500 different ones."""
    log = write_registers(arrange(song(16), plan(), "snes"))
    writes = [write for frame in log.frames for write in frame]
    assert len(writes) > 2 * len(set(writes))
    assert len({id(write) for write in writes}) <= 1.1 * len(set(writes))
