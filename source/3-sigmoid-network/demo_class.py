"""The demonstration class of unit 3: synthetic submissions, each named by what it shows."""

from grading.demo import Submission, answered

EXPLAIN = (
    "The slopes of W1 and b1 are wrong: W2 is read by columns. E falls, as W2 moves the right way."
)

CLASS = [
    Submission("full-marks"),
    Submission("blank", blank=True),
    Submission(
        "up-to-one-weight",
        only=(
            "sigmoid",
            "sigmoid_prime_from_output",
            "forward_222",
            "half_squared_error",
            "grad_w5",
        ),
    ),
    Submission(
        "overflow-warning",
        answers={
            "sigmoid": """
def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))
"""
        },
    ),
    Submission(
        "not-transposed",
        answers={
            "hidden_layer_grads": """
def hidden_layer_grads(x, h, delta_o, W2):
    delta_h = np.asarray(W2) @ np.asarray(delta_o) * sigmoid_prime_from_output(h)
    return np.outer(delta_h, x), delta_h
"""
        },
    ),
    Submission(
        "error-sent-back",
        answers={
            "output_layer_grads": """
def output_layer_grads(h, o, t):
    delta_o = np.asarray(o) - np.asarray(t)
    return np.outer(delta_o, h), delta_o
"""
        },
    ),
    Submission(
        "one-shared-bias",
        answers={
            "backprop_222": """
def backprop_222(x, t, params):
    h, o = forward_222(x, params["W1"], params["b1"], params["W2"], params["b2"])
    dW2, delta_o = output_layer_grads(h, o, t)
    dW1, delta_h = hidden_layer_grads(x, h, delta_o, params["W2"])
    return {"W1": dW1, "b1": delta_h.sum(), "W2": dW2, "b2": delta_o.sum()}
"""
        },
    ),
    Submission(
        "plus-like-the-article",
        answers={
            "update_params": """
def update_params(params, grads, lr):
    return {key: np.asarray(params[key]) + lr * np.asarray(grads[key]) for key in params}
"""
        },
    ),
    Submission(
        "changes-its-params",
        answers={
            "update_params": """
def update_params(params, grads, lr):
    new = dict(params)
    for key in new:
        new[key] = np.asarray(new[key], dtype=float)
        new[key] -= lr * np.asarray(grads[key], dtype=float)
    return new
"""
        },
    ),
    Submission(
        "stops-a-little-late",
        answers={
            "early_stopping_epoch": """
def early_stopping_epoch(val_errors, patience):
    best, waited = 0, 0
    for epoch in range(1, len(val_errors)):
        if val_errors[epoch] < val_errors[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited > patience:
            break
    return best
"""
        },
    ),
]

for submission in CLASS:
    if not submission.blank:
        answered(submission, "explain", EXPLAIN)
