// The console: signs in, receives the state of the cluster once a second, and shows it.

import { addChart } from './chart.js';
import { connectDialogs, openDialog, request } from './dialogs.js';
import { connectWhy } from './why.js';

const POINTS = 360;
const STEP = 10;
/** Widths of the charts in minutes: the least that has all there is. */
const WIDTHS = [5, 15, 30, 60];
const MAX_FEED = 60;
/** How the numbers of several nodes become one. */
const SUMS = ['connections', 'broadcasts', 'deliveries', 'gaps', 'slow', 'outbox'];
const WORST = ['p50', 'p99', 'roundTrip', 'cpu'];
/** Series of which a point shows the worst second; of the others, the mean. */
const PEAKS = ['p50', 'p99', 'gaps', 'slow', 'outbox', 'roundTrip'];

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

// Numbers.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

const number = value => (value === undefined || value === null
  ? '–' : value >= 100_000 ? short.format(value) : value >= 100 ? whole.format(value) : exact.format(value));
const percent = value => (value === undefined || value === null ? '–' : `${number(value)} %`);
const millis = value => (value === undefined || value === null
  ? '–' : value >= 1_000 ? `${exact.format(value / 1_000)} s` : `${number(value)} ms`);

const age = seconds => (seconds < 120 ? `${number(seconds)} s` : seconds < 7_200 ? `${number(seconds / 60)} min` : `${number(seconds / 3_600)} h`);

function bytes(value) {
  if (value === undefined || value === null) {
    return '–';
  }
  const unit = ['B', 'KiB', 'MiB', 'GiB'][value < 1_024 ? 0 : value < 1_048_576 ? 1 : value < 1_073_741_824 ? 2 : 3];
  const divisor = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 }[unit];
  return `${value / divisor >= 10 ? whole.format(value / divisor) : exact.format(value / divisor)} ${unit}`;
}

const time = at => new Date(at).toLocaleTimeString('en-GB');

// The last hour.

const history = { from: 0, series: {}, seconds: 0 };

function clearHistory(now) {
  history.from = Math.floor(now / 1_000 / STEP) * STEP - (POINTS - 1) * STEP;
  [...SUMS, ...WORST].forEach(key => { history.series[key] = new Array(POINTS).fill(null); });
  history.seconds = 0;
}

function merge(key, values) {
  const known = values.filter(value => value !== null && value !== undefined);
  if (known.length === 0) {
    return null;
  }
  return SUMS.includes(key) ? known.reduce((a, b) => a + b, 0) : Math.max(...known);
}

/** Takes the hours of all nodes, which begin at about the same time. */
function takeHours(nodes) {
  const hours = nodes.map(node => node.hour).filter(Boolean);
  if (hours.length === 0) {
    return;
  }
  const from = Math.max(...hours.map(hour => hour.from));
  history.from = from;
  for (const key of [...SUMS, ...WORST]) {
    history.series[key] = Array.from({ length: POINTS }, (_, i) =>
      merge(key, hours.map(hour => hour.series[key]?.[i + (from - hour.from) / STEP])));
  }
  history.seconds = STEP / 2;
}

/** Adds one second to the last point. */
function addSecond(at, now) {
  const bucket = Math.floor(at / 1_000 / STEP) * STEP;
  let last = history.from + (POINTS - 1) * STEP;
  if (bucket - last > POINTS * STEP || last - bucket > POINTS * STEP) {
    clearHistory(at);
    last = bucket;
  }
  while (bucket > last) {
    Object.values(history.series).forEach(points => { points.shift(); points.push(null); });
    history.from += STEP;
    last += STEP;
    history.seconds = 0;
  }
  history.seconds++;
  for (const [key, points] of Object.entries(history.series)) {
    const value = now[key];
    const before = points[POINTS - 1];
    if (value !== null) {
      points[POINTS - 1] = before === null ? value
        : PEAKS.includes(key) ? Math.max(before, value)
        : before + (value - before) / Math.min(history.seconds, STEP);
    }
  }
}

const charts = [
  { title: 'Connections', lines: [{ key: 'connections' }], format: number },
  { title: 'Broadcasts per second', lines: [{ key: 'broadcasts' }], format: number },
  { title: 'Deliveries per second', lines: [{ key: 'deliveries' }], format: number },
  { title: 'Delivery time', lines: [{ key: 'p99', label: 'p99' }, { key: 'p50', label: 'p50' }], format: millis },
  { title: 'Losses/s', lines: [{ key: 'gaps', label: 'gaps' }, { key: 'slow', label: 'slow' }], format: number },
  { title: 'Bytes in outboxes', lines: [{ key: 'outbox' }], format: bytes },
  { title: 'Round trip of the broker', lines: [{ key: 'roundTrip' }], format: millis },
  { title: 'CPU of the busiest node', lines: [{ key: 'cpu' }], format: percent },
].map(description => addChart(element('charts'), description));

/** @param now the newest numbers, of this second */
function drawCharts(now) {
  const first = history.series.connections.findIndex(value => value !== null);
  const minutes = WIDTHS.find(width => first < 0 || (POINTS - first) * STEP <= width * 60) ?? WIDTHS.at(-1);
  const points = minutes * 60 / STEP;
  const part = Object.fromEntries(Object.entries(history.series).map(([key, all]) => [key, all.slice(-points)]));
  charts.forEach(draw => draw(part, minutes, now));
}

// Parts of the page.

function setText(target, text, className) {
  if (target.textContent !== text) {
    // A screen reader announces each change, also one to the same text.
    target.textContent = text;
  }
  if (className !== undefined && target.className !== className) {
    target.className = className;
  }
}

const say = (text, className) => setText(element('state'), text, className);

function showTiles(tiles) {
  const list = element('tiles');
  tiles.forEach(([label, value, className = ''], i) => {
    if (!list.children[i]) {
      const tile = create('div');
      tile.append(create('dt', label), create('dd'));
      list.append(tile);
    }
    setText(list.children[i].lastChild, value, className);
  });
}

function facts(target, rows) {
  const list = create('dl', undefined, 'facts');
  rows.filter(([, value]) => value !== undefined && value !== '').forEach(([name, value]) =>
    list.append(create('dt', name), create('dd', value)));
  replace(target, list);
}

const shown = new WeakMap();

/** Replaces the content, unless it is the same: a selection or the place of a reader then stays. */
function replace(target, ...content) {
  const next = create('div');
  next.append(...content);
  if (shown.get(target) === next.innerHTML) {
    return;
  }
  shown.set(target, next.innerHTML);
  target.replaceChildren(...next.childNodes);
  target.querySelectorAll('.scroll').forEach(part => {
    if (part.scrollWidth > part.clientWidth) {
      // Otherwise the keyboard could not reach the rest.
      part.tabIndex = 0;
      part.setAttribute('role', 'region');
      part.setAttribute('aria-label', `Table: ${part.firstChild.getAttribute('aria-label')}`);
    }
  });
}

/** A table, or a line of text if it has no rows. */
function table(label, columns, rows, none) {
  if (rows.length === 0) {
    return create('p', none, 'none');
  }
  const made = create('table');
  made.setAttribute('aria-label', label);
  const head = create('tr');
  columns.forEach(([name, isNumber]) => {
    const cell = create('th', name, isNumber ? 'number' : '');
    cell.scope = 'col';
    head.append(cell);
  });
  made.append(create('thead'), create('tbody'));
  made.firstChild.append(head);
  rows.forEach(row => {
    const line = create('tr');
    row.forEach((value, i) => {
      const cell = create('td', undefined, columns[i][1] ? 'number' : '');
      cell.append(value);
      line.append(cell);
    });
    made.lastChild.append(line);
  });
  const scroll = create('div', undefined, 'scroll');
  scroll.append(made);
  return scroll;
}

// Nodes.

const COLUMNS = ['', 'State', 'Version', 'Connections', 'Broadcasts/s', 'Deliveries/s', 'Delivery p99', 'Outboxes', 'CPU', 'Heap', ''];
const rows = new Map();

function newRow(id) {
  const row = create('tr');
  row.setAttribute('role', 'row');
  COLUMNS.forEach((label, i) => {
    const cell = create(i === 0 ? 'th' : 'td', i === 0 ? id : undefined, i >= 3 && i <= 9 ? 'number' : '');
    cell.setAttribute('role', i === 0 ? 'rowheader' : 'cell');
    if (i === 0) {
      cell.scope = 'row';
    }
    if (label) {
      cell.dataset.label = label;
    }
    row.append(cell);
  });
  const button = create('button', 'Drain …');
  button.type = 'button';
  button.setAttribute('aria-label', `Drain node ${id}`);
  button.addEventListener('click', () => openDialog('drain', { node: id, connections: row.connections }));
  row.lastChild.append(button);
  return row;
}

function showState(cell, node) {
  const drain = node.drain ?? {};
  const [text, className] = node.silentSeconds !== undefined ? ['no answer', 'bad']
    : node.state === undefined ? ['asked …', '']
    : node.state === 'serving' ? (node.broker.connected ? ['serving', 'good'] : ['no broker', 'bad'])
    : [drain.phase === 'releasing' ? 'releasing' : 'draining', 'warn'];
  const parts = [create('span', text, `badge ${className}`)];
  if (node.silentSeconds !== undefined) {
    parts.push(create('small', `for ${node.silentSeconds} s: ${node.problem}`));
  } else if (drain.connectionsAtStart > 0) {
    const moved = Math.max(0, drain.connectionsAtStart - drain.connections);
    const progress = create('progress');
    progress.setAttribute('aria-label', `Drain of node ${node.node}`);
    progress.max = drain.connectionsAtStart;
    progress.value = moved;
    progress.setAttribute('value', moved);
    parts.push(create('small', `${whole.format(moved)} of ${whole.format(drain.connectionsAtStart)} moved`), progress);
  }
  replace(cell, ...parts);
}

function showNodes(frame) {
  const body = element('nodes').tBodies[0];
  const ids = new Set(frame.nodes.map(node => node.node));
  rows.forEach((row, id) => {
    if (!ids.has(id)) {
      row.remove();
      rows.delete(id);
    }
  });
  for (const node of frame.nodes) {
    if (!rows.has(node.node)) {
      rows.set(node.node, newRow(node.node));
    }
    const row = rows.get(node.node);
    const isSilent = node.silentSeconds !== undefined;
    const sample = isSilent ? {} : node.sample ?? {};
    row.connections = number(sample.connections);
    const cells = row.children;
    showState(cells[1], node);
    setText(cells[2], node.version ?? '–');
    [number(sample.connections), number(sample.broadcasts), number(sample.deliveries), millis(sample.p99),
      bytes(sample.outbox), percent(sample.cpu), bytes(sample.heap)].forEach((text, i) => setText(cells[3 + i], text));
    row.querySelector('button').disabled = isSilent || node.state !== 'serving';
    body.append(...(body.contains(row) ? [] : [row]));
  }
  const select = document.querySelector('#log-level select[name=node]');
  if ([...select.options].map(option => option.value).join() !== [...ids].join()) {
    select.replaceChildren(...[...ids].map(id => create('option', id)));
  }
}

// What happened.

function showFeed(happened) {
  const list = document.querySelector('#feed ol');
  const key = each => `${each.by}/${each.number}/${each.at}`;
  const known = new Set([...list.children].map(item => item.dataset.key));
  const wanted = new Set(happened.map(key));
  [...list.children].filter(item => !wanted.has(item.dataset.key)).forEach(item => item.remove());
  [...happened].reverse().filter(each => !known.has(key(each))).forEach(each => {
    const item = create('li', undefined, each.bad ? 'bad' : '');
    item.dataset.key = key(each);
    item.dataset.at = each.at;
    const when = create('time', time(each.at));
    when.dateTime = new Date(each.at).toISOString();
    item.append(when, create('span', each.text));
    const before = [...list.children].find(other => Number(other.dataset.at) <= each.at);
    list.insertBefore(item, before ?? null);
  });
  while (list.children.length > MAX_FEED) {
    list.lastChild.remove();
  }
  list.hidden = list.children.length === 0;
  document.querySelector('#feed .none').hidden = !list.hidden;
}

// The rest.

function showBroker(nodes) {
  const brokers = nodes.map(node => node.broker).filter(Boolean);
  if (brokers.length === 0) {
    return;
  }
  const lost = nodes.filter(node => node.broker && !node.broker.connected).map(node => node.node);
  const refusal = brokers.find(broker => broker.refusal)?.refusal;
  const trips = nodes.filter(node => node.broker?.roundTripMillis !== undefined)
    .map(node => `${node.node} ${millis(node.broker.roundTripMillis)}`);
  const unavailable = [...new Set(brokers.flatMap(broker => broker.unavailableServers ?? []))];
  facts(element('broker'), [
    ['Driver', brokers[0].driver],
    ['Address', [...new Set(brokers.map(broker => broker.address))].join(', ')],
    ['State', lost.length === 0 ? 'connected to every node' : `not connected to ${lost.join(', ')}`],
    ['Servers', [...new Set(brokers.flatMap(broker => broker.servers ?? []))].join(', ')],
    ['Servers that do not answer', unavailable.join(', ')],
    ['Writes', refusal ? `refused: ${refusal}` : brokers.every(broker => broker.writable) ? 'accepted' : 'refused'],
    ['Round trip', trips.join(', ')],
    ['Without an answer', bytes(brokers.reduce((sum, broker) => sum + broker.outstandingBytes, 0))],
    ['New epochs of logs', number(Math.max(...brokers.map(broker => broker.epochs)))],
  ]);
}

/** Adds numbers of all nodes under the same key. */
function add(into, key, value) {
  into.set(key, (into.get(key) ?? 0) + value);
}

/** The scopes with most of something in all nodes: rows of scope, tenant and number. */
function topScopes(lists, count) {
  const counts = new Map();
  lists.forEach(list => (list ?? []).forEach(each => add(counts, JSON.stringify([each.scope, each.tenant]), each[count])));
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, 10).map(([key, sum]) => [...JSON.parse(key), number(sum)]);
}

function showScopes(nodes) {
  replace(element('scopes'), table('Scopes with most connections', [['Scope'], ['Tenant'], ['Connections', true]],
    topScopes(nodes.map(node => node.scopes), 'connections'), 'No client is in a topic or route.'));
}

function showSlow(nodes) {
  const slow = nodes.flatMap(node => (node.slow ?? []).map(each => ({ ...each, node: node.node })))
    .sort((a, b) => b.bytes - a.bytes).slice(0, 10);
  replace(element('slow'), table('Slow clients', [['Client'], ['Node'], ['Waiting', true]],
    slow.map(each => [each.user ?? each.context ?? each.transport, each.node, bytes(each.bytes)]),
    'Every client keeps up.'));
}

function limited(used, limit, format) {
  return limit > 0 ? `${format(used)} of ${format(limit)}` : format(used);
}

function showTenants(nodes) {
  const tenants = new Map();
  const of = name => {
    if (!tenants.has(name)) {
      tenants.set(name, { connections: 0, events: null, bytes: null, limit: {} });
    }
    return tenants.get(name);
  };
  nodes.forEach(node => {
    Object.entries(node.tenants ?? {}).forEach(([name, count]) => { of(name).connections += count; });
    (node.limits ?? []).forEach(each => {
      const tenant = of(each.tenant);
      tenant.events = (tenant.events ?? 0) + each.events;
      tenant.bytes = (tenant.bytes ?? 0) + each.bytes;
      tenant.limit = each.limit;
    });
  });
  const refused = nodes.reduce((sum, node) => sum + (node.refused ?? 0), 0);
  const list = table('Tenants', [['Tenant'], ['Connections', true], ['Events/s', true], ['Bytes/s', true]],
    [...tenants].sort(([, a], [, b]) => b.connections - a.connections).slice(0, 15).map(([name, tenant]) => [
      name,
      limited(tenant.connections, tenant.limit.connections, number),
      tenant.events === null ? 'no limits' : limited(tenant.events, tenant.limit.events, number),
      tenant.bytes === null ? '–' : limited(tenant.bytes, tenant.limit.bytes, bytes),
    ]), 'No tenant has a client.');
  replace(element('tenants'), list,
    ...(refused > 0 ? [create('p', `Refused by the limits of tenants: ${number(refused)}`, 'note')] : []));
}

function showEdges(nodes) {
  const all = [['Users present in scopes', number(nodes.reduce((sum, node) => sum + (node.presentUsers ?? 0), 0))]];
  const hooks = nodes.map(node => node.webhook).filter(Boolean);
  if (hooks.length > 0) {
    const sum = key => hooks.reduce((total, hook) => total + hook[key], 0);
    const lag = Math.max(...hooks.map(hook => hook.lagSeconds ?? 0));
    all.push(['Webhook', `${number(sum('delivered'))} changes taken, ${number(sum('failed'))} requests failed, ${number(sum('givenUp'))} changes given up; ${
      lag > 0 ? `the oldest change that waits is ${age(lag)} old` : 'no change waits'}`]);
  }
  const names = [...new Set(nodes.flatMap(node => (node.sources ?? []).map(source => source.name)))];
  names.forEach(name => {
    const known = nodes.flatMap(node => (node.sources ?? []).filter(source => source.name === name)
      .map(source => ({ ...source, node: node.node })));
    const best = known.find(source => source.state === 'consuming') ?? known.find(source => source.state !== 'standby') ?? known[0];
    all.push([`Source ${name}`, best.state === 'standby' ? 'read by no node'
      : `${best.state} at ${best.node}${best.pending !== undefined ? `, ${number(best.pending)} messages wait` : ''}${best.problem ? `: ${best.problem}` : ''}`]);
  });
  if (hooks.length === 0) {
    all.push(['Webhook', 'none configured']);
  }
  if (names.length === 0) {
    all.push(['Sources', 'none configured']);
  }
  facts(element('edges'), all);
  replace(element('present'), table('Scopes with most users present', [['Scope'], ['Tenant'], ['Users', true]],
    topScopes(nodes.map(node => node.present), 'users'), 'No user is present in a scope.'));
}

function showNow(nodes, now, all) {
  const serving = nodes.filter(node => node.state === 'serving').length;
  const lagging = nodes.reduce((sum, node) => sum + (node.lagging ?? 0), 0);
  const gaps = history.series.gaps ? history.series.gaps.filter(value => value > 0).length : 0;
  showTiles([
    ['Nodes that serve', `${serving} of ${all}`, serving < all ? 'bad' : ''],
    ['Connections', number(now.connections)],
    ['Broadcasts/s', number(now.broadcasts)],
    ['Deliveries/s', number(now.deliveries)],
    ['Delivery, p99', millis(now.p99)],
    ['Slow clients', number(lagging), lagging > 0 ? 'warn' : ''],
    ['Bytes in outboxes', bytes(now.outbox)],
    ['Gaps, last hour', gaps === 0 ? 'none' : `${number(gaps * STEP / 60)} min`, gaps > 0 ? 'warn' : ''],
  ]);
}

function show(frame) {
  const answering = frame.nodes.filter(node => node.silentSeconds === undefined && node.sample);
  const now = {};
  [...SUMS, ...WORST].forEach(key => { now[key] = merge(key, answering.map(node => node.sample[key])); });
  if (answering.length > 0) {
    addSecond(frame.at, now);
  }
  const silent = frame.nodes.filter(node => node.silentSeconds !== undefined).map(node => node.node);
  const away = answering.filter(node => !node.broker.connected).map(node => node.node);
  const draining = answering.filter(node => node.state !== 'serving').map(node => node.node);
  if (silent.length > 0) {
    say(`No answer from ${silent.join(', ')}`, 'bad');
  } else if (away.length > 0) {
    say(`No broker at ${away.join(', ')}`, 'bad');
  } else if (draining.length > 0) {
    say(`Draining: ${draining.join(', ')}`, 'warn');
  } else {
    say(`Live from node ${frame.self}`, 'good');
  }
  showNodes(frame);
  showNow(answering, now, frame.nodes.length);
  showBroker(answering);
  showScopes(answering);
  showSlow(answering);
  showTenants(answering);
  showEdges(answering);
  if (frame.feed) {
    showFeed(frame.feed);
  }
  drawCharts(now);
  document.documentElement.dataset.frames = Number(document.documentElement.dataset.frames ?? 0) + 1;
}

// Sign-in and the stream.

let stream = null;

function signedOut(text) {
  stream?.close();
  stream = null;
  document.querySelectorAll('dialog[open]').forEach(dialog => dialog.close());
  for (const id of ['data', 'nav', 'sign-out']) {
    element(id).hidden = true;
  }
  element('sign-in').hidden = false;
  element('sign-in-error').textContent = text;
  say('Not signed in', '');
  element('token').focus();
}

async function signedIn() {
  for (const id of ['data', 'nav', 'sign-out']) {
    element(id).hidden = false;
  }
  element('sign-in').hidden = true;
  say('Connecting …', '');
  clearHistory(Date.now());
  open();
  try {
    takeHours((await request('GET', '/console/hour')).nodes);
  } catch {
    // The charts begin now.
  }
}

function open() {
  stream = new EventSource('/console/stream');
  stream.onmessage = event => show(JSON.parse(event.data));
  stream.onerror = () => {
    if (stream?.readyState === EventSource.CLOSED) {
      stream = null;
      askSession();
    } else {
      say('The connection to the node is lost; trying again …', 'bad');
    }
  };
}

/** A refused stream does not tell why. */
async function askSession() {
  try {
    const session = await request('GET', '/console/session');
    if (!session.signedIn) {
      signedOut(session.possible ? 'Your session has ended.' : 'This node was started without the setting operator-token.');
      return;
    }
  } catch {
    // The node does not answer.
  }
  say('The node refuses the stream; trying again …', 'bad');
  setTimeout(open, 3_000);
}

element('sign-in').querySelector('form').addEventListener('submit', async event => {
  event.preventDefault();
  const token = element('token').value;
  element('token').value = '';
  try {
    await request('POST', '/console/login', { token });
    element('sign-in-error').textContent = '';
    signedIn();
    element('main').focus();
  } catch (e) {
    element('sign-in-error').textContent = e.status === 401 ? 'This is not the operators\' token.' : e.message;
    element('token').focus();
  }
});

element('sign-out').addEventListener('click', async () => {
  await request('POST', '/console/logout').catch(() => {});
  signedOut('');
});

connectDialogs(text => { setText(element('result'), text); });
connectWhy();

try {
  const session = await request('GET', '/console/session');
  if (session.signedIn) {
    signedIn();
  } else {
    signedOut(session.possible ? '' : 'This node was started without the setting operator-token, so nobody can sign in.');
  }
} catch {
  say('The node does not answer. Reload the page to try again.', 'bad');
}
