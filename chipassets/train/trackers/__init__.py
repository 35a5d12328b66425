"""Music in trackers, read for a corpus: ProTracker, hUGETracker, FamiTracker's text and PICO-8."""
