"""Figures and tables of our own: the experiment with its intervals, what the authors did not ask of their files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

import diplab as dl
from diplab import wording
from diplab.presentation.charts.curves import Mark
from diplab.presentation.charts.dots import Dot

from .answers import answers
from .ours import DISTRIBUTIONS, STATUS, our_findings
from .sharing import share_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.types import Estimates, Inputs, Language, PrintedTable

    from .ours import Found

    Labels = Mapping[str, Mapping[str, dl.Text]]

INCENTIVES = ("control", "altruism", "bonus-05", "bonus-20", "bonus-50")
SIZES = {"smallest": "at least", "largest": "at most"}
"""What households of “4+” may count, and the end of an answer that it gives."""


def figures(inputs: Inputs) -> dict[str, PrintedFigure]:
    found, labels, numbers = our_findings(inputs), _labels(inputs), _numbers(inputs)
    rows = {
        "employment": _employment_rows(found, labels),
        "poverty": _poverty_rows(found, labels),
        "three-answers": _answer_rows(found, labels),
    }
    dots = {
        name: dl.chart(
            each,
            "dots",
            percent=True,
            percent_signs=False,
            decimals=1,
            **inputs.caption(name, **numbers),
        )
        for name, each in rows.items()
    }
    experiment = dl.chart(
        _experiment_rows(inputs),
        "dots",
        percent=True,
        percent_signs=False,
        decimals=1,
        zero=False,
        **inputs.caption("experiment"),
    )
    curve = _curve(found, labels["label"], inputs.caption("multi-homing", **numbers))
    return {"experiment": experiment, **dots, "multi-homing": curve}


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    found, labels, numbers = our_findings(inputs), _labels(inputs), _numbers(inputs)
    codebook = found.codebook.described(
        "recruited", label=labels["label"]["recruited"], values=labels["recruited"]
    )
    statuses = {code: codebook[STATUS].values[code] for code in found.employment.frame["category"]}

    def made(estimates: Estimates, part: str) -> Callable[[Language], PrintedTable]:
        return partial(dl.table, estimates, labels=codebook, **inputs.caption(part, **numbers))

    def bounds(
        part: str, whats: Mapping[str, dl.Text], *bases: str
    ) -> Callable[[Language], PrintedTable]:
        caption = inputs.caption(part, **numbers)
        return partial(_bounds_table, found, labels, caption, whats, bases)

    interpolated = inputs.caption("poverty-interpolated", **numbers)
    return {
        "employment": made(found.employment, "employment-table"),
        "employment-bounds": bounds("employment-bounds", statuses, "screened", "prolific"),
        "second-platform": made(found.by_source, "second-platform"),
        "poverty": bounds("poverty-bounds", labels["line"], "income_told", "surveyed"),
        "poverty-interpolated": partial(_guess_table, found, labels, interpolated),
        "three-answers": made(found.below["2022"], "three-answers-table"),
    }


def _labels(inputs: Inputs) -> dict[str, dict[str, dl.Text]]:
    parts = ("line", "guess", "base", "recruited", "column", "guess_column", "answer", "label")
    return {part: inputs.words(part, **_numbers(inputs)) for part in parts}


def _numbers(inputs: Inputs) -> dict[str, dl.Text]:
    """Return the numbers that labels and notes read."""
    both, number = wording.both, wording.number
    found = our_findings(inputs)
    share, alone = (float(each.frame["estimate"].item()) for each in (found.pooled, found.prolific))
    equal = dl.population.multi_homing_curve(share, 1.0).item()
    factors = {"most": 1 + share, "alone": 1 + alone, "equal": equal}
    return {
        "line": both(number, found.median / 2),
        "share": both(wording.percent, alone),
        "largest": both(number, inputs.assumption("largest_household")),
        **{name: both(number, factor, decimals=3) for name, factor in factors.items()},
    }


def _experiment_rows(inputs: Inputs) -> tuple[Dot, ...]:
    """Return the share rate of each arm, in the order of what is offered, data shown or not."""
    rates = share_rates(inputs).frame.set_index(["incentive", "showdata"])
    labels = answers(inputs).codebook
    return tuple(
        Dot(
            labels["incentive"].values[incentive],
            *rates.loc[(incentive, shown), ["estimate", "ci_low", "ci_high"]],
            colour=labels["showdata"].values[shown],
        )
        for incentive in INCENTIVES
        for shown in ("True", "False")
    )


def _employment_rows(found: Found, labels: Labels) -> tuple[Dot, ...]:
    """Return each status where known (the table has intervals); then full time, whatever the unknown ones are."""
    statuses = found.codebook[STATUS].values
    known = [
        Dot(statuses[row["category"]], row["estimate"], group=labels["base"]["known"])
        for row in found.employment.frame.to_dict("records")
    ]
    wider = [
        _bounds(found, labels, "Full-Time", base, labels["label"]["wider"])
        for base in ("prolific", "screened")
    ]
    return (*known, *wider)


def _poverty_rows(found: Found, labels: Labels) -> tuple[Dot, ...]:
    rows = []
    for case in ("2022", "2023", "median"):
        label = labels["line"][case]
        rows.append(_bounds(found, labels, case, "income_told", label))
        guesses = _guesses(found.below[case])
        rows += [_point(guess, labels["guess"][how], label) for how, guess in guesses.items()]
        rows.append(_bounds(found, labels, case, "surveyed", label))
    return tuple(rows)


def _answer_rows(found: Found, labels: Labels) -> tuple[Dot, ...]:
    """Return the bounds, then each answer that supposes something, for either size of the households of “4+”."""
    low, high, _ = found.regions["2022", "income_told"]
    rows = [Dot(labels["answer"]["bounds"], low=low / 100, high=high / 100, bounds=True)]
    estimates = found.below["2022"].frame.set_index("category")
    for size, end in SIZES.items():
        rows += [
            _point(estimates.loc[f"{name}, {end}"], labels["answer"][name], labels["label"][size])
            for name in (*DISTRIBUTIONS, "interpolated", "imputed")
        ]
    return tuple(rows)


def _point(row: Mapping[str, float], label: dl.Text, group: dl.Text) -> Dot:
    return Dot(label, row["estimate"], row["ci_low"], row["ci_high"], group=group)


def _bounds(found: Found, labels: Labels, what: str, base: str, group: dl.Text) -> Dot:
    low, high, _ = found.regions[what, base]
    return Dot(labels["base"][base], low=low / 100, high=high / 100, group=group, bounds=True)


def _guesses(found: Estimates) -> dict[str, dict[str, float]]:
    """Return the interpolated shares: by the smallest and largest size of “4+”, or one where size has no part."""
    frame = found.frame[found.frame["category"].str.startswith("interpolated")]
    names = tuple(SIZES) if len(frame) > 1 else ("median",)
    return dict(zip(names, frame.to_dict("records"), strict=True))


def _curve(
    found: Found, labels: Mapping[str, dl.Text], caption: Mapping[str, Any]
) -> PrintedFigure:
    """Return the accounts a person over the sizes that MTurk may have: it holds at least those seen on it."""
    share = float(found.pooled.frame["estimate"].item())
    sizes = [share + step * (4 - share) / 200 for step in range(201)]
    curve = dl.population.multi_homing_curve(share, [*sizes, 1.0]).tolist()
    return dl.chart(
        tuple(zip(tuple(sizes), tuple(curve[:-1]), strict=True)),
        "sensitivity_curve",
        marks=(Mark(share, curve[0], labels["most"]), Mark(1.0, curve[-1], labels["equal"])),
        x_ends=(0.0, 4.0),
        y_ends=(1.0, 1.4),
        **caption,
    )


def _bounds_table(
    found: Found,
    labels: Labels,
    caption: Mapping[str, Any],
    whats: Mapping[str, dl.Text],
    bases: tuple[str, ...],
    language: Language,
) -> PrintedTable:
    rows = []
    for what, label in whats.items():
        for base in bases:
            low, high, outer = found.regions[what, base]
            shares = (wording.percent(end / 100, language, 1) for end in (low, high))
            around = wording.interval(*(end / 100 for end in outer), language, 1, percent=True)
            rows.append([label.in_(language), labels["base"][base].in_(language), *shares, around])
    return _laid_out(rows, labels["column"], caption, language)


def _guess_table(
    found: Found, labels: Labels, caption: Mapping[str, Any], language: Language
) -> PrintedTable:
    rows = []
    for case, label in labels["line"].items():
        for how, row in _guesses(found.below[case]).items():
            share = wording.percent(row["estimate"], language, 1)
            around = wording.interval(row["ci_low"], row["ci_high"], language, 1, percent=True)
            first = [label.in_(language), labels["guess"][how].in_(language)]
            rows.append([*first, share, around, wording.number(row["n"], language)])
    return _laid_out(rows, labels["guess_column"], caption, language)


def _laid_out(
    rows: list[list[str]],
    columns: Mapping[str, dl.Text],
    caption: Mapping[str, Any],
    language: Language,
) -> PrintedTable:
    heads = [head.in_(language) for head in columns.values()]
    align = dict.fromkeys(heads[2:], "right")
    return dl.table(pd.DataFrame(rows, columns=heads), language, align=align, **caption)
