"""terraform-endpoint-no-auto-rollback"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner import paths
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact, Finding

_LOGICAL_ID = re.compile(r"!(?:Ref|GetAtt) (\w+)")


class TerraformEndpointNoAutoRollback(Rule):
    """A bad update of the endpoint stays until somebody notices

    ## Why is this bad?
    The new model or container is live as soon as it starts. With alarms in the deployment configuration the service
    takes the update back by itself while the old fleet is still there.

    The rule judges definitions of endpoints wherever they are written: Terraform, CloudFormation, CDK, calls of an SDK.

    ## Example
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```hcl title="main.tf"
    resource "aws_sagemaker_endpoint" "prices" {
      name                 = "prices"
      endpoint_config_name = "prices-1"
    }
    ```

    ## Use instead
    ```python title="train.py"
    from sklearn.linear_model import Ridge

    Ridge().fit([[0.0]], [0.0])
    ```
    ```hcl title="main.tf"
    resource "aws_sagemaker_endpoint" "prices" {
      name                 = "prices"
      endpoint_config_name = "prices-1"
      deployment_config {
        auto_rollback_configuration {
          alarms { alarm_name = "prices-5xx" }
        }
        blue_green_update_policy {
          traffic_routing_configuration {
            type                     = "ALL_AT_ONCE"
            wait_interval_in_seconds = 300
          }
        }
      }
    }
    ```

    ## When to ignore
    A pipeline watches the endpoint after each update and puts the old configuration back.

    ## References
    SageMaker documentation, deployment guardrails: auto-rollback configuration and monitoring.
    """

    kinds = OPERATED
    references = ("https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html",)
    remedy = "Name alarms in the endpoint's deployment configuration, so that an update that raises one is taken back."

    def check(self, graph: Graph) -> Iterator[Finding]:
        if self.offered(graph, "rollback"):
            return
        in_code = {use.tool for use in graph.uses("rollback", "gradual-rollout") if use.fact.kind == "call"}
        told: set[tuple[str, str, str]] = set()
        serverless, watched = _serverless(graph), _watched(graph)
        for use in graph.uses("can-roll-back"):
            if (
                use.disabled
                or use.tried_out
                or paths.is_development(use.at.path)
                or use.tool in in_code
                or graph.has_role(use.fact, "rollback")
            ):
                continue
            if use.at.path in watched or _is_serverless(use.fact, serverless):
                continue
            kind = str(use.fact.get("type"))
            if (use.at.path, kind, use.fact.name) in told:
                continue  # made in one branch and changed in another
            told.add((use.at.path, kind, use.fact.name))
            yield self.finding(
                f"Endpoint definition '{kind}.{use.fact.name}' does not take back an update that raises alarms.",
                use.at,
                subject=f"{use.at.path.rpartition('/')[0]}#{kind}.{use.fact.name}",
            )


def _serverless(graph: Graph) -> dict[str, list[Fact]]:
    """Configurations of endpoints that have no instances to scale, by name."""
    found: dict[str, list[Fact]] = {}
    for fact in graph.facts("resource"):
        if (
            graph.has_role(fact, "model-server")
            and graph.has_role(fact, "autoscaling")
            and not graph.has_role(fact, "can-scale")
        ):
            found.setdefault(fact.name, []).append(fact)
    return found


def _is_serverless(endpoint: Fact, serverless: Mapping[str, list[Fact]]) -> bool:
    """Whether the endpoint's configuration is one that has no instances to scale."""
    if not serverless:
        return False
    names = {name for value in _texts(endpoint.get("data"), 0) for name in _referred(value)}
    return any(fact is not endpoint for name in names for fact in serverless.get(name, ()))


def _watched(graph: Graph) -> frozenset[str]:
    """Files in which something stands before endpoints that is rolled out in steps and taken back."""
    uses = (use for use in graph.uses("gradual-rollout", "rollback") if not use.disabled)
    return frozenset(
        use.at.path for use in uses if use.fact.kind == "resource" and not graph.has_role(use.fact, "model-server")
    )


def _referred(text: str) -> Iterator[str]:
    yield text.rpartition(".")[2]
    yield from _LOGICAL_ID.findall(text)


def _texts(data: Any, depth: int) -> Iterator[str]:
    """What an attribute refers to: Terraform addresses and expressions of CloudFormation."""
    if not isinstance(data, Mapping) or depth > 3:
        return
    for key, value in data.items():
        if key in ("ref", "expr") and isinstance(value, str):
            yield value
        else:
            yield from _texts(value, depth + 1)
