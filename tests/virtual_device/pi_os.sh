#!/bin/bash
# Put into the Debian below $1 what Raspberry Pi OS has of its own: picamera2 and lgpio, and the name of the camera's
# memory. Run by mmdebstrap for pi_os.py.  PYTHON: the machine's own, whose pip knows where packages are.
set -euo pipefail
root=$1
machine=$(uname -m)
site=/usr/lib/python3/dist-packages
pip=("$PYTHON" -m pip --quiet --disable-pip-version-check)
"${pip[@]}" install --target "$root$site" --no-deps --no-compile --implementation cp --python-version 3.13 \
    --only-binary :all: --platform "manylinux_2_28_$machine" --platform "manylinux_2_17_$machine" \
    --platform "manylinux2014_$machine" --platform any picamera2==0.3.38 videodev2 simplejpeg av
mkdir "$root/src"
"${pip[@]}" download --dest "$root/src" --no-deps --no-binary :all: lgpio==0.2.2.0 PiDNG==4.0.9
build="gcc libc6-dev python3-dev python3-pip python3-setuptools python3-wheel swig"
chroot "$root" sh -euc "
    apt-get install --quiet --quiet --yes $build
    PYPI=1 pip install --quiet --no-index --no-build-isolation --no-deps --target $site /src/*.tar.gz
    apt-get purge --quiet --quiet --yes --autoremove $build
    rm -r /src" >"$root/src.log" 2>&1 || {
    cat "$root/src.log" >&2
    exit 1
}
rm "$root/src.log"
# For pictures on a screen, which the product has none of; picamera2 imports it all the same.
printf 'class _Any:\n    def __getattr__(self, name):\n        return name\n\n\nPixelFormat = _Any()\n' >"$root$site/pykms.py"
# A Pi's own memory for cameras has this name; picamera2 looks for no other.
printf 'SUBSYSTEM=="dma_heap", KERNEL=="system", OPTIONS="string_escape=none", SYMLINK+="dma_heap/linux,cma"\n' >"$root/etc/udev/rules.d/99-pi.rules"
