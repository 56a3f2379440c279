"""Right answers written differently: the grader's tests require that every one of them passes."""

import math
from collections import OrderedDict
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from grading.exercise import RightAnswers

right = RightAnswers()
KEYS = ("W1", "b1", "W2", "b2")


def bend(z):
    """Return the sigmoid of numbers of ordinary size."""
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


# sigmoid


@right("sigmoid")
def _(z):
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(z, dtype=float)))


@right("sigmoid")
def _(z):
    return 1 / (1 + np.exp(-np.clip(np.asarray(z, dtype=float), -500, 500)))


@right("sigmoid")
def _(z):
    z = np.asarray(z, dtype=float)
    out = np.empty(z.shape)
    up = z >= 0
    out[up] = 1 / (1 + np.exp(-z[up]))
    out[~up] = np.exp(z[~up]) / (1 + np.exp(z[~up]))
    return out  # a 0-d array for a number


@right("sigmoid")
def _(z):
    def one(v):
        if v >= 0:
            return 1 / (1 + math.exp(-v))
        return math.exp(v) / (1 + math.exp(v))

    z = np.array(z, dtype=float)
    if z.ndim == 0:
        return one(float(z))
    return np.array([one(v) for v in z.ravel()]).reshape(z.shape)


@right("sigmoid")
def _(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(np.negative(z, dtype=float)))


@right("sigmoid")
def _(z):
    return np.exp(-np.logaddexp(0, -np.asarray(z, dtype=float)))


# sigmoid_prime_from_output

right("sigmoid_prime_from_output")(lambda a: np.subtract(a, np.square(a, dtype=float)))
right("sigmoid_prime_from_output")(lambda a: np.multiply(a, np.subtract(1.0, a)))
right("sigmoid_prime_from_output")(lambda a: 0.25 - (np.asarray(a, dtype=float) - 0.5) ** 2)
right("sigmoid_prime_from_output")(lambda a: np.array(a, dtype=float) * np.subtract(1, a))


@right("sigmoid_prime_from_output")
def _(a):
    if np.ndim(a) == 0:
        return float(a) * (1 - float(a))
    if np.ndim(a) == 1:
        return np.array([v * (1 - v) for v in a], dtype=float)
    return np.array([[v * (1 - v) for v in row] for row in a], dtype=float)


# forward_222


@right("forward_222")
def _(x, W1, b1, W2, b2):
    h = bend(np.dot(W1, x) + b1)
    o = bend(np.dot(W2, h) + b2)
    return [h, o]


@right("forward_222")
def _(x, W1, b1, W2, b2):
    h = [
        bend(sum(w * v for w, v in zip(row, x, strict=True)) + b)
        for row, b in zip(W1, b1, strict=True)
    ]
    o = [
        bend(sum(w * v for w, v in zip(row, h, strict=True)) + b)
        for row, b in zip(W2, b2, strict=True)
    ]
    return np.array(h), np.array(o)


@right("forward_222")
def _(x, W1, b1, W2, b2):
    h = bend(np.einsum("ij,j->i", np.asarray(W1, dtype=float), np.asarray(x, dtype=float)) + b1)
    return h, bend(np.einsum("ij,j", np.asarray(W2, dtype=float), h) + np.asarray(b2))


@right("forward_222")
def _(x, W1, b1, W2, b2):
    h = bend(np.asarray(x) @ np.transpose(W1) + b1)
    return h, bend(h @ np.transpose(W2) + b2)


@right("forward_222")
def _(x, W1, b1, W2, b2):
    a = np.array(x, dtype=float).reshape(-1, 1)
    layers = []
    for W, b in ((W1, b1), (W2, b2)):
        a = bend(np.hstack([W, np.reshape(b, (-1, 1))]) @ np.vstack([a, [[1.0]]]))
        layers.append(a.ravel())
    return tuple(layers)


@right("forward_222")
def _(x, W1, b1, W2, b2):
    class Layers(NamedTuple):
        h: np.ndarray
        o: np.ndarray

    h = 0.5 + 0.5 * np.tanh((np.asarray(W1) * np.asarray(x)).sum(axis=1) / 2 + np.asarray(b1) / 2)
    o = 0.5 + 0.5 * np.tanh(((np.asarray(W2) * h).sum(axis=1) + np.asarray(b2)) / 2)
    return Layers(h, o)


# half_squared_error


@right("half_squared_error")
def _(target, out):
    per_output = np.array(
        [0.5 * (t - o) ** 2 for t, o in zip(target, out, strict=True)], dtype=float
    )
    return per_output, sum(per_output)


@right("half_squared_error")
def _(target, out):
    error = np.subtract(out, target, dtype=float)
    return [error * error / 2, error @ error / 2]


@right("half_squared_error")
def _(target, out):
    per_output = np.square(np.asarray(out, dtype=float) - target) / 2
    return per_output, float(np.mean(per_output) * len(per_output))


@right("half_squared_error")
def _(target, out):
    error = np.array(target, dtype=float)
    error -= np.array(out)
    return 0.5 * error**2, np.array(0.5 * np.linalg.norm(error) ** 2)


@right("half_squared_error")
def _(target, out):
    per_output = np.zeros(len(out))
    total = 0
    for k in range(len(out)):
        per_output[k] = (target[k] - out[k]) ** 2 / 2
        total += per_output[k]
    return per_output, total


# grad_w5


@right("grad_w5")
def _(x, t, W1, b1, W2, b2):
    h1 = bend(W1[0][0] * x[0] + W1[0][1] * x[1] + b1[0])
    h2 = bend(W1[1][0] * x[0] + W1[1][1] * x[1] + b1[1])
    o1 = bend(W2[0][0] * h1 + W2[0][1] * h2 + b2[0])
    return o1 - t[0], o1 * (1 - o1), h1, (o1 - t[0]) * o1 * (1 - o1) * h1


@right("grad_w5")
def _(x, t, W1, b1, W2, b2):
    h = bend(np.dot(W1, x) + b1)
    o = bend(np.dot(W2, h) + b2)
    factors = np.array([o[0] - t[0], o[0] - o[0] ** 2, h[0]])
    return np.append(factors, factors.prod())


@right("grad_w5")
def _(x, t, W1, b1, W2, b2):
    h = bend(np.dot(W1, x) + b1)
    z1 = np.dot(W2[0], h) + b2[0]
    comp1 = bend(z1) - t[0]
    comp2 = np.exp(-z1) / (1 + np.exp(-z1)) ** 2
    return [comp1, comp2, h[0], comp1 * comp2 * h[0]]


@right("grad_w5")
def _(x, t, W1, b1, W2, b2):
    (w1, w2), _ = W1
    (w5, w6), _ = W2
    h1 = float(bend(w1 * x[0] + w2 * x[1] + b1[0]))
    h2 = float(bend(np.dot(W1[1], x) + b1[1]))
    o1 = float(bend(w5 * h1 + w6 * h2 + b2[0]))
    parts = [o1 - float(t[0]), o1 * (1 - o1), h1]
    return *parts, math.prod(parts)


@right("grad_w5")
def _(x, t, W1, b1, W2, b2):
    h = bend(np.dot(W1, x) + b1)
    o = bend(np.dot(W2, h) + b2)
    product = np.outer((o - np.asarray(t)) * o * (1 - o), h)[0, 0]
    return -(t[0] - o[0]), o[0] * (1 - o[0]), h[0], product


# output_layer_grads


@right("output_layer_grads")
def _(h, o, t):
    delta = np.subtract(o, t) * o * np.subtract(1, o)
    return np.array([[d * v for v in h] for d in delta], dtype=float), delta


@right("output_layer_grads")
def _(h, o, t):
    h, o, t = (np.array(v, dtype=float) for v in (h, o, t))
    delta = (o - t) * (o - o * o)
    return [delta[:, None] * h[None, :], delta]


@right("output_layer_grads")
def _(h, o, t):
    h, o, t = (np.array(v, dtype=float) for v in (h, o, t))
    delta = -(t - o) * o * (1 - o)
    return np.einsum("i,j->ij", delta, h), delta + 0.0


@right("output_layer_grads")
def _(h, o, t):
    dW2, db2 = np.zeros((len(o), len(h))), np.zeros(len(o))
    for k in range(len(o)):
        db2[k] = (o[k] - t[k]) * o[k] * (1 - o[k])
        for j in range(len(h)):
            dW2[k, j] = db2[k] * h[j]
    return dW2, db2


@right("output_layer_grads")
def _(h, o, t):
    delta = np.multiply(np.subtract(o, t), np.multiply(o, np.subtract(1.0, o))).reshape(-1, 1)
    augmented = delta @ np.append(h, 1.0).reshape(1, -1)
    return augmented[:, :-1], augmented[:, -1]


# hidden_layer_grads


@right("hidden_layer_grads")
def _(x, h, delta_o, W2):
    back = [sum(W2[k][j] * delta_o[k] for k in range(len(delta_o))) for j in range(len(h))]
    delta = np.array([b * v * (1 - v) for b, v in zip(back, h, strict=True)], dtype=float)
    return np.array([[d * v for v in x] for d in delta], dtype=float), delta


@right("hidden_layer_grads")
def _(x, h, delta_o, W2):
    h = np.asarray(h, dtype=float)
    delta = np.dot(delta_o, W2) * h * (1 - h)
    return np.outer(delta, x), delta


@right("hidden_layer_grads")
def _(x, h, delta_o, W2):
    x, h, delta_o, W2 = (np.asarray(v, dtype=float) for v in (x, h, delta_o, W2))
    delta = np.einsum("kj,k->j", W2, delta_o) * (h - h**2)
    return [delta.reshape(-1, 1) @ x.reshape(1, -1), delta]


@right("hidden_layer_grads")
def _(x, h, delta_o, W2):
    W2 = np.array(W2, dtype=float)
    paths = W2 * np.reshape(delta_o, (-1, 1))
    delta = paths.sum(axis=0) * np.multiply(h, np.subtract(1, h))
    return delta[:, np.newaxis] * np.asarray(x), delta


@right("hidden_layer_grads")
def _(x, h, delta_o, W2):
    delta = np.zeros(len(h))
    for row, d in zip(W2, delta_o, strict=True):
        delta += np.multiply(row, d)
    delta *= np.asarray(h) * (1 - np.asarray(h))
    dW1 = np.zeros((len(h), len(x)))
    for j, value in enumerate(x):
        dW1[:, j] = delta * value
    return dW1, delta


# backprop_222


def _arrays(params):
    return [np.array(params[key], dtype=float) for key in KEYS]


@right("backprop_222")
def _(x, t, params):
    W1, b1, W2, b2 = _arrays(params)
    x, t = np.asarray(x, dtype=float), np.asarray(t, dtype=float)
    h = bend(W1 @ x + b1)
    o = bend(W2 @ h + b2)
    d2 = (o - t) * o * (1 - o)
    d1 = d2 @ W2 * h * (1 - h)
    return {"b2": d2, "W2": d2[:, None] * h, "b1": d1, "W1": d1[:, None] * x}


@right("backprop_222")
def _(x, t, params):
    W1, b1, W2, b2 = (params[key] for key in KEYS)
    n_in, n_h, n_o = len(x), len(b1), len(b2)
    h = [float(bend(sum(W1[j][i] * x[i] for i in range(n_in)) + b1[j])) for j in range(n_h)]
    o = [float(bend(sum(W2[k][j] * h[j] for j in range(n_h)) + b2[k])) for k in range(n_o)]
    d2 = [(o[k] - t[k]) * o[k] * (1 - o[k]) for k in range(n_o)]
    d1 = [sum(W2[k][j] * d2[k] for k in range(n_o)) * h[j] * (1 - h[j]) for j in range(n_h)]
    grads = dict.fromkeys(KEYS)
    grads["W1"] = np.array([[d * v for v in x] for d in d1], dtype=float)
    grads["W2"] = np.array([[d * v for v in h] for d in d2])
    grads["b1"], grads["b2"] = np.array(d1), np.array(d2)
    return grads


@right("backprop_222")
def _(x, t, params):
    W1, b1, W2, b2 = _arrays(params)
    column = np.reshape(np.asarray(x, dtype=float), (-1, 1))
    h = bend(W1 @ column + b1[:, None])
    o = bend(W2 @ h + b2[:, None])
    d2 = (o - np.reshape(t, (-1, 1))) * o * (1 - o)
    d1 = W2.T @ d2 * h * (1 - h)
    return OrderedDict(W1=d1 @ column.T, b1=d1.ravel(), W2=d2 @ h.T, b2=d2.ravel())


@right("backprop_222")
def _(x, t, params):
    W1, b1, W2, b2 = _arrays(params)
    a = [np.asarray(x, dtype=float)]
    for W, b in ((W1, b1), (W2, b2)):
        a.append(np.tanh((W @ a[-1] + b) / 2) / 2 + 0.5)
    signal, grads = a[-1] - np.asarray(t), {}
    for layer, W in ((2, W2), (1, W1)):
        signal = signal * a[layer] * (1 - a[layer])
        grads[f"W{layer}"], grads[f"b{layer}"] = np.outer(signal, a[layer - 1]), signal.copy()
        signal = W.T @ signal
    return grads


@right("backprop_222")
def _(x, t, params):
    # the complex step: exact derivatives without one formula of backpropagation
    def error(moved):
        h = 1 / (1 + np.exp(-(moved["W1"] @ np.asarray(x) + moved["b1"])))
        o = 1 / (1 + np.exp(-(moved["W2"] @ h + moved["b2"])))
        return 0.5 * np.sum((np.asarray(t) - o) ** 2)

    start = {key: np.array(params[key], dtype=complex) for key in KEYS}
    grads = {}
    for key in KEYS:
        grads[key] = np.zeros(start[key].shape)
        for place in np.ndindex(*start[key].shape):
            moved = start[key].copy()
            moved[place] += 1e-30j
            grads[key][place] = error({**start, key: moved}).imag / 1e-30
    return grads


# update_params


@right("update_params")
def _(params, grads, lr):
    return {key: np.subtract(params[key], np.multiply(lr, grads[key])) for key in params}


@right("update_params")
def _(params, grads, lr):
    new = {}
    for key, value in params.items():
        new[key] = np.array(value, dtype=float)
        new[key] -= lr * np.asarray(grads[key])
    return new


@right("update_params")
def _(params, grads, lr):
    W1, b1, W2, b2 = (
        np.asarray(params[k], dtype=float) + np.asarray(grads[k], dtype=float) * -lr for k in KEYS
    )
    return dict(b2=b2, W2=W2, b1=b1, W1=W1)


@right("update_params")
def _(params, grads, lr):
    new = OrderedDict()
    for key in sorted(grads):
        old, slope = np.array(params[key], dtype=float), np.array(grads[key], dtype=float)
        flat = [p - lr * g for p, g in zip(old.flat, slope.flat, strict=True)]
        new[key] = np.array(flat).reshape(old.shape)
    return new


@right("update_params")
def _(params, grads, lr):
    step = {key: lr * np.array(grads[key]) for key in grads}
    return {key: np.array(params[key]) - step[key] for key in KEYS}


# train_222


def _pass(x, t, params):
    """Return (error, gradients)."""
    W1, b1, W2, b2 = _arrays(params)
    h = bend(W1 @ np.asarray(x) + b1)
    o = bend(W2 @ h + b2)
    d2 = (o - np.asarray(t)) * o * (1 - o)
    d1 = W2.T @ d2 * h * (1 - h)
    grads = {"W1": np.outer(d1, x), "b1": d1, "W2": np.outer(d2, h), "b2": d2}
    return 0.5 * np.sum((o - np.asarray(t)) ** 2), grads


@right("train_222")
def _(x, t, params, lr, n_steps):
    params = dict(zip(KEYS, _arrays(params), strict=True))
    errors = np.zeros(n_steps + 1)
    for k in range(n_steps + 1):
        errors[k], grads = _pass(x, t, params)
        if k < n_steps:
            for key in KEYS:
                params[key] -= lr * grads[key]
    return params, errors


@right("train_222")
def _(x, t, params, lr, n_steps):
    history = [{key: np.array(value, dtype=float) for key, value in params.items()}]
    while len(history) <= n_steps:
        _, grads = _pass(x, t, history[-1])
        history.append({key: history[-1][key] - lr * grads[key] for key in KEYS})
    return [history[-1], tuple(_pass(x, t, moment)[0] for moment in history)]


@right("train_222")
def _(x, t, params, lr, n_steps):
    def step(now, left):
        error, grads = _pass(x, t, now)
        if left == 0:
            return now, [error]
        last, errors = step({key: now[key] - lr * grads[key] for key in grads}, left - 1)
        return last, [error, *errors]

    return step({key: np.array(params[key], dtype=float) for key in sorted(params)}, n_steps)


@right("train_222")
def _(x, t, params, lr, n_steps):
    theta = np.concatenate([np.ravel(params[key]).astype(float) for key in KEYS])
    shapes = [np.shape(params[key]) for key in KEYS]
    ends = np.cumsum([0, *(math.prod(shape) for shape in shapes)])

    def unpacked():
        pieces = (theta[a:b] for a, b in pairwise(ends))
        return {k: p.reshape(s).copy() for k, p, s in zip(KEYS, pieces, shapes, strict=True)}

    errors = []
    for k in range(n_steps + 1):
        error, grads = _pass(x, t, unpacked())
        errors.append(float(error))
        if k < n_steps:
            theta = theta - lr * np.concatenate([np.ravel(grads[key]) for key in KEYS])
    return unpacked(), errors


@right("train_222")
def _(x, t, params, lr, n_steps):
    W1, b1, W2, b2 = _arrays(params)
    errors = [_pass(x, t, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})[0]]
    for _ in range(n_steps):
        _, grads = _pass(x, t, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
        W1, b1 = W1 - lr * grads["W1"], b1 - lr * grads["b1"]
        W2, b2 = W2 - lr * grads["W2"], b2 - lr * grads["b2"]
        errors += [_pass(x, t, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})[0]]
    return {"b1": b1, "W1": W1, "b2": b2, "W2": W2}, errors


# early_stopping_epoch


@right("early_stopping_epoch")
def _(val_errors, patience):
    best_error, best_epoch, waited = float("inf"), 0, 0
    for epoch, error in enumerate(val_errors):
        if error < best_error:
            best_error, best_epoch, waited = error, epoch, 0
        else:
            waited += 1
            if waited == patience:
                return best_epoch
    return best_epoch


@right("early_stopping_epoch")
def _(val_errors, patience):
    errors = np.asarray(val_errors)
    best = 0
    while True:
        ahead = errors[best + 1 : best + 1 + patience]
        better = np.flatnonzero(ahead < errors[best])
        if len(better) == 0:
            return best
        best += 1 + better[0]


@right("early_stopping_epoch")
def _(val_errors, patience):
    errors = list(val_errors)
    for end in range(1, len(errors) + 1):
        best = errors.index(min(errors[:end]))
        if end - 1 - best >= patience:
            break
    return best


@right("early_stopping_epoch")
def _(val_errors, patience):
    errors = np.array(val_errors, dtype=float)
    lowest = np.minimum.accumulate(errors)
    fresh = np.concatenate([[True], errors[1:] < lowest[:-1]])
    last = np.maximum.accumulate(np.where(fresh, np.arange(errors.size), 0))
    stops = np.flatnonzero(np.arange(errors.size) - last >= patience)
    return last[stops[0]] if stops.size else last[-1]


@right("early_stopping_epoch")
def _(val_errors, patience):
    def look(epoch, best):
        if epoch == len(val_errors) or epoch - best > patience:
            return best
        return look(epoch + 1, epoch if val_errors[epoch] < val_errors[best] else best)

    return look(1, 0)


# the lesson's completion step

right("grad_w1")(lambda x1, h1, w5, w7, d1, d2: (w7 * d2 + d1 * w5) * (h1 - h1**2) * x1)
right("grad_w1")(lambda x1, h1, w5, w7, d1, d2: np.dot([w5, w7], [d1, d2]) * h1 * (1 - h1) * x1)
right("grad_w1")(
    lambda x1, h1, w5, w7, d1, d2: w5 * d1 * h1 * (1 - h1) * x1 + w7 * d2 * h1 * (1 - h1) * x1
)
right("grad_w1")(
    lambda x1, h1, w5, w7, d1, d2: float(x1) * float(h1) * (1 - h1) * sum((w5 * d1, w7 * d2))
)
