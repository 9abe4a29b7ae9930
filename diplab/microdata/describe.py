"""A variable described: its answers counted or its numbers summarised, with its missing answers by reason."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import OptionError
from diplab.kernel.weighted_quantile import quantile
from diplab.loaders.missing import is_missing_code
from diplab.microdata.display import check_label_language, format_count, in_language, table_html, table_text
from diplab.microdata.frames import check_columns, frame_in_memory, holds_lists
from diplab.microdata.identifiers import identifying_columns
from diplab.microdata.missing import NO_ANSWER, reason_words, reasons_by_row
from diplab.microdata.multiple_response import read_responses
from diplab.microdata.variable import Variable, code_text
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.multiple_response import Responses

__all__ = [
    "FEWEST_WRITERS",
    "SYNTHETIC",
    "Description",
    "answers_in_order",
    "as_categorical",
    "describe",
    "frequencies",
    "frequencies_of_set",
    "missing_rows",
    "summary_of_days",
    "summary_of_numbers",
    "summary_of_words",
]


SYNTHETIC = Text(
    "Données synthétiques : personne n’a donné ces réponses.", "Synthetic data: nobody gave these answers."
)


@dataclass(frozen=True, eq=False)
class Description:
    """A variable, a question with several answers or a whole file, described.

    Parameters
    ----------
    name : str
        Of the variable; empty for a file.
    frame : pandas.DataFrame
        The numbers, one row an answer (`code`, `label`, `n`, `share` of answers, `share_of_all`), a statistic
        (`statistic`, `value`) or a variable (`name`, `label`, `type`, `n`, `missing`); with weights, their weighted
        counterparts beside them. Missing answers come last, by reason, without a share of answers.
    label, question : Text
        From the codebook.
    base : Text
        Of whom the shares are.
    language : str
        In which labels are shown.
    synthetic : bool
        True for data that no one answered; what is shown says so.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"pay": [1.0, 2.0, 3.0, 6.0]}), Codebook().described("pay", measure="scale"))
    >>> data.describe("pay").frame.set_index("statistic")["value"]["mean"].item()
    3.0
    """

    name: str
    frame: pd.DataFrame
    label: Text = NOTHING
    question: Text = NOTHING
    base: Text = NOTHING
    language: str = "en"
    synthetic: bool = False

    def _lines(self) -> tuple[list[str], list[str]]:
        label, question = in_language(self.label, self.language), in_language(self.question, self.language)
        colon = in_language(Text(" : ", ": "), self.language)
        title = colon.join(dict.fromkeys(each for each in (self.name, label) if each))
        invented = [in_language(SYNTHETIC, self.language)] if self.synthetic else []
        return [title, question if question != label else ""], [
            *invented,
            in_language(self.base, self.language),
        ]

    def __repr__(self) -> str:
        return table_text(self.frame, self.language, *self._lines())

    def _repr_html_(self) -> str:
        return table_html(self.frame, self.language, *self._lines())


FEWEST_WRITERS = 5
"""Words that fewer people wrote are not shown: they may say who wrote them."""
_RARE = Text("autres mots, de moins de {n} personnes chacun", "other words, of fewer than {n} people each")


def frequencies(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    """Return the answers of a variable, counted; those of the codebook that nobody gave have zero."""
    column = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
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
        rows.append(
            {
                "code": _plain(code),
                "label": in_language(label, language) if label else "",
                **_count(here, weights),
            }
        )
    if hidden:
        said = in_language(_RARE, language).replace("{n}", str(FEWEST_WRITERS))
        rows.append({"code": "", "label": f"{said} ({hidden})", **_count(rare, weights)})
    return _with_shares(rows, missing_rows(data, name, weights, language))


def answers_in_order(column: pd.Series[Any], variable: Variable) -> list[Any]:
    """Return the answers that a column holds or its codebook labels: in the order of the codebook where it has all."""
    held = pd.unique(column.dropna()).tolist()
    by_code = {code_text(each): each for each in held}
    labelled = [
        by_code.get(code_text(code), code) for code in variable.values if not is_missing_code(code, variable)
    ]
    if all(each in labelled for each in held):
        return labelled
    every = [*held, *(code for code in labelled if code not in held)]
    return sorted(every, key=lambda each: (isinstance(each, str), each))


def frequencies_of_set(
    data: Microdata, responses: Responses, weights: NDArray[np.float64] | None, language: str
) -> tuple[pd.DataFrame, int]:
    """Return the answers of a question with several, counted in people, and how many people answered it."""
    answers, given, base = read_responses(data, responses)
    rows = []
    for (code, label), here in zip(answers, given, strict=True):
        counted = _count(here & base, weights)
        rows.append({"code": _plain(code), "label": in_language(label, language), **counted})
    gone = {"code": "", "label": in_language(NO_ANSWER, language), **_count(~base, weights)}
    frame = _with_shares(rows, [gone] if not base.all() else [], whole=_count(base, weights))
    return frame, int(base.sum())


def missing_rows(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> list[dict[str, Any]]:
    """Return the missing answers of a variable, counted by reason."""
    places, reasons = reasons_by_row(data, name)
    known = data.codebook.reasons.get(name, {})
    gone = int((places >= 0).sum())
    own = data.codebook.variables.get(name)
    if data.missing.get(name) is None and sum(known.values()) == gone:
        # the codebook knows the reasons, and not on which rows
        weighted = {} if weights is None else {"weighted_n": np.nan}
        return [
            {"code": "", "label": in_language(reason_words(own, why), language), "n": count, **weighted}
            for why, count in known.items()
        ]
    return [
        {
            "code": code,
            "label": in_language(reason_words(own, why), language),
            **_count(places == at, weights),
        }
        for at, (code, why) in enumerate(reasons)
    ]


def _plain(code: Any) -> Any:
    code = code.item() if isinstance(code, np.generic) else code
    return int(code) if isinstance(code, float) and code.is_integer() else code


def _count(here: NDArray[np.bool_], weights: NDArray[np.float64] | None) -> dict[str, float]:
    counted: dict[str, float] = {"n": int(here.sum())}
    if weights is not None:
        counted["weighted_n"] = float(weights[here].sum())
    return counted


def _with_shares(
    answers: list[dict[str, Any]], missing: list[dict[str, Any]], whole: dict[str, float] | None = None
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
        answered = values[is_answer].sum() if whole is None else whole[count]
        with np.errstate(invalid="ignore", divide="ignore"):
            frame[share] = np.where(is_answer, values / answered, np.nan)
            frame[f"{share}_of_all"] = values / (answered + values[~is_answer].sum())
    order = [
        "code",
        "label",
        "n",
        "share",
        "share_of_all",
        "weighted_n",
        "weighted_share",
        "weighted_share_of_all",
    ]
    return frame[[name for name in order if name in frame]]


_MISSING = Text("sans réponse\N{NO-BREAK SPACE}", "missing")
_SAID = {
    "n": Text("réponses", "n"),
    "mean": Text("moyenne", "mean"),
    "sd": Text("écart type", "sd"),
    "min": Text("minimum", "min"),
    "q1": Text("premier quartile", "q1"),
    "median": Text("médiane", "median"),
    "q3": Text("troisième quartile", "q3"),
    "max": Text("maximum", "max"),
    "distinct": Text("réponses différentes", "distinct"),
    "first": Text("premier jour", "first"),
    "last": Text("dernier jour", "last"),
}


def summary_of_numbers(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    """Return n, mean, standard deviation, quartiles and ends of a column of numbers, then its missing answers."""
    values = data.frame[name].to_numpy(dtype=float, na_value=np.nan)
    kept = ~np.isnan(values)
    plain = _moments(values[kept], np.ones(int(kept.sum())))
    weighted = None if weights is None else _moments(values[kept], weights[kept])
    rows = [
        {
            "statistic": in_language(_SAID[key], language),
            "value": plain[key],
            **({} if weighted is None else {"weighted": weighted[key]}),
        }
        for key in plain
    ]
    return _with_missing(rows, data, name, weights, language)


def _moments(values: NDArray[np.float64], weights: NDArray[np.float64]) -> dict[str, float]:
    """Return statistics under weights; those of weight zero are nobody's, as everywhere in diplab."""
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


def summary_of_days(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    """Return how many days a column holds, the first and the last, then its missing answers."""
    days = data.frame[name].dropna()
    rows: list[dict[str, Any]] = [{"statistic": in_language(_SAID["n"], language), "value": len(days)}]
    if len(days):
        ends = (("first", days.min()), ("last", days.max()))
        rows += [
            {"statistic": in_language(_SAID[key], language), "value": str(day).removesuffix(" 00:00:00")}
            for key, day in ends
        ]
    return _with_missing(rows, data, name, weights, language)


def summary_of_words(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    """Return how many answered in words and how many different words there are, none of which is shown."""
    words = data.frame[name].dropna()
    counts = (("n", len(words)), ("distinct", words.nunique()))
    rows: list[dict[str, Any]] = [
        {"statistic": in_language(_SAID[key], language), "value": count} for key, count in counts
    ]
    return _with_missing(rows, data, name, weights, language)


def _with_missing(
    rows: list[dict[str, Any]], data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> pd.DataFrame:
    for each in missing_rows(data, name, weights, language):
        code = f" ({each['code']})" if each["code"] != "" else ""
        weighted = {"weighted": each["weighted_n"]} if weights is not None and "weighted" in rows[0] else {}
        rows.append({"statistic": f"{in_language(_MISSING, language)}: {each['label']}{code}",
                     "value": each["n"], **weighted})  # fmt: skip
    frame = pd.DataFrame(rows)
    if any(isinstance(each, str) for each in frame["value"]):
        frame["value"] = frame["value"].astype(object)
    return frame


_MOST = 60
"""Different words, beyond which they are taken for answers in people's own words."""
_FEW_NUMBERS = 10
"""Different whole numbers without labels, up to which they are taken for codes."""
_NO_ERROR = Text(
    " Sans erreur d’échantillonnage : pour des résultats à publier, écrivez `dl.estimate`.",
    " Without sampling errors: for results to publish, write `dl.estimate`.",
)


def describe(
    data: Microdata, name: str | None = None, *, weights: str | None = None, language: str = "en"
) -> Description:
    """Describe a variable, a question with several answers, or the whole file.

    Answers are counted, with their shares among those who answered and among all. Numbers without labels are summed up
    (n, mean, standard deviation, quartiles, ends). Missing answers come last, by reason. Answers in people's own words
    are counted and never shown, nor is what identifies people.

    Parameters
    ----------
    data : Microdata
    name : str, optional
        A variable, or a question with several answers; every variable of the file, one line each, where left out.
    weights : str, optional
        Column of weights: weighted numbers stand beside the others. Those of weight zero are left out of them.
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
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> book = Codebook().described("sex", values={1: Text("femme", "woman"), 2: Text("homme", "man")})
    >>> data = Microdata(pd.DataFrame({"sex": [1.0, 1.0, 2.0, None]}), book)
    >>> describe(data, "sex").frame[["label", "n", "share_of_all"]].values.tolist()
    [['woman', 2, 0.5], ['man', 1, 0.25], ['no answer', 1, 0.25]]
    """
    asked = (
        f"A description of `{name}` was asked for." if name else "A description of the file was asked for."
    )
    frame_in_memory(data, asked)
    check_label_language(data.codebook, language)
    if name is None:
        return _overview(data, language)
    weighted = None if weights is None else _check_weights(data, weights, asked)
    if name in data.codebook.sets:
        return _describe_set(data, name, weighted, language)
    check_columns(data, (name,), asked)
    variable = data.codebook.variables.get(name, Variable(name))
    column = data.frame[name]
    answered = int(column.notna().sum())
    kind = _kind_of_variable(data, name)
    found = {
        "answers": frequencies,
        "numbers": summary_of_numbers,
        "days": summary_of_days,
        "words": summary_of_words,
        "identifiers": summary_of_words,
    }[kind](data, name, weighted, language)
    base = Text(
        f"{format_count(answered, 'fr')} réponses, {format_count(len(column), 'fr')} lignes."
        + (_NO_ERROR.fr if weights else ""),
        f"{format_count(answered, 'en')} answers, {format_count(len(column), 'en')} rows."
        + (_NO_ERROR.en if weights else ""),
    )
    return Description(
        name, found, variable.label, variable.question, base, language, data.codebook.origin.synthetic
    )


def _check_weights(data: Microdata, name: str, asked: str) -> NDArray[np.float64]:
    check_columns(data, (name,), asked)
    column = data.frame[name]
    numbers = pd.api.types.is_numeric_dtype(column)
    values = column.to_numpy(dtype=float, na_value=np.nan) if numbers else np.array([np.nan])
    if not (np.isfinite(values) & (values >= 0)).all():
        raise OptionError(
            asked,
            f"The weights `{name}` are not numbers, or some are missing, infinite or below zero.",
            "Write a column with a weight in every row.",
        )
    return values


def _kind_of_variable(data: Microdata, name: str) -> str:
    """Return what a column is described as."""
    column = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
    if pd.api.types.is_datetime64_any_dtype(column) or _are_days(column):
        return "days"
    if holds_lists(column):
        return "words"
    if name in identifying_columns(data, (name,)):
        return "identifiers"
    answers = column.dropna()
    labels = {code_text(code) for code in variable.values}
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        own = {each for each in pd.unique(answers) if code_text(each) not in labels}
        return (
            "answers"
            if len(own) <= _MOST and all(isinstance(each, str | bool | np.bool_) for each in own)
            else "words"
        )
    own = {each for each in pd.unique(answers).tolist() if code_text(each) not in labels}
    if variable.measure == "scale":
        return "numbers"
    if variable.measure in ("nominal", "ordinal"):
        return "answers" if len(own) <= _MOST else "words" if variable.measure == "nominal" else "numbers"
    few = len(own) <= _FEW_NUMBERS and all(float(each).is_integer() for each in own)
    if labels:
        return "answers" if few or len(own) <= len(labels) else "numbers"
    return "answers" if few and len(answers) > _FEW_NUMBERS * len(own) else "numbers"


def _are_days(column: pd.Series[Any]) -> bool:
    """Return whether a column of objects holds days: those that no moment of pandas can hold."""
    if column.dtype != object:
        return False
    answers = column.dropna()
    return bool(len(answers)) and all(isinstance(each, datetime.date) for each in answers)


def _describe_set(
    data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str
) -> Description:
    responses = data.codebook.sets[name]
    check_columns(data, tuple(responses.columns), f"A description of `{name}` was asked for.")
    found, answered = frequencies_of_set(data, responses, weights, language)
    french, english = ([format_count(each, tag) for each in (answered, len(data))] for tag in ("fr", "en"))
    base = Text(
        f"Parts de personnes, qui peuvent donner plusieurs réponses ; {french[0]} ont répondu, sur {french[1]}.",
        f"Shares of people, who may give several answers; {english[0]} answered, of {english[1]}.",
    )
    return Description(name, found, responses.label, NOTHING, base, language, data.codebook.origin.synthetic)


def _overview(data: Microdata, language: str) -> Description:
    rows: list[dict[str, Any]] = []
    said = {
        "answers": Text("modalités", "answers"),
        "numbers": Text("nombres", "numbers"),
        "days": Text("dates", "dates"),
        "words": Text("texte", "words"),
        "identifiers": Text("identifiants", "identifiers"),
    }
    for name in map(str, data.frame.columns):
        label = data.codebook[name].label if name in data.codebook else NOTHING
        answered = int(data.frame[name].notna().sum())
        rows.append(
            {
                "name": name,
                "label": in_language(label, language),
                "type": in_language(said[_kind_of_variable(data, name)], language),
                "n": answered,
                "missing": len(data) - answered,
            }
        )
    base = Text(f"{format_count(len(data), 'fr')} lignes.", f"{format_count(len(data), 'en')} rows.")
    frame = pd.DataFrame(rows, columns=["name", "label", "type", "n", "missing"])
    return Description(
        "", frame, data.codebook.title, NOTHING, base, language, data.codebook.origin.synthetic
    )


def as_categorical(
    data: Microdata, *names: str, language: str = "en", ordered: bool | None = None
) -> pd.Series[Any] | pd.DataFrame:
    """Return variables under their labels, for the eye and for other packages; the data keep their codes.

    Categories come in the order of the codebook, those that nobody chose too. A code without a label is its own label;
    where two codes bear the same one, the code follows it.

    Parameters
    ----------
    data : Microdata
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
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> from diplab.reference.text import Text
    >>> book = Codebook().described("sex", values={1: Text("femme", "woman"), 2: Text("homme", "man")})
    >>> as_categorical(Microdata(pd.DataFrame({"sex": [2, 1]}), book), "sex", language="fr").tolist()
    ['homme', 'femme']
    """
    import pandas as pd

    asked = f"{', '.join(f'`{name}`' for name in names) or 'Nothing'} was asked for under its labels."
    frame_in_memory(data, asked)
    if not names:
        raise OptionError(asked, "No variable was named.", 'Write for example `data.as_categorical("sex")`.')
    check_columns(data, names, asked)
    check_label_language(data.codebook, language)
    columns = {name: _as_categories(data, name, language, ordered) for name in names}
    return columns[names[0]] if len(names) == 1 else pd.DataFrame(columns)


def _as_categories(data: Microdata, name: str, language: str, ordered: bool | None) -> pd.Series[Any]:
    import pandas as pd

    column = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
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
