"""Call a learner's function on given inputs and describe what happened as plain data.

The notebook's check and the marking runner both use this module, so that both see the same thing.
It compares nothing and knows no answer.
"""

import contextlib
import io
import linecache
import sys
import warnings
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import numpy as np

from helpers.codec import MAX_DEPTH, Formula, Plain, Seed, decode, encode

Inputs = list[list[Plain]]  # one call: [parameter name, described value] in the order of the call


def observe(function: Callable[..., Any], calls: list[Inputs]) -> Iterator[Plain]:
    """
    Call a function once for each set of inputs, then look at some results again.

    Parameters
    ----------
    function : callable
        The learner's function; each call gets fresh copies of the inputs.
    calls : list
        For each call the ``[name, described value]`` pairs, in order.

    Yields
    ------
    dict
        For each call what was ``returned`` (described) or ``raised``, the names of arguments that
        were ``changed``, whether the result ``shares`` memory with them, and ``warned`` lines.
        One last dict tells whether an earlier result was ``overwritten`` by a later call
        and whether a call, made again, ``varies``.

    Examples
    --------
    >>> list(observe(lambda x: 2 * x, [[["x", 3]]]))
    [{'returned': 6}, {}]
    """
    results: list[tuple[Any, Plain]] = []
    for call in calls:
        observation, result = _call(function, call)
        if "returned" in observation:
            results.append((result, observation["returned"]))
        yield observation
    yield _look_again(function, calls, results)


def seeds(call: Inputs) -> dict[str, Seed]:
    """
    Return the generators among the arguments of a call, by name.

    Parameters
    ----------
    call : list
        ``[name, described value]`` pairs.
    """
    described = {name: plain for name, plain in call if isinstance(plain, dict) and "seed" in plain}
    values = {name: decode(plain) for name, plain in described.items()}
    return {name: value for name, value in values.items() if isinstance(value, Seed)}


def repeats(call: Inputs) -> int:
    """
    Return how often a call is to be made with one generator.

    Parameters
    ----------
    call : list
        ``[name, described value]`` pairs.
    """
    return max((seed.times for seed in seeds(call).values()), default=1)


def call_once(
    function: Callable[..., Any], call: Inputs, generator: Callable[[Seed], Any]
) -> dict[str, Plain]:
    """
    Call a function once with a generator of the caller's making.

    Parameters
    ----------
    function : callable
        The function.
    call : list
        ``[name, described value]`` pairs.
    generator : callable
        Gives the generator for a seed.

    Returns
    -------
    dict
        As :func:`observe` yields, for the one call.
    """
    return _call(function, call, generator, once=True)[0]


def _call(
    function: Callable[..., Any],
    call: Inputs,
    generator: Callable[[Seed], Any] = Seed.generator,
    once: bool = False,
) -> tuple[dict[str, Plain], Any]:
    """Call with fresh copies of the inputs; with ``times``, again and again with one generator."""
    kept = {name: generator(seed) for name, seed in seeds(call).items()}
    times = 1 if once else repeats(call)
    results: list[Any] = []
    changed: set[str] = set()
    shares = False
    observation: dict[str, Plain] = {}
    with warnings.catch_warnings(record=True) as caught, _quiet():
        warnings.simplefilter("always")
        for _ in range(times):
            arguments = [kept[name] if name in kept else _argument(plain) for name, plain in call]
            try:
                results.append(function(*arguments))
            except KeyboardInterrupt:
                raise  # the learner's own, or the time is over
            except BaseException as error:
                observation, results = {"raised": _describe_error(error)}, [None]
            pairs = list(zip(call, arguments, strict=True))
            given = [value for (name, _), value in pairs if name not in kept]
            changed |= {
                name
                for (name, plain), value in pairs
                if name not in kept and not callable(value) and encode(value) != plain
            }
            shares = shares or _shares_memory(results[-1], given)
            if observation:
                break
        else:
            observation = {"returned": encode(results if times > 1 else results[0])}
    if changed:
        observation["changed"] = [name for name, _ in call if name in changed]
    if shares:
        observation["shares"] = True
    if caught:
        lines = [f"{item.category.__name__}: {item.message}"[:200] for item in caught]
        observation["warned"] = list(dict.fromkeys(lines))[:3]
    return observation, results if times > 1 else results[0]


def _argument(plain: Plain) -> Any:
    value = decode(plain)
    return value.function() if isinstance(value, Formula) else value


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # nbgrader counts any line on stderr as a failed test
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        yield


def _look_again(
    function: Callable[..., Any], calls: list[Inputs], results: list[tuple[Any, Plain]]
) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    if any(encode(result) != plain for result, plain in results):
        found["overwritten"] = True
    if calls and len(results) == len(calls):
        # many draws cannot come out the same by chance; else the first call will do
        k = next((k for k, call in enumerate(calls) if repeats(call) > 1), 0)
        again, _ = _call(function, calls[k])
        if again.get("returned") != results[k][1]:
            found["varies"] = True
    return found


def _leaves(value: Any, depth: int = 0) -> Iterator[Any]:
    kind = type(value)  # compared by identity: a learner's type may say that it equals any other
    if (kind is list or kind is tuple or kind is dict) and depth <= MAX_DEPTH:
        for item in value.values() if kind is dict else value:  # a list can hold itself
            yield from _leaves(item, depth + 1)
    if kind is list or kind is dict or kind is np.ndarray:
        yield value


def _shares_memory(result: Any, arguments: list[Any]) -> bool:
    inputs = list(_leaves(arguments))
    for part in _leaves(result):
        for value in inputs:
            if part is value:
                return True
            if type(part) is type(value) is np.ndarray and np.may_share_memory(part, value):
                return True
    return False


def _describe_error(error: BaseException) -> dict[str, Plain]:
    try:
        message = str(error)[:300]
    except Exception:  # an exception whose own text fails
        message = ""
    described: dict[str, Plain] = {"type": type(error).__name__[:60], "message": message}
    frame = _learners_line(error.__traceback__)
    if frame is not None:
        filename, line, described["function"] = frame
        described["line"] = line
        described["text"] = linecache.getline(filename, line).strip()[:120]
    return described


def _learners_line(traceback: TracebackType | None) -> tuple[str, int, str] | None:
    """Return file, line and function of the deepest frame that the learner wrote."""
    found = None
    libraries = (sys.prefix, sys.base_prefix, "<frozen", "<__array_function__")
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if filename != __file__ and not filename.startswith(libraries):
            found = (filename, traceback.tb_lineno, traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    return found
