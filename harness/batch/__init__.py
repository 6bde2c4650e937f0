"""Many runs: which are asked for, which are left to do, who does them, how long they may take.

Import ``request``, ``matrix``, ``rungs``, ``schedule``, ``outcomes``, ``inputs``, ``worker`` and
``estimate``; ``runners`` are adapters that only ``wiring`` imports. The smallest runner to copy is
``runners/inline.py``.
"""
