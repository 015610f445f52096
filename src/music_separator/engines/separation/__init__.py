"""Engines that separate a mixture into stems."""
