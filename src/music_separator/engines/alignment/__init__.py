"""Engines that find when words are sung. ``phonetic`` is the engine; its parts lie beside it, one noun each."""
