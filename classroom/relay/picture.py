"""How large a keyframe's picture is, read from its first packet. Pure; any bytes give a number."""

from classroom.relay.rtp import NAL_SPS, NAL_STAP_A, vp8_descriptor_bytes

VP8_START_CODE = b"\x9d\x01\x2a"


def picture_height(codec: str, payload: bytes) -> int:
    """Pixels; 0 where it is not in this packet, or the codec is not one of "vp8" and "h264"."""
    if codec == "vp8":
        return _vp8_height(payload[vp8_descriptor_bytes(payload) :])
    if codec == "h264":
        return _h264_height(payload)
    return 0


def _vp8_height(frame: bytes) -> int:
    """RFC 6386 §9.1: frame tag of three bytes, start code, then width and height of 14 bits each."""
    if len(frame) < 10 or frame[3:6] != VP8_START_CODE:
        return 0
    return (frame[8] | frame[9] << 8) & 0x3FFF


def _h264_height(payload: bytes) -> int:
    """The SPS alone, or the first one in a STAP-A (RFC 6184 §5.7.1)."""
    if not payload:
        return 0
    if payload[0] & 0x1F == NAL_STAP_A and len(payload) > 3:
        payload = payload[3 : 3 + (payload[1] << 8 | payload[2])]
    if not payload or payload[0] & 0x1F != NAL_SPS or payload[1:2] != b"\x42":
        return 0
    bits = _Bits(payload[4:64].replace(b"\x00\x00\x03", b"\x00\x00"))
    try:
        return _sps_height(bits)
    except IndexError:
        return 0


def _sps_height(bits: "_Bits") -> int:
    """ITU-T H.264 §7.3.2.1.1 in a baseline profile, from seq_parameter_set_id on; cropping is left out."""
    bits.number()
    bits.number()
    order = bits.number()
    if order == 0:
        bits.number()
    elif order == 1:
        bits.take(1)
        bits.number()
        bits.number()
        for _ in range(bits.number()):
            bits.number()
    bits.number()
    bits.take(1)
    bits.number()
    rows = bits.number() + 1
    return 16 * rows * (1 if bits.take(1) else 2)


class _Bits:
    """Reads bits from the front; IndexError past the end."""

    def __init__(self, data: bytes) -> None:
        self._bits = "".join(f"{byte:08b}" for byte in data)
        self._position = 0

    def take(self, count: int) -> int:
        end = self._position + count
        if end > len(self._bits):
            raise IndexError("past the end")
        value = int(self._bits[self._position : end], 2) if count else 0
        self._position = end
        return value

    def number(self) -> int:
        """Exp-Golomb, unsigned (§9.1)."""
        end = self._bits.index("1", self._position) if "1" in self._bits[self._position :] else len(self._bits)
        zeros = end - self._position
        self._position = end
        return self.take(zeros + 1) - 1
