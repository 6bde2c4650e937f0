"""Where generated code runs: a session is a kernel, a sandbox is what surrounds it."""
