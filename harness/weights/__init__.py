"""Model files: where they come from, whose they are, and whether they fit into memory.

Import ``sources`` (entry to verified file), ``identities``, ``fit``, ``cache`` and ``gguf``.
For another source of weights, copy the branch of ``parts`` in ``sources.py``.
"""
