"""Rule pages as plain text: the first paragraph, the sections, the code without its fences."""

from __future__ import annotations

from mlops_scan.scanner.model import RuleInfo

DOCS = "https://github.com/mlops-scan/mlops-scan/blob/main/docs/rules.md"


def section(info: RuleInfo, heading: str) -> str:
    """The text below `## heading` of the rule's page."""
    _, _, rest = info.doc.partition(f"## {heading}\n")
    return rest.partition("\n## ")[0].strip()


def summary(info: RuleInfo) -> str:
    """The title as a sentence, then why it is bad, on one line of at most 1,024 characters."""
    why = " ".join(section(info, "Why is this bad?").split())
    return f"{info.title}. {why}"[:1024]


def link(info: RuleInfo) -> str:
    """Where the rule's page is published."""
    return f"{DOCS}#{info.name}"
