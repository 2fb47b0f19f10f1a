// The dev bar: traces of actions, open tabs, errors of the compiler, and reloads. Only nodes in development mode serve it.
const base = new URL('.', import.meta.url);
const HIDDEN = 'carillon-dev-bar';

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const get = async (path, limit = 2_000) => {
  const answer = await fetch(new URL(path, base), { signal: AbortSignal.timeout(limit) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
};

const milliseconds = micros => `${(micros / 1_000).toFixed(1)} ms`;

const OUTCOMES = {
  RENDERED: 'rendered',
  UNCHANGED: 'rendered, not sent: the HTML is equal',
  FAILED: 'failed: its tabs keep the last content',
  FROM_CACHE: 'from the cache: another tab has rendered it',
  NOT_AFFECTED: 'not rendered: reads none of the changed signals',
};

const why = view => {
  if (view.outcome === 'NOT_AFFECTED') return view.signals.length ? ` (reads ${view.signals.join(', ')})` : ' (reads no signal)';
  return view.signals.length ? ` because of ${view.signals.join(', ')}` : '';
};

const viewText = view =>
  `${view.name} (${view.scope}): ${OUTCOMES[view.outcome]}${why(view)}${view.micros ? `, ${milliseconds(view.micros)}` : ''}`;

const patchText = (patch, node) =>
  `${patch.targets.join(', ')}: ${patch.bytes} B to ${patch.scope}; ${node}: ${patch.recipients} ${patch.recipients === 1 ? 'stream' : 'streams'}`;

const pairs = map => Object.entries(map).map(([name, value]) => `${name} = ${value}`);

const row = (title, values, bad = false) => values.length === 0 ? [] : [
  element('dt', { textContent: title }),
  element('dd', {}, element('ul', { className: bad ? 'bad' : '' }, ...values.map(text => element('li', { textContent: text })))),
];

const sum = (trace, outcome) => trace.views.filter(view => view.outcome === outcome).length;

const headline = trace => {
  const bytes = trace.patches.reduce((all, patch) => all + patch.bytes, 0);
  return `${trace.kind} ${trace.name}: ${milliseconds(trace.micros)}, ${sum(trace, 'RENDERED')} rendered, `
    + `${sum(trace, 'FROM_CACHE')} from the cache, ${trace.patches.length} ${trace.patches.length === 1 ? 'patch' : 'patches'} of ${bytes} B`;
};

class DevBar extends HTMLElement {
  #node = '';
  #last = 0;
  #summary = element('span', { className: 'summary' });
  #list = element('div', { className: 'panel', hidden: true, tabIndex: 0, id: 'traces' });
  #tabs = element('div', { className: 'panel', hidden: true, tabIndex: 0, id: 'contexts' });
  #errors = element('div', { className: 'errors', hidden: true });
  #space = new CSSStyleSheet();
  #timer;
  #reading;
  #again = false;

  connectedCallback() {
    if (this.shadowRoot) return;
    this.setAttribute('role', 'region');
    this.setAttribute('aria-label', 'Dev bar');
    this.#list.setAttribute('role', 'region');
    this.#list.setAttribute('aria-label', 'Traces');
    this.#tabs.setAttribute('role', 'region');
    this.#tabs.setAttribute('aria-label', 'Open tabs');
    this.#errors.setAttribute('role', 'alert');
    this.attachShadow({ mode: 'open' }).append(
      element('link', { rel: 'stylesheet', href: new URL('bar.css', base).href }),
      element('div', { className: 'strip' },
        element('b', { textContent: 'dev' }), this.#summary,
        this.#toggle('Traces', this.#list), this.#toggle('Tabs', this.#tabs),
        element('button', { type: 'button', textContent: 'Hide', title: 'Shows again with Alt+Shift+D', onclick: () => this.#hide(true) })),
      this.#list, this.#tabs, this.#errors);
    // Content can be scrolled clear of the bar.
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.#space];
    new ResizeObserver(() => this.#spaced()).observe(this);
    addEventListener('keydown', event => {
      if (event.altKey && event.shiftKey && event.code === 'KeyD') this.#hide(!this.hidden);
      if (event.key === 'Escape') this.#errors.hidden = true;
    });
    this.#hide(sessionStorage.getItem(HIDDEN) === 'true');
    this.update();
  }

  #spaced() {
    this.#space.replaceSync(this.hidden ? '' : `html { padding-block-end: ${this.offsetHeight}px; scroll-padding-block-end: ${this.offsetHeight}px; }`);
  }

  #toggle(text, panel) {
    const button = element('button', { type: 'button', textContent: text });
    button.setAttribute('aria-expanded', 'false');
    button.setAttribute('aria-controls', panel.id);
    button.onclick = () => {
      panel.hidden = !panel.hidden;
      button.setAttribute('aria-expanded', String(!panel.hidden));
      this.#refreshTabs();
    };
    return button;
  }

  #hide(hidden) {
    this.hidden = hidden;
    sessionStorage.setItem(HIDDEN, String(hidden));
    this.#spaced();
  }

  /** Reads the traces that are new. */
  async update() {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      do {
        this.#again = false;
        const { node, traces } = await get(`traces?after=${this.#last}`);
        this.#node = node;
        this.#add(traces);
      } while (this.#again);
    } catch (error) {
      // The node is being replaced; the next news come from the new one.
    } finally {
      this.#reading = false;
    }
  }

  #add(traces) {
    for (const trace of traces) {
      this.#last = Math.max(this.#last, trace.number);
      const made = this.#describe(trace);
      const known = [...this.#list.children].find(child => child.dataset.id === made.dataset.id);
      if (known) {
        made.open = known.open;
        known.replaceWith(made);
      } else {
        this.#list.prepend(made);
      }
      if (this.#list.childElementCount > 200) this.#list.lastElementChild.remove();
    }
    const newest = traces.findLast(trace => trace.kind === 'action') ?? traces.at(-1);
    if (newest) {
      this.#summary.textContent = `${this.#node} · ${headline(newest)}`;
      this.#refreshTabs();
    } else if (!this.#summary.textContent) {
      this.#summary.textContent = this.#node;
    }
  }

  #describe(trace) {
    const failed = trace.failure !== '' || sum(trace, 'FAILED') > 0;
    const details = element('details', {},
      element('summary', { className: failed ? 'bad' : '' }, headline(trace),
        element('span', { className: 'when', textContent: trace.path ? ` · ${trace.path} · tab ${trace.context}` : '' })),
      element('dl', {},
        ...row('Input', pairs(trace.input)),
        ...row('Signals read', trace.reads),
        ...row('Signals written', pairs(trace.writes)),
        ...row('Views', trace.views.map(viewText)),
        ...row('Patches', trace.patches.map(patch => patchText(patch, this.#node))),
        ...row('Other nodes', trace.elsewhere.map(there => `${there.node}: ${there.bytes} B to ${there.recipients} ${there.recipients === 1 ? 'stream' : 'streams'}`)),
        ...row('Log', trace.log),
        ...row('Failure', trace.failure ? [trace.failure] : [], true)));
    details.dataset.id = trace.id;
    return details;
  }

  #refreshTabs() {
    if (this.#tabs.hidden || this.#timer) return;
    this.#timer = setTimeout(async () => {
      this.#timer = undefined;
      try {
        this.#showTabs(await get('contexts'));
      } catch (error) {
        // As above.
      }
    }, 100);
  }

  #showTabs(tabs) {
    const cells = (name, texts) => element('tr', {}, ...texts.map(textContent => element(name, { textContent })));
    this.#tabs.replaceChildren(element('table', {},
      element('thead', {}, cells('th', ['tab', 'page', 'session', 'user', 'stream', 'loaded'])),
      element('tbody', {}, ...tabs.map(tab =>
        cells('td', [tab.context, tab.path, tab.session, tab.user, tab.connected ? 'open' : 'none', tab.loaded])))));
  }

  /** Shows why the application is not that of the sources; none: it is. */
  problems(all) {
    this.#errors.hidden = all.length === 0;
    if (all.length > 0 && this.hidden) this.#hide(false);
    this.#errors.replaceChildren(
      element('h2', { textContent: `${all.length === 1 ? '1 error' : `${all.length} errors`}; the last build that succeeded is still running` }),
      ...all.map(problem => element('section', {},
        element('div', { className: 'place', textContent: problem.file + (problem.line ? `:${problem.line}` : '') }),
        element('pre', { textContent: problem.message + (problem.source ? `\n\n${problem.source}` : '') }))));
  }

  /** A new node counts its traces from the beginning. */
  restarted() {
    this.#last = 0;
    this.#list.replaceChildren();
    this.update();
  }
}

customElements.define('carillon-dev-bar', DevBar);
// Beside the body, which Turbo replaces.
const bar = document.documentElement.appendChild(document.createElement('carillon-dev-bar'));

// Style sheets are replaced once the new ones are there, so that the page is never shown without.
const swapStyles = () => {
  for (const link of document.querySelectorAll('link[rel~="stylesheet"]')) {
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || link.dataset.carillonOld) continue;
    url.pathname = url.pathname.replace(/\.[0-9a-f]{16}(\.css)$/, '$1');
    url.searchParams.set('dev', Date.now());
    const next = link.cloneNode();
    link.dataset.carillonOld = 'true';
    next.href = url.href;
    next.onload = next.onerror = () => link.remove();
    link.after(next);
  }
};

const swapFile = name => {
  if (name.endsWith('.css')) {
    swapStyles();
    return;
  }
  const images = [...document.images].filter(image => new URL(image.src, location.href).pathname.endsWith(`/${name}`));
  if (images.length === 0) location.reload();
  for (const image of images) {
    const url = new URL(image.src, location.href);
    url.searchParams.set('dev', Date.now());
    image.src = url.href;
  }
};

const told = text => {
  const one = JSON.parse(text);
  news[one.kind]?.(one);
};

// What depends on the script of the page: how it gets news, how it shows another document, and its stream.
const turbo = {
  listen() {
    window.Turbo.StreamActions['carillon-dev'] = function () {
      told(this.templateContent.textContent);
    };
  },

  async morph(body) {
    const stream = element('turbo-stream');
    stream.setAttribute('action', 'update');
    stream.setAttribute('method', 'morph');
    stream.setAttribute('targets', 'body');
    stream.append(element('template', { innerHTML: body.innerHTML }));
    document.documentElement.append(stream);
    await stream.renderPromise;
  },

  stream: () => document.querySelector('turbo-stream-source'),

  isOpen: source => source.streamSource?.readyState === EventSource.OPEN,

  openAgain(source) {
    if (source.isConnected && !turbo.isOpen(source)) source.replaceWith(source.cloneNode());
  },
};

const datastar = {
  streams: 0,

  listen() {
    document.addEventListener('carillon-task', ({ target }) => {
      if (target.getAttribute('carillon-task') === 'dev') told(target.getAttribute('news'));
    });
    // Datastar does not say when a stream has ended. This script runs before it.
    const send = globalThis.fetch.bind(globalThis);
    globalThis.fetch = async (input, options) => {
      const answer = await send(input, options);
      const url = typeof input === 'string' || input instanceof URL ? new URL(input, document.baseURI) : null;
      if (answer.ok && url?.pathname === new URL('../stream', base).pathname) datastar.watch(answer.clone());
      return answer;
    };
  },

  async watch(answer) {
    datastar.streams += 1;
    try {
      const reader = answer.body.getReader();
      while (!(await reader.read()).done);
    } catch (error) {
      // It has ended without a sign.
    } finally {
      datastar.streams -= 1;
    }
  },

  patch: (type, argsRaw) => document.dispatchEvent(new CustomEvent('datastar-fetch', { detail: { type, el: document.body, argsRaw } })),

  async morph(body) {
    const now = document.body.querySelector(':scope > [data-signals]');
    const next = body.querySelector(':scope > [data-signals]');
    if (now && next) {
      // Signals keep their values; those of new inputs are added.
      datastar.patch('datastar-patch-signals', { signals: next.dataset.signals, onlyIfMissing: 'true' });
      next.dataset.signals = now.dataset.signals;
    }
    datastar.patch('datastar-patch-elements', { selector: 'body', mode: 'inner', elements: body.innerHTML });
  },

  stream: () => datastar,

  isOpen: () => datastar.streams > 0,

  // Datastar does it by itself.
  openAgain() {},
};

const script = window.Turbo ? turbo : datastar;

// The page as its templates have it now, with what the user has typed.
const renderAgain = async () => {
  const context = document.querySelector('#carillon > [name="_context"]')?.value;
  if (!context) return;
  const answer = await fetch(new URL(`document?context=${encodeURIComponent(context)}`, base));
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const typed = [...document.querySelectorAll('input[id], textarea[id], input[name], textarea[name]')]
    .filter(field => !['hidden', 'file'].includes(field.type) && field.value !== field.defaultValue)
    .map(field => [field.id, field.name, field.value]);
  await script.morph(next.body);
  document.title = next.title;
  for (const [id, name, value] of typed) {
    const field = id ? document.getElementById(id) : document.querySelector(`[name="${CSS.escape(name)}"]`);
    if (field) field.value = value;
  }
};

const news = {
  traces: () => bar.update(),
  problems: ({ problems }) => bar.problems(problems),
  file: ({ name }) => swapFile(name),
  document: () => renderAgain(),
};

script.listen();

// A node that is replaced ends the streams. They open again as soon as the next one answers, without the pause of browsers.
let generation;
let replaced = false;
const opened = new WeakSet();

const ask = async () => {
  try {
    return await get('state', 1_000);
  } catch (error) {
    return null;
  }
};

const follow = async () => {
  const stream = script.stream();
  if (stream && script.isOpen(stream)) {
    opened.add(stream);
    // The views of the new classes are on the stream; their layout is not.
    if (replaced) renderAgain();
    replaced = false;
  }
  if (stream && !script.isOpen(stream) && opened.has(stream)) {
    const next = await ask();
    if (next) {
      opened.delete(stream);
      script.openAgain(stream);
      shown(next);
    }
    setTimeout(follow, 30);
  } else {
    setTimeout(follow, 100);
  }
};

const shown = state => {
  if (generation !== undefined && generation !== state.generation) {
    replaced = true;
    swapStyles();
    bar.restarted();
  }
  generation = state.generation;
  bar.problems(state.problems);
};

const first = await ask();
if (first) shown(first);
follow();
