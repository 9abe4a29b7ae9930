"""Descriptions of variables: their answers, missing answers by reason, and metadata."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import argument, check_one_of
from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.kernel.quantiles import quantile
from diplab.microdata.display import (
    WORDS,
    ShownTable,
    check_label_language,
    in_language,
    in_words,
    join_wordings,
)
from diplab.microdata.frames import (
    check_columns,
    frame_in_memory,
    holds_lists,
    how_to_collect,
    is_lazy,
)
from diplab.microdata.identifiers import identifying_columns
from diplab.microdata.missing import (
    MissingCodes,
    codes_for_no_answer,
    count_reasons,
    few_whole_numbers,
    labelled_by_words,
    look_like_codes,
    missing_codes,
    reason_words,
    reasons_by_row,
    unanswered,
    words_of,
)
from diplab.microdata.multiple_response import Responses, read_responses, response_labels
from diplab.microdata.variable import (
    Code,
    Variable,
    any_words,
    as_code,
    by_text,
    code_text,
    codes_by_text,
    in_order,
    labels_of_answers,
    with_changes,
    without,
)
from diplab.reference.parameter import figure_in_words
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata


@dataclass(frozen=True, eq=False, repr=False)
class Description(ShownTable):
    """The description of a variable, a multiple-response question or a whole file."""

    # `frame` has a row per answer (`code`, `label`, `n`, `share` of answers, `share_of_all`),
    # statistic (`statistic`, `value`) or variable (`name`, `label`, `type`, `n`, `missing`), and
    # weighted counterparts where there are weights
    name: str
    frame: pd.DataFrame
    label: Text = NOTHING
    question: Text = NOTHING
    base: Text = NOTHING
    language: str = "en"
    synthetic: bool = False

    def _shown(self) -> tuple[pd.DataFrame, str, list[str], list[str]]:
        label, question, base = in_words((self.label, self.question, self.base), self.language)
        title = self.name or label
        if self.name and label and label != self.name:
            title = in_language(WORDS("describe.title", name=self.name, label=label), self.language)
        synthetic = ""
        if self.synthetic:
            synthetic = in_language(WORDS("describe.synthetic"), self.language)
        return (
            self.frame,
            self.language,
            [title, question if question != label else ""],
            [synthetic, base],
        )


FEWEST_WRITERS = 5  # words that fewer people wrote are not shown: they may identify their authors


def frequencies(data: Microdata, name: str, weights: Floats | None, language: str) -> pd.DataFrame:
    """Return the counts of the answers of a variable; labelled answers not given have zero."""
    column = data.frame[name]
    variable = data.codebook.variable(name)
    codes = answers_in_order(column, variable)
    labels = by_text(variable.values)
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
    """Return the answers in a column or its codebook, in the order of the codebook or the type."""
    present = sorted(
        pd.unique(column.dropna()).tolist(), key=lambda item: (isinstance(item, str), item)
    )
    by_code = codes_by_text(present)
    labelled = [by_code.get(code_text(code), code) for code in labels_of_answers(variable)]
    every = [*present, *(code for code in labelled if code_text(code) not in by_code)]
    if not set(present) <= set(labelled) and not any_words(every):
        # only some of these numbers have a label
        return sorted(every)
    of_type = []
    if isinstance(column.dtype, pd.CategoricalDtype):
        of_type = column.cat.categories.tolist()
    return in_order(every, labelled or of_type)


def frequencies_of_set(
    data: Microdata, responses: Responses, weights: Floats | None, language: str
) -> tuple[pd.DataFrame, int]:
    """Return counts of people by answer of a multiple-response question, and of its respondents."""
    answers, chosen, base = read_responses(data, responses)
    rows = []
    for (code, label), chosen_rows in zip(answers, chosen, strict=True):
        count = _count(chosen_rows & base, weights)
        rows.append({"code": as_code(code), "label": in_language(label, language), **count})
    missing = []
    if not base.all():
        no_answer = in_language(WORDS("missing.no_answer"), language)
        missing.append({"code": "", "label": no_answer, **_count(~base, weights)})
    return _with_shares(rows, missing, answered=_count(base, weights)), int(base.sum())


def missing_rows(
    data: Microdata, name: str, weights: Floats | None, language: str
) -> list[dict[str, Any]]:
    """Return the counts of missing answers of a variable by reason."""
    places, reasons = reasons_by_row(data, name)
    known = data.codebook.reasons.get(name, {})
    own = data.codebook.variable(name)
    if data.missing.get(name) is None and sum(known.values()) == int((places >= 0).sum()):
        # the codebook has the counts of reasons, but not their rows
        weighted = {} if weights is None else {"weighted_n": np.nan}
        counts: list[tuple[Code, str, dict[str, float]]] = []
        for why, count in known.items():
            counts.append(("", why, {"n": count, **weighted}))
    else:
        counts = []
        for at, (code, why) in enumerate(reasons):
            counts.append((code, why, _count(places == at, weights)))
    return [
        {"code": code, "label": in_language(reason_words(own, why), language), **count}
        for code, why, count in counts
    ]


def _count(here: Booleans, weights: Floats | None) -> dict[str, float]:
    weighted = {} if weights is None else {"weighted_n": float(weights[here].sum())}
    return {"n": int(here.sum()), **weighted}


def _with_shares(
    answers: list[dict[str, Any]],
    missing: list[dict[str, Any]],
    answered: dict[str, float] | None = None,
) -> pd.DataFrame:
    """Return answers, then missing answers, with shares of respondents and of all rows."""
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
    return frame.filter(items=order)


def summary_statistics(
    column: pd.Series[Any], kind: str, weights: Floats | None
) -> tuple[dict[str, Any], dict[str, float]]:
    """Return statistics of a column, also weighted; for words, only the number of distinct ones."""
    answers = column.dropna()
    if kind == "numbers":
        values = column.to_numpy(dtype=float, na_value=np.nan)
        answered = ~np.isnan(values)
        weighted = {} if weights is None else _moments(values[answered], weights[answered])
        return _moments(values[answered], np.ones(int(answered.sum()))), weighted
    if kind == "days":
        ends = {"first": answers.min(), "last": answers.max()} if len(answers) else {}
        return {
            "n": len(answers),
            **{key: str(day).removesuffix(" 00:00:00") for key, day in ends.items()},
        }, {}
    return {"n": len(answers), "distinct": answers.nunique()}, {}


def _moments(values: Floats, weights: Floats) -> dict[str, float]:
    """Return weighted statistics; rows of weight zero are excluded, as everywhere in diplab."""
    values, weights = values[weights > 0], weights[weights > 0]
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    n, total = len(values), weights.sum()
    if not n:
        return {
            "n": 0.0,
            **dict.fromkeys(("mean", "sd", "min", "q1", "median", "q3", "max"), np.nan),
        }
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


def summary(
    data: Microdata, name: str, kind: str, weights: Floats | None, language: str
) -> pd.DataFrame:
    """Return the statistics of a column, then its missing answers."""
    statistics, weighted = summary_statistics(data.frame[name], kind, weights)
    rows: list[dict[str, Any]] = []
    for key, value in statistics.items():
        rows.append(
            {"statistic": in_language(WORDS(f"statistic.{key}"), language), "value": value}
            | ({"weighted": weighted[key]} if weighted else {})
        )
    for row in missing_rows(data, name, weights, language):
        code = f" ({row['code']})" if row["code"] != "" else ""
        words = WORDS("describe.missing", reason=f"{row['label']}{code}")
        count = {"value": row["n"], **({"weighted": row["weighted_n"]} if weighted else {})}
        rows.append({"statistic": in_language(words, language), **count})
    frame = pd.DataFrame(rows)
    if any_words(frame["value"]):
        frame["value"] = frame["value"].astype(object)
    return frame


_MOST = 60  # with more distinct words than this, answers are treated as open-ended


def describe(
    data: Microdata, name: str | None = None, *, weights: str | None = None, language: str = "en"
) -> Description:
    """Describe a variable, a question with several answers, or the whole file.

    Answers are counted, with their shares among those who answered and among all. Numbers without
    labels are summarised (n, mean, standard deviation, quartiles, ends). Missing answers come last,
    by reason. Open-ended answers are counted and never shown, nor are identifiers.

    Parameters
    ----------
    name : str, optional
        A variable, or a question with several answers; by default every variable of the file, one
        line each.
    weights : str, optional
        Column of weights: weighted numbers are shown next to the others. They exclude rows of
        weight zero.
    language : str
        Language of the labels: `fr`, `en`, or a language of the questionnaire.

    Returns
    -------
    Description
        A table in a notebook, with `.frame`. Quartiles are those of `quantile`; the standard
        deviation is the square root of `variance`.

    Raises
    ------
    ColumnError
        Where the variable does not exist.
    OptionError
        Where the weights are not non-negative numbers, the language is unknown, or the answers are
        not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> labels = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man")}
    >>> book = dl.Codebook().described("sex", values=labels)
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
        base = WORDS(
            "describe.base_of_set",
            answered=figure_in_words(answered),
            rows=figure_in_words(len(data)),
        )
        return Description(
            name, frame, responses.label, NOTHING, base, language, data.codebook.origin.synthetic
        )
    answered = int(check_columns(data, name)[name].notna().sum())
    variable, kind = data.codebook.variable(name), _kind_of_variable(data, name)
    counted = kind == "answers"
    shown = (
        frequencies(data, name, weighted, language)
        if counted
        else summary(data, name, kind, weighted, language)
    )
    base = WORDS(
        "describe.base", answers=figure_in_words(answered), rows=figure_in_words(len(data))
    )
    if weights:
        base = join_wordings([base, WORDS("describe.no_errors")], " ")
    base = join_wordings([base, _said_no_answer(data, name, _with_words(data, variable))], " ")
    return Description(
        name,
        shown,
        variable.label,
        variable.question,
        base,
        language,
        data.codebook.origin.synthetic,
    )


def _said_no_answer(data: Microdata, name: str, variable: Variable) -> Text:
    """Return a note on codes labelled as no answer that are not declared missing."""
    counted = []
    for code, label in codes_for_no_answer(variable).items():
        if count := int((data.frame[name] == code).sum()):
            counted.append(f"{label.en} × {count:,}")
    return WORDS("describe.no_answer_labels", answers=", ".join(counted)) if counted else NOTHING


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
    """Return the kind of variable as which a column is described."""
    column = data.frame[name]
    variable = data.codebook.variable(name)
    answers = column.dropna()
    # dates beyond the range of pandas timestamps are objects
    days = (
        column.dtype == object
        and len(answers)
        and all(isinstance(one, datetime.date) for one in answers)
    )
    if days or pd.api.types.is_datetime64_any_dtype(column):
        return "days"
    if holds_lists(column):
        return "words"
    if name in identifying_columns(data, (name,)):
        return "identifiers"
    labels = set(map(code_text, variable.values))
    own = set()
    for answer in pd.unique(answers).tolist():
        if code_text(answer) not in labels:
            own.add(answer)
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        plain = all(isinstance(key, str | bool | np.bool_) for key in own)
        return "answers" if len(own) <= _MOST and plain else "words"
    if variable.measure == "scale":
        return "numbers"
    if variable.measure in ("nominal", "ordinal"):
        if len(own) <= _MOST:
            return "answers"
        return "words" if variable.measure == "nominal" else "numbers"
    if labels:
        if few_whole_numbers(own) or len(own) <= len(labels):
            return "answers"
        return "numbers"
    return "answers" if look_like_codes(own, len(answers)) else "numbers"


def _overview(data: Microdata, language: str) -> Description:
    rows = []
    items: dict[str, Text] = {}
    for subset in data.codebook.sets.values():
        if subset.kind == "dichotomies":
            items |= {
                name: label
                for name, label in response_labels(data.codebook, subset)
                if name in data.codebook
            }
    for name in map(str, data.frame.columns):
        answered = int(data.frame[name].notna().sum())
        label = in_language(data.codebook.variable(name).label, language)
        if name in items and (item := in_language(items[name], language)) != label:
            label = f"… {item}"
        kind = in_language(WORDS(f"describe_kind.{_kind_of_variable(data, name)}"), language)
        rows.append((name, label, kind, answered, len(data) - answered))
    base = WORDS("describe.rows", rows=figure_in_words(len(data)))
    frame = pd.DataFrame(rows, columns=["name", "label", "type", "n", "missing"])
    return Description(
        "", frame, data.codebook.title, NOTHING, base, language, data.codebook.origin.synthetic
    )


def as_categorical(
    data: Microdata, *names: str, language: str = "en", ordered: bool | None = None
) -> pd.Series[Any] | pd.DataFrame:
    """Return variables as labels, for display and for other packages; the data keep their codes.

    Categories come in the order of the codebook, those without an answer too. A code without a
    label is its own label; labels of two codes are followed by the code.

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
        Where the variable does not exist.
    OptionError
        Where no variable is named, the language is unknown, or the answers are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> labels = {1: dl.Text("femme", "woman"), 2: dl.Text("homme", "man")}
    >>> book = dl.Codebook().described("sex", values=labels)
    >>> data = dl.Microdata(pd.DataFrame({"sex": [2, 1]}), book)
    >>> data.as_categorical("sex", language="fr").tolist()
    ['homme', 'femme']
    """
    frame_in_memory(data)
    if not names:
        raise OptionError(
            "No variable was named.", write='Write for example `data.as_categorical("sex")`.'
        )
    check_columns(data, *names)
    check_label_language(data.codebook, language)
    columns = {}
    for name in names:
        columns[name] = _as_categories(data, name, language, ordered)
    if len(names) == 1:
        return columns[names[0]]
    return pd.DataFrame(columns)


def _as_categories(
    data: Microdata, name: str, language: str, ordered: bool | None
) -> pd.Series[Any]:
    column = data.frame[name]
    variable = data.codebook.variable(name)
    codes = answers_in_order(column, variable)
    by_code = {}
    for code, label in variable.values.items():
        by_code[code_text(code)] = in_language(label, language)
    labels = [by_code.get(code_text(code)) or code_text(code) for code in codes]
    shown = []
    for code, word in zip(codes, labels, strict=True):
        shown.append(f"{word} ({code_text(code)})" if labels.count(word) > 1 else word)
    places = pd.Index(codes, dtype=object).get_indexer(column.astype(object))
    in_order = variable.measure == "ordinal" if ordered is None else ordered
    return pd.Series(
        pd.Categorical.from_codes(np.asarray(places), categories=pd.Index(shown), ordered=in_order),
        index=column.index,
        name=name,
    )


NoAnswer: TypeAlias = Literal["labels"]
"""The source of answers declared missing: their label (`Don't know`, `Refus`)."""
_EXACT = 2**53  # above this, not every whole number is a float


def described(
    data: Microdata, *names: str, no_answer: NoAnswer | None = None, **changes: Any
) -> Microdata:
    """Set the metadata of variables: label, measure, unit, and which answers are missing.

    Parameters
    ----------
    *names : str
        Columns. With `no_answer` alone, every column by default.
    no_answer : {"labels"}, optional
        Declare missing the codes whose label means no answer ("Refused", "NSP"), with the label as
        reason.
    **changes : str, mapping or list
        Fields set for all of them: `label`, `question`, `values` (labels by code, or answers in
        their order), `measure` ("nominal", "ordinal", "scale"), `unit`, or `missing`: a code, a
        list of codes, or a reason by code. Codes declared missing before remain so.

    Returns
    -------
    Microdata
        With these answers missing and counted by reason.

    Raises
    ------
    ColumnError
        Where a column does not exist.
    OptionError
        Where no column or no field is named, or the field is not one of the codebook; where answers
        become missing that are not in memory.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = dl.Microdata(pd.DataFrame({"age": [31, 45, -9], "trust": [1, 7, 10]}))
    >>> people = people.described("age", missing={-9: "refused"})
    >>> people = people.described("trust", measure="scale")
    >>> people.frame["age"].tolist(), people.missing("age").frame["category"].tolist()
    ([31.0, 45.0, nan], ['answered', 'refused'])
    """
    if no_answer is not None:
        check_one_of("no_answer", no_answer, NoAnswer)
    if not changes and no_answer is None:
        write = 'Write for example `data.described("trust", measure="scale")`.'
        raise OptionError("`described` sets no field of the variables.", write=write)
    if not names and (changes or no_answer is None):
        asked = "`described` names no variable."
        raise OptionError(
            asked, write='Write for example `data.described("trust", measure="scale")`.'
        )
    if not is_lazy(data.frame):
        check_columns(data, *names)
    book, chosen = data.codebook, [*names]
    columns = () if is_lazy(data.frame) else data.frame.columns
    for name in names or [*dict.fromkeys((*data.codebook, *map(str, columns)))]:
        own = {**changes}
        if "missing" in own:
            own["missing"] = {
                **book.variable(name).missing,
                **_reasons(book.variable(name), own["missing"]),
            }
        variable = with_changes(book.variable(name), own)
        found = {} if no_answer is None else codes_for_no_answer(_with_words(data, variable))
        if found:
            variable = _without(_with_words(data, variable), found)
            chosen.append(name)
        elif name not in book and name not in names:
            continue
        book = replace(book, variables={**book.variables, name: variable})
    data = replace(data, codebook=book)
    if no_answer or "missing" in changes:
        return declare_missing(data, chosen)
    return data


def _with_words(data: Microdata, variable: Variable) -> Variable:
    """Return a variable with its answers in words as labels, where it is in memory and has none."""
    if is_lazy(data.frame) or variable.name not in data.frame:
        return variable
    return labelled_by_words(variable, words_of(data.frame[variable.name]))


def without_no_answer(codebook: Codebook) -> Codebook:
    """Return a codebook in which codes with a label that means no answer are missing."""
    changed = {}
    for name, variable in codebook.variables.items():
        if codes := codes_for_no_answer(variable):
            changed[name] = _without(variable, codes)
    return replace(codebook, variables={**codebook.variables, **changed})


def count_no_answer(data: Microdata) -> dict[str, int]:
    """Return the count of answers of each column with a label that means no answer."""
    counts = {}
    for name in data.frame.columns:
        codes = codes_for_no_answer(data.codebook.variable(name)) if name in data.codebook else {}
        if codes and (count := int(data.frame[name].isin([*codes]).sum())):
            counts[name] = count
    return counts


def _reasons(variable: Variable, missing: Any) -> dict[Code, str]:
    """Return missing codes with their reason: the one given, or the label of the code."""
    if isinstance(missing, Mapping):
        return {code: str(reason) for code, reason in missing.items()}
    codes = (
        missing if isinstance(missing, Collection) and not isinstance(missing, str) else [missing]
    )
    if not codes or not all(isinstance(code, str | int | float | np.generic) for code in codes):
        asked = f"{argument('missing', missing)} is not a code, a list of codes or reasons by code."
        raise OptionError(asked, write='Write for example `missing={-9: "refused"}`.')
    labels = by_text(variable.values)
    return {code: labels[code_text(code)].en if code_text(code) in labels else "" for code in codes}


def _without(variable: Variable, unanswered_codes: Mapping[Code, Text]) -> Variable:
    """Return a variable with some codes declared missing, their labels as reasons."""
    values = without(variable.values, unanswered_codes)
    missing = {**variable.missing, **{code: label.en for code, label in unanswered_codes.items()}}
    labels = {**variable.missing_labels, **unanswered_codes}
    return replace(variable, values=values, missing=missing, missing_labels=labels)


def declare_missing(data: Microdata, names: Collection[str]) -> Microdata:
    """Return data in which the codes that the codebook declares missing are missing, by reason."""
    if is_lazy(data.frame):
        problem, write = how_to_collect(data.frame)
        raise OptionError(problem, write=write)
    frame, missing = frame_in_memory(data), dict(data.missing)
    changed: dict[str, pd.Series[Any]] = {}
    for name in dict.fromkeys(item for item in names if item in frame.columns):
        column, variable = frame[name], data.codebook.variable(name)
        gaps = column.isna().to_numpy(dtype=bool)
        values = _cells(column)
        found = unanswered(values, variable, empty=gaps)
        codes = missing_codes(values, found.declared)
        if codes is not None:
            missing[name] = _together(missing.get(name), codes)
            changed[name] = _exact(column).mask(found.declared)
    if changed:
        frame = frame.assign(**changed)
    return replace(
        data,
        frame=frame,
        missing=missing,
        codebook=count_reasons(frame, data.codebook, missing, changed),
    )


def _cells(column: pd.Series[Any]) -> NDArray[Any]:
    """Return the answers of a column as numbers or words, integers exact; 0 if missing."""
    kind = (
        column.cat.categories.dtype
        if isinstance(column.dtype, pd.CategoricalDtype)
        else column.dtype
    )
    if pd.api.types.is_integer_dtype(column.dtype):
        return column.fillna(0).to_numpy(dtype=f"{column.dtype.kind}8")
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        return column.astype(object).to_numpy(dtype=float, na_value=np.nan)
    return column.to_numpy(dtype=object)


def _exact(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column in a type that holds all its numbers and missing answers."""
    large = (
        column.dtype.kind in "iu"
        and len(column)
        and max(abs(int(column.max())), abs(int(column.min()))) > _EXACT
    )
    if large:
        column = column.astype("UInt64" if column.dtype.kind == "u" else "Int64")
    return column


def _together(before: MissingCodes | None, new: MissingCodes) -> MissingCodes:
    """Return the missing codes of a column, including those it had before."""
    if before is None:
        return new
    codes = list(before.codes)
    codes += [code for code in new.codes if code not in codes]
    place = np.array([*map(codes.index, new.codes), -1])
    size = np.int32 if len(codes) > np.iinfo(np.int8).max else np.int8
    return MissingCodes(
        tuple(codes), np.where(new.places >= 0, place[new.places], before.places).astype(size)
    )
