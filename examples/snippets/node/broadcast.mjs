// Broadcasts an event: node broadcast.mjs topic:orders order '{"id":7}'. The token is in CARILLON_TOKEN.
import {randomUUID} from 'node:crypto';
import {argv, env, exit} from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';

const ATTEMPTS = 8;

if (argv.length !== 5) {
  console.error('usage: broadcast.mjs SCOPE TYPE DATA');
  exit(1);
}
const [, , scope, type, data] = argv;
const url = (env.CARILLON_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
const request = {
  method: 'POST',
  headers: {
    'Authorization': `Bearer ${env.CARILLON_TOKEN ?? ''}`,
    'Content-Type': 'application/json',
    'Idempotency-Key': randomUUID() // the same in every attempt: the event is delivered once
  },
  body: JSON.stringify({scope, type, data}),
  redirect: 'manual'
};

/** Status 0 if there was no answer. */
async function send() {
  try {
    const response = await fetch(`${url}/broadcast`, {...request, signal: AbortSignal.timeout(10_000)});
    const retryAfter = Number(response.headers.get('Retry-After')) || 0; // seconds
    return {status: response.status, answer: await response.text(), retryAfter};
  } catch (e) {
    return {status: 0, answer: `no answer: ${e.cause ?? e}`, retryAfter: 0};
  }
}

for (let attempt = 0; ; attempt++) {
  const {status, answer, retryAfter} = await send();
  if (status === 200) {
    console.log(answer);
    break;
  }
  if (![0, 429, 502, 503, 504].includes(status) || attempt === ATTEMPTS - 1) {
    console.error(`not broadcast: ${status} ${answer}`);
    exit(1);
  }
  const backOff = (0.5 + Math.random() / 2) * Math.min(10, 0.25 * 2 ** attempt);
  await sleep(1000 * Math.max(retryAfter, backOff));
}
