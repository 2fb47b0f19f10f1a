// The phone: shows the last light that it was sent, in the order of the log, which is the same for all phones and groups.

import { DARK, colourOf, inkOn, nameOf } from './colours.js';
import { YEARS, groupsOf, topicParameters } from './groups.js';
import { follow } from './stream.js';

const ANSWERS = 'carillon.lightshow';
/** At most three changes a second, whatever is sent: more than three flashes can cause a seizure (WCAG 2.2, 2.3.1). */
const CHANGE_MILLIS = matchMedia('(prefers-reduced-motion: reduce)').matches ? 1_000 : 334;
/**
 * Each connection begins with the last lights of all groups of the phone, the oldest first. They are written at once, but may
 * come in parts: the screen keeps what it shows until they are all there.
 */
const SETTLE_MILLIS = 150;
const NOTHING_RETAINED_MILLIS = 1_000;
/** The stage sends a number each second: one that is not followed by another is of a count-down that was broken off. */
const COUNT_MILLIS = 2_500;
const LOST_MILLIS = 1_500;
const MAX_COUNT = 99;

const element = id => document.getElementById(id);
const form = document.forms[0];

/** What the screen shall show, and what it does. */
let light = DARK;
let shown = DARK;
/** Whether a light came since the questions were answered. */
let lit = false;
let litTimer;
let changedAt = -Infinity;
let settledAt = -Infinity;
let pending;
let count = 0;
let countTimer;
let lostTimer;
let unfollow = () => {};
let wakeLock;

function render() {
  if (pending) {
    return;
  }
  const now = performance.now();
  pending = setTimeout(() => requestAnimationFrame(paint), Math.max(0, settledAt - now, changedAt + CHANGE_MILLIS - now));
}

function paint() {
  pending = undefined;
  const now = performance.now();
  if (light === shown) {
    return;
  }
  if (now < settledAt || now < changedAt + CHANGE_MILLIS) {
    render();
    return;
  }
  shown = light;
  const style = document.documentElement.style;
  style.setProperty('--light', shown);
  style.setProperty('--ink', inkOn(shown));
  document.querySelector('meta[name=theme-color]').content = shown;
  element('spoken').textContent = shown === DARK ? 'Your light is off.' : `Your light: ${nameOf(shown)}.`;
  showWaiting();
  // When it has changed, not when that began: on a busy phone there is time between.
  changedAt = performance.now();
}

function showWaiting() {
  element('waiting').hidden = lit || count > 0 || shown !== DARK;
}

function setLight(colour) {
  clearTimeout(litTimer);
  lit = true;
  light = colour;
  // State of the phone. The screen follows at a rate that cannot trigger a seizure.
  document.documentElement.dataset.light = colour;
  showWaiting();
  render();
}

/** Other answers: the light of the old groups may not stay where the new ones have none. */
function noLight() {
  light = DARK;
  delete document.documentElement.dataset.light;
  render();
}

/**
 * Numbers come one by one from the stage, and are not retained: all phones show the same one as soon as it comes, no clock of
 * theirs matters, and a phone that joins in the middle continues with the next.
 */
function setCount(left) {
  clearTimeout(countTimer);
  if (left === count) {
    return;
  }
  if (count === 0) {
    element('spoken').textContent = `Count-down from ${left}.`;
  }
  count = left;
  const digits = element('count');
  digits.textContent = left === 0 ? '' : left;
  digits.classList.remove('tick');
  if (left > 0) {
    void digits.offsetWidth; // begins the animation anew
    digits.classList.add('tick');
    countTimer = setTimeout(() => setCount(0), COUNT_MILLIS);
  }
  showWaiting();
}

function connect(answers) {
  unfollow();
  const url = new URL(`../events?route=/lightshow&${topicParameters(groupsOf(answers))}`, import.meta.url);
  unfollow = follow(url, ['light', 'count'], {
    opened({ node }) {
      document.documentElement.dataset.node = node;
      clearTimeout(lostTimer);
      lostTimer = undefined;
      element('lost').hidden = true;
      settledAt = performance.now() + SETTLE_MILLIS;
      if (!lit) {
        clearTimeout(litTimer);
        litTimer = setTimeout(noLight, NOTHING_RETAINED_MILLIS);
      }
    },
    received(type, data) {
      const colour = colourOf(data);
      if (type === 'light' && colour) {
        setLight(colour);
      } else if (type === 'count' && Number.isInteger(data.left) && data.left >= 0 && data.left <= MAX_COUNT) {
        setCount(data.left);
      }
    },
    lost() {
      lostTimer ??= setTimeout(() => (element('lost').hidden = false), LOST_MILLIS);
    },
  });
}

/** The answers that were given on this phone, checked; undefined: none. */
function stored() {
  try {
    const answers = JSON.parse(localStorage.getItem(ANSWERS));
    return typeof answers?.contributor === 'boolean' && YEARS.includes(answers.years) ? answers : undefined;
  } catch {
    return undefined;
  }
}

function store(answers) {
  try {
    localStorage.setItem(ANSWERS, JSON.stringify(answers));
  } catch {
    // A private window: it will ask again.
  }
}

function ask(answers) {
  if (answers) {
    form.elements.contributor.value = answers.contributor ? 'yes' : 'no';
    form.elements.years.value = String(answers.years);
  }
  element('light').hidden = true;
  element('questions').hidden = false;
}

function join(answers) {
  element('questions').hidden = true;
  element('light').hidden = false;
  element('light').focus();
  lit = false;
  clearTimeout(litTimer);
  showWaiting();
  connect(answers);
  stayAwake();
}

/** Only pages by https may, and not in every browser. */
async function stayAwake() {
  try {
    if (!element('light').hidden && document.visibilityState === 'visible' && (!wakeLock || wakeLock.released)) {
      wakeLock = await navigator.wakeLock?.request('screen');
    }
  } catch {
    // The battery is low, say: the phone will sleep when it wants to.
  }
}

form.addEventListener('submit', event => {
  event.preventDefault();
  const answers = {
    contributor: form.elements.contributor.value === 'yes',
    years: Number(form.elements.years.value),
  };
  store(answers);
  join(answers);
});
element('change').addEventListener('click', () => {
  ask(stored());
  form.querySelector('input:checked, input').focus();
});
document.addEventListener('visibilitychange', stayAwake);

const answers = stored();
if (answers) {
  join(answers);
} else {
  ask();
}
