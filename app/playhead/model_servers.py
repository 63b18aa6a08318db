"""Lists the models of OpenAI-compatible servers."""

from playhead_index.errors import ModelError, ModelUnavailable
from playhead_tools.redaction import passwords, redact, redact_keys, safe_cause

LIST_TIMEOUT_S = 3.0
MAX_REASON_CHARS = 300
NO_LIST_STATUSES = (404, 405, 501)
"""What servers answer that have no list of models."""


class NoModelList(ModelUnavailable):
    """The server answers and has no list of its models."""


def is_address(name: str) -> bool:
    """Whether the name of a model is the address of a server."""
    return name.startswith(("http://", "https://"))


def served_models(url: str, key: str | None) -> dict[str, str]:
    """The models that an OpenAI-compatible server lists, each with its owner; with a short timeout.

    Args:
        url: up to and with `/v1`.
        key: sent to it; None for none.

    Raises:
        NoModelList: it answers, and not with a list of models.
        ModelUnavailable: it does not answer, or refuses.
    """
    import httpx

    from playhead_tools.bounded_http import BoundedClient

    keys = (*(() if key is None else (key,)), *passwords(url))
    redacted_url = redact(url, keys)
    try:
        with BoundedClient(total_s=LIST_TIMEOUT_S, bearer=key or "") as client:
            reply = client.get(f"{url}/models")
        reply.raise_for_status()
        listed = [(str(model["id"]), str(model.get("owned_by", ""))) for model in reply.json()["data"]]
    except ModelError as error:
        reason = redact(str(error), keys)
        raise ModelUnavailable(f"{redacted_url} gives no list of models ({reason})") from safe_cause(
            error, keys
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = redact(f"{type(error).__name__}: {error}", keys)
        if isinstance(error, httpx.HTTPStatusError) and error.response.status_code in NO_LIST_STATUSES:
            raise NoModelList(f"{redacted_url} gives no list of models ({reason})") from safe_cause(
                error, keys
            )
        raise ModelUnavailable(f"{redacted_url} does not answer ({reason})") from safe_cause(error, keys)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        reason = redact(repr(error), keys)[:MAX_REASON_CHARS]
        raise NoModelList(
            f"{redacted_url} does not list its models as OpenAI does ({reason})"
        ) from safe_cause(error, keys)
    return {redact_keys(model, keys): owner for model, owner in listed}
