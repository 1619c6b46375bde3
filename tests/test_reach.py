"""What each subject is part of: by what images copy and start, CI runs, and manifests name; not by path alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.graph.subjects import subjects
from mlops_scan.scanner.result import Result
from tests.conftest import Understand

APP = (
    "import joblib\nfrom fastapi import FastAPI\nimport steps\napp = FastAPI()\nmodel = joblib.load('m.joblib')\n"
    "@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
)
TRAIN = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
SERVE = 'CMD ["uvicorn", "app:app"]\n'
WORKFLOW = "on: push\njobs:\n  j:\n    runs-on: u\n    steps:\n      - run: %s\n"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\n"
    "spec: {template: {spec: {containers: [{name: api, image: 'r.example/api:1'}]}}}\n"
)


def result(root: Path, files: Mapping[str, str]) -> Result:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return scan(root, Config(jobs=1))


def marks(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    return {node.id: node.reach for node in result(root, files).nodes}


def test_a_copy_of_everything_ships_what_the_image_starts_and_imports(tmp_path: Path) -> None:
    files = {
        "Dockerfile": f"FROM python:3.12\nCOPY . .\n{SERVE}",
        "app.py": APP,
        "steps.py": "import json\n",
        "train.py": TRAIN,
        "tests/test_app.py": "import app\n",
        "notebooks/try.py": TRAIN,
    }
    found = marks(tmp_path, files)
    assert {path: found[f"file:{path}"] for path in files if path != "Dockerfile"} == {
        "app.py": "production",
        "steps.py": "production",
        "train.py": "development",
        "tests/test_app.py": "test",
        "notebooks/try.py": "example",
    }
    assert found["endpoint:app.py#POST /predict"] == "production"
    assert found["package:scikit-learn"] == "development"


def test_an_example_that_the_image_starts_is_production(tmp_path: Path) -> None:
    files = {
        "Dockerfile": f"FROM python:3.12\nCOPY examples/ .\n{SERVE}",
        "examples/app.py": APP,
        "examples/b.py": TRAIN,
    }
    found = marks(tmp_path, files)
    assert found["file:examples/app.py"] == "production"
    assert found["file:examples/b.py"] == "example"


def test_what_ci_runs_is_production_and_what_it_only_tests_is_not(tmp_path: Path) -> None:
    files = {
        ".github/workflows/fit.yml": WORKFLOW % "python train.py",
        ".github/workflows/test.yml": WORKFLOW % "pytest",
        "train.py": TRAIN,
        "other.py": TRAIN,
    }
    found = marks(tmp_path, files)
    assert found["file:train.py"] == found["job:.github/workflows/fit.yml#j"] == "production"
    assert found["file:other.py"] == found["job:.github/workflows/test.yml#j"] == "development"


def test_compose_is_for_developers_beside_a_cluster(tmp_path: Path) -> None:
    compose = {"compose.yaml": "services:\n  api:\n    image: r.example/api:1\n"}
    assert marks(tmp_path / "a", compose)["workload:compose.yaml#service/api"] == "production"
    found = marks(tmp_path / "b", {**compose, "k8s/api.yaml": DEPLOYMENT})
    assert found["workload:compose.yaml#service/api"] == "development"
    assert found["workload:k8s/api.yaml#Deployment/api"] == "production"


def test_a_development_overlay_and_a_test_manifest_deploy_nothing_to_production(tmp_path: Path) -> None:
    found = marks(tmp_path, {"deploy/dev/api.yaml": DEPLOYMENT, "tests/k8s/api.yaml": DEPLOYMENT})
    assert found["workload:deploy/dev/api.yaml#Deployment/api"] == "development"
    assert found["workload:tests/k8s/api.yaml#Deployment/api"] == "test"


def test_a_container_starts_what_its_own_command_names_in_the_image(tmp_path: Path) -> None:
    job = (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: fit}\nspec:\n  schedule: '0 4 * * 1'\n"
        "  jobTemplate: {spec: {template: {spec: {containers: [{name: fit, image: 'r.example/api:1',"
        " command: [python, train.py]}]}}}}\n"
    )
    files = {
        ".github/workflows/image.yml": WORKFLOW % "docker build -t r.example/api:1 svc",
        "svc/Dockerfile": f"FROM python:3.12\nCOPY . .\n{SERVE}",
        "svc/app.py": APP,
        "svc/train.py": TRAIN,
        "k8s/fit.yaml": job,
    }
    found = result(tmp_path, files)
    links = {(edge.source, edge.relation, edge.target) for edge in found.edges}
    assert ("workload:k8s/fit.yaml#CronJob/fit", "runs", "file:svc/train.py") in links
    (schedule,) = (node for node in found.nodes if node.kind == "schedule")
    assert (schedule.label, schedule.reach, schedule.purpose) == ("0 4 * * 1", "production", "train")
    assert (schedule.id, "triggers", "workload:k8s/fit.yaml#CronJob/fit") in links


def test_code_that_creates_or_updates_an_endpoint_declares_one(tmp_path: Path) -> None:
    code = (
        "import boto3\nsm = boto3.client('sagemaker')\nif sm.list_endpoints():\n"
        "    sm.update_endpoint(EndpointName='risk', EndpointConfigName='c')\n"
        "else:\n    sm.create_endpoint(EndpointName='risk', EndpointConfigName='c')\n"
    )
    endpoints = [node.label for node in result(tmp_path, {"deploy.py": code}).nodes if node.kind == "endpoint"]
    assert endpoints == ["risk"]


def test_resources_of_one_name_in_two_homes_stay_two(tmp_path: Path) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: api}\nspec: {selector: {app: %s}}\n"
    files = {"a/service.yaml": service % "a", "b/service.yaml": service % "b"}
    endpoints = [node.id for node in result(tmp_path, {**files, "train.py": TRAIN}).nodes if node.kind == "endpoint"]
    assert endpoints == ["resource:a/service.yaml#Service/api", "resource:b/service.yaml#Service/api"]


def test_jobs_that_no_rule_adds_are_switched_off(understand: Understand) -> None:
    text = (
        "never:\n  script: [python fit.py]\n  rules: [{when: never}]\n"
        "off:\n  script: [python fit.py]\n  when: never\n"
        "on:\n  script: [python fit.py]\n  rules: [{if: $A, when: never}, {when: always}]\n"
    )
    graph = understand({".gitlab-ci.yml": text, "fit.py": "import sklearn\n\nprint(sklearn)\n"})
    found = {node.label.partition("#")[2]: (node.state, node.reach) for node in subjects(graph) if node.kind == "job"}
    assert found == {"never": ("disabled", "development"), "off": ("disabled", "development"), "on": ("", "production")}


def test_a_called_workflow_is_of_what_calls_it_and_a_nested_one_is_none(understand: Understand) -> None:
    folder = ".github/workflows/"
    step = "jobs: {%s: {runs-on: ubuntu-24.04, steps: [{run: '%s'}]}}\n"
    called = "on: {workflow_call: {inputs: {file: {type: string}}}}\n"
    calls = (
        "on: {schedule: [{cron: '0 3 * * *'}]}\njobs: {go: {uses: ./.github/workflows/%s.yml, with: {file: fit.py}}}\n"
    )
    graph = understand(
        {
            f"{folder}fit.yml": called + step % ("fit", "python ${{ inputs.file }}"),
            f"{folder}other.yml": called + step % ("other", "echo ${{ inputs.file }}"),
            f"{folder}nightly.yml": calls % "fit",
            f"{folder}more/nested.yml": "on: push\n" + step % ("nested", "python fit.py"),
            "fit.py": "import sklearn\n\nprint(sklearn)\n",
        }
    )
    found = {one.label.partition("#")[2]: (one.state, one.reach) for one in subjects(graph) if one.kind == "job"}
    assert found.pop("nested")[0] == "disabled"
    assert found == {"fit": ("", "production"), "go": ("", "production"), "other": ("", "development")}


def test_what_holds_a_manifest_of_production_is_production_however_deep(understand: Understand) -> None:
    deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
    deployment += "spec: {template: {spec: {containers: [{name: a, image: 'acme/a:1'}]}}}\n"
    files = {
        "overlays/live/kustomization.yaml": "helmGlobals: {chartHome: ../../charts}\nhelmCharts: [{name: a}]\n",
        "overlays/dev/kustomization.yaml": "helmGlobals: {chartHome: ../../charts}\nhelmCharts: [{name: a}]\n",
        "charts/a/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        "charts/b/Chart.yaml": "apiVersion: v2\nname: b\nversion: 1.0.0\n",
        "charts/a/templates/d.yaml": deployment,
    }
    graph = understand(files)
    held = ("charts/a/templates/d.yaml", "charts/a/Chart.yaml", "overlays/live/kustomization.yaml")
    assert {graph.mark(f"file:{path}") for path in held} == {"production"}
    beside = ("charts/b/Chart.yaml", "overlays/dev/kustomization.yaml")
    assert {graph.mark(f"file:{path}") for path in beside} == {"development"}
    edge = ("file:overlays/live/kustomization.yaml", "file:charts/a/Chart.yaml")
    assert edge in {(one.source, one.target) for one in graph.edges("includes")}


def test_the_word_ci_tells_nothing_of_ci_itself(tmp_path: Path) -> None:
    """`.gitlab-ci.yml`, `ci.yml`: what holds jobs of production, and the clock that starts them."""
    scheduled = "retrain:\n  script: [python train.py]\n  only: [schedules]\n"
    cron = "on: {schedule: [{cron: '0 3 * * 1'}]}\njobs: {j: {runs-on: u, steps: [{run: python train.py}]}}\n"
    found = marks(
        tmp_path,
        {
            "train.py": TRAIN,
            ".gitlab-ci.yml": scheduled,
            ".github/workflows/ci.yml": cron,
            ".github/workflows/dev.yml": cron,
        },
    )
    told = {name.partition(":")[2]: mark for name, mark in found.items() if name.startswith("schedule:")}
    assert told == {
        ".gitlab-ci.yml#retrain kept by the service": "production",
        ".github/workflows/ci.yml#0 3 * * 1": "production",
        ".github/workflows/dev.yml#0 3 * * 1": "development",
    }
    assert found["file:.gitlab-ci.yml"] == "production"
