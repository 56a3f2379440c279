"""The demonstration class of unit 4: synthetic submissions, each named by what it shows."""

from grading.demo import Submission, answered

EXPLAIN = (
    "In yeh every z2 is positive, so no mask is needed. In sleeper b2[2] would be 1 and not 0. "
    "A dead unit has dz = 0, so its weights stay."
)

CLASS = [
    Submission("full-marks"),
    Submission("blank", blank=True),
    Submission(
        "up-to-the-forward-pass",
        only=("relu", "relu_grad", "softmax", "cross_entropy", "forward_mlp"),
    ),
    Submission(
        "overflow",
        answers={
            "softmax": """
def softmax(z):
    e = np.exp(np.asarray(z, dtype=float))
    return e / e.sum(axis=-1, keepdims=True)
"""
        },
    ),
    Submission(
        "zero-times-infinity",
        answers={
            "cross_entropy": """
def cross_entropy(y_pred, target):
    return -np.mean(np.sum(np.asarray(target) * np.log(y_pred), axis=-1))
"""
        },
    ),
    Submission(
        "right-with-a-loop",
        answers={
            "backward_mlp": """
def backward_mlp(cache, params, X, target):
    dz, grads = cache["y"] - np.asarray(target), {}
    for i, a in ((3, cache["a2"]), (2, cache["a1"]), (1, X)):
        grads[f"W{i}"], grads[f"b{i}"] = np.outer(dz, a), dz
        if i > 1:
            dz = (np.asarray(params[f"W{i}"]).T @ dz) * (cache[f"z{i - 1}"] > 0)
    return grads
"""
        },
    ),
    Submission(
        "no-mask-in-layer-2",
        answers={
            "backward_mlp": """
def backward_mlp(cache, params, X, target):
    dz3 = cache["y"] - np.asarray(target)
    dz2 = np.asarray(params["W3"]).T @ dz3
    dz1 = (np.asarray(params["W2"]).T @ dz2) * (cache["z1"] > 0)
    return {
        "W1": np.outer(dz1, X), "b1": dz1,
        "W2": np.outer(dz2, cache["a1"]), "b2": dz2,
        "W3": np.outer(dz3, cache["a2"]), "b3": dz3,
    }
"""
        },
    ),
    Submission(
        "updates-on-the-way",
        answers={
            "train_step": """
def train_step(X, target, params, lr):
    cache = forward_mlp(X, params)
    p = {key: np.array(value, dtype=float) for key, value in params.items()}
    dz = cache["y"] - np.asarray(target)
    for i, a in ((3, cache["a2"]), (2, cache["a1"]), (1, X)):
        p[f"W{i}"] -= lr * np.outer(dz, a)
        p[f"b{i}"] -= lr * dz
        if i > 1:
            dz = (p[f"W{i}"].T @ dz) * (cache[f"z{i - 1}"] > 0)
    return p, cross_entropy(cache["y"], target)
"""
        },
    ),
]

for submission in CLASS:
    if not submission.blank:
        answered(submission, "explain", EXPLAIN)
