"""Lets `python -m devvault` start the stand-in."""

import sys

from devvault.cli import main

if __name__ == "__main__":
    sys.exit(main())
