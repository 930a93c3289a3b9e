"""The door: one origin; a real Caddy before two small servers."""

import contextlib
import gzip
import http.client
import http.server
import json
import ssl
import struct
import subprocess
import threading
import time

import httpx
import pytest

from chemward.config import door
from chemward.config.web import with_probe
from chemward.telemetry.installation import Installation, free_port


class Upstream(http.server.ThreadingHTTPServer):
    """Answers with its name and what it was asked; `/live/stream` sends an event each 0.3 s."""

    daemon_threads = True

    def __init__(self, name):
        self.name = name
        super().__init__(("127.0.0.1", 0), Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.startswith("/live/stream"):
            self._stream()
            return
        length = int(self.headers.get("Content-Length") or 0)
        received = len(self.rfile.read(length))
        body = {
            "server": self.server.name,
            "path": self.path,
            "received": received,
            "headers": dict(self.headers),
            "fill": "x" * 2000,
        }
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_POST(self):
        self.do_GET()

    def _stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        with contextlib.suppress(OSError):
            for n in range(20):
                self.wfile.write(b"event: beat\ndata: %d\n\n" % n)
                self.wfile.flush()
                time.sleep(0.3)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def open_door(tmp_path, settings):
    installation = Installation(data=tmp_path / "var")
    static = installation.data / "static"
    static.mkdir(parents=True)
    (static / "app.0123456789ab.css").write_text("body{}" * 500)
    (static / "plain.css").write_text("body{}")
    (static / ".secret").write_text("no")
    (installation.data / "run.json").write_text("no")
    web, live = Upstream("web"), Upstream("live")
    ports = {"door": free_port(), "web": web.server_address[1], "live": live.server_address[1]}
    process = subprocess.Popen(
        door.command(installation, ports, settings), stderr=subprocess.DEVNULL, env={"HOME": str(tmp_path)}
    )
    base = f"{settings.scheme}://localhost:{ports['door']}"
    try:
        give_up_at = time.monotonic() + 15
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(base + door.PROBE, verify=False)
                break
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        yield base, installation
    finally:
        process.terminate()
        process.wait(10)
        web.shutdown()
        live.shutdown()


@pytest.fixture
def base(tmp_path):
    with open_door(tmp_path, door.DoorSettings()) as (url, _):
        yield url


def test_pages_streams_and_files_have_one_origin(base):
    def asked(path):
        answer = httpx.get(base + path).json()
        return answer["server"], answer["path"]

    assert asked("/") == ("web", "/")
    assert asked("/api/v1/alarms?x=1") == ("web", "/api/v1/alarms?x=1")
    assert asked("/live/values") == ("live", "/live/values")
    assert asked("/ingest/v1/abcdefghij/data") == ("live", "/ingest/v1/abcdefghij/data")
    assert asked("/healthz") == ("live", "/healthz")
    assert httpx.get(base + door.PROBE).text == "ok"


def test_hashed_files_are_kept_for_good_and_others_asked_for_again(base):
    hashed = httpx.get(base + "/static/app.0123456789ab.css", headers={"Accept-Encoding": "gzip"})
    assert "immutable" in hashed.headers["cache-control"]
    assert hashed.headers["content-encoding"] == "gzip"
    assert hashed.headers["x-content-type-options"] == "nosniff"
    assert "immutable" not in httpx.get(base + "/static/plain.css").headers["cache-control"]


@pytest.mark.parametrize("path", ["/static/.secret", "/static/none.css", "/static/"])
def test_nothing_but_static_files_is_served(base, path):
    assert httpx.get(base + path).status_code == 404


@pytest.mark.parametrize(
    "path", ["/static/../run.json", "/static/%2e%2e/run.json", "/static/..%2frun.json", "/static//../run.json"]
)
def test_no_path_leads_out_of_the_static_folder(base, path):
    host, port = base.removeprefix("http://").split(":")
    asked = http.client.HTTPConnection(host, int(port), timeout=5)
    asked.request("GET", path)
    answer = asked.getresponse()
    assert answer.status == 404 or json.loads(answer.read())["server"] == "web"


def test_a_base_map_is_read_piece_by_piece_and_survives_a_new_version(tmp_path):
    """A PMTiles reader asks for the header, then for directory and tiles by range; the folder is not the one that is cleared."""
    with open_door(tmp_path, door.DoorSettings()) as (url, installation):
        folder = installation.data / "basemap"
        folder.mkdir()
        archive = one_tile_archive(b"tile of the park")
        (folder / "area.pmtiles").write_bytes(archive)
        (folder / "notes.txt").write_text("x")
        header = httpx.get(f"{url}/basemap/area.pmtiles", headers={"Range": "bytes=0-126", "Accept-Encoding": "gzip"})
        assert (header.status_code, header.headers["content-range"]) == (206, f"bytes 0-126/{len(archive)}")
        assert header.content[:8] == b"PMTiles\x03"
        assert "content-encoding" not in header.headers
        at, length = struct.unpack_from("<QQ", header.content, 56)
        tile = httpx.get(f"{url}/basemap/area.pmtiles", headers={"Range": f"bytes={at}-{at + length - 1}"})
        assert (tile.status_code, tile.content) == (206, b"tile of the park")
        for path in ("notes.txt", "none.pmtiles", ""):
            assert httpx.get(f"{url}/basemap/{path}").status_code == 404


def one_tile_archive(tile):
    """A PMTiles archive (version 3, nothing compressed) that holds the one tile of zoom 0."""
    directory = bytes((1, 0, 1, len(tile), 1))  # one entry: tile id 0, run of 1, length, offset 0 (stored plus one)
    metadata = b"{}"
    root_at = 127
    metadata_at = root_at + len(directory)
    tiles_at = metadata_at + len(metadata)
    offsets = struct.pack("<8Q", root_at, len(directory), metadata_at, len(metadata), tiles_at, 0, tiles_at, len(tile))
    counts = struct.pack("<3Q", 1, 1, 1)
    kinds = bytes((1, 1, 1, 2, 0, 0))  # clustered, no compression twice, PNG, zoom 0 to 0
    place = struct.pack("<4iB2i", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000, 0, 0, 0)
    return b"PMTiles\x03" + offsets + counts + kinds + place + directory + metadata + tile


def test_events_arrive_when_they_happen_and_uncompressed(base):
    begun = time.monotonic()
    with httpx.stream("GET", base + "/live/stream", headers={"Accept-Encoding": "gzip"}) as answer:
        first = next(answer.iter_raw())
    assert first.startswith(b"event: beat")
    assert time.monotonic() - begun < 1.0
    assert "content-encoding" not in answer.headers


def test_pages_are_compressed(base):
    with httpx.stream("GET", base + "/", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert json.loads(gzip.decompress(raw))["server"] == "web"


def test_a_visitor_cannot_forge_where_he_comes_from(base):
    seen = httpx.get(base + "/", headers={"X-Forwarded-For": "10.9.8.7"}).json()["headers"]
    assert seen["X-Forwarded-For"] == "127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "http"


def test_an_oversized_batch_is_refused_at_the_door(base):
    assert httpx.post(base + "/ingest/v1/abcdefghij/data", content=bytes(8 * 2**20)).json()["received"] == 8 * 2**20
    with contextlib.suppress(httpx.TransportError):  # the door may close before all is sent
        assert httpx.post(base + "/ingest/v1/abcdefghij/data", content=bytes(12 * 2**20)).status_code in (413, 502)


def test_with_tls_the_door_has_a_certificate_of_its_own_authority(tmp_path):
    with open_door(tmp_path, door.DoorSettings(has_tls=True)) as (base, installation):
        authority = installation.data / "door" / "pki" / "authorities" / "local" / "root.crt"
        trusting = ssl.create_default_context(cafile=str(authority))
        assert httpx.get(base + "/", verify=trusting).json()["headers"]["X-Forwarded-Proto"] == "https"
        with pytest.raises(httpx.ConnectError):
            httpx.get(base + "/")


def test_the_probe_of_the_pages_is_answered_before_django():
    asked = []

    def django(environ, start_response):
        asked.append(environ["PATH_INFO"])
        return [b"page"]

    serve = with_probe(django)
    assert serve({"PATH_INFO": "/-/web"}, lambda status, headers: asked.append(status)) == [b"ok"]
    assert serve({"PATH_INFO": "/-/webs"}, None) == [b"page"]
    assert asked == ["200 OK", "/-/webs"]


@pytest.mark.parametrize(
    ("environment", "remedy"),
    [
        ({"CHEMWARD_TLS_CERT": "/a"}, "belong together"),
        ({"CHEMWARD_TLS_CERT": "/no", "CHEMWARD_TLS_KEY": "/no"}, "there is no file"),
    ],
)
def test_a_wrong_door_setting_is_named(environment, remedy):
    with pytest.raises(ValueError, match=remedy):
        door.DoorSettings.from_environment(environment)


def test_addresses_for_people():
    assert door.address("127.0.0.1", 8000, door.DoorSettings()) == "http://localhost:8000/"
    assert door.address("10.1.2.3", 443, door.DoorSettings(has_tls=True)) == "https://10.1.2.3:443/"
    assert door.DoorSettings.from_environment({"CHEMWARD_HOSTS": "park.example, [::1],*"}).names == ("park.example", "::1")
