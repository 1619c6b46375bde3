"""The one sentence that says what a repository is."""

from __future__ import annotations

from mlops_scan.reports.escape import printable
from mlops_scan.scanner.model import Evidence, Status
from mlops_scan.scanner.result import Result

_KINDS = {
    "project": "an ML project",
    "library": "an ML library for others",
    "template": "an ML project template",
    "platform": "a platform that runs other people's models",
    "notebooks": "ML notebooks",
}
_CLOUDS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure", "databricks": "Databricks"}


def sentence(result: Result) -> str:
    """'fraud-api: an ML project that trains (scikit-learn) and serves online (FastAPI, AWS). 214 files read.'"""
    read = f"{result.coverage.parsed} files read"
    unread = len({note.at.path for note in result.coverage.unreadable})
    read += f", {unread} with parts not read" if unread else ""
    profile = result.profile
    if not profile.is_ml:
        return (
            f"{printable(result.name)}: no ML system found: nothing here trains, serves or operates a model ({read})."
        )
    does = []
    if profile.trains_model:
        does.append("trains" + _tools(result.capabilities, "training-framework"))
    if profile.serves_model != "none":
        how = (
            "online and in batches"
            if profile.serves_model == "both"
            else profile.serves_model.replace("batch", "in batches")
        )
        does.append(f"serves {how}" + _tools(result.capabilities, "serving"))
    joint = "; it" if " that " in _KINDS[profile.kind] else " that"
    what = _KINDS[profile.kind] + (f"{joint} {' and '.join(does)}" if does else "")
    clouds = "".join(f", {_CLOUDS.get(cloud, cloud)}" for cloud in profile.clouds)
    return f"{printable(result.name)}: {what}{clouds}. {read.capitalize()}."


def _tools(found: tuple[Evidence, ...], capability: str) -> str:
    names = dict.fromkeys(one.tool for one in found if one.capability == capability and one.status is Status.USED)
    return f" ({', '.join(printable(name) for name in list(names)[:3])})" if names else ""
