// A WebSocket that follows the commands on standard input, with the client of the given name: of npm (ws), or that of Node.js (built-in).
//   connect<TAB>URL<TAB>PROTOCOL,PROTOCOL<TAB>NAME: VALUE<TAB>... | send<TAB>TEXT | ping | close
// It writes: open<TAB>PROTOCOL<TAB>EXTENSIONS | message<TAB>TEXT | pong | closed<TAB>CODE<TAB>REASON
const { createInterface } = require('node:readline');
const { spawn } = require('node:child_process');

const say = (...fields) => process.stdout.write(`${fields.join('\t')}\n`);

function npm(WebSocket) {
  return (url, protocols, headers) => {
    const socket = new WebSocket(url, protocols, { headers });
    socket.on('open', () => say('open', socket.protocol, socket.extensions));
    socket.on('message', (data) => say('message', data));
    socket.on('pong', () => say('pong'));
    socket.on('close', (code, reason) => say('closed', code, reason));
    socket.on('error', (e) => process.stderr.write(`${e}\n`));
    return socket;
  };
}

function builtIn() {
  return (url, protocols, headers) => {
    const socket = new WebSocket(url, { protocols, headers });
    socket.addEventListener('open', () => say('open', socket.protocol, socket.extensions));
    socket.addEventListener('message', (e) => say('message', e.data));
    socket.addEventListener('close', (e) => say('closed', e.code, e.reason));
    socket.addEventListener('error', (e) => process.stderr.write(`${e.message ?? e.error ?? 'error'}\n`));
    return socket;
  };
}

function follow(connect) {
  let socket;
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [command, ...fields] = line.split('\t');
    switch (command) {
      case 'connect': {
        const [url, protocols, ...headers] = fields;
        socket = connect(
          url,
          protocols.split(',').filter((protocol) => protocol),
          Object.fromEntries(headers.map((header) => header.split(': '))),
        );
        break;
      }
      case 'send':
        socket.send(fields[0]);
        break;
      case 'ping':
        socket.ping();
        break;
      case 'close':
        socket.close(1000);
        break;
    }
  });
}

exports.run = (name, from) => {
  if (name === 'ws') {
    follow(npm(from('ws')));
  } else if (globalThis.WebSocket) {
    follow(builtIn());
  } else {
    // Node.js 20 and 21 have it behind a flag.
    const child = spawn(process.execPath, ['--experimental-websocket', ...process.argv.slice(1)], { stdio: 'inherit' });
    child.on('exit', (status) => process.exit(status ?? 1));
    process.on('SIGTERM', () => child.kill());
  }
};
