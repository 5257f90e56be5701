# istio-init as an init container's image.
#
#   docker build -t istio-init .
#
# Both images can be others, for registries and machines without the usual ones:
# NODE_IMAGE has node and npm, BASE_IMAGE is Debian; their C libraries must agree.
ARG NODE_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /opt/istio-init
# The packages alone first: this layer is kept while only sources change.
COPY package.json package-lock.json .npmrc ./
COPY .ci/install.mjs .ci/
RUN node .ci/install.mjs
COPY . .
# V8's code cache, which the build makes, is only good for the node that made it: the final image takes this very node.
RUN npm run build && cp "$(command -v node)" /usr/local/bin/istio-init-node

FROM ${BASE_IMAGE}
# Both backends, nft and legacy: the one that holds a node's rules is found out at run time.
RUN apt-get update \
 && apt-get install -y --no-install-recommends iptables iproute2 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/istio-init-node /usr/local/bin/node
# The program is one file with everything in it: no npm and no node_modules here.
COPY --from=build /opt/istio-init/LICENSE /opt/istio-init/package.json /opt/istio-init/
COPY --from=build /opt/istio-init/bin /opt/istio-init/bin
COPY --from=build /opt/istio-init/dist /opt/istio-init/dist
RUN ln -s /opt/istio-init/bin/istio-init /opt/istio-init/bin/istio-iptables /usr/local/bin/
# Root, since only root with NET_ADMIN may change rules; an injected pod asks for `runAsUser: 0` as well.
USER 0:0
# An injected init container passes `istio-iptables -p 15001 ...`: here that is a command of the program.
ENTRYPOINT ["istio-init"]
