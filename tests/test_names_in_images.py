"""Files that an image calls otherwise than the repository does: renamed by a copy, named by a function of theirs."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link.inimages import InImages, context_files
from tests.by_hand import fact
from tests.conftest import Understand

SERVE = (
    "import joblib\nmodel = joblib.load('m.pkl')\n\ndef handler(event, context):\n    return model.predict([event])\n"
)
OTHER = "print('another program of the same name')\n"
STAGE = "stage:svc/Dockerfile#0"

STARTED = {
    "COPY src/serve.py /app/main.py\nWORKDIR /app\nCMD python main.py": "svc/src/serve.py",
    'WORKDIR /app\nCOPY src/serve.py main.py\nCMD ["python", "main.py"]': "svc/src/serve.py",
    'COPY src/serve.py /app/main.py\nCMD ["python", "/app/main.py"]': "svc/src/serve.py",
    "WORKDIR /app\nCOPY src/serve.py main.py\nCMD uvicorn main:app": "svc/src/serve.py",
    "WORKDIR /app\nCOPY src/serve.py main.py\nCMD python -m main": "svc/src/serve.py",
    'COPY run/start.sh /entrypoint.sh\nENTRYPOINT ["/entrypoint.sh"]': "svc/run/start.sh",
    "COPY src/serve.py ./\nCMD python serve.py": "svc/src/serve.py",
    'FROM x\nCOPY src/serve.py ${ROOT}\nCMD ["serve.handler"]': "",  # the last stage is another one
    'COPY src/serve.py ${ROOT}\nCMD ["serve.gone"]': "",
    'COPY serve.py ${ROOT}\nCMD ["serve.handler"]': "svc/serve.py",
}
FILES = {"svc/src/serve.py": SERVE, "svc/run/start.sh": "echo\n", "main.py": OTHER, "svc/serve.py": SERVE}


@pytest.mark.parametrize("lines", STARTED)
def test_an_image_starts_the_file_that_it_holds_under_that_name(lines: str, understand: Understand) -> None:
    files = {path: text for path, text in FILES.items() if path != "svc/serve.py" or "COPY serve.py" in lines}
    graph: Graph = understand(files | {"svc/Dockerfile": f"FROM python:3.11-slim\n{lines}\n"})
    wanted = [f"file:{STARTED[lines]}"] if STARTED[lines] else []
    assert [edge.target for edge in graph.links_from(STAGE, "starts")] == wanted


def test_a_stage_starts_what_the_stage_below_copies(understand: Understand) -> None:
    text = "FROM python:3.11 AS base\nCOPY src/serve.py /app/main.py\nFROM base\nWORKDIR /app\nCMD python main.py\n"
    graph: Graph = understand(FILES | {"svc/Dockerfile": text})
    assert [edge.target for edge in graph.links_from("stage:svc/Dockerfile#1", "starts")] == ["file:svc/src/serve.py"]


def test_a_workload_starts_it_by_the_name_in_its_image(understand: Understand) -> None:
    text = "FROM python:3.11\nWORKDIR /app\nCOPY src/serve.py job.py\n"
    compose = "services:\n  fit:\n    build: ./svc\n    command: python job.py\n"
    graph: Graph = understand(FILES | {"svc/Dockerfile": text, "compose.yaml": compose})
    assert "svc/src/serve.py" in graph.files_run_by("workload:compose.yaml#service/fit")


APP = "from fastapi import FastAPI\napp = FastAPI()\n"
IMAGE = "FROM python:3.11\nCOPY app.py .\n"
DEPLOYED = """
from aws_cdk import App, Stack, aws_ecs as ecs, aws_ecr_assets as assets
class S(Stack):
    def __init__(self, scope, id):
        td = ecs.FargateTaskDefinition(self, "TD")
        td.add_container("web", image={image}, command=["uvicorn", "app:app"])
        ecs.FargateService(self, "Svc", task_definition=td)
S(App(), "s")
"""
IMAGES = {
    'ecs.ContainerImage.from_docker_image_asset(assets.DockerImageAsset(self, "A", directory="./web"))': "web/app.py",
    'ecs.ContainerImage.from_asset("web")': "web/app.py",
    'ecs.ContainerImage.from_asset(".", file="Dockerfile.all")': "app.py",  # that holds the whole repository
    'ecs.ContainerImage.from_registry("acme/web:1")': "",  # never the stack itself
}


@pytest.mark.parametrize("image", IMAGES)
def test_a_command_of_a_container_means_the_files_of_its_image(image: str, understand: Understand) -> None:
    files = {"app.py": DEPLOYED.replace("{image}", image), "web/app.py": APP, "web/Dockerfile": IMAGE}
    files["Dockerfile.all"] = "FROM python:3.11\nCOPY . /srv/\n"
    graph: Graph = understand(files)
    found = [one.target for one in graph.links_from("workload:app.py#AWS::ECS::TaskDefinition/TD", "runs")]
    assert [one for one in found if one.startswith("file:")] == [f"file:{IMAGES[image]}"] * bool(IMAGES[image])


MANIFESTS = {
    "compose.yaml": "services:\n  web:\n    build: ./web\n    command: uvicorn app:app\n",
    "k8s.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
    '      containers: [{name: a, image: "acme/web:1", command: [uvicorn, "app:app"]}]\n',
}


@pytest.mark.parametrize("path", MANIFESTS)
def test_what_the_image_holds_comes_before_what_lies_beside_the_manifest(path: str, understand: Understand) -> None:
    files = {"app.py": OTHER, "web/app.py": APP, "web/Dockerfile": IMAGE, path: MANIFESTS[path]}
    graph: Graph = understand(files | {"Makefile": "web:\n\tdocker build -t acme/web:1 web\n"})
    (workload,) = graph.all_facts("workload")
    found = [one.target for one in graph.links_from(f"workload:{workload.get('id')}", "runs")]
    assert [one for one in found if one.startswith("file:")] == ["file:web/app.py"]


FUNCTIONS = {
    "app.py": "from aws_cdk import aws_lambda as lam\nlam.DockerImageFunction(self, 'F', "
    "code=lam.DockerImageCode.from_image_asset('fit', cmd=['job.handler']))\n",
    "template.yaml": "Transform: AWS::Serverless-2016-10-31\nResources:\n  F:\n    Type: AWS::Serverless::Function\n"
    "    Properties: {PackageType: Image, ImageConfig: {Command: [job.handler]}}\n"
    "    Metadata: {Dockerfile: Dockerfile, DockerContext: ./fit}\n",
    "whole.yaml": "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  F:\n    Type: AWS::Lambda::Function\n"
    "    Properties: {PackageType: Image, Code: {ImageUri: 'acme/fit:1'}, ImageConfig: {Command: [job.handler]}}\n",
    "main.tf": 'resource "aws_lambda_function" "f" {\n  package_type = "Image"\n  image_uri = "acme/fit:1"\n'
    '  image_config {\n    command = ["job.handler"]\n  }\n}\n',
}


@pytest.mark.parametrize("path", FUNCTIONS)
@pytest.mark.parametrize("name", ["handler", "gone"])
def test_a_function_of_an_image_that_its_declaration_names(path: str, name: str, understand: Understand) -> None:
    files = {path: FUNCTIONS[path].replace("job.handler", f"job.{name}"), "fit/job.py": SERVE}
    files["fit/Dockerfile"] = "FROM public.ecr.aws/lambda/python:3.11\nCOPY job.py ${LAMBDA_TASK_ROOT}\n"
    graph: Graph = understand(files | {"Makefile": "fit:\n\tdocker build -t acme/fit:1 fit\n"})
    (workload,) = graph.all_facts("workload")
    found = [one.target for one in graph.links_from(f"workload:{workload.get('id')}", "runs")]
    assert [one for one in found if one.startswith("file:")] == ["file:fit/job.py"] * (name == "handler")


def test_names_of_an_image_by_hand() -> None:
    copies = [
        {"src": "src/serve.py", "dst": "main.py"},
        {"src": "src/serve.py", "dst": "/opt/serve.py"},  # under its own name
        {"src": "src", "dst": "lib.d"},
        {"src": "gone.py", "dst": "other.py"},
        {"src": "/built/x.py", "dst": "x2.py", "from": "build"},
    ]
    files = ("svc/Dockerfile", "svc/src/serve.py", "svc/src/util.py")
    stage = fact("stage", "0", "svc/Dockerfile:1", copies=copies, workdir="/app", final=True)
    inside = InImages(Graph([stage], files))
    assert inside.renamed(STAGE) == {"app/main.py": "svc/src/serve.py"}
    assert inside.started(STAGE, ["python", "main.py"]) == ["svc/src/serve.py"]
    assert inside.started(STAGE, ["python", "else.py"]) == []
    assert inside.started("stage:gone#0", ["python", "main.py"]) == []
    assert context_files("src", "svc/Dockerfile", frozenset(files), files) == ["svc/src/serve.py", "svc/src/util.py"]
