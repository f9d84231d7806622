#!/bin/bash
# Build the User-Mode Linux kernel of the virtual device from Debian's packaged source, once, into a cache outside the
# checkout, and print its folder. Does nothing where it is there already; with --have it only looks (status 1: not there).
# The folder's name is a hash of everything that goes into it. Needs gcc, make, flex, bison, bc and Debian's packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=${HINGECUE_KERNEL_SOURCE:-linux-source-6.1}
key=$(cat "$here/fragment" "$here/build.sh" "$here"/module/* <(echo "$source $(uname -m)") | sha256sum | cut -c1-12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hingecue/virtual-device
out=$cache/$key
if [ -e "$out/done" ]; then
    echo "$out"
    exit 0
fi
[ "${1:-}" != --have ] || exit 1

for tool in gcc make flex bison bc; do
    command -v $tool >/dev/null || {
        echo "virtual device: $tool is missing; install: sudo apt install gcc make flex bison bc" >&2
        exit 1
    }
done
began=$SECONDS
work=$(mktemp -d "${TMPDIR:-/tmp}/hingecue-kernel.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/fetched" "$work/build" "$cache"
(cd "$work/fetched" && apt-get -qq download "$source" 2>/dev/null) || {
    echo "virtual device: apt cannot give $source; look at: apt-get download $source" >&2
    exit 1
}
dpkg-deb --fsys-tarfile "$work"/fetched/*.deb | tar -xO "./usr/src/$source.tar.xz" | tar -xJ -C "$work"
rm -r "$work/fetched"

tree=$work/$source build=$work/build
make -s -C "$tree" O="$build" ARCH=um x86_64_defconfig
"$tree/scripts/kconfig/merge_config.sh" -m -O "$build" "$build/.config" "$here/fragment" >/dev/null
make -s -C "$tree" O="$build" ARCH=um olddefconfig
# Kconfig drops a wish without a word where something it needs is missing.
while read -r wish; do
    case $wish in
    CONFIG_*=n) ! grep -q "^${wish%=n}=[ym]" "$build/.config" || { echo "virtual device: $wish was not kept" >&2; exit 1; } ;;
    CONFIG_*=*) grep -qxF "$wish" "$build/.config" || { echo "virtual device: $wish was dropped" >&2; exit 1; } ;;
    esac
done <"$here/fragment"
make -s -C "$build" ARCH=um -j"$(nproc)" vmlinux modules >"$cache/build.log" 2>&1 || {
    echo "virtual device: the kernel does not build; look at $cache/build.log" >&2
    exit 1
}
cp -r "$here/module" "$work/module"
make -s -C "$build" ARCH=um M="$work/module" modules >>"$cache/build.log" 2>&1
mkdir -p "$out"
make -s -C "$build" ARCH=um INSTALL_MOD_PATH="$out" INSTALL_MOD_STRIP=1 modules_install >>"$cache/build.log" 2>&1
make -s -C "$build" ARCH=um M="$work/module" INSTALL_MOD_PATH="$out" INSTALL_MOD_STRIP=1 modules_install >>"$cache/build.log" 2>&1
cp "$build/vmlinux" "$out/vmlinux"
strip "$out/vmlinux"
touch "$out/done"
echo "virtual device: the kernel was built in $((SECONDS - began)) s" >&2
echo "$out"
