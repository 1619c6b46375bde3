"""Scripts that choose by their arguments: a caller runs the part that it asks for, and no other."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from mlops_scan.scanner.formats import shellbranches
from mlops_scan.scanner.parsers.shell_script import ShellScripts
from tests.conftest import Understand
from tests.slowness import in_time
from tests.test_pipelines import read

CASE = (
    'case "$1" in\n  train|fit) python src/train.py ;;\n  serve) exec uvicorn src.serve:app ;;\n'
    "  *) python src/other.py ;;\nesac\n"
)
TESTS = (
    'if [ "$1" = train ] || [ "$1" = "fit" ]; then\n  python src/train.py\nelif [[ $1 == "serve" ]]; then\n'
    "  uvicorn src.serve:app\nelse\n  python src/other.py\nfi\n"
)
NESTED = (
    'if [ "$1" != serve ]; then\n  if [[ $1 == train || "$1" == \'fit\' ]]; then python src/train.py\n'
    "  else python src/other.py; fi\nelse uvicorn src.serve:app; fi\n"
)
MAIN = (
    "do_train() { python src/train.py; }\nserve() {\n  uvicorn src.serve:app\n}\nmain() {\n  local cmd=$1; shift\n"
    '  case "$cmd" in (train) do_train ;; fit) do_train "$@";; serve) serve ;; *) python src/other.py; esac\n}\n'
    'main "$@"\n'
)
NAMED = (
    'ACTION="${1:-other}"\ntrain() { python src/train.py; }\nfit() { train; }\nserve() { uvicorn src.serve:app; }\n'
    "other() { python src/other.py; }\n"
)
ALL = {"src/train.py": "print(1)\n", "src/serve.py": "app = 1\n", "src/other.py": "print(2)\n"}


def started(understand: Understand, files: dict[str, str], start: str) -> set[str]:
    """The Python files that a node comes to run."""
    graph = understand({**ALL, **files})
    reached = graph.reachable_from(start, relations=("runs", "starts", "calls"))
    return {node[9:-3] for node in reached if node.startswith("file:src/")}


@pytest.mark.parametrize(
    "script", [CASE, TESTS, NESTED, MAIN, f'{NAMED}"$ACTION"\n', NAMED.replace("() {", "_it() {") + '"${ACTION}_it"\n']
)
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("train", {"train"}),
        ("fit --fast", {"train"}),
        ("serve $PORT", {"serve"}),
        ("", {"other"}),
        ("$WHAT", {"train", "serve", "other"}),
    ],
)
def test_a_caller_runs_the_part_that_it_asks_for(
    understand: Understand, script: str, words: str, expected: set[str]
) -> None:
    if "_it" in script:
        script = script.replace("{ train; }", "{ train_it; }")
    files = {"run.sh": f"#!/bin/sh\nset -e\n{script}", "a.sh": f"./run.sh {words}\n"}
    assert started(understand, files, "file:a.sh") == expected


def test_without_callers_all_parts_run(understand: Understand) -> None:
    assert started(understand, {"run.sh": CASE}, "file:run.sh") == {"train", "serve", "other"}
    graph = understand({**ALL, "run.sh": f"python src/other.py\n{CASE}", "Makefile": "fit:\n\tbash ./run.sh fit\n"})
    edges = {(edge.source, edge.target, str(edge.at)) for edge in graph.edges("runs")}
    assert ("target:Makefile#fit", "target:run.sh#train|fit", "Makefile:2") in edges
    assert ("target:run.sh#train|fit", "file:src/train.py", "run.sh:3") in edges
    assert ("file:run.sh", "file:src/other.py", "run.sh:1") in edges
    assert not [one for one in edges if one[0] == "file:run.sh" and one[1].startswith("target:")]


def test_an_image_gives_its_script_words_and_workloads_give_others(understand: Understand) -> None:
    files = {
        "entry.sh": CASE,
        "Dockerfile": 'FROM python:3.11\nCOPY . /app\nENTRYPOINT ["/app/entry.sh"]\nCMD ["serve"]\n',
        "compose.yaml": "services:\n  api:\n    build: .\n  fit:\n    build: .\n    command: train --fast\n"
        "  own:\n    build: .\n    entrypoint: [python]\n    command: [src/other.py]\n",
    }
    assert started(understand, files, "stage:Dockerfile#0") == {"serve"}
    assert "train" in started(understand, files, "workload:compose.yaml#service/fit")
    assert "train" not in started(understand, files, "workload:compose.yaml#service/own")


def test_who_takes_a_script_in_may_call_all_of_it(understand: Understand) -> None:
    assert started(understand, {"run.sh": CASE, "a.sh": "source ./run.sh\n"}, "file:a.sh") == {
        "train",
        "serve",
        "other",
    }


def test_an_image_may_give_its_script_another_name(understand: Understand) -> None:
    text = 'FROM python:3.11\nCOPY docker/api.sh /start.sh\nENTRYPOINT ["/start.sh"]\nCMD ["serve"]\n'
    assert started(understand, {"docker/api.sh": CASE, "Dockerfile": text}, "stage:Dockerfile#0") == {"serve"}


def test_what_is_not_asked_of_an_argument_is_no_part() -> None:
    for text in (
        "case $X in a) b;; esac\n",
        'if [ -f x ]; then python "$1"; fi\n',
        "f() { g; }\nf\n",
        'python "$@"\n',
        "",
    ):
        assert shellbranches.read(text) is None


LOOP = (
    'while [ $# -gt 0 ]; do\n  case "$1" in\n    --fit) python src/train.py; shift ;;\n    *) shift ;;\n  esac\ndone\n'
)
OTHERS = {
    "an option anywhere": (LOOP, "--fast --fit", {"train"}),
    "an option that is not there": (LOOP, "--fast", set()),
    "a loop over words": ('for x in "$@"; do\n case $x in f*) python src/train.py;; esac\ndone\n', "a fit", {"train"}),
    "the second word": ('shift\nif [ "$1" = b ]; then python src/train.py; fi\n', "a b", {"train"}),
    "no word at all": ('if [ $# -eq 0 ]; then python src/other.py; else python src/train.py; fi\n', "", {"other"}),
    "an empty word": ('if [ -z "$1" ]; then python src/other.py; else python src/train.py; fi\n', "x", {"train"}),
    "two words": ('[ "$1" = a ] && x\nif [ "$1" = a ] && [ "$2" = b ]; then python src/train.py; fi\n', "a c", set()),
    "a negated test": ('if ! [ "$1" = a ]; then python src/train.py; fi\n', "a", set()),
    "words of a function are its own": (
        'f() { if [ "$1" = a ]; then python src/train.py; fi; }\nf a\nif [ "$1" = b ]; then x; fi\n', "c", {"train"}
    ),
    "a part of the word": ('if [[ $1 == *"-api"* ]]; then python src/train.py; fi\n', "x-api-y", {"train"}),
    "a function in a text": (
        'f() { python src/train.py; }\nif [ "$1" = b ]; then x; fi\nxargs bash -c "f {}"\n', "c", {"train"}
    ),
    "itself": ('if [ "$1" = a ]; then python src/train.py; else $0 a; fi\n', "b", {"train"}),
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_other_forms(understand: Understand, what: str) -> None:
    script, words, expected = OTHERS[what]
    assert started(understand, {"run.sh": script, "a.sh": f"./run.sh {words}\n"}, "file:a.sh") == expected


@pytest.mark.parametrize(
    "text",
    [
        'case "$1" in a) ' * 20_000,
        'case "$1" in\n' + "".join(f"a{n}) x ;;\n" for n in range(4_000)) + "esac\n",
        "".join(f'f{n}() {{ "$1"; }}\n' for n in range(4_000)) + '"$@"\n',
        'if [ "$1" = a ]; then ' * 4_000,
        "f() { " * 20_000 + '"$1"',
        'if [ "$1" = a ]; then\n' + 'elif [ "$1" = b ]; then x\n' * 4_000,
    ],
)
def test_hostile_scripts_end_soon(tmp_path: Path, text: str) -> None:
    start = process_time()
    _, notes = read(tmp_path, ShellScripts(), {"run.sh": text})
    assert in_time(process_time() - start, 3)
    assert "a4" not in text or any("more than 200 parts" in note.reason for note in notes)
