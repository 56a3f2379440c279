"""The graders are proved: every known mistake is caught by its own message, right answers pass."""

import functools
from collections import Counter

import numpy as np
import pytest
from conftest import all_exercises

from grading.course import load_module
from grading.exercise import exercise as make_exercise
from grading.lint import lint_cases
from grading.marker import HiddenCalls, mark_question
from grading.release import check_data
from helpers.calls import observe
from helpers.codec import encode
from helpers.judge import NOT_ATTEMPTED, NOT_YET, RIGHT, judge

EXERCISES = all_exercises()
MARKED = [(unit, exercise) for unit, exercise in EXERCISES if exercise.role != "lesson"]
SUBMISSIONS = ("one", "two", "three")  # each seeds other hidden cases


def right_answers(unit):
    """Return the bank of right answers of a unit, by exercise."""
    return load_module(unit / "right_answers.py").RIGHT


def visible(exercise, answer):
    """Judge an answer as the notebook's check does."""
    data = check_data([exercise])[exercise.name]
    inputs = [case["inputs"] for case in data["cases"]]
    return judge(data, data["cases"], list(observe(answer, inputs)), show=True)


def hidden(exercise, answer, submission):
    """Mark an answer as the class marking does."""
    calls = hidden_calls(exercise.name, submission)
    return mark_question(calls, list(observe(answer, calls.inputs)))


@functools.cache
def hidden_calls(name, submission):
    """Return the hidden cases of an exercise, drawn once for all answers."""
    (exercise,) = (exercise for _, exercise in EXERCISES if exercise.name == name)
    return HiddenCalls(exercise, submission)


def ids(pairs):
    return [exercise.name for _, exercise in pairs]


@pytest.mark.parametrize(("unit", "exercise"), EXERCISES, ids=ids(EXERCISES))
def test_every_mistake_is_named_by_the_visible_check(unit, exercise):
    data = check_data([exercise])[exercise.name]
    inputs = [case["inputs"] for case in data["cases"]]
    for mistake in exercise.mistakes:
        verdict = judge(data, data["cases"], list(observe(mistake.answer, inputs)), show=True)
        assert (verdict.state, verdict.diagnosis) == (NOT_YET, mistake.id)
        assert mistake.message in verdict.lines
        assert len(verdict.lines) <= 3


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
def test_every_mistake_is_named_by_the_hidden_marking(unit, exercise):
    for submission in SUBMISSIONS:
        for mistake in exercise.mistakes:
            mark = hidden(exercise, mistake.answer, submission)
            earned = sum(part.points for part in mark.parts if part.right)
            assert mark.diagnosis == mistake.id, (submission, mistake.id, mark)
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
        for submission in SUBMISSIONS if exercise.role != "lesson" else ():
            mark = hidden(exercise, answer, submission)
            assert mark.score == mark.points == exercise.points, (
                answer.__code__.co_firstlineno,
                mark,
            )
            assert all(part.right for part in mark.parts)


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
    ],
)
def test_wrong_answers_of_an_outsider_lose_marks(name, answer):
    (exercise,) = (exercise for _, exercise in MARKED if exercise.name == name)
    for submission in SUBMISSIONS:
        assert not all(part.right for part in hidden(exercise, answer, submission).parts)


def central(f, theta, eps):
    steps = eps * np.eye(len(theta))
    return np.array([(f(theta + s) - f(theta - s)) / (2 * eps) for s in steps])


def test_one_unwritten_branch_costs_its_part_only():
    (exercise,) = (exercise for _, exercise in MARKED if exercise.name == "mse")

    def answer(x, y, m, c):
        if len(x) == 1:
            raise NotImplementedError
        return np.mean((line(x, m, c) - y) ** 2)

    mark = hidden(exercise, answer, "branch")
    assert [part.name for part in mark.parts if not part.right] == ["one point"]
    assert "One branch" in mark.lines[-1]


def blank(*_):
    raise NotImplementedError


def prints_and_returns_nothing(*_):
    print("done")


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
def test_a_blank_scores_0_and_is_not_called_wrong(unit, exercise):
    assert visible(exercise, blank).state == NOT_ATTEMPTED
    mark = hidden(exercise, blank, "blank")
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
    assert hidden(exercise, answer, "empty").score == 0


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
def test_the_same_submission_gets_the_same_mark(unit, exercise):
    for answer in (exercise.reference, exercise.mistakes[0].answer):
        first = hidden(exercise, answer, "same")
        hidden_calls.cache_clear()
        assert hidden(exercise, answer, "same") == first
    assert HiddenCalls(exercise, "a").inputs != HiddenCalls(exercise, "b").inputs


@pytest.mark.parametrize(("unit", "exercise"), MARKED, ids=ids(MARKED))
def test_hidden_messages_hold_no_hidden_number(unit, exercise):
    numbers = {
        str(number)
        for call in HiddenCalls(exercise, "secret").inputs
        for number in _long_numbers([plain for _, plain in call])
    }
    for mistake in exercise.mistakes:
        mark = hidden(exercise, mistake.answer, "secret")
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


def weak(**changes):
    """Return a small exercise with one weakness for the lint."""
    hints = ("a.", "b.", "c.")
    made = make_exercise("number", hints, "ok.", role="lesson", tolerance=changes.get("tolerance"))(
        lambda x, c: sum(x) + c
    )
    made.visible = changes["calls"]
    return made


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
    ],
)
def test_the_lint_finds_weak_cases(changes, words):
    assert any(words in problem for problem in lint_cases(weak(**changes)))


def test_a_right_value_of_a_lying_type_is_not_a_number():
    class Lies(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    assert encode(Lies(1.0)) == {"opaque": "an object of type Lies"}
