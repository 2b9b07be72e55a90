"""The services of vanban: shared kernel, archive, reading, fields, search and the web."""
