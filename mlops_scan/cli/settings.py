"""From options and configuration file to one Config; everything that is wrong is said at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlops_scan.scanner.config import (
    Complaint,
    Config,
    ConfigError,
    choice,
    fail_level,
    level,
    suggestion,
    unknown_selectors,
)
from mlops_scan.scanner.model import Confidence, Persona, Severity

_STDOUT = "-"
_QUIET_EXIT = ("sarif", "json")  # their reader decides, unless --fail-on is given


class RejectedError(Exception):
    """The options or the configuration are wrong: all complaints."""

    def __init__(self, complaints: Collection[Complaint]) -> None:
        super().__init__()
        self.complaints = tuple(complaints)


@dataclass(frozen=True, slots=True)
class Options:
    """The options as given; None or () where one was not."""

    path: str = "."
    format: str | None = None
    output: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    min_severity: str | None = None
    min_confidence: str | None = None
    persona: str | None = None
    preview: bool = False
    fail_on: str | None = None
    jobs: str | None = None
    config: str | None = None
    no_config: bool = False
    strict: bool = False
    exit_zero: bool = False
    color: str = "auto"
    no_progress: bool = False
    quiet: bool = False
    verbose: int = 0
    debug: bool = False


def settle(options: Options, formats: Collection[str], commands: Collection[str] = ()) -> Config:
    """The Config of this run. Raises RejectedError with every complaint."""
    complaints = [*_path_complaints(options.path, commands)]
    config = Config() if complaints else _from_file(options, complaints)
    values = dict(_values(options, formats, complaints))
    if "format" not in values and config.format not in formats:
        problem = f"no report format is called '{config.format}'{suggestion(config.format, formats)}"
        complaints.append(Complaint(f"{config.source}: format", problem))
    complaints += _external_complaints(config)
    complaints += _selector_complaints(config, options)
    if complaints:
        raise RejectedError(complaints)
    if "fail_on" not in values and values.get("format", config.format) in _QUIET_EXIT:
        values["fail_on"] = None
    return replace(config, **values)


def split(selectors: Sequence[str]) -> tuple[str, ...]:
    """Options may be repeated, or hold several selectors with commas between."""
    return tuple(part.strip() for selector in selectors for part in selector.split(",") if part.strip())


def _path_complaints(path: str, commands: Collection[str]) -> Iterator[Complaint]:
    root = Path(path)
    if root.is_dir():
        try:
            with os.scandir(root):
                return
        except OSError as error:
            yield Complaint(path, f"cannot be read: {error.strerror}")
    elif root.exists():
        yield Complaint(path, "is a file: a scan wants the folder of a repository")
    else:
        yield Complaint(path, f"no such folder{suggestion(path, commands).replace('mean', 'mean the command')}")


def _from_file(options: Options, complaints: list[Complaint]) -> Config:
    if options.no_config:
        if options.config:
            complaints.append(Complaint("--config", "cannot be combined with --no-config"))
        return Config()
    from mlops_scan.scanner import configfile

    root = Path(options.path)
    path = Path(options.config) if options.config else configfile.find(root)
    if path is None:
        return Config()
    try:
        return configfile.load(path, root)
    except ConfigError as error:
        complaints += error.complaints
        return Config()


def _values(options: Options, formats: Collection[str], complaints: list[Complaint]) -> Iterator[tuple[str, Any]]:
    """(field of Config, value) of each option that was given and is right."""
    readers: list[tuple[str, Any, Callable[[Any], Any]]] = [
        ("format", options.format, lambda name: choice(name, sorted(formats), "report format")),
        ("min_severity", options.min_severity, lambda name: level(Severity, name)),
        ("min_confidence", options.min_confidence, lambda name: level(Confidence, name)),
        ("persona", options.persona, lambda name: level(Persona, name)),
        ("fail_on", options.fail_on, fail_level),
        ("jobs", options.jobs, _jobs),
        ("color", options.color, lambda name: choice(name, ("auto", "always", "never"))),
        *(("output", one, lambda text: _output(text, formats)) for one in options.output),
    ]
    outputs: list[tuple[str, str]] = []
    for name, given, read in readers:
        if given is None:
            continue
        try:
            value = read(given)
        except ValueError as error:
            complaints.append(Complaint(f"--{name.replace('_', '-')}", str(error)))
            continue
        if name == "output":
            outputs.append(value)
        elif name != "color":
            yield name, value
    yield from _printed(options, outputs, complaints)
    for name in ("select", "ignore", "extend_select"):
        if selectors := split(getattr(options, name)):
            yield name, selectors
    yield "outputs", tuple(one for one in outputs if one[1] != _STDOUT)
    for name in ("strict", "preview"):
        if getattr(options, name):
            yield name, True


def _printed(
    options: Options, outputs: Collection[tuple[str, str]], complaints: list[Complaint]
) -> Iterator[tuple[str, str]]:
    """The format that an output to stdout asks for."""
    wanted = {name for name, file in outputs if file == _STDOUT}
    asked = sorted(wanted | {options.format} if options.format else wanted)
    if wanted and len(asked) > 1:
        complaints.append(Complaint("--output", f"stdout takes one report, not {' and '.join(asked)}"))
    elif wanted:
        yield "format", asked[0]


def _jobs(text: str) -> int:
    if text == "auto":
        return 0
    if not text.isdecimal():
        raise ValueError(f"'{text}' is neither a number nor 'auto'")
    return int(text)


def _output(text: str, formats: Collection[str]) -> tuple[str, str]:
    """FORMAT=FILE, `-` being stdout. The file's folder is looked at before the scan, not after it."""
    name, equals, file = text.partition("=")
    if not equals or not file:
        raise ValueError(f"'{text}' is not FORMAT=FILE")
    choice(name, sorted(formats), "report format")
    if file == _STDOUT:
        return name, file
    if Path(file).is_dir():
        raise ValueError(f"'{file}' is a folder")
    if not Path(file).absolute().parent.is_dir():
        raise ValueError(f"there is no folder for '{file}'")
    return name, file


def _external_complaints(config: Config) -> Iterator[Complaint]:
    if config.external:
        from mlops_scan.scanner.catalog.vocabulary import CAPABILITIES

        for name in sorted(set(config.external) - set(CAPABILITIES)):
            problem = f"no capability is called '{name}'{suggestion(name, CAPABILITIES)}"
            yield Complaint(f"{config.source}: external", problem)


def _selector_complaints(config: Config, options: Options) -> Iterator[Complaint]:
    """Selectors are checked against the rules there are, which takes loading them: only where there are any."""
    given = Config(split(options.select), split(options.ignore), split(options.extend_select))
    named = (config.select, config.ignore, config.extend_select, config.ignores, config.plugins)
    if not any((*named, given.select, given.ignore, given.extend_select)):
        return
    from mlops_scan import engine

    try:
        infos = [rule.info() for rule in engine.all_rules(config)]
    except LookupError as error:
        yield Complaint(f"{config.source}: plugins", str(error.args[0]))
        return
    rules, concerns = sorted(info.name for info in infos), sorted({info.concern for info in infos})
    for one in (config, given):
        yield from unknown_selectors(one, rules, concerns)


def write_output(file: str, data: bytes) -> None:
    """Write a report. Raises RejectedError where the file cannot be written."""
    try:
        Path(file).write_bytes(data)
    except OSError as error:
        raise RejectedError([Complaint(f"--output {file}", f"cannot be written: {error.strerror}")]) from None
