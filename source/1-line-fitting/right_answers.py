"""Right answers written differently: the grader's tests require that every one of them passes."""

import math
from fractions import Fraction

import numpy as np

from grading.exercise import RightAnswers

right = RightAnswers()


# predict_line


@right("predict_line")
def _(x, m, c):
    return np.array([m * value + c for value in x])


@right("predict_line")
def _(x, m, c):
    return np.polyval([m, c], np.asarray(x))


@right("predict_line")
def _(x, m, c):
    x = np.array(x, dtype=float)
    x *= m
    x += c
    return x


@right("predict_line")
def _(x, m, c):
    design = np.column_stack([np.asarray(x, dtype=float), np.ones(len(x))])
    return design @ np.array([m, c])


right("predict_line")(lambda x, m, c: np.multiply(x, m) + c)


# mse


@right("mse")
def _(x, y, m, c):
    total = 0
    for xi, yi in zip(x, y, strict=True):
        total += (m * xi + c - yi) ** 2
    return total / len(x)


@right("mse")
def _(x, y, m, c):
    e = np.asarray(y) - m * np.asarray(x) - c
    return e @ e / e.size


@right("mse")
def _(x, y, m, c):
    return float(np.average(np.square(np.subtract(y, np.polyval([m, c], x)))))


@right("mse")
def _(x, y, m, c):
    e = np.multiply(m, x) + c - y
    return np.var(e) + np.mean(e) ** 2


@right("mse")
def _(x, y, m, c):
    return math.fsum(
        (float(m) * float(a) + float(c) - float(b)) ** 2 for a, b in zip(x, y, strict=True)
    ) / len(y)


@right("mse")
def _(x, y, m, c):
    return np.array(np.mean((np.multiply(m, x) + c - y) ** 2))  # a 0-d array


# mse_gradient


@right("mse_gradient")
def _(x, y, m, c):
    dm = dc = 0.0
    for xi, yi in zip(x, y, strict=True):
        error = m * xi + c - yi
        dm += 2 * error * xi / len(x)
        dc += 2 * error / len(x)
    return dm, dc


@right("mse_gradient")
def _(x, y, m, c):
    design = np.column_stack([np.asarray(x, dtype=float), np.ones(len(x))])
    return 2 / len(x) * design.T @ (design @ [m, c] - np.asarray(y))  # an array of two numbers


@right("mse_gradient")
def _(x, y, m, c):
    e = np.asarray(y) - (m * np.asarray(x) + c)
    return [-2 * np.mean(e * np.asarray(x)), -2 * np.mean(e)]


@right("mse_gradient")
def _(x, y, m, c):
    n, sx, sy = len(x), sum(x), sum(y)
    sxx, sxy = sum(v * v for v in x), sum(a * b for a, b in zip(x, y, strict=True))
    return float(2 * (m * sxx + c * sx - sxy) / n), float(2 * (m * sx + n * c - sy) / n)


@right("mse_gradient")
def _(x, y, m, c):
    e = np.multiply(m, x) + c - y
    with np.errstate(all="ignore"):
        _ = np.log(np.zeros(1))  # a warning costs nothing
    return 2 * np.dot(e, x) / len(e), 2 * e.sum() / len(e)


# numerical_gradient


@right("numerical_gradient")
def _(f, theta, eps=1e-5):
    steps = eps * np.eye(len(theta))
    return np.array([(f(theta + s) - f(theta - s)) / (2 * eps) for s in steps])


@right("numerical_gradient")
def _(f, theta, eps=1e-5):
    point = np.array(theta, dtype=float)
    gradient = np.empty(point.shape)
    for i, start in enumerate(point.copy()):
        point[i] = start + eps
        right_value = f(point)
        point[i] = start - eps
        gradient[i] = (right_value - f(point)) / 2 / eps
        point[i] = start
    return gradient


@right("numerical_gradient")
def _(f, theta, eps=1e-5):
    base = [float(v) for v in theta]

    def at(i, delta):
        return f(np.array([v + delta * (k == i) for k, v in enumerate(base)]))

    return np.array([(at(i, eps) - at(i, -eps)) / (2 * eps) for i in range(len(base))])


@right("numerical_gradient")
def _(f, theta, eps=1e-5):
    theta = np.asarray(theta, dtype=np.float64)
    forward = [f(theta + eps * e) for e in np.identity(theta.size)]
    backward = [f(theta - eps * e) for e in np.identity(theta.size)]
    return np.subtract(forward, backward) / (eps + eps)


# gd_step


@right("gd_step")
def _(x, y, m, c, lr):
    e = np.asarray(y) - m * np.asarray(x) - c
    return m + 2 * lr * np.mean(e * np.asarray(x)), c + 2 * lr * np.mean(e)


@right("gd_step")
def _(x, y, m, c, lr):
    n = len(x)
    errors = [m * a + c - b for a, b in zip(x, y, strict=True)]
    dm = sum(2 * e * a for e, a in zip(errors, x, strict=True)) / n
    dc = sum(2 * e for e in errors) / n
    m = m - lr * dm
    c = c - lr * dc
    return [m, c]


@right("gd_step")
def _(x, y, m, c, lr):
    design = np.column_stack([np.asarray(x, dtype=float), np.ones(len(x))])
    theta = np.array([m, c], dtype=float)
    theta -= lr * 2 / len(x) * design.T @ (design @ theta - np.asarray(y))
    return theta


@right("gd_step")
def _(x, y, m, c, lr):
    e = np.multiply(m, x) + c - y
    step = np.multiply(lr, [2 * np.mean(e * x), 2 * np.mean(e)])
    return tuple(float(v) for v in np.subtract([m, c], step))


# fit_line


def _step(x, y, m, c, lr):
    e = np.multiply(m, x) + c - y
    return m - lr * 2 * np.mean(e * x), c - lr * 2 * np.mean(e)


def _cost(x, y, m, c):
    return np.mean((np.multiply(m, x) + c - y) ** 2)


@right("fit_line")
def _(x, y, m0, c0, lr, n_steps):
    history = np.zeros(n_steps + 1)
    m, c = m0, c0
    for k in range(n_steps + 1):
        history[k] = _cost(x, y, m, c)
        if k < n_steps:
            m, c = _step(x, y, m, c, lr)
    return m, c, history


@right("fit_line")
def _(x, y, m0, c0, lr, n_steps):
    points = [(m0, c0)]
    while len(points) <= n_steps:
        points.append(_step(x, y, *points[-1], lr))
    return [*points[-1], tuple(_cost(x, y, m, c) for m, c in points)]


@right("fit_line")
def _(x, y, m0, c0, lr, n_steps):
    m, c = float(m0), float(c0)
    history = [float(_cost(x, y, m, c))]
    for _ in range(n_steps):
        dm = dc = 0.0
        for a, b in zip(x, y, strict=True):
            dm += 2 * (m * a + c - b) * a / len(x)
            dc += 2 * (m * a + c - b) / len(x)
        m, c = m - lr * dm, c - lr * dc
        history += [float(_cost(x, y, m, c))]
    return m, c, history


@right("fit_line")
def _(x, y, m0, c0, lr, n_steps):
    if n_steps == 0:
        return m0, c0, [_cost(x, y, m0, c0)]
    design = np.column_stack([np.asarray(x, dtype=float), np.ones(len(x))])
    theta, y = np.array([m0, c0], dtype=float), np.asarray(y, dtype=float)
    history = [np.mean((design @ theta - y) ** 2)]
    for _ in range(n_steps):
        theta = theta - lr * 2 / len(y) * design.T @ (design @ theta - y)
        history.append(np.mean((design @ theta - y) ** 2))
    return theta[0], theta[1], np.array(history)


# fit_until


@right("fit_until")
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c, n_steps, status = m0, c0, 0, "max_steps"
    costs = [_cost(x, y, m, c)]
    while n_steps < max_steps:
        m, c = _step(x, y, m, c, lr)
        n_steps += 1
        costs.append(_cost(x, y, m, c))
        if not math.isfinite(costs[-1]) or costs[-1] > costs[-2]:
            status = "diverged"
            break
        if costs[-2] - costs[-1] < tol:
            status = "converged"
            break
    return m, c, n_steps, status


@right("fit_until")
def _(x, y, m0, c0, lr, tol, max_steps):
    def go(m, c, old, made):
        if made == max_steps:
            return m, c, made, "max_steps"
        m, c = _step(x, y, m, c, lr)
        new = _cost(x, y, m, c)
        if not (new <= old and math.isfinite(new)):
            return m, c, made + 1, "diverged"
        if old - new < tol:
            return m, c, made + 1, "converged"
        return go(m, c, new, made + 1)

    return go(m0, c0, _cost(x, y, m0, c0), 0)


@right("fit_until")
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c = np.float64(m0), np.float64(c0)
    old = _cost(x, y, m, c)
    n = np.int64(0)
    for _ in range(max_steps):
        e = m * np.asarray(x) + c - np.asarray(y)
        m, c = m - 2 * lr * np.mean(e * np.asarray(x)), c - 2 * lr * np.mean(e)
        n += 1
        new = _cost(x, y, m, c)
        improvement = old - new
        if np.isnan(new) or np.isinf(new) or improvement < 0:
            return [m, c, n, "diverged"]
        if improvement < tol:
            return [m, c, n, "converged"]
        old = new
    return [m, c, n, "max_steps"]


@right("fit_until")
def _(x, y, m0, c0, lr, tol, max_steps):
    m, c, old = m0, c0, _cost(x, y, m0, c0)
    for n in range(max_steps):
        m, c = _step(x, y, m, c, lr)
        new = _cost(x, y, m, c)
        worse = new > old or not np.isfinite(new)
        if worse or old - new < tol:
            return m, c, n + 1, "diverged" if worse else "converged"
        old = new
    return m, c, max_steps, "max_steps"


# closed_form_line

right("closed_form_line")(lambda x, y: np.polyfit(x, y, 1))


@right("closed_form_line")
def _(x, y):
    design = np.column_stack([np.asarray(x, dtype=float), np.ones(len(x))])
    solution, *_ = np.linalg.lstsq(design, np.asarray(y, dtype=float), rcond=None)
    return tuple(solution)


@right("closed_form_line")
def _(x, y):
    n, sx, sy = len(x), sum(x), sum(y)
    sxx, sxy = sum(v * v for v in x), sum(a * b for a, b in zip(x, y, strict=True))
    m = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    return m, (sy - m * sx) / n


@right("closed_form_line")
def _(x, y):
    covariance = np.cov(x, y)
    m = covariance[0, 1] / covariance[0, 0]
    return [m, np.mean(y) - m * np.mean(x)]


@right("closed_form_line")
def _(x, y):
    exact = [(Fraction(float(a)), Fraction(float(b))) for a, b in zip(x, y, strict=True)]
    mx, my = sum(a for a, _ in exact) / len(exact), sum(b for _, b in exact) / len(exact)
    m = sum((a - mx) * (b - my) for a, b in exact) / sum((a - mx) ** 2 for a, _ in exact)
    return float(m), float(my - m * mx)


# center_scale


@right("center_scale")
def _(x):
    mu = sum(x) / len(x)
    sd = (sum((v - mu) ** 2 for v in x) / (len(x) - 1)) ** 0.5
    if sd == 0:
        sd = 1
    return np.array([(v - mu) / sd for v in x]), mu, sd


@right("center_scale")
def _(x):
    mu, sd = np.mean(x), np.std(x, ddof=1)
    if sd == 0:
        return np.zeros(len(x)), mu, 1
    return (np.asarray(x) - mu) / sd, mu, sd


@right("center_scale")
def _(x):
    import statistics

    mu, sd = statistics.fmean(x), statistics.stdev([float(v) for v in x]) or 1.0
    return [(np.array(x, dtype=float) - mu) / sd, mu, sd]


@right("center_scale")
def _(x):
    x = np.asarray(x, dtype=float)
    centred = x - x.mean()
    sd = np.sqrt(centred @ centred / (x.size - 1)) or 1.0
    return centred / sd, x.mean(), sd


# unscale

right("unscale")(lambda m_s, c_s, mu, sd: [m_s / sd, c_s - mu * (m_s / sd)])
right("unscale")(lambda m_s, c_s, mu, sd: (m_s / sd, m_s * (0 - mu) / sd + c_s))
right("unscale")(lambda m_s, c_s, mu, sd: np.array([m_s / sd, c_s - m_s * mu / sd]))
right("unscale")(lambda m_s, c_s, mu, sd: (np.float64(m_s) / sd, float(c_s) - float(m_s) * mu / sd))


# the lesson's warm-up

right("df")(lambda x: np.e**2 * np.cos(x))
right("df")(lambda x: math.e**2 * math.sin(x + math.pi / 2))
right("df")(lambda x: np.exp(2.0) * np.cos(x))
right("df")(lambda x: math.exp(2) * (1 - 2 * math.sin(x / 2) ** 2))

right("f")(lambda x, y: x * (y + x))
right("f")(lambda x, y: x * y + x * x)
right("f")(lambda x, y: float(x) * y + pow(x, 2))
right("f")(lambda x, y: np.square(x) + np.multiply(x, y))

right("grad_f")(lambda x, y: (2 * x + y, x))
right("grad_f")(lambda x, y: [y + x + x, x])
right("grad_f")(lambda x, y: np.array([y + 2 * x, x]))
right("grad_f")(lambda x, y: (float(y) + 2.0 * x, np.float64(x)))

right("next_point")(lambda x, grad, lr: x + (-lr) * grad)
right("next_point")(lambda x, grad, lr: x - grad * lr)
right("next_point")(lambda x, grad, lr: np.float64(x) - np.multiply(lr, grad))
right("next_point")(lambda x, grad, lr: float(x) - float(lr) * float(grad))
