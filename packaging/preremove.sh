#!/bin/sh
# Before a package is removed, not replaced: the service ends. What is in /var/lib/slugpuppy stays.
set -e
case "${1:-remove}" in
remove | 0) [ ! -d /run/systemd/system ] || systemctl disable --now slugpuppy.service || true ;;
esac
