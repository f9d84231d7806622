#!/bin/bash
# boot.sh: systemd as PID 1 of its own namespaces, on this kernel, above an overlay of this machine's files.
# Run by box.py as the first process of new mount, PID, UTS, IPC, network and cgroup namespaces. Nothing that is done in
# here stays: what is written lies in a tmpfs that ends with the mount namespace.
#
# BOX: a folder with `state.img`, the ext4 file system of the sessions.   HIERARCHIES: of the machine's control groups.
# PYTHON, PACKAGES, CHECKOUT: what becomes /opt/hingecue.                  FILM: what stands in for the camera.
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$BOX/fs"
mkdir "$BOX"/fs/{upper,work,root}
mount -t overlay overlay -o lowerdir=/,upperdir="$BOX/fs/upper",workdir="$BOX/fs/work" "$BOX/fs/root"
R=$BOX/fs/root
hostname box
mkdir -p "$R"/{proc,sys,dev,run,tmp,.old}

mount -t proc proc "$R/proc"
# These two are not of a namespace: a sysctl that is set in here would be set outside.
for part in sys sysrq-trigger; do
    [[ -e $R/proc/$part ]] || continue
    mount --bind "$R/proc/$part" "$R/proc/$part"
    mount -o remount,bind,ro "$R/proc/$part"
done
mount -t sysfs -o ro sysfs "$R/sys"
if [[ $HIERARCHIES == cgroup2 ]]; then
    mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
else # a machine that still has hierarchies of version 1
    mount -t tmpfs -o mode=755 tmpfs "$R/sys/fs/cgroup"
    mkdir "$R/sys/fs/cgroup/unified"
    mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup/unified"
    for name in ${HIERARCHIES/cgroup2/}; do
        mkdir "$R/sys/fs/cgroup/${name#name=}"
        mount -t cgroup -o "${name/#name=/none,name=}" cgroup "$R/sys/fs/cgroup/${name#name=}"
    done
fi

mount -t tmpfs -o mode=755 tmpfs "$R/dev"
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
    IFS=: read -r name major minor <<<"$node"
    mknod -m 666 "$R/dev/$name" c "$major" "$minor"
done
mkdir "$R"/dev/{pts,shm}
mount -t devpts -o newinstance,ptmxmode=666 devpts "$R/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$R/dev/shm"
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"
for pair in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${pair%%:*}" "$R/dev/${pair#*:}"; done
mount -t tmpfs -o mode=755 tmpfs "$R/run"
mount -t tmpfs -o mode=1777 tmpfs "$R/tmp"
mount -t tmpfs -o mode=755 tmpfs "$R/var/log"

# Nothing of this machine is started in there: its enabled units are covered.
mount -t tmpfs -o mode=755 tmpfs "$R/etc/systemd/system"
: >"$R/etc/fstab"
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n' >"$R/etc/systemd/system/box.target"

# /opt/hingecue: the checkout, the packages and the interpreter, wherever they lie here (a home is closed to the service).
mount -t tmpfs -o mode=755 tmpfs "$R/opt"
mkdir -p "$R"/opt/hingecue/{bin,checkout,packages,lib}
see() { # see FROM TO: here and in there, but not to be written
    mount --bind "$1" "$R$2"
    mount -o remount,bind,ro "$R$2"
}
see "$CHECKOUT" /opt/hingecue/checkout
see "$PACKAGES" /opt/hingecue/packages
python=$PYTHON
if [[ $PYTHON != /usr ]]; then
    python=/opt/hingecue/python
    mkdir "$R$python"
    see "$PYTHON" $python
    echo $python/lib >"$R/etc/ld.so.conf.d/00-hingecue.conf"
    chroot "$R" ldconfig
fi
version=python$VERSION
site=$R/opt/hingecue/lib/$version/site-packages
mkdir -p "$site"
printf '%s\n' /opt/hingecue/packages /opt/hingecue/checkout/device >"$site/hingecue.pth"
printf 'home = %s/bin\ninclude-system-site-packages = false\nversion = %s\n' "$python" "$VERSION" >"$R/opt/hingecue/pyvenv.cfg"
ln -s "$python/bin/$version" "$R/opt/hingecue/bin/python"
sed "1s|.*|#!/opt/hingecue/bin/python|" "$PROGRAM" >"$R/opt/hingecue/bin/hingecue"
chmod 755 "$R/opt/hingecue/bin/hingecue"

mkdir -p "$R/var/lib/hingecue"
mount -o loop "$BOX/state.img" "$R/var/lib/hingecue"
# Lies beside the list that plays it again and again (box.py).
: >"$R/dev/film.mp4"
see "$FILM" /dev/film.mp4

cd "$R"
pivot_root . .old
umount -l /.old
exec setpriv --bounding-set=-sys_module,-sys_time \
    env -i container=box PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=box.target --show-status=no
