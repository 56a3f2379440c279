"""The data sets of the course, small enough to read."""

from functools import cache
from pathlib import Path

import numpy as np

DIGITS = Path(__file__).with_name("digits.csv.gz")


def ice_cream() -> tuple[np.ndarray, np.ndarray]:
    """
    Return the article's table: temperature and ice-cream sales on three days.

    Returns
    -------
    temperature : numpy.ndarray, shape (3,)
        Outside temperature in °C.
    sales : numpy.ndarray, shape (3,)
        Sales in dollars.

    Examples
    --------
    >>> ice_cream()[1]
    array([300., 650., 500.])
    """
    return np.array([20.0, 30.0, 40.0]), np.array([300.0, 650.0, 500.0])


def hubble_1929() -> tuple[np.ndarray, np.ndarray]:
    """
    Return the distances and velocities of 24 nebulae from Hubble's paper of 1929.

    Source: Edwin Hubble, "A relation between distance and radial velocity among extra-galactic
    nebulae", Proceedings of the National Academy of Sciences 15 (1929) 168-173, table 1.

    Returns
    -------
    distance : numpy.ndarray, shape (24,)
        Distance in megaparsecs (Hubble's own estimates, several times too small).
    velocity : numpy.ndarray, shape (24,)
        Radial velocity in km/s; negative means approaching.

    Examples
    --------
    >>> distance, velocity = hubble_1929()
    >>> len(distance), float(distance.max()), float(velocity.min())
    (24, 2.0, -220.0)
    """
    table = np.array(_HUBBLE)
    return table[:, 0], table[:, 1]


def digits() -> tuple[np.ndarray, np.ndarray]:
    """
    Return 1797 handwritten digits as small grey pictures, with what each of them shows.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits" (1998), UCI
    Machine Learning Repository, https://doi.org/10.24432/C50P49, licence CC BY 4.0; its test set,
    in the file that scikit-learn ships. The grey values 0 to 16 are divided by 16.

    Returns
    -------
    X : numpy.ndarray, shape (1797, 64)
        One picture a row: 8 rows of 8 grey values from 0 (paper) to 1 (ink).
    labels : numpy.ndarray, shape (1797,)
        The digit that each picture shows, 0 to 9.

    Examples
    --------
    >>> X, labels = digits()
    >>> X.shape, float(X.min()), float(X.max()), labels[:5]
    ((1797, 64), 0.0, 1.0, array([0, 1, 2, 3, 4]))
    """
    table = _digit_table()
    return table[:, :-1] / 16, table[:, -1].astype(int)


@cache
def _digit_table() -> np.ndarray:
    """Read the file once; it takes longer than the rest of a lesson's first cell."""
    return np.loadtxt(DIGITS, delimiter=",")


_HUBBLE = [
    (0.032, 170.0),
    (0.034, 290.0),
    (0.214, -130.0),
    (0.263, -70.0),
    (0.275, -185.0),
    (0.275, -220.0),
    (0.45, 200.0),
    (0.5, 290.0),
    (0.5, 270.0),
    (0.63, 200.0),
    (0.8, 300.0),
    (0.9, -30.0),
    (0.9, 650.0),
    (0.9, 150.0),
    (0.9, 500.0),
    (1.0, 920.0),
    (1.1, 450.0),
    (1.1, 500.0),
    (1.4, 500.0),
    (1.7, 960.0),
    (2.0, 500.0),
    (2.0, 850.0),
    (2.0, 800.0),
    (2.0, 1090.0),
]
