"""Compare what a function returned with what was expected, and name the mistake.

The notebook's check and the marker both use this module: one comparison, one wording. It works
on plain data (see :mod:`helpers.codec`) and never touches a learner's object.

A *kind* says what a function has to return: ``"number"``, ``"int"``, ``"text"``, ``"array"``,
``"number or array"`` (a number where a number is expected, else an array of the expected shape),
``"sequence"`` (a list, tuple or 1-D array of numbers), ``"batches"`` (a list of integer arrays that
hold each of the indices below the argument ``n`` once), ``{"values": {name: kind}}`` (that many
values, in that order) or ``{"record": {name: kind}}`` (a dict with exactly these keys; with
``"more": True`` beside it, other keys may be there too and are not looked at).
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.calls import repeats, seeds
from helpers.codec import CodecError, Formula, Opaque, Plain, Seed, decode
from helpers.draws import Table, Vector

NOT_ATTEMPTED, NOT_YET, RIGHT = "not attempted", "not yet", "right"

RELATIVE_TOLERANCE = 1e-7  # the contract: 1e-8 off is right, 1e-6 off is wrong
FLOOR = 1e-10  # times the largest number involved
NEARLY = 1e-3  # relative; what is off by less was probably rounded

LONGEST_CALL, LONGEST_RESULT = 240, 120  # characters; what is longer is shortened in a message


class WrongKind(Exception):
    """A result of another kind than asked for; the text is for the learner."""


@dataclass(frozen=True)
class Verdict:
    """What a check or a marking says about one function.

    ``state`` is one of the three states, ``lines`` the message (at most three lines), ``diagnosis``
    the id of the mistake, ``problems`` the kind of problem in each case ("" where it was right).
    """

    state: str
    lines: tuple[str, ...]
    diagnosis: str
    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def judge(
    exercise: Plain, cases: list[Plain], observations: list[Plain], show: bool, why: bool = True
) -> Verdict:
    """
    Judge the observations of one function.

    Parameters
    ----------
    exercise : dict
        One exercise of ``checks.json``: name, kind of the result, known mistakes.
    cases : list of dict
        Inputs, expected result, and what each known mistake would give.
    observations : list of dict
        From :func:`helpers.calls.observe`: one for each case and one last.
    show : bool
        Whether the message may show inputs and numbers (visible cases only).
    why : bool
        False where it is enough to know which cases are right: no diagnosis, no message then.

    Returns
    -------
    Verdict
        State, message and diagnosis.
    """
    *seen, after = observations
    cases = [prepared(exercise, case) for case in cases]
    found = [_problem(exercise, case, o) for case, o in zip(cases, seen, strict=True)]
    problems = tuple(problem[0] if problem else "" for problem in found)
    warned = tuple(dict.fromkeys(line for o in seen for line in o.get("warned", ())))
    blank = _not_attempted(exercise, seen)
    if blank:
        return Verdict(NOT_ATTEMPTED, blank, "not-attempted", problems)
    if not any(problems) and not after:
        return Verdict(RIGHT, tuple(exercise.get("praise", ())), "", problems, warned)
    if not why:
        return Verdict(NOT_YET, (), "", problems, warned)
    first = next((k for k, problem in enumerate(problems) if problem), 0)
    diagnosis, advice = _explain(exercise, cases, seen, after, found)
    if show:
        valued = problems[first] in ("", "changed", "shares", "warning")
        lines = (*_what_was_seen(exercise, cases[first], seen[first], valued), *advice)
    else:
        known = advice[0] in exercise["mistakes"].values()  # it may bear the name of a problem
        safe = advice if known else (_WITHOUT_VALUES.get(diagnosis, advice[0]),)
        lines = (*_where_it_stopped(seen[first]), *safe)
    return Verdict(NOT_YET, lines[:3], diagnosis, problems, warned)


def _explain(
    exercise: Plain,
    cases: list[Plain],
    seen: list[Plain],
    after: Plain,
    found: list[tuple[str, str] | None],
) -> tuple[str, tuple[str, ...]]:
    """Return (diagnosis, advice): a known mistake, else a known factor, else the first problem."""
    wrong = [k for k, problem in enumerate(found) if problem]
    known = _known_mistakes(exercise, cases, seen, after, wrong)
    if known:
        return known[0], tuple(exercise["mistakes"][mistake] for mistake in known[:2])
    first = found[wrong[0]] if wrong else None
    if first is None:
        first = _after_problem(exercise, cases, after)
    elif all((found[k] or ("",))[0].startswith(("value", "transposed")) for k in wrong):
        chosen = [cases[k] for k in wrong], [seen[k] for k in wrong]
        first = _transform(exercise, *chosen) or first
    return first[0], (first[1],)


def _not_attempted(exercise: Plain, seen: list[Plain]) -> tuple[str, ...]:
    """Return the lines for a function that is not written yet, none for one that is."""
    name = exercise["name"]
    types = {o.get("raised", {}).get("type") for o in seen}
    if types != {"NotImplementedError"}:
        return ()
    other = _unwritten(name, seen[0]["raised"])
    if other:
        return (f"{name} calls {other}, which is not written yet.", f"Write {other} first.")
    start = f"Replace that line by your own; hint({name}) tells where to start."
    return (f"{name} still says raise NotImplementedError.", start)


def _unwritten(name: str, raised: Plain) -> str:
    """Return the other function that is not written yet, "" where there is none."""
    other = raised.get("function", name)
    if raised["type"] != "NotImplementedError" or other in (name, "<lambda>", "__call__"):
        return ""
    return other if other.isidentifier() else ""


# Reading a result of a given kind ---------------------------------------------------------------


def read(kind: Plain, value: Any, what: str = "the function") -> Any:
    """
    Read a decoded result as the kind that the exercise asks for.

    Parameters
    ----------
    kind
        The kind, see the module's first lines.
    value : object
        A decoded result.
    what : str
        Who returned it, for the message.

    Returns
    -------
    float, int, str, numpy.ndarray or dict
        Numbers as float, arrays and sequences as float arrays, several values as a dict by name.

    Raises
    ------
    WrongKind
        If the value is of another kind; the text tells what was received and expected.

    Examples
    --------
    >>> read({"values": {"dm": "number", "dc": "number"}}, [1, 2.5])
    {'dm': 1.0, 'dc': 2.5}
    """
    if value is None:
        raise WrongKind(f"{what} returned nothing. End it with `return` and the result.")
    if isinstance(kind, dict):
        if "record" in kind:
            return _read_record(kind["record"], value, what, kind.get("more", False))
        return _read_values(kind["values"], value, what)
    if kind in ("number", "int"):
        return _read_number(kind, value, what)
    if kind == "text":
        if isinstance(value, str):
            return value
        raise WrongKind(f"{what} returned {_name(value)}; a text in quotes is expected.")
    if kind == "batches":
        return _read_batches(value, what)
    return _read_numbers(kind, value, what)


def _read_batches(value: Any, what: str) -> dict[str, np.ndarray]:
    if not isinstance(value, list):
        raise WrongKind(f"{what} returned {_name(value)}; a list of integer arrays is expected.")
    for batch in value:
        if not isinstance(batch, np.ndarray) or batch.ndim != 1 or batch.dtype.kind not in "iu":
            kind = f" of {batch.dtype}" if isinstance(batch, np.ndarray) else ""
            raise WrongKind(
                f"A batch that {what} returned is {_name(batch)}{kind}; "
                "a 1-D array of integers is expected."
            )
        if not len(batch):
            raise WrongKind(f"A batch that {what} returned is empty. Its mean would be nan.")
    return {f"batch {number}": batch for number, batch in enumerate(value, start=1)}


def _is_number(value: Any) -> bool:
    try:
        _read_number("number", value, "")
    except WrongKind:
        return False
    return True


def _read_number(kind: str, value: Any, what: str) -> float:
    number = value[()] if isinstance(value, np.ndarray) and value.shape == () else value
    whole = isinstance(number, int | np.integer)
    if isinstance(number, bool | np.bool_) or not (
        whole or isinstance(number, float | np.floating)
    ):
        raise WrongKind(f"{what} returned {_name(value)}; one number is expected.")
    if kind == "int" and not whole:
        raise WrongKind(f"{what} returned {float(number)!r}; a whole number (int) is expected.")
    return int(number) if kind == "int" else float(number)


def _read_numbers(kind: str, value: Any, what: str) -> np.ndarray:
    if kind == "number or array" and not isinstance(value, np.ndarray):
        if isinstance(value, list | tuple | dict | str | bool | np.bool_ | Opaque):
            raise WrongKind(
                f"{what} returned {_name(value)}; a number for a number, "
                "else a NumPy array of numbers is expected."
            )
        return np.asarray(_read_number("number", value, what))
    if kind == "sequence" and isinstance(value, list | tuple):
        for item in value:
            if not _is_number(item):
                raise WrongKind(
                    f"An entry of what {what} returned is {_name(item)}; one number is expected."
                )
        return np.array([_read_number("number", item, what) for item in value])
    if not isinstance(value, np.ndarray) or value.dtype == bool:
        wanted = "a list or an array" if kind == "sequence" else "a NumPy array"
        raise WrongKind(f"{what} returned {_name(value)}; {wanted} of numbers is expected.")
    if kind == "sequence" and value.ndim != 1:
        raise WrongKind(f"{what} returned {_name(value)}; one row of numbers is expected.")
    return value.astype(float)


def _read_values(parts: dict[str, Plain], value: Any, what: str) -> dict[str, Any]:
    names = ", ".join(parts)
    members = list(parts.values())
    if isinstance(value, np.ndarray) and (
        (value.ndim == 1 and all(kind in ("number", "int") for kind in members))
        or (value.ndim == 2 and all(kind == "sequence" for kind in members))
    ):
        value = list(value)
    if not isinstance(value, list | tuple):
        raise WrongKind(
            f"{what} returned {_name(value)}; {len(parts)} values are expected: {names}."
        )
    if len(value) != len(parts):
        raise WrongKind(
            f"{what} returned {_count(len(value), 'value')}; {len(parts)} are expected: {names}."
        )
    pairs = zip(parts.items(), value, strict=True)
    return {name: read(kind, item, _as(what, name)) for (name, kind), item in pairs}


def _read_record(
    parts: dict[str, Plain], value: Any, what: str, more: bool = False
) -> dict[str, Any]:
    names = ", ".join(parts)
    if not isinstance(value, dict):
        raise WrongKind(
            f"{what} returned {_name(value)}; a dict with the keys {names} is expected."
        )
    if not (set(parts) <= set(value) if more else set(parts) == set(value)):
        got = ", ".join(map(str, value))
        raise WrongKind(
            f"{what} returned a dict with the keys {got}; the keys {names} are expected."
        )
    return {name: read(kind, value[name], _as(what, name)) for name, kind in parts.items()}


def _as(what: str, name: str) -> str:
    return f"{what.rstrip(',')}, as {name},"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _name(value: Any) -> str:
    """Say what a value is: "a list of 3 values", "an array of shape (3, 1)"."""
    if isinstance(value, Opaque):
        return value.what
    if isinstance(value, np.ndarray):
        form = "an array" if value.dtype != bool else "an array of True and False"
        return f"{form} of shape {value.shape}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {_count(len(value), 'value')}"
    if value is None:
        return "nothing"
    names = {bool: "True or False", np.bool_: "True or False", str: "a text", dict: "a dict"}
    return names.get(type(value), "one number")


# Comparing --------------------------------------------------------------------------------------


def _flat(value: Any) -> list[tuple[str, np.ndarray]]:
    """Return the members of a read result as (name, numbers) pairs."""
    if isinstance(value, dict):
        return [
            (f"{inner} of {name}" if inner else name, part)
            for name, member in value.items()
            for inner, part in _flat(member)
        ]
    return [("", np.asarray(value))]


def _close(value: np.ndarray, expected: np.ndarray, exercise: Plain, largest: float) -> bool:
    if value.shape != expected.shape:
        return False
    kinds = {value.dtype.kind, expected.dtype.kind}
    if "U" in kinds or kinds <= {"i", "b"}:  # these are right or wrong, never close
        return bool(np.array_equal(value, expected))
    relative, floor = _tolerance(exercise, largest)
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(value - expected) <= relative * np.abs(expected) + floor
    exact = (value == expected) | (np.isnan(value) & np.isnan(expected))
    # infinity is near everything only in floating point
    return bool(np.all(exact | (near & np.isfinite(value) & np.isfinite(expected))))


def _tolerance(exercise: Plain, largest: float) -> tuple[float, float]:
    """Return the relative and the absolute tolerance."""
    tolerance = exercise.get("tolerance", {})
    relative = tolerance.get("relative", RELATIVE_TOLERANCE)
    return relative, tolerance.get("floor", max(FLOOR * largest, tolerance.get("absolute", 0.0)))


def _largest(*values: Any) -> float:
    """Return the largest finite size among all numbers in the values."""
    sizes = [0.0]
    for value in values:
        if isinstance(value, dict):
            sizes.append(_largest(*value.values()))
        elif isinstance(value, list | tuple):
            sizes.append(_largest(*value))
        elif isinstance(value, np.ndarray | np.generic | int | float):
            numbers = np.abs(np.asarray(value, dtype=float)).ravel()
            sizes.append(float(np.max(numbers[np.isfinite(numbers)], initial=0.0)))
    return max(sizes)


def _scale(case: Plain) -> float:
    """Return the size of the largest number among the arguments and the expected results."""
    expected = [case["expected"]] if "expected" in case else []
    expected += [outcome["returned"] for outcome in case.get("outcomes", ())]
    return _largest(*map(decode, expected), *(decode(plain) for _, plain in case["inputs"]))


def prepared(exercise: Plain, case: Plain) -> Plain:
    """
    Return a case with the size of its numbers, and a table of what can be drawn.

    Parameters
    ----------
    exercise, case : dict
        As for :func:`judge`, which prepares what is not prepared yet; who judges many functions by
        the same cases saves time by doing it once.
    """
    if "scale" in case:
        return case
    ready = {**case, "scale": _scale(case)}
    if "outcomes" in case:
        ready["table"], _ = _table(exercise, case["outcomes"])
    return ready


def _table(exercise: Plain, outcomes: list[Plain]) -> tuple[Table, list[Plain]]:
    """Return a table of the outcomes that can be read, and these outcomes."""
    values = [
        _readable(exercise, decode(o["returned"])) if "returned" in o else None for o in outcomes
    ]
    readable = [(value, o) for value, o in zip(values, outcomes, strict=True) if value is not None]
    vectors = [Vector.of(_flat(value)) for value, _ in readable]
    return Table(vectors, [o["weight"] for _, o in readable]), [o for _, o in readable]


def _place(exercise: Plain, case: Plain, table: Table, value: Any) -> int | None:
    """Return which of a table's results a read value is."""
    relative, floor = _tolerance(exercise, case["scale"])
    return table.place(Vector.of(_flat(value)), relative, floor)


def goes_wrong(exercise: Plain, case: Plain, outcomes: list[Plain]) -> bool:
    """
    Tell whether a function that can give these outcomes is wrong in a case.

    Parameters
    ----------
    exercise, case : dict
        As for :func:`judge`; the case holds what a right function can give.
    outcomes : list of dict
        Observations, each with its probability as ``weight``.
    """
    case = prepared(exercise, case)
    if any(_problem(exercise, case, outcome, once=True) for outcome in outcomes):
        return True
    if repeats(case["inputs"]) == 1:
        return False
    values = [(read(exercise["returns"], decode(o["returned"])), o["weight"]) for o in outcomes]
    places = [(_place(exercise, case, case["table"], value), weight) for value, weight in values]
    times = repeats(case["inputs"])
    drawn = [place for place, weight in places for _ in range(round(times * weight))]
    return case["table"].uneven([place for place in drawn if place is not None])


def _problem(
    exercise: Plain, case: Plain, seen: Plain, once: bool = False
) -> tuple[str, str] | None:
    """Return (diagnosis, advice) for one call, or None if it was right."""
    name = exercise["name"]
    if seen.get("timeout"):
        return "endless", (
            f"{name} was stopped: it took far longer than it should. "
            "Look for a loop whose end is never reached."
        )
    if seen.get("missing"):
        return "missing", (
            f"There is no function {name} when its check runs. "
            "Did its cell stop with an error, or does it define another name?"
        )
    if seen.get("died"):
        return "died", f"{name} ended Python itself. Let it return its result instead."
    if "raised" in seen:
        return "raised", _usual_cause(name, seen["raised"])
    try:
        values = _results(case, seen, once)
    except (CodecError, KeyError):
        return "unreadable", f"What {name} returned could not be read as numbers."
    for value in values:
        wrong = _result_problem(exercise, case, value)
        if wrong:
            return wrong
    if seen.get("changed"):
        names = " and ".join(str(item) for item in seen["changed"])
        return (
            "changed",
            f"{name} changed what it was given as {names}. Compute new values; leave the inputs alone.",
        )
    if seen.get("shares"):
        return (
            "shares",
            f"The result of {name} is an argument itself, or a part of one. Return new arrays, lists or dicts.",
        )
    if exercise.get("warning") and _warned(seen):
        return "warning", exercise["warning"]
    return None if once else _draw_problem(exercise, case, values)


def _results(case: Plain, seen: Plain, once: bool = False) -> list[Any]:
    """Return what came back: one value, or as many as calls were made with one generator."""
    value = decode(seen["returned"])
    times = 1 if once else repeats(case["inputs"])
    if times == 1:
        return [value]
    if not isinstance(value, list) or len(value) != times:
        raise CodecError("one result for each call is expected")
    return value


def _result_problem(exercise: Plain, case: Plain, value: Any) -> tuple[str, str] | None:
    name = exercise["name"]
    try:
        got = read(exercise["returns"], value, name)
    except WrongKind as error:
        return "nothing" if value is None else "kind", str(error)
    if exercise["returns"] == "batches":
        return _batch_problem(case, got)
    if "table" in case:
        if _place(exercise, case, case["table"], got) is None:
            return _no_draw_problem(exercise, case, got)
        return None
    expected = read(exercise["returns"], decode(case["expected"]), name)
    for (part, a), (_, e) in zip(_flat(got), _flat(expected), strict=True):
        if not _close(a, e, exercise, case["scale"]):
            return _value_problem(exercise, case, got, expected, part)
    return None


def _no_draw_problem(exercise: Plain, case: Plain, got: Any) -> tuple[str, str]:
    """Say what is off in a result that no sequence of draws gives."""
    possible = (decode(o["returned"]) for o in case["outcomes"] if "returned" in o)
    first = _flat(read(exercise["returns"], next(possible)))
    pairs = [(n, a, e) for (n, a), (_, e) in zip(_flat(got), first, strict=True)]
    for member, a, e in pairs:
        if a.shape != e.shape:
            return _shape_problem(member or "The result", a, e)
    if any(not np.all(np.isfinite(a)) for _, a, _ in pairs):
        return "not-finite", _NOT_FINITE
    relative, floor = _tolerance(exercise, case["scale"])
    agree = case["table"].agreeing(Vector.of(_flat(got)), relative, floor)
    if any(agree):
        names = [n for n, *_ in pairs]
        return _only_some(names, [n for n, right in zip(names, agree, strict=True) if not right])
    return (
        "no-draw",
        "No order of the examples gives this result. Do pairs stay together? Work one order out by hand.",
    )


def _only_some(order: list[str], wrong: list[str]) -> tuple[str, str]:
    """Name the members that are off, where some are right."""
    part = wrong[0]
    diagnosis = f"value-{part.replace(' ', '-')}"
    if len(wrong) > 2 and wrong == order[-len(wrong) :]:
        return (
            diagnosis,
            f"{part} is the first that is off, and so is all after it. Look at how {part} is computed.",
        )
    verb, what = ("is", "it is") if len(wrong) == 1 else ("are", "they are")
    return (
        diagnosis,
        f"Only {_names(wrong, order)} {verb} off; the rest is right. Look at how {what} computed.",
    )


def _batch_faults(case: Plain, batches: dict[str, np.ndarray]) -> tuple[list[int], list[str]]:
    """Return the sizes of batches, and what is wrong with their indices."""
    n, size = (decode(plain) for _, plain in case["inputs"][:2])
    indices = np.concatenate([*batches.values(), np.zeros(0, dtype=int)]).astype(int)
    inside = indices[(indices >= 0) & (indices < n)]
    times = np.bincount(inside, minlength=n)
    faults = {
        "outside": len(inside) < len(indices),
        "twice": bool((times > 1).any()),
        "unused": bool((times == 0).any()),
    }
    found = [fault for fault, there in faults.items() if there]
    sizes = [len(batch) for batch in batches.values()]
    right = [size] * (n // size) + [n % size] * (n % size > 0)
    return sizes, [*found, *(["sizes"] if sizes != right else [])]


def _batch_problem(case: Plain, batches: dict[str, np.ndarray]) -> tuple[str, str] | None:
    _, faults = _batch_faults(case, batches)
    return (faults[0], _BATCH_FAULTS[faults[0]]) if faults else None


_BATCH_FAULTS = {
    "outside": "An index is not between 0 and n − 1. Python counts from 0.",
    "twice": "Some examples come twice in one epoch. Draw one order of all indices, then cut it.",
    "unused": "Some examples are never used in an epoch. Is the last, shorter batch kept?",
    "sizes": "The batches have other sizes. Only the last one may be shorter.",
}


def _draw_problem(exercise: Plain, case: Plain, values: list[Any]) -> tuple[str, str] | None:
    """Look whether all results of many calls with one generator are equally likely."""
    times = repeats(case["inputs"])
    if times == 1 or "table" not in case:
        return None
    read_values = [read(exercise["returns"], value) for value in values]
    found = [_place(exercise, case, case["table"], value) for value in read_values]
    places = [place for place in found if place is not None]
    if not case["table"].uneven(places):
        return None
    if len(set(places)) == 1:
        return (
            "same-draw",
            f"{times} calls with one generator all gave the same. Draw anew from rng in each call, without a seed of your own.",
        )
    if len(set(places)) < len(case["outcomes"]):
        return (
            "never-drawn",
            f"In {times} calls some draws never came up. Can each example stand in each place?",
        )
    return (
        "uneven",
        f"In {times} calls some draws came up far too often. Give all of them the same chance.",
    )


def _warned(seen: Plain) -> bool:
    """Tell whether NumPy warned of an overflow, an invalid value or a division by 0."""
    return any(line.startswith("RuntimeWarning") for line in seen.get("warned", ()))


_NOT_FINITE = "There is nan or infinity in the result. Look for a division by 0 or a value that grows without end."


def _value_problem(
    exercise: Plain, case: Plain, got: Any, expected: Any, part: str
) -> tuple[str, str]:
    pairs = [(n, a, e) for (n, a), (_, e) in zip(_flat(got), _flat(expected), strict=True)]
    for member, a, e in pairs:
        if a.shape != e.shape:
            return _shape_problem(member or "The result", a, e)
    numbers = {n: (a, e) for n, a, e in pairs if a.dtype.kind == "f"}
    if any(not np.all(np.isfinite(a)) for a, _ in numbers.values()):
        return "not-finite", _NOT_FINITE
    wrong = {n: a for n, a, e in pairs if not _close(a, e, exercise, case["scale"])}
    names = _names(list(wrong), [n for n, *_ in pairs])
    if all(a.dtype.kind == "U" for a in wrong.values()):
        return (
            f"value-{part.replace(' ', '-')}",
            f"Only {names} is off. Is it spelled exactly as in the task, and does it fit this run?",
        )
    near = [np.all(np.abs(a - e) <= NEARLY * np.abs(e)) for a, e in numbers.values()]
    if set(wrong) <= set(numbers) and all(near):
        return (
            "nearly",
            "Nearly right. Is something rounded, or a small step too large? Keep full precision.",
        )
    if len(wrong) < len(pairs):
        return _only_some([n for n, *_ in pairs], list(wrong))
    return "value", "The value is off. Work this input out by hand and compare line by line."


def _names(wrong: list[str], every: list[str]) -> str:
    """Join the names of members that are off: "w1 and b1 of params", "all of params"."""
    groups: dict[str, list[str]] = {}
    for name in wrong:
        member, _, group = name.partition(" of ")
        groups.setdefault(group, []).append(member)
    words = []
    for group, members in groups.items():
        whole = group and len(members) == sum(name.endswith(f" of {group}") for name in every)
        joined = "all" if whole and len(members) > 1 else " and ".join(members)
        words.append(f"{joined} of {group}" if group else joined)
    return " and ".join(words)


def _shape_problem(member: str, a: np.ndarray, e: np.ndarray) -> tuple[str, str]:
    if e.ndim == 0:
        return "shape", f"{member} has shape {a.shape}; one number is expected for a number."
    if a.ndim == 0:
        return "shape", f"{member} is one number; an array of shape {e.shape} is expected."
    if a.shape == e.shape[::-1]:
        exchanged = "rows and columns are exchanged."
        return "transposed", f"{member} has shape {a.shape}, expected {e.shape}: {exchanged}"
    if a.ndim == e.ndim == 1:
        have, wanted = _count(len(a), "number"), "1 is" if len(e) == 1 else f"{len(e)} are"
        return (
            "shape",
            f"{member} holds {have}; {wanted} expected. Which axis or loop decides how many?",
        )
    return (
        "shape",
        f"{member} has shape {a.shape}; {e.shape} is expected. Print the shapes on the way.",
    )


def _transform(exercise: Plain, cases: list[Plain], seen: list[Plain]) -> tuple[str, str] | None:
    """Return (diagnosis, advice) if all given results are off by one and the same factor."""
    possible = dict(_FACTORS)
    if any("table" in case for case in cases):
        return None
    for case, observation in zip(cases, seen, strict=True):
        try:
            got = read(exercise["returns"], decode(observation["returned"]))
        except (CodecError, KeyError, WrongKind):
            return None
        expected = read(exercise["returns"], decode(case["expected"]))
        pairs = [(a, e) for (_, a), (_, e) in zip(_flat(got), _flat(expected), strict=True)]
        factors = {"sign": -1.0, "twice": 2.0, "half": 0.5} | _factors_of_n(case)
        for label in list(possible):
            factor = factors.get(label)
            if label == "order":
                if not _exchanged(exercise, case, [a for a, _ in pairs], [e for _, e in pairs]):
                    del possible[label]
            elif label == "transposed":
                if not all(_close(a.T, e, exercise, case["scale"]) for a, e in pairs):
                    del possible[label]
            elif factor is None or not all(
                e.dtype.kind == "f" and _close(a, factor * e, exercise, case["scale"])
                for a, e in pairs
            ):
                del possible[label]
    return next(iter(possible.items()), None)


def _exchanged(
    exercise: Plain, case: Plain, got: list[np.ndarray], expected: list[np.ndarray]
) -> bool:
    """Tell whether the values are right but come in another order."""
    return any(
        all(_close(a, e, exercise, case["scale"]) for a, e in zip(got, order, strict=True))
        for order in itertools.permutations(expected)
    )


_FACTORS = {
    "transposed": "Rows and columns are exchanged. Compare the shape of the result with the shape in the task.",
    "order": "The values are right, but in another order. Compare with the order that the task asks for.",
    "sign": "Right size, opposite sign. Look at the order of the difference and at every minus.",
    "twice": "Exactly twice the expected size. Look for a factor 2 too many.",
    "half": "Exactly half the expected size. Look for a missing factor 2.",
    "times-n": "Exactly n times too large, for n points. Look for a sum where a mean belongs.",
    "over-n": "Exactly n times too small, for n points. Look for a division by n too many.",
}


def _factors_of_n(case: Plain) -> dict[str, float]:
    first = decode(case["inputs"][0][1])
    n = len(first) if isinstance(first, list | tuple | np.ndarray) and np.ndim(first) else 0
    return {"times-n": float(n), "over-n": 1.0 / n} if n > 2 else {}


def _after_problem(exercise: Plain, cases: list[Plain], after: Plain) -> tuple[str, str]:
    name = exercise["name"]
    if after.get("overwritten"):
        return (
            "overwritten",
            f"A later call of {name} changed an earlier result. Make a new array, list or dict in every call.",
        )
    if any(seeds(case["inputs"]) for case in cases):
        return (
            "varies",
            "The draws do not come from rng alone. Draw from rng, not from np.random or random.",
        )
    return (
        "varies",
        f"{name} gave another result for the same input the second time. Use only its arguments, nothing kept from before.",
    )


# Known mistakes ---------------------------------------------------------------------------------


def _known_mistakes(
    exercise: Plain, cases: list[Plain], seen: list[Plain], after: Plain, wrong: list[int]
) -> list[str]:
    """Return the ids of the mistakes that explain what was seen, the best explanation first."""

    def explains(mistake: str, indices: list[int]) -> bool:
        return all(_same(exercise, cases[k], seen[k], mistake) for k in indices)

    def acts(mistake: str) -> bool:
        touched = any(mistake in case.get("mistakes", {}) for case in cases)
        return touched or mistake in exercise.get("after", {})

    everywhere = [
        mistake
        for mistake in exercise["mistakes"]
        if acts(mistake)
        and explains(mistake, list(range(len(cases))))
        and exercise.get("after", {}).get(mistake, {}) == after
    ]
    if everywhere or not wrong:
        return _furthest(cases, everywhere)
    # no single mistake explains all: take one that explains every wrong answer, else one that
    # explains the first and one more; a single answer can look like a mistake by chance
    for enough in (max(2, len(wrong)), 2):
        # two errors are soon alike, so in part only what came back tells a mistake
        telling = wrong if enough == len(wrong) else [k for k in wrong if "returned" in seen[k]]
        found = [
            mistake
            for mistake in exercise["mistakes"]
            if mistake in cases[wrong[0]].get("mistakes", {})
            and explains(mistake, wrong[:1])
            and sum(_shows(exercise, cases[k], seen[k], mistake) for k in telling) >= enough
        ]
        if found:
            return _furthest(cases, found)
    return []


def _furthest(cases: list[Plain], mistakes: list[str]) -> list[str]:
    """Leave out a mistake that does the same as another one and touches less."""

    def touches(mistake: str) -> set[tuple[int, str]]:
        outcomes = [case.get("mistakes", {}).get(mistake) or {} for case in cases]
        effects = [
            (*o.get("changed", ()), *(["a shared result"] if o.get("shares") else []))
            for o in outcomes
        ]
        return {(k, effect) for k, found in enumerate(effects) for effect in found}

    touched = {mistake: touches(mistake) for mistake in mistakes}
    return [m for m in mistakes if not any(touched[m] < other for other in touched.values())]


def _shows(exercise: Plain, case: Plain, seen: Plain, mistake: str) -> bool:
    """Tell whether a case that went wrong went wrong as a known mistake would."""
    return mistake in case.get("mistakes", {}) and _same(exercise, case, seen, mistake)


def _same(exercise: Plain, case: Plain, seen: Plain, mistake: str) -> bool:
    """Tell whether a known mistake would have given what was seen in this case."""
    outcome = case.get("mistakes", {}).get(mistake)
    if outcome is None:  # in this case the mistake does no harm
        return _problem(exercise, case, seen) is None
    if "outcomes" in outcome:
        return _drawn_alike(exercise, case, seen, outcome["outcomes"])
    return _one_same(exercise, case, seen, outcome)


def _drawn_alike(exercise: Plain, case: Plain, seen: Plain, outcomes: list[Plain]) -> bool:
    """Tell whether a function that can give these outcomes could have given what was seen."""
    if "returned" not in seen:
        return any(_one_same(exercise, case, seen, outcome) for outcome in outcomes)
    try:
        values = _results(case, seen)
    except CodecError:
        return False
    table, readable = _table(exercise, outcomes)
    others = [o for o in outcomes if "returned" in o and o not in readable]
    unreadable = [decode(outcome["returned"]) for outcome in others]
    places = []
    for value in values:
        got = _readable(exercise, value)
        if got is None:
            return any(_alike(exercise, value, other, case["scale"]) for other in unreadable)
        place = _place(exercise, case, table, got)
        if place is None or not _side_effects_fit(readable[place], seen):
            return False
        places.append(place)
    return len(values) == 1 or not table.uneven(places)


def _side_effects_fit(outcome: Plain, seen: Plain) -> bool:
    if not set(outcome.get("changed", ())) <= set(seen.get("changed", ())):
        return False
    return not outcome.get("shares", False) or bool(seen.get("shares", False))


def _one_same(exercise: Plain, case: Plain, seen: Plain, outcome: Plain) -> bool:
    if "raised" in outcome or "raised" in seen:
        return _error_kind(outcome) == _error_kind(seen)
    if not ("returned" in outcome and "returned" in seen):
        return bool(outcome.get("timeout")) and outcome.get("timeout") == seen.get("timeout")
    if not _side_effects_fit(outcome, seen):
        return False
    if outcome.get("warned") and not _warned(seen):
        return False
    try:
        values = [decode(o["returned"]) for o in (seen, outcome)]
    except CodecError:
        return False
    a, b = (_readable(exercise, value) for value in values)
    if a is None and b is None:
        return _alike(exercise, values[0], values[1], case["scale"])
    if a is None or b is None:
        return False
    if exercise["returns"] == "batches":  # where the order is not looked at
        return _batch_faults(case, a) == _batch_faults(case, b)
    pairs = list(zip(_flat(a), _flat(b), strict=True))
    return all(_close(x, y, exercise, case["scale"]) for (_, x), (_, y) in pairs)


def _readable(exercise: Plain, value: Any) -> Any:
    """Return a result read as the kind that is asked for, None where it is of another kind."""
    try:
        return read(exercise["returns"], value)
    except WrongKind:
        return None


def _error_kind(outcome: Plain) -> tuple[str | None, str]:
    """Tell errors apart: by type, and by the sentence for what Python says in them."""
    raised = outcome.get("raised", {})
    return raised.get("type"), _sentence(raised.get("message", ""))


def _alike(exercise: Plain, a: Any, b: Any, largest: float) -> bool:
    """Compare two results of which at least one is of the wrong kind."""
    if isinstance(a, list | tuple) and type(a) is type(b) and len(a) == len(b):
        return all(_alike(exercise, x, y, largest) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict) and set(a) == set(b):
        return all(_alike(exercise, a[key], b[key], largest) for key in a)
    numbers = (int, float, np.number)
    if isinstance(a, numbers) and isinstance(b, numbers):
        return _close(np.atleast_1d(a), np.atleast_1d(b), exercise, largest)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype.kind == b.dtype.kind and _close(a, b, exercise, largest)
    return type(a) is type(b) and not isinstance(a, list | tuple | dict | np.ndarray) and a == b


# Words ------------------------------------------------------------------------------------------


def _what_was_seen(
    exercise: Plain, case: Plain, seen: Plain, right: bool = False
) -> tuple[str, ...]:
    """Say what was called and what came back; where the value is right, only what was called."""
    call = _call_text(exercise["name"], case)
    times = repeats(case["inputs"])
    if times > 1 and "returned" in seen:
        return (f"{times} calls of {call} were made, all with one generator.",)
    drawn = "table" in case or exercise["returns"] == "batches"
    if drawn and "returned" in seen and not right:
        return (f"{call} returned {_text(decode(seen['returned']))}.",)
    if "returned" in seen and not right:
        member, got, expected = _first_difference(exercise, case, decode(seen["returned"]))
        texts = [(_text(got, digits), _text(expected, digits)) for digits in (6, 12)]
        different = [pair for pair in texts if pair[0] != pair[1]]
        if len("".join(texts[0])) > 2 * LONGEST_RESULT or not different:
            return (f"You called {call}.",)  # the advice says what is wrong with the result
        returned = f"{member} = {different[0][0]}" if member else different[0][0]
        return (f"{call} returned {returned}; expected {different[0][1]}.",)
    if "raised" not in seen:
        return (f"You called {call}.",)
    raised = seen["raised"]
    message = f": {raised['message']}" if raised["message"] else "."
    stopped = f"{call} stopped with {raised['type']}{message}"
    return (stopped, *_line_of(raised)) if raised.get("text") else (stopped,)


def _call_text(name: str, case: Plain) -> str:
    """Write a call so that it can be copied; where it gets long, large arrays by their shape."""
    if "written" in case:
        return f"{name}({case['written']})"
    arguments = [decode(plain) for _, plain in case["inputs"]]
    text = f"{name}({', '.join(_text(value) for value in arguments)})"
    if len(text) <= LONGEST_CALL:
        return text
    return f"{name}({', '.join(_text(value, most=4) for value in arguments)})"


def _first_difference(exercise: Plain, case: Plain, got: Any) -> tuple[str, Any, Any]:
    """Return what to show: of a long result the first member that is off, else the whole."""
    expected = decode(case["expected"])
    if len(_text(got)) + len(_text(expected)) <= LONGEST_RESULT:
        return "", got, expected
    try:
        right = _flat(read(exercise["returns"], expected))
        pairs = list(zip(_flat(read(exercise["returns"], got)), right, strict=True))
    except WrongKind:
        return "", got, expected
    off = [(n, a, e) for (n, a), (_, e) in pairs if not _close(a, e, exercise, case["scale"])]
    return off[0] if off else ("", got, expected)


def _where_it_stopped(seen: Plain) -> tuple[str, ...]:
    """Name the learner's own line; the error's text could hold a hidden value."""
    if "raised" not in seen:
        return ()
    raised = seen["raised"]
    return (f"It stopped with {raised['type']}.", *_line_of(raised))


def _line_of(raised: Plain) -> tuple[str, ...]:
    if not raised.get("text"):
        return ()
    inside = f"{raised['function']}, " if raised.get("function") else ""
    return (f"It happened in {inside}line {raised.get('line')}: {raised['text']}",)


# what a message about a hidden case says where the usual one would show what came back
_WITHOUT_VALUES = {
    "kind": "The result is of another kind than the task asks for. Compare what you return with the task.",
    "shape": "The result has another shape than the task asks for. Print the shapes of what goes in and comes out.",
    "transposed": "Rows and columns of the result are exchanged.",
}


def _text(value: Any, digits: int = 6, most: int = 12) -> str:
    """Write a value for a person: six significant digits, matrices of more than `most` by shape."""
    if isinstance(value, np.ndarray) and value.ndim:
        large = value.ndim > 1 and value.size > most
        return f"<{_name(value)}>" if large else f"np.array({_rows(value, digits)})"
    if isinstance(value, np.ndarray):
        return _text(value[()], digits)
    if isinstance(value, list | tuple):
        inner = ", ".join(_shortened([_text(item, digits, most) for item in value]))
        if isinstance(value, tuple):
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        return f"[{inner}]"
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f'"{k}": {_text(item, digits, most)}' for k, item in value.items())
            + "}"
        )
    if isinstance(value, float | np.floating):
        return f"{float(value) + 0.0:.{digits}g}"
    if isinstance(value, Formula):
        return f"lambda {value.argument}: {value.text}"
    if isinstance(value, Seed):
        return f"np.random.default_rng({value.seed})"
    if isinstance(value, Opaque):
        return value.what
    return repr(value)[:80] if isinstance(value, str) else str(value)


def _rows(array: np.ndarray, digits: int) -> str:
    if array.ndim > 1:
        items = [_rows(row, digits) for row in array]
    else:
        items = [_text(item, digits) for item in array]
    if array.ndim == 1 and array.dtype.kind == "f":  # 3. and not 3: a copy behaves the same
        items = [f"{item}." if item.lstrip("-").isdigit() else item for item in items]
    return f"[{', '.join(_shortened(items))}]"


def _shortened(items: list[str]) -> list[str]:
    return [*items[:4], "…", *items[-2:]] if len(items) > 12 else items


_CARET = ("for ^", "bitwise_xor")
_NO_ARITHMETIC = (
    *("multiply sequence", "concatenate list", "concatenate tuple"),
    *("'list' and", "and 'list'", "'tuple' and", "and 'tuple'", "-: 'list'", "-: 'tuple'"),
)
_NO_ARITHMETIC_SAYS = "A list or tuple does not calculate entry by entry. Convert it with np.asarray, or take it apart: a, b = …"
_PRODUCT = "A product @ pairs two lengths that differ. Print the shapes of both sides."
# what Python says in an error, for which there is a better sentence; none of it holds a value
PHRASES = {
    "values to unpack": "A line takes apart more or fewer values than there are. To walk through two vectors, use zip.",
    "positional argument": "The arguments do not fit the function that is called. Count them: what does its task ask for?",
    "not callable": "Something that is no function is called like one. Did a variable take a function's name?",
    "unhashable": "A list or an array cannot be a key. Use positions instead.",
    "truth value of an array": "An array is neither true nor false as a whole. Compare single numbers.",
    "be converted to Python scalar": "A number is expected where an array is. Use NumPy's function in the place of math's.",
    "must be real number": "The math functions take one number only. Use NumPy's function of that name.",
    **dict.fromkeys(_CARET, "In Python ^ is not a power. Write ** instead."),
    "'NoneType'": "A value is None. append and sort change a list and return nothing; do not assign what they return.",
    "scalar variable": "A number was indexed like an array. Did one entry take the place of the whole array?",
    **dict.fromkeys(_NO_ARITHMETIC, _NO_ARITHMETIC_SAYS),
    "list indices": "A list takes one whole number in brackets. Convert it first: np.asarray(…, dtype=float).",
    "tuple indices": "A tuple takes one whole number in brackets. Convert it first: np.asarray(…, dtype=float).",
    "item assignment": "A tuple or a number takes no new entries. Write into an array or a list of your own.",
    "too many indices": "There are more indices in the brackets than the array has axes. Print its shape.",
    "valid indices": "An index is no whole number. Print what stands in the brackets.",
    "core dimension": _PRODUCT,
    "not aligned": _PRODUCT,
    "enough dimensions": "@ joins vectors and matrices, and one side is a number. Print both sides.",
    "high <= 0": "rng.integers has nothing to draw from: its upper end is excluded. Does the last example ever come?",
    "broadcast": "Two shapes do not fit entry by entry. Print the shapes of what goes into this line.",
    "inhomogeneous": "The rows of a matrix have different lengths. Print what goes into np.array.",
}
_CAUSES = {
    "NameError": "A name has no value yet. Check its spelling, and run the cells above.",
    "UnboundLocalError": "A variable is used before it gets a value inside the function.",
    "TypeError": "An operation met a type that it cannot use. Print the types of what goes into this line.",
    "UFuncTypeError": "An integer array cannot hold fractions. Convert it with np.asarray(…, dtype=float) first.",
    "ValueError": "A value does not fit. Print the values and shapes of what goes into this line.",
    "NotImplementedError": "One branch still says raise NotImplementedError. Write it too.",
    "IndexError": "A line asks for an entry that is not there. Python counts from 0 to len − 1.",
    "KeyError": "A dict has no such key. Print its keys.",
    "AttributeError": "This value has no such method. A list has fewer than an array: convert it with np.asarray first.",
    "OverflowError": "A number grew too large for Python. Which input makes it so large?",
    "ZeroDivisionError": "A division by 0. Which case makes the divisor 0?",
    "RecursionError": "The function calls itself without end.",
    "SystemExit": "The function ended the program. Return a result instead.",
}


def _usual_cause(name: str, raised: Plain) -> str:
    other = _unwritten(name, raised)
    if other:
        return f"{name} calls {other}, which is not written yet. Write {other} first."
    if raised["type"] != "NotImplementedError" and raised.get("text", "").startswith("raise "):
        return "Your own raise ended the function. Return what the task asks for instead."
    if sentence := _sentence(raised["message"]):
        return sentence
    kind = raised["type"].removeprefix("_")
    return _CAUSES.get(kind, "Read the line that stopped, and print the values that go into it.")


def _sentence(message: str) -> str:
    """Return the sentence for what an error says, "" where there is none."""
    return PHRASES.get(known_phrase(message), "")


def known_phrase(message: str) -> str:
    """
    Return the phrase of ``PHRASES`` that an error's text holds, "" where there is none.

    Parameters
    ----------
    message : str
        The text; it may hold values, the phrase never does.
    """
    return next((phrase for phrase in PHRASES if phrase in message), "")
