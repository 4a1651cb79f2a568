"""Where a piece of sound belongs beside other sound of the same microphone: where the two agree best. Pure."""

from typing import Final

import numpy as np
import numpy.typing as npt

RATE: Final = 8000
"""Samples a second of what is compared: speech lies below 4 kHz."""
LEAST_S: Final = 1.0
"""Less sound that both have proves nothing."""
AGREE: Final = 0.6
"""Correlation from which on two coded copies are of the same sound; that of other sound stays below 0.3."""
NEAR: Final = 0.98
"""Of the best: a steady tone agrees once in each of its periods, and the least shift of those is the likeliest."""

Sound = npt.NDArray[np.float32]


def shift_s(piece: Sound, beside: Sound, known: npt.NDArray[np.bool_], within_s: float) -> float | None:
    """By how many seconds `piece` has to be moved to agree with `beside`, whose samples stand for the same instants.

    All at RATE and of one length; `known` says where `beside` has anything. None: too little sound, or no agreement.
    """
    if not known.any() or np.count_nonzero(known) < LEAST_S * RATE:
        return None
    reference = np.where(known, beside, 0.0).astype(np.float32)
    size = 1 << int(2 * len(piece) - 1).bit_length()
    spectrum = np.fft.rfft(piece, size)
    agreement = np.fft.irfft(np.fft.rfft(reference, size) * spectrum.conj(), size)
    # The energy of what the piece would lay over the known stretch, for each shift.
    energy = np.fft.irfft(np.fft.rfft(known.astype(np.float32), size) * np.fft.rfft(piece**2, size).conj(), size)
    most = int(within_s * RATE)
    shifts = np.concatenate([np.arange(0, most + 1), np.arange(-most, 0)])
    power = float(np.sum(reference**2))
    # Of a silent room there is nothing to compare.
    if power < 1e-6 * len(piece):
        return None
    scores = agreement[shifts] / np.sqrt(power * np.maximum(energy[shifts], power * 1e-3))
    best = float(scores.max())
    if best < AGREE:
        return None
    likely = shifts[scores >= NEAR * best]
    return float(likely[np.argmin(np.abs(likely))]) / RATE
