"""Time to a given standard error: 64 scrambled Sobol nets against plain Monte Carlo by the streaming kernel."""

import statistics

import numpy as np
import pytest
from ratio import interleave

from mixtheory.mixing import kernels
from mixtheory.montecarlo.qmc import MIN_SCRAMBLES, Scrambled

LAW = {"alpha": 1.0, "beta": 1.0}
LOG2_POINTS = 16
PLAIN = 2**22


@pytest.mark.parametrize(("check", "power", "aim"), [("C2", 2, 30.0), ("C8", 3, 4.0)])
def test_time_to_a_given_standard_error(benchmark, record, generators, check, power, aim):
    """U(0, 1) weights, exponential parents, (x - 1)^power; 64 nets of 2^16 points against 2^22 draws.

    The plain draws that reach the nets' standard error number (sd / se)^2, and their time is in proportion (shown by
    the benchmark of linear cost). The law over scrambles is spiky, so its standard error is the median of nine runs.
    """
    ours_rng, plain_rng = generators
    simulate = Scrambled(kernels.exponential_pair_at, dimension=3, log2_points=LOG2_POINTS)

    def nets():
        return simulate(ours_rng, MIN_SCRAMBLES, **LAW, power=power)

    def plain():
        kernels.pair_moments(plain_rng, PLAIN, kernels.exponential, **LAW, center=1.0)

    errors = [float(nets().std(ddof=1)) / MIN_SCRAMBLES**0.5 for _ in range(9)]
    error = statistics.median(errors)
    sd = float(np.std(kernels.pair_powers(plain_rng, PLAIN, kernels.exponential, **LAW, power=power, center=1.0)))
    result = interleave(nets, plain, rounds=5)
    speedup = (sd / error) ** 2 / PLAIN / result.ratio
    benchmark.pedantic(nets, rounds=1)
    record(
        check=check,
        nets=f"{MIN_SCRAMBLES} x 2^{LOG2_POINTS} points",
        standard_error=error,
        standard_error_range=(min(errors), max(errors)),
        plain_draws_for_the_same=f"{(sd / error) ** 2:.3g}",
        time=result,
        speedup=speedup,
    )
    assert speedup >= aim
