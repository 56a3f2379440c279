"""The demonstration class of unit 2: synthetic submissions, each named by what it shows."""

from grading.demo import Submission, answered

EXPLAIN = "The gradient of w1 holds all later weights, because the signal walks back through them."

CLASS = [
    Submission("full-marks"),
    Submission("blank", blank=True),
    Submission(
        "up-to-backward", only=("chain_forward", "chain_cost", "output_grads", "chain_backward")
    ),
    Submission(
        "w2-updated-too-early",
        answers={
            "chain_backward": """
def chain_backward(a1, w1, b1, w2, b2, d):
    a2, a3 = chain_forward(a1, w1, b1, w2, b2)
    da3 = -2 * (d - a3)
    dw2 = da3 * a2
    w2 = w2 - 0.01 * dw2
    da2 = da3 * w2
    return {"w1": da2 * a1, "b1": da2, "w2": dw2, "b2": da3}
"""
        },
    ),
    Submission(
        "path-without-w2",
        answers={
            "chain_backward": """
def chain_backward(a1, w1, b1, w2, b2, d):
    a2, a3 = chain_forward(a1, w1, b1, w2, b2)
    da3 = -2 * (d - a3)
    return {"w1": da3 * a1, "b1": da3, "w2": da3 * a2, "b2": da3}
"""
        },
    ),
    Submission(
        "changes-its-dict",
        answers={
            "chain_update": """
def chain_update(params, grads, lr):
    for key in params:
        params[key] -= lr * grads[key]
    return params
"""
        },
    ),
    Submission(
        "average-of-the-data",
        answers={
            "average_gradients": """
def average_gradients(A1, D, params):
    a1, d = np.mean(A1), np.mean(D)
    return chain_backward(a1, params["w1"], params["b1"], params["w2"], params["b2"], d)
"""
        },
    ),
    Submission(
        "example-by-example",
        answers={
            "train_chain": """
def train_chain(A1, D, params, lr, epochs):
    def cost(p):
        outputs = [chain_forward(a1, p["w1"], p["b1"], p["w2"], p["b2"])[1] for a1 in A1]
        return np.mean([chain_cost(a3, d) for a3, d in zip(outputs, D)])

    params = dict(params)
    costs = [cost(params)]
    for _ in range(epochs):
        for a1, d in zip(A1, D):
            params = chain_update(params, average_gradients([a1], [d], params), lr)
        costs.append(cost(params))
    return params, costs
"""
        },
    ),
    Submission(
        "sigmoid-nobody-asked-for",
        answers={
            "chain_forward": """
def chain_forward(a1, w1, b1, w2, b2):
    a2 = 1 / (1 + np.exp(-(w1 * a1 + b1)))
    a3 = 1 / (1 + np.exp(-(w2 * a2 + b2)))
    return a2, a3
"""
        },
    ),
]

for submission in CLASS:
    if not submission.blank:
        answered(submission, "explain", EXPLAIN)
