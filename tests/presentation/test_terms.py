from __future__ import annotations

import pytest

from diplab.errors import OptionError
from diplab.presentation.terms import rule, term, terms, wording
from diplab.results.comparison import VERDICTS
from diplab.results.estimates import COLUMNS
from diplab.results.provenance import STATUSES

COMPARISON = (
    "key",
    "published",
    "reproduced",
    "difference",
    "tolerance",
    "base",
    "source",
    "status",
    "verdict",
    "expected",
)


def test_every_term_has_both_languages():
    bare = [key for key, text in terms().items() if not text.fr.strip() or not text.en.strip()]
    assert bare == []


@pytest.mark.parametrize(
    "key",
    [
        *(f"verdict.{name}" for name in VERDICTS),
        *(f"status.{name}" for name in STATUSES),
        *(f"column.{name}" for name in (*COLUMNS, *COMPARISON)),
    ],
)
def test_the_words_of_the_contract_are_there(key):
    assert term(key, "fr")
    assert term(key, "en")


def test_french_terms_of_the_note_block():
    assert [term(f"note.{name}", "fr") for name in ("reading", "coverage", "source", "note")] == [
        "Lecture",
        "Champ",
        "Source",
        "Note",
    ]


def test_an_unknown_term_offers_the_nearest():
    with pytest.raises(OptionError) as caught:
        term("verdict.base differ", "fr")
    assert str(caught.value) == (
        "`verdict.base differ` is not a displayed term. "
        f"There are {len(terms())} in `words.toml`. "
        "Did you mean `verdict.base differs`, `verdict.differs` or `legend.base differs`?"
    )


def test_rules_read_as_sentences():
    assert rule("confidence", "0.95", "fr") == "intervalles de confiance à 95\u00a0%"
    assert rule("confidence", "0.995", "en") == "99.5% confidence intervals"
    assert rule("quantile_rule", "math", "en") == "quantile rule: math"
    assert rule("unheard", "of", "fr") == "unheard = of"
    assert rule("share.interval", "wilson", "fr") == "Part – intervalle\u00a0: Wilson"
    assert rule("accounts", "266126", "fr") == "comptes\u00a0: 266\u202f126"
    assert rule("diplab", "0.1.0", "en") == "diplab 0.1.0"


def test_a_statistic_of_ones_own_keeps_its_name():
    assert wording("statistic", "gini", "fr") == "Indice de Gini"
    assert wording("statistic", "mine", "fr") == "mine"
