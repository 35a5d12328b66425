"""Training: corpus, dataset, trainer, evaluation and the exchange with Magenta."""
