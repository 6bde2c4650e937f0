"""Forks a child for each answer, waits for it, and ends all that it started. In the sandbox.

Lines of JSON come in and go out. A child says that the tests passed with the question's nonce, at
the very end: an exit, however friendly, says nothing. It has a folder, a group and limits of its
own, and nothing to print to. Its time is the processor's, so that a busy machine changes nothing;
one that waits for something is ended by the clock.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import math
import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
import types

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h
LONGEST = 300  # characters of a message
MOST_READ = 1 << 16  # bytes of what a child says
TRIES = 200  # to end what a child left


def child(question, folder, out):
    os.setsid()
    os.chdir(folder)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    modes = ((0, "r"), (1, "w"), (2, "w"))
    sys.stdin, sys.stdout, sys.stderr = (open(at, mode) for at, mode in modes)
    os.closerange(3, out)
    os.closerange(out + 1, 1024)
    most = math.ceil(question["seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    seed()
    write, dumps = os.write, json.dumps  # before an answer can put others in their place
    write(out, dumps(judged(question)).encode())


def seed():
    """What was drawn before the fork shall not be drawn alike by every answer."""
    import random

    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def judged(question):
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.path.insert(0, "")
    nonce, test = question.pop("nonce"), question.pop("test")
    module.__dict__["answer"] = question.pop("answer")
    try:
        exec(compile(test, "test.py", "exec"), module.__dict__)
    except BaseException as error:
        said = traceback.format_exception_only(error)[-1].strip()
        return {"nonce": nonce, "error": type(error).__name__[:60], "message": said[:LONGEST]}
    return {"nonce": nonce, "error": None, "message": ""}


def descendants():
    """All processes below this one: those whose parent died are its own children."""
    above = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                text = open(f"/proc/{name}/stat").read()
            except OSError:
                continue
            above.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(name))
    found, waiting = [], [os.getpid()]
    while waiting:
        below = above.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def end_all():
    """Whether nothing is left of what the child started."""
    for _ in range(TRIES):
        left = descendants()
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            # Children that live on, or there would be an error: look again.
            time.sleep(0.005)
        except ChildProcessError:
            return True
    return False


def wait(pid, into, seconds):
    """What the child said until it ended, and how it ended; ``timeout`` where it did not."""
    deadline, said, descriptor = time.monotonic() + seconds, b"", os.pidfd_open(pid)
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return said, "timeout"
            ready, _, _ = select.select([into, descriptor], [], [], left)
            if descriptor in ready:
                break
            if into in ready:
                piece = os.read(into, MOST_READ)
                said += piece
                if not piece or len(said) > MOST_READ:  # it closed it, or floods it: never mind
                    into = descriptor
        while select.select([into], [], [], 0)[0] and into != descriptor:
            piece = os.read(into, MOST_READ)
            said += piece
            if not piece or len(said) > MOST_READ:
                break
    finally:
        os.close(descriptor)
    info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    if info.si_code == os.CLD_EXITED:
        return said, "exit"
    return said, "timeout" if info.si_status == signal.SIGXCPU else "killed"


def remove(folder):
    """What is in it may be too deep for recursion in Python."""
    subprocess.run(["/bin/rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)


def judge(question):
    started = time.monotonic()
    folder = os.path.abspath(f"answer-{os.getpid()}")
    if os.path.exists(folder):
        remove(folder)
    os.mkdir(folder)
    into, out = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            child(question, folder, out)
        finally:
            os._exit(0)
    os.close(out)
    said, how = wait(pid, into, question["deadline"])
    os.close(into)
    gone = end_all()
    remove(folder)
    clean = gone and not os.path.exists(folder)
    return outcome(said, how) | {"seconds": time.monotonic() - started, "clean": clean}


def outcome(said, how):
    if how == "exit":
        try:
            found = json.loads(said)
            return {key: found[key] for key in ("nonce", "error", "message")}
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
    return {"nonce": "", "error": how, "message": ""}


def main():
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    os.environ.setdefault("MPLBACKEND", "Agg")
    lines, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    for descriptor in (0, 1):  # nothing that is imported or forked reads questions or answers
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    for name in json.loads(sys.argv[1]):
        with contextlib.suppress(Exception):  # the tests will say so themselves
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    for line in lines:
        answers.write(json.dumps(judge(json.loads(line))).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
