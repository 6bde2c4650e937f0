"""Help while a reply is written: what the kernel holds, and which way the code may not go.

``observing`` sees what a kernel holds, and ``view`` tells it within a budget of tokens. ``reading``
finds the statements of a growing reply; ``judge`` runs them in a ``kernel``, asks the ``guards``,
and decides where the model steps back to. ``correcting`` takes back what runs and is not right.
``evidence`` is what a repair tells. Programs that run inside the kernel are in ``programs/``; what
they answer is of the kernel's making, and data only.

The runs import ``observing``, ``view``, ``kernel``, ``judge`` and ``evidence`` from here. A guard
is a module of ``guards/``; the smallest one to copy is ``guards/imports.py``.
"""

# Part of the id of a run that had help. Raise it where the same seed may give another reply under
# the same help: after a change of what is judged, told or taken back, or of repairs or candidates.
REVISION = 7
