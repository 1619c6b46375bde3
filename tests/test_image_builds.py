"""Whatever builds an image, its Dockerfile is linked with the workload that runs it, and with no stranger's."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.scanner.config import Config

_DOCKERFILE = "FROM python:3.12-slim\nCOPY serve.py .\nCMD python serve.py\n"
_CI = ".github/workflows/ci.yml"
_GITHUB = "on: push\nenv: {REG: reg.io/acme}\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"


def _steps(text: str) -> dict[str, str]:
    return {_CI: _GITHUB + "".join(f"      {line}\n" for line in text.strip("\n").splitlines())}


def _run(*lines: str, folder: str = "") -> dict[str, str]:
    where = f"\n  working-directory: {folder}" if folder else ""
    return _steps("- run: |\n" + "\n".join(f"    {line}" for line in lines) + where)


def _pod(image: str, name: str = "ranker") -> str:
    containers = f'[{{name: c, image: "{image}"}}]'
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec:\n  template:\n    spec:\n      containers: {containers}\n"
    )


def _built(root: Path, files: dict[str, str]) -> set[tuple[str, str]]:
    """(Dockerfile, image) of what stages build and workloads run."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    edges = scan(root, Config(jobs=1)).edges
    runs = {one.target for one in edges if one.relation == "runs" and one.source.startswith("workload:")}
    return {
        (one.source.removeprefix("stage:").partition("#")[0], one.target.removeprefix("image:"))
        for one in edges
        if one.relation == "builds" and one.source.startswith("stage:") and one.target in runs
    }


FORMS = {
    "docker build": _run("docker build -t reg.io/acme/ranker:1 svc"),
    "options behind the folder": _run("docker build svc --pull -t reg.io/acme/ranker:1"),
    "another folder": _run("cd svc", "docker build -t reg.io/acme/ranker:1 ."),
    "working-directory": _run("docker build . -t reg.io/acme/ranker:1", folder="svc"),
    "a variable of the script": _run("IMAGE=$REG/ranker:$(git rev-parse HEAD)", 'docker build -t "$IMAGE" svc'),
    "export": _run("export NAME=ranker", "docker build -t ${REG}/${NAME}:1 svc"),
    "a default": _run("docker build -t ${REGISTRY:-reg.io/acme}/ranker svc"),
    "several tags": _run("docker buildx build --push --tag reg.io/acme/other --tag=$REG/ranker:1 ./svc"),
    "a loop": _run("for s in ranker embedder; do", "  docker build -t $REG/$s:1 -f svc/Dockerfile .", "done"),
    "another name": _run("docker build -t x svc", "docker tag x $REG/ranker:1", "docker push $REG/ranker:1"),
    "podman": _run("podman build -t reg.io/acme/ranker svc"),
    "buildah": _run("buildah bud -t reg.io/acme/ranker -f svc/Dockerfile svc"),
    "az acr build": _run("az acr build --registry reg --image acme/ranker:$SHA --file svc/Dockerfile svc"),
    "gcloud": _run("gcloud builds submit --tag reg.io/acme/ranker:1 svc"),
    "a registry that a step tells": _run("docker build -t ${{ steps.login.outputs.registry }}/acme/ranker svc"),
    "environment of later steps": _steps(
        """
- run: echo "IMAGE=$REG/ranker:${GITHUB_SHA}" >> $GITHUB_ENV
- run: docker build -t $IMAGE svc
"""
    ),
    "action": _steps(
        """
- uses: docker/build-push-action@v6
  with: {context: svc, push: true, tags: "reg.io/acme/ranker:${{ github.sha }}"}
"""
    ),
    "action with a file and lines": _steps(
        """
- uses: docker/build-push-action@v6
  with:
    context: .
    file: svc/Dockerfile
    tags: |
      reg.io/acme/other:latest
      ${{ env.REG }}/ranker:${{ github.sha }}
"""
    ),
    "metadata": _steps(
        """
- id: meta
  uses: docker/metadata-action@v5
  with: {images: "${{ env.REG }}/ranker"}
- uses: docker/build-push-action@v6
  with: {context: svc, push: true, tags: "${{ steps.meta.outputs.tags }}"}
"""
    ),
    "outputs": _steps(
        """
- id: name
  run: echo "image=ghcr.io/${GITHUB_REPOSITORY_OWNER}/ranker" >> "$GITHUB_OUTPUT"
- uses: docker/build-push-action@v6
  with: {context: "{{defaultContext}}:svc", tags: "${{ steps.name.outputs.image }}:1"}
"""
    ),
    "matrix": {
        _CI: "on: push\nenv: {IMAGE: '${{ vars.REG }}/acme'}\njobs:\n  b:\n    runs-on: x\n"
        "    strategy: {matrix: {svc: [ranker]}}\n    steps:\n      - uses: docker/build-push-action@v6\n"
        "        with: {context: svc, tags: '${{ env.IMAGE }}/${{ matrix.svc }}:1'}\n"
    },
    "kaniko": {
        ".gitlab-ci.yml": "b:\n  image: {name: gcr.io/kaniko-project/executor, entrypoint: ['']}\n  script:\n"
        "    - /kaniko/executor --context $CI_PROJECT_DIR/svc --dockerfile Dockerfile -d reg.io/acme/ranker\n"
    },
    "one shell": {
        ".gitlab-ci.yml": "b:\n  script:\n    - cd svc\n    - N=ranker\n    - docker build -t reg.io/acme/$N .\n"
    },
    "Tekton": {
        "ci/task.yaml": "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: b}\nspec:\n  steps:\n    - name: k\n"
        "      image: gcr.io/kaniko-project/executor\n"
        "      args: [--context=svc, --dockerfile=svc/Dockerfile, --destination=reg.io/acme/ranker]\n"
    },
    "Azure": {
        "azure-pipelines.yml": "trigger: [main]\nvariables: {repo: acme/ranker}\nsteps:\n  - task: Docker@2\n"
        "    inputs: {command: buildAndPush, repository: $(repo), Dockerfile: '**/Dockerfile'}\n"
    },
    "Jenkins": {
        "Jenkinsfile": "pipeline { agent any\n stages { stage('B') { steps { script {\n"
        '   docker.build("reg.io/acme/ranker:${env.BUILD_ID}", "-f svc/Dockerfile svc").push()\n } } } } }\n'
    },
    "Bitbucket": {
        "bitbucket-pipelines.yml": "pipelines:\n  default:\n    - step:\n        script:\n"
        "          - export IMG=reg.io/acme/ranker\n          - docker build -t $IMG:$BITBUCKET_COMMIT svc\n"
    },
    "CodeBuild": {
        "buildspec.yml": "version: 0.2\nphases:\n  pre_build:\n    commands:\n"
        "      - REPOSITORY_URI=$ACCOUNT.dkr.ecr.$AWS_REGION.amazonaws.com/acme/ranker\n      - TAG=$(date +%s)\n"
        "  build:\n    commands:\n      - docker build -t $REPOSITORY_URI:$TAG svc\n"
    },
    "Cloud Build": {
        "cloudbuild.yaml": "steps:\n  - name: gcr.io/cloud-builders/docker\n"
        "    args: [build, -t, 'reg.io/$PROJECT_ID/ranker:$SHORT_SHA', svc]\n"
    },
    "make": {
        "Makefile": "REG ?= reg.io/acme\nbuild:\n\tdocker build -t $(REG)/ranker:$(TAG) -f svc/Dockerfile svc\n",
    },
    "a script": {
        "scripts/build.sh": '#!/bin/bash\nset -e\nREG=${1:-reg.io/acme}\ncd "$(dirname "$0")/.."\n'
        'docker build -t "$REG/ranker:$TAG" svc\n'
    },
    "bake": {
        "docker-bake.hcl": 'variable "REG" { default = "reg.io/acme" }\ntarget "base" { context = "svc" }\n'
        'target "ranker" {\n  inherits = ["base"]\n  tags = ["${REG}/ranker:1"]\n}\n'
    },
    "Skaffold": {
        "skaffold.yaml": "apiVersion: skaffold/v4beta11\nkind: Config\nbuild:\n  artifacts:\n"
        "    - {image: reg.io/acme/ranker, context: svc}\n"
    },
    "bake in JSON": {
        "docker-bake.json": '{"group": {"default": {"targets": ["ranker"]}},\n'
        '"variable": {"REG": {"default": "reg.io"}},\n'
        '"target": {"base": {"context": "svc"},\n'
        '"ranker": {"inherits": ["base"], "tags": ["${REG}/acme/ranker:1"]}}}'
    },
    "DevSpace": {
        "devspace.yaml": "version: v2beta1\nimages:\n"
        "  ranker: {image: reg.io/acme/ranker, dockerfile: ./svc/Dockerfile}\n"
        "  packed: {image: reg.io/acme/other, buildpacks: {}}\n"
    },
    "Tilt": {
        "Tiltfile": "load('ext://x', 'y')\nNAME = 'reg.io/acme/ranker'\n"
        "docker_build(NAME, context='svc', live_update=[sync('.', '/app')])\ndocker_build(other(), 'svc')\n"
    },
    "a declared repository": {
        "main.tf": 'resource "aws_ecr_repository" "it" {\n  name = "acme/ranker"\n}\n'
        'resource "null_resource" "b" {\n  provisioner "local-exec" {\n'
        '    command = "docker build -t ${aws_ecr_repository.it.repository_url}:1 svc"\n  }\n}\n'
    },
    "compose": {"compose.yaml": "services:\n  ranker: {build: svc, image: '${REG}/acme/ranker:1'}\n"},
    "Terraform": {
        "main.tf": 'resource "docker_image" "r" {\n  name = "reg.io/acme/ranker:1"\n'
        '  build {\n    context = "svc"\n  }\n}\n'
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_built_is_what_runs(tmp_path: Path, form: str) -> None:
    found = _built(
        tmp_path,
        {
            **FORMS[form],
            "svc/Dockerfile": _DOCKERFILE,
            "svc/serve.py": "import fastapi\n",
            "k8s/ranker.yaml": _pod("reg.io/acme/ranker:7"),
        },
    )
    assert ("svc/Dockerfile", "reg.io/acme/ranker") in found


REPOSITORY = 'resource "aws_ecr_repository" "it" {\n  %s\n}\n'
FUNCTION = (
    'resource "aws_lambda_function" "fn" {\n  function_name = "fn"\n  package_type = "Image"\n  image_uri = "%s:1"\n}\n'
)


@pytest.mark.parametrize(
    ("repository", "address", "name"),
    [
        ('name = "acme/ranker"', "${aws_ecr_repository.it.repository_url}", "acme/ranker"),
        (
            'name = "${each.key}"\n  for_each = toset(["ranker", "x"])',
            '${aws_ecr_repository.it["ranker"].repository_url}',
            "ranker",
        ),
        ('name = "acme/ranker"\n  count = 1', "${aws_ecr_repository.it[0].repository_url}", "acme/ranker"),
        ('name = "acme/ranker"', "${aws_ecr_repository.it.registry_id}", ""),
        ('name = "acme/ranker"', "${aws_ecr_repository.gone.repository_url}", ""),
    ],
)
def test_a_function_runs_the_image_of_a_declared_repository(
    tmp_path: Path, repository: str, address: str, name: str
) -> None:
    found = _built(
        tmp_path,
        {
            "main.tf": REPOSITORY % repository + FUNCTION % address,
            "svc/Dockerfile": _DOCKERFILE,
            **_run(f"docker build -t reg.io/{name or 'acme/ranker'}:1 svc"),
        },
    )
    assert {image for _, image in found} == ({name} if name else set())


def test_a_repository_without_a_known_name_joins_what_is_built_and_run_by_its_address(tmp_path: Path) -> None:
    build = (
        'resource "null_resource" "b" {\n  provisioner "local-exec" {\n'
        '    command = "docker build -t ${aws_ecr_repository.it.repository_url}:1 svc"\n  }\n}\n'
    )
    infra = REPOSITORY % "name = var.name" + build + FUNCTION % "${aws_ecr_repository.it.repository_url}"
    found = _built(tmp_path, {"main.tf": infra, "svc/Dockerfile": _DOCKERFILE})
    assert {path for path, _ in found} == {"svc/Dockerfile"}


@pytest.mark.parametrize(
    ("builds", "runs"),
    [
        (("$HERE/app", "$THERE/app"), "reg.io/acme/app"),  # two Dockerfiles make an `app`
        (("reg.io/one/api", "reg.io/two/api"), "reg.io/three/api"),
        (("$REG/ranker-$ENV", "$REG/$NAME"), "reg.io/acme/ranker"),
        (("redis", "x"), "bitnami/redis"),  # a product's image
    ],
)
def test_strangers_stay_apart(tmp_path: Path, builds: tuple[str, str], runs: str) -> None:
    found = _built(
        tmp_path,
        {
            **_run(f"docker build -t {builds[0]} one", f"docker build -t {builds[1]} two"),
            "one/Dockerfile": _DOCKERFILE,
            "two/Dockerfile": _DOCKERFILE,
            "k8s/app.yaml": _pod(runs),
        },
    )
    assert found == set()


def test_of_two_that_end_alike_the_one_beside_the_workload_is_meant(tmp_path: Path) -> None:
    found = _built(
        tmp_path,
        {
            **_run("docker build -t $REG1/api one", "docker build -t $REG2/api two"),
            "one/Dockerfile": _DOCKERFILE,
            "two/Dockerfile": _DOCKERFILE,
            "one/k8s/api.yaml": _pod("reg.io/acme/api"),
        },
    )
    assert found == {("one/Dockerfile", "reg.io/acme/api")}


def test_a_common_word_needs_the_nearest_dockerfile(tmp_path: Path) -> None:
    found = _built(
        tmp_path,
        {
            **_run("docker build -t app one"),
            "one/Dockerfile": _DOCKERFILE,
            "two/Dockerfile": _DOCKERFILE,
            "two/k8s/app.yaml": _pod("reg.io/acme/app"),
        },
    )
    assert found == set()


def test_a_folder_that_nobody_knows_is_not_the_root(tmp_path: Path) -> None:
    found = _built(
        tmp_path,
        {
            **_run('cd "$WHERE"', "docker build -t reg.io/acme/ranker ."),
            "Dockerfile": _DOCKERFILE,
            "svc/Dockerfile": _DOCKERFILE,
            "k8s/ranker.yaml": _pod("reg.io/acme/ranker"),
        },
    )
    assert found == set()


def test_a_function_whose_image_is_built_where_it_is_declared(tmp_path: Path) -> None:
    text = (
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Predict:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {PackageType: Image}\n    Metadata: {DockerContext: ./fn, Dockerfile: Dockerfile}\n"
    )
    (tmp_path / "fn").mkdir()
    (tmp_path / "template.yaml").write_text(text)
    (tmp_path / "fn" / "Dockerfile").write_text(_DOCKERFILE)
    edges = scan(tmp_path, Config(jobs=1)).edges
    assert ("template.yaml#Predict", "stage:fn/Dockerfile#0") in {
        (one.source.partition(":")[2], one.target) for one in edges if one.relation == "builds"
    }
