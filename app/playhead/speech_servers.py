"""Loads the transcription server of `--speech-model`, after checking its list of models."""

from typing import TYPE_CHECKING

from playhead.api_keys import key_for
from playhead.model_servers import NoModelList, served_models
from playhead_index.errors import ModelUnavailable
from playhead_tools.redaction import redact

if TYPE_CHECKING:
    from playhead_tools.speech_server.server import ServerTranscriber

KEY = "PLAYHEAD_SPEECH_KEY"
MAX_NAMES = 8


def load_speech_server(address: str) -> "ServerTranscriber":
    """The transcriber of a server; the only request is for its list of models.

    Args:
        address: `URL#MODEL`, the URL up to and with `/v1`; `#MODEL` may be left out where the server lists
            one model alone.

    Raises:
        ModelUnavailable: the server does not answer or does not serve the model, or the address or the
            model's name is missing.
    """
    from playhead_tools.speech_server.server import ServerTranscriber

    url, _, model_name = address.partition("#")
    url, redacted_url = url.rstrip("/"), redact(url.rstrip("/"))
    key = key_for(url, KEY)
    try:
        served = list(served_models(url, key))
    except NoModelList:
        if not model_name:
            raise ModelUnavailable(
                f"{redacted_url} does not list its models; name one: --speech-model {redacted_url}#MODEL"
            ) from None
        served = [model_name]
    if model_name and model_name not in served:
        names = ", ".join(served[:MAX_NAMES]) or "no model"
        raise ModelUnavailable(f"{redacted_url} does not serve {model_name!r}; it serves {names}")
    if not model_name and len(served) != 1:
        names = ", ".join(served[:MAX_NAMES])
        raise ModelUnavailable(
            f"{redacted_url} serves {len(served)} models ({names}); "
            f"name one: --speech-model {redacted_url}#MODEL"
        )
    return ServerTranscriber(url, model_name or served[0], key)
