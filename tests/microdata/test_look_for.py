"""Variables found by words, whatever their accents, capitals and language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.search import fold_accents
from diplab.types import Responses

if TYPE_CHECKING:
    from pathlib import Path

BOOK = (
    dl.Codebook(sets={"q9": Responses("q9", ["q9_1", "q9_2"], label=dl.Text("Usages du téléphone", "Phone uses"))})
    .described(
        "q7",
        label=dl.Text("Revenus du ménage", "Household income"),
        question=dl.Text("Quels sont les revenus mensuels du ménage ?", ""),
        group=dl.Text("Argent", "Money"),
    )
    .described("job", label=dl.Text.of({"fr": "Emploi", "pt": "Profissão"}), values={
        1: dl.Text("salarié·e", "employee"), 2: dl.Text("à son compte <b>", "self-employed"),
    })
    .described("q9_1", part_of="q9")
)  # fmt: skip


def test_words_are_found_in_any_field_and_language() -> None:
    found = {
        ("revenu",): ["q7"], ("REVENUS",): ["q7"], ("menage",): ["q7"], ("incomes",): ["q7"], ("income",): ["q7"],
        ("money",): ["q7"], ("revenu mensuel",): ["q7"], ("emplois",): ["job"], ("profissao",): ["job"],
        ("SALARIE",): ["job"], (".",): [], ("(revenu",): [], ("menage", "household"): ["q7"], ("revenu", "emploi"): [],
        ("q9",): ["q9_1", "q9"], ("telephone",): ["q9"],
    }  # fmt: skip
    assert {words: BOOK.look_for(*words).names for words in found} == found


def test_where_a_word_was_found(refused) -> None:
    found = BOOK.look_for("compte").frame.iloc[0].to_dict()
    assert found == {
        "name": "job", "label_fr": "Emploi", "label_en": "Emploi", "question": "", "found_in": "answers",
        "answers": "à son compte <b>",
    }  # fmt: skip
    assert BOOK.look_for("revenu").frame["found_in"].tolist() == ["label, question"]
    assert BOOK.look_for("revenu").frame["question"].tolist() == [
        "Quels sont les revenus mensuels du ménage ?"
    ]
    found = BOOK.look_for("mennage")
    assert len(found) == 0
    assert found.nearest[0] == "ménage"
    assert repr(found) == "Nothing found for “mennage”. Nearest words: ménage."
    refused(lambda: BOOK.look_for(" "), OptionError)
    assert [fold_accents(each) for each in ("Œil", "ÇA", "naïf", "Straße", "İş", "Ærø")] == [
        "oeil", "ca", "naif", "strasse", "is", "aero",
    ]  # fmt: skip


def test_the_table_is_escaped_and_in_french_where_asked(refused) -> None:
    shown = BOOK.look_for("compte")._repr_html_()
    assert "à son compte &lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "1 found for “compte”." in shown
    found = BOOK.look_for("revenu", language="fr")
    assert found.frame["found_in"].tolist() == ["label, question"]
    shown = repr(found)
    assert "nom" in shown
    assert "libellé, question" in shown
    assert shown.endswith("Trouvé pour « revenu » : 1.")
    html = found._repr_html_()
    assert (
        "<p>Trouvé pour «\N{NO-BREAK SPACE}revenu\N{NO-BREAK SPACE}»\N{NO-BREAK SPACE}: 1.</p>"
        in html
    )
    assert '<th style="text-align:left">trouvé dans</th>' in html
    assert repr(BOOK.look_for("mennage", language="fr")) == (
        "Rien trouvé pour « mennage ». Mots les plus proches : ménage."
    )
    assert repr(BOOK.look_for("zzzz", language="fr")) == "Rien trouvé pour « zzzz »."
    refused(lambda: BOOK.look_for("revenu", language="de"), OptionError)


def test_a_real_file(shared: Path) -> None:
    drink = dl.read(shared / "data/loaders/pspp_gpl/nhtsa_2008_usermissing.sav").codebook
    assert "freqOfDrinking" in drink.look_for("ALCOHOLIC", "beverages", "usually").names
    assert drink.look_for("alchool").nearest[0] == "alcohol"


def test_a_codebook_shows_its_size_and_its_labels_in_a_notebook() -> None:
    assert repr(BOOK) == "<codebook in memory: 3 variables, 1 questions with several answers>"
    shown = BOOK._repr_html_()
    assert '<td style="text-align:left">Revenus du ménage</td>' in shown
    assert "label in French" in shown
    assert repr(dl.Codebook()) == "<codebook in memory: 0 variables>"
    one = dl.Codebook().described("a", label=dl.Text.same("<b>"))._repr_html_()
    assert "&lt;b&gt;" in one
    assert "label in French" not in one


def test_a_notebook_shows_the_first_variables_of_many() -> None:
    many = dl.Codebook()
    for place in range(57):
        many = many.described(f"q{place}")
    shown = many._repr_html_()
    assert "q39" in shown
    assert "q40" not in shown
    assert "The first 40 of 57 variables." in shown
    assert "The first" not in BOOK._repr_html_()


def test_words_that_are_not_near_are_not_offered() -> None:
    """A review: `revenu` was answered with pleven and bremen, which are towns."""
    book = (
        dl.Codebook()
        .described("region", values={1: "Pleven", 2: "Bremen"})
        .described("inc", label="Revenus du foyer")
    )
    assert book.look_for("salaire").nearest == ()
    assert (
        dl.Codebook()
        .described("region", values={1: "Pleven", 2: "Bremen"})
        .look_for("revenu")
        .nearest
        == ()
    )
    assert book.look_for("revneus").nearest == ("revenus",)
