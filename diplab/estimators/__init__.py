"""Statistics: a point estimate and its linearised variable, written once, for any design.

What a statistic of another package needs is here:

>>> from diplab.estimators import ONE, Expression, Linearised, Totals, only_where, power, statistic
"""

from diplab.estimators.statistic import Bounds, Linearised, Statistic, statistic, symmetric
from diplab.sampling.expression import ONE, ColumnOrExpression, Expression, only_where, power
from diplab.sampling.totals import Totals

__all__ = [
    "ONE", "Bounds", "ColumnOrExpression", "Expression", "Linearised", "Statistic", "Totals",
    "only_where", "power", "statistic", "symmetric",
]  # fmt: skip
