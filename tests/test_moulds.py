"""Files of project templates are read as what they become, at their own place and without noise."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.scanner import reading
from mlops_scan.scanner.files import Tree, walk
from mlops_scan.scanner.formats import moulds


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("a/train.py.tmpl", "a/train.py"),
        ("ci.yml.j2", "ci.yml"),
        ("{{ cookiecutter.name }}/train.py", "{{ cookiecutter.name }}/train.py"),
        ("train.py", ""),
        ("README.md.tmpl", ""),
        ("templates/index.html.j2", ""),
        ("{{ cookiecutter.name }}.py", ""),
    ],
)
def test_becomes(path: str, inner: str) -> None:
    assert moulds.becomes(path) == inner


def test_filled_keeps_lines_and_both_branches() -> None:
    text = "{% if a %}\nx = 1\n{% else %}\nx = 2\n{% endif %}\nname = '{{ name }}-{{ if .b }}b{{ end }}'\n{{ alone }}\n"
    assert moulds.filled(text).split("\n") == ["", "x = 1", "", "x = 2", "", "name = 'name-b'", "", ""]


def test_the_first_branch_alone_where_a_format_cannot_say_a_thing_twice() -> None:
    text = "a: 1\n{{ if .x }}b: 1\n{{ if .y }}c: 1{{ else }}c: 2{{ end }}\n{{ else }}b: 2\n{{ end }}d: 1\n{% x %}e: 1"
    assert moulds.filled(text, both=False).split("\n") == ["a: 1", "b: 1", "c: 1", "", "d: 1", "e: 1"]


def test_a_placeholder_in_yaml_is_a_variable() -> None:
    assert moulds.filled("image: {{ .image }}:{{ .tag }}", both=False) == "image: $image:$tag"
    assert moulds.filled("token: ${{ secrets.TOKEN }}", both=False) == "token: ${{ secrets.TOKEN }}"


@pytest.mark.parametrize("text", ["{{ end }}x", "{% else %}x", "{{ if a }}x", "{% endif %}{% elif b %}x"])
def test_unbalanced_conditions_lose_nothing_before_them(text: str) -> None:
    assert moulds.filled(text).endswith("x")
    moulds.filled(text, both=False)


def test_a_hostile_template_is_left_alone() -> None:
    text = "{{" * 50_000
    assert moulds.filled(text) == text


def test_facts_stand_in_the_template(tmp_path: Path) -> None:
    folder = tmp_path / "{{.name}}"
    folder.mkdir()
    (folder / "train.py.tmpl").write_text("from {{ .package }}.data import load\n{{ if .x }}\nload(1)\n{{ end }}\n")
    (folder / "broken.py.tmpl").write_text("def {{ :\n")
    (folder / "ci.yml.tmpl").write_text("on: push\njobs:\n  test:\n    steps:\n      - run: make {{ .target }}\n")
    found = reading.read(Tree(tmp_path, walk(tmp_path)), jobs=1)
    calls = [fact for fact in found.facts if fact.kind == "call"]
    assert [(fact.at.path, fact.at.line) for fact in calls] == [("{{.name}}/train.py.tmpl", 3)]
    assert {fact.at.path for fact in found.facts} <= {
        "{{.name}}/train.py.tmpl",
        "{{.name}}/ci.yml.tmpl",
        "{{.name}}/broken.py.tmpl",
    }
    assert not found.notes


def test_a_template_beside_its_result_is_not_read_twice(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("fit(1)\n")
    (tmp_path / "train.py.j2").write_text("fit({{ n }})\n")
    found = reading.read(Tree(tmp_path, walk(tmp_path)), jobs=1)
    assert [fact.at.path for fact in found.facts if fact.kind == "call"] == ["train.py"]
