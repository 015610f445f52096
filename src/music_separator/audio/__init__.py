"""Sound: reading, decoding, writing and measuring it. Nothing here knows of songs, jobs or engines."""
