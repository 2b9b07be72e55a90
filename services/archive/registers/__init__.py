"""Registers that offices kept: read, matched with scans, reconciled. The way in is `service.Registers`."""
