"""Lyrics in, karaoke out: readers, layout of displayed lines, the song, a writer per format. No audio is decoded."""
