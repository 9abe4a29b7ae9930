"""t and rank tests against R survey 4.4-2 (R 4.5.0), in full digits, held to 1e-8 relative.

    a1 <- read.csv("apiclus1.csv", stringsAsFactors=TRUE)
    d1 <- svydesign(~dnum, weights=~pw, data=a1, fpc=~fpc)
    d2 <- svydesign(~dnum+snum, data=read.csv("apiclus2.csv", stringsAsFactors=TRUE),
    fpc=~fpc1+fpc2) as <- read.csv("apistrat.csv", stringsAsFactors=TRUE); as$u <- as$api00 +
    (1:nrow(as))/1000 ds <- svydesign(~1, strata=~stype, weights=~pw, data=as, fpc=~fpc) ps <-
    postStratify(d1, ~stype, data.frame(stype=c("E","H","M"), Freq=c(4421,755,1018)))
    svyttest(api00~awards, d1); svyttest(I(api00-600)~0, d1); svyttest(I(api00-api99)~0, d1) ...
    svyranktest(api00~sch.wide, d1, test="wilcoxon") ...

In `u` no two schools are alike: R's ranks of ties depend on the order of the rows where weights
differ (apistrat in three orders: t = 3.66640583, 3.66410075, 3.66812777), those of diplab do not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.calibration import Controls
from diplab.sampling.auxiliary import Auxiliary
from diplab.sampling.replication import Replication
from tests.recorded_values import recorded_file

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def strat(shared):
    data = pd.read_csv(shared / "data" / "design" / "apistrat.csv")
    data["u"] = data["api00"] + np.arange(1, len(data) + 1) / 1000
    # three groups: awards, else improvement targets met, else neither
    data["cc"] = np.where(
        data["awards"] == "Yes", "a", np.where(data["comp.imp"] == "Yes", "b", "c")
    )
    return dl.declare_design(data, weights="pw", strata="stype", fpc="fpc")


@pytest.fixture(scope="module")
def poststratified(shared):
    """`postStratify` to the population counts of stype, written out."""
    data = pd.read_csv(shared / "data" / "design" / "apiclus1.csv")
    sample = dl.declare_design(data, weights="pw", psu="dnum", fpc="fpc")
    before = data["pw"].to_numpy()
    codes = pd.factorize(data["stype"], sort=True)[0]
    raised = np.array([4421, 755, 1018]) / np.bincount(codes, weights=before)
    return sample.with_weights(
        before * raised[codes], Auxiliary(Controls((codes,), (3,), ()), before)
    )


def jackknifed(sample):
    """`as.svrepdesign(d1)`: JK1 with its fpc, centred on the mean of the replicates."""
    n = 15
    factors = (np.ones((n, n)) - np.eye(n)) * n / (n - 1)
    scale = (n - 1) / n * (1 - n / 757)
    return sample.with_replication(Replication("jk1", scale, np.ones(n), False, factors=factors))


def test_degrees_of_freedom_of_those_compared(clus1):
    """`h <- subset(d1, stype != "E")`, 12 units: svyttest(api00 ~ comp.imp, h), svyranktest(api00 ~ comp.imp, h)."""
    inside = clus1.where("stype != 'E'")
    found = dl.t_test(inside, "api00", "comp.imp", df="domain")
    assert found.df == (10.0,)
    assert found.statistic == pytest.approx(-0.387813217098117, rel=1e-8)
    assert found.p_value == pytest.approx(0.70628124844187778, rel=1e-8)
    limits = found.estimates["ci_low"], found.estimates["ci_high"]
    assert limits == pytest.approx((-91.330462688864955, 64.251097609499951), rel=1e-8)
    # the domain may also be the only group
    assert dl.t_test(inside, "api00", df="domain").df == (10.0,)
    ranks = dl.rank_test(inside, "api00", "comp.imp", df="domain")
    assert ranks.df == (10.0,)
    assert ranks.p_value == pytest.approx(0.66603750972008569, rel=1e-8)
    # three groups use up two
    assert dl.rank_test(clus1.where("meals > 20"), "api00", "stype", df="domain").df == (2.0, 12.0)
    assert dl.rank_test(inside, "api00", "comp.imp", df="design").df == (13.0,)


def test_degrees_of_freedom_missing_answers_and_ties(strat, clus2, poststratified):
    by = dl.estimate(strat, dl.mean("api00"), by="stype", df="domain")
    assert by.frame["df"].tolist() == [99.0, 49.0, 49.0]
    apart = dl.contrast(by, pairwise="holm")
    assert apart.frame["df"].tolist() == [49.0] * 3
    assert dl.wald_test(apart, adjusted=False).df == (2.0, 49.0)
    assert dict(dl.t_test(clus2, "enroll", "awards", df="design").provenance.missing) == {
        "enroll": 6
    }
    # R's t is 1.869231912 in the order of the file.
    ranks = dl.rank_test(poststratified, *BY, df="design")
    assert ranks.statistic == pytest.approx(1.869231912180833843, rel=1e-3)


BY = ("api00", "sch.wide")
SCORES = ("wilcoxon", "van_der_waerden", "median")
IN_R = recorded_file("group_tests")
# the sample and the test, by its name in `recorded/group_tests.json`
OF_R = {
    "two groups": ("clus1", lambda s: dl.t_test(s, "api00", "awards", df="design")),
    "a domain": ("clus1", lambda s: dl.t_test(s.where("stype == 'E'"), "api00", "awards", df="design")),
    # six schools have no `enroll`. R's degrees of freedom (36) leave out two districts with them;
    # those of the design stay 39 - 1, so that only the statistic is compared
    "two stages": ("clus2", lambda s: dl.t_test(s, "enroll", "awards", df="design")),
    "one group": ("clus1", lambda s: dl.t_test(s, "api00 - 600", df="design")),
    "one group against 600": ("clus1", lambda s: dl.t_test(s, "api00", mu=600, df="design")),
    "pairs in clusters": ("clus1", lambda s: dl.t_test(s, "api00", paired_with="api99", df="design")),
    "pairs in strata": ("strat", lambda s: dl.t_test(s, "api00", paired_with="api99", df="design")),
    # R prints the Wald statistic as `Chisq` and takes its p-value from F with 2 and 14 - 2 degrees
    # of freedom; of two groups with wilcoxon t would be 2.2076161 without fpc
    **{
        f"{score} {of}": (name, lambda s, score=score, asked=asked: dl.rank_test(s, *asked, score=score, df="design"))
        for of, name, asked in (
            ("of two groups", "clus1", BY), ("of three groups", "clus1", ("api00", "stype")),
            ("with unequal weights", "strat", ("u", "sch.wide")),
            ("of three with unequal weights", "strat", ("u", "cc")),
        )
        for score in SCORES
    },
    "ranks of a domain are ranks within it": (
        "clus1",
        lambda s: dl.rank_test(s.where("stype == 'E'"), *BY, df="design"),
    ),
    "margins are remembered": ("poststratified", lambda s: dl.t_test(s, "api00", "awards", df="design")),
    # `svyttest` and `svyranktest` on `as.svrepdesign(d1)`
    "replicates": ("clus1", lambda s: dl.t_test(jackknifed(s), "api00", "awards", df="design")),
    "ranks under replicates": ("clus1", lambda s: dl.rank_test(jackknifed(s), *BY, df="design")),
}  # fmt: skip


@pytest.mark.parametrize("case", OF_R)
def test_as_r(case, request):
    name, test = OF_R[case]
    found = test(request.getfixturevalue(name))
    for key, known in IN_R[case].items():
        value = found.estimates[key] if key in found.estimates else getattr(found, key)
        # the tail of t magnifies the last digits of t
        close = {"rel": 1e-6 if key == "p_value" and "pairs" in case else 1e-8}
        assert value == (known if isinstance(known, str) else pytest.approx(known, **close)), key
