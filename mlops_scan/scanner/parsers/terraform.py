"""Terraform and OpenTofu: the modules of a repository, one a folder, evaluated as far as their files tell.

What evaluates them is imported where a file asks for it: it is a good part of what there is to load.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.base import Parser


class Terraform(Parser):
    """A module is read at the first of its files. A module that others of the repository call is evaluated with the
    arguments of the first call that creates something; its facts stand at its own lines, once.
    """

    patterns: ClassVar[tuple[str, ...]] = ("*.tf", "*.tofu", "*.tf.json", "*.tofu.json", "terragrunt.hcl")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree):
            return False
        from mlops_scan.scanner.formats.hcl import modules

        return modules.folders(tree).get(source.folder, ("",))[0] == source.path

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats.hcl import facts

        yield from facts.of_module(source.path, tree)


class TerraformValues(Parser):
    """Files of variable values, of which only those that are meant to be secret are facts. Which of these files
    counts is said on the command line: `terraform.tfvars` and `*.auto.tfvars`, and of those that a pipeline or a
    script names the one for production change resources, the others none.
    """

    patterns: ClassVar[tuple[str, ...]] = ("*.tfvars", "*.tfvars.json")

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats.hcl import facts

        yield from facts.of_values(source)
