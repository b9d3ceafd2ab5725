#!/bin/sh
# Takes away what install.sh has put there. Pictures, settings, models and runs stay.
#
#     ./uninstall.sh [--prefix FOLDER]    (default: where this script is installed, else ~/.local)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
prefix=${HOME:+$HOME/.local}
case $here in
*/lib/aedesk) prefix=${here%/lib/aedesk} ;;
esac
if [ $# -ge 2 ] && [ "$1" = --prefix ]; then
    prefix=$2
elif [ $# -gt 0 ]; then
    printf 'Usage: %s [--prefix FOLDER]\n' "$0" >&2
    exit 1
fi
program=$prefix/lib/aedesk
if [ -z "$prefix" ] || [ ! -x "$program/aedesk" ]; then
    printf 'There is no aedesk in %s/lib.\n' "$prefix" >&2
    exit 1
fi
share=$prefix/share
for name in aedesk aedesk-gui; do
    case $(readlink "$prefix/bin/$name" 2>/dev/null || true) in
    "$program"/*) rm -f "$prefix/bin/$name" ;;
    esac
done
rm -f "$share/applications/aedesk.desktop" "$share/thumbnailers/aedesk.thumbnailer" "$share/mime/packages/aedesk.xml"
rm -f "$share"/icons/hicolor/*/apps/aedesk.png "$share/icons/hicolor/scalable/apps/aedesk.svg"
rm -rf "$program"

refresh() {
    if command -v "$1" >/dev/null 2>&1; then
        "$@" >/dev/null 2>&1 || true
    fi
}
refresh update-mime-database "$share/mime"
refresh update-desktop-database "$share/applications"
if [ -f "$share/icons/hicolor/index.theme" ]; then
    refresh gtk-update-icon-cache -q -t -f "$share/icons/hicolor"
fi

# What the tools of the desktop have made of our files alone goes too, and the folders that are empty now.
empty() {
    [ -d "$1" ] && [ -z "$(ls -A "$1")" ]
}
cd "$prefix"
if empty share/mime/packages; then
    rm -rf share/mime
fi
if [ "$(ls -A share/applications 2>/dev/null)" = mimeinfo.cache ]; then
    rm share/applications/mimeinfo.cache
fi
for folder in bin lib share/applications share/thumbnailers share/mime share/icons/hicolor/*/apps; do
    rmdir -p "$folder" 2>/dev/null || true
done
printf 'aedesk is gone from %s.\n' "$program"
