"""The commands and their options. What takes time to import is imported when a command needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mlops_scan import __version__

F = TypeVar("F", bound=Callable[..., Any])
_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "MLOPS_SCAN"}
_OWN_OPTIONS = frozenset({"-h", "--help", "-V", "--version"})

_RUN = (
    click.option("--config", metavar="FILE", help="Read this configuration file."),
    click.option("--no-config", is_flag=True, help="Read no configuration file."),
    click.option("--jobs", metavar="N", help="Processes that read files; 'auto' (the default) lets the work decide."),
    click.option("--no-progress", is_flag=True, help="Show no progress (there is none unless stderr is a terminal)."),
    click.option("--debug", is_flag=True, help="Show tracebacks of faults on stderr."),
)
_CHECK = (
    click.option("--format", metavar="FORMAT", help="Report on stdout: text (the default), concise, json, sarif, ..."),
    click.option(
        "--output", metavar="FORMAT=FILE", multiple=True, help="Write this report, too; - is stdout (repeatable)."
    ),
    click.option("--select", metavar="RULES", multiple=True, help="Run only these rules, concerns or globs."),
    click.option("--ignore", metavar="RULES", multiple=True, help="Do not run these rules, concerns or globs."),
    click.option("--extend-select", metavar="RULES", multiple=True, help="Run these rules, too."),
    click.option("--min-severity", metavar="LEVEL", help="Leave out findings below error, warning or note."),
    click.option("--min-confidence", metavar="LEVEL", help="Leave out findings below high, medium or low."),
    click.option("--persona", metavar="WHO", help="How much to hear: regular, strict or audit."),
    click.option("--preview", is_flag=True, help="Run rules that are still being tried out, too."),
    click.option("--fail-on", metavar="LEVEL", help="Exit 1 from this severity on: error (default), ..., never."),
    *_RUN,
    click.option("--strict", is_flag=True, help="Exit 2 when a file could not be read."),
    click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found."),
    click.option("--color", metavar="WHEN", default="auto", help="auto, always or never."),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        help="Print the concise report where there is one; nothing when nothing is found.",
    ),
    click.option("-v", "--verbose", count=True, help="Tell what comes to run each place; on stderr what was left out."),
)


def _with(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


class _App(click.Group):
    """A group whose command `check` need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args[0] in _OWN_OPTIONS)
        completing = ctx.resilient_parsing and not args
        return super().parse_args(ctx, args if named or completing else ["check", *args])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        version = [option for option in self.params if option.name == "version"]
        with formatter.section("Options of check, the command that need not be named"):
            options = [*self.commands["check"].get_params(ctx), *version]
            formatter.write_dl([row for option in options if (row := option.get_help_record(ctx))])
        self.format_commands(ctx, formatter)


@click.group(cls=_App, context_settings=_SETTINGS)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def app() -> None:
    """Say how an ML repository would run in production, what is missing or wrong, and what it could look like.

    Nothing of the repository is executed. 'mlops-scan [PATH]' is short for 'mlops-scan check [PATH]'.

    Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 wrong use, wrong configuration, or a fault of ours.
    """


@app.command(context_settings=_SETTINGS)
@click.argument("path", default=".")
@_with(*_CHECK)
def check(**given: Any) -> int:
    """Scan the repository at PATH (default: here) and report what is there and what is wrong."""
    from mlops_scan.cli import scanning
    from mlops_scan.cli.settings import Options

    return scanning.check(Options(**given), list(app.commands))


@app.command(context_settings=_SETTINGS)
@click.argument("path", default=".")
@click.option("-o", "--output", "file", metavar="FILE", help="Write to FILE instead of stdout.")
@_with(*_RUN)
def draft(file: str | None, **given: Any) -> int:
    """Draft the architecture document of the repository at PATH, every claim with its evidence."""
    from mlops_scan.cli import scanning
    from mlops_scan.cli.settings import Options

    return scanning.draft(Options(**given), Path(file) if file and file != "-" else None)


@app.command(context_settings=_SETTINGS)
@click.argument("path", default=".")
@click.option("--format", "kind", metavar="FORMAT", default="mermaid", help="mermaid (default), dot, graphml or json.")
@click.option("--full", is_flag=True, help="Fold nothing away: packages, tools and plain modules, too.")
@click.option("--why", nargs=2, metavar="A B", help="Print the chain of links between two subjects instead.")
@click.option("-o", "--output", "file", metavar="FILE", help="Write to FILE instead of stdout.")
@_with(*_RUN)
def graph(kind: str, full: bool, why: tuple[str, str] | None, file: str | None, **given: Any) -> int:
    """Export the evidence graph of the repository at PATH, or say why two of its subjects belong together.

    A subject is a file, an image, a workload, an endpoint, a pipeline, a schedule, a model, a CI job ...: its path,
    its name, or an id such as 'workload:k8s/api.yaml#Deployment/api'. Mermaid and DOT show what runs, answers, flows
    and watches; JSON and GraphML hold every subject.
    """
    from mlops_scan.cli import graphing
    from mlops_scan.cli.settings import Options

    return graphing.graph(Options(**given), kind, why, Path(file) if file and file != "-" else None, full=full)


@app.command(context_settings=_SETTINGS)
@click.argument("rule")
@click.option("--color", metavar="WHEN", default="auto", help="auto, always or never.")
def explain(rule: str, color: str) -> int:
    """Print the page of RULE: what it finds, why it matters, what to do instead."""
    from mlops_scan.cli import pages

    return pages.explain(rule, color)


@app.command(context_settings=_SETTINGS)
@click.option("--format", "format_", metavar="FORMAT", default="text", help="text (default), json or markdown.")
def rules(format_: str) -> int:
    """List every rule."""
    from mlops_scan.cli import pages

    return pages.rules(format_)
