import {connect, CarillonError, EventParser, reconnectDelay, version, type CarillonEvent} from '../carillon.js';
const client = connect({topics: ['a'], token: async () => (await fetch('/token')).text(), load: async () => {}});
const stop: () => void = client.on('changed', (event: CarillonEvent<string>) => event.data.length);
client.on('carillon.gap', gap => gap.reason.length);
client.on('carillon.state', ({state}) => state === 'open');
client.on<{score: string}>('sport', event => event.data.score);
const room = client.subscribe(['b'], {after: 'cursor:1'});
room.ready.then(() => room.close());
client.presence('topic:a').onChange(users => users.size);
client.broadcast({scope: 'topic:a', data: {n: 1}}).then(({id}) => id, (error: unknown) => error instanceof CarillonError && error.temporary);
new EventParser(event => event.data).feed(version);
reconnectDelay({failures: 1, random: 0});
stop();
// @ts-expect-error
connect({transport: 'udp'});
