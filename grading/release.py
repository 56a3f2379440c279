"""Build what students receive beside the notebook: check data, no code."""

import json

from grading.exercise import Exercise
from helpers.codec import Plain


def check_data(exercises: list[Exercise]) -> Plain:
    """
    Return the content of ``checks.json`` for some exercises.

    Parameters
    ----------
    exercises : list of Exercise
        The exercises of one notebook.

    Returns
    -------
    dict
        For each exercise by name: the visible cases' inputs, the expected results, what each known
        mistake would return for them, and the messages.
    """
    data = {}
    for exercise in exercises:
        inputs = exercise.inputs(exercise.visible)
        description, cases = exercise.with_mistakes(exercise.cases(inputs))
        data[exercise.name] = {**description, "cases": cases}
    return data


def check_text(exercises: list[Exercise]) -> str:
    """Return ``checks.json`` as text, indented so that changes can be reviewed."""
    return json.dumps(check_data(exercises), ensure_ascii=False, indent=1) + "\n"
