"""Random designs, every statistic, test and model: diplab beside R's survey, in one table of agreement by class.

    python benchmarks/against_r.py                 # 540 designs, where `Rscript` and survey are installed
    python benchmarks/against_r.py --designs 60 --seed 3
    python benchmarks/against_r.py --record        # rewrites the part that the tests hold, without R

A question is a call of R and a call of diplab that give the same list of numbers: `Question` names both, side by side.
Designs are drawn with uneven units, lonely ones, zero weights, domains that some strata lack, ties, missing answers and
a category that nobody gave. R works to 1e-14 in its fits. Points agree to 1e-6, errors and what follows from them to
1e-5; where they do not, `EXPLAINED` says for which class, why, and who is right. Anything else ends with code 1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import diplab as dl
from diplab.errors import DiplabError

RECORDED = Path(__file__).parents[1] / "tests" / "reference" / "recorded" / "against_r.json"
POINTS, ERRORS = 1e-6, 1e-5


@dataclass(frozen=True)
class Drawn:
    """A design with its data: in columns, in R and in diplab."""

    kind: str
    seed: int
    frame: pd.DataFrame
    in_r: str  # assigns `d`
    options: Mapping[str, Any]
    replicates: Mapping[str, Any] | None = None
    margins: Mapping[str, Any] | None = None
    distance: str = "linear"
    phases: bool = False

    def sample(self) -> Any:
        """Return the design in diplab."""
        options = dict(self.options)
        if self.replicates is not None:
            options["replicates"] = dl.replicates(**self.replicates)
        found = dl.declare_design(self.frame, **options)
        if self.phases:
            found = dl.two_phase(found, "taken == 1", strata="k2")
        return dl.calibrate(found, self.margins, distance=self.distance) if self.margins else found


def people(draw: np.random.Generator, strata: int, units: Sequence[int]) -> pd.DataFrame:
    """Return people in uneven units of strata, with answers of every kind."""
    rows = [
        {"h": h + 1, "c": 100 * (h + 1) + c}
        for h in range(strata)
        for c in range(units[h])
        for _ in range(int(draw.integers(2, 12)))
    ]
    frame = pd.DataFrame(rows)
    n = len(frame)
    of_unit = frame["c"].map(dict(zip(frame["c"].unique(), draw.normal(0, 1, frame["c"].nunique()), strict=True)))
    frame["i"] = np.arange(1, n + 1)
    frame["w"] = np.round(np.exp(draw.normal(3, 0.5, n)), 3)
    frame["z"] = np.round(np.exp(draw.normal(1, 0.5, n) + 0.2 * of_unit), 4)
    frame["z"] += frame["i"] * 1e-6  # without ties: R gives tied ranks a mean without weights
    frame["y"] = np.round(draw.normal(10, 2, n) + of_unit + frame["z"], int(draw.integers(0, 2)))
    frame["sex"] = draw.choice(["f", "m"], n)
    frame["k"] = draw.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    frame["b"] = (draw.random(n) < 1 / (1 + np.exp(-(0.3 * of_unit + 0.2 * frame["z"] - 0.5)))).astype(float)
    frame["e"] = draw.poisson(np.exp(0.2 + 0.1 * frame["z"]))
    frame["dom"] = (draw.random(n) < 0.5).astype(int)
    # some strata have nobody in the domain
    frame.loc[frame["h"] == 1, "dom"] = 0 if draw.random() < 0.4 else frame["dom"]
    if draw.random() < 0.6:
        for name in ("y", "b"):
            frame.loc[draw.random(n) < 0.08, name] = np.nan
    return frame


R_DESIGN = "svydesign(~c, strata=~h, weights=~w, data=x, nest=TRUE)"


def drawn(kind: str, seed: int) -> Drawn:
    """Return one random design of a kind."""
    draw = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    strata = int(draw.integers(2, 6))
    units = [int(each) for each in draw.integers(2, 6, strata)]
    return KINDS[kind](draw, seed, strata, units)


def clusters(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    frame = people(draw, strata, units)
    return Drawn("clusters", seed, frame, f"d <- {R_DESIGN}", {"weights": "w", "strata": "h", "psu": "c"})


def elements(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    frame = people(draw, strata, units)
    size = frame.groupby("h")["i"].transform("size")
    frame["N"] = size * draw.integers(2, 9)
    frame["w"] = frame["N"] / size
    code = "d <- svydesign(~1, strata=~h, fpc=~N, data=x)"
    return Drawn("elements with fpc", seed, frame, code, {"strata": "h", "fpc": "N"})


def stages(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    frame = people(draw, strata, units)
    count = frame.groupby("h")["c"].transform("nunique")
    frame["N"], frame["M"] = count * 3, frame.groupby("c")["i"].transform("size") * draw.integers(2, 5)
    frame["w"] = 3.0 * frame["M"] / frame.groupby("c")["i"].transform("size")
    code = "d <- svydesign(~c+i, strata=~h, fpc=~N+M, weights=~w, data=x, nest=TRUE)"
    options = {"weights": "w", "strata": "h", "psu": ["c", "i"], "fpc": ["N", "M"]}
    return Drawn("two stages with fpc", seed, frame, code, options)


def lonely(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    policy = ("adjust", "average", "certainty", "remove")[seed % 4]
    frame = people(draw, strata, [1, *units[1:]])
    code = f'options(survey.lonely.psu="{policy}", survey.adjust.domain.lonely=TRUE); d <- {R_DESIGN}'
    in_domain = policy if policy in ("adjust", "average") else None
    options = {"weights": "w", "strata": "h", "psu": "c", "lonely_psu": policy, "lonely_psu_domain": in_domain}
    return Drawn(f"lonely units: {policy}", seed, frame, code, options)


def zero_weights(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    frame = people(draw, strata, units)
    frame.loc[draw.random(len(frame)) < 0.1, "w"] = 0.0
    return Drawn("zero weights", seed, frame, f"d <- {R_DESIGN}", {"weights": "w", "strata": "h", "psu": "c"})


def unequal(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    frame = people(draw, strata, units)
    chance = dict(zip(frame["c"].unique(), draw.uniform(0.1, 0.7, frame["c"].nunique()).round(3), strict=True))
    frame["p"] = frame["c"].map(chance)
    frame["w"] = 1 / frame["p"]
    code = 'd <- svydesign(~c, strata=~h, fpc=~p, pps="brewer", data=x, nest=TRUE)'
    options = {"weights": "w", "strata": "h", "psu": "c", "fpc": "p", "unequal": "brewer"}
    return Drawn("unequal probabilities", seed, frame, code, options)


def calibrated(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    distance = ("linear", "raking")[seed % 2]
    frame = people(draw, strata, units)
    total = float(frame["w"].sum() * 1.1)
    women = float(frame["w"][frame["sex"] == "f"].sum() * 1.05)
    amount = float((frame["w"] * frame["z"]).sum() * 1.12)
    population = f"c(`(Intercept)`={total!r}, sexm={total - women!r}, z={amount!r})"
    code = f'd <- calibrate({R_DESIGN}, ~sex+z, {population}, calfun="{distance}", epsilon=1e-13, maxit=200)'
    margins = {"sex": {"f": women, "m": total - women}, "z": amount}
    options = {"weights": "w", "strata": "h", "psu": "c"}
    return Drawn(f"calibrated: {distance}", seed, frame, code, options, None, margins, distance)


def two_phases(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    frame = people(draw, strata, units)
    frame["k2"] = frame["k"]
    frame["taken"] = (draw.random(len(frame)) < 0.6).astype(int)
    frame["N"] = 5 * len(frame)
    code = (
        "x$taken <- x$taken == 1; d <- twophase(id=list(~1,~1), strata=list(NULL,~k2), fpc=list(~N,NULL),"
        " subset=~taken, data=x)"
    )
    return Drawn("two phases", seed, frame, code, {"fpc": "N"}, phases=True)


REPLICATES = {
    "brr": "BRR",
    "fay": "Fay",
    "jk1": "JK1",
    "jkn": "JKn",
    "bootstrap": "bootstrap",
    "sdr": "successive-difference",
}


def replicated(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    kind = list(REPLICATES)[seed % 6]
    frame = people(draw, strata, units)
    count = int(draw.integers(12, 30))
    names = [f"r{place + 1}" for place in range(count)]
    factors = (
        draw.gamma(4, 0.25, (len(frame), count)) if kind != "brr" else draw.choice([0.0, 2.0], (len(frame), count))
    )
    frame[names] = np.round(frame["w"].to_numpy()[:, None] * factors, 4)
    options: dict[str, Any] = {"columns": names, "kind": kind}
    extra = ""
    if kind in ("jkn", "jk1", "bootstrap"):
        scale = round(float(draw.uniform(0.05, 1)), 3)
        rscales = draw.uniform(0.5, 1, count).round(3).tolist() if kind == "jkn" else None
        options |= {"scale": scale, "rscales": rscales}
        written = f"c({','.join(map(str, rscales))})" if kind == "jkn" else f"rep(1, {count})"
        extra = f", scale={scale}, rscales={written}"
    if kind == "fay":
        options["fay"], extra = 0.3, ", rho=0.3"
    code = (
        f"d <- svrepdesign(weights=~w, repweights=as.matrix(x[,c({','.join(map(repr, names))})]), data=x, "
        f'type="{REPLICATES[kind]}", combined.weights=TRUE, mse=TRUE{extra})'
    )
    return Drawn(f"replicates: {kind}", seed, frame, code, {"weights": "w"}, options)


KINDS: dict[str, Callable[..., Drawn]] = {
    "clusters": clusters,
    "elements": elements,
    "stages": stages,
    "lonely": lonely,
    "zero": zero_weights,
    "unequal": unequal,
    "calibrated": calibrated,
    "phases": two_phases,
    "replicates": replicated,
}


KEEP_ROWS = ("zero weights", "calibrated", "unequal", "two phases")
"""Designs with rows of weight zero, which their subsets keep: `coxph` refuses or drops them, and `svystandardize` takes
their cells for others, or replaces a calibration."""

COMPLETE = {"instruments": "y", "cox": "b", "kaplan-meier": "b", "log-rank": "b"}
"""Questions that R answers where no answer is missing only, and the variable with missing answers."""


@dataclass(frozen=True)
class Question:
    """The same numbers by R and by diplab: first the points, then errors and what follows from them."""

    name: str
    in_r: str  # of the design `d`: a vector
    here: Callable[[Any], Sequence[float]]
    points: int = 1
    not_of: tuple[str, ...] = ()  # kinds of designs of which R is not asked

    def asked_of(self, design: Drawn) -> bool:
        """Return whether R can answer of such a design."""
        return not design.kind.startswith(self.not_of or ("no kind",))

    @property
    def answered(self) -> str:
        """The variable with missing answers that is asked about, or an empty word."""
        if self.name in COMPLETE:
            return COMPLETE[self.name]
        return next((name for name in ("y", "b") if f"~{name}" in self.in_r or f"{name}~" in self.in_r), "")


def rule(sample: Any) -> Any:
    """Return the degrees of freedom of R: units minus strata of those who answer, or the rank of replicate weights."""
    return "domain" if sample.replication is None else "effective"


def rows(found: Any) -> list[float]:
    """Return the estimates of a result, then its standard errors."""
    return [*found.frame["estimate"], *found.frame["std_error"]]


def estimated(*statistics: Any, **options: Any) -> Callable[[Any], list[float]]:
    return lambda sample: rows(dl.estimate(sample, *statistics, df=rule(sample), **options))


def gap(sample: Any) -> list[float]:
    by = dl.estimate(sample, dl.mean("y"), by="sex", df=rule(sample))
    return rows(dl.contrast(by, {"sex": ("m", "f")}))


def model(formula: str, family: str, **options: Any) -> Callable[[Any], list[float]]:
    def answer(sample: Any) -> list[float]:
        found = dl.regress(sample, formula, family=family, df=rule(sample), **options).frame
        t = found["estimate"] / found["std_error"]
        return [*found["estimate"], *found["std_error"], *t]

    return answer


def fit_of_model(sample: Any) -> list[float]:
    fit = dl.regress(sample, "b ~ z + sex", family="binomial", df=rule(sample)).fit
    return [fit.cox_snell, fit.nagelkerke, fit.effective_parameters, fit.daic]


def tested(test: Any) -> list[float]:
    return [test.statistic, *test.df, test.p_value]


def in_r_model(formula: str, family: str) -> str:
    fit = f"svyglm({formula}, d, family={family}, epsilon=1e-14, maxit=200)"
    return f"{{m <- {fit}; c(coef(m), SE(m), coef(m)/SE(m))}}"


Q = Question
QUESTIONS: list[Question] = [
    Q("mean", "{m <- svymean(~y, d, na.rm=TRUE); c(coef(m), SE(m))}", estimated(dl.mean("y"))),
    Q("total", "{m <- svytotal(~y, d, na.rm=TRUE); c(coef(m), SE(m))}", estimated(dl.total("y"))),
    Q("ratio", "{m <- svyratio(~y, ~z, d, na.rm=TRUE); c(coef(m), SE(m))}", estimated(dl.ratio("y", "z"))),
    Q("shares", "{m <- svymean(~k, d); c(coef(m), SE(m))}", estimated(dl.share("k")), 3),
    Q("variance", "{m <- svyvar(~z, d); c(coef(m), SE(m))}", estimated(dl.variance("z"))),
    Q(
        "means by group",
        "{m <- svyby(~y, ~sex, d, svymean, na.rm=TRUE); c(coef(m), SE(m))}",
        estimated(dl.mean("y"), by="sex"),
        2,
    ),
    Q(
        "difference",
        # `svyby(covmat=TRUE)` stops with missing answers in some designs, and has no covariances in two phases
        "{m <- svyglm(y~sex, d); c(coef(m)[2], SE(m)[2])}",
        gap,
    ),
    Q(
        "design effect",
        "{m <- svymean(~z, d, deff=TRUE); c(coef(m), deff(m))}",
        lambda s: dl.estimate(s, dl.mean("z"), df=rule(s)).frame.loc[0, ["estimate", "deff"]],
    ),
    Q(
        "median",
        '{m <- svyquantile(~z, d, .5, ci=TRUE, qrule="math", interval.type="mean"); c(coef(m), SE(m))}',
        estimated(dl.median("z")),
    ),
    Q(
        "logit interval",
        "{m <- svymean(~b, d, na.rm=TRUE); p <- coef(m); q <- qt(.975, degf(subset(d, !is.na(b))))*SE(m)/p/(1-p);"
        " c(p, plogis(qlogis(p)-q), plogis(qlogis(p)+q))}",
        lambda s: dl.estimate(s, dl.share("b == 1"), df=rule(s)).frame.loc[0, ["estimate", "ci_low", "ci_high"]],
    ),
    Q("gaussian", in_r_model("y~z+sex", "gaussian()"), model("y ~ z + sex", "gaussian"), 3),
    Q("binomial", in_r_model("b~z+sex", "quasibinomial()"), model("b ~ z + sex", "binomial"), 3),
    Q("poisson", in_r_model("e~z+k", "quasipoisson()"), model("e ~ z + k", "poisson"), 4),
    Q("gamma", in_r_model("z~e+sex", 'Gamma("log")'), model("z ~ e + sex", "gamma"), 3),
    Q(
        "inverse gaussian",
        in_r_model("z~e+sex", 'inverse.gaussian("log")'),
        model("z ~ e + sex", "inverse_gaussian", link="log"),
        3,
    ),
    Q("exposure", in_r_model("e~sex+offset(log(z))", "quasipoisson()"), model("e ~ sex", "poisson", exposure="z"), 2),
    Q(
        "prediction",
        "{m <- svyglm(e~z+sex, d, family=quasipoisson(), epsilon=1e-14, maxit=200);"
        ' p <- predict(m, newdata=data.frame(z=c(1,3), sex=factor(c("f","m"))), type="link", vcov=TRUE);'
        " c(coef(p), sqrt(diag(vcov(p))))}",
        lambda s: rows(
            dl.predict(
                dl.regress(s, "e ~ z + sex", family="poisson", df=rule(s)),
                pd.DataFrame({"z": [1.0, 3.0], "sex": ["f", "m"]}),
                kind="link",
            )
        ),
        2,
    ),
    Q(
        "pseudo R2, dAIC",
        "{m <- svyglm(b~z+sex, d, family=quasibinomial(), epsilon=1e-14, maxit=200);"
        ' c(psrsq(m, "Cox-Snell"), psrsq(m, "Nagelkerke"), AIC(m)[c("eff.p","AIC")])}',
        fit_of_model,
        2,
    ),
    Q(
        "instruments",
        "instrumented(d)",
        lambda s: rows(dl.regress(s, "y ~ z + sex | e + sex", df=rule(s))),
        3,
    ),
    Q(
        "term",
        '{m <- regTermTest(svyglm(y~z+k, d), ~k); c(m$Ftest, m$df, m$ddf, m$p)}',
        lambda s: tested(dl.term_test(dl.regress(s, "y ~ z + k", df=rule(s)), "k")),
        0,
    ),
    Q(
        "rao_scott",
        '{m <- svychisq(~sex+k, d, statistic="F"); c(m$statistic, m$parameter, m$p.value)}',
        lambda s: tested(dl.crosstab(s, "sex", "k", df=rule(s)).test),
        0,
    ),
    Q(
        "log-linear",
        "log_linear(d)",
        lambda s: rows(dl.log_linear(s, "~ sex + k", df=rule(s))),
        3,
    ),
    Q(
        "standardised",
        "{p <- svystandardize(d, by=~k, over=~sex, population=c(5,3,2)); m <- svyby(~z, ~sex, p, svymean);"
        " c(coef(m), SE(m))}",
        lambda s: rows(dl.standardise(s, dl.mean("z"), {"k": {"a": 5, "b": 3, "c": 2}}, by="sex", df=rule(s))),
        2,
        # under these policies R and diplab differ after post-stratification, which is not settled
        (*KEEP_ROWS, "lonely units: adjust", "lonely units: average"),
    ),
    Q(
        "quantile regression",
        "{x <- if (inherits(d, 'twophase2')) d$phase1$sample$variables else d$variables;"
        " x$own <- if (inherits(d, 'twophase2')) 1/d$prob else weights(d, 'sampling');"
        " coef(rq(z~e+sex, .4, subset(x, own > 0), weights=own))}",
        lambda s: dl.regress(s, "z ~ e + sex", family="quantile", quantile=0.4, df=rule(s)).frame["estimate"],
        3,
    ),
    Q(
        "kaplan-meier",
        "{m <- svykm(Surv(z, b==1)~1, d); m$surv[findInterval(c(2,4), m$time)]}",
        lambda s: dl.survival.kaplan_meier(s, "z", "b", at=[2, 4], df=rule(s)).frame["estimate"][:2],
        2,
        KEEP_ROWS,
    ),
    Q(
        "log-rank",
        "svylogrank(Surv(z, b==1)~sex, d)[[2]][1]",
        lambda s: [dl.survival.log_rank(s, "z", "b", "sex", df=rule(s)).estimates["chi2"]],
        0,
        KEEP_ROWS,
    ),
    Q(
        "cox",
        "{m <- svycoxph(Surv(z, b==1)~e+sex, d, control=coxph.control(eps=1e-12, iter.max=50)); c(coef(m), SE(m))}",
        lambda s: rows(dl.survival.cox(s, "e + sex", time="z", event="b", df=rule(s))),
        2,
        KEEP_ROWS,
    ),
    Q(
        "t test",
        "{m <- svyttest(y~sex, d); c(m$statistic)}",
        lambda s: [dl.t_test(s, "y", "sex", df=rule(s)).statistic],
        0,
    ),
    Q(
        "rank test",
        "{m <- svyranktest(z~sex, d); c(m$statistic)}",
        lambda s: [dl.rank_test(s, "z", "sex", df=rule(s)).statistic],
        0,
    ),
]  # fmt: skip


def numbers_of_r(values: Any) -> Any:
    """Return the numbers of an answer of R, NaN for those that it does not have."""
    none = ("NA", "NaN", "Inf", "-Inf", None)
    return np.array([np.nan if each in none else float(each) for each in np.atleast_1d(values)])


@dataclass(frozen=True)
class Disagreement:
    """Two answers that are not the same: to which question, of which part of which design, and how."""

    design: Drawn
    question: str
    part: str
    how: str
    here: Any
    there: Any

    @property
    def kind(self) -> str:
        """The kind of the design."""
        return self.design.kind

    def refused(self, *words: str) -> bool:
        """Return whether only R answers, and diplab refuses in some of these words."""
        return self.how == "only R" and isinstance(self.here, str) and any(each in self.here for each in words)

    @property
    def loses(self) -> bool:
        """Whether diplab gives no number where R gives one."""
        return not isinstance(self.here, str) and bool(np.isnan(np.array(self.here, dtype=float)).any())

    def of_r(self) -> Any:
        """Return the numbers of R."""
        return numbers_of_r(self.there["values"])


def _at_maximum(of: Disagreement) -> bool:
    """Return whether the scores of a model of amounts are zero in diplab, in every replicate too.

    Replicates left out have terms that follow from others.
    """
    sample, power = of.design.sample(), {"gamma": 1, "inverse gaussian": 2}[of.question]
    fit = dl.regress(
        sample.where("dom == 1") if of.part == "domain" else sample,
        "z ~ e + sex",
        family=of.question.replace(" ", "_"),
        link="log",
    ).fitted
    frame = of.design.frame
    inside = (frame["dom"] == 1).to_numpy() | (of.part == "whole")
    x = np.column_stack([np.ones(len(frame)), frame["e"], frame["sex"] == "m"]).astype(float)[inside]
    z = frame["z"].to_numpy()[inside]
    pairs = [(np.array(of.here[:3]), sample.engine.weights[inside])]
    if fit.replicates is not None:
        names = (of.design.replicates or {})["columns"]
        pairs += zip(fit.replicates, frame[names].to_numpy()[inside].T, strict=True)
    for coefficients, weights in pairs:
        mean = np.exp(x @ coefficients)
        score = x.T @ (weights * (z - mean) / mean**power)
        singular = np.isnan(coefficients).any() and np.linalg.matrix_rank(x[weights > 0]) < 3
        if not singular and not np.abs(score).max() < 1e-8 * weights.sum():
            return False
    return True


def _one_scale(of: Disagreement) -> bool:
    """Return whether effective parameters and AIC are off by one factor, that of the weights."""
    ratio = np.array(of.here[2:]) / of.of_r()[2:]
    return bool(abs(ratio[0] / ratio[1] - 1) < ERRORS)


def _same_f(of: Disagreement) -> bool:
    return bool(abs(of.here[0] - of.of_r()[0]) <= ERRORS * abs(of.here[0]))


def _hotelling(of: Disagreement) -> bool:
    """Return whether R's F, as Hotelling scales it by the rank of those who answered, gives the test of diplab."""
    f, q = of.of_r()[:2]
    frame = of.design.frame.dropna(subset="y")
    weights = frame.query("dom == 1") if of.part == "domain" else frame
    left = np.linalg.matrix_rank(weights[of.design.replicates["columns"]].to_numpy()) - 2 - q  # intercept, slope, terms
    nu = left - q + 1
    expected = [f * nu / left, q, nu, stats.f.sf(f * nu / left, q, nu)]
    return bool(np.allclose(of.here, expected, rtol=ERRORS, atol=0))


def _all_of_second_phase(of: Disagreement) -> bool:
    """Return whether R's design effect is ours with n of the second phase in place of n of the domain.

    It has none where that n is more than the people of the domain.
    """
    taken = of.design.frame.query("taken == 1")
    size = float(dl.estimate(of.design.sample(), dl.total("dom")).frame["estimate"].iloc[0])
    if np.isnan(of.of_r()[1]):
        return len(taken) > size
    per_person = [n / (1 - n / size) for n in (len(taken.query("dom == 1")), len(taken))]
    return bool(np.isclose(of.of_r()[1], of.here[1] * per_person[1] / per_person[0], rtol=ERRORS, atol=0))


def _rounding_in_r(of: Disagreement) -> bool:
    """Return whether R has zero, rounding or nothing wherever diplab has no number."""
    ours, theirs = np.array(of.here, dtype=float), of.of_r()
    lost = np.isnan(ours)
    scale = 1e-10 * np.nanmax(np.abs(theirs))
    return bool(lost.any() and np.all(np.isnan(theirs[lost]) | (np.abs(theirs[lost]) < scale)))


def _of_other_group(of: Disagreement) -> bool:
    """Return whether R's error of a difference is that of one group alone, the other being in one primary unit."""
    sample = of.design.sample()
    sample = sample.where("dom == 1") if of.part == "domain" else sample
    errors = dl.estimate(sample, dl.mean("y"), by="sex").frame["std_error"].to_numpy()
    return bool(np.isnan(errors).any() and np.isclose(errors, of.of_r()[1], rtol=ERRORS, atol=0).any())


def _perfect_fit(of: Disagreement) -> bool:
    """Return whether both give the same coefficients, and the same errors but for those that are rounding in both."""
    ours, theirs = np.array(of.here, dtype=float), of.of_r()
    k = len(ours) // 3
    errors = np.array([ours[k : 2 * k], theirs[k : 2 * k]])
    same = np.isclose(*errors, rtol=ERRORS, atol=0)
    rounding = (np.abs(errors) < 1e-12).all(axis=0)
    return bool(rounding.any() and (same | rounding).all() and np.allclose(ours[:k], theirs[:k], rtol=POINTS))


def _left_out(of: Disagreement) -> bool:
    """Return whether R has numbers of the other groups alone, or the coefficients of a model without the factor."""
    values = of.of_r()
    if of.question == "means by group":
        return bool(np.allclose(values, np.array(of.here)[~np.isnan(of.here)], rtol=ERRORS))
    return len(values) < 3 * 3 or bool(np.isnan(values).all())


def _fixed(of: Disagreement) -> bool:
    """Return whether one has an error of zero, but for rounding, wherever the other has none."""
    pair = np.array([of.here, of.of_r()], dtype=float)
    lost = np.isnan(pair).any(axis=0)
    return bool(lost.any() and (np.nanmax(np.abs(pair[:, lost]), axis=0) < 1e-7).all())


def _same_loss(of: Disagreement) -> bool:
    """Return whether both minimise the check loss as well: no solution is the only one."""
    sample, frame = of.design.sample(), of.design.frame
    inside = (frame["dom"] == 1).to_numpy() | (of.part == "whole")
    weights = np.where(inside, sample.engine.weights, 0.0)
    x = np.column_stack([np.ones(len(frame)), frame["e"], frame["sex"] == "m"]).astype(float)
    off = [frame["z"].to_numpy() - x @ np.array(each) for each in (of.here, of.of_r())]
    ours, theirs = (float(weights @ np.maximum(0.4 * each, -0.6 * each)) for each in off)
    return abs(ours / theirs - 1) < 1e-9


def _beyond_follow_up(of: Disagreement) -> bool:
    """Return whether nobody was followed as long as is asked where diplab has no survival, and R the last one."""
    frame = of.design.frame.dropna(subset="b")
    frame = frame.query("dom == 1") if of.part == "domain" else frame
    return all(time > frame["z"].max() for time, own in zip((2, 4), of.here, strict=True) if np.isnan(own))


def _lonely_in_second_phase(of: Disagreement) -> bool:
    """Return whether one person was taken of several in a stratum of the second phase."""
    strata = of.design.frame.groupby("k2")["taken"].agg(["sum", "size"])
    return bool(((strata["sum"] == 1) & (strata["size"] > 1)).any())


def _no_replicate_left(of: Disagreement) -> bool:
    """Return whether no more replicates than coefficients have an answer to the regression of counts."""
    sample = of.design.sample()
    sample = sample.where("dom == 1") if of.part == "domain" else sample
    fitted = dl.regress(sample, "e ~ z + k", family="poisson", df="effective").fitted
    return int(np.isfinite(fitted.replicates).all(axis=1).sum()) <= fitted.replicates.shape[1]


def _diverged(of: Disagreement) -> bool:
    """Return whether R's fit has run away: a coefficient on the log or logit scale beyond any data."""
    values = of.of_r()
    return bool(np.isnan(values).any() or np.abs(values[: len(values) // 3]).max() > 20 or np.abs(values).max() > 1e10)


EXPLAINED: list[tuple[str, Callable[[Disagreement], bool]]] = [
    (
        "refused by diplab: separation, where R stops at some finite value",
        lambda of: of.refused("has no finite value", "have the same outcome", "does not converge"),
    ),
    (
        "refused by diplab: an outcome that does not vary, or a term that follows from others; R's fit runs away",
        lambda of: of.refused("have the same answer", "cannot be told apart") and _diverged(of),
    ),
    (
        "refused by diplab: nobody at a level of the standard, where R takes the levels that are left",
        lambda of: of.refused("answers nothing tells"),
    ),
    (
        "refused by diplab: a term that no event tells apart, whose coefficient in R is where it stopped",
        lambda of: of.refused("tells nobody apart") and np.abs(of.of_r()).max() > 5,
    ),
    (
        "an error of zero, as of what calibration fixes: the root of rounding in one, nothing in the other",
        lambda of: of.how == "a number is missing" and of.question == "log-linear" and _fixed(of),
    ),
    (
        "neither has a p-value, for want of degrees of freedom; R prints the statistic",
        lambda of: of.question == "rao_scott" and of.loses and np.isnan(of.of_r()[-1]),
    ),
    (
        "both: quantile regressions with several solutions, and the same loss",
        lambda of: of.question == "quantile regression" and of.how == "point differs" and _same_loss(of),
    ),
    (
        "R: the last survival beyond the last follow-up, where diplab has none",
        lambda of: of.question == "kaplan-meier" and of.how == "a number is missing" and _beyond_follow_up(of),
    ),
    (
        "refused by diplab: no degrees of freedom are left, and R prints no p-value",
        lambda of: of.refused("degrees of freedom to test", "too many for the"),
    ),
    (
        "refused by diplab: replicates in which a term follows from others, of which R keeps something",
        lambda of: of.kind.startswith("replicates") and of.refused("behind them", "Under the weights of replicate"),
    ),
    (
        "refused by diplab: a single unit of the second phase, which R's lonely rule does not look at",
        lambda of: of.refused("single unit of the second phase") and _lonely_in_second_phase(of),
    ),
    (
        "no error in diplab where replicates have no answer; R keeps where its fits stopped",
        lambda of: (
            of.question == "poisson" and of.kind.startswith("replicates") and of.loses and _no_replicate_left(of)
        ),
    ),
    (
        "refused by diplab: a group in one primary unit, of which R takes the spread for zero",
        lambda of: of.refused("one shows no spread"),
    ),
    (
        "R: `glm` stops short of the maximum, or a replicate of it has no answer; diplab has scores of zero",
        lambda of: of.question in ("gamma", "inverse gaussian") and "differs" in of.how and _at_maximum(of),
    ),
    (
        "a factor of which one category is left: diplab refuses it, R leaves it out",
        lambda of: (of.refused("has one category among", "makes 1.") or of.how == "other numbers") and _left_out(of),
    ),
    (
        "both: a perfect fit, whose errors are rounding",
        lambda of: of.question in OF_MODELS and of.how in ("a number is missing", "error differs") and _perfect_fit(of),
    ),
    (
        "R: weights of mean 1 over people without an answer or outside the domain too (decision 15)",
        lambda of: of.question == "pseudo R2, dAIC" and of.how == "error differs" and _one_scale(of),
    ),
    (
        "diplab: a joint test of replicates is Hotelling's (decision 29)",
        lambda of: (
            of.question == "term" and of.how == "error differs" and of.kind.startswith("replicates") and _hotelling(of)
        ),
    ),
    (
        "R: no error of a median where an end of Woodruff's interval is beyond the data",
        lambda of: of.question == "median" and of.how == "a number is missing" and not of.loses,
    ),
    (
        "R: `svychisq` has no statistic where nobody gave a category",
        lambda of: of.question == "rao_scott" and of.how == "a number is missing" and np.isnan(of.of_r()[0]),
    ),
    (
        "the logit of a share of 0 or 1, where diplab has an exact interval",
        lambda of: of.question == "logit interval" and not of.loses and of.here[0] in (0.0, 1.0),
    ),
    (
        "people in one primary unit have no error in diplab, and one of zero (rounding) in R",
        lambda of: of.how == "a number is missing" and of.loses and _rounding_in_r(of),
    ),
    (
        "R: no spread of the group that is in one primary unit, of whose difference diplab has no error",
        lambda of: of.question == "difference" and of.how == "a number is missing" and _of_other_group(of),
    ),
    (
        "R: the simple random sample of a domain of two phases has everyone of the second phase",
        lambda of: (
            of.kind == "two phases"
            and of.question == "design effect"
            and of.how in ("error differs", "a number is missing")
            and _all_of_second_phase(of)
        ),
    ),
    (
        "R: `svychisq` takes nu of all units in a subset that keeps its rows",
        lambda of: of.question == "rao_scott" and of.part == "domain" and of.how == "error differs" and _same_f(of),
    ),
]
OF_MODELS = ("gaussian", "binomial", "poisson", "gamma", "inverse gaussian", "exposure")
R_STOPS = [
    ("rao_scott", "two phases", "object 'sex' not found", "`svychisq` does not know two phases"),
    ("pseudo R2, dAIC", "replicates", "length of 'start'", "`psrsq` starts the null model of replicates from the full"),
    ("log-linear", "", "replacement has", "`svyloglin` keeps a category that nobody has in a subset, or with a weight"),
    ("poisson", "", "no valid set of coefficients", "`glm` finds no start"),
    ("inverse gaussian", "", "cannot correct step size", "`glm` halves its steps in vain"),
    ("cox", "", "singular", "`svycoxph` cannot test all coefficients at once"),
    ("standardised", "replicates", "qr.default", "a replicate has nobody in a cell"),
    ("pseudo R2, dAIC", "", "uniroot", "`AIC` wants a p-value too, and its saddlepoint is not found"),
]
"""Where R gives no answer and diplab does: question, design, words of the error and why."""


def explanation(of: Disagreement) -> str:
    """Return why two answers disagree, and who is right; empty where nothing explains it."""
    if of.how == "only diplab":
        error = of.there["error"]
        return next(
            (
                f"R stops: {why}"
                for question, kind, words, why in R_STOPS
                if of.question == question and of.kind.startswith(kind) and words in error
            ),
            "",
        )
    return next((why for why, holds in EXPLAINED if holds(of)), "")


R_PROGRAM = """
suppressMessages({library(survey); library(AER); library(survival); library(quantreg); library(jsonlite)})
options(digits=17, warn=-1)
# `svyloglin` codes categories by sums; here by the first, and without the constant
log_linear <- function(d) {
  m <- svyloglin(~sex+k, d)
  treated <- model.matrix(~sex+k, m$model$model[-1], contrasts.arg=list(sex="contr.treatment", k="contr.treatment"))
  map <- qr.solve(treated, model.matrix(m$model))[-1, -1]
  c(map %*% coef(m), sqrt(diag(map %*% vcov(m) %*% t(map))))
}
# `svyivreg` where it answers; it loses rows of weight zero and subsets that keep their rows: there the formula of 2SLS
instrumented <- function(d) {
  phases <- inherits(d, "twophase2")
  rows <- if (phases) d$phase1$sample$variables else d$variables
  weight <- if (phases) 1/d$prob else weights(d, "sampling")
  whole <- !phases && is.null(d$postStrata) && identical(d$pps, FALSE) && all(weight > 0)
  if (inherits(d, "svyrep.design") || whole) { m <- svyivreg(y~z+sex|e+sex, d); return(c(coef(m), SE(m))) }
  known <- !is.na(rows$y); y <- ifelse(known, rows$y, 0); w <- ifelse(known, weight, 0)
  x <- model.matrix(~z+sex, rows); instruments <- model.matrix(~e+sex, rows)
  fitted <- instruments %*% solve(crossprod(instruments, w*instruments), crossprod(instruments, w*x))
  bread <- solve(crossprod(fitted, w*x)); b <- drop(bread %*% crossprod(fitted, w*y))
  scores <- known * fitted * drop(y - x %*% b)
  c(b, sqrt(diag(bread %*% vcov(svytotal(scores, d)) %*% t(bread))))
}
specs <- fromJSON("specs.json", simplifyVector=FALSE)
answers <- lapply(specs, function(s) {
  options(survey.lonely.psu="fail", survey.adjust.domain.lonely=FALSE)
  x <- read.csv(s$file, na.strings="")
  x$has_y <- !is.na(x$y); x$has_b <- !is.na(x$b)
  if (s$phases) { x$y[!x$has_y] <- 0; x$b[!x$has_b] <- 0 }  # outside a subset a missing answer still counts there
  x$sex <- factor(x$sex, levels=c("f","m"))
  x$k <- factor(x$k, levels=c("a","b","c"))
  whole <- try({eval(parse(text=s$design)); d}, silent=TRUE)
  ask <- function(own) {
    assign("d", own, globalenv())  # survey looks for a design by its name, and from elsewhere
    lapply(s$questions, function(q) {
      # two phases, and instruments, stop at a missing answer: they are asked of those who answered
      if (nzchar(q$answered)) assign("d", eval(parse(text=sprintf("subset(own, has_%s)", q$answered))), globalenv())
      on.exit(assign("d", own, globalenv()))
      v <- try(as.numeric(eval(parse(text=q$code), globalenv())), silent=TRUE)
      if (inherits(v, "try-error")) list(error=as.character(v)) else list(values=v)
    })
  }
  if (inherits(whole, "try-error")) return(list(error=as.character(whole)))
  list(whole=ask(whole), domain=ask(subset(whole, dom==1)))
})
writeLines(toJSON(answers, digits=NA, auto_unbox=TRUE, na="string"), "answers.json")
"""


def asked_of_r(designs: Sequence[Drawn]) -> list[Any]:
    """Return the answers of R, by design."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        specs = []
        for number, design in enumerate(designs):
            design.frame.to_csv(place / f"{number}.csv", index=False)
            questions = [
                {"code": each.in_r, "answered": each.answered if design.phases or each.name in COMPLETE else ""}
                for each in asked(design)
            ]
            specs.append(
                {"file": f"{number}.csv", "design": design.in_r, "phases": design.phases, "questions": questions}
            )
        (place / "specs.json").write_text(json.dumps(specs), encoding="utf-8")
        (place / "ask.R").write_text(R_PROGRAM, encoding="utf-8")
        subprocess.run(["Rscript", "ask.R"], cwd=place, check=True)
        found: list[Any] = json.loads((place / "answers.json").read_text(encoding="utf-8"))
    return found


def asked(design: Drawn) -> list[Question]:
    """Return what is asked of a design."""
    return [each for each in QUESTIONS if each.asked_of(design)]


def asked_here(design: Drawn) -> dict[str, list[Any]]:
    """Return the answers of diplab, of the whole sample and of the domain; an error in its own words."""
    sample = design.sample()
    answers: dict[str, list[Any]] = {}
    for part, own in (("whole", sample), ("domain", sample.where("dom == 1"))):
        answers[part] = []
        for question in asked(design):
            try:
                answers[part].append([float(each) for each in question.here(own)])
            except DiplabError as error:
                answers[part].append(str(error))
    return answers


def compared(question: Question, here: Any, there: Any) -> str:
    """Return how two answers compare: `same`, or what differs."""
    values = there.get("values")
    if values is None:
        return "neither answers" if isinstance(here, str) or np.isnan(here).all() else "only diplab"
    if isinstance(here, str):
        return "only R" if np.isfinite(numbers_of_r(values)).any() else "neither answers"
    there_numbers = numbers_of_r(values)
    numbers = np.array(here, dtype=float)
    numbers[~np.isfinite(numbers)] = np.nan
    if numbers.size != there_numbers.size:
        return "other numbers"
    tolerance = np.where(np.arange(numbers.size) < question.points, POINTS, ERRORS)
    scale = np.maximum(np.abs(there_numbers), 1e-3)
    if (np.isnan(numbers) != np.isnan(there_numbers)).any():
        return "a number is missing"
    # of a perfect fit both errors are rounding
    far = (np.abs(numbers - there_numbers) > tolerance * scale) & (np.abs(numbers) < 1e9)
    if not far.any():
        return "same"
    return "point differs" if far[: question.points].any() else "error differs"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--designs", type=int, default=540)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", default="", help="print both answers of a class that disagrees")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.record:
        return _record()
    each_kind = -(-options.designs // len(KINDS))
    designs = [drawn(kind, options.seed + place) for kind in KINDS for place in range(each_kind)]
    there = asked_of_r(designs)
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    unexplained: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    for design, of_r in zip(designs, there, strict=True):
        if "error" in of_r:
            print(design.kind, design.seed, of_r["error"][:200])
            continue
        here = asked_here(design)
        for part in ("whole", "domain"):
            for question, own, other in zip(asked(design), here[part], of_r[part], strict=True):
                how = compared(question, own, other)
                counts[design.kind, question.name][how] += 1
                if how in ("same", "neither answers"):
                    continue
                why = explanation(Disagreement(design, question.name, part, how, own, other))
                (explained if why else unexplained)[why or f"{design.kind} | {question.name} | {part} | {how}"] += 1
                if options.show and options.show in f"{design.kind} | {question.name} | {part} | {how}" and not why:
                    print(design.kind, design.seed, question.name, part, how, "\n  here ", own, "\n  there", other)
    _print_table(counts)
    print("\nExplained:")
    for why, count in explained.most_common():
        print(f"{count:6}  {why}")
    print("\nNot explained:")
    for why, count in sorted(unexplained.items()):
        print(f"{count:6}  {why}")
    return 1 if unexplained else 0


RECORDED_DESIGNS = [
    *((kind, seed) for kind in ("clusters", "elements", "stages", "zero", "unequal", "phases") for seed in (3,)),
    *(("lonely", seed) for seed in range(4)),
    *(("calibrated", seed) for seed in range(2)),
    *(("replicates", seed) for seed in (0, 2, 3)),
]
"""One of each kind of design and policy, whose answers by R the tests hold."""


def _record() -> int:
    """Write the answers of R to the designs that the tests hold."""
    designs = [drawn(kind, seed) for kind, seed in RECORDED_DESIGNS]
    found = {
        f"{kind} {seed}": {"rows": len(design.frame), "weights": float(design.frame["w"].sum()), **of_r}
        for (kind, seed), design, of_r in zip(RECORDED_DESIGNS, designs, asked_of_r(designs), strict=True)
    }
    RECORDED.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


def _print_table(counts: Mapping[tuple[str, str], Counter[str]]) -> None:
    kinds = list(dict.fromkeys(kind for kind, _ in counts))
    print(f"{'same of asked':24}", *(f"{each.name[:9]:>9}" for each in QUESTIONS))
    for kind in kinds:
        cells = [counts[kind, each.name] for each in QUESTIONS]
        print(f"{kind:24}", *(f"{each['same'] + each['neither answers']:>4}/{sum(each.values()):<4}" for each in cells))


if __name__ == "__main__":
    sys.exit(main())
