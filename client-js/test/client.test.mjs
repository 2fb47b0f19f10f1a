import assert from 'node:assert/strict';
import {test} from 'node:test';
import {CarillonError, connect, EventParser, reconnectDelay} from '../carillon.js';
import {event, FakeSystem, settle} from './fakes.mjs';

const URL_OF_NODE = 'http://node.example/base';

function start(options = {}) {
  const system = new FakeSystem();
  const client = connect({url: URL_OF_NODE, topics: ['a'], system, ...options});
  const seen = [];
  const states = [];
  const errors = [];
  client.on('*', ({data}) => seen.push(data));
  client.on('carillon.state', ({state}) => states.push(state));
  client.on('carillon.error', ({code}) => errors.push(code));
  return {system, client, seen, states, errors};
}

test('a parser gives the same events however the text is cut', () => {
  const text = '\uFEFF:\n\nretry: 7\n\nevent: tick\nid: 1\ndata: a\ndata:  b\n\ndata\r\n\r\nid: 2\n\nevent: x\rdata: c\r\r\ndata: d\nid: 3\0\n\n';
  for (let size = 1; size <= text.length; size++) {
    const events = [];
    const delays = [];
    const parser = new EventParser(each => events.push(each), delay => delays.push(delay));
    for (let i = 0; i < text.length; i += size) {
      parser.feed(text.slice(i, i + size));
    }
    assert.deepEqual(events, [{type: 'tick', id: '1', data: 'a\n b'}, {data: ''}, {type: 'x', data: 'c'}, {data: 'd'}], `pieces of ${size}`);
    assert.deepEqual(delays, [7]);
  }
});

test('a delay is at least what the node asks for, doubles, and has a bound', () => {
  const delays = [0, 1, 2, 9, 99].map(failures => reconnectDelay({retry: 2_000, failures, random: 0}));
  assert.deepEqual(delays, [2_000, 4_000, 8_000, 30_000, 30_000]);
  assert.equal(reconnectDelay({retry: 2_000, failures: 0, random: 0.5}), 2_500);
  assert.equal(reconnectDelay({retry: 600_000, failures: 0, random: 0}), 60_000);
  assert.equal(reconnectDelay({retryAfter: 5, retry: 1, failures: 0, random: 0}), 5_000);
  assert.deepEqual([0, 1, 2].map(failures => reconnectDelay({retryAfter: 0, failures, random: 0})), [1_000, 2_000, 4_000]);
});

test('a connection that ends is opened again after the last event', async () => {
  const {system, seen, states} = start();
  await system.open({cursor: 'cursor:0'});
  assert.equal(system.socket.url.href, 'ws://node.example/base/ws?topic=a');
  await system.reply('ping', {cursor: 'cursor:1'});
  await system.receive(event('e1', 'a'), event('e2', 'a'));
  await system.disconnect('draining');
  await system.advance(999);
  assert.equal(system.sockets.length, 1);
  await system.advance(1);
  assert.equal(system.socket.url.searchParams.get('lastEventID'), 'e2');
  assert.equal(system.socket.url.searchParams.get('context'), 'c');
  await system.open();
  await system.receive(event('e3', 'a'));
  assert.deepEqual(seen, ['e1', 'e2', 'e3']);
  assert.deepEqual(states, ['open', 'waiting', 'connecting', 'open']);
});

test('retained events do not move the position, and are not repeated', async () => {
  const {system, seen} = start();
  await system.open({cursor: 'cursor:9'});
  await system.receive(event('old', 'a'), event('e10', 'a'));
  await system.disconnect();
  await system.advance(1_000);
  assert.equal(system.socket.url.searchParams.get('lastEventID'), 'cursor:9');
  await system.open();
  await system.receive(event('e10', 'a'), event('e11', 'a'));
  await system.reply('ping', {cursor: 'cursor:11'});
  await system.receive(event('e10', 'a', 'the same id, broadcast again'));
  assert.deepEqual(seen, ['old', 'e10', 'e11', 'the same id, broadcast again']);
});

test('topics are added together, one message at a time, and again after a lost reply', async () => {
  const {system, client} = start({topics: []});
  await system.open({cursor: 'cursor:0'});
  const b = client.subscribe(['b', 'c']);
  const d = client.subscribe('d', {after: 'cursor:5'});
  const got = [];
  b.on('message', ({data}) => got.push(`b ${data}`));
  d.on('message', ({data}) => got.push(`d ${data}`));
  await settle();
  const subscribes = () => system.socket.sent.filter(({type}) => type === 'subscribe').map(({topics, after}) => ({topics, after}));
  assert.deepEqual(subscribes(), [{topics: ['b', 'c'], after: undefined}]);
  await system.reply('subscribe');
  await b.ready;
  assert.deepEqual(subscribes().at(-1), {topics: ['d'], after: 'cursor:5'});
  await system.disconnect();
  await system.advance(1_000);
  assert.deepEqual(system.socket.url.searchParams.getAll('topic'), ['b', 'c']);
  await system.open();
  assert.deepEqual(subscribes(), [{topics: ['d'], after: 'cursor:5'}]);
  await system.reply('subscribe');
  await d.ready;
  await system.receive(event('1', 'b'), event('2', 'd'), {...event('3', 'b'), scopes: ['topic:b', 'topic:d']});
  assert.deepEqual(got, ['b 1', 'd 2', 'b 3', 'd 3']);
  b.close();
  await settle();
  assert.deepEqual(system.socket.sent.at(-1).topics, ['b', 'c']);
  await system.receive(event('4', 'b'));
  assert.equal(got.length, 4);
});

test('a topic that is refused does not affect those that were added with it', async () => {
  const {system, client, errors} = start({topics: []});
  await system.open({cursor: 'cursor:0'});
  const good = client.subscribe('good');
  const bad = client.subscribe('bad');
  await settle();
  const refuse = () => system.reply('subscribe', {status: 'error', code: 'not-granted', detail: 'no'});
  await refuse();
  await system.reply('subscribe');
  await good.ready;
  await refuse();
  await assert.rejects(bad.ready, {code: 'not-granted'});
  assert.deepEqual(errors, ['not-granted']);
});

test('a token is renewed in time, and asked for again when it is refused', async () => {
  let number = 0;
  const {system, errors} = start({token: async () => `t${++number}`});
  await system.open({cursor: 'cursor:0'});
  assert.deepEqual(system.socket.protocols, ['carillon.v1', 'carillon.authorization.t1']);
  await system.receive({type: 'token', expires_in: 60});
  assert.equal(system.socket.sent.findLast(({type}) => type === 'renew').access_token, 't2');
  await system.reply('renew', {expires_in: 600});
  await system.disconnect('expired');
  await system.advance(0);
  assert.equal(system.socket.protocols[1], 'carillon.authorization.t3');
  // Refused: browsers do not say why, so the client asks by HTTP.
  system.answers.push(Response.json({code: 'token-expired', detail: 'too old'}, {status: 401}));
  await system.disconnect();
  await system.advance(60_000);
  assert.equal(system.requests[0].url.pathname, '/base/events');
  assert.equal(system.requests[0].headers.Authorization, 'Bearer t3');
  assert.deepEqual(errors, ['token-expired']);
  assert.equal(system.sockets.length, 2, 'a new token that is refused ends it');
});

test('a callback for tokens that fails is asked again later', async () => {
  let calls = 0;
  const {system, errors} = start({
    token: async () => {
      if (++calls === 1) {
        throw new Error('offline');
      }
      return 'a token: with other characters';
    },
  });
  await system.advance(1_000);
  assert.deepEqual(errors, ['token']);
  await system.receive({type: 'hello', protocol: 'carillon.v1'}, {type: 'authenticate', seconds: 10, attempts: 3});
  assert.deepEqual(system.socket.sent, [{access_token: 'a token: with other characters'}]);
});

test('final reasons end the client, others do not', async () => {
  for (const [reason, state] of [['revoked', 'closed'], ['application', 'closed'], ['slow', 'waiting'], ['', 'waiting']]) {
    const {system, client} = start();
    await system.open({cursor: 'cursor:0'});
    await system.disconnect(reason);
    assert.equal(client.state, state, reason);
    client.close();
  }
});

test('state is loaded when the connection is open and after each gap, and events wait for it', async () => {
  const finish = [];
  const {system, seen} = start({load: () => new Promise((resolve, reject) => finish.push({resolve, reject}))});
  await system.open({cursor: 'cursor:0'});
  await system.receive(event('1', 'a'));
  assert.deepEqual([finish.length, seen.length], [1, 0]);
  finish[0].resolve();
  await settle();
  assert.deepEqual(seen, ['1']);
  await system.receive({type: 'gap', reason: 'lost'}, event('2', 'a'), {type: 'gap', reason: 'lost'}, event('3', 'a'));
  finish[1].resolve();
  await settle();
  assert.equal(finish.length, 3, 'a gap during a load causes another one');
  finish[2].reject(new Error('no database'));
  await system.advance(1_000);
  finish[3].resolve();
  await settle();
  await system.receive(event('4', 'a'));
  assert.deepEqual(seen, ['1', '4'], 'events before the last load are part of what it loads');
});

test('a tab that was asleep tests its connection, and resumes where it was', async () => {
  const {system} = start();
  await system.open({cursor: 'cursor:0'});
  await system.reply('ping', {cursor: 'cursor:1'});
  system.sleep(600_000);
  await system.advance(0);
  assert.equal(system.sockets.length, 1);
  assert.equal(system.socket.sent.filter(({type}) => type === 'ping').length, 2);
  await system.advance(5_000);
  assert.equal(system.sockets.length, 2);
  assert.equal(system.socket.url.searchParams.get('lastEventID'), 'cursor:1');
});

test('a silent connection is replaced, and one that answers is kept', async () => {
  const {system} = start();
  await system.open({cursor: 'cursor:0'});
  await system.advance(70_000);
  await system.reply('ping', {cursor: 'cursor:1'});
  await system.advance(10_000);
  assert.equal(system.sockets.length, 1);
  await system.advance(80_000);
  assert.equal(system.sockets.length, 2);
});

test('a page that is hidden in the history has no connection, and opens one when it is shown', async () => {
  const {system, client} = start();
  await system.open({cursor: 'cursor:0'});
  system.window.dispatchEvent(new Event('pagehide'));
  assert.equal(client.state, 'suspended');
  assert.equal(system.socket.closed, true);
  await system.advance(120_000);
  assert.equal(system.sockets.length, 1);
  system.window.dispatchEvent(new Event('pageshow'));
  await system.advance(0);
  assert.equal(system.sockets.length, 2);
  client.close();
  assert.equal(client.state, 'closed');
});

test('online opens a connection without waiting', async () => {
  const {system} = start();
  await settle();
  for (let i = 0; i < 8; i++) {
    await system.disconnect();
    await system.advance(30_000);
  }
  await system.disconnect();
  const attempts = system.sockets.length;
  system.window.dispatchEvent(new Event('online'));
  await system.advance(0);
  assert.equal(system.sockets.length, attempts + 1);
});

test('a broadcast is repeated with its key until a node answers', async () => {
  const {system, client} = start();
  await system.open({cursor: 'cursor:0'});
  const sent = client.broadcast({scope: 'topic:a', type: 'tick', data: {n: 1}});
  await settle();
  const first = system.socket.sent.at(-1);
  assert.equal(first.event, 'tick');
  await system.disconnect();
  await system.advance(1_000);
  await system.open();
  await system.advance(2_000);
  const second = system.socket.sent.findLast(({type}) => type === 'broadcast');
  assert.equal(second.idempotency_key, first.idempotency_key);
  await system.reply('broadcast', {id: 'x'});
  assert.deepEqual(await sent, {id: 'x'});
  const refused = assert.rejects(client.broadcast({scope: 'topic:b', data: ''}), CarillonError);
  await settle();
  await system.reply('broadcast', {status: 'error', code: 'not-granted', detail: 'no'});
  await refused;
  const unknown = client.broadcast({scope: 'topic:a', data: ''});
  unknown.catch(() => {});
  await system.advance(40_000);
  await assert.rejects(unknown, {code: 'timeout'});
});

test('the users of a scope are those of the list and of the changes since', async () => {
  const {system, client} = start({topics: ['room']});
  const change = (type, user) => ({type: 'event', event: `carillon.${type}`, id: `${type} ${user}`, scopes: ['topic:room'], data: {user}});
  let answer;
  system.answers.push(new Promise(done => (answer = done)));
  const presence = client.presence('topic:room');
  const sizes = [];
  presence.onChange(users => sizes.push(users.size));
  await system.open({cursor: 'cursor:0'});
  await system.receive(change('leave', 'bob'));
  answer(Response.json({users: [{user: 'ann', data: {name: 'Ann'}}, {user: 'bob'}]}));
  await settle();
  await settle();
  await system.receive(change('join', 'cy'));
  assert.deepEqual([...presence.users.keys()], ['ann', 'cy']);
  assert.equal(system.requests[0].url.href, 'http://node.example/base/presence?scope=topic%3Aroom&limit=10000');
  assert.deepEqual(sizes, [0, 1, 2]);
});

test('server-sent events have the token in a header, and a temporary refusal is repeated after its delay', async () => {
  const system = new FakeSystem();
  const stream = text => new Response(text, {headers: {'Content-Type': 'text/event-stream'}});
  system.answers.push(stream('retry: 3000\n\n'), stream('retry: 500\n\nevent: carillon.open\nid: cursor:3\ndata: {"context":"c","node":"n"}\n\n'
    + 'id: e1\ndata: one\n\nevent: carillon.ping\ndata: {"cursor":"cursor:4"}\n\nevent: carillon.close\ndata: {"reason":"draining"}\n\n'), stream(''));
  const client = connect({url: URL_OF_NODE, transport: 'sse', topics: ['a'], token: 't', system});
  const seen = [];
  client.on('message', ({data}) => seen.push(data));
  await system.advance(2_999);
  assert.equal(system.requests.length, 1);
  await system.advance(1);
  assert.deepEqual(seen, ['one']);
  await system.advance(30_000);
  assert.equal(system.requests[0].headers.Authorization, 'Bearer t');
  assert.equal(system.requests[2].url.searchParams.get('lastEventID'), 'cursor:4');
  assert.throws(() => client.subscribe('b'), TypeError);
  client.close();
});
