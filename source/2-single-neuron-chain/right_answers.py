"""Right answers written differently: the grader's tests require that every one of them passes."""

from collections import OrderedDict, defaultdict, namedtuple
from fractions import Fraction
from functools import reduce

import numpy as np

from grading.exercise import RightAnswers

right = RightAnswers()
KEYS = ("w1", "b1", "w2", "b2")


def exact(*numbers):
    """Return numbers as exact fractions."""
    return [Fraction(float(number)) for number in numbers]


# chain_forward


@right("chain_forward")
def _(a1, w1, b1, w2, b2):
    a2 = w1 * a1 + b1
    a3 = w2 * a2 + b2
    return [a2, a3]


@right("chain_forward")
def _(a1, w1, b1, w2, b2):
    outputs = []
    signal = a1
    for w, b in [(w1, b1), (w2, b2)]:
        signal = signal * w + b
        outputs.append(signal)
    return tuple(outputs)


@right("chain_forward")
def _(a1, w1, b1, w2, b2):
    return np.array([w1 * a1 + b1, w2 * w1 * a1 + w2 * b1 + b2])


@right("chain_forward")
def _(a1, w1, b1, w2, b2):
    a1, w1, b1, w2, b2 = exact(a1, w1, b1, w2, b2)
    return float(w1 * a1 + b1), float(w2 * (w1 * a1 + b1) + b2)


@right("chain_forward")
def _(a1, w1, b1, w2, b2):
    Activations = namedtuple("Activations", "a2 a3")
    a2 = np.dot([w1, b1], [a1, 1])
    return Activations(a2, np.array(np.dot([w2, b2], [a2, 1])))


class Neuron:
    """A weight and a bias that can be called."""

    def __init__(self, w, b):
        self.w, self.b = w, b

    def __call__(self, a):
        """Return the weighted input plus the bias."""
        return self.w * a + self.b


class Chain:
    """Two neurons, one behind the other."""

    def __call__(self, a1, w1, b1, w2, b2):
        """Return a2 and a3."""
        a2 = Neuron(w1, b1)(a1)
        return a2, Neuron(w2, b2)(a2)


right("chain_forward")(Chain())


# chain_cost

right("chain_cost")(lambda a3, d: (a3 - d) ** 2)
right("chain_cost")(lambda a3, d: d * d - 2 * d * a3 + a3 * a3)
right("chain_cost")(lambda a3, d: abs(d - a3) * abs(d - a3))
right("chain_cost")(lambda a3, d: np.square(np.subtract(d, a3)))
right("chain_cost")(lambda a3, d: float(pow(Fraction(float(d)) - Fraction(float(a3)), 2)))
right("chain_cost")(lambda a3, d: np.array((d - a3) ** 2))  # a 0-d array


@right("chain_cost")
def _(a3, d):
    error = float(d) - float(a3)
    return np.sum(np.array([error]) ** 2)


# output_grads


@right("output_grads")
def _(a2, w2, b2, d):
    a3 = w2 * a2 + b2
    da3 = 2 * (a3 - d)
    dw2 = da3 * a2
    db2 = da3
    da2 = da3 * w2
    return [dw2, db2, da2]


@right("output_grads")
def _(a2, w2, b2, d):
    return -2 * (d - w2 * a2 - b2) * np.array([a2, 1, w2])


@right("output_grads")
def _(a2, w2, b2, d):
    return (
        -2 * a2 * (d - w2 * a2 - b2),
        -2 * (d - w2 * a2 - b2),
        -2 * w2 * (d - w2 * a2 - b2),
    )


@right("output_grads")
def _(a2, w2, b2, d):
    a2, w2, b2, d = exact(a2, w2, b2, d)
    g = -2 * d + 2 * w2 * a2 + 2 * b2
    return tuple(float(g * link) for link in (a2, 1, w2))


@right("output_grads")
def _(a2, w2, b2, d):
    def cost(a2, w2, b2):
        return (d - (w2 * a2 + b2)) ** 2

    point, eps = np.array([a2, w2, b2], dtype=float), 1.0  # exact, as the cost is quadratic in each
    da2, dw2, db2 = (
        (cost(*(point + step)) - cost(*(point - step))) / (2 * eps) for step in eps * np.eye(3)
    )
    return dw2, db2, np.array(da2)


# chain_backward


@right("chain_backward")
def _(a1, w1, b1, w2, b2, d):
    a2 = w1 * a1 + b1
    a3 = w2 * a2 + b2
    da3 = 2 * (a3 - d)
    return {"w2": da3 * a2, "b2": da3, "b1": da3 * w2, "w1": da3 * w2 * a1}


@right("chain_backward")
def _(a1, w1, b1, w2, b2, d):
    grads = OrderedDict()
    acts = [a1]
    for w, b in ((w1, b1), (w2, b2)):
        acts.append(w * acts[-1] + b)
    signal = -2 * (d - acts[-1])
    for layer, w in ((2, w2), (1, w1)):
        grads[f"w{layer}"] = signal * acts[layer - 1]
        grads[f"b{layer}"] = signal
        signal *= w
    return grads


@right("chain_backward")
def _(a1, w1, b1, w2, b2, d):
    g = np.float64(-2.0) * (d - (w2 * (w1 * a1 + b1) + b2))
    names = ["w1", "b1", "w2", "b2"]
    return dict(zip(names, g * np.array([w2 * a1, w2, w1 * a1 + b1, 1]), strict=True))


@right("chain_backward")
def _(a1, w1, b1, w2, b2, d):
    a1, w1, b1, w2, b2, d = exact(a1, w1, b1, w2, b2, d)
    a2 = w1 * a1 + b1
    g = 2 * (w2 * a2 + b2 - d)
    found = {"b2": g, "w2": g * a2, "b1": g * w2, "w1": g * w2 * a1}
    return {key: float(value) for key, value in found.items()}


@right("chain_backward")
def _(a1, w1, b1, w2, b2, d):
    def cost(w1, b1, w2, b2):
        return (d - (w2 * (w1 * a1 + b1) + b2)) ** 2

    point = np.array([w1, b1, w2, b2], dtype=float)
    grads = {}
    for key, step in zip(KEYS, np.eye(4), strict=True):
        grads[key] = (cost(*(point + step)) - cost(*(point - step))) / 2
    return grads


@right("chain_backward")
def _(a1, w1, b1, w2, b2, d):
    grads = defaultdict(float)
    error = w2 * (w1 * a1 + b1) + b2 - d
    grads["w1"] += 2 * error * w2 * a1
    grads["b1"] += 2 * error * w2
    grads["w2"] += 2 * error * (w1 * a1 + b1)
    grads["b2"] += 2 * error
    return grads


# chain_update


@right("chain_update")
def _(params, grads, lr):
    new = params.copy()
    for key in grads:
        new[key] = new[key] - lr * grads[key]
    return new


@right("chain_update")
def _(params, grads, lr):
    return {
        "b2": params["b2"] - lr * grads["b2"],
        "w2": params["w2"] - lr * grads["w2"],
        "b1": params["b1"] - lr * grads["b1"],
        "w1": params["w1"] - lr * grads["w1"],
    }


@right("chain_update")
def _(params, grads, lr):
    new = dict(params)
    for key, grad in sorted(grads.items()):
        new[key] -= lr * grad
    return OrderedDict(new)


@right("chain_update")
def _(params, grads, lr):
    p = np.array([params[key] for key in KEYS], dtype=float)
    g = np.array([grads[key] for key in KEYS], dtype=float)
    p -= lr * g
    return dict(zip(KEYS, p, strict=True))


@right("chain_update")
def _(params, grads, lr):
    steps = {key: -float(Fraction(float(lr)) * Fraction(float(g))) for key, g in grads.items()}
    return {key: np.array(params[key] + steps[key]) for key in KEYS}


# average_gradients


def _grads(a1, w1, b1, w2, b2, d):
    a2 = w1 * a1 + b1
    g = -2 * (d - (w2 * a2 + b2))
    return {"w1": g * w2 * a1, "b1": g * w2, "w2": g * a2, "b2": g}


@right("average_gradients")
def _(A1, D, params):
    mean = {"w1": 0.0, "b1": 0.0, "w2": 0.0, "b2": 0.0}
    for i in range(len(A1)):
        grads = _grads(A1[i], params["w1"], params["b1"], params["w2"], params["b2"], D[i])
        for key in mean:
            mean[key] += grads[key] / len(A1)
    return mean


@right("average_gradients")
def _(A1, D, params):
    A1, D = np.asarray(A1, dtype=float), np.asarray(D, dtype=float)
    grads = _grads(A1, d=D, **params)
    return {key: np.mean(value) for key, value in grads.items()}


@right("average_gradients")
def _(A1, D, params):
    rows = [list(_grads(a1, d=d, **params).values()) for a1, d in zip(A1, D, strict=True)]
    return dict(zip(KEYS, np.mean(rows, axis=0), strict=True))


@right("average_gradients")
def _(A1, D, params):
    n = len(D)
    sums = reduce(
        lambda total, pair: {
            key: total[key] + value for key, value in _grads(pair[0], d=pair[1], **params).items()
        },
        zip(A1, D, strict=True),
        dict.fromkeys(reversed(KEYS), 0),
    )
    return OrderedDict((key, value / n) for key, value in sums.items())


@right("average_gradients")
def _(A1, D, params):
    w1, b1, w2, b2 = exact(*(params[key] for key in KEYS))
    pairs = [exact(a1, d) for a1, d in zip(A1, D, strict=True)]
    errors = [w2 * (w1 * a1 + b1) + b2 - d for a1, d in pairs]
    n = len(pairs)
    dw1 = 2 * w2 * sum(e * a1 for e, (a1, _) in zip(errors, pairs, strict=True)) / n
    dw2 = 2 * sum(e * (w1 * a1 + b1) for e, (a1, _) in zip(errors, pairs, strict=True)) / n
    db2 = 2 * sum(errors) / n
    return {"w1": float(dw1), "w2": float(dw2), "b1": float(w2 * db2), "b2": float(db2)}


# train_chain


def _cost(A1, D, p):
    a3 = p["w2"] * (p["w1"] * np.asarray(A1) + p["b1"]) + p["b2"]
    return np.mean((np.asarray(D) - a3) ** 2)


def _mean(A1, D, p):
    grads = _grads(np.asarray(A1, dtype=float), d=np.asarray(D, dtype=float), **p)
    return {key: np.mean(value) for key, value in grads.items()}


@right("train_chain")
def _(A1, D, params, lr, epochs):
    w1, b1, w2, b2 = params["w1"], params["b1"], params["w2"], params["b2"]
    n = len(A1)
    costs = []
    for epoch in range(epochs + 1):
        cost = dw1 = db1 = dw2 = db2 = 0
        for a1, d in zip(A1, D, strict=True):
            a2 = w1 * a1 + b1
            a3 = w2 * a2 + b2
            cost += (d - a3) ** 2
            dw1 += -2 * (d - a3) * w2 * a1
            db1 += -2 * (d - a3) * w2
            dw2 += -2 * (d - a3) * a2
            db2 += -2 * (d - a3)
        costs.append(cost / n)
        if epoch < epochs:
            w1, b1 = w1 - lr * dw1 / n, b1 - lr * db1 / n
            w2, b2 = w2 - lr * dw2 / n, b2 - lr * db2 / n
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2}, costs


@right("train_chain")
def _(A1, D, params, lr, epochs):
    history = [dict(params)]
    while len(history) <= epochs:
        grads = _mean(A1, D, history[-1])
        history.append({key: value - lr * grads[key] for key, value in history[-1].items()})
    return [history[-1], tuple(_cost(A1, D, p) for p in history)]


@right("train_chain")
def _(A1, D, params, lr, epochs):
    new = params.copy()
    costs = np.empty(epochs + 1)
    costs[0] = _cost(A1, D, new)
    for k in range(1, epochs + 1):
        grads = _mean(A1, D, new)
        for key in new:
            new[key] = new[key] - lr * grads[key]
        costs[k] = _cost(A1, D, new)
    return new, costs


@right("train_chain")
def _(A1, D, params, lr, epochs):
    A1, D = np.asarray(A1, dtype=float), np.asarray(D, dtype=float)
    theta = np.array([params[key] for key in KEYS], dtype=float)
    costs = []
    for _ in range(epochs):
        a2 = theta[0] * A1 + theta[1]
        error = theta[2] * a2 + theta[3] - D
        costs.append(error @ error / len(D))
        columns = np.array([theta[2] * A1, np.full_like(A1, theta[2]), a2, np.ones_like(A1)])
        theta = theta - lr * 2 / len(D) * columns @ error
    error = theta[2] * (theta[0] * A1 + theta[1]) + theta[3] - D
    costs.append(error @ error / len(D))
    return OrderedDict(zip(KEYS, theta, strict=True)), costs


@right("train_chain")
def _(A1, D, params, lr, epochs):
    def go(now, costs, left):
        costs = (*costs, float(_cost(A1, D, now)))
        if left == 0:
            return now, costs
        grads = _mean(A1, D, now)
        return go(
            {key: float(now[key] - lr * grads[key]) for key in reversed(KEYS)}, costs, left - 1
        )

    return go(dict(params), (), epochs)


# chain_backward_n


@right("chain_backward_n")
def _(a1, ws, bs, d):
    acts = [a1]
    for w, b in zip(ws, bs, strict=True):
        acts.append(acts[-1] * w + b)
    delta = 2 * (acts.pop() - d)
    dws, dbs = [], []
    for w in reversed(list(ws)):
        dws.append(delta * acts.pop())
        dbs.append(delta)
        delta = delta * w
    return dws[::-1], tuple(dbs[::-1])


@right("chain_backward_n")
def _(a1, ws, bs, d):
    def back(a, k):
        """Return the gradients from layer k on, and the signal that reaches its input."""
        if k == len(ws):
            return [], [], -2 * (d - a)
        dws, dbs, signal = back(ws[k] * a + bs[k], k + 1)
        return [signal * a, *dws], [signal, *dbs], signal * ws[k]

    return back(a1, 0)[:2]


@right("chain_backward_n")
def _(a1, ws, bs, d):
    ws, bs = np.asarray(ws, dtype=float), np.asarray(bs, dtype=float)
    acts = np.empty(len(ws) + 1)
    acts[0] = a1
    for k in range(len(ws)):
        acts[k + 1] = ws[k] * acts[k] + bs[k]
    behind = np.append(np.cumprod(ws[:0:-1])[::-1], 1.0)  # products of the later weights
    dbs = -2 * (d - acts[-1]) * behind
    return np.array([dbs * acts[:-1], dbs])  # shape (2, L)


@right("chain_backward_n")
def _(a1, ws, bs, d):
    ws, bs = exact(*ws), exact(*bs)
    acts = exact(a1)
    for w, b in zip(ws, bs, strict=True):
        acts.append(w * acts[-1] + b)
    dws, dbs = [], []
    signal = -2 * (Fraction(float(d)) - acts[-1])
    for w, a in zip(ws[::-1], acts[-2::-1], strict=True):
        dws.insert(0, float(signal * a))
        dbs.insert(0, float(signal))
        signal *= w
    return [tuple(dws), dbs]


@right("chain_backward_n")
def _(a1, ws, bs, d):
    def cost(ws, bs):
        a = a1
        for w, b in zip(ws, bs, strict=True):
            a = w * a + b
        return (d - a) ** 2

    ws, bs = np.array(ws, dtype=float), np.array(bs, dtype=float)
    eye = np.eye(len(ws))  # steps of 1 are exact, as the cost is quadratic in each parameter
    dws = [(cost(ws + e, bs) - cost(ws - e, bs)) / 2 for e in eye]
    dbs = [(cost(ws, bs + e) - cost(ws, bs - e)) / 2 for e in eye]
    return tuple(dws), np.array(dbs)


# gradient_check


@right("gradient_check")
def _(analytic, numeric):
    a = np.ravel(np.array(analytic, dtype=float))
    n = np.ravel(np.array(numeric, dtype=float))
    worst = 0.0
    for x, y in zip(a, n, strict=True):
        worst = max(worst, abs(x - y) / max(1e-12, abs(x) + abs(y)))
    return worst


@right("gradient_check")
def _(analytic, numeric):
    if isinstance(analytic[0], list | tuple | np.ndarray):
        rows = zip(analytic, numeric, strict=True)
        pairs = [pair for row in rows for pair in zip(*row, strict=True)]
    else:
        pairs = list(zip(analytic, numeric, strict=True))
    return max(abs(float(a) - float(n)) / max(1e-12, abs(a) + abs(n)) for a, n in pairs)


@right("gradient_check")
def _(analytic, numeric):
    a, n = np.asarray(analytic, dtype=float), np.asarray(numeric, dtype=float)
    size = np.abs(a) + np.abs(n)
    size[size < 1e-12] = 1e-12
    return float(np.linalg.norm(np.ravel(np.subtract(a, n) / size), ord=np.inf))


@right("gradient_check")
def _(analytic, numeric):
    both = np.abs(np.stack([np.asarray(analytic, float), np.asarray(numeric, float)]))
    gap = np.abs(np.subtract(analytic, numeric, dtype=float))
    return np.array((gap / np.clip(both.sum(axis=0), 1e-12, None)).max())  # a 0-d array


@right("gradient_check")
def _(analytic, numeric):
    @np.vectorize
    def relative(a, n):
        return abs(float(a) - float(n)) / max(1e-12, abs(a) + abs(n))

    return np.sort(relative(analytic, numeric), axis=None)[-1]


# the lesson's warm-up

right("neuron_grads")(
    lambda x, w, b, d: (2 * (w * x + b - d) * x, 2 * (w * x + b - d), 2 * (w * x + b - d) * w)
)
right("neuron_grads")(lambda x, w, b, d: [-2 * (d - w * x - b) * link for link in (x, 1, w)])
right("neuron_grads")(lambda x, w, b, d: 2 * (w * x + b - d) * np.array([x, 1, w]))
right("neuron_grads")(
    lambda x, w, b, d: tuple(map(float, np.multiply(2 * (w * x + b - d), [x, 1, w])))
)


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


@right("sigmoid_neuron_grads")
def _(x, w, b, d):
    a = _sigmoid(w * x + b)
    da = -2 * (d - a)
    dz = da * a * (1 - a)
    return dz * x, dz


right("sigmoid_neuron_grads")(
    lambda x, w, b, d: [
        2 * (_sigmoid(w * x + b) - d) * _sigmoid(w * x + b) * _sigmoid(-w * x - b) * link
        for link in (x, 1)
    ]
)


@right("sigmoid_neuron_grads")
def _(x, w, b, d):
    a = 0.5 * (1 + np.tanh((w * x + b) / 2))
    return 2 * (a - d) * (a - a * a) * np.array([x, 1])


@right("sigmoid_neuron_grads")
def _(x, w, b, d):
    e = np.exp(w * x + b)
    db = 2 * (e / (1 + e) - d) * e / (1 + e) ** 2
    return float(db * x), float(db)
