"""Standard MIDI files: one reader and one writer."""
