"""Models run in processes of their own: supervisor, messages, child."""
