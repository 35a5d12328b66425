"""What differs between the backends of Keras on which a model is trained.

TensorFlow, with the compiled recurrence of `lstm_kernel`, is the one of the extra `train`, for the
CPU. PyTorch, with cuDNN's LSTM, is for a machine with an accelerator. KERAS_BACKEND chooses.
"""

from __future__ import annotations

import keras

if keras.backend.backend() == "torch":
    from chipassets.train.backend_torch import (
        compiled,
        differentiate,
        dropout,
        inference,
        recurrence,
        seed_of,
        tensor,
        tensorboard_log,
    )
else:
    from chipassets.train.backend_tensorflow import (
        compiled,
        differentiate,
        dropout,
        inference,
        recurrence,
        seed_of,
        tensor,
        tensorboard_log,
    )

__all__ = [
    "compiled",
    "differentiate",
    "dropout",
    "inference",
    "recurrence",
    "seed_of",
    "tensor",
    "tensorboard_log",
]
