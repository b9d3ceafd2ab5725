#!/bin/sh
# A disk image with the program and a link to the folder of programs: make_dmg.sh PROGRAM.app IMAGE.dmg
#
# It is signed ad hoc, as Apple's processors demand; for signing and notarising under a name of one's own, set AEDESK_SIGN_IDENTITY.
set -eu

[ $# -eq 2 ] || {
    printf 'Usage: %s PROGRAM.app IMAGE.dmg\n' "$0" >&2
    exit 2
}
program=$1
image=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

cp -R "$program" "$folder/aedesk.app"
codesign --force --deep --sign "${AEDESK_SIGN_IDENTITY:--}" "$folder/aedesk.app"
codesign --verify --deep --strict "$folder/aedesk.app"
ln -s /Applications "$folder/Applications"
hdiutil create -volname aedesk -srcfolder "$folder" -ov -format ULFO "$image"
