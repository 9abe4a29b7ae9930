"""Capture histories and counts in print that several tests read, with the persons who have each."""

from __future__ import annotations

import pandas as pd

__all__ = ["HARES", "MTURK", "NETHERLANDS", "ROME", "SPINA"]

# Cormack (1989): hares over six occasions.
ONCE = (
    *("110001", "110010", "101100", "101010", "101000", "100111", "100001", "011111"),
    *("011011", "010111", "010011", "010001", "001101", "001011", "000111", "000110"),
)
HARES = {
    **dict.fromkeys(ONCE, 1),
    **dict.fromkeys(("111111", "100100", "100010", "011101", "011001", "001001", "000011"), 2),
    **dict.fromkeys(("100000", "010101", "010100", "010010", "000100"), 3),
    **dict.fromkeys(("000101", "000010", "000001"), 4),
    "001000": 5,
    "010000": 6,
}
# Abeni, Brancato and Perucci (1994): HIV in Rome, four reporting centres.
ROME = {
    "1111": 0,
    "1110": 3,
    "1101": 1,
    "1100": 33,
    "1011": 0,
    "1010": 20,
    "1001": 6,
    "1000": 403,
    "0111": 3,
    "0110": 35,
    "0101": 10,
    "0100": 545,
    "0011": 11,
    "0010": 621,
    "0001": 205,
}

# persons seen once, twice and so on: immigrants without legal residence (van der Heijden, Cruyff
# and van Houwelingen, 2003), and workers in the first column of ipeirotis/mturk_demographics
NETHERLANDS = [1645, 183, 37, 13, 1, 1]
MTURK = [
    *(25984, 5972, 2470, 1340, 853, 577, 448, 326, 271, 191, 175, 142, 108, 103, 80),
    *(63, 66, 59, 57, 25, 29, 40, 21, 17, 16, 8, 13, 4, 2),
]
# spina bifida on three lists (Madigan and York, 1997)
SPINA = pd.DataFrame(
    [
        [0, 0, 1, 60],
        [0, 1, 0, 49],
        [0, 1, 1, 4],
        [1, 0, 0, 247],
        [1, 0, 1, 112],
        [1, 1, 0, 142],
        [1, 1, 1, 12],
    ],
    columns=["hospital", "death", "school", "persons"],
)
