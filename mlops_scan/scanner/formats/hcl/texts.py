"""Texts put together from pieces, some of them unknown."""

from __future__ import annotations

from dataclasses import replace

from mlops_scan.scanner.formats.hcl.nodes import Piece
from mlops_scan.scanner.formats.hcl.values import Unknown, Value, combined, settled, spelled, to_text


def lines(pieces: list[Value], first: int) -> list[int]:
    """The file's line of each line of a heredoc's text."""
    found = [first]
    fresh = True  # nothing stands on the last line yet
    for piece in pieces:
        text = spelled(piece)
        breaks = text.count("\n")
        if isinstance(piece, Piece):
            found[-1] = piece.line if fresh else found[-1]
            found += range(piece.line + 1, piece.line + breaks + 1)
        else:
            found += [found[-1]] * breaks
        fresh = text.endswith("\n") if text else fresh
    return found


def half_known(source: str, pieces: list[Value], text: str) -> Unknown:
    """A text with unknown pieces: those that are known, neighbours as one."""
    known = [to_text(settled(piece)) for piece in pieces]
    runs: list[str] = [""]
    for one in known:
        if one is None:
            runs.append("")
        else:
            runs[-1] += one
    unknown = combined(source, pieces)
    whole = text if None not in known else None
    parts = tuple(run for run in runs if run.strip())
    return replace(unknown, call="", parts=parts, known=whole, wrong=False, text=text)
