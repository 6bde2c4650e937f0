"""What every record is."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

SCHEMA_VERSION = 5

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Record(BaseModel):
    """Base of all records: frozen, strict about unknown keys, and without NaN or infinity.

    JSON has neither. What is not defined is None, and something beside it says why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
