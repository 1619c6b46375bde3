"""What a scan is told: one frozen Config, its selectors and levels, and complaints that name their field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from mlops_scan.scanner.model import Confidence, Location, Persona, Severity

E = TypeVar("E", Severity, Confidence, Persona)


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """What is wrong with one option or key. `where` is an option's name or a file, line and key."""

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


class ConfigError(Exception):
    """Every complaint about the configuration at once."""

    def __init__(self, complaints: Collection[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(str(complaint) for complaint in self.complaints))


@dataclass(frozen=True, slots=True)
class Ignore:
    """A finding that the configuration silences: by rule, concern or glob; in which paths; why; until when."""

    rule: str
    reason: str
    path: str = ""
    until: date | None = None
    at: Location = field(default=Location("mlops-scan.toml"))


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a scan may be told. A selector is a rule's name, a concern, or a glob over rule names."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    min_severity: Severity = Severity.NOTE
    min_confidence: Confidence = Confidence.LOW
    persona: Persona = Persona.REGULAR
    preview: bool = False
    fail_on: Severity | None = Severity.ERROR
    strict: bool = False
    format: str = "text"
    outputs: tuple[
        tuple[str, str], ...
    ] = ()  # (format, file); command line only: a scanned file must not say where to write
    jobs: int = 0  # 0: as many as are worth it
    plugins: tuple[str, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    exclude: tuple[str, ...] = ()
    external: Mapping[str, str] = field(default_factory=dict)  # capability -> where it lives outside this repository
    source: str = ""  # the file this was read from, as complaints name it


def selects(selector: str, rule: str, concern: str) -> bool:
    """Whether a selector (rule name, concern or glob) means this rule."""
    return selector in (rule, concern) or fnmatchcase(rule, selector)


def choice(text: Any, names: Collection[str], what: str = "") -> str:
    """`text` if it is one of `names`; raises ValueError with a suggestion."""
    if isinstance(text, str) and text in names:
        return text
    shown = f"'{text}'" if isinstance(text, str) else repr(text)
    of = f"no {what} is called {shown}" if what else f"{shown} is none of {', '.join(names)}"
    raise ValueError(of + suggestion(str(text), names))


def suggestion(text: str, names: Collection[str]) -> str:
    """' (did you mean ...?)', or '' when nothing is near."""
    from difflib import get_close_matches  # only for a name that nobody knows

    near = get_close_matches(text.lower(), list(names), n=1, cutoff=0.6)
    return f" (did you mean '{near[0]}'?)" if near else ""


def level(kind: type[E], text: Any) -> E:
    """The member of Severity, Confidence or Persona that is called `text`. Raises ValueError."""
    return kind[choice(text, [member.name.lower() for member in reversed(kind)]).upper()]


def fail_level(text: Any) -> Severity | None:
    """A severity, or None for 'never'. Raises ValueError."""
    choice(text, ["error", "warning", "note", "never"])
    return None if text == "never" else level(Severity, text)


def unknown_selectors(config: Config, rules: Collection[str], concerns: Collection[str]) -> Iterator[Complaint]:
    """A complaint for each selector of the configuration that means no rule there is."""
    where = f"{config.source}: " if config.source else "--"
    for field_name in ("select", "extend_select", "ignore"):
        for selector in getattr(config, field_name):
            if not _means_any(selector, rules, concerns):
                option = field_name.replace("_", "-")
                known = [*rules, *concerns]
                yield Complaint(f"{where}{option}", f"no rule or concern '{selector}'{suggestion(selector, known)}")
    for one in config.ignores:
        if not _means_any(one.rule, rules, concerns):
            problem = f"no rule or concern '{one.rule}'{suggestion(one.rule, [*rules, *concerns])}"
            yield Complaint(f"{one.at}: ignore", problem)


def _means_any(selector: str, rules: Collection[str], concerns: Collection[str]) -> bool:
    return selector in concerns or any(fnmatchcase(rule, selector) for rule in rules)
