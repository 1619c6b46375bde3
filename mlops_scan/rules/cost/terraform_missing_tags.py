"""terraform-missing-tags"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Fact, Finding, Severity

_TAGS = ("tags", "labels", "resource_labels", "user_labels")


class TerraformMissingTags(Rule):
    """A resource that costs money has no tags

    ## Why is this bad?
    The bill says what was paid and not for which model, team or stage. Nobody can tell what may be switched off.

    ## Example
    ```hcl title="main.tf"
    resource "aws_sagemaker_endpoint" "prices" {
      name                 = "prices"
      endpoint_config_name = "prices-1"
    }
    ```

    ## Use instead
    ```hcl title="main.tf"
    resource "aws_sagemaker_endpoint" "prices" {
      name                 = "prices"
      endpoint_config_name = "prices-1"
      tags                 = { team = "pricing", stage = "production" }
    }
    ```

    ## When to ignore
    A policy of the account or the resource group tags everything.

    ## References
    AWS provider documentation, default_tags; Azure documentation, tags for cost allocation.
    """

    severity = Severity.NOTE
    kinds = OPERATED
    references = (
        "https://developer.hashicorp.com/terraform/tutorials/aws/aws-default-tags",
        "https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources",
    )
    remedy = "Tag it with owner, stage and system; once for all in the provider's default tags where it has them."

    def check(self, graph: Graph) -> Iterator[Finding]:
        tagged = {use.tool for use in graph.uses("default-tags") if not use.disabled}
        for use in graph.uses("untagged"):
            if use.disabled or use.tool in tagged or _is_offered(graph, use.fact):
                continue
            kind = str(use.fact.get("type"))
            yield self.finding(
                f"Resource '{kind}.{use.fact.name}' has no tags or labels, and its provider gives none.",
                use.at,
                subject=f"{use.at.path.rpartition('/')[0]}#{kind}.{use.fact.name}",
            )


def _is_offered(graph: Graph, resource: Fact) -> bool:
    """Whether a module for others takes the tags from its user: the attribute is there, its default is empty."""
    written = resource.get("lines") or {}
    return graph.profile.kind == "platform" and any(str(path).rpartition(".")[2] in _TAGS for path in written)
