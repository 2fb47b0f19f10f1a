// Broadcasts of the stage: one request at a time, so that fast clicks keep their order.

const MAX_WAITING = 40;
const TIMEOUT_MILLIS = 8_000;
/** Before each try. The id of the event stays: what was broadcast although its answer was lost is not broadcast again. */
const WAITS_MILLIS = [0, 400, 1_200];

const WORDS = {
  'token-missing': 'A token is needed.',
  'token-invalid': 'This token is not valid here.',
  'token-expired': 'This token has expired.',
  'broker-unavailable': 'The broker is unavailable.',
  overloaded: 'The cluster has too much to do.',
  draining: 'This node is about to stop.',
};

/** A request that was refused, or was not answered; its message is for people. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  get ofToken() {
    return this.status === 401 || this.status === 403;
  }
}

/** Sends a request with the token; the answer's JSON. Throws a Refusal. */
export async function request(token, path, options = {}) {
  let response;
  let body;
  try {
    response = await fetch(path, {
      ...options,
      headers: { ...options.headers, Authorization: `Bearer ${token}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MILLIS),
    });
    body = await response.json();
  } catch {
    throw new Refusal(response?.status ?? 0, 'The cluster does not answer.');
  }
  if (!response.ok) {
    throw new Refusal(response.status, WORDS[body.code] ?? sentence(body.detail) ?? `It answered ${response.status}.`);
  }
  return body;
}

/**
 * The queue: returns what puts an event into it. sent(event) is called for each that was broadcast, refused(refusal, event)
 * for one that was not; what waited behind that is dropped with it: much later it would surprise the hall.
 */
export function broadcasts(token, { sent, refused }) {
  const waiting = [];
  let busy = false;

  async function work() {
    busy = true;
    while (waiting.length > 0) {
      const event = waiting.shift();
      try {
        await send(event);
        sent(event);
      } catch (refusal) {
        waiting.length = 0;
        refused(refusal, event);
      }
    }
    busy = false;
  }

  async function send(event) {
    for (const [i, wait] of WAITS_MILLIS.entries()) {
      await new Promise(resolve => setTimeout(resolve, wait));
      try {
        await request(token(), new URL('../broadcast', import.meta.url), {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(event),
        });
        return;
      } catch (refusal) {
        if ((refusal.status !== 0 && refusal.status !== 503) || i === WAITS_MILLIS.length - 1) {
          throw refusal;
        }
      }
    }
  }

  return event => {
    if (waiting.length >= MAX_WAITING) {
      refused(new Refusal(0, 'Too much is waiting.'), event);
      return;
    }
    if (event.type === 'count') {
      // A number that still waits is late: this one takes its place.
      waiting.splice(0, waiting.length, ...waiting.filter(other => other.type !== 'count'));
    }
    waiting.push({ ...event, id: randomId() });
    if (!busy) {
      work();
    }
  };
}

/** Not crypto.randomUUID(), which only pages by https have. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `lightshow-${Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')}`;
}

function sentence(detail) {
  return typeof detail === 'string' ? `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.` : undefined;
}
