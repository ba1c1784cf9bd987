"""Pages behind granian's event loop: they are asked and answer as by any WSGI server."""

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.loa.echo_server import LARGEST
from tests.services import free_ports, until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    [port] = free_ports(1)
    with subprocess.Popen([sys.executable, "-m", "tests.loa.echo_server", str(port)], cwd=ROOT) as server:
        try:
            until(lambda: answers(port), 30, "the server")
            yield port
        finally:
            server.terminate()


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def ask(port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, headers or {})
    return connection.getresponse()


def test_a_page_is_told_the_request_as_it_came(port: int) -> None:
    headers = {"Cookie": "session=x", "X-Forwarded-For": "203.0.113.7", "Content-Type": "text/plain"}
    answer = ask(port, "POST", "/trang/ti%E1%BA%BFng?a=1&b=%C4%91", b"chao", headers)
    told = json.loads(answer.read())
    assert told["REQUEST_METHOD"] == "POST"
    assert told["PATH_INFO"].encode("latin-1").decode() == "/trang/tiếng"
    assert told["QUERY_STRING"] == "a=1&b=%C4%91"
    assert (told["CONTENT_TYPE"], told["CONTENT_LENGTH"], told["read"]) == ("text/plain", "4", 4)
    assert (told["HTTP_COOKIE"], told["HTTP_X_FORWARDED_FOR"]) == ("session=x", "203.0.113.7")
    assert (told["REMOTE_ADDR"], told["SERVER_PORT"], told["wsgi.url_scheme"]) == ("127.0.0.1", str(port), "http")
    assert told["HTTP_HOST"] == f"127.0.0.1:{port}"


def test_two_headers_of_one_name_both_reach_the_browser(port: int) -> None:
    answer = ask(port, "GET", "/")
    answer.read()
    assert answer.headers.get_all("set-cookie") == ["a=1", "b=2"]


def test_a_header_with_underscores_never_passes_for_a_proxy_s(port: int) -> None:
    told = json.loads(ask(port, "GET", "/", headers={"X_Forwarded_For": "203.0.113.9"}).read())
    assert "HTTP_X_FORWARDED_FOR" not in told


def test_an_upload_comes_whole_up_to_the_largest_and_no_longer_one_at_all(port: int) -> None:
    assert json.loads(ask(port, "POST", "/", b"x" * LARGEST).read())["read"] == LARGEST
    assert ask(port, "POST", "/", b"x" * (LARGEST + 1)).status == 413


def test_an_upload_that_does_not_say_its_length_is_measured_as_it_comes(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/", iter([b"x" * 60_000] * 3), {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    told = json.loads(connection.getresponse().read())
    assert (told["read"], told["CONTENT_LENGTH"]) == (180_000, "180000")
