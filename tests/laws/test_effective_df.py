"""Effective degrees of freedom: the formula multiplied out, cases known by hand, and one answer whichever verb asks."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import linalg, special

import diplab as dl
from diplab.inference.tables.group_tests import mean_test
from diplab.kernel.effective_df import WeightsByUnit, variance_form, variance_moments, wishart_df
from diplab.kernel.models import coefficients
from diplab.kernel.variance import Stage, unit_factors, yates_grundy_pairs

UNITS = 20


def stages_of(kind: str, draw: np.random.Generator) -> list[Stage]:
    """Return the stages of a design of 20 primary units."""
    stratum = np.unique(np.sort(draw.integers(0, 4, UNITS)), return_inverse=True)[1]
    strata = int(stratum.max()) + 1
    ones, fraction = np.ones(strata), draw.uniform(0, 0.5, strata)
    inclusion = draw.uniform(0.1, 0.6, UNITS)
    above = fraction[stratum]
    if kind.startswith("joint"):
        joint = np.outer(inclusion, inclusion) * draw.uniform(0.8, 1, (UNITS, UNITS))
        joint = (joint + joint.T) / 2
        np.fill_diagonal(joint, inclusion)
        first, above = (
            Stage(stratum, 0 * fraction, ones, pairs=yates_grundy_pairs(joint)),
            inclusion,
        )
    elif kind.startswith(("brewer", "overton", "hartley_rao")):
        approximation, form = kind.split()[:2]
        spread, own = unit_factors(inclusion, stratum, approximation, form)
        first, above = Stage(stratum, fraction, ones, spread=spread, own=own), inclusion
    else:
        first = Stage(stratum, fraction, ones)
    if "two stages" not in kind and "three stages" not in kind:
        return [first]
    unit = np.repeat(np.arange(UNITS), draw.integers(1, 5, UNITS))
    second = Stage(unit, draw.uniform(0, 0.5, UNITS), above)
    if "two stages" in kind:
        return [first, second]
    person = np.repeat(np.arange(unit.size), draw.integers(1, 4, unit.size))
    return [
        first,
        second,
        Stage(person, draw.uniform(0, 0.5, unit.size), (second.multiplier * second.fraction)[unit]),
    ]


def multiplied_out(stages: list[Stage]) -> np.ndarray[Any, Any]:
    """Return the matrix of the variance, from what each stage does to the totals of its units."""
    units = len(stages[-1].group)
    matrix, members = np.zeros((units, units)), np.eye(units)
    for stage in reversed(stages):
        group = stage.group
        centred = np.eye(len(group)) - (group[:, None] == group) / stage.sizes[group][:, None]
        form = centred.T @ np.diag(stage.factors) @ centred if stage.pairs is None else stage.pairs
        if stage.own is not None:
            form = form + np.diag(stage.own * stage.multiplier[group])
        matrix += members.T @ form @ members
        members = (np.arange(len(stage.sizes))[:, None] == group).astype(float) @ members
    return matrix


KINDS = [
    *("one stage", "two stages", "three stages", "joint", "joint two stages"),
    *(
        f"{each} {form}"
        for each in ("brewer", "overton", "hartley_rao")
        for form in ("yates_grundy", "horvitz_thompson")
    ),
    "overton horvitz_thompson two stages",
]


@pytest.mark.parametrize("seed", range(3))
def test_moments_are_those_of_the_matrices_multiplied_out(seed: int) -> None:
    for kind in KINDS:
        draw = np.random.default_rng(seed)
        stages = stages_of(kind, draw)
        units, rows = len(stages[-1].group), 4 * len(stages[-1].group)
        unit, domain, weight = (
            draw.integers(0, units, rows),
            draw.integers(0, 3, rows),
            draw.lognormal(size=rows),
        )
        there = ~((domain == 1) & (unit > units // 3))  # one domain lies in some of the units
        unit, domain, weight = unit[there], domain[there], weight[there]
        form, matrix = variance_form(stages), multiplied_out(stages)
        np.testing.assert_allclose(
            form.among(np.arange(units)), matrix, rtol=1e-10, atol=1e-14, err_msg=kind
        )
        np.testing.assert_allclose(
            form.diagonal, np.diag(matrix), rtol=1e-10, atol=1e-14, err_msg=kind
        )
        some, values = (
            np.sort(draw.permutation(units)[: units // 2 + 1]),
            draw.normal(size=(units // 2 + 1, 2)),
        )
        among = matrix[np.ix_(some, some)]
        np.testing.assert_allclose(
            form.times(some, values), among @ values, rtol=1e-9, atol=1e-12, err_msg=kind
        )
        squared = values[:, 0] @ among**2 @ values[:, 0]
        assert form.squared(some, values[:, 0]) == pytest.approx(squared, rel=1e-9), kind
        cell, place = np.unique(unit * 3 + domain, return_inverse=True)
        sums, squares = np.bincount(place, weight), np.bincount(place, weight**2)
        total = np.bincount(cell % 3, sums)
        of_cell = squares / total[cell % 3] ** 2
        parts = sums / total[cell % 3], of_cell, of_cell
        entries = form, cell // 3, cell % 3, parts, np.bincount(cell % 3, of_cell)
        (trace, products), (_, alone) = (
            variance_moments(*entries, pairs=pairs) for pairs in (True, False)
        )
        if kind == "one stage":
            grid = np.zeros((2, units, 3))
            grid[:, cell // 3, cell % 3] = sums, squares
            for found in (
                WeightsByUnit(stages, 3, sums, squares, (cell // 3, cell % 3)),
                WeightsByUnit(stages, 3, *grid),
            ):
                np.testing.assert_allclose(found.moments(), [trace, alone], rtol=1e-9)
                np.testing.assert_allclose(found.products(), products, rtol=1e-9)
        spreads = []
        for each in range(3):
            own = cell % 3 == each
            share, square = np.zeros((2, units))
            share[cell[own] // 3], square[cell[own] // 3] = parts[0][own], of_cell[own]
            centred = np.eye(units) - np.outer(share, np.ones(units))
            spreads.append(centred @ np.diag(square) @ centred.T)
        expected = np.array(
            [[np.trace(matrix @ one @ matrix @ other) for other in spreads] for one in spreads]
        )
        np.testing.assert_allclose(
            trace, [np.trace(matrix @ each) for each in spreads], rtol=1e-9, err_msg=kind
        )
        np.testing.assert_allclose(products, expected, rtol=1e-9, err_msg=kind)
        np.testing.assert_allclose(alone, np.diag(expected), rtol=1e-9, err_msg=kind)


def drawn(seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    size = 60
    stratum = np.repeat([1, 2, 3], size // 3)
    return pd.DataFrame(
        {
            "stratum": stratum,
            "psu": draw.integers(0, 6, size) + 10 * stratum,
            "weight": draw.lognormal(size=size),
            "age": draw.normal(size=size),
            "sex": draw.choice(list("fm"), size),
            "pay": draw.normal(size=size),
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_one_difference_has_one_answer_whichever_verb_asks(seed: int) -> None:
    sample = dl.declare_design(drawn(seed), weights="weight", strata="stratum", psu="psu")
    means = dl.estimate(sample, dl.mean("pay"), by="sex")
    difference = dl.contrast(means, {"sex": ("m", "f")}).frame.iloc[0]
    slope = dl.regress(sample, "pay ~ sex").frame.iloc[1]
    test = dl.t_test(sample, "pay", "sex")
    for name in ("estimate", "std_error", "df", "p_value"):
        assert slope[name] == pytest.approx(difference[name], rel=1e-9)
    assert test.df[0] == pytest.approx(difference["df"], rel=1e-9)
    assert test.p_value == pytest.approx(difference["p_value"], rel=1e-9)
    assert dl.rank_test(sample, "pay", "sex").df[0] == pytest.approx(difference["df"], rel=1e-9)
    # a factor of two categories tests the same
    assert dl.term_test(dl.regress(sample, "pay ~ sex"), "sex").p_value == pytest.approx(
        test.p_value, rel=1e-9
    )


@pytest.mark.parametrize("seed", range(3))
def test_coefficients_have_the_degrees_of_freedom_of_the_matrices_multiplied_out(seed: int) -> None:
    frame = drawn(seed)
    frame["works"] = (frame["pay"] > 0).astype(int)
    sample = dl.declare_design(frame, weights="weight", strata="stratum", psu="psu")
    x = np.column_stack([np.ones(len(frame)), frame["age"], frame["sex"] == "m"]).astype(float)
    for outcome, family in (("pay", "gaussian"), ("works", "binomial")):
        fit = dl.regress(sample, f"{outcome} ~ age + sex", family=family).frame
        scaled = x
        if family == "binomial":
            chance = 1 / (1 + np.exp(-x @ fit["estimate"].to_numpy()))
            scaled = x * np.sqrt(chance * (1 - chance))[:, None]
        matrix, covariances = unit_covariances(sample, scaled, np.eye(3))
        for place in range(3):
            spread = matrix @ covariances[place, place]
            expected = np.trace(spread) ** 2 / np.trace(spread @ spread)
            assert fit["df"][place] == pytest.approx(expected, rel=1e-8)


def unit_covariances(sample: Any, scaled: Any, lines: Any) -> tuple[Any, Any]:
    """Return A, and G of each pair of combinations of the coefficients of a regression on `scaled` columns."""
    units, weight = sample.engine.units, sample.engine.weights
    matrix = units.form.among(np.arange(len(units.stages[-1].group)))
    inverse = np.linalg.inv(scaled.T @ (scaled * weight[:, None]))
    left = np.eye(len(scaled)) - scaled @ inverse @ (scaled * weight[:, None]).T
    members = np.zeros((len(matrix), len(scaled)))
    members[units.of_record, np.arange(len(scaled))] = 1.0
    moved = [
        members @ np.diag(weight * (scaled @ inverse @ line)) @ left
        for line in np.atleast_2d(lines)
    ]
    return matrix, np.array([[a @ b.T for b in moved] for a in moved])


def enlarged(sample: Any, columns: Any, answers: Any, lines: Any) -> tuple[Any, float]:
    """Return the covariance of combinations by CR2 and the d of Hotelling's test of all, every matrix multiplied out.

    Bell and McCaffrey (2002); Tipton and Pustejovsky (2015), with the design's form of strata and
    finite populations.
    """
    units, w = sample.engine.units, sample.engine.weights
    stage, unit = units.stages[0], units.psu_of_unit[units.of_record]
    count, inverse = len(stage.group), np.linalg.inv(columns.T @ (columns * w[:, None]))
    left = np.eye(len(w)) - columns @ inverse @ (columns * w[:, None]).T
    moved, errors = np.zeros((count, len(lines))), np.zeros((count, len(lines), len(w)))
    for each in np.unique(unit):
        own = unit == each
        size, direction = np.linalg.eigh((left @ left.T)[np.ix_(own, own)])
        root = (direction / np.sqrt(size)) @ direction.T
        along = lines @ inverse @ (columns[own] * w[own, None]).T @ root
        moved[each], errors[each] = along @ (left @ answers)[own], along @ left[own]
    form = np.diag(1 - stage.fraction[stage.group])
    if len(stage.sizes) > 1:
        same = stage.group[:, None] == stage.group
        centred = np.eye(count) - same / stage.sizes[stage.group]
        form = (
            form
            @ centred
            * (stage.sizes / (stage.sizes - 1))[stage.group][:, None]
            * (count - 1)
            / count
        )
    covariance = moved.T @ form @ moved
    spread = np.einsum("gsn,htn->stgh", errors, errors)
    root = np.linalg.inv(linalg.sqrtm(np.einsum("gh,stgh->st", form, spread)).real)
    spread = np.einsum("as,bt,stgh->abgh", root, root, spread)
    q, variances = len(lines), 0.0
    for s, t in np.ndindex(q, q):
        variances += np.trace(form @ spread[s, s] @ form @ spread[t, t])
        variances += np.trace(form @ spread[t, s] @ form @ spread[t, s])
    return covariance, q * (q + 1) / variances


# in another draw one unit has most of the weight of a group, which is then compared by enlarged
# residuals alone
@pytest.mark.parametrize("seed", [0, 2, 3, 4])
def test_several_coefficients_and_groups_have_one_test_whichever_verb_asks(seed: int) -> None:
    frame = drawn(seed).assign(
        kind=np.random.default_rng(seed).choice(list("abcd"), 60, p=[0.1, 0.2, 0.3, 0.4])
    )
    frame["size"], frame["works"] = 40, (frame["pay"] > 0).astype(int)
    for strata, fpc in ((None, None), (["stratum"], "size")):
        sample = dl.declare_design(frame, weights="weight", psu="psu", strata=strata, fpc=fpc)
        fit = dl.regress(sample, "pay ~ kind")
        test = dl.term_test(fit, "kind")
        means = dl.estimate(sample, dl.mean("pay"), by="kind")
        pairs = dl.contrast(means, "kind", pairwise="holm")
        corrected = dl.regress(sample, "pay ~ kind", variance="bell_mccaffrey")
        stored = pickle.loads(pickle.dumps(pairs))
        others = [
            dl.wald_test(fit.rows([1, 2, 3])),
            dl.wald_test(pairs),
            dl.wald_test(pairs.rows([0, 3, 5])),
        ]
        others += [
            dl.term_test(corrected, "kind"),
            dl.wald_test(stored),
            mean_test(sample, "pay", "kind"),
        ]
        for other in others:
            assert other.df == pytest.approx(test.df, rel=1e-8)
            assert other.p_value == pytest.approx(test.p_value, rel=1e-8)
        assert dl.rank_test(sample, "pay", "kind").df == pytest.approx(test.df, rel=1e-8)
        # by matrices multiplied out; the design's rule stays as R's regTermTest
        columns = np.column_stack([np.ones(60), *(frame["kind"] == each for each in "bcd")]).astype(
            float
        )
        covariance, d = enlarged(sample, columns, frame["pay"].to_numpy(), np.eye(4)[1:])
        value = fit.frame["estimate"].to_numpy()[1:]
        chi2 = value @ np.linalg.solve(covariance, value)
        assert test.df == pytest.approx((3.0, d - 2), rel=1e-8)
        assert (test.estimates["chi2"], test.statistic) == pytest.approx(
            (chi2, chi2 * (d - 2) / (3 * d)), rel=1e-8
        )
        design = dl.term_test(dl.regress(sample, "pay ~ kind", df="design"), "kind")
        assert (design.df, design.statistic) == (
            (3.0, fit.residual_df),
            pytest.approx(design.estimates["chi2"] / 3),
        )
        # one coefficient of several parameters, and a model of several answers
        answers = dl.regress(sample, "works ~ age + sex", family="multinomial")
        assert dl.wald_test(answers.rows([2])).df == pytest.approx((1.0, answers.frame["df"][2]))


@pytest.mark.parametrize("seed", range(3))
def test_terms_beside_others_have_the_test_of_the_matrices_multiplied_out(seed: int) -> None:
    """Of whole units and not, with a covariate, weights and strata; and a binomial model by its working weights."""
    draw = np.random.default_rng(seed)
    unit = np.repeat(np.arange(20), draw.integers(3, 9, 20))
    frame = pd.DataFrame(
        {
            "c": unit,
            "h": unit // 4,
            "w": draw.lognormal(size=unit.size),
            "x": draw.normal(size=unit.size),
        }
    )
    frame["whole"] = np.where(unit % 5 < 2, "a", np.where(unit % 5 < 4, "b", "c"))
    frame["mixed"] = draw.choice(list("abc"), unit.size)
    frame["y"] = draw.normal(size=20)[unit] + draw.normal(size=unit.size)
    sample = dl.declare_design(frame, weights="w", psu="c", strata="h")
    for name in ("whole", "mixed"):
        columns = np.column_stack(
            [np.ones(unit.size), frame[name] == "b", frame[name] == "c", frame["x"]]
        ).astype(float)
        fit = dl.regress(sample, f"y ~ {name} + x")
        test = dl.term_test(fit, name)
        covariance, d = enlarged(sample, columns, frame["y"].to_numpy(), np.eye(4)[1:3])
        value = fit.frame["estimate"].to_numpy()[1:3]
        assert test.df == pytest.approx((2.0, d - 1), rel=1e-8)
        assert test.statistic == pytest.approx(
            value @ np.linalg.solve(covariance, value) * (d - 1) / (2 * d), rel=1e-8
        )
        sure = dl.regress(sample, f"I((y > 0) * 1) ~ {name} + x", family="binomial")
        chance = 1 / (1 + np.exp(-columns @ sure.frame["estimate"].to_numpy()))
        root = np.sqrt(chance * (1 - chance))
        residual = ((frame["y"] > 0) - chance) / root
        covariance, d = enlarged(sample, columns * root[:, None], residual, np.eye(4)[1:3])
        value = sure.frame["estimate"].to_numpy()[1:3]
        found = dl.term_test(sure, name)
        assert found.df == pytest.approx((2.0, d - 1), rel=1e-6)
        assert found.estimates["chi2"] == pytest.approx(
            value @ np.linalg.solve(covariance, value), rel=1e-6
        )


def test_several_combinations_of_many_directions_take_a_lower_bound(monkeypatch: Any) -> None:
    frame = drawn(1).assign(kind=np.random.default_rng(1).choice(list("abc"), 60))
    fit = dl.regress(dl.declare_design(frame, weights="weight", psu="psu"), "pay ~ kind + age")
    whole = dl.term_test(fit, "kind").df[1]
    monkeypatch.setattr(coefficients, "_MOST_STEPS", 0)
    assert 0 < dl.term_test(fit, "kind").df[1] < whole
    # of persons it is exact
    persons = dl.regress(dl.declare_design(frame, weights="weight"), "pay ~ kind + age")
    bound = dl.term_test(persons, "kind").df[1]
    monkeypatch.undo()
    assert bound == pytest.approx(dl.term_test(persons, "kind").df[1], rel=1e-9)


def test_a_wishart_matrix_has_its_own_degrees_of_freedom() -> None:
    for q, d in ((1, 3.3), (2, 5.0), (10, 38.0)):
        # entries of variance 1 / d, those of the diagonal twice that
        assert wishart_df(q, (q * q + q) / d, 1000.0, np.nan) == pytest.approx(d)
        assert wishart_df(q, (q * q + q) / d, 2.0, np.nan) == 2.0
    assert np.isnan(wishart_df(2, 0.0, 9.0, np.nan))


# in another draw one unit has most of the weight of a group, which is then compared by enlarged
# residuals alone
@pytest.mark.parametrize("seed", [0, 2, 3])
def test_margins_and_effects_have_those_of_their_own_combination(seed: int) -> None:
    frame = drawn(seed).assign(
        kind=np.random.default_rng(seed).choice(list("abc"), 60, p=[0.1, 0.4, 0.5])
    )
    sample = dl.declare_design(frame, weights="weight", strata="stratum", psu="psu")
    fit = dl.regress(sample, "pay ~ kind")
    margins, means = (
        dl.predicted_margins(fit, "kind"),
        dl.estimate(sample, dl.mean("pay"), by="kind"),
    )
    assert margins.frame["df"].tolist() == pytest.approx(means.frame["df"].tolist())
    assert margins.frame["flag"].tolist() == means.frame["flag"].tolist()
    assert dl.marginal_effects(fit).frame["df"].tolist() == pytest.approx(
        fit.frame["df"].tolist()[1:]
    )
    for found in (margins, means):
        pair = dl.contrast(found, {"kind": ("b", "a")}).frame["df"].item()
        by_name = dl.contrast(found, {"x": {"b": 1, "a": -1}, "half": {"b": 0.5, "a": -0.5}}).frame[
            "df"
        ]
        assert [pair, *by_name] == pytest.approx([fit.frame["df"][1]] * 3)
    # a combination of coefficients is the coefficient of another reference
    other = dl.regress(sample, 'pay ~ C(kind, Treatment("b"))').frame["df"][2]
    assert dl.contrast(fit, {"c - b": {"c": 1, "b": -1}}).frame["df"].item() == pytest.approx(other)
    # respondents over whom one averages add their own part
    fit = dl.regress(sample, "pay ~ kind * age")
    x, theta = np.column_stack([np.ones(60), frame["age"]]), fit.frame["estimate"].to_numpy()
    weight, columns = frame["weight"] / frame["weight"].sum(), [x]
    columns = [np.ones(60), frame["kind"] == "b", frame["kind"] == "c", frame["age"]]
    columns = np.column_stack(
        [*columns, columns[1] * frame["age"], columns[2] * frame["age"]]
    ).astype(float)
    expected = x @ theta[[0, 3]]
    line = [1.0, 0, 0, weight @ frame["age"], 0, 0]
    matrix, of_coefficients = unit_covariances(sample, columns, line)
    of_people = unit_covariances(sample, np.ones((60, 1)), [1.0])[1]
    among = (
        weight
        @ (expected - weight @ expected) ** 2
        / (weight @ (frame["pay"] - columns @ theta) ** 2)
    )
    both = matrix @ (of_coefficients + among * of_people)[0, 0]
    df = dl.predicted_margins(fit, {"kind": ["a"]}).frame["df"].item()
    assert df == pytest.approx(min(np.trace(both) ** 2 / np.trace(both @ both), fit.residual_df))


def test_shares_of_a_table_have_those_of_their_base() -> None:
    few = pd.DataFrame({"c": np.repeat(range(10), 10), "y": list("pqqpq") * 20}).assign(
        who=["a"] * 30 + ["b"] * 70
    )
    sample = dl.declare_design(few, psu="c")
    for rule in ("effective", "design", "domain"):
        alone = dl.estimate(sample, dl.share("y"), by="who", df=rule).frame.sort_values(
            "who", kind="stable"
        )
        for table in (
            dl.crosstab(sample, "who", "y", shares="row", df=rule),
            dl.crosstab(sample, "y", "who", shares="column", df=rule),
        ):
            found = table.frame.sort_values("who", kind="stable")
            assert found["df"].tolist() == pytest.approx(alone["df"].tolist())
            # three units and seven, whatever degrees of freedom are asked
            assert found["flag"].tolist() == alone["flag"].tolist() == ["few units"] * 4
            assert (table.counts.frame["df"].round(9) == 9).all()
            assert (table.margins.frame["df"].round(9) == 9).all()
    pair = dl.contrast(dl.crosstab(sample, "y", "who").columns, {"who": ("a", "b")}).frame
    expected = dl.contrast(dl.estimate(sample, dl.share("y"), by="who"), {"who": ("a", "b")}).frame
    assert pair["df"].tolist() == pytest.approx(expected["df"].tolist())


def test_a_share_of_0_is_compared_by_the_t_of_the_comparison() -> None:
    """Its exact interval, over t: against a known number the interval of the difference is the exact one again."""
    people = pd.DataFrame({"y": [0] * 12 + [0, 1] * 15, "who": ["a"] * 12 + ["b"] * 30})
    shares = dl.estimate(dl.declare_design(people), dl.share("y == 1"), by="who")
    found = dl.contrast(shares, {"alone": {"a": 1.0}, "pair": {"b": 1.0, "a": -1.0}}).frame
    length = 1 - 0.025 ** (1 / 12)
    assert found["ci_high"][0] == pytest.approx(length)
    t = special.stdtrit(found["df"][1], 0.975)
    assert found["std_error"][1] ** 2 == pytest.approx(
        shares.frame["std_error"][1] ** 2 + (length / t) ** 2
    )


def test_units_without_weight_add_no_degrees_of_freedom() -> None:
    """R's `degf` (survey 4.4-2) of eight units, one of them of weight 0: 5 with two strata, 6 with one."""
    people = pd.DataFrame(
        {"y": np.arange(40.0) ** 1.5, "c": np.repeat(range(8), 5), "h": np.repeat([0, 1], 20)}
    )
    people["w"] = np.where(people["c"] == 2, 0.0, 1.0)
    for strata, expected in (("h", 5.0), (None, 6.0)):
        sample = dl.declare_design(people, weights="w", psu="c", strata=strata)
        queried = dl.declare_design(
            pl.from_pandas(people).lazy(), weights="w", psu="c", strata=strata
        )
        made = dl.make_replicates(sample, "jk1" if strata is None else "jkn")
        for one in (sample, queried, made):
            for rule in ("effective", "design", "domain"):
                if rule != "domain" or one is not made:
                    assert dl.estimate(one, dl.mean("y"), df=rule).frame[
                        "df"
                    ].item() == pytest.approx(expected)
        assert dl.regress(sample, "y ~ 1", df="design").frame["df"].item() == expected
        assert dl.t_test(sample, "y", df="design").df == (expected - 1,)


def test_units_that_weigh_little_are_compared_with_themselves_only(monkeypatch: Any) -> None:
    draw = np.random.default_rng(1)
    people = pd.DataFrame(
        {"y": draw.normal(size=900), "x": draw.normal(size=900), "k": draw.choice(list("abc"), 900)}
    )
    sample = dl.declare_design(people.assign(w=draw.lognormal(size=900)), weights="w")
    whole = dl.regress(sample, "y ~ x + k")
    test = dl.term_test(whole, "k")
    monkeypatch.setattr(coefficients, "_MOST_UNITS", 200)
    assert dl.regress(sample, "y ~ x + k").frame["df"].tolist() == pytest.approx(
        whole.frame["df"].tolist(), rel=0.02
    )
    assert dl.term_test(whole, "k").df[1] == pytest.approx(test.df[1], rel=0.05)


def df_of(frame: pd.DataFrame, **design: Any) -> list[float]:
    sample = dl.declare_design(frame, **design)
    return list(dl.estimate(sample, dl.mean("y"), by="who").frame["df"].round(10))


def test_cases_known_by_hand() -> None:
    alone = pd.DataFrame({"y": np.arange(30.0), "who": ["a"] * 20 + ["b"] * 10})
    # people drawn one by one, all alike: as many as there are in the domain, less one
    assert df_of(alone) == [19.0, 9.0]
    # eight units alike: seven
    clustered = pd.DataFrame({"y": np.arange(40.0), "who": "a", "c": np.repeat(range(8), 5)})
    assert df_of(clustered, psu="c") == [7.0]
    # two units in each of ten strata, all alike: ten
    paired = pd.DataFrame(
        {
            "y": np.arange(40.0),
            "who": "a",
            "c": np.repeat(range(20), 2),
            "h": np.repeat(range(10), 4),
        }
    )
    assert df_of(paired, psu="c", strata="h") == [10.0]
    # a domain of three units of one stratum of ten has little more than two, whatever its people;
    # the design has nine
    few = pd.DataFrame(
        {"y": np.arange(100.0), "who": ["a"] * 30 + ["b"] * 70, "c": np.repeat(range(10), 10)}
    )
    (three, seven) = df_of(few, psu="c")
    assert 2.0 <= three < 2.5
    assert 6.0 <= seven < 7.0
    # in a stratum taken whole nothing is drawn, and nothing unsure: those of the design
    census = pd.DataFrame(
        {"y": np.arange(6.0), "who": list("aaabbb"), "h": list("aaabbb"), "N": [3] * 3 + [9] * 3}
    )
    assert df_of(census, strata="h", fpc="N") == [4.0, 2.0]


def test_the_mark_of_few_units_and_the_other_rules() -> None:
    few = pd.DataFrame(
        {"y": np.arange(100.0), "who": ["a"] * 30 + ["b"] * 70, "c": np.repeat(range(10), 10)}
    )
    sample = dl.declare_design(few, psu="c")
    assert list(dl.estimate(sample, dl.mean("y"), by="who").frame["flag"]) == [
        "few units",
        "few units",
    ]
    for rule, expected in (
        ("design", [9.0, 9.0]),
        ("domain", [2.0, 6.0]),
        ("infinity", [np.inf, np.inf]),
    ):
        found = dl.estimate(sample, dl.mean("y"), by="who", df=rule).frame
        assert list(found["df"]) == expected
        assert list(found["flag"]) == ["few units", "few units"]


def test_replicate_weights_of_a_file_count_as_many_as_are_independent_in_the_domain() -> None:
    """Delete one of ten units: a domain of three of them sees three kinds of replicates, and the full weights."""
    few = pd.DataFrame(
        {
            "y": np.arange(100.0),
            "who": ["a"] * 30 + ["b"] * 70,
            "c": np.repeat(range(10), 10),
            "w": 1.0,
        }
    )
    for unit in range(10):
        few[f"r{unit}"] = np.where(few["c"] == unit, 0.0, 10 / 9)
    weights = dl.replicates([f"r{unit}" for unit in range(10)], kind="jk1")
    assert df_of(few, weights="w", replicates=weights) == [2.0, 6.0]
    sample = dl.declare_design(few, weights="w", replicates=weights)
    assert list(dl.regress(sample, "y ~ 1").frame["df"]) == [9.0]
    assert list(dl.regress(sample.where("who == 'a'"), "y ~ 1").frame["df"]) == [2.0]
    # replicates made here know the units of the design
    made = dl.make_replicates(dl.declare_design(few, psu="c"), "jk1")
    found = dl.estimate(made, dl.mean("y"), by="who").frame["df"]
    assert list(found) == pytest.approx(df_of(few, psu="c"))


def test_independent_replicates_are_counted_on_all_rows_where_some_rows_do_not_tell() -> None:
    """By hand: in domain f two of four sets repeat the others, in the end but for one row; in g none does."""
    draw = np.random.default_rng(1)
    sets = draw.uniform(0.5, 1.5, (4, 4000))
    sets[2:, :2000] = sets[0, :2000], sets[1, :2000]
    frame = pd.DataFrame(
        {
            "w": 1.0,
            "y": draw.random(4000),
            "who": np.repeat(["f", "g"], 2000),
            **dict(zip("abcd", sets, strict=True)),
        }
    )
    weights = dl.replicates(list("abcd"), kind="jk1")
    assert df_of(frame, weights="w", replicates=weights) == [1.0, 3.0]
    frame.loc[1234, "c"] += 0.5
    assert df_of(frame, weights="w", replicates=weights) == [2.0, 3.0]


def test_degrees_of_freedom_that_a_producer_states_are_the_most_that_an_estimate_has() -> None:
    few = pd.DataFrame(
        {
            "y": np.arange(50.0),
            "who": ["a"] * 15 + ["b"] * 35,
            "w": 1.0,
            "c": np.repeat(range(10), 5),
        }
    )
    for unit in range(10):
        few[f"r{unit}"] = np.where(few["c"] == unit, 0.0, 10 / 9)
    stated = dl.replicates("r*", kind="jk1", df=4)
    assert df_of(few, weights="w", replicates=stated) == [2.0, 4.0]
    sample = dl.declare_design(few, weights="w", replicates=stated)
    assert dl.estimate(sample, dl.mean("y"), df="design").frame["df"].item() == 4.0


@pytest.mark.parametrize("seed", range(4))
def test_enlarged_residuals_of_means_are_those_of_a_regression_on_the_constant(seed: int) -> None:
    """Bell and McCaffrey (2002) for means of many domains at once, held to the matrices of `regress`, unit by unit."""
    frame = drawn(seed).assign(size=40)
    for strata in (["stratum"], None):
        for fpc in (None, "size"):
            design: dict[str, Any] = {
                "weights": "weight",
                "psu": "psu",
                "strata": strata,
                "fpc": fpc,
            }
            sample = dl.declare_design(frame, **design)
            corrected: Any = {"variance": "bell_mccaffrey"}
            means = dl.estimate(sample, dl.mean("pay"), by="sex", **corrected)
            for place, sex in enumerate("fm"):
                fit = dl.regress(
                    sample.where(f"sex == '{sex}'"), "pay ~ 1", **corrected
                ).frame.iloc[0]
                for name in ("estimate", "std_error", "df"):
                    assert means.frame[name][place] == pytest.approx(fit[name], rel=1e-9)
            difference = dl.contrast(means, {"sex": ("m", "f")}).frame.iloc[0]
            slope = dl.regress(sample, "pay ~ sex", **corrected).frame.iloc[1]
            for name in ("estimate", "std_error", "df", "p_value"):
                assert difference[name] == pytest.approx(slope[name], rel=1e-9)
    # all weights alike in a unit, and a share
    alike = dl.declare_design(frame, psu="psu", strata="stratum")
    share = dl.estimate(alike, dl.share("pay > 0"), **corrected).frame.iloc[0]
    fit = dl.regress(alike, "I((pay > 0) * 1) ~ 1", **corrected).frame.iloc[0]
    assert [share["std_error"], share["df"]] == pytest.approx(
        [fit["std_error"], fit["df"]], rel=1e-9
    )


def test_enlarged_residuals_are_for_means_and_for_designs_whose_units_are_known(
    refused: Any,
) -> None:
    sample = dl.declare_design(drawn(0), weights="weight", strata="stratum", psu="psu")
    corrected: Any = {"variance": "bell_mccaffrey"}
    refused(
        lambda: dl.estimate(sample, dl.mean("pay"), dl.total("pay"), **corrected), dl.DiplabError
    )
    refused(
        lambda: dl.estimate(dl.make_replicates(sample, "jkn"), dl.mean("pay"), **corrected),
        dl.DiplabError,
    )
    rules = dl.estimate(sample, dl.mean("pay"), **corrected).provenance.rules
    assert (rules["variance"], rules["df"]) == ("bell_mccaffrey", "effective")
