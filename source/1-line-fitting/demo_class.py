"""The demonstration class of unit 1: synthetic submissions, each named by what it shows."""

from grading.demo import Submission, answered, delete_cell, double_cell, truncate

EXPLAIN = "The x values are large, so the slope's gradient is large and the step overshoots."

CLASS = [
    Submission("full-marks"),
    Submission("blank", blank=True),
    Submission("first-three-only", only=("predict_line", "mse", "mse_gradient")),
    Submission(
        "sum-for-mean",
        answers={
            "mse": """
def mse(x, y, m, c):
    return np.sum((predict_line(x, m, c) - np.asarray(y)) ** 2)
"""
        },
    ),
    Submission(
        "gradient-sign",
        answers={
            "mse_gradient": """
def mse_gradient(x, y, m, c):
    e = np.asarray(y) - predict_line(x, m, c)
    return 2 * np.mean(e * np.asarray(x)), 2 * np.mean(e)
"""
        },
    ),
    Submission(
        "new-m-too-early",
        answers={
            "gd_step": """
def gd_step(x, y, m, c, lr):
    m = m - lr * mse_gradient(x, y, m, c)[0]
    c = c - lr * mse_gradient(x, y, m, c)[1]
    return m, c
"""
        },
    ),
    Submission(
        "arrays-only",
        answers={
            "predict_line": """
def predict_line(x, m, c):
    return m * x + c
"""
        },
    ),
    Submission(
        "changes-its-input",
        answers={
            "predict_line": """
def predict_line(x, m, c):
    x = np.asarray(x, dtype=float)
    x *= m
    x += c
    return x
"""
        },
    ),
    Submission(
        "short-history",
        answers={
            "fit_line": """
def fit_line(x, y, m0, c0, lr, n_steps):
    m, c = m0, c0
    history = []
    for _ in range(n_steps):
        m, c = gd_step(x, y, m, c, lr)
        history.append(mse(x, y, m, c))
    return m, c, history
"""
        },
    ),
    Submission(
        "right-with-a-warning",
        answers={
            "mse": """
def mse(x, y, m, c):
    unused = np.array([1.0]) / np.array([0.0])
    total = 0.0
    for xi, yi in zip(x, y):
        total = total + (m * xi + c - yi) ** 2
    return total / len(x)
"""
        },
    ),
    Submission(
        "endless-loop",
        answers={
            "fit_until": """
def fit_until(x, y, m0, c0, lr, tol, max_steps):
    m, c = m0, c0
    while True:
        m, c = gd_step(x, y, m, c, lr)
"""
        },
    ),
    Submission(
        "loop-in-a-cell",
        answers={"gd_step": "while True:\n    pass"},
    ),
    Submission(
        "ends-python",
        answers={
            "numerical_gradient": """
def numerical_gradient(f, theta, eps=1e-5):
    import os
    os._exit(0)
"""
        },
    ),
    Submission("syntax-error", answers={"gd_step": "def gd_step(x, y, m, c, lr)\n    return m, c"}),
    Submission("check-deleted", damage=delete_cell("mse")),
    Submission("check-doubled", damage=double_cell("mse_gradient")),
    Submission("damaged-file", damage=truncate),
]

for submission in CLASS:
    if not submission.blank:
        answered(submission, "explain", EXPLAIN)
