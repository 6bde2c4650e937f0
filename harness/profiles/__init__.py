"""What a table is like: dialect, types, blanks, quirks, counted without loading it into memory.

Import ``profile`` for a whole table and ``tables`` to open one. The smallest neighbour to copy is
``sql.py``.
"""
