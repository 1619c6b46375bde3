"""Findings that somebody ignores, with a reason: by a comment, a Kubernetes annotation or the configuration."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from mlops_scan.scanner import bounds, paths
from mlops_scan.scanner.config import Config, Ignore, selects
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.gitignore import IgnoreRules
from mlops_scan.scanner.model import Finding, Location, Note

ANNOTATION = "mlops-scan.io/ignore"
NO_REASON = "no reason given"
_MARK = b"mlops-scan"
_MEMO = "files that speak of this tool"
_COMMENT = re.compile(r"(?:#|//|/\*)\s*mlops-scan:\s*ignore\b(?:\s*\[(?P<rules>[^\]\n]*)\])?(?P<reason>[^\n]*)")
_TAIL = re.compile(r"""(?:\\n)?["']?,?$|-?\*/.*$""")  # what JSON, or a template's comment, puts behind the reason
_ALONE = re.compile(r"""\s*(?:["']|\{\{-?\s*)?$""")  # what may stand before a comment that has the line for itself
_ONLY_COMMENT = re.compile(r"""(?:["']\s*)?(?:#|//|/\*|\{\{-?\s*/\*)|["']?\s*["']?(?:\\n)?["']?,?$""")
_DOCKERFILE = re.compile(r"(?:^|/)(?:[^/]*\.)?(?:Dockerfile|Containerfile)(?:[^/]*)?$|\.dockerfile$", re.IGNORECASE)
_ANNOTATION_LINE = re.compile(rf"""{re.escape(ANNOTATION)}["']?\s*:\s*(?P<value>[^\n]*)""")
_YAML = (".yaml", ".yml", ".tpl", ".json")


@dataclass(frozen=True, slots=True)
class Mark:
    """One ignore in a file: the lines it covers, the selectors it names, why."""

    at: Location
    first: int
    last: int
    selectors: tuple[str, ...]
    reason: str


def apply(
    findings: Iterable[Finding],
    tree: Tree,
    config: Config,
    *,
    ran: Collection[str] | None = None,
    today: date | None = None,
) -> tuple[tuple[Finding, ...], list[Note]]:
    """The findings, ignored ones with their reason, and a note for each ignore that names no rule or is stale.

    `ran` holds the names of the rules that ran: an ignore is stale only when a rule that it names ran and found
    nothing there. Without it, none is called stale.
    """
    marked = tree.memo(_MEMO, lambda: tuple(path for path in tree.paths if (one := tree.get(path)) and mentions(one)))
    marks = {path: list(_marks(source)) for path in marked if (source := tree.get(path))}
    configured = [(one, IgnoreRules(one.path) if one.path else None) for one in config.ignores]
    used: set[Mark | Ignore] = set()
    expired: set[Ignore] = set()
    day = today or date.today()
    told = []
    for finding in findings:
        reason = _marked(finding, marks, used)
        for one, globs in configured:
            if selects(one.rule, finding.rule, finding.concern) and (globs is None or _within(finding.at.path, globs)):
                if one.until is not None and one.until < day:
                    expired.add(one)
                else:
                    used.add(one)
                    reason = one.reason if reason is None else reason
        told.append(finding if reason is None else replace(finding, suppressed=reason))
    ran_rules = ran or ()
    notes = [*_stale_marks(marks, used, ran_rules), *_stale_config(config, used, expired, ran_rules)]
    return tuple(told), sorted(notes)


def remember(tree: Tree, mentioning: Collection[str]) -> None:
    """Tell `apply` which files speak of this tool, when somebody has looked already."""
    tree.memo(_MEMO, lambda: tuple(sorted(mentioning)))


def mentions(source: SourceFile) -> bool:
    """Whether the file speaks of this tool at all. Its contents are not kept in memory for that."""
    if source.size > bounds.FILE_BYTES or source.link or paths.is_documentation(source.path):
        return False
    if "data" in source.__dict__:
        return _MARK in source.data
    try:
        with (source.root / source.path).open("rb") as file:
            return _MARK in file.read()
    except (OSError, ValueError):
        return False


def _marks(source: SourceFile) -> Iterator[Mark]:
    if not source.binary:
        yield from _comments(source)
        if source.name.endswith(_YAML):
            yield from _annotations(source)


def _comments(source: SourceFile) -> Iterator[Mark]:
    lines = source.text.split("\n")
    dockerfile = bool(_DOCKERFILE.search(source.path))
    real = _python_comments(source.text) if source.name.endswith(".py") and _COMMENT.search(source.text) else None
    code = 0  # the next line of code, as of the last comment that asked
    for number, line in enumerate(lines, start=1):
        found = _COMMENT.search(line) if "mlops-scan:" in line else None
        if found is None or (real is not None and number not in real):
            continue
        alone = bool(_ALONE.match(line[: found.start()]))
        if dockerfile and not alone:
            continue  # a Dockerfile has no trailing comments: this is an argument
        if alone and code <= number:
            code = _next_code(lines, number)
        target = code if alone and code <= len(lines) else number
        at = Location(source.path, number, found.start() + 1)
        yield Mark(
            at,
            target,
            target,
            _selectors(found["rules"]),
            _TAIL.sub("", found["reason"].rstrip()).strip(" \t:-") or NO_REASON,
        )


def _python_comments(text: str) -> set[int] | None:
    """Lines that hold a comment (text in a string is none); None when the file does not tokenize."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None


def _next_code(lines: list[str], number: int) -> int:
    """The first line after `number` that is neither blank nor a comment; the one after the last if there is none."""
    return next(
        (index + 1 for index in range(number, len(lines)) if not _ONLY_COMMENT.match(lines[index].strip())),
        len(lines) + 1,
    )


def _selectors(written: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (written or "").split(",") if part.strip())


def _annotations(source: SourceFile) -> Iterator[Mark]:
    """An annotation covers the document that it stands in."""
    if ANNOTATION not in source.text:
        return
    for first, text in yamlnodes.split(source.text):
        last = first + text.count("\n") - (1 if text.endswith("\n") else 0)
        for line, value in _annotation_values(first, text):
            for entry in re.split(r"[\n;]", value):
                rules, _, reason = entry.partition(":")
                if rules.strip():
                    at = Location(source.path, line)
                    yield Mark(at, first, last, _selectors(rules), reason.strip() or NO_REASON)


def _annotation_values(first: int, text: str) -> Iterator[tuple[int, str]]:
    if ANNOTATION not in text:
        return
    try:
        waiting = yamlnodes.parse(text, first_line=first)
    except yamlnodes.YamlError:  # a template: its lines are read one by one
        for number, line in enumerate(text.split("\n"), start=first):
            if found := _ANNOTATION_LINE.search(line):
                yield number, found["value"].strip().strip("\"'")
        return
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, yamlnodes.Scalar) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yamlnodes.Mapping):
            if isinstance(value := node.get(ANNOTATION), yamlnodes.Scalar):
                yield node.places[ANNOTATION][0], str(value)
            waiting += node.values()
        else:
            waiting += node


def _marked(finding: Finding, marks: dict[str, list[Mark]], used: set[Mark | Ignore]) -> str | None:
    """The reason of the first mark that covers one of the finding's places; all that do count as used."""
    reason = None
    for place in finding.places:
        at = place.at
        for mark in marks.get(at.path, ()):
            covers = mark.first <= at.line <= mark.last or mark.first == mark.last == at.end_line
            if covers and any(selects(one, finding.rule, finding.concern) for one in mark.selectors):
                used.add(mark)
                reason = reason or mark.reason
    return reason


def _within(path: str, globs: IgnoreRules) -> bool:
    parts = path.split("/")
    folders = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
    return bool(globs.decide(path, folder=False)) or any(globs.decide(folder, folder=True) for folder in folders)


def _stale_marks(marks: dict[str, list[Mark]], used: set[Mark | Ignore], ran: Collection[str]) -> Iterator[Note]:
    for mark in (mark for found in marks.values() for mark in found):
        if not mark.selectors:
            yield Note(mark.at, "ignore comment names no rule: ignore[rule] reason")
        elif mark not in used and (idle := [one for one in mark.selectors if one in ran]):
            yield Note(mark.at, f"stale ignore: '{', '.join(idle)}' finds nothing here")


def _stale_config(
    config: Config, used: set[Mark | Ignore], expired: set[Ignore], ran: Collection[str]
) -> Iterator[Note]:
    for one in config.ignores:
        if one in expired:
            yield Note(one.at, f"ignore of '{one.rule}' has expired on {one.until}")
        elif one not in used and one.rule in ran:
            yield Note(one.at, f"stale ignore: '{one.rule}' finds nothing{f' in {one.path!r}' if one.path else ''}")
