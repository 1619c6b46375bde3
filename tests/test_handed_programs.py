# ruff: noqa: E501 - one call to a line
"""Programs that code hands to what runs them elsewhere: jobs of a cloud, of a cluster, the code of an endpoint."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from tests.conftest import Understand

FIT = "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
FILES = {"jobs/src/fit.py": FIT, "jobs/pack/__init__.py": "", "jobs/pack/task.py": FIT, "other/fit.py": FIT}
SDK = "from google.cloud import aiplatform\n"
POOL = "aiplatform.CustomJob(display_name='a', worker_pool_specs=[{'machine_spec': {'machine_type': 'n1'}, %s}])\n"
ENTRY = "from sagemaker.sklearn import SKLearn\n"

RUNS = {
    ENTRY + "SKLearn(entry_point='fit.py', source_dir='src', role='r', instance_type='ml.m5.large')": "jobs/src/fit.py",
    ENTRY + "SKLearn(entry_point='jobs/src/fit.py', role='r', instance_type='ml.m5.large')": "jobs/src/fit.py",
    ENTRY + "HERE = 'src'\nSKLearn(entry_point='fit.py', source_dir=HERE, role='r')": "jobs/src/fit.py",
    "from sagemaker.processing import ScriptProcessor\nScriptProcessor(role='r').run(code='src/fit.py')": "jobs/src/fit.py",
    "from azure.ai.ml import command\njob = command(code='./src', command='python fit.py --n 1', environment='e@latest')": "jobs/src/fit.py",
    "from azureml.core import ScriptRunConfig\nScriptRunConfig(source_directory='src', script='fit.py')": "jobs/src/fit.py",
    "from ray.job_submission import JobSubmissionClient\nJobSubmissionClient('http://x').submit_job(entrypoint='python src/fit.py', runtime_env={})": "jobs/src/fit.py",
    SDK + "aiplatform.CustomTrainingJob(display_name='a', script_path='pack/task.py', container_uri='x')": "jobs/pack/task.py",
    SDK + "aiplatform.CustomJob.from_local_script(display_name='a', script_path='pack/task.py', container_uri='x')": "jobs/pack/task.py",
    SDK + "aiplatform.CustomPythonPackageTrainingJob(display_name='a', python_package_gcs_uri='gs://b/x.tar.gz', python_module_name='pack.task')": "jobs/pack/task.py",
    SDK + POOL % "'container_spec': {'image_uri': 'g/a:1', 'command': ['python', '-m', 'pack.task']}": "jobs/pack/task.py",
    SDK + POOL % "'python_package_spec': {'executor_image_uri': 'g/a:1', 'package_uris': ['gs://b/x'], 'python_module': 'pack.task'}": "jobs/pack/task.py",
    "from kfp import dsl\n@dsl.container_component\ndef fit():\n    return dsl.ContainerSpec(image='g/a:1', command=['python', 'src/fit.py'], args=['--n', '1'])": "jobs/src/fit.py",
    "from kfp import dsl\n@dsl.container_component\ndef fit():\n    return dsl.ContainerSpec('g/a:1', args=['-m', 'pack.task'])": "jobs/pack/task.py",
}  # fmt: skip


@pytest.mark.parametrize("code", RUNS)
def test_code_runs_the_program_that_it_hands_over(code: str, understand: Understand) -> None:
    graph: Graph = understand(FILES | {"jobs/launch.py": code + "\n"})
    found = [one.target for one in graph.links_from("file:jobs/launch.py", "runs")]
    assert [one for one in found if one.startswith("file:")] == [f"file:{RUNS[code]}"]


@pytest.mark.parametrize(
    "code",
    [
        ENTRY + "SKLearn(entry_point='fit.py', source_dir='s3://bucket/code', role='r')",  # there are two of that name
        ENTRY + "SKLearn(entry_point='score.py', source_dir='src', role='r')",
        ENTRY + "SKLearn(image_uri='acme/fit:1', role='r')",
        SDK + "aiplatform.CustomJob(display_name='a', worker_pool_specs=specs())",
    ],
)
def test_what_is_not_of_the_repository_is_not_guessed(code: str, understand: Understand) -> None:
    far = {path.replace("jobs/src", "far/src"): text for path, text in FILES.items()}
    assert understand(far | {"jobs/launch.py": code + "\n"}).links_from("file:jobs/launch.py", "runs") == ()


def test_a_job_that_starts_such_code_trains(understand: Understand) -> None:
    flow = "on:\n  schedule: [{cron: '0 3 * * 1'}]\njobs:\n  fit:\n    runs-on: ubuntu-latest\n    steps: [{run: python jobs/launch.py}]\n"
    code = "from azure.ai.ml import MLClient, command\njob = command(code='./src', command='python fit.py')\nMLClient().create_or_update(job)\n"
    graph: Graph = understand(FILES | {"jobs/launch.py": code, ".github/workflows/fit.yml": flow})
    assert "jobs/src/fit.py" in graph.files_run_by("job:.github/workflows/fit.yml#fit")
    assert graph.mark("file:jobs/src/fit.py") == "production"


HELPER = """
import boto3
def deploy(name, model):
    client = boto3.client("sagemaker")
    client.create_endpoint_config(EndpointConfigName=model, ProductionVariants=[{"ModelName": model}])
    client.create_endpoint(EndpointName=name, EndpointConfigName=model)
"""


@pytest.mark.parametrize(
    ("calls", "label"),
    [
        ("deploy('churn-live', 'churn')\n", "churn-live"),
        ("deploy('churn-live', 'churn')\ndeploy('other-live', 'churn')\n", "name"),  # two of them
        ("", "name"),
    ],
)
def test_an_endpoint_goes_by_the_name_that_the_caller_of_a_helper_gives(
    calls: str, label: str, understand: Understand
) -> None:
    graph: Graph = understand({"deploy.py": HELPER + calls})
    assert [node.label for node in graph.nodes() if node.kind == "endpoint"] == [label]
