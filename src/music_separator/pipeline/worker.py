"""The entry point of a worker: one desk, fed over its pipes. Loads nothing that only the server needs."""

from music_separator.pipeline.work import Desk
from music_separator.workers.child import serve

if __name__ == "__main__":
    desk = Desk()
    serve(desk.run_task, desk.prepare)
