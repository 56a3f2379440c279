"""What the notebooks import: checks and hints, questions, data sets and pictures."""

from helpers.check import check, hint
from helpers.data import hubble_1929, ice_cream
from helpers.quiz import ask, predict, reveal

__all__ = ["ask", "check", "hint", "hubble_1929", "ice_cream", "predict", "reveal"]
