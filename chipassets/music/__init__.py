"""Keys, chords, notes, forms and motifs; the Score; what is measured in it."""
