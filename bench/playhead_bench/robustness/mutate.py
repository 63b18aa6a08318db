"""Mutated copies of videos and of subtitle files: the same number and seed give the same bytes.

Byte mutations follow what file fuzzers do (Zalewski's AFL: bit and byte flips, interesting values, block
deletion, duplication and splicing), with a few that know what a container or a subtitle file looks like.
"""

import random
import re
import struct
from collections.abc import Callable, Sequence
from itertools import pairwise

Mutation = Callable[[bytearray, random.Random, Sequence[bytes]], bytearray]
MAX_SUBTITLE_BYTES = 1 << 20
REPEATED_SHARE = 0.3
"""Part of the mutated subtitle files that get one short text repeated: the known way to quadratic time."""
VIDEO_WEIGHTS = (0.2, 0.15, 0.65)
"""Of videos with words in another encoding, with bits flipped all over, and with any other mutation."""
_HEADER_BYTES = 8192
_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_BOX_NAME = re.compile(rb"[a-z][a-z0-9]{2}[a-z0-9 ]")
_ASCII_WORD = re.compile(rb"[A-Za-z]{4,40}")
_TS_PACKET_BYTES, _TS_SYNC = 188, 0x47
_LINE_END = re.compile(rb"\n")
_TIMING_END = re.compile(rb"-->[^\n]*\n")
_DIGITS = re.compile(rb"\d{1,12}")


def mutate_video(data: bytes, number: int, seed: int, others: Sequence[bytes]) -> tuple[bytes, str]:
    """A mutated copy of a video, and the names of the mutations that made it.

    Args:
        data: the file.
        number: of the mutant.
        seed: of the run.
        others: other files, parts of which may be inserted or appended.
    """
    dice = random.Random(f"video:{seed}:{number}")
    choices: tuple[tuple[Mutation, ...], ...] = ((_latin1_text,), (_flip_bits,), ())
    often = dice.choices(choices, VIDEO_WEIGHTS)[0]
    return _mutate(data, dice, others, VIDEO_MUTATIONS, often)


def mutate_subtitles(data: bytes, number: int, seed: int, others: Sequence[bytes]) -> tuple[bytes, str]:
    """A mutated copy of a subtitle file, cut to 1 MiB, and the names of the mutations that made it."""
    dice = random.Random(f"subtitles:{seed}:{number}")
    always = [_insert_repeated] if dice.random() < REPEATED_SHARE else []
    mutated, names = _mutate(data, dice, others, SUBTITLE_MUTATIONS, always)
    return mutated[:MAX_SUBTITLE_BYTES], names


def _mutate(
    data: bytes,
    dice: random.Random,
    others: Sequence[bytes],
    mutations: Sequence[Mutation],
    always: Sequence[Mutation] = (),
) -> tuple[bytes, str]:
    rest = [mutation for mutation in mutations if mutation not in always]
    chosen = [*always, *dice.sample(rest, dice.choice((1, 1, 1, 2, 2, 3)) - len(always))]
    mutated = bytearray(data)
    for mutation in chosen:
        mutated = mutation(mutated, dice, others) if mutated else mutated
    if bytes(mutated) == data:  # such as zeros set to zero
        mutated = _flip_bytes(mutated or bytearray(b"\0"), dice, others)
        chosen = [*chosen, _flip_bytes]
    return bytes(mutated), "+".join(mutation.__name__.strip("_") for mutation in chosen)


def _flip_bytes(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    for _ in range(dice.choice((1, 4, 16, 64, 256))):
        data[dice.randrange(len(data))] ^= dice.randrange(1, 256)
    return data


def _flip_bits(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    """Flips a bit in a share of all bytes: a bad disk, or a bad reception."""
    for _ in range(max(1, int(len(data) * dice.choice((0.0001, 0.001, 0.01, 0.05))))):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return data


def _flip_header_bytes(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    start, end = _header(data)
    for _ in range(dice.choice((1, 2, 4, 8, 32))):
        data[dice.randrange(start, end)] ^= dice.randrange(1, 256)
    return data


def _truncate(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    return data[: dice.randrange(1, len(data) + 1)]


def _cut_start(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    return data[dice.randrange(0, max(1, len(data) // 2)) :]


def _remove_block(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    start, end = _block(data, dice)
    del data[start:end]
    return data


def _repeat_block(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    start, end = _block(data, dice)
    data[end:end] = data[start:end] * dice.choice((1, 1, 3))
    return data


def _insert_other_block(data: bytearray, dice: random.Random, others: Sequence[bytes]) -> bytearray:
    other = bytearray(dice.choice(others)) if others else data[:]
    start, end = _block(other, dice)
    at = dice.randrange(len(data) + 1)
    data[at:at] = other[start:end]
    return data


def _insert_noise(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    at = dice.randrange(len(data) + 1)
    data[at:at] = dice.randbytes(dice.choice((1, 3, 100, 5000)))
    return data


def _zero_run(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    start, end = _block(data, dice)
    data[start:end] = bytes(end - start)
    return data


def _swap_blocks(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    a, b, c = sorted(dice.randrange(len(data) + 1) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _swap_boxes(data: bytearray, dice: random.Random, others: Sequence[bytes]) -> bytearray:
    """Exchanges two neighbours among the boxes of an MP4, at the top or inside one; else two blocks."""
    spans = list(_boxes(data, 0, len(data)))
    inner = [span for start, end in spans for span in _boxes(data, start + 8, end)]
    pairs = [(a, b) for level in (spans, inner) for a, b in pairwise(level) if a[1] == b[0]]
    if not pairs:
        return _swap_blocks(data, dice, others)
    (start, middle), (_, end) = dice.choice(pairs)
    return data[:start] + data[middle:end] + data[start:middle] + data[end:]


def _extreme_fields(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    """Sets fields of the header to values at which arithmetic overflows."""
    start, end = _header(data)
    for _ in range(dice.choice((1, 1, 2, 4))):
        width = dice.choice((1, 2, 4, 4, 8))
        at = dice.randrange(start, max(start + 1, end - width))
        value = dice.choice(_EXTREMES) & ((1 << 8 * width) - 1)
        data[at : at + width] = value.to_bytes(width, dice.choice(("big", "little")))
    return data


def _box_size(data: bytearray, dice: random.Random, others: Sequence[bytes]) -> bytearray:
    """Sets the size of an MP4 box to another value; of other files a field."""
    names = [match.start() for match in _BOX_NAME.finditer(data, *_header(data)) if match.start() >= 4]
    if not names:
        return _extreme_fields(data, dice, others)
    at = dice.choice(names)
    old = int.from_bytes(data[at - 4 : at], "big")
    new = dice.choice((*_EXTREMES, old + 1, max(0, old - 1), old * 2)) & 0xFFFFFFFF
    data[at - 4 : at] = struct.pack(">I", new)
    return data


def _latin1_text(data: bytearray, dice: random.Random, others: Sequence[bytes]) -> bytearray:
    """Puts bytes that are not UTF-8 into words of the header and of the end: tags in another encoding."""
    start, end = _header(data)
    words = [*_ASCII_WORD.finditer(data, start, end)]
    words += _ASCII_WORD.finditer(data, max(end, len(data) - _HEADER_BYTES))
    if not words:
        return _flip_header_bytes(data, dice, others)
    for word in dice.sample(words, max(1, int(len(words) * dice.choice((0.02, 0.2, 0.6))))):
        data[dice.randrange(word.start(), word.end())] = dice.choice(b"\xe9\xfc\xe4\xff\x80")
    return data


def _drop_packets(data: bytearray, dice: random.Random, others: Sequence[bytes]) -> bytearray:
    """Removes, repeats or moves packets of a transport stream: streams then appear late; else a block."""
    if len(data) < 4 * _TS_PACKET_BYTES or data[0] != _TS_SYNC or data[_TS_PACKET_BYTES] != _TS_SYNC:
        return _remove_block(data, dice, others)
    packets = [data[at : at + _TS_PACKET_BYTES] for at in range(0, len(data), _TS_PACKET_BYTES)]
    for _ in range(dice.choice((1, 3, 10))):
        near_start = dice.random() < 0.5
        at = dice.randrange(min(len(packets), 12) if near_start else len(packets))
        packet = packets.pop(at)
        if dice.random() < 0.5:
            packets.insert(dice.randrange(len(packets) + 1), packet)
        if len(packets) < 2:
            break
    return bytearray().join(packets)


def _change_packet_ids(data: bytearray, dice: random.Random, others: Sequence[bytes]) -> bytearray:
    """Gives packets of a transport stream other ids, those of tables among them; else header bytes."""
    if len(data) < 2 * _TS_PACKET_BYTES or data[0] != _TS_SYNC or data[_TS_PACKET_BYTES] != _TS_SYNC:
        return _flip_header_bytes(data, dice, others)
    count = len(data) // _TS_PACKET_BYTES
    for _ in range(dice.choice((1, 3, 10))):
        at = dice.randrange(count) * _TS_PACKET_BYTES
        source = dice.randrange(count) * _TS_PACKET_BYTES
        data[at + 1 : at + 3] = data[source + 1 : source + 3]
    return data


def _append_other(data: bytearray, _dice: random.Random, others: Sequence[bytes]) -> bytearray:
    return data + (others[len(data) % len(others)] if others else data)


VIDEO_MUTATIONS: tuple[Mutation, ...] = (
    _flip_bytes, _flip_bits, _flip_header_bytes, _truncate, _remove_block, _repeat_block, _insert_other_block,
    _insert_noise, _zero_run, _swap_blocks, _swap_boxes, _extreme_fields, _box_size, _latin1_text,
    _append_other, _cut_start, _drop_packets, _change_packet_ids,
)  # fmt: skip


def _another_encoding(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    text = data.decode("utf-8", "replace")
    encoding = dice.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp1251", "shift_jis"))
    return bytearray(text.encode(encoding, "replace"))


def _extreme_numbers(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    numbers = list(_DIGITS.finditer(data))
    for number in reversed(dice.sample(numbers, min(len(numbers), dice.choice((1, 3, 20))))):
        value = dice.choice((b"0", b"99", b"-1", b"60", b"9" * 30, b"1e9", b"NaN", b"", b"1" * 5000))
        data[number.start() : number.end()] = value
    return data


def _shuffle_lines(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    lines = bytes(data).split(b"\n")
    dice.shuffle(lines)
    return bytearray(b"\n".join(lines))


def _swap_lines(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    lines = bytes(data).split(b"\n")
    for _ in range(dice.choice((1, 3, 10))):
        a, b = dice.randrange(len(lines)), dice.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return bytearray(b"\n".join(lines))


def _repeat_lines(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    lines = bytes(data).split(b"\n")
    first = dice.randrange(len(lines))
    piece = b"\n".join(lines[first : first + dice.choice((1, 3, 8))]) + b"\n"
    times = min(dice.choice((10, 1000, 5000)), max(1, MAX_SUBTITLE_BYTES // len(piece)))
    return bytearray(bytes(data) + b"\n" + piece * times)


def _insert_repeated(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    """Inserts one short text many times: which takes quadratic time in a reader that rescans."""
    piece = dice.choice(_REPEATED)
    times = min(dice.choice((30, 3000, 20_000, 60_000)), MAX_SUBTITLE_BYTES // 2 // len(piece))
    ends = [match.end() for match in _LINE_END.finditer(data)] or [0]
    timings = [match.end() for match in _TIMING_END.finditer(data)]
    at = dice.choice(timings if timings and dice.random() < 0.5 else ends)
    data[at:at] = piece * times + dice.choice((b"", b"\n"))
    return data


_REPEATED: tuple[bytes, ...] = (
    *(b" ", b"\t", b"<rt", "\u0301".encode()) * 4,
    "\u00a0".encode(), b"\0", b"\r", b"\n", b"<", b"<rt", b"<i>", b"<c.a>", b"</v>", b"&amp;", b"&",
    b"{", b"{\\an8}", b"\\N", b"-", b"->", b"-->", b":", b"00:", b"1", "\u0301".encode(), "\u202e".encode(),
    b"\x1b[31m", b"\x1b]0;", "\ufeff".encode(), b"[", b"a",
)  # fmt: skip


def _control_characters(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    choices = (
        b"\x1b[2J",
        b"\x1b]52;c;AAAA\x07",
        b"\x9b31m",
        b"\0",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
    )
    for _ in range(dice.choice((1, 5, 50))):
        at = dice.randrange(len(data) + 1)
        data[at:at] = dice.choice(choices)
    return data


def _other_line_ends(data: bytearray, dice: random.Random, _others: Sequence[bytes]) -> bytearray:
    return data.replace(b"\n", dice.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", b"\xe2\x80\xa8")))


SUBTITLE_MUTATIONS: tuple[Mutation, ...] = (
    _flip_bytes, _truncate, _cut_start, _remove_block, _repeat_block, _insert_other_block, _insert_noise,
    _zero_run, _swap_blocks, _append_other, _another_encoding, _extreme_numbers, _shuffle_lines,
    _swap_lines, _repeat_lines, _control_characters, _other_line_ends,
)  # fmt: skip


def _block(data: bytearray, dice: random.Random) -> tuple[int, int]:
    """A range of a file, of a length that is even on a logarithmic scale."""
    longest = max(2, len(data) // 3)
    length = int(longest ** dice.random())
    start = dice.randrange(max(1, len(data) - length + 1))
    return start, min(len(data), start + length)


def _header(data: bytearray) -> tuple[int, int]:
    """Where a container says what it holds: the `moov` box of an MP4, else its first bytes."""
    at = data.find(b"moov")
    start = at - 4 if at >= 4 else 0
    size = int.from_bytes(data[start : start + 4], "big") if at >= 4 else 0
    end = min(len(data), start + max(min(size, 1 << 20), _HEADER_BYTES))
    return start, max(end, start + 1)


def _boxes(data: bytearray, start: int, end: int) -> list[tuple[int, int]]:
    """[start, end) of the MP4 boxes that follow each other from `start` on; as far as they make sense."""
    found = []
    while start + 8 <= end:
        size = int.from_bytes(data[start : start + 4], "big")
        if size < 8 or start + size > end or not _BOX_NAME.fullmatch(data, start + 4, start + 8):
            break
        found.append((start, start + size))
        start += size
    return found
