"""Plain data: values survive the way there and back, everything else becomes words."""

import json
import math
from typing import NamedTuple

import numpy as np
import pytest

from helpers.codec import CodecError, Formula, Opaque, decode, encode


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -2.5,
        float("inf"),
        "text",
        [1, 2.5],
        (1, [2, 3]),
        {"w": 1.0, "b": [2]},
        np.float64(0.1),
        np.int32(7),
        np.array([1.0, 2.0]),
        np.array([[1, 2, 3], [4, 5, 6]]),
        np.array(2.5),
        np.array([True, False]),
        np.zeros((2, 0)),
        Formula("t", "t[0] ** 2"),
    ],
)
def test_values_survive(value):
    there = json.loads(json.dumps(encode(value)))
    back = decode(there)
    assert type(back) is type(value)
    assert np.array_equal(back, value) if isinstance(value, np.ndarray) else back == value
    assert getattr(back, "dtype", None) == getattr(value, "dtype", None)


def test_named_tuples_are_tuples():
    pair = NamedTuple("Pair", [("m", float), ("c", float)])(1.0, 2.0)
    assert encode(pair) == encode((1.0, 2.0))


def test_nan_survives():
    assert math.isnan(decode(json.loads(json.dumps(encode(math.nan)))))
    assert np.isnan(decode(encode(np.array([np.nan])))[0])


class AnyType(type):
    """A type that equals every other, and runs code when it is asked for its hash."""

    def __eq__(cls, other):
        return True

    def __hash__(cls):
        raise RuntimeError("the learner's code ran")


def test_a_type_that_lies_is_not_asked():
    assert encode(AnyType("Liar", (), {})()) == {"opaque": "an object of type Liar"}
    double = AnyType("Double", (np.float64,), {})(2.0)
    assert encode(double) == {"opaque": "an object of type Double"}


class Lies(np.ndarray):
    pass


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ((n for n in ()), "a generator"),
        (len, "an object of type builtin_function_or_method"),
        (1j, "an object of type complex"),
        ({1, 2}, "an object of type set"),
        ({1: 2}, "a dict with keys that are not text"),
        (np.array([1]).view(Lies), "an object of type Lies"),
        (np.array(["a"]), "an array of text"),
        (np.array([None]), "an array of objects"),
        (np.zeros(200_000), "a very large array"),
        (10**400, "an integer too large to be a result"),
        ([0] * 200_000, "a very long list"),
        ("x" * 20_000, "a very long text"),
    ],
)
def test_what_is_no_data_is_described(value, what):
    text = encode(value)["opaque"]
    assert text.startswith(what)
    assert decode(encode(value)) == Opaque(text)


def test_a_container_inside_itself_ends():
    loop = []
    loop.append(loop)
    assert "deeply nested" in json.dumps(encode(loop))


@pytest.mark.parametrize(
    "plain",
    [
        {},
        [],
        {"array": [1, 2], "dtype": "float64", "shape": [3]},
        {"array": ["x"], "dtype": "float64", "shape": [1]},
        {"array": [1], "dtype": "object", "shape": [1]},
        {"array": [1], "dtype": "V8", "shape": [1]},
        {"array": [1], "dtype": "no such type", "shape": [1]},
        {"array": [1], "dtype": "float64", "shape": "x"},
        {"array": [1], "dtype": "int8", "shape": [10**30]},
        {"scalar": {"list": []}, "dtype": "float64"},
        {"float": "1.0); import os"},
        {"dict": [1]},
        {"list": [{}]},
        {"formula": ["t"]},
        {"pickle": "x"},
    ],
)
def test_forged_data_are_refused(plain):
    with pytest.raises(CodecError):
        decode(plain)
