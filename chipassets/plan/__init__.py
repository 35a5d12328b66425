"""What a build is to make: the frozen plan, and the presets of scenes and moods."""
