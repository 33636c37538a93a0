#!/bin/sh
# After a package is installed: its user, its folder, its unit. Nothing is started before there is something to do.
set -e
systemd-sysusers /usr/lib/sysusers.d/slugpuppy.conf || true
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart slugpuppy.service || true
fi
install -d -m 700 -o slugpuppy -g slugpuppy /var/lib/slugpuppy
