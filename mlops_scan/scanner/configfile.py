"""The configuration file: the nearest one, read and checked whole; all complaints at once, each with its line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from mlops_scan.scanner.config import Complaint, Config, ConfigError, Ignore, fail_level, level, suggestion
from mlops_scan.scanner.formats import tomllines
from mlops_scan.scanner.model import Confidence, Persona, Severity

FILE_NAMES = ("mlops-scan.toml", ".mlops-scan.toml")
_TABLE = ("tool", "mlops-scan")
_FILE_BYTES = 2**20


def find(root: Path) -> Path | None:
    """The nearest configuration: in `root`, then upwards as far as the top of its git work tree."""
    start = root.resolve()
    folders = [start, *start.parents]
    top = next((depth for depth, folder in enumerate(folders) if (folder / ".git").exists()), 0)
    for folder in folders[: top + 1]:
        for name in FILE_NAMES:
            if (folder / name).is_file():
                return folder / name
        if _has_table(folder / "pyproject.toml"):
            return folder / "pyproject.toml"
    return None


def load(path: Path, root: Path) -> Config:
    """Read one configuration file for a scan of `root`. Raises ConfigError with all that is wrong with it."""
    name = _name(path, root)
    try:
        toml = tomllines.read(_text(path))
    except OSError as error:
        raise ConfigError([Complaint(name, f"cannot be read: {error.strerror}")]) from None
    except tomllines.TomlError as error:
        raise ConfigError([Complaint(f"{name}:{error.line}", f"not TOML: {error}")]) from None
    table: Any = toml.data
    keys = _TABLE if path.name == "pyproject.toml" else ()
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        raise ConfigError([Complaint(name, "has no table [tool.mlops-scan]")])
    reader = _Reader(name, toml, keys)
    values = reader.read(table)
    if reader.complaints:
        raise ConfigError(reader.complaints)
    return Config(**values, source=name)


def _has_table(path: Path) -> bool:
    try:
        text = _text(path)
    except OSError:
        return False
    if "mlops-scan" not in text:
        return False
    try:
        tool = tomllines.read(text).data.get("tool")
    except tomllines.TomlError:
        return "[tool.mlops-scan" in text  # then the complaint says what is wrong with it
    return isinstance(tool, dict) and "mlops-scan" in tool


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_FILE_BYTES).decode("utf-8-sig", errors="replace")


def _name(path: Path, root: Path) -> str:
    """The file as a complaint names it: relative to the scanned folder where it lies in it, never absolute."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.name


class _Reader:
    """Turns the table into Config's fields and collects complaints."""

    def __init__(self, name: str, toml: tomllines.Toml, keys: tuple[str, ...]) -> None:
        self.name, self.toml, self.keys = name, toml, keys
        self.complaints: list[Complaint] = []

    def read(self, table: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key == "ignore":
                values["ignore"], values["ignores"] = self._ignore(value)
            elif key in _COMMAND_LINE_ONLY:
                self._complain((key,), "is taken from the command line only")
            elif key not in _KEYS:
                self._complain((key,), "unknown key" + suggestion(key, [*_KEYS, "ignore"]))
            else:
                self._take(values, key.replace("-", "_"), (key,), _KEYS[key], value)
        return values

    def _take(
        self, values: dict[str, Any], into: str, path: tuple[str | int, ...], read: Callable[[Any], Any], value: Any
    ) -> None:
        try:
            values[into] = read(value)
        except ValueError as error:
            self._complain(path, str(error))

    def _ignore(self, value: Any) -> tuple[tuple[str, ...], tuple[Ignore, ...]]:
        """Selectors (the rules do not run), and tables (the findings are kept and counted)."""
        if not isinstance(value, list):
            self._complain(("ignore",), "is a list of selectors, or of tables with rule, path, reason, until")
            return (), ()
        selectors = [one for one in value if isinstance(one, str)]
        return tuple(selectors), tuple(
            made
            for index, one in enumerate(value)
            if not isinstance(one, str) and (made := self._one_ignore(index, one)) is not None
        )

    def _one_ignore(self, index: int, table: Any) -> Ignore | None:
        path = ("ignore", index)
        if not isinstance(table, dict):
            self._complain(path, "is neither a selector nor a table with rule, path, reason, until")
            return None
        before = len(self.complaints)
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key in _IGNORE_KEYS:
                self._take(values, key, (*path, key), _IGNORE_KEYS[key], value)
            else:
                self._complain((*path, key), "unknown key" + suggestion(key, list(_IGNORE_KEYS)))
        for key in ("rule", "reason"):
            if key not in table:
                self._complain(path, f"has no '{key}'")
        at = self.toml.at(self.name, *self.keys, *path)
        return Ignore(**values, at=at) if len(self.complaints) == before else None

    def _complain(self, path: tuple[str | int, ...], problem: str) -> None:
        at = self.toml.at(self.name, *self.keys, *path)
        shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        self.complaints.append(Complaint(f"{at}: {shown}", problem))


def _text_value(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"wants a text, not {value!r}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"wants true or false, not {value!r}")
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"wants a number from 0 (as many as are worth it), not {value!r}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"wants a list of texts, not {value!r}")
    return tuple(value)


def _reasons(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) and one.strip() for one in value.values()):
        raise ValueError('wants a table: capability = "where it lives"')
    return dict(value)


def _day(value: Any) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if not isinstance(value, date):
        raise ValueError(f"wants a date such as 2030-01-31, not {value!r}")
    return date(value.year, value.month, value.day)


_COMMAND_LINE_ONLY = frozenset({"output", "outputs", "config"})
_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "select": _texts,
    "extend-select": _texts,
    "min-severity": lambda value: level(Severity, value),
    "min-confidence": lambda value: level(Confidence, value),
    "persona": lambda value: level(Persona, value),
    "preview": _flag,
    "fail-on": fail_level,
    "strict": _flag,
    "format": _text_value,
    "jobs": _count,
    "plugins": _texts,
    "exclude": _texts,
    "external": _reasons,
}
_IGNORE_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "rule": _text_value,
    "path": _text_value,
    "reason": _text_value,
    "until": _day,
}
