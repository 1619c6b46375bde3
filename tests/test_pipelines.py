"""Makefiles, justfiles, scripts, Procfiles, task files, and the files that say what a pipeline's steps are."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlops_scan.scanner import bounds, files
from mlops_scan.scanner.formats import maketext, yamlnodes
from mlops_scan.scanner.formats.makefilling import Filling
from mlops_scan.scanner.formats.textlines import ScalarLines
from mlops_scan.scanner.formats.yamlnodes import Scalar
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.bentofile import Bentofile
from mlops_scan.scanner.parsers.dvc import Dvc, DvcConfig
from mlops_scan.scanner.parsers.just import Just
from mlops_scan.scanner.parsers.make import Make
from mlops_scan.scanner.parsers.mlproject import MlProject
from mlops_scan.scanner.parsers.procfile import Procfile
from mlops_scan.scanner.parsers.shell_script import ShellScripts
from mlops_scan.scanner.parsers.task_files import TaskFiles
from tests.slowness import in_time


def read(tmp_path: Path, parser: Parser, texts: dict[str, str]) -> tuple[list[Fact], list[Note]]:
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sources = files.walk(tmp_path)
    tree = files.Tree(tmp_path, sources)
    found = [one for source in sources if parser.reads(source, tree) for one in parser.parse(source, tree)]
    return [one for one in found if isinstance(one, Fact)], [one for one in found if isinstance(one, Note)]


def commands(facts: list[Fact]) -> list[tuple[str, int, str]]:
    """(command, line, what runs it)."""
    return [
        (" ".join(fact.get("argv")), fact.at.line, fact.get("stage", "")) for fact in facts if fact.kind == "command"
    ]


def test_makefile(tmp_path: Path) -> None:
    text = """\
REG := gcr.io/me  # where
IMAGE ?= $(REG)/app:latest
FLAGS = --a \\
  --b
ifdef CI
FLAGS += --ci
endif
.PHONY: build deploy
build: ## Build: with = in it
\t@echo building
\tdocker build -t $(IMAGE) \\
\t  $(FLAGS) .
\t-docker push ${IMAGE}
deploy: build src/x.py
\tcd k8s && kubectl apply -f $(FILE)
\t$(MAKE) -C sub all
\t@for f in a b; do \\
\t  helm lint $$f; \\
\tdone
\tV=$(shell git describe) ; echo $$(date)
\t$(foreach x,a b,cp $(x) y;)
%.pb.go: %.proto
\tprotoc $< -o $@
one: two ; pytest -q
define BODY
deploy: nothing
\trm -rf /
endef
"""
    facts, notes = read(tmp_path, Make(), {"ops/Makefile": text})
    assert not notes
    assert commands(facts)[:7] == [
        ("docker build -t gcr.io/me/app:latest --a --b --ci .", 11, "build"),
        ("docker push gcr.io/me/app:latest", 13, "build"),
        ("make build", 14, "deploy"),
        ("cd k8s", 15, "deploy"),
        ("kubectl apply -f $(FILE)", 15, "deploy"),
        ("make -C sub all", 16, "deploy"),
        ("helm lint $f", 18, "deploy"),
    ]
    found = {row[0] for row in commands(facts)}
    assert {"git describe", "date", "protoc %.proto -o %.pb.go", "pytest -q"} <= found
    assert not any("rm" in one.split() for one in found)
    by_name = {fact.name: fact for fact in facts if fact.kind == "command"}
    assert by_name["kubectl"].get("cwd") == "ops/k8s"
    assert by_name["kubectl"].get("owner") == "ops/Makefile#deploy"
    assert [(fact.get("role"), fact.get("tag")) for fact in facts if fact.kind == "image"] == [
        ("build", "latest"),
        ("push", "latest"),
    ]
    pushed = next(fact for fact in facts if fact.get("argv", [""])[1:2] == ["push"])
    assert pushed.get("soft") is True


def test_make_variables_do_not_grow_without_bound() -> None:
    text = "".join(f"A{number} = $(A{number + 1})$(A{number + 1})\n" for number in range(100))
    _, variables = maketext.read(text)
    assert len(Filling(variables).filled("$(A0)")) < 100_000
    _, variables = maketext.read("A = $(B)x\nB = $(A)y\n")
    assert Filling(variables).expanded("$(A) y") == ("$(A) y", False)


def test_justfile(tmp_path: Path) -> None:
    text = """\
image := "org/app:1"
set shell := ["bash", "-c"]
alias b := build

# build it
build target='x': test
    @docker build -t {{image}} .
    -docker push \\
      {{ image }}

test:
    pytest

script:
    #!/usr/bin/env bash
    set -e
    dvc repro
python:
    #!/usr/bin/env python
    import os
"""
    facts, _ = read(tmp_path, Just(), {"justfile": text})
    assert commands(facts) == [
        ("just test", 6, "build"),
        ("docker build -t org/app:1 .", 7, "build"),
        ("docker push org/app:1", 8, "build"),
        ("pytest", 12, "test"),
        ("set -e", 16, "script"),
        ("dvc repro", 17, "script"),
    ]


def test_shell_scripts_by_suffix_and_by_first_line(tmp_path: Path) -> None:
    texts = {
        "run.sh": "#!/bin/sh\nuvicorn app:app\n",
        "bin/start": "#!/usr/bin/env -S bash -e\nexec gunicorn a:b\n",
        "bin/tool": "#!/usr/bin/env python3\nimport os\n",
        "bin/fish": "#!/usr/bin/fish\nset x\n",
        "data": "uvicorn x",
        "notes.txt": "#!/bin/sh\nno\n",
    }
    facts, _ = read(tmp_path, ShellScripts(), texts)
    assert [(fact.name, fact.at.path, fact.at.line) for fact in facts] == [
        ("gunicorn", "bin/start", 2),
        ("uvicorn", "run.sh", 2),
    ]
    facts, notes = read(tmp_path, ShellScripts(), {"run.sh": "a\0b\n", "bin/start": ""})
    assert not facts
    assert [note.at.path for note in notes] == ["run.sh"]
    facts, notes = read(tmp_path, ShellScripts(), {"run.sh": "a;" * (bounds.SHELL_COMMANDS + 10)})
    assert len(facts) <= bounds.SHELL_COMMANDS
    assert len(notes) == 1


def test_procfile(tmp_path: Path) -> None:
    facts, _ = read(tmp_path, Procfile(), {"Procfile": "# x\nweb: cd app && gunicorn a:b\nrelease: make x\nbad\n"})
    assert commands(facts) == [("cd app", 2, "web"), ("gunicorn a:b", 2, "web"), ("make x", 3, "release")]


DVC = """\
vars: [params.yaml]
stages:
  prepare:
    wdir: ..
    cmd:
      - python src/prepare.py data
      - >-
        python src/split.py
        --x
    deps: [data/raw, src/prepare.py, "s3://b/k"]
    params: [a.b, {other.yaml: [c, d]}]
    outs:
      - data/out: {cache: false}
    metrics: [m.json: {cache: false}]
    plots: [p.csv]
    frozen: true
  train-each:
    foreach: [a, b]
    do:
      cmd: python train.py ${item}
      outs: ['model-${item}']
"""


def test_dvc(tmp_path: Path) -> None:
    lock = "schema: '2.0'\nstages:\n  prepare:\n    outs:\n      - {path: model.pkl, md5: x, size: 12}\n"
    tracked = "outs:\n- md5: x.dir\n  size: 99\n  path: raw.csv\nwdir: ../data\n"
    facts, notes = read(tmp_path, Dvc(), {"pipe/dvc.yaml": DVC, "dvc.lock": lock, "in/raw.csv.dvc": tracked})
    assert not notes
    data = [(fact.name, fact.get("bytes"), fact.at.path, fact.at.line) for fact in facts if fact.kind == "dataset"]
    assert data == [("model.pkl", 12, "dvc.lock", 5), ("data/raw.csv", 99, "in/raw.csv.dvc", 4)]
    prepare, each = (fact for fact in facts if fact.kind == "pipeline-step")
    assert prepare.says == {
        "pipeline": "pipe/dvc.yaml",
        "command": "python src/prepare.py data && python src/split.py --x",
        "deps": ["../data/raw", "../src/prepare.py", "s3://b/k"],
        "outs": ["../data/out", "../p.csv"],
        "metrics": ["../m.json"],
        "params": ["a.b", "other.yaml:c", "other.yaml:d"],
        "frozen": True,
        "tool": "dvc",
    }
    assert each.get("outs") == ["model-a", "model-b"]
    assert commands(facts) == [
        ("python src/prepare.py data", 6, "prepare"),
        ("python src/split.py --x", 8, "prepare"),
        ("python train.py a", 20, "train-each"),
        ("python train.py b", 20, "train-each"),
    ]
    assert {fact.get("owner") for fact in facts if fact.kind == "command"} == {
        "pipe/dvc.yaml#prepare",
        "pipe/dvc.yaml#train-each",
    }


def test_dvc_remotes(tmp_path: Path) -> None:
    text = "[core]\n    remote = store\n['remote \"store\"']\n    url = s3://bucket/x\n    endpointurl = http://y\n"
    facts, _ = read(tmp_path, DvcConfig(), {".dvc/config": text})
    assert [(fact.name, fact.get("value"), fact.at.line) for fact in facts] == [
        ("dvc.core.remote", "store", 2),
        ("dvc.remote", "s3://bucket/x", 4),
    ]
    assert read(tmp_path, DvcConfig(), {".dvc/config": ""}) == ([], [])


def test_mlproject_and_bentofile(tmp_path: Path) -> None:
    project = (
        "docker_env: {image: org/env}\nentry_points:\n  main:\n    parameters: {lr: float}\n"
        '    command: "python train.py {lr}"\n'
    )
    facts, _ = read(tmp_path, MlProject(), {"MLproject": project})
    assert [(fact.kind, fact.name) for fact in facts] == [
        ("image", "org/env"),
        ("pipeline-step", "main"),
        ("command", "python"),
    ]
    bento = "service: service:Svc\npython:\n  packages: [torch==2.1.0, scikit-learn]\ndocker: {base_image: 'a/b:1'}\n"
    facts, _ = read(tmp_path, Bentofile(), {"bentofile.yaml": bento})
    assert [(fact.kind, fact.name, fact.get("pinned", "")) for fact in facts] == [
        ("command", "bentoml", ""),
        ("image", "a/b", ""),
        ("package", "torch", "2.1.0"),
        ("package", "scikit-learn", ""),
    ]


def test_task_files(tmp_path: Path) -> None:
    texts = {
        "package.json": '{"scripts": {"deploy": "cdk synth && npx cdk deploy"}}',
        "Taskfile.yml": "tasks:\n  a:\n    deps: [b]\n    cmds:\n"
        "      - pytest\n      - task: b\n      - cmd: x\n  b: y\n",
        "mise.toml": '[tasks.check]\ndepends = ["a"]\nrun = """\nruff check .\npytest\n"""\n[tasks]\nb = "x y"\n',
        "pyproject.toml": '[tool.poe.tasks]\ntrain = "python train.py"\nall = {sequence = ["train"]}\n',
    }
    facts, _ = read(tmp_path, TaskFiles(), texts)
    found = [(fact.at.path, " ".join(fact.get("argv")), fact.at.line, fact.get("stage")) for fact in facts]
    assert found == [
        ("Taskfile.yml", "task b", 3, "a"),
        ("Taskfile.yml", "pytest", 5, "a"),
        ("Taskfile.yml", "task b", 6, "a"),
        ("Taskfile.yml", "x", 7, "a"),
        ("Taskfile.yml", "y", 8, "b"),
        ("mise.toml", "mise run a", 2, "check"),
        ("mise.toml", "ruff check .", 4, "check"),
        ("mise.toml", "pytest", 5, "check"),
        ("mise.toml", "x y", 8, "b"),
        ("package.json", "cdk synth", 1, "deploy"),
        ("package.json", "cdk deploy", 1, "deploy"),
        ("pyproject.toml", "python train.py", 2, "train"),
        ("pyproject.toml", "train", 3, "all"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k: |\n  a\n  b\n", {"a": 2, "b": 3}),
        ("k: |-\n\n  a\n\n    b\n", {"a": 3, "b": 5}),
        ("k: &x |+\n  a\n  b\n\n", {"a": 2, "b": 3}),
        ("k: >\n  a\n  b\n\n  c\n", {"a": 2, "b": 3, "c": 5}),
        ("k: >-\n  a\n\n\n  b\n", {"a": 2, "b": 5}),
        ("k: a\n  b\n  c\n", {"a": 1, "b": 2, "c": 3}),
        ("k: 'a\n  b'\n", {"a": 1, "b": 2}),
        ('k: "a\n  b\\tx\n  c"\n', {"a": 1}),
        ("k:\n  - a && b\n", {"a": 2, "b": 2}),
        ("k: |\n  é a\n  b\n", {"a": 2, "b": 3}),
    ],
)
def test_a_character_of_a_scalar_knows_its_line(text: str, expected: dict[str, int]) -> None:
    scalar = yamlnodes.child(yamlnodes.parse(text)[0], "k")
    node = scalar if isinstance(scalar, Scalar) else yamlnodes.child(scalar, 0)
    assert isinstance(node, Scalar)
    places = ScalarLines(text.split("\n"), node)
    assert {char: places.place(node.index(char))[0] for char in expected} == expected


HOSTILE = {
    "Makefile": "a:\n" + "\t$(shell " * 100_000,
    "more.mk": "A = $(B)\n" * 50_000 + ("b: $(A)\n\t$(A) 'x\n" * 20_000),
    "justfile": "a:\n" + '  {{x}} ${{ "\n' * 60_000,
    "run.sh": "x=$(( $(( " * 80_000,
    "dvc.yaml": "stages:\n" + "".join(f"  s{number}: {{cmd: 'a; b'}}\n" for number in range(10_000)),
    "x.dvc": "outs: " + "[" * 100_000,
    "MLproject": "entry_points: [\0",
    "mise.toml": "tasks = " + "[" * 100_000,
    "package.json": '{"scripts": ' + '{"a":' * 50_000,
    "Procfile": "web: " + "'\"" * 400_000,
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_files_end_soon(tmp_path: Path, name: str) -> None:
    started = time.process_time()
    for parser in (Make(), Just(), ShellScripts(), Procfile(), Dvc(), MlProject(), TaskFiles()):
        facts, _ = read(tmp_path, parser, {name: HOSTILE[name]})
        assert len(facts) <= bounds.FACTS_PER_FILE + 1  # the one more shows the reader that there is more
    assert in_time(time.process_time() - started, 20)
