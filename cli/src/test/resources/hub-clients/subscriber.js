// Subscribes in a browser, with its own EventSource or with the polyfill.
function subscribe(how) {
  window.received = [];
  window.opens = 0;
  window.gaveUp = false;
  const source = how.polyfill
    ? new EventSourcePolyfill(how.url, { headers: how.headers })
    : new EventSource(how.url, { withCredentials: true });
  for (const type of how.types) {
    source.addEventListener(type, (event) => received.push({ id: event.lastEventId, type: event.type, data: event.data }));
  }
  source.addEventListener('open', () => opens++);
  source.addEventListener('error', () => (gaveUp ||= source.readyState === 2));
}
