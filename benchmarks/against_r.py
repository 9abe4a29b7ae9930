"""Random designs, every statistic, test and model: diplab beside R's survey, in one table of agreement by class.

    python benchmarks/against_r.py                 # 540 designs, where `Rscript` and survey are installed
    python benchmarks/against_r.py --designs 60 --seed 3
    python benchmarks/against_r.py --record        # rewrites the part that the tests hold, without R

A question is a call of R and a call of diplab that give the same list of numbers: `Question` names both, side by side.
Designs are drawn with uneven units, lonely ones, zero weights, domains that some strata lack, ties, missing answers and
a category that nobody gave. R works to 1e-14 in its fits. Points agree to 1e-6, errors and what follows from them to
1e-5; where they do not, a `Reason` says why, and who is right, if its proof holds of those two answers: a formula on
the rows of that design, or R's own error. Anything else ends with code 1. Tests hold that the proofs can say no.
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
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import linprog

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
    of_unit = frame["c"].map(
        dict(zip(frame["c"].unique(), draw.normal(0, 1, frame["c"].nunique()), strict=True))
    )
    frame["i"] = np.arange(1, n + 1)
    frame["w"] = np.round(np.exp(draw.normal(3, 0.5, n)), 3)
    frame["z"] = np.round(np.exp(draw.normal(1, 0.5, n) + 0.2 * of_unit), 4)
    frame["z"] += frame["i"] * 1e-6  # without ties: R gives tied ranks a mean without weights
    frame["y"] = np.round(draw.normal(10, 2, n) + of_unit + frame["z"], int(draw.integers(0, 2)))
    frame["sex"] = draw.choice(["f", "m"], n)
    frame["k"] = draw.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    frame["b"] = (
        draw.random(n) < 1 / (1 + np.exp(-(0.3 * of_unit + 0.2 * frame["z"] - 0.5)))
    ).astype(float)
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
    return Drawn(
        "clusters", seed, frame, f"d <- {R_DESIGN}", {"weights": "w", "strata": "h", "psu": "c"}
    )


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
    frame["N"], frame["M"] = (
        count * 3,
        frame.groupby("c")["i"].transform("size") * draw.integers(2, 5),
    )
    frame["w"] = 3.0 * frame["M"] / frame.groupby("c")["i"].transform("size")
    code = "d <- svydesign(~c+i, strata=~h, fpc=~N+M, weights=~w, data=x, nest=TRUE)"
    options = {"weights": "w", "strata": "h", "psu": ["c", "i"], "fpc": ["N", "M"]}
    return Drawn("two stages with fpc", seed, frame, code, options)


def lonely(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    policy = ("adjust", "average", "certainty", "remove")[seed % 4]
    frame = people(draw, strata, [1, *units[1:]])
    code = (
        f'options(survey.lonely.psu="{policy}", survey.adjust.domain.lonely=TRUE); d <- {R_DESIGN}'
    )
    in_domain = policy if policy in ("adjust", "average") else None
    options = {
        "weights": "w",
        "strata": "h",
        "psu": "c",
        "lonely_psu": policy,
        "lonely_psu_domain": in_domain,
    }
    return Drawn(f"lonely units: {policy}", seed, frame, code, options)


def zero_weights(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    frame = people(draw, strata, units)
    frame.loc[draw.random(len(frame)) < 0.1, "w"] = 0.0
    return Drawn(
        "zero weights", seed, frame, f"d <- {R_DESIGN}", {"weights": "w", "strata": "h", "psu": "c"}
    )


def unequal(draw: np.random.Generator, seed: int, strata: int, units: Sequence[int]) -> Drawn:
    frame = people(draw, strata, units)
    chance = dict(
        zip(frame["c"].unique(), draw.uniform(0.1, 0.7, frame["c"].nunique()).round(3), strict=True)
    )
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
        draw.gamma(4, 0.25, (len(frame), count))
        if kind != "brr"
        else draw.choice([0.0, 2.0], (len(frame), count))
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


STANDARD = pd.Series({"a": 5, "b": 3, "c": 2})
"""People of the standard population by `k`."""

COMPLETE = {"instruments": "y", "cox": "b", "kaplan-meier": "b", "log-rank": "b"}
"""Questions that R answers where no answer is missing only, and the variable with missing answers."""


@dataclass(frozen=True)
class Question:
    """The same numbers by R and by diplab: first the points, then errors and what follows from them."""

    name: str
    in_r: str  # of the design `d`: a vector
    here: Callable[[Any], Sequence[float]]
    points: int = 1

    @property
    def answered(self) -> str:
        """The variable with missing answers that is asked about, or an empty word."""
        if self.name in COMPLETE:
            return COMPLETE[self.name]
        return next(
            (name for name in ("y", "b") if f"~{name}" in self.in_r or f"{name}~" in self.in_r), ""
        )


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
        lambda s: tested(dl.crosstab(s, "sex", "k", df="domain" if s.replication is None else "design").test),
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
        "standardised(d)",
        lambda s: rows(dl.standardise(s, dl.mean("z"), {"k": STANDARD.to_dict()}, by="sex", df=rule(s))),
        2,
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
        "kaplan_meier(d)",
        lambda s: dl.survival.kaplan_meier(s, "z", "b", at=[2, 4], df=rule(s)).frame["estimate"][:2],
        2,
    ),
    Q(
        "log-rank",
        "log_rank(d)",
        lambda s: [dl.survival.log_rank(s, "z", "b", "sex", df=rule(s)).estimates["chi2"]],
        0,
    ),
    Q(
        "cox",
        "cox(d)",
        lambda s: rows(dl.survival.cox(s, "e + sex", time="z", event="b", df=rule(s))),
        2,
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

    @cached_property
    def sample(self) -> Any:
        """The part that was asked, in diplab."""
        whole = self.design.sample()
        return whole.where("dom == 1") if self.part == "domain" else whole

    @cached_property
    def kept(self) -> pd.DataFrame:
        """The rows of the part in R, with their weight, `own`; where subsets keep rows all, at a weight of zero."""
        frame = self.design.frame.assign(own=self.sample.engine.weights)
        outside = frame["dom"] != 1 if self.part == "domain" else pd.Series(False, frame.index)
        if self.design.phases:
            outside |= frame[self.answered].isna() if self.answered else False
            frame, outside = frame[frame["taken"] == 1], outside[frame["taken"] == 1]
        keeps = self.kind.startswith(("calibrated", "unequal", "two phases"))
        return frame.assign(own=frame["own"].where(~outside, 0.0)) if keeps else frame[~outside]

    @cached_property
    def people(self) -> pd.DataFrame:
        """The rows of the part that have a weight and answered what is asked."""
        return self.kept[self.kept["own"] != 0].dropna(
            subset=[self.answered] if self.answered else []
        )

    @cached_property
    def proved(self) -> dict[Any, Any]:
        """What was found of these people, whatever the answers: see `of_people`."""
        return {}

    @property
    def answered(self) -> str:
        """The variable with missing answers that is asked about, or an empty word."""
        return next(each.answered for each in QUESTIONS if each.name == self.question)

    @property
    def weights(self) -> list[str]:
        """The columns of weights: of the sample, and of its replicates."""
        return ["own", *(self.design.replicates or {}).get("columns", ())]

    @property
    def unit(self) -> str:
        """The column of the primary units."""
        named = self.design.options.get("psu", "i")
        return named if isinstance(named, str) else named[0]

    def degf(self, people: pd.DataFrame) -> int:
        """Return the units of people less their strata, or the rank of their replicate weights less 1."""
        if self.design.replicates is not None:
            return (
                int(np.linalg.matrix_rank(people[self.design.replicates["columns"]].to_numpy())) - 1
            )
        strata = "k2" if self.design.phases else self.design.options["strata"]
        return people[self.unit].nunique() - people[strata].nunique()

    def gives(self, expected: Sequence[float], here: bool = True) -> bool:
        """Return whether the numbers of diplab, or of R, are those that a formula gives."""
        found = np.array(self.here) if here else self.of_r()
        return found.shape == np.shape(expected) and np.allclose(
            found, expected, ERRORS, 1e-12, equal_nan=here
        )

    def of_r(self) -> Any:
        """Return the numbers of R."""
        return numbers_of_r(self.there["values"])


def of_people(proof: Callable[..., Any]) -> Callable[..., Any]:
    """Return a proof that looks at the people and not at the answers: it is made once of the same people."""

    @wraps(proof)
    def found(of: Disagreement, *more: str) -> Any:
        key = (proof.__name__, *more)
        if key not in of.proved:
            of.proved[key] = proof(of, *more)
        return of.proved[key]

    return found


@of_people
def _fit_of_amounts(of: Disagreement) -> Any:
    """Return what diplab fits for a question about a model of amounts."""
    outcome, terms = MODELS[of.question]
    return dl.regress(
        of.sample, f"{outcome} ~ {terms}", family=of.question.replace(" ", "_"), link="log"
    ).fitted


def _errors_of(of: Disagreement, moved: Any) -> Any:
    """Return the errors of the totals of what each of the people moves, as the design has them."""
    columns = pd.DataFrame(moved, of.people.index).add_prefix("moved")
    design = replace(of.design, frame=of.design.frame.join(columns))
    totals = (dl.total(name) for name in columns)
    return dl.estimate(replace(of, design=design).sample, *totals).frame["std_error"].to_numpy()


def _at_maximum(of: Disagreement) -> bool:
    """Return whether a model of amounts has scores of zero in diplab, in every replicate too, and the errors of it.

    Replicates left out have terms that follow from others.
    """
    power, (outcome, terms) = {"gamma": 1, "inverse gaussian": 2}[of.question], MODELS[of.question]
    fit = _fit_of_amounts(of)
    x, z, theta = _columns(of.people, terms), of.people[outcome].to_numpy(), np.array(of.here[:3])
    under = np.empty((0, 3)) if fit.replicates is None else fit.replicates
    for name, coefficients in zip(of.weights, [theta, *under], strict=True):
        weights, mean = of.people[name].to_numpy(), np.exp(x @ coefficients)
        score = x.T @ (weights * (z - mean) / mean**power)
        singular = np.isnan(coefficients).any() and np.linalg.matrix_rank(x[weights > 0]) < 3
        if not singular and not np.abs(score).max() < 1e-8 * weights.sum():
            return False
    if len(under):
        varied = of.sample.replication
        errors = np.sqrt(varied.scale * (varied.rscales @ np.nan_to_num(under - theta) ** 2))
    else:
        mean, own = np.exp(x @ theta), of.people["own"].to_numpy()
        information = x.T @ (x * (own * mean ** (1 - power))[:, None])
        errors = _errors_of(
            of, x * ((z - mean) / mean**power)[:, None] @ np.linalg.inv(information)
        )
    errors = np.where(_without_error(of), np.nan, errors)
    return of.gives([*theta, *errors, *theta / errors])


def _mean_of_all_weights(of: Disagreement) -> bool:
    """Return whether R's effective parameters and AIC are ours with the mean weight of all rows that R kept."""
    factor = of.people["own"].mean() / of.kept["own"].mean()
    return of.gives([*of.here[:2], *(np.array(of.here[2:]) * factor)], here=False)


def _hotelling(of: Disagreement) -> bool:
    """Return whether R's F, as Hotelling scales it by the rank of those who answered, gives the test of diplab."""
    f, q = of.of_r()[:2]
    left = of.degf(of.people) - 1 - q  # less the slope and the terms
    nu = left - q + 1
    return of.design.replicates is not None and of.gives(
        [f * nu / left, q, nu, stats.f.sf(f * nu / left, q, nu)]
    )


def _all_of_second_phase(of: Disagreement) -> bool:
    """Return whether R's design effect is ours with n of the second phase in place of n of the domain.

    It has none where that n is more than the people of the domain.
    """
    if not of.design.phases:
        return False
    taken = of.design.frame.query("taken == 1")
    size = float(dl.estimate(of.design.sample(), dl.total("dom")).frame["estimate"].iloc[0])
    if np.isnan(of.of_r()[1]):
        return len(taken) > size
    per_person = [n / (1 - n / size) for n in (len(taken.query("dom == 1")), len(taken))]
    return bool(
        np.isclose(of.of_r()[1], of.here[1] * per_person[1] / per_person[0], rtol=ERRORS, atol=0)
    )


def _rounding_in_r(of: Disagreement) -> bool:
    """Return whether a sex is in one primary unit, and R has zero or rounding wherever diplab has no number."""
    ours, theirs = np.array(of.here, dtype=float), of.of_r()
    lost = np.isnan(ours)
    scale = 1e-10 * np.nanmax(np.abs(theirs))
    return (
        _group_in_one_unit(of)
        and lost.any()
        and np.all(np.isnan(theirs[lost]) | (np.abs(theirs[lost]) < scale))
    )


def _events_of_one_unit(of: Disagreement) -> bool:
    """Return whether one primary unit has all events, or all others, of a sex, and all numbers of both are the same."""
    kinds = of.people.groupby(["sex", "b"], observed=True)[of.unit].nunique()
    ours, theirs = np.array(of.here, dtype=float), of.of_r()
    known = ~np.isnan(ours)
    points = known[: len(ours) // 3].all()
    same = np.allclose(ours[known], theirs[known], ERRORS, 1e-12)
    return (
        of.design.replicates is None and (kinds == 1).any() and points and not known.all() and same
    )


def _of_other_group(of: Disagreement) -> bool:
    """Return whether R's error of a difference is that of one group alone, the other being in one primary unit."""
    errors = dl.estimate(of.sample, dl.mean("y"), by="sex").frame["std_error"].to_numpy()
    return bool(
        np.isnan(errors).any() and np.isclose(errors, of.of_r()[1], rtol=ERRORS, atol=0).any()
    )


def _perfect_fit(of: Disagreement) -> bool:
    """Return whether both give the same coefficients, and the same errors but for those that are rounding in both."""
    ours, theirs = np.array(of.here, dtype=float), of.of_r()
    k = len(ours) // 3
    errors = np.array([ours[k : 2 * k], theirs[k : 2 * k]])
    same = np.isclose(*errors, rtol=ERRORS, atol=0)
    rounding = (np.abs(errors) < 1e-12).all(axis=0)
    return bool(
        rounding.any()
        and (same | rounding).all()
        and np.allclose(ours[:k], theirs[:k], rtol=POINTS)
    )


def _one_category(of: Disagreement) -> bool:
    """Return whether the people have one sex or one answer to `k` where diplab wants two."""
    return any(of.people[name].nunique() == 1 for name in ("sex", "k") if name in of.here)


def _other_groups(of: Disagreement) -> bool:
    """Return whether R has the numbers of the groups that have somebody, and nothing of the other."""
    own = np.array(of.here)
    return of.people["sex"].nunique() == 1 and of.gives(own[~np.isnan(own)], here=False)


def _category_of_nobody(of: Disagreement) -> bool:
    """Return whether nobody has some category, and diplab's coefficients are the log ratios of shares of the others.

    Of a model of independence; their errors are by the delta method.
    """
    levels = {name: sorted(of.people[name].unique()) for name in ("sex", "k")}
    cells = [(name, each) for name, own in levels.items() for each in own]
    found = dl.estimate(of.sample, *(dl.share(f"{name} == {each!r}") for name, each in cells))
    share = found.frame["estimate"].to_numpy()
    ratios = np.zeros((0, len(cells)))
    for place, (name, each) in enumerate(cells):
        if each != levels[name][0]:
            first = cells.index((name, levels[name][0]))
            ratios = np.vstack([ratios, np.eye(len(cells))[place] - np.eye(len(cells))[first]])
    errors = np.sqrt(np.diag((ratios / share) @ found.covariance @ (ratios / share).T))
    return _empty_category(of) and of.gives([*(ratios @ np.log(share)), *errors])


def _fixed(of: Disagreement) -> bool:
    """Return whether one has an error of zero, but for rounding, wherever the other has none."""
    pair = np.array([of.here, of.of_r()], dtype=float)
    lost = np.isnan(pair).any(axis=0)
    return bool(lost.any() and (np.nanmax(np.abs(pair[:, lost]), axis=0) < 1e-7).all())


def _same_loss(of: Disagreement) -> bool:
    """Return whether both minimise the check loss as well: no solution is the only one."""
    outcome, terms = MODELS[of.question]
    off = [
        of.people[outcome] - _columns(of.people, terms) @ np.array(each)
        for each in (of.here, of.of_r())
    ]
    ours, theirs = (float(of.people["own"] @ np.maximum(0.4 * each, -0.6 * each)) for each in off)
    return abs(ours / theirs - 1) < 1e-9


def _beyond_follow_up(of: Disagreement) -> bool:
    """Return whether nobody was followed as long as is asked where diplab has no survival, and R the last one."""
    lost = [time for time, own in zip((2, 4), of.here, strict=True) if np.isnan(own)]
    return bool(lost) and min(lost) > of.people["z"].max()


def _before_follow_up(of: Disagreement) -> bool:
    """Return whether R has the survival after the first time alone, and diplab 1 before it."""
    before = sum(time < of.people["z"].min() for time in (2, 4))
    return before > 0 and of.gives([1.0] * before + [*of.of_r()])


def _lonely_in_second_phase(of: Disagreement) -> bool:
    """Return whether one person was taken of several in a stratum of the second phase."""
    if not of.design.phases:
        return False
    strata = of.design.frame.groupby("k2")["taken"].agg(["sum", "size"])
    return bool(((strata["sum"] == 1) & (strata["size"] > 1)).any())


@of_people
def _no_replicate_left(of: Disagreement) -> bool:
    """Return whether no more replicates than coefficients have an answer to a regression of counts."""
    x = _columns(of.people, MODELS[of.question][1])
    ranks = [np.linalg.matrix_rank(x[of.people[name] > 0]) for name in of.weights[1:]]
    fitted = [
        rank == x.shape[1] and not _separates(of, name)
        for rank, name in zip(ranks, of.weights[1:], strict=True)
    ]
    return bool(fitted) and sum(fitted) <= x.shape[1]


def _no_df(of: Disagreement) -> bool:
    """Return whether the units of people less strata are used up, by a model's columns or by comparing two groups."""
    taken = _columns(of.people, MODELS["term"][1]).shape[1] - 1 if of.question == "term" else 1
    return of.degf(of.people) <= taken


def _no_p_value(of: Disagreement) -> bool:
    """Return whether the people have no more units than strata, and neither has a p-value."""
    return of.degf(of.people) < 1 and bool(np.isnan([of.here[-1], of.of_r()[-1]]).all())


def _certain_share(of: Disagreement) -> bool:
    """Return whether all or none of the people have what is asked."""
    return of.people["b"].nunique() == 1


def _woodruff_beyond(of: Disagreement) -> bool:
    """Return whether an end of Woodruff's interval is below 0 or above 1, where diplab reads the first or last value.

    The ends are those of the share at or below the median, with the error of a mean, and t of units less strata.
    """
    median = float(of.of_r()[0]) + 1e-9  # R writes 15 digits
    people = of.people.sort_values("z")
    reached = (people["own"].cumsum() / people["own"].sum()).to_numpy()
    share = dl.estimate(of.sample, dl.share(f"z <= {median!r}")).frame.loc[0]
    t = stats.t.ppf(0.975, of.degf(people))
    ends = share["estimate"] + np.array([-t, t]) * share["std_error"]
    if ends[0] >= 0 and ends[1] <= 1:
        return False
    places = np.searchsorted(reached, np.clip(ends, 0, 1) - 1e-12).clip(0, len(people) - 1)
    low, high = people["z"].to_numpy()[places]
    return of.gives([median, (high - low) / (2 * t)])


def _rao_scott(of: Disagreement, nu: float) -> list[float]:
    """Return the F of Rao and Scott (1984) with nu, from the shares of cells that people have, and their covariance."""
    kinds = [sorted(of.people[name].unique()) for name in ("sex", "k")]
    cells = [dl.share(f"sex == {sex!r} and k == {k!r}") for sex in kinds[0] for k in kinds[1]]
    found = dl.estimate(of.sample, *cells)
    share = found.frame["estimate"].to_numpy()
    table = share.reshape(len(kinds[0]), len(kinds[1]))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)).ravel()
    interaction = np.kron(*(np.eye(size)[:, 1:] - 1 / size for size in table.shape))
    scaled = interaction * np.divide(1, share, out=np.zeros_like(share), where=share > 0)[:, None]
    delta = np.linalg.solve(
        interaction.T @ scaled, scaled.T @ np.nan_to_num(found.covariance) @ scaled
    )
    trace = np.trace(delta)
    f, d = ((share - expected) ** 2 / expected).sum() / trace, trace**2 / np.trace(delta @ delta)
    return [f, d, d * nu, stats.f.sf(f, d, d * nu)]


def _empty_category(of: Disagreement) -> bool:
    """Return whether nobody with a weight has one sex or one answer to `k`."""
    return of.people["sex"].nunique() < 2 or of.people["k"].nunique() < 3


def _without_empty_category(of: Disagreement) -> bool:
    """Return whether nobody has some category, so that R has no F, and diplab tests the table of the others.

    Where one category is left it has no test either.
    """
    if not _empty_category(of) or not np.isnan(of.of_r()[0]):
        return False
    if min(of.people["sex"].nunique(), of.people["k"].nunique()) == 1:
        return bool(np.isnan(of.here).all())
    return of.gives(_rao_scott(of, of.degf(of.people)))


def _nu_of_rows_kept(of: Disagreement) -> bool:
    """Return whether R's test is ours with nu of all units that its subset keeps, with or without a weight."""
    ours, theirs = (_rao_scott(of, of.degf(rows)) for rows in (of.people, of.kept))
    return of.gives(ours) and of.gives(theirs, here=False)


MODELS = {
    "gaussian": ("y", "z + sex"),
    "binomial": ("b", "z + sex"),
    "pseudo R2, dAIC": ("b", "z + sex"),
    "poisson": ("e", "z + k"),
    "exposure": ("e", "sex"),
    "prediction": ("e", "z + sex"),
    "gamma": ("z", "e + sex"),
    "inverse gaussian": ("z", "e + sex"),
    "quantile regression": ("z", "e + sex"),
    "instruments": ("y", "z + sex"),
    "term": ("y", "z + k"),
    "cox": ("z", "e + sex"),
}
"""Outcome and terms of each question about a model."""


def _columns(people: pd.DataFrame, terms: str) -> Any:
    """Return the constant and the columns of terms, those of categories against the first that somebody has."""
    columns = [np.ones(len(people))]
    for term in terms.split(" + "):
        levels = sorted(people[term].unique())[1:]
        columns += (
            [people[term] == each for each in levels] if term in ("sex", "k") else [people[term]]
        )
    return np.column_stack(columns).astype(float)


def _moves(columns: Any, still: Any) -> bool:
    """Return whether some combination lowers none of these columns' rows, leaves others still, and raises one."""
    if not len(columns):
        return False
    bounds = {
        "A_ub": -columns,
        "b_ub": np.zeros(len(columns)),
        "A_eq": still,
        "b_eq": np.zeros(len(still)),
    }
    found = linprog(
        -columns.sum(axis=0),
        **{key: each for key, each in bounds.items() if len(each)},
        bounds=(-1, 1),
    )
    return bool(-found.fun > 1e-6)


@of_people
def _separates(of: Disagreement, weights: str) -> bool:
    """Return whether some combination of the terms separates outcomes, so that likelihood grows for ever along it.

    Those with 1 from those with 0 (Albert and Anderson 1984); counts of 0 from others, which all have one value of it
    (Santos Silva and Tenreyro 2010).
    """
    outcome, terms = MODELS[of.question]
    there = of.people[weights] > 0
    x, zero = _columns(of.people, terms)[there], (of.people.loc[there, outcome] == 0).to_numpy()
    if outcome == "b":
        return _moves(np.concatenate([-x[zero], x[~zero]]), x[:0])
    return _moves(-x[zero], x[~zero])


def _separated(of: Disagreement) -> bool:
    """Return whether the terms separate the outcomes in the sample or in a replicate."""
    return any(_separates(of, name) for name in of.weights)


@of_people
def _not_estimable(of: Disagreement) -> bool:
    """Return whether the outcome does not vary, or a column follows from others, in the sample or in a replicate."""
    outcome, terms = MODELS[of.question]
    x = _columns(of.people, terms)
    weighted = [of.people[name] > 0 for name in of.weights]
    follows = any(np.linalg.matrix_rank(x[there]) < x.shape[1] for there in weighted)
    return follows or any(of.people.loc[there, outcome].nunique() < 2 for there in weighted)


def _no_event_tells(of: Disagreement) -> bool:
    """Return whether a term of a Cox regression differs among those at risk at no event, or one way at every event."""
    columns, time = _columns(of.people, MODELS[of.question][1])[:, 1:], of.people["z"].to_numpy()
    for name in of.weights:
        there = of.people[name].to_numpy() > 0
        x, z = columns[there], time[there]
        events = np.flatnonzero(of.people.loc[there, "b"] == 1)
        apart = np.concatenate([x[at] - x[z > z[at]] for at in events]) if events.size else x[:0]
        if np.linalg.matrix_rank(apart) < x.shape[1] or _moves(apart, apart[:0]):
            return True
    return False


def _levels_left(of: Disagreement) -> bool:
    """Return whether a group has nobody at a level of the standard, and R's means are those of the levels left."""
    sums = (
        of.people.assign(z=of.people["z"] * of.people["own"])
        .groupby(["sex", "k"])[["z", "own"]]
        .sum()
    )
    means = (sums["z"] / sums["own"]).unstack().reindex(columns=list("abc"))
    left = (means * STANDARD).sum(axis=1) / (means.notna() * STANDARD).sum(axis=1)
    given = of.of_r()[: len(left)]
    return bool(means.isna().any(axis=None)) and np.allclose(given, left, rtol=POINTS)


def _empty_cell_of_replicate(of: Disagreement) -> bool:
    """Return whether a sex has nobody at a level of the standard under the weights of some replicate."""
    cells = [
        of.people[of.people[name] > 0].groupby("sex")["k"].nunique() for name in of.weights[1:]
    ]
    return any((each < 3).any() for each in cells)


def by_its_words(_: Disagreement) -> bool:
    """Return true: that R stops is its own word for it."""
    return True


def _group_in_one_unit(of: Disagreement) -> bool:
    """Return whether a sex answered in one primary unit only."""
    return bool((of.people.groupby("sex")[of.unit].nunique() == 1).any())


def _standardised_error(of: Disagreement, present: pd.DataFrame, rows: pd.DataFrame) -> float:
    """Return the error of a standardised mean of rows, where the units of those present are there.

    Each unit has the total of s_a w (z - mean_a) / N_a; over all units these make 0, which `adjust` centres on.
    """
    level, weighted = rows["k"], rows["own"] * rows["z"]
    people = rows["own"].groupby(level).transform("sum")
    share = level.map(STANDARD) / STANDARD.sum()
    totals = (
        (
            share
            * (weighted - rows["own"] * weighted.groupby(level).transform("sum") / people)
            / people
        )
        .groupby(rows["c"])
        .sum()
    )
    units = of.design.frame.drop_duplicates("c").set_index("c")["h"]
    average, variance, alone, reached = of.kind.endswith("average"), 0.0, 0, present["h"].unique()
    for stratum in reached:
        own = totals.reindex(units.index[units == stratum], fill_value=0.0)
        there = present.loc[present["h"] == stratum, "c"].nunique()
        if there == 1 and average:
            alone += 1
            continue
        centre = 0.0 if there == 1 else own.mean()
        variance += len(own) / max(len(own) - 1, 1) * ((own - centre) ** 2).sum()
    return float(np.sqrt(variance * (len(reached) / (len(reached) - alone) if average else 1)))


def _units_of_everybody(of: Disagreement) -> bool:
    """Return whether errors of standardised means differ by who is there alone: everybody in R, the group in diplab.

    After `svystandardize` a subset keeps all rows, so that units with nobody of the group count as units of it.
    """
    groups = [rows for _, rows in of.people.groupby("sex")]
    ours, theirs = (
        [_standardised_error(of, present(rows), rows) for rows in groups]
        for present in (lambda rows: rows, lambda _: of.people)
    )
    ours = np.where(_with_a_lone_cell(of), np.nan, ours).tolist()
    means = list(of.here[: len(groups)])
    return of.gives([*means, *ours]) and of.gives([*means, *theirs], here=False)


def _with_a_lone_cell(of: Disagreement) -> Any:
    """Return which sexes have a level of the standard at which all are of one unit."""
    units = pd.Series(_units_without(of), index=of.people.index)
    alone = units.groupby([of.people["sex"], of.people["k"]]).nunique() == 1
    return alone.groupby("sex").any().to_numpy()


def _lone_cell_of_standard(of: Disagreement) -> bool:
    """Return whether the standardised means without an error are those with a level in one unit, and others agree."""
    here, there = (np.reshape(each, (2, -1)) for each in (of.here, of.of_r()))
    missing = np.isnan(here)
    alike = np.allclose(here[~missing], there[~missing], rtol=ERRORS, atol=1e-9)
    return alike and not missing[0].any() and bool((missing[1] == _with_a_lone_cell(of)).all())


def _rests_on_one_unit(of: Disagreement) -> bool:
    """Return whether what has no error here is what is not estimable without one unit, or mostly known by one.

    A coefficient is not estimable where some vector that moves it is lost by all rows outside a unit. Of a number one
    unit has more than half where it has more than half of the squares that its regression on the others leaves.
    """
    lost = _without_error(of)
    if of.question == "term":
        return of.how == "only R" and bool(lost[2:].any())  # those of `k`
    lost = lost[1:] if of.question in ("cox", "log-linear") else lost
    if len(of.here) % lost.size or len(of.here) != len(of.of_r()):
        return False
    here, there = (np.reshape(each, (-1, lost.size)) for each in (of.here, of.of_r()))
    missing = np.isnan(here)
    alike = np.allclose(here[~missing], there[~missing], rtol=ERRORS, atol=1e-9)
    return alike and not missing[0].any() and bool((missing[1:] == lost).all())


def _without_error(of: Disagreement) -> Any:
    """Return the coefficients of a model, or predictions of it, that rest on one unit."""
    terms = "sex + k" if of.question == "log-linear" else MODELS[of.question][1]
    observed, root = _columns(of.people, terms), np.sqrt(of.people["own"].to_numpy())[:, None]
    asked = np.eye(observed.shape[1])
    every = [observed]
    if of.question == "instruments":
        instruments = _columns(of.people, "e + sex")
        every.append(
            instruments @ np.linalg.lstsq(instruments * root, observed * root, rcond=None)[0]
        )
    if of.question == "prediction":
        asked = np.array([[1.0, 1.0, 0.0], [1.0, 3.0, 1.0]])
    units, linearised = _units_without(of), not of.design.replicates
    return np.any([_lost(x, root, asked, units, linearised) for x in every], axis=0)


def _lost(x: Any, root: Any, asked: Any, units: Any, linearised: bool) -> Any:
    """Return which combinations of coefficients are lost without some unit, or are for more than half of one."""
    scale = np.sqrt((x**2).mean(axis=0))
    coefficients = np.eye(x.shape[1])
    lost, held = np.zeros(len(asked), dtype=bool), np.zeros(len(asked), dtype=bool)
    slopes = np.array([len(np.unique(column)) > 2 for column in x.T])
    inverse = np.linalg.inv((x * root).T @ (x * root))
    parts = [((root * x) @ inverse @ lines.T) ** 2 for lines in (coefficients, asked)]
    for unit in np.unique(units):
        _, size, vectors = np.linalg.svd(x[units != unit] / scale)
        null = vectors[np.count_nonzero(size > 1e-9 * size[0]) :] / scale
        lost |= (np.abs(null @ asked.T) > 1e-8).any(axis=0)
        of_slopes, own = (
            each[units == unit].sum(axis=0) / each.sum(axis=0) > 0.5 for each in parts
        )
        lost_slopes = (np.abs(null) > 1e-8).any(axis=0)
        held |= own & bool((of_slopes & slopes & ~lost_slopes).any())
    return lost | held if linearised else lost


def _units_without(of: Disagreement) -> Any:
    """Return the unit of each of the people: of replicate weights those on which all are proportional."""
    if of.design.replicates is None:
        return of.people[of.unit].astype(str).to_numpy()
    sets = of.people[list(of.design.replicates["columns"])].div(of.people["own"], axis=0)
    return pd.factorize(sets.round(6).astype(str).agg(" ".join, axis=1))[0]


@dataclass(frozen=True)
class Reason:
    """Why two answers disagree and who is right, with the proof that these two do."""

    why: str
    proof: Callable[[Disagreement], bool]
    how: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()  # none: any
    refused: tuple[str, ...] = ()  # words of an error of diplab, where only R answers
    stops: str = ""  # words of an error of R, where only diplab answers

    def explains(self, of: Disagreement) -> bool:
        """Return whether this is why, by the proof."""
        if self.refused:
            said = of.how == "only R" and any(each in of.here for each in self.refused)
        elif self.stops:
            said = of.how == "only diplab" and self.stops in of.there["error"]
        else:
            said = of.how in self.how
        return said and of.question in (self.questions or [of.question]) and bool(self.proof(of))


MISSING, ERROR, POINT = "a number is missing", "error differs", "point differs"
EXPLAINED = [
    Reason(
        "no standard error here: the coefficient rests on one unit, where R gives one that is far too small",
        _rests_on_one_unit,
        how=("a number is missing",),
        questions=(*MODELS, "log-linear"),
    ),
    Reason(
        "no standard error here: a level of the standard lies in one unit, which R takes for known",
        _lone_cell_of_standard,
        how=("a number is missing",),
        questions=("standardised",),
    ),
    Reason(
        "refused by diplab: a test of coefficients that rest on one unit, where R gives one",
        _rests_on_one_unit,
        questions=("term",),
        refused=("no error to be tested by",),
    ),
    Reason(
        "refused by diplab: separation, where R stops at some finite value",
        _separated,
        questions=("binomial", "pseudo R2, dAIC", "poisson", "exposure", "prediction"),
        refused=("has no finite value", "have the same outcome", "does not converge"),
    ),
    Reason(
        "refused by diplab: an outcome that does not vary, or a term that follows from others",
        _not_estimable,
        questions=tuple(MODELS),
        refused=("have the same answer", "are not identified"),
    ),
    Reason(
        "refused by diplab: replicates in which a term follows from others, of which R keeps something",
        _not_estimable,
        questions=tuple(MODELS),
        refused=("behind them", "Under the weights of replicate"),
    ),
    Reason(
        "refused by diplab: nobody at a level of the standard, where R takes the levels that are left",
        _levels_left,
        questions=("standardised",),
        refused=("and the sample has no answers",),
    ),
    Reason(
        "refused by diplab: a term that events tell nothing or all of, whose coefficient in R is where it stopped",
        _no_event_tells,
        questions=("cox",),
        refused=("is constant within", "has no finite value"),
    ),
    Reason(
        "refused by diplab: no degrees of freedom are left, and R prints no p-value",
        _no_df,
        questions=("term", "t test", "rank test", "log-rank"),
        refused=("degrees of freedom to test", "too many for the"),
    ),
    Reason(
        "refused by diplab: a single unit of the second phase, which R's lonely rule does not look at",
        _lonely_in_second_phase,
        refused=("single unit of the second phase",),
    ),
    Reason(
        "refused by diplab: a group in one primary unit, of which R takes the spread for zero",
        _group_in_one_unit,
        questions=("t test", "rank test", "log-rank"),
        refused=("one shows no spread",),
    ),
    Reason(
        "refused by diplab: a factor of which one category is left; R leaves it out, or its coefficient runs off",
        _one_category,
        questions=(*MODELS, "log-linear", "t test", "rank test", "log-rank"),
        refused=("has one category among", "makes 1."),
    ),
    Reason(
        "R: nothing of a group with nobody, of which diplab says so",
        _other_groups,
        ("other numbers",),
        ("means by group",),
    ),
    Reason(
        "R: a coefficient without end of a category that nobody has, which diplab leaves out",
        _category_of_nobody,
        ("other numbers",),
        ("log-linear",),
    ),
    Reason(
        "an error of zero, as of what calibration fixes: the root of rounding in one, nothing in the other",
        _fixed,
        (MISSING,),
        ("log-linear",),
    ),
    Reason(
        "neither has a p-value, for want of degrees of freedom; R prints the statistic",
        _no_p_value,
        (MISSING,),
        ("rao_scott",),
    ),
    Reason(
        "both: quantile regressions with several solutions, and the same loss",
        _same_loss,
        (POINT,),
        ("quantile regression",),
    ),
    Reason(
        "R: the last survival beyond the last follow-up, where diplab has none",
        _beyond_follow_up,
        (MISSING,),
        ("kaplan-meier",),
    ),
    Reason(
        "R: nothing before the first time, where survival is 1",
        _before_follow_up,
        ("other numbers",),
        ("kaplan-meier",),
    ),
    Reason(
        "no error in diplab where replicates have no answer; R keeps where its fits stopped",
        _no_replicate_left,
        (MISSING, ERROR, POINT),
        ("poisson",),
    ),
    Reason(
        "R: `glm` stops short of the maximum, or a replicate of it has no answer; diplab has scores of zero",
        _at_maximum,
        (ERROR, POINT),
        ("gamma", "inverse gaussian"),
    ),
    Reason(
        "both: a perfect fit, whose errors are rounding",
        _perfect_fit,
        (MISSING, ERROR),
        ("gaussian", "binomial", "poisson", "gamma", "inverse gaussian", "exposure"),
    ),
    Reason(
        "R: weights of mean 1 over people without an answer or outside the domain too (decision 15)",
        _mean_of_all_weights,
        (ERROR,),
        ("pseudo R2, dAIC",),
    ),
    Reason(
        "diplab: a joint test of replicates is Hotelling's (decision 29)",
        _hotelling,
        (ERROR,),
        ("term",),
    ),
    Reason(
        "R: no error of a median where an end of Woodruff's interval is beyond the data",
        _woodruff_beyond,
        (MISSING,),
        ("median",),
    ),
    Reason(
        "R: `svychisq` has no statistic where nobody gave a category",
        _without_empty_category,
        (MISSING, ERROR),
        ("rao_scott",),
    ),
    Reason(
        "the logit of a share of 0 or 1, where diplab has an exact interval",
        _certain_share,
        (MISSING,),
        ("logit interval",),
    ),
    Reason(
        "people in one primary unit have no error in diplab, and one of zero (rounding) in R",
        _rounding_in_r,
        (MISSING,),
    ),
    Reason(
        "log odds of whom one primary unit has all events have no finite value without it, and no error in diplab",
        _events_of_one_unit,
        (MISSING,),
        ("binomial", "cox"),
    ),
    Reason(
        "R: no spread of the group that is in one primary unit, of whose difference diplab has no error",
        _of_other_group,
        (MISSING,),
        ("difference",),
    ),
    Reason(
        "R: the simple random sample of a domain of two phases has everyone of the second phase",
        _all_of_second_phase,
        (MISSING, ERROR),
        ("design effect",),
    ),
    Reason(
        "R: `svychisq` takes nu of all units in a subset that keeps its rows",
        _nu_of_rows_kept,
        (ERROR,),
        ("rao_scott",),
    ),
    Reason(
        "R: a group of `svystandardize` keeps the rows of others, whose units and strata count as its own",
        _units_of_everybody,
        (ERROR,),
        ("standardised",),
    ),
    Reason(
        "R stops: `svychisq` does not know two phases",
        lambda of: of.design.phases,
        questions=("rao_scott",),
        stops="object 'sex' not found",
    ),
    Reason(
        "R stops: `psrsq` starts the null model of replicates from the coefficients of the full one",
        lambda of: of.design.replicates is not None,
        questions=("pseudo R2, dAIC",),
        stops="length of 'start'",
    ),
    Reason(
        "R stops: `svyloglin` keeps a category that nobody has in a subset, or with a weight",
        _empty_category,
        questions=("log-linear",),
        stops="replacement has",
    ),
    Reason(
        "R stops: a replicate has nobody in a cell of the standard",
        _empty_cell_of_replicate,
        questions=("standardised",),
        stops="qr.default",
    ),
    Reason(
        "R stops: `glm` finds no start",
        by_its_words,
        questions=("poisson",),
        stops="no valid set of coefficients",
    ),
    Reason(
        "R stops: `glm` halves its steps in vain",
        by_its_words,
        questions=("inverse gaussian",),
        stops="cannot correct step size",
    ),
    Reason(
        "R stops: `svycoxph` cannot test all coefficients at once",
        by_its_words,
        questions=("cox",),
        stops="singular",
    ),
    Reason(
        "R stops: `AIC` wants a p-value too, and its saddlepoint is not found",
        by_its_words,
        questions=("pseudo R2, dAIC",),
        stops="uniroot",
    ),
]
"""Reasons in turn: the first that explains two answers is counted."""


def explanation(of: Disagreement) -> str:
    """Return why two answers disagree, and who is right; empty where nothing explains it."""
    return next((each.why for each in EXPLAINED if each.explains(of)), "")


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
# calibrations, unequal probabilities and two phases keep the rows that a subset leaves out, at a weight of zero. There,
# and where the data have such weights, `svyivreg` loses rows, `coxph` refuses or drops them, and `svystandardize` takes
# their cells for others, or replaces the calibration: the same estimators by their formulas, of rows with a weight
rows_of <- function(d) if (inherits(d, "twophase2")) d$phase1$sample$variables else d$variables
weight_of <- function(d) if (inherits(d, "twophase2")) 1/d$prob else weights(d, "sampling")
whole <- function(d) inherits(d, "svyrep.design") ||
  (!inherits(d, "twophase2") && is.null(d$postStrata) && identical(d$pps, FALSE) && all(weight_of(d) > 0))
weighted <- function(d) { x <- rows_of(d); x$own <- weight_of(d); x[x$own > 0, ] }
# of totals of what each row with a weight moves
errors_of <- function(moved, d) {
  all <- matrix(0, nrow(rows_of(d)), NCOL(moved)); all[weight_of(d) > 0, ] <- moved
  sqrt(diag(as.matrix(vcov(svytotal(all, d)))))
}
exact <- coxph.control(eps=1e-12, iter.max=50)
cox <- function(d) {
  if (whole(d)) { m <- svycoxph(Surv(z, b==1)~e+sex, d, control=exact); return(c(coef(m), SE(m))) }
  m <- coxph(Surv(z, b==1)~e+sex, weighted(d), weights=own, control=exact)
  c(coef(m), errors_of(residuals(m, "dfbeta", weighted=FALSE), d))
}
log_rank <- function(d) {
  if (whole(d)) return(svylogrank(Surv(z, b==1)~sex, d)[[2]][1])
  m <- coxph(Surv(z, b==1)~sex, weighted(d), weights=own, iter.max=0)
  score <- residuals(m, "score", weighted=FALSE)
  (sum(weighted(d)$own * score) / errors_of(score, d))^2
}
kaplan_meier <- function(d) {
  m <- if (whole(d)) svykm(Surv(z, b==1)~1, d) else survfit(Surv(z, b==1)~1, weighted(d), weights=own)
  m$surv[findInterval(c(2,4), m$time)]
}
standardised <- function(d) {
  if (whole(d)) {
    m <- svyby(~z, ~sex, svystandardize(d, by=~k, over=~sex, population=c(5,3,2)), svymean)
    return(c(coef(m), SE(m)))
  }
  x <- weighted(d); cell <- paste(x$sex, x$k)
  people <- ave(x$own, cell, FUN=sum); mean <- ave(x$own*x$z, cell, FUN=sum) / people
  share <- outer(x$sex, levels(droplevels(x$sex)), "==") * c(a=.5, b=.3, c=.2)[as.character(x$k)] / people
  left <- colSums(x$own * share)  # 1, but for cells with nobody
  c(colSums(x$own * share * mean) / left, errors_of(share * (x$z - mean), d) / left)
}
instrumented <- function(d) {
  if (whole(d)) { m <- svyivreg(y~z+sex|e+sex, d); return(c(coef(m), SE(m))) }
  rows <- rows_of(d); weight <- weight_of(d)
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
                {
                    "code": each.in_r,
                    "answered": each.answered if design.phases or each.name in COMPLETE else "",
                }
                for each in QUESTIONS
            ]
            specs.append(
                {
                    "file": f"{number}.csv",
                    "design": design.in_r,
                    "phases": design.phases,
                    "questions": questions,
                }
            )
        (place / "specs.json").write_text(json.dumps(specs), encoding="utf-8")
        (place / "ask.R").write_text(R_PROGRAM, encoding="utf-8")
        subprocess.run(["Rscript", "ask.R"], cwd=place, check=True)
        found: list[Any] = json.loads((place / "answers.json").read_text(encoding="utf-8"))
    return found


def asked_here(design: Drawn) -> dict[str, list[Any]]:
    """Return the answers of diplab, of the whole sample and of the domain; an error in its own words."""
    sample = design.sample()
    answers: dict[str, list[Any]] = {}
    for part, own in (("whole", sample), ("domain", sample.where("dom == 1"))):
        answers[part] = []
        for question in QUESTIONS:
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
    # of a perfect fit both errors are rounding
    far = (np.abs(numbers - there_numbers) > tolerance * scale) & (np.abs(numbers) < 1e9)
    if far.any():
        return "point differs" if far[: question.points].any() else "error differs"
    return "a number is missing" if (np.isnan(numbers) != np.isnan(there_numbers)).any() else "same"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
            for question, own, other in zip(QUESTIONS, here[part], of_r[part], strict=True):
                how = compared(question, own, other)
                counts[design.kind, question.name][how] += 1
                if how in ("same", "neither answers"):
                    continue
                why = explanation(Disagreement(design, question.name, part, how, own, other))
                (explained if why else unexplained)[
                    why or f"{design.kind} | {question.name} | {part} | {how}"
                ] += 1
                if (
                    options.show
                    and options.show in f"{design.kind} | {question.name} | {part} | {how}"
                    and not why
                ):
                    print(
                        design.kind,
                        design.seed,
                        question.name,
                        part,
                        how,
                        "\n  here ",
                        own,
                        "\n  there",
                        other,
                    )
    _print_table(counts)
    print("\nExplained:")
    for why, count in explained.most_common():
        print(f"{count:6}  {why}")
    print("\nNot explained:")
    for why, count in sorted(unexplained.items()):
        print(f"{count:6}  {why}")
    return 1 if unexplained else 0


RECORDED_DESIGNS = [
    *(
        (kind, seed)
        for kind in ("clusters", "elements", "stages", "zero", "unequal", "phases")
        for seed in (3,)
    ),
    *(("lonely", seed) for seed in range(4)),
    *(("calibrated", seed) for seed in range(2)),
    *(("replicates", seed) for seed in (0, 2, 3)),
]
"""One of each kind of design and policy, whose answers by R the tests hold."""


def _record() -> int:
    """Write the answers of R to the designs that the tests hold."""
    designs = [drawn(kind, seed) for kind, seed in RECORDED_DESIGNS]
    found = {
        f"{kind} {seed}": {
            "rows": len(design.frame),
            "weights": float(design.frame["w"].sum()),
            **of_r,
        }
        for (kind, seed), design, of_r in zip(
            RECORDED_DESIGNS, designs, asked_of_r(designs), strict=True
        )
    }
    RECORDED.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


def _print_table(counts: Mapping[tuple[str, str], Counter[str]]) -> None:
    kinds = list(dict.fromkeys(kind for kind, _ in counts))
    print(f"{'same of asked':24}", *(f"{each.name[:9]:>9}" for each in QUESTIONS))
    for kind in kinds:
        cells = [counts[kind, each.name] for each in QUESTIONS]
        print(
            f"{kind:24}",
            *(
                f"{each['same'] + each['neither answers']:>4}/{sum(each.values()):<4}"
                for each in cells
            ),
        )


if __name__ == "__main__":
    sys.exit(main())
