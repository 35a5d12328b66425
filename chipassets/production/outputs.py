"""The files of a track: who encodes each format, the layers, and the albums.

Encoders give bytes; what a format could not hold is counted beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from chipassets.arrange import write_registers
from chipassets.chipfiles import (
    ChipFile,
    OnCartridge,
    VgmTags,
    cartridge_files,
    cartridge_song,
    encode_cartridge,
    encode_compact,
    encode_famistudio,
    encode_famitone,
    encode_famitracker,
    encode_gbs,
    encode_it,
    encode_mod,
    encode_nsf,
    encode_nsfe,
    encode_playlist,
    encode_spc,
    encode_uge,
    encode_vgm,
    gather,
)
from chipassets.chips.chipsong import ChipSong, ChipVoice, Dropped
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog
from chipassets.errors import FullError
from chipassets.music.notes import PARTS
from chipassets.music.score import Score
from chipassets.music.uses import SectionUse, read_uses
from chipassets.plan.formats import FORMATS
from chipassets.plan.trackplan import BuildPlan, TrackPlan
from chipassets.render import Pcm, encode_flac, encode_midi, encode_ogg, encode_wav, render_log
from chipassets.render.loudness import Loudness, apply_gain
from chipassets.render.preview import Sheet, Sound, draw_sheet, song_notes
from chipassets.units import bar_tempo_millibpm


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A rendered track before encoding: notes, registers, and what is known of its samples.

    The samples themselves are not part of it: minutes of them take more memory than all the rest.

    gain: the factor applied to the samples, and to all other files of the track, to reach the
    wanted loudness. loudness: what the samples measure with it. samples: how many there are.
    loop_start_sample: None without a loop.
    """

    plan: BuildPlan
    track: TrackPlan
    score: Score
    song: ChipSong
    log: RegisterLog
    gain: int
    loudness: Loudness
    samples: int
    loop_start_sample: int | None

    @property
    def tempo_millibpm(self) -> int:
        """The actual tempo of the bars, in thousandths of quarter notes a minute."""
        frame_rate_hz = CHIPS[self.song.chip].frame_rate_hz
        return bar_tempo_millibpm(self.song.frames_per_bar, self.track.beats_per_bar, frame_rate_hz)

    @property
    def tags(self) -> dict[str, str]:
        """The metadata tags of an audio file; encoders add the loop."""
        plan = self.plan
        tags = {"TITLE": self.track.name, "ALBUM": plan.game}
        more = {"ARTIST": plan.author, "COPYRIGHT": plan.copyright_line}
        return tags | {name: text for name, text in more.items() if text}

    @property
    def voices(self) -> tuple[str, ...]:
        """The names of the voices that the track uses, in the chip's order."""
        leave = self.track.sound.leave
        return tuple(voice.name for voice in self.song.voices if voice.name not in leave)

    @property
    def uses(self) -> tuple[SectionUse, ...]:
        """What the parts that the chip plays do in each section, and the phrases."""
        roles = {spec.role for spec in CHIPS[self.song.chip].voices}
        further = bool(roles - {*PARTS, "drums"})
        return read_uses(self.score, self.track.pulse_steps, further=further)

    def only(self, names: Collection[str]) -> Pcm:
        """Return the sound of these voices alone, with the track's length, loop and gain."""
        voices = tuple(
            voice if voice.name in names else ChipVoice(voice.name, ())
            for voice in self.song.voices
        )
        log = write_registers(replace(self.song, voices=voices))
        bar = self.song.frames_per_bar
        filter_name = self.track.filter_name or self.plan.filter_name
        raw = render_log(log, filter_name, frames_per_bar=bar)
        return apply_gain(raw, self.gain, in_place=True)


Parts = Mapping[str, ChipFile]
"""Files by the name of what they hold; a format with one file for all names it ""."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded file of a track: its name in the index, path, bytes, and what it dropped."""

    kind: str
    path: str
    data: bytes
    dropped: tuple[Dropped, ...] = ()
    on_cartridge: OnCartridge | None = None


@dataclass(frozen=True, slots=True)
class TrackFiles:
    """The files of a track: those of its formats in the order of the plan, and its layers.

    warnings: which formats are missing, as their file cannot hold the track, or cannot be used.
    """

    formats: tuple[Encoded, ...]
    layers: tuple[Encoded, ...]
    warnings: tuple[str, ...] = ()

    @property
    def contents(self) -> dict[str, bytes]:
        """The bytes of all files by path."""
        return {file.path: file.data for file in (*self.formats, *self.layers)}


@dataclass(frozen=True, slots=True)
class Made:
    """The files of some formats, by format, and why one is missing or cannot be used."""

    files: dict[str, list[Encoded]]
    warnings: dict[str, str]


def encode_mix(finished: Finished, pcm: Pcm) -> Made:
    """Return the files that are made from the track's samples, of the formats that the plan has.

    They come first, so that the samples need not be in memory when voices are rendered alone.
    """
    return _made(MIX_ENCODERS, finished, pcm)


def encode_rest(finished: Finished, mix: Made) -> TrackFiles:
    """Return all files of a track, in the order of the plan: `mix`, the other formats, the layers.

    mix: what `encode_mix` returned.
    """
    rest = _made(ENCODERS, finished)
    order = finished.plan.formats
    files, warnings = mix.files | rest.files, mix.warnings | rest.warnings
    return TrackFiles(
        tuple(file for name in order for file in files.get(name, ())),
        _layers(finished),
        tuple(warnings[name] for name in order if name in warnings),
    )


def _made(encoders: Mapping[str, Callable[..., Parts]], finished: Finished, *mix: Pcm) -> Made:
    """Return the files of the plan's formats that these encoders make.

    mix: what the encoders get besides `finished`.
    """
    made = Made({}, {})
    for name in finished.plan.formats:
        if name in encoders:
            try:
                parts = encoders[name](finished, *mix)
            except FullError as error:
                made.warnings[name] = f"it has no {name} file: {error}"
                continue
            made.files[name] = _files(name, parts, finished)
            said = [file.warning for file in parts.values() if file.warning]
            if said:
                made.warnings[name] = "; ".join(said)
    return made


def _files(name: str, parts: Parts, finished: Finished) -> list[Encoded]:
    """Return the file, or files, of a format with their paths."""
    return [
        Encoded(
            kind=f"{name}-{part}" if part else name,
            path=FORMATS[name].path.format(track=finished.track.name, part=part),
            data=file.data,
            dropped=file.dropped,
            on_cartridge=file.on_cartridge,
        )
        for part, file in parts.items()
    ]


def _layers(finished: Finished) -> tuple[Encoded, ...]:
    """Return one OGG file for each layer, with the voices that it adds; all have one length."""
    return tuple(
        Encoded(
            kind=layer.name,
            path=f"layers/{finished.track.name}/{number}-{layer.name.replace('+', '-')}.ogg",
            data=encode_ogg(
                finished.only(layer.voices), finished.tags, finished.plan.quality.layers
            ),
        )
        for number, layer in enumerate(finished.track.sound.layers, 1)
    )


def _one(encode: Callable[[Finished], bytes]) -> Callable[[Finished], Parts]:
    """Return an encoder of a format with one file a track, from a function that gives its bytes."""
    return lambda finished: {"": ChipFile(encode(finished))}


def _ogg(finished: Finished, pcm: Pcm) -> Parts:
    return {"": ChipFile(encode_ogg(pcm, finished.tags, finished.plan.quality.ogg))}


def _wav(finished: Finished, pcm: Pcm) -> Parts:
    del finished  # a WAV file has no tags
    return {"": ChipFile(encode_wav(pcm))}


def _flac(finished: Finished, pcm: Pcm) -> Parts:
    return {"": ChipFile(encode_flac(pcm, finished.tags))}


def _split(finished: Finished, pcm: Pcm) -> Parts:
    """Return intro and loop as separate files, for players without loop points."""
    tags, quality = finished.tags, finished.plan.quality.split
    start = pcm.loop_start_sample
    if start is None:
        return {"once": ChipFile(encode_ogg(pcm, tags, quality))}
    intro = replace(pcm, samples=pcm.samples[:start], loop_start_sample=None)
    loop = replace(pcm, samples=pcm.samples[start:], loop_start_sample=0)
    parts = {"intro": intro, "loop": loop} if start else {"loop": loop}
    return {name: ChipFile(encode_ogg(part, tags, quality)) for name, part in parts.items()}


def _stems(finished: Finished) -> Parts:
    return {
        name: ChipFile(
            encode_ogg(finished.only((name,)), finished.tags, finished.plan.quality.stems)
        )
        for name in finished.voices
    }


def _nsf(finished: Finished) -> Parts:
    return {"": encode_nsf([(finished.log, finished.track.name)], **_texts(finished))}


def _gbs(finished: Finished) -> Parts:
    return {"": encode_gbs([(finished.log, finished.track.name)], **_texts(finished))}


def _texts(finished: Finished) -> dict[str, str]:
    """Return the text fields of a file for a console."""
    plan = finished.plan
    return {
        "title": finished.track.name,
        "game": plan.game,
        "author": plan.author,
        "copyright_line": plan.copyright_line,
    }


def _spc(finished: Finished) -> Parts:
    plan = finished.plan
    file = encode_spc(finished.log, title=finished.track.name, game=plan.game, author=plan.author)
    return {"": file}


def _vgm(finished: Finished) -> Parts:
    plan = finished.plan
    tags = VgmTags(title=finished.track.name, game=plan.game, author=plan.author)
    return {"": encode_vgm(finished.log, replace(tags, notes=plan.copyright_line))}


def _tracker_text(encode: Callable[..., ChipFile]) -> Callable[[Finished], Parts]:
    """Return the encoder of a tracker's text format, in the form of `ENCODERS`."""

    def encoded(finished: Finished) -> Parts:
        plan = finished.plan
        file = encode(
            finished.song,
            title=finished.track.name,
            author=plan.author,
            copyright_line=plan.copyright_line,
            beats_per_bar=finished.track.beats_per_bar,
        )
        return {"": file}

    return encoded


def _synth(finished: Finished) -> bytes:
    """Return the register log in the form that the page's synthesizer plays."""
    return encode_compact(
        finished.log,
        filter_name=finished.plan.filter_name,
        gain=finished.gain,
        samples=finished.samples,
        layers=[layer.voices for layer in finished.track.sound.layers],
    )


def _cartridge(finished: Finished) -> Parts:
    return {"": encode_cartridge(finished.song, finished.log, finished.track.name)}


def _uge(finished: Finished) -> Parts:
    track = finished.track
    file = encode_uge(
        finished.song,
        finished.log,
        title=track.name,
        author=finished.plan.author,
        beats_per_bar=track.beats_per_bar,
        swing=track.swing,
    )
    return {"": file}


def _mod(finished: Finished) -> Parts:
    track = finished.track
    return {"": encode_mod(finished.song, title=track.name, beats_per_bar=track.beats_per_bar)}


def _it(finished: Finished) -> Parts:
    track = finished.track
    file = encode_it(
        finished.song,
        title=track.name,
        beats_per_bar=track.beats_per_bar,
        pulse_steps=track.pulse_steps,
    )
    return {"": file}


def _preview(finished: Finished, pcm: Pcm) -> Parts:
    """Return the preview picture as SVG; sound after the last bar is drawn as another bar."""
    song, score = finished.song, finished.score
    bar_samples = song.frames_per_bar * pcm.rate_hz / CHIPS[song.chip].frame_rate_hz
    sheet = Sheet(
        title=finished.track.name,
        game=finished.plan.game,
        chip=song.chip,
        key=score.key,
        tempo_millibpm=finished.tempo_millibpm,
        bars=-(-song.frames // song.frames_per_bar),
        beats_per_bar=score.beats_per_bar,
        voices=tuple(voice.name for voice in song.voices),
        notes=song_notes(song),
        sections=score.sections,
        uses=finished.uses if score.sections else (),
        chords=score.chords,
        loop=None if score.loop_start_bar is None else (score.loop_start_bar, score.bars),
        pulse_steps=finished.track.pulse_steps,
        sound=Sound(pcm, float(bar_samples), finished.loudness),
    )
    return {"": ChipFile(draw_sheet(sheet))}


MIX_ENCODERS: dict[str, Callable[[Finished, Pcm], Parts]] = {
    "ogg": _ogg,
    "wav": _wav,
    "flac": _flac,
    "split": _split,
    "preview": _preview,
}
"""Who encodes each format of `plan.formats` that is made from the samples of all voices."""

ENCODERS: dict[str, Callable[[Finished], Parts]] = {
    "stems": _stems,
    "midi": _one(lambda item: encode_midi(item.song, item.track)),
    "nsf": _nsf,
    "gbs": _gbs,
    "vgm": _vgm,
    "spc": _spc,
    "famitracker": _tracker_text(encode_famitracker),
    "famistudio": _tracker_text(encode_famistudio),
    "famitone": _tracker_text(encode_famitone),
    "cartridge": _cartridge,
    "uge": _uge,
    "mod": _mod,
    "it": _it,
    "synth": _one(_synth),
}
"""Who encodes each other format: files by part, "" where a track has one file."""


@dataclass(frozen=True, slots=True)
class AlbumTrack:
    """A track of the files that hold all tracks."""

    name: str
    song: ChipSong
    log: RegisterLog


Songs = list[AlbumTrack]


Shared = Mapping[str, tuple[str, bytes]]
"""Path and content of files, by what the index calls them."""


@dataclass(frozen=True, slots=True)
class AlbumOutput:
    """Files with all tracks: the format that requests them, and who encodes them."""

    format: str
    encode: Callable[[BuildPlan, Songs], Shared]


def _logs(songs: Songs) -> list[tuple[RegisterLog, str]]:
    """Return registers and name of each track of the album."""
    return [(item.log, item.name) for item in songs]


def _album(kind: str, path: str, encode: Callable[..., ChipFile]) -> AlbumOutput:
    """Return the album of a format: one file with the logs of all tracks."""

    def encoded(plan: BuildPlan, songs: Songs) -> Shared:
        file = encode(
            _logs(songs), title=plan.game, author=plan.author, copyright_line=plan.copyright_line
        )
        return {kind: (path, file.data)}

    return AlbumOutput(path.partition("/")[0], encoded)


def _playlist(plan: BuildPlan, songs: Songs) -> Shared:
    del plan
    return {"gbs-playlist": ("gbs/album.m3u", encode_playlist(_logs(songs), "album.gbs").data)}


def _cartridge_album(plan: BuildPlan, songs: Songs) -> Shared:
    """Return the files of a cartridge with all songs."""
    made = [cartridge_song(item.song, item.log, item.name) for item in songs]
    files = cartridge_files(gather(made, plan.chip, plan.game), plan.chip)
    return {f"cartridge-{name}": (f"cartridge/{name}", data) for name, data in files.items()}


ALBUMS: tuple[AlbumOutput, ...] = (
    _album("nsf", "nsf/album.nsf", encode_nsf),
    _album("nsfe", "nsf/album.nsfe", encode_nsfe),
    _album("gbs", "gbs/album.gbs", encode_gbs),
    AlbumOutput("gbs", _playlist),
    AlbumOutput("cartridge", _cartridge_album),
)
"""The files with all tracks."""
