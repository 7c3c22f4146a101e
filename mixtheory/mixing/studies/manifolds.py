r"""Manifolds with a known dimension from which points are drawn, and exact distances to them.

Half-moons, helices (the spiral of scikit-dimension is one), the Swiss roll, and a product of five closed curves, a
manifold of dimension 5 in 20 dimensions. Distances are to the whole manifold, ends included, not to drawn points.
They are roots of one equation of one variable: on a helix all candidates are found by monotone pieces; on the other
curves by a grid that is finer than the distance between candidates, and bisection.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mixtheory._validation import check_choice, check_generator, check_integer, check_matrix, check_real

__all__ = [
    "MANIFOLDS",
    "ClosedCurves",
    "HalfMoons",
    "Helix",
    "Manifold",
    "SwissRoll",
    "named_manifold",
]

Array = NDArray[np.float64]
Curve = Callable[[Array], Array]

# a bracket of length 10 shrinks to 1e-14, and the error of a distance is of second order
_HALVINGS = 50


class Manifold(ABC):
    """A manifold from which points are drawn, with the distance to it."""

    dimension: int
    ambient_dimension: int

    @abstractmethod
    def _draw(self, n: int, rng: np.random.Generator) -> Array: ...

    @abstractmethod
    def _distance(self, points: Array) -> Array: ...

    def sample(self, n: int, rng: np.random.Generator) -> Array:
        """Draw `n` independent points, shape (n, ambient_dimension).

        Raises
        ------
        ValueError, TypeError
            If `n` is no integer >= 1, or `rng` no Generator.
        """
        return self._draw(check_integer("n", n, low=1), check_generator(rng))

    def distance(self, points: ArrayLike) -> Array:
        """Return the Euclidean distance of each point to the manifold, shape (m,).

        Raises
        ------
        ValueError, TypeError
            If `points` is no finite table of `ambient_dimension` columns.
        """
        table = check_matrix("points", points)
        if table.shape[1] != self.ambient_dimension:
            raise ValueError(f"points must have {self.ambient_dimension} columns, got shape {table.shape}")
        return self._distance(table)


def _bisect(slope: Curve, low: Array, high: Array) -> Array:
    """Return where an increasing slope changes its sign, or the end of the bracket at which its primitive is least."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        up = slope(middle) > 0
        low, high = np.where(up, low, middle), np.where(up, middle, high)
    return (low + high) / 2


@dataclass(frozen=True)
class HalfMoons(Manifold):
    r"""Two half circles of radius 1 that reach into each other, as in scikit-learn's ``make_moons``.

    Label 0: :math:`(\cos u, \sin u)`, label 1: :math:`(1-\cos u, 1/2-\sin u)`, u uniform on :math:`(0,\pi)`; both
    labels have probability 1/2.

    Parameters
    ----------
    noise : float
        Standard deviation of normal noise added to both coordinates, >= 0; distances are to the half circles.

    Examples
    --------
    >>> HalfMoons().distance([[0.0, 0.0], [0.0, 2.0], [-1.0, -1.0]]).round(6).tolist()
    [0.118034, 1.0, 1.0]
    """

    noise: float = 0.0
    dimension = 1
    ambient_dimension = 2

    def __post_init__(self) -> None:
        check_real("noise", self.noise, low=0.0, closed="left")

    def sample_labelled(self, n: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
        """Draw `n` points and their labels, shapes (n, 2) and (n,)."""
        size = check_integer("n", n, low=1)
        labels = check_generator(rng).integers(2, size=size)
        u = np.pi * rng.random(size)
        x = np.where(labels == 0, np.cos(u), 1 - np.cos(u))
        y = np.where(labels == 0, np.sin(u), 0.5 - np.sin(u))
        return np.column_stack([x, y]) + self.noise * rng.standard_normal((size, 2)), labels

    def _draw(self, n: int, rng: np.random.Generator) -> Array:
        return self.sample_labelled(n, rng)[0]

    @staticmethod
    def _to_arcs(points: Array) -> Array:
        """Return the distances to both half circles, shape (2, m)."""
        found = []
        # the second is the first, turned by half a turn about (1/2, 1/4)
        for x, y in (points.T, np.array([[1.0], [0.5]]) - points.T):
            ends = np.hypot(np.abs(x) - 1, y)
            found.append(np.where(y >= 0, np.abs(np.hypot(x, y) - 1), ends))
        return np.array(found)

    def _distance(self, points: Array) -> Array:
        return np.asarray(self._to_arcs(points).min(axis=0))

    def region(self, points: ArrayLike) -> NDArray[np.int64]:
        """Return the label of the nearer half circle, shape (m,): the best guess where noise has no direction."""
        return np.asarray(self._to_arcs(check_matrix("points", points)).argmin(axis=0), dtype=np.int64)


@dataclass(frozen=True)
class Helix(Manifold):
    r"""Helix :math:`(r\cos t, r\sin t, pt/2\pi)`, t uniform on (0, 2 pi turns), hence uniform in arc length.

    Parameters
    ----------
    radius, pitch, turns : float
        Positive.

    Notes
    -----
    The squared distance from a point with cylindrical coordinates :math:`(\rho,\varphi,z)` is a constant plus twice
    :math:`-r\rho\cos(t-\varphi) + (z-ct)^2/2`, :math:`c = p/2\pi`. Its second derivative :math:`r\rho\cos(t-\varphi) +
    c^2` is positive on one interval about every :math:`\varphi + 2\pi m`; all minima lie in these intervals or at the
    ends of the curve, and the first derivative increases in each. Bisection there misses none.

    Examples
    --------
    >>> Helix(1.0, 1.0, 4.0).distance([[1.5, 0.0, 2.0], [0.5, 0.0, 0.0]]).round(6).tolist()
    [0.5, 0.5]
    """

    radius: float = 1.0
    pitch: float = 1.0
    turns: float = 4.0
    dimension = 1
    ambient_dimension = 3

    def __post_init__(self) -> None:
        for name in ("radius", "pitch", "turns"):
            check_real(name, getattr(self, name), low=0.0)

    @property
    def _rise(self) -> float:
        return self.pitch / (2 * np.pi)

    @property
    def _end(self) -> float:
        return 2 * np.pi * self.turns

    def _position(self, t: Array) -> Array:
        return np.stack([self.radius * np.cos(t), self.radius * np.sin(t), self._rise * t], axis=-1)

    def _draw(self, n: int, rng: np.random.Generator) -> Array:
        return self._position(self._end * rng.random(n))

    def _distance(self, points: Array) -> Array:
        x, y, z = points.T
        scale, angle = self.radius * np.hypot(x, y), np.arctan2(y, x)
        c, end = self._rise, self._end
        bend = np.divide(-(c**2), scale, out=np.full_like(scale, -np.inf), where=scale > 0)
        half = np.arccos(np.maximum(bend, -1.0))
        least = np.full(len(points), np.inf)
        for m in range(-1, int(np.ceil(self.turns)) + 2):
            centre = angle + 2 * np.pi * m
            low, high = np.clip(centre - half, 0.0, end), np.clip(centre + half, 0.0, end)
            t = _bisect(lambda t: scale * np.sin(t - angle) + c * (c * t - z), low, high)
            for candidate in (t, low, high):
                least = np.minimum(least, np.sum((points - self._position(candidate)) ** 2, axis=1))
        return np.asarray(np.sqrt(least))


def _closest(value: Curve, slope: Curve, grid: Array, *, closed: bool) -> Array:
    """Return the variable of the least value of a function with two minima at most, for each of m points, shape (m,).

    `value` and `slope` map variables (1, g) or (m, 1) to (m, g) or (m, 1). The two lowest points of the grid that are
    not above their neighbours are refined by bisection.
    """
    values = value(grid[None, :])
    if closed:
        before, after = np.roll(values, 1, axis=1), np.roll(values, -1, axis=1)
    else:
        wall = np.full((len(values), 1), np.inf)
        before, after = np.hstack([wall, values[:, :-1]]), np.hstack([values[:, 1:], wall])
    values = np.where((values <= before) & (values <= after), values, np.inf)
    step, rows = grid[1] - grid[0], np.arange(len(values))
    found = []
    for _ in range(2):
        lowest = values.argmin(axis=1)
        values[rows, lowest] = np.inf
        low, high = grid[lowest] - step, grid[lowest] + step
        if not closed:
            low, high = np.maximum(low, grid[0]), np.minimum(high, grid[-1])
        found.append(_bisect(lambda t: slope(t[:, None])[:, 0], low, high))
    first, second = found
    return np.asarray(np.where(value(second[:, None]) < value(first[:, None]), second[:, None], first[:, None])[:, 0])


@dataclass(frozen=True)
class SwissRoll(Manifold):
    r"""Swiss roll :math:`(t\cos t, h, t\sin t)`, t uniform on (3 pi/2, 9 pi/2), h uniform on (0, height).

    The sheet and law of scikit-learn's ``make_swiss_roll``; the law is not uniform in area.

    Parameters
    ----------
    height : float
        Positive.

    Examples
    --------
    >>> SwissRoll().distance([[0.0, 24.0, 2.5 * np.pi]]).round(6).tolist()
    [3.0]
    """

    height: float = 21.0
    dimension = 2
    ambient_dimension = 3

    _START, _END = 1.5 * np.pi, 4.5 * np.pi

    def __post_init__(self) -> None:
        check_real("height", self.height, low=0.0)

    def _draw(self, n: int, rng: np.random.Generator) -> Array:
        t = self._START + (self._END - self._START) * rng.random(n)
        return np.column_stack([t * np.cos(t), self.height * rng.random(n), t * np.sin(t)])

    def _distance(self, points: Array) -> Array:
        x, h, z = points.T
        rho, angle = np.hypot(x, z)[:, None], np.arctan2(z, x)[:, None]

        def value(t: Array) -> Array:
            return np.asarray(t**2 / 2 - rho * t * np.cos(t - angle))

        def slope(t: Array) -> Array:
            return np.asarray(t - rho * np.cos(t - angle) + rho * t * np.sin(t - angle))

        # one and a half turns: at most two minima
        t = _closest(value, slope, np.linspace(self._START, self._END, 193), closed=False)
        beyond = h - np.clip(h, 0.0, self.height)
        return np.asarray(np.sqrt((x - t * np.cos(t)) ** 2 + (z - t * np.sin(t)) ** 2 + beyond**2))


@dataclass(frozen=True)
class ClosedCurves(Manifold):
    r"""Product of closed curves :math:`(\cos u, \sin u, a\cos 2u, a\sin 2u)` in four dimensions, u uniform.

    A flat torus of dimension `factors` in 4 `factors` dimensions, which spans all of them; uniform, since each curve
    has constant speed. The squared distance is the sum over factors of squared distances to the curve.

    Parameters
    ----------
    factors : int
        Number of curves, >= 1.
    amplitude : float
        a, in (0, 1].

    Examples
    --------
    >>> ClosedCurves(1).distance([[0.0, 0.0, 0.0, 0.0], [2.0, 0.0, 1.0, 0.0]]).round(6).tolist()
    [1.118034, 1.118034]
    """

    factors: int = 5
    amplitude: float = 0.5

    def __post_init__(self) -> None:
        check_integer("factors", self.factors, low=1)
        check_real("amplitude", self.amplitude, low=0.0, high=1.0, closed="right")

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """Number of factors."""
        return self.factors

    @property
    def ambient_dimension(self) -> int:  # type: ignore[override]
        """Four times the number of factors."""
        return 4 * self.factors

    def _position(self, u: Array) -> Array:
        a = self.amplitude
        return np.stack([np.cos(u), np.sin(u), a * np.cos(2 * u), a * np.sin(2 * u)], axis=-1)

    def _draw(self, n: int, rng: np.random.Generator) -> Array:
        return self._position(2 * np.pi * rng.random((n, self.factors))).reshape(n, self.ambient_dimension)

    def _distance(self, points: Array) -> Array:
        rows = points.reshape(-1, 4)
        x, y, v, w = rows.T[..., None]

        def value(u: Array) -> Array:
            second = self.amplitude * (v * np.cos(2 * u) + w * np.sin(2 * u))
            return np.asarray(-(x * np.cos(u) + y * np.sin(u) + second))

        def slope(u: Array) -> Array:
            second = self.amplitude * (v * np.sin(2 * u) - w * np.cos(2 * u))
            return np.asarray(x * np.sin(u) - y * np.cos(u) + 2 * second)

        # a trigonometric polynomial of the second order: at most two minima
        u = _closest(value, slope, 2 * np.pi * np.arange(64) / 64, closed=True)
        square = np.sum((rows - self._position(u)) ** 2, axis=1)
        return np.asarray(np.sqrt(square.reshape(len(points), self.factors).sum(axis=1)))


MANIFOLDS: dict[str, Manifold] = {
    "half_moons": HalfMoons(),
    "noisy_half_moons": HalfMoons(0.1),
    "spiral": Helix(100.0, 2 * np.pi, 5.0),
    "helix": Helix(1.0, 1.0, 4.0),
    "swiss_roll": SwissRoll(),
    "five_in_twenty": ClosedCurves(5),
}
"""Half-moons without and with noise 0.1; the spiral (100 cos t, 100 sin t, t), t in (0, 10 pi), which is M13b_Spiral of
scikit-dimension; a helix of radius 1, pitch 1 and four turns; the Swiss roll; five dimensions in twenty."""


def named_manifold(name: str) -> Manifold:
    """Return a manifold of the studies by its name.

    Raises
    ------
    ValueError
        If there is no such manifold.

    Examples
    --------
    >>> named_manifold("swiss_roll").dimension
    2
    """
    return MANIFOLDS[check_choice("manifold", name, MANIFOLDS)]
