// Subscribes to a stream with the client that the first argument names, at the URL of the second; writes each event as ID<TAB>DATA.
const { createRequire } = require('node:module');
const { join } = require('node:path');

const [, , name, url] = process.argv;
const from = createRequire(join(process.env.CLIENTS, '/'));
const event = (id, data) => process.stdout.write(`${id}\t${data}\n`);
const state = (text) => process.stderr.write(`${text}\n`);

function eventSource(source) {
  source.addEventListener('message', (e) => event(e.lastEventId, e.data));
  source.addEventListener('open', () => state('open'));
  source.addEventListener('error', (e) => state(`${source.readyState === 2 ? 'gave up' : 'error'}: ${e.message ?? e.error ?? ''}`));
}

switch (name) {
  case 'eventsource':
    eventSource(new (from(name).EventSource)(url));
    break;
  case 'eventsource-2':
    eventSource(new (from(name))(url));
    break;
  case 'event-source-polyfill':
    eventSource(new (from(name).EventSourcePolyfill)(url));
    break;
  case 'fetch-event-source':
    // It is made for pages: what it uses of one.
    globalThis.window = globalThis;
    globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
    from(`@microsoft/${name}`)
      .fetchEventSource(url, {
        onmessage: (e) => e.data && event(e.id, e.data),
        onerror: (e) => state(`error: ${e}`),
      })
      .then(
        () => state('gave up'),
        (e) => state(`gave up: ${e}`),
      );
    break;
  case 'ws':
  case 'built-in':
    require('./websocket.cjs').run(name, from);
    break;
}
