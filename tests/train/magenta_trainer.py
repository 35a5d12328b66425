"""Magenta's own polyphony_rnn_train on today's TensorFlow; takes its flags."""

from __future__ import annotations

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import tensorflow as tf
from magenta.models.polyphony_rnn import polyphony_rnn_train
from tensorflow.python.framework import ops

# tf_slim, which clips Magenta's gradients, looks for it where it was in TensorFlow 2.9.
ops.IndexedSlices = tf.IndexedSlices

if __name__ == "__main__":
    polyphony_rnn_train.console_entry_point()
