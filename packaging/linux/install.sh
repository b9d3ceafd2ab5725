#!/bin/sh
# Puts aedesk into the menu, opens .aed files with it and shows them in file managers. For one person, without any privilege:
#
#     ./install.sh                        into ~/.local
#     sudo ./install.sh --prefix /usr/local   for everybody on this machine
#
# Running it again replaces an older installation. uninstall.sh, here and in the installed folder, takes everything back.
set -eu

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
prefix=${HOME:+$HOME/.local}
while [ $# -gt 0 ]; do
    case $1 in
    --prefix)
        [ $# -ge 2 ] || fail "--prefix needs a folder."
        prefix=$2
        shift 2
        ;;
    *) fail "Usage: $0 [--prefix FOLDER]   (default: ~/.local)" ;;
    esac
done
[ -n "$prefix" ] || fail "There is no home folder here (HOME is empty). Say where to install: $0 --prefix FOLDER"
case $prefix in
/*) ;;
*) prefix=$(pwd)/$prefix ;;
esac
case $prefix in
*[\"\`\$\\]*) fail "The folder $prefix has a character in its name that menu entries cannot hold (\" \` \$ \\). Choose another with --prefix." ;;
esac
program=$prefix/lib/aedesk
share=$prefix/share
[ -x "$here/aedesk" ] || fail "The program is not beside this script. Unpack the whole archive and run the install.sh inside it."
[ "$here" != "$program" ] || fail "This is the installed program itself. Run the install.sh of the unpacked archive."
if [ -e "$program" ] && [ ! -x "$program/aedesk" ]; then
    fail "$program is there already and is not aedesk. Move it away, or choose another folder with --prefix."
fi

# The new program is copied whole before the old one goes: an interruption leaves one of the two.
mkdir -p "$prefix/lib" "$prefix/bin" || fail "The folder $prefix cannot be written."
fresh=$(mktemp -d "$prefix/lib/.aedesk-new.XXXXXX")
trap 'rm -rf "$fresh"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cp -R "$here/." "$fresh/" || fail "The program could not be copied to $prefix/lib: is there enough space (1 GB)?"
chmod 755 "$fresh"
rm -rf "$program"
mv "$fresh" "$program"

link() {
    if [ -e "$2" ] && [ ! -L "$2" ]; then
        printf 'Note: %s is there already and stays as it is; the command is %s.\n' "$2" "$1" >&2
    else
        ln -sf "$1" "$2"
    fi
}
link "$program/aedesk" "$prefix/bin/aedesk-gui"
link "$program/aedesk-cli" "$prefix/bin/aedesk"

# Paths may hold spaces: in quotes on command lines, as they are in TryExec. | and & mean something to sed.
escape() {
    printf '%s' "$1" | sed 's/[|&\\]/\\&/g'
}
fill() {
    sed -e "s|^TryExec=@PROGRAM@|TryExec=$(escape "$program/aedesk")|" -e "s|^TryExec=@CONSOLE@|TryExec=$(escape "$program/aedesk-cli")|" \
        -e "s|@PROGRAM@|\"$(escape "$program/aedesk")\"|" -e "s|@CONSOLE@|\"$(escape "$program/aedesk-cli")\"|" "$1" >"$2"
}
mkdir -p "$share/applications" "$share/mime/packages" "$share/thumbnailers"
fill "$program/share/desktop/aedesk.desktop" "$share/applications/aedesk.desktop"
fill "$program/share/desktop/aedesk.thumbnailer" "$share/thumbnailers/aedesk.thumbnailer"
cp "$program/share/desktop/aedesk.xml" "$share/mime/packages/aedesk.xml"
for png in "$program"/share/icons/aedesk-*.png; do
    size=$(basename "$png" .png | sed 's/^aedesk-0*//')
    folder=$share/icons/hicolor/${size}x$size/apps
    mkdir -p "$folder"
    cp "$png" "$folder/aedesk.png"
done
mkdir -p "$share/icons/hicolor/scalable/apps"
cp "$program/share/icons/aedesk.svg" "$share/icons/hicolor/scalable/apps/aedesk.svg"

# What these keep is only a cache: a desktop without the tools finds the files itself, later.
refresh() {
    if command -v "$1" >/dev/null 2>&1; then
        "$@" >/dev/null 2>&1 || printf 'Note: %s did not succeed; the menu may show aedesk only after the next login.\n' "$1" >&2
    fi
}
refresh update-mime-database "$share/mime"
refresh update-desktop-database "$share/applications"
if [ -f "$share/icons/hicolor/index.theme" ]; then
    refresh gtk-update-icon-cache -q -t -f "$share/icons/hicolor"
fi

printf 'aedesk is installed in %s.\n' "$program"
case ":$PATH:" in
*":$prefix/bin:"*) ;;
*) printf 'The command aedesk is %s/bin/aedesk; that folder is not on your PATH.\n' "$prefix" ;;
esac
