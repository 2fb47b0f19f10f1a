// Prints the events of a topic, one after the other: node listen.mjs orders. The token, if one is needed, is in CARILLON_TOKEN.
import {argv, env, exit} from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';

const SILENCE = 3 * Number(env.HEARTBEAT ?? 15); // seconds; a node sends a comment line every 15 s

if (argv.length !== 3) {
  console.error('usage: listen.mjs TOPIC');
  exit(1);
}
const base = (env.CARILLON_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
const url = `${base}/events?topic=${encodeURIComponent(argv[2])}`;
let lastId = '', retry = 0, failures = 0;

function onEvent(type, data) {
  if (type === 'carillon.open') failures = 0;
  else if (type === 'carillon.gap') console.error(`events are missing, load the state again: ${data}`);
  else if (!type.startsWith('carillon.')) console.log(`${type} ${data}`);
}

/** Reads events until the stream ends; an event counts when its blank line has arrived. */
async function read(body, alive) {
  let text = '', type = '', data = [], id = lastId;
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    alive();
    const lines = (text + chunk).split('\n');
    text = lines.pop();
    for (const line of lines.map(one => one.replace(/\r$/, ''))) {
      const [, field, value] = /^([^:]*):? ?([^]*)$/.exec(line);
      if (line === '') {
        lastId = id;
        if (data.length > 0) onEvent(type || 'message', data.join('\n'));
        type = '';
        data = [];
      } else if (field === 'event') type = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') id = value;
      else if (field === 'retry' && /^\d+$/.test(value)) retry = value / 1000;
    }
  }
}

for (;;) {
  let retryAfter = 0, reason = 'the stream ended';
  const abort = new AbortController();
  const silent = setTimeout(() => abort.abort(`no byte for ${SILENCE} s`), 1000 * SILENCE);
  try {
    const headers = {Accept: 'text/event-stream'};
    if (env.CARILLON_TOKEN) headers.Authorization = `Bearer ${env.CARILLON_TOKEN}`;
    if (lastId) headers['Last-Event-ID'] = Buffer.from(lastId).toString('latin1'); // UTF-8 in a header
    const response = await fetch(url, {headers, redirect: 'manual', signal: abort.signal});
    if (response.status === 200) {
      await read(response.body, () => silent.refresh());
    } else {
      reason = `${response.status} ${await response.text()}`;
      retryAfter = Number(response.headers.get('Retry-After')) || 0;
      if (response.status < 500 && response.status !== 429) {
        console.error(`refused: ${reason}`);
        exit(1);
      }
    }
  } catch (e) {
    reason = abort.signal.reason ?? e.cause ?? e;
  }
  clearTimeout(silent);
  const delay = Math.max(retry, retryAfter, (0.5 + Math.random() / 2) * Math.min(30, 0.5 * 2 ** failures));
  failures = Math.min(failures + 1, 10);
  console.error(`${reason}; again in ${delay.toFixed(1)} s`);
  await sleep(1000 * delay);
}
