"""``secrets-operator keys``: looking after the sealing keys of a cluster. Private keys are never printed."""
