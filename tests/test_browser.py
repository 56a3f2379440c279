"""The course in real JupyterLab: what a learner and an instructor see and press."""

import contextlib
import json
import re
import shutil

import lab
import numpy as np
import pytest
from playwright.sync_api import expect
from test_mlp_pictures import HANDOUT, backward, by_hand, forward, loss
from test_network import ARTICLE, CHAIN, chain_truth, network_truth
from test_sgd_pictures import mse, sgd

from grading.course import COURSE, nbgrader

pytestmark = pytest.mark.browser

UNIT = "1-line-fitting"
PREDICT = """def predict_line(x, m, c):
    return m * np.asarray(x) + c
"""
GRADIENT_WITHOUT_2 = """def mse_gradient(x, y, m, c):
    e = predict_line(x, m, c) - np.asarray(y)
    return np.mean(e * np.asarray(x)), np.mean(e)
"""
GRADIENT = GRADIENT_WITHOUT_2.replace("np.mean", "2 * np.mean")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The folder of a copy of the course, and the address of JupyterLab on it."""
    folder = lab.copy_course(tmp_path_factory.mktemp("copy"))
    with lab.serve(folder, tmp_path_factory.mktemp("private")) as url:
        yield folder, url


@contextlib.contextmanager
def all_run(chrome, url, path):
    """Open a notebook and run all its cells."""
    opened = lab.new_page(chrome)
    lab.open_notebook(opened, url, path)
    lab.run_all(opened)
    yield opened
    opened.context.close()


@pytest.fixture(scope="module")
def lesson(chrome, copy):
    """The lesson of unit 1 after Run All Cells."""
    with all_run(chrome, copy[1], f"course/{UNIT}.ipynb") as opened:
        yield opened


@pytest.fixture
def assignment(page, copy, request):
    """The assignment as released, in a folder of its own, its set-up run."""
    folder, url = copy
    name = request.node.name
    shutil.copytree(COURSE / "release" / UNIT, folder / name)
    lab.open_notebook(page, url, f"{name}/line-fitting.ipynb")
    lab.run(page, lab.cell(page, "import numpy"))
    return page


@pytest.fixture(scope="module")
def formgrader(chrome, demo_course, tmp_path_factory):
    """The formgrader inside JupyterLab, opened from its menu, on the demonstration class."""
    with lab.serve(demo_course, tmp_path_factory.mktemp("private")) as url:
        opened = lab.new_page(chrome)
        opened.goto(f"{url}/lab?reset")
        lab.menu(opened, "Nbgrader", "Formgrader")
        yield opened
        opened.context.close()


def frame(formgrader, tab):
    """Return the formgrader's own page after choosing one of its tabs at the left."""
    inside = formgrader.frame_locator("iframe")
    inside.get_by_role("link", name=tab, exact=True).click()
    return inside


def row(inside, name):
    """Return the row of a table with such a cell."""
    return inside.locator("tr").filter(has=inside.get_by_text(name, exact=True))


# --- the start --------------------------------------------------------------------------------


def test_lab_opens_the_start_page_and_nothing_in_its_way(page, tmp_path):
    with lab.serve(COURSE, tmp_path) as url:
        page.goto(url)
        expect(page.get_by_role("heading", name="Downhill: start here")).to_be_visible()
        expect(page.locator(".jp-mod-current .lm-TabBar-tabLabel")).to_have_text(
            "0-start-here.ipynb"
        )
        lab.wait_idle(page)
        page.locator(".lm-MenuBar-itemLabel").get_by_text("Nbgrader", exact=True).click()
        expect(
            page.locator(".lm-Menu-itemLabel").get_by_text("Formgrader", exact=True)
        ).to_be_visible()
        expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)
        assert page.faults == []


# --- the lesson -------------------------------------------------------------------------------


def explorer(page, name="Learning rate"):
    """Return the picture with the slider of that name."""
    return page.locator(".downhill-explore").filter(has=page.get_by_text(name, exact=True))


def press_and_read(page, key, name="Learning rate"):
    """Press a key on a slider; return the new picture and its sentence."""
    shown = explorer(page, name)
    picture, readout = (shown.locator(f".downhill-{part}") for part in ("frame", "readout"))
    before = readout.text_content()
    slider = shown.locator(".widget-slider").filter(has=page.get_by_text(name, exact=True))
    slider.get_by_role("slider").press(key)
    expect(readout).not_to_have_text(before)
    return picture.locator("svg").first.inner_html(), readout.text_content()


def alternatives(page):
    """Return the texts that stand for the pictures, those alone and those that move."""
    images = page.locator(".jp-OutputArea img")
    spoken = images.evaluate_all(
        "all => all.filter(i => !i.closest('.downhill-still')).map(i => i.alt)"
    )
    moving = page.locator(".downhill-frame svg[role=img]")
    return spoken, moving.evaluate_all("all => all.map(svg => svg.getAttribute('aria-label'))")


def test_the_lesson_runs_and_only_unwritten_functions_complain(lesson):
    # JupyterLab shows an exception as it shows standard error
    said = lesson.locator("[data-mime-type='application/vnd.jupyter.stderr']").all_text_contents()
    functions = ("df", "f", "grad_f", "next_point")
    assert len(said) == len(functions)
    for text, name in zip(said, functions, strict=True):
        assert text.startswith(f"NOT ATTEMPTED: {name}\n")
        assert "Traceback" not in text
    assert lesson.faults == []


def test_every_picture_of_the_lesson_has_a_text_alternative(lesson):
    spoken, moving = alternatives(lesson)
    assert spoken
    assert all(len(text) > 20 for text in spoken + moving)
    # what lies below a moving picture is told by the moving picture
    still = lesson.locator(".downhill-still img")
    assert still.count() == lesson.locator(".downhill-explore").count() == len(moving)


def test_the_slider_shows_another_picture_and_sentence_at_every_key(lesson):
    explorer(lesson).get_by_role("slider").press("Home")
    shown = [press_and_read(lesson, key) for key in ("ArrowRight", "PageUp", "End")]
    pictures, sentences = zip(*shown, strict=True)
    assert len(set(pictures)) == len(set(sentences)) == 3
    assert "diverging" in sentences[-1]


def test_the_lesson_is_readable_in_both_themes(lesson):
    line = lesson.locator(".downhill-explore").first
    parts = {"lesson-explorer": explorer(lesson), "lesson-line": line}
    lab.photograph(lesson, parts)
    assert lesson.faults == []


def test_the_slider_works_when_the_kernel_is_gone(lesson):
    lab.shut_kernels_down(lesson)
    assert press_and_read(lesson, "PageDown") != press_and_read(lesson, "PageDown")


# --- the steppers of units 2 and 3 --------------------------------------------------------------

BENT = {**CHAIN, "d": 0, "b2": -1}
STEPPERS = {
    "2-single-neuron-chain": [chain_truth(**CHAIN), chain_truth(**BENT, bend=True)],
    "3-sigmoid-network": [network_truth(**ARTICLE)],
}


@pytest.fixture(scope="module", params=STEPPERS)
def stepped_lesson(chrome, copy, request):
    """A lesson with step-through pictures after Run All Cells, and the numbers they must show."""
    with all_run(chrome, copy[1], f"course/{request.param}.ipynb") as opened:
        yield opened, STEPPERS[request.param]


def shown_value(readout):
    """Return the name and the number in which a step's sentence ends."""
    name, *_, value = readout.split(":", 1)[1].split("=")
    return name.strip(), re.match(r"[^ ]*[^ .]", value.strip()).group()


def test_every_step_by_keyboard_shows_the_number_computed_independently(stepped_lesson):
    page, truths = stepped_lesson
    pictures = page.locator(".downhill-steps")
    assert pictures.count() == len(truths)
    for k, truth in enumerate(truths):
        picture = pictures.nth(k)
        readout = picture.locator(".downhill-readout")
        button = picture.get_by_role("button", name="Next", exact=True)
        button.focus()
        last = int(re.search(r"of (\d+)", readout.text_content()).group(1))
        for step in range(1, last + 1):
            page.keyboard.press("Enter")
            expect(readout).to_contain_text(f"Step {step} of {last}")
            name, value = shown_value(readout.text_content())
            assert value == f"{truth[name.replace('/', '_')] + 0.0:.6g}", name
            assert value in picture.locator("svg").first.text_content()
            expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(readout).to_contain_text("This is the last step")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Space")
        expect(readout).to_contain_text(f"Step {last - 1} of {last}")
    assert page.faults == []


def test_a_parameters_slider_recomputes_the_step_that_is_shown(stepped_lesson):
    page, truths = stepped_lesson
    if len(truths) == 1:
        return  # the network has no sliders for its parameters
    picture = page.locator(".downhill-steps").first
    picture.get_by_role("button", name="End", exact=True).press("Enter")
    readout = picture.locator(".downhill-readout")
    expect(readout).to_contain_text("Step 11 of 11")
    before = readout.text_content()
    picture.get_by_role("slider").first.press("ArrowRight")
    expect(readout).not_to_have_text(before)
    moved = chain_truth(**{**CHAIN, "w1": 1.51})
    assert shown_value(readout.text_content()) == ("dC/dw1", f"{moved['dC_dw1']:.6g}")


def test_all_steps_can_be_read_as_text(stepped_lesson):
    page, truths = stepped_lesson
    picture = page.locator(".downhill-steps").last
    picture.get_by_role("button", name="Show all steps as text").press("Enter")
    rows = picture.locator("table tbody tr")
    expect(rows.last).to_be_visible()
    label = picture.locator(".downhill-frame svg[role=img]").first.get_attribute("aria-label")
    assert len(label) > 20
    assert rows.count() == int(re.search(r"of (\d+)", label).group(1))
    picture.get_by_role("button", name="Hide the text of all steps").press("Enter")
    expect(rows).to_have_count(0)
    lab.photograph(page, {f"stepper-{len(truths)}": picture})
    assert page.faults == []


# --- the pictures of units 4 and 5 --------------------------------------------------------------

X, TARGET = np.array([2, 1, 3]), np.array([0, 1, 0])
AWAKE = {**HANDOUT, "b1": [-3, 0, 1, -2]}
SOLVED = "solutions/4-mlp/mlp.ipynb"


@pytest.fixture(scope="module")
def mlp_lesson(chrome, copy):
    """The lesson of unit 4 after Run All Cells."""
    with all_run(chrome, copy[1], "course/4-mlp.ipynb") as opened:
        yield opened


@pytest.fixture(scope="module")
def batches_lesson(chrome, copy):
    """The lesson of unit 5 after Run All Cells."""
    with all_run(chrome, copy[1], "course/5-sgd.ipynb") as opened:
        yield opened


def mlp_truth(params, lr=0.01):
    """Return every array of the eleven steps by its name on the page, as a matrix, right."""
    cache = forward(X, params)
    grads = backward(cache, params, X, TARGET)
    new = {name: np.asarray(params[name]) - lr * grads[name] for name in params}
    truth = {**cache, "loss": loss(X, TARGET, params), "new loss": loss(X, TARGET, new)}
    for k in (1, 2, 3):
        truth[f"[dW{k}|db{k}]"] = np.column_stack([grads[f"W{k}"], grads[f"b{k}"]])
        truth[f"new [W{k}|b{k}]"] = np.column_stack([new[f"W{k}"], new[f"b{k}"]])
        truth[f"dz{k}"] = grads[f"b{k}"]
    for k in (1, 2):
        truth[f"da{k}"] = np.transpose(params[f"W{k + 1}"]) @ truth[f"dz{k + 1}"]
    return {name: as_matrix(values) for name, values in truth.items()}


def as_matrix(values):
    """Return an array as it stands on the page: a vector is a column."""
    return np.reshape(values, np.shape(values) if np.ndim(values) == 2 else (-1, 1))


def shown_arrays(part):
    """Return the cells of the arrays in a part of the page, row by row, by name."""
    arrays = part.locator(".downhill-blocks > *").evaluate_all(
        """all => all.map(array => {
            const single = array.tagName == 'P';
            const head = single ? array.firstChild : array.firstChild.firstChild;
            const rows = [...array.querySelectorAll('tr')].map(row => [...row.cells]);
            const cells = single ? [[array.querySelector('span')]] : rows;
            const texts = cells.map(row => row.map(cell => cell.textContent));
            return [head.textContent.split(' = ')[0], texts];
        })"""
    )
    return dict(arrays)


def agrees(cells, truth):
    """Say whether cells hold these numbers; a star marks what the last edit changed."""
    numbers = np.array([[float(cell.rstrip("*")) for cell in row] for row in cells])
    return numbers.shape == truth.shape and np.allclose(numbers, truth, rtol=1e-5, atol=1e-9)


def press_button(picture, words):
    """Press a button by keyboard."""
    picture.get_by_role("button", name=words, exact=True).press("Enter")


def test_mlp_shows_all_eleven_steps_and_then_each_by_keyboard(mlp_lesson):
    panel, truth = mlp_lesson.locator(".downhill-mlp"), mlp_truth(HANDOUT)
    readout = panel.locator(".downhill-readout")
    expect(readout).to_contain_text("Step 11 of 11")
    expect(panel.locator("section")).to_have_count(11)
    shown = shown_arrays(panel)
    assert shown.keys() == truth.keys()
    assert [name for name in truth if not agrees(shown[name], truth[name])] == []
    press_button(panel, "Start")
    expect(readout).to_contain_text("Start, before step 1")
    assert {cell for rows in shown_arrays(panel).values() for row in rows for cell in row} == {"·"}
    button, seen = panel.get_by_role("button", name="Next", exact=True), set()
    button.focus()
    for step in range(1, 12):
        mlp_lesson.keyboard.press("Enter")
        expect(readout).to_contain_text(f"Step {step} of 11")
        current = panel.locator("section[aria-current=step]")
        expect(current.locator("h4")).to_have_text(re.compile(rf"^{step}\. .*\(this step\)$"))
        for name, cells in shown_arrays(current).items():
            assert agrees(cells, truth[name]), name
            seen.add(name)
        expect(button).to_be_focused()
    assert seen == truth.keys()
    mlp_lesson.keyboard.press("Enter")
    expect(readout).to_contain_text("This is the last step")
    assert mlp_lesson.faults == []


def test_mlp_fields_have_names_and_an_edit_by_keyboard_recomputes(mlp_lesson):
    panel = mlp_lesson.locator(".downhill-mlp")
    press_button(panel, "First numbers")
    press_button(panel, "End")
    for name, values in {"X": X, "target": TARGET, "lr": 0.01, **HANDOUT}.items():
        for at in np.ndindex(np.shape(values)):
            label = f"{name}[{', '.join(map(str, at))}]" if at else name
            field = panel.get_by_role("spinbutton", name=label, exact=True)
            expect(field).to_have_value(f"{np.asarray(values)[at]:g}")
    panel.get_by_role("spinbutton", name="b1[0]", exact=True).focus()
    mlp_lesson.keyboard.press("ControlOrMeta+a")
    mlp_lesson.keyboard.type("-3")
    mlp_lesson.keyboard.press("Enter")
    expect(panel.locator(".downhill-readout")).to_contain_text("b1[0] was -5, now -3")
    expect(panel.get_by_role("status")).to_contain_text("b1[0] was -5, now -3")
    shown, truth = shown_arrays(panel), mlp_truth(AWAKE)
    assert [name for name in truth if not agrees(shown[name], truth[name])] == []
    assert shown["z1"][0] == ["1*"]
    assert all(cell.endswith("*") and float(cell[:-1]) for cell in shown["[dW1|db1]"][0])
    lab.photograph(mlp_lesson, {"mlp-edited": panel})
    press_button(panel, "First numbers")
    expect(panel.locator(".downhill-readout")).to_contain_text("b1[0] was -3, now -5")
    assert mlp_lesson.faults == []


def test_mlp_steps_can_be_read_as_text(mlp_lesson):
    panel, truth = mlp_lesson.locator(".downhill-mlp"), mlp_truth(HANDOUT)
    press_button(panel, "Show all steps as text")
    text = panel.get_by_role("table", name="A 3-4-2-3 network with 35 parameters")
    expect(text.locator("tbody tr").last).to_contain_text(f"{truth['new loss'].item():.6g}")
    firsts = {row.split(".")[0] for row in text.locator("tbody td:first-child").all_text_contents()}
    assert firsts == {str(k) for k in range(1, 12)}
    press_button(panel, "Hide the text of all steps")
    expect(text).to_have_count(0)
    assert mlp_lesson.faults == []


def test_batches_change_with_both_sliders_and_the_table_names_the_best(batches_lesson):
    picture = explorer(batches_lesson, "Batch size B")
    tried, pictures, finals = picture.locator(".downhill-tried tbody tr"), set(), {}
    expect(tried).to_have_count(1)
    for name, key, setting in (
        ("Batch size B", "ArrowRight", (2, 0.1)),
        ("Batch size B", "End", (10, 0.1)),
        ("Learning rate", "ArrowRight", (10, 0.2)),
        ("Learning rate", "ArrowLeft", (10, 0.1)),
        ("Batch size B", "Home", (1, 0.1)),
        ("Learning rate", "ArrowLeft", (1, 0.05)),
    ):
        drawn, said = press_and_read(batches_lesson, key, name)
        assert said.startswith(f"B = {setting[0]}, lr = {setting[1]:g}: ")
        finals[setting] = mse(*sgd(*setting, epochs=10)[-1])  # 100 examples are 10 epochs
        final = float(re.search(r"100 examples, final MSE ([\d.]+\d)", said).group(1))
        assert final == pytest.approx(finals[setting], rel=1e-3)
        pictures.add(drawn)
    assert len(pictures) == len(finals) == 5
    expect(tried).to_have_count(5)
    best = tried.filter(has_text="best so far")
    size, rate = min(finals, key=finals.get)
    expect(best).to_have_count(1)
    assert best.locator("td").all_text_contents()[:2] == [str(size), f"{rate:g}"]
    lab.photograph(batches_lesson, {"batches": picture})
    assert batches_lesson.faults == []


def test_every_picture_of_the_mlp_and_batches_lessons_has_a_text(mlp_lesson, batches_lesson):
    for page, wanted in ((mlp_lesson, (0, 0)), (batches_lesson, (4, 1))):
        spoken, moving = alternatives(page)
        assert (len(spoken), len(moving)) == wanted
        # the panel of unit 4 is text itself; its caption is what is announced
        captions = page.locator(".downhill-live").all_text_contents()
        assert len(captions) == page.locator(".downhill-explore").count() == 1
        assert all(len(text) > 20 for text in [*spoken, *moving, *captions])


def given_to_training():
    """Return points, labels and parameters of the assignment's picture, from its own cell."""
    cells = json.loads((COURSE / SOLVED).read_text())["cells"]
    source = next("".join(cell["source"]) for cell in cells if cell["id"] == "watch-picture")
    names = {"np": np}
    exec(source.partition("watch_training")[0], names)
    return names["points"], names["labels"], names["begin"]


def test_training_goes_through_its_epochs_by_keyboard(chrome, copy):
    with all_run(chrome, copy[1], SOLVED) as page:
        picture = explorer(page, "Epoch")
        expect(picture.locator(".downhill-readout")).to_contain_text("Epoch 0 of 30")
        shown = [press_and_read(page, "ArrowRight", "Epoch") for _ in range(30)]
        pictures, sentences = zip(*shown, strict=True)
        assert len(set(pictures)) == len(set(sentences)) == 30
        for k in (1, 30):
            _, mean_loss, sizes = by_hand(given_to_training(), k)
            assert sentences[k - 1].startswith(f"Epoch {k} of 30: ")
            assert f"mean loss {mean_loss:.4g} in this epoch" in sentences[k - 1]
            assert f"W1 {sizes[0]:.4g}, " in sentences[k - 1]
        lab.photograph(page, {"training-end": picture})
        press_button(picture, "Epoch 1")
        expect(picture.locator(".downhill-readout")).to_contain_text("Epoch 1 of 30")
        expect(picture.get_by_role("status")).to_contain_text("Epoch 1 of 30")
        assert all(len(text) > 20 for texts in alternatives(page) for text in texts)
        lab.photograph(page, {"training-begin": picture})
        assert page.faults == []


# --- the assignment ---------------------------------------------------------------------------


def test_a_check_names_the_mistake_and_then_says_right(assignment):
    def attempt(name, source):
        answer = lab.cell(assignment, f"def {name}(")
        lab.write(assignment, answer, source)
        lab.run(assignment, answer)
        return lab.run(assignment, lab.cell(assignment, f"check({name})"))

    expect(attempt("predict_line", PREDICT)).to_contain_text("RIGHT: predict_line")
    wrong = attempt("mse_gradient", GRADIENT_WITHOUT_2)
    expect(wrong).to_contain_text("NOT YET: mse_gradient")
    expect(wrong).to_contain_text("derivative of e² is 2e")
    expect(wrong).not_to_contain_text("Traceback")
    photograph_checks(assignment)
    expect(attempt("mse_gradient", GRADIENT)).to_contain_text("RIGHT: mse_gradient")
    assert assignment.faults == []


def photograph_checks(page):
    """Save pictures of the three states of a check."""
    unwritten = lab.cell(page, "check(mse)")
    lab.run(page, lab.cell(page, "def mse("))
    lab.run(page, unwritten)
    states = {"right": "predict_line", "not-yet": "mse_gradient", "not-attempted": "mse"}
    lab.photograph(
        page, {f"check-{state}": lab.cell(page, f"check({name})") for state, name in states.items()}
    )


def test_the_picture_of_unwritten_functions_is_a_sentence(assignment):
    for name in ("mse", "gd_step"):
        lab.run(assignment, lab.cell(assignment, f"def {name}("))
    output = lab.run(assignment, lab.cell(assignment, "temperature, sales"))
    expect(output.get_by_role("status")).to_contain_text("not written")
    expect(output).not_to_contain_text("Traceback")
    assert assignment.faults == []


def test_validate_lists_what_is_not_written(assignment):
    answer = lab.cell(assignment, "def predict_line(")
    lab.write(assignment, answer, PREDICT)
    assignment.locator(".jp-NotebookPanel-toolbar").get_by_text("Validate").click()
    dialog = assignment.locator(".jp-Dialog")
    expect(dialog).to_contain_text("The following cell failed")
    failed = dialog.get_by_text(re.compile(r"^check\(")).all_text_contents()
    assert "check(mse)" in failed
    assert "check(predict_line)" not in failed
    expect(dialog).to_contain_text("NOT ATTEMPTED: mse")
    expect(dialog).not_to_contain_text("Traceback")
    assert assignment.faults == []


def test_the_assignment_list_offers_what_was_released(page, copy):
    folder, url = copy
    nbgrader(folder, "generate_assignment", UNIT, "--force")
    nbgrader(folder, "release_assignment", UNIT)
    page.goto(f"{url}/lab?reset")
    lab.menu(page, "Nbgrader", "Assignment List")
    released = page.locator("#released_assignments_list")
    expect(released).to_contain_text(UNIT)
    expect(released.get_by_text("Fetch", exact=True)).to_be_visible()
    assert page.faults == []


# --- the formgrader ---------------------------------------------------------------------------


def test_the_formgrader_lists_the_class_with_its_scores(formgrader):
    inside = frame(formgrader, "Manage Assignments")
    count = row(inside, UNIT).locator(".num-submissions a")
    expect(count).to_have_text("17")
    count.click()
    expect(row(inside, "full-marks")).to_contain_text("24 / 28")
    expect(row(inside, "blank")).to_contain_text("0 / 28")
    expect(row(inside, "damaged-file")).to_contain_text("needs autograding")
    assert formgrader.faults == []


def test_the_autograde_button_gives_the_same_mark(formgrader, demo_course):
    path = demo_course / "autograded" / "full-marks" / UNIT / "marking.json"
    before, old = path.stat().st_mtime_ns, json.loads(path.read_text())
    inside = frame(formgrader, "Manage Assignments")
    row(inside, UNIT).locator(".num-submissions a").click()
    row(inside, "full-marks").locator(".autograde a").click()
    done = inside.locator(".modal.in")
    expect(done).to_contain_text("Successfully autograded")
    done.get_by_role("button", name="OK").click()
    expect(done).to_have_count(0)
    expect(row(inside, "full-marks")).to_contain_text("24 / 28")
    assert path.stat().st_mtime_ns > before
    assert json.loads(path.read_text())["questions"] == old["questions"]
    assert formgrader.faults == []


def test_manual_grading_shows_what_a_student_did_wrong(formgrader):
    inside = frame(formgrader, "Manual Grading")
    for name in (UNIT, "line-fitting"):
        inside.get_by_role("link", name=name, exact=True).click()
    found = row(inside, "gradient-sign")
    found.locator(".reveal .name-hidden").click()
    found.get_by_role("link", name="gradient-sign").click()
    expect(inside.get_by_text("NOT YET: mse_gradient")).to_be_visible()
    expect(inside.get_by_text("Right size, opposite sign.")).to_be_visible()
    # faults are not looked at here: without network, nbgrader's page misses MathJax
