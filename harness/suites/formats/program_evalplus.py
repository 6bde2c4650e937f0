"""Compares an answer with the reference on every input. Runs inside the sandbox.

The rules, special cases by entry point included, are those of EvalPlus' evaluation, version 0.3
(evalplus/eval/__init__.py and _special_oracle.py).
"""

import copy
import json
import math

SETS = {
    "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly",
    "larg_nnum", "intersection_array", "find_dissimilar", "Diff",
}  # fmt: skip
NOT_NONE = {"check_str", "text_match_three", "text_starta_endb"}
ENOUGH = 1e-6  # of floats, where the problem asks for none


def tuples(value):
    return tuple(tuples(one) for one in value) if isinstance(value, list) else value


def inner(values):
    return [tuple(one) if isinstance(one, list) else one for one in values]


AS_WRITTEN = {
    "arguments are tuples": lambda given: [tuple(one) for one in given],
    "arguments hold tuples": lambda given: [[tuple(one) for one in arg] for arg in given],
    "first holds tuples": lambda given: [[tuple(one) for one in given[0]], given[1]],
    "second is a tuple": lambda given: [given[0], tuple(given[1])],
    "first is a tuple": lambda given: [tuple(given[0]), *given[1:]],
    "arguments are tuples of tuples": lambda given: [tuple(inner(arg)) for arg in given],
    "all are tuples": tuples,
    "first holds sets": lambda given: [
        [set(one) if isinstance(one, list) and one else {} for one in given[0]]
    ],
    "first has tuples as values": lambda given: [
        {key: tuple(value) for key, value in given[0].items()}, *given[1:]
    ],
    "a float and a complex number": lambda given: [float(given[0]), complex(given[1])],
    "a complex number": lambda given: [complex(given[0])],
}  # fmt: skip


def floats(value):
    if isinstance(value, float):
        return True
    return isinstance(value, list | tuple) and all(isinstance(one, float) for one in value)


def function(source, name):
    namespace = {"__name__": "answer"}
    exec(compile(source, "answer.py", "exec"), namespace)
    return namespace[name]


def same(name, given, got, expected, atol):
    if name == "are_equivalent":
        return True
    if name == "sum_div" and got == 0:
        return True
    if name in SETS:
        return set(got) == set(expected)
    if name in NOT_NONE:
        wanted = expected is not None
        return got == wanted if isinstance(got, bool) else (got is not None) == wanted
    if name == "find_zero":
        value = sum(factor * math.pow(got, power) for power, factor in enumerate(given[0]))
        return abs(value) <= atol
    equal = got == expected
    if isinstance(equal, bool) and equal:
        return True
    if atol == 0 and not floats(expected):
        return bool(equal)
    if type(got) is not type(expected):
        return False
    if isinstance(expected, list | tuple) and len(got) != len(expected):
        return False
    import numpy as np

    return np.allclose(got, expected, rtol=1e-07, atol=atol or ENOUGH)


def check(answer, about):
    about = json.loads(about)
    name, convert = about["entry_point"], AS_WRITTEN.get(about["kind"], lambda given: given)
    inputs = [convert(given) for given in about["inputs"]]
    reference = function(about["solution"], name)
    expected = [reference(*copy.deepcopy(given)) for given in inputs]
    asked = function(answer, name)
    for number, (given, wanted) in enumerate(zip(inputs, expected, strict=True)):
        got = asked(*copy.deepcopy(given))
        assert same(name, given, got, wanted, about["atol"]), f"input {number} of {len(inputs)}"
