"""plaintext-secret"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mlops_scan.rules.base import ANY_CODE, Rule
from mlops_scan.scanner import paths
from mlops_scan.scanner.formats.credentials import looks_real, names_secret, redact
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Confidence, Fact, Finding, Location, Place, Severity

_CHOSEN = ("database-password",)
_CONFIGURED = ("env", "constant", "setting")
# arguments of a call that hold a credential; a bare `key` is most often the key of something
_HANDED = re.compile(
    r"pass(?:word|wd)?$|pwd$|secret|token$|api_?key|(?:access|account|secret|private)_?key", re.IGNORECASE
)
_OWNER = re.compile(r"(?:^|_)(?:USER(?:NAME)?|DB|DATABASE|DB_?NAME)$", re.IGNORECASE)
_DECLARED = ("terraform", "cloudformation", "bicep", "arm")
_TOKEN = re.compile(r"[A-Za-z0-9_]{32,}\Z")  # as against the name of a user or of a server
_PLACES = 20  # of one credential that are told
_SHORT = frozenset(("aws", "api", "id", "jwt", "url"))


class PlaintextSecret(Rule):
    """A credential stands in the repository in plain text

    ## Why is this bad?
    Everybody who ever cloned the repository has it, and every later clone has it in the history.

    ## Example
    ```yaml title="docker-compose.yml"
    services:
      api:
        image: acme/api:1.0
        environment:
          MLFLOW_TRACKING_PASSWORD: w8Zr3kQ1vTn5LbX9
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## Use instead
    ```yaml title="docker-compose.yml"
    services:
      api:
        image: acme/api:1.0
        environment:
          MLFLOW_TRACKING_PASSWORD: ${MLFLOW_TRACKING_PASSWORD}
    ```
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```

    ## When to ignore
    The value opens nothing: a placeholder, or a service that only runs on one machine.

    ## References
    OWASP, secrets management cheat sheet.
    """

    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    kinds = ANY_CODE
    references = ("https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",)
    remedy = "Revoke it, take it from a secret store or the environment, and rewrite the history if it was real."

    def check(self, graph: Graph) -> Iterator[Finding]:
        seen: set[tuple[str, int]] = set()
        written: dict[tuple[str, str, object], list[Fact]] = {}  # one credential of a file, likewise
        for fact in _standing(graph):
            seen.add((fact.at.path, fact.at.line))
            written.setdefault((fact.at.path, fact.name, fact.get("first") or fact.at.line), []).append(fact)
        for known in written.values():
            fact, more = known[0], known[1:]
            yield self.finding(
                _said(fact),
                fact.at,
                subject=f"{fact.at.path}:{fact.name}:{fact.get('redacted')}",
                related=[Place(one.at, "and here again") for one in more if one.at.line != fact.at.line][:_PLACES],
            )
        same: dict[tuple[str, str], list[tuple[str, Fact]]] = {}  # one credential of a file, wherever it stands there
        for name, value, fact in _assignments(graph):
            at = _written(fact)
            if (at.path, at.line) not in seen and looks_real(name, value):
                seen.add((at.path, at.line))
                same.setdefault((at.path, value), []).append((name, fact))
        for (path, value), found in same.items():
            name, fact = found[0]
            at = _written(fact)
            yield self.finding(
                f"'{name}' is set to a value that looks like a real credential ('{redact(value)}').",
                at,
                subject=f"{path}:{name}",
                related=[
                    *([] if at == fact.at else [Place(fact.at, "it is handed on here")]),
                    *(Place(_written(one), f"the same value for '{other}'") for other, one in found[1:]),
                ],
            )


def _standing(graph: Graph) -> Iterator[Fact]:
    """Credentials as they stand in files, each once: as the key that its form shows, else by the longest of its names.

    In a file to be copied a person's choice is filler, and a key in a provider's format is somebody's.
    """
    found = graph.facts("secret")
    shown = {_value(fact) for fact in found if fact.get("how") == "format"}
    told: set[tuple[str, int, object]] = set()
    for fact in found:
        known = {"name": told | shown, "key": shown}.get(str(fact.get("how")), ())
        filler = (fact.name in _CHOSEN or fact.get("how") == "name") and paths.is_sample(fact.at.path)
        if not paths.is_example(fact.at.path) and not filler and _value(fact) not in known:
            told.add(_value(fact))
            yield fact


def _value(fact: Fact) -> tuple[str, int, object]:
    """What is one credential, by whatever its place calls it."""
    return fact.at.path, fact.at.line, fact.get("redacted")


def _said(fact: Fact) -> str:
    shown = fact.get("redacted")
    if fact.get("how") == "name":
        return f"'{fact.name}' is set to a value that looks like a real credential ('{shown}')."
    return f"{_spoken(fact.name)} ('{shown}') stands here in plain text."


def _spoken(name: str) -> str:
    """`aws-access-key-id` as a sentence begins with it: `An AWS access key ID`."""
    words = " ".join(word.upper() if word in _SHORT else word for word in name.split("-"))
    return f"{'An' if words[0].lower() in 'aeiou' else 'A'} {words}"


def _written(fact: Fact) -> Location:
    """Where the value stands: the values line, where that alone fed a rendered template."""
    return fact.also[0].at if len(fact.also) == 1 else fact.at


def _logins(graph: Graph) -> Iterator[tuple[str, str, Fact]]:
    """What a call or a command that logs in is handed: `login(key="5c1b…")`, `tool login 5c1b…`."""
    for fact in graph.facts("call"):
        if fact.name.rpartition(".")[2] == "login":
            value = next(iter(fact.get("args") or ()), (fact.get("kwargs") or {}).get("key"))
            if isinstance(value, str) and _TOKEN.match(value):
                yield "key", value, fact
    for fact in graph.facts("command"):
        argv = fact.get("argv") or ()
        value = next((word for word in argv[2:] if not word.startswith("-")), "") if argv[1:2] == ["login"] else ""
        if _TOKEN.match(value):
            yield "key", value, fact


def _assignments(graph: Graph) -> Iterator[tuple[str, str, Fact]]:
    """Literal values that are given to names of secrets: environment, constants, settings, attributes of resources."""
    offered = (
        {one.id for one in graph.workloads() if one.origin == "helm"} if graph.profile.kind == "platform" else set()
    )
    # the user's or the database's own name as the password: what a local stack is started with
    named = {
        (fact.says.get("owner"), fact.says.get("value")) for fact in graph.facts("env") if _OWNER.search(fact.name)
    }
    for fact in graph.facts(*_CONFIGURED):
        if fact.says.get("owner") in offered:
            continue  # a chart for others: its values are there to be replaced
        if paths.is_sample(fact.at.path) or (
            fact.says.get("owner") and (fact.says.get("owner"), fact.says.get("value")) in named
        ):
            continue
        value: Any = fact.says.get("value")
        name = fact.name.rpartition(".")[2]
        if isinstance(value, str) and value and names_secret(name):
            yield name, value, fact
    for fact in graph.facts("call"):
        for name, value in sorted((fact.says.get("kwargs") or {}).items()):
            if isinstance(value, str) and _HANDED.search(name) and names_secret(name) and "{" not in value:
                yield name, value, fact
    yield from _logins(graph)
    given = {fact.says.get("value") for fact in graph.facts("constant") if isinstance(fact.says.get("value"), str)}
    for fact in graph.facts("resource"):
        if fact.says.get("platform") in _DECLARED:
            lines = fact.says.get("lines") or {}
            for name, value in sorted((fact.says.get("data") or {}).items()):
                # what comes from a variable stands at the variable
                if isinstance(value, str) and value and value not in given and names_secret(name):
                    at = Location(fact.at.path, int(lines.get(name) or fact.at.line))
                    yield name, value, replace(fact, at=at)
