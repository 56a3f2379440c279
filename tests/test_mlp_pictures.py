"""The panel of unit 4: every number of every step against an independent computation."""

import json
import re
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from helpers import explore_mlp
from helpers.explore import Notice
from helpers.script import exact

HANDOUT = {
    "W1": [[1, -1, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]],
    "b1": [-5, 0, 1, -2],
    "W2": [[1, -1, 1, 0], [0, 1, -1, 1]],
    "b2": [0, 3],
    "W3": [[2, 0], [0, 2], [1, 1]],
    "b3": [-1, -5, -7],
}
EX = {
    **HANDOUT,
    "W2": [[1, -1, 1, 0], [0, 1, -1, 1], [1, 1, -1, 0]],
    "b2": [0, 3, -1],
    "W3": [[2, 0, 1], [0, 2, -1], [1, 1, 0]],
}
Z = {**EX, "b1": [-4, 0, 1, -2]}
B = {
    "W1": [[0, 0, 1], [0, 1, -1], [0, 0, -1], [1, -1, -1]],
    "b1": [-1, 0, 0, 1],
    "W2": [[0, -1, 1, 0], [0, 1, 0, 0], [1, 0, 1, 1]],
    "b2": [-2, -1, -3],
    "W3": [[-1, 0, 2], [1, 1, 1], [3, 2, 0]],
    "b3": [-1, -4, 1],
}
KNOWN = {
    "O": ([2, 1, 3], [0, 1, 0], HANDOUT),
    "Ex": ([2, 1, 3], [0, 1, 0], EX),
    "Z": ([2, 1, 3], [0, 1, 0], Z),
    "B": ([3, 1, -1], [0, 0, 1], B),
}
NAMES = ("W1", "b1", "W2", "b2", "W3", "b3")


def random_network(seed, *sizes):
    """Return an example and parameters with numbers of both signs."""
    draw = np.random.default_rng(seed)
    parts = {}
    for k in (1, 2, 3):
        parts[f"W{k}"] = draw.normal(0, 1, (sizes[k], sizes[k - 1]))
        parts[f"b{k}"] = draw.normal(0, 1, sizes[k])
    return draw.normal(0, 1, sizes[0]), np.eye(sizes[3])[seed % sizes[3]], parts


SIZES = [(3, 4, 2, 3), (2, 3, 3, 4), (6, 6, 6, 6), (1, 1, 1, 2), (4, 2, 5, 3)]
ALL = KNOWN | {str(sizes): random_network(k, *sizes) for k, sizes in enumerate(SIZES)}
every_network = pytest.mark.parametrize(("X", "target", "parts"), ALL.values(), ids=ALL)


# --- independent computations -------------------------------------------------------------------


def forward(X, params):
    """Return all values of the network, batch or not, right."""
    p = {name: np.asarray(values, dtype=float) for name, values in params.items()}
    z1 = p["W1"] @ X + p["b1"]
    a1 = np.where(z1 > 0, z1, 0.0)
    z2 = p["W2"] @ a1 + p["b2"]
    a2 = np.where(z2 > 0, z2, 0.0)
    z3 = p["W3"] @ a2 + p["b3"]
    e = np.exp(z3 - z3.max())
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2, "z3": z3, "y": e / e.sum()}


def backward(cache, params, X, target):
    """Return the gradients, right."""
    grads, dz = {}, cache["y"] - target
    for k, into in ((3, cache["a2"]), (2, cache["a1"]), (1, X)):
        grads[f"W{k}"], grads[f"b{k}"] = np.outer(dz, into), dz
        if k > 1:
            dz = (np.asarray(params[f"W{k}"]).T @ dz) * (cache[f"z{k - 1}"] > 0)
    return grads


def loss(X, target, params):
    """Return the cross-entropy, from the logits."""
    z3 = forward(X, params)["z3"]
    return np.log(np.exp(z3 - z3.max()).sum()) + z3.max() - target @ z3


def numeric(X, target, params, eps=1e-6):
    """Return central differences of the loss by every parameter."""
    grads = {}
    for name, values in params.items():
        grads[name] = np.zeros(np.shape(values))
        for at in np.ndindex(np.shape(values)):
            push = np.zeros(np.shape(values))
            push[at] = eps
            up, down = (loss(X, target, {**params, name: values + s * push}) for s in (1, -1))
            grads[name][at] = (up - down) / (2 * eps)
    return grads


def shown(panel, name, *shape):
    """Return an array of the panel."""
    values = panel.solution.values
    spots = ["_".join(map(str, (name, *at))) for at in np.ndindex(*shape)]
    return np.array([values[spot] for spot in spots]).reshape(shape)


def caption(panel):
    """Return what a screen reader hears."""
    return ET.fromstring(panel.caption.value).text


def press(panel, words):
    """Press a button."""
    next(b for b in panel.buttons.children if getattr(b, "description", "") == words).click()


# --- the numbers --------------------------------------------------------------------------------


@every_network
def test_forward_and_gradients_agree_with_an_independent_computation(X, target, parts):
    panel = explore_mlp(X, target, parts)
    cache = forward(X, parts)
    for name, values in cache.items():
        assert shown(panel, name, *values.shape) == pytest.approx(values, rel=1e-12, abs=1e-14)
    assert panel.solution.values["loss"] == pytest.approx(loss(X, np.array(target), parts))
    for name, grad in backward(cache, parts, X, np.array(target)).items():
        assert shown(panel, f"d{name}", *grad.shape) == pytest.approx(grad, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("sizes", SIZES)
def test_gradients_agree_with_central_differences(sizes):
    X, target, parts = random_network(7, *sizes)
    panel = explore_mlp(X, target, parts)
    for name, grad in numeric(X, target, parts).items():
        assert shown(panel, f"d{name}", *grad.shape) == pytest.approx(grad, rel=1e-4, abs=1e-7)


@every_network
def test_the_update_and_the_loss_after_it(X, target, parts):
    panel = explore_mlp(X, target, parts, lr=0.03)
    grads = backward(forward(X, parts), parts, X, np.array(target))
    new = {name: np.asarray(parts[name]) - 0.03 * grads[name] for name in parts}
    for name, values in new.items():
        assert shown(panel, f"new_{name}", *values.shape) == pytest.approx(values, abs=1e-12)
    assert panel.solution.values["new_loss"] == pytest.approx(loss(X, np.array(target), new))


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("O", "z1 = W1·X + b1 = [-1, 3, 5, 3]."),
        ("O", "y = softmax(z3) = [0.495463, 0.495463, 0.00907471]."),
        ("O", "loss = −Σ target·ln(y) = 0.702263."),
        ("O", "= [[0.990925, 1.98185 | 0.495463], [-1.00907, -2.01815 | -0.504537],"),
        ("O", "[dW2|db2] = dz2·[a1|1]ᵀ = [[0, 3, 5, 3 | 1], [0, -3, -5, -3 | -1]]."),
        ("O", "= [[0, 0, 0 | 0], [-4, -2, -6 | -2], [4, 2, 6 | 2], [-2, -1, -3 | -1]]."),
        ("O", "[[1, -1.03, 0.95, -0.03 | -0.01], [0, 1.03, -0.95, 1.03 | 3.01]]."),
        ("O", "new loss = loss with the new numbers = 0.0108695."),
        ("Ex", "z2 = W2·a1 + b2 = [2, 4, -3]."),
        ("Ex", "dz2 = da2 where z2 > 0, else 0 = [1, -1, 0]."),
        ("Z", "z1 = W1·X + b1 = [0, 3, 5, 3]."),
        ("Z", "dz1 = da1 where z1 > 0, else 0 = [0, -2, 2, -1]."),
        ("B", "da2 = W3ᵀ·dz3 = [-2, -1, 1]."),
        ("B", "new loss = loss with the new numbers = 0.184048."),
    ],
)
def test_the_numbers_of_the_hand_out(network, said):
    assert said in explore_mlp(*KNOWN[network]).transcript()


def test_extreme_numbers_stay_numbers_or_words():
    panel = explore_mlp([1000, 1, 3], [0, 0, 1], HANDOUT, lr=10)
    assert "infinity" in panel.transcript()
    assert "nan" not in panel.page.value
    assert explore_mlp([2, 1, 3], [0, 0, 0], HANDOUT).solution.values["loss"] == 0


# --- the steps ----------------------------------------------------------------------------------


@pytest.fixture
def panel():
    """The panel of the hand-out that nobody has touched."""
    return explore_mlp(*KNOWN["O"])


def test_eleven_steps_by_buttons_and_slider(panel):
    assert panel.slider.max == 11
    press(panel, "Back")
    assert caption(panel).endswith("Back goes no further.")
    press(panel, "Next")
    assert caption(panel).startswith("Step 1 of 11, forward.")
    press(panel, "End")
    assert caption(panel).startswith("Step 11 of 11, update.")
    press(panel, "Next")
    assert caption(panel).endswith("Next goes no further.")
    panel.slider.value = 6
    assert caption(panel) == panel.solution.sentence(6)
    press(panel, "Start")
    assert panel.slider.value == 0
    assert explore_mlp(*KNOWN["O"], step=11).slider.value == 11


def test_a_step_shows_its_numbers_and_hides_later_ones(panel):
    for position in range(12):
        panel.go(position)
        page = ET.fromstring(panel.page.value.replace("<br>", "<br/>"))
        cards = list(page.iter("section"))
        assert len(cards) == 11
        current = [k for k, card in enumerate(cards, 1) if card.get("aria-current") == "step"]
        assert current == ([position] if position else [])
        for k, card in enumerate(cards, 1):
            cells = ["".join(td.itertext()) for td in card.iter("td")]
            wanted = [name for name in panel.solution.stages[k - 1].names if "loss" not in name]
            values = [exact(panel.solution.values[name]) for name in wanted]
            assert cells == (values if k <= position else ["·"] * len(wanted))


def test_every_step_has_symbols_shapes_and_numbers(panel):
    panel.go(11)
    words = " ".join(ET.fromstring(panel.page.value.replace("<br>", "<br/>")).itertext())
    for part in ("z1 = W1·X + b1", "(4,) = (4, 3)·(3,) + (4,)", "(2, 5) = (2, 1)·(1, 5)"):
        assert part in words
    assert "dW1 (4, 3), db1 (4,)" in words
    panel.go(4)
    assert "dW3[0, 0] = dz3[0]·a2[0] = 0.495463·2 = 0.990925." in panel.page.value


def test_transcript_table_and_bundle(panel):
    lines = panel.transcript().split("\n")
    assert len(lines) == 12
    panel.toggle.value = True
    rows = ET.fromstring(panel.text.value).find("tbody")
    assert len(rows) == 7 + 1 + 8 + 4
    bundle = panel._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/plain"] == panel.transcript()
    assert bundle["text/html"].count("<section") == 11
    assert "0.0108695" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    json.dumps(bundle)


# --- the fields ---------------------------------------------------------------------------------


def test_every_field_has_a_name_and_they_stand_by_rows(panel):
    names = [field.description for field in panel.parameters.values()]
    assert len(set(names)) == len(names) == 3 + 35 + 3 + 1
    grids = panel._controls().children[-1].children
    second = [field.description for field in grids[1].children[1].children]
    assert second[:5] == ["W1[0, 0]", "W1[0, 1]", "W1[0, 2]", "b1[0]", "W1[1, 0]"]


def test_an_edit_recomputes_marks_and_tells(panel):
    panel.go(11)
    panel.parameters["W3_0_1"].value = 0.5
    changed = {**HANDOUT, "W3": [[2, 0.5], [0, 2], [1, 1]]}
    cache = forward([2, 1, 3], changed)
    assert shown(panel, "y", 3) == pytest.approx(cache["y"])
    said = caption(panel)
    assert "W3[0, 1] was 0, now 0.5." in said
    assert f"The loss went from 0.702263 to {exact(-np.log(cache['y'][1]))}." in said
    assert "Changed: z3, y, loss, dz3, [dW3|db3], da2" in said
    page = ET.fromstring(panel.page.value.replace("<br>", "<br/>"))
    z3 = next(table for table in page.iter("table") if table.get("aria-label").startswith("z3 ="))
    assert ["".join(td.itertext()) for td in z3.iter("td")] == ["5*", "3", "-1"]
    panel.go(5)
    assert caption(panel).endswith("Changed by your last edit (*): da2.")
    panel.parameters["lr"].value = 0.1
    assert "The loss is the same. Changed: new [W1|b1], new [W2|b2]" in caption(panel)


def test_an_edit_without_effect_is_said_and_the_first_numbers_come_back(panel):
    panel.parameters["W1_0_0"].value = 0.5  # unit 0 of layer 1 is off anyway
    assert "Changed: z1, new [W1|b1]." in caption(panel)
    panel.parameters["b3_0"].value = 4
    press(panel, "First numbers")
    assert "2 numbers edited" in caption(panel)
    assert panel.solution.values["loss"] == pytest.approx(0.7022633214)


def test_an_edit_is_fast():
    panel = explore_mlp(*random_network(3, 6, 6, 6, 6), step=11)
    took = []
    for k in range(7):
        start = time.perf_counter()
        panel.parameters["W1_0_0"].value = k + 0.25
        took.append(time.perf_counter() - start)
    assert min(took) < 0.05


# --- the learner's functions --------------------------------------------------------------------


def test_right_functions_agree_and_are_named():
    panel = explore_mlp(*KNOWN["B"], forward=forward, backward=backward)
    assert panel.solution.notes == []
    for k, name in ((1, "forward"), (4, "backward"), (7, "backward"), (10, "backward")):
        assert f"Your {name} returned these numbers." in panel.solution.sentence(k)
    assert "≠" not in panel.transcript()
    panel.parameters["W1_0_0"].value = 2
    assert panel.solution.notes == []


def test_a_missing_gate_is_found_where_it_shows():
    def no_gate(cache, params, X, target):
        return backward({**cache, "z2": np.ones(3)}, params, X, target)

    panel = explore_mlp(*KNOWN["Ex"], backward=no_gate)
    (note,) = panel.solution.notes
    assert note == (
        "Your no_gate differs from the panel in step 7 ([dW2|db2]), step 10 ([dW1|db1])."
    )
    panel.go(7)
    assert "≠ 3" in panel.page.value
    assert "dW2[2, 1]: The numbers in this formula give 0; your no_gate returned 3." in caption(
        panel
    )
    assert note in panel.page.value


def test_a_wrong_forward_pass_is_found_in_step_1_only():
    def linear(X, params):
        cache = forward(X, params)
        return {**cache, "a1": cache["z1"]}

    panel = explore_mlp(*KNOWN["O"], forward=linear, backward=backward)
    assert panel.solution.notes == ["Your linear differs from the panel in step 1 (a1, z2)."]


def vandal(*arguments):
    """Change what it was given."""
    arguments[0][:] = 99


def unwritten(*_arguments):
    """Stand for a function that nobody has written."""
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (unwritten, "unwritten is not written"),
        (lambda *_: 1 / 0, "your function raised ZeroDivisionError"),
        (lambda *_: None, "should return a dict"),
        (lambda *_: {"z1": [1]}, "should return a dict"),
        (vandal, "forward steps show the picture's own numbers"),
    ],
)
def test_a_function_that_fails_becomes_a_sentence(function, words):
    good = explore_mlp(*KNOWN["O"]).solution.values
    panel = explore_mlp(*KNOWN["O"], forward=function, backward=function)
    assert panel.solution.values == good
    assert len(panel.solution.notes) == 2
    assert words in panel.solution.notes[0]
    assert words in panel.transcript()


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"W2": [[1, 2], [3, 4]]}, "W2 should have the shape (2, 4), not (2, 2)"),
        ({"b1": [[1, 2, 3, 4]]}, "b1 should be a vector of 1 to 8 numbers, not (1, 4)"),
        ({"b3": [1, 2, np.nan]}, "b3 should hold numbers"),
        ({"X": [[2, 1, 3]]}, "X should be a vector"),
        ({"target": [0, 1]}, "target should have the shape (3,), not (2,)"),
        ({"lr": np.inf}, "lr should be a number"),
        ({"W1": None}, "the parameters should have W1"),
    ],
)
def test_wrong_arguments_become_a_sentence(change, words):
    arguments = {"X": [2, 1, 3], "target": [0, 1, 0], "lr": 0.01, **HANDOUT, **change}
    parts = {name: arguments[name] for name in NAMES if arguments[name] is not None}
    notice = explore_mlp(arguments["X"], arguments["target"], parts, arguments["lr"])
    assert isinstance(notice, Notice)
    assert words in notice.description
    assert not re.search("Traceback", notice.description)
