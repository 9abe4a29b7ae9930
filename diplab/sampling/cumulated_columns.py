"""Running totals where the data are: grouped by value, added up in its order, and joined back to the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.sampling.expression import Apply, Cumulated, Expression, Native, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from diplab.sampling.translation import Translation

__all__ = ["with_cumulated"]

ORDER, SUM = "diplab_order", "diplab_sum"


def with_cumulated(
    frame: nw.LazyFrame[Any],
    terms: Sequence[Expression],
    by: tuple[str, ...],
    words: Translation,
    weight: nw.Expr,
) -> tuple[nw.LazyFrame[Any], list[Expression]]:
    """Return a frame with a column for each running total that terms read, and the terms written with these.

    Parameters
    ----------
    frame : lazy frame
        Rows of one scope.
    terms : sequence of Expression
    by : tuple of str
        Domain variables: totals run within each domain.
    words : Translation
    weight : narwhals expression
        Weight of a row.
    """
    written: dict[Cumulated, Expression] = {}
    for term in terms:
        for node in _innermost_first(term):
            if node not in written:
                name = f"diplab_cumulated_{len(written)}"
                frame = _joined(frame, _plain(node.order, written), _plain(node.what, written), node.own,
                                by, words, weight, name)  # fmt: skip
                written[node] = Native(nw.col(name))
    return frame, [_plain(term, written) for term in terms]


def _innermost_first(term: Expression) -> list[Cumulated]:
    return [part for part in walk(term) if isinstance(part, Cumulated)][::-1]


def _plain(expression: Expression, written: dict[Cumulated, Expression]) -> Expression:
    """Return an expression with the columns of running totals in the place of these."""
    if isinstance(expression, Cumulated):
        return written[expression]
    if isinstance(expression, Apply):
        return Apply(expression.operation, tuple(_plain(each, written) for each in expression.arguments))
    return expression


def _joined(
    frame: nw.LazyFrame[Any],
    order: Expression,
    what: Expression,
    own: float,
    by: tuple[str, ...],
    words: Translation,
    weight: nw.Expr,
    name: str,
) -> nw.LazyFrame[Any]:
    ordered = frame.with_columns(words.number(order).alias(ORDER))
    keys = [*by, ORDER]
    sums = ordered.group_by(keys).agg((weight * words.number(what)).sum().alias(SUM))
    running = nw.col(SUM).cum_sum()
    running = running.over(*by, order_by=ORDER) if by else running.over(order_by=ORDER)
    total = running if own == 1 else running - nw.col(SUM) * (1.0 - own)
    # a name of its own on both sides: what an engine calls the second of two columns is its own business
    lookup = sums.with_columns(total.alias(name)).select(
        *[nw.col(key).alias(f"{name}_{key}") for key in keys], name
    )
    joined = ordered.join(lookup, left_on=keys, right_on=[f"{name}_{key}" for key in keys], how="left")
    extra = [column for column in joined.collect_schema().names() if column.startswith(f"{name}_")]
    return joined.drop(ORDER, *extra)
