"""Workflows of the CI services: triggers, jobs, actions, images, and each command at its own line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.scanner import files
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.azure_pipelines import AzurePipelines
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.bitbucket import BitbucketPipelines
from mlops_scan.scanner.parsers.buildspec import Buildspec
from mlops_scan.scanner.parsers.circleci import CircleCi
from mlops_scan.scanner.parsers.cloud_build import CloudBuild
from mlops_scan.scanner.parsers.github_actions import GithubActions
from mlops_scan.scanner.parsers.gitlab_ci import GitlabCi
from mlops_scan.scanner.parsers.jenkins import Jenkins
from tests.slowness import in_time

GITHUB = """\
name: Train
on:
  push: {branches: [main], tags: ['v*'], paths: [src/**]}
  pull_request:
  workflow_dispatch:
  schedule:
    - cron: '0 3 * * 1'
env:
  STAGE: prod
  TOKEN: ${{ secrets.DEPLOY_TOKEN }}
defaults:
  run:
    working-directory: model
jobs:
  test:
    runs-on: ubuntu-latest
    container: python:3.11
    services:
      db:
        image: postgres
    steps:
      - uses: actions/checkout@v4
        with: {lfs: true}
      - name: several
        run: |
          set -e

          if [ "${{ github.ref }}" = 'x' ]; then
            python train.py \\
              --lr 1
          fi
          pytest || true
      - run: >-
          cd sub &&
          dvc repro

          helm upgrade --install a ./c
        working-directory: other
      - run: "echo a &&
          kubectl apply -f x.yaml"
      - shell: python
        run: import os
      - if: ${{ false }}
        run: never
      - continue-on-error: true
        run: soft
  deploy:
    needs: test
    environment: {name: production, url: x}
    if: github.ref == 'refs/heads/main'
    steps:
      - uses: azure/cli@v2
        with:
          inlineScript: |
            az ml online-endpoint create -f e.yml
      - uses: ./.github/actions/publish
      - uses: docker/build-push-action@v6
        with: {push: true, tags: "org/app:1,org/app:latest"}
      - uses: docker://alpine:3
      - run: docker build -t org/b:1 . && docker push org/b:1
  call:
    uses: ./.github/workflows/reuse.yml
    with: {tier: low_priority}
"""


def read(tmp_path: Path, parser: Parser, **texts: str) -> tuple[list[Fact], list[Note]]:
    """Facts and notes of every file that the parser reads."""
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sources = files.walk(tmp_path)
    tree = files.Tree(tmp_path, sources)
    found = [one for source in sources if parser.reads(source, tree) for one in parser.parse(source, tree)]
    return [one for one in found if isinstance(one, Fact)], [one for one in found if isinstance(one, Note)]


def of(facts: list[Fact], kind: str) -> list[Fact]:
    return [fact for fact in facts if fact.kind == kind]


def lines(facts: list[Fact], text: str) -> list[tuple[str, str]]:
    """(command, the line of `text` at its place) of each command."""
    rows = text.split("\n")
    return [
        (" ".join(fact.get("argv")), rows[fact.at.line - 1][fact.at.column - 1 :].strip())
        for fact in of(facts, "command")
    ]


def one(facts: list[Fact], kind: str, name: str) -> Fact:
    found = [fact for fact in of(facts, kind) if fact.name == name]
    assert len(found) == 1, [fact.name for fact in of(facts, kind)]
    return found[0]


def test_github_workflow_triggers_and_jobs(tmp_path: Path) -> None:
    path = ".github/workflows/train.yml"
    facts, notes = read(tmp_path, GithubActions(), **{path: GITHUB})
    assert not notes
    workflow = one(facts, "workflow", path)
    assert workflow.get("active") is True
    assert workflow.get("title") == "Train"
    assert workflow.get("triggers") == [
        "tag", "push", "paths:src/**", "pull_request", "manual", "schedule",
    ]  # fmt: skip
    assert one(facts, "schedule", "0 3 * * 1").at.line == 7
    deploy = one(facts, "job", "deploy")
    assert deploy.says == {
        "id": f"{path}#deploy",
        "workflow": path,
        "needs": ["test"],
        "environment": "production",
        "when": "github.ref == 'refs/heads/main'",
    }
    assert one(facts, "job", "test").get("image") == "python:3.11"
    assert one(facts, "job", "call").get("uses") == ".github/workflows/reuse.yml"
    assert one(facts, "action", "./.github/workflows/reuse.yml").get("with") == {"tier": "low_priority"}
    assert one(facts, "action", "actions/checkout").get("with") == {"lfs": "true"}
    assert one(facts, "env", "STAGE").get("value") == "prod"
    assert one(facts, "env", "TOKEN").says["value"] is None
    assert one(facts, "env", "TOKEN").get("secret_ref") == "DEPLOY_TOKEN"


def test_github_commands_stand_at_their_own_lines(tmp_path: Path) -> None:
    facts, _ = read(tmp_path, GithubActions(), **{".github/workflows/train.yml": GITHUB})
    assert lines(facts, GITHUB) == [
        ("set -e", "set -e"),
        ("[ ${{ github.ref }} = x ]", "if [ \"${{ github.ref }}\" = 'x' ]; then"),
        ("python train.py --lr 1", "python train.py \\"),
        ("pytest", "pytest || true"),
        ("true", "pytest || true"),
        ("cd sub", "cd sub &&"),
        ("dvc repro", "dvc repro"),
        ("helm upgrade --install a ./c", "helm upgrade --install a ./c"),
        ("echo a", '"echo a &&'),
        ("kubectl apply -f x.yaml", 'kubectl apply -f x.yaml"'),
        ("never", "never"),
        ("soft", "soft"),
        ("az ml online-endpoint create -f e.yml", "az ml online-endpoint create -f e.yml"),
        ("docker build -t org/b:1 .", "docker build -t org/b:1 . && docker push org/b:1"),
        ("docker push org/b:1", "docker build -t org/b:1 . && docker push org/b:1"),
    ]
    by_name = {fact.name: fact for fact in of(facts, "command")}
    assert by_name["pytest"].get("soft") is True
    assert by_name["soft"].get("soft") is True
    assert by_name["never"].get("state") == "disabled"
    assert by_name["python"].get("cwd") == "model"
    assert by_name["dvc"].get("cwd") == "other/sub"
    assert by_name["az"].get("owner") == ".github/workflows/train.yml#deploy"


def test_github_images(tmp_path: Path) -> None:
    facts, _ = read(tmp_path, GithubActions(), **{".github/workflows/train.yml": GITHUB})
    assert [(fact.get("role"), fact.name, fact.get("tag", "")) for fact in of(facts, "image")] == [
        ("ci", "python", "3.11"),
        ("ci", "postgres", ""),
        ("push", "org/app", "1"),
        ("push", "org/app", "latest"),
        ("ci", "alpine", "3"),
        ("build", "org/b", "1"),
        ("push", "org/b", "1"),
    ]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("push", ["push"]),
        ("[push, pull_request_target]", ["push", "pull_request"]),
        ("{push: {tags: [v1]}}", ["tag"]),
        ("{push: {tags: [v1], branches: [a]}}", ["tag", "push"]),
        ("{workflow_call: , repository_dispatch: {types: [x]}}", ["call", "dispatch"]),
        ("{workflow_run: {workflows: [x]}, release: {types: [published]}}", ["workflow", "release"]),
    ],
)
def test_github_trigger_forms(tmp_path: Path, on: str, expected: list[str]) -> None:
    text = f"'on': {on}\njobs: {{a: {{steps: [{{run: x}}]}}}}\n"
    facts, _ = read(tmp_path, GithubActions(), **{".github/workflows/a.yaml": text})
    assert of(facts, "workflow")[0].get("triggers") == expected


@pytest.mark.parametrize("path", ["seed/.github/workflows/a.yml", "ci/github/a.yml", ".github/workflows/old/a.yml"])
def test_github_workflow_elsewhere_is_an_offer(tmp_path: Path, path: str) -> None:
    text = "on: push\nenv: {A: b}\njobs: {a: {steps: [{run: x}, {uses: o/n@v1}]}}\n"
    facts, _ = read(tmp_path, GithubActions(), **{path: text})
    assert of(facts, "workflow")[0].get("active") is False
    assert {fact.get("state") for fact in facts if fact.kind != "workflow"} == {"disabled"}


def test_github_leaves_other_yaml_alone(tmp_path: Path) -> None:
    texts = {".github/workflows/main": "on: push\njobs: {a: {}}\n", "a.yml": "jobs:\n  a: {}\n", "b.yml": "on: x\n"}
    assert read(tmp_path, GithubActions(), **texts) == ([], [])
    facts, notes = read(tmp_path, GithubActions(), **{".github/workflows/broken.yml": "on: push\njobs: [a: {\n"})
    assert not facts
    assert [note.at.path for note in notes] == [".github/workflows/broken.yml"]


def test_github_composite_action(tmp_path: Path) -> None:
    text = "name: Publish\nruns:\n  using: composite\n  steps:\n    - run: bentoml push x\n      shell: bash\n"
    facts, _ = read(tmp_path, GithubActions(), **{".github/actions/publish/action.yml": text})
    assert [(fact.kind, fact.name) for fact in facts] == [("job", "publish"), ("command", "bentoml")]
    assert facts[0].get("workflow") == ".github/actions/publish/action.yml"
    assert facts[1].get("owner") == facts[0].get("id")


GITLAB = """\
include:
  - local: /ci/deploy.yml
  - remote: https://example.org/x.yml
stages: [check, ship]
default:
  image: python:3.11
variables:
  A: {value: b, description: c}
.base:
  before_script: [pip install x]
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
test:
  stage: check
  extends: .base
  script:
    - pytest
    - |
      make a
      make b
"""
GITLAB_DEPLOY = """\
.steps:
  script:
    - kubectl apply -f x
ship:
  stage: ship
  image: {name: "alpine/helm:3"}
  environment: production
  allow_failure: true
  script:
    - !reference [.steps, script]
    - helm upgrade a b
  only: [tags]
  when: manual
"""


def test_gitlab_includes_extends_and_references(tmp_path: Path) -> None:
    facts, notes = read(tmp_path, GitlabCi(), **{".gitlab-ci.yml": GITLAB, "ci/deploy.yml": GITLAB_DEPLOY})
    assert [note.reason for note in notes] == ["included remote 'https://example.org/x.yml' is not in the repository"]
    workflow = of(facts, "workflow")[0]
    assert workflow.get("triggers") == ["schedule", "tag"]
    assert workflow.get("active") is True
    ship = one(facts, "job", "ship")
    assert (ship.at.path, ship.at.line) == ("ci/deploy.yml", 4)
    assert ship.says == {
        "id": ".gitlab-ci.yml#ship",
        "workflow": ".gitlab-ci.yml",
        "needs": ["test"],
        "environment": "production",
        "image": "alpine/helm:3",
        "soft": True,
        "when": "tags",
        "manual": True,
    }
    assert [(fact.name, fact.at.path, fact.at.line) for fact in of(facts, "command")] == [
        ("pip", ".gitlab-ci.yml", 10),
        ("pytest", ".gitlab-ci.yml", 17),
        ("make", ".gitlab-ci.yml", 19),
        ("make", ".gitlab-ci.yml", 20),
        ("kubectl", "ci/deploy.yml", 3),
        ("helm", "ci/deploy.yml", 11),
    ]
    assert {fact.name for fact in of(facts, "image")} == {"python", "alpine/helm"}
    assert one(facts, "env", "A").get("value") == "b"


def test_gitlab_reference_to_itself_ends(tmp_path: Path) -> None:
    text = """\
a:
  extends: a
  script:
    - !reference [a, script]
    - x
b: {extends: c, script: [y]}
c: {extends: b}
"""
    facts, _ = read(tmp_path, GitlabCi(), **{".gitlab-ci.yml": text})
    assert "y" in [fact.name for fact in of(facts, "command")]


AZURE = """\
trigger:
  branches: {include: [main]}
  paths: {include: [src/]}
schedules:
  - cron: "0 3 * * *"
resources:
  containers:
    - container: tools
      image: org/tools:latest
  pipelines:
    - pipeline: up
      trigger: true
pool: {vmImage: ubuntu-latest}
variables:
  - name: A
    value: b
  - group: secrets
stages:
  - stage: Train
    jobs:
      - job: Run
        container: tools
        steps:
          - checkout: self
          - ${{ if eq(variables.a, 'b') }}:
              - script: python train.py $(A)
          - task: AzureCLI@2
            displayName: Create
            inputs:
              scriptType: bash
              workingDirectory: $(Build.SourcesDirectory)/ml
              inlineScript: |
                ID=$(az ml job create -f job.yml)
                az ml model create -n $(NAME)
          - template: steps/publish.yml
            parameters: {a: b}
          - template: x.yml@other
          - pwsh: |
              az a `
                --b c
            env: {TOKEN: $(secret)}
          - bash: never
            enabled: false
  - stage: Ship
    condition: succeeded()
    jobs:
      - deployment: Deploy
        environment: prod
        strategy:
          runOnce:
            deploy:
              steps:
                - task: Bash@3
                  inputs: {filePath: deploy/run.sh, arguments: "-a 'b c'"}
                - task: Docker@2
                  inputs: {command: buildAndPush, repository: org/app, containerRegistry: r, tags: "1 latest"}
"""
AZURE_TEMPLATE = "parameters:\n  - name: a\nsteps:\n  - script: twine upload ${{ parameters.a }}\n"


def test_azure_pipeline(tmp_path: Path) -> None:
    facts, notes = read(tmp_path, AzurePipelines(), **{"ci/main.yml": AZURE, "ci/steps/publish.yml": AZURE_TEMPLATE})
    assert not notes
    workflow = one(facts, "workflow", "ci/main.yml")
    assert workflow.get("triggers") == ["push", "paths:src/", "schedule", "workflow"]
    assert workflow.get("active") is True
    train, ship = one(facts, "job", "Train.Run"), one(facts, "job", "Ship.Deploy")
    assert train.get("image") == "org/tools:latest"
    assert ship.get("needs") == ["Train.Run"]
    assert ship.get("environment") == "prod"
    found = {(" ".join(fact.get("argv")), fact.at.path, fact.at.line) for fact in of(facts, "command")}
    assert found == {
        ("python train.py b", "ci/main.yml", 26),
        ("az ml job create -f job.yml", "ci/main.yml", 33),
        ("az ml model create -n $(NAME)", "ci/main.yml", 34),
        ("az a --b c", "ci/main.yml", 39),
        ("never", "ci/main.yml", 42),
        ("deploy/run.sh -a b c", "ci/main.yml", 54),
        ("twine upload b", "ci/steps/publish.yml", 4),
    }
    by_name = {fact.name: fact for fact in of(facts, "command")}
    assert by_name["never"].get("state") == "disabled"
    assert by_name["az"].get("cwd", "") in ("ml", "")
    assert one(facts, "action", "ci/steps/publish.yml").get("with") == {"a": "b"}
    assert one(facts, "env", "TOKEN").says["value"] is None
    assert one(facts, "schedule", "0 3 * * *").get("where") == "ci"
    assert [(fact.name, fact.get("role"), fact.get("tag")) for fact in of(facts, "image")] == [
        ("org/tools", "ci", "latest"),
        ("org/app", "push", "1"),
        ("org/app", "push", "latest"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pool: a\nsteps: [{script: x}]", ["push"]),
        ("trigger: none\nsteps: [{script: x}]", ["manual"]),
        ("trigger: none\npr: [main]\nsteps: [{script: x}]", ["pull_request"]),
        ("trigger: {tags: {include: [v*]}}\nsteps: [{script: x}]", ["tag"]),
        ("trigger: [main]\npr: none\njobs: [{job: a, steps: [{script: x}]}]", ["push"]),
    ],
)
def test_azure_triggers(tmp_path: Path, text: str, expected: list[str]) -> None:
    facts, _ = read(tmp_path, AzurePipelines(), **{"p.yml": text})
    assert of(facts, "workflow")[0].get("triggers") == expected


@pytest.mark.parametrize(
    "text",
    [
        "steps: [{name: gcr.io/a/b, script: x, id: y}]",
        "steps: [{run: x}, {uses: y}]",
        "jobs: {a: {steps: [{run: x}]}}",
        "stages: {a: {cmd: x}}",
        "stages: [build, test]",
        "steps: [{command: x, label: y}]",
        "jobs:\n  - {name: a, image: b}",
    ],
)
def test_azure_leaves_other_yaml_alone(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, AzurePipelines(), **{"p.yml": text}) == ([], [])


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    for parser, path in ((AzurePipelines(), "azure-pipelines.yml"), (CloudBuild(), "cloudbuild.yaml")):
        facts, notes = read(tmp_path, parser, **{path: "trigger: [a\nsteps:\n- {"})
        assert not facts
        assert [note.at.path for note in notes] == [path]


def test_azure_pipeline_in_a_template_folder_is_an_offer(tmp_path: Path) -> None:
    facts, _ = read(tmp_path, AzurePipelines(), **{"project-template/ci/p.yml": "trigger: [a]\nsteps: [{script: x}]"})
    assert of(facts, "workflow")[0].get("active") is False
    assert of(facts, "command")[0].get("state") == "disabled"


def test_cloud_build(tmp_path: Path) -> None:
    text = """\
steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, "gcr.io/$PROJECT_ID/app:1", .]
  - name: python:${_PY}
    entrypoint: bash
    dir: pipelines
    args:
      - -ceu
      - |
        make setup
        make run
    secretEnv: [TOKEN]
  - name: hashicorp/terraform:1.5
    args: [apply, -auto-approve]
images: ["gcr.io/$PROJECT_ID/app:1"]
substitutions: {_PY: "3.10"}
"""
    facts, _ = read(tmp_path, CloudBuild(), **{"cloudbuild.yaml": text, "other.yaml": "steps: [{name: a, run: b}]"})
    assert lines(facts, text) == [
        ("docker build -t gcr.io/$PROJECT_ID/app:1 .", 'build, -t, "gcr.io/$PROJECT_ID/app:1", .]'),
        ("make setup", "make setup"),
        ("make run", "make run"),
        ("terraform apply -auto-approve", "apply, -auto-approve]"),
    ]
    assert of(facts, "command")[1].get("cwd") == "pipelines"
    assert [(fact.name, fact.get("tag", ""), fact.get("role")) for fact in of(facts, "image")] == [
        ("gcr.io/cloud-builders/docker", "", "ci"),
        ("gcr.io/$PROJECT_ID/app", "1", "build"),
        ("python", "3.10", "ci"),
        ("hashicorp/terraform", "1.5", "ci"),
        ("gcr.io/$PROJECT_ID/app", "1", "push"),
    ]
    assert one(facts, "env", "TOKEN").get("secret_ref") == "TOKEN"


def test_jenkins(tmp_path: Path) -> None:
    text = """\
// stage('no') { sh 'no' }
pipeline {
  agent { docker { image 'python:3.11' } }
  triggers { cron('H 3 * * *') }
  stages {
    stage('Train') {
      steps { sh 'python train.py' }
    }
    /* sh "no" */
    stage("Ship") {
      input { message 'Ship it?' }
      steps {
        sh(script: '''
          helm upgrade a b
          kubectl rollout status c
        ''', returnStdout: true)
        sh "docker push ${IMAGE}:\\"1\\""
        echo "sh 'no'"
      }
    }
  }
}
"""
    facts, _ = read(tmp_path, Jenkins(), Jenkinsfile=text)
    assert [(" ".join(fact.get("argv")), fact.at.line) for fact in of(facts, "command")] == [
        ("python train.py", 7),
        ("helm upgrade a b", 14),
        ("kubectl rollout status c", 15),
        ("docker push ${IMAGE}:1", 17),
        ("echo sh 'no'", 18),
    ]
    ship = one(facts, "job", "Ship")
    assert (ship.at.line, ship.get("needs"), ship.get("manual")) == (10, ["Train"], True)
    assert of(facts, "command")[1].get("owner") == ship.get("id")
    assert of(facts, "workflow")[0].get("triggers") == ["schedule"]
    assert one(facts, "image", "python").get("tag") == "3.11"


def test_circleci_codebuild_and_bitbucket(tmp_path: Path) -> None:
    circle = """\
executors: {py: {docker: [{image: "cimg/python:3.11"}]}}
jobs:
  test:
    executor: py
    steps:
      - checkout
      - run: pytest
      - run: {name: x, command: "dvc pull"}
      - when: {condition: a, steps: [{run: late}]}
      - aws-cli/setup: {profile: a}
workflows:
  main:
    jobs: [test, {ship: {requires: [test], type: approval}}]
  nightly:
    triggers: [{schedule: {cron: "0 1 * * *"}}]
    jobs: [test]
"""
    facts, _ = read(tmp_path, CircleCi(), **{".circleci/config.yml": circle})
    assert of(facts, "workflow")[0].get("triggers") == ["push", "schedule"]
    assert [fact.name for fact in of(facts, "command")] == ["pytest", "dvc", "late"]
    assert one(facts, "image", "cimg/python").get("role") == "ci"
    build = """\
phases:
  build:
    commands:
      - docker push a:1
      - |
        x
        y
env: {secrets-manager: {T: a:b}}
"""
    facts, _ = read(tmp_path, Buildspec(), **{"buildspec.yml": build})
    assert [(fact.name, fact.at.line, fact.get("stage")) for fact in of(facts, "command")] == [
        ("docker", 4, "build"),
        ("x", 6, "build"),
        ("y", 7, "build"),
    ]
    assert one(facts, "env", "T").says["value"] is None
    bucket = """\
image: python:3.11
pipelines:
  default:
    - step: {name: Test, script: [pytest]}
    - step: {deployment: production, trigger: manual, script: [{pipe: "a/b:1", variables: {C: d}}, ship]}
"""
    facts, _ = read(tmp_path, BitbucketPipelines(), **{"bitbucket-pipelines.yml": bucket})
    second = one(facts, "job", "step-2")
    assert (second.get("needs"), second.get("environment"), second.get("manual")) == (["step-1"], "production", True)
    assert one(facts, "action", "a/b").get("ref") == "1"


HOSTILE: dict[str, Any] = {
    "quotes": "on: push\njobs:\n  a:\n    steps:\n      - run: |\n          " + "'\"" * 400_000,
    "steps": "on: push\njobs:\n  a:\n    steps:\n" + "      - run: a 'b\n" * 20_000,
    "deep": "on: push\njobs: " + "[" * 100_000,
    "folded": "on: push\njobs:\n  a:\n    steps:\n      - run: >\n" + "          a; b\n" * 20_000,
    "binary": "on: push\njobs:\0\x01\x02",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_workflows_end_soon(tmp_path: Path, name: str) -> None:
    started = time.process_time()
    text = HOSTILE[name]
    read(tmp_path, GithubActions(), **{".github/workflows/a.yml": text})
    read(tmp_path, AzurePipelines(), **{"azure.yml": text.replace("on: push\njobs:", "trigger: a\njobs:")})
    read(tmp_path, Jenkins(), Jenkinsfile=text.replace("run: ", "sh '''"))
    assert in_time(time.process_time() - started, 20)
