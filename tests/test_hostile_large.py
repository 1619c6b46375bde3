"""Files of up to 1 MB in their worst shape: long runs, many entries, references in circles. None takes 2 s."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mlops_scan import engine
from mlops_scan.rules.serving.terraform_endpoint_no_auto_rollback import TerraformEndpointNoAutoRollback
from mlops_scan.scanner import catalog, reading, walk
from mlops_scan.scanner.config import Config
from tests.slowness import in_time

MB = 1_000_000
CI = ".github/workflows"
SECONDS = 2.0
STACK = 'AWSTemplateFormatVersion: "2010-09-09"\n'
SET = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec:\n  generators:\n"
CHART = "apiVersion: v2\nname: a\nversion: 1.0.0\n"
WORKFLOW = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: a}\nspec:\n  entrypoint: d\n  templates:\n"
    "  - {name: x, container: {image: a}}\n  - name: d\n    dag:\n      tasks:\n      - {name: t, template: x, "
)
TYPESCRIPT = "import * as sm from 'aws-cdk-lib/aws-sagemaker';\n"
COMPILED = (
    "components:\n  comp-a: {executorLabel: e}\ndeploymentSpec: {executors: {e: {container: {image: a}}}}\n"
    "pipelineInfo: {name: p}\nroot:\n  dag:\n    tasks:\n"
)


def many(entry: Callable[[int], str], count: int) -> str:
    return "".join(map(entry, range(count)))


def notebook(line: str) -> str:
    cell = {"cell_type": "code", "source": [line], "outputs": [], "metadata": {}}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def machine(condition: str) -> str:
    states = {"S": {"Type": "Choice", "Choices": [{"Condition": condition, "Next": "S"}], "Default": "S"}}
    return json.dumps({"StartAt": "S", "QueryLanguage": "JSONata", "States": states})


NESTED = (
    STACK
    + "Resources:\n"
    + many(lambda n: f"  N{n}: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: s{n}.yaml}}}}\n", 30)
)
CASES: dict[str, Mapping[str, str]] = {
    "states: a condition of one long word": {"a.asl.json": machine("$" * MB)},
    "workflow: a condition of blanks": {"w.yaml": WORKFLOW + 'when: "' + "\\t" * (MB // 2) + '"}\n'},
    "workflow: dependencies in one word": {"w.yaml": WORKFLOW + 'depends: "' + "-" * MB + '~"}\n'},
    "compiled pipeline: a condition of blanks": {
        "p.yaml": COMPILED + '      a: {componentRef: {name: comp-a}, triggerPolicy: {condition: "' + " " * MB + '"}}\n'
    },
    "compiled pipeline: each step waits for the last": {
        "p.yaml": COMPILED
        + many(lambda n: f"      t{n}: {{componentRef: {{name: comp-a}}, dependentTasks: [t{n - 1}]}}\n", 6_000)
    },
    "applications: a hole that never ends": {
        "a.yaml": SET + '  - list: {elements: [{x: c}]}\n  template: {spec: {source: {path: "{{' + " " * MB + '"}}}\n'
    },
    "applications: a matrix of many": {
        "a.yaml": SET
        + "  - matrix:\n      generators:\n"
        + many(lambda n: f"      - list: {{elements: [{', '.join(f'{{x{n}: a{k}}}' for k in range(300))}]}}\n", 20)
        + '  template: {spec: {source: {path: "{{x1}}"}}}\n'
    },
    "stack: conditions that ask each other": {
        "s.yaml": STACK
        + "Conditions:\n"
        + many(lambda n: f"  C{n}: !And [!Condition C{n + 1}, !Condition C{n + 1}]\n", 5_000)
        + "Resources:\n"
        + many(lambda n: f"  R{n}: {{Type: 'AWS::S3::Bucket', Condition: C{n}}}\n", 5_000)
    },
    "stack: templates that apply each other": {f"s{n}.yaml": NESTED for n in range(30)},
    "bundle: many jobs": {
        "databricks.yml": "bundle: {name: a}\nresources:\n  jobs:\n"
        + many(lambda n: f"    j{n}: {{tasks: [{{task_key: a}}]}}\n", 4_000)
    },
    "bundle: variables that double": {
        "databricks.yml": "bundle: {name: a}\nvariables:\n"
        + many(lambda n: f"  v{n}: {{default: '${{var.v{n + 1}}}${{var.v{n + 1}}}'}}\n", 60)
        + "resources: {jobs: {a: {name: '${var.v0}'}}}\n"
    },
    "CI: many jobs that extend a long line": {
        ".gitlab-ci.yml": many(lambda n: f".b{n}: {{extends: [.b{n - 1}, .b{n - 1}], image: a{n}}}\n", 60)
        + many(lambda n: f"j{n}: {{extends: .b59, needs: [j{n - 1}]}}\n", 20_000)
    },
    "CI: many jobs, each of which a workflow names": {
        ".circleci/config.yml": "version: 2.1\njobs:\n"
        + many(lambda n: f"  j{n}: {{docker: [{{image: a}}], steps: [{{run: ls}}]}}\n", 2_000)
        + "workflows:\n  w:\n    jobs:\n"
        + many(lambda n: f"    - j{n}: {{requires: [j{n - 1}]}}\n", 2_000)
    },
    "chart: words in capitals": {
        "Chart.yaml": CHART,
        "templates/a.yaml": '{{ snakecase (repeat 300000 "A") }}{{ printf (printf "%%%s" (repeat 300000 "0")) }}',
    },
    "chart: values of many numbered keys, printed whole": {
        "Chart.yaml": CHART,
        "values.yaml": "a:\n" + many(lambda n: f"  k{n}: {n}\n", 35_000) + many(lambda n: f"  k{n}k: {n}\n", 25_000),
        "templates/a.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata:\n{{ toYaml .Values }}\n",
    },
    "kustomization: many patches for many objects": {
        "kustomization.yaml": "resources: [a.yaml]\npatches:\n"
        + many(lambda _: "- {patch: '[{op: add, path: /a, value: b}]', target: {kind: Pod}}\n", 1_000),
        "a.yaml": many(lambda n: f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: d{n}}}\n", 1_000),
    },
    "Python: an f-string without end": {"a.py": 'import torch\ntorch.load(f"' + "{a}" * (MB // 3) + '")\n'},
    "Python: many tests of what a function answers": {
        "judge.py": "def good(m):\n    return accuracy(m) > 0.9\n",
        "a.py": "import mlflow\nfrom judge import good\n"
        + many(lambda n: f"if good(m{n}):\n    keep{n}(m{n})\n", 3_000)
        + "mlflow.register_model(m)\n",
    },
    "Python: many conditions of a pipeline": {
        "a.py": "from kfp import dsl\n@dsl.component\ndef check(m: float) -> str:\n    return 'a' if m > 0.9 else 'b'\n"
        + "@dsl.pipeline(name='x')\ndef p():\n"
        + many(lambda n: f"    e{n} = check(m=1)\n    with dsl.If(e{n}.output == 'a'):\n        register(m=1)\n", 3_000)
    },
    "Python: many steps that evaluate": {
        "a.py": "from kfp import dsl\n@dsl.component\ndef check(m: float) -> str:\n"
        + "    from sklearn.metrics import accuracy_score\n    return str(accuracy_score(m, m))\n"
        + "@dsl.component\ndef register(m: str):\n    import mlflow\n    mlflow.register_model(m)\n"
        + "@dsl.pipeline(name='x')\ndef p():\n"
        + many(lambda n: f"    e{n} = check(m={n})\n    if e{n}.output:\n        register(m=e{n}.output)\n", 1_000)
    },
    "Python: an import of blanks": {"a.py": "import torch\nfrom" + "\t" * MB + "\n"},
    "Python: imports that never close": {"a.py": "import torch\n" + "from a import (\n" * (MB // 16)},
    "notebook: an assignment of blanks": {"n.ipynb": notebook("\t" * (MB // 2) + "!\n")},
    "notebook: escaped quotes": {"n.ipynb": notebook('"\\' * (MB // 4) + "\n!ls\n")},
    "TypeScript: escaped quotes": {"a.ts": TYPESCRIPT + "\\'" * (MB // 2)},
    "TypeScript: comments that never close": {"a.ts": TYPESCRIPT + "/* " * (MB // 3)},
    "TypeScript: templates that never close": {"a.ts": TYPESCRIPT + "`\\" * (MB // 2)},
    "make: a line of blanks": {"Makefile": "a" + " " * MB + "b\n"},
    "make: a variable of itself in each of many targets": {
        "Makefile": many(lambda n: f"a{n}:\n\techo $(V) {n}\n", 15_000) + "V = $(V)$(V)\n"
    },
    "make: variables that double in each of many targets": {
        "Makefile": many(lambda n: f"V{n} = $(V{n + 1})$(V{n + 1})xx\n", 60)
        + many(lambda n: f"a{n}:\n\techo $(V{n % 60}) {n}\n", 10_000)
    },
    "make: many targets that need each other": {
        "Makefile": many(lambda n: f"a{n}: a{n + 1} a{n + 2}\n\techo x\n", 15_000)
    },
    "manifests: many on one line each": {
        "k.yaml": many(
            lambda n: (
                f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d{n}}}\n"
                f"spec: {{template: {{spec: {{containers: [{{name: c, image: r/x:{n}}}]}}}}}}\n"
            ),
            5_000,
        )
    },
    "CI: many jobs that extend three": {
        ".gitlab-ci.yml": many(lambda n: f"j{n}: {{extends: [j{n + 1}, j{n + 2}, j{n + 3}], script: [x]}}\n", 12_000)
    },
    "requirements: dashes of a wheel": {"requirements.txt": "./" + "a.0-" * (MB // 4) + ".whl\n"},
    "requirements: a fragment": {"requirements.txt": "git+https://x/y#" + "&#" * (MB // 2) + "\n"},
    "template: braces": {"{{cookiecutter.x}}/a.py": "import torch\n" + "{{" * 19_000 + "x" * 900_000},
    "ignores: one after another": {"a.py": "import torch\n" + "# mlops-scan: ignore[x] a\n" * 30_000},
}


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    catalog.load()


@pytest.mark.parametrize("name", CASES)
def test_the_worst_of_a_megabyte(tmp_path: Path, name: str) -> None:
    for path, text in CASES[name].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    start = time.process_time()
    with reading.rare_collection():
        tree = walk.discover(tmp_path).tree
        found = reading.read(tree, 1)
        engine.understand(found.facts, tree.paths, Config())
    took = time.process_time() - start
    assert found.tracebacks == ()
    assert not [note for note in found.notes if note.reason.startswith("could not be read")]
    assert in_time(took, SECONDS)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("kustomization: many patches for many objects", "has patches looked for in more than"),
        ("Python: an f-string without end", "an f-string of more than"),
        ("CI: many jobs that extend a long line", "extends more than"),
        ("CI: many jobs that extend three", "extends more than"),
        ("make: a variable of itself in each of many targets", "refer to themselves"),
        ("make: many targets that need each other", "more than 20000 commands"),
    ],
)
def test_what_is_cut_is_told(tmp_path: Path, name: str, reason: str) -> None:
    for path, text in CASES[name].items():
        (tmp_path / path).write_text(text)
    notes = reading.read(walk.discover(tmp_path).tree, 1).notes
    assert [note for note in notes if reason in note.reason]


def test_many_endpoints_of_one_template_are_judged_in_time(tmp_path: Path) -> None:
    """The rules, too: each endpoint is judged without a look at all others."""
    endpoint = "  A{}: {{Type: 'AWS::SageMaker::Endpoint', Properties: {{EndpointName: !Sub '${{A{}}}${{A{}}}'}}}}\n"
    (tmp_path / "s.yaml").write_text(STACK + "Resources:\n" + many(lambda n: endpoint.format(n, n + 1, n + 2), 8_000))
    tree = walk.discover(tmp_path).tree
    graph = engine.understand(reading.read(tree, 1).facts, tree.paths, Config())
    start = time.process_time()
    found = list(TerraformEndpointNoAutoRollback().check(graph))
    assert (len(found), in_time(time.process_time() - start, SECONDS)) == (8_000, True)


def test_what_stands_beside_a_variable_without_end_is_read(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(
        "V = $(V)$(V)\nW = $(V) $(PY)\nPY = python\nOPTS := -a\nOPTS := $(OPTS) -b\n"
        + many(lambda n: f"a{n}:\n\techo $(V) {n}\n", 500)
        + "train:\n\t$(PY) train.py $(OPTS)\n"
    )
    found = reading.read(walk.discover(tmp_path).tree, 1)
    argv = [fact.get("argv") for fact in found.facts if fact.kind == "command" and fact.get("stage") == "train"]
    assert argv == [["python", "train.py", "-a", "-b"]]
    assert 0 < len([note for note in found.notes if "refer to themselves" in note.reason]) <= 20


@pytest.mark.parametrize(
    ("count", "files"),
    [
        (40, lambda n: {f"k{i}/m.yaml": ALIKE for i in range(n)}),
        (400, lambda n: {"mise.toml": many(lambda i: f"[tasks.t{i}]\nrun = 'mise run t{i + 1}'\n", n)}),
        (40, lambda n: {f"p{i}.py": f"import torch\nimport p{(i + 1) % n}\n" for i in range(n)}),
        (
            30,
            lambda n: {
                f"{CI}/w{i}.yml": f"on: push\njobs: {{a: {{uses: ./{CI}/w{(i + 1) % n}.yml}}}}\n" for i in range(n)
            },
        ),
    ],
    ids=["manifests alike", "tasks in a chain", "imports in a circle", "workflows in a circle"],
)
def test_links_grow_with_the_files(tmp_path: Path, count: int, files: Callable[[int], Mapping[str, str]]) -> None:
    """The number of links, not the time: it is what the time follows, and the same on every machine."""
    found = []
    for number in (count, 4 * count):
        root = tmp_path / str(number)
        for path, text in files(number).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        tree = walk.discover(root).tree
        found.append(len(engine.understand(reading.read(tree, 1).facts, tree.paths, Config()).edges()))
    assert 0 < found[1] < 4.5 * found[0]


ALIKE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {selector: {matchLabels: {app: d}}, template: {metadata: {labels: {app: d}}, spec: {containers: []}}}
---
apiVersion: v1
kind: Service
metadata: {name: d}
spec: {selector: {app: d}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: d}
spec: {rules: [{http: {paths: [{backend: {service: {name: d}}}]}}]}
"""
