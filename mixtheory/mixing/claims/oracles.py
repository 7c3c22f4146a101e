r"""Reference values of the claims: exact rational algebra, enumeration and quadrature.

Nothing here shares code with the theory: no theory module is imported, moments are sums of fractions, expectations are
Gauss-Jacobi rules or adaptive quadrature over an own density. A weight law is its four numbers
``(alpha, beta, eps0, eps1)``, as in the kernels.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import integrate, optimize, special

Array = NDArray[np.float64]
Law = tuple[float, float, float, float]

# Exact algebra ---------------------------------------------------------------------------------------------------


def rising(x: Fraction, k: int) -> Fraction:
    """Return x (x + 1) ... (x + k - 1)."""
    return math.prod((x + i for i in range(k)), start=Fraction(1))


def mixed_moment(i: int, j: int, law: Law) -> float:
    r"""Return :math:`E[\lambda^i (1-\lambda)^j]` from :math:`E[B^a (1-B)^b]`, in fractions and so without rounding."""
    alpha, beta, eps0, eps1 = (Fraction(value) for value in law)
    width = 1 + eps0 + eps1
    total = Fraction(0)
    for a, b in itertools.product(range(i + 1), range(j + 1)):
        share = rising(alpha, a) * rising(beta, b) / rising(alpha + beta, a + b)
        total += math.comb(i, a) * math.comb(j, b) * (-eps0) ** (i - a) * (-eps1) ** (j - b) * width ** (a + b) * share
    return float(total)


def power_sum(k: int, law: Law) -> float:
    r"""Return :math:`E[\lambda^k + (1-\lambda)^k]`."""
    return mixed_moment(k, 0, law) + mixed_moment(0, k, law)


def dirichlet_moment(powers: Sequence[int], alpha: Sequence[float], eps: float) -> float:
    r"""Return :math:`E \prod_t w_t^{p_t}` for :math:`w = (1 + k\epsilon) D - \epsilon`, in fractions."""
    shapes, shift = [Fraction(a) for a in alpha], Fraction(eps)
    width, total = 1 + len(shapes) * shift, sum(shapes, Fraction(0))
    result = Fraction(0)
    orders = [int(p) for p in powers]
    for exponents in itertools.product(*(range(p + 1) for p in orders)):
        term = Fraction(1)
        for power, a, shape in zip(orders, exponents, shapes, strict=True):
            term *= math.comb(power, a) * (-shift) ** (power - a) * width**a * rising(shape, a)
        result += term / rising(total, sum(exponents))
    return float(result)


def dirichlet_power_sum(k: int, alpha: Sequence[float], eps: float) -> float:
    r"""Return :math:`E \sum_t w_t^k`."""
    unit = np.eye(len(alpha), dtype=int)
    return math.fsum(dirichlet_moment(list(k * row), alpha, eps) for row in unit)


def dirichlet_norm_moment(alpha: Sequence[float], eps: float) -> float:
    r"""Return :math:`E (\sum_t w_t^2)^2` as a sum over pairs of parents."""
    unit = np.eye(len(alpha), dtype=int)
    return math.fsum(dirichlet_moment(list(2 * a + 2 * b), alpha, eps) for a in unit for b in unit)


def preserving_shapes(mean: ArrayLike, eps0: ArrayLike, eps1: ArrayLike, r: ArrayLike = 0.0) -> tuple[Array, Array]:
    r"""Return alpha and beta of the law with this mean, these extensions and :math:`E[\lambda(1-\lambda)] = r`.

    With :math:`p = (m+\epsilon_0)/L = E B`, the variance of a Beta variable is :math:`p(1-p)/(s+1)`, and lambda has
    variance :math:`m(1-m) - r`.
    """
    m, low, high, product = (np.asarray(value, dtype=np.float64) for value in (mean, eps0, eps1, r))
    width = 1 + low + high
    p = (m + low) / width
    s = p * (1 - p) * width**2 / (m - m**2 - product) - 1
    return p * s, (1 - p) * s


def preserving_eps(alpha: float, beta: float, r: float = 0.0) -> float:
    r"""Return the equal extensions with :math:`E(\lambda - 1/2)^2 = 1/4 - r`, from :math:`\lambda-1/2 = L(B-1/2)`."""
    spread = 0.25 - mixed_moment(1, 1, (alpha, beta, 0.0, 0.0))
    return (math.sqrt((0.25 - r) / spread) - 1) / 2


def symmetric(alpha: float) -> Law:
    """Return the numbers of the symmetric law with these shapes that preserves the variance."""
    eps = preserving_eps(alpha, alpha)
    return alpha, alpha, eps, eps


def discrete_moment(values: Array, probabilities: Array, *powers: int) -> float:
    """Return the mean of a product of powers of the centred columns of a table, one row an outcome."""
    centred = values - np.sum(values * probabilities[:, None], axis=0)
    return math.fsum(np.prod(centred ** np.array(powers), axis=1) * probabilities)


# Quadrature ------------------------------------------------------------------------------------------------------


def beta_constant(law: Law) -> float:
    r"""Return :math:`B(\alpha,\beta) L^{s-1}`, the constant of the density, from the gamma function."""
    alpha, beta, eps0, eps1 = law
    unit = math.exp(math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta))
    return float(unit * (1 + eps0 + eps1) ** (alpha + beta - 1))


def density(x: float, law: Law) -> float:
    """Return the density of lambda at a point inside the support."""
    alpha, beta, eps0, eps1 = law
    return float((x + eps0) ** (alpha - 1) * (1 + eps1 - x) ** (beta - 1) / beta_constant(law))


def expectation(function: Callable[[float], float], law: Law, cuts: Sequence[float] = (0.0, 0.5, 1.0)) -> float:
    r"""Return :math:`E f(\lambda)` by adaptive quadrature between the cuts, with the ends' powers as weights."""
    alpha, beta, eps0, eps1 = law
    low, high = -eps0, 1 + eps1
    edges = [low, *(cut for cut in sorted(cuts) if low < cut < high), high]

    def smooth(w: float, first: bool, last: bool) -> float:
        value = function(w) / beta_constant(law)
        value *= 1.0 if first else (w - low) ** (alpha - 1)
        return value * (1.0 if last else (high - w) ** (beta - 1))

    pieces = []
    for left, right in itertools.pairwise(edges):
        first, last = left == low, right == high
        powers = (alpha - 1 if first else 0.0, beta - 1 if last else 0.0)
        part = partial(smooth, first=first, last=last)
        found = integrate.quad(part, left, right, weight="alg", wvar=powers, epsabs=1e-14, epsrel=1e-12, limit=200)
        pieces.append(found[0])
    return math.fsum(pieces)


@lru_cache(maxsize=64)
def _jacobi(law: Law, nodes: int) -> tuple[Array, Array]:
    alpha, beta, eps0, eps1 = law
    points, weights = special.roots_jacobi(nodes, beta - 1, alpha - 1)
    share = (points + 1) / 2
    return -eps0 + (1 + eps0 + eps1) * share, weights / math.fsum(weights)


def smooth_mean(function: Callable[[Array], Array], law: Law, nodes: int = 200) -> Array:
    r"""Return :math:`E f(\lambda)` for a function without kinks by the Gauss-Jacobi rule of the law itself."""
    points, weights = _jacobi(law, nodes)
    return np.asarray(np.sum(function(points) * weights, axis=-1))


def weight_cdf(x: ArrayLike, law: Law) -> Array:
    """Return the distribution function of lambda: a Gauss-Jacobi rule for the power at the nearer end."""
    points = np.asarray(x, dtype=np.float64)
    alpha, beta, eps0, eps1 = law

    def below(t: Array, a: float, b: float, start: float, end: float) -> Array:
        nodes, rule = special.roots_jacobi(60, 0.0, a - 1)
        span = (t - start)[:, None]
        values = (end - start - span * (nodes + 1) / 2) ** (b - 1)
        return np.asarray((t - start) ** a * np.sum(values * rule, axis=-1) / 2**a / beta_constant(law))

    middle = (1 + eps1 - eps0) / 2
    left = below(np.clip(points, -eps0, middle), alpha, beta, -eps0, 1 + eps1)
    right = 1 - below(np.clip(1 - points, -eps1, 1 - middle), beta, alpha, -eps1, 1 + eps0)
    return np.asarray(np.where(points <= middle, left, right))


def integral(function: Callable[[float], float], low: float, high: float, middle: float) -> float:
    """Integrate over both sides of a point in the middle."""
    ends = ((low, middle), (middle, high))
    return math.fsum(integrate.quad(function, a, b, epsabs=1e-12, epsrel=1e-11, limit=200)[0] for a, b in ends)


def central_moment(k: int, pdf: Callable[[float], float], low: float, high: float, middle: float = 1.0) -> float:
    """Return the k-th central moment of a density; the mean for k = 1."""
    mean = integral(lambda x: x * pdf(x), low, high, middle)
    return mean if k == 1 else integral(lambda x: (x - mean) ** k * pdf(x), low, high, middle)


def central_mass(pdf: Callable[[float], float], center: float, x: float) -> float:
    """Return the mass of a density between its centre and a point, negative below it."""
    return integral(pdf, center, x, (center + x) / 2)


# Mixed normal records --------------------------------------------------------------------------------------------


def square_sum(weight: Array) -> Array:
    """Return S, the variance of a mixed standard normal record given its weight."""
    return weight * weight + (1 - weight) * (1 - weight)


def normal_cdf(x: ArrayLike) -> Array:
    """Return the standard normal distribution function through the complementary error function."""
    return np.asarray(special.erfc(-np.asarray(x, dtype=np.float64) / math.sqrt(2)) / 2)


def normal_pdf(x: ArrayLike) -> Array:
    """Return the standard normal density."""
    return np.asarray(np.exp(-np.square(x) / 2) / math.sqrt(2 * math.pi))


def mixture_cdf(x: ArrayLike, law: Law) -> Array:
    """Return the distribution function of a mixed standard normal record."""
    points = np.asarray(x, dtype=np.float64)[..., None]
    return smooth_mean(lambda w: normal_cdf(points / np.sqrt(square_sum(w))), law)


def mixture_pdf(x: ArrayLike, law: Law) -> Array:
    """Return the density of a mixed standard normal record."""
    points = np.asarray(x, dtype=np.float64)[..., None]
    return smooth_mean(lambda w: normal_pdf(points / np.sqrt(square_sum(w))) / np.sqrt(square_sum(w)), law)


def _crossings(function: Callable[[float], float], grid: Array) -> list[float]:
    values = [function(float(x)) for x in grid]
    return [
        float(optimize.brentq(function, a, b, xtol=1e-14))
        for a, b, u, v in zip(grid[:-1], grid[1:], values[:-1], values[1:], strict=True)
        if u * v < 0
    ]


def mixture_ks(law: Law) -> float:
    """Return the largest distance to the normal distribution function: it lies where the densities cross."""
    points = _crossings(lambda x: float(mixture_pdf(x, law) - normal_pdf(x)), np.linspace(0.05, 7.0, 140))
    return max(abs(float(mixture_cdf(x, law) - normal_cdf(x))) for x in points)


def crossing(law: Law) -> float:
    """Return the positive point at which a variance-preserving mixture and the normal law have equal tails."""
    (point,) = _crossings(lambda x: float(mixture_cdf(-x, law) - normal_cdf(-x)), np.linspace(0.5, 6.0, 56))
    return point


def folded_distance(sd: ArrayLike, point: float) -> Array:
    r"""Return :math:`E||\sigma Z| - x_0|` for a standard normal Z."""
    s = np.asarray(sd, dtype=np.float64)
    half = math.sqrt(2 / math.pi) * s
    short = point * special.erf(point / (s * math.sqrt(2))) + half * np.expm1(-((point / s) ** 2) / 2)
    return np.asarray(half - point + 2 * short)


def mixture_w1(law: Law) -> float:
    r"""Return W1 to the normal law by Kantorovich duality, where both tails cross once on each side.

    The optimal function of slope 1 is :math:`||x| - x_0|`, with the crossing :math:`x_0` (0 if there is none).
    """
    crossings = _crossings(lambda x: float(mixture_cdf(-x, law) - normal_cdf(-x)), np.linspace(0.5, 6.0, 56))
    point = crossings[0] if crossings else 0.0
    value = smooth_mean(lambda w: folded_distance(np.sqrt(square_sum(w)), point), law)
    return abs(float(value - folded_distance(1.0, point)))


def mixture_w2(law: Law) -> float:
    """Return W2 to the normal law from the quantiles of the mixture, by the trapezoidal rule in the normal variable."""
    z = np.arange(0.0, 9.0, 1 / 16)
    tails = normal_cdf(-z)
    quantiles = z.copy()
    for _ in range(60):
        # Newton's method for the logarithm of the tail, which is concave
        found = mixture_cdf(-quantiles, law)
        step = found * np.log(found / tails) / mixture_pdf(quantiles, law)
        quantiles += step
        if float(np.max(np.abs(step))) < 1e-13:
            break
    values = (quantiles - z) ** 2 * normal_pdf(z)
    return math.sqrt(2 * float(np.sum(values) - values[0] / 2) / 16)
