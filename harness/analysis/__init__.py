"""What stored runs tell: shares of human work, comparisons of models, differences, pages.

Import its modules; they read records and write nothing but what they return.
The smallest neighbour to copy is ``ledger.py``.
"""
