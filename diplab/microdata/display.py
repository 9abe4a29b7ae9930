"""Small tables as a notebook and a terminal show them, in French or in English; all text is escaped."""

from __future__ import annotations

import contextlib
import threading
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from diplab.errors import one_of
from diplab.microdata.variable import code_written
from diplab.reference.spacing import NARROW, NO_BREAK, spaced
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from diplab.microdata.codebook import Codebook

__all__ = [
    "bar",
    "check_label_language",
    "check_language",
    "codebook_html",
    "format_count",
    "in_language",
    "table_html",
    "table_text",
]


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


def check_language(language: str) -> None:
    """Refuse a language in which diplab has no words of its own."""
    if language not in LANGUAGES:
        raise one_of("`language`", language, LANGUAGES)


def check_label_language(codebook: Codebook, language: str) -> None:
    """Refuse a language that is neither French nor English, nor one in which the codebook has labels."""
    texts = [text for each in codebook.variables.values() for text in (each.label, *each.values.values())]
    further = {tag for text in texts for tag, _ in text.others}
    known = dict.fromkeys((*LANGUAGES, *codebook.languages, *sorted(further)))
    if language not in known:
        raise one_of("`language`", language, known)


def in_language(text: Text, language: str) -> str:
    """Return a wording in a language, or the English one where the text is not written in that language."""
    if language in (others := dict(text.others)):
        return others[language]
    return text.fr if _is_french(language) else text.en


def format_count(number: int, language: str) -> str:
    """Return a whole number as a language writes it."""
    return f"{number:,}".replace(",", NARROW) if _is_french(language) else f"{number:,}"


def table_text(
    frame: pd.DataFrame, language: str, before: Sequence[str] = (), after: Sequence[str] = ()
) -> str:
    """Return a small table in plain text, with lines before and after it."""
    printed = _in_words(frame, language).map(_shorten)
    before, after = _french_spacing(before, language), _french_spacing(after, language)
    table = printed.to_string(index=False) if len(printed) else ""
    return "\n".join(
        line.replace(NO_BREAK, " ").replace(NARROW, " ") for line in (*before, table, *after) if line
    )


def table_html(
    frame: pd.DataFrame, language: str, before: Sequence[str] = (), after: Sequence[str] = ()
) -> str:
    """Return a small table in HTML; every word of the data is escaped."""
    printed = _in_words(frame, language)
    before, after = _french_spacing(before, language), _french_spacing(after, language)
    parts = [f"<p>{escape(line)}</p>" for line in before if line]
    if len(printed):
        # a notebook sets every cell to the right, which is no place for words
        sides = [' style="text-align:left"' if _holds_words(frame[name]) else "" for name in frame.columns]
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
    return table_html(pd.DataFrame(cells), "en", [repr(codebook).strip("<>")], [after])


def _holds_words(column: pd.Series[Any]) -> bool:
    return column.name != "value" and any(isinstance(each, str) and each for each in column)


def _french_spacing(lines: Sequence[str], language: str) -> list[str]:
    """Return sentences with the no-break spaces of French punctuation."""
    return [spaced(line) for line in lines] if _is_french(language) else list(lines)


def _is_french(language: str) -> bool:
    return language.partition("-")[0] == "fr"


def _in_words(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    import pandas as pd

    cells = {
        in_language(_HEADS.get(name, Text.same(name)), language): [
            _cell(value, name, language) for value in frame[name].tolist()
        ]
        for name in frame.columns
    }
    return pd.DataFrame(cells, dtype=object)


def _shorten(words: str) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= _WIDEST else f"{plain[: _WIDEST - 1]}…"


def _cell(value: Any, name: str, language: str) -> str:
    import pandas as pd

    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return in_language(Text("oui", "yes") if value else Text("non", "no"), language)
    if value is None or pd.isna(value):
        return ""
    if name == "code":
        return code_written(value)
    if "share" in name:
        written = f"{100 * value:.1f}"
        return f"{written.replace('.', ',')}{NO_BREAK}%" if _is_french(language) else f"{written}%"
    written = f"{value:,.0f}" if float(value).is_integer() or name == "weighted_n" else f"{value:,.6g}"
    return written.replace(",", NARROW).replace(".", ",") if _is_french(language) else written


PATIENCE = 2.0


@contextlib.contextmanager
def bar(name: str, rows: int | None, patience: float = PATIENCE) -> Iterator[Callable[[int], None]]:
    """Show how much of a long task is done, where it takes long; nothing where nobody looks.

    In a notebook the bar takes ipywidgets; without it there is none.
    """
    read = 0
    shown: list[Any] = []
    ended = False
    lock = threading.Lock()

    def show() -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        with lock:
            if ended or not (console.is_terminal or console.is_jupyter):
                return
            if console.is_jupyter and find_spec("ipywidgets") is None:
                # rich would warn each time instead of drawing
                return
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            progress = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
            progress.add_task(name, total=rows, completed=read)
            progress.start()
            shown.append(progress)

    def advance(more: int) -> None:
        nonlocal read
        with lock:
            read += more
            for progress in shown:
                progress.advance(progress.task_ids[0], more)

    timer = threading.Timer(patience, show)
    timer.daemon = True
    timer.start()
    try:
        yield advance
    finally:
        timer.cancel()
        with lock:
            ended = True
        for progress in shown:
            progress.stop()
