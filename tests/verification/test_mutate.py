"""Mutation of a small theory: what is changed, what good claims notice, and that nothing stays changed."""

import types

import numpy as np
import pytest
from scipy import integrate, special, stats

from mixtheory.verification import (
    ClaimError,
    Component,
    FormulaMutant,
    OfSd,
    Relative,
    SimulatorMutant,
    StudentT,
)
from mixtheory.verification.mutate import mutate
from mixtheory.verification.mutations import applied, mutations
from tests.verification import toy_theory as theory
from tests.verification.toy_theory import Beta, moment
from tests.verification.toys import claim

FAR = FormulaMutant("far", lambda: 1e9)


def identity(name, closed, oracle):
    component = Component(label="value", closed=closed, oracle=oracle)
    kinds = {"kind": "identity", "margin_class": "identity", "simulate": None}
    return claim(component, name=name, mutants=(FAR,), **kinds)


def integral(alpha, beta, function):
    density = stats.beta(alpha, beta).pdf
    return integrate.quad(lambda x: function(x) * density(x), 0, 1, epsabs=1e-13, epsrel=1e-13)[0]


GOOD = [
    identity("mean", lambda: Beta(2.0, 3.0).mean, lambda: integral(2.0, 3.0, lambda x: x)),
    identity("var", lambda: Beta(2.0, 3.0).var, lambda: integral(2.0, 3.0, lambda x: (x - 0.4) ** 2)),
    identity("symmetric", lambda: Beta.symmetric(2.0).var, lambda: 1 / 20),
    identity("skewness", lambda: Beta.skewness(2.0, 5.0), lambda: float(stats.beta(2.0, 5.0).stats("s"))),
    identity("cdf", lambda: Beta(2.0, 3.0).cdf(0.3), lambda: integral(2.0, 3.0, lambda x: float(x < 0.3))),
    identity("moment", lambda: moment(2.0, 3.0, 4), lambda: integral(2.0, 3.0, lambda x: x**4)),
    identity("halvings", lambda: [theory.halvings(20.0), theory.halvings(16.0)], lambda: [5, 4]),
    identity("unused", lambda: theory.unused(3.0), lambda: 4.0),
]


def test_good_claims_notice_nearly_everything():
    progress = []
    report = mutate(GOOD, [theory], progress=lambda *state: progress.append(state))
    assert len(report.outcomes) >= 25
    assert report.fraction >= 0.95, report.summary()
    assert report.shared == ()
    assert [p[:2] for p in progress] == [(i + 1, len(report.outcomes)) for i in range(len(report.outcomes))]


def test_every_mutation_noticed_is_a_change_of_value():
    """A mutation that is noticed changes what its function returns; none is noticed by accident."""
    report = mutate(GOOD, [theory])
    assert {o.how for o in report.outcomes if o.claim} <= {
        "formula", "is not finite", "does not end", "changes shape", "raises TypeError", "raises ZeroDivisionError",
        "raises ValueError",
    }  # fmt: skip


def test_claims_that_look_away_notice_little():
    without_some = [c for c in GOOD if c.name in ("mean", "unused")]
    report = mutate(without_some, [theory])
    assert report.fraction < 0.3
    assert any("no claim calls" in o.how for o in report.unnoticed)
    assert "not noticed: tests.verification.toy_theory.Beta.var" in report.summary()


def test_claims_at_a_symmetric_point_notice_no_swap():
    """The oracle agrees at alpha = beta whether arguments are swapped or not."""
    symmetric = identity("cdf", lambda: Beta(2.0, 2.0).cdf(0.3), lambda: integral(2.0, 2.0, lambda x: float(x < 0.3)))
    outcomes = {str(o.mutation): o for o in mutate([symmetric], [theory]).outcomes if o.mutation.function == "Beta.cdf"}
    assert [o.claim for o in outcomes.values()] == [None]


def silent(margin):
    component = Component(
        label="mean",
        closed=lambda: Beta(2.0, 3.0).mean,
        no_oracle="for this test",
        margin=margin,
        interval=StudentT(0.3),
    )
    return claim(
        component,
        simulate=lambda rng, n: rng.beta(2.0, 3.0, n),
        mutants=(SimulatorMutant("swapped", lambda rng, n: rng.beta(3.0, 2.0, n)),),
    )


def test_without_an_oracle_a_change_of_four_margins_is_noticed():
    def noticed(margin):
        return [o.how for o in mutate([silent(margin)], [theory]).outcomes if o.claim]

    assert noticed(Relative(0.01)) == ["simulator"] * 2
    assert noticed(OfSd(20.0, sd=0.2)) == []


def test_what_is_changed_and_what_is_left_alone():
    found = mutations(theory)
    functions = {m.function for m in found}
    assert functions == {
        "Beta.mean", "Beta.var", "Beta.symmetric", "Beta.skewness", "Beta.cdf", "moment", "halvings", "unused",
    } - {"Beta.symmetric"}  # fmt: skip
    changes = {m.change for m in found if m.function == "Beta.var"}
    assert changes == {
        "self.alpha + self.beta -> self.alpha - self.beta",
        "self.alpha * self.beta / (total ** 2 * (total + 1)) -> self.alpha * self.beta * (total ** 2 * (total + 1))",
        "self.alpha * self.beta -> self.alpha / self.beta",
        "total ** 2 * (total + 1) -> total ** 2 / (total + 1)",
        "total ** 2 -> total ** (2 + 1)",
        "total + 1 -> total - 1",
        "1 -> 2",
    }
    assert {m.change for m in found if m.function == "Beta.cdf"} == {
        "special.betainc(self.alpha, self.beta, x) -> special.betainc(self.beta, self.alpha, x)"
    }


def module_from(tmp_path, monkeypatch, source):
    path = tmp_path / "made_theory.py"
    path.write_text(source)
    made = types.ModuleType("made_theory")
    made.__file__ = str(path)
    exec(compile(source, str(path), "exec"), made.__dict__)
    monkeypatch.setitem(__import__("sys").modules, "made_theory", made)
    return made


def test_every_kind_of_change(tmp_path, monkeypatch):
    source = '''
"""Docstring 1 + 1."""
import numpy as np

def f(a, b=3 + 4, *, c: int = 5 * 6):
    """Docstring 1 * 1."""
    if a < 1 + 1:
        raise ValueError(1 + 1)
    elif a > 10:
        a -= b[7 + 0]
    assert a + 1
    check_reals("a", a * 2)
    y = -np.sum(np.stack([a, b]), axis=0 + 0)
    z = np.power(y, 4) + (lambda t: t ** -0.5)(2.5)
    return z if z else a // 2, max(a, b), True
'''
    made = module_from(tmp_path, monkeypatch, source)
    assert [(m.line, m.change) for m in mutations(made)] == [
        (10, "a -= b[7 + 0] -> a += b[7 + 0]"),
        (13, "-np.sum(np.stack([a, b]), axis=0 + 0) -> +np.sum(np.stack([a, b]), axis=0 + 0)"),
        (13, "0 -> 1"),
        (13, "0 -> 1"),
        (14, "np.power(y, 4) + (lambda t: t ** (-0.5))(2.5) -> np.power(y, 4) - (lambda t: t ** (-0.5))(2.5)"),
        (14, "np.power(y, 4) -> np.power(4, y)"),
        (14, "4 -> 5"),
        (14, "t ** (-0.5) -> t ** (-0.5 + 1)"),
        (14, "-0.5 -> +0.5"),
        (14, "0.5 -> 1.5"),
        (14, "2.5 -> 3.5"),
        (15, "2 -> 3"),
    ]


def test_importers_see_the_change_and_it_is_undone():
    before = Beta(2.0, 3.0).mean, moment(2.5, 3.0, 2)
    for mutation in mutations(theory):
        if mutation.function in ("Beta.mean", "moment"):
            with pytest.raises(KeyError), applied(mutation):
                assert (Beta(2.0, 3.0).mean, moment(2.5, 3.0, 2)) != before
                raise KeyError
            assert (Beta(2.0, 3.0).mean, moment(2.5, 3.0, 2)) == before


def test_a_loop_without_end_is_stopped():
    report = mutate([c for c in GOOD if c.name == "halvings"], [theory], max_lines=10_000)
    assert "does not end" in {o.how for o in report.outcomes}
    assert theory.halvings(8.0) == 3


def test_an_oracle_that_calls_the_theory_is_reported():
    shared = identity("shared", lambda: Beta(2.0, 3.0).mean, lambda: 2.0 / (2.0 + theory.unused(2.0)))
    report = mutate([shared], [theory])
    assert report.shared == ("shared [value]",)
    assert "shares code" in report.summary()


def test_a_claim_that_fails_unmutated_is_an_error():
    with pytest.raises(ClaimError, match="unmutated"):
        mutate([identity("wrong", lambda: Beta(2.0, 3.0).mean, lambda: 0.5)], [theory])


def test_nothing_to_mutate_is_not_a_success(tmp_path, monkeypatch):
    made = module_from(tmp_path, monkeypatch, "def f(x):\n    return x\n")
    assert mutate(GOOD, [made]).fraction == 0.0


def test_the_theory_is_right():
    assert Beta(2.0, 3.0).cdf(0.3) == pytest.approx(special.betainc(2.0, 3.0, 0.3))
    assert np.isclose(Beta.skewness(2.0, 5.0), stats.beta(2.0, 5.0).stats("s"))
