"""Images that the steps of a Jenkinsfile build and push by methods: `img = docker.build(...)`, `img.push()`."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import placeholders
from mlops_scan.scanner.formats.groovytext import Token
from mlops_scan.scanner.formats.runs import Runner
from mlops_scan.scanner.model import Fact

_LOOK_AHEAD = 12  # tokens of a call
_PUSH = "push"


class Images:
    """The images that a file has named so far, by the variables that hold them."""

    def __init__(self, found: Sequence[Token]) -> None:
        self._tokens = found
        self._held: dict[str, str] = {}
        self._last = ""

    def named(self, index: int, name: str, runner: Runner) -> None:
        """Keep what the call at `index` names: `img = docker.build(name)`, or what a method follows at once."""
        self._last = placeholders.fill(name.strip(), runner.known)
        before = [one.text for one in self._tokens[max(0, index - 2) : index]]
        if before[1:] == ["="]:
            self._held[before[0]] = self._last

    def pushed(self, index: int) -> str:
        """The name under which the method at `index` pushes an image; '' for anything else."""
        holder, _, method = self._tokens[index].text.rpartition(".")
        follows = self._tokens[max(0, index - 1)].text == ")"
        if method != _PUSH or not (holder in self._held or (not holder and follows)):
            return ""
        name = self._held.get(holder, self._last)
        given = self._tokens[index + 1 : index + 3]
        given = given[1:] if given and given[0].text == "(" else given[:1]
        tag = given[0].text.strip() if given and given[0].kind == "string" else ""
        path, slash, last = name.rpartition("/")
        return f"{path}{slash}{last.partition(':')[0]}:{tag}" if tag and name else name


def build(found: Sequence[Token], index: int, name: Token, runner: Runner, place: tuple[int, int]) -> Fact:
    """`docker.build(name, "-f FILE FOLDER")`."""
    given = [one for one in found[index + 1 : index + _LOOK_AHEAD] if one.text != "\n"]
    texts = [one.text for one in given if one.offset > name.offset and (one.kind == "string" or one.text in ",)")]
    words = texts[1].split() if texts[:1] == [","] and len(texts) > 1 else []
    file = next((words[at + 1] for at, one in enumerate(words[:-1]) if one in ("-f", "--file")), "")
    context = words[-1] if words and not words[-1].startswith("-") and words[-1] != file else "."
    reference = placeholders.fill(name.text.strip(), runner.known)
    says = {"context": context, "dockerfile": file, "folder": runner.folder or "", "owner": runner.owner}
    return runner.fact("image-build", reference[: bounds.FACT_TEXT], place, says)
