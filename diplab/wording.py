r"""Numbers and terms in words, in French and English, for your own notes and titles.

>>> from diplab import wording
>>> wording.percent(0.284, "fr", 1) == "28,4\u00a0%"
True
>>> wording.number(266126, "en")
'266,126'
>>> wording.both(wording.number, 266126).en
'266,126'
"""

from diplab.presentation.language import both, interval, money, number, percent, term

__all__ = ["both", "interval", "money", "number", "percent", "term"]
