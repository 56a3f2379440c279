"""Find cases that hide mistakes: probe points at which a wrong answer looks right."""

import math

import numpy as np

from grading.exercise import Exercise
from grading.marker import HiddenCalls
from helpers.codec import Formula, Plain, decode

LARGEST_TOLERANCE = 1e-6  # relative; the contract calls more than that wrong


def lint_cases(exercise: Exercise) -> list[str]:
    """
    Return a sentence for each way in which the cases of an exercise could hide a mistake.

    Visible and hidden cases are looked at apart, because each has to catch every mistake alone.

    Parameters
    ----------
    exercise : Exercise
        The exercise.

    Returns
    -------
    list of str
        Empty if no weakness was found.
    """
    found = _lint_tolerance(exercise)
    sets = {"visible": exercise.inputs(exercise.visible)}
    if exercise.role != "lesson":
        hidden = HiddenCalls(exercise, "lint")
        sets["hidden"] = hidden.inputs
        first = hidden.groups[0][1] if hidden.groups else range(0)
        sets["first group"] = [hidden.inputs[k] for k in first]
    for label, inputs in sets.items():
        calls = [{name: decode(plain) for name, plain in call} for call in inputs]
        found += [f"{exercise.name}, {label}: {problem}" for problem in _lint_calls(calls)]
    return found


def _lint_tolerance(exercise: Exercise) -> list[str]:
    found = []
    relative = exercise.tolerance.get("relative", 0.0)
    absolute = exercise.tolerance.get("absolute", 0.0)
    if relative > LARGEST_TOLERANCE:
        found.append(f"{exercise.name}: the relative tolerance {relative:g} is too wide.")
    sizes = [abs(v) for v in _expected_numbers(exercise) if v != 0 and math.isfinite(v)]
    if sizes and absolute > 1e-3 * min(sizes):
        found.append(
            f"{exercise.name}: the absolute tolerance {absolute:g} is above a thousandth "
            f"of the expected {min(sizes):g}."
        )
    return found


def _expected_numbers(exercise: Exercise) -> list[float]:
    cases = exercise.cases(exercise.inputs(exercise.visible))
    return [number for case in cases for number in _numbers(decode(case["expected"]))]


def _numbers(value: Plain) -> list[float]:
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    if isinstance(value, dict):
        return _numbers(list(value.values()))
    if isinstance(value, np.ndarray):
        return [float(number) for number in value.ravel()]
    return [float(value)] if isinstance(value, int | float | np.number) else []


def _lint_calls(calls: list[dict[str, Plain]]) -> list[str]:
    found = []
    for name in calls[0] if calls else ():
        values = [call[name] for call in calls if name in call]
        found += (
            _lint_vectors(name, values) if _is_vector(values[0]) else _lint_scalars(name, values)
        )
    return found


def _is_vector(value: Plain) -> bool:
    return isinstance(value, list | tuple | np.ndarray) and np.ndim(value) > 0


def _lint_scalars(name: str, values: list[Plain]) -> list[str]:
    numbers = [v for v in values if isinstance(v, int | float | np.number)]
    if not numbers or any(isinstance(v, Formula) for v in values):
        return []
    found = []
    if all(v == 0 for v in numbers):
        found.append(f"{name} is always 0, which hides every term multiplied by it.")
    if all(v == 1 for v in numbers):
        found.append(f"{name} is always 1, which hides a forgotten factor.")
    if len(numbers) > 1 and len(set(map(float, numbers))) == 1:
        found.append(f"{name} is always {numbers[0]:g}; let it vary.")
    return found


def _lint_vectors(name: str, values: list[Plain]) -> list[str]:
    arrays = [np.asarray(v, dtype=float) for v in values]
    found = []
    if all(len(a) == 1 for a in arrays):
        found.append(f"{name} always has one entry, which hides a sum in the place of a mean.")
    long = [a for a in arrays if len(a) > 1]
    if long and all(np.ptp(a) == 0 for a in long):
        found.append(f"the entries of {name} are all equal, which hides what belongs to which.")
    if long and all(abs(a.mean()) < 1e-9 for a in long):
        found.append(f"{name} is always centred, which hides updates in the wrong order.")
    if not any(isinstance(v, np.ndarray) for v in values):
        found.append(f"{name} is never an array.")
    return found
