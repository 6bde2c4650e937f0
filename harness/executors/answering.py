"""Runs inside a kernel: answers questions of the harness beside the cells.

Its source is what a kernel executes before its first cell, in a namespace that no cell sees; so it
imports nothing of the harness. It takes all that it uses before any cell can put something else in
its place, and speaks in messages of its own, so that no cell, no count of cells and no figure is
touched. Code that searches for it finds it; what it answers is of the kernel's making.
"""

from __future__ import annotations

import builtins
import json
import sys
from typing import Any


def install() -> None:
    """Let the kernel that runs this know the message ``harness_ask``."""
    from ipykernel.kernelapp import IPKernelApp  # noqa: PLC0415 - only kernels have it

    kernel: Any = IPKernelApp.instance().kernel
    names = kernel.shell.user_ns
    known = dict(vars(builtins))  # what cells put in there is in no program's way
    encode, decode = json.JSONEncoder(allow_nan=False).encode, json.JSONDecoder().decode
    compiled: dict[str, Any] = {}
    tracing = (sys.gettrace, sys.settrace, sys.getprofile, sys.setprofile)

    def answer(content: dict[str, Any]) -> str | None:
        program, most = content["program"], content["most"]
        if program not in compiled:
            compiled[program] = compile(program, "<harness>", "exec", dont_inherit=True)
        space: dict[str, Any] = {"__builtins__": known, "__name__": "harness", "USER": names}
        exec(compiled[program], space)  # noqa: S102 - that is what it is for
        text = encode(space["answer"](decode(content["question"])))
        return text if len(text) <= most else None

    def ask(stream: object, ident: object, parent: dict[str, Any]) -> None:
        text = None
        get_trace, set_trace, get_profile, set_profile = tracing
        trace, profile = get_trace(), get_profile()
        try:
            set_trace(None)
            set_profile(None)
            text = answer(parent["content"])
        except BaseException:  # noqa: S110 - no answer, whatever it was
            pass
        finally:
            set_trace(trace)
            set_profile(profile)
        kernel.session.send(stream, "harness_reply", {"answer": text}, parent, ident=ident)

    kernel.shell_handlers["harness_ask"] = ask


if __name__ == "harness":
    install()
