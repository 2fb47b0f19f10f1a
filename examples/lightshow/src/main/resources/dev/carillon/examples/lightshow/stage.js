// The stage: sends lights to groups, and shows what the hall shows and how many phones there are.

import { broadcasts, request } from './broadcasts.js';
import { DARK, PALETTE, colourOf, inkOn, nameOf } from './colours.js';
import { GROUPS, YEARS, groupsOf, topicOf, topicParameters } from './groups.js';
import { follow } from './stream.js';

const TOKEN = 'carillon.lightshow.token';
const PHONES_MILLIS = 2_000;

const element = id => document.getElementById(id);

let token;
let countdown;
let phonesTimer;

const send = broadcasts(() => token, {
  sent(event) {
    const data = JSON.parse(event.data);
    if (event.type === 'light') {
      say(`${labelOf(data.to)}: ${nameOf(data.color).toLowerCase()}`);
    } else if (countdown !== undefined) {
      say('Everyone: count-down');
    }
  },
  refused(refusal, event) {
    stopCountdown();
    say(`${refusal.message} ${event.type === 'light' ? 'The light' : 'The count-down'} was not sent: try again.`, true);
    if (refusal.ofToken) {
      askToken(refusal.message);
    }
  },
});

function light(group, colour) {
  // "to" is for the stages, which follow all groups in one stream; a phone takes whatever reaches it.
  broadcast(group, 'light', { to: group, color: colour }, true);
}

function broadcast(group, type, data, retain) {
  send({ scope: `topic:${topicOf(group)}`, type, data: JSON.stringify(data), retain });
}

function say(text, isError = false) {
  if (element('result').textContent !== text) {
    // A screen reader announces each change, also one to the same text.
    element('result').textContent = text;
  }
  element('result').classList.toggle('error', isError);
}

function labelOf(group) {
  return GROUPS.find(g => g.name === group)?.label ?? group;
}

function chosenGroup() {
  return document.querySelector('input[name=group]:checked').value;
}

// The count-down.

/**
 * The stage sends each number when it is due, by its own clock, and the light at zero; only the light is retained. So there is
 * nothing that a phone could begin too late, or from the top. It ends with this page, and the phones notice.
 */
function startCountdown(seconds, colour) {
  const end = performance.now() + seconds * 1_000;
  let left = seconds;
  element('countdown').textContent = 'Stop';
  const tick = () => {
    element('left').textContent = left === 0 ? '' : left;
    if (left === 0) {
      light('everyone', colour);
      stopCountdown();
      return;
    }
    broadcast('everyone', 'count', { left }, false);
    left--;
    countdown = setTimeout(tick, end - left * 1_000 - performance.now());
  };
  tick();
}

function stopCountdown() {
  if (countdown === undefined) {
    return;
  }
  clearTimeout(countdown);
  countdown = undefined;
  element('countdown').textContent = 'Start';
  element('left').textContent = '';
  broadcast('everyone', 'count', { left: 0 }, false);
}

// What the hall shows.

const CELLS = [...YEARS].reverse().flatMap(years => {
  const row = element('hall').tBodies[0].insertRow();
  const heading = document.createElement('th');
  heading.scope = 'row';
  heading.textContent = years === 0 ? 'Less than 1' : `${years}+`;
  row.append(heading);
  return [true, false].map(contributor => {
    const cell = row.insertCell();
    cell.textContent = 'Dark';
    return { cell, colour: DARK, groups: groupsOf({ contributor, years }) };
  });
});

let painting;

/** As a phone does: of the groups that one belongs to, the last light in the order of the log. */
function showLight(data) {
  const colour = colourOf(data);
  if (!colour) {
    return;
  }
  for (const one of CELLS) {
    if (one.groups.includes(data.to)) {
      one.colour = colour;
    }
  }
  // Once for all that came together: the lights of before, at a reconnect, are not to be seen.
  painting ??= requestAnimationFrame(paintHall);
}

function paintHall() {
  painting = undefined;
  for (const { cell, colour } of CELLS) {
    cell.style.setProperty('--light', colour);
    cell.style.setProperty('--ink', inkOn(colour));
    cell.textContent = nameOf(colour);
  }
}

function followHall() {
  const url = new URL(`../events?${topicParameters(GROUPS.map(group => group.name))}`, import.meta.url);
  follow(url, ['light'], { opened() {}, lost() {}, received: (type, data) => showLight(data) });
}

// The phones.

async function showPhones() {
  const { total, nodes } = await request(token, new URL('phones', import.meta.url));
  element('total').textContent = total.toLocaleString('en');
  element('total-unit').textContent = total === 1 ? 'phone is connected' : 'phones are connected';
  const most = Math.max(1, ...nodes.map(node => node.phones));
  element('nodes').replaceChildren(
    ...nodes.map(({ node, phones }) => {
      const item = document.createElement('li');
      const bar = document.createElement('span');
      bar.className = 'bar';
      bar.style.setProperty('--share', phones / most);
      item.append(text('span', node), bar, text('strong', phones.toLocaleString('en')));
      return item;
    }),
  );
}

async function keepShowingPhones() {
  try {
    if (document.visibilityState === 'visible') {
      await showPhones();
    }
  } catch (refusal) {
    if (refusal.ofToken) {
      askToken(refusal.message);
      return;
    }
    say(`${refusal.message} The number of phones may be old.`, true);
  }
  showPhonesLater();
}

function showPhonesLater() {
  clearTimeout(phonesTimer);
  phonesTimer = setTimeout(keepShowingPhones, PHONES_MILLIS);
}

function text(name, content) {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}

// The token.

let entered = false;

/** Tries a token; what was on the stage stays there when it is asked for another. */
async function enter(given) {
  token = given;
  try {
    await showPhones();
  } catch (refusal) {
    if (refusal.ofToken) {
      askToken(refusal.message);
    } else {
      say(`${refusal.message} Trying again …`, true);
      clearTimeout(phonesTimer);
      phonesTimer = setTimeout(() => enter(given), PHONES_MILLIS);
    }
    return;
  }
  remember(token);
  element('entry').hidden = true;
  element('stage').hidden = false;
  if (!entered) {
    entered = true;
    followHall();
  }
  say('');
  showPhonesLater();
}

function askToken(why) {
  remember('');
  element('entry-why').textContent = why;
  element('entry').hidden = false;
  element('token').focus();
}

function remember(value) {
  try {
    sessionStorage.setItem(TOKEN, value);
  } catch {
    // It will be asked for after a reload.
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(TOKEN);
  } catch {
    return '';
  }
}

/** The token must not stay in the address, which is shown on the projector and kept in the history. */
function takeFragment() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (location.hash) {
    history.replaceState(null, '', location.pathname);
  }
  return given;
}

// The controls.

element('groups').append(
  ...GROUPS.map(({ name, label }, i) => {
    const made = document.createElement('label');
    const input = document.createElement('input');
    Object.assign(input, { type: 'radio', name: 'group', value: name, checked: i === 0 });
    made.append(input, text('span', label));
    return made;
  }),
);
element('palette').append(
  ...PALETTE.map(({ name, colour }) => {
    const button = text('button', name);
    button.type = 'button';
    button.style.setProperty('--light', colour);
    button.style.setProperty('--ink', inkOn(colour));
    button.addEventListener('click', () => light(chosenGroup(), colour));
    return button;
  }),
);
element('finale').append(...PALETTE.map(({ name, colour }) => new Option(name.toLowerCase(), colour)));
element('finale').append(new Option('dark', DARK));
element('finale').value = PALETTE.at(-1).colour;
element('dark').addEventListener('click', () => light(chosenGroup(), DARK));
element('free-send').addEventListener('click', () => light(chosenGroup(), element('free').value));
element('countdown').addEventListener('click', () => {
  if (countdown === undefined) {
    startCountdown(Number(element('seconds').value), element('finale').value);
  } else {
    stopCountdown();
    say('The count-down was stopped');
  }
});
element('entry-form').addEventListener('submit', event => {
  event.preventDefault();
  const given = element('token').value.trim();
  element('token').value = '';
  enter(given);
});
addEventListener('hashchange', () => {
  const given = takeFragment();
  if (given) {
    enter(given);
  }
});

const given = takeFragment() || remembered();
if (given) {
  enter(given);
} else {
  askToken('');
}
