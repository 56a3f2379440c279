"""Rebuild a submitted notebook on the structure that was released.

Types, flags, points, locked cells and the order of the questions are the instructor's. Of the
student's notebook only the text of their own cells is taken.
"""

import copy
from typing import Any

from nbformat import NotebookNode, v4


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
    skeleton = {grade_id(cell): cell for cell in released.cells if grade_id(cell)}
    taken, extras, repairs = _sort(submitted, skeleton)
    cells = list(extras[""])
    for name, original in skeleton.items():
        cells.append(_place(name, original, taken.get(name), repairs))
        cells += extras[name]
    rebuilt = copy.deepcopy(released)
    rebuilt.cells = _with_own_ids(cells)
    return rebuilt, repairs


def is_answer(cell: NotebookNode) -> bool:
    """Tell whether the text of a released cell is the student's to write."""
    return bool(cell.metadata.nbgrader.get("solution"))


def grade_id(cell: NotebookNode) -> str:
    """Return the name that nbgrader gives a cell, "" where it has none."""
    info = cell.metadata.get("nbgrader") if isinstance(cell.metadata, dict) else None
    name = info.get("grade_id") if isinstance(info, dict) else None
    return name if isinstance(name, str) else ""


def _sort(submitted: NotebookNode, skeleton: dict[str, NotebookNode]) -> Any:
    """Split the student's cells into those of the released structure and their own."""
    by_cell_id = {cell.get("id"): name for name, cell in skeleton.items()}
    taken: dict[str, NotebookNode] = {}
    extras: dict[str, list[NotebookNode]] = {name: [] for name in ("", *skeleton)}
    repairs: list[str] = []
    last = ""
    for cell in submitted.cells:
        name = grade_id(cell)
        if name not in skeleton:
            name = by_cell_id.get(cell.get("id"), "")
        if not name:
            extras[last].append(_plain(cell))
            continue
        if name in taken:
            repairs.append(f"The cell {name} was there more than once; the last copy counts.")
            if is_answer(skeleton[name]):
                extras[last].append(_plain(taken[name]))
        taken[name] = cell
        last = name
    return taken, extras, repairs


def _place(
    name: str, original: NotebookNode, found: NotebookNode | None, repairs: list[str]
) -> NotebookNode:
    cell = copy.deepcopy(original)
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    if found is None:
        repairs.append(f"The cell {name} was missing and was put back as it was released.")
    elif is_answer(original):
        cell.source = _source(found)
        if found.cell_type != original.cell_type:
            repairs.append(
                f"The cell {name} had become a {found.cell_type} cell and is {cell.cell_type} again."
            )
    elif _source(found).strip() != original.source.strip():
        repairs.append(f"The locked cell {name} had been edited and was restored.")
    return cell


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
