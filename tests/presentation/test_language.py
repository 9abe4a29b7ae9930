from __future__ import annotations

import math
from decimal import Decimal

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from diplab.errors import OptionError
from diplab.presentation.language import both, interval, money, number, percent, rounded, words
from diplab.reference.text import Text, spaced

# Worked by hand from the typographic rules in the module's docstrings.
NUMBERS = [
    (266_126, "fr", 0, "266\u202f126"), (266_126, "en", 0, "266,126"),
    (1_234_567.891, "fr", 2, "1\u202f234\u202f567,89"), (-0.5, "fr", 1, "−0,5"), (-0.04, "en", 1, "0.0"),
    (2.5, "en", 0, "3"), (-2.5, "en", 0, "−3"), (2.675, "en", 2, "2.68"), (0.1 + 0.2, "en", 1, "0.3"),
    (math.nan, "fr", 0, "n.d."), (None, "en", 0, "n/a"), (pd.NA, "fr", 0, "n.d."), (math.inf, "en", 0, "∞"),
    (-math.inf, "fr", 0, "−∞"), (14_903, "en", -3, "15,000"),
]  # fmt: skip


def test_numbers_print_as_the_language_does():
    for value, language, decimals, shown in NUMBERS:
        assert number(value, language, decimals) == shown


def test_numbers_of_any_size_print():
    assert number(2.5e30, "fr", 0) == "2\u202f500" + "\u202f000" * 9
    assert number(-1.7e308, "en", 1).replace(",", "") == f"−17{'0' * 307}.0"


def test_shares_money_and_intervals_print_as_the_language_does():
    nan = math.nan
    assert (number(1.5, "fr", 1, sign=True), number(0.0, "fr", 1, sign=True)) == ("+1,5", "0,0")
    assert (percent(0.123, "fr", 1), percent(0.2845, "fr", 1)) == ("12,3\u00a0%", "28,5\u00a0%")
    assert (percent(0.123, "en", 1), percent(0.285, "en", 0), percent(1.0, "en", 0)) == (
        "12.3%",
        "29%",
        "100%",
    )
    assert (percent(nan, "fr", 1), percent(-0.012, "en", 1, sign=True)) == ("n.d.", "−1.2%")
    assert (money(1234.5, "EUR", "fr"), money(1234.5, "EUR", "en")) == (
        "1\u202f234,50\u00a0€",
        "€1,234.50",
    )
    assert (money(-7.25, "USD", "en"), money(7.25, "USD", "fr")) == ("−$7.25", "7,25\u00a0$US")
    assert money(None, "USD", "fr") == "n.d."
    assert interval(0.24, 0.33, "fr", 1, percent=True) == "[24,0\u00a0%\u202f;\u00a033,0\u00a0%]"
    assert (interval(10, 1200, "en"), interval(nan, nan, "fr")) == ("[10, 1,200]", "")
    assert interval(2, 3, "fr", currency="EUR") == "[2\u00a0€\u202f;\u00a03\u00a0€]"


@given(st.floats(-1e12, 1e12), st.integers(0, 4))
def test_rounding_is_within_half_a_unit_and_odd(value, decimals):
    kept = rounded(value, decimals)
    assert abs(kept - Decimal(repr(value))) <= Decimal(5).scaleb(-decimals - 1)
    assert rounded(-value, decimals) == -kept


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_french_numbers_read_back(value, decimals):
    shown = number(value, "fr", decimals)
    back = shown.replace("\u202f", "").replace(",", ".").replace("−", "-")
    assert Decimal(back) == rounded(value, decimals)


def test_words_are_spaced_as_the_language_does():
    given_ = "Lecture : « 12 000 € ; 50 % ? » oui !"
    expected = "Lecture\u00a0: «\u00a012\u202f000\u00a0€\u202f; 50\u00a0%\u202f?\u00a0» oui\u202f!"
    assert spaced(given_) == expected
    assert spaced(expected) == expected
    assert spaced("https://example.org/?a=1 à 12:30, en 2018 200 personnes") == (
        "https://example.org/?a=1 à 12:30, en 2018 200 personnes"
    )
    text = Text("l'étude : oui", "authors' study: yes, it's done")
    assert words(text, "en") == "authors’ study: yes, it’s done"
    assert words(text, "fr") == "l’étude\u00a0: oui"
    assert both(number, 14_903) == Text("14\u202f903", "14,903")
    assert both(percent, 0.125, decimals=0) == Text("13\u00a0%", "13%")
    assert both(money, 3, "EUR", decimals=0) == Text("3\u00a0€", "€3")
    assert both(interval, 1, 2) == Text("[1\u202f;\u00a02]", "[1, 2]")


def test_another_language_is_an_error(refused):
    refused(lambda: number(1, "de"), OptionError)
    refused(lambda: money(1, "GBP", "fr"), OptionError)
