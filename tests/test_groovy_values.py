"""Jenkinsfiles: values of Groovy variables in names of images, and blocks and stages that never run."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from mlops_scan.scanner.formats.groovytext import tokens
from mlops_scan.scanner.formats.groovyvalues import Groovy
from mlops_scan.scanner.parsers.jenkins import Jenkins
from tests.conftest import Understand
from tests.slowness import in_time
from tests.test_ci import of, read

IMAGES = """\
def IMG = "acme/api"
def REG = 'registry.acme.io'
String TAG = "v1"
final full = "${REG}/${IMG}:${TAG}"
def asked = sh(script: 'git rev-parse', returnStdout: true).trim()
pipeline {
  agent { docker { image "${REG}/builder:1" } }
  environment {
    APP = 'churn'
    NAME = "${REG}/${APP}"
    WHOLE = "${env.NAME}:${TAG}-${BUILD_NUMBER}"
  }
  stages { stage('a') { steps {
    sh "docker build -t ${IMG}:${TAG} ."
    sh "docker push ${full}"
    sh 'docker push $WHOLE'
    script {
      docker.build("${IMG}:2", "-f docker/Dockerfile api")
      def made = docker.build(IMG + ":" + TAG)
      docker.build(full)
      docker.build(asked)
      for (one in ['x', 'y']) { sh "docker push acme/${one}:1" }
      ['p', 'q'].each { two -> sh "docker push acme/${two}:1" }
      ['r'].each { sh "docker push acme/${it}:1" }
    }
  } } }
}
"""


def test_names_of_images_are_put_together(tmp_path: Path) -> None:
    facts, _ = read(tmp_path, Jenkins(), Jenkinsfile=IMAGES)
    found = [(one.get("role"), one.get("raw")) for one in of(facts, "image")]
    assert found == [
        ("ci", "registry.acme.io/builder:1"),
        ("build", "acme/api:v1"),
        ("push", "registry.acme.io/acme/api:v1"),
        ("push", "registry.acme.io/churn:v1-${BUILD_NUMBER}"),
        ("build", "acme/api:2"),
        ("build", "acme/api:v1"),
        ("build", "registry.acme.io/acme/api:v1"),
        *(("push", f"acme/{one}:1") for one in "xypqr"),
    ]
    built = [(one.name, one.get("dockerfile"), one.get("context")) for one in of(facts, "image-build")]
    assert built == [
        ("acme/api:2", "docker/Dockerfile", "api"),
        ("acme/api:v1", None, "."),
        ("registry.acme.io/acme/api:v1", None, "."),
    ]
    assert {one.name: one.get("value") for one in of(facts, "env")}["NAME"] == "registry.acme.io/churn"


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("if (false) { sh 'a' } else { sh 'b' }", "b"),
        ("if (true) { sh 'a' } else { sh 'b' }", "a"),
        ("def ON = false\nif (ON) { sh 'a' } else if (params.X) { sh 'b' } else { sh 'c' }", "b c"),
        ("def ON = true\nif (!ON) { sh 'a' } else if (ON) { sh 'b' } else { sh 'c' }\nif (X) { sh 'd' }", "b d"),
        ("def ON = false\nON = true\nif (ON) { sh 'a' }", "a"),
        ("def KIND = 'x'\nif (KIND == 'y' && env.A) { sh 'a' }\nif (KIND != 'y') { sh 'b' }", "b"),
        ("def KIND = params.K\nKIND = 'x'\nif (KIND == 'y') { sh 'a' }", "a"),  # it may keep what it was
        ("def f(ON = false) {\nif (ON) { sh 'a' }\n}", "a"),
        ("if (env.BRANCH_NAME == 'main') { sh 'a' }", "a"),
        ("if (false) { if (x) { sh 'a' }\nsh 'b' }\nsh 'c'", "c"),
        ("if (false) sh 'a'\nsh 'b'", "a b"),  # without a block: left alone
        ("def TEXT = 'false'\nif (TEXT) { sh 'a' }", "a"),  # a text that is not empty
    ],
)
def test_blocks_that_constants_decide(tmp_path: Path, text: str, runs: str) -> None:
    facts, _ = read(tmp_path, Jenkins(), Jenkinsfile=f"node {{\n{text}\n}}\n")
    assert " ".join(one.name for one in of(facts, "command") if not one.get("state")) == runs


@pytest.mark.parametrize(
    ("when", "off"),
    [
        ("expression { false }", True),
        ("expression { return DEPLOY }", True),
        ("expression { return params.X }", False),
        ("not { expression { true } }", True),
        ("not { branch 'main' }", False),
        ("allOf { branch 'main'; expression { false } }", True),
        ("anyOf { branch 'main'; expression { false } }", False),
        ("anyOf { expression { DEPLOY }\nexpression { false } }", True),
        ("beforeAgent true\nexpression { DEPLOY == true }", True),
        ("environment name: 'APP', value: 'other'", True),
        ("environment name: 'APP', value: 'churn'", False),
        ("environment name: 'ASKED', value: 'other'", False),  # a person chooses
        ("branch 'main'", False),
        ("", False),
    ],
)
def test_stages_that_constants_decide(tmp_path: Path, when: str, off: bool) -> None:
    text = (
        "DEPLOY = false\npipeline {\n parameters { string(name: 'ASKED', defaultValue: 'x') }\n"
        " environment { APP = 'churn' }\n stages { stage('a') { when { %s }\n steps { sh 'make' } } }\n}\n"
    )
    facts, _ = read(tmp_path, Jenkins(), Jenkinsfile=text % when)
    assert [bool(one.get("state")) for one in of(facts, "job")] == [off]


@pytest.mark.parametrize(
    "text",
    [
        "if (false) { " * 20_000,
        "def a = b + " * 20_000,
        "a = 'x' + " * 20_000,
        "['a'].each { " * 20_000,
        "when { not { " * 10_000,
        "}" * 50_000 + "(" * 50_000,
        "if (true) {} else " * 20_000,
        'x = "${x}${x}${x}"\n' * 5_000,
    ],
)
def test_hostile_texts_end_soon(text: str) -> None:
    start = process_time()
    Groovy(text, list(tokens(text)))
    assert in_time(process_time() - start, 3)


DOCKERFILE = 'FROM python:3.12\nCOPY app.py .\nCMD ["python", "app.py"]\n'


@pytest.mark.parametrize(
    ("build", "push", "pushed"),
    [
        ('img = docker.build("acme/api:1", "./serve")', "img.push()", "acme/api:1"),
        ('img = docker.build("acme/api:1", "./serve")', "img.push('latest')", "acme/api:latest"),
        ("img = docker.build('acme/api', '-f serve/Dockerfile serve')", "echo 'x'", ""),
        ("docker.build(IMG, '-f serve/Dockerfile serve').push()", "other.push()", "acme/api:1"),
        (
            "def img = docker.build \"reg.example:5000/acme/api:1\", 'serve'",
            "img.push 'x'",
            "reg.example:5000/acme/api:x",
        ),
    ],
)
def test_a_stage_makes_and_pushes_the_image_that_it_builds(
    understand: Understand, build: str, push: str, pushed: str
) -> None:
    text = (
        "pipeline {\n  agent any\n  environment { IMG = 'acme/api:1' }\n  stages {\n"
        f"    stage('Build') {{ steps {{ script {{ {build} }} }} }}\n"
        f"    stage('Push') {{ steps {{ script {{ {push} }} }} }}\n  }}\n}}\n"
    )
    graph = understand(
        {"Jenkinsfile": text, "serve/Dockerfile": DOCKERFILE, "serve/app.py": "", "Dockerfile": "FROM x\n"}
    )
    makes = [(edge.source, edge.target, edge.at.line) for edge in graph.edges("makes")]
    assert makes == [("job:Jenkinsfile#Build", "stage:serve/Dockerfile#0", 5)]
    argv = [one.get("argv") for one in graph.all_facts("command") if one.name == "docker"]
    assert argv == ([["docker", "push", pushed]] if pushed else [])
    assert graph.mark("job:Jenkinsfile#Build") == ("production" if pushed else "development")
