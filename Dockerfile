# istio-init as images, for two jobs:
#
#   init    the init container: the drop-in as a static executable, the programs that it starts, and nothing else
#   tools   every command, for a debug container and the audit; the last, so what a build without --target makes
#
#   docker build --target init -t istio-init:init .
#   docker build -t istio-init:tools .
#   docker buildx build --platform linux/amd64,linux/arm64 --target init -t istio-init:init .
#
# Both run as the injector asks: as root (0:0) with NET_ADMIN, and NET_RAW for legacy, on a read-only root, with
# `istio-iptables ARGS` as arguments; for `istio-validation` as 1337:1337 without any capability.
# docs/install.md has the build arguments, and how an image is put in the place of Istio's.

# Both bases can be others, for registries and machines without the usual ones: NODE_IMAGE has node and npm, BASE_IMAGE
# is a Debian with apt, trixie or newer. Only files of its packages iptables, nftables, iproute2, and of what these need, are taken.
ARG NODE_IMAGE=node:24-trixie-slim
ARG BASE_IMAGE=debian:trixie-slim
# Where the executables come from: `build` makes them; `built` takes those in dist, which `npm run build` and `npm run static` make.
ARG PROGRAM=build

FROM ${NODE_IMAGE} AS build
WORKDIR /istio-init
# The packages alone first: this layer is kept while only sources change.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --loglevel=error
COPY . .
RUN node scripts/build.mjs && node scripts/static.mjs dist/source

FROM ${BASE_IMAGE} AS build-static
RUN apt-get update && apt-get install -y --no-install-recommends quickjs libquickjs gcc libc6-dev
COPY --from=build /istio-init/dist/source /istio-init/dist/static
RUN sh /istio-init/dist/static/static-compile.sh /istio-init/dist/static

FROM scratch AS built
COPY LICENSE /istio-init/
COPY dist/bin /istio-init/dist/bin
COPY dist/THIRD-PARTY-LICENSES.txt /istio-init/dist/

FROM scratch AS built-static
# dist/static-arm64 is the one for arm64 that `npm run static -- arm64` makes on amd64.
ARG STATIC=dist/static
COPY ${STATIC} /istio-init/dist/static

FROM ${PROGRAM} AS program
FROM ${PROGRAM}-static AS program-static

FROM ${BASE_IMAGE} AS debian
RUN apt-get update && apt-get install -y --no-install-recommends iptables nftables iproute2
COPY scripts/image-root.sh /

FROM debian AS root-init
COPY --from=program-static /istio-init/dist/static/sbom.cdx.json /
RUN sh /image-root.sh /image /sbom.cdx.json ip nft nsenter tail

FROM debian AS root-tools
COPY --from=program /istio-init/dist/bin/sbom.cdx.json /
# unshare, mount, setpriv, env and sh are for `exec:TEXT`, timeout is for `trace --observe`, grep for live looks.
RUN sh /image-root.sh /image /sbom.cdx.json ip nft nsenter tail unshare mount setpriv env sh timeout grep

FROM scratch AS istio-init
ARG VERSION=0.1.0
# The release of Istio whose rules it makes where nothing else names one; empty: the newest known.
ARG ISTIO_RELEASE=
LABEL org.opencontainers.image.title="istio-init" \
      org.opencontainers.image.description="Istio's istio-init: installs, checks and compares the iptables rules of a sidecar, for any release from 1.0 to 1.30" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin \
    ISTIO_INIT_RELEASE=${ISTIO_RELEASE}
COPY --from=program /istio-init/LICENSE /usr/share/doc/istio-init/
# Only root with NET_ADMIN may change rules. Numbers, as `runAsNonRoot` and its kin want them.
USER 0:0
ENTRYPOINT ["istio-init"]

FROM istio-init AS init
COPY --from=root-init /image /
COPY --from=program-static /istio-init/dist/static/THIRD-PARTY-LICENSES.txt /usr/share/doc/istio-init/
COPY --from=program-static /istio-init/dist/static/istio-iptables /usr/local/bin/istio-init

FROM istio-init AS tools
COPY --from=root-tools /image /
COPY --from=program /istio-init/dist/THIRD-PARTY-LICENSES.txt /usr/share/doc/istio-init/
COPY --from=program /istio-init/dist/bin/istio-init /usr/local/bin/
