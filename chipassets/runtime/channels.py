"""Plays tracks and stings on the mixer's channels, as the director decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .balance import Sting
from .decoding import CutSound
from .director import Director
from .fades import Fade
from .mixer import halt, silence
from .playback import Change
from .tracks import Track
from .voices import Voice

if TYPE_CHECKING:
    from pygame.mixer import Channel

_RELEASE_MS = 60
_RINGS_MS = 500
"""How long a sting's channel stays in use after its length: the mixer is a few buffers late."""


class Volumes:
    """Amplitudes, 0..1: overall, and multiplied by it those of the music and of the stings."""

    def __init__(self, overall: float) -> None:
        self.overall, self.music, self.stings = overall, 1.0, 1.0


class MixerChannels:
    """Tracks and stings on their channels; `sounds` returns a track's decoded layers.

    Every method may raise pygame.error if the mixer was closed.
    """

    def __init__(
        self,
        channels: list[Channel],
        director: Director,
        volumes: Volumes,
        sounds: Callable[[Track], tuple[CutSound, ...]],
    ) -> None:
        self._channels = channels
        self._director = director
        self._volumes = volumes
        self._sounds = sounds
        self._voices: list[Voice] = []
        self._stings: list[Voice] = []
        self._paused: list[Voice] = []
        self._spares: dict[Track, list[tuple[CutSound, ...]]] = {}

    @property
    def has_sound(self) -> bool:
        """Whether a mixer is open."""
        return bool(self._channels)

    def is_fading(self, now_ms: int) -> bool:
        """Return whether a track is fading in or out."""
        return any(not voice.fade.is_done(now_ms) for voice in self._voices)

    def release_channels(self) -> None:
        """Forget all channels without stopping them: another player uses them now."""
        self._channels, self._voices, self._stings, self._paused = [], [], [], []

    def add(self, channels: list[Channel]) -> None:
        """Use these channels, too."""
        self._channels += channels

    def silence(self) -> None:
        """Stop everything."""
        for channel in self._channels:
            halt(channel)
        self._voices, self._stings, self._paused = [], [], []

    def keep_only(self, tracks: tuple[Track, ...]) -> None:
        """Drop the silent voices and the sounds of all other tracks."""
        for voice in self._voices:
            voice.is_wanted_later = voice.is_wanted_later and voice.track in tracks
        for track in [track for track in self._spares if track not in tracks]:
            del self._spares[track]

    def pause(self, now_ms: int) -> None:
        """Pause every voice."""
        voices = [*self._voices, *self._stings]
        self._paused = [voice for voice in voices if voice.paused_ms is None]
        for voice in self._paused:
            voice.pause(now_ms)

    def resume(self, now_ms: int) -> None:
        """Resume the voices that `pause` paused, with their fades."""
        paused, self._paused = self._paused, []
        for voice in paused:
            lost_ms = now_ms - (now_ms if voice.paused_ms is None else voice.paused_ms)
            voice.fade = voice.fade.delay(lost_ms)
            voice.unpause(now_ms)

    def carry_out(self, change: Change, now_ms: int) -> None:
        """Start the crossfade of a change, which may be slightly in the future."""
        is_silent = all(voice.fade.point(change.at_ms) == 0 for voice in self._voices)
        for voice in self._voices:
            if voice.fade.end > 0:
                voice.fade = voice.fade.turn(change.at_ms, change.fade_ms, 0.0)
                voice.is_wanted_later = change.keeps_old
        if change.track is None:
            return
        kept = next((v for v in reversed(self._voices) if v.track is change.track), None)
        if kept is not None and change.from_sample > 0 and not change.is_jump:
            kept.fade = kept.fade.turn(change.at_ms, change.fade_ms, 1.0)
            kept.unpause(now_ms)
            # Pauses take effect at a frame, not at the millisecond, so the sound's position is
            # used.
            self._director.correct_position(kept.position_samples(now_ms), now_ms)
            return
        fade_ms = 0 if is_silent else change.fade_ms
        self.start(change.track, change.from_sample, fade_ms, now_ms, change.at_ms)

    def start(
        self, track: Track, sample: int, fade_ms: int, now_ms: int, at_ms: int | None = None
    ) -> None:
        """Start a track at a sample, at a time that may be in the future."""
        at_ms = now_ms if at_ms is None else at_ms
        for old in [voice for voice in self._voices if voice.track is track]:
            if old.paused_ms is not None or old.fade.is_done(now_ms):
                old.stop()
                self._voices.remove(old)
        began_ms = at_ms - sample * 1000 // track.sample_rate_hz
        # A start in the future begins with silence: without a fade the full gain is set at once.
        fade = Fade(at_ms, fade_ms, 0.0, 1.0) if fade_ms else Fade(now_ms, 0, 1.0, 1.0)
        self._play(track, sample, fade, began_ms, now_ms, at_ms - now_ms)

    def _play(
        self, track: Track, sample: int, fade: Fade, began_ms: int, now_ms: int, lead_ms: int = 0
    ) -> None:
        """Play a track from a sample on, after some silence, as a voice that began at a time."""
        sounds = tuple(sound.starting_at(track, sample) for sound in self._sounds(track))
        channels = self._free_channels(len(sounds)) if sounds else ()
        if not channels:
            return
        # The volume is the sound's: two voices of a track, as after restoring a game, need two.
        if any(voice.track is track for voice in self._voices):
            sounds = tuple(sound.apart() for sound in sounds)
        voice = Voice(track, sounds, channels, fade, began_ms, sample)
        self._set_gain(voice, now_ms)
        voice.start(silence(lead_ms))
        self._voices.append(voice)

    def start_sting(self, sting: Sting, now_ms: int) -> None:
        """Play a sting once, at its time, which may be in the future."""
        sounds = self._take_copies(sting.track)
        channels = self._free_channels(len(sounds))
        if not channels:
            return
        voice = Voice(sting.track, sounds, channels, Fade(now_ms, 0, 1.0, 1.0), sting.at_ms)
        voice.set_gain(self._volumes.overall * self._volumes.stings)
        voice.start(silence(sting.at_ms - now_ms))
        self._stings.append(voice)

    def tend(self, now_ms: int, *, follows_sound: bool = False) -> None:
        """Set every gain for this time, queue loops again, and remove what has ended.

        follows_sound: the time is that of the sound, and music that the game has stopped, with
        `pygame.mixer.stop()` or by a sound on a channel of the music, plays on where it should be.
        """
        if follows_sound:
            for voice in [v for v in self._voices if v.fade.end > 0 and v.is_disturbed(now_ms)]:
                self._begin_again(voice, now_ms)
        self._tend_voices(now_ms)
        self._tend_stings(now_ms)

    def _take_copies(self, track: Track) -> tuple[CutSound, ...]:
        """Return sounds of a track that nothing else plays; () if it has none.

        The same track may be kept as music, or still sound as a sting, at another volume. Sounds of
        ended stings are reused: copying half a minute may take 3 ms.
        """
        if self._spares.get(track):
            return self._spares[track].pop()
        return tuple(sound.copied() for sound in self._sounds(track))

    def _free_channels(self, count: int) -> tuple[Channel, ...]:
        """Return `count` channels on which nothing plays; () if the mixer has fewer.

        To free channels it ends voices kept for later, then fading voices, then the oldest.
        """
        while True:
            taken = [channel for v in (*self._voices, *self._stings) for channel in v.channels]
            free = [channel for channel in self._channels if channel not in taken]
            # Those on which the game plays sounds of its own come last.
            free.sort(key=lambda channel: channel.get_busy())
            if len(free) >= count or not self._voices:
                break
            spare = min(self._voices, key=lambda voice: voice.fade.end)
            self._voices.remove(spare)
            spare.stop()
        if len(free) < count:
            return ()
        for channel in free[:count]:
            halt(channel)
        return tuple(free[:count])

    def _set_gain(self, voice: Voice, now_ms: int) -> None:
        """Set a voice's gain: the player's volumes, its fade and its layers."""
        volume = self._volumes.overall * self._volumes.music
        gain = volume * voice.fade.gain(now_ms) * self._director.music_gain(now_ms)
        voice.set_gain(gain, self._director.layer_gains(voice.track, now_ms))

    def _begin_again(self, voice: Voice, now_ms: int) -> None:
        """Play a disturbed voice from its present position on, where there is a free channel."""
        self._voices.remove(voice)
        voice.stop()
        sample = voice.position_samples(now_ms)
        if not voice.track.is_over(sample):
            self._play(voice.track, sample, voice.fade, voice.started_ms, now_ms)

    def _tend_voices(self, now_ms: int) -> None:
        """Set the gain of every voice; pause or stop those that are faded out."""
        for voice in list(self._voices):
            self._set_gain(voice, now_ms)
            if voice.fade.end > 0 or not voice.fade.is_done(now_ms):
                voice.tend(now_ms)
            elif voice.is_wanted_later:
                voice.pause(now_ms)
            else:
                voice.stop()
                self._voices.remove(voice)

    def _tend_stings(self, now_ms: int) -> None:
        """Set the gain of every sting; fade out replaced ones and remove ended ones."""
        sounding = self._director.sounding_sting
        for voice in list(self._stings):
            rate_hz, samples = voice.track.sample_rate_hz, voice.track.samples
            left_ms = (samples - voice.position_samples(now_ms)) * 1000 // rate_hz
            is_cut = sounding is None or sounding.at_ms != voice.started_ms
            if is_cut and left_ms > 0 and voice.fade.end > 0:
                voice.fade = voice.fade.turn(now_ms, _RELEASE_MS, 0.0)
            volume = self._volumes.overall * self._volumes.stings
            voice.set_gain(volume * voice.fade.gain(now_ms))
            if left_ms < -_RINGS_MS or (voice.fade.end == 0 and voice.fade.is_done(now_ms)):
                voice.stop()
                self._stings.remove(voice)
                self._spares.setdefault(voice.track, []).append(voice.sounds)
