#!/bin/sh
# Installs the Debian packages that are missing, saying so before it happens. Arguments: groups (build, test, sanitize, conformance).
set -eu

build="gcc make pkg-config libc6-dev libncurses-dev libcurl4-openssl-dev libcjson-dev libsecret-1-dev libinih-dev libsqlite3-dev zlib1g-dev libssl-dev libmicrohttpd-dev libgd-dev"
test="libcmocka-dev tmux jq curl python3 procps openssl nghttp2-proxy zsh fish"
sanitize="clang libclang-rt-14-dev valgrind"
conformance="python3-venv default-jre-headless dbus gnome-keyring screen libvterm0 ncurses-bin ncurses-base ncurses-term"

wanted=""
for group in "$@"; do
    case $group in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    sanitize) wanted="$wanted $sanitize" ;;
    conformance) wanted="$wanted $conformance" ;;
    *) echo "install-deps: no group \"$group\"" >&2; exit 2 ;;
    esac
done

missing=""
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || {
    echo "install-deps: these Debian packages are missing and there is no apt-get here:$missing" >&2
    exit 2
}
if [ "$(id -u)" -eq 0 ]; then sudo=""; else sudo="sudo"; fi
echo "installing missing Debian packages:$missing"
$sudo apt-get update -qq
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
