// The changes of a page that Turbo does not know: scripts of the application, and fields.
import { StreamActions } from './{turbo}';

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
