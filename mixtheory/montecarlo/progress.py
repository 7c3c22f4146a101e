"""What a run says while it works: a bar on a terminal, plain lines with percentage and time left in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self, TextIO

__all__ = ["Progress"]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class Progress:
    """Report the progress of a known number of steps.

    Parameters
    ----------
    title : str
    total, done : int
        Number of steps in all, and of those that were done before.
    unit : str
        What a step is called.
    enabled : bool
        Without it nothing is shown.
    stream : text stream
        Where lines go; a terminal gets a bar.
    interval : float
        Seconds between two lines in a log.
    """

    def __init__(
        self,
        title: str,
        total: int,
        *,
        done: int = 0,
        unit: str = "blocks",
        enabled: bool = True,
        stream: TextIO | None = None,
        interval: float = 5.0,
    ) -> None:
        self.title, self.total, self.done, self._before = title, total, done, done
        self._unit = unit
        self._stream = sys.stderr if stream is None else stream
        self._interval = interval
        self._enabled = enabled
        self._bar: Any = None
        self._task: Any = None
        self._start = self._last = time.monotonic()

    def __enter__(self) -> Self:
        self._start = self._last = time.monotonic()
        if self._enabled and self.total > self.done and self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(file=self._stream),
            )
            self._bar.start()
            self._task = self._bar.add_task(self.title, total=self.total, completed=self.done)
        return self

    def say(self, text: str) -> None:
        """Print a line above the bar or into the log."""
        if not self._enabled:
            return
        if self._bar is not None:
            self._bar.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=self._stream, flush=True)

    def advance(self) -> None:
        """Count one more step."""
        self.done += 1
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)
            return
        now = time.monotonic()
        if self._enabled and (now - self._last >= self._interval or (self.done == self.total)):
            self._last = now
            elapsed = now - self._start
            if self.done == self.total:
                self.say(f"{self.title}: 100 % ({self.total} of {self.total} {self._unit}) in {_duration(elapsed)}")
            else:
                left = elapsed * (self.total - self.done) / max(self.done - self._before, 1)
                share = 100 * self.done // self.total
                self.say(f"{self.title}: {share} % ({self.done} of {self.total} {self._unit}), {_duration(left)} left")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
