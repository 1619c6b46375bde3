"""Ignores: what each form covers, what it does not, and which are stale."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mlops_scan.scanner import suppress
from mlops_scan.scanner.config import Config, Ignore
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Confidence, Finding, Location, Note, Place, Severity


def tree(root: Path, files: dict[str, str]) -> Tree:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Tree(root, [SourceFile(root, path, (root / path).stat().st_size) for path in files])


def finding(path: str, line: int, rule: str = "rule-a", end: int = 0, also: tuple[Place, ...] = ()) -> Finding:
    at = Location(path, line, end_line=end)
    return Finding(rule, "m", (Place(at), *also), Severity.WARNING, Confidence.HIGH, "serving", "s")


def told(root: Path, path: str, text: str, *findings: Finding) -> list[str | None]:
    found, _ = suppress.apply(findings, tree(root, {path: text}), Config())
    return [one.suppressed for one in found]


def test_a_comment_at_the_line(tmp_path: Path) -> None:
    text = "a = 1\nb = load()  # mlops-scan: ignore[rule-a, rule-b] known and fine\nc = 2\n"
    found = told(tmp_path, "a.py", text, finding("a.py", 2), finding("a.py", 2, "rule-c"), finding("a.py", 3))
    assert found == ["known and fine", None, None]


def test_a_comment_alone_covers_the_next_line_of_code(tmp_path: Path) -> None:
    text = "# mlops-scan: ignore[rule-a] why\n# more words\n\nb = load()\nc = load()\n"
    assert told(tmp_path, "a.py", text, finding("a.py", 4), finding("a.py", 5)) == ["why", None]


def test_a_trailing_comment_does_not_reach_the_next_line(tmp_path: Path) -> None:
    text = "a: 1 # mlops-scan: ignore[rule-a]\nb: 2\n"
    assert told(tmp_path, "a.yaml", text, finding("a.yaml", 1), finding("a.yaml", 2)) == [suppress.NO_REASON, None]


def test_the_last_line_of_a_call_counts_too(tmp_path: Path) -> None:
    text = "load(\n  x,\n)  # mlops-scan: ignore[rule-a] why\n"
    assert told(tmp_path, "a.py", text, finding("a.py", 1, end=3)) == ["why"]


def test_text_in_a_string_is_no_comment(tmp_path: Path) -> None:
    text = 's = """\nx = 1  # mlops-scan: ignore[rule-a] no\n"""\n'
    assert told(tmp_path, "a.py", text, finding("a.py", 2)) == [None]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("main.tf", "x = 1 // mlops-scan: ignore[rule-a] why"),
        ("main.tf", "x = 1 /* mlops-scan: ignore[rule-a] why */"),
        ("t/a.yaml", "x: {{ .v }} {{- /* mlops-scan: ignore[rule-a] why */ -}}"),
        ("a.yaml", "x: 1 # mlops-scan:ignore[serving] why"),
        ("a.yaml", "x: 1 # mlops-scan: ignore[rule-*]: why"),
    ],
)
def test_ways_to_write_it(tmp_path: Path, path: str, line: str) -> None:
    assert told(tmp_path, path, f"y: 0\n{line}\n", finding(path, 2)) == ["why"]


def test_a_dockerfile_has_no_trailing_comments(tmp_path: Path) -> None:
    text = "FROM a # mlops-scan: ignore[rule-a] no\n# mlops-scan: ignore[rule-a] why\nFROM b\n"
    for path in ("Dockerfile", "api.Dockerfile", "docker/Dockerfile.gpu"):
        assert told(tmp_path, path, text, finding(path, 1), finding(path, 3)) == [None, "why"]


def test_a_notebook_line(tmp_path: Path) -> None:
    text = '{"cells": [{"source": [\n "# mlops-scan: ignore[rule-a] why\\n",\n "x = load()\\n",\n "y"]}]}\n'
    assert told(tmp_path, "n.ipynb", text, finding("n.ipynb", 3), finding("n.ipynb", 4)) == ["why", None]


def test_an_annotation_covers_its_document_only(tmp_path: Path) -> None:
    text = (
        "kind: Deployment\nmetadata:\n  annotations:\n    mlops-scan.io/ignore: 'rule-a, rule-b: why'\nspec: {}\n"
        "---\nkind: Deployment\n"
    )
    lines = [finding("a.yaml", 1), finding("a.yaml", 5, "rule-b"), finding("a.yaml", 5, "rule-c"), finding("a.yaml", 7)]
    assert told(tmp_path, "a.yaml", text, *lines) == ["why", "why", None, None]


def test_an_annotation_of_several_lines(tmp_path: Path) -> None:
    text = "metadata:\n  annotations:\n    mlops-scan.io/ignore: |\n      rule-a: one\n      rule-b: two\n"
    assert told(tmp_path, "a.yaml", text, finding("a.yaml", 1), finding("a.yaml", 2, "rule-b")) == ["one", "two"]


def test_an_annotation_in_a_template(tmp_path: Path) -> None:
    text = 'metadata:\n  {{- if .x }}\n  annotations:\n    mlops-scan.io/ignore: "rule-a: why"\n  {{- end }}\nspec: 1\n'
    assert told(tmp_path, "t/a.yaml", text, finding("t/a.yaml", 6)) == ["why"]


def test_any_place_of_a_finding_counts(tmp_path: Path) -> None:
    text = "a: 1\nimage: x # mlops-scan: ignore[rule-a] why\n"
    one = finding("other.yaml", 9, also=(Place(Location("values.yaml", 2), "fed by"),))
    assert told(tmp_path, "values.yaml", text, one) == ["why"]


def test_configured_ignores(tmp_path: Path) -> None:
    config = Config(
        ignores=(
            Ignore("rule-a", "everywhere below", path="k8s/"),
            Ignore("rule-b", "once", until=date(2030, 1, 1)),
            Ignore("rule-c", "only top", path="/a.yaml"),
        )
    )
    findings = [
        finding("x/k8s/a.yaml", 1), finding("a.yaml", 1), finding("a.yaml", 1, "rule-b"),
        finding("a.yaml", 1, "rule-c"), finding("x/a.yaml", 1, "rule-c"),
    ]  # fmt: skip
    day = date(2030, 1, 1)
    found, notes = suppress.apply(findings, tree(tmp_path, {}), config, today=day)
    assert [one.suppressed for one in found] == ["everywhere below", None, "once", "only top", None]
    assert notes == []


def test_an_expired_ignore_revives_the_finding(tmp_path: Path) -> None:
    config = Config(ignores=(Ignore("rule-a", "r", until=date(2030, 1, 1), at=Location("mlops-scan.toml", 4)),))
    found, notes = suppress.apply([finding("a", 1)], tree(tmp_path, {}), config, today=date(2030, 1, 2))
    assert [one.suppressed for one in found] == [None]
    assert notes == [Note(Location("mlops-scan.toml", 4), "ignore of 'rule-a' has expired on 2030-01-01")]


def test_stale_ignores_are_named(tmp_path: Path) -> None:
    text = "a = 1  # mlops-scan: ignore[rule-a, rule-z] x\nb = 2  # mlops-scan: ignore[rule-b]\n"
    text += "c = 3  # mlops-scan: ignore\n"
    config = Config(ignores=(Ignore("rule-a", "r", path="gone/", at=Location("mlops-scan.toml", 2)),))
    files = tree(tmp_path, {"a.py": text})
    _, notes = suppress.apply([finding("a.py", 2, "rule-b")], files, config, ran={"rule-a", "rule-b"})
    assert [(str(note.at), note.reason) for note in notes] == [
        ("a.py:1", "stale ignore: 'rule-a' finds nothing here"),
        ("a.py:3", "ignore comment names no rule: ignore[rule] reason"),
        ("mlops-scan.toml:2", "stale ignore: 'rule-a' finds nothing in 'gone/'"),
    ]
    _, quiet = suppress.apply([], files, config, ran={"rule-z2"})
    assert [str(note.at) for note in quiet] == ["a.py:3"]


def test_documentation_ignores_nothing_and_is_not_stale(tmp_path: Path) -> None:
    files = tree(tmp_path, {"README.md": "# mlops-scan: ignore[rule-a] shown\n"})
    assert suppress.apply([], files, Config(), ran={"rule-a"}) == ((), [])


def test_odd_input_is_survived(tmp_path: Path) -> None:
    hostile = "mlops-scan.io/ignore: {" + "[" * 5000 + "\n# mlops-scan: ignore[" + "x" * 100_000 + "\n"
    files = tree(tmp_path, {"a.yaml": hostile, "b.py": "'''\n# mlops-scan: ignore[rule-a] x\n"})
    found, _ = suppress.apply([finding("a.yaml", 1), finding("b.py", 2)], files, Config())
    assert len(found) == 2
