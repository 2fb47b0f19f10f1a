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
  await system.advance(60_000);
  assert.equal(system.socket.protocols[1], 'carillon.authorization.t2');
  await refuse();
  assert.equal(client.state, 'closed');
  assert.deepEqual(errors, ['token-expired']);
});
