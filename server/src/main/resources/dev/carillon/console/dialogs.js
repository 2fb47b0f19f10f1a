// The dialogs of the console: each says what it will do, and does it when the operator agrees.

const element = id => document.getElementById(id);

/** Sends a request of an operator; the answer, or an error that says why it was refused. */
export async function request(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw Object.assign(new Error(answer.detail ?? `The node answered ${response.status}.`), { status: response.status });
  }
  return answer;
}

const query = parameters => new URLSearchParams(
  Object.entries(parameters).filter(([, value]) => value !== '' && value !== undefined)).toString();

const count = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`;

/** The nodes that did not answer, as a sentence; empty: all did. */
const missing = answer => (answer.unreachable?.length
  ? ` No answer from ${answer.unreachable.map(each => each.node).join(', ')}: whether they acted is unknown.`
  : '');

/** What each dialog does with its fields; the result is a sentence for the operator. */
const ACTIONS = {
  async drain({ node }) {
    await request('POST', `/console/admin/drain?${query({ node })}`);
    return `Node ${node} drains.`;
  },
  async broadcast({ tenant, scope, type, data }) {
    const answer = await request('POST', `/console/admin/broadcast?${query({ tenant })}`,
      { scope, data, ...(type ? { type } : {}) });
    return `The event is in the log: ${answer.id}`;
  },
  async disconnect({ tenant, by, value, message }) {
    const answer = await request('DELETE', `/console/admin/connections?${query({ tenant, [by]: value, message })}`);
    return `${count(answer.closed, 'connection')} closed.${missing(answer)}`;
  },
  async revoke({ tenant, by, value }) {
    const answer = await request('POST', '/console/admin/revoke', { tenant, [by]: value });
    return `Revoked until ${new Date(answer.until).toLocaleString('en-GB')}.`;
  },
  async rebalance({ rate }) {
    const answer = await request('POST', `/console/admin/rebalance?${query({ rate })}`);
    return `The rebalance is ${answer.phase}.`;
  },
  async 'log-level'({ node, logger, level }) {
    await request('POST', `/console/admin/log-level?${query({ node, logger, level })}`);
    return `${logger} logs at ${level} on node ${node}.`;
  },
};

/**
 * Opens a dialog.
 *
 * @param {string} name its id
 * @param {Object<string, string>} given values that are no fields of it
 */
export function openDialog(name, given = {}) {
  const dialog = element(name);
  dialog.given = given;
  dialog.querySelector('.error').textContent = '';
  dialog.querySelectorAll('[data-node]').forEach(each => { each.textContent = given.node ?? ''; });
  dialog.querySelectorAll('[data-connections]').forEach(each => { each.textContent = given.connections ?? ''; });
  dialog.showModal();
}

/** @param {(text: string) => void} onResult receives what was done */
export function connectDialogs(onResult) {
  for (const [name, act] of Object.entries(ACTIONS)) {
    const dialog = element(name);
    const form = dialog.querySelector('form');
    dialog.querySelector('[data-cancel]').addEventListener('click', () => dialog.close());
    form.addEventListener('submit', async event => {
      event.preventDefault();
      const error = dialog.querySelector('.error');
      const buttons = dialog.querySelectorAll('button');
      error.textContent = '';
      buttons.forEach(each => { each.disabled = true; });
      try {
        const text = await act({ ...Object.fromEntries(new FormData(form)), ...dialog.given });
        dialog.close();
        onResult(text);
      } catch (e) {
        error.textContent = e.message;
      }
      buttons.forEach(each => { each.disabled = false; });
    });
  }
  document.querySelectorAll('[data-dialog]').forEach(button => {
    button.addEventListener('click', () => openDialog(button.dataset.dialog));
  });
}
