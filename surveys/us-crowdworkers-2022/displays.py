"""Figures and tables of our own: the experiment with its intervals, what the authors did not ask of their files."""

from __future__ import annotations

import tomllib
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

import diplab as dl
from diplab.presentation.charts.curve import Curve, Mark
from diplab.presentation.charts.dots import Dot, Dots

from .answers import answers
from .ours import DISTRIBUTIONS, STATUS, our_findings
from .sharing import share_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from diplab.types import Estimates, Inputs, Language, PrintedTable

    from .ours import Found

INCENTIVES = ("control", "altruism", "bonus-05", "bonus-20", "bonus-50")
SIZES = {"smallest": "at least", "largest": "at most"}
"""What households of “4+” may count, and the end of an answer that it gives."""


def figures(inputs: Inputs) -> dict[str, Dots | Curve]:
    found, words = our_findings(inputs), _words(inputs)
    rows = {
        "employment": _employment_rows(found, words),
        "poverty": _poverty_rows(found, words),
        "three-answers": _answer_rows(found, words),
    }
    remarks = {"poverty": (words["said"]["indicative"], words["poverty"]["left_out"])}
    dots = {
        name: Dots(rows=each, percent=True, decimals=1, **_around(words, name, *remarks.get(name, ())))
        for name, each in rows.items()
    }
    experiment = Dots(
        rows=_experiment_rows(inputs), percent=True, decimals=1, zero=False, **_around(words, "experiment")
    )
    return {"experiment": experiment, **dots, "multi-homing": _curve(found, words)}


def tables(inputs: Inputs) -> dict[str, Callable[[Language], PrintedTable]]:
    found, words = our_findings(inputs), _words(inputs)
    codebook = found.codebook.described(
        "recruited", label=words["said"]["recruited"], values=words["recruited"]
    )
    statuses = {code: codebook[STATUS].values[code] for code in found.employment.frame["category"]}

    def made(estimates: Estimates, part: str, title: str) -> Callable[[Language], PrintedTable]:
        notes = _notes(words, part, reading=f"reading_{title}")
        return partial(dl.table, estimates, title=words[part][title], notes=notes, labels=codebook)

    bounds = partial(partial, _bounds_table, found, words)
    return {
        "employment": made(found.employment, "employment", "table"),
        "employment-bounds": bounds("employment", statuses, ("screened", "prolific")),
        "second-platform": made(found.by_source, "multi-homing", "table"),
        "poverty": bounds("poverty", words["line"], ("income_told", "surveyed")),
        "poverty-interpolated": partial(_guess_table, found, words),
        "three-answers": made(found.below["2022"], "three-answers", "table"),
    }


def _words(inputs: Inputs) -> dict[str, dict[str, dl.Text]]:
    """Return the words of `words.toml`, with the numbers in them."""
    found = our_findings(inputs)
    share, alone = (float(each.frame["estimate"].item()) for each in (found.pooled, found.prolific))
    equal = dl.population.multi_homing_curve(share, 1.0).item()
    factors = {"most": 1 + share, "alone": 1 + alone, "equal": equal}

    def said(text: str, language: Language) -> str:
        return text.format(
            line=dl.wording.number(found.median / 2, language),
            share=dl.wording.percent(alone, language, 1),
            largest=dl.wording.number(inputs.assumption("largest_household"), language),
            **{name: dl.wording.number(factor, language, 3) for name, factor in factors.items()},
        )

    content = tomllib.loads((inputs.study.folder / "words.toml").read_text(encoding="utf-8"))
    return {
        part: {name: dl.Text(said(each["fr"], "fr"), said(each["en"], "en")) for name, each in texts.items()}
        for part, texts in content.items()
    }


def _notes(words: Any, part: str, *remarks: dl.Text, reading: str = "reading") -> dl.Notes:
    own = words[part]
    notes = [*remarks, own["note"]]
    return dl.Notes(
        reading=own[reading],
        coverage=own["coverage"],
        source=own.get("source", words["said"]["source"]),
        note=dl.Text(" ".join(each.fr for each in notes), " ".join(each.en for each in notes)),
    )


def _around(words: Any, part: str, *remarks: dl.Text) -> dict[str, Any]:
    own = words[part]
    axes = {name: own[name] for name in ("axis", "x_axis", "y_axis") if name in own}
    return {"title": own["title"], "notes": _notes(words, part, *remarks), "alt": own["alt"], **axes}


def _experiment_rows(inputs: Inputs) -> tuple[Dot, ...]:
    """Return the share rate of each arm, in the order of what is offered, data shown or not."""
    rates = share_rates(inputs).frame.set_index(["incentive", "showdata"])
    labels = answers(inputs).codebook
    return tuple(
        _point(
            rates.loc[incentive, shown],
            labels["showdata"].values[shown],
            labels["incentive"].values[incentive],
        )
        for incentive in INCENTIVES
        for shown in ("True", "False")
    )


def _employment_rows(found: Found, words: Any) -> tuple[Dot, ...]:
    """Return each status where known (the table has intervals); then full time, whatever the unknown ones are."""
    labels = found.codebook[STATUS].values
    known = [
        Dot(labels[row["category"]], row["estimate"], group=words["base"]["known"])
        for row in found.employment.frame.to_dict("records")
    ]
    wider = [
        _bounds(found, words, "Full-Time", base, words["employment"]["wider"])
        for base in ("prolific", "screened")
    ]
    return (*known, *wider)


def _poverty_rows(found: Found, words: Any) -> tuple[Dot, ...]:
    rows = []
    for case in ("2022", "2023", "median"):
        label = words["line"][case]
        rows.append(_bounds(found, words, case, "income_told", label))
        guesses = _guesses(found.below[case])
        rows += [_point(guess, words["guess"][how], label) for how, guess in guesses.items()]
        rows.append(_bounds(found, words, case, "surveyed", label))
    return tuple(rows)


def _answer_rows(found: Found, words: Any) -> tuple[Dot, ...]:
    """Return the bounds, then each answer that supposes something, for either size of the households of “4+”."""
    low, high, _ = found.regions["2022", "income_told"]
    rows = [Dot(words["answer"]["bounds"], low=low / 100, high=high / 100, bounds=True)]
    estimates = found.below["2022"].frame.set_index("category")
    for size, end in SIZES.items():
        rows += [
            _point(estimates.loc[f"{name}, {end}"], words["answer"][name], words["three-answers"][size])
            for name in (*DISTRIBUTIONS, "interpolated", "imputed")
        ]
    return tuple(rows)


def _point(row: Mapping[str, float], label: dl.Text, group: dl.Text) -> Dot:
    return Dot(label, row["estimate"], row["ci_low"], row["ci_high"], group=group)


def _bounds(found: Found, words: Any, what: str, base: str, group: dl.Text) -> Dot:
    low, high, _ = found.regions[what, base]
    return Dot(words["base"][base], low=low / 100, high=high / 100, group=group, bounds=True)


def _guesses(found: Estimates) -> dict[str, dict[str, float]]:
    """Return the interpolated shares: by the smallest and largest size of “4+”, or one where size has no part."""
    frame = found.frame[found.frame["category"].str.startswith("interpolated")]
    names = tuple(SIZES) if len(frame) > 1 else ("median",)
    return dict(zip(names, frame.to_dict("records"), strict=True))


def _curve(found: Found, words: Any) -> Curve:
    """Return the accounts a person over the sizes that MTurk may have: it holds at least those seen on it."""
    own = words["multi-homing"]
    share = float(found.pooled.frame["estimate"].item())
    sizes = [share + step * (4 - share) / 200 for step in range(201)]
    curve = dl.population.multi_homing_curve(share, [*sizes, 1.0]).tolist()
    return Curve(
        x=tuple(sizes),
        y=tuple(curve[:-1]),
        marks=(Mark(share, curve[0], own["most"]), Mark(1.0, curve[-1], own["equal"])),
        x_ends=(0.0, 4.0),
        y_ends=(1.0, 1.4),
        **_around(words, "multi-homing"),
    )


def _bounds_table(
    found: Found,
    words: Any,
    part: str,
    whats: Mapping[str, dl.Text],
    bases: tuple[str, ...],
    language: Language,
) -> PrintedTable:
    rows = []
    for what, label in whats.items():
        for base in bases:
            low, high, outer = found.regions[what, base]
            shares = (dl.wording.percent(end / 100, language, 1) for end in (low, high))
            around = dl.wording.interval(*(end / 100 for end in outer), language, 1, percent=True)
            rows.append([label.in_(language), words["base"][base].in_(language), *shares, around])
    heads = [head.in_(language) for head in words["column"].values()]
    notes = _notes(words, part, words["said"]["indicative"], words[part]["region"])
    return _laid_out(rows, heads, words[part]["bounds"], notes, language)


def _guess_table(found: Found, words: Any, language: Language) -> PrintedTable:
    rows = []
    for case, label in words["line"].items():
        for how, row in _guesses(found.below[case]).items():
            share = dl.wording.percent(row["estimate"], language, 1)
            around = dl.wording.interval(row["ci_low"], row["ci_high"], language, 1, percent=True)
            said = [label.in_(language), words["guess"][how].in_(language)]
            rows.append([*said, share, around, dl.wording.number(row["n"], language)])
    heads = [head.in_(language) for head in words["guess_column"].values()]
    notes = _notes(words, "poverty", words["said"]["indicative"], reading="reading_interpolated")
    return _laid_out(rows, heads, words["poverty"]["interpolated"], notes, language)


def _laid_out(
    rows: list[list[str]], heads: list[str], title: dl.Text, notes: dl.Notes, language: Language
) -> PrintedTable:
    align = dict.fromkeys(heads[2:], "right")
    return dl.table(pd.DataFrame(rows, columns=heads), language, title=title, notes=notes, align=align)
