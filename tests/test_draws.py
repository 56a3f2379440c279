"""Functions that draw: every way of drawing passes, a draw that is not fair does not."""

import numpy as np
import pytest

from grading.draws import Script, TooManyDraws, every_draw
from grading.exercise import exercise, values
from grading.lint import lint_cases
from grading.marker import HiddenCalls, mark_question
from grading.release import check_data
from helpers.calls import observe
from helpers.codec import Seed, decode, encode
from helpers.judge import NOT_YET, RIGHT, judge

HINTS = ("where", "which", "first")


def cut(order, size):
    return [order[k : k + size] for k in range(0, len(order), size)]


@exercise(random=True, returns="batches", unchanged=1, hints=HINTS, praise="Right.")
def batches(n, batch_size, rng):
    return cut(rng.permutation(n), batch_size)


batches.show(3, 2, Seed(1, times=300))
batches.show(10, 4, Seed(2))


@batches.hidden("values", 1, "Each index once.")
def _(rng):
    yield 3, 1, Seed(int(rng.integers(1000)), times=300)
    yield 11, 4, Seed(3)


@batches.mistake("no-shuffle", "The order is always the same. Shuffle.")
def _(n, batch_size, rng):
    return cut(np.arange(n), batch_size)


@batches.mistake("global", "It draws from elsewhere. Use rng.")
def _(n, batch_size, rng):
    return cut(np.random.permutation(n), batch_size)


@batches.mistake("tuple", "A tuple came back. Return a list.")
def _(n, batch_size, rng):
    return tuple(cut(rng.permutation(n), batch_size))


@exercise(random=True, returns=values(a="number", b="number"), hints=HINTS, praise="Right.")
def walk(x, start, rng):
    for value in rng.permutation(np.asarray(x, dtype=float)):
        start = start / 2 + value
    return start, len(x)


walk.show([1, 2, 5], 8, Seed(5))
walk.show([1, 3], 8, Seed(6, times=300))


@walk.mistake("from-start", "Each value starts anew. Go on from the last.")
def _(x, start, rng):
    return start / 2 + rng.permutation(x)[-1], len(x)


def visible(task, answer):
    data = check_data([task])[task.name]
    seen = observe(answer, [case["inputs"] for case in data["cases"]])
    return judge(data, data["cases"], list(seen), show=True)


def hidden(task, answer):
    calls = HiddenCalls(task)
    return mark_question(calls, list(observe(answer, calls.inputs)))


def by_swaps(n, batch_size, rng):
    order = list(range(n))
    for last in range(n - 1, 0, -1):
        other = int(rng.integers(0, last + 1))
        order[last], order[other] = order[other], order[last]
    return cut(np.array(order), batch_size)


def by_keys(n, batch_size, rng):
    return cut(np.argsort(rng.random(n)), batch_size)


@pytest.mark.parametrize("answer", [by_swaps, by_keys])
def test_every_way_of_drawing_is_right(answer):
    assert visible(batches, answer).state == RIGHT
    assert hidden(batches, answer).state == RIGHT


@pytest.mark.parametrize("task", [batches, walk], ids=lambda task: task.name)
def test_every_mistake_is_named(task):
    for mistake in task.mistakes:
        verdict = visible(task, mistake.answer)
        assert (verdict.state, verdict.diagnosis) == (NOT_YET, mistake.id)


@pytest.mark.parametrize(
    ("answer", "diagnosis"),
    [
        (lambda n, b, rng: cut(np.random.default_rng(7).permutation(n), b), "same-draw"),
        (lambda n, b, rng: cut(np.roll(np.arange(n), rng.integers(n)), b), "never-drawn"),
        (
            lambda n, b, rng: by_swaps(n, b, rng) if rng.random() < 0.5 else cut(np.arange(n), b),
            "uneven",
        ),
        (lambda n, b, rng: cut(rng.permutation(n), b)[:-1], "unused"),
        (lambda n, b, rng: cut(rng.permutation(n) + 1, b), "outside"),
        (lambda n, b, rng: cut(rng.integers(0, n, n), b), "twice"),
        (lambda n, b, rng: cut(rng.permutation(n), b + 1), "sizes"),
        (lambda n, b, rng: cut(rng.permutation(n) * 1.0, b), "kind"),
        (lambda n, b, rng: [*cut(rng.permutation(n), b), np.arange(0)], "kind"),
    ],
)
def test_unlisted_mistakes_are_named_by_what_they_do(answer, diagnosis):
    verdict = visible(batches, answer)
    assert (verdict.state, verdict.diagnosis) == (NOT_YET, diagnosis)
    assert hidden(batches, answer).score < 2


def test_a_result_that_no_draw_gives_is_wrong():
    assert visible(walk, lambda x, start, rng: (start + 0.1, 0.1)).diagnosis == "no-draw"
    assert visible(walk, lambda x, start, rng: (start, len(x))).diagnosis == "value-a"
    assert visible(walk, walk.reference).state == RIGHT


def test_all_draws_are_found_with_their_probability():
    call = walk.inputs([([1, 2, 5], 8, Seed(1))])[0]
    found = every_draw(walk.reference, call)
    assert [weight for _, weight in found] == pytest.approx([1 / 6] * 6)
    assert len({decode(seen["returned"])[0] for seen, _ in found}) == 6
    assert every_draw(lambda x, start, rng: start, call) == []


def test_a_script_draws_as_a_generator_does():
    whole = Script([])
    items = [1, 2, 3]
    whole.shuffle(items)
    assert sorted(items) == [1, 2, 3]
    assert whole.integers(2, 5) == 2
    assert Script([3]).integers(4, size=(2, 1)).tolist() == [[3], [0]]
    assert list(Script([]).choice(5, size=2, replace=False)) == [0, 1]
    with pytest.raises(TooManyDraws):
        Script([]).permutation(9)


def test_a_seed_travels_and_the_lint_knows_it():
    assert decode(encode(Seed(3, times=2))) == Seed(3, times=2)
    assert not [line for line in lint_cases(batches) if "rng" in line]
