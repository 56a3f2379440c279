"""Unit 5, stochastic gradient descent: every function that the learner writes, with its cases.

The line m·x + c with the MSE of unit 1; in the capstone the network of unit 4 with its mean
cross-entropy. Small sets where the order is drawn, so that all results can be listed.
"""

import numpy as np

from grading.exercise import exercise, record, values
from helpers.codec import Seed

KEYS = ("W1", "b1", "W2", "b2", "W3", "b3")

# the points of the examples by hand: errors 1, 2, 0 on the line 2x + 1
SMALL = (np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 7.0]), 2, 1)
# points for the checks: no two differences are equal, errors of both signs
FOUR = (np.array([0.5, -1.0, 2.0, 1.5]), np.array([1.0, 0.5, -2.0, 4.0]), 1.5, -0.5)
FIVE = (np.array([2.0, -0.5, 1.0, 3.5, -1.5]), np.array([4.0, 1.5, 0.0, 2.5, 1.0]), -1.0, 2.0)
WHOLE = ([3, -1, 2], [1, 4, -2], 2, -3)
THREE = (np.array([1.5, -0.5, 2.5]), np.array([0.5, 2.0, -1.0]), 0.8, -0.4)

CONVERT = "It works for arrays and stops for a list. Convert first: np.asarray(…, dtype=float)."
TWICE = "Half the size: the square gives a factor 2. Work one row out by hand, and put it back."
SIGN = "Right size, opposite sign. The error is the prediction minus y; look at its order."
NO_X = "The slope's part lacks a factor. dm of one example is dc times its x: multiply by x."
C_IGNORED = "Right whenever c = 0. Look where c enters your error."
ONE_ORDER = (
    "The order is the same in every epoch. Draw from the rng that you are given, anew every time."
)
NO_SHUFFLE = "The examples come in their own order. Shuffle them at the start of every epoch."
REPLACED = "Some examples come twice, others never. Shuffle all of them once, then cut."
DROPPED = "The last, shorter batch is missing. Keep it: its examples belong to the epoch, too."


def floats(*numbers):
    """Return float arrays of the given lists, tuples and arrays."""
    return [np.asarray(n, dtype=float) for n in numbers]


def mixed(rng, *shape):
    """Return numbers of ordinary size and of both signs, if there is room for both."""
    drawn = rng.uniform(0.3, 2.5, shape) * rng.choice([-1, 1], shape)
    if drawn.size > 1:
        drawn.flat[0], drawn.flat[-1] = abs(drawn.flat[0]), -abs(drawn.flat[-1])
    return drawn


def points(rng, n):
    """Return (x, y, m, c): n points and a line that does not fit them."""
    return mixed(rng, n), mixed(rng, n), float(rng.uniform(0.5, 2)), -float(rng.uniform(0.5, 2))


def seed(rng, times=None):
    """Return a generator for a hidden case."""
    number = int(rng.integers(1, 10_000))
    return Seed(number) if times is None else Seed(number, times=times)


def cut(order, batch_size):
    """Cut an order of the examples into batches."""
    return [order[k : k + batch_size] for k in range(0, len(order), batch_size)]


def deal(n, batch_size, rng):
    """Return the batches of an epoch; one batch of all needs no draw, so that it may be large."""
    return cut(rng.permutation(n) if batch_size < n else np.arange(n), batch_size)


# per_example_gradients ---------------------------------------------------------------------------


@exercise(
    returns="array",
    unchanged=0.5,
    hints=(
        "Take the point (2, 3) and the line 2x + 1. What is its error, and which two numbers follow from it?",
        "Row i holds 2·e_i·x_i and 2·e_i: what unit 1 averaged, before the mean.",
        "Make x and y float arrays and work out e; then put two columns side by side with np.column_stack.",
    ),
    praise="Their mean is the gradient of unit 1. SGD takes a few of these rows at a time.",
)
def per_example_gradients(x, y, m, c):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    e = m * x + c - y
    return np.stack([2 * e * x, 2 * e], axis=1)


per_example_gradients.show(*SMALL)
per_example_gradients.show(*FOUR)
per_example_gradients.show(*FIVE)
per_example_gradients.show(*WHOLE)
per_example_gradients.show(np.array([2, -1, 4]), [1, 3, 0], 0.3, 1)
per_example_gradients.show(np.array([1.5]), np.array([2.0]), 3.0, 0.25)


@per_example_gradients.hidden("values", 1.5, "Points and lines of ordinary size.")
def _(rng):
    for n in (3, 5, 8):
        yield points(rng, n)
    x, y, m, c = points(rng, 4)
    yield x, y, -m, -c


@per_example_gradients.hidden("one point", 0.5, "A single point: the result has one row.")
def _(rng):
    yield points(rng, 1)
    yield [2.5], (1.5,), -3, float(rng.uniform(1, 2))


@per_example_gradients.hidden("lists and integers", 0.5, "Lists, tuples and integers.")
def _(rng):
    yield [4, -2, 0, 3], [1, 5, 2, -3], 2, int(rng.integers(1, 4))
    yield (2.5, 1, -3), np.array([1, 4, 2]), -1.5, 3
    yield np.array([3, -1, 2]), [0.5, 2.5, -4], np.float64(0.75), -2


@per_example_gradients.mistake(
    "over-n",
    "Each row is divided by n. The mean comes later; a row is the gradient of one squared error.",
)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c) / len(x)


@per_example_gradients.mistake(
    "mean",
    "You averaged already: one pair came back. Return a row for each example, an array (n, 2).",
)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c).mean(axis=0)


@per_example_gradients.mistake(
    "mean-pair", "Two averages came back. Return a row for each example, an array of shape (n, 2)."
)
def _(x, y, m, c):
    return tuple(per_example_gradients(x, y, m, c).mean(axis=0))


@per_example_gradients.mistake(
    "transposed",
    "The shape is (2, n). Each example has a row of its own: np.column_stack or a transpose.",
)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c).T


@per_example_gradients.mistake(
    "flat", "One long row came back. Return an array of shape (n, 2): a row for each example."
)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c).ravel()


@per_example_gradients.mistake(
    "one-after-the-other",
    "All slopes come first, then all intercepts. Put the two columns side by side: np.column_stack.",
)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c).T.reshape(-1, 2)


@per_example_gradients.mistake(
    "summed-up", "Each row holds the sum of all rows so far. A row belongs to one example alone."
)
def _(x, y, m, c):
    return np.cumsum(per_example_gradients(x, y, m, c), axis=0)


@per_example_gradients.mistake("no-2", TWICE)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c) / 2


@per_example_gradients.mistake("sign", SIGN)
def _(x, y, m, c):
    return -per_example_gradients(x, y, m, c)


@per_example_gradients.mistake(
    "swapped", "The columns are exchanged. The slope's part comes first, then the intercept's."
)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c)[:, ::-1]


@per_example_gradients.mistake("no-x", NO_X)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c)[:, [1, 1]]


@per_example_gradients.mistake(
    "x-twice", "The intercept's part depends on x in yours. Only the slope's has the factor x."
)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, c)[:, [0, 0]]


@per_example_gradients.mistake(
    "squared-errors",
    "These are squared errors in place of errors. A derivative has the error once; look there.",
)
def _(x, y, m, c):
    x, y = floats(x, y)
    e = (m * x + c - y) ** 2
    return np.stack([2 * e * x, 2 * e], axis=1)


@per_example_gradients.mistake(
    "absolute", "A gradient has to be able to change its sign. Take abs away from the errors."
)
def _(x, y, m, c):
    x, y = floats(x, y)
    e = np.abs(m * x + c - y)
    return np.stack([2 * e * x, 2 * e], axis=1)


@per_example_gradients.mistake("c-ignored", C_IGNORED)
def _(x, y, m, c):
    return per_example_gradients(x, y, m, 0)


@per_example_gradients.mistake("not-for-lists", CONVERT)
def _(x, y, m, c):
    e = m * x + c - y
    return np.stack([2 * e * x, 2 * e], axis=1)


@per_example_gradients.mistake(
    "list-of-rows", "A list came back. Turn it into an array of shape (n, 2) with np.array."
)
def _(x, y, m, c):
    return [tuple(row) for row in per_example_gradients(x, y, m, c)]


@per_example_gradients.mistake(
    "integers",
    "Whole-number results were cut to whole numbers. Fill an array of floats, not one made like x.",
)
def _(x, y, m, c):
    rows = np.zeros((len(x), 2), dtype=np.asarray(x).dtype)
    rows[...] = per_example_gradients(x, y, m, c)
    return rows


@per_example_gradients.mistake(
    "squeezed", "For one example the row lost its axis. The shape is (1, 2); leave np.squeeze out."
)
def _(x, y, m, c):
    return np.squeeze(per_example_gradients(x, y, m, c))


@per_example_gradients.mistake(
    "in-place",
    "The values are right, but an argument changed. Compute new arrays; *= and -= write into x or y.",
)
def _(x, y, m, c):
    rows = per_example_gradients(x, y, m, c)
    if isinstance(x, np.ndarray) and x.dtype == float:
        x *= 2
    return rows


# minibatches -------------------------------------------------------------------------------------


@exercise(
    returns="batches",
    random=True,
    unchanged=0.5,
    hints=(
        "Write the indices 0 to 4 on cards. What do you do with the cards before you deal them in twos?",
        "Shuffle all indices once, then cut from the front: batch_size at a time, the rest at the end.",
        "Begin with one drawn order of all n indices: rng.permutation(n). Then slice it in a loop.",
    ),
    praise="Every index once an epoch, the short batch last, and another order in every call.",
)
def minibatches(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]


minibatches.show(4, 2, Seed(7))
minibatches.show(10, 4, Seed(3))
minibatches.show(9, 3, Seed(5))
minibatches.show(3, 2, Seed(8))
minibatches.show(5, 8, Seed(11))
minibatches.show(7, 1, Seed(2))
minibatches.show(9, 4, Seed(4))
minibatches.show(3, 2, Seed(1, times=150))
minibatches.show(3, 1, Seed(6, times=150))


@minibatches.hidden("every index once", 2, "Every index exactly once; batches of the right sizes.")
def _(rng):
    yield 4, 2, seed(rng)
    yield 10, 4, seed(rng)
    yield 9, 3, seed(rng)
    yield 3, 2, seed(rng)
    n = int(rng.integers(11, 30))
    yield n, 5, seed(rng)
    yield n, int(rng.integers(2, 5)), seed(rng)
    yield n + 1, 7, seed(rng)


@minibatches.hidden("ends", 1, "A batch larger than the set, batches of one, one index left over.")
def _(rng):
    yield 5, 8, seed(rng)
    yield 7, 1, seed(rng)
    yield 9, 4, seed(rng)
    yield 1, 3, seed(rng)
    yield 6, 6, seed(rng)


@minibatches.hidden("shuffled anew", 1, "All orders equally often, drawn from rng in every call.")
def _(rng):
    yield 4, 2, seed(rng, 150)
    yield 3, 1, seed(rng, 150)
    yield 3, 2, seed(rng, 150)


@minibatches.mistake("no-shuffle", NO_SHUFFLE)
def _(n, batch_size, rng):
    return cut(np.arange(n), batch_size)


@minibatches.mistake("drops-the-last", DROPPED)
def _(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[k * batch_size : (k + 1) * batch_size] for k in range(n // batch_size)]


@minibatches.mistake("one-short", "An index is lost where it stands alone at the end. Cut up to n.")
def _(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[k : k + batch_size] for k in range(0, n - 1, batch_size)]


@minibatches.mistake("replacement", REPLACED)
def _(n, batch_size, rng):
    return cut(rng.integers(0, n, n), batch_size)


@minibatches.mistake(
    "new-draw-per-batch",
    "Each batch is drawn from all indices, so some come twice. Draw one order an epoch, then cut it.",
)
def _(n, batch_size, rng):
    sizes = [len(part) for part in cut(range(n), batch_size)]
    return [rng.choice(n, size, replace=False) for size in sizes]


@minibatches.mistake("own-seed", ONE_ORDER)
def _(n, batch_size, rng):
    return cut(np.random.default_rng(0).permutation(n), batch_size)


@minibatches.mistake(
    "whole-batches",
    "Neighbours always stay together: only the batches were shuffled. Shuffle the indices first.",
)
def _(n, batch_size, rng):
    batches = cut(np.arange(n), batch_size)
    return [batches[k] for k in rng.permutation(len(batches))]


@minibatches.mistake(
    "wraps-around",
    "The short batch was filled up with indices used before. Leave it shorter than the others.",
)
def _(n, batch_size, rng):
    order = rng.permutation(n)
    parts = cut(order, batch_size)
    parts[-1] = np.concatenate([parts[-1], np.resize(order, batch_size - len(parts[-1]))])
    return parts


@minibatches.mistake(
    "equal-parts",
    "Your parts are as equal as possible. All batches but the last have batch_size indices; slice.",
)
def _(n, batch_size, rng):
    return np.array_split(rng.permutation(n), -(-n // batch_size))


@minibatches.mistake(
    "empty-batch",
    "There is an empty batch at the end, and its mean would be nan. Stop where the indices end.",
)
def _(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[k * batch_size : (k + 1) * batch_size] for k in range(n // batch_size + 1)]


@minibatches.mistake(
    "from-1", "Your indices run from 1 to n. Python counts from 0, and x[n] does not exist."
)
def _(n, batch_size, rng):
    return cut(rng.permutation(n) + 1, batch_size)


@minibatches.mistake(
    "short-first", "The shorter batch comes first. Cut from the front; the rest is the last batch."
)
def _(n, batch_size, rng):
    order, rest = rng.permutation(n), n % batch_size
    return ([order[:rest]] if rest else []) + cut(order[rest:], batch_size)


@minibatches.mistake(
    "sorted-inside",
    "Inside each batch the indices are sorted. Keep the order in which they were drawn.",
)
def _(n, batch_size, rng):
    return [np.sort(part) for part in cut(rng.permutation(n), batch_size)]


@minibatches.mistake(
    "one-array", "One order came back, uncut. Return a list of arrays, one for each batch."
)
def _(n, batch_size, rng):
    return rng.permutation(n)


@minibatches.mistake(
    "lists", "Your batches are lists. Each should be an array of integers: it can index x and y."
)
def _(n, batch_size, rng):
    return [part.tolist() for part in cut(rng.permutation(n), batch_size)]


@minibatches.mistake(
    "tuple", "A tuple came back. Return a list of arrays: list(…) turns it into one."
)
def _(n, batch_size, rng):
    return tuple(cut(rng.permutation(n), batch_size))


@minibatches.mistake(
    "float-indices",
    "Your indices are floats. Only integers can index; look at what makes the order.",
)
def _(n, batch_size, rng):
    return cut(rng.permutation(n).astype(float), batch_size)


@minibatches.mistake(
    "count-for-size", "batch_size is the number of your batches. It is the size of each; cut so."
)
def _(n, batch_size, rng):
    return np.array_split(rng.permutation(n), batch_size)


# minibatch_gradient ------------------------------------------------------------------------------


@exercise(
    returns=values(dm="number", dc="number"),
    unchanged=0.5,
    hints=(
        "idx = [1, 0] names two examples. Which of the rows of exercise 1 are theirs?",
        "Take the rows of the batch; each part is their mean: divide by the batch's own length.",
        "Work out all rows with per_example_gradients, pick those of idx, and average down the columns.",
    ),
    praise="With idx = all examples this is unit 1's gradient; with one it is SGD's roughest estimate.",
)
def minibatch_gradient(x, y, m, c, idx):
    dm, dc = per_example_gradients(x, y, m, c)[idx].mean(axis=0)
    return dm, dc


minibatch_gradient.show(*SMALL, [1, 0])
minibatch_gradient.show(*FOUR, np.array([3, 0, 1]))
minibatch_gradient.show(*FIVE, np.array([2, 4]))
minibatch_gradient.show(*WHOLE, [2])
minibatch_gradient.show(*FIVE, [4, 1, 4, 0])
minibatch_gradient.show(*FOUR, np.arange(4))


@minibatch_gradient.hidden("values", 1.5, "Batches in any order, smaller than the set.")
def _(rng):
    for n, size in ((5, 3), (6, 2), (8, 5), (4, 3)):
        order = rng.permutation(n)
        # neither 0, 1, 2, … nor its reverse
        order = np.roll(np.arange(n), 1 + int(rng.integers(0, n - 2)))[order % size]
        yield *points(rng, n), np.array(list(dict.fromkeys(order.tolist()))[:size])
    yield *points(rng, 6), np.array([4, 1])
    yield *points(rng, 5), np.array([3, 0, 4])


@minibatch_gradient.hidden("ends", 0.5, "One example, all of them, an example named twice.")
def _(rng):
    yield *points(rng, 4), [2]
    yield *points(rng, 5), np.arange(5)
    yield *points(rng, 4), np.array([3, 1, 3, 3])
    yield *points(rng, 1), [0]


@minibatch_gradient.hidden("lists and integers", 0.5, "Lists, tuples and integers.")
def _(rng):
    yield [4, -2, 0, 3], [1, 5, 2, -3], 2, int(rng.integers(1, 4)), [3, 0, 1]
    yield (2.5, 1, -3), np.array([1, 4, 2]), -1.5, 3, [2, 0]
    yield np.array([3, -1, 2]), (0.5, 2.5, -4), np.float64(0.75), -2, np.array([1, 2])


def batch_rows(x, y, m, c, idx):
    """Return the rows of a batch, for the wrong answers."""
    return per_example_gradients(x, y, m, c)[np.asarray(idx)]


@minibatch_gradient.mistake(
    "over-n",
    "You divided by all n examples. Only those in the batch count: divide by its own length.",
)
def _(x, y, m, c, idx):
    return tuple(batch_rows(x, y, m, c, idx).sum(axis=0) / len(x))


@minibatch_gradient.mistake(
    "sum", "The rows were added up. Divide by how many there are in the batch."
)
def _(x, y, m, c, idx):
    return tuple(batch_rows(x, y, m, c, idx).sum(axis=0))


@minibatch_gradient.mistake("no-2", TWICE)
def _(x, y, m, c, idx):
    return tuple(batch_rows(x, y, m, c, idx).mean(axis=0) / 2)


@minibatch_gradient.mistake("sign", SIGN)
def _(x, y, m, c, idx):
    return tuple(-batch_rows(x, y, m, c, idx).mean(axis=0))


@minibatch_gradient.mistake(
    "swapped", "The two parts are exchanged. Return the slope's first, then the intercept's."
)
def _(x, y, m, c, idx):
    return tuple(batch_rows(x, y, m, c, idx).mean(axis=0)[::-1])


@minibatch_gradient.mistake("no-x", NO_X)
def _(x, y, m, c, idx):
    _, dc = batch_rows(x, y, m, c, idx).mean(axis=0)
    return dc, dc


@minibatch_gradient.mistake(
    "y-unshuffled",
    "x follows idx and y does not, so pairs are torn apart. Use the same indices for both.",
)
def _(x, y, m, c, idx):
    x, y = floats(x, y)
    return tuple(per_example_gradients(x[idx], np.resize(y, len(idx)), m, c).mean(axis=0))


@minibatch_gradient.mistake(
    "whole-set", "All examples were used, and idx was not. Average only the rows that idx names."
)
def _(x, y, m, c, idx):
    return tuple(per_example_gradients(x, y, m, c).mean(axis=0))


@minibatch_gradient.mistake(
    "first-ones",
    "You took the first examples, as many as idx has. idx says which ones; index with it.",
)
def _(x, y, m, c, idx):
    return tuple(per_example_gradients(x, y, m, c)[np.arange(len(idx)) % len(x)].mean(axis=0))


@minibatch_gradient.mistake(
    "slice",
    "You took a range from the smallest to the largest index. A batch is no range; index with idx.",
)
def _(x, y, m, c, idx):
    return tuple(per_example_gradients(x, y, m, c)[min(idx) : max(idx) + 1].mean(axis=0))


@minibatch_gradient.mistake(
    "slice-of-ends",
    "A slice from the first to the last of idx may be empty, and its mean nan. Index with idx itself.",
)
def _(x, y, m, c, idx):
    return tuple(per_example_gradients(x, y, m, c)[idx[0] : idx[-1]].mean(axis=0))


@minibatch_gradient.mistake(
    "once-each",
    "An index that comes twice counted once. Go through idx itself, without set or mask.",
)
def _(x, y, m, c, idx):
    return tuple(batch_rows(x, y, m, c, np.unique(idx)).mean(axis=0))


@minibatch_gradient.mistake(
    "first-only",
    "Only the first example of the batch counted. Let the loop run on before you return.",
)
def _(x, y, m, c, idx):
    return tuple(batch_rows(x, y, m, c, idx)[0])


@minibatch_gradient.mistake(
    "last-only",
    "Only the last example counted: the loop overwrites its result. Accumulate with +=.",
)
def _(x, y, m, c, idx):
    return tuple(batch_rows(x, y, m, c, idx)[-1])


@minibatch_gradient.mistake(
    "product-of-means",
    "You multiplied two means. Multiply error and x of each example first, then average.",
)
def _(x, y, m, c, idx):
    _, dc = batch_rows(x, y, m, c, idx).mean(axis=0)
    return dc * np.asarray(x, dtype=float)[idx].mean(), dc


@minibatch_gradient.mistake(
    "rows", "A row for each example came back. Average them: the result is one pair of numbers."
)
def _(x, y, m, c, idx):
    return batch_rows(x, y, m, c, idx)


@minibatch_gradient.mistake(
    "wrong-axis",
    "You averaged along the rows. Average down the columns: one mean for m, one for c.",
)
def _(x, y, m, c, idx):
    return batch_rows(x, y, m, c, idx).mean(axis=1)


@minibatch_gradient.mistake("c-ignored", C_IGNORED)
def _(x, y, m, c, idx):
    return tuple(batch_rows(x, y, m, 0, idx).mean(axis=0))


@minibatch_gradient.mistake(
    "not-for-lists",
    "A list cannot be indexed by a list of indices. Convert first: np.asarray(…, dtype=float).",
)
def _(x, y, m, c, idx):
    e = m * x[idx] + c - y[idx]
    return np.mean(2 * e * x[idx]), np.mean(2 * e)


# sgd_epoch ---------------------------------------------------------------------------------------


@exercise(
    returns=values(m="number", c="number"),
    random=True,
    unchanged=0.5,
    hints=(
        "You have a function that deals the batches, and one for the gradient of a batch. What is left?",
        "For each batch: its gradient at the current m and c, then both move by minus lr × gradient.",
        "Loop over minibatches(len(x), batch_size, rng); in each turn get dm, dc and step.",
    ),
    praise="With batch_size = n this is one step of unit 1; with 1 it makes n rough steps.",
)
def sgd_epoch(x, y, m, c, lr, batch_size, rng):
    for batch in deal(len(x), batch_size, rng):
        dm, dc = minibatch_gradient(x, y, m, c, batch)
        m, c = m - lr * dm, c - lr * dc
    return m, c


sgd_epoch.show(*THREE, 0.1, 1, Seed(7))
sgd_epoch.show(*THREE, 0.05, 2, Seed(5))
sgd_epoch.show(*SMALL, 0.1, 3, Seed(1))
sgd_epoch.show(*WHOLE, 0.02, 2, Seed(3))
sgd_epoch.show(*FIVE, 0.05, 8, Seed(2))
sgd_epoch.show(*THREE, 0.1, 1, Seed(9, times=150))


@sgd_epoch.hidden("values", 2, "Small sets in batches of 1, 2 and 3; the last may be shorter.")
def _(rng):
    for n, batch_size in ((3, 1), (3, 2), (3, 1), (3, 2), (4, 2)):
        yield *points(rng, n), float(rng.uniform(0.04, 0.1)), batch_size, seed(rng)


@sgd_epoch.hidden("full batch", 0.5, "One batch of all examples: one step of unit 1.")
def _(rng):
    yield *points(rng, 6), 0.1, 6, seed(rng)
    yield *points(rng, 5), float(rng.uniform(0.01, 0.1)), 9, seed(rng)
    yield *points(rng, 1), 0.05, 1, seed(rng)


@sgd_epoch.hidden("lists and integers", 0.5, "Lists, tuples and integers.")
def _(rng):
    yield [4, -2, 3], [1, 5, -3], 2, int(rng.integers(1, 4)), 0.02, 2, seed(rng)
    yield (2.5, 1, -3), np.array([1, 4, 2]), -1, 3, 0.05, 1, seed(rng)


@sgd_epoch.hidden("shuffled anew", 1, "All orders equally often, drawn from rng in every epoch.")
def _(rng):
    yield *points(rng, 3), 0.08, 1, seed(rng, 150)
    yield *points(rng, 3), 0.1, 2, seed(rng, 150)


def walk(x, y, m, c, lr, batches, size=None):
    """Make one step a batch for the wrong answers; ``size`` is what sums are divided by."""
    for batch in batches:
        rows = batch_rows(x, y, m, c, batch)
        dm, dc = rows.sum(axis=0) / (size or len(rows))
        m, c = m - lr * dm, c - lr * dc
    return m, c


@sgd_epoch.mistake(
    "shuffled-in-place",
    "The order of x and y changed outside, too. Shuffle indices, or copies of x and y.",
)
def _(x, y, m, c, lr, batch_size, rng):
    order = rng.permutation(len(x))
    given, (x_new, y_new) = (x, y), floats(x, y)
    for old, new in zip(given, (x_new[order], y_new[order]), strict=True):
        if isinstance(old, np.ndarray):
            old[:] = new
    return walk(x_new[order], y_new[order], m, c, lr, cut(np.arange(len(order)), batch_size))


@sgd_epoch.mistake("no-shuffle", NO_SHUFFLE)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, cut(np.arange(len(x)), batch_size))


@sgd_epoch.mistake("own-seed", ONE_ORDER)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, cut(np.random.default_rng(0).permutation(len(x)), batch_size))


@sgd_epoch.mistake("drops-the-last", DROPPED)
def _(x, y, m, c, lr, batch_size, rng):
    batches = [b for b in deal(len(x), batch_size, rng) if len(b) == batch_size]
    return walk(x, y, m, c, lr, batches)


@sgd_epoch.mistake("replacement", REPLACED)
def _(x, y, m, c, lr, batch_size, rng):
    n = len(x)
    order = rng.integers(0, n, n) if batch_size < n else np.arange(n)
    return walk(x, y, m, c, lr, cut(order, batch_size))


@sgd_epoch.mistake(
    "one-update",
    "All gradients were collected for one update at the end. Step after every batch.",
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, [np.arange(len(x))])


@sgd_epoch.mistake(
    "from-the-start",
    "Every batch took its gradient at the epoch's first point. Take it at the current m and c.",
)
def _(x, y, m, c, lr, batch_size, rng):
    new = np.array([m, c], dtype=float)
    for batch in deal(len(x), batch_size, rng):
        new -= lr * np.array(minibatch_gradient(x, y, m, c, batch))
    return new


@sgd_epoch.mistake(
    "first-batch-only", "Only the first batch was used. Return after the loop, not inside it."
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, deal(len(x), batch_size, rng)[:1])


@sgd_epoch.mistake(
    "nominal-size",
    "The short batch is divided by batch_size. Divide by how many examples really are in it.",
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, deal(len(x), batch_size, rng), size=batch_size)


@sgd_epoch.mistake(
    "sum", "Your steps grow with the batch. Take the mean of a batch's gradients, not their sum."
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, deal(len(x), batch_size, rng), size=1)


@sgd_epoch.mistake(
    "over-n", "Your steps are too short: they are divided by n. Divide by the size of the batch."
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, deal(len(x), batch_size, rng), size=len(x))


@sgd_epoch.mistake(
    "plus", "The line moves away from the points. Parameters move by minus the step."
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, -lr, deal(len(x), batch_size, rng))


@sgd_epoch.mistake(
    "no-lr", "Your steps are whole gradients: lr is forgotten. Multiply each gradient by it."
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, 1.0, deal(len(x), batch_size, rng))


@sgd_epoch.mistake(
    "half-step",
    "Your steps have half the size. Is the 2 of the derivative there? Compare one step.",
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr / 2, deal(len(x), batch_size, rng))


@sgd_epoch.mistake(
    "new-m-for-c", "c saw the new m. Take both derivatives at the old point, then move both."
)
def _(x, y, m, c, lr, batch_size, rng):
    for batch in deal(len(x), batch_size, rng):
        m = m - lr * minibatch_gradient(x, y, m, c, batch)[0]
        c = c - lr * minibatch_gradient(x, y, m, c, batch)[1]
    return m, c


@sgd_epoch.mistake(
    "torn-pairs",
    "x and y were shuffled apart, so points got another point's y. Use one order for both.",
)
def _(x, y, m, c, lr, batch_size, rng):
    (x, y), all_rows = floats(x, y), np.arange(len(x))
    if batch_size < len(x):
        x, y = rng.permutation(x), rng.permutation(y)
    return walk(x, y, m, c, lr, cut(all_rows, batch_size))


@sgd_epoch.mistake(
    "only-x-shuffled", "x was shuffled and y was not: pairs are torn apart. Use one order for both."
)
def _(x, y, m, c, lr, batch_size, rng):
    (x, y), all_rows = floats(x, y), np.arange(len(x))
    if batch_size < len(x):
        x = rng.permutation(x)
    return walk(x, y, m, c, lr, cut(all_rows, batch_size))


@sgd_epoch.mistake("order", "The two results are exchanged. Return m first, then c.")
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, deal(len(x), batch_size, rng))[::-1]


@sgd_epoch.mistake(
    "two-epochs",
    "You went through the examples twice. One epoch uses each of them once; look at your loops.",
)
def _(x, y, m, c, lr, batch_size, rng):
    again = [deal(len(x), batch_size, rng) for _ in range(2)]
    return walk(x, y, m, c, lr, again[0] + again[1])


@sgd_epoch.mistake(
    "all-at-each-step",
    "Each step used all examples. Take the gradient of the batch only: pass it on.",
)
def _(x, y, m, c, lr, batch_size, rng):
    return walk(x, y, m, c, lr, [np.arange(len(x))] * len(cut(range(len(x)), batch_size)))


@sgd_epoch.mistake(
    "path", "The whole path came back. Return m and c after the last batch: two numbers."
)
def _(x, y, m, c, lr, batch_size, rng):
    path = [(m, c)]
    for batch in deal(len(x), batch_size, rng):
        path.append(walk(x, y, *path[-1], lr, [batch]))
    return path


# train_sgd ---------------------------------------------------------------------------------------


@exercise(
    returns="sequence",
    random=True,
    unchanged=0.5,
    hints=(
        "How many numbers are there after 3 epochs, and where is the line for the first one?",
        "Put the MSE of all points down, make one epoch, put it down again; m and c move on.",
        "Start the list with the MSE at the given m and c; then loop `epochs` times, with sgd_epoch inside.",
    ),
    praise="One number an epoch, on all points: that is the curve to look at, not a batch's loss.",
)
def train_sgd(x, y, m, c, lr, batch_size, rng, epochs):
    history = [mse(x, y, m, c)]
    for _ in range(epochs):
        m, c = sgd_epoch(x, y, m, c, lr, batch_size, rng)
        history.append(mse(x, y, m, c))
    return history


def mse(x, y, m, c):
    """Return the mean squared error of the line."""
    x, y = floats(x, y)
    return np.mean((m * x + c - y) ** 2)


train_sgd.show(*THREE, 0.08, 1, Seed(4), 1)
train_sgd.show(*SMALL, 0.1, 3, Seed(1), 1)
train_sgd.show(*WHOLE, 0.02, 1, Seed(3), 1)
train_sgd.show(*FIVE, 0.05, 8, Seed(2), 3)
train_sgd.show(*FOUR, 0.8, 4, Seed(8), 3)
train_sgd.show(*FOUR, 0.05, 2, Seed(6), 0)
train_sgd.show(*THREE, 0.1, 2, Seed(9, times=150), 2)


@train_sgd.hidden("values", 1.5, "Small sets, one or two epochs, batches of 1 to 3.")
def _(rng):
    for n, batch_size, epochs in ((3, 2, 2), (3, 1, 1), (3, 2, 2), (3, 1, 2), (4, 2, 1)):
        lr = float(rng.uniform(0.04, 0.1))
        yield *points(rng, n), lr, batch_size, seed(rng), epochs


@train_sgd.hidden("full batch", 0.5, "One batch of all examples, and more epochs; no epoch at all.")
def _(rng):
    yield *points(rng, 6), 0.05, 6, seed(rng), 5
    yield *points(rng, 4), 0.03, 9, seed(rng), 8
    yield *points(rng, 4), 1.5, 4, seed(rng), 4  # the MSE rises
    yield *points(rng, 5), 0.1, 2, seed(rng), 0
    yield [4, -2, 3], (1, 5, -3), 2, -1, 0.02, 5, seed(rng), 3


@train_sgd.hidden("shuffled anew", 1, "Another order in every epoch, all orders equally often.")
def _(rng):
    yield *points(rng, 3), 0.1, 2, seed(rng, 150), 2
    yield *points(rng, 3), 0.08, 1, seed(rng, 150), 1


def line_run(x, y, m, c, lr, orders, batch_size, cost=mse):
    """Return the history over epochs with these orders, for the wrong answers."""
    history = [cost(x, y, m, c)]
    for order in orders:
        m, c = walk(x, y, m, c, lr, cut(order, batch_size))
        history.append(cost(x, y, m, c))
    return history


def orders(x, batch_size, rng, epochs):
    """Return a new order for each epoch."""
    return [np.concatenate(deal(len(x), batch_size, rng)) for _ in range(epochs)]


@train_sgd.mistake(
    "no-start", "The first number is missing: the MSE before training. Start the list with it."
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    return line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)[1:]


@train_sgd.mistake(
    "no-end",
    "The MSE after the last epoch is missing. Put it down after each epoch, not before it.",
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    return line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)[:-1]


@train_sgd.mistake(
    "one-epoch-more", "There is one epoch too many. Count: `epochs` passes, epochs + 1 numbers."
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    return line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs + 1), batch_size)


@train_sgd.mistake(
    "only-the-last", "One number came back. Return the whole history: start and every epoch."
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    return line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)[-1]


@train_sgd.mistake(
    "last-batch",
    "That is the loss of the last batch. Measure on all points, after the epoch is over.",
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    history = [mse(x, y, m, c)]
    for order in orders(x, batch_size, rng, epochs):
        batches = cut(order, batch_size)
        m, c = walk(x, y, m, c, lr, batches)
        history.append(mse(np.asarray(x)[batches[-1]], np.asarray(y)[batches[-1]], m, c))
    return history


@train_sgd.mistake(
    "mean-of-batches",
    "You averaged the batches' losses on the way. Measure once, on all points, after the epoch.",
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    history = [mse(x, y, m, c)]
    for order in orders(x, batch_size, rng, epochs):
        seen = []
        for batch in cut(order, batch_size):
            seen.append(mse(np.asarray(x)[batch], np.asarray(y)[batch], m, c))
            m, c = walk(x, y, m, c, lr, [batch])
        history.append(np.mean(seen))
    return history


@train_sgd.mistake(
    "per-update", "There is a number for every update. Put the MSE down once an epoch."
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    history = [mse(x, y, m, c)]
    for order in orders(x, batch_size, rng, epochs):
        for batch in cut(order, batch_size):
            m, c = walk(x, y, m, c, lr, [batch])
            history.append(mse(x, y, m, c))
    return history


@train_sgd.mistake("same-order", ONE_ORDER)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    return line_run(x, y, m, c, lr, orders(x, batch_size, rng, 1) * epochs, batch_size)


@train_sgd.mistake("no-shuffle", NO_SHUFFLE)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    return line_run(x, y, m, c, lr, [np.arange(len(x))] * epochs, batch_size)


@train_sgd.mistake(
    "back-to-the-start",
    "Every epoch starts from the first m and c again. Let each go on where the last one ended.",
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    ends = [
        line_run(x, y, m, c, lr, [order], batch_size)[1]
        for order in orders(x, batch_size, rng, epochs)
    ]
    return [mse(x, y, m, c), *ends]


@train_sgd.mistake(
    "not-moved",
    "All numbers are equal: the line never moves. Keep the m and c that sgd_epoch returns.",
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    return [mse(x, y, m, c)] * (epochs + 1)


@train_sgd.mistake(
    "best-so-far",
    "The loss never rises in yours. Put down what is measured, also where it is above the last one.",
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    run = line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)
    return np.minimum.accumulate(run)


@train_sgd.mistake("stopped-early", "You stopped early. Make all epochs, even if the loss grows.")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    run = line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)
    rises = [k for k in range(1, len(run)) if run[k] > run[k - 1]]
    return run[: rises[0] + 1] if rises else run


@train_sgd.mistake(
    "one-late",
    "Yours is one epoch late: the first loss comes twice. Put it down after sgd_epoch, not before.",
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    run = line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)
    return [run[0], *run[:-1]] if epochs else run


@train_sgd.mistake("sum", "Your losses grow with n. MSE is a mean: divide by the number of points.")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    run = line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)
    return [len(x) * value for value in run]


@train_sgd.mistake("half", "Half of the MSE. Leave the factor ½ out: the loss is the plain mean.")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    run = line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)
    return [value / 2 for value in run]


@train_sgd.mistake("root", "That is the root of the MSE. Leave the square root out.")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    run = line_run(x, y, m, c, lr, orders(x, batch_size, rng, epochs), batch_size)
    return [value**0.5 for value in run]


@train_sgd.mistake(
    "decayed", "Your learning rate changes on the way. Keep lr as it is; decay comes in exercise 7."
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    history = [mse(x, y, m, c)]
    for k, order in enumerate(orders(x, batch_size, rng, epochs)):
        m, c = walk(x, y, m, c, lr / (1 + k), cut(order, batch_size))
        history.append(mse(x, y, m, c))
    return history


@train_sgd.mistake(
    "three-values", "m and c came back, too. Return the history alone: epochs + 1 numbers."
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    history = [mse(x, y, m, c)]
    for order in orders(x, batch_size, rng, epochs):
        m, c = walk(x, y, m, c, lr, cut(order, batch_size))
        history.append(mse(x, y, m, c))
    return m, c, history


@train_sgd.mistake(
    "points", "These are the m and c of each epoch. Return the MSE there: one number an epoch."
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    run = line_run(
        x,
        y,
        m,
        c,
        lr,
        orders(x, batch_size, rng, epochs),
        batch_size,
        cost=lambda x, y, m, c: (m, c),
    )
    return run


@train_sgd.mistake(
    "full-batch",
    "Each epoch made one step with all points. Cut the epoch into batches of batch_size.",
)
def _(x, y, m, c, lr, batch_size, rng, epochs):
    return line_run(x, y, m, c, lr, [np.arange(len(x))] * epochs, len(x))


# updates_per_epoch -------------------------------------------------------------------------------


@exercise(
    returns="int",
    hints=(
        "Cut 10 examples into fours on paper. How many batches are there?",
        "A batch that is not full is a batch: round up, never down.",
        "-(-n // batch_size) rounds up in whole numbers; so does adding something to n before //.",
    ),
    praise="10 in fours are 3 updates. An epoch costs n example gradients, however it is cut.",
)
def updates_per_epoch(n, batch_size):
    return (n + batch_size - 1) // batch_size


updates_per_epoch.show(10, 4)
updates_per_epoch.show(8, 4)
updates_per_epoch.show(5, 8)
updates_per_epoch.show(9, 1)
updates_per_epoch.show(17, 3)
updates_per_epoch.show(13, 4)
updates_per_epoch.show(21, 20)


@updates_per_epoch.hidden("values", 0.5, "Sizes that leave a short batch, and sizes that do not.")
def _(rng):
    for size in (3, 4, 7, 32):
        whole = int(rng.integers(2, 30)) * size
        yield whole, size
        yield whole + 1, size
        yield whole + size - 1, size
        yield whole + int(rng.integers(1, size)), size


@updates_per_epoch.hidden("ends", 0.5, "Batches of one, and a batch larger than the set.")
def _(rng):
    n = int(rng.integers(3, 40))
    yield n, 1
    yield n, n
    yield n, n + 1
    yield n, 3 * n + 1
    yield 1, 6
    yield 60000, 128


@updates_per_epoch.mistake(
    "rounded-down",
    "The last, shorter batch does not count in yours. It is an update, too: round up.",
)
def _(n, batch_size):
    return n // batch_size


@updates_per_epoch.mistake(
    "rounded",
    "You rounded to the nearest number. A batch of any size is an update: always round up.",
)
def _(n, batch_size):
    return round(n / batch_size)


@updates_per_epoch.mistake(
    "always-one-more",
    "Where the batches come out even there is one too many. Add it only for a rest.",
)
def _(n, batch_size):
    return n // batch_size + 1


@updates_per_epoch.mistake(
    "at-least-one",
    "At least one, and else rounded down. Round up for every rest, however large n is.",
)
def _(n, batch_size):
    return max(1, n // batch_size)


@updates_per_epoch.mistake(
    "whole-float",
    "The number came as a float. Return a whole number (int): you will count with it.",
)
def _(n, batch_size):
    return float(np.ceil(n / batch_size))


@updates_per_epoch.mistake(
    "fraction", "A part of a batch is an update of its own, so the number is whole. Round up."
)
def _(n, batch_size):
    return n / batch_size


@updates_per_epoch.mistake(
    "upside-down", "You divided the batch size by n. Ask how often batch_size fits into n."
)
def _(n, batch_size):
    return -(-batch_size // n)


@updates_per_epoch.mistake(
    "rest", "That is what the last batch holds. Return how many batches there are."
)
def _(n, batch_size):
    return n % batch_size


@updates_per_epoch.mistake(
    "full-plus-rest", "You added the size of the rest. However large it is, it is one batch: add 1."
)
def _(n, batch_size):
    return n // batch_size + n % batch_size


@updates_per_epoch.mistake(
    "always-n",
    "That is the number of examples. With batches of several, updates are fewer: divide.",
)
def _(n, batch_size):
    return n


# decayed_lr --------------------------------------------------------------------------------------


@exercise(
    returns="number",
    hints=(
        "What is the rate before the first update, at k = 0? And when has it fallen to one half?",
        "lr0 is divided by a number that starts at 1 and grows by decay with every update.",
        "One line: lr0 divided by a bracket; mind the bracket.",
    ),
    praise="Large steps first, small ones later: with decay, SGD comes to rest.",
)
def decayed_lr(lr0, decay, k):
    return lr0 / (1 + k * decay)


decayed_lr.show(0.1, 0.01, 100)
decayed_lr.show(0.1, 0.01, 0)
decayed_lr.show(2, 0.5, 4)
decayed_lr.show(0.5, 0.2, 1)
decayed_lr.show(0.3, 0, 7)
decayed_lr.show(0.1, 0.5, 2000)


@decayed_lr.hidden("values", 1, "Rates after some updates.")
def _(rng):
    for k in (1, 2, 5, 40, 700):
        yield float(rng.uniform(0.05, 3)), float(rng.uniform(0.01, 0.9)), k
    yield float(rng.uniform(0.05, 0.3)), float(rng.uniform(2, 4)), 3
    yield 3, 2, int(rng.integers(2, 9))


@decayed_lr.hidden("ends", 0.5, "Before the first update, without decay, after very many updates.")
def _(rng):
    yield float(rng.uniform(0.05, 0.9)), float(rng.uniform(0.1, 0.9)), 0
    yield float(rng.uniform(0.05, 0.9)), 0, 12
    yield 2, 0.0, 0
    yield float(rng.uniform(0.01, 0.05)), float(rng.uniform(0.5, 0.9)), 100_000


@decayed_lr.mistake(
    "linear", "Your rate becomes negative in the end. Divide by a growing number; do not subtract."
)
def _(lr0, decay, k):
    return lr0 * (1 - decay * k)


@decayed_lr.mistake(
    "power", "Yours falls like a power of k. The divisor grows by the same amount with each update."
)
def _(lr0, decay, k):
    return lr0 / (1 + decay) ** min(k, 500)


@decayed_lr.mistake(
    "product", "You multiply by 1 − decay again and again. Divide by 1 plus decay times k instead."
)
def _(lr0, decay, k):
    return lr0 * (1 - decay) ** k if k < 100 or abs(1 - decay) < 1 else lr0


@decayed_lr.mistake(
    "exponential", "That is exponential decay. This one divides by 1 plus decay times k."
)
def _(lr0, decay, k):
    return lr0 * np.exp(-decay * k)


@decayed_lr.mistake(
    "brackets", "lr0 / 1 + … adds the decay to the rate. Put brackets around the whole divisor."
)
def _(lr0, decay, k):
    return lr0 / 1 + decay * k


@decayed_lr.mistake(
    "no-1", "At k = 0 you divide by 0. The divisor starts at 1, so that the rate starts at lr0."
)
def _(lr0, decay, k):
    return lr0 / (decay * k)


@decayed_lr.mistake(
    "one-too-many",
    "Yours is one update ahead. k = 0 means: no update made yet, and the rate is lr0.",
)
def _(lr0, decay, k):
    return lr0 / (1 + decay * (k + 1))


@decayed_lr.mistake(
    "one-too-few",
    "Yours is one update behind. After one update the rate has fallen already: look at k.",
)
def _(lr0, decay, k):
    return lr0 / (1 + decay * (k - 1))


@decayed_lr.mistake(
    "power-of-decay",
    "You multiply by decay again and again. Divide by a number that starts at 1 and grows instead.",
)
def _(lr0, decay, k):
    return lr0 * decay**k


@decayed_lr.mistake("grows", "Your rate grows. Divide by the bracket in place of multiplying.")
def _(lr0, decay, k):
    return lr0 * (1 + decay * k)


@decayed_lr.mistake("no-k", "Yours does not depend on k. Each update adds decay to the divisor.")
def _(lr0, decay, k):
    return lr0 / (1 + decay)


@decayed_lr.mistake(
    "no-decay", "Yours does not depend on decay. It is the amount per update: use it."
)
def _(lr0, decay, k):
    return lr0 / (1 + k)


@decayed_lr.mistake(
    "no-lr0", "Yours does not depend on lr0. The rate at k = 0 is lr0: start there."
)
def _(lr0, decay, k):
    return 1 / (1 + decay * k)


@decayed_lr.mistake("root", "A square root slows the decay down. Divide by the bracket itself.")
def _(lr0, decay, k):
    return lr0 / np.sqrt(1 + decay * k)


@decayed_lr.mistake(
    "added", "decay and k are added in yours. Every one of the k updates adds decay: multiply them."
)
def _(lr0, decay, k):
    return lr0 / (1 + decay + k)


@decayed_lr.mistake(
    "whole", "// divides and rounds down, here mostly to 0. Use / for numbers with fractions."
)
def _(lr0, decay, k):
    return lr0 // (1 + decay * k)


@decayed_lr.mistake(
    "limit", "Your rate stops falling at a lower limit. There is none here: leave max out."
)
def _(lr0, decay, k):
    return max(lr0 / (1 + decay * k), 0.001)


@decayed_lr.mistake(
    "constant", "The rate stays lr0. It falls with k: divide by the growing bracket."
)
def _(lr0, decay, k):
    return lr0


# train_mlp_sgd -----------------------------------------------------------------------------------


def members(params):
    """Return the parameters as new float arrays."""
    return {key: np.array(params[key], dtype=float) for key in KEYS}


def layers(X, params):
    """Return the pre-activations and activations of a batch; the last is a log of softmax."""
    z1 = X @ params["W1"].T + params["b1"]
    a1 = np.maximum(z1, 0)
    z2 = a1 @ params["W2"].T + params["b2"]
    a2 = np.maximum(z2, 0)
    z3 = a2 @ params["W3"].T + params["b3"]
    z3 = z3 - z3.max(axis=1, keepdims=True)
    return z1, a1, z2, a2, z3 - np.log(np.exp(z3).sum(axis=1, keepdims=True))


def cross_entropy_of(X, T, params):
    """Return the mean cross-entropy of a batch."""
    return -np.mean(np.sum(T * layers(X, params)[-1], axis=1))


def mean_gradients(X, T, params, masked=True):
    """Return the mean gradient of a batch; without the masks for a wrong answer."""
    z1, a1, z2, a2, log_y = layers(X, params)
    d3 = (np.exp(log_y) - T) / len(X)
    d2 = (d3 @ params["W3"]) * (z2 > 0 if masked else 1)
    d1 = (d2 @ params["W2"]) * (z1 > 0 if masked else 1)
    parts = (d1.T @ X, d1.sum(axis=0), d2.T @ a1, d2.sum(axis=0), d3.T @ a2, d3.sum(axis=0))
    return dict(zip(KEYS, parts, strict=True))


def moved(params, gradients, lr):
    """Return the parameters after one step."""
    return {key: params[key] - lr * gradients[key] for key in KEYS}


@exercise(
    returns=values(params=record(**dict.fromkeys(KEYS, "array")), history="sequence"),
    random=True,
    unchanged=0.5,
    hints=(
        "Lay train_sgd beside it. Which line becomes another one, and what carries m and c now?",
        "Each epoch: new batches; for each batch the mean gradient of its rows, then all six move.",
        "Copy params into new float arrays and X, T into arrays; put the first loss down; then two loops.",
    ),
    praise="Two loops train any network. Digits are next: 2,778 parameters, the same code.",
)
def train_mlp_sgd(X, T, params, lr, batch_size, epochs, rng):
    (X, T), params = floats(X, T), members(params)
    history = [cross_entropy_of(X, T, params)]
    for _ in range(epochs):
        for rows in deal(len(X), batch_size, rng):
            params = moved(params, mean_gradients(X[rows], T[rows], params), lr)
        history.append(cross_entropy_of(X, T, params))
    return params, history


def network(rng, d, h1, h2, k):
    """Return parameters of a network of these sizes."""
    shapes = ((h1, d), (h1,), (h2, h1), (h2,), (k, h2), (k,))
    return {key: mixed(rng, *shape) / 2 for key, shape in zip(KEYS, shapes, strict=True)}


def classes(rng, n, k):
    """Return n one-hot targets of k classes, not all of one class."""
    return np.eye(k)[(np.arange(n) + rng.integers(0, k)) % k]


def lively(X, params):
    """Tell whether each ReLU layer has units that are on and units that are off."""
    z1, _, z2, _, log_y = layers(np.asarray(X, dtype=float), members(params))
    on = [np.mean(z > 0) for z in (z1, z2)]
    return all(0.2 < share < 0.9 for share in on) and log_y.min() > -5


def task(rng, n, *sizes):
    """Return (X, T, params) of a small task in which every layer takes part."""
    while True:
        X, params = mixed(rng, n, sizes[0]), network(rng, *sizes)
        if lively(X, params):
            return X, classes(rng, n, sizes[-1]), params


def bumpy(rng):
    """Return the arguments of a full-batch run whose loss rises at once and does not end lowest, yet moderate."""
    while True:
        case = *task(rng, 5, 2, 4, 3, 4), 4.0, 6, 3
        _, history = train_mlp_sgd(*case, rng)
        if (
            history[1] > history[0] + 0.01
            and max(history) < 12
            and history[-1] > min(history) + 0.01
            and min(np.ptp(history[1:3]), 1) > 0.01
        ):
            return case


BUMPY = bumpy(np.random.default_rng(6))
FIRST = task(np.random.default_rng(2), 3, 2, 3, 2, 3)
TINY = task(np.random.default_rng(5), 3, 1, 2, 3, 2)
SECOND = task(np.random.default_rng(3), 4, 3, 2, 4, 2)
LARGE = task(np.random.default_rng(4), 5, 2, 4, 3, 4)
INTEGER = (
    [[1, -2], [3, 1], [-1, 2]],
    [[1, 0, 0], [0, 0, 1], [0, 1, 0]],
    {
        "W1": np.array([[1, -1], [0, 2], [-2, 1], [1, 1]]),
        "b1": [0, 1, -1, 0],
        "W2": [[1, 0, -1, 1], [-1, 1, 0, 0]],
        "b2": np.array([1, -1]),
        "W3": np.array([[1, -1], [0, 1], [-1, 0]]),
        "b3": [0, 0, 1],
    },
)

train_mlp_sgd.show(*FIRST, 0.2, 1, 1, Seed(5))
train_mlp_sgd.show(*FIRST, 0.3, 2, 1, Seed(7))
train_mlp_sgd.show(*FIRST, 0.2, 3, 1, Seed(1))
train_mlp_sgd.show(*LARGE, 0.1, 9, 3, Seed(2))
train_mlp_sgd.show(*BUMPY, Seed(4))
train_mlp_sgd.show(*INTEGER, 0.1, 3, 2, Seed(3))
train_mlp_sgd.show(*SECOND, 0.2, 2, 0, Seed(6))
train_mlp_sgd.show(*TINY, 0.3, 2, 2, Seed(9, times=60))


@train_mlp_sgd.hidden(
    "values", 2.5, "Small networks and sets, one or two epochs, batches of 1 to 3."
)
def _(rng):
    for n, batch_size, epochs in ((3, 2, 2), (3, 1, 1)):
        lr = float(rng.uniform(0.1, 0.3))
        yield *task(rng, n, 2, 5, 4, 3), lr, batch_size, epochs, seed(rng)
    yield *task(rng, 4, 5, 3, 6, 2), 0.2, 3, 1, seed(rng)


@train_mlp_sgd.hidden("full batch", 1, "One batch of all rows, more epochs; no epoch at all.")
def _(rng):
    yield *task(rng, 8, 3, 6, 4, 5), 0.1, 8, 4, seed(rng)
    yield *task(rng, 5, 4, 3, 7, 2), 0.15, 9, 3, seed(rng)
    yield *bumpy(rng), seed(rng)
    yield *task(rng, 5, 2, 4, 6, 3), 0.2, 2, 0, seed(rng)
    yield *task(rng, 1, 2, 4, 5, 3), 0.1, 2, 2, seed(rng)


@train_mlp_sgd.hidden("lists and integers", 0.5, "Lists and integers, also inside params.")
def _(rng):
    X, T, params = INTEGER
    yield X, T, params, float(rng.uniform(0.05, 0.1)), 3, 2, seed(rng)
    yield np.array(X), np.array(T), {key: params[key] for key in KEYS[::-1]}, 0.1, 3, 2, seed(rng)


@train_mlp_sgd.hidden(
    "shuffled anew", 0.5, "Another order in every epoch, all orders equally often."
)
def _(rng):
    yield *task(rng, 3, 1, 2, 3, 2), 0.3, 2, 2, seed(rng, 60)


def batched(X, T, params, lr, epochs, batches, step=None, loss=cross_entropy_of):
    """Train with the batches of each epoch, for the wrong answers."""
    (X, T), params = floats(X, T), members(params)
    history = [loss(X, T, params)]
    for _ in range(epochs):
        for rows in batches():
            gradients = (step or mean_gradients)(X[rows], T[rows], params)
            params = moved(params, gradients, lr)
        history.append(loss(X, T, params))
    return params, history


def dealt(X, batch_size, rng):
    """Return a function that deals the batches of an epoch."""
    return lambda: deal(len(X), batch_size, rng)


def scaled(factor):
    """Return a wrong step: the mean gradient times a factor that the batch's length sets."""

    def step(X, T, params):
        gradients = mean_gradients(X, T, params)
        return {key: factor(len(X)) * gradients[key] for key in KEYS}

    return step


@train_mlp_sgd.mistake("drops-the-last", DROPPED)
def _(X, T, params, lr, batch_size, epochs, rng):
    def full():
        return [rows for rows in deal(len(X), batch_size, rng) if len(rows) == batch_size]

    return batched(X, T, params, lr, epochs, full)


@train_mlp_sgd.mistake("no-shuffle", NO_SHUFFLE)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, lr, epochs, lambda: cut(np.arange(len(X)), batch_size))


@train_mlp_sgd.mistake("same-order", ONE_ORDER)
def _(X, T, params, lr, batch_size, epochs, rng):
    batches = deal(len(X), batch_size, rng)
    return batched(X, T, params, lr, epochs, lambda: batches)


@train_mlp_sgd.mistake(
    "torn-pairs", "Rows of X got another row's target. Use one order for X and T."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    (X, T), params = floats(X, T), members(params)
    history = [cross_entropy_of(X, T, params)]
    for _ in range(epochs):
        torn = rng.permutation(X) if batch_size < len(X) else X
        for rows in cut(np.arange(len(X)), batch_size):
            params = moved(params, mean_gradients(torn[rows], T[rows], params), lr)
        history.append(cross_entropy_of(X, T, params))
    return params, history


@train_mlp_sgd.mistake(
    "sum", "Your steps grow with the batch. Take the mean of its rows' gradients, not their sum."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), scaled(lambda size: size))


@train_mlp_sgd.mistake(
    "nominal-size",
    "The short batch is divided by batch_size. Divide by the number of rows that are in it.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    step = scaled(lambda size: size / batch_size)
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), step)


@train_mlp_sgd.mistake(
    "over-n",
    "Your steps are too short: they are divided by all n rows. Divide by those in the batch.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    step = scaled(lambda size: size / len(X))
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), step)


@train_mlp_sgd.mistake(
    "divided-twice",
    "Your steps are divided by the batch's length twice. backward_batch returns a mean; use it.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    step = scaled(lambda size: 1 / size)
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), step)


@train_mlp_sgd.mistake(
    "one-update",
    "Each epoch made one step with all rows. Cut it into batches, and step after each.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, lr, epochs, lambda: [np.arange(len(X))])


@train_mlp_sgd.mistake(
    "from-the-start",
    "All batches of an epoch used its first parameters. Each starts from what the last one left.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    (X, T), params = floats(X, T), members(params)
    history = [cross_entropy_of(X, T, params)]
    for _ in range(epochs):
        old = params
        for rows in deal(len(X), batch_size, rng):
            params = moved(params, mean_gradients(X[rows], T[rows], old), lr)
        history.append(cross_entropy_of(X, T, params))
    return params, history


@train_mlp_sgd.mistake(
    "first-batch-only", "Only the first batch of an epoch was used. Look at where your loops end."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, lr, epochs, lambda: deal(len(X), batch_size, rng)[:1])


@train_mlp_sgd.mistake(
    "back-to-the-start",
    "Every epoch starts from the given params again. Let each go on where the last one ended.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    result, history = batched(X, T, params, lr, 0, None)
    for _ in range(epochs):
        result, losses = batched(X, T, params, lr, 1, dealt(X, batch_size, rng))
        history.append(losses[1])
    return result, history


@train_mlp_sgd.mistake(
    "plus", "The loss climbs. Parameters move by minus lr × gradient; look at the sign."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, -lr, epochs, dealt(X, batch_size, rng))


@train_mlp_sgd.mistake(
    "no-lr", "Your steps are whole gradients: lr is forgotten. Multiply each gradient by it."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, 1.0, epochs, dealt(X, batch_size, rng))


@train_mlp_sgd.mistake(
    "all-at-each-step",
    "Each step used all rows. Pass the batch on: its rows of X with their rows of T.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    every = np.arange(len(X))
    return batched(X, T, params, lr, epochs, lambda: [every] * len(cut(every, batch_size)))


@train_mlp_sgd.mistake(
    "only-layer-3",
    "Only layer 3 moves. All six parameters take part in every step; loop over the keys.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    def step(X, T, params):
        gradients = mean_gradients(X, T, params)
        return {key: gradients[key] * (key[1] == "3") for key in KEYS}

    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), step)


@train_mlp_sgd.mistake(
    "stopped-early", "You stopped early. Make all epochs, even if the loss grows."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    params, history = batched(X, T, params, lr, 0, None)
    for _ in range(epochs):
        params, losses = batched(X, T, params, lr, 1, dealt(X, batch_size, rng))
        history.append(losses[1])
        if losses[1] > losses[0]:
            break
    return params, history


@train_mlp_sgd.mistake(
    "best-params",
    "The history is right, but the params of its lowest loss came back. Return those of the last epoch.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    params, history = batched(X, T, params, lr, 0, None)
    best = params
    for _ in range(epochs):
        params, losses = batched(X, T, params, lr, 1, dealt(X, batch_size, rng))
        best = params if losses[1] < min(history) else best
        history.append(losses[1])
    return best, history


@train_mlp_sgd.mistake(
    "mse-history",
    "history holds mean squared errors. For classes the loss is the cross-entropy: use that.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    def loss(X, T, params):
        return np.mean((np.exp(layers(X, params)[-1]) - T) ** 2)

    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), loss=loss)


@train_mlp_sgd.mistake(
    "no-mask",
    "Units that were off pass the gradient on. Look at the ReLU's way back: its mask is z > 0.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    def step(X, T, params):
        return mean_gradients(X, T, params, masked=False)

    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), step)


@train_mlp_sgd.mistake(
    "no-biases",
    "The biases never move. All six parameters take part in every step; loop over the keys.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    def step(X, T, params):
        gradients = mean_gradients(X, T, params)
        return {key: gradients[key] * (key[0] == "W") for key in KEYS}

    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), step)


@train_mlp_sgd.mistake(
    "last-batch",
    "history holds the loss of the last batch. Measure on all rows, after the epoch is over.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    (X, T), params = floats(X, T), members(params)
    history = [cross_entropy_of(X, T, params)]
    for _ in range(epochs):
        for rows in deal(len(X), batch_size, rng):
            params = moved(params, mean_gradients(X[rows], T[rows], params), lr)
        history.append(cross_entropy_of(X[rows], T[rows], params))
    return params, history


@train_mlp_sgd.mistake(
    "mean-of-batches",
    "history averages the batches' losses on the way. Measure once, on all rows, after the epoch.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    (X, T), params = floats(X, T), members(params)
    history = [cross_entropy_of(X, T, params)]
    for _ in range(epochs):
        seen = []
        for rows in deal(len(X), batch_size, rng):
            seen.append(cross_entropy_of(X[rows], T[rows], params))
            params = moved(params, mean_gradients(X[rows], T[rows], params), lr)
        history.append(np.mean(seen))
    return params, history


@train_mlp_sgd.mistake(
    "no-start", "history lacks the loss before training. Put it down before the first epoch."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    params, history = batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))
    return params, history[1:]


@train_mlp_sgd.mistake(
    "no-end",
    "history lacks the loss after the last epoch. Put it down after each epoch, not before.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    params, history = batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))
    return params, history[:-1]


@train_mlp_sgd.mistake(
    "per-update", "history has a number for every update. Put the loss down once an epoch."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    (X, T), params = floats(X, T), members(params)
    history = [cross_entropy_of(X, T, params)]
    for _ in range(epochs):
        for rows in deal(len(X), batch_size, rng):
            params = moved(params, mean_gradients(X[rows], T[rows], params), lr)
            history.append(cross_entropy_of(X, T, params))
    return params, history


@train_mlp_sgd.mistake(
    "summed-loss",
    "Your losses grow with n. The cross-entropy of a batch is the mean over its rows.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    def loss(X, T, params):
        return len(X) * cross_entropy_of(X, T, params)

    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng), loss=loss)


@train_mlp_sgd.mistake(
    "only-params", "Only the parameters came back. Return the pair: parameters, then history."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))[0]


@train_mlp_sgd.mistake(
    "only-history", "Only the history came back. Return the pair: parameters, then history."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))[1]


@train_mlp_sgd.mistake(
    "order", "The two results are exchanged. Return the parameters first, then the history."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))[::-1]


@train_mlp_sgd.mistake(
    "start-returned",
    "The history is right, but the given params came back. Return those after the last epoch.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    _, history = batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))
    return members(params), history


@train_mlp_sgd.mistake(
    "start-shared",
    "With no epoch you return the very arrays that came in. Copy them into new float arrays first.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    if epochs == 0:
        return dict(params), batched(X, T, params, lr, 0, None)[1]
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))


@train_mlp_sgd.mistake(
    "in-place",
    "The values are right, but the given params changed. Make a new dict of copies first, and write into that.",
)
def _(X, T, params, lr, batch_size, epochs, rng):
    new, history = batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))
    for key in KEYS:
        params[key] = new[key].copy()
    return new, history


@train_mlp_sgd.mistake(
    "not-for-lists", "It works for arrays and stops for a list. Make X and T float arrays first."
)
def _(X, T, params, lr, batch_size, epochs, rng):
    X[np.arange(len(X))]
    return batched(X, T, params, lr, epochs, dealt(X, batch_size, rng))


# Stretch: sgd_step_single ------------------------------------------------------------------------


@exercise(
    returns=values(m="number", c="number"),
    random=True,
    role="stretch",
    unchanged=0.5,
    hints=(
        "Throw a die with n faces. Which example do you take, and which row is its gradient?",
        "Draw i from 0 to n − 1, all equally likely; step with row i, both parts at the old point.",
        "rng.integers(n) draws one index; its upper end is excluded.",
    ),
    praise="On average this is a step with the full gradient, at the price of one example.",
)
def sgd_step_single(x, y, m, c, lr, rng):
    chosen = rng.integers(len(x))
    dm, dc = per_example_gradients(x, y, m, c)[chosen]
    return m - lr * dm, c - lr * dc


sgd_step_single.show(*FOUR, 0.1, Seed(5))
sgd_step_single.show(*SMALL, 0.1, Seed(1))
sgd_step_single.show(*WHOLE, 0.05, Seed(8))
sgd_step_single.show(np.array([2.0]), np.array([1.0]), 1.5, 0.5, 0.1, Seed(2))
sgd_step_single.show(*THREE, 0.1, Seed(4, times=600))


@sgd_step_single.hidden("values", 1, "One step with the gradient of one example.")
def _(rng):
    for n in (6, 3, 4, 3):
        yield *points(rng, n), float(rng.uniform(0.05, 0.3)), seed(rng)


@sgd_step_single.hidden("ends", 1, "A single example; lists and integers.")
def _(rng):
    yield *points(rng, 1), 0.1, seed(rng)
    yield [4, -2, 3], (1, 5, -3), 2, int(rng.integers(1, 4)), 0.05, seed(rng)
    yield (2.5, 1, -3), np.array([1, 4, 2]), -1, 3, 0.1, seed(rng)


@sgd_step_single.hidden("uniform", 1, "All examples equally often, drawn from rng in every call.")
def _(rng):
    yield *points(rng, 3), 0.1, seed(rng, 600)
    yield *points(rng, 4), 0.05, seed(rng, 600)


def single(x, y, m, c, lr, i):
    """Make one step with example i, for the wrong answers."""
    return walk(x, y, m, c, lr, [[i]])


@sgd_step_single.mistake(
    "never-the-last", "The last example is never drawn. The upper end of rng.integers is excluded."
)
def _(x, y, m, c, lr, rng):
    return single(x, y, m, c, lr, rng.integers(0, max(len(x) - 1, 1)))


@sgd_step_single.mistake(
    "never-the-first",
    "The first example is never drawn. Indices begin at 0; look at the lower end.",
)
def _(x, y, m, c, lr, rng):
    return single(x, y, m, c, lr, rng.integers(min(1, len(x) - 1), len(x)))


@sgd_step_single.mistake(
    "always-the-first", "The first example is taken every time. Draw its index from rng."
)
def _(x, y, m, c, lr, rng):
    return single(x, y, m, c, lr, 0)


@sgd_step_single.mistake(
    "always-the-last", "The last example is taken every time. Draw its index from rng."
)
def _(x, y, m, c, lr, rng):
    return single(x, y, m, c, lr, len(x) - 1)


@sgd_step_single.mistake(
    "times-n",
    "Your step is n times too large. One example's gradient already is the full one on average.",
)
def _(x, y, m, c, lr, rng):
    return single(x, y, m, c, lr * len(x), rng.integers(len(x)))


@sgd_step_single.mistake(
    "over-n", "Your step is n times too small. The mean over one example divides by 1."
)
def _(x, y, m, c, lr, rng):
    return single(x, y, m, c, lr / len(x), rng.integers(len(x)))


@sgd_step_single.mistake("half-step", TWICE)
def _(x, y, m, c, lr, rng):
    return single(x, y, m, c, lr / 2, rng.integers(len(x)))


@sgd_step_single.mistake(
    "plus", "The line moves away from the point. Parameters move by minus the step."
)
def _(x, y, m, c, lr, rng):
    return single(x, y, m, c, -lr, rng.integers(len(x)))


@sgd_step_single.mistake(
    "full-gradient", "All examples were used. Draw one index, and step with its row alone."
)
def _(x, y, m, c, lr, rng):
    return walk(x, y, m, c, lr, [np.arange(len(x))])


@sgd_step_single.mistake(
    "two-draws", "m and c moved by different examples. Draw one index, and use it for both."
)
def _(x, y, m, c, lr, rng):
    i, j = rng.integers(len(x)), rng.integers(len(x))
    return single(x, y, m, c, lr, i)[0], single(x, y, m, c, lr, j)[1]


@sgd_step_single.mistake(
    "new-m-for-c", "c saw the new m. Take both derivatives at the old point, then move both."
)
def _(x, y, m, c, lr, rng):
    i = rng.integers(len(x))
    new, _ = single(x, y, m, c, lr, i)
    return new, single(x, y, new, c, lr, i)[1]


@sgd_step_single.mistake("no-x", NO_X)
def _(x, y, m, c, lr, rng):
    _, new = single(x, y, m, c, lr, rng.integers(len(x)))
    return m + new - c, new


@sgd_step_single.mistake(
    "whole-epoch", "You went through all examples. Make one step with one of them, then return."
)
def _(x, y, m, c, lr, rng):
    return walk(x, y, m, c, lr, cut(rng.permutation(len(x)), 1))


# Stretch: gradient_noise -------------------------------------------------------------------------


@exercise(
    returns=values(mean="array", var="array"),
    random="statistics",
    role="stretch",
    tolerance={"relative": 0.15},
    unchanged=0.5,
    hints=(
        "Draw one batch and average its rows: that is one trial. What do you collect over all trials?",
        "Each trial: B indices with replacement, the mean of their rows. Then mean and variance of the trials.",
        "rng.integers(0, n, (trials, B)) draws all indices at once; average over the batch axis first.",
    ),
    praise="The mean is the full gradient; the variance is V/B. Four times the batch halves the spread.",
)
def gradient_noise(x, y, m, c, B, rng, trials):
    drawn = rng.integers(0, len(x), (trials, B))
    batch_means = per_example_gradients(x, y, m, c)[drawn].mean(axis=1)
    return batch_means.mean(axis=0), batch_means.var(axis=0)


# rows of these points: (24, 12), (6, 6), (4, 2): wide apart, and their mean is large against V/B
SPREAD = (np.array([2.0, 1.0, 2.0]), np.array([-1.0, 0.5, 4.0]), 2.0, 1.0)
TRIALS = 4000

gradient_noise.show(*SPREAD, 2, Seed(1), TRIALS)
gradient_noise.show([3, 2, 1], [-2, 1, 0], 1, 1, 1, Seed(2), TRIALS + 500)
gradient_noise.show(
    np.array([1.0, 3.0, 2.0, 0.5]), np.array([1.0, -2.0, 0.0, 1.5]), 2.0, 1.5, 3, Seed(3), TRIALS
)
gradient_noise.show(*SPREAD, 5, Seed(4), TRIALS)


@gradient_noise.hidden("values", 2, "Mean and variance of many mini-batch gradients.")
def _(rng):
    for n, B in ((3, 2), (4, 3), (3, 1), (5, 2)):
        yield *noisy(rng, n), B, seed(rng), TRIALS
    yield *noisy(rng, 3), 2, seed(rng), TRIALS + 500


@gradient_noise.hidden("ends", 1, "A batch larger than the set; lists and integers.")
def _(rng):
    yield *noisy(rng, 3), 5, seed(rng), TRIALS
    yield [3, 2, 1], (-4, 1, 0), 1, 2, 2, seed(rng), TRIALS


def noisy(rng, n):
    """Return points above which the line lies, some near and some far: rows of one sign, wide apart."""
    x, gap = rng.uniform(1, 3, n), np.linspace(1, 5, n) + rng.uniform(0, 0.5, n)
    m, c = rng.uniform(0.5, 3, 2)
    return x, m * x + c - rng.permutation(gap), float(m), float(c)


def drawn_rows(x, y, m, c, B, rng, trials):
    """Return the rows of each trial, shape (trials, B, 2)."""
    return per_example_gradients(x, y, m, c)[rng.integers(0, len(x), (trials, B))]


@gradient_noise.mistake(
    "deviation", "That is the standard deviation. The task asks for the variance, its square."
)
def _(x, y, m, c, B, rng, trials):
    means = drawn_rows(x, y, m, c, B, rng, trials).mean(axis=1)
    return means.mean(axis=0), means.std(axis=0)


@gradient_noise.mistake(
    "without-replacement",
    "Your variance is too small: no example came twice in a batch. Draw with replacement.",
)
def _(x, y, m, c, B, rng, trials):
    keys = rng.random((trials, len(x)))
    rows = per_example_gradients(x, y, m, c)[np.argsort(keys, axis=1)[:, :B]]
    means = rows.mean(axis=1)
    return means.mean(axis=0), means.var(axis=0)


@gradient_noise.mistake(
    "single-examples",
    "That is the variance of single examples. Average the B rows of a batch before you compare.",
)
def _(x, y, m, c, B, rng, trials):
    rows = drawn_rows(x, y, m, c, B, rng, trials)
    return rows.mean(axis=(0, 1)), rows.var(axis=(0, 1))


@gradient_noise.mistake(
    "sum", "Mean and variance grow with B. A batch's gradient is a mean: divide by B."
)
def _(x, y, m, c, B, rng, trials):
    sums = drawn_rows(x, y, m, c, B, rng, trials).sum(axis=1)
    return sums.mean(axis=0), sums.var(axis=0)


@gradient_noise.mistake(
    "over-trials",
    "Your variance shrinks with the trials: it is that of their mean. Leave the division out.",
)
def _(x, y, m, c, B, rng, trials):
    means = drawn_rows(x, y, m, c, B, rng, trials).mean(axis=1)
    return means.mean(axis=0), means.var(axis=0) / trials


@gradient_noise.mistake(
    "over-B-twice",
    "Your variance is divided by B once more. Averaging has done that; use var alone.",
)
def _(x, y, m, c, B, rng, trials):
    means = drawn_rows(x, y, m, c, B, rng, trials).mean(axis=1)
    return means.mean(axis=0), means.var(axis=0) / B


@gradient_noise.mistake(
    "order", "The two results are exchanged. Return the mean first, then the variance."
)
def _(x, y, m, c, B, rng, trials):
    means = drawn_rows(x, y, m, c, B, rng, trials).mean(axis=1)
    return means.var(axis=0), means.mean(axis=0)


@gradient_noise.mistake(
    "columns", "The entries are exchanged. The slope's comes first, then the intercept's."
)
def _(x, y, m, c, B, rng, trials):
    means = drawn_rows(x, y, m, c, B, rng, trials).mean(axis=1)[:, ::-1]
    return means.mean(axis=0), means.var(axis=0)


@gradient_noise.mistake(
    "one-number",
    "Slope and intercept were mixed into one number. Take mean and variance by column.",
)
def _(x, y, m, c, B, rng, trials):
    means = drawn_rows(x, y, m, c, B, rng, trials).mean(axis=1)
    return means.mean(), means.var()


@gradient_noise.mistake(
    "pairs", "mean and var are plain pairs. Return each as an array of shape (2,): np.array."
)
def _(x, y, m, c, B, rng, trials):
    means = drawn_rows(x, y, m, c, B, rng, trials).mean(axis=1)
    return tuple(means.mean(axis=0)), tuple(means.var(axis=0))


@gradient_noise.mistake(
    "one-batch", "The variance was taken inside a batch. Take it over the trials' mean gradients."
)
def _(x, y, m, c, B, rng, trials):
    rows = drawn_rows(x, y, m, c, B, rng, trials)
    return rows.mean(axis=(0, 1)), rows.var(axis=1).mean(axis=0)


# In the lesson -----------------------------------------------------------------------------------


@exercise(
    returns="number",
    role="lesson",
    hints=(
        "Four examples have the mean 3. What do they add up to? And all six together?",
        "Each mean counts as often as its batch has examples.",
        "Multiply the two vectors entry by entry and add up; then divide by the number of all examples.",
    ),
    praise="The short batch counts less: 4.0, and not 4.5. That holds for losses and gradients alike.",
)
def average_of_batches(means, sizes):
    return np.average(means, weights=sizes)


average_of_batches.show([3.0, 6.0], [4, 2])
average_of_batches.show(np.array([2.0, -1.0, 8.0]), np.array([5, 5, 1]))
average_of_batches.show((7, 1), (3, 9))


@average_of_batches.mistake(
    "plain", "The short batch counts as much as the others. Count every mean as often as its size."
)
def _(means, sizes):
    return np.mean(means)


@average_of_batches.mistake(
    "over-batches",
    "You divided by the number of batches. Divide by the number of all examples.",
)
def _(means, sizes):
    return np.dot(means, sizes) / len(sizes)


@average_of_batches.mistake(
    "nominal",
    "You divided as if every batch had the first one's size. Count the examples there are.",
)
def _(means, sizes):
    return np.dot(means, sizes) / (sizes[0] * len(sizes))


@average_of_batches.mistake(
    "sum", "That is the sum over all examples. Divide by how many there are."
)
def _(means, sizes):
    return np.dot(means, sizes)


@average_of_batches.mistake(
    "other-weights", "The sizes met the wrong batches. Keep both vectors in the same order."
)
def _(means, sizes):
    return np.average(means, weights=np.asarray(sizes)[::-1])


@average_of_batches.mistake(
    "means-added", "The means were added and divided by all examples. Weigh each by its size first."
)
def _(means, sizes):
    return np.sum(means) / np.sum(sizes)


@average_of_batches.mistake(
    "upside-down", "Your weights are turned over: small batches count more. Multiply by the sizes."
)
def _(means, sizes):
    return np.average(means, weights=1 / np.asarray(sizes, dtype=float))


@average_of_batches.mistake(
    "for-lists", "A list times a list does not work. Make both arrays first: np.asarray(…)."
)
def _(means, sizes):
    return sum(means * sizes) / sum(sizes)
