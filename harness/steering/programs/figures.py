"""A cell begins whose statements come one by one: figures stay open from one to the next.

By itself a kernel draws and closes them after all that it runs, and the second half of a plot would
find none. They are not drawn either, which takes most of a plot's time: nobody looks at them.
"""

from __future__ import annotations

import sys


def answer(question: object) -> bool:
    """Close the figures of the cell before, as the kernel would have."""
    from matplotlib_inline.config import InlineBackend  # noqa: PLC0415 - it loads no matplotlib

    config = InlineBackend.instance(parent=sys.modules["IPython"].get_ipython())
    config.close_figures, config.figure_formats = False, set()
    managers = sys.modules.get("matplotlib._pylab_helpers")
    if managers is not None:
        managers.Gcf.destroy_all()
    return True
