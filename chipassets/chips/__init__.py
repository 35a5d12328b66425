"""Sound chips: their tables, the ChipSong, the register log and the sample banks."""
