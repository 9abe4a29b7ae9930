"""Small tables of a codebook as a notebook and a terminal show them: words in French and English, all text escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from diplab.errors import one_of
from diplab.microdata.variable import code_written
from diplab.reference.spacing import NARROW, NO_BREAK, spaced
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from diplab.microdata.codebook import Codebook

__all__ = ["as_html", "as_text", "check_labelled", "check_printed", "codebook_html", "counted", "worded"]

_WIDEST = 60

_HEADS = {
    "answers": Text("modalités", "answers"),
    "base": Text("base", "base"),
    "cells": Text("cellules", "cells"),
    "code": Text("code", "code"),
    "column": Text("colonne", "column"),
    "condition": Text("condition", "condition"),
    "files": Text("fichiers", "files"),
    "found_in": Text("trouvé dans", "found in"),
    "found": Text("constat", "found"),
    "kind": Text("nature", "kind"),
    "label": Text("libellé", "label"),
    "label_en": Text("libellé anglais", "label in English"),
    "label_fr": Text("libellé français", "label in French"),
    "missing": Text("sans réponse", "missing"),
    "n": Text("effectif", "n"),
    "name": Text("nom", "name"),
    "place": Text("ordre", "order"),
    "question": Text("question", "question"),
    "reads": Text("ce qui est lu", "reads"),
    "refused": Text("bloquant", "refused"),
    "rule": Text("règle", "rule"),
    "says": Text("ce que cela dit", "says"),
    "share": Text("part des réponses", "share of answers"),
    "share_of_all": Text("part de l’ensemble", "share of all"),
    "statistic": Text("statistique", "statistic"),
    "type": Text("type", "type"),
    "value": Text("valeur", "value"),
    "variable": Text("variable", "variable"),
    "weighted": Text("valeur pondérée", "weighted"),
    "weighted_n": Text("effectif pondéré", "weighted n"),
    "weighted_share": Text("part pondérée des réponses", "weighted share of answers"),
    "weighted_share_of_all": Text("part pondérée de l’ensemble", "weighted share of all"),
    "why": Text("indice", "why"),
}


def check_printed(language: str) -> None:
    """Refuse a language in which diplab has no words of its own.

    Raises
    ------
    OptionError
        For another language than French and English.
    """
    if language not in LANGUAGES:
        raise one_of("`language`", language, LANGUAGES)


def check_labelled(codebook: Codebook, language: str) -> None:
    """Refuse a language that is neither French nor English, nor one in which the codebook has labels.

    Raises
    ------
    OptionError
        For another language.
    """
    texts = [text for each in codebook.variables.values() for text in (each.label, *each.values.values())]
    further = {tag for text in texts for tag, _ in text.others}
    known = dict.fromkeys((*LANGUAGES, *codebook.languages, *sorted(further)))
    if language not in known:
        raise one_of("`language`", language, known)


def worded(text: Text, language: str) -> str:
    """Return a wording in a language, or the English one where the text is not written in that language.

    Examples
    --------
    >>> worded(Text.of({"fr": "emploi", "pt": "emprego"}), "pt"), worded(Text("sexe", "sex"), "pt")
    ('emprego', 'sex')
    """
    if language in (others := dict(text.others)):
        return others[language]
    return text.fr if _french(language) else text.en


def counted(number: int, language: str) -> str:
    """Return a whole number as a language writes it.

    Examples
    --------
    >>> counted(6999, "en")
    '6,999'
    """
    return f"{number:,}".replace(",", NARROW) if _french(language) else f"{number:,}"


def as_text(frame: pd.DataFrame, language: str, before: Sequence[str] = (), after: Sequence[str] = ()) -> str:
    """Return a small table in plain text, with lines before and after it."""
    printed = _printed(frame, language).map(_shortened)
    before, after = _spaced(before, language), _spaced(after, language)
    table = printed.to_string(index=False) if len(printed) else ""
    return "\n".join(
        line.replace(NO_BREAK, " ").replace(NARROW, " ") for line in (*before, table, *after) if line
    )


def as_html(frame: pd.DataFrame, language: str, before: Sequence[str] = (), after: Sequence[str] = ()) -> str:
    """Return a small table in HTML; every word of the data is escaped."""
    printed = _printed(frame, language)
    before, after = _spaced(before, language), _spaced(after, language)
    parts = [f"<p>{escape(line)}</p>" for line in before if line]
    if len(printed):
        # a notebook sets every cell to the right, which is no place for words
        sides = [' style="text-align:left"' if _of_words(frame[name]) else "" for name in frame.columns]
        heads = "".join(
            f"<th{side}>{escape(str(name))}</th>" for name, side in zip(printed.columns, sides, strict=True)
        )
        rows = "".join(
            f"<tr>{''.join(f'<td{side}>{escape(cell)}</td>' for cell, side in zip(row, sides, strict=True))}</tr>"
            for row in printed.to_numpy().tolist()
        )
        parts.append(f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
    parts += [f"<p>{escape(line)}</p>" for line in after if line]
    return "\n".join(parts)


def codebook_html(codebook: Codebook) -> str:
    """Return the variables of a codebook as a table, with the labels of both languages where they differ."""
    import pandas as pd

    labels = {name: variable.label for name, variable in codebook.variables.items()}
    cells: dict[str, list[str]] = {"name": list(labels)}
    if all(each.fr == each.en for each in labels.values()):
        cells["label"] = [each.en for each in labels.values()]
    else:
        cells["label_fr"] = [each.fr for each in labels.values()]
        cells["label_en"] = [each.en for each in labels.values()]
    cells["answers"] = [str(len(each.values) or "") for each in codebook.variables.values()]
    after = 'Write `.look_for("word")` to find a variable, and `dl.save(codebook, "codebook.html")` for the whole.'
    return as_html(pd.DataFrame(cells), "en", [repr(codebook).strip("<>")], [after])


def _of_words(column: pd.Series[Any]) -> bool:
    return column.name != "value" and any(isinstance(each, str) and each for each in column)


def _spaced(lines: Sequence[str], language: str) -> list[str]:
    """Return sentences with the no-break spaces of French punctuation."""
    return [spaced(line) for line in lines] if _french(language) else list(lines)


def _french(language: str) -> bool:
    return language.partition("-")[0] == "fr"


def _printed(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    import pandas as pd

    cells = {
        worded(_HEADS.get(name, Text.same(name)), language): [
            _cell(value, name, language) for value in frame[name].tolist()
        ]
        for name in frame.columns
    }
    return pd.DataFrame(cells, dtype=object)


def _shortened(words: str) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= _WIDEST else f"{plain[: _WIDEST - 1]}…"


def _cell(value: Any, name: str, language: str) -> str:
    import pandas as pd

    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return worded(Text("oui", "yes") if value else Text("non", "no"), language)
    if value is None or pd.isna(value):
        return ""
    if name == "code":
        return code_written(value)
    if "share" in name:
        written = f"{100 * value:.1f}"
        return f"{written.replace('.', ',')}{NO_BREAK}%" if _french(language) else f"{written}%"
    written = f"{value:,.0f}" if float(value).is_integer() or name == "weighted_n" else f"{value:,.6g}"
    return written.replace(",", NARROW).replace(".", ",") if _french(language) else written
