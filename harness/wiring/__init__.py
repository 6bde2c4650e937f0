"""Names into concrete things: which engine, executor or runner stands behind one.

The only room that imports adapters, and only when they are asked for: listing loads no model.
Import ``engine``, ``executor``, ``runner`` and ``capacity`` from here. An engine is found by its
name; to add a runner, copy the ``inline`` branch of ``runners.py``.
"""

from harness.wiring.capacity import Capacity, capacity, join_cluster
from harness.wiring.engines import check_stages, conversation, engine, preload
from harness.wiring.executors import beside, executor, sandbox_problem
from harness.wiring.runners import runner

__all__ = [
    "Capacity",
    "beside",
    "capacity",
    "check_stages",
    "conversation",
    "engine",
    "executor",
    "join_cluster",
    "preload",
    "runner",
    "sandbox_problem",
]
