"""Rules of answers from laws of income are said in both languages, figures and names too."""

from __future__ import annotations

import pytest

from diplab.presentation.terms import rule, terms


@pytest.mark.parametrize(
    ("name", "value", "fr", "en"),
    [
        (
            "law",
            "log-normal",
            "loi retenue\u00a0: loi log-normale (critère d’Akaike d’enquête le plus bas\u202f; Lumley et Scott, 2015)",
            "distribution selected: log-normal distribution (least design-based Akaike criterion; Lumley and Scott 2015)",
        ),
        (
            "laws",
            "GB2 9993.4, Dagum 9993.7",
            (
                "critère d’Akaike d’enquête\u00a0: loi bêta généralisée (GB2) 9\u202f993,4\u202f; "
                "loi de Dagum 9\u202f993,7"
            ),
            "design-based Akaike criterion: generalised beta distribution (GB2) 9,993.4; Dagum distribution 9,993.7",
        ),
        (
            "misfit",
            "Singh-Maddala 0.0121",
            "plus grand écart entre les parts des tranches et celles de la loi\u00a0: loi de Singh-Maddala 0,0121",
            "largest gap between the shares of bands and those of the distribution: Singh-Maddala distribution 0.0121",
        ),
        (
            "pareto_index",
            "2.4",
            "indice de Pareto de la tranche ouverte\u00a0: 2,4",
            "Pareto index of the open band: 2.4",
        ),
    ],
)
def test_rules_as_printed(name, value, fr, en):
    assert (rule(name, value, "fr"), rule(name, value, "en")) == (fr, en)


@pytest.mark.parametrize(
    "key",
    [
        *(
            f"answer.{name}, {which}"
            for name in ("log-normal", "Singh-Maddala", "Dagum", "GB2", "interpolated", "imputed")
            for which in ("at least", "at most")
        ),
        *(
            f"flag.{name}"
            for name in (
                "not converged",
                "infinite mean",
                "pareto bounded",
                "negative incomes",
                "boundary",
                "not identified",
            )
        ),
    ],
)
def test_answers_and_flags_have_words(key):
    found = terms()[key]
    assert found.fr != found.en
    assert found.fr
    assert found.en
