"""The data sets of the course, small enough to read."""

import numpy as np


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
