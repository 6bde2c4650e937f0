"""Reads the header of a GGUF file that nobody vouches for.

llama.cpp is C++ and meets a file only after this package has. No length is believed before it is
checked against the file's own size, so a foreign or broken file costs one line, not a crash.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Where llama.cpp is stricter
(ggml/src/gguf.cpp: nested lists, gaps between tensors, long tensor names), so is this.
"""

from harness.weights.gguf.header import Header, read_header

__all__ = ["Header", "read_header"]
