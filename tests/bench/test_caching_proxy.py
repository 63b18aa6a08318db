"""The caching proxy: one request is answered once by the server, and counted as often as it is made."""

import json
import threading
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from tests.agent.chat_server import ChatServer, Reply, chat_server

from playhead_bench.evaluate.caching_proxy import CachingProxy, ReplyCache, open_proxy, request_key
from playhead_bench.evaluate.errors import RunDamaged

HELLO = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def post(proxy: CachingProxy, record: dict[str, Any] = HELLO, **headers: str) -> dict[str, Any]:
    url = f"{proxy.base_url}/chat/completions"
    request = Request(url, json.dumps(record).encode(), {"Content-Type": "application/json", **headers})
    with urlopen(request, timeout=20) as reply:
        found: dict[str, Any] = json.loads(reply.read())
    return found


def completion_text(completion: dict[str, Any]) -> str:
    text: str = completion["choices"][0]["message"]["content"]
    return text


def test_the_same_request_reaches_the_server_once(tmp_path: Path) -> None:
    with (
        chat_server("first", "second") as server,
        open_proxy(tmp_path / "r.sqlite", server.base_url) as proxy,
    ):
        assert [completion_text(post(proxy)), completion_text(post(proxy))] == ["first", "first"]
        assert completion_text(post(proxy, {**HELLO, "temperature": 1})) == "second"
        assert len(server.requests) == 2


def test_replies_outlive_the_proxy_and_a_replay_needs_no_server(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "r.sqlite"
    with chat_server("hello you") as server, open_proxy(path, server.base_url) as proxy:
        post(proxy)
    with open_proxy(path, "") as proxy:
        assert completion_text(post(proxy)) == "hello you"


def test_a_replay_without_the_reply_says_so(tmp_path: Path) -> None:
    with open_proxy(tmp_path / "r.sqlite", "") as proxy, pytest.raises(HTTPError, match="503") as failed:
        post(proxy)
    assert b"no reply is cached for this request; run without --replay" in failed.value.read()


def test_usage_counts_cached_replies_in_full(tmp_path: Path) -> None:
    with chat_server("hi") as server, open_proxy(tmp_path / "r.sqlite", server.base_url) as proxy:
        first = proxy.start_usage()
        post(proxy)
        again = proxy.start_usage()
        post(proxy)
    assert (first.calls, first.cached_calls, first.prompt_tokens, first.completion_tokens) == (1, 0, 11, 7)
    assert (again.calls, again.cached_calls, again.prompt_tokens, again.completion_tokens) == (1, 1, 11, 7)
    assert again.seconds == first.seconds > 0


@pytest.mark.parametrize(("status", "requests"), [(400, 1), (429, 2), (500, 2), (401, 2)])
def test_only_errors_that_a_request_always_gets_are_cached(
    tmp_path: Path, status: int, requests: int
) -> None:
    with chat_server(status) as server, open_proxy(tmp_path / "r.sqlite", server.base_url) as proxy:
        for _ in range(2):
            with pytest.raises(HTTPError, match=str(status)):
                post(proxy)
        assert (len(server.requests), proxy.usage.calls) == (requests, 0)


def test_a_request_repeated_while_it_is_under_way_waits_for_the_first(tmp_path: Path) -> None:
    def slow(request: dict[str, Any]) -> str:
        time.sleep(0.3)
        return "slow"

    replies: list[Reply] = [slow]
    with chat_server(*replies) as server, open_proxy(tmp_path / "r.sqlite", server.base_url) as proxy:
        threads = [threading.Thread(target=post, args=(proxy,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(server.requests), proxy.usage.calls, proxy.usage.cached_calls) == (1, 3, 2)


def test_a_server_that_is_not_there_is_a_failure_that_names_it(tmp_path: Path) -> None:
    with (
        open_proxy(tmp_path / "r.sqlite", "http://127.0.0.1:9/v1") as proxy,
        pytest.raises(HTTPError, match="503") as failed,
    ):
        post(proxy)
    assert b"the model server at http://127.0.0.1:9/v1 failed" in failed.value.read()


def test_a_key_follows_no_redirect(tmp_path: Path) -> None:
    with chat_server("leaked") as other, chat_server("x") as server:
        server.RequestHandlerClass = _redirecting(other)
        with (
            open_proxy(tmp_path / "r.sqlite", server.base_url) as proxy,
            pytest.raises(HTTPError, match="307"),
        ):
            post(proxy, Authorization="Bearer own-key-1")
        assert other.requests == []


def _redirecting(other: ChatServer) -> Any:
    from http.server import BaseHTTPRequestHandler

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(307)
            self.send_header("Location", f"{other.base_url}/chat/completions")
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler


def test_a_file_that_is_no_cache_is_named(tmp_path: Path) -> None:
    (path := tmp_path / "r.sqlite").write_text("not a database, and long enough to be read as one" * 9)
    with pytest.raises(RunDamaged, match=r"r\.sqlite: no cache of replies"):
        ReplyCache(path)


def test_requests_that_differ_in_anything_have_different_keys() -> None:
    keys = {request_key(*one) for one in (("POST", "/a", b"b"), ("POST", "/ab", b""), ("GET", "/a", b"b"))}
    assert len(keys) == 3
