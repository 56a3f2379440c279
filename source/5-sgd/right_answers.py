"""Right answers written differently: the grader's tests require that every one of them passes."""

import math

import numpy as np

from grading.exercise import RightAnswers

right = RightAnswers()
KEYS = ("W1", "b1", "W2", "b2", "W3", "b3")


def rows(x, y, m, c):
    """Return the gradient of each squared error."""
    e = np.multiply(m, x) + c - np.asarray(y)
    return np.array([2 * e * np.asarray(x), 2 * e]).T


# per_example_gradients


@right("per_example_gradients")
def _(x, y, m, c):
    return np.array(
        [(2 * (m * a + c - b) * a, 2 * (m * a + c - b)) for a, b in zip(x, y, strict=True)]
    )


@right("per_example_gradients")
def _(x, y, m, c):
    x = np.array(x, dtype=float).reshape(-1, 1)
    e = m * x + c - np.array(y, dtype=float).reshape(-1, 1)
    return np.hstack([2 * e * x, 2 * e])


@right("per_example_gradients")
def _(x, y, m, c):
    design = np.column_stack([x, np.ones(len(x))])
    return 2 * design * (design @ np.array([m, c]) - y)[:, None]


@right("per_example_gradients")
def _(x, y, m, c):
    out = np.zeros((len(x), 2))
    for i in range(len(x)):
        out[i, 1] = -2 * (y[i] - m * x[i] - c)
        out[i, 0] = out[i, 1] * x[i]
    return out


@right("per_example_gradients")
def _(x, y, m, c):
    e = np.polyval([m, c], np.asarray(x)) - y
    return 2 * np.einsum("i,ij->ij", e, np.vander(x, 2))


# minibatches


@right("minibatches")
def _(n, batch_size, rng):
    order = np.arange(n)
    rng.shuffle(order)
    return np.split(order, range(batch_size, n, batch_size))


@right("minibatches")
def _(n, batch_size, rng):
    order = np.argsort(rng.random(n))
    batches = []
    while len(order):
        batches.append(order[:batch_size])
        order = order[batch_size:]
    return batches


@right("minibatches")
def _(n, batch_size, rng):
    # Fisher and Yates, index by index
    order = list(range(n))
    for last in range(n - 1, 0, -1):
        k = int(rng.integers(0, last + 1))
        order[last], order[k] = order[k], order[last]
    return [np.array(order[s : s + batch_size]) for s in range(0, n, batch_size)]


@right("minibatches")
def _(n, batch_size, rng):
    order = rng.choice(n, size=n, replace=False)
    count = math.ceil(n / batch_size)
    return [order[k * batch_size : min((k + 1) * batch_size, n)] for k in range(count)]


@right("minibatches")
def _(n, batch_size, rng):
    left, batches = list(range(n)), [[]]
    while left:
        if len(batches[-1]) == batch_size:
            batches.append([])
        batches[-1].append(left.pop(int(rng.random() * len(left))))
    return [np.array(batch, dtype=np.int32) for batch in batches]


@right("minibatches")
def _(n, batch_size, rng):
    left, batches = np.arange(n), []
    while len(left):
        batch = rng.choice(left, min(batch_size, len(left)), replace=False)
        left = np.setdiff1d(left, batch)
        batches.append(batch)
    return batches


@right("minibatches")
def _(n, batch_size, rng):
    order = rng.permuted(np.arange(n))
    return list(np.array_split(order, np.arange(batch_size, n, batch_size)))


# minibatch_gradient


@right("minibatch_gradient")
def _(x, y, m, c, idx):
    dm = dc = 0.0
    for i in idx:
        e = m * x[i] + c - y[i]
        dm, dc = dm + 2 * e * x[i] / len(idx), dc + 2 * e / len(idx)
    return dm, dc


@right("minibatch_gradient")
def _(x, y, m, c, idx):
    x, y = np.asarray(x, dtype=float)[idx], np.asarray(y, dtype=float)[idx]
    e = m * x + c - y
    return [2 * np.mean(e * x), 2 * np.mean(e)]


@right("minibatch_gradient")
def _(x, y, m, c, idx):
    return np.mean(rows(x, y, m, c)[list(idx)], axis=0)


@right("minibatch_gradient")
def _(x, y, m, c, idx):
    weights = np.bincount(idx, minlength=len(x)) / len(idx)
    dm, dc = weights @ rows(x, y, m, c)
    return float(dm), float(dc)


@right("minibatch_gradient")
def _(x, y, m, c, idx):
    xs, ys = np.take(x, idx), np.take(y, idx)
    e = np.add(np.multiply(m, xs), c) - ys
    return 2 / len(e) * np.dot(e, xs), np.array(2 / len(e) * e.sum())


# sgd_epoch


@right("sgd_epoch")
def _(x, y, m, c, lr, batch_size, rng):
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        dm, dc = rows(x, y, m, c)[batch].mean(axis=0)
        m -= lr * dm
        c -= lr * dc
    return m, c


@right("sgd_epoch")
def _(x, y, m, c, lr, batch_size, rng):
    pairs = np.column_stack([x, y]).astype(float)
    rng.shuffle(pairs)
    point = np.array([m, c], dtype=float)
    for part in np.split(pairs, range(batch_size, len(pairs), batch_size)):
        point -= lr * rows(*part.T, *point).mean(axis=0)
    return point


@right("sgd_epoch")
def _(x, y, m, c, lr, batch_size, rng):
    if batch_size >= len(x):
        dm, dc = rows(x, y, m, c).mean(axis=0)
        return m - lr * dm, c - lr * dc
    order = np.argsort(rng.random(len(x)))
    x, y = np.array(x)[order], np.array(y)[order]
    for k in range(math.ceil(len(x) / batch_size)):
        part = slice(k * batch_size, (k + 1) * batch_size)
        dm, dc = rows(x[part], y[part], m, c).mean(axis=0)
        m, c = m - lr * dm, c - lr * dc
    return [float(m), float(c)]


@right("sgd_epoch")
def _(x, y, m, c, lr, batch_size, rng):
    dm = dc = 0.0
    order, seen = list(range(len(x))), 0
    rng.shuffle(order)
    for place, i in enumerate(order, start=1):
        e = m * x[i] + c - y[i]
        dm, dc, seen = dm + 2 * e * x[i], dc + 2 * e, seen + 1
        if seen == batch_size or place == len(order):
            m, c = m - lr * dm / seen, c - lr * dc / seen
            dm, dc, seen = 0.0, 0.0, 0
    return m, c


@right("sgd_epoch")
def _(x, y, m, c, lr, batch_size, rng):
    left, point = np.arange(len(x)), np.array([m, c], dtype=float)
    while len(left):
        batch = rng.choice(left, min(batch_size, len(left)), replace=False)
        left = left[~np.isin(left, batch)]
        point = point - lr * rows(x, y, *point)[batch].mean(axis=0)
    return tuple(point)


@right("sgd_epoch")
def _(x, y, m, c, lr, batch_size, rng):
    # two draws for one order are free, too
    rng.random()
    order = rng.permutation(rng.permutation(len(x)))
    design = np.column_stack([x, np.ones(len(x))])
    w = np.array([m, c], dtype=float)
    for k in range(0, len(x), batch_size):
        A, b = design[order[k : k + batch_size]], np.take(y, order[k : k + batch_size])
        w = w - lr * 2 * A.T @ (A @ w - b) / len(b)
    return w


# train_sgd


def epoch(x, y, m, c, lr, batch_size, rng):
    """Return m and c after one epoch."""
    order = rng.permutation(len(x))
    for k in range(0, len(x), batch_size):
        dm, dc = rows(x, y, m, c)[order[k : k + batch_size]].mean(axis=0)
        m, c = m - lr * dm, c - lr * dc
    return m, c


def loss(x, y, m, c):
    """Return the MSE of all points."""
    return np.mean((m * np.asarray(x) + c - np.asarray(y)) ** 2)


@right("train_sgd")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    history = [loss(x, y, m, c)]
    for _ in range(epochs):
        m, c = epoch(x, y, m, c, lr, batch_size, rng)
        history += [loss(x, y, m, c)]
    return np.array(history)


@right("train_sgd")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    history = np.zeros(epochs + 1)
    for k in range(epochs + 1):
        history[k] = loss(x, y, m, c)
        if k < epochs:
            m, c = epoch(x, y, m, c, lr, batch_size, rng)
    return history


@right("train_sgd")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    def after(m, c, left):
        if left == 0:
            return (loss(x, y, m, c),)
        return loss(x, y, m, c), *after(*epoch(x, y, m, c, lr, batch_size, rng), left - 1)

    return after(m, c, epochs)


@right("train_sgd")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    # all orders drawn beforehand
    orders = [rng.permutation(len(x)) for _ in range(epochs)]
    point, history = np.array([m, c], dtype=float), []
    for order in orders:
        history.append(float(np.mean(rows(x, y, *point)[:, 1] ** 2) / 4))
        for k in range(0, len(x), batch_size):
            point = point - lr * np.mean(rows(x, y, *point)[order[k : k + batch_size]], axis=0)
    return [*history, float(np.mean(rows(x, y, *point)[:, 1] ** 2) / 4)]


@right("train_sgd")
def _(x, y, m, c, lr, batch_size, rng, epochs):
    # the same array is shuffled again and again
    pairs = np.column_stack([x, y]).astype(float)
    history = [loss(*pairs.T, m, c)]
    for _ in range(epochs):
        rng.shuffle(pairs)
        for part in np.split(pairs, range(batch_size, len(pairs), batch_size)):
            dm, dc = rows(*part.T, m, c).mean(axis=0)
            m, c = m - lr * dm, c - lr * dc
        history.append(loss(*pairs.T, m, c))
    return history


# updates_per_epoch

right("updates_per_epoch")(lambda n, batch_size: math.ceil(n / batch_size))
right("updates_per_epoch")(lambda n, batch_size: -(-n // batch_size))
right("updates_per_epoch")(lambda n, batch_size: len(range(0, n, batch_size)))
right("updates_per_epoch")(lambda n, batch_size: (n - 1) // batch_size + 1)
right("updates_per_epoch")(lambda n, batch_size: np.int64(np.ceil(n / batch_size)))


@right("updates_per_epoch")
def _(n, batch_size):
    full, rest = divmod(n, batch_size)
    return full + 1 if rest else full


# decayed_lr

right("decayed_lr")(lambda lr0, decay, k: lr0 / (1 + decay * k))
right("decayed_lr")(lambda lr0, decay, k: np.float64(lr0) * (1 + decay * k) ** -1.0)
right("decayed_lr")(lambda lr0, decay, k: np.divide(lr0, 1 + np.multiply(decay, k)))
right("decayed_lr")(lambda lr0, decay, k: 1 / (1 / lr0 + decay * k / lr0))


@right("decayed_lr")
def _(lr0, decay, k):
    return math.exp(math.log(lr0) - math.log1p(decay * k))


# train_mlp_sgd


def arrays(params):
    """Return new float arrays."""
    return {key: np.array(params[key], dtype=float) for key in KEYS}


def forward(X, params):
    """Return the pre-activations and activations of a batch or of one example."""
    cache = {"a0": np.asarray(X, dtype=float)}
    for k in (1, 2, 3):
        cache[f"z{k}"] = cache[f"a{k - 1}"] @ params[f"W{k}"].T + params[f"b{k}"]
        cache[f"a{k}"] = np.maximum(0, cache[f"z{k}"])
    e = np.exp(cache["z3"] - cache["z3"].max(axis=-1, keepdims=True))
    cache["y"] = e / e.sum(axis=-1, keepdims=True)
    return cache


def backward_one(x, t, params):
    """Return the gradients of one example."""
    cache, grads = forward(x, params), {}
    d = cache["y"] - t
    for k in (3, 2, 1):
        grads[f"W{k}"], grads[f"b{k}"] = np.outer(d, cache[f"a{k - 1}"]), d
        if k > 1:
            d = (params[f"W{k}"].T @ d) * (cache[f"z{k - 1}"] > 0)
    return grads


def backward_all(X, T, params):
    """Return the mean gradients of a batch, without a loop over its rows."""
    cache, grads = forward(X, params), {}
    d = (cache["y"] - T) / len(X)
    for k in (3, 2, 1):
        grads[f"W{k}"], grads[f"b{k}"] = d.T @ cache[f"a{k - 1}"], d.sum(axis=0)
        if k > 1:
            d = d @ params[f"W{k}"] * (cache[f"a{k - 1}"] > 0)
    return grads


def entropy(X, T, params):
    """Return the mean cross-entropy."""
    y = np.clip(forward(X, params)["y"], 1e-15, 1)
    return -np.sum(np.asarray(T) * np.log(y)) / len(T)


@right("train_mlp_sgd")
def _(X, T, params, lr, batch_size, epochs, rng):
    X, T, params = np.array(X, dtype=float), np.array(T, dtype=float), arrays(params)
    history = [entropy(X, T, params)]
    for _ in range(epochs):
        order = rng.permutation(len(X))
        for k in range(0, len(X), batch_size):
            batch = order[k : k + batch_size]
            grads = backward_all(X[batch], T[batch], params)
            params = {key: params[key] - lr * grads[key] for key in params}
        history.append(entropy(X, T, params))
    return params, history


@right("train_mlp_sgd")
def _(X, T, params, lr, batch_size, epochs, rng):
    # one example after the other
    X, T, params = np.asarray(X), np.asarray(T), arrays(params)
    history = np.zeros(epochs + 1)
    history[0] = entropy(X, T, params)
    for k in range(1, epochs + 1):
        order = np.arange(len(X))
        rng.shuffle(order)
        for batch in np.split(order, range(batch_size, len(X), batch_size)):
            each = [backward_one(X[i], T[i], params) for i in batch]
            for key in KEYS:
                mean = sum(grads[key] for grads in each) / len(each)
                params[key] = params[key] - lr * mean
        history[k] = entropy(X, T, params)
    return params, history


@right("train_mlp_sgd")
def _(X, T, params, lr, batch_size, epochs, rng):
    # steps in place, on copies
    params = arrays(params)
    both = np.hstack([X, T]).astype(float)
    d = np.shape(X)[1]
    history = [entropy(X, T, params)]
    for _ in range(epochs):
        rng.shuffle(both)
        for k in range(0, len(both), batch_size):
            part = both[k : k + batch_size]
            for key, grad in backward_all(part[:, :d], part[:, d:], params).items():
                params[key] -= lr * grad
        history.append(float(entropy(both[:, :d], both[:, d:], params)))
    return [dict(sorted(params.items())), tuple(history)]


@right("train_mlp_sgd")
def _(X, T, params, lr, batch_size, epochs, rng):
    # a step as the mean of the examples' own steps
    X, T, now = np.array(X, dtype=float), np.array(T, dtype=float), arrays(params)
    losses = [entropy(X, T, now)]
    for _ in range(epochs):
        left = np.argsort(rng.random(len(X)))
        while left.size:
            batch, left = left[:batch_size], left[batch_size:]
            steps = [backward_one(X[i], T[i], now) for i in batch]
            now = {k: np.mean([now[k] - lr * s[k] for s in steps], axis=0) for k in KEYS}
        losses.append(entropy(X, T, now))
    return now, losses


@right("train_mlp_sgd")
def _(X, T, params, lr, batch_size, epochs, rng):
    # biases as a column of W, and a full batch without a draw
    stacked = [np.column_stack([params[f"W{k}"], params[f"b{k}"]]).astype(float) for k in (1, 2, 3)]
    ones, T = np.ones((len(X), 1)), np.asarray(T, dtype=float)
    X = np.hstack([X, ones])

    def climb(A):
        layers = [A]
        for k, W in enumerate(stacked):
            z = layers[-1] @ W.T
            layers.append(np.hstack([np.maximum(z, 0), ones[: len(A)]]) if k < 2 else z)
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return layers, e / e.sum(axis=1, keepdims=True)

    def cost():
        return float(-np.mean(np.log(climb(X)[1][T == 1])))

    history = [cost()]
    for _ in range(epochs):
        n = len(X)
        order = rng.choice(n, n, replace=False) if batch_size < n else np.arange(n)
        for k in range(0, n, batch_size):
            batch = order[k : k + batch_size]
            layers, y = climb(X[batch])
            d, grads = (y - T[batch]) / len(batch), []
            for layer in (2, 1, 0):
                grads.insert(0, d.T @ layers[layer])
                d = (d @ stacked[layer][:, :-1]) * (layers[layer][:, :-1] > 0) if layer else d
            stacked[:] = [W - lr * g for W, g in zip(stacked, grads, strict=True)]
        history.append(cost())
    new = {f"W{k + 1}": W[:, :-1].copy() for k, W in enumerate(stacked)}
    return new | {f"b{k + 1}": W[:, -1].copy() for k, W in enumerate(stacked)}, history


# sgd_step_single


@right("sgd_step_single")
def _(x, y, m, c, lr, rng):
    i = rng.integers(0, len(x))
    e = m * x[i] + c - y[i]
    return m - lr * 2 * e * x[i], c - lr * 2 * e


@right("sgd_step_single")
def _(x, y, m, c, lr, rng):
    i = int(rng.random() * len(x))
    return np.array([m, c]) - lr * rows(x, y, m, c)[i]


@right("sgd_step_single")
def _(x, y, m, c, lr, rng):
    a, b = rng.choice(np.column_stack([x, y]).astype(float))
    g = 2 * (m * a + c - b)
    return [m - lr * g * a, c - lr * g]


@right("sgd_step_single")
def _(x, y, m, c, lr, rng):
    i = rng.permutation(len(x))[0]
    dm, dc = rows(x, y, m, c)[i]
    m -= lr * dm
    c -= lr * dc
    return m, c


@right("sgd_step_single")
def _(x, y, m, c, lr, rng):
    picked = rng.multinomial(1, [1 / len(x)] * len(x))
    dm, dc = picked @ rows(x, y, m, c)
    return float(m - lr * dm), float(c - lr * dc)


# gradient_noise


@right("gradient_noise")
def _(x, y, m, c, B, rng, trials):
    found = []
    for _ in range(trials):
        found.append(rows(x, y, m, c)[rng.integers(0, len(x), B)].mean(axis=0))
    return np.mean(found, axis=0), np.var(found, axis=0)


@right("gradient_noise")
def _(x, y, m, c, B, rng, trials):
    g = rows(x, y, m, c)
    found = np.array([g[rng.choice(len(x), size=B)].mean(axis=0) for _ in range(trials)])
    return [found.mean(axis=0), found.var(axis=0, ddof=1)]


@right("gradient_noise")
def _(x, y, m, c, B, rng, trials):
    counts = rng.multinomial(B, np.full(len(x), 1 / len(x)), size=trials)
    found = counts @ rows(x, y, m, c) / B
    return np.average(found, axis=0), np.std(found, axis=0) ** 2


@right("gradient_noise")
def _(x, y, m, c, B, rng, trials):
    total = squares = np.zeros(2)
    g = rows(x, y, m, c)
    for _ in range(trials):
        one = np.mean([g[int(rng.random() * len(x))] for _ in range(B)], axis=0)
        total, squares = total + one, squares + one**2
    mean = total / trials
    return mean, squares / trials - mean**2


@right("gradient_noise")
def _(x, y, m, c, B, rng, trials):
    # the examples drawn, and not their rows
    drawn = rng.integers(len(x), size=(B, trials))
    xs, ys = np.take(x, drawn), np.take(y, drawn)
    e = 2 * (m * xs + c - ys)
    slopes, intercepts = (e * xs).mean(axis=0), e.mean(axis=0)
    mean = np.array([slopes.mean(), intercepts.mean()])
    return mean, np.diag(np.cov(slopes, intercepts)).copy()


# average_of_batches

right("average_of_batches")(lambda means, sizes: np.dot(means, sizes) / np.sum(sizes))
right("average_of_batches")(
    lambda means, sizes: sum(m * s for m, s in zip(means, sizes, strict=True)) / sum(sizes)
)
right("average_of_batches")(
    lambda means, sizes: np.mean(np.repeat(np.array(means, dtype=float), sizes))
)


@right("average_of_batches")
def _(means, sizes):
    means, sizes = np.asarray(means, dtype=float), np.asarray(sizes, dtype=float)
    return float(means @ (sizes / sizes.sum()))


@right("average_of_batches")
def _(means, sizes):
    # a running mean, batch after batch
    mean, seen = 0.0, 0
    for value, size in zip(means, sizes, strict=True):
        seen += size
        mean += (value - mean) * size / seen
    return mean
