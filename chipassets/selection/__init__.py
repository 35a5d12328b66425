"""The choice among takes: craft, moods and the rating of a composed candidate."""
