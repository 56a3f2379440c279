"""IPython's own shell, with what cells show collected in notebook format."""

import base64
import importlib
import io
import pkgutil
import sys
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import helpers

# what a submission may show to a person: no HTML, no script, no markup
SHOWN = ("text/plain", "image/png", "image/jpeg")
MAX_OUTPUTS = 50  # of one cell
MAX_CHARACTERS = 200_000  # of all that a cell prints, and of one other text
MAX_PICTURE = 2_000_000  # characters of base64
CUT = "\n… (the rest was cut off)"


class Shell(InteractiveShell):
    """
    Run cells and return their outputs.

    Parameters
    ----------
    figures : bool
        Whether figures are drawn; else a text stands for each.
    """

    def __init__(self, figures: bool) -> None:
        self.shown: list[dict[str, Any]] = []
        config = Config({"HistoryManager": {"enabled": False}})
        if not figures:
            config.InlineBackend.figure_formats = set()
        super().__init__(config=config, display_pub_class=_Publisher, displayhook_class=_Hook)
        InteractiveShell._instance = self  # type: ignore[assignment]  # for get_ipython()

    @classmethod
    def warm(cls, figures: bool) -> "Shell":
        """Return a shell after importing what notebooks import, so that forks have it already."""
        shell = cls(figures)
        if figures:
            for module in pkgutil.iter_modules(helpers.__path__):
                importlib.import_module(f"helpers.{module.name}")
            shell.run(_FIGURE)  # much is imported only when the first figure is drawn
        else:
            for name in helpers.PICTURES:
                setattr(helpers, name, _left_out)
            shell.run(f"from helpers import {', '.join(dir(helpers))}")
        shell.reset()
        return shell

    def enable_gui(self, gui: Any = None) -> None:
        """Do nothing: there is no screen."""

    def ask_exit(self) -> None:
        """End the cell or the call in which quit() stands."""
        raise SystemExit

    def run(self, source: str) -> list[dict[str, Any]]:
        """
        Run one cell.

        Parameters
        ----------
        source : str
            The cell's code, magics included.

        Returns
        -------
        list of dict
            The outputs in notebook format, bounded in number and size.
        """
        self.shown, self._room = [], MAX_CHARACTERS
        saved = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream(self, "stdout"), _Stream(self, "stderr")
        try:
            self.run_cell(source, store_history=True)
        finally:
            sys.stdout, sys.stderr = saved
        for output in self.shown:
            if output["output_type"] == "stream":
                output["text"] = _clean("".join(output["text"]))
        return self.shown

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        lines = [str(line) for line in stb] if isinstance(stb, list) else [str(stb)]
        self.add(
            {
                "output_type": "error",
                "ename": getattr(etype, "__name__", "Error"),
                "evalue": _cut(str(evalue)),
                "traceback": [_cut(line) for line in lines[-40:]],
            }
        )

    def add(self, output: dict[str, Any]) -> None:
        """Keep an output, up to the limit."""
        if len(self.shown) < MAX_OUTPUTS:
            self.shown.append(output)

    def add_data(self, kind: str, data: dict[str, Any]) -> None:
        """Keep the harmless forms of a rich output."""
        texts = {mime: _as_text(data[mime]) for mime in SHOWN if data.get(mime) is not None}
        kept = {mime: text for mime, text in texts.items() if len(text) <= MAX_PICTURE}
        if "text/plain" in kept:
            kept["text/plain"] = _cut(kept["text/plain"])
        if kept:
            output: dict[str, Any] = {"output_type": kind, "data": kept, "metadata": {}}
            if kind == "execute_result":
                output["execution_count"] = None
            self.add(output)

    def add_text(self, name: str, text: str) -> None:
        """Append printed text to the last stream of that name; its parts are joined at the end."""
        last = self.shown[-1] if self.shown else {}
        if last.get("name") != name:
            last = {"output_type": "stream", "name": name, "text": []}
            self.add(last)
        if self._room >= 0:
            last["text"].append(text[: self._room])
            self._room -= len(text)
            if self._room < 0:
                last["text"].append(CUT)


def _as_text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else _clean(str(value))


def _cut(text: str) -> str:
    return _clean(text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] + CUT)


def _clean(text: str) -> str:
    """Replace what UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


_FIGURE = """
import matplotlib.pyplot as plt
plt.plot([1, 2], label="$x$")
plt.legend()
"""


class _LeftOut:
    def __repr__(self) -> str:
        return "A picture stands here when the notebook runs."


def _left_out(*_: Any, **__: Any) -> _LeftOut:
    return _LeftOut()


class _Stream(io.TextIOBase):
    def __init__(self, shell: Shell, name: str) -> None:
        self._shell, self._name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text:
            self._shell.add_text(self._name, str(text))
        return len(text)


class _Publisher(DisplayPublisher):
    def publish(self, data: Any, *_: Any, **__: Any) -> None:
        self.shell.add_data("display_data", data)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.shown = []


class _Hook(DisplayHook):
    def write_output_prompt(self) -> None:
        """Print no prompt."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        shell: Any = self.shell
        shell.add_data("execute_result", format_dict)

    def finish_displayhook(self) -> None:
        """Print no line end."""
