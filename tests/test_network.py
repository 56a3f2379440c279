"""The step-through pictures of units 2 and 3: every number, every word, every key."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from helpers import explore_chain, step_network
from helpers.diagram import Pill, Slot
from helpers.explore import Notice
from helpers.network import STEPS, WEIGHTS

SVG = "{http://www.w3.org/2000/svg}"
CHAIN = {"a1": 2, "d": 3, "w1": 1.5, "b1": 1, "w2": 0.5, "b2": -1}
ARTICLE = {
    "x": [0.95, 0.06],
    "t": [0.05, 0.82],
    "W1": [[0.10, 0.15], [0.01, 0.27]],
    "b1": [0.05, 0.05],
    "W2": [[0.18, 0.06], [0.12, 0.25]],
    "b2": [0.42, 0.42],
}
SHAPES = {name: np.shape(values) for name, values in ARTICLE.items()}


def sig(z):
    """Return the sigmoid, also of complex numbers."""
    return 1 / (1 + np.exp(-z))


def random_network(seed):
    """Return the arguments of a network with numbers of both signs."""
    draw = np.random.default_rng(seed)
    return {name: draw.normal(0, 1.5, shape) for name, shape in SHAPES.items()}


def random_chain(seed):
    """Return the arguments of a chain with numbers of both signs."""
    draw = np.random.default_rng(seed)
    return dict(zip(CHAIN, draw.normal(0, 2, 6), strict=True))


# --- independent computations -------------------------------------------------------------------


def forward_222(x, W1, b1, W2, b2):
    """Return hidden and output values, for any sizes."""
    h = sig(np.asarray(W1) @ x + b1)
    return h, sig(np.asarray(W2) @ h + b2)


def backprop_222(x, t, params):
    """Return all gradients, for any sizes."""
    W1, b1, W2, b2 = (np.asarray(params[name]) for name in ("W1", "b1", "W2", "b2"))
    h, o = forward_222(x, W1, b1, W2, b2)
    signal = (o - t) * o * (1 - o)
    hidden = (W2.T @ signal) * h * (1 - h)
    return {"W1": np.outer(hidden, x), "b1": hidden, "W2": np.outer(signal, h), "b2": signal}


def network_truth(x, t, W1, b1, W2, b2):
    """Return every number of the network's picture by its name."""
    x, t, W1, b1, W2, b2 = map(np.asarray, (x, t, W1, b1, W2, b2))
    h, o = forward_222(x, W1, b1, W2, b2)
    grads = backprop_222(x, t, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
    errors = (t - o) ** 2 / 2
    paths = W2 * grads["b2"][:, None]  # output, hidden
    parts = {
        "x#": x,
        "t#": t,
        "h#": h,
        "o#": o,
        "net_h#": W1 @ x + b1,
        "net_o#": W2 @ h + b2,
        "E#": errors,
        "bh#": b1,
        "bo#": b2,
        "δ_o#": grads["b2"],
        "δ_h#": grads["b1"],
        "dE_dbo#": grads["b2"],
        "dE_dbh#": grads["b1"],
        "dE1_dh#": paths[0],
        "dE2_dh#": paths[1],
        "dE_dh#": paths.sum(axis=0),
        "w#": [*W1.ravel(), *W2.ravel()],
        "dE_dw#": [*grads["W1"].ravel(), *grads["W2"].ravel()],
    }
    every = {
        name.replace("#", str(k)): float(value)
        for name, values in parts.items()
        for k, value in enumerate(values, 1)
    }
    return every | {"E": float(errors.sum())}


def chain_truth(a1, d, w1, b1, w2, b2, bend=False):
    """Return every number of the chain's picture by its name, derivatives by complex steps."""
    act = sig if bend else lambda z: z

    def run(**push):
        at = {"a1": a1, "d": d, "w1": w1, "b1": b1, "w2": w2, "b2": b2}

        def put(name, value):
            at[name] = value + push.get(name, 0)

        for name in ("w1", "b1", "w2", "b2"):
            put(name, at[name])
        for k in (1, 2):
            put(f"p{k}", at[f"w{k}"] * at[f"a{k}"])
            put(f"z{k + 1}", at[f"p{k}"] + at[f"b{k}"])
            put(f"a{k + 1}", act(at[f"z{k + 1}"]))
        at["C"] = (d - at["a3"]) ** 2
        return at

    plain = run()
    slopes = {
        f"dC_d{name}": run(**{name: 1e-30j})["C"].imag / 1e-30 for name in plain if name != "C"
    }
    return plain | slopes


def numeric_gradient(x, t, params, eps=1e-5):
    """Return central differences of the error by every parameter."""

    def error(changed):
        return np.sum((np.asarray(t) - forward_222(x, **changed)[1]) ** 2) / 2

    grads = {}
    for name, values in params.items():
        grads[name] = np.zeros_like(values)
        for at in np.ndindex(values.shape):
            push = np.zeros_like(values)
            push[at] = eps
            up, down = (error({**params, name: values + s * push}) for s in (1, -1))
            grads[name][at] = (up - down) / (2 * eps)
    return grads


def pictures():
    """Return pictures with the numbers that they have to show."""
    for seed in (None, 1, 2, 3):
        net = ARTICLE if seed is None else random_network(seed)
        chain = CHAIN if seed is None else random_chain(seed)
        yield f"network-{seed}", step_network(**net), network_truth(**net)
        for bend in (False, True):
            name = f"{'sigmoid' if bend else 'linear'}-{seed}"
            yield name, explore_chain(**chain, sigmoid=bend), chain_truth(**chain, bend=bend)


ALL = {name: (picture, truth) for name, picture, truth in pictures()}
every_picture = pytest.mark.parametrize(("picture", "truth"), ALL.values(), ids=ALL)


@pytest.fixture(params=["network", "linear", "sigmoid"])
def fresh(request):
    """Return a picture that nobody has touched."""
    if request.param == "network":
        return step_network(**ARTICLE)
    return explore_chain(**CHAIN, sigmoid=request.param == "sigmoid")


def digits(value):
    """Write a number with six digits."""
    return "0" if value == 0 else f"{value:.6g}"


def texts(picture, position):
    """Return the words in the drawing at a step."""
    tree = ET.fromstring(picture.drawing.svg(picture.solution, position))
    return [element.text for element in tree.iter(f"{SVG}text")]


def caption(picture):
    """Return what a screen reader hears."""
    return ET.fromstring(picture.caption.value).text


def readout(picture):
    """Return the words over the drawing, without their layout."""
    page = ET.fromstring(picture.page.value.replace("<br>", "<br/>"))
    return " ".join("".join(page.find("p").itertext()).split())


# --- the numbers --------------------------------------------------------------------------------


def test_the_truth_of_this_file_agrees_with_central_differences():
    for network in (ARTICLE, random_network(1)):
        params = {name: np.array(network[name]) for name in ("W1", "b1", "W2", "b2")}
        grads = backprop_222(network["x"], network["t"], params)
        measured = numeric_gradient(network["x"], network["t"], params)
        for name, values in grads.items():
            assert np.allclose(values, measured[name], rtol=1e-6, atol=1e-10)


@every_picture
def test_every_number_of_every_step_is_right_to_the_printed_digit(picture, truth):
    lines = picture.transcript().split("\n")[1:]
    assert len(lines) == len(picture.solution.results)
    for line, result in zip(lines, picture.solution.results, strict=True):
        want = digits(truth[result.step.name])
        assert line.endswith(f"= {want}."), result.step.name
        assert want in "".join(texts(picture, lines.index(line) + 1))


@every_picture
def test_the_formula_with_numbers_gives_the_result(picture, truth):
    for result in picture.solution.results:
        formula = result.numbers
        for sign, python in {"·": "*", "½": "0.5*", "²": "**2", "σ": "sig"}.items():
            formula = formula.replace(sign, python)
        scale = max(1.0, *map(abs, map(truth.get, result.step.uses)))
        assert eval(formula) == pytest.approx(truth[result.step.name], rel=1e-4, abs=2e-5 * scale)
        for name in result.step.uses:
            assert digits(truth[name]) in result.numbers


@every_picture
def test_the_drawing_has_a_place_for_every_number(picture, truth):
    last = len(picture.solution.results)
    shown = " ".join(texts(picture, last))
    for part in picture.drawing.parts:
        if isinstance(part, Slot):
            assert digits(truth[part.name]) in shown
        elif isinstance(part, Pill):
            assert f"{part.name} {truth[part.name] + 0.0:+.6g}" in shown
            assert digits(truth[part.gradient]) in shown
    placed = {
        getattr(part, key, "") for part in picture.drawing.parts for key in ("name", "gradient")
    }
    assert placed >= set(picture.solution.values)


def test_the_weights_connect_what_their_formulas_connect():
    formulas = {step.name: step.formula for step in STEPS}
    assert len(WEIGHTS) == 8
    for weight, (start, end) in WEIGHTS.items():
        assert f"{weight}*{start}" in formulas[f"net_{end}"]


def test_the_articles_numbers():
    words = step_network(**ARTICLE).transcript()
    for digits_ in (
        "0.538424",
        "0.633683",
        "0.184976",
        "0.0729509",
        "-0.000402896",
        "-2.41738e-05",
    ):
        assert f"= {digits_}.\n" in words + "\n"


def test_extreme_numbers_are_words_or_zero():
    words = explore_chain(1e200, 0, 1e200, 0, -1, 0).transcript()
    assert "= infinity.\n" in words
    assert "(minus infinity)" in words
    assert "= not a number.\n" in explore_chain(1e200, 0, 1e200, 0, 0, 0).transcript()
    assert "-0" not in explore_chain(0, 0, -1, 0, -0.0, 0).transcript()


# --- the words ----------------------------------------------------------------------------------


def test_caption_label_read_out_and_transcript_have_the_same_words(fresh):
    lines = fresh.transcript().split("\n")
    for position, line in enumerate(lines):
        fresh.go(position)
        page = ET.fromstring(fresh.page.value.replace("<br>", "<br/>"))
        svg = page.find(f"{SVG}svg")
        assert svg.get("role") == "img"
        assert svg.get("aria-label") == caption(fresh) == readout(fresh) == line
    assert 'aria-live="polite"' in fresh.caption.value


def test_a_number_appears_at_its_step_and_is_outlined(fresh):
    for position, result in enumerate(fresh.solution.results, 1):
        before, after = (fresh.drawing.svg(fresh.solution, k) for k in (position - 1, position))
        number = f"{digits(result.value)}</text>"
        assert after.count(number) > before.count(number)
        tree = ET.fromstring(after)
        outlined = [r.get("class") for r in tree.iter(f"{SVG}rect")]
        assert {"downhill-now", "downhill-box downhill-active"} & set(outlined)


def test_the_table_of_all_steps_unfolds_and_follows(fresh):
    assert fresh.text.layout.display == "none"
    fresh.toggle.value = True
    table = ET.fromstring(fresh.text.value)
    assert fresh.text.layout.display == "block"
    assert [row[3].text for row in table.find("tbody")] == [
        digits(result.value) for result in fresh.solution.results
    ]


def test_bundle_has_the_widget_three_states_and_the_transcript(fresh):
    bundle = fresh._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"].count("<figure") == bundle["text/html"].count(" alt=") == 3
    assert "<details>" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert bundle["text/plain"] == fresh.transcript()
    assert fresh.description.startswith(fresh.transcript().split("\n")[0])
    json.dumps(bundle)


# --- the controls -------------------------------------------------------------------------------


def press(picture, words):
    """Press a button."""
    next(b for b in picture.buttons.children if b.description == words).click()


def test_buttons_go_step_by_step_and_stop_at_the_ends(fresh):
    last = len(fresh.solution.results)
    press(fresh, "Back")
    assert fresh.slider.value == 0
    assert caption(fresh).endswith("Back goes no further.")
    press(fresh, "Next")
    assert fresh.slider.value == 1
    assert caption(fresh).startswith(f"Step 1 of {last}, forward.")
    press(fresh, "Back")
    assert fresh.slider.value == 0
    press(fresh, "End")
    assert caption(fresh).startswith(f"Step {last} of {last}, backward.")
    press(fresh, "Next")
    assert fresh.slider.value == last
    assert "This is the last step: Next goes no further." in caption(fresh)
    assert "Next goes no further." in readout(fresh)
    press(fresh, "Start")
    assert fresh.slider.value == 0


@pytest.mark.parametrize("bend", [False, True])
def test_a_slider_recomputes_every_number_at_the_step(bend):
    picture = explore_chain(**CHAIN, sigmoid=bend)
    picture.go(picture.slider.max - 1)
    picture.toggle.value = True
    for name, value in {"w1": -0.7, "b1": 0.25, "w2": 3.5, "b2": 0.1}.items():
        picture.parameters[name].value = value
    truth = chain_truth(2, 3, -0.7, 0.25, 3.5, 0.1, bend)
    assert picture.slider.value == picture.slider.max - 1
    assert caption(picture).endswith(f"= {digits(truth['dC_db1'])}.")
    words = picture.page.value
    for result in picture.solution.results[:-1]:
        assert f"{digits(truth[result.step.name])}</text>" in words
    assert digits(truth["dC_dw1"]) in picture.text.value


def test_sliders_reach_a_start_that_is_far_out():
    sliders = explore_chain(2, 3, 150, 0.001, 0.5, -9).parameters
    assert sliders["w1"].max == 150
    assert sliders["b2"].min == -9
    assert (sliders["w2"].min, sliders["w2"].max, sliders["w2"].step) == (-4, 4, 0.01)


# --- the learner's functions --------------------------------------------------------------------


def chain_forward(a1, w1, b1, w2, b2):
    """Compute the chain, right."""
    return w1 * a1 + b1, w2 * (w1 * a1 + b1) + b2


def chain_backward(a1, w1, b1, w2, b2, d):
    """Compute the chain's gradients, right."""
    a2, a3 = chain_forward(a1, w1, b1, w2, b2)
    g = -2 * (d - a3)
    return {"b2": g, "w2": g * a2, "w1": g * w2 * a1, "b1": g * w2}


def test_right_functions_are_named_and_agree():
    for picture in (
        step_network(**ARTICLE, forward=forward_222, backward=backprop_222),
        explore_chain(**CHAIN, forward=chain_forward, backward=chain_backward),
    ):
        assert picture.solution.notes == []
        remarks = [r.remark for r in picture.solution.results if r.function]
        assert len(remarks) in (16, 6)
        assert all(remark.endswith("returned this number.") for remark in remarks)
        assert "≠" not in picture.page.value


def test_a_wrong_gradient_is_shown_and_said():
    def doubled(x, t, params):
        return {name: 2 * grad for name, grad in backprop_222(x, t, params).items()}

    picture = step_network(**ARTICLE, backward=doubled)
    picture.go(14)
    said = "The numbers in this formula give 0.0729509; your doubled returned 0.145902."
    assert said in caption(picture)
    assert said in readout(picture)
    assert said in picture.transcript()
    assert "≠ 0.145902" in texts(picture, 14)
    assert "0.0729509" not in texts(picture, 14)
    assert "Your doubled differs from the formulas in dE/dw5, dE/dw6" in picture.transcript()


def test_later_formulas_use_the_learners_forward_numbers():
    def swapped(x, W1, b1, W2, b2):
        h, _ = forward_222(x, W1, b1, W2, b2)
        return h[::-1], forward_222(x, W1, b1, W2, b2)[1]

    picture = step_network(**ARTICLE, forward=swapped)
    lines = picture.transcript().split("\n")
    assert "give 0.538424; your swapped returned 0.518916." in lines[2]
    assert "0.18·0.518916 + 0.06·0.538424 + 0.42" in lines[5]


def test_a_wrong_sign_in_the_chain_differs_at_every_position_of_the_sliders():
    def uphill(*arguments):
        return {name: -grad for name, grad in chain_backward(*arguments).items()}

    picture = explore_chain(**CHAIN, forward=chain_forward, backward=uphill)
    picture.go(8)
    assert "give -16; your uphill returned 16." in caption(picture)
    picture.parameters["w2"].value = 1.0
    assert "give 0; your" not in caption(picture)
    assert "≠" not in "".join(texts(picture, 8))  # a3 is the target: all gradients are 0
    picture.parameters["w2"].value = 2.0
    assert "dC/dw2 ≠ -32" in texts(picture, 8)


def test_tiny_differences_are_rounding():
    def shaky(*arguments):
        return {name: grad * (1 + 1e-9) for name, grad in chain_backward(*arguments).items()}

    assert explore_chain(**CHAIN, backward=shaky).solution.notes == []


def unwritten(*_args):
    """Stand for a function that nobody has written."""
    raise NotImplementedError


def raising(*_args):
    """Stand for a function with a mistake."""
    return 1 / 0


def vandal(x, *_rest):
    """Change what it was given, then fail."""
    x[:] = 99
    return None


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (unwritten, "unwritten is not written"),
        (raising, "your function raised ZeroDivisionError"),
        (vandal, "vandal should return"),
        (lambda *_: None, "function should return"),
        (lambda *_: 3, "not 3"),
        (lambda *_: "abcd", "not 'abcd'"),
        (lambda *_: {"W1": 1, "b1": [1], "w1": "x"}, "should return"),
        (lambda *_: ([1], [None, 2]), "should return"),
    ],
)
def test_a_function_that_fails_becomes_a_sentence(function, words):
    good = step_network(**ARTICLE).solution.values
    for picture, phases in (
        (step_network(**ARTICLE, forward=function, backward=function), 2),
        (step_network(**ARTICLE, backward=function), 1),
    ):
        assert len(picture.solution.notes) == phases
        assert picture.solution.values == good
        for note in picture.solution.notes:
            assert words in note
            assert "show the picture's own numbers" in note
            for position in (0, 5):
                picture.go(position)
                assert note in picture.page.value.replace("&#x27;", "'")
            assert note in picture.transcript()


def test_a_function_that_changes_its_arguments_harms_nobody():
    picture = step_network(**ARTICLE, forward=vandal, backward=backprop_222)
    (note,) = picture.solution.notes
    assert "forward steps" in note


def test_a_function_that_fails_at_one_place_of_the_sliders():
    def touchy(a1, w1, b1, w2, b2):
        if w1 == 2:
            raise ValueError("no twos")
        return chain_forward(a1, w1, b1, w2, b2)

    picture = explore_chain(**CHAIN, forward=touchy)
    picture.parameters["w1"].value = 2.0
    assert "no twos" in caption(picture)
    assert digits(5.0) in texts(picture, 2)
    picture.parameters["w1"].value = 1.0
    assert "no twos" not in caption(picture)


def test_wrong_shapes_become_a_sentence():
    notice = step_network(**{**ARTICLE, "W1": np.ones((3, 2))})
    assert isinstance(notice, Notice)
    assert "W1 should have the shape (2, 2), not (3, 2)" in notice.description
