"""Unit 3, the 2-2-2 sigmoid network: every function that the learner writes, with its cases.

Error of one example: E = Σ ½(t − o)². Sigmoid in both layers, one bias for each neuron.
"""

import math

import numpy as np

from grading.exercise import exercise, record, values

# the article's example; its lost weights w3, w4, w7, w8 are reconstructed. The notebook calls it
# inputs, targets and start, and messages use these names
X, T = np.array([0.95, 0.06]), np.array([0.05, 0.82])
W1, B1 = np.array([[0.10, 0.15], [0.01, 0.27]]), np.array([0.05, 0.05])
W2, B2 = np.array([[0.18, 0.06], [0.12, 0.25]]), np.array([0.42, 0.42])
PARAMS = {"W1": W1, "b1": B1, "W2": W2, "b2": B2}

# small networks for the visible check: n_in-n_h-n_o is 2-3-1, 3-2-2 and 1-3-2
WIDE = ([1, -2], [[2, -1], [0, 1], [-1, 1]], [1, 0, -2], [[1, -2, 3]], [-1])
NARROW = (
    np.array([0.5, -1.2, 0.8]),
    np.array([[0.9, -0.4, 0.3], [-0.7, 0.2, 1.1]]),
    np.array([-0.6, 0.4]),
    np.array([[1.3, -0.5], [0.6, 0.8]]),
    np.array([0.3, -0.9]),
)
TALL = ((1.5,), np.array([[0.4], [-0.8], [1.2]]), (0, 1, -1), [[1, 2, -1], [0, -2, 1]], [0.5, -0.7])
SIZES = ((2, 2, 2), (3, 4, 2), (2, 3, 2), (4, 2, 3))
SINGLE = ((1, 3, 1), (2, 1, 3), (1, 1, 2))

CONVERT = "It works for arrays and stops for a list. Convert first: np.asarray(…, dtype=float)."
OWN_BIAS = "Each neuron has a bias of its own, so nothing is summed there; one shared bias would need the sum."
BY_NAME = (
    "Right only if the keys come in one order. Take each member by its name, such as params['W1']."
)


def floats(*numbers):
    """Return float arrays of the given lists, tuples and arrays."""
    return [np.asarray(n, dtype=float) for n in numbers]


def mixed(rng, *shape):
    """Return numbers of ordinary size and of both signs, if there is room for both."""
    drawn = rng.uniform(0.3, 1.5, shape) * rng.choice([-1, 1], shape)
    if drawn.size > 1:
        drawn.flat[0], drawn.flat[-1] = abs(drawn.flat[0]), -abs(drawn.flat[-1])
    return drawn


def network(rng, n_in, n_h, n_o):
    """Return (x, W1, b1, W2, b2) of a network of these sizes."""
    shapes = ((n_in,), (n_h, n_in), (n_h,), (n_o, n_h), (n_o,))
    return tuple(mixed(rng, *shape) for shape in shapes)


def inside(rng, n):
    """Return n numbers between 0 and 1, such as targets or what sigmoids give."""
    return rng.uniform(0.08, 0.92, n)


def named(w1, b1, w2, b2):
    """Return four parameters or gradients as a dict."""
    return {"W1": w1, "b1": b1, "W2": w2, "b2": b2}


def turned(members):
    """Return the same dict with its keys in another order."""
    return {key: members[key] for key in ("b2", "W1", "b1", "W2")}


# sigmoid -----------------------------------------------------------------------------------------


@exercise(
    returns="number or array",
    unchanged=0.5,
    tolerance={"floor": 1e-12},
    warning="NumPy warned of an overflow or a division. Exponentiate only numbers that are not positive.",
    hints=(
        "Write it for one moderate number first. Then look at z = −1000: which part grows without end?",
        "σ(z) = 1/(1 + e⁻ᶻ) = eᶻ/(1 + eᶻ). Each form is safe on one side of 0.",
        "Make z a float array. Take np.exp of minus its absolute value: that is at most 1. Then choose with np.where.",
    ),
    praise="Any number now lands between 0 and 1, without a warning. Next: its slope.",
)
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1 + small)


sigmoid.show(0.154)
sigmoid.show(2)
sigmoid.show(np.array([-1.5, 0.0, 3.0]))
sigmoid.show([2, -1, 0])
sigmoid.show(((0.5, -2, 1), (4, -0.3, 0)))
sigmoid.show(np.array([[1, -2], [0, 3], [-1, 2]]))
sigmoid.show(np.array([0.7]))
sigmoid.show([[0.5, -1.0, 2.0]])
sigmoid.show(-1000)
sigmoid.show(1000.0)
sigmoid.show(np.array([-1000.0, 12.0, -30.0, 0.25, 1000.0]))


@sigmoid.hidden("values", 1, "Numbers and vectors of ordinary size.")
def _(rng):
    for n in (2, 5, 9):
        yield (rng.uniform(-5, 5, n),)
    yield (mixed(rng, 4),)
    yield (float(rng.uniform(0.5, 4)),)
    yield (np.float64(-rng.uniform(0.5, 4)),)
    yield (0.0,)


@sigmoid.hidden("any shape", 0.5, "Lists, integers, matrices, arrays of one entry.")
def _(rng):
    yield (-3,)
    yield (np.int64(2),)
    yield ([4, -2, 0, 1, -5],)
    yield ((0.5, -3),)
    yield ([[1, -2, 0.5], [3, 0, -4]],)
    yield (np.array([3, -1, 0, 2]),)
    yield (rng.uniform(-4, 4, (4, 2)),)
    yield (rng.uniform(-4, 4, (2, 2)),)
    yield (rng.uniform(-4, 4, 1),)
    yield (rng.uniform(-4, 4, (1, 3)),)
    yield (rng.uniform(-4, 4, (3, 1)),)
    yield (rng.uniform(-4, 4, (1, 1)),)


@sigmoid.hidden("far tails", 1, "z up to 1000 in size: no nan, no warning of an overflow.")
def _(rng):
    yield (-float(rng.uniform(720, 1000)),)
    yield (float(rng.uniform(720, 1000)),)
    yield (-1000,)
    yield (np.array([-1000, 3, 1000]),)
    yield (rng.uniform(720, 1000, 3),)
    yield (-rng.uniform(720, 1000, (2, 3)),)
    yield (np.array([-999.0, -rng.uniform(15, 25), rng.uniform(8, 15), 999.0]),)
    yield ([-rng.uniform(8, 15), -rng.uniform(15, 25), -60.0, 60.0],)


def logistic(z):
    """Return the sigmoid for wrong answers: short, and quiet only in the middle."""
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


@sigmoid.mistake(
    "sign",
    "Yours falls where it should rise: at z = 2 it is below 0.5. Look at the exponent's sign.",
)
def _(z):
    return 1 - sigmoid(z)


@sigmoid.mistake(
    "overflow",
    "The values are right, but for z near −1000 np.exp overflows. Exponentiate only what is not positive.",
)
def _(z):
    return logistic(z)


@sigmoid.mistake(
    "nan",
    "For z near 1000 you get infinity over infinity, which is nan. Use the other form of σ on that side.",
)
def _(z):
    e = np.exp(np.asarray(z, dtype=float))
    return e / (1 + e)


@sigmoid.mistake(
    "both-branches",
    "np.where works out both branches for every entry, so one of them overflows. Let only −|z| go into exp.",
)
def _(z):
    z = np.asarray(z, dtype=float)
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), np.exp(z) / (1 + np.exp(z)))


@sigmoid.mistake(
    "precedence", "1/1 + … is 1 plus the rest. Put brackets around the whole denominator."
)
def _(z):
    return 1 / 1 + np.exp(-np.asarray(z, dtype=float))


@sigmoid.mistake(
    "minus",
    "The denominator is too small, and 0 at z = 0. It is 1 plus an exponential; look there.",
)
def _(z):
    return 1 / (1 - np.exp(-np.asarray(z, dtype=float)))


@sigmoid.mistake(
    "math", "math.exp takes one number and stops for an array. Use np.exp, which takes any shape."
)
def _(z):
    return 1 / (1 + math.exp(-z))


@sigmoid.mistake(
    "if-on-array",
    "`if z >= 0` needs one truth value, and an array has many. Decide entry by entry, as np.where does.",
)
def _(z):
    if z >= 0:
        return 1 / (1 + np.exp(-z))
    return np.exp(z) / (1 + np.exp(z))


@sigmoid.mistake(
    "loop",
    "A loop over z fits vectors alone. NumPy's functions take numbers, vectors and matrices; use them.",
)
def _(z):
    return np.array([1 / (1 + math.exp(-v)) if v >= 0 else 1 - 1 / (1 + math.exp(v)) for v in z])


@sigmoid.mistake("not-for-lists", CONVERT)
def _(z):
    return 1 / (1 + np.exp(-z))


@sigmoid.mistake(
    "array-for-number", "A number came back as an array of one entry. Give a number for a number."
)
def _(z):
    return np.atleast_1d(sigmoid(z))


@sigmoid.mistake(
    "flattened", "The values are right, but the shape is lost. Return an array of the shape of z."
)
def _(z):
    return np.ravel(sigmoid(z)) if np.ndim(z) else sigmoid(z)


@sigmoid.mistake(
    "squeezed", "An axis of length 1 is gone. Keep the shape of z as it is; leave np.squeeze out."
)
def _(z):
    return np.squeeze(sigmoid(z)) if np.ndim(z) else sigmoid(z)


@sigmoid.mistake(
    "tanh", "That is tanh, from −1 to 1. The sigmoid runs from 0 to 1; look at its formula."
)
def _(z):
    return np.tanh(np.asarray(z, dtype=float))


@sigmoid.mistake(
    "too-steep", "Your curve is twice as steep as the sigmoid. In the tanh form z is halved first."
)
def _(z):
    return 0.5 * (1 + np.tanh(np.asarray(z, dtype=float)))


@sigmoid.mistake(
    "slope", "That is the slope of the sigmoid, largest at 0. Return the sigmoid itself here."
)
def _(z):
    return sigmoid(z) * (1 - sigmoid(z))


@sigmoid.mistake(
    "clip",
    "Your clip is too narrow: in the tails it changes the result. Limits such as ±500 do not.",
)
def _(z):
    return logistic(np.clip(z, -20, 20))


@sigmoid.mistake(
    "integers",
    "For whole numbers the results were cut to whole numbers. Make the result a float array first.",
)
def _(z):
    z = np.asarray(z)
    out = np.zeros_like(z)
    out[...] = sigmoid(z)
    return out if out.ndim else out[()]


@sigmoid.mistake(
    "in-place",
    "The values are right, but z itself changed. Compute new arrays; *= and out= write into z.",
)
def _(z):
    z = np.asarray(z, dtype=float)
    out = sigmoid(z)
    z *= -1
    return out


# sigmoid_prime_from_output -----------------------------------------------------------------------


@exercise(
    returns="number or array",
    unchanged=0.5,
    hints=(
        "a is what the sigmoid gave; z is not needed any more.",
        "The slope of the sigmoid is a times what is missing from a to 1.",
        "Make a a float array; then return one product.",
    ),
    praise="0.09 at a = 0.9, at most 0.25: every sigmoid on the way back shrinks the signal.",
)
def sigmoid_prime_from_output(a):
    a = np.asarray(a, dtype=float)
    return a * (1 - a)


sigmoid_prime_from_output.show(0.9)
sigmoid_prime_from_output.show(np.array([0.2, 0.5384, 0.75]))
sigmoid_prime_from_output.show([0.25, 1, 0.6])
sigmoid_prime_from_output.show(((0.3, 0.6, 0.95), (0.1, 0, 0.4)))
sigmoid_prime_from_output.show(np.array([0.7]))
sigmoid_prime_from_output.show(np.array([[0.8, 0.35]]))
sigmoid_prime_from_output.show(1)


@sigmoid_prime_from_output.hidden("values", 1, "Numbers and vectors between 0 and 1.")
def _(rng):
    for n in (2, 4, 7):
        yield (inside(rng, n),)
    yield (float(rng.uniform(0.6, 0.9)),)
    yield (np.float64(rng.uniform(0.1, 0.4)),)
    yield (rng.uniform(1e-4, 1e-3, 3),)


@sigmoid_prime_from_output.hidden(
    "any shape", 0.5, "Lists, matrices, arrays of one entry, and a saturated neuron: 0 or 1."
)
def _(rng):
    yield (inside(rng, (3, 2)),)
    yield (inside(rng, (2, 2)),)
    yield (inside(rng, 1),)
    yield (inside(rng, (1, 3)),)
    yield (inside(rng, (3, 1)),)
    yield ([0.125, 0.7, 0.3],)
    yield ((0.85, 0.2),)
    yield ([[0.15, 0.8, 1], [0.45, 0, 0.9]],)
    yield (0,)
    yield (np.array([1, 0, 1]),)


@sigmoid_prime_from_output.mistake(
    "sigmoid-again",
    "You applied the sigmoid a second time. a is its output already; use it as it is.",
)
def _(a):
    return sigmoid(a) * (1 - sigmoid(a))


@sigmoid_prime_from_output.mistake(
    "tanh", "1 − a² is the slope of tanh. At a = 0.9 the sigmoid's is 0.09; take its own formula."
)
def _(a):
    return 1 - np.square(np.asarray(a, dtype=float))


@sigmoid_prime_from_output.mistake(
    "sign", "The slope of the sigmoid is never negative. Look at the order of your difference."
)
def _(a):
    return -sigmoid_prime_from_output(a)


@sigmoid_prime_from_output.mistake(
    "one-factor",
    "Only what is missing to 1 came back. The slope is a product of two factors; one is a.",
)
def _(a):
    return 1 - np.asarray(a, dtype=float)


@sigmoid_prime_from_output.mistake(
    "precedence", "a * 1 − a is 0 everywhere. Put the difference into brackets."
)
def _(a):
    return 0 * np.asarray(a, dtype=float)


@sigmoid_prime_from_output.mistake(
    "square",
    "a·a is no slope: it does not fall again near 1. One factor is a, the other 1 − a; look there.",
)
def _(a):
    return np.square(np.asarray(a, dtype=float))


@sigmoid_prime_from_output.mistake(
    "plus",
    "Your slope grows towards a = 1, where the sigmoid is flat. Look at the sign in the brackets.",
)
def _(a):
    return np.asarray(a, dtype=float) * (1 + np.asarray(a, dtype=float))


@sigmoid_prime_from_output.mistake(
    "dot",
    "The entries were added up to one number. Multiply entry by entry, with * and not with @.",
)
def _(a):
    a = np.asarray(a, dtype=float)
    return np.dot(a, 1 - a)


@sigmoid_prime_from_output.mistake(
    "through-z",
    "At a = 0 or 1 there is no finite z to go back to. The slope needs a alone; leave the logarithm out.",
)
def _(a):
    a = np.asarray(a, dtype=float)
    z = np.log(a) - np.log(1 - a)
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


@sigmoid_prime_from_output.mistake("not-for-lists", CONVERT)
def _(a):
    return a * (1 - a)


@sigmoid_prime_from_output.mistake(
    "array-for-number", "A number came back as an array of one entry. Give a number for a number."
)
def _(a):
    return np.atleast_1d(sigmoid_prime_from_output(a))


@sigmoid_prime_from_output.mistake(
    "loop",
    "A loop over a fits vectors alone. NumPy's * takes numbers, vectors and matrices; use it.",
)
def _(a):
    return np.array([float(v) * (1 - float(v)) for v in a])


@sigmoid_prime_from_output.mistake(
    "flattened", "The values are right, but the shape is lost. Return an array of the shape of a."
)
def _(a):
    slope = sigmoid_prime_from_output(a)
    return np.ravel(slope) if np.ndim(a) else slope


@sigmoid_prime_from_output.mistake(
    "in-place", "The values are right, but a itself changed. Compute a new array; *= writes into a."
)
def _(a):
    a = np.asarray(a, dtype=float)
    other = 1 - a
    a *= other
    return a.copy() if a.ndim else a[()]


# forward_222 -------------------------------------------------------------------------------------


@exercise(
    returns=values(h="array", o="array"),
    unchanged=0.5,
    hints=(
        "Take the first hidden neuron: which row of W1 belongs to it, and what does it multiply?",
        "Each layer: z = W @ a + b, then the sigmoid. What enters the second layer is h.",
        "Make all five float arrays; then h is the sigmoid of one matrix product plus b1.",
    ),
    praise="Two lines for any size. The rows of W are the neurons: remember that on the way back.",
)
def forward_222(x, W1, b1, W2, b2):
    x, W1, b1, W2, b2 = floats(x, W1, b1, W2, b2)
    h = sigmoid(W1 @ x + b1)
    return h, sigmoid(W2 @ h + b2)


forward_222.show(X, W1, B1, W2, B2, written="inputs, **start")
forward_222.show(*WIDE)
forward_222.show(*NARROW)
forward_222.show(*TALL)


@forward_222.hidden("values", 2, "Networks 2-2-2, 3-4-2, 2-3-2 and 4-2-3, weights of both signs.")
def _(rng):
    for sizes in SIZES:
        yield network(rng, *sizes)
    yield network(rng, 3, 3, 3)


@forward_222.hidden("one neuron", 0.5, "Layers of a single neuron, such as 1-3-1.")
def _(rng):
    for sizes in SINGLE:
        yield network(rng, *sizes)


@forward_222.hidden("lists and integers", 1, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [2, -1, 3], [[1, 0, -1], [2, -3, 1]], [-1, 4], [[1, -2], [0, 3], [-1, 1]], [2, 0, -1]
    yield (0.5, -2), ((1, 2), (-1, 0.5), (3, -1)), (0, 1, -2), ((1, -1, 2),), (0.5,)
    yield mixed(rng, 2), [[1, -2], [3, 1]], mixed(rng, 2), mixed(rng, 2, 2), [1, -2]
    yield (
        [1, -1],
        np.array([[2, 1], [0, -3], [1, 1]]),
        mixed(rng, 3),
        [[2, -1, 1], [0, 1, 3]],
        (0, -1),
    )


def pass_forward(x, W1, b1, W2, b2):
    """Return (z1, h, z2, o) for the wrong answers."""
    x, W1, b1, W2, b2 = floats(x, W1, b1, W2, b2)
    z1 = W1 @ x + b1
    h = sigmoid(z1)
    z2 = W2 @ h + b2
    return z1, h, z2, sigmoid(z2)


ROWS = "The columns of W were used for the neurons. A row belongs to a neuron: take W as it is, and put it first."


@forward_222.mistake("x-at-W", ROWS)
def _(x, W1, b1, W2, b2):
    x, W1, b1, W2, b2 = floats(x, W1, b1, W2, b2)
    h = sigmoid(x @ W1 + b1)
    return h, sigmoid(h @ W2 + b2)


@forward_222.mistake(
    "x-at-W1",
    "The first layer uses the columns of W1 for its neurons. Use the rows: W1 comes before x.",
)
def _(x, W1, b1, W2, b2):
    x, W1, b1, W2, b2 = floats(x, W1, b1, W2, b2)
    h = sigmoid(x @ W1 + b1)
    return h, sigmoid(W2 @ h + b2)


@forward_222.mistake(
    "h-at-W2",
    "The second layer uses the columns of W2 for its neurons. Use the rows: W2 comes before h.",
)
def _(x, W1, b1, W2, b2):
    x, W1, b1, W2, b2 = floats(x, W1, b1, W2, b2)
    h = sigmoid(W1 @ x + b1)
    return h, sigmoid(h @ W2 + b2)


@forward_222.mistake(
    "linear-output", "o is the weighted sum itself. The output layer has a sigmoid too; apply it."
)
def _(x, W1, b1, W2, b2):
    _, h, z2, _ = pass_forward(x, W1, b1, W2, b2)
    return h, z2


@forward_222.mistake(
    "linear-hidden", "h is the weighted sum itself. Apply the sigmoid in the hidden layer too."
)
def _(x, W1, b1, W2, b2):
    x, W1, b1, W2, b2 = floats(x, W1, b1, W2, b2)
    h = W1 @ x + b1
    return h, sigmoid(W2 @ h + b2)


@forward_222.mistake(
    "no-sigmoid", "Both layers are still weighted sums. Apply the sigmoid in each of them."
)
def _(x, W1, b1, W2, b2):
    x, W1, b1, W2, b2 = floats(x, W1, b1, W2, b2)
    h = W1 @ x + b1
    return h, W2 @ h + b2


@forward_222.mistake(
    "net-into-output",
    "h is right, but the output layer was fed with the sum before the sigmoid. Feed it with h.",
)
def _(x, W1, b1, W2, b2):
    z1, h, _, _ = pass_forward(x, W1, b1, W2, b2)
    return h, sigmoid(np.asarray(W2, dtype=float) @ z1 + b2)


@forward_222.mistake(
    "no-bias", "The biases are missing in both layers. Each neuron adds its own; add b."
)
def _(x, W1, b1, W2, b2):
    return pass_forward(x, W1, np.multiply(0, b1), W2, np.multiply(0, b2))[1::2]


@forward_222.mistake("no-b1", "The hidden neurons have lost their biases. Look where b1 enters.")
def _(x, W1, b1, W2, b2):
    return pass_forward(x, W1, np.multiply(0, b1), W2, b2)[1::2]


@forward_222.mistake("no-b2", "The outputs have lost their biases. Look where b2 enters.")
def _(x, W1, b1, W2, b2):
    return pass_forward(x, W1, b1, W2, np.multiply(0, b2))[1::2]


@forward_222.mistake(
    "b1-twice",
    "The output layer uses the hidden layer's biases. Its own are b2; exchange the name.",
)
def _(x, W1, b1, W2, b2):
    return pass_forward(x, W1, b1, W2, b1)[1::2]


@forward_222.mistake(
    "one-bias",
    "All neurons of a layer use its first bias. Each has its own entry of b; add the whole b.",
)
def _(x, W1, b1, W2, b2):
    return pass_forward(x, W1, np.full(len(b1), b1[0]), W2, np.full(len(b2), b2[0]))[1::2]


@forward_222.mistake(
    "bias-outside",
    "The bias came after the sigmoid. It belongs into the weighted sum; move it inside.",
)
def _(x, W1, b1, W2, b2):
    x, W1, b1, W2, b2 = floats(x, W1, b1, W2, b2)
    h = sigmoid(W1 @ x) + b1
    return h, sigmoid(W2 @ h) + b2


@forward_222.mistake(
    "skips-hidden",
    "The outputs were computed from x. They see the hidden layer only; feed them with h.",
)
def _(x, W1, b1, W2, b2):
    h = pass_forward(x, W1, b1, W2, b2)[1]
    return h, sigmoid(np.asarray(W2, dtype=float) @ np.asarray(x, dtype=float) + b2)


@forward_222.mistake(
    "rounded",
    "Right to three digits: something was rounded on the way. Keep full precision; round only to print.",
)
def _(x, W1, b1, W2, b2):
    h = np.round(pass_forward(x, W1, b1, W2, b2)[1], 3)
    return h, np.round(sigmoid(np.asarray(W2, dtype=float) @ h + b2), 3)


@forward_222.mistake(
    "nets-too", "You returned the weighted sums as well. The task asks for two arrays: h, then o."
)
def _(x, W1, b1, W2, b2):
    return pass_forward(x, W1, b1, W2, b2)


@forward_222.mistake(
    "order",
    "The two arrays are exchanged. Return the hidden outputs first, then the network's outputs.",
)
def _(x, W1, b1, W2, b2):
    return pass_forward(x, W1, b1, W2, b2)[3:0:-2]


@forward_222.mistake(
    "only-o", "Only the outputs came back. The way back needs the hidden ones too; return h and o."
)
def _(x, W1, b1, W2, b2):
    return pass_forward(x, W1, b1, W2, b2)[3]


@forward_222.mistake(
    "columns",
    "h and o are columns of shape (n, 1). Keep x and b as they are, 1-D; then so are h and o.",
)
def _(x, W1, b1, W2, b2):
    _, h, _, o = pass_forward(x, W1, b1, W2, b2)
    return h[:, None], o[:, None]


@forward_222.mistake(
    "only-222",
    "Right for 2-2-2 only, as eight weights are written out. W @ x does it for every size; use it.",
)
def _(x, W1, b1, W2, b2):
    h = sigmoid([W1[i][0] * x[0] + W1[i][1] * x[1] + b1[i] for i in (0, 1)])
    return h, sigmoid([W2[i][0] * h[0] + W2[i][1] * h[1] + b2[i] for i in (0, 1)])


@forward_222.mistake(
    "tanh-hidden",
    "h runs from −1 to 1: that is tanh. In this unit both layers use the sigmoid; exchange it.",
)
def _(x, W1, b1, W2, b2):
    h = np.tanh(pass_forward(x, W1, b1, W2, b2)[0])
    return h, sigmoid(np.asarray(W2, dtype=float) @ h + b2)


@forward_222.mistake("not-for-lists", CONVERT)
def _(x, W1, b1, W2, b2):
    h = sigmoid(W1 @ x + b1)
    return h, sigmoid(W2 @ h + b2)


# half_squared_error ------------------------------------------------------------------------------


@exercise(
    returns=values(per_output="array", total="number"),
    unchanged=0.5,
    hints=(
        "Two results: one number for each output, and one for all of them.",
        "Each output adds half of its squared difference; the total is their sum.",
        "Start with the difference of two float arrays; then halve its square.",
    ),
    praise="The ½ cancels the 2 of the derivative: the slope by an output is just o − t.",
)
def half_squared_error(target, out):
    target, out = floats(target, out)
    per_output = 0.5 * (target - out) ** 2
    return per_output, per_output.sum()


half_squared_error.show([0.05, 0.82], [0.63, 0.65])
half_squared_error.show(T, np.array([0.6336833584, 0.6489301513]))
half_squared_error.show([1, 0, 2], (3, -1, 0))
half_squared_error.show(np.array([2.0]), [0.5])


@half_squared_error.hidden("values", 1, "One to seven outputs.")
def _(rng):
    for n in (2, 3, 7):
        yield inside(rng, n), inside(rng, n)
    yield rng.uniform(-3, 3, 4), rng.uniform(-3, 3, 4)
    yield inside(rng, 1), inside(rng, 1)


@half_squared_error.hidden(
    "lists and integers", 0.5, "Lists, tuples and integers in place of arrays."
)
def _(rng):
    yield [1, 0, 0, 1], [0.25, 0.5, 0.125, 0.75]
    yield (2, -3), [5, 1]
    yield np.array([0, 1, 3]), np.array([4, -1, 2])
    yield inside(rng, 3), [1, 0, 2]


def half(target, out):
    """Return the right per-output errors for the wrong answers."""
    return 0.5 * np.square(np.subtract(target, out, dtype=float))


@half_squared_error.mistake(
    "no-half",
    "Twice the expected size: the ½ is missing. The article forgets it once; this unit keeps it.",
)
def _(target, out):
    return 2 * half(target, out), 2 * half(target, out).sum()


@half_squared_error.mistake(
    "mean",
    "The total is a mean here. The error of an example is the sum over its outputs; add them up.",
)
def _(target, out):
    return half(target, out), half(target, out).mean()


@half_squared_error.mistake(
    "mean-square", "Both are divided by the number of outputs. Replace the mean by ½ and a sum."
)
def _(target, out):
    squares = 2 * half(target, out)
    return squares / len(squares), squares.mean()


@half_squared_error.mistake(
    "absolute", "That is half the distance. Square the differences in the place of taking abs."
)
def _(target, out):
    per_output = 0.5 * np.abs(np.subtract(target, out, dtype=float))
    return per_output, per_output.sum()


@half_squared_error.mistake(
    "no-square", "The differences are not squared, so they can cancel. Square each before you add."
)
def _(target, out):
    per_output = 0.5 * np.subtract(target, out, dtype=float)
    return per_output, per_output.sum()


@half_squared_error.mistake(
    "square-of-sum",
    "For the total you added first and squared then. Add the squares of the differences.",
)
def _(target, out):
    return half(target, out), 0.5 * np.subtract(target, out, dtype=float).sum() ** 2


@half_squared_error.mistake(
    "no-half-in-parts",
    "The total is right, but each part is twice too large. The ½ belongs to the parts.",
)
def _(target, out):
    return 2 * half(target, out), half(target, out).sum()


@half_squared_error.mistake(
    "no-half-in-total",
    "The parts are right, but the total lost the ½. Add up the parts themselves.",
)
def _(target, out):
    return half(target, out), 2 * half(target, out).sum()


@half_squared_error.mistake(
    "half-twice", "The total is halved twice. The parts hold the ½ already; just add them up."
)
def _(target, out):
    return half(target, out), half(target, out).sum() / 2


@half_squared_error.mistake(
    "half-inside", "The ½ was squared too, so you got a quarter. Square first; then halve."
)
def _(target, out):
    return half(target, out) / 2, half(target, out).sum() / 2


@half_squared_error.mistake(
    "root",
    "The total is a distance: it has a root. Leave the root out and halve the sum of squares.",
)
def _(target, out):
    return half(target, out), np.sqrt(2 * half(target, out).sum())


@half_squared_error.mistake(
    "squares-apart",
    "You squared target and output before subtracting. Subtract first; then square.",
)
def _(target, out):
    per_output = 0.5 * (np.square(target) - np.square(out))
    return per_output, per_output.sum()


@half_squared_error.mistake(
    "only-total", "Only the total came back. Return the pair: the array of parts, then their sum."
)
def _(target, out):
    return half(target, out).sum()


@half_squared_error.mistake(
    "only-parts", "Only the parts came back. Return the pair: the array of parts, then their sum."
)
def _(target, out):
    return half(target, out)


@half_squared_error.mistake(
    "order", "The two results are exchanged. Return the array of parts first, then the total."
)
def _(target, out):
    return half(target, out).sum(), half(target, out)


@half_squared_error.mistake(
    "list", "The parts are right, but they come as a list. Return them as one NumPy array."
)
def _(target, out):
    return list(half(target, out)), half(target, out).sum()


@half_squared_error.mistake(
    "two-outputs",
    "Right for two outputs only. Add over all of them, however many; sum() does that.",
)
def _(target, out):
    per_output = half(target, out)
    return per_output, per_output[0] + per_output[1]


@half_squared_error.mistake("not-for-lists", CONVERT)
def _(target, out):
    per_output = 0.5 * (target - out) ** 2
    return per_output, per_output.sum()


@half_squared_error.mistake(
    "in-place",
    "The values are right, but the target changed. Make a new array; -= writes into the old one.",
)
def _(target, out):
    target = np.asarray(target, dtype=float)
    target -= out
    return 0.5 * target**2, float(0.5 * target @ target)


# grad_w5 -----------------------------------------------------------------------------------------

OTHER = (
    np.array([0.8, -1.1]),
    np.array([0.7, 0.2]),
    np.array([[0.5, -0.9], [1.2, 0.3]]),
    np.array([-0.2, 0.6]),
    np.array([[-1.4, 0.8], [0.9, 0.4]]),
    np.array([0.1, -0.5]),
)
WHOLE = ([1, -2], [0, 1], [[1, 2], [-1, 0]], (1, -1), [[2, -1], [1, 3]], (0, -2))


@exercise(
    returns=values(comp1="number", comp2="number", comp3="number", product="number"),
    unchanged=0.5,
    fixed_size=True,
    hints=(
        "w5 = W2[0][0] leads from h1 to o1. Walk from E to w5 and write down each step's derivative.",
        "The three: E by o1, o1 by its weighted sum, that sum by w5.",
        "First h, o from forward_222; comp1 is a difference of o and t, comp2 a product of o, comp3 one entry of h.",
    ),
    praise="For the article's network 0.0729509; its own digits give 0.07289. Next: all of W2 at once.",
)
def grad_w5(x, t, W1, b1, W2, b2):
    h, o = forward_222(x, W1, b1, W2, b2)
    comp1, comp2, comp3 = o[0] - t[0], sigmoid_prime_from_output(o[0]), h[0]
    return comp1, comp2, comp3, comp1 * comp2 * comp3


grad_w5.show(X, T, W1, B1, W2, B2, written="inputs, targets, **start")
grad_w5.show(*OTHER)
grad_w5.show(*WHOLE)


@grad_w5.hidden("values", 1, "Other 2-2-2 networks.")
def _(rng):
    for _ in range(3):
        x, *params = network(rng, 2, 2, 2)
        yield x, inside(rng, 2), *params


@grad_w5.hidden("lists and integers", 0.5, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [2, -1], (1, 0), [[1, -2], [0, 1]], [0, -1], ((1, 2), (-1, 3)), [1, -2]
    yield (0.5, -1), [0.2, 0.9], mixed(rng, 2, 2), (1, -1), [[0.5, 2], [-1, 1]], mixed(rng, 2)


def parts_of_w5(x, t, W1, b1, W2, b2):
    """Return everything on the way to w5 for the wrong answers: z1, h, z2, o, t, comp1, comp2."""
    z1, h, z2, o = pass_forward(x, W1, b1, W2, b2)
    t = np.asarray(t, dtype=float)
    return z1, h, z2, o, t, o[0] - t[0], o[0] * (1 - o[0])


def multiplied(a, b, c):
    """Return three factors and their product."""
    return a, b, c, a * b * c


@grad_w5.mistake(
    "t-minus-o",
    "comp1 and the product have the wrong sign. E falls when o1 moves to t1, so its slope is output − target.",
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return multiplied(-one, two, h[0])


@grad_w5.mistake(
    "minus-outside",
    "The product is right, but comp1 has the wrong sign: its minus went elsewhere. Give o1 − t1.",
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return -one, two, h[0], one * two * h[0]


@grad_w5.mistake(
    "comp2-from-net",
    "comp2 took the weighted sum. The formula a(1 − a) needs the output of the sigmoid, o1; use that.",
)
def _(*network):
    _, h, z2, _, _, one, _ = parts_of_w5(*network)
    return multiplied(one, z2[0] * (1 - z2[0]), h[0])


@grad_w5.mistake(
    "sigmoid-again",
    "comp2 applied the sigmoid to o1 again. o1 is its output already; use it as it is.",
)
def _(*network):
    _, h, _, o, _, one, _ = parts_of_w5(*network)
    return multiplied(one, sigmoid(o[0]) * (1 - sigmoid(o[0])), h[0])


@grad_w5.mistake(
    "comp2-of-h",
    "comp2 belongs to the hidden neuron. The path to w5 passes the sigmoid of output 1; use o1.",
)
def _(*network):
    _, h, _, _, _, one, _ = parts_of_w5(*network)
    return multiplied(one, h[0] * (1 - h[0]), h[0])


@grad_w5.mistake(
    "comp3-x1", "comp3 is x1. What enters w5 comes from the hidden layer; look at its start."
)
def _(x, *rest):
    *_, one, two = parts_of_w5(x, *rest)
    return multiplied(one, two, x[0])


@grad_w5.mistake(
    "comp3-h2", "That is the slope by w6. w5 starts at the first hidden neuron; look at comp3."
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return multiplied(one, two, h[1])


@grad_w5.mistake(
    "comp3-w5",
    "comp3 is w5 itself. The slope of w5·h1 by w5 is the other factor; which one is that?",
)
def _(x, t, W1, b1, W2, b2):
    *_, one, two = parts_of_w5(x, t, W1, b1, W2, b2)
    return multiplied(one, two, W2[0][0])


@grad_w5.mistake(
    "comp3-net",
    "comp3 is the hidden neuron's weighted sum. What leaves the neuron is its sigmoid; use h1.",
)
def _(*network):
    z1, *_, one, two = parts_of_w5(*network)
    return multiplied(one, two, z1[0])


@grad_w5.mistake(
    "w7",
    "You walked to w7: o2 and t2 are on that path. w5 leads to the first output; use o1 and t1.",
)
def _(*network):
    _, h, _, o, t, _, _ = parts_of_w5(*network)
    return multiplied(o[1] - t[1], o[1] * (1 - o[1]), h[0])


@grad_w5.mistake(
    "both-outputs",
    "The product counts output 2 as well. w5 reaches output 1 only; that part is 0. Leave it out.",
)
def _(*network):
    _, h, _, o, t, one, two = parts_of_w5(*network)
    return one, two, h[0], float(np.sum((o - t) * o * (1 - o))) * h[0]


@grad_w5.mistake("sum", "The three were added. Along one path derivatives multiply; use a product.")
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return one, two, h[0], one + two + h[0]


@grad_w5.mistake(
    "comp2-unused",
    "The product left comp2 out. All three derivatives of the path multiply; count them.",
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return one, two, h[0], one * h[0]


@grad_w5.mistake(
    "twice", "comp1 is twice too large. The ½ of E cancels the 2 of the derivative; drop the 2."
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return multiplied(2 * one, two, h[0])


@grad_w5.mistake(
    "comp1-is-error",
    "comp1 is the error of output 1 itself. Its derivative by o1 is needed; differentiate it.",
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return multiplied(0.5 * one**2, two, h[0])


@grad_w5.mistake(
    "rounded",
    "The factors carry rounded digits. Keep full precision in code and round only to print.",
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return multiplied(round(one, 5), round(two, 5), round(h[0], 3))


@grad_w5.mistake(
    "only-product", "Only the product came back. Return the three factors and then their product."
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return one * two * h[0]


@grad_w5.mistake(
    "no-product", "Only the factors came back. Return their product as the fourth number."
)
def _(*network):
    _, h, _, _, _, one, two = parts_of_w5(*network)
    return one, two, h[0]


@grad_w5.mistake(
    "constants",
    "Right for the article's network only. Compute each factor from the arguments you are given.",
)
def _(*_):
    h, o = forward_222(X, W1, B1, W2, B2)
    return multiplied(o[0] - 0.05, o[0] * (1 - o[0]), h[0])


@grad_w5.mistake("not-for-lists", CONVERT)
def _(x, t, W1, b1, W2, b2):
    h = sigmoid(W1 @ x + b1)
    o = sigmoid(W2 @ h + b2)
    return multiplied(o[0] - t[0], o[0] * (1 - o[0]), h[0])


@grad_w5.mistake(
    "in-place",
    "The values are right, but an argument changed. Compute new arrays; -= writes into the old one.",
)
def _(x, t, W1, b1, W2, b2):
    _, h, _, o, t, one, two = parts_of_w5(x, np.asarray(t, dtype=float), W1, b1, W2, b2)
    t -= o
    return multiplied(one, two, h[0])


# output_layer_grads ------------------------------------------------------------------------------


@exercise(
    returns=values(dW2="array", db2="array"),
    unchanged=0.5,
    hints=(
        "All weights into one output share the first two factors of grad_w5. Compute these for all outputs first.",
        "delta_o = (o − t) times the slope of the sigmoid; dW2 has one row for each output, one column for each h.",
        "Start with delta_o, entry by entry; then an outer product gives dW2, and db2 is simpler.",
    ),
    praise="delta_o is the signal that now travels back to the hidden layer.",
)
def output_layer_grads(h, o, t):
    h, o, t = floats(h, o, t)
    delta_o = (o - t) * o * (1 - o)
    return np.outer(delta_o, h), delta_o


HIDDEN, OUT = np.array([0.5384240912, 0.5189159677]), np.array([0.6336833584, 0.6489301513])

output_layer_grads.show(HIDDEN, OUT, T)
output_layer_grads.show([0.5, 0.2, 0.9], [0.25, 0.6], [1, 0])
output_layer_grads.show((0.4, 0.7), np.array([0.8, 0.3, 0.55]), (0.1, 0.9, 0.2))
output_layer_grads.show(np.array([0.9]), [0.75], np.array([0.0]))


@output_layer_grads.hidden("values", 2, "One to four outputs, one to five hidden neurons.")
def _(rng):
    for n_h, n_o in ((2, 2), (4, 2), (2, 3), (5, 4), (3, 3)):
        yield inside(rng, n_h), inside(rng, n_o), inside(rng, n_o)
    for n_h, n_o in ((3, 1), (1, 2), (1, 1)):
        yield inside(rng, n_h), inside(rng, n_o), inside(rng, n_o)
    yield inside(rng, 2), np.array([0.003, 0.5, 0.998]), inside(rng, 3)  # saturated outputs


@output_layer_grads.hidden(
    "lists and integers", 0.5, "Lists, tuples and integers in place of arrays."
)
def _(rng):
    yield [0.5, 0.25, 0.75], [0.125, 0.625], [0, 1]
    yield (0.3, 0.8), inside(rng, 3), [1, 0, 1]
    yield [1, 0.5], (0.4, 0.9), inside(rng, 2)
    yield inside(rng, 2), [0.2, 0.7, 0.6], (0, 1, 0)


def output_delta(o, t):
    """Return the right delta of the output layer for the wrong answers."""
    o, t = floats(o, t)
    return (o - t) * o * (1 - o)


@output_layer_grads.mistake(
    "outer-order",
    "Rows and columns of dW2 are exchanged: w6 and w7 got each other's slope. A row belongs to one output.",
)
def _(h, o, t):
    delta = output_delta(o, t)
    return np.outer(h, delta), delta


@output_layer_grads.mistake(
    "no-slope",
    "The slope of the sigmoid is missing: delta_o is more than o − t. Multiply by o(1 − o).",
)
def _(h, o, t):
    delta = np.subtract(o, t, dtype=float)
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "t-minus-o",
    "Right size, opposite sign. The error's slope is output − target; look at your difference.",
)
def _(h, o, t):
    delta = -output_delta(o, t)
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "sigmoid-again", "The slope was taken at σ(o). o is the sigmoid's output already; use o(1 − o)."
)
def _(h, o, t):
    s = sigmoid(o)
    delta = np.subtract(o, t, dtype=float) * s * (1 - s)
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "slope-of-h",
    "The slope was taken at the hidden layer. delta_o needs that of the outputs; use o there.",
)
def _(h, o, t):
    h = np.asarray(h, dtype=float)
    delta = np.subtract(o, t, dtype=float) * h * (1 - h)
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "tanh-slope",
    "1 − o² is the slope of tanh. The outputs are sigmoids; take the slope from exercise 2.",
)
def _(h, o, t):
    delta = np.subtract(o, t, dtype=float) * (1 - np.square(o))
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "precedence", "… * o * 1 − o subtracts o at the end. Put the difference 1 − o into brackets."
)
def _(h, o, t):
    h, o, t = floats(h, o, t)
    delta = (o - t) * o * 1 - o
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "twice", "Twice the expected size. E holds a ½ that cancels the 2; drop the 2."
)
def _(h, o, t):
    delta = 2 * output_delta(o, t)
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "mean",
    "Divided by the number of outputs. E is a sum over the outputs, not a mean; do not divide.",
)
def _(h, o, t):
    delta = output_delta(o, t) / len(o)
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "summed-error",
    "Every output got the errors of all outputs. Each has its own o − t; do not add them up.",
)
def _(h, o, t):
    h, o, t = floats(h, o, t)
    delta = np.sum(o - t) * o * (1 - o)
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "one-output",
    "Only the first output's error counts. Each output has a row in dW2 and an entry in db2; fill all.",
)
def _(h, o, t):
    delta = output_delta(o, t)
    delta[1:] = 0
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "o-for-h", "dW2 was built with o. What enters these weights comes from the hidden layer; use h."
)
def _(h, o, t):
    delta = output_delta(o, t)
    return np.outer(delta, o), delta


@output_layer_grads.mistake(
    "slope-of-h-times",
    "dW2 holds h(1 − h). The slope of W2 @ h by a weight is h itself; leave the slope out.",
)
def _(h, o, t):
    delta, h = output_delta(o, t), np.asarray(h, dtype=float)
    return np.outer(delta, h * (1 - h)), delta


@output_layer_grads.mistake(
    "elementwise",
    "Each delta met only one h. Every output meets every hidden neuron; an outer product does that.",
)
def _(h, o, t):
    delta = output_delta(o, t)
    return delta * np.asarray(h, dtype=float), delta


@output_layer_grads.mistake(
    "db2-ones",
    "db2 is 1: that is only the last link of the chain. Multiply it by what comes before, delta_o.",
)
def _(h, o, t):
    delta = output_delta(o, t)
    return np.outer(delta, h), np.ones_like(delta)


@output_layer_grads.mistake(
    "db2-error", "db2 is o − t. The signal to a bias passes the sigmoid too; look at delta_o."
)
def _(h, o, t):
    delta = output_delta(o, t)
    return np.outer(delta, h), np.subtract(o, t, dtype=float)


@output_layer_grads.mistake(
    "db2-zeros", "db2 is 0: the biases would never move. They have slopes as well; which?"
)
def _(h, o, t):
    delta = output_delta(o, t)
    return np.outer(delta, h), np.zeros_like(delta)


@output_layer_grads.mistake("db2-sum", f"db2 is one number. {OWN_BIAS}")
def _(h, o, t):
    delta = output_delta(o, t)
    return np.outer(delta, h), delta.sum()


@output_layer_grads.mistake("db2-shared", f"All entries of db2 are equal. {OWN_BIAS}")
def _(h, o, t):
    delta = output_delta(o, t)
    return np.outer(delta, h), np.full_like(delta, delta.sum())


@output_layer_grads.mistake(
    "db2-column", "db2 is a column of shape (n, 1). Return it 1-D, in the shape of b2."
)
def _(h, o, t):
    delta = output_delta(o, t)
    return np.outer(delta, h), delta[:, None]


@output_layer_grads.mistake("order", "The two arrays are exchanged. Return dW2 first, then db2.")
def _(h, o, t):
    delta = output_delta(o, t)
    return delta, np.outer(delta, h)


@output_layer_grads.mistake(
    "only-dW2",
    "Only dW2 came back. The biases move too, and the way back needs delta_o; return both.",
)
def _(h, o, t):
    return np.outer(output_delta(o, t), h)


@output_layer_grads.mistake(
    "only-222",
    "Right for two outputs and two hidden neurons only. Take the sizes from the arguments.",
)
def _(h, o, t):
    delta = [(o[i] - t[i]) * o[i] * (1 - o[i]) for i in (0, 1)]
    return np.array([[d * h[0], d * h[1]] for d in delta]), np.array(delta)


@output_layer_grads.mistake("not-for-lists", CONVERT)
def _(h, o, t):
    delta = (o - t) * o * (1 - o)
    return np.outer(delta, h), delta


@output_layer_grads.mistake(
    "in-place",
    "The values are right, but o changed. Compute new arrays; -= and *= write into the old one.",
)
def _(h, o, t):
    delta = output_delta(o, t)
    o = np.asarray(o, dtype=float)
    o -= t
    return np.outer(delta, h), delta


# hidden_layer_grads ------------------------------------------------------------------------------


@exercise(
    returns=values(dW1="array", db1="array"),
    unchanged=0.5,
    hints=(
        "Take h1. Through which weights does it reach the outputs? They stand in one column of W2.",
        "Along a path multiply, over the paths add; then multiply by the slope of the hidden sigmoid.",
        "What arrives at the hidden layer is the transposed W2 times delta_o; the rest is as in the output layer.",
    ),
    praise="Repeated layer by layer, this carries the signal back through networks of any depth.",
)
def hidden_layer_grads(x, h, delta_o, W2):
    x, h, delta_o, W2 = floats(x, h, delta_o, W2)
    delta_h = (W2.T @ delta_o) * h * (1 - h)
    return np.outer(delta_h, x), delta_h


DELTA = np.array([0.135489694, -0.0389731004])

hidden_layer_grads.show(X, HIDDEN, DELTA, W2)
hidden_layer_grads.show([1, -2], [0.5, 0.2, 0.9], [0.3, -0.1], [[1, -2, 3], [0, 1, -1]])
hidden_layer_grads.show(
    (0.5, -1, 2), np.array([0.8, 0.4]), np.array([-0.2]), np.array([[1.5, -0.5]])
)
hidden_layer_grads.show(np.array([2.0]), (0.25,), (0.1, 0.4), ((1,), (-2,)))


@hidden_layer_grads.hidden(
    "values", 2.5, "Networks 2-2-2, 3-4-2, 2-3-2 and 4-2-3, weights of both signs."
)
def _(rng):
    for n_in, n_h, n_o in (*SIZES, (3, 3, 3)):
        yield mixed(rng, n_in), inside(rng, n_h), mixed(rng, n_o) / 5, mixed(rng, n_o, n_h)
    yield mixed(rng, 2), np.array([0.998, 0.5, 0.003]), mixed(rng, 2), mixed(rng, 2, 3)


@hidden_layer_grads.hidden("one neuron", 0.5, "Layers of a single neuron, such as 1-3-1.")
def _(rng):
    for n_in, n_h, n_o in SINGLE:
        yield mixed(rng, n_in), inside(rng, n_h), mixed(rng, n_o) / 5, mixed(rng, n_o, n_h)


@hidden_layer_grads.hidden(
    "lists and integers", 0.5, "Lists, tuples and integers in place of arrays."
)
def _(rng):
    yield [2, -1, 3], (0.5, 0.25), [1, -2], [[1, -2], [3, 1]]
    yield (1, 0.5), inside(rng, 3), [0.5, -0.25], ((1, 2, -1), (0, 3, 1))
    yield mixed(rng, 2), [0.125, 0.75], mixed(rng, 3), [[1, -1], [2, 0], [-3, 1]]
    yield [1, -2], [0.3, 0.6], (2, -1), np.array([[1, 3], [-2, 4]])


def hidden_parts(x, h, delta_o, W2):
    """Return (x, slope of the hidden sigmoids, delta_o, W2) as float arrays for the wrong answers."""
    x, h, delta_o, W2 = floats(x, h, delta_o, W2)
    return x, h * (1 - h), delta_o, W2


def one_path(x, h, delta_o, W2):
    """Return the gradients that follow only the path through the first output."""
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2[0] * delta_o[0] * slope
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "one-path",
    "Only the path through output 1 counts. A hidden neuron feeds all outputs: add all paths.",
)
def _(x, h, delta_o, W2):
    return one_path(x, h, delta_o, W2)


@hidden_layer_grads.mistake(
    "last-path",
    "Only the path through the last output counts: a loop overwrites its sum. Add with +=.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2[-1] * delta_o[-1] * slope
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "paths-multiplied",
    "The paths were multiplied with each other. Along a path multiply; over the paths add.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = np.prod(W2 * delta_o[:, None], axis=0) * slope
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "paths-averaged",
    "The paths were averaged. Each output adds its own part to E: add the paths up.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope / len(delta_o)
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "sums-apart",
    "You added the weights and the deltas apart. Multiply along each path first; then add.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.sum(axis=0) * delta_o.sum() * slope
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "not-transposed",
    "W2 @ delta_o joins the weights into one output. What leaves h1 stands in a column; transpose W2.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2 @ delta_o * slope
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "no-weights",
    "The deltas came back without their weights. Each path passes a weight of W2; multiply by it.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, _ = hidden_parts(x, h, delta_o, W2)
    delta_h = delta_o.sum() * slope
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "no-slope", "The slope of the hidden sigmoid is missing. Multiply what arrives by h(1 − h)."
)
def _(x, h, delta_o, W2):
    x, _, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "half-slope",
    "The slope is only half there: h alone. It has a second factor, 1 − h; multiply by it.",
)
def _(x, h, delta_o, W2):
    x, h, delta_o, W2 = floats(x, h, delta_o, W2)
    delta_h = (W2.T @ delta_o) * h
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "slope-twice",
    "The slope of the hidden sigmoid counts twice. The signal passes it once; multiply once.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope**2
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "slope-of-x", "The slope was taken at x. The sigmoid of this layer gave h; use h in its slope."
)
def _(x, h, delta_o, W2):
    x, _, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * x * (1 - x)
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "sigmoid-again", "The slope was taken at σ(h). h is the sigmoid's output already; use h(1 − h)."
)
def _(x, h, delta_o, W2):
    x, _, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * sigmoid(h) * (1 - sigmoid(h))
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "tanh-slope",
    "1 − h² is the slope of tanh. The hidden neurons are sigmoids; take the slope from exercise 2.",
)
def _(x, h, delta_o, W2):
    x, _, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * (1 - np.square(h))
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "precedence", "… * h * 1 − h subtracts h at the end. Put the difference 1 − h into brackets."
)
def _(x, h, delta_o, W2):
    x, h, delta_o, W2 = floats(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * h * 1 - h
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "sign-again", "Right size, opposite sign. The sign is in delta_o already; add no minus here."
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = -(W2.T @ delta_o * slope)
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "outer-order",
    "Rows and columns of dW1 are exchanged. A row belongs to one hidden neuron, as in W1.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope
    return np.outer(x, delta_h), delta_h


@hidden_layer_grads.mistake(
    "h-for-x",
    "dW1 was built with h. What enters W1 is x; a weight's slope holds the input that it carries.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope
    return np.outer(delta_h, h), delta_h


@hidden_layer_grads.mistake(
    "delta-o-used",
    "dW1 was built with delta_o, so nothing passed W2. Compute the hidden layer's own delta first.",
)
def _(x, h, delta_o, W2):
    x, _, delta_o, _ = hidden_parts(x, h, delta_o, W2)
    return np.outer(delta_o, x), delta_o.copy()


@hidden_layer_grads.mistake(
    "elementwise",
    "Each delta met only one input. Every hidden neuron meets every x; an outer product does that.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope
    return delta_h * x, delta_h


@hidden_layer_grads.mistake(
    "db1-no-slope",
    "dW1 is right, but db1 lacks the hidden slope. A bias sits before the sigmoid as well.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    return np.outer(W2.T @ delta_o * slope, x), W2.T @ delta_o


@hidden_layer_grads.mistake(
    "db1-ones",
    "db1 is 1: that is only the last link of the chain. Multiply it by what comes before, delta_h.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope
    return np.outer(delta_h, x), np.ones_like(delta_h)


@hidden_layer_grads.mistake(
    "db1-zeros", "db1 is 0: the biases would never move. They have slopes as well; which?"
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope
    return np.outer(delta_h, x), np.zeros_like(delta_h)


@hidden_layer_grads.mistake(
    "db1-delta-o", "db1 is delta_o. Hidden biases get the hidden layer's own delta; return that."
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    return np.outer(W2.T @ delta_o * slope, x), delta_o.copy()


@hidden_layer_grads.mistake("db1-sum", f"db1 is one number. {OWN_BIAS}")
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope
    return np.outer(delta_h, x), delta_h.sum()


@hidden_layer_grads.mistake("db1-shared", f"All entries of db1 are equal. {OWN_BIAS}")
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope
    return np.outer(delta_h, x), np.full_like(delta_h, delta_h.sum())


@hidden_layer_grads.mistake("order", "The two arrays are exchanged. Return dW1 first, then db1.")
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    delta_h = W2.T @ delta_o * slope
    return delta_h, np.outer(delta_h, x)


@hidden_layer_grads.mistake(
    "only-dW1", "Only dW1 came back. The biases move too; return dW1 and db1."
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    return np.outer(W2.T @ delta_o * slope, x)


@hidden_layer_grads.mistake(
    "only-222",
    "Right for 2-2-2 only. Take the sizes from the arguments; a matrix product does that.",
)
def _(x, h, delta_o, W2):
    delta_h = [(W2[0][j] * delta_o[0] + W2[1][j] * delta_o[1]) * h[j] * (1 - h[j]) for j in (0, 1)]
    return np.array([[d * x[0], d * x[1]] for d in delta_h]), np.array(delta_h)


@hidden_layer_grads.mistake("not-for-lists", CONVERT)
def _(x, h, delta_o, W2):
    delta_h = (W2.T @ delta_o) * h * (1 - h)
    return np.outer(delta_h, x), delta_h


@hidden_layer_grads.mistake(
    "in-place",
    "The values are right, but h changed. Compute new arrays; *= writes into the old one.",
)
def _(x, h, delta_o, W2):
    x, slope, delta_o, W2 = hidden_parts(x, h, delta_o, W2)
    h = np.asarray(h, dtype=float)
    h *= 1 - h
    delta_h = W2.T @ delta_o * slope
    return np.outer(delta_h, x), delta_h


# backprop_222 ------------------------------------------------------------------------------------


@exercise(
    returns=record(W1="array", b1="array", W2="array", b2="array"),
    unchanged=0.5,
    hints=(
        "Everything is written already. Which three functions do you need, and in which order?",
        "Forward gives h and o; the output layer gives delta_o; the hidden layer needs delta_o and W2.",
        "Take the four parameters out of the dict by name; then call forward_222 and go backwards.",
    ),
    praise="All gradients of E in one pass back. numerical_gradient from unit 1 can confirm every one.",
)
def backprop_222(x, t, params):
    h, o = forward_222(x, params["W1"], params["b1"], params["W2"], params["b2"])
    dW2, delta_o = output_layer_grads(h, o, t)
    dW1, delta_h = hidden_layer_grads(x, h, delta_o, params["W2"])
    return {"W1": dW1, "b1": delta_h, "W2": dW2, "b2": delta_o}


backprop_222.show(X, T, PARAMS, written="inputs, targets, start")
backprop_222.show(WIDE[0], [1], named(*WIDE[1:]))
backprop_222.show(NARROW[0], np.array([0.9, 0.2]), turned(named(*NARROW[1:])))
backprop_222.show(TALL[0], (0, 1), named(*TALL[1:]))


@backprop_222.hidden("values", 2, "Networks 2-2-2, 3-4-2, 2-3-2 and 4-2-3, weights of both signs.")
def _(rng):
    for sizes in (*SIZES, (3, 3, 3)):
        x, *params = network(rng, *sizes)
        yield x, inside(rng, sizes[-1]), named(*params)


@backprop_222.hidden("one neuron", 0.5, "Layers of a single neuron, such as 1-3-1.")
def _(rng):
    for sizes in SINGLE:
        x, *params = network(rng, *sizes)
        yield x, inside(rng, sizes[-1]), named(*params)


@backprop_222.hidden("lists and key order", 0.5, "Lists, tuples, integers, and keys in any order.")
def _(rng):
    x, *params = network(rng, 3, 2, 2)
    yield x, inside(rng, 2), turned(named(*params))
    yield (
        [1, -1],
        [0, 1],
        named([[1, 0], [2, -1], [0, 1]], [1, 0, -1], [[1, -1, 0], [0, 2, 1]], [0, 1]),
    )
    members = {"W2": [[1, -2]], "b2": (0.5,), "b1": [0, -1], "W1": ((0.5, 1, -1), (2, 0, 1))}
    yield (2, -1, 0.5), mixed(rng, 1), members
    yield (
        [0.5, 1],
        (1, 0),
        turned(named(mixed(rng, 2, 2), [0, 1], [[1, 2], [-1, 0]], mixed(rng, 2))),
    )


def backwards(x, t, params, delta_o=None, delta_h=None):
    """Run the right pass back, with some steps exchanged, for the wrong answers."""
    W1, b1, W2, b2 = floats(*(params[key] for key in ("W1", "b1", "W2", "b2")))
    x, t = floats(x, t)
    h, o = forward_222(x, W1, b1, W2, b2)
    d_o = output_delta(o, t) if delta_o is None else delta_o(h, o, t)
    d_h = W2.T @ d_o * h * (1 - h) if delta_h is None else delta_h(x, h, o, t, d_o, W2)
    return {"W1": np.outer(d_h, x), "b1": d_h, "W2": np.outer(d_o, h), "b2": d_o}


@backprop_222.mistake(
    "t-minus-o",
    "Right size, opposite sign everywhere. Your step would climb; start from output − target.",
)
def _(x, t, params):
    return {key: -grad for key, grad in backwards(x, t, params).items()}


@backprop_222.mistake(
    "no-output-slope",
    "The outputs' own sigmoid is left out. delta_o is (o − t) times o(1 − o); look at its start.",
)
def _(x, t, params):
    return backwards(x, t, params, delta_o=lambda h, o, t: o - t)


@backprop_222.mistake(
    "error-sent-back",
    "The output layer is right, but o − t went back in the place of delta_o. Send delta_o to the hidden layer.",
)
def _(x, t, params):
    return backwards(x, t, params, delta_h=lambda x, h, o, t, d, W2: W2.T @ (o - t) * h * (1 - h))


@backprop_222.mistake(
    "no-hidden-slope",
    "The output layer is right; W1 and b1 lack the slope of the hidden sigmoid, h(1 − h). Multiply by it.",
)
def _(x, t, params):
    return backwards(x, t, params, delta_h=lambda x, h, o, t, d, W2: W2.T @ d)


@backprop_222.mistake(
    "output-slope-for-hidden",
    "W1 and b1 took the slope at the outputs, o(1 − o). The signal passes the hidden sigmoid; use h.",
)
def _(x, t, params):
    return backwards(x, t, params, delta_h=lambda x, h, o, t, d, W2: W2.T @ d * o * (1 - o))


@backprop_222.mistake(
    "not-transposed",
    "W2 went back as it is. Backwards a hidden neuron reads a column of W2: transpose it.",
)
def _(x, t, params):
    return backwards(x, t, params, delta_h=lambda x, h, o, t, d, W2: W2 @ d * h * (1 - h))


@backprop_222.mistake(
    "one-path",
    "W1 and b1 follow only the path through output 1. A hidden neuron feeds all outputs: add all paths.",
)
def _(x, t, params):
    return backwards(x, t, params, delta_h=lambda x, h, o, t, d, W2: W2[0] * d[0] * h * (1 - h))


@backprop_222.mistake(
    "delta-o-used",
    "W1 and b1 used delta_o itself. The signal passes W2 and the hidden sigmoid first; compute delta_h.",
)
def _(x, t, params):
    return backwards(x, t, params, delta_h=lambda x, h, o, t, d, W2: d.copy())


@backprop_222.mistake(
    "moved-W2",
    "W1 and b1 are off: W2 had moved before the signal went back. All gradients belong to the old weights.",
)
def _(x, t, params):
    return backwards(
        x,
        t,
        params,
        delta_h=lambda x, h, o, t, d, W2: (W2 - 0.5 * np.outer(d, h)).T @ d * h * (1 - h),
    )


@backprop_222.mistake(
    "moved-W2-whole",
    "W1 and b1 are off: W2 had already moved, by a whole gradient. All gradients belong to the old weights.",
)
def _(x, t, params):
    return backwards(
        x, t, params, delta_h=lambda x, h, o, t, d, W2: (W2 - np.outer(d, h)).T @ d * h * (1 - h)
    )


@backprop_222.mistake(
    "targets-exchanged",
    "It looks as if the targets came in reverse order. Subtract the target of the same output.",
)
def _(x, t, params):
    return backwards(x, t[::-1], params)


@backprop_222.mistake(
    "outer-order",
    "Rows and columns are exchanged in both layers. A gradient has the shape of its matrix; turn the outer products.",
)
def _(x, t, params):
    return {key: grad.T for key, grad in backwards(x, t, params).items()}


@backprop_222.mistake(
    "outer-order-W2",
    "Rows and columns of W2's gradient are exchanged. A row belongs to one output: delta_o comes first.",
)
def _(x, t, params):
    grads = backwards(x, t, params)
    return {**grads, "W2": grads["W2"].T}


@backprop_222.mistake(
    "outer-order-W1",
    "Rows and columns of W1's gradient are exchanged. A row belongs to one hidden neuron: delta_h comes first.",
)
def _(x, t, params):
    grads = backwards(x, t, params)
    return {**grads, "W1": grads["W1"].T}


@backprop_222.mistake(
    "x-for-h",
    "W2's gradient was built with x. What enters W2 is h; a weight's slope holds the input that it carries.",
)
def _(x, t, params):
    grads = backwards(x, t, params)
    return {**grads, "W2": np.outer(grads["b2"], x)}


@backprop_222.mistake(
    "h-for-x",
    "W1's gradient was built with h. What enters W1 is x; a weight's slope holds the input that it carries.",
)
def _(x, t, params):
    grads = backwards(x, t, params)
    h, _ = forward_222(x, *(params[key] for key in ("W1", "b1", "W2", "b2")))
    return {**grads, "W1": np.outer(grads["b1"], h)}


@backprop_222.mistake(
    "biases-fixed",
    "The biases' gradients are 0, as where biases stay fixed. Here they move too: each gets its delta.",
)
def _(x, t, params):
    grads = backwards(x, t, params)
    return {**grads, "b1": 0 * grads["b1"], "b2": 0 * grads["b2"]}


@backprop_222.mistake("biases-shared", f"The biases' gradients are sums. {OWN_BIAS}")
def _(x, t, params):
    grads = backwards(x, t, params)
    return {key: np.full_like(g, g.sum()) if g.ndim == 1 else g for key, g in grads.items()}


@backprop_222.mistake("biases-one-number", f"A layer's biases got one number. {OWN_BIAS}")
def _(x, t, params):
    grads = backwards(x, t, params)
    return {key: g.sum() if g.ndim == 1 else g for key, g in grads.items()}


@backprop_222.mistake(
    "biases-left-out", "Only W1 and W2 are in the dict. Biases are parameters too: add b1 and b2."
)
def _(x, t, params):
    grads = backwards(x, t, params)
    return {key: grads[key] for key in ("W1", "W2")}


@backprop_222.mistake(
    "twice", "Twice the expected size. E holds a ½ that cancels the 2; drop the 2."
)
def _(x, t, params):
    return {key: 2 * grad for key, grad in backwards(x, t, params).items()}


@backprop_222.mistake(
    "mean",
    "Divided by the number of outputs. E is a sum over the outputs, not a mean; do not divide.",
)
def _(x, t, params):
    return {key: grad / len(t) for key, grad in backwards(x, t, params).items()}


@backprop_222.mistake(
    "names-exchanged",
    "The layers have exchanged their names. What belongs to the output layer goes under W2 and b2.",
)
def _(x, t, params):
    grads = backwards(x, t, params)
    return {"W1": grads["W2"], "b1": grads["b2"], "W2": grads["W1"], "b2": grads["b1"]}


@backprop_222.mistake(
    "moved-parameters",
    "These are parameters after a step. Return the gradients; update_params makes the step.",
)
def _(x, t, params):
    return {key: np.subtract(params[key], g) for key, g in backwards(x, t, params).items()}


@backprop_222.mistake(
    "tuple", "The gradients came as a tuple. Return a dict with the keys W1, b1, W2, b2."
)
def _(x, t, params):
    return tuple(backwards(x, t, params).values())


@backprop_222.mistake(
    "d-names", "The keys are dW1, db1 and so on. Use the keys of the parameters: W1, b1, W2, b2."
)
def _(x, t, params):
    return {f"d{key}": grad for key, grad in backwards(x, t, params).items()}


@backprop_222.mistake("key-order", BY_NAME)
def _(x, t, params):
    return backwards(x, t, dict(zip(("W1", "b1", "W2", "b2"), params.values(), strict=True)))


@backprop_222.mistake(
    "only-222",
    "Right for 2-2-2 only. Take the sizes from the arguments; matrix and outer products do that.",
)
def _(x, t, params):
    W1, b1, W2, b2 = (params[key] for key in ("W1", "b1", "W2", "b2"))
    h = sigmoid([W1[i][0] * x[0] + W1[i][1] * x[1] + b1[i] for i in (0, 1)])
    o = sigmoid([W2[i][0] * h[0] + W2[i][1] * h[1] + b2[i] for i in (0, 1)])
    d_o = [(o[i] - t[i]) * o[i] * (1 - o[i]) for i in (0, 1)]
    d_h = [(W2[0][j] * d_o[0] + W2[1][j] * d_o[1]) * h[j] * (1 - h[j]) for j in (0, 1)]
    return {
        "W1": np.outer(d_h, x),
        "b1": np.array(d_h),
        "W2": np.outer(d_o, h),
        "b2": np.array(d_o),
    }


@backprop_222.mistake("not-for-lists", CONVERT)
def _(x, t, params):
    W1, b1, W2, b2 = (params[key] for key in ("W1", "b1", "W2", "b2"))
    h = sigmoid(W1 @ x + b1)
    o = sigmoid(W2 @ h + b2)
    d_o = (o - t) * o * (1 - o)
    d_h = W2.T @ d_o * h * (1 - h)
    return {"W1": np.outer(d_h, x), "b1": d_h, "W2": np.outer(d_o, h), "b2": d_o}


@backprop_222.mistake(
    "callers-dict",
    "The gradients were written into params itself. Make a new dict; the parameters are still needed.",
)
def _(x, t, params):
    params.update(backwards(x, t, params))
    return params


@backprop_222.mistake(
    "params-converted",
    "The values are right, but params changed: its lists became arrays. Convert into variables of your own.",
)
def _(x, t, params):
    grads = backwards(x, t, params)
    for key in params:
        params[key] = np.array(params[key], dtype=float)
    return grads


# update_params -----------------------------------------------------------------------------------

GRADS = backprop_222(X, T, PARAMS)


@exercise(
    returns=record(W1="array", b1="array", W2="array", b2="array"),
    unchanged=0.5,
    hints=(
        "One rule for all four members. Which way does a gradient point, and which way do you go?",
        "step = lr × gradient; each parameter moves by minus its step.",
        "Build a new dict, key by key, and make float arrays of what you find under each key.",
    ),
    praise="w5 falls from 0.18 to 0.17927 and E with it. The article's plus goes uphill.",
)
def update_params(params, grads, lr):
    return {
        key: np.asarray(params[key], dtype=float) - lr * np.asarray(grads[key], dtype=float)
        for key in ("W1", "b1", "W2", "b2")
    }


update_params.show(PARAMS, GRADS, 0.01, written="start, backprop_222(inputs, targets, start), 0.01")
update_params.show(
    named([[1, -2], [0, 3], [2, 1]], [0, 1, -1], [[1, 0, -1]], [2]),
    turned(named([[2, 1], [-1, 0], [4, -2]], [1, -2, 3], [[-1, 2, 1]], [-3])),
    0.5,
)
update_params.show(
    {"b2": (0, 1), "W2": np.array([[1, 2], [3, -1]]), "b1": [2, -1], "W1": np.array([[4], [-3]])},
    named(((0.5,), (1.5,)), (1, -1), [[0.25, -0.5], [1, 2]], np.array([0.75, -2.0])),
    2,
)


@update_params.hidden("values", 1, "Parameters of several sizes, learning rates from 0.01 to 30.")
def _(rng):
    for sizes, lr in zip((*SIZES, *SINGLE), (0.01, 0.5, 30, 1.7, 0.2, 3, 8), strict=True):
        _, *params = network(rng, *sizes)
        _, *grads = network(rng, *sizes)
        yield named(*params), named(*grads), lr


@update_params.hidden("whole numbers", 0.5, "Integer parameters, whose new values have fractions.")
def _(rng):
    params = [rng.integers(-4, 5, shape) + 5 for shape in ((3, 2), (3,), (2, 3), (2,))]
    yield named(*params), named(*network(rng, 2, 3, 2)[1:]), 0.3
    params = [rng.integers(-4, 5, shape) + 5 for shape in ((2, 1), (2,), (1, 2), (1,))]
    yield named(*params), named(*(p % 3 - 1 for p in params)), 0.25


@update_params.hidden("lists and key order", 0.5, "Lists and tuples, and keys in any order.")
def _(rng):
    _, *params = network(rng, 3, 2, 2)
    _, *grads = network(rng, 3, 2, 2)
    yield named(*params), turned(named(*grads)), 0.7
    yield (
        turned(named([[1, -2], [0, 3]], (1, 2), [[1, 0], [2, -1]], [3, 0])),
        named([[0.5, 1], [2, -3]], [1, -1], ((2, 1), (0, 4)), (0.25, -1)),
        0.1,
    )
    yield (
        named(((1, 2, 3),), [0.5], [[2], [-1]], mixed(rng, 2)),
        {"W2": mixed(rng, 2, 1), "b2": [1, 2], "b1": (3,), "W1": [[1, -1, 2]]},
        1,
    )


def moved(params, grads, factor):
    """Return the parameters plus a factor times the gradients, for the wrong answers."""
    return {
        key: np.add(params[key], np.multiply(factor, grads[key]), dtype=float)
        for key in ("W1", "b1", "W2", "b2")
    }


@update_params.mistake(
    "plus",
    "In the article's network w5 rises to 0.18073 and E from 0.18498 to 0.18529: that is uphill. Subtract the step.",
)
def _(params, grads, lr):
    return moved(params, grads, lr)


@update_params.mistake("no-lr", "The step is the whole gradient. Multiply each gradient by lr.")
def _(params, grads, lr):
    return moved(params, grads, -1)


@update_params.mistake(
    "over-lr", "You divided by lr, so a small rate makes a huge step. Multiply by lr instead."
)
def _(params, grads, lr):
    return moved(params, grads, -1 / lr)


@update_params.mistake(
    "lr-twice", "The rate counts twice. The step is lr times the gradient; multiply once."
)
def _(params, grads, lr):
    return moved(params, grads, -(lr**2))


@update_params.mistake(
    "only-the-step", "These are the steps alone. Return the new parameters: old value minus step."
)
def _(params, grads, lr):
    return {key: np.multiply(lr, grads[key]) for key in grads}


@update_params.mistake(
    "only-minus-the-step", "These are the changes alone. Add the old parameters to them."
)
def _(params, grads, lr):
    return {key: np.multiply(-lr, grads[key]) for key in grads}


@update_params.mistake(
    "reversed",
    "Right size, opposite sign: you took step minus parameter. Turn the difference round.",
)
def _(params, grads, lr):
    return {key: -value for key, value in moved(params, grads, -lr).items()}


@update_params.mistake(
    "biases-fixed",
    "The biases stayed where they were. They are parameters too: move all four members.",
)
def _(params, grads, lr):
    new = moved(params, grads, -lr)
    return {
        **new,
        "b1": np.array(params["b1"], dtype=float),
        "b2": np.array(params["b2"], dtype=float),
    }


@update_params.mistake("biases-shared", f"All biases of a layer moved alike. {OWN_BIAS}")
def _(params, grads, lr):
    new = moved(params, grads, -lr)
    for key in ("b1", "b2"):
        new[key] = np.asarray(params[key], dtype=float) - lr * np.sum(grads[key])
    return new


@update_params.mistake(
    "weights-fixed", "The weights stayed where they were. Move all four members, W1 and W2 too."
)
def _(params, grads, lr):
    new = moved(params, grads, -lr)
    return {
        **new,
        "W1": np.array(params["W1"], dtype=float),
        "W2": np.array(params["W2"], dtype=float),
    }


@update_params.mistake(
    "only-output-layer",
    "W1 and b1 stayed where they were. Both layers learn: move all four members.",
)
def _(params, grads, lr):
    new = moved(params, grads, -lr)
    return {
        **new,
        "W1": np.array(params["W1"], dtype=float),
        "b1": np.array(params["b1"], dtype=float),
    }


@update_params.mistake(
    "sign-only",
    "Every entry moved equally far. The step is lr times the gradient itself; leave sign() out.",
)
def _(params, grads, lr):
    return moved(params, {key: np.sign(g) for key, g in grads.items()}, -lr)


@update_params.mistake(
    "cut-off",
    "Whole numbers lost their fractions: an integer array holds none. Make float arrays first.",
)
def _(params, grads, lr):
    new = {key: np.array(params[key]) for key in ("W1", "b1", "W2", "b2")}
    for key, value in new.items():
        value[...] = value - lr * np.asarray(grads[key])
    return new


@update_params.mistake(
    "in-place",
    "The arrays inside params changed: -= writes into them. Compute new arrays; a new dict alone is not enough.",
)
def _(params, grads, lr):
    new = {key: np.asarray(params[key], dtype=float) for key in ("W1", "b1", "W2", "b2")}
    for key in new:
        new[key] -= lr * np.asarray(grads[key], dtype=float)
    return new


@update_params.mistake(
    "integers-in-place",
    "-= changes the caller's arrays, and an integer array refuses it. Compute new float arrays instead.",
)
def _(params, grads, lr):
    new = {key: np.asarray(params[key]) for key in ("W1", "b1", "W2", "b2")}
    for key in new:
        new[key] -= lr * np.asarray(grads[key])
    return new


@update_params.mistake(
    "callers-dict",
    "The new values were written into params itself. Make a new dict; the old one belongs to the caller.",
)
def _(params, grads, lr):
    params.update(moved(params, grads, -lr))
    return params


@update_params.mistake(
    "grads-changed",
    "The values are right, but grads changed. Compute the step apart; *= writes into grads.",
)
def _(params, grads, lr):
    new = moved(params, grads, -lr)
    for key in grads:
        grads[key] = np.multiply(lr, grads[key])
    return new


@update_params.mistake("key-order", BY_NAME)
def _(params, grads, lr):
    pairs = zip(params.items(), grads.values(), strict=True)
    return {
        key: np.asarray(p, dtype=float) - lr * np.asarray(g, dtype=float) for (key, p), g in pairs
    }


@update_params.mistake("not-for-lists", CONVERT)
def _(params, grads, lr):
    return {key: params[key] - lr * grads[key] for key in params}


@update_params.mistake(
    "tuple", "The new values came as a tuple. Return a dict with the keys W1, b1, W2, b2."
)
def _(params, grads, lr):
    return tuple(moved(params, grads, -lr).values())


# Stretch: train_222 ------------------------------------------------------------------------------


@exercise(
    returns=values(
        params=record(W1="array", b1="array", W2="array", b2="array"), errors="sequence"
    ),
    unchanged=1,
    role="stretch",
    hints=(
        "One turn of the loop: gradients, update, error. What has to be there before the first turn?",
        "n steps make n + 1 errors: one before the first step and one after each step.",
        "Copy the parameters into float arrays; put the error at the start into a list; then loop.",
    ),
    praise="Your own code trained a whole network. Plot the errors: do they fall at every step, also with lr = 30?",
)
def train_222(x, t, params, lr, n_steps):
    params = {key: np.array(value, dtype=float) for key, value in params.items()}
    errors = [error_of(x, t, params)]
    for _ in range(n_steps):
        params = update_params(params, backprop_222(x, t, params), lr)
        errors.append(error_of(x, t, params))
    return params, errors


def error_of(x, t, params):
    """Return the error of one example."""
    _, o = forward_222(x, params["W1"], params["b1"], params["W2"], params["b2"])
    return half_squared_error(t, o)[1]


train_222.show(X, T, PARAMS, 0.5, 2, written="inputs, targets, start, 0.5, 2")
train_222.show(WIDE[0], [0.9], named(*WIDE[1:]), 3, 2)
train_222.show(NARROW[0], np.array([0.9, 0.2]), turned(named(*NARROW[1:])), 10.0, 1)
train_222.show(X, np.array([0.6, 0.6]), PARAMS, 30, 3, written="inputs, [0.6, 0.6], start, 30, 3")
train_222.show(TALL[0], (0, 1), named(*TALL[1:]), 0.7, 0)


@train_222.hidden("values", 2, "A few steps on networks of several sizes, lr from 0.5 to 8.")
def _(rng):
    for sizes, lr, steps in zip(SIZES, (0.5, 2, 8, 1.3), (3, 2, 4, 1), strict=True):
        x, *params = network(rng, *sizes)
        yield x, inside(rng, sizes[-1]), named(*params), lr, steps


@train_222.hidden(
    "large steps", 1, "Rates up to 30 and runs in which the error rises or is small from the start."
)
def _(rng):
    x, *params = network(rng, 2, 3, 2)
    yield x, inside(rng, 2), named(*params), 30, 5
    _, o = forward_222(x, *params)
    yield x, o + 0.002 * mixed(rng, 2), named(*params), 0.5, 4
    yield x, o + 1e-6 * mixed(rng, 2), named(*params), 1.5, 3
    shift = 0.05 * rng.uniform(0.8, 1.2)
    yield X, OUT - shift, PARAMS, 30, 4  # rises at once


@train_222.hidden("no step", 0.5, "Zero steps: the start and its error.")
def _(rng):
    x, *params = network(rng, 2, 3, 1)
    yield x, inside(rng, 1), named(*params), 0.5, 0
    yield [1, -1], [0, 1], named([[1, 2], [0, 1]], [1, 0], [[2, -1], [1, 3]], [0, -1]), 2, 0


@train_222.hidden("lists and key order", 0.5, "Lists, tuples, integers, and keys in any order.")
def _(rng):
    start = named([[1, 0], [2, -1], [0, 1]], [1, 0, -1], [[1, -1, 0], [0, 2, 1]], [0, 1])
    yield [1, -1], (0, 1), turned(start), 0.5, 3
    integers = [np.array(member) for member in start.values()]
    yield (0.5, -1), inside(rng, 2), named(*integers), 1, 2
    yield mixed(rng, 2), [1, 0], turned(named(*integers)), 1.5, 2


def run(x, t, params, lr, n_steps, gradients=backprop_222):
    """Train with other gradients, for the wrong answers."""
    params = {key: np.array(params[key], dtype=float) for key in ("W1", "b1", "W2", "b2")}
    errors = [error_of(x, t, params)]
    for _ in range(n_steps):
        params = update_params(params, gradients(x, t, params), lr)
        errors.append(error_of(x, t, params))
    return params, errors


@train_222.mistake(
    "no-start",
    "The errors are one short: the first is missing. Record the error before the first step too.",
)
def _(x, t, params, lr, n_steps):
    params, errors = run(x, t, params, lr, n_steps)
    return params, errors[1:]


@train_222.mistake(
    "no-end", "The errors are one short: the last is missing. Record the error after each step."
)
def _(x, t, params, lr, n_steps):
    params, errors = run(x, t, params, lr, n_steps)
    return params, errors[:-1]


@train_222.mistake(
    "before-the-step",
    "Each error is recorded one step too early, so the start stands there twice. Step first; then append.",
)
def _(x, t, params, lr, n_steps):
    params, errors = run(x, t, params, lr, n_steps)
    return params, [errors[0], *errors[:-1]] if n_steps else errors


@train_222.mistake(
    "restarts",
    "Every step starts at the first parameters again. Go on from those of the step before.",
)
def _(x, t, params, lr, n_steps):
    now, errors = run(x, t, params, lr, min(n_steps, 1))
    return now, [*errors, *[errors[-1]] * (n_steps - 1)]


@train_222.mistake(
    "stands-still",
    "The parameters never change. update_params returns new ones: keep what it returns.",
)
def _(x, t, params, lr, n_steps):
    now, errors = run(x, t, params, lr, 0)
    return now, errors * (n_steps + 1)


@train_222.mistake(
    "uphill", "The error rises: the steps go uphill. Parameters move by minus the step."
)
def _(x, t, params, lr, n_steps):
    return run(x, t, params, -lr, n_steps)


@train_222.mistake(
    "one-step-more", "You made one step too many. range(n_steps) already counts n_steps turns."
)
def _(x, t, params, lr, n_steps):
    return run(x, t, params, lr, n_steps + 1)


@train_222.mistake(
    "one-update-more",
    "The errors are right, but the parameters made one update too many. Count the updates.",
)
def _(x, t, params, lr, n_steps):
    _, errors = run(x, t, params, lr, n_steps)
    return run(x, t, params, lr, n_steps + 1)[0], errors


@train_222.mistake(
    "same-gradients",
    "Every step uses the gradients of the start. Compute them anew in every turn of the loop.",
)
def _(x, t, params, lr, n_steps):
    grads = backprop_222(x, t, params)
    return run(x, t, params, lr, n_steps, lambda *_: grads)


@train_222.mistake(
    "stops-when-rising",
    "The run ends when the error rises. Make all n_steps steps, whatever happens.",
)
def _(x, t, params, lr, n_steps):
    now, errors = run(x, t, params, lr, 0)
    for _ in range(n_steps):
        now, (_, error) = run(x, t, now, lr, 1)
        errors.append(error)
        if errors[-1] > errors[-2]:
            break
    return now, errors


@train_222.mistake(
    "moved-W2",
    "The signal went back through weights that had just moved. Take all gradients first; then update all.",
)
def _(x, t, params, lr, n_steps):
    def too_early(x, t, params):
        def delta_h(x, h, o, t, d, W2):
            return (W2 - lr * np.outer(d, h)).T @ d * h * (1 - h)

        return backwards(x, t, params, delta_h=delta_h)

    return run(x, t, params, lr, n_steps, too_early)


@train_222.mistake(
    "layer-by-layer",
    "The hidden layer's gradients were taken after W2 and b2 had moved. Take all of them at the old parameters.",
)
def _(x, t, params, lr, n_steps):
    params = {key: np.array(value, dtype=float) for key, value in params.items()}
    errors = [error_of(x, t, params)]
    for _ in range(n_steps):
        for key in ("W2", "b2", "W1", "b1"):
            if key in ("W2", "W1"):
                grads = backwards(x, t, params)
            params = {**params, key: params[key] - lr * grads[key]}
        errors.append(error_of(x, t, params))
    return params, errors


@train_222.mistake(
    "biases-fixed",
    "The biases never move, as in the classic write-up. Here they are parameters too: update all four.",
)
def _(x, t, params, lr, n_steps):
    def weights_only(x, t, params):
        return {key: g * (g.ndim > 1) for key, g in backwards(x, t, params).items()}

    return run(x, t, params, lr, n_steps, weights_only)


@train_222.mistake("biases-shared", f"The biases of a layer move alike. {OWN_BIAS}")
def _(x, t, params, lr, n_steps):
    def summed(x, t, params):
        grads = backwards(x, t, params)
        return {key: np.full_like(g, g.sum()) if g.ndim == 1 else g for key, g in grads.items()}

    return run(x, t, params, lr, n_steps, summed)


@train_222.mistake(
    "one-path", "W1 learns along the path through output 1 only. Add the paths over all outputs."
)
def _(x, t, params, lr, n_steps):
    def short(x, t, params):
        return backwards(x, t, params, lambda h, o, t: output_delta(o, t), first_path)

    def first_path(x, h, o, t, d, W2):
        return W2[0] * d[0] * h * (1 - h)

    return run(x, t, params, lr, n_steps, short)


@train_222.mistake(
    "no-half",
    "The errors are twice too large: they lack the ½. The parameters are right; mend the error.",
)
def _(x, t, params, lr, n_steps):
    params, errors = run(x, t, params, lr, n_steps)
    return params, [2 * error for error in errors]


@train_222.mistake(
    "only-last-error",
    "Only the last error came back. Keep them all: one at the start, one after each step.",
)
def _(x, t, params, lr, n_steps):
    params, errors = run(x, t, params, lr, n_steps)
    return params, errors[-1:]


@train_222.mistake(
    "errors-of-outputs",
    "Each entry of errors is an array. Append the total: one number for each step.",
)
def _(x, t, params, lr, n_steps):
    now, _ = run(x, t, params, lr, 0)
    errors = [half_squared_error(t, forward_222(x, *now.values())[1])[0]]
    for _ in range(n_steps):
        now, _ = run(x, t, now, lr, 1)
        errors.append(half_squared_error(t, forward_222(x, *now.values())[1])[0])
    return now, errors


@train_222.mistake(
    "only-params", "Only the parameters came back. Return the pair: parameters, then errors."
)
def _(x, t, params, lr, n_steps):
    return run(x, t, params, lr, n_steps)[0]


@train_222.mistake(
    "only-errors", "Only the errors came back. Return the pair: parameters, then errors."
)
def _(x, t, params, lr, n_steps):
    return run(x, t, params, lr, n_steps)[1]


@train_222.mistake(
    "order", "The two results are exchanged. Return the parameters first, then the errors."
)
def _(x, t, params, lr, n_steps):
    return run(x, t, params, lr, n_steps)[::-1]


@train_222.mistake(
    "start-shared",
    "With no step you return the very arrays that came in. Copy them into new float arrays first.",
)
def _(x, t, params, lr, n_steps):
    return run(x, t, params, lr, n_steps) if n_steps else (dict(params), [error_of(x, t, params)])


@train_222.mistake(
    "in-place",
    "The values are right, but the given params changed. Start from copies; -= writes into the old arrays.",
)
def _(x, t, params, lr, n_steps):
    now, errors = run(x, t, params, lr, n_steps)
    for key in params:
        params[key] = now[key].copy()
    return now, errors


@train_222.mistake(
    "cut-off",
    "Whole numbers lose their fractions in every step: an integer array holds none. Make float arrays first.",
)
def _(x, t, params, lr, n_steps):
    params = {key: np.array(value) for key, value in params.items()}
    errors = [error_of(x, t, params)]
    for _ in range(n_steps):
        new = update_params(params, backprop_222(x, t, params), lr)
        params = {key: new[key].astype(params[key].dtype) for key in params}
        errors.append(error_of(x, t, params))
    return {key: value.astype(float) for key, value in params.items()}, errors


@train_222.mistake("key-order", BY_NAME)
def _(x, t, params, lr, n_steps):
    return run(x, t, dict(zip(("W1", "b1", "W2", "b2"), params.values(), strict=True)), lr, n_steps)


# Stretch: early_stopping_epoch -------------------------------------------------------------------

CURVE = [0.9, 0.7, 0.55, 0.5, 0.48, 0.47, 0.49, 0.5, 0.46, 0.52, 0.55, 0.6]


@exercise(
    returns="int",
    unchanged=1,
    role="stretch",
    hints=(
        "Walk along the list with a pencil. What three things do you have to remember?",
        "Below the best: a new best, and the count starts at 0. Else the count grows; at `patience` you stop.",
        "Let the best be epoch 0; loop over the epochs from 1; break when the count reaches patience.",
    ),
    praise="Stop by the validation error, and keep the parameters of its best epoch.",
)
def early_stopping_epoch(val_errors, patience):
    best = 0
    for epoch in range(1, len(val_errors)):
        if val_errors[epoch] < val_errors[best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best


def falling(rng, n):
    """Return n errors that fall all the time."""
    return 2.5 - np.cumsum(rng.uniform(0.01, 0.1, n))


early_stopping_epoch.show(np.array(CURVE), 2)
early_stopping_epoch.show(CURVE, 3)
early_stopping_epoch.show([3, 2, 4, 2, 5, 1, 4, 4, 4, 4, 4, 0], 3)
early_stopping_epoch.show([4.5, 4.2, 4.0, 3.9995, 3.9991, 3.999], 1)
early_stopping_epoch.show(np.array([0.6, 0.8, 0.7, 0.65, 0.5, 0.9, 0.3]), 3)
early_stopping_epoch.show((5, 4, 4.5, 3, 3.5, 3.6, 2.5, 2.8), 3)
early_stopping_epoch.show([0.9, 0.6, 0.8, 0.7, 0.9, 1.0, 0.5], 2)
early_stopping_epoch.show([1.25], 2)


@early_stopping_epoch.hidden("stops", 2, "Runs that are stopped before the list ends.")
def _(rng):
    for patience in (1, 2, 3, 5):
        start = falling(rng, 4)
        bumps = start[-1] + rng.uniform(0.01, 0.1, 6)
        yield np.concatenate([start, np.sort(bumps)[::-1], start[:1] - 2]), patience
    low = falling(rng, 6)
    # a bump, a new best, another bump: the count has to start again
    yield np.insert(low, (2, 2, 4, 4), low[[1, 1, 3, 3]] + 0.3), 3
    yield np.array([*low, *(low[-1] + rng.uniform(0.2, 0.4, 3)), low[-1] - 0.5]), 3
    yield np.array([*low, *(low[-1] + rng.uniform(0.2, 0.4, 3)), low[-1] - 0.5]), 4
    yield np.insert(low, 3, low[2] + 0.2), 1
    yield np.insert(low, (3, 3), low[2] + 0.2), 2
    rise = rng.uniform(0.1, 0.2) * np.array([3, 2, 4, 5])  # falls once, yet not to a new best
    yield np.array([*low, *(low[-1] + rise), low[-1] - 0.5]), 2
    yield list(CURVE), int(rng.integers(1, 3))
    yield tuple(CURVE), 4


@early_stopping_epoch.hidden("end of the list", 1, "Runs that nothing stops, also of one epoch.")
def _(rng):
    yield falling(rng, 6), 1
    yield [*falling(rng, 4), 2.6, 2.7], 5
    yield [float(rng.uniform(1, 2))], 1
    yield [0.3, 0.4, 0.2, 0.5], 4
    yield (1.4, 0.9, 1.1), 7
    yield np.array([1.5, 1.2, 1.3, 1.1, 1.4, 1.45]), 3


@early_stopping_epoch.hidden(
    "ties and tiny gains", 1, "Equal errors, tiny gains, errors above 1, whole numbers."
)
def _(rng):
    high = float(rng.uniform(2, 9))
    yield [high, high, high, high], 3
    yield [high + 1, high, high + 1, high, high + 0.5, high - 1], 3
    yield [high + 1, high, high, high, high, high - 1], 3
    yield [high + 1, high, high, high, high - 1], 3
    yield high - 1e-7 * np.arange(1, 6), 2
    yield high - 1e-4 * np.array([0.0, 1, 0.5, 0.2, 2, 3]), 3
    yield [5, 4, 4, 6, 3, 3, 3, 3, 1], 4
    yield [120, 90.5, 95, 70.5, 80, 75, 60], 2
    yield np.array([4e12, 3e12, 2e12, 2.5e12, 2.6e12]), 2


def stop(val_errors, patience, better=lambda new, best: new < best):
    """Return (best epoch, epoch of the last look) for the wrong answers."""
    best = 0
    for epoch in range(1, len(val_errors)):
        if better(val_errors[epoch], val_errors[best]):
            best = epoch
        elif epoch - best >= patience:
            return best, epoch
    return best, len(val_errors) - 1


@early_stopping_epoch.mistake(
    "stopping-epoch",
    "That is the epoch at which training stops. Return the best one before it: its parameters are kept.",
)
def _(val_errors, patience):
    return stop(val_errors, patience)[1]


@early_stopping_epoch.mistake(
    "goes-back",
    "You went back from the end by patience. If nothing stops the run, the best may be elsewhere; remember it.",
)
def _(val_errors, patience):
    return max(stop(val_errors, patience)[1] - patience, 0)


@early_stopping_epoch.mistake(
    "whole-list",
    "The whole list was searched. Training stops at some point, and nobody sees what comes later; stop there.",
)
def _(val_errors, patience):
    return int(np.argmin(val_errors))


@early_stopping_epoch.mistake(
    "first-rise",
    "You stopped at the first rise. Wait for `patience` epochs in a row without a new best.",
)
def _(val_errors, patience):
    return stop(val_errors, 1)[0]


@early_stopping_epoch.mistake(
    "too-patient",
    "You waited one epoch too long. Stop as soon as the count reaches patience; look at > and >=.",
)
def _(val_errors, patience):
    return stop(val_errors, patience + 1)[0]


@early_stopping_epoch.mistake(
    "too-early",
    "You stopped one epoch too early. Count the epochs after the best; the best itself is not one of them.",
)
def _(val_errors, patience):
    return stop(val_errors, patience - 1)[0]


@early_stopping_epoch.mistake(
    "value",
    "That is the best error. The task asks for its epoch, a whole number; return the position.",
)
def _(val_errors, patience):
    return val_errors[stop(val_errors, patience)[0]]


@early_stopping_epoch.mistake(
    "ties", "An equal error is no improvement: the earlier epoch stays. Look at < and <=."
)
def _(val_errors, patience):
    return stop(val_errors, patience, lambda new, best: new <= best)[0]


@early_stopping_epoch.mistake(
    "count-kept", "The count runs on after a new best. It counts epochs in a row: set it back to 0."
)
def _(val_errors, patience):
    best = count = 0
    for epoch in range(1, len(val_errors)):
        if val_errors[epoch] < val_errors[best]:
            best = epoch
        else:
            count += 1
        if count >= patience:
            break
    return best


@early_stopping_epoch.mistake(
    "against-the-last",
    "You compare each error with the one before. Compare it with the best so far.",
)
def _(val_errors, patience):
    best = count = 0
    for epoch in range(1, len(val_errors)):
        count = 0 if val_errors[epoch] < val_errors[epoch - 1] else count + 1
        if val_errors[epoch] < val_errors[best]:
            best = epoch
        if count >= patience:
            break
    return best


@early_stopping_epoch.mistake(
    "best-is-last-fall",
    "You took the last epoch with a fall. The best epoch has the lowest error so far; remember that one.",
)
def _(val_errors, patience):
    best = count = 0
    for epoch in range(1, len(val_errors)):
        count = 0 if val_errors[epoch] < val_errors[epoch - 1] else count + 1
        best = epoch if count == 0 else best
        if count >= patience:
            break
    return best


@early_stopping_epoch.mistake(
    "from-1",
    "Your epochs are counted from 1. The task counts from 0, as Python does; look at where you start.",
)
def _(val_errors, patience):
    return stop(val_errors, patience)[0] + 1


@early_stopping_epoch.mistake(
    "starts-at-1",
    "Errors above 1 never become the best. Start with the first error, or with infinity.",
)
def _(val_errors, patience):
    best, lowest, count = 0, 1.0, 0
    for epoch, error in enumerate(val_errors):
        if error < lowest:
            best, lowest, count = epoch, error, 0
        else:
            count += 1
        if count >= patience:
            break
    return best


@early_stopping_epoch.mistake(
    "smallest-gain",
    "A tiny gain did not count. Any error strictly below the best is a new best; drop the margin.",
)
def _(val_errors, patience):
    return stop(val_errors, patience, lambda new, best: new < best - 1e-3)[0]


@early_stopping_epoch.mistake(
    "nothing-at-the-end",
    "Where nothing stops the run you return nothing. Return the best epoch after the loop, too.",
)
def _(val_errors, patience):
    best, last = stop(val_errors, patience)
    return best if last - best >= patience else None


@early_stopping_epoch.mistake(
    "end-of-list",
    "Where nothing stops the run you return its last epoch. Return the best one there, too.",
)
def _(val_errors, patience):
    best, last = stop(val_errors, patience)
    return best if last - best >= patience else len(val_errors) - 1


@early_stopping_epoch.mistake(
    "pair", "Two values came back. Only the best epoch is asked for; return that number."
)
def _(val_errors, patience):
    best = stop(val_errors, patience)[0]
    return best, val_errors[best]


@early_stopping_epoch.mistake(
    "whole-float", "The epoch came as a float. Return a whole number (int); an epoch is a position."
)
def _(val_errors, patience):
    return float(stop(val_errors, patience)[0])


# In the lesson -----------------------------------------------------------------------------------


@exercise(
    returns="number",
    role="lesson",
    hints=(
        "h1 feeds both outputs. Which weight leads from h1 to output 2, and what comes back along it?",
        "Along each path multiply, over the paths add; then go on to w1: slope of the sigmoid, then x1.",
        "Add the two paths in brackets; then multiply by h1, by what is missing from h1 to 1, and by x1.",
    ),
    praise="0.0046538 for the article's network. The assignment does the same for networks of any size.",
)
def grad_w1(x1, h1, w5, w7, delta_o1, delta_o2):
    return (w5 * delta_o1 + w7 * delta_o2) * h1 * (1 - h1) * x1


grad_w1.show(0.95, 0.5384240912, 0.18, 0.12, 0.135489694, -0.0389731004)
grad_w1.show(2, 0.25, -4, 3, 0.5, 1)
grad_w1.show(-1.5, 0.9, 0.7, -1.2, -0.3, 0.2)


@grad_w1.mistake(
    "one-path",
    "Only the path through output 1 counts. Add the one through output 2: w7 and its delta.",
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return w5 * delta_o1 * h1 * (1 - h1) * x1


@grad_w1.mistake(
    "paths-multiplied", "The two paths were multiplied. Along a path multiply; over the paths add."
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return w5 * delta_o1 * w7 * delta_o2 * h1 * (1 - h1) * x1


@grad_w1.mistake("no-slope", "The slope of the hidden sigmoid is missing. Multiply by h1(1 − h1).")
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return (w5 * delta_o1 + w7 * delta_o2) * x1


@grad_w1.mistake(
    "no-x", "This is the signal at h1's sum, the bias' gradient. w1 carries x1: multiply by it."
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return (w5 * delta_o1 + w7 * delta_o2) * h1 * (1 - h1)


@grad_w1.mistake(
    "only-the-paths",
    "This is what arrives at h1. Two factors are left: the sigmoid's slope, and x1.",
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return w5 * delta_o1 + w7 * delta_o2


@grad_w1.mistake(
    "crossed",
    "Each delta met the other weight. w5 leads to output 1, w7 to output 2; pair them so.",
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return (w5 * delta_o2 + w7 * delta_o1) * h1 * (1 - h1) * x1


@grad_w1.mistake(
    "no-brackets",
    "Only the second path got the last factors. Put the sum of the paths into brackets.",
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return w5 * delta_o1 + w7 * delta_o2 * h1 * (1 - h1) * x1


@grad_w1.mistake(
    "slope-of-x",
    "The slope was taken at x1. The sigmoid of this neuron gave h1; use h1 in its slope.",
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return (w5 * delta_o1 + w7 * delta_o2) * x1 * (1 - x1)


@grad_w1.mistake(
    "sign", "Right size, opposite sign. The sign is in the deltas already; add no minus."
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return -(w5 * delta_o1 + w7 * delta_o2) * h1 * (1 - h1) * x1


@grad_w1.mistake(
    "paths-averaged",
    "The paths were averaged. Each output adds its own part to E: add the paths up.",
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return (w5 * delta_o1 + w7 * delta_o2) / 2 * h1 * (1 - h1) * x1


@grad_w1.mistake(
    "paths-subtracted",
    "The paths were subtracted. Their signs are in the deltas already: add them up.",
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return (w5 * delta_o1 - w7 * delta_o2) * h1 * (1 - h1) * x1


@grad_w1.mistake(
    "sigmoid-again", "The slope was taken at σ(h1). h1 is the sigmoid's output already; use h1."
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    a = logistic(h1)
    return (w5 * delta_o1 + w7 * delta_o2) * a * (1 - a) * x1


@grad_w1.mistake(
    "h1-for-x1", "You multiplied by h1 at the end. What enters w1 is the input; use x1 there."
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return (w5 * delta_o1 + w7 * delta_o2) * h1 * (1 - h1) * h1


@grad_w1.mistake(
    "no-weights",
    "The deltas came back without their weights. Each path passes a weight: multiply by it.",
)
def _(x1, h1, w5, w7, delta_o1, delta_o2):
    return (delta_o1 + delta_o2) * h1 * (1 - h1) * x1
