"""Unit 4: one training step of a network of three layers, every number of it, ready to be edited."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import ArrayLike

from helpers.explore import or_notice
from helpers.learner import Unusable
from helpers.script import Keys, Learner, Result, Solution, Step, exact, solve, symbol
from helpers.stepper import Walk
from helpers.style import GREEN, counted

Names = Sequence[Sequence[str]]  # the names of numbers in the rows of a matrix
Sizes = tuple[int, int, int, int]

LARGEST = 8  # numbers in a layer; more would not fit on the page
LAYERS = (1, 2, 3)
CACHE = ("z1", "a1", "z2", "a2", "z3", "y")
CHANGED = "*"  # beside a number that the last edit changed
LATER = "·"  # in place of a number that comes later
ONE_HOT = "One entry of target is 1, the others are 0"
REFUSED = f"{ONE_HOT}: the former numbers stay. To choose another class, set its entry to 1."

CSS = f"""
.downhill-mlp.downhill-explore {{ max-width: 1240px; }}
.downhill-mlp .downhill-readout {{ min-height: 5.6em; }}
.downhill-mlp .downhill-readout span {{ display: block; }}
.downhill-fields {{ display: flex; flex-flow: row wrap; gap: 4px 10px; padding: 2px 4px; }}
.downhill-fields .widget-inline-hbox .widget-label {{ position: absolute; width: 1px; height: 1px;
  overflow: hidden; clip-path: inset(50%); }}
.downhill-fields .widget-inline-hbox input {{ padding: 2px; text-align: right; font-size: 14px;
  appearance: textfield; -moz-appearance: textfield; }}
.downhill-fields input::-webkit-inner-spin-button {{ display: none; }}
.downhill-fields .downhill-bias {{ border-left: 2px dashed currentColor; padding-left: 4px; }}
.downhill-mlp .downhill-stages {{ display: flex; flex-flow: row wrap; gap: 6px; padding: 3px; }}
.downhill-mlp section {{ border: 1px solid currentColor; border-radius: 6px; padding: 2px 6px 5px;
  flex: 1 1 auto; max-width: 100%; box-sizing: border-box; font-size: 14px; line-height: 1.3;
  overflow-x: auto; }}
.downhill-mlp section.downhill-wide {{ flex-basis: 100%; }}
.downhill-mlp section.downhill-now {{ outline: 3px solid {GREEN}; }}
.downhill-mlp section h4 {{ margin: 1px 0; font-size: 14px; }}
.downhill-mlp section p {{ margin: 1px 0; }}
.downhill-mlp .downhill-blocks {{ display: flex; flex-flow: row wrap; gap: 3px 8px;
  align-items: flex-start; }}
.downhill-mlp .downhill-blocks > p {{ flex-basis: 100%; }}
.downhill-mlp section:last-child .downhill-blocks {{ column-gap: 16px; }}
.downhill-mlp section:last-child .downhill-blocks > div {{ min-width: 200px; }}
.downhill-mlp section:last-child div > span {{ display: block; width: 0; min-width: 100%; }}
.downhill-mlp .downhill-blocks table {{ border-collapse: collapse; font-size: 14px; }}
.downhill-mlp .downhill-blocks td {{ text-align: right; padding: 0 5px; white-space: nowrap;
  line-height: 1.3; }}
.downhill-mlp .downhill-blocks td:first-child {{ border-left: 2px solid currentColor; }}
.downhill-mlp .downhill-blocks td:last-child {{ border-right: 2px solid currentColor; }}
.downhill-mlp .downhill-blocks td.downhill-bias {{ border-left: 2px dashed currentColor; }}
.downhill-mlp .downhill-blocks .downhill-changed {{ font-weight: bold; text-decoration: underline; }}
"""


@dataclass(frozen=True)
class Block:
    """An array of the calculation: its name, its formula in symbols and in shapes, its numbers."""

    name: str
    formula: str
    shapes: str
    rows: Names
    bias: bool = False  # whether the last column holds the biases

    @property
    def names(self) -> list[str]:
        """Return the names of all numbers."""
        return [name for row in self.rows for name in row]

    @property
    def scalar(self) -> bool:
        """Say whether it is one number and no array."""
        return "_" not in self.rows[0][0].removeprefix("new_")

    @property
    def head(self) -> str:
        """Return the formula with its left side."""
        return f"{self.name} = {self.formula}"


@dataclass(frozen=True)
class Stage:
    """One of the eleven steps: a phase, what is done, the arrays that it gives, an example."""

    phase: str
    words: str
    blocks: Sequence[Block] = ()
    example: str = ""
    text: str = ""

    @property
    def names(self) -> list[str]:
        """Return the names of all numbers that it gives."""
        return [name for block in self.blocks for name in block.names]


def vector(name: str, n: int) -> list[str]:
    """Name the numbers of a vector.

    Parameters
    ----------
    name : str
        Of the vector.
    n : int
        How many.

    Returns
    -------
    list of str
        One name each.

    Examples
    --------
    >>> vector("z1", 2)
    ['z1_0', 'z1_1']
    """
    return [f"{name}_{i}" for i in range(n)]


def augmented(weights: str, bias: str, rows: int, columns: int) -> list[list[str]]:
    """Name the numbers of a matrix with the biases as its last column.

    Parameters
    ----------
    weights, bias : str
        Names of matrix and vector.
    rows, columns : int
        Shape of the matrix.

    Returns
    -------
    list of list of str
        Names by row.

    Examples
    --------
    >>> augmented("W1", "b1", 1, 2)
    [['W1_0_0', 'W1_0_1', 'b1_0']]
    """
    return [[*vector(f"{weights}_{i}", columns), f"{bias}_{i}"] for i in range(rows)]


def previous(k: int) -> str:
    """Return what goes into a layer.

    Parameters
    ----------
    k : int
        Number of the layer.

    Returns
    -------
    str
        X, a1 or a2.
    """
    return f"a{k - 1}" if k > 1 else "X"


def forward_steps(sizes: Sizes, classes: Sequence[int], new: str = "") -> Iterator[Step]:
    """Give the formulas from the input to the loss.

    Parameters
    ----------
    sizes : tuple of int
        Numbers in the input and in each layer.
    classes : sequence of int
        Where the target is not 0.
    new : str
        What stands before the names after the update.

    Yields
    ------
    Step
        One number each.
    """
    for k in LAYERS:
        into = previous(k) if k == 1 else new + previous(k)
        for i in range(sizes[k]):
            terms = [f"{new}W{k}_{i}_{j}*{into}_{j}" for j in range(sizes[k - 1])]
            yield Step(f"{new}z{k}_{i}", " + ".join([*terms, f"{new}b{k}_{i}"]), "")
        if k < 3:
            for i in range(sizes[k]):
                yield Step(f"{new}a{k}_{i}", f"max(0, {new}z{k}_{i})", "")
    outputs = vector(f"{new}z3", sizes[3])
    # the largest is taken away so that no exponential overflows
    yield Step(f"{new}top", f"max({', '.join(outputs)}, {outputs[0]})", "")
    exponentials = [f"exp({z} - {new}top)" for z in outputs]
    for i, one in enumerate(exponentials):
        yield Step(f"{new}y_{i}", f"{one}/({' + '.join(exponentials)})", "")
    logarithms = [f" - target_{i}*ln({new}y_{i})" for i in classes]
    yield Step(f"{new}loss", "".join(logarithms).replace(" - ", "-", 1) or "0", "")


def backward_steps(sizes: Sizes) -> Iterator[Step]:
    """Give the formulas from the output back to the first layer, and those of the update.

    Parameters
    ----------
    sizes : tuple of int
        Numbers in the input and in each layer.

    Yields
    ------
    Step
        One number each.
    """
    for i in range(sizes[3]):
        yield Step(f"dz3_{i}", f"y_{i} - target_{i}", "", True)
    for k in reversed(LAYERS):
        into, rows, columns = previous(k), range(sizes[k]), range(sizes[k - 1])
        for i in rows:
            for j in columns:
                yield Step(f"dW{k}_{i}_{j}", f"dz{k}_{i}*{into}_{j}", "", True)
            yield Step(f"db{k}_{i}", f"dz{k}_{i}*1", "", True)
        if k > 1:
            for j in columns:
                paths = [f"W{k}_{i}_{j}*dz{k}_{i}" for i in rows]
                yield Step(f"da{k - 1}_{j}", " + ".join(paths), "", True)
            for j in columns:
                yield Step(f"dz{k - 1}_{j}", f"da{k - 1}_{j}*(z{k - 1}_{j} > 0)", "", True)
    for name in parameters(sizes):
        yield Step(f"new_{name}", f"{name} - lr*d{name}", "", True)


def parameters(sizes: Sizes) -> list[str]:
    """Name all weights and biases.

    Parameters
    ----------
    sizes : tuple of int
        Numbers in the input and in each layer.

    Returns
    -------
    list of str
        Layer by layer, row by row.
    """
    matrices = [augmented(f"W{k}", f"b{k}", sizes[k], sizes[k - 1]) for k in LAYERS]
    return [name for matrix in matrices for row in matrix for name in row]


@cache
def formulas(sizes: Sizes, classes: tuple[int, ...]) -> tuple[list[Step], list[Step]]:
    """Give all formulas.

    Parameters
    ----------
    sizes : tuple of int
        Numbers in the input and in each layer.
    classes : tuple of int
        Where the target is not 0.

    Returns
    -------
    tuple of list of Step
        The way to the loss, and all that follows.
    """
    after = forward_steps(sizes, classes, "new_")
    return list(forward_steps(sizes, classes)), [*backward_steps(sizes), *after]


def column_block(name: str, formula: str, shapes: str, n: int) -> Block:
    """Make a block that is a vector.

    Parameters
    ----------
    name, formula, shapes : str
        Its words.
    n : int
        How many numbers.

    Returns
    -------
    Block
        One number a row.
    """
    return Block(name, formula, shapes, [[part] for part in vector(name, n)])


@cache
def stages(sizes: Sizes) -> list[Stage]:
    """Group the numbers into the eleven steps.

    Parameters
    ----------
    sizes : tuple of int
        Numbers in the input and in each layer.

    Returns
    -------
    list of Stage
        Forward pass, slots, the way back, update.
    """
    n = sizes
    ahead, back, slots, updates = [], [], [f"dz3 ({n[3]},)"], []
    for k in LAYERS:
        into = previous(k)
        shapes = f"({n[k]},) = ({n[k]}, {n[k - 1]})·({n[k - 1]},) + ({n[k]},)"
        ahead.append(column_block(f"z{k}", f"W{k}·{into} + b{k}", shapes, n[k]))
        if k < 3:
            ahead.append(column_block(f"a{k}", f"ReLU(z{k})", f"({n[k]},)", n[k]))
    ahead.append(column_block("y", "softmax(z3)", f"({n[3]},)", n[3]))
    ahead.append(Block("loss", "−Σ target·ln(y)", "one number", [["loss"]]))
    for k in reversed(LAYERS):
        into, rows, columns = previous(k), n[k], n[k - 1]
        both = Block(
            f"[dW{k}|db{k}]",
            f"dz{k}·[{into}|1]ᵀ",
            f"({rows}, {columns + 1}) = ({rows}, 1)·(1, {columns + 1})",
            augmented(f"dW{k}", f"db{k}", rows, columns),
            bias=True,
        )
        back.append(Stage("backward", f"Gradients of layer {k}", [both], f"dW{k}_0_0"))
        slots += [f"dW{k} ({rows}, {columns})", f"db{k} ({rows},)"]
        new = Block(
            f"new [W{k}|b{k}]",
            f"[W{k}|b{k}] − lr·[dW{k}|db{k}]",
            f"({rows}, {columns + 1})",
            augmented(f"new_W{k}", f"new_b{k}", rows, columns),
            bias=True,
        )
        updates.append(new)
        if k > 1:
            da, dz = f"da{k - 1}", f"dz{k - 1}"
            shapes = f"({columns},) = ({columns}, {rows})·({rows},)"
            through = column_block(da, f"W{k}ᵀ·dz{k}", shapes, columns)
            gate = column_block(dz, f"{da} where z{k - 1} > 0, else 0", f"({columns},)", columns)
            back.append(Stage("backward", f"Back through W{k}", [through], f"{da}_0"))
            back.append(Stage("backward", f"Back through ReLU {k - 1}", [gate], f"{dz}_0"))
            slots += [f"{da} ({columns},)", f"{dz} ({columns},)"]
    updates = [
        *reversed(updates),
        Block("new loss", "loss with the new numbers", "one number", [["new_loss"]]),
    ]
    count = counted(len(parameters(sizes)), "parameter")
    slot = f"An empty array for each result: {', '.join(slots)}. {count} need as many gradients."
    start = column_block("dz3", "y − target", f"({n[3]},)", n[3])
    return [
        Stage("forward", "Forward pass", ahead, "z1_0"),
        Stage("backward", "Slots for the gradients", text=slot),
        Stage("backward", "Gradient at the output", [start], "dz3_0"),
        *back,
        Stage("update", "Each parameter minus lr times its gradient", updates, "new_W1_0_0"),
    ]


def same(a: float, b: float) -> bool:
    """Say whether two numbers are written alike.

    Parameters
    ----------
    a, b : float
        Any numbers.

    Returns
    -------
    bool
        True for two nan, too.
    """
    return a == b or exact(a) == exact(b)


def one_hot(target: ArrayLike) -> bool:
    """Say whether one entry is 1 and the others are 0.

    Parameters
    ----------
    target : array_like, shape (k,)
        Any numbers.

    Returns
    -------
    bool
        False for a sum of 1 in parts, too.

    Examples
    --------
    >>> one_hot([0, 1, 0]), one_hot([0.5, 0.5]), one_hot([0, 0])
    (True, False, False)
    """
    values = np.asarray(target)
    return bool(np.isin(values, (0, 1)).all() and values.sum() == 1)


@dataclass(frozen=True)
class Pass(Solution):
    """All numbers of one training step, told in eleven steps."""

    sizes: Sizes = (1, 1, 1, 1)
    before: Mapping[str, float] | None = None  # the numbers before the last edit

    @cached_property
    def stages(self) -> list[Stage]:
        """Return the eleven steps."""
        return stages(self.sizes)

    @cached_property
    def by_name(self) -> dict[str, Result]:
        """Return the results by their names."""
        return {result.step.name: result for result in self.results}

    @cached_property
    def changed(self) -> frozenset[str]:
        """Return the names of the numbers that the last edit changed."""
        now = self.values
        before = self.before or now
        return frozenset(name for name in now if not same(now[name], before[name]))

    @property
    def length(self) -> int:
        """Return the number of steps."""
        return len(self.stages)

    @property
    def turn(self) -> int:
        """Return the number of forward steps."""
        return 1

    def head(self, position: int) -> str:
        """Say which step this is.

        Parameters
        ----------
        position : int
            0 before the first step.

        Returns
        -------
        str
            Position, phase and what is done.
        """
        if not position:
            return f"Start, before step 1 of {self.length}."
        stage = self.stages[position - 1]
        return f"Step {position} of {self.length}, {stage.phase}. {stage.words}."

    def written(self, name: str) -> str:
        """Write a number.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        str
            After a sign where the learner's number differs.
        """
        result = self.by_name[name]
        return ("≠ " if result.differs else "") + exact(result.value)

    def numbers(self, block: Block) -> str:
        """Write the numbers of an array in a line.

        Parameters
        ----------
        block : Block
            The array.

        Returns
        -------
        str
            Matrices row by row, the bias after a bar.
        """
        rows = [list(map(self.written, row)) for row in block.rows]
        if block.scalar:
            return rows[0][0]
        if block.bias:
            told = [f"[{', '.join(row[:-1])} | {row[-1]}]" for row in rows]
        else:
            told = [row[0] for row in rows]
        return f"[{', '.join(told)}]"

    def example(self, position: int) -> str:
        """Tell the first number of a step with its formula.

        Parameters
        ----------
        position : int
            From 1.

        Returns
        -------
        str
            A sentence, or nothing.
        """
        name = self.stages[position - 1].example
        return f"For example {' '.join(self.by_name[name].equation)}" if name else ""

    def remark(self, position: int) -> str:
        """Tell what the learner's functions returned.

        Parameters
        ----------
        position : int
            From 1.

        Returns
        -------
        str
            Sentences, or nothing.
        """
        stage = self.stages[position - 1]
        said = []
        theirs: dict[str, list[Result]] = {}
        for name in stage.names:
            if function := self.by_name[name].function:
                theirs.setdefault(function, []).append(self.by_name[name])
        for function, results in theirs.items():
            wrong = [result for result in results if result.differs]
            if wrong:
                said.append(f"{symbol(wrong[0].step.name)}: {wrong[0].remark}")
            else:
                said.append(f"Your {function} returned these numbers.")
        return " ".join(said)

    def moved(self, position: int) -> str:
        """Tell what the last edit changed in a step.

        Parameters
        ----------
        position : int
            From 1.

        Returns
        -------
        str
            A sentence, or nothing.
        """
        blocks = self.stages[position - 1].blocks
        moved = [block.name for block in blocks if self.changed.intersection(block.names)]
        return f"Changed by your last edit ({CHANGED}): {', '.join(moved)}." if moved else ""

    def sentence(self, position: int) -> str:
        """Tell a step.

        Parameters
        ----------
        position : int
            0 before the first step.

        Returns
        -------
        str
            Position, formulas with their numbers, an example.
        """
        if not position:
            return " ".join([self.head(0), self.given(), *self.notes])
        stage = self.stages[position - 1]
        told = [f"{block.head} = {self.numbers(block)}." for block in stage.blocks]
        parts = [self.head(position), stage.text, *told]
        parts += [self.example(position), self.remark(position), self.moved(position)]
        return " ".join(filter(None, parts))

    def given(self) -> str:
        """Tell what is given.

        Returns
        -------
        str
            Sizes, input, target, learning rate and parameters.
        """
        n = self.sizes

        def row(names: Sequence[str]) -> str:
            return f"[{', '.join(exact(self.givens[name]) for name in names)}]"

        told = [f"X = {row(vector('X', n[0]))}", f"target = {row(vector('target', n[3]))}"]
        for k in LAYERS:
            rows = [vector(f"W{k}_{i}", n[k - 1]) for i in range(n[k])]
            told.append(f"W{k} = [{', '.join(map(row, rows))}]")
            told.append(f"b{k} = {row(vector(f'b{k}', n[k]))}")
        sizes = "-".join(map(str, n))
        count = counted(len(parameters(n)), "parameter")
        rate = exact(self.givens["lr"])
        return f"A {sizes} network with {count}, lr = {rate}. Given: {', '.join(told)}."

    def news(self) -> str:
        """Tell what the last edit changed.

        Returns
        -------
        str
            Sentences, beginning with a space; nothing before the first edit.
        """
        if self.before is None:
            return ""
        edited = [name for name in self.givens if name in self.changed]
        if not edited:
            return " The numbers are the same as before."
        told = [
            f"{symbol(name)} was {exact(self.before[name])}, now {exact(self.givens[name])}"
            for name in edited
        ]
        few = len(edited) == 1 or all(name.startswith("target") for name in edited)
        what = ", ".join(told) if few else counted(len(edited), "number") + " edited"
        blocks = [block for stage in self.stages for block in stage.blocks]
        moved = [block.name for block in blocks if self.changed.intersection(block.names)]
        losses = " to ".join(exact(of["loss"]) for of in (self.before, self.values))
        loss = (
            f"The loss went from {losses}." if "loss" in self.changed else "The loss is the same."
        )
        reached = f"Changed: {', '.join(moved)}." if moved else "No result changed."
        return f" Your edit: {what}. {loss} {reached}"

    def table(self) -> str:
        """Write all steps as a table.

        Returns
        -------
        str
            HTML.
        """
        head = "".join(
            f'<th scope="col">{name}</th>' for name in ("Step", "Formula", "Shapes", "Numbers")
        )
        rows = []
        for k, stage in enumerate(self.stages, 1):
            lines = [(block.head, block.shapes, self.numbers(block)) for block in stage.blocks]
            for line in lines or [(stage.text, "", "")]:
                rows.append([f"{k}. {stage.words}", *line])
        cells = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
        return (
            f"<table><caption>{html.escape(self.sentence(0))}</caption>"
            f"<thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(f'<tr>{row}</tr>' for row in cells)}</tbody></table>"
        )

    def cards(self, position: int) -> str:
        """Write the eleven steps as cards with their matrices, later ones without numbers.

        Parameters
        ----------
        position : int
            0 before the first step.

        Returns
        -------
        str
            HTML.
        """
        cards = []
        for k, stage in enumerate(self.stages, 1):
            now, known = k == position, k <= position
            looks = ["downhill-wide"] * (len(stage.blocks) != 1) + ["downhill-now"] * now
            blocks = "".join(self._matrix(block, known) for block in stage.blocks)
            label = f"{k}. {stage.words}{' (this step)' if now else ''}"
            text = f"<p>{html.escape(stage.text)}</p>" if stage.text else ""
            current = ' aria-current="step"' if now else ""
            cards.append(
                f'<section class="{" ".join(looks)}"{current}>'
                f'<h4>{label}</h4>{text}<div class="downhill-blocks">{blocks}</div></section>'
            )
        return f'<div class="downhill-stages">{"".join(cards)}</div>'

    def _matrix(self, block: Block, known: bool) -> str:
        rows = []
        for names in block.rows:
            cells = []
            for j, name in enumerate(names):
                changed = known and name in self.changed
                looks = ["downhill-changed"] * changed
                looks += ["downhill-bias"] * (block.bias and j == len(names) - 1)
                shown = self.written(name) + CHANGED * changed if known else LATER
                look = f' class="{" ".join(looks)}"' if looks else ""
                cells.append(f"<td{look}>{shown}</td>")
            rows.append("".join(cells))
        head, shapes = html.escape(block.head), html.escape(block.shapes)
        if block.scalar:
            return f"<p>{head} = {rows[0].replace('td', 'span')}</p>"
        # a caption in the table would stretch a narrow matrix
        return (
            f'<div><span>{head}<br>{shapes}</span><table aria-label="{head}">'
            f"<tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table></div>"
        )


class Panel(Walk):
    """Number fields for everything given, the eleven steps, and buttons to go through them.

    Parameters
    ----------
    solve : callable
        Makes the pass from the values of the fields, by name.
    numbers : mapping of str to float
        What the fields hold at first.
    sizes : tuple of int
        Numbers in the input and in each layer.
    step : int
        The step that is shown at first.
    """

    solution: Pass

    def __init__(
        self,
        solve: Callable[..., Pass],
        numbers: Mapping[str, float],
        sizes: Sizes,
        step: int = 0,
    ) -> None:
        self.sizes = sizes
        self.start = dict(numbers)
        self.editing = False
        style, layout = {"description_width": "0"}, widgets.Layout(width="50px", margin="1px")
        fields = {
            name: widgets.FloatText(value, description=symbol(name), layout=layout, style=style)
            for name, value in numbers.items()
        }
        super().__init__(solve, fields)
        self.widget.add_class("downhill-mlp")
        reset = widgets.Button(description="First numbers", layout=widgets.Layout(width="auto"))
        reset.on_click(lambda _button: self.set(self.start))
        *rest, keys = self.buttons.children
        self.buttons.children = [*rest, reset, keys]
        self.slider.layout.flex = "1 1 200px"
        self.go(step)

    def set(self, numbers: Mapping[str, float]) -> None:
        """Put numbers into fields, all in one edit.

        Parameters
        ----------
        numbers : mapping of str to float
            By name, such as W1_0_2.
        """
        self._fill(numbers)
        self._recompute()

    def _fill(self, numbers: Mapping[str, float]) -> None:
        self.editing = True
        try:
            for name, value in numbers.items():
                self.parameters[name].value = value
        finally:
            self.editing = False

    def _choose_class(self) -> bool:
        """Let an entry of target set to 1 move the others to 0; undo all that is not one-hot."""
        names = vector("target", self.sizes[3])
        now = {name: self.parameters[name].value for name in names}
        edited = [name for name in names if now[name] != self.solution.givens[name]]
        if len(edited) == 1 and now[edited[0]] == 1:
            self._fill({name: float(name == edited[0]) for name in names})
        elif not one_hot(list(now.values())):
            self._fill(self.solution.givens)
            return False
        return True

    def _controls(self) -> widgets.Widget:
        n = self.sizes
        matrices: dict[str, Names] = {"X": [[name] for name in vector("X", n[0])]}
        for k in LAYERS:
            matrices[f"[W{k}|b{k}]"] = augmented(f"W{k}", f"b{k}", n[k], n[k - 1])
        matrices["target"] = [[name] for name in vector("target", n[3])]
        matrices["lr"] = [["lr"]]
        rules = widgets.HTML(f"<style>{CSS}</style>", layout=widgets.Layout(display="none"))
        words = widgets.HTML(
            "Edit any number, then press Enter or Tab. b is the last column. "
            "Press Start, then Next, to go step by step."
        )
        grids = widgets.Box([self._grid(title, rows) for title, rows in matrices.items()])
        grids.add_class("downhill-fields")
        return widgets.VBox([rules, words, grids])

    def _grid(self, title: str, rows: Names) -> widgets.VBox:
        for row in rows:
            if row[-1].startswith("b"):
                self.parameters[row[-1]].add_class("downhill-bias")
        fields = [self.parameters[name] for row in rows for name in row]
        columns = f"repeat({len(rows[0])}, auto)"
        grid = widgets.GridBox(fields, layout=widgets.Layout(grid_template_columns=columns))
        return widgets.VBox([widgets.HTML(f"<b>{title}</b>"), grid])

    def _recompute(self) -> None:
        if self.editing:
            return
        if not self._choose_class():
            note = f" {REFUSED}"
        else:
            before = self.solution.values
            solved: Any = self._solved()
            self.solution = replace(solved, before=before)
            if not self.slider.value:  # nothing is shown yet, so the change would not be
                self.go(self.slider.max)
            note = self.solution.news()
        self._show(note)
        self.tell(note.strip())  # who has just edited need not hear the step again
        self._unfold()

    def _page(self, position: int, note: str) -> str:
        return readout(self.solution, position, note) + self.solution.cards(position)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        last = self.solution.length
        return {
            **self.widget._repr_mimebundle_(),
            "text/html": f'<style>{CSS}</style><div class="downhill-mlp">'
            f"<p>{html.escape(self.solution.sentence(0))}</p>{self.solution.cards(last)}</div>"
            f"<details><summary>All steps as text</summary>{self.solution.table()}</details>",
            "text/plain": self.transcript(),
        }


def readout(solution: Pass, position: int, note: str) -> str:
    """Write what a step does for the page; its numbers stand in the matrices below.

    Parameters
    ----------
    solution : Pass
        All numbers.
    position : int
        0 before the first step.
    note : str
        What else is to be said.

    Returns
    -------
    str
        HTML.
    """
    lines = [solution.head(position)]
    if position:
        stage = solution.stages[position - 1]
        lines.append("; ".join(block.head for block in stage.blocks) or stage.text)
        lines += [solution.example(position), solution.remark(position)]
        lines += [] if note else [solution.moved(position)]
    else:
        lines.append("Press Next, or edit a number: then all eleven steps are shown.")
    spans = "".join(f"<span>{html.escape(line)}</span>" for line in lines if line)
    said = f"<span><strong>{html.escape(note.strip())}</strong></span>" if note else ""
    notes = "".join(f'<p class="downhill-notes">{html.escape(n)}</p>' for n in solution.notes)
    return f'<p class="downhill-readout">{spans}{said}</p>{notes}'


def checked(
    X: ArrayLike, target: ArrayLike, parts: Mapping[str, ArrayLike]
) -> tuple[dict[str, np.ndarray], Sizes]:
    """Take the arguments as arrays whose shapes fit.

    Parameters
    ----------
    X, target : array_like
        One example.
    parts : mapping of str to array_like
        W1, b1, W2, b2, W3, b3.

    Returns
    -------
    tuple of dict and tuple of int
        Copies by name, and the sizes of input and layers.

    Raises
    ------
    Unusable
        If something is missing or a shape does not fit.
    """
    missing = [f"{letter}{k}" for k in LAYERS for letter in "Wb" if f"{letter}{k}" not in parts]
    if missing:
        raise Unusable(f"the parameters should have {', '.join(missing)}")
    arrays = {
        "X": X,
        "target": target,
        **{f"{c}{k}": parts[f"{c}{k}"] for k in LAYERS for c in "Wb"},
    }
    taken = {name: np.array(values, dtype=float) for name, values in arrays.items()}
    for name in ("X", "b1", "b2", "b3"):
        if taken[name].ndim != 1 or not 1 <= taken[name].size <= LARGEST:
            shape = taken[name].shape
            raise Unusable(f"{name} should be a vector of 1 to {LARGEST} numbers, not {shape}")
    sizes = (taken["X"].size, taken["b1"].size, taken["b2"].size, taken["b3"].size)
    shapes = {f"W{k}": (sizes[k], sizes[k - 1]) for k in LAYERS} | {"target": (sizes[3],)}
    for name, shape in shapes.items():
        if taken[name].shape != shape:
            raise Unusable(f"{name} should have the shape {shape}, not {taken[name].shape}")
    for name, values in taken.items():
        if not np.isfinite(values).all():
            raise Unusable(f"{name} should hold numbers, not nan or infinity")
    if not one_hot(taken["target"]):
        raise Unusable(f"{ONE_HOT}, not {taken['target'].tolist()}")
    return taken, sizes


def places(names: Sequence[str], prefix: str = "") -> dict[str, Keys]:
    """Say where a dict of arrays holds numbers.

    Parameters
    ----------
    names : sequence of str
        Such as W1_0_2.
    prefix : str
        What stands before the names in the formulas.

    Returns
    -------
    dict of str to tuple
        The way to each number.

    Examples
    --------
    >>> places(["W1_0_2"], "d")
    {'dW1_0_2': ('W1', 0, 2)}
    """

    def way(name: str) -> Keys:
        first, *rest = name.split("_")
        return (first, *map(int, rest))

    return {prefix + name: way(name) for name in names}


def arrays_of(values: Mapping[str, float], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Put numbers back into arrays.

    Parameters
    ----------
    values : mapping of str to float
        By name, such as W1_0_2.
    shapes : mapping of str to tuple of int
        Shapes of the arrays by their names.

    Returns
    -------
    dict of str to ndarray
        Fresh arrays.
    """

    def array(name: str, shape: tuple[int, ...]) -> np.ndarray:
        spots = ("_".join(map(str, (name, *at))) for at in np.ndindex(shape))
        return np.array([values[spot] for spot in spots]).reshape(shape)

    return {name: array(name, shape) for name, shape in shapes.items()}


def one_pass(sizes: Sizes, ahead: Learner, back: Learner, **numbers: float) -> Pass:
    """Compute one training step; the learner's numbers come before our own.

    Parameters
    ----------
    sizes : tuple of int
        Numbers in the input and in each layer.
    ahead, back : Learner
        The learner's functions, if any.
    **numbers : float
        What the fields hold.

    Returns
    -------
    Pass
        All numbers.
    """
    n = sizes
    classes = tuple(i for i in range(n[3]) if numbers[f"target_{i}"])
    forward, rest = formulas(sizes, classes)
    shapes = {f"W{k}": (n[k], n[k - 1]) for k in LAYERS} | {f"b{k}": (n[k],) for k in LAYERS}
    params = arrays_of(numbers, shapes)
    given = arrays_of(numbers, {"X": (n[0],), "target": (n[3],)})
    answers = [ahead.ask("forward", given["X"], params)]
    if back.function:
        known = solve(forward, numbers, *answers).values
        hidden = dict(zip(CACHE, (n[1], n[1], n[2], n[2], n[3], n[3]), strict=True))
        cache = arrays_of(known, {name: (size,) for name, size in hidden.items()})
        answers.append(back.ask("backward", cache, params, given["X"], given["target"]))
    solved = solve([*forward, *rest], numbers, *answers)
    result = Pass(numbers, solved.results, sizes=sizes)
    return replace(result, notes=[*(a.note for a in answers if a.note), *differences(result)])


def differences(result: Pass) -> Iterator[str]:
    """Tell in which steps the learner's functions differ from the panel.

    Parameters
    ----------
    result : Pass
        All numbers.

    Yields
    ------
    str
        A sentence for each function that differs.
    """
    found: dict[str, dict[int, list[str]]] = {}
    for k, stage in enumerate(result.stages, 1):
        for block in stage.blocks:
            theirs = [result.by_name[name] for name in block.names]
            for function in {r.function for r in theirs if r.differs}:
                found.setdefault(function, {}).setdefault(k, []).append(block.name)
    for function, steps in found.items():
        told = [f"step {k} ({', '.join(names)})" for k, names in steps.items()]
        yield f"Your {function} differs from the panel in {', '.join(told)}."


@or_notice
def explore_mlp(
    X: ArrayLike,
    target: ArrayLike,
    parts: Mapping[str, ArrayLike],
    lr: float = 0.01,
    forward: Callable[..., Any] | None = None,
    backward: Callable[..., Any] | None = None,
    step: int = 11,
) -> Panel:
    """Let a learner edit a network of three layers and follow its eleven steps.

    Parameters
    ----------
    X : array_like, shape (d,)
        One example.
    target : array_like, shape (k,)
        Its target: one entry is 1, the others are 0.
    parts : mapping of str to array_like
        W1, b1, W2, b2, W3, b3; a row of W holds the weights into one neuron.
    lr : float
        Learning rate.
    forward : callable, optional
        The learner's ``forward(X, params)``; returns a dict with z1, a1, z2, a2, z3, y.
    backward : callable, optional
        The learner's ``backward(cache, params, X, target)``; returns a dict with six gradients.
    step : int
        The step that is shown at first; 11 shows everything, 0 nothing yet.

    Returns
    -------
    Panel
        A field for each number, and the eleven steps as matrices.
    """
    taken, sizes = checked(X, target, parts)
    numbers = {
        "_".join(map(str, (name, *at))): float(values[at])
        for name, values in taken.items()
        for at in np.ndindex(values.shape)
    }
    numbers["lr"] = float(lr)
    if not math.isfinite(numbers["lr"]):
        raise Unusable("lr should be a number")
    n = dict(zip(CACHE, (sizes[1], sizes[1], sizes[2], sizes[2], sizes[3], sizes[3]), strict=True))
    hidden = [name for part, size in n.items() for name in vector(part, size)]
    ahead = Learner(forward, places(hidden), "a dict of z1, a1, z2, a2, z3, y in their shapes")
    six = "a dict of W1, b1, W2, b2, W3, b3 in the shapes of the parameters"
    back = Learner(backward, places(parameters(sizes), "d"), six)
    return Panel(partial(one_pass, sizes, ahead, back), numbers, sizes, step)
