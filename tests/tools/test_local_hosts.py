"""What counts as this machine, and what is refused."""

import pytest

from playhead_tools.local_hosts import NotLocal, is_loopback, require_local

HERE = (
    "http://127.0.0.1:8000/v1",
    "http://localhost/v1",
    "http://LOCALHOST:1/v1",
    "http://localhost./v1",
    "http://[::1]:8000/v1",
    "http://[::ffff:127.0.0.1]/v1",
    "http://127.9.9.9/v1",
    "127.0.0.1:8000",
)
ELSEWHERE = (
    "https://api.openai.com/v1",
    "http://192.168.0.7/v1",
    "http://10.0.0.1",
    "http://0.0.0.0:8000/v1",
    "http://127.0.0.1.evil.de/v1",
    "http://localhost.evil.de/v1",
    "http://localhost@evil.de/v1",
    "http://evil.de#@127.0.0.1/",
    "http://2130706433/v1",
    "http://127.1/v1",
    "http://[fe80::1]/v1",
    "http://127.0.0.1:x/v1",
    "",
)


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("url", HERE)
def test_a_loopback_address_is_this_machine(url: str) -> None:
    assert is_loopback(url)
    require_local(url, "the chat model")


@pytest.mark.parametrize("url", ELSEWHERE)
def test_everything_else_is_another_machine(url: str) -> None:
    assert not is_loopback(url)
    with pytest.raises(NotLocal, match="--local-only: the chat model was not asked"):
        require_local(url, "the chat model")


def test_a_proxy_before_this_machine_is_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    with pytest.raises(NotLocal, match=r"a proxy of the environment stands before http://127\.0\.0\.1"):
        require_local("http://127.0.0.1:8000/v1", "the chat model")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    require_local("http://127.0.0.1:8000/v1", "the chat model")


def test_a_refusal_shows_no_password() -> None:
    with pytest.raises(NotLocal, match=r"https://host\.example/v1 is not on this machine") as caught:
        require_local("https://me:password-123@host.example/v1", "the video model")
    assert "password-123" not in str(caught.value)
