"""Notebooks as values: replies into cells, cells into text and into ``.ipynb`` files, and back.

``notebook`` holds the value that all others travel as: ``stored`` makes it from a run's replies,
``jupyter`` reads it from files and writes it into them. Import these, ``replies``, ``percent``,
``syntax``, ``tracebacks`` and ``artifacts``. Nothing here runs code. The smallest neighbour to copy
is ``artifacts.py``.
"""
