/** A clock, a network and a page for tests of carillon.js: time passes only by advance(). */
export class FakeSystem {
  time = 1_000_000;
  sockets = [];
  requests = [];
  answers = [];
  #timers = [];

  constructor() {
    const system = this;
    this.window = new EventTarget();
    this.WebSocket = class extends EventTarget {
      sent = [];
      constructor(url, protocols) {
        super();
        Object.assign(this, {url: new URL(url), protocols});
        system.sockets.push(this);
      }
      send(text) {
        this.sent.push(JSON.parse(text));
      }
      close() {
        this.closed = true;
      }
    };
    this.fetch = async (url, request) => {
      this.requests.push({url: new URL(url), ...request});
      const answer = this.answers.shift();
      if (!answer) {
        throw new TypeError('fetch failed');
      }
      return answer;
    };
  }

  now = () => this.time;
  random = () => 0;
  setTimeout = (run, ms) => {
    const timer = {run, at: this.time + ms};
    this.#timers.push(timer);
    return timer;
  };
  clearTimeout = timer => {
    this.#timers = this.#timers.filter(other => other !== timer);
  };

  /** Time passes, and timers run when they are due. */
  async advance(ms) {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) {
        break;
      }
      this.time = Math.max(this.time, next.at);
      this.clearTimeout(next);
      next.run();
    }
    this.time = end;
    await settle();
  }

  /** The clock goes on, but no timer runs, as in a tab that is asleep. */
  sleep(ms) {
    this.time += ms;
  }

  get socket() {
    return this.sockets.at(-1);
  }

  /** The messages of the node, on the newest WebSocket. */
  async receive(...messages) {
    for (const message of messages) {
      this.socket.dispatchEvent(Object.assign(new Event('message'), {data: JSON.stringify(message)}));
    }
    await settle();
  }

  async disconnect(reason = '') {
    this.socket.dispatchEvent(new Event('error'));
    this.socket.dispatchEvent(Object.assign(new Event('close'), {reason}));
    await settle();
  }

  /** What a node sends to a client that is accepted. */
  async open(more = {}) {
    await settle();
    await this.receive({type: 'hello', protocol: 'carillon.v1'}, {type: 'retry', delay: 1_000},
      {type: 'open', status: 'ok', connected: true, context: 'c', node: 'n1', session: 's', resumed: false, ...more});
  }

  /** Answers the newest message of a type that the client sent. */
  async reply(type, more = {}) {
    const {ref} = this.socket.sent.findLast(message => message.type === type);
    await this.receive({type: 'reply', ref, status: 'ok', ...more});
  }
}

export const settle = () => new Promise(done => setImmediate(done));

export const event = (id, topic, data = id) => ({type: 'event', scopes: [`topic:${topic}`], id, data});
