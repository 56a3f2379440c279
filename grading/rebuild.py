"""Rebuild a submitted notebook on the structure that was released.

Types, flags, points, locked cells and the order of the questions are the instructor's. Of the
student's notebook only the text of their own cells is taken. A cell that lost its name is known by
its text, an answer that stands in another cell by the function that it defines.
"""

import copy

from nbformat import NotebookNode, v4

from grading.cells import defined_functions

ELSEWHERE = "*No text stands in this cell; the student wrote in other text cells of this notebook.*"


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
        self.names = [self._name(cell) for cell in submitted.cells]

    def cells(self) -> list[NotebookNode]:
        """Return the released cells in their order, the student's own cells between them."""
        self._name_by_text()
        taken = {name: self._take(name) for name in self.skeleton}
        placed = {name: self._place(name, k) for name, k in taken.items()}
        own = self._own_cells()
        return own[""] + [cell for name in placed for cell in (placed[name], *own[name])]

    def _name(self, cell: NotebookNode) -> str:
        name = grade_id(cell)
        return name if name in self.skeleton else self.by_cell_id.get(cell.get("id"), "")

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
        """Tell whether nobody wrote an answer in a cell."""
        return k is None or not self.texts[k].strip() or self._as_released(k, original)

    def _take(self, name: str) -> int | None:
        """Choose among the cells of one name; other answers become the student's own cells."""
        original = self.skeleton[name]
        found = [k for k, other in enumerate(self.names) if other == name]
        written = [k for k in found if not self._empty(k, original)]
        if len(found) > 1:
            self.repairs.append(
                f"The cell {name} was there more than once; the last copy with work in it counts."
            )
        chosen = (written or found)[-1] if found else None
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
        wanted = defined_functions(original.source).keys()
        return [
            k
            for k, text in enumerate(self.texts)
            if self._is_code(k)
            and text.strip() not in self.given
            and wanted
            and wanted <= defined_functions(text).keys()
        ]

    def _is_code(self, k: int) -> bool:
        return self.submitted[k].get("cell_type") == "code"

    def _own_cells(self) -> dict[str, list[NotebookNode]]:
        """Return the student's own cells by the released cell that they follow."""
        order = {name: number for number, name in enumerate(("", *self.skeleton))}
        own: dict[str, list[NotebookNode]] = {name: [] for name in order}
        last = ""
        for cell, name in zip(self.submitted, self.names, strict=True):
            if not name:
                own[last].append(_plain(cell))
            elif order[name] > order[last]:
                last = name
        return own


def _source(cell: NotebookNode) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source))


def _plain(cell: NotebookNode) -> NotebookNode:
    """Return a student's own cell without metadata, outputs and attachments."""
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell}
    return make.get(str(cell.get("cell_type")), v4.new_raw_cell)(_source(cell))


def _with_own_ids(cells: list[NotebookNode]) -> list[NotebookNode]:
    used: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.id in used:
            cell.id = f"{cell.id[:50]}-{number}"
        used.add(cell.id)
    return cells
