"""The only place that wires: settings in, a running server out. Startup and clean-up stand together."""

import asyncio
import os
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from ipaddress import ip_address
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from classroom.keeping.errors import KeepingError
from classroom.keeping.retention import Terms
from classroom.ledger.errors import LedgerError
from classroom.ledger.months import SHANGHAI
from classroom.lesson.errors import LessonError
from classroom.paper.errors import PaperError
from classroom.registry.accounts import AccountError
from classroom.registry.errors import RegistryError
from classroom.relay.hub import Hub, OfferError, RelayConfig
from classroom.relay.session import Notice
from classroom.store.audit import SERVER
from classroom.store.edits import StaleEdit
from classroom.store.ids import new_id
from classroom.store.store import Store
from recorder.service import Recorder
from recorder.stills import Stills
from recorder.worth import DiskGuard
from signaling.actors import actor_names
from signaling.api import add_api
from signaling.checking import Checking
from signaling.clock import SystemClock
from signaling.context import (
    CHECKING,
    CLOCK,
    CONTENTS,
    DOWNLOADING,
    EXPORTER,
    FILING,
    FILM_PLAYBACKS,
    FILMS,
    HEALER,
    HUB,
    KEEPER,
    LESSONS,
    NEW_ID,
    PASSWORDS,
    PLAYBACKS,
    PREVIEWS,
    PUBLIC_URL,
    RECORDER,
    RECORDS,
    REJUDGE,
    REVOKED,
    SECRET,
    SETTINGS,
    SETUP,
    SHELF,
    STILLS,
    STORE,
    TICKETS,
    TIMETABLER,
    UPLOADS,
    VIEWINGS,
    WORKS,
)
from signaling.courseware.shelf import Shelf
from signaling.datadir import DataDirectory, ServerInfo
from signaling.exports import Exporter
from signaling.files import Contents
from signaling.filing import Filing
from signaling.films import Films
from signaling.healing import Healer
from signaling.health import add_health
from signaling.keeper import Keeper
from signaling.lessons import Lessons
from signaling.pages import add_pages, document, wants_page
from signaling.passwords import Passwords
from signaling.playbacks import Playbacks
from signaling.previews import Previews
from signaling.problem import Problem
from signaling.records import Records
from signaling.rejudging import Rejudger
from signaling.seat_socket import add_seat_socket
from signaling.settings import Settings
from signaling.setup import Setup
from signaling.sound import flaw
from signaling.tickets import Tickets
from signaling.timetabler import Timetabler
from signaling.uploads import Uploads
from signaling.viewings import Viewings
from signaling.watch import WatchRules
from signaling.webhooks import Deliveries
from signaling.whip import OWNERS, add_media
from signaling.works import Works
from signaling.works_keeping import WorksKeeping

log = structlog.get_logger("http")

MAX_BODY_BYTES: Final = 256 * 1024
# Told to close, a server has the seats told, the recordings flushed and the peers closed well within this.
SHUTDOWN_S: Final = 5.0


def make_app(settings: Settings, directory: DataDirectory) -> web.Application:
    """The application; nothing runs before its startup. `directory` is open and stays the caller's to close."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_log_requests, _harden, _problems])
    app[SETTINGS] = settings
    app[CLOCK] = SystemClock()
    app[NEW_ID] = new_id
    app[SECRET] = secrets.token_urlsafe(32)
    app[REVOKED] = set()
    app[SETUP] = Setup(app[SECRET])
    # Known once the HTTP port is; see `serve`.
    app[PUBLIC_URL] = [settings.public_url.rstrip("/")]
    app[CONTENTS] = Contents(directory.files, settings.free_disk_min_mb * 2**20)
    app[CONTENTS].sweep()
    app[WORKS] = Works(directory.works, settings.free_disk_min_mb * 2**20)
    app[WORKS].sweep()
    app[TICKETS] = Tickets()
    app[DOWNLOADING] = asyncio.Lock()
    app[PLAYBACKS] = Playbacks()
    app[FILM_PLAYBACKS] = Playbacks()
    app.cleanup_ctx.append(_store)
    app.cleanup_ctx.append(_accounts)
    app.cleanup_ctx.append(_media(directory))
    app.cleanup_ctx.append(_courseware(directory))
    app.cleanup_ctx.append(_exports(directory))
    app.cleanup_ctx.append(_uploads(directory))
    app.cleanup_ctx.append(_keeping(directory))
    add_media(app)
    add_seat_socket(app)
    add_api(app)
    add_health(app)
    add_pages(app)
    return app


async def _store(app: web.Application) -> AsyncIterator[None]:
    app[STORE] = await Store.open(app[SETTINGS].database_url)
    app[RECORDS] = Records(app[STORE])
    app[FILING] = Filing(app[STORE], app[RECORDS])
    app[REJUDGE] = Rejudger(app[STORE], app[RECORDS], app[CLOCK])
    await app[STORE].months.refresh(app[CLOCK].at())
    app[REJUDGE].begin()
    viewings = app[VIEWINGS] = Viewings(
        app[STORE], app[RECORDS], app[CLOCK], timedelta(minutes=app[SETTINGS].viewings_quiet_min)
    )
    viewings.start()
    deliveries = Deliveries(app[STORE], app[CLOCK])
    deliveries.start()
    kept_for = timedelta(days=app[SETTINGS].homework_keep_days)
    keeping = WorksKeeping(app[STORE], app[WORKS], app[CLOCK], kept_for)
    keeping.start()
    yield
    await keeping.close()
    await deliveries.close()
    await viewings.close()
    await app[REJUDGE].close()
    await app[STORE].close()


async def _accounts(app: web.Application) -> AsyncIterator[None]:
    passwords = app[PASSWORDS] = Passwords()
    await app[SETUP].open(app[STORE])
    yield
    passwords.close()


def _media(directory: DataDirectory) -> Callable[[web.Application], AsyncIterator[None]]:
    """Relay, recorder and live lessons, which know one another only by what they are handed here."""

    async def context(app: web.Application) -> AsyncIterator[None]:
        settings = app[SETTINGS]

        def notice(notice: Notice) -> None:
            if notice.kind in ("gone", "replaced"):
                app[OWNERS].forget(notice.session)
            lessons.notice(notice)

        hub = app[HUB] = Hub(
            RelayConfig(
                host=settings.udp_host,
                port=settings.udp_port,
                announce=tuple(settings.announce),
                video_codecs=tuple(settings.video_codecs),
                max_sessions=settings.sessions_max,
                tcp=settings.has_ice_tcp,
            ),
            notice,
        )
        recorder = app[RECORDER] = Recorder(
            directory.recordings,
            hub,
            problem=lambda lesson, code, sentence: lessons.recording_problem(lesson, code),
            warn=lambda *what: lessons.recording_warnings(*what),
            rules=settings.check_rules,
            guard=DiskGuard(start_bytes=settings.free_disk_min_mb * 2**20),
        )

        stills = app[STILLS] = Stills(hub, lambda stream, version: lessons.still(stream, version))

        previews = app[PREVIEWS] = Previews(
            directory.recordings,
            keep_free_bytes=settings.free_disk_min_mb * 2**20,
            is_recording=recorder.is_recording,
        )

        async def on_ended(lesson: str) -> None:
            # Lessons that a crash left unsettled are judged before there is a keeper; its first round finds them.
            if KEEPER in app:
                # Before anybody is shown the way to the recording: a class may have withdrawn in the middle of it.
                await app[KEEPER].enter()
            if await recorder.stop(lesson) is not None:
                previews.want(lesson)
            await app[RECORDS].settle(lesson, app[CLOCK].at())
            if KEEPER in app:
                app[KEEPER].wake()

        lessons = app[LESSONS] = Lessons(
            app[STORE],
            hub,
            recorder,
            on_ended,
            stills=stills,
            clock=app[CLOCK],
            new_id=app[NEW_ID],
            rules=WatchRules(grace_s=settings.end_grace_min * 60),
            open_before=settings.open_before,
        )
        timetabler = app[TIMETABLER] = Timetabler(
            app[STORE], app[CLOCK], app[NEW_ID], lambda lesson: lessons.cancel(lesson, "server", SERVER)
        )
        checking = app[CHECKING] = Checking(hub, app[CLOCK], app[NEW_ID])
        await hub.start()
        checking.start()
        await lessons.start()
        timetabler.start()
        # Lessons that go on have their taps again by now; what a crash left of the others is finished meanwhile.
        mending = asyncio.create_task(recorder.recover(), name="recover recordings")
        yield
        await timetabler.close()
        await checking.close()
        await lessons.close()
        await previews.close()
        mending.cancel()
        await asyncio.gather(mending, return_exceptions=True)
        await stills.close()
        await recorder.close()
        await hub.close()

    return context


def _exports(directory: DataDirectory) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        settings = app[SETTINGS]
        exporter = app[EXPORTER] = Exporter(
            app[STORE],
            app[CLOCK],
            directory.recordings,
            directory.exports,
            at_once=settings.exports_at_once,
            keep_free_bytes=settings.free_disk_min_mb * 2**20,
            kept_for=timedelta(days=settings.exports_keep_days),
            is_recording=app[RECORDER].is_recording,
            page_picture=app[SHELF].picture,
        )
        await exporter.start()
        yield
        await exporter.close()

    return context


def _uploads(directory: DataDirectory) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        keep_free_bytes = app[SETTINGS].free_disk_min_mb * 2**20
        uploads = app[UPLOADS] = Uploads(app[STORE], app[CLOCK], directory.uploads, keep_free_bytes=keep_free_bytes)
        await uploads.start()
        healer = app[HEALER] = Healer(app[STORE], app[CLOCK], uploads, app[RECORDER], app[PREVIEWS])
        healer.start()
        films = app[FILMS] = Films(
            app[STORE], uploads, app[EXPORTER], directory.library, keep_free_bytes=keep_free_bytes
        )
        await films.start()
        yield
        await films.close()
        await healer.close()
        await uploads.close()

    return context


def _keeping(directory: DataDirectory) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        settings = app[SETTINGS]
        keeper = app[KEEPER] = Keeper(
            app[STORE],
            app[CLOCK],
            directory.recordings,
            Terms(settings.recordings_keep_days, settings.recordings_notice_days),
            exporter=app[EXPORTER],
            makers=(app[PREVIEWS], app[HEALER]),
            sever=app[PLAYBACKS].end_of,
        )
        await keeper.start()
        yield
        await keeper.close()

    return context


def _courseware(directory: DataDirectory) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        free_min_bytes = app[SETTINGS].free_disk_min_mb * 2**20
        shelf = app[SHELF] = Shelf(directory.courseware, app[STORE], free_min_bytes)
        await shelf.start()
        yield
        await shelf.close()

    return context


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the server until `stop` is set. Raises DataBusy, OSError (a port in use), ssl.SSLError."""
    tls = _tls(settings)
    directory = DataDirectory(settings.data).open()
    try:
        app = make_app(settings, directory)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.http_host, settings.http_port, ssl_context=tls, reuse_address=True)
            await site.start()
            url = _own_url(runner, tls)
            app[PUBLIC_URL][0] = app[PUBLIC_URL][0] or url
            _say_where(app, url, settings)
            directory.announce(ServerInfo(pid=os.getpid(), url=url, secret=app[SECRET], udp_port=app[HUB].port))
            await stop.wait()
            log.info("closing")
        finally:
            await runner.cleanup()
    finally:
        directory.close()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


def _own_url(runner: web.AppRunner, tls: ssl.SSLContext | None) -> str:
    """The address of the listening socket; for one that listens everywhere, this machine's loopback."""
    host, port = runner.addresses[0][:2]
    if ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _say_where(app: web.Application, url: str, settings: Settings) -> None:
    public = app[PUBLIC_URL][0]
    log.info("serving", pages=public, udp_port=app[HUB].port, data=str(settings.data.absolute()))
    if (code := app[SETUP].code) is not None:
        log.info(
            "no account yet: open this page to make the first, or run `classroom setup`", page=f"{public}/setup#{code}"
        )
    if not public.startswith("https://") and not url.startswith(("http://127.", "http://[::1]")):
        log.warning("browsers give no camera to plain http: give --tls-cert and --tls-key, or --public-url https://…")


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal becomes problem+json; every failure of ours a logged 500 that tells nothing."""
    try:
        # No id of ours holds what a database cannot even be asked for.
        if flaw(request.path) is not None:
            raise Problem("not_found")
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except LessonError as refusal:
        return Problem.of_lesson(refusal).response()
    except StaleEdit as stale:
        who = (stale.by.actor_kind, stale.by.actor)
        names = await actor_names(request.app[STORE], [who])
        more = {"by_name": names[who], "at": stale.by.at.astimezone(SHANGHAI), "version": stale.by.version}
        return Problem("stale", more=more).response()
    except KeepingError as refusal:
        return Problem.of_keeping(refusal).response()
    except RegistryError as refusal:
        return Problem.of_registry(refusal).response()
    except PaperError as refusal:
        return Problem.of_paper(refusal).response()
    except LedgerError as refusal:
        return Problem.of_ledger(refusal).response()
    except AccountError as refusal:
        return Problem.of_account(refusal).response()
    except OfferError as refusal:
        return Problem(refusal.code, str(refusal)).response()
    except web.HTTPRequestEntityTooLarge:
        return Problem("too_large").response()
    except web.HTTPNotFound:
        # A mistyped address gets our own page, which says so; a program gets the problem.
        return await document(request, 404) if wants_page(request) else Problem("not_found").response()
    except web.HTTPMethodNotAllowed as refusal:
        response = Problem("method_not_allowed").response()
        response.headers["Allow"] = refusal.headers["Allow"]
        return response
    except web.HTTPException:
        raise
    except Exception:
        log.exception("request failed", method=request.method, route=_route(request))
        return Problem("internal").response()


@web.middleware
async def _harden(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tokens in paths must not leave in a Referer; nothing is sniffed or framed. Believes a trusted proxy's address."""
    if request.remote in request.app[SETTINGS].trusted_proxy:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        request = request.clone(remote=forwarded or request.remote)
    response = await handler(request)
    if not response.prepared:
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@web.middleware
async def _log_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line a request, with the route in place of the path: a path may hold a token."""
    began = time.monotonic()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        took_ms = round((time.monotonic() - began) * 1000)
        log.debug("request", method=request.method, route=_route(request), status=status, ms=took_ms)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "-"
