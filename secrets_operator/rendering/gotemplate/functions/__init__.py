"""Functions that templates call: each module exports ``FUNCTIONS``, which the registry collects."""
