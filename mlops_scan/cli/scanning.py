"""`check` and `draft`: one scan, its reports, its exit code."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path

import click

from mlops_scan.cli import terminal
from mlops_scan.cli.settings import Options, RejectedError, settle, write_output
from mlops_scan.reports.base import Report
from mlops_scan.reports.escape import printable
from mlops_scan.scanner.config import Complaint, Config
from mlops_scan.scanner.result import Result

_QUIET_FORMAT = "concise"
_DRAFT_FORMAT = "architecture"


def check(options: Options, commands: Collection[str]) -> int:
    """Scan, report, and say by the exit code whether something at or above `--fail-on` was found."""
    known = reports()
    config = settle(options, known, commands)
    formats = {config.format, *(name for name, _ in config.outputs)}
    result = scan(options, config, linked=any(known[name].linked for name in formats))
    terminal.write(_on_stdout(result, config, options, known))
    for name, file in config.outputs:
        write_output(file, terminal.encoded(known[name]().render(result)))
    if options.verbose:
        _tell_more(result, config)
    return _exit_code(result, config, options)


def draft(options: Options, file: Path | None) -> int:
    """Write the architecture document."""
    known = reports()
    config = settle(options, known)
    text = known[_DRAFT_FORMAT]().render(scan(options, config))
    if file is None:
        terminal.write(text)
    else:
        write_output(str(file), terminal.encoded(text))
    return 0


def reports() -> dict[str, type[Report]]:
    """Every report by the name of its format."""
    from mlops_scan import plugins
    from mlops_scan import reports as folder

    return {report.format: report for report in plugins.load(folder, Report)}


def scan(options: Options, config: Config, *, linked: bool = True) -> Result:
    """One scan with progress on a terminal. Raises RejectedError for a plugin that is not installed."""
    from mlops_scan import engine

    if options.debug:
        import logging

        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(message)s")
    with terminal.Progress(not (options.quiet or options.no_progress)) as progress:
        try:
            return engine.scan(Path(options.path), config, progress, linked=linked)
        except LookupError as error:
            if type(error) is not LookupError:
                raise
            raise RejectedError([Complaint(f"{config.source}: plugins", str(error))]) from None


def _on_stdout(result: Result, config: Config, options: Options, reports: dict[str, type[Report]]) -> str:
    name = config.format
    if options.quiet and name == "text":
        if not result.open_findings:
            return ""
        name = _QUIET_FORMAT if _QUIET_FORMAT in reports else name
    color = name in ("text", _QUIET_FORMAT) and terminal.colored(options.color, sys.stdout)
    report = reports[name]()
    report.full = name == "text" and bool(options.verbose)
    return report.render(result, color=color, width=terminal.width(sys.stdout))


def _tell_more(result: Result, config: Config) -> None:
    click.echo(f"configuration: {config.source or 'none'}; {len(result.rules)} rules; {result.seconds:.2f} s", err=True)
    for skipped in result.coverage.skipped:
        click.echo(printable(f"left out: {skipped.path}: {skipped.reason}"), err=True)
    for note in result.coverage.unreadable:
        click.echo(printable(f"not read: {note.at}: {note.reason}"), err=True)


def _exit_code(result: Result, config: Config, options: Options) -> int:
    if config.strict and result.coverage.unreadable:
        count = len(result.coverage.unreadable)
        click.echo(f"error: --strict: {count} places could not be read (-v names them)", err=True)
        return 2
    if options.exit_zero or config.fail_on is None:
        return 0
    return int(any(finding.severity >= config.fail_on for finding in result.open_findings))
