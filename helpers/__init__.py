"""
What the notebooks import: checks and hints, questions, data sets and pictures.

Each name is fetched from its module when it is first used, because the pictures take a second.
"""

from importlib import import_module
from typing import Any

PICTURES = {
    "explore_batches": "batches",
    "explore_chain": "chain",
    "explore_learning_rate": "line_fit",
    "explore_line": "line_fit",
    "explore_mlp": "mlp",
    "explore_steps": "line_fit",
    "plot_confusion": "images",
    "plot_costs": "plots",
    "plot_curve": "plots",
    "plot_digits": "images",
    "plot_landscape": "plots",
    "plot_line": "plots",
    "plot_points": "plots",
    "step_network": "network",
    "watch_training": "training",
}
_MODULES = PICTURES | {
    "ask": "quiz",
    "check": "checking",
    "digits": "data",
    "draw_questions": "quiz",
    "hint": "checking",
    "hubble_1929": "data",
    "ice_cream": "data",
    "predict": "quiz",
    "progress": "progress_bar",
    "reveal": "quiz",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"helpers has no {name}. It has: {', '.join(sorted(_MODULES))}.")
    globals()[name] = getattr(import_module(f"helpers.{_MODULES[name]}"), name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted(_MODULES)
