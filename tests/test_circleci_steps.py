"""CircleCI: lists of steps that are handed to commands, and branches that parameters decide."""

from __future__ import annotations

from pathlib import Path
from time import process_time

from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.parsers.circleci import CircleCi
from tests.slowness import in_time
from tests.test_ci import of, read

WRAP = """\
version: 2.1
parameters:
  deploy: {type: boolean, default: false}
orbs:
  own:
    commands:
      fit:
        parameters: {before: {type: steps, default: [{run: own default}]}}
        steps: [{steps: "<< parameters.before >>"}, {run: own fit}]
    jobs:
      go: {docker: [{image: python}], steps: [fit]}
commands:
  wrap:
    parameters:
      before: {type: steps, default: []}
      on: {type: boolean, default: false}
      kind: {type: enum, default: a}
      open: {type: boolean}
    steps:
      - steps: << parameters.before >>
      - when: {condition: "<< parameters.on >>", steps: [{run: say on}]}
      - unless: {condition: "<< parameters.on >>", steps: [{run: say off}]}
      - when: {condition: {equal: [b, "<< parameters.kind >>"]}, steps: [{run: say b}]}
      - when:
          condition: {and: ["<< parameters.on >>", {not: {equal: [a, "<< parameters.kind >>"]}}]}
          steps: [{run: say both}]
      - when: {condition: {or: ["<< parameters.open >>", false]}, steps: [{run: say open}]}
  outer:
    parameters: {inner: {type: steps}, on: {type: boolean}}
    steps:
      - wrap: {before: "<< parameters.inner >>", on: "<< parameters.on >>"}
jobs:
  a:
    docker: [{image: python}]
    steps:
      - wrap:
          before: [{run: a before}, {when: {condition: "<< pipeline.parameters.deploy >>", steps: [{run: a deploy}]}}]
  b:
    docker: [{image: python}]
    steps: [{wrap: {on: true, kind: b, open: "<< pipeline.parameters.deploy >>"}}]
  c:
    parameters: {last: {type: steps, default: []}, flag: {type: boolean, default: true}}
    docker: [{image: python}]
    steps:
      - outer: {on: "<< parameters.flag >>", inner: [{run: c inner}]}
      - steps: << parameters.last >>
workflows:
  w:
    jobs: [a, b, own/go, {c: {last: [{run: c last}], flag: false}}]
"""


def runs(facts: list[Fact], job: str) -> tuple[list[str], list[str]]:
    """What a job runs, and what it would run."""
    found = [one for one in of(facts, "command") if one.get("owner") == f".circleci/config.yml#{job}"]
    said = [(" ".join(one.get("argv")), bool(one.get("state"))) for one in found]
    return [text for text, off in said if not off], [text for text, off in said if off]


def test_steps_are_handed_over_and_branches_decided(tmp_path: Path) -> None:
    facts, notes = read(tmp_path, CircleCi(), **{".circleci/config.yml": WRAP})
    assert not notes
    assert runs(facts, "a") == (["a before", "a deploy", "say off", "say open"], ["say on", "say b", "say both"])
    assert runs(facts, "b") == (["say on", "say b", "say both", "say open"], ["say off"])
    assert runs(facts, "own/go") == (["own default", "own fit"], [])
    assert runs(facts, "c") == (["c inner", "say off", "say open", "c last"], ["say on", "say b", "say both"])


def test_callers_that_differ_leave_a_branch_open(tmp_path: Path) -> None:
    text = (
        "version: 2.1\njobs:\n  a:\n    parameters: {on: {type: boolean}}\n    docker: [{image: x}]\n    steps:\n"
        "      - when: {condition: '<< parameters.on >>', steps: [{run: go}]}\n"
        "workflows:\n  w:\n    jobs: [{a: {matrix: {parameters: {on: [true, false]}}}}]\n"
    )
    facts, _ = read(tmp_path, CircleCi(), **{".circleci/config.yml": text})
    assert runs(facts, "a") == (["go"], [])


def test_steps_that_hand_on_steps_end(tmp_path: Path) -> None:
    inner = "[{run: x}]"
    for _ in range(30):
        inner = f"[{{twice: {{s: {inner}}}}}]"
    text = (
        "version: 2.1\ncommands:\n  twice:\n    parameters: {s: {type: steps}}\n    steps:\n"
        + "      - steps: << parameters.s >>\n" * 2
        + f"jobs:\n  a:\n    docker: [{{image: x}}]\n    steps: {inner}\nworkflows: {{w: {{jobs: [a]}}}}\n"
    )
    start = process_time()
    _, notes = read(tmp_path, CircleCi(), **{".circleci/config.yml": text})
    assert in_time(process_time() - start, 3)
    assert ["more than 5000 things" in note.reason for note in notes] == [True]
