# What the system has to know of HingeCue: stands in the package's postinst and prerm, and packaging/install.sh reads it.
# shellcheck shell=sh

say() { echo "hingecue: $*" >&2; }

# The user and its groups, the folder of the sessions, the devices. Without the user the service cannot run.
set_up_system() {
    systemd-sysusers hingecue.conf || {
        say "the user hingecue cannot be made; free some space on the card, then: sudo dpkg --configure hingecue"
        return 1
    }
    systemd-tmpfiles --create hingecue.conf || say "/var/lib/hingecue is not as it should be; look at: systemd-tmpfiles --create"
    if command -v raspi-config >/dev/null && [ "$(raspi-config nonint get_i2c)" != 0 ]; then
        raspi-config nonint do_i2c 0 || say "I2C is still off; switch it on with: sudo raspi-config nonint do_i2c 0"
    fi
    if [ -d /run/systemd/system ]; then
        modprobe i2c-dev 2>/dev/null || true
        udevadm control --reload && udevadm trigger --subsystem-match=i2c-dev --subsystem-match=gpio \
            --subsystem-match=video4linux --subsystem-match=dma_heap || say "start the Pi again, so that the devices are ours"
        systemctl try-restart systemd-journald.service || true
        systemctl try-reload-or-restart polkit.service NetworkManager.service 2>/dev/null || true
    fi
}

# Compiled once here, for the service may not write: imports take a fraction of the time. Pygments is half of it all, and
# rich asks it only for the colours of source code.
compile_python() {
    /opt/hingecue/bin/python3 -s -m compileall -q -x /pygments/ /opt/hingecue/lib || say "Python's files are not compiled; HingeCue starts slower"
}

remove_compiled() {
    if [ -d /opt/hingecue/lib ]; then
        find /opt/hingecue/lib -name __pycache__ -type d -prune -exec rm -rf {} +
    fi
}

# The doctor, as the service's own user. What it finds never fails an installation: a camera may come later.
show_check() {
    runuser -u hingecue -- env HINGECUE_HOME=/var/lib/hingecue LG_WD=/tmp /opt/hingecue/bin/hingecue check || true
}

# As debhelper writes it: who has switched the service off finds it off after every later version.
start_service() {
    deb-systemd-helper unmask hingecue.service >/dev/null || true
    if deb-systemd-helper --quiet was-enabled hingecue.service; then
        deb-systemd-helper enable hingecue.service >/dev/null || true
    else
        deb-systemd-helper update-state hingecue.service >/dev/null || true
    fi
    restart_service
}

restart_service() {
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload || true
        deb-systemd-invoke restart hingecue.service || say "the service does not start; look at: journalctl -u hingecue"
    fi
}

stop_service() {
    if [ -d /run/systemd/system ]; then
        deb-systemd-invoke stop hingecue.service || true
    fi
}
