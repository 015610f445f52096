"""Multipart bodies written by hand, for uploads that no well-behaved client would send."""

BOUNDARY = "tests-boundary"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def field(name: str, value: str) -> bytes:
    """Write a part without a file name."""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def file_part(content: bytes, *, filename: str = "song.wav", name: str = "file") -> bytes:
    """Write a part with a file name."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
    return head.encode() + content + b"\r\n"


def body(*parts: bytes) -> bytes:
    """Put parts together and close the form."""
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
