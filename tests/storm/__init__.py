"""A storm: a running archive takes in files while its processes are killed at random; then all is looked at."""
