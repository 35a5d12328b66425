"""The loop tags as RPG Maker MV finds them: its reader sees 255 bytes and ends at a zero byte."""

from __future__ import annotations

import re

import numpy as np
import pytest

from chipassets.render import Pcm, encode_ogg
from chipassets.render.oggpages import read_pages

LOOP = (1_234, 6_766)


def mv_reads(data: bytes) -> tuple[int, int]:
    """Loop start and length by the rule of RPG Maker MV's `WebAudio._readMetaData`.

    It takes the first segment (255 bytes at most) of each packet on the header pages, looks there
    for "LOOP", and takes the text up to the next zero byte. 0 is what it starts from.
    """
    found = {"LOOPSTART": 0, "LOOPLENGTH": 0}
    for page in read_pages(data):
        offset, is_header = 0, False
        for lace in page.laces:
            segment = page.body[offset : offset + lace]
            offset += lace
            if segment[1:5] != b"vorb":
                continue
            is_header = True
            if segment[0] != 3:
                continue
            at = 0
            while at < len(segment) - 10:
                if segment[at : at + 4] == b"LOOP":
                    text = page.body[offset - lace + at :].split(b"\0")[0].decode("latin-1")
                    at += len(text)
                    for name in found:
                        if match := re.search(f"{name}=([0-9]+)", text):
                            found[name] = int(match[1])
                at += 1
        if not is_header:
            break
    return found["LOOPSTART"], found["LOOPLENGTH"]


def looping_pcm() -> Pcm:
    wave = 9000 * np.sin(2 * np.pi * 441 / 44_100 * np.arange(sum(LOOP)))
    return Pcm(wave.astype(np.int16), 44_100, LOOP[0])


def test_the_loop_is_found_behind_a_long_copyright_line() -> None:
    tags = {"TITLE": "title", "ALBUM": "A game", "COPYRIGHT": "© 2026 " + "A long name, " * 30}
    assert mv_reads(encode_ogg(looping_pcm(), tags)) == LOOP


@pytest.mark.parametrize("letters", [*range(40, 54), 297])
def test_the_length_of_the_next_comment_never_becomes_a_digit_of_the_loop(letters: int) -> None:
    assert mv_reads(encode_ogg(looping_pcm(), {"TITLE": "t" * letters})) == LOOP


def test_a_tag_of_the_games_own_cannot_take_the_loops_place() -> None:
    assert mv_reads(encode_ogg(looping_pcm(), {"looplength": "7", "TITLE": "t"})) == LOOP
