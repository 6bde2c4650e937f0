"""Models that answer conversations, behind the ``Engine`` port.

A new kind of model is a module here like ``scripted.py``, and its word in ``ModelIdentity.kind``
(records/models.py); then mypy and grep for that word lead through what knows of kinds: the field of
an entry (models.py), where it is found and who it is (weights.py), and what is started for it
(wiring.py).
"""
