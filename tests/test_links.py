"""Links: each on small lists of facts, and what a Dockerfile brings into its image and installs there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.base import Link
from mlops_scan.scanner.link.built import Builds
from mlops_scan.scanner.link.containers import Stages
from mlops_scan.scanner.link.dependencies import Dependencies
from mlops_scan.scanner.link.imports import Imports
from mlops_scan.scanner.link.jobs import Jobs, Steps
from mlops_scan.scanner.link.models import Models
from mlops_scan.scanner.link.selectors import Selectors
from mlops_scan.scanner.link.targets import Targets
from mlops_scan.scanner.model import Fact, Location
from tests.conftest import Understand


def links(root: Path, files: dict[str, str]) -> set[tuple[str, str, str]]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return {(edge.source, edge.relation, edge.target) for edge in scan(root, Config(jobs=1)).edges}


@pytest.mark.parametrize(
    ("copy", "install"),
    [
        ("COPY requirements/serve.txt .", "pip install -r serve.txt"),
        ("COPY requirements/serve.txt /app/", "pip install --no-cache-dir -r /app/serve.txt"),
        ("COPY requirements/serve.txt requirements.txt", "python -m pip install -r requirements.txt"),
        ("COPY requirements/serve.txt /tmp/requirements.txt", "uv pip install --system -r /tmp/requirements.txt"),
        ("COPY requirements/ /tmp/", "pip install --requirement=/tmp/serve.txt"),
        ("COPY . .", "pip install -r requirements/serve.txt"),
    ],
)
def test_a_stage_installs_what_it_copied(tmp_path: Path, copy: str, install: str) -> None:
    """By the name that the file has in the image, even where the repository has another file of that name."""
    found = links(
        tmp_path,
        {
            "Dockerfile": f"FROM python:3.12-slim\nWORKDIR /app\n{copy}\nRUN {install}\n",
            "requirements.txt": "pytest==8.3.4\n",
            "requirements/serve.txt": "fastapi==0.115.6\n",
        },
    )
    installed = {target for source, relation, target in found if relation == "installs"}
    assert installed == {"file:requirements/serve.txt"}


def test_of_several_copied_files_the_named_one_is_installed(tmp_path: Path) -> None:
    found = links(
        tmp_path,
        {
            "Dockerfile": "FROM python:3.12-slim\nCOPY . /app/\nRUN pip install -r /app/b/requirements.txt\n",
            "a/requirements.txt": "torch==2.5.1\n",
            "b/requirements.txt": "fastapi==0.115.6\n",
        },
    )
    assert {target for _, relation, target in found if relation == "installs"} == {"file:b/requirements.txt"}


def test_only_installers_install(tmp_path: Path) -> None:
    workflow = (
        "on: push\njobs:\n  ship:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: docker build -f Dockerfile -t api .\n      - run: kubectl apply -f k8s.yaml\n"
        "      - run: pip install -r requirements.txt\n"
    )
    found = links(
        tmp_path,
        {
            "Dockerfile": "FROM python:3.12-slim\n",
            "k8s.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {app: api}}\n",
            "requirements.txt": "fastapi==0.115.6\n",
            ".github/workflows/ship.yml": workflow,
        },
    )
    assert {target for _, relation, target in found if relation == "installs"} == {"file:requirements.txt"}


def fact(kind: str, name: str, path: str, /, **says: Any) -> Fact:
    return Fact(kind, name, Location(path), says)


def edges(link: type[Link], facts: Iterable[Fact], files: Iterable[str] = ()) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.relation, edge.target) for edge in link().edges(Graph(facts, files))}


# -- imports -----------------------------------------------------------------------------------------------------


def test_an_import_means_the_nearest_local_module_or_a_distribution() -> None:
    facts = [fact("module", name, path) for name, path in (("a.model", "a/model.py"), ("b.model", "b/model.py"))]
    facts += [
        fact("import", "model", "b/app.py"),
        fact("import", "sklearn.svm", "b/app.py"),
        fact("import", "os", "b/app.py"),
    ]
    assert edges(Imports, facts) == {
        ("file:b/app.py", "imports", "file:b/model.py"),
        ("file:b/app.py", "imports", "package:scikit-learn"),
    }


def test_a_name_imported_from_a_package_may_be_its_module() -> None:
    facts = [fact("module", "app", "app/__init__.py"), fact("module", "app.model", "app/model.py")]
    facts.append(fact("import", "app", "main.py", names=["model", "version"]))
    assert edges(Imports, facts) == {
        ("file:main.py", "imports", "file:app/__init__.py"),
        ("file:main.py", "imports", "file:app/model.py"),
    }


# -- images ------------------------------------------------------------------------------------------------------


def test_a_stage_copies_starts_and_stands_on_an_earlier_one() -> None:
    facts = [
        fact("stage", "base", "Dockerfile", copies=[{"src": "requirements.txt", "dst": "/", "line": 2}]),
        fact(
            "stage",
            "1",
            "Dockerfile",
            from_stage="base",
            final=True,
            copies=[{"src": "/x", "dst": "/", "from": "base"}],
        ),
        fact(
            "command", "python", "Dockerfile", argv=["python", "/app/src/serve.py"], where="dockerfile-cmd", stage="1"
        ),
    ]
    assert edges(Stages, facts, ("Dockerfile", "requirements.txt", "src/serve.py")) == {
        ("file:Dockerfile", "defines", "stage:Dockerfile#base"),
        ("file:Dockerfile", "defines", "stage:Dockerfile#1"),
        ("stage:Dockerfile#base", "copies", "file:requirements.txt"),
        ("stage:Dockerfile#1", "stands on", "stage:Dockerfile#base"),
        ("stage:Dockerfile#1", "starts", "file:src/serve.py"),
    }


def test_compose_builds_its_dockerfile_and_ci_builds_by_name() -> None:
    facts = [
        fact("stage", "0", "api/Dockerfile", final=True),
        fact("stage", "0", "docker/train.Dockerfile", final=True),
        fact("workload", "api", "compose.yaml", id="compose.yaml#api", build_context="./api"),
        fact(
            "command",
            "docker",
            ".github/workflows/ci.yml",
            argv=["docker", "build", "-t", "registry.acme.io:5000/train:1.0", "-f", "docker/train.Dockerfile", "."],
        ),
        fact("workload", "train", "k8s/train.yaml", id="k8s/train.yaml#Job/train"),
        fact("image", "registry.acme.io:5000/train", "k8s/train.yaml", role="run", owner="k8s/train.yaml#Job/train"),
    ]
    assert edges(Builds, facts, ("api/Dockerfile", "docker/train.Dockerfile")) == {
        ("workload:compose.yaml#api", "builds", "stage:api/Dockerfile#0"),
        ("file:.github/workflows/ci.yml", "makes", "stage:docker/train.Dockerfile#0"),
        ("stage:docker/train.Dockerfile#0", "builds", "image:registry.acme.io:5000/train"),
        ("workload:k8s/train.yaml#Job/train", "runs", "image:registry.acme.io:5000/train"),
    }


# -- jobs and steps ----------------------------------------------------------------------------------------------


def test_a_job_comes_to_scripts_targets_actions_and_other_workflows() -> None:
    workflow = ".github/workflows/ci.yml"
    facts = [
        fact("job", "train", workflow, id=f"{workflow}#train", workflow=workflow, needs=["test"]),
        fact("job", "ship", workflow, id=f"{workflow}#ship", workflow=workflow, uses="./.github/workflows/deploy.yml"),
        fact("action", "./.github/actions/setup", workflow, owner=f"{workflow}#train"),
        fact("command", "make", workflow, argv=["make", "train"], where="ci", owner=f"{workflow}#train"),
        fact("command", "python", "Makefile", argv=["python", "src/train.py"], where="make", owner="Makefile#train"),
        fact(
            "command",
            "pip",
            workflow,
            argv=["pip", "install", "-r", "requirements.txt"],
            where="ci",
            owner=f"{workflow}#train",
        ),
    ]
    files = (".github/workflows/deploy.yml", ".github/actions/setup/action.yml", "src/train.py", "requirements.txt")
    found = edges(Jobs, facts, files) | edges(Targets, facts, files)
    train = f"job:{workflow}#train"
    assert found >= {
        (f"file:{workflow}", "has job", train),
        (train, "needs", f"job:{workflow}#test"),
        (f"job:{workflow}#ship", "calls", "file:.github/workflows/deploy.yml"),
        (train, "calls", "file:.github/actions/setup/action.yml"),
        (train, "runs", "target:Makefile#train"),
        (train, "installs", "file:requirements.txt"),
        ("target:Makefile#train", "runs", "file:src/train.py"),
    }
    assert (train, "runs", "file:requirements.txt") not in found


def test_steps_read_and_write_files_of_the_repository_or_data() -> None:
    step = fact(
        "pipeline-step", "train", "p/dvc.yaml", pipeline="p/dvc.yaml", deps=["train.py", "data"], outs=["model.pkl"]
    )
    assert edges(Steps, [step], ("p/train.py",)) == {
        ("file:p/dvc.yaml", "has step", "step:p/dvc.yaml#train"),
        ("step:p/dvc.yaml#train", "reads", "file:p/train.py"),
        ("step:p/dvc.yaml#train", "reads", "data:p/data"),
        ("step:p/dvc.yaml#train", "writes", "data:p/model.pkl"),
    }


# -- dependencies, models, selectors -----------------------------------------------------------------------------


def test_manifests_declare_lock_and_include() -> None:
    facts = [
        fact("package", "numpy", "requirements.txt", manifest="requirements.txt"),
        fact("locked", "numpy", "uv.lock", version="2.0"),
        fact("manifest", "requirements.txt", "requirements.txt", includes=["base.txt"], constraints=["c.txt"]),
    ]
    assert edges(Dependencies, facts) == {
        ("file:requirements.txt", "declares", "package:numpy"),
        ("file:uv.lock", "locks", "package:numpy"),
        ("file:requirements.txt", "includes", "file:base.txt"),
        ("file:requirements.txt", "includes", "file:c.txt"),
    }


def test_models_are_known_by_the_last_part_of_their_path(tmp_path: Path) -> None:
    found = links(
        tmp_path,
        {
            "train.py": "import joblib\njoblib.dump(object(), 'out/m.joblib')\n",
            "app.py": "import joblib\nmodel = joblib.load('/srv/m.joblib')\n",
            "reg.py": "import mlflow\nmodel = mlflow.pyfunc.load_model('models:/churn/3')\n",
        },
    )
    assert {
        ("file:train.py", "writes", "model:m.joblib"),
        ("file:app.py", "reads", "model:m.joblib"),
    } <= found
    assert [edge for edge in found if edge[0] == "file:reg.py" and edge[1] == "reads"]
    assert edges(Models, [fact("model-file", "x", "models/m.onnx")]) == {
        ("file:models/m.onnx", "holds", "model:m.onnx")
    }


def _object(kind: str, name: str, spec: dict[str, Any], /, **says: Any) -> Fact:
    return fact("resource", name, "k8s/x.yaml", platform="kubernetes", type=kind, data={"spec": spec}, **says)


def test_selectors_mean_the_workloads_whose_labels_agree() -> None:
    api = fact("workload", "api", "k8s/a.yaml", id="api", kind="Deployment", labels={"app": "api", "tier": "web"})
    other = fact("workload", "other", "k8s/a.yaml", id="other", kind="Deployment", labels={"app": "other"})
    far = fact(
        "workload", "far", "k8s/a.yaml", id="far", kind="Deployment", labels={"app": "api"}, namespace="elsewhere"
    )
    facts = [
        api,
        other,
        far,
        _object("core/Service", "api", {"selector": {"app": "api"}}, namespace="here", labels={"monitored": "yes"}),
        _object("core/Service", "headless", {}),
        _object("policy/PodDisruptionBudget", "api", {"selector": {"matchLabels": {"app": "api", "tier": "web"}}}),
        _object("monitoring.coreos.com/ServiceMonitor", "api", {"selector": {"matchLabels": {"monitored": "yes"}}}),
    ]
    assert edges(Selectors, facts) == {
        ("resource:k8s/x.yaml#core/Service/api", "selects", "workload:api"),
        ("resource:k8s/x.yaml#policy/PodDisruptionBudget/api", "protects", "workload:api"),
        ("resource:k8s/x.yaml#monitoring.coreos.com/ServiceMonitor/api", "watches", "workload:api"),
    }


def test_references_need_the_kind_that_they_name() -> None:
    facts = [
        fact("workload", "api", "k8s/a.yaml", id="api", kind="Deployment"),
        fact("workload", "api", "k8s/b.yaml", id="stateful", kind="StatefulSet"),
        _object(
            "autoscaling/HorizontalPodAutoscaler", "api", {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}
        ),
        _object("flagger.app/Canary", "api", {"targetRef": {"kind": "StatefulSet", "name": "api"}}),
    ]
    assert edges(Selectors, facts) == {
        ("resource:k8s/x.yaml#autoscaling/HorizontalPodAutoscaler/api", "scales", "workload:api"),
        ("resource:k8s/x.yaml#flagger.app/Canary/api", "steers", "workload:stateful"),
    }


def test_a_suffix_alone_names_no_model(understand: Understand) -> None:
    graph = understand(
        {
            "study.py": "import joblib, sys\njoblib.dump(object(), sys.argv[1] + '.joblib')\n"
            "joblib.dump(object(), f'{sys.argv[1]}/best-{sys.argv[2]}')\n",
            "serve.py": "import joblib, sys\nkind = sys.argv[1]\nmodel = joblib.load(f'/models/{kind}.joblib')\n"
            "other = joblib.load(f'{kind}/iris.joblib')\n",
        }
    )
    assert [edge.target for edge in graph.edges("writes", "reads")] == ["model:iris.joblib"]
