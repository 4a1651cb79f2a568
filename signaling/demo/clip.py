"""The clips of the demo: made once by drawing and encoding, then kept as files.

Every clip shows a running clock, a moving disc, the seat's label, a white flash at each whole second and, along the
bottom, the picture's number as sixteen black and white cells, so that a program can read the clock too. The sound is
a beep as long as the flash. Each seat has a colour and a pitch of its own.
"""

import os
import wave
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from aiortc.codecs.h264 import H264Encoder
from av.video.frame import PictureType

from classroom.relay.playout import Clip, Picture, vp8_payloads
from signaling.demo.plan import ClipPlan

Image = npt.NDArray[np.uint8]

SAMPLE_RATE = 48_000
CELLS = 16  # 2**16 pictures are more than an hour at 15 a second
CELL_ROWS = 20
FLASH_PICTURES = 1


def load_clip(plan: ClipPlan, directory: Path) -> Clip:
    """The clip of this plan, from the directory when it is there, else made (1–3 s of one core) and put there."""
    path = directory / f"{plan.name}.clip"
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Clip)
    except (FileNotFoundError, msgspec.DecodeError):
        clip = make_clip(plan)
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(msgspec.msgpack.encode(clip))
    unfinished.replace(path)
    return clip


def make_clip(plan: ClipPlan) -> Clip:
    """Draw and encode."""
    return Clip(plan.codec, plan.fps, tuple(_encode_pictures(plan)), tuple(_encode_sounds(plan)))


def write_capture_files(plan: ClipPlan, directory: Path) -> tuple[Path, Path]:
    """The same clip uncompressed, as Chromium's fake camera and microphone read it: a .y4m and a .wav.

    Not MJPEG: Chromium plays that at 30 pictures a second whatever was drawn.
    """
    directory.mkdir(parents=True, exist_ok=True)
    video, audio = directory / f"{plan.name}.y4m", directory / f"{plan.name}.wav"
    with video.open("wb") as file:
        file.write(f"YUV4MPEG2 W{plan.width} H{plan.height} F{plan.fps}:1 Ip A1:1 C420jpeg\n".encode())
        for image in draw_pictures(plan):
            file.write(b"FRAME\n" + cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420).tobytes())
    with wave.open(str(audio), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(draw_sound(plan).tobytes())
    return video, audio


# -- drawing


def draw_pictures(plan: ClipPlan) -> Iterator[Image]:
    """Every picture of the clip, as rows × columns × (blue, green, red)."""
    background = np.empty((plan.height, plan.width, 3), np.uint8)
    background[:] = plan.colour
    _write(background, plan.label, (plan.width // 24, plan.height // 6), plan.height // 9)
    for number in range(plan.fps * plan.seconds):
        image = background.copy()
        _draw_picture(image, plan, number)
        yield image


def _draw_picture(image: Image, plan: ClipPlan, number: int) -> None:
    second, part = divmod(number, plan.fps)
    clock = f"00:{second:02d}.{part * 10 // plan.fps}"
    _write(image, clock, (plan.width // 4, plan.height * 5 // 8), plan.height // 4)
    turn = 2 * np.pi * number / (plan.fps * 2)
    middle = (int(plan.width * (0.5 + 0.4 * np.cos(turn))), int(plan.height * (0.76 + 0.08 * np.sin(turn))))
    cv2.circle(image, middle, plan.height // 18, (255, 255, 255), -1, cv2.LINE_AA)
    if part < FLASH_PICTURES:
        side = plan.height // 6
        image[:side, -side:] = 255
    cell = plan.width // CELLS
    for bit in range(CELLS):
        image[-CELL_ROWS:, bit * cell : (bit + 1) * cell] = 255 if number >> (CELLS - 1 - bit) & 1 else 0


def _write(image: Image, text: str, corner: tuple[int, int], size_px: int) -> None:
    """Write in OpenCV's own font for all scripts where it has one (5.0), else the letters that Hershey's has."""
    if hasattr(cv2, "FontFace"):
        cv2.putText(image, text, corner, (255, 255, 255), cv2.FontFace("uni"), size_px, 500)
        return
    latin = text.encode("ascii", "replace").decode()
    cv2.putText(image, latin, corner, cv2.FONT_HERSHEY_SIMPLEX, size_px / 22, (255, 255, 255), 2, cv2.LINE_AA)


def read_number(grey: npt.NDArray[Any]) -> int:
    """The picture's number, read back from the cells of a decoded picture (rows × columns of brightness)."""
    height, width = grey.shape
    row = grey[height - CELL_ROWS // 2 * height // 360]
    number = 0
    for bit in range(CELLS):
        number = number << 1 | int(row[(2 * bit + 1) * width // (2 * CELLS)] > 127)
    return number


def draw_sound(plan: ClipPlan) -> npt.NDArray[np.int16]:
    """The whole sound, mono: a quiet hum, so that there always is something to hear, and a beep with each flash."""
    time_s = np.arange(plan.seconds * SAMPLE_RATE) / SAMPLE_RATE
    beeping = (time_s % 1.0) < FLASH_PICTURES / plan.fps
    beep = np.where(beeping, 0.4 * np.sin(2 * np.pi * plan.pitch_hz * time_s), 0.0)
    hum = 0.02 * np.sin(2 * np.pi * (plan.pitch_hz // 4) * time_s)
    return ((beep + hum) * 32767).astype(np.int16)


# -- encoding


def _encode_pictures(plan: ClipPlan) -> list[Picture]:
    encoder = _video_encoder(plan)
    packets: list[av.Packet[Any]] = []
    for number, image in enumerate(draw_pictures(plan)):
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        frame.pts = number
        if number % (plan.keyframe_s * plan.fps) == 0:
            frame.pict_type = PictureType.I
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    packetizer = H264Encoder()
    pictures = []
    for packet in packets:
        payloads = vp8_payloads(bytes(packet)) if plan.codec == "vp8" else tuple(packetizer.pack(packet)[0])
        pictures.append(Picture(payloads, packet.is_keyframe))
    return pictures


def _video_encoder(plan: ClipPlan) -> av.VideoCodecContext:
    name = "libvpx" if plan.codec == "vp8" else "libx264"
    encoder = cast(av.VideoCodecContext, av.CodecContext.create(name, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = plan.width, plan.height, "yuv420p"
    encoder.time_base = Fraction(1, plan.fps)
    encoder.framerate = Fraction(plan.fps)
    encoder.bit_rate = plan.video_bps
    encoder.gop_size = 2 * plan.keyframe_s * plan.fps  # they come earlier, when asked for: libvpx would drift
    encoder.max_b_frames = 0
    if plan.codec == "vp8":
        encoder.options = {"deadline": "realtime", "cpu-used": "6", "lag-in-frames": "0", "auto-alt-ref": "0"}
    else:
        encoder.options = {"profile": "baseline", "preset": "veryfast", "tune": "zerolatency", "forced-idr": "1"}
    return encoder


def _encode_sounds(plan: ClipPlan) -> list[bytes]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "mono", "s16"
    encoder.bit_rate = 32_000
    encoder.time_base = Fraction(1, SAMPLE_RATE)
    encoder.options = {"frame_duration": "20", "application": "audio"}
    sound = draw_sound(plan)
    packets: list[av.Packet[Any]] = []
    step = SAMPLE_RATE // 50
    for start in range(0, len(sound), step):
        frame = av.AudioFrame.from_ndarray(sound[start : start + step].reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    # The encoder's delay makes one packet more than the loop is long.
    return [bytes(packet) for packet in packets[: plan.seconds * 50]]
