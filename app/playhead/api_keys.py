"""Which key a model server is sent: a provider's own goes to that provider's host, and nowhere else."""

import os

from playhead_index.errors import ModelUnavailable

OWN_KEY = "PLAYHEAD_API_KEY"
"""The key for any other server."""
PROVIDER_KEYS = {
    "api.openai.com": "OPENAI_API_KEY",
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "generativelanguage.googleapis.com": "GOOGLE_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY",
    "api.groq.com": "GROQ_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "api.x.ai": "XAI_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY",
    "api.fireworks.ai": "FIREWORKS_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
    "api.perplexity.ai": "PPLX_API_KEY",
    "api.cohere.com": "COHERE_API_KEY",
}
"""The variable that holds a provider's key, by the provider's host; hosts below it belong to it too."""


def key_for(url: str, first: str | None = None) -> str | None:
    """The key for the server at an address; None where there is none to send.

    The host is read by the same parser that connects, so that no way of writing an address can name one host
    here and another there. Over plain HTTP a provider's key is not sent.

    Args:
        url: up to and with `/v1`.
        first: a variable that counts before the others, such as that of the video-LLM's server.

    Raises:
        ModelUnavailable: it is no address.
    """
    provider = provider_variable(url)
    names = [first] if first is not None else []
    names += [OWN_KEY] if provider is None else [provider]
    return next((key for name in names if (key := os.environ.get(name, "").strip())), None)


def provider_variable(url: str) -> str | None:
    """The variable of the provider whose host an address names; None for any other host.

    Raises:
        ModelUnavailable: it is no address.

    >>> provider_variable("https://api.openai.com/v1"), provider_variable("https://api.openai.com@evil.example/v1")
    ('OPENAI_API_KEY', None)
    """
    import httpx

    try:
        place = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ModelUnavailable(
            f"the server's address cannot be read ({error}); write https://HOST/v1"
        ) from None
    if place.scheme not in ("http", "https") or not place.host:
        raise ModelUnavailable("the server's address must begin with http:// or https:// and name a host")
    if place.scheme != "https" or place.port is not None:
        return None
    for host, variable in PROVIDER_KEYS.items():
        if place.host == host or place.host.endswith(f".{host}"):
            return variable
    return None
