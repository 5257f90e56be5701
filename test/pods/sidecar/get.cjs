// Calls what is named and prints what answered, a line each, in order: node get.cjs URL...
const { get } = require('node:http');

function text(url) {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 5000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? body : JSON.stringify({ failed: response.statusCode })));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => resolve(JSON.stringify({ failed: error.message })));
  });
}

Promise.all(process.argv.slice(2).map(text)).then((lines) => process.stdout.write(lines.map((line) => `${line}\n`).join('')));
