"""Unit 4, three layers with ReLU and softmax: every function that the learner writes, with its cases.

Loss: cross-entropy with the natural logarithm, mean over the rows. ReLU's slope at 0 is 0.
"""

import itertools
import math

import numpy as np

from grading.exercise import exercise, record, values

KEYS = ("W1", "b1", "W2", "b2", "W3", "b3")


def floats(*numbers):
    """Return float arrays of the given lists, tuples and arrays."""
    return [np.asarray(n, dtype=float) for n in numbers]


def named(*members):
    """Return six parameters or gradients as a dict."""
    return dict(zip(KEYS, members, strict=True))


def turned(members):
    """Return the same dict with its keys in another order."""
    return {key: members[key] for key in ("b3", "W1", "b2", "W3", "b1", "W2")}


def listed(members):
    """Return the same dict with nested lists in the place of arrays."""
    return {key: np.asarray(value).tolist() for key, value in members.items()}


# Dr. Yeh's network. The notebook defines the same names, and messages use them
X, TARGET = np.array([2.0, 1.0, 3.0]), np.array([0.0, 1.0, 0.0])
YEH = named(
    np.array([[1.0, -1, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]]),
    np.array([-5.0, 0, 1, -2]),
    np.array([[1.0, -1, 1, 0], [0, 1, -1, 1]]),
    np.array([0.0, 3]),
    np.array([[2.0, 0], [0, 2], [1, 1]]),
    np.array([-1.0, -5, -7]),
)
# a third unit in layer 2, which is off
SLEEPER = {
    **YEH,
    "W2": np.array([[1.0, -1, 1, 0], [0, 1, -1, 1], [1, 1, -1, 0]]),
    "b2": np.array([0.0, 3, -1]),
    "W3": np.array([[2.0, 0, 1], [0, 2, -1], [1, 1, 0]]),
}
# one z is exactly 0
KINK = {**SLEEPER, "b1": np.array([-4.0, 0, 1, -2])}
# fresh numbers; W3 is square and not symmetric, so that a missing transpose goes unnoticed
X_OTHER, TARGET_OTHER = np.array([3.0, 1.0, -1.0]), np.array([0.0, 0.0, 1.0])
OTHER = named(
    np.array([[0.0, 0, 1], [0, 1, -1], [0, 0, -1], [1, -1, -1]]),
    np.array([-1.0, 0, 0, 1]),
    np.array([[0.0, -1, 1, 0], [0, 1, 0, 0], [1, 0, 1, 1]]),
    np.array([-2.0, -1, -3]),
    np.array([[-1.0, 0, 2], [1, 1, 1], [3, 2, 0]]),
    np.array([-1.0, -4, 1]),
)
BATCH = np.array([[2.0, 1, 3], [1, 1, 0], [0, 1, 1]])
TARGETS = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
# a small network of whole numbers, 2-3-3-2, in lists
SMALL = {
    "b2": [1, -4, 2],
    "W3": [[1, 2, -1], [0, -1, 2]],
    "W1": ((1, -2), (3, 1), (-1, 0)),
    "b3": (-7, 3),
    "b1": [0, 1, -1],
    "W2": [[1, -1, 2], [2, 0, 1], [-2, 1, 0]],
}

SIZES = ((3, 4, 3, 5), (2, 5, 4, 3), (4, 3, 5, 2))

CONVERT = "It works for arrays and stops for a list. Convert first: np.asarray(…, dtype=float)."
ONE_NUMBER = (
    "A number came back as an array of one entry. Start with np.asarray; leave np.atleast_1d out."
)
BY_NAME = (
    "Right only if the keys come in one order. Take each member by its name, such as params['W1']."
)


def mixed(rng, *shape):
    """Return numbers of ordinary size and of both signs, if there is room for both."""
    drawn = rng.uniform(0.3, 1.5, shape) * rng.choice([-1, 1], shape)
    if drawn.size > 1:
        drawn.flat[0], drawn.flat[-1] = abs(drawn.flat[0]), -abs(drawn.flat[-1])
    return drawn


def one_hot(rng, k, n=None):
    """Return one target of k classes, or n rows of them, of at least two classes."""
    if n is None:
        return np.eye(k)[rng.integers(k)]
    chosen = rng.integers(k, size=n)
    if n > 1 and np.all(chosen == chosen[0]):
        chosen[0] = (chosen[0] + 1) % k
    return np.eye(k)[chosen]


def shapes(d, h1, h2, k):
    """Return the shapes of the six parameters of a network of these sizes."""
    return (h1, d), (h1,), (h2, h1), (h2,), (k, h2), (k,)


def drawn(rng, sizes):
    """Return an input and random parameters of a network of these sizes."""
    return mixed(rng, sizes[0]), named(*(mixed(rng, *shape) for shape in shapes(*sizes)))


def example(rng, *sizes):
    """Return (X, target, params) in which every layer can show a wrong mask."""
    while True:
        x, params = drawn(rng, sizes)
        target = one_hot(rng, sizes[-1])
        if _telling(x, target, params):
            return x, target, params


def _telling(x, target, params):
    """Tell whether each ReLU layer has a unit off and one on that the sign of da would confuse."""
    p = parts_of(forwards(x, params), params, x, target)
    layers = ((p["z1"], p["da1"]), (p["z2"], p["da2"]))
    shows = all(
        np.any((z < 0) & (da > 0.05)) and np.any((z > 0) & (da < -0.05)) and np.all(abs(z) > 0.02)
        for z, da in layers
    )
    return shows and 0.02 < p["y"] @ target < 0.9


def kinked(rng, d, h1, h2, k):
    """Return (X, target, params) of whole numbers in which a z of each ReLU layer is exactly 0."""
    while True:
        x = rng.integers(-3, 4, d) * 1.0
        w1, w2, w3 = (rng.integers(-2, 3, s) * 1.0 for s in ((h1, d), (h2, h1), (k, h2)))
        z1, z2 = rng.integers(-3, 4, h1), rng.integers(-3, 4, h2)
        z1[0] = z2[-1] = 0
        a1, a2 = np.maximum(z1, 0), np.maximum(z2, 0)
        z3 = rng.integers(-1, 2, k)
        params = named(w1, z1 - w1 @ x, w2, z2 - w2 @ a1, w3, z3 - w3 @ a2)
        target = one_hot(rng, k)
        p = parts_of(forwards(x, params), params, x, target)
        if abs(p["da1"][0]) > 0.1 and abs(p["da2"][-1]) > 0.1 and _awake(z1, p) and _awake(z2, p):
            return x, target, params


def _awake(z, p):
    """Tell whether a layer has units on and off, and the input something to carry."""
    return z.min() < 0 < z.max() and np.any(p["dz1"]) and np.any(p["X"])


def share(z):
    """Return the softmax of the last axis, for fixtures and wrong answers."""
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cut(z):
    """Return max(0, z), for fixtures and wrong answers."""
    return np.maximum(z, 0.0)


def forwards(x, params, first=cut, second=cut, last=share):
    """Run the forward pass with the activations of choice; x is one example or a batch."""
    w1, b1, w2, b2, w3, b3 = floats(*(params[key] for key in KEYS))
    z1 = np.asarray(x, dtype=float) @ w1.T + b1
    a1 = first(z1)
    z2 = a1 @ w2.T + b2
    a2 = second(z2)
    z3 = a2 @ w3.T + b3
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2, "z3": z3, "y": last(z3)}


def gate(da, z):
    """Return the right way back through ReLU, for fixtures and wrong answers."""
    return da * (z > 0)


def parts_of(
    cache, params, x, target, start=np.subtract, back=gate, back2=None, down=lambda w, dz: w.T @ dz
):
    """Run the backward pass with the steps of choice and return every number on the way."""
    p = {key: np.asarray(cache[key], dtype=float) for key in ("z1", "a1", "z2", "a2", "z3", "y")}
    p |= {key: np.asarray(params[key], dtype=float) for key in KEYS}
    p["X"], target = floats(x, target)
    p["dz3"] = start(p["y"], target)
    p["da2"] = down(p["W3"], p["dz3"])
    p["dz2"] = (back2 or back)(p["da2"], p["z2"])
    p["da1"] = down(p["W2"], p["dz2"])
    p["dz1"] = back(p["da1"], p["z1"])
    return p


def collected(p):
    """Return the six gradients of the numbers on the way back."""
    return named(
        np.outer(p["dz1"], p["X"]),
        p["dz1"],
        np.outer(p["dz2"], p["a1"]),
        p["dz2"],
        np.outer(p["dz3"], p["a2"]),
        p["dz3"].copy(),
    )


def slopes(x, target, params, **steps):
    """Return the six gradients of one example, with steps of choice."""
    return collected(parts_of(forwards(x, params), params, x, target, **steps))


def loss_of(x, target, params):
    """Return the cross-entropy of one example."""
    return -np.log(forwards(x, params)["y"] @ np.asarray(target, dtype=float))


# relu --------------------------------------------------------------------------------------------


@exercise(
    returns="number or array",
    unchanged=0.5,
    hints=(
        "What should come out for −2, for 0 and for 3?",
        "Each entry is compared with 0, and the larger one stays.",
        "Make z a float array; then np.maximum compares each entry with 0.",
    ),
    praise="Zero below 0, unchanged above. On the way back only its slope counts: that comes next.",
)
def relu(z):
    return np.maximum(np.asarray(z, dtype=float), 0)


def relu_cases(function):
    """Add the visible cases that relu and relu_grad share."""
    function.show(np.array([-1.0, 3, 5, 3]))
    function.show([-2, 0, 0.5, 7])
    function.show(2.5)
    function.show(-3)
    function.show(0)
    function.show(((1, -2, 0.25), (-0.5, 4, -3)))
    function.show(np.array([[2, -1], [-4, 3]]))
    function.show(np.array([1.5]))
    function.show(np.array([[-0.7, 0.3, 2.0]]))


relu_cases(relu)


def ordinary_z(rng):
    """Yield arrays and numbers of both signs, some below 1 in size, one 0."""
    for n in (3, 5):
        yield (np.insert(mixed(rng, n), 1, [0.0, rng.uniform(0.1, 0.9)]),)
    yield (np.array([-2.0, 0.0, rng.uniform(7, 12), rng.uniform(0.1, 0.9)]),)
    yield (mixed(rng, 4, 3),)
    yield (float(rng.uniform(0.2, 4)),)
    yield (-float(rng.uniform(0.2, 4)),)


def shaped_z(rng):
    """Yield lists, integers, numbers and arrays of unusual shapes."""
    yield ([3, -1, 0, -4, 2],)
    yield ((0.5, -2, 4),)
    yield ([[1, -2, 0.5], [-3, 0, 4]],)
    yield (np.array([4, -2, 0, 1]),)
    yield (5,)
    yield (np.float64(-rng.uniform(0.3, 2)),)
    yield (mixed(rng, 3, 3),)
    yield (mixed(rng, 1),)
    yield (mixed(rng, 1, 4),)
    yield (mixed(rng, 4, 1),)
    yield (mixed(rng, 2, 3, 2),)


relu.hidden("values", 0.5, "Numbers, vectors and matrices of both signs.")(ordinary_z)
relu.hidden("any shape", 0.5, "Lists, integers, numbers, arrays of one entry or of three axes.")(
    shaped_z
)


@relu.mistake("abs", "Negative entries lost their sign only. Below 0 the result is 0; mend that.")
def _(z):
    return np.abs(np.asarray(z, dtype=float))


@relu.mistake(
    "wrong-side", "The negative side stayed and the positive became 0. Take the larger, not min."
)
def _(z):
    return np.minimum(np.asarray(z, dtype=float), 0)


@relu.mistake("step", "Positive entries became 1: that is the slope. Keep their own value here.")
def _(z):
    return (np.asarray(z, dtype=float) > 0) * 1.0


@relu.mistake(
    "truth",
    "True and False came back. They tell which entries stay; return the entries themselves.",
)
def _(z):
    return np.asarray(z, dtype=float) > 0


@relu.mistake(
    "one-truth-value",
    "max, if and while need one truth value, and an array has many. Decide entry by entry, with NumPy.",
)
def _(z):
    return max(0.0, np.asarray(z, dtype=float))


@relu.mistake(
    "np-max",
    "np.max(z, 0) takes the largest along axis 0. Another function compares with a number.",
)
def _(z):
    return np.max(np.asarray(z, dtype=float), 0)


@relu.mistake(
    "loop", "A loop over z fits vectors alone. NumPy's functions take any shape; use one of them."
)
def _(z):
    return np.array([max(0.0, v) for v in z])


@relu.mistake("list", "A list came back. Return a NumPy array of the shape of z.")
def _(z):
    kept = cut(np.asarray(z, dtype=float))
    return kept.tolist() if kept.ndim else kept


@relu.mistake("not-for-lists", CONVERT)
def _(z):
    return z * (z > 0)


@relu.mistake(
    "filtered", "Entries are missing: z[z > 0] throws the others away. Set them to 0 instead."
)
def _(z):
    z = np.asarray(z, dtype=float)
    return z[z > 0]


@relu.mistake(
    "leaky", "Negative entries left a small rest: that is leaky ReLU. Here they become exactly 0."
)
def _(z):
    z = np.asarray(z, dtype=float)
    return np.where(z > 0, z, 0.01 * z)


@relu.mistake(
    "capped", "Large entries were cut to 1. ReLU has no upper limit; take that limit out."
)
def _(z):
    return np.clip(np.asarray(z, dtype=float), 0, 1)


@relu.mistake("capped-6", "Large entries were cut to 6. ReLU has no upper limit; take it out.")
def _(z):
    return np.clip(np.asarray(z, dtype=float), 0, 6)


@relu.mistake(
    "integers", "Fractions were cut off: an array of ints holds none. Convert with dtype=float."
)
def _(z):
    kept = np.maximum(np.asarray(z).astype(int), 0)
    return kept if kept.ndim else int(kept)


@relu.mistake("twice", "Twice the expected size. |z| + z counts z two times; halve it.")
def _(z):
    return np.abs(np.asarray(z, dtype=float)) + np.asarray(z, dtype=float)


@relu.mistake("sign", "Right size, opposite sign. ReLU is never negative; take the minus out.")
def _(z):
    return -relu(z)


@relu.mistake(
    "softplus", "That is softplus, a smooth curve, ln 2 at 0. ReLU has a kink; use no exponential."
)
def _(z):
    return np.log1p(np.exp(np.asarray(z, dtype=float)))


@relu.mistake("sigmoid", "That is unit 3's sigmoid. ReLU needs no exponential; compare with 0.")
def _(z):
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


@relu.mistake("unchanged", "Negative entries came back as they were. Put 0 in their place.")
def _(z):
    return np.array(z, dtype=float)


@relu.mistake("array-for-number", ONE_NUMBER)
def _(z):
    return np.atleast_1d(relu(z))


@relu.mistake("flattened", "The shape of z is lost. Leave ravel and reshape out.")
def _(z):
    return np.ravel(relu(z)) if np.ndim(z) else relu(z)


@relu.mistake("squeezed", "An axis of length 1 is gone. Keep the shape of z; leave squeeze out.")
def _(z):
    return np.squeeze(relu(z)) if np.ndim(z) else relu(z)


@relu.mistake(
    "in-place-too",
    "z changed, and the result is z itself. The way back needs z: build a new array instead.",
)
def _(z):
    z = np.asarray(z, dtype=float)
    z[z < 0] = 0
    return z


@relu.mistake(
    "in-place",
    "The values are right, but you overwrote z, and the way back needs it. Build a new array.",
)
def _(z):
    z = np.asarray(z, dtype=float)
    z[z < 0] = 0
    return z.copy() if z.ndim else float(z)


# relu_grad ---------------------------------------------------------------------------------------


@exercise(
    returns="number or array",
    unchanged=0.5,
    hints=(
        "How steep is ReLU left of 0, and how steep right of 0?",
        "The slope is 1 where z > 0. At 0 there is none; this course takes 0.",
        "Compare z with 0; then turn True and False into 1.0 and 0.0.",
    ),
    praise="On or off, nothing between. This mask decides who learns.",
)
def relu_grad(z):
    return (np.asarray(z, dtype=float) > 0).astype(float)


relu_cases(relu_grad)
relu_grad.hidden("values", 0.5, "Numbers, vectors and matrices of both signs, and exact zeros.")(
    ordinary_z
)
relu_grad.hidden(
    "any shape", 0.5, "Lists, integers, numbers, arrays of one entry or of three axes."
)(shaped_z)


@relu_grad.mistake(
    "value",
    "Positive entries came back themselves: that is relu. Its slope is the same everywhere there; which?",
)
def _(z):
    return relu(z)


@relu_grad.mistake(
    "at-zero",
    "At z = 0 you have 1. The convention here is 0; look at > and >= and at where 0 falls.",
)
def _(z):
    return (np.asarray(z, dtype=float) >= 0) * 1.0


@relu_grad.mistake(
    "half-at-zero",
    "At z = 0 you have 0.5, the mean of both sides. The convention here is 0; use it.",
)
def _(z):
    return np.heaviside(np.asarray(z, dtype=float), 0.5)


@relu_grad.mistake("truth", "True and False came back. Turn them into the numbers 1.0 and 0.0.")
def _(z):
    return np.asarray(z, dtype=float) > 0


@relu_grad.mistake(
    "sign", "Negative entries gave −1. ReLU is flat there: its slope is 0; mend that side."
)
def _(z):
    return np.sign(np.asarray(z, dtype=float))


@relu_grad.mistake(
    "minus-one", "You have 1 and −1. Left of 0, and at 0, ReLU is flat; use its slope there."
)
def _(z):
    return np.where(np.asarray(z) > 0, 1.0, -1.0)


@relu_grad.mistake(
    "ones", "You have 1 everywhere. Left of 0 ReLU is flat; treat the two sides apart."
)
def _(z):
    return np.ones(np.shape(z))


@relu_grad.mistake(
    "nonzero", "Negative entries gave 1 as well. ReLU is flat there; look at the sign."
)
def _(z):
    return (np.asarray(z) != 0) * 1.0


@relu_grad.mistake(
    "inverted", "1 and 0 are exchanged: units that are off got the 1. Turn the comparison round."
)
def _(z):
    return (np.asarray(z, dtype=float) <= 0) * 1.0


@relu_grad.mistake(
    "below-zero", "1 stands where z < 0, where ReLU is flat. Turn the comparison round."
)
def _(z):
    return (np.asarray(z, dtype=float) < 0) * 1.0


@relu_grad.mistake(
    "leaky", "Negative entries gave 0.01: that is leaky ReLU. Here the slope is exactly 0."
)
def _(z):
    return np.where(np.asarray(z) > 0, 1, 0.01)


@relu_grad.mistake(
    "clip",
    "Between 0 and 1 you return z itself. The slope has no values between; compare z with 0.",
)
def _(z):
    return np.clip(np.asarray(z, dtype=float), 0, 1)


@relu_grad.mistake(
    "one-and-above", "Between 0 and 1 you have 0. The unit is on as soon as z > 0; compare with 0."
)
def _(z):
    return (np.asarray(z, dtype=float) >= 1) * 1.0


@relu_grad.mistake("divides", "relu(z)/z is 0/0 at z = 0, which is nan. Compare with 0 instead.")
def _(z):
    return cut(np.asarray(z, dtype=float)) / np.asarray(z, dtype=float)


@relu_grad.mistake(
    "sigmoid-slope", "That is the slope of the sigmoid. ReLU's is 1 or 0; compare z with 0."
)
def _(z):
    a = 1 / (1 + np.exp(-np.asarray(z, dtype=float)))
    return a * (1 - a)


@relu_grad.mistake(
    "if-on-array",
    "An `if` needs one truth value, and an array has many. Decide entry by entry instead.",
)
def _(z):
    return 1.0 if np.asarray(z) > 0 else 0.0


@relu_grad.mistake(
    "loop", "A loop over z fits vectors alone. A comparison takes any shape; use one."
)
def _(z):
    return np.array([1.0 if v > 0 else 0.0 for v in z])


@relu_grad.mistake("list", "A list came back. Return a NumPy array of the shape of z.")
def _(z):
    slope = (np.asarray(z) > 0) * 1.0
    return slope.tolist() if slope.ndim else slope


@relu_grad.mistake("not-for-lists", CONVERT)
def _(z):
    return (z > 0) * 1.0


@relu_grad.mistake(
    "filtered", "Entries are missing: only those with z > 0 came back. Give each entry its 1 or 0."
)
def _(z):
    z = np.asarray(z, dtype=float)
    return np.ones(z[z > 0].shape)


@relu_grad.mistake("array-for-number", ONE_NUMBER)
def _(z):
    return np.atleast_1d(relu_grad(z))


@relu_grad.mistake("flattened", "The shape of z is lost. Leave ravel and reshape out.")
def _(z):
    return np.ravel(relu_grad(z)) if np.ndim(z) else relu_grad(z)


@relu_grad.mistake(
    "in-place-two-steps",
    "z became the result: z[z > 0] = 1 writes into the caller's array. Build a new array.",
)
def _(z):
    z = np.asarray(z, dtype=float)
    z[z > 0] = 1
    z[z <= 0] = 0
    return z


@relu_grad.mistake(
    "in-place",
    "The values are right, but you overwrote z, which is still needed. Build a new array.",
)
def _(z):
    z = np.asarray(z, dtype=float)
    slope = (z > 0) * 1.0
    z[...] = slope
    return slope


# softmax -----------------------------------------------------------------------------------------


@exercise(
    returns="array",
    unchanged=0.5,
    tolerance={"floor": 1e-12},
    hints=(
        "Work out one row by hand: exponentials first. Then ask what makes them add up to 1.",
        "e^(z−c) divided by its sum is the same for every c. Which c keeps the exponentials at most 1?",
        "Take the largest of the last axis with keepdims=True, subtract, exponentiate, divide by the row's sum.",
    ),
    praise="Every row is a distribution, however large the numbers. Next: how wrong is it?",
)
def softmax(z):
    z = np.asarray(z, dtype=float)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


softmax.show(np.array([3.0, 3.0, -1.0]))
softmax.show([1, 0, -2])
softmax.show(np.array([1000.0, 1000.0, 999.0]))
softmax.show(((1, 2, 4), (0.5, 3, -1)))
softmax.show([[1, -2], [3, 0]])
softmax.show(np.array([[1000.0, 1001.0, 998.0], [-1000.0, -1002.0, -1001.0]]))
softmax.show(np.array([[2, 1, 0, -1]]))
softmax.show(np.array([1000.0, 0.0, 0.0]))
softmax.show(np.array([-900, 900]))
softmax.show((0.5, -0.5, 1.5, 0.25, 2))


@softmax.hidden("one example", 1, "Vectors of 2 to 6 numbers of ordinary size, lists and integers.")
def _(rng):
    for k in (2, 3, 6):
        yield (mixed(rng, k) * 1.7,)
    yield (rng.uniform(-4, 4, 4),)
    yield ([3, 1, -2],)
    yield ((0.25, 2, -1.5, 1),)
    yield (np.array([2, 0, -1, 4, 1]),)
    yield (rng.uniform(-4, -1, 3),)


@softmax.hidden("a batch", 1, "Batches: each row on its own, also a batch of one row.")
def _(rng):
    yield (rng.uniform(-3, 3, (5, 3)),)
    yield (rng.uniform(-3, 3, (2, 4)),)
    yield (rng.uniform(-3, 3, (3, 3)),)
    yield (rng.uniform(-3, 3, (1, 4)),)
    yield ([[1, 2, -1], [0, 3, 1]],)
    yield (((0.5, -1), (2, 1), (-3, 0.25)),)
    yield (np.array([[1, 0, 2, -3, 4]]),)


@softmax.hidden("large numbers", 1, "Numbers up to 10000 in size, in a vector or a batch.")
def _(rng):
    yield (1000 + rng.uniform(-2, 2, 4),)
    yield (-1000 + rng.uniform(-2, 2, 3),)
    yield (rng.uniform(-1e4, 1e4, 5),)
    yield (np.array([1e4, -1e4, 1e4 - rng.uniform(0.5, 2)]),)
    yield (np.array([rng.uniform(-2, 2, 3) + shift for shift in (1000, -1000, 0, 9000)]),)
    yield ([1000, 1000, 999],)
    yield ([[1000, 999, 1001], [-5000, -5001, -5002]],)
    yield (np.array([1000.0, rng.uniform(0, 5), rng.uniform(0, 5)]),)
    yield (np.array([-rng.uniform(880, 950), 900.0]),)


def spread(z, shift=lambda z: z.max(axis=-1, keepdims=True)):
    """Return e^(z − shift) for the wrong answers."""
    z = np.asarray(z, dtype=float)
    return np.exp(z - shift(z))


@softmax.mistake(
    "overflow",
    "Right for small numbers, nan for 1000: e^1000 overflows. Subtract the maximum first; nothing else changes.",
)
def _(z):
    e = np.exp(np.asarray(z, dtype=float))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "overflow-global",
    "e^1000 overflows, and all rows together add up to 1. Subtract the maximum; sum each row.",
)
def _(z):
    e = np.exp(np.asarray(z, dtype=float))
    return e / e.sum()


@softmax.mistake(
    "overflow-axis-0",
    "e^1000 overflows, and the columns add up to 1. Subtract the maximum; sum each row.",
)
def _(z):
    e = np.exp(np.asarray(z, dtype=float))
    return e / e.sum(axis=0)


@softmax.mistake(
    "subtracts-mean", "Numbers far above the mean still overflow. Subtract the largest of the row."
)
def _(z):
    e = spread(z, lambda z: z.mean(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "subtracts-min", "Without the smallest the largest still overflows. Subtract the row's maximum."
)
def _(z):
    e = spread(z, lambda z: z.min(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "clipped",
    "Clipping makes large numbers equal: [1000, 1000, 999] loses its order. Subtract the maximum.",
)
def _(z):
    e = np.exp(np.clip(np.asarray(z, dtype=float), -500, 500))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "global-sum",
    "In a batch all rows together add up to 1. Each row must; sum along the last axis.",
)
def _(z):
    e = spread(z)
    return e / e.sum()


@softmax.mistake(
    "global", "In a batch all rows together add up to 1. Take maximum and sum along the last axis."
)
def _(z):
    e = spread(z, np.max)
    return e / e.sum()


@softmax.mistake(
    "axis-0", "In a batch each column adds up to 1. Rows are examples; use the last axis."
)
def _(z):
    e = spread(z, lambda z: z.max(axis=0))
    return e / e.sum(axis=0)


@softmax.mistake(
    "sum-axis-0", "In a batch you divide by the sums of the columns. Sum along the last axis."
)
def _(z):
    e = spread(z)
    return e / e.sum(axis=0)


@softmax.mistake(
    "max-axis-0",
    "In a batch you subtract each column's maximum: that changes the rows. One number a row; use the last axis.",
)
def _(z):
    e = spread(z, lambda z: z.max(axis=0))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "batch-maximum",
    "Low rows become 0/0: one number was taken off all rows. Each row needs its own maximum.",
)
def _(z):
    e = spread(z, np.max)
    return e / e.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "no-keepdims",
    "For a batch the shapes (n, k) and (n,) do not pair by rows. Keep the summed axis: keepdims=True.",
)
def _(z):
    e = spread(z, lambda z: z.max(axis=-1))
    return e / e.sum(axis=-1)


@softmax.mistake(
    "sum-no-keepdims",
    "The sums have shape (n,), and numpy pairs them with columns. Keep the summed axis: keepdims=True.",
)
def _(z):
    e = spread(z)
    return e / e.sum(axis=-1)


@softmax.mistake(
    "only-batches",
    "It works for a batch and stops for one example. The last axis is axis −1; use it.",
)
def _(z):
    e = spread(np.asarray(z), lambda z: z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@softmax.mistake(
    "always-a-batch",
    "One example came back as a batch of one. Keep the shape of z: (k,) stays (k,).",
)
def _(z):
    return np.atleast_2d(softmax(z))


@softmax.mistake(
    "squeezed", "A batch of one row lost its axis. Keep the shape of z: (1, k) stays (1, k)."
)
def _(z):
    return np.squeeze(softmax(z))


@softmax.mistake(
    "no-exponential", "You divided z by its sum. Exponentiate first; then all parts are positive."
)
def _(z):
    z = np.asarray(z, dtype=float)
    return z / z.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "divides-by-z",
    "The exponentials are divided by the sum of z. Divide by the sum of the exponentials.",
)
def _(z):
    return spread(z) / np.sum(z, axis=-1, keepdims=True)


@softmax.mistake(
    "not-normalised", "The largest is 1 and a row adds up to more. Divide each row by its own sum."
)
def _(z):
    return spread(z)


@softmax.mistake("minus", "The smallest z got the largest share. Look at the sign in the exponent.")
def _(z):
    return softmax(-np.asarray(z, dtype=float))


@softmax.mistake(
    "divides-by-max", "You divided z by its maximum. Subtract it; division changes the shares."
)
def _(z):
    z = np.asarray(z, dtype=float)
    e = np.exp(z / z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "log", "These are logarithms of the shares. Return the shares themselves, between 0 and 1."
)
def _(z):
    e = spread(z)
    return np.log(e / e.sum(axis=-1, keepdims=True))


@softmax.mistake("base-2", "The shares use powers of 2. Softmax takes powers of e: np.exp.")
def _(z):
    return softmax(np.log(2) * np.asarray(z, dtype=float))


@softmax.mistake(
    "sigmoid",
    "Each number was squashed alone, so a row adds up to anything. The numbers share one sum: use it.",
)
def _(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


@softmax.mistake(
    "hard",
    "The largest got 1, all others 0. Softmax gives the others a share as well; exponentiate.",
)
def _(z):
    z = np.asarray(z, dtype=float)
    return np.eye(z.shape[-1])[z.argmax(axis=-1)]


@softmax.mistake(
    "rounded", "Rounded, as on paper. Return full precision; a later step divides by it."
)
def _(z):
    return np.round(softmax(z), 2)


for digits in (1, 3, 4, 5, 6):
    softmax.mistake(
        f"rounded-{digits}", "Rounded. Return full precision; a later step divides by it."
    )(lambda z, digits=digits: np.round(softmax(z), digits))


@softmax.mistake("list", "A list came back. Return a NumPy array of the shape of z.")
def _(z):
    return softmax(z).tolist()


@softmax.mistake("not-for-lists", CONVERT)
def _(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@softmax.mistake(
    "integers", "For whole numbers the shares were cut to 0 and 1. Make the result a float array."
)
def _(z):
    out = np.zeros_like(np.asarray(z))
    out[...] = softmax(z)
    return out


@softmax.mistake(
    "in-place", "The values are right, but z changed: −= writes into it. Compute a new array."
)
def _(z):
    z = np.asarray(z, dtype=float)
    shares = softmax(z)
    z -= z.max(axis=-1, keepdims=True)
    return shares


# cross_entropy -----------------------------------------------------------------------------------


@exercise(
    returns="number",
    unchanged=0.5,
    hints=(
        "The target has a single 1. Which probability of y_pred does it pick, in each row?",
        "One row's loss is minus the natural logarithm of that probability. The batch: the mean over its rows.",
        "Multiply y_pred by target and add along the last axis; now no 0 is left for the logarithm.",
    ),
    praise="0.69 for a coin's toss between two classes. Next: the numbers that enter it.",
)
def cross_entropy(y_pred, target):
    y_pred, target = floats(y_pred, target)
    return np.mean(-np.log(np.sum(y_pred * target, axis=-1)))


OUT = np.array([0.4954626424, 0.4954626424, 0.0090747152])

cross_entropy.show([0.5, 0.5, 0], [0, 1, 0])
cross_entropy.show(OUT, TARGET)
cross_entropy.show((0.2, 0.7, 0.06, 0.04), (0, 0, 1, 0))
cross_entropy.show(
    [[0.7, 0.1, 0.2], [0.25, 0.5, 0.25], [0, 0.9, 0.1], [0.3, 0.3, 0.4]],
    [[1, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]],
)
cross_entropy.show(np.array([[0.75, 0.25], [0.4, 0.6]]), np.array([[0, 1], [0, 1]]))
cross_entropy.show(np.array([[0.1, 0.65, 0.25]]), np.array([[0.0, 0.0, 1.0]]))
cross_entropy.show(np.array([1.0, 0.0]), np.array([1.0, 0.0]))
cross_entropy.show(np.array([0.999999999, 1e-9]), [0, 1])


def chances(rng, k, n=None):
    """Return probabilities of k classes, or n rows of them."""
    return share(rng.uniform(-1.5, 1.5, k if n is None else (n, k)))


@cross_entropy.hidden("one example", 1, "One example of 2 to 6 classes; lists and integers.")
def _(rng):
    for k in (2, 3, 6):
        yield chances(rng, k), one_hot(rng, k)
    yield [0.125, 0.5, 0.25, 0.125], (0, 0, 1, 0)
    yield chances(rng, 4), [0, 0, 0, 1]
    yield (0.25, 0.75), np.array([1, 0])


@cross_entropy.hidden("a batch", 0.5, "Batches: the mean over the rows, also of one row.")
def _(rng):
    for n, k in ((5, 3), (3, 4), (4, 2), (3, 3), (2, 5)):
        yield chances(rng, k, n), one_hot(rng, k, n)
    yield chances(rng, 4, 1), one_hot(rng, 4, 1)
    yield [[0.5, 0.25, 0.25], [0.125, 0.625, 0.25]], ((0, 0, 1), (0, 1, 0))


@cross_entropy.hidden(
    "probability 0", 0.5, "Classes with probability exactly 0 that are not the target."
)
def _(rng):
    p = float(rng.uniform(0.2, 0.8))
    yield np.array([p, 1 - p, 0.0]), np.array([0.0, 1, 0])
    yield [0, 1, 0], [0, 1, 0]
    yield (
        np.array([[0.0, 1 - p, p], [p, 0.0, 1 - p], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
        np.array([[0, 0, 1], [1, 0, 0], [1, 0, 0], [0, 0, 1]]),
    )


@cross_entropy.hidden("tiny probability", 0.5, "The target's probability is as small as 1e-9.")
def _(rng):
    tiny = float(rng.uniform(1, 3) * 1e-9)
    yield np.array([1 - tiny, tiny, 0.0]), np.array([0.0, 1, 0])
    yield (
        np.array([[1 - tiny, tiny], [tiny, 1 - tiny], [0.5, 0.5]]),
        np.array([[0, 1], [1, 0], [0, 1]]),
    )
    yield [0.99999999, 1e-8], [0, 1]


def picked(y_pred, target):
    """Return the probability of each row's own class, for the wrong answers."""
    y_pred, target = floats(y_pred, target)
    return np.sum(y_pred * target, axis=-1)


def logs(y_pred):
    """Return logarithms that are 0 where the probability is 0, for the wrong answers."""
    y_pred = np.asarray(y_pred, dtype=float)
    return np.log(np.where(y_pred > 0, y_pred, 1))


@cross_entropy.mistake(
    "zero-log-zero",
    "0 times ln 0 is nan in NumPy. Take the logarithm of the target's class alone, or clip first.",
)
def _(y_pred, target):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.mean(np.sum(np.asarray(target) * np.log(y_pred), axis=-1))


@cross_entropy.mistake(
    "sum", "For a batch the losses were added. Divide by the number of rows: take the mean."
)
def _(y_pred, target):
    return np.sum(-np.log(picked(y_pred, target)))


@cross_entropy.mistake(
    "mean-of-all",
    "Divided by the classes as well, as np.mean over all entries does. Sum along a row; then average rows.",
)
def _(y_pred, target):
    return -np.mean(np.asarray(target) * logs(y_pred))


@cross_entropy.mistake(
    "mean-of-all-nan",
    "0 · ln 0 gives nan, and np.mean also divides by the classes. Pick the target's class; then average rows.",
)
def _(y_pred, target):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.mean(np.asarray(target) * np.log(y_pred))


@cross_entropy.mistake(
    "sum-nan",
    "0 · ln 0 gives nan, and a batch is added up. Pick the target's class; then take the mean over rows.",
)
def _(y_pred, target):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.sum(np.asarray(target) * np.log(y_pred))


@cross_entropy.mistake(
    "len-of-one-example",
    "One example was divided by its classes: len() of a vector. Only a batch has rows to average; ask for ndim.",
)
def _(y_pred, target):
    return np.sum(-np.log(picked(y_pred, target))) / len(y_pred)


@cross_entropy.mistake(
    "over-classes", "Divided by the number of classes. The mean goes over the rows: divide by n."
)
def _(y_pred, target):
    return np.sum(-np.log(picked(y_pred, target))) / np.shape(y_pred)[-1]


@cross_entropy.mistake(
    "rmse", "That is a root of mean squares. Use the logarithm of the target's share instead."
)
def _(y_pred, target):
    return np.sqrt(np.mean((np.asarray(y_pred) - np.asarray(target)) ** 2))


@cross_entropy.mistake(
    "divided-twice", "Too small in a batch: it was divided by its rows twice. Take one mean."
)
def _(y_pred, target):
    return np.mean(-np.log(picked(y_pred, target))) / len(np.atleast_2d(y_pred))


@cross_entropy.mistake(
    "sign", "Right size, but negative. A logarithm of a share is below 0; turn its sign."
)
def _(y_pred, target):
    return -cross_entropy(y_pred, target)


@cross_entropy.mistake(
    "log10", "Too small by 2.3026: that is log10. Use the natural logarithm, np.log."
)
def _(y_pred, target):
    return cross_entropy(y_pred, target) / np.log(10)


@cross_entropy.mistake(
    "log2", "Too large by 1.4427: that is log2. Use the natural logarithm, np.log."
)
def _(y_pred, target):
    return cross_entropy(y_pred, target) / np.log(2)


@cross_entropy.mistake(
    "binary",
    "The other classes count too: that is the form for two classes. Use the target's class alone.",
)
def _(y_pred, target):
    y_pred, target = floats(y_pred, target)
    other = -np.sum((1 - target) * logs(1 - y_pred), axis=-1)
    return np.mean(-np.log(picked(y_pred, target)) + other)


@cross_entropy.mistake(
    "squared-error", "That is a sum of squares, unit 3's kind of error. Use a logarithm here."
)
def _(y_pred, target):
    return np.mean(np.sum((np.asarray(y_pred) - np.asarray(target)) ** 2, axis=-1))


@cross_entropy.mistake(
    "half-squared-error",
    "That is unit 3's ½(t − o)². Use the logarithm of the target's share here.",
)
def _(y_pred, target):
    return np.mean(np.sum((np.asarray(y_pred) - np.asarray(target)) ** 2, axis=-1)) / 2


@cross_entropy.mistake(
    "mse", "That is unit 1's mean of squares. Use the logarithm of the target's share."
)
def _(y_pred, target):
    return np.mean((np.asarray(y_pred) - np.asarray(target)) ** 2)


@cross_entropy.mistake(
    "no-log", "That is the target's probability itself. Its loss is minus a logarithm."
)
def _(y_pred, target):
    return np.mean(picked(y_pred, target))


@cross_entropy.mistake(
    "missing-share", "That is 1 minus the probability. Take minus its natural logarithm instead."
)
def _(y_pred, target):
    return np.mean(1 - picked(y_pred, target))


@cross_entropy.mistake(
    "all-classes",
    "The logarithms of all classes were added. Multiply by target: only its class counts.",
)
def _(y_pred, target):
    return np.mean(-np.sum(logs(y_pred), axis=-1))


@cross_entropy.mistake(
    "other-classes",
    "The wrong classes were counted, the right one left out. Look at the factor of the log.",
)
def _(y_pred, target):
    return np.mean(-np.sum((1 - np.asarray(target)) * logs(y_pred), axis=-1))


@cross_entropy.mistake(
    "entropy", "That is the entropy of y_pred alone. One of the two factors is target; put it in."
)
def _(y_pred, target):
    return np.mean(-np.sum(np.asarray(y_pred) * logs(y_pred), axis=-1))


@cross_entropy.mistake(
    "exchanged", "The logarithm was taken of target, which holds zeros. Exchange the two arguments."
)
def _(y_pred, target):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.mean(-np.sum(np.asarray(y_pred) * np.log(target), axis=-1))


@cross_entropy.mistake(
    "exchanged-clipped", "The logarithm was taken of target, which holds zeros. Exchange the two."
)
def _(y_pred, target):
    clipped = np.clip(np.asarray(target, dtype=float), 1e-12, 1)
    return np.mean(-np.sum(np.asarray(y_pred) * np.log(clipped), axis=-1))


@cross_entropy.mistake(
    "exchanged-picked",
    "The class was picked by y_pred, and its logarithm taken of target. Exchange the two.",
)
def _(y_pred, target):
    chosen = np.argmax(y_pred, axis=-1)
    rows, chosen = np.atleast_2d(np.asarray(target, dtype=float)), np.atleast_1d(chosen)
    with np.errstate(divide="ignore"):
        return -np.mean(np.log(rows[np.arange(len(rows)), chosen]))


def two_classes(average):
    """Return the loss for two classes, as logistic regression writes it."""

    def answer(y_pred, target):
        y, t = floats(y_pred, target)
        with np.errstate(divide="ignore", invalid="ignore"):
            return average(-(t * np.log(y) + (1 - t) * np.log(1 - y)))

    return answer


for id, average in (
    ("mean", np.mean),
    ("sum", np.sum),
    ("rows", lambda losses: np.mean(np.sum(losses, axis=-1))),
):
    cross_entropy.mistake(
        f"binary-{id}",
        "The wrong classes count as well, by ln(1 − y): the form for two classes. Use the target's class alone.",
    )(two_classes(average))


@cross_entropy.mistake(
    "log-of-mean", "The mean was taken before the logarithm. Take each row's logarithm first."
)
def _(y_pred, target):
    return -np.log(np.mean(picked(y_pred, target)))


@cross_entropy.mistake(
    "softmax-again",
    "Softmax was applied once more. y_pred holds probabilities already; use them as they are.",
)
def _(y_pred, target):
    return cross_entropy(softmax(y_pred), target)


@cross_entropy.mistake(
    "largest",
    "The largest probability was taken. The loss asks for the class that target marks; pick that.",
)
def _(y_pred, target):
    return np.mean(-np.log(np.max(y_pred, axis=-1)))


@cross_entropy.mistake(
    "one-example",
    "Right for one example, not for a batch. Pick a probability in every row; then average.",
)
def _(y_pred, target):
    return -np.log(np.asarray(y_pred)[np.argmax(target)])


@cross_entropy.mistake(
    "first-row",
    "Of a batch only the first row counts: by a `return` in a loop, or argmax without axis. Average all rows.",
)
def _(y_pred, target):
    return -np.log(np.ravel(y_pred)[np.argmax(target)])


@cross_entropy.mistake(
    "only-batches",
    "It works for a batch and stops for one example. The last axis is axis −1; use it.",
)
def _(y_pred, target):
    y_pred, target = floats(y_pred, target)
    return np.mean(-np.log(np.sum(y_pred * target, axis=1)))


@cross_entropy.mistake(
    "a-loss-a-row", "One loss for each row came back. Return one number: their mean."
)
def _(y_pred, target):
    losses = -np.log(picked(y_pred, target))
    return losses if losses.ndim else float(losses)


@cross_entropy.mistake(
    "wrong-axis",
    "Sums went down the columns: rows that share a class got mixed. Sum along axis −1.",
)
def _(y_pred, target):
    y_pred, target = floats(y_pred, target)
    return np.mean(-np.sum(target * logs(y_pred), axis=0))


CLIPPED = (
    "Your clip reaches too far: at a probability of 1e-9 it shows. Move its lower limit to 1e-15."
)
CLIPPED_BOTH = "Your clip changes a probability of 1, or of 1e-9. Move its limits to 1e-15, or pick the target's class."
ADDED = "A small number is added inside the log, which changes every loss a little. Use np.clip or a mask."

for digits in (2, 3, 4, 5, 6, 7, 8):
    cross_entropy.mistake(f"clip-{digits}", CLIPPED)(
        lambda y_pred, target, low=10.0**-digits: cross_entropy(np.clip(y_pred, low, 1), target)
    )
for digits in (3, 5, 6, 7, 8, 9):
    cross_entropy.mistake(f"clip-both-{digits}", CLIPPED_BOTH)(
        lambda y_pred, target, low=10.0**-digits: cross_entropy(
            np.clip(y_pred, low, 1 - low), target
        )
    )
for digits in (3, 5, 6, 7, 8, 9, 10, 12):
    cross_entropy.mistake(f"added-{digits}", ADDED)(
        lambda y_pred, target, extra=10.0**-digits: (
            -np.mean(np.sum(np.asarray(target) * np.log(np.asarray(y_pred) + extra), axis=-1))
        )
    )


@cross_entropy.mistake("not-for-lists", CONVERT)
def _(y_pred, target):
    return np.mean(-np.log((y_pred * target).sum(axis=-1)))


@cross_entropy.mistake(
    "in-place",
    "The value is right, but y_pred changed. Clip into a new array; leave the given one alone.",
)
def _(y_pred, target):
    y_pred = np.asarray(y_pred, dtype=float)
    y_pred[y_pred == 0] = 1e-15
    return cross_entropy(y_pred, target)


# forward_mlp -------------------------------------------------------------------------------------


@exercise(
    returns=record(
        more=True, z1="array", a1="array", z2="array", a2="array", z3="array", y="array"
    ),
    unchanged=0.5,
    tolerance={"floor": 1e-9},
    hints=(
        "How many numbers does each layer hold for one example, and how many for a batch of five?",
        "z = A @ W.T + b holds for one example and for a batch. ReLU follows layers 1 and 2; softmax follows z3.",
        "Make X and the six parameters float arrays; then one line for each of the six keys.",
    ),
    praise="z and a of every layer are kept: the way back reads them.",
)
def forward_mlp(X, params):
    (X,) = floats(X)
    W1, b1, W2, b2, W3, b3 = floats(*(params[key] for key in KEYS))
    z1 = X @ W1.T + b1
    a1 = relu(z1)
    z2 = a1 @ W2.T + b2
    a2 = relu(z2)
    z3 = a2 @ W3.T + b3
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2, "z3": z3, "y": softmax(z3)}


LARGE = {**YEH, "W3": 1000 * YEH["W3"], "b3": np.array([-1999.0, -6000, -7000])}
WIDE_END = ([[0.5, -1], [1, 0.25], [-0.5, 2]], [0.5, -1, 0])  # two units to three classes
ROWS = [[1, -2], [0, 1], [2, -1], [-1, 3]]  # four rows, two numbers each

forward_mlp.show(X, YEH, written="X, yeh")
forward_mlp.show(X, SLEEPER, written="X, sleeper")
forward_mlp.show(BATCH, YEH, written="batch, yeh")
forward_mlp.show(X_OTHER, OTHER, written="X_other, other")
forward_mlp.show([2, -1], SMALL)
forward_mlp.show(ROWS, SMALL)
forward_mlp.show(np.array([[2.0, -1.0]]), turned(SMALL))
forward_mlp.show(X, LARGE)
forward_mlp.show(BATCH, LARGE)
forward_mlp.show(
    np.array([1.5, -0.5]),
    named([[2, -1], [-3, 1]], [1, 0.5], [[-1, 2], [3, 1]], [1, -2], [[1, -2], [0, 1]], [0.5, -1]),
)


@forward_mlp.hidden("one example", 1.5, "One example through networks of three sizes.")
def _(rng):
    for sizes in SIZES:
        x, _, params = example(rng, *sizes)
        yield x, params
    x, _, params = kinked(rng, 3, 4, 3, 3)
    yield x, params
    x, _, params = example(rng, 3, 3, 3, 3)  # nothing but shapes that a missing transpose survives
    yield x, params


@forward_mlp.hidden("a batch", 1, "Batches, one row for each example; also a batch of one.")
def _(rng):
    for n, sizes in zip((6, 4, 2), SIZES, strict=True):
        _, _, params = example(rng, *sizes)
        yield mixed(rng, n, sizes[0]), params
    _, _, params = example(rng, 2, 4, 3, 5)
    yield mixed(rng, 1, 2), params
    _, _, params = example(rng, 4, 4, 4, 4)
    yield mixed(rng, 4, 4), params


@forward_mlp.hidden("large numbers", 0.5, "Values of z3 up to 10000 in size.")
def _(rng):
    for rows in ((), (3,)):
        _, _, params = example(rng, 3, 4, 3, 5)
        large = params["W3"] * 1500, params["b3"] * 1500
        yield mixed(rng, *rows, 3), {**params, "W3": large[0], "b3": large[1]}


@forward_mlp.hidden("lists and key order", 0.5, "Lists, tuples, integers, and keys in any order.")
def _(rng):
    x, _, params = kinked(rng, 2, 4, 3, 2)
    yield x.astype(int).tolist(), turned(params)
    yield tuple(x.astype(int).tolist()), listed({k: v.astype(int) for k, v in params.items()})
    yield [x.tolist(), [1, -2], [0.5, 1]], turned(listed(params))
    yield x.astype(int), turned({k: v.astype(int) for k, v in params.items()})


def no_bend(z):
    """Return z as it is: the activation that somebody left out."""
    return z + 0.0


def sigma(z):
    """Return unit 3's sigmoid, for wrong answers."""
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))


def direct(z):
    """Return the softmax of one that overflows, for wrong answers."""
    with np.errstate(over="ignore", invalid="ignore"):
        e = np.exp(z)
        return e / e.sum(axis=-1, keepdims=True)


@forward_mlp.mistake(
    "no-relu",
    "There is no ReLU: negative numbers reach the next layer. Put it after layers 1 and 2.",
)
def _(X, params):
    return forwards(X, params, first=no_bend, second=no_bend)


@forward_mlp.mistake(
    "no-relu-1", "ReLU is missing after layer 1: a1 holds negative numbers. Put it there."
)
def _(X, params):
    return forwards(X, params, first=no_bend)


@forward_mlp.mistake(
    "no-relu-2", "ReLU is missing after layer 2: a2 holds negative numbers. Put it there."
)
def _(X, params):
    return forwards(X, params, second=no_bend)


@forward_mlp.mistake(
    "relu-on-z3",
    "z3 lost its negative numbers: ReLU stands after layer 3 as well. Take it out there.",
)
def _(X, params):
    cache = forwards(X, params)
    z3 = cut(cache["z3"])
    return {**cache, "z3": z3, "y": share(z3)}


@forward_mlp.mistake(
    "relu-before-softmax", "z3 is right, but ReLU stands before softmax. Give softmax z3 itself."
)
def _(X, params):
    return forwards(X, params, last=lambda z: share(cut(z)))


@forward_mlp.mistake("no-softmax", "y is z3 itself. Turn it into shares of 1 with softmax.")
def _(X, params):
    return forwards(X, params, last=no_bend)


@forward_mlp.mistake(
    "relu-for-softmax", "y is the ReLU of z3. The last layer ends with softmax; use it."
)
def _(X, params):
    return forwards(X, params, last=cut)


@forward_mlp.mistake(
    "sigmoid-out", "The last layer ends with a sigmoid, so y does not add up to 1. Use softmax."
)
def _(X, params):
    return forwards(X, params, last=sigma)


@forward_mlp.mistake(
    "sigmoid-hidden", "The hidden layers use unit 3's sigmoid. Here both use ReLU; exchange it."
)
def _(X, params):
    return forwards(X, params, first=sigma, second=sigma)


@forward_mlp.mistake(
    "sigmoid-1", "Layer 1 uses unit 3's sigmoid. Both hidden layers use ReLU; exchange it."
)
def _(X, params):
    return forwards(X, params, first=sigma)


@forward_mlp.mistake(
    "sigmoid-2", "Layer 2 uses unit 3's sigmoid. Both hidden layers use ReLU; exchange it."
)
def _(X, params):
    return forwards(X, params, second=sigma)


@forward_mlp.mistake(
    "sigmoid-everywhere",
    "All three layers use unit 3's sigmoid. Use ReLU in two of them and softmax at the end.",
)
def _(X, params):
    return forwards(X, params, first=sigma, second=sigma, last=sigma)


@forward_mlp.mistake(
    "mask-for-relu", "a1 and a2 hold only 1 and 0: that is ReLU's slope. Use relu itself."
)
def _(X, params):
    return forwards(X, params, first=lambda z: (z > 0) * 1.0, second=lambda z: (z > 0) * 1.0)


@forward_mlp.mistake(
    "overflow", "For large z3 y is nan. Subtract the largest before the exponential, as in softmax."
)
def _(X, params):
    return forwards(X, params, last=direct)


@forward_mlp.mistake(
    "global-softmax",
    "In a batch all rows of y together add up to 1. Each row must; use the last axis.",
)
def _(X, params):
    return forwards(X, params, last=lambda z: np.exp(z - z.max()) / np.exp(z - z.max()).sum())


@forward_mlp.mistake(
    "softmax-axis-0", "In a batch the columns of y add up to 1. Each row must; use the last axis."
)
def _(X, params):
    return forwards(X, params, last=lambda z: share(z.T).T)


@forward_mlp.mistake(
    "batch-maximum",
    "Low rows of y are nan: one number was taken off all rows of z3. Each row needs its own maximum.",
)
def _(X, params):
    def last(z):
        with np.errstate(invalid="ignore"):
            e = np.exp(z - z.max())
            return e / e.sum(axis=-1, keepdims=True)

    return forwards(X, params, last=last)


@forward_mlp.mistake(
    "z-overwritten", "z1 equals a1: ReLU wrote into z, which the way back needs. Keep both arrays."
)
def _(X, params):
    cache = forwards(X, params)
    return {**cache, "z1": cache["a1"], "z2": cache["a2"]}


@forward_mlp.mistake(
    "z-passed-on", "a1 and a2 are right, but z1 and z2 went into the next layer. Pass on a."
)
def _(X, params):
    cache = forwards(X, params, first=no_bend, second=no_bend)
    return {**cache, "a1": cut(cache["z1"]), "a2": cut(cache["z2"])}


@forward_mlp.mistake(
    "z1-passed-on", "a1 is right, but z1 went into layer 2. Pass on what left layer 1."
)
def _(X, params):
    cache = forwards(X, params, first=no_bend)
    return {**cache, "a1": cut(cache["z1"])}


@forward_mlp.mistake(
    "z2-passed-on", "a2 is right, but z2 went into layer 3. Pass on what left layer 2."
)
def _(X, params):
    cache = forwards(X, params, second=no_bend)
    return {**cache, "a2": cut(cache["z2"])}


@forward_mlp.mistake("no-bias", "The biases are missing: z is W @ a alone. Add b in every layer.")
def _(X, params):
    return forwards(X, {k: v if k[0] == "W" else np.multiply(v, 0) for k, v in params.items()})


for layer in "123":
    forward_mlp.mistake(
        f"no-bias-{layer}",
        f"z{layer} holds no bias. Look at how z1, z2 and z3 are written; each has its own b.",
    )(
        lambda X, params, b=f"b{layer}": forwards(X, {**params, b: np.multiply(params[b], 0)}),
    )
    forward_mlp.mistake(
        f"minus-bias-{layer}",
        f"In z{layer} the bias was subtracted. z is W @ a plus b; look at the sign.",
    )(
        lambda X, params, b=f"b{layer}": forwards(X, {**params, b: np.multiply(params[b], -1)}),
    )


def other_member(id, message, layer, inputs=None, **exchanged):
    """Add a mistake that takes another layer's input, or another member of params, in a layer."""

    @forward_mlp.mistake(id, message)
    def _(X, params):
        p = {key: np.asarray(params[key], dtype=float) for key in KEYS}
        numbers = {"X": np.asarray(X, dtype=float)}
        for number, source in ((1, "X"), (2, "a1"), (3, "a2")):
            names = {"W": f"W{number}", "b": f"b{number}"}
            if number == layer:
                source, names = inputs or source, names | exchanged
            z = numbers[source] @ p[names["W"]].T + p[names["b"]]
            numbers |= {f"z{number}": z, f"a{number}": cut(z)}
        return {
            **{key: numbers[key] for key in ("z1", "a1", "z2", "a2", "z3")},
            "y": share(numbers["z3"]),
        }


for layer, b in ((1, "b2"), (2, "b1"), (2, "b3"), (3, "b2"), (3, "b1")):
    other_member(
        f"{b}-in-layer-{layer}",
        f"Another layer's bias stands in z{layer}. Compare the numbers in the names on that line.",
        layer,
        b=b,
    )
other_member(
    "X-in-layer-2", "X went into layer 2 once more. Pass on what left layer 1.", 2, inputs="X"
)
other_member("X-in-layer-3", "X went into layer 3. Pass on what left layer 2.", 3, inputs="X")
other_member(
    "a1-in-layer-3",
    "What left layer 1 went into layer 3 as well. Pass on what left layer 2.",
    3,
    inputs="a1",
)


@forward_mlp.mistake(
    "one-example-not-for-lists",
    "It works for one example of arrays alone. Convert with np.asarray; then think of rows: A @ W.T + b.",
)
def _(X, params):
    z1 = params["W1"] @ X + params["b1"]
    z2 = params["W2"] @ cut(z1) + params["b2"]
    z3 = params["W3"] @ cut(z2) + params["b3"]
    return {"z1": z1, "a1": cut(z1), "z2": z2, "a2": cut(z2), "z3": z3, "y": share(z3)}


@forward_mlp.mistake(
    "minus-bias", "The biases were subtracted. z is W @ a plus b; look at the sign."
)
def _(X, params):
    return forwards(X, {k: v if k[0] == "W" else np.multiply(v, -1) for k, v in params.items()})


@forward_mlp.mistake(
    "shared-bias",
    "A layer's neurons all got its first bias. Each has its own: add the whole vector.",
)
def _(X, params):
    return forwards(
        X, {k: v if k[0] == "W" else np.full(np.shape(v), v[0]) for k, v in params.items()}
    )


@forward_mlp.mistake(
    "no-transpose",
    "A product in a layer pairs the wrong sides: W is (out, in). Look at the shapes; transpose W.",
)
def _(X, params):
    turned_over = {k: np.transpose(v) if k[0] == "W" else v for k, v in params.items()}
    return forwards(X, turned_over)


@forward_mlp.mistake(
    "one-example",
    "Right for one example; a batch has its examples in rows. Write A @ W.T + b instead.",
)
def _(X, params):
    W1, b1, W2, b2, W3, b3 = floats(*(params[key] for key in KEYS))
    z1 = W1 @ np.asarray(X, dtype=float) + b1
    z2 = W2 @ cut(z1) + b2
    z3 = W3 @ cut(z2) + b3
    return {"z1": z1, "a1": cut(z1), "z2": z2, "a2": cut(z2), "z3": z3, "y": share(z3)}


@forward_mlp.mistake(
    "always-a-batch",
    "One example came back as a batch of one. Keep (h,) for it; only a batch gives rows.",
)
def _(X, params):
    return forwards(np.atleast_2d(np.asarray(X, dtype=float)), params)


@forward_mlp.mistake(
    "columns",
    "In a batch the examples stand in columns. Rows are examples: A @ W.T + b keeps them so.",
)
def _(X, params):
    cache = forwards(X, params)
    return {key: value.T for key, value in cache.items()}


@forward_mlp.mistake(
    "column-plus-row",
    "A column plus b gives a square: z1 has shape (h, h). Keep one example 1-D, as it comes.",
)
def _(X, params):
    W1, b1, W2, b2, W3, b3 = floats(*(params[key] for key in KEYS))
    z1 = W1 @ np.reshape(X, (-1, 1)) + b1
    z2 = W2 @ cut(z1) + b2
    z3 = W3 @ cut(z2) + b3
    return {"z1": z1, "a1": cut(z1), "z2": z2, "a2": cut(z2), "z3": z3, "y": share(z3)}


@forward_mlp.mistake(
    "one-row", "A batch is run for its first row only. Let X @ W.T take all rows at once."
)
def _(X, params):
    X = np.asarray(X, dtype=float)
    return forwards(X if X.ndim == 1 else X[0], params)


@forward_mlp.mistake(
    "rounded", "y is rounded, as on paper. Keep full precision; rounding belongs to print."
)
def _(X, params):
    return forwards(X, params, last=lambda z: np.round(share(z), 2))


@forward_mlp.mistake(
    "hard", "y holds 1 for the largest and 0 elsewhere. The loss needs the shares: use softmax."
)
def _(X, params):
    return forwards(X, params, last=lambda z: (z == z.max(axis=-1, keepdims=True)) * 1.0)


@forward_mlp.mistake(
    "only-y", "Only y came back. The way back needs all six arrays: return them in a dict."
)
def _(X, params):
    return forwards(X, params)["y"]


@forward_mlp.mistake(
    "tuple", "The arrays came as a tuple. Return a dict with the keys z1, a1, z2, a2, z3, y."
)
def _(X, params):
    return tuple(forwards(X, params).values())


@forward_mlp.mistake("a3-for-y", "The last activation is called a3. The task names its key: y.")
def _(X, params):
    cache = forwards(X, params)
    return {"a3" if key == "y" else key: value for key, value in cache.items()}


@forward_mlp.mistake(
    "keeps-arguments",
    "All values are right, but an extra key holds an argument itself. Leave it out, or store a copy.",
)
def _(X, params):
    return {**forwards(X, params), "X": X, "params": params}


@forward_mlp.mistake("key-order", BY_NAME)
def _(X, params):
    return forwards(X, dict(zip(KEYS, params.values(), strict=True)))


@forward_mlp.mistake("not-for-lists", CONVERT)
def _(X, params):
    z1 = X @ params["W1"].T + params["b1"]
    z2 = cut(z1) @ params["W2"].T + params["b2"]
    z3 = cut(z2) @ params["W3"].T + params["b3"]
    return {"z1": z1, "a1": cut(z1), "z2": z2, "a2": cut(z2), "z3": z3, "y": share(z3)}


@forward_mlp.mistake(
    "in-place",
    "The values are right, but params is not what it was. Compute new arrays; store nothing in params.",
)
def _(X, params):
    cache = forwards(X, params)
    params["b1"] = np.add(params["b1"], 0.5)
    return cache


# output_delta ------------------------------------------------------------------------------------


@exercise(
    returns="array",
    unchanged=0.5,
    hints=(
        "Which class should get more, which less? The signs follow from that.",
        "Softmax and cross-entropy together have a slope as short as can be: prediction against target.",
        "Make both float arrays; then one difference.",
    ),
    praise="Softmax and cross-entropy melt into one difference. The way back starts here.",
)
def output_delta(y_pred, target):
    y_pred, target = floats(y_pred, target)
    return y_pred - target


output_delta.show([0.5, 0.5, 0], [0, 1, 0])
output_delta.show(OUT, TARGET)
output_delta.show((0.2, 0.7, 0.06, 0.04), np.array([0, 0, 1, 0]))
output_delta.show(
    np.array([[0.7, 0.1, 0.2], [0.25, 0.5, 0.25]]), np.array([[1.0, 0, 0], [0, 0, 1]])
)
output_delta.show([[0.1, 0.65, 0.25]], [[0, 0, 1]])


@output_delta.hidden("one example", 0.5, "One example of 2 to 6 classes.")
def _(rng):
    for k in (2, 3, 4, 6):
        yield chances(rng, k), one_hot(rng, k)
    yield np.array([0.0, 0.875, 0.125]), np.array([0.0, 0, 1])


@output_delta.hidden("batch, lists, integers", 0.5, "A batch of rows; lists, tuples and integers.")
def _(rng):
    for n, k in ((5, 3), (3, 3), (2, 4)):
        yield chances(rng, k, n), one_hot(rng, k, n)
    yield chances(rng, 4, 1), one_hot(rng, 4, 1)
    yield [0.125, 0.5, 0.375], (0, 1, 0)
    yield chances(rng, 4), [0, 0, 0, 1]
    yield (0, 1), [1, 0]


@output_delta.mistake(
    "t-minus-y",
    "Right size, opposite sign: a step would climb. Look at the order of the difference.",
)
def _(y_pred, target):
    return np.subtract(target, y_pred, dtype=float)


@output_delta.mistake(
    "by-y",
    "That is the slope by y, not by z3. Softmax lies between; the result is a plain difference.",
)
def _(y_pred, target):
    with np.errstate(divide="ignore", invalid="ignore"):
        return -np.asarray(target) / np.asarray(y_pred, dtype=float)


@output_delta.mistake(
    "sigmoid-slope",
    "You multiplied by y(1 − y). Softmax's derivative is inside already; drop that factor.",
)
def _(y_pred, target):
    y_pred, target = floats(y_pred, target)
    return (y_pred - target) * y_pred * (1 - y_pred)


@output_delta.mistake(
    "jacobian-again",
    "Softmax's derivative was applied once more. It is inside already; stop earlier.",
)
def _(y_pred, target):
    y, t = floats(y_pred, target)
    return y * (y - t - np.sum(y * (y - t), axis=-1, keepdims=True))


@output_delta.mistake(
    "target-class",
    "Only the target's class has an entry. The others get theirs too; drop the factor.",
)
def _(y_pred, target):
    y_pred, target = floats(y_pred, target)
    return (y_pred - target) * target


@output_delta.mistake(
    "other-classes",
    "The target's class came out 0. It has the largest slope of all; drop the factor.",
)
def _(y_pred, target):
    y_pred, target = floats(y_pred, target)
    return (y_pred - target) * (1 - target)


@output_delta.mistake(
    "mean",
    "In a batch it was divided by the rows. That happens once, at the end; leave it out here.",
)
def _(y_pred, target):
    return np.subtract(y_pred, target, dtype=float) / len(np.atleast_2d(y_pred))


@output_delta.mistake(
    "over-classes",
    "Divided by the number of classes. The loss is no mean over classes; do not divide.",
)
def _(y_pred, target):
    return np.subtract(y_pred, target, dtype=float) / np.shape(y_pred)[-1]


@output_delta.mistake(
    "twice", "Twice the expected size. There is no square in this loss; drop the 2."
)
def _(y_pred, target):
    return 2 * np.subtract(y_pred, target, dtype=float)


@output_delta.mistake(
    "squared",
    "You squared it, and the signs are gone. The slope is the difference itself; drop the square.",
)
def _(y_pred, target):
    return np.subtract(y_pred, target, dtype=float) ** 2


@output_delta.mistake("absolute", "The signs are gone, and with them the direction. Leave abs out.")
def _(y_pred, target):
    return np.abs(np.subtract(y_pred, target, dtype=float))


@output_delta.mistake(
    "minus-one",
    "1 was subtracted from every class. Only the target's class has a 1; subtract target.",
)
def _(y_pred, target):
    return np.asarray(y_pred, dtype=float) - 1


@output_delta.mistake("plus", "y and target were added. Which one pulls down? Look at the sign.")
def _(y_pred, target):
    return np.add(y_pred, target, dtype=float)


@output_delta.mistake(
    "product", "y and target were multiplied. It is a difference; look at the sign between them."
)
def _(y_pred, target):
    return np.multiply(y_pred, target, dtype=float)


@output_delta.mistake(
    "column-minus-row",
    "A column minus a row gives a square matrix. Keep both in one shape; no reshape.",
)
def _(y_pred, target):
    y_pred, target = floats(y_pred, target)
    return y_pred[..., :, None] - target[..., None, :]


@output_delta.mistake(
    "softmax-again",
    "Softmax was applied once more. y_pred holds probabilities already; use them as they are.",
)
def _(y_pred, target):
    return share(np.asarray(y_pred, dtype=float)) - np.asarray(target)


@output_delta.mistake("summed", "All entries were added up. Each class has its own; leave sum out.")
def _(y_pred, target):
    return np.sum(np.subtract(y_pred, target, dtype=float))


@output_delta.mistake(
    "batch-mean", "The rows of a batch were averaged into one. Keep a row for each example."
)
def _(y_pred, target):
    delta = np.subtract(y_pred, target, dtype=float)
    return delta if delta.ndim == 1 else delta.mean(axis=0)


@output_delta.mistake(
    "rounded", "Rounded, as on paper. Keep full precision; the next steps multiply it."
)
def _(y_pred, target):
    return np.round(np.subtract(y_pred, target, dtype=float), 1)


for digits in (2, 3, 4, 5, 6):
    output_delta.mistake(
        f"rounded-{digits}", "Rounded. Keep full precision; the next steps multiply it."
    )(lambda y_pred, target, digits=digits: np.round(np.subtract(y_pred, target), digits))


@output_delta.mistake(
    "list", "A list came back. Return a NumPy array; a difference of two arrays is one."
)
def _(y_pred, target):
    return np.subtract(y_pred, target, dtype=float).tolist()


@output_delta.mistake("not-for-lists", CONVERT)
def _(y_pred, target):
    return y_pred - target


@output_delta.mistake(
    "in-place-result", "The result is y_pred itself, overwritten by −=. Compute a new array."
)
def _(y_pred, target):
    y_pred = np.asarray(y_pred, dtype=float)
    y_pred -= target
    return y_pred


@output_delta.mistake(
    "in-place", "The values are right, but y_pred changed: −= writes into it. Compute a new array."
)
def _(y_pred, target):
    y_pred = np.asarray(y_pred, dtype=float)
    y_pred -= target
    return y_pred.copy()


# layer_grads -------------------------------------------------------------------------------------


@exercise(
    returns=values(dW="array", db="array"),
    unchanged=0.5,
    hints=(
        "dW[i, j] belongs to the weight from input j to neuron i. Which two numbers meet there?",
        "dW[i, j] = dz[i] · a_prev[j], and db[i] = dz[i]: the bias is a weight whose input is 1.",
        "np.outer gives all products; which of the two comes first? Return a copy of dz for db.",
    ),
    praise="One outer product. A weight whose input is 0 gets no slope.",
)
def layer_grads(dz, a_prev):
    dz, a_prev = floats(dz, a_prev)
    return np.outer(dz, a_prev), dz.copy()


layer_grads.show(np.array([0.5, -0.5, 0.0]), np.array([2.0, 4.0]))
layer_grads.show([1, -2], [0, 3, -5, 3])
layer_grads.show(np.array([0.3, -1.2, 0.7]), (1.5, -0.4, 2.0))
layer_grads.show((2,), np.array([-1.0, 0.5]))
layer_grads.show(np.array([-0.25, 3.0, 0.5, 2.0]), [3])


@layer_grads.hidden("values", 1.5, "Layers of 1 to 5 neurons with 1 to 5 inputs of any sign.")
def _(rng):
    for k, m in ((2, 4), (4, 3), (3, 5), (5, 2)):
        yield mixed(rng, k), mixed(rng, m)
    yield np.array([rng.uniform(0.5, 2), 0.0, -rng.uniform(0.5, 2)]), mixed(rng, 3)
    yield mixed(rng, 1), mixed(rng, 3)
    yield mixed(rng, 3), mixed(rng, 1)


@layer_grads.hidden("lists and integers", 0.5, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [1, -2, 3], (4, 0)
    yield (0.5, -1), mixed(rng, 3)
    yield mixed(rng, 3), [2, -1]
    yield np.array([2, -1, 4]), np.array([1, 3, -2])


@layer_grads.mistake(
    "transposed",
    "Rows and columns of dW are exchanged. dW has the shape of W, a row for each neuron; turn the product.",
)
def _(dz, a_prev):
    return np.outer(a_prev, dz), np.array(dz, dtype=float)


@layer_grads.mistake(
    "integers", "Fractions were cut off: an array of ints holds none. Convert with dtype=float."
)
def _(dz, a_prev):
    dz, a_prev = np.asarray(dz).astype(int), np.asarray(a_prev).astype(int)
    return np.outer(dz, a_prev), dz.copy()


@layer_grads.mistake("order", "The two arrays are exchanged. Return dW first, then db.")
def _(dz, a_prev):
    return np.array(dz, dtype=float), np.outer(dz, a_prev)


@layer_grads.mistake("only-dW", "Only dW came back. The biases move too; return dW and db.")
def _(dz, a_prev):
    return np.outer(dz, a_prev)


@layer_grads.mistake(
    "augmented", "dW and db came as one matrix. Split off the last column: it is db."
)
def _(dz, a_prev):
    return np.outer(dz, np.append(a_prev, 1.0))


@layer_grads.mistake(
    "dW-augmented", "dW has a column too many, the bias'. Leave it to db: dW has the shape of W."
)
def _(dz, a_prev):
    return np.outer(dz, np.append(a_prev, 1.0)), np.array(dz, dtype=float)


@layer_grads.mistake(
    "elementwise",
    "Entries of dz and a_prev met one by one. Every neuron meets every input; an outer product does that.",
)
def _(dz, a_prev):
    dz, a_prev = floats(dz, a_prev)
    return dz * a_prev, dz.copy()


@layer_grads.mistake(
    "dot",
    "@ and np.dot add products up, or stop where sizes differ. Each pair has its own place; use an outer product.",
)
def _(dz, a_prev):
    dz, a_prev = floats(dz, a_prev)
    return np.dot(dz, a_prev), dz.copy()


@layer_grads.mistake(
    "rectified",
    "Negative inputs were set to 0. Take a_prev as it comes: ReLU came before, or it is X.",
)
def _(dz, a_prev):
    return np.outer(dz, cut(np.asarray(a_prev))), np.array(dz, dtype=float)


@layer_grads.mistake(
    "mask-of-a", "dW holds 1 in the place of each positive input. Multiply dz by the input itself."
)
def _(dz, a_prev):
    return np.outer(dz, np.asarray(a_prev) > 0), np.array(dz, dtype=float)


@layer_grads.mistake(
    "only-positive-dz", "Negative entries of dz were set to 0. Its sign is the direction: keep it."
)
def _(dz, a_prev):
    return np.outer(cut(np.asarray(dz)), a_prev), cut(np.asarray(dz, dtype=float))


@layer_grads.mistake(
    "sign", "Right size, opposite sign. The minus belongs to the update; leave it out here."
)
def _(dz, a_prev):
    return -np.outer(dz, a_prev), -np.asarray(dz, dtype=float)


@layer_grads.mistake(
    "dz-twice", "dW was built of dz alone. A weight's slope holds its input: use a_prev."
)
def _(dz, a_prev):
    return np.outer(dz, dz), np.array(dz, dtype=float)


@layer_grads.mistake(
    "a-twice", "dW was built of a_prev alone. Each row is scaled by its neuron's dz; use it."
)
def _(dz, a_prev):
    return np.outer(a_prev, a_prev), np.array(dz, dtype=float)


@layer_grads.mistake(
    "dW-inputs", "The rows of dW are the inputs, unscaled. Multiply each row by its neuron's dz."
)
def _(dz, a_prev):
    return np.outer(np.ones(len(dz)), a_prev), np.array(dz, dtype=float)


@layer_grads.mistake(
    "over-inputs",
    "dW was divided by the number of inputs. Nothing is averaged here; do not divide.",
)
def _(dz, a_prev):
    return np.outer(dz, a_prev) / len(a_prev), np.array(dz, dtype=float)


@layer_grads.mistake(
    "over-neurons", "Divided by the number of neurons. Nothing is averaged here; do not divide."
)
def _(dz, a_prev):
    return np.outer(dz, a_prev) / len(dz), np.asarray(dz, dtype=float) / len(dz)


@layer_grads.mistake(
    "sigmoid-slope",
    "You multiplied by a(1 − a), the sigmoid's slope. dz holds the slope already; use a_prev.",
)
def _(dz, a_prev):
    a = np.asarray(a_prev, dtype=float)
    return np.outer(dz, a * (1 - a)), np.array(dz, dtype=float)


@layer_grads.mistake(
    "db-ones", "db is 1: that is only the bias' input. Multiply it by what arrives, dz."
)
def _(dz, a_prev):
    return np.outer(dz, a_prev), np.ones(len(dz))


@layer_grads.mistake(
    "db-zeros", "db is 0: the biases would never move. They have slopes as well; which?"
)
def _(dz, a_prev):
    return np.outer(dz, a_prev), np.zeros(len(dz))


@layer_grads.mistake("db-sum", "db is one number. Each neuron has its own bias: nothing is summed.")
def _(dz, a_prev):
    return np.outer(dz, a_prev), np.sum(dz)


@layer_grads.mistake(
    "db-shared", "All entries of db are equal. Each neuron has its own bias; do not sum."
)
def _(dz, a_prev):
    return np.outer(dz, a_prev), np.full(len(dz), float(np.sum(dz)))


@layer_grads.mistake(
    "db-row-sums",
    "db holds the rows' sums of dW. The bias' input is 1, not the sum of the inputs; use 1.",
)
def _(dz, a_prev):
    dW = np.outer(dz, a_prev)
    return dW, dW.sum(axis=1)


@layer_grads.mistake(
    "db-column-sums",
    "db holds the columns' sums of dW. It has one entry a neuron, that of dz; use it.",
)
def _(dz, a_prev):
    dW = np.outer(dz, a_prev)
    return dW, dW.sum(axis=0)


@layer_grads.mistake("db-inputs", "db is a_prev. The biases of this layer see dz times 1; use dz.")
def _(dz, a_prev):
    return np.outer(dz, a_prev), np.array(a_prev, dtype=float)


@layer_grads.mistake(
    "db-column", "db is a column of shape (k, 1). Return it 1-D, in the shape of b."
)
def _(dz, a_prev):
    return np.outer(dz, a_prev), np.array(dz, dtype=float)[:, None]


@layer_grads.mistake(
    "same-memory",
    "The values are right, but db is the very array dz. A later change hits both: return a copy.",
)
def _(dz, a_prev):
    dz = np.asarray(dz, dtype=float)
    return np.outer(dz, a_prev), dz


@layer_grads.mistake("list", "db came back as it was given, a list. Return a float array.")
def _(dz, a_prev):
    return np.outer(dz, a_prev), dz if isinstance(dz, list | tuple) else dz.copy()


@layer_grads.mistake("not-for-lists", CONVERT)
def _(dz, a_prev):
    return dz[:, None] * a_prev[None, :], dz.copy()


@layer_grads.mistake(
    "in-place", "The values are right, but dz changed: *= writes into it. Compute new arrays."
)
def _(dz, a_prev):
    dz = np.asarray(dz, dtype=float)
    result = np.outer(dz, a_prev), dz.copy()
    dz *= 0.5
    return result


# Stretch, and a step of backward_mlp: delta_to_activation -----------------------------------------


@exercise(
    returns="array",
    unchanged=0.5,
    role="stretch",
    hints=(
        "Through which weights does the first input reach the neurons? They stand in one column of W.",
        "Along each path multiply, over the paths add: unit 3's step, without the slope.",
        "Make both float arrays; transpose W, so that its columns become rows.",
    ),
    praise="The same weights as forward, walked the other way.",
)
def delta_to_activation(dz, W):
    dz, W = floats(dz, W)
    return W.T @ dz


delta_to_activation.show(np.array([0.5, -0.5, 0.0]), YEH["W3"], written='[0.5, -0.5, 0], yeh["W3"]')
delta_to_activation.show([1, -1], [[1, -1, 1, 0], [0, 1, -1, 1]])
delta_to_activation.show(np.array([0.5, 0.25, -0.75]), OTHER["W3"])
delta_to_activation.show((2, -1, 0.5, 3), np.array([[0.4, -1.2], [0.7, 0.3], [-0.6, 2.0], [1, 0]]))
delta_to_activation.show(np.array([-1.5]), ((2, -3, 0.5),))
delta_to_activation.show(np.array([0.6, -0.2]), [[4], [-3]])


@delta_to_activation.hidden("values", 2, "Layers of 1 to 5 neurons with 1 to 5 inputs.")
def _(rng):
    for k, m in ((2, 4), (4, 3), (3, 5), (5, 2)):
        yield mixed(rng, k), mixed(rng, k, m)
    yield mixed(rng, 1), mixed(rng, 1, 3)
    yield mixed(rng, 3), mixed(rng, 3, 1)


@delta_to_activation.hidden("square W", 1, "Square matrices, where a wrong side raises no error.")
def _(rng):
    for k in (2, 3, 4):
        yield mixed(rng, k), mixed(rng, k, k)
    yield mixed(rng, 3), OTHER["W3"] + mixed(rng, 3, 3)
    yield mixed(rng, 4), mixed(rng, 4, 3)


@delta_to_activation.hidden("lists and integers", 0.5, "Lists, tuples and integers.")
def _(rng):
    yield [1, -2, 3], [[1, 0], [2, -1], [0, 4]]
    yield (0.5, -1), mixed(rng, 2, 3)
    yield mixed(rng, 3), ((1, 2), (-1, 0.5), (3, 1))
    yield np.array([2, -1]), np.array([[1, 3], [-2, 4]])


@delta_to_activation.mistake(
    "not-transposed",
    "The product takes the wrong side of W. The weights of one input stand in a column: transpose W.",
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W @ dz


@delta_to_activation.mistake(
    "first-path", "Only the first neuron counts. Each input feeds all neurons: add all paths."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W[0] * dz[0]


@delta_to_activation.mistake(
    "last-path", "Only the last neuron counts: a loop overwrites its sum. Add with +=."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W[-1] * dz[-1]


@delta_to_activation.mistake(
    "largest-path", "Only the largest path counts. Each adds its own part; sum over all paths."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return (W * dz[:, None]).max(axis=0)


@delta_to_activation.mistake(
    "averaged", "The paths were averaged. Each adds its own part; leave the division out."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W.T @ dz / len(dz)


@delta_to_activation.mistake(
    "sums-apart", "Weights and dz were added up apart. Multiply along each path first; then add."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W.sum(axis=0) * dz.sum()


@delta_to_activation.mistake(
    "no-weights", "dz came back without weights. Each path passes a weight of W; multiply by it."
)
def _(dz, W):
    return np.full(np.shape(W)[1], float(np.sum(dz)))


@delta_to_activation.mistake(
    "no-dz", "That is the sum of the weights alone. Each is multiplied by its neuron's dz; use it."
)
def _(dz, W):
    return np.sum(np.asarray(W, dtype=float), axis=0)


@delta_to_activation.mistake(
    "not-added", "The paths stand side by side in a matrix. Add them up: one number for each input."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W * dz[:, None]


@delta_to_activation.mistake(
    "added-along-rows",
    "The paths of one neuron were added. Add those of one input: the other axis.",
)
def _(dz, W):
    dz, W = floats(dz, W)
    return (W * dz[:, None]).sum(axis=1)


@delta_to_activation.mistake(
    "column-dropped",
    "One value too few: the last column was left out. W has no bias column here; use all of it.",
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W[:, :-1].T @ dz


@delta_to_activation.mistake(
    "bias-column",
    "One value too many: a column of biases was added. No path leads to a bias; use W alone.",
)
def _(dz, W):
    dz, W = floats(dz, W)
    return np.append(W.T @ dz, dz.sum())


@delta_to_activation.mistake(
    "sign", "Right size, opposite sign. The sign is in dz already; add no minus."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return -W.T @ dz


@delta_to_activation.mistake(
    "rectified",
    "Negative results were set to 0. The mask looks at z, and in its own step; leave it out here.",
)
def _(dz, W):
    dz, W = floats(dz, W)
    return cut(W.T @ dz)


@delta_to_activation.mistake(
    "dz-rectified", "Negative entries of dz were dropped. Their sign is the direction: keep it."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W.T @ cut(dz)


@delta_to_activation.mistake(
    "inverse",
    "The weights were inverted. Going back multiplies by the same weights: transpose, no inverse.",
)
def _(dz, W):
    dz, W = floats(dz, W)
    return np.linalg.pinv(W) @ dz


@delta_to_activation.mistake(
    "absolute",
    "The weights lost their signs. A negative weight turns the direction round; keep it.",
)
def _(dz, W):
    dz, W = floats(dz, W)
    return np.abs(W).T @ dz


@delta_to_activation.mistake(
    "column", "A column came back. Give shape (m,): keep dz 1-D, without reshape."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return W.T @ dz[:, None]


@delta_to_activation.mistake(
    "list", "A list came back. Return a NumPy array; a matrix product gives one."
)
def _(dz, W):
    dz, W = floats(dz, W)
    return (W.T @ dz).tolist()


@delta_to_activation.mistake("not-for-lists", CONVERT)
def _(dz, W):
    return W.T @ dz


@delta_to_activation.mistake(
    "in-place", "The values are right, but dz changed. Compute new arrays; *= writes into dz."
)
def _(dz, W):
    dz, W = floats(dz, W)
    result = W.T @ dz
    dz *= 0.5
    return result


# relu_backward -----------------------------------------------------------------------------------


@exercise(
    returns="array",
    unchanged=0.5,
    hints=(
        "A unit that was off in the forward pass: does a small change of its z reach the loss?",
        "Multiply what arrives, da, by ReLU's slope at z.",
        "Make both float arrays. The mask comes from z, entry by entry, and is 0 at z = 0.",
    ),
    praise="Off in the forward pass, silent on the way back. In layer 1, a unit that is off for all examples never learns again.",
)
def relu_backward(da, z):
    da, z = floats(da, z)
    return np.where(z > 0, da, 0.0)


relu_backward.show(np.array([1.0, -2, 2, -1]), np.array([-1.0, 3, 5, 3]))
relu_backward.show([2, -3, 0.5, 4], [0, 2, -1, 0.25])
relu_backward.show((-0.5, 1.5, -2), np.array([-4, 0, 2]))
relu_backward.show([[1, -2, 3], [-4, 5, -6]], [[-1, 2, 0.5], [3, -2, -1]])
relu_backward.show(np.array([[0.3, -0.8]]), np.array([[1.5, -2.5]]))
relu_backward.show(np.array([[2, -1], [3, -4]]), ((1, -3), (0, 2)))


def incoming(rng, *shape):
    """Return (da, z) that hold every pair of signs, and one z that is exactly 0."""
    da, z = mixed(rng, *shape), mixed(rng, *shape)
    da.flat[:5] = rng.uniform(0.3, 2, 5) * [1, -1, 1, -1, -1]
    z.flat[:5] = rng.uniform(0.1, 2, 5) * [-1, 1, 1, -1, 0]
    return da, z


@relu_backward.hidden("values", 1.5, "Vectors with every pair of signs, and a z that is exactly 0.")
def _(rng):
    for n in (5, 7, 6):
        yield incoming(rng, n)
    yield np.array([0.4, 0.0, -1.1]), np.array([2.0, 1.0, -3.0])
    yield incoming(rng, 5)[0] * 1e-3, incoming(rng, 5)[1] * 40


@relu_backward.hidden("any shape", 0.5, "Batches, lists and integers.")
def _(rng):
    yield incoming(rng, 2, 3)
    yield incoming(rng, 3, 3)
    yield incoming(rng, 5, 1)
    yield incoming(rng, 1, 6)
    yield [3, -1, 2, -5, 4], (-2, 1, 0, -1, 3)
    yield ((0.5, -1.5), (2, -3)), incoming(rng, 5)[1][:4].reshape(2, 2)
    yield np.array([2, -3, 4, -1]), [-1, 2, 0, 5]


@relu_backward.mistake(
    "sign-of-da",
    "The mask follows the sign of da. A unit passes the signal if it was on: look at z.",
)
def _(da, z):
    return cut(np.asarray(da, dtype=float))


@relu_backward.mistake(
    "no-mask", "There is no mask. A unit that was off cannot have contributed: give it 0."
)
def _(da, z):
    return np.array(da, dtype=float)


@relu_backward.mistake(
    "at-zero", "At z = 0 the signal passes. The convention here is slope 0 at 0; look at > and >=."
)
def _(da, z):
    da, z = floats(da, z)
    return da * (z >= 0)


@relu_backward.mistake(
    "half-at-zero", "At z = 0 half the signal passes. The convention here is slope 0 at 0; use it."
)
def _(da, z):
    da, z = floats(da, z)
    return da * np.heaviside(z, 0.5)


@relu_backward.mistake(
    "value", "You multiplied by ReLU's output. Its slope is 1 where the unit is on; use the slope."
)
def _(da, z):
    da, z = floats(da, z)
    return da * cut(z)


@relu_backward.mistake(
    "times-z", "You multiplied by z itself. The slope is 1 or 0; turn z into a mask."
)
def _(da, z):
    da, z = floats(da, z)
    return da * z


@relu_backward.mistake(
    "inverted",
    "Units that were off pass the signal, and those that were on block it. Turn the mask round.",
)
def _(da, z):
    da, z = floats(da, z)
    return da * (z <= 0)


@relu_backward.mistake(
    "below-zero", "Only where z < 0 a signal passes: these units were off. Turn the mask round."
)
def _(da, z):
    da, z = floats(da, z)
    return da * (z < 0)


@relu_backward.mistake(
    "both-positive",
    "Negative signals are blocked as well. The mask looks at z alone; da may have any sign.",
)
def _(da, z):
    da, z = floats(da, z)
    return da * (z > 0) * (da > 0)


@relu_backward.mistake(
    "same-sign",
    "You compare the signs of da and z. The mask looks at z alone; da may have any sign.",
)
def _(da, z):
    da, z = floats(da, z)
    return da * (da * z > 0)


@relu_backward.mistake(
    "exchanged", "z came back where da is positive. Exchange the two: da passes, z decides."
)
def _(da, z):
    da, z = floats(da, z)
    return z * (da > 0)


@relu_backward.mistake(
    "relu-of-z", "That is relu(z), and da is not in it. Let da pass where the unit was on."
)
def _(da, z):
    return cut(np.asarray(z, dtype=float))


@relu_backward.mistake(
    "mask-only", "That is the mask alone, 1 and 0. Multiply it by what arrives, da."
)
def _(da, z):
    return (np.asarray(z, dtype=float) > 0) * 1.0


@relu_backward.mistake(
    "sign-of-z", "Units that were off turn the sign of da. They pass nothing: give them 0."
)
def _(da, z):
    da, z = floats(da, z)
    return da * np.sign(z)


@relu_backward.mistake(
    "leaky", "Units that were off pass a hundredth. That is leaky ReLU; here it is exactly 0."
)
def _(da, z):
    da, z = floats(da, z)
    return np.where(z > 0, da, 0.01 * da)


@relu_backward.mistake(
    "sigmoid-slope", "That is the sigmoid's slope, from unit 3. ReLU's is 1 or 0; take it at z."
)
def _(da, z):
    da, z = floats(da, z)
    return da * sigma(z) * (1 - sigma(z))


@relu_backward.mistake(
    "a-1-a",
    "z(1 − z) is the sigmoid's slope in terms of its output. ReLU's slope is 1 or 0; use it.",
)
def _(da, z):
    da, z = floats(da, z)
    return da * z * (1 - z)


@relu_backward.mistake(
    "one-and-above",
    "Between z = 0 and 1 the signal is blocked. The unit is on as soon as z > 0; compare with 0.",
)
def _(da, z):
    da, z = floats(da, z)
    return da * (z >= 1)


@relu_backward.mistake(
    "minus", "Right size, opposite sign. ReLU's slope is never negative; drop the minus."
)
def _(da, z):
    da, z = floats(da, z)
    return -da * (z > 0)


@relu_backward.mistake(
    "filtered", "Entries are missing: da[z > 0] throws the others away. Set them to 0 instead."
)
def _(da, z):
    da, z = floats(da, z)
    return da[z > 0]


@relu_backward.mistake(
    "dot", "The products were added up. Multiply entry by entry, with * and not with @."
)
def _(da, z):
    da, z = floats(da, z)
    return da @ (z > 0)


@relu_backward.mistake(
    "loop", "A loop over da fits vectors alone. NumPy's comparison takes any shape; use it."
)
def _(da, z):
    return np.array([d if v > 0 else 0.0 for d, v in zip(da, z, strict=True)])


@relu_backward.mistake(
    "if-on-array",
    "An `if` needs one truth value, and an array has many. Decide entry by entry instead.",
)
def _(da, z):
    return np.array(da, dtype=float) if np.asarray(z) > 0 else np.zeros(np.shape(da))


@relu_backward.mistake("list", "A list came back. Return a NumPy array of the shape of da.")
def _(da, z):
    da, z = floats(da, z)
    return (da * (z > 0)).tolist()


@relu_backward.mistake("not-for-lists", CONVERT)
def _(da, z):
    return da * (z > 0)


@relu_backward.mistake(
    "in-place-result",
    "The result is da itself, overwritten. A later step needs da: build a new array.",
)
def _(da, z):
    da, z = floats(da, z)
    da[z <= 0] = 0
    return da


@relu_backward.mistake(
    "in-place",
    "The values are right, but da changed: da[z <= 0] = 0 writes into it. Build a new array.",
)
def _(da, z):
    da, z = floats(da, z)
    da[z <= 0] = 0
    return da.copy()


@relu_backward.mistake(
    "z-in-place",
    "The values are right, but z changed: the next step reads it too. Build the mask as a new array.",
)
def _(da, z):
    da, z = floats(da, z)
    result = gate(da, z)
    z[z < 0] = 0
    return result


# backward_mlp ------------------------------------------------------------------------------------

GRADIENTS = record(W1="array", b1="array", W2="array", b2="array", W3="array", b3="array")


@exercise(
    returns=GRADIENTS,
    unchanged=0.5,
    hints=(
        "Three layers, from the last to the first. Which of your functions does each step?",
        "Layer 3 starts with output_delta. Then in turn: layer_grads, back through W, back through ReLU.",
        "dz3 comes from cache['y'] and target; layer_grads of it and cache['a2'] gives W3 and b3. Go on with W3.",
    ),
    praise="Eleven steps, 35 slopes for Dr. Yeh's network. Frameworks do the same, for millions.",
)
def backward_mlp(cache, params, X, target):
    dz3 = output_delta(cache["y"], target)
    dW3, db3 = layer_grads(dz3, cache["a2"])
    dz2 = relu_backward(delta_to_activation(dz3, params["W3"]), cache["z2"])
    dW2, db2 = layer_grads(dz2, cache["a1"])
    dz1 = relu_backward(delta_to_activation(dz2, params["W2"]), cache["z1"])
    dW1, db1 = layer_grads(dz1, X)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "W3": dW3, "b3": db3}


def back_call(x, target, params, **extra):
    """Return the arguments of backward_mlp with a true cache, in another order with extra keys."""
    cache = forwards(x, params)
    if extra:
        cache = {key: cache[key] for key in ("y", "a2", "z1", "z3", "a1", "z2")}
        cache = {"note": np.array([7.0, -1.0]), **cache, **extra}
    return cache, params, x, target


backward_mlp.show(*back_call(X, TARGET, YEH), written="forward_mlp(X, yeh), yeh, X, target")
backward_mlp.show(
    *back_call(X, TARGET, SLEEPER), written="forward_mlp(X, sleeper), sleeper, X, target"
)
backward_mlp.show(
    *back_call(X_OTHER, TARGET_OTHER, OTHER),
    written="forward_mlp(X_other, other), other, X_other, target_other",
)
backward_mlp.show(*back_call(X, TARGET, KINK), written="forward_mlp(X, kink), kink, X, target")
backward_mlp.show(*back_call([2, -1], [0, 1], SMALL, a0=np.array([2.0, -1.0])))
backward_mlp.show(*back_call(np.array([0.5, -1.5]), (1, 0), turned(SMALL)))


@backward_mlp.hidden("values", 2, "Networks of three sizes with units that are off in both layers.")
def _(rng):
    for sizes in SIZES:
        x, target, params = example(rng, *sizes)
        yield back_call(x, target, params)
    for sizes in ((3, 4, 3, 5), (2, 4, 3, 3)):
        x, target, params = kinked(rng, *sizes)
        yield back_call(x, target, params)
    yield back_call(X_OTHER * rng.uniform(0.8, 1.2), TARGET_OTHER, OTHER)


@backward_mlp.hidden(
    "square W", 1, "Square matrices, where a wrong side raises no error; a z of 0."
)
def _(rng):
    for sizes in ((3, 4, 3, 3), (3, 3, 3, 3), (2, 4, 4, 5)):
        x, target, params = example(rng, *sizes)
        yield back_call(x, target, params)
    x, target, params = kinked(rng, 3, 3, 3, 3)
    yield back_call(x, target, params)


@backward_mlp.hidden(
    "lists, key order, extra keys",
    0.5,
    "Lists, integers, keys in any order, extra keys in the cache.",
)
def _(rng):
    x, target, params = example(rng, 4, 3, 5, 2)
    yield back_call(x, target, turned(params), X=x.copy())
    x, target, params = kinked(rng, 2, 4, 3, 3)
    whole = {key: value.astype(int) for key, value in params.items()}
    yield back_call(x.astype(int).tolist(), target.astype(int).tolist(), listed(turned(whole)))
    yield back_call(tuple(x.tolist()), target.astype(int), turned(whole), dz1=mixed(rng, 4))
    x, target, params = example(rng, 3, 4, 3, 2)
    yield back_call(x.tolist(), tuple(target.tolist()), listed(params), da1=mixed(rng, 4))


START_AGAIN = "Right size, opposite sign everywhere. Your step would climb; start from y − target."


def backward_mistake(id, message, **steps):
    """Add a mistake that takes one step of the way back differently."""

    @backward_mlp.mistake(id, message)
    def _(cache, params, X, target):
        return collected(parts_of(cache, params, X, target, **steps))


def with_parts(id, message, change):
    """Add a mistake that exchanges finished gradients; change gets the numbers on the way."""

    @backward_mlp.mistake(id, message)
    def _(cache, params, X, target):
        p = parts_of(cache, params, X, target)
        return {**collected(p), **change(p)}


backward_mistake("t-minus-y", START_AGAIN, start=lambda y, t: t - y)
backward_mistake(
    "by-y",
    "You started with −t/y, the slope by y. Softmax lies between it and z3; start from output_delta.",
    start=lambda y, t: -t / y,
)
backward_mistake(
    "sigmoid-slope-out",
    "The start is multiplied by y(1 − y). Softmax's derivative is inside y − target; drop the factor.",
    start=lambda y, t: (y - t) * y * (1 - y),
)
backward_mistake(
    "target-class",
    "Only the target's class sends a signal back. All outputs do; start from the whole difference.",
    start=lambda y, t: (y - t) * t,
)
backward_mistake(
    "rounded",
    "The start is rounded, as on paper. Keep y as it is; rounding belongs to print.",
    start=lambda y, t: np.round(y, 1) - t,
)
backward_mistake(
    "averaged",
    "Everything is divided by the number of outputs. The loss is no mean over classes; do not divide.",
    start=lambda y, t: (y - t) / len(y),
)
backward_mistake(
    "no-masks",
    "There are no masks. A unit that was off cannot have contributed; send both signals through ReLU.",
    back=lambda da, z: da,
)
backward_mistake(
    "no-mask-2",
    "Layer 2 has no mask: a unit that was off there still sends a signal back. Use z2.",
    back2=lambda da, z: da,
)
backward_mistake(
    "no-mask-1",
    "Layer 1 has no mask: units that were off there still get a slope. Use z1.",
    back=lambda da, z: da,
    back2=gate,
)
backward_mistake(
    "at-zero",
    "At z = 0 the signal passes. ReLU's slope at 0 is 0 here; look at > and >=.",
    back=lambda da, z: da * (z >= 0),
)
backward_mistake(
    "half-at-zero",
    "At z = 0 half the signal passes. ReLU's slope at 0 is 0 here; use relu_backward.",
    back=lambda da, z: da * np.heaviside(z, 0.5),
)
backward_mistake(
    "sign-of-da",
    "The masks follow the sign of da. A unit passes the signal if it was on: look at z.",
    back=lambda da, z: cut(da),
)
backward_mistake(
    "value",
    "You multiplied by ReLU's output. Its slope is 1 where the unit is on; use the slope.",
    back=lambda da, z: da * cut(z),
)
backward_mistake(
    "inverted",
    "Units that were off pass the signal, and those that were on block it. Turn the masks round.",
    back=lambda da, z: da * (z <= 0),
)
backward_mistake(
    "sigmoid-slope",
    "The hidden layers have unit 3's a(1 − a). ReLU's slope is 1 or 0; use the mask.",
    back=lambda da, z: da * cut(z) * (1 - cut(z)),
)
backward_mistake(
    "not-transposed",
    "A product on the way back takes the wrong side of W; a square W hides it. Look at the shapes; transpose W.",
    down=lambda w, dz: w @ dz,
)


@backward_mlp.mistake(
    "W3-not-transposed", "W3 is used on the wrong side, and W3 is square at times. Transpose W3."
)
def _(cache, params, X, target):
    p = parts_of(cache, params, X, target)
    p["da2"] = p["W3"] @ p["dz3"]
    return collected(on_from_da2(p))


def on_from_da2(p):
    """Go on with a changed da2."""
    p["dz2"] = gate(p["da2"], p["z2"])
    return on_from_da1({**p, "da1": p["W2"].T @ p["dz2"]})


def on_from_da1(p):
    """Go on with a changed da1."""
    return {**p, "dz1": gate(p["da1"], p["z1"])}


@backward_mlp.mistake(
    "da2-sent-back",
    "W2 and b2 are right, but da2 went on in the place of dz2. Send the masked signal to layer 1.",
)
def _(cache, params, X, target):
    p = parts_of(cache, params, X, target)
    return collected(on_from_da1({**p, "da1": p["W2"].T @ p["da2"]}))


@backward_mlp.mistake(
    "masks-exchanged", "The masks of the two layers are exchanged. da2 belongs to z2, da1 to z1."
)
def _(cache, params, X, target):
    p = parts_of(cache, params, X, target)
    p["dz2"] = gate(p["da2"], p["z1"])
    p["dz1"] = gate(p["W2"].T @ p["dz2"], p["z2"])
    return collected(p)


def back_with(id, message, **exchanged):
    """Add a mistake that takes another member for one of z2, z1, W3 and W2 on the way back."""

    @backward_mlp.mistake(id, message)
    def _(cache, params, X, target):
        p = {key: np.asarray(cache[key], dtype=float) for key in ("z1", "a1", "z2", "a2", "y")}
        p |= {key: np.asarray(params[key], dtype=float) for key in KEYS}
        p["X"], target = floats(X, target)
        names = {name: exchanged.get(name, name) for name in ("z2", "z1", "W3", "W2")}
        p["dz3"] = p["y"] - target
        p["dz2"] = gate(p[names["W3"]].T @ p["dz3"], p[names["z2"]])
        p["dz1"] = gate(p[names["W2"]].T @ p["dz2"], p[names["z1"]])
        return collected(p)


back_with(
    "z1-in-layer-2",
    "Layer 2's mask is not made of z2. Give each signal the z of its own layer.",
    z2="z1",
)
back_with(
    "z2-in-layer-1",
    "Layer 1's mask is not made of z1. Give each signal the z of its own layer.",
    z1="z2",
)
back_with(
    "W1-for-W2",
    "Between layers 2 and 1 the signal does not pass their weights. Which W joins these two?",
    W2="W1",
)
back_with(
    "W2-for-W3",
    "The signal passes W2 or W3 in the other one's place. Which layers does each of them join?",
    W3="W2",
)


@backward_mlp.mistake(
    "softmax-again",
    "Softmax was applied to y once more. cache['y'] is its result; use it as it is.",
)
def _(cache, params, X, target):
    return collected(parts_of({**cache, "y": share(np.asarray(cache["y"]))}, params, X, target))


@backward_mlp.mistake(
    "z3-for-y", "The start is z3 − target. The loss compares the shares: take y from the cache."
)
def _(cache, params, X, target):
    return collected(parts_of({**cache, "y": cache["z3"]}, params, X, target))


@backward_mlp.mistake(
    "z-for-a",
    "dW3 and dW2 hold z, also where it is negative. What enters a layer left ReLU: use a2 and a1.",
)
def _(cache, params, X, target):
    return collected(parts_of(cache, params, X, target) | {"a1": cache["z1"], "a2": cache["z2"]})


@backward_mlp.mistake(
    "rows-and-columns",
    "Rows and columns of every dW are exchanged. dW has the shape of W: a row a neuron.",
)
def _(cache, params, X, target):
    grads = collected(parts_of(cache, params, X, target))
    return {key: value.T.copy() for key, value in grads.items()}


with_parts(
    "dW1-transposed",
    "Rows and columns of dW1 are exchanged, as in the published script. Give it the shape of W1.",
    lambda p: {"W1": np.outer(p["X"], p["dz1"])},
)
with_parts(
    "z2-for-a2",
    "dW3 holds z2, also where it is negative. What enters layer 3 left ReLU: use a2.",
    lambda p: {"W3": np.outer(p["dz3"], p["z2"])},
)
with_parts(
    "z1-for-a1",
    "dW2 holds z1, also where it is negative. What enters layer 2 left ReLU: use a1.",
    lambda p: {"W2": np.outer(p["dz2"], p["z1"])},
)
with_parts(
    "da-for-dz",
    "W1, b1, W2 and b2 use da, so units that are off get slopes. Mask first: use dz.",
    lambda p: {
        "W2": np.outer(p["da2"], p["a1"]),
        "b2": p["da2"],
        "W1": np.outer(p["da1"], p["X"]),
        "b1": p["da1"],
    },
)
with_parts(
    "da2-for-dz2",
    "W2 and b2 use da2, so a unit that is off gets slopes. Mask first: use dz2.",
    lambda p: {"W2": np.outer(p["da2"], p["a1"]), "b2": p["da2"]},
)
with_parts(
    "db-da",
    "dW is right, but b1 and b2 use da, before the mask. A bias sits before ReLU; use dz.",
    lambda p: {"b2": p["da2"], "b1": p["da1"]},
)
with_parts(
    "db2-da2",
    "dW2 is right, but b2 is da2, before the mask. A bias sits before ReLU; use dz2.",
    lambda p: {"b2": p["da2"]},
)
with_parts(
    "dW2-da2",
    "b2 is right, but dW2 uses da2, before the mask. The weights sit before ReLU too; use dz2.",
    lambda p: {"W2": np.outer(p["da2"], p["a1"])},
)
with_parts(
    "db-ones",
    "The slopes of the biases are 1: that is only their input. Multiply by what arrives, dz.",
    lambda p: {f"b{i}": np.ones(len(p[f"dz{i}"])) for i in (1, 2, 3)},
)
with_parts(
    "db-zeros",
    "The slopes of the biases are 0, so they would never move. layer_grads returns them: use both results.",
    lambda p: {f"b{i}": np.zeros(len(p[f"dz{i}"])) for i in (1, 2, 3)},
)
with_parts(
    "db-sum",
    "Each db is one number. Each neuron has its own bias: nothing is summed.",
    lambda p: {f"b{i}": p[f"dz{i}"].sum() for i in (1, 2, 3)},
)
with_parts(
    "db-shared",
    "All entries of a db are equal. Each neuron has its own bias: nothing is summed.",
    lambda p: {f"b{i}": np.full(len(p[f"dz{i}"]), p[f"dz{i}"].sum()) for i in (1, 2, 3)},
)
with_parts(
    "only-layer-3",
    "Layer 3 is right, the others are 0: the signal stopped. Send it back through W3.",
    lambda p: {key: np.zeros(p[key].shape) for key in KEYS[:4]},
)
with_parts(
    "layer-1-zero",
    "Layer 1 is 0: the signal stopped at layer 2. Send dz2 back through W2.",
    lambda p: {key: np.zeros(p[key].shape) for key in KEYS[:2]},
)
with_parts(
    "new-parameters",
    "These are parameters minus gradients. Return the gradients; train_step does the update.",
    lambda p: {key: p[key] - grad for key, grad in collected(p).items()},
)
for lr in (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
    with_parts(
        f"new-parameters-{lr}",
        "These are parameters after a step. Return the gradients; train_step does the update.",
        lambda p, lr=lr: {key: p[key] - lr * grad for key, grad in collected(p).items()},
    )
with_parts(
    "minus",
    "Right size, opposite sign in the layers below the output. Let no minus in on the way back.",
    lambda p: {key: -grad for key, grad in collected(p).items() if key[1] != "3"},
)


@backward_mlp.mistake(
    "W3-updated-first",
    "da2 was computed with weights after a step. All slopes belong to the old weights: update nothing here.",
)
def _(cache, params, X, target):
    p = parts_of(cache, params, X, target)
    p["da2"] = (p["W3"] - 0.01 * np.outer(p["dz3"], p["a2"])).T @ p["dz3"]
    return collected(on_from_da2(p))


@backward_mlp.mistake(
    "W3-minus-gradient",
    "da2 was computed with W3 minus its gradient. All slopes belong to the old weights: update nothing here.",
)
def _(cache, params, X, target):
    p = parts_of(cache, params, X, target)
    p["da2"] = (p["W3"] - np.outer(p["dz3"], p["a2"])).T @ p["dz3"]
    return collected(on_from_da2(p))


@backward_mlp.mistake(
    "d-keys", "The keys start with d. Use the names of the parameters: W1, b1, W2 and so on."
)
def _(cache, params, X, target):
    grads = collected(parts_of(cache, params, X, target))
    return {f"d{key}": grad for key, grad in grads.items()}


@backward_mlp.mistake(
    "only-weights", "Only the weights have slopes here. The biases move too: return all six keys."
)
def _(cache, params, X, target):
    grads = collected(parts_of(cache, params, X, target))
    return {key: grads[key] for key in ("W1", "W2", "W3")}


@backward_mlp.mistake(
    "tuple", "The gradients came as a tuple. Return a dict with the keys of params."
)
def _(cache, params, X, target):
    return tuple(collected(parts_of(cache, params, X, target)).values())


@backward_mlp.mistake("key-order", BY_NAME)
def _(cache, params, X, target):
    return collected(parts_of(cache, dict(zip(KEYS, params.values(), strict=True)), X, target))


@backward_mlp.mistake(
    "cache-order",
    "Right only if the cache holds its keys in one order, and no more. Take each by its name.",
)
def _(cache, params, X, target):
    z1, a1, z2, a2, z3, y = cache.values()
    named_again = {"z1": z1, "a1": a1, "z2": z2, "a2": a2, "z3": z3, "y": y}
    return collected(parts_of(named_again, params, X, target))


@backward_mlp.mistake("not-for-lists", CONVERT)
def _(cache, params, X, target):
    dz3 = cache["y"] - target
    dz2 = (params["W3"].T @ dz3) * (cache["z2"] > 0)
    dz1 = (params["W2"].T @ dz2) * (cache["z1"] > 0)
    return named(
        np.outer(dz1, X), dz1, np.outer(dz2, cache["a1"]), dz2, np.outer(dz3, cache["a2"]), dz3
    )


@backward_mlp.mistake(
    "cache-changed",
    "The values are right, but the cache changed, by −= or a new key. Keep what you compute in variables.",
)
def _(cache, params, X, target):
    grads = collected(parts_of(cache, params, X, target))
    cache["y"] -= np.asarray(target, dtype=float)
    return grads


@backward_mlp.mistake(
    "into-params",
    "The gradients were written into params, which is the caller's. Make a new dict.",
)
def _(cache, params, X, target):
    params.update(collected(parts_of(cache, params, X, target)))
    return params


# train_step --------------------------------------------------------------------------------------


@exercise(
    returns=values(new_params=GRADIENTS, loss="number"),
    unchanged=0.5,
    hints=(
        "Four things happen in a step. Which of them need the old parameters?",
        "Forward, loss, backward, update: the loss is that of this forward pass, before the update.",
        "Keep the cache of forward_mlp; it serves cross_entropy and backward_mlp. Then a new dict, key by key.",
    ),
    praise="Forward, loss, backward, update. Repeated over examples and epochs, that is training.",
)
def train_step(X, target, params, lr):
    cache = forward_mlp(X, params)
    grads = backward_mlp(cache, params, X, target)
    new = {key: np.asarray(params[key], dtype=float) - lr * grads[key] for key in KEYS}
    return new, cross_entropy(cache["y"], target)


train_step.show(X, TARGET, YEH, 0.01, written="X, target, yeh, 0.01")
train_step.show(X_OTHER, TARGET_OTHER, OTHER, 0.1, written="X_other, target_other, other, 0.1")
train_step.show(X, TARGET, KINK, 0.5, written="X, target, kink, 0.5")
train_step.show([2, -1], [0, 1], SMALL, 0.25)
train_step.show(np.array([0.5, -1.5]), (1, 0), turned(SMALL), 2)


@train_step.hidden("values", 1, "One step in networks of three sizes, rates from 0.01 to 3.")
def _(rng):
    for sizes, lr in zip(SIZES, (0.01, 0.7, 3), strict=True):
        yield *example(rng, *sizes), lr
    yield *kinked(rng, 3, 4, 3, 3), 0.4
    yield *example(rng, 3, 3, 3, 3), float(rng.uniform(0.1, 0.9))


@train_step.hidden("lists and key order", 0.5, "Lists, tuples, integers, and keys in any order.")
def _(rng):
    x, target, params = example(rng, 4, 3, 5, 2)
    yield x, target, turned(params), 0.3
    x, target, params = kinked(rng, 2, 4, 3, 3)
    whole = {key: value.astype(int) for key, value in params.items()}
    yield x.astype(int).tolist(), target.astype(int).tolist(), listed(turned(whole)), 0.2
    yield tuple(x.tolist()), target.astype(int), turned(whole), 1
    yield x.astype(int), target.astype(int), whole, 0.7


def stepped(X, target, params, factor, change=lambda grads: grads):
    """Return (params + factor·gradients, loss) for the wrong answers."""
    grads = change(slopes(X, target, params))
    new = {key: np.asarray(params[key], dtype=float) + factor * grads[key] for key in KEYS}
    return new, loss_of(X, target, params)


def step_mistake(id, message, change):
    """Add a mistake that moves the parameters by other gradients."""

    @train_step.mistake(id, message)
    def _(X, target, params, lr):
        return stepped(X, target, params, -lr, change)


@train_step.mistake(
    "plus",
    "The step goes uphill, and the loss rises. Look at the sign of the update, and at y − target.",
)
def _(X, target, params, lr):
    return stepped(X, target, params, lr)


@train_step.mistake("no-lr", "The step is the whole gradient. Multiply each gradient by lr.")
def _(X, target, params, lr):
    return stepped(X, target, params, -1)


@train_step.mistake(
    "over-lr", "You divided by lr, so a small rate makes a huge step. Multiply by lr."
)
def _(X, target, params, lr):
    return stepped(X, target, params, -1 / lr)


@train_step.mistake(
    "W3-before-da2",
    "Layer 3 was moved before the signal passed it. All gradients belong to the old parameters: compute them first.",
)
def _(X, target, params, lr):
    p = parts_of(forwards(X, params), params, X, target)
    W3 = p["W3"] - lr * np.outer(p["dz3"], p["a2"])
    p["dz2"] = gate(W3.T @ p["dz3"], p["z2"])
    W2 = p["W2"] - lr * np.outer(p["dz2"], p["a1"])
    p["dz1"] = gate(W2.T @ p["dz2"], p["z1"])
    return moved_by(p, lr), loss_of(X, target, params)


def moved_by(p, lr):
    """Return the parameters after one step with the numbers on the way back."""
    return {key: p[key] - lr * grad for key, grad in collected(p).items()}


@train_step.mistake(
    "W2-before-da1",
    "Layer 2 was moved before the signal passed it. All gradients belong to the old parameters: compute them first.",
)
def _(X, target, params, lr):
    p = parts_of(forwards(X, params), params, X, target)
    W2 = p["W2"] - lr * np.outer(p["dz2"], p["a1"])
    return moved_by(on_from_da1({**p, "da1": W2.T @ p["dz2"]}), lr), loss_of(X, target, params)


@train_step.mistake(
    "W3-alone-before-da2",
    "Layer 3 was moved before the signal passed it. All gradients belong to the old parameters: compute them first.",
)
def _(X, target, params, lr):
    p = parts_of(forwards(X, params), params, X, target)
    p["da2"] = (p["W3"] - lr * np.outer(p["dz3"], p["a2"])).T @ p["dz3"]
    return moved_by(on_from_da2(p), lr), loss_of(X, target, params)


def anew(id, order):
    """Add a mistake that moves group by group, each by gradients at what has moved already."""

    @train_step.mistake(
        id,
        "Each member was moved by gradients taken after earlier moves. Compute all gradients once, before the update.",
    )
    def _(X, target, params, lr):
        new = {key: np.asarray(params[key], dtype=float) for key in KEYS}
        for keys in order:
            grads = slopes(X, target, new)
            new |= {key: new[key] - lr * grads[key] for key in keys}
        return new, loss_of(X, target, params)


anew("anew-each-member", [[key] for key in KEYS])
anew("anew-each-layer", [KEYS[:2], KEYS[2:4], KEYS[4:]])
anew("anew-from-the-end", [KEYS[4:], KEYS[2:4], KEYS[:2]])


@train_step.mistake(
    "new-loss",
    "The parameters are right, but the loss is that after the step. Return the one before it.",
)
def _(X, target, params, lr):
    new, _ = stepped(X, target, params, -lr)
    return new, loss_of(X, target, new)


@train_step.mistake(
    "two-steps", "Two steps were made. Make one, with the gradients at the old parameters."
)
def _(X, target, params, lr):
    new, loss = stepped(X, target, params, -lr)
    return stepped(X, target, new, -lr)[0], loss


@train_step.mistake(
    "gradients", "These are gradients, not parameters. Return old value minus step."
)
def _(X, target, params, lr):
    return slopes(X, target, params), loss_of(X, target, params)


@train_step.mistake("only-the-step", "These are the steps alone. Return old value minus step.")
def _(X, target, params, lr):
    steps = {key: lr * grad for key, grad in slopes(X, target, params).items()}
    return steps, loss_of(X, target, params)


@train_step.mistake("old-params", "The parameters came back unmoved. Return the new dict.")
def _(X, target, params, lr):
    return stepped(X, target, params, 0)


step_mistake(
    "only-layer-3",
    "Only layer 3 moved. All three layers learn: move all six members.",
    lambda g: {key: g[key] * (key[1] == "3") for key in KEYS},
)
step_mistake(
    "biases-fixed",
    "The biases stayed where they were. They are parameters too: move all six members.",
    lambda g: {key: g[key] * (key[0] == "W") for key in KEYS},
)
step_mistake(
    "weights-fixed",
    "The weights stayed where they were. Move all six members: W1, W2 and W3 too.",
    lambda g: {key: g[key] * (key[0] == "b") for key in KEYS},
)
step_mistake(
    "biases-shared",
    "All biases of a layer moved alike. Each has its own slope: nothing is summed.",
    lambda g: {key: g[key] if key[0] == "W" else np.sum(g[key]) for key in KEYS},
)
step_mistake(
    "sign-only",
    "Every entry moved equally far. The step is lr times the gradient itself; leave sign() out.",
    lambda g: {key: np.sign(g[key]) for key in KEYS},
)
step_mistake(
    "layer-1-fixed",
    "W1 and b1 stayed where they were. All three layers learn: move all six members.",
    lambda g: {key: g[key] * (key[1] != "1") for key in KEYS},
)


@train_step.mistake("loss-sign", "The parameters are right, the loss is negative. Turn its sign.")
def _(X, target, params, lr):
    new, loss = stepped(X, target, params, -lr)
    return new, -loss


@train_step.mistake(
    "loss-log10", "The parameters are right, the loss is a log10. Use the natural logarithm."
)
def _(X, target, params, lr):
    new, loss = stepped(X, target, params, -lr)
    return new, loss / np.log(10)


@train_step.mistake(
    "loss-over-classes",
    "The loss is divided by the number of classes. One example: take cross_entropy as it is.",
)
def _(X, target, params, lr):
    new, loss = stepped(X, target, params, -lr)
    return new, loss / len(target)


@train_step.mistake(
    "loss-squared", "The parameters are right; the loss is unit 3's ½(t − o)². Use cross_entropy."
)
def _(X, target, params, lr):
    y = forwards(X, params)["y"]
    return stepped(X, target, params, -lr)[0], 0.5 * np.sum((y - np.asarray(target)) ** 2)


@train_step.mistake(
    "only-params", "Only the parameters came back. Return the pair: parameters, then loss."
)
def _(X, target, params, lr):
    return stepped(X, target, params, -lr)[0]


@train_step.mistake("only-loss", "Only the loss came back. Return the pair: parameters, then loss.")
def _(X, target, params, lr):
    return loss_of(X, target, params)


@train_step.mistake(
    "order", "The two results are exchanged. Return the parameters first, then the loss."
)
def _(X, target, params, lr):
    return stepped(X, target, params, -lr)[::-1]


@train_step.mistake(
    "tuple", "The parameters came as a tuple. Return a dict with the keys of params."
)
def _(X, target, params, lr):
    new, loss = stepped(X, target, params, -lr)
    return tuple(new.values()), loss


@train_step.mistake("key-order", BY_NAME)
def _(X, target, params, lr):
    return stepped(X, target, dict(zip(KEYS, params.values(), strict=True)), -lr)


@train_step.mistake("not-for-lists", CONVERT)
def _(X, target, params, lr):
    z1 = X @ params["W1"].T + params["b1"]  # stops here for lists
    return stepped(X, target, params, -lr if z1.ndim else lr)


@train_step.mistake(
    "cut-off",
    "Whole numbers lost their fractions: an integer array holds none. Make float arrays first.",
)
def _(X, target, params, lr):
    old = {key: np.array(params[key]) for key in KEYS}
    new, loss = stepped(X, target, params, -lr)
    return {key: new[key].astype(old[key].dtype) for key in KEYS}, loss


@train_step.mistake(
    "in-place",
    "The values are right, but params changed: −= writes into its arrays. Make new arrays in a new dict.",
)
def _(X, target, params, lr):
    new, loss = stepped(X, target, params, -lr)
    for key in KEYS:
        params[key] = new[key].copy()
    return new, loss


# Stretch: backward_batch -------------------------------------------------------------------------


@exercise(
    returns=GRADIENTS,
    unchanged=0.5,
    role="stretch",
    hints=(
        "What would a loop over the rows do with what backward_mlp returns?",
        "The mean over rows of the gradients: add up each key, divide by n. In matrices: dZ.T @ A / n.",
        "Start with six arrays of zeros. For each row: forward, backward, add; at the end divide by the rows.",
    ),
    praise="One mean gradient for many examples: a batch. Unit 5 decides how many to take.",
)
def backward_batch(X, T, params):
    rows = [slopes(x, t, params) for x, t in zip(X, T, strict=True)]
    return {key: np.mean([grads[key] for grads in rows], axis=0) for key in KEYS}


backward_batch.show(BATCH, TARGETS, YEH, written="batch, targets, yeh")
backward_batch.show(
    np.array([[3.0, 1, -1], [2, 1, 3]]), np.array([[0.0, 0, 1], [0, 1, 0]]), SLEEPER
)
backward_batch.show([[2, -1], [1, -1], [3, 1], [2, 1]], [[0, 1], [1, 0], [0, 1], [0, 1]], SMALL)
backward_batch.show(X[None], [[0, 1, 0]], KINK)
backward_batch.show(
    ROWS,
    np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]),
    named([[1, -1], [2, 1], [-1, 1]], [0, 1, 1], [[1, 0, -1], [-2, 1, 1]], (0, 1), *WIDE_END),
)
backward_batch.show(X_OTHER[None] * [[1], [0.5], [2]], TARGETS, turned(OTHER))


def batch(rng, n, *sizes):
    """Return (X, T, params): rows of which each has units on and off in both layers."""
    x, target, params = example(rng, *sizes)
    rows, targets = [x], [target]
    while len(rows) < n:
        row, goal = mixed(rng, sizes[0]), one_hot(rng, sizes[-1])
        cache = forwards(row, params)
        if all(cache[z].min() < -0.02 and cache[z].max() > 0.02 for z in ("z1", "z2")):
            rows.append(row)
            targets.append(goal)
    return np.array(rows), np.array(targets), params


@backward_batch.hidden("values", 2, "Batches of 5, 6 and 7 examples.")
def _(rng):
    for n, sizes in zip((6, 7, 6), SIZES, strict=True):
        yield batch(rng, n, *sizes)
    yield batch(rng, 5, 3, 4, 4, 3)
    x, target, params = kinked(rng, 2, 4, 3, 3)
    yield np.stack([x, x + 1, x - 1, 2 * x, -x]), np.stack([target] * 5), params


@backward_batch.hidden("one example", 0.5, "A batch of one row.")
def _(rng):
    yield batch(rng, 1, 3, 4, 3, 5)
    x, target, params = kinked(rng, 2, 4, 3, 3)
    yield x[None], target[None], params


@backward_batch.hidden(
    "lists and key order", 0.5, "Lists, tuples, integers, and keys in any order."
)
def _(rng):
    x, t, params = batch(rng, 5, 3, 4, 3, 2)
    yield x.tolist(), t.astype(int).tolist(), turned(params)
    yield x, tuple(map(tuple, t.tolist())), listed(params)
    x, target, params = kinked(rng, 3, 4, 3, 2)
    whole = {key: value.astype(int) for key, value in params.items()}
    yield [x.astype(int).tolist(), [1, -2, 0]], [target.astype(int).tolist(), [1, 0]], turned(whole)


def matrices(X, T, params, back=gate):
    """Return all gradients as sums over the rows, in matrices, with the numbers on the way."""
    p = {key: np.asarray(params[key], dtype=float) for key in KEYS} | forwards(X, params)
    p["X"], T = floats(X, T)
    p["dz3"] = p["y"] - T
    p["dz2"] = back(p["dz3"] @ p["W3"], p["z2"])
    p["dz1"] = back(p["dz2"] @ p["W2"], p["z1"])
    inputs = {"1": p["X"], "2": p["a1"], "3": p["a2"]}
    sums = {}
    for layer, a in inputs.items():
        sums[f"W{layer}"] = p[f"dz{layer}"].T @ a
        sums[f"b{layer}"] = p[f"dz{layer}"].sum(axis=0)
    return sums, p


def batch_mistake(id, message, change, **steps):
    """Add a mistake that changes the sums; change gets them, n and the numbers on the way."""

    @backward_batch.mistake(id, message)
    def _(X, T, params):
        sums, p = matrices(X, T, params, **steps)
        return change(sums, len(X), p)


def divided(sums, n, p):
    """Return the means of the sums."""
    return {key: value / n for key, value in sums.items()}


batch_mistake(
    "sum",
    "The gradients were added up, not averaged. Divide by the number of rows.",
    lambda sums, n, p: sums,
)
batch_mistake(
    "divided-twice",
    "Too small: it was divided by n twice, in dz3 and again at the end. Divide once.",
    lambda sums, n, p: divided(sums, n * n, p),
)
batch_mistake(
    "over-classes",
    "Divided by the number of classes. The mean is over the rows: divide by n.",
    lambda sums, n, p: divided(sums, p["y"].shape[1], p),
)
batch_mistake(
    "over-inputs",
    "Divided by the number of inputs of an example. The mean is over the rows: divide by n.",
    lambda sums, n, p: divided(sums, p["X"].shape[1], p),
)
batch_mistake(
    "biases-summed",
    "The weights are right; the biases' slopes were added up, not averaged. Divide them by n too.",
    lambda sums, n, p: {k: v / n if k[0] == "W" else v for k, v in sums.items()},
)
batch_mistake(
    "weights-summed",
    "The biases are right; the weights' slopes were added up, not averaged. Divide them by n too.",
    lambda sums, n, p: {k: v / n if k[0] == "b" else v for k, v in sums.items()},
)
batch_mistake(
    "db-rows",
    "db holds a row for each example. Average over the rows: one entry for each neuron.",
    lambda sums, n, p: divided(sums, n, p) | {f"b{i}": p[f"dz{i}"] / n for i in (1, 2, 3)},
)
batch_mistake(
    "db-scalar",
    "db is one number: np.sum without an axis adds up the neurons as well. Name the rows' axis.",
    lambda sums, n, p: divided(sums, n, p) | {f"b{i}": p[f"dz{i}"].sum() / n for i in (1, 2, 3)},
)
batch_mistake(
    "db-wrong-axis",
    "db was averaged over the neurons: it holds an entry for each example. Take the other axis.",
    lambda sums, n, p: divided(sums, n, p) | {f"b{i}": p[f"dz{i}"].mean(axis=1) for i in (1, 2, 3)},
)
batch_mistake(
    "db-zeros",
    "The slopes of the biases are 0, so they would never move. Average dz over the rows.",
    lambda sums, n, p: {k: v / n if k[0] == "W" else 0 * v for k, v in sums.items()},
)
batch_mistake(
    "transposed",
    "Rows and columns of each dW are exchanged. dW has the shape of W; turn the product round.",
    lambda sums, n, p: {k: v.T / n for k, v in sums.items()},
)
batch_mistake(
    "t-minus-y",
    "Right size, opposite sign everywhere. Start from y − target.",
    lambda sums, n, p: divided(sums, -n, p),
)
batch_mistake(
    "no-masks",
    "There are no masks. A unit passes the signal in those rows only where it was on; use Z.",
    divided,
    back=lambda da, z: da,
)
batch_mistake(
    "at-zero",
    "At z = 0 the signal passes. ReLU's slope at 0 is 0 here; look at > and >=.",
    divided,
    back=lambda da, z: da * (z >= 0),
)
batch_mistake(
    "sign-of-da",
    "The masks follow the sign of da. A unit passes the signal if it was on: look at Z.",
    divided,
    back=lambda da, z: cut(da),
)
batch_mistake(
    "z-for-a",
    "dW3 and dW2 hold z, also where it is negative. What enters a layer left ReLU: use a.",
    lambda sums, n, p: divided(
        sums | {"W3": p["dz3"].T @ p["z2"], "W2": p["dz2"].T @ p["z1"]}, n, p
    ),
)
batch_mistake(
    "with-loss",
    "Two values came back. Return the gradients alone, one dict.",
    lambda sums, n, p: (divided(sums, n, p), -np.log(p["y"].max(axis=1)).mean()),
)


@backward_batch.mistake(
    "first-row",
    "Only the first example counts. A `return` inside the loop ends it; average all rows.",
)
def _(X, T, params):
    return slopes(X[0], T[0], params)


@backward_batch.mistake(
    "last-row", "Only the last example counts: the loop overwrites its result. Add up; then divide."
)
def _(X, T, params):
    return slopes(X[-1], T[-1], params)


@backward_batch.mistake(
    "last-row-over-n",
    "Only the last example counts, and it was divided by n. Add up inside the loop: +=.",
)
def _(X, T, params):
    return {key: grad / len(X) for key, grad in slopes(X[-1], T[-1], params).items()}


@backward_batch.mistake(
    "mean-example",
    "The examples were averaged before the forward pass. Average the gradients instead.",
)
def _(X, T, params):
    return slopes(np.mean(X, axis=0), np.mean(T, axis=0), params)


@backward_batch.mistake(
    "one-mask",
    "One mask for all rows: the mean of z decides. Each example has its own units on; mask by rows.",
)
def _(X, T, params):
    sums, _ = matrices(X, T, params, lambda da, z: da * (z.mean(axis=0) > 0))
    return divided(sums, len(X), None)


@backward_batch.mistake(
    "list", "A list of dicts came back, one for each row. Average them into one dict."
)
def _(X, T, params):
    return [slopes(x, t, params) for x, t in zip(X, T, strict=True)]


@backward_batch.mistake("key-order", BY_NAME)
def _(X, T, params):
    return backward_batch(X, T, dict(zip(KEYS, params.values(), strict=True)))


@backward_batch.mistake("not-for-lists", CONVERT)
def _(X, T, params):
    sums, _ = matrices(X, T, params)
    return {key: value / X.shape[0] + 0 * params[key] for key, value in sums.items()}


@backward_batch.mistake(
    "in-place", "The values are right, but params changed. Compute new arrays; −= writes into them."
)
def _(X, T, params):
    sums, _ = matrices(X, T, params)
    for key in KEYS:
        params[key] = np.asarray(params[key], dtype=float) - 0.01 * sums[key]
    return divided(sums, len(X), None)


# In the lesson -----------------------------------------------------------------------------------


@exercise(
    returns="int",
    role="lesson",
    hints=(
        "How many weights and how many biases has the layer from 3 to 4?",
        "Each neuron has one weight for each of its inputs, and one bias. The input layer has none.",
        "Walk through neighbouring sizes in pairs; each pair adds n_in times n_out, and n_out.",
    ),
    praise="35 for Dr. Yeh's network. Each of them gets its own slope.",
)
def count_parameters(sizes):
    return int(sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(sizes)))


count_parameters.show([3, 4, 2, 3])
count_parameters.show((2, 5, 1))
count_parameters.show(np.array([784, 30, 10]))
count_parameters.show([6, 2])
count_parameters.show([1, 1, 1, 1, 1])


def layers(sizes):
    """Return the pairs of neighbouring sizes as ints."""
    sizes = [int(n) for n in sizes]
    return list(itertools.pairwise(sizes))


@count_parameters.mistake("no-biases", "The biases are missing. Each neuron has one: add them.")
def _(sizes):
    return sum(a * b for a, b in layers(sizes))


@count_parameters.mistake(
    "input-biases",
    "The inputs got biases as well. Inputs are given numbers: start at the first layer.",
)
def _(sizes):
    return sum(a * b for a, b in layers(sizes)) + sum(map(int, sizes))


@count_parameters.mistake(
    "bias-a-layer", "One bias for each layer. Each neuron has its own: count them all."
)
def _(sizes):
    return sum(a * b + 1 for a, b in layers(sizes))


@count_parameters.mistake(
    "one-bias", "One bias for the whole network. Each neuron has its own: count them all."
)
def _(sizes):
    return sum(a * b for a, b in layers(sizes)) + 1


@count_parameters.mistake(
    "bias-an-input", "Biases were counted by inputs. Each neuron that is fed has one: use n_out."
)
def _(sizes):
    return sum(a * b + a for a, b in layers(sizes))


@count_parameters.mistake(
    "neurons", "These are the neurons and inputs. Count their weights and biases instead."
)
def _(sizes):
    return sum(map(int, sizes))


@count_parameters.mistake(
    "only-biases", "These are the biases alone. The weights are missing: n_in times n_out a layer."
)
def _(sizes):
    return sum(b for _, b in layers(sizes))


@count_parameters.mistake(
    "sums", "You added n_in and n_out. Each neuron has a weight for each input: multiply."
)
def _(sizes):
    return sum(a + b for a, b in layers(sizes))


@count_parameters.mistake(
    "sums-and-biases",
    "You added n_in and n_out before the biases. Each neuron meets each input: multiply.",
)
def _(sizes):
    return sum(a + 2 * b for a, b in layers(sizes))


@count_parameters.mistake(
    "product",
    "All sizes were multiplied. Only neighbours are joined: one product for each layer, then add.",
)
def _(sizes):
    return int(np.prod([int(n) for n in sizes]))


@count_parameters.mistake(
    "first-layer", "Only the first layer was counted. Go through all neighbouring sizes; add."
)
def _(sizes):
    a, b = layers(sizes)[0]
    return (a + 1) * b


@count_parameters.mistake(
    "last-layer", "Only the last layer was counted: the loop overwrites its sum. Add with +=."
)
def _(sizes):
    a, b = layers(sizes)[-1]
    return (a + 1) * b


@count_parameters.mistake(
    "stops-early", "The last layer is missing: the loop ends too early. Look at its range."
)
def _(sizes):
    return sum((a + 1) * b for a, b in layers(sizes)[:-1])


@count_parameters.mistake(
    "skips-first",
    "The first layer is missing: the loop starts too late. Python counts from 0; mend the start.",
)
def _(sizes):
    return sum((a + 1) * b for a, b in layers(sizes)[1:])


@count_parameters.mistake(
    "squares", "Each size was multiplied by itself. Multiply neighbours: inputs times neurons."
)
def _(sizes):
    return sum(b * b + b for _, b in layers(sizes))


@count_parameters.mistake("float", "A float came back. Parameters are counted: return an int.")
def _(sizes):
    return float(count_parameters(sizes))


@count_parameters.mistake("a-list", "A list of layers came back. Add its numbers up.")
def _(sizes):
    return [(a + 1) * b for a, b in layers(sizes)]


@exercise(
    returns="number",
    role="lesson",
    warning="NumPy warned of an overflow or of ln 0. Shift z by its largest entry before you exponentiate.",
    hints=(
        "Which two things pull on the loss: the right class's own number, and all numbers together?",
        "−ln(e^(z_k)/Σ e^(z_j)) = −z_k + ln Σ e^(z_j). With m the largest, the last term is m + ln Σ e^(z_j − m).",
        "Make z a float array; take its largest entry out before np.exp, and add it again outside the logarithm.",
    ),
    praise="Softmax and logarithm in one line, safe for any size. Its slope by z is y − target.",
)
def class_loss(z, k):
    z = np.asarray(z, dtype=float)
    m = np.max(z)
    return m + np.log(np.sum(np.exp(z - m))) - z[k]


class_loss.show([3, 3, -1], 1)
class_loss.show(np.array([2.0, 0.5, -1.0, 1.0]), 2)
class_loss.show((1, 4), 0)
class_loss.show(np.array([-1.5, -0.5, -2.0]), 0)
class_loss.show([1000, 999, 1001], 1)
class_loss.show(np.array([-1000.0, -1002.0]), 1)
class_loss.show(np.array([1000.0, 0.0, -1000.0]), 1)


def total(z):
    """Return ln Σ e^z without an overflow, for the wrong answers."""
    z = np.asarray(z, dtype=float)
    return np.max(z) + np.log(np.sum(np.exp(z - np.max(z))))


@class_loss.mistake(
    "overflow", "Right for small z; e^1000 overflows. Take the largest z out before np.exp."
)
def _(z, k):
    return -z[k] + np.log(np.sum(np.exp(np.asarray(z, dtype=float))))


@class_loss.mistake(
    "overflow-softmax",
    "e^1000 overflows, and infinity over infinity is nan. Take the largest z out before np.exp.",
)
def _(z, k):
    e = np.exp(np.asarray(z, dtype=float))
    return -np.log(e[k] / np.sum(e))


@class_loss.mistake(
    "ln-of-zero",
    "A tiny probability becomes 0, and its logarithm infinite. Stay with −z_k + ln Σ e^(z_j).",
)
def _(z, k):
    return -np.log(softmax(z)[k])


@class_loss.mistake(
    "no-zk", "This is the sum's part alone. The right class pulls too: subtract its z."
)
def _(z, k):
    return total(z)


@class_loss.mistake(
    "only-zk", "Only −z_k came back. The other classes pull as well: add ln Σ e^(z_j)."
)
def _(z, k):
    return -float(z[k])


@class_loss.mistake("sign", "Right size, opposite sign: a loss is not negative. Turn both signs.")
def _(z, k):
    return float(z[k]) - total(z)


@class_loss.mistake(
    "plus-zk", "z_k was added. A large z for the right class lowers the loss: look at its sign."
)
def _(z, k):
    return total(z) + z[k]


@class_loss.mistake(
    "log10-softmax", "The logarithm of the probability is a log10. Use the natural one, np.log."
)
def _(z, k):
    with np.errstate(divide="ignore"):
        return -np.log10(softmax(z)[k])


@class_loss.mistake(
    "log10-overflow",
    "The logarithm is a log10, and e^1000 overflows. Use np.log; take the largest z out before np.exp.",
)
def _(z, k):
    return -z[k] + np.log10(np.sum(np.exp(np.asarray(z, dtype=float))))


@class_loss.mistake(
    "no-logarithm", "The sum of the exponentials was not made a logarithm. Take np.log of the sum."
)
def _(z, k):
    with np.errstate(over="ignore"):
        return -z[k] + np.sum(np.exp(np.asarray(z, dtype=float)))


@class_loss.mistake(
    "no-logarithm-shifted",
    "The sum of the exponentials was not made a logarithm. Take np.log of the sum.",
)
def _(z, k):
    z = np.asarray(z, dtype=float)
    return np.max(z) + np.sum(np.exp(z - np.max(z))) - z[k]


@class_loss.mistake(
    "log-sum-overflow",
    "The logarithm of each exponential was added up, and e^1000 overflows. Sum first; then one logarithm.",
)
def _(z, k):
    with np.errstate(divide="ignore"):
        return -z[k] + np.sum(np.log(np.exp(np.asarray(z, dtype=float))))


@class_loss.mistake(
    "log-sum-shifted",
    "The logarithm of each exponential was added up. Sum first; then take one logarithm.",
)
def _(z, k):
    z = np.asarray(z, dtype=float)
    return np.max(z) + np.sum(z - np.max(z)) - z[k]


@class_loss.mistake(
    "log10", "The logarithm of the sum is a log10. e^ goes with the natural one: np.log."
)
def _(z, k):
    return (total(z) - z[k]) / np.log(10)


@class_loss.mistake(
    "log10-sum", "The sum's logarithm is a log10, z_k is not. e^ goes with np.log; use it."
)
def _(z, k):
    return total(z) / np.log(10) - z[k]


@class_loss.mistake("log2", "Too large by 1.4427: that is log2. Use the natural logarithm, np.log.")
def _(z, k):
    return (total(z) - z[k]) / np.log(2)


@class_loss.mistake(
    "probability",
    "That is the probability of class k. The loss is minus its logarithm; go one step on.",
)
def _(z, k):
    return softmax(z)[k]


@class_loss.mistake(
    "missing-share",
    "That is 1 minus the probability. The loss is minus a logarithm; go back one step.",
)
def _(z, k):
    return 1 - softmax(z)[k]


@class_loss.mistake(
    "only-max",
    "The sum was replaced by its largest part. The others count too: add ln Σ e^(z_j − m).",
)
def _(z, k):
    return float(np.max(z)) - z[k]


@class_loss.mistake(
    "max-not-added",
    "The largest z was taken out and not added again. Outside the logarithm it comes back.",
)
def _(z, k):
    z = np.asarray(z, dtype=float)
    return np.log(np.sum(np.exp(z - np.max(z)))) - z[k]


@class_loss.mistake(
    "mean", "The mean of the exponentials was taken. The formula has their sum; use it."
)
def _(z, k):
    return total(z) - np.log(len(z)) - z[k]


@class_loss.mistake(
    "counts-from-1", "Another class was taken: k counts from 0, as Python does. Use it as it is."
)
def _(z, k):
    return total(z) - z[k - 1]


@class_loss.mistake(
    "others-only",
    "The right class is missing in the sum. It goes over all classes; leave none out.",
)
def _(z, k):
    return total(np.delete(np.asarray(z, dtype=float), k)) - z[k]


@class_loss.mistake(
    "sum-of-z", "You added z without exponentials. The sum is over e^(z_j); exponentiate first."
)
def _(z, k):
    return abs(float(np.sum(z))) - z[k]


@class_loss.mistake(
    "log-sum", "The logarithm of each exponential was added up. Sum first; then take one logarithm."
)
def _(z, k):
    return float(np.sum(z)) - z[k]


@class_loss.mistake(
    "exponential-zk",
    "e^(z_k) was subtracted. The logarithm made it z_k; leave its exponential out.",
)
def _(z, k):
    with np.errstate(over="ignore"):
        return total(z) - np.exp(float(z[k]))


@class_loss.mistake(
    "clipped",
    "Clipping makes large z equal, and their order is lost. Take the largest out instead.",
)
def _(z, k):
    z = np.clip(np.asarray(z, dtype=float), -500, 500)
    return total(z) - z[k]


@class_loss.mistake(
    "argmax", "The largest class was taken for the right one. Class k is given; use it."
)
def _(z, k):
    return total(z) - float(np.max(z))


@class_loss.mistake(
    "math", "The functions of math take one number and stop for an array. Use NumPy's."
)
def _(z, k):
    return -z[k] + math.log(sum(math.exp(z)))


@class_loss.mistake("not-for-lists", CONVERT)
def _(z, k):
    return z.max() + np.log(np.exp(z - z.max()).sum()) - z[k]


@class_loss.mistake(
    "a-loss-a-class", "One loss for each class came back. Only class k is right: pick its own."
)
def _(z, k):
    return total(z) - np.asarray(z, dtype=float)


@class_loss.mistake(
    "in-place", "The value is right, but z changed. Compute a new array; −= writes into z."
)
def _(z, k):
    loss = total(z) - z[k]
    if isinstance(z, np.ndarray):
        z -= np.max(z)
    return loss
