from classroom.relay.reports import MediaClock, PublisherClock
from classroom.relay.rtp import SenderReport

NTP = 3_900_000_000.0


def test_a_track_without_a_report_goes_by_arrival() -> None:
    clock = MediaClock(90000, PublisherClock())
    assert clock.timestamp(5.0) is None
    clock.packet(1000, 5.0)
    assert clock.timestamp(5.5) == 46000
    clock.packet(0xFFFFFFFF, 6.0)
    assert clock.timestamp(7.0) == 89999


def test_reports_of_both_tracks_share_one_offset_so_that_they_stay_together() -> None:
    publisher = PublisherClock()
    sound, picture = MediaClock(48000, publisher), MediaClock(90000, publisher)
    # The picture was taken at the same moment as the sound, but took 0.2 s longer to arrive.
    sound.packet(0, 10.0)
    picture.packet(0, 10.2)
    assert sound.report(SenderReport(1, NTP, 0, 10.0))
    assert picture.report(SenderReport(2, NTP + 1, 90000, 11.2))
    at = 20.0
    sound_at, picture_at = sound.timestamp(at), picture.timestamp(at)
    assert sound_at is not None and picture_at is not None
    assert abs(sound_at / 48000 - picture_at / 90000) < 0.001


def test_a_report_that_disagrees_with_arrival_is_not_believed() -> None:
    clock = MediaClock(90000, PublisherClock())
    assert not clock.report(SenderReport(1, NTP, 0, 1.0))
    clock.packet(0, 10.0)
    assert clock.report(SenderReport(1, NTP, 0, 10.0))
    clock.packet(90000 * 5, 15.0)
    assert not clock.report(SenderReport(1, NTP + 5, 90000 * 10, 15.0))
    timestamp = clock.timestamp(15.0)
    assert timestamp is not None and abs(timestamp - 90000 * 5) < 90
