"""Notebooks as values: replies into cells, cells into text and into ``.ipynb`` files, and back.

Import ``replies``, ``percent``, ``jupyter``, ``syntax``, ``artifacts`` and ``stored``. Nothing here
runs code. The smallest neighbour to copy is ``artifacts.py``.
"""
