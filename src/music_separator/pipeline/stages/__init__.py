"""What a worker does, one file per stage."""
