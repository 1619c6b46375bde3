"""Targets and scripts that are called for a rollback, and are told which version to put back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from mlops_scan.scanner.formats.shellsilent import is_silent
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.owners import owner_id
from mlops_scan.scanner.model import Fact

_ROLL = re.compile(r"(?<![a-z])roll[-_]?back(?![a-z])", re.IGNORECASE)
# of tables and what they hold, not of what serves
_DATA = re.compile(r"(?<![a-z])(?:db|database|sql|migrat\w*|schema|alembic|data|tests?)(?![a-z])", re.IGNORECASE)
_TABLES = frozenset(("alembic", "flyway", "liquibase", "migrate", "psql", "mysql", "sqlx", "prisma", "knex", "dbmate"))
# which version: a variable of that name, the first argument of a script, a tag that says it
_WHICH = re.compile(
    r"\$[({]{0,2}\s*(?:\w{0,40}(?:version|tag|sha|revision|rev|target|previous|prev|release|commit|digest|alias)"
    r"\w{0,40}|[1@*]|args)(?!\w)|\{\{\s*\w{0,40}(?:version|tag|sha|rev|target|release|commit|args)\w{0,40}\s*\}\}"
    r"|[:=@](?:previous|prev|last[-_]?good)(?!\w)",
    re.IGNORECASE,
)
# the shell's own words and helpers that report: nothing is put back by them
_HELPS = re.compile(
    r"(?:cd|test|\[\[?|read|export|local|declare|shift|exit|return|source|\.|git|die|fail|log|info|warn|error|usage|"
    r"grep|jq|basename|dirname|require|check)\w{0,20}\Z",
    re.IGNORECASE,
)
_FILE = re.compile(r"[^\s$]*/[^\s$]+|[^\s$/]+\.(?:sh|py)\Z")
_ASKS = re.compile(r"(?:get|describe|list|show|inspect|status|history|logs?|diff|ls)(?![a-z])")  # and changes nothing
_GIT = frozenset(("revert", "push", "commit", "checkout", "reset"))


def put_back(graph: Graph) -> Iterator[tuple[Fact, str]]:
    """(the command that is told the version, what it stands in) of each target or script that puts one back."""
    named: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in graph.facts("command"):
        if (title := _title(fact)) and not fact.get("state"):
            named[owner_id(fact), title].append(fact)
    for (owner, title), commands in sorted(named.items()):
        told = next((one for one in commands if _puts_back(graph, owner, one)), None)
        if told is not None:
            yield told, f"{'script' if owner.startswith('file:') else 'target'} '{title}' is told the version"


def _title(command: Fact) -> str:
    """The name of the target or script of a command, where that is one for a rollback."""
    owner = str(command.get("owner") or "")
    if "oll" not in owner.lower():
        return ""
    path, _, target = owner.partition("#")
    where = command.get("where")
    title = path.rpartition("/")[2] if where == "shell" else target if where in ("make", "just", "config") else ""
    return title if _ROLL.search(title) and not _DATA.search(title) else ""


def _puts_back(graph: Graph, owner: str, command: Fact) -> bool:
    argv, raw = [str(word) for word in command.get("argv") or ()], str(command.get("raw") or "")
    if not argv or not _WHICH.search(raw) or is_silent(command.name, argv, raw):
        return False
    if (
        _TABLES.intersection(argv[:4])
        or any(_ASKS.match(word) for word in argv[1:3])
        or (_HELPS.match(command.name) and not _GIT.intersection(argv[1:3]))
    ):
        return False
    started = [one.target for one in graph.links_from(owner, "runs", "starts") if one.at.line == command.at.line]
    files = [node.removeprefix("file:") for node in started if node.startswith("file:")]
    if not files and _FILE.match(argv[0]):
        return False  # a script that is not there
    return all(_does_something(graph, path) for path in files)


def _does_something(graph: Graph, path: str) -> bool:
    """Whether a program does more than print."""
    commands: Sequence[Fact] = graph.in_file(path, "command")
    acts = any(not is_silent(one.name, one.get("argv") or (), str(one.get("raw") or "")) for one in commands)
    return acts or bool(graph.in_file(path, "call"))
