"""CDK in TypeScript: which constructs are made, where, and what that says of the repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter

import pytest

from mlops_scan.scanner.formats.typescript import Made, made
from mlops_scan.scanner.graph import Graph

Understand = Callable[[Mapping[str, str]], Graph]

STACK = """
import { Stack, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { CfnModelPackageGroup } from 'aws-cdk-lib/aws-sagemaker';
// new tasks.SageMakerCreateEndpoint(this, 'No', {});

export class Forecast extends Stack {
  constructor(scope: Construct) {
    const train = new tasks.SageMakerCreateTrainingJob(this, 'Train', { trainingJobName: "new sfn.StateMachine(" });
    const score = new tasks.SageMakerCreateTransformJob(this, 'Score', {});
    new sfn.StateMachine(this, 'Pipeline', { definition: train.next(score) });
  }
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import * as s3 from 'x/aws-s3';\nnew s3.Bucket(a)", [("x/aws-s3", "Bucket", 2)]),
        ('import { Bucket as B } from "x";\n\nconst b = new B(a)', [("x", "Bucket", 3)]),
        ("import { aws_s3 as s3 } from 'x';\nnew s3.Bucket(a)", [("x", "aws_s3.Bucket", 2)]),
        ("const s3 = require('x');\nnew s3.Bucket(a)", [("x", "Bucket", 2)]),
        ("import x, { y } from 'x';\nnew Own(a)", []),
        ("import * as s3 from 'x';\n/* new s3.Bucket(a) */ `new s3.Bucket(b)`", []),
        ("/* import * as s3 from 'x'; */\nnew s3.Bucket(a)", []),
    ],
)
def test_what_is_made(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert [(one.module, one.name, one.line) for one in made(text)] == expected


def test_the_column_is_that_of_new() -> None:
    assert list(made("import * as s3 from 'x';\n  const b = new s3.Bucket(a)")) == [Made("x", "Bucket", 2, 13)]


@pytest.mark.parametrize(
    "text",
    [
        "import {" * 50_000,
        "new " * 100_000,
        "`" * 300_000,
        "/*" * 300_000,
        "import * as a from 'x'\n" + "new a.B(\n" * 80_000,
        "new " + "a." * 300_000,
        "import {" + "a," * 300_000,
    ],
)
def test_odd_texts_take_no_time(text: str) -> None:
    started = perf_counter()
    sum(1 for _ in made(text))
    assert perf_counter() - started < 2.0


def test_an_application_says_what_it_trains_and_serves(understand: Understand) -> None:
    graph = understand({"cdk.json": "{}", "lib/stack.ts": STACK})
    assert (graph.profile.is_ml, graph.profile.trains_model, graph.profile.serves_model) == (True, True, "batch")
    assert [(one.at.path, one.at.line) for one in graph.evidence("pipeline-orchestration")] == [("lib/stack.ts", 11)]
    assert not graph.has("model-registry")


def test_an_application_without_models_is_none(understand: Understand) -> None:
    bucket = "import * as s3 from 'aws-cdk-lib/aws-s3';\nnew s3.Bucket(this, 'B');\n"
    assert not understand({"cdk.json": "{}", "lib/stack.ts": bucket}).profile.is_ml
