"""Keys, chords, notes, forms and motifs; the Score and its measures."""
