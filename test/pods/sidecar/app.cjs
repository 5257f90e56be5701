// An app that tells who called it: node app.cjs PORT...
const { createServer } = require('node:http');

const { POD } = process.env;

function answer({ socket, rawHeaders }, response) {
  const hops = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1].toLowerCase() === 'x-hop');
  response.end(JSON.stringify({ pod: POD, peer: socket.remoteAddress, hops }));
}

for (const port of process.argv.slice(2)) {
  for (const host of ['0.0.0.0', '::']) createServer(answer).listen({ port: Number(port), host, ipv6Only: host === '::' });
}
