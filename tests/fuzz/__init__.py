"""Fuzzing: foreign bytes and foreign values into every reader, which must refuse or read them."""
