"""``fixes/<stage>/``: human changes to generated notebooks, one small reviewed file each.

Import ``load`` and ``apply_to_run`` from here. ``files`` reads and writes fixes, ``unified`` and
``rules`` know the two forms, ``apply`` applies them all to a raw notebook. The smallest neighbour
to copy is ``headers.py``.
"""

from harness.fixes.apply import Applied, apply_series, apply_to_run
from harness.fixes.files import FOLDER, load, names, read

__all__ = ["FOLDER", "Applied", "apply_series", "apply_to_run", "load", "names", "read"]
