// Subscribes with an EventSource of npm. The first line of its input says how; a line of its output is what came; ends with its input.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const input = createInterface({ input: process.stdin });
input.once('close', () => process.exit());
input.once('line', (line) => {
  const how = JSON.parse(line);
  const found = createRequire(how.folder + '/')(how.library);
  // Until its third version it took headers; since then it is given a fetch that adds them.
  const source = found.EventSource
    ? new found.EventSource(how.url, {
        fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, ...how.headers } }),
      })
    : new found(how.url, { headers: how.headers });
  const tell = (what) => console.log(JSON.stringify(what));
  for (const type of how.types) {
    source.addEventListener(type, (event) => tell({ id: event.lastEventId, type: event.type, data: event.data }));
  }
  source.addEventListener('open', () => tell({ state: 'open' }));
  source.addEventListener('error', () => tell({ state: source.readyState === 2 ? 'gave up' : 'error' }));
});
