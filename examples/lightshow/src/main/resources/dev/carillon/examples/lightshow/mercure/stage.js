// The stage of the light show, on any Mercure hub: sends a form as it is, with a token. Made to be copied, as phone.js.

// The token comes after the # of the address, which no server sees, and does not stay where the hall can read it.
const given = new URLSearchParams(location.hash.slice(1)).get('token');
if (given) {
  sessionStorage.setItem('token', given);
  history.replaceState(null, '', location.pathname);
}

async function publish(update) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem('token')}` };
  const signal = AbortSignal.timeout(8_000);
  const hub = new URL('../../.well-known/mercure', import.meta.url);
  const response = await fetch(hub, { method: 'POST', headers, body: update, signal });
  return response.ok ? `Sent: ${update.get('data')}` : (await response.json()).detail;
}

let sending = Promise.resolve();
document.forms[0].addEventListener('submit', event => {
  event.preventDefault();
  const update = new URLSearchParams(new FormData(event.target, event.submitter));
  sending = sending // One at a time, so that fast clicks keep their order.
    .then(() => publish(update))
    .catch(() => 'The hub does not answer: try again.')
    .then(said => (document.querySelector('output').textContent = said));
});
