"""Upload a song, print one line per event, download every result.

Run:  pip install "python-socketio[client]"
      python python_client.py SONG [--lyrics FILE.lrc] [--server http://localhost:5000] [--out FOLDER]
"""
# ruff: noqa: T201

import argparse
import json
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import socketio


def main() -> int:
    """Run the client; 0 when the song went through, 1 when not."""
    parser = argparse.ArgumentParser(description="Upload a song, follow it, download the results.")
    parser.add_argument("song", type=Path)
    parser.add_argument("--lyrics", type=Path, help="LRC: lyrics with times")
    parser.add_argument("--server", default="http://localhost:5000")
    parser.add_argument("--out", type=Path, default=Path())
    wanted = parser.parse_args()

    file_id = str(uuid.uuid4())  # our own id: events can be told apart before the upload is answered
    with socketio.SimpleClient() as socket:
        socket.connect(wanted.server)
        try:
            file_id = upload(wanted.server, wanted.song, wanted.lyrics, file_id)
        except urllib.error.HTTPError as refused:
            print(json.load(refused)["error"], file=sys.stderr)
            return 1
        succeeded = follow(socket, file_id)
    download(wanted.server, file_id, wanted.out)
    return 0 if succeeded else 1


def upload(server: str, song: Path, lyrics: Path | None, file_id: str) -> str:
    """Send the song, the file last; give its id: another one where the server has this very song already."""
    boundary = uuid.uuid4().hex
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    body = b""
    if lyrics:
        body += f'{head}"lyrics"\r\n\r\n'.encode() + lyrics.read_bytes() + b"\r\n"
    body += f'{head}"file"; filename="{song.name}"\r\n\r\n'.encode() + song.read_bytes()
    body += f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    request = urllib.request.Request(f"{server}/upload?model=demucs&file_id={file_id}", body, headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["file_id"]


def follow(socket: socketio.SimpleClient, file_id: str) -> bool:
    """Print the events of one song until its last; True when it went through."""
    while True:
        name, event = socket.receive()
        if name != "processing_progress" or event["file_id"] != file_id:
            continue
        print(f"[{event['stage']}] {event['progress']}%: {event['message']}", flush=True)
        if event["error"]:
            print(event["error"], file=sys.stderr)
        if event["stage"] == "complete" or event["status"] in ("failed", "cancelled"):
            return event["stage"] == "complete"


def download(server: str, file_id: str, folder: Path) -> None:
    """Save every result that there is, also of a song that failed half way."""
    folder.mkdir(parents=True, exist_ok=True)
    with urllib.request.urlopen(f"{server}/jobs/{file_id}") as answer:
        results = json.load(answer)["results"]
    for result in results:
        target = folder / result["filename"]
        urllib.request.urlretrieve(server + result["download_url"], target)
        print(target)


if __name__ == "__main__":
    sys.exit(main())
