"""The shared kernel: the words every other package speaks, with no knowledge of databases, engines or the web."""
