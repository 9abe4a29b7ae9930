"""Small tables for notebooks and terminals, in French or in English; all text is escaped."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from diplab.checks import check_one_of
from diplab.microdata.variable import code_written
from diplab.public_names import explained
from diplab.reference.text import LANGUAGES, NARROW, NO_BREAK, Text, Words, spaced

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook

WORDS = Words("diplab.microdata")
_WIDEST = 60
_MOST_VARIABLES = 40


def check_language(language: str) -> None:
    """Raise an error unless the language is French or English."""
    check_one_of("language", language, LANGUAGES)


def check_label_language(codebook: Codebook, language: str) -> None:
    """Raise an error unless the language is French, English or one of the codebook."""
    further: set[str] = set()
    for variable in codebook.variables.values():
        for text in (variable.label, *variable.values.values()):
            further.update(dict(text.others))
    known = dict.fromkeys((*LANGUAGES, *codebook.languages, *sorted(further)))
    check_one_of("language", language, tuple(known))


def in_language(text: Text, language: str) -> str:
    """Return a text in a language, or in English if it lacks that language."""
    if language in (others := dict(text.others)):
        return others[language]
    return text.fr if _is_french(language) else text.en


def in_words(texts: Iterable[Text], language: str) -> list[str]:
    """Return texts in a language, or in English if they lack that language."""
    return [in_language(text, language) for text in texts]


def terms(texts: Mapping[str, Text], language: str) -> dict[str, str]:
    """Return the texts of a section of `words.toml` in a language, by key."""
    return dict(zip(texts, in_words(texts.values(), language), strict=True))


def join_wordings(texts: Iterable[Text], mark: str = " – ") -> Text:
    """Return texts joined, in every language that one of them has, with French spacing."""
    parts = list(filter(None, texts))
    tags = sorted({tag for text in parts for tag, _ in text.others})
    return Text(
        mark.replace(";", f"{NARROW};").join(text.fr for text in parts),
        mark.join(map(str, parts)),
        others=tuple(
            (tag, mark.join(dict(text.others).get(tag, text.en) for text in parts)) for tag in tags
        ),
    )


def table_html(
    frame: pd.DataFrame, language: str, before: Sequence[str] = (), after: Sequence[str] = ()
) -> str:
    """Return a small table in HTML; all data are escaped."""
    printed = _in_words(frame, language)
    before, after = _french_spacing(before, language), _french_spacing(after, language)
    parts = [f"<p>{escape(line)}</p>" for line in before if line]
    if len(printed):
        # notebooks align all cells right; words are aligned left
        words = [
            name != "value" and any(isinstance(cell, str) and cell for cell in frame[name])
            for name in frame
        ]
        sides = [' style="text-align:left"' if word else "" for word in words]
        heads = "".join(
            f"<th{side}>{escape(str(name))}</th>"
            for name, side in zip(printed.columns, sides, strict=True)
        )
        rows = ""
        for row in printed.to_numpy().tolist():
            cells = zip(row, sides, strict=True)
            line = "".join(f"<td{side}>{escape(cell)}</td>" for cell, side in cells)
            rows += f"<tr>{line}</tr>"
        parts.append(f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
    # text to type is between backticks
    parts += [
        re.sub(r"`([^`]+)`", r"<code>\1</code>", f"<p>{escape(line)}</p>") for line in after if line
    ]
    return "\n".join(parts)


@explained("", "`{}` has")
class ShownTable(ABC):
    """A small table for terminals and notebooks, with lines before and after it."""

    @abstractmethod
    def _shown(self) -> tuple[pd.DataFrame, str, Sequence[str], Sequence[str]]:
        """Return the table, the language, and the lines before and after."""

    def __repr__(self) -> str:
        frame, language, before, after = self._shown()
        table = ""
        if len(frame):
            table = _in_words(frame, language).map(_shorten).to_string(index=False)
        lines = (*_french_spacing(before, language), table, *_french_spacing(after, language))
        return "\n".join(line.replace(NO_BREAK, " ").replace(NARROW, " ") for line in lines if line)

    def _repr_html_(self) -> str:
        return table_html(*self._shown())


def facts_html(title: str, facts: Mapping[str, str]) -> str:
    """Return the facts of a file or a sample as a table of two columns, without empty ones."""
    known = {}
    for name, value in facts.items():
        if value:
            known[WORDS(f"fact.{name}").en] = value
    side = ' style="text-align:left"'
    rows = "".join(
        f"<tr><th{side}>{escape(name)}</th><td{side}>{escape(value)}</td></tr>"
        for name, value in known.items()
    )
    return f"<p>{escape(title)}</p>\n<table><tbody>{rows}</tbody></table>"


def file_facts(codebook: Codebook, columns: Sequence[str]) -> dict[str, str]:
    """Return the origin of a file, and the number of its columns with a label."""
    origin = codebook.origin
    labelled = sum(bool(codebook.variable(name).label) for name in columns)
    return {
        "origin": ", ".join(filter(None, (origin.file, origin.reader, origin.date))),
        "labelled": f"{labelled:,} of {len(columns):,}",
        "steps": f"{len(codebook.steps):,}" if codebook.steps else "",
    }


def codebook_html(codebook: Codebook) -> str:
    """Return the variables of a codebook as a table, with labels in both languages."""
    labels = {}
    for name, variable in codebook.variables.items():
        labels[name] = variable.label
    cells: dict[str, list[str]] = {"name": list(labels)}
    if all(label.fr == label.en for label in labels.values()):
        cells["label"] = list(map(str, labels.values()))
    else:
        cells["label_fr"] = [label.fr for label in labels.values()]
        cells["label_en"] = list(map(str, labels.values()))
    cells["answers"] = [str(len(variable.values) or "") for variable in codebook.variables.values()]
    after = [
        (
            'Write `.look_for("word")` to find a variable, `dl.save(codebook, "codebook.html")` '
            "for all."
        )
    ]
    if len(labels) > _MOST_VARIABLES:
        after.insert(0, f"The first {_MOST_VARIABLES} of {len(labels):,} variables.")
    shown = pd.DataFrame(cells).head(_MOST_VARIABLES)
    return table_html(shown, "en", [repr(codebook).strip("<>")], after)


def _french_spacing(lines: Sequence[str], language: str) -> list[str]:
    """Return sentences with French no-break spaces."""
    if _is_french(language):
        return list(map(spaced, lines))
    return list(lines)


def _is_french(language: str) -> bool:
    return language.partition("-")[0] == "fr"


def _in_words(frame: pd.DataFrame, language: str) -> pd.DataFrame:
    heads = WORDS.section("head")
    cells = {}
    for name in frame.columns:
        cells[in_language(heads.get(name, Text.same(name)), language)] = [
            _cell(value, name, language) for value in frame[name].tolist()
        ]
    return pd.DataFrame(cells, dtype=object)


def _shorten(words: str) -> str:
    plain = " ".join(words.split())
    if len(plain) <= _WIDEST:
        return plain
    return f"{plain[: _WIDEST - 1]}…"


def _cell(value: Any, name: str, language: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return in_language(WORDS("display.yes" if value else "display.no"), language)
    if value is None or pd.isna(value):
        return ""
    if name == "code":
        return code_written(value)
    if "share" in name:
        written = f"{100 * value:.1f}"
        if _is_french(language):
            return f"{written.replace('.', ',')}{NO_BREAK}%"
        return f"{written}%"
    written = (
        f"{value:,.0f}" if float(value).is_integer() or name == "weighted_n" else f"{value:,.6g}"
    )
    return written.replace(",", NARROW).replace(".", ",") if _is_french(language) else written


PATIENCE = 2.0

# Of a module that another thread was loading, a fork would keep the half that was there.
_loading = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_loading.acquire, after_in_parent=_loading.release, after_in_child=_loading.release
    )


class _NotebookBar:
    """A progress bar in plain HTML, with the methods of rich's bar that are used here."""

    task_ids = ("",)

    def __init__(self, name: str, rows: int | None, read: int) -> None:
        from IPython.display import display

        self.name, self.rows, self.read, self.drawn = name, rows, read, time.monotonic()
        self.shown: Any = display(self._page(), raw=True, display_id=True)

    def _page(self) -> dict[str, str]:
        words = f"{self.name}: {self.read:,}{f' of {self.rows:,}' if self.rows else ''}"
        within = f' value="{self.read}" max="{self.rows}"' if self.rows else ""
        return {"text/plain": words, "text/html": f"<progress{within}></progress> {escape(words)}"}

    def advance(self, _: str, more: int) -> None:
        """Advance the count, and redraw the bar at most four times a second."""
        self.read += more
        if time.monotonic() > self.drawn + 0.25:
            self.drawn = time.monotonic()
            self.shown.update(self._page(), raw=True)

    def stop(self) -> None:
        """Remove the bar."""
        self.shown.update({"text/plain": "", "text/html": ""}, raw=True)


@contextlib.contextmanager
def bar(name: str, rows: int | None, patience: float = PATIENCE) -> Iterator[Callable[[int], None]]:
    """Show the progress of a task of more than `patience` seconds, in a terminal or a notebook."""
    read = 0
    shown: list[Any] = []
    ended = False
    lock = threading.Lock()

    def show() -> None:
        with _loading:
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )

        console = Console(stderr=True)
        with lock:
            if ended or not (console.is_terminal or console.is_jupyter):
                return
            if console.is_jupyter:
                # rich draws its bar with widgets, and warns each time without ipywidgets
                shown.append(_NotebookBar(name, rows, read))
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
