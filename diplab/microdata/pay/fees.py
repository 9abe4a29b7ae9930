"""What is left of pay after the fees of the platform and of withdrawals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, OptionError
from diplab.microdata.frames import frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.microdata import as_microdata
from diplab.microdata.missing import carry_reasons
from diplab.microdata.pay.amounts import numbers_of_column
from diplab.reference.parameter import Parameter
from diplab.reference.parameter_words import figure_in_words, parameter_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = ["effective_pay"]


Floats = NDArray[np.float64]
FEE_FLAGS = {
    "fees above pay": Text("frais supérieurs à la paie", "fees above the pay"),
    "not withdrawable": Text("sous le seuil de retrait", "below the least that can be withdrawn"),
}
_OPTIONS = {
    "payments": Text("paiements par période", "payments a period"),
    "fee_share": Text("frais, part de chaque paiement", "fee, share of each payment"),
    "fee_minimum": Text("frais, au moins par paiement", "fee, at least, for each payment"),
    "fee_fixed": Text("frais fixes par paiement", "fixed fee for each payment"),
    "withdrawal_threshold": Text("seuil de retrait", "least that can be withdrawn"),
    "withdrawal_fee": Text("frais de retrait", "fee for withdrawing"),
}


@dataclass(frozen=True, eq=False)
class _Fee:
    """One option: its value by row, and what it is in words."""

    values: Floats
    said: Text


def effective_pay(
    data: Microdata | pd.DataFrame,
    pay: str,
    *,
    payments: float | str = 1,
    fee_share: float | str | Parameter | None = None,
    fee_minimum: float | str | Parameter | None = None,
    fee_fixed: float | str | Parameter | None = None,
    withdrawal_threshold: float | str | Parameter | None = None,
    withdrawal_fee: float | str | Parameter | None = None,
    name: str | None = None,
) -> Microdata:
    """Take the fees of a platform off pay, and say what of it can be withdrawn.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    pay : str
        Column of what was paid in a period, before fees.
    payments : float or str
        How many payments it was made of: fees are taken from each. A number, or a column.
    fee_share : float, str or Parameter, optional
        Share of each payment that is kept, from 0 to 1; a number, a column, or a dated parameter.
    fee_minimum : float, str or Parameter, optional
        The least that this share comes to, for each payment, in the currency of the pay.
    fee_fixed : float, str or Parameter, optional
        Taken from each payment beside the share.
    withdrawal_threshold : float, str or Parameter, optional
        Amount under which nothing can be taken out of the account in the period.
    withdrawal_fee : float, str or Parameter, optional
        For taking out what the account holds, once a period.
    name : str, optional
        Of the new column; by default that of the pay and `_after_fees`.

    Returns
    -------
    Microdata
        With `<name>`, `<name>_flags`, and `<name>_withdrawn` where there is a threshold or a fee for withdrawing: 0
        below the threshold, what is left of the pay above it. What is not withdrawn is not lost: it stays on the
        account. Fees above the pay are flagged and leave a number below zero. `codebook.steps` names every fee.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words, or a new name is one of the data already.
    OptionError
        Where a fee is not one, or none is given.

    Notes
    -----
    after = pay - n max(minimum, share * pay / n) - n fixed, with n payments; withdrawn = after - withdrawal fee where
    after is at or above the threshold, otherwise 0. A payment of 0 pays no fee.

    Examples
    --------
    Four payments of 2.50 EUR, of which 20% are kept, and 0.10 EUR each; nothing leaves the account below 10 EUR.

    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"paid": [10.0]}), Codebook())
    >>> left = effective_pay(data, "paid", payments=4, fee_share=0.2, fee_fixed=0.1, withdrawal_threshold=10)
    >>> left.frame[["paid_after_fees", "paid_after_fees_withdrawn"]].values.tolist()
    [[7.6, 0.0]]
    """
    asked = f"The pay `{pay}` after fees was asked for."
    data = as_microdata(data, asked)
    frame = frame_in_memory(data, asked)
    amounts = numbers_of_column(data, pay, asked)
    given = {
        "payments": payments,
        "fee_share": fee_share,
        "fee_minimum": fee_minimum,
        "fee_fixed": fee_fixed,
        "withdrawal_threshold": withdrawal_threshold,
        "withdrawal_fee": withdrawal_fee,
    }
    fees = {option: _fee(data, option, value, asked) for option, value in given.items() if value is not None}
    if len(fees) == 1:
        raise OptionError(asked, "No fee was given.", "Write for example `fee_share=0.2`.")
    into = name or f"{pay}_after_fees"
    new = _pay_after_fees(amounts, {option: fee.values for option, fee in fees.items()}, into)
    for each in new:
        if each in frame.columns:
            raise ColumnError(
                asked,
                f"The data have a column `{each}` already.",
                "Write another `name` for the new columns.",
            )
    book = _describe_fees(data, pay, into, new, fees)
    numbers = [each for each in new if not each.endswith("_flags")]
    return carry_reasons(data, frame.assign(**new), book, numbers, (pay,))


def _pay_after_fees(pay: Floats, fees: dict[str, Floats], into: str) -> dict[str, Any]:
    import pandas as pd

    nothing = np.zeros_like(pay)
    count = fees["payments"]
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(count > 0, pay / count, np.nan)
    taken = np.maximum(fees.get("fee_share", nothing) * each, fees.get("fee_minimum", nothing))
    taken = taken + fees.get("fee_fixed", nothing)
    after = np.where(pay == 0, 0.0, pay - count * taken)
    flags = [((after < 0) & (pay >= 0), "fees above pay")]
    new: dict[str, Any] = {into: after}
    if "withdrawal_threshold" in fees or "withdrawal_fee" in fees:
        least = fees.get("withdrawal_threshold", nothing)
        out = (after >= least) & (after > 0)
        left = np.where(out, after - fees.get("withdrawal_fee", nothing), 0.0)
        new[f"{into}_withdrawn"] = np.where(np.isnan(after) | np.isnan(least), np.nan, left)
        flags += [
            (new[f"{into}_withdrawn"] < 0, "fees above pay"),
            ((after > 0) & (after < least), "not withdrawable"),
        ]
    words = [", ".join(dict.fromkeys(flag for rows, flag in flags if rows[at])) for at in range(len(pay))]
    new[f"{into}_flags"] = pd.array(words, dtype=pd.StringDtype(na_value=np.nan))
    return new


def _fee(data: Microdata, option: str, given: Any, asked: str) -> _Fee:
    """Return a fee by row: a number, a column, or a dated parameter."""
    label = _OPTIONS[option]
    if isinstance(given, Parameter):
        told = parameter_in_words(given)
        said = Text(f"{label.fr} – {told.fr}, {given.source}", f"{label.en} – {told.en}, {given.source}")
        values = np.full(len(data.frame), given.value)
    elif isinstance(given, str):
        said = Text(f"{label.fr}\u00a0: {given}", f"{label.en}: {given}")
        values = numbers_of_column(data, given, asked)
    else:
        if isinstance(given, bool) or not isinstance(given, int | float | np.number):
            raise _fee_error(option, repr(given), asked)
        shown = figure_in_words(float(given))
        said = Text(f"{label.fr}\u00a0: {shown.fr}", f"{label.en}: {shown.en}")
        values = np.full(len(data.frame), float(given))
    if not isinstance(given, str) and not np.isfinite(values).all():
        raise _fee_error(option, repr(given), asked)
    known = values[~np.isnan(values)]
    wrong = known < 0
    if option == "fee_share":
        wrong |= known > 1
    if option == "payments":
        wrong |= known == 0
    if wrong.any():
        raise _fee_error(option, f"{known[wrong][0]:g}", asked)
    return _Fee(values, said)


def _fee_error(option: str, found: str, asked: str) -> OptionError:
    write = {
        "fee_share": "Write a share from 0 to 1, as 0.2 for 20%.",
        "payments": "Write a number of payments above 0, or a column of them.",
    }
    return OptionError(
        asked,
        f"`{option}` was given as {found}.",
        write.get(option, "Write an amount from 0, in the currency of the pay, or a column."),
    )


def _describe_fees(data: Microdata, pay: str, into: str, new: dict[str, Any], fees: dict[str, _Fee]) -> Any:
    """Return the codebook with the new variables and the step that names each fee."""
    book = data.codebook
    old = book.variables.get(pay)
    label = old.label if old is not None and old.label else Text.same(pay)
    unit = "" if old is None else old.unit
    ends = {
        into: Text(f"{label.fr}, frais déduits", f"{label.en}, after fees"),
        f"{into}_withdrawn": Text(
            f"{label.fr}, frais déduits et retirée", f"{label.en}, after fees and withdrawn"
        ),
    }
    for column in new:
        if column in ends:
            book = book.described(column, label=ends[column], measure="scale", unit=unit)
        else:
            words = Text("frais\u00a0: ce qui est à vérifier", "fees: what is to be checked")
            book = book.described(
                column, label=words, values=dict(FEE_FLAGS), measure="nominal", storage="words"
            )
    told = [fee.said for fee in fees.values()]
    flags = list(new[f"{into}_flags"])
    for flag, words in FEE_FLAGS.items():
        rows = sum(flag in each for each in flags)
        if rows:
            told.append(Text(f"{words.fr}\u00a0: {rows}", f"{words.en}: {rows}"))
    french, english = "\u202f; ".join(each.fr for each in told), "; ".join(each.en for each in told)
    said = Text(f"{', '.join(new)}\u00a0: {pay}, {french}", f"{', '.join(new)}: {pay}, {english}")
    changed = int(np.isfinite(new[into]).sum())
    return book.with_step(Step("recode", (pay, *new), said, changed))
