"""``fixes/<stage>/``: human changes to generated notebooks, one small reviewed file each.

``files`` reads and writes them, ``unified`` and ``rules`` know the two forms, ``series`` applies
them all to a raw notebook.
"""

from harness.fixes.files import FOLDER, load, names, read
from harness.fixes.series import Applied, apply

__all__ = ["FOLDER", "Applied", "apply", "load", "names", "read"]
