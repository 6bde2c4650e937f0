"""Work as a text says it, and what in code may do it."""

from __future__ import annotations

from harness.findings.commentary.works.models import MODELS
from harness.findings.commentary.works.plots import PLOTS
from harness.findings.commentary.works.values import VALUES
from harness.findings.commentary.works.work import Work

WORK = (*VALUES, *PLOTS, *MODELS)
__all__ = ["WORK", "Work"]
