"""Where generated code runs: a session is a kernel, a sandbox is what surrounds it.

Adapters behind the ``Executor`` port: only ``wiring`` imports them. ``limits`` stops what takes too
much, ``limited`` lets so many sessions run at a time. The smallest to copy is ``scripted.py``.
"""
