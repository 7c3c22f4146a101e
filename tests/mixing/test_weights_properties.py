"""Property tests of the mixing laws over parameters, shapes and dtypes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from mixtheory.mixing.dirichlet import ExpandedDirichlet
from mixtheory.mixing.tolerance import concentration_band
from mixtheory.mixing.weights import Beta, EpBeta

STABLE = settings(derandomize=True, deadline=None, max_examples=100)

shapes = st.floats(0.01, 50.0)
extensions = st.floats(0.0, 2.0)
means = st.floats(0.01, 0.99)
laws = st.builds(EpBeta, shapes, shapes, extensions, extensions)


@STABLE
@given(laws)
def test_variance_factor_is_at_least_one_half(law):
    assert law.variance_factor >= 0.5
    assert law.r <= 0.25
    assert law.q2 >= law.r**2 - 1e-13


@STABLE
@given(shapes, shapes)
def test_weights_inside_the_unit_interval_shrink(alpha, beta):
    law = Beta(alpha, beta)
    s = alpha + beta
    assert 0.5 <= law.variance_factor < 1
    assert law.r == pytest.approx(alpha * beta / (s * (s + 1)), rel=1e-12)
    assert law.q2 == pytest.approx(np.exp(special.betaln(alpha + 2, beta + 2) - special.betaln(alpha, beta)), rel=1e-9)
    assert law.mass_outside() == 0


@STABLE
@given(laws)
def test_mean_variance_and_r_agree_with_the_moment_recurrence(law):
    scale = max(law.eps0, 1 + law.eps1) ** 2
    assert law.moment(1) == pytest.approx(law.mean, abs=1e-13 * scale)
    assert law.moment(2) == pytest.approx(law.var + law.mean**2, abs=1e-12 * scale)
    assert law.moment(1) - law.moment(2) == pytest.approx(law.r, abs=1e-12 * scale)


@STABLE
@given(means, extensions, st.floats(1e-6, 2.0))
def test_preserving_solves_for_every_mean(mean, small, large):
    for eps0, eps1 in ((small, large), (large, small)):
        law = EpBeta.preserving(mean, eps0=eps0, eps1=eps1)
        assert abs(law.r) < 1e-13
        assert law.mean == pytest.approx(mean, abs=1e-13)
        assert (law.eps0, law.eps1) == (eps0, eps1)


@STABLE
@given(shapes, shapes)
def test_equal_extension_is_the_only_root(alpha, beta):
    """r decreases strictly in eps, so its sign changes at the solution and nowhere else."""
    eps = EpBeta.preserving_equal(alpha, beta).eps0
    assert eps > 0
    assert EpBeta(alpha, beta, eps * 0.99, eps * 0.99).r > 0 > EpBeta(alpha, beta, eps * 1.01, eps * 1.01).r


@STABLE
@given(st.floats(1e-4, 0.49), means, extensions, extensions, st.floats(0.0, 1.0))
def test_band_contains_exactly_the_tolerated_laws(delta, mean, eps0, eps1, position):
    low, high = concentration_band(delta, mean=mean, eps0=eps0, eps1=eps1)
    assert 0 <= low < high
    top = high if np.isfinite(high) else low + 100.0
    inside = low + (top - low) * (0.001 + 0.998 * position)
    if inside > 1e-9:
        law = EpBeta.within(delta, mean=mean, eps0=eps0, eps1=eps1, s=inside)
        assert abs(law.variance_factor - 1) <= delta * (1 + 1e-9)
    width = 1 + eps0 + eps1
    for s in ((low - 1e-3) if low > 2e-3 else None, (high * 1.001) if np.isfinite(high) else None):
        if s is not None:
            outside = EpBeta(s * (mean + eps0) / width, s * (1 + eps1 - mean) / width, eps0, eps1)
            assert abs(outside.variance_factor - 1) > delta


@STABLE
@given(laws, st.floats(0.001, 0.999))
def test_quantiles_invert_the_distribution_function(law, p):
    x = law.ppf(p)
    assert law.support[0] <= x <= law.support[1]
    # A quantile closer to an end than floats resolve has lost its order.
    if min(x - law.support[0], law.support[1] - x) > 1e-3:
        assert law.cdf(x) == pytest.approx(p, abs=1e-9)


@settings(STABLE, max_examples=40)
@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        hnp.array_shapes(max_dims=3, max_side=3),
        elements=st.floats(0.125, 8.0, width=32),
    ),
    st.sampled_from([0, 0.25, np.float32(0.5), np.int64(1)]),
)
def test_array_parameters_are_the_scalars_side_by_side(alpha, eps):
    law = EpBeta(alpha, 1.5, eps, 0.25)
    one_by_one = [EpBeta(float(a), 1.5, float(eps), 0.25) for a in alpha.ravel()]
    for name in ("mean", "var", "r", "q2", "variance_factor", "third_moment_factor"):
        values = getattr(law, name)
        assert values.shape == alpha.shape and values.dtype == np.float64
        assert values.ravel() == pytest.approx([getattr(single, name) for single in one_by_one], rel=1e-12, abs=1e-14)
    for method, argument in (("moment", 5), ("q_moment", 3), ("cdf", 0.3), ("pdf", 0.3), ("ppf", 0.3)):
        values = getattr(law, method)(argument)
        assert values.shape == alpha.shape
        singles = [getattr(single, method)(argument) for single in one_by_one]
        assert values.ravel() == pytest.approx(singles, rel=1e-11, abs=1e-13)
    assert law.rvs(alpha.shape, np.random.default_rng(0)).shape == alpha.shape


@STABLE
@given(hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(0.05, 20.0)))
def test_expanded_dirichlet_preserves_for_any_concentrations(alpha):
    law = ExpandedDirichlet.preserving(alpha)
    assert law.eps > 0
    assert law.variance_factor == pytest.approx(1.0, abs=1e-11)
    assert law.mean.sum() == pytest.approx(1.0, abs=1e-12)
    assert law.squared_norm_variance > -1e-12
