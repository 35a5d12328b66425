"""The readers that foreign input reaches: how each is called, and what it may raise."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from unittest import mock

import numpy as np

from chipassets.arrange import arrange
from chipassets.bundle.index import index_from_bytes
from chipassets.chipfiles.compact import decode_compact
from chipassets.chipfiles.ft_read import decode_famitracker
from chipassets.chipfiles.gbs import decode_gbs
from chipassets.chipfiles.mod_file import decode_mod
from chipassets.chipfiles.nsf import decode_nsf
from chipassets.chipfiles.spc import decode_spc
from chipassets.chipfiles.vgm import decode_vgm
from chipassets.cluster.address import parse_address
from chipassets.compose.weights import parse_model
from chipassets.decisions import midi_import
from chipassets.decisions.midi_voices import read_voices
from chipassets.decisions.rerolling import read_words
from chipassets.engines import Item, place
from chipassets.engines.placing import RECORD
from chipassets.errors import (
    ArrangeError,
    BundleError,
    CheckError,
    ManifestError,
    ModelError,
    UsageError,
)
from chipassets.lock.file import read_lock_file
from chipassets.lock.lock_text import lock_to_text
from chipassets.lock.resolving import resolve_lock
from chipassets.manifest import parse_manifest
from chipassets.manifest.abc_text import read_abc
from chipassets.manifest.edit import set_key
from chipassets.manifest.melody_midi import voice_of_midi
from chipassets.manifest.primer_midi import primer_from_midi
from chipassets.manifest.refusal import Refusal
from chipassets.midi.reader import MidiError, parse_midi
from chipassets.originality import index_to_bytes
from chipassets.originality.gram_index import GramIndex, parse_index
from chipassets.originality.grams import GRAM_LENGTHS
from chipassets.report.midi_roll import read_roll
from chipassets.resolve.build_plan import resolve
from chipassets.runtime import Library, LibraryError
from chipassets.train.arrays import read_arrays
from chipassets.train.checkpoint import read_checkpoint
from chipassets.train.corpus import load_corpus
from chipassets.train.dataset import load_dataset, save_dataset
from chipassets.train.history import read_history
from chipassets.train.midi_corpus import read_midi
from chipassets.train.music import RefusedFileError
from chipassets.train.slices import SliceRules, cut
from chipassets.train.sources import read_sources
from chipassets.train.trackers.reading import songs_of_tracker
from tests.chip_music import plan, song
from tests.fuzz import seeds
from tests.fuzz.mutate import (
    TEXTS,
    Mutate,
    any_value,
    damage_any_of,
    damage_bytes,
    damage_json,
    damage_lines,
    damage_value,
    damage_words,
)
from tests.production.test_outputs import finish

TEXT = damage_any_of(damage_words, damage_words, damage_bytes)
Read = Callable[[bytes, Path, Random], None]
Refusals = tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A reader: `read` calls it with bytes in an empty folder, and it may raise `refusals`."""

    read: Read
    refusals: Refusals
    seeds: Callable[[], Iterable[bytes]]
    mutate: Mutate = damage_bytes
    found: tuple[bytes, ...] = field(default=())
    """Inputs that once were not refused as they should be."""


def written(data: bytes, folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def load(data: bytes, folder: Path, _: Random) -> None:
    try:
        manifest = parse_manifest(data, folder / "game.yaml")
    except ManifestError as error:
        for problem in error.problems:
            assert re.search(r"game\.yaml:[1-9]\d*:[1-9]\d*$", problem.where), problem
            assert "\n" not in str(problem)
            assert "\0" not in str(problem)
        raise
    assert resolve(manifest).tracks


def edit(data: bytes, folder: Path, rng: Random) -> None:
    path = written(data, folder, "game.yaml")
    track = rng.choice(["town", "title", "den", "boss", *TEXTS])
    key = rng.choice(["mood", "tempo", "seed", "loop", "primer", "layers", *TEXTS[:6]])
    try:
        set_key(path, track, key, any_value(rng))
    except BaseException:
        assert path.read_bytes() == data
        raise
    parse_manifest(path.read_bytes(), path)


def lock(data: bytes, folder: Path, _: Random) -> None:
    path = written(data, folder, "game.lock")
    if b"<<<<<<<" in data and b">>>>>>>" in data:
        resolve_lock(path, (), ours=True)
    found = read_lock_file(path)
    text = lock_to_text(found).encode()
    again = read_lock_file(written(text, folder, "again.lock"))
    assert lock_to_text(again).encode() == text
    for take in found.takes.values():
        assert take.score.bars < 10_000
        arrange(take.score, plan(bars=take.score.bars), "nes")


def library(data: bytes, folder: Path, rng: Random) -> None:
    for name, content in seeds.bundle_files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data if name == "bundle.json" else content)
    opened = Library.open(folder)
    opened.verify()
    for track in opened.tracks:
        for sample in (0, 1, track.samples, rng.randrange(1 << 40)):
            track.position_bar(sample)
            track.position_beat(sample)
            track.next_section_sample(sample)
            track.section_at(sample)
            track.same_place(opened.tracks[0], sample)


def packed(data: bytes, folder: Path, _: Random) -> None:
    path, place = written(data, folder, "bundle.zip"), folder / "temporary"
    place.mkdir()
    with mock.patch("tempfile.tempdir", str(place)):
        try:
            Library.open(path)
        except LibraryError:
            assert not list(place.iterdir())
            raise


def midi(data: bytes, folder: Path, _: Random) -> None:
    path = written(data, folder, "a.mid")
    refusals = 0
    for read in (lambda: parse_midi(data), lambda: read_midi(path), lambda: primer_from_midi(path)):
        try:
            read()
        except (MidiError, RefusedFileError, Refusal):
            refusals += 1
    if refusals:
        raise MidiError


def voice(data: bytes, folder: Path, rng: Random) -> None:
    """A file of which one voice is a section's melody."""
    track, channel = rng.choice([None, 1, 2, 99]), rng.choice([None, 1, 16])
    assert voice_of_midi(written(data, folder, "a.mid"), track, channel).tune.notes


def edited(data: bytes, folder: Path, _: Random) -> None:
    """What `takes --import` does with a file before it touches the lock."""
    path, score, track = written(data, folder, "a.mid"), song(2), plan(bars=2)
    found = read_voices(path, "nes", score)
    if not midi_import._faults(found, score, track, "nes"):
        own = midi_import._own_export(score, track, "nes")
        merged = midi_import._merged(score, own, found)
        assert merged.bars == score.bars
        arrange(merged, track, "nes")
        midi_import._changes(score, merged)


def words_of_reroll(data: bytes, _folder: Path, _rng: Random) -> None:
    score = song(4)
    wanted = read_words(data.decode("utf-8", "replace"), score)
    assert wanted.reroll.bars <= frozenset(range(score.bars))
    assert wanted.words


def record_of_export(data: bytes, folder: Path, _: Random) -> None:
    written(b"1", folder, "a.txt")
    written(b"mine", folder, "mine.txt")
    written(data, folder, RECORD.format(engine="web"))
    place("web", folder, [Item("b.txt", b"2")])
    assert (folder / "mine.txt").read_bytes() == b"mine"
    assert (folder / "b.txt").read_bytes() == b"2"


def good_record() -> Iterable[bytes]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        place("web", Path(folder), [Item("a.txt", b"1"), Item("sub/c.txt", b"3")])
        yield (Path(folder) / RECORD.format(engine="web")).read_bytes()


def corpus(data: bytes, folder: Path, _: Random) -> None:
    for piece in load_corpus(written(data, folder, "a.corpus")):
        for item in cut(piece, SliceRules(), Counter()):
            assert len(item.notes)


def dataset(data: bytes, folder: Path, _: Random) -> None:
    found = load_dataset(written(data, folder, "a.dataset"))
    for index in range(len(found)):
        assert len(found.input_rows(index)) == len(found.sequence(index)) - 1


def command(data: bytes, folder: Path, rng: Random) -> None:
    """Commands that compose nothing, on a manifest and a lock: documented exit codes, no fault."""
    from chipassets.__main__ import main

    written(data, folder, "game.yaml")
    name = rng.choice(["game.yaml", "none.yaml", *TEXTS])
    words = [rng.choice(["validate", "plan", "moods", "set", "verify", "show", "init", "schema"])]
    words += rng.choices([name, "town", "--json", *TEXTS, f"mood={rng.choice(TEXTS)}"],
                         k=rng.randrange(4))  # fmt: skip
    words = [word.encode("utf-8", "surrogatepass").decode("utf-8", "replace") for word in words]
    out, err = io.StringIO(), io.StringIO()
    with (
        chdir(folder),
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch("sys.argv", ["", *words]),
    ):
        try:
            main()
            code: object = 0
        except SystemExit as ended:
            code = ended.code
    told = (out.getvalue() + err.getvalue()).replace("\n", "").replace("\t", "")
    assert code in (None, 0, 1, 2, 4, 5), (words, code, told[-500:])
    assert "\x1b" not in told


def good_corpus() -> Iterable[bytes]:
    piece = {
        "file": "a.mid", "source": "x", "licence": "CC0", "style": "game",
        "content_sha256": "a" * 64,
        "notes": [[4 * n, 3, 60 + n % 7] for n in range(80)],
        "metres": [{"start_step": 0, "numerator": 4, "denominator": 4}],
    }  # fmt: skip
    yield b'{"chipassets_corpus": 1, "pieces": 1}\n' + json.dumps(piece).encode() + b"\n"


def good_dataset() -> Iterable[bytes]:
    from tempfile import TemporaryDirectory

    from chipassets.train.building import build_dataset
    from chipassets.train.corpus import Piece

    pieces = [
        Piece("a", "x", "CC0", "game", f"{n:064x}",
              tuple((4 * k, 3, 60 + (k * n) % 7) for k in range(1, 90)), ())
        for n in (1, 2, 3)
    ]  # fmt: skip
    with TemporaryDirectory() as folder:
        save_dataset(build_dataset(pieces), Path(folder) / "a")
        yield (Path(folder) / "a").read_bytes()


def gram_index() -> Iterable[bytes]:
    from chipassets.originality.bloom import fill_filter

    filters = {n: fill_filter(np.arange(20, dtype=np.uint64), 64) for n in GRAM_LENGTHS}
    yield index_to_bytes(GramIndex(3, dict.fromkeys(GRAM_LENGTHS, 20), filters))


def tracker(suffix: str, kind: str) -> Target:
    """A tracker's file for a corpus."""

    def read(data: bytes, folder: Path, _: Random) -> None:
        for content, _repairs in songs_of_tracker(written(data, folder, f"a{suffix}")):
            assert content.ticks_per_quarter >= 1
            assert all(0 <= start <= end for start, end, _, _ in content.notes)
            assert all(0 <= pitch <= 127 for _, _, pitch, _ in content.notes)

    made = seeds.cartridges if suffix == ".p8" else chip_seeds(kind)
    mutate = TEXT if suffix in (".p8", ".txt") else damage_bytes
    return Target(read, (RefusedFileError,), made, mutate)


def chip_file(decode: Callable[[bytes], object]) -> Read:
    return lambda data, _folder, _rng: void(decode(data))


def void(_: object) -> None:
    """Take a value that only had to be made."""


def chip_seeds(kind: str) -> Callable[[], Iterable[bytes]]:
    def made() -> Iterable[bytes]:
        chip = {"gbs": "gameboy", "uge": "gameboy", "spc": "snes"}.get(kind, "nes")
        yield next(data for path, data in finish(kind, chip=chip)[1].items() if f"{kind}/" in path)

    return made


def zip_of_arrays(data: bytes, rng: Random) -> bytes:
    """Damage an `.npz` file: its JSON, the header of an array, or any byte of it."""
    arrays = io.BytesIO(data)
    try:
        with np.load(arrays) as stored:
            columns = dict(stored)
    except Exception:  # noqa: BLE001 - damaged before
        return damage_bytes(data, rng)
    name = rng.choice(list(columns))
    if name == "meta":
        columns["meta"] = seeds.text_array(damage_value(json.loads(columns["meta"].tobytes()), rng))
    elif rng.random() < 0.5:
        kind = rng.choice(["<i2", "<i8", "<f8", "|b1", "|u1", ">i2", "<U3"])
        with np.errstate(all="ignore"):
            columns[name] = np.resize(columns[name], rng.choice([0, 1, 2, 7])).astype(kind)
    else:
        raw = bytearray(columns[name].tobytes())
        raw[: len(raw)] = damage_bytes(bytes(raw), rng)[: len(raw)].ljust(len(raw), b"\0")
        columns[name] = np.frombuffer(bytes(raw), columns[name].dtype).reshape(columns[name].shape)
    return seeds.arrays(**columns)


def tensors(data: bytes, rng: Random) -> bytes:
    """Damage the description in a model file, which is JSON in JSON, or any byte of it."""
    size = int.from_bytes(data[:8], "little")
    if rng.random() < 0.3 or size > len(data):
        return damage_bytes(data, rng)
    head = json.loads(data[8 : 8 + size])
    if rng.random() < 0.7:
        described = json.loads(head["__metadata__"]["chipassets"])
        head["__metadata__"]["chipassets"] = json.dumps(damage_value(described, rng))
    else:
        head = damage_value(head, rng)
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def first_line(data: bytes, rng: Random) -> bytes:
    """Damage the JSON in the first line, or any byte."""
    head, _, body = data.partition(b"\n")
    return damage_json(head, rng) + b"\n" + body if rng.random() < 0.7 else damage_bytes(data, rng)


NO_FILE = (ValueError,)
TARGETS = {
    "manifest": Target(load, (ManifestError, UsageError), lambda: seeds.MANIFESTS, TEXT),
    "set": Target(
        edit,
        (ManifestError, UsageError),
        lambda: seeds.MANIFESTS,
        TEXT,
        (b"game: Tiny\ntracks: {town: , boss\t: {scene: boss, tempo: 150}}\n",),
    ),
    "command": Target(command, (), lambda: seeds.MANIFESTS, TEXT),
    "lock": Target(lock, (CheckError, ArrangeError), seeds.locks, damage_json),
    "library": Target(
        library, (LibraryError,), lambda: [seeds.bundle_files()["bundle.json"]], damage_json
    ),
    "index": Target(
        lambda data, _folder, _rng: void(index_from_bytes(data)),
        (CheckError,),
        lambda: [seeds.index()],
        damage_json,
    ),
    "roll": Target(
        lambda data, _folder, _rng: void(
            read_roll(data, index_from_bytes(seeds.index()).tracks[0])
        ),
        (CheckError,),
        lambda: [seeds.midi()[0]],
    ),
    "zip": Target(packed, (LibraryError,), lambda: [seeds.bundle_zip()]),
    "midi": Target(midi, (MidiError,), seeds.midi),
    "voice": Target(voice, (Refusal,), seeds.midi),
    "import": Target(edited, (UsageError,), lambda: seeds.midi()[:1]),
    "abc": Target(
        lambda data, _folder, _rng: void(read_abc(data.decode("utf-8", "replace"))),
        (Refusal,),
        lambda: seeds.TUNES,
        TEXT,
        (b"L:1e999999999\nK:C\nC", b"M:none\nK:C\nZ", b"K:C\nC" + b"9" * 5000),
    ),
    "reroll": Target(
        words_of_reroll,
        (UsageError,),
        lambda: [b"A", b"bars:1-2", b"drums, bass,bar:3"],
        TEXT,
        (b"bars:" + b"9" * 5000,),
    ),
    "address": Target(
        lambda data, _folder, _rng: void(parse_address(data.decode("utf-8", "replace"))),
        (UsageError,),
        lambda: [b"dask://host:8786", b"tls://[::1]:1", b"tcp://127.0.0.1:65535/"],
        TEXT,
    ),
    "record": Target(record_of_export, (BundleError,), good_record, damage_json),
    "corpus": Target(corpus, (UsageError,), good_corpus, damage_lines(damage_json)),
    "dataset": Target(dataset, (UsageError,), good_dataset, zip_of_arrays),
    "arrays": Target(
        lambda data, folder, _rng: void(read_arrays(written(data, folder, "a.npz"))),
        NO_FILE,
        lambda: [seeds.arrays(a=np.arange(9), b=np.ones((2, 3)))],
        found=(seeds.far_away(),),
    ),
    "checkpoint": Target(
        lambda data, folder, _rng: void(read_checkpoint(written(data, folder, "last.npz"))),
        (UsageError,),
        lambda: [seeds.arrays(a=np.arange(9), meta=seeds.text_array({"step": 3}))],
        zip_of_arrays,
    ),
    "history": Target(
        lambda data, folder, _rng: void(
            read_history(written(data, folder, "history.jsonl").parent)
        ),
        (),
        lambda: [seeds.history()],
        damage_lines(damage_json),
        (b'{"step": \xff}\n',),
    ),
    "sources": Target(
        lambda data, folder, _rng: void(read_sources(written(data, folder, "sources.csv"))),
        (UsageError,),
        lambda: seeds.SOURCES,
        TEXT,
    ),
    "model": Target(
        lambda data, _folder, _rng: void(parse_model(data, "mine")),
        (ModelError,),
        lambda: [seeds.model()],
        tensors,
    ),
    "grams": Target(
        lambda data, _folder, _rng: void(parse_index(data, "mine")),
        (ModelError,),
        gram_index,
        first_line,
        (
            b'{"chipassets_ngrams": 1, "pieces": 3, "filters": [{"n": 6, "grams": 20, "places": '
            b'800000000000000000000000000000, "probes": 2}]}\nabc',
            b'{"chipassets_ngrams": 1, "pieces": 1e999, "filters": []}\n',
        ),
    ),
    "nsf": Target(chip_file(decode_nsf), NO_FILE, chip_seeds("nsf")),
    "gbs": Target(chip_file(decode_gbs), NO_FILE, chip_seeds("gbs")),
    "vgm": Target(chip_file(decode_vgm), NO_FILE, chip_seeds("vgm")),
    "spc": Target(chip_file(decode_spc), NO_FILE, chip_seeds("spc")),
    "synth": Target(chip_file(decode_compact), NO_FILE, chip_seeds("synth")),
    "mod": Target(chip_file(decode_mod), NO_FILE, chip_seeds("mod")),
    "mod_music": tracker(".mod", "mod"),
    "uge_music": tracker(".uge", "uge"),
    "famitracker_music": tracker(".txt", "famitracker"),
    "pico8_music": tracker(".p8", ""),
    "famitracker": Target(chip_file(decode_famitracker), NO_FILE, chip_seeds("famitracker"), TEXT),
}
