"""Tests of vanban."""
