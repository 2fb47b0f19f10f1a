// The page for debugging: finds the hub of an address, subscribes, publishes, and lists who is subscribed.
//
// The stream is read with fetch and not with EventSource: so the token is in a header and in no address, which servers log and
// browsers keep, and a refusal has a status and a reason, of which EventSource tells nothing.

const HUB = new URL('../../mercure', import.meta.url).pathname;
const TOKENS = 'carillon.mercure.tokens';
const MAX_UPDATES = 200;
const MAX_ROWS = 500;
const MAX_SHOWN = 4_000;
/** Where no update has said how long. */
const RETRY_MILLIS = 3_000;
const RETRY_MIN_MILLIS = 500;
const RETRY_MAX_MILLIS = 60_000;

/** What to do about a refusal, by its code. */
const NEXT = {
  'token-missing': 'Fill in a token; the cookie of the hub would do, too.',
  'token-invalid': 'See that it was signed with the key and the algorithm that the hub has for this side.',
  'token-expired': 'Make a new one.',
  'not-granted': 'Take a token that covers it.',
  'not-found': 'See whether the node has this switched on, and the address.',
  'method-not-allowed': 'The hub may be set not to take updates.',
  'id-conflict': 'The Idempotency-Key was used for another update: take a new one.',
  'broker-unavailable': 'Try again in a moment.',
  'keys-unavailable': 'Try again in a moment.',
  overloaded: 'Try again in a moment.',
  draining: 'Try again in a moment.',
  'too-many-requests': 'Try again in a moment.',
};
const UNREACHABLE = 'The node does not answer. Check that it is running, then try again.';

const element = id => document.getElementById(id);

function made(name, text, className = '') {
  const node = document.createElement(name);
  node.textContent = text;
  node.className = className;
  return node;
}

function say(id, text, isError = false) {
  element(id).textContent = text;
  element(id).classList.toggle('error', isError);
}

function shortened(text) {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)} … (${text.length.toLocaleString('en')} characters in all)`;
}

function linesOf(id) {
  return element(id)
    .value.split('\n')
    .map(line => line.trim())
    .filter(line => line);
}

// Requests.

function authorization(id) {
  const token = element(id).value.trim();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** A refused request as a sentence that says what to do next. */
async function refusalOf(response) {
  let problem = {};
  try {
    problem = JSON.parse(await response.text()) ?? {};
  } catch {
    // Of a proxy, perhaps: the status alone is left.
  }
  const reason = typeof problem.detail === 'string' ? problem.detail.replace(/\.?$/, '.') : response.statusText;
  return [`${response.status} ${problem.code ?? ''}:`.replace(' :', ':'), reason, NEXT[problem.code] ?? ''].join(' ').trim();
}

/** Has what a form does told in its place, whatever becomes of it. */
function answering(form, place, action) {
  element(form).addEventListener('submit', async event => {
    event.preventDefault();
    try {
      await action();
    } catch {
      say(place, UNREACHABLE, true);
    }
  });
}

// Discover.

/** The targets of Link headers (RFC 8288), the first of each relation. */
function linksOf(header) {
  const links = {};
  for (const [, target, parameters] of header.matchAll(/<([^>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^",;\s]*))*)/g)) {
    const relations = /;\s*rel\s*=\s*"?([^";,]*)/i.exec(parameters)?.[1] ?? '';
    for (const relation of relations.toLowerCase().split(/\s+/)) {
      links[relation] ??= target;
    }
  }
  return links;
}

answering('discover', 'discovered', async () => {
  const address = addressOf(element('address').value.trim(), location.origin);
  if (address?.origin !== location.origin) {
    say('discovered', `This page may ask its own node alone: give an address that begins with / or ${location.origin}/`, true);
    return;
  }
  const response = await fetch(address, { method: 'HEAD', cache: 'no-store' });
  const { mercure, self } = linksOf(response.headers.get('Link') ?? '');
  if (mercure === undefined) {
    say('discovered', `It answered ${response.status} without a Link header with rel="mercure": it names no hub.`, true);
    return;
  }
  say('discovered', 'Its hub: ');
  element('discovered').append(made('code', addressOf(mercure, address)?.href ?? mercure));
  if (self !== undefined) {
    element('discovered').append('; its topic: ', made('code', addressOf(self, address)?.href ?? self));
  }
});

function addressOf(text, base) {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

// Subscribe.

let following;

/** Reads server-sent events (HTML Standard, section 9.2.6) from pieces of text. */
function eventReader({ updated, asked }) {
  let rest = '';
  let data = [];
  let type = '';
  let id = '';

  function take(line) {
    if (line === '') {
      if (data.length > 0) {
        updated({ id, type: type || 'message', data: data.join('\n') });
      }
      data = [];
      type = '';
      return;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
    if (field === 'data') {
      data.push(value);
    } else if (field === 'event') {
      type = value;
    } else if (field === 'id' && !value.includes('\0')) {
      id = value;
    } else if (field === 'retry' && /^\d+$/.test(value)) {
      asked(Number(value));
    }
  }

  return text => {
    // A CR at the end may be the first half of a CRLF.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    lines.forEach(take);
  };
}

function beginningOf(response, lastId) {
  if (!lastId) {
    return '';
  }
  if (response.headers.get('Last-Event-ID') !== 'earliest') {
    return ' What came after the last event id comes first.';
  }
  return lastId === 'earliest' ? ' All that is kept comes first.' : ' The hub does not know that id: only what is new comes.';
}

async function subscribe() {
  following?.abort();
  const run = new AbortController();
  following = run;
  element('stop').disabled = false;
  const topics = linesOf('topics').map(topic => ['topic', topic]);
  const headers = authorization('subscriber-token');
  let lastId = element('last-id').value.trim();
  let wait = RETRY_MILLIS;
  say('stream', 'Connecting …');
  while (!run.signal.aborted) {
    let ending = 'The stream has ended.';
    try {
      // As a parameter: a header could not hold every id.
      const query = new URLSearchParams([...topics, ...(lastId ? [['lastEventID', lastId]] : [])]);
      const response = await fetch(`${HUB}?${query}`, { headers, cache: 'no-store', signal: run.signal });
      if (!response.ok) {
        const refusal = await refusalOf(response);
        if (following === run) {
          stop(refusal, true);
        }
        return;
      }
      say('stream', `Subscribed.${beginningOf(response, lastId)}`);
      const read = eventReader({
        updated(update) {
          lastId = update.id || lastId;
          show(update);
        },
        asked: millis => (wait = Math.min(Math.max(millis, RETRY_MIN_MILLIS), RETRY_MAX_MILLIS)),
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        read(piece.value);
      }
    } catch {
      ending = 'The connection broke, or the node does not answer.';
    }
    if (run.signal.aborted) {
      return;
    }
    say('stream', `${ending} Trying again, from the last id, in ${(wait / 1_000).toFixed(1)} s.`, true);
    await new Promise(resolve => setTimeout(resolve, wait));
  }
}

function stop(text, isError = false) {
  following?.abort();
  following = undefined;
  element('stop').disabled = true;
  say('stream', text, isError);
}

element('subscribe').addEventListener('submit', event => {
  event.preventDefault();
  subscribe();
});
element('stop').addEventListener('click', () => stop('Stopped.'));

// Updates.

let count = 0;
let arrived = [];

function show(update) {
  arrived.push({ ...update, at: new Date() });
  if (arrived.length > MAX_UPDATES) {
    arrived.shift();
  }
  count++;
  // Once for all that came together.
  if (arrived.length === 1) {
    setTimeout(showArrived, 30);
  }
}

function showArrived() {
  const items = arrived.map(({ id, type, data, at }) => {
    const item = document.createElement('li');
    const line = document.createElement('p');
    const time = made('time', `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, '0')}`);
    time.dateTime = at.toISOString();
    line.append(time, made('strong', type), made('code', id));
    item.append(line, made('pre', shortened(data)));
    return item;
  });
  arrived = [];
  element('updates').prepend(...items.reverse());
  while (element('updates').childElementCount > MAX_UPDATES) {
    element('updates').lastElementChild.remove();
  }
  showCount();
}

function showCount() {
  element('count').textContent =
    count > MAX_UPDATES ? `${count.toLocaleString('en')}; the newest ${MAX_UPDATES} are shown` : count || '';
  element('none').hidden = count > 0;
  element('log').hidden = count === 0;
  element('clear').disabled = count === 0;
}

element('clear').addEventListener('click', () => {
  count = 0;
  arrived = [];
  element('updates').replaceChildren();
  showCount();
});

// Publish.

answering('publish', 'published', async () => {
  const body = new URLSearchParams(linesOf('update-topics').map(topic => ['topic', topic]));
  body.append('data', element('data').value);
  for (const field of ['id', 'type', 'retry']) {
    const value = element(field).value.trim();
    if (value) {
      body.append(field, value);
    }
  }
  if (element('private').checked) {
    body.append('private', 'on');
  }
  const response = await fetch(HUB, { method: 'POST', headers: authorization('publisher-token'), body });
  if (!response.ok) {
    say('published', await refusalOf(response), true);
    return;
  }
  const id = await response.text();
  say('published', 'Published: ');
  element('published').append(made('code', id));
});

// Active subscriptions.

element('load').addEventListener('click', async () => {
  element('list').hidden = true;
  try {
    const response = await fetch(`${HUB}/subscriptions`, { headers: authorization('subscriber-token'), cache: 'no-store' });
    if (response.ok) {
      listSubscriptions((await response.json()).subscriptions);
    } else if (response.status === 404) {
      say('loaded', 'This node does not tell of them: start it with --mercure-subscriptions.', true);
    } else {
      say('loaded', await refusalOf(response), true);
    }
  } catch {
    say('loaded', UNREACHABLE, true);
  }
});

function listSubscriptions(subscriptions) {
  const some = subscriptions.slice(0, MAX_ROWS);
  element('subscriptions').replaceChildren(
    ...some.map(({ topic, subscriber, payload }) => {
      const row = document.createElement('tr');
      const said = payload === undefined ? '' : shortened(JSON.stringify(payload));
      row.append(made('td', topic), made('td', subscriber), made('td', said));
      return row;
    }),
  );
  element('list').hidden = some.length === 0;
  const rest = some.length < subscriptions.length ? `; the first ${MAX_ROWS} are shown` : '';
  say('loaded', some.length === 0 ? 'No active subscriptions.' : `${subscriptions.length.toLocaleString('en')} active${rest}.`);
}

// Tokens.

/** What a token says of its bearer; undefined: it is none that can be read. */
function claimsOf(token) {
  try {
    const bytes = Uint8Array.from(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Tells what is in a token before the hub says what is not. */
function explain(side, claim, words) {
  const token = element(`${side}-token`).value.trim();
  const claims = token ? claimsOf(token) : {};
  const hint = element(`${side}-claims`);
  const selectors = (claims?.mercure ?? claims?.['https://mercure.rocks/'])?.[claim];
  const expired = claims?.exp * 1_000 < Date.now();
  hint.classList.toggle('error', claims === undefined || expired);
  if (!token) {
    hint.textContent = side === 'publisher'
      ? 'Empty: the cookie of the hub counts, where mercure-publish-origins names this page.'
      : 'Empty: the cookie of the hub counts, where the browser has it.';
  } else if (claims === undefined) {
    hint.textContent = 'This is no JWT: it should have three parts with dots between them.';
  } else {
    const end = claims.exp ? `${expired ? 'It expired at' : 'Good until'} ${new Date(claims.exp * 1_000).toLocaleString()}.` : '';
    const some = Array.isArray(selectors) && selectors.length > 0;
    const may = some ? `${words} ${shortened(selectors.join(', '))}.` : `No claim mercure.${claim}.`;
    hint.textContent = `${may} ${end}`.trim();
  }
}

function explainBoth() {
  explain('subscriber', 'subscribe', 'Private updates of');
  explain('publisher', 'publish', 'Publishes to');
}

/** Kept until the window is closed; never in the address, which stays in the history. */
function takeTokens() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (location.hash) {
    history.replaceState(null, '', location.pathname);
  }
  try {
    const [subscriber, publisher] = given ? [given, given] : (JSON.parse(sessionStorage.getItem(TOKENS)) ?? ['', '']);
    element('subscriber-token').value = subscriber;
    element('publisher-token').value = publisher;
  } catch {
    // They are to be filled in again.
  }
  keepTokens();
}

function keepTokens() {
  explainBoth();
  try {
    sessionStorage.setItem(TOKENS, JSON.stringify([element('subscriber-token').value, element('publisher-token').value]));
  } catch {
    // They will be asked for after a reload.
  }
}

element('subscriber-token').addEventListener('input', keepTokens);
element('publisher-token').addEventListener('input', keepTokens);
addEventListener('hashchange', takeTokens);
takeTokens();
