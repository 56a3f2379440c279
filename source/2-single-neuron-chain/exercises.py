"""Unit 2, the single-neuron chain: every function that the learner writes, with its cases and mistakes.

The chain has no activation function: a2 = w1 a1 + b1, a3 = w2 a2 + b2. Its cost is C = (d − a3)².
"""

import math

import numpy as np

from grading.exercise import exercise, record, values

FOUR = record(w1="number", b1="number", w2="number", b2="number")

# the three chains of the course: a1, w1, b1, w2, b2, d
C1 = (2.0, 1.5, 1.0, 0.5, -1.0, 3.0)
T = (3.0, 0.5, -1.0, 2.0, 1.0, 4.0)
N = (-1.5, 0.8, 0.3, -1.2, 0.4, 0.7)
WHOLE = (3, -2, 1, 4, 5, -7)

START = {"w1": 1.5, "b1": 1.0, "w2": 0.5, "b2": -1.0}
MIXED = {"b2": 0.4, "w1": 0.8, "w2": -1.2, "b1": 0.3}  # the keys in another order
INTEGERS = {"w1": -2, "b1": 1, "w2": 3, "b2": 5}
A1, D = np.array([1.0, 2.0, 3.0]), np.array([1.25, 3.0, 4.75])  # on the line d = 1.75 a1 − 0.5
MORE_A1, MORE_D = [2, -1, 2, 0], (1, 3, -4, 2)  # an a1 that repeats, a tuple

CONVERT = "It works for arrays and stops for a list. A list does no arithmetic: make float arrays of A1 and D first."


def sized(rng, *ranges):
    """Return one number from each range, each with a random sign."""
    return [float(rng.uniform(*span) * rng.choice([-1, 1])) for span in ranges]


def chain(rng):
    """Return a chain whose products are larger than its biases, and whose d is larger than a3."""
    return sized(rng, (2, 3), (1.3, 1.9), (0.4, 0.9), (0.5, 0.8), (0.2, 0.7), (7, 9))


def flipped(numbers):
    """Yield the numbers and every change of one sign; a2, a3 and d − a3 get both signs too."""
    yield tuple(numbers)
    for k in range(len(numbers)):
        yield (*numbers[:k], -numbers[k], *numbers[k + 1 :])


def small(numbers):
    """Return the numbers divided by 1000, so that rounding shows."""
    return tuple(number / 1000 for number in numbers)


def parameters(rng):
    """Return the four parameters by name, none of them near 0, 1 or each other."""
    _, w1, b1, w2, b2, _ = chain(rng)
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2}


def reordered(named):
    """Return the same dict with its keys in another order."""
    return {key: named[key] for key in ("b2", "w1", "w2", "b1")}


def scaled(named, factor):
    """Return the dict with all values multiplied."""
    return {key: factor * value for key, value in named.items()}


def examples(rng, n):
    """Return n examples with errors of different size and sign; from four on an a1 repeats."""
    a1, d = rng.uniform(-2, 3, n), rng.uniform(-4, 6, n)
    if n >= 4:
        a1[-1] = a1[0]
    if n >= 6:  # the same example twice
        a1[-2], d[-2] = a1[1], d[1]
    return a1, d


def settling(rng, n, noise=0.3):
    """Return examples near a line, with an a1 of size 1, on which lr 0.1 settles soon."""
    a1 = rng.permutation(np.linspace(-1.4, 1.5, n))
    return a1, 1.2 * a1 - 0.7 + noise * rng.uniform(-1, 1, n)


# chain_forward -----------------------------------------------------------------------------------


@exercise(
    returns=values(a2="number", a3="number"),
    unchanged=0.5,
    hints=(
        "Go from a1 to the right: which number goes into the second neuron?",
        "Every neuron does the same: its weight times what comes in, plus its bias.",
        "First a2 from a1, w1 and b1; then a3 in the same way from a2; return both.",
    ),
    praise="The chain runs forward, and a2 is kept: going back will need it. Can two lines in a row bend?",
)
def chain_forward(a1, w1, b1, w2, b2):
    a2 = w1 * a1 + b1
    return a2, w2 * a2 + b2


chain_forward.show(*C1[:5])
chain_forward.show(*T[:5])
chain_forward.show(*N[:5])
chain_forward.show(*WHOLE[:5])
chain_forward.show(0.017, 0.61, -0.0083, 1.9, 0.0021)


@chain_forward.hidden("values", 1, "Numbers of both signs, large and small.")
def _(rng):
    numbers = chain(rng)[:5]
    yield from flipped(numbers)
    yield small(numbers)
    yield tuple(300 * number for number in chain(rng)[:5])


@chain_forward.hidden(
    "zeros and integers", 0.5, "Zeros, whole numbers and NumPy numbers in place of floats."
)
def _(rng):
    for k in range(5):
        numbers = chain(rng)[:5]
        numbers[k] = 0
        yield tuple(numbers)
    yield 4, -3, 2, 5, -6
    yield np.int64(-2), 7, np.float64(1.5), np.float64(-0.5), np.int64(3)
    yield 1.5, 2.0, -3.0, 0.75, 0.0  # a2 = a3 = 0


@chain_forward.mistake(
    "skips-a2", "a3 was computed from a1, as if the first neuron were not there. Feed it with a2."
)
def _(a1, w1, b1, w2, b2):
    return w1 * a1 + b1, w2 * a1 + b2


@chain_forward.mistake(
    "bias-inside",
    "Off by (w − 1)·b: the bias was multiplied as well. Multiply first, then add the bias.",
)
def _(a1, w1, b1, w2, b2):
    a2 = w1 * (a1 + b1)
    return a2, w2 * (a2 + b2)


def sigmoid(z):
    """Return the sigmoid, as learners write it."""
    with np.errstate(over="ignore"):
        return float(1 / (1 + np.exp(-z)))


@chain_forward.mistake(
    "sigmoid",
    "There is a sigmoid that nobody asked for. This chain has no activation; leave it out.",
)
def _(a1, w1, b1, w2, b2):
    a2 = sigmoid(w1 * a1 + b1)
    return a2, sigmoid(w2 * a2 + b2)


@chain_forward.mistake(
    "sigmoid-on-a2",
    "a2 went through a sigmoid. This chain has no activation function; pass the sum on as it is.",
)
def _(a1, w1, b1, w2, b2):
    a2 = sigmoid(w1 * a1 + b1)
    return a2, w2 * a2 + b2


@chain_forward.mistake(
    "relu", "Negative sums became 0. This chain has no activation function; let them be negative."
)
def _(a1, w1, b1, w2, b2):
    a2 = max(0, w1 * a1 + b1)
    return a2, max(0, w2 * a2 + b2)


@chain_forward.mistake(
    "tanh", "The sums went through tanh. This chain has no activation function; leave it out."
)
def _(a1, w1, b1, w2, b2):
    a2 = math.tanh(w1 * a1 + b1)
    return a2, math.tanh(w2 * a2 + b2)


@chain_forward.mistake(
    "only-a3", "Only a3 came back. Going back will need a2 as well: return both, a2 first."
)
def _(a1, w1, b1, w2, b2):
    return chain_forward(a1, w1, b1, w2, b2)[1]


@chain_forward.mistake(
    "no-bias", "Both biases are missing. Add b1 to the first sum, b2 to the second."
)
def _(a1, w1, b1, w2, b2):
    return w1 * a1, w2 * w1 * a1


@chain_forward.mistake("no-b1", "The first neuron's bias is missing. Look where b1 enters.")
def _(a1, w1, b1, w2, b2):
    return w1 * a1, w2 * w1 * a1 + b2


@chain_forward.mistake("no-b2", "a2 is right; in a3 the bias is missing. Look where b2 enters.")
def _(a1, w1, b1, w2, b2):
    a2 = w1 * a1 + b1
    return a2, w2 * a2


@chain_forward.mistake("order", "The two values are exchanged. Return a2 first, then a3.")
def _(a1, w1, b1, w2, b2):
    a2, a3 = chain_forward(a1, w1, b1, w2, b2)
    return a3, a2


@chain_forward.mistake(
    "layers-exchanged", "The second neuron came first. a1 meets w1 and b1; a2 meets w2 and b2."
)
def _(a1, w1, b1, w2, b2):
    return chain_forward(a1, w2, b2, w1, b1)


@chain_forward.mistake(
    "layer-1-twice",
    "a3 used w1 and b1 again. The second neuron has its own weight and bias; use them.",
)
def _(a1, w1, b1, w2, b2):
    return chain_forward(a1, w1, b1, w1, b1)


@chain_forward.mistake(
    "weight-as-bias",
    "Weight and bias changed their places. The weight multiplies, the bias is added.",
)
def _(a1, w1, b1, w2, b2):
    return chain_forward(a1, b1, w1, b2, w2)


@chain_forward.mistake(
    "bias-subtracted", "The biases were subtracted. Look at their sign: add them."
)
def _(a1, w1, b1, w2, b2):
    return chain_forward(a1, w1, -b1, w2, -b2)


# chain_cost --------------------------------------------------------------------------------------


@exercise(
    returns="number",
    unchanged=0,
    hints=(
        "How far is a3 from where it should be?",
        "The cost is that distance squared. It is never negative, and 0 only where a3 meets d.",
        "Write the difference of d and a3 in brackets, then square it.",
    ),
    praise="0 is perfect, and the sign of the error no longer matters. Now: which way is down?",
)
def chain_cost(a3, d):
    return (d - a3) ** 2


chain_cost.show(1.0, 3.0)
chain_cost.show(5, -2)
chain_cost.show(-2.5, 1.5)
chain_cost.show(np.float64(1.48), 0.7)
chain_cost.show(0.0137, 0.0452)


@chain_cost.hidden("values", 1, "a3 above and below d, numbers of both signs.")
def _(rng):
    a3, _, _, d = sized(rng, (2, 3), (1, 2), (1, 2), (4, 6))
    for numbers in ((a3, d), (d, a3)):
        yield from flipped(numbers)
    yield small((a3, d))
    yield 300 * a3, 300 * d


@chain_cost.hidden(
    "zeros and integers", 0.5, "Zeros, whole numbers and NumPy numbers in place of floats."
)
def _(rng):
    yield 0, 4
    yield -3, 0
    yield 2.5, 2.5
    yield 7, -2
    yield np.int64(-5), np.float64(1.5)


@chain_cost.mistake("half", "Half the expected size: the ½ belongs to unit 3. Leave it out here.")
def _(a3, d):
    return (d - a3) ** 2 / 2


@chain_cost.mistake("absolute", "This is the distance. The cost is its square: square it.")
def _(a3, d):
    return abs(d - a3)


@chain_cost.mistake(
    "no-square", "The cost can be negative here. Square the difference, so that no sign is left."
)
def _(a3, d):
    return d - a3


@chain_cost.mistake(
    "no-square-a3-first",
    "This is the error, a3 − d, and it can be negative. The cost is its square: square it.",
)
def _(a3, d):
    return a3 - d


@chain_cost.mistake(
    "difference-of-squares",
    "You squared d and a3 one by one. Take the difference first, then square it.",
)
def _(a3, d):
    return d**2 - a3**2


@chain_cost.mistake(
    "difference-of-squares-a3-first",
    "You squared a3 and d one by one. Take their difference first, then square it.",
)
def _(a3, d):
    return a3**2 - d**2


@chain_cost.mistake(
    "brackets", "Only a3 was squared: ** acts before the minus. Put brackets around the difference."
)
def _(a3, d):
    return d - a3**2


@chain_cost.mistake(
    "brackets-d",
    "Only d was squared: ** acts before the minus. Put brackets around the difference.",
)
def _(a3, d):
    return a3 - d**2


@chain_cost.mistake(
    "doubled", "You doubled the difference. To square it means to multiply it by itself."
)
def _(a3, d):
    return 2 * (d - a3)


@chain_cost.mistake(
    "derivative",
    "This is the derivative of the cost by a3. The cost itself is a square; return that.",
)
def _(a3, d):
    return -2 * (d - a3)


@chain_cost.mistake("sum", "You squared the sum of d and a3. The cost measures their difference.")
def _(a3, d):
    return (d + a3) ** 2


@chain_cost.mistake(
    "negative", "Right size, but negative. A cost is 0 or more; look for a minus before the square."
)
def _(a3, d):
    return -((d - a3) ** 2)


# output_grads ------------------------------------------------------------------------------------


@exercise(
    returns=values(dw2="number", db2="number", da2="number"),
    unchanged=0.5,
    hints=(
        "a3 is the sum w2·a2 + b2. By how much does it change when one of the three grows a little?",
        "Each derivative is dC/da3 times one more link: the change of a3 with w2, with b2, with a2.",
        "a3 is not given: compute it first, then dC/da3 from the square; the other links are a2, 1 and w2.",
    ),
    praise="Three ways to change a3. Two are parameters; the third, a2, hands the signal on to layer 1.",
)
def output_grads(a2, w2, b2, d):
    slope = -2 * (d - (w2 * a2 + b2))
    return slope * a2, slope, slope * w2


output_grads.show(4.0, 0.5, -1.0, 3.0)
output_grads.show(0.5, 2.0, 1.0, 4.0)
output_grads.show(-0.9, -1.2, 0.4, 0.7)
output_grads.show(3, -2, 5, -4)
output_grads.show(0.013, 0.7, -0.021, 0.009)
output_grads.show(-800, 1.4, 250, 900)


def ends(rng):
    """Return the last neuron of a chain: a2, w2, b2, d."""
    return sized(rng, (2, 3), (1.3, 1.9), (0.4, 0.9), (7, 9))


@output_grads.hidden("values", 2, "Numbers of both signs, large and small errors.")
def _(rng):
    numbers = ends(rng)
    yield from flipped(numbers)
    yield small(numbers)
    a2, w2, b2, _ = ends(rng)
    yield a2, w2, b2, w2 * a2 + b2 + 0.06
    a2, w2, b2, d = ends(rng)
    yield 300 * a2, w2, 300 * b2, 300 * d


@output_grads.hidden(
    "zeros and integers", 0.5, "Zeros, whole numbers and NumPy numbers in place of floats."
)
def _(rng):
    for k in range(4):
        numbers = ends(rng)
        numbers[k] = 0
        yield tuple(numbers)
    yield 2.0, 1.5, 1.0, 4.0  # no error
    yield 5, -3, 2, 4
    yield np.int64(-2), np.float64(1.5), 3, np.int64(6)


@output_grads.mistake(
    "missing-2",
    "Half the right size. Differentiate the square: e² has the derivative 2e times that of e.",
)
def _(a2, w2, b2, d):
    slope = -(d - (w2 * a2 + b2))
    return slope * a2, slope, slope * w2


@output_grads.mistake(
    "sign",
    "Right size, opposite sign. d − a3 falls when a3 grows: which sign does its derivative have?",
)
def _(a2, w2, b2, d):
    slope = 2 * (d - (w2 * a2 + b2))
    return slope * a2, slope, slope * w2


@output_grads.mistake(
    "missing-minus-2",
    "Both the 2 and the minus are missing. Differentiate (d − a3)² by a3 in two steps.",
)
def _(a2, w2, b2, d):
    slope = d - (w2 * a2 + b2)
    return slope * a2, slope, slope * w2


@output_grads.mistake(
    "other-factor",
    "dw2 and da2 changed their factors. The derivative of w2·a2 by w2 is the other factor.",
)
def _(a2, w2, b2, d):
    dw2, db2, da2 = output_grads(a2, w2, b2, d)
    return da2, db2, dw2


@output_grads.mistake(
    "db2-is-1",
    "db2 is 1 everywhere. That is only its last link; multiply it by dC/da3.",
)
def _(a2, w2, b2, d):
    dw2, _, da2 = output_grads(a2, w2, b2, d)
    return dw2, 1, da2


@output_grads.mistake(
    "db2-is-0",
    "db2 is 0, as if b2 did not matter. a3 grows by 1 when b2 grows by 1; follow that link.",
)
def _(a2, w2, b2, d):
    dw2, _, da2 = output_grads(a2, w2, b2, d)
    return dw2, 0, da2


@output_grads.mistake(
    "db2-times-b2", "db2 carries a factor b2. The derivative of + b2 by b2 is 1; take b2 away."
)
def _(a2, w2, b2, d):
    dw2, db2, da2 = output_grads(a2, w2, b2, d)
    return dw2, db2 * b2, da2


@output_grads.mistake(
    "last-links-only",
    "These are the last links alone: how a3 changes. Multiply each of them by dC/da3.",
)
def _(a2, w2, b2, d):
    return a2, 1, w2


@output_grads.mistake(
    "first-link-only",
    "All three are dC/da3. Multiply it by one more link each: how a3 changes with w2, b2, a2.",
)
def _(a2, w2, b2, d):
    slope = output_grads(a2, w2, b2, d)[1]
    return slope, slope, slope


@output_grads.mistake(
    "no-w2-in-da2", "da2 equals db2. When a2 grows by 1, a3 grows by w2; that factor is missing."
)
def _(a2, w2, b2, d):
    dw2, db2, _ = output_grads(a2, w2, b2, d)
    return dw2, db2, db2


@output_grads.mistake(
    "no-a2-in-dw2", "dw2 equals db2. When w2 grows by 1, a3 grows by a2; that factor is missing."
)
def _(a2, w2, b2, d):
    _, db2, da2 = output_grads(a2, w2, b2, d)
    return db2, db2, da2


@output_grads.mistake(
    "a3-in-dw2", "dw2 was multiplied by a3, which leaves the neuron. Use what enters the weight."
)
def _(a2, w2, b2, d):
    _, db2, da2 = output_grads(a2, w2, b2, d)
    return db2 * (w2 * a2 + b2), db2, da2


@output_grads.mistake(
    "a2-for-a3",
    "d was compared with a2. The target belongs to the end of the chain; compute a3 first.",
)
def _(a2, w2, b2, d):
    slope = -2 * (d - a2)
    return slope * a2, slope, slope * w2


@output_grads.mistake("b2-ignored", "Right whenever b2 = 0. Look where b2 enters your a3.")
def _(a2, w2, b2, d):
    return output_grads(a2, w2, 0, d)


@output_grads.mistake(
    "plus-b2",
    "The bias has the wrong sign inside the error. When a3 is taken away, b2 is too: use brackets.",
)
def _(a2, w2, b2, d):
    return output_grads(a2, w2, -b2, d)


@output_grads.mistake(
    "cost-for-slope", "You multiplied by the cost, (d − a3)². Multiply by its derivative by a3."
)
def _(a2, w2, b2, d):
    slope = (d - (w2 * a2 + b2)) ** 2
    return slope * a2, slope, slope * w2


@output_grads.mistake(
    "square-left", "The square is still there; its derivative has the error once. Drop the square."
)
def _(a2, w2, b2, d):
    slope = -2 * (d - (w2 * a2 + b2)) ** 2
    return slope * a2, slope, slope * w2


@output_grads.mistake(
    "square-left-no-minus",
    "The square is still there, and no minus. Its derivative has the error once, with its sign.",
)
def _(a2, w2, b2, d):
    slope = 2 * (d - (w2 * a2 + b2)) ** 2
    return slope * a2, slope, slope * w2


@output_grads.mistake(
    "a2-in-da2", "da2 equals dw2. When a2 grows by 1, a3 grows by another factor: by which one?"
)
def _(a2, w2, b2, d):
    dw2, db2, _ = output_grads(a2, w2, b2, d)
    return dw2, db2, dw2


@output_grads.mistake(
    "absolute",
    "The error lost its sign. A derivative has to be able to change sign; take abs away.",
)
def _(a2, w2, b2, d):
    slope = 2 * abs(d - (w2 * a2 + b2))
    return slope * a2, slope, slope * w2


@output_grads.mistake("order", "The values come in another order. Return dw2, then db2, then da2.")
def _(a2, w2, b2, d):
    dw2, db2, da2 = output_grads(a2, w2, b2, d)
    return dw2, da2, db2


@output_grads.mistake(
    "no-da2",
    "Only two values came back. da2 carries the signal to layer 1: return it as the third.",
)
def _(a2, w2, b2, d):
    return output_grads(a2, w2, b2, d)[:2]


# chain_backward ----------------------------------------------------------------------------------


@exercise(
    returns=FOUR,
    unchanged=0.5,
    hints=(
        "Start at the cost and walk back. Which number does layer 1 receive from layer 2?",
        "Layer 1 works like layer 2: da2 takes the place of dC/da3, and a1 that of a2.",
        "First a2 from chain_forward, then dw2, db2, da2 from output_grads; layer 1 needs da2 and a1.",
    ),
    praise="All four are right. Backpropagation hands one signal back, link by link; deeper chains only repeat it.",
)
def chain_backward(a1, w1, b1, w2, b2, d):
    a2, _ = chain_forward(a1, w1, b1, w2, b2)
    dw2, db2, da2 = output_grads(a2, w2, b2, d)
    return {"w1": da2 * a1, "b1": da2, "w2": dw2, "b2": db2}


chain_backward.show(*C1)
chain_backward.show(*T)
chain_backward.show(*N)
chain_backward.show(*WHOLE)
chain_backward.show(0.13, 0.61, -0.083, 1.9, 0.021, -0.29)
chain_backward.show(-700, 1.6, 300, 0.7, -200, 900)


@chain_backward.hidden("values", 3, "Chains of every sign, with large and small errors.")
def _(rng):
    numbers = chain(rng)
    yield from flipped(numbers)
    yield small(numbers)
    a1, w1, b1, w2, b2, _ = chain(rng)
    yield a1, w1, b1, w2, b2, w2 * (w1 * a1 + b1) + b2 - 0.06
    a1, w1, b1, w2, b2, d = chain(rng)
    yield 300 * a1, w1, 300 * b1, w2, 300 * b2, 300 * d


@chain_backward.hidden("zeros", 0.5, "A number of the chain is 0, a2 is 0, or there is no error.")
def _(rng):
    for k in range(6):
        numbers = chain(rng)
        numbers[k] = 0.0
        yield tuple(numbers)
    yield 1.5, 2.0, -3.0, 0.75, 1.25, 6.0  # a2 = 0
    yield 2.0, 1.5, 1.0, 0.5, -1.0, 1.0  # d = a3


@chain_backward.hidden("integers", 1, "Whole numbers and NumPy numbers in place of floats.")
def _(rng):
    yield 4, -3, 2, 5, -6, 7
    yield -2, 3, 5, -4, 7, 9
    yield np.int64(-2), 7, np.float64(1.5), np.float64(-0.5), np.int64(3), 6


def backward(*chain, **other):
    """Return the right gradients with some of them replaced."""
    return {**chain_backward(*chain), **other}


def signals(a1, w1, b1, w2, b2, d):
    """Return a2, a3, dC/da3 and dC/da2."""
    a2, a3 = chain_forward(a1, w1, b1, w2, b2)
    return a2, a3, -2 * (d - a3), -2 * (d - a3) * w2


def times(factor, grads, *keys):
    """Return the gradients, those of the given keys multiplied by a factor."""
    return {key: factor * g if key in (keys or grads) else g for key, g in grads.items()}


@chain_backward.mistake(
    "missing-2",
    "Half the right size, in all four. Look at dC/da3, here or in a function that it calls: is the 2 there?",
)
def _(*args):
    return times(0.5, chain_backward(*args))


@chain_backward.mistake(
    "sign",
    "Right size, opposite sign, in all four. Look at the minus in dC/da3, here or in a function that it calls.",
)
def _(*args):
    return times(-1, chain_backward(*args))


@chain_backward.mistake(
    "no-w2",
    "Layer 1 received dC/da3 as it is: its gradients lack a factor. The path to a2 goes through w2.",
)
def _(a1, w1, b1, w2, b2, d):
    _, _, slope, _ = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w1=slope * a1, b1=slope)


@chain_backward.mistake("w1-for-w2", "The signal passed w1. Which weight lies between a2 and a3?")
def _(a1, w1, b1, w2, b2, d):
    _, _, slope, _ = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w1=slope * w1 * a1, b1=slope * w1)


@chain_backward.mistake(
    "w2-twice", "The signal passed w2 twice; da2 contains it already. Multiply once."
)
def _(a1, w1, b1, w2, b2, d):
    return times(w2, chain_backward(a1, w1, b1, w2, b2, d), "w1", "b1")


@chain_backward.mistake("dw2-for-da2", "dw2 is no signal. Hand on da2 to layer 1.")
def _(a1, w1, b1, w2, b2, d):
    a2, _, slope, _ = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w1=slope * a2 * a1, b1=slope * a2)


@chain_backward.mistake(
    "a3-for-da2",
    "Layer 1 received a3, a value. What comes back is a derivative: hand on da2 to layer 1.",
)
def _(a1, w1, b1, w2, b2, d):
    _, a3, _, _ = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w1=a3 * a1, b1=a3)


@chain_backward.mistake(
    "w2-for-da2",
    "Layer 1 received w2 alone, one link of the path. Where is what comes back from the cost?",
)
def _(a1, w1, b1, w2, b2, d):
    return backward(a1, w1, b1, w2, b2, d, w1=w2 * a1, b1=w2)


@chain_backward.mistake(
    "updated-w2",
    "Layer 1 saw a w2 that had already moved. Finish all four gradients with the old w2; update later.",
)
def _(a1, w1, b1, w2, b2, d):
    a2, _, slope, _ = signals(a1, w1, b1, w2, b2, d)
    new_w2 = w2 - 0.01 * slope * a2
    return backward(a1, w1, b1, w2, b2, d, w1=slope * new_w2 * a1, b1=slope * new_w2)


@chain_backward.mistake(
    "a1-in-dw2", "dw2 was multiplied by a1. A weight's gradient uses the activation that enters it."
)
def _(a1, w1, b1, w2, b2, d):
    _, _, slope, _ = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w2=slope * a1)


@chain_backward.mistake(
    "a3-in-dw2",
    "dw2 was multiplied by a3, which leaves layer 2. Use the activation that enters w2.",
)
def _(a1, w1, b1, w2, b2, d):
    _, a3, slope, _ = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w2=slope * a3)


@chain_backward.mistake(
    "a2-in-dw1",
    "dw1 was multiplied by a2, which leaves layer 1. Use the activation that enters w1.",
)
def _(a1, w1, b1, w2, b2, d):
    a2, _, _, da2 = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w1=da2 * a2)


@chain_backward.mistake(
    "shifted",
    "Both weights used the activation behind them. Each uses the one that enters: w1 has a1, w2 has a2.",
)
def _(a1, w1, b1, w2, b2, d):
    a2, a3, slope, da2 = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w1=da2 * a2, w2=slope * a3)


@chain_backward.mistake(
    "no-a1-in-dw1", "dw1 equals db1. When w1 grows by 1, a2 grows by a1; that factor is missing."
)
def _(*args):
    grads = chain_backward(*args)
    return {**grads, "w1": grads["b1"]}


@chain_backward.mistake(
    "no-a2-in-dw2", "dw2 equals db2. When w2 grows by 1, a3 grows by a2; that factor is missing."
)
def _(*args):
    grads = chain_backward(*args)
    return {**grads, "w2": grads["b2"]}


@chain_backward.mistake(
    "db1-times-a1", "db1 carries a factor a1. A bias enters with factor 1; drop a1 there."
)
def _(*args):
    grads = chain_backward(*args)
    return {**grads, "b1": grads["w1"]}


@chain_backward.mistake(
    "db1-is-db2", "db1 equals db2. The signal that reaches b1 is da2; carry it through w2 first."
)
def _(*args):
    grads = chain_backward(*args)
    return {**grads, "b1": grads["b2"]}


@chain_backward.mistake(
    "biases-1",
    "Both bias gradients are 1. That is only the last link; multiply it by what comes back.",
)
def _(*args):
    return {**chain_backward(*args), "b1": 1, "b2": 1}


@chain_backward.mistake(
    "times-bias",
    "Each bias gradient carries its bias as a factor. The last link of a bias is 1; drop it.",
)
def _(a1, w1, b1, w2, b2, d):
    _, _, slope, da2 = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, b1=da2 * b1, b2=slope * b2)


@chain_backward.mistake(
    "db1-times-b1", "db1 carries a factor b1. The derivative of + b1 by b1 is 1; take b1 away."
)
def _(*args):
    return times(args[2], chain_backward(*args), "b1")


@chain_backward.mistake(
    "db2-times-b2", "db2 carries a factor b2. The derivative of + b2 by b2 is 1; take b2 away."
)
def _(*args):
    return times(args[4], chain_backward(*args), "b2")


@chain_backward.mistake(
    "w1-in-dw1",
    "dw1 was multiplied by w1 itself. The derivative of w1·a1 by w1 is the other factor; use it.",
)
def _(a1, w1, b1, w2, b2, d):
    _, _, _, da2 = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, w1=da2 * w1)


@chain_backward.mistake(
    "one-link-too-many",
    "Layer 1 carries a factor w1 too many. The path ends at w1 and b1; do not walk on to a1.",
)
def _(a1, w1, b1, w2, b2, d):
    return times(w1, chain_backward(a1, w1, b1, w2, b2, d), "w1", "b1")


@chain_backward.mistake(
    "sign-again",
    "Only layer 1 has the wrong sign. The minus is already in dC/da3; do not put it in again.",
)
def _(*args):
    return times(-1, chain_backward(*args), "w1", "b1")


@chain_backward.mistake(
    "2-again", "Layer 1 is twice too large. The 2 is already in dC/da3; do not put it in again."
)
def _(*args):
    return times(2, chain_backward(*args), "w1", "b1")


@chain_backward.mistake(
    "d-for-a2",
    "Layer 1 got an error of its own, d − a2. The target belongs to a3; layer 1 receives da2.",
)
def _(a1, w1, b1, w2, b2, d):
    own = -2 * (d - (w1 * a1 + b1))
    return backward(a1, w1, b1, w2, b2, d, w1=own * a1, b1=own)


@chain_backward.mistake(
    "biases-exchanged",
    "The gradients of b1 and b2 changed their places. b2 stands next to the cost.",
)
def _(*args):
    grads = chain_backward(*args)
    return {**grads, "b1": grads["b2"], "b2": grads["b1"]}


@chain_backward.mistake(
    "weights-exchanged",
    "The gradients of w1 and w2 changed their places. w2 stands next to the cost.",
)
def _(*args):
    grads = chain_backward(*args)
    return {**grads, "w1": grads["w2"], "w2": grads["w1"]}


@chain_backward.mistake(
    "layers-exchanged",
    "The two layers changed their places. Layer 2 stands next to the cost: sort again.",
)
def _(*args):
    grads = chain_backward(*args)
    return {"w1": grads["w2"], "b1": grads["b2"], "w2": grads["w1"], "b2": grads["b1"]}


@chain_backward.mistake(
    "weight-bias-exchanged",
    "In both layers weight and bias changed their places. The factor a belongs to the weight.",
)
def _(*args):
    grads = chain_backward(*args)
    return {"w1": grads["b1"], "b1": grads["w1"], "w2": grads["b2"], "b2": grads["w2"]}


@chain_backward.mistake(
    "biases-ignored",
    "Right whenever both biases are 0. Look where b1 and b2 enter your forward pass.",
)
def _(a1, w1, b1, w2, b2, d):
    return chain_backward(a1, w1, 0, w2, 0, d)


@chain_backward.mistake(
    "skips-a2", "The forward pass left the first neuron out. Compute a2 first, then a3 from it."
)
def _(a1, w1, b1, w2, b2, d):
    slope = -2 * (d - (w2 * a1 + b2))
    a2 = w1 * a1 + b1
    return {"w1": slope * w2 * a1, "b1": slope * w2, "w2": slope * a2, "b2": slope}


@chain_backward.mistake(
    "cost-for-slope",
    "The walk back starts with the cost, (d − a3)². Start with its derivative by a3.",
)
def _(a1, w1, b1, w2, b2, d):
    a2, a3, _, _ = signals(a1, w1, b1, w2, b2, d)
    start = (d - a3) ** 2
    return {"w1": start * w2 * a1, "b1": start * w2, "w2": start * a2, "b2": start}


@chain_backward.mistake(
    "square-left", "The square is still there; its derivative has the error once. Drop the square."
)
def _(*args):
    _, a3, _, _ = signals(*args)
    return times(args[5] - a3, chain_backward(*args))


@chain_backward.mistake(
    "only-layer-2", "Layer 1 got no gradient. a2 depends on w1 and b1: hand the signal on to them."
)
def _(*args):
    return {**chain_backward(*args), "w1": 0, "b1": 0}


@chain_backward.mistake(
    "keys",
    "The numbers are right, but the keys are not. Name each gradient like its parameter: w1, not dw1.",
)
def _(*args):
    return {f"d{key}": value for key, value in chain_backward(*args).items()}


@chain_backward.mistake(
    "no-names",
    "The four numbers come without their names. Return a dict with the keys w1, b1, w2, b2.",
)
def _(*args):
    return tuple(chain_backward(*args).values())


@chain_backward.mistake(
    "a2-included",
    "The dict holds a2 too. a2 is no parameter: nobody can set it. Keep the four keys only.",
)
def _(a1, w1, b1, w2, b2, d):
    _, _, _, da2 = signals(a1, w1, b1, w2, b2, d)
    return backward(a1, w1, b1, w2, b2, d, a2=da2)


# chain_update ------------------------------------------------------------------------------------


@exercise(
    returns=FOUR,
    unchanged=0.5,
    hints=(
        "The gradient points uphill. Every parameter has its own: find it by its key.",
        "step = lr × gradient, and each parameter moves by minus its step.",
        "Make a new dict; for each key in params put in the old value minus a product.",
    ),
    praise="All four moved at once, from the same old point. A loop around this is training.",
)
def chain_update(params, grads, lr):
    return {key: params[key] - lr * grads[key] for key in params}


GRADS = {"w1": -4.0, "b1": -2.0, "w2": -16.0, "b2": -4.5}

chain_update.show(START, GRADS, 0.01)
chain_update.show(START, {"b2": 3.0, "w2": -6.0, "b1": 2.5, "w1": 8.0}, 0.5)
chain_update.show(MIXED, {"w1": 2.8, "b1": -1.9, "w2": -1.4, "b2": 1.6}, 1.7)
chain_update.show(scaled(START, 0.013), scaled(GRADS, 0.0017), 0.07)
chain_update.show(INTEGERS, {"w1": 7, "b1": -3, "w2": 2, "b2": 9}, 0.1)


def gradients(rng):
    """Return four gradients of different size."""
    sizes = sized(rng, (2, 4), (5, 9), (11, 19), (0.3, 0.8))
    return dict(zip(("w1", "b1", "w2", "b2"), sizes, strict=True))


@chain_update.hidden("values", 1.5, "Parameters and gradients of both signs, several rates.")
def _(rng):
    params, grads = parameters(rng), gradients(rng)
    yield params, grads, 0.03
    yield scaled(params, -1), grads, 0.2
    yield params, scaled(grads, -1), 1.7
    yield scaled(params, 0.001), scaled(grads, 0.001), 0.07
    yield parameters(rng), scaled(gradients(rng), 40), 0.4


@chain_update.hidden("keys in any order", 0.5, "The keys of the two dicts in different orders.")
def _(rng):
    yield parameters(rng), reordered(gradients(rng)), 0.3
    yield reordered(parameters(rng)), gradients(rng), 0.02
    yield reordered(parameters(rng)), reordered(gradients(rng)), 1.3


@chain_update.hidden(
    "zeros and integers", 0.5, "Zeros, whole numbers and NumPy numbers in place of floats."
)
def _(rng):
    yield INTEGERS, {"w1": -3, "b1": 8, "w2": 5, "b2": -7}, 0.3
    yield {"w1": 4, "b1": -6, "w2": 2, "b2": 3}, {"w1": 2, "b1": 7, "w2": -5, "b2": 3}, 1
    yield dict.fromkeys(START, 0.0), gradients(rng), 0.4
    yield parameters(rng), dict.fromkeys(START, 0.0), 0.4
    numbers = {key: np.float64(value) for key, value in parameters(rng).items()}
    yield numbers, {"w1": np.int64(3), "b1": np.int64(-2), "w2": 6, "b2": np.int64(5)}, 0.1


@chain_update.mistake("plus", "You went uphill. The gradient points up; subtract the step.")
def _(params, grads, lr):
    return chain_update(params, grads, -lr)


@chain_update.mistake(
    "in-place",
    "params itself was changed; `new = params` is no copy. Leave params alone and fill a new dict.",
)
def _(params, grads, lr):
    for key in params:
        params[key] -= lr * grads[key]
    return dict(params)


@chain_update.mistake(
    "return-in-loop",
    "Only one parameter came back: return stands in the loop. Where does it belong?",
)
def _(params, grads, lr):
    key = next(iter(params))
    return {key: params[key] - lr * grads[key]}


@chain_update.mistake(
    "return-in-loop-copy",
    "Only the first parameter moved: return stands in the loop. Where does it belong?",
)
def _(params, grads, lr):
    key = next(iter(params))
    return {**params, key: params[key] - lr * grads[key]}


ROUNDED = "Your numbers are rounded, so small ones get lost. Return them as they are: no round."


def rounded(decimals):
    """Return an update whose result is rounded."""
    return lambda *args: {k: round(float(v), decimals) for k, v in chain_update(*args).items()}


for count in (1, 2, 3, 4, 5, 6):
    chain_update.mistake(f"rounded-{count}", ROUNDED)(rounded(count))


@chain_update.mistake(
    "only-weights", "Only the weights moved. Biases have gradients too; update all four."
)
def _(params, grads, lr):
    return {**chain_update(params, grads, lr), "b1": params["b1"], "b2": params["b2"]}


@chain_update.mistake(
    "only-layer-2", "Only layer 2 moved. w1 and b1 are parameters too; update all four."
)
def _(params, grads, lr):
    return {**chain_update(params, grads, lr), "w1": params["w1"], "b1": params["b1"]}


@chain_update.mistake(
    "lr-twice-in-layer-1",
    "Layer 1 moved by lr·lr times its gradient. All four parameters share one step rule; use lr once.",
)
def _(params, grads, lr):
    new, short = chain_update(params, grads, lr), chain_update(params, grads, lr * lr)
    return {**new, "w1": short["w1"], "b1": short["b1"]}


@chain_update.mistake(
    "fixed-lr", "Your step uses 0.01 whatever lr is. The rate is an argument: use it."
)
def _(params, grads, _):
    return chain_update(params, grads, 0.01)


@chain_update.mistake("no-lr", "The step is the whole gradient. Multiply the gradient by lr.")
def _(params, grads, lr):
    return chain_update(params, grads, 1)


@chain_update.mistake(
    "over-lr", "You divided by the learning rate, so a small lr makes a huge step. Multiply by lr."
)
def _(params, grads, lr):
    return chain_update(params, grads, 1 / lr)


@chain_update.mistake(
    "only-the-step", "You returned the steps. Return the new parameters: old value minus step."
)
def _(params, grads, lr):
    return scaled(grads, lr)


@chain_update.mistake(
    "only-minus-the-step",
    "You returned the changes alone. Add each to its old value: that is the result.",
)
def _(params, grads, lr):
    return scaled(grads, -lr)


@chain_update.mistake(
    "product", "You multiplied parameter and step. The step is a distance: subtract it."
)
def _(params, grads, lr):
    return {key: params[key] * lr * grads[key] for key in params}


@chain_update.mistake(
    "times-parameter",
    "The step carries the parameter as a factor. The step is lr × gradient and nothing else; take it out.",
)
def _(params, grads, lr):
    return {key: params[key] * (1 - lr * grads[key]) for key in params}


@chain_update.mistake(
    "brackets",
    "lr multiplies the old value too. Only the gradient is multiplied; look at your brackets.",
)
def _(params, grads, lr):
    return {key: lr * (params[key] - grads[key]) for key in params}


@chain_update.mistake(
    "reversed", "Right size, opposite sign: step minus old value. Turn the difference around."
)
def _(params, grads, lr):
    return scaled(chain_update(params, grads, lr), -1)


@chain_update.mistake(
    "sign-only",
    "Every step has the same size. The step has to be proportional to the gradient; leave its sign alone.",
)
def _(params, grads, lr):
    return {key: params[key] - lr * np.sign(grads[key]) for key in params}


@chain_update.mistake(
    "by-position",
    "Right while both dicts have their keys in one order. Find each gradient by its key, not by its place.",
)
def _(params, grads, lr):
    pairs = zip(params.items(), grads.values(), strict=True)
    return {key: value - lr * g for (key, value), g in pairs}


@chain_update.mistake(
    "weights-gradient",
    "Each bias moved by its weight's step. A bias has a gradient of its own; use its key.",
)
def _(params, grads, lr):
    return chain_update(params, {**grads, "b1": grads["w1"], "b2": grads["w2"]}, lr)


@chain_update.mistake(
    "truncated",
    "With whole numbers the fractions are lost: an integer array cuts them off. Use floats or a dict.",
)
def _(params, grads, lr):
    row = np.array([params[key] for key in params])
    for k, key in enumerate(params):
        row[k] = params[key] - lr * grads[key]
    return dict(zip(params, row, strict=True))


# average_gradients -------------------------------------------------------------------------------


@exercise(
    returns=FOUR,
    unchanged=0.5,
    hints=(
        "One example gives four gradients. What do you do with those of all examples?",
        "The cost is a mean over the examples, so each gradient is the mean of the examples' gradients.",
        "Walk through A1 and D together; give chain_backward its six numbers for each pair; add by key, divide last.",
    ),
    praise="Every example pulls its own way; the mean decides. One update now uses all examples.",
)
def average_gradients(A1, D, params):
    grads = [at(a1, d, params) for a1, d in pairs(A1, D)]
    return {key: sum(g[key] for g in grads) / len(grads) for key in params}


def pairs(A1, D):
    """Return the examples as pairs of floats."""
    return list(zip(*(np.asarray(v, dtype=float).tolist() for v in (A1, D)), strict=True))


def at(a1, d, params):
    """Return the gradients of one example."""
    return chain_backward(a1, *(params[key] for key in START), d)


average_gradients.show(A1, D, START)
average_gradients.show(MORE_A1, MORE_D, MIXED)
average_gradients.show(np.array([3, -1, 2, 4, 0]), [2, 0, -5, 1, 7], INTEGERS)
average_gradients.show([-1.5], [0.7], {"w1": 0.8, "b1": 0.3, "w2": -1.2, "b2": 0.4})


@average_gradients.hidden("values", 2, "Two to eight examples in any order, arrays.")
def _(rng):
    for n in (2, 4, 8):
        yield (*examples(rng, n), parameters(rng))
    a1, d = examples(rng, 5)
    yield a1 / 1000, d / 1000, scaled(parameters(rng), 0.001)
    yield -a1, d, scaled(parameters(rng), -1)
    yield 40 * a1, 40 * d, parameters(rng)


@average_gradients.hidden(
    "lists and integers",
    0.5,
    "Lists, tuples, zeros, whole numbers; params with its keys in any order.",
)
def _(rng):
    yield (*examples(rng, 4), reordered(parameters(rng)))
    yield [4, -2, 0, 4, 1], (1, 7, -3, 5, 0), {"b1": 2, "w2": -4, "b2": 3, "w1": 5}
    yield (2.5, 1, -3), np.array([4, 0, 11]), parameters(rng)
    yield np.array([2, -3, 5, 1]), [0.5, -1, 4, 2], {"w1": 2, "b1": 0, "w2": 3, "b2": 0}
    yield [0, 0, 0], [2, -1, 4], {"w1": 0, "b1": 4, "w2": -2, "b2": np.int64(1)}


@average_gradients.hidden("one example", 0.5, "A single example.")
def _(rng):
    yield (*examples(rng, 1), parameters(rng))
    yield np.array([3.0]), np.array([-5.0]), parameters(rng)


def each(A1, D, params):
    """Return the gradients of every example."""
    return [at(a1, d, params) for a1, d in pairs(A1, D)]


def total(grads, factor=1.0):
    """Return the sum of gradients, multiplied by a factor."""
    return {key: factor * sum(g[key] for g in grads) for key in START}


@average_gradients.mistake(
    "sum", "Exactly n times too large, for n examples. Divide the sums by the number of examples."
)
def _(A1, D, params):
    return total(each(A1, D, params))


def sums_in(total, A1, D, params):
    """Add all gradients to the numbers of a dict, and average."""
    for grads in each(A1, D, params):
        for key in total:
            total[key] += grads[key]
    return {key: value / len(A1) for key, value in total.items()}


@average_gradients.mistake(
    "sums-in-params",
    "Your function altered the dict it was given: two names for one dict. Start from zeros.",
)
def _(A1, D, params):
    return sums_in(params, A1, D, dict(params))


@average_gradients.mistake(
    "sums-in-params-read",
    "The parameters moved while you added: two names for one dict. Start a new dict from zeros.",
)
def _(A1, D, params):
    for a1, d in pairs(A1, D):
        for key, grad in at(a1, d, params).items():
            params[key] += grad
    return {key: value / len(A1) for key, value in params.items()}


@average_gradients.mistake(
    "sums-start-at-params",
    "Your sums start at the parameters, not at 0. What is the sum before the first example?",
)
def _(A1, D, params):
    return sums_in(dict(params), A1, D, params)


@average_gradients.mistake(
    "average-input",
    "The biases are right, the weights are not. Average the gradients, not the data; then compare again.",
)
def _(A1, D, params):
    return at(float(np.mean(A1)), float(np.mean(D)), params)


@average_gradients.mistake(
    "last-example",
    "Only the last example counted: the loop overwrites its result. Add up, then divide.",
)
def _(A1, D, params):
    return each(A1, D, params)[-1]


@average_gradients.mistake(
    "last-example-over-n",
    "Only the last example counted, divided by n: the loop overwrites its result. Add all of them up.",
)
def _(A1, D, params):
    return total(each(A1, D, params)[-1:], 1 / len(A1))


@average_gradients.mistake(
    "first-example",
    "Only the first example counted: return stands in the loop. Move it behind the loop.",
)
def _(A1, D, params):
    return each(A1, D, params)[0]


@average_gradients.mistake(
    "first-example-over-n",
    "Only the first example counted, divided by n: return stands in the loop. Move it behind the loop.",
)
def _(A1, D, params):
    return total(each(A1, D, params)[:1], 1 / len(A1))


@average_gradients.mistake(
    "biases-summed", "The weights are right, the biases n times too large. Divide all four by n."
)
def _(A1, D, params):
    mean = average_gradients(A1, D, params)
    return times(len(A1), mean, "b1", "b2")


@average_gradients.mistake(
    "weights-summed", "The biases are right, the weights n times too large. Divide all four by n."
)
def _(A1, D, params):
    mean = average_gradients(A1, D, params)
    return times(len(A1), mean, "w1", "w2")


@average_gradients.mistake(
    "three", "Right for three examples only. Divide by n, the number of examples you are given."
)
def _(A1, D, params):
    return total(each(A1, D, params), 1 / 3)


@average_gradients.mistake(
    "n-minus-1", "You divided by n − 1. The mean goes over all n examples; divide by n."
)
def _(A1, D, params):
    n = len(A1)
    return total(each(A1, D, params), 1 / (n - 1) if n > 1 else np.nan)


@average_gradients.mistake(
    "over-n-twice", "n times too small: the mean was taken twice. Divide by n once, at the end."
)
def _(A1, D, params):
    return total(each(A1, D, params), 1 / len(A1) ** 2)


@average_gradients.mistake(
    "half-way-mean",
    "Late examples count more: you halve after each one. Add all of them up; divide once, at the end.",
)
def _(A1, D, params):
    grads = each(A1, D, params)
    mean = grads[0]
    for grad in grads[1:]:
        mean = total([mean, grad], 0.5)
    return mean


@average_gradients.mistake(
    "updates-between",
    "The parameters moved between the examples. Take all gradients at the same params; update later.",
)
def _(A1, D, params):
    grads, now = [], params
    for a1, d in pairs(A1, D):
        grads.append(at(a1, d, now))
        now = chain_update(now, grads[-1], 0.01)
    return total(grads, 1 / len(grads))


@average_gradients.mistake(
    "skips-first",
    "The first example is left out. Python counts from 0: where does your loop start?",
)
def _(A1, D, params):
    return total(each(A1, D, params)[1:], 1 / len(A1))


@average_gradients.mistake(
    "skips-last",
    "The last example is left out. range(n) ends at n − 1 by itself: where does your loop end?",
)
def _(A1, D, params):
    return total(each(A1, D, params)[:-1], 1 / len(A1))


@average_gradients.mistake(
    "first-twice",
    "The first example counted twice: as the start of the sum and in the loop. Start the sum at 0.",
)
def _(A1, D, params):
    grads = each(A1, D, params)
    return total([grads[0], *grads], 1 / len(grads))


@average_gradients.mistake(
    "all-pairs",
    "Every a1 met every d: one loop stands inside the other. Walk through both at once, with zip.",
)
def _(A1, D, params):
    grads = [at(a1, d, params) for a1 in A1 for d in D]
    return total(grads, 1 / len(grads))


@average_gradients.mistake(
    "no-zip",
    "An example is one a1 with its d. `for a1, d in A1, D` takes the vectors one by one; use zip.",
)
def _(A1, D, params):
    grads = []
    for a1, d in A1, D:
        grads.append(at(a1, d, params))
    return total(grads, 1 / len(grads))


@average_gradients.mistake(
    "a1-d-exchanged",
    "a1 and d changed their places. The input is a1, the target d; look at your call.",
)
def _(A1, D, params):
    return average_gradients(D, A1, params)


@average_gradients.mistake(
    "keys-by-position",
    "Right while the keys come as w1, b1, w2, b2. Read each parameter by its key, not by its place.",
)
def _(A1, D, params):
    w1, b1, w2, b2 = params.values()
    return average_gradients(A1, D, {"w1": w1, "b1": b1, "w2": w2, "b2": b2})


@average_gradients.mistake(
    "not-averaged", "Each key holds one number for every example. Average them to a single number."
)
def _(A1, D, params):
    grads = each(A1, D, params)
    return {key: np.array([g[key] for g in grads], dtype=float) for key in params}


@average_gradients.mistake("not-for-lists", CONVERT)
def _(A1, D, params):
    a2 = params["w1"] * A1 + params["b1"]
    g = -2 * (D - (params["w2"] * a2 + params["b2"]))
    da2 = g * params["w2"]
    return {"w1": np.mean(da2 * A1), "b1": np.mean(da2), "w2": np.mean(g * a2), "b2": np.mean(g)}


# train_chain -------------------------------------------------------------------------------------


@exercise(
    returns=values(params=FOUR, costs="sequence"),
    unchanged=0.5,
    hints=(
        "Before the loop: what is the mean cost of the parameters that you start with?",
        "One epoch: average the gradients, make one update, record the mean cost. n epochs make n + 1 costs.",
        "Write a loop for the mean cost first; then copy params and start costs with the cost before training.",
    ),
    praise="Your chain learns. If lr fits, its costs fall until all gradients are near 0. That need not be the lowest cost.",
)
def train_chain(A1, D, params, lr, epochs):
    params = dict(params)
    costs = [mean_cost(A1, D, params)]
    for _ in range(epochs):
        params = chain_update(params, average_gradients(A1, D, params), lr)
        costs.append(mean_cost(A1, D, params))
    return params, costs


def example_costs(A1, D, params):
    """Return the cost of every example."""
    four = [params[key] for key in START]
    return [chain_cost(chain_forward(a1, *four)[1], d) for a1, d in pairs(A1, D)]


def mean_cost(A1, D, params):
    """Return the mean cost over the examples."""
    return sum(example_costs(A1, D, params)) / len(A1)


train_chain.show(A1, D, START, 0.01, 2)
train_chain.show(MORE_A1, MORE_D, MIXED, 0.05, 3)
train_chain.show(np.array([1, -1, 2]), [2, 0, -5], {"w1": 1, "b1": -2, "w2": 3, "b2": 4}, 0.04, 2)
train_chain.show(A1, D, {"b1": 0.5, "w1": 0.75, "b2": -2.0, "w2": 2.5}, 0.1, 2)  # the cost rises
train_chain.show(A1, D, {"w1": 0.5, "b1": 1.0, "w2": 3.5, "b2": -4.0}, 0.02, 3)  # on the line
train_chain.show([1.0, -2.0], [0.5, 3.0], START, 0.1, 0)
train_chain.show([2.0], [3.0], START, 0.02, 1)


@train_chain.hidden("values", 2, "A few epochs from several starts, also near the minimum.")
def _(rng):
    for n, lr, epochs in ((3, 0.011, 4), (5, 0.004, 6), (8, 0.007, 3)):
        yield (*examples(rng, n), parameters(rng), lr, epochs)
    a1, d = examples(rng, 4)
    yield a1 / 1000, d / 1000, scaled(parameters(rng), 0.001), 0.3, 1
    for noise in (0.3, 0.0):  # the cost stands still, or is 0
        a1, d = settling(rng, 4, noise)
        yield a1, d, train_chain(a1, d, parameters(rng), 0.1, 60)[0], 0.09, 5


@train_chain.hidden(
    "cost rises", 0.5, "A learning rate that is too large: the run goes on and its costs are kept."
)
def _(rng):
    yield (*overshooting(rng, 5, 0.45), 0.45, 3)
    yield (*overshooting(rng, 3, 0.4), 0.4, 2)


@train_chain.hidden("no epoch", 0.5, "Zero epochs: the start and its cost.")
def _(rng):
    yield (*examples(rng, 4), parameters(rng), 0.1, 0)
    yield (*examples(rng, 2), parameters(rng), 0.2, 0)


@train_chain.hidden(
    "lists and integers", 0.5, "Lists, tuples, whole numbers; params with its keys in any order."
)
def _(rng):
    yield (*examples(rng, 4), reordered(parameters(rng)), 0.013, 2)
    yield [2, -1, 0, 2], (1, 7, -3, 5), INTEGERS, 0.01, 3
    yield (1, 2.5, -2), np.array([4, 0, 3]), {"b1": 2, "w2": -1, "b2": 3, "w1": 2}, 0.02, 4
    yield [1.5], [4], {"w1": 2, "b1": 0, "w2": 3, "b2": np.int64(-1)}, 0.01, 2


def overshooting(rng, n, lr):
    """Return examples and parameters whose cost rises in the first epoch, but not out of sight."""
    while True:
        start = (*settling(rng, n), parameters(rng))
        before, after = train_chain(*start, lr, 1)[1]
        if before < after < 30 * before:
            return start


def run(A1, D, params, lr, epochs, step, cost=mean_cost):
    """Train with another step or another cost."""
    params = dict(params)
    costs = [cost(A1, D, params)]
    for _ in range(epochs):
        params = step(A1, D, params, lr)
        costs.append(cost(A1, D, params))
    return params, costs


def one_step(A1, D, params, lr):
    """Make one right update."""
    return chain_update(params, average_gradients(A1, D, params), lr)


@train_chain.mistake(
    "no-start",
    "The costs are one short: they start after the first epoch. Record the cost before training too.",
)
def _(A1, D, params, lr, epochs):
    params, costs = train_chain(A1, D, params, lr, epochs)
    return params, costs[1:]


@train_chain.mistake(
    "no-end",
    "The costs are one short: the one after the last epoch is missing. Record it after each update.",
)
def _(A1, D, params, lr, epochs):
    params, costs = train_chain(A1, D, params, lr, epochs)
    return params, costs[:-1]


@train_chain.mistake(
    "old-costs",
    "Each cost belongs to the parameters before the update, so the first stands there twice. Update first.",
)
def _(A1, D, params, lr, epochs):
    params, costs = train_chain(A1, D, params, lr, epochs)
    return params, [costs[0], *costs[:-1]] if epochs else costs


@train_chain.mistake(
    "old-params",
    "The costs are right, but params lack the last update. Keep what chain_update returns.",
)
def _(A1, D, params, lr, epochs):
    _, costs = train_chain(A1, D, params, lr, epochs)
    return train_chain(A1, D, params, lr, max(epochs - 1, 0))[0], costs


@train_chain.mistake(
    "one-update-more",
    "The costs are right, but the parameters made one update too many. Count the updates.",
)
def _(A1, D, params, lr, epochs):
    _, costs = train_chain(A1, D, params, lr, epochs)
    return train_chain(A1, D, params, lr, epochs + 1)[0], costs


@train_chain.mistake(
    "last-example-cost",
    "Each cost is that of the last example. Average the cost over all examples.",
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr, epochs, one_step, lambda *a: example_costs(*a)[-1])


@train_chain.mistake(
    "first-example-cost",
    "Each cost is that of the first example. Average the cost over all examples.",
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr, epochs, one_step, lambda *a: example_costs(*a)[0])


@train_chain.mistake(
    "sum-of-costs",
    "The costs are n times too large; the parameters are right. Record the mean over the examples.",
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr, epochs, one_step, lambda *a: sum(example_costs(*a)))


@train_chain.mistake(
    "half-costs", "The costs are half the right size. The ½ belongs to unit 3; leave it out here."
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr, epochs, one_step, lambda *a: mean_cost(*a) / 2)


@train_chain.mistake(
    "cost-of-means",
    "The cost was taken at the mean input. Square the error of each example, then average the squares.",
)
def _(A1, D, params, lr, epochs):
    def cost(A1, D, params):
        return mean_cost([np.mean(A1)], [np.mean(D)], params)

    return run(A1, D, params, lr, epochs, one_step, cost)


@train_chain.mistake(
    "rooted-costs", "The costs are square roots of the right ones. Leave the root out."
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr, epochs, one_step, lambda *a: mean_cost(*a) ** 0.5)


@train_chain.mistake(
    "sum-of-gradients",
    "The steps are n times too long. Move by the mean of the gradients, not their sum.",
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, len(A1) * lr, epochs, one_step)


@train_chain.mistake(
    "sums", "Costs and steps are sums over the examples. Both are means in this unit: divide by n."
)
def _(A1, D, params, lr, epochs):
    cost = lambda *a: sum(example_costs(*a))  # noqa: E731
    return run(A1, D, params, len(A1) * lr, epochs, one_step, cost)


@train_chain.mistake(
    "over-n-twice", "The steps are n times too short: the mean was taken twice. Divide by n once."
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr / len(A1), epochs, one_step)


@train_chain.mistake(
    "example-by-example",
    "You updated after every example. One epoch makes one update here: average the gradients first.",
)
def _(A1, D, params, lr, epochs):
    def step(A1, D, params, lr):
        for a1, d in pairs(A1, D):
            params = one_step([a1], [d], params, lr)
        return params

    return run(A1, D, params, lr, epochs, step)


@train_chain.mistake(
    "n-updates",
    "Every epoch made n updates with the average. One epoch makes one; leave the inner loop out.",
)
def _(A1, D, params, lr, epochs):
    def step(A1, D, params, lr):
        for _ in A1:
            params = one_step(A1, D, params, lr)
        return params

    return run(A1, D, params, lr, epochs, step)


@train_chain.mistake(
    "one-example",
    "Only the last example trained the chain. Average the gradients over all of them.",
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr, epochs, lambda A, D, p, lr: one_step(A[-1:], D[-1:], p, lr))


@train_chain.mistake(
    "average-input", "The chain trained on the mean example. Average the gradients, not the data."
)
def _(A1, D, params, lr, epochs):
    def step(A1, D, params, lr):
        return one_step([np.mean(A1)], [np.mean(D)], params, lr)

    return run(A1, D, params, lr, epochs, step)


@train_chain.mistake(
    "only-layer-2", "Only layer 2 was trained; w1 and b1 stand still. Update all four parameters."
)
def _(A1, D, params, lr, epochs):
    def step(A1, D, params, lr):
        return {**one_step(A1, D, params, lr), "w1": params["w1"], "b1": params["b1"]}

    return run(A1, D, params, lr, epochs, step)


@train_chain.mistake(
    "only-weights",
    "Only the weights were trained; the biases stand still. Update all four parameters.",
)
def _(A1, D, params, lr, epochs):
    def step(A1, D, params, lr):
        return {**one_step(A1, D, params, lr), "b1": params["b1"], "b2": params["b2"]}

    return run(A1, D, params, lr, epochs, step)


@train_chain.mistake(
    "layer-2-first",
    "Layer 1 used a layer 2 that had just moved. Take all four gradients at the old point, then update.",
)
def _(A1, D, params, lr, epochs):
    def step(A1, D, params, lr):
        new = one_step(A1, D, params, lr)
        half = {**params, "w2": new["w2"], "b2": new["b2"]}
        moved = one_step(A1, D, half, lr)
        return {**new, "w1": moved["w1"], "b1": moved["b1"]}

    return run(A1, D, params, lr, epochs, step)


@train_chain.mistake(
    "stops-when-rising",
    "The run ends when the cost rises, which hides that it diverges. Make all epochs.",
)
def _(A1, D, params, lr, epochs):
    params = dict(params)
    costs = [mean_cost(A1, D, params)]
    for _ in range(epochs):
        params = one_step(A1, D, params, lr)
        costs.append(mean_cost(A1, D, params))
        if costs[-1] > costs[-2]:
            break
    return params, costs


@train_chain.mistake(
    "stops-when-settled",
    "The run ends when the cost hardly changes. The number of epochs is given; make all of them.",
)
def _(A1, D, params, lr, epochs):
    params = dict(params)
    costs = [mean_cost(A1, D, params)]
    for _ in range(epochs):
        params = one_step(A1, D, params, lr)
        costs.append(mean_cost(A1, D, params))
        if abs(costs[-2] - costs[-1]) < 1e-9:
            break
    return params, costs


@train_chain.mistake(
    "same-gradient",
    "Every epoch made the same step: the gradients are those of the start. Compute them inside the loop.",
)
def _(A1, D, params, lr, epochs):
    grads = average_gradients(A1, D, params)
    return run(A1, D, params, lr, epochs, lambda A, D, p, lr: chain_update(p, grads, lr))


@train_chain.mistake(
    "restarts",
    "Every epoch starts at the first params again. Go on from the last update: assign it.",
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr, epochs, lambda A, D, _, lr: one_step(A, D, params, lr))


@train_chain.mistake(
    "stands-still",
    "The parameters never change. chain_update returns a new dict; assign it to params.",
)
def _(A1, D, params, lr, epochs):
    return run(A1, D, params, lr, epochs, lambda A, D, p, lr: p)


@train_chain.mistake(
    "one-epoch-more", "You made one epoch too many. range(epochs) already counts epochs turns."
)
def _(A1, D, params, lr, epochs):
    return train_chain(A1, D, params, lr, epochs + 1)


@train_chain.mistake(
    "fixed-lr", "Your steps use 0.01 whatever lr is. The rate is an argument: use it."
)
def _(A1, D, params, _, epochs):
    return train_chain(A1, D, params, 0.01, epochs)


@train_chain.mistake("uphill", "The steps go uphill, so the cost rises. Subtract the step.")
def _(A1, D, params, lr, epochs):
    return train_chain(A1, D, params, -lr, epochs)


@train_chain.mistake(
    "in-place",
    "The params that you were given changed. Train a copy, and leave the original as it is.",
)
def _(A1, D, params, lr, epochs):
    final, costs = train_chain(A1, D, params, lr, epochs)
    params.update(final)
    return params, costs


@train_chain.mistake(
    "start-returned",
    "For 0 epochs your result is the dict that you were given. Return a new one there too: copy it first.",
)
def _(A1, D, params, lr, epochs):
    costs = [mean_cost(A1, D, params)]
    for _ in range(epochs):
        params = one_step(A1, D, params, lr)
        costs.append(mean_cost(A1, D, params))
    return params, costs


@train_chain.mistake(
    "keys-by-position",
    "Right while the keys come as w1, b1, w2, b2. Read each parameter by its key, not by its place.",
)
def _(A1, D, params, lr, epochs):
    named = dict(zip(("w1", "b1", "w2", "b2"), params.values(), strict=True))
    return train_chain(A1, D, named, lr, epochs)


@train_chain.mistake(
    "truncated",
    "With whole numbers in params the fractions are lost: an integer array cuts them off. Use floats.",
)
def _(A1, D, params, lr, epochs):
    def step(A1, D, now, lr):
        new = one_step(A1, D, now, lr)
        kind = np.array(list(params.values())).dtype
        return dict(zip(new, np.array(list(new.values())).astype(kind), strict=True))

    return run(A1, D, params, lr, epochs, step)


@train_chain.mistake(
    "no-costs", "Only the parameters came back. Return the costs as the second value."
)
def _(A1, D, params, lr, epochs):
    return train_chain(A1, D, params, lr, epochs)[0]


@train_chain.mistake("no-params", "Only the costs came back. Return the parameters too, first.")
def _(A1, D, params, lr, epochs):
    return train_chain(A1, D, params, lr, epochs)[1]


@train_chain.mistake("order", "The two values are exchanged. Return params first, then the costs.")
def _(A1, D, params, lr, epochs):
    params, costs = train_chain(A1, D, params, lr, epochs)
    return costs, params


# Stretch: chain_backward_n, gradient_check -------------------------------------------------------


@exercise(
    returns=values(dws="sequence", dbs="sequence"),
    unchanged=1,
    role="stretch",
    hints=(
        "Run forward first and keep every activation. Then walk back, one layer in each turn.",
        "In each layer: the weight's gradient is signal × what entered; then the signal is multiplied by w.",
        "Start the signal at dC/da of the last activation; loop over the layers from the last to the first.",
    ),
    praise="Any depth, one loop: this is the whole of backpropagation for single neurons.",
)
def chain_backward_n(a1, ws, bs, d):
    a = [a1]
    for w, b in zip(ws, bs, strict=True):
        a.append(w * a[-1] + b)
    signal = -2 * (d - a[-1])
    dws, dbs = [0.0] * len(ws), [0.0] * len(ws)
    for k in reversed(range(len(ws))):
        dws[k], dbs[k] = signal * a[k], signal
        signal = signal * ws[k]
    return dws, dbs


chain_backward_n.show(2.0, np.array([1.5, 0.5]), np.array([1.0, -1.0]), 3.0)
chain_backward_n.show(-1.5, [0.8, -1.2, 2.5], [0.3, 0.4, -0.6], -0.7)
chain_backward_n.show(2, (3, -2, 4, 5), [1, 5, -3, 2], 7)
chain_backward_n.show(0.3, [2, -3, 4], (1, 3, -2), 5.5)
chain_backward_n.show(1.5, [2.0, 0.0, -3.0], [0.5, 4.0, 1.0], 2.0)
chain_backward_n.show(3.0, np.array([-0.5]), [2.5], 4.0)


def layers(rng, n):
    """Return weights and biases of n layers, of both signs, no two alike."""
    weights = rng.permutation(np.linspace(0.5, 1.7, n + 2)[1:-1] + rng.uniform(-0.05, 0.05, n))
    biases = rng.permutation(np.linspace(0.3, 2.1, n + 2)[1:-1] + rng.uniform(-0.05, 0.05, n))
    signs = np.where(np.arange(n) % 2, -1.0, 1.0)
    return weights * rng.permutation(signs), biases * rng.permutation(signs)


@chain_backward_n.hidden("values", 2, "Two to six layers, arrays.")
def _(rng):
    for n in (3, 2, 4, 6):
        a1, d = sized(rng, (2, 3), (7, 9))
        yield a1, *layers(rng, n), d
        yield -a1, *layers(rng, n), d
    ws, bs = layers(rng, 3)
    yield 0.002, ws / 1000, bs / 1000, -0.007


@chain_backward_n.hidden("one layer", 1, "A single layer.")
def _(rng):
    a1, d = sized(rng, (2, 3), (7, 9))
    yield a1, *layers(rng, 1), d
    yield -a1, *layers(rng, 1), d


@chain_backward_n.hidden(
    "zeros and integers", 1, "Lists, tuples and whole numbers; weights that are 0."
)
def _(rng):
    yield 3, [2, -1, 4], (5, 3, -2), -6
    yield 1.5, [2, -3, 5, 4], [3, 1, -2, 6], 0.25
    yield 2.5, np.array([2, 3, -4]), np.array([1, -2, 6]), 7.5
    yield 2.0, [1.5, 0, -2.5], [1, 0.5, 3], 4
    yield 0, (0, 3, 0.5, -2), [2, 0, 1, 0], 0


def forward_n(a1, ws, bs):
    """Return all activations, a1 first."""
    a = [a1]
    for w, b in zip(ws, bs, strict=True):
        a.append(w * a[-1] + b)
    return a


def walk(a1, ws, bs, d, after=lambda k, ws: ws[k], before=lambda k, ws: 1.0, shift=0):
    """Walk back with another factor before or behind each layer, or other activations."""
    a = forward_n(a1, ws, bs)
    signal = -2.0 * (d - a[-1])
    dws, dbs = [0.0] * len(ws), [0.0] * len(ws)
    for k in reversed(range(len(ws))):
        signal = signal * before(k, ws)
        dws[k], dbs[k] = signal * a[k + shift], signal
        signal = signal * after(k, ws)
    return dws, dbs


@chain_backward_n.mistake(
    "forwards",
    "Your loop runs from the first layer on. The signal starts at the cost; walk from the last layer back.",
)
def _(a1, ws, bs, d):
    a = forward_n(a1, ws, bs)
    signal = -2 * (d - a[-1])
    dws, dbs = [], []
    for k in range(len(ws)):
        dws.append(signal * a[k])
        dbs.append(signal)
        signal = signal * ws[k]
    return dws, dbs


@chain_backward_n.mistake(
    "back-to-front", "Your lists are back to front. Turn them around: the first layer comes first."
)
def _(a1, ws, bs, d):
    dws, dbs = chain_backward_n(a1, ws, bs, d)
    return dws[::-1], dbs[::-1]


@chain_backward_n.mistake(
    "dbs-back-to-front",
    "The weights are right; the biases come back to front. Turn dbs around too.",
)
def _(a1, ws, bs, d):
    dws, dbs = chain_backward_n(a1, ws, bs, d)
    return dws, dbs[::-1]


@chain_backward_n.mistake(
    "own-weight",
    "Each layer's signal already went through its own weight. Take the gradients first, then multiply by w.",
)
def _(a1, ws, bs, d):
    return walk(a1, ws, bs, d, after=lambda k, ws: 1.0, before=lambda k, ws: ws[k])


@chain_backward_n.mistake(
    "weight-before",
    "The signal went through the weight of the layer before. On the way back it meets the later weight.",
)
def _(a1, ws, bs, d):
    return walk(a1, ws, bs, d, after=lambda k, ws: ws[k - 1])


@chain_backward_n.mistake(
    "no-weights",
    "Every layer got the same signal. On its way back it goes through each weight: multiply.",
)
def _(a1, ws, bs, d):
    return walk(a1, ws, bs, d, after=lambda k, ws: 1.0)


@chain_backward_n.mistake(
    "all-weights",
    "Every layer got the product of all weights. A layer's path holds only the weights behind it.",
)
def _(a1, ws, bs, d):
    a = forward_n(a1, ws, bs)
    signal = -2 * (d - a[-1]) * math.prod(ws)
    return [signal * x for x in a[:-1]], [signal] * len(ws)


@chain_backward_n.mistake(
    "shifted",
    "Each weight used the activation that leaves it. Use the one that enters; your index is one too large.",
)
def _(a1, ws, bs, d):
    return walk(a1, ws, bs, d, shift=1)


@chain_backward_n.mistake(
    "weight-for-activation",
    "Each weight's gradient has its own weight as a factor. Use the activation that enters it.",
)
def _(a1, ws, bs, d):
    _, dbs = chain_backward_n(a1, ws, bs, d)
    return [signal * w for signal, w in zip(dbs, ws, strict=True)], dbs


@chain_backward_n.mistake(
    "dbs-like-dws", "dbs equals dws. A bias enters with factor 1; its gradient is the signal alone."
)
def _(a1, ws, bs, d):
    dws, _ = chain_backward_n(a1, ws, bs, d)
    return dws, list(dws)


@chain_backward_n.mistake(
    "only-last-layer",
    "Only the last layer got a gradient. Hand the signal on: loop over all layers.",
)
def _(a1, ws, bs, d):
    dws, dbs = chain_backward_n(a1, ws, bs, d)
    rest = [0] * (len(ws) - 1)
    return [*rest, dws[-1]], [*rest, dbs[-1]]


@chain_backward_n.mistake(
    "two-layers", "Right for two layers only. Take the number of layers from the length of ws."
)
def _(a1, ws, bs, d):
    grads = chain_backward(a1, ws[0], bs[0], ws[1], bs[1], d)
    return [grads["w1"], grads["w2"]], [grads["b1"], grads["b2"]]


@chain_backward_n.mistake(
    "not-for-one-layer",
    "A chain of one layer is special for you. It needs no special case: look at your loop.",
)
def _(a1, ws, bs, d):
    dws, dbs = chain_backward_n(a1, ws, bs, d)
    return (dws, dbs) if len(ws) > 1 else ([], [])


@chain_backward_n.mistake(
    "first-layer-missing", "The first layer is missing. Where does your loop over the layers end?"
)
def _(a1, ws, bs, d):
    dws, dbs = chain_backward_n(a1, ws, bs, d)
    return dws[1:], dbs[1:]


@chain_backward_n.mistake(
    "first-layer-0", "The first layer's gradients are 0: the loop ends too early. Let k reach 0."
)
def _(a1, ws, bs, d):
    dws, dbs = chain_backward_n(a1, ws, bs, d)
    return [0, *dws[1:]], [0, *dbs[1:]]


@chain_backward_n.mistake(
    "sign-again",
    "The sign flips from layer to layer. The minus is in the first link only; leave it out of the loop.",
)
def _(a1, ws, bs, d):
    return walk(a1, ws, bs, d, after=lambda k, ws: -ws[k])


@chain_backward_n.mistake(
    "2-again",
    "Every layer doubles the signal. The 2 is in the first link only; leave it out of the loop.",
)
def _(a1, ws, bs, d):
    return walk(a1, ws, bs, d, after=lambda k, ws: 2 * ws[k])


@chain_backward_n.mistake(
    "divided",
    "A weight may be 0, so do not divide by it. Build the signal by multiplying, last layer first.",
)
def _(a1, ws, bs, d):
    a = forward_n(a1, ws, bs)
    signal = np.float64(-2 * (d - a[-1]))
    for w in ws:
        signal = signal * w
    dws, dbs = [], []
    with np.errstate(all="ignore"):
        for k, w in enumerate(ws):
            signal = signal / np.float64(w)
            dws.append(signal * a[k])
            dbs.append(signal)
    return dws, dbs


@chain_backward_n.mistake(
    "truncated",
    "With whole weights the fractions are lost. np.zeros_like makes an integer array; use floats.",
)
def _(a1, ws, bs, d):
    dws, dbs = np.zeros_like(ws), np.zeros_like(bs)
    dws[:], dbs[:] = chain_backward_n(a1, ws, bs, d)
    return dws, dbs


@chain_backward_n.mistake("order", "The two sequences are exchanged. Return dws first, then dbs.")
def _(a1, ws, bs, d):
    dws, dbs = chain_backward_n(a1, ws, bs, d)
    return dbs, dws


@chain_backward_n.mistake(
    "pairs", "You returned one pair for each layer. Return two sequences: all dws, then all dbs."
)
def _(a1, ws, bs, d):
    return list(zip(*chain_backward_n(a1, ws, bs, d), strict=True))


@exercise(
    returns="number",
    unchanged=1,
    role="stretch",
    hints=(
        "Compare entry by entry. When is a difference of 0.01 large, and when is it nothing?",
        "Relative difference: |a − n| over |a| + |n|, but never over less than 1e-12. The worst entry counts.",
        "Turn both into float arrays; compare entry by entry (NumPy, not Python's max); take the maximum of all.",
    ),
    praise="Below about 1e-7 a gradient is right, above 1e-3 something is wrong. Try it on chain_backward.",
)
def gradient_check(analytic, numeric):
    a, n = np.asarray(analytic, dtype=float), np.asarray(numeric, dtype=float)
    return np.max(np.abs(a - n) / np.maximum(1e-12, np.abs(a) + np.abs(n)))


gradient_check.show(np.array([3.0, -0.2, 8.0]), np.array([3.5, -0.1, 9.0]))
gradient_check.show([[2, -1, 4], [0, 5, 3]], [[2, -2, 4], [0, 6, 3]])
gradient_check.show([5, 0, -2, 1], (4, 0, -2, 1))
gradient_check.show([4, -1], [4, 2])
gradient_check.show([0.0, 2.0], [0.5, 2.0])
gradient_check.show(np.array([[30.0], [0.5], [-7.0]]), np.array([[30.0], [0.51], [-7.7]]))
gradient_check.show([2e-9, 4e-13], np.array([3e-9, 1e-13]))
gradient_check.show(np.array([0.0, 0.0]), np.array([0.0, 0.0]))


def nearly(rng, *shape):
    """Return two arrays of both signs and many sizes; the worst relative gap is negative."""
    a = rng.choice([-1, 1], shape) * 10 ** rng.uniform(-2, 2, shape)
    gaps = rng.uniform(0.02, 0.2, shape)
    gaps.flat[rng.integers(gaps.size)] = 0.6
    return a, a + gaps * np.abs(a)


@gradient_check.hidden("values", 2, "Vectors of one to nine entries of many sizes.")
def _(rng):
    for n in (3, 2, 5, 9, 1):
        a, b = nearly(rng, n)
        yield a, b
        yield b, a
    a = rng.uniform(0.2, 0.7, 4)
    yield a, a + np.array([3e-6, -5e-6, 1e-6, 2e-6])
    yield np.array([0.5, -2.0, 3.0]), np.array([-0.4, -2.5, 3.5])  # opposite signs


@gradient_check.hidden("matrices", 1, "Matrices, also with one row or one column.")
def _(rng):
    for shape in ((2, 3), (4, 2), (1, 5), (3, 1), (1, 1)):
        yield nearly(rng, *shape)


@gradient_check.hidden(
    "lists and integers", 1, "Lists, tuples and whole numbers, also as matrices."
)
def _(rng):
    a, b = nearly(rng, 3, 4)
    yield a.tolist(), b
    yield b, tuple(map(tuple, a.tolist()))
    yield np.array([[4, -2], [7, 3]]), [[4, -3], [6, 3]]
    yield [6, 3, -5], (6, 3, -4)
    yield [5, -2, 8], [5, -2, 8]


@gradient_check.hidden("zeros and tiny", 1, "Zeros, and entries as small as 1e-13.")
def _(rng):
    for a, b in (
        ([0, 3, -5], [0, 3, -4]),
        ([0, 0, 0], [0, 0, 0]),
        ([0, 2], [0.5, 2]),
        ([0, -3e-13, 2], [0, 4e-13, 2.2]),
        ([6e-11, 5], [2e-11, 5.5]),
        ([-2e-9, 7], [-3e-9, 7]),
    ):
        yield np.array(a, dtype=float), np.array(b, dtype=float)


def arrays(analytic, numeric):
    """Return both as float arrays."""
    return np.asarray(analytic, dtype=float), np.asarray(numeric, dtype=float)


def sizes(a, n):
    """Return the right denominator."""
    return np.maximum(1e-12, np.abs(a) + np.abs(n))


@gradient_check.mistake(
    "absolute",
    "This is the largest difference itself. Divide each difference by the size of its entries.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n))


@gradient_check.mistake(
    "norms", "A ratio of two lengths hides a small entry that is wrong. Divide entry by entry."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.linalg.norm(a - n) / max(1e-12, np.linalg.norm(a) + np.linalg.norm(n))


@gradient_check.mistake(
    "max-over-max",
    "The largest difference was divided by the largest size. Divide entry by entry, then take the maximum.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n)) / np.max(sizes(a, n))


@gradient_check.mistake(
    "signed",
    "A negative difference looks small, so it passes. Take the size of each difference: abs.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max((a - n) / sizes(a, n))


@gradient_check.mistake(
    "abs-of-sum",
    "Below the line stands |a + n|, which is small for opposite signs. Take abs of each, then add.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / np.maximum(1e-12, np.abs(a + n)))


@gradient_check.mistake(
    "sum-without-abs",
    "Below the line stands a + n without abs, which fails for negative entries. Take abs of each.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / np.maximum(1e-12, a + n))


@gradient_check.mistake(
    "zero-over-zero", "Where both entries are 0 you divide by 0. Divide by at least 1e-12."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    with np.errstate(all="ignore"):
        return np.max(np.abs(a - n) / (np.abs(a) + np.abs(n)))


@gradient_check.mistake(
    "1e-8", "Your lower limit is 1e-8, so entries near 1e-9 look better than they are. Use 1e-12."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / np.maximum(1e-8, np.abs(a) + np.abs(n)))


@gradient_check.mistake(
    "added-limit",
    "1e-12 was added below the line. It is a lower limit: take the larger of 1e-12 and the sum.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / (1e-12 + np.abs(a) + np.abs(n)))


@gradient_check.mistake(
    "mean", "You averaged. One wrong entry hides among right ones; take the maximum."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.mean(np.abs(a - n) / sizes(a, n))


@gradient_check.mistake(
    "sum", "You added all entries up. The worst entry counts; take the maximum."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.sum(np.abs(a - n) / sizes(a, n))


@gradient_check.mistake(
    "minimum", "The best entry came back. The worst one counts; take the maximum."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.min(np.abs(a - n) / sizes(a, n))


@gradient_check.mistake(
    "half-sum", "Twice the right size: you divided by the mean of the sizes. Divide by their sum."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / np.maximum(1e-12, (np.abs(a) + np.abs(n)) / 2))


@gradient_check.mistake(
    "over-larger", "You divided by the larger of the two sizes. Divide by their sum."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / np.maximum(1e-12, np.maximum(np.abs(a), np.abs(n))))


@gradient_check.mistake(
    "over-numeric",
    "You divided by the numeric entry alone. Both count: divide by the sum of the sizes.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / np.maximum(1e-12, np.abs(n)))


@gradient_check.mistake(
    "over-analytic",
    "You divided by the analytic entry alone. Both count: divide by the sum of the sizes.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / np.maximum(1e-12, np.abs(a)))


@gradient_check.mistake(
    "not-reduced", "You returned one number for each entry. Reduce them to one: the maximum."
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.abs(a - n) / sizes(a, n)


@gradient_check.mistake(
    "vectors-only",
    "It works for vectors and stops for matrices. Turn both into arrays; abs and max work on all entries.",
)
def _(analytic, numeric):
    pairs = zip(analytic, numeric, strict=True)
    return max(abs(a - n) / max(1e-12, abs(a) + abs(n)) for a, n in pairs)


@gradient_check.mistake(
    "python-max",
    "max and if compare two numbers, not arrays; NumPy has an entry-by-entry version. Look it up: maximum.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return np.max(np.abs(a - n) / max(1e-12, np.abs(a) + np.abs(n)))


@gradient_check.mistake(
    "max-of-rows",
    "Python's max compares the rows of a matrix. NumPy's goes through all entries; use that one.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    return max(np.abs(a - n) / sizes(a, n))


@gradient_check.mistake(
    "not-for-lists",
    "It works for arrays and stops for lists. A list does no arithmetic: make float arrays first.",
)
def _(analytic, numeric):
    return np.max(np.abs(analytic - numeric) / sizes(analytic, numeric))


@gradient_check.mistake(
    "not-for-lists-abs",
    "It works for arrays and stops for lists. Neither minus nor abs takes a list: make float arrays first.",
)
def _(analytic, numeric):
    size = np.maximum(1e-12, abs(analytic) + abs(numeric))
    return np.max(abs(analytic - numeric) / size)


@gradient_check.mistake(
    "first-row",
    "Of a matrix only the first row counted. Take the maximum over all entries.",
)
def _(analytic, numeric):
    a, n = arrays(analytic, numeric)
    ratios = np.abs(a - n) / sizes(a, n)
    return np.max(ratios[0] if ratios.ndim == 2 else ratios)


# Warm-up in the lesson ---------------------------------------------------------------------------


@exercise(
    returns=values(dw="number", db="number", dx="number"),
    role="lesson",
    hints=(
        "One signal comes back to the neuron: the derivative of the loss by its output.",
        "Multiply that signal by the local derivative: x for w, 1 for b, w for x.",
        "Put the signal into a variable first; then return three products of it.",
    ),
    praise="One neuron, three ways back. dx is what a neuron in front of this one would receive.",
)
def neuron_grads(x, w, b, d):
    signal = -2 * (d - (w * x + b))
    return signal * x, signal, signal * w


neuron_grads.show(2.0, 1.5, 1.0, 3.0)
neuron_grads.show(-3, 2, 5, 4)
neuron_grads.show(0.5, -1.2, 0.3, -0.7)


@neuron_grads.mistake(
    "missing-2", "Half the right size. The derivative of e² is 2e times that of e; look for the 2."
)
def _(x, w, b, d):
    return tuple(value / 2 for value in neuron_grads(x, w, b, d))


@neuron_grads.mistake(
    "sign", "Right size, opposite sign. d − a falls when a grows: keep the minus of the signal."
)
def _(x, w, b, d):
    return tuple(-value for value in neuron_grads(x, w, b, d))


@neuron_grads.mistake(
    "other-factor",
    "dw and dx changed their factors. The derivative of w·x by w is the other factor.",
)
def _(x, w, b, d):
    dw, db, dx = neuron_grads(x, w, b, d)
    return dx, db, dw


@neuron_grads.mistake(
    "db-is-1", "db is 1 everywhere. That is only the local derivative; multiply it by the signal."
)
def _(x, w, b, d):
    dw, _, dx = neuron_grads(x, w, b, d)
    return dw, 1, dx


@neuron_grads.mistake(
    "signal-only", "All three are the signal alone. Multiply by the local derivatives: which ones?"
)
def _(x, w, b, d):
    return (neuron_grads(x, w, b, d)[1],) * 3


@neuron_grads.mistake(
    "local-only", "These are the local derivatives alone. Multiply each of them by the signal."
)
def _(x, w, b, d):
    return x, 1, w


@neuron_grads.mistake("b-ignored", "Right whenever b = 0. Look where b enters your output.")
def _(x, w, b, d):
    return neuron_grads(x, w, 0, d)


@neuron_grads.mistake(
    "no-dx", "Only two values came back. Return dx as the third: the way on to the input."
)
def _(x, w, b, d):
    return neuron_grads(x, w, b, d)[:2]


@exercise(
    returns=values(dw="number", db="number"),
    role="lesson",
    hints=(
        "First the output: the sigmoid of w·x + b. Two links lead back from the loss to the sum.",
        "Signal at the sum: the derivative of the loss by a, times a·(1 − a). Then as before.",
        "Compute a; then the signal at the sum in one product of three; dw has one factor more.",
    ),
    praise="The extra factor a·(1 − a) is the whole difference. It is small where the sigmoid is flat.",
)
def sigmoid_neuron_grads(x, w, b, d):
    a = sigmoid(w * x + b)
    signal = -2 * (d - a) * a * (1 - a)
    return signal * x, signal


sigmoid_neuron_grads.show(2.0, 1.5, -1.0, 1.0)
sigmoid_neuron_grads.show(-3, 1, 2, 0)
sigmoid_neuron_grads.show(0.5, -1.2, 0.3, 0.25)


def sigmoid_parts(x, w, b):
    """Return the sum and the output of a sigmoid neuron."""
    z = w * x + b
    return z, sigmoid(z)


@sigmoid_neuron_grads.mistake(
    "no-sigmoid-factor",
    "The way back skipped the sigmoid. Multiply the signal by its local derivative, a·(1 − a).",
)
def _(x, w, b, d):
    _, a = sigmoid_parts(x, w, b)
    return -2 * (d - a) * x, -2 * (d - a)


@sigmoid_neuron_grads.mistake(
    "z-for-a", "You put the sum z into a·(1 − a). Put in the sigmoid's output."
)
def _(x, w, b, d):
    z, a = sigmoid_parts(x, w, b)
    signal = -2 * (d - a) * z * (1 - z)
    return signal * x, signal


@sigmoid_neuron_grads.mistake(
    "no-sigmoid", "There is no sigmoid here at all. Compute the output with it first, then go back."
)
def _(x, w, b, d):
    return neuron_grads(x, w, b, d)[:2]


@sigmoid_neuron_grads.mistake(
    "sum-in-the-error",
    "The error compares d with the sum. The target belongs to the output; use a.",
)
def _(x, w, b, d):
    z, a = sigmoid_parts(x, w, b)
    signal = -2 * (d - z) * a * (1 - a)
    return signal * x, signal


def with_factor(x, d, a, factor):
    """Return the gradients with some output a and some factor for the sigmoid."""
    signal = -2 * (d - a) * factor
    return signal * x, signal


@sigmoid_neuron_grads.mistake(
    "a-is-the-sum",
    "Your a is the sum itself: the sigmoid was forgotten. Send the sum through it before you go back.",
)
def _(x, w, b, d):
    z, _ = sigmoid_parts(x, w, b)
    return with_factor(x, d, z, z * (1 - z))


@sigmoid_neuron_grads.mistake(
    "sigmoid-twice", "The output went through two sigmoids. One neuron has one; look for the other."
)
def _(x, w, b, d):
    a = sigmoid(sigmoid_parts(x, w, b)[1])
    return with_factor(x, d, a, a * (1 - a))


@sigmoid_neuron_grads.mistake(
    "sigmoid-of-a-in-the-factor",
    "In the local derivative a went through the sigmoid again. a is its output already; use it as it is.",
)
def _(x, w, b, d):
    _, a = sigmoid_parts(x, w, b)
    return with_factor(x, d, a, sigmoid(a) * (1 - sigmoid(a)))


@sigmoid_neuron_grads.mistake(
    "sigmoid-of-z-times-z",
    "You put the sum z into one place of a·(1 − a). In both places stands the sigmoid's output.",
)
def _(x, w, b, d):
    z, a = sigmoid_parts(x, w, b)
    return with_factor(x, d, a, a * (1 - z))


@sigmoid_neuron_grads.mistake(
    "no-brackets",
    "Everything is 0: a * 1 - a is a minus a. What belongs together in a·(1 − a)?",
)
def _(x, w, b, d):
    return 0.0, 0.0


@sigmoid_neuron_grads.mistake(
    "no-brackets-in-the-signal",
    "The last a was taken from the whole product. What belongs together in a·(1 − a)? Look at your brackets.",
)
def _(x, w, b, d):
    _, a = sigmoid_parts(x, w, b)
    signal = -2 * (d - a) * a * 1 - a
    return signal * x, signal


@sigmoid_neuron_grads.mistake(
    "only-a", "The local derivative has two factors; yours is a alone. What is left from a to 1?"
)
def _(x, w, b, d):
    _, a = sigmoid_parts(x, w, b)
    return with_factor(x, d, a, a)


@sigmoid_neuron_grads.mistake(
    "only-1-minus-a",
    "The local derivative has two factors; yours is 1 − a alone. Look up the other one above.",
)
def _(x, w, b, d):
    _, a = sigmoid_parts(x, w, b)
    return with_factor(x, d, a, 1 - a)


@sigmoid_neuron_grads.mistake("b-ignored", "Right whenever b = 0. Look where b enters your sum.")
def _(x, w, b, d):
    return sigmoid_neuron_grads(x, w, 0, d)


@sigmoid_neuron_grads.mistake(
    "w-for-x", "dw was multiplied by w. The derivative of w·x by w is the other factor; use it."
)
def _(x, w, b, d):
    _, db = sigmoid_neuron_grads(x, w, b, d)
    return db * w, db


@sigmoid_neuron_grads.mistake(
    "db-without-the-factor",
    "dw is right; db skipped the sigmoid. Both go back through it: start from the same signal.",
)
def _(x, w, b, d):
    _, a = sigmoid_parts(x, w, b)
    return sigmoid_neuron_grads(x, w, b, d)[0], -2 * (d - a)


@sigmoid_neuron_grads.mistake(
    "missing-2", "Half the right size. The derivative of e² is 2e times that of e; look for the 2."
)
def _(x, w, b, d):
    return tuple(value / 2 for value in sigmoid_neuron_grads(x, w, b, d))


@sigmoid_neuron_grads.mistake(
    "sign", "Right size, opposite sign. d − a falls when a grows: keep the minus of the signal."
)
def _(x, w, b, d):
    return tuple(-value for value in sigmoid_neuron_grads(x, w, b, d))


@sigmoid_neuron_grads.mistake(
    "no-x", "dw equals db. The local derivative of w·x + b by w is x; multiply by it."
)
def _(x, w, b, d):
    return (sigmoid_neuron_grads(x, w, b, d)[1],) * 2


@sigmoid_neuron_grads.mistake(
    "exp-plus",
    "The sigmoid is turned around: it falls where it should rise. Look at the sign in exp.",
)
def _(x, w, b, d):
    a = 1 - sigmoid_parts(x, w, b)[1]
    signal = -2 * (d - a) * a * (1 - a)
    return signal * x, signal


@sigmoid_neuron_grads.mistake("order", "The two values are exchanged. Return dw first, then db.")
def _(x, w, b, d):
    return sigmoid_neuron_grads(x, w, b, d)[::-1]
