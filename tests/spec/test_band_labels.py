"""Bands read from their labels, in French and in English: all of them or none."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from diplab.errors import OptionError
from diplab.microdata.parse_numbers import parse_bands

ASKED = "The bands of `income` were asked for."


@pytest.mark.parametrize(("labels", "ends"), [
    (["Less than $25,000", "$25,000 - $49,999", "$50,000 - $74,999", "$75,000 or more"],
        [(0, 25_000), (25_000, 50_000), (50_000, 75_000), (75_000, inf)]),
    (["moins de 800 €", "800 à 1 199 euros", "de 1 200 à 1 999 €", "plus de 2 000 €"],
        [(0, 800), (800, 1200), (1200, 2000), (2000, inf)]),
    (["Moins de 1\u202f000\u00a0€ par mois", "De 1 000 à moins de 1 500 € nets par mois", "1 500 € et plus"],
        [(0, 1000), (1000, 1500), (1500, inf)]),
    (["entre 1 000 et 1 500 €", "entre 1 500 et 2 000 €"], [(1000, 1500), (1500, 2000)]),
    (["< 500", "500-999", "1 000 € et plus"], [(0, 500), (500, 1000), (1000, inf)]),
    (["18 to under 25", "25 to under 35", "35+"], [(18, 25), (25, 35), (35, inf)]),
    (["0 - 9.99", "10 - 19.99", "over 20"], [(0, 10), (10, 20), (20, inf)]),
    (["up to 500", "501 to 1000", "more than 1000"], [(0, 501), (501, 1001), (1001, inf)]),
    (["under 10k", "10k – 20k", "at least 20k"], [(0, 10_000), (10_000, 20_000), (20_000, inf)]),
    (["Aucun revenu", "1 à 499 €", "500 € ou plus"], [(0, 0), (0, 500), (500, inf)]),
    (["0", "1", "2", "3 or more"], [(0, 0), (1, 1), (2, 2), (3, inf)]),
    (["0-9", "10-19", "20-29"], [(0, 10), (10, 20), (20, 30)]),
    (["US$1-$99", "US$100 or more"], [(1, 100), (100, inf)]),
    (["de 1 500 à 2 000 €", "de 2 000 à 3 000 €"], [(1500, 2000), (2000, 3000)]),
    # no euro inside the words `inférieur` and `supérieur`
    (["inférieur à 500 €", "500 à 999 €", "supérieur ou égal à 1 000 €"], [(0, 500), (500, 1000), (1000, inf)]),
    (["Jusqu’à 500€/mois", "501 à 1 000 €/mois", "au-delà de 1 000 €/mois"], [(0, 501), (501, 1001), (1001, inf)]),
    (["<500", "500 à 999", ">=1000"], [(0, 500), (500, 1000), (1000, inf)]),
    # both figures are of thousands
    (["moins de 10 k€", "10-20 k€", "20 à moins de 30 k€", "30k€ et plus"],
        [(0, 10_000), (10_000, 20_000), (20_000, 30_000), (30_000, inf)]),
    (["under 500", "500-1k", "1k EUR+"], [(0, 500), (500, 1000), (1000, inf)]),
    (["moins de 5 € de l'heure", "de 5 à 10 € / heure", "10 € par heure et plus"], [(0, 5), (5, 10), (10, inf)]),
])  # fmt: skip
def test_labels_understood(labels: list[str], ends: list[tuple[float, float]]) -> None:
    """By hand: a band ends where the next begins, and the gap of one unit between whole figures closes."""
    found = parse_bands(reversed(labels), ASKED)
    assert list(found) == labels
    assert list(found.values()) == ends


@pytest.mark.parametrize("labels", [
    ["0-9", "10-19", "30-39"], ["0-10", "5-20"], ["less than 10", "5-9"], ["under 500", "prefer not to say"],
    ["1.500 - 1.999", "2.000 - 3.000"], ["low", "middle", "high", "top"], ["900 to 500"],
    ["under 500", "500 to 600 or 700"], ["18 to under 25", "26 to under 35"], [], ["less than 0", "0 to 500"],
    ["0 € ou moins", "1 à 500 €"], ["under $500 a month", "$500 or more a year"],
    ["moins de 500 € nets", "500 € bruts et plus"], ["under $500", "500 € and over"],
])  # fmt: skip
def test_labels_refused(labels: list[str], refused: Any) -> None:
    refused(lambda: parse_bands(labels, ASKED), OptionError)


def test_what_a_respondent_wrote_at_length_is_not_quoted(refused: Any) -> None:
    own = "I am Ann Smith, 12 High Street, and I earn 5000 at the works"
    refused(lambda: parse_bands([own], "Bands were asked for."), OptionError)
