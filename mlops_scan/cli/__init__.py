"""The command line. Exit codes: 0 fine, 1 findings, 2 wrong use, wrong configuration or our own fault."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from mlops_scan.scanner.bounds import COLLECT_AFTER

ISSUES = "https://github.com/mlops-scan/mlops-scan/issues"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
INTERRUPTED = 130  # as a shell reports SIGINT


def main() -> NoReturn:
    """The console script."""
    gc.set_threshold(*COLLECT_AFTER)
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads on
            stream.flush()
    os._exit(code)  # the process ends: to free hundreds of thousands of objects one by one would be for nothing


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; whatever happens is told on stderr."""
    from mlops_scan.cli.app import app
    from mlops_scan.cli.settings import RejectedError

    try:
        code = app.main(arguments, prog_name="mlops-scan", standalone_mode=False)
    except RejectedError as rejected:
        from mlops_scan.reports.escape import printable

        for complaint in rejected.complaints:
            click.echo(printable(f"error: {complaint}"), err=True)
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except OSError as error:
        if error.errno not in _FULL:
            _crash(error, arguments)
        else:
            click.echo(f"error: the output cannot be written: {error.strerror}", err=True)
        return 2
    except Exception as error:
        _crash(error, arguments)
        return 2
    return code if isinstance(code, int) else 0


def _crash(error: Exception, arguments: Sequence[str] | None) -> None:
    given = sys.argv[1:] if arguments is None else arguments
    if "--debug" in given or os.environ.get("MLOPS_SCAN_DEBUG"):
        import traceback

        traceback.print_exception(type(error), error, error.__traceback__)
    words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    hint = f"a fault of mlops-scan: run it again with --debug and tell {ISSUES}"
    click.echo(f"error: {words} ({hint})", err=True)
