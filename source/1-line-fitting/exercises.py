"""Unit 1, line fitting: every function that the learner writes, with its cases and mistakes.

Loss: the mean squared error, MSE = mean((m x + c − y)²).
"""

import math

import numpy as np

from grading.exercise import exercise, values
from helpers.codec import Formula

TEMPERATURE = np.array([20.0, 30.0, 40.0])  # °C, the article's table
SALES = np.array([300.0, 650.0, 500.0])  # dollars of ice cream
MORE_X, MORE_Y = [5, 1, 2, 2, -3], (2, 0, 9, 4, 1)  # an x that repeats, a tuple
SCALED = np.array([-1.0, 0.0, 1.0])  # (temperature − 30) / 10
X, Y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 3.0, 4.0, 6.0])

CONVERT = "It works for arrays and stops for a list. Convert first: np.asarray(x, dtype=float)."


def scatter(rng, n):
    """Return n points with errors of different size and sign; from four points on an x repeats."""
    x, y = rng.uniform(-4, 9, n), rng.uniform(-20, 30, n)
    if n >= 4:
        x[-1] = x[0]
    if n >= 8:  # the same point twice
        x[-2], y[-2] = x[1], y[1]
    return x, y


def settling(rng, n):
    """Return points with an x of size 1 and mean 0.4, on which lr 0.05 to 0.3 settles soon."""
    x, y = scatter(rng, n)
    return (x - x.mean()) / x.std() + 0.4, y


def small(rng, n):
    """Return points and a line with losses far below 1, so that rounding shows."""
    x, y = scatter(rng, n)
    m, c = line(rng)
    return x, y / 1000, m / 1000, c / 1000


def line(rng):
    """Return a slope and an intercept, neither of them near 0, 1 or each other."""
    return rng.choice([-1, 1]) * rng.uniform(1.5, 4), rng.choice([-1, 1]) * rng.uniform(5, 9)


# predict_line ------------------------------------------------------------------------------------


@exercise(
    returns="array",
    unchanged=0.5,
    hints=(
        "Look at the line equation: which number multiplies x, and which is added?",
        "Every point of x gets its own prediction, slope times x plus intercept.",
        "First turn x into a float array. The rest is one expression; NumPy works on all points at once.",
    ),
    praise="Your line predicts every point at once. Next: how wrong are its predictions?",
)
def predict_line(x, m, c):
    return m * np.asarray(x, dtype=float) + c


predict_line.show(TEMPERATURE, 2.0, 5.0)
predict_line.show([3, -1, 0, 2], -4, 7)
predict_line.show(np.array([7]), 0.5, -1)


@predict_line.hidden("values", 1, "Arrays of three to eight points, any slope and intercept.")
def _(rng):
    for n in (3, 5, 8):
        yield (scatter(rng, n)[0], *line(rng))
    x, _, m, c = small(rng, 4)
    yield x, m, c
    yield x, -m, 2 * c
    yield x, 0.0, c
    yield x, 1.0, 0.0


@predict_line.hidden("lists and integers", 0.5, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [4, -2, 0, 9], 3, -5
    yield (2.5, 1, -3), -2, 6.5
    yield np.array([5, -7, 1, 2]), 0.25, np.float64(3)
    yield [6], 2, 1.5


@predict_line.mistake(
    "swapped", "At x = 0 a line returns its intercept; yours returned the slope. Exchange m and c."
)
def _(x, m, c):
    return c * np.asarray(x, dtype=float) + m


@predict_line.mistake(
    "c-forgotten", "The line goes through the origin: the intercept is missing. Add c."
)
def _(x, m, c):
    return m * np.asarray(x, dtype=float)


@predict_line.mistake(
    "list",
    "The numbers are right, but they come as a list. Return one array with a prediction for each x.",
)
def _(x, m, c):
    return [m * value + c for value in x]


@predict_line.mistake(
    "one-number",
    "Only one prediction came back. Return one for each x, as an array of the same length.",
)
def _(x, m, c):
    for value in x:
        prediction = m * value + c
    return prediction


@predict_line.mistake(
    "in-place",
    "The values are right, but the input array changed. Compute a new array; `*=` and `+=` write into x.",
)
def _(x, m, c):
    x = np.asarray(x, dtype=float)
    x *= m
    x += c
    return x


@predict_line.mistake("not-for-lists", CONVERT)
def _(x, m, c):
    return m * x + c


# mse ---------------------------------------------------------------------------------------------


@exercise(
    returns="number",
    unchanged=0.5,
    hints=(
        "Write the errors first: one number for each point, prediction minus y.",
        "Square each error, then average. The order of these two matters.",
        "Start with the error, the array `predict_line(x, m, c)` minus the array of y.",
    ),
    praise="One number now says how bad a line is. Which m and c make it small?",
)
def mse(x, y, m, c):
    error = predict_line(x, m, c) - np.asarray(y, dtype=float)
    return np.mean(error**2)


mse.show(TEMPERATURE, SALES, 1.0, 0.0)
mse.show(X, Y, 0.5, -1.0)
mse.show([0, 1, 2, 3], [1, 3, 4, 6], 2, 1)
mse.show(MORE_X, MORE_Y, -1.5, 3)


@mse.hidden("values", 1.5, "Three to nine points, any slope and intercept.")
def _(rng):
    for n in (3, 5, 9):
        yield (*scatter(rng, n), *line(rng))
    yield small(rng, 6)


@mse.hidden("lists and integers", 0.5, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [4, -2, 0, 9], [1, 7, -3, 5], 3, -5
    yield (2.5, 1, -3), np.array([4, 0, 11]), -2, 6.5


@mse.hidden("one point", 0.5, "A single point.")
def _(rng):
    yield (*scatter(rng, 1), *line(rng))


@mse.mistake(
    "sum",
    "Exactly n times too large: MSE divides by the number of points. Replace the sum by a mean.",
)
def _(x, y, m, c):
    return np.sum((predict_line(x, m, c) - y) ** 2)


@mse.mistake(
    "half",
    "Half the expected value; the ½ belongs to another convention (unit 3). Leave it out here.",
)
def _(x, y, m, c):
    return np.mean((predict_line(x, m, c) - y) ** 2) / 2


@mse.mistake(
    "no-square", "Positive and negative errors cancelled. Square each error before you average."
)
def _(x, y, m, c):
    return np.mean(predict_line(x, m, c) - y)


@mse.mistake("square-of-mean", "You squared the mean. Square each error first, then average.")
def _(x, y, m, c):
    return np.mean(predict_line(x, m, c) - y) ** 2


@mse.mistake(
    "absolute",
    "That is another loss, the mean absolute error. Square the errors instead of taking abs.",
)
def _(x, y, m, c):
    return np.mean(np.abs(predict_line(x, m, c) - y))


@mse.mistake("root", "That is another loss, the root of the MSE. Leave the square root out.")
def _(x, y, m, c):
    return np.sqrt(np.mean((predict_line(x, m, c) - y) ** 2))


@mse.mistake("n-minus-1", "You divided by n − 1. MSE averages over all n points; divide by n.")
def _(x, y, m, c):
    error = predict_line(x, m, c) - y
    return np.sum(error**2) / (len(error) - 1) if len(error) > 1 else np.nan


@mse.mistake(
    "three", "Right for three points only. Divide by n, the number of points you are given."
)
def _(x, y, m, c):
    return np.sum((predict_line(x, m, c) - y) ** 2) / 3


@mse.mistake(
    "first-point",
    "Only the first point counted: return stands inside the loop. Move it behind the loop.",
)
def _(x, y, m, c):
    for xi, yi in zip(x, y, strict=True):
        return (m * xi + c - yi) ** 2 / len(x)


@mse.mistake(
    "c-forgotten", "Right whenever c = 0. Try a line with an intercept, and look where c enters."
)
def _(x, y, m, c):
    return np.mean((predict_line(x, m, 0) - y) ** 2)


@mse.mistake(
    "not-averaged",
    "You returned one squared error for each point. Average them to a single number.",
)
def _(x, y, m, c):
    return (predict_line(x, m, c) - y) ** 2


@mse.mistake("not-for-lists", CONVERT)
def _(x, y, m, c):
    return ((m * x + c - y) ** 2).mean()


# mse_gradient ------------------------------------------------------------------------------------


@exercise(
    returns=values(dm="number", dc="number"),
    unchanged=0.5,
    hints=(
        "Look at one point only: how does its squared error change when m grows a little?",
        "Chain rule: the derivative of e² is 2e times the derivative of e. For m that last factor is x, for c it is 1.",
        "Start with the error, prediction minus y; then dm is 2 times a mean, and so is dc.",
    ),
    praise="The gradient points uphill. Check it against numerical_gradient, your next function.",
)
def mse_gradient(x, y, m, c):
    x = np.asarray(x, dtype=float)
    error = predict_line(x, m, c) - np.asarray(y, dtype=float)
    return 2 * np.mean(error * x), 2 * np.mean(error)


mse_gradient.show(TEMPERATURE, SALES, 1.0, 0.0)
mse_gradient.show(X, Y, 0.5, -1.0)
mse_gradient.show([5, 1, 2], [2, 0, 9], 2, 1)
mse_gradient.show(MORE_X, MORE_Y, -1.5, 3)


@mse_gradient.hidden("values", 2, "Three to nine points, any slope and intercept.")
def _(rng):
    for n in (3, 5, 9):
        yield (*scatter(rng, n), *line(rng))
    yield small(rng, 6)
    yield TEMPERATURE, SALES, 2.0, 5.0  # a large gradient


@mse_gradient.hidden("lists and integers", 0.5, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [4, -2, 0, 9], [1, 7, -3, 5], 3, -5
    yield (2.5, 1, -3), np.array([4, 0, 11]), -2, 6.5


@mse_gradient.hidden("at the minimum", 0.5, "The best line, where the gradient is 0.")
def _(rng):
    yield TEMPERATURE, SALES, 10.0, 550 / 3
    yield X, Y, 1.6, 1.1


@mse_gradient.hidden("one point", 0.5, "A single point.")
def _(rng):
    yield (*scatter(rng, 1), *line(rng))


@mse_gradient.mistake(
    "missing-2",
    "Half the right size. Differentiate the square: the derivative of e² is 2e times that of e.",
)
def _(x, y, m, c):
    e = predict_line(x, m, c) - y
    return np.mean(e * x), np.mean(e)


@mse_gradient.mistake(
    "sum", "n times too large. Match the loss that you differentiate: the mean, not the sum."
)
def _(x, y, m, c):
    e = predict_line(x, m, c) - y
    return 2 * np.sum(e * x), 2 * np.sum(e)


@mse_gradient.mistake(
    "sign",
    "Right size, opposite sign. The error in the gradient is prediction − target; look at your difference.",
)
def _(x, y, m, c):
    e = y - predict_line(x, m, c)
    return 2 * np.mean(e * x), 2 * np.mean(e)


@mse_gradient.mistake(
    "three", "Right for three points only. Divide by n, the number of points you are given."
)
def _(x, y, m, c):
    e = predict_line(x, m, c) - y
    return 2 / 3 * np.sum(e * x), 2 / 3 * np.sum(e)


@mse_gradient.mistake(
    "dm-without-x",
    "dm equals dc. The inner derivative of m·x + c with respect to m is x; multiply by it before averaging.",
)
def _(x, y, m, c):
    e = predict_line(x, m, c) - y
    return 2 * np.mean(e), 2 * np.mean(e)


@mse_gradient.mistake(
    "dc-times-x",
    "dc carries a factor x. The inner derivative of m·x + c with respect to c is 1; drop the x there.",
)
def _(x, y, m, c):
    e = predict_line(x, m, c) - y
    return 2 * np.mean(e * x), 2 * np.mean(e * x)


@mse_gradient.mistake(
    "product-of-means", "You multiplied two means. Average the products e·x, not the factors."
)
def _(x, y, m, c):
    e = predict_line(x, m, c) - y
    return 2 * np.mean(e) * np.mean(x), 2 * np.mean(e)


@mse_gradient.mistake(
    "order",
    "The two values are exchanged. Return the slope's derivative first, then the intercept's.",
)
def _(x, y, m, c):
    e = predict_line(x, m, c) - y
    return 2 * np.mean(e), 2 * np.mean(e * x)


@mse_gradient.mistake(
    "last-point", "Only the last point counted: the loop overwrites its result. Accumulate with +=."
)
def _(x, y, m, c):
    for xi, yi in zip(x, y, strict=True):
        e = m * xi + c - yi
        dm, dc = 2 * e * xi / len(x), 2 * e / len(x)
    return dm, dc


@mse_gradient.mistake(
    "last-point-whole",
    "Only the last point counted, at full size: the loop overwrites its result. Accumulate with += and divide by n.",
)
def _(x, y, m, c):
    for xi, yi in zip(x, y, strict=True):
        e = m * xi + c - yi
        dm, dc = 2 * e * xi, 2 * e
    return dm, dc


@mse_gradient.mistake(
    "absolute", "A gradient has to be able to change its sign. Take abs away from the errors."
)
def _(x, y, m, c):
    e = np.abs(predict_line(x, m, c) - y)
    return 2 * np.mean(e * x), 2 * np.mean(e)


@mse_gradient.mistake("c-ignored", "Right whenever c = 0. Look where c enters your error.")
def _(x, y, m, c):
    e = predict_line(x, m, 0) - y
    return 2 * np.mean(e * x), 2 * np.mean(e)


@mse_gradient.mistake("not-for-lists", CONVERT)
def _(x, y, m, c):
    e = m * x + c - y
    return 2 * np.mean(e * x), 2 * np.mean(e)


# numerical_gradient ------------------------------------------------------------------------------


@exercise(
    returns="array",
    unchanged=0.5,
    tolerance={"relative": 3e-7, "absolute": 3e-8},  # rounding of the difference of two values of f
    hints=(
        "Take one coordinate. Step a little to its right and to its left, and compare f there.",
        "Slope = (f right − f left) / distance, and the distance is twice eps.",
        "Loop over the coordinates; in each turn make a fresh float copy of theta for each side.",
    ),
    praise="This works for any function: it will check every gradient you write in this course.",
)
def numerical_gradient(f, theta, eps=1e-5):
    theta = np.array(theta, dtype=float)
    gradient = np.zeros_like(theta)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = eps
        gradient[i] = (f(theta + step) - f(theta - step)) / (2 * eps)
    return gradient


SADDLE = Formula("t", "t[0] * t[1] + t[0] ** 2")
CUBIC = Formula("t", "t[0] ** 3 - 2 * t[0] * t[1] ** 2")

numerical_gradient.show(SADDLE, np.array([3.0, -3.0]))
numerical_gradient.show(CUBIC, np.array([1.0, 2.0]), 0.1)
numerical_gradient.show(Formula("t", "t @ t + 3 * t[1]"), [2, -1, 0])
numerical_gradient.show(SADDLE, np.array([3, -4]))


@numerical_gradient.hidden(
    "values", 1.5, "Functions of one to four variables at points of ordinary size."
)
def _(rng):
    a, b = rng.uniform(1.5, 4, 2).round(3)
    yield Formula("t", f"{a} * t[0] ** 2 - {b} * t[0] * t[1]"), rng.uniform(1, 3, 2)
    yield Formula("t", f"{a} * t[0] ** 2 * t[2] + {b} * t[1] * t[3]"), rng.uniform(1, 3, 4)
    yield Formula("t", f"np.sum(t ** 2 * np.array([{a}, {b}, -1.5]))"), -rng.uniform(1, 3, 3)
    yield Formula("t", f"{a} * np.sin(t[0])"), rng.uniform(0.3, 1.2, 1)
    theta = rng.uniform(1, 3, 2)
    yield Formula("t", f"{a} * t[0] * t[1]"), theta
    yield Formula("t", f"{b} * t[0] - t[1] ** 2"), theta
    yield Formula("t", f"{a} * t[0] / 7000"), theta[:1]  # a small slope, so that rounding shows


@numerical_gradient.hidden("eps", 1, "The eps that is given, and 1e-5 where none is.")
def _(rng):
    a, b = rng.uniform(1.5, 4, 2).round(3)
    yield Formula("t", f"{a} * np.cbrt(t[0])"), np.array([0.0])  # its difference depends on eps
    yield Formula("t", f"{a} * t[0] ** 3 + {b} * t[1] ** 3 * t[0]"), rng.uniform(1, 3, 2), 0.1
    yield Formula("t", f"{a} * t[1] ** 3 - {b} * t[0] ** 2"), rng.uniform(1, 3, 2), 0.2


@numerical_gradient.hidden(
    "lists and integers", 0.5, "Whole numbers, lists and zeros among the coordinates."
)
def _(rng):
    yield Formula("t", "t @ t - 4 * t[0] * t[1]"), [3, -5]
    yield Formula("t", "t[0] ** 2 + 5 * t[1] + t[2] * t[0]"), np.array([2, 0, -3])
    yield CUBIC, (4, 3)


@numerical_gradient.mistake(
    "forward",
    "You used one side only, so the error shrinks like eps, not like eps². Step to both sides.",
)
def _(f, theta, eps=1e-5):
    theta = np.array(theta, dtype=float)
    gradient = np.zeros_like(theta)
    for i in range(len(theta)):
        step = np.zeros_like(theta)
        step[i] = eps
        gradient[i] = (f(theta + step) - f(theta)) / eps
    return gradient


@numerical_gradient.mistake(
    "integers",
    "With whole numbers in theta the small step is lost. Convert theta to float before you add eps.",
)
def _(f, theta, eps=1e-5):
    theta = np.array(theta)
    gradient = np.zeros(len(theta))
    for i in range(len(theta)):
        right, left = theta.copy(), theta.copy()
        right[i] += eps
        left[i] -= eps
        gradient[i] = (f(right) - f(left)) / (2 * eps)
    return gradient


@numerical_gradient.mistake(
    "all-together",
    "All coordinates moved at once, so all entries are equal. Move one coordinate at a time.",
)
def _(f, theta, eps=1e-5):
    theta = np.array(theta, dtype=float)
    slope = (f(theta + eps) - f(theta - eps)) / (2 * eps)
    return np.full(len(theta), slope)


@numerical_gradient.mistake(
    "brackets", "/ 2 * eps divides by 2 and multiplies by eps. Put brackets around 2 * eps."
)
def _(f, theta, eps=1e-5):
    return numerical_gradient(f, theta, eps) * eps * eps


@numerical_gradient.mistake(
    "alias", "Both sides are one and the same array, so the two steps cancel. Make two copies."
)
def _(f, theta, eps=1e-5):
    theta = np.array(theta, dtype=float)
    gradient = np.zeros_like(theta)
    for i in range(len(theta)):
        up = theta
        down = theta
        up[i] += eps
        down[i] -= eps
        gradient[i] = (f(up) - f(down)) / (2 * eps)
    return gradient


@numerical_gradient.mistake(
    "step-not-reset",
    "From the second coordinate on, earlier coordinates move along. Set the step back to 0 in every turn.",
)
def _(f, theta, eps=1e-5):
    theta = np.array(theta, dtype=float)
    gradient = np.zeros_like(theta)
    step = np.zeros_like(theta)
    for i in range(len(theta)):
        step[i] = eps
        gradient[i] = (f(theta + step) - f(theta - step)) / (2 * eps)
    return gradient


@numerical_gradient.mistake(
    "callers-array",
    "The array you were given changed. Work on a copy, np.array(theta, dtype=float).",
)
def _(f, theta, eps=1e-5):
    theta = np.asarray(theta, dtype=float)
    gradient = np.zeros_like(theta)
    for i in range(len(theta)):
        theta[i] += eps
        right = f(theta)
        theta[i] -= 2 * eps
        gradient[i] = (right - f(theta)) / (2 * eps)
    return gradient


@numerical_gradient.mistake(
    "not-restored",
    "A coordinate stays moved while you go on to the next one. Put it back, or start from a fresh copy.",
)
def _(f, theta, eps=1e-5):
    theta = np.array(theta, dtype=float)
    gradient = np.zeros_like(theta)
    for i in range(len(theta)):
        theta[i] += eps
        right = f(theta)
        theta[i] -= 2 * eps
        gradient[i] = (right - f(theta)) / (2 * eps)
    return gradient


@numerical_gradient.mistake(
    "over-eps",
    "Twice the right size. From one side to the other the distance is 2·eps; divide by that.",
)
def _(f, theta, eps=1e-5):
    return 2 * numerical_gradient(f, theta, eps)


@numerical_gradient.mistake(
    "eps-ignored", "Right only for one eps. Use the eps that your function was given."
)
def _(f, theta, eps=1e-5):
    return numerical_gradient(f, theta, 1e-5)


@numerical_gradient.mistake(
    "eps-tiny",
    "With eps as small as 1e-12 rounding eats the difference. Use the eps that you were given.",
)
def _(f, theta, eps=1e-5):
    return numerical_gradient(f, theta, 1e-12)


# gd_step -----------------------------------------------------------------------------------------


@exercise(
    returns=values(m="number", c="number"),
    unchanged=0.5,
    hints=(
        "The gradient points uphill. Which way do you want to go?",
        "step = lr × gradient, and both parameters move by minus their step.",
        "First get both derivatives at the old point from mse_gradient; then return two new numbers.",
    ),
    praise="One step downhill. The learning rate decides how far; a loop of these steps is training.",
)
def gd_step(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return m - lr * dm, c - lr * dc


gd_step.show(TEMPERATURE, SALES, 1.0, 0.0, 0.01)
gd_step.show(X, Y, 0.5, -1.0, 0.1)
gd_step.show([5, 1, 2], [2, 0, 9], 2, 1, 1)
gd_step.show(MORE_X, MORE_Y, -1.5, 3, 0.3)


@gd_step.hidden("values", 2, "One step on three to eight points, at several learning rates.")
def _(rng):
    for n, lr in ((3, 0.07), (5, 0.3), (8, 0.013)):
        yield (*scatter(rng, n), *line(rng), lr)
    yield (*small(rng, 6), 0.02)
    yield TEMPERATURE, SALES, 2.0, 5.0, 0.1  # a large step


@gd_step.hidden("lists and integers", 0.5, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [4, -2, 0, 9], (1, 7, -3, 5), 3, -5, 0.3
    yield (1, 7, 2), [3, -4, 5], 2, 6, 1
    yield (2.5, 1, -3), np.array([4, 0, 11]), -2, 6.5, 0.1


@gd_step.mistake("plus", "The cost went up. The gradient points uphill: subtract the step.")
def _(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return m + lr * dm, c + lr * dc


@gd_step.mistake(
    "new-m",
    "The intercept used the slope that had just moved. Compute both derivatives at the old point, then update both.",
)
def _(x, y, m, c, lr):
    m = m - lr * mse_gradient(x, y, m, c)[0]
    c = c - lr * mse_gradient(x, y, m, c)[1]
    return m, c


@gd_step.mistake(
    "only-the-step", "You returned the step. Return the new parameters: old value minus step."
)
def _(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return lr * dm, lr * dc


@gd_step.mistake(
    "only-minus-the-step",
    "You returned the change alone. Add it to the old m and c and return the new parameters.",
)
def _(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return -lr * dm, -lr * dc


@gd_step.mistake("no-lr", "The step is the whole gradient. Multiply the gradient by lr.")
def _(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return m - dm, c - dc


@gd_step.mistake(
    "over-lr", "You divided by the learning rate, so a small lr makes a huge step. Multiply by lr."
)
def _(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return m - dm / lr, c - dc / lr


@gd_step.mistake(
    "dm-for-both",
    "Both parameters moved by the slope's step. The intercept has its own derivative; use dc for c.",
)
def _(x, y, m, c, lr):
    dm, _ = mse_gradient(x, y, m, c)
    return m - lr * dm, c - lr * dm


@gd_step.mistake(
    "dc-for-both",
    "Both parameters moved by the intercept's step. The slope has its own derivative; use dm for m.",
)
def _(x, y, m, c, lr):
    _, dc = mse_gradient(x, y, m, c)
    return m - lr * dc, c - lr * dc


@gd_step.mistake(
    "sign-only",
    "Every step has the same size. The step has to be proportional to the gradient; leave sign() out.",
)
def _(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return m - lr * np.sign(dm), c - lr * np.sign(dc)


@gd_step.mistake(
    "sum", "The step is n times too large. Use the gradient of the mean, mse_gradient."
)
def _(x, y, m, c, lr):
    dm, dc = mse_gradient(x, y, m, c)
    return m - lr * len(x) * dm, c - lr * len(x) * dc


# fit_line ----------------------------------------------------------------------------------------


@exercise(
    returns=values(m="number", c="number", history="sequence"),
    unchanged=0.5,
    hints=(
        "Before the loop: what is the cost of the line that you start with?",
        "n steps make n + 1 costs: one before the first step and one after each step.",
        "Start the history as a list that holds the cost at (m0, c0); in the loop step first, then append.",
    ),
    praise="You trained a model. Plot the history: its shape tells whether the learning rate fits.",
)
def fit_line(x, y, m0, c0, lr, n_steps):
    m, c = m0, c0
    history = [mse(x, y, m, c)]
    for _ in range(n_steps):
        m, c = gd_step(x, y, m, c, lr)
        history.append(mse(x, y, m, c))
    return m, c, history


fit_line.show(SCALED, SALES, 0.0, 0.0, 0.4, 3)
fit_line.show([0, 1, 2, 3], [1, 3, 4, 6], 0, 0, 0.01, 4)
fit_line.show(TEMPERATURE, SALES, 1.0, 0.0, 0.01, 2)
fit_line.show(X, Y, 0.5, -1.0, 0.1, 0)


@fit_line.hidden("values", 2, "A few steps from several starts at a learning rate that fits.")
def _(rng):
    for n, lr, steps in ((3, 0.01, 4), (5, 0.004, 6), (8, 0.007, 3)):
        yield (*scatter(rng, n), *line(rng), lr, steps)
    yield (*small(rng, 6), 0.01, 5)
    yield (*settling(rng, 5), *line(rng), 0.3, 90)  # long after the cost stands still


@fit_line.hidden(
    "cost rises", 0.5, "A learning rate that is too large: the run goes on and its costs are kept."
)
def _(rng):
    yield (*scatter(rng, 5), *line(rng), 0.9, 4)


@fit_line.hidden("no step", 0.5, "Zero steps: the start and its cost.")
def _(rng):
    yield (*scatter(rng, 4), *line(rng), 0.1, 0)


@fit_line.hidden("lists and integers", 0.5, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [4, -2, 0, 9], (1, 7, -3, 5), 3, -5, 0.01, 3
    yield (1, 7, 2), [3, -4, 5], 2, 6, 0.02, 4


@fit_line.mistake(
    "no-start",
    "The history is one short: it starts after the first step. Record the cost before the first step too.",
)
def _(x, y, m0, c0, lr, n_steps):
    m, c, history = fit_line(x, y, m0, c0, lr, n_steps)
    return m, c, history[1:]


@fit_line.mistake(
    "no-end",
    "The history is one short: the cost after the last step is missing. Append after each step.",
)
def _(x, y, m0, c0, lr, n_steps):
    m, c, history = fit_line(x, y, m0, c0, lr, n_steps)
    return m, c, history[:-1]


@fit_line.mistake(
    "before-the-step",
    "Each cost is recorded one step too early, so the start stands there twice. Step first, then append.",
)
def _(x, y, m0, c0, lr, n_steps):
    m, c, history = fit_line(x, y, m0, c0, lr, n_steps)
    return m, c, [history[0], *history[:-1]] if n_steps else history


@fit_line.mistake(
    "restarts",
    "The cost stays constant after step 1: every step starts at (m0, c0) again. Go on from the last m and c.",
)
def _(x, y, m0, c0, lr, n_steps):
    m, c = m0, c0
    history = [mse(x, y, m, c)]
    for _ in range(n_steps):
        m, c = gd_step(x, y, m0, c0, lr)
        history.append(mse(x, y, m, c))
    return m, c, history


@fit_line.mistake(
    "stands-still", "m and c never change. Assign what gd_step returns: m, c = gd_step(…)."
)
def _(x, y, m0, c0, lr, n_steps):
    return m0, c0, [mse(x, y, m0, c0)] * (n_steps + 1)


@fit_line.mistake(
    "stops-when-rising",
    "The run ends when the cost rises, which hides that it diverges. Make all n_steps steps.",
)
def _(x, y, m0, c0, lr, n_steps):
    m, c = m0, c0
    history = [mse(x, y, m, c)]
    for _ in range(n_steps):
        m, c = gd_step(x, y, m, c, lr)
        history.append(mse(x, y, m, c))
        if history[-1] > history[-2]:
            break
    return m, c, history


@fit_line.mistake(
    "same-object",
    "All entries of the history are one and the same object. Append the number itself, not a container that changes later.",
)
def _(x, y, m0, c0, lr, n_steps):
    m, c = m0, c0
    cost = [mse(x, y, m, c)]
    history = [cost]
    for _ in range(n_steps):
        m, c = gd_step(x, y, m, c, lr)
        cost[0] = mse(x, y, m, c)
        history.append(cost)
    return m, c, history


@fit_line.mistake(
    "one-step-more", "You made one step too many. range(n_steps) already counts n_steps turns."
)
def _(x, y, m0, c0, lr, n_steps):
    return fit_line(x, y, m0, c0, lr, n_steps + 1)


@fit_line.mistake(
    "uphill", "The cost only rises: the steps go uphill. Subtract the step from m and c."
)
def _(x, y, m0, c0, lr, n_steps):
    return fit_line(x, y, m0, c0, -lr, n_steps)


@fit_line.mistake("no-history", "Only m and c came back. Return the history as the third value.")
def _(x, y, m0, c0, lr, n_steps):
    m, c, _ = fit_line(x, y, m0, c0, lr, n_steps)
    return m, c


# fit_until ---------------------------------------------------------------------------------------


@exercise(
    returns=values(m="number", c="number", n_steps="int", status="text"),
    unchanged=0.5,
    hints=(
        "After each step there are four possible ends of the turn. Write them down in words first.",
        "Test in this order: worse or not finite, improved by less than tol, no steps left, else go on.",
        "Keep the old cost; make one step; compute the new cost; then compare the two.",
    ),
    praise="Your training knows when to stop, and says why. A small improvement still does not mean close.",
)
def fit_until(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    old = mse(x, y, m, c)
    for step in range(1, max_steps + 1):
        m, c = gd_step(x, y, m, c, lr)
        new = mse(x, y, m, c)
        if not np.isfinite(new) or new > old:
            return m, c, step, "diverged"
        if old - new < tol:
            return m, c, step, "converged"
        old = new
    return m, c, max_steps, "max_steps"


fit_until.show(SCALED, SALES, 0.0, 0.0, 0.01, 1e-3, 1000)
fit_until.show(TEMPERATURE, SALES, 1.0, 0.0, 0.01, 1e-3, 100)
fit_until.show([0, 1, 2, 3], [1, 3, 4, 6], 0, 0, 0.1, 1e-6, 5)
fit_until.show(X, Y, 0.5, -1.0, 0.1, 1e-6, 0)
fit_until.show(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]), 0.0, 0.0, 0.1, 1e-3, 500)
fit_until.show(TEMPERATURE, SALES, 1.0, 0.0, 0.01, 1e8, 1)
fit_until.show(TEMPERATURE, SALES, 1e160, 0.0, 0.01, 1e-3, 3)  # its cost is infinite


@fit_until.hidden("converged", 1.5, "Runs that settle: the improvement falls below tol.")
def _(rng):
    for n, lr, tol, cap in ((4, 0.1, 1e-4, 400), (6, 0.3, 1e-2, 350), (5, 0.05, 0.5, 500)):
        yield (*settling(rng, n), *line(rng), lr, tol, cap)
    yield [0], [3], 2, 5, 1, 0.5, 9  # the cost stays at 4, which is no rise
    yield [0], [3], 2, 5, 0.5, 4, 9  # improves by exactly tol at first, which is not less


@fit_until.hidden("diverged", 1, "Runs in which the cost rises, at once or after some steps.")
def _(rng):
    yield (*settling(rng, 5), *line(rng), 1.2, 1e-3, 50)
    yield X, Y, 9.0, -17.0, 0.25, 1e-9, 300  # falls at first, along the flat direction
    yield TEMPERATURE, SALES, 2.0, 5.0, 0.1, 1e-3, 400
    yield TEMPERATURE, SALES, 1.0, 0.0, 0.01, 1e8, 50  # rises by less than tol
    yield TEMPERATURE, SALES, 2e160, 3.0, 0.02, 1e-3, 5  # an infinite cost


@fit_until.hidden(
    "max_steps", 1, "Runs that are cut off, also before the first step, or end at their last step."
)
def _(rng):
    run = (*settling(rng, 5), *line(rng), 0.1, 1e-3)
    yield (*run, fit_until(*run, 1000)[2])
    yield (*settling(rng, 4), *line(rng), 1.3, 1e-3, 1)
    yield (*settling(rng, 5), *line(rng), 0.01, 1e-6, 12)
    yield (*settling(rng, 4), *line(rng), 0.05, 1e-6, 1)
    yield (*settling(rng, 4), *line(rng), 0.05, 1e-6, 0)


@fit_until.hidden("lists and integers", 0.5, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield [-2, 0, 1, 2], (1, 7, -3, 5), 3, -5, 0.1, 1, 50


@fit_until.mistake(
    "rise-converged",
    "The cost rose; that is not convergence. Test for new > old before you test the improvement.",
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    old = mse(x, y, m, c)
    for step in range(1, max_steps + 1):
        m, c = gd_step(x, y, m, c, lr)
        new = mse(x, y, m, c)
        if old - new < tol:
            return m, c, step, "converged"
        old = new
    return m, c, max_steps, "max_steps"


@fit_until.mistake(
    "gradient-below-tol",
    "You compare the gradient with tol. The rule is about the cost: old − new < tol.",
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    old = mse(x, y, m, c)
    for step in range(1, max_steps + 1):
        m, c = gd_step(x, y, m, c, lr)
        new = mse(x, y, m, c)
        if not np.isfinite(new) or new > old:
            return m, c, step, "diverged"
        if max(np.abs(mse_gradient(x, y, m, c))) < tol:
            return m, c, step, "converged"
        old = new
    return m, c, max_steps, "max_steps"


@fit_until.mistake(
    "cost-below-tol", "You compare the cost itself with tol. Compare the improvement, old − new."
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    old = mse(x, y, m, c)
    for step in range(1, max_steps + 1):
        m, c = gd_step(x, y, m, c, lr)
        new = mse(x, y, m, c)
        if not np.isfinite(new) or new > old:
            return m, c, step, "diverged"
        if new < tol:
            return m, c, step, "converged"
        old = new
    return m, c, max_steps, "max_steps"


@fit_until.mistake(
    "no-cap", "The run went past max_steps. Count the steps and stop when they are used up."
)
def _(x, y, m0, c0, lr, tol, max_steps):
    return fit_until(x, y, m0, c0, lr, tol, 5000)


@fit_until.mistake(
    "never-diverges",
    "The run blew up and nobody noticed: nan < tol is False. Check np.isfinite(new) and new > old.",
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    old = mse(x, y, m, c)
    for step in range(1, max_steps + 1):
        m, c = gd_step(x, y, m, c, lr)
        new = mse(x, y, m, c)
        if abs(old - new) < tol:
            return m, c, step, "converged"
        old = new
    return m, c, max_steps, "max_steps"


@fit_until.mistake(
    "cap-first",
    "At the last step the other tests were skipped. A run that settles or rises there is not cut off; test max_steps last.",
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c, n, status = fit_until(x, y, m0, c0, lr, tol, max_steps)
    return m, c, n, "max_steps" if n == max_steps else status


@fit_until.mistake(
    "rise-below-tol",
    "The cost rose by less than tol and you called it converged. Any rise is divergence; test it first, without abs.",
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    old = mse(x, y, m, c)
    for step in range(1, max_steps + 1):
        m, c = gd_step(x, y, m, c, lr)
        new = mse(x, y, m, c)
        if abs(old - new) < tol:
            return m, c, step, "converged"
        if not np.isfinite(new) or new > old:
            return m, c, step, "diverged"
        old = new
    return m, c, max_steps, "max_steps"


@fit_until.mistake(
    "not-finite",
    "An infinite cost went unnoticed: nan > old and inf > inf are False. Check np.isfinite(new) as well.",
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    old = mse(x, y, m, c)
    for step in range(1, max_steps + 1):
        m, c = gd_step(x, y, m, c, lr)
        new = mse(x, y, m, c)
        if new > old:
            return m, c, step, "diverged"
        if old - new < tol:
            return m, c, step, "converged"
        old = new
    return m, c, max_steps, "max_steps"


@fit_until.mistake(
    "goes-on", "The run went on after the step that decides. Return as soon as one test is met."
)
def _(x, y, m0, c0, lr, tol, max_steps):
    status = fit_until(x, y, m0, c0, lr, tol, max_steps)[3]
    m, c, _ = fit_line(x, y, m0, c0, lr, max_steps)
    return m, c, max_steps, status


@fit_until.mistake("one-short", "n_steps is one too small. Count the step that decides as well.")
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c, n, status = fit_until(x, y, m0, c0, lr, tol, max_steps)
    return m, c, n - (status != "max_steps"), status


@fit_until.mistake(
    "one-too-many", "n_steps is one too large. Count a step when you make it, not before."
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c, n, status = fit_until(x, y, m0, c0, lr, tol, max_steps)
    return m, c, n + 1, status


@fit_until.mistake(
    "old-point",
    "m and c are those before the last step. Return the point after it, for every status.",
)
def _(x, y, m0, c0, lr, tol, max_steps):
    _, _, n, status = fit_until(x, y, m0, c0, lr, tol, max_steps)
    m, c, _ = fit_line(x, y, m0, c0, lr, n - (status != "max_steps"))
    return m, c, n, status


@fit_until.mistake(
    "old-never-moves",
    "Every cost is compared with the first one. After each step let old be the new cost.",
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    old = mse(x, y, m, c)
    for step in range(1, max_steps + 1):
        m, c = gd_step(x, y, m, c, lr)
        new = mse(x, y, m, c)
        if not np.isfinite(new) or new > old:
            return m, c, step, "diverged"
        if old - new < tol:
            return m, c, step, "converged"
    return m, c, max_steps, "max_steps"


@fit_until.mistake(
    "status-first", "The four values come in another order. Return m, c, n_steps, status."
)
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c, n, status = fit_until(x, y, m0, c0, lr, tol, max_steps)
    return m, c, status, n


# Stretch: closed_form_line, center_scale, unscale ------------------------------------------------


@exercise(
    returns=values(m="number", c="number"),
    unchanged=1,
    role="stretch",
    hints=(
        "At the best line both derivatives of the MSE are 0. What does dc = 0 say about the mean point?",
        "The slope is how x and y vary together, divided by how x varies alone.",
        "Start with x and y minus their means; the slope is a ratio of two sums of products.",
    ),
    praise="Exact in one go. It works because the model is linear; for a network there is no such formula.",
)
def closed_form_line(x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    dx = x - x.mean()
    m = np.sum(dx * (y - y.mean())) / np.sum(dx**2)
    return m, y.mean() - m * x.mean()


closed_form_line.show(TEMPERATURE, SALES)
closed_form_line.show([0, 1, 2, 3], [1, 3, 4, 6])
closed_form_line.show(np.array([1.0, 5.0, 2.0]), np.array([4.0, -3.0, 7.0]))


@closed_form_line.hidden("values", 2, "Three to nine points in any order.")
def _(rng):
    for n in (3, 5, 9):
        yield scatter(rng, n)
    yield [3, 1, 5, 2, 4], (5, 2, 5, 4, 4)
    yield [1.5, 4, 2], [3, 3, 3]


@closed_form_line.hidden("two points", 1, "Two points, which the line meets exactly.")
def _(rng):
    yield scatter(rng, 2)


@closed_form_line.mistake(
    "through-origin",
    "Your line goes through the origin. Subtract the means of x and y before you take the ratio.",
)
def _(x, y):
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    return np.sum(x * y) / np.sum(x * x), 0.0


@closed_form_line.mistake(
    "end-points", "Your line joins the first and the last point. Every point has to count."
)
def _(x, y):
    m = (y[-1] - y[0]) / (x[-1] - x[0])
    return m, y[0] - m * x[0]


@closed_form_line.mistake(
    "divisors",
    "The ratio is off by n/(n − 1). Use the same divisor above and below (np.cov takes n − 1, np.var takes n).",
)
def _(x, y):
    m = np.cov(x, y)[0, 1] / np.var(x)
    return m, np.mean(y) - m * np.mean(x)


@closed_form_line.mistake(
    "c-is-mean",
    "The intercept is the mean of y. That holds only where the mean of x is 0; subtract m times it.",
)
def _(x, y):
    return closed_form_line(x, y)[0], np.mean(y)


@closed_form_line.mistake(
    "order", "The two values are exchanged. Return the slope first, then the intercept."
)
def _(x, y):
    m, c = closed_form_line(x, y)
    return c, m


@closed_form_line.mistake(
    "x-from-y", "You fitted x as a function of y. Divide by the spread of x, not of y."
)
def _(x, y):
    y = np.asarray(y, dtype=float)
    m = np.sum((y - y.mean()) * (x - np.mean(x))) / np.sum((y - y.mean()) ** 2)
    return m, np.mean(y) - m * np.mean(x)


@exercise(
    returns=values(s="array", mu="number", sd="number"),
    unchanged=1,
    role="stretch",
    hints=(
        "After scaling, s has mean 0, and one unit of s is one standard deviation of x.",
        "s = (x − mu) / sd, with the sample standard deviation that divides by n − 1.",
        "Compute mu and sd first; if sd is 0, use 1 instead; then s is one expression.",
    ),
    praise="With s in place of x, lr = 0.01 works on the table that diverged before.",
)
def center_scale(x):
    x = np.asarray(x, dtype=float)
    mu, sd = x.mean(), x.std(ddof=1)
    sd = sd if sd > 0 else 1.0
    return (x - mu) / sd, mu, sd


center_scale.show(TEMPERATURE)
center_scale.show([4, 1, 10])
center_scale.show(np.array([7.0, 7.0, 7.0]))


@center_scale.hidden("values", 2, "Two to eight points that differ.")
def _(rng):
    for n in (2, 3, 5, 8):
        yield (scatter(rng, n)[0],)
    yield (scatter(rng, 6)[0] / 50,)
    yield (SCALED,)


@center_scale.hidden("lists and integers", 1, "Lists, tuples and integers in place of arrays.")
def _(rng):
    yield ([3, 8, -4, 5],)
    yield ((2.5, 9, -1),)


@center_scale.hidden("all equal", 1, "All x equal, so the spread is 0.")
def _(rng):
    yield ([4, 4, 4, 4],)
    yield (np.full(3, -2.0),)


@center_scale.mistake(
    "population",
    "sd divides by n here. Use the sample standard deviation, ddof=1, so that 20, 30, 40 has sd 10.",
)
def _(x):
    x = np.asarray(x, dtype=float)
    sd = x.std() if x.std() > 0 else 1.0
    return (x - x.mean()) / sd, x.mean(), sd


@center_scale.mistake("zero-spread", "When all x are equal you divide by 0. Use sd = 1 there.")
def _(x):
    x = np.asarray(x, dtype=float)
    return (x - x.mean()) / x.std(ddof=1), x.mean(), x.std(ddof=1)


@center_scale.mistake("not-divided", "x is centred, but not scaled. Divide the differences by sd.")
def _(x):
    s, mu, sd = center_scale(x)
    return s * sd, mu, sd


@center_scale.mistake(
    "not-centred", "x is scaled, but its mean is not 0. Subtract mu before you divide."
)
def _(x):
    s, mu, sd = center_scale(x)
    return s + mu / sd, mu, sd


@center_scale.mistake(
    "variance", "You divided by the variance. Take its square root, the standard deviation."
)
def _(x):
    s, mu, sd = center_scale(x)
    return s / sd, mu, sd**2


@center_scale.mistake("multiplied", "You multiplied by sd. Divide the differences by it.")
def _(x):
    s, mu, sd = center_scale(x)
    return s * sd**2, mu, sd


@exercise(
    returns=values(m="number", c="number"),
    unchanged=1,
    role="stretch",
    hints=(
        "Write the fitted line in s, then put (x − mu)/sd in the place of s.",
        "Sort what you get: what multiplies x is m, and everything else is c.",
        "The slope is m_s divided by sd; the intercept is c_s minus something that contains mu.",
    ),
    praise="The fit on s speaks in the units of x again: 10 dollars more for every degree.",
)
def unscale(m_s, c_s, mu, sd):
    return m_s / sd, c_s - m_s * mu / sd


unscale.show(100.0, 1450 / 3, 30.0, 10.0)
unscale.show(-6, 5, 4, 2)
unscale.show(2.5, -1.0, -3.0, 0.5)


@unscale.hidden("values", 2, "Lines of any slope, spreads above and below 1.")
def _(rng):
    for low, high in ((1.5, 4), (0.2, 0.8), (5, 20)):
        m_s, c_s = line(rng)
        yield m_s, c_s, rng.uniform(2, 30), rng.uniform(low, high)
        yield -m_s, c_s, -rng.uniform(2, 30), rng.uniform(low, high)


@unscale.hidden("integers and zero", 1, "Whole numbers, a mean of 0, a spread of 1.")
def _(rng):
    yield 7, -2, 0, 5
    yield 3, 8, -4, 1
    yield 9, 4, 6, 3


@unscale.mistake(
    "c-unchanged",
    "Predictions are shifted by m·mu: the intercept was not corrected. Subtract m_s·mu/sd from c_s.",
)
def _(m_s, c_s, mu, sd):
    return m_s / sd, c_s


@unscale.mistake(
    "multiplied", "The slope grew with sd. One unit of s is sd units of x, so divide by sd."
)
def _(m_s, c_s, mu, sd):
    return m_s * sd, c_s - m_s * sd * mu


@unscale.mistake(
    "y-scaled", "The intercept was divided by sd, as if y had been scaled too. Only x was."
)
def _(m_s, c_s, mu, sd):
    return m_s / sd, c_s / sd - m_s * mu / sd


@unscale.mistake(
    "plus",
    "The correction of the intercept has the wrong sign. Put (x − mu)/sd into the line and sort.",
)
def _(m_s, c_s, mu, sd):
    return m_s / sd, c_s + m_s * mu / sd


@unscale.mistake(
    "scaled-slope", "The intercept was corrected with the slope in s. Use the slope in x, m_s/sd."
)
def _(m_s, c_s, mu, sd):
    return m_s / sd, c_s - m_s * mu


# Warm-up in the lesson ---------------------------------------------------------------------------


@exercise(
    returns="number",
    role="lesson",
    hints=(
        "e² is a constant factor, about 7.39. Which part depends on x?",
        "The derivative of sin is cos, and a constant factor stays.",
        "Return np.exp(2) times something of x.",
    ),
    praise="At x = 0 the slope is e², about 7.4: a step of 0.01 changes f by about 0.074.",
)
def df(x):
    return math.exp(2) * math.cos(x)


df.show(0.0)
df.show(0.7)
df.show(-2)


@df.mistake("2e", "You differentiated e² to 2e. It is a constant factor and stays e².")
def _(x):
    return 2 * math.e * math.cos(x)


@df.mistake("product-rule", "e² is a number, so its derivative is 0. Only sin is differentiated.")
def _(x):
    return math.exp(2) * math.cos(x) + 2 * math.e * math.sin(x)


@df.mistake("not-differentiated", "This is the function itself. Replace sin by its derivative.")
def _(x):
    return math.exp(2) * math.sin(x)


@df.mistake("degrees", "x was read as degrees. math.cos takes radians; pass x as it is.")
def _(x):
    return math.exp(2) * math.cos(math.radians(x))


@df.mistake("minus", "The sign is wrong: the derivative of sin is plus cos. Take the minus away.")
def _(x):
    return -math.exp(2) * math.cos(x)


@exercise(
    returns="number",
    role="lesson",
    hints=(
        "Put the two numbers in: x·y first, then x².",
        "At (3, −3) the two parts are −9 and 9.",
        "Return the product of x and y plus the square of x.",
    ),
    praise="f(3, −3) is 0. The article prints 9; you just found its error.",
)
def f(x, y):
    return x * y + x**2


f.show(3, -3)
f.show(2.0, 5.0)
f.show(-1.5, 4)


@f.mistake("only-square", "Only x² counted. That gives the article's 9 at (3, −3); add x·y.")
def _(x, y):
    return x**2


@f.mistake("caret", "In Python ^ is not a power. Write x**2.")
def _(x, y):
    return x * y + x ^ 2


@f.mistake("sizes", "The sign of y got lost. x·y is negative where one of them is.")
def _(x, y):
    return abs(x * y)


@f.mistake("y-squared", "You squared y. The square belongs to x.")
def _(x, y):
    return x * y + y**2


@exercise(
    returns=values(dx="number", dy="number"),
    role="lesson",
    hints=(
        "Hold y fixed and move x; then hold x fixed and move y.",
        "x·y gives y when x moves and x when y moves; x² gives 2x, only when x moves.",
        "Return two values, first the derivative by x, then the one by y.",
    ),
    praise="At (3, −3) the gradient is (3, 3). The vector points uphill; its sign alone says little.",
)
def grad_f(x, y):
    return y + 2 * x, x


grad_f.show(3, -3)
grad_f.show(2.0, 5.0)
grad_f.show(-1.5, 4)


@grad_f.mistake(
    "only-dx",
    "Only the derivative by x came back. A gradient has one entry for each variable; return both.",
)
def _(x, y):
    return y + 2 * x


@grad_f.mistake(
    "order", "The two entries are exchanged. First the derivative by x, then the one by y."
)
def _(x, y):
    return x, y + 2 * x


@grad_f.mistake("no-2", "The derivative of x² is missing its factor 2. Look at the first entry.")
def _(x, y):
    return y + x, x


@grad_f.mistake("no-y", "x·y depends on x too. Add y to the first entry.")
def _(x, y):
    return 2 * x, x


@exercise(
    returns="number",
    role="lesson",
    hints=(
        "The gradient points uphill.",
        "step = lr × gradient; move by minus the step.",
        "Return x minus a product.",
    ),
    praise="step = lr × gradient, and minus: that is all of gradient descent.",
)
def next_point(x, grad, lr):
    return x - lr * grad


next_point.show(4.0, 2.5, 0.01)
next_point.show(-1.0, -6.0, 0.5)
next_point.show(2, 30, 0.1)


@next_point.mistake("plus", "You went uphill. Subtract the step.")
def _(x, grad, lr):
    return x + lr * grad


@next_point.mistake("only-the-step", "This is the step. The next point is x minus the step.")
def _(x, grad, lr):
    return lr * grad


@next_point.mistake(
    "no-gradient",
    "You subtracted the learning rate alone. The step is lr times the gradient; multiply the two.",
)
def _(x, grad, lr):
    return x - lr


@next_point.mistake("no-lr", "The step is the whole gradient. Multiply it by lr.")
def _(x, grad, lr):
    return x - grad
