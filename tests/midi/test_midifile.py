"""MIDI as programs really write it: primer and corpus read the same notes from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.manifest.primer_field import read_primer
from chipassets.manifest.primer_midi import primer_from_midi
from chipassets.manifest.reads import Context
from chipassets.manifest.refusal import Refusal
from chipassets.midi.reader import MidiError, parse_midi
from chipassets.train.midi_corpus import read_midi
from tests.effort import calls_of

QUARTER = 96
THEME = tuple((4 * place, 2, 60 + 2 * (place % 5)) for place in range(16))
"""Notes (step, steps, pitch): four bars of 4/4."""


def number(value: int) -> bytes:
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(0x80 | value & 0x7F)
    return bytes(reversed(groups))


def chunk(name: bytes, content: bytes, length: int | None = None) -> bytes:
    return name + (len(content) if length is None else length).to_bytes(4, "big") + content


def head(tracks: int = 1, form: int = 0, division: int = QUARTER) -> bytes:
    words = (form, tracks, division)
    return chunk(b"MThd", b"".join(word.to_bytes(2, "big") for word in words))


END = b"\0\xff\x2f\0"


def events(notes: tuple[tuple[int, int, int], ...] = THEME, before: bytes = b"") -> bytes:
    """The notes one after the other, each with its status, behind other events at their start."""
    found, now = bytearray(before), 0
    for step, steps, pitch in notes:
        start, end = step * QUARTER // 4, (step + steps) * QUARTER // 4
        found += number(start - now) + bytes((0x90, pitch, 100))
        found += number(end - start) + bytes((0x80, pitch, 64))
        now = end
    return bytes(found) + END


def running(between: bytes) -> bytes:
    """The notes under one status, note ends as notes of no force, another message between."""
    found, now = bytearray(), 0
    for place, (step, steps, pitch) in enumerate(THEME):
        start, end = step * QUARTER // 4, (step + steps) * QUARTER // 4
        found += number(start - now) + (b"\x90" if not place else b"") + bytes((pitch, 100))
        found += b"\0" + between if between else b""
        found += number(end - start) + bytes((pitch, 0))
        now = end
    return bytes(found) + END


def riff(data: bytes) -> bytes:
    inner = b"RMID" + b"data" + len(data).to_bytes(4, "little") + data + b"LIST\4\0\0\0INFO"
    return b"RIFF" + len(inner).to_bytes(4, "little") + inner


PLAIN = head() + chunk(b"MTrk", events())
NAME = b"\0\xff\x03\4song"
UNUSUAL = {
    "plain": PLAIN,
    "RIFF wrapper": riff(PLAIN),
    "a Macintosh's header before it": bytes(128) + PLAIN,
    "18 flats": head() + chunk(b"MTrk", events(before=b"\0\xff\x59\2\xee\1")),
    "a key signature of one byte": head() + chunk(b"MTrk", events(before=b"\0\xff\x59\1\xee")),
    "mode 7 of a key": head() + chunk(b"MTrk", events(before=b"\0\xff\x59\2\0\7")),
    "a time signature of 0": head() + chunk(b"MTrk", events(before=b"\0\xff\x58\4\0\0\0\0")),
    "a time signature of one byte": head() + chunk(b"MTrk", events(before=b"\0\xff\x58\1\4")),
    "a tempo of two bytes": head() + chunk(b"MTrk", events(before=b"\0\xff\x51\2\1\1")),
    "SMPTE offset out of range": head()
    + chunk(b"MTrk", events(before=b"\0\xff\x54\5\xff\xff\xff\xff\xff")),
    "text that is no UTF-8": head() + chunk(b"MTrk", events(before=b"\0\xff\1\3\xff\xfe\x97")),
    "a sequence number of 9 bytes": head()
    + chunk(b"MTrk", events(before=b"\0\xff\0\x09" + b"x" * 9)),
    "an unknown meta message": head() + chunk(b"MTrk", events(before=b"\0\xff\x7b\2ab")),
    "running status": head() + chunk(b"MTrk", running(b"")),
    "running status behind sysex": head() + chunk(b"MTrk", running(b"\xf0\5\x7e\x7f\x09\1\xf7")),
    "running status behind a meta": head() + chunk(b"MTrk", running(b"\xff\1\2hi")),
    "running status behind a clock": head() + chunk(b"MTrk", running(b"\xf8")),
    "sysex in parts": head() + chunk(b"MTrk", events(before=b"\0\xf0\2ab\0\xf7\2c\xf7")),
    "a data byte above 127": PLAIN.replace(bytes((0x90, 60, 100)), bytes((0x90, 60, 228))),
    "a foreign chunk before": head() + chunk(b"XFIH", b"ab") + chunk(b"MTrk", events()),
    "a foreign chunk behind": PLAIN + chunk(b"XFKM", b"abc"),
    "padding behind": PLAIN + bytes(200),
    "a letter behind": PLAIN + b"\x1a",
    "a header of ten bytes": chunk(b"MThd", head()[8:] + b"more") + chunk(b"MTrk", events()),
    "a header of no bytes": b"MThd\0\0\0\0" + head()[8:] + chunk(b"MTrk", events()),
    "fewer tracks than promised": head(9, 1) + chunk(b"MTrk", events()),
    "more tracks than promised": head(1, 1) + chunk(b"MTrk", NAME + END) + chunk(b"MTrk", events()),
    "no track promised": head(0) + chunk(b"MTrk", events()),
    "a track that is longer than it says": head() + chunk(b"MTrk", events(), 7),
    "a track that says it is empty": head() + chunk(b"MTrk", events(), 0),
    "a first track too short": head(2, 1)
    + chunk(b"MTrk", NAME + END, 3)
    + chunk(b"MTrk", events()),
    "a track that is shorter than it says": head() + chunk(b"MTrk", events(), 1 << 31),
    "no end of track": head() + chunk(b"MTrk", events()[: -len(END)]),
    "format 2 with one track": head(1, 2) + chunk(b"MTrk", events()),
    "format 0 with two tracks": head(2) + chunk(b"MTrk", NAME + END) + chunk(b"MTrk", events()),
    "format 7": head(1, 7) + chunk(b"MTrk", events()),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSUAL)
def test_primer_and_corpus_read_what_is_unusual(tmp_path: Path, name: str) -> None:
    path = tmp_path / "theme.mid"
    path.write_bytes(UNUSUAL[name])
    assert read_midi(path).notes == THEME
    primer = primer_from_midi(path).primer
    assert tuple((n.start_step, n.duration_steps, n.pitch) for n in primer.notes) == THEME
    assert primer.steps == 62


@pytest.mark.parametrize("suffix", [".mid", ".MIDI", ".kar", ".rmi", ".RMI"])
def test_every_suffix_of_midi_is_read(tmp_path: Path, suffix: str) -> None:
    from chipassets.train.corpus_doctor import read_corpus

    (tmp_path / f"theme{suffix}").write_bytes(riff(PLAIN))
    pieces, _ = read_corpus(tmp_path)
    assert [piece.file for piece in pieces] == [f"theme{suffix}"]
    found = read_primer({"midi": f"theme{suffix}"}, Context(tmp_path, ()))
    assert len(found.notes) == len(THEME)


REFUSED = {
    "format 2: its tracks share no time": head(2, 2) + 2 * chunk(b"MTrk", events()),
    "no beat": head(division=0xE728) + chunk(b"MTrk", events()),
    "no beat:": head(division=0) + chunk(b"MTrk", events()),
    "no MIDI header": b"RIFF" + chunk(b"WAVE", events()),
    "cut off within its header": head()[:13],
    "no track": head() + chunk(b"XFIH", events()),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_has_no_common_beat_is_refused_by_both(tmp_path: Path, why: str) -> None:
    path = tmp_path / "theme.mid"
    path.write_bytes(REFUSED[why])
    with pytest.raises(MidiError, match=why):
        parse_midi(REFUSED[why])
    with pytest.raises(Refusal, match=why):
        primer_from_midi(path)


def late(step: int, before: bytes = b"") -> bytes:
    moved = tuple((step + start, steps, pitch) for start, steps, pitch in THEME)
    return head() + chunk(b"MTrk", events(moved, before))


@pytest.mark.parametrize(
    ("data", "first", "remark"),
    [
        (late(64), 0, "4 bars of silence before the first note removed"),
        (late(16), 0, "1 bar of silence before the first note removed"),
        (late(29), 13, "1 bar of silence before the first note removed"),
        (late(12), 12, ""),
        (
            late(30, b"\0\xff\x58\4\3\2\x18\x08"),
            6,
            "2 bars of silence before the first note removed",
        ),
    ],
)  # fmt: skip
def test_whole_bars_of_silence_are_left_out_with_a_word(
    tmp_path: Path, data: bytes, first: int, remark: str
) -> None:
    (tmp_path / "late.mid").write_bytes(data)
    found = primer_from_midi(tmp_path / "late.mid")
    assert found.primer.notes[0].start_step == first
    assert found.primer.steps == first + 62
    assert found.remarks == ((remark,) if remark else ())


@pytest.mark.parametrize(
    ("tempo", "qpm", "remark"),
    [
        (b"\x06\x1a\x80", 150.0, ""),
        (b"\0\0\0", None, "a quarter of 0 seconds is not a musical tempo, and ignored"),
        (b"\0\0\1", None, "6e+07 bpm is not a musical tempo, and ignored"),
        (b"\xff\xff\xff", None, "3.57628 bpm is not a musical tempo, and ignored"),
    ],
)
def test_a_tempo_that_is_none_is_left_out_with_a_word(
    tmp_path: Path, tempo: bytes, qpm: float | None, remark: str
) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(head() + chunk(b"MTrk", events(before=b"\0\xff\x51\3" + tempo)))
    found = primer_from_midi(path)
    assert found.tempo_bpm == qpm
    assert found.remarks == ((remark,) if remark else ())
    assert read_midi(path).notes


def test_a_primer_of_a_year_is_refused_with_its_length(tmp_path: Path) -> None:
    path = tmp_path / "huge.mid"
    far = number(0x0FFFFFFF) + bytes((0x90, 60, 100)) + b"\x60" + bytes((0x80, 60, 64))
    path.write_bytes(head() + chunk(b"MTrk", events()[: -len(END)] + far + END))
    with pytest.raises(Refusal, match=r"lasts 11,184,8\d\d steps .* at most 8,192"):
        primer_from_midi(path)


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 3_000_000,
        head() + chunk(b"MTrk", b"\xff" * 3_000_000),
        head() + chunk(b"MTrk", b"\x80" * 3_000_000),
        head() + chunk(b"MTrk", b"\0\x90" + b"\x3c\x40\0" * 100_000),
        head() + b"MTrk" * 700_000,
        head() + chunk(b"MTrk", b"\0\xf0" + b"\xff" * 3_000_000),
    ],
    ids=["no MIDI", "0xFF", "0x80", "hanging notes", "headers", "sysex"],
)
def test_megabytes_of_damage_are_read_quickly(data: bytes) -> None:
    def read() -> None:
        try:
            assert parse_midi(data).tracks
        except MidiError as error:
            assert str(error)  # noqa: PT017 - either way is fine, and quick

    assert calls_of(read) < 4 * len(data)


@given(st.data())
def test_damage_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    good = bytearray(UNUSUAL[data.draw(st.sampled_from(sorted(UNUSUAL)))])
    for _ in range(data.draw(st.integers(1, 6))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        content = parse_midi(bytes(good[: data.draw(st.integers(0, len(good)))]))
    except MidiError:
        return
    assert all(0 <= start <= end and 0 <= pitch < 128 for start, end, pitch, _ in content.notes)
