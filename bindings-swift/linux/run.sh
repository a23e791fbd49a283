#!/bin/sh
# Runs a command inside a root that root.sh made.
#
#   bindings-swift/linux/run.sh ROOT DIR COMMAND [ARGUMENT...]
#
# DIR is at the same path inside (`/` for none). NAME=VALUE before the command sets its environment, which is otherwise empty. The mounts are
# made in a namespace of their own and end with it: nothing is left behind that a removal of the root could walk into.
set -eu
# What runs inside ends with this.
exec unshare --mount --propagation private --fork --kill-child sh -c '
  set -eu
  root=$1 dir=$2; shift 2
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  if [ "$dir" != / ]; then mkdir -p "$root$dir"; mount --bind "$dir" "$root$dir"; fi
  exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 "$@"' -- "$@"
