/**
 * carillon.js: events of a Carillon cluster, in browsers and in Node.js 18 or newer. docs/client-js.md explains it by tasks.
 *
 * A connection is one WebSocket, or one response of server-sent events. It ends when a node stops, a proxy restarts, the network changes or a tab
 * is frozen; the client then opens another one from its position in the log, so that events arrive once and in order:
 *
 *   connecting ──▶ open ──▶ waiting ──▶ connecting …        suspended: the page is frozen or in the back/forward cache
 *        └──refused──▶ closed ◀── close(), a final reason
 *
 * The position advances with the id of each event. The retained events of new topics are older than the position; while they may arrive, the position
 * is held, the ids that arrive are kept, and repeats are dropped after a reconnect. A ping of the node ends that: its cursor is the position.
 */
export const version = '0.1.0-SNAPSHOT';

const SILENCE = 60_000; // ms without any data after which the connection is tested; the node sends data every 15 to 25 s
const HEARTBEAT = 20_000; // ms in which a stream of server-sent events has at least a comment; a third of the silence, if that is more
const PROBE = 5_000; // ms for the answer to a test
const TICK = 10_000; // ms between two looks at the clock
const ASLEEP = 30_000; // ms between two looks after which the tab was asleep
const OPENING = 20_000; // ms for a connection to open
const STABLE = 10_000; // ms after which an open connection ends the series of failures
const RETRY = 1_000; // ms before a reconnect, unless the node says otherwise
const RETRY_MAX = 30_000;
const RETRY_OF_NODE_MAX = 60_000;
const BROADCAST_TIME = 30_000;
const MAX_BROADCASTS = 64;
const MAX_SEEN = 10_000;
const MAX_BUFFERED = 10_000;
const MAX_TOPICS = 1_000;
const MAX_TOPIC_CHARS = 7_000; // of all topics in the address of a connection: proxies limit it to 8 KiB
const MAX_EVENT_CHARS = 4 * 1024 * 1024;

const FINAL_REASONS = ['revoked', 'application', 'protocol-error'];
const TOKEN_REASONS = ['expired', 'unauthenticated'];
const OWN_TYPES = /^carillon\.(?!join$|leave$)/;

/** An error of a node, with the code of docs/application.md; or one of this module: disconnected, timeout, overloaded, token, closed. */
export class CarillonError extends Error {
  constructor(code, detail, more = {}) {
    super(`${code}: ${detail}`);
    this.name = 'CarillonError';
    this.code = code;
    this.detail = detail;
    this.status = more.status;
    this.retryAfter = more.retryAfter; // seconds
  }

  /** Whether the same request can succeed later. */
  get temporary() {
    return ['disconnected', 'rate-limited', 'too-many-requests'].includes(this.code) || this.status >= 500 || this.status === 429
      || /-unavailable$|^overloaded$|^draining$/.test(this.code);
  }
}

/** Parses server-sent events (HTML Standard, section 9.2.6) from pieces of text. */
export class EventParser {
  #rest = '';
  #onEvent;
  #onRetry;
  #event = {};

  constructor(onEvent, onRetry = () => {}) {
    this.#onEvent = onEvent;
    this.#onRetry = onRetry;
  }

  feed(text) {
    this.#rest += text;
    if (this.#rest.length > MAX_EVENT_CHARS) {
      throw new CarillonError('protocol-error', `a line has more than ${MAX_EVENT_CHARS} characters`);
    }
    // A CR at the end may be half of a CRLF.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    lines.forEach(line => this.#line(line));
  }

  #line(line) {
    if (line === '') {
      const event = this.#event;
      this.#event = {};
      if (event.data !== undefined) {
        this.#onEvent(event);
      }
      return;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (name === 'data') {
      this.#event.data = this.#event.data === undefined ? value : `${this.#event.data}\n${value}`;
    } else if (name === 'event') {
      this.#event.type = value;
    } else if (name === 'id' && !value.includes('\0')) {
      this.#event.id = value;
    } else if (name === 'retry' && /^\d+$/.test(value)) {
      this.#onRetry(Number(value));
    }
  }
}

/** Milliseconds before the next attempt: twice as many after each failure, never fewer than the node asks for, and spread by up to a half. */
export function reconnectDelay({retry, retryAfter, failures, random}) {
  const base = !retryAfter ? Math.min(Math.max(retry ?? RETRY, 100), RETRY_OF_NODE_MAX) : retryAfter * 1_000;
  const grown = Math.max(base, Math.min(RETRY_MAX, base * 2 ** Math.min(failures, 10)));
  return Math.round(grown * (1 + random / 2));
}

/** The error that a response describes. */
async function problem(response) {
  const {code, detail} = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get('Retry-After') ?? NaN);
  return new CarillonError(code ?? `http-${response.status}`, detail ?? `status ${response.status}`,
    {status: response.status, retryAfter: seconds >= 0 ? Math.min(seconds, 60) : undefined});
}

// Transports. Each calls on.data() for whatever arrives, on.message(message) with the messages of docs/stream.md, and once on.end(outcome).

/** Server-sent events by fetch, which sees statuses and can send the token in a header. */
function openEvents(url, token, system, on) {
  const abort = new AbortController();
  let ended = false;
  const end = outcome => {
    if (!ended) {
      ended = true;
      abort.abort();
      on.end(outcome);
    }
  };
  const parser = new EventParser(event => {
    const {type = 'message', id, data} = event;
    if (OWN_TYPES.test(type)) {
      const message = {...JSON.parse(data), type: type.slice('carillon.'.length)};
      if (message.type === 'close') {
        end({reason: message.reason});
      } else if (!ended) {
        on.message(message.type === 'open' && id ? {...message, cursor: id} : message);
      }
    } else if (!ended) {
      on.message({type: 'event', event: type, id, data: type.startsWith('carillon.') ? JSON.parse(data) : data});
    }
  }, delay => on.message({type: 'retry', delay}));
  (async () => {
    const headers = {Accept: 'text/event-stream', ...(token ? {Authorization: `Bearer ${token}`} : {})};
    const response = await system.fetch(url, {headers, signal: abort.signal, cache: 'no-store', credentials: 'include'});
    if (response.status !== 200 || !/^text\/event-stream/.test(response.headers.get('Content-Type') ?? '')) {
      return end({error: await problem(response)});
    }
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const {done, value} = await reader.read();
      if (done || ended) {
        return end({});
      }
      on.data();
      parser.feed(decoder.decode(value, {stream: true}));
    }
  })().catch(error => end(error instanceof CarillonError ? {error} : {}));
  return {
    close() {
      ended = true;
      abort.abort();
    },
  };
}

/** A WebSocket. The token is a subprotocol if it has the characters for it, as JWTs do; else it is the first message. */
function openSocket(url, token, system, on) {
  const asProtocol = token && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(token);
  const socket = new system.WebSocket(url, asProtocol ? ['carillon.v1', `carillon.authorization.${token}`] : ['carillon.v1']);
  let greeted = false;
  let tokenSent = !token || asProtocol;
  const sendToken = () => {
    tokenSent = true;
    socket.send(JSON.stringify({access_token: token}));
  };
  const take = message => {
    if (!tokenSent && (message.type === 'authenticate' || message.type === 'open')) {
      sendToken(); // A node that accepts clients without a token sends open first, and a second one after the token.
    } else if (message.type === 'authenticate') {
      end({error: new CarillonError('token-missing', 'the node asks for a token', {status: 401})});
    } else if (message.type === 'reply' && message.ref === undefined && message.status === 'error') {
      end({error: new CarillonError(message.code, message.detail, {status: /^token-/.test(message.code) ? 401 : undefined})});
    } else {
      on.message(message);
    }
  };
  const end = outcome => {
    detach();
    on.end(outcome);
  };
  const listeners = {
    message({data}) {
      greeted = true;
      on.data();
      take(JSON.parse(data));
    },
    close({reason}) {
      end(greeted ? {reason} : {refused: true});
    },
  };
  const detach = () => {
    Object.entries(listeners).forEach(([type, listener]) => socket.removeEventListener(type, listener));
    socket.close();
  };
  socket.addEventListener('error', () => {}); // A close follows.
  Object.entries(listeners).forEach(([type, listener]) => socket.addEventListener(type, listener));
  return {
    send: message => socket.send(JSON.stringify(message)),
    close: detach,
  };
}

/** Listeners for some events. With load, events wait until the application has loaded its state. */
class Audience {
  #listeners = new Map();
  #client;
  #load;
  #waiting; // Events during load; undefined: none is running.
  #loading = false;
  #again = false; // The state that is being loaded lacks events.
  #ended = false;

  constructor(client, load, loadsWhenOpen) {
    this.#client = client;
    this.#load = load;
    this.loadsWhenOpen = loadsWhenOpen;
    this.#waiting = load ? [] : undefined;
  }

  on(type, listener) {
    const all = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, all.add(listener));
    return () => {
      all.delete(listener);
    };
  }

  /** Ends a load that fails and is repeated, too. */
  end() {
    this.#ended = true;
    this.#waiting = [];
  }

  has(type) {
    return this.#listeners.get(type)?.size > 0;
  }

  take(event) {
    if (this.#ended) {
      return;
    }
    if (this.#waiting === undefined) {
      this.emit(event.type, event, this.#listeners.get('*'));
    } else if (this.#waiting.push(event) > MAX_BUFFERED) {
      this.#waiting = [];
      this.#again = true;
    }
  }

  /** Loads the state; again if events were lost meanwhile. What came before is part of what is loaded. */
  async load(system) {
    if (!this.#load || this.#ended) {
      return;
    }
    this.loadsWhenOpen = false;
    this.#waiting ??= [];
    this.#again = true;
    if (this.#loading) {
      return;
    }
    this.#loading = true;
    for (let failures = 0; this.#again && !this.#ended && !this.#client.isClosed;) {
      this.#again = false;
      this.#waiting = [];
      try {
        await this.#load();
      } catch (error) {
        if (this.#ended) {
          return;
        }
        this.#again = true;
        this.#client.report(error);
        const delay = reconnectDelay({failures: failures++, random: system.random()});
        await new Promise(done => system.setTimeout(done, delay));
      }
    }
    this.#loading = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting.forEach(event => this.take(event));
  }

  emit(type, event, also = []) {
    for (const listener of [...(this.#listeners.get(type) ?? []), ...(also ?? [])]) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error; // As an EventTarget does: the other listeners are called, and the error is reported.
        });
      }
    }
  }
}

/** Some topics of a connection, with listeners of their own. Made by Carillon.subscribe. */
class Subscription {
  #audience;
  #change;

  /** Settles when the node has added the topics. */
  ready;

  constructor(topics, audience, ready, change) {
    this.topics = topics;
    this.#audience = audience;
    this.ready = ready;
    this.#change = change;
  }

  on(type, listener) {
    return this.#audience.on(type, listener);
  }

  close() {
    this.#change();
    this.#change = () => {};
  }
}

/** The users in a scope with presence, kept up to date. Made by Carillon.presence. */
class Presence {
  /** User names with the data of their tokens. */
  users = new Map();
  #listeners = new Set();
  #close;

  constructor(close) {
    this.#close = close;
  }

  /** Calls the listener with the users now and after each change; returns a function that ends this. */
  onChange(listener) {
    this.#listeners.add(listener);
    listener(this.users);
    return () => this.#listeners.delete(listener);
  }

  changed() {
    this.#listeners.forEach(listener => listener(this.users));
  }

  close() {
    this.#close();
    this.#listeners.clear();
  }
}

/** A client of a cluster: one connection at a time. Made by connect(). */
class Carillon {
  #options;
  #system;
  #base;
  #all; // Audience of every event.
  #subscriptions = new Map(); // Audience → its topics.
  #presences = new Map(); // Audience → its scope

  #state = 'connecting';
  #attempt = 0; // Callbacks of earlier attempts are ignored.
  #connection;
  #openedAt;
  #failures = 0;
  #retry;
  #timers = new Map();
  #lastTick = 0;
  #lastData = 0;
  #about = {}; // context, user, session and node of the connection

  #token;
  #tokenOf; // The attempt that asked for it, until it is accepted.
  #tokenAsked;

  #position;
  #held = true; // The position does not advance with events.
  #seen = new Set(); // Ids of events since the held position.
  #repeats = new Set(); // Those that can come again after a reconnect.

  #topics = new Map(); // Topic → how many subscriptions have it.
  #confirmed = new Set(); // Topics that the node has added.
  #removed = new Set(); // Topics to be removed at the node; not those that it has not added.
  #adding = new Map(); // Topic → promise of its subscription
  #awaitingOpen = []; // Subscriptions that wait for the first connection: {resolve, reject}
  #pending = []; // Subscriptions that were not sent, or not answered: {topics, after, resolve, reject, alone}
  #changing = false;
  #replies = new Map(); // ref → {resolve, reject}
  #ref = 0;
  #broadcasts = 0;

  constructor(options) {
    this.#system = {
      now: () => Date.now(),
      setTimeout: (run, ms) => setTimeout(run, ms),
      clearTimeout: id => clearTimeout(id),
      random: () => Math.random(),
      fetch: (...request) => fetch(...request),
      WebSocket: globalThis.WebSocket,
      window: globalThis.document ? globalThis.window : undefined,
      ...options.system,
    };
    this.#options = {transport: this.#system.WebSocket ? 'ws' : 'sse', topics: [], ...options};
    if (!['ws', 'sse'].includes(this.#options.transport)) {
      throw new TypeError(`transport: ${this.#options.transport}: must be ws or sse`);
    }
    this.#base = nodeUrl(options.url);
    this.#position = options.after;
    this.#all = new Audience(this, options.load, true);
    this.#count(this.#options.topics).forEach(topic => this.#confirmed.add(topic));
    this.#followPage();
    this.#tick();
    this.#start();
  }

  /** connecting, open, waiting, suspended or closed */
  get state() {
    return this.#state;
  }

  get isClosed() {
    return this.#state === 'closed';
  }

  /** What the node said of this client: context, user, session, node. */
  get about() {
    return this.#about;
  }

  /** Where another connection would resume: an event id or a cursor. */
  get cursor() {
    return this.#position;
  }

  /** Calls a listener for events of a type; message: without a type; *: all. Returns a function that ends this. */
  on(type, listener) {
    return this.#all.on(type, listener);
  }

  /** Adds topics to the connection. */
  subscribe(topics, {after, load} = {}) {
    if (this.#options.transport !== 'ws') {
      throw new TypeError('subscribe: server-sent events have the topics of connect() only; use the transport ws');
    }
    this.#requireOpen();
    const list = [topics].flat();
    const shared = after === undefined ? undefined : list.find(topic => this.#topics.has(topic));
    if (shared !== undefined) {
      throw new CarillonError('invalid', `after: the connection has the topic ${shared} already, and its earlier events do not come again`);
    }
    const added = this.#count(list);
    const audience = new Audience(this, load);
    this.#subscriptions.set(audience, new Set(list));
    if (added.length > 0) {
      const change = {topics: added, after, sent: false, alone: false};
      const settled = new Promise((resolve, reject) => Object.assign(change, {resolve, reject}));
      added.forEach(topic => this.#adding.set(topic, settled));
      const forget = () => added.forEach(topic => this.#adding.get(topic) === settled && this.#adding.delete(topic));
      settled.then(forget, forget);
      this.#pending.push(change);
      queueMicrotask(() => this.#sendChanges());
    }
    // Without a position, events before the connection is open do not come later: what is loaded before would lack them.
    const opened = this.#position === undefined && this.#state !== 'open'
      ? new Promise((resolve, reject) => this.#awaitingOpen.push({resolve, reject}))
      : undefined;
    const ready = Promise.all([opened, ...list.map(topic => this.#adding.get(topic))]).then(() => void audience.load(this.#system));
    ready.catch(error => this.isClosed || this.report(error));
    return new Subscription(list, audience, ready, () => {
      audience.end();
      this.#subscriptions.delete(audience);
      this.#release(list);
    });
  }

  /** The users in a scope with presence, such as topic:room/7; the connection must have the scope. */
  presence(scope) {
    if (this.#options.transport !== 'ws' && [...this.#presences.values()].some(other => other !== scope)) {
      throw new TypeError('presence: server-sent events do not name the scope of a join, so one scope only; use the transport ws');
    }
    const late = []; // Changes while the list is loaded: it may lack them, or have them already.
    const apply = ({type, data}) => {
      if (type === 'carillon.join') {
        presence.users.set(data.user, data.data ?? {});
      } else {
        presence.users.delete(data.user);
      }
    };
    let loading = true;
    const take = event => {
      if (event.scopes === undefined || event.scopes.includes(scope)) {
        late.push(event);
        if (late.length > MAX_BUFFERED) {
          late.shift(); // The list is loaded later.
        }
        if (!loading) {
          late.splice(0).forEach(apply);
          presence.changed();
        }
      }
    };
    const audience = new Audience(this, async () => {
      loading = true;
      const {users} = await this.#get('presence', {scope, limit: 10_000});
      presence.users = new Map(users.map(({user, data}) => [user, data ?? {}]));
      loading = false;
      late.splice(0).forEach(apply);
      presence.changed();
    }, true);
    const ends = ['carillon.join', 'carillon.leave'].map(type => this.#all.on(type, take));
    const presence = new Presence(() => {
      audience.end();
      this.#presences.delete(audience);
      ends.forEach(end => end());
      this.#subscriptions.delete(audience);
    });
    this.#subscriptions.set(audience, new Set());
    this.#presences.set(audience, scope);
    if (this.#state === 'open') {
      audience.load(this.#system);
    }
    return presence;
  }

  /** The cursor of the end of the log, for scopes such as topic:orders. */
  async position(...scopes) {
    return (await this.#get('position', {scope: scopes})).cursor;
  }

  /** Broadcasts an event; repeated with the same idempotency key until the outcome is known, for 30 s. */
  async broadcast({type, idempotencyKey = randomKey(), ...event}) {
    this.#requireOpen();
    if (this.#broadcasts >= MAX_BROADCASTS) {
      throw new CarillonError('overloaded', `more than ${MAX_BROADCASTS} broadcasts are pending`);
    }
    this.#broadcasts++;
    const end = this.#system.now() + BROADCAST_TIME;
    try {
      for (let failures = 0; ; failures++) {
        try {
          return await (this.#options.transport === 'ws'
            ? this.#request({type: 'broadcast', ...event, ...(type && {event: type}), idempotency_key: idempotencyKey}, end)
            : this.#post('broadcast', {...event, type}, {'Idempotency-Key': idempotencyKey}));
        } catch (error) {
          const delay = reconnectDelay({retryAfter: error.retryAfter, failures, random: this.#system.random()});
          if (!error.temporary || this.isClosed) {
            throw error;
          } else if (this.#system.now() + delay > end) {
            throw new CarillonError('timeout', `the event may have been broadcast or not (${error.message})`);
          }
          await new Promise(done => this.#system.setTimeout(done, delay));
        }
      }
    } finally {
      this.#broadcasts--;
    }
  }

  /** Ends the connection for good. */
  close() {
    this.#end();
  }

  report(error) {
    if (!this.#all.has('carillon.error')) {
      console.error(error);
    }
    this.#all.emit('carillon.error', error);
  }

  // Connections

  async #start() {
    const attempt = ++this.#attempt;
    const isCurrent = () => attempt === this.#attempt && this.#state === 'connecting';
    this.#timers.forEach((id, name) => name === 'tick' || this.#cancel(name));
    this.#set('connecting');
    this.#after('opening', OPENING, () => this.#lost({error: new CarillonError('timeout', 'the connection does not open')}));
    try {
      if (this.#token == null) {
        this.#token = await this.#askForToken();
        this.#tokenOf = attempt;
      }
    } catch (error) {
      if (isCurrent()) {
        this.#lost({error});
      }
      return;
    }
    if (!isCurrent()) {
      return;
    }
    const on = {
      data: () => {
        this.#lastData = this.#system.now();
      },
      message: message => attempt === this.#attempt && this.#take(message),
      end: outcome => attempt === this.#attempt && this.#explain(outcome, attempt),
    };
    on.data();
    this.#repeats = new Set(this.#seen);
    try {
      this.#connection = this.#options.transport === 'ws'
        ? openSocket(this.#streamUrl('ws'), this.#token, this.#system, on)
        : openEvents(this.#streamUrl('events'), this.#token, this.#system, on);
    } catch (error) {
      this.#end(new CarillonError('invalid', error.message)); // As a page over HTTPS that opens a WebSocket without TLS.
    }
  }

  #streamUrl(path) {
    const url = new URL(path, this.#base);
    const {route, filter, label} = this.#options;
    const add = (name, values) => [values ?? []].flat().forEach(value => url.searchParams.append(name, value));
    add('route', route);
    add('topic', [...this.#confirmed]);
    add('filter', filter);
    add('label', label);
    add('context', this.#about.context);
    add('lastEventID', this.#position);
    if (path === 'ws') {
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    } else {
      url.searchParams.set('ping', 'true');
    }
    return url.href;
  }

  /** Browsers hide why a WebSocket was refused: the same request for events says it, by its status, its reason to close, or that it opens. */
  #explain(outcome, attempt) {
    this.#connection = undefined;
    if (!outcome.refused) {
      return this.#lost(outcome);
    }
    const url = new URL(this.#streamUrl('events'));
    ['context', 'lastEventID'].forEach(name => url.searchParams.delete(name));
    const isCurrent = () => attempt === this.#attempt;
    this.#connection = openEvents(url.href, this.#token, this.#system, {
      data() {},
      message: ({type, delay}) => {
        if (isCurrent() && type === 'retry') {
          this.#retry = delay;
        } else if (isCurrent() && type === 'open') {
          this.#lost({error: new CarillonError('websocket-refused',
            'events are reachable, but the WebSocket is not; if a proxy does not pass WebSockets, use the transport sse')});
        }
      },
      end: ended => isCurrent() && this.#lost(ended),
    });
  }

  /** The connection has ended: decides whether and when to open another one. */
  #lost({reason, error, now = false}) {
    const isNewToken = this.#tokenOf === this.#attempt; // One of an earlier attempt may have expired before a node saw it.
    this.#drop(new CarillonError('disconnected', 'the connection ended before the reply'));
    let delay = now ? 0 : undefined;
    if (error?.status === 401 || TOKEN_REASONS.includes(reason)) {
      if (error?.code === 'token-revoked' || typeof this.#options.token !== 'function' || (error && isNewToken)) {
        return this.#end(error ?? new CarillonError(reason, 'the token has expired, and there is no callback for another one'));
      }
      this.#token = undefined;
      delay = this.#failures === 0 ? 0 : undefined;
    } else if (FINAL_REASONS.includes(reason)) {
      return this.#end(new CarillonError(reason, `the node closed the connection: ${reason}`));
    } else if ([400, 403, 404, 405].includes(error?.status) && !error.code.startsWith('http-')) {
      return this.#end(error);
    } else if (error) {
      this.report(error);
    }
    delay ??= reconnectDelay(
      {retry: this.#retry, retryAfter: error?.retryAfter, failures: this.#failures, random: this.#system.random()});
    this.#failures++;
    this.#set('waiting', {reason: reason || error?.code, delay});
    this.#after('reconnect', delay, () => this.#start());
  }

  /** Forgets the connection; requests without a reply fail, subscriptions are sent again on the next one. */
  #drop(error) {
    this.#attempt++;
    this.#connection?.close();
    this.#connection = undefined;
    this.#timers.forEach((id, name) => name === 'tick' || this.#cancel(name));
    this.#changing = false;
    this.#pending.forEach(change => (change.sent = false));
    this.#replies.forEach(({reject}) => reject(error));
    this.#replies.clear();
    if (this.#openedAt !== undefined && this.#system.now() - this.#openedAt >= STABLE) {
      this.#failures = 0;
    }
    this.#openedAt = undefined;
  }

  #end(error) {
    if (this.isClosed) {
      return;
    }
    const closed = error ?? new CarillonError('closed', 'the client was closed');
    this.#drop(closed);
    this.#cancel('tick');
    this.#leavePage();
    this.#set('closed', error && {reason: error.code});
    [...this.#pending.splice(0), ...this.#awaitingOpen.splice(0)].forEach(({reject}) => reject(closed));
    if (error) {
      this.report(error);
    }
  }

  #set(state, more = {}) {
    if (state !== this.#state || state === 'waiting') {
      this.#state = state;
      this.#all.emit('carillon.state', {state, ...more});
    }
  }

  #requireOpen() {
    if (this.isClosed) {
      throw new CarillonError('closed', 'the client was closed');
    }
  }

  // Messages of the node

  #take(message) {
    switch (message.type) {
      case 'event':
        return this.#takeEvent(message);
      case 'open':
        return this.#opened(message);
      case 'reply':
        return this.#takeReply(message);
      case 'ping':
        return this.#advance(message.cursor);
      case 'retry':
        this.#retry = message.delay;
        return;
      case 'token':
        return this.#renew();
      case 'gap':
        this.#held = true;
        this.#askForPosition();
        this.#all.emit('carillon.gap', message);
        return this.#load();
      case 'unsubscribed':
        message.scopes.forEach(scope => this.#confirmed.delete(scope.replace(/^topic:/, '')));
    }
    this.#all.emit(`carillon.${message.type}`, message);
  }

  #opened({context, user, session, node, resumed, cursor}) {
    this.#cancel('opening');
    this.#openedAt = this.#system.now();
    this.#tokenOf = undefined;
    this.#about = {context, user, session, node};
    const first = this.#position === undefined;
    if (cursor && first) {
      this.#position = cursor;
      this.#held = true;
      this.#seen.clear();
    }
    this.#set('open', {node, resumed});
    this.#load(audience => audience.loadsWhenOpen);
    this.#awaitingOpen.splice(0).forEach(({resolve}) => resolve());
    this.#sendChanges();
    if (this.#held) {
      this.#askForPosition();
    }
  }

  #load(which = () => true) {
    [this.#all, ...this.#subscriptions.keys()].filter(which).forEach(audience => audience.load(this.#system));
  }

  #takeEvent({id, event: type = 'message', data, scopes, tags}) {
    if (id !== undefined) {
      if (this.#repeats.delete(id)) {
        return;
      }
      if (!this.#held) {
        this.#position = id;
      } else {
        this.#seen.add(id);
        if (this.#seen.size > MAX_SEEN) {
          this.#seen.delete(this.#seen.values().next().value);
        }
      }
    }
    const event = {type, id, data, scopes, tags, json: () => (typeof data === 'string' ? JSON.parse(data) : data)};
    this.#all.take(event);
    for (const [audience, topics] of this.#subscriptions) {
      if (scopes?.some(scope => scope.startsWith('topic:') && topics.has(scope.slice('topic:'.length)))) {
        audience.take(event);
      }
    }
  }

  #advance(cursor) {
    this.#position = cursor;
    this.#held = false;
    this.#seen.clear();
    this.#repeats.clear();
  }

  #askForPosition() {
    if (this.#connection?.send && this.#state === 'open') {
      this.#request({type: 'ping'}).then(({cursor}) => cursor && this.#advance(cursor), () => {});
    }
  }

  #takeReply({ref, status, code, detail, ...result}) {
    delete result.type;
    const reply = this.#replies.get(ref);
    this.#replies.delete(ref);
    if (status === 'ok') {
      reply?.resolve(result);
    } else {
      reply?.reject(new CarillonError(code, detail));
    }
  }

  /** Sends a message over the WebSocket; the reply. */
  #request(message, end) {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'open') {
        reject(new CarillonError('disconnected', 'there is no connection'));
        return;
      }
      const ref = ++this.#ref;
      const timer = end && this.#system.setTimeout(() => this.#takeReply({ref, code: 'disconnected', detail: 'no reply in time'}),
        Math.max(0, end - this.#system.now()));
      const settled = settle => value => {
        this.#system.clearTimeout(timer);
        settle(value);
      };
      this.#replies.set(ref, {resolve: settled(resolve), reject: settled(reject)});
      this.#connection.send({...message, ref});
    });
  }

  // Topics

  /** Counts topics; those that the connection did not have. */
  #count(topics) {
    const added = [...new Set(topics)].filter(topic => !this.#topics.has(topic));
    const all = [...this.#topics.keys(), ...added];
    if (all.length > MAX_TOPICS || all.reduce((sum, topic) => sum + encodeURIComponent(topic).length + 7, 0) > MAX_TOPIC_CHARS) {
      throw new RangeError(`a connection has at most ${MAX_TOPICS} topics, whose names fit into ${MAX_TOPIC_CHARS} characters of an address`);
    }
    topics.forEach(topic => this.#topics.set(topic, (this.#topics.get(topic) ?? 0) + 1));
    return added;
  }

  #release(topics) {
    const removed = [];
    for (const topic of topics) {
      const rest = this.#topics.get(topic) - 1;
      if (rest > 0) {
        this.#topics.set(topic, rest);
      } else {
        this.#topics.delete(topic);
        removed.push(topic);
      }
    }
    this.#pending.filter(change => !change.sent).forEach(change => {
      change.topics = change.topics.filter(topic => !removed.includes(topic));
    });
    queueMicrotask(() => this.#sendChanges());
    removed.filter(topic => this.#confirmed.delete(topic)).forEach(topic => this.#removed.add(topic));
  }

  /** One message for all topics that were removed in a turn. It precedes subscriptions, which may add one of them again. */
  #sendRemovals() {
    const topics = [...this.#removed];
    this.#removed.clear();
    if (topics.length > 0) {
      this.#request({type: 'unsubscribe', topics}).catch(error => error.code === 'disconnected' || this.report(error));
    }
  }

  /** Sends the subscriptions that wait, those from one position together and one message at a time: a node has a limit of pending changes. */
  async #sendChanges() {
    this.#sendRemovals();
    this.#pending.filter(change => change.topics.length === 0).forEach(({resolve}) => resolve());
    this.#pending = this.#pending.filter(change => change.topics.length > 0);
    const first = this.#pending[0];
    if (!first || this.#changing || this.#state !== 'open') {
      return;
    }
    const attempt = this.#attempt;
    const batch = first.alone ? [first] : this.#pending.filter(change => !change.alone && change.after === first.after);
    this.#changing = true;
    this.#held = true; // Retained events follow.
    batch.forEach(change => (change.sent = true));
    const topics = batch.flatMap(change => change.topics);
    const done = settle => {
      this.#pending = this.#pending.filter(change => !batch.includes(change));
      batch.forEach(settle);
    };
    try {
      await this.#request({type: 'subscribe', topics, ...(first.after && {after: first.after})});
      topics.filter(topic => this.#topics.has(topic)).forEach(topic => this.#confirmed.add(topic));
      done(({resolve}) => resolve());
      const left = topics.filter(topic => !this.#topics.has(topic));
      if (left.length > 0) {
        await this.#request({type: 'unsubscribe', topics: left});
      }
    } catch (error) {
      if (attempt !== this.#attempt) {
        return; // It is sent again on the next connection.
      } else if (batch.length > 1) {
        batch.forEach(change => Object.assign(change, {alone: true, sent: false}));
      } else {
        topics.forEach(topic => this.#topics.delete(topic));
        done(({reject}) => reject(error));
      }
    }
    if (attempt === this.#attempt) {
      this.#changing = false;
      this.#askForPosition();
      this.#sendChanges();
    }
  }

  // Tokens

  #askForToken() {
    const {token} = this.#options;
    if (typeof token !== 'function') {
      return token;
    }
    this.#tokenAsked ??= Promise.resolve().then(token).catch(error => {
      throw new CarillonError('token', `the token callback failed: ${error?.message ?? error}`);
    }).finally(() => {
      this.#tokenAsked = undefined;
    });
    return this.#tokenAsked;
  }

  /** Replaces the token of the open connection. If that fails, the next connection has the new one. */
  async #renew() {
    const attempt = this.#attempt;
    try {
      if (typeof this.#options.token !== 'function') {
        throw new CarillonError('token', 'the token expires soon, and there is no callback for another one');
      }
      const token = await this.#askForToken();
      this.#token = token;
      if (attempt !== this.#attempt) {
        return;
      }
      if (this.#connection.send) {
        await this.#request({type: 'renew', access_token: token});
      } else {
        await this.#post('events/renew', {context: this.#about.context});
      }
    } catch (error) {
      if (attempt === this.#attempt && error.code === 'not-found') {
        this.#lost({now: true}); // Without the cookie of the session, as in Node.js: another stream resumes with the new token.
      } else if (error.code !== 'disconnected') {
        this.report(error);
      }
    }
  }

  // Requests

  #authorized(headers = {}) {
    const authorization = this.#token ? {Authorization: `Bearer ${this.#token}`} : {};
    return {headers: {...authorization, ...headers}, credentials: 'include', cache: 'no-store'};
  }

  async #get(path, parameters) {
    const url = new URL(path, this.#base);
    Object.entries(parameters).forEach(([name, values]) => [values].flat().forEach(value => url.searchParams.append(name, value)));
    return this.#fetched(url.href, {});
  }

  #post(path, body, headers = {}) {
    return this.#fetched(new URL(path, this.#base).href,
      {method: 'POST', body: JSON.stringify(body)}, {'Content-Type': 'application/json', ...headers});
  }

  async #fetched(url, request, headers) {
    this.#token ??= await this.#askForToken();
    let response;
    try {
      response = await this.#system.fetch(url, {...this.#authorized(headers), ...request});
    } catch (error) {
      throw new CarillonError('disconnected', `no node answers: ${error.message}`);
    }
    if (!response.ok) {
      throw await problem(response);
    }
    return response.json();
  }

  // Time and the page

  #after(name, ms, run) {
    this.#cancel(name);
    this.#timers.set(name, this.#system.setTimeout(() => {
      this.#timers.delete(name);
      run();
    }, ms));
  }

  #cancel(name) {
    this.#system.clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  /** Notices a connection without data, and that the tab was asleep: its timers did not run. */
  #tick() {
    const now = this.#system.now();
    const wasAsleep = now - (this.#lastTick || now) > ASLEEP;
    this.#lastTick = now;
    this.#after('tick', TICK, () => this.#tick());
    if (wasAsleep) {
      this.#wake();
    } else if (this.#state === 'open' && now - this.#lastData > this.#silence) {
      this.#probe();
    }
  }

  get #silence() {
    return this.#options.silence ?? SILENCE;
  }

  /** The network or the tab is back: tests the connection, or opens one without waiting. */
  #wake() {
    if (this.#state === 'waiting' || this.#state === 'suspended') {
      this.#set('connecting');
      this.#after('reconnect', Math.round(this.#system.random() * 500), () => this.#start());
    } else if (this.#state === 'open') {
      this.#probe();
    }
  }

  /** A WebSocket must answer a ping; a stream must have its next comment. Data that waited while the tab was asleep count, too. */
  #probe() {
    if (this.#timers.has('probe')) {
      return;
    }
    const since = this.#lastData;
    this.#askForPosition();
    const heartbeat = Math.max(HEARTBEAT, this.#silence / 3);
    const patience = this.#connection.send ? PROBE : Math.max(PROBE, heartbeat - (this.#system.now() - since));
    this.#after('probe', patience, () => this.#lastData === since && this.#lost({now: true, reason: 'silent'}));
  }

  #pageListeners = {
    online: () => this.#wake(),
    offline: () => this.#state === 'open' && this.#probe(),
    visibilitychange: () => this.#system.window.document?.visibilityState === 'hidden' || this.#wake(),
    pagehide: () => this.#suspend(),
    freeze: () => this.#suspend(),
    pageshow: () => this.#state === 'suspended' && this.#wake(),
    resume: () => this.#state === 'suspended' && this.#wake(),
  };

  #followPage() {
    Object.entries(this.#pageListeners).forEach(([type, listener]) => this.#system.window?.addEventListener(type, listener, true));
  }

  #leavePage() {
    Object.entries(this.#pageListeners).forEach(([type, listener]) => this.#system.window?.removeEventListener(type, listener, true));
  }

  /** A page with an open connection cannot be kept for the back button, and a frozen one does not read. */
  #suspend() {
    if (!this.isClosed && this.#state !== 'suspended') {
      this.#drop(new CarillonError('disconnected', 'the page is suspended'));
      this.#set('suspended');
    }
  }
}

/** The address of the node: as given, else where this module came from, else that of the page. It ends with a slash. */
function nodeUrl(given) {
  const own = new URL(import.meta.url);
  const isServed = /^https?:$/.test(own.protocol) && own.pathname.endsWith('/carillon.js');
  const page = globalThis.location?.href;
  if (given === undefined && !isServed && !page) {
    throw new TypeError('url: must be given, such as http://127.0.0.1:8080');
  }
  const url = given !== undefined ? new URL(given, page) : isServed ? new URL('.', own) : new URL('/', page);
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname.replace(/\/?$/, '/');
  return url;
}

function randomKey() {
  const bytes = globalThis.crypto?.getRandomValues(new Uint8Array(16)) ?? Uint8Array.from({length: 16}, () => Math.random() * 256);
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

/** Connects to a cluster, and stays connected until close(). docs/client-js.md has the options. */
export function connect(options = {}) {
  return new Carillon(options);
}
