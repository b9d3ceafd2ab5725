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
for tool in "update-mime-database $share/mime" "update-desktop-database $share/applications"; do
    command -v "${tool%% *}" >/dev/null 2>&1 && "${tool%% *}" "${tool#* }" >/dev/null 2>&1 || true
done
printf 'aedesk is gone from %s.\n' "$program"
