"""Answers given other codes, bands turned into amounts, numbers into bands: each a step that is written down."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pandas.api.types import is_numeric_dtype

from diplab.errors import ColumnError, OptionError, one_of
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.number_bands import bands_of
from diplab.microdata.recode_rules import amounts_of, rules_of
from diplab.microdata.rows import reasons_counted
from diplab.microdata.step import Step
from diplab.microdata.variable import Variable, code_written
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.recode_rules import Recoded
    from diplab.microdata.variable import Code

__all__ = ["recode"]

_OTHERS = ("fail", "keep", "missing")


def recode(
    data: Microdata,
    name: str,
    rules: Mapping[Any, Any] | None = None,
    *,
    amounts: Mapping[Any, Any] | None = None,
    bands: Sequence[float] | None = None,
    into: str | None = None,
    label: str | Text | None = None,
    labels: Mapping[Any, str | Text] | None = None,
    others: str = "fail",
) -> Microdata:
    """Give the answers of a variable other codes, turn bands into amounts, or numbers into bands.

    One of `rules`, `amounts` and `bands` is given. Answers that are missing stay missing, with their reasons, unless a
    rule names their code. What was done is written down in `codebook.steps`.

    Parameters
    ----------
    data : Microdata
    name : str
        A variable.
    rules : mapping
        New code by old: `{1: 1, (2, 3): 2, "refused to say": None}`. Old ones are codes or labels, several in a tuple,
        or `range(18, 25)` for numbers from 18 to below 25; None makes an answer missing, for the reason that its label
        says (under a code below zero, where its own is a new answer).
    amounts : mapping
        Amount by code, for bands of income, hours...: a number, a band `(5000, 10000)` whose middle is taken, or None.
        The last band, open at the top, needs a number of your choice.
    bands : sequence of float
        Limits, in increasing order: `[18, 25, 35, 50]` makes 18-24, 25-34 and 35-49. Begin with `-math.inf` or end with
        `math.inf` for open bands.
    into : str, optional
        Name of a new variable; by default the variable itself is replaced.
    label : str or Text, optional
        Of the new variable; by default that of the old one.
    labels : mapping of code to str or Text, optional
        Of the new codes. By default a code has the label of the code that it was, or the labels of those that it joins.
    others : {"fail", "keep", "missing"}
        Answers that no rule names: refused, kept as they are, or made missing.

    Returns
    -------
    Microdata

    Raises
    ------
    ColumnError
        Where there is no such variable, or `into` is one already.
    OptionError
        Where a rule names an answer that nobody could give, two name the same, or answers are left over.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> book = Codebook().described("job", values={1: Text("CDI", "permanent"), 2: Text("CDD", "fixed term"),
    ...                                            3: Text("sans emploi", "no job")})
    >>> data = Microdata(pd.DataFrame({"job": [1, 2, 3, 2]}), book)
    >>> works = recode(data, "job", {(1, 2): 1, "no job": 0}, into="works")
    >>> works.frame["works"].tolist(), works.codebook["works"].values[1].en, works.codebook.steps[0].said.en
    ([1, 1, 0, 1], 'permanent / fixed term', 'works: job 1, 2 → 1; 3 → 0')
    """
    asked = f"`{name}` was to be recoded."
    frame = frame_in_memory(data, asked)
    check_columns(data, (name,), asked)
    target = name if into is None else into
    if target != name and target in frame.columns:
        raise ColumnError(
            asked, f"The data have a column `{target}` already.", "Write another name for the new variable."
        )
    if others not in _OTHERS:
        raise one_of("`others`", others, _OTHERS)
    if sum(each is not None for each in (rules, amounts, bands)) != 1:
        raise OptionError(
            asked,
            "One of `rules`, `amounts` and `bands` says how, and none or several were given.",
            f'Write for example `data.recode("{name}", {{1: 1, (2, 3): 2}})`.',
        )
    if bands is not None:
        done = bands_of(data, name, bands, others, asked)
    elif amounts is not None:
        done = amounts_of(data, name, amounts, others, asked)
    else:
        done = rules_of(data, name, rules or {}, others, asked)
    return _recoded(data, name, target, done, label, labels, asked)


def _recoded(
    data: Microdata,
    name: str,
    target: str,
    done: Recoded,
    label: str | Text | None,
    labels: Mapping[Any, str | Text] | None,
    asked: str,
) -> Microdata:
    """Return the data with the new column, what the codebook says of it, and the step."""
    old = data.codebook.variables.get(name, Variable(name))
    column = _column(done.values, done.answered, data.frame.index, asked)
    missing = {each: codes for each, codes in data.missing.items() if each != target}
    if done.missing is not None:
        missing[target] = done.missing
    variable = _variable(old, target, done, column, label, labels, asked)
    step = Step("recode", tuple(dict.fromkeys((name, target))), _said(name, target, done.said), done.changed)
    codebook = replace(data.codebook, variables={**data.codebook.variables, target: variable})
    frame = data.frame.assign(**{target: column})
    counted = reasons_counted(frame, codebook.with_step(step), missing, [target])
    return replace(data, frame=frame, codebook=counted, missing=missing)


def _variable(
    old: Variable,
    target: str,
    done: Recoded,
    column: pd.Series[Any],
    label: str | Text | None,
    labels: Mapping[Any, str | Text] | None,
    asked: str,
) -> Variable:
    """Return what the new variable means."""
    new = set(column.dropna().tolist())
    for code in () if done.missing is None else done.missing.codes:
        if code in new:
            why = f" ({done.reasons[code]})" if done.reasons[code] else ""
            raise OptionError(
                asked,
                f"The code {code_written(code)} stands for no answer{why}, and is a new answer too.",
                "Write another code for that answer.",
            )
    given = {
        code: words if isinstance(words, Text) else Text.same(str(words))
        for code, words in (labels or {}).items()
    }
    said = label if isinstance(label, Text) else Text.same(label) if label else old.label
    return replace(
        old,
        name=target,
        label=said,
        values={**done.labels, **given},
        measure=done.measure or old.measure,
        # a code of no answer that nobody has gives way to an answer
        missing={code: why for code, why in done.reasons.items() if code not in new},
        missing_labels=_worded(old, {code: why for code, why in done.reasons.items() if code not in new}),
        missing_ranges=(),
        unit="",
        part_of=old.part_of if target == old.name else "",
        storage="words" if old.storage == "words" and not is_numeric_dtype(column) else "",
    )


def _worded(old: Variable, missing: Mapping[Code, str]) -> dict[Code, Text]:
    """Return the wordings of missing codes: those of the answers and of the missing codes that they were."""
    said = {text.en: text for text in (*old.values.values(), *old.missing_labels.values())}
    return {code: said[why] for code, why in missing.items() if why in said and said[why] != Text.same(why)}


def _said(name: str, target: str, rule: Text) -> Text:
    if target == name:
        return Text(f"{name} : {rule.fr}", f"{name}: {rule.en}")
    return Text(f"{target} : {name} {rule.fr}", f"{target}: {name} {rule.en}")


def _column(
    values: NDArray[Any], answered: NDArray[np.bool_], index: pd.Index[Any], asked: str
) -> pd.Series[Any]:
    """Return new answers as a column: whole numbers, numbers, or words."""
    import pandas as pd

    distinct = pd.unique(values[answered])
    kinds = {isinstance(each, str) for each in distinct}
    if len(kinds) > 1:
        raise OptionError(
            asked,
            "Some of the new answers are numbers and some are words.",
            "Write all of them as numbers, or all as words.",
        )
    if True in kinds:
        words = np.where(answered, values, np.nan)
        return pd.Series(words, index=index, dtype=pd.StringDtype(na_value=np.nan))
    if answered.all() and len(values) and all(isinstance(each, int | np.integer) for each in distinct):
        return pd.Series(values.astype(np.int64), index=index)
    return pd.Series(np.where(answered, values, np.nan).astype(np.float64), index=index)
