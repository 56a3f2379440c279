"""
Measure the course's own network beside two libraries: same digits, same split, same training.

Our side is the model solution of unit 5, read from ``source/``: once with its vectorised gradient,
once row by row. Run it with ``python tests/bench_digits.py``.
"""

import importlib.util
import os
import re
import statistics
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

# one thread each: for matrices this small more threads only wait for each other
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import nbformat
import numpy as np

import helpers

SIZES = (64, 32, 16, 10)
LR, BATCH, EPOCHS, ROUNDS = 0.1, 32, 40, 3
CELLS = ("setup", "minibatches-answer", "unit4-answer", "train_mlp_sgd-answer")
NOTEBOOK = Path(__file__).parent.parent / "source" / "5-sgd" / "sgd.ipynb"

X, LABELS = helpers.digits()
TRAINING, _, TESTING = np.split(np.random.default_rng(0).permutation(len(X)), [1197, 1497])
T = np.eye(10)[LABELS]


def model_solution() -> dict:
    """Return the names that the model solution defines."""
    names: dict = {}
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.id in CELLS:
            exec(re.sub(r"### (BEGIN|END) SOLUTION", "", cell.source), names)
    return names


def start(seed: int) -> tuple[dict, np.random.Generator]:
    """Return He's initial parameters and the generator that drew them."""
    rng, params = np.random.default_rng(seed), {}
    for k, (n_in, n_out) in enumerate(pairwise(SIZES), start=1):
        params[f"W{k}"] = rng.normal(0, np.sqrt(2 / n_in), (n_out, n_in))
        params[f"b{k}"] = np.zeros(n_out)
    return params, rng


def ours(names: dict, by_row: bool = False) -> Callable:
    """Return the training with the model solution."""
    vectorised = names["backward_batch"]

    def row_by_row(X: np.ndarray, T: np.ndarray, params: dict) -> dict:
        rows = [vectorised(x[None], t[None], params) for x, t in zip(X, T, strict=True)]
        return {key: np.mean([row[key] for row in rows], axis=0) for key in params}

    def train(seed: int) -> Callable:
        names["backward_batch"] = row_by_row if by_row else vectorised
        params, rng = start(seed)
        params, _ = names["train_mlp_sgd"](X[TRAINING], T[TRAINING], params, LR, BATCH, EPOCHS, rng)
        return lambda rows: names["forward_mlp"](rows, params)["y"].argmax(axis=1)

    return train


def scikit_learn(seed: int) -> Callable:
    """Train scikit-learn's network; it draws its own initial parameters."""
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(
        SIZES[1:-1],
        solver="sgd",
        alpha=0,
        batch_size=BATCH,
        learning_rate_init=LR,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        tol=0,
        momentum=0,
        nesterovs_momentum=False,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that it stops after max_iter, which is meant
        return network.fit(X[TRAINING], LABELS[TRAINING]).predict


def pytorch(seed: int) -> Callable:
    """Train the network of PyTorch on the processor, from our initial parameters."""
    import torch

    params, _ = start(seed)
    torch.manual_seed(seed)
    layers: list = []
    for k, (n_in, n_out) in enumerate(pairwise(SIZES), start=1):
        linear = torch.nn.Linear(n_in, n_out, dtype=torch.float64)
        linear.weight.data = torch.tensor(params[f"W{k}"])
        linear.bias.data = torch.tensor(params[f"b{k}"])
        layers += [linear, torch.nn.ReLU()]
    network = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(network.parameters(), lr=LR)
    rows, labels = torch.tensor(X[TRAINING]), torch.tensor(LABELS[TRAINING]).long()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(rows)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(rows[batch]), labels[batch]).backward()
            optimizer.step()
    return lambda given: network(torch.tensor(given)).argmax(dim=1).numpy()


def main() -> None:
    """Print a table: accuracy on the test digits and median seconds of three runs."""
    contestants: dict[str, Callable] = {
        "Downhill, vectorised": ours(model_solution()),
        "Downhill, row by row": ours(model_solution(), by_row=True),
    }
    for name, module, train in (
        ("scikit-learn", "sklearn", scikit_learn),
        ("PyTorch (CPU)", "torch", pytorch),
    ):
        if importlib.util.find_spec(module):
            __import__(module)  # its import is not part of the training
            contestants[name] = train
        else:
            print(
                f"{name} is not installed; `pip install scikit-learn torch` adds it to the table."
            )
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    right: dict[str, list[float]] = {name: [] for name in contestants}
    for seed in range(ROUNDS):  # in turns, so that a busy machine slows all of them alike
        for name, train in contestants.items():
            started = time.perf_counter()
            predict = train(seed)
            seconds[name].append(time.perf_counter() - started)
            right[name].append(float(np.mean(predict(X[TESTING]) == LABELS[TESTING])))
    ours_takes = statistics.median(seconds["Downhill, vectorised"])
    print(f"{'-'.join(map(str, SIZES))}, B = {BATCH}, lr = {LR}, {EPOCHS} epochs, {ROUNDS} runs")
    print(f"{'':22} {'test digits right':>18} {'seconds':>8} {'ratio':>6}")
    for name in contestants:
        middle, takes = statistics.median(right[name]), statistics.median(seconds[name])
        print(f"{name:22} {middle:18.1%} {takes:8.2f} {takes / ours_takes:6.1f}")


if __name__ == "__main__":
    main()
