"""Closed forms of a law refuse what is none, and name it."""

import numpy as np
import pytest

from mixtheory.mixing import finite, locality, moments, points, regression, rescaling
from mixtheory.mixing.choose import choose_law
from mixtheory.mixing.weights import Beta

DATA = [0.0, 1.0, 3.0]
CALLS = {
    "point_variance_factor": lambda law: points.point_variance_factor(law, 5),
    "point_variance": lambda law: points.point_variance(law, DATA),
    "point_third_moment": lambda law: points.point_third_moment(law, DATA),
    "point_fourth_moment": lambda law: points.point_fourth_moment(law, DATA, "distinct"),
    "own_row_slope": lambda law: points.own_row_slope(law, 5),
    "within_row_factor": lambda law: points.within_row_factor(law, 5),
    "mean_variance_factor": lambda law: finite.mean_variance_factor(law, 5),
    "batch_variance_factor": lambda law: finite.batch_variance_factor(law, 5),
    "batch_variance": lambda law: finite.batch_variance(law, DATA),
    "generation_variance_factor": lambda law: finite.generation_variance_factor(law, 5, "distinct", 2),
    "generation_mean_variance": lambda law: finite.generation_mean_variance(law, 5, "distinct", 2),
    "naive_coverage": lambda law: finite.naive_coverage(law),
    "batch_scale": lambda law: rescaling.batch_scale(law, 5),
    "known_mean_scale": lambda law: rescaling.known_mean_scale(law),
    "naive_rescaled_factor": lambda law: rescaling.naive_rescaled_factor(law, 5),
    "displacement_factor": lambda law: locality.displacement_factor(law),
    "dominant_label_mass": lambda law: locality.dominant_label_mass(law, [0.5, 0.5]),
    "mixed_ridge_slopes": lambda law: regression.mixed_ridge_slopes(law, 1.0, 1.0),
    "mixed_ridge_slopes_through_origin": lambda law: regression.mixed_ridge_slopes_through_origin(
        law, 1.0, 1.0, [1.0], 1.0
    ),
    "residual_variance_factor": lambda law: regression.residual_variance_factor(law),
    "ridge_penalty": lambda law: regression.ridge_penalty(law, 1.0),
    "mixed_covariance": lambda law: moments.mixed_covariance(law, 1.0),
    "third_central_moment": lambda law: moments.third_central_moment(law, 1.0),
    "skewness_factor": lambda law: moments.skewness_factor(law),
    "fourth_cumulant": lambda law: moments.fourth_cumulant(law, 1.0, 1.0),
    "fourth_central_moment": lambda law: moments.fourth_central_moment(law, 1.0, 1.0),
    "excess_kurtosis": lambda law: moments.excess_kurtosis(law, 1.0),
}
SINGLE_ONLY = {"mixed_ridge_slopes", "mixed_ridge_slopes_through_origin"}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.5, "got float$"),
        (None, "got NoneType$"),
        (Beta, "got the class Beta$"),
        (choose_law(eps0=0.2, eps1=0.2), "got Choice; give its law: choice.law$"),
    ],
    ids=["number", "none", "class", "choice"],
)
def test_what_is_no_law(name, value, words):
    with pytest.raises(TypeError, match=f"^law must be a mixing law, {words}"):
        CALLS[name](value)


@pytest.mark.parametrize("name", sorted(CALLS.keys() - SINGLE_ONLY))
def test_arrays_as_parameters_are_allowed(name):
    each = [CALLS[name](Beta(alpha, 1.0)) for alpha in (1.0, 2.0)]
    np.testing.assert_allclose(CALLS[name](Beta([1.0, 2.0], 1.0)), each, rtol=1e-12)
