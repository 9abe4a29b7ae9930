"""The command line: list studies, show one, rerun them, begin a new one; codebook and quality of a file.

Exit codes: 0 every number that was run got the verdict its study expects (a study *not run* for want of data is named
in the last line; `--strict` makes that 3); 1 some did not; 2 bad use.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer
from rich.console import Console
from rich.table import Table

from diplab.errors import DiplabError

if TYPE_CHECKING:
    from diplab.reference.text import Language
    from diplab.replication.report import Section

__all__ = ["app", "main"]

app = typer.Typer(
    name="diplab",
    help="Write the codebook of a survey file, check its quality; rerun published numbers on micro-work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class LanguageOption(StrEnum):
    """Languages on the command line."""

    fr = "fr"
    en = "en"


StudiesFolder = Annotated[
    Optional[Path],  # noqa: UP045  typer reads this at run time
    typer.Option("--studies", metavar="DIR", help="Folder of studies, looked in first.", show_default=False),
]
InLanguage = Annotated[
    Optional[LanguageOption],  # noqa: UP045
    typer.Option("--language", help="Language of the words; both by default.", show_default=False),
]
OneLanguage = Annotated[
    Optional[LanguageOption],  # noqa: UP045
    typer.Option("--language", help="Language of the words; English by default.", show_default=False),
]
Structure = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--structure",
        metavar="FILE",
        help="The file that describes the questionnaire (.lss, .qsf, XLSForm...) or holds the labels.",
        show_default=False,
    ),
]
CodebookFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--codebook",
        metavar="FILE",
        help="Labels, questions and missing codes (.toml, .csv, .xml).",
        show_default=False,
    ),
]


def _console() -> Console:
    console = Console()
    # in a file or a pipe there is no window to fit: give the table the room it needs
    return console if console.is_terminal else Console(width=200)


@contextmanager
def _refusals() -> Iterator[None]:
    """Print the three sentences of an error and leave with code 2."""
    try:
        yield
    except OSError as error:
        typer.echo(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), err=True)
        typer.echo("Nothing more could be written there. Write another folder after --out.", err=True)
        raise typer.Exit(2) from error
    except DiplabError as error:
        console = Console(stderr=True, highlight=False)
        for sentence in (error.asked, error.found, error.write):
            console.print(sentence, markup=False, soft_wrap=True)
        raise typer.Exit(2) from error


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        from diplab import __version__

        typer.echo(f"diplab {__version__}")
        raise typer.Exit


@app.command("list")
def list_studies(studies: StudiesFolder = None, language: OneLanguage = None) -> None:
    """List the studies that can be rerun."""
    from diplab.replication.registry import find_studies
    from diplab.replication.study import open_study

    with _refusals():
        chosen = _one(language)
        table = Table("", "", "", box=None, show_header=False)
        for folder in find_studies(studies).values():
            study = open_study(folder)
            table.add_row(study.id, str(study.year), study.title.in_(chosen))
        _console().print(table)


@app.command()
def show(study: str, studies: StudiesFolder = None, language: OneLanguage = None) -> None:
    """Show what a study published: each number with its base, source and status."""
    from diplab.replication.registry import study as find_study
    from diplab.replication.shown import shown_study

    with _refusals():
        console = _console()
        for each in shown_study(find_study(study, studies), _one(language)):
            console.print(each, highlight=False)


@app.command()
def new(study: str) -> None:
    """Begin a study: write ./surveys/STUDY with an example that runs."""
    from diplab.replication.example import new_study

    with _refusals():
        folder = new_study(study, Path.cwd() / "surveys", datetime.datetime.now(tz=datetime.UTC).year)
        typer.echo(f"{folder.relative_to(Path.cwd())}")


@app.command()
def codebook(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Answers, or a codebook alone (.toml, .xml, .lss).")
    ],
    structure: Structure = None,
    labels: CodebookFile = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out", metavar="FILE", help="Where: .html (by default), .docx, .md, .csv, .xml, .toml."
        ),
    ] = None,
    language: InLanguage = None,
) -> None:
    """Write the codebook of a file: a page to search, with what may be published of the answers."""
    from diplab.presentation.codebook_command import codebooks_of
    from diplab.presentation.terms import term

    with _refusals():
        languages: tuple[Language, ...] = ("fr", "en") if language is None else (language.value,)
        written = codebooks_of(file, languages, structure=structure, codebook=labels, out=out)
        for each in written.files:
            typer.echo(term("codebook.written", _one(language)).format(file=each))
        if written.identifiers:
            names = ", ".join(written.identifiers)
            typer.echo(term("codebook.identifiers", _one(language)).format(names=names))


@app.command()
def reproduce(
    study: Annotated[Optional[list[str]], typer.Argument(help="Studies; all by default.")] = None,  # noqa: UP045
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--data", metavar="FILE", help="The real file, for a study that takes one."),
    ] = None,
    mapping: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--mapping", metavar="FILE", help="TOML: which of its columns and codes are the study's."
        ),
    ] = None,
    studies: StudiesFolder = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where figures/ and report/ go.")
    ] = Path(),
    language: InLanguage = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 where a study did not run.")] = False,
) -> None:
    """Rerun studies and compare with what was published; rebuild figures/ and report/index.html."""
    from diplab.replication.registry import find_studies
    from diplab.replication.registry import study as find_study

    with _refusals():
        names = list(dict.fromkeys(study or find_studies(studies)))
        chosen = [find_study(name, studies) for name in names]
        if data is not None and len(chosen) != 1:
            raise typer.BadParameter("--data goes with one study")
        from diplab.replication.everything import reproduce_all

        languages: tuple[Language, ...] = ("fr", "en") if language is None else (language.value,)
        console = _console()
        sections = reproduce_all(chosen, out, languages, console, data=data, mapping=mapping)
    raise typer.Exit(_closing(console, sections, _one(language), strict=strict))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of answers.")],
    structure: Structure = None,
    codebook: CodebookFile = None,
    attention: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--attention",
            metavar="COLUMN=ANSWER",
            help="An attention check and its right answer; several times.",
        ),
    ] = None,
    duration: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--duration", metavar="COLUMN", help="The column of the time taken, if it is not found."
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="Write the report too: html, docx, xlsx, md, csv or tex."),
    ] = None,
    language: OneLanguage = None,
) -> None:
    """Report the quality of a file: copies, speeders, straight-lining, impossible values, no answer."""
    from diplab.loaders.read import read
    from diplab.presentation.quality_table import quality_table
    from diplab.presentation.save import save
    from diplab.presentation.sheet_console import as_console
    from diplab.presentation.terms import term

    with _refusals():
        rules = [each.partition("=") for each in attention or []]
        if any(not mark for _, mark, _ in rules):
            raise typer.BadParameter("write --attention COLUMN=ANSWER")
        data = read(file, structure=structure, codebook=codebook)
        found = data.check(attention={name: answer for name, _, answer in rules}, duration=duration)
        shown = quality_table(found, _one(language), most=None if out else 12)
        _console().print(as_console(shown.sheet), highlight=False)
        if out is not None:
            typer.echo(term("codebook.written", _one(language)).format(file=save(shown, out)))


def _one(language: LanguageOption | None) -> Language:
    return "en" if language is None else language.value


def _closing(console: Console, sections: list[Section], language: Language, *, strict: bool) -> int:
    """Print the table and the last line; return the exit code."""
    from diplab.presentation.comparisons import comparison_rows
    from diplab.presentation.terms import term

    names = ("study", "key", "published", "reproduced", "difference", "base", "status", "verdict")
    table = Table(*[term(f"column.{name}", language) for name in names], show_lines=False)
    wrong, numbers = 0, 0
    absent = []
    for section in sections:
        comparison = section.comparisons[language]
        absent += [] if comparison.ran else [comparison.study]
        table.add_section()
        for row in comparison_rows(comparison):
            numbers += comparison.ran
            wrong += not row.expected
            mark = row.verdict if row.expected else f"[bold red]{row.verdict} ![/bold red]"
            cells = [getattr(row, name) for name in names[1:-1]]
            table.add_row(comparison.study, *[cell.replace("[", r"\[") for cell in cells], mark)
    console.print(table, highlight=False)
    last = term("report.all_expected" if not wrong else "report.some_unexpected", language)
    line = last.format(numbers=numbers, wrong=wrong)
    if absent:
        line += " " + term("report.not_run", language).format(studies=", ".join(absent))
    console.print(line, markup=False, highlight=False, soft_wrap=True)
    if wrong:
        return 1
    return 3 if strict and absent else 0


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
