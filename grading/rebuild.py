"""Rebuild a submitted notebook on the structure that was released.

Types, flags, points, locked cells and the order of the questions are the instructor's. Of the
student's notebook only the text of their own cells is taken. A cell that lost its name is known by
its text, an answer that stands in another cell by the function that it defines; split cells are put
together and released texts taken out of the cells that they were merged into.
"""

import copy
import re

from nbformat import NotebookNode, v4

from grading.cells import defined_functions

ELSEWHERE = "*No text stands in this cell; the student wrote in other text cells of this notebook.*"
SPLIT_OFF = "split off"  # no released cell has a blank in its name


def rebuild(submitted: NotebookNode, released: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """
    Return the notebook to mark, and a sentence for each repair.

    Parameters
    ----------
    submitted : NotebookNode
        What the student handed in; it may be damaged in any way that still is a notebook.
    released : NotebookNode
        What the student received.

    Returns
    -------
    notebook : NotebookNode
        Released structure with the student's own cells, no outputs.
    repairs : list of str
        What was restored.
    """
    rebuilding = _Rebuilding(submitted, released)
    rebuilt = copy.deepcopy(released)
    rebuilt.cells = _with_own_ids(rebuilding.cells())
    return rebuilt, rebuilding.repairs


def is_answer(cell: NotebookNode) -> bool:
    """Tell whether the text of a released cell is the student's to write."""
    return bool(cell.metadata.nbgrader.get("solution"))


def is_graded(cell: NotebookNode) -> bool:
    """Tell whether a released cell brings points."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def grade_id(cell: NotebookNode) -> str:
    """Return the name that nbgrader gives a cell, "" where it has none."""
    metadata = cell.get("metadata")
    info = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = info.get("grade_id") if isinstance(info, dict) else None
    return name if isinstance(name, str) else ""


class _Rebuilding:
    """The steps of one rebuild; ``names`` tells which released cell each submitted one is."""

    def __init__(self, submitted: NotebookNode, released: NotebookNode) -> None:
        self.skeleton = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
        self.given = {cell.source.strip() for cell in released.cells}
        self.submitted = submitted.cells
        self.texts = [_source(cell) for cell in submitted.cells]
        self.repairs: list[str] = []
        self.by_cell_id = {cell.get("id"): name for name, cell in self.skeleton.items()}
        claimed = {grade_id(cell) for cell in submitted.cells}
        self.names = [self._name(cell, claimed) for cell in submitted.cells]
        self._unmerge(released)
        self._join_split()

    def cells(self) -> list[NotebookNode]:
        """Return the released cells in their order, the student's own cells between them."""
        self._name_by_text()
        taken = {name: self._take(name) for name in self.skeleton}
        placed = {name: self._place(name, k) for name, k in taken.items()}
        own = self._own_cells()
        return own[""] + [cell for name in placed for cell in (placed[name], *own[name])]

    def _name(self, cell: NotebookNode, claimed: set[str]) -> str:
        name = grade_id(cell)
        if name in self.skeleton:
            return name
        name = self.by_cell_id.get(cell.get("id"), "")
        return "" if name in claimed else name  # an id may be doubled; a name says more

    def _unmerge(self, released: NotebookNode) -> None:
        """Take the released texts that are missing out of the cells that they were merged into."""
        there = {text.strip() for text in self.texts}
        missing = [
            cell.source.strip()
            for cell in released.cells
            if not (grade_id(cell) and is_answer(cell)) and cell.source.strip() not in {"", *there}
        ]
        for k, text in enumerate(self.texts):
            rest = f"\n\n{text.strip()}\n\n"
            for block in missing:
                rest = rest.replace(f"\n\n{block}\n\n", "\n\n")
            if len(rest.strip()) < len(text.strip()):
                self.texts[k] = rest.strip()
                self.repairs.append(
                    f"Cells had been merged into cell {k + 1} and were taken apart."
                )

    def _join_split(self) -> None:
        """Append to an answer the indented rest that was split off it."""
        head = None
        for k, text in enumerate(self.texts):
            name = self.names[k]
            if head is not None and name in ("", self.names[head]) and _is_rest(text):
                joined = f"{self.texts[head]}\n{text}"
                if defined_functions(joined):
                    self.texts[head], self.texts[k], self.names[k] = joined, "", SPLIT_OFF
                    self._note(f"The cell {self.names[head]} had been split; it is whole again.")
                    continue
            answer = name in self.skeleton and is_answer(self.skeleton[name])
            head = k if answer and self._is_code(k) else None

    def _note(self, repair: str) -> None:
        if repair not in self.repairs:
            self.repairs.append(repair)

    def _name_by_text(self) -> None:
        for name, original in self.skeleton.items():
            if name not in self.names:
                same = [k for k in self._nameless() if self._as_released(k, original)]
                for k in same[-1:]:
                    self.names[k] = name

    def _nameless(self) -> list[int]:
        return [k for k, name in enumerate(self.names) if not name]

    def _as_released(self, k: int, original: NotebookNode) -> bool:
        return self.texts[k].strip() == original.source.strip()

    def _empty(self, k: int | None, original: NotebookNode) -> bool:
        """Tell whether nobody wrote an answer in a cell; comments alone are none."""
        if k is None or self._as_released(k, original):
            return True
        text = self.texts[k]
        code = original.cell_type == "code"
        return not (re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE) if code else text).strip()

    def _take(self, name: str) -> int | None:
        """Choose among the cells of one name; other answers become the student's own cells."""
        original = self.skeleton[name]
        found = [k for k, other in enumerate(self.names) if other == name]
        written = [k for k in found if not self._empty(k, original)]
        if len(found) > 1:
            self.repairs.append(
                f"The cell {name} was there more than once; the last copy with work in it counts."
            )
        whole = [k for k in written if self._defines(k, original)]
        chosen = (whole or written or found)[-1] if found else None
        for k in written:
            if k != chosen and is_answer(original):
                self.names[k] = ""
        return chosen

    def _place(self, name: str, k: int | None) -> NotebookNode:
        """Return a released cell with the student's answer in it."""
        original = self.skeleton[name]
        cell = copy.deepcopy(original)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if is_answer(original):
            found = self._elsewhere(name, k) if self._empty(k, original) else None
            if found is not None:
                cell.source = found
                return cell
            if k is not None:
                cell.source = self.texts[k]
        if k is None:
            self.repairs.append(f"The cell {name} was missing and was put back as it was released.")
        elif is_answer(original) and self.submitted[k].cell_type != original.cell_type:
            self.repairs.append(
                f"The cell {name} had become a {self.submitted[k].cell_type} cell "
                f"and is {original.cell_type} again."
            )
        elif not is_answer(original) and not self._as_released(k, original):
            self.repairs.append(f"The locked cell {name} had been edited and was restored.")
        return cell

    def _elsewhere(self, name: str, k: int | None) -> str | None:
        """Return the answer that stands in another cell, None where there is none."""
        original = self.skeleton[name]
        was = "missing" if k is None else "left as it was"
        if original.cell_type == "markdown":
            if not self._added_text():
                return None
            self.repairs.append(
                f"The cell {name} was {was}, but text cells were added: "
                "a person has to look for the answer there."
            )
            return ELSEWHERE
        wanted = ", ".join(defined_functions(original.source))
        found = self._definitions(original)
        if not found:
            return None
        self.repairs.append(
            f"The cell {name} was {was}; the last other cell that defines {wanted} counts."
        )
        if not self.names[found[-1]]:
            self.names[found[-1]] = name  # it moves to its question
        return self.texts[found[-1]]

    def _added_text(self) -> bool:
        texts = [self.texts[k].strip() for k in self._nameless() if not self._is_code(k)]
        return any(text and text not in self.given for text in texts)

    def _definitions(self, original: NotebookNode) -> list[int]:
        """Return the cells in which the student wrote the functions of a released answer cell."""
        cells = range(len(self.texts))
        return [k for k in cells if not self._is_given(k) and self._defines(k, original)]

    def _is_given(self, k: int) -> bool:
        return self.texts[k].strip() in self.given

    def _defines(self, k: int, original: NotebookNode) -> bool:
        """Tell whether a cell defines the functions of an answer; it may have become text."""
        wanted = defined_functions(original.source).keys()
        return bool(wanted) and wanted <= defined_functions(self.texts[k]).keys()

    def _is_code(self, k: int) -> bool:
        return self.submitted[k].get("cell_type") == "code"

    def _own_cells(self) -> dict[str, list[NotebookNode]]:
        """Return the student's own cells by the released cell that they follow."""
        order = {name: number for number, name in enumerate(("", *self.skeleton))}
        own: dict[str, list[NotebookNode]] = {name: [] for name in order}
        last = ""
        for cell, name, text in zip(self.submitted, self.names, self.texts, strict=True):
            if not name:
                own[last].append(_plain(cell, text))
            elif name != SPLIT_OFF and order[name] > order[last]:
                last = name
        return own


def _is_rest(text: str) -> bool:
    """Tell whether a text begins in the middle of a function."""
    return text.strip("\r\n")[:1] in (" ", "\t")


def _source(cell: NotebookNode) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def _plain(cell: NotebookNode, text: str) -> NotebookNode:
    """Return a student's own cell without metadata, outputs and attachments."""
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}
    return make.get(str(cell.get("cell_type")), v4.new_raw_cell)(text)


def _with_own_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    used: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.id in used:
            cell.id = f"{cell.id[:50]}-{number}"
        used.add(cell.id)
    return cells
