"""The reference pages, one module each: ``page`` gives the Markdown of one, from what the program says of itself."""
