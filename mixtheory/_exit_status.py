"""Errors of the command line: one message and an exit status, 1 for a failure of the work, 2 for a usage error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

__all__ = ["clear_errors", "drop_output"]


def _fail(message: object, status: int) -> typer.Exit:
    print(f"error: {message}", file=sys.stderr)
    return typer.Exit(status)


def drop_output() -> None:
    """Send standard output nowhere: its reader, such as head, has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def clear_errors(interrupted: str = "run the same command again to go on") -> Iterator[None]:
    """Turn foreseen errors into one message and an exit status; `interrupted` says what an interruption left."""
    try:
        yield
    except KeyboardInterrupt:
        print(f"\ninterrupted; {interrupted}", file=sys.stderr)
        raise typer.Exit(130) from None
    except BrokenPipeError:
        drop_output()
        raise typer.Exit(0) from None
    except (ValueError, TypeError) as error:
        raise _fail(error, 2) from None
    except MemoryError as error:
        raise _fail(f"not enough memory: {error}" if str(error) else "not enough memory", 1) from None
    except (OSError, RuntimeError) as error:
        raise _fail(error, 1) from None
