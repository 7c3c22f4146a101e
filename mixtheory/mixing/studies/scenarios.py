"""What the studies of mixing share: laws and populations by name, and simulators with one entry a replicate.

Cells of a study hold plain data, so a law or a population is a name there; `named_law` and `named_population` give the
object. Data are drawn before weights, so that cells of the same data and different laws share their random numbers.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from mixtheory._validation import check_choice, check_real
from mixtheory.mixing.classes import Classes
from mixtheory.mixing.finite import compensated_eps, neutral_r
from mixtheory.mixing.laws import MixingLaw, Size
from mixtheory.mixing.populations import Exponential, Normal, Population, StudentT, TwoClusters
from mixtheory.mixing.quadrature import expect
from mixtheory.mixing.weights import Beta, EpBeta

__all__ = [
    "LAWS",
    "POPULATIONS",
    "Copying",
    "Law",
    "covariance_batches",
    "distance_factor",
    "labelled_records",
    "mixed_pairs",
    "named_law",
    "named_population",
    "normal_radius",
    "sector_radii",
    "serial_covariance",
    "three_classes",
]

Array = NDArray[np.float64]


class Copying(MixingLaw):
    """The law of one parent with weight one: a synthetic record is a copy, a batch is a bootstrap sample.

    Examples
    --------
    >>> Copying().variance_factor
    1.0
    """

    def _key(self) -> tuple[Any, ...]:
        return (Copying,)

    @property
    def n_parents(self) -> int:
        """Number of parents of one synthetic record: 1."""
        return 1

    @property
    def mean(self) -> float:
        """Mean of the weight: 1."""
        return 1.0

    @property
    def var(self) -> float:
        """Variance of the weight: 0."""
        return 0.0

    @property
    def r(self) -> float:
        """E of lambda (1 - lambda): 0."""
        return 0.0

    @property
    def q2(self) -> float:
        """E of lambda^2 (1 - lambda)^2: 0."""
        return 0.0

    def power_sum(self, k: int) -> float:
        """Power sum of the weights: 1 for every order."""
        return 1.0

    def weight_vectors(self, size: Size, rng: np.random.Generator) -> Array:
        """Return ones; nothing is drawn."""
        return np.ones((*np.atleast_1d(size), 1))

    @property
    def weight_means(self) -> Array:
        """Mean of the weight: 1."""
        return np.ones(1)

    @property
    def weight_variances(self) -> Array:
        """Variance of the weight: 0."""
        return np.zeros(1)

    @property
    def dominant_weight(self) -> float:
        """The only weight: 1."""
        return 1.0

    @property
    def entropy(self) -> float:
        """Entropy of a certain parent: 0."""
        return 0.0


Law = EpBeta | Copying

LAWS = ("uniform", "beta", "preserving", "published", "compensated", "copying")
POPULATIONS = ("normal", "exponential", "student_t", "two_clusters")


def named_law(name: str, n: int | None = None, pairing: str = "independent") -> Law:
    """Return a law of the studies by its name.

    Parameters
    ----------
    name : str
        ``"uniform"``: U(0, 1); ``"beta"``: Beta(0.1, 0.1); ``"preserving"``: the symmetric uniform law with r = 0;
        ``"published"``: EpBeta(4.34, 1.33; 0.3, 0.3), the example of C. Lee, J. Im and J.H.T. Kim, arXiv 2503.02645
        (2025); ``"compensated"``: the symmetric uniform law that keeps the expected variance of `n` rows (derived in
        this project); ``"copying"``: copies.
    n : int, optional
        Rows of the data, needed by ``"compensated"``.
    pairing : str
        Pairing scheme that ``"compensated"`` makes up for.

    Raises
    ------
    ValueError
        If there is no such law, or `n` is missing where it is needed.

    Examples
    --------
    >>> round(float(named_law("compensated", n=10).eps0), 6)
    0.457427
    """
    check_choice("law", name, LAWS)
    if name == "uniform":
        return Beta(1.0, 1.0)
    if name == "beta":
        return Beta(0.1, 0.1)
    if name == "preserving":
        return EpBeta.preserving_uniform()
    if name == "published":
        return EpBeta(4.34, 1.33, 0.3, 0.3)
    if name == "copying":
        return Copying()
    if n is None:
        raise ValueError("law 'compensated' needs the number of rows n")
    eps = compensated_eps(1.0, neutral_r(n, pairing))
    return EpBeta(1.0, 1.0, eps, eps)


def named_population(name: str) -> Population:
    """Return a population of the studies by its name: one of `POPULATIONS`; Student's t has 12 degrees of freedom.

    Raises
    ------
    ValueError
        If there is no such population.
    """
    check_choice("population", name, POPULATIONS)
    if name == "normal":
        return Normal()
    if name == "exponential":
        return Exponential()
    return StudentT(12) if name == "student_t" else TwoClusters(4.0, 0.3)


def standardised(population: Population, size: Size, rng: np.random.Generator) -> Array:
    """Draw from `population` in units of its standard deviation, about its mean."""
    return np.asarray((population.rvs(size, rng) - population.mean) / np.sqrt(population.var))


def mixed_pairs(rng: np.random.Generator, n: int, *, law: Law, population: str, correlation: float) -> dict[str, Array]:
    """Draw `n` synthetic records of two correlated columns whose parents have mean 0 and variance 1.

    The first column has the shape of `population`, the second is `correlation` times it plus an independent copy.

    Returns
    -------
    dict
        ``x``, ``y``: the record; ``product``: x y over the covariance of the parents. Each of shape (n,).
    """
    shape = named_population(population)
    x = standardised(shape, (2, n), rng)
    y = correlation * x + np.sqrt(1 - correlation**2) * standardised(shape, (2, n), rng)
    weights = law.rvs(n, rng) if isinstance(law, EpBeta) else np.ones(n)
    x_new = weights * x[0] + (1 - weights) * x[1]
    y_new = weights * y[0] + (1 - weights) * y[1]
    return {"x": x_new, "y": y_new, "product": x_new * y_new / correlation}


@cache
def serial_covariance(dimension: int, correlation: float) -> Array:
    """Return the matrix with entries ``correlation ** |k - l|``, shape (dimension, dimension), read-only."""
    places = np.arange(dimension)
    matrix = correlation ** np.abs(places[:, None] - places)
    matrix.flags.writeable = False
    return np.asarray(matrix)


def distance_factor(law: Law, dimension: int, correlation: float, batch: int) -> float:
    r"""Return the expected squared Frobenius error of a synthetic covariance matrix, relative to the truth.

    For `batch` iid synthetic records of a centred normal population with covariance Sigma and known mean,

    .. math:: \frac{E\|\tilde S-\Sigma\|^2}{\|\Sigma\|^2} = 4 r^2
              + \frac{1}{N}\Big[E S^2\Big(2 + \frac{(tr\Sigma)^2}{\|\Sigma\|^2}\Big) - (1-2r)^2\Big],
              \quad E S^2 = 1 - 4r + 4 q_2.

    The first term is the distortion; at r = 0 what is left is the sampling error, larger by the factor E S^2 = 1 + 4
    q2 in its leading part. Derived in this project: given lambda a record is N(0, S Sigma).
    """
    sigma = serial_covariance(dimension, correlation)
    spread = float(np.trace(sigma) ** 2 / np.sum(sigma**2))
    rho = float(law.variance_factor)
    second = 1 - 4 * float(law.r) + 4 * float(law.q2)
    return (rho - 1) ** 2 + (second * (2 + spread) - rho**2) / batch


def covariance_batches(
    rng: np.random.Generator, n: int, *, law: Law, weights: str, dimension: int, correlation: float, batch: int
) -> dict[str, Array]:
    """Draw `n` synthetic batches of `batch` records from a serially correlated normal population with known mean 0.

    Parameters
    ----------
    weights : {"shared", "separate"}
        One weight a record, or independent weights for its columns.

    Returns
    -------
    dict
        ``variance``: mean square over records and columns; ``covariance``: mean product of neighbouring columns over
        their covariance; ``distance``: squared Frobenius error of the covariance matrix, relative. Each of shape (n,).

    Raises
    ------
    ValueError
        If `weights` is unknown.
    """
    check_choice("weights", weights, ("shared", "separate"))
    sigma = serial_covariance(dimension, correlation)
    root = np.linalg.cholesky(sigma).T
    first = rng.standard_normal((n * batch, dimension)) @ root
    second = rng.standard_normal((n * batch, dimension)) @ root
    columns = dimension if weights == "separate" else 1
    draws = law.rvs((n * batch, columns), rng) if isinstance(law, EpBeta) else np.ones((n * batch, columns))
    records = (second + draws * (first - second)).reshape(n, batch, dimension)
    estimate = np.matmul(records.transpose(0, 2, 1), records) / batch
    return {
        "variance": np.trace(estimate, axis1=1, axis2=2) / dimension,
        "covariance": np.trace(estimate[:, 1:, :-1], axis1=1, axis2=2) / (dimension - 1) / correlation,
        "distance": np.sum((estimate - sigma) ** 2, axis=(1, 2)) / np.sum(sigma**2),
    }


@cache
def three_classes() -> Classes:
    """Return three overlapping classes in the plane with unequal probabilities, spreads and orientations."""
    return Classes(
        [0.5, 0.3, 0.2],
        [[0.0, 0.0], [3.5, 0.5], [1.0, 3.5]],
        [[[1.0, 0.5], [0.5, 1.0]], [[0.6, -0.3], [-0.3, 0.5]], [[1.2, 0.0], [0.0, 0.4]]],
    )


def labelled_records(rng: np.random.Generator, n: int, *, law: Law, rule: str, label: int) -> dict[str, Array]:
    """Draw `n` synthetic records of `three_classes` with a hard label and keep what belongs to one class.

    Parameters
    ----------
    rule : {"same_class", "first_parent", "bernoulli", "larger_weight"}
        Both parents from one class, or parents from the whole population and the label of one of them.
    label : int
        The class, 0, 1 or 2.

    Returns
    -------
    dict
        ``share``: whether the record has the label; ``x``, ``y``, ``xx``, ``xy``, ``yy``: its coordinates and their
        products, zero for other labels. Each of shape (n,).
    """
    check_choice("rule", rule, ("same_class", "first_parent", "bernoulli", "larger_weight"))
    classes = three_classes()
    edges = np.cumsum(np.asarray(classes.probabilities))[:-1]
    parents = np.searchsorted(edges, rng.random((2, n)), side="right")
    noise = rng.standard_normal((2, n, 2))
    if rule == "same_class":
        parents[1] = parents[0]
    roots = np.linalg.cholesky(np.asarray(classes.covariances))
    records = np.asarray(classes.means)[parents] + np.matmul(roots[parents], noise[..., None])[..., 0]
    weights = law.rvs(n, rng) if isinstance(law, EpBeta) else np.ones(n)
    if rule == "bernoulli":
        first = rng.random(n) < weights
    else:
        first = weights >= 0.5 if rule == "larger_weight" else np.ones(n, dtype=bool)
    mine = (np.where(first, parents[0], parents[1]) == label).astype(np.float64)
    x, y = (weights[:, None] * records[0] + (1 - weights)[:, None] * records[1]).T
    return {"share": mine, "x": mine * x, "y": mine * y, "xx": mine * x * x, "xy": mine * x * y, "yy": mine * y * y}


def normal_radius(law: Law, probability: float) -> float:
    r"""Radius of the disc that holds `probability` of the synthetic records of a standard normal law in the plane.

    It solves :math:`E\,e^{-\rho^2/(2S)} = 1 - p` with :math:`S = \lambda^2 + (1-\lambda)^2`; the map that whitens a
    correlated normal law takes its contours to such circles.

    Raises
    ------
    ValueError
        If `probability` is not in (0, 1).

    Notes
    -----
    From note 01, T9(b) [D]: derived in this project.

    Examples
    --------
    >>> round(normal_radius(Copying(), 0.95), 4)
    2.4477
    """
    p = check_real("probability", probability, low=0.0, high=1.0)
    plain = float(np.sqrt(-2 * np.log1p(-p)))
    if not isinstance(law, EpBeta):
        return plain

    def excess(radius: float) -> float:
        return float(expect(law, lambda w: np.exp(-(radius**2) / (2 * (w**2 + (1 - w) ** 2))))) - (1 - p)

    # S >= 1/2, so the disc is at least as large as that of variance 1/2
    low, high = plain / 2, 2 * plain
    while excess(high) > 0:
        high *= 2
    return float(brentq(excess, low, high, xtol=1e-12))


def sector_radii(
    rng: np.random.Generator, n: int, *, law: Law, angle: float, correlation: float, batch: int
) -> dict[str, Array]:
    """Draw `n` synthetic batches of a correlated normal law in the plane; describe one double sector of each.

    Records are whitened; the sector holds the directions within 7.5 degrees of `angle` or of its opposite.

    Parameters
    ----------
    angle : float
        Direction in degrees in the whitened plane.
    correlation : float
        Correlation of the two columns, which have variance 1.
    batch : int
        Records a batch.

    Returns
    -------
    dict
        ``radius_50``, ``radius_80``, ``radius_95``: quantiles of the distance from the centre in the sector; ``share``:
        part of the batch in the sector. Each of shape (n,).
    """
    root = np.linalg.cholesky(serial_covariance(2, correlation))
    direction = np.deg2rad(angle)
    out = np.empty((4, n))
    for b in range(n):
        parents = root @ rng.standard_normal((2, 2, batch))
        weights = law.rvs(batch, rng) if isinstance(law, EpBeta) else np.ones(batch)
        record = weights * parents[0] + (1 - weights) * parents[1]
        x, y = np.linalg.solve(root, record)
        # |cos| above its value at 7.5 degrees is one comparison for both sides of the centre
        radius = np.hypot(x, y)
        inside = np.abs(x * np.cos(direction) + y * np.sin(direction)) > radius * np.cos(np.deg2rad(7.5))
        out[:3, b] = np.quantile(radius[inside], (0.5, 0.8, 0.95), method="median_unbiased")
        out[3, b] = np.mean(inside)
    return dict(zip(("radius_50", "radius_80", "radius_95", "share"), out, strict=True))
