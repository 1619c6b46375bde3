# ruff: noqa: E501 - one kind to a line
"""Objects that an operator runs: where each kind says its program, its image and its configuration."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph, answering
from tests.conftest import Understand

FIT = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
POD = "{template: {spec: {containers: [{name: h, image: 'acme/ray:2'}]}}}"

SPECS = {
    "ray.io/v1 RayJob": f"entrypoint: python3 /home/ray/repo/jobs/fit.py --n 3\n  rayClusterSpec: {{headGroupSpec: {POD}}}",
    "ray.io/v1 RayCronJob": f"schedule: '0 3 * * *'\n  jobTemplate: {{entrypoint: python jobs/fit.py, rayClusterSpec: {{headGroupSpec: {POD}}}}}",
    "sparkoperator.k8s.io/v1beta2 SparkApplication": "image: acme/spark:3\n  mainApplicationFile: local:///opt/work/jobs/fit.py",
    "sparkoperator.k8s.io/v1beta2 ScheduledSparkApplication": "schedule: '@daily'\n  template: {image: 'acme/spark:3', mainApplicationFile: 'local:///w/jobs/fit.py'}",
    "spark.apache.org/v1 SparkApplication": "pyFiles: local:///opt/work/jobs/fit.py\n  driverSpec: {podTemplateSpec: {spec: {containers: [{name: d, image: 'acme/spark:4'}]}}}",
    "trainer.kubeflow.org/v1alpha1 TrainJob": "trainer: {image: 'acme/fit:1', command: [torchrun, jobs/fit.py]}",
    "flink.apache.org/v1beta1 FlinkDeployment": "image: acme/flink:1\n  job: {args: ['-py', /opt/usrlib/jobs/fit.py]}",
    "sagemaker.services.k8s.aws/v1alpha1 TrainingJob": "algorithmSpecification: {trainingImage: 'acme/fit:1', containerEntrypoint: [python, jobs/fit.py]}",
    "kubeflow.org/v1 PyTorchJob": "pytorchReplicaSpecs: {Master: {template: {spec: {containers: [{name: p, image: 'acme/fit:1', command: [torchrun, /app/jobs/fit.py]}]}}}}",
    "kubeflow.org/v2beta1 MPIJob": "mpiReplicaSpecs: {Launcher: {template: {spec: {containers: [{name: l, image: 'acme/fit:1', command: [mpirun], args: [python, jobs/fit.py]}]}}}}",
    "batch.volcano.sh/v1alpha1 Job": "tasks: [{name: w, template: {spec: {containers: [{name: w, image: 'acme/fit:1', command: [sh, -c, python jobs/fit.py]}]}}}]",
    "kubeflow.org/v1beta1 Experiment": "trialTemplate: {trialSpec: {kind: Job, spec: {template: {spec: {containers: [{name: t, image: 'acme/fit:1', command: [python, jobs/fit.py]}]}}}}}",
    "kubernetes.dask.org/v1 DaskJob": "job: {spec: {containers: [{name: j, image: 'acme/dask:1', args: [python, jobs/fit.py]}]}}",
    "argoproj.io/v1alpha1 CronWorkflow": "schedule: '0 1 * * *'\n  workflowSpec: {templates: [{name: x, script: {image: 'acme/fit:1', command: [python], source: 'from jobs import fit'}}]}",
}  # fmt: skip


@pytest.mark.parametrize("kind", SPECS)
def test_the_program_of_an_object_is_the_file_that_it_names(kind: str, understand: Understand) -> None:
    version, name = kind.split()
    text = f"apiVersion: {version}\nkind: {name}\nmetadata: {{name: fit}}\nspec:\n  {SPECS[kind]}\n"
    graph: Graph = understand({"jobs/__init__.py": "", "jobs/fit.py": FIT, "k8s/o.yaml": text})
    node = f"workload:k8s/o.yaml#{name}/fit"
    assert "jobs/fit.py" in graph.files_run_by(node)
    assert [
        edge.target.partition("/")[0] for edge in graph.links_from(node, "runs") if edge.target.startswith("image:")
    ] == ["image:acme"]
    assert graph.mark("file:jobs/fit.py") == "production"


SERVE = """
import joblib
from ray import serve

@serve.deployment
class Ranker:
    def __init__(self):
        self.model = joblib.load("m.joblib")

    async def __call__(self, request):
        return self.model.predict(await request.json())

graph = Ranker.bind()
"""
SERVICE = """
apiVersion: ray.io/v1
kind: RayService
metadata: {name: ranker}
spec:
  serveConfigV2: |
    applications:
      - name: ranker
        import_path: app:graph
        runtime_env: {working_dir: "file:///home/ray/repo/models/ranker"}
        deployments: [{name: Ranker, autoscaling_config: {min_replicas: 1, max_replicas: 4}}]
  rayClusterConfig:
    headGroupSpec: {template: {spec: {containers: [{name: h, image: "acme/ray:2"}]}}}
"""


def test_a_service_of_ray_is_one_subject_with_the_deployments_of_its_code(understand: Understand) -> None:
    graph: Graph = understand(
        {
            "models/ranker/app.py": SERVE,
            "models/other/app.py": "graph = None\n",
            "deploy/ranker.yaml": SERVICE,
            "jobs/fit.py": FIT,
        }
    )
    node = "workload:deploy/ranker.yaml#RayService/ranker"
    assert {edge.target for edge in graph.links_from(node, "runs")} == {"file:models/ranker/app.py", "image:acme/ray"}
    assert graph.path(node, "workload:models/ranker/app.py#RayServeDeployment/Ranker")
    assert [one.name for one in answering(graph)] == ["ranker"]
    assert "resource:deploy/ranker.yaml#RayService/ranker" not in {one.id for one in graph.nodes()}
    assert [str(one.at) for one in graph.evidence("autoscaling")] == ["deploy/ranker.yaml:2"]
    place = next(edge.at for edge in graph.links_from(node, "runs") if edge.target.startswith("file:"))
    assert place.line == 9  # inside the text that the object holds


def test_a_configuration_that_is_no_yaml_stays_text(understand: Understand) -> None:
    graph: Graph = understand({"app.py": SERVE, "s.yaml": SERVICE.replace("applications:", "applications: [")})
    node = "workload:s.yaml#RayService/ranker"
    assert [edge.target for edge in graph.links_from(node, "runs")] == ["image:acme/ray"]


@pytest.mark.parametrize(
    ("words", "linked"),
    [
        ("python -c 'from jobs import fit; fit.main()'", True),
        ("python -c 'import os; import jobs.fit as f'", True),
        ("python -c 'print(1)'", False),
        ("python run.py -c 'import jobs.fit'", False),
    ],
)
def test_a_program_on_the_command_line_runs_what_it_imports(words: str, linked: bool, understand: Understand) -> None:
    graph: Graph = understand({"jobs/__init__.py": "", "jobs/fit.py": FIT, "Makefile": f"fit:\n\t{words}\n"})
    assert ("jobs/fit.py" in graph.files_run_by("target:Makefile#fit")) is linked


def test_an_application_that_ends_is_no_service(understand: Understand) -> None:
    text = (
        "apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: fit}\nspec:\n"
        "  mainApplicationFile: local:///w/fit.py\n"
        "  driver: {template: {spec: {containers: [{name: d, image: 'acme/spark:3'}]}}}\n"
    )
    graph: Graph = understand({"fit.py": FIT, "k8s/fit.yaml": text})
    assert [one.name for one in graph.workloads()] == ["fit"]
    assert graph.long_running() == ()
