"""How often true hypotheses are rejected, and intervals hold the truth, where few primary units tell.

    python benchmarks/few_units.py tables 2000
    python benchmarks/few_units.py groupings 380 7120

40 units of 10 respondents, whose answers are correlated by .5 within units. In `tables`, a row lies
in two, three or four of the units, of two or three rows; the columns have nothing to do with the
rows. Also the transpose, and tables of rows that lie in all units.

In `groupings`, the first group of a random grouping lies in one respondent or in one, two, three or
five units, of a design drawn with it (strata or none, weights that vary or not, calibrated or not);
every verb that compares groups answers, and what it answers is counted by number of units.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import diplab as dl
from diplab.errors import DiplabError

UNITS, EACH = 40, 10


def answers(draw: np.random.Generator, categories: int) -> Any:
    """Return a category for each respondent, alike within units."""
    unit = np.repeat(np.arange(UNITS), EACH)
    y = draw.normal(size=UNITS)[unit] + draw.normal(size=unit.size)
    return np.digitize(y, [0.0] if categories == 2 else [-0.6, 0.6])


def tables(draws: int, df: str = "effective") -> None:
    """Print how often tests of independence reject at 5%, and how often they have no value or a flag."""
    for size in (2, 3):
        for few in (2, 3, 4):
            counted = {"rejected": 0, "no value": 0, "flagged": 0}
            for seed in range(draws):
                draw = np.random.default_rng((seed, size, few or 0))
                unit = np.repeat(np.arange(UNITS), EACH)
                others = draw.choice(["a", "b"][: size - 1], unit.size)
                z = (
                    np.where(unit < few, "z", others)
                    if few
                    else draw.choice(["a", "b", "z"][:size], unit.size)
                )
                frame = pd.DataFrame({"unit": unit, "y": answers(draw, size), "z": z})
                names = ("z", "y") if seed % 2 else ("y", "z")
                try:
                    test = dl.crosstab(dl.declare_design(frame, psu="unit"), *names, df=df).test
                except DiplabError:
                    counted["no value"] += 1
                    continue
                counted["no value"] += np.isnan(test.p_value)
                counted["rejected"] += test.p_value < 0.05
                counted["flagged"] += bool(test.flag)
            print(
                f"{size} x {size}, {few or 'all'} units:",
                *(f"{k} {100 * v / draws:.1f}" for k, v in counted.items()),
                flush=True,
            )


UNITS_OF_GROUP = ("respondent", 1, 2, 3, 5)


def grouping(seed: int) -> tuple[str | int, pd.DataFrame, Any]:
    """Return in how many units the first group lies, people of no difference between groups, and their sample."""
    draw = np.random.default_rng(seed)
    few = UNITS_OF_GROUP[seed % len(UNITS_OF_GROUP)]
    units, each = int(draw.choice([20, 40])), int(draw.integers(6, 15))
    unit = draw.permutation(units).repeat(each)
    y = draw.normal(0, draw.choice([0.3, 0.7]), units)[unit] + draw.normal(size=unit.size)
    others = draw.choice(["b", "c", "d", "e"][: draw.integers(1, 5)], unit.size)
    inside = np.arange(unit.size) == 0 if few == "respondent" else unit < few
    told = {"unit": unit, "h": unit % 5, "y": y, "z": np.where(inside, "a", others)}
    told |= {"yes": (y > 0) * 1, "order": np.digitize(y, [-0.7, 0.7]), "event": 1}
    told |= {"time": np.exp(y).round(4) + 0.01, "x": draw.normal(size=unit.size)}
    spread = draw.choice([0.0, 0.4])
    frame = pd.DataFrame(
        {
            **told,
            "w": draw.lognormal(0, spread, unit.size),
            "sex": draw.choice(["f", "m"], unit.size),
        }
    )
    options: dict[str, Any] = {"weights": "w"}
    if few != "respondent" or draw.random() < 0.5:
        options["psu"] = "unit"
    if draw.random() < 0.5:
        options["strata"] = "h"
    sample = dl.declare_design(frame, **options)
    if draw.random() < 0.5:
        sample = dl.calibrate(sample, {"sex": {"f": 5000.0, "m": 5000.0}})
    return few, frame, sample


def asked_of(frame: pd.DataFrame, sample: Any) -> dict[str, Callable[[], Any]]:
    """Return by verb what it says of the first group and another, or of all."""
    other = frame["z"].max()
    equal = {"x2": {"p": 1, "q": 1}}
    wide = sample.with_columns(x2=np.where(frame["x"] > 0, "p", "q"))
    two = sample.where(f"z in ['a', '{other}']")

    def pair(found: Any) -> Any:
        return dl.contrast(found, {"z": (other, "a")})

    def model(family: str, outcome: str, **options: Any) -> Callable[[], Any]:
        return lambda: dl.regress(sample, f"{outcome} ~ z + x", family=family, **options)

    person = {"z": ["a"], "x": [0.0]}
    return {
        "regress": model("gaussian", "y"),
        "regress, Bell-McCaffrey": model("gaussian", "y", variance="bell_mccaffrey"),
        "regress, df design": model("gaussian", "y", df="design"),
        "binomial": model("binomial", "yes"),
        "poisson": model("poisson", "order"),
        "ordinal": model("ordinal", "order"),
        "multinomial": model("multinomial", "order"),
        "quantile": model("quantile", "y"),
        "cox": lambda: dl.survival.cox(sample, "z + x", time="time", event="event"),
        "effect_ratios": lambda: dl.effect_ratios(model("binomial", "yes")()),
        "log_linear": lambda: dl.log_linear(sample, "~ z * yes"),
        "marginal_effects": lambda: dl.marginal_effects(model("gaussian", "y")(), "z"),
        "predicted_margins": lambda: dl.predicted_margins(model("gaussian", "y")(), "z"),
        "predict": lambda: dl.predict(model("gaussian", "y")(), pd.DataFrame(person)),
        "term_test": lambda: dl.term_test(model("gaussian", "y")(), "z"),
        "term_test of logit": lambda: dl.term_test(model("binomial", "yes")(), "z"),
        "wald_test": lambda: dl.wald_test(
            dl.contrast(dl.estimate(sample, dl.mean("y"), by="z"), pairwise="holm")
        ),
        "estimate": lambda: dl.estimate(sample, dl.mean("y"), by="z"),
        "contrast": lambda: pair(dl.estimate(sample, dl.mean("y"), by="z")),
        "contrast of medians": lambda: pair(dl.estimate(sample, dl.median("y"), by="z")),
        "contrast of shares": lambda: pair(dl.estimate(sample, dl.share("yes == 1"), by="z")),
        "standardise": lambda: pair(dl.standardise(wide, dl.mean("y"), equal, by="z")),
        "standardise, z": lambda: dl.standardise(
            sample, dl.mean("y"), {"z": dict.fromkeys(sorted(set(frame["z"])), 1)}
        ),
        "crosstab": lambda: dl.crosstab(sample, "z", "yes").test,
        "odds ratio": lambda: dl.crosstab(two, "z", "yes").association.rows([2]),
        "gender_pay_gap": lambda: dl.estimate(sample, dl.gender_pay_gap("time", "z == 'a'")),
        "t_test": lambda: dl.t_test(two, "y", "z"),
        "rank_test": lambda: dl.rank_test(sample, "y", "z"),
        "log_rank": lambda: dl.survival.log_rank(sample, "time", "event", "z"),
        "summary": lambda: dl.summary(sample, ["y"], by="z"),
    }


def answer_of(found: Any, frame: pd.DataFrame) -> tuple[float, str]:
    """Return the p-value that an answer gives of the first group (0 where its interval misses 0), and its flag."""
    if hasattr(found, "p_values"):
        return found.p_values.get("y", np.nan), found.tests["y"].flag if "y" in found.tests else ""
    if not hasattr(found, "frame"):
        return found.p_value, found.flag
    rows = found.frame
    names = {"a", frame["z"].max(), f"{frame['z'].max()}:1", f"{frame['z'].max()}, 0"}
    own = rows[rows["category"].astype(str).isin(names)] if len(rows) > 1 else rows
    own = own if len(own) else rows
    row = own.iloc[-1 if "z:yes" in set(own["variable"]) else 0]
    if "p_value" in rows:
        return float(row["p_value"]), row["flag"]
    if np.isnan(row["ci_low"]):
        return np.nan, row["flag"]
    return 0.5 if row["ci_low"] <= 0 <= row["ci_high"] else 0.0, row["flag"]


def groupings(draws: int, first: int | str = 0) -> None:
    """Print by verb and number of units how many answers are given, rejected and flagged, and what breaks the rules."""
    counted: dict[tuple[str, Any], list[int]] = {}
    for seed in range(int(first), int(first) + draws):
        few, frame, sample = grouping(seed)
        for name, ask in asked_of(frame, sample).items():
            try:
                p, flag = answer_of(ask(), frame)
            except DiplabError as error:
                p, flag = np.nan, str(error)
            row = counted.setdefault((name, few), [0, 0, 0, 0, 0])
            known = np.isfinite(p)
            row[0] += 1
            row[1] += known
            row[2] += known and p < 0.05
            row[3] += bool(known and p < 0.05 and not flag)
            row[4] += bool(known and flag)
            if known and few in ("respondent", 1) and "one respondent" not in flag:
                print("GIVEN", seed, few, name, p, flag, flush=True)
    columns = ["draws", "given", "rejected", "of them without flag", "flagged"]
    table = pd.DataFrame.from_dict(counted, orient="index", columns=columns)
    print(table.to_string())
    for few in UNITS_OF_GROUP:
        own = table.loc[[place for place in table.index if place[1] == few]].sum()
        print(few, *(f"{name} {number}" for name, number in own.items()))


PARTS: dict[str, Callable[..., None]] = {"tables": tables, "groupings": groupings}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    PARTS[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
