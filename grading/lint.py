"""Find cases that hide mistakes: probe points at which a wrong answer looks right."""

import math

import numpy as np

from grading.exercise import Exercise
from grading.marker import hidden_calls
from helpers.codec import Formula, Plain, Seed, decode

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
        hidden = hidden_calls(exercise)
        sets["hidden"] = hidden.inputs
        first = hidden.groups[0][1] if hidden.groups else range(0)
        sets["first group"] = [hidden.inputs[k] for k in first]
    for label, inputs in sets.items():
        calls = [{name: decode(plain) for name, plain in call} for call in inputs]
        found += [
            f"{exercise.name}, {label}: {problem}"
            for problem in _lint_calls(calls, exercise.fixed_size)
        ]
    return found


def _lint_tolerance(exercise: Exercise) -> list[str]:
    found = []
    relative = exercise.tolerance.get("relative", 0.0)
    absolute = exercise.tolerance.get("absolute", 0.0)
    if relative > LARGEST_TOLERANCE and exercise.random != "statistics":
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
    return [number for case in cases for number in _numbers(decode(case.get("expected")))]


def _numbers(value: Plain) -> list[float]:
    if isinstance(value, list | tuple):
        return [number for item in value for number in _numbers(item)]
    if isinstance(value, dict):
        return _numbers(list(value.values()))
    if isinstance(value, np.ndarray):
        return [float(number) for number in value.ravel()]
    return [float(value)] if isinstance(value, int | float | np.number) else []


def _lint_calls(calls: list[dict[str, Plain]], fixed_size: bool = False) -> list[str]:
    arguments: dict[str, list[Plain]] = {}
    for call in calls:
        for name, value in call.items():
            members = value if isinstance(value, dict) else {}
            for key, member in members.items():
                arguments.setdefault(f"{name}[{key}]", []).append(member)
            if not members:
                arguments.setdefault(name, []).append(value)
    found = []
    for name, values in arguments.items():
        found += _lint_scalars(name, [v for v in values if np.ndim(_data(v)) == 0], values)
        arrays = [v for v in values if np.ndim(_data(v)) > 0]
        if arrays:
            found += _lint_arrays(name, arrays)
        matrices = [np.asarray(v, dtype=float) for v in arrays if np.ndim(v) == 2]
        if matrices and not fixed_size:
            found += _lint_matrices(name, matrices)
    return found


def _data(value: Plain) -> Plain:
    return 0 if isinstance(value, Formula | Seed | str) else value


def _lint_scalars(name: str, values: list[Plain], among: list[Plain]) -> list[str]:
    numbers = [v for v in values if isinstance(v, int | float | np.number)]
    if not numbers or len(numbers) < len(among):  # else arrays take part, and vary
        return []
    found = []
    if all(v == 0 for v in numbers):
        found.append(f"{name} is always 0, which hides every term multiplied by it.")
    if all(v == 1 for v in numbers):
        found.append(f"{name} is always 1, which hides a forgotten factor.")
    if len(numbers) > 1 and len(set(map(float, numbers))) == 1:
        found.append(f"{name} is always {numbers[0]:g}; let it vary.")
    return found


def _lint_arrays(name: str, values: list[Plain]) -> list[str]:
    arrays = [np.asarray(v, dtype=float) for v in values]
    found = []
    if not any(np.any(a) for a in arrays):
        found.append(f"{name} is always 0, which hides every term multiplied by it.")
    if all(a.size == 1 for a in arrays):
        found.append(f"{name} always has one entry, which hides a sum in the place of a mean.")
    long = [a for a in arrays if a.size > 1]
    if long and all(np.ptp(a) == 0 for a in long):
        found.append(f"the entries of {name} are all equal, which hides what belongs to which.")
    if long and all(abs(a.mean()) < 1e-9 for a in long):
        found.append(f"{name} is always centred, which hides updates in the wrong order.")
    if not any(isinstance(v, np.ndarray) for v in values):
        found.append(f"{name} is never an array.")
    return found


def _lint_matrices(name: str, matrices: list[np.ndarray]) -> list[str]:
    if all(m.shape == m.T.shape and np.array_equal(m, m.T) for m in matrices):
        return [f"{name} is always symmetric, which hides a missing transpose."]
    if all(m.shape == m.T.shape for m in matrices):
        return [f"{name} is always square, which hides a missing transpose."]
    return []
