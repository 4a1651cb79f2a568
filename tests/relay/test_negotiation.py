from classroom.relay.negotiation import accept_publisher, accept_viewer, track_of
from classroom.relay.sdp import ABS_SEND_TIME, MID, TRANSPORT_CC, Codec, Offer, Section

VP8 = Codec("vp8", "VP8", 96, 90000, 1, "max-fr=30", {}, frozenset({"nack", "goog-remb", "transport-cc"}), 97)
OPUS = Codec("opus", "OPUS", 111, 48000, 2, "minptime=10", {}, frozenset())


def section(kind: str, name: str, codec: Codec, usable: bool = True, **extensions: int) -> Section:
    uris = {"mid": MID, "stamp": ABS_SEND_TIME, "feedback": TRANSPORT_CC}
    named = {uris[name]: number for name, number in extensions.items()}
    return Section(kind, name, "", "", usable, True, True, True, (codec,), named, None, None, ())


def offer(*sections: Section) -> Offer:
    return Offer(sections, (("sha-256", "00"),), "actpass")


def test_one_sound_and_one_picture_are_taken_in_the_offers_order() -> None:
    made = offer(
        section("video", "a", VP8, usable=False),
        section("video", "b", VP8, mid=1, feedback=2, stamp=3),
        section("video", "c", VP8),
        section("audio", "d", OPUS),
    )
    accepted = accept_publisher(made, ("vp8",))
    assert [(one.section.mid, one.codec.name) for one in accepted] == [("b", "vp8"), ("d", "opus")]
    assert accepted[0].extensions == {MID: 1, TRANSPORT_CC: 2}
    assert accepted[0].feedback == ["nack", "transport-cc"]
    assert [track_of(one).fmtp for one in accepted] == ["max-fr=30", "minptime=10"]
    assert track_of(accepted[1]).channels == 2


def test_a_viewer_is_stamped_only_where_one_byte_holds_the_id_and_an_estimate_comes_back() -> None:
    track = track_of(accept_publisher(offer(section("video", "b", VP8)), ("vp8",))[0])
    for number, expected in ((3, {ABS_SEND_TIME: 3}), (15, {}), (200, {})):
        (one,) = accept_viewer(offer(section("video", "b", VP8, stamp=number)), [track], {"video": (1, 2)})
        assert one.extensions == expected
        assert (one.ssrc, one.rtx_ssrc) == (1, 2)
        assert one.feedback == ["nack", "goog-remb"]


def test_a_viewer_of_sound_alone_gets_sound_alone() -> None:
    tracks = [
        track_of(one)
        for one in accept_publisher(offer(section("audio", "0", OPUS), section("video", "1", VP8)), ("vp8",))
    ]
    accepted = accept_viewer(offer(section("audio", "x", OPUS)), tracks, {"audio": (1, 2), "video": (3, 4)})
    assert [(one.section.mid, one.rtx_ssrc) for one in accepted] == [("x", None)]
