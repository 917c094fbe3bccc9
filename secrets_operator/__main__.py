"""``python -m secrets_operator`` is the console script."""

from secrets_operator.cli import main

if __name__ == "__main__":
    main()
