// The part of the console that explains one event: who broadcast it, when each node had it, and which clients did not receive it.

import { request } from './dialogs.js';

const MAX_SCOPES = 10;

const element = id => document.getElementById(id);

function create(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) {
    made.textContent = text;
  }
  if (className) {
    made.className = className;
  }
  return made;
}

const time = text => (text ? `${text.slice(11, 23)} UTC` : '');

function described(answer) {
  const { event } = answer;
  const parts = [`Event ${event.id}`];
  if (event.type) {
    parts.push(`type ${event.type}`);
  }
  if (event.bytes !== undefined) {
    parts.push(`${event.bytes} bytes`, event.private ? 'private' : 'public', `position ${event.epoch}:${event.sequence}`);
  }
  if (event.scopes?.length) {
    const more = event.scopes.length - MAX_SCOPES;
    parts.push(`to ${event.scopes.slice(0, MAX_SCOPES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
  }
  if (!event.in_log) {
    parts.push(answer.log === 'read' ? 'no longer in the log' : 'the log cannot be read now');
  }
  return `${parts.join(', ')}.`;
}

function broadcast({ broadcast: by }) {
  return by
    ? `Broadcast at ${time(by.time)} at node ${by.node} by ${by.by}; in the log after ${by.append_millis} ms.`
    : 'No node remembers by whom it was broadcast.';
}

function nodeLine(node) {
  const arrival = node.received ? `received at ${time(node.received)}${node.received_by === 'log' ? ' from the log, to fill a gap' : ''}`
    : node.recording ? `no record of its arrival since ${time(node.known_since)}`
    : 'records nothing (why-events=0)';
  const counts = Object.entries(node.counts ?? {}).map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  return create('li', `Node ${node.node}: ${arrival}; connections: ${counts || 'none'}.`);
}

function connectionTable(connections) {
  const table = create('table');
  table.append(create('caption', 'Connections whose clients were asked for, or did not receive it', 'hidden-text'));
  const head = create('tr');
  ['Verdict', 'Node', 'User', 'Context', 'Opened', 'Closed', 'At'].forEach(name => {
    const cell = create('th', name);
    cell.scope = 'col';
    head.append(cell);
  });
  const body = create('tbody');
  connections.forEach(each => {
    const line = create('tr');
    const verdict = create('td');
    verdict.append(create('strong', each.verdict), ` ${each.text}${each.note ? `; ${each.note}` : ''}`);
    line.append(verdict, ...[each.node, each.user, each.context, time(each.opened),
      each.closed ? `${time(each.closed)} (${each.reason})` : '', time(each.at)].map(text => create('td', text ?? '')));
    body.append(line);
  });
  const top = create('thead');
  top.append(head);
  table.append(top, body);
  const scroll = create('div', undefined, 'scroll');
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', 'Connections');
  scroll.append(table);
  return scroll;
}

function explanation(answer) {
  const parts = [];
  if (answer.client) {
    const verdict = create('p', undefined, 'verdict');
    verdict.append(create('strong', answer.client.verdict), `: ${answer.client.text}. ${answer.client.advice ?? ''}`);
    parts.push(verdict);
  }
  const nodes = create('ul');
  nodes.append(...answer.nodes.map(nodeLine), ...(answer.unreachable ?? []).map(node =>
    create('li', `Node ${node.node}: unknown, it did not answer.`)));
  parts.push(create('p', described(answer)), create('p', broadcast(answer)), nodes);
  if (answer.connections.length > 0) {
    parts.push(connectionTable(answer.connections));
  }
  if (answer.nodes.some(node => node.truncated)) {
    parts.push(create('p', 'More connections are not shown: name a client to see it.', 'note'));
  }
  return parts;
}

/** Connects the form; call it once. */
export function connectWhy() {
  const form = element('why-form');
  const button = form.querySelector('button');
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    const query = new URLSearchParams({ event: fields.event.trim(), tenant: fields.tenant.trim() });
    if (fields.value.trim()) {
      query.set(fields.by, fields.value.trim());
    }
    button.disabled = true;
    try {
      element('why-result').replaceChildren(...explanation(await request('GET', `/console/admin/why?${query}`)));
    } catch (e) {
      element('why-result').replaceChildren(create('p', e.message, 'error'));
    }
    button.disabled = false;
  });
}
