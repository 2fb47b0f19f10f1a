// What Turbo does not do: scripts of the application, fields, actions that are sent again, and views that a page shows already.
import { StreamActions, fetch as send } from './{turbo}';

const json = stream => JSON.parse(stream.templateContent.textContent);

let last = Promise.resolve();

// Only the names of files beside this one: an element that was injected cannot load anything else. Scripts begin in the order of their elements.
StreamActions['carillon-script'] = function () {
  const name = this.getAttribute('name');
  const args = json(this);
  if (/^[a-z][a-z0-9-]*$/.test(name)) {
    const url = new URL(`script/${name}.js`, import.meta.url).href;
    last = last.then(async () => {
      const script = await import(url);
      Promise.resolve(script.default(...args)).catch(reportError);
    }).catch(reportError);
  }
};

StreamActions['carillon-signals'] = function () {
  const signals = json(this);
  for (const field of document.querySelectorAll('[name][form="carillon"]')) {
    const text = Object.hasOwn(signals, field.name) ? signals[field.name] : null;
    if (text === null) continue;
    if (field.type === 'checkbox') field.checked = text === 'true';
    else if (field.type === 'radio') field.checked = field.value === text;
    else field.value = text;
  }
  document.dispatchEvent(new CustomEvent('carillon:signals', { detail: signals }));
};

// A stream that has opened again sends the views that may have changed. One that has not keeps what the user has typed, the focus and the selection.
addEventListener('turbo:before-stream-render', event => {
  const stream = event.target;
  if (!stream.hasAttribute('carillon-resent')) return;
  const shown = document.getElementById(stream.target);
  if (shown && shown.innerHTML === stream.templateElement.innerHTML) event.preventDefault();
});

// An EventSource gives up after an answer that is no stream, such as the 502 of a proxy without a node.
const STREAM_MILLIS = 1_000;
const openAgain = () => {
  for (const source of document.querySelectorAll('turbo-stream-source')) {
    if (source.streamSource?.readyState === EventSource.CLOSED) source.replaceWith(source.cloneNode());
  }
  setTimeout(openAgain, STREAM_MILLIS * (1 + Math.random()));
};
openAgain();

// A request that no node has answered is sent again. An action has an id, by which it runs once.
const AGAIN_MILLIS = 10_000;
const ANSWERED = 'text/vnd.turbo-stream.html';

const isLost = answer => [502, 503, 504].includes(answer.status) && !(answer.headers.get('Content-Type') || '').startsWith(ANSWERED);

const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

const pause = millis => new Promise(resolve => setTimeout(resolve, millis));

// An attempt that hangs is given up, and sent again; not one with files, which may take long.
const ATTEMPT_MILLIS = 6_000;

const attempt = async (url, options) => {
  try {
    const limit = options.body instanceof URLSearchParams ? { signal: AbortSignal.timeout(ATTEMPT_MILLIS) } : {};
    return await send(url, { ...options, ...limit });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return new Response(null, { status: 503 });
  }
};

const untilAnswered = async (url, options, answer) => {
  const end = performance.now() + AGAIN_MILLIS;
  let delay = 100;
  while (isLost(answer) && performance.now() < end) {
    await pause(delay * (0.5 + Math.random()));
    delay = Math.min(2 * delay, 1000);
    answer = await attempt(url, options);
  }
  return answer;
};

const message = text => new Response(
  `<turbo-stream action="update" target="carillon-message"><template><p>${text}</p></template></turbo-stream>`,
  { status: 503, headers: { 'Content-Type': ANSWERED } });

// One action after the other, so that they run in their order also if one is sent again; those with files do not hold others up.
let earlier = Promise.resolve();

const act = async (url, options) => {
  const whole = earlier.then(async () => untilAnswered(url, options, await attempt(url, options)));
  if (options.body instanceof URLSearchParams) earlier = whole.catch(() => {});
  const answer = await whole;
  return isLost(answer) ? message('The server does not answer. The action may not have happened; try again.') : answer;
};

const load = async (url, options) => {
  const answer = await untilAnswered(url, options, await attempt(url, options));
  return isLost(answer) ? message('The server does not answer; try again.') : answer;
};

addEventListener('turbo:before-fetch-request', ({ target, detail }) => {
  const { fetchOptions, url } = detail;
  const { signal, ...options } = fetchOptions;
  const aborted = new Promise((resolve, reject) =>
    signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError'))));
  if (target.id === 'carillon' && options.body) {
    options.body.set('_id', newId());
    // The page goes on when another action begins, but this one is still sent.
    detail.fetchRequest = { response: Promise.race([act(url.href, options), aborted]) };
  } else if (options.method === 'GET') {
    detail.fetchRequest = { response: Promise.race([load(url.href, fetchOptions), aborted]) };
  }
  aborted.catch(() => {});
});

// An input can run an action while the user types: a moment after the last key, as a button of the form would.
const TYPED_MILLIS = 200;
let typed;

addEventListener('input', ({ target }) => {
  const url = target.dataset?.carillonInput;
  if (!url || !target.form) return;
  clearTimeout(typed);
  typed = setTimeout(() => {
    const form = document.getElementById('carillon');
    // The page may have been left meanwhile.
    if (!form || !target.isConnected) return;
    const button = document.createElement('button');
    button.hidden = true;
    button.formAction = url;
    button.setAttribute('form', form.id);
    document.body.append(button);
    form.requestSubmit(button);
    button.remove();
  }, TYPED_MILLIS);
});
