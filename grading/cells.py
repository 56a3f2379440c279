"""What the text of cells tells, read and never run: their functions, and whether it changed."""

import ast
import hashlib
import json
import re

from nbformat import NotebookNode

_MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)


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
    try:
        tree = ast.parse(_MAGIC.sub("", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def called_names(function: ast.FunctionDef) -> set[str]:
    """Return the names that the body of a function calls."""
    calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.func.id for call in calls if isinstance(call.func, ast.Name)}


def fingerprint(notebook: NotebookNode) -> str:
    """Return a hash of the kinds and texts of all cells, in their order."""
    cells = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()
