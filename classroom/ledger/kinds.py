"""The four forms of pairing (结对帮扶形式), each with its words and its place on paper."""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """结对帮扶形式 of an activity."""

    SYNC = "sync"
    """城乡同步课堂, counted in 节; the other three in 次."""
    DELIVERY = "delivery"
    """远程专递课堂."""
    MASTER = "master"
    """名师网络课堂."""
    TRAINING = "training"
    """教师网络研修."""

    @property
    def words(self) -> str:
        """The printed name."""
        return _WORDS[self]

    @property
    def unit(self) -> str:
        """What it is counted in."""
        return "节" if self is Kind.SYNC else "次"


_WORDS: Final = {
    Kind.SYNC: "城乡同步课堂",
    Kind.DELIVERY: "远程专递课堂",
    Kind.MASTER: "名师网络课堂",
    Kind.TRAINING: "教师网络研修",
}
ON_PAPER: Final = (Kind.SYNC, Kind.DELIVERY, Kind.MASTER, Kind.TRAINING)
"""The order of the rows on both forms (the texts of the programme put 研修 before 名师)."""
