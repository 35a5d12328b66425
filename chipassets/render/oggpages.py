"""Ogg Vorbis pages: custom comments, serial number, checksums (RFC 3533, Vorbis I §5).

libsndfile does not know LOOPSTART and draws a random serial number. Both are corrected here without
changing an audio packet.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chipassets.errors import RenderError

_HEADER = struct.Struct("<4sBBqIIIB")
_CONTINUED = 1
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_COMMENT_START = b"\x03vorbis"
_MAX_LACES = 255


@dataclass(frozen=True, slots=True)
class Page:
    """One Ogg page without its checksum."""

    flags: int
    granule: int
    serial: int
    number: int
    laces: bytes
    body: bytes


def ogg_crc(data: bytes) -> int:
    """Return Ogg's CRC-32 of the data: polynomial 04C11DB7, unreflected, from 0.

    It is zlib's CRC of the bit-reversed bytes, bit-reversed, without zlib's two complements.
    """
    reflected = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(reflected.to_bytes(4, "little").translate(_REVERSED), "big")


def read_pages(data: bytes) -> list[Page]:
    """Return the pages of an Ogg file; RenderError if it is damaged."""
    pages = []
    offset = 0
    while offset < len(data):
        if data[offset : offset + 4] != b"OggS":
            raise RenderError(f"the encoder's file is damaged: no Ogg page at byte {offset}")
        header = _HEADER.unpack_from(data, offset)
        _, _, flags, granule, serial, number, _, count = header
        laces = data[offset + _HEADER.size : offset + _HEADER.size + count]
        start = offset + _HEADER.size + count
        offset = start + sum(laces)
        pages.append(Page(flags, granule, serial, number, laces, data[start:offset]))
    return pages


def write_page(page: Page) -> bytes:
    """Return the bytes of a page with its checksum."""
    fields = (b"OggS", 0, page.flags, page.granule, page.serial, page.number)
    tail = page.laces + page.body
    blank = _HEADER.pack(*fields, 0, len(page.laces)) + tail
    return _HEADER.pack(*fields, ogg_crc(blank), len(page.laces)) + tail


def retag(data: bytes, comments: Mapping[str, str], serial: int) -> bytes:
    """Return the Vorbis file with exactly these comments and this serial, and the same audio."""
    pages = read_pages(data)
    packets, sound = _header_packets(pages)
    packets[1] = _comment_packet(packets[1], comments)
    first = replace(pages[0], serial=serial, number=0)
    headers = [first, *_pack(packets[1:], serial)]
    body = [replace(page, serial=serial, number=n) for n, page in enumerate(sound, len(headers))]
    return b"".join(write_page(page) for page in headers + body)


def read_comments(data: bytes) -> dict[str, str]:
    """Return the Vorbis comments of a file, names in upper case."""
    packets, _ = _header_packets(read_pages(data))
    packet = packets[1]
    offset = len(_COMMENT_START)
    vendor_length = int.from_bytes(packet[offset : offset + 4], "little")
    offset += 4 + vendor_length
    count = int.from_bytes(packet[offset : offset + 4], "little")
    offset += 4
    comments = {}
    for _ in range(count):
        length = int.from_bytes(packet[offset : offset + 4], "little")
        name, _, value = packet[offset + 4 : offset + 4 + length].decode().partition("=")
        comments[name.upper()] = value
        offset += 4 + length
    return comments


def _header_packets(pages: list[Page]) -> tuple[list[bytes], list[Page]]:
    """Return the three header packets and the audio pages, which begin on a new page."""
    packets: list[bytes] = []
    open_packet = b""
    used = 0
    for page in pages:
        used += 1
        offset = 0
        for lace in page.laces:
            open_packet += page.body[offset : offset + lace]
            offset += lace
            if lace < _MAX_LACES:
                packets.append(open_packet)
                open_packet = b""
        if len(packets) >= 3:
            break
    if len(packets) != 3 or not packets[1].startswith(_COMMENT_START):
        raise RenderError("the encoder's file does not begin with three Vorbis headers")
    return packets, pages[used:]


def _comment_packet(old: bytes, comments: Mapping[str, str]) -> bytes:
    """Return a comment header with the vendor of the old one."""
    vendor_end = 11 + int.from_bytes(old[7:11], "little")
    lines = [f"{name}={value}".encode() for name, value in comments.items()]
    parts = [len(line).to_bytes(4, "little") + line for line in lines]
    return old[:vendor_end] + len(lines).to_bytes(4, "little") + b"".join(parts) + b"\x01"


def _pack(packets: list[bytes], serial: int) -> list[Page]:
    """Return header pages, from number 1 on, that hold the packets.

    The granule position -1 marks pages on which no packet ends.
    """
    laces = b"".join(b"\xff" * (len(item) // 255) + bytes([len(item) % 255]) for item in packets)
    body = b"".join(packets)
    pages: list[Page] = []
    offset = 0
    for start in range(0, len(laces), _MAX_LACES):
        own = laces[start : start + _MAX_LACES]
        flags = _CONTINUED if start and laces[start - 1] == 255 else 0
        granule = 0 if min(own) < 255 else -1
        pages.append(
            Page(flags, granule, serial, len(pages) + 1, own, body[offset : offset + sum(own)])
        )
        offset += sum(own)
    return pages
