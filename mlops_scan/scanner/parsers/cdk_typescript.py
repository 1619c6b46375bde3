"""CDK applications in TypeScript or JavaScript: constructs and their methods as the calls that they are in Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_LIBRARY = re.compile(r"(?:aws-cdk-lib|@aws-cdk)(?:/([\w-]+))?\Z")
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_TESTS = re.compile(r"\.(?:test|spec|d)\.[jt]s\Z")


class CdkTypescript(Parser):
    """`new sagemaker.CfnEndpoint(...)` is the call `aws_cdk.aws_sagemaker.CfnEndpoint`; of its arguments the names."""

    patterns: ClassVar[tuple[str, ...]] = ("*.ts", "*.js", "*.mjs", "*.mts")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or _TESTS.search(source.path) or source.size > bounds.FILE_BYTES:
            return False
        return b"aws-cdk" in source.data

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats import typescript  # few repositories need it

        many = 0
        for one in typescript.made(source.text):
            name = _python_name(one.module, one.name)
            many += bool(name)
            if many > bounds.FACTS_PER_FILE:
                yield Note(Location(source.path), f"more than {bounds.FACTS_PER_FILE} facts: the rest was left out")
                return
            if name:
                at = Location(source.path, one.line, one.column)
                given = {_snake(option): {"expr": option} for option in one.options}
                yield Fact(
                    "call", name[: bounds.FACT_TEXT], at, {"known": True, **({"kwargs": given} if given else {})}
                )


def _python_name(module: str, name: str) -> str:
    """`aws-cdk-lib/aws-s3` and `Bucket`, or `aws-cdk-lib` and `aws_s3.Bucket`, to `aws_cdk.aws_s3.Bucket`."""
    library = _LIBRARY.match(module)
    if library is None or not name:
        return ""
    part = (library[1] or "").replace("-", "_")
    spelled = ".".join(one if one[:1].isupper() else _snake(one) for one in name.split("."))
    return ".".join(one for one in ("aws_cdk", "" if part == "core" else part, spelled) if one)


def _snake(name: str) -> str:
    """`autoScaleTaskCount` to `auto_scale_task_count`."""
    return _HUMP.sub(r"_\1", name).lower()
