"""Lantern Isle, a small game that plays a chipassets bundle; start: `python -m demo_game`."""
