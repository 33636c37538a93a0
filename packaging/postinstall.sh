#!/bin/sh
# After a package is installed: its user, its folder, its unit. Nothing is started before there is something to do.
set -e
if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers /usr/lib/sysusers.d/slugpuppy.conf || true
fi
if ! getent passwd slugpuppy >/dev/null && command -v useradd >/dev/null; then # as in a container
  useradd --system --user-group --home-dir /var/lib/slugpuppy --no-create-home --shell /usr/sbin/nologin slugpuppy
fi
if getent passwd slugpuppy >/dev/null; then
  install -d -m 700 -o slugpuppy -g slugpuppy /var/lib/slugpuppy
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart slugpuppy.service || true
fi
