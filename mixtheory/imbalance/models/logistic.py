r"""The logistic symmetric model (C7): unequal classes, a correct logistic model, and no class gap.

X = T v + W with T in {-a, b}, W of mean 0 independent of T and orthogonal to the unit vector v, and P(Y = 1 | X) =
sigma(c T). For one value of P(T = -a) the two classes pull theta* = c v with equal and opposite force, namely none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from mixtheory._validation import check_integer, check_real

__all__ = ["LogisticSymmetricModel"]

Array = NDArray[np.float64]


def _slope(t: float | Array) -> Array:
    """Return sigma'(t)."""
    return np.asarray(expit(t) * expit(-np.asarray(t)))


@dataclass(frozen=True)
class LogisticSymmetricModel:
    r"""Logistic model with two values of the informative coordinate and P(T = -a) chosen for local symmetry.

    .. math:: \alpha = P(T = -a) = \frac{b\,\sigma'(c b)}{a\,\sigma'(c a) + b\,\sigma'(c b)}, \qquad
              \sigma' = \sigma (1 - \sigma)

    Parameters
    ----------
    a, b : float
        Distances of the two values of T from 0, positive.
    c : float
        Slope of the log-odds in T, positive.

    Raises
    ------
    TypeError, ValueError
        If an argument is not positive and finite.

    Notes
    -----
    C7 [V]: the model is that of the public code of Ma and Zhang (2026); that both class gradients vanish and the excess
    risk are derived in this project. The minority (label 1) is the class with fewer rows where P(Y = 1) < 1/2, as for a
    > b.

    Examples
    --------
    >>> model = LogisticSymmetricModel(5.0, 1.0)
    >>> round(model.alpha, 10), round(model.prevalence, 7)
    (0.8553841079, 0.1114476)
    """

    a: float = 5.0
    b: float = 1.0
    c: float = 1.0

    def __post_init__(self) -> None:
        for name in ("a", "b", "c"):
            check_real(name, getattr(self, name), low=0)

    @property
    def alpha(self) -> float:
        r"""P(T = -a), for which E sigma'(c T) T = 0."""
        # logarithms, as the slopes underflow far from 0
        far, near = (-t - 2 * np.log1p(np.exp(-t)) for t in (self.c * self.a, self.c * self.b))
        return float(expit(np.log(self.b) - np.log(self.a) + near - far))

    @property
    def prevalence(self) -> float:
        r"""P(Y = 1) = alpha sigma(-c a) + (1 - alpha) sigma(c b)."""
        return float(self.alpha * expit(-self.c * self.a) + (1 - self.alpha) * expit(self.c * self.b))

    def nodes(self, label: int) -> tuple[Array, Array]:
        r"""Values of T and their probabilities given Y = label, by Bayes' rule.

        Parameters
        ----------
        label : {0, 1}

        Returns
        -------
        values, probabilities : ndarray, shape (2,)

        Raises
        ------
        TypeError, ValueError
            If the label is not 0 or 1.
        """
        sign = 2 * check_integer("label", label, low=0, high=1) - 1
        values = np.array([-self.a, self.b])
        joint = np.array([self.alpha, 1 - self.alpha]) * expit(sign * self.c * values)
        return values, joint / joint.sum()

    def class_gradients(self, multiple: float | None = None) -> tuple[float, float]:
        r"""Gradients of the two class risks along v at theta = multiple v; across v both vanish.

        .. math:: m_0 = E[\sigma(t T) T \mid Y = 0], \qquad m_1 = -E[\sigma(-t T) T \mid Y = 1]

        At t = c, m_0 = E[sigma'(c T) T]/P(Y = 0) and m_1 = -E[sigma'(c T) T]/P(Y = 1), and both are 0.

        Parameters
        ----------
        multiple : float, optional
            t; by default c, the minimiser.

        Raises
        ------
        TypeError, ValueError
            If multiple is not finite.
        """
        at = self.c if multiple is None else check_real("multiple", multiple)
        values, majority = self.nodes(0)
        _, minority = self.nodes(1)
        first = float(np.sum(majority * expit(at * values) * values))
        return first, -float(np.sum(minority * expit(-at * values) * values))

    def curvatures(self, label: int) -> tuple[float, float]:
        r"""Hessian of a class risk at theta*: along v, and across v in units of Cov W.

        .. math:: E[\sigma'(c T) T^2 \mid Y], \qquad E[\sigma'(c T) \mid Y]
        """
        values, probabilities = self.nodes(label)
        weights = probabilities * _slope(self.c * values)
        return float(np.sum(weights * values**2)), float(np.sum(weights))

    def score_variances(self, label: int) -> tuple[float, float]:
        r"""Score covariance of a class at theta*: along v, and across v in units of Cov W.

        .. math:: E[(\sigma(c T) - Y)^2 T^2 \mid Y], \qquad E[(\sigma(c T) - Y)^2 \mid Y]

        P(Y = 0) times those of class 0 is P(Y = 1) times the curvatures of class 1, and the other way round.
        """
        values, probabilities = self.nodes(label)
        weights = probabilities * expit((1 - 2 * label) * self.c * values) ** 2
        return float(np.sum(weights * values**2)), float(np.sum(weights))

    def oracle(self, d: int, n_majority: int, n_minority: int, n_synthetic: int) -> float:
        r"""Leading-order excess of the balanced logistic risk with new rows of the minority's law.

        .. math:: \frac1{2N} \Bigl[ \frac{h s_w}{h_w^2} + (d - 1) \frac{h^\perp s^\perp_w}{(h^\perp_w)^2} \Bigr]

        with curvatures h and score variances s, along and across v; index w marks means over the N rows, no index the
        mean of the two classes. Cov W cancels.

        Parameters
        ----------
        d : int
            Number of features, at least 1; there is no intercept.
        n_majority, n_minority, n_synthetic : int
            Numbers of rows with label 0, with label 1, and of new rows with label 1.

        Raises
        ------
        TypeError, ValueError
            If a number is no integer or too small.

        Examples
        --------
        >>> model = LogisticSymmetricModel(5.0, 1.0)
        >>> round(model.oracle(20, 4443, 557, 0), 4), round(model.oracle(20, 4443, 557, 3886), 4)
        (0.0057, 0.001)
        """
        d = check_integer("d", d, low=1)
        zeros = check_integer("n_majority", n_majority, low=1)
        ones = check_integer("n_minority", n_minority, low=1) + check_integer("n_synthetic", n_synthetic, low=0)
        rows = zeros + ones
        total = 0.0
        for place, directions in ((0, 1), (1, d - 1)):
            h_0, h_1 = (self.curvatures(label)[place] for label in (0, 1))
            s_0, s_1 = (self.score_variances(label)[place] for label in (0, 1))
            curvature = (zeros * h_0 + ones * h_1) / rows
            score = (zeros * s_0 + ones * s_1) / rows
            total += directions * (h_0 + h_1) / 2 * score / curvature**2
        return total / (2 * rows)
