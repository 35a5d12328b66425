"""Composing: a plan and a model in, takes out. Nothing is imported here: a start stays short."""
