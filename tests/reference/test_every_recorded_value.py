"""Every value of `survey_convey.json` (R survey 4.4-2, convey 1.0.1), leaf by leaf: one added without an answer fails.

Other files of this folder hold many of them too, beside more of the same kind; this one is the
proof that none was forgotten.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import diplab as dl
from tests.recorded_values import close

pytestmark = pytest.mark.shared

# what R was asked, not what it answered
ASKED = {"names", "note", "margins", "totals", "p", "domain"}

STYPE = {"E": 4421, "H": 755, "M": 1018}
WHOLE = {"sch.wide": {"No": 1072, "Yes": 5122}}
CLOSED, FITTED = 1e-8, 1e-6
LOOSER = {
    # R's fits of models stop when the deviance moves by less than 1e-8
    **dict.fromkeys(("glm_logit", "glm_poisson"), FITTED),
    # and take errors at the step before the last: 1.6e-5 away here, where R with `epsilon=1e-14`
    # agrees to 1e-10
    "glm_diabetes": 3e-5,
    # the profile is read through a curve of some ten points, about a naive variance that lags one
    # step (decision 13)
    "ciprop_likelihood": 2e-4,
    # a kernel density, over the same points as convey
    **dict.fromkeys(
        ("arpt", "arpr", "arpr_50", "arpr_40", "arpr_by", "fgt0_abs500", "rmpg"), FITTED
    ),
    **dict.fromkeys(("qsr", "gini", "gini_by", "theil", "atkinson05"), 1e-9),
}


# -- samples ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def samples(strat, clus1, clus2, nhanes2, recs, incomes):
    greg = {"stype": STYPE, "api99": 3914069}
    return {
        "strat": strat,
        "clus1": clus1,
        "clus2": clus2,
        "nhanes2": nhanes2,
        "recs_fay": recs,
        **incomes,
        "poststratify_clus1_stype": dl.calibrate(clus1, {"stype": STYPE}),
        "rake_clus1": dl.calibrate(clus1, {"stype": STYPE, **WHOLE}, distance="raking"),
        "calibrate_clus1_linear": dl.calibrate(clus1, greg),
        "calibrate_clus1_raking": dl.calibrate(clus1, greg, distance="raking"),
        "calibrate_clus1_logit": dl.calibrate(clus1, greg, distance="logit", bounds=(0.5, 2)),
        "jk1_clus1": dl.make_replicates(clus1, "jk1"),
        "jkn_strat": dl.make_replicates(strat, "jkn"),
    }


# -- the recorded file --------------------------------------------------------------------------------------------

Found = dict[str, Any]


def asked(statistic, by=""):
    def found(sample):
        frame = dl.estimate(sample, statistic, by=by or (), df="design").frame
        whole: Found = {"estimate": frame["estimate"], "std_error": frame["std_error"]}
        return {**whole, "domain": frame[by].astype(str).tolist()} if by else whole

    return found


def fitted(formula, family="gaussian"):
    def found(sample):
        frame = dl.regress(sample, formula, family=family, df="design").frame
        return {"estimate": frame["estimate"], "std_error": frame["std_error"]}

    return found


def interval(name):
    def found(sample):
        row = dl.estimate(
            sample, dl.share("`sch.wide` == 'Yes'", interval=name), df="design"
        ).frame.iloc[0]
        return {"estimate": row["estimate"], "ci": [row["ci_low"], row["ci_high"]]}

    return found


def rao_scott(row, column):
    def found(sample):
        test = dl.crosstab(sample, row, column, df="design").test
        assert test is not None
        return {"F": test.statistic, "ndf": test.df[0], "ddf": test.df[1], "p": test.p_value}

    return found


def chi2(sample):
    test = dl.crosstab(sample, "sch.wide", "stype", test="rao_scott_chi2", df="design").test
    assert test is not None
    # R prints Pearson's, uncorrected, beside the p-value of the corrected one
    return {"X2": test.estimates["pearson"], "df": test.df[0], "p": test.p_value}


def student(sample):
    test = dl.t_test(sample, "enroll", "sch.wide", df="design")
    return {
        "t": test.statistic,
        "df": test.df[0],
        "p": test.p_value,
        "diff": test.estimates["difference"],
    }


def quartiles(sample):
    frame = dl.estimate(
        sample, *[dl.quantile("api00", p) for p in (0.25, 0.5, 0.75)], df="design"
    ).frame
    return {
        "estimate": frame["estimate"],
        "std_error": frame["std_error"],
        "ci": frame[["ci_low", "ci_high"]],
    }


def first_row(column, statistic):
    return lambda sample: {"": dl.estimate(sample, statistic, df="design").frame[column].iloc[0]}


def weight_range(sample):
    weights = sample.collect().engine.weights
    return {"": [weights.min(), weights.max()]}


def g_range(sample):
    """Of the schools of `apiclus1`, whose weights are all the same before calibration."""
    return {"": [each / 33.846996307373 for each in weight_range(sample)[""]]}


BASIC = {"mean_api00": asked(dl.mean("api00")), "total_enroll": asked(dl.total("enroll"))}
ANSWERS = {
    "strat": {
        **BASIC,
        "ratio_api00_api99": asked(dl.ratio("api00", "api99")),
        "share_stype": asked(dl.share("stype")),
        "mean_api00_by_stype": asked(dl.mean("api00"), "stype"),
        "deff_api00": first_row("deff", dl.mean("api00")),
        "degf": first_row("df", dl.mean("api00")),
        "glm_gaussian": fitted("api00 ~ ell + meals + mobility"),
        "glm_logit": fitted("`sch.wide` == 'Yes' ~ ell + meals", "binomial"),
        "glm_poisson": fitted("enroll ~ ell + meals", "poisson"),
        "rao_scott_F": rao_scott("sch.wide", "stype"),
        "rao_scott_Chisq": chi2,
        "ttest_enroll_by_schwide": student,
        "quantile_api00": quartiles,
        **{
            f"ciprop_{name}": interval(name)
            for name in ("logit", "likelihood", "beta", "xlogit", "asin")
        },
    },
    "clus1": {
        **BASIC,
        "mean_api00_by_stype": asked(dl.mean("api00"), "stype"),
        "subset_E": lambda sample: asked(dl.mean("api00"))(sample.where("stype == 'E'")),
        "degf": first_row("df", dl.mean("api00")),
    },
    "clus2": BASIC,
    "poststratify_clus1_stype": BASIC,
    "rake_clus1": {**BASIC, "weight_range": weight_range},
    **{
        f"calibrate_clus1_{name}": {**BASIC, "g_range": g_range}
        for name in ("linear", "raking", "logit")
    },
    "jk1_clus1": BASIC,
    "jkn_strat": BASIC,
    "nhanes2": {
        "highbp": asked(dl.mean("highbp")),
        "zinc": asked(dl.mean("zinc")),
        "diabetes_by_race": asked(dl.mean("diabetes"), "race"),
        "glm_diabetes": fitted("diabetes ~ C(race) + highbp", "binomial"),
        "degf": first_row("df", dl.mean("zinc")),
        "rao_scott_F": rao_scott("highbp", "race"),
    },
    "recs_fay": {
        "TOTSQFT_EN": asked(dl.mean("TOTSQFT_EN")),
        "by_urbanicity": asked(dl.mean("TOTSQFT_EN"), "Urbanicity"),
        "median": asked(dl.median("TOTSQFT_EN")),
    },
    **{
        file: {
            "arpt": asked(dl.arpt(income, convention="convey")),
            "arpr": asked(dl.arpr(income, convention="convey")),
            "arpr_50": asked(dl.arpr(income, fraction=0.5, convention="convey")),
            "arpr_40": asked(dl.arpr(income, fraction=0.4, convention="convey")),
            "arpr_by": asked(dl.arpr(income, convention="convey"), by),
            "mean": asked(dl.mean(income)),
            "rmpg": asked(dl.relative_median_gap(income, convention="convey")),
            "qsr": asked(dl.quintile_ratio(income, convention="convey")),
            "gini": asked(dl.gini(income, convention="convey")),
            "gini_by": asked(dl.gini(income, convention="convey"), by),
            "fgt0_abs500": asked(dl.arpr(income, threshold=500, convention="convey")),
            "fgt1_abs500": asked(dl.fgt(income, 1, threshold=500, convention="convey")),
            "fgt2_abs500": asked(dl.fgt(income, 2, threshold=500, convention="convey")),
            "theil": asked(dl.theil(income, convention="convey")),
            "atkinson05": asked(dl.atkinson(income, 0.5, convention="convey")),
            "n": first_row("n", dl.mean(income)),
        }
        for file, income, by in (
            ("ghana_income_positive", "income", "sex"),
            ("ce2015_eq_positive", "eq", "SEX"),
        )
    },
}


def leaves(file, questions):
    for question, value in questions.items():
        if question not in ASKED:
            answers = value if isinstance(value, dict) else {"": value}
            yield question, {key: each for key, each in answers.items() if key not in ASKED - {"p"}}


@pytest.mark.parametrize("file", list(ANSWERS))
def test_recorded_file(samples, recorded, file):
    walked = 0
    for question, answers in leaves(file, recorded[file]):
        assert question in ANSWERS[file], f"{file}/{question} has no answer here"
        found = ANSWERS[file][question](samples[file])
        tolerance = LOOSER.get(question, LOOSER.get(file, CLOSED))
        for key, value in answers.items():
            if key == "p" and isinstance(value, list):
                continue  # the shares whose quantiles were asked for
            near = np.allclose(np.ravel(found[key]), np.ravel(value), rtol=tolerance, atol=1e-12)
            assert near, f"{file}/{question}/{key}: {np.ravel(found[key])} for {value}"
            walked += 1
        domain = recorded[file][question]
        if isinstance(domain, dict) and "domain" in domain:
            assert found["domain"] == domain["domain"]
    assert walked


def test_the_walk_covers_the_file(recorded):
    assert set(recorded) == set(ANSWERS)


def test_printed_with_fewer_digits(strat, clus1, clus2wr):
    """R survey 4.4-2, section (d) of the survey facts: what neither the record nor another file has in more digits."""

    def row(sample, statistic, *columns, **options):
        return (
            dl.estimate(sample, statistic, **{"df": "design", **options})
            .frame.iloc[0][list(columns)]
            .tolist()
        )

    bounds = ("ci_low", "ci_high")
    close(row(clus1, dl.mean("api00"), *bounds, "deff"), "593.6763145 694.6624834 9.345869", 1e-7)
    close(row(clus1, dl.mean("api00"), *bounds, df="infinity"), "598.0274550 690.3113428", 1e-9)
    close(
        row(clus1, dl.mean("api99"), "estimate", "std_error", "deff"),
        "606.9781421 24.22504091 8.68958",
        1e-6,
    )
    covariance = dl.estimate(clus1, dl.mean("api00"), by="stype", df="design").covariance
    close(covariance[[0, 0, 1], [1, 2, 2]], "521.979780 646.837432 658.330933", 1e-8)
    ratio = dl.ratio("`api.stu`", "enroll")
    close(row(strat, ratio, "estimate", "std_error"), "0.836956886941 0.00775710316664", 1e-10)
    close(row(clus2wr, dl.mean("api00"), "estimate", "std_error"), "670.8118081 30.71158", 3e-7)
    # not R's on purpose (decision 13): it reads back unweighted counts [646, 706]; its lower end is
    # .0003071927, the square of a negative angle; it reads ends off a curve through some ten points
    # of the profile
    assert row(strat, dl.median("api00", interval="score"), *bounds) == [638, 680]
    close(row(clus1, dl.share("ell == 0", interval="asin"), *bounds), "0.0 0.0955767364", 1e-9)
    close(
        row(clus1, dl.share("ell == 0", interval="likelihood"), *bounds),
        "0.0006639212 0.1077784084",
        4e-3,
    )
