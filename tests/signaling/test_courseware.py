"""Courseware from a hostile file to a page on every seat: what is taken, what is refused, who sees what."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdfium2 import PdfDocument
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

from signaling.courseware.raster import MAX_PAGE_BYTES, BadCourseware, page_name, rasterise


def pdf(pages: int = 2, size: tuple[float, float] = (960, 540), **more: Any) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=size, **more)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 40)
        canvas.drawString(80, 300, f"Page {number}")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def photo(size: tuple[int, int], kind: str = "JPEG", **more: Any) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(file, kind, **more)
    return file.getvalue()


def made(content: bytes, folder: Path) -> list[Any]:
    source = folder / "source"
    source.write_bytes(content)
    return list(rasterise(source, folder))


def test_a_pdf_becomes_pictures_with_their_text(tmp_path: Path) -> None:
    pages = made(pdf(3), tmp_path)
    assert [(page.number, page.of, page.width, page.height, page.text) for page in pages] == [
        (n, 3, 1920, 1080, f"Page {n}") for n in (1, 2, 3)
    ]
    with Image.open(tmp_path / page_name(2)) as large, Image.open(tmp_path / page_name(2, small=True)) as small:
        assert (large.format, large.size, small.size) == ("WEBP", (1920, 1080), (320, 180))


def test_a_photo_is_turned_upright_made_small_and_says_no_more_where_it_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    exif[0x010F] = "Secret Phone"
    [page] = made(photo((3000, 2000), exif=exif), tmp_path)
    assert (page.width, page.height) == (1280, 1920) and page.bytes <= 2 * MAX_PAGE_BYTES
    picture = (tmp_path / page_name(1)).read_bytes()
    assert len(picture) <= MAX_PAGE_BYTES and b"Secret" not in picture
    with Image.open(io.BytesIO(picture)) as read:
        assert not read.getexif()


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(file, "PNG")
    made(file.getvalue(), tmp_path)
    with Image.open(tmp_path / page_name(1)) as read:
        assert read.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"%PDF-1.7 nothing", "bad_pdf"),
        (pdf()[:400], "bad_pdf"),
        (pdf(201), "too_many_pages"),
        (pdf(encrypt=pdfencrypt.StandardEncryption("secret")), "pdf_locked"),
        (b"\xff\xd8\xff\xe0 nothing", "bad_picture"),
        (photo((300, 200))[:500], "bad_picture"),
        (b"GIF89a...", "bad_picture"),
    ],
    ids=["nothing", "half", "long", "locked", "no jpeg", "half a jpeg", "gif"],
)
def test_what_gives_no_pages_is_refused_by_name(content: bytes, code: str, tmp_path: Path) -> None:
    with pytest.raises(BadCourseware, match=code):
        made(content, tmp_path)


def test_a_page_of_any_shape_is_no_larger_than_a_screen(tmp_path: Path) -> None:
    [page] = made(pdf(1, size=(20, 14_000)), tmp_path)
    assert page.height == 1920 and page.width <= 4
    assert len(PdfDocument(pdf(1))) == 1


async def upload(house: Any, token: str, content: bytes, name: str = "第三课.pdf") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{house.info.url}/api/v1/courseware"
    async with house.session.post(url, params={"name": name}, data=content, headers=headers) as response:
        return response.status, await response.json()


async def prepared(house: Any, token: str, id: str) -> Any:
    async with asyncio.timeout(60):
        while True:
            line = (await house.ask("GET", f"/api/v1/courseware/{id}", token))[1]
            if line["state"] != "preparing":
                return line
            await asyncio.sleep(0.05)


async def test_from_the_upload_to_every_seat(house: Any) -> None:
    lesson = await house.lesson()
    own = (await house.link("teacher", "实验小学"))["token"]
    other = (await house.link("teacher", "另一小学"))["token"]
    room, observer = lesson["seats"][0]["token"], lesson["observer"]["token"]
    status, line = await upload(house, own, pdf())
    assert (status, line["state"], line["name"]) == (201, "preparing", "第三课.pdf")
    id = line["id"]
    line = await prepared(house, own, id)
    assert (line["state"], line["pages"], line["done"], line["problem"]) == ("ready", 2, 2, None)
    assert (await house.ask("GET", f"/api/v1/courseware/{id}", other))[0] == 404
    assert (await house.ask("GET", "/api/v1/courseware", room))[0] == 403
    assert list((house.data / "courseware" / id).glob("source")) == []

    of_lesson = f"/api/v1/lessons/{lesson['lesson']}"
    first = f"{of_lesson}/courseware/{id}/pages/1"
    assert (await house.ask("GET", first, room))[0] == 404, "it is not in the lesson yet"
    assert (await house.ask("POST", f"{of_lesson}/courseware", other, {"courseware": id}))[0] == 404
    for _ in range(2):
        assert (await house.ask("POST", f"{of_lesson}/courseware", own, {"courseware": id}))[0] == 204
    status, pages, _ = await house.ask("GET", f"{of_lesson}/pages", observer)
    assert status == 200 and [(page["page"], page["text"]) for page in pages["pages"]] == [
        (f"{id}-1", "Page 1"),
        (f"{id}-2", "Page 2"),
    ]
    assert pages["courseware"] == [{"courseware": id, "name": "第三课.pdf"}]
    for token in (room, observer, own):
        status, _, headers = await house.ask("GET", first, token)
        assert (status, headers["Content-Type"]) == (200, "image/webp")
        assert headers["Cache-Control"].startswith("private") and headers["X-Content-Type-Options"] == "nosniff"
    for wrong in ("0", "3", "01x", "٣", "..%2f1"):
        assert (await house.ask("GET", f"{of_lesson}/courseware/{id}/pages/{wrong}", room))[0] == 404
    assert (await house.ask("GET", f"{of_lesson}/pages/w9/strokes", room))[0] == 404

    assert (await house.ask("DELETE", f"/api/v1/courseware/{id}", own))[0] == 204
    assert (await house.ask("GET", "/api/v1/courseware", own))[1] == {"courseware": []}
    assert (await house.ask("GET", first, room))[0] == 200, "the lesson keeps what it shows"
    status, line = await upload(house, own, b"%PDF-1.7 nothing")
    line = await prepared(house, own, line["id"])
    assert line["state"] == "failed" and line["problem"]["code"] == "bad_pdf" and "PDF" in line["problem"]["title"]
    assert not (house.data / "courseware" / line["id"]).exists()
    status, refused = await upload(house, own, b"PK\x03\x04 slides")
    assert (status, refused["code"]) == (400, "courseware_kind_unknown") and "另存为 PDF" in refused["title"]
    assert list((house.data / "courseware" / "incoming").iterdir()) == []


async def test_strokes_and_pointers_reach_the_others_and_who_comes_later(house: Any) -> None:
    lesson = await house.lesson()
    teacher = await house.sit(lesson["lesson"], lesson["teacher"]["token"])
    await teacher.hear("welcome")
    room = await house.sit(lesson["lesson"], lesson["seats"][0]["token"])
    await room.hear("welcome")
    seat = lesson["seats"][0]["seat"]
    await teacher.say(type="add_page", page="w1", paper="grid")
    stroke = {"page": "w1", "ref": "a", "tool": "pen", "colour": "#d3302f", "width": 20, "points": "o}@o}@gEgE"}
    await room.say(type="draw_stroke", **stroke)
    assert (await room.hear("error"))["code"] in ("forbidden", "page_unknown")
    await teacher.say(type="draw_stroke", **stroke)
    drawn = await room.hear("stroke_drawn")
    assert drawn["page"] == "w1" and drawn["stroke"] == {
        **{name: stroke[name] for name in ("ref", "tool", "colour", "width", "points")},
        "id": drawn["seq"],
        "seat": "teacher",
    }
    await teacher.say(type="point", page="w1", at=[100, 200])
    assert (await room.hear("pointed")) == {"type": "pointed", "seat": "teacher", "page": "w1", "at": [100, 200]}
    await teacher.say(type="sketch", **{**stroke, "ref": "b"})
    assert (await room.hear("sketched"))["ref"] == "b"
    path = f"/api/v1/lessons/{lesson['lesson']}/pages/w1/strokes"
    found = (await house.ask("GET", path, lesson["seats"][0]["token"]))[1]
    assert found["seq"] >= drawn["seq"] and found["strokes"] == [drawn["stroke"]]
    await room.say(type="pages_held", held=2, of=3)
    assert (await teacher.hear("held"))["seats"] == {seat: [2, 3]}
    await teacher.say(type="erase", page="w1", strokes=[drawn["seq"]])
    assert (await room.hear("strokes_erased"))["strokes"] == [drawn["seq"]]
    for seat_socket in (teacher, room):
        await seat_socket.socket.close()
