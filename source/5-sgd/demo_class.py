"""The demonstration class of unit 5: synthetic submissions, each named by what it shows."""

from grading.demo import Submission, answered

EXPLAIN = "B = 1 makes ten times as many updates with 100 gradients. It jumps, as single gradients are not 0."

CLASS = [
    Submission("full-marks"),
    Submission("blank", blank=True),
    Submission(
        "without-the-capstone",
        only=(
            "per_example_gradients",
            "minibatches",
            "minibatch_gradient",
            "sgd_epoch",
            "train_sgd",
            "updates_per_epoch",
            "decayed_lr",
        ),
    ),
    Submission(
        "drops-the-last-batch",
        answers={
            "minibatches": """
def minibatches(n, batch_size, rng):
    order = rng.permutation(n)
    return [order[k * batch_size : (k + 1) * batch_size] for k in range(n // batch_size)]
"""
        },
    ),
    Submission(
        "seed-of-its-own",
        answers={
            "minibatches": """
def minibatches(n, batch_size, rng):
    order = np.random.default_rng(0).permutation(n)
    return [order[k : k + batch_size] for k in range(0, n, batch_size)]
"""
        },
    ),
    Submission(
        "one-update-an-epoch",
        answers={
            "sgd_epoch": """
def sgd_epoch(x, y, m, c, lr, batch_size, rng):
    dm, dc = per_example_gradients(x, y, m, c).mean(axis=0)
    return m - lr * dm, c - lr * dc
"""
        },
    ),
    Submission(
        "changes-its-params",
        answers={
            "train_mlp_sgd": """
def train_mlp_sgd(X, T, params, lr, batch_size, epochs, rng):
    X, T = np.asarray(X, dtype=float), np.asarray(T, dtype=float)
    for key in params:
        params[key] = np.asarray(params[key], dtype=float)
    history = [cross_entropy(forward_mlp(X, params)["y"], T)]
    for _ in range(epochs):
        for idx in minibatches(len(X), batch_size, rng):
            grads = backward_batch(X[idx], T[idx], params)
            for key in params:
                params[key] -= lr * grads[key]
        history.append(cross_entropy(forward_mlp(X, params)["y"], T))
    return {key: value.copy() for key, value in params.items()}, history
"""
        },
    ),
    Submission(
        "right-row-by-row",
        answers={
            "unit4": """
def softmax(z):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def forward_mlp(X, params):
    p = {key: np.asarray(value, dtype=float) for key, value in params.items()}
    z1 = np.asarray(X) @ p["W1"].T + p["b1"]
    a1 = np.where(z1 > 0, z1, 0)
    z2 = a1 @ p["W2"].T + p["b2"]
    a2 = np.where(z2 > 0, z2, 0)
    z3 = a2 @ p["W3"].T + p["b3"]
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2, "z3": z3, "y": softmax(z3)}


def cross_entropy(y_pred, target):
    return float(np.mean(-np.log(np.sum(np.atleast_2d(y_pred * target), axis=1))))


def backward_mlp(cache, params, X, target):
    d3 = cache["y"] - target
    d2 = np.asarray(params["W3"]).T @ d3 * (cache["z2"] > 0)
    d1 = np.asarray(params["W2"]).T @ d2 * (cache["z1"] > 0)
    return {
        "W1": np.outer(d1, X), "b1": d1,
        "W2": np.outer(d2, cache["a1"]), "b2": d2,
        "W3": np.outer(d3, cache["a2"]), "b3": d3,
    }


def backward_batch(X, T, params):
    rows = [backward_mlp(forward_mlp(x, params), params, x, t) for x, t in zip(X, T)]
    return {key: np.mean([row[key] for row in rows], axis=0) for key in params}
"""
        },
    ),
]

for submission in CLASS:
    if not submission.blank:
        answered(submission, "explain", EXPLAIN)
