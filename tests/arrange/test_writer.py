"""ChipSong to RegisterLog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipassets.arrange import arrange, write_registers
from chipassets.arrange.bank import INSTRUMENTS
from chipassets.chips.chipsong import ChipNote, ChipSong, ChipVoice
from chipassets.chips.profiles import CHIPS
from chipassets.chips.registers import RegisterLog, log_from_text, log_to_text
from chipassets.errors import ArrangeError
from tests.chip_music import plan, song

EVERY_REGISTER = {
    *range(0x4000, 0x4009),
    *(0x400A, 0x400B, 0x400C, 0x400E, 0x400F, 0x4015, 0x4017),
}


def log_of(loop_start_bar: int | None = 0, **changes: str) -> RegisterLog:
    return write_registers(arrange(song(loop_start_bar=loop_start_bar), plan(**changes), "nes"))


def one_voice(name: str, *notes: ChipNote, frames: int = 120) -> ChipSong:
    instruments = tuple(INSTRUMENTS[note.instrument] for note in notes)
    return ChipSong("nes", (ChipVoice(name, notes),), instruments, frames, frames, 0)


def values(log: RegisterLog, address: int) -> list[tuple[int, int]]:
    return [
        (frame, write.value)
        for frame, writes in enumerate(log.frames)
        for write in writes
        if write.address == address
    ]


@pytest.mark.parametrize("chip", CHIPS)
def test_registers_of_a_small_song(golden: Callable[[str, str], None], chip: str) -> None:
    log = write_registers(arrange(song(), plan(), chip))
    golden(f"registers_small_song_{chip}.txt", log_to_text(log))


@pytest.mark.parametrize("loop_start_bar", [0, 1])
def test_loop_frame_writes_every_register(loop_start_bar: int) -> None:
    log = log_of(loop_start_bar)
    assert log.loop_start_frame == 96 * loop_start_bar
    for frame in (0, 96 * loop_start_bar):
        assert {write.address for write in log.frames[frame]} == EVERY_REGISTER


def test_only_changes_are_written() -> None:
    log = log_of()
    state: dict[int, int] = {}
    for frame, writes in enumerate(log.frames):
        for write in writes:
            assert frame == 0 or state.get(write.address) != write.value
            state[write.address] = write.value


def test_high_timer_byte_is_written_only_when_it_changes_even_with_vibrato() -> None:
    spec = CHIPS["nes"].voices[0]
    for pitch in range(spec.lowest_pitch, spec.highest_pitch + 1):
        held = one_voice("pulse1", ChipNote(0, 100, pitch, 12, "reed"))
        assert len(values(write_registers(held), 0x4003)) <= 2


def test_held_note_sounds_at_its_pitch_from_the_first_frame() -> None:
    log = write_registers(one_voice("pulse1", ChipNote(4, 40, 69, 15, "square")))
    low, high = dict(values(log, 0x4002)), dict(values(log, 0x4003))
    assert (low[4], high.get(4, high[0])) == (253, 0x08)
    assert log.frames[3] == ()


def test_volume_follows_macro_and_level_and_ends_in_a_release() -> None:
    log = write_registers(one_voice("pulse1", ChipNote(0, 10, 69, 15, "square")))
    volumes = [value & 15 for _, value in values(log, 0x4000)]
    assert volumes == [13, 15, 14, 13, 12, 7, 4, 1, 0]


def test_triangle_is_gated() -> None:
    log = write_registers(one_voice("triangle", ChipNote(2, 10, 45, 15, "triangle")))
    assert values(log, 0x4008) == [(0, 0x80), (2, 0xFF), (12, 0x80)]


def test_song_that_plays_once_ends_silent() -> None:
    log = log_of(None)
    assert log.loop_start_frame is None
    last = {address: values(log, address)[-1][1] for address in (0x4000, 0x4004, 0x4008, 0x400C)}
    assert [last[0x4000] & 15, last[0x4004] & 15, last[0x4008], last[0x400C] & 15] == [
        *(0, 0, 0x80, 0)
    ]


def test_unknown_chip_and_voice_are_refused() -> None:
    with pytest.raises(ArrangeError, match="saw"):
        write_registers(ChipSong("nes", (ChipVoice("saw", ()),), (), 10, 10, 0))
    with pytest.raises(ArrangeError, match="sid"):
        write_registers(ChipSong("sid", (), (), 10, 10, 0))


@given(
    st.sampled_from(list(INSTRUMENTS)),
    st.integers(33, 96),
    st.integers(1, 15),
    st.integers(1, 100),
)
def test_every_instrument_gives_legal_bytes(
    name: str, pitch: int, level: int, duration: int
) -> None:
    log = write_registers(one_voice("pulse2", ChipNote(0, duration, pitch, level, name)))
    assert all(0 <= write.value <= 255 for writes in log.frames for write in writes)
    assert log_from_text(log_to_text(log)) == log


def converters(log: RegisterLog, frame: int) -> list[bool]:
    """Which of the Game Boy's converters are on after so many frames."""
    held = {write.address: write.value for writes in log.frames[: frame + 1] for write in writes}
    pulses_and_noise = [held[address] & 0xF8 != 0 for address in (0xFF12, 0xFF17, 0xFF21)]
    return [*pulses_and_noise, bool(held[0xFF1A] & 0x80)]


def test_no_converter_is_on_before_its_voice_is_heard() -> None:
    """It adds a level of its own, which thumps where no note covers it."""
    late = ChipNote(40, 10, 69, 15, "square")
    once = replace(one_voice("pulse1", late), chip="gameboy", loop_start_frame=None)
    assert converters(write_registers(once), 39) == [False] * 4
    assert converters(write_registers(once), 41) == [True, False, False, False]
    # A loop from the start comes back with the voice on, so that it is on from the start.
    looping = replace(once, loop_start_frame=0)
    assert converters(write_registers(looping), 0) == [True, False, False, False]
