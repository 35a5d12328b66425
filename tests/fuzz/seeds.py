"""Small inputs of every kind, in code: what the fuzzer starts from."""

from __future__ import annotations

import functools
import io
import json
import struct
import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from chipassets.arrange import arrange
from chipassets.bundle import FORMAT, Index, ModelEntry, file_entry
from chipassets.bundle.index import index_to_bytes
from chipassets.compose.model import Model
from chipassets.compose.weights import save_model
from chipassets.lock import Lock, LockedTake, Rejection, TakeRow, Version
from chipassets.lock.conflict import conflicted_text
from chipassets.lock.lock_text import lock_to_text
from chipassets.plan.trackplan import Layer, Sound
from chipassets.render import encode_midi
from tests.chip_music import plan, song
from tests.midi.test_midifile import UNUSUAL, late
from tests.production.test_outputs import VOICES, finish
from tests.runtime.tiny_bundle import Piece, write_bundle

MANIFESTS = [
    b"game: Tiny\ntracks: {town: , boss: {scene: boss, tempo: 150}}\n",
    b"""\
game: "Moon: Garden"
seed: 7
author: A. Name
copyright: 2026 A. Name
chip: gameboy
formats: [ogg, midi]
loudness: -16
motifs: {hero: "C5 - - E5 G5 - - E5"}
instruments: {bell: {volume: [15, 12, 8], duty: [2]}}
scenes:
  cave: {like: dungeon, mood: [mysterious]}
moods:
  grim: {like: tense, tempo: 80-100, density: {min: 1, max: 2}}
defaults: {takes: 4, metre: 3/4}
tracks:
  title:
    scene: title
    mood: [heroic, bright]
    motif: hero
    form: intro A A B A'
  town: {length: 30 s, key: D dorian, loop: true, primer: "C5 . E5 -"}
  den:
    scene: cave
    mood: grim
    chords: C | Am F | G7 | C
    primer: {melody: [60, -2, 62, -1]}
  sting: {scene: victory, match: town, length: 2 bars}
""",
    b"""\
game: Written
seed: 3
engines: {web: {into: ../game/music}, love: }
tracks:
  town:
    form: A B A'
    metre: 7/8
    swing: 60%
    final_key: 2
    pickup: "G4 - A4 -"
    dynamics: mf
    melody:
      A: "G4 - - - C5 - - - C5 - D5 - E5 -"
      B: {abc: "M:7/8\\nL:1/8\\nK:D\\n|:d>e f2 d A2:|", transpose: -2}
    sections:
      B: {density: 1-2, register: 72-84, dynamics: p, drums: none, texture: held,
          bass: "1 - . . 5 - . . 8 - . . 5 -", instruments: {lead: bell}, chords: "F | Em Am"}
      A: {drums: {kick: "x......", hat: "x.x.x..", fills: on}}
  night: {like: town, variant: night}
  danger: {like: town, variant: {base: low_health, tempo: 90%, register: -1}}
  winter: {family: town, key: C dorian}
  away: {scene: boss, metre: 12/8, length: 8 bars}
  bridge: {from: town, to: away, length: 1 bar}
  end: {scene: credits, loop: false, ending: ritardando, length: 4 bars, metre: 5/4, drums: march}
""",
]

TUNES = [
    b"X:1\nT:A tune\nM:3/4\nL:1/8\nK:Ddor\n|:D2 E>F G-|G2 [K:G]^F__A c'/2d/:|2 z4 Z2|]\n",
    b'K:F#m\n(A B) {c}c !trill!d "Am"e2 | % a remark\nw: la la\nc2<<d2 ::f,3/2 g/ x2|1 a:|2 b|\n',
]
"""In ABC notation."""

SOURCES = [
    b"file,source,licence,style\na.mid,x,CC0,game\nb/c.mid,y,CC-BY-NC,\n",
    '\ufefffile;source;licence\r\nä.mid;"x;y";CC0\r\n'.encode(),
    "file\tlicence\nä.mid\tCC0\n".encode("utf-16"),
]


def locks() -> list[bytes]:
    """A lock of two tracks with every kind of decision in it, and one with conflict markers."""
    table = (TakeRow(0, 0.81, "", (("scale", 0.98, 0.92),)), TakeRow(1, 0.4, "refused: x", ()))
    takes = {
        "town": LockedTake("a" * 64, 0, 2, "the best of 2", song(2, loop_start_bar=0)),
        "boss": LockedTake(
            "b" * 64, 1, 4, "accepted", song(4, loop_start_bar=1), accepted=True,
            plan_key="c" * 64, rejected=(Rejection(2, "d" * 64),), rolled=3, table=table,
            facts=(("bars", "4"), ("groove", "drive")),
        ),
    }  # fmt: skip
    repaired = Version(1, 1, "take 2 with bass composed anew", song(4, 140_000), "e" * 64)
    takes["boss"] = takes["boss"].with_version(repaired).replacing(takes["town"])
    whole = Lock(takes, "game.yaml", "C major, 120 bpm")
    other = whole.with_take("boss", replace(takes["boss"], number=2))
    texts = (lock_to_text(whole), conflicted_text(whole, other, ["boss"]))
    return [text.encode() for text in texts]


@functools.cache
def bundle_files() -> dict[str, bytes]:
    """The files of a bundle for the runtime."""
    with TemporaryDirectory() as folder:
        write_bundle(Path(folder), [Piece("title", 440), Piece("town", 550, intro_bars=1)])
        found = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@functools.cache
def index() -> bytes:
    """The index of a bundle, with all that one may hold."""
    entry, files = finish(
        "ogg", "midi", "preview", "nsf", sound=Sound(layers=(Layer("all", VOICES),))
    )
    file = file_entry("provenance.json", b"{}")
    whole = Index(
        format=FORMAT, generator="chipassets 0", game="Tiny", chip="nes", seed=3,
        model=ModelEntry(name="own", sha256="0" * 64), provenance=file,
        album={"nsf": file_entry("nsf/album.nsf", b"x")},
        attributes=file_entry(".gitattributes", b""), tracks=[entry],
    )  # fmt: skip
    assert files
    return index_to_bytes(whole)


def bundle_zip(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The same, packed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in bundle_files().items():
            archive.writestr(name, data if name.endswith(".json") else data[:200])
    return buffer.getvalue()


def midi() -> list[bytes]:
    """Files of this program and of others."""
    track = plan()
    ours = encode_midi(arrange(song(2), track, "nes"), track)
    return [ours, late(64), *UNUSUAL.values()]


def cartridges() -> list[bytes]:
    """Cartridges of PICO-8 with a tune, an arpeggio, drums, a loop and an own instrument."""
    sounds = [
        "01100000" + "18050" * 2 + "1a053" + "00000" + "18b50" * 4,
        "01080408" + "18056" + "1c056" + "1f056" + "24056",
        "01100000" + "0a650" + "00000" * 3 + "32655",
        "01200600" + "24040" * 6,
    ]
    lines = [sound.ljust(168, "0") for sound in sounds]
    music = ["01 00014203", "02 01424203", "04 40404000", "00 02424344"]
    head = ["pico-8 cartridge // http://www.pico-8.com", "version 41", "__lua__", "music(0)"]
    return ["\n".join([*head, "__sfx__", *lines, "__music__", *music, ""]).encode()]


def model() -> bytes:
    """A network of one small layer."""
    rng = np.random.default_rng(1)
    kernel = rng.normal(0, 0.3, (259 + 4, 16)).astype(np.float32)
    head = rng.normal(0, 0.3, (4, 259)).astype(np.float32)
    zeros = np.zeros(16, np.float32), np.zeros(259, np.float32)
    return save_model(Model("own", (kernel,), zeros[:1], head, zeros[1], training={"loss": 1.5}))


def arrays(**columns: Any) -> bytes:
    """An `.npz` file."""
    buffer = io.BytesIO()
    np.savez(buffer, **columns)
    return buffer.getvalue()


def far_away() -> bytes:
    """An `.npz` file whose directory says that an array lies before the file's beginning."""
    data = bytearray(arrays(a=np.arange(9)))
    struct.pack_into("<I", data, data.rindex(b"PK\5\6") + 16, 0x7FFFFFFF)
    return bytes(data)


def text_array(value: object) -> Any:
    """JSON as an array of bytes."""
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


def history() -> bytes:
    """What a run has reported."""
    point = {"step": 5, "loss": 1.5, "held_out_loss": None, "events_per_second": 10.0}
    return json.dumps(point).encode() + b"\n" + json.dumps(point | {"step": 9}).encode() + b"\n"
