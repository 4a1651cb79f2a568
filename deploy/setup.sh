#!/bin/sh
# Sets up what `make` needs: Python's venv, the locked dependencies, the built pages. `setup.sh test` adds Chromium, ffmpeg, PostgreSQL, iproute2, nftables and coturn;
# `setup.sh interop` adds to those Firefox and GStreamer (86 MB to download, a minute), which no other test needs.
# Installs missing Debian packages when it may (root), else names them and says what will not work.
set -eu
cd "$(dirname "$0")/.."

want=""
need() { want="$want $1"; }

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed (python3)"; exit 1; }
python3 -c 'import venv, ensurepip' 2>/dev/null || need python3-venv
mode="${1:-}"
if [ "$mode" = interop ]; then
    command -v firefox-esr >/dev/null || command -v firefox >/dev/null || need firefox-esr
    for package in gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-nice \
        python3-gst-1.0 gir1.2-gst-plugins-bad-1.0; do
        dpkg -s "$package" >/dev/null 2>&1 || need "$package"
    done
    mode=test
fi
if [ "$mode" = test ]; then
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || need chromium
    command -v ffmpeg >/dev/null || need ffmpeg
    command -v turnserver >/dev/null || need coturn
    command -v nft >/dev/null || [ -x /usr/sbin/nft ] || need nftables
    command -v ip >/dev/null || [ -x /usr/sbin/ip ] || need iproute2
    [ -n "$(find /usr/lib/postgresql -name postgres -type f -print -quit 2>/dev/null)" ] || need postgresql
    [ -n "$(find /usr/share/fonts -iname '*cjk*' -print -quit 2>/dev/null)" ] || need fonts-noto-cjk
fi
if [ -n "$want" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing:$want"
        # shellcheck disable=SC2086
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $want >/dev/null; } ||
            echo "could not install:$want (going on without)"
    else
        echo "missing system packages:$want — install them with: sudo apt-get install$want"
    fi
fi

# Where installing was refused, browser tests are skipped, and the test run says so; otherwise their lack is a failure.
mkdir -p .venv
rm -f .venv/browser-refused
if [ "$mode" = test ] && ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null &&
    ! command -v google-chrome >/dev/null; then touch .venv/browser-refused; fi

[ -x .venv/bin/python ] || python3 -m venv .venv
if ! .venv/bin/python -c 'import uv' 2>/dev/null; then .venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'; fi
export UV_PROJECT_ENVIRONMENT="$PWD/.venv"
uv() { .venv/bin/python -m uv --quiet --no-progress "$@"; }
# --inexact keeps uv itself, which is not in the lock.
# Bytecode ahead of time: a server that comes back in the middle of a lesson must not spend seconds compiling.
uv sync --frozen --inexact --compile-bytecode
.venv/bin/python hatch_build.py || { echo "building the pages"; uv sync --frozen --inexact --compile-bytecode --reinstall-package synchronized-classroom; }
# Twice the lessons on a core, where there is a C compiler.
.venv/bin/python -m classroom.relay.native
