"""GitLab: rules that constants decide, variables that rules and callers give, pipelines of other projects."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.scanner.parsers.gitlab_ci import GitlabCi
from mlops_scan.scanner.parsers.parts.gitlab_rules import judged
from tests.conftest import Understand
from tests.test_ci import of, one, read

KNOWN = {"MODE": ("train",), "NONE": ("",), "EITHER": ("a", "b"), "OFF": ("false",)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('$MODE == "train"', True),
        ('$MODE != "train"', False),
        ("$MODE =~ /^tr/", True),
        ("$MODE !~ /^tr/i", False),
        ("$MODE =~ /^(SCORE|TRAIN)$/i", None),  # groups are not looked into
        ("$MODE =~ /(a+)+$/", None),
        ("$EITHER =~ /^a$/", None),
        ('$EITHER == "c" || $MODE == "x"', False),
        ("$OFF", True),  # a text that is not empty
        ("$NONE", False),
        ("$NONE && $CI_COMMIT_TAG", False),
        ("$MODE && $CI_COMMIT_TAG", None),
        ("$MODE == null", False),
        ("$UNKNOWN == null", None),
        ('$UNKNOWN == "x"', None),
        ("", None),
    ],
)
def test_what_constants_decide(text: str, expected: bool | None) -> None:
    assert judged(text, KNOWN) is expected


@pytest.mark.parametrize(
    ("job", "off"),
    [
        ("rules: [{if: '$X == \"a\"'}]", True),
        ("rules: [{if: '$X == \"b\"'}]", False),
        ("rules: [{if: $X, when: never}, {when: always}]", True),
        ("rules: [{if: $X, changes: [a.py], when: never}, {when: always}]", False),
        ("rules: [{if: $Y, when: never}, {when: manual}]", False),
        ("only: {variables: ['$X == \"a\"']}", True),
        ("only: {variables: ['$X == \"a\"', $Y]}", False),
        ("except: {variables: ['$X == \"b\"']}", True),
        ("except: {variables: ['$Y']}", False),
    ],
)
def test_a_job_with_variables_of_its_own(understand: Understand, job: str, off: bool) -> None:
    graph = understand({".gitlab-ci.yml": f"a:\n  variables: {{X: b}}\n  script: [make]\n  {job}\n"})
    assert [bool(fact.get("state")) for fact in graph.facts("job")] == [off]


VARIABLES = """\
workflow:
  rules:
    - if: $CI_COMMIT_TAG
      variables: {TAG: release}
    - when: always
variables: {TAG: dev, MODE: {value: fit, description: what to do}}
default:
  image: python:3.11
  before_script: [pip install x]
a:
  script: docker build -t acme/$MODE:$TAG .
  rules:
    - if: '"a" == "b"'
      variables: {MODE: never}
    - if: $CI_COMMIT_TAG
      variables: {MODE: ship}
b:
  inherit: {default: [image], variables: [MODE]}
  script: docker build -t acme/$MODE:$TAG .
c:
  inherit: {default: false, variables: false}
  needs: [a, {pipeline: $UPSTREAM, job: x}, {project: acme/y, job: z}]
  script: docker build -t acme/$MODE:$TAG .
"""


def test_variables_that_rules_set_and_jobs_take_over(tmp_path: Path) -> None:
    facts, notes = read(tmp_path, GitlabCi(), **{".gitlab-ci.yml": VARIABLES})
    assert not notes
    built = {fact.get("raw"): fact.get("owner")[-1] for fact in of(facts, "image") if fact.get("role") == "build"}
    assert built == {
        **{f"acme/{mode}:{tag}": "a" for mode in ("fit", "ship") for tag in ("dev", "release")},
        "acme/fit:$TAG": "b",
        "acme/$MODE:$TAG": "c",
    }
    assert [fact.get("owner")[-1] for fact in of(facts, "command") if fact.name == "pip"] == ["a"]
    assert [job.get("image") for job in of(facts, "job")] == ["python:3.11", "python:3.11", None]
    assert one(facts, "job", "c").get("needs") == ["a"]


STARTED = """\
default: {image: python:3.11, before_script: [pip install x]}
include:
  - project: acme/ci
    file: x.yml
  - template: Jobs/SAST.gitlab-ci.yml
far:
  variables: {WHERE: deploy}
  trigger: {project: acme/deploy, branch: main}
near:
  variables: {ENV: prod}
  trigger:
    include:
      - local: child.yml
        inputs: {name: churn}
made:
  trigger:
    include: [{artifact: made.yml, job: far}]
"""
CHILD = """\
spec: {inputs: {name: {default: none}}}
---
fit:
  script: python fit.py --as $[[ inputs.name ]]
  rules: [{if: '$ENV == "prod"'}]
skip:
  script: python fit.py
  rules: [{if: '$ENV == "dev"'}]
"""


def test_pipelines_that_jobs_start(tmp_path: Path) -> None:
    facts, notes = read(tmp_path, GitlabCi(), **{".gitlab-ci.yml": STARTED, "child.yml": CHILD})
    assert [f"{note.at} {note.reason}" for note in notes] == [
        ".gitlab-ci.yml:3 included project 'acme/ci' is not in the repository",
        ".gitlab-ci.yml:5 included template 'Jobs/SAST.gitlab-ci.yml' is not in the repository",
        ".gitlab-ci.yml:8 the pipeline of project 'acme/deploy' is not in the repository",
        ".gitlab-ci.yml:17 the pipeline that job 'far' writes is not known before it runs",
    ]
    trigger = one(facts, "action", "trigger")
    assert (trigger.get("owner"), trigger.get("with")) == (
        ".gitlab-ci.yml#far",
        {"project": "acme/deploy", "branch": "main"},
    )
    assert not of(facts, "image")  # such jobs run nothing themselves
    assert [fact.get("argv") for fact in of(facts, "command") if not fact.get("state")] == [
        ["python", "fit.py", "--as", "churn"]
    ]
    assert [job.name for job in of(facts, "job") if job.get("state")] == ["skip"]
