"""What stands beside the system, and what says of it more than its place: each case was wrong once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mlops_scan.rules.cost.terraform_missing_tags import TerraformMissingTags
from mlops_scan.rules.observability.missing_serving_monitoring import MissingServingMonitoring
from mlops_scan.rules.reproducibility.committed_model_artifact import CommittedModelArtifact
from mlops_scan.rules.reproducibility.unlocked_dependencies import UnlockedDependencies
from mlops_scan.rules.reproducibility.unpinned_dependency import UnpinnedDependency
from mlops_scan.rules.security.plaintext_secret import PlaintextSecret
from mlops_scan.rules.serving.missing_gradual_rollout import MissingGradualRollout
from mlops_scan.rules.serving.missing_readiness_probe import MissingReadinessProbe
from mlops_scan.rules.serving.missing_resource_limits import MissingResourceLimits
from mlops_scan.rules.serving.missing_rollback import MissingRollback
from mlops_scan.testing import assert_rule, findings
from tests.conftest import Understand

APP = (
    "import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('model.joblib')\n\n\n"
    "@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
)
FIT = "from sklearn.linear_model import Ridge\n\n\ndef fit(x, y):\n    return Ridge().fit(x, y)\n"
PROGRAM = "from acme_boost import fit\n\nif __name__ == '__main__':\n    fit([[0.0]], [0.0])\n" + FIT


def deployment(name: str, image: str) -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    spec:\n"
        f"      containers:\n        - name: {name}\n          image: {image}\n"
        "          ports: [{containerPort: 80}]\n"
    )


def chart(folder: str, *manifests: str) -> dict[str, str]:
    files = {f"{folder}/Chart.yaml": f"apiVersion: v2\nname: {folder.rpartition('/')[2]}\nversion: 0.1.0\n"}
    return files | {f"{folder}/templates/{number}.yaml": text for number, text in enumerate(manifests)}


BEAT = (
    "apiVersion: beat.k8s.elastic.co/v1beta1\nkind: Beat\nmetadata:\n  name: logs\nspec:\n  type: filebeat\n"
    "  daemonSet:\n    podTemplate:\n      spec:\n        containers:\n          - name: filebeat\n"
)


BY_HAND = {"k8s/api.yaml": deployment("api", "acme/api:1")}
SERVED = chart("api", deployment("api", "acme/api:1"))


@pytest.mark.parametrize(
    ("kept", "files"),
    [
        # manifests by hand, and charts of what only watches or logs
        (False, {**BY_HAND, **chart("watch", deployment("a", "prom/alertmanager:v0.27.0"))}),
        (False, {**BY_HAND, **chart("logs", BEAT)}),
        (False, {**BY_HAND, **chart("empty")}),
        (True, SERVED),
        (True, {**SERVED, **chart("watch", deployment("p", "prom/prometheus:v3.0.0"))}),
        # what a chart takes from elsewhere is not seen: nothing else serves in a cluster
        (True, chart("umbrella")),
    ],
)
def test_only_releases_of_what_serves_put_it_back(understand: Understand, kept: bool, files: Mapping[str, str]) -> None:
    assert understand({"app.py": APP, **files}).has("rollback") is kept


@pytest.mark.parametrize(
    "image",
    ["prom/alertmanager:v0.27.0", "gcr.io/cadvisor/cadvisor:v0.49.1", "docker.elastic.co/beats/filebeat:8.15.0"],
)
def test_what_watches_a_cluster_is_no_part_of_the_system(image: str) -> None:
    files = {"app.py": APP, **BY_HAND, "k8s/watch.yaml": deployment("w", image)}
    assert_rule(MissingResourceLimits, files, [("k8s/api.yaml", 9)])


def test_what_an_operator_makes_of_an_agent_is_none_either() -> None:
    files = {"app.py": APP, **BY_HAND, "k8s/logs.yaml": BEAT}
    assert_rule(MissingResourceLimits, files, [("k8s/api.yaml", 9)])


@pytest.mark.parametrize("manifest", ["setup.py", "setup.cfg"])
def test_a_library_says_so_in_the_files_of_setuptools(understand: Understand, manifest: str) -> None:
    says = {
        "setup.py": (
            "from setuptools import setup\n\nsetup(\n    name='acme-boost', install_requires=['scikit-learn'],\n"
            "    extras_require={'plots': ['matplotlib']},\n"
            "    classifiers=['Development Status :: 4 - Beta', 'Intended Audience :: Developers'],\n)\n"
        ),
        "setup.cfg": (
            "[metadata]\nname = acme-boost\nclassifiers =\n    Development Status :: 4 - Beta\n"
            "    Intended Audience :: Developers\n[options]\ninstall_requires =\n    scikit-learn\n"
            "[options.extras_require]\nplots =\n    matplotlib\n"
        ),
    }
    files = {manifest: says[manifest], "acme_boost/__init__.py": FIT, "compare.py": PROGRAM}
    assert understand(files).profile.kind == "library"


def test_a_package_whose_program_trains_is_a_project(understand: Understand) -> None:
    setup = "from setuptools import setup\n\nsetup(name='acme-boost', install_requires=['scikit-learn'])\n"
    files = {"setup.py": setup, "acme_boost/__init__.py": FIT, "compare.py": PROGRAM}
    assert understand(files).profile.kind == "project"


SECRET = "POSTGRES_PASSWORD=otterlake7\nURL=postgresql://rag:otterlake7@db.internal/rag\n"


@pytest.mark.parametrize("name", [".env.example", ".env.postgres.example", "example.env", "settings.env.dist"])
def test_a_file_to_be_filled_in_holds_no_secret(name: str) -> None:
    assert_rule(PlaintextSecret, {"app.py": APP, name: SECRET}, [])


def test_a_key_of_a_provider_is_one_even_there() -> None:
    token = "hf_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzA"
    assert_rule(PlaintextSecret, {"app.py": APP, ".env.example": f"HF_TOKEN={token}\n"}, [(".env.example", 1)])


def test_an_environment_file_that_counts_holds_one() -> None:
    assert_rule(PlaintextSecret, {"app.py": APP, "prod.env": SECRET}, [("prod.env", 1), ("prod.env", 2)])


MODEL = '{"learner": {"gradient_booster": {"name": "gbtree", "model": {"trees": []}}}, "version": [2, 1]}'


@pytest.mark.parametrize(
    ("fires", "settings"),
    [
        (True, {"m/model-settings.json": '{"name": "m", "parameters": {"uri": "./model.json"}}'}),
        (True, {"m/model-settings.json": '{"name": "m", "parameters": {"uri": "."}}'}),
        (False, {"m/model-settings.json": '{"name": "m", "parameters": {"uri": "s3://models/model.json"}}'}),
        (False, {"other/model-settings.json": '{"name": "m", "parameters": {"uri": "./else.json"}}'}),
    ],
)
def test_the_settings_of_a_server_read_the_model_they_name(fires: bool, settings: Mapping[str, str]) -> None:
    expected = [("m/model.json", 1)] if fires else []
    assert_rule(CommittedModelArtifact, {"m/model.json": MODEL, **settings}, expected)


def test_a_server_reads_the_versions_below_the_description_of_its_model() -> None:
    description = 'name: "trees"\nbackend: "fil"\nmax_batch_size: 8\n'
    files = {"models/trees/config.pbtxt": description, "models/trees/1/xgboost.json": MODEL, "old/model.json": MODEL}
    assert_rule(CommittedModelArtifact, files, [("models/trees/1/xgboost.json", 1)])


CONTAINER_APP = """
locals {
  app  = "Microsoft.App/containerApps@2024-03-01"
  auth = "Microsoft.App/containerApps/authConfigs@2024-03-01"
}
variable "image" {
  default = "acme.azurecr.io/public/mlflow:2.16.0"
}
resource "azapi_resource" "tracking" {
  name = "tracking"
  type = local.app
  body = %s
%s}
resource "azapi_resource" "auth" {
  name = "current"
  type = local.auth
  body = { properties = {} }
}
"""
BODY = '{ properties = { template = { containers = [{ name = "mlflow", image = var.image }] } } }'


@pytest.mark.parametrize("body", [BODY, f"jsonencode({BODY})"])
def test_a_resource_in_the_words_of_the_api_runs_what_it_holds(understand: Understand, body: str) -> None:
    graph = understand({"main.tf": CONTAINER_APP % (body, "")})
    (workload,) = graph.workloads()
    assert [one.image for one in workload.containers] == ["acme.azurecr.io/public/mlflow:2.16.0"]
    assert graph.has("experiment-tracking")
    assert graph.profile.clouds == ("azure",)


def test_it_takes_tags_like_any_other() -> None:
    assert_rule(TerraformMissingTags, {"main.tf": CONTAINER_APP % (BODY, "")}, [("main.tf", 9)])
    assert_rule(TerraformMissingTags, {"main.tf": CONTAINER_APP % (BODY, '  tags = { team = "ml" }\n')}, [])


def test_what_only_hints_is_not_called_declared() -> None:
    stats = "from pynvml import nvmlInit\n\n\ndef gpus():\n    nvmlInit()\n"
    told = findings(MissingServingMonitoring, {"app.py": APP + "\nimport stats\n", "stats.py": stats})
    assert [one.message for one in told if "nvmlInit" in one.message]
    assert not any("declared" in one.message for one in told)


@pytest.mark.parametrize(
    ("root", "built"),
    [
        ("${PROJECT_DIR}", True),
        ("${PROJECT_DIR?source the environment}", True),
        ("$PROJECT_DIR", True),
        ("/srv", False),
    ],
)
def test_a_folder_that_only_the_shell_knows_is_looked_for_above(understand: Understand, root: str, built: bool) -> None:
    compose = f"services:\n  api:\n    build:\n      context: {root}/api\n    ports: ['80:80']\n"
    files = {
        "deploy/compose.yaml": compose,
        "api/Dockerfile": "FROM python:3.12-slim\nCOPY . /app\nCMD uvicorn app:app\n",
        "api/app.py": APP,
    }
    graph = understand(files)
    (workload,) = graph.workloads()
    assert ("api/app.py" in graph.files_run_by(workload.node)) is built


def test_the_lock_of_a_project_holds_no_list_below_it() -> None:
    lock = 'version = 1\n\n[[package]]\nname = "scikit-learn"\nversion = "1.5.2"\n'
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["scikit-learn"]\n'
    files = {"uv.lock": lock, "pyproject.toml": project, "app.py": APP, "jobs/fit/requirements.txt": "scikit-learn\n"}
    assert_rule(UnpinnedDependency, files, [("jobs/fit/requirements.txt", 1)])
    assert_rule(UnpinnedDependency, {**files, "requirements.txt": "scikit-learn\n"}, [("jobs/fit/requirements.txt", 1)])


def test_what_is_saved_with_a_model_is_no_list_of_the_application() -> None:
    model = {
        "model/MLmodel": "flavors:\n  sklearn:\n    pickled_model: model.pkl\n",
        "model/requirements.txt": "mlflow\n",
    }
    files = {"app.py": APP, "requirements.txt": "fastapi\n"}
    assert_rule(UnpinnedDependency, {**files, **model}, [("requirements.txt", 1)])
    assert_rule(UnlockedDependencies, {**files, **model}, [("requirements.txt", 1)])
    assert_rule(UnlockedDependencies, {"app.py": APP, **model}, [])


SPARE_KAFKA = {"deploy/ui.yaml": deployment("kafka-ui", "ghcr.io/kafbat/kafka-ui:v1")}
STARTED = {"k8s/api.yaml": deployment("api", "acme/api:1\n          command: [uvicorn, 'app:app']")}


@pytest.mark.parametrize(
    ("files", "stands"),
    [
        (SPARE_KAFKA, None),  # a console serves no model: nothing is deployed
        ({**SPARE_KAFKA, **BY_HAND}, "k8s/api.yaml"),
        ({"k8s/admin.yaml": deployment("admin", "acme/admin:1"), **STARTED}, "k8s/api.yaml"),
    ],
)
def test_the_service_is_what_serves_the_model(
    files: Mapping[str, str], stands: str | None, understand: Understand
) -> None:
    graph = understand({"app.py": APP, "fit.py": FIT, **files})
    found = list(MissingGradualRollout().check(graph))
    assert [one.at.path for one in found] == ([stands] if stands else [])
    assert "deploy/ui.yaml" not in {one.at.path for one in MissingReadinessProbe().check(graph)}
    assert "deploy/ui.yaml" not in {place.path for one in MissingRollback().check(graph) for place in [one.at]}
