"""Designs against R 4.5 with survey 4.4-2: lonely units, three stages, certainty, unequal probabilities.

Each docstring holds the R lines that gave its values, printed with `options(digits = 17)`; the data
are below, small made tables and the 40 counties of `data(election)` (`election_pps`: votes of 2004
in the United States). Closed forms are held to 1e-8 relative. `V(x)` stands for `SE(x)^2`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.calibration import Controls
from diplab.sampling.auxiliary import Auxiliary
from tests.recorded_values import close, recorded_file

IN_R = recorded_file("designs")
EIGHT = [0, 1, 2, 5, 8, 11, 19, 29]


def read(name: str) -> pd.DataFrame:
    return pd.DataFrame(IN_R[name])


@pytest.fixture(params=["dense", "sparse"])
def path(request, monkeypatch):
    """Few units and domains are held in full; many are held sparsely."""
    for limit in ("_FEW_CELLS", "MOST_CELLS"):
        monkeypatch.setattr(
            f"diplab.kernel.variance.{limit}", 4_000_000 if request.param == "dense" else 0
        )
    return str(request.param)


def variances(sample, *statistics):
    found = (
        dl.estimate(sample, *statistics or (dl.total("y"), dl.mean("y"))).frame["std_error"] ** 2
    )
    return [float(value) for value in found]


@pytest.mark.parametrize(("fpc", "stratum", "domain", "recorded"), IN_R["lonely_in_r"])
def test_lonely_units(path, fpc, stratum, domain, recorded):
    """des <- svydesign(id = ~c, strata = ~h, weights = ~w, data = d), or with fpc = ~N;
    options(survey.lonely.psu = , survey.adjust.domain.lonely = ); V(svytotal(~y, des)),
    V(svymean(~y, des)), and the same on subset(des, g == "a") and "b".
    """
    sample = dl.declare_design(
        read("lonely"), weights="w", strata="h", psu="c", fpc="N" if fpc else None, lonely_psu=stratum,
        lonely_psu_domain=domain,
    )  # fmt: skip
    assert variances(sample) == pytest.approx(recorded[0], rel=1e-8)
    by = dl.estimate(sample, dl.total("y"), dl.mean("y"), by="g").frame.set_index(
        ["statistic", "g"]
    )
    for domain_code, (total, mean) in zip("ab", recorded[1:], strict=True):
        error = by["std_error"]
        close(error[[("total", domain_code), ("mean", domain_code)]].pow(2), [total, mean])
        alone = variances(sample.where(f"g == '{domain_code}'"))
        assert alone == pytest.approx((total, mean), rel=1e-8)


@pytest.mark.parametrize(("people", "stratum", "domain", "rows", "compared"), IN_R["compared"])
def test_groups_compared_under_lonely_units(path, people, stratum, domain, rows, compared):
    """s <- subset(svydesign(~c, strata = ~h, weights = ~w, data = d, nest = TRUE), !is.na(y)); two <- without "z";
    b <- svyby(~y, ~g, s, svymean, covmat = TRUE); SE(b); SE(svycontrast(b, c(-1, 1, 0))), c(-1, 0,
    1), quote(f / e), and two's; svyttest(y ~ g, two), svyranktest(y ~ g, s); SE(svyglm(y ~ g, s))
    are the first two differences.

    Stratum 1 has one unit, of group e; in two of the tables missing answers leave a single unit in
    stratum 3.
    """
    data = pd.DataFrame(IN_R["compared_people"][people]).astype({"y": float})
    sample = dl.declare_design(
        data, weights="w", strata="h", psu="c", lonely_psu=stratum, lonely_psu_domain=domain
    )
    two = sample.where("g != 'z'")
    found, of_two = (dl.estimate(each, dl.mean("y"), by="g") for each in (sample, two))
    # each row by its own people, comparisons by those of all groups
    np.testing.assert_allclose(found.frame["std_error"], np.array(rows, dtype=float), rtol=1e-9)
    np.testing.assert_allclose(found.frame["std_error"] ** 2, np.diag(found.covariance), rtol=1e-12)
    differences = dl.contrast(found, np.array([[-1, 1, 0], [-1, 0, 1]])).frame["std_error"]
    ratio = dl.contrast(found, {"g": ("f", "e")}, kind="ratio").frame["std_error"]
    pair = dl.contrast(of_two, {"g": ("f", "e")}).frame["std_error"]
    tests = (
        dl.t_test(two, "y", "g").statistic,
        dl.rank_test(sample, "y", "g", df="design").estimates["chi2"],
    )
    close([*differences, *ratio, *pair, *tests], compared, rtol=1e-9)
    close(dl.regress(sample, "y ~ g").frame["std_error"][1:], compared[:2], rtol=1e-9)


def test_missing_answers_leave_a_unit_lonely_in_a_regression():
    """options(survey.lonely.psu = "adjust", survey.adjust.domain.lonely = TRUE); SE(svyglm(y ~ 1, subset(s, dom == 1)))
    is 1.45236875482778; with the units of those who did not answer it was 1.3110.
    """
    data = pd.DataFrame({
        "h": [1, 1, 2, 2, 2, 2, 3, 3, 3, 3], "c": [1, 1, 1, 1, 2, 2, 1, 1, 2, 2], "dom": [*[1] * 8, 0, 1],
        "y": [3, 4, 5, 7, 1, 2, 8, 6, 9, np.nan],
    })  # fmt: skip
    design = {"strata": "h", "psu": "c", "lonely_psu": "adjust", "lonely_psu_domain": "adjust"}
    sample = dl.declare_design(data, **design).where("dom == 1")
    for found in (dl.regress(sample, "y ~ 1"), dl.estimate(sample, dl.mean("y"))):
        assert found.frame["std_error"].item() == pytest.approx(1.4523687548277815, rel=1e-9)


def three(**options):
    return dl.declare_design(read("three_stages").assign(
        N1c=lambda k: np.where(k["h"] == 1, 2, 6), f1=lambda k: np.where(k["h"] == 1, 1, 1 / 3),
        f2=lambda k: k.groupby("town")["home"].transform("nunique") / k["N2"],
        f3=lambda k: k.groupby(["town", "home"])["room"].transform("size") / k["N3"],
        t2=lambda k: np.where(k["town"] % 2 == 1, 1, 2),
    ), **{"strata": "h", "psu": ["town", "home", "room"], "fpc": ["N1", "N2", "N3"]} | options)  # fmt: skip


def test_three_stages_with_fpc_at_each(path):
    """d3 <- svydesign(id = ~town + home + room, strata = ~h, fpc = ~N1 + N2 + N3, data = k, nest = TRUE);
    svytotal(~y, d3); svymean(~y, d3); svyratio(~y, ~x, d3); degf(d3);
    vcov(svyby(~y, ~x > 5, d3, svymean, covmat = TRUE))
    """
    found = dl.estimate(three(), dl.total("y"), dl.mean("y"), dl.ratio("y", "x"))
    close(
        found.frame["estimate"], [73147.914444444454, 63.71769550909795, 12.421578331666636], 1e-12
    )
    close(np.diag(found.covariance), [27360870.986671604, 7.1643481858781861, 0.61012849680643721])
    assert found.frame["df"].tolist() == [2, 2, 2]
    k = read("three_stages").assign(many=lambda k: k["x"] > 5)
    sample = dl.declare_design(k, strata="h", psu=["town", "home", "room"], fpc=["N1", "N2", "N3"])
    by = dl.estimate(sample, dl.mean("y"), by="many")
    close(
        by.covariance.ravel(),
        [7.7720116621219688, 4.0791588267466379, 4.0791588267466379, 25.5261638296102902],
    )


def test_three_stages_with_replacement():
    """k$w <- weights(d3); svydesign(id = ~town + home + room, strata = ~h, weights = ~w, data = k, nest = TRUE)"""
    k = read("three_stages")
    k["w"] = 1 / (
        (2 / k["N1"])
        * (k.groupby("town")["home"].transform("nunique") / k["N2"])
        * (k.groupby(["town", "home"])["room"].transform("size") / k["N3"])
    )
    sample = dl.declare_design(k, weights="w", strata="h", psu=["town", "home", "room"])
    assert variances(sample) == pytest.approx([34039809.330371603, 9.5357413413115264], rel=1e-8)
    both = dl.declare_design(k, weights="w", strata=["h", "h2"], psu="home")
    assert variances(both) == pytest.approx([13301030.336490121, 1.849406344129215], rel=1e-8), (
        "svydesign(id = ~home, strata = ~interaction(h, h2, drop = TRUE), weights = ~w, data = k, "
        "nest = TRUE)"
    )
    assert both.engine.units.degrees_of_freedom == 8, "degf of the same"
    # k$t2 <- ifelse(k$town %% 2 == 1, 1, 2); svydesign(id = ~t2 + home + room, strata = ~h, fpc =
    # ~N1 + N2 + N3, data = k, nest = TRUE)
    assert variances(three(psu=["t2", "home", "room"]))[0] == pytest.approx(
        27360870.986671604, rel=1e-8
    )
    assert variances(three(nest=False))[0] == pytest.approx(27360870.986671604, rel=1e-8)
    # k2 <- subset(k, town != 2); k2$N1c <- ifelse(k2$h == 1, 1, 6); svydesign(id = ~town + home +
    # room, strata = ~h, fpc = ~N1c + N2 + N3, data = k2, nest = TRUE)
    k = read("three_stages")
    k = k[k["town"] != 2].assign(N1c=lambda k: np.where(k["h"] == 1, 1, 6))
    sample = dl.declare_design(k, strata="h", psu=["town", "home", "room"], fpc=["N1c", "N2", "N3"])
    assert variances(sample) == pytest.approx([16480223.603666676, 25.850225249800861], rel=1e-8)


@pytest.mark.parametrize("fpc", [["N1c", "N2", "N3"], ["f1", "f2", "f3"]])
def test_a_stratum_taken_whole_leaves_its_later_stages(path, fpc):
    """k$N1c <- ifelse(k$h == 1, 2, 6): both towns of stratum 1 were taken;
    svydesign(id = ~town + home + room, strata = ~h, fpc = ~N1c + N2 + N3, data = k, nest = TRUE),
    and the same with fractions
    """
    found = dl.estimate(three(fpc=fpc), dl.total("y"), dl.mean("y"))
    assert found.frame["estimate"][0] == pytest.approx(39869.852222222224, rel=1e-12)
    assert np.diag(found.covariance).tolist() == pytest.approx(
        [16548385.173308654, 20.400529585896695], rel=1e-8
    )
    assert found.frame["df"].tolist() == [2, 2]


@pytest.mark.parametrize(("approximation", "form", "recorded"), IN_R["election_in_r"])
def test_approximate_joint_probabilities(path, approximation, form, recorded):
    """data(election); des <- svydesign(id = ~1, fpc = ~p, data = election_pps, pps = "brewer"), "overton" or HR(),
    variance = "HT" or "YG"; V(svytotal(~Bush + Kerry + Nader, des)); V(svyratio(~Bush, ~Kerry,
    des))
    """
    sample = dl.declare_design(
        read("election"), fpc="p", unequal=approximation, unequal_variance=form
    )
    found = dl.estimate(
        sample, dl.total("Bush"), dl.total("Kerry"), dl.total("Nader"), dl.ratio("Bush", "Kerry")
    )
    assert found.frame["estimate"].tolist() == pytest.approx(
        [64518472.38053997606, 51202102.09624831378, 478530.52321170829, 1.260074679341483206],
        rel=1e-12,
    )
    assert np.diag(found.covariance).tolist() == pytest.approx(recorded, rel=1e-8)


@pytest.mark.parametrize(
    ("case", "recorded"),
    [
        (("brewer", "horvitz_thompson"), (16792294144742.1250000, 0.0085947717095666842)),
        (("overton", "yates_grundy"), (16122102729560.285156, 0.0090550153434968868)),
    ],
)
def test_unequal_probabilities_in_a_domain(case, recorded):
    """V(svytotal(~Bush, subset(des, Bush > 10000))); V(svyratio(~Bush, ~Kerry, subset(des, Bush > 10000)))"""
    sample = dl.declare_design(
        read("election"), fpc="p", unequal=case[0], unequal_variance=case[1]
    ).where("Bush > 10000")
    found = variances(sample, dl.total("Bush"), dl.ratio("Bush", "Kerry"))
    assert found == pytest.approx(recorded, rel=1e-8)


def eight(form):
    joint = np.zeros((8, 8))
    joint[np.triu_indices(8)] = IN_R["joint_of_eight"]
    joint += np.triu(joint, 1).T
    counties = read("election").iloc[EIGHT].assign(g=list("abababab"), one=1.0)
    return dl.declare_design(counties, fpc="p", unequal="joint", joint=joint, unequal_variance=form)


@pytest.mark.parametrize(("form", "whole", "domains", "calibrated"), IN_R["joint_in_r"])
def test_joint_probabilities(path, form, whole, domains, calibrated):
    """ii <- c(1, 2, 3, 6, 9, 12, 20, 30); e <- election_pps[ii, ]; e$g <- rep(c("a", "b"), 4);
    des <- svydesign(id = ~1, fpc = ~p, data = e, pps = ppsmat(election_jointprob[ii, ii]), variance
    = "HT" or "YG"); V(svytotal(~Bush, des)); V(svyratio(~Bush, ~Kerry, des)); V(svymean(~Bush,
    des)); V(svytotal(~Bush, subset(des, g == "a"))) and "b"; V(svymean(~Bush, subset(des, g ==
    "a"))) and "b"; cal <- calibrate(des, ~Kerry, c(1000, 60000000)); svytotal(~Bush, cal);
    V(svymean(~Bush, cal))
    """
    sample = eight(form)
    found = variances(sample, dl.total("Bush"), dl.ratio("Bush", "Kerry"), dl.mean("Bush"))
    assert found == pytest.approx(whole, rel=1e-8)
    by = dl.estimate(sample, dl.total("Bush"), dl.mean("Bush"), by="g")
    assert np.diag(by.covariance).tolist() == pytest.approx(domains, rel=1e-8)
    kerry = sample.engine.columns.numbers("Kerry")
    weights = sample.engine.weights
    margins = np.stack([np.ones(8), kerry])
    short = np.array([1000, 60_000_000]) - margins @ weights
    factor = 1 + np.linalg.solve((margins * weights) @ margins.T, short) @ margins
    fitted = sample.with_weights(
        weights * factor, Auxiliary(Controls((), (), tuple(margins)), weights)
    )
    after = dl.estimate(fitted, dl.total("Bush"), dl.mean("Bush"))
    assert after.frame["estimate"][0] == pytest.approx(67178340.6670212, rel=1e-10)
    # the pseudo-inverse of two margins of very different size loses some digits
    assert np.diag(after.covariance).tolist() == pytest.approx(calibrated, rel=1e-7)


def test_unequal_probabilities_by_stratum_and_stage(table):
    """d <- data.frame(h = c(1, 1, 1, 2, 2, 2, 2), p = c(.1, .3, .5, .2, .25, .6, 1), y = c(3, 10, 12, 5, 4, 9, 11));
    svydesign(id = ~c, strata = ~h, fpc = ~p, data = d, pps = "brewer", "overton" or HR(), variance
    = "HT" or "YG"); e <- data.frame(c = , s = 1:9, p = , q = , y = ); svydesign(id = ~c + s, fpc =
    ~p + q, data = e, pps = "brewer")
    """
    d = table("h p y\n1 .1 3\n1 .3 10\n1 .5 12\n2 .2 5\n2 .25 4\n2 .6 9\n2 1 11")
    recorded = {
        ("brewer", "horvitz_thompson"): (114.17361111111111, 1.9258377163423597),
        ("overton", "horvitz_thompson"): (285.77777777777766, 1.9266876099575629),
        ("overton", "yates_grundy"): (114.61944444444435, 1.8072699133886032),
        ("hartley_rao", "horvitz_thompson"): (207.85277777777802, 2.0054279186561041),
        ("hartley_rao", "yates_grundy"): (114.17361111111123, 1.925837716342359),
    }
    for (approximation, form), values in recorded.items():
        how: dict[str, Any] = {"unequal": approximation, "unequal_variance": form}
        sample = dl.declare_design(d, strata="h", fpc="p", **how)
        assert variances(sample) == pytest.approx(values, rel=1e-8), (approximation, form)
        assert sample.engine.units.degrees_of_freedom == 5
        # replicates have the same total; where the form is not positive, that of what is left of it
        made = dl.make_replicates(sample, "fay_generalised")
        projected = made.replication.made.get("quadratic_form") == "projected"
        assert projected == (approximation != "brewer" and form == "horvitz_thompson")
        assert (variances(made)[0] == pytest.approx(values[0], rel=1e-8)) != projected
    e = table(
        "c s p q y\n1 1 .2 .5 3\n1 2 .2 .5 5\n2 3 .4 .25 10\n2 4 .4 .25 12\n3 5 .5 .3 8\n3 6 .5 .3 "
        "3\n"
        "3 7 .5 .3 2\n4 8 .7 1 9\n4 9 .7 1 4"
    )
    sample = dl.declare_design(e, psu=["c", "s"], fpc=["p", "q"], unequal="brewer")
    assert variances(sample) == pytest.approx([15277.713529856386, 2.7896378637362855], rel=1e-8)
    assert variances(dl.make_replicates(sample, "fay_generalised"))[0] == pytest.approx(
        15277.713529856386, rel=1e-8
    )


@pytest.mark.parametrize(("design", "second", "points", "recorded"), IN_R["two_phase_in_r"])
def test_two_phases(path, design, second, points, recorded):
    """t <- twophase(id = list(~id, ~id), strata = list(NULL or ~h, ~g or ~h), fpc = list(~all or ~N or ~NC, NULL),
    subset = ~I(r == 1), data = d, method = "full"), with id = list(~cl, ~id) for clusters;
    svytotal(~y, t), svymean(~y, t), svyratio(~y, ~x, t), svyby(~y, ~sex, t, svymean)
    """
    d = read("two_phase")
    d["y"] = d["y"].where(d["r"] == 1).astype(float)
    sample = dl.two_phase(dl.declare_design(d, **design), "r == 1", strata=second)
    found = dl.estimate(sample, dl.total("y"), dl.mean("y"), dl.ratio("y", "x"))
    assert found.frame["estimate"].tolist()[:2] == pytest.approx(points, rel=1e-12)
    assert np.diag(found.covariance).tolist() == pytest.approx(recorded[:3], rel=1e-8)
    by = dl.estimate(sample, dl.mean("y"), by="sex")
    assert np.diag(by.covariance).tolist() == pytest.approx(recorded[3:], rel=1e-8)
