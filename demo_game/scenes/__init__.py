"""The scenes of the game: each takes a step with the controls, and draws itself."""
