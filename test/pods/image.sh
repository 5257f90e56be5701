#!/usr/bin/env bash
# Builds the image of the Dockerfile on a machine without a Docker engine: buildah, on a base that mmdebstrap makes.
# Needs root, dist/bin (npm run build), dist/static (npm run static) and Debian's buildah, podman, runc, conmon, netavark and mmdebstrap. The base is kept in $IMAGE_CACHE for the next run.
#
#   test/pods/image.sh base           makes the base alone, with the packages of the images, which needs nothing of ours
#   test/pods/image.sh [TAG]          builds localhost/istio-init:TAG (default: test), and then prints, for `eval`:
#
#     CONTAINERS_CONF     what podman and buildah need here, exported
#     STORAGE             their options: podman $STORAGE ..., buildah $STORAGE ...
#     BASE_IMAGE, IMAGE, INIT_IMAGE   names of the images: the base, the tools, the init container's
#
# Standard error has the times and the size of each layer.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
cache=${IMAGE_CACHE:-/var/cache/istio-init/image}
tag=${1:-test}
mkdir -p "$cache"
# One at a time: all share the cache.
exec 9>"$cache/lock"
flock 9

lap() { printf '%-28s %5.1f s\n' "$1" "$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')" >&2 && begin=$EPOCHREALTIME; }
begin=$EPOCHREALTIME

# Without CAP_SYS_RESOURCE podman's own limits are refused; crun refuses control groups that are half version 1, half 2.
cat >"$cache/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "$cache/networks"
CONF
export CONTAINERS_CONF=$cache/containers.conf
storage="--root $cache/storage --runroot $cache/run --storage-driver overlay"
base=localhost/debian:trixie-slim image=localhost/istio-init:$tag

if [ ! -s "$cache/trixie.tar" ]; then
  mmdebstrap --quiet --variant=minbase --include=ca-certificates trixie "$cache/unfinished.tar" >&2
  mv "$cache/unfinished.tar" "$cache/trixie.tar"
  lap 'base (mmdebstrap)'
fi
# shellcheck disable=SC2086
{
  if ! podman $storage image exists "$base"; then
    podman $storage import -q --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$cache/trixie.tar" "$base" >/dev/null
    lap 'import of the base'
  fi
  if [ "$tag" = base ]; then
    # The packages of both images: with the cache of layers they are there when the program is.
    buildah $storage bud --isolation chroot --pull-never --layers --build-arg "BASE_IMAGE=$base" --build-arg PROGRAM=built \
      --target debian "$here" >"$cache/build.log" 2>&1 || { cat "$cache/build.log" >&2; exit 1; }
    lap 'packages of the images'
    exit 0
  fi
  # What goes into the images, and out of which base: each test that runs them asks, and only the first of them builds.
  copied='Dockerfile .dockerignore LICENSE scripts/image-root.sh dist/THIRD-PARTY-LICENSES.txt dist/bin dist/static'
  inputs=$(stat -c %Y "$cache/trixie.tar" && cd "$here" && find $copied -type f -exec sha256sum {} + | sort)
  made() { printf '%s\n' "$inputs" && podman $storage image inspect --format '{{.Id}}' "$image" "$image-init" 2>/dev/null; }
  if [ "$(made)" != "$(cat "$cache/made-$tag" 2>/dev/null)" ]; then
    for target in init tools; do
      [ "$target" = tools ] && name=$image || name=$image-$target
      buildah $storage bud --isolation chroot --pull-never --layers --build-arg "BASE_IMAGE=$base" --build-arg PROGRAM=built \
        --target "$target" -t "$name" "$here" >"$cache/build.log" 2>&1 || { cat "$cache/build.log" >&2; exit 1; }
    done
    lap "build of $image"
    # buildah leaves the container of a stage that is only another name for a stage, mounted; and old images pile up.
    buildah $storage rm --all >/dev/null
    podman $storage image prune -f --filter until=24h >/dev/null
    for name in "$image-init" "$image"; do
      podman $storage history --format '{{.Size}} {{.CreatedBy}}' "$name" |
        sed -n "s|^\\([1-9][0-9.]* .B\\) /bin/sh -c #(nop) COPY \\(.*\\):[0-9a-f]*\\(.*\\)|note: layer of ${name#localhost/}: \\1, copied \\2|p" >&2
    done
    made >"$cache/made-$tag"
  fi
}
printf 'export CONTAINERS_CONF=%q\nSTORAGE=%q\nBASE_IMAGE=%q\nIMAGE=%q\nINIT_IMAGE=%q\n' "$CONTAINERS_CONF" "$storage" "$base" "$image" "$image-init"
