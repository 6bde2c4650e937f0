"""Kernels beside replies need memory too, and none waits in a lane of its own."""

from __future__ import annotations

from harness.weights.fit import KERNEL_BYTES, WORKING_BYTES, Fit
from harness.wiring import Capacity


def test_a_kernel_beside_each_reply_leaves_room_for_fewer() -> None:
    room = KERNEL_BYTES + 4 * WORKING_BYTES + 4 * 100
    fit = Fit(weights=0, cell=1, scores=0, n_ctx=100, free=room, asked=100)
    assert fit.concurrent(50) == 50
    assert fit.concurrent(50, beside=True) == 4
    assert fit._replace(free=0).concurrent(50, beside=True) == 1


def test_no_run_waits_with_a_kernel() -> None:
    assert Capacity(1, 4, 2, "").lanes == 8
    assert Capacity(1, 4, 2, "", beside=True).lanes == 4
