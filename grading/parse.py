"""The bytes of a submitted file to a notebook: repaired where the meaning is certain, or refused.

Of the file only the cells' kinds, names and texts are taken, so outputs, attachments and metadata of
any editor cannot do harm.
"""

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from nbformat import NotebookNode
from nbformat.v4.convert import upgrade_cell

MAX_CELLS = 2000
MAX_SOURCE = 2**20  # characters of all cells together
KINDS = ("code", "markdown", "raw")
AGAIN = "Ask for the notebook file (.ipynb) again."

_SIGNATURES = {
    b"PK": "a zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\x00\x00": "utf-32-le",
    b"\x00\x00\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
_BLANK = "\0 \t\r\n"


class IntakeError(Exception):
    """A submission cannot be taken in; the text says why and what to do."""


def parse(data: bytes) -> tuple[NotebookNode, list[str]]:
    """
    Return the notebook that a file holds, and a sentence for each repair.

    Parameters
    ----------
    data : bytes
        The content of the file; it may be anything.

    Returns
    -------
    notebook : NotebookNode
        In notebook format 4.5, without outputs; of the metadata only nbgrader's names of cells.
    repairs : list of str
        What was put right.

    Raises
    ------
    IntakeError
        If the meaning is not certain; the text names the reason.
    """
    repairs: list[str] = []
    document = _document(_text(data, repairs), repairs)
    cells = _list_of_cells(document, repairs)
    if not cells:
        raise IntakeError(f"The notebook has no cells. {AGAIN}")
    if len(cells) > MAX_CELLS:
        raise IntakeError(f"The notebook has {len(cells)} cells; at most {MAX_CELLS} are taken.")
    reading = _Reading()
    nodes = [node for k, cell in enumerate(cells, 1) if (node := reading.cell(k, cell)) is not None]
    if not nodes:
        raise IntakeError(f"None of what stands in the notebook's list of cells is one. {AGAIN}")
    size = sum(len(node.source) for node in nodes)
    if size > MAX_SOURCE:
        raise IntakeError(
            f"The cells hold {size / 2**20:.1f} MB of text; at most {MAX_SOURCE // 2**20} MB is taken."
        )
    repairs += reading.sentences() + _other_language(document)
    notebook = NotebookNode(cells=nodes, metadata=NotebookNode(), nbformat=4, nbformat_minor=5)
    return notebook, repairs


def _text(data: bytes, repairs: list[str]) -> str:
    """Decode a file."""
    if not data.strip(_BLANK.encode()):
        what = "only zero bytes" if b"\0" in data else "empty"
        raise IntakeError(f"The file is {what}. {AGAIN}")
    for signature, what in _SIGNATURES.items():
        if data.startswith(signature):
            raise IntakeError(f"The file is {what}, no notebook. {AGAIN}")
    text = _decoded(data, repairs)
    if "\0" in text.strip(_BLANK):
        repairs.append("The file had zero bytes in it, which were taken out.")
    return text.replace("\0", "").strip(_BLANK)


def _decoded(data: bytes, repairs: list[str]) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            repairs.append(f"The file began with a byte order mark ({encoding.upper()}).")
            data = data[len(mark) :]
            return _utf8(data, repairs) if encoding == "utf-8" else data.decode(encoding, "replace")
    if data.count(0) > len(data) // 4:  # plain ASCII in UTF-16 is half zeros
        little = data[1::2].count(0) > data[::2].count(0)
        encoding = "utf-16-le" if little else "utf-16-be"
        repairs.append(f"The file was in {encoding.upper()} and was converted to UTF-8.")
        return data.decode(encoding, "replace")
    return _utf8(data, repairs)


def _utf8(data: bytes, repairs: list[str]) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")  # what is left of pairs is put right in cells
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    if not re.search(r"[^\x00-\x7f\ufffd]", text):  # no other character would be read as UTF-8
        repairs.append("The file was in Latin-1 and was converted to UTF-8.")
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            return data.decode("latin-1")
    repairs.append("Some characters of the file could not be read; they appear as \ufffd.")
    return text


def _document(text: str, repairs: list[str]) -> Any:
    """Read the JSON of a file."""
    try:
        document, end = _read(text, strict=True)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Invalid control character"):
            raise IntakeError(_why_no_json(text, error)) from None
        try:
            document, end = _read(text, strict=False)
        except json.JSONDecodeError as other:
            raise IntakeError(_why_no_json(text, other)) from None
        repairs.append("The file had line breaks or tabs inside its texts; they were kept.")
    rest = text[end:].strip(_BLANK)
    if '"cells"' in rest:
        raise IntakeError(f"The file holds two notebooks, one after the other. {AGAIN}")
    if rest:
        repairs.append(f"{len(rest)} characters after the notebook's end were left out.")
    return document


def _read(text: str, strict: bool) -> tuple[Any, int]:
    # no number of a notebook matters here, and Python refuses to read gigantic ones
    decoder = json.JSONDecoder(parse_int=lambda digits: int(digits[:9]), strict=strict)
    try:
        return decoder.raw_decode(text)
    except RecursionError:
        raise IntakeError(f"The file is nested too deeply for a notebook. {AGAIN}") from None


def _why_no_json(text: str, error: json.JSONDecodeError) -> str:
    """Say what a file is that is no JSON."""
    conflict = re.search(r"^<{7} ", text, re.MULTILINE)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        return f"The file holds an unresolved git merge conflict at line {line}. {AGAIN}"
    if text.startswith("<"):
        return f"The file is a web page, no notebook. {AGAIN}"
    if text.startswith("version https://git-lfs"):
        return f"The file is a pointer of git LFS, not the notebook itself. {AGAIN}"
    if not text.startswith(("{", "[")):
        what = "a Python script" if _is_python(text) else "text"
        return f"The file is {what}, no notebook; it begins with {text[:30]!r}. {AGAIN}"
    if error.msg.startswith("Unterminated string") or len(text) - error.pos < 6:
        return (
            f"The file is cut off: it ends in the middle of line {text.count(chr(10)) + 1}. {AGAIN}"
        )
    return f"The file is damaged at line {error.lineno}, column {error.colno}: {error.msg}. {AGAIN}"


def _is_python(text: str) -> bool:
    try:
        return bool(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _list_of_cells(document: Any, repairs: list[str]) -> list[Any]:
    """Return the cells of a document in the shape of format 4."""
    if not isinstance(document, dict):
        what = {list: "a list", str: "a text", type(None): "null"}.get(type(document), "a number")
        raise IntakeError(f"The file holds {what}, no notebook. {AGAIN}")
    cells, version, minor = (document.get(k) for k in ("cells", "nbformat", "nbformat_minor"))
    if isinstance(cells, list):
        if version != 4:
            said = (
                "does not say its format" if version is None else f"says format {_shown(version)}"
            )
            repairs.append(f"The file {said}; its cells have the shape of format 4.")
        elif not isinstance(minor, int) or not 0 <= minor <= 5:
            repairs.append(f"The file says format 4.{_shown(minor)}; it was read as format 4.5.")
        return cells
    if isinstance(sheets := document.get("worksheets"), list):
        repairs.append("The file was in notebook format 3 and was upgraded.")
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        return [_upgraded(cell) for cells in lists if isinstance(cells, list) for cell in cells]
    if isinstance(version, int) and version > 4:
        raise IntakeError(
            f"The file is in notebook format {version}; format 4 is needed. "
            "Ask for the notebook, saved by JupyterLab 4 or Colab."
        )
    raise IntakeError(f"The file has no list of cells, so it is no notebook. {AGAIN}")


def _shown(version: Any) -> str:
    return ascii(version)[:12] if isinstance(version, str | int | float) else "of no number"


def _upgraded(cell: Any) -> Any:
    """Return a cell of format 3 in format 4."""
    if not isinstance(cell, dict):
        return cell
    text = _joined(cell.get("input", cell.get("source")))
    level = cell.get("level")
    old = NotebookNode(
        cell_type=cell.get("cell_type"),
        metadata=cell.get("metadata"),
        source=text,
        input=text,
        level=min(level, 6) if isinstance(level, int) else 1,
        outputs=[],
    )
    new = upgrade_cell(old)
    del new["id"]  # a random one
    return new


def _joined(source: Any) -> str:
    """Return the text of a cell; what is no text in it counts for nothing."""
    lines = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str))


class _Reading:
    """Reads cells one by one and remembers in which of them what was put right."""

    def __init__(self) -> None:
        self._found: dict[str, list[int]] = {}

    def sentences(self) -> list[str]:
        """Return one sentence for each kind of repair."""
        return [f"{_cells(numbers)}: {what}" for what, numbers in self._found.items()]

    def cell(self, number: int, cell: Any) -> NotebookNode | None:
        """Return a clean cell, None for what is none."""

        def note(what: str) -> None:
            self._found.setdefault(what, []).append(number)

        if not isinstance(cell, dict):
            note("no cell at all, and left out.")
            return None
        metadata = cell.get("metadata")
        if not isinstance(metadata, dict):
            note("no metadata.")
            metadata = {}
        info = metadata.get("nbgrader")
        info = info if isinstance(info, dict) else {}
        kind = cell.get("cell_type")
        if kind not in KINDS:
            note("of an unknown kind; taken for what its content is.")
            kind = _likely_kind(cell, info)
        node = NotebookNode(
            cell_type=kind,
            id=_cell_id(cell.get("id")) or f"cell-{number}",
            metadata=_names(info),
            source=_source(cell.get("source"), note),
        )
        if kind == "code":
            node |= {"outputs": [], "execution_count": None}
        return node


def _cells(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:3]))
    more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
    return f"Cell {shown}" if len(numbers) == 1 else f"Cells {shown}{more}"


def _likely_kind(cell: dict[str, Any], info: dict[str, Any]) -> str:
    if info.get("cell_type") in KINDS:
        return str(info["cell_type"])
    code = "outputs" in cell or "execution_count" in cell
    return "code" if code or cell.get("cell_type") == "Code" else "markdown"


def _cell_id(value: Any) -> str:
    valid = isinstance(value, str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", value)
    return value if valid else ""


def _names(info: dict[str, Any]) -> NotebookNode:
    """Return the metadata that matter: the name that nbgrader gives a cell."""
    name = info.get("grade_id")
    known = NotebookNode(grade_id=name) if isinstance(name, str) else None
    return NotebookNode(nbgrader=known) if known else NotebookNode()


def _source(source: Any, note: Callable[[str], None]) -> str:
    lines = source if isinstance(source, list) else [source]
    if not all(isinstance(line, str) for line in lines):
        note("no text, or something else in its text, which was left out.")
    text = _joined(source).replace("\r\n", "\n")
    if "\0" in text:
        note("zero characters in its text, which were taken out.")
        text = text.replace("\0", "")
    if re.search("[\ud800-\udfff]", text):
        note("half characters in its text, which appear as \ufffd.")
        pairs = text.encode("utf-16-le", "surrogatepass")
        text = pairs.decode("utf-16-le", "replace")
    return text


def _other_language(document: dict[str, Any]) -> list[str]:
    """Say it where a notebook was not written for Python."""
    metadata = document.get("metadata")
    for key, field in (("kernelspec", "language"), ("language_info", "name")):
        about = metadata.get(key) if isinstance(metadata, dict) else None
        language = about.get(field) if isinstance(about, dict) else None
        if isinstance(language, str) and language and "python" not in language.lower():
            said = ascii(language[:20])
            return [f"The notebook says that its language is {said}; it is marked as Python."]
    return []
