"""The transcription server that a person named, checked before anything is sent to it."""

from typing import TYPE_CHECKING

from playhead.api_keys import key_for
from playhead.video_model_facts import NoModelList, served_models
from playhead_index.errors import ModelUnavailable
from playhead_tools.redaction import redact

if TYPE_CHECKING:
    from playhead_tools.speech_server.server import ServerTranscriber

KEY = "PLAYHEAD_SPEECH_KEY"
MAX_NAMES = 8


def load_speech_server(address: str) -> "ServerTranscriber":
    """The speech recogniser at an address; the server is asked which models it has, and nothing else.

    Args:
        address: `URL#MODEL`, the URL up to and with `/v1`; `#MODEL` may be left out where the server lists
            one model alone.

    Raises:
        ModelUnavailable: the server does not answer or does not serve the model, or the address or the
            model's name is missing.
    """
    from playhead_tools.speech_server.server import ServerTranscriber

    url, _, wanted = address.partition("#")
    url, shown = url.rstrip("/"), redact(url.rstrip("/"))
    key = key_for(url, KEY)
    try:
        served = list(served_models(url, key))
    except NoModelList:
        if not wanted:
            raise ModelUnavailable(
                f"{shown} does not list its models; name one: --speech-model {shown}#MODEL"
            ) from None
        served = [wanted]
    if wanted and wanted not in served:
        names = ", ".join(served[:MAX_NAMES]) or "no model"
        raise ModelUnavailable(f"{shown} does not serve {wanted!r}; it serves {names}")
    if not wanted and len(served) != 1:
        names = ", ".join(served[:MAX_NAMES])
        raise ModelUnavailable(
            f"{shown} serves {len(served)} models ({names}); name one: --speech-model {shown}#MODEL"
        )
    return ServerTranscriber(url, wanted or served[0], key)
