"""The preview as PNG: a file that decodes, every note where the SVG has it, edges and limits."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipassets.errors import RenderError
from chipassets.render.preview import draw_sheet, picture_to_png, raster
from chipassets.render.preview.canvas import Canvas
from chipassets.render.preview.png import encode_png
from chipassets.render.preview.sheet_page import COLOURS
from tests.render.test_preview import boxes, half_loud, sheet

INK = (0x11, 0x22, 0x33)


def decoded(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG whose rows are all filtered as "up"; every checksum is looked at."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, packed, size = 8, b"", (0, 0)
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        check = struct.unpack_from(">I", data, place + 8 + length)[0]
        assert zlib.crc32(kind + body) == check
        if kind == b"IHDR":
            size = struct.unpack_from(">II", body)
            assert body[8:] == bytes((8, 2, 0, 0, 0))
        packed += body if kind == b"IDAT" else b""
        place += 12 + length
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(size[1], 1 + 3 * size[0])
    assert (rows[:, 0] == 2).all()
    summed: NDArray[np.uint8] = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    return summed.reshape(size[1], size[0], 3)


@given(st.integers(1, 40), st.integers(1, 600), st.integers(0, 99))
def test_pixels_come_back(width: int, height: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert (decoded(encode_png(pixels)) == pixels).all()


@pytest.mark.parametrize("chip", ["nes", "snes"])
@pytest.mark.default_cases(1)
def test_every_note_has_its_voices_colour_where_the_svg_has_it(chip: str) -> None:
    picture = draw_sheet(sheet(chip, bars=8, sound=half_loud(8)))
    root = ElementTree.fromstring(picture)
    pixels = decoded(picture_to_png(picture))
    assert pixels.shape == (2 * int(root.get("height", 0)), 2 * int(root.get("width", 0)), 3)
    right = 0
    # Of notes at one place the last is on top; thin ones are doublings.
    found = {(box.get("x"), box.get("y")): box for box in boxes(root)}
    whole = [box for box in found.values() if float(box.get("height", 0)) > 3]
    for box in whole:
        x, y, width, height = (float(box.get(name, 0)) for name in ("x", "y", "width", "height"))
        voice = int((box.get("class") or "v0").split()[0][1:])
        colour = np.array([int(COLOURS[voice][n : n + 2], 16) for n in (1, 3, 5)])
        opacity = float(box.get("fill-opacity", 1))
        inside = pixels[
            int(2 * y) + 1 : int(2 * (y + height)) - 1, int(2 * x) + 1 : int(2 * (x + width)) - 1
        ].reshape(-1, 3)
        # Over anything from a light paper to a tinted row, and beside the note's name.
        near = np.abs(inside - (colour * opacity + 245 * (1 - opacity))).max(axis=1) < 40
        right += near.mean() > 0.3
    assert len(whole) > 100
    assert right > 0.95 * len(whole), (right, len(whole))


def test_waveform_loudness_and_loop_are_there() -> None:
    silent = decoded(picture_to_png(draw_sheet(sheet(bars=4, sound=half_loud(4)))))
    wave = (silent == np.array([0x4B, 0x6A, 0x88])).all(axis=2)
    loudness = (silent == np.array([0x9A, 0xB6, 0xCF])).all(axis=2)
    middle = silent.shape[1] // 2
    for drawn in (wave, loudness):
        left, right = drawn[:, : middle - 200].sum(), drawn[:, middle + 200 :].sum()
        assert right > 1.5 * left > 0
    assert (silent == np.array([0xB0, 0x00, 0x20])).all(axis=2).sum() > 500


def test_the_same_sheet_gives_the_same_file_and_another_gives_another() -> None:
    once = picture_to_png(draw_sheet(sheet(bars=2)))
    assert once == picture_to_png(draw_sheet(sheet(bars=2)))
    assert once != picture_to_png(draw_sheet(sheet(bars=2, title="boss")))


def test_letters_that_the_font_lacks_do_no_harm() -> None:
    odd = replace(sheet(), title="Żółć \u4e16\u754c \U0001f3b5 " * 3, game="\x07&<>")
    assert len(decoded(picture_to_png(draw_sheet(odd)))) > 100


def test_a_picture_beyond_all_measure_is_coarser_or_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    huge = b'<svg xmlns="http://www.w3.org/2000/svg" width="20000" height="20000"></svg>'
    with pytest.raises(RenderError, match="fewer bars"):
        picture_to_png(huge)
    monkeypatch.setattr(raster, "MOST_PIXELS", 10_000)
    for height, rows in ((25, 50), (26, 26), (100, 100)):
        tall = f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="{height}"></svg>'
        assert decoded(picture_to_png(tall.encode())).shape[0] == rows


def test_a_box_covers_as_much_of_a_pixel_as_lies_in_it() -> None:
    canvas = Canvas(4, 3, 1)
    canvas.box(0.5, 1, 2, 1, (0, 0, 0))
    assert canvas.pixels[1, :, 0].tolist() == [128, 0, 128, 255]
    assert (canvas.pixels[[0, 2]] == 255).all()
    canvas.box(-5, -5, 100, 0.001, INK)
    canvas.box(9, 9, 1, 1, INK)


def test_a_shape_is_filled_inside_and_a_dashed_line_has_gaps() -> None:
    canvas = Canvas(20, 20, 1)
    canvas.shape([(2, 2), (18, 2), (10, 18)], INK)
    dark = (canvas.pixels == INK).all(axis=2)
    assert dark[10, 10]
    assert not dark[17, 3]
    assert dark.sum() == pytest.approx(128, abs=25)
    dashed = Canvas(20, 4, 1)
    dashed.line((0, 2), (20, 2), 2, (0, 0, 0), (5, 3))
    assert dashed.pixels[1, :, 0].tolist() == [0] * 5 + [255] * 3 + [0] * 5 + [255] * 3 + [0] * 4


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_ffmpeg_reads_the_picture(tmp_path: Path) -> None:
    data = picture_to_png(draw_sheet(sheet(bars=2)))
    (tmp_path / "a.png").write_bytes(data)
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.png"), "-f", "rawvideo",
               "-pix_fmt", "rgb24", "-"]  # fmt: skip
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    assert raw == decoded(data).tobytes()
