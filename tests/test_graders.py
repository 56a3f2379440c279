"""The graders are proved: every known mistake is caught by its own message, right answers pass."""

import functools
import warnings
from collections import Counter

import numpy as np
import pytest
from conftest import all_exercises

from grading.course import load_module
from grading.exercise import exercise as make_exercise
from grading.exercise import record, values
from grading.lint import lint_cases
from grading.marker import HiddenCalls, _clean, hidden_calls, mark_question
from grading.release import check_data
from helpers.calls import observe
from helpers.codec import encode
from helpers.judge import NOT_ATTEMPTED, NOT_YET, RIGHT, judge

EXERCISES = all_exercises()
MARKED = [(unit, exercise) for unit, exercise in EXERCISES if exercise.role != "lesson"]


def right_answers(unit):
    """Return the bank of right answers of a unit, by exercise."""
    return load_module(unit / "right_answers.py").right


def visible(exercise, answer):
    """Judge an answer as the notebook's check does."""
    data = checks(exercise)
    inputs = [case["inputs"] for case in data["cases"]]
    return judge(data, data["cases"], list(observe(answer, inputs)), show=True)


@functools.cache
def checks(exercise):
    """Return the check data of an exercise, made once for all answers."""
    return check_data([exercise])[exercise.name]


@functools.cache
def marks_of_mistakes(exercise):
    """Return the mark of every known mistake."""
    return [(mistake, hidden(exercise, mistake.answer)) for mistake in exercise.mistakes]


def hidden(exercise, answer):
    """Mark an answer as the class marking does."""
    calls = hidden_calls(exercise)
    return mark_question(calls, list(observe(answer, calls.inputs)))


def ids(pairs):
    return [exercise.name for _, exercise in pairs]


@pytest.mark.parametrize(("unit", "exercise"), EXERCISES, ids=ids(EXERCISES))
def test_every_mistake_is_named_by_the_visible_check(unit, exercise):
    for mistake in exercise.mistakes:
        verdict = visible(exercise, mistake.answer)
        assert (verdict.state, verdict.diagnosis) == (NOT_YET, mistake.id)
        assert mistake.message in verdict.lines
        assert len(verdict.lines) <= 3


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
def test_every_mistake_is_named_by_the_hidden_marking(unit, exercise):
    for mistake, mark in marks_of_mistakes(exercise):
        earned = sum(part.points for part in mark.parts if part.right)
        assert mark.diagnosis == mistake.id, (mistake.id, mark)
        assert mistake.message in mark.lines
        assert mark.state == NOT_YET
        assert earned < exercise.shares
        assert mark.score < mark.points or exercise.role == "stretch"


@pytest.mark.parametrize(("unit", "exercise"), EXERCISES, ids=ids(EXERCISES))
def test_right_answers_pass_however_they_are_written(unit, exercise):
    answers = right_answers(unit)[exercise.name]
    assert len(answers) >= 4
    for answer in (exercise.reference, *answers):
        assert visible(exercise, answer).state == RIGHT, answer.__code__.co_firstlineno
        if exercise.role != "lesson":
            mark = hidden(exercise, answer)
            told = answer, mark
            assert mark.score == mark.points == exercise.points, told
            assert all(part.right for part in mark.parts), told


def line(x, m, c):
    return m * np.asarray(x, dtype=float) + c


def first_of_a_kind(x, y, m, c):
    """Average the squared errors, but find the place of a value by its first occurrence."""
    x, y = list(x), list(y)
    return sum((m * v + c - y[x.index(v)]) ** 2 for v in x) / len(x)


def truncating_step(x, y, m, c, lr):
    point = np.array([m, c])
    error = line(x, m, c) - y
    point[0] = m - lr * 2 * np.mean(error * x)
    point[1] = c - lr * 2 * np.mean(error)
    return point


def settles_early(x, y, m, c, lr, n_steps):
    history = [np.mean((line(x, m, c) - y) ** 2)]
    for _ in range(n_steps):
        error = line(x, m, c) - y
        m, c = m - lr * 2 * np.mean(error * x), c - lr * 2 * np.mean(error)
        history.append(np.mean((line(x, m, c) - y) ** 2))
        if abs(history[-2] - history[-1]) < 1e-6:
            break
    return m, c, history


def sorts_its_input(x, y):
    x.sort() if isinstance(x, list) else None
    return np.polyfit(x, y, 1)


def bend(z):
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


def outputs_kept_off_the_ends(h, o, t):
    o = np.clip(o, 0.01, 0.99)
    delta = (o - np.asarray(t)) * o * (1 - o)
    return np.outer(delta, h), delta


def at_most_two_outputs(x, h, delta_o, W2):
    h, paths = np.asarray(h), np.multiply(W2, np.reshape(delta_o, (-1, 1)))
    delta = paths[:2].sum(axis=0) * h * (1 - h)
    return np.outer(delta, x), delta


def stops_when_still(x, t, params, lr, n_steps):
    (train,) = (exercise for _, exercise in MARKED if exercise.name == "train_222")
    params, errors = train(x, t, params, lr, 0)
    for _ in range(n_steps):
        params, (old, new) = train(x, t, params, lr, 1)
        errors.append(new)
        if abs(old - new) < 1e-8:
            break
    return params, errors


def stop_early(errors, patience):
    best = 0
    for epoch, error in enumerate(errors):
        if error < errors[best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best


# answers that an outsider wrote without having seen the cases, and that once got full marks
@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("predict_line", lambda x, m, c: np.squeeze(line(x, m, c))),
        ("predict_line", lambda x, m, c: line(x, m, c).reshape(-1, 1)),
        ("predict_line", lambda x, m, c: np.round(line(x, m, c), 6)),
        ("predict_line", lambda x, m, c: line(sorted(x), m, c)),
        ("predict_line", lambda x, m, c: line(x, m, c) if m else line(x, m, 0)),
        ("mse", first_of_a_kind),
        ("mse", lambda x, y, m, c: round(np.mean((line(x, m, c) - y) ** 2), 6)),
        ("mse", lambda x, y, m, c: np.mean((line(x, abs(m), c) - y) ** 2)),
        ("numerical_gradient", lambda f, t, eps=1e-8: central(f, t, eps)),
        ("numerical_gradient", lambda f, t, eps=1e-5: np.squeeze(central(f, t, eps))),
        ("gd_step", truncating_step),
        ("fit_line", settles_early),
        ("closed_form_line", sorts_its_input),
        (
            "center_scale",
            lambda x: (
                (line(x, 1, 0) - np.mean(x)) / max(np.std(x, ddof=1), 1),
                np.mean(x),
                max(np.std(x, ddof=1), 1),
            ),
        ),
        ("unscale", lambda m, c, mu, sd: (abs(m) / sd, c - abs(m) * mu / sd)),
        ("sigmoid", lambda z: bend(np.clip(z, -25, 500))),
        ("sigmoid", lambda z: np.round(bend(np.clip(z, -500, 500)), 8)),
        ("output_layer_grads", outputs_kept_off_the_ends),
        ("hidden_layer_grads", lambda x, h, d, W: at_most_two_outputs(x, h, d, W)),
        ("train_222", stops_when_still),
        ("early_stopping_epoch", lambda errors, patience: stop_early(errors, max(patience, 2))),
        ("early_stopping_epoch", lambda errors, patience: stop_early([1e9, *errors], patience) - 1),
    ],
)
def test_wrong_answers_of_an_outsider_lose_marks(name, answer):
    (exercise,) = (exercise for _, exercise in MARKED if exercise.name == name)
    assert not all(part.right for part in hidden(exercise, answer).parts)


def central(f, theta, eps):
    steps = eps * np.eye(len(theta))
    return np.array([(f(theta + s) - f(theta - s)) / (2 * eps) for s in steps])


def test_one_unwritten_branch_costs_its_part_only():
    (exercise,) = (exercise for _, exercise in MARKED if exercise.name == "mse")

    def mse(x, y, m, c):
        if len(x) == 1:
            raise NotImplementedError
        return np.mean((line(x, m, c) - y) ** 2)

    mark = hidden(exercise, mse)
    assert [part.name for part in mark.parts if not part.right] == ["one point"]
    assert "One branch" in mark.lines[-1]


def blank(*_):
    raise NotImplementedError


def prints_and_returns_nothing(*_):
    print("done")


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
def test_a_blank_scores_0_and_is_not_called_wrong(unit, exercise):
    assert visible(exercise, blank).state == NOT_ATTEMPTED
    mark = hidden(exercise, blank)
    assert (mark.score, mark.state) == (0, NOT_ATTEMPTED)
    assert not any(part.right for part in mark.parts)


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
@pytest.mark.parametrize(
    "answer",
    [
        prints_and_returns_nothing,
        lambda *_: 0,
        lambda *_: 0.0,
        lambda *args: args[0],
        lambda *_: (0.0, 0.0),
        lambda *_: float("nan"),
        lambda *_: "right",
        lambda *_: (n for n in ()),
        lambda *_: 1 / 0,
        lambda: None,
    ],
)
def test_an_empty_answer_scores_0(unit, exercise, answer):
    assert visible(exercise, answer).state == NOT_YET
    assert hidden(exercise, answer).score == 0


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
def test_the_same_submission_gets_the_same_mark(unit, exercise):
    for answer in (exercise.reference, exercise.mistakes[0].answer):
        calls = HiddenCalls(exercise)
        again = mark_question(calls, list(observe(answer, calls.inputs)))
        assert again == hidden(exercise, answer)


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
def test_hidden_messages_hold_no_hidden_number(unit, exercise):
    numbers = {
        str(number)
        for call in hidden_calls(exercise).inputs
        for number in _long_numbers([plain for _, plain in call])
    }
    for _, mark in marks_of_mistakes(exercise):
        text = "\n".join([*mark.lines, *(part.says for part in mark.parts)])
        assert not [number for number in numbers if number in text]


def _long_numbers(plain):
    if isinstance(plain, dict):
        plain = list(plain.values())
    if isinstance(plain, list):
        return [number for item in plain for number in _long_numbers(item)]
    return [plain] if isinstance(plain, float) and len(str(plain)) > 5 else []


@pytest.mark.parametrize(("unit", "exercise"), EXERCISES, ids=ids(EXERCISES))
def test_no_case_hides_a_mistake(unit, exercise):
    assert lint_cases(exercise) == []


@pytest.mark.parametrize(("unit", "exercise"), EXERCISES, ids=ids(EXERCISES))
def test_texts_have_the_form_that_teaches(unit, exercise):
    counts = Counter(mistake.id for mistake in exercise.mistakes)
    assert max(counts.values()) == 1
    for text in (*exercise.hints, exercise.praise, *(m.message for m in exercise.mistakes)):
        assert text.endswith((".", "?"))
        assert len(text) <= 140
    for mistake in exercise.mistakes:
        assert mistake.message.count(". ") >= 1 or ";" in mistake.message or ":" in mistake.message


def made(returns, reference, *calls, **options):
    """Return a small exercise with these visible cases."""
    exercise = make_exercise(returns, ("a.", "b.", "c."), "ok.", role="lesson", **options)(
        reference
    )
    for call in calls:
        exercise.show(*call)
    return exercise


def weak(calls, **options):
    """Return a small exercise with one weakness for the lint."""
    return made("number", lambda x, c: c, *calls, **options)


MATRICES = [(np.array([[1.0, 2.0], [3.0, 4.0]]), 2), (np.array([[5.0, 1.0], [7.0, 2.0]]), 5)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"calls": [([1.0, 2.0], 0), ([3.0, 5.0], 0)]}, "always 0"),
        ({"calls": [([1.0, 2.0], 1), ([3.0, 5.0], 1)]}, "always 1"),
        ({"calls": [([4.0], 2), ([3.0], 5)]}, "one entry"),
        ({"calls": [([1.0, 1.0], 2), ([1.0, 1.0], 5)]}, "all equal"),
        ({"calls": [([-1.0, 1.0], 2), ([-2.0, 2.0], 5)]}, "centred"),
        ({"calls": [([1.0, 4.0], 2), ([3.0, 5.0], 5)]}, "never an array"),
        ({"calls": [([1.0, 4.0], 2)], "tolerance": {"relative": 1.0}}, "too wide"),
        ({"calls": [([1.0, 4.0], 2)], "tolerance": {"absolute": 0.1}}, "thousandth"),
        ({"calls": [(np.zeros((2, 3)), 2), (np.zeros((3, 1)), 5)]}, "x is always 0"),
        ({"calls": [([[1, 2, 3]], 2), ([[3, 1, 2]], 5)]}, "never an array"),
        ({"calls": [(np.array([[1, 2], [2, 5]]), 2), (np.array([[3]]), 5)]}, "symmetric"),
        ({"calls": MATRICES}, "always square"),
        ({"calls": [({"w": 1.5}, 2), ({"w": 1.5}, 5)]}, "x[w] is always 1.5"),
        ({"calls": [({"W": MATRICES[0][0]}, 2), ({"W": MATRICES[1][0]}, 5)]}, "x[W] is always sq"),
    ],
)
def test_the_lint_finds_weak_cases(changes, words):
    assert any(words in problem for problem in lint_cases(weak(**changes)))


def test_the_lint_accepts_one_size_where_the_task_is_about_one():
    assert lint_cases(weak(MATRICES, fixed_size=True)) == []


# What the judge can compare -------------------------------------------------------------------


def said(exercise, answer):
    """Return (diagnosis, message) of the visible check."""
    verdict = visible(exercise, answer)
    return verdict.diagnosis, " ".join(verdict.lines)


def test_a_number_gives_a_number_and_an_array_its_shape():
    calls = ((3,), ([1, 2],), (((1, 2, 4),),), (np.array([5.0]),))
    half = made("number or array", lambda z: np.multiply(z, 0.5), *calls)
    for answer in (lambda z: np.asarray(z) / 2, lambda z: np.array(np.asarray(z) / 2)):
        assert visible(half, answer).state == RIGHT
    for answer, words in (
        (lambda z: (np.asarray(z) / 2).tolist(), "a list of 2 values; a number for a number"),
        (lambda z: np.atleast_1d(np.asarray(z) / 2), "shape (1,); one number is expected"),
        (lambda z: np.ravel(z) / 2 if np.ndim(z) else z / 2, "shape (3,); (1, 3) is expected"),
        (lambda z: np.ravel(z)[0] / 2, "one number; an array of"),
        (lambda z: bool(np.ndim(z)) or z / 2, "True or False"),
    ):
        assert words in said(half, answer)[1]


def loud(category):
    def answer(z):
        warnings.warn("overflow encountered", category, stacklevel=2)
        return 2 * z

    return answer


def test_a_runtime_warning_costs_only_where_the_exercise_says_so():
    quiet = made("number", lambda z: 2 * z, (3.0,), (0.5,), warning="It is loud. Mend it.")
    assert said(quiet, loud(RuntimeWarning)) == (
        "warning",
        "You called <lambda>(3). It is loud. Mend it.",
    )
    assert visible(quiet, loud(UserWarning)).state == RIGHT
    assert visible(made("number", lambda z: 2 * z, (3.0,)), loud(RuntimeWarning)).state == RIGHT


def test_a_mistake_that_only_warns_is_told_from_one_that_is_wrong():
    quiet = made("number", lambda z: 2 * z, (3.0,), (0.5,), warning="It is loud. Mend it.")
    quiet.mistake("loud", "Loud. Be quiet.")(loud(RuntimeWarning))
    quiet.mistake("both", "Loud and wrong. Mend it.")(lambda z: loud(RuntimeWarning)(z) + (z < 1))
    for mistake in quiet.mistakes:
        assert visible(quiet, mistake.answer).diagnosis == mistake.id
    assert visible(quiet, lambda z: 2 * z + (z < 1)).diagnosis != "loud"


def test_only_the_marks_of_a_warning_leave_the_sandbox():
    exercise = made("number", lambda z: z, (3.0,))
    for line, kept in (("RuntimeWarning: 42", "RuntimeWarning"), ("UserWarning: 42", "a warning")):
        assert _clean({"returned": 1, "warned": [line]}, exercise, "")["warned"] == [kept]


NETWORK = {"W": np.array([[0.5, -1.0, 2.0], [3.0, 0.25, 1.0]]), "b": np.array([0.5, -0.125])}


def doubled(params):
    return {key: 2 * value for key, value in params.items()}


def test_of_a_dict_the_member_that_is_off_is_named_and_shown():
    exercise = made(record(W="array", b="array"), doubled, ({**NETWORK, "b": NETWORK["b"] / 7},))
    diagnosis, message = said(exercise, lambda p: doubled(p) | {"W": np.ones((2, 3))})
    assert diagnosis == "value-W"
    assert "Only W is off; the rest is right." in message
    assert "returned W = np.array([[1., 1., 1.], [1., 1., 1.]]); expected np.array([[1." in message
    assert said(exercise, lambda p: doubled(p) | {"W": np.ones((3, 2))})[0] == "transposed"
    assert "as b, returned a list" in said(exercise, lambda p: doubled(p) | {"b": [1, 2]})[1]


def test_of_a_dict_the_first_member_that_is_off_is_named_where_all_after_it_are():
    def chain(first):
        return lambda p: dict(zip("abcd", (p["W"], p["W"] + first, first, 2 * first), strict=True))

    exercise = made(record(a="array", b="array", c="array", d="array"), chain(np.ones(3)), ())
    exercise.visible[:] = [(NETWORK,)]
    assert "b is the first that is off" in said(exercise, chain(np.full(3, 2.5)))[1]
    other = {"c": np.zeros(3), "d": np.zeros(3)}
    assert "Only c and d are off" in said(exercise, lambda p: chain(np.ones(3))(p) | other)[1]


def test_an_error_is_a_known_mistake_only_if_it_says_the_same():
    exercise = made("array", lambda W: np.sum(W, axis=0) / 2, (MATRICES[0][0],), ([[1, 2, 4]],))
    exercise.mistake("wrong-side", "Wrong side. Turn W.")(lambda W: np.asarray(W) @ np.ones(9))
    assert said(exercise, lambda W: np.dot(W, np.ones(5)))[0] == "wrong-side"
    diagnosis, message = said(exercise, lambda W: np.asarray(W) + np.ones(9))
    assert diagnosis == "raised"
    assert "do not fit entry by entry" in message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda z: [1, 2][5], "an entry that is not there"),
        (lambda z: (1, 2)[5], "an entry that is not there"),
        (lambda z: [1, 2].shape, "no such method"),
        (lambda z: [1, 2] - 1, "does not calculate entry by entry"),
        (lambda z: -(1, 2), "does not calculate entry by entry"),
        (lambda z: [1, 2] * 0.5, "does not calculate entry by entry"),
        (lambda z: [1, 2] > 0, "does not calculate entry by entry"),
        (lambda z: list.__getitem__([[1, 2]], (0, 1)), "one whole number in brackets"),
        (lambda z: np.ones(3)[0, 1], "more indices in the brackets"),
        (lambda z: np.ones(3)[0.5], "no whole number"),
        (lambda z: [].pop(), "an entry that is not there"),
        (lambda z: np.ones((2, 3)) @ np.ones(2), "pairs two lengths that differ"),
        (lambda z: np.dot(np.ones((2, 3)), np.ones(2)), "pairs two lengths that differ"),
        (lambda z: np.ones(3) + np.ones(2), "do not fit entry by entry"),
    ],
)
def test_an_error_gets_a_sentence_that_is_true_for_it(answer, words):
    assert words in said(made("number", lambda z: 2 * z, (3.0,), (0.5,)), answer)[1]


def test_a_mistake_in_place_is_told_once():
    exercise = made("array", lambda z: np.maximum(z, 0), (np.array([-1.0, 2.0]),), ([1, -2],))

    @exercise.mistake("itself", "The result is z. Build a new one.")
    def itself(z):
        z = np.asarray(z, dtype=float)
        z[z < 0] = 0
        return z

    exercise.mistake("in-place", "z changed. Build a new one.")(lambda z: itself(z).copy())
    assert visible(exercise, itself).lines[1:] == ("The result is z. Build a new one.",)


def test_of_a_dict_with_more_keys_only_the_named_ones_count():
    exercise = made(record(more=True, W="array", b="array"), doubled, (NETWORK,))
    assert visible(exercise, lambda p: doubled(p) | {"extra": "text"}).state == RIGHT
    assert "the keys W, b are expected" in said(exercise, lambda p: {"W": p["W"], "c": 1})[1]
    assert said(exercise, lambda p: doubled(p) | {"W": p["W"], "extra": 1})[0] == "value-W"


def test_members_of_members_are_named():
    exercise = made(
        values(params=record(W="array"), e="number"), lambda p: (doubled(p), 1), (NETWORK,)
    )
    exercise.reference = lambda p: ({"W": 2 * p["W"]}, 1.5)
    assert said(exercise, lambda p: ({"W": p["W"]}, 1.5))[0] == "value-W-of-params"
    assert "as params, as W, returned" in said(exercise, lambda p: ({"W": 1}, 1.5))[1]


def test_a_call_in_a_message_can_be_copied():
    exercise = made("number", lambda p, x: 1, (NETWORK, [[1, 2], [3, 4]]))
    _, message = said(exercise, lambda p, x: 2)
    call = message.split(" returned ")[0].removeprefix("<lambda>")
    params, x = eval(call, {"np": np})
    assert x == [[1, 2], [3, 4]]
    assert all(np.array_equal(params[key], NETWORK[key]) for key in NETWORK)


def test_a_large_argument_is_told_by_its_shape():
    large = {key: np.full((9, 7), 1.23456) for key in ("U", "V", "W")}
    exercise = made("number", lambda p, x: 1, (large, np.arange(30.0)))
    _, message = said(exercise, lambda p, x: 2)
    assert '"V": <an array of shape (9, 7)>' in message
    assert len(message) < 320


def test_a_call_can_be_written_with_the_names_of_the_notebook():
    exercise = made("number", lambda p: 1, (NETWORK,))
    exercise.visible.clear()
    exercise.show(NETWORK, written="start")
    assert said(exercise, lambda p: 2)[1].startswith("<lambda>(start) returned 2; expected 1.")


def test_of_a_long_result_of_another_kind_only_the_kind_is_told():
    exercise = made(record(W="array", b="array"), doubled, ({**NETWORK, "b": NETWORK["b"] / 7},))
    _, message = said(exercise, lambda p: list(doubled(p).values()) * 3)
    assert message.startswith("You called doubled(")
    assert "returned a list of 6 values; a dict with the keys W, b is expected." in message


def test_a_square_result_that_is_transposed_is_recognised():
    exercise = made("array", lambda w: 2 * w, (np.array([[1.0, 2.0], [3.0, 4.0]]),))
    assert said(exercise, lambda w: 2 * w.T)[0] == "transposed"


def test_whole_numbers_are_compared_exactly_however_large_the_arguments():
    exercise = made("int", lambda x: 2, (1e160,))
    assert visible(exercise, lambda x: 2).state == RIGHT
    assert visible(exercise, lambda x: 3).state == NOT_YET


def test_the_floor_of_the_tolerance_can_be_set():
    exercise = made("number", lambda z: 0.0, (-1000.0,), (-2000.0,), tolerance={"floor": 1e-12})
    assert visible(exercise, lambda z: 1e-13).state == RIGHT
    assert visible(exercise, lambda z: 1e-11).state == NOT_YET


def test_a_right_value_of_a_lying_type_is_not_a_number():
    class Lies(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    assert encode(Lies(1.0)) == {"opaque": "an object of type Lies"}
