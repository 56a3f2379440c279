"""What the notebooks import: checks and hints, questions, data sets and pictures."""

from helpers.batches import explore_batches
from helpers.chain import explore_chain
from helpers.check import check, hint
from helpers.data import digits, hubble_1929, ice_cream
from helpers.images import plot_confusion, plot_digits
from helpers.line_fit import explore_learning_rate, explore_line, explore_steps
from helpers.mlp import explore_mlp
from helpers.network import step_network
from helpers.plots import plot_costs, plot_curve, plot_landscape, plot_line, plot_points
from helpers.progress import progress
from helpers.quiz import ask, draw_questions, predict, reveal
from helpers.training import watch_training

__all__ = [
    "ask",
    "check",
    "digits",
    "draw_questions",
    "explore_batches",
    "explore_chain",
    "explore_learning_rate",
    "explore_line",
    "explore_mlp",
    "explore_steps",
    "hint",
    "hubble_1929",
    "ice_cream",
    "plot_confusion",
    "plot_costs",
    "plot_curve",
    "plot_digits",
    "plot_landscape",
    "plot_line",
    "plot_points",
    "predict",
    "progress",
    "reveal",
    "step_network",
    "watch_training",
]
