"""Replicate weights: worked by hand, equal to one estimate for each replicate, and what is refused."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import ColumnError, DesignError, LonelyPsuError, OptionError
from diplab.kernel.replication import (
    balanced_half_samples,
    doubled_halves,
    generalised,
    hadamard,
    rescaled_bootstrap,
)
from diplab.kernel.variance import Stage

if TYPE_CHECKING:
    from diplab.types import Sample


PAIRS = pd.DataFrame(
    {"h": [1, 1, 2, 2, 2], "psu": [1, 2, 1, 1, 2], "w": [2, 2, 1, 1, 1], "y": [1, 3, 2, 2, 8]}
)
FILE = pd.DataFrame(
    {
        "w": [1, 1, 2],
        "y": [1, 3, 5],
        "r1": [2, 0, 2],
        "r2": [0, 2, 2],
        "f1": [2, 0, 1],
        "f2": [0, 2, 1],
    }
)


def pairs(**options: Any) -> Sample:
    return dl.declare_design(PAIRS, weights="w", strata="h", psu="psu", **options)


def given(**options: Any) -> Sample:
    return dl.declare_design(
        FILE, weights="w", replicates=dl.replicates(**{"columns": "r*", **options})
    )


def error_of(sample: Sample, statistic: Any = None) -> float:
    found = dl.estimate(sample, statistic or dl.total("y")).frame["std_error"].item()
    return float(found)


def factors(sample: Sample) -> np.ndarray:
    return sample.replication.factors


# -- given ------------------------------------------------------------------------------------------------------------
# the full total is 1 + 3 + 10 = 14; that of r1 is 2 + 10 = 12, that of r2 is 6 + 10 = 16


SCALES: list[tuple[dict[str, Any], float]] = [
    ({"kind": "brr"}, 8 / 2), ({"kind": "fay", "fay": 0.5}, 8 / (2 * 0.25)), ({"kind": "fay", "fay": 0.0}, 8 / 2),
    ({"kind": "jk1"}, 8 * 1 / 2), ({"kind": "jkn", "rscales": [0.5, 0.25]}, 4 * 0.5 + 4 * 0.25),
    ({"kind": "jkn", "scale": 0.5}, 8 * 0.5), ({"kind": "bootstrap"}, 8 / 1), ({"kind": "sdr"}, 8 * 4 / 2),
    ({"kind": "brr", "scale": 3.0}, 8 * 3), ({"kind": "brr", "columns": "f*", "combined": False}, 8 / 2),
]  # fmt: skip


def test_scale_centre_and_domains() -> None:
    """Replicates 12 and 12 of a full 14: about the full sample (4 + 4) / 2, about their mean nothing."""
    for options, expected in SCALES:
        assert error_of(given(**options)) ** 2 == pytest.approx(expected, rel=1e-12), options
    data = FILE.assign(r2=FILE["r1"])
    for mse, variance in ((True, 4.0), (False, 0.0)):
        sample = dl.declare_design(
            data, weights="w", replicates=dl.replicates("r*", "brr", mse=mse)
        )
        assert error_of(sample) ** 2 == pytest.approx(variance, abs=1e-12)
    assert dl.estimate(given(), dl.mean("y")).frame["df"].item() == 1
    # Of y < 4: means 1 and 3 beside 2.
    assert error_of(given().where("y < 4"), dl.mean("y")) == pytest.approx(1.0, rel=1e-12)


def test_ways_to_name_columns() -> None:
    """The weights of the full sample bear the stem of the others, and are not one of them."""
    data = FILE.rename(columns={"r1": "w1", "r2": "w2"})
    for columns in ("w*", "w", "w[0-9]*", ["w1", "w2"], ["w1", "w*"]):
        sample = dl.declare_design(data, weights="w", replicates=dl.replicates(columns, "brr"))
        assert sample.design.replicates.columns == ("w1", "w2")


# -- made -------------------------------------------------------------------------------------------------------------
# totals of units: 2 and 6, 4 and 8; linearised variance (2 - 6)^2 + (4 - 8)^2 = 32


def test_factors_by_hand() -> None:
    """Two strata take two columns of the matrix of order 4, which are balanced between and within them."""
    for kind in ("jkn", "brr", "fay"):
        assert error_of(dl.make_replicates(pairs(), kind)) ** 2 == pytest.approx(32, rel=1e-12)
    made = factors(dl.make_replicates(pairs(), "brr"))
    assert made.tolist() == [[2, 0, 2, 0], [0, 2, 0, 2], [2, 2, 0, 0], [0, 0, 2, 2]]
    softened = factors(dl.make_replicates(pairs(), "fay", fay=0.25))
    assert softened.tolist() == (1 + 0.75 * (made - 1)).tolist()
    made = factors(dl.make_replicates(pairs(), "jkn"))
    assert made.tolist() == [[0, 2, 1, 1], [2, 0, 1, 1], [1, 1, 0, 2], [1, 1, 2, 0]]
    data = pd.DataFrame(
        {
            "a": [1, 1, 2, 2],
            "b": [1, 2, 3, 4],
            "y": [1.0, 2.0, 3.0, 4.0],
            "A": [4] * 4,
            "B": [9] * 4,
        }
    )
    sample = dl.declare_design(data, psu=["a", "b"], fpc=["A", "B"])
    made = factors(dl.make_replicates(sample, "jk1"))
    assert made.tolist() == [[0, 2], [0, 2], [2, 0], [2, 0]]


def test_the_fpc_is_honoured() -> None:
    """Half of the units drawn in each stratum halves the variance of each kind."""
    data = PAIRS.assign(N=4)
    sample = dl.declare_design(data, weights="w", strata="h", psu="psu", fpc="N")
    for kind in ("jkn", "brr", "fay"):
        assert error_of(dl.make_replicates(sample, kind)) ** 2 == pytest.approx(16, rel=1e-12)
    many = dl.make_replicates(sample, "rao_wu", 4000)
    assert error_of(many) ** 2 == pytest.approx(16, rel=0.06)  # noise of 4,000 replicates is 2 %
    alone = dl.declare_design(PAIRS.assign(N=8), weights="w", psu=["h"], fpc="N")
    # totals of units 8 and 12: 2 * (3 / 4) * 2 * 4 = 12 = (1 - f) * (8 - 12)^2
    assert error_of(dl.make_replicates(alone, "jk1")) ** 2 == pytest.approx(12, rel=1e-12)
    data = PAIRS.assign(N=[2, 2, 8, 8, 8])
    sample = dl.declare_design(data, weights="w", strata="h", psu="psu", fpc="N")
    made = dl.make_replicates(sample, "jkn")
    assert factors(made).tolist() == [[1, 1], [1, 1], [0, 2], [2, 0]]
    for kind in ("jkn", "brr"):
        assert error_of(dl.make_replicates(sample, kind)) ** 2 == pytest.approx(12, rel=1e-12)
    bootstrap = factors(dl.make_replicates(sample, "rao_wu", 5))
    assert bootstrap[:2].tolist() == [[1] * 5] * 2


def test_lonely_units_of_a_jackknife() -> None:
    """The variance of a total is that of linearisation, whatever the policy."""
    data = pd.concat([PAIRS, pd.DataFrame({"h": [3], "psu": [1], "w": [3.0], "y": [4.0]})])
    for policy in ("remove", "certainty", "adjust", "average"):
        sample = dl.declare_design(data, weights="w", strata="h", psu="psu", lonely_psu=policy)
        for kind in ["jkn"] if policy == "adjust" else ["jkn", "brr", "fay"]:
            assert error_of(dl.make_replicates(sample, kind)) == pytest.approx(
                error_of(sample), rel=1e-12
            )


def test_numbers_of_draws_stand_for_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are as many units as rows, draws are held instead of factors: the same replicates, lazily too."""
    import polars as pl

    data = PAIRS.assign(psu=[1, 2, 1, 2, 3], N=9)
    both = [
        dl.declare_design(each, weights="w", strata="h", psu="psu", fpc="N")
        for each in (data, pl.from_pandas(data).lazy())
    ]
    statistics = (dl.total("y"), dl.mean("y"), dl.median("y"))
    for kind in ("rao_wu", "doubled_half"):
        factors_held = dl.estimate(dl.make_replicates(both[0], kind, 30), *statistics).covariance
        with monkeypatch.context() as patch:
            patch.setattr(import_module("diplab.sampling._replicates"), "_MANY_CELLS", 0)
            for sample in both:
                made = dl.make_replicates(sample, kind, 30)
                assert made.replication.factors is None
                np.testing.assert_allclose(
                    dl.estimate(made, *statistics).covariance, factors_held, rtol=1e-12
                )


def test_a_bootstrap_draws_one_unit_fewer() -> None:
    """n - 1 draws out of n: of three units, multiples of 3 / 2 that sum to 3; never negative."""
    sample = dl.declare_design(pd.DataFrame({"y": [1.0, 2.0, 4.0]}))
    made = factors(dl.make_replicates(sample, "rao_wu", 50))
    assert set(np.unique(made)) == {0, 1.5, 3}
    assert made.sum(axis=0).tolist() == [3] * 50
    # a seed makes the same replicates again
    one, same, other = (
        factors(dl.make_replicates(pairs(), "rao_wu", 20, seed=seed)) for seed in (1, 1, 2)
    )
    assert (one == same).all()
    assert (one != other).any()
    assert (factors(dl.make_replicates(pairs(), "bootstrap", 20)) == one).all()
    assert factors(dl.make_replicates(pairs(), "rao_wu")).shape == (4, 200)
    # What makes totals right: the variance of a factor is (1 - f) at the first stage, and over two
    # stages (1 - f) + f (1 - f2), to 2 % of 40,000 draws; factors have mean 1.
    first = Stage(np.zeros(3, int), np.array([0.25]), np.ones(1))
    second = Stage(np.repeat([0, 1, 2], 2), np.full(3, 0.5), np.full(3, 0.25))
    for stages, variance in (([first], 0.75), ([first, second], 0.75 + 0.25 * 0.5)):
        made = rescaled_bootstrap(stages, 40_000, np.random.default_rng(1)).by_unit
        np.testing.assert_allclose(made.mean(axis=1), 1, rtol=0.02)
        np.testing.assert_allclose(made.var(axis=1), variance, rtol=0.02)
        assert made.min() >= 0


def spread(made: Any) -> np.ndarray:
    """The quadratic form of replicates: the variance of a total of z is z' this z."""
    away = made.by_unit - 1
    return np.asarray(made.scale * (away * made.rscales) @ away.T)


def matrix(n: int, f: float = 0.0) -> np.ndarray:
    """That of linearisation: (1 - f) n / (n - 1) times squared distances to the mean."""
    return np.asarray((1 - f) * n / (n - 1) * (np.eye(n) - 1 / n))


def stratum(n: int, f: float = 0.0) -> Stage:
    return Stage(np.zeros(n, int), np.array([f]), np.ones(1))


def test_doubled_halves_by_hand() -> None:
    """Over all that can be drawn, each with its chance, the variance of a total is that of linearisation."""
    cases: list[tuple[int, float, dict[tuple[int, ...], tuple[int, float]]]] = [
        (2, 0.0, {(0, 2): (2, 1.0)}), (3, 0.0, {(0, 0, 3): (3, 1 / 4), (0, 1, 2): (6, 3 / 4)}),
        (4, 0.0, {(0, 0, 2, 2): (6, 1.0)}), (4, 0.5, {(0, 1, 1, 2): (12, 1.0)}),
        # of 1.5 on average, two are drawn or none; of 2.5, two or three
        (3, 0.5, {(1, 1, 1): (1, 1 / 4), (0, 1, 2): (6, 3 / 4)}),
        (5, 0.5, {(0, 1, 1, 1, 2): (20, 7 / 8), (0, 0, 1, 1, 3): (30, 1 / 8)}),
    ]  # fmt: skip
    for n, f, kinds in cases:
        draws = doubled_halves(stratum(n, f), 4000, np.random.default_rng(1))
        seen, counts = np.unique(draws.counts, axis=0, return_counts=True)
        expected = np.zeros((n, n))
        for kind, (ways, chance) in kinds.items():
            own = (np.sort(seen, axis=1) == kind).all(axis=1)
            assert (own.sum(), counts[own].sum() / 4000) == (
                ways,
                pytest.approx(chance, abs=0.03),
            ), (n, f, kind)
            away = seen[own] - 1.0
            expected += chance / ways * away.T @ away
        assert sum(ways for ways, _ in kinds.values()) == len(seen)
        np.testing.assert_allclose(expected, matrix(n, f), atol=1e-12)
        assert (draws.counts == draws.multiplied().by_unit.T).all()


def test_split_strata_by_hand() -> None:
    """Over all splits, equally likely, the variance of a total is that of linearisation, odd strata too."""
    for n, f, splits in ((3, 0.0, 3), (4, 0.25, 3), (5, 0.0, 30), (2, 0.5, 1)):
        made = [
            balanced_half_samples(stratum(n, f), softening, random=np.random.default_rng(seed))
            for softening in (0.0, 0.5)
            for seed in range(400)
        ]
        forms = np.unique([spread(each).round(12) for each in made], axis=0)
        assert len(forms) == splits
        np.testing.assert_allclose(forms.mean(axis=0), matrix(n, f), atol=1e-11)
        assert min(each.by_unit.min() for each in made) >= 0
        assert made[0].df == (None if n == 2 else n // 2)
    # of the pair of two units and one, the one has minus twice the step of the others: 1 - sqrt(2)
    # made 0
    made = balanced_half_samples(stratum(3), random=np.random.default_rng(1))
    assert made.rules == {"replicate_softening": "1.414", "replicate_split": "random pairs"}
    assert sorted(np.sort(made.by_unit, axis=0).T.round(12).tolist()) == [
        [0.0, 1.5, 1.5],
        [0.5, 0.5, 2.0],
    ]


def test_generalised_factors_by_hand() -> None:
    """Fay's are exact, also of a form with a negative eigenvalue once that is left out; normal ones on average."""
    np.testing.assert_allclose(
        spread(generalised([stratum(5, 0.2)], 0, None)), matrix(5, 0.2), atol=1e-12
    )
    drawn = generalised([stratum(3)], 40_000, np.random.default_rng(1))
    np.testing.assert_allclose(spread(drawn), matrix(3), atol=0.03)
    assert drawn.by_unit.min() == pytest.approx(0, abs=1e-12)
    # eigenvalues 3 of (1, 1) and -1 of (1, -1)
    pairs = Stage(
        np.zeros(2, int), np.array([0.5]), np.ones(1), pairs=np.array([[1.0, 2.0], [2.0, 1.0]])
    )
    made = generalised([pairs], 0, None)
    np.testing.assert_allclose(spread(made), np.full((2, 2), 1.5), atol=1e-12)
    assert made.rules["quadratic_form"] == "projected"


def test_successive_differences_by_hand() -> None:
    """Totals 1, 4, 6, 2 along the order: (9 + 4 + 16 + 1) / 2 = 15; with f = 1/2 of a stratum, half of it."""
    data = pd.DataFrame({"y": [4.0, 1.0, 2.0, 6.0], "place": ["b", "a", "d", "c"], "N": 8})
    for fpc, variance in ((None, 15.0), ("N", 7.5)):
        sample = dl.declare_design(data.assign(w=1.0), weights="w", fpc=fpc)
        made = dl.make_replicates(sample, "sdr", order="place")
        assert error_of(made) ** 2 == pytest.approx(variance, rel=1e-12)
        assert set(np.abs(factors(made) - 1).round(9).ravel()) <= {
            0.0,
            round(np.sqrt((0.5 if fpc else 1) / 2), 9),
        }
    # of four units alike in their variance, circles have 2 n / 3 degrees of freedom, pairs of units
    # 1
    assert made.replication.df == 2
    rules = dl.estimate(
        dl.make_replicates(sample, "sdr", 4, order="place"), dl.mean("y")
    ).provenance.rules
    assert (rules["replicate_order"], rules["replicate_rows"]) == ("place", "used again")


def test_made_replicates_go_where_the_sample_goes() -> None:
    """A domain after or before, and a lazy frame."""
    import polars as pl

    before = dl.make_replicates(pairs().where("y > 1"), "jkn")
    after = dl.make_replicates(pairs(), "jkn").where("y > 1")
    lazy = dl.declare_design(pl.from_pandas(PAIRS).lazy(), weights="w", strata="h", psu="psu")
    made = dl.make_replicates(lazy, "jkn").where("y > 1")
    assert error_of(before) == error_of(after) == error_of(made)


def test_hadamard_matrices() -> None:
    """Orders by doubling, by both constructions of Paley, and over fields of 9, 25 and 49 elements."""
    for order in (2, 4, 8, 12, 20, 28, 36, 52, 76, 88, 100):
        matrix = hadamard(order // 2 + 1 if order < 8 else order - 3).astype(int)
        assert (matrix @ matrix.T == order * np.eye(order)).all()
        assert (matrix[0] == 1).all()
        assert (matrix[:, 0] == 1).all()


def test_made_replicates_know_no_more_than_their_design() -> None:
    """60 units in 3 strata leave 57 degrees of freedom, however many replicates; 30 replicates leave 29."""
    people = pd.DataFrame(
        {"h": np.repeat([1, 2, 3], 20), "psu": np.arange(60), "y": np.arange(60.0), "w": 1.0}
    )
    sample = dl.declare_design(people, weights="w", strata="h", psu="psu")
    for replicates, expected in ((200, 57.0), (30, 29.0)):
        found = dl.estimate(
            dl.make_replicates(sample, "bootstrap", n=replicates, seed=1), dl.mean("y"), df="design"
        )
        assert found.frame["df"].tolist() == [expected]


# -- one estimate for each replicate ----------------------------------------------------------------------------------

REPLICATES = 12
COLUMNS = [f"r{place}" for place in range(REPLICATES)]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    random = np.random.default_rng(11)
    rows = 300
    frame = pd.DataFrame(
        {"w": random.uniform(1, 5, rows), "y": random.lognormal(7, 0.8, rows).round()}
    )
    frame.loc[random.random(rows) < 0.1, "y"] = np.nan
    frame["x"] = random.gamma(2, 3, rows)
    frame["g"] = random.choice(["a", "b", "c"], rows)
    for name in COLUMNS:
        frame[name] = frame["w"] * random.integers(0, 3, rows)
    return frame


@pytest.mark.parametrize(
    "how",
    [{}, {"by": "g"}, {"where": "x > 4", "by": "g"}, {"universe": "x > 2", "where": "g != 'b'"}],
    ids=["plain", "by", "where and by", "universe and where"],
)
def test_one_batched_pass_equals_one_estimate_a_replicate(
    estimated: Any, answers: Any, how: dict[str, str]
) -> None:
    statistics = [
        dl.mean("y"), dl.total("y"), dl.count(), dl.ratio("y", "x"), dl.share("y > 1200"), dl.arpt("y"), dl.arpr("y"),
        dl.arpr("y", threshold_on="domain", convention="convey"),
    ]  # fmt: skip

    def points(weights: str) -> np.ndarray:
        found = estimated(answers, *statistics, weights=weights, **how).frame["estimate"].to_numpy()
        return found.reshape(len(statistics), -1)

    by_replicate, whole = np.array([points(name) for name in COLUMNS]), points("w")
    for place, statistic in enumerate(statistics):
        each = by_replicate[:, place]
        for mse, centre in ((True, whole[place]), (False, each.mean(axis=0))):
            given = dl.replicates(COLUMNS, "bootstrap", scale=0.25, mse=mse)
            found = estimated(answers, statistic, weights="w", replicates=given, **how)
            expected = 0.25 * (each - centre).T @ (each - centre)
            np.testing.assert_allclose(
                found.covariance, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max()
            )
            assert set(found.frame["df"]) == {REPLICATES - 1.0}


def test_a_quantile_keeps_woodruff_with_the_replicate_variance_of_its_share(
    answers: pd.DataFrame,
) -> None:
    """F(q) at the full sample's q has the replicate variance of a mean; the interval reads it back."""
    given = dl.replicates(COLUMNS, "bootstrap", scale=0.25)
    sample = dl.declare_design(answers, weights="w", replicates=given)
    found = dl.estimate(sample, dl.median("y")).frame.iloc[0]
    below = dl.estimate(sample, dl.mean(f"y <= {found['estimate']}")).frame.iloc[0]
    plain = dl.declare_design(answers, weights="w")
    low, high = (
        dl.estimate(plain, dl.quantile("y", float(below[end]))).frame["estimate"].item()
        for end in ("ci_low", "ci_high")
    )
    assert (found["ci_low"], found["ci_high"]) == (low, high)
    assert found["std_error"] == pytest.approx(
        (high - low) / (below["ci_high"] - below["ci_low"]) * below["std_error"]
    )


def test_lazy_data_bring_their_replicate_weights_to_memory(answers: pd.DataFrame) -> None:
    import polars as pl

    given = dl.replicates(COLUMNS, "bootstrap")
    both = [
        dl.estimate(
            dl.declare_design(data, weights="w", replicates=given), dl.mean("y"), by="g"
        ).frame
        for data in (answers, pl.from_pandas(answers).lazy())
    ]
    np.testing.assert_allclose(both[0]["std_error"], both[1]["std_error"], rtol=1e-12)
    sample = dl.declare_design(answers, weights="w", replicates=dl.replicates("r*", "bootstrap"))
    rules = dl.estimate(sample, dl.mean("y")).provenance.rules
    assert rules["variance"] == "bootstrap"


# -- what is refused --------------------------------------------------------------------------------------------------

UNITS = {"strata": "h", "psu": "psu"}
# made from `PAIRS`, with other columns or another design
REFUSED_TO_BE_MADE: dict[str, tuple[type[dl.DiplabError], dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "half-samples without pairs": (DesignError, {"psu": [1, 2, 1, 2, 3]}, UNITS, {"kind": "brr"}),
    "a census": (DesignError, {"N": 2}, {**UNITS, "fpc": "N"}, {"kind": "rao_wu"}),
    "a lonely unit": (LonelyPsuError, {"h": [1, 2, 2, 2, 2]}, UNITS, {"kind": "jkn"}),
    "a policy without a replicate": (
        DesignError, {"h": [1, 2, 2, 2, 2]}, {**UNITS, "lonely_psu": "adjust"}, {"kind": "rao_wu"}),
    "unequal probabilities": (
        DesignError, {"p": [0.2, 0.3, 0.2, 0.1, 0.4], "w": None}, {"fpc": "p", "unequal": "brewer"}, {"kind": "jk1"}),
}  # fmt: skip


def test_refused_of_files(refused: Any) -> None:
    for options in ({"kind": "ja"}, {"kind": "fay", "fay": 1.0}, {"scale": -1.0}):
        refused(lambda options=options: given(**options), OptionError)
    for options in ({"kind": "jkn"}, {"rscales": [1.0]}, {"columns": "r1"}):
        refused(lambda options=options: given(**options), DesignError)
    refused(lambda: given(columns=["r1", "r3", "r4"]), ColumnError)


def test_refused_to_be_made(refused: Any) -> None:
    for kind, options in (
        *(
            ("jk2", {}),
            ("jkn", {"n": 20}),
            ("rao_wu", {"n": 1}),
            ("rao_wu", {"seed": -1}),
            ("fay", {"fay": -0.5}),
        ),
        *(
            ("sdr", {}),
            ("sdr", {"order": "y", "n": 81}),
            ("sdr", {"order": "y", "n": 3}),
            ("jkn", {"order": "y"}),
        ),
        *(("jkn", {"split": True}), ("brr", {"split": "yes"}), ("fay_generalised", {"n": 20})),
    ):
        refused(
            lambda kind=kind, options=options: dl.make_replicates(pairs(), kind, **options),
            OptionError,
        )
    refused(
        lambda: dl.make_replicates(pairs(), "jk1"), DesignError
    )  # a jackknife of one sample in strata
    refused(lambda: dl.make_replicates(pairs(), "sdr", order="z"), ColumnError)
    for order in ([1, 2, 3, 4, 5], [1, 1, 2, 2, 3]):
        sample = dl.declare_design(PAIRS.assign(place=order), weights="w", strata="h", psu="psu")
        refused(lambda sample=sample: dl.make_replicates(sample, "sdr", order="place"), DesignError)
    for error, columns, design, options in REFUSED_TO_BE_MADE.values():
        weights = {} if "w" in columns else {"weights": "w"}
        sample = dl.declare_design(PAIRS.assign(**columns), **weights, **design)
        refused(lambda sample=sample, options=options: dl.make_replicates(sample, **options), error)


def test_refused_for_what_the_data_are(answers: pd.DataFrame, refused: Any) -> None:
    refused(lambda: dl.declare_design(FILE, replicates=dl.replicates("r*")), DesignError)
    for value in (np.nan, np.inf, 0.0):
        data = FILE.assign(r2=[0.0, value, 0.0])
        sample = dl.declare_design(data, weights="w", replicates=dl.replicates("r*"))
        refused(lambda sample=sample: dl.estimate(sample, dl.mean("y")), DesignError)
    refused(lambda: dl.make_replicates(dl.make_replicates(pairs(), "jkn"), "brr"), DesignError)
    refused(lambda: dl.make_replicates(PAIRS, "jkn"), OptionError)
    many = dl.declare_design(pd.DataFrame({"y": np.arange(20_000.0)}))
    for kind in ("jk1", "fay_generalised"):
        refused(lambda kind=kind: dl.make_replicates(many, kind), DesignError)
    refused(lambda: dl.make_replicates(many, "sdr", order="y"), DesignError)
    called = dl.two_phase(dl.declare_design(PAIRS.assign(called=[1, 1, 0, 1, 1])), "called == 1")
    refused(lambda: dl.make_replicates(called, "rao_wu"), DesignError)
    calibrated = dl.calibrate(pairs(), {"h": {1: 10, 2: 10}})
    refused(lambda: dl.make_replicates(calibrated, "jkn"), DesignError)
    of_file = dl.declare_design(
        answers, weights="w", replicates=dl.replicates(COLUMNS, "bootstrap")
    )
    refused(lambda: dl.estimate(of_file, dl.mean("y"), by="g", df="domain"))
