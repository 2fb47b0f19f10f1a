import assert from 'node:assert/strict';
import {test} from 'node:test';
import {connect} from '../carillon.js';
import {event, FakeSystem, settle} from './fakes.mjs';

function start(options = {}) {
  const system = new FakeSystem();
  const client = connect({url: 'http://node.example/base', topics: ['a'], system, ...options});
  const errors = [];
  client.on('carillon.error', ({code}) => errors.push(code));
  return {system, client, errors};
}

test('a token that expired during an outage is replaced, and a new one that is refused ends the client', async () => {
  let number = 0;
  const {system, client, errors} = start({token: async () => `t${++number}`});
  const refuse = async () => {
    system.answers.push(Response.json({code: 'token-expired', detail: 'too old'}, {status: 401}));
    await system.disconnect();
  };
  await settle();
  await system.disconnect(); // No node answers: t1 was not tried.
  await system.advance(1_000);
  await refuse();
  assert.equal(client.state, 'waiting');
  await system.advance(2_000);
  assert.equal(system.socket.protocols[1], 'carillon.authorization.t2');
  await refuse();
  assert.equal(client.state, 'closed');
  assert.deepEqual(errors, ['token-expired']);
});

test('a subscription loads its state only once there is a connection, also if the topic is that of the connection', async () => {
  const {system, client} = start();
  let loads = 0;
  const got = [];
  const part = client.subscribe('a', {load: () => void loads++});
  part.on('message', ({data}) => got.push(data));
  let isReady = false;
  part.ready.then(() => (isReady = true));
  await settle();
  assert.deepEqual([loads, isReady], [0, false]);
  await system.open({cursor: 'cursor:0'});
  assert.deepEqual([loads, isReady], [1, true]);
  await system.receive(event('1', 'a'));
  assert.deepEqual(got, ['1']);
  await system.disconnect();
  await client.subscribe('a', {load: () => void loads++}).ready;
  assert.equal(loads, 2, 'with a position, events since then come again');
  const closed = start();
  const rejected = assert.rejects(closed.client.subscribe('a').ready, {code: 'closed'});
  closed.client.close();
  await rejected;
});

test('a position for a topic that the connection has already is refused', async () => {
  const {system, client} = start();
  await system.open({cursor: 'cursor:0'});
  assert.throws(() => client.subscribe(['b', 'a'], {after: 'cursor:5'}), {code: 'invalid', detail: /after: .* topic a/});
  await settle();
  assert.deepEqual(system.socket.sent.filter(({type}) => type === 'subscribe'), []);
  client.subscribe('b', {after: 'cursor:5'});
  await settle();
  assert.equal(system.socket.sent.find(({type}) => type === 'subscribe').after, 'cursor:5');
});

test('a stream of server-sent events has a third of the silence for its next comment', async () => {
  for (const [silence, patience] of [[undefined, 20_000], [180_000, 60_000]]) {
    const system = new FakeSystem();
    system.answers.push(new Response(new ReadableStream({
      start: stream => stream.enqueue(new TextEncoder().encode('event: carillon.open\nid: cursor:0\ndata: {}\n\n')),
    }), {headers: {'Content-Type': 'text/event-stream'}}));
    const client = connect({url: 'http://node.example/base', transport: 'sse', topics: ['a'], silence, system});
    await system.advance(0);
    assert.equal(client.state, 'open');
    system.window.dispatchEvent(new Event('online'));
    await system.advance(patience - 1);
    assert.equal(client.state, 'open');
    await system.advance(1);
    assert.notEqual(client.state, 'open');
    client.close();
  }
});

test('a subscription or presence that is closed does not repeat its failing load', async () => {
  const {system, client, errors} = start();
  await system.open({cursor: 'cursor:0'});
  let loads = 0;
  const part = client.subscribe('a', {
    load: async () => {
      loads++;
      throw new Error('no database');
    },
  });
  const people = client.presence('topic:a'); // No node answers.
  await system.advance(1_000);
  assert.deepEqual([loads, system.requests.length, errors.length], [2, 2, 4]);
  part.close();
  people.close();
  await system.advance(30_000);
  assert.deepEqual([loads, system.requests.length, errors.length], [2, 2, 4]);
});

test('server-sent events have the presence of one scope', async () => {
  const {client} = start({transport: 'sse'});
  const first = client.presence('topic:a');
  client.presence('topic:a').close();
  assert.throws(() => client.presence('topic:b'), TypeError);
  first.close();
  client.presence('topic:b');
  client.close();
});

const stream = (...events) => new Response(events.join(''), {headers: {'Content-Type': 'text/event-stream'}});

test('a full node that refuses a WebSocket is not taken for a proxy, and its retry counts', async () => {
  const {system, client, errors} = start();
  const states = [];
  client.on('carillon.state', ({state, reason, delay}) => states.push([state, reason, delay]));
  await settle();
  system.answers.push(stream('retry: 7000\n\n', 'event: carillon.close\ndata: {"reason":"overloaded"}\n\n'));
  await system.disconnect();
  await settle();
  assert.deepEqual(states, [['waiting', 'overloaded', 7_000]]);
  assert.deepEqual(errors, []);
  await system.advance(7_000);
  system.answers.push(stream('retry: 3000\n\n', 'event: carillon.open\nid: cursor:0\ndata: {}\n\n'));
  await system.disconnect();
  await settle();
  assert.deepEqual(states.at(-1), ['waiting', 'websocket-refused', 6_000]);
  assert.deepEqual(errors, ['websocket-refused']);
  client.close();
});

test('the request that explains a refused WebSocket ends with the attempt', async () => {
  const {system, client, errors} = start();
  await settle();
  system.answers.push(new Promise(() => {}));
  await system.disconnect();
  assert.equal(system.requests[0].signal.aborted, false);
  await system.advance(20_000);
  assert.equal(system.requests[0].signal.aborted, true);
  assert.equal(client.state, 'waiting');
  assert.deepEqual(errors, ['timeout']);
  client.close();
});

test('subscriptions that are closed in one turn are one message, before those that are added', async () => {
  const {system, client} = start();
  await system.open({cursor: 'cursor:0'});
  const parts = Array.from({length: 20}, (_, i) => client.subscribe(`p${i}`));
  await settle();
  await system.reply('subscribe');
  client.subscribe('q');
  parts.forEach(part => part.close());
  client.subscribe('p0');
  await settle();
  const sent = system.socket.sent.filter(({type}) => /subscribe/.test(type)).map(({type, topics}) => [type, topics.length]);
  assert.deepEqual(sent, [['subscribe', 20], ['unsubscribe', 20], ['subscribe', 2]]);
});

test('a renewal whose callback fails is an error with the code token, and the console has errors without a listener', async t => {
  const written = t.mock.method(console, 'error', () => {}).mock;
  let calls = 0;
  const system = new FakeSystem();
  const client = connect({
    url: 'http://node.example/base',
    topics: ['a'],
    system,
    token: () => {
      if (++calls > 1) {
        throw new Error('offline');
      }
      return 't1';
    },
  });
  await system.open({cursor: 'cursor:0'});
  await system.receive({type: 'token', expires_in: 60});
  assert.equal(client.state, 'open');
  assert.deepEqual(written.calls.map(call => call.arguments[0].message), ['token: the token callback failed: offline']);
  const codes = [];
  const end = client.on('carillon.error', ({code}) => codes.push(code));
  await system.receive({type: 'token', expires_in: 30});
  assert.deepEqual([codes, written.callCount()], [['token'], 1]);
  end();
  await system.receive({type: 'token', expires_in: 10});
  assert.equal(written.callCount(), 2);
  client.close();
});
