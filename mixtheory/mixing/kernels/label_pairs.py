r"""Partners by the distance of their labels: exactly the law of a normal kernel, without a matrix of distances.

The partner of row i is row :math:`j \ne i` with probability in proportion to :math:`\exp(-(y_i - y_j)^2/(2h^2))`. Only
ratios of these numbers are ever formed, relative to the nearest label at distance :math:`d_0`:

.. math:: e^{-E(d)}, \qquad E(d) = \frac{(d - d_0)(d + d_0)}{2h^2} \ge 0, \qquad d = |y_i - y_j|,

so nothing underflows, however far all labels are in units of the bandwidth h. In sorted labels the rows within a
distance are found by binary search. Bins are laid from the nearest label outwards: each begins at the nearest row that
is left, at :math:`E_b`, and ends where E has grown by 1. A bin counts with its size times its upper bound
:math:`e^{-E_b}`; when the rows that are left, with their upper bound, make up less than a quarter of all bins, they are
the last bin. A bin is drawn, a row of it uniformly, and accepted with probability :math:`e^{E_b - E(d)} \le 1`: the law
is exact, with no part of it cut off, up to the rounding of the exponential function. At least one try in 1.25 e is
accepted on average, and there are at most :math:`2 + \ln(4n)` bins, of which data with many labels within a bandwidth
need a few.

Derived in this project.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_generator, check_integer, check_matrix, check_real

__all__ = ["label_partners"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# More than 2 + ln(4 * 2^53) bins never come up.
_MOST_BINS = 48
_STEP = 1.0
_REST = 0.25
# Differences of labels beyond this could overflow.
_LARGE = 2.0**1021


@jit
def excess(distance: float, nearest: float, bandwidth: float) -> float:
    """Return E(d) without overflow of squares."""
    if distance == nearest:
        return 0.0
    return 0.5 * ((distance - nearest) / bandwidth) * ((distance + nearest) / bandwidth)


@jit
def reach(energy: float, nearest: float, bandwidth: float) -> float:
    """Return the distance d at which E(d) is `energy`, up to rounding."""
    start = nearest / bandwidth
    return nearest + bandwidth * (2.0 * energy / (start + math.hypot(start, math.sqrt(2.0 * energy))))


@jit
def first_within(labels: Floats, place: int, high: int, limit: float) -> int:
    """Return the first place whose label is at most `limit` below that of `place`, if those from `high` on are."""
    low, step = high - 1, 1
    # steps that double find an end that is near in a few
    while low >= 0 and labels[place] - labels[low] <= limit:
        high = low
        low -= step
        step *= 2
    low = max(low + 1, 0)
    while low < high:
        middle = (low + high) // 2
        if labels[place] - labels[middle] <= limit:
            high = middle
        else:
            low = middle + 1
    return low


@jit
def first_beyond(labels: Floats, place: int, low: int, limit: float) -> int:
    """Return the first place whose label is more than `limit` above that of `place`, if those before `low` are not."""
    high, step = low, 1
    while high < labels.size and labels[high] - labels[place] <= limit:
        low = high + 1
        high += step
        step *= 2
    high = min(high, labels.size)
    while low < high:
        middle = (low + high) // 2
        if labels[middle] - labels[place] <= limit:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def nearest_left(labels: Floats, place: int, left: int, right: int) -> float:
    """Return the smallest distance from `place` to the places before `left` and from `right` on."""
    below = labels[place] - labels[left - 1] if left > 0 else math.inf
    above = labels[right] - labels[place] if right < labels.size else math.inf
    return min(below, above)


@jit
def lay_bins(labels: Floats, place: int, bandwidth: float, edges: Integers, energies: Floats, masses: Floats) -> int:
    """Lay the bins of one owner and return their number.

    Bin b is the places ``edges[b + 1, 0]`` to ``edges[b, 0] - 1`` and ``edges[b, 1]`` to ``edges[b + 1, 1] - 1``; its
    rows have E at least ``energies[b]``; ``masses[b]`` is its size times its upper bound.
    """
    n = labels.size
    left, right = place, place + 1
    edges[0, 0], edges[0, 1] = left, right
    nearest = nearest_left(labels, place, left, right)
    total = 0.0
    bins = 0
    while True:
        remaining = left + n - right
        if remaining == 0:
            return bins
        near = nearest_left(labels, place, left, right)
        energy = excess(near, nearest, bandwidth)
        bound = math.exp(-energy)
        energies[bins] = energy
        if remaining * bound <= _REST * total or bins == _MOST_BINS - 1:
            left, right = 0, n
            masses[bins] = remaining * bound
        else:
            limit = max(near, reach(energy + _STEP, nearest, bandwidth))
            before = left + n - right
            left = first_within(labels, place, left, limit)
            right = first_beyond(labels, place, right, limit)
            masses[bins] = (before - (left + n - right)) * bound
        total += masses[bins]
        bins += 1
        edges[bins, 0], edges[bins, 1] = left, right


@jit
def draw_from_bins(
    rng: Generator,
    labels: Floats,
    place: int,
    bandwidth: float,
    bins: int,
    edges: Integers,
    energies: Floats,
    masses: Floats,
) -> int:
    """Return the place of a partner of `place`."""
    nearest = nearest_left(labels, place, place, place + 1)
    total = 0.0
    for b in range(bins):
        total += masses[b]
    while True:
        mass = rng.random() * total
        b = 0
        while b < bins - 1 and mass >= masses[b]:
            mass -= masses[b]
            b += 1
        below = edges[b, 0] - edges[b + 1, 0]
        above = edges[b + 1, 1] - edges[b, 1]
        step = np.int64(rng.random() * (below + above))
        other = edges[b + 1, 0] + step if step < below else edges[b, 1] + step - below
        energy = excess(abs(labels[other] - labels[place]), nearest, bandwidth)
        # equal exponents may both be infinite
        if energy == energies[b] or rng.random() < math.exp(energies[b] - energy):
            return int(other)


@jit
def fill_partners(rng: Generator, labels: Floats, places: Integers, bandwidth: float, out: Integers) -> None:
    """Fill a row of `out` with independent partners of each of `places`; all are places among the sorted `labels`."""
    edges = np.empty((_MOST_BINS + 1, 2), np.int64)
    energies, masses = np.empty(_MOST_BINS), np.empty(_MOST_BINS)
    for i in range(places.size):
        bins = lay_bins(labels, places[i], bandwidth, edges, energies, masses)
        for t in range(out.shape[1]):
            out[i, t] = draw_from_bins(rng, labels, places[i], bandwidth, bins, edges, energies, masses)


def label_partners(
    rng: Generator, labels: Any, owners: NDArray[np.int64], bandwidth: float, n_partners: int = 1
) -> NDArray[np.int64]:
    r"""Draw the partners of rows by the distance of their labels, each row anew and independently.

    Parameters
    ----------
    rng : numpy.random.Generator
    labels : array_like, shape (n,)
        The labels y of n >= 2 rows.
    owners : ndarray of int64, shape (m,)
        Places of the rows that look for partners.
    bandwidth : float
        The bandwidth h > 0, in units of the labels.
    n_partners : int
        Number of partners of each owner, independent draws that may meet.

    Returns
    -------
    ndarray of int64, shape (m, n_partners)
        Partner j of owner i has probability :math:`\propto \exp(-(y_i-y_j)^2/(2h^2))`, :math:`j \ne i`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type, shape or range.

    Notes
    -----
    O(n log n) for the order of the labels and O(log n) for a bin of an owner; memory O(n + m). The method is derived in
    this project.

    Examples
    --------
    >>> import numpy as np
    >>> label_partners(np.random.default_rng(1), [0.0, 5.0, 5.0, 9.0], np.array([0, 1, 2, 3]), 1e-3, 2)[1:3].tolist()
    [[2, 2], [1, 1]]
    """
    check_generator(rng)
    values = check_matrix("labels", labels, ndim=1, min_rows=2)
    width = check_real("bandwidth", bandwidth, low=0.0)
    if owners.size and (owners.min() < 0 or owners.max() >= values.size):
        raise ValueError(f"owners must be between 0 and {values.size - 1}, got {owners.min()} to {owners.max()}")
    if np.abs(values).max() > _LARGE:
        values, width = values / 4, max(width / 4, np.nextafter(0.0, 1.0))
    order = np.argsort(values, kind="stable")
    places = np.empty_like(order)
    places[order] = np.arange(order.size)
    partners = np.empty((owners.size, check_integer("n_partners", n_partners, low=1)), dtype=np.int64)
    # owners in the order of their labels look at neighbouring places, which stay in the cache
    found = places[owners]
    turn = np.argsort(found)
    fill_partners(rng, values[order], found[turn], width, partners)
    drawn = np.empty_like(partners)
    drawn[turn] = order[partners]
    return drawn
