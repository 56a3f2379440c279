"""The pictures: numbers behind them, not pixels."""

import base64
import json
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from helpers import line_fit, plots
from helpers.explore import Frame, Notice, Picture
from helpers.line_fit import Descent, explore_learning_rate, explore_line, explore_steps
from helpers.marks import Arrows, Line, Marker, Segments, Text
from helpers.plots import plot_costs, plot_curve, plot_landscape, plot_line, plot_points
from helpers.stage import SHARPNESS, Panel, Stage
from helpers.style import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"
X, Y = (-1, 0, 1), (300, 650, 500)


def mse(x, y, m, c):
    """Return the mean squared error of a line."""
    return float(np.mean((m * np.asarray(x) + c - np.asarray(y)) ** 2))


def step(x, y, m, c, lr):
    """Take one step of gradient descent on the MSE."""
    error = m * np.asarray(x) + c - np.asarray(y)
    return m - lr * 2 * np.mean(error * x), c - lr * 2 * np.mean(error)


@pytest.fixture(scope="module")
def stage():
    """Two panels, the second with a logarithmic axis."""
    return Stage(
        {
            "a": Panel("A", "x", "y", (0, 10), (0, 10)),
            "log": Panel("B", "x", "y", (0, 10), (1, 1e4), yscale="log"),
        },
        size=(600, 300),
    )


@pytest.fixture(scope="module")
def rates():
    """The main interactive picture."""
    return explore_learning_rate(X, Y, step, mse)


def parsed(stage, *marks):
    """Return the SVG of marks as an XML tree."""
    return ET.fromstring(stage.svg(marks, "a sentence"))


def numbers(tree):
    """Return all coordinates of paths and circles."""
    words = [p.get("d") for p in tree.iter(f"{SVG}path")]
    for letter in "MLZ":
        words = [w.replace(letter, " ") for w in words]
    circles = [c.get(k) for c in tree.iter(f"{SVG}circle") for k in ("cx", "cy")]
    return np.array([float(v) for w in [*words, *circles] for v in w.split()])


# --- stage and marks --------------------------------------------------------------------------


def test_pixels_of_the_corners_are_the_corners_of_the_box(stage):
    for on, top in (("a", 10), ("log", 1e4)):
        left, up, width, height = stage.box(on)
        low = 0 if on == "a" else 1
        corners = stage.pixels(on, [0, 10], [top, low])
        assert np.allclose(corners, [[left, up], [left + width, up + height]])


def test_both_themes_have_the_same_places(stage):
    stage.image(DARK)
    light, dark = (stage._figures[name][1] for name in ("light", "dark"))
    for on in stage.panels:
        assert np.allclose(light[on].bbox.bounds, dark[on].bbox.bounds)


def test_the_two_themes_differ_and_images_are_sharp(stage):
    light, dark = stage.image(LIGHT), stage.image(DARK)
    assert light.size == (600 * SHARPNESS, 300 * SHARPNESS)
    assert np.mean(light) > 200 > 60 > np.mean(dark)


def test_svg_names_itself_and_sorts_marks_by_panel(stage):
    tree = parsed(stage, Marker("a", [1, 2], [3, 4]), Marker("log", [1], [10]))
    assert tree.get("role") == "img"
    assert tree.get("aria-label") == "a sentence"
    inner = tree.findall(f"{SVG}svg")
    assert [len(panel.findall(f"{SVG}circle")) for panel in inner] == [2, 1]
    assert all(panel.get("overflow") == "hidden" for panel in inner)


def test_label_is_ascii_and_escaped(stage):
    text = stage.svg([], 'e² < "9"')
    assert text.isascii()
    assert ET.fromstring(text).get("aria-label") == 'e² < "9"'


@pytest.mark.parametrize("shape", ["circle", "square", "triangle", "diamond"])
def test_marker_svg_and_mpl_agree(stage, shape):
    mark = Marker("a", [1, 9], [2, 8], shape)
    (artist,) = mark.mpl(stage.axes("a"))
    drawn = artist.get_transform().transform(artist.get_xydata()) / SHARPNESS
    artist.remove()
    drawn[:, 1] = stage.height - drawn[:, 1]
    found = numbers(parsed(stage, mark)).reshape(2, -1, 2)
    # A triangle's corners do not average to its centre; the middle of its box is near it.
    middles = (found.min(axis=1) + found.max(axis=1)) / 2
    assert np.allclose(middles, drawn, atol=1)


def test_line_svg_and_mpl_agree(stage):
    mark = Line("a", [0, 5, 10], [1, 9, 4])
    (artist,) = mark.mpl(stage.axes("a"))
    drawn = artist.get_transform().transform(artist.get_xydata()) / SHARPNESS
    artist.remove()
    drawn[:, 1] = stage.height - drawn[:, 1]
    assert np.allclose(numbers(parsed(stage, mark)).reshape(-1, 2), drawn, atol=0.06)


def test_arrow_svg_and_mpl_agree(stage):
    mark = Arrows("a", [1, 1], [1, 1], [8, 1.001], [6, 1.001])
    artists = mark.mpl(stage.axes("a"))
    assert len(artists) == 1  # the second is too short for a head
    drawn = artists[0].get_xy()[:3] / SHARPNESS
    artists[0].remove()
    drawn[:, 1] = stage.height - drawn[:, 1]
    found = numbers(parsed(stage, mark)).reshape(-1, 2)
    assert np.allclose(found[0], drawn[0], atol=0.06)
    assert np.allclose(np.sort(found, axis=0), np.sort(drawn, axis=0), atol=0.06)


@pytest.mark.parametrize("far", [1e3, 1e30, 1e300, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("on", ["a", "log"])
def test_no_mark_leaves_finite_bounds(stage, far, on):
    x, y = [1, 2, far, 3], [5, far, 6, -far]
    marks = (
        Line(on, x, y, halo="white"),
        Segments(on, x, [1] * 4, x, y),
        Marker(on, x, y),
        Arrows(on, x, y, y, x),
        Text(on, far, 2, "lost"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = numbers(parsed(stage, *marks))
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 2e4
    stage.image(LIGHT, marks)  # matplotlib survives it too


def test_a_line_that_leaves_keeps_its_direction(stage):
    start, end = stage.pixels("a", [5, 8], [5, 6])
    found = numbers(parsed(stage, Line("a", [5, 5 + 3e9], [5, 5 + 1e9]))).reshape(-1, 2)
    wanted = (end - start)[1] / (end - start)[0]
    got = (found[1] - found[0])[1] / (found[1] - found[0])[0]
    assert got == pytest.approx(wanted, rel=1e-3)


def test_a_line_breaks_where_it_is_not_finite(stage):
    pieces = stage.polylines("a", [0, 1, np.nan, 3, 4], [1, 1, 1, 1, 1])
    assert [len(piece) for piece in pieces] == [2, 2]


def test_long_lines_are_thinned(stage):
    x = np.linspace(0, 10, 5000)
    pieces = stage.polylines("a", x, 5 + np.sin(x))
    assert sum(map(len, pieces)) < 1000


# --- still pictures ---------------------------------------------------------------------------


def every_still():
    """Return one of each still picture."""
    path = [(0, 0), (1, 1), (1e9, np.nan)]
    return [
        plot_points(X, Y),
        plot_line(X, Y, 50, 400),
        plot_curve(np.sin, -1, 1, points={"top": 1.0}, tangent_at=0, paths={"A": [0, 1, np.inf]}),
        plot_costs({"one": [3, 2, 1], "two": [1, 1e9, np.inf]}),
        plot_landscape(lambda m, c: m * m + c, (-2, 2), (-2, 2), {"A": path}),
        plot_landscape(lambda m, c: m * m + c, (-2, 2), (-2, 2), {"A": path}, kind="surface"),
    ]


def test_every_still_picture_comes_with_alt_text_caption_and_png():
    for picture in every_still():
        assert isinstance(picture, Picture)
        bundle = picture._repr_mimebundle_()
        assert bundle["text/plain"] == picture.description
        assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
        page = bundle["text/html"]
        assert page.isascii()
        assert page.count("<img ") == 1
        assert ' alt="' in page
        assert "<figcaption" in page
        assert "<script" not in page


def test_line_sentence_has_residuals_and_mse():
    words = plot_line((1, 2), (1, 4), 1, 1).description
    assert "MSE 1." in words
    assert "1, -1" in words
    assert words != plot_line((1, 2), (1, 5), 1, 1).description


def test_curve_sentence_measures_the_tangent():
    words = plot_curve(lambda x: np.exp(2) * np.sin(x), -3, 3, tangent_at=0).description
    assert "slope 7.389" in words


def test_curve_tells_where_paths_end_and_when_they_leave():
    words = plot_curve(np.square, -2, 2, paths={"A": [1, 0.5], "B": [1, 3, -9]}).description
    assert "A: 1 step from x = 1 (value 1) to x = 0.5 (value 0.25)." in words
    assert "leaves the picture at step 1" in words


def test_costs_are_told_in_words():
    words = plot_costs({"a": [4, 1], "b": [1, 2], "c": [1, np.nan], "d": [4, 5, 1]}).description
    assert "a: the cost falls from 4 to 1" in words
    assert "b: the cost rises" in words
    assert "c: the cost grows beyond all numbers at step 1" in words
    assert "d: the cost goes up and down" in words


def test_costs_use_a_log_axis_only_where_it_helps():
    def scale(costs):
        return plot_costs(costs).stage.panels["costs"].yscale

    assert scale([1000, 10, 1]) == "log"
    assert scale([3, 2, 1]) == "linear"
    assert scale([1000, 10, 0]) == "linear"


def test_landscape_finds_its_lowest_point_and_calls_plainly():
    seen = []

    def f(m, c):
        seen.append((m, c))
        return (m - 1) ** 2 + (c + 1) ** 2

    words = plot_landscape(f, (-3, 3), (-3, 3)).description
    assert "near (1, -1)" in words
    assert all(np.ndim(m) == np.ndim(c) == 0 for m, c in seen)


def test_saddle_with_its_gradient():
    picture = plot_landscape(
        lambda x, y: x * y + x * x, (-5, 7), (-7, 5), arrows=[((3, -3), (3, 3), "gradient")]
    )
    assert "(3, -3): (3, 3)" in picture.description


def test_a_flat_or_broken_landscape_is_still_drawn():
    for value in (1.0, np.nan, np.inf):
        picture = plot_landscape(lambda m, c, value=value: value, (0, 1), (0, 1))
        assert picture._repr_mimebundle_()["image/png"]


# --- regimes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lr", "regime"),
    [
        (0.001, "crawling"),
        (0.01, "crawling"),
        (0.1, "good"),
        (0.3, "good"),
        (0.5, "good"),
        (0.75, "oscillating"),
        (0.95, "oscillating"),
        (1.01, "diverging"),
        (1.3, "diverging"),
        (1e9, "diverging"),
        (0.0, "not moving"),
        (-0.1, "diverging"),
    ],
)
def test_regime_of_a_rate(lr, regime):
    task = Descent(np.array(X, float), np.array(Y, float), step, mse, (0.0, 0.0), 60)
    assert task.run(lr).regime == regime


@pytest.mark.parametrize("x", [X, (20, 30, 40), (-0.001, 0, 0.002)])
def test_default_rates_reach_all_four_regimes(x):
    task = Descent(np.array(x, float), np.array(Y, float), step, mse, (0.0, 0.0), 60)
    rates = task.default_rates()
    assert len(set(rates)) == 41
    assert {task.run(lr).regime for lr in rates} >= {
        "crawling",
        "good",
        "oscillating",
        "diverging",
    }


def test_default_range_for_the_scaled_data():
    task = Descent(np.array(X, float), np.array(Y, float), step, mse, (0.0, 0.0), 60)
    rates = task.default_rates()
    assert rates[0] == pytest.approx(0.001, rel=0.1)
    assert rates[-1] == pytest.approx(1.3, rel=0.1)


def test_python_floats_that_overflow_end_the_run():
    def plain_step(x, y, m, c, lr):
        return float(m) * 1e200, float(c)

    task = Descent(
        np.array(X), np.array(Y), plain_step, lambda x, y, m, c: float(m) ** 2, (1, 1), 9
    )
    assert task.run(0.1).regime == "diverging"


# --- interactive pictures ---------------------------------------------------------------------


def shown(explore):
    """Return the page that the browser shows now."""
    return explore.stack.children[explore.slider.index].value


def test_learning_rate_frames_are_valid_xml_with_their_sentence(rates):
    assert len(rates.frames) == len(rates.stack.children) == 41
    for frame, page in zip(rates.frames, rates.stack.children, strict=True):
        tree = ET.fromstring(page.value)
        label = tree.find(f"{SVG}svg").get("aria-label")
        readout = tree.find("p").text
        assert label == readout == frame.sentence
        assert tree.find("p").get("class") == "downhill-readout"
        assert np.isfinite(numbers(tree)).all()
    assert len({frame.sentence for frame in rates.frames}) == 41


def test_the_read_out_has_rate_regime_cost_and_line(rates):
    index = next(i for i, label in enumerate(rates.slider._options_full) if label[0] == "0.11")
    words = rates.frames[index].sentence
    assert words.startswith("Learning rate 0.11: good")
    assert "from 254167 to 13889" in words
    assert "c = 483.3" in words


def test_slider_is_linked_in_the_browser_and_caption_in_the_kernel(rates):
    rates.slider.index = 7
    assert rates.frames[7].sentence in rates.caption.value
    assert 'aria-live="polite"' in rates.caption.value
    assert rates.frames[7].sentence in shown(rates)


def test_presets_move_the_slider(rates):
    buttons = rates.buttons.children[:-1]
    words = [button.description.split(":")[0] for button in buttons]
    assert words == ["Crawling", "Good", "Oscillating", "Diverging"]
    for button, regime in zip(buttons, words, strict=True):
        button.click()
        assert f": {regime.lower()} -" in rates.frames[rates.slider.index].sentence


def test_bundle_has_the_widget_and_three_states(rates):
    bundle = rates._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"].count("<figure") == bundle["text/html"].count(" alt=") == 3
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == rates.description
    json.dumps(bundle)


def test_own_rates_are_used():
    picture = explore_learning_rate(X, Y, step, mse, rates=[0.1, 0.2], n_steps=5)
    assert [label for label, _ in picture.slider._options_full] == ["0.1", "0.2"]
    assert "After 5 steps" in picture.frames[0].sentence


def test_a_wrong_sign_is_seen_to_climb():
    picture = explore_learning_rate(X, Y, lambda x, y, m, c, lr: step(x, y, m, c, -lr), mse)
    assert all("diverging" in frame.sentence for frame in picture.frames)


def test_steps_walk_through_one_run():
    picture = explore_steps(X, Y, step, mse, 0.1, n_steps=4)
    assert [f.sentence.split(",")[0] for f in picture.frames] == [
        f"Step {k} of 4" for k in range(5)
    ]
    m, c = step(X, Y, 0, 0, 0.1)
    assert f"m = {m:.4g}, c = {c:.4g}" in picture.frames[1].sentence


def test_line_by_hand_follows_its_sliders():
    picture = explore_line(X, Y, mse)
    picture.controls["m"].value, picture.controls["c"].value = 100, 480
    assert f"cost {mse(X, Y, 100, 480):.0f}" in picture.page.value
    assert f"cost {mse(X, Y, 100, 480):.0f}" in picture.caption.value
    picture.buttons.children[0].click()
    assert picture.controls["m"].value == 0


# --- a learner's errors -----------------------------------------------------------------------


def broken(*_args):
    """Raise, as a learner's unfinished function does."""
    return 1 / 0


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: explore_learning_rate(X, Y, broken, mse), "ZeroDivisionError"),
        (lambda: explore_learning_rate(X, Y, step, broken), "return 1 / 0"),
        (lambda: explore_learning_rate(X, Y, lambda *_: None, mse), "new m and c, not None"),
        (lambda: explore_learning_rate(X, Y, step, lambda *_: None), "one number, not None"),
        (lambda: explore_steps(X, Y, broken, mse, 0.1), "ZeroDivisionError"),
        (lambda: explore_line(X, Y, broken), "ZeroDivisionError"),
        (lambda: plot_curve(broken, 0, 1), "ZeroDivisionError"),
        (lambda: plot_landscape(broken, (0, 1), (0, 1)), "ZeroDivisionError"),
    ],
)
def test_an_exception_becomes_a_sentence(draw, words):
    notice = draw()
    assert isinstance(notice, Notice)
    assert words in notice.description
    assert notice.description in notice._repr_mimebundle_()["text/plain"]


def test_an_exception_in_a_callback_becomes_the_caption():
    def touchy(x, y, m, c):
        if m == 77:
            raise ValueError("no sevens")
        return mse(x, y, m, c)

    picture = explore_line(X, Y, touchy)
    picture.controls["m"].value = 77.0
    assert "no sevens" in picture.caption.value
    picture.controls["m"].value = 78.0
    assert "no sevens" not in picture.page.value


def test_helpers_do_not_depend_on_pyplot_state():
    for module in (line_fit, plots):
        assert not hasattr(module, "plt")


def test_frame_without_marks_is_valid(stage):
    assert parsed(stage, *Frame((), "nothing").marks).get("role") == "img"
