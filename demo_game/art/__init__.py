"""Pixel art made in code: everything is drawn once, when it is first wanted."""
