"""Time two functions against each other on a machine that other people use.

Runs alternate, so a slow spell hits both; the result is the median of the ratios of neighbours. The time is that of the
process (all its threads), which leaves out what other processes take.
"""

import statistics
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """Median seconds of ours and of the baseline, and the median of ours / baseline over neighbouring runs."""

    ours: float
    baseline: float
    ratio: float
    rounds: int

    def __str__(self):
        return f"ours {self.ours:.4g} s, baseline {self.baseline:.4g} s, ratio {self.ratio:.3f} ({self.rounds} rounds)"


def seconds(function, timer=time.process_time):
    """Time one call."""
    start = timer()
    function()
    return timer() - start


def interleave(ours, baseline, *, rounds=11, timer=time.process_time):
    """Alternate `rounds` runs of both, the one that starts alternating too, after a run each for warming up."""
    ours()
    baseline()
    pairs = []
    for k in range(rounds):
        if k % 2:
            second = seconds(baseline, timer)
            pairs.append((seconds(ours, timer), second))
        else:
            first = seconds(ours, timer)
            pairs.append((first, seconds(baseline, timer)))
    return Ratio(
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
        rounds,
    )
