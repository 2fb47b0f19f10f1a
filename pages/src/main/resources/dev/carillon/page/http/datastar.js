// What Datastar does not do: actions that are sent again, each with an id by which it runs once, their refusals in words, and scripts of the application.
const EVENTS = 'text/event-stream';
const ACTIONS = new URL('action/', import.meta.url).href;

// Only the names of files beside this one: an element that was injected cannot load anything else. Scripts begin in the order of their elements.
let last = Promise.resolve();

const tasks = {
  script: element => {
    const name = element.getAttribute('name');
    const args = JSON.parse(element.getAttribute('arguments'));
    if (!/^[a-z][a-z0-9-]*$/.test(name)) return;
    const url = new URL(`script/${name}.js`, import.meta.url).href;
    last = last.then(async () => {
      const script = await import(url);
      Promise.resolve(script.default(...args)).catch(reportError);
    }).catch(reportError);
  },
  reload: () => location.reload(),
  visit: element => location.assign(element.getAttribute('url')),
};

document.addEventListener('carillon-task', ({ target }) => {
  target.remove();
  tasks[target.getAttribute('carillon-task')]?.(target);
});

// A request that no node has answered is sent again. An action has an id, by which it runs once.
const AGAIN_MILLIS = 10_000;
// An attempt that hangs is given up, and sent again; not one with files, which may take long.
const ATTEMPT_MILLIS = 6_000;

const send = globalThis.fetch.bind(globalThis);

const isPatch = answer => (answer.headers.get('Content-Type') || '').startsWith(EVENTS);

const isLost = answer => [502, 503, 504].includes(answer.status) && !isPatch(answer);

const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');

const pause = millis => new Promise(resolve => setTimeout(resolve, millis));

const attempt = async (url, options) => {
  try {
    const limit = options.body instanceof FormData ? {} : { signal: AbortSignal.timeout(ATTEMPT_MILLIS) };
    return await send(url, { ...options, ...limit });
  } catch {
    return new Response(null, { status: 503 });
  }
};

const untilAnswered = async (url, options) => {
  const end = performance.now() + AGAIN_MILLIS;
  let delay = 100;
  let answer = await attempt(url, options);
  while (isLost(answer) && performance.now() < end) {
    await pause(delay * (0.5 + Math.random()));
    delay = Math.min(2 * delay, 1000);
    answer = await attempt(url, options);
  }
  return answer;
};

const patch = body => new Response(body, { status: 200, headers: { 'Content-Type': EVENTS } });

const message = text =>
  patch(`event: datastar-patch-elements\ndata: elements <div id="carillon-message"><p>${text}</p></div>\n\n`);

// Of an answer with an error Datastar applies no patches.
const inWords = answer => !answer.ok && isPatch(answer) ? patch(answer.body) : answer;

// One action after the other, so that they run in their order also if one is sent again; those with files do not hold others up.
let earlier = Promise.resolve();

const act = async (url, options) => {
  // The element may be gone, or its action begin again, but this one is still sent.
  const { signal, ...kept } = options;
  if (kept.body instanceof FormData || kept.body instanceof URLSearchParams) kept.body.set('_id', newId());
  else url.searchParams.set('_id', newId());
  const whole = earlier.then(() => untilAnswered(url.href, kept));
  if (!(kept.body instanceof FormData)) earlier = whole.catch(() => {});
  const answer = await whole;
  if (isLost(answer)) return message('The server does not answer. The action may not have happened; try again.');
  return inWords(answer);
};

globalThis.fetch = (input, options = {}) => {
  const url = typeof input === 'string' || input instanceof URL ? new URL(input, document.baseURI) : null;
  if (!url?.href.startsWith(ACTIONS)) return send(input, options);
  return options.method === 'POST' ? act(url, options) : send(input, options).then(inWords);
};
