// A phone of the light show, on any Mercure hub: a browser's EventSource, and nothing of Carillon's. Made to be copied.

const hub = new URL('../../.well-known/mercure', import.meta.url);
const group = new URLSearchParams(location.search).get('group');
hub.searchParams.append('topic', 'https://lightshow.example/everyone');
hub.searchParams.append('topic', `https://lightshow.example/groups/${group}`);
hub.searchParams.append('lastEventID', 'earliest'); // Who comes late has the last light, too.

let light;
new EventSource(hub).onmessage = update => (light = update.data);

// At most two changes a second, whatever is sent: flashing can cause seizures (WCAG 2.2, 2.3.1).
setInterval(() => {
  const shown = document.querySelector('output');
  if (light !== undefined && light !== shown.textContent) {
    shown.textContent = light;
    document.body.style.backgroundColor = light; // What is no colour changes nothing.
  }
}, 500);
