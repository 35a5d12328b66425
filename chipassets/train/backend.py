"""The differences between the Keras backends on which a model can be trained.

TensorFlow, with the compiled pass of `backprop`, comes with the extra `train` and is for the CPU.
PyTorch, with cuDNN's LSTM, is for a machine with an accelerator. KERAS_BACKEND selects one.
"""

from __future__ import annotations

import keras

if keras.backend.backend() == "torch":
    from chipassets.train.backend_torch import (
        compiled,
        differentiator,
        recurrence,
        tensor,
        tensorboard_log,
    )
else:
    from chipassets.train.backend_tensorflow import (
        compiled,
        differentiator,
        recurrence,
        tensor,
        tensorboard_log,
    )

__all__ = ["compiled", "differentiator", "recurrence", "tensor", "tensorboard_log"]
