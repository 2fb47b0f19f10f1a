/** Types of carillon.js. docs/client-js.md explains the module by tasks. */

export declare const version: string;

/** Connects to a cluster, and stays connected until close(). */
export declare function connect(options?: ConnectOptions): Carillon;

export interface ConnectOptions {
  /** Address of the node or proxy with its base path; default: where the module was loaded from, else the origin of the page. */
  url?: string | URL;
  /** ws: one WebSocket, whose topics can change. sse: server-sent events, with the topics of these options. Default: ws if there is a WebSocket. */
  transport?: 'ws' | 'sse';
  /** At most 1,000, whose names fit into 7,000 characters of an address. */
  topics?: string[];
  /** Path of the page. */
  route?: string;
  /** Tag filters, such as region:eu; at most 10. */
  filter?: string | string[];
  /** A name for operators, at most 64 characters. */
  label?: string;
  /** A token, or a callback that returns one. It is called at the start, before the token expires, and when a node refuses it. */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  /** An event id or a cursor to begin after. */
  after?: string;
  /** Milliseconds without any data after which the connection is tested; more than heartbeat and ping-interval of the nodes. Default: 60,000. */
  silence?: number;
  /** Loads the state of the page: once the connection is open, and after each gap. Events wait until it has finished. */
  load?: () => unknown;
  /** Replaces clock, timers, fetch and WebSocket, for tests and for Node.js before 22. */
  system?: Partial<System>;
}

export interface System {
  now(): number;
  setTimeout(run: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  /** From 0 to 1. */
  random(): number;
  fetch: typeof fetch;
  WebSocket: unknown;
  /** Receives the listeners for online, offline, pagehide and the like; undefined: none. */
  window: EventTarget | undefined;
}

export interface CarillonEvent<D = any> {
  /** message: the event has no type. */
  type: string;
  /** Missing for events without history. */
  id?: string;
  /** ws: the text or the JSON value that was broadcast; sse: text. */
  data: D;
  /** ws only. */
  scopes?: string[];
  /** ws only. */
  tags?: Record<string, string>;
  /** The data as a JSON value, with both transports. */
  json<T = any>(): T;
}

export interface Gap {
  /** unknown, history, repeated, late, lost, slow or epoch: see docs/application.md. */
  reason: string;
  event?: string;
  after?: string;
  before?: string;
  dropped?: number;
}

export interface State {
  state: 'connecting' | 'open' | 'waiting' | 'suspended' | 'closed';
  /** Why the connection ended. */
  reason?: string;
  /** waiting: milliseconds until the next attempt. */
  delay?: number;
  /** open: id of the node. */
  node?: string;
  /** open: whether the context is that of the connection before. */
  resumed?: boolean;
}

/** Events of the module and of the node itself; broadcasts cannot have these types. */
export interface OwnEvents {
  'carillon.state': State;
  'carillon.gap': Gap;
  'carillon.error': Error;
  'carillon.status': {broker: 'unavailable' | 'connected'};
  'carillon.notice': {message: string};
  'carillon.unsubscribed': {scopes: string[]; reason: string};
}

export interface Carillon {
  readonly state: State['state'];
  readonly isClosed: boolean;
  readonly about: {context?: string; user?: string; session?: string; node?: string};
  /** An event id or a cursor after which another connection would resume. */
  readonly cursor: string | undefined;
  on<K extends keyof OwnEvents>(type: K, listener: (event: OwnEvents[K]) => void): () => void;
  /** message: events without a type; *: all events. Returns a function that ends this. */
  on<D = any>(type: string, listener: (event: CarillonEvent<D>) => void): () => void;
  /** @throws TypeError with the transport sse @throws RangeError beyond the limit of topics @throws CarillonError after, and a topic is not new */
  subscribe(topics: string | string[], options?: {after?: string; load?: () => unknown}): Subscription;
  /** @param scope such as topic:room/7, which the connection has @throws TypeError with the transport sse and a second scope */
  presence(scope: string): Presence;
  /** The cursor of the end of the log. */
  position(...scopes: string[]): Promise<string>;
  /** Broadcasts; repeated until the outcome is known, for at most 30 s. At most 64 are pending. @throws CarillonError */
  broadcast(message: Broadcast): Promise<{id: string; reach?: 'node'}>;
  close(): void;
}

export interface Subscription {
  readonly topics: string[];
  /** Settles when the node has added the topics. */
  readonly ready: Promise<void>;
  on<D = any>(type: string, listener: (event: CarillonEvent<D>) => void): () => void;
  close(): void;
}

export interface Presence {
  /** User names with the data of their tokens. */
  readonly users: Map<string, any>;
  /** Calls the listener now and after each change; returns a function that ends this. */
  onChange(listener: (users: Map<string, any>) => void): () => void;
  close(): void;
}

export interface Broadcast {
  scope?: string;
  scopes?: string[];
  type?: string;
  data: unknown;
  id?: string;
  key?: string;
  private?: boolean;
  retain?: boolean;
  retry?: number;
  tags?: Record<string, string>;
  readers?: string[];
  /** Default: a random one for each call. */
  idempotencyKey?: string;
}

/** An error with a code of docs/application.md, or disconnected, timeout, overloaded, token, websocket-refused, closed. */
export declare class CarillonError extends Error {
  readonly code: string;
  readonly detail: string;
  readonly status?: number;
  /** Seconds. */
  readonly retryAfter?: number;
  /** Whether the same request can succeed later. */
  readonly temporary: boolean;
}

export interface ServerSentEvent {
  type?: string;
  id?: string;
  data: string;
}

/** Parses server-sent events from pieces of text. */
export declare class EventParser {
  constructor(onEvent: (event: ServerSentEvent) => void, onRetry?: (milliseconds: number) => void);
  feed(text: string): void;
}

export declare function reconnectDelay(of: {retry?: number; retryAfter?: number; failures: number; random: number}): number;
