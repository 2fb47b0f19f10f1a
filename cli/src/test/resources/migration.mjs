// A shop whose messages come from a real Socket.IO server and from a cluster, as docs/migration-websocket.md says.
import {createServer} from 'node:http';
import {Server} from 'socket.io';
import {io as open} from 'socket.io-client';
import WebSocket from 'ws';
import {both} from './both.mjs';
import {connect} from './carillon.js';
import {publish} from './publish.mjs';

const [url, token] = process.argv.slice(2);
const http = createServer();
const io = new Server(http);
io.on('connection', socket => socket.join('orders'));
await new Promise(resolve => http.listen(0, '127.0.0.1', resolve));
const old = `http://127.0.0.1:${http.address().port}`;

const shown = [];
const before = [];
const page = open(old);
page.on('changed', order => before.push(order.number)); // not changed yet
const socket = open(old);
const client = connect({url, topics: ['orders'], system: {WebSocket}});
const shop = both(socket, client);
shop.on('changed', order => shown.push(order.number));
let notes = 0;
shop.on('note', () => notes++);
const until = async condition => {
  for (let i = 0; i < 3000 && !condition(); i++) {
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};
await until(() => page.connected && socket.connected && client.state === 'open');
io.to('orders').emit('note', 'not sent by both'); // without an id
io.to('orders').emit('note', 'not sent by both');

const send = async (from, to) => {
  for (let number = from; number < to; number++) {
    await publish(io, {url, token}, 'orders', 'changed', {number, status: 'sent'});
  }
};
await send(0, 100);
await until(() => shown.length >= 100 && before.length >= 100 && shop.missed.byOld + shop.missed.byNew === 0);
const complete = shop.missed;
socket.disconnect();
await send(100, 150);
await until(() => shown.length >= 150 && before.length >= 150);
console.log(JSON.stringify({shown, before, notes, complete, alone: shop.missed}));
client.close();
page.close();
io.close();
