"""A table that grows line by line: what happened, how we see it, how the partner sees it."""

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

NARROWEST, WIDEST = 80, 150
# Mark, rules and spaces around three columns.
MARGINS = " ok │  │  │ " + "  "
MARKS = {True: "ok", False: "NO"}


@dataclass(frozen=True)
class Line:
    """One thing that happened, as both sides see it; `faults` says what is not as it should be."""

    what: str
    ours: str
    partners: str
    faults: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether everything is as it should be."""
        return not self.faults

    def extended(self, more: "Line") -> "Line":
        """The same line with more to see and more that can be wrong."""
        return Line(
            self.what,
            f"{self.ours}\n{more.ours}",
            f"{self.partners}\n{more.partners}",
            self.faults + more.faults,
        )


class Table:
    """Prints lines as they come; columns fit the terminal."""

    def __init__(self, columns: int | None = None) -> None:
        width = columns or shutil.get_terminal_size((132, 24)).columns
        inner = min(max(width, NARROWEST), WIDEST) - len(MARGINS)
        self._widths = (inner * 28 // 100, inner * 36 // 100, inner - inner * 28 // 100 - inner * 36 // 100)

    def head(self, *titles: str) -> str:
        """The titles and a rule below them."""
        return f"{self._rows(titles, '  ')}\n{self._rule()}"

    def line(self, line: Line) -> str:
        """One line, wrapped inside its columns; faults stand below it."""
        text = self._rows((line.what, line.ours, line.partners), MARKS[line.is_right])
        faults = "".join(f"\n     → {fault}" for fault in line.faults)
        return f"{text}{faults}\n{self._rule()}"

    def _rows(self, cells: Sequence[str], mark: str) -> str:
        wrapped = [
            [piece for text in cell.splitlines() for piece in textwrap.wrap(text, width)] or [""]
            for cell, width in zip(cells, self._widths, strict=True)
        ]
        rows = []
        for number, pieces in enumerate(zip_longest(*wrapped, fillvalue="")):
            padded = [piece.ljust(width) for piece, width in zip(pieces, self._widths, strict=True)]
            rows.append(f" {mark if number == 0 else '  '} │ {' │ '.join(padded)}".rstrip())
        return "\n".join(rows)

    def _rule(self) -> str:
        return "────┼" + "┼".join("─" * (width + 2) for width in self._widths)
