"""Which kinds of file are opened: what their first bytes say, and the containers that FFmpeg may read.

FFmpeg opens far more than videos: lists of other files, addresses, texts that it paints, images, subtitles,
devices. A file that holds one of these under a video's name would be read, or would make FFmpeg open others.
"""

HEAD_BYTES = 4096
PLAYLIST = "this is a playlist; name the video files themselves"
STILL_IMAGE = "this is a still picture, not a video"
TEXT = "this is text, not a video that can be read; subtitles are read where they stand beside a video"

_VIDEO = """
    3dostr 4xm anm apng apv asf asf_o av1 avi avs avs2 avs3 bethsoftvid bfi bink bmv c93 cavsvideo cdg
    cdxl cine dfa dhav dirac dnxhd dsicin dv dxa ea evc film_cpk filmstrip flic flv gdv gif gxf h261
    h263 h264 hevc hnm hxvs idcin iff ifv ingenient ipmovie ipu iv8 ivf ivr jpegxl_anim jv kux live_flv
    lmlm4 luodat lvf lxf m4v matroska mgsts mjpeg mjpeg_2000 mlv mm mods moflex mov mpeg mpegts
    mpegtsraw mpegvideo mpjpeg msnwctcp mtv mv mvi mxf mxg nc nsv nut nuv obu ogg paf pdv pmp psxstr pva
    r3d rl2 rm roq rpl sdr2 ser sga siff simbiosis_imx smjpeg smk smush swf thp tiertexseq tmv ty usm
    vc1 vc1test vividas vivo vmd vvc wc3movie wsvqa wtv xmv yop yuv4mpegpipe
"""
_SOUND = """
    aa aac aax ac3 ac4 act adx aiff amr amrnb amrwb ape aptx aptx_hd ast au bfstm bonk brstm caf dsf dss
    dts dtshd eac3 flac gsm iamf ilbc ircam loas mlp mmf mp3 mpc mpc8 nistsphere oma osq qcp qoa rka rso
    sbc shn sox spdif tak truehd tta voc vqf w64 wav wavarc wsd wv xwma
"""
DEMUXERS = tuple(sorted({*_VIDEO.split(), *_SOUND.split()}))
"""FFmpeg's names of the containers and raw streams that hold video or sound, and of no other."""

_PLAYLISTS = (
    b"ffconcat", b"#extm3u", b"<mpd", b"<smoothstreamingmedia", b"<asx", b"<smil", b"v=0", b"[playlist]",
    b"[reference]", b"rtsptext", b"http://", b"https://", b"rtsp://", b"rtmp://", b"file:",
)  # fmt: skip
_LIST_IN_XML = (b"<mpd", b"<smoothstreamingmedia", b"<smil", b"<assetmap", b"<compositionplaylist")
_IMAGE_SIGNATURES = (b"II*\0", b"MM\0*", b"8BPS", b"gimp xcf", b"v/1\1", b"#?RADIANCE", b"qoif", b"DDS ")
_POSSIBLE_IMAGE_SIGNATURES = (
    b"\xff\xd8\xff",
    b"BM",
    b"P1",
    b"P2",
    b"P3",
    b"P4",
    b"P5",
    b"P6",
    b"\xff\x0a",
    b"\x0a\x05",
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b")
_VIDEO_WITH_TEXT_HEADER = (b"YUV4MPEG2", b"ARMovie\n")


def why_not_video(head: bytes) -> str | None:
    """Why a file that begins with these bytes is not opened at all; None when FFmpeg may open it.

    Args:
        head: the first `HEAD_BYTES` bytes, all of a shorter file.

    >>> why_not_video(b"ffconcat version 1.0")
    'this is a playlist; name the video files themselves'
    """
    if _is_image(head):
        return STILL_IMAGE
    if head.startswith(_VIDEO_WITH_TEXT_HEADER):
        return None
    text = _as_text(head)
    if text is None:
        return None
    begin = text.lstrip().lower()
    is_list = begin.startswith(_PLAYLISTS) or (
        begin.startswith(b"<") and any(n in begin for n in _LIST_IN_XML)
    )
    return PLAYLIST if is_list else TEXT


def may_be_image(head: bytes) -> bool:
    """Whether a file that FFmpeg cannot open as video may be a still image; videos may begin likewise."""
    return head.startswith(_POSSIBLE_IMAGE_SIGNATURES)


def _is_image(head: bytes) -> bool:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"acTL" not in head and b"IDAT" in head  # else it is animated, or not known yet
    if head.startswith(b"RIFF"):
        return head[8:12] == b"WEBP"
    return head.startswith(_IMAGE_SIGNATURES)


def _as_text(head: bytes) -> bytes | None:
    """The text that the bytes are, in an encoding that leaves ASCII alone; None when they are none."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[: len(head) // 2 * 2].decode("utf-16", "ignore").encode()
    head = head.removeprefix(b"\xef\xbb\xbf")
    is_text = all(byte >= 32 or byte in _TEXT_CONTROLS for byte in head)
    return head if is_text else None
