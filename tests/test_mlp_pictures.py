"""The panel of unit 4: every number of every step against an independent computation."""

import json
import re
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from helpers import explore_mlp, watch_training
from helpers.explore import Notice
from helpers.marks import Line, Marker, Text
from helpers.script import exact
from helpers.training import FRAMES, Regions, order

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


# --- the steps ----------------------------------------------------------------------------------


@pytest.fixture
def panel():
    """The panel of the hand-out that nobody has touched."""
    return explore_mlp(*KNOWN["O"], step=0)


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
    assert explore_mlp(*KNOWN["O"]).slider.value == 11


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


@pytest.mark.parametrize(("before", "after"), [(0, 11), (1, 1), (6, 6), (10, 10), (11, 11)])
def test_an_edit_shows_its_effect_and_leaves_a_walk_where_it_is(panel, before, after):
    panel.go(before)
    panel.parameters["b1_0"].value = -3
    assert panel.slider.value == after
    assert "b1[0] was -5, now -3." in panel.page.value
    assert "*</td>" in panel.page.value
    assert caption(panel).startswith("Your edit: b1[0]")


def targets(panel):
    """Return what the fields of the target hold."""
    return [panel.parameters[f"target_{k}"].value for k in range(3)]


def test_an_entry_of_the_target_set_to_1_moves_the_others_to_0(panel):
    panel.parameters["target_2"].value = 1
    assert targets(panel) == [0, 0, 1]
    assert "target[1] was 1, now 0, target[2] was 0, now 1." in caption(panel)
    cache = forward([2, 1, 3], HANDOUT)
    assert shown(panel, "dz3", 3) == pytest.approx(cache["y"] - [0, 0, 1])
    assert panel.solution.values["loss"] == pytest.approx(-np.log(cache["y"][2]))
    press(panel, "First numbers")
    assert targets(panel) == [0, 1, 0]


@pytest.mark.parametrize(("entry", "value"), [(0, 0.5), (1, 0), (1, 2), (2, -1), (2, np.nan)])
def test_a_target_that_is_not_one_hot_is_refused(panel, entry, value):
    panel.parameters["b1_0"].value = -3
    good = panel.solution
    panel.parameters[f"target_{entry}"].value = value
    assert targets(panel) == [0, 1, 0]
    assert panel.solution is good
    assert caption(panel).startswith("One entry of target is 1, the others are 0: the former")
    assert "the former numbers stay" in panel.page.value
    panel.set({"target_0": 0.5, "b1_0": 9})
    assert panel.solution is good
    assert panel.parameters["b1_0"].value == -3


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
        ({"target": [1, 1, 0]}, "One entry of target is 1, the others are 0, not [1.0, 1.0, 0.0]"),
        ({"target": [0.5, 0.5, 0]}, "One entry of target is 1"),
        ({"target": [0, 0, 0]}, "One entry of target is 1"),
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


# --- training in the plane ------------------------------------------------------------------------


def quick(X, params):
    """Compute only the outputs of a batch, right."""
    a = np.asarray(X)
    for k in (1, 2):
        a = np.maximum(a @ params[f"W{k}"].T + params[f"b{k}"], 0)
    z = a @ params["W3"].T + params["b3"]
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return {"y": e / e.sum(axis=-1, keepdims=True)}


def train_step(X, target, params, lr):
    """Take one step, right."""
    cache = forward(X, params)
    grads = backward(cache, params, X, target)
    return {name: params[name] - lr * grads[name] for name in params}, loss(X, target, params)


@pytest.fixture(scope="module")
def clouds():
    """Sixty points in three clouds, their classes, and parameters at the start."""
    draw = np.random.default_rng(5)
    centres = np.array([[0, 1], [-1, -0.6], [1, -0.6]])
    labels = np.repeat([0, 1, 2], 20)
    _, _, params = random_network(2, 2, 6, 5, 3)
    return centres[labels] + draw.normal(0, 0.25, (60, 2)), labels, params


@pytest.fixture(scope="module")
def training(clouds):
    """The training of a network that is right."""
    return watch_training(*clouds, train_step, quick, epochs=6)


def by_hand(clouds, epochs, lr=0.05):
    """Train without the picture; return parameters, losses and gradient sizes of the last epoch."""
    points, labels, params = clouds
    for k in range(1, epochs + 1):
        losses, sizes = [], []
        for i in order(len(points), k):
            grads = backward(forward(points[i], params), params, points[i], np.eye(3)[labels[i]])
            sizes.append([np.linalg.norm(grads[name]) for name in params])
            params, one = train_step(points[i], np.eye(3)[labels[i]], params, lr)
            losses.append(one)
    return params, np.mean(losses), np.mean(sizes, axis=0)


def test_the_order_is_a_shuffle_without_chance():
    for n, epoch in ((60, 1), (60, 2), (7, 30)):
        assert sorted(order(n, epoch)) == list(range(n))
    assert order(60, 1).tolist() != order(60, 2).tolist() != list(range(60))


def test_sentences_agree_with_training_by_hand(clouds, training):
    points, labels, _ = clouds
    params, mean_loss, sizes = by_hand(clouds, 6)
    right = int((quick(points, params)["y"].argmax(axis=1) == labels).sum())
    said = training.frames[6].sentence
    assert said.startswith(f"Epoch 6 of 6: {right} of 60 points right ({right / 60:.0%})")
    assert f"mean loss {mean_loss:.4g} in this epoch." in said
    told = ", ".join(f"{name} {size:.4g}" for name, size in zip(params, sizes, strict=True))
    assert said.endswith(f"Mean gradient sizes: {told}.")
    assert training.frames[0].sentence.endswith("No step yet.")


def test_frames_show_regions_names_shapes_and_rings(clouds, training):
    points, labels, params = clouds
    read = quick(points, params)["y"].argmax(axis=1)
    marks = training.frames[0].marks
    (regions,) = [mark for mark in marks if isinstance(mark, Regions)]
    names = {mark.text for mark in marks if isinstance(mark, Text)}
    assert names == {f"class {k}" for k in np.unique(regions.classes)}
    shapes = [mark.shape for mark in marks if isinstance(mark, Marker)]
    assert shapes == ["circle", "circle", "square", "triangle"]
    rings = next(mark for mark in marks if isinstance(mark, Marker))
    assert len(rings.x) == (read != labels).sum() > 0
    curves = [mark for mark in training.frames[4].marks if getattr(mark, "on", "") == "sizes"]
    assert [len(line.x) for line in curves if isinstance(line, Line)] == [4, 4, 4]


def test_a_region_is_where_the_network_says(training, clouds):
    (regions,) = [mark for mark in training.frames[0].marks if isinstance(mark, Regions)]
    side = len(regions.classes)
    corner = np.array([[regions.xlim[0], regions.ylim[0]], [regions.xlim[1], regions.ylim[0]]])
    read = quick(corner, clouds[2])["y"].argmax(axis=1)
    assert regions.classes[0, 0] == read[0]
    assert regions.classes[0, -1] == read[1]
    assert regions.pixels.shape == (side, side, 4)
    assert (regions.pixels[-1, 0] == regions.pixels[regions.classes[::-1] == read[0]][0]).all()


def test_every_frame_is_one_picture_with_its_sentence(training):
    for page, frame in zip(training.stack.children, training.frames, strict=True):
        tree = ET.fromstring(page.value)
        svg = tree.find("{http://www.w3.org/2000/svg}svg")
        assert svg.get("aria-label") == frame.sentence == tree.find("p").text
        assert "nan" not in page.value
    assert training.slider.options[-1][0] == "6"
    bundle = training._repr_mimebundle_()
    assert bundle["text/html"].count("<img") == bundle["text/html"].count(" alt=") == 3
    json.dumps(bundle)


def test_a_layer_that_is_off_is_said_and_lies_on_the_line_of_0(clouds):
    points, labels, params = clouds
    dead = {**params, "b1": np.full(6, -99.0), "b2": np.full(5, -9.0)}
    picture = watch_training(points, labels, dead, train_step, quick, epochs=3)
    said = picture.frames[-1].sentence
    assert "W1 0, b1 0, W2 0, b2 0, W3 0, b3 0." in said
    assert not said.endswith("b3 0.")
    assert "nan" not in picture.stack.children[-1].value
    axes = picture.stage.axes("sizes")
    (zero,) = [text for text in axes.texts if text.get_text() == "0"]
    curves = [mark for mark in picture.frames[-1].marks if getattr(mark, "on", "") == "sizes"]
    assert all((np.asarray(mark.y) == zero.get_position()[1]).all() for mark in curves)
    assert axes.get_ylim()[0] < zero.get_position()[1] < min(axes.get_yticks())


def test_without_a_0_there_is_no_line_of_0(training):
    assert not training.stage.axes("sizes").texts


def test_rings_are_explained_where_there_are_some(training):
    for frame in training.frames:
        rings = next(mark for mark in frame.marks if isinstance(mark, Marker))
        assert ("A ring marks each point that is read wrongly." in frame.sentence) == bool(
            len(rings.x)
        )


def test_many_epochs_are_thinned(clouds):
    points, labels, params = clouds
    some = slice(None, None, 10)
    picture = watch_training(points[some], labels[some], params, train_step, quick, epochs=100)
    assert len(picture.frames) == FRAMES
    assert picture.frames[-1].sentence.startswith("Epoch 100 of 100:")


def test_parameters_beyond_all_numbers_are_said(clouds):
    def explode(X, target, params, lr):
        return {name: values * 1e60 for name, values in params.items()}, 1.0

    picture = watch_training(*clouds, explode, quick, epochs=9)
    assert len(picture.frames) == 2
    assert "Epoch 1 of 9: the parameters have grown beyond all numbers." in picture.description


def test_the_learners_functions_get_copies(clouds):
    def spoil(X, target, params, lr):
        new = train_step(X, target, params, lr)
        for values in (X, target, *params.values()):
            values[...] = 7
        return new

    points, labels, params = clouds
    before = {name: values.copy() for name, values in params.items()}
    spoiled = watch_training(points, labels, params, spoil, quick, epochs=2)
    clean = watch_training(points, np.eye(3)[labels], params, train_step, quick, epochs=2)
    assert spoiled.description == clean.description
    assert all((params[name] == before[name]).all() for name in params)


def test_sixty_points_and_thirty_epochs_are_fast_enough(clouds):
    start = time.process_time()
    watch_training(*clouds, train_step, quick)
    assert time.process_time() - start < 6  # about 2 seconds on a quiet machine


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": [1, 2, 3]}, "points should have the shape (n, 2), not (3,)"),
        ({"labels": [0, 1]}, "labels should be 60 whole numbers from 0 to 3"),
        ({"labels": np.full(60, 3)}, "labels should be below 3"),
        ({"labels": np.full(60, 0.5)}, "labels should be 60 whole numbers"),
        ({"epochs": 0}, "epochs at least 1"),
        ({"train_step": unwritten}, "unwritten is not written"),
        ({"forward_mlp": unwritten}, "unwritten is not written"),
        ({"train_step": lambda *_: None}, "should return the pair (params, loss), not None"),
        ({"train_step": lambda X, t, p, lr: (p, None)}, "should return one number"),
        ({"train_step": lambda X, t, p, lr: ({**p, "b1": 0}, 1)}, "should keep b1 in shape (6,)"),
        ({"forward_mlp": lambda X, p: [1]}, "should return a dict with y"),
        ({"forward_mlp": lambda X, p: {"y": [1, 2]}}, "should give y of shape (60, classes)"),
        ({"forward_mlp": lambda X, p: {"y": np.ones((len(X), 5))}}, "up to 4 classes, not 5"),
    ],
)
def test_bad_training_becomes_a_sentence(clouds, change, words):
    arguments = dict(zip(("points", "labels", "params"), clouds, strict=True))
    arguments |= {"train_step": train_step, "forward_mlp": quick, "epochs": 1} | change
    notice = watch_training(**arguments)
    assert isinstance(notice, Notice)
    assert words in notice.description
