"""What the text of cells tells, read and never run: their functions, and whether it changed."""

import ast
import hashlib
import json
import re

from nbformat import NotebookNode

from helpers.codec import Plain

_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)
_LOOKS_AROUND = re.compile(r"\b(globals|vars|dir|eval|exec|get_ipython|__main__)\b")


def defined_functions(source: str) -> dict[str, ast.FunctionDef]:
    r"""
    Return the functions that a cell defines.

    Parameters
    ----------
    source : str
        The text of a code cell; lines with magics are passed over.

    Returns
    -------
    dict
        Definitions by name, the last one of each name; empty if the text is no Python.

    Examples
    --------
    >>> list(defined_functions("# def no(): 1\n%time 1\ndef yes(): return 1"))
    ['yes']
    """
    body = _statements(_MAGIC.sub("", source)) or []
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def _statements(source: str) -> list[ast.stmt] | None:
    """Return the statements of a text, None if it is no Python."""
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def called_names(function: ast.FunctionDef) -> set[str]:
    """Return the names that the body of a function calls."""
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


def steps(cells: list[Plain]) -> list[Plain]:
    """
    Gather questions that can be asked at one stop: no cell between them matters to them.

    Parameters
    ----------
    cells : list of dict
        ``index``, ``source`` and ``question`` (a function's name, or None for code to run).

    Returns
    -------
    list of dict
        The cells to run, and the stops, each with the names of its ``questions``.

    Examples
    --------
    >>> code = ["def f(): 1", "f", "def g(): 1", "g", "x = 1"]
    >>> cells = [{"source": c, "question": c if len(c) == 1 else None} for c in code]
    >>> [step.get("questions", step.get("source")) for step in steps(cells)]
    ['def f(): 1', 'def g(): 1', ['f', 'g'], 'x = 1']
    """
    found: list[Plain] = []
    waiting: list[str] = []
    before = ""
    for cell in cells:
        if cell["question"]:
            waiting.append(cell["question"])
            continue
        if waiting and not only_adds(cell["source"], before):
            found.append({"questions": waiting})
            waiting = []
        found.append(cell)
        before += cell["source"] + "\n"
    return [*found, {"questions": waiting}] if waiting else found


def only_adds(source: str, before: str) -> bool:
    """
    Tell whether a cell does nothing but define functions that nothing before it can notice.

    Parameters
    ----------
    source : str
        The text of the cell.
    before : str
        The text of all cells before it.
    """
    body = _statements(source)
    if body is None:
        return False
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    if len(functions) < len(body) or not all(map(_runs_nothing, functions)):
        return False
    names = "|".join(re.escape(node.name) for node in functions)
    mentioned = re.search(rf"\b({names})\b", before) if names else None
    return not mentioned and not _LOOKS_AROUND.search(before)


def _runs_nothing(function: ast.FunctionDef) -> bool:
    """Tell whether a definition evaluates nothing but constants."""
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    values = [*given.defaults, *(value for value in given.kw_defaults if value)]
    noted = function.returns or any(one is not None and one.annotation for one in every)
    constant = all(isinstance(value, ast.Constant) for value in values)
    return constant and not noted and not function.decorator_list


def fingerprint(notebook: NotebookNode) -> str:
    """Return a hash of the kinds and texts of all cells, in their order."""
    cells = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()
