"""Run the command line as ``python -m mixtheory``."""

from mixtheory.cli import main

if __name__ == "__main__":
    main()
