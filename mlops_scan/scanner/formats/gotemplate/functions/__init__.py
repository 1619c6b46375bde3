"""The functions templates may call, by theme."""

from __future__ import annotations

from collections.abc import Callable

from mlops_scan.scanner.formats.gotemplate.functions.dicts import DICTS
from mlops_scan.scanner.formats.gotemplate.functions.encoding import ENCODING
from mlops_scan.scanner.formats.gotemplate.functions.lists import LISTS
from mlops_scan.scanner.formats.gotemplate.functions.logic import LOGIC
from mlops_scan.scanner.formats.gotemplate.functions.numbers import NUMBERS
from mlops_scan.scanner.formats.gotemplate.functions.paths import PATHS
from mlops_scan.scanner.formats.gotemplate.functions.regex import Expressions
from mlops_scan.scanner.formats.gotemplate.functions.semver import SEMVER
from mlops_scan.scanner.formats.gotemplate.functions.standins import STANDINS
from mlops_scan.scanner.formats.gotemplate.functions.strings import STRINGS
from mlops_scan.scanner.formats.gotemplate.nodes import Value


def table(take: Callable[[int], None]) -> dict[str, Callable[..., Value]]:
    """Every function but those that render templates (`include`, `tpl`) or decide lazily (`and`, `or`).

    `take` is charged with the steps that a regular expression costs.
    """
    return {
        **LOGIC,
        **STRINGS,
        **LISTS,
        **DICTS,
        **NUMBERS,
        **ENCODING,
        **STANDINS,
        **SEMVER,
        **Expressions(take).functions(),
        **PATHS,
    }
