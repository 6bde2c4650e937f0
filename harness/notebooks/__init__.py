"""Notebooks as values: replies into cells, cells into text and into ``.ipynb`` files, and back.

``notebook`` holds the value that all others travel as: ``stored`` makes it from a run's replies,
``jupyter`` reads it from files and writes it into them. Import these, ``replies``, ``installs``,
``percent``, ``syntax``, ``comments``, ``frame_calls``, ``tracebacks``, ``visible`` and
``artifacts``. ``replies``
tells ``reasoning`` from answers and asks ``pieces`` for the code in ``fences``, and ``undressed``
where there is none.
Nothing here runs code. The smallest neighbour to copy is ``artifacts.py``.
"""
