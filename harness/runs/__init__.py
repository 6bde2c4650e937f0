"""One run, from its plan to its record: what ``pipeline.py`` reads like, top to bottom.

Import ``plans``, ``pipeline``, ``patching``, ``store`` and their like; files go through ``store``.
For another step of the flow, copy ``failures.py``: values in, values out.
"""
