#!/bin/sh
# Installs bubblewrap, the sandbox that generated code runs in, where this user may; otherwise says how.
set -u
command -v bwrap >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing bubblewrap, the sandbox for generated code"
    { apt-get install -y -qq bubblewrap || { apt-get update -qq && apt-get install -y -qq bubblewrap; }; } >/dev/null 2>&1
fi
command -v bwrap >/dev/null 2>&1 ||
    echo "bubblewrap is missing: generated code will not be run. Install it with: sudo apt-get install bubblewrap" >&2
exit 0
