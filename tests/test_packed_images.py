# ruff: noqa: E501 - one command to a line
"""Code, models and images that commands name in their own way: by a module, a registered name, a bundle, a folder."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from tests.conftest import Understand

FIT = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
RANK = "import joblib\n\nclass Rank:\n    def __init__(self):\n        self.model = joblib.load('m.joblib')\n    def predict(self, X, names=None):\n        return self.model.predict(X)\n"
FILES = {
    "rank/Rank.py": RANK,
    "fit/trainer/__init__.py": "",
    "fit/trainer/task.py": FIT,
    "fit/train.py": FIT,
    "fit/trainer/main.py": "def fit(request):\n    return 1\n",
}

RUNS = {
    "seldon-core-microservice Rank --service-type MODEL": "rank/Rank.py",
    "seldon-core-microservice Rank.Rank REST": "rank/Rank.py",
    "flink run --jobmanager x:8081 -pym trainer.task -pyfs .": "fit/trainer/task.py",
    "./bin/flink run --pyModule=trainer.task": "fit/trainer/task.py",
    "gcloud ai custom-jobs create --worker-pool-spec=machine-type=n1,replica-count=1,executor-image-uri=x/y:1,local-package-path=.,script=train.py": "fit/train.py",
    "gcloud ai custom-jobs create --worker-pool-spec=replica-count=1,executor-image-uri=x/y:1,python-module=trainer.task,machine-type=n1": "fit/trainer/task.py",
    "gcloud ai custom-jobs local-run --executor-image-uri=x --local-package-path=. --script=train.py": "fit/train.py",
    "gcloud functions deploy fit --runtime python311 --source trainer --entry-point fit": "fit/trainer/main.py",
    "gcloud functions deploy fit --runtime=python311 --source=./trainer --trigger-http": "fit/trainer/main.py",
    "gcloud ai-platform jobs submit training j1 --module-name trainer.task --package-path trainer/": "fit/trainer/task.py",
}  # fmt: skip


@pytest.mark.parametrize("line", RUNS)
def test_a_command_runs_the_code_that_it_names(line: str, understand: Understand) -> None:
    folder = RUNS[line].partition("/")[0]
    graph: Graph = understand(FILES | {f"{folder}/go.sh": line + "\n"})
    assert [edge.target for edge in graph.links_from(f"file:{folder}/go.sh", "runs")] == [f"file:{RUNS[line]}"]


@pytest.mark.parametrize(
    "line",
    [
        "seldon-core-microservice Price REST",
        "flink run job.jar",
        "gcloud functions deploy fit --source gs://bucket/code.zip",
        "gcloud functions describe fit --source trainer",
        "flink list -pym trainer.task",
        "gcloud ai custom-jobs list --filter=script=train.py",
        "gcloud ai custom-jobs create --worker-pool-spec=replica-count=1,python-module=other.task",
    ],
)
def test_a_command_that_names_no_code_runs_none(line: str, understand: Understand) -> None:
    graph: Graph = understand(FILES | {"fit/go.sh": line + "\n", "fit/main.py": "print(1)\n"})
    assert graph.links_from("file:fit/go.sh", "runs") == ()


def test_the_configuration_of_a_job_is_a_workload_that_runs_code(understand: Understand) -> None:
    job = "workerPoolSpecs:\n- replicaCount: 1\n  containerSpec:\n    imageUri: gcr.io/acme/fit:1\n    command: [python, train.py]\n"
    line = "gcloud ai custom-jobs create --display-name=fit --config=job.yaml\n"
    graph: Graph = understand(FILES | {"fit/job.yaml": job, "fit/go.sh": line})
    chain = [("file:fit/go.sh", "runs"), ("file:fit/job.yaml", "defines"), ("workload:fit/job.yaml", "runs")]
    ends = [{edge.target for edge in graph.links_from(*one)} for one in chain]
    assert ends == [{"file:fit/job.yaml"}, {"workload:fit/job.yaml"}, {"file:fit/train.py", "image:gcr.io/acme/fit"}]
    assert [(one.name, one.kind) for one in graph.systems] == [("job", "batch")]


def test_the_image_of_a_server_starts_the_module_that_a_variable_names(understand: Understand) -> None:
    text = "FROM python:3.11-slim\nCOPY . /app\nWORKDIR /app\nENV MODEL_NAME Rank\nCMD exec seldon-core-microservice $MODEL_NAME --service-type MODEL\n"
    graph: Graph = understand(FILES | {"rank/Dockerfile": text})
    assert {edge.target for edge in graph.links_from("stage:rank/Dockerfile#0", "starts")} == {"file:rank/Rank.py"}


def test_an_image_on_a_builder_starts_the_module_that_a_variable_names(understand: Understand) -> None:
    text = 'FROM seldonio/seldon-core-s2i-python3:1.7.0\nENV MODEL_NAME="Rank" API_TYPE="REST"\nCOPY . /microservice\nCMD /s2i/bin/run\n'
    graph: Graph = understand(FILES | {"rank/Dockerfile": text})
    assert "file:rank/Rank.py" in {edge.target for edge in graph.links_from("stage:rank/Dockerfile#0", "starts")}


SERVED = {
    "mlflow models serve -m models:/fraud/Production -p 5001": "fraud",
    "mlflow models serve --model-uri=models:/fraud@champion": "fraud",
    "mlflow models generate-dockerfile -m models:/fraud/3 -d out": "fraud",
    "mlflow sagemaker deploy -m models:/fraud/3 -n eu": "fraud",
    "torchserve --start --model-store store --models fraud=fraud.mar": "fraud.mar",
    "tensorflow_model_server --rest_api_port=8501 --model_base_path=/models/fraud": "fraud",
}


@pytest.mark.parametrize("line", SERVED)
def test_a_command_serves_the_model_that_it_names(line: str, understand: Understand) -> None:
    graph: Graph = understand({"go.sh": line + "\n"})
    assert [edge.target for edge in graph.links_from("file:go.sh", "serves")] == [f"model:{SERVED[line]}"]


@pytest.mark.parametrize("line", ["torchserve --models all", "mlflow models serve -m $MODEL", "mlflow ui -m models:/x"])
def test_a_command_that_names_no_model_serves_none(line: str, understand: Understand) -> None:
    assert understand({"go.sh": line + "\n"}).links_from("file:go.sh", "serves") == ()


def test_the_server_of_an_image_serves_for_it(understand: Understand) -> None:
    text = 'FROM python:3.11\nRUN pip install mlflow\nCMD ["mlflow", "models", "serve", "-m", "models:/fraud/1"]\n'
    edges = understand({"Dockerfile": text}).links_from("stage:Dockerfile#0", "serves")
    assert [(edge.target, edge.at.line) for edge in edges] == [("model:fraud", 3)]


DEPLOYED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: it}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: it, image: "IMAGE"}]}
"""
SERVICE = "import bentoml\n@bentoml.service(name='taxi')\nclass Taxi:\n    @bentoml.api\n    def classify(self, x: float) -> float:\n        return x\n"
OLD = "import bentoml\nsvc = bentoml.Service('taxi', runners=[])\n@svc.api(input=1, output=1)\ndef classify(x):\n    return x\n"
PACKED = {
    "mlflow models build-docker -m models:/fraud/3 -n acme/fraud": ("acme/fraud", "serves", "model:fraud"),
    "mlflow models build-docker --model-uri models:/fraud/3": ("mlflow-pyfunc-servable", "serves", "model:fraud"),
    "bentoml containerize taxi:latest -t acme/taxi:1": ("acme/taxi", "starts", "file:new/service.py"),
    "bentoml containerize taxi:latest": ("taxi", "starts", "file:new/service.py"),
    "s2i build ./rank acme/builder:1 acme/rank:0.1": ("acme/rank", "starts", "file:rank/Rank.py"),
    "s2i build rank acme/builder:1 rank:0.1\ndocker tag rank:0.1 acme/rank:0.1": ("acme/rank", "starts", "file:rank/Rank.py"),
}  # fmt: skip


@pytest.mark.parametrize("line", PACKED)
def test_an_image_without_a_dockerfile_holds_what_a_tool_packs(line: str, understand: Understand) -> None:
    image, relation, target = PACKED[line]
    files = FILES | {"rank/.s2i/environment": "MODEL_NAME=Rank\nAPI_TYPE=REST\n", "new/service.py": SERVICE}
    graph: Graph = understand(files | {"go.sh": line + "\n", "k8s/d.yaml": DEPLOYED.replace("IMAGE", f"{image}:1")})
    assert [edge.target for edge in graph.links_from(f"image:{image}", relation)] == [target]
    node = "workload:k8s/d.yaml#Deployment/it"
    assert target in graph.reachable_from(node)
    if relation == "starts":
        assert target[5:] in graph.files_run_by(node)
        assert graph.mark(target) == "production"


def test_a_bundle_is_found_by_the_name_that_older_code_gives_it(understand: Understand) -> None:
    graph: Graph = understand({"old/service.py": OLD, "go.sh": "bentoml containerize taxi:latest -t acme/taxi:1\n"})
    assert [edge.target for edge in graph.links_from("image:acme/taxi", "starts")] == ["file:old/service.py"]


def test_a_model_of_a_store_is_one_whatever_version_is_taken(understand: Understand) -> None:
    fit = "import bentoml\nfrom sklearn.linear_model import Ridge\nbentoml.sklearn.save_model('taxi', Ridge().fit([[0.0]], [0.0]))\n"
    use = "import bentoml\nrunner = bentoml.sklearn.get('taxi:latest').to_runner()\nsvc = bentoml.Service('taxi', runners=[runner])\n"
    graph: Graph = understand({"fit.py": fit, "service.py": use})
    assert [edge.target for edge in graph.links_from("file:fit.py", "writes")] == ["model:taxi"]
    assert [edge.target for edge in graph.links_from("file:service.py", "reads")] == ["model:taxi"]


def test_two_services_of_one_name_are_not_taken_for_each_other(understand: Understand) -> None:
    files = {"a/service.py": SERVICE, "b/service.py": SERVICE, "go.sh": "bentoml containerize taxi -t acme/taxi:1\n"}
    assert understand(files).links_from("image:acme/taxi") == ()
