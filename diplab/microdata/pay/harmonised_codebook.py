"""What the codebook says of harmonised pay: labels, units, and the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.microdata.pay.outliers import FLAGS
from diplab.microdata.step import Step
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.codebook import Codebook

__all__ = ["described"]

_MEANS = {
    "monthly": (Text("paie mensuelle", "monthly pay"), "a month"),
    "hourly": (Text("paie horaire", "hourly pay"), "an hour"),
}
_ENDS = {"low": Text("au moins", "at least"), "high": Text("au plus", "at most")}
_KINDS = {"gross": Text("brute", "gross"), "net": Text("nette", "net"), "": Text("", "")}


def described(
    codebook: Codebook,
    pay: str | tuple[str, str],
    columns: Mapping[str, Any],
    name: str,
    kind: str,
    currency: str,
    said: Text,
) -> Codebook:
    """Return the codebook with the new variables and the step.

    Parameters
    ----------
    codebook : Codebook
    pay : str or tuple of str
        What it was made of.
    columns : mapping of str to array
        The new columns.
    name : str
        That they begin with.
    kind, currency : str
        `gross`, `net` or nothing; the code of the currency.
    said : Text
        The step in words.
    """
    for column in columns:
        period, _, end = column.removeprefix(f"{name}_").partition("_")
        if period not in _MEANS:
            codebook = codebook.described(
                column,
                label=Text("paie\u00a0: ce qui est à vérifier", "pay: what is to be checked"),
                values=dict(FLAGS),
                measure="nominal",
                storage="words",
            )
            continue
        label, per = _MEANS[period]
        parts = [label, _KINDS[kind], *([_ENDS[end]] if end else [])]
        french = ", ".join(each.fr for each in parts if each.fr)
        english = ", ".join(each.en for each in parts if each.en)
        codebook = codebook.described(
            column,
            label=Text(f"{french} ({currency})", f"{english} ({currency})")
            if currency
            else Text(french, english),
            measure="scale",
            unit=f"{currency} {per}{f', {kind}' if kind else ''}" if currency else "",
        )
    sources = (pay,) if isinstance(pay, str) else pay
    rows = max((int((~_gone(values)).sum()) for values in columns.values()), default=0)
    return codebook.with_step(Step("recode", (*sources, *columns), said, rows))


def _gone(values: Any) -> Any:
    import pandas as pd

    return pd.isna(values)
