"""Small tables that results are worked out on by hand, a line for each person; `.` is missing."""

from __future__ import annotations

from typing import Any

import numpy as np

FOUR_PEOPLE = """
psu h sex w  y N f
1   a f   10 1 4 .5
2   a f   10 3 4 .5
3   b m   20 4 4 .5
4   b m   20 8 4 .5
"""
TWO_WOMEN_TWO_MEN = """
psu sex y
1   f   1
2   f   3
3   m   5
4   m   9
"""
ONE_WITHOUT_WEIGHT = """
psu w  y
1   10 1
2   10 3
3   0  100
"""
PAY_AND_HOURS = """
psu pay hours
1   10  5
2   30  5
3   50  .
4   .   5
"""
CONTRACTS = """
psu w  contract pay late
1   10 open      20 True
2   10 fixed     30 False
3   20 open       5 False
4   10 none       .  True
5   10 .         15 False
"""
WITH_GAPS = """
psu w  sex y x
1   1  f   1 1
2   2  f   . 0
3   4  .   5 1
4   8  m   9 .
5   16 m   . .
"""
TWO_REGIONS = """
psu region income
1   a      100
2   a      250
3   a      280
4   b      500
5   b      600
6   b      700
7   b      800
"""
NESTED = """
h psu w N y
a 1   1 4 1
a 2   1 4 3
b 1   1 9 4
b 2   1 9 8
"""
LONELY = """
s psu w  y
1 1   10 1
1 2   10 3
2 3   20 4
2 4   20 8
3 5   30 10
"""
THREE_STRATA = """
h psu w y sex
a 1   1 2 f
a 2   1 4 m
a 3   1 0 m
b 4   1 5 f
b 5   1 1 f
b 6   1 0 m
c 7   1 7 f
c 8   1 9 f
"""
TOWNS = """
town p  w   y sex
1    .5 2   1 f
2    .4 2.5 2 m
3    .2 5   1 f
"""
JOINT = np.array([[0.5, 0.2, 0.1], [0.2, 0.4, 0.05], [0.1, 0.05, 0.2]])
"""Probabilities that two of `TOWNS` are drawn together."""

BY_UNIT: dict[str, Any] = {"psu": "psu"}
WEIGHTED: dict[str, Any] = {"weights": "w", "psu": "psu"}
STRATIFIED: dict[str, Any] = {"weights": "w", "psu": "psu", "strata": "h"}

HOMES: dict[str, Any] = {"weights": "w", "psu": ["town", "home"]}
OVERTON: dict[str, Any] = {"fpc": "p", "unequal": "overton"}
BREWER: dict[str, Any] = {"fpc": "p", "unequal": "brewer"}
COLLAPSE: dict[str, Any] = {"strata": "h", "lonely_psu": "collapse"}

# Student, 97.5 %, of 3 and 4 degrees of freedom (printed tables: 3.182 and 2.776)
STUDENT_3 = 3.182446305284263
STUDENT_4 = 2.7764451051977987
