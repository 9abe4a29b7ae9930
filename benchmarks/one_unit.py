"""Attack on decision 38: each unit of random designs is left out in turn, and the answers of all verbs are compared.

    python benchmarks/one_unit.py 500          # designs
    python benchmarks/one_unit.py --reject 200 # rejections of true hypotheses, a group in one, two,
    four units

A coefficient should have a standard error if, and only if, it is estimable without any one unit; so
should predictions and margins, a difference of two groups, a test. Estimability is found by the
singular values of the columns of the model, made here, of the rows that are left.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog

import diplab as dl
from diplab.errors import DiplabError

FORMULAS = ("z", "z + x", "z * x", "z + g", "z * g", "g + x", "g + C(unit) + x", "z + g + z:x")
MODELS: dict[str, Callable[[Any, str], Any]] = {
    "gaussian": lambda s, f: dl.regress(s, f"y ~ {f}"),
    "bell_mccaffrey": lambda s, f: dl.regress(s, f"y ~ {f}", variance="bell_mccaffrey"),
    "binomial": lambda s, f: dl.regress(s, f"yes ~ {f}", family="binomial"),
    "poisson": lambda s, f: dl.regress(s, f"order ~ {f}", family="poisson"),
    "ordinal": lambda s, f: dl.regress(s, f"order ~ {f}", family="ordinal"),
    "multinomial": lambda s, f: dl.regress(s, f"order ~ {f}", family="multinomial"),
    "quantile": lambda s, f: dl.regress(s, f"y ~ {f}", family="quantile"),
    "cox": lambda s, f: dl.survival.cox(s, f, time="time", event="event"),
}


def drawn(seed: int) -> tuple[pd.DataFrame, Any, Any]:
    """Return people, their sample, and the unit of each that may be left out."""
    draw = np.random.default_rng(seed)
    units, size = int(draw.integers(6, 16)), int(draw.integers(3, 9))
    unit = np.repeat(np.arange(units), size)
    y = draw.normal(size=units)[unit] + draw.normal(size=unit.size)
    order = draw.permutation(units)
    count = int(draw.integers(1, 4))
    others = draw.choice(["b", "c"], unit.size)
    z = np.where(np.isin(unit, order[:count]), draw.choice(["A", "z"]), others).astype(object)
    g = draw.choice(["p", "q"], unit.size)
    g[np.isin(unit, order[3 : 4 + draw.integers(2)])] = "r" if draw.random() < 0.5 else "p"
    if draw.random() < 0.3:
        z[draw.integers(unit.size)] = "one"
    told = {"unit": unit, "y": y, "z": z, "g": g, "x": draw.normal(size=unit.size).round(2)}
    told |= {
        "yes": (y > 0) * 1,
        "order": np.digitize(y, [-0.7, 0.7]),
        "time": np.exp(y).round(4) + 0.01,
        "event": 1,
    }
    frame = pd.DataFrame(
        {"w": draw.uniform(1, 4, unit.size).round(3), "h": unit % 2, "N": 1.0, **told}
    )
    kind = draw.choice(["elements", "clusters", "strata", "certainty", "file", "made"])
    options: dict[str, Any] = {"weights": "w"}
    code = np.arange(unit.size)
    if kind != "elements":
        options["psu"], code = "unit", unit
    if kind in ("strata", "certainty"):
        options["strata"] = "h"
    if kind == "certainty":
        # one stratum taken whole, with respondents drawn within its units
        frame = frame.assign(i=np.arange(len(frame)), N=np.where(frame["h"] == 0, 1.0, 0.2), M=0.1)
        options |= {"psu": ["unit", "i"], "fpc": ["N", "M"]}
        code = np.where(frame["h"] == 0, 1000 + frame["i"], unit)
    if kind == "file":
        for place in range(units):
            frame[f"r{place}"] = frame["w"] * np.where(unit == place, 0.0, units / (units - 1))
        del options["psu"]
        names = [f"r{place}" for place in range(units)]
        options["replicates"] = dl.replicates(names, kind="jk1", combined=True)
    sample = dl.declare_design(frame, **options)
    return frame, dl.make_replicates(sample, "jkn") if kind == "made" else sample, code


def columns_of(frame: pd.DataFrame, formula: str) -> pd.DataFrame:
    """Return the columns of a model, treatment coded, by variable and category."""
    found = {("intercept", ""): np.ones(len(frame))}
    parts = formula.split(" * ")
    terms = [*parts, ":".join(parts)] if len(parts) == 2 else formula.split(" + ")
    for term in terms:
        made: dict[str, Any] = {"": np.ones(len(frame))}
        for name in term.split(":"):
            values = frame[name.removeprefix("C(").removesuffix(")")]
            if name == "x":
                made = {label: column * values for label, column in made.items()}
                continue
            # slopes of every category, where none is for all
            levels = sorted(values.unique())[0 if "x" in term and "x" not in terms else 1 :]
            made = {
                f"{label}:{level}".strip(":"): column * (values == level)
                for level in levels
                for label, column in made.items()
            }
        variable = term.removeprefix("C(").removesuffix(")")
        found |= {
            (variable, label): np.asarray(column, dtype=float) for label, column in made.items()
        }
    return pd.DataFrame(found)


def lost_without(x: Any, code: Any) -> Iterator[Any]:
    """Yield the null vectors of the columns without each unit."""
    scale = np.sqrt((x**2).mean(axis=0))
    for each in np.unique(code[code >= 0]):
        _, size, vectors = np.linalg.svd(x[code != each] / scale)
        yield from vectors[np.count_nonzero(size > 1e-9 * size[0]) :] / scale


def without_end(name: str, frame: pd.DataFrame, x: Any, code: Any, at: int) -> bool:
    """Return whether a parameter can go on for ever where some unit is left out, by linear programming."""
    for each in np.unique(code[code >= 0]):
        left = code != each
        least = steps(name, frame[left], x[left])
        for way in (1.0, -1.0):
            goal = np.zeros(least.shape[1])
            goal[at] = -way
            found = linprog(
                goal, A_ub=-least, b_ub=np.zeros(len(least)), bounds=(-1, 1), method="highs"
            )
            if found.fun < -1e-7:
                return True
    return False


def steps(name: str, frame: pd.DataFrame, x: Any) -> Any:
    """Return what must not fall along parameters for the likelihood not to, a line for each answer and other one."""
    yes, order = frame["yes"].to_numpy(), frame["order"].to_numpy()
    if name == "binomial":
        return np.where(yes[:, None] == 1, x, -x)
    if name == "poisson":
        return np.concatenate([x[order > 0], -x])
    if name == "cox":
        time = frame["time"].to_numpy()
        apart = [x[own] - x[time >= time[own]] for own in range(len(x))]
        return np.concatenate(apart)
    if name == "ordinal":
        cuts = np.eye(2)
        above = [
            [*x[own, 1:], *-cuts[answer - 1]] for own, answer in enumerate(order) if answer > 0
        ]
        return np.array(
            above
            + [[*-x[own, 1:], *cuts[answer]] for own, answer in enumerate(order) if answer < 2]
        )
    lines = []
    for own, answer in zip(x, order, strict=True):
        of = np.stack([np.kron(np.eye(3)[each, 1:], own) for each in range(3)])
        lines += [of[answer] - of[other] for other in range(3) if other != answer]
    return np.array(lines)


def dominated(x: Any, weight: Any, code: Any, lost: Any) -> Any:
    """Return the coefficients that one unit dominates, where a slope or a group that it has most of is behind."""
    inverse = np.linalg.inv((x.T * weight) @ x)
    parts = (x @ inverse) ** 2 * weight[:, None]
    slopes = np.array([len(np.unique(column)) > 2 for column in x.T]) & ~lost
    groups = ~slopes & (np.arange(x.shape[1]) > 0) & ~lost
    found = np.zeros(x.shape[1], dtype=bool)
    held = held_sides((x @ inverse) * weight[:, None], code)
    for each in np.unique(code[code >= 0]):
        share = parts[code == each].sum(axis=0) / parts.sum(axis=0)
        if (share[slopes] > 0.5).any() or (share[groups] > 0.75).any():
            found |= share > 0.5
        if held[each][groups].any():
            found |= held[each]
    return found & ~lost


OF_EVENTS = ("binomial", "poisson", "ordinal", "multinomial", "cox")

# what compares means by linearised errors, of which a unit that holds most of a group takes too
# much
OF_MEANS = (
    "contrast", "contrast of medians", "contrast of ratios", "expression",
    "t_test", "rank_test", "log_rank", "slope", "term_test", "marginal effect", "summary",
)  # fmt: skip


def held_sides(pull: Any, code: Any) -> dict[int, Any]:
    """Return by unit in which columns it has three quarters of what lies above, or below: of a group, its weight."""
    held = {int(each): np.zeros(pull.shape[1], dtype=bool) for each in np.unique(code[code >= 0])}
    for side in (np.maximum(pull, 0.0), np.maximum(-pull, 0.0)):
        whole = np.maximum(side.sum(axis=0), 1e-300)
        by_unit = {each: side[code == each].sum(axis=0) / whole for each in held}
        for each, share in by_unit.items():
            held[each] |= share > 0.75 + 1e-9
    return held


def judged(seed: int, counted: Counter[str]) -> None:
    """Compare the answers of all verbs about one design with what deleting its units says."""
    frame, sample, code = drawn(seed)
    formula = FORMULAS[seed % len(FORMULAS)]
    x = columns_of(frame, formula)
    if np.linalg.matrix_rank(x.to_numpy()) < x.shape[1]:
        counted["collinear"] += 1
        return
    null = np.array([*lost_without(x.to_numpy(), code)]).reshape(-1, x.shape[1])
    lost = (np.abs(null) > 1e-7).any(axis=0)
    weight = frame["w"].to_numpy()
    heavy = (
        dominated(x.to_numpy(), weight, code, lost) if sample.replication is None else lost & False
    )
    names = [*x.columns]
    for name, model in MODELS.items():
        try:
            fit = model(sample, formula)
        except DiplabError:
            counted[f"{name}: refused"] += 1
            continue
        own = fit.frame[fit.frame["statistic"] == "coefficient"]
        if "C(unit)" in formula and fit.fitted.replicates is not None:
            # each replicate lacks a dummy, and is left out: nothing is left to vary
            counted[f"{name}: replicates left out"] += 1
            continue
        for place, (_, row) in enumerate(own.iterrows()):
            at = names.index((row["variable"], str(row["category"])))
            expected = lost[at] or (heavy[at] and name != "bell_mccaffrey")
            wrong = np.isnan(row["std_error"]) != expected
            if wrong and not expected and name in OF_EVENTS:
                # its events may all be of one unit
                own_place = at if name == "cox" else place
                wrong = not without_end(name, frame, x.to_numpy(), code, own_place)
            counted[f"{name}: {'WRONG' if wrong else 'right'}"] += 1
            if wrong:
                print(seed, name, formula, row["variable"], row["category"], row["flag"], expected)
        if name == "gaussian":
            margins(seed, fit, frame, x, (null, heavy), counted)
    groups(seed, frame, sample, code, counted)


def margins(
    seed: int, fit: Any, frame: pd.DataFrame, x: pd.DataFrame, known: Any, counted: Counter[str]
) -> None:
    """Compare predictions and marginal effects of a category, which are sums of coefficients."""
    null, heavy = known
    if heavy.any() or not fit.formula.endswith(("~ z", "~ z + g", "~ z * g")):
        return
    for place in range(0, len(frame), 7):
        person = frame.iloc[[place]]
        line = x.iloc[place].to_numpy()
        found = dl.predict(fit, person[[each for each in ("z", "g") if each in fit.formula]])
        expected = bool((np.abs(null @ line) > 1e-7).any())
        wrong = np.isnan(found.frame["std_error"].item()) != expected
        counted[f"prediction: {'WRONG' if wrong else 'right'}"] += 1
        if wrong:
            print(seed, "prediction", fit.formula, place, expected)


def groups(seed: int, frame: pd.DataFrame, sample: Any, code: Any, counted: Counter[str]) -> None:
    """Compare what verbs say of two groups of `z`."""
    # the group in fewest units beside the one in most, as models sort them
    by_units = sorted(frame["z"].unique(), key=lambda level: len(set(code[frame["z"] == level])))
    levels = sorted([by_units[0], by_units[-1]])
    pair = frame["z"].isin(levels)
    of_units = [len(set(code[frame["z"] == level])) for level in levels]
    expected = min(of_units) < 2
    answers = min(len(set(code[pair & (frame["yes"] == each)])) for each in (0, 1)) < 2
    two = sample.where(f"z in ['{levels[0]}', '{levels[1]}']")
    means = dl.estimate(two, dl.mean("y"), by="z")
    if frame["yes"][pair].nunique() < 2:
        return
    equal = {"z": dict.fromkeys(levels, 1)}
    members = np.stack([frame["w"] * (frame["z"] == level) for level in levels], axis=1)
    heavy = sample.replication is None and any(
        unit.any() for unit in held_sides(members, code).values()
    )

    def of_two(statistic: Any) -> Any:
        return dl.contrast(dl.estimate(two, statistic, by="z"), {"z": tuple(levels)})

    asked: dict[str, Callable[[], float]] = {
        "contrast": lambda: dl.contrast(means, {"z": tuple(levels)}).frame["p_value"][0],
        "contrast of medians": lambda: of_two(dl.median("y")).frame["p_value"][0],
        "contrast of ratios": lambda: of_two(dl.ratio("y", "time")).frame["p_value"][0],
        "expression": lambda: dl.contrast(means, f"`{levels[0]}` - `{levels[1]}`").frame["p_value"][
            0
        ],
        "t_test": lambda: dl.t_test(two, "y", "z").p_value,
        "rank_test": lambda: dl.rank_test(two, "y", "z").p_value,
        "log_rank": lambda: dl.survival.log_rank(two, "time", "event", "z").p_value,
        "slope": lambda: dl.regress(two, "y ~ z").frame["p_value"].iloc[1],
        "term_test": lambda: dl.term_test(dl.regress(two, "y ~ z"), "z").p_value,
        "marginal effect": lambda: dl.marginal_effects(dl.regress(two, "y ~ z")).frame["p_value"][
            0
        ],
        "summary": lambda: dl.summary(two, ["y"], by="z").p_values.get("y", np.nan),
        "summary of shares": lambda: dl.summary(two, ["yes"], by="z").p_values.get("yes", np.nan),
        "standardise": lambda: dl.standardise(two, dl.mean("y"), equal).frame["std_error"][0],
        "log_linear": lambda: dl.log_linear(two, "~ z + yes").frame["p_value"].iloc[0],
    }
    lone = [level for level, count in zip(levels, of_units, strict=True) if count < 2]
    single = all((frame["z"] == level).sum() == 1 for level in lone) and not sample.design.psu
    if not single:
        asked["crosstab"] = lambda: dl.crosstab(two, "z", "yes").test.p_value
    for name, value in asked.items():
        try:
            missing, why = bool(np.isnan(value())), ""
        except DiplabError as error:
            missing, why = True, str(error)
            if "degrees of freedom" in why or "finite value" in why or "sampling variance" in why:
                counted[f"{name}: refused otherwise"] += 1
                continue
        if missing and heavy and name in OF_MEANS:
            counted[f"{name}: a heavy unit"] += 1
            continue
        if (
            missing
            and not expected
            and dl.regress(two, "y ~ z").frame["flag"].iloc[1] == "no degrees of freedom"
        ):
            counted[f"{name}: refused otherwise"] += 1
            continue
        # a table has answers in its columns too
        of_table = name in ("crosstab", "summary of shares") and answers
        wrong = missing != (expected or of_table)
        counted[f"{name}: {'WRONG' if wrong else 'right'}"] += 1
        counted[f"{name}: {'withheld' if missing else 'given'}"] += 1
        if wrong:
            print(seed, name, levels, of_units, expected, why)


def rejections(draws: int) -> pd.DataFrame:
    """Return how often true hypotheses are rejected at 5%: 40 units of 10, correlated by .5, a group in some units."""
    found = []
    for group in (1, 2, 3, 4):
        counts: Counter[str] = Counter()
        for seed in range(draws):
            draw = np.random.default_rng(seed)
            unit = np.repeat(np.arange(40), 10)
            y = draw.normal(size=40)[unit] + draw.normal(size=400)
            told = {
                "unit": unit,
                "y": y,
                "yes": (y > 0) * 1,
                "order": np.digitize(y, [-1, 1]),
                "event": 1,
            }
            frame = pd.DataFrame({**told, "time": np.exp(y), "z": np.where(unit < group, "z", "a")})
            sample = dl.declare_design(frame, psu="unit")
            for name, model in {**MODELS, "crosstab": _crosstab, "term": _term}.items():
                try:
                    answer = model(sample, "z")
                except DiplabError:
                    continue
                p = answer.p_value if hasattr(answer, "p_value") else answer.frame["p_value"]
                last = np.atleast_1d(np.asarray(p, dtype=float))
                own = last[-1] if name in ("crosstab", "term") else _of_group(answer)
                counts[name] += int(own < 0.05)
        found.append(
            {
                "units": group,
                **{name: counts[name] / draws for name in (*MODELS, "crosstab", "term")},
            }
        )
        print(found[-1], flush=True)
    return pd.DataFrame(found)


def _of_group(fit: Any) -> float:
    frame = fit.frame
    return float(frame["p_value"][(frame["variable"] == "z") & (frame["category"] == "z")].iloc[0])


def _crosstab(sample: Any, _: str) -> Any:
    return dl.crosstab(sample, "z", "yes").test


def _term(sample: Any, _: str) -> Any:
    return dl.term_test(dl.regress(sample, "y ~ z"), "z")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--reject"]:
        rejections(int(sys.argv[2]))
    else:
        start, total = (0, *map(int, sys.argv[1:]))[-2:]
        counted: Counter[str] = Counter()
        for seed in range(start, start + total):
            judged(seed, counted)
        for name, count in sorted(counted.items()):
            print(f"{name:35} {count}")
