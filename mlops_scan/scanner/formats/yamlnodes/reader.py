"""From text to nodes: libyaml's events, our own bounded builder.

PyYAML's composer ends the process on deep nesting and its loader hangs on merge-key bombs (60 KB of '[' and a file of
600 bytes did), so neither is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import yaml

from mlops_scan.scanner.formats.yamlnodes.builder import Builder, YamlError
from mlops_scan.scanner.formats.yamlnodes.nodes import Node
from mlops_scan.scanner.model import Location, Note

T = TypeVar("T")

# a value that begins with a placeholder, which YAML takes for a mapping
_BLANK = re.compile(
    r"^([ \t]*(?:- +)?(?:[\w.$/-]+:[ \t]+)?)(\{\{[^{}'\n]*\}\}[^'#\n]*?)(?=[ \t]*(?:#[^\n]*)?$)", re.MULTILINE
)
_SEPARATOR = re.compile(r"^---(?=[ \t\n]|\Z)", re.MULTILINE)
_DEFINITION = re.compile(r"""^["']?kind["']?[ \t]*:[ \t]*["']?CustomResourceDefinition\b""", re.MULTILINE)
_DIRECTIVES = re.compile(r"(?:[ \t]*(?:#.*)?\n)*%")  # '%YAML 1.2' belongs to the document that follows its '---'
_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The readable documents of a file, and a note for each that is not."""

    documents: tuple[Node, ...]
    notes: tuple[Note, ...]


class Readable(Protocol):
    """A file as this reader needs it: its path, its text, and a place to keep what was made of it."""

    @property
    def path(self) -> str: ...

    @property
    def text(self) -> str: ...

    def memo(self, key: str, make: Callable[[], T]) -> T: ...


class Repository(Protocol):
    """The files of a repository, as much as a format needs of them that is spread over several."""

    @property
    def paths(self) -> tuple[str, ...]: ...

    def get(self, path: str) -> Readable | None: ...

    def under(self, folder: str) -> tuple[str, ...]: ...

    def memo(self, key: str, make: Callable[[], T]) -> T: ...


def documents(source: Readable) -> Parsed:
    """The documents of a YAML or JSON file, definitions of types left out; a broken one costs only itself."""
    return source.memo("yaml", lambda: _documents(source))


def _documents(source: Readable) -> Parsed:
    found: list[Node] = []
    notes: list[Note] = []
    for first_line, text in split(source.text):
        if is_definition(text):
            continue
        try:
            found += document(source, text, first_line)
        except YamlError as error:
            notes.append(Note(Location(source.path, error.line), f"not readable as YAML: {error.reason}"))
    return Parsed(tuple(found), tuple(notes))


def document(source: Readable, text: str, first_line: int) -> list[Node]:
    """The document of `source` that begins on `first_line`, read once a file. Raises YamlError.

    A value that is left to be filled in (`image: {{IMAGE}}:1`) is the text that stands there.
    """
    return source.memo(f"yaml:{first_line}", lambda: _with_blanks(text, first_line))


def _with_blanks(text: str, first_line: int) -> list[Node]:
    try:
        return parse(text, first_line=first_line)
    except YamlError:
        filled = _BLANK.sub(_quoted, text) if "{{" in text else text
        if filled == text:
            raise
        return parse(filled, first_line=first_line)


def _quoted(match: re.Match[str]) -> str:
    return f"{match[1]}'{match[2]}'"


def is_definition(text: str) -> bool:
    """Whether a document defines a type of Kubernetes: nine tenths of all YAML in some trees, and no evidence."""
    return "CustomResourceDefinition" in text and _DEFINITION.search(text) is not None


def split(text: str) -> Iterator[tuple[int, str]]:
    """(first line, text) of each document: '---' at column 0 ends a document even inside a block scalar."""
    if "\n---" not in text and not text.startswith("---"):  # nearly always
        yield 1, text
        return
    start, line, pending = 0, 1, False
    for match in _SEPARATOR.finditer(text):
        chunk = text[start : match.start()]
        pending = not pending and _DIRECTIVES.match(chunk) is not None
        if chunk and not pending:
            yield line, chunk
            line += chunk.count("\n")
            start = match.start()
    yield line, text[start:]


def parse(text: str, *, first_line: int = 1) -> list[Node]:
    """The documents of `text`. Raises YamlError (with the line in the file) for bad or bounded-out input."""
    if "\\ud" in text or "\\uD" in text:  # JSON writes one character as two escapes, libyaml wants one
        text = _SURROGATES.sub(
            lambda pair: chr(0x10000 + (int(pair[1], 16) - 0xD800) * 1024 + int(pair[2], 16) - 0xDC00), text
        )
    try:
        return Builder(first_line).build(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = first_line + (mark.line if mark is not None else 0)
        reason = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
        raise YamlError(line, str(reason)) from None
    except UnicodeError:
        raise YamlError(first_line, "holds half a surrogate pair") from None
