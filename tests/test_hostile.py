"""Hostile repositories: every format broken, binary, endless or nested, bombs, cycles, odd files. Each costs a note."""

# ruff: noqa: E101, E501 - texts of other formats
from __future__ import annotations

import json
import os
import re
import socket
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from mlops_scan import engine
from mlops_scan.cli import run, scanning
from mlops_scan.scanner import bounds, catalog, reading, walk
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.reading import Reading
from tests.slowness import in_time

Files = Mapping[str, str | bytes]

# one small file of every format that some parser reads
SEEDS: dict[str, str] = {
    "app.py": """\
import mlflow
from sklearn.svm import SVC as S
class A(S):
    x: int = 1
    def f(self, a: int = 1):
        m = S(1); m.fit(a)
        if a > 0.9:
            return open('x').read()
""",
    "nb.ipynb": '{"cells":[{"cell_type":"code","source":["!pip install x==1\\n","import torch\\n","m = torch.load(\'a.pt\')\\n"],"outputs":[],"metadata":{},"execution_count":null}],"metadata":{"kernelspec":{"language":"python"}},"nbformat":4,"nbformat_minor":5}',
    "k8s.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {app: api}}
spec:
  replicas: 2
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: reg.io/api:1.0
        args: ["--x=1"]
        env: [{name: A, value: b}]
""",
    "k8s.json": '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"b:1"}]}}',
    "docker-compose.yml": """\
services:
  api:
    image: reg/api:${TAG:-1}
    command: [python, a.py]
    environment: [A=b]
    depends_on: [db]
  db: {image: 'postgres'}
""",
    "Dockerfile": """\
# syntax=x
ARG V=3.11
FROM python:${V} AS base
RUN pip install a==1 && \\
  echo b
COPY --from=base /a /b
ENV A=b
RUN <<EOF
pip install x
EOF
CMD ["python", "a.py"]
""",
    "requirements.txt": """\
-r other.txt
numpy==1.0 --hash=sha256:aa
torch>=2; python_version>'3'
-e git+https://x/y#egg=z
""",
    "constraints.txt": "numpy==1.0\n",
    "pyproject.toml": """\
[project]
name='a'
dependencies=['numpy==1','torch[x]>=2']
[project.optional-dependencies]
dev=['pytest']
[tool.poetry.dependencies]
python='^3'
x={version='1',extras=['a']}
[tool.poe.tasks]
a='python a.py'
""",
    "setup.cfg": """\
[metadata]
name = a
[options]
install_requires =
  numpy==1
  torch
""",
    "setup.py": """\
from setuptools import setup
setup(name='a', install_requires=['numpy==1'])
""",
    "Pipfile": """\
[packages]
numpy = '==1'
x = {version='*'}
""",
    "Pipfile.lock": '{"default": {"numpy": {"version": "==1.0"}}}',
    "uv.lock": """\
version = 1
[[package]]
name = 'a'
version = '1'
""",
    "poetry.lock": """\
[[package]]
name = "a"
version = "1"
""",
    "pdm.lock": """\
[[package]]
name = "a"
version = "1"
""",
    "conda-lock.yml": """\
package:
- name: a
  version: 1
""",
    "pixi.lock": """\
packages:
- conda: https://x/a-1-b.conda
""",
    "package-lock.json": '{"packages": {"node_modules/a": {"version": "1"}}}',
    "package.json": '{"scripts": {"a": "python b.py"}, "dependencies": {"a": "1"}}',
    "environment.yml": """\
name: a
dependencies:
- python=3
- pip:
  - numpy==1
""",
    "Chart.yaml": """\
apiVersion: v2
name: a
version: 1.0.0
""",
    "c/Chart.yaml": """\
apiVersion: v2
name: a
version: 1.0.0
""",
    "c/values.yaml": """\
image: {repository: a, tag: b}
replicas: 1
""",
    "c/templates/d.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {app: api}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: {{ .Values.image.repository }}:{{ .Values.image.tag | default "x" | quote }}
        args: ["--x=1"]
        env: [{name: A, value: b}]
""",
    "c/templates/_helpers.tpl": '{{- define "a.b" -}}{{ .Release.Name | trunc 63 }}{{- end }}',
    "kustomization.yaml": """\
resources: [k8s.yaml]
images: [{name: a, newTag: b}]
patches:
- patch: |-
    - op: replace
      path: /spec/replicas
      value: 3
  target: {kind: Deployment}
""",
    "main.tf": """\
variable "a" { default = "b" }
locals { x = "${var.a}-1" }
resource "aws_s3_bucket" "b" {
  bucket = local.x
  count = 2
  tags = { a = "b" }
}
module "m" { source = "./m" }
""",
    "a.tfvars": 'a = "c"\n',
    "a.tfvars.json": '{"a": "c"}',
    ".github/workflows/a.yml": """\
on: {push: {branches: [main]}}
jobs:
  a:
    runs-on: x
    steps:
    - uses: actions/checkout@v4
      with: {a: b}
    - run: |
        pip install a
        python b.py
      env: {A: '${{ secrets.X }}'}
""",
    ".gitlab-ci.yml": """\
stages: [a]
include: b.yml
.x: &x
  image: a
a:
  extends: .x
  script: [python a.py]
""",
    "azure-pipelines.yml": """\
trigger: [main]
stages:
- stage: a
  jobs:
  - job: b
    steps:
    - script: python a.py
    - template: t.yml
""",
    "cloudbuild.yaml": """\
steps:
- name: gcr.io/cloud-builders/docker
  args: [build, -t, 'x:${_T}', .]
substitutions: {_T: a}
""",
    ".circleci/config.yml": """\
version: 2.1
jobs:
  a:
    docker: [{image: a}]
    steps: [{run: python a.py}]
workflows: {w: {jobs: [a]}}
""",
    "Jenkinsfile": 'pipeline {\n agent any\n stages {\n  stage(\'a\') {\n   steps { sh \'python a.py\'\n sh """a ${b}\n """ }\n  }\n }\n}\n',
    "buildspec.yml": """\
version: 0.2
phases:
  build:
    commands: [python a.py]
""",
    "bitbucket-pipelines.yml": """\
pipelines:
  default:
  - step: {script: [python a.py]}
""",
    "dvc.yaml": """\
stages:
  a:
    cmd: python a.py
    deps: [a.py]
    outs: [b]
""",
    "dvc.lock": """\
schema: '2.0'
stages:
  a:
    cmd: python a.py
""",
    "a.csv.dvc": """\
outs:
- path: a.csv
  md5: aa
  size: 1
""",
    ".dvc/config": """\
[core]
  remote = a
['remote "a"']
  url = s3://a
""",
    "MLproject": """\
name: a
entry_points:
  main: {command: 'python a.py'}
""",
    "m/MLmodel": """\
flavors:
  sklearn: {pickled_model: m.pkl}
model_uuid: a
""",
    "bentofile.yaml": """\
service: 'a:svc'
python: {packages: [a==1]}
""",
    "Makefile": """\
A := b
train: data
	python $(A).py \\
	  --x
.PHONY: train
""",
    "justfile": """\
a := 'b'
train x='1': data
    python {{a}}.py
data:
    x
""",
    "Taskfile.yml": """\
tasks:
  a: {cmds: [python a.py]}
""",
    "Procfile": "web: gunicorn a:b\n",
    ".env": """\
A=b
export B='c'
SECRET_KEY=${A}x
""",
    "run.sh": """\
#!/bin/bash
set -e
if [ a ]; then
  docker build -t a . && python a.py --x "$(cat b)"
fi
cat <<EOF
x
EOF
""",
    "script": """\
#!/usr/bin/env bash
python a.py
""",
    "prometheus.yml": """\
scrape_configs:
- job_name: a
  static_configs: [{targets: [a]}]
rule_files: [x]
""",
    "a.rules": """\
groups:
- name: a
  rules:
  - alert: b
    expr: up == 0
""",
    "alertmanager.yml": """\
route: {receiver: a}
receivers:
- name: a
  slack_configs: [{channel: x}]
""",
    "cfn.yaml": """\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  A:
    Type: AWS::SageMaker::Endpoint
    Properties: {X: !Ref B, Y: !Sub '${A}b'}
""",
    "cfn.json": '{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"A": {"Type": "AWS::SageMaker::Endpoint", "Properties": {"X": {"Ref": "B"}}}}}',
    "main.bicep": """\
param a string = 'b'
resource x 'Microsoft.ML/workspaces@2023-01-01' = {
  name: a
  properties: { b: '${a}c' }
}
""",
    "arm.json": '{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "resources": [{"type": "Microsoft.ML/workspaces", "name": "a"}]}',
    "azureml.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  a: {command: python a.py, environment: 'azureml:x@latest'}
""",
    "databricks.yml": """\
resources:
  jobs:
    a:
      tasks: [{task_key: a, spark_python_task: {python_file: a.py}}]
""",
    "config.pbtxt": """\
name: "a"
platform: "onnx"
instance_group [ { count: 1 kind: KIND_GPU } ]
dynamic_batching { }
""",
    "tox.ini": """\
[tox]
envlist = py{310,311}-{a,b}, lint
[testenv]
deps = -r requirements.txt
  pytest
commands_pre = python a.py
commands =
  pytest {posargs} \\
    tests
  lint: ruff check
[testenv:lint]
commands = {[testenv]commands}
""",
    "noxfile.py": """\
import nox
@nox.session(python=['3.11'])
def tests(session):
    session.install('-r', 'requirements.txt')
    session.run('python', 'a.py', *session.posargs)
""",
    "tasks.py": """\
from invoke import task
@task
def build(c):
    c.run('python a.py && docker build .')
@task(build)
def train(c, x='1'):
    c.run(f'python a.py {x}')
""",
    ".buildkite/pipeline.yml": """\
env: {A: b}
steps:
- label: a
  commands: [python a.py]
  plugins: [{docker#v5: {image: a}}]
  matrix: {setup: {x: [a, b]}}
- wait
- block: b
- group: c
  steps: [{trigger: d}, {command: "echo {{matrix.x}}"}]
""",
    ".drone.yml": """\
kind: pipeline
type: docker
name: a
trigger: {event: [push], branch: [main]}
steps:
- name: a
  image: a:1
  commands: [python a.py]
  settings: {b: {from_secret: c}}
""",
    "tekton.yaml": """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: a}
spec:
  params: [{name: x, default: y}]
  tasks:
  - name: b
    runAfter: [c]
    params: [{name: x, value: $(params.x)}]
    taskSpec:
      steps: [{name: d, image: a:1, script: "python a.py $(params.x)"}]
""",
    ".travis.yml": """\
language: python
branches: {only: [main]}
jobs:
  include: [{stage: a, script: [python a.py]}]
script: [pytest, python b.py]
""",
    "helmfile.yaml": """\
environments: {a: {values: [b.yaml]}}
---
releases:
- name: a
  chart: ./c
  values: [{image: {tag: b}}, x.yaml.gotmpl]
  set: [{name: a.b, value: {{ .Values.x }}}]
""",
    "skaffold.yaml": """\
deploy:
  helm:
    releases: [{name: a, chartPath: c, setValues: {image.tag: b}}]
profiles: [{name: p, deploy: {helm: {releases: [{name: a, chartPath: c}]}}}]
""",
    "a.asl.json": '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync", "Parameters": {"TrainingJobName.$": "$.x"}, "Next": "B"}, "B": {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericGreaterThan": 1, "Next": "A"}], "Default": "C"}, "C": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "D", "States": {"D": {"Type": "Pass", "End": true}}}]}}}',
    "prefect.yaml": """\
name: a
prefect-version: 3.0.0
deployments:
- name: a
  entrypoint: a.py:f
  schedules: [{cron: 0 0 * * *}]
  work_pool: {name: w}
""",
    "secret.enc.yaml": """\
a: ENC[AES256_GCM,data:aa,iv:bb,tag:cc,type:str]
sops:
  age: [{recipient: a, enc: b}]
  lastmodified: '2024-01-01T00:00:00Z'
  mac: ENC[AES256_GCM,data:aa,type:str]
""",
    "conf/config.yaml": """\
defaults: [model: a, _self_, override hydra/x: y]
model: {lr: 0.1, path: ${oc.env:A,b}/m.pkl, n: ${.lr}}
""",
    "app.ts": """\
import * as cdk from 'aws-cdk-lib';
import * as sagemaker from 'aws-cdk-lib/aws-sagemaker';
export class A extends cdk.Stack {
  constructor(scope: any, id: string) {
    super(scope, id); // new x.Y(
    const m = new sagemaker.CfnModel(this, `m${id}`, { a: [1, {b: 'c'}], /* x */ });
    new sagemaker.CfnEndpoint(this, "e", { x: /re\\/x/ });
  }
}
""",
    "stack.py": """\
import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sm
import pulumi_kubernetes as k8s
from kubernetes import client
import boto3
class A(cdk.Stack):
    def __init__(self, scope, id, **kw):
        super().__init__(scope, id)
        m = sm.CfnModel(self, f'm{id}', execution_role_arn='r', containers=[dict(image='a:1')])
        for n in ['a', 'b']:
            sm.CfnEndpoint(self, n, endpoint_config_name=m.ref, tags=[{'key': n}])
k8s.apps.v1.Deployment('a', spec={'replicas': 1, 'template': {'spec': {'containers': [{'name': 'a', 'image': 'b'}]}}})
c = client.V1Container(name='a', image='b')
boto3.client('sagemaker').create_endpoint(EndpointName='a', EndpointConfigName='b')
A(cdk.App(), 'x')
""",
    "pipeline_ir.yaml": """\
components:
  comp-a: {executorLabel: exec-a}
  comp-c: {dag: {tasks: {b: {componentRef: {name: comp-a}}}}}
deploymentSpec:
  executors:
    exec-a: {container: {image: 'a:1', command: [python, a.py], args: [--x]}}
pipelineInfo: {name: p}
root:
  dag:
    tasks:
      a: {componentRef: {name: comp-a}, dependentTasks: [b]}
      c: {componentRef: {name: comp-c}, triggerPolicy: {condition: "inputs['x'] > 0.9"}}
""",
    "appset.yaml": """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: a}
spec:
  generators:
  - matrix:
      generators: [{list: {elements: [{x: a}, {x: b}]}}, {git: {directories: [{path: c/*}]}}]
  template:
    metadata: {name: '{{x}}-{{path.basename}}'}
    spec: {source: {path: '{{path}}', helm: {valueFiles: [values-{{x}}.yaml], parameters: [{name: a.b, value: c}]}}, destination: {namespace: n}}
""",
    "flux.yaml": """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: a}
spec: {path: ./k, postBuild: {substitute: {A: b, C: '${A:=x}'}, substituteFrom: [{kind: ConfigMap, name: m}]}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: a}
spec: {chart: {spec: {chart: ./c}}, values: {image: {tag: '${A}'}}, valuesFrom: [{kind: ConfigMap, name: m}]}
""",
    "k/kustomization.yaml": """\
resources: [d.yaml]
configMapGenerator: [{name: m, literals: [a=b], files: [d.yaml]}]
vars: [{name: A, objref: {kind: ConfigMap, name: m}, fieldref: {fieldpath: data.a}}]
replacements:
- source: {kind: ConfigMap, name: m, fieldPath: data.a}
  targets: [{select: {kind: Deployment}, fieldPaths: [spec.template.spec.containers.0.image], options: {delimiter: ':', index: 1}}]
components: [../comp]
""",
    "cfn2.yaml": """\
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {P: {Type: String, Default: a}}
Mappings: {M: {a: {b: c}}}
Conditions: {C: !Or [!Equals [!Ref P, a], !Not [!Condition C]]}
Resources:
  A:
    Type: AWS::SageMaker::Endpoint
    Condition: C
    Properties: {X: !FindInMap [M, !Ref P, b], Y: !Sub ['${P}${Q}', {Q: !Join ['-', [a, !Ref P]]}], Z: !If [C, !GetAtt A.B, !Ref AWS::NoValue]}
  S:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: cfn2.yaml}
  R:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ., Handler: a.f, Events: {E: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}}
""",
    "bundle/databricks.yml": """\
bundle: {name: a}
include: [databricks.yml, '*.yml']
variables: {x: {default: '${var.x}'}}
targets: {dev: {mode: development, variables: {x: b}}}
resources:
  jobs: {a: {schedule: {quartz_cron_expression: 0 0 3 * * ?}, tasks: [{task_key: a, notebook_task: {notebook_path: ./a.py}, depends_on: [{task_key: b}]}]}}
  model_serving_endpoints: {e: {config: {served_entities: [{entity_name: '${var.x}'}]}}}
""",
    "mise.toml": """\
[tasks.a]
run = ['python a.py', 'mise run a']
depends = ['a']
""",
    "pixi.toml": """\
[tasks]
a = {cmd = 'python a.py', depends-on = ['a']}
[feature.x.tasks]
b = 'python b.py'
""",
    "infra/main.tf": """\
variable "x" { default = "a" }
resource "helm_release" "a" {
  chart  = "./c"
  values = [templatefile("${path.module}/v.tpl", { a = var.x }), yamlencode({ image = { tag = var.x } })]
  set { name = "a.b", value = "c" }
}
resource "kubernetes_manifest" "m" {
  manifest = yamldecode(<<-EOT
    apiVersion: v1
    kind: Pod
    metadata: {name: ${var.x}}
  EOT
  )
}
""",
}


LINE = 20_000  # characters of an endless line
SECONDS = 2.0  # for it, and all else of a file: what takes quadratic time takes more
OPENERS = ("[", "{", "(", "- ", "{a: ", '{"a":', "${", "$(", "{{ if a }}", "if a; then\n", "a {\n", "&a [*a, ", "not ")
ENDLESS = (
    "a",
    " ",
    "\t",
    '"',
    "'",
    "\\",
    "\n",
    "a ",
    "a=",
    '"" ',
    "{{",
    "{% ",
    "${a",
    "a.b.",
    "x: ",
    "`",
    "|",
    "<<A\n",
    "\u00e9",
)


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    catalog.load()  # no file is to pay for it


def write(root: Path, files: Files) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)


def read(root: Path, files: Files = MappingProxyType({})) -> Reading:
    """Read and understand the repository; whatever is in it, no parser may fail."""
    write(root, files)
    tree = walk.discover(root).tree
    found = reading.read(tree, 1)
    assert found.tracebacks == ()
    assert not [note for note in found.notes if note.reason.startswith("could not be read")]
    assert all(note.at.path and note.at.line >= 1 for note in found.notes)
    engine.understand(found.facts, tree.paths, Config())
    return found


def variants(text: str) -> Iterator[bytes]:
    data, half = text.encode(), len(text) // 2
    yield from (
        b"",
        b" \n\t\n",
        b"1",
        b"null",
        b"[1, null, [], {}]",
        b'{"a": NaN, "b": 1e999}',
        b"\xff\xfe",
        b"\xef\xbb\xbf",
    )
    yield from (data[:half], data[half:], data[:half] + b"\0" + data[half:], data + b"\n" * 9000 + b"\0x", data * 2)
    yield from (
        text.replace("\n", "\r").encode(),
        text.encode("utf-16"),
        text.encode("utf-16-le"),
        text.encode("utf-32"),
    )
    yield text.replace("a", "\u00e4").encode("latin-1")
    yield bytes(range(256)) * 8
    for old, new in (
        (": ", ": []\n"),
        (": ", ": null "),
        (": ", ": {} "),
        ("= ", "= [] "),
        ('"', "["),
        ("\n", "\n\t"),
        ("{", ""),
    ):
        yield text.replace(old, new, 1).encode()
        yield text.replace(old, new).encode()
    for opener in OPENERS:
        yield (text + "\nx: " + opener * 3000).encode()
        yield (text[:half] + opener * 300).encode()
    for unit in ENDLESS:
        line = unit * (LINE // len(unit))
        yield (text + line + "\n").encode()
        yield (text[:half] + line + text[half:]).encode()


@pytest.mark.parametrize("path", SEEDS)
def test_no_text_of_any_format_fails_or_takes_long(tmp_path: Path, path: str) -> None:
    around = {one: SEEDS[one] for one in ("c/Chart.yaml", "c/values.yaml") if path.startswith("c/")}
    for number, data in enumerate(variants(SEEDS[path])):
        start = time.process_time()
        read(tmp_path, {**around, path: data})
        assert in_time(time.process_time() - start, SECONDS), (number, data[:200])


def test_a_line_of_blanks_is_passed_over_once(tmp_path: Path) -> None:
    """A search that begins anew at each blank of a line, or splits them in every way, takes minutes for this."""
    text = "x: 1\n" + " " * 400_000 + "\n" + "\t" * 400_000 + "\n"
    start = time.process_time()
    read(tmp_path, {"a.yaml": text, "b.py": "import torch\n"})
    assert in_time(time.process_time() - start, 10)


def test_the_examples_are_read(tmp_path: Path) -> None:
    """Each of the texts above is one that its parser knows: hostile ones are but a step away."""
    silent = {"c/templates/_helpers.tpl", "c/values.yaml", "a.tfvars", "a.tfvars.json", "dvc.lock"}  # feed others
    for path in SEEDS.keys() - silent:
        root = tmp_path / path.replace("/", "_").replace(".", "_")
        around = {one: SEEDS[one] for one in ("c/Chart.yaml", "c/values.yaml") if path.startswith("c/")}
        assert read(root, {**around, path: SEEDS[path], "train.py": "x = 1\n"}).facts, path


ALIASES = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
CHART = "apiVersion: v2\nname: a\nversion: 1.0.0\n"
CLUSTER = {"kustomization.yaml": "resources: [a, b]\n"}
BOMBS: dict[str, Files] = {
    "aliases": {"a.yaml": ALIASES, ".github/workflows/a.yml": ALIASES, "dvc.yaml": ALIASES, "compose.yaml": ALIASES},
    "merges": {"k.yaml": MERGES + "apiVersion: v1\nkind: Pod\n", ".gitlab-ci.yml": MERGES, "conda.yaml": MERGES},
    "an alias of itself": {"k.yaml": "&a {apiVersion: v1, kind: Pod, spec: *a}\n", ".gitlab-ci.yml": "a: &a {b: *a}\n"},
    "a template that repeats": {
        "Chart.yaml": CHART,
        "templates/a.yaml": "{{ range until 999999 }}{{ range until 999999 }}a: 1\n{{ end }}{{ end }}",
        "templates/b.yaml": '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}',
        "templates/c.yaml": '{{ repeat 999999999 (repeat 999999 "x") }}',
        "templates/d.yaml": '{{ tpl "{{ tpl .x . }}" (dict "x" "{{ tpl .x . }}") }}',
    },
    "a chart that needs itself": {
        "Chart.yaml": CHART + "dependencies: [{name: a, version: 1.0.0, repository: 'file://.'}]\n",
        "charts/a/Chart.yaml": CHART + "dependencies: [{name: a, version: 1.0.0, repository: 'file://../..'}]\n",
    },
    "modules in a circle": {
        "main.tf": 'module "a" { source = "./a" }\nlocals {\n  x = local.y\n  y = local.x\n}\nresource "a_b" "c" { d = local.x }\n',
        "a/main.tf": 'module "b" { source = "../" }\nmodule "c" { source = "./" }\n',
        "b.tf": 'locals { z = [for a in range(999999) : [for b in range(999999) : a]] }\nresource "a_b" "d" { e = local.z }\n',
    },
    "manifests in a circle": {
        "requirements.txt": "-r a/more.txt\n-c requirements.txt\n",
        "a/more.txt": "-r ../requirements.txt\n-r more.txt\n-r /etc/passwd\n-r ../../../etc/passwd\n",
        "kustomization.yaml": "resources: [a, b]\n",
        "a/kustomization.yaml": "resources: [../b, .., .]\ncomponents: [../a]\n",
        "b/kustomization.yaml": "resources: [../a]\nbases: [../../outside]\n",
        "compose.yaml": "include: [compose.yaml, b.yaml]\nservices: {a: {extends: {service: a}}}\n",
        "b.yaml": "include: [compose.yaml]\nservices: {b: {extends: {file: compose.yaml, service: a}}}\n",
    },
    "pipelines in a circle": {
        ".gitlab-ci.yml": "include: [a.yml]\n.x: {extends: .y}\n.y: {extends: .x}\njob: {extends: .x, script: [!reference [job, script]]}\n",
        "a.yml": "include: [.gitlab-ci.yml, a.yml]\n",
        ".github/workflows/a.yml": "on: push\njobs: {a: {uses: ./.github/workflows/a.yml}, b: {needs: c}, c: {needs: b}}\n",
        "azure-pipelines.yml": "steps: [{template: azure-pipelines.yml}]\nextends: {template: azure-pipelines.yml}\n",
        "Makefile": "a: b\n\tmake b\nb: a\n\tmake a\nX = $(Y)\nY = $(X)\ninclude Makefile\n",
        "justfile": "a: b\nb: a\n",
        "package.json": '{"scripts": {"a": "npm run b", "b": "npm run a"}}',
        "a.py": "import b\nclass A(B): pass\nclass B(A): pass\nA().x()\ndef f(): return g()\ndef g(): return f()\nf()\n",
        "b.py": "import a\nfrom b import *\n",
        "a.sh": "#!/bin/sh\nsh a.sh\nsource a.sh\n",
        "Dockerfile": "FROM a AS b\nFROM c AS a\nFROM b\nCOPY --from=b x y\n",
    },
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_and_circles_end(tmp_path: Path, name: str) -> None:
    start = time.process_time()
    found = read(tmp_path, {**BOMBS[name], "train.py": "import torch\n"})
    assert in_time(time.process_time() - start, 5)
    assert "torch" in {fact.name for fact in found.facts}


def zipped(path: Path, entries: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


def test_model_files_that_explode_are_not_unpacked(tmp_path: Path) -> None:
    ones = b"0" * (64 * 2**20)
    zipped(tmp_path / "m.pt", {"m/data.pkl": ones, "m/version": b"3"})
    zipped(tmp_path / "m.keras", {"config.json": ones, "metadata.json": b"{}"})
    zipped(tmp_path / "m.npz", {"a.npy": ones})
    write(
        tmp_path,
        {"memo.pkl": b"\x80\x04" + b"]" * 10 + b"(" * 300_000 + b".", "quad.pkl": b"\x80\x04" + b"K\x01\x94" * 300_000},
    )
    write(
        tmp_path,
        {"long.pkl": b"\x80\x04X\xff\xff\xff\x7fabc.", "model.pkl": b"cos\nsystem\n(S'touch " + b"x" * 99 + b"'\ntR."},
    )
    write(
        tmp_path,
        {
            "m.onnx": b"\x3a\xff\xff\xff\xff\x0f" + b"\x08" * 99,
            "m.gguf": b"GGUF\3\0\0\0" + b"\xff" * 64,
            "m.h5": b"\x89HDF",
        },
    )
    write(
        tmp_path,
        {
            "m.safetensors": (2**40).to_bytes(8, "little") + b"{}",
            "n.safetensors": (9).to_bytes(8, "little") + b'{"a": [[[',
        },
    )
    with (tmp_path / "huge.safetensors").open("wb") as file:
        file.write((2).to_bytes(8, "little") + b"{}")
        file.truncate(300 * 2**20)
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(50 * 2**20)
    start = time.process_time()
    found = read(tmp_path)
    assert in_time(time.process_time() - start, 10)
    sizes = {fact.at.path: fact.get("bytes") for fact in found.facts if fact.kind in ("model-file", "dataset")}
    assert sizes["huge.safetensors"] == 300 * 2**20 and sizes["huge.csv"] == 50 * 2**20
    assert "os.system" in {one for fact in found.facts for one in fact.get("globals") or ()}


def test_files_just_under_and_over_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "FILE_BYTES", 100_000)
    under, over = "x = 1\n" * 16_666, "x = 1\n" * 16_667
    found = read(tmp_path, {"under.py": under, "over.py": over, "over.tf": over, "over.yaml": over, "over.ipynb": over})
    assert {one.path for one in found.skipped} >= {"over.py", "over.tf", "over.ipynb"}
    assert "under" in {fact.name for fact in found.facts if fact.kind == "module"}


def test_many_tiny_files(tmp_path: Path) -> None:
    for number in range(200):
        write(tmp_path, {f"d{number}/{name}.py": f"import torch{name}\n" for name in range(10)})
    assert sum(fact.kind == "import" for fact in read(tmp_path).facts) == 2_000


ODD_NAMES = (
    "with space.py",
    "{{braces}}.py",
    "new\nline.py",
    "-r.py",
    "*.py",
    "[a].py",
    "'.py",
    '".py',
    "%41.py",
    "\\.py",
    "ü.py",
    "a\t.py",
    "#.py",
    "\u202e.py",
    "$(x).py",
)


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with everything that is no plain file, and names that break careless readers."""
    root = tmp_path / "repo"
    write(root, {"train.py": "import torch\nmodel.fit(x)\ntorch.save(m, 'm.pt')\n", "k8s.yaml": SEEDS["k8s.yaml"]})
    write(root, {f"odd/{name}": "import pickle\npickle.load(open('m.pkl', 'rb'))\n" for name in ODD_NAMES})
    (tmp_path / "outside.py").write_text("import secretmodule\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "in.py").write_text("import secretmodule\n")
    for name, target in {
        "loop": "loop",
        "circle": ".",
        "up": "..",
        "out.py": "../outside.py",
        "out": "../outside",
        "dead.py": "nowhere.py",
        "device.py": "/dev/zero",
        "again.py": "train.py",
    }.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe.py")
    with socket.socket(socket.AF_UNIX) as one:
        monkeypatch.chdir(root)  # a socket's path is short
        one.bind("socket.py")
    (root / os.fsdecode(b"latin-\xe9.py")).write_bytes(b"import pickle\npickle.load(x)\n")
    return root


@pytest.mark.parametrize("format_", scanning.reports())
def test_odd_names_and_files_in_every_report(odd: Path, format_: str, capfd: pytest.CaptureFixture[str]) -> None:
    printed = []
    for jobs in ("1", "2"):
        assert run([str(odd), "--format", format_, "--jobs", jobs, "--no-config", "--exit-zero"]) == 0
        told = capfd.readouterr()
        assert "Traceback" not in told.err
        printed.append(re.sub(r"in \d+\.\d+ s\b", "in a moment", told.out))
    assert printed[0] == printed[1]
    assert printed[0].strip() and "secretmodule" not in printed[0]
    if format_ in ("json", "sarif", "gitlab"):
        json.loads(printed[0])


def test_odd_files_are_left_out_and_told(odd: Path) -> None:
    discovery = walk.discover(odd)
    told = {one.path for one in discovery.skipped}
    assert told >= {"loop", "up", "out.py", "out", "dead.py", "device.py"}
    assert not {"pipe.py", "socket.py"} & set(discovery.tree.paths)
    found = reading.read(discovery.tree, 1)
    assert "secretmodule" not in {fact.name for fact in found.facts}
    assert {f"odd/{name}" for name in ODD_NAMES} <= {fact.at.path for fact in found.facts}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "import torch\n", "locked.py": "import jax\n", "closed/b.py": "import keras\n"})
    (tmp_path / "locked.py").chmod(0)
    (tmp_path / "closed").chmod(0)
    try:
        discovery = walk.discover(tmp_path)
        found = reading.read(discovery.tree, 1)
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert {note.at.path for note in (*discovery.notes, *found.notes)} == {"locked.py", "closed"}


def test_files_that_change_while_they_are_read(tmp_path: Path) -> None:
    write(tmp_path, SEEDS)
    tree = walk.discover(tmp_path).tree
    for number, path in enumerate(sorted(SEEDS)):
        target = tmp_path / path
        target.unlink()
        if number % 3 == 1:
            target.mkdir()
        elif number % 3 == 2:
            target.write_bytes(b"")
    found = reading.read(tree, 1)
    assert found.tracebacks == ()
    assert found.facts == () or not {fact.kind for fact in found.facts} & {"call", "container", "stage"}
    gone = {path for number, path in enumerate(sorted(SEEDS)) if number % 3 != 2}
    assert {note.at.path for note in found.notes if note.reason == "could not be opened"} >= gone
