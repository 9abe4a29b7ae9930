"""Answers under their labels, as pandas categories: for looking, not for keeping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError
from diplab.microdata.answers import code_said
from diplab.microdata.frequencies import answers_in_order
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.shown import check_labelled, worded
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = ["as_categorical"]


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
    check_labelled(data.codebook, language)
    columns = {name: _labelled(data, name, language, ordered) for name in names}
    return columns[names[0]] if len(names) == 1 else pd.DataFrame(columns)


def _labelled(data: Microdata, name: str, language: str, ordered: bool | None) -> pd.Series[Any]:
    import pandas as pd

    column = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
    codes = answers_in_order(column, variable)
    by_code = {code_said(code): worded(label, language) for code, label in variable.values.items()}
    labels = [by_code.get(code_said(code)) or code_said(code) for code in codes]
    shown = [
        f"{label} ({code_said(code)})" if labels.count(label) > 1 else label
        for code, label in zip(codes, labels, strict=True)
    ]
    places = pd.Index(codes, dtype=object).get_indexer(column.astype(object))
    in_order = variable.measure == "ordinal" if ordered is None else ordered
    return pd.Series(
        pd.Categorical.from_codes(np.asarray(places), categories=pd.Index(shown), ordered=in_order),
        index=column.index,
        name=name,
    )
