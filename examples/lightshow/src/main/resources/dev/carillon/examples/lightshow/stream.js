// An event stream that outlives what a browser's EventSource does not: a fatal answer, and sleep.

const FIRST_WAIT_MILLIS = 1_000;
const MAX_WAIT_MILLIS = 15_000;
const SILENCE_MILLIS = 40_000;
const ONLINE_SPREAD_MILLIS = 1_000;

/**
 * Follows a stream.
 *
 * opened({ node }) is called at each (re)connection, before its first event; received(type, data) for each event of the types, whose
 * data is an object; lost() when the connection broke. Returns what ends it.
 */
export function follow(url, types, { opened, received, lost }) {
  let source;
  let timer;
  let failures = 0;
  // Not performance.now(), which stands still while some machines sleep. It is compared with this machine's own time alone.
  let heard = 0;

  function open() {
    clearTimeout(timer);
    timer = undefined;
    source?.close();
    heard = Date.now();
    const opening = (source = new EventSource(url));
    opening.addEventListener('carillon.open', event => {
      heard = Date.now();
      failures = 0;
      opened(parse(event.data) ?? {});
    });
    for (const type of types) {
      opening.addEventListener(type, event => {
        heard = Date.now();
        const data = parse(event.data);
        if (data !== undefined) {
          received(type, data);
        }
      });
    }
    opening.onerror = () => {
      if (opening !== source) {
        return;
      }
      lost();
      // After a broken connection the browser tries again by itself; after an answer such as 502 it never does.
      if (opening.readyState === EventSource.CLOSED) {
        openIn(jittered(Math.min(FIRST_WAIT_MILLIS * 2 ** failures++, MAX_WAIT_MILLIS)));
      }
    };
  }

  function openIn(millis) {
    timer ??= setTimeout(open, millis);
  }

  /**
   * Back from sleep, perhaps. A connection can be dead without this side having seen it, and heartbeats are comments, which
   * EventSource does not tell of: after a long silence a new stream is the only way to know, and costs little.
   */
  function wake(spreadMillis) {
    const silent = Date.now() - heard > SILENCE_MILLIS;
    if (document.visibilityState === 'visible' && (source.readyState === EventSource.CLOSED || silent)) {
      clearTimeout(timer);
      timer = undefined;
      openIn(Math.random() * spreadMillis);
    }
  }

  const ended = new AbortController();
  document.addEventListener('visibilitychange', () => wake(0), ended);
  addEventListener('pageshow', () => wake(0), ended);
  // The network of a whole hall comes back at once.
  addEventListener('online', () => wake(ONLINE_SPREAD_MILLIS), ended);
  open();

  return () => {
    ended.abort();
    clearTimeout(timer);
    source.close();
    source = undefined;
  };
}

function jittered(millis) {
  return millis * (0.5 + Math.random() / 2);
}

function parse(data) {
  try {
    const value = JSON.parse(data);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}
