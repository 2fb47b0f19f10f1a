// Prints a token for a user: node token.mjs ann. The key is in the file CARILLON_JWT_KEY_FILE, or in CARILLON_JWT_KEY.
import {createHmac} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {argv, env, exit} from 'node:process';

function fail(message) {
  console.error(message);
  exit(1);
}

/** Without the line break at the end of a file, which is no part of the key. */
function withoutLineBreak(key) {
  let end = key.length;
  while (end > 0 && (key[end - 1] === 10 || key[end - 1] === 13)) end--;
  return key.subarray(0, end);
}

if (argv.length !== 3) fail('usage: token.mjs USER');
const file = env.CARILLON_JWT_KEY_FILE;
const key = file ? withoutLineBreak(readFileSync(file)) : Buffer.from(env.CARILLON_JWT_KEY ?? '');
if (key.length < 32) fail('set CARILLON_JWT_KEY_FILE or CARILLON_JWT_KEY: a key of at least 32 bytes');

const now = Math.floor(Date.now() / 1000);
const claims = {
  sub: argv[2],
  iat: now,
  exp: now + 3600,
  carillon: {broadcast: ['topic:orders'], read: ['topic:orders']}
};
const text = [{alg: 'HS256', typ: 'JWT'}, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
console.log(text + '.' + createHmac('sha256', key).update(text).digest('base64url'));
