"""What people wrote stays out of errors and notices; wordings made to take hours are read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from diplab import read
from diplab.errors import OptionError
from diplab.loaders.limesurvey.headers import Heading, variable_of_header
from diplab.loaders.questionnaire import strip_html, strip_markdown

if TYPE_CHECKING:
    from pathlib import Path

OPEN = "They owe me 300 euros, write to jeanne@example.org"


def test_errors_of_recode_keep_open_answers(tmp_path: Path, error_text: Any) -> None:
    path = tmp_path / "w.csv"
    path.write_text(f'why,age\n"{OPEN}",31\npay,32\n', encoding="utf-8")
    data = read(path)
    with pytest.raises(OptionError) as unnamed:
        data.recode("why", {"pay": 1})
    error_text(unnamed, "1")
    with pytest.raises(OptionError) as unknown:
        data.recode("why", {"They owe": 1})
    error_text(unknown, "2")


def test_notice_on_an_encoding_keeps_words(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_bytes("nom\nHélène a été payée\n".encode("cp1252"))
    (notice,) = read(path).codebook.origin.notices
    assert "Hélène" not in notice.en + notice.fr
    assert notice.en.endswith("look at é, è.")


@pytest.mark.parametrize(
    "token", ["<!--", "<script", "<script>", "</script ", "<style", "<p", "[a]", "*a", "_"]
)
@pytest.mark.parametrize("read_words", [strip_html, strip_markdown])
def test_wordings_that_do_not_end(read_words: object, token: str) -> None:
    assert isinstance(read_words(token * (300_000 // len(token))), str)  # type: ignore[operator]


def test_headers_of_a_million_brackets() -> None:
    variable = variable_of_header(Heading("uses", None, "(Uses?" + "[a]" * 300_000))
    assert variable.question.en == "(Uses?"
    assert variable_of_header(Heading("uses", None, "[a]" * 300_000 + "(]")).label.en.endswith("(]")


def test_rows_and_columns_of_a_subquestion() -> None:
    found = variable_of_header(Heading("x", None, "(How often? [Mail][Weekly]"))
    assert (found.question.en, found.label.en) == ("(How often?", "Mail – Weekly")
