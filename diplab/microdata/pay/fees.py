"""Pay after the fees of a platform, with each fee recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from diplab.checks import is_number
from diplab.errors import OptionError
from diplab.kernel.arrays import Floats
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_new_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import carry_reasons
from diplab.microdata.pay import amounts
from diplab.microdata.pay.harmonise import describe_flags, flags_of_rows
from diplab.reference.parameter import Parameter, figure_in_words, parameter_in_words
from diplab.reference.text import Text


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
    into: str | None = None,
) -> Microdata:
    """Subtract the fees of a platform from pay, and compute what can be withdrawn.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    pay : str
        Column of what was paid in a period, before fees.
    payments : float or str
        Number of payments: fees are taken from each. A number, or a column.
    fee_share : float, str or Parameter, optional
        Share of each payment that the platform keeps, from 0 to 1; a number, a column, or a dated
        parameter.
    fee_minimum : float, str or Parameter, optional
        Minimum of this share for each payment, in the currency of the pay.
    fee_fixed : float, str or Parameter, optional
        Taken from each payment in addition to the share.
    withdrawal_threshold : float, str or Parameter, optional
        Amount under which nothing can be withdrawn from the account in the period.
    withdrawal_fee : float, str or Parameter, optional
        Fee for withdrawing the balance of the account, once a period.
    into : str, optional
        Name of the new column; by default that of the pay and `_after_fees`.

    Returns
    -------
    Microdata
        With `<into>`, `<into>_flags`, and, with a withdrawal threshold or fee, `<into>_withdrawn`:
        0 below the threshold, the remaining pay above it. Amounts not withdrawn stay in the
        account. Fees above the pay are flagged and give a negative number. `codebook.steps` names
        every fee.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words, or a new name is one of the data already.
    OptionError
        Where a fee is negative or not a number, or there is none.

    Notes
    -----
    after = pay - n max(minimum, share * pay / n) - n fixed, with n payments; withdrawn = after -
    withdrawal fee where after is at or above the threshold, otherwise 0. A payment of 0 pays no
    fee.

    Examples
    --------
    Four payments of 2.50 EUR, with fees of 20% and 0.10 EUR each; no withdrawal below 10 EUR.

    >>> import pandas as pd, diplab as dl
    >>> data = dl.Microdata(pd.DataFrame({"paid": [10.0]}), dl.Codebook())
    >>> left = dl.work.effective_pay(
    ...     data, "paid", payments=4, fee_share=0.2, fee_fixed=0.1, withdrawal_threshold=10
    ... )
    >>> left.frame[["paid_after_fees", "paid_after_fees_withdrawn"]].values.tolist()
    [[7.6, 0.0]]
    """
    data = as_microdata(data)
    frame = frame_in_memory(data)
    paid = amounts.numbers_of_column(data, pay)
    options = {
        "payments": payments,
        "fee_share": fee_share,
        "fee_minimum": fee_minimum,
        "fee_fixed": fee_fixed,
        "withdrawal_threshold": withdrawal_threshold,
        "withdrawal_fee": withdrawal_fee,
    }
    fees = {}
    for option, value in options.items():
        if value is not None:
            fees[option] = _fee(data, option, value)
    if len(fees) == 1:
        raise OptionError("There is no fee.", write="Write for example `fee_share=0.2`.")
    into = into or f"{pay}_after_fees"
    new = _pay_after_fees(paid, {option: values for option, (values, _) in fees.items()}, into)
    check_new_columns(data, *new, write='Write another name, for example `into="after_fees"`.')
    book = _describe_fees(data, pay, into, new, fees)
    numbers = [item for item in new if not item.endswith("_flags")]
    return carry_reasons(data, frame.assign(**new), book, numbers, (pay,))


def _pay_after_fees(pay: Floats, fees: dict[str, Floats], into: str) -> dict[str, Any]:
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
    return {**new, f"{into}_flags": flags_of_rows(flags)}


def _fee(data: Microdata, option: str, value: Any) -> tuple[Floats, Text]:
    """Return a fee by row, from a number, a column or a dated parameter, and in words."""
    label = WORDS(f"fee.{option}")
    if isinstance(value, str):
        words, values = (
            WORDS("form.value", label=label, value=value),
            amounts.numbers_of_column(data, value),
        )
    elif isinstance(value, Parameter):
        words = WORDS(
            "form.sourced", label=label, value=parameter_in_words(value), source=value.source
        )
        values = np.full(len(data.frame), value.value)
    elif is_number(value) and np.isfinite(value):
        words = WORDS("form.value", label=label, value=figure_in_words(float(value)))
        values = np.full(len(data.frame), float(value))
    else:
        raise _fee_error(option, repr(value))
    known = values[~np.isnan(values)]
    wrong = known < 0
    if option == "fee_share":
        wrong |= known > 1
    if option == "payments":
        wrong |= known == 0
    if wrong.any():
        raise _fee_error(option, f"{known[wrong][0]:g}")
    return values, words


def _fee_error(option: str, value: str) -> OptionError:
    write = {
        "fee_share": "Write a share from 0 to 1, as 0.2 for 20%.",
        "payments": "Write a number of payments above 0, or a column of them.",
    }
    return OptionError(
        f"`{option}={value}` is not a fee.",
        write=write.get(option, "Write an amount from 0, in the currency of the pay, or a column."),
    )


def _describe_fees(
    data: Microdata, pay: str, into: str, new: dict[str, Any], fees: dict[str, tuple[Floats, Text]]
) -> Any:
    """Return the codebook with the new variables and a step that names each fee."""
    book = data.codebook
    variable = book.variable(pay)
    label = variable.label or Text.same(pay)
    flags = WORDS.section("fee_flag")
    ends = {
        into: WORDS("fees.after", label=label),
        f"{into}_withdrawn": WORDS("fees.withdrawn", label=label),
    }
    for column in new:
        if column in ends:
            book = book.described(column, label=ends[column], measure="scale", unit=variable.unit)
        else:
            book = describe_flags(book, column, WORDS("fees.flags"), flags)
    parts = []
    for _, words in fees.values():
        parts.append(words)
    by_row = list(new[f"{into}_flags"])
    for flag, words in flags.items():
        if rows := sum(flag in item for item in by_row):
            parts.append(WORDS("form.value", label=words, value=rows))
    fee_words = join_wordings([Text.same(pay), join_wordings(parts, "; ")], ", ")
    step_words = WORDS("step.of", columns=", ".join(new), words=fee_words)
    return book.with_step(
        Step("recode", (pay, *new), step_words, int(np.isfinite(new[into]).sum()))
    )
