"""What an answer's body is: its type by its own bytes, whether it is whole, and how wide it says it is."""
import struct


def kind(body):
    """The media type that the body's own bytes tell, or None."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[4:8] == b"ftyp":
        return "image/avif" if b"avi" in body[8:32] else "image/heic"
    if body[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if body[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if body[:4] == b"GIF8":
        return "image/gif"
    return None


def is_whole(body):
    """False for what ends before its end, as far as its outermost structure tells."""
    what = kind(body)
    if what == "image/webp":
        return struct.unpack("<I", body[4:8])[0] + 8 <= len(body)
    if what in ("image/avif", "image/heic"):
        at = 0
        while at + 8 <= len(body):
            length = struct.unpack(">I", body[at:at + 4])[0]
            if length == 0:
                return True
            if length == 1:
                length = struct.unpack(">Q", body[at + 8:at + 16])[0]
            at += length
        return at == len(body)
    if what == "image/png":
        return body[-8:-4] == b"IEND"
    if what == "image/jpeg":
        return b"\xff\xd9" in body[-4096:]
    return True


def width(body):
    """The width in pixels that the header states, or None where this doesn't know."""
    what = kind(body)
    if what == "image/png":
        return struct.unpack(">I", body[16:20])[0]
    if what == "image/webp":
        chunk = body[12:16]
        if chunk == b"VP8X":
            return 1 + int.from_bytes(body[24:27], "little")
        if chunk == b"VP8 ":
            return struct.unpack("<H", body[26:28])[0] & 0x3FFF
        if chunk == b"VP8L":
            return 1 + (struct.unpack("<I", body[21:25])[0] & 0x3FFF)
    if what == "image/avif":
        at = body.find(b"ispe")
        return struct.unpack(">I", body[at + 8:at + 12])[0] if at > 0 else None
    return None
