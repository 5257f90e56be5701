# istio-init as an init container's image: the executable, the programs that it starts, and nothing else.
#
#   docker build -t istio-init .
#   docker buildx build --platform linux/amd64,linux/arm64 -t istio-init .
#
# It runs as the injector asks: as root (0:0) with NET_ADMIN, and NET_RAW for legacy, on a read-only root, with
# `istio-iptables ARGS` as arguments; for `istio-validation` as 1337:1337 without any capability.
# docs/install.md has the build arguments, and how the image is put in the place of Istio's.

# Both images can be others, for registries and machines without the usual ones: NODE_IMAGE has node and npm,
# BASE_IMAGE is a Debian with apt. Only files of its packages iptables, nftables, iproute2, and of what these need, are taken.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=debian:bookworm-slim
# Where the executable comes from: `build` makes it; `built` takes the one in dist/bin, which `npm run build` makes.
ARG PROGRAM=build

FROM ${NODE_IMAGE} AS build
WORKDIR /istio-init
# The packages alone first: this layer is kept while only sources change.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --loglevel=error
COPY . .
RUN node scripts/build.mjs

FROM scratch AS built
COPY LICENSE /istio-init/
COPY dist/bin /istio-init/dist/bin
COPY dist/THIRD-PARTY-LICENSES.txt /istio-init/dist/

FROM ${PROGRAM} AS program

FROM ${BASE_IMAGE} AS root
RUN apt-get update && apt-get install -y --no-install-recommends iptables nftables iproute2
COPY scripts/image-root.sh /
COPY --from=program /istio-init/dist/bin/sbom.cdx.json /
RUN sh /image-root.sh /image /sbom.cdx.json

FROM scratch
ARG VERSION=0.1.0
# The release of Istio whose rules it makes where nothing else names one; empty: the newest known.
ARG ISTIO_RELEASE=
LABEL org.opencontainers.image.title="istio-init" \
      org.opencontainers.image.description="Istio's istio-init: installs, checks and compares the iptables rules of a sidecar, for any release from 1.0 to 1.30" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin \
    ISTIO_INIT_RELEASE=${ISTIO_RELEASE}
COPY --from=root /image /
COPY --from=program /istio-init/LICENSE /istio-init/dist/THIRD-PARTY-LICENSES.txt /usr/share/doc/istio-init/
COPY --from=program /istio-init/dist/bin/istio-init /usr/local/bin/
# Only root with NET_ADMIN may change rules. Numbers, as `runAsNonRoot` and its kin want them.
USER 0:0
ENTRYPOINT ["istio-init"]
