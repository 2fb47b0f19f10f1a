// The start page: opens a stream to this node, says whether it works, and shows what it brings.

const STREAM = new URL('../events?route=/board', import.meta.url);
const MAX_EVENTS = 20;

const element = id => document.getElementById(id);
const list = document.querySelector('#events ol');

function say(text, isError) {
  if (element('state').textContent !== text) {
    // A screen reader announces each change, also one to the same text.
    element('state').textContent = text;
  }
  element('state').classList.toggle('error', isError);
}

function show(data) {
  const time = document.createElement('time');
  time.textContent = new Date().toLocaleTimeString('en-GB');
  const item = document.createElement('li');
  item.append(time, document.createElement('span'));
  item.lastChild.textContent = data;
  list.prepend(item);
  while (list.children.length > MAX_EVENTS) {
    list.lastChild.remove();
  }
  list.hidden = false;
  element('none').hidden = true;
}

/** An EventSource does not tell why it was refused: the answer to the same request does. */
async function sayWhyRefused() {
  const abort = new AbortController();
  try {
    const response = await fetch(STREAM, { signal: abort.signal });
    const reason = response.ok ? '' : (await response.json()).detail;
    say(`The node refused the stream${reason ? `: ${reason}` : ''}. Reload the page to try again.`, true);
  } catch {
    say('The node does not answer. Reload the page to try again.', true);
  }
  abort.abort();
}

let asked = 0;

/** Asks the node for an event. Behind a proxy the request may reach another node, which sends nothing: the stream works all the same. */
function test(context) {
  asked = performance.now();
  fetch(new URL(`test?context=${encodeURIComponent(context)}`, import.meta.url), { method: 'POST' }).catch(() => {});
}

const stream = new EventSource(STREAM);
stream.addEventListener('carillon.open', event => {
  const { node, context } = JSON.parse(event.data);
  say(`It works: node ${node} sends events to this page.`, false);
  test(context);
});
stream.addEventListener('start-page-test', () => {
  element('arrival').hidden = false;
  element('arrival').textContent =
    `A test event for this tab alone arrived ${Math.max(1, Math.round(performance.now() - asked))} ms after the page asked for it.`;
});
stream.onmessage = event => show(event.data);
stream.onerror = () => {
  if (stream.readyState === EventSource.CLOSED) {
    sayWhyRefused();
  } else {
    say('The stream ended. The browser opens it again by itself …', true);
  }
};

element('command').textContent = `./carillon broadcast --url ${location.origin} --scope route:/board --data hello`;
