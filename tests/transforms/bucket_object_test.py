"""An object is written once, whoever else writes it. The emulator of the other tests does not look at generations."""

import threading
import urllib.parse
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from apache_beam.internal.gcp import auth

from transforms import filesystem
from transforms.bucket_object import create_object


class Bucket(ThreadingHTTPServer):
    """What Cloud Storage does when an upload says that the object must not be there.

    Attributes:
      objects: name -> bytes.
      loses_answer: an upload is done and answered with 503.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.loses_answer = False


class _Handler(BaseHTTPRequestHandler):
    server: Bucket

    def do_POST(self) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        whole = message_from_bytes(b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        data = whole.get_payload()[1].get_payload(decode=True)  # type: ignore[index,union-attr]
        name = whole.get_payload()[0].get_payload().split('"name": "')[1].split('"')[0]  # type: ignore[index,union-attr]
        assert isinstance(data, bytes)
        if query.get("ifGenerationMatch") == ["0"] and name in self.server.objects:
            self._answer(412, b"{}")
            return
        self.server.objects[name] = data
        loses, self.server.loses_answer = self.server.loses_answer, False
        self._answer(503 if loses else 200, b'{"name": "x", "generation": "1"}')

    def do_GET(self) -> None:
        name = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path.rsplit("/", 1)[1])
        found = self.server.objects.get(name)
        self._answer(404 if found is None else 200, found or b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    server = Bucket()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "proj-x")
    monkeypatch.setattr(auth._Credentials, "_credentials_init", True)  # none are looked for, which takes 24 s
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_who_comes_second_writes_nothing(bucket: Bucket) -> None:
    create_object("gs://b/runs/ended.json", b"first")

    with pytest.raises(FileExistsError):
        create_object("gs://b/runs/ended.json", b"second")

    assert bucket.objects == {"runs/ended.json": b"first"}


def test_an_answer_that_is_lost_is_no_other_writer(bucket: Bucket) -> None:
    bucket.loses_answer = True

    create_object("gs://b/ended.json", b"first")

    assert bucket.objects == {"ended.json": b"first"}


def test_a_file_that_is_written_whole_is_looked_for_by_the_bucket(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.objects["ended.json"] = b"first"
    monkeypatch.setattr(filesystem, "exists", lambda _: False)  # it was written a moment later

    with pytest.raises(FileExistsError):
        filesystem.write_whole("gs://b/ended.json", b"second")

    assert bucket.objects == {"ended.json": b"first"}
