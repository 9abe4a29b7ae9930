"""Designs against R 4.5 with survey 4.4-2: lonely units, three stages, certainty, unequal probabilities.

Each docstring holds the R lines that gave its values, printed with `options(digits = 17)`; the data are below, small
made tables and the 40 counties of `data(election)` (`election_pps`: votes of 2004 in the United States). Closed forms
are held to 1e-8 relative. `V(x)` stands for `SE(x)^2`.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.calibration import Controls
from diplab.sampling.auxiliary import Auxiliary
from tests.recorded_values import numbers

if TYPE_CHECKING:
    from diplab.types import Sample

LONELY = """
h c  w  y  g N
1 1  10 1  a 9
1 2  10 3  a 9
1 3  12 4  b 9
2 4  20 8  a 12
2 5  20 10 b 12
2 6  25 7  b 12
3 7  30 2  b 20
3 8  30 5  a 20
3 8  31 6  a 20
3 9  8  11 a 20
4 10 15 6  a 7
5 11 9  4  b 8
5 12 9  9  b 8
"""

THREE_STAGES = """
room home town h y x N1 N2 N3 h2
1 1 1 1 68.71 5 10 9 6 u
2 1 1 1 49.35 8 10 9 6 u
1 2 1 1 58.63 7 10 9 7 u
2 2 1 1 61.33 4 10 9 7 u
3 2 1 1 59.04 3 10 9 7 u
1 3 1 1 53.94 4 10 9 8 u
2 3 1 1 70.12 4 10 9 8 u
1 1 2 1 59.05 6 10 10 6 v
2 1 2 1 80.18 4 10 10 6 v
3 1 2 1 59.37 7 10 10 6 v
1 2 2 1 73.05 2 10 10 7 v
2 2 2 1 82.87 5 10 10 7 v
3 2 2 1 46.11 6 10 10 7 v
1 3 2 1 57.21 1 10 10 8 v
2 3 2 1 58.67 6 10 10 8 v
3 3 2 1 66.36 4 10 10 8 v
1 1 3 2 62.16 5 6 11 6 u
3 1 3 2 38.44 7 6 11 6 u
1 2 3 2 40.60 8 6 11 7 u
2 2 3 2 78.20 6 6 11 7 u
3 2 3 2 61.93 4 6 11 7 u
1 3 3 2 47.19 3 6 11 8 u
2 3 3 2 63.28 3 6 11 8 u
3 3 3 2 77.15 5 6 11 8 u
1 1 4 2 88.95 7 6 12 6 v
2 1 4 2 65.70 1 6 12 6 v
3 1 4 2 67.43 4 6 12 6 v
1 2 4 2 52.37 10 6 12 7 v
2 2 4 2 74.60 9 6 12 7 v
3 2 4 2 63.60 7 6 12 7 v
1 3 4 2 74.55 5 6 12 8 v
2 3 4 2 77.05 6 6 12 8 v
3 3 4 2 80.35 7 6 12 8 v
"""

ELECTION = """
County, Bush, Kerry, Nader, p
Los_Angeles, 954764, 1670341, 0, 0.90365756259482377111
San_Diego, 439242, 394752, 0, 0.28709136787241174016
Sonoma, 55541, 119821, 0, 0.06036604154567283553
Arapahoe, 114703, 105008, 1108, 0.07601401060705244295
Brevard, 152838, 110153, 1196, 0.09094286913827778762
Seminole, 108126, 76938, 570, 0.06390204124205603464
Fayette, 37322, 14862, 0, 0.01796364954790314467
Murray, 7745, 2899, 0, 0.00366405576015409054
Cook, 583774, 1389631, 0, 0.67931848528437466239
Cass, 9432, 4290, 0, 0.00472361641683901115
Gove, 1182, 245, 12, 0.00049535665528577006
Boone, 32329, 12391, 189, 0.01545932733302894137
Kent, 171157, 116814, 1410, 0.09961556932818027565
St_Clair, 42739, 36174, 435, 0.02731449609702243236
Wayne, 257267, 596208, 3616, 0.29504220363831545892
Franklin, 26428, 18556, 0, 0.01548514508782145895
Daniels, 764, 326, 21, 0.00038244700765982666
Wake, 172563, 162750, 0, 0.11542705083657915643
Holt, 4080, 871, 25, 0.00171292197130089763
Sarpy, 42263, 18361, 314, 0.02097709788728579355
Ulster, 36279, 45402, 1930, 0.02878197727942913287
Allen, 31629, 15822, 0, 0.01633437710213000299
Oklahoma, 174707, 97283, 0, 0.09362894834689131085
Lane, 69289, 99048, 0, 0.05794777851344035807
Multnomah, 93219, 245733, 0, 0.11667972829911212040
Bucks, 153424, 162220, 0, 0.10865625858305878737
Coffee, 11785, 8238, 70, 0.00691674862728073551
Knox, 110653, 65921, 699, 0.06102387793778617925
Shelby, 157591, 215810, 1199, 0.12895107927036097983
Dallas, 345482, 335871, 0, 0.23454672908194945657
Galveston, 61290, 43919, 0, 0.03621680218621305125
Harris, 580553, 472320, 0, 0.36243755922216441823
Nacogdoches, 13964, 7077, 0, 0.00724308504785815734
Williamson, 83079, 42986, 0, 0.04339620343891633508
Weber, 49538, 19079, 885, 0.02392514124786072893
Reading, 145, 263, 7, 0.00014285824318526378
King, 264757, 498782, 5374, 0.26468809721038727423
Manitowoc, 23025, 20655, 300, 0.01513953141033229192
Racine, 52449, 48226, 459, 0.03481403750915293416
Sweetwater, 10638, 5201, 229, 0.00553119578674896029
"""

# the upper triangle, row by row
JOINT_OF_EIGHT = """
0.9036575625948238 0.2587929845306988 0.05441580557326841 0.057603264400429434
0.6123585656944819 0.01393551289612294 0.018909400896567275 0.21142763184021135
0.28709136787241174 0.01700961484210112 0.01800596960344088 0.19340981759278433
0.004356045169101172 0.005910812543469839 0.06608930156767208 0.060366041545672836
0.003759443714577428 0.040667837457710555 0.0009093519162972015 0.0012339194164937763
0.01387641450108396 0.06390204124205603 0.04304999565826486 0.000962767633683227
0.001306400366549879 0.014689238999864374 0.6793184852843747 0.010414752981765286
0.014132005103716695 0.15801116008783808 0.015459327333028941 0.0003153304119694981
0.0035536541487276537 0.020977097887285794 0.004822030695743969 0.23454672908194946
"""
EIGHT = [0, 1, 2, 5, 8, 11, 19, 29]


def read(text: str, sep: str = r"\s+") -> pd.DataFrame:
    return pd.read_csv(StringIO(text.strip()), sep=sep, skipinitialspace=True, engine="python")


@pytest.fixture(params=["dense", "sparse"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Few units and domains are held in full; many are held sparsely."""
    for limit in ("_FEW_CELLS", "MOST_CELLS"):
        monkeypatch.setattr(f"diplab.kernel.variance.{limit}", 4_000_000 if request.param == "dense" else 0)
    return str(request.param)


def variances(sample: Sample, *statistics: Any) -> list[float]:
    found = dl.estimate(sample, *statistics or (dl.total("y"), dl.mean("y"))).frame["std_error"] ** 2
    return [float(value) for value in found]


# total and mean of everybody, of domain a, of domain b
LONELY_IN_R = {
    (False, "remove", None): [
        (73566, 0.44270233320903701),
        (117371.99999999997, 0.41316949276194037),
        (43553.999999999993, 1.8584589754269054),
    ],
    (False, "certainty", None): [
        (73566, 0.44270233320903701),
        (117371.99999999997, 0.41316949276194037),
        (43553.999999999993, 1.8584589754269054),
    ],
    (False, "adjust", None): [
        (73946.249999999985, 0.44299687239996544),
        (117717.95999999996, 0.41402601429745489),
        (43553.999999999993, 1.8584589754269054),
    ],
    (False, "adjust", "adjust"): [
        (73946.249999999985, 0.44299687239996544),
        (119186.78, 0.47940419735988665),
        (55610.132231404939, 2.440749687630154),
    ],
    (False, "average", None): [
        (91957.5, 0.5533779165112962),
        (156495.99999999997, 0.55089265701592038),
        (43553.999999999993, 1.8584589754269054),
    ],
    (False, "average", "average"): [
        (91957.5, 0.5533779165112962),
        (183543.99999999994, 0.5648262532741537),
        (75300, 1.3877551020408159),
    ],
    (True, "remove", None): [
        (62007.366666666676, 0.3659794982980461),
        (97077.866666666654, 0.3177020324366383),
        (32833.5, 1.503265306122449),
    ],
    (True, "adjust", None): [
        (62333.295238095241, 0.3662319604616992),
        (97374.403809523821, 0.31843619375279364),
        (32833.5, 1.503265306122449),
    ],
    (True, "adjust", "adjust"): [
        (62333.295238095241, 0.3662319604616992),
        (98476.018809523812, 0.3674698310496175),
        (41855.466942148771, 1.9946938775510203),
    ],
    (True, "average", None): [
        (77509.208333333343, 0.45747437287255771),
        (129437.15555555555, 0.42360270991551779),
        (32833.5, 1.503265306122449),
    ],
    (True, "average", "average"): [
        (77509.208333333343, 0.45747437287255771),
        (155755.73333333337, 0.43926951568598138),
        (56475, 1.0408163265306121),
    ],
}


@pytest.mark.parametrize(("case", "recorded"), LONELY_IN_R.items())
def test_lonely_units(path: str, case: tuple[bool, Any, Any], recorded: list[tuple[float, float]]) -> None:
    """des <- svydesign(id = ~c, strata = ~h, weights = ~w, data = d), or with fpc = ~N;
    options(survey.lonely.psu = , survey.adjust.domain.lonely = ); V(svytotal(~y, des)), V(svymean(~y, des)),
    and the same on subset(des, g == "a") and "b".
    """
    fpc, stratum, domain = case
    sample = dl.declare_design(
        read(LONELY),
        weights="w",
        strata="h",
        psu="c",
        fpc="N" if fpc else None,
        lonely_psu=stratum,
        lonely_psu_domain=domain,
    )
    assert variances(sample) == pytest.approx(recorded[0], rel=1e-8)
    by = dl.estimate(sample, dl.total("y"), dl.mean("y"), by="g").frame.set_index(["statistic", "g"])
    for domain_code, (total, mean) in zip("ab", recorded[1:], strict=True):
        error = by["std_error"]
        assert error["total", domain_code] ** 2 == pytest.approx(total, rel=1e-8)
        assert error["mean", domain_code] ** 2 == pytest.approx(mean, rel=1e-8)
        alone = variances(sample.where(f"g == '{domain_code}'"))
        assert alone == pytest.approx((total, mean), rel=1e-8)


def three(**options: Any) -> Sample:
    return dl.declare_design(
        read(THREE_STAGES).assign(
            N1c=lambda k: np.where(k["h"] == 1, 2, 6),
            f1=lambda k: np.where(k["h"] == 1, 1, 1 / 3),
            f2=lambda k: k.groupby("town")["home"].transform("nunique") / k["N2"],
            f3=lambda k: k.groupby(["town", "home"])["room"].transform("size") / k["N3"],
            t2=lambda k: np.where(k["town"] % 2 == 1, 1, 2),
        ),
        **{"strata": "h", "psu": ["town", "home", "room"], "fpc": ["N1", "N2", "N3"]} | options,
    )


def test_three_stages_with_fpc_at_each(path: str) -> None:
    """d3 <- svydesign(id = ~town + home + room, strata = ~h, fpc = ~N1 + N2 + N3, data = k, nest = TRUE);
    svytotal(~y, d3); svymean(~y, d3); svyratio(~y, ~x, d3); degf(d3);
    vcov(svyby(~y, ~x > 5, d3, svymean, covmat = TRUE))
    """
    found = dl.estimate(three(), dl.total("y"), dl.mean("y"), dl.ratio("y", "x"))
    assert found.frame["estimate"].tolist() == pytest.approx(
        [73147.914444444454, 63.71769550909795, 12.421578331666636], rel=1e-12
    )
    assert np.diag(found.covariance).tolist() == pytest.approx(
        [27360870.986671604, 7.1643481858781861, 0.61012849680643721], rel=1e-8
    )
    assert found.frame["df"].tolist() == [2, 2, 2]
    k = read(THREE_STAGES).assign(many=lambda k: k["x"] > 5)
    sample = dl.declare_design(k, strata="h", psu=["town", "home", "room"], fpc=["N1", "N2", "N3"])
    by = dl.estimate(sample, dl.mean("y"), by="many")
    assert by.covariance.ravel().tolist() == pytest.approx(
        [7.7720116621219688, 4.0791588267466379, 4.0791588267466379, 25.5261638296102902], rel=1e-8
    )


def test_identifiers_that_start_again_in_each_stratum() -> None:
    """k$t2 <- ifelse(k$town %% 2 == 1, 1, 2);
    svydesign(id = ~t2 + home + room, strata = ~h, fpc = ~N1 + N2 + N3, data = k, nest = TRUE)
    """
    assert variances(three(psu=["t2", "home", "room"]))[0] == pytest.approx(27360870.986671604, rel=1e-8)
    assert variances(three(nest=False))[0] == pytest.approx(27360870.986671604, rel=1e-8)


def test_three_stages_with_replacement() -> None:
    """k$w <- weights(d3); svydesign(id = ~town + home + room, strata = ~h, weights = ~w, data = k, nest = TRUE)"""
    k = read(THREE_STAGES)
    k["w"] = 1 / (
        (2 / k["N1"])
        * (k.groupby("town")["home"].transform("nunique") / k["N2"])
        * (k.groupby(["town", "home"])["room"].transform("size") / k["N3"])
    )
    sample = dl.declare_design(k, weights="w", strata="h", psu=["town", "home", "room"])
    assert variances(sample) == pytest.approx([34039809.330371603, 9.5357413413115264], rel=1e-8)
    both = dl.declare_design(k, weights="w", strata=["h", "h2"], psu="home")
    assert variances(both) == pytest.approx([13301030.336490121, 1.849406344129215], rel=1e-8), (
        "svydesign(id = ~home, strata = ~interaction(h, h2, drop = TRUE), weights = ~w, data = k, nest = TRUE)"
    )
    assert both.engine.units.degrees_of_freedom == 8, "degf of the same"


@pytest.mark.parametrize("fpc", [["N1c", "N2", "N3"], ["f1", "f2", "f3"]])
def test_a_stratum_taken_whole_leaves_its_later_stages(path: str, fpc: list[str]) -> None:
    """k$N1c <- ifelse(k$h == 1, 2, 6): both towns of stratum 1 were taken;
    svydesign(id = ~town + home + room, strata = ~h, fpc = ~N1c + N2 + N3, data = k, nest = TRUE),
    and the same with fractions
    """
    found = dl.estimate(three(fpc=fpc), dl.total("y"), dl.mean("y"))
    assert found.frame["estimate"][0] == pytest.approx(39869.852222222224, rel=1e-12)
    assert np.diag(found.covariance).tolist() == pytest.approx([16548385.173308654, 20.400529585896695], rel=1e-8)
    assert found.frame["df"].tolist() == [2, 2]


def test_a_single_unit_taken_whole_is_not_lonely() -> None:
    """k2 <- subset(k, town != 2); k2$N1c <- ifelse(k2$h == 1, 1, 6);
    svydesign(id = ~town + home + room, strata = ~h, fpc = ~N1c + N2 + N3, data = k2, nest = TRUE)
    """
    k = read(THREE_STAGES)
    k = k[k["town"] != 2].assign(N1c=lambda k: np.where(k["h"] == 1, 1, 6))
    sample = dl.declare_design(k, strata="h", psu=["town", "home", "room"], fpc=["N1c", "N2", "N3"])
    assert variances(sample) == pytest.approx([16480223.603666676, 25.850225249800861], rel=1e-8)


# total of Bush, Kerry, Nader; ratio of Bush to Kerry
ELECTION_IN_R = {
    ("brewer", "horvitz_thompson"): numbers(
        "5990887176584.151367 6006354660147.524414 10489906281.755028 0.011684186433417875"
    ),
    ("overton", "horvitz_thompson"): numbers(
        "8641294311425.135742 3859777436652.306152 10893688740.680866 0.011684186433417868"
    ),
    ("overton", "yates_grundy"): numbers(
        "6168893543508.342773 6195609566424.356445 10175724125.097729 0.012043377671173838"
    ),
    ("hartley_rao", "horvitz_thompson"): numbers(
        "6114507214980.237305 5889563053659.086914 10525804512.534199 0.01166622687153007"
    ),
    ("hartley_rao", "yates_grundy"): numbers(
        "5990887176584.135742 6006354660147.510742 10489906281.755003 0.011684186433417836"
    ),
}


@pytest.mark.parametrize(("case", "recorded"), ELECTION_IN_R.items())
def test_approximate_joint_probabilities(path: str, case: tuple[Any, Any], recorded: tuple[float, ...]) -> None:
    """data(election); des <- svydesign(id = ~1, fpc = ~p, data = election_pps, pps = "brewer"), "overton" or HR(),
    variance = "HT" or "YG"; V(svytotal(~Bush + Kerry + Nader, des)); V(svyratio(~Bush, ~Kerry, des))
    """
    approximation, form = case
    sample = dl.declare_design(read(ELECTION, ","), fpc="p", unequal=approximation, unequal_variance=form)
    found = dl.estimate(sample, dl.total("Bush"), dl.total("Kerry"), dl.total("Nader"), dl.ratio("Bush", "Kerry"))
    assert found.frame["estimate"].tolist() == pytest.approx(
        [64518472.38053997606, 51202102.09624831378, 478530.52321170829, 1.260074679341483206], rel=1e-12
    )
    assert np.diag(found.covariance).tolist() == pytest.approx(recorded, rel=1e-8)


@pytest.mark.parametrize(
    ("case", "recorded"),
    [
        (("brewer", "horvitz_thompson"), (16792294144742.1250000, 0.0085947717095666842)),
        (("overton", "yates_grundy"), (16122102729560.285156, 0.0090550153434968868)),
    ],
)
def test_unequal_probabilities_in_a_domain(case: tuple[Any, Any], recorded: tuple[float, float]) -> None:
    """V(svytotal(~Bush, subset(des, Bush > 10000))); V(svyratio(~Bush, ~Kerry, subset(des, Bush > 10000)))"""
    sample = dl.declare_design(read(ELECTION, ","), fpc="p", unequal=case[0], unequal_variance=case[1]).where(
        "Bush > 10000"
    )
    found = variances(sample, dl.total("Bush"), dl.ratio("Bush", "Kerry"))
    assert found == pytest.approx(recorded, rel=1e-8)


def eight(form: Any) -> Sample:
    joint = np.zeros((8, 8))
    joint[np.triu_indices(8)] = np.loadtxt(StringIO(JOINT_OF_EIGHT)).ravel()
    joint += np.triu(joint, 1).T
    counties = read(ELECTION, ",").iloc[EIGHT].assign(g=list("abababab"), one=1.0)
    return dl.declare_design(counties, fpc="p", unequal="joint", joint=joint, unequal_variance=form)


@pytest.mark.parametrize(
    ("form", "whole", "domains", "calibrated"),
    [
        (
            "horvitz_thompson",
            (13477219463497.066, 0.035731295726779654, 537691440.68847501),
            (4954477802452.0225, 9600510596659.832, 537789404.75691843, 1397386946.213933),
            (65156023454971.484, 65156023.45497153),
        ),
        (
            "yates_grundy",
            (172534981996.88477, 0.0052542544825565154, 79298126.07847552),
            (538656147395.05377, 711647770216.61511, 75055130.34568508, 216920977.19939402),
            (10316429533152.898, 10316429.533152916),
        ),
    ],
)
def test_joint_probabilities(path: str, form: Any, whole: Any, domains: Any, calibrated: tuple[float, float]) -> None:
    """ii <- c(1, 2, 3, 6, 9, 12, 20, 30); e <- election_pps[ii, ]; e$g <- rep(c("a", "b"), 4);
    des <- svydesign(id = ~1, fpc = ~p, data = e, pps = ppsmat(election_jointprob[ii, ii]), variance = "HT" or "YG");
    V(svytotal(~Bush, des)); V(svyratio(~Bush, ~Kerry, des)); V(svymean(~Bush, des));
    V(svytotal(~Bush, subset(des, g == "a"))) and "b"; V(svymean(~Bush, subset(des, g == "a"))) and "b";
    cal <- calibrate(des, ~Kerry, c(1000, 60000000)); svytotal(~Bush, cal); V(svymean(~Bush, cal))
    """
    sample = eight(form)
    found = variances(sample, dl.total("Bush"), dl.ratio("Bush", "Kerry"), dl.mean("Bush"))
    assert found == pytest.approx(whole, rel=1e-8)
    by = dl.estimate(sample, dl.total("Bush"), dl.mean("Bush"), by="g")
    assert np.diag(by.covariance).tolist() == pytest.approx(domains, rel=1e-8)
    kerry = sample.engine.columns.numbers("Kerry")  # type: ignore[attr-defined]
    weights = sample.engine.weights  # type: ignore[attr-defined]
    margins = np.stack([np.ones(8), kerry])
    short = np.array([1000, 60_000_000]) - margins @ weights
    factor = 1 + np.linalg.solve((margins * weights) @ margins.T, short) @ margins
    fitted = sample.with_weights(weights * factor, Auxiliary(Controls((), (), tuple(margins)), weights))
    after = dl.estimate(fitted, dl.total("Bush"), dl.mean("Bush"))
    assert after.frame["estimate"][0] == pytest.approx(67178340.6670212, rel=1e-10)
    # the pseudo-inverse of two margins of very different size loses some digits
    assert np.diag(after.covariance).tolist() == pytest.approx(calibrated, rel=1e-7)


def test_unequal_probabilities_by_stratum_and_stage() -> None:
    """d <- data.frame(h = c(1, 1, 1, 2, 2, 2, 2), p = c(.1, .3, .5, .2, .25, .6, 1), y = c(3, 10, 12, 5, 4, 9, 11));
    svydesign(id = ~c, strata = ~h, fpc = ~p, data = d, pps = "brewer", "overton" or HR(), variance = "HT" or "YG");
    e <- data.frame(c = , s = 1:9, p = , q = , y = ); svydesign(id = ~c + s, fpc = ~p + q, data = e, pps = "brewer")
    """
    d = read("h p y\n1 .1 3\n1 .3 10\n1 .5 12\n2 .2 5\n2 .25 4\n2 .6 9\n2 1 11")
    recorded = {
        ("brewer", "horvitz_thompson"): (114.17361111111111, 1.9258377163423597),
        ("overton", "horvitz_thompson"): (285.77777777777766, 1.9266876099575629),
        ("overton", "yates_grundy"): (114.61944444444435, 1.8072699133886032),
        ("hartley_rao", "horvitz_thompson"): (207.85277777777802, 2.0054279186561041),
        ("hartley_rao", "yates_grundy"): (114.17361111111123, 1.925837716342359),
    }
    for (approximation, form), values in recorded.items():
        sample = dl.declare_design(
            d,
            strata="h",
            fpc="p",
            unequal=approximation,  # type: ignore[arg-type]
            unequal_variance=form,  # type: ignore[arg-type]
        )
        assert variances(sample) == pytest.approx(values, rel=1e-8), (approximation, form)
        assert sample.engine.units.degrees_of_freedom == 5
    e = read(
        "c s p q y\n1 1 .2 .5 3\n1 2 .2 .5 5\n2 3 .4 .25 10\n2 4 .4 .25 12\n3 5 .5 .3 8\n3 6 .5 .3 3\n"
        "3 7 .5 .3 2\n4 8 .7 1 9\n4 9 .7 1 4"
    )
    sample = dl.declare_design(e, psu=["c", "s"], fpc=["p", "q"], unequal="brewer")
    assert variances(sample) == pytest.approx([15277.713529856386, 2.7896378637362855], rel=1e-8)


TWO_PHASE = """
h g r y  x N  all cl NC sex
1 1 1 3  1 50 130 1  12 f
1 1 1 5  2 50 130 1  12 m
1 1 0 9  2 50 130 2  12 m
1 2 1 12 4 50 130 2  12 f
1 2 1 8  3 50 130 3  12 m
1 2 0 7  2 50 130 3  12 f
1 2 0 4  1 50 130 3  12 m
1 1 1 6  3 50 130 4  12 m
1 2 0 11 5 50 130 4  12 f
1 1 0 10 4 50 130 4  12 m
2 1 1 2  1 80 130 5  15 f
2 2 1 15 6 80 130 5  15 m
2 2 0 14 5 80 130 6  15 m
2 1 1 7  3 80 130 6  15 f
2 1 0 9  4 80 130 6  15 m
2 2 1 13 5 80 130 7  15 f
2 2 1 12 6 80 130 7  15 m
2 2 0 6  2 80 130 8  15 m
2 1 1 5  2 80 130 8  15 f
2 1 0 8  3 80 130 8  15 m
"""


@pytest.mark.parametrize(
    ("design", "second", "points", "recorded"),
    [
        (
            {"fpc": "all"},
            "g",
            (1083.3333333333333, 8.3333333333333339),
            numbers("17051.172514619902 1.0089451192082772 0.01383058519106559 2.6127894088806896 2.6030566901737968"),
        ),
        (
            {"strata": "h", "fpc": "N"},
            "g",
            (1143.3333333333333, 8.5964912280701746),
            numbers("28621.333333333328 1.3075166148504109 0.013102309666296226 2.8961979488292169 2.3461265087160252"),
        ),
        (
            {"strata": "h", "fpc": "N"},
            "h",
            (1060, 8.1538461538461551),
            numbers("30918.333333333332 1.8294871794871796 0.011358806272820692 3.2327027269312194 2.0977388920151814"),
        ),
        (
            {"strata": "h", "psu": "cl", "fpc": "NC"},
            "g",
            (577.5, 8.4615384615384617),
            numbers(
                "3574.5833333333335 0.92735118159398022 0.0082233025038153645 2.9946162298341159 1.5892744994428929"
            ),
        ),
    ],
)
def test_two_phases(path: str, design: Any, second: str, points: Any, recorded: Any) -> None:
    """t <- twophase(id = list(~id, ~id), strata = list(NULL or ~h, ~g or ~h), fpc = list(~all or ~N or ~NC, NULL),
    subset = ~I(r == 1), data = d, method = "full"), with id = list(~cl, ~id) for clusters;
    svytotal(~y, t), svymean(~y, t), svyratio(~y, ~x, t), svyby(~y, ~sex, t, svymean)
    """
    d = read(TWO_PHASE)
    d["y"] = d["y"].where(d["r"] == 1).astype(float)
    sample = dl.two_phase(dl.declare_design(d, **design), "r == 1", strata=second)
    found = dl.estimate(sample, dl.total("y"), dl.mean("y"), dl.ratio("y", "x"))
    assert found.frame["estimate"].tolist()[:2] == pytest.approx(points, rel=1e-12)
    assert np.diag(found.covariance).tolist() == pytest.approx(recorded[:3], rel=1e-8)
    by = dl.estimate(sample, dl.mean("y"), by="sex")
    assert np.diag(by.covariance).tolist() == pytest.approx(recorded[3:], rel=1e-8)
