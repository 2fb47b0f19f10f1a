// A shop: each user sees the status of an order change live. README.md has the steps; only modules of Node.js are used.
import {createHmac, randomBytes, randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';

const CARILLON = process.env.CARILLON_URL ?? 'http://127.0.0.1:8080';
const KEY = readFileSync(process.env.CARILLON_JWT_KEY_FILE, 'utf8').trim();

const sessions = new Map(); // session: user; a shop has them in its database
const orders = new Map(); // user: status

/** Signs a token for 10 minutes (RFC 7519, HS256). */
function token(user, grants = {}) {
  const claims = {sub: user, exp: Math.floor(Date.now() / 1000) + 600, carillon: grants};
  const text = [{alg: 'HS256'}, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', KEY).update(text).digest('base64url')}`;
}

/** Sends an event to all open pages of a user. For repeats see docs/snippets.md. */
async function broadcast(user, type, data) {
  const response = await fetch(`${CARILLON}/broadcast`, {
    method: 'POST',
    headers: {
      'Authorization': `Bearer ${token('shop', {broadcast: ['user:*']})}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': randomUUID()
    },
    body: JSON.stringify({scope: `user:${user}`, type, data}),
    signal: AbortSignal.timeout(10_000)
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

const page = name => readFileSync(new URL(`../${name}.html`, import.meta.url), 'utf8');
const escaped = text => text.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);

function get(path, user) {
  if (path === '/' && !user) return {type: 'text/html', content: page('login')};
  if (path === '/') {
    return {type: 'text/html', content: page('order').replace('{{user}}', escaped(user)).replace('{{carillon}}', CARILLON)};
  }
  if (path !== '/token' && path !== '/order') return {status: 404, content: 'not found'};
  if (!user) return {status: 401, content: 'log in'};
  if (path === '/token') return {content: token(user)}; // a user's own events need no grant
  return {type: 'application/json', content: JSON.stringify({status: orders.get(user) ?? 'received'})};
}

async function post(path, form) {
  const [, of] = /^\/orders\/(.*)$/.exec(path) ?? [];
  const name = of ?? form.get('user') ?? '';
  if (!/^[a-z0-9]{1,20}$/.test(name)) return {status: 400, content: 'a name has 1 to 20 letters and digits'};
  if (path === '/login') { // a shop asks for a password
    const session = randomBytes(32).toString('base64url');
    sessions.set(session, name);
    return {status: 303, headers: {'Location': '/', 'Set-Cookie': `session=${session}; HttpOnly; SameSite=Lax; Path=/`}};
  }
  if (of === undefined || !form.has('status')) return {status: 404, content: 'not found'};
  orders.set(name, form.get('status')); // a shop asks who of its staff that is
  try {
    await broadcast(name, 'status', {status: form.get('status')});
    return {content: 'saved and sent\n'};
  } catch (e) {
    return {status: 502, content: `saved, but not sent: ${e.cause ?? e.message}\n`};
  }
}

async function body(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return new URLSearchParams(text);
}

const server = createServer(async (request, response) => {
  const [, session] = /(?:^|; )session=([^;]*)/.exec(request.headers.cookie ?? '') ?? [];
  const {status = 200, type = 'text/plain', content = '', headers = {}} =
      request.method === 'POST' ? await post(request.url, await body(request)) : get(request.url, sessions.get(session));
  response.writeHead(status, {'Content-Type': `${type}; charset=utf-8`, ...headers}).end(content);
});
server.listen(process.env.PORT ?? 8000, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
