"""The table of file formats that a manifest can list, which all other modules read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format: where its files are in a bundle, and what they hold.

    path: of a track's file, with {track} and, if a track has several, {part} to fill in. about: its
    purpose in one line. chips: the chips whose music it can hold; empty means all. codec: the
    external encoder whose version affects the bytes, "" without one. has_album: whether there are
    also files with all tracks.
    """

    path: str
    about: str
    chips: tuple[str, ...] = ()
    codec: str = ""
    has_album: bool = False

    @property
    def has_parts(self) -> bool:
        """Whether a track has one file for each of its parts."""
        return "{part}" in self.path


FORMATS: dict[str, FileFormat] = {
    "ogg": FileFormat("audio/{track}.ogg", "Ogg Vorbis with loop tags", codec="vorbis"),
    "wav": FileFormat("audio/{track}.wav", "16-bit PCM with a loop chunk"),
    "flac": FileFormat("audio/{track}.flac", "the same samples as WAV, compressed", codec="flac"),
    "split": FileFormat(
        "split/{track}-{part}.ogg", "intro and loop as two OGG files", codec="vorbis"
    ),
    "stems": FileFormat("stems/{track}/{part}.ogg", "an OGG file for each voice", codec="vorbis"),
    "midi": FileFormat("midi/{track}.mid", "Standard MIDI with loop markers"),
    "preview": FileFormat("preview/{track}.svg", "a picture of the notes and the sound"),
    "nsf": FileFormat(
        "nsf/{track}.nsf", "NES players and consoles", ("nes", "nes-vrc6"), has_album=True
    ),
    "gbs": FileFormat(
        "gbs/{track}.gbs", "Game Boy players and consoles", ("gameboy",), has_album=True
    ),
    "vgm": FileFormat("vgm/{track}.vgm", "players of register logs", ("nes", "gameboy")),
    "spc": FileFormat("spc/{track}.spc", "SNES players and flash cartridges", ("snes",)),
    "famitracker": FileFormat(
        "famitracker/{track}.txt", "FamiTracker's text import", ("nes", "nes-vrc6")
    ),
    "famistudio": FileFormat(
        "famistudio/{track}.txt", "FamiStudio's text import", ("nes", "nes-vrc6")
    ),
    "famitone": FileFormat("famitone/{track}.txt", "converters of FamiTone", ("nes",)),
    "cartridge": FileFormat(
        "cartridge/{track}.asm", "a game's ROM, with a player", ("nes", "gameboy"), has_album=True
    ),
    "uge": FileFormat("uge/{track}.uge", "hUGETracker and GB Studio", ("gameboy",)),
    "mod": FileFormat(
        "mod/{track}.mod", "trackers and players of modules", ("nes", "nes-vrc6", "gameboy")
    ),
    "it": FileFormat(
        "it/{track}.it",
        "trackers of Impulse Tracker's kind",
        ("nes", "nes-vrc6", "gameboy", "snes"),
    ),
    "synth": FileFormat("synth/{track}.creg", "the web player's synthesiser", ("nes", "gameboy")),
}
"""The formats in the order of a plan. `production.outputs` has the encoder of each."""
DEFAULT_FORMATS = ("ogg", "midi", "preview")
