"""A variable described: its answers counted or its numbers summarised, with its missing answers by reason."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.quantiles import quantile
from diplab.microdata.display import WORDS, ShownTable, check_label_language, in_language, join_wordings
from diplab.microdata.frames import check_columns, frame_in_memory, holds_lists
from diplab.microdata.identifiers import identifying_columns
from diplab.microdata.missing import reason_words, reasons_by_row
from diplab.microdata.multiple_response import Responses, read_responses
from diplab.microdata.variable import Code, Variable, as_code, code_text, in_order
from diplab.reference.parameter import figure_in_words
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata


@dataclass(frozen=True, eq=False, repr=False)
class Description(ShownTable):
    """A variable, a multiple-response question or a whole file, described; missing answers come last, by reason."""

    # `frame` has a row per answer (`code`, `label`, `n`, `share` of answers, `share_of_all`), statistic (`statistic`,
    # `value`) or variable (`name`, `label`, `type`, `n`, `missing`), and weighted counterparts where there are weights
    name: str
    frame: pd.DataFrame
    label: Text = NOTHING
    question: Text = NOTHING
    base: Text = NOTHING
    language: str = "en"
    synthetic: bool = False

    def _shown(self) -> tuple[pd.DataFrame, str, list[str], list[str]]:
        label, question, base = (in_language(each, self.language) for each in (self.label, self.question, self.base))
        title = self.name or label
        if self.name and label and label != self.name:
            title = in_language(WORDS("describe.title", name=self.name, label=label), self.language)
        synthetic = in_language(WORDS("describe.synthetic"), self.language) if self.synthetic else ""
        return self.frame, self.language, [title, question if question != label else ""], [synthetic, base]


FEWEST_WRITERS = 5  # words that fewer people wrote are not shown: they may identify who wrote them


def frequencies(data: Microdata, name: str, weights: Floats | None, language: str) -> pd.DataFrame:
    """Return the answers of a variable, counted; answers of the codebook that were not given have zero."""
    column = data.frame[name]
    variable = data.codebook.variable(name)
    codes = answers_in_order(column, variable)
    labels = {code_text(code): label for code, label in variable.values.items()}
    rows = []
    rare = np.zeros(len(column), dtype=bool)
    hidden = 0
    for code in codes:
        here = (column == code).to_numpy(dtype=bool, na_value=False)
        label = labels.get(code_text(code))
        if label is None and isinstance(code, str) and here.sum() < FEWEST_WRITERS:
            rare |= here
            hidden += 1
            continue
        shown = in_language(label, language) if label else ""
        rows.append({"code": as_code(code), "label": shown, **_count(here, weights)})
    if hidden:
        others = in_language(WORDS("describe.rare_words", n=FEWEST_WRITERS, words=hidden), language)
        rows.append({"code": "", "label": others, **_count(rare, weights)})
    return _with_shares(rows, missing_rows(data, name, weights, language))


def answers_in_order(column: pd.Series[Any], variable: Variable) -> list[Any]:
    """Return the answers that a column holds or its codebook labels: in the order of the codebook, or of its type."""
    present = sorted(pd.unique(column.dropna()).tolist(), key=lambda each: (isinstance(each, str), each))
    by_code = {code_text(each): each for each in present}
    labelled = [by_code.get(code_text(code), code) for code in variable.values if variable.why(code) is None]
    every = [*present, *(code for code in labelled if code_text(code) not in by_code)]
    if not set(present) <= set(labelled) and not any(isinstance(each, str) for each in every):
        # numbers of which some only have a label
        return sorted(every)
    of_type = column.cat.categories.tolist() if isinstance(column.dtype, pd.CategoricalDtype) else []
    return in_order(every, labelled or of_type)


def frequencies_of_set(
    data: Microdata, responses: Responses, weights: Floats | None, language: str
) -> tuple[pd.DataFrame, int]:
    """Return the answers of a multiple-response question, counted in people, and how many people answered it."""
    answers, chosen, base = read_responses(data, responses)
    rows = [
        {"code": as_code(code), "label": in_language(label, language), **_count(here & base, weights)}
        for (code, label), here in zip(answers, chosen, strict=True)
    ]
    label = in_language(WORDS("missing.no_answer"), language)
    missing = [] if base.all() else [{"code": "", "label": label, **_count(~base, weights)}]
    return _with_shares(rows, missing, answered=_count(base, weights)), int(base.sum())


def missing_rows(data: Microdata, name: str, weights: Floats | None, language: str) -> list[dict[str, Any]]:
    """Return the missing answers of a variable, counted by reason."""
    places, reasons = reasons_by_row(data, name)
    known = data.codebook.reasons.get(name, {})
    own = data.codebook.variable(name)
    if data.missing.get(name) is None and sum(known.values()) == int((places >= 0).sum()):
        # the codebook knows the reasons, and not on which rows
        weighted = {} if weights is None else {"weighted_n": np.nan}
        counts: list[tuple[Code, str, dict[str, float]]] = [
            ("", why, {"n": count, **weighted}) for why, count in known.items()
        ]
    else:
        counts = [(code, why, _count(places == at, weights)) for at, (code, why) in enumerate(reasons)]
    return [
        {"code": code, "label": in_language(reason_words(own, why), language), **count} for code, why, count in counts
    ]


def _count(here: Booleans, weights: Floats | None) -> dict[str, float]:
    weighted = {} if weights is None else {"weighted_n": float(weights[here].sum())}
    return {"n": int(here.sum()), **weighted}


def _with_shares(
    answers: list[dict[str, Any]], missing: list[dict[str, Any]], answered: dict[str, float] | None = None
) -> pd.DataFrame:
    """Return answers, then missing answers, with their shares: of those who answered, and of all."""
    frame = pd.DataFrame([*answers, *missing])
    if not len(frame):
        return pd.DataFrame(columns=["code", "label", "n", "share", "share_of_all"])
    frame["code"] = frame["code"].astype(object)
    is_answer = np.arange(len(frame)) < len(answers)
    for count, share in (("n", "share"), ("weighted_n", "weighted_share")):
        if count not in frame:
            continue
        values = frame[count].to_numpy(dtype=float)
        total = values[is_answer].sum() if answered is None else answered[count]
        with np.errstate(invalid="ignore", divide="ignore"):
            frame[share] = np.where(is_answer, values / total, np.nan)
            frame[f"{share}_of_all"] = values / (total + values[~is_answer].sum())
    unweighted = ("code", "label", "n", "share", "share_of_all")
    order = (*unweighted, "weighted_n", "weighted_share", "weighted_share_of_all")
    return frame[[name for name in order if name in frame]]


def summary_statistics(
    column: pd.Series[Any], kind: str, weights: Floats | None
) -> tuple[dict[str, Any], dict[str, float]]:
    """Return statistics of a column, and weighted ones; of words, none of which is shown, how many are different."""
    answers = column.dropna()
    if kind == "numbers":
        values = column.to_numpy(dtype=float, na_value=np.nan)
        answered = ~np.isnan(values)
        weighted = {} if weights is None else _moments(values[answered], weights[answered])
        return _moments(values[answered], np.ones(int(answered.sum()))), weighted
    if kind == "days":
        ends = {"first": answers.min(), "last": answers.max()} if len(answers) else {}
        return {"n": len(answers), **{key: str(day).removesuffix(" 00:00:00") for key, day in ends.items()}}, {}
    return {"n": len(answers), "distinct": answers.nunique()}, {}


def _moments(values: Floats, weights: Floats) -> dict[str, float]:
    """Return weighted statistics; rows of weight zero are left out, as everywhere in diplab."""
    values, weights = values[weights > 0], weights[weights > 0]
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    n, total = len(values), weights.sum()
    if not n:
        return {"n": 0.0, **dict.fromkeys(("mean", "sd", "min", "q1", "median", "q3", "max"), np.nan)}
    with np.errstate(invalid="ignore", over="ignore"):  # an infinite answer has no spread
        mean = float((weights * values).sum() / total)
        spread = (weights * (values - mean) ** 2).sum() / total
    return {
        "n": float(total),
        "mean": mean,
        "sd": float(np.sqrt(spread * n / (n - 1))) if n > 1 else np.nan,
        "min": float(values[0]),
        "q1": quantile(values, weights, 0.25),
        "median": quantile(values, weights, 0.5),
        "q3": quantile(values, weights, 0.75),
        "max": float(values[-1]),
    }


def summary(data: Microdata, name: str, kind: str, weights: Floats | None, language: str) -> pd.DataFrame:
    """Return the statistics of a column, then its missing answers."""
    statistics, weighted = summary_statistics(data.frame[name], kind, weights)
    rows: list[dict[str, Any]] = [
        {"statistic": in_language(WORDS(f"statistic.{key}"), language), "value": value}
        | ({"weighted": weighted[key]} if weighted else {})
        for key, value in statistics.items()
    ]
    for each in missing_rows(data, name, weights, language):
        code = f" ({each['code']})" if each["code"] != "" else ""
        words = WORDS("describe.missing", reason=f"{each['label']}{code}")
        count = {"value": each["n"], **({"weighted": each["weighted_n"]} if weighted else {})}
        rows.append({"statistic": in_language(words, language), **count})
    frame = pd.DataFrame(rows)
    if any(isinstance(each, str) for each in frame["value"]):
        frame["value"] = frame["value"].astype(object)
    return frame


_MOST = 60  # different words, beyond which they are taken for answers in people's own words
_FEW_NUMBERS = 10  # different whole numbers without labels, up to which they are taken for codes


def describe(
    data: Microdata, name: str | None = None, *, weights: str | None = None, language: str = "en"
) -> Description:
    """Describe a variable, a question with several answers, or the whole file.

    Answers are counted, with their shares among those who answered and among all. Numbers without labels are summarised
    (n, mean, standard deviation, quartiles, ends). Missing answers come last, by reason. Answers in people's own words
    are counted and never shown, nor are identifiers.

    Parameters
    ----------
    name : str, optional
        A variable, or a question with several answers; every variable of the file, one line each, where left out.
    weights : str, optional
        Column of weights: weighted numbers are shown beside the others. Rows of weight zero are left out of them.
    language : str
        In which labels are shown: `fr`, `en`, or a language of the questionnaire.

    Returns
    -------
    Description
        A table in a notebook, with `.frame`. A quartile is the first value that so many people do not pass, as
        `quantile` has it; the standard deviation is the square root of `variance`.

    Raises
    ------
    ColumnError
        Where there is no such variable.
    OptionError
        Where the weights are not numbers from zero up, the language is unknown, or the answers are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> book = dl.Codebook().described("sex", values={1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man")})
    >>> data = dl.Microdata(pd.DataFrame({"sex": [1.0, 1.0, 2.0, None]}), book)
    >>> data.describe("sex").frame[["label", "n", "share_of_all"]].values.tolist()
    [['woman', 2, 0.5], ['man', 1, 0.25], ['no answer', 1, 0.25]]
    """
    frame_in_memory(data)
    check_label_language(data.codebook, language)
    if name is None:
        return _overview(data, language)
    weighted = None if weights is None else _check_weights(data, weights)
    if (responses := data.codebook.sets.get(name)) is not None:
        check_columns(data, *responses.columns)
        frame, answered = frequencies_of_set(data, responses, weighted, language)
        base = WORDS("describe.base_of_set", answered=figure_in_words(answered), rows=figure_in_words(len(data)))
        return Description(name, frame, responses.label, NOTHING, base, language, data.codebook.origin.synthetic)
    answered = int(check_columns(data, name)[name].notna().sum())
    variable, kind = data.codebook.variable(name), _kind_of_variable(data, name)
    counted = kind == "answers"
    shown = frequencies(data, name, weighted, language) if counted else summary(data, name, kind, weighted, language)
    base = WORDS("describe.base", answers=figure_in_words(answered), rows=figure_in_words(len(data)))
    if weights:
        base = join_wordings([base, WORDS("describe.no_errors")], " ")
    return Description(name, shown, variable.label, variable.question, base, language, data.codebook.origin.synthetic)


def _check_weights(data: Microdata, name: str) -> Floats:
    column = check_columns(data, name)[name]
    numeric = pd.api.types.is_numeric_dtype(column)
    values = column.to_numpy(dtype=float, na_value=np.nan) if numeric else np.array([np.nan])
    if not (np.isfinite(values) & (values >= 0)).all():
        raise OptionError(
            f"`weights={name!r}` is not a column of finite numbers of at least 0.",
            write="Write a column with a weight in every row.",
        )
    return values


def _kind_of_variable(data: Microdata, name: str) -> str:
    """Return what a column is described as."""
    column = data.frame[name]
    variable = data.codebook.variable(name)
    answers = column.dropna()
    # no moment of pandas can hold some days, which are then objects
    days = column.dtype == object and len(answers) and all(isinstance(each, datetime.date) for each in answers)
    if days or pd.api.types.is_datetime64_any_dtype(column):
        return "days"
    if holds_lists(column):
        return "words"
    if name in identifying_columns(data, (name,)):
        return "identifiers"
    labels = {code_text(code) for code in variable.values}
    own = {each for each in pd.unique(answers).tolist() if code_text(each) not in labels}
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        plain = all(isinstance(each, str | bool | np.bool_) for each in own)
        return "answers" if len(own) <= _MOST and plain else "words"
    if variable.measure == "scale":
        return "numbers"
    if variable.measure in ("nominal", "ordinal"):
        return "answers" if len(own) <= _MOST else "words" if variable.measure == "nominal" else "numbers"
    few = len(own) <= _FEW_NUMBERS and all(float(each).is_integer() for each in own)
    if labels:
        return "answers" if few or len(own) <= len(labels) else "numbers"
    return "answers" if few and len(answers) > _FEW_NUMBERS * len(own) else "numbers"


def _overview(data: Microdata, language: str) -> Description:
    rows = []
    for name in map(str, data.frame.columns):
        answered = int(data.frame[name].notna().sum())
        label = in_language(data.codebook.variable(name).label, language)
        kind = in_language(WORDS(f"describe_kind.{_kind_of_variable(data, name)}"), language)
        rows.append((name, label, kind, answered, len(data) - answered))
    base = WORDS("describe.rows", rows=figure_in_words(len(data)))
    frame = pd.DataFrame(rows, columns=["name", "label", "type", "n", "missing"])
    return Description("", frame, data.codebook.title, NOTHING, base, language, data.codebook.origin.synthetic)


def as_categorical(
    data: Microdata, *names: str, language: str = "en", ordered: bool | None = None
) -> pd.Series[Any] | pd.DataFrame:
    """Return variables under their labels, for display and for other packages; the data keep their codes.

    Categories come in the order of the codebook, those without an answer too. A code without a label is its own label;
    where two codes have the same label, the code follows it.

    Parameters
    ----------
    *names : str
        Variables.
    language : str
        Of the labels: `fr`, `en` or a language of the questionnaire.
    ordered : bool, optional
        Whether the categories have an order; by default those of ordinal variables have.

    Returns
    -------
    pandas.Series or pandas.DataFrame
        A Series for one variable, a frame for several.

    Raises
    ------
    ColumnError
        Where there is no such variable.
    OptionError
        Where no variable is named, the language is unknown, or the answers are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> book = dl.Codebook().described("sex", values={1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man")})
    >>> data = dl.Microdata(pd.DataFrame({"sex": [2, 1]}), book)
    >>> data.as_categorical("sex", language="fr").tolist()
    ['homme', 'femme']
    """
    frame_in_memory(data)
    if not names:
        raise OptionError("No variable was named.", write='Write for example `data.as_categorical("sex")`.')
    check_columns(data, *names)
    check_label_language(data.codebook, language)
    columns = {name: _as_categories(data, name, language, ordered) for name in names}
    return columns[names[0]] if len(names) == 1 else pd.DataFrame(columns)


def _as_categories(data: Microdata, name: str, language: str, ordered: bool | None) -> pd.Series[Any]:
    column = data.frame[name]
    variable = data.codebook.variable(name)
    codes = answers_in_order(column, variable)
    by_code = {code_text(code): in_language(label, language) for code, label in variable.values.items()}
    labels = [by_code.get(code_text(code)) or code_text(code) for code in codes]
    shown = [
        f"{label} ({code_text(code)})" if labels.count(label) > 1 else label
        for code, label in zip(codes, labels, strict=True)
    ]
    places = pd.Index(codes, dtype=object).get_indexer(column.astype(object))
    in_order = variable.measure == "ordinal" if ordered is None else ordered
    return pd.Series(
        pd.Categorical.from_codes(np.asarray(places), categories=pd.Index(shown), ordered=in_order),
        index=column.index,
        name=name,
    )
