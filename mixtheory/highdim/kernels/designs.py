"""Designs: independent entries of mean 0 and variance 1, from several laws."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mixtheory._jit import jit
from mixtheory._validation import check_choice, check_generator, check_integer

__all__ = ["LAWS", "Floats", "draw_design", "fill_design"]

Floats: TypeAlias = NDArray[np.float64]

LAWS = ("gaussian", "rademacher", "uniform", "student_t8", "student_t3")
_FREEDOM = {"student_t8": 8.0, "student_t3": 3.0}


# below this many normal draws NumPy is done before a kernel has got its generator
_SMALL = 3000


@jit
def _fill_normal(rng: Generator, out: Floats) -> None:
    for i in range(out.size):
        out[i] = rng.standard_normal()


def fill_design(rng: Generator, out: Floats, law: str) -> None:
    """Fill a contiguous array with independent entries, without checks."""
    flat = out.reshape(-1)
    if not flat.size:
        return
    if law == "gaussian":
        # the same bits either way
        if flat.size < _SMALL:
            rng.standard_normal(out=flat)
        else:
            _fill_normal(rng, flat)
    elif law == "rademacher":
        bits = np.frombuffer(rng.bytes(-(-flat.size // 8)), dtype=np.uint8)
        np.multiply(np.unpackbits(bits, count=flat.size), 2.0, out=flat)
        flat -= 1.0
    elif law == "uniform":
        rng.random(out=flat)
        flat *= math.sqrt(12.0)
        flat -= math.sqrt(3.0)
    else:
        freedom = _FREEDOM[law]
        np.multiply(rng.standard_t(freedom, flat.size), math.sqrt((freedom - 2.0) / freedom), out=flat)


def draw_design(rng: Generator, n: int, p: int, law: str = "gaussian") -> NDArray[np.float64]:
    r"""Draw an n x p matrix of independent entries of mean 0 and variance 1.

    Parameters
    ----------
    rng : numpy.random.Generator
    n, p : int
        Rows and columns, at least 1.
    law : {"gaussian", "rademacher", "uniform", "student_t8", "student_t3"}, default "gaussian"
        Rademacher entries are -1 or 1; uniform ones lie in :math:`[-\sqrt 3, \sqrt 3]`; Student's t with :math:`\nu`
        degrees of freedom is divided by its standard deviation :math:`\sqrt{\nu / (\nu - 2)}`. With 3 degrees of
        freedom the fourth moment is infinite.

    Returns
    -------
    ndarray, shape (n, p)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or the law is not known.

    Examples
    --------
    >>> import numpy as np
    >>> z = draw_design(np.random.default_rng(1), 100, 50, "rademacher")
    >>> z.shape, sorted(set(z.ravel().tolist()))
    ((100, 50), [-1.0, 1.0])
    """
    check_generator(rng)
    out = np.empty((check_integer("n", n, low=1), check_integer("p", p, low=1)))
    fill_design(rng, out, check_choice("law", law, LAWS))
    return out
