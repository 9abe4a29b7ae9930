"""The command line: studies (list, show, rerun, new), codebook and quality of a file.

Exit codes: 0 if every number rerun got its expected verdict (studies *not run* for lack of data are
named in the last line; 3 with `--strict`); 1 if some did not; 2 for wrong usage.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from diplab.errors import DiplabError
from diplab.reference.text import LANGUAGES, Language, Text, Words

if TYPE_CHECKING:
    from diplab.replication.pages.report import Section
    from diplab.replication.study import Study
    from diplab.results.comparison import Comparison

app = typer.Typer(
    name="diplab",
    help="Write the codebook of a survey file, check its quality; rerun published numbers on "
    "micro-work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


StudiesFolder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of studies, searched first.")
]
InLanguage = Annotated[
    Language | None, typer.Option(help="Language of the words; both by default.")
]
OneLanguage = Annotated[Language, typer.Option(help="Language of the words.")]
Structure = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The file that describes the questionnaire (.lss, .qsf, XLSForm...) or holds the "
        "labels.",
    ),
]
CodebookFile = Annotated[
    Path | None,
    typer.Option(
        "--codebook",
        metavar="FILE",
        help="Labels, questions and missing codes (.toml, .csv, .xml).",
    ),
]

RealFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The real file, for a study that takes one.")
]
MappingFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="TOML file that maps its columns and codes to those of the study."
    ),
]
ChangedAssumptions = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another value for an assumption that the study declares; several times. "
        "Figures and report are then "
        "written only where --out is named.",
    ),
]
OutFolder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where figures/ and report/ go; here by default.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Studies rerun at a time; as many as there are cores by default."
    ),
]
CapsuleFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.zip",
        help="Also write one study as a capsule: code, numbers, figures, report and versions, to "
        "deposit.",
    ),
]


def _console() -> Console:
    from diplab.replication.console import WIDTH

    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


_WORDS = Words("diplab.replication")


def _bad_use(language: Language | None, key: str, **values: object) -> typer.BadParameter:
    """Return the error for incompatible options."""
    return typer.BadParameter(_WORDS(f"command.{key}", **values).in_(language or "en"))


@contextmanager
def _refusals(language: Language | None = None) -> Iterator[None]:
    """Print an error in the language of the command and exit with code 2."""
    try:
        yield
    except OSError as error:
        typer.echo(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), err=True)
        typer.echo(_WORDS("command.nothing_written").in_(language or "en"), err=True)
        raise typer.Exit(2) from error
    except DiplabError as error:
        console = Console(stderr=True, highlight=False)
        for line in error.sentences:
            sentence = line.in_(language or "en") if isinstance(line, Text) else str(line)
            console.print(sentence, markup=False, soft_wrap=True)
        raise typer.Exit(2) from error


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from diplab.version import __version__

        typer.echo(f"diplab {__version__}")
        raise typer.Exit


@app.command("list")
def list_studies(studies: StudiesFolder = None, language: OneLanguage = "en") -> None:
    """List the studies that can be rerun."""
    from diplab.replication.registry import find_studies
    from diplab.replication.study import open_study

    with _refusals(language):
        table = Table("", "", "", box=None, show_header=False)
        for folder in find_studies(studies).values():
            study = open_study(folder)
            table.add_row(study.id, str(study.year), study.title.in_(language))
        _console().print(table)


@app.command()
def show(
    study: str,
    studies: StudiesFolder = None,
    full: Annotated[bool, typer.Option("--full", help="Show its tables as printed.")] = False,
    language: OneLanguage = "en",
) -> None:
    """Show what a study published: each number with its base, source and status, and its tables."""
    from diplab.replication.console import shown_study
    from diplab.replication.registry import study as find_study

    with _refusals(language):
        console = _console()
        for line in shown_study(find_study(study, studies), language, full=full):
            console.print(line, highlight=False)


@app.command()
def new(study: str) -> None:
    """Begin a study: write ./surveys/STUDY with an example that runs."""
    from diplab.replication.study import new_study

    with _refusals():
        folder = new_study(
            study, Path.cwd() / "surveys", datetime.datetime.now(tz=datetime.UTC).year
        )
        typer.echo(f"{folder.relative_to(Path.cwd())}")


@app.command()
def codebook(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Answers, or a codebook alone (.toml, .xml, .lss)."),
    ],
    structure: Structure = None,
    labels: CodebookFile = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where: .html (by default), .docx, .md, .csv, .xml, .toml."
        ),
    ] = None,
    language: InLanguage = None,
) -> None:
    """Write the codebook of a file: a page to search, with what may be published of the answers."""
    from diplab.presentation.codebook.of_file import codebooks_of
    from diplab.presentation.language import term

    with _refusals(language):
        languages = LANGUAGES if language is None else (language,)
        written = codebooks_of(file, languages, structure=structure, codebook=labels, out=out)
        for path in written.files:
            typer.echo(term("codebook.written", language or "en").format(file=path))
        if written.identifiers:
            names = ", ".join(written.identifiers)
            typer.echo(term("codebook.identifiers", language or "en").format(names=names))


@app.command()
def reproduce(
    study: Annotated[list[str] | None, typer.Argument(help="Studies; all by default.")] = None,
    data: RealFile = None,
    mapping: MappingFile = None,
    studies: StudiesFolder = None,
    assumptions: ChangedAssumptions = None,
    out: OutFolder = None,
    jobs: Jobs = None,
    redraw: Annotated[
        bool, typer.Option("--redraw", help="Draw unchanged figures again too.")
    ] = False,
    capsule: CapsuleFile = None,
    full: Annotated[bool, typer.Option("--full", help="Print every number.")] = False,
    language: InLanguage = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 where a study did not run.")
    ] = False,
) -> None:
    """Rerun studies and compare with what was published; rebuild figures/ and report/."""
    from diplab.replication.registry import find_studies
    from diplab.replication.registry import study as find_study

    with _refusals(language):
        names = list(dict.fromkeys(study or find_studies(studies)))
        chosen = [find_study(name, studies) for name in names]
        if data is not None and len(chosen) != 1:
            raise _bad_use(language, "one_study", option="--data")
        if capsule is not None and (len(chosen) != 1 or assumptions or data is not None):
            raise _bad_use(language, "capsule")
        changed = _assumptions(assumptions or [], len(chosen), language)
        console, one_language = _console(), language or "en"
        given: dict[str, Any] = {"data": data, "mapping": mapping, "assumptions": changed}
        if changed and out is None:
            from diplab.replication.rerun import reproduce as rerun

            found = rerun(names[0], studies=studies, language=one_language, **given)
            _print_changed(console, found, chosen[0], one_language)
            return
        from diplab.replication.runner import cores, reproduce_all

        languages = LANGUAGES if language is None else (language,)
        place = Path() if out is None else out
        sections = reproduce_all(
            chosen, place, languages, console, jobs=jobs or cores(), redraw=redraw, **given
        )
        if capsule is not None:
            from diplab.replication.capsule import pack

            today = datetime.datetime.now(tz=datetime.UTC).date()
            typer.echo(
                pack(capsule, chosen[0], sections[0].comparisons[one_language], place, today)
            )
    if changed:
        _print_changed(console, sections[0].comparisons[one_language], chosen[0], one_language)
        return
    raise typer.Exit(_closing(console, sections, one_language, strict=strict, full=full))


def _assumptions(given: list[str], studies: int, language: Language | None) -> dict[str, float]:
    """Return the assumptions given by `--set`, by name."""
    if given and studies != 1:
        raise _bad_use(language, "one_study", option="--set")
    changed = {}
    for item in given:
        name, mark, value = item.partition("=")
        try:
            changed[name.strip()] = float(value)
        except ValueError:
            mark = ""
        if not mark or not name.strip():
            raise _bad_use(language, "set", given=item)
    return changed


def _print_changed(
    console: Console, comparison: Comparison, study: Study, language: Language
) -> None:
    """Print the numbers under declared and changed assumptions, side by side."""
    from diplab.presentation.language import term
    from diplab.replication.console import changed_numbers

    console.print(changed_numbers(comparison, language), highlight=False)
    for name, (declared, value) in comparison.assumptions.items():
        line = term("report.changed", language).format(
            label=study.assumptions[name].label.in_(language),
            value=f"{value:g}",
            declared=f"{declared:g}",
        )
        console.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def verify(
    capsule: Annotated[
        Path, typer.Argument(metavar="FILE.zip", help="Made with reproduce --capsule.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Run its code without asking.")] = False,
    language: OneLanguage = "en",
) -> None:
    """Rerun a capsule with this diplab, and compare every number with its record."""
    from diplab.presentation.language import term
    from diplab.replication.capsule import verify as verified

    with _refusals(language):
        typer.echo(term("capsule.runs_code", language).format(file=capsule.name))
        if not yes and not typer.confirm(term("capsule.ask", language)):
            raise typer.Exit(2)
        found = verified(capsule)
    for name, (recorded, installed) in found.versions.items():
        typer.echo(
            term("capsule.version", language).format(
                name=name, recorded=recorded, installed=installed
            )
        )
    for line in (*found.changed, *found.changed_files):
        typer.echo(f"! {line}")
    if not found.ran:
        typer.echo(
            term("capsule.not_run", language).format(
                study=found.study, why=found.why_not.in_(language)
            )
        )
        raise typer.Exit(3)
    key = "same" if found.same else "changed"
    changed = len(found.changed) + len(found.changed_files)
    line = term(f"capsule.{key}", language).format(
        numbers=found.numbers, files=found.files, changed=changed
    )
    if not found.compared:
        line += " " + term("capsule.files_not_compared", language)
    typer.echo(line)
    raise typer.Exit(0 if found.same else 1)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of answers.")],
    structure: Structure = None,
    codebook: CodebookFile = None,
    attention: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=ANSWER", help="An attention check and its right answer; several times."
        ),
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The column of the time taken, if it is not found."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the report too: html, docx, xlsx, md, csv or tex."
        ),
    ] = None,
    language: OneLanguage = "en",
) -> None:
    """Report the quality of a file: copies, speeders, impossible values, nonresponse."""
    from diplab.loaders.read import read
    from diplab.presentation._save import save
    from diplab.presentation.language import term
    from diplab.presentation.layouts.file_checks import quality_sheet
    from diplab.presentation.layouts.registry import TableRequest
    from diplab.presentation.sheet import as_console, printed_table

    with _refusals(language):
        rules = [name.partition("=") for name in attention or []]
        if any(not mark for _, mark, _ in rules):
            raise _bad_use(language, "attention")
        data = read(file, structure=structure, codebook=codebook)
        found = data.check(attention={name: answer for name, _, answer in rules}, duration=duration)
        sheet = quality_sheet(found, TableRequest(language=language), most=None if out else 12)
        _console().print(as_console(sheet, _console().width), highlight=False)
        if out is not None:
            typer.echo(
                term("codebook.written", language).format(file=save(printed_table(sheet), out))
            )


def _closing(
    console: Console, sections: list[Section], language: Language, *, strict: bool, full: bool
) -> int:
    """Print a line per study, the numbers to check and the summary; return the exit code."""
    from diplab.presentation.language import number, term
    from diplab.replication.console import numbers, summary, tables_of

    comparisons = [section.comparisons[language] for section in sections]
    console.print(
        summary(comparisons, [section.seconds for section in sections], language), highlight=False
    )
    if full or len(comparisons) == 1:
        for comparison in comparisons:
            for line in tables_of(comparison, language):
                console.print(line, markup=False, highlight=False)
    for line in numbers(comparisons, language, full=full):
        console.print(line, highlight=False, overflow="fold")
    console.print()
    ran = [comparison for comparison in comparisons if comparison.ran]
    total = sum(len(comparison.frame) for comparison in ran)
    wrong = sum(
        int((comparison.frame["verdict"] != comparison.frame["expected"]).sum())
        for comparison in ran
    )
    quoted = sum(int(comparison.frame["quotation"].sum()) for comparison in ran)
    last = term("report.all_expected" if not wrong else "report.some_unexpected", language)
    lines = [last.format(numbers=number(total - quoted, language), wrong=number(wrong, language))]
    if quoted:
        lines.append(term("report.quotations", language).format(numbers=number(quoted, language)))
    for comparison in comparisons:
        if not comparison.ran:
            why = comparison.why_not.in_(language)
            lines.append(term("report.not_run", language).format(study=comparison.study, why=why))
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if wrong:
        return 1
    return 3 if strict and len(ran) < len(comparisons) else 0


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
