#!/bin/bash
# Make the program of the checkout /opt/hingecue, and put the files of systemd/ where systemd/README.md says; run inside
# the guest, as root, by `init`. Nothing of the unit is changed. What a home or /tmp holds is closed to the service, so
# the interpreter is bound to /opt too.  PYTHON, VERSION, PACKAGES, CHECKOUT, LIBRARIES: given by boot.py.
set -eu
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir -p /opt/hingecue/{bin,checkout,packages,libraries}
see() { # see FROM TO: the same files, not to be written
    mount --bind "$1" "$2"
    mount -o remount,bind,ro "$2"
}
see "$CHECKOUT" /opt/hingecue/checkout
see "$PACKAGES" /opt/hingecue/packages
see "$LIBRARIES" /opt/hingecue/libraries
python=$PYTHON
if [ "$PYTHON" != /usr ]; then
    python=/opt/hingecue/python
    mkdir $python
    see "$PYTHON" $python
    echo $python/lib >/etc/ld.so.conf.d/00-hingecue.conf
    ldconfig
fi
site=/opt/hingecue/lib/python$VERSION/site-packages
mkdir -p "$site"
printf '%s\n' /opt/hingecue/packages /opt/hingecue/libraries /opt/hingecue/checkout/device >"$site/hingecue.pth"
printf 'home = %s/bin\ninclude-system-site-packages = false\nversion = %s\n' $python "$VERSION" >/opt/hingecue/pyvenv.cfg
ln -s "$python/bin/python$VERSION" /opt/hingecue/bin/python
printf '#!/opt/hingecue/bin/python\nimport sys\n\nfrom hingecue.app.cli import main\n\nsys.exit(main())\n' >/opt/hingecue/bin/hingecue
chmod 755 /opt/hingecue/bin/hingecue

put() { install -D -m 644 "$CHECKOUT/systemd/$1" "$2/$(basename "$1")"; }
put hingecue.service /etc/systemd/system
put hingecue.service.d/10-slower.conf /etc/systemd/system/hingecue.service.d
put sysusers.d/hingecue.conf /etc/sysusers.d
put tmpfiles.d/hingecue.conf /etc/tmpfiles.d
put udev/60-hingecue.rules /etc/udev/rules.d
put polkit/50-hingecue.rules /etc/polkit-1/rules.d
put journald/50-hingecue.conf /etc/systemd/journald.conf.d

# ProtectProc= gives the service a /proc of its own, without the revision that `init` put into /proc/cpuinfo; a Pi has it
# from its kernel.
mkdir -p /etc/systemd/system/hingecue.service.d
printf '[Service]\nBindReadOnlyPaths=/run/cpuinfo:/proc/cpuinfo\n' >/etc/systemd/system/hingecue.service.d/90-pi.conf
