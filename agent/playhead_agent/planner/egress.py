"""Egress: which data leaves this machine for a question, reported in a line before anything is sent."""

from playhead_tools.local_hosts import is_loopback


def egress_line(chat_host: str, sends_images: bool, viewer_host: str = "") -> str:
    """Which data is sent to which host.

    Args:
        chat_host: host of the chat model's server, or its address; empty for a model in this process.
        sends_images: pictures go to it as well.
        viewer_host: likewise of the video-LLM that looks at pictures.

    >>> egress_line("api.openai.com", sends_images=False)
    'sends text to api.openai.com; no frames'
    >>> egress_line("127.0.0.1:8899", sends_images=True)
    'nothing leaves this machine'
    """
    text_to = "" if _is_here(chat_host) else chat_host
    frames_to = [text_to] if sends_images and text_to else []
    if not _is_here(viewer_host) and viewer_host not in frames_to:
        frames_to.append(viewer_host)
    if not text_to and not frames_to:
        return "nothing leaves this machine"
    if text_to and frames_to == [text_to]:
        return f"sends text and frames to {text_to}"
    text = f"sends text to {text_to}" if text_to else "no text is sent"
    return f"{text}; frames to {' and '.join(frames_to)}" if frames_to else f"{text}; no frames"


def _is_here(host: str) -> bool:
    """Whether a host, with or without scheme and port, is this machine; an empty one is this process."""
    return not host or is_loopback(host)
