#!/bin/sh
# `sudo make install`, from a checkout on the Pi: the same places and the same service as the package, without one.
# `sudo packaging/install.sh --remove` takes all of it away again but the sessions.
set -eu
cd "$(dirname "$0")/.."
. packaging/system.sh

layout() { sed -e '/^#/d' -e 's/ *| */|/g' packaging/layout.txt; }

[ "$(id -u)" = 0 ] || { say "this changes the system; run it with sudo"; exit 1; }
if dpkg-query -W -f '${Status}' hingecue 2>/dev/null | grep -q "ok installed"; then
    say "the package hingecue is installed; remove it first with: sudo apt remove hingecue"
    exit 1
fi

if [ "${1:-}" = --remove ]; then
    stop_service
    systemctl --quiet disable hingecue.service 2>/dev/null || true
    layout | while IFS='|' read -r _ _ to; do
        [ "$to" = etc/hingecue/pins.toml ] || rm -f "/$to"
    done
    rm -f /usr/local/bin/hingecue
    rmdir /etc/systemd/system/hingecue.service.d 2>/dev/null || true
    rm -rf /opt/hingecue
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
    say "removed; your pins stay in /etc/hingecue, your sessions in /var/lib/hingecue"
    exit 0
fi

python3 -c "import numpy" 2>/dev/null || { say "numpy is missing; install it with: sudo apt install python3-numpy"; exit 1; }
python3 -m venv --system-site-packages /opt/hingecue ||
    { say "a virtual environment cannot be made; install: sudo apt install python3-venv"; exit 1; }
fetch() {
    /opt/hingecue/bin/python3 -m pip install --quiet --no-deps "$@" ||
        { say "the libraries cannot be fetched; look at the network, then again: sudo make install"; exit 1; }
}
fetch --requirement packaging/requirements.txt
fetch --force-reinstall .
install -m 755 packaging/hingecue /opt/hingecue/bin/hingecue
layout | while IFS='|' read -r from _ to; do
    if [ "$to" = etc/hingecue/pins.toml ] && [ -e "/$to" ]; then continue; fi # it may have been changed by its owner
    install -D -m 644 "$from" "/$to"
done
ln -sf /opt/hingecue/bin/hingecue /usr/local/bin/hingecue
set_up_system
compile_python
show_check
systemctl --quiet enable hingecue.service
restart_service
