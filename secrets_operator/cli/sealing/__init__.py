"""The command ``seal``: all that kubeseal does with flags (``command``), and verbs of our own (``verbs``).

Nothing here is imported before it is needed: ``seal --help`` reads ``command``, ``flags`` and ``verbs``, no more.
"""
