"""Encodings that no mark declares: told apart on French words, reported, and never repaired in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from diplab.errors import LoadError
from diplab.loaders.read import read
from diplab.loaders.source import SourceFile
from diplab.loaders.text import decode

FRENCH = (
    "ville;revenu;remarque\n"
    "Orléans;1500;« très précaire », dit-elle\n"
    "Besançon;900;la sœur aînée, payée à la tâche\n"
    "Nîmes;1200;où ? À Alès, l'été dernier\n"
)


def source(content: bytes) -> SourceFile:
    return SourceFile(Path("a.csv"), content)


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman"])
def test_the_french_of_two_systems(encoding: str) -> None:
    found = decode(source(FRENCH.encode(encoding)))
    assert (found.text, found.encoding) == (FRENCH, encoding)
    count = sum(each > "\x7f" for each in FRENCH)
    assert str(found.notices[0]) == (
        f"It is not UTF-8 and was read as {encoding}, in which {count} of {count} characters beyond ASCII fit; "
        "look at é, «, è, », ç, œ, ..."
    )
    assert found.notices[0].fr == (
        f"Le fichier n’est pas en UTF-8\u202f; il a été lu en {encoding}, où {count} lettres accentuées ou "
        f"signes sur {count} sont à leur place\u202f; à vérifier\u00a0: é, «, è, », ç, œ, ..."
    )


def test_the_french_of_dos() -> None:
    text = FRENCH.replace("œ", "oe")
    assert decode(source(text.encode("cp850"))).text == text


def test_latin_9_is_known_by_its_ligature_and_its_euro() -> None:
    text = "mot;prix\nsœur;20 €\ncœur;30 €\nœuvre;5 €\nété;1 €\nnoël;2 €\n"
    found = decode(source(text.encode("iso8859-15")))
    assert (found.text, found.encoding) == (text, "iso8859-15")


def test_cp1252_has_the_ligature_and_the_euro_elsewhere() -> None:
    text = "mot;prix\nsœur;20 €\ncœur;30 €\nœuvre;5 €\nété;1 €\nnoël;2 €\n"
    found = decode(source(text.encode("cp1252")))
    assert (found.text, found.encoding) == (text, "cp1252")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("ciudad;años\nMálaga;30\nCádiz;41\nLogroño;28\n¿dónde?;2\nniño;3\npaís;4\nmañana;5\n", "cp1252"),
        ("cidade;região\nSão Paulo;não\nBelém;coração\nMaceió;às vezes\nGoiânia;três\n", "cp1252"),
        ("Stadt;Straße\nKöln;größer\nMünchen;für\nZürich;süß\nGöttingen;schön\n", "cp1252"),
    ],
)
def test_other_languages_of_the_west(text: str, encoding: str) -> None:
    found = decode(source(text.encode(encoding)))
    assert (found.text, found.encoding) == (text, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("город;ответ\nМосква;я работаю дома каждый день\nКазань;мне платят за задание\n" * 5, "cp1251"),
        ("miasto;odpowiedź\nŁódź;pracuję codziennie w domu, płacą mi za każde zadanie\n" * 8, "cp1250"),
    ],
)
def test_beyond_the_west(text: str, encoding: str) -> None:
    assert decode(source(text.encode(encoding))).text == text


def test_few_letters_are_read_as_cp1252() -> None:
    found = decode(source("ville\nOrléans\n".encode("cp1252")))
    assert (found.text, found.encoding) == ("ville\nOrléans\n", "cp1252")
    assert found.notices


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_is_certain_has_no_notice(encoding: str) -> None:
    found = decode(source(FRENCH.encode(encoding)))
    assert (found.text, found.encoding) == (FRENCH, encoding.removesuffix("-sig"))
    assert found.notices == ()


def test_two_encodings_in_one_file_are_refused(error_text) -> None:
    content = FRENCH.encode() + "Évreux;1;à l'été\n".encode("cp1252")
    with pytest.raises(LoadError) as error:
        decode(source(content))
    error_text(error)


def test_a_cut_of_utf_16_is_refused(error_text) -> None:
    with pytest.raises(LoadError) as error:
        decode(source(FRENCH.encode("utf-16")[:-1]))
    error_text(error)


def test_characters_lost_before_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ville,n\nOrl\ufffdans,1\nNi\ufffdmes,2\n", encoding="utf-8")
    data = read(tmp_path / "a.csv")
    assert [str(each) for each in data.codebook.origin.notices] == [
        "It holds the mark of a lost character (U+FFFD) 2 times: they were lost before this file was made."
    ]


@pytest.mark.shared
def test_real_french_in_old_encodings(shared: Path) -> None:
    text = (shared / "data/french/sodp2020_key_fr.csv").read_text(encoding="utf-8-sig")
    held = "".join(each for each in text if each.encode("mac-roman", "ignore"))
    for encoding in ("cp1252", "mac-roman", "cp850", "iso8859-15"):
        plain = held.encode(encoding, "ignore").decode(encoding)
        assert decode(source(plain.encode(encoding))).text == plain
