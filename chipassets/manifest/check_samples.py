"""Checks of instruments with a recording: a tone has a root, and drums fit the NES's memory."""

from __future__ import annotations

from collections.abc import Iterator

from chipassets.arrange.bank import DRUM_SOUNDS
from chipassets.chips import dmcbank
from chipassets.chips.clip_fit import clip_bytes, clip_rate, heard_length, most_seconds
from chipassets.chips.profiles import CHIPS
from chipassets.chips.recording import Recording
from chipassets.manifest.document import Document, Steps
from chipassets.manifest.instruments import check_root
from chipassets.manifest.models import Manifest
from chipassets.manifest.recording import SAMPLE
from chipassets.manifest.refusal import Fault, Refusal

_PART = "instruments"


def check_roots(document: Document) -> Iterator[tuple[Steps, Fault]]:
    """Yield the instruments that have a sample and no root; the document may be malformed."""
    own = document.values.get(_PART)
    for name, value in own.items() if isinstance(own, dict) else ():
        try:
            check_root(name, value)
        except Refusal as refusal:
            for fault in refusal.faults:
                yield (_PART, name), fault


def check_clips(manifest: Manifest) -> Iterator[tuple[Steps, Fault]]:
    """Yield the recordings of drums that the sample channel of the manifest's chip cannot hold."""
    if not CHIPS[manifest.chip].plays_clips:
        return
    left = dmcbank.END - dmcbank.ORIGIN - len(dmcbank.memory(dmcbank.clips().values()))
    for name, item in manifest.instruments.items():
        recording = item.recording
        if recording is None or name not in DRUM_SOUNDS:
            continue
        rate = clip_rate(recording)
        if rate is None:
            yield (_PART, name, SAMPLE), _too_long(recording)
            continue
        size = dmcbank.aligned(clip_bytes(recording, rate))
        if size > left:
            yield (_PART, name, SAMPLE), _too_large(size, max(left, 0))
        left -= size


def _too_long(recording: Recording) -> Fault:
    seconds = heard_length(recording) / recording.rate_hz
    most = int(most_seconds() * 100) / 100
    return Fault(
        f"its {seconds:.2f} seconds are too long for the sample channel of the NES, which plays "
        f"{most:.2f} seconds at most",
        f"cut it to {most:.2f} seconds",
    )


def _too_large(size: int, left: int) -> Fault:
    return Fault(
        f"it takes {size:,} bytes on the NES, and beside the bank's drums and those above it "
        f"{left:,} are left of 16 KiB",
        "shorten it, or one of the samples above it",
    )
