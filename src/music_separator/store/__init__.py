"""What is kept: rows in app.db, files by digest."""
